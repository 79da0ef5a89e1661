//! Captures on disk: the bytes of each file as read, and `capture.json` with the traces that are worth keeping.
//!
//! A folder may hold nothing but `EF.SOD.bin` and `DGn.bin`. Names that other tools write are understood too:
//! `EF_SOD.bin`, `SOD.bin`, `Datagroup1.bin`, `EF_DG1.bin`, in any case. Keys are never stored.

mod deviation;
mod gateway;

use std::io::Read;
use std::path::{Path, PathBuf};

use reader_core::capture::{
    AccessFailure, AccessTrace, ActiveAuthenticationTrace, Capture, ChipAuthenticationTrace, FileState,
    Interruption, Origin, PaceCamTrace, TerminalAuthenticationOutcome, TerminalAuthenticationTrace,
};
use reader_core::lds::{DataGroup, FileId};
use serde::{Deserialize, Serialize};

use crate::worker::{SIMULATED_CHIP, SIMULATED_GATEWAY};
use gateway::StoredGateway;

/// Largest file that is loaded. No chip holds more than 64 KiB without extended offsets; lists are not kept here.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Most directory entries that are looked at.
const MAX_ENTRIES: usize = 1_000;

/// Why a capture folder could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder holds something already.
    #[error("{path} is not empty; nothing in it is overwritten")]
    NotEmpty {
        /// Which.
        path: PathBuf,
    },
    /// A file is larger than any chip's.
    #[error("{path} has more than {MAX_FILE_BYTES} bytes, the limit")]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// Two files are the same file of the chip.
    #[error("{path} and another file are both {file}; remove one")]
    Twice {
        /// The second one.
        path: PathBuf,
        /// Which file of the chip.
        file: FileId,
    },
    /// `capture.json` is not understood.
    #[error("{path}: {problem}")]
    Traces {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Nothing of a chip is in the folder.
    #[error("{path} holds no file of a chip; at least EF.SOD.bin is needed")]
    Nothing {
        /// Which.
        path: PathBuf,
    },
}

/// The chip's file that a file name stands for, as this and other tools write it.
#[must_use]
pub fn file_of_name(name: &str) -> Option<FileId> {
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".bin").unwrap_or(&lower);
    let stem = stem.strip_prefix("ef").map_or(stem, |rest| rest.trim_start_matches(['.', '_', '-']));
    match stem {
        "cardaccess" => return Some(FileId::CARD_ACCESS),
        "cardsecurity" => return Some(FileId::CARD_SECURITY),
        "atr" | "atr_info" => return Some(FileId::ATR_INFO),
        "com" => return Some(FileId::COM),
        "cvca" => return Some(FileId::CVCA),
        "sod" => return Some(FileId::SOD),
        _ => {}
    }
    let number = stem.strip_prefix("datagroup").or_else(|| stem.strip_prefix("dg"))?;
    DataGroup::from_number(number.parse().ok()?).map(FileId::group)
}

/// When and from what a capture was taken.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// The moment, RFC 3339.
    pub at: String,
    /// The chip was simulated; whoever judges the capture later has to say so.
    pub simulated_chip: bool,
    /// The gateway whose answer is kept was simulated.
    pub simulated_gateway: bool,
}

/// A capture out of a folder.
pub struct Loaded {
    /// The files and traces.
    pub capture: Capture,
    /// `capture.json` says that the chip was simulated.
    pub simulated_chip: bool,
    /// It says so of the gateway whose answer it keeps.
    pub simulated_gateway: bool,
}

