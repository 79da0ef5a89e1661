//! Which card: twelve digits on a keypad, or what the scanner reads.

use eframe::egui;
use egui::{Event, Key, Rect, Role, Stroke, StrokeKind, Ui, pos2, vec2};
use zeroize::Zeroizing;

use super::layout::{self, Choice};
use crate::presentation::Presentation;
use crate::ui::canvas::{Canvas, Type, Weight};
use crate::ui::model::{Action, Model};
use crate::ui::pictograms;
use crate::ui::theme::Size;
use crate::ui::visit::{Entry, NUMBER_DIGITS, masked};

/// The beam goes down and up once in this time.
const BEAM_MS: u32 = 2_600;
/// Between the groups 3-3-6 of the number, in places of a digit.
const GROUP_GAP: f32 = 0.6;

pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, entry: &Entry) -> Option<Action> {
    match entry {
        Entry::Typing { digits, since_ms } => typing(canvas, area, digits, *since_ms),
        Entry::Scanning => scanning(canvas, area, model, None),
        Entry::Scanned { presented, .. } => {
            let shown = match presented.as_ref() {
                Presentation::Number(number) => masked(number.as_str()),
                // Nothing of a zone or a code is shown: that it was read is enough.
                _ => Zeroizing::new(String::new()),
            };
            scanning(canvas, area, model, Some(&shown))
        }
    }
}

fn scanning(canvas: &mut Canvas<'_>, area: Rect, model: &Model, read: Option<&str>) -> Option<Action> {
    let (picture, words) = layout::picture_and_words(canvas, area);
    let phase = (model.shown_ms() % BEAM_MS) as f32 / BEAM_MS as f32;
    let painter = canvas.painter();
    if read.is_some() {
        let drawn = layout::ease_out(model.shown_ms() as f32 / 300.0);
        let size = picture.width().min(picture.height()) * 0.55;
        pictograms::accepted(&painter, picture.center(), size, &canvas.look, drawn);
    } else {
        let beam = 0.5 - 0.5 * (phase * std::f32::consts::TAU).cos();
        pictograms::scanner(&painter, picture, &canvas.look, beam);
    }
    let leave = canvas.words.get("ui-leave");
    let stop = Choice { key: "leave", label: &leave, weight: Weight::Secondary, action: Action::Leave };
    let (did, rest) = layout::choices(canvas, words, &[stop]);
    let (sentence, explanation) = match read {
        Some(number) => (canvas.words.get("ui-number-scanned"), number.to_owned()),
        None if model.is_simulated() => {
            (canvas.words.get("ui-number-scan"), canvas.words.get("ui-number-scan-simulated"))
        }
        None => (canvas.words.get("ui-number-scan"), String::new()),
    };
    layout::words(canvas, rest, &sentence, &explanation);
    did
}

fn typing(canvas: &mut Canvas<'_>, area: Rect, digits: &str, since_ms: u32) -> Option<Action> {
    let gap = canvas.px(Size::GAP);
    let (words, pad) = if layout::is_wide(area) {
        let (words, pad) = area.split_left_right_at_fraction(0.5);
        (words.shrink2(vec2(gap, 0.0)), pad.shrink2(vec2(gap, 0.0)))
    } else {
        area.split_top_bottom_at_fraction(0.36)
    };
    let field_height = canvas.px(132.0);
    let field = Rect::from_center_size(
        pos2(
            words.center().x,
            if layout::is_wide(area) { words.center().y } else { words.bottom() - field_height },
        ),
        vec2(words.width().min(canvas.px(820.0)), field_height),
    );
    let sentence = canvas.words.get("ui-number-type");
    let above = Rect::from_min_max(words.min, pos2(words.right(), field.top() - gap));
    let ink = canvas.look.ink;
    canvas.text(above, &sentence, Type::new(Size::SENTENCE, ink).bold().bottom());
    number_field(canvas, field, digits, since_ms);
    let mut did = None;
    if layout::is_wide(area) {
        let leave = canvas.words.get("ui-leave");
        let stop = Choice { key: "leave", label: &leave, weight: Weight::Secondary, action: Action::Leave };
        did = layout::choices(canvas, words, &[stop]).0;
    }
    did.or(keypad(canvas, pad, digits.len(), !layout::is_wide(area)))
}

