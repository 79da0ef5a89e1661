//! A world of certificates, as large as wanted, to see what a store of that size costs.
//!
//! Its mix is that of the published certificates: RSA-2048 signers under RSA-4096 for the most part, curves nearly always
//! with explicit parameters, countries that renewed their key with link certificates. What only makes work for whoever
//! generates it is left out: curves' keys come from a small pool, RSA moduli are odd numbers of the right size, and
//! signatures are bytes of the right form. Only [`World::proved_signers`] are really signed. Everything follows from the
//! sizes: the same world each time.

use std::collections::HashMap;

use super::certificate::{self, Certificate, KeyUsage, Name, Period, RevocationList, Whose};
use super::der_out::{integer_bytes, null, oid, sequence};
use super::signer::{CurveForm, RsaPadding, RsaTestKeys, Signer, rsa_public_key_info};
use crate::card::Hash;
use crate::num::{CurveName, expand};

/// How many countries there are, unless there are fewer country certificates.
const COUNTRIES: usize = 150;
/// Different keys on each curve.
const POOL: u64 = 4;
/// How many document signers are really signed.
const PROVED: usize = 16;
const DAY_S: i64 = 86_400;
const YEAR_S: i64 = 365 * DAY_S;
/// 2016-01-01, when the first keys were made.
const BEGIN_S: i64 = 1_451_606_400;

/// A kind of key, and how many in a thousand have it.
type Share = (Kind, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa { bytes: usize },
    Ec { curve: CurveName, form: CurveForm, hash: Hash },
}

const fn ec(curve: CurveName, form: CurveForm, hash: Hash) -> Kind {
    Kind::Ec { curve, form, hash }
}

/// Shares among 917 published country certificates.
const AUTHORITIES: [Share; 12] = [
    (Kind::Rsa { bytes: 512 }, 620),
    (Kind::Rsa { bytes: 384 }, 102),
    (Kind::Rsa { bytes: 768 }, 11),
    (Kind::Rsa { bytes: 256 }, 9),
    (ec(CurveName::BrainpoolP384r1, CurveForm::Explicit, Hash::Sha384), 75),
    (ec(CurveName::BrainpoolP256r1, CurveForm::Explicit, Hash::Sha256), 58),
    (ec(CurveName::P384, CurveForm::Explicit, Hash::Sha384), 41),
    (ec(CurveName::P521, CurveForm::Explicit, Hash::Sha512), 28),
    (ec(CurveName::BrainpoolP512r1, CurveForm::Explicit, Hash::Sha512), 22),
    (ec(CurveName::P256, CurveForm::Explicit, Hash::Sha256), 26),
    (ec(CurveName::P384, CurveForm::Named, Hash::Sha384), 4),
    (ec(CurveName::P521, CurveForm::Named, Hash::Sha512), 4),
];

/// Shares among 28,723 published document signers.
const SIGNERS: [Share; 7] = [
    (Kind::Rsa { bytes: 256 }, 868),
    (Kind::Rsa { bytes: 384 }, 17),
    (Kind::Rsa { bytes: 512 }, 8),
    (ec(CurveName::P256, CurveForm::Explicit, Hash::Sha256), 82),
    (ec(CurveName::BrainpoolP384r1, CurveForm::Explicit, Hash::Sha384), 11),
    (ec(CurveName::BrainpoolP256r1, CurveForm::Explicit, Hash::Sha256), 10),
    (ec(CurveName::BrainpoolP512r1, CurveForm::Explicit, Hash::Sha512), 4),
];

/// Something of the world, and who issued it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The certificate or list, DER.
    pub der: Vec<u8>,
    /// The number of the country certificate whose key signed it, or would have.
    pub issuer: usize,
}

/// A key on a curve, and its SubjectPublicKeyInfo with explicit parameters and with a name.
type Pooled = (Signer, [Vec<u8>; 2]);

/// A world of so many certificates.
#[derive(Clone, Debug)]
pub struct World {
    authorities: usize,
    signers: usize,
    revoked: usize,
    pool: HashMap<(CurveName, u64), Pooled>,
    proved: Vec<usize>,
}

/// The key of one of the world's certificates.
struct Key {
    kind: Kind,
    number: u64,
    info: Vec<u8>,
    identifier: Vec<u8>,
}

impl World {
    /// So many hundredths of the world as it is: of 1,500 country certificates, 25,000 document signers and 25,000 revoked
    /// serial numbers.
    #[must_use]
    pub fn of_percent(percent: usize) -> Self {
        let pool = AUTHORITIES
            .iter()
            .chain(&SIGNERS)
            .filter_map(|(kind, _)| match kind {
                Kind::Ec { curve, hash, .. } => Some((*curve, *hash)),
                Kind::Rsa { .. } => None,
            })
            .collect::<HashMap<_, _>>()
            .into_iter()
            .flat_map(|(curve, hash)| (0..POOL).map(move |number| (curve, hash, number)))
            .map(|(curve, hash, number)| {
                let label = format!("world {number}");
                let [explicit, named] = [CurveForm::Explicit, CurveForm::Named]
                    .map(|form| Signer::ecdsa(curve, form, hash, &label));
                let infos = [explicit.public_key_info(), named.public_key_info()];
                ((curve, number), (explicit, infos))
            })
            .collect();
        let (authorities, signers, revoked) = (15 * percent, 250 * percent, 250 * percent);
        let mut world = Self { authorities, signers, revoked, pool, proved: Vec::new() };
        let apart = (signers / PROVED).max(1);
        let chosen =
            |number: &usize| *number < signers && world.is_under(*number, CurveName::BrainpoolP384r1);
        world.proved = (0..PROVED).filter_map(|at| (at * apart..(at + 1) * apart).find(chosen)).collect();
        world
    }

