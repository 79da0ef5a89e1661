//! Taking something out, and what only it vouched for.

use serde_json::json;
use test_vectors::issuer::certificate::authority_key_identifier;
use test_vectors::issuer::country::{VIETNAM, VIETNAM_NIST, VIETNAM_RSA};

use super::common::now;
use super::{Store, sha256};

/// The newer key of the country, signed by its older one.
pub fn link() -> Vec<u8> {
    let mut link = VIETNAM_NIST.csca(now()).certificate;
    let older = VIETNAM.csca_signer();
    link.issuer = VIETNAM.csca_name();
    let identifier = [0x06, 0x03, 0x55, 0x1D, 0x23];
    link.extensions.retain(|extension| !extension.windows(5).any(|window| window == identifier));
    link.extensions.push(authority_key_identifier(&older.key_identifier()));
    link.signed_by(&older)
}

fn kinds(document: &serde_json::Value) -> Vec<(String, bool)> {
    let all = document["removed"].as_array().unwrap();
    all.iter().map(|one| (one["kind"].as_str().unwrap().to_owned(), one["because"].is_string())).collect()
}

#[test]
fn with_a_certificate_goes_what_only_it_vouched_for() {
    let store = Store::new("remove", "");
    let csca = VIETNAM.csca(now()).der;
    store.add("vn.cer", &csca, &[]).exits(0);
    store.add("rsa.cer", &VIETNAM_RSA.csca(now()).der, &[]).exits(0);
    store.add("link.cer", &link(), &[]).exits(0);
    store.add("vn.crl", &VIETNAM.revocation_list(now(), Vec::new()), &[]).exits(0);
    // Signed by the key that the link introduced: it goes with the link.
    store.add("nist.crl", &VIETNAM_NIST.revocation_list(now(), Vec::new()), &[]).exits(0);
    assert_eq!(store.anchors()[2]["verified_by"], format!("link:{}", sha256(&csca)));
    let id = &sha256(&csca)[..8];

    let tried = store.trust(&["remove", id, "--dry-run"]).exits(0).json();
    assert_eq!(tried["dry_run"], true);
    assert_eq!(store.anchors().len(), 3);
    let removed = store.trust(&["remove", &id.to_uppercase()]).exits(0).json();
    assert_eq!(removed["removed"], tried["removed"]);
    let mut gone = kinds(&removed);
    gone.sort();
    let expected = [("certificate", false), ("certificate", true), ("crl", true), ("crl", true)];
    assert_eq!(gone, expected.map(|(kind, because)| (kind.to_owned(), because)), "{removed}");
    assert_eq!(store.anchors().len(), 1);
    let listed = store.trust(&["list"]).exits(0).json();
    assert_eq!(listed["revocation_lists"], json!([]));
}

#[test]
fn what_another_vouches_for_stays() {
    let store = Store::new("remove-stays", "");
    store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    // The newer key by itself, and by the link: the link goes, the key's own certificate and its list stay.
    store.add("nist.cer", &VIETNAM_NIST.csca(now()).der, &[]).exits(0);
    store.add("link.cer", &link(), &[]).exits(0);
    store.add("nist.crl", &VIETNAM_NIST.revocation_list(now(), Vec::new()), &[]).exits(0);
    let removed = store.trust(&["remove", &sha256(&link())]).exits(0).json();
    assert_eq!(kinds(&removed), [("certificate".to_owned(), false)], "{removed}");
    let listed = store.trust(&["list"]).exits(0).json();
    assert_eq!(listed["revocation_lists"].as_array().unwrap().len(), 1, "{listed}");
    // A list by itself.
    let list = listed["revocation_lists"][0]["sha256"].as_str().unwrap();
    assert_eq!(kinds(&store.trust(&["remove", list]).exits(0).json()), [("crl".to_owned(), false)]);
}

#[test]
fn an_id_has_to_mean_one_thing() {
    let store = Store::new("remove-id", "");
    let csca = VIETNAM.csca(now()).der;
    store.add("vn.cer", &csca, &[]).exits(0);
    for id in ["", "1234567", "nothexad", &"0".repeat(65), "00000000"] {
        let error = store.trust(&["remove", "--", id]).error("E2001");
        assert!(error["remedy"].as_str().unwrap().contains("trust list"), "{error}");
    }
    assert_eq!(store.anchors().len(), 1);
}
