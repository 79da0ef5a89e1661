//! The view for staff: every check in the order of the line, with colour, shape, code and sentence.

use eframe::egui;
use egui::{Rect, ScrollArea, Stroke, UiBuilder, Vec2, pos2, vec2};
use reader_core::policy::Verdict;

use crate::failure::Failure;
use crate::ui::canvas::{Canvas, Type};
use crate::ui::pictograms;
use crate::ui::theme::{Mark, Size};
use crate::ui::visit::Decision;

/// One line of the list.
struct Line {
    mark: Mark,
    name: String,
    /// Code and sentence, for each reason and note.
    said: Vec<String>,
}

/// The decision with its reasons, and every check.
pub(super) fn decision(canvas: &mut Canvas<'_>, area: Rect, decision: &Decision) {
    let (mark, key) = match decision.verdict {
        Verdict::Accept => (Mark::Confirmed, "verdict-accept"),
        Verdict::Refer => (Mark::Undetermined, "verdict-refer"),
        Verdict::Reject => (Mark::Refuted, "verdict-reject"),
    };
    let mark_of_decimals = canvas.words.get("ui-decimal-mark");
    let seconds = format!("{:.1}", seconds(decision.elapsed_ms)).replace('.', &mark_of_decimals);
    let title = canvas.words.get(key);
    let aside = canvas.words.with("ui-staff-took", &[("seconds", &seconds)]);
    let mut lines: Vec<Line> = Vec::new();
    for check in &decision.checks {
        let mut codes: Vec<&String> = check.reason.iter().collect();
        codes.extend(&check.notes);
        let said = codes.into_iter().map(|code| sentence(canvas, code)).collect();
        lines.push(Line { mark: check.mark, name: canvas.words.check(&check.id), said });
    }
    for service in &decision.services {
        // The service's line among the checks carries its reason; its own words come with the same name.
        let key = service.code.as_ref().map(|code| format!("{}-{code}-staff", service.id));
        let Some(said) = key.and_then(|key| canvas.words.find(&key)) else { continue };
        let id = format!("service.{}", service.id);
        let name = canvas.words.check(&id);
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.said.push(said),
            None => lines.push(Line { mark: service.mark, name, said: vec![said] }),
        }
    }
    // One reason may stand behind several checks; the list below says which.
    let mut reasons: Vec<String> = Vec::new();
    for (code, _) in &decision.reasons {
        let said = sentence(canvas, code);
        if !reasons.contains(&said) {
            reasons.push(said);
        }
    }
    sheet(canvas, area, mark, &title, &aside, &reasons, &lines);
}

/// Why nothing could be done, and the remedy.
pub(super) fn failure(canvas: &mut Canvas<'_>, area: Rect, failure: &Failure) {
    let title = canvas.words.get("ui-staff-failure");
    let mut said: Vec<String> =
        failure.reason().map(|reason| sentence(canvas, &reason.code())).into_iter().collect();
    said.extend([failure.to_string(), failure.remedy.clone()]);
    sheet(canvas, area, Mark::Absent, &title, "", &said, &[]);
}

/// `R1203` with its sentence in the language of the screen.
fn sentence(canvas: &Canvas<'_>, code: &str) -> String {
    let digits = code.trim_start_matches('R');
    match canvas.words.find(&format!("reason-{digits}")) {
        Some(sentence) => format!("{code}: {sentence}"),
        None => code.to_owned(),
    }
}

fn seconds(elapsed_ms: u64) -> f64 {
    // Durations of visits: far below the range where a float loses whole numbers.
    std::time::Duration::from_millis(elapsed_ms).as_secs_f64()
}

fn sheet(
    canvas: &mut Canvas<'_>,
    area: Rect,
    mark: Mark,
    title: &str,
    aside: &str,
    reasons: &[String],
    lines: &[Line],
) {
    canvas.sheet(area);
    let ink = canvas.look.ink;
    let inner = area.shrink(canvas.px(28.0));
    let head = Rect::from_min_size(inner.min, vec2(inner.width(), canvas.px(64.0)));
    let size = canvas.px(52.0);
    pictograms::mark(&canvas.painter(), mark, pos2(head.left() + size / 2.0, head.center().y), size);
    let words = head.with_min_x(head.left() + size + canvas.px(18.0));
    canvas.text(words, title, Type::new(36.0, ink).bold().left());
    canvas.text(words, aside, Type::new(Size::SMALL, ink).right());
    let mut top = head.bottom() + canvas.px(8.0);
    for reason in reasons {
        let kind = Type::new(Size::SMALL, ink).left().top();
        let place = Rect::from_min_max(pos2(inner.left(), top), inner.max);
        let height = canvas.height_of(reason, kind, place.width());
        if place.height() < height {
            break;
        }
        top = canvas.text(place, reason, kind).bottom() + canvas.px(6.0);
    }
    if lines.is_empty() {
        return;
    }
    let rule = Stroke::new(canvas.px(2.0), canvas.look.line);
    canvas.painter().hline(inner.x_range(), top + canvas.px(6.0), rule);
    let list = Rect::from_min_max(pos2(inner.left(), top + canvas.px(12.0)), inner.max);
    let mut within = canvas.ui.new_child(UiBuilder::new().max_rect(list).id_salt("staff"));
    ScrollArea::vertical().auto_shrink(false).show(&mut within, |ui| {
        let width = ui.available_width();
        canvas.inside(ui, |canvas| {
            for line in lines {
                draw_line(canvas, line, width);
            }
        });
    });
}

fn draw_line(canvas: &mut Canvas<'_>, line: &Line, width: f32) {
    let size = canvas.px(34.0);
    let indent = size + canvas.px(16.0);
    let quiet = line.mark == Mark::Absent;
    let name = Type::new(Size::SMALL, canvas.look.ink).left().top();
    let name = if matches!(line.mark, Mark::Refuted | Mark::Undetermined) { name.bold() } else { name };
    let said = Type::new(Size::SMALL, canvas.look.ink).left().top();
    let room = width - indent - canvas.px(14.0);
    // What was not looked at needs no sentence: its mark says so.
    let sentences: &[String] = if quiet { &[] } else { &line.said };
    let mut heights = vec![canvas.height_of(&line.name, name, room)];
    heights.extend(sentences.iter().map(|text| canvas.height_of(text, said, room)));
    let pad = canvas.px(10.0);
    let height: f32 = heights.iter().sum::<f32>() + pad;
    let (place, _) = canvas.ui.allocate_exact_size(Vec2::new(width, height), egui::Sense::hover());
    let first = heights.first().copied().unwrap_or_default();
    let centre = pos2(place.left() + size / 2.0, place.top() + first / 2.0);
    pictograms::mark(&canvas.painter(), line.mark, centre, size);
    let mut top = place.top();
    let texts = std::iter::once((&line.name, name)).chain(sentences.iter().map(|text| (text, said)));
    for ((text, kind), height) in texts.zip(&heights) {
        let row = Rect::from_min_size(pos2(place.left() + indent, top), vec2(room, *height));
        canvas.text(row, text, kind);
        top += height;
    }
}
