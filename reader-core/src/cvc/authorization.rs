//! Roles and rights of certificate holders. Spec: TR-03110-3 §C.4; TR-03110-4 §2.2.3; 9303-12 §7.2.2.5.

use std::fmt;

use crate::wire::oid::Oid;

/// `id-roles` of TR-03110.
const ROLES: &str = "0.4.0.127.0.7.3.1.2";

/// What kind of terminal a certificate is for. Rights of one kind mean nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TerminalType {
    /// id-IS: reads travel documents.
    InspectionSystem,
    /// id-AT: online services of identity cards.
    AuthenticationTerminal,
    /// id-ST: makes signatures with the card.
    SignatureTerminal,
}

impl TerminalType {
    pub(super) fn from_oid(oid: Oid<'_>) -> Option<Self> {
        match oid.under(ROLES)?.as_slice() {
            [1] => Some(Self::InspectionSystem),
            [2] => Some(Self::AuthenticationTerminal),
            [3] => Some(Self::SignatureTerminal),
            _ => None,
        }
    }

    /// Length of role and rights in the template.
    pub(super) const fn rights_len(self) -> usize {
        match self {
            Self::InspectionSystem | Self::SignatureTerminal => 1,
            Self::AuthenticationTerminal => 5,
        }
    }
}

/// The holder's place in the chain: the two highest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Verifying authority of a country.
    Cvca,
    /// Document verifier of the same country (or an official one, for the other kinds of terminals).
    DvDomestic,
    /// Document verifier of another country (or one that is not official).
    DvForeign,
    /// The terminal itself.
    Terminal,
}

impl Role {
    /// Whether a certificate of `self` may be signed by a holder of the role `issuer`. Spec: TR-03110-3 §C.1.
    #[must_use]
    pub const fn may_follow(self, issuer: Self) -> bool {
        match self {
            Self::Cvca | Self::DvDomestic | Self::DvForeign => matches!(issuer, Self::Cvca),
            Self::Terminal => matches!(issuer, Self::DvDomestic | Self::DvForeign),
        }
    }
}

/// Rights without the role: a set of bits whose meaning depends on the kind of terminal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights(u64);

impl Rights {
    /// Every right there is.
    pub const ALL: Self = Self(u64::MAX);

    /// For an inspection system: DG3, the fingers.
    #[must_use]
    pub const fn fingers(self) -> bool {
        self.0 & 0b01 != 0
    }

    /// For an inspection system: DG4, the irises.
    #[must_use]
    pub const fn irises(self) -> bool {
        self.0 & 0b10 != 0
    }

    /// What both grant.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The bits, lowest right first.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({:#X})", self.0)
    }
}

/// The holder authorization template, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// For which kind of terminal.
    pub terminal: TerminalType,
    /// Which place in the chain.
    pub role: Role,
    /// What it grants at most.
    pub rights: Rights,
}

impl Authorization {
    /// From the template's object identifier and bits; `None` for a kind of terminal that is not known, or another length.
    pub(super) fn from_template(oid: Oid<'_>, bits: &[u8]) -> Option<Self> {
        let terminal = TerminalType::from_oid(oid)?;
        if bits.len() != terminal.rights_len() {
            return None;
        }
        let role = match bits.first()? >> 6 {
            0b11 => Role::Cvca,
            0b10 => Role::DvDomestic,
            0b01 => Role::DvForeign,
            _ => Role::Terminal,
        };
        let all = bits.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        let rights = Rights(all & ((1 << (bits.len() * 8 - 2)) - 1));
        Some(Self { terminal, role, rights })
    }
}
