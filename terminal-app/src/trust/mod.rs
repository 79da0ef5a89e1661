//! The trust store on disk: one index, and one file per certificate or list, named by its SHA-256.
//!
//! Files are written before the index, and the index is replaced in one step: whoever stops in between leaves the old
//! store. What stands in the index was verified when it was added; on opening, each file is held against its SHA-256
//! and nothing else is computed, so the folder must be writable by the operator alone.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use reader_core::pki::{Fingerprint, Imported, Pins, Provenance, TrustBuilder, TrustSnapshot, VerifiedBy};
use reader_core::wire::date::Timestamp;
use serde::{Deserialize, Serialize};

const INDEX: &str = "index.json";
const SCHEMA: &str = "idterm.trust/1";
/// Largest file that is taken in: the largest master list today has 1.5 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// Why the store could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {problem}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// A file or folder cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the store is not what the index says.
    #[error("{path} was altered or is damaged: its SHA-256 is not its name")]
    Altered {
        /// Which.
        path: PathBuf,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Index {
    schema: String,
    anchors: Vec<AnchorEntry>,
    revocation_lists: Vec<String>,
    #[serde(default)]
    deviation_lists: Vec<DeviationListEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DeviationListEntry {
    sha256: String,
    source: String,
    imported_at_unix_s: i64,
    verified_by: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct AnchorEntry {
    sha256: String,
    source: String,
    imported_at_unix_s: i64,
    verified_by: String,
}

/// The store's folder.
#[derive(Clone, Debug)]
pub struct TrustFolder {
    folder: PathBuf,
}

impl TrustFolder {
    /// The store in `folder`, which need not exist yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder that this platform has for such data, unless one is given.
    #[must_use]
    pub fn of_platform() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "idterm")?;
        Some(Self { folder: folders.data_dir().join("trust") })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Everything in the store; an absent folder is an empty store.
    ///
    /// # Errors
    /// Something cannot be read or was altered.
    pub fn open(&self) -> Result<TrustSnapshot, TrustError> {
        let path = self.folder.join(INDEX);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(TrustSnapshot::empty()),
            Err(error) => return Err(TrustError::Read { path, problem: error.to_string() }),
        };
        let unusable = |problem: String| TrustError::Read { path: path.clone(), problem };
        let index: Index = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        if index.schema != SCHEMA {
            return Err(unusable(format!("schema is {:?}, and only {SCHEMA:?} is understood", index.schema)));
        }
        let mut builder = TrustBuilder::new();
        for entry in &index.anchors {
            let der = self.object(&entry.sha256)?;
            let verified_by = verified_by(&entry.verified_by)
                .ok_or_else(|| unusable(format!("verified_by {:?} is not understood", entry.verified_by)))?;
            let provenance =
                Provenance { source: entry.source.clone(), imported_at: Timestamp(entry.imported_at_unix_s) };
            builder
                .restore(&der, provenance, verified_by)
                .map_err(|error| unusable(format!("{}: {error}", entry.sha256)))?;
        }
        for sha256 in &index.revocation_lists {
            let provenance = Provenance { source: String::new(), imported_at: Timestamp(0) };
            let imported = builder.add_crl(&self.object(sha256)?, &provenance);
            if let Some(refused) = imported.refused.first() {
                return Err(unusable(format!("revocation list {sha256}: {}", refused.detail)));
            }
        }
        for entry in &index.deviation_lists {
            let provenance =
                Provenance { source: entry.source.clone(), imported_at: Timestamp(entry.imported_at_unix_s) };
            let verified_by = verified_by(&entry.verified_by)
                .ok_or_else(|| unusable(format!("verified_by {:?} is not understood", entry.verified_by)))?;
            let restored =
                builder.restore_deviation_list(&self.object(&entry.sha256)?, &provenance, verified_by);
            restored.map_err(|problem| unusable(format!("deviation list {}: {problem}", entry.sha256)))?;
        }
        Ok(builder.build())
    }

    /// Replaces the store's content.
    ///
    /// # Errors
    /// Something cannot be written; the old content then still stands.
    pub fn save(&self, snapshot: &TrustSnapshot) -> Result<(), TrustError> {
        self.make_folder()?;
        for anchor in snapshot.anchors() {
            self.put(anchor.certificate.fingerprint(), anchor.certificate.der())?;
        }
        for list in snapshot.crls() {
            self.put(list.fingerprint(), list.der())?;
        }
        for list in snapshot.deviation_lists() {
            self.put(list.fingerprint, &list.der)?;
        }
        let index = Index {
            schema: SCHEMA.to_owned(),
            anchors: snapshot
                .anchors()
                .iter()
                .map(|anchor| AnchorEntry {
                    sha256: anchor.certificate.fingerprint().to_string(),
                    source: anchor.provenance.source.clone(),
                    imported_at_unix_s: anchor.provenance.imported_at.0,
                    verified_by: anchor.verified_by.to_string(),
                })
                .collect(),
            revocation_lists: snapshot.crls().iter().map(|list| list.fingerprint().to_string()).collect(),
            deviation_lists: snapshot
                .deviation_lists()
                .iter()
                .map(|list| DeviationListEntry {
                    sha256: list.fingerprint.to_string(),
                    source: list.provenance.source.clone(),
                    imported_at_unix_s: list.provenance.imported_at.0,
                    verified_by: list.verified_by.to_string(),
                })
                .collect(),
        };
        let text = serde_json::to_string_pretty(&index).unwrap_or_default();
        self.replace(INDEX, text.as_bytes())
    }

    fn object(&self, sha256: &str) -> Result<Vec<u8>, TrustError> {
        let path = self.folder.join(format!("{sha256}.der"));
        let bytes = read_bounded(&path)?;
        if Fingerprint::of(&bytes).to_string() == sha256 {
            Ok(bytes)
        } else {
            Err(TrustError::Altered { path })
        }
    }

    fn put(&self, fingerprint: Fingerprint, bytes: &[u8]) -> Result<(), TrustError> {
        let name = format!("{fingerprint}.der");
        if self.folder.join(&name).is_file() { Ok(()) } else { self.replace(&name, bytes) }
    }

    /// Writes beside, then renames: a reader sees the old file or the new one.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), TrustError> {
        let path = self.folder.join(name);
        let beside = self.folder.join(format!(".{name}.new"));
        let written = fs::File::create(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&beside, &path)).map_err(|source| TrustError::Write { path, source })
    }

    fn make_folder(&self) -> Result<(), TrustError> {
        fs::create_dir_all(&self.folder)
            .map_err(|source| TrustError::Write { path: self.folder.clone(), source })
    }
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Certificates, DER or PEM.
    Certificate,
    /// A CSCA master list, signed or bare.
    MasterList,
    /// A revocation list.
    RevocationList,
    /// A deviation list.
    DeviationList,
}

