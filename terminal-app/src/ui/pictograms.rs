//! The pictures: drawn lines, so that they are sharp at every size and need no file.

use std::f32::consts::TAU;

use eframe::egui;
use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2};

use super::theme::{Mark, Theme};

/// A picture that stands for a step of the visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glyph {
    /// Twelve keys: give the number.
    Number,
    /// A card with a chip.
    Card,
    /// A tick: the result.
    Result,
}

fn byte(length: f32) -> u8 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let byte = length.round().clamp(0.0, 120.0) as u8;
    byte
}

fn corner(length: f32) -> CornerRadius {
    CornerRadius::same(byte(length))
}

/// A stroke with round ends and joints along `points`.
fn strand(painter: &Painter, points: &[Pos2], width: f32, colour: Color32) {
    painter.line(points.to_vec(), Stroke::new(width, colour));
    for point in points {
        painter.circle_filled(*point, width / 2.0, colour);
    }
}

/// One of the step pictures in a circle of diameter `size`.
pub(super) fn glyph(painter: &Painter, glyph: Glyph, centre: Pos2, size: f32, colour: Color32) {
    let at = |x: f32, y: f32| centre + size * vec2(x, y);
    let line = size * 0.055;
    match glyph {
        Glyph::Number => {
            for row in [-1.0, 0.0, 1.0] {
                for column in [-1.0, 0.0, 1.0] {
                    painter.circle_filled(at(column * 0.19, row * 0.19), size * 0.062, colour);
                }
            }
        }
        Glyph::Card => {
            let body = Rect::from_center_size(centre, size * vec2(0.64, 0.42));
            painter.rect_stroke(body, corner(size * 0.06), Stroke::new(line, colour), StrokeKind::Middle);
            let chip = Rect::from_center_size(at(-0.15, 0.0), size * vec2(0.15, 0.13));
            painter.rect_filled(chip, corner(size * 0.03), colour);
            strand(painter, &[at(0.05, -0.05), at(0.22, -0.05)], line * 0.8, colour);
            strand(painter, &[at(0.05, 0.06), at(0.16, 0.06)], line * 0.8, colour);
        }
        Glyph::Result => {
            strand(painter, &[at(-0.24, 0.03), at(-0.06, 0.20), at(0.26, -0.19)], size * 0.085, colour);
        }
    }
}

/// An identity card lying on `place`, chip visible.
pub(super) fn card(painter: &Painter, place: Rect, look: &Theme) {
    let (width, height) = (place.width(), place.height());
    let at = |x: f32, y: f32| place.min + vec2(x * width, y * height);
    let edge = Stroke::new((width * 0.012).max(1.0), look.accent);
    painter.rect(place, corner(width * 0.06), look.surface, edge, StrokeKind::Inside);
    let band = Rect::from_min_max(at(0.0, 0.0), at(1.0, 0.2)).shrink(edge.width);
    let radius = CornerRadius { nw: byte(width * 0.05), ne: byte(width * 0.05), sw: 0, se: 0 };
    painter.rect_filled(band, radius, look.accent_faint);
    // The portrait: head and shoulders.
    let photo = Rect::from_min_max(at(0.07, 0.32), at(0.33, 0.86));
    painter.rect_filled(photo, corner(width * 0.025), look.accent_faint);
    let head = pos2(photo.center().x, photo.top() + photo.height() * 0.38);
    painter.circle_filled(head, photo.width() * 0.21, look.accent_bright);
    let shoulders = Rect::from_min_max(
        pos2(photo.left() + photo.width() * 0.14, photo.top() + photo.height() * 0.66),
        pos2(photo.right() - photo.width() * 0.14, photo.bottom()),
    );
    let round = byte(photo.width() * 0.3);
    painter.rect_filled(shoulders, CornerRadius { nw: round, ne: round, sw: 0, se: 0 }, look.accent_bright);
    // Lines of text, and the chip.
    for (row, length) in [(0.40, 0.90), (0.52, 0.78), (0.64, 0.62)] {
        let bar = Rect::from_min_max(at(0.41, row), at(length, row + 0.045));
        painter.rect_filled(bar, corner(height * 0.02), look.line);
    }
    chip(painter, Rect::from_min_max(at(0.72, 0.70), at(0.90, 0.90)), look);
}

fn chip(painter: &Painter, place: Rect, look: &Theme) {
    let gold = Color32::from_rgb(0xD9, 0xB4, 0x5B);
    painter.rect_filled(place, corner(place.height() * 0.2), gold);
    let line = Stroke::new((place.height() * 0.05).max(1.0), look.ink.gamma_multiply(0.55));
    let third = place.height() / 3.0;
    for row in [1.0, 2.0] {
        painter.hline(place.left()..=place.right(), place.top() + row * third, line);
    }
    painter.vline(place.center().x, place.top()..=place.bottom(), line);
}

