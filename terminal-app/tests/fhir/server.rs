//! The independent server: started once for all tests, ended with them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A server that listens. It ends when its input does, which is at the latest when the tests do.
pub struct Server {
    pub url: String,
    _input: Option<ChildStdin>,
    _process: Child,
}

/// The server, or `None` where it is not installed: then the test is skipped, unless everything has to be there.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(start).as_ref();
    if server.is_none() {
        let demanded = std::env::var("REQUIRE_SHARED").as_deref() == Ok("1");
        assert!(!demanded, "the FHIR server is not installed; run `cargo xtask setup`");
        println!("skipped, data not present: the FHIR server (cargo xtask setup installs it)");
    }
    server
}

fn start() -> Option<Server> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?.join("fhir-server");
    let installed = std::fs::read(folder.join("installed.json")).ok()?;
    if installed != include_bytes!("server/package-lock.json") {
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fhir/server/server.mjs");
    let mut process = Command::new("node")
        .arg(script)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("its output is piped"))
        .read_line(&mut line)
        .expect("node speaks");
    let port = line.trim().strip_prefix("listening ").expect("the server listens");
    Some(Server { url: format!("http://127.0.0.1:{port}"), _input: process.stdin.take(), _process: process })
}

impl Server {
    /// Sends a resource as it is: status and what came.
    pub fn post(&self, path: &str, resource: &Value) -> (u16, Value) {
        let sent = ureq::post(format!("{}/{path}", self.url))
            .config()
            .http_status_as_error(false)
            .build()
            .header("content-type", "application/fhir+json")
            .send(resource.to_string());
        let mut answer = sent.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap())
    }

    /// Makes a resource that the server has to take; its id.
    pub fn make(&self, resource: &Value) -> String {
        let (status, made) = self.post(resource["resourceType"].as_str().unwrap(), resource);
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    pub fn get(&self, path: &str) -> Value {
        let text = ureq::get(format!("{}/{path}", self.url)).call().unwrap().body_mut().read_to_string();
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    /// What carries this identifier.
    pub fn identified(&self, kind: &str, value: &str) -> Vec<Value> {
        self.matching(kind, "identifier", value)
    }

    pub fn matching(&self, kind: &str, name: &str, value: &str) -> Vec<Value> {
        let found = self.get(&format!("{kind}?{name}={value}"));
        let entries = found["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|mut entry| entry["resource"].take()).collect()
    }
}
