//! What a store of the world's size costs to open: memory, and CPU time at several sizes.
//!
//! The store is generated, written as the terminal writes it, and opened as the terminal opens it, by a fresh process for
//! each measurement. Opening checks no signature, so that most signatures of the generated certificates are arbitrary bytes.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reader_core::pki::path::{self, Path as Found};
use reader_core::pki::revocation::{Revocation, revocation};
use reader_core::pki::{Certificate, Conformance, Fingerprint, Provenance, TrustBuilder, VerifiedBy};
use reader_core::wire::cms::SignerIdentifier;
use reader_core::wire::date::Timestamp;
use terminal_app::trust::TrustFolder;
use test_vectors::issuer::world::World;

use crate::timing::{measure, once};

/// The argument that makes this program open a store, measure itself and say so.
pub const OPEN: &str = "--open-store";
/// Sizes, in hundredths of the world as it is.
const PERCENT: [usize; 4] = [25, 100, 200, 400];
/// Opened so often; the least time counts, since what disturbs a run only makes it longer.
const TRIES: usize = 5;
/// 21 November 2026, 10:00 UTC.
const NOW: Timestamp = Timestamp(1_795_255_200);

/// What a process that opened a store says of itself.
#[derive(Clone, Copy, Debug)]
struct Opened {
    anchors: usize,
    signers: usize,
    revoked: usize,
    cpu: Duration,
    /// Most memory that the whole process had until the store was open.
    peak_bytes: u64,
    /// Finding one document signer by its name, its path and its revocation.
    lookup: Duration,
    /// The same without the check of its signature.
    search: Duration,
}

