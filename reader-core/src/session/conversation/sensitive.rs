//! Being let at the groups that not every terminal may read.

use crate::capture::{FileState, Interruption, TerminalAuthenticationOutcome, TerminalAuthenticationTrace};
use crate::cvc::{ChainError, Reference, Rights};
use crate::lds::{DataGroup, FileId, dg14};
use crate::transport::Transport;

use super::super::{Cause, Ended, Event, Step, TerminalAuthentication};
use super::{Conversation, Session};

impl Conversation<'_> {
    /// Terminal authentication before `group`, once in a session, where this terminal has certificates. Whatever comes of
    /// it, reading goes on; the chip says of each group whether it gives it.
    pub fn authenticate_terminal<T: Transport>(
        &mut self,
        session: Session<T>,
        group: DataGroup,
    ) -> Result<Session<T>, Ended<T>> {
        let Some(own) = self.plan.terminal_authentication.clone() else { return Ok(session) };
        let file = FileId::group(group);
        let open = matches!(self.capture.files.get(&file), None | Some(FileState::Aborted { .. }));
        let settled = !open || self.given_up.contains(&file);
        if session.link.terminal.tried || settled || !self.lists(group) || !self.plan.wants(group) {
            return Ok(session);
        }
        if self.observer.event(Event::Step(Step::TerminalAuthentication)).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        self.try_terminal(session, &own).inspect_err(|ended| {
            if let Some(trace) = &mut self.capture.terminal_authentication
                && let TerminalAuthenticationOutcome::Aborted(by) = &mut trace.outcome
            {
                *by = Interruption::from(&ended.cause);
            }
        })
    }

    fn try_terminal<T: Transport>(
        &mut self,
        mut session: Session<T>,
        own: &TerminalAuthentication,
    ) -> Result<Session<T>, Ended<T>> {
        // Until a result is there; what ends the session before says of itself what it was.
        let under_way = TerminalAuthenticationOutcome::Aborted(Interruption::Terminal);
        session.link.terminal.tried = true;
        self.note_terminal(&[], under_way.clone());
        if !session.has_new_keys() && self.mapped_key.is_none() {
            self.note_terminal(&[], TerminalAuthenticationOutcome::ChipNotAuthenticated);
            return Ok(session);
        }
        let (mut session, authorities) = session.terminal_authorities(self.authorities_file())?;
        if let Some(bytes) = authorities.file {
            self.capture.files.insert(FileId::CVCA, FileState::Read(bytes));
        }
        let authorities = authorities.named;
        if authorities.is_empty() {
            self.note_terminal(&[], TerminalAuthenticationOutcome::NoAuthority);
            return Ok(session);
        }
        let chain = match own.certificates.chain(&authorities, &own.key.public_key(), own.today) {
            Ok(chain) => chain,
            Err(error) => {
                self.note_terminal(&authorities, no_chain(&error));
                return Ok(session);
            }
        };
        let mut trace = trace(&authorities, under_way);
        trace.certificates = chain.certificates().iter().map(|one| one.holder().to_string()).collect();
        trace.rights = groups(chain.rights());
        self.capture.terminal_authentication = Some(trace.clone());
        (session, trace.outcome) =
            session.authenticate_terminal(&chain, own.key.as_ref(), &self.limits, self.entropy)?;
        self.capture.terminal_authentication = Some(trace);
        Ok(session)
    }

    /// Says so where this terminal could have authenticated and nothing called for it.
    pub fn note_terminal_unused(&mut self) {
        if self.plan.terminal_authentication.is_some() && self.capture.terminal_authentication.is_none() {
            self.note_terminal(&[], TerminalAuthenticationOutcome::NotNeeded);
        }
    }

    /// EF.CVCA, or the file that DG14 names in its place.
    fn authorities_file(&self) -> FileId {
        let infos = self.capture.group(DataGroup::Dg14).and_then(|file| dg14::parse(file).ok());
        let id = infos.and_then(|infos| infos.terminal_authentication()?.authorities_file);
        id.map_or(FileId::CVCA, |id| FileId { id, ..FileId::CVCA })
    }

    fn note_terminal(&mut self, authorities: &[Reference], outcome: TerminalAuthenticationOutcome) {
        self.capture.terminal_authentication = Some(trace(authorities, outcome));
    }
}

fn trace(authorities: &[Reference], outcome: TerminalAuthenticationOutcome) -> TerminalAuthenticationTrace {
    let authorities = authorities.iter().map(ToString::to_string).collect();
    TerminalAuthenticationTrace { authorities, certificates: Vec::new(), rights: Vec::new(), outcome }
}

fn no_chain(error: &ChainError) -> TerminalAuthenticationOutcome {
    let text = error.to_string();
    match error {
        ChainError::NoKey => TerminalAuthenticationOutcome::KeyFailed(text),
        ChainError::NoCertificate | ChainError::NoChain { .. } => {
            TerminalAuthenticationOutcome::NoChain(text)
        }
        ChainError::Validity { .. } | ChainError::Signature { .. } => {
            TerminalAuthenticationOutcome::ChainInvalid(text)
        }
    }
}

fn groups(rights: Rights) -> Vec<DataGroup> {
    let granted = [(rights.fingers(), DataGroup::Dg3), (rights.irises(), DataGroup::Dg4)];
    granted.into_iter().filter_map(|(granted, group)| granted.then_some(group)).collect()
}
