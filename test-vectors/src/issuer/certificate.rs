//! Writes X.509 certificates with the extensions that 9303-12 §7.1 knows.

use super::calendar::{generalized_text, time};
use super::der_out::{
    bit_string, boolean, explicit, implicit, integer, integer_bytes, named_bits, octet_string, oid,
    printable, sequence, set_of, utf8,
};
use super::signer::Signer;

/// A distinguished name: country, organisation, unit, common name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Two letters, upper case.
    pub country: String,
    /// organizationName.
    pub organisation: String,
    /// commonName.
    pub common: String,
}

impl Name {
    /// RDNSequence, DER: the country as PrintableString, the rest as UTF8String. Spec: 9303-12 §7.1.1.
    #[must_use]
    pub fn der(&self) -> Vec<u8> {
        let attribute = |kind: &str, value: Vec<u8>| set_of(&[sequence(&[oid(kind), value])]);
        sequence(&[
            attribute("2.5.4.6", printable(&self.country)),
            attribute("2.5.4.10", utf8(&self.organisation)),
            attribute("2.5.4.3", utf8(&self.common)),
        ])
    }
}

/// A period of time, both ends included, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First second.
    pub from_s: i64,
    /// Last second.
    pub to_s: i64,
}

/// Everything that a certificate says.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Serial number, big-endian.
    pub serial: Vec<u8>,
    /// Who signs.
    pub issuer: Name,
    /// Whose key it is.
    pub subject: Name,
    /// Validity.
    pub validity: Period,
    /// SubjectPublicKeyInfo, DER.
    pub public_key_info: Vec<u8>,
    /// Finished extensions, in order.
    pub extensions: Vec<Vec<u8>>,
}

impl Certificate {
    /// The signed certificate, DER.
    #[must_use]
    pub fn signed_by(&self, signer: &Signer) -> Vec<u8> {
        self.signed_after(signer, |body| body)
    }

    /// The same with its body changed before it is signed.
    #[must_use]
    pub fn signed_after(&self, signer: &Signer, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
        let algorithm = signer.signature_algorithm();
        let body = change(self.body(&algorithm));
        let signature = signer.sign(&body);
        sequence(&[body, algorithm, bit_string(&signature)])
    }

    /// The certificate with a signature that nobody made.
    #[must_use]
    pub fn with_signature(&self, algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
        sequence(&[self.body(algorithm), algorithm.to_vec(), bit_string(signature)])
    }

    fn body(&self, algorithm: &[u8]) -> Vec<u8> {
        sequence(&[
            explicit(0, &integer(2)),
            integer_bytes(&self.serial),
            algorithm.to_vec(),
            self.issuer.der(),
            sequence(&[time(self.validity.from_s), time(self.validity.to_s)]),
            self.subject.der(),
            self.public_key_info.clone(),
            explicit(3, &sequence(&self.extensions)),
        ])
    }
}

fn extension(identifier: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mark = if critical { boolean(true) } else { Vec::new() };
    sequence(&[oid(identifier), mark, octet_string(value)])
}

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature,
    /// keyCertSign and cRLSign.
    CertificatesAndLists,
}

/// BasicConstraints of an authority that signs end entities only, critical.
#[must_use]
pub fn basic_constraints_authority() -> Vec<u8> {
    extension("2.5.29.19", true, &sequence(&[boolean(true), integer(0)]))
}

/// KeyUsage, critical.
#[must_use]
pub fn key_usage(usage: KeyUsage) -> Vec<u8> {
    let bits = match usage {
        KeyUsage::DigitalSignature => named_bits(7, &[0x80]),
        KeyUsage::CertificatesAndLists => named_bits(1, &[0x06]),
    };
    extension("2.5.29.15", true, &bits)
}

/// ExtendedKeyUsage with one purpose, critical. Spec: 9303-12 §7.1.1.3.
#[must_use]
pub fn extended_key_usage(purpose: &str) -> Vec<u8> {
    extension("2.5.29.37", true, &sequence(&[oid(purpose)]))
}

/// SubjectKeyIdentifier.
#[must_use]
pub fn subject_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", false, &octet_string(identifier))
}

