//! Faults as text, for the command line of the simulated chip and for tables.

use super::TerminalFault;
use super::fault::{BadKey, ChipData, Fault, KeyProof, PaceStep, Shape, Swap};
use crate::vector::from_hex;

impl Fault {
    /// Every fault as [`Fault::parse`] takes it. N is the number of an exchange; SW and FILE have four hexadecimal
    /// digits, SIZE has eight; the other words in capitals are decimal numbers or one of their list ([`Shape::ALL`],
    /// [`BadKey::ALL`], [`ChipData::ALL`]; STEP `mapping`, `agreement`; HOW `plain`, `powered`, `relayed`; PROOF `ca`, `aa`).
    pub const FORMS: &[&str] = &[
        "torn:N",
        "wrong-mac:N",
        "wrong-counter:N:AHEAD",
        "misshapen:N:SHAPE",
        "plain-status:N:SW",
        "outer-status:N:SW",
        "inner-status:N:SW",
        "empty:N",
        "truncate:N",
        "beyond-le:N",
        "other-offset:N:BYTES",
        "one-byte:N",
        "replay:N",
        "replay-older:N:BACK",
        "wrong-status:N:SW",
        "flip-bit:N:BIT",
        "endless-more:N",
        "endless-length:N",
        "swapped:N:HOW",
        "absent-unprotected:FILE",
        "announces:FILE:SIZE",
        "changing:FILE",
        "other-file:FILE:FILE",
        "sfi-selects-nothing",
        "foreign-key:PROOF",
        "ca-keeps-old-keys",
        "ca-wrong-key",
        "ca-key:KEY",
        "ca-refused:SW",
        "aa-wrong-key",
        "aa-cuts-signature",
        "aa-unknown-trailer",
        "aa-other-challenge",
        "pace-infinity:STEP",
        "pace-off-curve:STEP",
        "pace-echo:STEP",
        "pace-key:STEP:KEY",
        "pace-short-nonce",
        "pace-nonce:BYTES",
        "pace-wrong-token",
        "pace-token:BYTES",
        "pace-token-echo",
        "pace-refused:SW",
        "pace-step:NUMBER:SW",
        "pace-tag:NUMBER",
        "pace-other-nonce",
        "pace-stray-data",
        "cam-data:DATA",
        "bac-refused:SW",
        "bac-wrong-nonce",
        "bac-wrong-mac",
        "bac-echo",
        "refuse-extended",
        "refuse-chaining",
        "refuse-set-kat",
        "no-card-access:SW",
        "refuse-select-mf",
        "refuse-application:SW",
        "no-eof-warning",
        "exact-length",
        "beyond-end:SW",
    ];

    /// Reads one of [`Fault::FORMS`]; `None` for anything else.
    pub fn parse(spec: &str) -> Option<Fault> {
        let mut parts = spec.split(':');
        let name = parts.next()?;
        let arguments: Vec<&str> = parts.collect();
        let found = match arguments.split_first() {
            Some((number, rest)) => at_exchange(name, number, rest).or_else(|| of_kind(name, &arguments)),
            None => of_kind(name, &[]),
        };
        found.or_else(|| TerminalFault::parse(spec).map(Fault::Terminal))
    }
}

fn word(text: &str) -> Option<u16> {
    from_hex(text)?.try_into().ok().map(u16::from_be_bytes)
}

fn step(text: &str) -> Option<PaceStep> {
    match text {
        "mapping" => Some(PaceStep::Mapping),
        "agreement" => Some(PaceStep::Agreement),
        _ => None,
    }
}

/// The number of one of the four commands.
fn pace_step(text: &str) -> Option<u8> {
    text.parse().ok().filter(|step| *step < 4)
}

fn at_exchange(name: &str, number: &str, rest: &[&str]) -> Option<Fault> {
    let exchange = number.parse().ok()?;
    Some(match (name, rest) {
        ("torn", []) => Fault::TornAt { exchange },
        ("wrong-mac", []) => Fault::WrongMac { exchange },
        ("wrong-counter", [ahead]) => Fault::WrongCounter { exchange, ahead: ahead.parse().ok()? },
        ("misshapen", [shape]) => Fault::Misshapen { exchange, shape: Shape::parse(shape)? },
        ("plain-status", [sw]) => Fault::PlainStatus { exchange, sw: word(sw)? },
        ("outer-status", [sw]) => Fault::OuterStatus { exchange, sw: word(sw)? },
        ("inner-status", [sw]) => Fault::InnerStatus { exchange, sw: word(sw)? },
        ("empty", []) => Fault::Empty { exchange },
        ("truncate", []) => Fault::TruncateResponse { exchange },
        ("beyond-le", []) => Fault::BeyondLe { exchange },
        ("other-offset", [bytes]) => Fault::OtherOffset { exchange, ahead: bytes.parse().ok()? },
        ("one-byte", []) => Fault::OneByte { exchange },
        ("replay", []) => Fault::ReplayPrevious { exchange },
        ("replay-older", [back]) => Fault::ReplayOlder { exchange, back: back.parse().ok()? },
        ("wrong-status", [sw]) => Fault::WrongStatus { exchange, sw: word(sw)? },
        ("flip-bit", [bit]) => Fault::FlipBit { exchange, bit: bit.parse().ok()? },
        ("endless-more", []) => Fault::EndlessMore { exchange },
        ("endless-length", []) => Fault::EndlessLength { exchange },
        ("swapped", [how]) => {
            let how = match *how {
                "plain" => Swap::Plain,
                "powered" => Swap::Powered,
                "relayed" => Swap::Relayed,
                _ => return None,
            };
            Fault::SwappedAt { exchange, how }
        }
        _ => return None,
    })
}

