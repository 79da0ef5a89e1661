//! The form in which a store is kept and carried: a few packs of objects, each pack named by its SHA-256.
//!
//! A pack says where each object came from and why it was taken in, so that nothing has to be proved again on opening.
//! It is therefore only as good as what guards it: the name that an index gives it, or a signature over that index.

use std::sync::Arc;

use super::{Provenance, VerifiedBy};
use crate::pki::certificate::Fingerprint;
use crate::wire::date::Timestamp;
use crate::wire::der::{OCTET_STRING, SEQUENCE, UTF8_STRING};
use crate::wire::tlv::{Reader, Rules, Tlv, encode};
use crate::wire::{Malformed, Problem};

const HEAD: &str = "idterm.pack/1";
const OBJECT: u32 = 0xA0;
const MARK: u32 = 0x80;
const ENTRY: u32 = 0x81;
/// Size at which the next signer begins another pack: small enough that adding some rewrites little, large enough that a
/// world's signers are a handful of files.
pub(super) const PACK_BYTES: usize = 8 << 20;

/// A number of objects of a store as bytes, with their SHA-256. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Pack {
    bytes: Arc<Vec<u8>>,
    fingerprint: Fingerprint,
}

impl Pack {
    /// Takes bytes as they stand; [`super::TrustSnapshot::from_packs`] reads them.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let fingerprint = Fingerprint::of(&bytes);
        Self { bytes: Arc::new(bytes), fingerprint }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their SHA-256.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub(super) fn of_objects(objects: &[Vec<u8>]) -> Self {
        let head = encode(UTF8_STRING, HEAD.as_bytes());
        let mut content = Vec::with_capacity(head.len() + objects.iter().map(Vec::len).sum::<usize>());
        content.extend_from_slice(&head);
        objects.iter().for_each(|object| content.extend_from_slice(object));
        Self::new(encode(SEQUENCE, &content))
    }

    /// Goes through the objects; each with its offset.
    pub(super) fn objects(&self) -> Result<Objects<'_>, Malformed> {
        let mut outer = Reader::new("pack", Rules::Der, &self.bytes);
        let mut inside = outer.enter("pack", SEQUENCE)?;
        outer.finish()?;
        if inside.expect(UTF8_STRING)?.value == HEAD.as_bytes() {
            Ok(Objects { inside })
        } else {
            Err(inside.fault(Problem::Value("another form of pack than idterm.pack/1")))
        }
    }

    /// The object that begins at `offset`, as it is written.
    pub(super) fn object_bytes(&self, offset: u32) -> Option<&[u8]> {
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        Reader::new("pack", Rules::Der, rest).any().ok().map(|object| object.raw)
    }

    /// The object that begins at `offset`.
    pub(super) fn object(&self, offset: u32) -> Option<Object<'_>> {
        let rest = self.bytes.get(usize::try_from(offset).ok()?..)?;
        Object::of(rest)
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pack({}, {} bytes)", self.fingerprint, self.bytes.len())
    }
}

/// The objects of a pack, one after the other.
pub(super) struct Objects<'a> {
    inside: Reader<'a>,
}

impl<'a> Iterator for Objects<'a> {
    type Item = Result<(u32, Object<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.inside.is_empty() {
            return None;
        }
        let read = self.inside.any().and_then(|object| {
            let offset = u32::try_from(object.offset)
                .map_err(|_| self.inside.fault(Problem::Value("a pack of more than 4 GiB")))?;
            Ok((offset, Object::read(&self.inside, &object)?))
        });
        Some(read)
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectKind {
    Anchor,
    Crl,
    DeviationList,
    Signer,
}

impl ObjectKind {
    const ALL: [Self; 4] = [Self::Anchor, Self::Crl, Self::DeviationList, Self::Signer];

    fn tag(self) -> u32 {
        let number = Self::ALL.iter().position(|kind| *kind == self).unwrap_or_default();
        OBJECT + u32::try_from(number).unwrap_or_default()
    }
}

/// One object with all that the store knows of it.
pub(super) struct Object<'a> {
    pub kind: ObjectKind,
    pub fingerprint: Fingerprint,
    pub source: &'a str,
    pub imported_at: Timestamp,
    pub verified_by: VerifiedBy,
    /// What the directory found wrong with it; `None` where it found nothing.
    pub mark: Option<&'a str>,
    /// Key of its entry in the directory that it came from, for a later file that deletes the entry.
    pub entry: Option<[u8; 16]>,
    pub der: &'a [u8],
}

impl<'a> Object<'a> {
    /// The object with which these bytes begin.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new("pack", Rules::Der, bytes);
        let object = reader.any().ok()?;
        Self::read(&reader, &object).ok()
    }

