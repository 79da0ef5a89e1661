//! What the outbox keeps, and every change to it. Each method is one transaction: it happens as a whole, and once it has
//! returned it survives a loss of power.

use std::path::PathBuf;

use reader_core::evidence::Reason;
use rusqlite::{OptionalExtension as _, Row, Transaction as Change, TransactionBehavior, params};
use zeroize::Zeroizing;

use super::entry::{Due, Entry, Head, State};
use super::file::{OutboxFile, damaged_in};
use super::pace::LONGEST_PAUSE_MS;
use super::seal::Seal;
use super::{Bounds, OutboxError, OutboxSettings};
use crate::connectors::Record;
use crate::transaction::{IdempotencyKey, Transaction};

/// A payload beyond this is none that is made here.
const MAX_PAYLOAD_BYTES: usize = 256 << 10;
/// Entries of which nothing but the history is kept, beyond which the oldest go.
const MAX_HISTORY: u32 = 20_000;
/// The longest text of a fault, a reference or a reason of staff that is kept.
const MAX_NOTE_CHARS: usize = 300;
/// What the key check seals.
const KEY_CHECK: &str = "idterm outbox key check";

/// An open outbox. Each thread opens its own.
pub struct Store {
    file: OutboxFile,
    seal: Seal,
    bounds: Bounds,
    folder: PathBuf,
}

/// A delivery that the outbox has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its recipient.
    pub recipient: String,
    /// Its key.
    pub key: IdempotencyKey,
    /// It was there already, and nothing changed.
    pub known: bool,
}

impl Store {
    /// Opens the outbox, and makes it where there is none. A damaged file is set aside: [`Self::damaged`] names it.
    ///
    /// # Errors
    /// It cannot be opened for writing, its key is missing or another one, or it is no outbox.
    pub fn open(settings: &OutboxSettings, now_ms: i64) -> Result<Self, OutboxError> {
        let (file, _held) = OutboxFile::open(&settings.folder, now_ms)?;
        let check = key_check(&file)?;
        let seal = Seal::open(&settings.folder, settings.key.as_ref(), check.is_some())?;
        let mut store = Self { file, seal, bounds: settings.bounds, folder: settings.folder.clone() };
        match check {
            Some(check) if store.seal.open_payload(&check, KEY_CHECK).is_some() => {}
            Some(_) => return Err(OutboxError::WrongKey(store.file.path)),
            None => store.mark_key()?,
        }
        Ok(store)
    }

    /// The damaged file that this opening set aside. `None`: the file was sound.
    #[must_use]
    pub fn damaged(&self) -> Option<&PathBuf> {
        self.file.damaged.as_ref()
    }

    /// Every damaged file that lies in the outbox's folder.
    #[must_use]
    pub fn all_damaged(&self) -> Vec<PathBuf> {
        damaged_in(&self.folder)
    }

    /// Keeps deliveries until their recipients have them: all of them, or on an error none. One that is known already by its
    /// key, waiting or ended, stays as it is.
    ///
    /// # Errors
    /// The bounds are reached, or the disk does not take it.
    pub fn accept(
        &mut self,
        deliveries: &[(&str, Record)],
        now_ms: i64,
    ) -> Result<Vec<Accepted>, OutboxError> {
        let mut sealed = Vec::with_capacity(deliveries.len());
        for (recipient, record) in deliveries {
            let key = record.transaction.key_for(recipient);
            sealed.push((key, *recipient, record.transaction, self.close(record, &key, recipient)?));
        }
        let bounds = self.bounds;
        self.change(|change| {
            let mut accepted = Vec::with_capacity(sealed.len());
            for (key, recipient, verification, payload) in &sealed {
                let added = change.execute(
                    "INSERT INTO entries (key, verification, recipient, state, accepted_ms, changed_ms, next_try_ms, payload)
                     VALUES (?1, ?2, ?3, 'waiting', ?4, ?4, ?4, ?5) ON CONFLICT (key) DO NOTHING",
                    params![key.to_string(), verification.to_string(), recipient, now_ms, payload],
                )?;
                let recipient = (*recipient).to_owned();
                accepted.push(Accepted { recipient, key: *key, known: added == 0 });
            }
            if accepted.iter().all(|one| one.known) {
                return Ok(Ok(accepted));
            }
            let (entries, bytes) = change.query_row(
                "SELECT count(*), coalesce(sum(length(payload)), 0) FROM entries WHERE payload IS NOT NULL",
                [],
                |row| Ok((number(row, 0)?, number(row, 1)?)),
            )?;
            Ok(match within(bounds, entries, bytes) {
                Ok(()) => Ok(accepted),
                Err(full) => Err(full),
            })
        })
    }

