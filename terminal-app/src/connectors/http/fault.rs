//! What went wrong with a request, as a [`FaultKind`]. The texts of errors are used only where they cannot hold the address.

use std::io;

use ureq::Timeout;

use crate::connectors::fault::FaultKind;

/// What kept an answer from beginning.
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
            FaultKind::Settings("the address is not usable".into())
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
