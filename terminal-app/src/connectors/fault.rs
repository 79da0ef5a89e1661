//! Why a service gave no answer: what, where, and what to do.

use std::fmt;

use reader_core::evidence::{Outcome, Reason};

/// What went wrong between the terminal and a service.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// A setting or a secret is missing; the text says which and how to provide it.
    Settings(String),
    /// The query lacks fields that the service needs, or the site does not let it see them.
    MissingFields(Vec<super::Field>),
    /// The host's name is not known.
    UnknownHost,
    /// Nothing accepts connections there, or the network does not lead there.
    Unreachable(String),
    /// The proxy refused or cannot be used.
    Proxy,
    /// No secure connection: certificate, protocol or name.
    Tls(String),
    /// No answer within the deadline.
    Timeout {
        /// Milliseconds waited, in all attempts.
        waited_ms: u64,
    },
    /// The connection was closed before any answer.
    Closed,
    /// The answer broke off.
    Truncated,
    /// The answer is larger than the limit.
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The answer is no HTTP.
    Protocol,
    /// An HTTP status that is no answer.
    Status(u16),
    /// The service refuses what it was sent, in its own words, cleaned for display and without what was sent.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        words: String,
    },
    /// The service points elsewhere. Never followed: the address carries secrets.
    Redirected(u16),
    /// The answer is of another content type; empty: none given.
    ContentType(String),
    /// The answer is not the JSON that was expected.
    Malformed(&'static str),
    /// The service refuses the account or its token.
    Unauthorized,
    /// The answer contradicts the question.
    Contradiction(&'static str),
    /// A folder takes no file; the text is the system's.
    Folder(String),
    /// Someone cancelled.
    Cancelled,
}

/// A fault and the place where it showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// Scheme, host, port and path, or the connector's name; never a query.
    pub place: String,
}

impl std::error::Error for Fault {}

impl Fault {
    pub(super) fn new(kind: FaultKind, place: impl fmt::Display) -> Self {
        Self { kind, place: place.to_string() }
    }

