//! The issuing authority's gateway in the whole line: asked while the chip is read, judged, kept, and checked again by others.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/tls.rs"]
mod tls;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firmware_profiles::Catalogue;
use reader_core::capture::GatewayTrace;
use reader_core::policy::Verdict;
use reader_core::wire::date::Timestamp;
use terminal_app::capture_folder::{self, Taken};
use terminal_app::config::{self, Site};
use terminal_app::demo::{self, SimulatedCardGateway};
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Event, Job, Services, Verified, plan_of};
use test_vectors::card_gateway::{CardGatewayOptions, RunningCardGateway, public_key_pem};
use test_vectors::persona::{self, Persona};
use tls::{Authority, Front, mutual};

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_secs()).unwrap())
}

fn job(site: &Arc<Site>, persona: &str, now: Timestamp) -> Job {
    let persona = demo::find(persona).unwrap();
    Job {
        site: Arc::clone(site),
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(Services::of_site(site).unwrap()),
        presentation: Some(demo::presentation(persona, now).unwrap()),
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    }
}

/// Reads and judges a persona's card; with it whether a holder was shown before the end, and how often the gateway was asked.
fn line(persona: &str, site: &str, now: Timestamp) -> (Verified, Arc<Site>, usize) {
    let gateway = SimulatedCardGateway::start(demo::find(persona).unwrap(), now).unwrap();
    let site = Arc::new(gateway.within(&config::load(site).unwrap()).unwrap());
    let job = job(&site, persona, now);
    let plan = plan_of(&site, &Catalogue::built_in().unwrap(), 10_000);
    let chip = demo::reader(demo::find(persona).unwrap(), now);
    let mut names = 0;
    let mut tell = |event: Event| names += usize::from(matches!(event, Event::Holder(_)));
    let verified = worker::verify(chip, &plan, &job, &Cancel::new(), &mut tell).map_err(|f| f.text).unwrap();
    assert!(names <= 1);
    (verified, site, gateway.asked())
}

fn check(verified: &Verified, id: &str) -> (String, Option<String>, Vec<String>) {
    let report = serde_json::to_value(&verified.report).unwrap();
    let found = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap().clone();
    let notes: Option<Vec<String>> = serde_json::from_value(found["notes"].clone()).unwrap_or_default();
    let reason = found["reason"].as_str().map(str::to_owned);
    (found["outcome"].as_str().unwrap().to_owned(), reason, notes.unwrap_or_default())
}

fn again(folder: &Path, site: &Arc<Site>, now: Timestamp, at: Timestamp) -> Verified {
    let loaded = capture_folder::load(folder).unwrap();
    assert!(loaded.simulated_chip && loaded.simulated_gateway);
    let job = Job { presentation: None, now: at, ..job(site, "gateway-yes", now) };
    worker::judge_stored(loaded.capture, &job).map_err(|failure| failure.text).unwrap()
}

