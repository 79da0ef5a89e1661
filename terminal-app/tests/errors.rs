//! What goes wrong around a verification: each message says what, where and what to do, with the right exit status, and
//! carries no number of a person and no secret.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use common::{Done, Folder, GOOD_NUMBER, authority_files, check, idterm, reasons, trust_store, zone};
use serde_json::json;
use test_vectors::gateway::{
    DEFAULT_FACILITY, DEFAULT_PASSWORD, Fault, FaultRule, Gateway, GatewayOptions, Scope,
};

/// Neither a person's number nor a password may stand in it.
fn discreet(done: &Done) {
    for secret in [GOOD_NUMBER, "001000", DEFAULT_PASSWORD, "NGUYỄN"] {
        assert!(!done.all().contains(secret), "{secret}\n{done}");
    }
}

#[test]
fn a_wrong_number_says_so_and_is_not_repeated() {
    let folder = Folder::new("wrong-can");
    let out = folder.join("out");
    for words in [
        vec!["verify", "--reader", "sim:good", "--can", "135790", "--json"],
        vec!["read", "--reader", "sim:good", "--can", "135790", "--out", &out, "--json"],
    ] {
        let done = idterm(&words).done();
        let error = done.error("E1005");
        assert!(error["text"].as_str().unwrap().contains("not this card's"), "{done}");
        assert!(error["remedy"].as_str().unwrap().contains("Check the number"), "{done}");
        assert!(!done.all().contains("135790"), "{done}");
    }
    assert!(!std::path::Path::new(&out).exists(), "nothing was read, nothing is written");
    let people = idterm(&["verify", "--reader", "sim:good", "--can", "135790"]).done().exits(1);
    assert_eq!(people.stdout, "", "{people}");
    for wanted in ["E1005", "What to do:"] {
        assert!(people.stderr.contains(wanted), "{people}");
    }
    let people =
        idterm(&["verify", "--reader", "sim:good", "--can", "135790", "--lang", "vi"]).done().exits(1);
    for wanted in ["E1005", "Không mở được chip", "sáu số cuối"] {
        assert!(people.stderr.contains(wanted), "{people}");
    }
}

#[test]
fn a_card_of_the_older_kind_says_what_opens_it() {
    let done = idterm(&["verify", "--reader", "sim:good-bac", "--number", GOOD_NUMBER, "--json"]).done();
    let error = done.error("E1005");
    assert!(error["remedy"].as_str().unwrap().contains("machine-readable zone"), "{done}");
    discreet(&done);
    let done = idterm(&["verify", "--reader", "sim:good-bac", "--mrz", &zone("good"), "--json"]).done();
    done.error("E1005");
    discreet(&done);
}

#[test]
fn without_the_service_a_reader_is_not_blamed() {
    for words in
        [vec!["readers", "--json"], vec!["verify", "--reader", "ACR", "--number", GOOD_NUMBER, "--json"]]
    {
        // Where the client library looks for the service.
        let done = idterm(&words).env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm").done();
        let error = done.error("E1001");
        assert!(error["remedy"].as_str().unwrap().contains("pcscd"), "{done}");
        discreet(&done);
    }
    let doctor = idterm(&["doctor", "--json"]).env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm").done();
    let items = doctor.json()["items"].as_array().unwrap().clone();
    let service = items.iter().find(|item| item["what"] == "PC/SC").unwrap();
    assert_eq!((&service["state"], doctor.status), (&json!("bad"), Some(1)), "{doctor}");
    assert!(service["remedy"].as_str().unwrap().contains("pcscd"), "{doctor}");
    let people =
        idterm(&["doctor", "--lang", "vi"]).env("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm").done();
    for wanted in ["kho tin cậy", "chưa tin cậy ai", "đồng hồ"] {
        assert!(people.stdout.contains(wanted), "{people}");
    }
    assert!(!people.stdout.contains("doctor-"), "{people}");
}

#[test]
fn a_broken_site_file_lists_every_fault() {
    let folder = Folder::new("site");
    let faulty = folder.write(
        "desk.toml",
        "inherits = \"base\"\n[read]\ngroups = [\"DG2\", \"DG99\"]\n[screen]\nlanguages = [\"xx\"]\n[rules]\n\
         \"passive.hashes\" = \"maybe\"\n\"passive.hushes\" = \"require\"\n[services.insurance]\nkind = \"pigeon\"\n",
    );
    let done = idterm(&["demo", "--site", &faulty, "--json"]).done();
    let error = done.error("E2003");
    for fault in ["desk", "DG99", "DG1 is needed", "\"xx\"", "maybe", "passive.hushes", "pigeon"] {
        assert!(error["text"].as_str().unwrap().contains(fault), "{fault}\n{done}");
    }
    let mistyped = folder.write("typo.toml", "inherits = \"base\"\n[read]\ngruops = []\n");
    let done = idterm(&["demo", "--site", &mistyped, "--json"]).done();
    let text = done.error("E2003")["text"].as_str().unwrap().to_owned();
    assert!(text.contains("typo.toml:3: read.gruops"), "{done}");
    let done = idterm(&["demo", "--site", "nowhere", "--json"]).done();
    let error = done.error("E2003");
    assert!(error["text"].as_str().unwrap().contains("hospital"), "the built-in ones are named: {done}");
    assert!(error["remedy"].as_str().unwrap().contains("--site"), "{done}");
    let circle = folder.write("circle.toml", "inherits = \"circle\"\n");
    let text = idterm(&["demo", "--site", &circle, "--json"]).done().error("E2003");
    assert!(text["text"].as_str().unwrap().contains("circle"), "{text}");
}