    /// The first in line for a recipient.
    ///
    /// # Errors
    /// The outbox cannot be read.
    pub fn head(&self, recipient: &str, now_ms: i64) -> Result<Head, OutboxError> {
        let found = self.file.connection.query_row(
            "SELECT key, attempts, accepted_ms, next_try_ms, payload FROM entries
             WHERE recipient = ?1 AND state = 'waiting' ORDER BY seq LIMIT 1",
            [recipient],
            |row| {
                let due = Due {
                    key: key_of(row, 0)?,
                    attempts: row.get(1)?,
                    accepted_ms: row.get(2)?,
                    record: None,
                };
                Ok((due, row.get::<_, i64>(3)?, row.get::<_, Vec<u8>>(4)?))
            },
        );
        let Some((due, next_try_ms, payload)) = found.optional().map_err(|error| self.error(&error))? else {
            return Ok(Head::Nothing);
        };
        // A moment beyond every pause was written under a clock that has been set back since.
        let longest = i64::try_from(LONGEST_PAUSE_MS).unwrap_or(i64::MAX);
        if next_try_ms > now_ms && next_try_ms <= now_ms.saturating_add(longest) {
            return Ok(Head::At(next_try_ms));
        }
        let opened = self.seal.open_payload(&payload, &about(&due.key, recipient));
        let record = opened.and_then(|plain| serde_json::from_slice(&plain).ok());
        Ok(Head::Due(Box::new(Due { record, ..due })))
    }

    /// The recipient has it: the payload is deleted.
    ///
    /// # Errors
    /// The disk does not take it. Then the delivery may be repeated, under the same key.
    pub fn delivered(
        &mut self,
        key: &IdempotencyKey,
        reference: Option<&str>,
        now_ms: i64,
    ) -> Result<(), OutboxError> {
        self.change(|change| {
            // Also where staff gave it up while it was under way: the recipient has it.
            change.execute(
                "UPDATE entries SET state = 'delivered', changed_ms = ?2, note = ?3, reason = NULL, fault = NULL,
                 attempts = attempts + 1, payload = NULL WHERE key = ?1 AND state <> 'delivered'",
                params![key.to_string(), now_ms, reference.map(short)],
            )?;
            Ok(Ok(()))
        })
    }

