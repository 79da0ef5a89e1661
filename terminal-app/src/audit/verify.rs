//! Whether a log, or an export of one, is what the terminal wrote: all of it, nothing else, in its order.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use reader_core::pki::Fingerprint;

use super::chain::{Break, Chain, RECOVERY};
use super::error::AuditError;
use super::found::{Examined, Fault, Note};
use super::log::{AuditLog, HEAD, name_of};
use super::record::{self, Record, RecordHash};
use super::signed::{self, Extent, Head};
use crate::private_file;

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// What is examined.
#[derive(Clone, Debug)]
pub enum Source {
    /// A log's folder.
    Log(AuditLog),
    /// A file of `audit export`.
    Export(PathBuf),
}

/// The key that must have signed: known from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pinned(pub Fingerprint);

/// What is asked of a log beyond what it says itself.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The terminal's key, where it is known from elsewhere.
    pub key: Option<Pinned>,
    /// A record that the log had at an earlier time: its number and hash, out of an earlier head or export.
    pub earlier: Option<(u64, RecordHash)>,
}

/// Examines a log or an export; each record that holds is shown to `see`, in order, with the bytes since the one before:
/// its line, and what an interruption left in front of it, without the last line feed.
///
/// # Errors
/// A file cannot be read, or is no export.
pub fn examine(
    source: &Source,
    question: &Question,
    see: &mut dyn FnMut(&Record, &[u8]),
) -> Result<Examined, AuditError> {
    let mut examination = Examination::new(question, see);
    let fault = match source {
        Source::Log(log) => examination.log(log)?,
        Source::Export(path) => examination.export(path)?,
    };
    let mut examined = examination.done;
    examined.fault = fault.err();
    Ok(examined)
}

struct Examination<'a> {
    question: &'a Question,
    see: &'a mut dyn FnMut(&Record, &[u8]),
    chain: Option<Chain>,
    spki: Vec<u8>,
    /// File and line since which no record was found.
    torn_at: Option<(String, usize)>,
    /// What the first record names as the one before, as long as no record explains it.
    begins_after: Option<(u64, RecordHash)>,
    /// The record whose hash has to be this one.
    signed: Option<(u64, RecordHash)>,
    /// Records beyond the head that tell of no recovery.
    uncounted: Vec<u64>,
    last_time: Option<Timestamp>,
    found_earlier: bool,
    done: Examined,
}

type Held = Result<(), Fault>;

impl<'a> Examination<'a> {
    fn new(question: &'a Question, see: &'a mut dyn FnMut(&Record, &[u8])) -> Self {
        Self {
            question,
            see,
            chain: None,
            spki: Vec::new(),
            torn_at: None,
            begins_after: None,
            signed: None,
            uncounted: Vec::new(),
            last_time: None,
            found_earlier: question.earlier.is_none(),
            done: Examined::default(),
        }
    }

    fn log(&mut self, log: &AuditLog) -> Result<Held, AuditError> {
        // A log that may only be read has no writer here to hold off.
        let _held = log.lock().ok();
        let (files, head) = (log.files()?, log.head_bytes()?);
        let head = match head.map(|bytes| Head::read(&bytes)) {
            Some(None) => return Ok(Err(Fault::Head)),
            Some(Some(head)) => Some(head),
            None => None,
        };
        if let Some(head) = &head
            && let Err(fault) = self.begin(&head.key, (head.count, head.hash), &head.time)
        {
            return Ok(Err(fault));
        }
        let mut whole = true;
        for (_, path) in &files {
            let bytes = read(path)?;
            if !whole && !bytes.is_empty() {
                return Ok(Err(self.broken(&name_of(path), 1, Break::Changed)));
            }
            if !bytes.is_empty()
                && let Err(fault) = self.lines(&bytes, &name_of(path))
            {
                return Ok(Err(fault));
            }
            whole = bytes.is_empty() || bytes.ends_with(b"\n");
        }
        Ok(self.end_of_log(head.is_some()))
    }

    fn export(&mut self, path: &Path) -> Result<Held, AuditError> {
        let bytes = read(path)?;
        let end = bytes.strip_suffix(b"\n").and_then(|rest| rest.iter().rposition(|byte| *byte == b'\n'));
        let (records, last) = bytes.split_at(end.map_or(0, |at| at + 1));
        let Some(extent) = Extent::read(last) else { return Ok(Err(Fault::Head)) };
        if let Err(fault) = self.begin(&extent.key, (extent.last, extent.hash), &extent.time) {
            return Ok(Err(fault));
        }
        self.chain = Some(Chain::after(extent.first.saturating_sub(1), extent.previous));
        // The end of the log then is as good as a record seen.
        self.meets(extent.log_count, extent.log_hash);
        let held = self.lines(records, &name_of(path)).and_then(|()| self.end_of_export());
        Ok(held)
    }

