//! EF.CardSecurity: SecurityInfos that a document signer signed, on its own and apart from EF.SOD.
//!
//! It names the key by which a chip proves itself during PACE. Spec: 9303-11 §9.2.11, §4.4.3.5.2.

use super::Case;
use super::chain::chain;
use super::passive::Inputs;
use super::signed_file::{CARD_SECURITY, Departures, Holding};
use super::validity::{self, Between};
use crate::capture::FileState;
use crate::evidence::{Finding, Outcome, Reason};
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::Certificate;

/// The entries of EF.CardSecurity, signed by a document signer under a trusted country certificate that is not known to
/// be revoked. It exists under a confirmed chain alone, and only for the type that no other signed object has.
#[derive(Clone)]
pub(super) struct SignedCardSecurity {
    infos: SecurityInfos,
    notes: Vec<Reason>,
    /// What its signer's dates leave open. As under EF.SOD, they do not unsign what is signed.
    open: Option<Finding>,
}

/// What EF.CardSecurity by itself proves, with what that rests on.
#[derive(Clone)]
pub(super) struct CardSecurityProof {
    inputs: Inputs,
    result: Result<SignedCardSecurity, Finding>,
}

impl CardSecurityProof {
    /// The earlier proof, where it was made of the same bytes, trust, moment and settings; else a new one, which checks
    /// the signatures.
    pub(super) fn of(case: &Case<'_>, earlier: Option<Self>) -> Self {
        let inputs = Inputs::of(case, FileId::CARD_SECURITY);
        let read = case.capture.bytes(FileId::CARD_SECURITY).is_some();
        match earlier.filter(|earlier| read && earlier.inputs == inputs) {
            Some(earlier) => earlier,
            None => Self { inputs, result: SignedCardSecurity::prove(case) },
        }
    }

    /// The signed entries, or what is to be said of a check that rests on them.
    pub(super) const fn result(&self) -> &Result<SignedCardSecurity, Finding> {
        &self.result
    }
}

impl SignedCardSecurity {
    /// Proves the file of the case.
    ///
    /// # Errors
    /// What is to be said of a check that rests on it: it was not read, or it is not proved, and why.
    fn prove(case: &Case<'_>) -> Result<Self, Finding> {
        let file = match case.capture.files.get(&FileId::CARD_SECURITY) {
            Some(FileState::Read(file)) => file,
            Some(FileState::Aborted { .. }) => {
                return Err(Finding::new(Outcome::Aborted(Reason::FileUnread)));
            }
            _ => return Err(Finding::new(Outcome::Undetermined(Reason::CardSecurityMissing))),
        };
        let mut met = Departures::new(case.settings.tolerances);
        let file = CARD_SECURITY.definite(file, &mut met)?;
        let data = CARD_SECURITY.shape(&file, &mut met)?;
        let infos = card_security::infos(&data).map_err(|error| CARD_SECURITY.malformed(&error))?;
        let Holding { certificate, valid } = CARD_SECURITY.first_that_holds(case, &data, &mut met)?;
        let mut notes = anchored(case, &certificate)?;
        notes.extend(met.notes);
        let signed = valid.signing_time.map(Between::signed);
        let open = match validity::objection(case, &certificate, signed.as_slice()).map(about) {
            Some(finding) if matches!(finding.outcome, Outcome::Refuted(_)) => return Err(finding),
            open => open,
        };
        Ok(Self { infos, notes, open })
    }

    /// The entries.
    pub(super) const fn infos(&self) -> &SecurityInfos {
        &self.infos
    }

    /// What to say of a check that its entries bear out: `confirmed` with what was tolerated on the way, or what stays
    /// open of its signer.
    pub(super) fn bears_out(&self, confirmed: Finding) -> Finding {
        let mut finding = self.open.clone().unwrap_or(confirmed);
        finding.notes.extend_from_slice(&self.notes);
        finding
    }
}

/// The notes of a confirmed chain; else the finding that says why it is none. A signer whose lists are out of date counts
/// as it does for EF.SOD.
fn anchored(case: &Case<'_>, certificate: &Certificate) -> Result<Vec<Reason>, Finding> {
    let (chain, revocation, _) = chain(case, certificate);
    if !chain.outcome.is_confirmed() {
        return Err(about(chain));
    }
    if matches!(revocation.outcome, Outcome::Refuted(_)) {
        return Err(about(revocation));
    }
    Ok(chain.notes)
}

/// The finding with the name of the file that it is about.
fn about(finding: Finding) -> Finding {
    let detail = finding.detail.clone().unwrap_or_default();
    finding.with_detail(format!("EF.CardSecurity: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::{CardSecurityProof, Case};
    use crate::capture::{Capture, FileState, Origin};
    use crate::evidence::{Finding, Outcome, Reason};
    use crate::lds::FileId;
    use crate::pki::TrustSnapshot;
    use crate::verify::{Presented, Settings, Tolerances};
    use crate::wire::date::Timestamp;

    #[test]
    fn an_earlier_proof_serves_where_nothing_changed_and_only_there() {
        let trust = TrustSnapshot::empty();
        let presented = Presented::nothing();
        let capture = |state: FileState| {
            let mut capture = Capture::new(Origin::Live);
            capture.files.insert(FileId::CARD_SECURITY, state);
            capture
        };
        let settings = Settings::default();
        let strict = Settings { tolerances: Tolerances::STRICT, ..Settings::default() };
        let read = capture(FileState::Read(vec![0x30, 0]));
        let other = capture(FileState::Read(vec![0x30, 1, 0]));
        let absent = capture(FileState::Absent);
        let case = Case {
            capture: &read,
            trust: &trust,
            presented: &presented,
            now: Timestamp(0),
            settings: &settings,
        };
        // What no proof of these bytes gives shows that it was taken over.
        let earlier = |case: &Case<'_>| {
            let mut proof = CardSecurityProof::of(case, None);
            proof.result = Err(Finding::new(Outcome::NotSupported));
            proof
        };
        let outcome = |case: &Case<'_>, earlier| {
            let result = CardSecurityProof::of(case, Some(earlier)).result;
            result.err().map(|finding| finding.outcome)
        };
        assert_eq!(outcome(&case, earlier(&case)), Some(Outcome::NotSupported));
        let malformed = Some(Outcome::Refuted(Reason::CardSecurityMalformed));
        for changed in [
            Case { capture: &other, ..case },
            Case { now: Timestamp(1), ..case },
            Case { settings: &strict, ..case },
        ] {
            assert_eq!(outcome(&changed, earlier(&case)), malformed);
        }
        let missing = Some(Outcome::Undetermined(Reason::CardSecurityMissing));
        let nothing = Case { capture: &absent, ..case };
        assert_eq!(
            outcome(&nothing, earlier(&nothing)),
            missing,
            "a state that costs nothing is looked at anew"
        );
    }
}
