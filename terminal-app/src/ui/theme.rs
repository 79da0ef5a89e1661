//! Colours, sizes and type. Every length is a multiple of the screen's short side, so that one drawing serves a tall
//! kiosk, a counter and a small one.

use std::sync::Arc;

use eframe::egui;
use egui::{Color32, FontData, FontDefinitions, FontFamily, FontId};

/// The short side on which all sizes are given, in points.
const DESIGN_SHORT_SIDE: f32 = 1080.0;

/// What a staff member sees of an outcome, after BSI TR-03135: a colour, and a shape for those who see no colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Confirmed: green, a tick in a circle.
    Confirmed,
    /// Refuted: red, a cross in an octagon.
    Refuted,
    /// Undetermined: yellow, an exclamation mark in a triangle.
    Undetermined,
    /// Not supported, not performed, aborted: grey, a dash in a square.
    Absent,
}

impl Mark {
    /// The mark of an outcome as the report writes it.
    #[must_use]
    pub fn of_outcome(outcome: &str) -> Self {
        match outcome {
            "confirmed" => Self::Confirmed,
            "refuted" => Self::Refuted,
            "undetermined" => Self::Undetermined,
            _ => Self::Absent,
        }
    }
}

/// The colours of the screens.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Behind everything.
    pub paper: Color32,
    /// Cards and fields that lie on the paper.
    pub surface: Color32,
    /// Text and lines of pictograms.
    pub ink: Color32,
    /// Hairlines and things at rest.
    pub line: Color32,
    /// Pictures of what is yet to come, and labels of what cannot be touched yet.
    pub faint: Color32,
    /// The one accent: what is to be done.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// The accent where no text stands on it: arcs and fills.
    pub accent_bright: Color32,
    /// The accent as a faint ground.
    pub accent_faint: Color32,
    /// Ground of the figure that sends to a member of staff.
    pub warm: Color32,
    /// Ground of the strip that says what is simulated.
    pub simulated: Color32,
}

impl Theme {
    /// Calm paper, ink, deep teal.
    pub const PAPER: Self = Self {
        paper: Color32::from_rgb(0xF7, 0xF4, 0xEC),
        surface: Color32::from_rgb(0xFF, 0xFD, 0xF9),
        ink: Color32::from_rgb(0x14, 0x22, 0x21),
        line: Color32::from_rgb(0xD5, 0xD2, 0xC4),
        faint: Color32::from_rgb(0x86, 0x8C, 0x88),
        accent: Color32::from_rgb(0x06, 0x36, 0x35),
        on_accent: Color32::from_rgb(0xFF, 0xFF, 0xFF),
        accent_bright: Color32::from_rgb(0x0F, 0x76, 0x6E),
        accent_faint: Color32::from_rgb(0xE2, 0xEE, 0xEA),
        warm: Color32::from_rgb(0xF6, 0xE3, 0xB8),
        simulated: Color32::from_rgb(0xF6, 0xE3, 0xB8),
    };

    /// Every pair of a text's colour and the ground it stands on, for the person's screens.
    #[must_use]
    pub const fn text_pairs(&self) -> [(Color32, Color32); 6] {
        [
            (self.ink, self.paper),
            (self.ink, self.surface),
            (self.ink, self.accent_faint),
            (self.ink, self.warm),
            (self.ink, self.simulated),
            (self.on_accent, self.accent),
        ]
    }

    /// The colour of a mark in the staff view. The only red of the program.
    #[must_use]
    pub const fn mark(mark: Mark) -> Color32 {
        match mark {
            Mark::Confirmed => Color32::from_rgb(0x1B, 0x7F, 0x4B),
            Mark::Refuted => Color32::from_rgb(0xB4, 0x23, 0x18),
            Mark::Undetermined => Color32::from_rgb(0xE8, 0xB0, 0x1E),
            Mark::Absent => Color32::from_rgb(0x75, 0x7D, 0x7C),
        }
    }
}

/// Contrast of two opaque colours, 1 to 21. Spec: WCAG 2.2, "contrast ratio".
#[must_use]
pub fn contrast(first: Color32, second: Color32) -> f32 {
    let (one, other) = (luminance(first), luminance(second));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: Color32) -> f32 {
    let linear = |byte: u8| {
        let value = f32::from(byte) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
}

/// Sizes of type at the design's short side. Nothing is smaller than [`Size::SMALL`].
#[derive(Clone, Copy, Debug)]
pub struct Size;

impl Size {
    /// The name of the place on the first screen.
    pub const TITLE: f32 = 76.0;
    /// The one sentence of a screen.
    pub const SENTENCE: f32 = 56.0;
    /// What explains it.
    pub const EXPLANATION: f32 = 34.0;
    /// Labels of buttons.
    pub const BUTTON: f32 = 40.0;
    /// The smallest text anywhere.
    pub const SMALL: f32 = 26.0;
    /// Height of a button.
    pub const BUTTON_HEIGHT: f32 = 124.0;
    /// Between two things to touch.
    pub const GAP: f32 = 24.0;
    /// From the edge.
    pub const MARGIN: f32 = 64.0;
    /// Line height over font size: Vietnamese stacks two marks on a letter.
    pub const LINE: f32 = 1.35;
}

/// Points for one unit of the design on a screen of this size.
#[must_use]
pub fn unit(screen: egui::Vec2) -> f32 {
    (screen.min_elem() / DESIGN_SHORT_SIDE).max(0.25)
}

/// The regular or bold weight at `size` points.
#[must_use]
pub fn font(size: f32, bold: bool) -> FontId {
    FontId::new(size, if bold { bold_family() } else { FontFamily::Proportional })
}

fn bold_family() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// Gives the window its fonts, which carry every Vietnamese letter, and quiets its own colours.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    let faces = [
        (
            "regular",
            include_bytes!("../../fonts/NotoSans-Regular.ttf").as_slice(),
            vec![FontFamily::Proportional, FontFamily::Monospace],
        ),
        ("bold", include_bytes!("../../fonts/NotoSans-Bold.ttf").as_slice(), vec![bold_family()]),
    ];
    for (name, bytes, families) in faces {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
        for family in families {
            fonts.families.entry(family).or_default().push(name.to_owned());
        }
    }
    ctx.set_fonts(fonts);
    ctx.set_theme(egui::Theme::Light);
    ctx.all_styles_mut(|style| {
        style.visuals.panel_fill = Theme::PAPER.paper;
        style.visuals.window_fill = Theme::PAPER.surface;
        style.visuals.override_text_color = Some(Theme::PAPER.ink);
        style.interaction.selectable_labels = false;
    });
}
