//! Who works at this terminal: accounts with roles and PINs, and what two of them may do together.
//!
//! Accounts are kept in one file for its owner alone. Whoever may write that file is who sets up the terminal; PINs say which of
//! the staff stands there, and keep the person who waits from finding out.

mod accounts;
mod overrule;
mod pin;

pub use accounts::{Person, Role, SignedIn, StaffError, StaffFile};
pub use overrule::{Override, Overrule, OverruleError, overrule};
pub use pin::{Cost, Pin, WeakPin};
