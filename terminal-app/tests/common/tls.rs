//! Authorities and certificates of one test, and a server over TLS that answers requests by a function.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// A certification authority of one test.
pub struct Authority {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key.
pub struct Leaf {
    pub pem: String,
    pub key_pem: String,
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { pem, der, issuer: Issuer::new(params, key) }
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate that ends with the beginning of a year.
    pub fn leaf(&self, name: &str, until_year: i32) -> Leaf {
        self.leaf_of(name, |params| params.not_after = date_time_ymd(until_year, 1, 1))
    }

    /// A certificate that ends in so many days.
    pub fn leaf_for_days(&self, name: &str, days: u64) -> Leaf {
        let until = SystemTime::now() + Duration::from_secs(days * 86_400);
        self.leaf_of(name, |params| params.not_after = until.into())
    }

    fn leaf_of(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().clone(),
            key_der: key.serialize_der(),
        }
    }
}

/// Serves `leaf`, and demands a client's certificate under `clients`.
pub fn mutual(leaf: &Leaf, clients: &Authority) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(clients.der.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivateKeyDer::try_from(leaf.key_der.clone()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![leaf.der.clone()], key)
        .unwrap();
    Arc::new(config)
}

type Answer = dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync;

struct Shared {
    answer: Box<Answer>,
    requests: Mutex<Vec<Vec<u8>>>,
    stop: AtomicBool,
}

/// A server that gives each whole request to a function and sends what comes of it; `None`: it stays silent.
pub struct Front {
    port: u16,
    secure: bool,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    /// Without `config` it speaks in clear.
    pub fn start(
        config: Option<Arc<ServerConfig>>,
        answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Box<Answer> = Box::new(answer);
        let shared = Arc::new(Shared { answer, requests: Mutex::default(), stop: AtomicBool::new(false) });
        let (for_thread, secure) = (Arc::clone(&shared), config.is_some());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (config, shared) = (config.clone(), Arc::clone(&for_thread));
                std::thread::spawn(move || serve(stream, config, &shared));
            }
        });
        Self { port, secure, shared, thread: Some(thread) }
    }

    /// One that hands every request on to the server in clear at this address.
    pub fn before(config: Arc<ServerConfig>, url: &str) -> Self {
        let authority = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        Self::start(Some(config), move |request| {
            let mut behind = TcpStream::connect(&authority).unwrap();
            behind.write_all(request).unwrap();
            let mut answer = Vec::new();
            behind.read_to_end(&mut answer).unwrap();
            Some(answer)
        })
    }

    /// Scheme, host and port.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The requests that came, whole.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(stream: TcpStream, config: Option<Arc<ServerConfig>>, shared: &Shared) {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    // Whoever goes away is free to.
    let _ = match config {
        None => converse(&mut { stream }, shared),
        Some(config) => {
            let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
            let result = converse(&mut stream, shared);
            stream.conn.send_close_notify();
            result.and_then(|()| stream.flush())
        }
    };
}

fn converse(stream: &mut (impl Read + Write), shared: &Shared) -> std::io::Result<()> {
    let Some(request) = read(stream)? else { return Ok(()) };
    shared.requests.lock().unwrap().push(request.clone());
    match (shared.answer)(&request) {
        Some(answer) => {
            stream.write_all(&answer)?;
            stream.flush()
        }
        None => {
            while !shared.stop.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
    }
}

/// A whole request; `None` where nothing came.
fn read(stream: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]);
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Ok(Some(bytes));
            }
        }
        match stream.read(&mut chunk)? {
            0 => return Ok(None),
            got => bytes.extend_from_slice(&chunk[..got]),
        }
    }
}