    /// How many country certificates it has.
    #[must_use]
    pub fn authorities(&self) -> usize {
        self.authorities
    }

    /// How many countries it has.
    #[must_use]
    pub fn countries(&self) -> usize {
        COUNTRIES.min(self.authorities).max(1)
    }

    /// How many document signers it has.
    #[must_use]
    pub fn signers(&self) -> usize {
        self.signers
    }

    /// The numbers of the document signers whose signature holds, under keys on brainpoolP384r1.
    #[must_use]
    pub fn proved_signers(&self) -> &[usize] {
        &self.proved
    }

    /// A country certificate: a root, or a link from one of its country's keys to the next. A root is its own issuer.
    #[must_use]
    pub fn authority(&self, number: usize) -> Member {
        let countries = self.countries();
        let (country, place) = (number % countries, number / countries);
        let generation = place.div_ceil(2);
        let issued_by = place / 2;
        let [own, by] = [generation, issued_by].map(|generation| self.authority_key(country, generation));
        let from_s = BEGIN_S + count(generation) * YEAR_S;
        let serial = bytes("authority", &[count(country), count(place)], 16);
        let certificate = Certificate {
            serial: positive(serial),
            issuer: name(country, "CSCA"),
            subject: name(country, "CSCA"),
            validity: Period { from_s, to_s: from_s + 15 * YEAR_S },
            public_key_info: own.info.clone(),
            extensions: [
                vec![
                    certificate::basic_constraints_authority(),
                    certificate::key_usage(KeyUsage::CertificatesAndLists),
                    certificate::private_key_usage(Period { from_s, to_s: from_s + 5 * YEAR_S }),
                ],
                common_extensions(country, &by.identifier, &own.identifier),
            ]
            .concat(),
        };
        Member { der: self.unsigned(&certificate, &by), issuer: 2 * issued_by * countries + country }
    }

    /// A document signer.
    #[must_use]
    pub fn signer(&self, number: usize) -> Member {
        let (country, generation) = self.issuer_of(number);
        let by = self.authority_key(country, generation);
        let own = self.key(&SIGNERS, "signer key", &[count(number)]);
        let from_s = BEGIN_S + count(generation) * YEAR_S + count(number % 300) * DAY_S;
        let certificate = Certificate {
            serial: signer_serial(number),
            issuer: name(country, "CSCA"),
            subject: name(country, &format!("Document Signer {number}")),
            validity: Period { from_s, to_s: from_s + 10 * YEAR_S },
            public_key_info: own.info,
            extensions: [
                vec![
                    certificate::key_usage(KeyUsage::DigitalSignature),
                    certificate::private_key_usage(Period { from_s, to_s: from_s + 90 * DAY_S }),
                    certificate::document_type_list(&["P"]),
                ],
                common_extensions(country, &by.identifier, &own.identifier),
            ]
            .concat(),
        };
        let der = match self.proved.binary_search(&number).ok().and_then(|_| self.pooled(&by)) {
            Some((signer, _)) => certificate.signed_by(signer),
            None => self.unsigned(&certificate, &by),
        };
        Member { der, issuer: 2 * generation * self.countries() + country }
    }

    /// The revocation list of each country. The first entry of each is its first document signer's.
    pub fn revocation_lists(&self) -> impl Iterator<Item = Member> {
        let countries = self.countries();
        (0..countries.min(self.authorities)).map(move |country| {
            let by = self.authority_key(country, 0);
            let entries = (country..self.revoked).step_by(countries);
            let revoked = entries.map(|number| {
                let other = || positive(bytes("revoked", &[count(number)], 16));
                let serial = if number < countries { signer_serial(number) } else { other() };
                (serial, BEGIN_S + count(number) * 3_600)
            });
            let list = RevocationList {
                issuer: &name(country, "CSCA"),
                period: Period { from_s: BEGIN_S + 10 * YEAR_S, to_s: BEGIN_S + 11 * YEAR_S },
                number: 1,
                revoked: revoked.collect(),
            };
            let (algorithm, signature) = self.signature(&by, &count(country).to_be_bytes());
            Member { der: list.with_signature(&by.identifier, &algorithm, &signature), issuer: country }
        })
    }

    /// Country and key of a document signer's issuer, which is always a root of the store.
    fn issuer_of(&self, number: usize) -> (usize, usize) {
        let countries = self.countries();
        let country = number % countries;
        let places = (self.authorities.saturating_sub(country)).div_ceil(countries);
        (country, (number / countries) % places.div_ceil(2).max(1))
    }

