//! POST a body, get a JSON object: bounded in time and size, cancellable, and silent about what it carries.
//!
//! Every client serves one query, so that cancelling it shuts its own connections only. Redirects are never followed
//! and the connection is never downgraded: the insurance service demands its token in the address.
//!
//! What this cannot promise: the client library copies address and body into buffers of its own, which are freed but
//! not wiped; and name resolution and connecting are not interrupted by cancelling, only bounded by `connect_ms`.

use std::io::{self, Read as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value};
use ureq::tls::TlsConfig;
use ureq::{Agent, Timeout};
use zeroize::Zeroizing;

use super::Cancel;
use super::fault::{Fault, FaultKind};
use super::secret::{SecretUrl, push_escaped};

/// How often a waiting request looks whether it was cancelled.
const LOOK_MS: u64 = 25;

/// Bounds of every request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub connect_ms: u64,
    pub answer_bytes: u64,
}

/// A body and its content type; wiped when dropped.
pub(super) struct Body {
    content_type: &'static str,
    bytes: Zeroizing<Vec<u8>>,
}

impl Body {
    /// A JSON object of strings.
    pub fn json(fields: &[(&str, &str)]) -> Self {
        let object: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        let bytes = Zeroizing::new(Value::from(object).to_string().into_bytes());
        Self { content_type: "application/json; charset=utf-8", bytes }
    }

    /// A form. Spec: URL standard §5.2, with %20 for a space.
    pub fn form(fields: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (i, (name, value)) in fields.iter().enumerate() {
            if i > 0 {
                text.push('&');
            }
            push_escaped(&mut text, name);
            text.push('=');
            push_escaped(&mut text, value);
        }
        Self { content_type: "application/x-www-form-urlencoded", bytes: Zeroizing::new(text.into_bytes()) }
    }
}

/// A JSON object and who sent it.
pub(super) struct Reply {
    pub object: Map<String, Value>,
    /// The `Server` header names a simulated service.
    pub simulated: bool,
}

impl Reply {
    /// A field as text: a string or a number; empty and null count as absent.
    pub fn text(&self, name: &str) -> Option<String> {
        text(&self.object, name)
    }
}

/// A field of an object as text.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name) {
        Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// An HTTP client for one query.
pub(super) struct Client {
    agent: Agent,
    limits: Limits,
}

impl Client {
    /// `direct`: no proxy, for services on this machine.
    pub fn new(limits: Limits, direct: bool) -> Self {
        Self::secured(limits, direct, None)
    }

    /// The same, with certificates for the connection of its own.
    pub fn secured(limits: Limits, direct: bool, tls: Option<TlsConfig>) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept("application/json")
            .user_agent(concat!("idterm/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(32 * 1024)
            .timeout_connect(Some(Duration::from_millis(limits.connect_ms)));
        if direct {
            config = config.proxy(None);
        }
        if let Some(tls) = tls {
            config = config.tls_config(tls);
        }
        Self { agent: Agent::new_with_config(config.build()), limits }
    }

    /// Posts and waits at most `left_ms`. Statuses 401 and 403 are [`FaultKind::Unauthorized`].
    pub fn post(&self, url: &SecretUrl, body: &Body, left_ms: u64, cancel: &Cancel) -> Result<Reply, Fault> {
        let kind = thread::scope(|scope| {
            let (done, wait) = channel::<()>();
            let agent = self.agent.clone();
            let watch = move || {
                while let Err(RecvTimeoutError::Timeout) = wait.recv_timeout(Duration::from_millis(LOOK_MS)) {
                    if cancel.is_cancelled() {
                        return agent.shutdown();
                    }
                }
            };
            // Without the watcher a cancelled request lasts to its deadline; that is no reason to refuse it.
            let _watcher = thread::Builder::new().name("connector-cancel".into()).spawn_scoped(scope, watch);
            let result = self.exchange(url, body, left_ms);
            drop(done);
            result
        });
        kind.map_err(|kind| {
            let kind = if cancel.is_cancelled() { FaultKind::Cancelled } else { kind };
            Fault::new(kind, url.shown())
        })
    }

    fn exchange(&self, url: &SecretUrl, body: &Body, left_ms: u64) -> Result<Reply, FaultKind> {
        let mut response = self
            .agent
            .post(url.expose())
            .config()
            .timeout_global(Some(Duration::from_millis(left_ms)))
            .build()
            .content_type(body.content_type)
            .send(body.bytes.as_slice())
            .map_err(|error| before_answer(error, left_ms))?;
        match response.status().as_u16() {
            200 => {}
            401 | 403 => return Err(FaultKind::Unauthorized),
            status @ 300..=399 => return Err(FaultKind::Redirected(status)),
            status => return Err(FaultKind::Status(status)),
        }
        let kind = response.body().mime_type().unwrap_or_default().to_ascii_lowercase();
        if !matches!(kind.as_str(), "application/json" | "text/json") {
            return Err(FaultKind::ContentType(super::finding::clean(&kind).unwrap_or_default()));
        }
        let simulated = response
            .headers()
            .get("server")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().contains("simulated"));
        let limit_bytes = self.limits.answer_bytes;
        let mut bytes = Zeroizing::new(Vec::new());
        // The limit counts decoded bytes: a small compressed answer can be a large one.
        response
            .body_mut()
            .as_reader()
            .take(limit_bytes.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| within_answer(error, left_ms))?;
        if u64::try_from(bytes.len()).is_ok_and(|len| len > limit_bytes) {
            return Err(FaultKind::TooLarge { limit_bytes });
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Reply { object, simulated }),
            Ok(_) => Err(FaultKind::Malformed("the answer is JSON but no object")),
            Err(_) => Err(FaultKind::Malformed("the answer is not valid JSON")),
        }
    }
}

