//! What belongs to one visitor: it lives on one value and is wiped with it.

use std::sync::Arc;

use reader_core::evidence::{Holder, Reason};
use reader_core::lds::portrait::Pixels;
use reader_core::policy::Verdict;
use zeroize::Zeroizing;

use super::theme::Mark;
use crate::presentation::Presentation;
use crate::report::Report;
use crate::worker::Absence;

/// How many digits a Vietnamese personal number has.
pub const NUMBER_DIGITS: usize = 12;
/// How many of the last digits a public screen may show.
const SHOWN_DIGITS: usize = 3;
/// How long a typed digit stays readable.
pub(super) const DIGIT_SHOWN_MS: u32 = 2_000;
/// What stands for a digit that is not shown.
const HIDDEN: char = '•';

/// The person as proved files describe them. No `Debug`: these are personal data, wiped when dropped.
#[derive(Clone)]
pub struct Person {
    /// The name with its marks.
    pub name: Zeroizing<String>,
    /// The number, all digits.
    pub number: Zeroizing<String>,
    /// `YYYY-MM-DD`, `XX` for what is open.
    pub birth_date: Option<Zeroizing<String>>,
    /// `YYYY-MM-DD`; none where the document does not expire or does not say.
    pub expiry_date: Option<Zeroizing<String>>,
}

impl Person {
    /// The number with all but its last three digits hidden, grouped 3-3-6.
    #[must_use]
    pub fn masked_number(&self) -> Zeroizing<String> {
        masked(&self.number)
    }
}

impl From<Holder> for Person {
    fn from(mut holder: Holder) -> Self {
        // The rest of the holder wipes itself when it is dropped here.
        let taken = |text: &mut String| Zeroizing::new(std::mem::take(text));
        Self {
            name: taken(&mut holder.name),
            number: taken(&mut holder.number),
            birth_date: holder.birth_date.as_mut().map(taken),
            expiry_date: holder.expiry_date.as_mut().map(taken),
        }
    }
}

/// `number` with all but its last three digits hidden; twelve digits are grouped 3-3-6.
#[must_use]
pub fn masked(number: &str) -> Zeroizing<String> {
    let shown_from = number.chars().count().saturating_sub(SHOWN_DIGITS);
    let hidden: Zeroizing<Vec<char>> = Zeroizing::new(
        number.chars().enumerate().map(|(at, c)| if at < shown_from { HIDDEN } else { c }).collect(),
    );
    grouped(&hidden)
}

/// Digits grouped 3-3-6, as the card prints them; a place for each that is still missing.
#[must_use]
pub fn grouped(digits: &[char]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4 * (digits.len() + 2)));
    for (at, digit) in digits.iter().enumerate() {
        if digits.len() == NUMBER_DIGITS && (at == 3 || at == 6) {
            text.push(' ');
        }
        text.push(*digit);
    }
    text
}

/// How the number of the card comes in.
pub enum Entry {
    /// Typed on the keypad; the last digit stays readable for a moment.
    Typing {
        /// Digits so far.
        digits: Zeroizing<String>,
        /// Milliseconds since the last digit.
        since_ms: u32,
    },
    /// The scanner is waiting for the code on the card.
    Scanning,
    /// The scanner gave something; it is shown, masked, for a moment.
    Scanned {
        /// What it read.
        presented: Box<Presentation>,
        /// Milliseconds since.
        since_ms: u32,
    },
}

/// One line of the staff view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckLine {
    /// The check's identifier.
    pub id: String,
    /// What was found.
    pub mark: Mark,
    /// The outcome as the report writes it.
    pub outcome: &'static str,
    /// Code of the reason, such as `R1203`.
    pub reason: Option<String>,
    /// Codes of what was noted beside it.
    pub notes: Vec<String>,
}

/// What one service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLine {
    /// Its name in the site file.
    pub id: String,
    /// What it means.
    pub mark: Mark,
    /// The service's own code.
    pub code: Option<String>,
}

impl Entry {
    /// Whether the digit at `at` of `count` typed ones may still be read.
    #[must_use]
    pub const fn is_readable(since_ms: u32, at: usize, count: usize) -> bool {
        since_ms < DIGIT_SHOWN_MS && at + 1 == count
    }
}

/// Something that the person can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The card left the reader.
    CardGone,
    /// Another card took its place.
    OtherCard,
    /// What was presented is not this card's.
    WrongNumber,
    /// The document has expired.
    Expired,
    /// A service says what it says; the key of its words for the person.
    Service(String),
}

impl Hint {
    /// Whether trying once more may help.
    #[must_use]
    pub const fn may_retry(&self) -> bool {
        matches!(self, Self::CardGone | Self::OtherCard | Self::WrongNumber)
    }

    /// Key of its sentence for the person.
    #[must_use]
    pub fn text_key(&self) -> &str {
        match self {
            Self::CardGone => "ui-hint-card-gone",
            Self::OtherCard => "ui-hint-other-card",
            Self::WrongNumber => "ui-hint-wrong-number",
            Self::Expired => "ui-hint-expired",
            Self::Service(key) => key,
        }
    }
}

