//! What hangs on the terminal, as the thread behind the window uses it: a PC/SC reader, or a simulated one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use firmware_profiles::Catalogue;
use reader_core::pki::TrustSnapshot;
use reader_core::transport::pcsc::PcscService;
use reader_core::wire::date::Timestamp;

use super::session::Desk;
use crate::audit::{Begun, Recorder};
use crate::config::Site;
use crate::devices::place::PcscPlace;
use crate::failure::{ErrorCode, Failure};
use crate::learnt::LearntStore;
use crate::presentation::Presentation;
use crate::text::Language;
use crate::worker::{self, Cancel, Event, Job, Services, Step, Verified};

/// Between two looks at whether the person has left, or the card.
const LOOK: Duration = Duration::from_millis(150);
/// How long one wait for a card lasts before the flag is looked at again.
const WAIT_S: u32 = 1;

/// What every visit has in common.
pub struct Common {
    /// The site whose rules apply.
    pub site: Arc<Site>,
    /// Whom this terminal trusts.
    pub trust: Arc<TrustSnapshot>,
    /// The site's services.
    pub services: Arc<Services>,
    /// What records each visit.
    pub recorder: Recorder,
    /// Reader and card profiles.
    pub catalogue: Catalogue,
    /// Language of the report's own texts.
    pub language: Language,
}

impl Common {
    fn job(&self, presentation: Presentation, simulated_chip: bool) -> Job {
        Job {
            site: Arc::clone(&self.site),
            trust: Arc::clone(&self.trust),
            services: Arc::clone(&self.services),
            presentation: Some(presentation),
            now: now(),
            simulated_chip,
            language: self.language,
        }
    }

    /// Before a visit: whether it can be recorded. Nobody is asked for consent on the screen yet, so where a site requires
    /// it none is given, and nobody is asked anything of the person.
    fn begin(&self, job: &mut Job) -> Result<Begun, Failure> {
        let begun = self.recorder.begin(&self.site, None)?;
        if !begun.may_share() {
            job.services = Arc::new(Services::withheld(&self.site));
        }
        Ok(begun)
    }

    /// After it: one record.
    fn end(&self, begun: &Begun, mut result: Result<Verified, Failure>) -> Result<Verified, Failure> {
        self.recorder.end(&self.site, begun, &mut result);
        result
    }
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}

/// Waits for `span`, or until the visit is stopped: then false.
fn pass(span: Duration, stop: &Cancel) -> bool {
    let until = Instant::now() + span;
    while !stop.is_cancelled() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(LOOK));
    }
    false
}

fn cancelled() -> Failure {
    Failure::new(ErrorCode::Cancelled, "the visit was stopped")
}

/// A real reader; the number is typed.
pub struct ReaderDesk {
    /// What every visit has in common.
    pub common: Common,
    /// Part of the reader's name; empty: the first one.
    pub reader: String,
}

impl ReaderDesk {
    fn open(&self, stop: &Cancel) -> Result<PcscPlace, Failure> {
        loop {
            if stop.is_cancelled() {
                return Err(cancelled());
            }
            match PcscPlace::open(&self.reader, WAIT_S, &self.common.catalogue, &mut || {}) {
                Err(failure) if failure.code == ErrorCode::NoCard => {}
                opened => return opened,
            }
        }
    }
}

impl Desk for ReaderDesk {
    fn scan(&mut self, _stop: &Cancel) -> Result<Option<Presentation>, Failure> {
        Err(Failure::new(ErrorCode::NotInThisBuild, "no scanner is set up at this terminal"))
    }

    fn verify(
        &mut self,
        presented: Presentation,
        stop: &Cancel,
        tell: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        tell(Event::Step(Step::PlaceCard));
        let mut place = self.open(stop)?;
        let reader = place.name().to_owned();
        let mut job = self.common.job(presented, place.is_virtual());
        let begun = self.common.begin(&mut job)?;
        let plan = worker::plan_of(&self.common.site, &self.common.catalogue, place.exchange_timeout_ms());
        let mut plan = worker::with_terminal(plan, &self.common.site, job.now)?;
        let store = LearntStore::of_platform();
        if let Some(store) = &store {
            plan = store.recall(plan, &self.common.site, &place);
        }
        let mut verified = self.common.end(&begun, worker::verify_at(&mut place, &plan, &job, stop, tell))?;
        if let Some(store) = &store {
            // Without it the next reading learns again; the person at the desk has no part in that.
            let _ = store.remember(&verified, &self.common.site, &place);
        }
        verified.capture.wipe();
        drop(place);
        wait_until_taken(&reader, stop, tell);
        Ok(())
    }

