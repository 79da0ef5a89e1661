//! Reading a file: which command comes next, and what a response means for it. No exchange happens here.
//!
//! The first READ BINARY addresses the file by its short identifier and gives the length of the whole; the rest follows
//! by offset. Spec: 9303-10 §3.6.1.2, §3.6.3; ISO/IEC 7816-4 §11.2.

use crate::capture::FileState;
use crate::channel::Idle;
use crate::lds::FileId;
use crate::lds::atr_info::AtrInfo;
use crate::transport::Limits;
use crate::wire::apdu::{Command, LengthForm, Response};
use crate::wire::status::StatusWord;
use crate::wire::tlv::{self, Rules};
use crate::wire::{Malformed, Problem};

use super::PartialFile;

/// The last offset that P1 P2 can carry. Beyond it, READ BINARY has an odd instruction. Spec: 9303-10 §3.6.3.2.
const EVEN_END: usize = 0x8000;
/// Tag and length of DO53 around the data of an odd READ BINARY in a short response.
const DO_53_BYTES: usize = 3;
/// The same in an extended response.
const DO_53_EXTENDED_BYTES: usize = 4;
/// Chunks that are tried in turn where card or reader do not manage the one before: those that work in the field.
const SMALLER_CHUNKS: [usize; 5] = [192, 160, 128, 96, 64];
/// An answer that is shorter than asked for is no measure of what the card gives at once below this.
const LEAST_CHUNK: usize = 64;
/// Enough for tag and length of any file, and less than any file has.
const HEAD_BYTES: usize = 8;

/// How much may be read at once and in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// Largest file that is read; one that announces more is left alone.
    pub max_file_bytes: usize,
    /// What the card itself declares (ATS or EF.ATR/INFO). Without it, commands stay short. Spec: 9303-11 §9.3.1.2.
    pub declared: Option<Limits>,
    /// Most bytes of a file to ask for in a short command, where card or reader have shown that they manage no more.
    pub chunk_bytes: Option<usize>,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self { max_file_bytes: 256 * 1024, declared: None, chunk_bytes: None }
    }
}

/// What EF.ATR/INFO declares: only sizes count, since without them no size is known to be safe. Spec: 9303-10 §3.11.1;
/// 9303-11 §9.3.1.2.
pub(super) fn declared_by(atr_info: &[u8]) -> Option<Limits> {
    let info = AtrInfo::parse(atr_info).ok()?;
    let command_bytes = usize::try_from(info.command_bytes?).ok()?;
    let response_bytes = usize::try_from(info.response_bytes?).ok()?;
    let longer = command_bytes > Limits::SHORT.command_bytes && response_bytes > Limits::SHORT.response_bytes;
    longer.then_some(Limits { command_bytes, response_bytes, extended: true })
}

impl ReadLimits {
    /// Most plaintext in a short and, where card and reader both can, in an extended response.
    pub(super) fn chunks(&self, channel: &Idle, reader: Limits) -> (usize, Option<usize>) {
        let room = |limits: Limits| limits.response_bytes.saturating_sub(2);
        let short = channel.max_response_data(room(reader).min(room(Limits::SHORT)));
        let short = self.chunk_bytes.map_or(short, |most| short.min(most));
        let extended = self.declared.filter(|card| card.extended && reader.extended).map(|card| {
            let least = room(card).min(room(reader)).min(room(Limits::EXTENDED));
            channel.max_response_data(least)
        });
        (short.max(1), extended.filter(|most| *most > short))
    }

    /// Asks for less at once from now on; `false` where there is nothing left to try.
    pub(super) fn step_down(&mut self) -> bool {
        let now = self.chunk_bytes.unwrap_or(usize::MAX);
        let smaller = SMALLER_CHUNKS.into_iter().find(|smaller| *smaller < now);
        self.chunk_bytes = smaller.or(self.chunk_bytes);
        smaller.is_some()
    }

