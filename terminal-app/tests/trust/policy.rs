//! Which source may introduce a certificate.

use serde_json::json;
use test_vectors::issuer::country::{Country, UTOPIA, VIETNAM};
use test_vectors::issuer::der_out::{integer, sequence, set_of};
use test_vectors::issuer::lists;

use super::common::{Folder, idterm, now};
use super::{Store, refused, sha256};

/// A master list of Utopia's certificate under a signer of `country`, and the signer's certificate.
fn list_of(country: &Country) -> (Vec<u8>, Vec<u8>) {
    let signer = lists::master_list_signer(country, lists::MASTER_LIST_SIGNING_KEY, now());
    let list = lists::master_list(&[UTOPIA.csca(now()).der], &signer, &VIETNAM.csca(now()), now());
    (list, signer.der)
}

#[test]
fn an_own_file_may_need_its_pin() {
    let store = Store::new("own-files", "[introduce]\nown_files = \"pinned\"\n");
    let csca = VIETNAM.csca(now()).der;
    let alone = store.add("vn.cer", &csca, &[]).exits(1);
    assert_eq!(refused(&alone), ["R1840"], "{alone}");
    let text = alone.json()["refused"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains(&sha256(&csca)) && text.contains("introduce.pins"), "what to change: {text}");
    assert!(store.anchors().is_empty());
    // As tools print it, with colons and capitals.
    let colons: Vec<String> = sha256(&csca)
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|two| String::from_utf8_lossy(two).into())
        .collect();
    store.add("vn.cer", &csca, &["--pin", &colons.join(":")]).exits(0);
    assert_eq!(store.anchors()[0]["verified_by"], "pinned");

    let store = Store::new(
        "own-files",
        &format!("[introduce]\nown_files = \"pinned\"\npins = [\"{}\"]\n", sha256(&csca)),
    );
    store.add("vn.cer", &csca, &[]).exits(0);
    let store = Store::new("own-files", "[introduce]\nown_files = \"refused\"\n");
    assert_eq!(refused(&store.add("vn.cer", &csca, &[]).exits(1)), ["R1842"]);
}

#[test]
fn a_link_may_need_its_pin_although_its_issuer_is_trusted() {
    let link = super::remove::link();
    for (word, code, with_pin) in [("pinned", "R1840", 2), ("refused", "R1842", 1)] {
        let store = Store::new("links", &format!("[introduce]\nlinks = \"{word}\"\n"));
        store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
        assert_eq!(refused(&store.add("link.cer", &link, &[]).exits(1)), [code]);
        // A pin says whose it is, not that such things are wanted.
        store.add("link.cer", &link, &["--pin", &sha256(&link)]);
        assert_eq!(store.anchors().len(), with_pin, "{word}");
    }
}

#[test]
fn lists_speak_only_under_the_countries_named() {
    let policy = "[introduce]\nlists_signed_by = [\"de\"]\n";
    let store = Store::new("list-signers", policy);
    store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    let (list, signer) = list_of(&VIETNAM);
    let done = store.add("list.ml", &list, &[]).exits(1);
    assert_eq!(refused(&done), ["R1841"], "{done}");
    assert!(done.json()["refused"][0]["text"].as_str().unwrap().contains("\"VN\""), "{done}");
    // A signer that calls itself German stands under no German key.
    let (posing, _) = list_of(&Country { alpha2: "DE", ..VIETNAM });
    assert_eq!(refused(&store.add("posing.ml", &posing, &[]).exits(1)), ["R1809"]);
    assert_eq!(store.anchors().len(), 1);
    // The pin of the country's certificate says whose it is, and not that its lists are wanted.
    let csca = sha256(&VIETNAM.csca(now()).der);
    assert_eq!(refused(&store.add("list.ml", &list, &["--pin", &csca]).exits(1)), ["R1841"]);
    // That of the list, or of its signer, is the operator's own word, whatever else is trusted.
    for pin in [sha256(&list), sha256(&signer)] {
        let store = Store::new("list-pinned", policy);
        assert_eq!(refused(&store.add("list.ml", &list, &[]).exits(1)), ["R1809"]);
        store.add("list.ml", &list, &["--pin", &pin]).exits(0);
        assert_eq!(store.anchors().len(), 1);
    }
    store.add("list.ml", &list, &["--pin", &sha256(&signer)]).exits(0);
    assert_eq!(store.anchors().len(), 2);

    store.policy("[introduce]\nlists_signed_by = [\"DE\", \"VN\"]\n");
    let again = store.add("list.ml", &list, &[]).exits(0).json();
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(1)), "{again}");
    // Nobody's list of anywhere.
    store.policy("[introduce]\nlists_signed_by = []\n");
    assert_eq!(refused(&store.add("list.ml", &list, &[]).exits(1)), ["R1841"]);
}

#[test]
fn a_list_that_nobody_signed_needs_its_pin_and_may_be_refused_altogether() {
    let bare = sequence(&[integer(0), set_of(&[UTOPIA.csca(now()).der])]);
    let store = Store::new("bare", "");
    assert_eq!(refused(&store.add("bare.ml", &bare, &[]).exits(1)), ["R1811"]);
    store.policy("[introduce]\nbare_lists = \"refused\"\n");
    assert_eq!(refused(&store.add("bare.ml", &bare, &["--pin", &sha256(&bare)]).exits(1)), ["R1842"]);
    store.policy("");
    store.add("bare.ml", &bare, &["--pin", &sha256(&bare)]).exits(0);
    assert_eq!(store.anchors().len(), 1);
}

