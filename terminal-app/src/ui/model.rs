//! What the window knows, and how events change it. Pure: no clock, no device, no drawing.

use std::sync::Arc;

use reader_core::lds::personal::PersonalNumber;
use reader_core::lds::portrait::Pixels;
use zeroize::Zeroizing;

pub use super::setup::{PersonaChoice, Setup};
pub use super::trouble::Trouble;
use super::visit::{Away, DIGIT_SHOWN_MS, Decision, Entry, Known, NUMBER_DIGITS, Person, Progress};
use crate::failure::{ErrorCode, Failure};
use crate::presentation::Presentation;
use crate::text::Language;
use crate::worker::{Absence, Intent, Step};

/// How long a scanned number is shown, masked, before it goes on.
const SCANNED_SHOWN_MS: u32 = 1_400;
/// Finding a card takes longer than reading a sentence: this many times the site's idle time.
const PATIENCE: u32 = 3;
/// A reading that says nothing for so long is given up. The worker's own deadlines are shorter.
const READING_LIMIT_MS: u32 = 90_000;
/// Clocks jump when a machine sleeps; a visitor's time does not.
const LONGEST_TICK_MS: u32 = 1_000;

/// What the person does at the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begins a visit.
    Start,
    /// Types a digit, 0 to 9.
    Digit(u8),
    /// Takes the last digit back.
    Erase,
    /// The number is complete.
    Confirm,
    /// Leaves without result.
    Leave,
    /// Leaves with one, taking the card.
    Finish,
    /// Tries once more.
    Retry,
    /// Opens or closes the view for staff.
    Staff,
    /// Speaks this language from now on.
    Speak(Language),
    /// The simulated reader offers the next persona's card.
    NextPersona,
}

/// What moves the model.
#[derive(Clone)]
pub enum Event {
    /// Time passed, in milliseconds.
    Tick(u32),
    /// The person touched the screen or a key, whatever it hit.
    Touched,
    /// The person did something.
    Did(Action),
    /// A scanner read what opens a card.
    Presented(Box<Presentation>),
    /// A step of the verification began.
    Step(Step),
    /// Bytes read so far, and expected in all.
    Bytes {
        /// Read so far.
        done: usize,
        /// Expected in all.
        expected: usize,
    },
    /// Reading stands still until something comes back, for so many milliseconds at most.
    Absent(Absence, u32),
    /// It is back.
    Back,
    /// The person is proved.
    Person(Person),
    /// The portrait is proved.
    Portrait(Arc<Pixels>),
    /// It is decided; with the person as the report has them.
    Decided(Box<(Decision, Option<Person>)>),
    /// It could not be carried out.
    Failed(Failure),
    /// The card was taken away.
    CardTaken,
}

/// The screen, with what it shows. Personal data hang on the variants alone.
pub enum Screen {
    /// Nobody is here.
    Attract,
    /// Which card it is.
    Number(Entry),
    /// Waiting for the card.
    Place,
    /// The card is being read.
    Reading {
        /// What is done at the moment.
        step: Step,
        /// How far it is.
        progress: Progress,
        /// What is proved already.
        known: Known,
        /// What is missing at the moment; what was read is kept.
        away: Option<Away>,
    },
    /// What came of it.
    Result {
        /// The decision.
        decision: Decision,
        /// The person and the portrait, as far as proved.
        known: Known,
        /// The staff view is open.
        staff: bool,
    },
    /// Nothing came of it.
    Fault {
        /// For the person.
        trouble: Trouble,
        /// For staff: code, what happened, remedy.
        failure: Failure,
        /// The staff view is open.
        staff: bool,
    },
}

/// The window's state. Events change it, screens draw it.
pub struct Model {
    setup: Setup,
    language: Language,
    screen: Screen,
    /// What opens the card, kept so that a card that slipped can be read again.
    presented: Option<Box<Presentation>>,
    idle_ms: u32,
    shown_ms: u32,
}