/// The reader: a pad with the sign of waves, and a card that comes to rest on it. `arrived` goes from 0 to 1.
pub(super) fn card_on_reader(painter: &Painter, place: Rect, look: &Theme, arrived: f32) {
    let unit = place.width().min(place.height() * 1.25);
    let centre = place.center() - unit * vec2(0.0, 0.07);
    let at = |x: f32, y: f32| centre + unit * vec2(x, y);
    let pad = Rect::from_center_size(at(0.0, 0.16), unit * vec2(0.78, 0.44));
    painter.rect_filled(pad.translate(unit * vec2(0.0, 0.028)), corner(unit * 0.07), look.line);
    painter.rect(
        pad,
        corner(unit * 0.07),
        look.accent_faint,
        Stroke::new(unit * 0.008, look.accent_bright),
        StrokeKind::Inside,
    );
    waves(painter, pad.center(), unit * 0.17, look.accent_bright);
    let body = unit * vec2(0.52, 0.33);
    let from = -0.33;
    let lies = Rect::from_center_size(at(0.0, from + (0.13 - from) * arrived), body);
    let shade = 1.0 - arrived;
    let shadow = lies.translate(unit * vec2(0.0, 0.012 + 0.03 * shade));
    painter.rect_filled(shadow, corner(unit * 0.035), Color32::from_black_alpha(22));
    card(painter, lies, look);
}

/// The sign of a contactless reader.
fn waves(painter: &Painter, centre: Pos2, size: f32, colour: Color32) {
    for radius in [0.30, 0.58, 0.86] {
        let points = (0..=16u8).map(|step| {
            let angle = TAU * (-0.13 + 0.26 * f32::from(step) / 16.0);
            centre + size * (vec2(radius * angle.cos(), radius * angle.sin()) - vec2(0.55, 0.0))
        });
        let points: Vec<Pos2> = points.collect();
        for end in [points.first(), points.last()].into_iter().flatten() {
            painter.circle_filled(*end, size * 0.035, colour);
        }
        painter.line(points, Stroke::new(size * 0.07, colour));
    }
}

/// Modules along the side of the pattern that stands for a code.
const MODULES: usize = 25;

/// A code on a card under the beam of a scanner. `beam` goes from 0 to 1 and back.
pub(super) fn scanner(painter: &Painter, place: Rect, look: &Theme, beam: f32) {
    let side = place.width().min(place.height()) * 0.56;
    let square = Rect::from_center_size(place.center(), Vec2::splat(side));
    let sheet = square.expand(side * 0.12);
    painter.rect(
        sheet,
        corner(side * 0.08),
        look.surface,
        Stroke::new(side * 0.01, look.line),
        StrokeKind::Inside,
    );
    let cell = side / MODULES as f32;
    let modules = |x: usize, y: usize, count: usize| {
        let min = square.min + vec2(x as f32 * cell, y as f32 * cell);
        Rect::from_min_size(min, Vec2::splat(cell * count as f32))
    };
    for (x, y) in (0..MODULES).flat_map(|x| (0..MODULES).map(move |y| (x, y))) {
        let beside = |at: usize| !(8..MODULES - 8).contains(&at);
        let finder = beside(x) && y < 8 || x < 8 && beside(y);
        // A pattern and no code: it says nothing to a scanner.
        let scattered = (x * 7_919 + y * 104_729 + x * y * 31) % 97;
        if !finder && scattered < 46 {
            painter.rect_filled(modules(x, y, 1).expand(cell * 0.02), CornerRadius::ZERO, look.ink);
        }
    }
    for (x, y) in [(0, 0), (MODULES - 7, 0), (0, MODULES - 7)] {
        let edge = Stroke::new(cell, look.ink);
        painter.rect_stroke(modules(x, y, 7), corner(cell * 0.6), edge, StrokeKind::Inside);
        painter.rect_filled(modules(x + 2, y + 2, 3), corner(cell * 0.3), look.ink);
    }
    let y = square.top() + beam * side;
    let line = Rect::from_min_max(
        pos2(square.left() - side * 0.09, y - side * 0.012),
        pos2(square.right() + side * 0.09, y + side * 0.012),
    );
    painter.rect_filled(
        line.expand(side * 0.022),
        corner(side * 0.05),
        look.accent_bright.gamma_multiply(0.25),
    );
    painter.rect_filled(line, corner(side * 0.05), look.accent_bright);
}

/// Accepted: a tick in a filled circle, drawn from 0 to 1.
pub(super) fn accepted(painter: &Painter, centre: Pos2, size: f32, look: &Theme, drawn: f32) {
    painter.circle_filled(centre, size / 2.0, look.accent_bright);
    let at = |x: f32, y: f32| centre + size * vec2(x, y);
    let (start, knee, end) = (at(-0.22, 0.02), at(-0.06, 0.18), at(0.24, -0.17));
    let short = 0.3;
    let points = if drawn <= short {
        vec![start, start.lerp(knee, drawn / short)]
    } else {
        vec![start, knee, knee.lerp(end, (drawn - short) / (1.0 - short))]
    };
    strand(painter, &points, size * 0.085, Color32::WHITE);
}