#[test]
fn services_with_faulty_settings_are_named() {
    let folder = Folder::new("settings");
    let site = folder.write(
        "desk.toml",
        "inherits = \"base\"\n[services.insurance.settings]\nbase_url = \"http://gateway.example\"\nfacility = \"\"\n\
         password = { env = \"X\" }\n",
    );
    let done =
        idterm(&["verify", "--reader", "sim:good", "--number", GOOD_NUMBER, "--site", &site, "--json"])
            .done();
    let error = done.error("E2003");
    for fault in ["insurance", "base_url", "facility"] {
        assert!(error["text"].as_str().unwrap().contains(fault), "{fault}\n{done}");
    }
    discreet(&done);
}

#[test]
fn what_is_no_certificate_is_refused_by_name_and_reason() {
    let folder = Folder::new("trust-add");
    let files = authority_files(&folder);
    let whole = std::fs::read(&files[0]).unwrap();
    let store = folder.join("store");
    let cut = folder.write("cut.cer", &whole[..whole.len() / 2]);
    let mut altered_bytes = whole.clone();
    *altered_bytes.last_mut().unwrap() ^= 1;
    let altered = folder.write("altered.cer", &altered_bytes);
    let text = folder.write("readme.txt", "not a certificate");
    let empty = folder.write("empty.cer", "");
    for (file, code) in [(&cut, "R1801"), (&altered, "R1802"), (&text, "R1801"), (&empty, "R1801")] {
        let done = idterm(&["trust", "add", file, "--trust", &store, "--json"]).done().exits(1);
        let added = done.json();
        assert_eq!((&added["added"], &added["known"]), (&json!(0), &json!(0)), "{done}");
        assert_eq!(added["refused"][0]["code"], code, "{done}");
        assert!(added["refused"][0]["text"].as_str().is_some_and(|text| text.len() > 10), "{done}");
        let people = idterm(&["trust", "add", file, "--trust", &store]).done().exits(1);
        assert!(people.stdout.contains(file.as_str()) && people.stdout.contains(code), "{people}");
    }
    // One good file among bad ones is taken.
    let done = idterm(&["trust", "add", &cut, &files[0], "--trust", &store, "--json"]).done().exits(0);
    assert_eq!(
        (&done.json()["added"], done.json()["refused"].as_array().unwrap().len()),
        (&json!(1), 1),
        "{done}"
    );
    // A file without an end is cut off and refused, not read for ever.
    let huge = folder.join("huge.cer");
    std::fs::File::create(&huge).unwrap().set_len((256 << 20) + 1).unwrap();
    let done = idterm(&["trust", "add", &huge, "--trust", &store, "--json"]).done();
    assert!(done.error("E1006")["text"].as_str().unwrap().contains("limit"), "{done}");
    let missing = folder.join("missing.cer");
    let done = idterm(&["trust", "add", &missing, "--trust", &store, "--json"]).done();
    assert!(done.error("E1006")["text"].as_str().unwrap().contains("missing.cer"), "{done}");
    let done = idterm(&["trust", "add", &files[0], "--pin", "abc", "--trust", &store, "--json"]).done();
    assert!(done.error("E2001")["text"].as_str().unwrap().contains("64 hex"), "{done}");
}

#[test]
fn an_altered_trust_store_is_not_used() {
    let folder = Folder::new("altered-store");
    let store = trust_store(&folder);
    let words = ["verify", "--reader", "sim:good", "--number", GOOD_NUMBER, "--trust", &store, "--json"];
    idterm(&words).done().exits(0);
    let entries = std::fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().path());
    let object =
        entries.into_iter().find(|path| path.extension().is_some_and(|found| found == "pack")).unwrap();
    let mut bytes = std::fs::read(&object).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&object, &bytes).unwrap();
    let name = object.file_name().unwrap().to_str().unwrap();
    for words in [&words[..], &["trust", "list", "--trust", &store, "--json"]] {
        let done = idterm(words).done();
        assert!(done.error("E1008")["text"].as_str().unwrap().contains(name), "{done}");
        discreet(&done);
    }
    std::fs::remove_file(&object).unwrap();
    let done = idterm(&words).done();
    assert!(done.error("E1008")["text"].as_str().unwrap().contains(name), "{done}");
    std::fs::write(std::path::Path::new(&store).join("index.json"), "{").unwrap();
    let done = idterm(&words).done();
    assert!(done.error("E1008")["text"].as_str().unwrap().contains("index.json"), "{done}");
}

