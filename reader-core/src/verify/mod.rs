//! From a capture to what it proves. Pure: bytes, a trust snapshot, what was presented and a moment in; findings out.
//!
//! [`text`] runs as soon as the textual files are there; [`verify`] runs over everything and takes over the costly part
//! of the former (the signatures over EF.SOD and EF.CardSecurity) if its inputs were the same. Nothing here touches a chip.

mod access;
mod card_security;
mod chain;
mod chip;
mod consistency;
mod contents;
mod deviations;
pub mod gateway;
mod hashes;
mod holder;
mod pace_cam;
mod passive;
mod reasons;
mod signed_file;
mod tolerance;
mod validity;
mod weak_hash;

pub use chain::{AnchorSeen, SignerSeen};
pub use chip::{ChipProof, GenuineChip};
pub use hashes::{ClaimedHashes, GroupState, Hashes, ProvedGroup, SignedHashes};
pub use tolerance::{Tolerance, Tolerances};

use crate::capture::Capture;
use crate::evidence::{
    Evidence, Finding, Holder, HolderFindings, Outcome, ProofFindings, Reason, ServiceFindings,
};
use crate::lds::DataGroup;
use crate::pki::TrustSnapshot;
use crate::wire::date::{Date, Timestamp};

/// What a site may set about proving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which departures from the standard are accepted; every other one refutes.
    pub tolerances: Tolerances,
    /// Age in days beyond which a revocation list says nothing any more.
    pub list_max_age_days: Option<u32>,
    /// SHA-1 in signatures is accepted, and noted, of signers whose certificates begin before.
    pub sha1_until: Timestamp,
    /// On what terms an answer of the issuing authority's gateway counts; `None`: none does.
    pub gateway: Option<gateway::GatewayTerms>,
}

impl Default for Settings {
    /// Tolerant, revocation lists of any age, SHA-1 until the end of 2021, and no gateway.
    fn default() -> Self {
        Self {
            tolerances: Tolerances::default(),
            list_max_age_days: None,
            sha1_until: weak_hash::SHA1_UNTIL,
            gateway: None,
        }
    }
}

/// What the person presented, by which the card was opened or which a scanner read. All of it has to agree with DG1.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Presented {
    /// The number of twelve digits.
    pub number: Option<String>,
    /// The card access number.
    pub can: Option<String>,
    /// The document number of the MRZ.
    pub document_number: Option<String>,
    /// Date of birth, `YYMMDD`.
    pub birth: Option<String>,
    /// Date of expiry, `YYMMDD`.
    pub expiry: Option<String>,
    /// The name in full letters, as a QR code has it.
    pub name: Option<String>,
    /// The full date of birth, as a QR code has it.
    pub birth_date: Option<Date>,
    /// The whole machine readable zone, read optically or typed.
    pub mrz: Option<String>,
}

impl Presented {
    /// Nothing was presented: stored files are inspected.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }
}

/// What the textual files prove, before the portrait is there.
#[derive(Clone)]
pub struct ProvedText {
    inner: Inner,
}

/// What a whole capture proves.
#[derive(Clone)]
pub struct Proof {
    inner: Inner,
}

#[derive(Clone)]
struct Inner {
    sod: passive::SodProof,
    card_security: card_security::CardSecurityProof,
    hashes: Hashes,
    groups: Vec<(DataGroup, GroupState)>,
    findings: ProofFindings,
    genuine_chip: Option<GenuineChip>,
    holder: Option<Holder>,
    /// The signed DG3 says that no finger was enrolled.
    no_fingers: bool,
}

/// Everything that a judgement rests on.
#[derive(Clone, Copy)]
struct Case<'a> {
    capture: &'a Capture,
    trust: &'a TrustSnapshot,
    presented: &'a Presented,
    now: Timestamp,
    settings: &'a Settings,
}

/// Proves what is there so far. Files that are still to be read count as not read.
#[must_use]
pub fn text(
    capture: &Capture,
    trust: &TrustSnapshot,
    presented: &Presented,
    now: Timestamp,
    settings: &Settings,
) -> ProvedText {
    let case = Case { capture, trust, presented, now, settings };
    ProvedText { inner: prove(&case, None) }
}

/// Proves what is there by now. `earlier` saves checking the signatures over EF.SOD and EF.CardSecurity again, as in
/// [`verify`].
#[must_use]
pub fn text_again(
    earlier: ProvedText,
    capture: &Capture,
    trust: &TrustSnapshot,
    presented: &Presented,
    now: Timestamp,
    settings: &Settings,
) -> ProvedText {
    let case = Case { capture, trust, presented, now, settings };
    ProvedText { inner: prove(&case, Some(earlier.inner)) }
}

/// Proves a whole capture. `earlier` saves checking the signatures over EF.SOD and EF.CardSecurity again where they were
/// checked with the same bytes, trust, moment and settings; otherwise it is not used.
#[must_use]
pub fn verify(
    capture: &Capture,
    trust: &TrustSnapshot,
    presented: &Presented,
    now: Timestamp,
    settings: &Settings,
    earlier: Option<ProvedText>,
) -> Proof {
    let case = Case { capture, trust, presented, now, settings };
    Proof { inner: prove(&case, earlier.map(|text| text.inner)) }
}

