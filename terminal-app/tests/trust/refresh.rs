//! Certificates and lists from configured addresses, over real HTTP.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_vectors::issuer::country::{UTOPIA, VIETNAM, VIETNAM_NIST};
use test_vectors::issuer::lists;
use test_vectors::persona;

use super::common::{Folder, now};
use super::server::{Reply, Server, answer, ok};
use super::{Store, sha256};

/// Name, kind, address, further settings of a source; its outcome and the kind of its fault or the code of its refusal.
type Case<'a> = (&'a str, &'a str, String, &'a str, (&'a str, &'a str));

fn source(name: &str, kind: &str, url: &str, more: &str) -> String {
    format!("[[sources]]\nname = \"{name}\"\nkind = \"{kind}\"\nurl = \"{url}\"\n{more}\n")
}

fn csca() -> Vec<u8> {
    VIETNAM.csca(now()).der
}

fn master_list(at: i64) -> Vec<u8> {
    let signer = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, now());
    lists::master_list(&persona::trust_anchors(now()), &signer, &VIETNAM.csca(now()), at)
}

fn rows(document: &Value) -> Vec<Value> {
    document["sources"].as_array().unwrap().clone()
}

/// Outcome of one source, with the kind of its fault or the code of its refusal.
fn outcome(row: &Value) -> (&str, &str) {
    let fault = row["fault"]["kind"].as_str();
    let refused = row["refused"][0]["code"].as_str();
    (row["outcome"].as_str().unwrap(), fault.or(refused).unwrap_or("-"))
}

