//! What a site wants of a chip.

use crate::lds::DataGroup;

use super::{LearntLimits, ReadLimits, TerminalAuthentication};

/// Whether BAC may follow a PACE that failed for another reason than a wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BacFallback {
    /// It may, in a new session, and the capture says so.
    Allowed,
    /// It may not: who can disturb PACE would otherwise choose the weaker protocol. Documents that offer no PACE at all
    /// are still opened with BAC.
    Forbidden,
}

/// When chip authentication is performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipAuthentication {
    /// Wherever DG14 offers it.
    WhenOffered,
    /// Wherever DG14 offers it, unless the chip has shown a key already by the chip authentication mapping of PACE.
    UnlessMapped,
    /// Never.
    Never,
}

/// When active authentication is performed. The signature convinces third parties, and marks a place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveAuthentication {
    /// Wherever DG15 offers it.
    Always,
    /// Only where neither chip authentication nor the chip authentication mapping succeeded.
    UnlessChipAuthenticated,
    /// Never.
    Never,
}

/// What to read and which proofs to ask for.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The data groups that the site uses. DG14 and DG15 are read for the proofs whether named here or not.
    pub groups: Vec<DataGroup>,
    /// Read EF.COM, which proves nothing, for a rule that compares it.
    pub read_com: bool,
    /// Whether BAC may follow a failed PACE.
    pub bac_fallback: BacFallback,
    /// Use the last try of a PIN that the chip has suspended, where a card access number is presented too. Off unless the
    /// holder was asked: a wrong one blocks the PIN for good.
    pub use_last_try: bool,
    /// Chip authentication.
    pub chip_authentication: ChipAuthentication,
    /// Active authentication.
    pub active_authentication: ActiveAuthentication,
    /// What this terminal shows to be let at DG3 and DG4, where the groups name them.
    pub terminal_authentication: Option<TerminalAuthentication>,
    /// The challenge of active authentication where the site binds it to a transaction
    /// ([`crate::crypto::challenge::for_transaction`]); else 8 random bytes.
    pub challenge: Option<[u8; 8]>,
    /// EF.CardAccess to assume where a card hides its own: the profile's constant. A recorded deviation.
    pub assumed_card_access: Option<Vec<u8>>,
    /// Sizes of files and exchanges.
    pub limits: ReadLimits,
    /// Read EF.ATR/INFO for the sizes that the chip takes, where the reader carries extended lengths and `limits` declares
    /// none.
    pub read_atr_info: bool,
    /// What earlier cards with this answer to reset took on this reader, where the site wants such knowledge used. `None`
    /// is the standard's way: card and reader say themselves what they carry. Its use is a recorded deviation.
    pub learnt: Option<LearntLimits>,
    /// For one exchange.
    pub timeout_ms: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            groups: vec![DataGroup::Dg1, DataGroup::Dg2, DataGroup::Dg13],
            read_com: false,
            bac_fallback: BacFallback::Allowed,
            use_last_try: false,
            chip_authentication: ChipAuthentication::UnlessMapped,
            active_authentication: ActiveAuthentication::Always,
            terminal_authentication: None,
            challenge: None,
            assumed_card_access: None,
            limits: ReadLimits::default(),
            read_atr_info: true,
            learnt: None,
            timeout_ms: 10_000,
        }
    }
}

impl Plan {
    /// Whether the site wants this group for its content.
    #[must_use]
    pub fn wants(&self, group: DataGroup) -> bool {
        self.groups.contains(&group)
    }
}
