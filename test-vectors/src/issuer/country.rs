//! Simulated countries: a certification authority and its document signers. Spec: 9303-12 §4 and §7.1.

use super::calendar::{DAY_S, Date};
use super::certificate::{self, Certificate, KeyUsage, Name, Period, RevocationList, Whose};
use super::signer::{CurveForm, RsaPadding, RsaTestKeys, Signer};
use crate::card::Hash;
use crate::num::{self, CurveName};

/// The algorithms of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Chain {
    /// brainpoolP512r1 over brainpoolP384r1, explicit parameters: the shape of the Vietnamese passport's.
    Brainpool,
    /// P-384 over P-256, explicit parameters.
    Nist,
    /// RSA of 3072 bits with PKCS #1 v1.5 over RSA of 2048 bits, which signs with PSS.
    Rsa,
}

/// A simulated country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country {
    /// Two letters, as in certificates.
    pub alpha2: &'static str,
    /// Three letters, as in an MRZ.
    pub alpha3: &'static str,
    /// The organisation's name in the certificates.
    pub organisation: &'static str,
    /// Document codes that its signers may sign.
    pub document_codes: &'static [&'static str],
    /// The algorithms.
    pub chain: Chain,
    /// What its keys follow from; a forger differs in nothing else.
    pub seed: &'static str,
}

const VIETNAM_ORGANISATION: &str = "Simulated Vietnam identity card authority";

/// The simulated Vietnamese authority that the personas trust.
pub const VIETNAM: Country = Country {
    alpha2: "VN",
    alpha3: "VNM",
    organisation: VIETNAM_ORGANISATION,
    document_codes: &["ID"],
    chain: Chain::Brainpool,
    seed: "vietnam",
};

/// The same authority on NIST curves.
pub const VIETNAM_NIST: Country = Country { chain: Chain::Nist, seed: "vietnam nist", ..VIETNAM };

/// The same authority on RSA.
pub const VIETNAM_RSA: Country = Country { chain: Chain::Rsa, seed: "vietnam rsa", ..VIETNAM };

/// The same authority with a key that is in no trust store: only its gateway knows its signers.
pub const VIETNAM_UNLISTED: Country = Country { seed: "vietnam unlisted", ..VIETNAM };

/// A forger: every name as in [`VIETNAM`], other keys.
pub const FORGER: Country = Country { seed: "forger", ..VIETNAM };

/// Utopia, the country of the specimens of Doc 9303.
pub const UTOPIA: Country = Country {
    alpha2: "UT",
    alpha3: "UTO",
    organisation: "Simulated Utopia passport office",
    document_codes: &["P"],
    chain: Chain::Nist,
    seed: "utopia",
};

/// Which certificate of a country: its serial number in the sequence, and so its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SignerNumber(
    /// 1 for the first document signer.
    pub u8,
);

/// The times of a document signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerTimes {
    /// Validity of the certificate.
    pub validity: Period,
    /// When its private key may sign.
    pub usage: Period,
}

impl SignerTimes {
    /// A signer in use for three months around this day, valid for longer than any card that it signs.
    #[must_use]
    pub fn around(signing_day: Date) -> Self {
        let from_s = signing_day.plus_days(-30).to_unix_s();
        let usage = Period { from_s, to_s: signing_day.plus_days(60).to_unix_s() - 1 };
        let validity = Period { from_s, to_s: signing_day.plus_years(15).plus_days(60).to_unix_s() - 1 };
        Self { validity, usage }
    }
}

/// A certificate with the key that it certifies.
#[derive(Clone, Debug)]
pub struct Issued {
    /// What the certificate says.
    pub certificate: Certificate,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Its key.
    pub signer: Signer,
}

impl Country {
    fn name(&self, common: &str) -> Name {
        Name {
            country: self.alpha2.to_owned(),
            organisation: self.organisation.to_owned(),
            common: common.to_owned(),
        }
    }

    /// The name of the certification authority.
    #[must_use]
    pub fn csca_name(&self) -> Name {
        self.name(&format!("Simulated CSCA {}", self.chain_word()))
    }

