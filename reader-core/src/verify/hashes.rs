//! The hashes of EF.SOD against the files, and what may be built on them.
//!
//! [`SignedHashes`] exist only under a confirmed chain, or where the issuing authority's gateway answers for the signer and
//! the site builds on that. Whatever fills a name, feeds a comparison or proves a chip takes
//! bytes out of a [`ProvedGroup`], which only they give. Spec: 9303-11 §5.1.

use std::collections::BTreeMap;

use super::gateway::Vouched;
use super::passive::SodProof;
use super::{Case, Tolerances};
use crate::capture::{Capture, FileState};
use crate::crypto::hash::HashAlgorithm;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::{DataGroup, FileId};

/// Hashes that a document signer under a trusted country certificate signed, or one for whom the gateway answered.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedHashes {
    table: Table,
    standing: Standing,
}

/// Why a signer is believed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A confirmed chain.
    Chain,
    /// The gateway's signed answer.
    Gateway(Vouched),
}

/// Hashes that somebody signed. Good for nothing further: a forger signs his own.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimedHashes(Table);

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Table {
    algorithm: HashAlgorithm,
    hashes: BTreeMap<DataGroup, Vec<u8>>,
}

/// The hashes of EF.SOD.
#[derive(Clone, PartialEq, Eq)]
pub enum Hashes {
    /// Under a confirmed chain, or a signer for whom the gateway answered.
    Signed(SignedHashes),
    /// Under an unknown, refuted or revoked signer.
    Claimed(ClaimedHashes),
    /// There are none that could be used.
    None,
}

/// A file whose hash stands in [`SignedHashes`].
#[derive(Clone, Copy)]
pub struct ProvedGroup<'a> {
    group: DataGroup,
    bytes: &'a [u8],
}

impl<'a> ProvedGroup<'a> {
    /// Which group.
    #[must_use]
    pub const fn group(&self) -> DataGroup {
        self.group
    }

    /// Its file.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// What became of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// It was read and is what EF.SOD says.
    Agrees,
    /// It was read and is something else.
    Differs,
    /// It was read, and EF.SOD has no hash of it.
    Unsigned,
    /// EF.SOD has its hash, and the chip says that there is no such file.
    Missing,
    /// EF.SOD has its hash, and it needs Terminal Authentication.
    Protected,
    /// Reading was broken off.
    Broken,
    /// EF.SOD has its hash, and nobody asked for it.
    NotRead,
}

impl Table {
    /// The hashes of EF.SOD, once its signature holds. Whose signature that is, is another matter.
    pub(super) fn of(sod: &SodProof) -> Option<Self> {
        let (object, algorithm) = sod.object.as_ref()?;
        let hashes = object.hashes().map(|(group, hash)| (group, hash.to_vec())).collect();
        Some(Self { algorithm: *algorithm, hashes })
    }

    pub(super) fn agrees(&self, group: DataGroup, bytes: &[u8]) -> Option<bool> {
        self.hashes.get(&group).map(|hash| self.algorithm.digest(bytes) == *hash)
    }
}

impl SignedHashes {
    /// The group, if these are the bytes that were signed.
    #[must_use]
    pub fn prove<'a>(&self, group: DataGroup, bytes: &'a [u8]) -> Option<ProvedGroup<'a>> {
        (self.table.agrees(group, bytes) == Some(true)).then_some(ProvedGroup { group, bytes })
    }

    /// The groups that have a hash.
    pub fn groups(&self) -> impl Iterator<Item = DataGroup> {
        self.table.hashes.keys().copied()
    }

    /// No certificate in the trust store has issued the signer: the gateway's answer stands in its place.
    #[must_use]
    pub const fn rest_on_gateway(&self) -> bool {
        matches!(self.standing, Standing::Gateway(_))
    }

    /// Whom a check convinces that rests on these.
    pub(super) const fn witness(&self) -> Witness {
        match self.standing {
            Standing::Chain => Witness::Anyone,
            Standing::Gateway(vouched) => vouched.witness(),
        }
    }
}

