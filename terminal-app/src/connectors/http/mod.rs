//! HTTP to a service: bounded in time and size, cancellable, and silent about what it carries.
//!
//! Every client serves one query, so that cancelling it shuts its own connections only. Redirects are never followed
//! and the connection is never downgraded: the insurance service demands its token in the address.
//!
//! What this cannot promise: the client library copies address, headers and body into buffers of its own, which are freed but
//! not wiped; and name resolution and connecting are not interrupted by cancelling, only bounded by `connect_ms`.

mod fault;
#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value};
use ureq::http::header::{ACCEPT, CONTENT_TYPE};
use ureq::http::{self, HeaderMap, HeaderName, HeaderValue, Method, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, AsSendBody};
use zeroize::Zeroizing;

pub(crate) use fault::{before_answer, within_answer};

use super::Cancel;
use super::fault::{Fault, FaultKind};
use super::secret::{Secret, SecretUrl, push_escaped};

/// How often a waiting request looks whether it was cancelled.
const LOOK_MS: u64 = 25;

/// Bounds of every request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest time to connect, in milliseconds.
    pub connect_ms: u64,
    /// Largest answer, in bytes.
    pub answer_bytes: u64,
}

/// A body and its content type; wiped when dropped.
pub struct Body {
    content_type: &'static str,
    bytes: Zeroizing<Vec<u8>>,
}

impl Body {
    /// JSON of any shape.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        let bytes = Zeroizing::new(value.to_string().into_bytes());
        Self { content_type: "application/json; charset=utf-8", bytes }
    }

    /// Bytes that were written elsewhere.
    #[must_use]
    pub fn of(content_type: &'static str, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self { content_type, bytes }
    }

    /// A JSON object of strings.
    #[must_use]
    pub fn members(fields: &[(&str, &str)]) -> Self {
        let object: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        Self::json(&Value::from(object))
    }

    /// A form. Spec: URL standard §5.2, with %20 for a space.
    #[must_use]
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

    /// The same bytes under another content type, such as `application/fhir+json`.
    #[must_use]
    pub fn of_type(self, content_type: &'static str) -> Self {
        Self { content_type, ..self }
    }

    /// The bytes as they are sent, for whoever signs them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// One request. Unless it says otherwise, status 200 is an answer and nothing else.
pub struct Request<'a> {
    method: Method,
    url: &'a SecretUrl,
    body: Option<&'a Body>,
    headers: Vec<(HeaderName, HeaderValue)>,
    accept: &'static str,
    takes: fn(u16) -> bool,
    reads: bool,
}

impl<'a> Request<'a> {
    fn new(method: Method, url: &'a SecretUrl, body: Option<&'a Body>) -> Self {
        let takes = |status| status == 200;
        Self { method, url, body, headers: Vec::new(), accept: "application/json", takes, reads: true }
    }

    /// GET.
    #[must_use]
    pub fn get(url: &'a SecretUrl) -> Self {
        Self::new(Method::GET, url, None)
    }

    /// POST.
    #[must_use]
    pub fn post(url: &'a SecretUrl, body: &'a Body) -> Self {
        Self::new(Method::POST, url, Some(body))
    }

    /// PUT.
    #[must_use]
    pub fn put(url: &'a SecretUrl, body: &'a Body) -> Self {
        Self::new(Method::PUT, url, Some(body))
    }

    /// HEAD: whether anybody answers there, whatever it is that they say.
    #[must_use]
    pub fn head(url: &'a SecretUrl) -> Self {
        Self::new(Method::HEAD, url, None).taking(|_| true).unread()
    }

    /// Which statuses the service answers with: they reach the connector in [`Reply::status`], all others are faults. An answer
    /// other than 200 counts as the service's only where it carries JSON or nothing.
    #[must_use]
    pub fn taking(self, takes: fn(u16) -> bool) -> Self {
        Self { takes, ..self }
    }

    /// The kind of JSON that is asked for, such as `application/fhir+json`.
    #[must_use]
    pub fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// What comes with the status is not read, and may be anything.
    #[must_use]
    pub fn unread(self) -> Self {
        Self { reads: false, ..self }
    }

    /// One more header, beside those of the settings. Nothing prints its value.
    ///
    /// # Errors
    /// Name or value cannot stand in a header; the value is not repeated.
    pub fn header(mut self, name: &str, value: &Secret) -> Result<Self, FaultKind> {
        let fault = || FaultKind::Settings(format!("what {name:?} should say cannot stand in a header"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| fault())?;
        value.set_sensitive(true);
        self.headers.push((name, value));
        Ok(self)
    }
}

/// What a service answered.
pub struct Reply {
    /// The HTTP status, one of those that the request takes.
    pub status: u16,
    /// The JSON that came with it; `None`: nothing came, or it was not to be read.
    pub json: Option<Value>,
    /// The `Server` header names a simulated service.
    pub simulated: bool,
    headers: HeaderMap,
}

impl Reply {
    /// A header such as `Location`, `ETag` or `Date`; of several, the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A member of the object that came.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.json.as_ref()?.get(name)
    }

