//! Every result code of the insurance service: what it amounts to and which text explains it.

use reader_core::evidence::{Outcome, Reason};

/// How a code is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// In order.
    Fine,
    /// In order, but something is to be looked at.
    Notice,
    /// The person's insurance or their data is not in order.
    Refused,
    /// What the facility sent is not in order.
    Facility,
    /// The service itself is not in order.
    Service,
}

/// What one result code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeMeaning {
    /// `maKetQua`.
    pub code: &'static str,
    /// What the answer amounts to.
    pub outcome: Outcome,
    /// How it is shown.
    pub severity: Severity,
    /// Stem of the texts' keys in the language files.
    pub text_stem: &'static str,
    /// In plain English, for logs and tools.
    pub english: &'static str,
}

const YES: Outcome = Outcome::Confirmed;
const NO: Outcome = Outcome::Refuted(Reason::ServiceSaysNo);
/// A person has to read the answer.
const UNCLEAR: Outcome = Outcome::Undetermined(Reason::ServiceAnswerUnclear);
/// The service did not look, because of what the facility sent.
const NOT_DONE: Outcome = Outcome::NotPerformed(Reason::ServiceAnswerUnclear);
const BROKEN_OFF: Outcome = Outcome::Aborted(Reason::ServiceUnavailable);

/// The outcome of a code that nobody has described.
pub(super) const UNKNOWN: Outcome = UNCLEAR;

macro_rules! codes {
    ($($code:literal $outcome:ident $severity:ident $english:literal;)*) => {
        &[$(CodeMeaning {
            code: $code,
            outcome: $outcome,
            severity: Severity::$severity,
            text_stem: concat!("insurance-", $code),
            english: $english,
        }),*]
    };
}

/// Every described result code, in order.
///
/// 000 to 004 are commonly taken as acceptable. A code of the facility's own mistakes (054, 055, 205) says nothing
/// about the person: the question was not looked into. A child without a card (130) may be entitled by law, which
/// this answer cannot settle.
pub const CODES: &[CodeMeaning] = codes! {
    "000" YES Fine "card data correct";
    "001" YES Notice "card managed by the Ministry of Defence: check the papers";
    "002" YES Notice "card managed by the Ministry of Public Security: check the papers";
    "003" YES Notice "old card expired, a new card has been issued";
    "004" YES Notice "old card still valid, a new card has been issued";
    "010" NO Refused "card expired";
    "050" NO Refused "no card data found";
    "051" NO Refused "wrong card code";
    "052" NO Refused "wrong province code (characters 4 and 5)";
    "053" NO Refused "wrong benefit code (character 3)";
    "054" NOT_DONE Facility "staff number not registered";
    "055" NOT_DONE Facility "staff name does not match";
    "060" NO Refused "wrong name";
    "061" NO Refused "wrong name, first letters right";
    "070" NO Refused "wrong date of birth";
    "080" NO Refused "wrong sex";
    "090" NO Refused "wrong registered facility";
    "100" UNCLEAR Service "data error at the service";
    "101" BROKEN_OFF Service "server error at the service";
    "110" NO Refused "card revoked";
    "120" NO Refused "card reduced";
    "121" NO Refused "card reduced: moved to another province";
    "122" NO Refused "card reduced: moved within the province";
    "123" NO Refused "card reduced: added again at the same unit";
    "124" NO Refused "card reduced: stopped";
    "130" UNCLEAR Notice "child without a card";
    "205" NOT_DONE Facility "bad parameters";
    "401" BROKEN_OFF Facility "account or token refused";
    "500" BROKEN_OFF Service "server error";
};

/// What a code means; `None`: a code that nobody has described, to be shown with the service's remark.
#[must_use]
pub fn meaning(code: &str) -> Option<&'static CodeMeaning> {
    CODES.iter().find(|meaning| meaning.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_ordered_and_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert_eq!(CODES.len(), 29);
    }

    #[test]
    fn only_the_first_five_confirm() {
        let confirmed: Vec<_> = CODES.iter().filter(|c| c.outcome.is_confirmed()).map(|c| c.code).collect();
        assert_eq!(confirmed, ["000", "001", "002", "003", "004"]);
        assert_eq!(meaning("010").map(|m| m.text_stem), Some("insurance-010"));
        assert_eq!(meaning("999x"), None);
    }
}