/// AuthorityKeyIdentifier with the key's identifier alone.
#[must_use]
pub fn authority_key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension("2.5.29.35", false, &sequence(&[implicit(0, identifier)]))
}

/// PrivateKeyUsagePeriod. Spec: 9303-12 §7.1.1.5.
#[must_use]
pub fn private_key_usage(period: Period) -> Vec<u8> {
    let end = |number: u8, unix_s: i64| implicit(number, generalized_text(unix_s).as_bytes());
    extension("2.5.29.16", false, &sequence(&[end(0, period.from_s), end(1, period.to_s)]))
}

/// Which of the two alternative names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// subjectAltName.
    Subject,
    /// issuerAltName.
    Issuer,
}

/// An alternative name: a mail address, and the three-letter country as a locality. Spec: 9303-12 §7.1.1.2.
#[must_use]
pub fn alternative_name(whose: Whose, country3: &str, mail: &str) -> Vec<u8> {
    let identifier = match whose {
        Whose::Subject => "2.5.29.17",
        Whose::Issuer => "2.5.29.18",
    };
    let directory = sequence(&[set_of(&[sequence(&[oid("2.5.4.7"), printable(country3)])])]);
    extension(identifier, false, &sequence(&[implicit(1, mail.as_bytes()), explicit(4, &directory)]))
}

/// CertificatePolicies with one policy.
#[must_use]
pub fn certificate_policies(policy: &str) -> Vec<u8> {
    extension("2.5.29.32", false, &sequence(&[sequence(&[oid(policy)])]))
}

/// CRLDistributionPoints with one address.
#[must_use]
pub fn crl_distribution_point(address: &str) -> Vec<u8> {
    let full_name = explicit(0, &implicit(6, address.as_bytes()));
    extension("2.5.29.31", false, &sequence(&[sequence(&[explicit(0, &full_name)])]))
}

/// DocumentTypeList: the document codes that the signer may sign. Spec: 9303-12 §7.1.1.6.
#[must_use]
pub fn document_type_list(codes: &[&str]) -> Vec<u8> {
    let codes: Vec<Vec<u8>> = codes.iter().map(|code| printable(code)).collect();
    extension("2.23.136.1.1.6.2", false, &sequence(&[integer(0), set_of(&codes)]))
}

/// A certificate revocation list, version 2. Spec: 9303-12 §7.1.3.
#[must_use]
pub fn revocation_list(list: &RevocationList<'_>, signer: &Signer) -> Vec<u8> {
    let algorithm = signer.signature_algorithm();
    let body = list.body(&algorithm, &signer.key_identifier());
    let signature = signer.sign(&body);
    sequence(&[body, algorithm, bit_string(&signature)])
}

/// What a revocation list says.
#[derive(Clone, Debug)]
pub struct RevocationList<'a> {
    /// Whose list it is.
    pub issuer: &'a Name,
    /// thisUpdate and nextUpdate.
    pub period: Period,
    /// cRLNumber.
    pub number: u64,
    /// Serial numbers and the second of their revocation.
    pub revoked: Vec<(Vec<u8>, i64)>,
}

impl RevocationList<'_> {
    /// The list under the key of this identifier, with a signature that nobody made.
    #[must_use]
    pub fn with_signature(&self, key_identifier: &[u8], algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
        sequence(&[self.body(algorithm, key_identifier), algorithm.to_vec(), bit_string(signature)])
    }

    fn body(&self, algorithm: &[u8], key_identifier: &[u8]) -> Vec<u8> {
        let entry = |(serial, when_s): &(Vec<u8>, i64)| sequence(&[integer_bytes(serial), time(*when_s)]);
        let entries: Vec<Vec<u8>> = self.revoked.iter().map(entry).collect();
        // An empty list leaves the field out: RFC 5280 §5.1.2.6.
        let entries = if entries.is_empty() { Vec::new() } else { sequence(&entries) };
        let extensions =
            [authority_key_identifier(key_identifier), extension("2.5.29.20", false, &integer(self.number))];
        sequence(&[
            integer(1),
            algorithm.to_vec(),
            self.issuer.der(),
            time(self.period.from_s),
            time(self.period.to_s),
            entries,
            explicit(0, &sequence(&extensions)),
        ])
    }
}
