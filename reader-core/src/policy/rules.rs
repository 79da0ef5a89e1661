//! Rules of a site, as written and as checked.
//!
//! ```toml
//! [rules]
//! "passive.hashes"    = "require"                                  # one word for all six outcomes
//! "validity.document" = { like = "require", refuted = "refer" }    # a word with exceptions
//! "genuine_chip"      = { any_of = ["chip.chip_authentication", "chip.active_authentication"], otherwise = "refer" }
//! "service.insurance" = "prefer"                                   # a connector by its name
//! "R1225"             = "refer"                                    # whenever this reason is noted
//! "VNM:chip.chip_authentication" = "require"                       # for documents of one state, in place of the general rule
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::{CheckId, Outcome, Reason};

/// What one outcome leads to. The order is that of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing stands against it.
    Accept,
    /// A person decides.
    Refer,
    /// It is refused.
    Reject,
}

impl Action {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "accept" => Some(Self::Accept),
            "refer" => Some(Self::Refer),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }
}

/// A rule as a site file has it: a word or a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawRule {
    /// One word.
    Word(String),
    /// Keys with words or lists of words.
    Table(BTreeMap<String, RawValue>),
}

/// A value in the table of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawValue {
    /// One word.
    Word(String),
    /// Several.
    List(Vec<String>),
}

/// What is wrong with one rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule \"{rule}\": {problem}")]
pub struct PolicyFault {
    /// The key of the rule.
    pub rule: String,
    /// What is wrong, and what could stand there.
    pub problem: String,
}

/// The actions for the six outcomes of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    confirmed: Action,
    refuted: Action,
    undetermined: Action,
    not_supported: Action,
    not_performed: Action,
    aborted: Action,
}

const WORDS: &str = "\"require\", \"demand\", \"prefer\", \"ask\" or \"note\"";
const OUTCOMES: &str = "confirmed, refuted, undetermined, not_supported, not_performed or aborted";
const ACTIONS: &str = "\"accept\", \"refer\" or \"reject\"";

impl Rule {
    const fn new(confirmed: Action, refuted: Action, rest: [Action; 4]) -> Self {
        let [undetermined, not_supported, not_performed, aborted] = rest;
        Self { confirmed, refuted, undetermined, not_supported, not_performed, aborted }
    }

    /// The meaning of the words. `require`: it must hold, a person may judge what is not known. `demand`: only what is
    /// confirmed passes. `prefer`: what was checked must hold, it need not be checked. `ask`: whatever is not confirmed
    /// goes to a person. `note`: it is recorded and decides nothing.
    fn from_word(word: &str) -> Option<Self> {
        use Action::{Accept, Refer, Reject};
        Some(match word {
            "require" => Self::new(Accept, Reject, [Refer; 4]),
            "demand" => Self::new(Accept, Reject, [Reject, Reject, Reject, Refer]),
            "prefer" => Self::new(Accept, Reject, [Refer, Accept, Accept, Refer]),
            "ask" => Self::new(Accept, Refer, [Refer; 4]),
            "note" => Self::new(Accept, Accept, [Accept; 4]),
            _ => return None,
        })
    }

    pub(super) const fn action(&self, outcome: Outcome) -> Action {
        match outcome {
            Outcome::Confirmed => self.confirmed,
            Outcome::Refuted(_) => self.refuted,
            Outcome::Undetermined(_) => self.undetermined,
            Outcome::NotSupported => self.not_supported,
            Outcome::NotPerformed(_) => self.not_performed,
            Outcome::Aborted(_) => self.aborted,
        }
    }

    fn slot(&mut self, outcome: &str) -> Option<&mut Action> {
        match outcome {
            "confirmed" => Some(&mut self.confirmed),
            "refuted" => Some(&mut self.refuted),
            "undetermined" => Some(&mut self.undetermined),
            "not_supported" => Some(&mut self.not_supported),
            "not_performed" => Some(&mut self.not_performed),
            "aborted" => Some(&mut self.aborted),
            _ => None,
        }
    }
}

/// One of several checks has to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AnyOf {
    pub(super) name: String,
    pub(super) checks: Vec<CheckId>,
    pub(super) otherwise: Action,
}

