//! What `idterm doctor` says of the gateway and of services, each of which is there, hangs, refuses, or is set up wrongly.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;
#[path = "common/tls.rs"]
mod tls;

use std::net::TcpListener;

use common::{Done, Folder, idterm, now};
use serde_json::Value;
use test_vectors::card_gateway::public_key_pem;
use tls::{Authority, Front, Leaf, mutual};

/// What must not be seen anywhere.
const SECRET: &str = "hunter2-not-to-be-seen";

/// A gateway behind mutual TLS, and a service in clear on this machine, as a site names them.
struct Desk {
    folder: Folder,
    servers: Authority,
    clients: Authority,
    client: Leaf,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
        let client = clients.leaf("terminal.example", 2100);
        folder.write("ca.pem", servers.pem());
        folder.write("other-ca.pem", Authority::new("others").pem());
        let desk = Self { folder, servers, clients, client };
        desk.carries(&desk.client);
        desk
    }

    /// The terminal's certificate and key are these.
    fn carries(&self, client: &Leaf) {
        self.folder.write("client.pem", &client.pem);
        self.folder.write("client.key", &client.key_pem);
    }

    fn gateway(&self, answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Front {
        Front::start(Some(mutual(&self.servers.leaf("127.0.0.1", 2100), &self.clients)), answer)
    }

    /// `idterm doctor` for a site with these two; `from` is exchanged for `to` in its file.
    fn doctor(&self, gateway: &str, service: &str, from: &str, to: &str, language: &str) -> Done {
        let path = |file: &str| self.folder.join(file);
        let text = format!(
            "inherits = \"base\"\n[gateway]\nkind = \"rar\"\nsees = [\"number\"]\n[gateway.settings]\n\
             url = \"{gateway}/eid/verify\"\nkey = \"\"\"\n{}\"\"\"\n\
             text = {{ verdict = \"v\", signer = \"s\", number = \"n\", time = \"t\" }}\n\
             headers = {{ x-api-key = {{ env = \"IDTERM_TEST_API_KEY\" }} }}\n\
             tls = {{ ca = {:?}, certificate = {:?}, key = {{ file = {:?} }} }}\n\
             [services.insurance]\nkind = \"bhyt\"\nrule = \"require\"\nsees = [\"number\"]\n[services.insurance.settings]\n\
             base_url = \"{service}\"\nfacility = \"01001\"\npassword = {{ env = \"IDTERM_TEST_PASSWORD\" }}\n\
             [deliveries.records]\nkind = \"webhook\"\nsees = [\"number\"]\n[deliveries.records.settings]\n\
             url = \"{service}/hook\"\nsecret = {{ env = \"IDTERM_TEST_PASSWORD\" }}\n",
            public_key_pem(),
            path("ca.pem"),
            path("client.pem"),
            path("client.key"),
        );
        let changed = text.replacen(from, to, 1);
        assert!(from.is_empty() || changed != text, "{from}");
        let site = self.folder.write("desk.toml", changed);
        let store = self.folder.join("trust");
        let mut words = vec!["doctor", "--site", &site, "--trust", &store];
        words.extend(if language.is_empty() { vec!["--json"] } else { vec!["--lang", language] });
        let done = idterm(&words)
            .env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm")
            .env("IDTERM_TEST_API_KEY", SECRET)
            .env("IDTERM_TEST_PASSWORD", SECRET)
            .done();
        let key = self.client.key_pem.lines().nth(1).unwrap();
        assert!(!done.all().contains(SECRET) && !done.all().contains(key), "{done}");
        done
    }
}

/// The moment so many seconds from now, as HTTP writes it.
fn http_date(from_now_s: i64) -> String {
    let moment = jiff::Timestamp::from_second(now() + from_now_s).unwrap();
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn answer(status: &str, from_now_s: i64) -> impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + use<> {
    let head = format!(
        "HTTP/1.1 {status}\r\nDate: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        http_date(from_now_s)
    );
    move |_| Some(head.clone().into_bytes())
}

/// The rows about one of them: what was looked at, and its state.
fn rows(document: &Value, name: &str) -> Vec<(String, String)> {
    let items = document["items"].as_array().unwrap().iter().filter(|item| item["name"] == name);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items.map(|item| (text(&item["check"]), text(&item["state"]))).collect()
}

/// Text and remedy of the row about this.
fn row(document: &Value, name: &str, check: &str) -> (String, String, String) {
    let items = document["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["name"] == name && item["check"] == check);
    let found = found.unwrap_or_else(|| panic!("no {check} of {name}: {document:#}"));
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    if text("state") != "good" && text("state") != "not_checked" {
        assert!(text("remedy").len() > 10, "{found}");
    }
    (text("state"), text("text"), text("remedy"))
}

#[test]
fn all_is_well_and_nothing_but_a_head_was_sent() {
    let desk = Desk::new("doctor-well");
    let gateway = desk.gateway(answer("405 Method Not Allowed", 0));
    let service = Front::start(None, answer("200 OK", -3600));
    let done = desk.doctor(&gateway.url(), &service.url(), "", "", "");
    let document = done.json();
    let good = |check: &str| (check.to_owned(), "good".to_owned());
    let expected =
        ["settings", "secret", "secret", "ca", "certificate", "signing_key", "connection", "clock"].map(good);
    assert_eq!(rows(&document, "gateway"), expected, "{done}");
    assert!(row(&document, "gateway", "settings").1.contains(&gateway.url()), "{done}");
    assert!(row(&document, "gateway", "connection").1.contains("405"), "{done}");
    assert!(row(&document, "gateway", "certificate").1.contains("2100-01-01"), "{done}");
    assert!(row(&document, "gateway", "signing_key").1.contains("RSA"), "{done}");
    let items = document["items"].as_array().unwrap();
    let ours: Vec<&Value> = items.iter().filter(|item| item.get("name").is_some()).collect();
    for item in ours {
        let keys: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["check", "name", "remedy", "state", "text", "what"], "{item}");
    }
    // A service whose clock differs may still be asked.
    assert_eq!(rows(&document, "insurance").len(), 4);
    let (state, text, remedy) = row(&document, "insurance", "clock");
    assert!(state == "attention" && text.contains("ahead") && remedy.contains("NTP"), "{done}");

    // Recipients are looked at as services are.
    let checks: Vec<String> = rows(&document, "records").into_iter().map(|(check, _)| check).collect();
    assert_eq!(checks, ["settings", "secret", "connection", "clock"]);

    let mut requests = [gateway.requests(), service.requests()].concat();
    requests.sort_by_key(|request| (request.contains(" /hook "), !request.contains("/eid/verify")));
    assert_eq!(requests.len(), 3, "{requests:?}");
    assert!(requests[0].starts_with("HEAD /eid/verify HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[1].starts_with("HEAD / HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[2].starts_with("HEAD /hook HTTP/1.1\r\n"), "{requests:?}");
    for request in requests {
        assert!(request.ends_with("\r\n\r\n"), "no body: {request}");
        let mut names: Vec<String> =
            request.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_lowercase())).collect();
        names.sort();
        names.retain(|name| name != "accept-encoding");
        assert_eq!(names, ["accept", "host", "user-agent"], "{request}");
    }
}

