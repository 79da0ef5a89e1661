//! Document signers that a directory published, for documents that do not carry their signer's certificate.
//!
//! Knowing one is no trust: whoever finds one here proves its chain like that of any other. A world of them is kept as
//! it was packed and read one by one when asked for; only two small sorted tables are made on opening.
//! Spec: 9303-12 §5 (PKD); 9303-10 §4.6.2 (a signer named by issuer and serial number, or by key identifier).

use std::collections::HashMap;

use super::pack::{Object, ObjectKind, Pack};
use super::{MAX_CANDIDATES, Provenance, VerifiedBy};
use crate::pki::certificate::{Certificate, Fingerprint, shortest};
use crate::pki::name::Name;
use crate::pki::signed_data::names_certificate;
use crate::wire::Malformed;
use crate::wire::cms::SignerIdentifier;
use crate::wire::der::{BOOLEAN, OCTET_STRING, SEQUENCE};
use crate::wire::tlv::{Reader, Rules};

const SUBJECT_KEY_ID: [u8; 3] = [0x55, 0x1D, 0x0E];

/// What the directory says of a signer's conformance to the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conformance {
    /// Nothing is said against it.
    Conformant,
    /// It stands in the branch of what does not conform.
    NonConformant {
        /// Codes and text as the directory gives them, such as `ERR:DSC.KEY.02`; empty where it gives none.
        findings: String,
    },
}

/// A document signer that a directory published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSigner {
    /// Its certificate.
    pub certificate: Certificate,
    /// Where it came from.
    pub provenance: Provenance,
    /// The anchor whose key signed it, as was found when it was taken in.
    pub signed_by: Fingerprint,
    /// What the directory says of it.
    pub conformance: Conformance,
    /// Key of its entry in the directory, by which a later file finds it.
    pub(super) entry: Option<[u8; 16]>,
}

/// The document signers of a store.
#[derive(Clone, Debug, Default)]
pub struct DocumentSigners {
    packs: Vec<Pack>,
    /// Pack and offset in it.
    entries: Vec<(u32, u32)>,
    /// Sorted: hash of issuer and serial number, entry.
    by_issuer_and_serial: Vec<(u64, u32)>,
    /// Sorted: hash of the key identifier, entry.
    by_key_id: Vec<(u64, u32)>,
    /// SHA-256 over the fingerprints.
    id: Option<Fingerprint>,
}