    /// The attempt failed; the next is made at `next_try_ms`.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn later(
        &mut self,
        key: &IdempotencyKey,
        fault: &str,
        next_try_ms: i64,
        now_ms: i64,
    ) -> Result<(), OutboxError> {
        self.change(|change| {
            change.execute(
                "UPDATE entries SET attempts = attempts + 1, fault = ?2, next_try_ms = ?3, changed_ms = ?4
                 WHERE key = ?1 AND state = 'waiting'",
                params![key.to_string(), short(fault), next_try_ms, now_ms],
            )?;
            Ok(Ok(()))
        })
    }

    /// No attempt will help: those behind it in line go on without it. Its payload stays for staff until the site's time is
    /// over.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn set_aside(
        &mut self,
        key: &IdempotencyKey,
        reason: Reason,
        fault: &str,
        now_ms: i64,
    ) -> Result<(), OutboxError> {
        self.change(|change| {
            change.execute(
                "UPDATE entries SET state = 'set_aside', reason = ?2, fault = ?3, changed_ms = ?4, attempts = attempts + 1
                 WHERE key = ?1 AND state = 'waiting'",
                params![key.to_string(), reason.number(), short(fault), now_ms],
            )?;
            Ok(Ok(()))
        })
    }

    /// Sets aside what has waited for this recipient beyond the site's time, and wipes its payload. Gives how many.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn expire(&mut self, recipient: &str, now_ms: i64) -> Result<usize, OutboxError> {
        let before_ms = before(now_ms, self.bounds.max_age_s);
        self.change(|change| {
            Ok(Ok(change.execute(
                "UPDATE entries SET state = 'set_aside', reason = ?3, changed_ms = ?4, payload = NULL
                 WHERE recipient = ?1 AND state = 'waiting' AND accepted_ms < ?2",
                params![recipient, before_ms, Reason::DeliveryTooOld.number(), now_ms],
            )?))
        })
    }

    /// Wipes the payloads of what was set aside beyond the site's time, and forgets what ended long ago.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn tidy(&mut self, now_ms: i64) -> Result<(), OutboxError> {
        let (old_ms, ended_ms) = (before(now_ms, self.bounds.max_age_s), before(now_ms, self.bounds.keep_s));
        self.change(|change| {
            change.execute(
                "UPDATE entries SET payload = NULL WHERE state = 'set_aside' AND payload IS NOT NULL AND accepted_ms < ?1",
                [old_ms],
            )?;
            change.execute("DELETE FROM entries WHERE payload IS NULL AND changed_ms < ?1", [ended_ms])?;
            change.execute(
                "DELETE FROM entries WHERE seq IN
                 (SELECT seq FROM entries WHERE payload IS NULL ORDER BY changed_ms DESC, seq DESC LIMIT -1 OFFSET ?1)",
                [MAX_HISTORY],
            )?;
            Ok(Ok(()))
        })
    }

    /// Staff wants it tried again, now. It stands where it stood in line.
    ///
    /// # Errors
    /// There is no such delivery, or it has no payload any more.
    pub fn resend(&mut self, key: &IdempotencyKey, now_ms: i64) -> Result<(), OutboxError> {
        self.end(
            "UPDATE entries SET state = 'waiting', reason = NULL, changed_ms = ?2, next_try_ms = ?2, note = ?3
             WHERE key = ?1 AND payload IS NOT NULL",
            key,
            now_ms,
            None,
        )
    }

    /// Staff gives it up: its payload is deleted, and the reason is kept with it.
    ///
    /// # Errors
    /// There is no such delivery, or it has ended.
    pub fn drop_entry(&mut self, key: &IdempotencyKey, why: &str, now_ms: i64) -> Result<(), OutboxError> {
        self.end(
            "UPDATE entries SET state = 'dropped', reason = NULL, changed_ms = ?2, note = ?3, payload = NULL
             WHERE key = ?1 AND state IN ('waiting', 'set_aside')",
            key,
            now_ms,
            Some(why),
        )
    }

    /// Every delivery that is known, in the order in which they were accepted.
    ///
    /// # Errors
    /// The outbox cannot be read.
    pub fn list(&self) -> Result<Vec<Entry>, OutboxError> {
        let read = || {
            let mut all = self.file.connection.prepare(
                "SELECT key, verification, recipient, accepted_ms, attempts, fault, state, changed_ms, next_try_ms, reason,
                 note, payload IS NOT NULL FROM entries ORDER BY seq",
            )?;
            all.query_map([], entry)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.error(&error))
    }

    /// Recipients for whom something waits.
    ///
    /// # Errors
    /// The outbox cannot be read.
    pub fn awaited(&self) -> Result<Vec<String>, OutboxError> {
        let read = || {
            let mut all = self.file.connection.prepare(
                "SELECT DISTINCT recipient FROM entries WHERE state = 'waiting' ORDER BY recipient",
            )?;
            all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.error(&error))
    }

    /// Something that has to be kept of the outcome: it has to have changed an entry, unless that has ended so already.
    fn end(
        &mut self,
        statement: &str,
        key: &IdempotencyKey,
        now_ms: i64,
        note: Option<&str>,
    ) -> Result<(), OutboxError> {
        self.change(|change| {
            let changed = change.execute(statement, params![key.to_string(), now_ms, note.map(short)])?;
            let state: Option<(String, bool)> = change
                .query_row(
                    "SELECT state, payload IS NOT NULL FROM entries WHERE key = ?1",
                    [key.to_string()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            Ok(match (changed, state) {
                (0, None) => Err(OutboxError::NoSuch(format!("the outbox has no delivery {key}"))),
                (0, Some((state, _))) => Err(OutboxError::NoSuch(format!(
                    "the delivery {key} has ended ({state}), and nothing of it is left to send or to drop"
                ))),
                _ => Ok(()),
            })
        })
    }

    /// One change of the file: whole, or not at all.
    fn change<T>(
        &mut self,
        make: impl FnOnce(&Change<'_>) -> rusqlite::Result<Result<T, OutboxError>>,
    ) -> Result<T, OutboxError> {
        let path = self.file.path.clone();
        let of = |error: rusqlite::Error| OutboxError::of(&path, &error);
        let change =
            self.file.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(of)?;
        let made = make(&change).map_err(of)??;
        change.commit().map_err(of)?;
        Ok(made)
    }

    fn close(&self, record: &Record, key: &IdempotencyKey, recipient: &str) -> Result<Vec<u8>, OutboxError> {
        // Room for any usual record: growing would leave copies of it behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(16 << 10));
        serde_json::to_writer(&mut *plain, record).map_err(|error| OutboxError::Internal {
            path: self.file.path.clone(),
            why: error.to_string(),
        })?;
        if plain.len() > MAX_PAYLOAD_BYTES {
            return Err(OutboxError::TooLarge { bytes: plain.len() });
        }
        self.seal.close(&plain, &about(key, recipient))
    }

    /// Notes with which key this outbox was made.
    fn mark_key(&mut self) -> Result<(), OutboxError> {
        let check = self.seal.close(b"", KEY_CHECK)?;
        self.change(|change| {
            change.execute("INSERT INTO meta VALUES ('key_check', ?1)", [check])?;
            Ok(Ok(()))
        })
    }

    fn error(&self, error: &rusqlite::Error) -> OutboxError {
        OutboxError::of(&self.file.path, error)
    }
}

/// What shows with which key the outbox was made; `None`: nothing was closed in it yet.
fn key_check(file: &OutboxFile) -> Result<Option<Vec<u8>>, OutboxError> {
    let kept = file
        .connection
        .query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0))
        .optional();
    kept.map_err(|error| OutboxError::of(&file.path, &error))
}

