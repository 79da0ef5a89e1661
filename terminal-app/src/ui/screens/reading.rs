//! The card is being read: an arc by the bytes that really came, the step in words, the seconds. While the card is away
//! the arc stays as it is, and the words say to put it back.

use eframe::egui;
use egui::{Rect, Role, Stroke, StrokeKind, Vec2, pos2};

use super::Drawn;
use super::layout::{self, Choice};
use crate::ui::canvas::{Canvas, Type, Weight};
use crate::ui::model::Action;
use crate::ui::pictograms;
use crate::ui::visit::{Away, Known, Progress};
use crate::worker::Step;

/// What is going on.
pub(super) struct Doing<'model> {
    pub step: Step,
    pub progress: &'model Progress,
    pub away: Option<Away>,
}

impl Doing<'_> {
    /// The sentence, and what explains it.
    fn words(&self, canvas: &Canvas<'_>) -> (String, String) {
        let seconds = |ms: u32| [("seconds", (ms / 1_000).to_string())];
        let with =
            |key: &str, [(name, value)]: [(&str, String); 1]| canvas.words.with(key, &[(name, &value)]);
        if let Some(away) = self.away {
            // A second that has begun counts: nobody is told to hurry within none.
            let left = seconds(away.left_ms.saturating_add(999));
            return (canvas.words.get(away.what.text_key()), with("ui-seconds-left", left));
        }
        // Once everything is read the card may be moved; the person need not hold still for the services.
        let sentence = if self.step >= Step::AskServices { "ui-asking" } else { "ui-reading" };
        let took = with("ui-seconds", seconds(self.progress.elapsed_ms));
        (canvas.words.get(sentence), format!("{} · {took}", canvas.words.get(self.step.text_key())))
    }
}

pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    now: &Doing<'_>,
    known: &Known,
    portrait: Option<Drawn>,
) -> Option<Action> {
    let (picture, words) = layout::picture_and_words(canvas, area);
    ring(canvas, picture, now.progress, portrait);
    let leave = canvas.words.get("ui-leave");
    let stop = Choice { key: "leave", label: &leave, weight: Weight::Secondary, action: Action::Leave };
    let (did, rest) = layout::choices(canvas, words, &[stop]);
    let (sentence, doing) = now.words(canvas);
    match &known.person {
        Some(person) => {
            let (above, below) = rest.split_top_bottom_at_fraction(0.7);
            layout::words(canvas, above, &sentence, &doing);
            proved(canvas, below, &person.name);
        }
        None => layout::words(canvas, rest, &sentence, &doing),
    }
    did
}

/// Who it is, with the sign that it is proved.
fn proved(canvas: &mut Canvas<'_>, place: Rect, name: &str) {
    let look = canvas.look;
    let kind = Type::new(38.0, look.ink).bold();
    let height = canvas.px(96.0);
    let sign = canvas.px(52.0);
    let pad = canvas.px(28.0);
    let text = canvas.galley(name, kind, canvas.px(kind.size), place.width() - sign - 4.0 * pad).size();
    let width = (text.x + sign + 3.0 * pad).min(place.width());
    let pill = Rect::from_center_size(place.center(), Vec2::new(width, height));
    let edge = Stroke::new(canvas.px(2.0), look.line);
    canvas.painter().rect(pill, canvas.radius(48.0), look.surface, edge, StrokeKind::Inside);
    let centre = pos2(pill.left() + pad * 0.8 + sign / 2.0, pill.center().y);
    pictograms::accepted(&canvas.painter(), centre, sign, &look, 1.0);
    let words = pill.with_min_x(centre.x + sign / 2.0).shrink2(Vec2::new(pad * 0.6, 0.0));
    canvas.text(words, name, kind);
}

fn ring(canvas: &mut Canvas<'_>, place: Rect, progress: &Progress, portrait: Option<Drawn>) {
    let look = canvas.look;
    let radius = (place.width().min(place.height()) * 0.42).min(canvas.px(330.0));
    let band = radius * 0.11;
    let centre = place.center();
    let painter = canvas.painter();
    painter.circle_filled(centre, radius, look.surface);
    canvas.arc(centre, radius, 1.0, band, look.accent_faint);
    canvas.arc(centre, radius, progress.arc, band, look.accent_bright);
    let inside = Rect::from_center_size(centre, Vec2::splat((radius - band) * 2.0));
    if let Some(portrait) = portrait {
        super::result::picture(canvas, inside.shrink(band * 0.4), portrait, true);
        let name = canvas.words.get("ui-portrait");
        canvas.name(inside, Role::Image, &name);
    }
    // Whole percents of the arc, 0 to 100.
    let percent = format!("{:.0}", progress.arc.clamp(0.0, 1.0) * 100.0);
    let percent = canvas.words.with("ui-percent", &[("percent", &percent)]);
    if portrait.is_some() {
        canvas.name(inside, Role::ProgressIndicator, &percent);
        return;
    }
    let text = Rect::from_center_size(pos2(centre.x, centre.y), Vec2::new(inside.width() * 0.9, radius));
    canvas.text(text, &percent, Type::new(104.0, look.ink).bold());
}
