//! CMS SignedData with its raw spans: EF.SOD, EF.CardSecurity, master lists, deviation lists.
//!
//! Signatures are verified over the bytes as received, so that this reader copies nothing and encodes nothing. It reads
//! DER; indefinite lengths and constructed strings are refused with a message that says so. Spec: RFC 5652 §3, §5.

use std::borrow::Cow;

use super::der::{AlgorithmIdentifier, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET};
use super::oid::Oid;
use super::tlv::{Reader, Rules, Tlv};
use super::{Malformed, Problem, ber};

/// Most certificates read out of one structure. Real ones carry one to five.
const MAX_CERTIFICATES: usize = 64;
/// Most signers.
const MAX_SIGNERS: usize = 16;
/// Most digest algorithms named at the top.
const MAX_DIGESTS: usize = 16;
/// Most signed attributes of one signer.
const MAX_ATTRIBUTES: usize = 32;

const CONTEXT_0: u32 = 0xA0;
const CONTEXT_1: u32 = 0xA1;
const CONTEXT_0_PRIMITIVE: u32 = 0x80;

/// A message without indefinite lengths and strings in pieces.
#[derive(Clone, Debug)]
pub struct Definite<'a> {
    /// As it stands, or normalised.
    pub bytes: Cow<'a, [u8]>,
    /// What of BER it uses that DER does not have; `None` for one in DER.
    pub freedom: Option<Malformed>,
}

/// Takes the freedoms of BER out that keep a message from being read. Only its frame is looked at: whether its parts are
/// sound, [`SignedData::parse_ber`] says.
///
/// # Errors
/// A form that cannot be normalised.
pub fn definite(bytes: &[u8]) -> Result<Definite<'_>, Malformed> {
    match SignedData::parse(bytes) {
        Err(error) if matches!(error.problem, Problem::Form(_)) => {
            let bytes = ber::normalise("SignedData", bytes)?.into();
            Ok(Definite { bytes, freedom: Some(error) })
        }
        _ => Ok(Definite { bytes: bytes.into(), freedom: None }),
    }
}

/// `SignedData`, as it stands in a ContentInfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedData<'a> {
    /// CMSVersion; 3 in documents.
    pub version: u32,
    /// Digest algorithms announced.
    pub digest_algorithms: Vec<AlgorithmIdentifier<'a>>,
    /// What the content is.
    pub content_type: Oid<'a>,
    /// The content; `None` where it is detached.
    pub content: Option<&'a [u8]>,
    /// The certificates, each as it stands. Attribute certificates and other forms are left out.
    pub certificates: Vec<&'a [u8]>,
    /// The revocation lists, each as it stands.
    pub crls: Vec<&'a [u8]>,
    /// The signers.
    pub signers: Vec<SignerInfo<'a>>,
    /// The first of its sets whose members are not in the order of DER. Spec: X.690 §11.6.
    pub unsorted_set: Option<&'static str>,
}

/// One signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerInfo<'a> {
    /// CMSVersion: 1 with issuer and serial number, 3 with a subject key identifier.
    pub version: u32,
    /// Which certificate's key signed.
    pub sid: SignerIdentifier<'a>,
    /// Hash over the content and over the signed attributes.
    pub digest_algorithm: AlgorithmIdentifier<'a>,
    /// The signed attributes, if there are any.
    pub signed_attributes: Option<SignedAttributes<'a>>,
    /// Signature algorithm with its parameters.
    pub signature_algorithm: AlgorithmIdentifier<'a>,
    /// The signature.
    pub signature: &'a [u8],
}

/// How a signer's certificate is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerIdentifier<'a> {
    /// By issuer and serial number.
    IssuerAndSerial {
        /// The issuer's Name as it stands.
        issuer: &'a [u8],
        /// The serial number's content bytes, two's complement.
        serial: &'a [u8],
    },
    /// By subject key identifier.
    SubjectKeyIdentifier(&'a [u8]),
}

/// The signed attributes of a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttributes<'a> {
    /// As they stand, under their implicit tag `A0`.
    raw: &'a [u8],
    /// The attributes in the order of the bytes.
    pub attributes: Vec<Attribute<'a>>,
}

/// `Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF ANY }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The attribute as it stands.
    pub raw: &'a [u8],
    /// What it is.
    pub kind: Oid<'a>,
    /// Content of the SET of its values.
    pub values: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The one value, if there is exactly one.
    #[must_use]
    pub fn single_value(&self) -> Option<Tlv<'a>> {
        let mut reader = Reader::new("Attribute", Rules::Der, self.values);
        let value = reader.any().ok()?;
        reader.is_empty().then_some(value)
    }
}

