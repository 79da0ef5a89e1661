//! Which source may introduce a country certificate: `policy.toml` in the store's folder.
//!
//! The store belongs to the terminal, and so does this file: it never travels in a snapshot, and nothing that is taken in
//! changes it. It is applied when something comes in (`add`, `refresh`, `import`), not when the store is opened.

use std::collections::BTreeSet;
use std::path::Path;

use reader_core::evidence::Reason;
use reader_core::pki::{
    Certificate, Fingerprint, ListWord, Pins, Refusal, Refused as CoreRefused, VerifiedBy,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Kind;
use super::sources::{RawSource, Source};

/// The file's name in the store's folder.
pub const FILE: &str = "policy.toml";
/// Largest such file.
const MAX_BYTES: u64 = 256 << 10;

/// Why the policy cannot be used. Without a policy that can be understood nothing is taken in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PolicyError {
    /// It cannot be read.
    #[error("{path} cannot be read: {problem}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        problem: String,
    },
    /// It has faults; all are listed.
    #[error("{path} has {} fault(s):\n  {}", faults.len(), faults.join("\n  "))]
    Faulty {
        /// Which file.
        path: String,
        /// Every fault.
        faults: Vec<String>,
    },
}

/// What is asked of a kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It may introduce what proves itself.
    Allowed,
    /// Only what is pinned by its SHA-256.
    Pinned,
    /// Never.
    Refused,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    #[serde(default)]
    introduce: RawIntroduce,
    #[serde(default)]
    sources: Vec<RawSource>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIntroduce {
    own_files: Option<Demand>,
    links: Option<Demand>,
    bare_lists: Option<Demand>,
    lists_signed_by: Option<Vec<String>>,
    countries: Option<Vec<String>>,
    #[serde(default)]
    snapshots_signed_by: Vec<String>,
    #[serde(default)]
    pins: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

/// The store's policy, checked.
#[derive(Clone, Debug)]
pub struct TrustPolicy {
    /// Self-signed certificates in files that the operator adds by hand.
    pub own_files: Demand,
    /// Link certificates, in whatever they come.
    pub links: Demand,
    /// Master lists without a signature; never better than pinned.
    pub bare_lists: Demand,
    /// Countries whose signers of master lists may introduce others' certificates; `None`: every trusted country.
    pub lists_signed_by: Option<BTreeSet<String>>,
    /// Countries whose certificates are taken; `None`: all.
    pub countries: Option<BTreeSet<String>>,
    /// Keys that may sign snapshots of a whole store, by the SHA-256 of their SubjectPublicKeyInfo.
    pub snapshots_signed_by: BTreeSet<Fingerprint>,
    /// What the operator has compared by other means.
    pub pins: BTreeSet<Fingerprint>,
    /// Certificates that are never taken, whoever brings them.
    pub never: BTreeSet<Fingerprint>,
    /// Where certificates and lists are fetched from.
    pub sources: Vec<Source>,
    /// SHA-256 of the file, or of nothing.
    pub hash: String,
}

/// How something came to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// The operator named the file.
    Operator,
    /// A configured address.
    Address,
}

/// Something that was not taken in, by its own fault or by the policy's word.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Whose it is, as far as it could be read.
    pub subject: String,
    /// SHA-256 of its bytes.
    pub fingerprint: Fingerprint,
    /// Why.
    pub reason: Reason,
    /// Particulars and what to change, for staff, in English.
    pub detail: String,
}

impl From<CoreRefused> for Refused {
    fn from(refused: CoreRefused) -> Self {
        let CoreRefused { subject, fingerprint, refusal, detail } = refused;
        Self { subject, fingerprint, reason: refusal.into(), detail }
    }
}

impl Default for TrustPolicy {
    /// What holds without a file: the operator's own files, links of what is trusted, lists signed under any trusted
    /// country; what nobody signed only by its pin.
    fn default() -> Self {
        Self {
            own_files: Demand::Allowed,
            links: Demand::Allowed,
            bare_lists: Demand::Pinned,
            lists_signed_by: None,
            countries: None,
            snapshots_signed_by: BTreeSet::new(),
            pins: BTreeSet::new(),
            never: BTreeSet::new(),
            sources: Vec::new(),
            hash: hex(&Sha256::digest(b"")),
        }
    }
}

