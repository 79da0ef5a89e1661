//! Files of the public key directory, as an operator adds them.

use serde_json::{Value, json};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::country::{Country, SignerNumber, SignerTimes, UTOPIA, VIETNAM, VIETNAM_NIST};
use test_vectors::issuer::ldif::{Entry, Kind, file};
use test_vectors::issuer::lists;

use super::common::{Done, idterm, now};
use super::server::{Server, ok};
use super::transfer::Exporter;
use super::{Store, refused, sha256};

fn signer(country: &Country, number: u8) -> Entry {
    let times = SignerTimes::around(Date::from_unix_s(now()).plus_years(-2));
    let issued = country.document_signer(SignerNumber(number), times);
    Entry::signer(Kind::DocumentSigner, country, &issued)
}

fn authority(country: &Country, der: &[u8]) -> Entry {
    Entry::of(Kind::Authority, country, der)
}

/// A store that trusts Vietnam.
fn trusting(name: &str) -> Store {
    let store = Store::new(name, "");
    store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    store
}

fn add(store: &Store, name: &str, records: &[String]) -> Done {
    store.add(name, file(records).as_bytes(), &[])
}

fn signers(store: &Store) -> Value {
    store.trust(&["list"]).exits(0).json()["document_signers"].clone()
}

#[test]
fn a_file_of_changes_tells_what_it_took_out() {
    let store = trusting("delta");
    let (first, second) = (signer(&VIETNAM, 1), signer(&VIETNAM, 2));
    add(&store, "complete.ldif", &[first.content(), second.content()]).exits(0);
    assert_eq!(signers(&store), 2);
    // It only takes out, and one that was never there.
    let delta = [first.deleted(), signer(&VIETNAM, 9).deleted()];
    let done = add(&store, "delta.ldif", &delta).exits(0).json();
    let removed = json!([{ "kind": "document_signer", "sha256": sha256(&first.der), "what": first.dn, "because": null }]);
    assert_eq!(done, json!({ "added": 0, "known": 0, "removed": removed, "absent": 1, "refused": [] }));
    assert_eq!(signers(&store), 1);
    // Once more: nothing has to be done, and that is no failure. Nor is a file without any change.
    let again = add(&store, "delta.ldif", &delta).exits(0).json();
    assert_eq!((&again["removed"], &again["absent"]), (&json!([]), &json!(2)), "{again}");
    add(&store, "nothing.ldif", &[]).exits(0);
    // What it may not do is refused, and that alone is a failure.
    let list = Entry::of(Kind::RevocationList, &VIETNAM, &VIETNAM.revocation_list(now(), Vec::new()));
    assert_eq!(refused(&add(&store, "crl.ldif", &[list.deleted()]).exits(1)), ["R1834"]);
    let some = add(&store, "some.ldif", &[list.deleted(), second.deleted()]).exits(0);
    assert_eq!(refused(&some), ["R1834"]);
    assert_eq!(signers(&store), 0);
}

#[test]
fn people_read_what_was_taken_out() {
    for (language, words) in
        [("en", ["1 removed", "removed: document signer"]), ("vi", ["1 đã xóa", "đã xóa: "])]
    {
        let store = trusting("delta-people");
        let first = signer(&VIETNAM, 1);
        add(&store, "complete.ldif", &[first.content()]).exits(0);
        let delta = store.folder.write("delta.ldif", file(&[first.deleted()]));
        let told =
            idterm(&["trust", "add", &delta, "--trust", &store.store, "--lang", language]).done().exits(0);
        for word in words.iter().chain([&sha256(&first.der).as_str(), &first.dn.as_str()]) {
            assert!(told.stdout.contains(word), "{word}: {told}");
        }
    }
}

#[test]
fn an_address_may_give_changes_that_only_take_out() {
    let server = Server::start();
    let first = signer(&VIETNAM, 1);
    server.at("/delta.ldif", ok(file(&[first.deleted()]).as_bytes()));
    let store = trusting("delta-address");
    add(&store, "complete.ldif", &[first.content()]).exits(0);
    store.policy(&format!(
        "[[sources]]\nname = \"pkd\"\nkind = \"ldif\"\nurl = \"{}/delta.ldif\"\n",
        server.url
    ));
    for (removed, absent) in [(1, 0), (0, 1)] {
        let row = store.trust(&["refresh"]).exits(0).json()["sources"][0].clone();
        assert_eq!(row["outcome"], "taken", "{row}");
        assert_eq!(
            (row["removed"].as_array().unwrap().len(), &row["absent"]),
            (removed, &json!(absent)),
            "{row}"
        );
    }
    assert_eq!(signers(&store), 0);
}

