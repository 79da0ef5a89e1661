//! One certificate with its meaning.

use std::fmt;

use crate::crypto::curve::{Curve, CurveError, ExplicitParameters};
use crate::crypto::ec::{EcError, Point};
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::rsa::{RsaKeyError, RsaPublicKey};
use crate::crypto::signature::{
    self, EcdsaEncoding, PublicKey, SignatureCheck, SignatureError, SignatureScheme,
};
use crate::wire::Malformed;
use crate::wire::cvc::{self, CvcNumbers, CvcShape};
use crate::wire::date::Date;
use crate::wire::oid::Oid;

use super::Authorization;

/// `id-TA` of TR-03110.
const ID_TA: &str = "0.4.0.127.0.7.2.2.2";

/// The name of a holder or an authority: country, mnemonic, sequence number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference(Vec<u8>);

impl Reference {
    /// A reference with these bytes of ISO 8859-1; `None` where none can have them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        cvc::is_reference(bytes).then(|| Self(bytes.to_vec()))
    }

    /// The bytes, as a chip takes and gives them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Why bytes are no certificate that can be used here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CvcError {
    /// Not the shape of one.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// An algorithm that is not known here.
    #[error("the certificate's algorithm {oid} is not one of Terminal Authentication that is known here")]
    UnknownAlgorithm {
        /// Its object identifier.
        oid: String,
    },
    /// The kind of key is not that of the algorithm.
    #[error("the certificate's key has not the numbers of its algorithm")]
    OtherNumbers,
    /// An authorization that is not known here.
    #[error("the certificate is for a kind of terminal that is not known here ({oid})")]
    UnknownRole {
        /// Its object identifier.
        oid: String,
    },
    /// Domain parameters of no known curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// An authority without domain parameters of its own.
    #[error("the domain parameters of the key are not known: neither it nor an authority above it has them")]
    NoDomain,
    /// The point is not one of the curve.
    #[error(transparent)]
    Point(#[from] EcError),
    /// RSA numbers out of range.
    #[error(transparent)]
    Rsa(#[from] RsaKeyError),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Numbers {
    Rsa(RsaPublicKey),
    Ec { curve: Option<Curve>, point: Vec<u8> },
}

/// A card-verifiable certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct CvCertificate {
    authority: Reference,
    holder: Reference,
    authorization: Authorization,
    effective: Date,
    expires: Date,
    scheme: SignatureScheme,
    algorithm: String,
    numbers: Numbers,
    body: Vec<u8>,
    signature: Vec<u8>,
    signature_object: Vec<u8>,
}

impl CvCertificate {
    /// Reads one certificate.
    ///
    /// # Errors
    /// Not one, or one that this program could not show to a chip.
    pub fn parse(bytes: &[u8]) -> Result<Self, CvcError> {
        let shape = CvcShape::parse(bytes)?;
        let oid = shape.key.algorithm;
        let scheme = scheme(oid).ok_or_else(|| CvcError::UnknownAlgorithm { oid: oid.to_string() })?;
        let numbers = match (shape.key.numbers, scheme) {
            (CvcNumbers::Rsa { .. }, SignatureScheme::Ecdsa { .. }) => return Err(CvcError::OtherNumbers),
            (CvcNumbers::Rsa { modulus, exponent }, _) => Numbers::Rsa(RsaPublicKey::new(modulus, exponent)?),
            (CvcNumbers::Ec { domain, point }, SignatureScheme::Ecdsa { .. }) => {
                let curve = domain.map(|own| {
                    Curve::match_explicit(&ExplicitParameters {
                        p: own.p,
                        a: own.a,
                        b: own.b,
                        g: own.g,
                        n: own.n,
                        h: Some(own.h),
                    })
                });
                let curve = curve.transpose()?;
                if let Some(curve) = curve {
                    Point::decode(curve, point)?;
                }
                Numbers::Ec { curve, point: point.to_vec() }
            }
            (CvcNumbers::Ec { .. }, _) => return Err(CvcError::OtherNumbers),
        };
        let authorization = Authorization::from_template(shape.role, shape.rights)
            .ok_or_else(|| CvcError::UnknownRole { oid: shape.role.to_string() })?;
        Ok(Self {
            authority: Reference(shape.authority.to_vec()),
            holder: Reference(shape.holder.to_vec()),
            authorization,
            effective: shape.effective,
            expires: shape.expires,
            scheme,
            algorithm: oid.to_string(),
            numbers,
            body: shape.body.to_vec(),
            signature: shape.signature.to_vec(),
            signature_object: shape.signature_object.to_vec(),
        })
    }