#[test]
fn countries_and_single_certificates_are_kept_out_whoever_brings_them() {
    let (vietnam, utopia) = (VIETNAM.csca(now()).der, UTOPIA.csca(now()).der);
    let store = Store::new("countries", "[introduce]\ncountries = [\"VN\"]\n");
    store.add("vn.cer", &vietnam, &[]).exits(0);
    let pinned = store.add("ut.cer", &utopia, &["--pin", &sha256(&utopia)]).exits(1);
    assert_eq!(refused(&pinned), ["R1843"], "{pinned}");
    let (list, _) = list_of(&VIETNAM);
    assert_eq!(refused(&store.add("list.ml", &list, &[]).exits(1)), ["R1843"]);
    assert_eq!(store.anchors().len(), 1);

    store.policy(&format!("[introduce]\nnever = [\"{}\"]\n", sha256(&utopia)));
    for words in [&[][..], &["--pin", &sha256(&utopia)]] {
        assert_eq!(refused(&store.add("ut.cer", &utopia, words).exits(1)), ["R1844"]);
        assert_eq!(refused(&store.add("list.ml", &list, words).exits(1)), ["R1844"]);
    }
    assert_eq!(store.anchors().len(), 1);
}

#[test]
fn a_faulty_policy_takes_nothing_in_and_names_every_fault() {
    let store = Store::new("faulty", "");
    let csca = VIETNAM.csca(now()).der;
    store.add("vn.cer", &csca, &[]).exits(0);
    for (policy, words) in [
        ("[introduce]\nown_file = \"pinned\"\n", &["line 2", "own_file"][..]),
        ("[introduce]\nown_files = \"maybe\"\n", &["maybe"]),
        (
            "[introduce]\nbare_lists = \"allowed\"\npins = [\"12\"]\ncountries = [\"Vietnam\"]\n",
            &["bare_lists", "\"12\"", "Vietnam"],
        ),
    ] {
        store.policy(policy);
        let error = store.add("ut.cer", &UTOPIA.csca(now()).der, &[]).error("E2008");
        for word in words {
            assert!(error["text"].as_str().unwrap().contains(word), "{word}: {error}");
        }
    }
    // The store can be looked at, and says what is wrong.
    assert_eq!(store.anchors().len(), 1);
    let checked = store.trust(&["check"]).exits(1).json();
    assert_eq!(checked["findings"][0]["finding"], "policy", "{checked}");
}

#[test]
fn check_tells_what_is_missing_with_its_remedy() {
    let folder = Folder::new("check");
    let site = folder.write("desk.toml", "inherits = \"base\"\n[trust]\ncountries = [\"VN\", \"ut\"]\n");
    let store = Store::new("check", "");
    let check = |language: &str| store.trust(&["check", "--site", &site, "--lang", language]);
    let kinds = |document: &serde_json::Value| -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        document["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(&one["finding"]), text(&one["what"])))
            .collect()
    };
    let empty = check("en").exits(1).json();
    assert_eq!(kinds(&empty).len(), 3, "{empty}");
    store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    for language in ["en", "vi"] {
        let document = check(language).exits(1).json();
        let found = kinds(&document);
        assert!(found.contains(&("country_missing".into(), "UT".into())), "{document}");
        assert!(found.contains(&("no_list".into(), "VN".into())), "{document}");
        assert!(!found.iter().any(|(kind, _)| kind == "empty"), "{document}");
        for one in document["findings"].as_array().unwrap() {
            for key in ["text", "remedy"] {
                let text = one[key].as_str().unwrap();
                assert!(text.len() > 8 && !text.starts_with("cli-"), "{one}");
            }
        }
        // The certificate itself says where its revocation lists are; nothing was fetched.
        let address = &document["crl_addresses"][0];
        assert_eq!(address["country"], "VN");
        assert_eq!(address["url"], "https://crl.example.invalid/VNM-brainpool.crl");
    }
    let list = VIETNAM.revocation_list(now(), Vec::new());
    store.add("vn.crl", &list, &[]).exits(0);
    store.add("ut.cer", &UTOPIA.csca(now()).der, &[]).exits(0);
    let document = check("en").exits(0).json();
    assert_eq!(kinds(&document), [("no_list".to_owned(), "UT".to_owned())], "{document}");
    // A list older than the site allows says nothing any more.
    let strict = folder.write("strict.toml", "inherits = \"base\"\n[proof]\nlist_max_age_days = 0\n");
    let document = store.trust(&["check", "--site", &strict]).exits(0).json();
    assert!(kinds(&document).iter().any(|(kind, _)| kind == "stale_list"), "{document}");

    let faulty = folder.write("faulty.toml", "inherits = \"base\"\n[trust]\ncountries = [\"Việt Nam\"]\n");
    idterm(&["trust", "check", "--site", &faulty, "--json"]).done().error("E2003");
}

#[cfg(unix)]
#[test]
fn a_store_that_everybody_may_write_to_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let store = Store::new("writable", "");
    store.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    let mode = |path: &str, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let writable = || {
        let document = store.trust(&["check"]).json();
        let all = document["findings"].as_array().unwrap().clone();
        all.iter().filter(|one| one["finding"] == "writable").count()
    };
    mode(&store.store, 0o755);
    mode(&format!("{}/policy.toml", store.store), 0o644);
    assert_eq!(writable(), 0);
    mode(&format!("{}/policy.toml", store.store), 0o666);
    assert_eq!(writable(), 1);
    mode(&store.store, 0o777);
    assert_eq!(writable(), 2);
    store.trust(&["check"]).exits(1);
    let doctor = idterm(&["doctor", "--json", "--trust", &store.store]).done().exits(1).json();
    let items = doctor["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["what"] == "trust store" && item["state"] == "bad"), "{doctor}");
}
