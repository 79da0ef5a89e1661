//! Stands between the terminal and a server, and does to the exchange what networks and servers do.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A request as it came.
pub struct Asked {
    /// Which one it is, from 0.
    pub nth: usize,
    /// Method and path, such as `POST /Patient`.
    pub line: String,
    /// Its headers, in lower case.
    pub head: String,
    bytes: Vec<u8>,
}

/// What becomes of it.
pub enum Act {
    /// It is passed on, and the answer back.
    Pass,
    /// It is passed on, and the answer is lost.
    Lose,
    /// It is passed on without its condition, as if the server knew none.
    PassWithoutCondition,
    /// As that, and the answer is lost.
    LoseWithoutCondition,
    /// It is passed on, and only the beginning of the answer comes back: so many bytes of every thousand.
    Cut(usize),
    /// These bytes are the answer.
    Answer(Vec<u8>),
    /// Nothing happens for a long time.
    Stall,
    /// An answer that does not end before 100 MB.
    Huge,
}

pub struct Relay {
    pub url: String,
    sent: Arc<AtomicUsize>,
}

impl Relay {
    /// `upstream`: where a request that is passed on goes, such as `http://127.0.0.1:4711`.
    pub fn start(upstream: &str, decide: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let (decide, count, sent) = (Arc::new(decide), AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        let bytes_sent = sent.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (decide, upstream, sent) = (decide.clone(), upstream.clone(), bytes_sent.clone());
                let nth = count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || serve(stream, nth, &upstream, &*decide, &sent));
            }
        });
        Self { url, sent }
    }

    /// Bytes of huge answers that left.
    pub fn huge_bytes_sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

fn serve(
    mut stream: TcpStream,
    nth: usize,
    upstream: &str,
    decide: &(dyn Fn(&Asked) -> Act + Send + Sync),
    sent: &AtomicUsize,
) {
    let Some(asked) = read_request(&mut stream, nth) else { return };
    let act = decide(&asked);
    match act {
        Act::Pass => drop(stream.write_all(&pass(upstream, &asked, true))),
        Act::Lose => drop(pass(upstream, &asked, true)),
        Act::PassWithoutCondition => drop(stream.write_all(&pass(upstream, &asked, false))),
        Act::LoseWithoutCondition => drop(pass(upstream, &asked, false)),
        Act::Cut(part) => {
            let answer = pass(upstream, &asked, true);
            let _ = stream.write_all(&answer[..answer.len() * part / 1000]);
        }
        Act::Answer(bytes) => drop(stream.write_all(&bytes)),
        Act::Stall => thread::sleep(Duration::from_secs(20)),
        Act::Huge => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: 104857600\r\n\r\n";
            let chunk = [b' '; 1 << 16];
            let mut result = stream.write_all(head.as_bytes());
            for _ in 0..1600 {
                if result.is_err() {
                    return;
                }
                result = stream.write_all(&chunk);
                sent.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

fn pass(upstream: &str, asked: &Asked, conditions: bool) -> Vec<u8> {
    let text = String::from_utf8(asked.bytes.clone()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let kept = |line: &&str| conditions || !line.to_ascii_lowercase().starts_with("if-none-exist:");
    let head: Vec<&str> = head.split("\r\n").filter(kept).collect();
    let mut server = TcpStream::connect(upstream).unwrap();
    server.write_all(format!("{}\r\nconnection: close\r\n\r\n{body}", head.join("\r\n")).as_bytes()).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    answer
}

fn read_request(stream: &mut TcpStream, nth: usize) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.and_then(|value| value.trim().parse::<usize>().ok()).unwrap_or(0);
            if bytes.len() >= head.len() + 4 + length {
                let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Asked { nth, line, head: lower + "\r\n", bytes });
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// An answer of this status, type and body.
pub fn answer(status: u16, content_type: &str, body: &str) -> Act {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    Act::Answer([head.as_bytes(), body.as_bytes()].concat())
}

pub fn json(status: u16, body: &str) -> Act {
    answer(status, "application/fhir+json", body)
}
