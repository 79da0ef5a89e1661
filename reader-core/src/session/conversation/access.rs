//! Opening the chip: EF.CardAccess, PACE in the master file, or BAC. Spec: 9303-11 §4.2.

use crate::capture::{AccessFailure, AccessTrace, Deviation, FileState, Interruption, PaceCamTrace};
use crate::lds::FileId;
use crate::lds::security_infos::SecurityInfos;
use crate::transport::Transport;
use crate::wire::status::StatusWord;

use super::super::{
    AccessKey, BacFallback, Cause, ChipSession, Ended, Event, NoOffer, Open, PaceOffer, Step, pace_cam,
};
use super::{Conversation, Session};

/// The chip, and its EF.CardAccess if there is one that can be read.
type WithCardAccess<T> = (ChipSession<T, Open>, Option<SecurityInfos>);

impl Conversation<'_> {
    /// Opens the chip by the first protocol that it offers and the plan allows.
    pub(super) fn gain_access<T: Transport>(
        &mut self,
        open: ChipSession<T, Open>,
    ) -> Result<Session<T>, Ended<T>> {
        self.capture.pace_cam = None;
        self.mapped_key = None;
        let (open, infos) = self.card_access(open)?;
        let open = self.atr_info(open)?;
        let Some(infos) = infos.filter(|infos| infos.pace().next().is_some()) else {
            return self.bac(open);
        };
        let open = match self.pace(open, &infos) {
            Ok(session) => return Ok(session),
            Err(ended) => ended,
        };
        let Cause::Access(because) = open.cause.clone() else { return Err(open) };
        let may = self.plan.bac_fallback == BacFallback::Allowed
            && !is_of_the_holder(&because)
            // A wrong password, at whatever step the chip says so.
            && because != AccessFailure::Refused(StatusWord::VERIFICATION_FAILED.0)
            && self.keys.iter().any(AccessKey::is_mrz);
        if !may {
            return Err(open);
        }
        self.note_deviation(Deviation::FellBackToBac { because });
        self.bac(open.restart())
    }

    /// EF.CardAccess as read, or the profile's constant in its place.
    fn card_access<T: Transport>(
        &mut self,
        open: ChipSession<T, Open>,
    ) -> Result<WithCardAccess<T>, Ended<T>> {
        let assumed =
            || self.plan.assumed_card_access.as_deref().and_then(|bytes| SecurityInfos::parse(bytes).ok());
        match self.capture.files.get(&FileId::CARD_ACCESS) {
            Some(FileState::Read(bytes)) => return Ok((open, SecurityInfos::parse(bytes).ok())),
            Some(FileState::Absent | FileState::Protected) if self.resumed => return Ok((open, assumed())),
            _ => {}
        }
        if self.observer.event(Event::Step(Step::CardAccess)).is_break() {
            return Err(open.stop());
        }
        let (open, read) = open.read_card_access().map_err(|ended| self.note_end(ended))?;
        let from_chip = match &read.state {
            FileState::Read(bytes) => SecurityInfos::parse(bytes).ok(),
            _ => None,
        };
        let given = matches!(read.state, FileState::Read(_));
        if self.note_file(FileId::CARD_ACCESS, read, open.link.exchanges.len()).is_break() {
            return Err(open.stop());
        }
        let infos = if given { from_chip } else { assumed() };
        if !given && infos.is_some() {
            self.note_deviation(Deviation::AssumedCardAccess);
        }
        Ok((open, infos))
    }

    fn pace<T: Transport>(
        &mut self,
        open: ChipSession<T, Open>,
        infos: &SecurityInfos,
    ) -> Result<Session<T>, Ended<T>> {
        if self.observer.event(Event::Step(Step::Pace)).is_break() {
            return Err(open.stop());
        }
        let of_kind = |kind: fn(&AccessKey) -> bool| self.keys.iter().find(|key| kind(key));
        let can = of_kind(AccessKey::is_can);
        // A PIN is presented where it is meant; of the others, the card access number is the shorter.
        let key = of_kind(AccessKey::is_pin).or(can).or(self.keys.first());
        let result = match (PaceOffer::choose(infos, open.link.transport.limits()), key) {
            (Ok(offer), Some(key)) => match (open.pace(&offer, key, self.entropy), can) {
                (Err(ended), Some(can))
                    if self.plan.use_last_try
                        && ended.cause == Cause::Access(AccessFailure::PinSuspended) =>
                {
                    let opened = ended.restart().pace(&offer, can, self.entropy);
                    opened.and_then(|session| session.pace_with_last_try(&offer, key, self.entropy))
                }
                (result, _) => result,
            },
            (Err(NoOffer::Parameters(why)), _) => {
                Err(Ended::new(open.link, AccessFailure::ParametersRefused(why)))
            }
            (Err(NoOffer::Reader), _) => Err(Ended::new(open.link, AccessFailure::BeyondReader)),
            _ => Err(Ended::new(open.link, AccessFailure::NotOffered)),
        };
        note_access(&mut self.capture.pace, &result);
        let mut session = result?;
        let protected = self.capture.files.get(&FileId::ATR_INFO) == Some(&FileState::Protected);
        if protected && !self.given_up.contains(&FileId::ATR_INFO) {
            self.capture.files.remove(&FileId::ATR_INFO);
            session = self.read(session, FileId::ATR_INFO).map_err(|ended| self.note_end(ended))?;
            self.learn_limits();
        }
        session = self.card_security(session)?;
        if self.observer.event(Event::Step(Step::SelectApplication)).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        session.select_application()
    }

    /// After the chip authentication mapping: EF.CardSecurity, which names the chip's key. It stands in the master file, so
    /// it is read before the application is selected. Spec: 9303-11 §4.4.3.5.2, §9.2.11.
    fn card_security<T: Transport>(&mut self, session: Session<T>) -> Result<Session<T>, Ended<T>> {
        self.capture.pace_cam = session.pace_mapping().cloned();
        if !matches!(self.capture.pace_cam, Some(PaceCamTrace::Answered { .. })) {
            return Ok(session);
        }
        let session = self.read(session, FileId::CARD_SECURITY).map_err(|ended| self.note_end(ended))?;
        let file = self.capture.bytes(FileId::CARD_SECURITY);
        let answered = self.capture.pace_cam.as_ref().zip(file);
        self.mapped_key = answered.and_then(|(trace, file)| pace_cam::answering_key(trace, file));
        Ok(session)
    }

    fn bac<T: Transport>(&mut self, open: ChipSession<T, Open>) -> Result<Session<T>, Ended<T>> {
        if self.observer.event(Event::Step(Step::Bac)).is_break() {
            return Err(open.stop());
        }
        let result = match self.keys.iter().find(|key| key.is_mrz()) {
            Some(key) => open.bac(key, self.entropy),
            None => Err(Ended::new(open.link, AccessFailure::NotOffered)),
        };
        note_access(&mut self.capture.bac, &result);
        result
    }
}

/// Failures that another protocol would only hide: what was presented is wrong, or the card keeps it back.
const fn is_of_the_holder(failure: &AccessFailure) -> bool {
    matches!(
        failure,
        AccessFailure::WrongPassword
            | AccessFailure::WrongPin { .. }
            | AccessFailure::PinSuspended
            | AccessFailure::PinBlocked
    )
}

/// What opened once stays on record when a later session does not come so far.
fn note_access<T>(trace: &mut Option<AccessTrace>, result: &Result<Session<T>, Ended<T>>) {
    if *trace != Some(AccessTrace::Opened) {
        *trace = Some(access_trace(result));
    }
}

fn access_trace<T>(result: &Result<Session<T>, Ended<T>>) -> AccessTrace {
    match result {
        Ok(_) => AccessTrace::Opened,
        Err(Ended { cause: Cause::Access(failure), .. }) => AccessTrace::Failed(failure.clone()),
        Err(Ended { cause: Cause::Malformed(_) | Cause::Protocol(_), .. }) => {
            AccessTrace::Failed(AccessFailure::Protocol("a response that is none"))
        }
        Err(ended) => AccessTrace::Failed(AccessFailure::BrokenOff(Interruption::from(&ended.cause))),
    }
}