impl<'a> SignedAttributes<'a> {
    /// The bytes that the signature is taken over: as received, with the tag of a SET (`31`) in place of `A0`.
    /// Spec: RFC 5652 §5.4.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = self.raw.to_vec();
        if let Some(tag) = bytes.first_mut() {
            *tag = 0x31;
        }
        bytes
    }

    /// The same attributes in the order that DER wants, for signers who signed that order and wrote another.
    /// `None` where they are in that order already.
    #[must_use]
    pub fn sorted_bytes(&self) -> Option<Vec<u8>> {
        let mut sorted: Vec<&[u8]> = self.attributes.iter().map(|attribute| attribute.raw).collect();
        sorted.sort_unstable();
        let unsorted = sorted.iter().ne(self.attributes.iter().map(|attribute| &attribute.raw));
        unsorted.then(|| super::tlv::encode(SET, &sorted.concat()))
    }

    /// The attributes of this kind.
    pub fn of_kind<'s>(&'s self, dotted: &'s str) -> impl Iterator<Item = &'s Attribute<'a>> {
        self.attributes.iter().filter(move |attribute| attribute.kind.is(dotted))
    }
}

impl<'a> SignedData<'a> {
    /// Reads `ContentInfo ::= SEQUENCE { contentType id-signedData, content [0] SignedData }` and nothing after it.
    ///
    /// # Errors
    /// Not DER, not SignedData, or more parts than any real structure has.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(bytes, Rules::Der)
    }

    /// The same where lengths may be longer than they need to be, for what [`definite`] gave.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_ber(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read(bytes, Rules::Ber)
    }

    fn read(bytes: &'a [u8], rules: Rules) -> Result<Self, Malformed> {
        let mut outer = Reader::new("ContentInfo", rules, bytes);
        let mut info = outer.enter("ContentInfo", SEQUENCE)?;
        outer.finish()?;
        if !info.oid()?.is("1.2.840.113549.1.7.2") {
            return Err(info.fault(Problem::Value("the content is not SignedData")));
        }
        let mut explicit = info.enter("ContentInfo content", CONTEXT_0)?;
        info.finish()?;
        let mut data = explicit.enter("SignedData", SEQUENCE)?;
        explicit.finish()?;

        let version = data.small()?;
        let mut digests = data.enter("SignedData digestAlgorithms", SET)?;
        let digest_order = digests.clone();
        let digest_algorithms = bounded(&mut digests, MAX_DIGESTS, "digest algorithms", Reader::algorithm)?;
        let (content_type, content) = encapsulated(&mut data)?;
        let certificate_order =
            data.clone().optional(CONTEXT_0)?.map(|set| data.inside("certificates", &set));
        let certificates = raw_members(&mut data, CONTEXT_0, "certificates")?;
        let crls = raw_members(&mut data, CONTEXT_1, "revocation lists")?;
        let mut infos = data.enter("SignedData signerInfos", SET)?;
        let signer_order = infos.clone();
        let signers = bounded(&mut infos, MAX_SIGNERS, "signers", signer_info)?;
        data.finish()?;
        let sets = [
            ("digest algorithms", Some(digest_order)),
            ("certificates", certificate_order),
            ("signers", Some(signer_order)),
        ];
        let unsorted_set = sets.into_iter().find_map(|(name, set)| (!is_sorted(set?)).then_some(name));
        Ok(Self {
            version,
            digest_algorithms,
            content_type,
            content,
            certificates,
            crls,
            signers,
            unsorted_set,
        })
    }
}

/// Whether the members of a set stand in the order of DER. What cannot be read is for others to refuse.
fn is_sorted(mut set: Reader<'_>) -> bool {
    let mut before: &[u8] = &[];
    while !set.is_empty() {
        let Ok(member) = set.any() else { return true };
        if member.raw < before {
            return false;
        }
        before = member.raw;
    }
    true
}

/// Reads members until the reader is empty, at most `limit`.
fn bounded<'a, T>(
    reader: &mut Reader<'a>,
    limit: usize,
    of: &'static str,
    mut one: impl FnMut(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut members = Vec::new();
    while !reader.is_empty() {
        if members.len() == limit {
            return Err(reader.fault(Problem::TooMany { limit, of }));
        }
        members.push(one(reader)?);
    }
    Ok(members)
}

/// `EncapsulatedContentInfo ::= SEQUENCE { eContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL }`.
fn encapsulated<'a>(data: &mut Reader<'a>) -> Result<(Oid<'a>, Option<&'a [u8]>), Malformed> {
    let mut inner = data.enter("EncapsulatedContentInfo", SEQUENCE)?;
    let content_type = inner.oid()?;
    let mut content = None;
    if let Some(wrapper) = inner.optional(CONTEXT_0)? {
        let mut explicit = inner.inside("eContent", &wrapper);
        if explicit.peek_tag()? == OCTET_STRING | 0x20 {
            return Err(explicit.fault(Problem::Form("a content in several pieces (BER), which DER forbids")));
        }
        content = Some(explicit.octet_string()?);
        explicit.finish()?;
    }
    inner.finish()?;
    Ok((content_type, content))
}

/// The SEQUENCEs under an implicit tag, each raw; other choices are left out.
fn raw_members<'a>(data: &mut Reader<'a>, tag: u32, of: &'static str) -> Result<Vec<&'a [u8]>, Malformed> {
    let Some(set) = data.optional(tag)? else { return Ok(Vec::new()) };
    let mut members = data.inside("SignedData certificates", &set);
    let all = bounded(&mut members, MAX_CERTIFICATES, of, Reader::any)?;
    Ok(all.into_iter().filter(|member| member.tag == SEQUENCE).map(|member| member.raw).collect())
}

