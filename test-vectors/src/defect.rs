//! Named faults, applied to a finished card: after signing, as a forger, a worn chip or a broken reader would.

use crate::card::{ActiveAuthenticationKey, Card};
use crate::issuer::der_out::tlv;
use crate::issuer::groups::{Address, EF_CARD_ACCESS};
use crate::num;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// So many bytes from the start.
    FromStart(usize),
    /// In the middle.
    Middle,
    /// So many bytes before the end; 1 is the last byte.
    FromEnd(usize),
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Inverts the lowest bit of one byte.
    FlipBit(Address, Place),
    /// Cuts the file to this many bytes; its length field still promises the rest.
    CutFile(Address, usize),
    /// Cuts the content to this many bytes and rewrites the length: the file can be read, its inside ends too soon.
    CutContent(Address, usize),
    /// Appends this many zero bytes behind the object, as chips pad their files.
    AppendZeros(Address, usize),
    /// Replaces the first tag byte.
    Retag(Address, u8),
    /// Takes the file away.
    RemoveFile(Address),
    /// Puts the first file's bytes in the place of the second.
    CopyFile(Address, Address),
    /// Gives the chip keys of Chip Authentication that DG14 does not name.
    OtherChipAuthenticationKeys,
    /// Gives the chip a key of Active Authentication that DG15 does not name.
    OtherActiveAuthenticationKey,
    /// Takes the keys of Chip Authentication away.
    NoChipAuthenticationKeys,
    /// Takes the key of Active Authentication away.
    NoActiveAuthenticationKey,
    /// Takes PACE and EF.CardAccess away, so that only BAC is left.
    HidePace,
}

impl Place {
    fn index(self, length: usize) -> Option<usize> {
        let index = match self {
            Place::FromStart(offset) => offset,
            Place::Middle => length / 2,
            Place::FromEnd(offset) => length.checked_sub(offset)?,
        };
        (index < length).then_some(index)
    }
}

impl Defect {
    /// Applies the fault; `false` where the card has nothing that it could be applied to.
    #[must_use]
    pub fn apply(self, card: &mut Card) -> bool {
        match self {
            Defect::FlipBit(file, place) => flip_bit(card, file, place),
            Defect::CutFile(file, keep_bytes) => change(card, file, |bytes| {
                let shorter = keep_bytes < bytes.len();
                bytes.truncate(keep_bytes);
                shorter
            }),
            Defect::CutContent(file, keep_bytes) => {
                change(card, file, |bytes| cut_content(bytes, keep_bytes))
            }
            Defect::AppendZeros(file, count) => change(card, file, |bytes| {
                bytes.resize(bytes.len() + count, 0);
                count > 0
            }),
            Defect::Retag(file, tag) => change(card, file, |bytes| {
                let Some(first) = bytes.first_mut() else { return false };
                let differs = *first != tag;
                *first = tag;
                differs
            }),
            Defect::RemoveFile(file) => card.files.remove(&file).is_some(),
            Defect::CopyFile(from, to) => match card.files.get(&from).cloned() {
                Some(bytes) => card.files.insert(to, bytes).is_some(),
                None => false,
            },
            Defect::OtherChipAuthenticationKeys => other_chip_keys(card),
            Defect::OtherActiveAuthenticationKey => other_active_key(card),
            Defect::NoChipAuthenticationKeys => {
                let had = !card.chip_authentication.is_empty();
                card.chip_authentication.clear();
                had
            }
            Defect::NoActiveAuthenticationKey => card.active_authentication.take().is_some(),
            Defect::HidePace => {
                let had = !card.access.pace.is_empty();
                card.access.pace.clear();
                card.access.can = None;
                card.files.remove(&EF_CARD_ACCESS).is_some() && had
            }
        }
    }
}

fn change(card: &mut Card, file: Address, with: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
    card.files.get_mut(&file).is_some_and(with)
}

fn flip_bit(card: &mut Card, file: Address, place: Place) -> bool {
    change(card, file, |bytes| {
        let byte = place.index(bytes.len()).and_then(|index| bytes.get_mut(index));
        byte.map(|byte| *byte ^= 1).is_some()
    })
}

/// The header's width follows from the file's: only one width frames the rest to just this length.
fn cut_content(bytes: &mut Vec<u8>, keep_bytes: usize) -> bool {
    let Some(tag) = bytes.first().copied() else { return false };
    let content =
        (2..=5).filter_map(|header_bytes| bytes.get(header_bytes..)).find(|rest| tlv(&[tag], rest) == *bytes);
    match content.and_then(|content| content.get(..keep_bytes)) {
        Some(kept) => {
            let shorter = tlv(&[tag], kept);
            let changed = shorter != *bytes;
            *bytes = shorter;
            changed
        }
        None => false,
    }
}

fn other_chip_keys(card: &mut Card) -> bool {
    let label = format!("not the chip's key: {}", card.persona);
    for key in &mut card.chip_authentication {
        key.private = key.group.private_from_seed(&label);
    }
    !card.chip_authentication.is_empty()
}

fn other_active_key(card: &mut Card) -> bool {
    let label = format!("not the chip's key: {}", card.persona);
    match &mut card.active_authentication {
        Some(ActiveAuthenticationKey::Ecdsa { curve, private, .. }) => {
            *private = num::private_from_seed(*curve, &label);
            true
        }
        // Another exponent signs nothing that the modulus in DG15 would accept.
        Some(ActiveAuthenticationKey::Rsa { private, .. }) => {
            *private = num::expand(&[label.as_bytes()], private.len() - 1);
            true
        }
        None => false,
    }
}
