//! The file with the accounts, signing in, and the lock-out.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use reader_core::wire::date::Timestamp;
use serde::{Deserialize, Serialize};

use super::pin::{Cost, Pin, PinHash, spend};
use crate::entropy::SystemEntropy;
use crate::failure::{ErrorCode, Failure};
use crate::private_file;

const SCHEMA: &str = "idterm.staff/1";
const FILE: &str = "staff.json";
const MAX_BYTES: u64 = 1 << 20;
const MAX_ACCOUNTS: usize = 1_000;
const MAX_NAME_CHARS: usize = 40;
/// Longest wait for another program. Comparing a PIN takes a part of a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// Wrong tries in a row before an account is locked.
pub const FREE_TRIES: u32 = 5;
const FIRST_LOCK_S: i64 = 60;
const LONGEST_LOCK_S: i64 = 86_400;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Attends to people; may ask for an override.
    Operator,
    /// The same, and may agree to somebody else's.
    Supervisor,
    /// Looks after the machine; decides about nobody.
    Technician,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Supervisor, Self::Technician];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Technician => "technician",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| "the roles are operator, supervisor, technician".to_owned())
    }
}

/// Somebody who signed in. Only [`StaffFile::sign_in`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    name: String,
    role: Role,
}

impl SignedIn {
    /// By what name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// With what role.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }
}

/// An account as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Wrong tries since the last right one.
    pub wrong_tries: u32,
    /// Until when nobody can sign in by it.
    pub locked_until: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    schema: String,
    accounts: Vec<Account>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    name: String,
    role: Role,
    pin: PinHash,
    #[serde(default)]
    wrong_tries: u32,
    /// Seconds since 1970; 0: not locked.
    #[serde(default)]
    locked_until_s: i64,
}

/// Why somebody did not sign in, or an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The file cannot be read or written.
    #[error("staff accounts: {path}: {problem}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// Nobody has this name, or the PIN is another: which of the two is not told.
    #[error("name or PIN is wrong")]
    Wrong,
    /// Too many wrong tries.
    #[error("{name} is locked until {until} after {wrong_tries} wrong PINs")]
    Locked {
        /// Who.
        name: String,
        /// Until when, RFC 3339.
        until: String,
        /// How many.
        wrong_tries: u32,
    },
    /// The account cannot be made or changed so.
    #[error("{0}")]
    Unfit(String),
}

impl From<StaffError> for Failure {
    fn from(error: StaffError) -> Self {
        let code = match error {
            StaffError::File { .. } => ErrorCode::StaffUnusable,
            StaffError::Wrong => ErrorCode::SignInWrong,
            StaffError::Locked { .. } => ErrorCode::SignInLocked,
            StaffError::Unfit(_) => ErrorCode::BadStaff,
        };
        Self::new(code, error.to_string())
    }
}

/// The file with the accounts.
#[derive(Clone, Debug)]
pub struct StaffFile {
    path: PathBuf,
    cost: Cost,
}