#[test]
fn every_way_in_which_a_source_can_fail_harms_no_other() {
    let server = Server::start();
    let folder = Folder::new("mirror");
    let list = master_list(now());
    let crl = VIETNAM.revocation_list(now(), Vec::new());
    let redirect = |to: &str| answer("302 Found", &format!("Location: {to}\r\n"), b"");
    server.at("/list.ml", ok(&list));
    server.at("/vn.crl", ok(&crl));
    server.at("/moved", Reply::Bytes(redirect("/list.ml")));
    server.at("/gone", Reply::Bytes(answer("500 Internal Server Error", "", b"")));
    server.at("/stall", Reply::Stall(Duration::from_secs(30)));
    server.at("/drip", Reply::Drip);
    let whole = answer("200 OK", "", &list);
    server.at("/cut", Reply::Bytes(whole[..whole.len() - 100].to_vec()));
    server.at("/closed", Reply::Bytes(Vec::new()));
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\nConnection: close\r\n\r\n".to_vec();
    server.at("/huge", Reply::Bytes(announced));
    server.at("/endless", Reply::Endless);
    server.at("/login", ok(b"  <!DOCTYPE html><html>Please log in</html>"));
    server.at("/empty", ok(b""));
    server.at("/babble", Reply::Bytes(b"SSH-2.0-Server\r\n\r\n".to_vec()));
    server.at("/loop", Reply::Bytes(redirect("/loop2")));
    server.at("/loop2", Reply::Bytes(redirect("/loop")));
    server.at("/not-asked", Reply::Bytes(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec()));
    let mut altered = crl.clone();
    *altered.last_mut().unwrap() ^= 1;
    server.at("/altered.crl", ok(&altered));
    server.at("/unpinned.cer", ok(&UTOPIA.csca(now()).der));
    server.at("/pinned.cer", ok(&VIETNAM_NIST.csca(now()).der));
    let mirrored = folder.write("mirror of lists.ml", &list);
    let mirrored = format!("file://{}", mirrored.replace(' ', "%20"));

    let at = |path: &str| format!("{}{path}", server.url);
    let pin = format!("pins = [\"{}\"]", sha256(&VIETNAM_NIST.csca(now()).der));
    let table: Vec<Case<'_>> = vec![
        ("pinned", "certificate", at("/pinned.cer"), &pin, ("taken", "-")),
        ("unpinned", "certificate", at("/unpinned.cer"), "", ("refused", "R1840")),
        ("list", "master_list", at("/list.ml"), "", ("taken", "-")),
        ("moved", "master_list", at("/moved"), "", ("taken", "-")),
        ("mirror", "master_list", mirrored, "", ("taken", "-")),
        ("missing", "master_list", at("/missing"), "", ("failed", "status")),
        ("gone", "master_list", at("/gone"), "", ("failed", "status")),
        ("stall", "master_list", at("/stall"), "timeout_s = 1", ("failed", "timeout")),
        ("drip", "master_list", at("/drip"), "timeout_s = 1", ("failed", "timeout")),
        ("cut", "master_list", at("/cut"), "", ("failed", "truncated")),
        ("closed", "master_list", at("/closed"), "", ("failed", "truncated")),
        ("huge", "master_list", at("/huge"), "", ("failed", "too_large")),
        ("endless", "master_list", at("/endless"), "max_bytes = 1000000", ("failed", "too_large")),
        ("login", "master_list", at("/login"), "", ("failed", "content")),
        ("empty", "master_list", at("/empty"), "", ("failed", "content")),
        ("other-kind", "master_list", at("/vn.crl"), "", ("failed", "content")),
        ("babble", "master_list", at("/babble"), "", ("failed", "protocol")),
        ("loop", "master_list", at("/loop"), "", ("failed", "redirects")),
        ("not-asked", "master_list", at("/not-asked"), "", ("failed", "status")),
        ("refusing", "master_list", "http://127.0.0.1:1/a".to_owned(), "", ("failed", "unreachable")),
        ("no-file", "crl", "file:///no/such/file.crl".to_owned(), "", ("failed", "file")),
        ("vn-crl", "crl", at("/vn.crl"), "", ("taken", "-")),
        ("altered", "crl", at("/altered.crl"), "", ("refused", "R1814")),
    ];
    let policy: Vec<String> =
        table.iter().map(|(name, kind, url, more, _)| source(name, kind, url, more)).collect();
    let store = Store::new("refresh", &policy.concat());
    store.add("vn.cer", &csca(), &[]).exits(0);
    let begun = Instant::now();
    let document = store.trust(&["refresh"]).exits(1).json();
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let rows = rows(&document);
    assert_eq!(rows.len(), table.len());
    for (name, .., expected) in &table {
        let row = rows.iter().find(|row| row["name"] == *name).unwrap();
        assert_eq!(outcome(row), *expected, "{row}");
        if expected.0 == "failed" {
            for key in ["text", "remedy"] {
                assert!(!row["fault"][key].as_str().unwrap().starts_with("trust-fault"), "{row}");
            }
            assert!(row["last_success"].is_null(), "{row}");
        } else if expected.0 == "taken" {
            assert!(row["last_success"].is_string(), "{row}");
        }
    }
    // The sound ones are there, those of the others are not.
    assert_eq!(store.anchors().len(), 3);
    let listed = store.trust(&["list"]).exits(0).json();
    assert_eq!(listed["revocation_lists"].as_array().unwrap().len(), 1);
    let sources: Vec<Value> = store.anchors().iter().map(|anchor| anchor["source"].clone()).collect();
    assert!(sources.contains(&json!(at("/list.ml"))), "provenance is the address: {sources:?}");
    // What failed is told by `check` until it does not.
    let checked = store.trust(&["check"]).json();
    let failed = checked["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["finding"] == "source_failed")
        .count();
    assert_eq!(failed, table.iter().filter(|(.., (outcome, _))| *outcome != "taken").count(), "{checked}");
}

