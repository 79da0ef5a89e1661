//! A PIN, and what is kept of it.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reader_core::crypto::secret::{Entropy, EntropyError};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Digits of a PIN.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// A PIN as it was typed. It is wiped, and nothing prints it.
pub struct Pin(Zeroizing<String>);

/// A PIN that would be guessed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPin {
    /// Not 6 to 12 digits.
    #[error("a PIN has 6 to 12 digits and nothing else")]
    Form,
    /// One digit, or digits in a row.
    #[error("a PIN of one digit, or of digits in a row, is guessed first")]
    Pattern,
}

impl Pin {
    /// A PIN as somebody types it to sign in.
    #[must_use]
    pub const fn presented(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// A PIN for an account.
    ///
    /// # Errors
    /// It would be guessed first.
    pub fn chosen(text: Zeroizing<String>) -> Result<Self, WeakPin> {
        let digits = text.as_bytes();
        if !DIGITS.contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(WeakPin::Form);
        }
        let steps = |step: i16| {
            let mut pairs = digits.iter().zip(digits.iter().skip(1));
            pairs.all(|(one, next)| i16::from(*next) - i16::from(*one) == step)
        };
        if [0, 1, -1].into_iter().any(steps) { Err(WeakPin::Pattern) } else { Ok(Self(text)) }
    }
}

/// What a guess costs. A PIN of six digits has a million values: whoever steals the file tries them all, and this decides how
/// long that takes; the lock-out alone keeps whoever stands at the terminal from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// 64 MiB three times: the second choice of RFC 9106 §4, for where memory is scarce, as it is on a kiosk; on one thread,
    /// since the others read and draw. It takes 2.4 to 2.7 times as long as SHA-256 of 64 MiB.
    pub const STANDARD: Self = Self { memory_kib: 64 << 10, passes: 3 };

    /// A file with other figures was not written here, or asks for more than a kiosk has.
    const fn is_believable(self) -> bool {
        8 <= self.memory_kib && self.memory_kib <= 1 << 20 && 1 <= self.passes && self.passes <= 64
    }
}

/// What is kept of a PIN: Argon2id (RFC 9106) with a salt of its own.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PinHash {
    cost: Cost,
    salt: String,
    hash: String,
}

impl PinHash {
    pub fn of(pin: &Pin, cost: Cost, entropy: &mut impl Entropy) -> Result<Self, EntropyError> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt)?;
        let hash = derived(pin, &salt, cost).ok_or(EntropyError)?;
        Ok(Self { cost, salt: STANDARD_NO_PAD.encode(salt), hash: STANDARD_NO_PAD.encode(&hash[..]) })
    }

    /// Whether this is the PIN; takes as long for a wrong one. `None`: what is kept cannot be used.
    pub fn is_of(&self, pin: &Pin) -> Option<bool> {
        let salt = STANDARD_NO_PAD.decode(&self.salt).ok().filter(|salt| salt.len() == SALT_BYTES)?;
        let kept = STANDARD_NO_PAD.decode(&self.hash).ok().filter(|hash| hash.len() == HASH_BYTES)?;
        let hash = derived(pin, &salt, self.cost)?;
        Some(hash[..].ct_eq(&kept[..]).into())
    }
}

fn derived(pin: &Pin, salt: &[u8], cost: Cost) -> Option<Zeroizing<[u8; HASH_BYTES]>> {
    if !cost.is_believable() {
        return None;
    }
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES)).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    argon2.hash_password_into(pin.0.as_bytes(), salt, &mut hash[..]).ok()?;
    Some(hash)
}

/// As long as a real comparison, for a name that nobody has.
pub(super) fn spend(pin: &Pin, cost: Cost) {
    let _ = derived(pin, &[0; SALT_BYTES], cost);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    fn text(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn weak_pins_are_refused() {
        for weak in ["", "12345", "1234567890123", "12345a", "１２３４５６"] {
            assert_eq!(Pin::chosen(text(weak)).err(), Some(WeakPin::Form), "{weak}");
        }
        for weak in ["000000", "123456", "987654", "77777777"] {
            assert_eq!(Pin::chosen(text(weak)).err(), Some(WeakPin::Pattern), "{weak}");
        }
        assert!(Pin::chosen(text("246813")).is_ok());
    }

    #[test]
    fn a_pin_is_known_by_its_hash_alone() {
        let cost = Cost { memory_kib: 64, passes: 1 };
        let pin = Pin::chosen(text("246813")).unwrap();
        let kept = PinHash::of(&pin, cost, &mut SystemEntropy).unwrap();
        let json = serde_json::to_string(&kept).unwrap();
        assert!(!json.contains("246813"));
        let kept: PinHash = serde_json::from_str(&json).unwrap();
        assert_eq!(kept.is_of(&pin), Some(true));
        assert_eq!(kept.is_of(&Pin::presented(text("246814"))), Some(false));
        let greedy = PinHash { cost: Cost { memory_kib: u32::MAX, passes: 1 }, ..kept };
        assert_eq!(greedy.is_of(&pin), None);
    }

    /// Spec: RFC 9106 §5.3 has secret and associated data, which are not used here; this is the value of the reference
    /// program: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
    #[test]
    fn the_derivation_is_argon2id() {
        let pin = Pin::presented(text("password"));
        let cost = Cost { memory_kib: 1 << 16, passes: 2 };
        let hash = derived(&pin, b"somesalt", cost).unwrap();
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digits, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }
}
