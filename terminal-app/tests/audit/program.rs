//! `idterm audit …`, as scripts and people use it.

use std::fs;

use super::common::idterm;
use super::{Kept, lines};

#[test]
fn verify_says_what_it_found_by_status_and_in_words() {
    let kept = Kept::of("audit-program", 1_000, 6);
    let folder = kept.log.path().to_str().unwrap().to_owned();
    let said = idterm(&["audit", "verify", &folder, "--json"]).done().exits(0).json();
    assert_eq!((&said["intact"], &said["key_known"]), (&true.into(), &false.into()), "{said}");
    let key = said["key"].as_str().unwrap().to_owned();
    let known =
        idterm(&["audit", "verify", "--audit", &folder, "--key", &key, "--json"]).done().exits(0).json();
    assert_eq!(known["key_known"], true, "{known}");
    let other = "0".repeat(64);
    let said = idterm(&["audit", "verify", &folder, "--key", &other, "--json"]).done().exits(3).json();
    assert_eq!(said["fault"]["fault"], "key", "{said}");

    let path = kept.files()[1].clone();
    let mut all = lines(&path);
    let text = String::from_utf8(all[1].clone()).unwrap().replace("số", "sồ");
    all[1] = text.into_bytes();
    fs::write(&path, all.concat()).unwrap();
    let said = idterm(&["audit", "verify", &folder, "--json"]).done().exits(3).json();
    assert_eq!((&said["intact"], &said["fault"]["fault"]), (&false.into(), &"changed".into()), "{said}");
    assert_eq!(said["fault"]["place"]["line"], 2, "{said}");
    for (language, word) in [("en", "Changed"), ("vi", "Đã bị sửa")] {
        let said = idterm(&["audit", "verify", &folder, "--lang", language]).done().exits(3);
        let seq = said.stdout.contains(&format!(" {} ", lines(&kept.files()[0]).len() + 2));
        assert!(said.stdout.contains(word) && seq, "{said}");
    }
    let out = kept.folder.join("no.jsonl");
    let said =
        idterm(&["audit", "export", "--audit", &folder, "--out", &out, "--json"]).done().exits(3).json();
    assert_eq!(said["intact"], false, "{said}");
    assert!(!std::path::Path::new(&out).exists());
    idterm(&["audit", "list", "--audit", &folder, "--json"]).done().exits(3);
}

#[test]
fn an_export_is_verified_where_there_is_no_log() {
    let kept = Kept::of("audit-program-export", 1 << 20, 4);
    let folder = kept.log.path().to_str().unwrap().to_owned();
    let out = kept.folder.join("export.jsonl");
    let made = idterm(&[
        "audit",
        "export",
        "--audit",
        &folder,
        "--from",
        "2026-01-31",
        "--to",
        "2026-01-31",
        "--out",
        &out,
        "--json",
    ])
    .done()
    .exits(0)
    .json();
    assert_eq!((&made["first"], &made["last"]), (&1.into(), &5.into()), "{made}");
    let key = made["key"].as_str().unwrap();
    let said = idterm(&["audit", "verify", &out, "--key", key, "--json"]).done().exits(0).json();
    assert_eq!((&said["intact"], &said["last"]), (&true.into(), &5.into()), "{said}");
    idterm(&["audit", "verify", &folder, "--earlier", &out]).done().exits(0);
    let none =
        idterm(&["audit", "export", "--audit", &folder, "--from", "2030-01-01", "--out", &out, "--json"]);
    none.done().error("E2001");
}

#[test]
fn records_are_listed() {
    let kept = Kept::of("audit-program-list", 1 << 20, 4);
    let folder = kept.log.path().to_str().unwrap().to_owned();
    let said =
        idterm(&["audit", "list", "--audit", &folder, "--kind", "said", "--json"]).done().exits(0).json();
    assert_eq!(said["records"].as_array().unwrap().len(), 4, "{said}");
    let said = idterm(&["audit", "tail", "-n", "1", "--audit", &folder, "--json"]).done().exits(0).json();
    assert_eq!(said["records"][0]["body"]["text"], "số 3", "{said}");
    assert!(idterm(&["audit", "list", "--audit", &folder]).done().exits(0).stdout.contains("begin"));
}

#[test]
fn what_is_not_there_cannot_be_judged() {
    let kept = Kept::new("audit-program-none", 1 << 20);
    for words in [["audit", "verify", "--audit"], ["audit", "list", "--audit"]] {
        let none = kept.folder.join("none");
        let mut words = words.to_vec();
        words.extend([none.as_str(), "--json"]);
        idterm(&words).done().error("E1050");
    }
    let file = kept.folder.write("head.json", "{}");
    let folder = kept.folder.path().to_str().unwrap().to_owned();
    idterm(&["audit", "verify", &folder, "--earlier", &file, "--json"]).done().error("E2001");
    idterm(&["audit", "verify", &folder, "--key", "zz", "--json"]).done().error("E2001");
}
