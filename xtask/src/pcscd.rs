//! The PC/SC service for the tests: the one that runs, or one of our own that ends with us.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{self, Outcome};

/// Runs a command while the service is up: `cargo xtask pcscd cargo test -p terminal-app pcsc`.
pub fn around(words: &[String]) -> Outcome {
    let Some((program, args)) = words.split_first() else {
        return Outcome::Failed("name the command to run".into());
    };
    match ready() {
        Ok(service) => {
            eprintln!("pcscd: {}", service.origin());
            let mut command = Command::new(program);
            service.tell(command.args(args));
            shell::run(&mut command)
        }
        Err(why) => Outcome::Failed(why),
    }
}

/// Where the tests learn that the service and its virtual reader must be there, so that none is skipped.
const READY_VARIABLE: &str = "IDTERM_TEST_PCSCD";
/// The process of a service of our own, which the tests may kill; they start another one where they go on.
const OWN_VARIABLE: &str = "IDTERM_TEST_PCSCD_ID";

#[cfg(unix)]
const SOCKET: &str = "/run/pcscd/pcscd.comm";

/// A service that answers; one that we started ends when this is dropped.
pub struct Service {
    own: Option<Child>,
}

/// Finds or starts the service. The error says what stood in the way.
#[cfg(unix)]
pub fn ready() -> Result<Service, String> {
    if answers() {
        return if virtual_reader_listens() {
            Ok(Service { own: None })
        } else {
            Err("a pcscd runs here without the virtual reader; restart it after installing vsmartcard-vpcd"
                .into())
        };
    }
    if !shell::on_path("pcscd") {
        return Err("no pcscd here (Debian: apt-get install pcscd vsmartcard-vpcd)".into());
    }
    // As ourselves or not at all: a service that sudo started could not be ended reliably.
    if !shell::is_root() {
        return Err("no pcscd runs, and starting one needs root".into());
    }
    std::fs::create_dir_all("/run/pcscd").map_err(|error| format!("/run/pcscd: {error}"))?;
    let log = log_file();
    let output = std::fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let errors = output.try_clone().map_err(|error| error.to_string())?;
    let mut command = Command::new("/usr/sbin/pcscd");
    command.arg("--foreground").stdin(Stdio::null()).stdout(output).stderr(errors);
    let child = command.spawn().map_err(|error| format!("pcscd could not be started: {error}"))?;
    let mut service = Service { own: Some(child) };
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        if answers() && virtual_reader_listens() {
            return Ok(service);
        }
        if service.ended() {
            return Err(format!("pcscd ended at once; see {}", log.display()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(format!("pcscd offers no virtual reader after 10 s; see {}", log.display()))
}

/// The virtual reader's driver exists for Linux alone.
#[cfg(not(unix))]
pub fn ready() -> Result<Service, String> {
    Err("the virtual reader exists only on Linux".into())
}

fn log_file() -> PathBuf {
    shell::target_folder().join("xtask-pcscd.log")
}

#[cfg(unix)]
fn answers() -> bool {
    std::os::unix::net::UnixStream::connect(SOCKET).is_ok()
}

/// The driver listens for card programs on 35963. Only looked up: whoever connects is taken for a card.
#[cfg(unix)]
fn virtual_reader_listens() -> bool {
    const PORT: &str = ":8C7B";
    const LISTENING: &str = "0A";
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().filter_map(|table| std::fs::read_to_string(table).ok()).any(
        |table| {
            table.lines().any(|line| {
                let mut columns = line.split_whitespace().skip(1);
                let local = columns.next().unwrap_or_default();
                local.ends_with(PORT) && columns.nth(1) == Some(LISTENING)
            })
        },
    )
}

impl Service {
    /// Tells a command that the service is there.
    pub fn tell(&self, command: &mut Command) {
        command.env(READY_VARIABLE, "1");
        if let Some(child) = &self.own {
            command.env(OWN_VARIABLE, child.id().to_string());
        }
    }

    /// A word for the table.
    pub fn origin(&self) -> &'static str {
        if self.own.is_some() { "own pcscd" } else { "the pcscd that runs here" }
    }

    fn ended(&mut self) -> bool {
        self.own.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let Some(id) = self.own.as_ref().map(Child::id) else { return };
        // Asked first, so that it removes its socket.
        shell::succeeds(Command::new("kill").arg(id.to_string()));
        let asked = Instant::now();
        while !self.ended() && asked.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(50));
        }
        if let Some(mut child) = self.own.take() {
            // Both fail only when it is gone already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