/// Adds the content of a file to `builder`, whatever it is.
pub fn add(
    builder: &mut TrustBuilder,
    bytes: &[u8],
    provenance: &Provenance,
    pins: &Pins,
) -> (Kind, Imported) {
    match recognise(bytes) {
        Kind::Certificate => (Kind::Certificate, builder.add_certificate(bytes, provenance, pins)),
        Kind::MasterList => (Kind::MasterList, builder.add_master_list(bytes, provenance, pins)),
        Kind::RevocationList => (Kind::RevocationList, builder.add_crl(bytes, provenance)),
        Kind::DeviationList => (Kind::DeviationList, builder.add_deviation_list(bytes, provenance, pins)),
    }
}

/// Tells the kinds apart by their outermost objects, and signed lists by what they say to hold; what is none of them fails as a certificate.
fn recognise(bytes: &[u8]) -> Kind {
    use reader_core::wire::tlv::{Reader, Rules};
    if bytes.starts_with(b"-----BEGIN X509 CRL") {
        return Kind::RevocationList;
    }
    if reader_core::pki::lists::is_deviation_list(bytes) {
        return Kind::DeviationList;
    }
    let inner = |reader: &mut Reader<'_>| -> Option<Kind> {
        let mut outer = reader.enter("file", 0x30).ok()?;
        match outer.peek_tag().ok()? {
            // ContentInfo begins with an identifier, a bare CscaMasterList with its version.
            0x06 | 0x02 => return Some(Kind::MasterList),
            _ => {}
        }
        let mut signed = outer.enter("to be signed", 0x30).ok()?;
        // A certificate has [0] version, a serial number, and an AlgorithmIdentifier; a list has an optional version
        // and then the AlgorithmIdentifier and the issuer's name, followed by a time.
        if signed.peek_tag().ok()? == 0xA0 {
            return Some(Kind::Certificate);
        }
        let _version = signed.optional(0x02).ok()?;
        signed.expect(0x30).ok()?;
        signed.expect(0x30).ok()?;
        matches!(signed.peek_tag().ok()?, 0x17 | 0x18).then_some(Kind::RevocationList)
    };
    let mut reader = Reader::new("file", Rules::Ber, bytes);
    if bytes.starts_with(&[0x30, 0x80]) {
        // Indefinite length: only signed lists are written so.
        return Kind::MasterList;
    }
    inner(&mut reader).unwrap_or(Kind::Certificate)
}

/// Reads a file of at most 64 MiB.
///
/// # Errors
/// It cannot be read or is larger.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, TrustError> {
    let fault = |problem: String| TrustError::Read { path: path.to_owned(), problem };
    // Not by the length that the file system tells: a device tells none and never ends.
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| fault(error.to_string()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE_BYTES) {
        Ok(bytes)
    } else {
        Err(fault(format!("it has more than {MAX_FILE_BYTES} bytes, the limit")))
    }
}

fn verified_by(text: &str) -> Option<VerifiedBy> {
    match text {
        "self" => Some(VerifiedBy::SelfSigned),
        "pinned" => Some(VerifiedBy::Pinned),
        _ => {
            let (kind, id) = text.split_once(':')?;
            let id = Fingerprint::from_hex(id)?;
            match kind {
                "link" => Some(VerifiedBy::Link(id)),
                "list" => Some(VerifiedBy::List(id)),
                _ => None,
            }
        }
    }
}