#[test]
fn a_corrupt_sod_is_a_finding() {
    let folder = Folder::new("sod");
    let store = trust_store(&folder);
    let out = folder.join("out");
    idterm(&["read", "--reader", "sim:good", "--number", GOOD_NUMBER, "--out", &out, "--json"])
        .done()
        .exits(0);
    let sod = std::path::Path::new(&out).join("EF.SOD.bin");
    let whole = std::fs::read(&sod).unwrap();
    for cut in [0, 1, 4, 60, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&sod, &whole[..cut]).unwrap();
        let done = idterm(&["inspect", &out, "--trust", &store, "--json"]).done().exits(3);
        let report = done.json();
        assert_eq!(check(&report, "passive.sod_signature")["reason"], "R1202", "{cut}: {done}");
        assert!(reasons(&report).iter().any(|(code, _)| code == "R1202"), "{cut}: {done}");
        assert!(report["holder"].is_null(), "{cut}");
    }
}

#[test]
fn capture_folders_that_are_none() {
    let folder = Folder::new("captures");
    for (name, content, code, words) in [
        ("nothing.txt", "", "E1006", "EF.SOD.bin"),
        ("capture.json", "{", "E1006", "capture.json"),
        ("capture.json", "{\"schema\":\"other/9\"}", "E1006", "other/9"),
    ] {
        let own = Folder::new("capture");
        own.write(name, content);
        let done = idterm(&["inspect", own.path().to_str().unwrap(), "--json"]).done();
        let error = done.error(code);
        assert!(format!("{error}").contains(words), "{done}");
    }
    let large = Folder::new("large");
    std::fs::File::create(large.path().join("DG2.bin")).unwrap().set_len(5 << 20).unwrap();
    let done = idterm(&["inspect", large.path().to_str().unwrap(), "--json"]).done();
    assert!(done.error("E1006")["text"].as_str().unwrap().contains("DG2.bin"), "{done}");
    let done = idterm(&["inspect", &folder.join("missing"), "--json"]).done();
    assert!(done.error("E1006")["text"].as_str().unwrap().contains("missing"), "{done}");
    let full = Folder::new("full");
    full.write("letter.txt", "mine");
    let path = full.path().to_str().unwrap();
    let done =
        idterm(&["read", "--reader", "sim:good", "--number", GOOD_NUMBER, "--out", path, "--json"]).done();
    assert!(done.error("E1007")["text"].as_str().unwrap().contains("not empty"), "{done}");
    assert_eq!(std::fs::read_dir(path).unwrap().count(), 1);
}

#[test]
fn wrong_use_is_said_in_json_too() {
    for (words, code, wanted) in [
        (&["demo", "--persona", "nobody", "--json"][..], "E2006", "nobody"),
        (&["verify", "--reader", "sim:nobody", "--can", "123456", "--json"], "E2006", "nobody"),
        (&["explain", "R9999", "--json"], "E2005", "R9999"),
        (&["explain", "nonsense", "--json"], "E2005", "nonsense"),
        (&["demo", "--lang", "xx", "--json"], "E2001", "vi"),
        (&["frobnicate", "--json"], "E2001", "frobnicate"),
        (&["verify", "--json"], "E2001", "--reader"),
        (&["verify", "--reader", "sim:good", "--json"], "E2002", "open the chip"),
        (&["verify", "--reader", "sim:good", "--number", "12", "--json"], "E2002", "12 digits"),
        (&["verify", "--reader", "sim:good", "--can", "12345x", "--json"], "E2002", ""),
        (
            &["verify", "--reader", "sim:good", "--can", "123456", "--number", "1", "--json"],
            "E2002",
            "one of",
        ),
        (
            &["read", "--reader", "sim:good", "--can", "1", "--out", "x", "--groups", "DG17", "--json"],
            "E2001",
            "DG17",
        ),
        (&["inspect", ".", "--at", "yesterday", "--json"], "E2001", "YYYY-MM-DD"),
        (&["inspect", ".", "--at", "2026-02-30", "--json"], "E2001", "2026-02-30"),
        (&["mrz", "xx", "--json"], "E2002", "zone"),
        (&["qr", "xx", "--json"], "E2002", "QR"),
    ] {
        let done = idterm(words).done();
        let error = done.error(code);
        assert!(error["text"].as_str().unwrap().contains(wanted), "{wanted}\n{done}");
        assert_eq!(done.stderr, "", "{done}");
    }
    let people = idterm(&["verify"]).done().exits(2);
    assert!(people.stderr.contains("--reader") && people.stdout.is_empty(), "{people}");
    let missing = idterm(&["verify", "--reader", "sim:good", "--can", "@/nonexistent/can", "--json"]).done();
    assert!(missing.error("E1006")["text"].as_str().unwrap().contains("/nonexistent/can"), "{missing}");
}

