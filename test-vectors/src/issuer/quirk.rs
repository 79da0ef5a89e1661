//! EF.SOD and EF.CardSecurity with one known departure of real documents each, applied while signing: all else is right.

use super::calendar::Date;
use super::card_security::SECURITY_OBJECT;
use super::certificate::{Certificate, Name, Period, subject_key_identifier};
use super::cms_out::{Parts, SignedData, SignerIdentifier};
use super::country::{Country, Issued, SignerNumber, SignerTimes, VIETNAM_NIST, VIETNAM_RSA};
use super::der_out::{
    explicit, integer, integer_bytes, join, octet_string, oid, printable, sequence, set_of, tlv,
};
use super::signer::{
    CurveForm, EcdsaForm, RsaPadding, RsaTestKeys, Signer, digest_algorithm, ec_public_key_info,
};
use super::sod::{LDS_SECURITY_OBJECT, LdsVersion, SodForm, security_object};
use crate::card::Hash;
use crate::num::{self, CurveName};

/// A departure from the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// Indefinite lengths around the parts of the message.
    IndefiniteLengths,
    /// The content as a string in pieces.
    ContentInPieces,
    /// A length in a longer form than it needs.
    LongLength,
    /// Two certificates that are not in the order of a set.
    UnsortedCertificates,
    /// Two announced hashes that are not in the order of a set.
    UnsortedDigestAlgorithms,
    /// Bytes after the end.
    TrailingBytes,
    /// SignedData of version 1.
    SignedDataVersion,
    /// A signer of version 3 that is named by issuer and serial number.
    SignerVersion,
    /// rsaEncryption as the signature's algorithm.
    BareRsa(Hash),
    /// id-ecPublicKey as the signature's algorithm.
    BareEc,
    /// The content named by this object identifier.
    ContentType(&'static str),
    /// DigestInfo without NULL.
    DigestInfoWithoutNull,
    /// Attributes signed in the order of DER and written in another.
    AttributesWrittenUnsorted,
    /// Attributes signed and written in an order other than DER's.
    AttributesSignedUnsorted,
    /// The signer's issuer in another string type than in the certificate.
    SignerNameType,
    /// The signer's issuer in capitals.
    SignerNameCase,
    /// The certificate's issuer in another string type than the country's name.
    IssuerNameType,
    /// The certificate's issuer in capitals.
    IssuerNameCase,
    /// r ‖ s under the name that X9.62 gives to a SEQUENCE.
    PlainEcdsa,
    /// A signer's RSA key with this exponent.
    Exponent(u32),
    /// A country's RSA key with this exponent.
    IssuerExponent(u32),
    /// Serial number zero.
    SerialZero,
    /// A negative serial number.
    SerialNegative,
    /// A negative serial number, written without its sign where the signer is named.
    SerialWithoutSign,
    /// A serial number of 21 bytes.
    SerialLong,
    /// A signer named by its key's identifier, which its certificate does not have.
    NoSubjectKeyIdentifier,
    /// A signer's certificate without its issuer's key identifier.
    NoAuthorityKeyIdentifier,
    /// Another curve than the key's beside the signature's algorithm.
    CurveBeside,
    /// A key that names P-256 and is on brainpoolP256r1.
    KeyOnOtherCurve,
    /// Signed with SHA-512, which the signature's algorithm names, beside a digest algorithm of SHA-256.
    SignatureHash,
    /// Signed with SHA-256, the digest algorithm, beside a signature's algorithm that names SHA-512.
    NamedHash,
    /// The signer's hash is not announced.
    DigestNotAnnounced,
    /// MD5 is announced too.
    Md5Announced,
    /// The same signer twice.
    SeveralSigners,
    /// Version information in a list of hashes of version 0.
    InformationInVersion0,
    /// None in one of version 1.
    NoInformationInVersion1,
}

/// Content types of earlier documents, and of plain data.
pub const OTHER_CONTENT_TYPES: [&str; 3] = ["1.2.840.113549.1.7.1", "1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"];

