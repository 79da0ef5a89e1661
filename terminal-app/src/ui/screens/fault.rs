//! Nothing came of it: what the person can do, and for staff why.

use eframe::egui;
use egui::Rect;

use super::layout::{self, Choice};
use super::staff;
use crate::failure::Failure;
use crate::ui::canvas::{Canvas, Weight};
use crate::ui::model::{Action, Model, Trouble};
use crate::ui::pictograms;
use crate::ui::theme::Size;

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    model: &Model,
    trouble: Trouble,
    failure: &Failure,
    staff_open: bool,
) -> Option<Action> {
    let mut area = area;
    if staff_open {
        let gap = canvas.px(Size::GAP);
        let (person, view) = if layout::is_wide(area) {
            area.split_left_right_at_fraction(0.6)
        } else {
            area.split_top_bottom_at_fraction(0.74)
        };
        staff::failure(canvas, view.shrink(gap), failure);
        area = person;
    }
    let (picture, words) = layout::picture_and_words(canvas, area);
    let painter = canvas.painter();
    let size = picture.width().min(picture.height()) * 0.72;
    match trouble {
        Trouble::OutOfOrder => pictograms::resting(&painter, picture.center(), size, &canvas.look),
        Trouble::WrongNumber | Trouble::WrongCard(_) if !trouble.wants_card() => {
            pictograms::raised_hand(&painter, picture.center(), size, &canvas.look);
        }
        Trouble::CardLost | Trouble::NoCard | Trouble::WrongNumber | Trouble::WrongCard(_) => {
            let phase = (model.shown_ms() % 2_800) as f32 / 2_800.0;
            let arrived = layout::ease_out((phase / 0.4).min((1.0 - phase) / 0.08));
            pictograms::card_on_reader(&painter, picture, &canvas.look, arrived);
        }
    }
    let (sentence, explanation) = trouble.text_keys();
    let view = canvas.words.get(if staff_open { "ui-staff-close" } else { "ui-staff" });
    let (leave, retry) = (canvas.words.get("ui-back"), canvas.words.get("ui-retry"));
    let mut row = vec![Choice { key: "staff", label: &view, weight: Weight::Quiet, action: Action::Staff }];
    row.push(Choice { key: "leave", label: &leave, weight: Weight::Secondary, action: Action::Leave });
    if trouble.may_retry() {
        row.push(Choice { key: "retry", label: &retry, weight: Weight::Primary, action: Action::Retry });
    }
    let (did, rest) = layout::choices(canvas, words, &row);
    let sentence = canvas.words.get(&sentence);
    let explanation = if explanation.is_empty() { String::new() } else { canvas.words.get(&explanation) };
    layout::words(canvas, rest, &sentence, &explanation);
    did
}
