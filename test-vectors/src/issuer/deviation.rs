//! Deviation lists: faults in its documents that a country admits. Spec: 9303-12 §10, 9303-3 §7.3.

use super::calendar::generalized_text;
use super::certificate::Name;
use super::cms_out::{SignedData, SignerIdentifier};
use super::country::{Country, Issued};
use super::der_out::{
    explicit, implicit, integer, integer_bytes, join, oid, printable, sequence, set_of, sorted, tlv,
};
use super::lists;
use super::signer::digest_algorithm;
use crate::card::Hash;

/// id-icao-DeviationList.
pub const DEVIATION_LIST: &str = "2.23.136.1.1.7";
/// id-icao-DeviationListSigningKey: the purpose that a deviation list's signer must have.
pub const DEVIATION_LIST_SIGNING_KEY: &str = "2.23.136.1.1.8";

/// What deviates, by the arcs under [`DEVIATION_LIST`], with the parameter as DER.
#[derive(Clone, Debug)]
pub struct Described {
    /// Such as `"2.3"` for a wrong signature of EF.SOD.
    pub arcs: &'static str,
    /// Its parameter, where it has one.
    pub parameter: Option<Vec<u8>>,
}

impl Described {
    /// Without a parameter.
    #[must_use]
    pub const fn plain(arcs: &'static str) -> Self {
        Self { arcs, parameter: None }
    }

    /// With a number: a data group, a field of the MRZ or of a certificate.
    #[must_use]
    pub fn number(arcs: &'static str, number: u64) -> Self {
        Self { arcs, parameter: Some(integer(number)) }
    }

    /// With the object identifier of an extension.
    #[must_use]
    pub fn extension(arcs: &'static str, dotted: &str) -> Self {
        Self { arcs, parameter: Some(oid(dotted)) }
    }

    fn der(&self) -> Vec<u8> {
        let text = printable("Simulated deviation");
        let kind = oid(&format!("{DEVIATION_LIST}.{}", self.arcs));
        let parameter = self.parameter.as_ref().map(|parameter| explicit(0, parameter)).unwrap_or_default();
        sequence(&[text, kind, parameter])
    }
}

/// Documents of one signer.
#[derive(Clone, Debug)]
pub enum SignerSet {
    /// By issuer and serial number.
    IssuerAndSerial(Name, Vec<u8>),
    /// By subject key identifier.
    KeyId(Vec<u8>),
    /// By the SHA-256 of the certificate.
    Sha256(Vec<u8>),
}

/// A set of documents, and what deviates in them.
#[derive(Clone, Debug, Default)]
pub struct DeviationSet {
    /// The document code of the MRZ.
    pub document_code: Option<&'static str>,
    /// Who signed them.
    pub signer: Option<SignerSet>,
    /// First and last second of their issue.
    pub issued_s: Option<(i64, i64)>,
    /// Their numbers.
    pub numbers: Option<Vec<String>>,
    /// What deviates.
    pub described: Vec<Described>,
}

impl DeviationSet {
    /// All documents of the country with this deviation.
    #[must_use]
    pub fn all(described: Described) -> Self {
        Self { described: vec![described], ..Self::default() }
    }

    fn der(&self) -> Vec<u8> {
        let mut documents = Vec::new();
        if let Some(code) = self.document_code {
            documents.push(implicit(0, code.as_bytes()));
        }
        match &self.signer {
            None => {}
            Some(SignerSet::IssuerAndSerial(name, serial)) => {
                documents.push(explicit(1, &join(&[name.der(), integer_bytes(serial)])));
            }
            Some(SignerSet::KeyId(id)) => documents.push(implicit(2, id)),
            Some(SignerSet::Sha256(digest)) => documents.push(implicit(3, digest)),
        }
        if let Some((first_s, last_s)) = self.issued_s {
            let ends = [first_s, last_s].map(|at_s| tlv(&[0x18], generalized_text(at_s).as_bytes()));
            documents.push(explicit(4, &join(&ends)));
        }
        if let Some(numbers) = &self.numbers {
            let numbers: Vec<Vec<u8>> = numbers.iter().map(|number| printable(number)).collect();
            documents.push(explicit(5, &join(&sorted(&numbers))));
        }
        let described: Vec<Vec<u8>> = self.described.iter().map(Described::der).collect();
        sequence(&[sequence(&documents), set_of(&described)])
    }
}

/// The certificate of a country's deviation list signer.
#[must_use]
pub fn deviation_list_signer(country: &Country, now_unix_s: i64) -> Issued {
    lists::master_list_signer(country, DEVIATION_LIST_SIGNING_KEY, now_unix_s)
}

/// The content of a list with these deviations.
#[must_use]
pub fn content(sets: &[DeviationSet]) -> Vec<u8> {
    let sets: Vec<Vec<u8>> = sets.iter().map(DeviationSet::der).collect();
    sequence(&[integer(0), digest_algorithm(Hash::Sha256, false), set_of(&sets)])
}

/// A list with this content, signed at that second; the signer's own authority travels along.
#[must_use]
pub fn signed(content: &[u8], signer: &Issued, authority: &Issued, signed_at_s: i64) -> Vec<u8> {
    SignedData {
        content_type: DEVIATION_LIST,
        content,
        certificates: &[signer.der.clone(), authority.der.clone()],
        certificate: &signer.certificate,
        identifier: SignerIdentifier::SubjectKeyIdentifier,
        signing_time_s: Some(signed_at_s),
        null_parameters: false,
    }
    .signed_by(&signer.signer)
}

/// The list of a country, valid around that second and signed then.
#[must_use]
pub fn deviation_list(country: &Country, sets: &[DeviationSet], now_unix_s: i64) -> Vec<u8> {
    let signer = deviation_list_signer(country, now_unix_s);
    signed(&content(sets), &signer, &country.csca(now_unix_s), now_unix_s)
}
