//! Takes deviation lists in, or refuses them.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::deviation_list::{Deviation, parse_deviations};
use super::signed::{ListKind, SignedList, Whole, in_der};
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::pki::name::Name;
use crate::pki::trust::{
    HeldList, ImportNote, Imported, Provenance, Refusal, SearchBudget, SourceRules, TrustBuilder, VerifiedBy,
};
use crate::wire::cms::SignedData;
use crate::wire::date::Timestamp;

const KIND: ListKind = ListKind {
    name: "deviation list",
    // id-icao-DeviationList, id-icao-DeviationListSigningKey.
    content_type: "2.23.136.1.1.7",
    purpose: "2.23.136.1.1.8",
};

/// What a deviation list says, and who says it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviationList {
    issuer: Name,
    signed_at: Option<Timestamp>,
    deviations: Vec<Deviation>,
}

impl DeviationList {
    /// The country certification authority that issued its signer.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When its signer says to have signed it.
    #[must_use]
    pub const fn signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }

    /// What deviates, in which documents.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// Both are of one issuer: the same country and organisation. An authority changes its name with its key (serial
    /// numbers in it, a year), and a country may have several authorities.
    fn same_issuer(&self, other: &Self) -> bool {
        let of = |list: &Self| (list.issuer.country(), list.issuer.organisation());
        match (of(self), of(other)) {
            ((Some(own), organisation), (Some(others), other_organisation)) => {
                own == others && organisation == other_organisation
            }
            _ => self.issuer.says_the_same(&other.issuer),
        }
    }
}

impl fmt::Debug for DeviationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviationList({}, {} sets of documents)", self.issuer, self.deviations.len())
    }
}

impl TrustBuilder {
    /// Takes in a deviation list. Its signer must be one for deviation lists and chain to a certificate that is trusted
    /// already, or it, its issuer or the list must be pinned. It replaces an older one of its issuer, and never a newer one.
    pub fn add_deviation_list(
        &mut self,
        bytes: &[u8],
        provenance: &Provenance,
        rules: &dyn SourceRules,
    ) -> Imported {
        let mut imported = Imported::default();
        let mut budget = SearchBudget::of(0);
        let (now, id) = (provenance.imported_at, Fingerprint::of(bytes));
        let read = read(bytes, provenance, &mut budget, |signer, at_hand, budget| {
            self.believes(signer, at_hand, now, id, rules, budget)
        });
        imported.signature_checks += budget.spent();
        match read {
            Ok((list, notes)) => {
                imported.notes = notes;
                self.take_deviation_list(list, &mut imported);
            }
            Err(Whole(refusal, detail)) => imported.refuse(KIND.name, bytes, refusal, detail),
        }
        imported
    }

    /// Puts back a list that this store had taken in before. Its signature is checked; whether its signer is trusted is
    /// not asked again: for a store whose integrity is guarded by other means.
    ///
    /// # Errors
    /// It is no such list, in words for staff.
    pub fn restore_deviation_list(
        &mut self,
        bytes: &[u8],
        provenance: &Provenance,
        verified_by: VerifiedBy,
    ) -> Result<(), String> {
        let mut budget = SearchBudget::of(0);
        let (list, _) = read(bytes, provenance, &mut budget, |_, _, _| Ok(verified_by))
            .map_err(|Whole(_, detail)| detail)?;
        self.deviation_lists.push(list);
        Ok(())
    }

    fn take_deviation_list(&mut self, list: HeldList, imported: &mut Imported) {
        if self.deviation_lists.iter().any(|known| known.fingerprint == list.fingerprint) {
            imported.known += 1;
            return;
        }
        let replaced = self.deviation_lists.iter().position(|known| known.content.same_issuer(&list.content));
        if let Some(known) = replaced.and_then(|index| self.deviation_lists.get(index))
            && known.content.signed_at >= list.content.signed_at
        {
            imported.refuse(&list.content.issuer, &list.der, Refusal::ListOlder, "the one at hand stays");
            return;
        }
        if let Some(index) = replaced {
            self.deviation_lists.remove(index);
        }
        imported.added.push(list.fingerprint);
        self.deviation_lists.push(list);
    }
}

/// Whether the bytes are signed data that say to hold a deviation list.
#[must_use]
pub fn is_deviation_list(bytes: &[u8]) -> bool {
    let Ok(der) = in_der("SignedData", bytes, SignedData::parse) else { return false };
    SignedData::parse(&der).is_ok_and(|data| data.content_type.is(KIND.content_type))
}

fn read(
    bytes: &[u8],
    provenance: &Provenance,
    budget: &mut SearchBudget,
    believe: impl Fn(&Certificate, &[Certificate], &mut SearchBudget) -> Result<VerifiedBy, Whole>,
) -> Result<(HeldList, Vec<ImportNote>), Whole> {
    let der = in_der("SignedData", bytes, SignedData::parse).map_err(Whole::unreadable)?;
    let list = SignedList::parse(&der, &KIND)?;
    let accepted = list.accept(&KIND, budget, believe)?;
    let content = in_der("DeviationList", accepted.content, parse_deviations).map_err(Whole::unreadable)?;
    let mut notes = accepted.notes;
    if matches!((&der, &content), (Cow::Owned(_), _) | (_, Cow::Owned(_))) {
        notes.push(ImportNote::Ber);
    }
    let content = DeviationList {
        issuer: accepted.signer.issuer().clone(),
        signed_at: accepted.signed_at,
        deviations: parse_deviations(&content).map_err(Whole::unreadable)?,
    };
    let held = HeldList {
        der: bytes.to_vec(),
        fingerprint: Fingerprint::of(bytes),
        provenance: provenance.clone(),
        verified_by: accepted.verified_by,
        content: Arc::new(content),
    };
    Ok((held, notes))
}
