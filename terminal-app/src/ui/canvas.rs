//! What the screens draw with: text that fits its place, buttons, panels. Everything drawn with words has a node in
//! the accessibility tree.

use std::sync::Arc;

use eframe::egui;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align, Color32, CornerRadius, Galley, Id, Painter, Pos2, Rect, Response, Role, Sense, Shadow, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::theme::{self, Size, Theme};
use super::words::Spoken;

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Type {
    /// Design size.
    pub size: f32,
    /// Bold or regular.
    pub bold: bool,
    /// Its colour.
    pub colour: Color32,
    /// Left, centre or right in its place.
    pub align: Align,
    /// Top, centre or bottom of its place.
    pub vertical: Align,
}

impl Type {
    pub(super) const fn new(size: f32, colour: Color32) -> Self {
        Self { size, bold: false, colour, align: Align::Center, vertical: Align::Center }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn left(self) -> Self {
        Self { align: Align::Min, ..self }
    }

    pub(super) const fn right(self) -> Self {
        Self { align: Align::Max, ..self }
    }

    pub(super) const fn top(self) -> Self {
        Self { vertical: Align::Min, ..self }
    }

    pub(super) const fn bottom(self) -> Self {
        Self { vertical: Align::Max, ..self }
    }
}

/// How much a button asks to be touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// The one thing to do.
    Primary,
    /// What may be done as well.
    Secondary,
    /// What is rarely done.
    Quiet,
}

/// One screen while it is drawn.
pub(super) struct Canvas<'frame> {
    pub ui: &'frame mut Ui,
    pub look: Theme,
    pub words: Spoken<'frame>,
    /// Points for one unit of the design.
    pub unit: f32,
    texts: usize,
}

impl<'frame> Canvas<'frame> {
    pub(super) fn new(ui: &'frame mut Ui, words: Spoken<'frame>) -> Self {
        let unit = theme::unit(ui.max_rect().size());
        Self { ui, look: Theme::PAPER, words, unit, texts: 0 }
    }