    /// Takes the key and the signed end, as far as they hold.
    fn begin(&mut self, key: &str, signed: (u64, RecordHash), time: &str) -> Held {
        self.spki = signed::decoded(key);
        self.signed = Some(signed);
        let found = Fingerprint::of(&self.spki);
        (self.done.key, self.done.signed_at) = (Some(found), Some(time.to_owned()));
        match self.question.key {
            Some(Pinned(pinned)) if pinned != found => Err(Fault::OtherKey { found }),
            _ => Ok(()),
        }
    }

    fn lines(&mut self, bytes: &[u8], file: &str) -> Held {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (whole, rest) = bytes.split_at(whole);
        let lines =
            whole.strip_suffix(b"\n").into_iter().flat_map(|lines| lines.split(|byte| *byte == b'\n'));
        // From the end of the last record to that of the line.
        let (mut begin, mut end) = (0, 0);
        for (number, line) in lines.enumerate() {
            end += line.len() + usize::from(number > 0);
            if self.chain.is_none() {
                self.start(line);
            }
            let taken = match &mut self.chain {
                Some(chain) => chain.take(line),
                None => Err(Break::Changed),
            };
            match taken {
                Ok(Some(record)) => {
                    self.record(&record, bytes.get(begin..end).unwrap_or_default())?;
                    begin = end + 1;
                    self.torn_at = None;
                }
                Ok(None) => {
                    self.torn_at.get_or_insert_with(|| (file.to_owned(), number + 1));
                }
                Err(what) => return Err(self.broken(file, number + 1, what)),
            }
        }
        let line = whole.iter().filter(|byte| **byte == b'\n').count() + 1;
        if !rest.is_empty() {
            self.torn_at.get_or_insert_with(|| (file.to_owned(), line));
        }
        let chain = self.chain.get_or_insert(Chain::after(0, RecordHash::NONE));
        chain.take_rest(rest).map_err(|what| self.broken(file, line, what))
    }

    fn broken(&self, file: &str, line: usize, what: Break) -> Fault {
        let seq = self.chain.as_ref().map_or(0, |chain| chain.seq) + 1;
        // What does not hold began where the last record ended.
        let (file, line) = self.torn_at.clone().unwrap_or_else(|| (file.to_owned(), line));
        Fault::Record { seq, file, line, what }
    }

    /// Number of the record before the first one.
    fn before(&self) -> u64 {
        self.begins_after.map_or(0, |(seq, _)| seq)
    }

    /// The chain begins at number 1, or where what was removed ended.
    fn start(&mut self, line: &[u8]) {
        let first = record::read(line).ok().filter(|record| record.seq > 1);
        let chain = first.map_or(Chain::after(0, RecordHash::NONE), |first| {
            self.begins_after = Some((first.seq - 1, first.previous));
            Chain::after(first.seq - 1, first.previous)
        });
        self.chain = Some(chain);
    }

    fn record(&mut self, record: &Record, bytes: &[u8]) -> Held {
        let seq = record.seq;
        if self.done.first == 0 {
            self.done.first = seq;
        }
        (self.done.last, self.done.hash) = (seq, Some(record.hash));
        match self.signed {
            Some((counted, hash)) if counted == seq && hash != record.hash => {
                return Err(Fault::HeadHash { seq });
            }
            Some((counted, _)) if seq > counted && record.kind != RECOVERY => self.uncounted.push(seq),
            _ => {}
        }
        self.meets(seq, record.hash);
        match record.kind.as_str() {
            "checkpoint" => self.checkpoint(record)?,
            RECOVERY => {
                if let Some(bytes) = record.body["torn"]["bytes"].as_u64() {
                    self.done.notes.push(Note::Torn { seq, bytes });
                }
                let uncounted = record.body["uncounted"].as_u64().unwrap_or_default().min(seq - 1);
                self.done.notes.extend((seq - uncounted..seq).map(|seq| Note::Uncounted { seq }));
            }
            "removed" => self.removed(record),
            _ => {}
        }
        let time = record.time.parse::<Timestamp>().ok();
        if self.last_time > time {
            self.done.notes.push(Note::ClockBack { seq });
        }
        self.last_time = time;
        (self.see)(record, bytes);
        Ok(())
    }

