//! The PC/SC reader as the application uses it: found by name, limits by profile, faults with their remedies.

use std::time::{Duration, Instant};

use firmware_profiles::{ApduLevel, Catalogue, Profile};
use reader_core::transport::pcsc::{CardEvent, ConnectedCard, PcscService};
use reader_core::transport::{Limits, TransportError};

use crate::failure::{ErrorCode, Failure};

/// What a fault of the link means for a command.
#[must_use]
pub fn failure_of(error: &TransportError) -> Failure {
    let code = match error {
        TransportError::NoService => ErrorCode::NoReaderService,
        TransportError::NoSuchReader { .. } | TransportError::ReaderGone { .. } => ErrorCode::NoReader,
        TransportError::NoCard { .. } => ErrorCode::NoCard,
        TransportError::Cancelled => ErrorCode::Cancelled,
        _ => ErrorCode::CardLost,
    };
    match error {
        // Its own sentence repeats the remedy.
        TransportError::NoService => Failure::new(code, "the PC/SC service is not running"),
        TransportError::NoSuchReader { .. } => Failure::new(code, error.to_string()).with_remedy(
            "Check the cable; `idterm readers` lists what is there. Any part of a reader's name will do.",
        ),
        _ => Failure::new(code, error.to_string()),
    }
}

/// What a profile lets pass.
#[must_use]
pub const fn limits_of(profile: &Profile) -> Limits {
    let limits = &profile.limits;
    Limits {
        command_bytes: limits.max_command_bytes,
        response_bytes: limits.max_response_bytes,
        extended: matches!(limits.apdu_level, ApduLevel::Extended),
    }
}

/// A card on a PC/SC reader, and how long one exchange with it may take.
pub struct OpenedReader {
    /// The powered card.
    pub card: ConnectedCard,
    /// From the profile.
    pub exchange_timeout_ms: u32,
}

impl OpenedReader {
    /// The reader is the virtual one of pcscd's vpcd driver: no card that a hand could hold lies on it.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.card.reader().contains("Virtual PCD")
    }
}

/// Finds the reader whose name contains `part`, waits for a card on it, and powers the card. `waiting` is called once
/// where there is something to wait for.
///
/// # Errors
/// No service, no such reader, a slot that is not for cards, no card in time, or a card that does not answer.
pub fn open(
    part: &str,
    wait_s: u32,
    catalogue: &Catalogue,
    waiting: &mut dyn FnMut(),
) -> Result<OpenedReader, Failure> {
    let failed = |error: TransportError| failure_of(&error);
    let service = PcscService::connect().map_err(failed)?;
    let reader = service.find(part).map_err(failed)?;
    let Some(matched) = catalogue.for_reader(&reader.name) else {
        return Err(Failure::new(
            ErrorCode::NoReader,
            format!("{} is a slot for security modules", reader.name),
        )
        .with_remedy("Name the reader's contactless slot; `idterm readers` lists both."));
    };
    if reader.atr.is_none() {
        waiting();
        wait_for_card(&service, &reader.name, wait_s)?;
    }
    let card = service.open(&reader.name, limits_of(matched.profile)).map_err(failed)?;
    Ok(OpenedReader { card, exchange_timeout_ms: matched.profile.limits.exchange_timeout_ms })
}

/// Waits until a card lies on the reader of this name.
fn wait_for_card(service: &PcscService, reader: &str, wait_s: u32) -> Result<(), Failure> {
    let no_card = || Failure::new(ErrorCode::NoCard, format!("no card came onto {reader} within {wait_s} s"));
    let until = Instant::now() + Duration::from_secs(u64::from(wait_s));
    let mut events = service.events();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left_ms = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
        match events.next(Some(left_ms)).map_err(|error| failure_of(&error))? {
            Some(CardEvent::CardPlaced { reader: place, .. }) if place == reader => return Ok(()),
            Some(CardEvent::CardMute { reader: place }) if place == reader => {
                return Err(failure_of(&TransportError::Unresponsive { reader: place }));
            }
            Some(_) => {}
            None => return Err(no_card()),
        }
        if left.is_zero() {
            return Err(no_card());
        }
    }
}