    /// A member as text: a string or a number; empty and null count as absent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        text(self.member(name)?)
    }

    /// An answer of this JSON.
    #[cfg(test)]
    pub(super) fn of(json: &str) -> Self {
        let json = serde_json::from_str(json).unwrap();
        Self { status: 200, json: Some(json), simulated: false, headers: HeaderMap::new() }
    }
}

/// A value as text: a string or a number; empty and null count as absent.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// An HTTP client for one query.
pub struct Client {
    agent: Agent,
    limits: Limits,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Client {
    /// `direct`: no proxy, for services on this machine. `tls`: certificates of its own for the connection. `headers` are sent
    /// with every request.
    pub(super) fn new(
        limits: Limits,
        direct: bool,
        tls: Option<TlsConfig>,
        headers: Vec<(HeaderName, HeaderValue)>,
    ) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("idterm/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(32 * 1024)
            .timeout_connect(Some(Duration::from_millis(limits.connect_ms)));
        if direct {
            config = config.proxy(None);
        }
        if let Some(tls) = tls {
            config = config.tls_config(tls);
        }
        Self { agent: Agent::new_with_config(config.build()), limits, headers }
    }

    /// Sends it once and waits at most `left_ms`; returns soon after `cancel` is set.
    ///
    /// # Errors
    /// No answer, or none that the request takes. Statuses 401 and 403 are [`FaultKind::Unauthorized`] where it does not take
    /// them.
    pub fn send(&self, request: &Request<'_>, left_ms: u64, cancel: &Cancel) -> Result<Reply, Fault> {
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
            let result = self.exchange(request, left_ms);
            drop(done);
            result
        });
        kind.map_err(|kind| {
            let kind = if cancel.is_cancelled() { FaultKind::Cancelled } else { kind };
            Fault::new(kind, request.url.shown())
        })
    }

    fn exchange(&self, request: &Request<'_>, left_ms: u64) -> Result<Reply, FaultKind> {
        let mut response = match request.body {
            Some(body) => self.run(request, body.bytes.as_slice(), left_ms),
            None => self.run(request, (), left_ms),
        }?;
        let status = response.status().as_u16();
        match status {
            taken if (request.takes)(taken) => {}
            401 | 403 => return Err(FaultKind::Unauthorized),
            300..=399 => return Err(FaultKind::Redirected(status)),
            _ => return Err(FaultKind::Status(status)),
        }
        let json = match self.json(&mut response, request.reads, left_ms) {
            // A page in place of the service's own words: something else than the service has answered.
            Err(FaultKind::ContentType(_) | FaultKind::Malformed(_)) if status != 200 => {
                return Err(FaultKind::Status(status));
            }
            json => json?,
        };
        let simulated = response
            .headers()
            .get("server")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().contains("simulated"));
        Ok(Reply { status, json, simulated, headers: response.into_parts().0.headers })
    }

    fn run(
        &self,
        request: &Request<'_>,
        body: impl AsSendBody,
        left_ms: u64,
    ) -> Result<Response<ureq::Body>, FaultKind> {
        let mut built = http::Request::builder()
            .method(&request.method)
            .uri(request.url.expose())
            .header(ACCEPT, request.accept);
        if let Some(body) = request.body {
            built = built.header(CONTENT_TYPE, body.content_type);
        }
        for (name, value) in self.headers.iter().chain(&request.headers) {
            built = built.header(name, value);
        }
        let built = built.body(body).map_err(|error| before_answer(error.into(), left_ms))?;
        let wait = Some(Duration::from_millis(left_ms));
        let built = self.agent.configure_request(built).timeout_global(wait).build();
        self.agent.run(built).map_err(|error| before_answer(error, left_ms))
    }

    /// The JSON that came; `None`: nothing came.
    fn json(
        &self,
        response: &mut Response<ureq::Body>,
        reads: bool,
        left_ms: u64,
    ) -> Result<Option<Value>, FaultKind> {
        if !reads {
            return Ok(None);
        }
        let kind = response.body().mime_type().unwrap_or_default().to_ascii_lowercase();
        let is_json = matches!(kind.as_str(), "application/json" | "text/json")
            || (kind.starts_with("application/") && kind.ends_with("+json"));
        let other = || FaultKind::ContentType(super::finding::clean(&kind).unwrap_or_default());
        if !is_json && !kind.is_empty() && response.body().content_length() != Some(0) {
            return Err(other());
        }
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
        if bytes.is_empty() {
            return Ok(None);
        }
        if !is_json {
            return Err(other());
        }
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(Some).map_err(|_| FaultKind::Malformed("the answer is not valid JSON"))
    }
}
