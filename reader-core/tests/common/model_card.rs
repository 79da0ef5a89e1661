//! A card with files of the published model's sizes.

use test_vectors::card::Card;

use crate::simulated::NOW_UNIX_S;

/// The files of the published model: EF.CardAccess 60, EF.SOD 2,000, DG1 95, DG2 18,000, DG13 1,000, DG14 400.
pub fn model_card() -> Card {
    test_vectors::model::card(NOW_UNIX_S)
}
