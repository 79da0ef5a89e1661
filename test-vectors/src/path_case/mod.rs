//! Cases of path validation: a sound set of certificates, lists and a signed document, with one thing changed before it is
//! signed, and what must come of it.
//!
//! The table stands in `icao-path/*.toml` and says its own rules in `icao-path/README.md`. What is expected follows from the
//! standard's text and not from any program. The sound set: `csca` (a root), `dsc` (a document signer under it), `crl` (its
//! list, empty), and a document of Utopia signed on 15 February 2024, looked at on 21 November 2026. In the manner of the
//! public collection x509-limbo.

mod document;
mod extensions;
mod keys;
mod objects;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::issuer::calendar::Date;

macro_rules! embedded {
    ($($name:literal)*) => {
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../icao-path/", $name, ".toml")))),*];
    };
}

embedded! {
    "authority"
    "chain"
    "country"
    "hostile"
    "link"
    "lists"
    "revocation"
    "signer-extensions"
    "signer-fields"
    "validity"
}

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, unique in the table.
    pub id: String,
    /// What is wrong, or unusual, with the set.
    pub title: String,
    /// Part and section of Doc 9303: `12 §7.1.1 table 6`.
    pub section: String,
    /// The rule, in words of our own.
    pub rule: String,
    /// Changed and further certificates, by name.
    #[serde(default)]
    pub certificates: BTreeMap<String, CertificateChange>,
    /// Changed and further revocation lists, by name.
    #[serde(default)]
    pub lists: BTreeMap<String, ListChange>,
    /// What goes into the trust store, in this order; `pinned NAME` for a certificate that the operator pinned.
    #[serde(default = "sound_store")]
    pub store: Vec<String>,
    /// Certificates that stand in the store before all others: so many, each with a key of its own and the name and key
    /// identifier of `csca`.
    #[serde(default)]
    pub crowd: u32,
    /// The document.
    #[serde(default)]
    pub document: DocumentChange,
    /// The day on which it is looked at, at noon.
    pub now: Option<String>,
    /// Age in days beyond which a list says nothing.
    pub list_max_age_days: Option<u32>,
    /// What the store refuses, and why.
    #[serde(default)]
    pub refused: BTreeMap<String, String>,
    /// What a tolerant site finds.
    #[serde(default)]
    pub tolerant: Expected,
    /// What a strict site finds, where that differs.
    pub strict: Option<Expected>,
}

/// What must be found. A check that is not named is confirmed without notes; where the chain is not confirmed, the checks
/// that rest on it are undetermined.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// `passive.sod_signature`.
    pub signature: Option<String>,
    /// `passive.signer_chain`.
    pub chain: Option<String>,
    /// `passive.signer_revocation`.
    pub revocation: Option<String>,
    /// `passive.signer_validity`.
    pub validity: Option<String>,
    /// `consistency.country`.
    pub country: Option<String>,
}

/// A certificate as it differs from the sound one of its kind. Words are explained in the table's README.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateChange {
    kind: Option<Kind>,
    key: Option<String>,
    algorithm: Option<String>,
    hash: Option<String>,
    signed_by: Option<String>,
    version: Option<String>,
    serial: Option<String>,
    issuer: Option<Vec<String>>,
    subject: Option<Vec<String>>,
    not_before: Option<String>,
    not_after: Option<String>,
    validity: Option<String>,
    inner: Option<String>,
    outer: Option<String>,
    public_key: Option<String>,
    signature: Option<String>,
    #[serde(default)]
    unique_identifiers: bool,
    #[serde(default)]
    extensions: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Root,
    Link,
    Signer,
}

/// A revocation list as it differs from the sound one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListChange {
    signed_by: Option<String>,
    issuer: Option<Vec<String>>,
    version: Option<String>,
    this_update: Option<String>,
    next_update: Option<String>,
    number: Option<String>,
    aki: Option<String>,
    entries: Option<Vec<String>>,
    #[serde(default)]
    extensions: Vec<String>,
    inner: Option<String>,
    signature: Option<String>,
}

/// The document as it differs from the sound one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentChange {
    state: Option<String>,
    code: Option<String>,
    signed: Option<String>,
    issued: Option<String>,
    signer: Option<String>,
    carries: Option<Vec<String>>,
    identifier: Option<String>,
}

/// Something for the trust store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A certificate, and whether the operator pinned it.
    Certificate {
        /// Its name in the case.
        name: String,
        /// DER.
        der: Vec<u8>,
        /// Pinned by its fingerprint.
        pinned: bool,
    },
    /// A certificate of the crowd: put back as it had been taken in before.
    Crowd(
        /// DER.
        Vec<u8>,
    ),
    /// A revocation list.
    List {
        /// Its name in the case.
        name: String,
        /// DER.
        der: Vec<u8>,
    },
}

/// The objects of a case.
#[derive(Clone, Debug)]
pub struct Built {
    /// For the trust store, in order.
    pub store: Vec<Stored>,
    /// EF.SOD.
    pub sod: Vec<u8>,
    /// The data groups by their numbers.
    pub groups: Vec<(u8, Vec<u8>)>,
    /// When it is looked at, in seconds since 1970.
    pub now_s: i64,
}

fn sound_store() -> Vec<String> {
    ["csca", "crl"].map(str::to_owned).to_vec()
}

/// The cases of one file.
fn cases(name: &str, text: &str) -> Vec<Case> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        case: Vec<Case>,
    }
    match toml::from_str::<File>(text) {
        Ok(file) => file.case,
        Err(error) => panic!("icao-path/{name}.toml: {error}"),
    }
}

/// Every case of the table, file by file.
///
/// # Panics
/// When a file is not as these types say.
#[must_use]
pub fn all() -> Vec<Case> {
    FILES.iter().flat_map(|(name, text)| cases(name, text)).collect()
}

/// How many cases each file has.
///
/// # Panics
/// As [`all`].
pub fn counts() -> impl Iterator<Item = (&'static str, usize)> {
    FILES.iter().map(|(name, text)| (*name, cases(name, text).len()))
}

impl Case {
    /// Issues everything that the case speaks of, and signs its document.
    ///
    /// # Panics
    /// When the case names something that there is not.
    #[must_use]
    pub fn build(&self) -> Built {
        let set = objects::Set::new(self);
        let crowd = (0..self.crowd).map(|index| Stored::Crowd(set.crowd(index)));
        let named = self.store.iter().map(|entry| {
            let pinned = entry.strip_prefix("pinned ");
            let name = pinned.unwrap_or(entry).to_owned();
            if name.starts_with("crl") {
                Stored::List { der: set.list(&name), name }
            } else {
                Stored::Certificate { der: set.certificate(&name), name, pinned: pinned.is_some() }
            }
        });
        let store = crowd.chain(named).collect();
        let groups = document::groups(&self.document);
        let sod = document::sod(&set, &self.document, &groups);
        let noon = day(self.now.as_deref().unwrap_or("2026-11-21")).to_unix_s() + 12 * 3600;
        Built { store, sod, groups, now_s: noon }
    }
}

/// A date such as `2024-02-15`.
fn day(text: &str) -> Date {
    let parts: Vec<i64> = text.split('-').map(|part| part.parse().expect("a date")).collect();
    let [year, month, day] = parts[..] else { panic!("{text} is not a date") };
    Date::new(year, month, day)
}

/// Bytes written in hexadecimal.
fn hex(digits: &str) -> Vec<u8> {
    let digit =
        |character: u8| char::from(character).to_digit(16).expect("a hexadecimal digit").to_le_bytes()[0];
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, next| byte << 4 | digit(*next)))
        .collect()
}
