//! A simulated gateway of Vietnam Social Security: the insurance check (BHYT) over real HTTP on the loopback address.
//!
//! It is written from the description of the service alone and shares no type and no constant with the connector
//! that asks it. Every answer says that it is simulated: `Server: simulated-bhyt-gateway`, and `[MÔ PHỎNG]` in the
//! remark.
//!
//! | request | answer |
//! |---|---|
//! | `POST /api/token/take` | JSON `username` (`<facility>_BV`) and `password` (MD5, hex) give `APIKey` |
//! | `POST /api/egw/KQNhanLichSuKCB2024?token&id_token&username&password` | JSON or form: `maThe, hoTen, ngaySinh, hoTenCb, cccdCb` give the result |
//!
//! **The last three digits of the number choose the result** where they spell a result code (090000000110: revoked,
//! 090000000010: expired), else the result is 000. A person listed in [`GatewayOptions::insured`] is compared by name
//! and birth first, and may have a result of their own.

mod answer;
mod fault;
pub(crate) mod http;

use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use answer::{Insured, Staff, result_codes};
pub use fault::{Fault, FaultRule, Scope};

use http::Request;

/// The facility of [`GatewayOptions::default`].
pub const DEFAULT_FACILITY: &str = "79001";

/// The password of [`GatewayOptions::default`]; the service knows only its MD5.
pub const DEFAULT_PASSWORD: &str = "simulated-password";

const MAX_CONNECTIONS: usize = 64;
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How a simulated gateway is set up.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// TCP port on 127.0.0.1; 0: any free one.
    pub port: u16,
    /// Code of the health facility that has an account.
    pub facility: String,
    /// MD5 of the account's password, lower-case hex.
    pub password_md5: String,
    /// The staff member registered; `None`: anyone who gives a name and a number.
    pub staff: Option<Staff>,
    /// Persons on file.
    pub insured: Vec<Insured>,
    /// Life of a token in seconds.
    pub token_life_s: u64,
    /// Faults from the start.
    pub faults: Vec<FaultRule>,
}

impl Default for GatewayOptions {
    /// Facility [`DEFAULT_FACILITY`] with the password [`DEFAULT_PASSWORD`]; no staff registered, nobody on file, no faults.
    fn default() -> Self {
        Self {
            port: 0,
            facility: DEFAULT_FACILITY.into(),
            password_md5: "e4d15e8e2dadcb912a6b2194b88dfc67".into(),
            staff: None,
            insured: Vec::new(),
            token_life_s: 3600,
            faults: Vec::new(),
        }
    }
}

/// One request that came, without what must not be kept: no query, no values of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Content type of the body.
    pub content_type: String,
    /// Names of the fields in the body, sorted.
    pub fields: Vec<String>,
    /// HTTP status answered; `None` where a fault sent no whole answer.
    pub status: Option<u16>,
    /// `maKetQua` answered.
    pub result: Option<String>,
}

struct Shared {
    options: GatewayOptions,
    faults: Mutex<Vec<FaultRule>>,
    tokens: Mutex<Tokens>,
    log: Mutex<Vec<LoggedRequest>>,
    stop: AtomicBool,
    connections: AtomicUsize,
    huge_sent: AtomicU64,
}

#[derive(Default)]
struct Tokens {
    issued: u64,
    valid: Vec<(String, String, Instant)>,
}

/// The simulated gateway, started by [`Gateway::start`].
pub struct Gateway;

impl Gateway {
    /// Listens on 127.0.0.1 and answers from threads of its own until the returned value is dropped.
    ///
    /// # Errors
    /// The port is taken or may not be used.
    pub fn start(options: GatewayOptions) -> io::Result<RunningGateway> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        let address = listener.local_addr()?;
        let faults = Mutex::new(options.faults.clone());
        let shared = Arc::new(Shared {
            options,
            faults,
            tokens: Mutex::default(),
            log: Mutex::default(),
            stop: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            huge_sent: AtomicU64::new(0),
        });
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("simulated-gateway".into())
            .spawn(move || accept_loop(&listener, &for_thread))?;
        Ok(RunningGateway { address, shared, thread: Some(thread) })
    }
}

/// A gateway that answers until it is dropped.
pub struct RunningGateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl RunningGateway {
    /// Base address, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Vec<FaultRule>) {
        *lock(&self.shared.faults) = faults;
    }

    /// The requests so far, without secrets and personal data.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.shared.log).clone()
    }

    /// Bytes that a client has taken of [`Fault::Huge`] answers, buffers of the system included.
    #[must_use]
    pub fn huge_bytes_taken(&self) -> u64 {
        self.shared.huge_sent.load(Ordering::SeqCst)
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.shared.log).clear();
    }
}

