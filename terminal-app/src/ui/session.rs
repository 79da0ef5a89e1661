//! The thread behind the window: it serves one visit after the other, and only talks over bounded channels.
//!
//! Every visit has a number. News of a visit that the person has left is dropped before the model sees it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::model::Event;
use super::visit::{Decision, Person};
use crate::failure::{ErrorCode, Failure};
use crate::presentation::Presentation;
use crate::worker::{self, Cancel, Intent};

/// Orders that may wait. A person cannot touch faster than the thread takes them.
const ORDERS: usize = 8;
/// Events that may wait until the next frame; the worker waits, and loses none.
const NEWS: usize = 64;

/// What hangs on the terminal: a scanner, a reader, and what runs a verification with them.
pub trait Desk: Send {
    /// Waits until the scanner has read what opens a card. `None`: stopped before that.
    ///
    /// # Errors
    /// There is no scanner, or it does not work.
    fn scan(&mut self, stop: &Cancel) -> Result<Option<Presentation>, Failure>;

    /// Waits for a card, verifies it, and waits until it is taken away. Every step is told, the decision included.
    ///
    /// # Errors
    /// It could not be carried out.
    fn verify(
        &mut self,
        presented: Presentation,
        stop: &Cancel,
        tell: &mut dyn FnMut(worker::Event),
    ) -> Result<(), Failure>;

    /// Offers the card of this persona from now on, where cards are simulated.
    fn offer(&mut self, persona: &str);
}

/// One order with the visit that it belongs to.
struct Sent {
    order: Intent,
    visit: u32,
    stop: Cancel,
}

/// The window's end of the two channels.
pub struct Session {
    orders: SyncSender<Sent>,
    news: Receiver<(u32, Event)>,
    visit: u32,
    stop: Cancel,
}

impl Session {
    /// Starts the thread. `heard` is called after each event, to have a frame drawn.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn start(
        desk: Box<dyn Desk>,
        heard: impl Fn() + Send + 'static,
    ) -> Result<(Self, JoinHandle<()>), std::io::Error> {
        let (orders, taken) = sync_channel(ORDERS);
        let (tell, news) = sync_channel(NEWS);
        let thread = std::thread::Builder::new()
            .name("kiosk-worker".to_owned())
            .spawn(move || serve(desk, &taken, &tell, &heard))?;
        Ok((Self { orders, news, visit: 0, stop: Cancel::default() }, thread))
    }

    /// Sends an order down without waiting. What was going on before is stopped.
    ///
    /// # Errors
    /// The thread is gone, or has not taken earlier orders: the event says so to the model.
    pub fn send(&mut self, order: Intent) -> Result<(), Event> {
        self.stop.cancel();
        if !matches!(order, Intent::Begin(_)) {
            // A scan begins a visit, and the number that it read belongs to the same one.
            self.visit = self.visit.wrapping_add(1);
        }
        if matches!(order, Intent::Cancel) {
            return Ok(());
        }
        self.stop = Cancel::default();
        let sent = Sent { order, visit: self.visit, stop: self.stop.clone() };
        self.orders.try_send(sent).map_err(|error| {
            let why = match error {
                TrySendError::Full(_) => "the worker does not take orders",
                TrySendError::Disconnected(_) => "the worker has ended",
            };
            Event::Failed(Failure::new(ErrorCode::Internal, why))
        })
    }

    /// The next event of the current visit, if one has come. Never waits.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            let (visit, event) = self.news.try_recv().ok()?;
            if visit == self.visit {
                return Some(event);
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn serve(mut desk: Box<dyn Desk>, taken: &Receiver<Sent>, news: &SyncSender<(u32, Event)>, heard: &dyn Fn()) {
    for Sent { order, visit, stop } in taken {
        let up = |event: Event| {
            // A window that is gone hears nothing; the loop ends with the orders.
            let _ = news.send((visit, event));
            heard();
        };
        // A fault of the program ends one visit, not the kiosk.
        let done = catch_unwind(AssertUnwindSafe(|| match order {
            Intent::Scan => desk.scan(&stop).map(|presented| {
                if let Some(presented) = presented {
                    up(Event::Presented(Box::new(presented)));
                }
            }),
            Intent::Begin(presented) => desk.verify(*presented, &stop, &mut |event| up(translate(event))),
            Intent::OfferPersona(name) => {
                desk.offer(&name);
                Ok(())
            }
            Intent::Cancel => Ok(()),
        }));
        let done = done.unwrap_or_else(|_| {
            Err(Failure::new(ErrorCode::Internal, "the verification ended unexpectedly"))
        });
        match done {
            // The person stopped it and has left the screen.
            Err(failure) if failure.code == ErrorCode::Cancelled && stop.is_cancelled() => {}
            Err(failure) => up(Event::Failed(failure)),
            Ok(()) => {}
        }
    }
}

/// From the worker's words to the window's: only what the screens need comes along.
#[must_use]
pub fn translate(event: worker::Event) -> Event {
    match event {
        worker::Event::Step(step) => Event::Step(step),
        worker::Event::Bytes { done, expected } => Event::Bytes { done, expected },
        worker::Event::Absent { what, left_ms } => Event::Absent(what, left_ms),
        worker::Event::Back => Event::Back,
        worker::Event::Holder(holder) => Event::Person(Person::from(*holder)),
        worker::Event::Portrait(portrait) => Event::Portrait(portrait),
        worker::Event::Decided(report) => Event::Decided(Box::new(Decision::of_report(*report))),
        worker::Event::Failed(failure) => Event::Failed(failure),
        worker::Event::CardTaken => Event::CardTaken,
    }
}