    fn read(reader: &Reader<'a>, object: &Tlv<'a>) -> Result<Self, Malformed> {
        let fault = |what| reader.fault(Problem::Value(what));
        let kind = ObjectKind::ALL
            .into_iter()
            .find(|kind| kind.tag() == object.tag)
            .ok_or_else(|| fault("an object of a kind that is not known"))?;
        let mut inside = reader.inside("object of a pack", object);
        let fingerprint =
            fixed(&inside.expect(OCTET_STRING)?).ok_or_else(|| fault("a SHA-256 of another length"))?;
        let source = text(&inside.expect(UTF8_STRING)?).ok_or_else(|| fault("a source that is no text"))?;
        let imported_at =
            fixed(&inside.expect(OCTET_STRING)?).ok_or_else(|| fault("a time of another length"))?;
        let verified_by = verified_by(inside.expect(OCTET_STRING)?.value)
            .ok_or_else(|| fault("a ground of trust that is not known"))?;
        let mark = match inside.optional(MARK)? {
            Some(mark) => Some(text(&mark).ok_or_else(|| fault("a mark that is no text"))?),
            None => None,
        };
        let entry = match inside.optional(ENTRY)? {
            Some(entry) => Some(fixed(&entry).ok_or_else(|| fault("an entry's key of another length"))?),
            None => None,
        };
        let der = inside.expect(OCTET_STRING)?.value;
        inside.finish()?;
        Ok(Self {
            kind,
            fingerprint: Fingerprint(fingerprint),
            source,
            imported_at: Timestamp(i64::from_be_bytes(imported_at)),
            verified_by,
            mark,
            entry,
            der,
        })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let parts = [
            encode(OCTET_STRING, &self.fingerprint.0),
            encode(UTF8_STRING, self.source.as_bytes()),
            encode(OCTET_STRING, &self.imported_at.0.to_be_bytes()),
            encode(OCTET_STRING, &ground(self.verified_by)),
            self.mark.map(|mark| encode(MARK, mark.as_bytes())).unwrap_or_default(),
            self.entry.map(|entry| encode(ENTRY, &entry)).unwrap_or_default(),
            encode(OCTET_STRING, self.der),
        ];
        encode(self.kind.tag(), &parts.concat())
    }

    pub(super) fn provenance(&self) -> Provenance {
        Provenance { source: self.source.to_owned(), imported_at: self.imported_at }
    }
}

fn fixed<const N: usize>(object: &Tlv<'_>) -> Option<[u8; N]> {
    object.value.try_into().ok()
}

fn text<'a>(object: &Tlv<'a>) -> Option<&'a str> {
    std::str::from_utf8(object.value).ok()
}

fn ground(verified_by: VerifiedBy) -> Vec<u8> {
    match verified_by {
        VerifiedBy::SelfSigned => vec![0],
        VerifiedBy::Link(id) => [&[1], &id.0[..]].concat(),
        VerifiedBy::List(id) => [&[2], &id.0[..]].concat(),
        VerifiedBy::Pinned => vec![3],
    }
}

fn verified_by(bytes: &[u8]) -> Option<VerifiedBy> {
    let (kind, id) = bytes.split_first()?;
    let id = || id.try_into().ok().map(Fingerprint);
    match (kind, bytes.len()) {
        (0, 1) => Some(VerifiedBy::SelfSigned),
        (1, _) => id().map(VerifiedBy::Link),
        (2, _) => id().map(VerifiedBy::List),
        (3, 1) => Some(VerifiedBy::Pinned),
        _ => None,
    }
}

/// Why packs are no store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pack {pack}: {problem}")]
pub struct PackError {
    /// SHA-256 of the pack.
    pub pack: Fingerprint,
    /// What is wrong in it.
    pub problem: String,
}