impl Hashes {
    pub(super) fn new(sod: &SodProof, vouched: Option<Vouched>) -> Self {
        let Some(table) = Table::of(sod) else { return Self::None };
        let chain = sod.chain_holds().then_some(Standing::Chain);
        match chain.or(vouched.map(Standing::Gateway)) {
            Some(standing) => Self::Signed(SignedHashes { table, standing }),
            None => Self::Claimed(ClaimedHashes(table)),
        }
    }

    const fn table(&self) -> Option<&Table> {
        match self {
            Self::Signed(SignedHashes { table, .. }) | Self::Claimed(ClaimedHashes(table)) => Some(table),
            Self::None => None,
        }
    }

    /// The hashes that may be built on.
    pub(super) const fn signed(&self) -> Option<&SignedHashes> {
        match self {
            Self::Signed(signed) => Some(signed),
            Self::Claimed(_) | Self::None => None,
        }
    }

    /// Whether a group has a hash here, signed or claimed.
    #[must_use]
    pub fn lists(&self, group: DataGroup) -> bool {
        self.table().is_some_and(|table| table.hashes.contains_key(&group))
    }
}

/// What a judge may do with one file.
#[derive(Clone, Copy)]
pub(super) enum File<'a> {
    /// Use it.
    Proved(&'a [u8]),
    /// It is there, or should be, and proves nothing.
    Unproved,
    /// EF.SOD has no hash of it, so the document does not have it.
    NotListed,
    /// EF.SOD has a hash of it, and it was not read.
    NotRead,
}

impl<'a> File<'a> {
    /// The bytes, or the finding of a check that rests on them.
    pub(super) const fn required(self) -> Result<&'a [u8], Finding> {
        match self {
            Self::Proved(bytes) => Ok(bytes),
            Self::Unproved => Err(Finding::new(Outcome::Undetermined(Reason::NotProved))),
            Self::NotListed => Err(Finding::new(Outcome::NotSupported)),
            Self::NotRead => Err(Finding::new(Outcome::NotPerformed(Reason::NotRead))),
        }
    }

    pub(super) const fn proved(self) -> Option<&'a [u8]> {
        match self {
            Self::Proved(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// The data groups of a capture, each as far as it is proved.
pub(super) struct Files<'a> {
    capture: &'a Capture,
    hashes: &'a Hashes,
}

impl<'a> Files<'a> {
    pub(super) const fn new(capture: &'a Capture, hashes: &'a Hashes) -> Self {
        Self { capture, hashes }
    }

    /// Their hashes may be built on.
    pub(super) const fn are_signed(&self) -> bool {
        self.hashes.signed().is_some()
    }

    pub(super) fn group(&self, group: DataGroup) -> File<'a> {
        let read = self.capture.group(group);
        match (self.hashes, read) {
            (Hashes::Signed(signed), Some(bytes)) => match signed.table.agrees(group, bytes) {
                Some(true) => File::Proved(bytes),
                Some(false) => File::Unproved,
                None => File::NotListed,
            },
            (Hashes::Signed(_), None) if !self.hashes.lists(group) => File::NotListed,
            (Hashes::Signed(_), None) => {
                // A signed file that the chip denies is refuted as a whole; what rests on it cannot be said.
                let denied = self.capture.files.get(&FileId::group(group)) == Some(&FileState::Absent);
                if denied { File::Unproved } else { File::NotRead }
            }
            (Hashes::Claimed(_) | Hashes::None, _) => File::Unproved,
        }
    }
}

/// Compares every group that was read or is signed.
pub(super) fn judge(
    case: &Case<'_>,
    sod: &SodProof,
    hashes: &Hashes,
) -> (Vec<(DataGroup, GroupState)>, Finding) {
    let Some(table) = hashes.table() else {
        let outcome = sod.object_fault.unwrap_or(match sod.signature.outcome {
            Outcome::NotPerformed(reason) => Outcome::NotPerformed(reason),
            Outcome::Aborted(reason) => Outcome::Aborted(reason),
            _ => Outcome::Undetermined(Reason::NotProved),
        });
        return (Vec::new(), Finding::new(outcome));
    };
    let groups: Vec<(DataGroup, GroupState)> = DataGroup::ALL
        .into_iter()
        .filter_map(|group| state(table, case.capture, group).map(|state| (group, state)))
        .collect();
    let mut finding = finding(&groups, hashes.signed(), case.settings.tolerances, unread(case.capture));
    finding.notes.extend(&sod.object_notes);
    (groups, finding)
}

