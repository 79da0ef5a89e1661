//! From a name or a path to a checked site, with every fault named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reader_core::lds::DataGroup;
use reader_core::policy::{Policy, RawRule};
use reader_core::verify::{Settings, Tolerance, Tolerances};
use reader_core::wire::date::{Date, Timestamp};
use sha2::{Digest, Sha256};

use super::site::{Documents, RawProof, RawSite, RawTerminal};
use super::{Site, services};
use crate::capture_folder::hex;
use crate::connectors::PasswordSource;
use crate::terminal_key::{KeyPlace, PIN_VARIABLE, TerminalSettings};
use crate::text::Language;

include!(concat!(env!("OUT_DIR"), "/sites.rs"));

/// Longest chain of inheritance.
const MAX_DEPTH: usize = 8;
/// Longest wait for a card that left: a screen that waits longer looks forgotten.
const MAX_WAIT_S: u32 = 60;
/// Largest site file.
const MAX_BYTES: u64 = 256 << 10;

/// Why a site could not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SiteError {
    /// No such file and no built-in site of this name.
    #[error("there is neither a file nor a built-in site {name:?}; built in are {}", built_in_names().collect::<Vec<_>>().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read: {problem}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The file is not TOML, or has a key that is not known. The message names line and column.
    #[error("site {site}: {problem}")]
    Syntax {
        /// Which.
        site: String,
        /// Where and what.
        problem: String,
    },
    /// What the file says cannot be used.
    #[error("site {site} has {} fault(s):\n  {}", faults.len(), faults.join("\n  "))]
    Faulty {
        /// Which.
        site: String,
        /// Every fault.
        faults: Vec<String>,
    },
}

/// Names of the built-in sites.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    SITES.iter().map(|(name, _)| *name)
}

/// Loads a built-in site by its name, or a file by its path.
///
/// # Errors
/// Not found, not readable, not TOML, or faulty: then all faults are listed.
pub fn load(name_or_path: &str) -> Result<Site, SiteError> {
    let (name, text, folder) = find(name_or_path, None)?;
    let mut merged = parse(&name, &text)?;
    let mut lineage = vec![name.clone()];
    while let Some(parent) = merged.inherits.take() {
        if lineage.contains(&parent) || lineage.len() >= MAX_DEPTH {
            let fault = format!("inherits {parent:?} in a circle or more than {MAX_DEPTH} deep");
            return Err(SiteError::Faulty { site: name, faults: vec![fault] });
        }
        let (parent_name, parent_text, _) = find(&parent, folder.as_deref())?;
        merged = merged.over(parse(&parent_name, &parent_text)?);
        lineage.push(parent_name);
    }
    check(name, merged)
}

