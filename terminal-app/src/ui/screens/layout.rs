//! How a screen is cut up: picture and words beside each other where it is wide, above each other where it is tall.

use eframe::egui;
use egui::{Rect, pos2, vec2};

use crate::ui::canvas::{Canvas, Type, Weight};
use crate::ui::model::Action;
use crate::ui::theme::Size;

/// Whether there is room beside rather than below.
pub(super) fn is_wide(area: Rect) -> bool {
    area.width() > area.height() * 1.1
}

/// The part for the picture, and the part for the words.
pub(super) fn picture_and_words(canvas: &Canvas<'_>, area: Rect) -> (Rect, Rect) {
    let gap = canvas.px(Size::GAP);
    if is_wide(area) {
        let (picture, words) = area.split_left_right_at_fraction(0.5);
        (picture.shrink(gap), words.shrink2(vec2(gap, 0.0)))
    } else {
        let (picture, words) = area.split_top_bottom_at_fraction(0.5);
        (picture.shrink(gap), words)
    }
}

/// A button of a row.
pub(super) struct Choice<'label> {
    /// Names it in the tree of widgets.
    pub key: &'static str,
    /// What stands on it.
    pub label: &'label str,
    /// How much it asks to be touched.
    pub weight: Weight,
    /// What it does.
    pub action: Action,
}

/// A row of buttons along the bottom of `area`, the last one at the right. Gives what was touched, and the area that
/// is left above.
pub(super) fn choices(canvas: &mut Canvas<'_>, area: Rect, choices: &[Choice<'_>]) -> (Option<Action>, Rect) {
    choices_for_a_while(canvas, area, choices, 0.0)
}

/// The same, with a line along the last button that grows shorter: `left` of the time, 1 to 0, until it is as if it
/// had been touched.
pub(super) fn choices_for_a_while(
    canvas: &mut Canvas<'_>,
    area: Rect,
    choices: &[Choice<'_>],
    left: f32,
) -> (Option<Action>, Rect) {
    let gap = canvas.px(Size::GAP);
    let height = canvas.px(Size::BUTTON_HEIGHT);
    let top = area.bottom() - height;
    let count = choices.len().max(1) as f32;
    let width = ((area.width() - gap * (count - 1.0)) / count).min(canvas.px(620.0));
    let from = area.center().x - (width * count + gap * (count - 1.0)) / 2.0;
    let mut did = None;
    let mut last = Rect::NOTHING;
    for (at, choice) in choices.iter().enumerate() {
        last = Rect::from_min_size(pos2(from + (width + gap) * at as f32, top), vec2(width, height));
        if canvas.button(last, choice.key, choice.label, choice.weight, true) {
            did = Some(choice.action);
        }
    }
    if left > 0.0 {
        let full = canvas.px(6.0);
        let line = Rect::from_center_size(
            pos2(last.center().x, last.bottom() - full * 3.0),
            vec2((last.width() - full * 12.0) * left, full),
        );
        canvas.painter().rect_filled(line, canvas.radius(3.0), canvas.look.on_accent.gamma_multiply(0.5));
    }
    (did, Rect::from_min_max(area.min, pos2(area.right(), top - gap)))
}

/// Sentence and explanation in the middle of `area`.
pub(super) fn words(canvas: &mut Canvas<'_>, area: Rect, sentence: &str, explanation: &str) {
    let ink = canvas.look.ink;
    let sentence = &broken(canvas, area.width(), sentence);
    let (bold, plain) =
        (Type::new(Size::SENTENCE, ink).bold().bottom(), Type::new(Size::EXPLANATION, ink).top());
    let gap = canvas.px(22.0);
    let first = canvas.height_of(sentence, bold, area.width());
    let second =
        if explanation.is_empty() { 0.0 } else { canvas.height_of(explanation, plain, area.width()) + gap };
    let split = (area.center().y + (first - second) / 2.0)
        .clamp(area.top(), (area.bottom() - second).max(area.top()));
    canvas.text(Rect::from_min_max(area.min, pos2(area.right(), split)), sentence, bold);
    canvas.text(Rect::from_min_max(pos2(area.left(), split + gap), area.max), explanation, plain);
}

/// Two sentences that need two lines are broken between them.
fn broken(canvas: &Canvas<'_>, width: f32, text: &str) -> String {
    let kind = Type::new(Size::SENTENCE, canvas.look.ink).bold();
    let rows = |text: &str| canvas.galley(text, kind, canvas.px(kind.size), width).rows.len();
    let apart = text.replacen(". ", ".\n", 1);
    if rows(text) > 1 && rows(&apart) <= rows(text) { apart } else { text.to_owned() }
}

/// Ease out: fast at first, at rest in the end.
pub(super) fn ease_out(part: f32) -> f32 {
    1.0 - (1.0 - part.clamp(0.0, 1.0)).powi(3)
}
