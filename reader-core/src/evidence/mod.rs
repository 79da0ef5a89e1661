//! What the bytes of a chip prove: findings, their reasons, and the holder.

pub mod finding;
pub mod reason;

pub use finding::{CheckId, Finding, Outcome, Witness};
pub use reason::Reason;
