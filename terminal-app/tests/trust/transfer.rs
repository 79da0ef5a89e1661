//! The store in one signed file.

use std::process::Command;

use serde_json::{Value, json};
use test_vectors::issuer::country::{UTOPIA, VIETNAM};
use test_vectors::persona;

use super::common::{Folder, idterm, now};
use super::{Store, refused, sha256};

/// A terminal that exports, its key, and the key's SHA-256.
pub struct Exporter {
    pub store: Store,
    key: String,
    pub signer: String,
}

impl Exporter {
    pub fn new(name: &str) -> Self {
        let store = Store::new(name, "");
        for (n, der) in persona::trust_anchors(now()).iter().enumerate() {
            store.add(&format!("csca-{n}.cer"), der, &[]).exits(0);
        }
        for (n, der) in persona::revocation_lists(now()).iter().enumerate() {
            store.add(&format!("list-{n}.crl"), der, &[]).exits(0);
        }
        let key = store.folder.join("key.pem");
        let made = store.trust(&["key", "new", &key]).exits(0).json();
        let signer = made["sha256"].as_str().unwrap().to_owned();
        Self { store, key, signer }
    }

    /// Exports to this name; the file and what was said.
    pub fn export(&self, name: &str, words: &[&str]) -> (String, Value) {
        let file = self.store.folder.join(name);
        let fixed = ["export", &file, "--key", &self.key];
        let said = self.store.trust(&[&fixed[..], words].concat()).exits(0).json();
        (file, said)
    }
}

#[test]
fn a_store_goes_over_whole_and_only_forward() {
    let exporter = Exporter::new("export");
    let (file, said) = exporter.export("store.snapshot", &[]);
    assert_eq!((&said["signer"], &said["anchors"]), (&json!(exporter.signer), &json!(3)), "{said}");
    let target = Store::new("import", "");
    target.add("ut.cer", &UTOPIA.csca(now()).der, &[]).exits(0);
    let taken = target.trust(&["import", &file, "--signer", &exporter.signer]).exits(0).json();
    assert_eq!((&taken["added"], &taken["number"]), (&json!(6), &said["number"]), "{taken}");
    // Everything with where it came from, and nothing of before.
    assert_eq!(target.trust(&["list"]).exits(0).json(), exporter.store.trust(&["list"]).exits(0).json());
    // The same again changes nothing.
    target.trust(&["import", &file, "--signer", &exporter.signer]).exits(0);

    exporter.store.add("ut.cer", &UTOPIA.csca(now()).der, &[]).exits(0);
    let (newer, said) = exporter.export("newer.snapshot", &[]);
    assert!(said["number"].as_u64() > taken["number"].as_u64(), "{said}");
    target.trust(&["import", &newer, "--signer", &exporter.signer]).exits(0);
    assert_eq!(target.anchors().len(), 4);
    target.trust(&["import", &file, "--signer", &exporter.signer]).error("E1032");
    assert_eq!(target.anchors().len(), 4);
    target.trust(&["import", &file, "--signer", &exporter.signer, "--allow-older"]).exits(0);
    assert_eq!(target.anchors().len(), 3);
    // That did not make an old number the newest.
    target.trust(&["import", &file, "--signer", &exporter.signer]).error("E1032");
}

#[test]
fn merging_keeps_what_is_there() {
    let exporter = Exporter::new("merge");
    let (file, _) = exporter.export("store.snapshot", &[]);
    let target = Store::new("merge", "");
    target.add("ut.cer", &UTOPIA.csca(now()).der, &[]).exits(0);
    target.add("vn.cer", &VIETNAM.csca(now()).der, &[]).exits(0);
    let taken = target.trust(&["import", &file, "--signer", &exporter.signer, "--merge"]).exits(0).json();
    assert_eq!((&taken["added"], &taken["known"]), (&json!(5), &json!(1)), "{taken}");
    assert_eq!(target.anchors().len(), 4);
}

#[test]
fn the_signer_is_pinned_here_or_in_the_policy_and_the_policy_has_its_say() {
    let exporter = Exporter::new("signer");
    let other = Exporter::new("other-signer");
    let (file, _) = exporter.export("store.snapshot", &[]);
    let target = Store::new("signer-target", "");
    let error = target.trust(&["import", &file]).error("E1031");
    assert!(error["remedy"].as_str().unwrap().contains(&exporter.signer), "{error}");
    target.trust(&["import", &file, "--signer", &other.signer]).error("E1031");
    assert!(target.anchors().is_empty());
    target.policy(&format!(
        "[introduce]\nown_files = \"pinned\"\nsnapshots_signed_by = [\"{}\"]\n",
        exporter.signer
    ));
    target.trust(&["import", &file]).exits(0);
    assert_eq!(target.anchors().len(), 3);
    // What no pin overrides.
    let never = sha256(&VIETNAM.csca(now()).der);
    target.policy(&format!(
        "[introduce]\nnever = [\"{never}\"]\nsnapshots_signed_by = [\"{}\"]\n",
        exporter.signer
    ));
    let taken = target.trust(&["import", &file]).exits(0);
    assert!(refused(&taken).contains(&"R1844".to_owned()), "{taken}");
    assert_eq!(target.anchors().len(), 2);
    // Its own policy stays: the exporter's never travels.
    assert!(std::fs::read_to_string(format!("{}/policy.toml", target.store)).unwrap().contains(&never));
    target.policy("[introduce]\nunknown = 1\n");
    target.trust(&["import", &file, "--signer", &exporter.signer]).error("E2008");
}

