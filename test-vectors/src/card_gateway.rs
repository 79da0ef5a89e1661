//! A simulated card-authenticity gateway over real HTTP on the loopback address.
//!
//! It is written from the description of such services alone and shares no type and no constant with the connector that asks
//! it. `POST /eid/verify` takes JSON: `dsCert` (base64 of the signer's certificate in PEM) and `idCardNumber`; or the chip's
//! files in base64, `sodData` and any of `dg1`, `dg2`, `dg13` and `dg14`. A card by its files is genuine where EF.SOD carries a
//! signer that is known and the hash of each file, and its number is the one in DG1. The answer has `is_valid_id_card`, the text `_responds`, and `signature` over that text: RSA PKCS#1 v1.5 with SHA-256
//! by a key of its own. Every answer says that it is simulated: `Server: simulated-card-gateway`, and `[MÔ PHỎNG]` in the text.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::card::Hash;
use crate::gateway::http::read_request;
use crate::issuer::signer::{RsaPadding, RsaTestKeys, Signer};

const PATH: &str = "/eid/verify";
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How it behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// It says what it knows.
    #[default]
    Honest,
    /// It closes every connection without an answer.
    Down,
    /// Somebody else answers, always "yes", with a key of his own.
    Forged,
}

/// What it knows.
#[derive(Clone, Debug, Default)]
pub struct CardGatewayOptions {
    /// Certificates of genuine document signers, DER.
    pub signers: Vec<Vec<u8>>,
    /// Numbers of cards that were withdrawn.
    pub withdrawn: Vec<String>,
    /// How it behaves.
    pub manner: Manner,
}

struct Shared {
    options: CardGatewayOptions,
    stop: AtomicBool,
    asked: AtomicUsize,
}

/// A gateway that answers until it is dropped.
pub struct RunningCardGateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The key that signs the answers.
fn key() -> Signer {
    Signer::rsa(RsaTestKeys::get().card_gateway(), RsaPadding::Pkcs1, Hash::Sha256)
}

/// The key of whoever forges them.
fn forger() -> Signer {
    Signer::rsa(RsaTestKeys::get().document_signer(), RsaPadding::Pkcs1, Hash::Sha256)
}

/// The public key of the gateway, in PEM.
#[must_use]
pub fn public_key_pem() -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", encode(&key().public_key_info()))
}

impl RunningCardGateway {
    /// Listens on a free port of 127.0.0.1 and answers, one question at a time.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(options: CardGatewayOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { options, stop: AtomicBool::new(false), asked: AtomicUsize::new(0) });
        let for_thread = Arc::clone(&shared);
        let work = move || {
            for stream in listener.incoming() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    // A client that goes away is its own business.
                    let _ = serve(stream, &for_thread);
                }
            }
        };
        let thread = thread::Builder::new().name("simulated-card-gateway".into()).spawn(work)?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Where it is asked.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// How many questions came.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }
}

impl Drop for RunningCardGateway {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    stream.set_write_timeout(Some(READ_TIMEOUT))?;
    let request = read_request(&mut stream)?;
    shared.asked.fetch_add(1, Ordering::SeqCst);
    if shared.options.manner == Manner::Down {
        return stream.shutdown(Shutdown::Both);
    }
    let (status, body) = match request {
        Some(request) if request.method == "POST" && request.path == PATH => {
            match serde_json::from_slice(&request.body) {
                Ok(question) => ("200 OK", answer(&question, &shared.options)),
                Err(_) => ("400 Bad Request", json!({})),
            }
        }
        _ => ("404 Not Found", json!({})),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nServer: simulated-card-gateway\r\nContent-Type: application/json; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}

fn answer(question: &Value, options: &CardGatewayOptions) -> Value {
    let member = |name: &str| question.get(name).and_then(Value::as_str).unwrap_or_default();
    let by_files = decode(member("sodData")).filter(|sod| !sod.is_empty());
    let (signer, number, whole) = match &by_files {
        Some(sod) => card_of_files(sod, |name| decode(member(name)), &options.signers),
        None => {
            let signer = certificate(member("dsCert")).unwrap_or_default();
            (signer, Some(member("idCardNumber").to_owned()), true)
        }
    };
    let withdrawn = number.as_ref().is_some_and(|number| options.withdrawn.contains(number));
    let known = options.signers.contains(&signer) && whole && !withdrawn;
    let forged = options.manner == Manner::Forged;
    let valid = known || forged;
    let hash: String = Hash::Sha256.digest(&signer).iter().map(|byte| format!("{byte:02x}")).collect();
    let time_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let text = json!({
        "is_valid_id_card": valid,
        "ds_cert_sha256": hash,
        "id_card_number": number,
        "time": time_s,
        "note": "[MÔ PHỎNG]",
    })
    .to_string();
    let signature = if forged { forger() } else { key() }.sign(text.as_bytes());
    json!({
        "transaction_code": "SIMULATED",
        "is_valid_id_card": valid,
        "_responds": text,
        "signature": encode(&signature),
        "detail_message": "[MÔ PHỎNG]",
    })
}

/// What files say: the signer that is known and stands in EF.SOD (empty: none), the number in DG1, and whether EF.SOD has the
/// hash of every file that came.
fn card_of_files(
    sod: &[u8],
    file: impl Fn(&str) -> Option<Vec<u8>>,
    signers: &[Vec<u8>],
) -> (Vec<u8>, Option<String>, bool) {
    let holds = |part: &[u8]| sod.windows(part.len().max(1)).any(|window| window == part);
    let signer = signers.iter().find(|signer| holds(signer)).cloned().unwrap_or_default();
    let files = ["dg1", "dg2", "dg13", "dg14"].map(|name| file(name).filter(|bytes| !bytes.is_empty()));
    let hashes = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];
    let hashed = |bytes: &Vec<u8>| hashes.iter().any(|hash| holds(&hash.digest(bytes)));
    let whole = files.iter().flatten().all(hashed);
    // A Vietnamese card: 61 5D 5F1F 5A, then 90 characters; the number stands at 16 to 27 of the first line.
    let number = files.first().and_then(Option::as_ref).and_then(|dg1| dg1.get(5 + 15..5 + 27));
    let number = number.and_then(|digits| String::from_utf8(digits.to_vec()).ok());
    (signer, number, whole)
}

