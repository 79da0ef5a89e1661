//! Object identifiers, compared with their dotted form so that code reads like the standards.

use std::fmt;

/// The content bytes of an OBJECT IDENTIFIER.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// Takes content bytes whose arcs are complete; `None` otherwise.
    #[must_use]
    pub fn from_content(bytes: &'a [u8]) -> Option<Self> {
        let ends = bytes.last().is_some_and(|last| last & 0x80 == 0);
        (ends && bytes.len() <= 64).then_some(Self(bytes))
    }

    /// The content bytes.
    #[must_use]
    pub const fn content(&self) -> &'a [u8] {
        self.0
    }

    /// Whether this is the identifier written `dotted`, such as `"2.23.136.1.1.1"`.
    #[must_use]
    pub fn is(&self, dotted: &str) -> bool {
        let mut wanted = dotted.split('.').map(str::parse::<u64>);
        self.arcs().all(|arc| wanted.next() == Some(Ok(arc))) && wanted.next().is_none()
    }

    /// Whether this identifier lies under `dotted`; gives the arcs after it.
    #[must_use]
    pub fn under(&self, dotted: &str) -> Option<Vec<u64>> {
        let mut arcs = self.arcs();
        for wanted in dotted.split('.') {
            if arcs.next() != wanted.parse().ok() {
                return None;
            }
        }
        Some(arcs.collect())
    }

    /// The arcs, first two split as X.690 §8.19.4 says. An arc beyond 64 bits reads as `u64::MAX`.
    pub fn arcs(&self) -> impl Iterator<Item = u64> + 'a {
        let mut subidentifiers = self.0.chunk_by(|byte, _| byte & 0x80 != 0).map(|group| {
            let fits = group.len() <= 9;
            if fits {
                group.iter().fold(0, |arc, byte| (arc << 7) | u64::from(byte & 0x7F))
            } else {
                u64::MAX
            }
        });
        let first = subidentifiers.next().map(|joint| {
            let root = (joint / 40).min(2);
            [root, joint - root * 40]
        });
        first.into_iter().flatten().chain(subidentifiers)
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, arc) in self.arcs().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{arc}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_and_prints() {
        let oid = Oid::from_content(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x01]).unwrap();
        assert_eq!(oid.to_string(), "2.23.136.1.1.1");
        assert!(oid.is("2.23.136.1.1.1"));
        assert!(
            !oid.is("2.23.136.1.1")
                && !oid.is("2.23.136.1.1.1.1")
                && !oid.is("2.23.136.1.1.2")
                && !oid.is("")
        );
        assert_eq!(oid.under("2.23.136.1"), Some(vec![1, 1]));
        assert_eq!(oid.under("2.24"), None);
    }

    #[test]
    fn refuses_unfinished_arcs() {
        assert!(Oid::from_content(&[]).is_none());
        assert!(Oid::from_content(&[0x2A, 0x86]).is_none());
        let _ = Oid::from_content(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
            .unwrap()
            .to_string();
    }
}
