//! Lists that travel beside documents: CSCA master lists. Spec: 9303-12 §9.

use super::calendar::{DAY_S, Date};
use super::certificate::{self, Certificate, KeyUsage, Name, Period};
use super::cms_out::{SignedData, SignerIdentifier};
use super::country::{Country, Issued};
use super::der_out::{integer, sequence, set_of};
use super::signer::{CurveForm, Signer};
use crate::card::Hash;
use crate::num::{self, CurveName};

/// id-icao-cscaMasterList.
pub const MASTER_LIST: &str = "2.23.136.1.1.2";
/// id-icao-cscaMasterListSigningKey: the purpose that a master list's signer must have.
pub const MASTER_LIST_SIGNING_KEY: &str = "2.23.136.1.1.3";

/// The certificate of a country's master list signer. With another `purpose` it is a signer of other lists.
#[must_use]
pub fn master_list_signer(country: &Country, purpose: &str, now_unix_s: i64) -> Issued {
    let authority = country.csca_signer();
    let label = format!("master list signer {}", country.seed);
    let signer = Signer::ecdsa(CurveName::BrainpoolP256r1, CurveForm::Explicit, Hash::Sha256, &label);
    let from = Date::new(Date::from_unix_s(now_unix_s).year - 1, 1, 1);
    let certificate = Certificate {
        serial: num::expand(&[b"serial", label.as_bytes(), purpose.as_bytes()], 8),
        issuer: country.csca_name(),
        subject: Name {
            country: country.alpha2.to_owned(),
            organisation: country.organisation.to_owned(),
            common: "Simulated master list signer".to_owned(),
        },
        validity: Period { from_s: from.to_unix_s(), to_s: from.plus_years(5).to_unix_s() - 1 },
        public_key_info: signer.public_key_info(),
        extensions: vec![
            certificate::authority_key_identifier(&authority.key_identifier()),
            certificate::subject_key_identifier(&signer.key_identifier()),
            certificate::extended_key_usage(purpose),
            certificate::key_usage(KeyUsage::DigitalSignature),
        ],
    };
    Issued { der: certificate.signed_by(&authority), certificate, signer }
}

/// A master list of these certificates, signed by that signer on the day before `now`. The signer's own authority
/// travels along with the signer's certificate.
#[must_use]
pub fn master_list(
    certificates: &[Vec<u8>],
    signer: &Issued,
    authority: &Issued,
    now_unix_s: i64,
) -> Vec<u8> {
    let content = sequence(&[integer(0), set_of(certificates)]);
    SignedData {
        content_type: MASTER_LIST,
        content: &content,
        certificates: &[signer.der.clone(), authority.der.clone()],
        certificate: &signer.certificate,
        identifier: SignerIdentifier::SubjectKeyIdentifier,
        signing_time_s: Some(now_unix_s.div_euclid(DAY_S) * DAY_S - DAY_S),
        null_parameters: false,
    }
    .signed_by(&signer.signer)
}