    fn chain_word(&self) -> &'static str {
        match self.chain {
            Chain::Brainpool => "brainpool",
            Chain::Nist => "NIST",
            Chain::Rsa => "RSA",
        }
    }

    fn mail(&self) -> String {
        format!("simulated-csca-{}@example.invalid", self.alpha3.to_lowercase())
    }

    fn crl_address(&self) -> String {
        format!("https://crl.example.invalid/{}-{}.crl", self.alpha3, self.chain_word())
    }

    /// The authority's key.
    #[must_use]
    pub fn csca_signer(&self) -> Signer {
        let label = format!("csca {}", self.seed);
        match self.chain {
            Chain::Brainpool => {
                Signer::ecdsa(CurveName::BrainpoolP512r1, CurveForm::Explicit, Hash::Sha512, &label)
            }
            Chain::Nist => Signer::ecdsa(CurveName::P384, CurveForm::Explicit, Hash::Sha384, &label),
            Chain::Rsa => Signer::rsa(RsaTestKeys::get().csca(), RsaPadding::Pkcs1, Hash::Sha256),
        }
    }

    fn document_signer_key(&self, number: SignerNumber) -> Signer {
        let label = format!("document signer {} {}", number.0, self.seed);
        match self.chain {
            Chain::Brainpool => {
                Signer::ecdsa(CurveName::BrainpoolP384r1, CurveForm::Explicit, Hash::Sha384, &label)
            }
            Chain::Nist => Signer::ecdsa(CurveName::P256, CurveForm::Explicit, Hash::Sha256, &label),
            Chain::Rsa => Signer::rsa(RsaTestKeys::get().document_signer(), RsaPadding::Pss, Hash::Sha256),
        }
    }

    fn serial(&self, role: &str, from_s: i64) -> Vec<u8> {
        let mut serial =
            num::expand(&[b"serial", self.seed.as_bytes(), role.as_bytes(), &from_s.to_be_bytes()], 16);
        if let Some(first) = serial.first_mut() {
            // Positive and of full length, whatever the seed gave.
            *first = *first & 0x3F | 0x40;
        }
        serial
    }

    fn authority_extensions(&self) -> [Vec<u8>; 3] {
        [
            certificate::alternative_name(Whose::Issuer, self.alpha3, &self.mail()),
            certificate::alternative_name(Whose::Subject, self.alpha3, &self.mail()),
            certificate::crl_distribution_point(&self.crl_address()),
        ]
    }

    /// The self-signed certificate of the authority as of `now`. It changes at the turn of the year only, so that what
    /// was installed stays in force; its key never changes.
    #[must_use]
    pub fn csca(&self, now_unix_s: i64) -> Issued {
        let from = Date::new(Date::from_unix_s(now_unix_s).year - 5, 1, 1);
        let from_s = from.to_unix_s();
        let signer = self.csca_signer();
        let identifier = signer.key_identifier();
        let [issuer_names, subject_names, revocation] = self.authority_extensions();
        let certificate = Certificate {
            serial: self.serial("csca", from_s),
            issuer: self.csca_name(),
            subject: self.csca_name(),
            validity: Period { from_s, to_s: from.plus_years(20).to_unix_s() - 1 },
            public_key_info: signer.public_key_info(),
            extensions: vec![
                certificate::basic_constraints_authority(),
                certificate::authority_key_identifier(&identifier),
                certificate::subject_key_identifier(&identifier),
                issuer_names,
                subject_names,
                certificate::private_key_usage(Period { from_s, to_s: from.plus_years(6).to_unix_s() - 1 }),
                certificate::certificate_policies("2.999.1"),
                revocation,
                certificate::key_usage(KeyUsage::CertificatesAndLists),
            ],
        };
        Issued { der: certificate.signed_by(&signer), certificate, signer }
    }

    /// A document signer's certificate with these times.
    #[must_use]
    pub fn document_signer(&self, number: SignerNumber, times: SignerTimes) -> Issued {
        let authority = self.csca_signer();
        let signer = self.document_signer_key(number);
        let [issuer_names, subject_names, revocation] = self.authority_extensions();
        let certificate = Certificate {
            serial: self.document_signer_serial(number),
            issuer: self.csca_name(),
            subject: self.name(&format!("Simulated document signer {}", number.0)),
            validity: times.validity,
            public_key_info: signer.public_key_info(),
            extensions: vec![
                certificate::authority_key_identifier(&authority.key_identifier()),
                certificate::subject_key_identifier(&signer.key_identifier()),
                issuer_names,
                subject_names,
                certificate::private_key_usage(times.usage),
                certificate::document_type_list(self.document_codes),
                revocation,
                certificate::key_usage(KeyUsage::DigitalSignature),
            ],
        };
        Issued { der: certificate.signed_by(&authority), certificate, signer }
    }

    /// The serial number of a document signer. It does not depend on the day, so that a revocation list of yesterday
    /// still names the signer of a card that is issued today.
    #[must_use]
    pub fn document_signer_serial(&self, number: SignerNumber) -> Vec<u8> {
        self.serial(&format!("document signer {}", number.0), 0)
    }

    /// The authority's revocation list as of the day of `now`: a month old at most, replaced within three.
    #[must_use]
    pub fn revocation_list(&self, now_unix_s: i64, revoked: Vec<(Vec<u8>, i64)>) -> Vec<u8> {
        let today_s = now_unix_s.div_euclid(DAY_S) * DAY_S;
        let list = RevocationList {
            issuer: &self.csca_name(),
            period: Period { from_s: today_s - DAY_S, to_s: today_s + 90 * DAY_S },
            // The number grows with the days, so that a newer list is never taken for an older one.
            number: today_s.div_euclid(DAY_S).unsigned_abs(),
            revoked,
        };
        certificate::revocation_list(&list, &self.csca_signer())
    }
}
