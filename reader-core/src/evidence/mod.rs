//! What the bytes of a chip prove: findings, their reasons, and the holder.

pub mod finding;
pub mod holder;
pub mod reason;

pub use finding::{CheckId, Finding, Outcome, Witness};
pub use holder::Holder;
pub use reason::Reason;

macro_rules! findings {
    ($(#[$doc:meta])* $name:ident { $($field:ident = $check:ident;)* }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "each field is named after its check")]
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $(pub $field: Finding),* }

        impl $name {
            /// The findings in the order of the line.
            #[must_use]
            pub fn all(&self) -> Vec<(CheckId, &Finding)> {
                vec![$((CheckId::$check, &self.$field)),*]
            }

            /// The same, for a judge who changes what he found before anyone sees it.
            #[allow(dead_code, reason = "only one half of the checks is changed")]
            pub(crate) fn all_mut(&mut self) -> Vec<(CheckId, &mut Finding)> {
                vec![$((CheckId::$check, &mut self.$field)),*]
            }

            /// The finding of one check, if it is one of these.
            #[must_use]
            pub fn get(&self, check: CheckId) -> Option<&Finding> {
                match check {
                    $(CheckId::$check => Some(&self.$field),)*
                    #[allow(unreachable_patterns, reason = "the other half of the checks")]
                    _ => None,
                }
            }
        }
    };
}

findings! {
    /// What a verification of the chip's files and traces found: one field per check, so that none can be forgotten.
    ProofFindings {
        access_pace = AccessPace;
        access_bac = AccessBac;
        access_terminal_authentication = AccessTerminalAuthentication;
        chip_chip_authentication = ChipChipAuthentication;
        chip_active_authentication = ChipActiveAuthentication;
        chip_pace_cam = ChipPaceCam;
        passive_sod_signature = PassiveSodSignature;
        passive_signer_chain = PassiveSignerChain;
        passive_signer_revocation = PassiveSignerRevocation;
        passive_signer_validity = PassiveSignerValidity;
        passive_hashes = PassiveHashes;
        passive_gateway = PassiveGateway;
        consistency_card_access_dg14 = ConsistencyCardAccessDg14;
        consistency_presented_dg1 = ConsistencyPresentedDg1;
        consistency_com_sod = ConsistencyComSod;
        consistency_mrz_dg1 = ConsistencyMrzDg1;
        consistency_dg1_dg13 = ConsistencyDg1Dg13;
        consistency_country = ConsistencyCountry;
        consistency_contents = ConsistencyContents;
        validity_document = ValidityDocument;
    }
}

findings! {
    /// What comparing the person with the document found.
    HolderFindings {
        holder_face = HolderFace;
        holder_finger = HolderFinger;
        holder_finger_on_card = HolderFingerOnCard;
        holder_liveness = HolderLiveness;
    }
}

impl HolderFindings {
    /// No biometric comparison took place.
    #[must_use]
    pub const fn not_performed() -> Self {
        const NONE: Finding = Finding::new(Outcome::NotPerformed(Reason::BiometricNotPerformed));
        Self { holder_face: NONE, holder_finger: NONE, holder_finger_on_card: NONE, holder_liveness: NONE }
    }
}

/// What one service said, as a finding and in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFinding {
    /// The connector's name in the site file, such as `insurance`; the check is `service.NAME`.
    pub name: String,
    /// What the answer means.
    pub finding: Finding,
    /// The answer, if one came.
    pub answer: Option<ServiceAnswer>,
}

/// A service's answer in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// Its code, such as `000`.
    pub code: String,
    /// Its text.
    pub text: String,
    /// Age of the answer in seconds when it was used.
    pub age_s: u64,
}

/// What the services said, in the order of the site file.
pub type ServiceFindings = Vec<ServiceFinding>;

/// Everything that is known when a site decides. Made once, by `verify::assemble`, and never edited after.
#[derive(Clone)]
pub struct Evidence {
    proof: ProofFindings,
    person: HolderFindings,
    holder: Option<Holder>,
    services: ServiceFindings,
}

impl Evidence {
    /// Only `verify` puts a proof in here; holder fields come with it.
    pub(crate) const fn new(
        proof: ProofFindings,
        holder: Option<Holder>,
        person: HolderFindings,
        services: ServiceFindings,
    ) -> Self {
        Self { proof, person, holder, services }
    }

    /// The findings of all checks but the services, in the order of the line.
    #[must_use]
    pub fn findings(&self) -> Vec<(CheckId, &Finding)> {
        let mut all = self.proof.all();
        all.extend(self.person.all());
        all
    }

    /// The finding of one check.
    #[must_use]
    pub fn finding(&self, check: CheckId) -> Option<&Finding> {
        self.proof.get(check).or_else(|| self.person.get(check))
    }

    /// The holder, as far as proved files say.
    #[must_use]
    pub const fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// What the services said.
    #[must_use]
    pub fn services(&self) -> &[ServiceFinding] {
        &self.services
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_one_field() {
        let person = HolderFindings::not_performed();
        for check in CheckId::ALL {
            let of_person = person.get(*check).is_some();
            assert_eq!(of_person, check.as_str().starts_with("holder."), "{}", check.as_str());
        }
        assert_eq!(person.all().len(), 4);
    }
}
