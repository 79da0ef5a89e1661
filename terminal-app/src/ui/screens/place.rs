//! Waiting for the card: a picture of where it goes.

use eframe::egui;
use egui::Rect;

use super::layout::{self, Choice, ease_out};
use crate::ui::canvas::{Canvas, Weight};
use crate::ui::model::{Action, Model};
use crate::ui::pictograms;

/// The card slides down once in this time.
const PERIOD_MS: u32 = 2_800;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Action> {
    let (picture, words) = layout::picture_and_words(canvas, area);
    let phase = (model.shown_ms() % PERIOD_MS) as f32 / PERIOD_MS as f32;
    let arrived = ease_out((phase / 0.4).min((1.0 - phase) / 0.08));
    pictograms::card_on_reader(&canvas.painter(), picture, &canvas.look, arrived);
    let leave = canvas.words.get("ui-leave");
    let stop = Choice { key: "leave", label: &leave, weight: Weight::Secondary, action: Action::Leave };
    let (did, rest) = layout::choices(canvas, words, &[stop]);
    let sentence = canvas.words.get("ui-place");
    let explanation =
        canvas.words.get(if model.is_simulated() { "ui-place-simulated" } else { "ui-place-explanation" });
    layout::words(canvas, rest, &sentence, &explanation);
    did
}
