//! Which data groups a chip should have, as its EF.SOD lists them.
//!
//! Nothing is judged here: the list guides the reading, and whether it is signed is found out later. EF.COM is no
//! source for it. Spec: 9303-10 §4.6.1.

use std::collections::BTreeSet;

use crate::lds::DataGroup;
use crate::lds::sod::{LdsSecurityObject, SodFile};
use crate::wire::cms::SignedData;

/// The groups with a hash in EF.SOD; `None` if it cannot be read that far.
pub(super) fn groups(sod: &[u8]) -> Option<BTreeSet<DataGroup>> {
    let file = SodFile::parse(sod).ok()?;
    let signed = SignedData::parse(file.content_info).ok()?;
    let object = LdsSecurityObject::parse(signed.content?).ok()?;
    Some(object.hashes().map(|(group, _)| group).collect())
}
