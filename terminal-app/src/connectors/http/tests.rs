//! Against a server of a few lines, over real HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use super::*;
use crate::connectors::connection::{AddressForm, Connection, ConnectionConfig, Usual};
use crate::connectors::{Clock as _, SystemClock};

const USUAL: Usual = Usual {
    connect_ms: 1_000,
    total_ms: 5_000,
    most_total_ms: 60_000,
    retries: 0,
    answer_bytes: 4_096,
    most_answer_bytes: 65_536,
};

/// What came of one request to a server that answers it with these bytes, and the request as it came there.
fn exchanged(
    answer: &str,
    config: &ConnectionConfig,
    ask: impl FnOnce(&Client, &SecretUrl) -> Result<Reply, Fault>,
) -> (Result<Reply, Fault>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let (mut came, mut chunk) = (Vec::new(), [0; 4096]);
        loop {
            let text = String::from_utf8_lossy(&came).into_owned();
            let lower = text.to_ascii_lowercase();
            if let Some((head, body)) = lower.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    stream.write_all(answer.as_bytes()).unwrap();
                    return text;
                }
            }
            match stream.read(&mut chunk) {
                Ok(got) if got > 0 => came.extend_from_slice(&chunk[..got]),
                _ => return text,
            }
        }
    });
    let address = ("base_url", base.as_str(), AddressForm::Path);
    let connection = Connection::check(config, address, &USUAL, &mut Vec::new()).unwrap();
    let url = SecretUrl::new(connection.address().base(), "/r4/Patient", &[("token", "t0p secret")]);
    let result = connection.client().and_then(|client| ask(&client, &url));
    (result, server.join().unwrap())
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

const JSON: &str = "Content-Type: application/json\r\n";
const FHIR: &str = "Content-Type: application/fhir+json; charset=utf-8\r\n";

fn send(client: &Client, request: &Request<'_>) -> Result<Reply, Fault> {
    client.send(request, 5_000, &Cancel::new())
}

#[test]
fn every_method_with_its_headers_and_body() {
    let plain = ConnectionConfig::default();
    let body = Body::json(&json!({ "resourceType": "Patient" })).of_type("application/fhir+json");
    let (reply, came) = exchanged(&answer("200 OK", FHIR, "[1]"), &plain, |client, url| {
        send(client, &Request::get(url).accepting("application/fhir+json"))
    });
    assert_eq!(reply.ok().unwrap().json, Some(json!([1])));
    assert!(came.starts_with("GET /r4/Patient?token=t0p%20secret HTTP/1.1"), "{came}");
    assert!(came.contains("accept: application/fhir+json") && came.ends_with("\r\n\r\n"), "{came}");
    let created =
        answer("201 Created", "Location: /r4/Patient/7\r\nETag: W/\"1\"\r\nServer: Simulated x\r\n", "");
    let (reply, came) = exchanged(&created, &plain, |client, url| {
        let request = Request::put(url, &body).taking(|status| matches!(status, 200 | 201 | 409));
        let request = request.header("If-Match", &Secret::new("W/\"0\"".into())).unwrap();
        send(client, &request)
    });
    let reply = reply.ok().unwrap();
    assert_eq!((reply.status, &reply.json, reply.simulated), (201, &None, true));
    assert_eq!((reply.header("location"), reply.header("etag")), (Some("/r4/Patient/7"), Some("W/\"1\"")));
    assert!(came.starts_with("PUT ") && came.ends_with("{\"resourceType\":\"Patient\"}"), "{came}");
    assert!(
        came.contains("if-match: W/\"0\"") && came.contains("content-type: application/fhir+json\r\n"),
        "{came}"
    );
    let (reply, came) =
        exchanged(&answer("405 Method Not Allowed", "Date: x\r\n", ""), &plain, |client, url| {
            send(client, &Request::head(url))
        });
    assert_eq!(reply.ok().map(|reply| reply.status), Some(405));
    assert!(came.starts_with("HEAD "), "{came}");
}

