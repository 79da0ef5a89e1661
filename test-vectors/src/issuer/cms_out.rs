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
        let hash = digest_algorithm(signer.hash(), self.null_parameters);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &oid(self.content_type)),
            attribute("1.2.840.113549.1.9.4", &octet_string(&signer.hash().digest(self.content))),
        ];
        if let Some(unix_s) = self.signing_time_s {
            attributes.push(attribute("1.2.840.113549.1.9.5", &time(unix_s)));
        }
        // The signature covers the attributes under the tag of a SET, the message carries them under [0].
        let signature = signer.sign(&set_of(&attributes));
        let (version, identifier) = match self.identifier {
            SignerIdentifier::IssuerAndSerial => {
                let name = self.certificate.issuer.der();
                (1, sequence(&[name, integer_bytes(&self.certificate.serial)]))
            }
            SignerIdentifier::SubjectKeyIdentifier => (3, implicit(0, &signer.key_identifier())),
        };
        let info = sequence(&[
            integer(version),
            identifier,
            hash.clone(),
            explicit(0, &join(&sorted(&attributes))),
            signer.signature_algorithm(),
            octet_string(&signature),
        ]);
        let data = sequence(&[
            integer(3),
            set_of(&[hash]),
            sequence(&[oid(self.content_type), explicit(0, &octet_string(self.content))]),
            tlv(&[0xA0], &join(&sorted(self.certificates))),
            set_of(&[info]),
        ]);
        sequence(&[oid("1.2.840.113549.1.7.2"), explicit(0, &data)])
    }
}

fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), set_of(&[value])])
}
