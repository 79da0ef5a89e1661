//! Secure messaging: a channel is either idle or awaits one response, and a response that does not verify ends it.
//!
//! [`Idle::protect`] consumes the idle channel and gives the protected command with an [`Awaiting`];
//! [`Awaiting::open`] consumes that and gives the response with an idle channel, or [`Broken`]. Keys live nowhere else
//! and are wiped with the state that holds them, so nothing can be sent under keys whose channel broke.
//! Spec: 9303-11 §9.8.

mod awaiting;
mod counter;
mod idle;

pub use awaiting::{Awaiting, Broken};
pub use counter::SendSequenceCounter;
pub use idle::{Idle, Unprotectable};

/// Encrypted data after a padding indicator, in commands and responses of even instructions.
const DO_87: u32 = 0x87;
/// Encrypted data without the indicator, where the instruction is odd.
const DO_85: u32 = 0x85;
/// Ne of the command.
const DO_97: u32 = 0x97;
/// Status word of the response.
const DO_99: u32 = 0x99;
/// MAC.
const DO_8E: u32 = 0x8E;

/// The initialisation vector: zero for triple DES, the encrypted counter for AES. Spec: 9303-11 §9.8.6.1, §9.8.7.1.
fn initialisation_vector(
    keys: &crate::crypto::kdf::SessionKeys,
    counter: &SendSequenceCounter,
) -> Result<Vec<u8>, crate::crypto::cipher::CipherError> {
    use crate::crypto::{cipher, kdf::CipherSuite};
    match keys.suite {
        CipherSuite::TripleDes => Ok(vec![0; keys.suite.block_size()]),
        CipherSuite::Aes128 | CipherSuite::Aes192 | CipherSuite::Aes256 => {
            cipher::encrypt_block(keys.suite, &keys.enc, counter.bytes())
        }
    }
}
