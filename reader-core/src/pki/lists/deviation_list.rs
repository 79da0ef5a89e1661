//! Deviation lists: faults in its documents that a country has admitted.
//!
//! A list names sets of documents and, for each, what deviates. What that means for a check is for the judge. One real list
//! has 169,422 document numbers in one set; they are kept side by side without a pointer each.
//! Spec: 9303-12 §10 (structure), 9303-3 §7.3 (meaning).

use std::fmt;

use crate::crypto::hash::HashAlgorithm;
use crate::pki::certificate::{Certificate, shortest};
use crate::pki::name::Name;
use crate::pki::signature_algorithm;
use crate::wire::date::Timestamp;
use crate::wire::der::{INTEGER, OBJECT_IDENTIFIER, PRINTABLE_STRING, SEQUENCE, SET};
use crate::wire::oid::Oid;
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// id-icao-DeviationList, under which the kinds of deviations stand.
const DEVIATIONS: &str = "2.23.136.1.1.7";
/// Most sets of documents in one list.
const MAX_DEVIATIONS: usize = 10_000;
/// Most descriptions of one set.
const MAX_DESCRIPTIONS: usize = 64;
/// Most document numbers of one set.
const MAX_NUMBERS: usize = 5_000_000;
/// Longest document number, in characters. A TD1 card has room for 24.
const MAX_NUMBER_LEN: usize = 32;

/// One set of documents and what deviates in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Which documents.
    pub documents: Documents,
    /// What deviates.
    pub descriptions: Vec<Description>,
}

/// Which documents a deviation is about: those for which everything holds that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The document code of the MRZ, without fillers.
    pub document_code: Option<String>,
    /// Who signed them.
    pub signer: Option<SignerSet>,
    /// First and last moment of their issue.
    pub issued: Option<(Timestamp, Timestamp)>,
    /// Their numbers.
    pub numbers: Option<Numbers>,
}

/// Documents of one signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerSet {
    /// By issuer and serial number.
    IssuerAndSerial {
        /// The issuer.
        issuer: Name,
        /// Content bytes of the serial number, without what can be left out.
        serial: Vec<u8>,
    },
    /// By subject key identifier.
    KeyId(Vec<u8>),
    /// By a hash of the certificate; the algorithm is `None` where the list does not name one that is known.
    Digest(Option<HashAlgorithm>, Vec<u8>),
}

impl SignerSet {
    /// Whether this certificate is the one that is named.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                issuer.says_the_same(certificate.issuer()) && shortest(certificate.serial()) == serial
            }
            Self::KeyId(id) => certificate.subject_key_id() == Some(id),
            Self::Digest(algorithm, digest) => {
                algorithm.is_some_and(|algorithm| algorithm.digest(certificate.der()) == *digest)
            }
        }
    }
}

/// Document numbers, sorted, those of one length one after the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// At index `n` the numbers of `n` characters.
    by_length: Vec<Vec<u8>>,
}

impl Numbers {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_length.iter().enumerate().map(|(length, all)| all.len() / length.max(1)).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this number, as the MRZ has it, is among them. Fillers and letter case do not count.
    #[must_use]
    pub fn contains(&self, number: &str) -> bool {
        let Some(number) = plain(number.as_bytes()) else { return false };
        let Some(all) = self.by_length.get(number.len()) else { return false };
        let at = |index: usize| all.get(index * number.len()..(index + 1) * number.len()).unwrap_or_default();
        let (mut from, mut to) = (0, all.len() / number.len().max(1));
        while from < to {
            let middle = from.midpoint(to);
            match at(middle).cmp(number.as_slice()) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        false
    }

    fn read(mut set: Reader<'_>) -> Result<Self, Malformed> {
        let mut by_length: Vec<Vec<u8>> = vec![Vec::new(); MAX_NUMBER_LEN + 1];
        let mut count = 0;
        while !set.is_empty() {
            if count == MAX_NUMBERS {
                return Err(set.fault(Problem::TooMany { limit: MAX_NUMBERS, of: "document numbers" }));
            }
            count += 1;
            let fault = set.fault(Problem::Value("a document number of other characters or too many"));
            let number = plain(set.expect(PRINTABLE_STRING)?.value).ok_or(fault.clone())?;
            by_length.get_mut(number.len()).ok_or(fault)?.extend_from_slice(&number);
        }
        for (length, all) in by_length.iter_mut().enumerate() {
            sort(all, length);
            all.shrink_to_fit();
        }
        Ok(Self { by_length })
    }
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.len())
    }
}

/// Sorts records of one length. Those of a list in DER are sorted already.
fn sort(all: &mut Vec<u8>, length: usize) {
    if length == 0 || all.chunks_exact(length).is_sorted() {
        return;
    }
    let mut records: Vec<&[u8]> = all.chunks_exact(length).collect();
    records.sort_unstable();
    *all = records.concat();
}

