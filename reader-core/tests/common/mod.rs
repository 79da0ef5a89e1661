//! What several tests need: the shared data, and captures of stored files.
#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "every test uses a part of it, and says when it skips"
)]

use std::fs;
use std::path::{Path, PathBuf};

use reader_core::capture::{Capture, FileState, Origin};
use reader_core::lds::{DataGroup, Directory, FileId};
use reader_core::pki::{Imported, Provenance};
use reader_core::wire::date::Timestamp;
use test_vectors::card::{self, Card, Hash};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::Issued;
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};
use test_vectors::persona;

/// 21 November 2026, 10:00 UTC.
pub const NOW: Timestamp = Timestamp(1_795_255_200);

/// A folder or file of the shared data; `None`, said aloud, where it is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("IDTERM_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let place = root.join(path);
    if place.exists() {
        return Some(place);
    }
    assert!(std::env::var("REQUIRE_SHARED").as_deref() != Ok("1"), "{} is missing", place.display());
    println!("skipped, data not present: {path}");
    None
}

/// The bytes of a file of a folder.
pub fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A stored capture of a folder with `EF_SOD.bin`, `EF_COM.bin` and `DatagroupN.bin`.
pub fn stored(folder: &Path) -> Capture {
    let mut capture = Capture::new(Origin::Stored);
    let mut take = |id: FileId, name: String| {
        if let Ok(bytes) = fs::read(folder.join(name)) {
            capture.files.insert(id, FileState::Read(bytes));
        }
    };
    take(FileId::SOD, "EF_SOD.bin".to_owned());
    take(FileId::COM, "EF_COM.bin".to_owned());
    for group in DataGroup::ALL {
        take(FileId::group(group), format!("Datagroup{}.bin", group.number()));
    }
    capture
}

/// The files of a simulated card, live, with nothing refused.
pub fn live(card: Card) -> Capture {
    let mut capture = Capture::new(Origin::Live);
    for ((directory, id), bytes) in card.files {
        let directory = match directory {
            card::Directory::MasterFile => Directory::MasterFile,
            card::Directory::Lds => Directory::Emrtd,
        };
        capture.files.insert(FileId { directory, id }, FileState::Read(bytes));
    }
    capture
}

/// The files of the good card, live.
pub fn good() -> Capture {
    live(persona::find("good").unwrap().card(NOW.0))
}

/// When the good card was issued.
pub fn issued() -> Date {
    Date::from_unix_s(NOW.0).plus_years(-2)
}

/// Number and bytes of each data group.
pub fn groups(capture: &Capture) -> Vec<(u8, &[u8])> {
    let numbered = |group: DataGroup| Some((group.number(), capture.group(group)?));
    DataGroup::ALL.into_iter().filter_map(numbered).collect()
}

/// The good card's files under an EF.SOD that `signer` made.
pub fn signed_by(signer: &Issued) -> Capture {
    let mut capture = good();
    let form = SodForm {
        version: LdsVersion::V1_8,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::SubjectKeyIdentifier,
        signing_time_s: Some(issued().to_unix_s()),
    };
    let sod = ef_sod(&form, &groups(&capture), signer);
    capture.files.insert(FileId::SOD, FileState::Read(sod));
    capture
}

/// Provenance in tests.
pub fn from(source: &str) -> Provenance {
    Provenance { source: source.to_owned(), imported_at: NOW }
}

/// How often each refusal occurs.
pub fn refusals(imported: &Imported) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for refused in &imported.refused {
        *counts.entry(format!("{:?}", refused.refusal)).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}
