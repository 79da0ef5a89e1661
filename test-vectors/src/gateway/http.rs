//! As much of an HTTP/1.1 server as the gateway needs: one request per connection.

use std::io::{self, Read, Write};
use std::net::TcpStream;

const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A request as it came.
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }
}

/// Reads one request. `Ok(None)`: nothing intelligible came.
pub(crate) fn read_request(stream: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let mut chunk = [0u8; 4096];
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        match head.parse(&bytes) {
            Ok(httparse::Status::Complete(head_len)) => {
                let header = |name: &str| {
                    head.headers
                        .iter()
                        .find(|h| h.name.eq_ignore_ascii_case(name))
                        .map(|h| String::from_utf8_lossy(h.value).into_owned())
                };
                let length = header("content-length").and_then(|v| v.trim().parse().ok()).unwrap_or(0);
                let content_type = header("content-type").unwrap_or_default();
                let (path, query) = split_target(head.path.unwrap_or("/"));
                let method = head.method.unwrap_or_default().to_owned();
                if length > MAX_BODY_BYTES {
                    return Ok(None);
                }
                let mut body = bytes.get(head_len..).unwrap_or_default().to_vec();
                while body.len() < length {
                    let got = stream.read(&mut chunk)?;
                    if got == 0 {
                        return Ok(None);
                    }
                    body.extend_from_slice(chunk.get(..got).unwrap_or_default());
                }
                body.truncate(length);
                return Ok(Some(Request { method, path, query, content_type, body }));
            }
            Ok(httparse::Status::Partial) => {}
            Err(_) => return Ok(None),
        }
        if bytes.len() > MAX_HEAD_BYTES {
            return Ok(None);
        }
        let got = stream.read(&mut chunk)?;
        if got == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(chunk.get(..got).unwrap_or_default());
    }
}

/// Splits a request target and decodes its query.
fn split_target(target: &str) -> (String, Vec<(String, String)>) {
    match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), decode_form(query)),
        None => (target.to_owned(), Vec::new()),
    }
}

/// `a=1&b=x+y%20z` as pairs.
pub(super) fn decode_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_percent(name), decode_percent(value))
        })
        .collect()
}

fn decode_percent(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => out.push(b' '),
            b'%' => {
                let byte = tail
                    .get(..2)
                    .and_then(|hex| std::str::from_utf8(hex).ok())
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match byte {
                    Some(byte) => {
                        out.push(byte);
                        rest = tail.get(2..).unwrap_or_default();
                    }
                    None => out.push(b'%'),
                }
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The head of an answer; every answer says that it is simulated.
pub(super) fn head(status: u16, content_type: &str, length: u64, extra: &str) -> String {
    format!(
        "HTTP/1.1 {status} {}\r\nServer: simulated-bhyt-gateway\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\nCache-Control: no-store\r\n{extra}Connection: close\r\n\r\n",
        reason(status)
    )
}

/// Sends a whole answer.
pub(super) fn send(stream: &mut TcpStream, status: u16, content_type: &str, body: &[u8]) -> io::Result<()> {
    stream.write_all(head(status, content_type, body.len() as u64, "").as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_as_utf8() {
        let pairs = decode_form("hoTen=NGUY%E1%BB%84N+V%C4%82N%20A&empty=&lone");
        assert_eq!(pairs[0], ("hoTen".into(), "NGUYỄN VĂN A".into()));
        assert_eq!(pairs[1], ("empty".into(), String::new()));
        assert_eq!(pairs[2], ("lone".into(), String::new()));
    }

    #[test]
    fn a_broken_escape_is_kept() {
        assert_eq!(decode_percent("100%"), "100%");
        assert_eq!(decode_percent("%zz"), "%zz");
    }
}
