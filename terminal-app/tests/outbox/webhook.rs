//! The webhook: what a receiver sees, and what its answers lead to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use terminal_app::connectors::{
    Cancel, Delivered, FaultKind, Recipient, Surroundings, Undelivered, build_recipient,
};

use super::support::{NAME, NUMBER, record};

const SECRET: &str = "a secret of twenty-four characters";

/// HMAC by its definition, apart from the program's. Spec: RFC 2104 §2.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5C)).chain_update(inner).finalize().to_vec()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |part: &[u8]| {
        let number =
            (0..3).fold(0_usize, |all, at| all << 8 | usize::from(part.get(at).copied().unwrap_or(0)));
        let digit =
            |at: usize| if at > part.len() { '=' } else { char::from(DIGITS[number >> (18 - 6 * at) & 63]) };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// What a receiver saw of one request.
struct Seen {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        let value = &all.next().unwrap_or_else(|| panic!("no {name}")).1;
        assert!(all.next().is_none(), "{name} twice");
        value
    }
}

/// A receiver that answers one request so; it gives its address and, later, what it saw.
fn receiver(answer: &'static str) -> (String, thread::JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut headers = Vec::new();
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "POST /hook HTTP/1.1\r\n");
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        Seen { headers, body }
    });
    (address, thread)
}

fn webhook(address: &str) -> Box<dyn Recipient> {
    let file = std::env::temp_dir().join(format!("idterm-webhook-{}-{:p}", std::process::id(), &address));
    std::fs::write(&file, SECRET).unwrap();
    let settings = format!("url = {address:?}\nsecret = {{ file = {file:?} }}\ntotal_timeout_ms = 2000");
    build_recipient("records", "webhook", settings.parse().unwrap(), Surroundings::system()).unwrap()
}

/// What an attempt at a receiver with this answer comes to.
fn answered(answer: &'static str) -> (Result<Delivered, Undelivered>, Seen) {
    let (address, seen) = receiver(answer);
    let record = record();
    let key = record.transaction.key_for("records");
    let delivered = webhook(&address).deliver(&record, &key, &Cancel::new());
    (delivered, seen.join().unwrap())
}

#[test]
fn a_receiver_can_check_who_sent_it_when_and_that_nothing_was_changed() {
    let (address, seen) =
        receiver("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok");
    let record = record();
    let key = record.transaction.key_for("records");
    assert!(webhook(&address).deliver(&record, &key, &Cancel::new()).is_ok());
    let seen = seen.join().unwrap();
    assert_eq!(
        (seen.header("webhook-id"), seen.header("idempotency-key")),
        (&*key.to_string(), &*key.to_string())
    );
    let time = seen.header("webhook-timestamp");
    let now = jiff::Timestamp::now().as_second();
    assert!((now - 60..=now).contains(&time.parse().unwrap()), "{time}");
    let signed = [format!("{key}.{time}.").as_bytes(), &seen.body].concat();
    let signature = format!("v1,{}", base64(&hmac(SECRET.as_bytes(), &signed)));
    assert_eq!(seen.header("webhook-signature"), signature);
    assert_eq!(seen.header("content-type"), "application/json; charset=utf-8");
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!((&body["schema"], &body["key"]), (&"idterm.delivery/1".into(), &key.to_string().into()));
    assert_eq!(body["transaction"], record.transaction.to_string());
    assert_eq!(body["person"], serde_json::json!({ "number": NUMBER, "name": NAME }));
    assert_eq!((&body["verdict"], &body["simulated"][0]), (&"accept".into(), &"chip".into()));
    assert_eq!(body["facts"]["insurance.card_code"], "GD4790900000019");
}

#[test]
fn what_a_receiver_answers_decides_whether_it_is_tried_again() {
    let kind = |answer| match answered(answer).0 {
        Ok(_) => panic!("{answer:?} is no delivery"),
        Err(Undelivered::Later(fault)) => ("later", fault.kind),
        Err(Undelivered::Never(fault)) => ("never", fault.kind),
    };
    assert_eq!(kind("HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n"), ("never", FaultKind::Status(422)));
    assert_eq!(kind("HTTP/1.1 409 Busy\r\nContent-Length: 0\r\n\r\n"), ("later", FaultKind::Status(409)));
    assert_eq!(kind("HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"), ("later", FaultKind::Status(503)));
    assert_eq!(kind("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n"), ("later", FaultKind::Unauthorized));
    let moved = "HTTP/1.1 307 Moved\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(kind(moved), ("later", FaultKind::Redirected(307)));
    assert_eq!(kind("").0, "later");
}

#[test]
fn it_returns_soon_after_it_is_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let stalls = thread::spawn(move || {
        let stream = listener.accept().unwrap();
        thread::sleep(Duration::from_millis(50));
        stop.cancel();
        stream
    });
    let record = record();
    let key = record.transaction.key_for("records");
    let cancelled = webhook(&address).deliver(&record, &key, &cancel).unwrap_err();
    assert!(matches!(cancelled, Undelivered::Later(fault) if fault.kind == FaultKind::Cancelled));
    drop(stalls.join());
}
