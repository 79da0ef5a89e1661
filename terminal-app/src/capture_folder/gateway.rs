//! What the issuing authority's gateway said, in `capture.json`: question, text and signature, so that others can check it.

use reader_core::capture::{GatewayAnswer, GatewayQuestion, GatewayTrace};
use serde::{Deserialize, Serialize};

use super::{hex, unhex};

/// Longest text that is loaded.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// `gateway` of `capture.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum StoredGateway {
    Answered {
        /// SHA-256 of the signer's certificate that was asked about.
        signer_sha256: String,
        /// SHA-256 of the card's number that was asked about.
        number_sha256: String,
        nonce: String,
        asked_unix_s: i64,
        received_unix_s: i64,
        /// The text under the signature.
        text: String,
        signature: String,
    },
    NoAnswer {
        no_answer: String,
    },
    NotAsked {
        not_asked: String,
    },
}

impl StoredGateway {
    pub(super) fn of(trace: &GatewayTrace) -> Self {
        match trace {
            GatewayTrace::Answered(answer) => Self::Answered {
                signer_sha256: hex(&answer.question.signer_sha256),
                number_sha256: hex(&answer.question.number_sha256),
                nonce: hex(&answer.question.nonce),
                asked_unix_s: answer.question.asked_unix_s,
                received_unix_s: answer.received_unix_s,
                text: String::from_utf8_lossy(&answer.text).into_owned(),
                signature: hex(&answer.signature),
            },
            GatewayTrace::NoAnswer(why) => Self::NoAnswer { no_answer: why.clone() },
            GatewayTrace::NotAsked(why) => Self::NotAsked { not_asked: why.clone() },
        }
    }

    /// The trace; the reasons of a folder are not repeated as this terminal's own.
    pub(super) fn into_trace(self) -> Result<GatewayTrace, String> {
        let (question, text, signature, received_unix_s) = match self {
            Self::NoAnswer { .. } => {
                return Ok(GatewayTrace::NoAnswer("as the capture folder says".to_owned()));
            }
            Self::NotAsked { .. } => {
                return Ok(GatewayTrace::NotAsked("as the capture folder says".to_owned()));
            }
            Self::Answered {
                signer_sha256,
                number_sha256,
                nonce,
                asked_unix_s,
                received_unix_s,
                text,
                signature,
            } => {
                let question = GatewayQuestion {
                    signer_sha256: fixed(&signer_sha256, "signer_sha256")?,
                    number_sha256: fixed(&number_sha256, "number_sha256")?,
                    nonce: fixed(&nonce, "nonce")?,
                    asked_unix_s,
                };
                (question, text, signature, received_unix_s)
            }
        };
        if text.len() > MAX_TEXT_BYTES {
            return Err(format!("the text of gateway has more than {MAX_TEXT_BYTES} bytes"));
        }
        let signature = unhex(&signature).ok_or("the signature of gateway is not hexadecimal")?;
        let text = text.into_bytes();
        Ok(GatewayTrace::Answered(GatewayAnswer { question, text, signature, received_unix_s }))
    }
}

fn fixed<const N: usize>(text: &str, name: &str) -> Result<[u8; N], String> {
    unhex(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| format!("{name} of gateway is not {N} bytes in hexadecimal"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_byte_for_byte_and_damage_is_told() {
        let answer = GatewayAnswer {
            question: GatewayQuestion {
                signer_sha256: [1; 32],
                number_sha256: [2; 32],
                nonce: [3; 16],
                asked_unix_s: 7,
            },
            text: "{\"ghi chú\": \"hợp lệ\"}\n".as_bytes().to_vec(),
            signature: vec![0, 255],
            received_unix_s: 8,
        };
        let trace = GatewayTrace::Answered(answer);
        let json = serde_json::to_string(&StoredGateway::of(&trace)).unwrap();
        let load = |json: &str| serde_json::from_str::<StoredGateway>(json).map(StoredGateway::into_trace);
        assert_eq!(load(&json).unwrap(), Ok(trace));
        for (from, to) in [
            (hex(&[0, 255]), "0".to_owned()),
            (hex(&[0, 255]), "xy".to_owned()),
            (hex(&[1; 32]), hex(&[1; 31])),
            (hex(&[2; 32]), hex(&[2; 33])),
            (hex(&[3; 16]), String::new()),
        ] {
            let damaged = json.replacen(&from, &to, 1);
            assert!(damaged != json && load(&damaged).unwrap().is_err(), "{from} -> {to}");
        }
        for (trace, kind) in [
            (GatewayTrace::NoAnswer("who knows".to_owned()), "no_answer"),
            (GatewayTrace::NotAsked("who knows".to_owned()), "not_asked"),
        ] {
            let json = serde_json::to_string(&StoredGateway::of(&trace)).unwrap();
            assert!(json.contains(kind));
            let loaded = load(&json).unwrap().unwrap();
            assert!(format!("{loaded:?}").contains("as the capture folder says"), "{loaded:?}");
        }
    }
}