    /// The largest size of this file that is believed: small files have no business being large.
    fn file_max_bytes(&self, file: FileId) -> usize {
        let own = match (file, file.as_group().map(crate::lds::DataGroup::number)) {
            (FileId::CARD_ACCESS | FileId::COM | FileId::ATR_INFO, _) => 8 * 1024,
            (_, Some(1 | 13 | 14 | 15)) => 32 * 1024,
            (FileId::SOD | FileId::CARD_SECURITY, _) => 64 * 1024,
            _ => usize::MAX,
        };
        own.min(self.max_file_bytes)
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// Its state, with the bytes if it was read.
    pub state: FileState,
    /// The short identifier was refused and SELECT was used.
    pub selected_by_identifier: bool,
    /// An extended command was refused.
    pub extended_refused: bool,
    /// Card or reader managed no more than so many bytes at once.
    pub chunk_bytes: Option<usize>,
    /// It announced this many bytes, which is more than is read.
    pub too_large_bytes: Option<usize>,
    /// The status word that the chip refused it with, if it did.
    pub refused: Option<StatusWord>,
    /// It does not begin as it did before the reading was broken off: another file, or another chip.
    pub changed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    /// By short identifier, in the first command.
    Short(u8),
    /// To be selected by its file identifier.
    Select,
    /// It is the current file.
    Current,
}

/// Reads one file, command by command.
pub(super) struct FileReader {
    file: FileId,
    address: Address,
    selected: bool,
    max_bytes: usize,
    chunk: usize,
    extended: Option<usize>,
    extended_refused: bool,
    /// The Ne that the chip asked for with 6Cxx.
    wanted: Option<usize>,
    /// The first few bytes were asked for alone, since the chip refuses to read beyond a file's end.
    head_asked: bool,
    /// The chunk was made smaller, and this one works.
    learnt_chunk: Option<usize>,
    /// The chip said that the file ends here (6282).
    ended: bool,
    /// The last answer was shorter than asked for, by the chip's own choice.
    given_short: Option<usize>,
    total: Option<usize>,
    bytes: Vec<u8>,
    /// What came before the reading was broken off. The first part is read again: that selects the file, and shows whether
    /// it is the same.
    earlier: Vec<u8>,
    short_answers: usize,
}

impl FileReader {
    pub fn new(file: FileId, limits: &ReadLimits, chunk: usize, extended: Option<usize>) -> Self {
        Self {
            file,
            address: file.short().map_or(Address::Select, Address::Short),
            selected: false,
            max_bytes: limits.file_max_bytes(file),
            chunk,
            extended,
            extended_refused: false,
            wanted: None,
            head_asked: false,
            learnt_chunk: None,
            ended: false,
            given_short: None,
            total: None,
            bytes: Vec::new(),
            earlier: Vec::new(),
            short_answers: 0,
        }
    }

    /// The same by SELECT from the start, for a chip that is known to refuse short identifiers.
    pub fn selecting(self, selecting: bool) -> Self {
        if selecting { Self { address: Address::Select, selected: true, ..self } } else { self }
    }

    /// The same after `earlier` came in a session that ended.
    pub fn after(self, earlier: Vec<u8>) -> Self {
        Self { earlier, ..self }
    }

    /// Bytes read and bytes in all, as far as known.
    pub fn progress(&self) -> (usize, usize) {
        (self.bytes.len(), self.total.unwrap_or(self.bytes.len()))
    }

    pub fn into_partial(self) -> PartialFile {
        let bytes = if self.bytes.is_empty() { self.earlier } else { self.bytes };
        PartialFile { file: self.file, bytes }
    }

    /// The next command and the form of its lengths.
    pub fn next_command(&self) -> (Command, LengthForm) {
        let [.., id_high, id_low] = self.file.id.to_be_bytes();
        match self.address {
            Address::Select => {
                (Command::new(0x00, 0xA4, 0x02, 0x0C).with_data([id_high, id_low]), LengthForm::Short)
            }
            Address::Short(short) => {
                let ne = self.wanted.unwrap_or(self.chunk);
                (Command::new(0x00, 0xB0, 0x80 | short, 0x00).expecting(ne), LengthForm::Short)
            }
            Address::Current => self.next_part(),
        }
    }

    fn next_part(&self) -> (Command, LengthForm) {
        let offset = self.bytes.len();
        let left = self.total.map_or(self.chunk, |total| total.saturating_sub(offset)).max(1);
        let (most, form) = match self.extended {
            Some(most) if left > self.chunk => (most, LengthForm::Extended),
            _ => (self.chunk, LengthForm::Short),
        };
        let [.., offset_high, offset_low] = offset.to_be_bytes();
        if offset < EVEN_END {
            let count = left.min(most).min(EVEN_END - offset);
            let ne = self.wanted.unwrap_or(count);
            return (Command::new(0x00, 0xB0, offset_high, offset_low).expecting(ne), form);
        }
        let wrapper_bytes = if form == LengthForm::Short { DO_53_BYTES } else { DO_53_EXTENDED_BYTES };
        let count = left.min(most.saturating_sub(wrapper_bytes)).max(1);
        let ne = self.wanted.unwrap_or(count + wrapper_bytes);
        let significant = offset.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        (Command::new(0x00, 0xB1, 0x00, 0x00).with_data(tlv::encode(0x54, &significant)).expecting(ne), form)
    }