impl Drop for RunningGateway {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept_loop(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if shared.connections.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
            continue;
        }
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(shared);
        let spawned = thread::Builder::new().name("simulated-gateway-request".into()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                // A client that goes away is its own business.
                let _ = serve(stream, &shared);
                shared.connections.fetch_sub(1, Ordering::SeqCst);
            }
        });
        if spawned.is_err() {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// An answer before any fault has touched it.
struct Reply {
    status: u16,
    body: Value,
    fields: Vec<String>,
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    stream.set_write_timeout(Some(READ_TIMEOUT))?;
    stream.set_nodelay(true)?;
    let Some(request) = http::read_request(&mut stream)? else {
        return http::send(&mut stream, 400, "application/json", b"{}");
    };
    let scope = match request.path.as_str() {
        "/api/token/take" => Some(Scope::Token),
        "/api/egw/KQNhanLichSuKCB2024" => Some(Scope::Check),
        _ => None,
    };
    let fault = scope.and_then(|scope| fault::take(&mut lock(&shared.faults), scope));
    let mut refuse_by_status = true;
    if let Some(Fault::ExpireTokens { by_status }) = fault {
        lock(&shared.tokens).valid.clear();
        refuse_by_status = by_status;
    }
    let mut reply = match scope {
        None => Reply { status: 404, body: json!({}), fields: Vec::new() },
        Some(_) if request.method != "POST" => Reply { status: 405, body: json!({}), fields: Vec::new() },
        Some(Scope::Token) => take_token(&request, shared),
        Some(_) => check(&request, shared, refuse_by_status),
    };
    if let (Some(Fault::Code(code)), Some(object)) = (&fault, reply.body.as_object_mut()) {
        object.insert("maKetQua".into(), json!(code));
        object.insert("ghiChu".into(), json!(format!("[MÔ PHỎNG] {}", answer::remark(code))));
    }
    let body = serde_json::to_vec(&reply.body).unwrap_or_default();
    let mut entry = LoggedRequest {
        method: request.method.clone(),
        path: request.path.clone(),
        content_type: request.content_type.clone(),
        fields: reply.fields,
        status: Some(reply.status),
        result: reply.body.get("maKetQua").and_then(Value::as_str).map(str::to_owned),
    };
    let whole = matches!(
        fault,
        None | Some(Fault::ExpireTokens { .. } | Fault::Code(_) | Fault::Slow { .. } | Fault::Status(_))
    );
    if let Some(Fault::Status(status)) = fault {
        entry.status = Some(status);
    }
    if !whole || matches!(fault, Some(Fault::Status(_))) {
        entry.result = None;
    }
    if !whole {
        entry.status = None;
    }
    lock(&shared.log).push(entry);
    let sent = send_reply(&mut stream, shared, fault.as_ref(), reply.status, &body);
    let _ = stream.shutdown(Shutdown::Write);
    sent
}

fn send_reply(
    stream: &mut TcpStream,
    shared: &Shared,
    fault: Option<&Fault>,
    status: u16,
    body: &[u8],
) -> io::Result<()> {
    const JSON: &str = "application/json; charset=utf-8";
    const HTML: &str = "text/html; charset=utf-8";
    let page = "<html><body>Hệ thống đang bảo trì (mô phỏng)</body></html>".as_bytes();
    match fault {
        None | Some(Fault::ExpireTokens { .. } | Fault::Code(_)) => http::send(stream, status, JSON, body),
        Some(Fault::Close) => stream.shutdown(Shutdown::Both),
        Some(Fault::Stall { ms }) => {
            wait(shared, *ms);
            stream.shutdown(Shutdown::Both)
        }
        Some(Fault::Slow { ms }) => {
            wait(shared, *ms);
            http::send(stream, status, JSON, body)
        }
        Some(Fault::Truncate) => {
            stream.write_all(http::head(status, JSON, body.len() as u64, "").as_bytes())?;
            stream.write_all(body.get(..body.len() / 2).unwrap_or_default())?;
            stream.flush()
        }
        Some(Fault::Status(status)) => http::send(stream, *status, HTML, page),
        Some(Fault::WrongContentType) => http::send(stream, 200, HTML, page),
        Some(Fault::Huge { bytes }) => send_huge(stream, shared, *bytes),
        Some(Fault::GarbageJson) => http::send(stream, 200, JSON, b"{\"maKetQua\": \"000\", \xff\xfe"),
        Some(Fault::WrongShape) => http::send(stream, 200, JSON, b"[{\"maKetQua\": \"000\"}]"),
        Some(Fault::Redirect(to)) => {
            let extra = format!("Location: {to}\r\n");
            stream.write_all(http::head(302, HTML, 0, &extra).as_bytes())
        }
    }
}

fn send_huge(stream: &mut TcpStream, shared: &Shared, bytes: u64) -> io::Result<()> {
    stream.write_all(http::head(200, "application/json", bytes, "").as_bytes())?;
    let opening: &[u8] = b"{\"maKetQua\":\"000\",\"ghiChu\":\"";
    stream.write_all(opening)?;
    let block = [b'a'; 64 * 1024];
    let mut left = bytes.saturating_sub(opening.len() as u64);
    while left > 0 && !shared.stop.load(Ordering::SeqCst) {
        let now = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        stream.write_all(block.get(..now).unwrap_or_default())?;
        left = left.saturating_sub(now as u64);
        shared.huge_sent.fetch_add(now as u64, Ordering::SeqCst);
    }
    Ok(())
}

/// Waits, but not beyond the end of the gateway.
fn wait(shared: &Shared, ms: u64) {
    let until = Instant::now() + Duration::from_millis(ms);
    while Instant::now() < until && !shared.stop.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(5).min(until.saturating_duration_since(Instant::now())));
    }
}