impl DocumentSigners {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The signers that `named` may mean, at most 32. Each is read now; one that cannot be read is left out.
    #[must_use]
    pub fn find(&self, named: &SignerIdentifier<'_>) -> Vec<KnownSigner> {
        let (index, key) = match named {
            SignerIdentifier::IssuerAndSerial { issuer, serial } => {
                let Ok(name) = Name::parse(issuer) else { return Vec::new() };
                (&self.by_issuer_and_serial, issuer_and_serial(&name.lookup_key(), serial))
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => (&self.by_key_id, short_hash(&[id])),
        };
        let first = index.partition_point(|(other, _)| *other < key);
        let equal = index.iter().skip(first).take_while(|(other, _)| *other == key);
        equal
            .take(MAX_CANDIDATES)
            .filter_map(|(_, entry)| self.read(*entry))
            .filter(|signer| names_certificate(named, &signer.certificate))
            .collect()
    }

    /// All of them, each read when its turn comes.
    pub fn iter(&self) -> impl Iterator<Item = KnownSigner> {
        (0_u32..).take(self.entries.len()).filter_map(|entry| self.read(entry))
    }

    /// SHA-256 of each, without reading its certificate.
    pub fn fingerprints(&self) -> impl Iterator<Item = Fingerprint> {
        self.objects().map(|(_, object)| object.fingerprint)
    }

    pub(super) fn packs(&self) -> &[Pack] {
        &self.packs
    }

    pub(super) fn entries(&self) -> &[(u32, u32)] {
        &self.entries
    }

    pub(super) const fn id(&self) -> Option<Fingerprint> {
        self.id
    }

    fn read(&self, entry: u32) -> Option<KnownSigner> {
        let (pack, offset) = self.entries.get(usize::try_from(entry).ok()?)?;
        let object = self.packs.get(usize::try_from(*pack).ok()?)?.object(*offset)?;
        KnownSigner::of(&object)
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (&(u32, u32), Object<'_>)> {
        self.entries.iter().filter_map(|place @ (pack, offset)| {
            let object = self.packs.get(usize::try_from(*pack).ok()?)?.object(*offset)?;
            Some((place, object))
        })
    }

    /// Makes the tables over packs that hold nothing but signers.
    pub(super) fn of_packs(packs: Vec<Pack>) -> Result<Self, (Fingerprint, Malformed)> {
        let mut all = Self::default();
        let mut issuers: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        let mut fingerprints = Vec::new();
        for (number, pack) in (0_u32..).zip(&packs) {
            let fault = |malformed| (pack.fingerprint(), malformed);
            for object in pack.objects().map_err(fault)? {
                let (offset, object) = object.map_err(fault)?;
                if object.kind != ObjectKind::Signer {
                    let mixed = Malformed::value("pack", "something else among document signers");
                    return Err(fault(mixed));
                }
                let named = Named::of(object.der).map_err(fault)?;
                if !issuers.contains_key(named.issuer) {
                    let name = Name::parse(named.issuer).map_err(fault)?;
                    issuers.insert(named.issuer.to_vec(), name.lookup_key());
                }
                let entry = u32::try_from(all.entries.len()).unwrap_or(u32::MAX);
                let issuer = issuers.get(named.issuer).map(Vec::as_slice).unwrap_or_default();
                all.by_issuer_and_serial.push((issuer_and_serial(issuer, named.serial), entry));
                if let Some(id) = named.key_id {
                    all.by_key_id.push((short_hash(&[id]), entry));
                }
                fingerprints.extend_from_slice(&object.fingerprint.0);
                all.entries.push((number, offset));
            }
        }
        all.by_issuer_and_serial.sort_unstable();
        all.by_key_id.sort_unstable();
        all.entries.shrink_to_fit();
        all.by_issuer_and_serial.shrink_to_fit();
        all.by_key_id.shrink_to_fit();
        all.id = (!fingerprints.is_empty()).then(|| Fingerprint::of(&fingerprints));
        all.packs = packs;
        Ok(all)
    }
}

impl KnownSigner {
    fn of(object: &Object<'_>) -> Option<Self> {
        let VerifiedBy::Link(signed_by) = object.verified_by else { return None };
        let certificate = Certificate::from_der(object.der).ok()?;
        let conformance = match object.mark {
            Some(findings) => Conformance::NonConformant { findings: findings.to_owned() },
            None => Conformance::Conformant,
        };
        // What was packed under another name than its own was altered.
        (certificate.fingerprint() == object.fingerprint).then(|| Self {
            certificate,
            provenance: object.provenance(),
            signed_by,
            conformance,
            entry: object.entry,
        })
    }
}

/// What a signer is looked up by, read without reading the rest.
pub(super) struct Named<'a> {
    pub(super) issuer: &'a [u8],
    serial: &'a [u8],
    key_id: Option<&'a [u8]>,
}

impl<'a> Named<'a> {
    pub(super) fn of(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("Certificate", Rules::Ber, der);
        let mut fields = outer.enter("Certificate", SEQUENCE)?.enter("TBSCertificate", SEQUENCE)?;
        fields.optional(0xA0)?;
        let serial = fields.integer()?;
        fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?.raw;
        for _ in ["validity", "subject", "subjectPublicKeyInfo"] {
            fields.expect(SEQUENCE)?;
        }
        fields.optional(0x81)?;
        fields.optional(0x82)?;
        let mut key_id = None;
        if let Some(wrapper) = fields.optional(0xA3)? {
            let mut extensions = fields.inside("Extensions", &wrapper).enter("Extensions", SEQUENCE)?;
            while !extensions.is_empty() && key_id.is_none() {
                let mut extension = extensions.enter("Extension", SEQUENCE)?;
                if extension.oid()?.content() == SUBJECT_KEY_ID {
                    extension.optional(BOOLEAN)?;
                    let value = extension.expect(OCTET_STRING)?.value;
                    key_id = Some(Reader::new("SubjectKeyIdentifier", Rules::Ber, value).octet_string()?);
                }
            }
        }
        Ok(Self { issuer, serial, key_id })
    }
}

fn issuer_and_serial(lookup_key: &[u8], serial: &[u8]) -> u64 {
    short_hash(&[lookup_key, shortest(serial)])
}

/// Eight bytes of SHA-256: enough to find by, and what is found is compared in full.
fn short_hash(parts: &[&[u8]]) -> u64 {
    let digest = crate::crypto::hash::HashAlgorithm::Sha256.digest_parts(parts);
    digest.first_chunk().copied().map(u64::from_be_bytes).unwrap_or_default()
}
