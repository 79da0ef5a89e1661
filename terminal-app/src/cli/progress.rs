//! Progress of a verification on stderr: the step, the share of bytes, the time.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use crate::worker::Event;

/// A progress line; nothing with `--quiet` or where stderr is no terminal.
pub struct Progress<'a> {
    bar: ProgressBar,
    output: &'a Output,
}

impl<'a> Progress<'a> {
    /// Starts the line.
    #[must_use]
    pub fn new(output: &'a Output) -> Self {
        let target = if output.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {msg:28} {bar:24} {percent:>3} % {elapsed:>5}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, output }
    }

    /// Shows what an event says.
    pub fn show(&self, event: &Event) {
        match event {
            Event::Step(step) => self.bar.set_message(self.output.texts.get(step.text_key())),
            Event::Bytes { done, expected } => {
                self.bar.set_length(u64::try_from(*expected).unwrap_or(u64::MAX));
                self.bar.set_position(u64::try_from(*done).unwrap_or(u64::MAX));
            }
            Event::Absent { what, .. } => {
                // Above the line, and also where stderr is no terminal: somebody has to act.
                self.bar.suspend(|| self.output.progress(self.output.texts.get(what.text_key())));
            }
            Event::Back => {
                self.bar.suspend(|| self.output.progress(self.output.texts.get("cli-card-back")));
            }
            _ => {}
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
