//! Invented authorities that let terminals read fingers and irises, and the chains of certificates that they give.
//!
//! Everything is SIMULATED, the references say so, and every private key is published.

use super::calendar::Date;
use super::cvc::{CvKey, FINGERS, Holder, IRISES, Role, digits};
use super::signer::{RsaPadding, RsaTestKeys};
use crate::card::{Hash, TerminalAuthentication};
use crate::num::CurveName;

/// The algorithms of one hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hierarchy {
    /// ECDSA on P-256 with SHA-256.
    P256,
    /// ECDSA on brainpoolP256r1 with SHA-256.
    BrainpoolP256,
    /// ECDSA on brainpoolP384r1 with SHA-384.
    BrainpoolP384,
    /// RSA of 2048 bits, RSASSA-PKCS1-v1_5 with SHA-256. An older form, which the standard no longer lists.
    RsaPkcs1,
    /// RSA of 2048 bits, RSASSA-PSS with SHA-256.
    RsaPss,
}

/// A chain of certificates for a terminal, sound or with exactly one defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Document verifier, terminal; both rights.
    Sound,
    /// The same under the authority's next key, which a link certificate introduces.
    ThroughLink,
    /// The document verifier is another state's.
    Foreign,
    /// The document verifier may read irises only; the terminal claims both.
    FewerRights,
    /// The document verifier may read fingers only; the terminal claims both.
    FingersOnly,
    /// The terminal's certificate expired before the document verifier's began.
    ExpiredTerminal,
    /// One bit of the document verifier's signature is wrong.
    WrongVerifierSignature,
    /// One bit of the terminal's signature is wrong.
    WrongTerminalSignature,
    /// An authority that the chip does not know signed the document verifier, under a reference of its own.
    UnknownAuthority,
    /// An authority that the chip does not know signed the document verifier, under the known one's reference.
    Impostor,
    /// The authority certified the terminal itself.
    NoVerifier,
}

impl Chain {
    /// Every chain by its name on the command line.
    pub const NAMED: [(&str, Chain); 11] = [
        ("sound", Chain::Sound),
        ("through-link", Chain::ThroughLink),
        ("foreign", Chain::Foreign),
        ("fewer-rights", Chain::FewerRights),
        ("fingers-only", Chain::FingersOnly),
        ("expired-terminal", Chain::ExpiredTerminal),
        ("wrong-verifier-signature", Chain::WrongVerifierSignature),
        ("wrong-terminal-signature", Chain::WrongTerminalSignature),
        ("unknown-authority", Chain::UnknownAuthority),
        ("impostor", Chain::Impostor),
        ("no-verifier", Chain::NoVerifier),
    ];
}

/// What a terminal needs to prove itself.
#[derive(Clone, Debug)]
pub struct TerminalChain {
    /// Certificates (7F21) in the order in which the chip takes them, the terminal's last.
    pub certificates: Vec<Vec<u8>>,
    /// The terminal's private key.
    pub key: CvKey,
    /// The holder reference in the terminal's certificate.
    pub reference: String,
}

