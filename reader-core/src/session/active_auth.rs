//! Active authentication: the chip signs a challenge. What the signature proves is judged in `verify`.
//! Spec: 9303-11 §6.1.

use crate::capture::ActiveAuthenticationTrace;
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::iso9796::{self, Iso9796Check};
use crate::crypto::signature::{self, EcdsaEncoding, PublicKey, SignatureCheck, SignatureScheme};
use crate::lds::dg15;
use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm};
use crate::wire::status::StatusWord;
use crate::wire::tlv::{self, Rules};

use super::link::ChipWork;
use super::{ChipSession, Ended, ReadLimits, Secured};

impl<T: Transport> ChipSession<T, Secured> {
    /// INTERNAL AUTHENTICATE. `dg15` tells how long the signature will be; one that a short protected response cannot
    /// hold (RSA-2048) is asked for with extended lengths where the card declares and the reader carries them. Else it
    /// comes in pieces (61xx), or the chip refuses. Spec: 9303-11 §9.3.1.2.
    ///
    /// # Errors
    /// The channel breaks or the card is gone. A refusal is an answer.
    pub fn authenticate_actively(
        self,
        challenge: [u8; 8],
        dg15: &[u8],
        limits: &ReadLimits,
    ) -> Result<(Self, ActiveAuthenticationTrace), Ended<T>> {
        let (short_max, extended) = limits.chunks(&self.state.channel, self.link.transport.limits());
        let long = signature_bytes(dg15).is_some_and(|bytes| bytes > short_max);
        let form = if long && extended.is_some() { LengthForm::Extended } else { LengthForm::Short };
        let command = Command::new(0x00, 0x88, 0x00, 0x00).with_data(challenge).expecting(256);
        let (session, response) = self.transmit(&command, form, ChipWork::ActiveAuthentication)?;
        let trace = match response.status {
            StatusWord::OK => ActiveAuthenticationTrace::Signed { challenge, signature: response.data },
            status => ActiveAuthenticationTrace::Refused(status.0),
        };
        Ok((session, trace))
    }
}

/// Whether the key in `dg15` made this answer, so that a resumed session knows its chip again. What the signature proves
/// about a document is judged elsewhere, from the same bytes.
pub(super) fn is_from(dg15: &[u8], trace: &ActiveAuthenticationTrace) -> bool {
    let ActiveAuthenticationTrace::Signed { challenge, signature } = trace else { return false };
    let key = dg15::parse(dg15).ok().and_then(|spki| crate::key::public_key(spki).ok());
    match &key {
        None => false,
        Some(PublicKey::Rsa(rsa)) => {
            matches!(iso9796::open(rsa, signature, challenge), Iso9796Check::Valid { .. })
        }
        Some(key @ PublicKey::Ec(_)) => HashAlgorithm::ALL.into_iter().any(|hash| {
            [EcdsaEncoding::Plain, EcdsaEncoding::Der].into_iter().any(|encoding| {
                let scheme = SignatureScheme::Ecdsa { hash, encoding };
                signature::verify(key, scheme, challenge, signature).is_ok_and(SignatureCheck::is_valid)
            })
        }),
    }
}

/// How long a signature by the key in DG15 is.
fn signature_bytes(dg15: &[u8]) -> Option<usize> {
    let file = tlv::single("DG15", Rules::Ber, 0x6F, dg15).ok()?;
    match crate::key::public_key(file.value).ok()? {
        PublicKey::Rsa(key) => Some(key.modulus_bytes().len()),
        PublicKey::Ec(point) => Some(2 * point.curve().field_len()),
    }
}