    fn is_under(&self, signer: usize, wanted: CurveName) -> bool {
        let (country, generation) = self.issuer_of(signer);
        let (kind, _) = drawn(&AUTHORITIES, "authority key", &[count(country), count(generation)]);
        matches!(kind, Kind::Ec { curve, .. } if curve == wanted)
    }

    fn authority_key(&self, country: usize, generation: usize) -> Key {
        self.key(&AUTHORITIES, "authority key", &[count(country), count(generation)])
    }

    fn key(&self, shares: &[Share], role: &str, which: &[i64]) -> Key {
        let (kind, number) = drawn(shares, role, which);
        let mut key = Key { kind, number, info: Vec::new(), identifier: bytes(role, which, 20) };
        key.info = match kind {
            Kind::Rsa { bytes: length } => {
                let mut modulus = bytes("modulus", &[which, &[count(role.len())]].concat(), length);
                if let [first, .., last] = modulus.as_mut_slice() {
                    *first |= 0x80;
                    *last |= 1;
                }
                rsa_public_key_info(&modulus, &[1, 0, 1])
            }
            Kind::Ec { form, .. } => {
                let infos = self.pooled(&key).map(|(_, infos)| infos);
                let chosen =
                    infos.map(|[explicit, named]| if form == CurveForm::Named { named } else { explicit });
                chosen.cloned().unwrap_or_default()
            }
        };
        key
    }

    fn pooled(&self, key: &Key) -> Option<&Pooled> {
        let Kind::Ec { curve, .. } = key.kind else { return None };
        self.pool.get(&(curve, key.number % POOL))
    }

    fn unsigned(&self, certificate: &Certificate, by: &Key) -> Vec<u8> {
        let (algorithm, signature) = self.signature(by, &certificate.serial);
        certificate.with_signature(&algorithm, &signature)
    }

    /// An algorithm, and bytes of the form that its signatures have.
    fn signature(&self, by: &Key, of: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let arbitrary = |length| expand(&[b"signature", of], length);
        match by.kind {
            Kind::Rsa { bytes } => {
                let signature = arbitrary(bytes);
                // One in five signs with PSS.
                if by.number.is_multiple_of(5) {
                    let pss = Signer::rsa(RsaTestKeys::get().csca(), RsaPadding::Pss, Hash::Sha256);
                    return (pss.signature_algorithm(), signature);
                }
                (sequence(&[oid("1.2.840.113549.1.1.11"), null()]), signature)
            }
            Kind::Ec { curve, .. } => {
                let width = curve.curve().order_bytes();
                let numbers: Vec<Vec<u8>> = arbitrary(2 * width).chunks(width).map(integer_bytes).collect();
                let algorithm = self.pooled(by).map(|(signer, _)| signer.signature_algorithm());
                (algorithm.unwrap_or_default(), sequence(&numbers))
            }
        }
    }
}

/// What authorities and signers both have. Spec: 9303-12 §7.1.1.
fn common_extensions(country: usize, issuer: &[u8], own: &[u8]) -> Vec<Vec<u8>> {
    let code = letters(country);
    let mail = format!("csca-{code}@example.invalid");
    vec![
        certificate::authority_key_identifier(issuer),
        certificate::subject_key_identifier(own),
        certificate::alternative_name(Whose::Issuer, &code, &mail),
        certificate::alternative_name(Whose::Subject, &code, &mail),
        certificate::crl_distribution_point(&format!("https://pkd.example.invalid/download/CRLs/{code}.crl")),
        certificate::certificate_policies("2.999.1"),
    ]
}

fn name(country: usize, common: &str) -> Name {
    let code = letters(country);
    let organisation = format!("Simulated Ministry of the Interior of {code}");
    Name { common: format!("{common} {code}"), organisation, country: code }
}

fn letters(country: usize) -> String {
    let letter =
        |number: usize| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ".get(number % 26).copied().unwrap_or(b'A'));
    [letter(country / 26), letter(country)].iter().collect()
}

fn signer_serial(number: usize) -> Vec<u8> {
    positive(bytes("signer", &[count(number)], 16))
}

fn positive(mut serial: Vec<u8>) -> Vec<u8> {
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3F | 0x40;
    }
    serial
}

/// A kind of key by its share, and a number to choose with.
fn drawn(shares: &[Share], role: &str, which: &[i64]) -> (Kind, u64) {
    let bytes = bytes(role, &[which, &[0]].concat(), 16);
    let halves: Vec<u64> = bytes
        .chunks(8)
        .map(|half| half.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
        .collect();
    let mut left = halves.first().copied().unwrap_or_default() % 1_000;
    let chosen = shares.iter().find(|(_, share)| match left.checked_sub(*share) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    });
    let kind = chosen.or(shares.first()).map_or(Kind::Rsa { bytes: 512 }, |(kind, _)| *kind);
    (kind, halves.last().copied().unwrap_or_default())
}

fn bytes(role: &str, which: &[i64], length: usize) -> Vec<u8> {
    let which: Vec<u8> = which.iter().flat_map(|number| number.to_be_bytes()).collect();
    expand(&[role.as_bytes(), &which], length)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
