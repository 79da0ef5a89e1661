//! A reading judged by the two inspection sites, the strict and the tolerant one, in the form that the list of cases has.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use std::collections::{BTreeMap, BTreeSet};

use reader_core::capture::Capture;
use reader_core::evidence::{Evidence, HolderFindings, Outcome};
use reader_core::pki::TrustSnapshot;
use reader_core::policy::{Policy, RawRule, Verdict, VerificationReport, decide};
use reader_core::verify::{Presented, Settings, Tolerances, assemble, verify};
use reader_core::wire::date::Timestamp;
use test_vectors::inspection::{Decided, Seen};

/// The rules of an inspection site, with what this test changes of them: a check or reason and its word.
pub struct Sites {
    policy: Policy,
}

impl Sites {
    /// The rules as they stand. The tolerant site differs in how departures are taken, not in its rules.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The rules with other words for some checks.
    pub fn with(changes: &[(&str, &str)]) -> Self {
        let rules = |name: &str| -> BTreeMap<String, RawRule> {
            let file = format!("{}/../terminal-app/sites/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            let site: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
            site["rules"].clone().try_into().unwrap()
        };
        let mut all = rules("base");
        all.extend(rules("inspection"));
        all.extend(changes.iter().map(|(key, word)| ((*key).to_owned(), RawRule::Word((*word).to_owned()))));
        Self { policy: Policy::from_rules(&all).unwrap() }
    }

    fn one(
        &self,
        capture: &Capture,
        trust: &TrustSnapshot,
        presented: &Presented,
        now: Timestamp,
        tolerances: Tolerances,
    ) -> (Evidence, VerificationReport) {
        let settings = Settings { tolerances, list_max_age_days: Some(90), ..Settings::default() };
        let proof = verify(capture, trust, presented, now, &settings, None);
        let evidence = assemble(proof, HolderFindings::not_performed(), Vec::new());
        let report = decide(&evidence, &self.policy);
        (evidence, report)
    }

    /// What both sites decide of one capture, under the number of a case.
    pub fn judge(
        &self,
        id: &str,
        capture: &Capture,
        trust: &TrustSnapshot,
        presented: &Presented,
        now: Timestamp,
    ) -> Seen {
        let (strict_evidence, strict) = self.one(capture, trust, presented, now, Tolerances::STRICT);
        let (evidence, tolerant) = self.one(capture, trust, presented, now, Tolerances::TOLERANT);
        let mut by: Vec<String> =
            strict.reasons.iter().map(|reason| format!("{} {}", reason.check, reason.code)).collect();
        // A rule over several checks says less than each of them.
        if by.iter().any(|one| !one.starts_with("genuine_chip")) {
            by.retain(|one| !one.starts_with("genuine_chip"));
        }
        by.truncate(3);
        let same = |(check, finding): &(_, &reader_core::evidence::Finding)| {
            strict_evidence.finding(*check).is_some_and(|strict| strict.outcome == finding.outcome)
        };
        let relaxed: BTreeSet<String> = evidence
            .findings()
            .iter()
            .filter(|found| !same(found) && !matches!(found.1.outcome, Outcome::Refuted(_)))
            .flat_map(|(_, finding)| finding.notes.iter().map(|note| note.code()))
            .collect();
        Seen {
            id: id.to_owned(),
            strict: decided(strict.verdict),
            tolerant: decided(tolerant.verdict),
            by: by.join(", "),
            relaxed: relaxed.into_iter().collect::<Vec<_>>().join(", "),
        }
    }
}

const fn decided(verdict: Verdict) -> Decided {
    match verdict {
        Verdict::Accept => Decided::Accept,
        Verdict::Refer => Decided::Refer,
        Verdict::Reject => Decided::Reject,
    }
}
