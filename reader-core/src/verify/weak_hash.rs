//! SHA-1 in signatures: noted on documents of its time, refused on newer ones.
//!
//! What dates a signature is the beginning of the signer's certificate, which its country signed; a signingTime is the
//! signer's own word. Covered are the signature of a signed file, that of the country under the signer, and ECDSA of active
//! authentication. Key derivation and RSA of active authentication are outside it. Spec: 9303-12 §4.1.6.4; 9303-11 §6.1.2.3.

use super::Settings;
use super::signed_file::refuted;
use crate::crypto::hash::HashAlgorithm;
use crate::evidence::{Finding, Reason};
use crate::pki::Certificate;
use crate::wire::date::Timestamp;

/// 2022-01-01: the eighth edition, of 2021, permits SHA-224 and longer alone. It names no day, so its year's end is taken.
pub(super) const SHA1_UNTIL: Timestamp = Timestamp(1_640_995_200);

/// What is to be noted of this hash in a signature by `signer`, or under it; a finding where it is no longer permitted.
pub(super) fn weak_hash(
    settings: &Settings,
    hash: HashAlgorithm,
    signer: &Certificate,
) -> Result<Option<Reason>, Finding> {
    if hash != HashAlgorithm::Sha1 {
        return Ok(None);
    }
    let (begin, until) = (signer.not_before(), settings.sha1_until);
    if begin < until {
        return Ok(Some(Reason::WeakHash));
    }
    let detail = format!("the signer's certificate begins on {begin}; SHA-1 is accepted until {until}");
    Err(refuted(Reason::Sha1Outdated, &detail))
}