impl AnyOf {
    pub(super) fn is_about_the_chip(&self) -> bool {
        self.checks.iter().all(|check| CHIP_PROOFS.contains(check))
    }
}

/// The proofs that the chip is no copy.
const CHIP_PROOFS: [CheckId; 3] =
    [CheckId::ChipChipAuthentication, CheckId::ChipActiveAuthentication, CheckId::ChipPaceCam];

/// The checked rules of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    checks: BTreeMap<CheckId, Rule>,
    /// Rules for the documents of one issuing state, by its letters in the MRZ.
    of_state: BTreeMap<String, BTreeMap<CheckId, Rule>>,
    services: BTreeMap<String, Rule>,
    any_of: Vec<AnyOf>,
    notes: BTreeMap<Reason, Action>,
}

impl Policy {
    /// Checks the rules of a site file.
    ///
    /// A check without a rule is no fault: it refers. Where no rule says what happens when nothing proves the chip, that
    /// refers too.
    ///
    /// # Errors
    /// Every fault, in the order of the keys.
    pub fn from_rules(rules: &BTreeMap<String, RawRule>) -> Result<Self, Vec<PolicyFault>> {
        let mut policy = Self {
            checks: BTreeMap::new(),
            of_state: BTreeMap::new(),
            services: BTreeMap::new(),
            any_of: Vec::new(),
            notes: BTreeMap::new(),
        };
        let mut faults = Vec::new();
        for (key, raw) in rules {
            if let Err(problems) = policy.add(key, raw) {
                faults.extend(problems.into_iter().map(|problem| PolicyFault { rule: key.clone(), problem }));
            }
        }
        if !policy.any_of.iter().any(AnyOf::is_about_the_chip) {
            let (name, checks) = ("genuine_chip".to_owned(), CHIP_PROOFS.to_vec());
            policy.any_of.push(AnyOf { name, checks, otherwise: Action::Refer });
        }
        if faults.is_empty() { Ok(policy) } else { Err(faults) }
    }

    fn add(&mut self, key: &str, raw: &RawRule) -> Result<(), Vec<String>> {
        if let RawRule::Table(table) = raw
            && table.contains_key("any_of")
        {
            self.any_of.push(any_of(key, table)?);
        } else if let Some(name) = key.strip_prefix("service.") {
            self.services.insert(name.to_owned(), rule(raw)?);
        } else if let Some(reason) = Reason::from_code(key) {
            self.notes.insert(reason, note(raw)?);
        } else if let Some(check) = CheckId::from_id(key) {
            self.checks.insert(check, rule(raw)?);
        } else if let Some((state, check)) = of_state(key)? {
            self.of_state.entry(state.to_owned()).or_default().insert(check, rule(raw)?);
        } else {
            let known: Vec<&str> = CheckId::ALL.iter().map(|check| check.as_str()).collect();
            return Err(vec![format!(
                "there is no such check; there are {}, service.NAME, STATE:CHECK, a reason's code, or a table with any_of",
                known.join(", ")
            )]);
        }
        Ok(())
    }

    /// The rule for a document that `state` is proved to have issued; the general one where the state has none, or is not
    /// proved.
    pub(super) fn check(&self, check: CheckId, state: Option<&str>) -> Option<&Rule> {
        let own = state.and_then(|state| self.of_state.get(state)).and_then(|rules| rules.get(&check));
        own.or_else(|| self.checks.get(&check))
    }

    pub(super) fn service(&self, name: &str) -> Option<&Rule> {
        self.services.get(name)
    }

    pub(super) fn services(&self) -> impl Iterator<Item = (&String, &Rule)> {
        self.services.iter()
    }

    pub(super) fn any_of(&self) -> &[AnyOf] {
        &self.any_of
    }

