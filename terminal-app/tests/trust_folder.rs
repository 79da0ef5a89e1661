//! The trust store on disk: a crash, a loss of power or a full disk at any step leaves the old store or the new one;
//! damage is named and never opened in part; writers wait for each other; the old form is still read.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use reader_core::pki::{Conformance, Fingerprint, Pins, Provenance, TrustBuilder, TrustSnapshot};
use reader_core::wire::date::Timestamp;
use terminal_app::trust::{Disk, RealDisk, TrustError, TrustFolder};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::country::{Country, SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST};

const NOW: Timestamp = Timestamp(1_795_255_200);

/// A folder of its own that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("idterm-trust-folder-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn store(&self) -> TrustFolder {
        TrustFolder::at(&self.0)
    }

    /// Content of every file but the lock.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().map(Result::unwrap);
        let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
        named
            .filter(|(name, _)| name != ".lock")
            .map(|(name, path)| (name, fs::read(path).unwrap()))
            .collect()
    }

    fn fill(&self, files: &BTreeMap<String, Vec<u8>>) {
        let _ = fs::remove_dir_all(&self.0);
        fs::create_dir_all(&self.0).unwrap();
        for (name, bytes) in files {
            fs::write(self.0.join(name), bytes).unwrap();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn from(source: &str) -> Provenance {
    Provenance { source: source.to_owned(), imported_at: NOW }
}

fn add_signer(builder: &mut TrustBuilder, country: &Country, number: u8) {
    let times = SignerTimes::around(Date::from_unix_s(NOW.0).plus_years(-1));
    let der = country.document_signer(SignerNumber(number), times).der;
    let imported = builder.add_document_signer(&der, &from("directory"), Conformance::Conformant);
    assert_eq!(imported.added.len(), 1, "{:?}", imported.refused);
}

/// One country with its list and two signers.
fn older() -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("vn.der"), &Pins::none());
    let list = VIETNAM.revocation_list(NOW.0, vec![(vec![1], NOW.0)]);
    assert_eq!(builder.add_crl(&list, &from("vn.crl")).added.len(), 1);
    add_signer(&mut builder, &VIETNAM, 1);
    add_signer(&mut builder, &VIETNAM, 2);
    builder.build()
}

/// The same with another country and more signers, one signer and the list taken out.
fn newer(older: &TrustSnapshot) -> TrustSnapshot {
    let mut builder = TrustBuilder::from_snapshot(older);
    builder.add_certificate(&VIETNAM_NIST.csca(NOW.0).der, &from("other.der"), &Pins::none());
    assert!(builder.remove(older.crls()[0].fingerprint()).is_some());
    let first = older.document_signers().fingerprints().next().unwrap();
    assert!(builder.remove(first).is_some());
    add_signer(&mut builder, &VIETNAM, 3);
    add_signer(&mut builder, &VIETNAM_NIST, 4);
    builder.build()
}

/// What is left of the machine after the step at which it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// The program ended; the system wrote everything that it was given.
    Program,
    /// Power failed; of files that were not synchronised nothing but the name is left.
    Contents,
    /// Power failed; neither contents nor names that were not synchronised are left.
    ContentsAndNames,
    /// Power failed; of the names that were not synchronised the last one alone is left.
    NamesButTheLast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Before,
    /// In the middle of a step: half of a file is written.
    Half,
    After,
}

/// A file system that stops at one step and from then on does nothing.
struct Stopping {
    stop: Option<(usize, At)>,
    step: Cell<usize>,
    stopped: Cell<bool>,
    /// Without this a full disk: writing fails from then on, removing does not.
    crash: bool,
    unsynced: RefCell<Vec<Undo>>,
}

/// What a loss of power may take back.
enum Undo {
    Content(PathBuf),
    Rename { from: PathBuf, to: PathBuf, before: Option<Vec<u8>> },
    Remove { path: PathBuf, before: Vec<u8> },
}

impl Stopping {
    fn at(stop: Option<(usize, At)>, crash: bool) -> Self {
        let unsynced = RefCell::new(Vec::new());
        Self { stop, step: Cell::new(0), stopped: Cell::new(false), crash, unsynced }
    }

