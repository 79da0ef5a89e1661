//! From the merged file to a site: every word understood, or a fault that names its key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use reader_core::lds::DataGroup;
use reader_core::policy::{Policy, RawRule};
use reader_core::verify::{Settings, Tolerance, Tolerances};
use reader_core::wire::date::{Date, Timestamp};
use sha2::{Digest, Sha256};

use super::fault::Faults;
use super::site::{Documents, RawProof, RawSite, RawTerminal};
use super::{Site, audit, services};
use crate::capture_folder::hex;
use crate::connectors::PasswordSource;
use crate::terminal_key::{KeyPlace, PIN_VARIABLE, TerminalSettings};
use crate::text::Language;

/// Longest wait for a card that left: a screen that waits longer looks forgotten.
const MAX_WAIT_S: u32 = 60;

/// Turns the merged file into a site, or says all that is wrong with it. `ancestors`: the files that it inherits, nearest first.
pub(super) fn check(name: String, ancestors: Vec<String>, raw: RawSite) -> Result<Site, Faults> {
    let merged = toml::to_string(&raw).unwrap_or_default();
    let hash = hex(&Sha256::digest(merged.as_bytes())).to_lowercase();
    let mut faults = Faults::default();
    let languages = languages(raw.screen.languages, &mut faults);
    let groups = groups(raw.read.groups, &mut faults);
    let (services, service_rules) = services::asked(raw.services, &mut faults);
    let deliveries = services::told(raw.deliveries, &services, &mut faults);
    let outbox = raw.outbox.check(&mut faults);
    let terminal_authentication = terminal(raw.terminal_authentication, &mut faults);
    let trust_countries = countries(raw.trust.countries, &mut faults);
    let (gateway, gateway_terms) = super::gateway::check(raw.gateway, &mut faults);
    let policy = policy(raw.rules, service_rules, &mut faults);
    let sha1_until = sha1_until(&raw.proof, &mut faults);
    let tolerances = tolerances(&raw.proof, &mut faults);
    let audit = audit::audit(raw.audit, &mut faults);
    let consent = audit::consent(raw.consent, &raw.retention, &languages, &mut faults);
    if raw.title.is_empty() {
        faults.missing(&["title"]);
    }
    if let Some(wait_s) = raw.read.wait_for_card_s.filter(|wait_s| *wait_s > MAX_WAIT_S) {
        faults.at(&["read", "wait_for_card_s"], format!("{wait_s} is more than {MAX_WAIT_S}"));
    }
    let whole = (
        set(raw.screen.idle_wipe_s, &["screen", "idle_wipe_s"], &mut faults),
        set(raw.proof.list_max_age_days, &["proof", "list_max_age_days"], &mut faults),
        set(raw.read.wait_for_card_s, &["read", "wait_for_card_s"], &mut faults),
        set(raw.read.com, &["read", "com"], &mut faults),
        set(raw.read.fall_back_to_bac, &["read", "fall_back_to_bac"], &mut faults),
        set(raw.read.active_authentication, &["read", "active_authentication"], &mut faults),
        set(tolerances, &["proof", "documents"], &mut faults),
    );
    let (
        Some(idle_wipe_s),
        Some(list_max_age_days),
        Some(wait_for_card_s),
        Some(read_com),
        Some(fall_back_to_bac),
        Some(active_authentication),
        Some(tolerances),
    ) = whole
    else {
        return Err(faults);
    };
    match policy {
        Some(policy) if faults.is_empty() => Ok(Site {
            name,
            ancestors,
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
            outbox,
            audit,
            consent,
            retention: raw.retention,
        }),
        _ => Err(faults),
    }
}

/// A key without a default, which some file of the lineage has to set.
fn set<T>(value: Option<T>, path: &[&str], faults: &mut Faults) -> Option<T> {
    if value.is_none() {
        faults.missing(path);
    }
    value
}

fn languages(codes: Option<Vec<String>>, faults: &mut Faults) -> Vec<Language> {
    let mut languages = Vec::new();
    for code in codes.unwrap_or_default() {
        match Language::from_code(&code) {
            Some(language) => languages.push(language),
            None => {
                let known: Vec<&str> = Language::all().map(Language::code).collect();
                faults.at(
                    &["screen", "languages"],
                    format!("there is no language {code:?}; there are {}", known.join(", ")),
                );
            }
        }
    }
    if languages.is_empty() {
        faults.at(&["screen", "languages"], "at least one language is needed");
    }
    languages
}

fn countries(codes: Option<Vec<String>>, faults: &mut Faults) -> Vec<String> {
    let codes = codes.unwrap_or_default();
    for code in codes.iter().filter(|code| !crate::trust::policy::is_country(code)) {
        let text = format!("{code:?} is no country code as certificates have it, such as \"VN\"");
        faults.at(&["trust", "countries"], text);
    }
    codes.iter().map(|code| code.to_ascii_uppercase()).collect()
}

fn groups(names: Option<Vec<String>>, faults: &mut Faults) -> Vec<DataGroup> {
    let mut groups = Vec::new();
    for name in names.unwrap_or_default() {
        match DataGroup::from_name(&name) {
            Some(group) => groups.push(group),
            None => {
                faults.at(&["read", "groups"], format!("{name:?} is no data group; they are DG1 to DG16"));
            }
        }
    }
    if !groups.contains(&DataGroup::Dg1) {
        faults.at(&["read", "groups"], "DG1 is needed, since what was presented is compared with it");
    }
    groups
}

