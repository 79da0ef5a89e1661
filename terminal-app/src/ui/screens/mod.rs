//! The screens: each draws the model and tells what the person did. None of them changes anything.

mod attract;
mod fault;
mod layout;
mod number;
mod place;
mod reading;
mod result;
mod staff;

use eframe::egui;
use egui::{Align, CornerRadius, Rect, Role, Stroke, StrokeKind, Ui, pos2, vec2};

use super::canvas::{Canvas, Type};
use super::model::{Action, Model, Screen};
use super::pictograms::{self, Glyph};
pub(super) use super::portrait::Drawn;
use super::theme::Size;
use super::visit::Entry;
use super::words::Words;

/// Height of the strip at the top, of the steps below it on tall screens, and of the strip that says "simulated".
const HEADER: f32 = 132.0;
const STEPS: f32 = 150.0;
const SIMULATED: f32 = 76.0;

/// The steps of a visit. One more way of proving who somebody is, is one more picture here.
const VISIT: [(Glyph, &str); 3] =
    [(Glyph::Number, "ui-step-number"), (Glyph::Card, "ui-step-card"), (Glyph::Result, "ui-step-result")];

/// Whether something on the screen moves at the moment.
pub(super) fn moves(model: &Model) -> bool {
    match model.screen() {
        Screen::Attract => attract::moves(model.shown_ms()),
        // A result only grows its line shorter, once its picture is drawn.
        Screen::Result { .. } => model.shown_ms() < 1_000,
        _ => true,
    }
}

/// Draws the whole screen without a portrait: what tests need.
pub fn draw(ui: &mut Ui, model: &Model, words: &Words) -> Vec<Action> {
    draw_with(ui, model, words, None)
}

/// Draws the whole screen.
pub(super) fn draw_with(ui: &mut Ui, model: &Model, words: &Words, portrait: Option<Drawn>) -> Vec<Action> {
    let screen = ui.max_rect();
    let mut canvas = Canvas::new(ui, words.of(model.language()));
    canvas.painter().rect_filled(screen, CornerRadius::ZERO, canvas.look.paper);
    let margin = canvas.px(Size::MARGIN);
    let mut area = Rect::from_min_max(
        pos2(screen.left() + margin, screen.top()),
        pos2(screen.right() - margin, screen.bottom()),
    );
    let mut did = None;
    if model.is_simulated() || !model.simulated_parts().is_empty() {
        let strip =
            Rect::from_min_max(pos2(screen.left(), screen.bottom() - canvas.px(SIMULATED)), screen.max);
        did = did.or(simulated(&mut canvas, strip, model));
        area.max.y = strip.top();
    }
    area.max.y -= margin * 0.6;
    let wide = layout::is_wide(area);
    let header = Rect::from_min_size(area.min, vec2(area.width(), canvas.px(HEADER)));
    area.min.y = header.bottom();
    did = did.or(head(&mut canvas, header, model, words));
    if let Some(current) = current_step(model) {
        let row =
            if wide { header } else { Rect::from_min_size(area.min, vec2(area.width(), canvas.px(STEPS))) };
        if !wide {
            area.min.y = row.bottom();
        }
        steps(&mut canvas, row.center(), Some(current));
    }
    let drawn = match model.screen() {
        Screen::Attract => attract::draw(&mut canvas, area, model),
        Screen::Number(entry) => number::draw(&mut canvas, area, model, entry),
        Screen::Place => place::draw(&mut canvas, area, model),
        Screen::Reading { step, progress, known, away } => {
            let doing = reading::Doing { step: *step, progress, away: *away };
            reading::draw(&mut canvas, area, &doing, known, portrait)
        }
        Screen::Result { decision, known, staff } => {
            result::draw(&mut canvas, area, model, decision, known, portrait, *staff)
        }
        Screen::Fault { trouble, failure, staff } => {
            fault::draw(&mut canvas, area, model, *trouble, failure, *staff)
        }
    };
    let mut did: Vec<Action> = did.or(drawn).into_iter().collect();
    if matches!(model.screen(), Screen::Number(Entry::Typing { .. })) {
        did.extend(number::typed_on_keyboard(canvas.ui));
    }
    did
}

/// Which picture of the visit is the current one.
const fn current_step(model: &Model) -> Option<usize> {
    match model.screen() {
        Screen::Number(_) => Some(0),
        Screen::Place | Screen::Reading { .. } => Some(1),
        Screen::Result { .. } => Some(2),
        Screen::Attract | Screen::Fault { .. } => None,
    }
}

