//! The hash functions that documents and their issuers use.
//!
//! Spec: 9303-12 §4.4; 9303-10 §4.6.2.

use core::fmt;

use sha2::Digest;

/// A hash function. Whether SHA-1 is acceptable somewhere is the caller's judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashAlgorithm {
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-224, 28 bytes.
    Sha224,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl HashAlgorithm {
    /// All of them, weakest first.
    pub const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Hash of `message`.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        self.digest_parts(&[message])
    }

    /// Hash of the concatenation of `parts`, without building it.
    #[must_use]
    pub fn digest_parts(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            for part in parts {
                digest.update(part);
            }
            digest.finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<sha1::Sha1>(parts),
            Self::Sha224 => run::<sha2::Sha224>(parts),
            Self::Sha256 => run::<sha2::Sha256>(parts),
            Self::Sha384 => run::<sha2::Sha384>(parts),
            Self::Sha512 => run::<sha2::Sha512>(parts),
        }
    }

    /// Length of the hash in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a hash is never empty")]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Name as standards write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_hashes_of_abc() {
        // FIPS 180-4 examples, first four bytes.
        let expected: [(HashAlgorithm, [u8; 4]); 5] = [
            (HashAlgorithm::Sha1, [0xA9, 0x99, 0x3E, 0x36]),
            (HashAlgorithm::Sha224, [0x23, 0x09, 0x7D, 0x22]),
            (HashAlgorithm::Sha256, [0xBA, 0x78, 0x16, 0xBF]),
            (HashAlgorithm::Sha384, [0xCB, 0x00, 0x75, 0x3F]),
            (HashAlgorithm::Sha512, [0xDD, 0xAF, 0x35, 0xA1]),
        ];
        for (algorithm, start) in expected {
            let hash = algorithm.digest(b"abc");
            assert_eq!(hash[..4], start, "{algorithm}");
            assert_eq!(hash.len(), algorithm.len());
            assert_eq!(hash, algorithm.digest_parts(&[b"a", b"", b"bc"]));
        }
    }
}