fn number_field(canvas: &mut Canvas<'_>, field: Rect, digits: &str, since_ms: u32) {
    canvas.sheet(field);
    let complete = digits.len() == NUMBER_DIGITS;
    if complete {
        let edge = Stroke::new(canvas.px(4.0), canvas.look.accent_bright);
        canvas.painter().rect_stroke(field, canvas.radius(32.0), edge, StrokeKind::Inside);
    }
    let count = digits.len();
    let ink = canvas.look.ink;
    let pitch = (field.width() - canvas.px(80.0)) / (NUMBER_DIGITS as f32 + 2.0 * GROUP_GAP);
    let height = canvas.px(60.0);
    let mut typed = digits.chars();
    for at in 0..NUMBER_DIGITS {
        let groups = if at >= 6 {
            2.0
        } else if at >= 3 {
            1.0
        } else {
            0.0
        };
        let x = field.left() + canvas.px(40.0) + pitch * (at as f32 + groups * GROUP_GAP + 0.5);
        let centre = pos2(x, field.center().y);
        let painter = canvas.painter();
        match typed.next() {
            Some(digit) if Entry::is_readable(since_ms, at, count) || complete && at + 3 >= NUMBER_DIGITS => {
                let place = Rect::from_center_size(centre, vec2(pitch, height));
                canvas.inscribe(place, digit.encode_utf8(&mut [0; 4]), Type::new(60.0, ink).bold());
            }
            Some(_) => {
                painter.circle_filled(centre, canvas.px(11.0), ink);
            }
            None => {
                let line = Rect::from_center_size(
                    centre + vec2(0.0, height * 0.36),
                    vec2(pitch * 0.66, canvas.px(5.0)),
                );
                painter.rect_filled(line, canvas.radius(2.5), canvas.look.line);
            }
        }
    }
    let name = canvas.words.with("ui-number-field", &[("count", &count.to_string())]);
    canvas.name(field, Role::Label, &name);
}

/// Three columns, four rows: digits, erase and go on.
fn keypad(canvas: &mut Canvas<'_>, area: Rect, count: usize, leave_too: bool) -> Option<Action> {
    let gap = canvas.px(20.0);
    let rows = if leave_too { 5.0 } else { 4.0 };
    let height = ((area.height() - gap * (rows - 1.0)) / rows).min(canvas.px(190.0));
    let width = ((area.width() - gap * 2.0) / 3.0).min(canvas.px(300.0));
    let left = area.center().x - width * 1.5 - gap;
    let top = area.center().y - (height * rows + gap * (rows - 1.0)) / 2.0;
    let key_at = |column: u8, row: u8| {
        let min = pos2(left + f32::from(column) * (width + gap), top + f32::from(row) * (height + gap));
        Rect::from_min_size(min, vec2(width, height))
    };
    let mut did = None;
    for digit in 0..=9u8 {
        let place = if digit == 0 { key_at(1, 3) } else { key_at((digit - 1) % 3, (digit - 1) / 3) };
        if digit_key(canvas, place, digit) {
            did = Some(Action::Digit(digit));
        }
    }
    let erase = canvas.words.get("ui-number-erase");
    if canvas.button(key_at(0, 3), "erase", &erase, Weight::Secondary, count > 0) {
        did = Some(Action::Erase);
    }
    let go_on = canvas.words.get("ui-number-continue");
    if canvas.button(key_at(2, 3), "confirm", &go_on, Weight::Primary, count == NUMBER_DIGITS) {
        did = Some(Action::Confirm);
    }
    if leave_too {
        let leave = canvas.words.get("ui-leave");
        let place = Rect::from_min_max(key_at(0, 4).min, key_at(2, 4).max);
        if canvas.button(place, "leave", &leave, Weight::Secondary, true) {
            did = Some(Action::Leave);
        }
    }
    did
}

fn digit_key(canvas: &mut Canvas<'_>, place: Rect, digit: u8) -> bool {
    let label = digit.to_string();
    let response = canvas.touchable(place, &label, &label, true);
    let look = canvas.look;
    canvas.plate(&response, place, look.surface, Stroke::new(canvas.px(2.0), look.line), true);
    canvas.inscribe(place, &label, Type::new(64.0, look.ink).bold());
    response.clicked()
}

/// A keyboard, or a scanner that pretends to be one, works as the keypad does. All of a frame's keys count: a scanner
/// types faster than frames are drawn.
pub(super) fn typed_on_keyboard(ui: &Ui) -> Vec<Action> {
    // Enter belongs to the button that has the focus, if one has.
    let free = ui.memory(|memory| memory.focused().is_none());
    let keys = |event: &Event| -> Vec<Action> {
        match event {
            Event::Text(text) | Event::Paste(text) => {
                let digits = text.chars().filter_map(|c| c.to_digit(10));
                digits.filter_map(|digit| u8::try_from(digit).ok().map(Action::Digit)).collect()
            }
            Event::Key { key: Key::Backspace, pressed: true, .. } => vec![Action::Erase],
            Event::Key { key: Key::Enter, pressed: true, .. } if free => vec![Action::Confirm],
            _ => Vec::new(),
        }
    };
    ui.input(|input| input.events.iter().flat_map(keys).collect())
}