#[test]
fn its_yes_is_kept_so_that_others_can_check_it_at_any_date() {
    let now = now();
    let (verified, site, asked) = line("gateway-yes", "gateway", now);
    assert_eq!((verified.report.decision.verdict, asked), (Verdict::Accept, 1));
    assert!(verified.report.decision.holder.is_some());
    assert!(matches!(verified.capture.gateway, Some(GatewayTrace::Answered(_))));

    let folder = std::env::temp_dir().join(format!("idterm-gateway-line-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let taken = Taken { at: now.to_string(), simulated_chip: true, simulated_gateway: true };
    capture_folder::save(&verified.capture, &folder, &taken).unwrap();
    for years in [0, 4] {
        let stored = again(&folder, &site, now, now.plus_s(years * 365 * 86_400));
        let (outcome, reason, notes) = check(&stored, "passive.gateway");
        assert_eq!((outcome.as_str(), reason, notes), ("confirmed", None, vec!["R1298".to_owned()]));
        assert_eq!(check(&stored, "passive.signer_chain").1.as_deref(), Some("R1203"));
        assert_eq!(check(&stored, "passive.hashes").2, ["R1297"]);
        assert!(stored.report.decision.holder.is_some());
    }
    // Before it was given, it was not.
    let before = again(&folder, &site, now, now.plus_s(-2 * 86_400));
    assert_eq!(check(&before, "passive.gateway").1.as_deref(), Some("R1296"));
    // Whoever pins no key believes nothing of it.
    let base = Arc::new(config::load("base").unwrap());
    let elsewhere = again(&folder, &base, now, now);
    assert_eq!(check(&elsewhere, "passive.gateway").1.as_deref(), Some("R1299"));
    assert!(elsewhere.report.decision.holder.is_none());
    // Nor does anybody once the text was touched.
    let path = folder.join("capture.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let touched = text.replacen("\\\"time\\\":", "\\\"time\\\": ", 1);
    assert_ne!(touched, text);
    std::fs::write(&path, touched).unwrap();
    let touched = again(&folder, &site, now, now);
    assert_eq!(check(&touched, "passive.gateway").1.as_deref(), Some("R1292"));
    assert!(touched.report.decision.holder.is_none());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn nobody_is_asked_without_a_signature_that_holds_or_without_a_gateway() {
    let now = now();
    for (persona, site, asked, reason) in [
        ("sod-corrupt", "gateway", 0, "R1231"),
        ("good", "base", 0, "R1231"),
        ("gateway-down", "gateway", 2, "R1291"),
        ("untrusted-csca", "gateway", 1, "R1290"),
        ("gateway-forged", "gateway", 1, "R1292"),
    ] {
        let (verified, _, count) = line(persona, site, now);
        assert_eq!(count, asked, "{persona}");
        assert_eq!(check(&verified, "passive.gateway").1.as_deref(), Some(reason), "{persona}");
    }
    let (verified, _, asked) = line("good", "gateway", now);
    assert_eq!((check(&verified, "passive.gateway").0.as_str(), asked), ("confirmed", 1));
    assert!(check(&verified, "passive.hashes").2.is_empty(), "a chain of its own needs no other");
}

#[test]
fn a_simulated_card_meets_the_simulated_gateway_by_every_way_in() {
    let folder = common::Folder::new("gateway-line-sim");
    let store = common::trust_store(&folder);
    for (persona, status, outcome) in [
        ("gateway-yes", 0, "confirmed"),
        ("gateway-no", 3, "refuted"),
        ("gateway-down", 4, "aborted"),
        ("gateway-forged", 4, "undetermined"),
    ] {
        let number = demo::find(persona).unwrap().holder.number;
        let reader = format!("sim:{persona}");
        let fixed = ["verify", "--site", "gateway", "--trust", &store, "--json"];
        let words: Vec<&str> = fixed.into_iter().chain(["--reader", &reader, "--number", number]).collect();
        let shown = ["demo", "--site", "gateway", "--persona", persona, "--json"];
        for report in
            [common::idterm(&words).done().exits(status), common::idterm(&shown).done().exits(status)]
        {
            let report = report.json();
            assert_eq!(common::check(&report, "passive.gateway")["outcome"], outcome, "{persona}");
            let simulated = report["simulated"].as_array().unwrap();
            assert!(simulated.contains(&"gateway".into()) && simulated.contains(&"chip".into()), "{persona}");
        }
    }
}

/// A site that has the gateway see these files, at this address behind mutual TLS.
fn by_files(folder: &common::Folder, sees: &str, url: &str, more: &str) -> String {
    let path = |file: &str| folder.join(file);
    let text = format!(
        "inherits = \"gateway\"\n[gateway]\nsees = {sees}\n[gateway.settings]\nurl = \"{url}/eid/verify\"\nsends = \"files\"\n\
         key = \"\"\"\n{}\"\"\"\nsimulated = true\ntext = {{ verdict = \"is_valid_id_card\", signer = \"ds_cert_sha256\", \
         number = \"id_card_number\", time = \"time\" }}\n\
         tls = {{ ca = {:?}, certificate = {:?}, key = {{ file = {:?} }} }}\n{more}",
        public_key_pem(),
        path("ca.pem"),
        path("client.pem"),
        path("client.key"),
    );
    folder.write("files.toml", text)
}

#[test]
fn by_files_it_is_sent_those_that_the_site_lets_it_see_once_they_are_read() {
    let folder = common::Folder::new("gateway-line-files");
    let store = common::trust_store(&folder);
    let persona = demo::find("gateway-yes").unwrap();
    let behind = |withdrawn: &[&str]| {
        let options = CardGatewayOptions {
            signers: vec![persona.document_signer(common::now()).der],
            withdrawn: withdrawn.iter().map(|number| (*number).to_owned()).collect(),
            ..CardGatewayOptions::default()
        };
        RunningCardGateway::start(options).unwrap()
    };
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let client = clients.leaf("terminal.example", 2100);
    folder.write("ca.pem", servers.pem());
    folder.write("client.pem", &client.pem);
    folder.write("client.key", &client.key_pem);
    let before = |gateway: &RunningCardGateway| {
        Front::before(mutual(&servers.leaf("127.0.0.1", 2100), &clients), &gateway.url())
    };
    let verify = |site: &str, kept: &str| {
        let number = persona.holder.number;
        let words =
            ["verify", "--reader", "sim:gateway-yes", "--number", number, "--trust", &store, "--json"];
        common::idterm(&[&words[..], &["--site", site, "--keep", kept]].concat()).done()
    };

    let gateway = behind(&[]);
    let front = before(&gateway);
    let site = by_files(&folder, "[\"sod\", \"dg1\", \"dg2\", \"dg13\"]", &front.url(), "");
    let kept = folder.join("kept");
    let report = verify(&site, &kept).exits(0).json();
    assert_eq!(common::check(&report, "passive.gateway")["outcome"], "confirmed");
    assert!(report["simulated"].as_array().unwrap().contains(&"gateway".into()), "{report}");
    // What was sent is what was read, whole; the portrait is the last of it. Nothing else of the card went out.
    let requests = front.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let body = request.split_once("\r\n\r\n").unwrap().1;
    let sent: BTreeMap<String, String> = serde_json::from_str(body).unwrap();
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["dg1", "dg13", "dg2", "sodData"]);
    let file = |name: &str| std::fs::read(Path::new(&kept).join(name)).unwrap();
    for (member, name) in
        [("sodData", "EF.SOD.bin"), ("dg1", "DG1.bin"), ("dg2", "DG2.bin"), ("dg13", "DG13.bin")]
    {
        assert!(STANDARD.decode(&sent[member]).unwrap() == file(name), "{member}");
    }
    assert!(!file("DG14.bin").is_empty(), "it was read, and is none of the gateway's business");

    // The answer lies with the capture: found again, and nobody asked again.
    let again = ["inspect", &kept, "--site", &site, "--trust", &store, "--json"];
    let again = common::idterm(&again).done().json();
    assert_eq!(common::check(&again, "passive.gateway")["outcome"], "confirmed");
    assert_eq!((front.requests().len(), gateway.asked()), (1, 1));

    // Its "no" by files.
    let gateway = behind(&[persona.holder.number]);
    let front = before(&gateway);
    let site = by_files(&folder, "[\"sod\", \"dg1\"]", &front.url(), "");
    let report = verify(&site, &folder.join("no")).exits(3).json();
    assert_eq!(common::check(&report, "passive.gateway")["reason"], "R1290");
    assert_eq!(gateway.asked(), 1);

    // A file that it is to see and that is not read: it is not asked, rather than asked by half.
    let reads = "[read]\ngroups = [\"DG1\", \"DG13\", \"DG14\"]\n";
    let site = by_files(&folder, "[\"sod\", \"dg1\", \"dg2\"]", &front.url(), reads);
    let report = verify(&site, &folder.join("half")).exits(4).json();
    let found = common::check(&report, "passive.gateway");
    assert_eq!((&found["outcome"], front.requests().len()), (&"undetermined".into(), 1), "{found}");
}

#[test]
fn a_site_that_shows_files_meets_the_simulated_gateway_by_files() {
    let folder = common::Folder::new("gateway-line-open");
    let site = folder.write("open.toml", "inherits = \"gateway\"\n[gateway]\nsees = [\"sod\", \"dg1\"]\n");
    let words = ["demo", "--site", &site, "--persona", "gateway-yes", "--json"];
    let report = common::idterm(&words).done().exits(0).json();
    assert_eq!(common::check(&report, "passive.gateway")["outcome"], "confirmed", "{report}");
}

#[test]
fn the_window_offers_the_cards_of_the_gateway_where_the_site_asks_one() {
    let good = demo::find("good").unwrap();
    let names = |site: &str, first: &'static Persona| -> Vec<&str> {
        demo::offered(&config::load(site).unwrap(), first).iter().map(|one| one.name).collect()
    };
    let (base, gateway) = (names("base", good), names("gateway", good));
    assert!(base.contains(&"good") && !base.contains(&"gateway-no"), "{base:?}");
    for persona in persona::vouched() {
        assert_eq!(gateway.iter().filter(|name| **name == persona.name).count(), 1, "{gateway:?}");
    }
    assert_eq!(gateway.len(), base.len() + persona::vouched().len());
    // Whoever is named at the start can be chosen again.
    assert_eq!(names("base", demo::find("gateway-no").unwrap()).last(), Some(&"gateway-no"));
}