fn of_kind(name: &str, arguments: &[&str]) -> Option<Fault> {
    let size = |text: &str| from_hex(text)?.try_into().ok().map(u32::from_be_bytes);
    Some(match (name, arguments) {
        ("absent-unprotected", [file]) => Fault::AbsentUnprotected { file: word(file)? },
        ("announces", [file, bytes]) => Fault::Announces { file: word(file)?, bytes: size(bytes)? },
        ("changing", [file]) => Fault::Changing { file: word(file)? },
        ("other-file", [asked, given]) => Fault::OtherFile { asked: word(asked)?, given: word(given)? },
        ("sfi-selects-nothing", []) => Fault::ShortIdentifierSelectsNothing,
        ("foreign-key", ["ca"]) => Fault::ForeignKey(KeyProof::ChipAuthentication),
        ("foreign-key", ["aa"]) => Fault::ForeignKey(KeyProof::ActiveAuthentication),
        ("ca-keeps-old-keys", []) => Fault::CaKeepsOldKeys,
        ("ca-wrong-key", []) => Fault::CaWrongKey,
        ("ca-key", [key]) => Fault::CaKey(BadKey::parse(key)?),
        ("ca-refused", [sw]) => Fault::CaRefused(word(sw)?),
        ("aa-unknown-trailer", []) => Fault::AaUnknownTrailer,
        ("aa-wrong-key", []) => Fault::AaWrongKey,
        ("aa-cuts-signature", []) => Fault::AaCutsSignature,
        ("aa-other-challenge", []) => Fault::AaOtherChallenge,
        ("pace-infinity", [at]) => Fault::PacePointAtInfinity(step(at)?),
        ("pace-off-curve", [at]) => Fault::PaceOffCurve(step(at)?),
        ("pace-echo", [at]) => Fault::PaceEchoesTerminalKey(step(at)?),
        ("pace-key", [at, key]) => Fault::PaceKey(step(at)?, BadKey::parse(key)?),
        ("pace-short-nonce", []) => Fault::PaceShortNonce,
        ("pace-nonce", [bytes]) => Fault::PaceNonceBytes(bytes.parse().ok()?),
        ("pace-wrong-token", []) => Fault::PaceWrongToken,
        ("pace-token", [bytes]) => Fault::PaceTokenBytes(bytes.parse().ok()?),
        ("pace-token-echo", []) => Fault::PaceTokenEcho,
        ("pace-refused", [sw]) => Fault::PaceRefused(word(sw)?),
        ("pace-step", [step, sw]) => Fault::PaceStepRefused { step: pace_step(step)?, sw: word(sw)? },
        ("pace-tag", [step]) => Fault::PaceOtherTag { step: pace_step(step)? },
        ("pace-other-nonce", []) => Fault::PaceOtherNonce,
        ("pace-stray-data", []) => Fault::PaceStrayChipData,
        ("cam-data", [data]) => Fault::ChipData(ChipData::parse(data)?),
        ("bac-refused", [sw]) => Fault::BacRefused(word(sw)?),
        ("bac-wrong-nonce", []) => Fault::BacWrongNonce,
        ("bac-wrong-mac", []) => Fault::BacWrongMac,
        ("bac-echo", []) => Fault::BacEcho,
        ("refuse-extended", []) => Fault::RefuseExtended,
        ("refuse-chaining", []) => Fault::RefuseChaining,
        ("refuse-set-kat", []) => Fault::RefuseKeyAgreementTemplate,
        ("no-card-access", [sw]) => Fault::NoCardAccess(word(sw)?),
        ("refuse-application", [sw]) => Fault::RefuseApplication(word(sw)?),
        ("refuse-select-mf", []) => Fault::RefuseSelectMasterFile,
        ("no-eof-warning", []) => Fault::NoEndOfFileWarning,
        ("beyond-end", [sw]) => Fault::BeyondEndRefused(word(sw)?),
        ("exact-length", []) => Fault::AskForExactLength,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        for form in Fault::FORMS.iter().copied().chain(TerminalFault::FORMS) {
            let mut spec = form.to_owned();
            for (word, example) in [
                (":NUMBER", ":2"),
                (":SW", ":6982"),
                ("STEP", "mapping"),
                ("FILE", "010D"),
                (":N", ":12"),
                ("BIT", "3"),
                ("AHEAD", "-1"),
                ("SHAPE", "no-mac"),
                ("BYTES", "16"),
                ("BACK", "3"),
                ("HOW", "relayed"),
                ("SIZE", "FFFFFFFF"),
                ("PROOF", "ca"),
                ("KEY", "twist"),
                ("DATA", "wrong"),
            ] {
                spec = spec.replace(word, example);
            }
            assert!(Fault::parse(&spec).is_some(), "{spec}");
            assert_eq!(Fault::parse(&format!("{spec}:")), None);
        }
        assert_eq!(Fault::parse("plain-status:3:6A82"), Some(Fault::PlainStatus { exchange: 3, sw: 0x6A82 }));
        assert_eq!(Fault::parse("torn:x"), None);
        assert_eq!(Fault::parse(""), None);
    }

    #[test]
    fn every_shape_and_key_has_its_word() {
        for shape in Shape::ALL {
            assert_eq!(Shape::parse(shape.word()), Some(shape));
        }
        for key in BadKey::ALL {
            assert_eq!(BadKey::parse(key.word()), Some(key));
        }
        for data in ChipData::ALL {
            assert_eq!(ChipData::parse(data.word()), Some(data));
        }
    }
}
