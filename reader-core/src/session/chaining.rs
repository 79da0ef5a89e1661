//! Commands whose data fit no short command: extended where that is allowed, else a chain of short ones.
//!
//! GENERAL AUTHENTICATE of PACE is not among them: its class bit for chaining says that another step follows, so a part of
//! a step cannot be told from a step. What needs it is not offered to such a reader ([`super::PaceOffer::choose`]).
//! Spec: 9303-11 §4.4.4.2, §9.3.1.2; ISO/IEC 7816-4 §5.3.3.

use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm, Response, SHORT_DATA_MAX_BYTES};
use crate::wire::status::StatusWord;

use super::link::ChipWork;
use super::{ChipSession, Ended, Secured};

/// The class bit of every command of a chain but the last. Spec: ISO/IEC 7816-4 §5.4.1.
const CLA_CHAINED: u8 = 0x10;
/// Header and length field of a short command with its Le.
const SHORT_FRAME_BYTES: usize = 4 + 1 + 1;
/// Header and length field of an extended command with its Le.
const EXTENDED_FRAME_BYTES: usize = 4 + 3 + 2;

impl<T: Transport> ChipSession<T, Secured> {
    /// Sends `command`: short where its protected form fits, extended where that has at most `extended_bytes`, header and
    /// lengths included; else, and where an extended one is refused for its length, as a chain. `work` is what the whole
    /// command costs the chip. The response is that of the last command that was sent: a chain ends at the first part
    /// that is refused.
    ///
    /// # Errors
    /// The channel breaks or the card is gone.
    pub(super) fn transmit_long(
        self,
        command: &Command,
        extended_bytes: Option<usize>,
        work: ChipWork,
    ) -> Result<(Self, Response), Ended<T>> {
        let reader_bytes = self.link.transport.limits().command_bytes;
        let room_bytes = reader_bytes.saturating_sub(SHORT_FRAME_BYTES).min(SHORT_DATA_MAX_BYTES);
        let most_bytes = self.state.channel.max_command_data(room_bytes);
        if command.data.len() <= most_bytes {
            return self.transmit(command, LengthForm::Short, work);
        }
        let mut session = self;
        let room_bytes = extended_bytes.unwrap_or(0).min(reader_bytes).saturating_sub(EXTENDED_FRAME_BYTES);
        if command.data.len() <= session.state.channel.max_command_data(room_bytes) {
            let (next, response) = session.transmit(command, LengthForm::Extended, work)?;
            if !response.status.refuses_length() {
                return Ok((next, response));
            }
            session = next;
        }
        let (parts, last) = split(&command.data, most_bytes.max(1));
        let link = |cla, part: &[u8]| Command::new(cla, command.ins, command.p1, command.p2).with_data(part);
        for part in parts.chunks(most_bytes.max(1)) {
            let chained = link(command.cla | CLA_CHAINED, part);
            let (next, response) = session.transmit(&chained, LengthForm::Short, ChipWork::None)?;
            if response.status != StatusWord::OK {
                return Ok((next, response));
            }
            session = next;
        }
        let mut ending = link(command.cla, last);
        ending.ne = command.ne;
        session.transmit(&ending, LengthForm::Short, work)
    }
}

/// What goes ahead in whole parts, and the last part, which is never empty where there is data.
fn split(data: &[u8], part_bytes: usize) -> (&[u8], &[u8]) {
    let ahead = data.len().saturating_sub(1) / part_bytes * part_bytes;
    data.split_at_checked(ahead).unwrap_or((data, &[]))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_last_part_is_never_empty() {
        for (bytes, ahead) in [(0, 0), (1, 0), (10, 0), (11, 10), (20, 10), (21, 20)] {
            let data = vec![7; bytes];
            let (parts, last) = split(&data, 10);
            assert_eq!((parts.len(), last.len()), (ahead, bytes - ahead));
        }
    }
}
