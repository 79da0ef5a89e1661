//! A key in a file: for tests, and for small sites that have no token.

use std::io::Read as _;
use std::path::Path;

use reader_core::crypto::signing::SigningKey;
use reader_core::key::private_key;
use zeroize::Zeroizing;

use crate::failure::{ErrorCode, Failure};

/// Largest key file: RSA of 4096 bits takes a third of it.
const MAX_KEY_BYTES: u16 = 8 << 10;

/// The key in a PKCS#8 file, DER, not encrypted. Its bytes are wiped.
pub(super) fn open(path: &Path) -> Result<SigningKey, Failure> {
    let failure = |what: String| {
        Failure::new(ErrorCode::CannotRead, format!("the terminal's key {}: {what}", path.display()))
            .with_remedy(
                "Name a PKCS#8 file in DER without a password, readable by this program only: \
             `openssl pkcs8 -topk8 -nocrypt -outform DER`. A token is safer: pkcs11:token=…;object=…",
            )
    };
    let mut file = std::fs::File::open(path).map_err(|error| failure(error.to_string()))?;
    // Room for all of it: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(MAX_KEY_BYTES)));
    (&mut file)
        .take(u64::from(MAX_KEY_BYTES))
        .read_to_end(&mut bytes)
        .map_err(|error| failure(error.to_string()))?;
    private_key(&bytes).map_err(|error| failure(error.to_string()))
}