#[test]
fn statuses_reach_whoever_takes_them() {
    let plain = ConnectionConfig::default();
    let page = "Content-Type: text/html\r\n";
    for (status, headers, body, takes, expected) in [
        ("404 Not Found", JSON, "{\"issue\":1}", true, Ok(404)),
        ("409 Conflict", FHIR, "{}", true, Ok(409)),
        ("422 Unprocessable", FHIR, "{}", true, Ok(422)),
        ("204 No Content", "", "", true, Ok(204)),
        ("401 Unauthorized", JSON, "{}", true, Ok(401)),
        ("422 Unprocessable", FHIR, "{}", false, Err(FaultKind::Status(422))),
        ("401 Unauthorized", JSON, "{}", false, Err(FaultKind::Unauthorized)),
        ("302 Found", "Location: http://127.0.0.1:1/\r\n", "", false, Err(FaultKind::Redirected(302))),
        // Not the service's own words.
        ("404 Not Found", page, "<html>", true, Err(FaultKind::Status(404))),
        ("404 Not Found", JSON, "<html>", true, Err(FaultKind::Status(404))),
        ("200 OK", page, "<html>", true, Err(FaultKind::ContentType("text/html".into()))),
        ("200 OK", "", "{}", true, Err(FaultKind::ContentType(String::new()))),
        ("200 OK", JSON, "{", true, Err(FaultKind::Malformed("the answer is not valid JSON"))),
    ] {
        let (result, _) = exchanged(&answer(status, headers, body), &plain, |client, url| {
            let request = Request::get(url);
            send(client, &if takes { request.taking(|_| true) } else { request })
        });
        assert_eq!(
            result.map(|reply| reply.status).map_err(|fault| fault.kind),
            expected,
            "{status} {headers}"
        );
    }
    let large = answer("422 Unprocessable", JSON, &format!("\"{}\"", "x".repeat(8_000)));
    let (result, _) =
        exchanged(&large, &plain, |client, url| send(client, &Request::get(url).taking(|_| true)));
    let fault = result.err().unwrap();
    assert_eq!(fault.kind, FaultKind::TooLarge { limit_bytes: 4_096 });
    assert!(fault.place.ends_with("/r4/Patient"), "no query: {fault}");
    let (result, _) = exchanged(&answer("200 OK", page, "thanks"), &plain, |client, url| {
        send(client, &Request::post(url, &Body::members(&[])).unread())
    });
    assert_eq!(result.ok().map(|reply| reply.json), Some(None));
}

#[test]
fn credentials_go_along_in_headers_and_are_fetched_for_each_query() {
    let folder = std::env::temp_dir().join(format!("idterm-http-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("key");
    let table = format!("headers = {{ X-Api-Key = {{ file = {:?} }} }}", file.display().to_string());
    let config: ConnectionConfig = toml::from_str(&table).unwrap();
    for secret in ["first", "second"] {
        std::fs::write(&file, format!("{secret}\n")).unwrap();
        let (_, came) =
            exchanged(&answer("200 OK", JSON, "{}"), &config, |client, url| send(client, &Request::get(url)));
        assert!(came.contains(&format!("x-api-key: {secret}\r\n")), "{came}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let address = ("base_url", "http://127.0.0.1:1", AddressForm::Host);
    let connection = Connection::check(&config, address, &USUAL, &mut Vec::new()).unwrap();
    let fault = connection.client().err().unwrap();
    assert!(
        matches!(&fault.kind, FaultKind::Settings(what) if what.starts_with("headers.x-api-key")),
        "{fault}"
    );
}

#[test]
fn cancelling_ends_a_request_of_any_method() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = SecretUrl::new(&format!("http://{}", listener.local_addr().unwrap()), "/x", &[]);
    let client = Client::new(Limits { connect_ms: 1_000, answer_bytes: 1_024 }, true, None, Vec::new());
    let clock = SystemClock::new();
    let cancel = Cancel::new();
    let result = thread::scope(|scope| {
        let asking = scope.spawn(|| client.send(&Request::get(&url), 60_000, &cancel));
        let _held = listener.accept().unwrap();
        cancel.cancel();
        asking.join().unwrap()
    });
    assert_eq!(result.err().map(|fault| fault.kind), Some(FaultKind::Cancelled));
    assert!(clock.now_ms() < 30_000);
}

#[test]
fn bodies() {
    let fields = [("hoTen", "NGUYỄN A"), ("ngaySinh", "01/02/1990")];
    assert_eq!(Body::form(&fields).bytes(), b"hoTen=NGUY%E1%BB%84N%20A&ngaySinh=01%2F02%2F1990");
    let read: Value = serde_json::from_slice(Body::members(&fields).bytes()).unwrap();
    assert_eq!(read, json!({ "hoTen": "NGUYỄN A", "ngaySinh": "01/02/1990" }));
    let deep = json!({ "resourceType": "Patient", "identifier": [{ "value": "090000000001" }] });
    let body = Body::json(&deep).of_type("application/fhir+json");
    assert_eq!(serde_json::from_slice::<Value>(body.bytes()).unwrap(), deep);
    assert_eq!(body.content_type, "application/fhir+json");
}

#[test]
fn numbers_and_strings_are_texts() {
    let reply = Reply::of(r#"{"a": " x ", "b": 7, "c": "", "d": null, "e": []}"#);
    let all: Vec<_> = ["a", "b", "c", "d", "e", "f"].iter().map(|name| reply.text(name)).collect();
    assert_eq!(all, [Some("x".into()), Some("7".into()), None, None, None, None]);
}
