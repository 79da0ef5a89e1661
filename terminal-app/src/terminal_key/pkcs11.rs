//! A key in a token, through PKCS#11. The token signs; the key never leaves it. Spec: PKCS#11 v2.40 §2.1, §2.3.
//!
//! Each signature opens a session of its own and logs in for it: a terminal that stands idle holds no token open.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::secret::Entropy;
use reader_core::crypto::signature::{EcdsaEncoding, PublicKey, SignatureScheme};
use reader_core::cvc::{KeyFailure, TerminalKey};
use reader_core::key::public_key;
use reader_core::wire::der::{BIT_STRING, INTEGER, OCTET_STRING, SEQUENCE};
use reader_core::wire::tlv::{self, Rules};

use super::TokenUri;
use crate::connectors::Secret;

/// What to do about a token that cannot be used.
pub(super) const REMEDY: &str = "Check that the token is plugged in, that module-path is its library, and that token and \
                                 object are named as `pkcs11-tool --list-objects` shows them; the PIN comes from \
                                 IDTERM_TOKEN_PIN or from `pin` in the site's file.";

const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00];

/// A key in a token.
pub(super) struct TokenKey {
    module: Pkcs11,
    uri: TokenUri,
    pin: Secret,
    public: PublicKey,
}

impl TokenKey {
    /// Loads the module, finds token and key, and reads the public key.
    pub fn open(uri: &TokenUri, pin: Secret) -> Result<Self, KeyFailure> {
        let path =
            uri.module_path.as_ref().ok_or_else(|| KeyFailure("no PKCS#11 module is named".to_owned()))?;
        let module = Pkcs11::new(path).map_err(|error| {
            KeyFailure(format!("the PKCS#11 module {} cannot be loaded: {error}", path.display()))
        })?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed("the PKCS#11 module does not start", &error)),
        }
        let (session, key) = find(&module, uri, &pin)?;
        let public = read_public_key(&session, uri, key)?;
        drop(session);
        Ok(Self { module, uri: uri.clone(), pin, public })
    }
}

impl TerminalKey for TokenKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        _: &mut dyn Entropy,
    ) -> Result<Vec<u8>, KeyFailure> {
        let (session, key) = find(&self.module, &self.uri, &self.pin)?;
        let sign = |mechanism: &Mechanism, data: &[u8]| {
            session.sign(mechanism, key, data).map_err(|error| failed("the token does not sign", &error))
        };
        let unknown = || KeyFailure(format!("the token is not asked for {}", scheme.name()));
        match scheme {
            SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain } => {
                let signature = sign(&Mechanism::Ecdsa, &hash.digest(message))?;
                Ok(widened(&signature, &self.public))
            }
            SignatureScheme::Ecdsa { encoding: EcdsaEncoding::Der, .. } | SignatureScheme::Dsa { .. } => {
                Err(unknown())
            }
            SignatureScheme::RsaPkcs1 { hash } => {
                let mechanism = match hash {
                    HashAlgorithm::Sha1 => Mechanism::Sha1RsaPkcs,
                    HashAlgorithm::Sha224 => Mechanism::Sha224RsaPkcs,
                    HashAlgorithm::Sha256 => Mechanism::Sha256RsaPkcs,
                    HashAlgorithm::Sha384 => Mechanism::Sha384RsaPkcs,
                    HashAlgorithm::Sha512 => Mechanism::Sha512RsaPkcs,
                };
                sign(&mechanism, message)
            }
            SignatureScheme::RsaPss { hash, mgf_hash, salt_len } if hash == mgf_hash => {
                let (hash_alg, mgf) = match hash {
                    HashAlgorithm::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
                    HashAlgorithm::Sha224 => (MechanismType::SHA224, PkcsMgfType::MGF1_SHA224),
                    HashAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
                    HashAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
                    HashAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
                };
                let s_len = salt_len.try_into().map_err(|_| unknown())?;
                let parameters = PkcsPssParams { hash_alg, mgf, s_len };
                sign(&Mechanism::RsaPkcsPss(parameters), &hash.digest(message))
            }
            SignatureScheme::RsaPss { .. } | SignatureScheme::RsaPkcs1WithoutNull { .. } => Err(unknown()),
        }
    }
}

/// Both numbers as long as the order: some tokens leave leading zeros out.
fn widened(signature: &[u8], key: &PublicKey) -> Vec<u8> {
    let PublicKey::Ec(point) = key else { return signature.to_vec() };
    let len = point.curve().field_len();
    let (r, s) = signature.split_at(signature.len() / 2);
    let wide = |number: &[u8]| [vec![0; len.saturating_sub(number.len())], number.to_vec()].concat();
    [wide(r), wide(s)].concat()
}

fn failed(what: &str, error: &Error) -> KeyFailure {
    KeyFailure(format!("{what}: {error}"))
}

