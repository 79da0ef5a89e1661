//! A store of the world's size: how much memory it takes to open, and that the work grows with its size and no faster.
//!
//! The certificates are generated, most of them with arbitrary bytes for a signature: opening checks none. This program
//! opens each store in a process of its own, which says how much memory it had, or whose instructions valgrind counts.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use reader_core::pki::path::{self, Path as Found};
use reader_core::pki::revocation::{Revocation, revocation};
use reader_core::pki::{
    Anchor, Certificate, Conformance, Fingerprint, Pack, Provenance, TrustBuilder, TrustSnapshot, VerifiedBy,
};
use reader_core::wire::cms::SignerIdentifier;
use reader_core::wire::date::Timestamp;
use test_vectors::issuer::world::World;

/// What a process may have, with the store of the world as it is.
const MOST_BYTES: u64 = 64_000_000;
const NOW: Timestamp = Timestamp(1_795_255_200);
/// Tells the process that opens a store which one, and how often to look its probes up.
const STORE: &str = "IDTERM_TEST_STORE";
const LOOKUPS: &str = "IDTERM_TEST_LOOKUPS";
const PROBES: &str = "probes";

/// A world's packs as files in a folder, which goes with its value.
struct Store {
    folder: PathBuf,
    bytes: u64,
}

impl Store {
    fn of(percent: usize) -> Self {
        let folder = std::env::temp_dir().join(format!("idterm-world-{}-{percent}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let world = World::of_percent(percent);
        let packs = packed(&world);
        for (number, pack) in packs.iter().enumerate() {
            fs::write(folder.join(format!("{number:03}.pack")), pack.bytes()).unwrap();
        }
        let probes: Vec<u8> =
            world.proved_signers().iter().flat_map(|number| world.signer(*number).der).collect();
        fs::write(folder.join(PROBES), probes).unwrap();
        Self { bytes: packs.iter().map(|pack| pack.bytes().len() as u64).sum(), folder }
    }

    /// The command that has this program open the store, after `before`.
    fn command(&self, before: &[&str], lookups: usize) -> Command {
        let this = std::env::current_exe().unwrap();
        let mut command = match before {
            [] => Command::new(this),
            [program, options @ ..] => {
                let mut command = Command::new(program);
                command.args(options).arg(this);
                command
            }
        };
        command.args(["--exact", "opens_what_it_is_told", "--nocapture", "--test-threads=1"]);
        command.env(STORE, &self.folder).env(LOOKUPS, lookups.to_string());
        command
    }

    /// Most memory of a process that opens the store; `None` where the system does not tell.
    fn peak_bytes(&self) -> Option<u64> {
        let output = self.command(&[], 0).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.lines().find_map(|line| line.rsplit_once("peak ")?.1.trim().parse().ok())
    }

    /// Instructions of a process that opens the store and looks its probes up so often; `None` without valgrind.
    fn instructions(&self, lookups: usize) -> Option<u64> {
        let valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let output = self.command(&valgrind, lookups).output().ok()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let total = said.lines().find_map(|line| line.split_once("Collected : ")).unwrap().1;
        Some(total.trim().parse().unwrap())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn packed(world: &World) -> Vec<Pack> {
    let provenance = || Provenance { source: "icaopkd-001-complete.ldif".to_owned(), imported_at: NOW };
    let mut builder = TrustBuilder::new();
    let mut anchors: Vec<Fingerprint> = Vec::new();
    for number in 0..world.authorities() {
        let member = world.authority(number);
        let verified_by = match member.issuer {
            issuer if issuer == number => VerifiedBy::SelfSigned,
            issuer => VerifiedBy::Link(anchors[issuer]),
        };
        anchors.push(Fingerprint::of(&member.der));
        builder.restore(&member.der, provenance(), verified_by).unwrap();
    }
    for list in world.revocation_lists() {
        builder.restore_crl(&list.der, provenance(), anchors[list.issuer]).unwrap();
    }
    for signer in (0..world.signers()).map(|number| world.signer(number)) {
        let signed_by = anchors[signer.issuer];
        builder
            .restore_document_signer(&signer.der, provenance(), signed_by, Conformance::Conformant)
            .unwrap();
    }
    builder.build().packs()
}

/// Opens packs as the terminal does: each is read whole and hashed, then all are put together.
fn open(folder: &Path) -> TrustSnapshot {
    let mut names: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|extension| extension == "pack"));
    names.sort();
    let pack = |name: &PathBuf| {
        let mut file = File::open(name).unwrap();
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        let mut bytes = Vec::with_capacity(length);
        file.read_to_end(&mut bytes).unwrap();
        Pack::new(bytes)
    };
    TrustSnapshot::from_packs(names.iter().map(pack).collect()).unwrap()
}

/// The process that is measured, where it was told a store; else nothing.
#[test]
fn opens_what_it_is_told() {
    let Some(folder) = std::env::var_os(STORE).map(PathBuf::from) else { return };
    let trust = open(&folder);
    if let Some(status) = fs::read_to_string("/proc/self/status").ok()
        && let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))
    {
        let kibibytes: u64 = line.trim().strip_suffix("kB").unwrap().trim().parse().unwrap();
        println!("peak {}", kibibytes * 1024);
    }
    let probes = fs::read(folder.join(PROBES)).unwrap();
    let probes = certificates(&probes);
    let lookups: usize = std::env::var(LOOKUPS).unwrap().parse().unwrap();
    for probe in &probes {
        let Found::Confirmed { anchor, .. } = path::find(probe, &trust) else { panic!("a path is found") };
        for _ in 0..lookups {
            search(black_box(probe), anchor, &trust);
        }
    }
    black_box(trust);
}

