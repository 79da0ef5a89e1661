//! The simulator shares only raw primitives (hashes, block ciphers) with the reader. Read from the manifests and the
//! lock file, so that no tool need run.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use toml::{Table, Value};

/// What both name in their manifests.
const SHARED_DIRECTLY: &[&str] = &["aes", "des", "serde", "sha1", "sha2"];

/// What both reach, each with the reason that it may be shared. None knows a format, a protocol or a curve.
const SHARED: &[(&str, &str)] = &[
    ("aes", "block cipher"),
    ("autocfg", "runs when something is built"),
    ("block-buffer", "inside the hashes"),
    ("block-padding", "interface of the block ciphers"),
    ("cfg-if", "conditional compilation"),
    ("cipher", "interface of the block ciphers"),
    ("cmov", "constant-time choice, inside the hashes"),
    ("const-oid", "names of the hashes"),
    ("cpubits", "inside the block ciphers"),
    ("cpufeatures", "inside the block ciphers and hashes"),
    ("crypto-common", "interface of the block ciphers and hashes"),
    ("ctutils", "constant-time comparison, inside the hashes"),
    ("des", "block cipher"),
    ("digest", "interface of the hashes"),
    ("getrandom", "random numbers of the system"),
    ("hybrid-array", "inside the block ciphers and hashes"),
    ("inout", "inside the block ciphers"),
    ("libc", "system calls"),
    ("libm", "floating point functions below the numeric traits"),
    ("memchr", "searches a byte"),
    ("num-integer", "names of integer operations; the arithmetic is in num-bigint"),
    ("num-traits", "names of integer operations; the arithmetic is in num-bigint"),
    ("r-efi", "system calls"),
    ("rand_core", "interface of random numbers"),
    ("serde", "names of serialisation; each side has its own formats"),
    ("serde_core", "names of serialisation; each side has its own formats"),
    ("serde_derive", "names of serialisation; each side has its own formats"),
    ("sha1", "hash"),
    ("sha2", "hash"),
    ("subtle", "constant-time comparison"),
    ("typenum", "inside the block ciphers and hashes"),
    ("wasi", "system calls"),
    ("wasip2", "system calls"),
    ("wit-bindgen", "system calls"),
    ("zeroize", "wipes memory, inside the block ciphers"),
    ("zeroize_derive", "wipes memory, inside the block ciphers"),
];

/// Formats, protocols and curves of the reader, which the simulator must not reach.
const READERS_OWN: &[&str] = &[
    "asn1-rs",
    "cbc",
    "cmac",
    "crypto-bigint",
    "der",
    "der-parser",
    "elliptic-curve",
    "iso7816-tlv",
    "p256",
    "pcsc",
    "reader-core",
    "rsa",
    "x509-parser",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn table(path: &str) -> Table {
    let path = root().join(path);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .parse()
        .unwrap()
}

fn keys(manifest: &Table, section: &str) -> BTreeSet<String> {
    manifest
        .get(section)
        .and_then(|value| value.as_table())
        .map(|t| t.keys().cloned().collect())
        .unwrap_or_default()
}

/// Every package of the lock file, as "name version", with the packages that it needs. A package of the workspace has its
/// development dependencies among them.
struct Lock(BTreeMap<String, Vec<String>>);

impl Lock {
    fn read() -> Lock {
        let lock = table("Cargo.lock");
        let packages = lock["package"].as_array().unwrap();
        let text = |package: &Value, key: &str| package[key].as_str().unwrap().to_owned();
        let full = packages.iter().map(|p| format!("{} {}", text(p, "name"), text(p, "version")));
        let full: Vec<String> = full.collect();
        // An entry is a name, with the version where there are several.
        let resolve = |entry: &str| {
            let mut words = entry.split(' ');
            let (name, version) = (words.next().unwrap(), words.next());
            let is = |known: &&String| {
                let (known_name, known_version) = known.split_once(' ').unwrap();
                known_name == name && version.is_none_or(|version| known_version == version)
            };
            full.iter().find(is).unwrap_or_else(|| panic!("no {entry} in the lock file")).clone()
        };
        let needs = |package: &Value| {
            let entries = package.get("dependencies").and_then(Value::as_array).into_iter().flatten();
            entries.map(|entry| resolve(entry.as_str().unwrap())).collect()
        };
        Lock(full.iter().cloned().zip(packages.iter().map(needs)).collect())
    }

    /// All that a package of the workspace reaches through some of its own dependencies.
    fn reach(&self, package: &str, through: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let (_, direct) =
            self.0.iter().find(|(full, _)| name(full) == package).expect("a package of the workspace");
        let mut open: Vec<String> = direct.iter().filter(|full| through(name(full))).cloned().collect();
        let mut found = BTreeSet::new();
        while let Some(next) = open.pop() {
            open.extend(self.0[&next].iter().filter(|full| !found.contains(*full)).cloned());
            found.insert(next);
        }
        found
    }
}

/// The name in "name version".
fn name(full: &str) -> &str {
    full.split(' ').next().unwrap()
}

#[test]
fn the_simulator_needs_no_crate_of_this_project() {
    let manifest = table("test-vectors/Cargo.toml");
    assert!(!manifest.contains_key("target"), "a dependency for one target would escape this test");
    let reached = Lock::read().reach("test-vectors", |_| true);
    for sibling in ["reader-core", "terminal-app", "firmware-profiles", "xtask"] {
        assert!(!reached.iter().any(|full| name(full) == sibling), "test-vectors reaches {sibling}");
    }
}

#[test]
fn reader_and_simulator_share_raw_primitives_only() {
    let lock = Lock::read();
    let [(direct, reader), (own, simulator)] = ["reader-core", "test-vectors"].map(|package| {
        let direct = keys(&table(&format!("{package}/Cargo.toml")), "dependencies");
        let reached = lock.reach(package, |name| direct.contains(name));
        (direct, reached)
    });
    let both: Vec<&String> = direct.intersection(&own).collect();
    assert_eq!(both, SHARED_DIRECTLY, "named in both manifests");
    // Derive macros run when something is built; their crates do not end up in a program.
    let macros = ["syn", "quote", "proc-macro2", "unicode-ident", "synstructure"];
    let known = |name: &str| macros.contains(&name) || SHARED.iter().any(|(shared, _)| *shared == name);
    let surplus: Vec<_> = reader.intersection(&simulator).filter(|full| !known(name(full))).collect();
    assert!(surplus.is_empty(), "shared without a reason: {surplus:?}");
    for forbidden in READERS_OWN {
        assert!(!simulator.iter().any(|full| name(full) == *forbidden), "the simulator reaches {forbidden}");
    }
}

#[test]
fn a_forbidden_crate_would_be_found() {
    let lock = Lock::read();
    let reader = lock.reach("reader-core", |_| true);
    for expected in ["asn1-rs", "iso7816-tlv", "x509-parser", "crypto-bigint"] {
        assert!(
            reader.iter().any(|full| name(full) == expected),
            "{expected} has gone; this test looks for it"
        );
    }
    assert!(lock.reach("terminal-app", |_| true).iter().any(|full| name(full) == "reader-core"));
    assert!(
        lock.reach("terminal-app", |name| name != "reader-core")
            .iter()
            .all(|full| name(full) != "iso7816-tlv")
    );
}