#[test]
fn a_signer_that_came_without_its_entry_is_bound_to_it_and_can_be_taken_out() {
    // A store that was merged keeps the entries.
    let exporter = Exporter::new("delta-merge");
    let first = signer(&VIETNAM, 1);
    add(&exporter.store, "complete.ldif", &[first.content()]).exits(0);
    let (snapshot, _) = exporter.export("store.snapshot", &[]);
    let store = trusting("delta-merged");
    store.trust(&["import", &snapshot, "--signer", &exporter.signer, "--merge"]).exits(0);
    let done = add(&store, "delta.ldif", &[first.deleted()]).exits(0).json();
    assert_eq!(done["removed"][0]["sha256"], sha256(&first.der), "{done}");
    // So does one that stays under another certificate of its authority, because it was judged anew.
    let store = trusting("delta-judged");
    let nist = signer(&VIETNAM_NIST, 1);
    store.add("link.cer", &super::remove::link(), &[]).exits(0);
    add(&store, "complete.ldif", &[nist.content()]).exits(0);
    store.add("nist.cer", &VIETNAM_NIST.csca(now()).der, &[]).exits(0);
    store.trust(&["remove", &sha256(&super::remove::link())]).exits(0);
    assert_eq!(signers(&store), 1);
    let done = add(&store, "delta.ldif", &[nist.deleted()]).exits(0).json();
    assert_eq!(done["removed"][0]["what"], nist.dn, "{done}");
}

#[test]
fn a_country_certificate_in_a_directory_needs_a_pin_or_a_link() {
    let (vietnam, utopia) = (VIETNAM.csca(now()).der, UTOPIA.csca(now()).der);
    let store = Store::new("directory-anchor", "");
    let records = [authority(&VIETNAM, &vietnam).content(), signer(&VIETNAM, 1).content()];
    // Nobody vouches for it, nor for what it signed.
    let alone = add(&store, "pkd.ldif", &records).exits(1);
    assert_eq!(refused(&alone), ["R1835", "R1831"], "{alone}");
    assert!(alone.json()["refused"][0]["text"].as_str().unwrap().contains(&sha256(&vietnam)), "{alone}");
    assert!(store.anchors().is_empty());
    // Its pin, the pin of the file, or one in the policy.
    let text = file(&records);
    let by_policy = format!("[introduce]\npins = [\"{}\"]\n", sha256(&vietnam));
    for (policy, words) in [
        ("", vec!["--pin".to_owned(), sha256(&vietnam)]),
        ("", vec!["--pin".to_owned(), sha256(text.as_bytes())]),
        (by_policy.as_str(), Vec::new()),
    ] {
        let store = Store::new("directory-pinned", policy);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let done = store.add("pkd.ldif", text.as_bytes(), &words).exits(0).json();
        assert_eq!((&done["added"], &done["refused"]), (&json!(2), &json!([])), "{done}");
        assert_eq!(store.anchors()[0]["verified_by"], "pinned");
    }
    // A link of a country that is trusted needs neither, unless the policy says so.
    let link = super::remove::link();
    for (policy, code) in
        [("", None), ("links = \"pinned\"", Some("R1840")), ("links = \"refused\"", Some("R1842"))]
    {
        let store = trusting("directory-link");
        store.policy(&format!("[introduce]\n{policy}\n"));
        let done = add(&store, "pkd.ldif", &[authority(&VIETNAM_NIST, &link).content()]);
        match code {
            None => assert_eq!(done.exits(0).json()["added"], 1),
            Some(code) => assert_eq!(refused(&done.exits(1)), [code]),
        }
    }
    // Whatever is pinned: not what the policy keeps out, nor what hangs on it.
    for (policy, code) in [
        ("countries = [\"UT\"]".to_owned(), "R1843"),
        (format!("never = [\"{}\"]", sha256(&vietnam)), "R1844"),
    ] {
        let store = Store::new("directory-kept-out", &format!("[introduce]\n{policy}\n"));
        let done = store.add("pkd.ldif", text.as_bytes(), &["--pin", &sha256(&vietnam)]).exits(1);
        assert_eq!(refused(&done), [code, "R1831"], "{done}");
        assert_eq!((store.anchors().len(), signers(&store)), (0, json!(0)));
    }
    // Another's pin is no pin.
    let other = store.add("pkd.ldif", text.as_bytes(), &["--pin", &sha256(&utopia)]).exits(1);
    assert_eq!(refused(&other)[0], "R1835");
}

#[test]
fn a_list_in_a_directory_is_judged_like_one_by_itself() {
    let signer = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, now());
    let list = lists::master_list(&[UTOPIA.csca(now()).der], &signer, &VIETNAM.csca(now()), now());
    // Utopia's own list brings another certificate: only where Utopia came in by the first.
    let second = lists::master_list_signer(&UTOPIA, lists::MASTER_LIST_SIGNING_KEY, now());
    let second = lists::master_list(&[VIETNAM_NIST.csca(now()).der], &second, &UTOPIA.csca(now()), now());
    let entry = |country, der: &[u8]| Entry::of(Kind::MasterList, country, der).content();
    let records = [entry(&UTOPIA, &second), entry(&VIETNAM, &list)];
    for (policy, added, codes) in [
        ("", 2, &[][..]),
        ("lists_signed_by = [\"VN\"]", 1, &["R1841"]),
        ("lists_signed_by = [\"UT\"]", 0, &["R1841", "R1809"]),
        ("countries = [\"VN\"]", 0, &["R1843", "R1809"]),
    ] {
        let store = trusting("directory-lists");
        store.policy(&format!("[introduce]\n{policy}\n"));
        let done = add(&store, "pkd.ldif", &records);
        let mut found = refused(&done);
        found.sort();
        let mut expected: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
        expected.sort();
        assert_eq!((store.anchors().len() - 1, found), (added, expected), "{policy}: {done}");
    }
}