/// A signed file with a departure.
#[derive(Clone, Debug)]
pub struct SignedFile {
    /// EF.SOD or EF.CardSecurity.
    pub file: Vec<u8>,
    /// The value of its first signer's signature.
    pub signature: Vec<u8>,
    /// The country's certificate.
    pub csca: Vec<u8>,
}

impl Quirk {
    /// Every one of them.
    #[must_use]
    pub fn all() -> Vec<Quirk> {
        let hashes = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];
        let mut all = vec![
            Quirk::IndefiniteLengths,
            Quirk::ContentInPieces,
            Quirk::LongLength,
            Quirk::UnsortedCertificates,
            Quirk::UnsortedDigestAlgorithms,
            Quirk::TrailingBytes,
            Quirk::SignedDataVersion,
            Quirk::SignerVersion,
            Quirk::BareEc,
            Quirk::DigestInfoWithoutNull,
            Quirk::AttributesWrittenUnsorted,
            Quirk::AttributesSignedUnsorted,
            Quirk::SignerNameType,
            Quirk::SignerNameCase,
            Quirk::IssuerNameType,
            Quirk::IssuerNameCase,
            Quirk::PlainEcdsa,
            Quirk::Exponent(3),
            Quirk::Exponent(38129),
            Quirk::IssuerExponent(3),
            Quirk::SerialZero,
            Quirk::SerialNegative,
            Quirk::SerialWithoutSign,
            Quirk::SerialLong,
            Quirk::NoSubjectKeyIdentifier,
            Quirk::NoAuthorityKeyIdentifier,
            Quirk::CurveBeside,
            Quirk::KeyOnOtherCurve,
            Quirk::SignatureHash,
            Quirk::NamedHash,
            Quirk::DigestNotAnnounced,
            Quirk::Md5Announced,
            Quirk::SeveralSigners,
            Quirk::InformationInVersion0,
            Quirk::NoInformationInVersion1,
        ];
        all.extend(hashes.map(Quirk::BareRsa));
        all.extend(OTHER_CONTENT_TYPES.map(Quirk::ContentType));
        all
    }

    /// EF.SOD with this departure, read at `now_s`, over a group of number 1. What is signed with SHA-1 is of 2015.
    #[must_use]
    pub fn sod(self, now_s: i64, group: &[u8]) -> SignedFile {
        let maker = Maker::new(self, now_s);
        let message = maker.signed(self, LDS_SECURITY_OBJECT, &maker.hashes(self, group));
        let mut file = tlv(&[0x77], &message.file);
        if self == Quirk::TrailingBytes {
            file.extend([0; 5]);
        }
        SignedFile { file, ..message }
    }

    /// EF.CardSecurity with this departure, read at `now_s`, over finished infos; nothing for a departure in the list of
    /// hashes, which it has not.
    #[must_use]
    pub fn card_security(self, now_s: i64, infos: &[Vec<u8>]) -> Option<SignedFile> {
        if matches!(self, Quirk::InformationInVersion0 | Quirk::NoInformationInVersion1) {
            return None;
        }
        let mut signed = Maker::new(self, now_s).signed(self, SECURITY_OBJECT, &set_of(infos));
        if self == Quirk::TrailingBytes {
            signed.file.extend([0; 5]);
        }
        Some(signed)
    }
}

/// The same object with one byte more for its length than it needs.
fn longer(object: &[u8]) -> Vec<u8> {
    match object {
        [tag, 0x82, length @ ..] => [&[*tag, 0x83, 0][..], length].concat(),
        [tag, length, rest @ ..] if *length < 0x80 => [&[*tag, 0x81, *length][..], rest].concat(),
        other => other.to_vec(),
    }
}

/// One published key with another exponent, the first on which it is possible.
fn rsa_with(exponent: u32) -> num::RsaKey {
    let keys = RsaTestKeys::get();
    let all = [keys.document_signer(), keys.terminal(), keys.terminal_authority(), keys.document_verifier()];
    let further = [keys.terminal_authority_next(), keys.csca()];
    let mut possible = all.iter().chain(&further).filter_map(|key| key.with_exponent(exponent));
    possible.next().unwrap_or_else(|| panic!("no test key takes the exponent {exponent}"))
}

