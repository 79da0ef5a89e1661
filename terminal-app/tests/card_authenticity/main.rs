//! The card-authenticity connector over real HTTPS with mutual TLS: every way in which asking can go.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod server;
#[path = "../common/tls.rs"]
mod tls;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reader_core::capture::{Capture, FileState, GatewayTrace, Origin};
use reader_core::evidence::{Outcome, Reason};
use reader_core::lds::{Directory, FileId};
use reader_core::pki::TrustSnapshot;
use reader_core::verify::gateway::GatewayTerms;
use reader_core::verify::{Presented, Settings, verify};
use reader_core::wire::date::Timestamp;
use serde_json::{Value, json};
use server::{Act, Server};
use terminal_app::connectors::card_authenticity::{
    CardAuthenticity, CardAuthenticityConfig, CardInQuestion, Shown, Told,
};
use terminal_app::connectors::{Cancel, Clock, Surroundings, SystemClock};
use test_vectors::card;
use test_vectors::persona;
use tls::{Authority, Leaf};

const NOW: Timestamp = Timestamp(1_795_255_200);
const NUMBER: &str = "090000001000";
/// All of asking, in milliseconds.
const DEADLINE_MS: u64 = 4_000;

/// Both sides' authorities and certificates, and the files that the terminal's lie in.
struct World {
    folder: PathBuf,
    servers: Authority,
    clients: Authority,
    server: Leaf,
}

impl World {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("idterm-card-gateway-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
        let server = servers.leaf("127.0.0.1", 2100);
        let client = clients.leaf("terminal.example", 2100);
        let stranger = Authority::new("strangers").leaf("terminal.example", 2100);
        let write = |file: &str, text: &str| std::fs::write(folder.join(file), text).unwrap();
        write("ca.pem", servers.pem());
        write("other-ca.pem", Authority::new("others").pem());
        write("client.pem", &client.pem);
        write("client.key", &client.key_pem);
        write("stranger.pem", &stranger.pem);
        write("stranger.key", &stranger.key_pem);
        Self { folder, servers, clients, server }
    }

    fn serve(&self, acts: Vec<Act>) -> Server {
        Server::start(&self.server, &self.clients, acts, NOW.0)
    }

    /// Settings as a site's file has them, with one line exchanged for another.
    fn config(&self, url: &str, from: &str, to: &str) -> CardAuthenticityConfig {
        use base64::Engine as _;
        let spki = base64::engine::general_purpose::STANDARD.encode(server::key().public_key_info());
        let path = |file: &str| self.folder.join(file).display().to_string();
        let text = format!(
            "url = {url:?}\nkey = \"-----BEGIN PUBLIC KEY-----\\n{spki}\\n-----END PUBLIC KEY-----\"\n\
             customer_code = \"HOSP-01\"\nprovince = \"01\"\ndevice_type = \"KIOSK\"\nretries = 2\n\
             total_timeout_ms = {DEADLINE_MS}\nmax_answer_bytes = 65536\n\
             text = {{ verdict = \"result.valid\", signer = \"result.signer\", number = \"result.number\", time = \"result.at\" }}\n\
             tls = {{ ca = {:?}, certificate = {:?}, key = {{ file = {:?} }} }}\n",
            path("ca.pem"),
            path("client.pem"),
            path("client.key"),
        );
        let changed = text.replace(from, to);
        assert!(from.is_empty() || changed != text, "{from}");
        CardAuthenticityConfig::from_table(changed.parse().unwrap()).unwrap()
    }