    /// Takes the response to [`Self::next_command`]; gives the outcome once there is one.
    pub fn take(&mut self, response: &Response) -> Option<FileRead> {
        let status = response.status;
        if self.address == Address::Select {
            return match status {
                StatusWord::OK => {
                    self.address = Address::Current;
                    None
                }
                _ => Some(self.refused(status)),
            };
        }
        if let Some(ne) = status.correct_le().filter(|_| self.wanted.is_none()) {
            self.wanted = Some(usize::from(ne));
            return None;
        }
        if self.refuses_extended(status) {
            (self.extended, self.extended_refused) = (None, true);
            return None;
        }
        let wrong_length = status == StatusWord::WRONG_LENGTH
            || (status.correct_le().is_some() && self.address == Address::Current);
        if wrong_length && self.shrink() {
            return None;
        }
        match status {
            StatusWord::OK | StatusWord::END_OF_FILE => self.append(response),
            // Past the end, or a length that the chip calls an offset.
            StatusWord::WRONG_PARAMETERS if !self.bytes.is_empty() => self.shrink_or_finish(),
            _ => self.first_refusal(status),
        }
    }

    fn append(&mut self, response: &Response) -> Option<FileRead> {
        let odd = self.bytes.len() >= EVEN_END && self.address == Address::Current;
        let data = if odd {
            match tlv::single("READ BINARY response", Rules::Ber, 0x53, &response.data) {
                Ok(object) => object.value,
                Err(_) => return Some(self.refused(response.status)),
            }
        } else {
            response.data.as_slice()
        };
        let (command, form) = self.next_command();
        if matches!(self.address, Address::Short(_)) {
            self.address = Address::Current;
        }
        let at_end = response.status == StatusWord::END_OF_FILE;
        if data.is_empty() {
            // An end, or a reader that gives nothing where it cannot give all.
            self.ended |= at_end;
            return self.shrink_or_finish();
        }
        let first = self.bytes.is_empty();
        self.bytes.extend_from_slice(data);
        if first && !self.take_up_earlier() {
            let mut read = self.broken_off();
            read.changed = true;
            return Some(read);
        }
        if self.total.is_none() {
            // EF.ATR/INFO is a row of data objects, so its first one says nothing about the whole.
            let one_object = self.file != FileId::ATR_INFO;
            self.total = tlv::announced_size("file", &self.bytes).ok().filter(|_| one_object);
            if let Some(announced) = self.total.filter(|total| *total > self.max_bytes) {
                let mut read = self.broken_off();
                read.too_large_bytes = Some(announced);
                return Some(read);
            }
        }
        let wanted = self.wanted.take();
        if self.total.is_some_and(|total| self.bytes.len() >= total) {
            return Some(self.finish());
        }
        let asked = command.ne.unwrap_or(self.chunk);
        let asked = if odd { asked.saturating_sub(DO_53_BYTES) } else { asked };
        let short = data.len() < asked;
        let cut = self.is_cut_in_header() && !at_end;
        if self.total.is_none() && !(first && self.bytes.len() > data.len()) && (at_end || short) && !cut {
            return Some(self.finish());
        }
        // 6282 inside the announced size: whether it is true shows with the next command.
        self.ended = at_end;
        if form == LengthForm::Short && !odd {
            self.note_given(data.len(), short && !at_end, wanted);
        }
        if self.bytes.len() > self.max_bytes {
            return Some(self.broken_off());
        }
        // A chip that gives a few bytes each time would hold the reader for hours.
        self.short_answers += usize::from(data.len() < 16);
        (self.short_answers > 16).then(|| self.broken_off())
    }