/// Name, text and folder of a site: a file at that path, a file of that name beside `beside`, or a built-in one.
fn find(name: &str, beside: Option<&Path>) -> Result<(String, String, Option<PathBuf>), SiteError> {
    let candidates = [Some(PathBuf::from(name)), beside.map(|folder| folder.join(format!("{name}.toml")))];
    if let Some(path) = candidates.into_iter().flatten().find(|path| path.is_file()) {
        let unreadable = |problem: String| SiteError::Unreadable { path: path.clone(), problem };
        let size = std::fs::metadata(&path).map_err(|error| unreadable(error.to_string()))?.len();
        if size > MAX_BYTES {
            return Err(unreadable(format!("it has {size} bytes, and the limit is {MAX_BYTES}")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(name).to_owned();
        return Ok((stem, text, path.parent().map(Path::to_owned)));
    }
    match SITES.iter().find(|(built_in, _)| *built_in == name) {
        Some((built_in, text)) => Ok(((*built_in).to_owned(), (*text).to_owned(), None)),
        None => Err(SiteError::Unknown { name: name.to_owned() }),
    }
}

fn parse(site: &str, text: &str) -> Result<RawSite, SiteError> {
    toml::from_str(text)
        .map_err(|error| SiteError::Syntax { site: site.to_owned(), problem: error.to_string() })
}

/// Turns the merged file into a site, or lists all that is wrong with it.
fn check(name: String, raw: RawSite) -> Result<Site, SiteError> {
    let merged = toml::to_string(&raw).unwrap_or_default();
    let hash = hex(&Sha256::digest(merged.as_bytes())).to_lowercase();
    let mut faults = Vec::new();
    let languages = languages(raw.screen.languages, &mut faults);
    let groups = groups(raw.read.groups, &mut faults);
    let (services, service_rules) = services::asked(raw.services, &mut faults);
    let deliveries = services::told(raw.deliveries, &services, &mut faults);
    let terminal_authentication = terminal(raw.terminal_authentication, &mut faults);
    let trust_countries = countries(raw.trust.countries, &mut faults);
    let (gateway, gateway_terms) = super::gateway::check(raw.gateway, &mut faults);
    let policy = policy(raw.rules, service_rules, &mut faults);
    let tolerances = tolerances(&raw.proof, &mut faults);
    let sha1_until = sha1_until(&raw.proof, &mut faults);
    let mut missing = |key: &str| faults.push(format!("`{key}` is set neither here nor in what it inherits"));
    let idle_wipe_s = raw.screen.idle_wipe_s.unwrap_or_else(|| {
        missing("screen.idle_wipe_s");
        0
    });
    let list_max_age_days = raw.proof.list_max_age_days.unwrap_or_else(|| {
        missing("proof.list_max_age_days");
        0
    });
    let wait_for_card_s = raw.read.wait_for_card_s.unwrap_or_else(|| {
        missing("read.wait_for_card_s");
        0
    });
    if raw.title.is_empty() {
        missing("title");
    }
    if wait_for_card_s > MAX_WAIT_S {
        faults.push(format!("read.wait_for_card_s: {wait_for_card_s} is more than {MAX_WAIT_S}"));
    }
    let read = (raw.read.com, raw.read.fall_back_to_bac, raw.read.active_authentication, tolerances);
    match (read, policy) {
        (
            (Some(read_com), Some(fall_back_to_bac), Some(active_authentication), Some(tolerances)),
            Some(policy),
        ) if faults.is_empty() => Ok(Site {
            name,
            hash,
            title: raw.title,
            languages,
            idle_wipe_s,
            groups,
            read_com,
            fall_back_to_bac,
            active_authentication,
            wait_for_card_s,
            // Off unless a site asks for it: card and reader say themselves what they carry.
            learn_limits: raw.read.learn_limits.unwrap_or(false),
            terminal_authentication,
            proof: Settings {
                tolerances,
                list_max_age_days: Some(list_max_age_days),
                sha1_until,
                gateway: gateway_terms,
            },
            list_max_age_days,
            trust_countries,
            policy,
            gateway,
            services,
            deliveries,
        }),
        ((com, fall_back, active, tolerances), _) => {
            for (key, absent) in [
                ("read.com", com.is_none()),
                ("read.fall_back_to_bac", fall_back.is_none()),
                ("read.active_authentication", active.is_none()),
                ("proof.documents", tolerances.is_none()),
            ] {
                if absent {
                    faults.push(format!("`{key}` is set neither here nor in what it inherits"));
                }
            }
            Err(SiteError::Faulty { site: name, faults })
        }
    }
}

fn languages(codes: Option<Vec<String>>, faults: &mut Vec<String>) -> Vec<Language> {
    let mut languages = Vec::new();
    for code in codes.unwrap_or_default() {
        match Language::from_code(&code) {
            Some(language) => languages.push(language),
            None => {
                let known: Vec<&str> = Language::all().map(Language::code).collect();
                faults.push(format!(
                    "screen.languages: there is no language {code:?}; there are {}",
                    known.join(", ")
                ));
            }
        }
    }
    if languages.is_empty() {
        faults.push("screen.languages: at least one language is needed".to_owned());
    }
    languages
}

fn countries(codes: Option<Vec<String>>, faults: &mut Vec<String>) -> Vec<String> {
    let codes = codes.unwrap_or_default();
    for code in codes.iter().filter(|code| !crate::trust::policy::is_country(code)) {
        faults.push(format!(
            "trust.countries: {code:?} is no country code as certificates have it, such as \"VN\""
        ));
    }
    codes.iter().map(|code| code.to_ascii_uppercase()).collect()
}

fn groups(names: Option<Vec<String>>, faults: &mut Vec<String>) -> Vec<DataGroup> {
    let mut groups = Vec::new();
    for name in names.unwrap_or_default() {
        match DataGroup::from_name(&name) {
            Some(group) => groups.push(group),
            None => faults.push(format!("read.groups: {name:?} is no data group; they are DG1 to DG16")),
        }
    }
    if !groups.contains(&DataGroup::Dg1) {
        faults.push("read.groups: DG1 is needed, since what was presented is compared with it".to_owned());
    }
    groups
}

/// What `proof.documents` accepts, and what `proof.tolerate` names beside.
fn tolerances(raw: &RawProof, faults: &mut Vec<String>) -> Option<Tolerances> {
    let mut tolerances = match raw.documents? {
        Documents::Strict => Tolerances::STRICT,
        Documents::Tolerant => Tolerances::TOLERANT,
    };
    for name in raw.tolerate.iter().flatten() {
        match Tolerance::from_name(name) {
            Some(tolerance) => tolerances = tolerances.and(tolerance),
            None => {
                let known: Vec<&str> = Tolerance::ALL.iter().map(|known| known.name()).collect();
                faults.push(format!(
                    "proof.tolerate: {name:?} is no departure from the standard that is known; known are {}",
                    known.join(", ")
                ));
            }
        }
    }
    Some(tolerances)
}

/// The instant of `proof.sha1_until`; the library's own where the site says nothing.
fn sha1_until(raw: &RawProof, faults: &mut Vec<String>) -> Timestamp {
    let otherwise = Settings::default().sha1_until;
    let Some(text) = &raw.sha1_until else { return otherwise };
    match Date::from_iso(text) {
        Some(day) => day.start(),
        None => {
            faults.push(format!("proof.sha1_until: {text:?} is no day; write YYYY-MM-DD"));
            otherwise
        }
    }
}

/// Certificates and key of terminal authentication. The two belong together; a PIN is never written here itself.
fn terminal(raw: RawTerminal, faults: &mut Vec<String>) -> Option<TerminalSettings> {
    let certificates = match raw.certificates {
        None => Vec::new(),
        Some(toml::Value::String(one)) => vec![PathBuf::from(one)],
        Some(several) => several.try_into().unwrap_or_else(|_| {
            faults
                .push("terminal_authentication.certificates: neither a path nor a list of paths".to_owned());
            Vec::new()
        }),
    };
    let pin = match raw.pin.map(toml::Value::try_into::<PasswordSource>) {
        None => PasswordSource::Env(PIN_VARIABLE.to_owned()),
        Some(Ok(source)) => source,
        Some(Err(_)) => {
            // What stands there may be the PIN: it is not repeated.
            faults.push(
                "terminal_authentication.pin: write { env = \"NAME\" } or { file = \"PATH\" }, never the PIN itself"
                    .to_owned(),
            );
            return None;
        }
    };
    match (certificates.is_empty(), raw.key) {
        (true, None) => None,
        (false, Some(key)) => match KeyPlace::parse(&key) {
            Ok(key) => Some(TerminalSettings { certificates, key, pin }),
            Err(error) => {
                faults.push(format!("terminal_authentication.key: {error}"));
                None
            }
        },
        _ => {
            faults.push("terminal_authentication: `certificates` and `key` belong together".to_owned());
            None
        }
    }
}

fn policy(
    rules: BTreeMap<String, toml::Value>,
    of_services: BTreeMap<String, toml::Value>,
    faults: &mut Vec<String>,
) -> Option<Policy> {
    let mut raw: BTreeMap<String, RawRule> = BTreeMap::new();
    for (name, value) in rules.into_iter().chain(of_services) {
        match value.try_into() {
            Ok(rule) => {
                raw.insert(name, rule);
            }
            Err(_) => faults.push(format!("rule {name:?} is neither a word nor a table of words")),
        }
    }
    match Policy::from_rules(&raw) {
        Ok(policy) => Some(policy),
        Err(found) => {
            faults.extend(found.iter().map(ToString::to_string));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_site_is_sound_and_rules_every_check() {
        let names: Vec<&str> = built_in_names().collect();
        assert!(names.len() >= 4, "{names:?}");
        for name in names {
            let site = load(name).unwrap();
            assert_eq!(site.policy.without_rule(), [], "{name}");
            assert_eq!(site.hash.len(), 64);
        }
    }

    #[test]
    fn faults_are_listed_together() {
        let text = "inherits = \"base\"\n[read]\ngroups = [\"DG2\", \"DG99\"]\n[screen]\nlanguages = [\"xx\"]\n\
                    [rules]\n\"passive.hashes\" = \"maybe\"\n\"passive.hushes\" = \"require\"\n\
                    [services.insurance]\nkind = \"carrier-pigeon\"\n";
        let mut raw = parse("test", text).unwrap();
        raw.inherits = None;
        let base = parse("base", SITES.iter().find(|(name, _)| *name == "base").unwrap().1).unwrap();
        let Err(SiteError::Faulty { faults, .. }) = check("test".to_owned(), raw.over(base)) else {
            panic!("it is faulty")
        };
        for words in ["DG99", "DG1 is needed", "\"xx\"", "maybe", "passive.hushes", "carrier-pigeon"] {
            assert!(faults.iter().any(|fault| fault.contains(words)), "{words} in {faults:#?}");
        }
    }

    #[test]
    fn terminal_authentication_is_whole_or_absent_and_holds_no_pin() {
        let with = |text: &str| {
            let mut faults = Vec::new();
            let raw = parse("test", &format!("[terminal_authentication]\n{text}")).unwrap();
            (terminal(raw.terminal_authentication, &mut faults), faults)
        };
        let (settings, faults) =
            with("certificates = \"cvc\"\nkey = \"key.der\"\npin = { env = \"DESK_PIN\" }");
        assert_eq!((settings.unwrap().certificates, faults.len()), (vec![PathBuf::from("cvc")], 0));
        assert!(with("").0.is_none());
        let both =
            with("certificates = [\"a\", \"b.cvcert\"]\nkey = \"pkcs11:object=k?module-path=/m\"").0.unwrap();
        assert_eq!(both.certificates.len(), 2);
        assert!(matches!(both.key, KeyPlace::Token(_)));
        for text in [
            "certificates = \"cvc\"",
            "key = \"key.der\"",
            "certificates = 3\nkey = \"key.der\"",
            "certificates = \"cvc\"\nkey = \"pkcs11:object=k\"",
            "certificates = \"cvc\"\nkey = \"k\"\npin = \"4711\"",
        ] {
            let (settings, faults) = with(text);
            assert!(settings.is_none() && !faults.is_empty(), "{text}");
            assert!(!faults.concat().contains("4711"), "{faults:?}");
        }
    }

    #[test]
    fn departures_from_the_standard_are_accepted_by_name() {
        let with = |text: &str| {
            let mut faults = Vec::new();
            let base = parse("base", "[proof]\ndocuments = \"tolerant\"\nlist_max_age_days = 7\n").unwrap();
            let raw = parse("test", &format!("[proof]\n{text}")).unwrap().over(base);
            (tolerances(&raw.proof, &mut faults), faults)
        };
        assert_eq!(with(""), (Some(Tolerances::TOLERANT), vec![]));
        assert_eq!(with("documents = \"strict\""), (Some(Tolerances::STRICT), vec![]));
        let named = Tolerances::STRICT.and(Tolerance::Ber).and(Tolerance::BareKeyAlgorithm);
        let text = "documents = \"strict\"\ntolerate = [\"ber\", \"bare_key_algorithm\"]";
        assert_eq!(with(text), (Some(named), vec![]));
        let (_, faults) = with("documents = \"strict\"\ntolerate = [\"beer\"]");
        assert!(faults.len() == 1 && faults[0].contains("\"beer\""), "{faults:?}");
        assert!(Tolerance::ALL.iter().all(|known| faults[0].contains(known.name())), "{faults:?}");
    }

    #[test]
    fn sha1_is_accepted_until_a_day() {
        let with = |text: &str| {
            let mut faults = Vec::new();
            let raw = parse("test", &format!("[proof]\n{text}")).unwrap();
            (sha1_until(&raw.proof, &mut faults).to_string(), faults)
        };
        assert_eq!(with("sha1_until = \"2019-07-01\""), ("2019-07-01T00:00:00Z".to_owned(), vec![]));
        assert_eq!(with(""), ("2022-01-01T00:00:00Z".to_owned(), vec![]));
        assert!(with("sha1_until = \"soon\"").1[0].contains("soon"));
    }

    #[test]
    fn an_unknown_key_names_its_line() {
        let error = parse("test", "[read]\ngroups = []\ngruops = []\n").unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("gruops"), "{error}");
    }
}