impl Hierarchy {
    /// Letters that tell the hierarchies' references apart.
    fn mnemonic(self) -> &'static str {
        match self {
            Hierarchy::P256 => "SIMP",
            Hierarchy::BrainpoolP256 => "SIMB",
            Hierarchy::BrainpoolP384 => "SIMC",
            Hierarchy::RsaPkcs1 => "SIMR",
            Hierarchy::RsaPss => "SIMS",
        }
    }

    fn key(self, label: &str) -> CvKey {
        let ecdsa = |curve, hash| CvKey::ecdsa(curve, hash, &format!("terminals {label}"));
        let rsa = |padding| {
            let keys = RsaTestKeys::get();
            let key = match label {
                "authority 1" => keys.terminal_authority(),
                "authority 2" => keys.terminal_authority_next(),
                "verifier" => keys.document_verifier(),
                "terminal" => keys.terminal(),
                _ => keys.document_signer(),
            };
            CvKey::Rsa { key, padding, hash: Hash::Sha256 }
        };
        match self {
            Hierarchy::P256 => ecdsa(CurveName::P256, Hash::Sha256),
            Hierarchy::BrainpoolP256 => ecdsa(CurveName::BrainpoolP256r1, Hash::Sha256),
            Hierarchy::BrainpoolP384 => ecdsa(CurveName::BrainpoolP384r1, Hash::Sha384),
            Hierarchy::RsaPkcs1 => rsa(RsaPadding::Pkcs1),
            Hierarchy::RsaPss => rsa(RsaPadding::Pss),
        }
    }

    fn holder(self, role: Role, number: u8, label: &str, days: [Date; 2]) -> Holder {
        let kind = match role {
            Role::Authority => "CVCA",
            Role::DomesticVerifier | Role::ForeignVerifier => "DV",
            Role::Terminal => "IS",
        };
        let country = if role == Role::ForeignVerifier { "XU" } else { "UT" };
        Holder {
            reference: format!("{country}{kind}{}UT{number:03}", self.mnemonic()),
            key: self.key(label),
            role,
            rights: FINGERS | IRISES,
            days,
        }
    }

    /// The authority that cards are issued with.
    #[must_use]
    pub fn authority(self, now_unix_s: i64) -> Holder {
        let today = Date::from_unix_s(now_unix_s);
        self.holder(Role::Authority, 1, "authority 1", [today.plus_years(-3), today.plus_days(90)])
    }

    /// The authority under its next key.
    #[must_use]
    pub fn next_authority(self, now_unix_s: i64) -> Holder {
        let today = Date::from_unix_s(now_unix_s);
        self.holder(Role::Authority, 2, "authority 2", [today.plus_days(-60), today.plus_years(3)])
    }

    /// What a card holds that was issued on a day.
    #[must_use]
    pub fn on_card(self, now_unix_s: i64, issued: Date) -> TerminalAuthentication {
        TerminalAuthentication {
            trust_points: vec![self.authority(now_unix_s).trust_point()],
            current_date: digits(issued),
        }
    }

    /// A terminal's certificates and key as of the day of `now`.
    #[must_use]
    pub fn chain(self, chain: Chain, now_unix_s: i64) -> TerminalChain {
        let today = Date::from_unix_s(now_unix_s);
        let days = |first, last| [today.plus_days(first), today.plus_days(last)];
        let first = self.authority(now_unix_s);
        let mut certificates = Vec::new();
        let mut authority = first.clone();
        if chain == Chain::ThroughLink {
            authority = self.next_authority(now_unix_s);
            certificates.push(authority.certificate(&first));
        }
        if matches!(chain, Chain::UnknownAuthority | Chain::Impostor) {
            authority.key = self.key("impostor");
        }
        if chain == Chain::UnknownAuthority {
            authority.reference = format!("XUCVCA{}XU001", self.mnemonic());
        }
        let role = if chain == Chain::Foreign { Role::ForeignVerifier } else { Role::DomesticVerifier };
        let mut verifier = self.holder(role, 1, "verifier", days(-30, 60));
        match chain {
            Chain::FewerRights => verifier.rights = IRISES,
            Chain::FingersOnly => verifier.rights = FINGERS,
            _ => {}
        }
        let lasting = if chain == Chain::ExpiredTerminal { days(-60, -40) } else { days(-7, 21) };
        let terminal = self.holder(Role::Terminal, 1, "terminal", lasting);
        if chain == Chain::NoVerifier {
            certificates.push(terminal.certificate(&authority));
        } else {
            certificates.push(verifier.certificate(&authority));
            certificates.push(terminal.certificate(&verifier));
        }
        let spoilt = match chain {
            Chain::WrongVerifierSignature => certificates.first_mut(),
            Chain::WrongTerminalSignature => certificates.last_mut(),
            _ => None,
        };
        if let Some(last) = spoilt.and_then(|certificate| certificate.last_mut()) {
            *last ^= 1;
        }
        TerminalChain { certificates, reference: terminal.reference, key: terminal.key }
    }
}
