//! What an import did: taken in, known before, or refused for a reason; and what the operator pinned beforehand.

use std::collections::BTreeSet;
use std::fmt;

use crate::pki::certificate::Fingerprint;
use crate::pki::signed_data::SignerNote;

/// Why something was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is worded where reasons are worded")]
pub enum Refusal {
    CertificateUnreadable,
    SelfSignatureWrong,
    LinkIssuerUnknown,
    LinkSignatureWrong,
    NotAnAuthority,
    KeyUnusable,
    ListUnreadable,
    ListSignatureWrong,
    ListSignerUnknown,
    ListSignerNotForLists,
    ListNotPinned,
    CrlUnreadable,
    CrlIssuerUnknown,
    CrlSignatureWrong,
    CrlOlder,
    CertificateRevoked,
    ListSignerExpired,
    SearchBudgetSpent,
    NotADocumentSigner,
    SignerIssuerUnknown,
    SignerSignatureWrong,
    DirectoryUnreadable,
    DirectoryChangeUnused,
    AnchorNotPinned,
    ListOlder,
    PolicyWantsPin,
    PolicyListSigner,
    PolicyRefusesSource,
    PolicyOtherCountry,
    PolicyNeverTakes,
}

/// Something that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose it is, as far as it could be read.
    pub subject: String,
    /// SHA-256 of its bytes.
    pub fingerprint: Fingerprint,
    /// Why.
    pub refusal: Refusal,
    /// Particulars for staff, in English.
    pub detail: String,
}

/// A document signer that a directory's file took out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// SHA-256 of its certificate.
    pub fingerprint: Fingerprint,
    /// The name of its entry in the directory.
    pub entry: String,
}

/// A departure from the standard that was tolerated in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportNote {
    /// It is written with the freedoms of BER.
    Ber,
    /// Something about its signature.
    Signature(SignerNote),
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Certificates and lists that are new.
    pub added: Vec<Fingerprint>,
    /// How many were there already.
    pub known: usize,
    /// What a file of changes took out.
    pub removed: Vec<Removed>,
    /// How many document signers it takes out that are not here.
    pub absent: usize,
    /// What was refused, each with its reason.
    pub refused: Vec<Refused>,
    /// What was tolerated.
    pub notes: Vec<ImportNote>,
    /// How many signatures were checked, at most: the work that grows with what somebody else wrote.
    pub signature_checks: usize,
}

impl Imported {
    /// Adds what another import did.
    pub(super) fn absorb(&mut self, other: Self) {
        self.added.extend(other.added);
        self.known += other.known;
        self.removed.extend(other.removed);
        self.absent += other.absent;
        self.refused.extend(other.refused);
        self.notes.extend(other.notes);
        self.signature_checks += other.signature_checks;
    }

    pub(in crate::pki) fn refuse(
        &mut self,
        subject: impl fmt::Display,
        bytes: &[u8],
        refusal: Refusal,
        detail: impl fmt::Display,
    ) {
        self.refused.push(Refused {
            subject: subject.to_string(),
            fingerprint: Fingerprint::of(bytes),
            refusal,
            detail: detail.to_string(),
        });
    }
}

/// Fingerprints that the operator pinned: of certificates, of list signers, of whole lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeSet<Fingerprint>);

impl Pins {
    /// No pins.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether this fingerprint is pinned.
    #[must_use]
    pub fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.0.contains(&fingerprint)
    }
}

impl FromIterator<Fingerprint> for Pins {
    fn from_iter<I: IntoIterator<Item = Fingerprint>>(pins: I) -> Self {
        Self(pins.into_iter().collect())
    }
}
