//! Deliveries: what leaves after the decision, cut to what each recipient may see.
//!
//! A [`Recipient`] makes one attempt. Keeping what was accepted over power loss, trying again and setting aside what no attempt
//! can mend is the outbox's work. Every attempt carries the same [`IdempotencyKey`], so that a recipient which had it already
//! need not do it twice.

use std::collections::BTreeMap;
use std::fmt;

use reader_core::policy::Verdict;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::fault::{Fault, FaultKind};
use super::{Cancel, Field, PermittedFields, PersonFields, Service};
use crate::transaction::{IdempotencyKey, Transaction};

/// Something that a recipient may see.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// A field of the person.
    Person(Field),
    /// A fact that a service of the site answered, written `SERVICE.FACT` in site files, such as `insurance.card_code`.
    Fact(String),
}

impl Seen {
    /// What a site file's word names. `None`: neither a field nor a service with its fact.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.split_once('.') {
            Some((service, fact)) if !service.is_empty() && !fact.is_empty() => {
                Some(Self::Fact(word.to_owned()))
            }
            Some(_) => None,
            None => Field::from_name(word).map(Self::Person),
        }
    }
}

/// What happened at a desk, cut to what one recipient may see. Personal data in it are wiped when it is dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which verification.
    pub transaction: Transaction,
    /// When it was decided, RFC 3339, UTC.
    pub decided_at: String,
    /// The site whose rules decided.
    pub site: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Codes of the reasons that led to it, such as `R1203`.
    pub reasons: Vec<String>,
    /// Parts that were simulated; empty: none.
    pub simulated: Vec<String>,
    /// The person.
    pub person: PermittedFields,
    /// Facts that services answered, by `SERVICE.FACT`.
    pub facts: BTreeMap<String, String>,
}

/// What was proved of the person and answered about it, before it is cut to a recipient.
pub struct Known<'a> {
    /// The proved person; `None` where nobody was proved.
    pub person: Option<&'a PersonFields>,
    /// Every fact that services answered, by `SERVICE.FACT`.
    pub facts: &'a BTreeMap<String, String>,
}

impl Known<'_> {
    /// The person as a recipient that may see `seen` sees it.
    #[must_use]
    pub fn person_for(&self, seen: &[Seen]) -> PermittedFields {
        let fields: Vec<Field> = seen
            .iter()
            .filter_map(|seen| match seen {
                Seen::Person(field) => Some(*field),
                Seen::Fact(_) => None,
            })
            .collect();
        self.person.map(|person| PermittedFields::cut(person, &fields)).unwrap_or_default()
    }

    /// The facts that such a recipient sees.
    #[must_use]
    pub fn facts_for(&self, seen: &[Seen]) -> BTreeMap<String, String> {
        let permitted = |name: &str| seen.iter().any(|seen| matches!(seen, Seen::Fact(fact) if fact == name));
        let kept = self.facts.iter().filter(|(name, _)| permitted(name));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// A delivery as recipients get it: `idterm.delivery/1`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    key: &'a IdempotencyKey,
    #[serde(flatten)]
    record: &'a Record,
}

impl Record {
    /// The JSON document that recipients without a format of their own get, as `docs/DELIVERIES.md` describes it.
    ///
    /// # Errors
    /// It cannot be written as JSON: a fault of this program.
    pub(super) fn document(&self, key: &IdempotencyKey) -> Result<Zeroizing<Vec<u8>>, String> {
        // Room for any usual record: growing would leave copies of it behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(16 << 10));
        let document = Document { schema: "idterm.delivery/1", key, record: self };
        serde_json::to_writer(&mut *bytes, &document).map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.facts.values_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({}, {:?}, …)", self.transaction, self.verdict)
    }
}

/// A recipient has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// What the recipient calls it, such as a queue number or a resource's identifier; shown to staff.
    pub reference: Option<String>,
}

/// A recipient does not have it, or may not have it: an answer that got lost counts as none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// Another attempt may succeed.
    #[error("{0}")]
    Later(Fault),
    /// No attempt with the same content will: it is set aside with this reason.
    #[error("{0}")]
    Never(Fault),
}

impl From<Fault> for Undelivered {
    /// Only a recipient that understood the request and refused its content ends the attempts: a wrong password, certificate or
    /// address is mended at the terminal, and then the content is as good as before.
    fn from(fault: Fault) -> Self {
        match fault.kind {
            FaultKind::MissingFields(_)
            | FaultKind::Status(400 | 410 | 413 | 422)
            | FaultKind::Refused { status: 400 | 410 | 413 | 422, .. } => Self::Never(fault),
            _ => Self::Later(fault),
        }
    }
}

/// A service that takes deliveries.
pub trait Recipient: Service {
    /// Makes one attempt, within the recipient's deadline. Blocks; returns soon after `cancel` is set.
    ///
    /// # Errors
    /// It does not have it, or nobody can say whether it has.
    fn deliver(
        &self,
        record: &Record,
        key: &IdempotencyKey,
        cancel: &Cancel,
    ) -> Result<Delivered, Undelivered>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_holds_what_its_recipient_may_see_and_nothing_else() {
        let person = PersonFields::default()
            .with(Field::Number, "090000000123")
            .with(Field::Residence, "Số 1, phố Ẩn");
        let facts = BTreeMap::from([
            ("insurance.card_code".to_owned(), "GD4790900000019".to_owned()),
            ("insurance.address".to_owned(), "phố Kín".to_owned()),
        ]);
        let known = Known { person: Some(&person), facts: &facts };
        let seen: Vec<Seen> = ["number", "insurance.card_code"].into_iter().filter_map(Seen::parse).collect();
        assert_eq!(seen.len(), 2);
        assert_eq!(known.person_for(&seen).number(), Some("090000000123"));
        assert_eq!(known.person_for(&seen).get(Field::Residence), None);
        assert_eq!(known.facts_for(&seen).into_keys().collect::<Vec<_>>(), ["insurance.card_code"]);
        assert!(known.facts_for(&[]).is_empty());
    }

    #[test]
    fn words_of_a_site_file_are_understood_or_refused() {
        assert_eq!(Seen::parse("birth_date"), Some(Seen::Person(Field::BirthDate)));
        assert_eq!(Seen::parse("insurance.valid_to"), Some(Seen::Fact("insurance.valid_to".to_owned())));
        for word in ["", "religion", ".valid_to", "insurance."] {
            assert_eq!(Seen::parse(word), None, "{word:?}");
        }
    }

    #[test]
    fn only_refused_content_ends_the_attempts() {
        let ends = |kind| matches!(Undelivered::from(Fault::new(kind, "x")), Undelivered::Never(_));
        assert!(ends(FaultKind::Status(422)) && ends(FaultKind::Status(400)));
        for kind in [
            FaultKind::Status(500),
            FaultKind::Status(404),
            // Somebody else is at it, or an earlier attempt still is.
            FaultKind::Status(409),
            FaultKind::Unauthorized,
            FaultKind::Timeout { waited_ms: 1 },
            FaultKind::Tls("expired".to_owned()),
            FaultKind::Settings("password".to_owned()),
        ] {
            assert!(!ends(kind.clone()), "{kind:?}");
        }
    }
}