#[test]
fn what_is_altered_cut_or_expired_changes_nothing() {
    let exporter = Exporter::new("altered");
    let (file, _) = exporter.export("store.snapshot", &[]);
    let bytes = std::fs::read(&file).unwrap();
    let target = Store::new("altered-target", "");
    target.add("ut.cer", &UTOPIA.csca(now()).der, &[]).exits(0);
    let before = target.trust(&["list"]).exits(0).json();
    let import = |name: &str, bytes: &[u8], code: &str, words: &[&str]| {
        let file = target.folder.write(name, bytes);
        let error = target.trust(&["import", &file, "--signer", &exporter.signer]).error(code);
        for word in words {
            assert!(error["text"].as_str().unwrap().contains(word), "{name}: {error}");
        }
        assert_eq!(target.trust(&["list"]).exits(0).json(), before, "{name}");
    };
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    import("cut", &bytes[..bytes.len() - 1], "E1030", &["cut"]);
    import("half", &bytes[..bytes.len() / 2], "E1030", &["cut"]);
    import("longer", &[&bytes[..], b"\n"].concat(), "E1030", &["longer"]);
    import("last-byte", &changed(bytes.len() - 1), "E1030", &["altered"]);
    let manifest = bytes.windows(9).position(|window| window == b"\"number\":").unwrap();
    import("number", &changed(manifest + 10), "E1030", &["altered"]);
    import("first-line", &changed(0), "E1030", &["no snapshot"]);
    import("empty", b"", "E1030", &[]);
    import("certificate", &UTOPIA.csca(now()).der, "E1030", &["no snapshot"]);
    // Another's key and signature over the same content.
    let other = Exporter::new("altered-other");
    let (foreign, _) = other.export("store.snapshot", &[]);
    import("foreign", &std::fs::read(&foreign).unwrap(), "E1031", &[]);
    // A key in another form, or on another curve, is none.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let key = text.lines().nth(1).unwrap().to_owned();
    let brainpool = key.replacen("key ", "key AAAA", 1);
    let without = [text.lines().next().unwrap(), "\n"].concat().len() + key.len();
    import(
        "key",
        &[text.lines().next().unwrap().as_bytes(), b"\n", brainpool.as_bytes(), &bytes[without..]].concat(),
        "E1030",
        &["key"],
    );

    let (expired, _) = exporter.export("expired.snapshot", &["--valid-days", "0"]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    import("expired", &std::fs::read(&expired).unwrap(), "E1032", &["expired"]);
    let file = target.folder.join("expired");
    target.trust(&["import", &file, "--signer", &exporter.signer, "--allow-older"]).exits(0);
    // A file that is not there, and a folder.
    for file in [target.folder.join("absent"), target.store.clone()] {
        target.trust(&["import", &file, "--signer", &exporter.signer]).error("E1006");
    }
}

#[test]
fn a_damaged_store_is_mended_by_an_import() {
    let exporter = Exporter::new("mend");
    let (file, _) = exporter.export("store.snapshot", &[]);
    let target = Store::new("mend-target", "");
    target.trust(&["import", &file, "--signer", &exporter.signer]).exits(0);
    for entry in std::fs::read_dir(&target.store).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file()
            && path.extension().is_some_and(|end| end != "toml")
            && path.file_name().unwrap() != "transfer.json"
        {
            std::fs::write(&path, b"damaged").unwrap();
        }
    }
    target.trust(&["list"]).error("E1008");
    target.trust(&["import", &file, "--signer", &exporter.signer, "--merge"]).error("E1008");
    target.trust(&["import", &file, "--signer", &exporter.signer]).exits(0);
    assert_eq!(target.anchors().len(), 3);
}

#[test]
fn keys_are_made_shown_and_kept() {
    let folder = Folder::new("keys");
    let key = folder.join("key.pem");
    let made = idterm(&["trust", "key", "new", &key, "--json"]).done().exits(0).json();
    let shown = idterm(&["trust", "key", "show", &key, "--json"]).done().exits(0).json();
    assert_eq!(made["sha256"], shown["sha256"]);
    let text = std::fs::read_to_string(&key).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Never over another key.
    idterm(&["trust", "key", "new", &key, "--json"]).done().error("E1007");
    assert_eq!(std::fs::read_to_string(&key).unwrap(), text);
    let second =
        idterm(&["trust", "key", "new", &folder.join("second.pem"), "--json"]).done().exits(0).json();
    assert_ne!(second["sha256"], made["sha256"]);
    // The key itself is in no message.
    let secret: String = text.lines().nth(1).unwrap().chars().skip(44).collect();
    let damaged = folder.write("damaged.pem", text.replace('\n', "\n!"));
    let done = idterm(&["trust", "key", "show", &damaged, "--json"]).done();
    done.error("E1006");
    assert!(!done.all().contains(&secret), "{done}");
}

