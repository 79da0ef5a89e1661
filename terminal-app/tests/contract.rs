//! The outside of the program: documents, keys and exit statuses that scripts rely on. `docs/CLI.md` describes them.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::document::{assert_report, is_moment, is_sha256, keys, set};
use common::{Folder, GOOD_NUMBER, authority_files, check, idterm, now, trust_store, zone};
use reader_core::evidence::Reason;
use serde_json::json;
use test_vectors::persona;

#[test]
fn the_report_has_its_keys_and_words() {
    for persona in
        ["good", "good-bac", "changed-dg2-byte", "untrusted-csca", "sod-corrupt", "foreign-passport"]
    {
        let done = idterm(&["demo", "--persona", persona, "--json"]).done();
        let report = done.json();
        assert_report(&report);
        let (verdict, status) = (report["verdict"].as_str().unwrap(), done.status.unwrap());
        assert_eq!(
            status,
            match verdict {
                "accept" => 0,
                "reject" => 3,
                _ => 4,
            },
            "{done}"
        );
    }
    let good = idterm(&["demo", "--json"]).done().exits(0).json();
    assert!(good["link"]["apdus"].as_u64().unwrap() <= 112, "{good}");
    let holder = &good["holder"];
    assert_eq!(holder["number"], GOOD_NUMBER);
    assert_eq!(holder["name"], "NGUYỄN VĂN MẪU");
    let dates = persona::find("good").unwrap().dates(now());
    let written = |date: test_vectors::issuer::calendar::Date| {
        format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
    };
    assert_eq!(holder["birth_date"], written(dates.birth));
    assert_eq!(holder["expiry_date"], written(dates.expires));
    assert_eq!(holder["details"]["issued"], written(dates.issued));
    assert_eq!(holder["sex"], "M");
    // The chip's proofs: one that anyone can check again, one that only this terminal saw.
    assert_eq!(check(&good, "chip.chip_authentication")["witness"], "this_terminal");
    assert_eq!(check(&good, "chip.active_authentication")["witness"], "anyone");
}

#[test]
fn under_an_unknown_signer_nobody_is_named() {
    for persona in ["untrusted-csca", "foreign-passport", "sod-corrupt"] {
        let done = idterm(&["demo", "--persona", persona, "--json"]).done();
        assert!(done.json()["holder"].is_null(), "{done}");
        let name = persona::find(persona).unwrap().holder.full_name;
        assert!(!done.stdout.contains(name), "{persona}: not by another way either");
        let people = idterm(&["demo", "--persona", persona]).done();
        assert!(!people.all().contains(name), "{people}");
    }
    // Without any anchor the sound card proves no more than that.
    let folder = Folder::new("nobody");
    let words = [
        "verify",
        "--reader",
        "sim:good",
        "--number",
        GOOD_NUMBER,
        "--trust",
        &folder.join("none"),
        "--json",
    ];
    let report = idterm(&words).done().exits(4).json();
    assert_eq!(check(&report, "passive.signer_chain")["reason"], "R1203");
    assert!(report["holder"].is_null());
    for id in ["chip.chip_authentication", "chip.active_authentication"] {
        assert_ne!(check(&report, id)["outcome"], "confirmed", "{id}: an unproved key proves no chip");
    }
}

#[test]
fn quiet_language_and_json_keep_the_streams_apart() {
    let done = idterm(&["demo", "--quiet"]).done().exits(0);
    assert_eq!(done.stderr, "", "{done}");
    for language in ["vi", "en"] {
        let done =
            idterm(&["demo", "--persona", "expired-card", "--json", "--lang", language]).done().exits(3);
        let text = done.json()["reasons"][0]["text"].as_str().unwrap().to_owned();
        assert_eq!(text.is_ascii(), language == "en", "{text}");
        assert_eq!(done.stderr, "", "no terminal, no progress: {done}");
    }
    let by_environment = idterm(&["demo"]).env("LC_ALL", "vi_VN.UTF-8").done().exits(0);
    assert!(by_environment.stdout.contains("CHẤP NHẬN"), "{by_environment}");
    assert!(!by_environment.stdout.contains('\u{1b}'), "no colours but on a terminal");
}