/// Please see the staff: a figure that raises its hand.
pub(super) fn raised_hand(painter: &Painter, centre: Pos2, size: f32, look: &Theme) {
    painter.circle_filled(centre, size / 2.0, look.warm);
    let at = |x: f32, y: f32| centre + size * vec2(x, y);
    figure(painter, centre + size * vec2(-0.03, 0.0), size, look.ink);
    strand(painter, &[at(0.11, 0.11), at(0.22, -0.03), at(0.21, -0.20)], size * 0.075, look.ink);
    painter.circle_filled(at(0.21, -0.235), size * 0.052, look.ink);
}

/// Not confirmed, please see the staff: somebody behind a counter.
pub(super) fn counter(painter: &Painter, centre: Pos2, size: f32, look: &Theme) {
    painter.circle_filled(centre, size / 2.0, look.line);
    figure(painter, centre + size * vec2(0.0, -0.04), size, look.ink);
    let desk = Rect::from_center_size(centre + size * vec2(0.0, 0.21), size * vec2(0.62, 0.11));
    painter.rect_filled(desk.expand(size * 0.025), corner(size * 0.04), look.line);
    painter.rect_filled(desk, corner(size * 0.025), look.ink);
}

/// The machine rests: a screen with a moon's calm face, two closed eyes.
pub(super) fn resting(painter: &Painter, centre: Pos2, size: f32, look: &Theme) {
    painter.circle_filled(centre, size / 2.0, look.accent_faint);
    let screen = Rect::from_center_size(centre + size * vec2(0.0, -0.05), size * vec2(0.52, 0.36));
    painter.rect_stroke(screen, corner(size * 0.05), Stroke::new(size * 0.035, look.ink), StrokeKind::Middle);
    let at = |x: f32, y: f32| centre + size * vec2(x, y);
    for x in [-0.11, 0.11] {
        let lid: Vec<Pos2> = (0..=8u8)
            .map(|step| {
                let angle = TAU * 0.5 * f32::from(step) / 8.0;
                at(x, -0.07) + size * 0.05 * vec2(angle.cos(), angle.sin())
            })
            .collect();
        painter.line(lid, Stroke::new(size * 0.025, look.ink));
    }
    strand(painter, &[at(0.0, 0.14), at(0.0, 0.23)], size * 0.035, look.ink);
    strand(painter, &[at(-0.13, 0.24), at(0.13, 0.24)], size * 0.035, look.ink);
}

fn figure(painter: &Painter, centre: Pos2, size: f32, colour: Color32) {
    let at = |x: f32, y: f32| centre + size * vec2(x, y);
    painter.circle_filled(at(0.0, -0.14), size * 0.105, colour);
    let body = Rect::from_min_max(at(-0.17, 0.0), at(0.17, 0.27));
    let round = byte(size * 0.15);
    painter.rect_filled(
        body,
        CornerRadius { nw: round, ne: round, sw: byte(size * 0.03), se: byte(size * 0.03) },
        colour,
    );
}

/// The mark of an outcome in the staff view: a colour and a shape.
pub(super) fn mark(painter: &Painter, mark: Mark, centre: Pos2, size: f32) {
    let colour = Theme::mark(mark);
    let at = |x: f32, y: f32| centre + size * vec2(x, y);
    let line = size * 0.1;
    match mark {
        Mark::Confirmed => {
            painter.circle_filled(centre, size * 0.46, colour);
            strand(painter, &[at(-0.2, 0.02), at(-0.05, 0.16), at(0.21, -0.15)], line, Color32::WHITE);
        }
        Mark::Refuted => {
            let corners = (0..8u8).map(|corner| {
                let angle = TAU * (f32::from(corner) + 0.5) / 8.0;
                centre + size * 0.5 * vec2(angle.cos(), angle.sin())
            });
            painter.add(Shape::convex_polygon(corners.collect(), colour, Stroke::NONE));
            strand(painter, &[at(-0.15, -0.15), at(0.15, 0.15)], line, Color32::WHITE);
            strand(painter, &[at(-0.15, 0.15), at(0.15, -0.15)], line, Color32::WHITE);
        }
        Mark::Undetermined => {
            let corners = vec![at(0.0, -0.48), at(0.52, 0.42), at(-0.52, 0.42)];
            painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
            let ink = Theme::PAPER.ink;
            strand(painter, &[at(0.0, -0.14), at(0.0, 0.12)], line, ink);
            painter.circle_filled(at(0.0, 0.28), line * 0.6, ink);
        }
        Mark::Absent => {
            let square = Rect::from_center_size(centre, Vec2::splat(size * 0.78));
            painter.rect_stroke(
                square,
                corner(size * 0.08),
                Stroke::new(line * 0.8, colour),
                StrokeKind::Inside,
            );
            strand(painter, &[at(-0.16, 0.0), at(0.16, 0.0)], line, colour);
        }
    }
}
