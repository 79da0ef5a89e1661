//! One file into the store: it proves itself to the builder, which asks the policy whether its source may bring it.

use reader_core::evidence::Reason;
use reader_core::pki::{
    Certificate, Fingerprint, Imported, ListWord, Pins, Provenance, Refusal, Removed, SourceRules,
    TrustBuilder, TrustSnapshot, VerifiedBy,
};
use reader_core::wire::ber;
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Timestamp;
use reader_core::wire::tlv::{Reader, Rules};

use super::policy::{Refused, Route, TrustPolicy};
use super::{Kind, TrustError, TrustFolder, recognise};

/// `signingTime`.
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// What became of one file.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What the file was; `None`: a snapshot of a store.
    pub kind: Option<Kind>,
    /// What is new.
    pub added: Vec<Fingerprint>,
    /// How many were there already.
    pub known: usize,
    /// What a directory's file took out.
    pub removed: Vec<Removed>,
    /// How many it takes out that are not here.
    pub absent: usize,
    /// What was refused, each with its reason.
    pub refused: Vec<Refused>,
    /// What departs from the standard and was tolerated.
    pub notes: Vec<Reason>,
}

impl Taken {
    /// What the builder did with a file.
    #[must_use]
    pub fn of(kind: Option<Kind>, imported: Imported) -> Self {
        let Imported { added, known, removed, absent, refused, notes, .. } = imported;
        let mut notes: Vec<Reason> = notes.into_iter().map(Reason::from).collect();
        notes.sort_unstable();
        notes.dedup();
        let refused = refused.into_iter().map(Refused::from).collect();
        Self { kind, added, known, removed, absent, refused, notes }
    }

    /// The file as a whole was refused.
    #[must_use]
    pub fn refused(kind: Kind, refused: Refused) -> Self {
        Self { refused: vec![refused], ..Self::of(Some(kind), Imported::default()) }
    }

    /// Whether anything of it could be used, or nothing had to be done: not where all that it brought was refused.
    #[must_use]
    pub const fn is_of_use(&self) -> bool {
        let done = !self.added.is_empty() || !self.removed.is_empty();
        done || self.known > 0 || self.absent > 0 || self.refused.is_empty()
    }
}

/// One file into the store.
pub fn take(
    builder: &mut TrustBuilder,
    bytes: &[u8],
    provenance: &Provenance,
    policy: &TrustPolicy,
    pins: &Pins,
    route: Route,
) -> Taken {
    let kind = recognise(bytes);
    let rules = FileRules { policy, pins, kind, route };
    let imported = match kind {
        Kind::Certificate => builder.add_certificate(bytes, provenance, &rules),
        Kind::MasterList => builder.add_master_list(bytes, provenance, &rules),
        Kind::RevocationList => builder.add_crl(bytes, provenance),
        Kind::DeviationList => builder.add_deviation_list(bytes, provenance, &rules),
        Kind::Directory => builder.add_ldif(bytes, provenance, &rules),
    };
    Taken::of(Some(kind), imported)
}

/// The policy, for one file.
struct FileRules<'r> {
    policy: &'r TrustPolicy,
    pins: &'r Pins,
    kind: Kind,
    route: Route,
}

impl SourceRules for FileRules<'_> {
    fn is_pinned(&self, fingerprint: Fingerprint) -> bool {
        self.pins.contains(fingerprint)
    }

    fn may_speak(&self, list: &ListWord<'_>) -> Result<(), (Refusal, String)> {
        self.policy.judge_list(list, self.pins)
    }

    fn may_enter(&self, certificate: &Certificate, verified_by: VerifiedBy) -> Result<(), (Refusal, String)> {
        self.policy.judge(certificate, verified_by, self.kind, self.route, self.pins)
    }
}

/// The certificates that travel in a signed list: its signer's among them.
#[must_use]
pub fn certificates_in(bytes: &[u8]) -> Vec<Fingerprint> {
    let normal = ber::normalise("signed list", bytes).unwrap_or_default();
    let data = SignedData::parse(&normal);
    data.map(|data| data.certificates.iter().map(|der| Fingerprint::of(der)).collect()).unwrap_or_default()
}

/// When a signed list was signed, by its own word.
#[must_use]
pub fn signing_time(bytes: &[u8]) -> Option<Timestamp> {
    let normal = ber::normalise("signed list", bytes).ok()?;
    let data = SignedData::parse(&normal).ok()?;
    let attributes = data.signers.first()?.signed_attributes.as_ref()?;
    let value = attributes.of_kind(SIGNING_TIME).next()?.single_value()?;
    Reader::new("signingTime", Rules::Ber, value.raw).time().ok()
}

/// Changes the store in `folder` as a whole. No other program can change it meanwhile.
///
/// # Errors
/// As [`TrustFolder::update`].
pub fn change<R>(
    folder: &TrustFolder,
    change: impl FnOnce(TrustSnapshot) -> (TrustSnapshot, R),
) -> Result<R, TrustError> {
    let (result, _) = folder.update(|builder| {
        let (snapshot, result) = change(std::mem::take(builder).build());
        *builder = TrustBuilder::from_snapshot(&snapshot);
        result
    })?;
    Ok(result)
}

/// The store without these certificates.
#[must_use]
pub fn without(snapshot: TrustSnapshot, unwanted: &[Fingerprint]) -> TrustSnapshot {
    if unwanted.is_empty() {
        return snapshot;
    }
    let mut builder = TrustBuilder::from_snapshot(&snapshot);
    for id in unwanted {
        builder.remove(*id);
    }
    builder.build()
}