    /// The same canvas inside another `ui`, such as one that scrolls.
    pub(super) fn inside<R>(&mut self, ui: &mut Ui, draw: impl FnOnce(&mut Canvas<'_>) -> R) -> R {
        let mut inner =
            Canvas { ui, look: self.look, words: self.words, unit: self.unit, texts: self.texts + 1_000 };
        draw(&mut inner)
    }

    /// Points for `design` units.
    pub(super) fn px(&self, design: f32) -> f32 {
        design * self.unit
    }

    pub(super) fn painter(&self) -> Painter {
        self.ui.painter().clone()
    }

    pub(super) fn galley(&self, text: &str, kind: Type, size: f32, width: f32) -> Arc<Galley> {
        let font_id = theme::font(size, kind.bold);
        let line_height = Some((size * Size::LINE).round());
        let format = TextFormat { font_id, color: kind.colour, line_height, ..TextFormat::default() };
        let mut job = LayoutJob::single_section(text.to_owned(), format);
        job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
        job.halign = kind.align;
        self.ui.painter().layout_job(job)
    }

    /// The height that `text` takes at its own size in `width`.
    pub(super) fn height_of(&self, text: &str, kind: Type, width: f32) -> f32 {
        self.galley(text, kind, self.px(kind.size), width).size().y
    }

    /// Draws `text` in `place`, smaller if it must be, but never below the smallest size. Gives the ground it covers.
    pub(super) fn text(&mut self, place: Rect, text: &str, kind: Type) -> Rect {
        if text.is_empty() {
            return Rect::from_min_size(place.min, Vec2::ZERO);
        }
        let smallest = self.px(Size::SMALL);
        let mut size = self.px(kind.size);
        let mut galley = self.galley(text, kind, size, place.width());
        while galley.size().y > place.height() + 1.0 && size > smallest {
            size = (size * 0.94).max(smallest);
            galley = self.galley(text, kind, size, place.width());
        }
        if kind.align == Align::Center {
            galley = self.balanced(galley, text, kind, size, place.width());
        }
        let x = match kind.align {
            Align::Min => place.left(),
            Align::Center => place.center().x,
            Align::Max => place.right(),
        };
        let y = match kind.vertical {
            Align::Min => place.top(),
            Align::Center => place.center().y - galley.size().y / 2.0,
            Align::Max => place.bottom() - galley.size().y,
        };
        let covered = galley.rect.translate(vec2(x, y));
        self.ui.painter().galley(pos2(x, y), galley, kind.colour);
        self.name(covered, Role::Label, &text.replace('\n', " "));
        covered
    }

    /// The same number of lines, but of about the same length: no word stands alone on the last one.
    fn balanced(&self, galley: Arc<Galley>, text: &str, kind: Type, size: f32, width: f32) -> Arc<Galley> {
        let rows = galley.rows.len();
        if rows < 2 {
            return galley;
        }
        let (mut narrow, mut best, mut width) = (width / 2.0, galley, width);
        for _ in 0..6 {
            let middle = f32::midpoint(narrow, width);
            let tried = self.galley(text, kind, size, middle);
            if tried.rows.len() == rows && tried.size().x <= middle + 1.0 {
                (best, width) = (tried, middle);
            } else {
                narrow = middle;
            }
        }
        best
    }

    /// Gives what is drawn in `place` a name in the accessibility tree.
    pub(super) fn name(&mut self, place: Rect, role: Role, text: &str) {
        let id = self.next_id();
        let response = self.ui.interact(place, id, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(role, true, text));
    }

    fn next_id(&mut self) -> Id {
        self.texts += 1;
        self.ui.scope_id().with(("drawn", self.texts))
    }

    /// A button. True in the frame in which it is touched, or chosen from the keyboard.
    pub(super) fn button(
        &mut self,
        place: Rect,
        key: &str,
        label: &str,
        weight: Weight,
        enabled: bool,
    ) -> bool {
        let response = self.touchable(place, key, label, enabled);
        let (fill, text, edge) = self.colours(weight, enabled);
        self.plate(&response, place, fill, edge, enabled);
        let kind = Type::new(Size::BUTTON, text);
        let kind = if weight == Weight::Quiet { Type { size: 32.0, ..kind } } else { kind.bold() };
        self.inscribe(place.shrink2(vec2(self.px(24.0), self.px(8.0))), label, kind);
        response.clicked()
    }

    /// A part of the screen that can be touched, without any drawing but the ring of the keyboard's focus.
    pub(super) fn touchable(&mut self, place: Rect, key: &str, label: &str, enabled: bool) -> Response {
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let response = self.ui.interact(place, self.ui.scope_id().with(("button", key)), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
        response
    }

    /// Text that is named already by what it stands on.
    pub(super) fn inscribe(&self, place: Rect, text: &str, kind: Type) {
        let mut size = self.px(kind.size);
        let smallest = self.px(Size::SMALL);
        let mut galley = self.galley(text, kind, size, place.width());
        while galley.size().y > place.height().max(size * 1.5) && size > smallest {
            size = (size * 0.94).max(smallest);
            galley = self.galley(text, kind, size, place.width());
        }
        let x = match kind.align {
            Align::Min => place.left(),
            Align::Center => place.center().x,
            Align::Max => place.right(),
        };
        let at = pos2(x, place.center().y - galley.size().y / 2.0);
        self.ui.painter().galley(at, galley, kind.colour);
    }

    /// The plate of something touchable: a little lower while it is pressed, ringed while it has the focus.
    pub(super) fn plate(&self, response: &Response, place: Rect, fill: Color32, edge: Stroke, enabled: bool) {
        let pressed = enabled && response.is_pointer_button_down_on();
        let radius = self.radius(28.0);
        let painter = self.ui.painter();
        let place = if pressed { place.shrink(self.px(2.0)) } else { place };
        painter.rect(place, radius, fill, edge, StrokeKind::Inside);
        if pressed {
            painter.rect_filled(place, radius, Color32::from_black_alpha(28));
        }
        if response.has_focus() {
            let ring = Stroke::new(self.px(6.0), self.look.accent_bright);
            painter.rect_stroke(place.expand(self.px(9.0)), self.radius(36.0), ring, StrokeKind::Middle);
        }
    }

    fn colours(&self, weight: Weight, enabled: bool) -> (Color32, Color32, Stroke) {
        let look = &self.look;
        match (weight, enabled) {
            (Weight::Primary, true) => (look.accent, look.on_accent, Stroke::NONE),
            (Weight::Primary | Weight::Secondary, false) => {
                (look.paper, look.faint, Stroke::new(self.px(2.0), look.line))
            }
            (Weight::Secondary, true) => (look.surface, look.ink, Stroke::new(self.px(3.0), look.accent)),
            (Weight::Quiet, _) => (look.paper, look.ink, Stroke::new(self.px(2.0), look.line)),
        }
    }

    /// A sheet that lies on the paper.
    pub(super) fn sheet(&self, place: Rect) {
        let radius = self.radius(32.0);
        let blur = small(self.px(36.0));
        let offset = [0, i8::try_from(small(self.px(8.0))).unwrap_or(0)];
        let shadow = Shadow { offset, blur, spread: 0, color: Color32::from_black_alpha(16) };
        self.ui.painter().add(shadow.as_shape(place, radius));
        self.ui.painter().rect(
            place,
            radius,
            self.look.surface,
            Stroke::new(self.px(1.5), self.look.line),
            StrokeKind::Inside,
        );
    }

    pub(super) fn radius(&self, design: f32) -> CornerRadius {
        CornerRadius::same(small(self.px(design)))
    }

    /// Part of a circle, from the top clockwise, as a band with round ends.
    pub(super) fn arc(&self, centre: Pos2, radius: f32, part: f32, width: f32, colour: Color32) {
        let part = part.clamp(0.0, 1.0);
        if part <= 0.0 {
            return;
        }
        let turn = std::f32::consts::TAU;
        let steps = 8 + whole(part * 120.0);
        let at = |step: usize| {
            let angle = turn * (part * step as f32 / steps as f32 - 0.25);
            centre + radius * vec2(angle.cos(), angle.sin())
        };
        let points: Vec<Pos2> = (0..=steps).map(at).collect();
        let painter = self.ui.painter();
        for end in [at(0), at(steps)] {
            painter.circle_filled(end, width / 2.0, colour);
        }
        painter.line(points, Stroke::new(width, colour));
    }
}

/// A length as a byte, for corners and shadows.
fn small(length: f32) -> u8 {
    // Clamped: a float within the range of a byte.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let byte = length.round().clamp(0.0, 120.0) as u8;
    byte
}

fn whole(count: f32) -> usize {
    usize::from(small(count))
}
