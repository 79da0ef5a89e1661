//! The file that carries a store from one terminal to another: four lines of text, then what is signed.
//!
//! ```text
//! idterm.trust-snapshot/1
//! key <SubjectPublicKeyInfo, base64>
//! signature <ECDSA with SHA-256 over everything after the fourth line, DER, base64>
//! bytes <how many bytes follow this line>
//! {"schema":"idterm.trust-snapshot/1", … ,"packs":[{"sha256":"…","bytes":1503}, …]}
//! <the packs of the store, one after another: DER>
//! ```
//!
//! One spelling for each file: nothing is left over after the last pack. `docs/TRUST.md` shows how to check one
//! with the `openssl` command line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_core::pki::Fingerprint;
use serde::{Deserialize, Serialize};

use super::SnapshotFault;

/// First line, and schema of the manifest.
pub(super) const SCHEMA: &str = "idterm.trust-snapshot/1";
/// Longest of the four lines.
const MAX_LINE_BYTES: usize = 512;
/// Longest manifest: some 100 bytes for each pack.
const MAX_MANIFEST_BYTES: usize = 64 << 10;
/// Most packs. A world's store has half a dozen.
const MAX_PACKS: usize = 256;

/// What is said of the packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub(super) schema: String,
    /// Rises with each snapshot of a signer.
    pub number: u64,
    /// RFC 3339.
    pub exported_at: String,
    /// RFC 3339; after that it is not taken any more.
    pub expires_at: Option<String>,
    /// The packs in the order in which they follow.
    pub packs: Vec<Entry>,
}

/// One pack of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// How many there are.
    pub bytes: usize,
}

/// The four lines, taken apart; nothing of it is believed yet.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// The signer's key.
    pub key: Vec<u8>,
    /// The signature, DER.
    pub signature: Vec<u8>,
    /// What is signed.
    pub signed: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Takes a file's four lines apart.
    ///
    /// # Errors
    /// It is no snapshot, or is cut.
    pub fn parse(file: &'a [u8]) -> Result<Self, SnapshotFault> {
        let (first, rest) = line(file)?;
        if first != SCHEMA {
            return Err(SnapshotFault::Shape("it does not begin with the line of a snapshot"));
        }
        let (key, rest) = labelled(rest, "key ")?;
        let (signature, rest) = labelled(rest, "signature ")?;
        let (length, signed) = labelled(rest, "bytes ")?;
        // One spelling: no sign, no leading zero.
        let expected: usize = length.parse().map_err(|_| SnapshotFault::Shape("its length is no number"))?;
        if expected.to_string() != length {
            return Err(SnapshotFault::Shape("its length is no number"));
        }
        if signed.len() != expected {
            return Err(SnapshotFault::Cut { expected, found: signed.len() });
        }
        Ok(Self { key: unbase64(key)?, signature: unbase64(signature)?, signed })
    }

    /// The file of these parts.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut file = format!(
            "{SCHEMA}\nkey {}\nsignature {}\nbytes {}\n",
            STANDARD.encode(&self.key),
            STANDARD.encode(&self.signature),
            self.signed.len()
        )
        .into_bytes();
        file.extend_from_slice(self.signed);
        file
    }
}

fn line(bytes: &[u8]) -> Result<(&str, &[u8]), SnapshotFault> {
    let window = bytes.get(..MAX_LINE_BYTES).unwrap_or(bytes);
    let end = window.iter().position(|byte| *byte == b'\n');
    let end = end.ok_or(SnapshotFault::Shape("one of its first four lines is missing or too long"))?;
    let (text, rest) = bytes.split_at(end);
    let text = std::str::from_utf8(text)
        .map_err(|_| SnapshotFault::Shape("one of its first four lines is no text"))?;
    Ok((text, rest.get(1..).unwrap_or_default()))
}

fn labelled<'a>(bytes: &'a [u8], label: &str) -> Result<(&'a str, &'a [u8]), SnapshotFault> {
    let (text, rest) = line(bytes)?;
    let value = text.strip_prefix(label);
    Ok((value.ok_or(SnapshotFault::Shape("one of its first four lines has another label"))?, rest))
}

fn unbase64(text: &str) -> Result<Vec<u8>, SnapshotFault> {
    STANDARD.decode(text).map_err(|_| SnapshotFault::Shape("its key or signature is not base64"))
}