/// A session, logged in, and the private key in it.
fn find(module: &Pkcs11, uri: &TokenUri, pin: &Secret) -> Result<(Session, ObjectHandle), KeyFailure> {
    let slot = slot(module, uri)?;
    let session =
        module.open_ro_session(slot).map_err(|error| failed("the token opens no session", &error))?;
    match session.login(UserType::User, Some(&AuthPin::new(pin.expose().into()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(error) => return Err(failed("the token refuses the PIN", &error)),
    }
    let key = the_object(&session, uri, ObjectClass::PRIVATE_KEY, "private")?;
    Ok((session, key))
}

fn slot(module: &Pkcs11, uri: &TokenUri) -> Result<Slot, KeyFailure> {
    let slots = module.get_slots_with_token().map_err(|error| failed("no list of tokens", &error))?;
    let mut seen = Vec::new();
    for slot in slots {
        let Ok(token) = module.get_token_info(slot) else { continue };
        let fits = uri.token.as_deref().is_none_or(|label| label == token.label())
            && uri.serial.as_deref().is_none_or(|serial| serial == token.serial_number())
            && token.token_initialized();
        if fits {
            return Ok(slot);
        }
        seen.push(token.label().to_owned());
    }
    let named = uri.token.as_deref().or(uri.serial.as_deref()).unwrap_or("any");
    Err(KeyFailure(format!("there is no token {named:?}; there are: {}", seen.join(", "))))
}

fn the_object(
    session: &Session,
    uri: &TokenUri,
    class: ObjectClass,
    kind: &str,
) -> Result<ObjectHandle, KeyFailure> {
    let mut template = vec![Attribute::Class(class)];
    template.extend(uri.object.as_ref().map(|label| Attribute::Label(label.clone().into_bytes())));
    template.extend(uri.id.as_ref().map(|id| Attribute::Id(id.clone())));
    let found = session.find_objects(&template).map_err(|error| failed("the token lists no keys", &error))?;
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(KeyFailure(format!("the token has no {kind} key of this name"))),
        _ => Err(KeyFailure(format!("the token has several {kind} keys of this name; name its id too"))),
    }
}

/// RSA private keys carry their public numbers; a key on a curve needs its public key beside it in the token.
fn read_public_key(
    session: &Session,
    uri: &TokenUri,
    private: ObjectHandle,
) -> Result<PublicKey, KeyFailure> {
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let own = session.get_attributes(private, &wanted).unwrap_or_default();
    let spki = match rsa_spki(&own) {
        Some(spki) => spki,
        None => {
            let public = the_object(session, uri, ObjectClass::PUBLIC_KEY, "public")?;
            let wanted = [
                AttributeType::Modulus,
                AttributeType::PublicExponent,
                AttributeType::EcParams,
                AttributeType::EcPoint,
            ];
            let numbers = session
                .get_attributes(public, &wanted)
                .map_err(|error| failed("the token gives no public key", &error))?;
            rsa_spki(&numbers)
                .or_else(|| ec_spki(&numbers))
                .ok_or_else(|| KeyFailure("the token's key is neither RSA nor on a curve".to_owned()))?
        }
    };
    public_key(&spki).map_err(|error| KeyFailure(format!("the token's public key: {error}")))
}

fn rsa_spki(attributes: &[Attribute]) -> Option<Vec<u8>> {
    let modulus = attributes.iter().find_map(|attribute| match attribute {
        Attribute::Modulus(bytes) if !bytes.is_empty() => Some(bytes),
        _ => None,
    })?;
    let exponent = attributes.iter().find_map(|attribute| match attribute {
        Attribute::PublicExponent(bytes) if !bytes.is_empty() => Some(bytes),
        _ => None,
    })?;
    let unsigned = |bytes: &[u8]| tlv::encode(INTEGER, &[&[0], bytes].concat());
    let key = tlv::encode(SEQUENCE, &[unsigned(modulus), unsigned(exponent)].concat());
    Some(spki(RSA_ENCRYPTION, &key))
}

fn ec_spki(attributes: &[Attribute]) -> Option<Vec<u8>> {
    let parameters = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcParams(bytes) => Some(bytes),
        _ => None,
    })?;
    let point = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(bytes) => Some(bytes),
        _ => None,
    })?;
    // The standard wraps the point in an OCTET STRING; some tokens do not.
    let inner = tlv::single("CKA_EC_POINT", Rules::Ber, OCTET_STRING, point)
        .map_or(point.as_slice(), |tlv| tlv.value);
    Some(spki(&[EC_PUBLIC_KEY, parameters].concat(), inner))
}

fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let bits = tlv::encode(BIT_STRING, &[&[0], key].concat());
    tlv::encode(SEQUENCE, &[tlv::encode(SEQUENCE, algorithm), bits].concat())
}
