//! Deviation lists, from the operator's file to what a stored document comes to.

use serde_json::{Value, json};
use test_vectors::issuer::country::VIETNAM;
use test_vectors::issuer::deviation::{Described, DeviationSet, deviation_list};
use test_vectors::issuer::lists;

use super::common::{GOOD_NUMBER, check, idterm, now};
use super::server::{Server, ok};
use super::transfer::Exporter;
use super::{Store, refused, sha256};

/// Vietnam's word that signatures of its documents are wrong, signed at that second.
fn list(at_s: i64) -> Vec<u8> {
    deviation_list(&VIETNAM, &[DeviationSet::all(Described::plain("2.3"))], at_s)
}

fn held(store: &Store) -> Value {
    store.trust(&["list"]).exits(0).json()["deviation_lists"].clone()
}

/// The signature of a stored document, by this store.
fn signature(capture: &str, store: &Store) -> Value {
    let words = ["inspect", capture, "--number", GOOD_NUMBER, "--trust", &store.store, "--json"];
    check(&idterm(&words).done().json(), "passive.sod_signature").clone()
}

#[test]
fn a_deviation_list_is_kept_and_used_and_goes_where_the_store_goes() {
    let exporter = Exporter::new("deviations");
    let store = &exporter.store;
    let capture = store.folder.join("capture");
    let read = [
        "read",
        "--reader",
        "sim:good",
        "--number",
        GOOD_NUMBER,
        "--out",
        &capture,
        "--groups",
        "DG1,DG14",
        "--json",
    ];
    idterm(&read).done().exits(0);
    // The last byte of EF.SOD is one of its signature.
    let sod = format!("{capture}/EF.SOD.bin");
    let mut bytes = std::fs::read(&sod).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&sod, bytes).unwrap();
    assert_eq!(signature(&capture, store)["outcome"], "refuted");

    let bytes = list(now() - 60);
    let id = sha256(&bytes);
    assert_eq!(store.add("vn.dl", &bytes, &[]).exits(0).json()["added"], 1);
    assert_eq!(store.add("vn.dl", &bytes, &[]).exits(0).json()["known"], 1);
    let listed = held(store);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let row = &listed[0];
    assert_eq!(
        (&row["sha256"], &row["country"], &row["source"], &row["sets"]),
        (&json!(id), &json!("VN"), &json!("vn.dl"), &json!(1))
    );
    assert_eq!(row["verified_by"], format!("link:{}", sha256(&VIETNAM.csca(now()).der)));
    assert_eq!(store.trust(&["check"]).json()["deviation_lists"], 1);
    // An admitted fault is no forger's: open, with the reason that it had.
    let finding = signature(&capture, store);
    assert_eq!(
        (&finding["outcome"], &finding["reason"]),
        (&json!("undetermined"), &json!("R1270")),
        "{finding}"
    );
    // People see it too, and only where they ask for its country.
    let told = |words: &[&str]| {
        let fixed = ["trust", "list", "--trust", &store.store];
        idterm(&[&fixed[..], words].concat()).done().exits(0).stdout
    };
    assert!(told(&[]).contains(&id[..16]) && told(&["--country", "vn", "--lang", "vi"]).contains(&id[..16]));
    assert!(!told(&["--country", "UT"]).contains(&id[..16]) && !told(&["--expired"]).contains(&id[..16]));

    // It travels, replacing a store or into one, with where it came from.
    let (file, said) = exporter.export("store.snapshot", &[]);
    assert_eq!(said["deviation_lists"], 1);
    for merge in [&[][..], &["--merge"]] {
        let target = Store::new("deviations-target", "");
        let fixed = ["import", &file, "--signer", &exporter.signer];
        target.trust(&[&fixed[..], merge].concat()).exits(0);
        assert_eq!(held(&target), listed);
        assert_eq!(signature(&capture, &target)["reason"], "R1270");
    }
    // It goes by itself, and then what it said is forgotten.
    let gone = store.trust(&["remove", &id[..12]]).exits(0).json();
    assert_eq!(
        (&gone["removed"][0]["kind"], &gone["removed"][0]["sha256"]),
        (&json!("deviation_list"), &json!(id))
    );
    assert_eq!(held(store), json!([]));
    assert_eq!(signature(&capture, store)["outcome"], "refuted");
}

#[test]
fn a_deviation_list_has_to_prove_itself_and_never_goes_back() {
    let (older, newer) = (list(now() - 3_600), list(now() - 60));
    let store = Store::new("deviations-refused", "");
    assert_eq!(refused(&store.add("vn.dl", &newer, &[]).exits(1)), ["R1809"]);
    store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    store.add("older.dl", &older, &[]).exits(0);
    store.add("newer.dl", &newer, &[]).exits(0);
    assert_eq!(held(&store)[0]["sha256"], sha256(&newer));
    assert_eq!(refused(&store.add("older.dl", &older, &[]).exits(1)), ["R1820"]);
    assert_eq!(held(&store)[0]["sha256"], sha256(&newer));
    // From an address as well.
    let server = Server::start();
    server.at("/vn.dl", ok(&older));
    let source =
        format!("[[sources]]\nname = \"dl\"\nkind = \"deviation_list\"\nurl = \"{}/vn.dl\"\n", server.url);
    store.policy(&source);
    let row = store.trust(&["refresh"]).exits(1).json()["sources"][0].clone();
    assert_eq!((&row["outcome"], &row["refused"][0]["code"]), (&json!("refused"), &json!("R1820")), "{row}");
    // With the authority goes what only it vouched for.
    let csca = sha256(&VIETNAM.csca(now()).der);
    let gone = store.trust(&["remove", &csca]).exits(0).json();
    assert_eq!(gone["removed"].as_array().unwrap().len(), 2, "{gone}");
    assert_eq!(held(&store), json!([]));
}

#[test]
fn a_link_that_a_list_brought_travels_without_its_issuer() {
    let exporter = Exporter::new("list-link");
    let store = &exporter.store;
    let csca = VIETNAM.csca(now());
    let signer = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, now());
    let link = super::remove::link();
    store
        .add("list.ml", &lists::master_list(std::slice::from_ref(&link), &signer, &csca, now()), &[])
        .exits(0);
    store.trust(&["remove", &sha256(&csca.der)]).exits(0);
    let kept = |store: &Store| store.anchors().iter().any(|anchor| anchor["sha256"] == sha256(&link));
    assert!(kept(store), "the list still vouches for it");
    let (file, _) = exporter.export("store.snapshot", &[]);
    let target = Store::new("list-link-target", "");
    let taken = target.trust(&["import", &file, "--signer", &exporter.signer]).exits(0);
    assert_eq!((refused(&taken), kept(&target)), (Vec::new(), true), "{taken}");
}