fn prove(case: &Case<'_>, earlier: Option<Inner>) -> Inner {
    let (sod, card_security) = earlier.map(|earlier| (earlier.sod, earlier.card_security)).unzip();
    let sod = match sod {
        Some(sod) if sod.is_of(case) => sod,
        _ => passive::prove_sod(case),
    };
    let gateway = gateway::judge(case, &sod);
    let hashes = Hashes::new(&sod, gateway.vouched);
    let (groups, passive_hashes) = hashes::judge(case, &sod, &hashes);
    let files = hashes::Files::new(case.capture, &hashes);
    let card_security = card_security::CardSecurityProof::of(case, card_security);
    let chip = chip::judge(case, &sod, &hashes, &files, card_security.result());
    let mut findings = ProofFindings {
        access_pace: access::pace(case, &files),
        access_bac: access::bac(case, &files),
        access_terminal_authentication: access::terminal_authentication(case, &files),
        chip_chip_authentication: chip.chip_authentication,
        chip_active_authentication: chip.active_authentication,
        chip_pace_cam: chip.pace_cam,
        passive_sod_signature: sod.signature.clone(),
        passive_signer_chain: sod.chain.clone(),
        passive_signer_revocation: sod.revocation.clone(),
        passive_signer_validity: validity::signer(case, &sod, &files),
        passive_hashes,
        passive_gateway: gateway.finding,
        consistency_card_access_dg14: consistency::card_access_dg14(
            case,
            &files,
            card_security.result().as_ref().ok(),
        ),
        consistency_presented_dg1: consistency::presented_dg1(case, &files),
        consistency_com_sod: consistency::com_sod(case, &sod),
        consistency_mrz_dg1: consistency::mrz_dg1(case, &files),
        consistency_dg1_dg13: consistency::dg1_dg13(case, &files),
        consistency_country: consistency::country(&sod, &files),
        consistency_contents: contents::judge(case, &files),
        validity_document: validity::document(case, &files),
    };
    let holder = holder::holder(case, &files);
    let no_fingers = holder::no_fingers(&files);
    let mut genuine_chip = chip.genuine;
    deviations::apply(case, &sod, &groups, &mut findings, &mut genuine_chip);
    Inner { sod, card_security, hashes, groups, findings, genuine_chip, holder, no_fingers }
}

impl Inner {
    fn portrait<'c>(&self, capture: &'c Capture) -> Option<ProvedGroup<'c>> {
        self.hashes.signed()?.prove(DataGroup::Dg2, capture.group(DataGroup::Dg2)?)
    }
}

macro_rules! shared_readers {
    ($($name:ident),*) => { $(impl $name {
        /// The findings so far.
        #[must_use]
        pub const fn findings(&self) -> &ProofFindings {
            &self.inner.findings
        }

        /// The holder, as far as proved files say.
        #[must_use]
        pub const fn holder(&self) -> Option<&Holder> {
            self.inner.holder.as_ref()
        }

        /// The hashes of EF.SOD, and whether they are signed by someone trusted.
        #[must_use]
        pub const fn hashes(&self) -> &Hashes {
            &self.inner.hashes
        }

        /// What became of each data group that is signed or was read.
        #[must_use]
        pub fn groups(&self) -> &[(DataGroup, GroupState)] {
            &self.inner.groups
        }

        /// The chip is the original one: it holds a key whose hash stands in [`SignedHashes`].
        #[must_use]
        pub const fn genuine_chip(&self) -> Option<&GenuineChip> {
            self.inner.genuine_chip.as_ref()
        }

        /// The signer of EF.SOD, for display and for gateways that ask about it.
        #[must_use]
        pub const fn signer(&self) -> Option<&SignerSeen> {
            self.inner.sod.signer.as_ref()
        }

        /// DG2 of `capture`, if its hash stands in [`SignedHashes`]. Nothing else may be decoded or compared.
        #[must_use]
        pub fn portrait<'c>(&self, capture: &'c Capture) -> Option<ProvedGroup<'c>> {
            self.inner.portrait(capture)
        }
    })* };
}

shared_readers!(ProvedText, Proof);

/// Puts the proof, the comparison with the person and the services' answers together, once. Fingers were not compared for
/// a reason of its own where the document holds none. Spec: 9303-10 §4.7.3.2.2.
#[must_use]
pub fn assemble(proof: Proof, mut person: HolderFindings, services: ServiceFindings) -> Evidence {
    if proof.inner.no_fingers && person.holder_finger.outcome.reason() == Some(Reason::BiometricNotPerformed)
    {
        person.holder_finger = Finding::new(Outcome::NotPerformed(Reason::NoFingersEnrolled));
    }
    Evidence::new(proof.inner.findings, proof.inner.holder, person, services)
}
