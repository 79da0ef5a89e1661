//! A PC/SC reader as the place to which a card comes back.

use std::time::{Duration, Instant};

use firmware_profiles::{Catalogue, Moment};
use reader_core::session::wrong_card;
use reader_core::transport::pcsc::{ConnectedCard, PcscService, ReaderInfo};
use reader_core::transport::{Limits, Transport, TransportError};

use super::pcsc;
use super::signals::{Panel, Signals};
use crate::failure::{ErrorCode, Failure};
use crate::report::{BadFirmware, Reader};
use crate::worker::Place;

/// How long another program may hold a card before that is said.
const BUSY: Duration = Duration::from_secs(3);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a light, a tone or a bit rate may take.
const SIGNAL_MS: u32 = 2_000;

/// A reader with the card that was powered on it, or was.
pub struct PcscPlace {
    card: Option<ConnectedCard>,
    reader: String,
    atr: Vec<u8>,
    limits: Limits,
    exchange_timeout_ms: u32,
    is_virtual: bool,
    signals: Signals,
    profile: String,
    bad_firmware: Vec<BadFirmware>,
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
                opened => return Self::begin(Self::holding(opened?, catalogue)),
            }
        }
    }

    fn holding(opened: pcsc::OpenedReader, catalogue: &Catalogue) -> Self {
        let reader = opened.card.reader().to_owned();
        let matched = catalogue.for_reader(&reader);
        Self {
            atr: opened.card.atr().to_vec(),
            limits: matched.as_ref().map_or(Limits::SHORT, |matched| pcsc::limits_of(&matched.limits)),
            exchange_timeout_ms: opened.exchange_timeout_ms,
            is_virtual: opened.is_virtual(),
            signals: matched.as_ref().map(|matched| Signals::of(matched.profile)).unwrap_or_default(),
            profile: matched.as_ref().map(|matched| matched.profile.id.clone()).unwrap_or_default(),
            bad_firmware: matched.map(|matched| BadFirmware::of(matched.profile)).unwrap_or_default(),
            card: Some(opened.card),
            reader,
        }
    }

    /// Raises the bit rate where the profile says so, and powers the card anew for it to count; one that does not stand it
    /// is powered with the rate as it was.
    fn begin(mut self) -> Result<Self, Failure> {
        let raised = self.send(Moment::RaiseRate);
        if raised && self.reset().is_err() {
            self.send(Moment::RestoreRate);
            self.power().map_err(|error| pcsc::failure_of(&error))?;
        }
        self.signal(Moment::CardSeen);
        Ok(self)
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        self.card.as_mut().ok_or(TransportError::TagLost)?.begin()?.reset()
    }

    /// Sends what the profile has for this moment; whether the reader took it.
    fn send(&mut self, moment: Moment) -> bool {
        match &mut self.card {
            Some(card) => self.signals.send(moment, card),
            None => false,
        }
    }

    /// Lets the card go, the reader as it was found.
    fn let_go(&mut self) {
        self.send(Moment::RestoreRate);
        self.card = None;
    }

    /// The reader's PC/SC name.
    #[must_use]
    pub fn name(&self) -> &str {
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
        self.let_go();
        Ok(self.found()?.1.atr.is_some())
    }

    fn power(&mut self) -> Result<(), TransportError> {
        self.let_go();
        let (service, reader) = self.found()?;
        let card = service.open(&reader.name, self.limits)?;
        self.atr = card.atr().to_vec();
        self.card = Some(card);
        Ok(())
    }

    fn signal(&mut self, moment: Moment) {
        self.send(moment);
        if self.signals.take_hung() {
            // What fails here shows where the card is talked to next.
            let _ = self.power();
        }
    }

    fn reader(&self) -> Option<Reader> {
        Some(Reader {
            name: self.reader.clone(),
            profile: self.profile.clone(),
            bad_firmware: self.bad_firmware.clone(),
            signals_refused: self.signals.refused().to_vec(),
        })
    }
}

impl Drop for PcscPlace {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Panel for ConnectedCard {
    fn escape(&mut self, command: &[u8]) -> Result<(), TransportError> {
        Self::escape(self, command, SIGNAL_MS).map(drop)
    }

    fn transmit(&mut self, command: &[u8]) -> Result<u16, TransportError> {
        let mut response = Vec::new();
        self.begin()?.exchange(command, SIGNAL_MS, &mut response)?;
        match response.as_slice() {
            [.., high, low] => Ok(u16::from_be_bytes([*high, *low])),
            _ => Err(TransportError::TagLost),
        }
    }
}