/// What `proof.documents` accepts, and what `proof.tolerate` names beside.
fn tolerances(raw: &RawProof, faults: &mut Faults) -> Option<Tolerances> {
    let mut tolerances = match raw.documents? {
        Documents::Strict => Tolerances::STRICT,
        Documents::Tolerant => Tolerances::TOLERANT,
    };
    for name in raw.tolerate.iter().flatten() {
        match Tolerance::from_name(name) {
            Some(tolerance) => tolerances = tolerances.and(tolerance),
            None => {
                let known: Vec<&str> = Tolerance::ALL.iter().map(|known| known.name()).collect();
                let text = format!(
                    "{name:?} is no departure from the standard that is known; known are {}",
                    known.join(", ")
                );
                faults.at(&["proof", "tolerate"], text);
            }
        }
    }
    Some(tolerances)
}

/// The instant of `proof.sha1_until`; the library's own where the site says nothing.
fn sha1_until(raw: &RawProof, faults: &mut Faults) -> Timestamp {
    let otherwise = Settings::default().sha1_until;
    let Some(text) = &raw.sha1_until else { return otherwise };
    match Date::from_iso(text) {
        Some(day) => day.start(),
        None => {
            faults.at(&["proof", "sha1_until"], format!("{text:?} is no day; write YYYY-MM-DD"));
            otherwise
        }
    }
}

/// Certificates and key of terminal authentication. The two belong together; a PIN is never written here itself.
fn terminal(raw: RawTerminal, faults: &mut Faults) -> Option<TerminalSettings> {
    let certificates = match raw.certificates {
        None => Vec::new(),
        Some(toml::Value::String(one)) => vec![PathBuf::from(one)],
        Some(several) => several.try_into().unwrap_or_else(|_| {
            faults.at(&["terminal_authentication", "certificates"], "neither a path nor a list of paths");
            Vec::new()
        }),
    };
    let pin = match raw.pin.map(toml::Value::try_into::<PasswordSource>) {
        None => PasswordSource::Env(PIN_VARIABLE.to_owned()),
        Some(Ok(source)) => source,
        Some(Err(_)) => {
            // What stands there may be the PIN: it is not repeated.
            let text = "write { env = \"NAME\" } or { file = \"PATH\" }, never the PIN itself";
            faults.at(&["terminal_authentication", "pin"], text);
            return None;
        }
    };
    match (certificates.is_empty(), raw.key) {
        (true, None) => None,
        (false, Some(key)) => match KeyPlace::parse(&key) {
            Ok(key) => Some(TerminalSettings { certificates, key, pin }),
            Err(error) => {
                faults.at(&["terminal_authentication", "key"], error.to_string());
                None
            }
        },
        _ => {
            faults.at(&["terminal_authentication"], "`certificates` and `key` belong together");
            None
        }
    }
}

fn policy(
    rules: BTreeMap<String, toml::Value>,
    of_services: BTreeMap<String, toml::Value>,
    faults: &mut Faults,
) -> Option<Policy> {
    let mut raw: BTreeMap<String, RawRule> = BTreeMap::new();
    for (name, value) in rules.into_iter().chain(of_services) {
        match value.try_into() {
            Ok(rule) => {
                raw.insert(name, rule);
            }
            Err(_) => faults.at(&rule_path(&name), "neither a word nor a table of words"),
        }
    }
    match Policy::from_rules(&raw) {
        Ok(policy) => Some(policy),
        Err(found) => {
            for fault in found {
                faults.at(&rule_path(&fault.rule), fault.problem);
            }
            None
        }
    }
}

/// Where the rule of this name stands: a service's beside the service.
fn rule_path(name: &str) -> Vec<&str> {
    match name.strip_prefix("service.") {
        Some(service) => vec!["services", service, "rule"],
        None => vec!["rules", name],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> RawSite {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn terminal_authentication_is_whole_or_absent_and_holds_no_pin() {
        let with = |text: &str| {
            let mut faults = Faults::default();
            let raw = parse(&format!("[terminal_authentication]\n{text}"));
            (terminal(raw.terminal_authentication, &mut faults), faults.texts())
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
            let mut faults = Faults::default();
            let base = parse("[proof]\ndocuments = \"tolerant\"\nlist_max_age_days = 7\n");
            let raw = parse(&format!("[proof]\n{text}")).over(base);
            (tolerances(&raw.proof, &mut faults), faults.texts())
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
            let mut faults = Faults::default();
            let raw = parse(&format!("[proof]\n{text}"));
            (sha1_until(&raw.proof, &mut faults).to_string(), faults.texts())
        };
        assert_eq!(with("sha1_until = \"2019-07-01\""), ("2019-07-01T00:00:00Z".to_owned(), vec![]));
        assert_eq!(with(""), ("2022-01-01T00:00:00Z".to_owned(), vec![]));
        assert!(with("sha1_until = \"soon\"").1[0].contains("soon"));
    }
}