/// Loads a capture folder. What only the terminal saw does not count again: the capture's origin is `Stored`.
///
/// # Errors
/// The folder or a file cannot be read, is too large, stands twice, or `capture.json` is not understood.
pub fn load(folder: &Path) -> Result<Loaded, FolderError> {
    let read_error = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Read { path, source }
    };
    let mut capture = Capture::new(Origin::Stored);
    for entry in std::fs::read_dir(folder).map_err(read_error(folder))?.take(MAX_ENTRIES) {
        let path = entry.map_err(read_error(folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !name.to_ascii_lowercase().ends_with(".bin") {
            continue;
        }
        let Some(file) = file_of_name(name) else { continue };
        let content = bounded(&path)?;
        if capture.files.insert(file, FileState::Read(content)).is_some() {
            return Err(FolderError::Twice { path, file });
        }
    }
    let (mut simulated_chip, mut simulated_gateway) = (false, false);
    let traces = folder.join("capture.json");
    if traces.exists() {
        let text = bounded(&traces)?;
        let stored: Stored = serde_json::from_slice(&text)
            .map_err(|error| FolderError::Traces { path: traces.clone(), problem: error.to_string() })?;
        let simulated = |wanted: &str| stored.simulated.iter().any(|part| part == wanted);
        (simulated_chip, simulated_gateway) = (simulated(SIMULATED_CHIP), simulated(SIMULATED_GATEWAY));
        stored.into_capture(&mut capture).map_err(|problem| FolderError::Traces { path: traces, problem })?;
    }
    if capture.files.is_empty() {
        return Err(FolderError::Nothing { path: folder.to_owned() });
    }
    Ok(Loaded { capture, simulated_chip, simulated_gateway })
}

/// A whole file, if it is no larger than one of a capture may be; its length is not asked for, since a device has none.
fn bounded(path: &Path) -> Result<Vec<u8>, FolderError> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|source| FolderError::Read { path: path.to_owned(), source })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_FILE_BYTES) {
        Ok(bytes)
    } else {
        Err(FolderError::TooLarge { path: path.to_owned() })
    }
}

/// Writes a capture into a folder that does not exist or is empty.
///
/// # Errors
/// The folder holds something, or cannot be written.
pub fn save(capture: &Capture, folder: &Path, taken: &Taken) -> Result<(), FolderError> {
    let write_error = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Write { path, source }
    };
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(FolderError::NotEmpty { path: folder.to_owned() });
    }
    std::fs::create_dir_all(folder).map_err(write_error(folder))?;
    restrict(folder).map_err(write_error(folder))?;
    for (file, state) in &capture.files {
        if let FileState::Read(bytes) = state {
            let path = folder.join(format!("{}.bin", file.name()));
            std::fs::write(&path, bytes).map_err(write_error(&path))?;
        }
    }
    let path = folder.join("capture.json");
    let text = serde_json::to_string_pretty(&Stored::of(capture, taken)).unwrap_or_default();
    std::fs::write(&path, text).map_err(write_error(&path))
}