/// `openssl` with these words; `None` where it is not there.
fn openssl(folder: &Folder, words: &[&str]) -> Option<std::process::Output> {
    match Command::new("openssl").args(words).current_dir(folder.path()).output() {
        Ok(output) => Some(output),
        Err(_) => {
            println!("skipped, not present: openssl");
            None
        }
    }
}

#[test]
fn openssl_makes_keys_for_it_and_checks_what_it_signs() {
    let exporter = Exporter::new("openssl");
    let folder = &exporter.store.folder;
    let generate = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "made.pem"];
    let Some(made) = openssl(folder, &generate) else { return };
    assert!(made.status.success(), "{made:?}");
    let convert = ["pkcs8", "-topk8", "-nocrypt", "-in", "made.pem", "-outform", "DER", "-out", "made.der"];
    assert!(openssl(folder, &convert).unwrap().status.success());
    for (name, form) in [("made.pem", "PEM"), ("made.der", "DER")] {
        let key = folder.join(name);
        let file = folder.join("by-openssl.snapshot");
        let said = exporter.store.trust(&["export", &file, "--key", &key]).exits(0).json();
        // What docs/TRUST.md tells others to do, by hand.
        let bytes = std::fs::read(&file).unwrap();
        let mut lines = bytes.splitn(5, |byte| *byte == b'\n');
        let mut line = || String::from_utf8(lines.next().unwrap().to_vec()).unwrap();
        assert_eq!(line(), "idterm.trust-snapshot/1");
        folder.write("key.b64", format!("{}\n", line().strip_prefix("key ").unwrap()));
        folder.write("signature.b64", format!("{}\n", line().strip_prefix("signature ").unwrap()));
        let length: usize = line().strip_prefix("bytes ").unwrap().parse().unwrap();
        let signed = lines.next().unwrap();
        assert_eq!(signed.len(), length);
        folder.write("signed", signed);
        for (from, to) in [("key.b64", "key.spki"), ("signature.b64", "signature.der")] {
            let done = openssl(folder, &["base64", "-d", "-A", "-in", from, "-out", to]).unwrap();
            assert!(done.status.success(), "{done:?}");
        }
        let check = [
            "dgst",
            "-sha256",
            "-verify",
            "key.spki",
            "-keyform",
            "DER",
            "-signature",
            "signature.der",
            "signed",
        ];
        let checked = openssl(folder, &check).unwrap();
        assert!(checked.status.success() && checked.stdout.starts_with(b"Verified OK"), "{checked:?}");
        let spki = std::fs::read(folder.join("key.spki")).unwrap();
        assert_eq!(said["signer"], sha256(&spki));
        let public =
            openssl(folder, &["pkey", "-in", name, "-inform", form, "-pubout", "-outform", "DER"]).unwrap();
        assert_eq!(public.stdout, spki, "the same form as openssl's");
        // The packs are DER.
        let manifest_end = signed.iter().position(|byte| *byte == b'\n').unwrap();
        folder.write("packs", &signed[manifest_end + 1..]);
        let parsed = openssl(folder, &["asn1parse", "-inform", "DER", "-in", "packs"]).unwrap();
        assert!(
            parsed.status.success() && String::from_utf8_lossy(&parsed.stdout).contains("idterm.pack/1"),
            "{parsed:?}"
        );
    }
    // Another curve, and another kind of key.
    for (name, words) in [
        ("p384.pem", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"][..]),
        ("rsa.pem", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ] {
        let made = openssl(folder, &[&["genpkey", "-out", name][..], words].concat()).unwrap();
        assert!(made.status.success(), "{made:?}");
        let error = exporter.store.trust(&["key", "show", &folder.join(name)]).error("E1006");
        assert!(error["text"].as_str().unwrap().contains("P-256"), "{error}");
    }
    let own = folder.join("key.pem");
    let text = openssl(folder, &["pkey", "-in", &own, "-noout", "-text"]).unwrap();
    assert!(
        text.status.success() && String::from_utf8_lossy(&text.stdout).contains("prime256v1"),
        "{text:?}"
    );
}

/// What the page tells others to type does what it says.
#[cfg(unix)]
#[test]
fn the_commands_of_the_page_check_a_snapshot() {
    let exporter = Exporter::new("page");
    let folder = &exporter.store.folder;
    if openssl(folder, &["version"]).is_none() {
        return;
    }
    exporter.export("store.snapshot", &[]);
    let page = include_str!("../../../docs/TRUST.md");
    let script = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().replace("| less", "");
    let done = Command::new("sh").args(["-e", "-c", &script]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{done:?}");
    for words in
        ["Verified OK", exporter.signer.as_str(), "\"schema\":\"idterm.trust-snapshot/1\"", "idterm.pack/1"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
}
