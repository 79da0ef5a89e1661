//! The window itself: drains events into the model, draws it, sends down what it orders.

use std::time::{Duration, Instant};

use eframe::egui;
use egui::ViewportCommand;

use super::model::{Action, Event, Model, Setup};
use super::portrait::PortraitTexture;
use super::session::{Desk, Session};
use super::words::Words;
use super::{screens, theme};
use crate::failure::{ErrorCode, Failure};
use crate::worker::Intent;

/// Between two frames while something moves.
const MOVING: Duration = Duration::from_millis(33);
/// Between two frames while nothing does: time has to go on.
const STILL: Duration = Duration::from_millis(100);
/// Events taken in one frame: a flood must not keep the screen from being drawn.
const EVENTS_PER_FRAME: usize = 128;

/// How the window opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The whole screen, without a frame.
    FullScreen,
    /// A window.
    Window,
}

/// The kiosk as an egui application.
pub struct KioskApp {
    model: Model,
    words: Words,
    portrait: PortraitTexture,
    session: Session,
    last_frame: Option<Instant>,
}

impl KioskApp {
    /// Prepares fonts, colours and the thread behind the window.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn new(ctx: &egui::Context, setup: Setup, desk: Box<dyn Desk>) -> Result<Self, std::io::Error> {
        theme::install(ctx);
        let repaint = ctx.clone();
        let (session, _thread) = Session::start(desk, move || repaint.request_repaint())?;
        let words = Words::new(&setup.languages);
        Ok(Self {
            model: Model::new(setup),
            words,
            portrait: PortraitTexture::default(),
            session,
            last_frame: None,
        })
    }

    fn apply(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            if let Some(order) = self.model.apply(event) {
                next = self.order(order).err();
            }
        }
    }

    fn order(&mut self, order: Intent) -> Result<(), Event> {
        self.session.send(order)
    }

    /// Time goes on, and what came up is taken in.
    fn catch_up(&mut self, ctx: &egui::Context) {
        let now = Instant::now();
        let elapsed = self.last_frame.replace(now).map_or(Duration::ZERO, |last| now.duration_since(last));
        self.apply(Event::Tick(u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX)));
        for _ in 0..EVENTS_PER_FRAME {
            let Some(event) = self.session.next_event() else { break };
            self.apply(event);
        }
        if ctx.input(|input| input.pointer.any_pressed() || input.events.iter().any(is_key)) {
            self.apply(Event::Touched);
        }
        let pause = if screens::moves(&self.model) { MOVING } else { STILL };
        ctx.request_repaint_after(pause);
    }
}

fn is_key(event: &egui::Event) -> bool {
    matches!(event, egui::Event::Key { pressed: true, .. })
}

impl eframe::App for KioskApp {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.catch_up(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let portrait = self.portrait.follow(ui.ctx(), self.model.portrait());
        let did = screens::draw_with(ui, &self.model, &self.words, portrait);
        if !did.is_empty() {
            ui.ctx().request_repaint();
        }
        for action in did {
            self.apply(Event::Did(action));
        }
        let leave = ui.input(|input| input.modifiers.ctrl && input.key_pressed(egui::Key::Q));
        if leave {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.apply(Event::Did(Action::Leave));
        let _ = self.portrait.wipe();
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        theme::Theme::PAPER.paper.to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        false
    }
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// There is no display or no graphics, or no thread.
pub fn run(setup: Setup, desk: Box<dyn Desk>, extent: Extent, title: &str) -> Result<(), Failure> {
    let viewport = egui::ViewportBuilder::default().with_title(title).with_app_id("idterm");
    let viewport = match extent {
        Extent::FullScreen => viewport.with_fullscreen(true).with_decorations(false),
        Extent::Window => viewport.with_inner_size([1_280.0, 800.0]).with_min_inner_size([480.0, 480.0]),
    };
    let options = eframe::NativeOptions { viewport, persist_window: false, ..Default::default() };
    let made = eframe::run_native(
        "idterm",
        options,
        Box::new(move |creation| Ok(Box::new(KioskApp::new(&creation.egui_ctx, setup, desk)?))),
    );
    made.map_err(|error| {
        Failure::new(ErrorCode::Internal, format!("the window cannot be opened: {error}")).with_remedy(
            "Check that a display is there (DISPLAY or WAYLAND_DISPLAY) and that OpenGL works; on a machine without \
             graphics install software rendering (libgl1-mesa-dri, libegl1).",
        )
    })
}
