//! The rules of a site laid open, for whoever has to say what a desk demands.

use super::report::Verdict;
use super::rules::{Policy, Rule};
use crate::evidence::{CheckId, Outcome, Reason};

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A check.
    Check(CheckId),
    /// A check, for documents of one issuing state alone.
    OfState {
        /// The state, by its letters in the MRZ.
        state: String,
        /// The check.
        check: CheckId,
    },
    /// A service, by its name.
    Service(String),
    /// Several checks, one of which has to be confirmed.
    AnyOf {
        /// The rule's name.
        name: String,
        /// The checks.
        checks: Vec<CheckId>,
    },
    /// A reason that is merely noted.
    Noted(Reason),
}

/// One rule, with what each outcome leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedRule {
    /// What it is about.
    pub subject: Subject,
    /// The verdicts that it can lead to beside accept, the mildest first, each with the words of the outcomes that do. For a rule
    /// over several checks and for a noted reason, no outcomes are named.
    pub leads_to: Vec<(Verdict, Vec<&'static str>)>,
}

impl Policy {
    /// Every rule, checks in the order of the line, then rules of single states, services, rules over several checks and noted
    /// reasons.
    #[must_use]
    pub fn explained(&self) -> Vec<ExplainedRule> {
        let checks = CheckId::ALL.iter().filter_map(|check| {
            Some(ExplainedRule {
                subject: Subject::Check(*check),
                leads_to: leads_to(self.check(*check, None)?),
            })
        });
        let of_states = self.of_states().map(|(state, check, rule)| ExplainedRule {
            subject: Subject::OfState { state: state.to_owned(), check },
            leads_to: leads_to(rule),
        });
        let services = self.services().map(|(name, rule)| ExplainedRule {
            subject: Subject::Service(name.clone()),
            leads_to: leads_to(rule),
        });
        let plainly = |verdict: Verdict| match verdict {
            Verdict::Accept => Vec::new(),
            verdict => vec![(verdict, Vec::new())],
        };
        let any_of = self.any_of().iter().map(|rule| ExplainedRule {
            subject: Subject::AnyOf { name: rule.name.clone(), checks: rule.checks.clone() },
            leads_to: plainly(rule.otherwise.into()),
        });
        let notes = self.notes().map(|(reason, action)| ExplainedRule {
            subject: Subject::Noted(reason),
            leads_to: plainly(action.into()),
        });
        checks.chain(of_states).chain(services).chain(any_of).chain(notes).collect()
    }
}

fn leads_to(rule: &Rule) -> Vec<(Verdict, Vec<&'static str>)> {
    // The reasons only complete the outcomes; a rule does not look at them.
    let outcomes = [
        Outcome::Confirmed,
        Outcome::Refuted(Reason::WrongPassword),
        Outcome::Undetermined(Reason::WrongPassword),
        Outcome::NotSupported,
        Outcome::NotPerformed(Reason::WrongPassword),
        Outcome::Aborted(Reason::WrongPassword),
    ];
    let of = |verdict: Verdict| {
        let led = outcomes.iter().filter(|outcome| Verdict::from(rule.action(**outcome)) == verdict);
        (verdict, led.map(|outcome| outcome.as_str()).collect::<Vec<_>>())
    };
    [Verdict::Refer, Verdict::Reject]
        .map(of)
        .into_iter()
        .filter(|(_, outcomes)| !outcomes.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::RawRule;
    use super::*;

    #[test]
    fn each_rule_says_what_leads_where() {
        let raw = BTreeMap::from([
            ("passive.hashes".to_owned(), RawRule::Word("require".to_owned())),
            ("access.pace".to_owned(), RawRule::Word("note".to_owned())),
            ("VNM:passive.hashes".to_owned(), RawRule::Word("ask".to_owned())),
            ("service.insurance".to_owned(), RawRule::Word("prefer".to_owned())),
            ("R1225".to_owned(), RawRule::Word("refer".to_owned())),
        ]);
        let rules = Policy::from_rules(&raw).unwrap().explained();
        let of = |subject: Subject| &rules.iter().find(|rule| rule.subject == subject).unwrap().leads_to;
        let open = ["undetermined", "not_supported", "not_performed", "aborted"].to_vec();
        assert_eq!(
            *of(Subject::Check(CheckId::PassiveHashes)),
            [(Verdict::Refer, open.clone()), (Verdict::Reject, vec!["refuted"])]
        );
        assert!(of(Subject::Check(CheckId::AccessPace)).is_empty(), "a note decides nothing");
        let state = Subject::OfState { state: "VNM".to_owned(), check: CheckId::PassiveHashes };
        assert_eq!(*of(state), [(Verdict::Refer, [&["refuted"], open.as_slice()].concat())]);
        assert_eq!(
            *of(Subject::Service("insurance".to_owned())),
            [(Verdict::Refer, vec!["undetermined", "aborted"]), (Verdict::Reject, vec!["refuted"])]
        );
        let chip = rules
            .iter()
            .find(|rule| matches!(&rule.subject, Subject::AnyOf { name, .. } if name == "genuine_chip"));
        assert_eq!(chip.unwrap().leads_to, [(Verdict::Refer, vec![])]);
        assert_eq!(rules.len(), 6);
    }
}
