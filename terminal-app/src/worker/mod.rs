//! One verification at work: a link thread that only exchanges, a judge that proves, and their messages.
//!
//! The link thread owns transport and session. It hands each finished file to the judge, who proves the texts as soon
//! as their files are there, while the portrait is still being read. The command line and the window run the same.

mod deliveries;
mod gateway;
mod judge;
mod link;
pub mod message;
mod place;
mod plan;
mod questions;
mod services;

use std::sync::Arc;
use std::time::Duration;

use firmware_profiles::Moment;
use reader_core::capture::Capture;
use reader_core::pki::TrustSnapshot;
use reader_core::policy::Verdict;
use reader_core::session::{LearntLimits, Plan};
use reader_core::transport::Transport;
use reader_core::wire::date::Timestamp;

pub use deliveries::Deliveries;
pub use judge::judge_stored;
pub use message::{Event, Intent, Step};
pub use place::{Absence, Once, Place};
pub use plan::{plan_of, with_terminal};
pub use services::{Services, ServicesError};

pub use crate::connectors::Cancel;

use crate::config::Site;
use crate::failure::{ErrorCode, Failure};
use crate::presentation::Presentation;
use crate::report::Report;
use crate::text::Language;

/// The word by which a report says that its chip was simulated.
pub const SIMULATED_CHIP: &str = "chip";

/// The word by which a report says that a service was simulated.
pub const SIMULATED_GATEWAY: &str = "gateway";

/// Everything that one verification needs beside the chip.
pub struct Job {
    /// The site whose rules apply.
    pub site: Arc<Site>,
    /// Whom this terminal trusts.
    pub trust: Arc<TrustSnapshot>,
    /// The site's services, ready to be asked.
    pub services: Arc<Services>,
    /// What was presented with the card, if anything.
    pub presentation: Option<Presentation>,
    /// The moment at which everything is judged.
    pub now: Timestamp,
    /// The chip is simulated.
    pub simulated_chip: bool,
    /// The language of the report's texts.
    pub language: Language,
}

/// What a verification leaves: the report, and the capture for whoever is to keep it.
pub struct Verified {
    /// The report.
    pub report: Report,
    /// What the chip gave.
    pub capture: Capture,
    /// What the reading showed of card and reader; `None` where it did not come to its end, or there was none.
    pub learnt: Option<LearntLimits>,
}

/// Reads and proves one chip that is there once, asks the services, decides: [`verify_at`] a place to which nothing returns.
///
/// # Errors
/// As [`verify_at`].
pub fn verify<T: Transport + Send>(
    transport: T,
    plan: &Plan,
    job: &Job,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Event),
) -> Result<Verified, Failure> {
    verify_at(&mut Once(transport), plan, job, cancel, tell)
}

/// Reads and proves the chip that is powered at `place`, asks the services, decides. Blocks until the end; events come
/// through `tell`. A card that leaves is waited for as long as the site says, and reading goes on where it stopped.
///
/// # Errors
/// It could not be carried out: card gone before anything was proved, reader gone, no randomness, stopped.
pub fn verify_at(
    place: &mut dyn Place,
    plan: &Plan,
    job: &Job,
    cancel: &Cancel,
    tell: &mut dyn FnMut(Event),
) -> Result<Verified, Failure> {
    let started = std::time::Instant::now();
    let keys = job.presentation.as_ref().map(Presentation::access_keys).transpose()?.unwrap_or_default();
    let (sender, receiver) = std::sync::mpsc::sync_channel(64);
    let patience = Duration::from_secs(u64::from(job.site.wait_for_card_s));
    let mut judge = judge::Judge::live(job, cancel)?;
    let at = &mut *place;
    let reading = std::thread::scope(|scope| {
        let link = link::Link { keys, plan, patience, cancel, sender };
        let link = std::thread::Builder::new()
            .name("link".to_owned())
            .spawn_scoped(scope, move || link.read(at))
            .map_err(|error| Failure::new(ErrorCode::Internal, format!("no thread: {error}")))?;
        for message in receiver {
            judge.take(message, tell);
        }
        link.join().map_err(|_| Failure::new(ErrorCode::Internal, "the link thread ended unexpectedly"))
    })?;
    let learnt = reading.learnt;
    let verified = judge.finish(reading, place.reader(), started, cancel, tell);
    match &verified {
        Ok(verified) if verified.report.decision.verdict == Verdict::Accept => place.signal(Moment::Accepted),
        Err(failure) if failure.code == ErrorCode::Cancelled => {}
        _ => place.signal(Moment::NotAccepted),
    }
    verified.map(|mut verified| {
        verified.report.reader = place.reader();
        verified.learnt = learnt;
        verified
    })
}
