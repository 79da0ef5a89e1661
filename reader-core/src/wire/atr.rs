//! The answer to reset that a contactless reader makes up around a card's historical bytes, and what those say of lengths.
//!
//! Spec: PC/SC part 3 §3.1.3.2.3; ISO/IEC 7816-4 §8.1.1 (historical bytes), §8.1.1.2.7 (card capabilities).

/// The historical bytes: those of the ATS, or what the reader put in their place. `None` where the answer is none of a
/// contactless card, or its check byte is wrong.
#[must_use]
pub fn historical_bytes(atr: &[u8]) -> Option<&[u8]> {
    let (&[first, format, protocols, last], rest) = atr.split_first_chunk::<4>()?;
    let (_, historical) = rest.split_last()?;
    let sum = atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte);
    let framed = first == 0x3B && format & 0xF0 == 0x80 && protocols == 0x80 && last == 0x01 && sum == 0;
    (framed && historical.len() == usize::from(format & 0x0F)).then_some(historical)
}

/// What a card says of the lengths of its commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthCapabilities {
    /// It takes commands in a chain.
    pub chaining: bool,
    /// It takes extended Lc and Le fields.
    pub extended: bool,
    /// How long they may be stands in EF.ATR/INFO.
    pub limits_in_file: bool,
}

/// The third byte of the card capabilities among historical bytes in compact TLV; `None` where there is none.
#[must_use]
pub fn length_capabilities(historical: &[u8]) -> Option<LengthCapabilities> {
    const CAPABILITIES: u8 = 7;
    let (category, mut objects) = historical.split_first()?;
    match category {
        0x80 => {}
        // The last three bytes are a status indicator.
        0x00 => objects = objects.get(..objects.len().checked_sub(3)?)?,
        _ => return None,
    }
    while let Some((head, rest)) = objects.split_first() {
        let (value, after) = rest.split_at_checked(usize::from(head & 0x0F))?;
        if head >> 4 == CAPABILITIES {
            let byte = value.get(2)?;
            return Some(LengthCapabilities {
                chaining: byte & 0x80 != 0,
                extended: byte & 0x40 != 0,
                limits_in_file: byte & 0x20 != 0,
            });
        }
        objects = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(historical: &[u8]) -> Vec<u8> {
        let mut atr = vec![0x3B, 0x80 | u8::try_from(historical.len()).unwrap(), 0x80, 0x01];
        atr.extend_from_slice(historical);
        atr.push(atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte));
        atr
    }

    #[test]
    fn historical_bytes_stand_in_their_frame() {
        let atr = framed(&[0x80, 0x73, 0, 0, 0xC0]);
        assert_eq!(historical_bytes(&atr), Some(&[0x80, 0x73, 0, 0, 0xC0][..]));
        let mut damaged = atr.clone();
        damaged[6] ^= 1;
        for none in [&damaged[..], &atr[..8], &[], &[0x3B, 0x80, 0x80, 0x01]] {
            assert_eq!(historical_bytes(none), None, "{none:02X?}");
        }
    }

    #[test]
    fn capabilities_are_found_among_other_objects() {
        let both = LengthCapabilities { chaining: true, extended: true, limits_in_file: false };
        assert_eq!(length_capabilities(&[0x80, 0x31, 0xC0, 0x73, 0, 0, 0xC0]), Some(both));
        let in_file = LengthCapabilities { chaining: false, extended: true, limits_in_file: true };
        assert_eq!(length_capabilities(&[0x00, 0x73, 0, 0, 0x60, 5, 0x90, 0]), Some(in_file));
        // Two bytes of capabilities say nothing of lengths; no such object; another coding; cut off.
        for none in
            [&[0x80, 0x72, 0, 0][..], &[0x80, 0x31, 0xC0], &[0xC1, 0x73, 0, 0, 0xC0], &[0x80, 0x73, 0, 0]]
        {
            assert_eq!(length_capabilities(none), None, "{none:02X?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_not(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = historical_bytes(&bytes).and_then(length_capabilities);
            let _ = length_capabilities(&bytes);
        }
    }
}
