//! How the reading departed from the usual, in the words of `capture.json`.

use reader_core::capture::Deviation;

use super::failure_word;

const ASSUMED_CARD_ACCESS: &str = "EF.CardAccess assumed from the card's profile";

pub(super) fn word(deviation: &Deviation) -> String {
    match deviation {
        Deviation::FellBackToBac { because } => format!("BAC instead of PACE: {}", failure_word(because)),
        Deviation::AssumedCardAccess => ASSUMED_CARD_ACCESS.to_owned(),
        Deviation::SelectedByIdentifier(file) => format!("{file} selected by identifier"),
        Deviation::ExtendedRefused => "extended length refused".to_owned(),
        Deviation::LearntLimits => "lengths learnt from earlier cards".to_owned(),
        Deviation::TooLarge { file, announced_bytes } => {
            format!("{file} announces {announced_bytes} bytes and was left alone")
        }
        Deviation::Resumed { proved: true } => "resumed after the chip proved to be the same".to_owned(),
        Deviation::Resumed { proved: false } => "resumed on the same EF.SOD alone".to_owned(),
        Deviation::OtherCard => "another card was laid in its place".to_owned(),
    }
}

/// The deviation that a finding on stored files rests on. The others say how the chip was spoken to, which nobody can see
/// again.
pub(super) fn of_files(words: &[String]) -> Option<Deviation> {
    words.iter().any(|word| word == ASSUMED_CARD_ACCESS).then_some(Deviation::AssumedCardAccess)
}
