//! `idterm trust add`.

use std::path::PathBuf;

use reader_core::pki::Provenance;
use serde_json::json;

use super::{not_changed, pins, policy_of, refused_json, removed_json, tell};
use crate::cli::context::Context;
use crate::cli::output::bold;
use crate::failure::{ErrorCode, Failure};
use crate::trust::policy::Route;
use crate::trust::{self, TrustFolder, intake};

pub(super) fn run(
    files: &[PathBuf],
    pinned: &[String],
    folder: &TrustFolder,
    context: &Context,
) -> Result<u8, Failure> {
    let output = &context.output;
    let policy = policy_of(folder)?;
    let pins = policy.pins_and(pins("--pin", pinned)?);
    let mut read = Vec::new();
    for file in files {
        let bytes = trust::read_bounded(file)
            .map_err(|error| Failure::new(ErrorCode::CannotRead, error.to_string()))?;
        let source = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        read.push((file, bytes, Provenance { source, imported_at: context.now }));
    }
    let (all, _) = folder
        .update(|builder| {
            let mut all = Vec::new();
            for (file, bytes, provenance) in &read {
                let taken = intake::take(builder, bytes, provenance, &policy, &pins, Route::Operator);
                all.push((*file, taken));
            }
            all
        })
        .map_err(not_changed)?;
    let (mut added, mut known, mut absent) = (0, 0, 0);
    let (mut removed, mut refused, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (file, taken) in &all {
        tell(&bold(&file.display().to_string()), taken, output);
        added += taken.added.len();
        known += taken.known;
        absent += taken.absent;
        removed.extend(taken.removed.iter().map(removed_json));
        refused.extend(taken.refused.iter().map(|one| refused_json(one, output)));
        notes.extend(taken.notes.iter().map(|note| note.code()));
    }
    let mut document =
        json!({ "added": added, "known": known, "removed": removed, "absent": absent, "refused": refused });
    if let (Some(members), false) = (document.as_object_mut(), notes.is_empty()) {
        members.insert("notes".to_owned(), notes.into());
    }
    output.document(&document);
    // Nothing of what was given could be used: that is no success for a script.
    Ok(u8::from(!all.iter().any(|(_, taken)| taken.is_of_use())))
}