/// Who signs, and under which country's certificate.
struct Maker {
    issued: Issued,
    csca: Vec<u8>,
    identifier: SignerIdentifier,
}

impl Maker {
    fn new(quirk: Quirk, now_s: i64) -> Self {
        let pkcs1 = |hash| Signer::rsa(RsaTestKeys::get().document_signer(), RsaPadding::Pkcs1, hash);
        let ecdsa = |curve, hash| Signer::ecdsa(curve, CurveForm::Explicit, hash, "a signer of departures");
        let (country, signer) = match quirk {
            Quirk::BareRsa(hash) => (VIETNAM_RSA, pkcs1(hash)),
            Quirk::DigestInfoWithoutNull => {
                let key = RsaTestKeys::get().document_signer();
                (VIETNAM_RSA, Signer::rsa(key, RsaPadding::Pkcs1WithoutNull, Hash::Sha256))
            }
            Quirk::Exponent(exponent) => {
                (VIETNAM_RSA, Signer::rsa(rsa_with(exponent), RsaPadding::Pkcs1, Hash::Sha256))
            }
            Quirk::KeyOnOtherCurve => (VIETNAM_NIST, ecdsa(CurveName::BrainpoolP256r1, Hash::Sha256)),
            _ => (VIETNAM_NIST, ecdsa(CurveName::P256, Hash::Sha256)),
        };
        let authority = match quirk {
            Quirk::IssuerExponent(exponent) => {
                Signer::rsa(rsa_with(exponent), RsaPadding::Pkcs1, Hash::Sha256)
            }
            _ => country.csca_signer(),
        };
        let identifier = match quirk {
            Quirk::NoSubjectKeyIdentifier => SignerIdentifier::SubjectKeyIdentifier,
            _ => SignerIdentifier::IssuerAndSerial,
        };
        let issued = certified(quirk, country, signer, &authority, now_s);
        Self { issued, csca: csca(country, &authority, now_s), identifier }
    }

    /// The list of hashes, with what departs in it.
    fn hashes(&self, quirk: Quirk, group: &[u8]) -> Vec<u8> {
        let (version, stated) = match quirk {
            Quirk::InformationInVersion0 => (LdsVersion::V1_8, 0),
            Quirk::NoInformationInVersion1 => (LdsVersion::V1_7, 1),
            _ => (LdsVersion::V1_7, 0),
        };
        let form = SodForm { version, hash: Hash::Sha256, identifier: self.identifier, signing_time_s: None };
        let mut content = security_object(&form, &[(1, group)]);
        // The version is the first object in the sequence: 30 len 02 01 vv.
        if let Some(version) = content.get_mut(4) {
            *version = stated;
        }
        content
    }

    /// The content as a signed message, with what departs in it.
    fn signed(&self, quirk: Quirk, content_type: &str, content: &[u8]) -> SignedFile {
        let mut parts = self.parts(quirk, content_type, content);
        self.depart(quirk, &mut parts);
        let signature = parts.signers.first().map(|signer| signer.signature.clone()).unwrap_or_default();
        let message = match quirk {
            Quirk::IndefiniteLengths => parts.content_info_indefinite(),
            _ => parts.content_info(),
        };
        let file = if quirk == Quirk::LongLength { longer(&message) } else { message };
        SignedFile { file, signature, csca: self.csca.clone() }
    }

    fn parts(&self, quirk: Quirk, content_type: &str, content: &[u8]) -> Parts {
        let content_type = match quirk {
            Quirk::ContentType(other) => other,
            _ => content_type,
        };
        let data = SignedData {
            content_type,
            content,
            certificates: std::slice::from_ref(&self.issued.der),
            certificate: &self.issued.certificate,
            identifier: self.identifier,
            signing_time_s: None,
            null_parameters: true,
        };
        let mut parts = data.parts(&self.issued.signer);
        if quirk == Quirk::ContentInPieces {
            let (first, second) = content.split_at(content.len() / 2);
            let pieces = [vec![0x24, 0x80], octet_string(first), octet_string(second), vec![0, 0]].concat();
            parts.content = explicit(0, &pieces);
        }
        parts
    }

