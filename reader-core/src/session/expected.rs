//! Which data groups a chip should have, as its EF.SOD lists them.
//!
//! Nothing is judged here: the list guides the reading, and whether it is signed is found out later. EF.COM is no
//! source for it. Spec: 9303-10 §4.6.1.

use std::collections::BTreeSet;

use crate::crypto::hash::HashAlgorithm;
use crate::lds::DataGroup;
use crate::lds::sod::{LdsSecurityObject, SodFile};
use crate::wire::cms::SignedData;

/// The groups with a hash in EF.SOD; `None` if it cannot be read that far.
pub(super) fn groups(sod: &[u8]) -> Option<BTreeSet<DataGroup>> {
    Some(object(sod)?.hashes().map(|(group, _)| group).collect())
}

/// Whether `file` is the group that EF.SOD lists. The length of a hash tells its algorithm.
pub(super) fn is_listed(sod: &[u8], group: DataGroup, file: &[u8]) -> bool {
    let Some(object) = object(sod) else { return false };
    let Some(listed) = object.hash(group) else { return false };
    HashAlgorithm::ALL.iter().any(|algorithm| algorithm.digest(file) == listed)
}

fn object(sod: &[u8]) -> Option<LdsSecurityObject> {
    let file = SodFile::parse(sod).ok()?;
    let signed = SignedData::parse(file.content_info).ok()?;
    LdsSecurityObject::parse(signed.content?).ok()
}