/// Fields of the body: a JSON object of strings, or a form.
fn body_fields(request: &Request) -> Option<Vec<(String, String)>> {
    let kind = request.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut fields = match kind.as_str() {
        "application/json" => {
            let value: Value = serde_json::from_slice(&request.body).ok()?;
            let object = value.as_object()?;
            object.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect()
        }
        "application/x-www-form-urlencoded" => http::decode_form(std::str::from_utf8(&request.body).ok()?),
        _ => return None,
    };
    fields.sort();
    Some(fields)
}

fn names(fields: &[(String, String)]) -> Vec<String> {
    fields.iter().map(|(name, _)| name.clone()).collect()
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
}

fn account(shared: &Shared) -> String {
    format!("{}_BV", shared.options.facility)
}

fn take_token(request: &Request, shared: &Shared) -> Reply {
    let refused = |code: &str, fields: &[(String, String)]| Reply {
        status: 200,
        body: json!({ "maKetQua": code, "ghiChu": format!("[MÔ PHỎNG] {}", answer::remark(code)), "APIKey": null }),
        fields: names(fields),
    };
    let Some(fields) = body_fields(request).filter(|_| request.content_type.contains("json")) else {
        return refused("205", &[]);
    };
    let known = value(&fields, "username") == account(shared)
        && value(&fields, "password").eq_ignore_ascii_case(&shared.options.password_md5);
    if !known {
        return refused("401", &fields);
    }
    let mut tokens = lock(&shared.tokens);
    tokens.issued += 1;
    let access = format!("SIMULATED-ACCESS-{:06}=+/&%", tokens.issued);
    let id = format!("SIMULATED-ID-{:06}=+/", tokens.issued);
    let life = Duration::from_secs(shared.options.token_life_s);
    tokens.valid.push((access.clone(), id.clone(), Instant::now() + life));
    let body = json!({
        "maKetQua": "200",
        "APIKey": {
            "access_token": access,
            "id_token": id,
            "token_type": "Bearer",
            "username": account(shared),
            "expires_in": shared.options.token_life_s,
        }
    });
    Reply { status: 200, body, fields: names(&fields) }
}

fn check(request: &Request, shared: &Shared, refuse_by_status: bool) -> Reply {
    let fields = body_fields(request).unwrap_or_default();
    let question = answer::Question {
        number: value(&fields, "maThe").to_owned(),
        name: value(&fields, "hoTen").to_owned(),
        birth: value(&fields, "ngaySinh").to_owned(),
        staff_name: value(&fields, "hoTenCb").to_owned(),
        staff_number: value(&fields, "cccdCb").to_owned(),
    };
    let now = Instant::now();
    let authentic = request.query_value("username") == Some(account(shared).as_str())
        && request
            .query_value("password")
            .is_some_and(|given| given.eq_ignore_ascii_case(&shared.options.password_md5))
        && lock(&shared.tokens).valid.iter().any(|(access, id, until)| {
            request.query_value("token") == Some(access)
                && request.query_value("id_token") == Some(id)
                && now < *until
        });
    if !authentic {
        let status = if refuse_by_status { 401 } else { 200 };
        return Reply { status, body: answer::record("401", &question), fields: names(&fields) };
    }
    let code = answer::result(&question, &shared.options.insured, shared.options.staff.as_ref());
    Reply { status: 200, body: answer::record(&code, &question), fields: names(&fields) }
}

#[cfg(test)]
mod tests;
