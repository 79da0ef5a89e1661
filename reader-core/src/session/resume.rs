//! Going on after the card left and came back: access control again, then the chip's proof by the key that is known,
//! then what is left.
//!
//! Finished files stay, and so does the offset reached in the one that was broken off. Nothing of the chip that answers
//! now is taken before it has shown to be the one that answered before: by the chip authentication mapping of PACE with a
//! key that DG14 names too, else by chip authentication with the key in DG14, else
//! by active authentication with the key in DG15, else by the same EF.SOD, which is no proof of identity, since an EF.SOD
//! can be copied. A DG14 or DG15 that was not read yet counts if its hash stands in the EF.SOD that was.

use crate::capture::{AccessFailure, Capture, Deviation, FileState, Origin};
use crate::crypto::secret::Entropy;
use crate::lds::{DataGroup, FileId, dg14};
use crate::transport::Transport;

use super::conversation::{Conversation, Session};
use super::{
    AccessKey, ActiveAuthentication, Cause, ChipAuthentication, ChipSession, Ended, Event, ExchangeSize,
    Observer, PartialFile, Plan, Reading, Step, active_auth, expected, pace_cam,
};

/// What a reading that ended leaves to [`resume_chip`].
#[derive(Clone)]
pub struct Earlier {
    capture: Capture,
    partial: Option<PartialFile>,
    given_up: Vec<FileId>,
    exchanges: Vec<ExchangeSize>,
    finished: Vec<(FileId, usize)>,
}

impl<T> Reading<T> {
    /// What can be resumed, and the transport.
    pub fn into_earlier(self) -> (Earlier, T) {
        let Self { capture, transport, exchanges, finished, given_up, partial, .. } = self;
        (Earlier { capture, partial, given_up, exchanges, finished }, transport)
    }

    /// The card left before everything was read, and it is worth waiting for it: [`Reading::into_earlier`].
    pub fn can_be_resumed(&self) -> bool {
        matches!(&self.ended, Some(Cause::Transport(error)) if error.is_card())
    }
}

/// Goes on with a reading. `keys` and `plan` are those of before; exchanges are counted on. What the ended session proved
/// of the chip is void and proved again.
///
/// Another chip than before ends it with [`Cause::OtherChip`]; the result then holds what was kept and nothing of that
/// chip, and can be resumed once more.
pub fn resume_chip<T: Transport>(
    transport: T,
    keys: &[AccessKey],
    plan: &Plan,
    entropy: &mut dyn Entropy,
    observer: &mut dyn Observer,
    earlier: Earlier,
) -> Reading<T> {
    let mut conversation = Conversation::new(keys, plan, entropy, observer);
    let mut open = ChipSession::new(transport, plan.timeout_ms);
    open.link.exchanges.clone_from(&earlier.exchanges);
    if !earlier.has_list() {
        // Nothing that came is tied to this chip by anything: all is read anew.
        return conversation.hold(open);
    }
    conversation.take_up(earlier.clone());
    let mut reading = conversation.hold(open);
    if let Some(Cause::Access(
        AccessFailure::WrongPassword
        | AccessFailure::WrongPin { .. }
        | AccessFailure::Refused(_)
        | AccessFailure::NotOffered
        | AccessFailure::ParametersRefused(_),
    )) = reading.ended
    {
        // The same keys and protocols opened the chip before.
        reading.ended = Some(Cause::OtherChip);
    }
    if reading.ended == Some(Cause::OtherChip) {
        reading.capture.wipe();
        let Earlier { capture, partial, given_up, finished, .. } = earlier;
        reading = Reading { capture, partial, given_up, finished, ..reading };
        reading.capture.pace_cam = None;
        reading.capture.chip_authentication = None;
        reading.capture.active_authentication = None;
        note_last(&mut reading.capture, Deviation::OtherCard);
    } else {
        let mut kept_no_longer = earlier.capture;
        kept_no_longer.wipe();
    }
    reading
}

/// Puts on record how the card met last, once each.
fn note_last(capture: &mut Capture, met: Deviation) {
    capture.deviations.retain(|deviation| *deviation != met);
    capture.deviations.push(met);
}

impl Default for Earlier {
    /// Nothing was read yet.
    fn default() -> Self {
        Self {
            capture: Capture::new(Origin::Live),
            partial: None,
            given_up: Vec::new(),
            exchanges: Vec::new(),
            finished: Vec::new(),
        }
    }
}

impl Earlier {
    /// The sizes of all exchanges so far.
    #[must_use]
    pub fn exchanges(&self) -> &[ExchangeSize] {
        &self.exchanges
    }

    /// What there is when nothing more comes, and the exchanges. The file that was broken off is wiped.
    #[must_use]
    pub fn into_capture(self) -> (Capture, Vec<ExchangeSize>) {
        (self.capture, self.exchanges)
    }

    /// Whether at least the beginning of EF.SOD is kept.
    fn has_list(&self) -> bool {
        let begun = self.partial.as_ref().is_some_and(|partial| partial.file == FileId::SOD);
        begun || self.capture.bytes(FileId::SOD).is_some()
    }
}

