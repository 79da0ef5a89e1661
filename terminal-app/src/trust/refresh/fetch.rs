//! One file from one address: bounded in time, size and redirects, and only if it changed.

use std::io::Read as _;
use std::time::Duration;

use ureq::{Agent, ResponseExt as _};

use crate::connectors::{FaultKind, before_answer, within_answer};
use crate::trust::Kind;
use crate::trust::sources::{Place, Source};

/// Longest wait for a connection.
const CONNECT_S: u64 = 15;
/// Most redirects that are followed.
const MAX_REDIRECTS: u32 = 5;
/// Longest ETag or date that is kept.
const MAX_VALIDATOR_BYTES: usize = 512;

/// By what a server tells whether its file changed. Spec: RFC 9110 §8.8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What an address gave.
#[derive(Debug)]
pub enum Fetched {
    /// The server says that nothing changed.
    NotModified,
    /// The file, and by what to ask the next time.
    Content(Vec<u8>, Validators),
}

/// Why an address gave nothing that can be used.
#[derive(Debug)]
pub enum FetchFault {
    /// As with every service.
    Http(FaultKind),
    /// More redirects than are followed, or in a circle.
    Redirects,
    /// A redirect from https to another scheme.
    Downgrade,
    /// A file that cannot be read.
    File(String),
    /// Something else than what the source is there for.
    Content {
        /// What it seems to be.
        found: &'static str,
    },
}

impl FetchFault {
    /// One word for scripts and for the texts' keys.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Redirects => "redirects",
            Self::Downgrade => "downgrade",
            Self::File(_) => "file",
            Self::Content { .. } => "content",
            Self::Http(kind) => match kind {
                FaultKind::UnknownHost => "unknown-host",
                FaultKind::Unreachable(_) => "unreachable",
                FaultKind::Proxy => "proxy",
                FaultKind::Tls(_) => "tls",
                FaultKind::Timeout { .. } => "timeout",
                FaultKind::Closed | FaultKind::Truncated => "truncated",
                FaultKind::TooLarge { .. } => "too-large",
                FaultKind::Status(_) | FaultKind::Unauthorized | FaultKind::Redirected(_) => "status",
                _ => "protocol",
            },
        }
    }

    /// The figure or name that belongs to it; may be empty.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Redirects => MAX_REDIRECTS.to_string(),
            Self::Downgrade => String::new(),
            Self::File(problem) => problem.clone(),
            Self::Content { found } => (*found).to_owned(),
            Self::Http(kind) => match kind {
                FaultKind::Unreachable(why) | FaultKind::Tls(why) => why.clone(),
                FaultKind::Timeout { waited_ms } => format!("{waited_ms} ms"),
                FaultKind::TooLarge { limit_bytes } => limit_bytes.to_string(),
                FaultKind::Status(status) | FaultKind::Redirected(status) => status.to_string(),
                _ => String::new(),
            },
        }
    }
}

/// Fetches what `source` has, unless it is still what `known` stands for.
///
/// # Errors
/// As [`FetchFault`] says.
pub fn fetch(source: &Source, known: &Validators) -> Result<Fetched, FetchFault> {
    let fetched = match &source.place {
        Place::Http(url) => over_http(url, source, known)?,
        Place::File(path) => Fetched::Content(
            crate::trust::read_at_most(path, source.max_bytes)
                .map_err(|error| FetchFault::File(error.to_string()))?,
            Validators::default(),
        ),
    };
    if let Fetched::Content(bytes, _) = &fetched {
        expect_kind(bytes, source.kind)?;
    }
    Ok(fetched)
}

/// Content types lie; the first bytes do not. A log-in page in place of a list is the most frequent surprise.
fn expect_kind(bytes: &[u8], wanted: Kind) -> Result<(), FetchFault> {
    let start = bytes.get(..512).unwrap_or(bytes);
    let text = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
    if bytes.is_empty() {
        return Err(FetchFault::Content { found: "nothing" });
    }
    if text.starts_with("<!doctype") || text.starts_with("<html") || text.starts_with("<?xml") {
        return Err(FetchFault::Content { found: "web page" });
    }
    let found = crate::trust::recognise(bytes);
    if found == wanted { Ok(()) } else { Err(FetchFault::Content { found: found.word() }) }
}

fn over_http(url: &str, source: &Source, known: &Validators) -> Result<Fetched, FetchFault> {
    let wait = Duration::from_secs(u64::from(source.timeout_s));
    let wait_ms = u64::from(source.timeout_s) * 1_000;
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .max_redirects_will_error(true)
        .save_redirect_history(true)
        .user_agent(concat!("idterm/", env!("CARGO_PKG_VERSION")))
        .max_response_header_size(32 * 1024)
        .timeout_connect(Some(wait.min(Duration::from_secs(CONNECT_S))))
        .timeout_global(Some(wait));
    let agent = Agent::new_with_config(config.build());
    let mut request = agent.get(url);
    for (name, value) in [("if-none-match", &known.etag), ("if-modified-since", &known.last_modified)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let mut response = request.call().map_err(|error| match error {
        ureq::Error::TooManyRedirects => FetchFault::Redirects,
        error => FetchFault::Http(before_answer(error, wait_ms)),
    })?;
    let schemes = || response.get_redirect_history().into_iter().flatten().filter_map(|uri| uri.scheme_str());
    if schemes().any(|scheme| scheme == "https") && schemes().any(|scheme| scheme != "https") {
        return Err(FetchFault::Downgrade);
    }
    let conditional = known.etag.is_some() || known.last_modified.is_some();
    match response.status().as_u16() {
        200 => {}
        304 if conditional => return Ok(Fetched::NotModified),
        401 | 403 => return Err(FetchFault::Http(FaultKind::Unauthorized)),
        status => return Err(FetchFault::Http(FaultKind::Status(status))),
    }
    let too_large = || FetchFault::Http(FaultKind::TooLarge { limit_bytes: source.max_bytes });
    if response.body().content_length().is_some_and(|length| length > source.max_bytes) {
        return Err(too_large());
    }
    let kept = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        (value.len() <= MAX_VALIDATOR_BYTES).then(|| value.to_owned())
    };
    let validators = Validators { etag: kept("etag"), last_modified: kept("last-modified") };
    let mut bytes = Vec::new();
    // The limit counts decoded bytes: a small compressed answer can be a large one.
    response
        .body_mut()
        .as_reader()
        .take(source.max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| FetchFault::Http(within_answer(error, wait_ms)))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > source.max_bytes) {
        return Err(too_large());
    }
    Ok(Fetched::Content(bytes, validators))
}