    /// Who signed it.
    #[must_use]
    pub const fn authority(&self) -> &Reference {
        &self.authority
    }

    /// Whose key it holds.
    #[must_use]
    pub const fn holder(&self) -> &Reference {
        &self.holder
    }

    /// What it is for.
    #[must_use]
    pub const fn authorization(&self) -> Authorization {
        self.authorization
    }

    /// First day.
    #[must_use]
    pub const fn effective(&self) -> Date {
        self.effective
    }

    /// Last day.
    #[must_use]
    pub const fn expires(&self) -> Date {
        self.expires
    }

    /// How its holder signs, certificates as well as challenges.
    #[must_use]
    pub const fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// Object identifier of that algorithm, dotted.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// A CVCA's own certificate, as distributed beside its link certificates. Chips take none.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.authority == self.holder
    }

    /// What PSO:Verify Certificate carries: body and signature.
    #[must_use]
    pub fn for_chip(&self) -> Vec<u8> {
        [self.body.as_slice(), &self.signature_object].concat()
    }

    /// The curve whose parameters stand in this certificate.
    #[must_use]
    pub const fn curve(&self) -> Option<Curve> {
        match self.numbers {
            Numbers::Ec { curve, .. } => curve,
            Numbers::Rsa(_) => None,
        }
    }

    /// The holder's key. `inherited` is the curve of the authorities above, for a key without parameters of its own.
    ///
    /// # Errors
    /// No curve is known, or the point is not on it.
    pub fn public_key(&self, inherited: Option<Curve>) -> Result<PublicKey, CvcError> {
        match &self.numbers {
            Numbers::Rsa(key) => Ok(PublicKey::Rsa(key.clone())),
            Numbers::Ec { curve, point } => {
                let curve = curve.or(inherited).ok_or(CvcError::NoDomain)?;
                Ok(PublicKey::Ec(Point::decode(curve, point)?))
            }
        }
    }

    /// Whether `key` is the holder's key; its curve need not be known here.
    #[must_use]
    pub fn holds(&self, key: &PublicKey) -> bool {
        match (&self.numbers, key) {
            (Numbers::Rsa(own), PublicKey::Rsa(other)) => own == other,
            (Numbers::Ec { curve, point }, PublicKey::Ec(other)) => {
                curve.is_none_or(|curve| curve == other.curve()) && *point == other.encode()
            }
            _ => false,
        }
    }

    /// Whether the key of the authority, used as its certificate says, signed this one.
    ///
    /// # Errors
    /// Key and algorithm do not fit each other.
    pub fn verify_under(
        &self,
        key: &PublicKey,
        scheme: SignatureScheme,
    ) -> Result<SignatureCheck, SignatureError> {
        signature::verify(key, scheme, &self.body, &self.signature)
    }
}

impl fmt::Debug for CvCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CvCertificate({} by {})", self.holder, self.authority)
    }
}

/// The algorithms of TR-03110-3 §A.6.3, those that 9303-11 tables 7 and 8 leave out included: chips have them.
fn scheme(oid: Oid<'_>) -> Option<SignatureScheme> {
    let pkcs1 = |hash| SignatureScheme::RsaPkcs1 { hash };
    let pss = |hash: HashAlgorithm| SignatureScheme::RsaPss { hash, mgf_hash: hash, salt_len: hash.len() };
    let ecdsa = |hash| SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain };
    Some(match *oid.under(ID_TA)?.as_slice() {
        [1, 1] => pkcs1(HashAlgorithm::Sha1),
        [1, 2] => pkcs1(HashAlgorithm::Sha256),
        [1, 3] => pss(HashAlgorithm::Sha1),
        [1, 4] => pss(HashAlgorithm::Sha256),
        [1, 5] => pkcs1(HashAlgorithm::Sha512),
        [1, 6] => pss(HashAlgorithm::Sha512),
        [2, 1] => ecdsa(HashAlgorithm::Sha1),
        [2, 2] => ecdsa(HashAlgorithm::Sha224),
        [2, 3] => ecdsa(HashAlgorithm::Sha256),
        [2, 4] => ecdsa(HashAlgorithm::Sha384),
        [2, 5] => ecdsa(HashAlgorithm::Sha512),
        _ => return None,
    })
}
