//! A small HTTP server that answers by path, well or badly.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How it answers.
#[derive(Clone)]
pub enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// `200` with this body; `304` to who has this ETag already.
    Tagged(Vec<u8>, &'static str),
    /// Nothing, for so long.
    Stall(Duration),
    /// A head, and then a byte now and then.
    Drip,
    /// A head, and then bytes without end.
    Endless,
}

/// `200` with this body.
pub fn ok(body: &[u8]) -> Reply {
    Reply::Bytes(answer("200 OK", "", body))
}

pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A server, and the heads of the requests that it got.
pub struct Server {
    pub url: String,
    heads: Arc<Mutex<Vec<String>>>,
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (heads, replies) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(BTreeMap::new())));
        let (seen, known) = (heads.clone(), replies.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, known) = (seen.clone(), known.clone());
                thread::spawn(move || serve(stream, &seen, &known));
            }
        });
        Self { url, heads, replies }
    }

    /// From now on this path gives this.
    pub fn at(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// The heads of the requests for this path, in small letters.
    pub fn heads(&self, path: &str) -> Vec<String> {
        let wanted = format!("get {path} ");
        self.heads.lock().unwrap().iter().filter(|head| head.starts_with(&wanted)).cloned().collect()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, known: &Mutex<BTreeMap<String, Reply>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_exact(&mut byte).is_err() {
            return;
        }
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let head = head.to_lowercase();
    seen.lock().unwrap().push(head.clone());
    let reply = known.lock().unwrap().get(&path).cloned();
    let opened = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    match reply {
        None => drop(stream.write_all(&answer("404 Not Found", "", b"<html>nothing here</html>"))),
        Some(Reply::Bytes(bytes)) => drop(stream.write_all(&bytes)),
        Some(Reply::Tagged(body, tag)) => {
            let headers = format!("ETag: {tag}\r\nLast-Modified: Sat, 31 Jan 2026 00:00:00 GMT\r\n");
            let known = head.contains(&format!("if-none-match: {}", tag.to_lowercase()));
            let bytes = if known {
                answer("304 Not Modified", &headers, b"")
            } else {
                answer("200 OK", &headers, &body)
            };
            let _ = stream.write_all(&bytes);
        }
        Some(Reply::Stall(time)) => thread::sleep(time),
        Some(Reply::Drip) => {
            let _ = stream.write_all(opened);
            for _ in 0..100 {
                if stream.write_all(b"0").is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
        Some(Reply::Endless) => {
            let _ = stream.write_all(opened);
            while stream.write_all(&[0x30; 65_536]).is_ok() {}
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}
