//! A gateway behind mutual TLS, made of rustls and threads. It shares no type and no constant with the connector.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_vectors::card::Hash;
use test_vectors::issuer::signer::{CurveForm, Signer};
use test_vectors::num::CurveName;

use crate::tls::{Authority, Leaf, mutual};

/// What is done with one question.
#[derive(Clone, Debug)]
pub enum Act {
    /// It is answered, with these members of the signed text set otherwise; `null` leaves one out.
    Say(Vec<(&'static str, Value)>),
    /// The same, signed by somebody else.
    SayForged,
    /// The same, without a signature.
    SayUnsigned,
    /// An answer that was recorded before.
    Replay(String),
    /// HTTP status.
    Status(&'static str),
    /// These bytes as the body, of this content type.
    Body(&'static str, &'static [u8]),
    /// Nothing, for longer than anybody waits.
    Stall,
    /// Half of an answer.
    Truncate,
    /// The connection ends.
    Close,
    /// An answer of so many bytes.
    Huge(usize),
}

struct Shared {
    acts: Mutex<VecDeque<Act>>,
    questions: Mutex<Vec<Value>>,
    answers: Mutex<Vec<String>>,
    stop: AtomicBool,
    sent: AtomicUsize,
    now_s: i64,
}

pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

pub fn key() -> Signer {
    Signer::ecdsa(CurveName::P256, CurveForm::Named, Hash::Sha256, "gateway of the test")
}

impl Server {
    /// Serves `leaf`, and demands a client's certificate under `clients`. The last of `acts` is repeated.
    pub fn start(leaf: &Leaf, clients: &Authority, acts: Vec<Act>, now_s: i64) -> Self {
        let config = mutual(leaf, clients);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            acts: Mutex::new(acts.into()),
            questions: Mutex::default(),
            answers: Mutex::default(),
            stop: AtomicBool::new(false),
            sent: AtomicUsize::new(0),
            now_s,
        });
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (config, shared) = (Arc::clone(&config), Arc::clone(&for_thread));
                std::thread::spawn(move || drop(serve(stream, config, &shared)));
            }
        });
        Self { port, shared, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}/eid/verify", self.port)
    }

    /// The questions that came through.
    pub fn questions(&self) -> Vec<Value> {
        self.shared.questions.lock().unwrap().clone()
    }

    /// Bodies of the answers so far.
    pub fn answers(&self) -> Vec<String> {
        self.shared.answers.lock().unwrap().clone()
    }

    /// Bytes of huge answers that were taken, buffers included.
    pub fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let question = read(&mut stream)?;
    shared.questions.lock().unwrap().push(question.clone());
    let act = {
        let mut acts = shared.acts.lock().unwrap();
        if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
    };
    let body = |text: &str, signature: Option<Vec<u8>>| {
        let mut body = json!({ "is_valid_id_card": true, "_responds": text, "transaction_code": "T" });
        if let Some(signature) = signature {
            body["signature"] = STANDARD.encode(signature).into();
        }
        body.to_string()
    };
    let (status, kind, body) = match act {
        Act::Say(members) => {
            let text = text(&question, shared.now_s, &members);
            ("200 OK", "application/json", body(&text, Some(key().sign(text.as_bytes()))))
        }
        Act::SayForged => {
            let other = Signer::ecdsa(CurveName::P256, CurveForm::Named, Hash::Sha256, "somebody else");
            let text = text(&question, shared.now_s, &[]);
            ("200 OK", "application/json", body(&text, Some(other.sign(text.as_bytes()))))
        }
        Act::SayUnsigned => ("200 OK", "application/json", body(&text(&question, shared.now_s, &[]), None)),
        Act::Replay(answer) => ("200 OK", "application/json", answer),
        Act::Status(status) => (status, "application/json", "{}".to_owned()),
        Act::Body(kind, bytes) => ("200 OK", kind, String::from_utf8_lossy(bytes).into_owned()),
        Act::Close => return Ok(()),
        Act::Stall => {
            for _ in 0..600 {
                if shared.stop.load(Ordering::SeqCst) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            return Ok(());
        }
        Act::Truncate => {
            let text = text(&question, shared.now_s, &[]);
            let whole = body(&text, Some(key().sign(text.as_bytes())));
            head(&mut stream, "200 OK", "application/json", whole.len())?;
            stream.write_all(&whole.as_bytes()[..whole.len() / 2])?;
            return stream.flush();
        }
        Act::Huge(bytes) => {
            head(&mut stream, "200 OK", "application/json", bytes)?;
            stream.write_all(b"{\"_responds\":\"")?;
            let block = [b'a'; 16 << 10];
            for _ in 0..bytes / block.len() {
                stream.write_all(&block)?;
                shared.sent.fetch_add(block.len(), Ordering::SeqCst);
            }
            return Ok(());
        }
    };
    shared.answers.lock().unwrap().push(body.clone());
    head(&mut stream, status, kind, body.len())?;
    stream.write_all(body.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn head(stream: &mut impl Write, status: &str, kind: &str, length: usize) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

fn read(stream: &mut impl Read) -> std::io::Result<Value> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            assert!(head.starts_with("POST /eid/verify "), "{head}");
            if body.len() >= length.unwrap() {
                return Ok(serde_json::from_str(body).unwrap());
            }
        }
        let got = stream.read(&mut chunk)?;
        if got == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..got]);
    }
}

/// The statement about the certificate and number that came.
fn text(question: &Value, now_s: i64, otherwise: &[(&str, Value)]) -> String {
    let member = |name: &str| question.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let pem = String::from_utf8(STANDARD.decode(member("dsCert")).unwrap()).unwrap();
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(lines).unwrap();
    let hash: String = Sha256::digest(&der).iter().map(|byte| format!("{byte:02X}")).collect();
    let mut text = json!({
        "result": { "valid": true, "signer": hash, "number": member("idCardNumber"), "at": now_s },
        "echo": member("requestId"),
    });
    for (name, value) in otherwise {
        text["result"][*name] = value.clone();
    }
    text.to_string()
}
