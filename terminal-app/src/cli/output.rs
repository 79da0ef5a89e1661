//! What is printed: one JSON document on stdout, or text for people; progress and faults on stderr.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::Failure;
use crate::text::{Language, Texts};

/// Where and how a command prints.
pub struct Output {
    /// One JSON document instead of text.
    pub json: bool,
    /// No progress.
    pub quiet: bool,
    /// The messages of the language chosen.
    pub texts: Texts,
}

/// A meaning that has a colour and, for those who do not see colours, a sign. After TR-03135.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Confirmed, accept.
    Good,
    /// Refuted, reject.
    Bad,
    /// Undetermined, refer.
    Open,
    /// Not supported, not performed, aborted.
    Grey,
}

impl Tone {
    const fn style(self) -> Style {
        let colour = match self {
            Self::Good => AnsiColor::Green,
            Self::Bad => AnsiColor::Red,
            Self::Open => AnsiColor::Yellow,
            Self::Grey => AnsiColor::BrightBlack,
        };
        colour.on_default()
    }

    /// The sign.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Open => "?",
            Self::Grey => "–",
        }
    }
}

impl Output {
    /// Prints to standard output in `language`.
    #[must_use]
    pub fn new(json: bool, quiet: bool, language: Language) -> Self {
        Self { json, quiet, texts: Texts::new(language) }
    }

    /// One line of text on stdout; nothing with `--json`.
    pub fn line(&self, text: impl AsRef<str>) {
        if !self.json {
            // A closed pipe is the reader's choice and no fault of the command.
            let _ = writeln!(anstream::stdout(), "{}", text.as_ref());
        }
    }

    /// A labelled value, the labels of several in one column; nothing with `--json`.
    pub fn row(&self, key: &str, value: &str) {
        let label = self.texts.get(&format!("field-{}", key.replace('_', "-")));
        // Padded before it is made bold: the codes for that would count as characters.
        self.line(format!("{} {value}", bold(&format!("{label:<28}"))));
    }

    /// The one JSON document; nothing without `--json`.
    pub fn document(&self, document: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string_pretty(document).unwrap_or_else(|_| "{}".to_owned());
            let _ = writeln!(anstream::stdout(), "{text}");
        }
    }

    /// One line on stderr, unless `--quiet`.
    pub fn progress(&self, text: impl AsRef<str>) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr(), "{}", text.as_ref());
        }
    }

    /// A failure: as a JSON document on stdout, or as text on stderr.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let mut error = serde_json::json!({
                "code": failure.code.code(), "text": failure.text, "remedy": failure.remedy
            });
            if let (Some(reason), Some(judged)) = (failure.reason(), failure.wrong_card) {
                error["reason"] = reason.code().into();
                error["certainty"] = judged.certainty().into();
            }
            self.document(&serde_json::json!({ "error": error }));
        } else {
            let label = coloured(Tone::Bad, &self.texts.get("cli-error"));
            let remedy = self.texts.get("cli-remedy");
            let mut lines = format!("{label} {failure}\n{remedy} {}", failure.remedy);
            if self.texts.language() != Language::ENGLISH {
                // What happened where is told in English, for staff; what kind of fault it is and the usual remedy in
                // the language chosen.
                let key = format!("error-{}", failure.code.number());
                let usual = self.texts.get(&format!("{key}-remedy"));
                let meaning = self.texts.get(&key);
                lines = format!(
                    "{label} {}: {meaning}\n  {}\n{remedy} {usual}",
                    failure.code.code(),
                    failure.text
                );
                if failure.remedy != failure.code.remedy() {
                    lines.push_str(&format!("\n  {}", failure.remedy));
                }
            }
            if let Some(reason) = failure.reason() {
                let sentence = self.texts.get(&format!("reason-{}", reason.number()));
                lines.push_str(&format!("\n{}: {sentence}", reason.code()));
            }
            let _ = writeln!(anstream::stderr(), "{lines}");
        }
    }
}

/// `text` in the colour of `tone`; the stream drops the colour where it is no terminal.
#[must_use]
pub fn coloured(tone: Tone, text: &str) -> String {
    let style = tone.style();
    format!("{style}{text}{style:#}")
}

/// `text` in bold.
#[must_use]
pub fn bold(text: &str) -> String {
    let style = Style::new().bold();
    format!("{style}{text}{style:#}")
}
