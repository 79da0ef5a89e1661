//! EF.SOD: the hashes of the data groups under a document signer's signature. Spec: 9303-10 §4.6.2.

use super::cms_out::{SignedData, SignerIdentifier};
use super::country::Issued;
use super::der_out::{integer, octet_string, printable, sequence, tlv};
use super::signer::digest_algorithm;
use crate::card::Hash;

/// id-icao-mrtd-security-ldsSecurityObject.
pub const LDS_SECURITY_OBJECT: &str = "2.23.136.1.1.1";

/// Which version of the logical data structure the object states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdsVersion {
    /// LDS 1.7: version 0, no version information.
    V1_7,
    /// LDS 1.8: version 1, with the version information signed along.
    V1_8,
}

/// How a security object is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SodForm {
    /// Version of the structure.
    pub version: LdsVersion,
    /// Hash over the data groups.
    pub hash: Hash,
    /// How the signer is named.
    pub identifier: SignerIdentifier,
    /// The signingTime attribute, where there is one.
    pub signing_time_s: Option<i64>,
}

/// LDSSecurityObject, DER: what is signed. Groups come in the order given.
#[must_use]
pub fn security_object(form: &SodForm, groups: &[(u8, &[u8])]) -> Vec<u8> {
    let hashes: Vec<Vec<u8>> = groups
        .iter()
        .map(|(number, file)| sequence(&[integer(u64::from(*number)), octet_string(&form.hash.digest(file))]))
        .collect();
    let algorithm = digest_algorithm(form.hash, true);
    match form.version {
        LdsVersion::V1_7 => sequence(&[integer(0), algorithm, sequence(&hashes)]),
        LdsVersion::V1_8 => {
            let version = sequence(&[printable("0108"), printable("040000")]);
            sequence(&[integer(1), algorithm, sequence(&hashes), version])
        }
    }
}

/// EF.SOD, with its tag 77.
#[must_use]
pub fn ef_sod(form: &SodForm, groups: &[(u8, &[u8])], signer: &Issued) -> Vec<u8> {
    tlv(&[0x77], &content_info(form, groups, signer))
}

/// The CMS message inside EF.SOD.
#[must_use]
pub fn content_info(form: &SodForm, groups: &[(u8, &[u8])], signer: &Issued) -> Vec<u8> {
    SignedData {
        content_type: LDS_SECURITY_OBJECT,
        content: &security_object(form, groups),
        certificates: std::slice::from_ref(&signer.der),
        certificate: &signer.certificate,
        identifier: form.identifier,
        signing_time_s: form.signing_time_s,
        null_parameters: true,
    }
    .signed_by(&signer.signer)
}
