//! What came of it: one sentence, one picture, the person as the chip has them, and what to do next.

use eframe::egui;
use egui::{Color32, CornerRadius, Rect, Role, Stroke, Vec2, pos2, vec2};
use reader_core::policy::Verdict;

use super::layout::{self, Choice, ease_out};
use super::{Drawn, staff};
use crate::ui::canvas::{Canvas, Type, Weight};
use crate::ui::model::{Action, Model};
use crate::ui::pictograms;
use crate::ui::theme::Size;
use crate::ui::visit::{Decision, Known, Person};

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    model: &Model,
    decision: &Decision,
    known: &Known,
    portrait: Option<Drawn>,
    staff_open: bool,
) -> Option<Action> {
    let gap = canvas.px(Size::GAP);
    if !staff_open {
        return for_person(canvas, area, model, decision, known, portrait, false);
    }
    let (person, staff) = if layout::is_wide(area) {
        let (person, staff) = area.split_left_right_at_fraction(0.5);
        (person.with_max_x(person.right() - gap), staff.with_min_x(staff.left() + gap))
    } else {
        let (person, staff) = area.split_top_bottom_at_fraction(0.58);
        (person.with_max_y(person.bottom() - gap), staff.with_min_y(staff.top() + gap))
    };
    let did = for_person(canvas, person, model, decision, known, portrait, true);
    staff::decision(canvas, staff, decision);
    did
}

fn for_person(
    canvas: &mut Canvas<'_>,
    area: Rect,
    model: &Model,
    decision: &Decision,
    known: &Known,
    portrait: Option<Drawn>,
    staff_open: bool,
) -> Option<Action> {
    let (did, rest) = buttons(canvas, area, model, decision, staff_open);
    let hint = decision.hint.as_ref().and_then(|hint| canvas.words.find(hint.text_key())).unwrap_or_default();
    let sentence = canvas.words.get(match decision.verdict {
        Verdict::Accept => "ui-accept",
        Verdict::Refer => "ui-refer",
        Verdict::Reject => "ui-reject",
    });
    // A refused card may be anyone's: whose data it holds is for staff.
    let person = known.person.as_ref().filter(|_| staff_open || decision.verdict != Verdict::Reject);
    if rest.width() > rest.height() * 1.5 {
        let (left, right) = rest.split_left_right_at_fraction(0.4);
        verdict_picture(canvas, left.shrink(canvas.px(Size::GAP)), model, decision.verdict, 0.62);
        match person {
            Some(person) => {
                let right = right.shrink2(vec2(0.0, (right.height() - canvas.px(720.0)).max(0.0) / 2.0));
                let (above, below) = right.split_top_bottom_at_fraction(0.42);
                layout::words(canvas, above, &sentence, &hint);
                details(canvas, below, person, portrait);
            }
            None => layout::words(canvas, right, &sentence, &hint),
        }
        return did;
    }
    let below = person.map_or(0.0, |_| canvas.px(400.0).min(rest.height() * 0.44));
    let (above, sheet) = rest.split_top_bottom_at_y(rest.bottom() - below);
    if above.width() > above.height() * 1.25 && above.width() > canvas.px(820.0) {
        let size = (above.height() * 0.8).min(canvas.px(240.0));
        let (picture, words) = above.split_left_right_at_x(above.left() + size);
        verdict_picture(canvas, picture, model, decision.verdict, 1.0);
        layout::words(canvas, words.with_min_x(words.left() + canvas.px(Size::GAP)), &sentence, &hint);
    } else {
        let (picture, words) = above.split_top_bottom_at_fraction(0.48);
        verdict_picture(canvas, picture.shrink2(vec2(0.0, canvas.px(8.0))), model, decision.verdict, 0.9);
        let words = words.with_max_y(words.bottom() - canvas.px(Size::GAP));
        layout::words(canvas, words, &sentence, &hint);
    }
    if let Some(person) = person {
        details(canvas, sheet, person, portrait);
    }
    did
}

fn buttons(
    canvas: &mut Canvas<'_>,
    area: Rect,
    model: &Model,
    decision: &Decision,
    staff_open: bool,
) -> (Option<Action>, Rect) {
    let staff = canvas.words.get(if staff_open { "ui-staff-close" } else { "ui-staff" });
    let finish = canvas.words.get("ui-finish");
    let retry = canvas.words.get("ui-retry");
    let may_retry = decision.hint.as_ref().is_some_and(crate::ui::visit::Hint::may_retry);
    let mut row = vec![Choice { key: "staff", label: &staff, weight: Weight::Quiet, action: Action::Staff }];
    if may_retry {
        row.push(Choice { key: "finish", label: &finish, weight: Weight::Secondary, action: Action::Finish });
        row.push(Choice { key: "retry", label: &retry, weight: Weight::Primary, action: Action::Retry });
    } else {
        row.push(Choice { key: "finish", label: &finish, weight: Weight::Primary, action: Action::Finish });
    }
    layout::choices_for_a_while(canvas, area, &row, model.idle_left())
}