    fn run(
        &self,
        writes: bool,
        half: impl FnOnce(),
        whole: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let fault =
            || if self.crash { io::Error::other("stopped") } else { io::ErrorKind::StorageFull.into() };
        if self.stopped.get() && (self.crash || writes) {
            return Err(fault());
        }
        let step = self.step.replace(self.step.get() + 1);
        match self.stop {
            Some((at, how)) if at == step => {
                self.stopped.set(true);
                match how {
                    At::Before => {}
                    At::Half => half(),
                    At::After => whole()?,
                }
                Err(fault())
            }
            _ => whole(),
        }
    }

    /// Takes back what a loss of power takes.
    fn lose(&self, loss: Loss) {
        let unsynced = self.unsynced.take();
        let last = unsynced.iter().rposition(|undo| matches!(undo, Undo::Rename { .. }));
        for (index, undo) in unsynced.into_iter().enumerate().rev() {
            let taken_back = match loss {
                Loss::Program | Loss::Contents => false,
                Loss::ContentsAndNames => true,
                Loss::NamesButTheLast => last != Some(index),
            };
            match undo {
                Undo::Content(path) if loss != Loss::Program && path.exists() => {
                    fs::write(path, b"").unwrap();
                }
                Undo::Rename { from, to, before } if taken_back => {
                    fs::rename(&to, &from).unwrap();
                    if let Some(before) = before {
                        fs::write(to, before).unwrap();
                    }
                }
                Undo::Remove { path, before } if taken_back => {
                    fs::write(path, before).unwrap();
                }
                _ => {}
            }
        }
    }
}

impl Disk for Stopping {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.run(true, || {}, || RealDisk.make_folder(folder))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let note = || self.unsynced.borrow_mut().push(Undo::Content(path.to_owned()));
        let half = || {
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
            note();
        };
        self.run(true, half, || {
            note();
            RealDisk.write(path, bytes)
        })
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.run(
            true,
            || {},
            || {
                let same = |undo: &Undo| matches!(undo, Undo::Content(other) if other == path);
                self.unsynced.borrow_mut().retain(|undo| !same(undo));
                RealDisk.sync_file(path)
            },
        )
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run(
            true,
            || {},
            || {
                let before = fs::read(to).ok();
                let undo = Undo::Rename { from: from.to_owned(), to: to.to_owned(), before };
                // Content that is not synchronised goes with its file to the new name.
                for other in self.unsynced.borrow_mut().iter_mut() {
                    if let Undo::Content(path) = other
                        && path == from
                    {
                        to.clone_into(path);
                    }
                }
                self.unsynced.borrow_mut().push(undo);
                RealDisk.rename(from, to)
            },
        )
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.run(
            true,
            || {},
            || {
                self.unsynced.borrow_mut().retain(|undo| matches!(undo, Undo::Content(_)));
                RealDisk.sync_folder(folder)
            },
        )
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.run(
            false,
            || {},
            || {
                let before = fs::read(path)?;
                self.unsynced.borrow_mut().push(Undo::Remove { path: path.to_owned(), before });
                RealDisk.remove(path)
            },
        )
    }
}

/// Stops the change from `before` to `after` at every step in every way; gives the number of steps.
fn stop_everywhere(before: &BTreeMap<String, Vec<u8>>, after: &TrustSnapshot) -> usize {
    let place = Place::new();
    place.fill(before);
    let old = place.store().open().unwrap().id();
    assert_ne!(old, after.id());
    let counting = Stopping::at(None, true);
    place.store().save_on(after, &counting).unwrap();
    let complete = place.files();
    let steps = counting.step.get();
    let (mut olds, mut news) = (0, 0);
    for step in 0..steps {
        for how in [At::Before, At::Half, At::After] {
            for loss in [Loss::Program, Loss::Contents, Loss::ContentsAndNames, Loss::NamesButTheLast] {
                place.fill(before);
                let disk = Stopping::at(Some((step, how)), true);
                let _ = place.store().save_on(after, &disk);
                disk.lose(loss);
                let what = format!("step {step}, {how:?}, {loss:?}");
                let opened = place.store().open().unwrap_or_else(|error| panic!("{what}: {error}"));
                assert!(opened.id() == old || opened.id() == after.id(), "{what}: neither old nor new");
                if opened.id() == old {
                    olds += 1;
                } else {
                    news += 1;
                }
                // Nothing that was left over stands in the way of the next save, or stays.
                place.store().save(after).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(place.files(), complete, "{what}");
            }
        }
    }
    assert!(olds > 0 && news > 0, "{olds} old, {news} new");
    steps
}