/// A site that asks a gateway at `url`.
fn site(folder: &Folder, url: &str) -> String {
    folder.write(
        "asks.toml",
        format!(
            "inherits = \"base\"\n[services.insurance.settings]\nbase_url = \"{url}\"\nfacility = \"{DEFAULT_FACILITY}\"\n\
             password = {{ env = \"IDTERM_TEST_PASSWORD\" }}\nretries = 0\nconnect_timeout_ms = 500\n\
             total_timeout_ms = 900\nstaff = {{ name = \"CAN BO THU\", number = \"090000000999\" }}\n"
        ),
    )
}

fn ask(folder: &Folder, store: &str, url: &str) -> Done {
    let site = site(folder, url);
    let words =
        ["verify", "--reader", "sim:good", "--number", GOOD_NUMBER, "--trust", store, "--site", &site];
    let started = Instant::now();
    let done =
        idterm(&[&words[..], &["--json"]].concat()).env("IDTERM_TEST_PASSWORD", DEFAULT_PASSWORD).done();
    assert!(started.elapsed() < Duration::from_secs(20), "{done}");
    assert!(!done.all().contains(DEFAULT_PASSWORD), "{done}");
    done
}

#[test]
fn a_gateway_that_answers_is_named_as_simulated() {
    let folder = Folder::new("gateway");
    let store = trust_store(&folder);
    let gateway = Gateway::start(GatewayOptions::default()).unwrap();
    let report = ask(&folder, &store, &gateway.url()).exits(0).json();
    assert_eq!(report["simulated"], json!(["chip", "gateway"]), "{report}");
    assert_eq!(report["services"][0]["code"], "000", "{report}");
}

#[test]
fn a_gateway_that_is_down_or_silent_refers_and_says_where() {
    let folder = Folder::new("gateway-down");
    let store = trust_store(&folder);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let fails = |fault: Fault| {
        let faults = vec![FaultRule::always(Scope::Any, fault)];
        Gateway::start(GatewayOptions { faults, ..GatewayOptions::default() }).unwrap()
    };
    let stalls = fails(Fault::Stall { ms: 60_000 });
    let page = fails(Fault::WrongContentType);
    let garbage = fails(Fault::GarbageJson);
    let error = fails(Fault::Status(500));
    for (what, url) in [
        ("closed", format!("http://{closed}")),
        ("stalls", stalls.url()),
        ("page", page.url()),
        ("garbage", garbage.url()),
        ("error", error.url()),
    ] {
        let done = ask(&folder, &store, &url).exits(4);
        let report = done.json();
        let found = check(&report, "service.insurance");
        assert_eq!(found["outcome"], "aborted", "{what}: {done}");
        assert!(["R1603", "R1604"].contains(&found["reason"].as_str().unwrap()), "{what}: {done}");
        let address = url.trim_start_matches("http://");
        let detail = found["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(address), "{what}: it says where\n{done}");
        assert!(!detail.contains(GOOD_NUMBER) && !detail.contains("token="), "{what}: {done}");
        let only: Vec<_> = reasons(&report).into_iter().map(|(_, check)| check).collect();
        assert_eq!(only, ["service.insurance"], "{what}: the card itself is in order");
        assert_eq!(report["simulated"][0], "chip");
    }
}

#[test]
fn a_password_that_is_not_there_is_named_by_its_place() {
    let folder = Folder::new("password");
    let store = trust_store(&folder);
    let gateway = Gateway::start(GatewayOptions::default()).unwrap();
    let site = site(&folder, &gateway.url());
    let words =
        ["verify", "--reader", "sim:good", "--number", GOOD_NUMBER, "--trust", &store, "--site", &site];
    let done = idterm(&[&words[..], &["--json"]].concat()).done().exits(4);
    assert!(done.stdout.contains("IDTERM_TEST_PASSWORD"), "{done}");
    let found = check(&done.json(), "service.insurance").clone();
    assert_eq!((&found["outcome"], &found["reason"]), (&json!("undetermined"), &json!("R1601")), "{done}");
    let wrong =
        idterm(&[&words[..], &["--json"]].concat()).env("IDTERM_TEST_PASSWORD", "hunter2").done().exits(4);
    assert!(!wrong.all().contains("hunter2"), "{wrong}");
    assert_eq!(reasons(&wrong.json()).len(), 1, "{wrong}");
}