#[test]
fn what_opens_the_chip_comes_from_options_files_or_standard_input() {
    let folder = Folder::new("access");
    let store = trust_store(&folder);
    let access = persona::find("good").unwrap().access(now());
    let number = folder.write("number.txt", format!("{GOOD_NUMBER}\n"));
    let mrz = folder.write("mrz.txt", zone("good"));
    let qr = format!("{GOOD_NUMBER}|090001000|NGUYỄN VĂN MẪU|15031996|Nam|Số 12|21112024");
    let with = |words: &[&str], stdin: Option<&str>| {
        let fixed = ["verify", "--reader", "sim:good", "--trust", &store, "--json"];
        let run = idterm(&[&fixed[..], words].concat());
        let done = match stdin {
            Some(text) => run.stdin(text).done(),
            None => run.done(),
        };
        let report = done.json();
        assert_eq!(check(&report, "access.pace")["outcome"], "confirmed", "{done}");
        (check(&report, "consistency.presented_dg1")["outcome"].as_str().unwrap().to_owned(), done.status)
    };
    let proved = ("confirmed".to_owned(), Some(0));
    assert_eq!(with(&["--number", GOOD_NUMBER], None), proved);
    assert_eq!(with(&["--number", &format!("@{number}")], None), proved);
    assert_eq!(with(&["--number", "-"], Some(GOOD_NUMBER)), proved);
    assert_eq!(with(&["--mrz", &format!("@{mrz}")], None), proved);
    assert_eq!(with(&["--mrz", "-"], Some(&zone("good"))), proved);
    assert_eq!(with(&["--can", "-"], Some("001000\n")).1, Some(0));
    assert_eq!(
        with(
            &["--document", &access.document_number, "--birth", &access.birth, "--expiry", &access.expiry],
            None
        ),
        proved
    );
    // The birth date in the code has to be the holder's.
    let birth = &persona::find("good").unwrap().dates(now()).birth;
    let qr = qr.replace("15031996", &format!("{:02}{:02}{:04}", birth.day, birth.month, birth.year));
    assert_eq!(with(&["--qr", "-"], Some(&qr)).0, "confirmed");
}

#[test]
fn the_trust_store_adds_lists_and_checks() {
    let folder = Folder::new("store");
    let files = authority_files(&folder);
    let store = folder.join("store");
    let mut words = vec!["trust", "add", "--json", "--trust", &store];
    words.extend(files.iter().map(String::as_str));
    let added = idterm(&words).done().exits(0).json();
    let expected = json!({"added": files.len(), "known": 0, "removed": [], "absent": 0, "refused": []});
    assert_eq!(added, expected);
    let again = idterm(&words).done().exits(0).json();
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(files.len())), "{again}");
    let listed = idterm(&["trust", "list", "--json", "--trust", &store]).done().exits(0).json();
    let anchors = listed["anchors"].as_array().unwrap();
    assert_eq!(anchors.len(), persona::trust_anchors(now()).len());
    let all = [
        "country",
        "subject",
        "sha256",
        "key",
        "signature",
        "not_before",
        "not_after",
        "source",
        "imported_at",
        "verified_by",
    ];
    for anchor in anchors {
        assert_eq!(keys(anchor), set(&all), "{anchor}");
        assert_eq!((&anchor["country"], &anchor["verified_by"]), (&json!("VN"), &json!("self")), "{anchor}");
        assert!(
            is_sha256(&anchor["sha256"])
                && is_moment(&anchor["not_before"])
                && is_moment(&anchor["not_after"])
        );
    }
    assert!(
        anchors.iter().any(|a| a["key"] == "brainpoolP512r1" && a["signature"] == "ecdsa-sha512"),
        "{listed}"
    );
    let checked = idterm(&["trust", "check", "--json", "--trust", &store]).done().exits(0).json();
    assert!(keys(&checked).is_superset(&set(&["anchors", "revocation_lists", "findings"])), "{checked}");
    // A master list is taken once its signer is pinned or trusted.
    let list = folder.write("list.ml", persona::master_list(now()));
    let done = idterm(&["trust", "add", &list, "--json", "--trust", &store]).done().exits(0);
    assert_eq!(done.json()["known"], anchors.len(), "{done}");
    let empty = folder.join("empty-store");
    let done = idterm(&["trust", "add", &list, "--json", "--trust", &empty]).done().exits(1);
    let refused = &done.json()["refused"][0];
    assert_eq!(keys(refused), set(&["subject", "sha256", "code", "text"]), "{done}");
    assert_eq!(refused["code"], "R1809", "{done}");
}

