//! Nobody is here: the name of the place, a picture of what is done here, one thing to touch. Nothing personal, ever.

use eframe::egui;
use egui::{Rect, pos2};

use super::layout::{self, Choice, ease_out};
use crate::ui::canvas::{Canvas, Type, Weight};
use crate::ui::model::{Action, Model};
use crate::ui::pictograms;
use crate::ui::theme::Size;

/// The card is laid down once in this time.
const PERIOD_MS: u32 = 5_000;
/// The parts of it in which the card comes and goes; between them it lies still.
const ARRIVES: f32 = 0.22;
const LEAVES: f32 = 0.12;

/// Whether the picture moves at the moment: a machine that waits all night need not draw all night.
pub(super) fn moves(shown_ms: u32) -> bool {
    let phase = (shown_ms % PERIOD_MS) as f32 / PERIOD_MS as f32;
    !(ARRIVES..=1.0 - LEAVES - 0.06).contains(&phase)
}

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Action> {
    let start = canvas.words.get("ui-start");
    // Wherever the screen is touched, a visit begins; the button is what it looks like. The keyboard has the button.
    let anywhere = canvas.ui.interact(area, canvas.ui.scope_id().with("anywhere"), egui::Sense::CLICK);
    let (picture, words) = layout::picture_and_words(canvas, area);
    let phase = (model.shown_ms() % PERIOD_MS) as f32 / PERIOD_MS as f32;
    let arrived = ease_out((phase / ARRIVES).min((1.0 - phase) / LEAVES));
    pictograms::card_on_reader(&canvas.painter(), picture, &canvas.look, arrived);
    let begin = Choice { key: "start", label: &start, weight: Weight::Primary, action: Action::Start };
    let words =
        if layout::is_wide(area) { words.shrink2(egui::vec2(0.0, words.height() * 0.08)) } else { words };
    let (did, rest) = layout::choices(canvas, words, &[begin]);
    let ink = canvas.look.ink;
    let title = super::title_of(canvas, model);
    let explanation = canvas.words.get("ui-attract-explanation");
    let pictures = canvas.px(150.0);
    let steps = Rect::from_min_max(pos2(rest.left(), rest.bottom() - pictures), rest.max);
    super::steps(canvas, steps.center(), None);
    let rest = rest.with_max_y(steps.top());
    let split = rest.top() + rest.height() * 0.6;
    let gap = canvas.px(20.0);
    let above = Rect::from_min_max(rest.min, pos2(rest.right(), split));
    let below = Rect::from_min_max(pos2(rest.left(), split + gap), rest.max);
    canvas.text(above, &title, Type::new(Size::TITLE, ink).bold().bottom());
    canvas.text(below, &explanation, Type::new(Size::EXPLANATION, ink).top());
    did.or(anywhere.clicked().then_some(Action::Start))
}
