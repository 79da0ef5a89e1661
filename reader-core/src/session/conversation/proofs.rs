//! Letting the chip prove itself: chip authentication, active authentication.

use crate::capture::{ActiveAuthenticationTrace, ChipAuthenticationTrace, Interruption};
use crate::lds::{DataGroup, FileId, dg14};
use crate::transport::Transport;

use super::super::{
    ActiveAuthentication, Cause, ChipAuthentication, ChipAuthenticationOffer, Ended, Event, Extended,
    KeyCommand, Step, pace_cam,
};
use super::{Conversation, Session};

/// Sessions in which chip authentication is tried; one more reads without it.
const CHIP_AUTHENTICATION_TRIES: usize = 2;

impl Conversation<'_> {
    pub fn authenticate_chip<T: Transport>(&mut self, session: Session<T>) -> Result<Session<T>, Ended<T>> {
        // DG14 is also what EF.CardAccess is compared with, so that a proof by PACE does not make it superfluous.
        let read = self.plan.chip_authentication != ChipAuthentication::Never;
        if !self.lists(DataGroup::Dg14) || !(read || self.plan.wants(DataGroup::Dg14)) {
            return Ok(session);
        }
        let session = self.read(session, FileId::group(DataGroup::Dg14))?;
        let Some(dg14) = self.capture.group(DataGroup::Dg14) else { return Ok(session) };
        let planned = match self.plan.chip_authentication {
            ChipAuthentication::WhenOffered => true,
            ChipAuthentication::UnlessMapped => !self.mapping_stands_for(dg14),
            ChipAuthentication::Never => false,
        };
        let tried = session.chip_authentication().is_some();
        if !planned || tried || self.chip_refusals >= CHIP_AUTHENTICATION_TRIES {
            return Ok(session);
        }
        let offer = match ChipAuthenticationOffer::choose(dg14) {
            Ok(offer) => offer,
            Err(trace) => {
                self.capture.chip_authentication = Some(trace);
                return Ok(session);
            }
        };
        if self.observer.event(Event::Step(Step::ChipAuthentication)).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        let extended = if self.short_only { Extended::Refused } else { Extended::Allowed };
        let session = session.authenticate_chip(&offer, extended, self.entropy)?;
        let refused = matches!(session.chip_authentication(), Some(ChipAuthenticationTrace::Refused(_)));
        if refused && offer.command() == KeyCommand::SetKat {
            return session.authenticate_chip(&offer.by(KeyCommand::SetAt), extended, self.entropy);
        }
        Ok(session)
    }

    /// Whether the chip authentication mapping leaves nothing to prove. EF.CardSecurity names no document; where DG14 names
    /// keys and not the one of the mapping, the chip has to show that it holds one of the document's too.
    fn mapping_stands_for(&self, dg14: &[u8]) -> bool {
        let Some(key) = &self.mapped_key else { return false };
        let infos = dg14::parse(dg14).ok();
        infos.is_none_or(|infos| {
            infos.chip_authentication_keys().next().is_none() || pace_cam::names_key(&infos, key)
        })
    }

    pub fn authenticate_actively<T: Transport>(
        &mut self,
        session: Session<T>,
    ) -> Result<Session<T>, Ended<T>> {
        let authenticated = session.has_new_keys() || self.mapped_key.is_some();
        let planned = match self.plan.active_authentication {
            ActiveAuthentication::Always => true,
            ActiveAuthentication::UnlessChipAuthenticated => !authenticated,
            ActiveAuthentication::Never => false,
        };
        if !self.lists(DataGroup::Dg15) || !(planned || self.plan.wants(DataGroup::Dg15)) {
            return Ok(session);
        }
        let session = self.read(session, FileId::group(DataGroup::Dg15))?;
        if !planned || self.capture.active_authentication.is_some() {
            return Ok(session);
        }
        let Some(dg15) = self.capture.group(DataGroup::Dg15).map(<[u8]>::to_vec) else { return Ok(session) };
        if self.observer.event(Event::Step(Step::ActiveAuthentication)).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        let mut random = [0; 8];
        if let Err(error) = self.entropy.fill(&mut random) {
            return Err(session.end(error.into()));
        }
        let challenge = self.plan.challenge.unwrap_or(random);
        let answered = session.authenticate_actively(challenge, &dg15, &self.limits);
        let (session, trace) = answered.inspect_err(|ended| {
            let by = Interruption::from(&ended.cause);
            self.capture.active_authentication = Some(ActiveAuthenticationTrace::Aborted(by));
        })?;
        self.capture.active_authentication = Some(trace);
        Ok(session)
    }
}
