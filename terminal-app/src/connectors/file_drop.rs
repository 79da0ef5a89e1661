//! A recipient that takes files: one JSON document for each delivery, written into a folder.
//!
//! The file's name is the delivery's key, so that a repetition writes over itself; it appears under that name only when it is
//! whole and on the disk, and its owner alone may read it. The folder has to be there: a share that is not mounted must not be
//! taken for an empty folder of this machine.

use std::path::PathBuf;

use serde::Deserialize;

use super::Service;
use super::delivery::{Delivered, Recipient, Record, Undelivered};
use super::fault::{Fault, FaultKind};
use super::{Cancel, ConfigError, Surroundings};
use crate::private_file;
use crate::transaction::IdempotencyKey;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    folder: PathBuf,
    #[serde(default)]
    simulated: bool,
}

struct FileDrop {
    id: String,
    settings: Settings,
}

/// Builds the recipient of kind `file_drop`.
pub(super) fn build(
    id: &str,
    settings: toml::Table,
    _: Surroundings,
) -> Result<Box<dyn Recipient>, ConfigError> {
    let settings: Settings = settings.try_into().map_err(|error: toml::de::Error| ConfigError {
        id: id.to_owned(),
        faults: vec![error.message().to_owned()],
    })?;
    Ok(Box::new(FileDrop { id: id.to_owned(), settings }))
}

impl Service for FileDrop {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_simulated(&self) -> bool {
        self.settings.simulated
    }
}

impl Recipient for FileDrop {
    fn deliver(&self, record: &Record, key: &IdempotencyKey, _: &Cancel) -> Result<Delivered, Undelivered> {
        let folder = &self.settings.folder;
        let path = folder.join(format!("{key}.json"));
        // Nobody picks up what begins with a dot; a process that ended in the middle leaves the one name that is written over.
        let beside = folder.join(format!(".{key}.part"));
        let failed = |why: String| Fault::new(FaultKind::Folder(why), folder.display());
        let document = record.document(key).map_err(&failed)?;
        private_file::replace(&path, &beside, &document).map_err(|error| failed(error.to_string()))?;
        Ok(Delivered { reference: path.file_name().map(|name| name.to_string_lossy().into_owned()) })
    }
}
