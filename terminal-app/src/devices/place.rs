//! A PC/SC reader as the place to which a card comes back.

use std::time::{Duration, Instant};

use firmware_profiles::Catalogue;
use reader_core::session::wrong_card;
use reader_core::transport::pcsc::{ConnectedCard, PcscService, ReaderInfo};
use reader_core::transport::{Limits, Transport, TransportError};

use super::pcsc;
use crate::failure::{ErrorCode, Failure};
use crate::worker::Place;

/// How long another program may hold a card before that is said.
const BUSY: Duration = Duration::from_secs(3);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// A reader with the card that was powered on it, or was.
pub struct PcscPlace {
    card: Option<ConnectedCard>,
    reader: String,
    atr: Vec<u8>,
    limits: Limits,
    exchange_timeout_ms: u32,
    is_virtual: bool,
}

impl PcscPlace {
    /// Finds the reader whose name contains `part`, waits for a card on it, and powers the card. `waiting` is called once
    /// where there is something to wait for.
    ///
    /// # Errors
    /// As [`pcsc::open`]; another program that holds the card is waited for first, and a card that stays silent is named
    /// for what it may be.
    pub fn open(
        part: &str,
        wait_s: u32,
        catalogue: &Catalogue,
        waiting: &mut dyn FnMut(),
    ) -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut silent = 0;
        loop {
            match pcsc::open(part, wait_s, catalogue, waiting) {
                Err(failure) if failure.code == ErrorCode::CardMute => {
                    silent += 1;
                    if let Some(judged) = wrong_card::judge_silence(silent) {
                        return Err(Failure::wrong_card(judged));
                    }
                    std::thread::sleep(PAUSE);
                }
                Err(failure) if failure.code == ErrorCode::CardBusy && begun.elapsed() < BUSY => {
                    std::thread::sleep(PAUSE);
                }
                opened => return opened.map(|opened| Self::holding(opened, catalogue)),
            }
        }
    }

    fn holding(opened: pcsc::OpenedReader, catalogue: &Catalogue) -> Self {
        let reader = opened.card.reader().to_owned();
        let matched = catalogue.for_reader(&reader);
        Self {
            atr: opened.card.atr().to_vec(),
            limits: matched.map_or(Limits::SHORT, |matched| pcsc::limits_of(&matched.limits)),
            exchange_timeout_ms: opened.exchange_timeout_ms,
            is_virtual: opened.is_virtual(),
            card: Some(opened.card),
            reader,
        }
    }

    /// The reader's PC/SC name.
    #[must_use]
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// How long one exchange may take, from the profile.
    #[must_use]
    pub const fn exchange_timeout_ms(&self) -> u32 {
        self.exchange_timeout_ms
    }

    /// Whether it is the virtual reader of pcscd's vpcd driver: no card that a hand could hold lies on it.
    #[must_use]
    pub const fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// The reader as the service lists it now. The service is asked anew each time: it may have been restarted.
    fn found(&self) -> Result<(PcscService, ReaderInfo), TransportError> {
        let service = PcscService::connect()?;
        let found = service.readers()?.into_iter().find(|reader| reader.name == self.reader);
        match found {
            Some(reader) => Ok((service, reader)),
            None => Err(TransportError::ReaderGone { reader: self.reader.clone() }),
        }
    }
}

impl Place for PcscPlace {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        let card = self.card.as_mut().ok_or(TransportError::TagLost)?;
        let mut transport = card.begin()?;
        work(&mut transport);
        Ok(())
    }

    fn atr(&self) -> Option<&[u8]> {
        Some(&self.atr)
    }

    fn is_occupied(&mut self) -> Result<bool, TransportError> {
        self.card = None;
        Ok(self.found()?.1.atr.is_some())
    }

    fn power(&mut self) -> Result<(), TransportError> {
        self.card = None;
        let (service, reader) = self.found()?;
        let card = service.open(&reader.name, self.limits)?;
        self.atr = card.atr().to_vec();
        self.card = Some(card);
        Ok(())
    }
}