impl TrustPolicy {
    /// The policy of the store in `folder`; without a file, the default.
    ///
    /// # Errors
    /// The file cannot be read or has faults: then all are listed.
    pub fn of_store(folder: &Path) -> Result<Self, PolicyError> {
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        let unreadable = |problem: String| PolicyError::Unreadable { path: shown.clone(), problem };
        let bytes = match super::read_at_most(&path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(_) if !path.exists() => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        Self::parse(&text).map_err(|faults| PolicyError::Faulty { path: shown, faults })
    }

    /// Reads a policy file's text.
    ///
    /// # Errors
    /// Every fault, with its line where TOML knows it.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let raw: RawPolicy = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let mut faults = Vec::new();
        let RawIntroduce {
            own_files,
            links,
            bare_lists,
            lists_signed_by,
            countries,
            snapshots_signed_by,
            pins,
            never,
        } = raw.introduce;
        let standard = Self::default();
        if bare_lists == Some(Demand::Allowed) {
            faults.push(
                "introduce.bare_lists: a list that nobody signed is taken by its pin or not at all: pinned or refused"
                    .to_owned(),
            );
        }
        let mut hashes =
            |key: &str, texts: Vec<String>| fingerprints(&format!("introduce.{key}"), texts, &mut faults);
        let (snapshots_signed_by, pins, never) = (
            hashes("snapshots_signed_by", snapshots_signed_by),
            hashes("pins", pins),
            hashes("never", never),
        );
        let lists_signed_by = letters("introduce.lists_signed_by", lists_signed_by, &mut faults);
        let countries = letters("introduce.countries", countries, &mut faults);
        let sources = super::sources::checked(raw.sources, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            own_files: own_files.unwrap_or(standard.own_files),
            links: links.unwrap_or(standard.links),
            bare_lists: bare_lists.unwrap_or(standard.bare_lists),
            lists_signed_by,
            countries,
            snapshots_signed_by,
            pins,
            never,
            sources,
            hash: hex(&Sha256::digest(text.as_bytes())),
        })
    }

    /// The pins of this policy and further ones.
    #[must_use]
    pub fn pins_and(&self, more: impl IntoIterator<Item = Fingerprint>) -> Pins {
        self.pins.iter().copied().chain(more).collect()
    }

    /// Whether a certificate may become a trusted one on this ground, which came by `route` in a file of `kind`.
    ///
    /// # Errors
    /// The reason and what to change.
    pub fn judge(
        &self,
        certificate: &Certificate,
        verified_by: VerifiedBy,
        kind: Kind,
        route: Route,
        pins: &Pins,
    ) -> Result<(), (Refusal, String)> {
        self.judge_owner(certificate)?;
        let id = certificate.fingerprint();
        let link = !certificate.is_self_issued() || matches!(verified_by, VerifiedBy::Link(_));
        let (demand, key) = match kind {
            _ if link => (self.links, "links"),
            // Nobody looks at what an address gives: a certificate that stands there alone must be known beforehand.
            Kind::Certificate if route == Route::Address && self.own_files == Demand::Allowed => {
                (Demand::Pinned, "own_files")
            }
            Kind::Certificate => (self.own_files, "own_files"),
            // The list was judged as a whole; of what stands beside one in a directory's file, the builder wants a pin: its
            // own, or the file's.
            _ => return Ok(()),
        };
        meets(demand, key, id, pins)
    }

    /// What holds for every certificate, whoever brings it: the countries wanted, and those that are never taken.
    ///
    /// # Errors
    /// The reason and what to change.
    pub fn judge_owner(&self, certificate: &Certificate) -> Result<(), (Refusal, String)> {
        let id = certificate.fingerprint();
        if self.never.contains(&id) {
            let detail =
                format!("{FILE} names it in introduce.never; take {id} out of there to have it again");
            return Err((Refusal::PolicyNeverTakes, detail));
        }
        let country = certificate.subject().country().unwrap_or_default();
        match &self.countries {
            Some(countries) if !countries.contains(&country) => {
                let detail = format!("add \"{country}\" to introduce.countries of {FILE} to take it");
                Err((Refusal::PolicyOtherCountry, detail))
            }
            _ => Ok(()),
        }
    }

    /// Whether a master list may introduce anything. What counts is the country whose trusted key issued its signer: the
    /// country of the issuer, for no other's key issues in its name.
    ///
    /// # Errors
    /// The reason and what to change.
    pub fn judge_list(&self, word: &ListWord<'_>, pins: &Pins) -> Result<(), (Refusal, String)> {
        let Some((signer, verified_by)) = word.signer else {
            if self.bare_lists == Demand::Refused {
                let detail =
                    format!("set introduce.bare_lists of {FILE} to \"pinned\", or take a signed list");
                return Err((Refusal::PolicyRefusesSource, detail));
            }
            return Ok(());
        };
        let country = signer.issuer().country().unwrap_or_default();
        match &self.lists_signed_by {
            Some(countries) if !countries.contains(&country) => {
                if verified_by == VerifiedBy::Pinned || pins.contains(word.list) {
                    return Ok(());
                }
                let detail = format!(
                    "add \"{country}\" to introduce.lists_signed_by of {FILE}, or pin the signer {}",
                    signer.fingerprint()
                );
                Err((Refusal::PolicyListSigner, detail))
            }
            _ => Ok(()),
        }
    }
}

fn meets(demand: Demand, key: &str, id: Fingerprint, pins: &Pins) -> Result<(), (Refusal, String)> {
    match demand {
        Demand::Allowed => Ok(()),
        Demand::Pinned if pins.contains(id) => Ok(()),
        Demand::Pinned => Err((
            Refusal::PolicyWantsPin,
            format!(
                "compare its SHA-256 by another way, then --pin {id}, or put it into introduce.pins of {FILE}"
            ),
        )),
        Demand::Refused => Err((
            Refusal::PolicyRefusesSource,
            format!("introduce.{key} of {FILE} is \"refused\"; \"pinned\" takes what is pinned"),
        )),
    }
}

/// Texts of 64 hexadecimal digits, colons and spaces allowed as tools print them.
pub(super) fn fingerprints(key: &str, texts: Vec<String>, faults: &mut Vec<String>) -> BTreeSet<Fingerprint> {
    let mut found = BTreeSet::new();
    for text in texts {
        match Fingerprint::from_hex(&text) {
            Some(one) => {
                found.insert(one);
            }
            None => faults.push(format!("{key}: {text:?} is no SHA-256 of 64 hexadecimal digits")),
        }
    }
    found
}

fn letters(key: &str, codes: Option<Vec<String>>, faults: &mut Vec<String>) -> Option<BTreeSet<String>> {
    let codes = codes?;
    let mut found = BTreeSet::new();
    for code in codes {
        if is_country(&code) {
            found.insert(code.to_ascii_uppercase());
        } else {
            faults
                .push(format!("{key}: {code:?} is no country code as certificates have it, such as \"VN\""));
        }
    }
    Some(found)
}

/// Two or three letters: what the country of a name may be.
#[must_use]
pub fn is_country(code: &str) -> bool {
    (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Bytes in small hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    crate::capture_folder::hex(bytes).to_lowercase()
}
