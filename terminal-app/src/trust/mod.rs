//! The trust store on disk, and what may be added to it.

mod disk;
mod error;
mod folder;
mod old;

pub mod health;
pub mod intake;
pub mod policy;
pub mod refresh;
pub mod sources;
pub mod transfer;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

pub use disk::{Disk, RealDisk};
pub use error::TrustError;
pub use folder::TrustFolder;

/// Largest file that is taken in. The complete file of the ICAO directory has 80 MB today.
const MAX_FILE_BYTES: u64 = 256 << 20;

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
    /// A file of a public key directory, in LDIF.
    Directory,
}

impl Kind {
    /// Those that a source may have.
    pub const ALL: &[Self] =
        &[Self::Certificate, Self::MasterList, Self::RevocationList, Self::DeviationList, Self::Directory];

    /// One word for files and scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::MasterList => "master_list",
            Self::RevocationList => "crl",
            Self::DeviationList => "deviation_list",
            Self::Directory => "ldif",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

/// Tells the kinds apart by their outermost objects, and signed lists by what they say to hold; what is none of them
/// fails as a certificate.
pub(crate) fn recognise(bytes: &[u8]) -> Kind {
    use reader_core::wire::tlv::{Reader, Rules};
    if bytes.starts_with(b"-----BEGIN X509 CRL") {
        return Kind::RevocationList;
    }
    if is_ldif(bytes) {
        return Kind::Directory;
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

/// Writes beside, then renames: a reader sees the old file or the new one. The folder is made where it is not there.
///
/// # Errors
/// It cannot be written.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), TrustError> {
    let fault = |source| TrustError::write(path, source);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(fault)
}

/// Whether the first line that is no comment is one with which LDIF begins.
fn is_ldif(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut lines = text.split(|byte| *byte == b'\n').take(100).map(<[u8]>::trim_ascii_end);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b" "));
    let begins =
        |line: &[u8], word: &[u8]| line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    first.is_some_and(|line| begins(line, b"version:") || begins(line, b"dn:"))
}

/// Reads a file of at most 256 MiB.
///
/// # Errors
/// It cannot be read or is larger.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, TrustError> {
    read_at_most(path, MAX_FILE_BYTES)
}

/// Reads a file of at most so many bytes.
///
/// # Errors
/// It cannot be read or is larger.
pub fn read_at_most(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, TrustError> {
    let fault = |problem: String| TrustError::read(path, problem);
    // Not by the length that the file system tells: a device tells none and never ends.
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| fault(error.to_string()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit_bytes) {
        Ok(bytes)
    } else {
        Err(fault(format!("it has more than {limit_bytes} bytes, the limit")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_directory_are_known_by_how_they_begin() {
        for text in
            ["version: 1\n\ndn: c=VN\n", "\u{FEFF}# a comment\n  folded\n\nDN: c=VN\r\n", "dn:: Yz1WTg==\n"]
        {
            assert_eq!(recognise(text.as_bytes()), Kind::Directory, "{text}");
        }
        for bytes in [&b"-----BEGIN CERTIFICATE-----"[..], b"0\x82\x01", b"", b"dn", b"# only comments\n"] {
            assert_ne!(recognise(bytes), Kind::Directory);
        }
    }
}