#[test]
fn whoever_stops_at_any_step_leaves_the_old_store_or_the_new_one() {
    let older = older();
    let newer = newer(&older);
    let place = Place::new();
    let first = stop_everywhere(&BTreeMap::new(), &older);
    place.store().save(&older).unwrap();
    let second = stop_everywhere(&place.files(), &newer);
    assert!(first > 15 && second > 12, "{first} and {second} steps");
    // From the old form of the store, too.
    stop_everywhere(&old_form(), &newer);
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let older = older();
    let newer = newer(&older);
    let place = Place::new();
    place.store().save(&older).unwrap();
    let before = place.files();
    let mut refused = 0;
    for step in 0.. {
        place.fill(&before);
        let disk = Stopping::at(Some((step, At::Half)), false);
        let saved = place.store().save_on(&newer, &disk);
        if !disk.stopped.get() {
            break;
        }
        let opened = place.store().open().unwrap();
        match saved {
            Ok(()) => assert_eq!(opened.id(), newer.id(), "only what is left over could not be removed"),
            Err(error) => {
                let text = error.to_string();
                assert!(matches!(error, TrustError::Write { .. }), "{text}");
                assert!(
                    text.contains(place.0.to_str().unwrap()) && text.contains("nothing of the store is lost")
                );
                assert!(opened.id() == older.id() || opened.id() == newer.id(), "step {step}");
                refused += 1;
            }
        }
    }
    assert!(refused > 8, "{refused}");
    fs::remove_dir_all(&place.0).unwrap();
    fs::write(&place.0, b"a file in place of the folder").unwrap();
    assert!(place.store().save(&older).is_err() && place.store().open().is_err());
    fs::remove_file(&place.0).unwrap();
}