/// A decision as the screens show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the site does.
    pub verdict: Verdict,
    /// Codes and checks of what led to it.
    pub reasons: Vec<(String, String)>,
    /// Every check, in the order of the line.
    pub checks: Vec<CheckLine>,
    /// Every service.
    pub services: Vec<ServiceLine>,
    /// What the person can do about it, if anything.
    pub hint: Option<Hint>,
    /// From beginning to decision.
    pub elapsed_ms: u64,
    /// Which parts of it were simulated: `chip`, `gateway`.
    pub simulated: Vec<&'static str>,
}

impl Decision {
    /// Takes what the screens need out of a report. The person in it is wiped or returned.
    #[must_use]
    pub fn of_report(report: Report) -> (Self, Option<Person>) {
        let Report { decision, elapsed_ms, simulated, deliveries, .. } = report;
        let checks = decision.checks.into_iter().map(|check| CheckLine {
            mark: Mark::of_outcome(check.outcome),
            id: check.id,
            outcome: check.outcome,
            reason: check.reason,
            notes: check.notes,
        });
        let services: Vec<ServiceLine> = decision
            .services
            .into_iter()
            .map(|service| ServiceLine {
                mark: Mark::of_outcome(service.outcome),
                id: service.id,
                code: service.code,
            })
            .collect();
        let raised: Vec<Reason> = decision.reasons.iter().map(|raised| raised.reason).collect();
        // The person is told the verdict; that a recipient will not be is for staff to mend.
        let unkept = deliveries.into_iter().flatten().filter_map(|one| Some((one.reason?, one.id)));
        let shown = Self {
            verdict: decision.verdict,
            hint: hint(decision.verdict, &raised, &services),
            reasons: decision
                .reasons
                .into_iter()
                .map(|raised| (raised.code, raised.check))
                .chain(unkept)
                .collect(),
            checks: checks.collect(),
            services,
            elapsed_ms,
            simulated,
        };
        (shown, decision.holder.map(Person::from))
    }
}

/// What the person can act on. A refused card gets none: its reasons are for staff.
fn hint(verdict: Verdict, raised: &[Reason], services: &[ServiceLine]) -> Option<Hint> {
    let any = |wanted: &[Reason]| raised.iter().any(|reason| wanted.contains(reason));
    if any(&[Reason::OtherCard]) {
        return Some(Hint::OtherCard);
    }
    if any(&[Reason::CardGone, Reason::FileUnread]) {
        return Some(Hint::CardGone);
    }
    if any(&[Reason::WrongPassword]) {
        return Some(Hint::WrongNumber);
    }
    if any(&[Reason::DocumentExpired]) {
        return Some(Hint::Expired);
    }
    // The service's words are of use where it agrees, and where it is what stands against the person.
    let wanted = match verdict {
        Verdict::Accept => Mark::Confirmed,
        Verdict::Refer if any(&[Reason::ServiceSaysNo]) => Mark::Refuted,
        Verdict::Refer if any(&[Reason::ServiceAnswerUnclear]) => Mark::Undetermined,
        Verdict::Refer | Verdict::Reject => return None,
    };
    let service = services.iter().find(|service| service.mark == wanted)?;
    Some(Hint::Service(format!("{}-{}-person", service.id, service.code.as_deref()?)))
}

/// What is known while a card is being read.
#[derive(Default)]
pub struct Known {
    /// The person, once proved.
    pub person: Option<Person>,
    /// The portrait, once proved; the pixels wipe themselves when the last holder lets go.
    pub portrait: Option<Arc<Pixels>>,
}

/// What is missing in the middle of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// What it is, and who has to do something about it.
    pub what: Absence,
    /// How much longer it is waited for, in milliseconds.
    pub left_ms: u32,
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Bytes read.
    pub done_bytes: usize,
    /// Bytes expected in all.
    pub expected_bytes: usize,
    /// Since the chip was first addressed.
    pub elapsed_ms: u32,
    /// The part of the arc that is drawn: it follows the bytes within a moment and never goes back.
    pub arc: f32,
}

impl Progress {
    /// At the beginning.
    pub const NONE: Self = Self { done_bytes: 0, expected_bytes: 0, elapsed_ms: 0, arc: 0.0 };

    /// Bytes read of bytes expected, 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f32 {
        if self.expected_bytes == 0 {
            return 0.0;
        }
        // Sizes of card files: far below the range where a float loses whole numbers.
        (self.done_bytes as f32 / self.expected_bytes as f32).clamp(0.0, 1.0)
    }

    /// Time goes on: the arc moves towards the bytes.
    pub fn pass(&mut self, elapsed_ms: u32) {
        self.elapsed_ms = self.elapsed_ms.saturating_add(elapsed_ms);
        let reached = 1.0 - (-(elapsed_ms as f32) / 160.0).exp();
        self.arc = self.arc.max(self.arc + (self.fraction() - self.arc) * reached);
    }
}