impl Conversation<'_> {
    fn take_up(&mut self, earlier: Earlier) {
        self.resumed = true;
        self.capture = earlier.capture;
        self.void_proofs();
        self.partial = earlier.partial;
        self.given_up = earlier.given_up;
        self.finished = earlier.finished;
        let given_up = &self.given_up;
        self.capture
            .files
            .retain(|file, state| !matches!(state, FileState::Aborted { .. }) || given_up.contains(file));
        self.expected = self.capture.bytes(FileId::SOD).and_then(expected::groups);
        self.learn_limits();
    }

    /// Lets the chip show that it is the one whose files are kept. A chip that has switched keys by chip authentication
    /// shows it with its next response, without which nothing is taken.
    pub(super) fn meet_again<T: Transport>(&mut self, session: Session<T>) -> Result<Session<T>, Ended<T>> {
        let (session, proved) = self.recognize(session)?;
        note_last(&mut self.capture, Deviation::Resumed { proved });
        Ok(session)
    }

    /// The same chip, and whether it proved that it is.
    pub(super) fn recognize<T: Transport>(
        &mut self,
        session: Session<T>,
    ) -> Result<(Session<T>, bool), Ended<T>> {
        let Some(sod) = self.capture.bytes(FileId::SOD).map(<[u8]>::to_vec) else {
            return Ok((session, false));
        };
        let mut session = session;
        if self.mapped_key.is_some() {
            let tied;
            (session, tied) = self.mapping_key_is_signed(session, &sod)?;
            if tied {
                return Ok((session, true));
            }
            // The key may be another document's: a proof by a key that the kept list vouches for is still wanted.
            self.mapped_key = None;
        }
        if self.plan.chip_authentication != ChipAuthentication::Never {
            let known;
            (session, known) = self.known_key(session, DataGroup::Dg14, &sod)?;
            if known {
                session = self.authenticate_chip(session)?;
                if session.has_new_keys() {
                    return Ok((session, true));
                }
            }
        }
        if self.plan.active_authentication != ActiveAuthentication::Never {
            let known;
            (session, known) = self.known_key(session, DataGroup::Dg15, &sod)?;
            if known {
                session = self.authenticate_actively(session)?;
                let dg15 = self.capture.group(DataGroup::Dg15);
                let signed = dg15.zip(self.capture.active_authentication.as_ref());
                if signed.is_some_and(|(dg15, trace)| active_auth::is_from(dg15, trace)) {
                    return Ok((session, true));
                }
            }
        }
        Ok((self.compare_list(session, &sod)?, false))
    }

    /// Ties the key by which the chip answered the chip authentication mapping to what is kept of an earlier session: by
    /// DG14, else by the same EF.SOD over the channel that the key now protects.
    pub(super) fn tie_mapping<T: Transport>(&mut self, session: Session<T>) -> Result<Session<T>, Ended<T>> {
        let Some(sod) = self.capture.bytes(FileId::SOD).map(<[u8]>::to_vec) else { return Ok(session) };
        let (session, tied) = self.mapping_key_is_signed(session, &sod)?;
        if tied { Ok(session) } else { self.compare_list(session, &sod) }
    }

    /// Whether the kept list vouches for that key too, through DG14. EF.CardSecurity alone says nothing of the document.
    fn mapping_key_is_signed<T: Transport>(
        &mut self,
        session: Session<T>,
        sod: &[u8],
    ) -> Result<(Session<T>, bool), Ended<T>> {
        let (session, known) = self.known_key(session, DataGroup::Dg14, sod)?;
        let listed = |file: &&[u8]| known && expected::is_listed(sod, DataGroup::Dg14, file);
        let infos =
            self.capture.group(DataGroup::Dg14).filter(listed).and_then(|file| dg14::parse(file).ok());
        let named =
            infos.zip(self.mapped_key.as_ref()).is_some_and(|(infos, key)| pace_cam::names_key(&infos, key));
        Ok((session, named))
    }

    /// Whether the group with a key of the chip is kept, or is given by the chip as the kept list has it.
    fn known_key<T: Transport>(
        &mut self,
        session: Session<T>,
        group: DataGroup,
        sod: &[u8],
    ) -> Result<(Session<T>, bool), Ended<T>> {
        let file = FileId::group(group);
        if self.capture.group(group).is_some() {
            return Ok((session, true));
        }
        if self.capture.files.contains_key(&file) || !expected_in(sod, group) {
            return Ok((session, false));
        }
        if self.observer.event(Event::Step(Step::Read(file))).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        let earlier = self.partial.clone().filter(|partial| partial.file == file);
        let earlier = earlier.unwrap_or(PartialFile { file, bytes: Vec::new() });
        let observer = &mut *self.observer;
        let mut progress =
            |done_bytes, total_bytes| observer.event(Event::Progress { file, done_bytes, total_bytes });
        let (session, read) = session.resume_file(earlier, &self.limits, &mut progress)?;
        if read.changed {
            return Err(session.end(Cause::OtherChip));
        }
        let listed = matches!(&read.state, FileState::Read(bytes) if expected::is_listed(sod, group, bytes));
        if listed {
            self.partial.take_if(|partial| partial.file == file);
            if self.note_file(file, read, session.link.exchanges.len()).is_break() {
                return Err(session.end(Cause::Cancelled));
            }
        }
        Ok((session, listed))
    }

    /// Without a proof of the chip, at least its list of hashes must be the one that is kept.
    fn compare_list<T: Transport>(
        &mut self,
        session: Session<T>,
        kept: &[u8],
    ) -> Result<Session<T>, Ended<T>> {
        if self.observer.event(Event::Step(Step::Read(FileId::SOD))).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        let observer = &mut *self.observer;
        let mut progress = |done_bytes, total_bytes| {
            observer.event(Event::Progress { file: FileId::SOD, done_bytes, total_bytes })
        };
        let read = session.read_file(FileId::SOD, &self.limits, &mut progress);
        let (session, read) = read.map_err(|ended| Ended { partial: None, ..ended })?;
        match read.state {
            FileState::Read(bytes) if bytes == kept => Ok(session),
            _ => Err(session.end(Cause::OtherChip)),
        }
    }
}

fn expected_in(sod: &[u8], group: DataGroup) -> bool {
    expected::groups(sod).is_some_and(|groups| groups.contains(&group))
}