#[test]
fn bench_compares_strategies_of_reading() {
    let bench = idterm(&["bench", "--json"]).done().exits(0).json();
    let strategies = bench["strategies"].as_array().unwrap();
    for row in strategies.iter().chain(bench["minimum"].as_array().unwrap()) {
        assert!(
            keys(row).is_superset(&set(&["name", "apdus", "bytes", "modelled_ms", "proved_text_ms"])),
            "{row}"
        );
        assert_eq!(keys(&row["modelled_ms"]), set(&["106", "212", "424", "848"]), "{row}");
        assert!(
            row["proved_text_ms"]["424"].as_u64().unwrap() <= row["modelled_ms"]["424"].as_u64().unwrap()
        );
    }
    let of =
        |name: &str| strategies.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}"));
    let ours = of("ours-short");
    assert!(ours["apdus"].as_u64().unwrap() <= 112, "{ours}");
    assert!(
        ours["proved_text_ms"]["424"].as_u64().unwrap() * 2 < ours["modelled_ms"]["424"].as_u64().unwrap(),
        "{ours}"
    );
    assert!(of("ours-extended")["apdus"].as_u64() < ours["apdus"].as_u64());
    for name in ["jmrtd", "gmrtd"] {
        of(name);
    }
    assert_eq!(bench["simulated"], json!(["chip"]));
}

#[test]
fn explain_knows_every_code() {
    for reason in Reason::ALL {
        let code = reason.code();
        for language in ["vi", "en"] {
            let explained = idterm(&["explain", &code, "--json", "--lang", language]).done().exits(0).json();
            assert_eq!(explained["code"], code);
            for key in ["meaning", "text", "explanation"] {
                assert!(explained[key].as_str().is_some_and(|text| text.len() > 8), "{key} of {explained}");
            }
        }
        // One is enough for both letters.
        if reason.number() == 1203 {
            idterm(&["explain", &code.to_lowercase()]).done().exits(0);
        }
    }
    let error = idterm(&["explain", "E1001", "--json"]).done().exits(0).json();
    assert_eq!(keys(&error), set(&["code", "meaning", "text", "remedy"]));
}

#[test]
fn zones_and_codes_are_decoded() {
    let good = persona::find("good").unwrap().access(now());
    let decoded = idterm(&["mrz", "-", "--json"]).stdin(&zone("good")).done().exits(0).json();
    assert_eq!(decoded["number"], GOOD_NUMBER);
    assert_eq!(decoded["can"].as_str(), good.can.as_deref());
    assert_eq!(
        (&decoded["issuer"], &decoded["format"], &decoded["sex"]),
        (&json!("VNM"), &json!("TD1"), &json!("M"))
    );
    assert_eq!(decoded["document_number"], good.document_number);
    assert!(decoded["checks"].as_array().unwrap().iter().all(|check| check["holds"] == true), "{decoded}");
    let people = idterm(&["mrz", "-", "--lang", "vi"]).stdin(&zone("good")).done().exits(0);
    for wanted in ["Giới tính                    Nam", "số kiểm tra: ngày sinh"] {
        assert!(people.stdout.contains(wanted), "{people}");
    }
    let wrong = zone("good").replacen(&good.birth, "000101", 1);
    let decoded = idterm(&["mrz", &wrong, "--json"]).done().exits(3).json();
    assert!(decoded["checks"].as_array().unwrap().iter().any(|check| check["holds"] == false), "{decoded}");
    let folder = Folder::new("qr");
    let text = format!("{GOOD_NUMBER}|090001000|NGUYỄN VĂN MẪU|15031996|Nam|Số 12|21112024");
    let file = folder.write("qr.txt", &text);
    let decoded = idterm(&["qr", &format!("@{file}"), "--json"]).done().exits(0).json();
    assert_eq!((&decoded["kind"], &decoded["number"]), (&json!("card"), &json!(GOOD_NUMBER)), "{decoded}");
    assert_eq!(
        (&decoded["birth_date"], &decoded["can"]),
        (&json!("1996-03-15"), &json!("001000")),
        "{decoded}"
    );
}

#[test]
fn help_names_commands_with_examples() {
    let help = idterm(&["--help"]).done().exits(0);
    for command in
        ["readers", "read", "verify", "inspect", "explain", "trust", "mrz", "qr", "demo", "doctor", "bench"]
    {
        assert!(help.stdout.contains(&format!("  {command} ")), "{command}\n{help}");
    }
    for words in
        [&["verify", "--help"][..], &["read", "--help"], &["inspect", "--help"], &["trust", "add", "--help"]]
    {
        assert!(idterm(words).done().exits(0).stdout.contains("Example"), "{words:?}");
    }
    assert!(idterm(&["--version"]).done().exits(0).stdout.starts_with("idterm "));
}
