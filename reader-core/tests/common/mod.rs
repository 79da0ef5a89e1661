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
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Imported, Provenance};
use reader_core::wire::date::Timestamp;

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