/// Only the owner may look into a folder with a person's data.
#[cfg(unix)]
fn restrict(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// On other platforms the folder keeps what it inherits: the operator's profile is private there.
#[cfg(not(unix))]
fn restrict(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// `capture.json`. What is left out cannot be proved again from it: chip authentication was seen by one terminal.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    schema: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    taken_at: String,
    /// `chip` where the chip was simulated, `gateway` where the gateway was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    simulated: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    protected: Vec<String>,
    #[serde(default)]
    aborted: Vec<String>,
    #[serde(default)]
    pace: Option<String>,
    #[serde(default)]
    bac: Option<String>,
    /// Kept for the record: whoever knows the public key can make up values that agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pace_cam: Option<StoredMapping>,
    #[serde(default)]
    chip_authentication: Option<String>,
    #[serde(default)]
    active_authentication: Option<StoredSignature>,
    #[serde(default)]
    terminal_authentication: Option<StoredTerminal>,
    /// What the issuing authority's gateway said while the card was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gateway: Option<StoredGateway>,
    #[serde(default)]
    deviations: Vec<String>,
}

/// What the chip authentication mapping gave: public values, or what was wrong with them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredMapping {
    Answered {
        #[serde(default)]
        parameter_id: Option<u32>,
        mapping_key: String,
        chip_data: String,
    },
    Malformed {
        malformed: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredSignature {
    challenge: String,
    signature: String,
}

/// For the record alone: what a session was let at says nothing later.
#[derive(Debug, Serialize, Deserialize)]
struct StoredTerminal {
    authorities: Vec<String>,
    certificates: Vec<String>,
    rights: Vec<String>,
    outcome: String,
}

impl StoredTerminal {
    fn of(trace: &TerminalAuthenticationTrace) -> Self {
        use TerminalAuthenticationOutcome as Ta;
        Self {
            authorities: trace.authorities.clone(),
            certificates: trace.certificates.clone(),
            rights: trace.rights.iter().map(ToString::to_string).collect(),
            outcome: match &trace.outcome {
                Ta::Authenticated => "authenticated".to_owned(),
                Ta::NotNeeded => "not needed".to_owned(),
                Ta::ChipNotAuthenticated => "no chip authentication before it".to_owned(),
                Ta::NoAuthority => "the chip names no authority".to_owned(),
                Ta::NoChain(what) | Ta::ChainInvalid(what) | Ta::KeyFailed(what) => what.clone(),
                Ta::Refused { step, status } => format!("{} refused {status:04X}", step.name()),
                Ta::Protocol(what) => format!("protocol: {what}"),
                Ta::Aborted(by) => broken_off(by),
            },
        }
    }
}

const SCHEMA: &str = "idterm.capture/1";

impl Stored {
    fn of(capture: &Capture, taken: &Taken) -> Self {
        let named = |wanted: fn(&FileState) -> bool| {
            capture.files.iter().filter(|(_, state)| wanted(state)).map(|(file, _)| file.name()).collect()
        };
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at: taken.at.clone(),
            simulated: [
                (taken.simulated_chip, SIMULATED_CHIP),
                (taken.simulated_gateway && capture.gateway.is_some(), SIMULATED_GATEWAY),
            ]
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, part)| part.to_owned())
            .collect(),
            absent: named(|state| matches!(state, FileState::Absent)),
            protected: named(|state| matches!(state, FileState::Protected)),
            aborted: named(|state| matches!(state, FileState::Aborted { .. })),
            pace: capture.pace.as_ref().map(access_word),
            bac: capture.bac.as_ref().map(access_word),
            pace_cam: capture.pace_cam.as_ref().map(|trace| match trace {
                PaceCamTrace::Answered { parameter_id, mapping_key, chip_data } => StoredMapping::Answered {
                    parameter_id: *parameter_id,
                    mapping_key: hex(mapping_key),
                    chip_data: hex(chip_data),
                },
                PaceCamTrace::Malformed(what) => StoredMapping::Malformed { malformed: (*what).to_owned() },
            }),
            chip_authentication: capture.chip_authentication.as_ref().map(|trace| match trace {
                ChipAuthenticationTrace::NewKeysAnswered { .. } => "new keys answered".to_owned(),
                ChipAuthenticationTrace::NewKeysRefused => "new keys refused".to_owned(),
                ChipAuthenticationTrace::Refused(status) => format!("refused {status:04X}"),
                ChipAuthenticationTrace::Aborted(by) => broken_off(by),
                ChipAuthenticationTrace::NotUnderstood(what) => format!("not understood: {what}"),
            }),
            terminal_authentication: capture.terminal_authentication.as_ref().map(StoredTerminal::of),
            active_authentication: match &capture.active_authentication {
                Some(ActiveAuthenticationTrace::Signed { challenge, signature }) => {
                    Some(StoredSignature { challenge: hex(challenge), signature: hex(signature) })
                }
                _ => None,
            },
            gateway: capture.gateway.as_ref().map(StoredGateway::of),
            deviations: capture.deviations.iter().map(deviation::word).collect(),
        }
    }

    fn into_capture(self, capture: &mut Capture) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema is {:?}, and only {SCHEMA:?} is understood", self.schema));
        }
        capture.deviations.extend(deviation::of_files(&self.deviations));
        for (names, state) in [(self.absent, FileState::Absent), (self.protected, FileState::Protected)] {
            for name in names {
                let file = file_of_name(&name).ok_or_else(|| format!("{name:?} is no file of a chip"))?;
                capture.files.entry(file).or_insert(state.clone());
            }
        }
        for name in self.aborted {
            let file = file_of_name(&name).ok_or_else(|| format!("{name:?} is no file of a chip"))?;
            capture.files.entry(file).or_insert(FileState::Aborted { read_bytes: 0 });
        }
        match self.pace_cam {
            Some(StoredMapping::Answered { parameter_id, mapping_key, chip_data }) => {
                let bytes = |text: &str| unhex(text).ok_or("a value of pace_cam is not hexadecimal");
                let (mapping_key, chip_data) = (bytes(&mapping_key)?, bytes(&chip_data)?);
                capture.pace_cam = Some(PaceCamTrace::Answered { parameter_id, mapping_key, chip_data });
            }
            Some(StoredMapping::Malformed { .. }) => {
                capture.pace_cam = Some(PaceCamTrace::Malformed("as the capture folder says"));
            }
            None => {}
        }
        capture.gateway = self.gateway.map(StoredGateway::into_trace).transpose()?;
        if let Some(stored) = self.active_authentication {
            let challenge = unhex(&stored.challenge)
                .and_then(|bytes| <[u8; 8]>::try_from(bytes).ok())
                .ok_or("the challenge of active authentication is not 8 bytes in hexadecimal")?;
            let signature = unhex(&stored.signature).ok_or("the signature is not hexadecimal")?;
            capture.active_authentication = Some(ActiveAuthenticationTrace::Signed { challenge, signature });
        }
        Ok(())
    }
}

