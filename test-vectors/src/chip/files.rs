//! SELECT and READ BINARY. Spec: 9303-10 §3.6, ISO/IEC 7816-4 §7.

use super::command_in::Command;
use super::{Answer, Chip, Fault, status, tlv};
use crate::card::Directory;

/// The application identifier of the eMRTD application.
const AID: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// EF.CardAccess in the master file.
const CARD_ACCESS: (Directory, u16) = (Directory::MasterFile, 0x011C);
/// EF.CardSecurity in the master file.
const CARD_SECURITY: (Directory, u16) = (Directory::MasterFile, 0x011D);

impl Chip {
    /// SELECT an application, a file, or the master file.
    pub(super) fn select(&mut self, command: &Command) -> Result<Answer, u16> {
        if !matches!(command.p2, 0x00 | 0x04 | 0x0C) {
            return Err(status::WRONG_PARAMETERS);
        }
        match (command.p1, command.data.as_slice()) {
            (0x00, [] | [0x3F, 0x00]) if self.has(&Fault::RefuseSelectMasterFile) => {
                Err(status::INSTRUCTION_UNKNOWN)
            }
            (0x00, [] | [0x3F, 0x00]) => {
                self.enter(Directory::MasterFile);
                Ok(Answer::ok([]))
            }
            (0x04, aid) => {
                let refusal = self.fault(|fault| match fault {
                    Fault::RefuseApplication(sw) => Some(*sw),
                    _ => None,
                });
                if let Some(sw) = refusal {
                    return Err(sw);
                }
                // A chip that PACE alone opens does not show its application before.
                let access = &self.card.access;
                if !access.bac && !access.pace.is_empty() && !self.state.authenticated {
                    return Err(status::SECURITY_NOT_SATISFIED);
                }
                if aid != AID {
                    return Err(status::FILE_NOT_FOUND);
                }
                self.enter(Directory::Lds);
                let information = tlv::write(0x6F, &tlv::write(0x84, &AID));
                Ok(if command.p2 == 0x0C { Answer::ok([]) } else { Answer::ok(information) })
            }
            (0x02, &[high, low]) => {
                let file = (self.state.directory, u16::from_be_bytes([high, low]));
                self.locate(file)?;
                self.state.file = Some(file);
                Ok(Answer::ok([]))
            }
            (0x00, _) => Err(status::FILE_NOT_FOUND),
            (0x02, _) => Err(status::WRONG_DATA),
            _ => Err(status::WRONG_PARAMETERS),
        }
    }

    /// READ BINARY with a 15-bit offset, or with a short identifier and an 8-bit one.
    pub(super) fn read_binary(&mut self, command: &Command) -> Result<Answer, u16> {
        let (file, offset) = if command.p1 & 0x80 == 0 {
            let offset = u16::from_be_bytes([command.p1, command.p2]);
            (self.state.file.ok_or(status::NO_CURRENT_FILE)?, usize::from(offset))
        } else {
            (self.by_short_identifier(command.p1 & 0x7F)?, usize::from(command.p2))
        };
        self.locate(file)?;
        let stays = command.p1 & 0x80 != 0 && self.has(&Fault::ShortIdentifierSelectsNothing);
        if !stays {
            self.state.file = Some(file);
        }
        let room = command.ne.ok_or(status::WRONG_LENGTH)?.min(self.room_bytes(command));
        self.read(file, offset, room, command)
    }

    /// READ BINARY B1: the offset stands in data object 54, the answer in data object 53.
    pub(super) fn read_binary_odd(&mut self, command: &Command) -> Result<Answer, u16> {
        let file = match u16::from_be_bytes([command.p1, command.p2]) {
            0 => self.state.file.ok_or(status::NO_CURRENT_FILE)?,
            id @ 1..=30 => self.by_short_identifier(id.to_be_bytes()[1])?,
            id => (self.state.directory, id),
        };
        self.locate(file)?;
        self.state.file = Some(file);
        let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
        let digits = tlv::find(&objects, 0x54).filter(|digits| matches!(digits.len(), 1..=4));
        let offset =
            digits.ok_or(status::WRONG_DATA)?.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        let room = command.ne.ok_or(status::WRONG_LENGTH)?.min(self.room_bytes(command));
        // The header of data object 53 counts against the length asked for.
        let header = match room {
            0..=129 => 2,
            130..=258 => 3,
            259..=65539 => 4,
            _ => 5,
        };
        let answer = self.read(file, offset, room.saturating_sub(header), command)?;
        Ok(Answer { data: tlv::write(0x53, &answer.data), status: answer.status })
    }

    fn enter(&mut self, directory: Directory) {
        self.state.directory = directory;
        self.state.file = None;
    }

    fn read(
        &self,
        file: (Directory, u16),
        offset: usize,
        room: usize,
        command: &Command,
    ) -> Result<Answer, u16> {
        let content = self.content(file).ok_or(status::FILE_NOT_FOUND)?;
        let (offset, room) = self.stretch(offset, room);
        let rest = content.get(offset..).filter(|rest| !rest.is_empty()).ok_or(status::OFFSET_BEYOND_END)?;
        let asked_for_all = matches!(command.ne, Some(256 | 65536));
        let refusal = self.fault(|fault| match fault {
            Fault::BeyondEndRefused(sw) if rest.len() < room => Some(*sw),
            _ => None,
        });
        if let Some(sw) = refusal {
            return Err(sw);
        }
        if let (true, true, Ok(length)) =
            (self.has(&Fault::AskForExactLength), rest.len() < room, u8::try_from(rest.len()))
        {
            return Err(status::EXACT_LENGTH | u16::from(length));
        }
        let data = rest[..room.min(rest.len())].to_vec();
        // The end was reached before the length asked for; "as much as there is" cannot miss it.
        let short = rest.len() < room && !asked_for_all && !self.has(&Fault::NoEndOfFileWarning);
        Ok(Answer { data, status: if short { status::END_OF_FILE } else { status::OK } })
    }

    /// How many bytes of answer the encoding of the command leaves room for.
    fn room_bytes(&self, command: &Command) -> usize {
        match &self.state.channel {
            Some(channel) if !command.extended => channel.short_capacity_bytes(),
            // The largest protected answer stays below 65,536 bytes.
            Some(_) => 65_000,
            None => 65_536,
        }
    }

    /// The file of a short identifier: the low five bits of the file's own. Spec: 9303-10 §3.11.
    fn by_short_identifier(&self, short: u8) -> Result<(Directory, u16), u16> {
        let base = match (self.state.directory, short) {
            (_, 0 | 31..) => return Err(status::WRONG_PARAMETERS),
            (Directory::MasterFile, 0x01) => 0x2F00,
            (Directory::MasterFile, 0x1E) => return Ok((Directory::MasterFile, 0x2F00)),
            _ => 0x0100,
        };
        Ok((self.state.directory, base | u16::from(short)))
    }

    /// Whether a file may be read now.
    fn locate(&self, file: (Directory, u16)) -> Result<(), u16> {
        let refusal = self.fault(|fault| if let Fault::NoCardAccess(sw) = fault { Some(*sw) } else { None });
        if let (CARD_ACCESS, Some(sw)) = (file, refusal) {
            return Err(sw);
        }
        if file.0 == Directory::Lds || file == CARD_SECURITY {
            self.require_access()?;
        }
        if self.card.terminal_only.contains(&file) && !self.terminal_may_read(file) {
            return Err(status::SECURITY_NOT_SATISFIED);
        }
        if self.card.files.contains_key(&file) { Ok(()) } else { Err(status::FILE_NOT_FOUND) }
    }
}
