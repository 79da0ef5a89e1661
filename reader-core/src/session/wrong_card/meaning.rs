//! What the answers of an unknown card mean. Nothing is judged here.

use crate::wire::apdu::Response;
use crate::wire::atr;
use crate::wire::status::StatusWord;
use crate::wire::tlv::{Reader, Rules};

use super::probe::{Observed, PAYMENT_DIRECTORY};

/// A card of memory and simple commands, without ISO applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageCard {
    /// MIFARE Classic or Plus in its compatible mode.
    Classic,
    /// MIFARE Ultralight and its like: single tickets.
    Ultralight,
    /// MIFARE DESFire and its like.
    Desfire,
    /// FeliCa.
    Felica,
    /// Another one, by its number in the register of names.
    Other(u16),
}

/// What an answer to reset says that a contactless reader made up. Spec: PC/SC part 3 §3.1.3.2.3, supplemental document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtrMeaning {
    /// A storage card.
    Storage(StorageCard),
    /// A card that takes ISO commands.
    Iso,
}

/// RID of the PC/SC workgroup, under which storage cards are named.
const PCSC_RID: [u8; 5] = [0xA0, 0x00, 0x00, 0x03, 0x06];
/// SS of FeliCa.
const FELICA: u8 = 0x11;

impl AtrMeaning {
    /// Reads an answer to reset; `None` where it is none of a contactless card.
    #[must_use]
    pub fn parse(atr: &[u8]) -> Option<Self> {
        let historical = atr::historical_bytes(atr)?;
        let Some(named) = historical.strip_prefix(&[0x80, 0x4F, 0x0C]) else { return Some(Self::Iso) };
        let Some(&[standard, high, low, ..]) = named.strip_prefix(&PCSC_RID) else { return Some(Self::Iso) };
        Some(Self::Storage(match (standard, u16::from_be_bytes([high, low])) {
            (FELICA, _) | (_, 0x003B | 0xF011 | 0xF012) => StorageCard::Felica,
            (_, 0x0001 | 0x0002 | 0x0026 | 0x0036..=0x0039) => StorageCard::Classic,
            (_, 0x0003 | 0x003A) => StorageCard::Ultralight,
            (_, name) => StorageCard::Other(name),
        }))
    }
}

/// What a chip says to the selection of the eMRTD application. Spec: ISO/IEC 7816-4 §5.6 and, for 6999, the Java Card
/// runtime environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectAnswer {
    /// 9000.
    Selected,
    /// 6982: it is there and wants access control first.
    Protected,
    /// 6A82: there is none.
    NotFound,
    /// 6283: it was deactivated.
    Deactivated,
    /// 6285: it was terminated.
    Terminated,
    /// 6999: it was found and would not be selected.
    SelectionFailed,
    /// 6985 or 6983: conditions of use are not met, or it is blocked.
    ConditionsNotMet,
    /// Something else.
    Other(StatusWord),
}

impl SelectAnswer {
    /// The meaning of a status word.
    #[must_use]
    pub const fn of(status: StatusWord) -> Self {
        match status.0 {
            0x9000 => Self::Selected,
            0x6982 => Self::Protected,
            0x6A82 => Self::NotFound,
            0x6283 => Self::Deactivated,
            0x6285 => Self::Terminated,
            0x6999 => Self::SelectionFailed,
            0x6983 | 0x6985 => Self::ConditionsNotMet,
            _ => Self::Other(status),
        }
    }
}

/// An answer in the native status words of MIFARE DESFire (91xx).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NativeAnswer {
    /// The first part of the version.
    Version {
        /// Maker of the chip, after ISO/IEC 7816-6: 04 is NXP.
        vendor: u8,
        /// Kind of the chip: 01 is DESFire.
        kind: u8,
    },
    /// Another native status.
    Status(u8),
}

/// The identifier with which a card takes part in anticollision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uid {
    /// Drawn anew each time: four bytes, the first 08. Spec: ISO/IEC 14443-3 §6.4.4.
    Random,
    /// Fixed.
    Fixed,
}

/// Everything that was seen, as far as it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// The answer to reset.
    pub atr: Option<AtrMeaning>,
    /// What the selection of the application gave.
    pub application: Option<SelectAnswer>,
    /// EF.CardAccess was read.
    pub card_access: bool,
    /// The directory of contactless payment applications answered with its own name.
    pub payment: bool,
    /// GetVersion of DESFire was answered natively.
    pub native: Option<NativeAnswer>,
    /// The identifier, where the reader tells it.
    pub uid: Option<Uid>,
    /// Whether a master file could be selected, where it was tried.
    pub master_file: Option<bool>,
}

impl Observed {
    /// What the bytes mean.
    #[must_use]
    pub fn meaning(&self) -> Meaning {
        let status = |answer: &Option<Vec<u8>>| {
            let response = Response::parse(answer.as_deref()?).ok()?;
            Some(response.status)
        };
        Meaning {
            atr: self.atr.as_deref().and_then(AtrMeaning::parse),
            application: status(&self.application).map(SelectAnswer::of),
            card_access: self.card_access,
            payment: self.payment.as_deref().is_some_and(is_payment_directory),
            native: self.version.as_deref().and_then(native),
            uid: self.uid.as_deref().and_then(uid),
            master_file: status(&self.master_file).map(|status| status == StatusWord::OK),
        }
    }
}

/// Whether a response to SELECT is the template of the directory, with its name in it: 6F { 84 … }. Spec: EMV Book B §3.3.
fn is_payment_directory(response: &[u8]) -> bool {
    let Ok(response) = Response::parse(response) else { return false };
    if response.status != StatusWord::OK {
        return false;
    }
    let named = || {
        let mut outer = Reader::new("file control information", Rules::Ber, &response.data);
        let mut inner = outer.enter("file control information", 0x6F)?;
        inner.expect(0x84).map(|name| name.value == PAYMENT_DIRECTORY)
    };
    named().unwrap_or(false)
}

fn native(response: &[u8]) -> Option<NativeAnswer> {
    match response {
        // More follows (AF), as it does with a version in three parts.
        [vendor, kind, _, _, _, _, _, 0x91, 0xAF] => {
            Some(NativeAnswer::Version { vendor: *vendor, kind: *kind })
        }
        [.., 0x91, status] => Some(NativeAnswer::Status(*status)),
        _ => None,
    }
}

fn uid(response: &[u8]) -> Option<Uid> {
    match response {
        [0x08, _, _, _, 0x90, 0x00] => Some(Uid::Random),
        [_, _, _, _, .., 0x90, 0x00] => Some(Uid::Fixed),
        _ => None,
    }
}