fn access_word(trace: &AccessTrace) -> String {
    match trace {
        AccessTrace::Opened => "opened".to_owned(),
        AccessTrace::Failed(failure) => failure_word(failure),
    }
}

fn broken_off(by: &Interruption) -> String {
    match by {
        Interruption::CardGone => "broken off: card gone".to_owned(),
        Interruption::Chip(what) => format!("broken off by the chip: {what}"),
        Interruption::Terminal => "broken off by the terminal".to_owned(),
    }
}

fn failure_word(failure: &AccessFailure) -> String {
    match failure {
        AccessFailure::WrongPassword => "wrong password".to_owned(),
        AccessFailure::WrongPin { tries_left } => format!("wrong PIN, {tries_left} tries left"),
        AccessFailure::PinSuspended => "PIN suspended".to_owned(),
        AccessFailure::PinBlocked => "PIN blocked".to_owned(),
        AccessFailure::Refused(status) => format!("refused {status:04X}"),
        AccessFailure::Protocol(what) => format!("protocol: {what}"),
        AccessFailure::BrokenOff(by) => broken_off(by),
        AccessFailure::NotOffered => "not offered".to_owned(),
        AccessFailure::BeyondReader => "keys beyond the reader".to_owned(),
        AccessFailure::ParametersRefused(why) => format!("parameters refused: {why}"),
    }
}

/// Upper-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// Bytes from hexadecimal in any case.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_tools_are_understood() {
        for (name, file) in [
            ("EF.SOD.bin", FileId::SOD),
            ("EF_SOD.bin", FileId::SOD),
            ("sod.BIN", FileId::SOD),
            ("Datagroup1.bin", FileId::group(DataGroup::Dg1)),
            ("EF_DG13.bin", FileId::group(DataGroup::Dg13)),
            ("DG16.bin", FileId::group(DataGroup::Dg16)),
            ("EF.CardAccess.bin", FileId::CARD_ACCESS),
            ("EF_COM.bin", FileId::COM),
        ] {
            assert_eq!(file_of_name(name), Some(file), "{name}");
        }
        assert_eq!(file_of_name("DG17.bin"), None);
        assert_eq!(file_of_name("notes.bin"), None);
    }

    #[test]
    fn what_is_saved_is_loaded_but_no_longer_live() {
        let folder = std::env::temp_dir().join(format!("idterm-capture-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let mut capture = Capture::new(Origin::Live);
        capture.files.insert(FileId::SOD, FileState::Read(vec![0x77, 0]));
        capture.files.insert(FileId::CARD_SECURITY, FileState::Read(vec![0x30, 0]));
        capture.files.insert(FileId::group(DataGroup::Dg11), FileState::Absent);
        capture.files.insert(FileId::group(DataGroup::Dg3), FileState::Protected);
        capture.chip_authentication =
            Some(ChipAuthenticationTrace::NewKeysAnswered { public_key: vec![1], key_id: None });
        capture.pace_cam = Some(PaceCamTrace::Answered {
            parameter_id: Some(13),
            mapping_key: vec![4, 1],
            chip_data: vec![2],
        });
        capture.active_authentication =
            Some(ActiveAuthenticationTrace::Signed { challenge: [7; 8], signature: vec![1, 2] });
        let taken =
            Taken { at: "2026-01-01T00:00:00Z".to_owned(), simulated_chip: true, simulated_gateway: true };
        save(&capture, &folder, &taken).unwrap();
        assert!(matches!(save(&capture, &folder, &taken), Err(FolderError::NotEmpty { .. })));
        let Loaded { capture: loaded, simulated_chip, simulated_gateway } = load(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(simulated_chip && !simulated_gateway, "what was simulated stays known; no gateway was asked");
        assert_eq!(loaded.origin, Origin::Stored);
        assert_eq!(loaded.files, capture.files);
        assert_eq!(loaded.active_authentication, capture.active_authentication);
        assert_eq!(loaded.pace_cam, capture.pace_cam, "on record; a stored capture proves no chip by it");
        assert_eq!(loaded.chip_authentication, None, "seen by one terminal only");
    }
}
