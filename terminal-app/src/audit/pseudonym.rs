//! A field of a person as something that can be found again by who knows it, and read by nobody.
//!
//! HMAC-SHA-256 under a key of this terminal, over `idterm.audit-field/1`, a line feed, the field's name, a line feed and
//! its value. A number of twelve digits is guessed in no time by whoever has the key: the key is what keeps it, and
//! destroying the key makes all pseudonyms those of nobody.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reader_core::crypto::secret::Entropy as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::error::AuditError;
use super::log::AuditLog;
use crate::connectors::Field;
use crate::entropy::SystemEntropy;
use crate::private_file;

const KEY: &str = "pseudonym.key";
const KEY_BYTES: usize = 32;

impl AuditLog {
    /// The pseudonym of a field's value in this log.
    ///
    /// # Errors
    /// Its key cannot be made or read.
    pub fn pseudonym(&self, field: Field, value: &str) -> Result<String, AuditError> {
        let key = self.pseudonym_key()?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&key).map_err(|error| AuditError::Key(error.to_string()))?;
        for part in ["idterm.audit-field/1\n", field.name(), "\n", value] {
            mac.update(part.as_bytes());
        }
        let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("hmac-sha256:{digits}"))
    }

    fn pseudonym_key(&self) -> Result<Zeroizing<Vec<u8>>, AuditError> {
        let path = self.path().join(KEY);
        // Two programs that begin at once must not make two keys.
        let _held = self.lock()?;
        let kept = private_file::read(&path, KEY_BYTES as u64).map_err(AuditError::disk(&path))?;
        if let Some(key) = kept.map(Zeroizing::new) {
            return if key.len() == KEY_BYTES {
                Ok(key)
            } else {
                Err(AuditError::Key(format!("{} is no key", path.display())))
            };
        }
        let mut key = Zeroizing::new(vec![0; KEY_BYTES]);
        SystemEntropy.fill(&mut key).map_err(|error| AuditError::Key(error.to_string()))?;
        private_file::replace(&path, &private_file::beside(&path), &key).map_err(AuditError::disk(&path))?;
        Ok(key)
    }
}