/// DER out of the base64 of PEM.
fn certificate(text: &str) -> Option<Vec<u8>> {
    let pem = String::from_utf8(decode(text)?).ok()?;
    let body = pem.split("-----").nth(2)?;
    decode(&body.split_whitespace().collect::<String>())
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = DIGITS.get(bits >> (18 - 6 * at) & 63).copied().unwrap_or(b'A');
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_answers_for_the_signers_that_it_knows_and_says_that_it_is_simulated() {
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", encode(b"genuine"));
        let question = json!({"dsCert": encode(pem.as_bytes()), "idCardNumber": "090000000001"});
        let told = |options: CardGatewayOptions| {
            let answer = answer(&question, &options);
            let text: Value = serde_json::from_str(answer["_responds"].as_str().unwrap()).unwrap();
            assert_eq!(text["id_card_number"], "090000000001");
            assert!(text["note"].as_str().unwrap().contains("MÔ PHỎNG"));
            let signature = decode(answer["signature"].as_str().unwrap()).unwrap();
            let own = key().sign(answer["_responds"].as_str().unwrap().as_bytes()) == signature;
            (text["is_valid_id_card"].as_bool().unwrap(), own)
        };
        let knowing =
            CardGatewayOptions { signers: vec![b"genuine".to_vec()], ..CardGatewayOptions::default() };
        assert_eq!(told(knowing.clone()), (true, true));
        assert_eq!(told(CardGatewayOptions::default()), (false, true));
        let withdrawn = vec!["090000000001".to_owned()];
        assert_eq!(told(CardGatewayOptions { withdrawn, ..knowing }), (false, true));
        let forged = CardGatewayOptions { manner: Manner::Forged, ..CardGatewayOptions::default() };
        assert_eq!(told(forged), (true, false));
    }

    #[test]
    fn a_card_is_known_by_its_files_as_well() {
        let persona = crate::persona::find("good").unwrap();
        let now_s = 1_795_255_200;
        let card = persona.card(now_s);
        let file = |id: u16| encode(&card.files[&(crate::card::Directory::Lds, id)]);
        let options = CardGatewayOptions {
            signers: vec![persona.document_signer(now_s).der],
            ..CardGatewayOptions::default()
        };
        let told = |question: &Value, options: &CardGatewayOptions| -> Value {
            serde_json::from_str(answer(question, options)["_responds"].as_str().unwrap()).unwrap()
        };
        let question = json!({"sodData": file(0x011D), "dg1": file(0x0101), "dg13": file(0x010D)});
        let text = told(&question, &options);
        assert_eq!(
            (&text["is_valid_id_card"], &text["id_card_number"]),
            (&true.into(), &persona.holder.number.into())
        );
        // A file of another card, a card without its zone, and a signer that is not known.
        let mut other = question.clone();
        other["dg13"] = encode(b"of another card").into();
        assert_eq!(told(&other, &options)["is_valid_id_card"], false);
        assert_eq!(told(&json!({"sodData": file(0x011D)}), &options)["id_card_number"], Value::Null);
        assert_eq!(told(&question, &CardGatewayOptions::default())["is_valid_id_card"], false);
        let withdrawn = CardGatewayOptions { withdrawn: vec![persona.holder.number.to_owned()], ..options };
        assert_eq!(told(&question, &withdrawn)["is_valid_id_card"], false);
    }

    #[test]
    fn base64_both_ways() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"foob"] {
            assert_eq!(decode(&encode(bytes)).unwrap(), bytes);
        }
        assert_eq!(encode(b"foob"), "Zm9vYg==");
    }
}