    pub(super) fn of_states(&self) -> impl Iterator<Item = (&str, CheckId, &Rule)> {
        let states = self.of_state.iter();
        states.flat_map(|(state, rules)| rules.iter().map(|(check, rule)| (state.as_str(), *check, rule)))
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = (Reason, Action)> {
        self.notes.iter().map(|(reason, action)| (*reason, *action))
    }

    pub(super) fn note(&self, reason: Reason) -> Option<Action> {
        self.notes.get(&reason).copied()
    }

    /// The checks that no rule speaks of. They refer; a site check lists them.
    #[must_use]
    pub fn without_rule(&self) -> Vec<CheckId> {
        CheckId::ALL.iter().copied().filter(|check| !self.checks.contains_key(check)).collect()
    }
}

/// `STATE:CHECK`; `None` for a key of another form.
fn of_state(key: &str) -> Result<Option<(&str, CheckId)>, Vec<String>> {
    let Some((state, check)) = key.split_once(':') else { return Ok(None) };
    let letters = (1..=3).contains(&state.len()) && state.bytes().all(|byte| byte.is_ascii_uppercase());
    match CheckId::from_id(check) {
        Some(check) if letters => Ok(Some((state, check))),
        Some(_) => Err(vec![format!(
            "\"{state}\" is no issuing state; one to three capital letters as in the MRZ are, such as VNM"
        )]),
        None => Err(vec![format!("there is no check \"{check}\"")]),
    }
}

fn rule(raw: &RawRule) -> Result<Rule, Vec<String>> {
    let unknown = |word: &str| format!("\"{word}\" is no rule; {WORDS} is");
    let table = match raw {
        RawRule::Word(word) => return Rule::from_word(word).ok_or_else(|| vec![unknown(word)]),
        RawRule::Table(table) => table,
    };
    let mut faults = Vec::new();
    let mut rule = match table.get("like") {
        Some(RawValue::Word(word)) => Rule::from_word(word).unwrap_or_else(|| {
            faults.push(unknown(word));
            REFER_ALL
        }),
        Some(RawValue::List(_)) => {
            faults.push(format!("like takes one word: {WORDS}"));
            REFER_ALL
        }
        // What the table leaves out refers, as a missing rule does.
        None => REFER_ALL,
    };
    for (outcome, value) in table.iter().filter(|(key, _)| *key != "like") {
        let Some(slot) = rule.slot(outcome) else {
            faults.push(format!("{outcome} is no outcome; {OUTCOMES} is, or like"));
            continue;
        };
        match action(value) {
            Some(action) => *slot = action,
            None => faults.push(format!("{outcome} leads to {ACTIONS}")),
        }
    }
    if faults.is_empty() { Ok(rule) } else { Err(faults) }
}

const REFER_ALL: Rule = Rule::new(Action::Refer, Action::Refer, [Action::Refer; 4]);

fn action(value: &RawValue) -> Option<Action> {
    match value {
        RawValue::Word(word) => Action::from_word(word),
        RawValue::List(_) => None,
    }
}

fn note(raw: &RawRule) -> Result<Action, Vec<String>> {
    let action = match raw {
        RawRule::Word(word) => Action::from_word(word),
        RawRule::Table(_) => None,
    };
    action.ok_or_else(|| vec![format!("a noted reason leads to {ACTIONS}")])
}

fn any_of(name: &str, table: &BTreeMap<String, RawValue>) -> Result<AnyOf, Vec<String>> {
    let mut faults = Vec::new();
    if CheckId::from_id(name).is_some() {
        faults.push("a rule with any_of needs a name of its own, not a check's".to_owned());
    }
    let mut checks = Vec::new();
    match table.get("any_of") {
        Some(RawValue::List(names)) if !names.is_empty() => {
            for name in names {
                match CheckId::from_id(name) {
                    Some(check) => checks.push(check),
                    None => faults.push(format!("any_of names \"{name}\", and there is no such check")),
                }
            }
        }
        _ => faults.push("any_of takes a list of checks".to_owned()),
    }
    let otherwise = table.get("otherwise").and_then(action).unwrap_or_else(|| {
        faults.push(format!("otherwise is missing or is not {ACTIONS}"));
        Action::Refer
    });
    for key in table.keys().filter(|key| *key != "any_of" && *key != "otherwise") {
        faults.push(format!("{key} is not known beside any_of; otherwise is"));
    }
    if faults.is_empty() { Ok(AnyOf { name: name.to_owned(), checks, otherwise }) } else { Err(faults) }
}