    fn depart(&self, quirk: Quirk, parts: &mut Parts) {
        let signer = &self.issued.signer;
        let Some(info) = parts.signers.first_mut() else { return };
        let named = |name: Vec<u8>, serial: Vec<u8>| sequence(&[name, serial]);
        let certificate = &self.issued.certificate;
        let serial = integer_bytes(&certificate.serial);
        match quirk {
            Quirk::UnsortedCertificates => {
                parts.certificates.push(self.csca.clone());
                parts.certificates.sort();
                parts.certificates.reverse();
            }
            Quirk::UnsortedDigestAlgorithms => {
                let mut both = [Hash::Sha256, Hash::Sha512].map(|hash| digest_algorithm(hash, true));
                both.sort();
                both.reverse();
                parts.digest_algorithms = tlv(&[0x31], &join(&both));
            }
            Quirk::SignedDataVersion => parts.version = integer(1),
            Quirk::SignerVersion => info.version = integer(3),
            Quirk::BareRsa(_) => {
                info.signature_algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), vec![0x05, 0x00]]);
            }
            Quirk::BareEc => info.signature_algorithm = sequence(&[oid("1.2.840.10045.2.1")]),
            Quirk::AttributesWrittenUnsorted => info.attributes.reverse(),
            Quirk::AttributesSignedUnsorted => {
                info.attributes.reverse();
                info.sign(signer);
            }
            Quirk::SignerNameType | Quirk::IssuerNameType => {
                info.identifier = named(other_strings(&certificate.issuer.der()), serial);
            }
            Quirk::SignerNameCase => info.identifier = named(capitals(&certificate.issuer).der(), serial),
            Quirk::SerialNegative => {
                info.identifier = named(certificate.issuer.der(), tlv(&[0x02], &certificate.serial));
            }
            Quirk::PlainEcdsa => {
                info.signature = signer.clone().written(EcdsaForm::Plain).sign(&info.signed());
            }
            Quirk::CurveBeside => {
                let p384: Vec<String> =
                    CurveName::P384.object_identifier().iter().map(u32::to_string).collect();
                info.signature_algorithm = sequence(&[oid("1.2.840.10045.4.3.2"), oid(&p384.join("."))]);
            }
            Quirk::SignatureHash => {
                let other = signer.clone().hashing(Hash::Sha512);
                info.signature_algorithm = other.signature_algorithm();
                info.sign(&other);
            }
            Quirk::NamedHash => {
                info.signature_algorithm = signer.clone().hashing(Hash::Sha512).signature_algorithm();
            }
            Quirk::DigestNotAnnounced => {
                parts.digest_algorithms = set_of(&[digest_algorithm(Hash::Sha512, true)]);
            }
            Quirk::Md5Announced => {
                let md5 = sequence(&[oid("1.2.840.113549.2.5"), vec![0x05, 0x00]]);
                parts.digest_algorithms = set_of(&[digest_algorithm(Hash::Sha256, true), md5]);
            }
            Quirk::SeveralSigners => {
                let again = info.clone();
                parts.signers.push(again);
            }
            _ => {}
        }
    }
}

/// The country's certificate with this key.
fn csca(country: Country, authority: &Signer, now_s: i64) -> Vec<u8> {
    let issued = country.csca(now_s);
    let certificate = Certificate { public_key_info: authority.public_key_info(), ..issued.certificate };
    certificate.signed_by(authority)
}