#[test]
fn damage_is_named_and_never_opened_in_part() {
    let older = older();
    let place = Place::new();
    place.store().save(&older).unwrap();
    let files = place.files();
    assert!(files.len() >= 4, "an index, and packs of anchors, lists and signers: {:?}", files.keys());
    let open = || place.store().open();
    let named = |name: &str, text: &str| {
        text.contains(name) && text.contains("put the folder back from a copy")
            || text.contains("program that wrote it")
    };
    for (name, bytes) in &files {
        let path = place.0.join(name);
        fs::remove_file(&path).unwrap();
        let text = open().unwrap_err().to_string();
        assert!(named(name, &text), "{name} removed: {text}");
        for length in (0..bytes.len()).step_by(1 + bytes.len() / 97) {
            fs::write(&path, &bytes[..length]).unwrap();
            let text = open().unwrap_err().to_string();
            assert!(named(name, &text), "{name} cut to {length}: {text}");
        }
        let is_index = Path::new(name).extension().is_some_and(|extension| extension == "json");
        let stride = if is_index { 1 } else { 1 + bytes.len() / 97 };
        for at in (0..bytes.len()).step_by(stride) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x01;
            fs::write(&path, &flipped).unwrap();
            match open() {
                // A space of the index that became another character that means nothing.
                Ok(same) => assert!(is_index && same.id() == older.id(), "{name} at {at}"),
                // A name in the index that is no longer that of a pack leads to the pack that is missing.
                Err(error) => assert!(named(if is_index { "" } else { name }, &error.to_string()), "{error}"),
            }
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(open().unwrap().id(), older.id());
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_still_read() {
    use std::os::unix::fs::PermissionsExt as _;

    let older = older();
    let place = Place::new();
    place.store().save(&older).unwrap();
    fs::remove_file(place.0.join(".lock")).unwrap();
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(place.store().open().unwrap().id(), older.id());
    // Who may write anywhere is not held up by permissions.
    let bound = fs::write(place.0.join("probe"), b"").is_err();
    if bound {
        let error = place.store().save(&newer(&older)).unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
    }
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn writers_wait_for_each_other_and_lose_nothing() {
    let place = Place::new();
    let anchor = VIETNAM.csca(NOW.0).der;
    place.store().update(|builder| builder.add_certificate(&anchor, &from("vn"), &Pins::none())).unwrap();
    std::thread::scope(|scope| {
        for number in 1..=8 {
            let store = place.store();
            scope.spawn(move || store.update(|builder| add_signer(builder, &VIETNAM, number)).unwrap());
        }
        // Readers see a whole store at any moment.
        for _ in 0..50 {
            assert_eq!(place.store().open().unwrap().anchors().len(), 1);
        }
    });
    let trust = place.store().open().unwrap();
    assert_eq!((trust.anchors().len(), trust.document_signers().len()), (1, 8));
}

#[test]
fn what_is_kept_comes_back_with_its_provenance() {
    let older = older();
    let place = Place::new();
    assert!(place.store().open().unwrap().anchors().is_empty(), "an absent folder is an empty store");
    place.store().save(&older).unwrap();
    let opened = place.store().open().unwrap();
    assert_eq!(opened.crls(), older.crls());
    assert_eq!(opened.anchors()[0].provenance, from("vn.der"));
    let (signer, before) = (opened.document_signers().iter().next(), older.document_signers().iter().next());
    assert_eq!(signer, before);
    // Saving what was opened writes no pack anew.
    let files = place.files();
    place.store().save(&opened).unwrap();
    assert_eq!(place.files(), files);
}

/// A store as the program wrote it before there were packs.
fn old_form() -> BTreeMap<String, Vec<u8>> {
    let anchor = VIETNAM.csca(NOW.0).der;
    let list = VIETNAM.revocation_list(NOW.0, vec![(vec![1], NOW.0)]);
    let (anchor_id, list_id) = (Fingerprint::of(&anchor), Fingerprint::of(&list));
    let index = format!(
        r#"{{ "schema": "idterm.trust/1", "anchors": [{{ "sha256": "{anchor_id}", "source": "vn.der",
           "imported_at_unix_s": 1700000000, "verified_by": "self" }}], "revocation_lists": ["{list_id}"] }}"#
    );
    BTreeMap::from([
        ("index.json".to_owned(), index.into_bytes()),
        (format!("{anchor_id}.der"), anchor),
        (format!("{list_id}.der"), list),
    ])
}

#[test]
fn the_old_form_is_read_and_written_anew_by_the_next_change() {
    let place = Place::new();
    place.fill(&old_form());
    let opened = place.store().open().unwrap();
    assert_eq!(opened.anchors()[0].provenance.source, "vn.der");
    assert_eq!(opened.anchors()[0].provenance.imported_at, Timestamp(1_700_000_000));
    assert_eq!(opened.crls()[0].signed_by, opened.anchors()[0].certificate.fingerprint());
    assert!(opened.crls()[0].provenance.imported_at.0 > 1_700_000_000, "the file's own time");
    place.store().update(|builder| add_signer(builder, &VIETNAM, 1)).unwrap();
    let files = place.files();
    assert!(files.keys().all(|name| !name.contains(".der")), "{:?}", files.keys());
    let again = place.store().open().unwrap();
    assert_eq!(again.crls(), opened.crls());
    assert_eq!(again.document_signers().len(), 1);
    // Damage of the old form is named as well.
    let mut damaged = old_form();
    let name = damaged.keys().next().unwrap().clone();
    damaged.get_mut(&name).unwrap()[40] ^= 1;
    place.fill(&damaged);
    assert!(place.store().open().unwrap_err().to_string().contains("is damaged"));
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let place = Place::new();
    fs::create_dir_all(&place.0).unwrap();
    fs::write(place.0.join("index.json"), r#"{ "schema": "idterm.trust/9", "more": [] }"#).unwrap();
    let error = place.store().update(|_| ()).unwrap_err();
    assert!(matches!(error, TrustError::Newer { .. }), "{error}");
    assert!(place.files()["index.json"].ends_with(b"[] }"));
}