impl Model {
    /// Before the first visitor.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let language = setup.languages.first().copied().unwrap_or(Language::ENGLISH);
        Self { setup, language, screen: Screen::Attract, presented: None, idle_ms: 0, shown_ms: 0 }
    }

    /// The screen to draw.
    #[must_use]
    pub const fn screen(&self) -> &Screen {
        &self.screen
    }

    /// The language to draw it in.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// What stands before the first visitor comes.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Milliseconds since the screen changed, for what moves on it.
    #[must_use]
    pub const fn shown_ms(&self) -> u32 {
        self.shown_ms
    }

    /// Whether reader, card and services are simulated.
    #[must_use]
    pub const fn is_simulated(&self) -> bool {
        !self.setup.personas.is_empty()
    }

    /// Which parts a decision on the screen owes to a simulation, where not all of the machine is one.
    #[must_use]
    pub fn simulated_parts(&self) -> &[&'static str] {
        match &self.screen {
            Screen::Result { decision, .. } => &decision.simulated,
            _ => &[],
        }
    }

    /// The persona on offer, in a demonstration.
    #[must_use]
    pub fn persona(&self) -> Option<&PersonaChoice> {
        self.setup.personas.get(self.setup.persona)
    }

    /// The portrait on the screen, if there is one.
    #[must_use]
    pub const fn portrait(&self) -> Option<&Arc<Pixels>> {
        match &self.screen {
            Screen::Reading { known, .. } | Screen::Result { known, .. } => known.portrait.as_ref(),
            _ => None,
        }
    }

    /// Milliseconds until this screen is cleared if nothing happens; none where nothing is.
    #[must_use]
    pub fn idle_limit_ms(&self) -> Option<u32> {
        match &self.screen {
            // Who chose a language and went away leaves the site's first one to the next visitor.
            Screen::Attract => (self.language != self.first_language()).then_some(self.setup.idle_wipe_ms),
            Screen::Number(_) | Screen::Place => Some(self.setup.idle_wipe_ms.saturating_mul(PATIENCE)),
            Screen::Reading { .. } => Some(READING_LIMIT_MS),
            Screen::Result { .. } | Screen::Fault { .. } => Some(self.setup.idle_wipe_ms),
        }
    }

    /// The part of the idle time that is left, 1 to 0.
    #[must_use]
    pub fn idle_left(&self) -> f32 {
        match self.idle_limit_ms() {
            Some(limit_ms) if limit_ms > 0 => 1.0 - (self.idle_ms as f32 / limit_ms as f32).min(1.0),
            _ => 1.0,
        }
    }

    /// Takes one event in. What comes back goes down to the worker.
    pub fn apply(&mut self, event: Event) -> Option<Intent> {
        match event {
            Event::Tick(elapsed_ms) => self.pass(elapsed_ms.min(LONGEST_TICK_MS)),
            Event::Touched => {
                self.idle_ms = 0;
                None
            }
            Event::Did(action) => {
                self.idle_ms = 0;
                self.act(action)
            }
            Event::Presented(presented) => {
                if matches!(self.screen, Screen::Number(_)) {
                    self.show(Screen::Number(Entry::Scanned { presented, since_ms: 0 }));
                }
                None
            }
            Event::Step(step) => {
                self.step(step);
                None
            }
            Event::Bytes { done, expected } => {
                self.idle_ms = 0;
                if let Screen::Reading { progress, .. } = &mut self.screen {
                    progress.done_bytes = done;
                    progress.expected_bytes = expected;
                }
                None
            }
            Event::Absent(what, left_ms) => {
                self.away(Some(Away { what, left_ms }));
                None
            }
            Event::Back => {
                self.away(None);
                None
            }
            Event::Person(person) => {
                if let Screen::Reading { known, .. } = &mut self.screen {
                    known.person = Some(person);
                }
                None
            }
            Event::Portrait(portrait) => {
                if let Screen::Reading { known, .. } = &mut self.screen {
                    known.portrait = Some(portrait);
                }
                None
            }
            Event::Decided(decided) => {
                self.decided(*decided);
                None
            }
            Event::Failed(failure) => {
                self.failed(failure);
                None
            }
            Event::CardTaken => {
                // A card that is taken during reading is the worker's to notice; here it ends a visit.
                if matches!(self.screen, Screen::Result { .. } | Screen::Fault { .. }) {
                    self.clear();
                }
                None
            }
        }
    }

    fn act(&mut self, action: Action) -> Option<Intent> {
        match action {
            Action::Speak(language) => {
                self.language = language;
                None
            }
            Action::Start => self.start(),
            Action::Digit(digit) => {
                self.type_digit(digit);
                None
            }
            Action::Erase => {
                if let Screen::Number(Entry::Typing { digits, since_ms }) = &mut self.screen {
                    digits.pop();
                    *since_ms = DIGIT_SHOWN_MS;
                }
                None
            }
            Action::Confirm => self.confirm(),
            Action::Leave | Action::Finish => {
                let running =
                    matches!(self.screen, Screen::Number(_) | Screen::Place | Screen::Reading { .. });
                self.clear();
                running.then_some(Intent::Cancel)
            }
            Action::Retry => self.retry(),
            Action::Staff => {
                if let Screen::Result { staff, .. } | Screen::Fault { staff, .. } = &mut self.screen {
                    *staff = !*staff;
                }
                None
            }
            Action::NextPersona => self.next_persona(),
        }
    }

    fn start(&mut self) -> Option<Intent> {
        if !matches!(self.screen, Screen::Attract) {
            return None;
        }
        self.ask_number()
    }

    fn ask_number(&mut self) -> Option<Intent> {
        if self.setup.scanner {
            self.show(Screen::Number(Entry::Scanning));
            return Some(Intent::Scan);
        }
        let digits = Zeroizing::new(String::with_capacity(NUMBER_DIGITS));
        self.show(Screen::Number(Entry::Typing { digits, since_ms: 0 }));
        None
    }

    fn type_digit(&mut self, digit: u8) {
        let Screen::Number(Entry::Typing { digits, since_ms }) = &mut self.screen else { return };
        let typed = char::from_digit(u32::from(digit), 10);
        if let Some(typed) = typed.filter(|_| digits.len() < NUMBER_DIGITS) {
            digits.push(typed);
            *since_ms = 0;
        }
    }

    fn confirm(&mut self) -> Option<Intent> {
        let Screen::Number(Entry::Typing { digits, .. }) = &self.screen else { return None };
        let number = PersonalNumber::parse(digits)?;
        self.begin(Box::new(Presentation::Number(number)))
    }

    fn begin(&mut self, presented: Box<Presentation>) -> Option<Intent> {
        self.presented = Some(presented.clone());
        self.show(Screen::Place);
        Some(Intent::Begin(presented))
    }

    fn retry(&mut self) -> Option<Intent> {
        let wrong_number = match &self.screen {
            Screen::Result { decision, .. } => {
                let hint = decision.hint.as_ref().filter(|hint| hint.may_retry())?;
                *hint == super::visit::Hint::WrongNumber
            }
            Screen::Fault { trouble, .. } => *trouble == Trouble::WrongNumber,
            _ => return None,
        };
        match self.presented.take() {
            Some(presented) if !wrong_number => self.begin(presented),
            _ => self.ask_number(),
        }
    }

    fn next_persona(&mut self) -> Option<Intent> {
        if !matches!(self.screen, Screen::Attract) || self.setup.personas.is_empty() {
            return None;
        }
        self.setup.persona = (self.setup.persona + 1) % self.setup.personas.len();
        self.persona().map(|persona| Intent::OfferPersona(persona.name.clone()))
    }

    fn step(&mut self, step: Step) {
        self.idle_ms = 0;
        match &mut self.screen {
            Screen::Place if step != Step::PlaceCard => {
                self.show(Screen::Reading {
                    step,
                    progress: Progress::NONE,
                    known: Known::default(),
                    away: None,
                });
            }
            Screen::Reading { step: shown, progress, .. } => {
                *shown = step;
                if step >= Step::AskServices {
                    // The chip has given all there is, whatever was expected of it.
                    progress.expected_bytes = progress.done_bytes;
                }
            }
            _ => {}
        }
    }

    fn away(&mut self, missing: Option<Away>) {
        self.idle_ms = 0;
        if matches!(self.screen, Screen::Place) && missing.is_some() {
            // The card left before the first step was told.
            self.step(Step::OpenChip);
        }
        if let Screen::Reading { away, .. } = &mut self.screen {
            *away = missing;
        }
    }

    fn decided(&mut self, (decision, person): (Decision, Option<Person>)) {
        let known = match std::mem::replace(&mut self.screen, Screen::Attract) {
            Screen::Reading { known, .. } => known,
            Screen::Place => Known::default(),
            // The person has left; what is decided about them is nobody's business any more.
            other => {
                self.screen = other;
                return;
            }
        };
        // The report has the last word on who it is.
        let known = Known { portrait: known.portrait.filter(|_| person.is_some()), person };
        let staff = self.setup.staff_open;
        self.show(Screen::Result { decision, known, staff });
    }

    fn failed(&mut self, failure: Failure) {
        if matches!(self.screen, Screen::Attract | Screen::Result { .. } | Screen::Fault { .. }) {
            return;
        }
        let trouble = Trouble::of(&failure);
        let staff = self.setup.staff_open;
        self.show(Screen::Fault { trouble, failure, staff });
    }

    fn pass(&mut self, elapsed_ms: u32) -> Option<Intent> {
        self.shown_ms = self.shown_ms.saturating_add(elapsed_ms);
        self.idle_ms = self.idle_ms.saturating_add(elapsed_ms);
        match &mut self.screen {
            Screen::Number(Entry::Typing { since_ms, .. }) => *since_ms = since_ms.saturating_add(elapsed_ms),
            Screen::Number(Entry::Scanned { since_ms, presented }) => {
                *since_ms = since_ms.saturating_add(elapsed_ms);
                if *since_ms >= SCANNED_SHOWN_MS {
                    let presented = presented.clone();
                    return self.begin(presented);
                }
            }
            Screen::Reading { away: Some(away), .. } => {
                away.left_ms = away.left_ms.saturating_sub(elapsed_ms);
            }
            Screen::Reading { progress, .. } => progress.pass(elapsed_ms),
            _ => {}
        }
        if self.idle_limit_ms().is_some_and(|limit_ms| self.idle_ms >= limit_ms) {
            return self.idle();
        }
        None
    }

    fn idle(&mut self) -> Option<Intent> {
        if matches!(self.screen, Screen::Reading { .. }) {
            let failure = Failure::new(ErrorCode::Internal, "the worker has said nothing for too long");
            self.show(Screen::Fault { trouble: Trouble::OutOfOrder, failure, staff: self.setup.staff_open });
            return Some(Intent::Cancel);
        }
        self.act(Action::Leave)
    }

    fn show(&mut self, screen: Screen) {
        self.screen = screen;
        self.shown_ms = 0;
        self.idle_ms = 0;
    }

    /// Back to the beginning: everything that belongs to the visitor is dropped, and the first language is back.
    fn clear(&mut self) {
        self.show(Screen::Attract);
        self.presented = None;
        self.language = self.first_language();
    }

    fn first_language(&self) -> Language {
        self.setup.languages.first().copied().unwrap_or(Language::ENGLISH)
    }
}
