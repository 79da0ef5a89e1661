//! A pcscd with the virtual reader for the tests: the one that runs, or one of our own.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_vectors::chip::{Chip, Fault};
use test_vectors::persona;
use test_vectors::vpcd::FIRST_PORT;

use super::{Done, idterm, now};

const SOCKET: &str = "/run/pcscd/pcscd.comm";
const PCSCD: &str = "/usr/sbin/pcscd";
/// The first of the virtual driver's readers.
pub const READER: &str = "Virtual PCD 00 00";

/// A pcscd; one that we started ends with this.
pub struct Service {
    own: Option<Child>,
    /// One that was started for the tests, which they may kill.
    lent: Option<u32>,
}

impl Drop for Service {
    fn drop(&mut self) {
        let Some(child) = self.own.as_mut() else { return };
        // Asked first, so that it removes its socket.
        let asked = Command::new("kill").arg(child.id().to_string()).status();
        let until = Instant::now() + Duration::from_secs(5);
        while asked.is_ok() && Instant::now() < until && matches!(child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn answers() -> bool {
    UnixStream::connect(SOCKET).is_ok()
}

/// Whether the driver listens for cards. Only looked up: whoever connects is taken for a card.
fn driver_listens() -> bool {
    let port = format!(":{FIRST_PORT:04X}");
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines()).any(|line| {
        let mut columns = line.split_whitespace().skip(1);
        columns.next().is_some_and(|local| local.ends_with(&port)) && columns.nth(1) == Some("0A")
    })
}

/// The service that runs, or one of our own. The error says why there is none.
pub fn ready() -> Result<Service, String> {
    if answers() {
        return if driver_listens() {
            Ok(Service { own: None, lent: lent() })
        } else {
            Err("the pcscd here has no virtual reader".into())
        };
    }
    if !std::path::Path::new(PCSCD).exists() {
        return Err("pcscd is not installed (Debian: apt-get install pcscd vsmartcard-vpcd)".into());
    }
    if std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() != 0) {
        return Err("no pcscd runs, and starting one needs root".into());
    }
    std::fs::create_dir_all("/run/pcscd").map_err(|error| format!("/run/pcscd: {error}"))?;
    let started = Command::new(PCSCD)
        .arg("--foreground")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let child = started.map_err(|error| format!("{PCSCD}: {error}"))?;
    let service = Service { own: Some(child), lent: None };
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        if answers() && driver_listens() {
            return Ok(service);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err("pcscd offers no virtual reader after 10 s; is vsmartcard-vpcd installed?".into())
}

/// The service; `None`, said aloud, where there is none and none is demanded.
pub fn ready_or_skip() -> Option<Service> {
    match ready() {
        Ok(service) => Some(service),
        Err(why) => {
            let demanded = ["REQUIRE_SHARED", "IDTERM_TEST_PCSCD"]
                .iter()
                .any(|name| std::env::var(name).is_ok_and(|v| v == "1"));
            assert!(!demanded, "{why}");
            println!("skipped, no PC/SC: {why}");
            None
        }
    }
}

/// The process that `cargo xtask` started for the tests and lends them, if it still runs.
fn lent() -> Option<u32> {
    let id = std::env::var("IDTERM_TEST_PCSCD_ID").ok()?.parse().ok()?;
    let name = std::fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
    (name.trim() == "pcscd").then_some(id)
}

impl Service {
    /// Whether the tests may kill it.
    pub fn may_be_killed(&self) -> bool {
        self.own.is_some() || self.lent.is_some()
    }

    /// Kills it at once, as a crash would. The next one that starts is not in its way.
    pub fn kill(mut self) {
        if let Some(mut child) = self.own.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let id = self.lent.expect("one that may be killed").to_string();
            assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
            let until = Instant::now() + Duration::from_secs(5);
            while answers() {
                assert!(Instant::now() < until, "it answers although it was killed");
                thread::sleep(Duration::from_millis(10));
            }
        }
        // Until whoever started it looks, a killed process counts as running, and no other starts beside its files.
        for file in [SOCKET, "/run/pcscd/pcscd.pid"] {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// Where the driver takes a card for the virtual reader.
pub fn address() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST_PORT))
}

/// The persona's card.
pub fn chip(persona: &str, faults: &[Fault]) -> Chip {
    let mut chip = Chip::new(persona::find(persona).unwrap().card(now()), now().unsigned_abs());
    faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
    chip
}

/// What `readers` says of the virtual reader.
pub fn row() -> Value {
    let listed = idterm(&["readers", "--json"]).done().exits(0).json();
    let rows = listed["readers"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == READER).unwrap_or_else(|| panic!("{listed}")).clone()
}

/// Waits until the reader has a card, or has none.
pub fn settled(card: bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while row()["card"] != card {
        assert!(Instant::now() < until, "card present stays {}", !card);
        thread::sleep(Duration::from_millis(100));
    }
}

/// `verify` on the virtual reader.
pub fn verify(words: &[&str]) -> Done {
    idterm(&[&["verify", "--reader", READER, "--json"], words].concat()).done()
}