fn state(table: &Table, capture: &Capture, group: DataGroup) -> Option<GroupState> {
    let signed = table.hashes.contains_key(&group);
    match capture.files.get(&FileId::group(group)) {
        Some(FileState::Read(bytes)) => Some(match table.agrees(group, bytes) {
            Some(true) => GroupState::Agrees,
            Some(false) => GroupState::Differs,
            None => GroupState::Unsigned,
        }),
        _ if !signed => None,
        Some(FileState::Absent) => Some(GroupState::Missing),
        Some(FileState::Protected) => Some(GroupState::Protected),
        Some(FileState::Aborted { .. }) => Some(GroupState::Broken),
        None => Some(GroupState::NotRead),
    }
}

/// Why a file was not read to its end.
pub(super) fn unread(capture: &Capture) -> Reason {
    if capture.gave_way_to_another() { Reason::OtherCard } else { Reason::FileUnread }
}

fn finding(
    groups: &[(DataGroup, GroupState)],
    signed: Option<&SignedHashes>,
    tolerances: Tolerances,
    unread: Reason,
) -> Finding {
    let of = |wanted: GroupState| -> Vec<String> {
        let matching = groups.iter().filter(|(_, state)| *state == wanted);
        matching.map(|(group, _)| group.to_string()).collect()
    };
    let (differing, missing, broken) =
        (of(GroupState::Differs), of(GroupState::Missing), of(GroupState::Broken));
    let protected: Vec<_> = groups.iter().filter(|(_, state)| *state == GroupState::Protected).collect();
    // Only DG3 and DG4 may ask for Terminal Authentication; any other signed file must be there to read.
    let withheld: Vec<String> = protected
        .iter()
        .filter(|(group, _)| !group.is_sensitive())
        .map(|(group, _)| group.to_string())
        .collect();
    let (agreeing, unsigned) = (of(GroupState::Agrees), of(GroupState::Unsigned));
    let mut finding = if !differing.is_empty() {
        let detail = format!("{}: the hash differs", differing.join(", "));
        Finding::new(Outcome::Refuted(Reason::HashMismatch)).with_detail(detail)
    } else if !missing.is_empty() {
        let detail = format!("{}: signed, and missing on the chip", missing.join(", "));
        Finding::new(Outcome::Refuted(Reason::GroupMissing)).with_detail(detail)
    } else if !withheld.is_empty() {
        let detail = format!("{}: signed, and the chip refuses to give it", withheld.join(", "));
        Finding::new(Outcome::Undetermined(Reason::GroupProtected)).with_detail(detail)
    } else if !broken.is_empty() {
        Finding::new(Outcome::Aborted(unread)).with_detail(broken.join(", "))
    } else if agreeing.is_empty() {
        Finding::new(Outcome::NotPerformed(Reason::NotRead))
    } else if !unsigned.is_empty() && !tolerances.admit(Reason::GroupUnsigned) {
        let detail = format!("{}: on the chip without a signed hash", unsigned.join(", "));
        Finding::new(Outcome::Undetermined(Reason::GroupUnsigned)).with_detail(detail)
    } else {
        Finding { witness: signed.map(SignedHashes::witness), ..Finding::new(Outcome::Confirmed) }
            .with_detail(agreeing.join(", "))
    };
    if !unsigned.is_empty() && finding.outcome.reason() != Some(Reason::GroupUnsigned) {
        finding.notes.push(Reason::GroupUnsigned);
    }
    if !protected.is_empty() && withheld.is_empty() {
        finding.notes.push(Reason::GroupProtected);
    }
    match signed {
        None => finding.notes.push(Reason::SignerNotProved),
        Some(signed) if signed.rest_on_gateway() => finding.notes.push(Reason::GatewayStandsForChain),
        Some(_) => {}
    }
    finding
}
