//! What a verification leaves in the log: all that TR-03135 wants, and nothing of the person.
#![cfg(feature = "simulator")]

use serde_json::Value;
use test_vectors::persona::{self, Persona};

use super::common::{Folder, idterm, now};

/// A site with these tables.
fn site(folder: &Folder, text: &str) -> String {
    folder.write("desk.toml", format!("inherits = \"base\"\n{text}"))
}

fn records(audit: &str) -> Vec<Value> {
    let listed = idterm(&["audit", "list", "--audit", audit, "--json"]).done().exits(0).json();
    listed["records"].as_array().unwrap().clone()
}

fn of_kind(audit: &str, kind: &str) -> Vec<Value> {
    records(audit)
        .into_iter()
        .filter(|record| record["kind"] == kind)
        .map(|record| record["body"].clone())
        .collect()
}

/// Every byte that the log's folder holds.
fn bytes_of(audit: &str) -> Vec<u8> {
    let entries = std::fs::read_dir(audit).unwrap();
    entries.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// What is a datum of this person, as text that could stand anywhere. Words that are everybody's are none.
fn data_of(persona: &Persona) -> Vec<String> {
    let access = persona.access(now());
    let report = idterm(&["demo", "--persona", persona.name, "--json"]).done();
    let mut data: Vec<String> = access.number.into_iter().chain(access.mrz_lines).collect();
    if let Ok(report) = serde_json::from_str::<Value>(&report.stdout) {
        let holder = &report["holder"];
        for key in ["number", "name", "birth_date", "document_number", "expiry_date"] {
            data.extend(holder[key].as_str().map(str::to_owned));
        }
        data.extend(
            holder["details"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(_, value)| value.as_str().map(str::to_owned)),
        );
        data.extend(holder["name"].as_str().into_iter().flat_map(|name| name.split(' ')).map(str::to_owned));
    }
    // A word of three letters is in any text, such as an identifier.
    data.retain(|datum| datum.chars().count() > 3);
    data
}

#[test]
fn a_verification_is_recorded_with_all_that_the_guideline_wants() {
    let folder = Folder::new("audit-recorded");
    let audit = folder.join("audit");
    let report = idterm(&["demo", "--audit", &audit, "--json"]).done().exits(0).json();
    let all = of_kind(&audit, "verification");
    let record = &all[0];
    for key in ["transaction", "verdict", "started", "elapsed_ms", "versions", "site", "tr03135", "simulated"]
    {
        assert_eq!(record[key], report[key], "{key}");
    }
    assert_eq!(record["checks"].as_array().unwrap().len(), report["checks"].as_array().unwrap().len());
    for (kept, check) in record["checks"].as_array().unwrap().iter().zip(report["checks"].as_array().unwrap())
    {
        assert_eq!((&kept["id"], &kept["outcome"]), (&check["id"], &check["outcome"]));
        assert_eq!(kept["reason"], check["reason"]);
    }
    assert_eq!(record["link"]["apdus"], report["link"]["apdus"]);
    let stands = records(&audit).into_iter().find(|record| record["kind"] == "verification").unwrap();
    assert_eq!((&report["audit"]["seq"], &report["audit"]["hash"]), (&stands["seq"], &stands["hash"]));
    idterm(&["audit", "verify", "--audit", &audit]).done().exits(0);
    // One that could not be carried out is there by its code.
    idterm(&["verify", "--reader", "sim:good", "--can", "135790", "--audit", &audit, "--json"])
        .done()
        .error("E1005");
    assert_eq!(of_kind(&audit, "not_done")[0]["code"], "E1005");
    // What is simulated goes into no log but the one that is named.
    let report = idterm(&["demo", "--json"]).done().exits(0).json();
    assert_eq!(report["audit"], Value::Null);
}

#[test]
fn no_datum_of_a_person_is_in_the_log() {
    for name in [
        "good",
        "expired-card",
        "another-persons-card",
        "dg13-contradicts-dg1",
        "revoked-insurance",
        "gateway-no",
    ] {
        let persona = persona::find(name).unwrap();
        let data = data_of(persona);
        for level in ["basic", "standard", "full"] {
            let folder = Folder::new("audit-private");
            let audit = folder.join("audit");
            let site = site(&folder, &format!("[audit]\nlevel = \"{level}\"\n"));
            idterm(&["demo", "--persona", name, "--site", &site, "--audit", &audit, "--json"]).done();
            let kept = bytes_of(&audit);
            assert!(kept.len() > 2_000, "{name}");
            for datum in &data {
                let found = kept.windows(datum.len()).any(|window| window == datum.as_bytes());
                assert!(!found, "{name}, {level}: {datum}");
            }
        }
    }
    assert!(!data_of(persona::find("good").unwrap()).is_empty());
}

#[test]
fn a_level_adds_particulars() {
    let details = |level: &str| {
        let folder = Folder::new("audit-level");
        let audit = folder.join("audit");
        let site = site(&folder, &format!("[audit]\nlevel = \"{level}\"\n"));
        idterm(&["demo", "--persona", "expired-card", "--site", &site, "--audit", &audit, "--json"]).done();
        let record = of_kind(&audit, "verification").remove(0);
        assert_eq!(record["level"], level);
        let checks = record["checks"].as_array().unwrap().clone();
        checks.iter().filter(|check| check["detail"].is_string()).count()
    };
    let (basic, standard, full) = (details("basic"), details("standard"), details("full"));
    assert!(basic == 0 && standard < full, "{basic} {standard} {full}");
}

#[test]
fn a_named_field_is_there_as_a_pseudonym_with_its_purpose() {
    let folder = Folder::new("audit-fields");
    let audit = folder.join("audit");
    let site = site(&folder, "[audit]\nfields = [\"number\"]\npurpose = \"disputes\"\n");
    for _ in 0..2 {
        idterm(&["demo", "--site", &site, "--audit", &audit, "--json"]).done().exits(0);
    }
    let all = of_kind(&audit, "verification");
    let pseudonym = all[0]["person"]["fields"]["number"].as_str().unwrap();
    assert!(pseudonym.starts_with("hmac-sha256:") && pseudonym.len() == 76, "{pseudonym}");
    assert_eq!(all[0]["person"]["purpose"], "disputes");
    assert_eq!(all[0]["person"], all[1]["person"], "the same person is found again");
    let number = super::common::GOOD_NUMBER.as_bytes();
    assert!(!bytes_of(&audit).windows(number.len()).any(|window| window == number));
    // Another terminal has another pseudonym.
    let other = folder.join("other");
    idterm(&["demo", "--site", &site, "--audit", &other, "--json"]).done().exits(0);
    assert_ne!(of_kind(&other, "verification")[0]["person"], all[0]["person"]);
}

#[test]
fn a_site_may_demand_a_log_and_otherwise_the_person_is_told_all_the_same() {
    let folder = Folder::new("audit-demanded");
    // A file in the place of the folder: nothing can be written there, whoever runs the test.
    let audit = folder.write("audit", "");
    let report = idterm(&["demo", "--audit", &audit, "--json"]).done().exits(0).json();
    assert_eq!((&report["verdict"], &report["audit"]["error"]["code"]), (&"accept".into(), &"E1050".into()));
    let people = idterm(&["demo", "--audit", &audit]).done().exits(0);
    assert!(people.stdout.contains("does not stand in the audit log"), "{people}");
    let site = site(&folder, "[audit]\nrequired = true\n");
    idterm(&["demo", "--audit", &audit, "--site", &site, "--json"]).done().error("E1050");
    idterm(&["demo", "--site", &site, "--json"]).done().error("E1050");
    let kept = folder.join("kept");
    idterm(&["demo", "--audit", &kept, "--site", &site, "--json"]).done().exits(0);
    assert_eq!(of_kind(&kept, "started").len(), 1);
}

/// Runs a shell's words where `$F` is the log's folder and `$P` the program, with mounts that nobody else sees. `None`: this
/// machine does not let a process mount anything.
#[cfg(target_os = "linux")]
fn mounted(audit: &str, words: &str) -> Option<String> {
    let shell = |words: &str| {
        let mut command = std::process::Command::new("unshare");
        command.args(["-rm", "sh", "-c", words]).env("F", audit).env("P", env!("CARGO_BIN_EXE_idterm"));
        command.env("LANG", "en").output()
    };
    if !shell("mount -t tmpfs none /mnt").is_ok_and(|output| output.status.success()) {
        println!("skipped, this machine lets no process mount for itself: a log on a full disk");
        return None;
    }
    let output = shell(words).unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_and_the_person_is_told_the_verdict() {
    let folder = Folder::new("audit-full");
    let audit = folder.join("audit");
    idterm(&["demo", "--audit", &audit, "--json"]).done().exits(0);
    let failed = |said: &str| {
        let report: Value = serde_json::from_str(said).unwrap();
        assert_eq!(
            (&report["verdict"], &report["audit"]["error"]["code"]),
            (&"accept".into(), &"E1050".into()),
            "{said}"
        );
        report["audit"]["error"]["text"].as_str().unwrap().to_owned()
    };
    // Full, then with room again: what was cut off is recovered, and the log goes on.
    let full = "cp -a \"$F\" \"$F.copy\" && mount -t tmpfs -o size=128k none \"$F\" && cp -a \"$F.copy\"/. \"$F\" && rm -r \"$F.copy\" \
                && { head -c 200000 /dev/zero > \"$F/fill\" 2>/dev/null; true; } \
                && \"$P\" demo --audit \"$F\" --json && rm \"$F/fill\" && \"$P\" demo --audit \"$F\" --quiet >/dev/null \
                && \"$P\" audit verify \"$F\" >/dev/null";
    let Some(said) = mounted(&audit, full) else { return };
    assert!(failed(&said).contains("No space left"), "{said}");
    let read_only = "mount --bind \"$F\" \"$F\" && mount -o remount,ro,bind \"$F\" && \"$P\" demo --audit \"$F\" --json \
                     && \"$P\" audit verify \"$F\" >/dev/null";
    let said = mounted(&audit, read_only).unwrap();
    assert!(failed(&said).contains("Read-only"), "{said}");
    idterm(&["audit", "verify", "--audit", &audit]).done().exits(0);
    assert_eq!(of_kind(&audit, "verification").len(), 1);
}

const CONSENT: &str = "[consent]\nrequired = true\nversion = \"2026-01\"\n[consent.texts]\n\
                       reception = \"consent-reception\"\n[retention]\nreception = 30\n";

#[test]
fn without_a_recorded_consent_nobody_is_asked() {
    let folder = Folder::new("audit-consent");
    let (audit, site) = (folder.join("audit"), site(&folder, CONSENT));
    let insurance = |report: &Value| super::common::check(report, "service.insurance").clone();
    let report = idterm(&["demo", "--site", &site, "--audit", &audit, "--json"]).done().exits(4).json();
    assert_eq!(insurance(&report)["reason"], "R1865", "{report}");
    assert!(of_kind(&audit, "consent").is_empty());
    // Said, and recorded nowhere: it counts for nothing.
    let report = idterm(&["demo", "--site", &site, "--consent", "--json"]).done().exits(4).json();
    assert_eq!(insurance(&report)["reason"], "R1865", "{report}");
    let report =
        idterm(&["demo", "--site", &site, "--consent", "--audit", &audit, "--json"]).done().exits(0).json();
    assert_eq!(insurance(&report)["outcome"], "confirmed", "{report}");
    let all = records(&audit);
    let consent = all.iter().find(|record| record["kind"] == "consent").unwrap();
    let body = &consent["body"];
    assert_eq!(
        (&body["decision"], &body["attested_by"], &body["version"]),
        (&"given".into(), &"staff".into(), &"2026-01".into())
    );
    assert_eq!(body["purposes"]["reception"]["keep_days"], 30);
    assert_eq!(body["purposes"]["reception"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(body["recipients"]["insurance"], serde_json::json!(["number", "name", "birth_date"]));
    let last = all.iter().rfind(|record| record["kind"] == "verification").unwrap();
    assert_eq!(last["body"]["consent"]["seq"], consent["seq"]);
}

#[test]
fn without_a_recorded_consent_nobody_is_told() {
    let folder = Folder::new("audit-consent-told");
    let (audit, outbox, drop) = (folder.join("audit"), folder.join("outbox"), folder.join("drop"));
    std::fs::create_dir(&drop).unwrap();
    let delivery = format!(
        "{CONSENT}[deliveries.records]\nkind = \"file_drop\"\nwhen = [\"accept\", \"refer\"]\nsees = [\"number\"]\n\
         [deliveries.records.settings]\nfolder = {drop:?}\n"
    );
    let site = site(&folder, &delivery);
    let told = || std::fs::read_dir(&drop).unwrap().count();
    let words = ["demo", "--site", &site, "--audit", &audit, "--outbox", &outbox, "--json"];
    let report = idterm(&words).done().exits(4).json();
    assert_eq!((told(), report.get("deliveries")), (0, None), "{report}");
    let report = idterm(&[&words[..], &["--consent"]].concat()).done().exits(0).json();
    assert_eq!((told(), &report["deliveries"][0]["state"]), (1, &"accepted".into()), "{report}");
    let consent = of_kind(&audit, "consent").remove(0);
    assert_eq!(consent["recipients"]["records"], serde_json::json!(["number"]));
}