/// A document number without fillers and spaces, in capitals; `None` where it is none.
fn plain(number: &[u8]) -> Option<Vec<u8>> {
    let plain: Vec<u8> =
        number.iter().filter(|byte| !matches!(byte, b'<' | b' ')).map(u8::to_ascii_uppercase).collect();
    let sound = plain.iter().all(u8::is_ascii_graphic) && (1..=MAX_NUMBER_LEN).contains(&plain.len());
    sound.then_some(plain)
}

/// What deviates, as the list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What.
    pub kind: DeviationKind,
    /// In words.
    pub text: Option<String>,
}

/// The deviations of 9303-3 §7.3.5. A parameter that is missing or none of the standard's is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviationKind {
    /// Something about a certificate or key.
    CertOrKey,
    /// The document signer's certificate is not signed rightly.
    SignerSignature,
    /// The document signer's certificate is encoded wrongly.
    SignerEncoding(Option<CertificateField>),
    /// The country certificate is encoded wrongly.
    AuthorityEncoding(Option<CertificateField>),
    /// The key of active authentication may be known to others.
    ActiveAuthenticationKeyCompromised,
    /// Something about the files.
    Lds,
    /// A file is malformed.
    GroupMalformed(Option<FileNumber>),
    /// EF.SOD has a wrong hash of a group.
    GroupHashWrong(Option<FileNumber>),
    /// The signature of EF.SOD is wrong.
    SodSignatureWrong,
    /// EF.COM and EF.SOD do not agree.
    ComInconsistent,
    /// Something about the MRZ.
    Mrz,
    /// A field of the MRZ is wrong.
    MrzData(Option<MrzField>),
    /// A check digit of the MRZ is wrong.
    MrzCheckDigit(Option<MrzField>),
    /// The chip cannot be used.
    Chip,
    /// For the issuing state alone.
    NationalUse,
    /// None of the standard's.
    Other(String),
}

/// The standard's name for it, without what all begin with: `LDS-SODSignatureWrong`.
impl fmt::Display for DeviationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertOrKey => "CertOrKey",
            Self::SignerSignature => "CertOrKey-DSSignature",
            Self::SignerEncoding(_) => "CertOrKey-DSEncoding",
            Self::AuthorityEncoding(_) => "CertOrKey-CSCAEncoding",
            Self::ActiveAuthenticationKeyCompromised => "CertOrKey-AAKeyCompromised",
            Self::Lds => "LDS",
            Self::GroupMalformed(_) => "LDS-DGMalformed",
            Self::GroupHashWrong(_) => "LDS-DGHashWrong",
            Self::SodSignatureWrong => "LDS-SODSignatureWrong",
            Self::ComInconsistent => "LDS-COMInconsistent",
            Self::Mrz => "MRZ",
            Self::MrzData(_) => "MRZ-WrongData",
            Self::MrzCheckDigit(_) => "MRZ-WrongCheckDigit",
            Self::Chip => "Chip",
            Self::NationalUse => "NationalUse",
            Self::Other(oid) => oid,
        })
    }
}

/// A part of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateField {
    /// A field of its body, by the standard's number: 0 for any, 3 signature, 4 issuer, 5 validity, 6 subject, 7 key.
    Body(u32),
    /// An extension, by its object identifier.
    Extension(String),
}

/// A file of the application: 1 to 16 for a data group, 20 for EF.SOD, 21 for EF.COM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileNumber(pub u8);

/// A field of the MRZ: 0 for any, 1 document code, 2 issuing state, 3 name, 4 document number, 5 nationality, 6 birth, 7 sex,
/// 8 expiry, 9 optional data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MrzField(pub u8);

/// Reads `DeviationList ::= SEQUENCE { version, digestAlgorithm OPTIONAL, deviations SET OF Deviation }`: the content of a
/// list, which proves nothing by itself.
///
/// # Errors
/// Not one, or larger than any list.
pub fn parse_deviations(content: &[u8]) -> Result<Vec<Deviation>, Malformed> {
    let mut outer = Reader::new("DeviationList", Rules::Ber, content);
    let mut list = outer.enter("DeviationList", SEQUENCE)?;
    outer.finish()?;
    if list.small()? != 0 {
        return Err(list.fault(Problem::Value("a version other than 0")));
    }
    let digest = match list.peek_tag()? {
        SEQUENCE => signature_algorithm::hash(&list.algorithm()?).ok(),
        _ => None,
    };
    let mut set = list.enter("DeviationList deviations", SET)?;
    list.finish()?;
    let mut deviations = Vec::new();
    while !set.is_empty() {
        if deviations.len() == MAX_DEVIATIONS {
            return Err(set.fault(Problem::TooMany { limit: MAX_DEVIATIONS, of: "sets of documents" }));
        }
        let mut deviation = set.enter("Deviation", SEQUENCE)?;
        let documents = documents(deviation.enter("DeviationDocuments", SEQUENCE)?, digest)?;
        let mut described = deviation.enter("Deviation descriptions", SET)?;
        deviation.finish()?;
        let mut descriptions = Vec::new();
        while !described.is_empty() {
            if descriptions.len() == MAX_DESCRIPTIONS {
                let many = Problem::TooMany { limit: MAX_DESCRIPTIONS, of: "descriptions" };
                return Err(described.fault(many));
            }
            descriptions.push(description(described.enter("DeviationDescription", SEQUENCE)?)?);
        }
        deviations.push(Deviation { documents, descriptions });
    }
    Ok(deviations)
}