    fn checkpoint(&self, record: &Record) -> Held {
        let signature = record.body["signature"].as_str().unwrap_or_default();
        let says = (
            record.body["count"].as_u64(),
            record.body["hash"].as_str() == Some(&record.previous.to_string()),
        );
        // Where there is no head yet, no key is known by which it could be checked.
        let holds = says == (Some(record.seq - 1), true)
            && (self.spki.is_empty()
                || signed::checkpoint_holds(
                    &self.spki,
                    record.seq - 1,
                    record.previous,
                    &record.time,
                    signature,
                ));
        if holds { Ok(()) } else { Err(Fault::Checkpoint { seq: record.seq }) }
    }

    fn removed(&mut self, record: &Record) {
        let hash = record.body["hash"].as_str();
        if let (Some(through), Some((seq, before))) = (record.body["through"].as_u64(), self.begins_after)
            && seq <= through
            && (seq < through || hash == Some(&before.to_string()))
        {
            self.done.notes.push(Note::Removed { through: seq });
            self.begins_after = None;
        }
    }

    fn meets(&mut self, seq: u64, hash: RecordHash) {
        self.found_earlier |= self.question.earlier == Some((seq, hash));
    }

    fn end_of_log(&mut self, has_head: bool) -> Held {
        let torn = self.chain.as_ref().and_then(Chain::torn_now);
        let last = self.done.last;
        if !has_head {
            // Interrupted before its first head: not one record was ever said to stand.
            let beginning = self.before() == 0 && last <= 1;
            if !beginning {
                return Err(Fault::NoHead);
            }
        }
        let (counted, _) = self.signed.unwrap_or((0, RecordHash::NONE));
        if last < counted {
            let seq = last.max(self.before()) + 1;
            return Err(match torn {
                Some(_) => self.broken(HEAD, 1, Break::Changed),
                None => Fault::Cut { seq, counted },
            });
        }
        if let [_, second, ..] = self.uncounted.as_slice() {
            return Err(Fault::Uncounted { seq: *second });
        }
        if let Some((seq, _)) = self.begins_after {
            return Err(Fault::Beginning { seq: seq + 1 });
        }
        self.done.notes.extend((counted + 1..=last).map(|seq| Note::Uncounted { seq }));
        if let Some((bytes, _)) = torn {
            self.done.notes.push(Note::Torn { seq: last + 1, bytes });
        }
        self.earlier_found()
    }

    fn end_of_export(&mut self) -> Held {
        let (counted, _) = self.signed.unwrap_or((0, RecordHash::NONE));
        match &self.chain {
            Some(chain) if chain.torn_now().is_some() => Err(self.broken("", 1, Break::Changed)),
            Some(chain) if chain.seq < counted => Err(Fault::Cut { seq: chain.seq + 1, counted }),
            Some(chain) if chain.seq > counted => Err(Fault::Uncounted { seq: counted + 1 }),
            _ => self.earlier_found(),
        }
    }

    fn earlier_found(&self) -> Held {
        match self.question.earlier {
            Some((seq, _)) if !self.found_earlier && self.question_concerns(seq) => Err(Fault::Older { seq }),
            _ => Ok(()),
        }
    }

    /// What was removed in its time cannot be asked for any more.
    fn question_concerns(&self, seq: u64) -> bool {
        self.done.first == 0 || seq >= self.done.first
    }
}

fn read(path: &Path) -> Result<Vec<u8>, AuditError> {
    let bytes = private_file::read(path, MAX_FILE_BYTES).map_err(AuditError::disk(path))?;
    bytes.ok_or_else(|| AuditError::disk(path)(std::io::ErrorKind::NotFound.into()))
}

/// The last record that a copy of a head, or an export, says the log had: number and hash. `None`: it is neither, or is not
/// signed. Whose signature it is, the log's own key has to show.
///
/// # Errors
/// The file cannot be read.
pub fn earlier(path: &Path) -> Result<Option<(u64, RecordHash)>, AuditError> {
    let bytes = read(path)?;
    let end = bytes.strip_suffix(b"\n").and_then(|rest| rest.iter().rposition(|byte| *byte == b'\n'));
    let last = bytes.get(end.map_or(0, |at| at + 1)..).unwrap_or_default();
    let of_head = Head::read(last).map(|head| (head.count, head.hash));
    Ok(of_head.or_else(|| Extent::read(last).map(|extent| (extent.log_count, extent.log_hash))))
}