#[test]
fn what_did_not_change_is_not_sent_again() {
    let server = Server::start();
    let url = format!("{}/list.ml", server.url);
    server.at("/list.ml", Reply::Tagged(master_list(now()), "\"v1\""));
    let policy = source("list", "master_list", &url, "");
    let store = Store::new("conditional", &policy);
    store.add("vn.cer", &csca(), &[]).exits(0);
    let refresh =
        |words: &[&str]| rows(&store.trust(&[&["refresh"], words].concat()).exits(0).json())[0].clone();
    assert_eq!(outcome(&refresh(&[])), ("taken", "-"));
    assert!(!server.heads("/list.ml")[0].contains("if-none-match"));
    assert_eq!(outcome(&refresh(&[])), ("unchanged", "-"));
    let second = &server.heads("/list.ml")[1];
    assert!(
        second.contains("if-none-match: \"v1\"") && second.contains("if-modified-since: sat, 31 jan 2026"),
        "{second}"
    );
    // Not yet due: nobody is asked.
    assert_eq!(outcome(&refresh(&["--if-due"])), ("not_due", "-"));
    assert_eq!(outcome(&refresh(&["--if-due", "list"])), ("not_due", "-"));
    assert_eq!(server.heads("/list.ml").len(), 2);
    // What the policy refused before, it may take now: asked without conditions.
    store.policy(&format!("[introduce]\ncountries = [\"VN\"]\n{policy}"));
    assert_eq!(outcome(&refresh(&[])), ("taken", "-"));
    // A new version.
    server.at("/list.ml", Reply::Tagged(master_list(now()), "\"v2\""));
    assert_eq!(outcome(&refresh(&[])), ("taken", "-"));
    // Another address under the same name knows nothing of the old one.
    server.at("/other.ml", Reply::Tagged(master_list(now()), "\"v2\""));
    store.policy(&source("list", "master_list", &format!("{}/other.ml", server.url), ""));
    assert_eq!(outcome(&refresh(&["--if-due"])), ("taken", "-"));
    assert!(!server.heads("/other.ml")[0].contains("if-none-match"));
}

#[test]
fn an_older_list_never_replaces_the_one_at_hand() {
    const DAY_S: i64 = 86_400;
    let server = Server::start();
    let url = |path: &str| format!("{}{path}", server.url);
    server.at("/list.ml", ok(&master_list(now())));
    server.at("/vn.crl", ok(&VIETNAM.revocation_list(now(), Vec::new())));
    let policy =
        source("list", "master_list", &url("/list.ml"), "") + &source("crl", "crl", &url("/vn.crl"), "");
    let store = Store::new("older", &policy);
    store.add("vn.cer", &csca(), &[]).exits(0);
    store.trust(&["refresh"]).exits(0);
    let before = store.trust(&["list"]).exits(0).json();
    server.at("/list.ml", ok(&master_list(now() - 10 * DAY_S)));
    server.at("/vn.crl", ok(&VIETNAM.revocation_list(now() - 10 * DAY_S, Vec::new())));
    let document = store.trust(&["refresh"]).exits(1).json();
    let outcomes: Vec<_> = rows(&document).iter().map(|row| outcome(row).1.to_owned()).collect();
    assert_eq!(outcomes, ["R1845", "R1815"], "{document}");
    assert_eq!(store.trust(&["list"]).exits(0).json(), before);
    // The last success is still told.
    assert!(rows(&document).iter().all(|row| row["last_success"].is_string()), "{document}");
}

#[test]
fn a_source_that_is_not_there_is_named() {
    let store = Store::new("unknown", &source("list", "master_list", "http://127.0.0.1:1/", ""));
    let error = store.trust(&["refresh", "lsit"]).error("E2001");
    assert!(error["text"].as_str().unwrap().contains("lsit"), "{error}");
    store.policy("");
    store.trust(&["refresh"]).error("E2008");
    // For people, in their language.
    store.policy(&source("list", "master_list", "http://127.0.0.1:1/", ""));
    let words = ["trust", "refresh", "--trust", &store.store, "--lang", "vi"];
    let told = super::idterm(&words).done().exits(1);
    assert!(told.stdout.contains("tường lửa") && told.stdout.contains("http://127.0.0.1:1/"), "{told}");
}