fn documents(mut reader: Reader<'_>, digest: Option<HashAlgorithm>) -> Result<Documents, Malformed> {
    let document_code = match reader.optional(0x80)? {
        Some(code) => {
            let bad = reader.fault(Problem::Value("a document code of other than one or two characters"));
            let code = plain(code.value).filter(|code| code.len() <= 2).ok_or(bad)?;
            Some(String::from_utf8_lossy(&code).into_owned())
        }
        None => None,
    };
    let signer = if let Some(object) = reader.optional(0xA1)? {
        let mut names = reader.inside("IssuerAndSerialNumber", &object);
        let issuer = Name::parse(names.expect(SEQUENCE)?.raw)?;
        let serial = shortest(names.integer()?).to_vec();
        names.finish()?;
        Some(SignerSet::IssuerAndSerial { issuer, serial })
    } else if let Some(object) = reader.optional(0x82)? {
        Some(SignerSet::KeyId(object.value.to_vec()))
    } else {
        reader.optional(0x83)?.map(|object| SignerSet::Digest(digest, object.value.to_vec()))
    };
    let issued = match reader.optional(0xA4)? {
        Some(object) => {
            let mut period = reader.inside("IssuancePeriod", &object);
            let ends = (period.time()?, period.time()?);
            period.finish()?;
            Some(ends)
        }
        None => None,
    };
    let numbers = match reader.optional(0xA5)? {
        Some(object) => Some(Numbers::read(reader.inside("documentNumbers", &object))?),
        None => None,
    };
    reader.finish()?;
    Ok(Documents { document_code, signer, issued, numbers })
}

fn description(mut reader: Reader<'_>) -> Result<Description, Malformed> {
    let text = reader.optional(PRINTABLE_STRING)?;
    let text = text.map(|text| String::from_utf8_lossy(text.value).into_owned());
    let kind = reader.oid()?;
    let parameter = reader.optional(0xA0)?.map(|object| reader.inside("parameters", &object));
    // nationalUse is for the issuing state alone.
    reader.optional(0xA1)?;
    reader.finish()?;
    Ok(Description { kind: DeviationKind::of(kind, parameter.as_ref()), text })
}

impl DeviationKind {
    fn of(oid: Oid<'_>, parameter: Option<&Reader<'_>>) -> Self {
        let number = || parameter.cloned().and_then(|mut reader| u8::try_from(reader.small().ok()?).ok());
        let file = || number().filter(|number| matches!(number, 1..=16 | 20 | 21)).map(FileNumber);
        let field = || number().filter(|number| *number <= 9).map(MrzField);
        let part = || parameter.cloned().and_then(certificate_field);
        match oid.under(DEVIATIONS).as_deref() {
            Some([1]) => Self::CertOrKey,
            Some([1, 1]) => Self::SignerSignature,
            Some([1, 2]) => Self::SignerEncoding(part()),
            Some([1, 3]) => Self::AuthorityEncoding(part()),
            Some([1, 4]) => Self::ActiveAuthenticationKeyCompromised,
            Some([2]) => Self::Lds,
            Some([2, 1]) => Self::GroupMalformed(file()),
            Some([2, 2]) => Self::GroupHashWrong(file()),
            Some([2, 3]) => Self::SodSignatureWrong,
            Some([2, 4]) => Self::ComInconsistent,
            Some([3]) => Self::Mrz,
            Some([3, 1]) => Self::MrzData(field()),
            Some([3, 2]) => Self::MrzCheckDigit(field()),
            Some([4]) => Self::Chip,
            Some([5]) => Self::NationalUse,
            _ => Self::Other(oid.to_string()),
        }
    }
}

/// `CertField ::= CHOICE { body INTEGER, extension OBJECT IDENTIFIER }`.
fn certificate_field(mut reader: Reader<'_>) -> Option<CertificateField> {
    match reader.peek_tag().ok()? {
        INTEGER => reader.small().ok().map(CertificateField::Body),
        OBJECT_IDENTIFIER => reader.oid().ok().map(|oid| CertificateField::Extension(oid.to_string())),
        _ => None,
    }
}