    /// Whether the same request may well succeed a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            FaultKind::Unreachable(_)
            | FaultKind::Closed
            | FaultKind::Truncated
            | FaultKind::Protocol
            | FaultKind::UnknownHost => true,
            FaultKind::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }

    /// What a question comes to that met it: one that never left was not performed.
    pub(super) fn outcome(&self) -> Outcome {
        match self.kind {
            FaultKind::Settings(_) | FaultKind::MissingFields(_) => {
                Outcome::NotPerformed(Reason::ServiceNotAsked)
            }
            FaultKind::Malformed(_) | FaultKind::ContentType(_) | FaultKind::TooLarge { .. } => {
                Outcome::Aborted(Reason::ServiceAnswerUnclear)
            }
            _ => Outcome::Aborted(Reason::ServiceUnavailable),
        }
    }

    /// Stem of the texts' keys in the language files, such as `service-unreachable`.
    #[must_use]
    pub fn text_stem(&self) -> &'static str {
        match &self.kind {
            FaultKind::Settings(_) => "service-settings",
            FaultKind::MissingFields(_) => "service-missing-fields",
            FaultKind::UnknownHost => "service-unknown-host",
            FaultKind::Unreachable(_) => "service-unreachable",
            FaultKind::Proxy => "service-proxy",
            FaultKind::Tls(_) => "service-tls",
            FaultKind::Timeout { .. } => "service-timeout",
            FaultKind::Closed => "service-closed",
            FaultKind::Truncated => "service-truncated",
            FaultKind::TooLarge { .. } => "service-too-large",
            FaultKind::Protocol => "service-protocol",
            FaultKind::Status(_) => "service-status",
            FaultKind::Refused { .. } => "service-refused",
            FaultKind::Redirected(_) => "service-redirected",
            FaultKind::ContentType(_) => "service-content-type",
            FaultKind::Malformed(_) => "service-malformed",
            FaultKind::Unauthorized => "service-unauthorized",
            FaultKind::Contradiction(_) => "service-contradiction",
            FaultKind::Folder(_) => "service-folder",
            FaultKind::Cancelled => "service-cancelled",
        }
    }

    /// What to do about it, for staff.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match &self.kind {
            FaultKind::Settings(_) => "Correct the connector's section of the site file.",
            FaultKind::MissingFields(_) => {
                "Let the site file permit these fields for this connector, or enter them by hand."
            }
            FaultKind::UnknownHost => "Check base_url in the site file, and the terminal's network and DNS.",
            FaultKind::Unreachable(_) => {
                "Check the network, the firewall and that the gateway runs; then ask again."
            }
            FaultKind::Proxy => "Check the proxy settings of the environment (HTTPS_PROXY, NO_PROXY).",
            FaultKind::Tls(_) => {
                "Check base_url, the terminal's clock and the gateway's certificate; do not go on in clear."
            }
            FaultKind::Timeout { .. } => "Ask again later, or raise total_timeout_ms in the site file.",
            FaultKind::Closed | FaultKind::Truncated | FaultKind::Protocol => {
                "Ask again; where it stays so, tell the gateway's operator."
            }
            FaultKind::TooLarge { .. } | FaultKind::Malformed(_) | FaultKind::Contradiction(_) => {
                "Tell the gateway's operator; check by other means meanwhile."
            }
            FaultKind::Status(404) => "Check base_url in the site file.",
            FaultKind::Status(_) => "Ask again later; where it stays so, tell the gateway's operator.",
            FaultKind::Refused { .. } => {
                "Correct what it names; where nothing of it can be, tell the service's operator."
            }
            FaultKind::Redirected(_) => {
                "Set base_url to the service's present address; redirects are never followed."
            }
            FaultKind::ContentType(_) => {
                "The address answers as a web page does: check base_url, and for a maintenance or log-in page."
            }
            FaultKind::Unauthorized => {
                "Check the facility code, the password and whether this network address is registered."
            }
            FaultKind::Folder(_) => {
                "Check that the folder is there (mounted), that this program may write to it, and its free space."
            }
            FaultKind::Cancelled => "Ask again if the answer is still wanted.",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.place;
        match &self.kind {
            FaultKind::Settings(what) => write!(f, "{at}: {what}.")?,
            FaultKind::MissingFields(fields) => write!(f, "{at}: the question lacks {fields:?}.")?,
            FaultKind::UnknownHost => write!(f, "{at}: the host's name cannot be resolved.")?,
            FaultKind::Unreachable(why) => write!(f, "{at}: cannot connect ({why}).")?,
            FaultKind::Proxy => write!(f, "{at}: the proxy refused the connection.")?,
            FaultKind::Tls(why) => write!(f, "{at}: no secure connection ({why}).")?,
            FaultKind::Timeout { waited_ms } => write!(f, "{at}: no answer within {waited_ms} ms.")?,
            FaultKind::Closed => write!(f, "{at}: the connection was closed before an answer.")?,
            FaultKind::Truncated => write!(f, "{at}: the answer broke off.")?,
            FaultKind::TooLarge { limit_bytes } => {
                write!(f, "{at}: the answer exceeds {limit_bytes} bytes.")?;
            }
            FaultKind::Protocol => write!(f, "{at}: the answer is not HTTP.")?,
            FaultKind::Status(status) => write!(f, "{at}: HTTP status {status}.")?,
            FaultKind::Refused { status, words } => {
                write!(f, "{at}: refused (HTTP status {status}): {words}.")?;
            }
            FaultKind::Redirected(status) => write!(f, "{at}: redirected (HTTP status {status}).")?,
            FaultKind::ContentType(kind) => write!(f, "{at}: expected JSON, got content type \"{kind}\".")?,
            FaultKind::Malformed(what) => write!(f, "{at}: {what}.")?,
            FaultKind::Unauthorized => write!(f, "{at}: the account or its token is refused.")?,
            FaultKind::Contradiction(what) => write!(f, "{at}: {what}.")?,
            FaultKind::Folder(why) => write!(f, "{at}: the folder takes no file ({why}).")?,
            FaultKind::Cancelled => write!(f, "{at}: cancelled.")?,
        }
        write!(f, " {}", self.remedy())
    }
}
