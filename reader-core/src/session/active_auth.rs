//! Active authentication: the chip signs a challenge. What the signature proves is judged in `verify`.
//! Spec: 9303-11 §6.1.

use crate::capture::ActiveAuthenticationTrace;
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::iso9796::{self, Iso9796Check};
use crate::crypto::signature::{self, EcdsaEncoding, PublicKey, SignatureCheck, SignatureScheme};
use crate::lds::dg15;
use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm, SHORT_NE_MAX_BYTES};
use crate::wire::status::StatusWord;
use crate::wire::tlv::{self, Rules};

use super::link::ChipWork;
use super::{ChipSession, Ended, ReadLimits, Secured};

/// How far below the room of a short response a chip may stop that fills whole blocks of its own.
const CUT_SLACK_BYTES: usize = 32;

impl<T: Transport> ChipSession<T, Secured> {
    /// INTERNAL AUTHENTICATE. `dg15` tells how long the signature will be; one that a short protected response cannot
    /// hold (RSA-2048) is asked for with extended lengths where the card declares and the reader carries them. Else, and
    /// where that is refused, it is asked for with short ones: it comes in pieces (61xx), or the chip refuses, or cuts it
    /// off. Spec: 9303-11 §9.3.1.2.
    ///
    /// # Errors
    /// The channel breaks or the card is gone. A refusal is an answer.
    pub fn authenticate_actively(
        self,
        challenge: [u8; 8],
        dg15: &[u8],
        limits: &ReadLimits,
    ) -> Result<(Self, ActiveAuthenticationTrace), Ended<T>> {
        let (short_max, extended_max) = limits.chunks(&self.state.channel, self.link.transport.limits());
        let expected_bytes = signature_bytes(dg15).unwrap_or(SHORT_NE_MAX_BYTES);
        let long = expected_bytes > short_max;
        let fits_extended = extended_max.is_some_and(|most| expected_bytes <= most);
        let command = Command::new(0x00, 0x88, 0x00, 0x00)
            .with_data(challenge)
            .expecting(expected_bytes.max(SHORT_NE_MAX_BYTES));
        let form = if long && fits_extended { LengthForm::Extended } else { LengthForm::Short };
        let (mut session, mut response) = self.transmit(&command, form, ChipWork::ActiveAuthentication)?;
        if form == LengthForm::Extended && response.status.refuses_length() {
            (session, response) =
                session.transmit(&command, LengthForm::Short, ChipWork::ActiveAuthentication)?;
        }
        if let Some(ne) = response.status.correct_le() {
            let command = command.expecting(usize::from(ne));
            (session, response) =
                session.transmit(&command, LengthForm::Short, ChipWork::ActiveAuthentication)?;
        }
        let received_bytes = response.data.len();
        // What is shorter for another reason than the room of a response is judged as what it is: a wrong signature.
        let cut = long && received_bytes < expected_bytes && received_bytes + CUT_SLACK_BYTES >= short_max;
        let trace = match response.status {
            StatusWord::OK if !cut => {
                ActiveAuthenticationTrace::Signed { challenge, signature: response.data }
            }
            StatusWord::OK | StatusWord::END_OF_FILE => ActiveAuthenticationTrace::Cut { received_bytes },
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
        None | Some(PublicKey::Dsa(_)) => false,
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
        PublicKey::Dsa(_) => None,
    }
}
