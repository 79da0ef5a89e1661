//! What was asked of the issuing authority's gateway, and what came back, byte for byte.

use std::fmt;

/// What was asked, as far as an answer has to be about it. The terminal sent the certificate and the number themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayQuestion {
    /// SHA-256 of the certificate of EF.SOD's signer, in DER.
    pub signer_sha256: [u8; 32],
    /// SHA-256 of the number of the card, in its digits or letters.
    pub number_sha256: [u8; 32],
    /// Random bytes of this question alone. With the two others they make its mark, which a gateway may repeat.
    pub nonce: [u8; 16],
    /// When it was asked, in seconds since 1970, by this terminal's clock.
    pub asked_unix_s: i64,
}

/// An answer as it came. Its signature was not looked at yet.
#[derive(Clone, PartialEq, Eq)]
pub struct GatewayAnswer {
    /// The question.
    pub question: GatewayQuestion,
    /// The text under the signature, exactly as received. It may name the holder's number.
    pub text: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// When it came, in seconds since 1970, by this terminal's clock.
    pub received_unix_s: i64,
}

impl fmt::Debug for GatewayAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GatewayAnswer({} bytes, received {})", self.text.len(), self.received_unix_s)
    }
}

/// What became of asking the gateway. What an answer is worth is decided by `verify`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayTrace {
    /// It answered.
    Answered(GatewayAnswer),
    /// It was asked, and no answer came; why, for staff.
    NoAnswer(String),
    /// This terminal has one, and did not ask it; why, for staff.
    NotAsked(String),
}
