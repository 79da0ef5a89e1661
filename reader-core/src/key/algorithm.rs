//! AlgorithmIdentifiers that keys and signatures share: hashes, and the parameters of RSASSA-PSS.
//!
//! Spec: RFC 4055 §2.1, §2.2, §3.1; RFC 5754.

use crate::crypto::hash::HashAlgorithm;
use crate::wire::der::{AlgorithmIdentifier, NULL, SEQUENCE};
use crate::wire::oid::Oid;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// Why an algorithm cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlgorithmError {
    /// Parameters that are not what the algorithm has.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// An algorithm that is not known here.
    #[error("the algorithm {oid} is not supported")]
    Unknown {
        /// Its object identifier.
        oid: String,
    },
}

pub(crate) fn unknown(oid: Oid<'_>) -> AlgorithmError {
    AlgorithmError::Unknown { oid: oid.to_string() }
}

/// The hash function of a digest AlgorithmIdentifier, whose parameters are absent or NULL.
///
/// # Errors
/// Another algorithm, or other parameters.
pub fn hash(identifier: &AlgorithmIdentifier<'_>) -> Result<HashAlgorithm, AlgorithmError> {
    no_parameters(identifier)?;
    hash_of(identifier.algorithm).ok_or_else(|| unknown(identifier.algorithm))
}

/// The hash function with this object identifier.
#[must_use]
pub fn hash_of(oid: Oid<'_>) -> Option<HashAlgorithm> {
    if oid.is("1.3.14.3.2.26") {
        return Some(HashAlgorithm::Sha1);
    }
    match oid.under("2.16.840.1.101.3.4.2").as_deref() {
        Some([1]) => Some(HashAlgorithm::Sha256),
        Some([2]) => Some(HashAlgorithm::Sha384),
        Some([3]) => Some(HashAlgorithm::Sha512),
        Some([4]) => Some(HashAlgorithm::Sha224),
        _ => None,
    }
}

/// Refuses parameters where an algorithm has none; NULL is none.
pub(crate) fn no_parameters(identifier: &AlgorithmIdentifier<'_>) -> Result<(), Malformed> {
    match identifier.parameters {
        None => Ok(()),
        Some(parameters) if parameters.tag == NULL && parameters.value.is_empty() => Ok(()),
        Some(_) => Err(Malformed::value("AlgorithmIdentifier", "parameters where the algorithm has none")),
    }
}

/// `RSASSA-PSS-params`: of a signature what it was made with, of a key what it may be used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PssParameters {
    /// Hash of the message.
    pub hash: HashAlgorithm,
    /// Hash inside MGF1.
    pub mgf_hash: HashAlgorithm,
    /// Length of the salt in bytes; of a key, the least.
    pub salt_len: usize,
}

impl Default for PssParameters {
    fn default() -> Self {
        Self { hash: HashAlgorithm::Sha1, mgf_hash: HashAlgorithm::Sha1, salt_len: 20 }
    }
}

/// The parameters beside id-RSASSA-PSS, each with its default; `None` where there are none at all. Spec: RFC 4055 §3.1.
///
/// # Errors
/// Not their shape, a trailer other than 1, or a hash or mask generation that is not known.
pub(crate) fn pss_parameters(
    identifier: &AlgorithmIdentifier<'_>,
) -> Result<Option<PssParameters>, AlgorithmError> {
    let Some(parameters) = identifier.parameters else { return Ok(None) };
    let mut outer = Reader::new("RSASSA-PSS-params", Rules::Ber, parameters.raw);
    let mut reader = outer.enter("RSASSA-PSS-params", SEQUENCE)?;
    let mut part = |tag: u32| -> Result<Option<Reader<'_>>, Malformed> {
        Ok(reader.optional(tag)?.map(|object| reader.inside("RSASSA-PSS-params", &object)))
    };
    let (first, second, third, fourth) = (part(0xA0)?, part(0xA1)?, part(0xA2)?, part(0xA3)?);
    reader.finish()?;
    let mut found = PssParameters::default();
    if let Some(mut inner) = first {
        found.hash = hash(&inner.algorithm()?)?;
        inner.finish()?;
    }
    if let Some(mut inner) = second {
        found.mgf_hash = mgf1_hash(&inner.algorithm()?)?;
        inner.finish()?;
    }
    if let Some(mut inner) = third {
        found.salt_len = inner.small()? as usize;
        inner.finish()?;
    }
    if let Some(mut inner) = fourth {
        if inner.small()? != 1 {
            return Err(inner.fault(Problem::Value("a trailer field other than 1")).into());
        }
        inner.finish()?;
    }
    Ok(Some(found))
}

/// `AlgorithmIdentifier { id-mgf1, hash }`.
fn mgf1_hash(identifier: &AlgorithmIdentifier<'_>) -> Result<HashAlgorithm, AlgorithmError> {
    if !identifier.algorithm.is("1.2.840.113549.1.1.8") {
        return Err(unknown(identifier.algorithm));
    }
    let Some(parameters) = identifier.parameters else { return Ok(HashAlgorithm::Sha1) };
    let mut reader = Reader::new("mgf1 parameters", Rules::Ber, parameters.raw);
    let inner = reader.algorithm()?;
    reader.finish()?;
    hash(&inner)
}