/// Finds a signer by its name, and what the lists say of it and its anchor: a lookup without the one signature, whose cost
/// is that of its curve.
fn search(probe: &Certificate, anchor: &Anchor, trust: &TrustSnapshot) {
    let named = SignerIdentifier::IssuerAndSerial { issuer: probe.issuer().raw(), serial: probe.serial() };
    assert_eq!(trust.document_signers().find(&named).len(), 1);
    let revoked = revocation(probe, anchor, trust, NOW);
    assert!(matches!(revoked, Revocation::Revoked(_) | Revocation::NotListed(_)), "{revoked:?}");
}

fn certificates(bytes: &[u8]) -> Vec<Certificate> {
    use reader_core::wire::tlv::{Reader, Rules};
    let mut reader = Reader::new("probes", Rules::Der, bytes);
    let mut found = Vec::new();
    while !reader.is_empty() {
        found.push(Certificate::from_der(reader.any().unwrap().raw).unwrap());
    }
    found
}

#[test]
fn a_store_of_the_worlds_size_opens_in_64_mb_and_memory_grows_with_its_bytes() {
    let [nothing, half, whole] = [0, 50, 100].map(Store::of);
    let Some(empty) = nothing.peak_bytes() else {
        println!("skipped, not present: /proc, which tells how much memory a process had");
        return;
    };
    let [half_peak, whole_peak] = [&half, &whole].map(|store| store.peak_bytes().unwrap());
    let figures = format!("{empty} empty, {half_peak} at half, {whole_peak} whole, {} stored", whole.bytes);
    println!("bytes: {figures}");
    assert!(whole_peak <= MOST_BYTES, "{figures}");
    // Signers take their bytes and 40 more; an anchor is read out of its bytes, and takes some times as much.
    let store = whole_peak - empty;
    assert!(store * 100 <= whole.bytes * 140, "{figures}");
    assert!(store * 100 <= (half_peak - empty) * 215, "{figures}");
}

#[test]
fn the_work_of_opening_grows_with_the_size_and_that_of_a_lookup_does_not() {
    let stores = [3, 6, 12].map(Store::of);
    let opened = stores.iter().map(|store| store.instructions(0)).collect::<Option<Vec<u64>>>();
    let Some([once, twice, four_times]) = opened.as_deref() else {
        println!("skipped, not present: valgrind, which counts instructions");
        return;
    };
    let looked_up = |at: usize, opened: &u64| stores[at].instructions(20).unwrap() - opened;
    let lookups = [looked_up(0, once), looked_up(2, four_times)];
    println!("instructions: opened {once} {twice} {four_times}, searched {lookups:?}");
    // Twice as much is added at twice the work; four times, were it quadratic.
    assert!(four_times - twice <= (twice - once) * 23 / 10, "{opened:?}");
    assert!(lookups[1] * 100 <= lookups[0] * 105, "{lookups:?}");
}
