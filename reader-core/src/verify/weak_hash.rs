//! SHA-1 in signatures: noted on documents of its time, refused on newer ones; and not believed on newer link certificates
//! and revocation lists.
//!
//! What dates a signature is the beginning of the signer's certificate, which its country signed; a signingTime is the
//! signer's own word. Covered are the signature of a signed file, that of the country under the signer, and ECDSA of active
//! authentication. Key derivation and RSA of active authentication are outside it. Spec: 9303-12 §4.1.6.4; 9303-11 §6.1.2.3.

use super::Settings;
use super::signed_file::refuted;
use crate::crypto::hash::HashAlgorithm;
use crate::evidence::{Finding, Reason};
use crate::pki::crl::Crl;
use crate::pki::{Anchor, Certificate, TrustSnapshot, VerifiedBy};
use crate::wire::date::Timestamp;

/// 2022-01-01: the eighth edition, of 2021, permits SHA-224 and longer alone. It names no day, so its year's end is taken.
pub(super) const SHA1_UNTIL: Timestamp = Timestamp(1_640_995_200);

/// A link certificate on which all trust in the key of `anchor` hangs, and that was signed with SHA-1 when that was no longer
/// permitted. A key that also stands in a certificate which the operator or a list vouches for hangs on no link.
pub(super) fn outdated_link<'t>(
    settings: &Settings,
    anchor: &'t Anchor,
    trust: &'t TrustSnapshot,
) -> Option<&'t Anchor> {
    let mut keys: Vec<&[u8]> = vec![anchor.certificate.spki()];
    let (mut looked_at, mut outdated) = (0, None);
    while let Some(key) = keys.get(looked_at).copied() {
        looked_at += 1;
        for holder in trust.anchors().iter().filter(|holder| holder.certificate.spki() == key) {
            let VerifiedBy::Link(issuer) = holder.verified_by else { return None };
            let link = &holder.certificate;
            let by_sha1 = link.signature_scheme().is_ok_and(|scheme| scheme.hash() == HashAlgorithm::Sha1);
            if by_sha1 && link.not_before() >= settings.sha1_until {
                outdated = Some(holder);
                continue;
            }
            let issuer = trust.anchors().iter().find(|one| one.certificate.fingerprint() == issuer)?;
            if !keys.contains(&issuer.certificate.spki()) {
                keys.push(issuer.certificate.spki());
            }
        }
    }
    outdated
}

/// What is to be noted of the hash in a revocation list's signature; an error where it was no longer permitted.
pub(super) fn weak_list(settings: &Settings, list: &Crl) -> Result<Option<Reason>, Reason> {
    let by_sha1 = list.signature_scheme().is_ok_and(|scheme| scheme.hash() == HashAlgorithm::Sha1);
    match by_sha1 {
        false => Ok(None),
        true if list.this_update() < settings.sha1_until => Ok(Some(Reason::WeakHash)),
        true => Err(Reason::RevocationListHashOutdated),
    }
}

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
