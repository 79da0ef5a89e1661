//! Card-verifiable certificates out of files and folders.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use reader_core::cvc::{CvCertificate, TerminalCertificates};

use crate::failure::{ErrorCode, Failure};

/// Longest file that is looked at.
const MAX_FILE_BYTES: u64 = 64 << 10;
/// Most files of a folder.
const MAX_FILES: usize = 1_000;

/// A file, and the certificate in it or why it is none.
pub struct CertificateFile {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub certificate: Result<CvCertificate, String>,
}

/// All certificates of these files and folders; of a folder, the files that end in `.cvcert`, `.cvc` or `.cer`.
///
/// # Errors
/// A file or folder cannot be read.
pub fn certificate_files(places: &[PathBuf]) -> Result<Vec<CertificateFile>, Failure> {
    let mut found = Vec::new();
    for place in places {
        if place.is_dir() {
            let unreadable = |error: std::io::Error| cannot_read(place, &error.to_string());
            let mut paths = Vec::new();
            for entry in std::fs::read_dir(place).map_err(unreadable)?.take(MAX_FILES) {
                paths.push(entry.map_err(unreadable)?.path());
            }
            paths.sort();
            for path in paths.into_iter().filter(|path| is_certificate_name(path)) {
                found.push(read(path)?);
            }
        } else {
            found.push(read(place.clone())?);
        }
    }
    Ok(found)
}

/// The certificates, for a session.
pub(super) fn load(places: &[PathBuf]) -> Result<TerminalCertificates, Failure> {
    let mut certificates = Vec::new();
    for file in certificate_files(places)? {
        match file.certificate {
            Ok(certificate) => certificates.push(certificate),
            Err(what) => return Err(cannot_read(&file.path, &what)),
        }
    }
    if certificates.is_empty() {
        let named: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        return Err(cannot_read(Path::new(&named.join(", ")), "no certificate is there"));
    }
    Ok(TerminalCertificates::new(certificates))
}

fn is_certificate_name(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    path.is_file() && ["cvcert", "cvc", "cer"].contains(&ending.as_str())
}

fn read(path: PathBuf) -> Result<CertificateFile, Failure> {
    let mut bytes = Vec::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes))
        .map_err(|error| cannot_read(&path, &error.to_string()))?;
    let certificate = CvCertificate::parse(&bytes).map_err(|error| error.to_string());
    Ok(CertificateFile { path, certificate })
}

fn cannot_read(path: &Path, what: &str) -> Failure {
    Failure::new(ErrorCode::CannotRead, format!("terminal authentication: {}: {what}", path.display()))
        .with_remedy("Name a folder with the card-verifiable certificates (DER, *.cvcert) of this terminal and of those above it.")
}