/// The signer's certificate, with what departs in it.
fn certified(quirk: Quirk, country: Country, signer: Signer, authority: &Signer, now_s: i64) -> Issued {
    let day = Date::from_unix_s(now_s).plus_years(-2);
    let times = match quirk {
        Quirk::BareRsa(Hash::Sha1) => {
            let period = Period { from_s: 1_430_000_000, to_s: now_s + 86_400 };
            SignerTimes { validity: period, usage: period }
        }
        _ => SignerTimes::around(day),
    };
    let like = country.document_signer(SignerNumber(1), times).certificate;
    let own = subject_key_identifier(&signer.key_identifier());
    let mut extensions = like.extensions.clone();
    // The first names the issuer's key, the second the own one.
    if let Some(place) = extensions.get_mut(1) {
        *place = own;
    }
    match quirk {
        Quirk::NoSubjectKeyIdentifier => drop(extensions.remove(1)),
        Quirk::NoAuthorityKeyIdentifier => drop(extensions.remove(0)),
        _ => {}
    }
    let public_key_info = match quirk {
        Quirk::KeyOnOtherCurve => {
            let private = num::private_from_seed(CurveName::BrainpoolP256r1, "a signer of departures");
            let point = num::public_key(CurveName::BrainpoolP256r1, &private);
            let on = CurveName::BrainpoolP256r1.curve().encode(&point);
            declared_p256(&on)
        }
        _ => signer.public_key_info(),
    };
    let serial = match quirk {
        Quirk::SerialZero => vec![0],
        Quirk::SerialNegative | Quirk::SerialWithoutSign => negative(&like.serial),
        Quirk::SerialLong => [vec![0x41; 5], like.serial.clone()].concat(),
        _ => like.serial.clone(),
    };
    let issuer = if quirk == Quirk::IssuerNameCase { capitals(&like.issuer) } else { like.issuer.clone() };
    let certificate = Certificate { serial, issuer, public_key_info, extensions, ..like };
    let change = |body: Vec<u8>| match quirk {
        Quirk::IssuerNameType => {
            let name = certificate.issuer.der();
            replaced(body, &name, &other_strings(&name))
        }
        Quirk::SerialNegative | Quirk::SerialWithoutSign => {
            // The sign is in the first bit; without the zero before it, the number is negative. The lengths above shrink.
            let written = integer_bytes(&certificate.serial);
            without_zero(&body, &written, &tlv(&[0x02], &certificate.serial))
        }
        _ => body,
    };
    Issued { der: certificate.signed_after(authority, change), certificate, signer }
}

/// P-256 declared over the bytes of any point.
fn declared_p256(point: &[u8]) -> Vec<u8> {
    let private = num::private_from_seed(CurveName::P256, "any");
    let declared = num::public_key(CurveName::P256, &private);
    let own = CurveName::P256.curve().encode(&declared);
    replaced(ec_public_key_info(CurveName::P256, CurveForm::Explicit, &declared), &own, point)
}

fn negative(serial: &[u8]) -> Vec<u8> {
    let mut serial = serial.to_vec();
    if let Some(first) = serial.first_mut() {
        *first |= 0x80;
    }
    serial
}

/// The organisation and common name in capitals.
fn capitals(name: &Name) -> Name {
    Name {
        organisation: name.organisation.to_uppercase(),
        common: name.common.to_uppercase(),
        ..name.clone()
    }
}

/// A name whose UTF8Strings are PrintableStrings: same texts, same lengths.
fn other_strings(name: &[u8]) -> Vec<u8> {
    let (utf8, print) = (0x0C, printable("").first().copied().unwrap_or_default());
    let mut out = name.to_vec();
    // A type's object identifier ends in 0A (organisation) or 03 (common name); the string's tag follows.
    for at in 0..out.len().saturating_sub(3) {
        if matches!(out.get(at..at + 4), Some([0x55, 0x04, 0x0A | 0x03, tag]) if *tag == utf8)
            && let Some(tag) = out.get_mut(at + 3)
        {
            *tag = print;
        }
    }
    out
}

/// The first place of `old` replaced by `new`, which is as long.
fn replaced(bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len(), "lengths above would no longer fit");
    let at = bytes.windows(old.len()).position(|window| window == old).expect("it stands there");
    let mut out = bytes;
    out.splice(at..at + old.len(), new.iter().copied());
    out
}

/// The body of a certificate with a serial number that is one byte shorter.
fn without_zero(body: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = body.windows(old.len()).position(|window| window == old).expect("it stands there");
    let header = if body.get(1) == Some(&0x82) { 4 } else { 3 };
    let (before, after) =
        (body.get(header..at).unwrap_or_default(), body.get(at + old.len()..).unwrap_or_default());
    sequence(&[before, new, after])
}