/// What kept an answer from beginning. The texts of errors are used only where they cannot hold the address.
pub(crate) fn before_answer(error: ureq::Error, left_ms: u64) -> FaultKind {
    match error {
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => FaultKind::Closed,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FaultKind::Timeout { waited_ms: left_ms },
            // The TLS layer reports its own errors as invalid data.
            io::ErrorKind::InvalidData => FaultKind::Tls(error.to_string()),
            _ if is_name_failure(&error) => FaultKind::UnknownHost,
            kind => FaultKind::Unreachable(kind.to_string()),
        },
        ureq::Error::HostNotFound => FaultKind::UnknownHost,
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            FaultKind::Unreachable("no connection within the time allowed".into())
        }
        ureq::Error::Timeout(_) => FaultKind::Timeout { waited_ms: left_ms },
        ureq::Error::ConnectionFailed => FaultKind::Unreachable("connection failed".into()),
        ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => FaultKind::Proxy,
        ureq::Error::Tls(why) => FaultKind::Tls(why.to_owned()),
        ureq::Error::Rustls(why) => FaultKind::Tls(why.to_string()),
        ureq::Error::TlsRequired => FaultKind::Tls("a secure connection is required".into()),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            FaultKind::Settings("base_url is no usable address".into())
        }
        ureq::Error::LargeResponseHeader(_, limit) => {
            FaultKind::TooLarge { limit_bytes: u64::try_from(limit).unwrap_or(u64::MAX) }
        }
        _ => FaultKind::Protocol,
    }
}

/// What kept an answer from ending.
pub(crate) fn within_answer(error: io::Error, left_ms: u64) -> FaultKind {
    match ureq::Error::from(error) {
        ureq::Error::Timeout(_) => FaultKind::Timeout { waited_ms: left_ms },
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            FaultKind::Timeout { waited_ms: left_ms }
        }
        ureq::Error::Io(_) => FaultKind::Truncated,
        ureq::Error::Decompress(..) => FaultKind::Malformed("the answer's compression is broken"),
        _ => FaultKind::Protocol,
    }
}

/// Name resolution has no error kind of its own.
fn is_name_failure(error: &io::Error) -> bool {
    const WSAHOST_NOT_FOUND: i32 = 11001;
    error.raw_os_error() == Some(WSAHOST_NOT_FOUND) || error.to_string().contains("lookup address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let fields = [("hoTen", "NGUYỄN A"), ("ngaySinh", "01/02/1990")];
        assert_eq!(Body::form(&fields).bytes.as_slice(), b"hoTen=NGUY%E1%BB%84N%20A&ngaySinh=01%2F02%2F1990");
        let json: Value = serde_json::from_slice(&Body::json(&fields).bytes).unwrap();
        assert_eq!(json["hoTen"], "NGUYỄN A");
    }

    #[test]
    fn numbers_and_strings_are_texts() {
        let Value::Object(object) = serde_json::json!({"a": " x ", "b": 7, "c": "", "d": null, "e": []})
        else {
            panic!("an object")
        };
        let all: Vec<_> = ["a", "b", "c", "d", "e", "f"].iter().map(|name| text(&object, name)).collect();
        assert_eq!(all, [Some("x".into()), Some("7".into()), None, None, None, None]);
    }
}
