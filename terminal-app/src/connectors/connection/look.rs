//! What can be seen of a connection before anything is asked: the dates of its certificates, and whether anybody answers.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use reader_core::wire::date::Timestamp;

use super::tls::{TlsFiles, certificates};
use super::{Address, Connection};
use crate::connectors::Cancel;
use crate::connectors::fault::{Fault, FaultKind};
use crate::connectors::http::{Client, Limits, Request};
use crate::connectors::secret::SecretUrl;

/// Longest time of each step: the name, the connection, the answer.
const STEP_MS: u64 = 3_000;
/// Longest time, of the last step, to the end of the TLS handshake.
const HANDSHAKE_MS: u64 = 2_000;
/// Most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 4;

/// A certificate of a connection, as far as its dates go. Nothing is proved by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedCertificate {
    /// Its holder, as RFC 4514 writes names.
    pub subject: String,
    /// First moment of its validity.
    pub from: Timestamp,
    /// Last moment of its validity.
    pub until: Timestamp,
}

/// The certificates of a PEM file with their dates, in the order of the file.
///
/// Spec: RFC 5280 §4.1.2.5.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn dated_certificates(path: &Path) -> Result<Vec<DatedCertificate>, String> {
    let dated = |der: &[u8]| {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let validity = certificate.validity();
        Some(DatedCertificate {
            subject: certificate.subject().to_string(),
            from: Timestamp(validity.not_before.timestamp()),
            until: Timestamp(validity.not_after.timestamp()),
        })
    };
    let all: Option<Vec<_>> =
        certificates(path)?.iter().map(|certificate| dated(certificate.der())).collect();
    all.ok_or_else(|| format!("{} holds a certificate that cannot be read", path.display()))
}

/// Somebody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knocked {
    /// HTTP status of whatever answers.
    pub status: u16,
    /// Its moment by its own clock, to the second. Spec: RFC 9110 §6.6.1.
    pub date: Option<Timestamp>,
    /// It says that it is a simulated one.
    pub simulated: bool,
}

impl Connection {
    /// Whether anybody answers at the address: a connection that is closed again, then one HEAD without a body and without the
    /// headers that hold credentials. Takes a few seconds at most.
    ///
    /// # Errors
    /// How far it came: [`FaultKind::Settings`] (nothing was tried), [`FaultKind::UnknownHost`], [`FaultKind::Unreachable`],
    /// [`FaultKind::Tls`]; [`FaultKind::Timeout`] and [`FaultKind::Closed`] where the connection stands and nothing comes.
    pub fn knock(&self) -> Result<Knocked, Fault> {
        let address = self.address();
        let fault = |kind| Fault::new(kind, address.origin());
        let tls = self.tls().map(TlsFiles::open).transpose();
        let tls = tls.map_err(|what| fault(FaultKind::Settings(what)))?;
        // Behind a proxy neither names nor connections are this machine's own.
        let direct = address.is_local() || ureq::Proxy::try_from_env().is_none();
        if direct {
            connects(address, Duration::from_millis(STEP_MS)).map_err(fault)?;
        }
        let limits = Limits { connect_ms: HANDSHAKE_MS, answer_bytes: 1024 };
        let client = Client::new(limits, address.is_local(), tls, Vec::new());
        let url = SecretUrl::new(address.text(), "", &[]);
        let reply = client.send(&Request::head(&url), STEP_MS, &Cancel::new()).map_err(|fault| {
            let kind = match fault.kind {
                // The same address took a connection a moment ago: what fails now is the handshake.
                FaultKind::Unreachable(_) if direct && address.is_secure() => {
                    FaultKind::Tls("the handshake does not come to its end".to_owned())
                }
                kind => kind,
            };
            Fault { kind, ..fault }
        })?;
        Ok(Knocked {
            status: reply.status,
            date: reply.header("date").and_then(moment),
            simulated: reply.simulated,
        })
    }
}

/// The moment that a `Date` header names.
fn moment(text: &str) -> Option<Timestamp> {
    let moment = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Timestamp(moment.timestamp().as_second()))
}

/// Resolves the name and connects, each within `step`; the connection is closed again.
fn connects(address: &Address, step: Duration) -> Result<(), FaultKind> {
    let host = address.host().trim_matches(['[', ']']).to_owned();
    let port = address.port();
    let (sender, receiver) = sync_channel(1);
    // The platform's resolver cannot be interrupted: a thread that is left behind ends when it does.
    let resolve = move || {
        let found = (host.as_str(), port).to_socket_addrs();
        let _ = sender.send(found.map(|found| found.take(MAX_ADDRESSES).collect::<Vec<_>>()));
    };
    thread::Builder::new()
        .name("resolve".to_owned())
        .spawn(resolve)
        .map_err(|error| FaultKind::Unreachable(error.kind().to_string()))?;
    let Ok(Ok(found)) = receiver.recv_timeout(step) else { return Err(FaultKind::UnknownHost) };
    let until = Instant::now() + step;
    let mut why = FaultKind::UnknownHost;
    for (socket, left) in found.iter().zip((1..=found.len()).rev()) {
        // Whatever the earlier addresses leave is shared by those that are left.
        let share = until.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(1);
        match TcpStream::connect_timeout(socket, share.max(Duration::from_millis(1))) {
            Ok(_) => return Ok(()),
            Err(error) => why = FaultKind::Unreachable(error.kind().to_string()),
        }
    }
    Err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_answers() {
        assert_eq!(moment("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Timestamp(784_111_777)));
        for no_date in ["", "yesterday", "1994-11-06", "Sun, 06 Nov 1994 08:49:37"] {
            assert_eq!(moment(no_date), None, "{no_date}");
        }
    }
}