/// Name of the place at the left, languages at the right.
fn head(canvas: &mut Canvas<'_>, place: Rect, model: &Model, words: &Words) -> Option<Action> {
    let mut did = None;
    let languages: Vec<_> = words.languages().collect();
    let (width, height) = (canvas.px(206.0), canvas.px(76.0));
    let gap = canvas.px(14.0);
    let mut right = place.right();
    if languages.len() > 1 {
        for language in languages.iter().rev() {
            let button =
                Rect::from_center_size(pos2(right - width / 2.0, place.center().y), vec2(width, height));
            right = button.left() - gap;
            let name = words.of(*language).get("language-name");
            if language_button(canvas, button, &name, *language == model.language()) {
                did = Some(Action::Speak(*language));
            }
        }
    }
    if !matches!(model.screen(), Screen::Attract) {
        let steps_left = place.center().x - canvas.px(210.0);
        let limit = if layout::is_wide(canvas.ui.max_rect()) { steps_left } else { right - gap };
        let title = Rect::from_min_max(place.min, pos2(limit, place.bottom()));
        let kind = Type::new(32.0, canvas.look.ink).bold().left();
        let text = title_of(canvas, model);
        canvas.text(title, &text, kind);
    }
    did
}

/// What the place calls itself, in the language of the screen.
fn title_of(canvas: &Canvas<'_>, model: &Model) -> String {
    let titles = &model.setup().title;
    let titled = titles.get(model.language().code()).or_else(|| titles.values().next());
    titled.cloned().unwrap_or_else(|| canvas.words.get("ui-title"))
}

fn language_button(canvas: &mut Canvas<'_>, place: Rect, name: &str, current: bool) -> bool {
    let response = canvas.touchable(place, name, name, true);
    let look = canvas.look;
    let edge = if current {
        Stroke::new(canvas.px(3.0), look.accent)
    } else {
        Stroke::new(canvas.px(2.0), look.line)
    };
    let fill = if current { look.accent_faint } else { look.paper };
    canvas.plate(&response, place, fill, edge, true);
    let kind = Type::new(28.0, look.ink);
    canvas.inscribe(place.shrink(canvas.px(8.0)), name, if current { kind.bold() } else { kind });
    response.clicked()
}

/// The pictures of the visit, the current one filled; all alike where there is none.
fn steps(canvas: &mut Canvas<'_>, centre: egui::Pos2, current: Option<usize>) {
    let size = canvas.px(84.0);
    let pitch = canvas.px(138.0);
    let look = canvas.look;
    let first = centre.x - pitch * (VISIT.len() as f32 - 1.0) / 2.0;
    let current = current.unwrap_or(VISIT.len());
    let painter = canvas.painter();
    for (at, (glyph, key)) in VISIT.into_iter().enumerate() {
        let middle = pos2(first + pitch * at as f32, centre.y);
        if at > 0 {
            let line = Stroke::new(canvas.px(4.0), if at <= current { look.accent } else { look.line });
            painter.hline(middle.x - pitch + size * 0.62..=middle.x - size * 0.62, centre.y, line);
        }
        let (fill, edge, ink) = if at == current {
            (look.accent, look.accent, look.on_accent)
        } else if at < current {
            (look.accent_faint, look.accent, look.accent)
        } else {
            (look.paper, look.line, look.faint)
        };
        painter.circle(middle, size / 2.0, fill, Stroke::new(canvas.px(3.0), edge));
        pictograms::glyph(&painter, glyph, middle, size, ink);
        let name = canvas.words.get(key);
        canvas.name(Rect::from_center_size(middle, vec2(size, size)), Role::Label, &name);
    }
}

/// The strip that says, on every screen of a demonstration, that nothing here is real.
fn simulated(canvas: &mut Canvas<'_>, strip: Rect, model: &Model) -> Option<Action> {
    let look = canvas.look;
    canvas.painter().rect_filled(strip, CornerRadius::ZERO, look.simulated);
    let inner = strip.shrink2(vec2(canvas.px(Size::MARGIN), canvas.px(6.0)));
    let text = if model.is_simulated() {
        canvas.words.get("ui-simulated")
    } else {
        let parts =
            model.simulated_parts().iter().map(|part| canvas.words.get(&format!("ui-simulated-{part}")));
        canvas.words.with("ui-simulated-parts", &[("parts", &parts.collect::<Vec<_>>().join(", "))])
    };
    let kind = Type::new(28.0, look.ink).bold();
    let persona = model.persona().filter(|_| matches!(model.screen(), Screen::Attract));
    let Some(persona) = persona else {
        canvas.text(inner, &text, kind);
        return None;
    };
    let width = (inner.width() * 0.6).min(canvas.px(520.0));
    let (words, button) = inner.split_left_right_at_x(inner.right() - width);
    // Where there is no room for all of it, the one word that matters.
    let fits = canvas.height_of(&text, kind, words.width()) < canvas.px(28.0 * Size::LINE * 1.5);
    let text = if fits { text } else { canvas.words.get("ui-simulated-short") };
    canvas.text(words, &text, Type { align: Align::Min, ..kind });
    let label = canvas.words.with("ui-persona", &[("name", &persona.name)]);
    let response = canvas.touchable(button, "persona", &label, true);
    let edge = Stroke::new(canvas.px(2.5), look.ink);
    canvas.plate(&response, button, look.simulated, edge, true);
    canvas.inscribe(button.shrink2(vec2(canvas.px(20.0), 0.0)), &label, Type::new(28.0, look.ink));
    if response.has_focus() {
        canvas.painter().rect_stroke(button, canvas.radius(28.0), edge, StrokeKind::Inside);
    }
    response.clicked().then_some(Action::NextPersona)
}