impl StaffFile {
    /// The file at this path, which need not exist yet.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), cost: Cost::STANDARD }
    }

    /// The place that this platform has for such data.
    #[must_use]
    pub fn of_platform() -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "idterm")?;
        Some(Self::at(&folders.data_dir().join("staff").join(FILE)))
    }

    /// The same with another cost of a guess, for accounts that are made or get a new PIN.
    #[must_use]
    pub const fn with_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everybody.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list(&self, now: Timestamp) -> Result<Vec<Person>, StaffError> {
        let person = |account: Account| Person {
            locked_until: account.locked_until(now).map(|until| until.to_string()),
            name: account.name,
            role: account.role,
            wrong_tries: account.wrong_tries,
        };
        Ok(self.read()?.accounts.into_iter().map(person).collect())
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The name is taken or no name, or the file cannot be written.
    pub fn add(&self, name: &str, role: Role, pin: &Pin) -> Result<(), StaffError> {
        let name = name.trim();
        let sound =
            (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !sound {
            return Err(StaffError::Unfit(format!("a name has 1 to {MAX_NAME_CHARS} characters")));
        }
        let pin = self.hashed(pin)?;
        self.change(|accounts| {
            if accounts.iter().any(|account| account.is(name)) {
                return Err(StaffError::Unfit(format!("there is an account {name:?} already")));
            }
            if accounts.len() >= MAX_ACCOUNTS {
                return Err(StaffError::Unfit(format!("there are {MAX_ACCOUNTS} accounts already")));
            }
            accounts.push(Account { name: name.to_owned(), role, pin, wrong_tries: 0, locked_until_s: 0 });
            Ok(())
        })
    }

    /// Removes an account; gives its role.
    ///
    /// # Errors
    /// Nobody has this name, or the file cannot be written.
    pub fn remove(&self, name: &str) -> Result<Role, StaffError> {
        self.change(|accounts| {
            let at = accounts.iter().position(|account| account.is(name)).ok_or_else(|| nobody(name))?;
            Ok(accounts.remove(at).role)
        })
    }

    /// Ends a lock-out; gives the role.
    ///
    /// # Errors
    /// Nobody has this name, or the file cannot be written.
    pub fn unlock(&self, name: &str) -> Result<Role, StaffError> {
        self.change(|accounts| {
            let account = accounts.iter_mut().find(|account| account.is(name)).ok_or_else(|| nobody(name))?;
            (account.wrong_tries, account.locked_until_s) = (0, 0);
            Ok(account.role)
        })
    }

    /// Sets another PIN, and ends a lock-out; gives the role.
    ///
    /// # Errors
    /// Nobody has this name, or the file cannot be written.
    pub fn set_pin(&self, name: &str, pin: &Pin) -> Result<Role, StaffError> {
        let pin = self.hashed(pin)?;
        self.change(|accounts| {
            let account = accounts.iter_mut().find(|account| account.is(name)).ok_or_else(|| nobody(name))?;
            (account.pin, account.wrong_tries, account.locked_until_s) = (pin, 0, 0);
            Ok(account.role)
        })
    }

    /// Signs in. A try is counted, on disk, before the PIN is looked at: whoever ends the program meanwhile has used it up.
    ///
    /// # Errors
    /// Name or PIN is wrong, the account is locked, or the file cannot be written.
    pub fn sign_in(&self, name: &str, pin: &Pin, now: Timestamp) -> Result<SignedIn, StaffError> {
        let _held = self.lock()?;
        let mut content = self.read()?;
        let Some(at) = content.accounts.iter().position(|account| account.is(name)) else {
            spend(pin, self.cost);
            return Err(StaffError::Wrong);
        };
        let account = content.accounts.get_mut(at).ok_or(StaffError::Wrong)?;
        if let Some(locked) = account.locked(now) {
            return Err(locked);
        }
        account.wrong_tries = account.wrong_tries.saturating_add(1);
        account.locked_until_s = lock_s(account.wrong_tries).map_or(0, |span| now.0.saturating_add(span));
        self.write(&content)?;
        let account = content.accounts.get_mut(at).ok_or(StaffError::Wrong)?;
        match account.pin.is_of(pin) {
            Some(true) => {
                (account.wrong_tries, account.locked_until_s) = (0, 0);
                let signed_in = SignedIn { name: account.name.clone(), role: account.role };
                self.write(&content)?;
                Ok(signed_in)
            }
            Some(false) => Err(account.locked(now).unwrap_or(StaffError::Wrong)),
            None => Err(self.fault(format!("what is kept of the PIN of {name:?} cannot be used"))),
        }
    }

    fn hashed(&self, pin: &Pin) -> Result<PinHash, StaffError> {
        PinHash::of(pin, self.cost, &mut SystemEntropy).map_err(|error| self.fault(error.to_string()))
    }

    fn change<R>(
        &self,
        change: impl FnOnce(&mut Vec<Account>) -> Result<R, StaffError>,
    ) -> Result<R, StaffError> {
        let _held = self.lock()?;
        let mut content = self.read()?;
        let result = change(&mut content.accounts)?;
        self.write(&content)?;
        Ok(result)
    }

    fn lock(&self) -> Result<std::fs::File, StaffError> {
        let fault = |error: std::io::Error| self.fault(error.to_string());
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private_file::make_folder(folder).map_err(fault)?;
        }
        let path = self.path.with_extension("lock");
        let held = private_file::lock(&path, PATIENCE).map_err(fault)?;
        held.ok_or_else(|| self.fault("another program keeps it locked".to_owned()))
    }

    fn read(&self) -> Result<Content, StaffError> {
        let bytes =
            private_file::read(&self.path, MAX_BYTES).map_err(|error| self.fault(error.to_string()))?;
        let Some(bytes) = bytes else {
            return Ok(Content { schema: SCHEMA.to_owned(), accounts: Vec::new() });
        };
        // What a parser would quote may be part of a hash.
        let content: Content = serde_json::from_slice(&bytes)
            .map_err(|error| self.fault(format!("line {} cannot be read", error.line())))?;
        if content.schema == SCHEMA {
            Ok(content)
        } else {
            Err(self.fault("another program's file".to_owned()))
        }
    }

    fn write(&self, content: &Content) -> Result<(), StaffError> {
        let bytes = serde_json::to_vec_pretty(content).map_err(|error| self.fault(error.to_string()))?;
        private_file::replace(&self.path, &private_file::beside(&self.path), &bytes)
            .map_err(|error| self.fault(error.to_string()))
    }

    fn fault(&self, problem: String) -> StaffError {
        StaffError::File { path: self.path.clone(), problem }
    }
}

impl Account {
    /// Letters of either case are the same: nobody shall have to remember which were typed.
    fn is(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.trim().to_lowercase()
    }

    fn locked_until(&self, now: Timestamp) -> Option<Timestamp> {
        (self.locked_until_s > now.0).then_some(Timestamp(self.locked_until_s))
    }

    fn locked(&self, now: Timestamp) -> Option<StaffError> {
        let until = self.locked_until(now)?.to_string();
        Some(StaffError::Locked { name: self.name.clone(), until, wrong_tries: self.wrong_tries })
    }
}

/// How long an account is locked after so many wrong tries: a minute after the fifth, then twice as long each time, a day at
/// most.
fn lock_s(wrong_tries: u32) -> Option<i64> {
    let doublings = wrong_tries.checked_sub(FREE_TRIES)?;
    Some(FIRST_LOCK_S.checked_shl(doublings.min(16)).unwrap_or(LONGEST_LOCK_S).min(LONGEST_LOCK_S))
}

fn nobody(name: &str) -> StaffError {
    StaffError::Unfit(format!("there is no account {name:?}"))
}