/// The signed part, taken apart: the manifest and the packs.
///
/// # Errors
/// Another shape, a hash that does not fit, something left over, more packs than any store has.
pub fn open_signed(signed: &[u8]) -> Result<(Manifest, Vec<&[u8]>), SnapshotFault> {
    let end = signed.iter().take(MAX_MANIFEST_BYTES).position(|byte| *byte == b'\n');
    let end = end.ok_or(SnapshotFault::Shape("its manifest is no line of its own"))?;
    let (manifest, rest) = signed.split_at(end);
    let manifest: Manifest =
        serde_json::from_slice(manifest).map_err(|error| SnapshotFault::Manifest(error.to_string()))?;
    if manifest.schema != SCHEMA {
        return Err(SnapshotFault::Manifest(format!("the schema {:?} is not known", manifest.schema)));
    }
    if manifest.packs.len() > MAX_PACKS {
        return Err(SnapshotFault::Manifest(format!("more than {MAX_PACKS} packs")));
    }
    let mut rest = rest.get(1..).unwrap_or_default();
    let mut packs = Vec::with_capacity(manifest.packs.len());
    for entry in &manifest.packs {
        let pack =
            rest.get(..entry.bytes).ok_or(SnapshotFault::Shape("its packs are shorter than it says"))?;
        if Fingerprint::of(pack).to_string() != entry.sha256 {
            return Err(SnapshotFault::Hash(entry.sha256.clone()));
        }
        packs.push(pack);
        rest = rest.get(entry.bytes..).unwrap_or_default();
    }
    if !rest.is_empty() {
        return Err(SnapshotFault::Shape("something follows its last pack"));
    }
    Ok((manifest, packs))
}

/// What is signed: the manifest in one line, and the packs.
#[must_use]
pub fn write_signed(
    number: u64,
    exported_at: String,
    expires_at: Option<String>,
    packs: &[&[u8]],
) -> Vec<u8> {
    let entry = |bytes: &&[u8]| Entry { sha256: Fingerprint::of(bytes).to_string(), bytes: bytes.len() };
    let entries = packs.iter().map(entry).collect();
    let manifest = Manifest { schema: SCHEMA.to_owned(), number, exported_at, expires_at, packs: entries };
    let mut signed = serde_json::to_vec(&manifest).unwrap_or_default();
    signed.push(b'\n');
    packs.iter().for_each(|pack| signed.extend_from_slice(pack));
    signed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PACKS: [&[u8]; 2] = [b"first pack", b"second\npack\0"];

    fn sample() -> Vec<u8> {
        let signed = write_signed(7, "2026-01-31T00:00:00Z".to_owned(), None, &PACKS);
        Envelope { key: vec![1; 91], signature: vec![2; 71], signed: &signed }.write()
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let file = sample();
        let envelope = Envelope::parse(&file).unwrap();
        assert_eq!(envelope.write(), file);
        let (manifest, packs) = open_signed(envelope.signed).unwrap();
        assert_eq!((manifest.number, packs.as_slice()), (7, PACKS.as_slice()));
        for end in 0..file.len() {
            assert!(Envelope::parse(&file[..end]).is_err(), "cut at {end}");
        }
        let long = [file.as_slice(), b"\n"].concat();
        assert!(matches!(Envelope::parse(&long), Err(SnapshotFault::Cut { .. })));
        let other_number = String::from_utf8(file.clone()).unwrap().replacen("bytes ", "bytes 0", 1);
        assert!(Envelope::parse(other_number.as_bytes()).is_err(), "one spelling");
        assert!(matches!(open_signed(b"{\"x\":1}\n"), Err(SnapshotFault::Manifest(_))));
        let signed = envelope.signed;
        assert!(open_signed(&[signed, b"x"].concat()).is_err(), "something follows");
        assert!(open_signed(&signed[..signed.len() - 1]).is_err(), "the last pack is cut");
        let mut changed = signed.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        assert!(matches!(open_signed(&changed), Err(SnapshotFault::Hash(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]
        #[test]
        fn any_bytes_are_read_or_refused(at in 0_usize..600, with in proptest::collection::vec(any::<u8>(), 0..12), cut in 0_usize..8) {
            let mut file = sample();
            let at = at.min(file.len());
            let end = (at + cut).min(file.len());
            file.splice(at..end, with);
            if let Ok(envelope) = Envelope::parse(&file) {
                prop_assert_eq!(envelope.write(), file.clone());
                let _ = open_signed(envelope.signed);
            }
            let _ = open_signed(&file);
        }
    }
}