fn verdict_picture(canvas: &Canvas<'_>, place: Rect, model: &Model, verdict: Verdict, part: f32) {
    let size = place.width().min(place.height()) * part;
    let painter = canvas.painter();
    let grown = ease_out(model.shown_ms() as f32 / 260.0);
    let size = size * (0.92 + 0.08 * grown);
    match verdict {
        Verdict::Accept => {
            let drawn = ease_out((model.shown_ms() as f32 - 120.0).max(0.0) / 300.0);
            pictograms::accepted(&painter, place.center(), size, &canvas.look, drawn);
        }
        Verdict::Refer => pictograms::raised_hand(&painter, place.center(), size, &canvas.look),
        Verdict::Reject => pictograms::counter(&painter, place.center(), size, &canvas.look),
    }
}

/// The portrait, name, birth, number and validity on a sheet.
fn details(canvas: &mut Canvas<'_>, area: Rect, person: &Person, portrait: Option<Drawn>) {
    let height = area.height().min(canvas.px(400.0));
    let width = area.width().min(canvas.px(960.0));
    let sheet = Rect::from_center_size(area.center(), vec2(width, height));
    canvas.sheet(sheet);
    let inner = sheet.shrink(canvas.px(26.0));
    let photo = Rect::from_min_size(inner.min, vec2(inner.height() * 0.75, inner.height()));
    match portrait {
        Some(portrait) => picture(canvas, photo, portrait, false),
        None => {
            canvas.painter().rect_filled(photo, canvas.radius(18.0), canvas.look.accent_faint);
        }
    }
    if portrait.is_some() {
        let name = canvas.words.get("ui-portrait");
        canvas.name(photo, Role::Image, &name);
    }
    let column = Rect::from_min_max(pos2(photo.right() + canvas.px(32.0), inner.top()), inner.max);
    let (name, fields) = column.split_top_bottom_at_fraction(0.36);
    let ink = canvas.look.ink;
    canvas.text(name, &person.name, Type::new(42.0, ink).bold().left());
    let mut rows = vec![("field-number", person.masked_number().to_string())];
    if let Some(birth_date) = &person.birth_date {
        rows.push(("field-birth-date", canvas.words.date(birth_date)));
    }
    if let Some(expiry_date) = &person.expiry_date {
        rows.push(("field-expiry-date", canvas.words.date(expiry_date)));
    }
    let step = fields.height() / 3.0;
    let label_type = Type::new(Size::SMALL, ink).left();
    let labels: Vec<String> = rows.iter().map(|(key, _)| canvas.words.get(key)).collect();
    let widths = labels
        .iter()
        .map(|label| canvas.galley(label, label_type, canvas.px(Size::SMALL), f32::INFINITY).size().x);
    let wanted = widths.fold(0.0, f32::max) + canvas.px(Size::GAP);
    let wanted = wanted.max(fields.width() * 0.4).min(fields.width() * 0.55);
    for (at, (label, (_, value))) in labels.iter().zip(&rows).enumerate() {
        let top = fields.top() + step * at as f32;
        let row = Rect::from_min_size(pos2(fields.left(), top), vec2(fields.width(), step));
        let (left, right) = row.split_left_right_at_x(row.left() + wanted);
        canvas.text(left, label, label_type);
        canvas.text(right, value, Type::new(30.0, ink).bold().left());
    }
}

/// The portrait, cut to fill `place`, in a circle or with round corners.
pub(super) fn picture(canvas: &Canvas<'_>, place: Rect, portrait: Drawn, round: bool) {
    let scale = (place.width() / portrait.size.x).max(place.height() / portrait.size.y);
    let part =
        Vec2::new(place.width() / (portrait.size.x * scale), place.height() / (portrait.size.y * scale));
    // Faces sit a little above the middle.
    let uv = Rect::from_min_size(pos2((1.0 - part.x) / 2.0, (1.0 - part.y) * 0.35), part);
    let radius = if round { full_round(place) } else { canvas.radius(18.0) };
    let mut shape =
        egui::epaint::RectShape::filled(place, radius, Color32::WHITE).with_texture(portrait.texture, uv);
    shape.stroke = Stroke::NONE;
    canvas.painter().add(shape);
}

fn full_round(place: Rect) -> CornerRadius {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let radius = (place.width() / 2.0).clamp(0.0, 255.0) as u8;
    CornerRadius::same(radius)
}