    fn connector(&self, server: &Server, from: &str, to: &str) -> CardAuthenticity {
        connector(self.config(&server.url(), from, to), &[Shown::Number])
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn connector(config: CardAuthenticityConfig, sees: &[Shown]) -> CardAuthenticity {
    CardAuthenticity::new(config, sees, Surroundings::system()).unwrap_or_else(|error| panic!("{error}"))
}

fn files() -> Capture {
    files_of("good")
}

fn files_of(name: &str) -> Capture {
    let mut capture = Capture::new(Origin::Live);
    for ((directory, id), bytes) in persona::find(name).unwrap().card(NOW.0).files {
        let directory = match directory {
            card::Directory::MasterFile => Directory::MasterFile,
            card::Directory::Lds => Directory::Emrtd,
        };
        capture.files.insert(FileId { directory, id }, FileState::Read(bytes));
    }
    capture
}

fn ask(connector: &CardAuthenticity, files: &Capture) -> Told {
    let signer = persona::find("good").unwrap().document_signer(NOW.0).der;
    let question = connector.question(CardInQuestion { signer: &signer, number: NUMBER, files });
    connector.ask(&question, [9; 16], NOW, &Cancel::new())
}

/// What the proof makes of it.
fn judged(connector: &CardAuthenticity, told: &Told, files: &Capture) -> Outcome {
    let (key, form) = connector.pinned().unwrap();
    let terms = GatewayTerms { key, form, max_age_s: 120, clock_skew_s: 60, stands_for_chain: true };
    let settings = Settings { gateway: Some(terms), ..Settings::default() };
    let mut capture = files.clone();
    capture.gateway = Some(told.trace.clone());
    let trust = TrustSnapshot::empty();
    let proof = verify(&capture, &trust, &Presented::nothing(), NOW, &settings, None);
    assert_eq!(proof.holder().is_some(), proof.findings().passive_gateway.outcome.is_confirmed());
    proof.findings().passive_gateway.outcome
}

/// Why there is no answer.
fn why(told: &Told) -> &str {
    match &told.trace {
        GatewayTrace::NoAnswer(why) | GatewayTrace::NotAsked(why) => why,
        GatewayTrace::Answered(_) => "",
    }
}

fn say(members: &[(&'static str, Value)]) -> Act {
    Act::Say(members.to_vec())
}

const NO_ANSWER: Outcome = Outcome::Aborted(Reason::GatewayUnavailable);

#[test]
fn every_outcome_of_asking() {
    let world = World::new("outcomes");
    let files = files();
    let other = "0".repeat(64);
    let another = Outcome::Undetermined(Reason::GatewayAnswersAnother);
    let wrong = Outcome::Undetermined(Reason::GatewaySignatureWrong);
    let status = Act::Status("500 Internal Server Error");
    let table: Vec<(&str, Vec<Act>, Outcome, u32, &str)> = vec![
        ("right", vec![say(&[])], Outcome::Confirmed, 1, ""),
        ("no", vec![say(&[("valid", false.into())])], Outcome::Refuted(Reason::GatewaySaysNo), 1, ""),
        ("unsigned", vec![Act::SayUnsigned], wrong, 1, ""),
        ("signed by another key", vec![Act::SayForged], wrong, 1, ""),
        (
            "of yesterday",
            vec![say(&[("at", (NOW.0 - 86_400).into())])],
            Outcome::Undetermined(Reason::GatewayAnswerStale),
            1,
            "",
        ),
        ("about another card", vec![say(&[("number", "090000000999".into())])], another, 1, ""),
        ("about another signer", vec![say(&[("signer", other.into())])], another, 1, ""),
        (
            "about nothing",
            vec![say(&[("signer", Value::Null)])],
            Outcome::Undetermined(Reason::GatewayNamesNothing),
            1,
            "",
        ),
        (
            "no verdict",
            vec![say(&[("valid", Value::Null)])],
            Outcome::Undetermined(Reason::GatewayAnswerUnreadable),
            1,
            "",
        ),
        ("500 for a while", vec![status.clone(), status.clone(), say(&[])], Outcome::Confirmed, 3, ""),
        ("500", vec![status], NO_ANSWER, 3, "HTTP status 500"),
        ("closed, then right", vec![Act::Close, say(&[])], Outcome::Confirmed, 2, ""),
        ("401", vec![Act::Status("401 Unauthorized")], NO_ANSWER, 1, "refused"),
        ("redirected", vec![Act::Status("302 Found")], NO_ANSWER, 1, "redirected"),
        ("truncated", vec![Act::Truncate], NO_ANSWER, 3, "broke off"),
        ("a web page", vec![Act::Body("text/html", b"<html>")], NO_ANSWER, 1, "text/html"),
        ("no JSON", vec![Act::Body("application/json", b"{\"_responds\": ")], NO_ANSWER, 1, "not valid JSON"),
        (
            "no text",
            vec![Act::Body("application/json", b"{\"is_valid_id_card\": true}")],
            NO_ANSWER,
            1,
            "no text under a signature",
        ),
        (
            "an object for a text",
            vec![Act::Body("application/json", b"{\"_responds\": {}}")],
            NO_ANSWER,
            1,
            "no text under a signature",
        ),
        ("100 MB", vec![Act::Huge(100 << 20)], NO_ANSWER, 1, "exceeds 65536 bytes"),
        ("stalled", vec![Act::Stall], NO_ANSWER, 1, "no answer within"),
    ];
    let mut problems = Vec::new();
    for (name, acts, outcome, attempts, text) in table {
        let server = world.serve(acts);
        let connector = world.connector(&server, "", "");
        let told = ask(&connector, &files);
        let found = judged(&connector, &told, &files);
        if found != outcome || told.attempts != attempts || !why(&told).contains(text) {
            problems.push(format!("{name}: {found:?} after {} attempts: {}", told.attempts, why(&told)));
        }
        if told.elapsed_ms > DEADLINE_MS + 4_000 || server.sent() > 16 << 20 {
            problems.push(format!("{name}: {} ms, {} bytes", told.elapsed_ms, server.sent()));
        }
        if why(&told).contains(NUMBER) {
            problems.push(format!("{name}: the number stands in {}", why(&told)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn nobody_else_is_talked_to_and_nobody_else_may_ask() {
    let world = World::new("certificates");
    let files = files();
    let server = world.serve(vec![say(&[])]);
    for (name, from, to) in [
        ("a client's certificate of another authority", "client.", "stranger."),
        ("a server's certificate of another authority", "ca = \"", "ca = \"OTHER"),
        ("no certificate of one's own", "certificate =", "ABSENT"),
    ] {
        let mut config = world.config(&server.url(), "", "");
        let tls = config.connection.tls.as_mut().unwrap();
        match to {
            "stranger." => {
                tls.certificate = Some(world.folder.join("stranger.pem"));
                tls.key =
                    toml::from_str::<toml::Table>(&format!("file = {:?}", world.folder.join("stranger.key")))
                        .unwrap()
                        .try_into()
                        .ok();
            }
            "ABSENT" => (tls.certificate, tls.key) = (None, None),
            _ => tls.ca = Some(world.folder.join("other-ca.pem")),
        }
        let connector = connector(config, &[Shown::Number]);
        let told = ask(&connector, &files);
        assert_eq!(judged(&connector, &told, &files), NO_ANSWER, "{name} ({from}): {}", why(&told));
        // A server that refuses the client's certificate may have closed the connection before its alert is read.
        let closed = to != "ca = \"OTHER" && why(&told).contains("closed before an answer");
        assert!(closed || why(&told).contains("no secure connection"), "{name}: {}", why(&told));
    }
    assert_eq!(server.questions(), Vec::<Value>::new(), "nothing of the card went out");
    for (name, leaf) in [
        ("expired", world.servers.leaf("127.0.0.1", 2021)),
        ("of another name", world.servers.leaf("gateway.example", 2100)),
        ("of an authority that nobody named", Authority::new("servers").leaf("127.0.0.1", 2100)),
    ] {
        let server = Server::start(&leaf, &world.clients, vec![say(&[])], NOW.0);
        let told = ask(&world.connector(&server, "", ""), &files);
        assert!(why(&told).contains("no secure connection"), "{name}: {}", why(&told));
        assert_eq!((server.questions().len(), told.attempts), (0, 1), "{name}");
    }
    // A key that is another certificate's: that is told, and ends nothing else.
    std::fs::copy(world.folder.join("stranger.key"), world.folder.join("client.key")).unwrap();
    let told = ask(&world.connector(&server, "", ""), &files);
    assert!(why(&told).contains("not the key of tls.certificate"), "{}", why(&told));
    assert_eq!(told.attempts, 0);
    // Certificates of the connection that are gone or no key: nothing is sent, and that is said.
    std::fs::write(world.folder.join("client.key"), "no key").unwrap();
    let told = ask(&world.connector(&server, "", ""), &files);
    assert!(matches!(&told.trace, GatewayTrace::NotAsked(why) if why.contains("tls.key")), "{}", why(&told));
    assert_eq!(told.attempts, 0);
}

#[test]
fn what_is_sent_is_what_the_site_lets_it_see() {
    let world = World::new("fields");
    let files = files();
    let server = world.serve(vec![say(&[])]);
    let told = ask(&world.connector(&server, "", ""), &files);
    assert!(matches!(told.trace, GatewayTrace::Answered(_)), "{}", why(&told));
    let sent = server.questions().remove(0);
    let names = |sent: &Value| sent.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&sent), "code deviceType dsCert idCardNumber province");
    assert_eq!((&sent["idCardNumber"], &sent["code"]), (&json!(NUMBER), &json!("HOSP-01")));
    assert!(!sent.to_string().contains("NGUYỄN"));

    // The other form in use: files, of which only those that the site names.
    let server = world.serve(vec![Act::Body("application/json", b"{}")]);
    let config = world.config(&server.url(), "retries", "sends = \"files\"\nretries");
    let files_only = connector(config, &[Shown::Sod, Shown::Dg1, Shown::Dg13]);
    assert_eq!(files_only.needs().count(), 2);
    ask(&files_only, &files);
    let sent = server.questions().remove(0);
    assert_eq!(names(&sent), "code deviceType dg1 dg13 province sodData");
}

#[test]
fn an_answer_of_the_past_is_told_by_what_it_names() {
    let world = World::new("replay");
    let files = files();
    let first = world.serve(vec![say(&[])]);
    ask(&world.connector(&first, "", ""), &files);
    let recorded = first.answers().remove(0);
    // For the same card the recorded text is as true as before; for another it is another's.
    let server = world.serve(vec![Act::Replay(recorded.clone())]);
    let connector = world.connector(&server, "", "");
    assert_eq!(judged(&connector, &ask(&connector, &files), &files), Outcome::Confirmed);
    let other = files_of("good-nist");
    let nist = persona::find("good-nist").unwrap();
    let signer = nist.document_signer(NOW.0).der;
    let card = CardInQuestion { signer: &signer, number: nist.holder.number, files: &other };
    let told = connector.ask(&connector.question(card), [9; 16], NOW, &Cancel::new());
    let another = Outcome::Undetermined(Reason::GatewayAnswersAnother);
    assert_eq!(judged(&connector, &told, &other), another);

    // Where the mark of the question is sent and has to come back, no answer serves twice.
    let marked = |server: &Server| {
        let mut config = world.config(&server.url(), "time = ", "question = \"echo\", time = ");
        config.names.question = Some("requestId".to_owned());
        self::connector(config, &[Shown::Number])
    };
    let first = world.serve(vec![say(&[])]);
    assert_eq!(judged(&marked(&first), &ask(&marked(&first), &files), &files), Outcome::Confirmed);
    let server = world.serve(vec![Act::Replay(first.answers().remove(0))]);
    let signer = persona::find("good").unwrap().document_signer(NOW.0).der;
    let card = CardInQuestion { signer: &signer, number: NUMBER, files: &files };
    let told = marked(&server).ask(&marked(&server).question(card), [8; 16], NOW, &Cancel::new());
    assert_eq!(judged(&marked(&server), &told, &files), another);
}

/// A clock that runs as usual.
struct Watched(SystemClock);

impl Clock for Watched {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }
    fn sleep_ms(&self, ms: u64) {
        self.0.sleep_ms(ms);
    }
}

#[test]
fn whoever_cancels_does_not_wait_for_the_deadline() {
    let world = World::new("cancel");
    let files = files();
    let server = world.serve(vec![Act::Stall]);
    let deadline = format!("total_timeout_ms = {DEADLINE_MS}");
    let config = world.config(&server.url(), &deadline, "total_timeout_ms = 60000");
    let surroundings = Surroundings { clock: Arc::new(Watched(SystemClock::new())), random: Arc::new(|| 0) };
    let connector = CardAuthenticity::new(config, &[Shown::Number], surroundings).unwrap();
    let signer = persona::find("good").unwrap().document_signer(NOW.0).der;
    let question = connector.question(CardInQuestion { signer: &signer, number: NUMBER, files: &files });
    let cancel = Cancel::new();
    let told = std::thread::scope(|scope| {
        let asking = scope.spawn(|| connector.ask(&question, [9; 16], NOW, &cancel));
        while server.questions().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        cancel.cancel();
        asking.join().unwrap()
    });
    assert!(why(&told).contains("cancelled"), "{}", why(&told));
    assert!(told.elapsed_ms < 30_000, "{}", told.elapsed_ms);
}

#[test]
fn settings_that_cannot_work_are_told_before_anybody_is_asked() {
    let world = World::new("settings");
    let faults = |from: &str, to: &str, sees: &[Shown]| {
        let config = world.config("https://gateway.example/verify", from, to);
        let refused = CardAuthenticity::new(config, sees, Surroundings::system()).err();
        refused.map(|error| error.faults.join("; ")).unwrap_or_default()
    };
    assert_eq!(faults("", "", &[Shown::Number]), "");
    assert!(faults("", "", &[Shown::Sod]).contains("without \"number\""));
    assert!(faults("client.pem", "ca.key", &[Shown::Number]).contains("tls.certificate"));
    let certificate: &Path = &world.folder.join("client.key");
    assert!(certificate.exists());
    assert!(faults("client.pem", "client.key", &[Shown::Number]).contains("no certificate in PEM"));
    assert!(
        faults("max_answer_bytes = 65536", "max_answer_bytes = 1", &[Shown::Number])
            .contains("max_answer_bytes")
    );
}
