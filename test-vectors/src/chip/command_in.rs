//! A command APDU from its bytes. Spec: ISO/IEC 7816-4 §5.2.

/// A command, short or extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Class byte.
    pub cla: u8,
    /// Instruction.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Command data.
    pub data: Vec<u8>,
    /// Greatest number of response bytes that the terminal takes; `None` without an Le field.
    pub ne: Option<usize>,
    /// The lengths were written in the extended form.
    pub extended: bool,
}

impl Command {
    /// The four header bytes.
    pub fn header(&self) -> [u8; 4] {
        [self.cla, self.ins, self.p1, self.p2]
    }

    /// Reads a command; `None` where the lengths contradict the bytes.
    pub fn parse(bytes: &[u8]) -> Option<Command> {
        let (&[cla, ins, p1, p2], body) = bytes.split_first_chunk::<4>()?;
        let (extended, data, le) = match *body {
            [] => (false, &body[..0], body),
            [_] => (false, &body[..0], body),
            [0, _, _] => (true, &body[..0], &body[1..]),
            [0, high, low, ref rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([high, low]));
                if lc == 0 {
                    return None;
                }
                (true, rest.get(..lc)?, rest.get(lc..)?)
            }
            [lc, ref rest @ ..] => {
                let lc = usize::from(lc);
                if lc == 0 {
                    return None;
                }
                (false, rest.get(..lc)?, rest.get(lc..)?)
            }
        };
        let ne = match (extended, le) {
            (_, []) => None,
            (false, [le]) | (true, [0, le]) if *le != 0 => Some(usize::from(*le)),
            (false, [_]) => Some(256),
            (true, [0, 0]) => Some(65536),
            (true, [high, low]) => Some(usize::from(u16::from_be_bytes([*high, *low]))),
            _ => return None,
        };
        Some(Command { cla, ins, p1, p2, data: data.to_vec(), ne, extended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Option<(usize, Option<usize>, bool)> {
        Command::parse(bytes).map(|command| (command.data.len(), command.ne, command.extended))
    }

    #[test]
    fn every_case_of_the_standard() {
        let header = [0x00, 0xB0, 0x00, 0x00];
        let with = |tail: &[u8]| parsed(&[&header, tail].concat());
        assert_eq!(with(&[]), Some((0, None, false)));
        assert_eq!(with(&[0]), Some((0, Some(256), false)));
        assert_eq!(with(&[8]), Some((0, Some(8), false)));
        assert_eq!(with(&[2, 1, 2]), Some((2, None, false)));
        assert_eq!(with(&[2, 1, 2, 0]), Some((2, Some(256), false)));
        assert_eq!(with(&[0, 0, 0]), Some((0, Some(65536), true)));
        assert_eq!(with(&[0, 1, 0]), Some((0, Some(256), true)));
        assert_eq!(with(&[0, 0, 2, 1, 2]), Some((2, None, true)));
        assert_eq!(with(&[0, 0, 2, 1, 2, 0, 0]), Some((2, Some(65536), true)));
        assert_eq!(with(&[0, 0, 2, 1, 2, 0, 9]), Some((2, Some(9), true)));
        for bad in [&[3, 1, 2][..], &[2, 1, 2, 0, 0], &[0, 0, 3, 1, 2], &[0, 0, 2, 1, 2, 0], &[0, 1]] {
            assert_eq!(with(bad), None, "{bad:?}");
        }
        assert_eq!(parsed(&header[..3]), None);
    }
}