/// Measures every size, and prints a table.
///
/// # Errors
/// A store cannot be written or opened.
pub fn print(reference: Duration) -> io::Result<()> {
    let folder = Folder::new()?;
    let empty = opened(&folder.0.join("nowhere"), 0)?;
    println!("\n### Opening a store of the world's size\n");
    println!(
        "Generated: the keys' mix and sizes of published certificates, {} countries, signatures of arbitrary bytes. Opened by `TrustFolder::open`, each time by a new \
         process, which has {:.1} MB without a store. MB are 10⁶ bytes; the reference is SHA-256 of 64 MiB.\n",
        World::of_percent(100).countries(),
        megabytes(empty.peak_bytes)
    );
    println!(
        "| anchors | signers | revoked | store, MB | peak of the process, MB | of the store, MB | CPU, × reference | for 1,000 anchors | search, µs | with the signature, µs |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for percent in PERCENT {
        let store = folder.0.join(percent.to_string());
        write(&World::of_percent(percent), &store)?;
        let tries: Vec<Opened> = (0..TRIES).map(|_| opened(&store, percent)).collect::<io::Result<_>>()?;
        let least = |of: fn(&Opened) -> Duration| tries.iter().map(of).min().unwrap_or_default();
        let peak_bytes = tries.iter().map(|one| one.peak_bytes).max().unwrap_or_default();
        let one = tries.first().ok_or_else(|| io::Error::other("nothing was measured"))?;
        let multiple = least(|one| one.cpu).as_secs_f64() / reference.as_secs_f64();
        println!(
            "| {} | {} | {} | {:.1} | {:.1} | {:.1} | {:.2} | {:.3} | {:.1} | {:.0} |",
            one.anchors,
            one.signers,
            one.revoked,
            megabytes(size(&store)?),
            megabytes(peak_bytes),
            megabytes(peak_bytes.saturating_sub(empty.peak_bytes)),
            multiple,
            multiple * 1000.0 / one.anchors as f64,
            least(|one| one.search).as_secs_f64() * 1e6,
            least(|one| one.lookup).as_secs_f64() * 1e6,
        );
    }
    Ok(())
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A folder that goes with its value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("idterm-world-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn size(folder: &Path) -> io::Result<u64> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

/// Writes the store by the terminal's own functions.
fn write(world: &World, folder: &Path) -> io::Result<()> {
    let provenance = |source: &str| Provenance { source: source.to_owned(), imported_at: NOW };
    let mut builder = TrustBuilder::new();
    let mut anchors = Vec::new();
    for number in 0..world.authorities() {
        let member = world.authority(number);
        let issuer = if member.issuer == number { None } else { anchors.get(member.issuer).copied() };
        let verified_by = issuer.map_or(VerifiedBy::SelfSigned, VerifiedBy::Link);
        anchors.push(Fingerprint::of(&member.der));
        builder
            .restore(&member.der, provenance("icaopkd-002-complete.ldif"), verified_by)
            .map_err(io::Error::other)?;
    }
    let signed_by = |issuer: usize| anchors.get(issuer).copied().ok_or_else(|| io::Error::other("no issuer"));
    for list in world.revocation_lists() {
        builder
            .restore_crl(&list.der, provenance("icaopkd-001-complete.ldif"), signed_by(list.issuer)?)
            .map_err(io::Error::other)?;
    }
    for member in (0..world.signers()).map(|number| world.signer(number)) {
        let provenance = provenance("icaopkd-001-complete.ldif");
        builder
            .restore_document_signer(
                &member.der,
                provenance,
                signed_by(member.issuer)?,
                Conformance::Conformant,
            )
            .map_err(io::Error::other)?;
    }
    TrustFolder::at(folder).save(&builder.build()).map_err(io::Error::other)
}

/// Has a new process open the store.
fn opened(folder: &Path, percent: usize) -> io::Result<Opened> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg(OPEN).arg(folder).arg(percent.to_string()).output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [anchors, signers, revoked, cpu, peak_bytes, lookup, search] = numbers.as_slice() else {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    };
    let count = |number: &u64| usize::try_from(*number).map_err(io::Error::other);
    let time = |nanos: &u64| Duration::from_nanos(*nanos);
    Ok(Opened {
        anchors: count(anchors)?,
        signers: count(signers)?,
        revoked: count(revoked)?,
        cpu: time(cpu),
        peak_bytes: *peak_bytes,
        lookup: time(lookup),
        search: time(search),
    })
}

/// Opens a store and prints what it cost, for the process that asked.
///
/// # Errors
/// The store cannot be opened, or does not answer as it should.
pub fn open(folder: &Path, percent: usize) -> io::Result<()> {
    let (trust, cpu) = once(|| TrustFolder::at(folder).open());
    let trust = trust.map_err(io::Error::other)?;
    let peak_bytes = peak_bytes()?;
    let world = World::of_percent(percent);
    let probes: Vec<Certificate> = world
        .proved_signers()
        .iter()
        .map(|number| Certificate::from_der(&world.signer(*number).der).map_err(io::Error::other))
        .collect::<io::Result<_>>()?;
    let known = |probe: &Certificate| {
        let (issuer, serial) = (probe.issuer().raw(), probe.serial());
        trust.document_signers().find(&SignerIdentifier::IssuerAndSerial { issuer, serial })
    };
    let anchor = |probe: &Certificate| match path::find(probe, &trust) {
        Found::Confirmed { anchor, .. } => Ok(anchor),
        other => Err(io::Error::other(format!("{other:?}"))),
    };
    let anchors = probes.iter().map(anchor).collect::<io::Result<Vec<_>>>()?;
    for (probe, anchor) in probes.iter().zip(&anchors) {
        assert_eq!(known(probe).len(), 1, "every document signer is found");
        let clear = matches!(revocation(probe, anchor, &trust, NOW), Revocation::NotListed(_));
        assert!(
            clear || probe.serial() == probes[0].serial(),
            "the first signer of a country alone is revoked"
        );
    }
    let each = |time: Duration| time.as_nanos() / probes.len().max(1) as u128;
    let search = measure(|| {
        for (probe, anchor) in probes.iter().zip(&anchors) {
            std::hint::black_box((known(probe), revocation(probe, anchor, &trust, NOW)));
        }
    });
    let signed = measure(|| {
        for probe in &probes {
            std::hint::black_box(path::find(probe, &trust));
        }
    });
    let revoked: usize = trust.crls().iter().map(|list| list.len()).sum();
    println!(
        "{} {} {revoked} {} {peak_bytes} {} {}",
        trust.anchors().len(),
        trust.document_signers().len(),
        cpu.as_nanos(),
        each(search + signed),
        each(search)
    );
    Ok(())
}

/// Most memory that this process has had.
fn peak_bytes() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes
        .map(|number| number * 1024)
        .ok_or_else(|| io::Error::other("the system does not tell its memory"))
}
