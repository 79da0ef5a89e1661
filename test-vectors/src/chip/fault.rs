//! What a chip may do wrong, or differently, on demand.

use super::TerminalFault;
use crate::vector::from_hex;

/// The two commands of PACE that exchange public keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceStep {
    /// The mapping keys (data objects 81 and 82).
    Mapping,
    /// The ephemeral keys of the agreement (data objects 83 and 84).
    Agreement,
}

/// A misbehaviour, or a peculiarity that the standards allow. Exchanges are counted from 0 at each power-up; a fault stays
/// until [`Chip::behave`](super::Chip::behave).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The card leaves the field: no answer to this exchange and all later ones, until the next power-up.
    TornAt {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The response MAC is wrong in one bit; a plain answer stays as it is.
    WrongMac {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The command is not executed; a bare status word comes back.
    PlainStatus {
        /// Number of the exchange.
        exchange: usize,
        /// The status word.
        sw: u16,
    },
    /// Only the first half of the answer comes back.
    TruncateResponse {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The answer of the exchange before comes back once more.
    ReplayPrevious {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The answer carries this status word; under secure messaging with a right MAC.
    WrongStatus {
        /// Number of the exchange.
        exchange: usize,
        /// The status word.
        sw: u16,
    },
    /// One bit of the answer is flipped on its way.
    FlipBit {
        /// Number of the exchange.
        exchange: usize,
        /// The bit, counted from the first byte's highest; taken modulo the answer's length.
        bit: usize,
    },
    /// From this exchange on, every answer promises more (61xx), for ever.
    EndlessMore {
        /// Number of the first such exchange.
        exchange: usize,
    },
    /// SELECT of this file in the application, or reading it by its short identifier, is answered with a bare 6A82.
    AbsentUnprotected {
        /// The file's identifier.
        file: u16,
    },
    /// Chip Authentication answers 9000 and goes on under the old keys.
    CaKeepsOldKeys,
    /// Chip Authentication is done with another private key.
    CaWrongKey,
    /// Active Authentication is done with another private key.
    AaWrongKey,
    /// PACE sends the point at infinity.
    PacePointAtInfinity(PaceStep),
    /// PACE sends a point that is not on the curve.
    PaceOffCurve(PaceStep),
    /// PACE sends the terminal's own public key back.
    PaceEchoesTerminalKey(PaceStep),
    /// The encrypted nonce has eight bytes.
    PaceShortNonce,
    /// The chip's authentication token is wrong.
    PaceWrongToken,
    /// MSE:Set AT for PACE is refused with this status word.
    PaceRefused(u16),
    /// EXTERNAL AUTHENTICATE is refused with this status word.
    BacRefused(u16),
    /// BAC returns another terminal nonce than it received.
    BacWrongNonce,
    /// Commands of extended length are refused with 6700, whatever the card declares.
    RefuseExtended,
    /// EF.CardAccess is refused with this status word, while PACE works.
    NoCardAccess(u16),
    /// SELECT of the master file answers 6D00, as Vietnamese cards have been seen to do.
    RefuseSelectMasterFile,
    /// A read beyond the end gives what there is with 9000 instead of 6282.
    NoEndOfFileWarning,
    /// A read beyond the end gives nothing, but 6Cxx with the right length.
    AskForExactLength,
    /// A fault of Terminal Authentication; its forms are [`TerminalFault::FORMS`].
    Terminal(TerminalFault),
}

impl Fault {
    /// Every fault as [`Fault::parse`] takes it. N is the number of an exchange, SW and FILE have four hexadecimal
    /// digits, STEP is `mapping` or `agreement`.
    pub const FORMS: [&str; 25] = [
        "torn:N",
        "wrong-mac:N",
        "plain-status:N:SW",
        "truncate:N",
        "replay:N",
        "wrong-status:N:SW",
        "flip-bit:N:BIT",
        "endless-more:N",
        "absent-unprotected:FILE",
        "ca-keeps-old-keys",
        "ca-wrong-key",
        "aa-wrong-key",
        "pace-infinity:STEP",
        "pace-off-curve:STEP",
        "pace-echo:STEP",
        "pace-short-nonce",
        "pace-wrong-token",
        "pace-refused:SW",
        "bac-refused:SW",
        "bac-wrong-nonce",
        "refuse-extended",
        "no-card-access:SW",
        "refuse-select-mf",
        "no-eof-warning",
        "exact-length",
    ];

    /// Reads one of [`Fault::FORMS`]; `None` for anything else.
    pub fn parse(spec: &str) -> Option<Fault> {
        let mut parts = spec.split(':');
        let name = parts.next()?;
        let arguments: Vec<&str> = parts.collect();
        let word = |text: &str| from_hex(text)?.try_into().ok().map(u16::from_be_bytes);
        let step = |text: &str| match text {
            "mapping" => Some(PaceStep::Mapping),
            "agreement" => Some(PaceStep::Agreement),
            _ => None,
        };
        Some(match (name, arguments.as_slice()) {
            ("torn", [n]) => Fault::TornAt { exchange: n.parse().ok()? },
            ("wrong-mac", [n]) => Fault::WrongMac { exchange: n.parse().ok()? },
            ("plain-status", [n, sw]) => Fault::PlainStatus { exchange: n.parse().ok()?, sw: word(sw)? },
            ("truncate", [n]) => Fault::TruncateResponse { exchange: n.parse().ok()? },
            ("replay", [n]) => Fault::ReplayPrevious { exchange: n.parse().ok()? },
            ("wrong-status", [n, sw]) => Fault::WrongStatus { exchange: n.parse().ok()?, sw: word(sw)? },
            ("flip-bit", [n, bit]) => Fault::FlipBit { exchange: n.parse().ok()?, bit: bit.parse().ok()? },
            ("endless-more", [n]) => Fault::EndlessMore { exchange: n.parse().ok()? },
            ("absent-unprotected", [file]) => Fault::AbsentUnprotected { file: word(file)? },
            ("ca-keeps-old-keys", []) => Fault::CaKeepsOldKeys,
            ("ca-wrong-key", []) => Fault::CaWrongKey,
            ("aa-wrong-key", []) => Fault::AaWrongKey,
            ("pace-infinity", [at]) => Fault::PacePointAtInfinity(step(at)?),
            ("pace-off-curve", [at]) => Fault::PaceOffCurve(step(at)?),
            ("pace-echo", [at]) => Fault::PaceEchoesTerminalKey(step(at)?),
            ("pace-short-nonce", []) => Fault::PaceShortNonce,
            ("pace-wrong-token", []) => Fault::PaceWrongToken,
            ("pace-refused", [sw]) => Fault::PaceRefused(word(sw)?),
            ("bac-refused", [sw]) => Fault::BacRefused(word(sw)?),
            ("bac-wrong-nonce", []) => Fault::BacWrongNonce,
            ("refuse-extended", []) => Fault::RefuseExtended,
            ("no-card-access", [sw]) => Fault::NoCardAccess(word(sw)?),
            ("refuse-select-mf", []) => Fault::RefuseSelectMasterFile,
            ("no-eof-warning", []) => Fault::NoEndOfFileWarning,
            ("exact-length", []) => Fault::AskForExactLength,
            _ => Fault::Terminal(TerminalFault::parse(spec)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for form in Fault::FORMS.into_iter().chain(TerminalFault::FORMS) {
            let spec = form.replace("SW", "6982").replace("STEP", "mapping").replace("FILE", "010D");
            let spec = spec.replace(":N", ":12").replace("BIT", "3");
            assert!(Fault::parse(&spec).is_some(), "{spec}");
            assert_eq!(Fault::parse(&format!("{spec}:")), None);
        }
        assert_eq!(Fault::parse("plain-status:3:6A82"), Some(Fault::PlainStatus { exchange: 3, sw: 0x6A82 }));
        assert_eq!(Fault::parse("torn:x"), None);
        assert_eq!(Fault::parse(""), None);
    }
}
