//! Writes CMS SignedData: security objects and lists. Spec: RFC 5652 §5.

use super::calendar::time;
use super::certificate::Certificate;
use super::der_out::{
    explicit, implicit, integer, integer_bytes, join, octet_string, oid, sequence, set_of, sorted, tlv,
};
use super::signer::{Signer, digest_algorithm};

/// One signer of a CMS message, and how it is named there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerIdentifier {
    /// Issuer and serial number: SignerInfo version 1.
    IssuerAndSerial,
    /// Subject key identifier: SignerInfo version 3.
    SubjectKeyIdentifier,
}

/// What a CMS message carries. Spec: RFC 5652 §5, 9303-10 §4.6.2.
#[derive(Clone, Debug)]
pub struct SignedData<'a> {
    /// eContentType.
    pub content_type: &'a str,
    /// eContent.
    pub content: &'a [u8],
    /// The signer's certificate first, others after.
    pub certificates: &'a [Vec<u8>],
    /// The signer's certificate as it was described: for its name and serial.
    pub certificate: &'a Certificate,
    /// How the signer is named.
    pub identifier: SignerIdentifier,
    /// The signingTime attribute, where there is one.
    pub signing_time_s: Option<i64>,
    /// The AlgorithmIdentifier of hashes carries a NULL.
    pub null_parameters: bool,
}

impl SignedData<'_> {
    /// ContentInfo with a SignedData of version 3, DER.
    #[must_use]
    pub fn signed_by(&self, signer: &Signer) -> Vec<u8> {
        self.parts(signer).content_info()
    }

    /// The same in parts.
    #[must_use]
    pub fn parts(&self, signer: &Signer) -> Parts {
        let hash = digest_algorithm(signer.hash(), self.null_parameters);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &oid(self.content_type)),
            attribute("1.2.840.113549.1.9.4", &octet_string(&signer.hash().digest(self.content))),
        ];
        if let Some(unix_s) = self.signing_time_s {
            attributes.push(attribute("1.2.840.113549.1.9.5", &time(unix_s)));
        }
        let (version, identifier) = match self.identifier {
            SignerIdentifier::IssuerAndSerial => {
                let name = self.certificate.issuer.der();
                (1, sequence(&[name, integer_bytes(&self.certificate.serial)]))
            }
            SignerIdentifier::SubjectKeyIdentifier => (3, implicit(0, &signer.key_identifier())),
        };
        let mut info = SignerParts {
            version: integer(version),
            identifier,
            digest_algorithm: hash.clone(),
            attributes: sorted(&attributes),
            signature_algorithm: signer.signature_algorithm(),
            signature: Vec::new(),
        };
        info.sign(signer);
        Parts {
            version: integer(3),
            digest_algorithms: set_of(&[hash]),
            content_type: oid(self.content_type),
            content: explicit(0, &octet_string(self.content)),
            certificates: sorted(self.certificates),
            signers: vec![info],
        }
    }
}

/// A message in finished parts, each of which may be changed, or emptied to leave it out, before they are put together.
#[derive(Clone, Debug)]
pub struct Parts {
    /// CMSVersion.
    pub version: Vec<u8>,
    /// digestAlgorithms, the whole set.
    pub digest_algorithms: Vec<u8>,
    /// eContentType.
    pub content_type: Vec<u8>,
    /// eContent under its tag.
    pub content: Vec<u8>,
    /// The certificates in this order.
    pub certificates: Vec<Vec<u8>>,
    /// The signers in this order.
    pub signers: Vec<SignerParts>,
}

/// One SignerInfo in finished parts.
#[derive(Clone, Debug)]
pub struct SignerParts {
    /// CMSVersion.
    pub version: Vec<u8>,
    /// Issuer and serial number, or a key identifier.
    pub identifier: Vec<u8>,
    /// digestAlgorithm.
    pub digest_algorithm: Vec<u8>,
    /// The signed attributes in this order.
    pub attributes: Vec<Vec<u8>>,
    /// signatureAlgorithm.
    pub signature_algorithm: Vec<u8>,
    /// The signature's value, without a tag.
    pub signature: Vec<u8>,
}

impl SignerParts {
    /// What a signature covers: the attributes as they are written, under the tag of a SET.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        tlv(&[0x31], &join(&self.attributes))
    }

    /// Signs the attributes as they are written.
    pub fn sign(&mut self, signer: &Signer) {
        self.signature = signer.sign(&self.signed());
    }

    fn der(&self) -> Vec<u8> {
        sequence(&[
            self.version.clone(),
            self.identifier.clone(),
            self.digest_algorithm.clone(),
            // The signature covers the attributes under the tag of a SET, the message carries them under [0].
            explicit(0, &join(&self.attributes)),
            self.signature_algorithm.clone(),
            if self.signature.is_empty() { Vec::new() } else { octet_string(&self.signature) },
        ])
    }
}

/// How lengths are written around the parts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    Definite,
    Indefinite,
}

impl Lengths {
    fn around(self, tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        match self {
            Self::Definite => tlv(&[tag], &join(parts)),
            Self::Indefinite => [vec![tag, 0x80], join(parts), vec![0, 0]].concat(),
        }
    }
}

impl Parts {
    /// ContentInfo, DER as far as the parts are.
    #[must_use]
    pub fn content_info(&self) -> Vec<u8> {
        self.put_together(Lengths::Definite)
    }

    /// The same with indefinite lengths down to the parts.
    #[must_use]
    pub fn content_info_indefinite(&self) -> Vec<u8> {
        self.put_together(Lengths::Indefinite)
    }

    fn put_together(&self, lengths: Lengths) -> Vec<u8> {
        let signers: Vec<Vec<u8>> = self.signers.iter().map(SignerParts::der).collect();
        let certificates = match self.certificates.as_slice() {
            [] => Vec::new(),
            some => lengths.around(0xA0, some),
        };
        let data = lengths.around(
            0x30,
            &[
                self.version.clone(),
                self.digest_algorithms.clone(),
                lengths.around(0x30, &[self.content_type.clone(), self.content.clone()]),
                certificates,
                lengths.around(0x31, &signers),
            ],
        );
        lengths.around(0x30, &[oid("1.2.840.113549.1.7.2"), lengths.around(0xA0, &[data])])
    }
}

/// An attribute with one value. Spec: RFC 5652 §5.3.
#[must_use]
pub fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), set_of(&[value])])
}