    /// Learns from what was given how much to ask for: what the chip itself named (6Cxx), or gave twice.
    fn note_given(&mut self, given: usize, short: bool, wanted: Option<usize>) {
        let named = wanted.is_some_and(|wanted| wanted == given);
        let twice = short && self.given_short == Some(given);
        self.given_short = short.then_some(given);
        if (named || twice) && (LEAST_CHUNK..self.chunk).contains(&given) {
            (self.chunk, self.learnt_chunk) = (given, Some(given));
        }
    }

    /// Asks for less, unless the file may well end here.
    fn shrink_or_finish(&mut self) -> Option<FileRead> {
        let may_be_end = self.ended || (self.total.is_none() && !self.is_cut_in_header());
        if !may_be_end && self.shrink() { None } else { Some(self.finish()) }
    }

    /// Goes on where the ended session stopped; `false` if the file begins otherwise now.
    fn take_up_earlier(&mut self) -> bool {
        let earlier = std::mem::take(&mut self.earlier);
        let common = earlier.len().min(self.bytes.len());
        let same = earlier.get(..common) == self.bytes.get(..common);
        if !same || earlier.len() > common {
            self.bytes = earlier;
        }
        same
    }

    /// The chip, under a valid MAC, does not take the extended command that it was sent.
    fn refuses_extended(&self, status: StatusWord) -> bool {
        const NO_DIAGNOSIS: StatusWord = StatusWord(0x6F00);
        let refusals = [StatusWord::WRONG_LENGTH, StatusWord::INSTRUCTION_NOT_SUPPORTED, NO_DIAGNOSIS];
        self.next_command().1 == LengthForm::Extended && refusals.contains(&status)
    }

    /// A length that this card or reader cannot do: the next smaller one.
    fn shrink(&mut self) -> bool {
        self.wanted = None;
        let smaller = SMALLER_CHUNKS.into_iter().find(|smaller| *smaller < self.chunk);
        if let Some(smaller) = smaller {
            (self.chunk, self.learnt_chunk) = (smaller, Some(smaller));
        }
        smaller.is_some()
    }

    fn first_refusal(&mut self, status: StatusWord) -> Option<FileRead> {
        let final_answer = matches!(status, StatusWord::NOT_FOUND | StatusWord::SECURITY_NOT_SATISFIED);
        if matches!(self.address, Address::Short(_)) && !final_answer {
            // The chip may not know short identifiers.
            self.address = Address::Select;
            self.selected = true;
            self.wanted = None;
            return None;
        }
        // It may refuse to read beyond the end, and how long the file is stands in its first bytes.
        let has_head = self.file != FileId::ATR_INFO && self.bytes.is_empty();
        if has_head && !final_answer && !std::mem::replace(&mut self.head_asked, true) {
            self.wanted = Some(HEAD_BYTES);
            return None;
        }
        Some(self.refused(status))
    }

    fn refused(&mut self, status: StatusWord) -> FileRead {
        let mut read = self.broken_off();
        read.refused = Some(status);
        read.changed = !self.earlier.is_empty();
        if self.bytes.is_empty() {
            match status {
                StatusWord::NOT_FOUND => read.state = FileState::Absent,
                StatusWord::SECURITY_NOT_SATISFIED => read.state = FileState::Protected,
                _ => {}
            }
        }
        read
    }

    fn broken_off(&self) -> FileRead {
        self.outcome(FileState::Aborted { read_bytes: self.bytes.len() })
    }

    /// The bytes so far end before the length of the file's one object is whole: no file ends there.
    fn is_cut_in_header(&self) -> bool {
        let cut = |fault: Malformed| matches!(fault.problem, Problem::Truncated { .. });
        self.file != FileId::ATR_INFO && tlv::announced_size("file", &self.bytes).is_err_and(cut)
    }

    /// Bytes beyond the announced size are room that the file does not use.
    fn finish(&mut self) -> FileRead {
        if self.is_cut_in_header() {
            return self.broken_off();
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        if let Some(total) = self.total {
            bytes.truncate(total);
        }
        self.outcome(FileState::Read(bytes))
    }

    fn outcome(&self, state: FileState) -> FileRead {
        // What a file was given up with is nothing that works.
        let chunk_bytes = self.learnt_chunk.filter(|_| matches!(state, FileState::Read(_)));
        FileRead {
            chunk_bytes,
            state,
            selected_by_identifier: self.selected,
            extended_refused: self.extended_refused,
            too_large_bytes: None,
            refused: None,
            changed: false,
        }
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
