//! The accounts' commands as clap sees them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use reader_core::policy::Verdict;

use crate::staff::Role;

/// Commands of the staff's accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum StaffCommand {
    /// Make an account
    #[command(after_help = "Example:\n  idterm staff add \"Trần Thị Bình\" --role supervisor")]
    Add {
        /// The name
        name: String,
        /// operator, supervisor or technician
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// The PIN.
        #[command(flatten)]
        pin: NewPin,
    },
    /// Everybody, with role and lock-out
    List,
    /// Remove an account
    Remove {
        /// The name
        name: String,
    },
    /// End a lock-out
    Unlock {
        /// The name
        name: String,
    },
    /// Set another PIN, and end a lock-out
    SetPin {
        /// The name
        name: String,
        /// The PIN.
        #[command(flatten)]
        pin: NewPin,
    },
}

/// Where a new PIN comes from.
#[derive(Clone, Debug, Default, Args)]
pub struct NewPin {
    /// File with the PIN [default: `IDTERM_STAFF_PIN`, else it is asked for]
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
}

/// What two of the staff may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overruled {
    /// Let the person through
    Accept,
    /// Do not
    Reject,
}

impl From<Overruled> for Verdict {
    fn from(verdict: Overruled) -> Self {
        match verdict {
            Overruled::Accept => Self::Accept,
            Overruled::Reject => Self::Reject,
        }
    }
}

/// Options of `override`.
#[derive(Clone, Debug, Args)]
pub struct OverrideArgs {
    /// `transaction` of the report
    #[arg(value_name = "TRANSACTION")]
    pub transaction: String,
    /// What shall hold
    #[arg(long)]
    pub verdict: Overruled,
    /// Why, in words that name nobody who was verified
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who asks for it: an operator or supervisor
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Who agrees: another person, a supervisor
    #[arg(long, value_name = "NAME")]
    pub second: String,
    /// File with the PIN of the first [default: `IDTERM_STAFF_PIN`, else it is asked for]
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
    /// File with the PIN of the second [default: `IDTERM_SECOND_PIN`, else it is asked for]
    #[arg(long, value_name = "FILE")]
    pub second_pin_file: Option<PathBuf>,
}
