//! A server that answers with prepared bytes, for answers that no insurance gateway would give.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

pub struct Scripted {
    pub url: String,
}

impl Scripted {
    /// Answers one connection after the other with the next bytes, then listens no more.
    pub fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for answer in answers {
                let Ok((mut stream, _)) = listener.accept() else { return };
                read_request(&mut stream);
                let _ = stream.write_all(&answer);
                let _ = stream.shutdown(Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Self { url }
    }
}

/// Reads a request whole, so that closing the connection cannot discard the answer.
fn read_request(stream: &mut impl Read) {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|value| value.trim().parse::<usize>().ok())
                .unwrap_or(0);
            if seen.len() >= head.len() + 4 + length {
                return;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(n) => seen.extend_from_slice(&chunk[..n]),
        }
    }
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn json(body: &str) -> Vec<u8> {
    answer("", body.as_bytes())
}

pub fn token(expires_in: &str) -> Vec<u8> {
    json(&format!(
        r#"{{"APIKey":{{"access_token":"SCRIPTED-TOKEN","id_token":"SCRIPTED-ID","expires_in":"{expires_in}"}}}}"#
    ))
}

/// A gzip stream of 10,000 zero bytes in one fixed block of repeated matches. Spec: RFC 1951 §3.2.6, RFC 1952.
pub fn compressed_zeros() -> Vec<u8> {
    const ZEROS: usize = 10_000;
    let mut bits = Vec::new();
    let push = |value: u32, count: u32, bits: &mut Vec<bool>| {
        for i in 0..count {
            bits.push(value >> i & 1 == 1);
        }
    };
    let huffman = |code: u32, count: u32, bits: &mut Vec<bool>| {
        for i in (0..count).rev() {
            bits.push(code >> i & 1 == 1);
        }
    };
    push(1, 1, &mut bits); // last block
    push(1, 2, &mut bits); // fixed codes
    huffman(0x30, 8, &mut bits); // literal 0
    for _ in 0..(ZEROS - 1) / 258 {
        huffman(0b1100_0101, 8, &mut bits); // length 258
        huffman(0, 5, &mut bits); // distance 1
    }
    for _ in 0..(ZEROS - 1) % 258 {
        huffman(0x30, 8, &mut bits);
    }
    huffman(0, 7, &mut bits); // end of block
    let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    body.extend(
        bits.chunks(8).map(|c| c.iter().enumerate().fold(0u8, |b, (i, bit)| b | u8::from(*bit) << i)),
    );
    let mut crc = u32::MAX;
    for _ in 0..ZEROS * 8 {
        crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    }
    body.extend((!crc).to_le_bytes());
    body.extend(u32::try_from(ZEROS).unwrap().to_le_bytes());
    answer("Content-Encoding: gzip\r\n", &body)
}
