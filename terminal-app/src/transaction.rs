//! One verification's identifier, and the keys by which recipients know a delivery again. Neither says anything of a person.

use std::fmt;
use std::str::FromStr;

use reader_core::crypto::secret::{Entropy, EntropyError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The identifier of one verification: 16 random bytes, written as a UUID. It stands in the report, in the audit log, in
/// queries and in deliveries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Transaction([u8; 16]);

impl Transaction {
    /// A new one.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new(entropy: &mut impl Entropy) -> Result<Self, EntropyError> {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes)?;
        Ok(Self(versioned(bytes, 4)))
    }

    /// The key of this verification's delivery to `recipient`: the same at every attempt, another for every recipient.
    #[must_use]
    pub fn key_for(&self, recipient: &str) -> IdempotencyKey {
        let digest = Sha256::new()
            .chain_update(b"idterm delivery")
            .chain_update(self.0)
            .chain_update(recipient.as_bytes())
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        IdempotencyKey(Self(versioned(bytes, 8)))
    }
}

/// The key by which a recipient knows that it has had a delivery already, written as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(Transaction);

/// The bytes with the marks of a UUID of this version. Spec: RFC 9562 §4.
fn versioned(mut bytes: [u8; 16], version: u8) -> [u8; 16] {
    bytes[6] = (bytes[6] & 0x0F) | (version << 4);
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    bytes
}

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is no identifier as this program writes them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no identifier; write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12")]
pub struct NoTransaction(String);

impl FromStr for Transaction {
    type Err = NoTransaction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let none = || NoTransaction(text.chars().take(40).collect());
        let groups: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        if lengths != [8, 4, 4, 4, 12] || !text.is_ascii() {
            return Err(none());
        }
        let digits = groups.concat();
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| none())?;
            // `from_str_radix` takes a sign, which is no digit.
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(none());
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| none())?;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for IdempotencyKey {
    type Err = NoTransaction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl TryFrom<String> for Transaction {
    type Error = NoTransaction;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Transaction> for String {
    fn from(transaction: Transaction) -> Self {
        transaction.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn an_identifier_is_read_as_it_is_written() {
        let one = Transaction::new(&mut SystemEntropy).unwrap();
        let text = one.to_string();
        assert_eq!((text.len(), &text[14..15]), (36, "4"));
        assert_eq!(text.parse(), Ok(one));
        assert_ne!(Transaction::new(&mut SystemEntropy).unwrap(), one);
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Transaction>(&json).unwrap(), one);
        for none in
            ["", "x", &text[1..], &text.replace('-', ""), &format!("+{}", &text[1..]), &"é".repeat(18)]
        {
            assert!(none.parse::<Transaction>().is_err(), "{none}");
        }
    }

    #[test]
    fn a_delivery_keeps_its_key() {
        let one = Transaction::new(&mut SystemEntropy).unwrap();
        let other = Transaction::new(&mut SystemEntropy).unwrap();
        let key = one.key_for("records");
        assert_eq!(one.key_for("records"), key);
        assert_eq!(&key.to_string()[14..15], "8");
        assert_eq!(key.to_string().parse(), Ok(key));
        assert!(key != one.key_for("webhook") && key != other.key_for("records"));
    }
}