    fn offer(&mut self, _persona: &str) {}
}

/// The visit is over when the card is gone, or the reader with it.
fn wait_until_taken(reader: &str, stop: &Cancel, tell: &mut dyn FnMut(Event)) {
    let Ok(service) = PcscService::connect() else { return };
    while pass(LOOK, stop) {
        let Ok(readers) = service.readers() else { return };
        if !readers.iter().any(|one| one.name == reader && one.atr.is_some()) {
            tell(Event::CardTaken);
            return;
        }
    }
}

#[cfg(feature = "simulator")]
pub use simulated::SimulatedDesk;

#[cfg(feature = "simulator")]
mod simulated {
    use reader_core::session::link_model::LinkModel;
    use reader_core::session::{ChipWork, ExchangeSize};
    use reader_core::transport::{Limits, Transport, TransportError};
    use test_vectors::persona::Persona;

    use super::{
        Cancel, Common, Desk, Duration, Event, Failure, Presentation, Step, cancelled, now, pass, worker,
    };
    use crate::demo::{self, SimulatedGateway};

    /// How long the simulated scanner takes.
    const SCAN: Duration = Duration::from_millis(1_800);
    /// How long the simulated card takes to lie down.
    const PLACE: Duration = Duration::from_millis(2_200);
    /// The modelled link's bit rate: the slowest, so that the screen can be watched.
    const BITS_PER_S: f64 = 106e3;
    /// A simulated chip does not wait for anything.
    const TIMEOUT_MS: u32 = 10_000;

    /// A simulated scanner, reader, chip and gateway.
    pub struct SimulatedDesk {
        common: Common,
        persona: &'static Persona,
        // Answers as long as it is held.
        gateway: SimulatedGateway,
    }

    impl SimulatedDesk {
        /// The desk with this persona's card on offer.
        #[must_use]
        pub const fn new(common: Common, persona: &'static Persona, gateway: SimulatedGateway) -> Self {
            Self { common, persona, gateway }
        }
    }

    impl Desk for SimulatedDesk {
        fn scan(&mut self, stop: &Cancel) -> Result<Option<Presentation>, Failure> {
            if pass(SCAN, stop) { demo::presentation(self.persona, now()).map(Some) } else { Ok(None) }
        }

        fn verify(
            &mut self,
            presented: Presentation,
            stop: &Cancel,
            tell: &mut dyn FnMut(Event),
        ) -> Result<(), Failure> {
            tell(Event::Step(Step::PlaceCard));
            if !pass(PLACE, stop) {
                return Err(cancelled());
            }
            let job = self.common.job(presented, true);
            let (mut job, _card_gateway) = demo::surrounded(job, self.persona, Some(&self.gateway))?;
            let begun = self.common.begin(&mut job)?;
            let plan = worker::plan_of(&job.site, &self.common.catalogue, TIMEOUT_MS);
            let reader =
                AtModelledSpeed { inner: demo::reader(self.persona, job.now), model: LinkModel::default() };
            let mut verified = self.common.end(&begun, worker::verify(reader, &plan, &job, stop, tell))?;
            verified.capture.wipe();
            Ok(())
        }

        fn offer(&mut self, persona: &str) {
            if let Ok(persona) = demo::find(persona) {
                self.persona = persona;
            }
        }
    }

    /// Lets every exchange take the time that a contactless link would need for it.
    struct AtModelledSpeed<T> {
        inner: T,
        model: LinkModel,
    }

    impl<T: Transport> Transport for AtModelledSpeed<T> {
        fn exchange(
            &mut self,
            command: &[u8],
            timeout_ms: u32,
            response: &mut Vec<u8>,
        ) -> Result<(), TransportError> {
            self.inner.exchange(command, timeout_ms, response)?;
            let size = ExchangeSize {
                command_bytes: command.len(),
                response_bytes: response.len(),
                plain_bytes: response.len(),
                work: ChipWork::None,
            };
            let seconds = self.model.total(&[size], BITS_PER_S).seconds;
            std::thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or_default());
            Ok(())
        }

        fn limits(&self) -> Limits {
            self.inner.limits()
        }
    }
}
