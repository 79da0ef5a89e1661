//! EF.CardSecurity: security infos under a document signer's signature. Spec: 9303-11 §9.2.11, RFC 5652 §5.

use super::cms_out::{SignedData, SignerIdentifier};
use super::country::Issued;
use super::der_out::set_of;

/// id-SecurityObject of TR-03110.
pub const SECURITY_OBJECT: &str = "0.4.0.127.0.7.3.2.1";

/// EF.CardSecurity with finished infos: a CMS message without a tag of its own around it.
#[must_use]
pub fn ef_card_security(
    infos: &[Vec<u8>],
    identifier: SignerIdentifier,
    signing_time_s: Option<i64>,
    signer: &Issued,
) -> Vec<u8> {
    SignedData {
        content_type: SECURITY_OBJECT,
        content: &set_of(infos),
        certificates: std::slice::from_ref(&signer.der),
        certificate: &signer.certificate,
        identifier,
        signing_time_s,
        null_parameters: true,
    }
    .signed_by(&signer.signer)
}