fn signer_info<'a>(infos: &mut Reader<'a>) -> Result<SignerInfo<'a>, Malformed> {
    let mut info = infos.enter("SignerInfo", SEQUENCE)?;
    let version = info.small()?;
    let sid = match info.peek_tag()? {
        SEQUENCE => {
            let mut names = info.enter("IssuerAndSerialNumber", SEQUENCE)?;
            let issuer = names.expect(SEQUENCE)?.raw;
            let serial = names.expect(INTEGER)?.value;
            names.finish()?;
            SignerIdentifier::IssuerAndSerial { issuer, serial }
        }
        CONTEXT_0_PRIMITIVE => SignerIdentifier::SubjectKeyIdentifier(info.any()?.value),
        _ => return Err(info.fault(Problem::Value("a signer identifier of neither kind"))),
    };
    let digest_algorithm = info.algorithm()?;
    let signed_attributes = match info.optional(CONTEXT_0)? {
        Some(object) => Some(attributes(&info, &object)?),
        None => None,
    };
    let signature_algorithm = info.algorithm()?;
    let signature = info.octet_string()?;
    // Unsigned attributes prove nothing and are not looked at.
    info.optional(CONTEXT_1)?;
    info.finish()?;
    Ok(SignerInfo { version, sid, digest_algorithm, signed_attributes, signature_algorithm, signature })
}

fn attributes<'a>(info: &Reader<'a>, object: &Tlv<'a>) -> Result<SignedAttributes<'a>, Malformed> {
    let mut reader = info.inside("SignedAttributes", object);
    let attributes = bounded(&mut reader, MAX_ATTRIBUTES, "signed attributes", |reader| {
        let whole = reader.expect(SEQUENCE)?;
        let mut inner = reader.inside("Attribute", &whole);
        let kind_object = inner.expect(OBJECT_IDENTIFIER)?;
        let fault = inner.fault(Problem::Value("an object identifier that does not end"));
        let kind = Oid::from_content(kind_object.value).ok_or(fault)?;
        let values = inner.expect(SET)?.value;
        inner.finish()?;
        Ok(Attribute { raw: whole.raw, kind, values })
    })?;
    Ok(SignedAttributes { raw: object.raw, attributes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::encode;

    const SIGNED_DATA: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
    const SHA256: &[u8] = &[0x30, 0x0B, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];

    fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
        encode(SEQUENCE, &[&[6, 2, 0x2A, kind][..], &encode(SET, value)].concat())
    }

    fn content_info(content: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
        let encapsulated = encode(SEQUENCE, &[&[6, 2, 0x2A, 1][..], &encode(0xA0, content)].concat());
        let signer = encode(
            SEQUENCE,
            &[
                &[2, 1, 3, 0x80, 2, 7, 8][..],
                SHA256,
                &encode(0xA0, &attributes.concat()),
                SHA256,
                &[4, 2, 9, 9],
            ]
            .concat(),
        );
        let data = [&[2, 1, 3][..], &encode(SET, SHA256), &encapsulated, &encode(SET, &signer)].concat();
        encode(SEQUENCE, &[SIGNED_DATA, &encode(0xA0, &encode(SEQUENCE, &data))].concat())
    }

    #[test]
    fn keeps_raw_spans() {
        let (late, early) = (attribute(3, &[4, 1, 7]), attribute(9, &[5, 0]));
        let bytes = content_info(&[4, 3, 1, 2, 3], &[late.clone(), early.clone()]);
        let data = SignedData::parse(&bytes).unwrap();
        assert_eq!(data.content, Some(&[1, 2, 3][..]));
        let signer = &data.signers[0];
        assert_eq!(signer.sid, SignerIdentifier::SubjectKeyIdentifier(&[7, 8]));
        let attributes = signer.signed_attributes.as_ref().unwrap();
        assert_eq!(attributes.signed_bytes(), encode(SET, &[late.clone(), early.clone()].concat()));
        assert_eq!(attributes.sorted_bytes(), Some(encode(SET, &[early, late].concat())));
        let found = attributes.of_kind("1.2.3").next().unwrap();
        assert_eq!(found.single_value().unwrap().value, [7]);
    }

    #[test]
    fn refuses_pieces_indefinite_lengths_and_leftovers() {
        let pieces = content_info(&[0x24, 3, 4, 1, 1], &[]);
        assert!(SignedData::parse(&pieces).unwrap_err().to_string().contains("several pieces"));
        assert!(SignedData::parse(&[0x30, 0x80, 0, 0]).unwrap_err().to_string().contains("indefinite"));
        let mut bytes = content_info(&[4, 1, 1], &[]);
        bytes.push(0);
        assert!(SignedData::parse(&bytes).is_err());
        let many = vec![attribute(3, &[5, 0]); MAX_ATTRIBUTES + 1];
        assert!(SignedData::parse(&content_info(&[4, 1, 1], &many)).is_err());
    }
}