/// What a payload is bound to.
fn about(key: &IdempotencyKey, recipient: &str) -> String {
    format!("idterm outbox payload 1 {key} {recipient}")
}

fn before(now_ms: i64, seconds: u32) -> i64 {
    now_ms.saturating_sub(i64::from(seconds) * 1_000)
}

fn within(bounds: Bounds, entries: u64, bytes: u64) -> Result<(), OutboxError> {
    let limit = u64::from(bounds.entries);
    if entries > limit {
        return Err(OutboxError::Full { entries, limit });
    }
    if bytes > bounds.bytes { Err(OutboxError::FullBytes { bytes, limit: bounds.bytes }) } else { Ok(()) }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_NOTE_CHARS).collect()
}

fn number(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(|number| u64::try_from(number).unwrap_or_default())
}

fn key_of(row: &Row<'_>, index: usize) -> rusqlite::Result<IdempotencyKey> {
    row.get_ref(index)?.as_str()?.parse().map_err(|_| unreadable(index))
}

/// A column holds what this program does not write.
fn unreadable(index: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(index, "entries".to_owned(), rusqlite::types::Type::Text)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let verification: Transaction = row.get_ref(1)?.as_str()?.parse().map_err(|_| unreadable(1))?;
    let at_ms = row.get(7)?;
    let note: Option<String> = row.get(10)?;
    let state = match row.get_ref(6)?.as_str()? {
        "waiting" => State::Waiting { next_try_ms: row.get(8)? },
        "delivered" => State::Delivered { at_ms, reference: note },
        "set_aside" => {
            let code = format!("R{}", row.get::<_, u16>(9)?);
            let reason = Reason::from_code(&code).ok_or_else(|| unreadable(9))?;
            State::SetAside { at_ms, reason, resendable: row.get(11)? }
        }
        "dropped" => State::Dropped { at_ms, why: note.unwrap_or_default() },
        _ => return Err(unreadable(6)),
    };
    Ok(Entry {
        key: key_of(row, 0)?,
        transaction: verification,
        recipient: row.get(2)?,
        accepted_ms: row.get(3)?,
        attempts: row.get(4)?,
        fault: row.get(5)?,
        state,
    })
}
