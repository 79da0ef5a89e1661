//! Protected responses into responses.

use crate::crypto::cipher::{self, CipherError};
use crate::crypto::kdf::SessionKeys;
use crate::crypto::mac::{self, MAC_BYTES, MacInput};
use crate::wire::apdu::Response;
use crate::wire::status::StatusWord;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

use super::{DO_8E, DO_87, DO_99, Idle, SendSequenceCounter, initialisation_vector};

/// Why a channel ended. Its keys are wiped; only a new access control or chip authentication makes new ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A status word without a MAC: the chip gave the channel up, or somebody else answered. It proves nothing.
    #[error("the chip answered {0} outside the secure channel")]
    BareStatus(StatusWord),
    /// Not the data objects of a protected response, in their order.
    #[error("the protected response is malformed: {0}")]
    Malformed(#[from] Malformed),
    /// The MAC is not that of this response under these keys and this counter.
    #[error("the response MAC is wrong")]
    WrongMac,
    /// Authentic data that does not decrypt to padded plaintext.
    #[error("authentic response data cannot be decrypted: {0}")]
    Cipher(#[from] CipherError),
}

/// A channel that has sent a command and takes one response.
pub struct Awaiting {
    keys: SessionKeys,
    counter: SendSequenceCounter,
    data_tag: u32,
}

/// The data objects of a protected response, by shape alone.
struct Objects<'a> {
    /// DO87 (after its padding indicator) or DO85.
    encrypted: Option<&'a [u8]>,
    status: StatusWord,
    mac: &'a [u8],
    /// What the MAC is taken over.
    authenticated: &'a [u8],
}

impl Awaiting {
    pub(super) const fn new(keys: SessionKeys, counter: SendSequenceCounter, data_tag: u32) -> Self {
        Self { keys, counter, data_tag }
    }

    /// Opens the response, status word included. Only the status inside the MAC is believed.
    ///
    /// # Errors
    /// Anything but an authentic response ends the channel.
    pub fn open(self, bytes: &[u8]) -> Result<(Response, Idle), Broken> {
        let Self { keys, counter, data_tag } = self;
        let counter = counter.next();
        let outer = Response::parse(bytes)?;
        if outer.data.is_empty() {
            return Err(Broken::BareStatus(outer.status));
        }
        let objects = Objects::parse(&outer.data, data_tag)?;
        let block_bytes = keys.suite.block_size();
        let input = cipher::pad(&[counter.bytes(), objects.authenticated].concat(), block_bytes);
        if !mac::verify(keys.suite, &keys.mac, MacInput::Padded(&input), objects.mac)? {
            return Err(Broken::WrongMac);
        }
        let data = match objects.encrypted {
            None => Vec::new(),
            Some(encrypted) => {
                let iv = initialisation_vector(&keys, &counter)?;
                let padded =
                    zeroize::Zeroizing::new(cipher::cbc_decrypt(keys.suite, &keys.enc, &iv, encrypted)?);
                cipher::unpad(&padded, block_bytes)?.to_vec()
            }
        };
        Ok((Response { data, status: objects.status }, Idle::new(keys, counter)))
    }
}

impl<'a> Objects<'a> {
    /// `[DO87 | DO85] DO99 DO8E`, each once, nothing else. Spec: 9303-11 §9.8.4.
    fn parse(body: &'a [u8], data_tag: u32) -> Result<Self, Malformed> {
        let mut reader = Reader::new("protected response", Rules::Ber, body);
        let encrypted = match reader.optional(data_tag)? {
            None => None,
            Some(object) if data_tag == DO_87 => match object.value.split_first() {
                Some((1, encrypted)) => Some(encrypted),
                _ => return Err(reader.fault(Problem::Value("another padding indicator than 01"))),
            },
            Some(object) => Some(object.value),
        };
        if encrypted.is_some_and(<[u8]>::is_empty) {
            return Err(reader.fault(Problem::Value("encrypted data of no bytes")));
        }
        let status = reader.expect(DO_99)?;
        let &[high, low] = status.value else {
            return Err(reader.fault(Problem::Value("a status word that is not two bytes")));
        };
        let authenticated_bytes = body.len() - reader.rest().len();
        let mac = reader.expect(DO_8E)?;
        if mac.value.len() != MAC_BYTES {
            return Err(reader.fault(Problem::Value("a MAC that is not eight bytes")));
        }
        reader.finish()?;
        Ok(Self {
            encrypted,
            status: StatusWord(u16::from_be_bytes([high, low])),
            mac: mac.value,
            authenticated: body.get(..authenticated_bytes).unwrap_or_default(),
        })
    }
}