#[test]
fn each_trouble_is_told_with_its_remedy() {
    let desk = Desk::new("doctor-trouble");
    // It takes connections and says nothing, not even a handshake.
    let deaf = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let deaf = (format!("https://{}", deaf.local_addr().unwrap()), deaf);
    // Nobody listens there.
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let sound = desk.gateway(answer("404 Not Found", 0));
    let silent = desk.gateway(|_| None);
    let slow = desk.gateway(answer("200 OK", 3600));
    let broken = desk.gateway(answer("503 Service Unavailable", 0));
    let mute = Front::start(None, |_| None);
    let service = mute.url();
    let table: [(&str, &str, &str, &str, &str, &str, &str); 12] = [
        ("hangs", &deaf.0, "", "", "connection", "bad", "handshake"),
        ("is silent", &silent.url(), "", "", "connection", "attention", "did not answer"),
        ("refuses", &format!("https://{nobody}"), "", "", "connection", "bad", "nothing takes connections"),
        ("has no name", "https://gateway.invalid", "", "", "connection", "bad", "not found"),
        ("is in trouble", &broken.url(), "", "", "connection", "attention", "503"),
        ("is another's", &sound.url(), "ca.pem", "other-ca.pem", "connection", "bad", "no secure one"),
        ("is an hour ahead", &slow.url(), "", "", "clock", "bad", "behind"),
        ("has no secret", &sound.url(), "TEST_API_KEY", "TEST_NO_KEY", "secret", "bad", "IDTERM_TEST_NO_KEY"),
        ("expired", &sound.url(), "client.pem", "expired.pem", "certificate", "bad", "expired on 2021-01-01"),
        ("expires", &sound.url(), "client.pem", "soon.pem", "certificate", "attention", "within 30 days"),
        ("is not its key", &sound.url(), "client.key", "other.key", "connection", "bad", "not the key"),
        ("has no key file", &sound.url(), "client.key", "nowhere.key", "connection", "bad", "nowhere.key"),
    ];
    let expired = desk.clients.leaf("terminal.example", 2021);
    desk.folder.write("expired.pem", &expired.pem);
    desk.folder.write("soon.pem", &desk.clients.leaf_for_days("terminal.example", 10).pem);
    desk.folder.write("other.key", &expired.key_pem);
    let mut problems = Vec::new();
    for (name, url, from, to, check, state, told) in table {
        let done = desk.doctor(url, &service, from, to, "").exits(1);
        let found = row(&done.json(), "gateway", check);
        if found.0 != state || !found.1.contains(told) {
            problems.push(format!("{name}: {found:?}"));
        }
        // Whatever is wrong with one, the other is looked at too.
        assert_eq!(row(&done.json(), "insurance", "connection").0, "attention", "{name}: {done}");
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_not_set_up_is_said_and_every_word_is_in_both_languages() {
    let desk = Desk::new("unset");
    let store = desk.folder.join("trust");
    let run = |site: &str, more: &[&str]| {
        let words = [&["doctor", "--site", site, "--trust", store.as_str()], more].concat();
        idterm(&words).env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm").done()
    };
    let document = run("gateway", &["--json"]).json();
    let (state, _, remedy) = row(&document, "gateway", "settings");
    assert!(state == "attention" && remedy.contains("[gateway.settings]"), "{document:#}");
    assert_eq!(rows(&document, "gateway").len(), 1);
    let none = run("base", &["--json"]).json();
    let items = none["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["what"] == "gateway" && item["state"] == "not_checked"), "{none:#}");

    let nobody = format!("http://{}", TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap());
    let gateway = desk.gateway(answer("302 Found", -3600));
    for (language, words) in [
        ("vi", ["không kết nối được", "nhanh hơn 36", "khóa kiểm tra chữ ký", "chuyển sang địa chỉ khác"]),
        ("en", ["nothing takes connections", "ahead of its clock", "the key that signs", "points elsewhere"]),
    ] {
        let told = desk.doctor(&gateway.url(), &nobody, "", "", language);
        for words in words {
            assert!(told.stdout.contains(words), "{words}: {told}");
        }
        assert!(!told.stdout.contains("doctor-"), "{told}");
    }
}
