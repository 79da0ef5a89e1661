//! `[services.NAME]` and `[deliveries.NAME]`: who is asked, who is told, and what each may see.

use std::collections::{BTreeMap, BTreeSet};

use reader_core::policy::Verdict;

use super::fault::Faults;
use super::site::{RawDelivery, RawService};
use super::{Delivery, Service};
use crate::connectors::{self, ConfigError, Field, Seen, Surroundings};

/// The services that are on, and the rules of all of them.
pub(super) fn asked(
    raw: BTreeMap<String, RawService>,
    faults: &mut Faults,
) -> (Vec<Service>, BTreeMap<String, toml::Value>) {
    let mut services = Vec::new();
    let mut rules = BTreeMap::new();
    for (name, service) in raw {
        let kind = service.kind.unwrap_or_default();
        if kind == "none" {
            continue;
        }
        check_kind(&["services", &name, "kind"], &kind, connectors::kinds(), faults);
        let mut sees = Vec::new();
        for word in service.sees.unwrap_or_default() {
            match Field::from_name(&word) {
                Some(field) => sees.push(field),
                None => {
                    faults.at(&["services", &name, "sees"], format!("{word:?} is no field; {}", fields()));
                }
            }
        }
        match service.rule {
            Some(rule) => {
                rules.insert(format!("service.{name}"), rule);
            }
            None => faults.at(&["services", &name], "`rule` is missing: what its answers lead to"),
        }
        check_settings(
            ["services", &name, "settings"],
            &kind,
            service.settings.clone(),
            connectors::build,
            faults,
        );
        let ask = service.ask.unwrap_or_default();
        services.push(Service { name, kind, sees, ask, settings: service.settings });
    }
    (services, rules)
}

/// The deliveries that are on.
pub(super) fn told(
    raw: BTreeMap<String, RawDelivery>,
    services: &[Service],
    faults: &mut Faults,
) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for (name, delivery) in raw {
        let kind = delivery.kind.unwrap_or_default();
        if kind == "none" {
            continue;
        }
        check_kind(&["deliveries", &name, "kind"], &kind, connectors::recipient_kinds(), faults);
        let mut sees = Vec::new();
        for word in delivery.sees.unwrap_or_default() {
            match seen(&word, services) {
                Ok(seen) => sees.push(seen),
                Err(fault) => faults.at(&["deliveries", &name, "sees"], fault),
            }
        }
        let mut when = BTreeSet::new();
        for word in delivery.when.unwrap_or_else(|| vec!["accept".to_owned()]) {
            match toml::Value::String(word.clone()).try_into::<Verdict>() {
                Ok(verdict) => {
                    when.insert(verdict);
                }
                Err(_) => faults.at(
                    &["deliveries", &name, "when"],
                    format!("{word:?} is no verdict; they are accept, refer, reject"),
                ),
            }
        }
        if when.is_empty() {
            faults.at(
                &["deliveries", &name, "when"],
                "it names no verdict; to switch it off, set kind = \"none\"",
            );
        }
        let settings = delivery.settings.clone();
        check_settings(
            ["deliveries", &name, "settings"],
            &kind,
            settings,
            connectors::build_recipient,
            faults,
        );
        deliveries.push(Delivery { name, kind, when, sees, settings: delivery.settings });
    }
    deliveries
}

/// What a word of a delivery's `sees` names.
fn seen(word: &str, services: &[Service]) -> Result<Seen, String> {
    let Some((service, fact)) = word.split_once('.') else {
        return Seen::parse(word).ok_or_else(|| format!("{word:?} is no field; {}", fields()));
    };
    let Some(kind) = services.iter().find(|known| known.name == service).map(|known| known.kind.as_str())
    else {
        return Err(format!("{word:?}: this site asks no service {service:?}"));
    };
    let facts = connectors::facts_of(kind);
    if facts.contains(&fact) {
        Ok(Seen::Fact(word.to_owned()))
    } else {
        Err(format!(
            "{word:?}: a service of kind {kind:?} answers no {fact:?}; it may answer {}",
            facts.join(", ")
        ))
    }
}

fn check_kind(path: &[&str], kind: &str, known: impl Iterator<Item = &'static str>, faults: &mut Faults) {
    let known: Vec<&str> = known.collect();
    if !known.contains(&kind) {
        faults.at(path, format!("{kind:?} is not known; known are none, {}", known.join(", ")));
    }
}

/// Builds what the settings are for and lets it go again: its own check of them is the only one. A kind that is not known is a
/// fault already, and one without settings is not set up here.
fn check_settings<T>(
    path: [&str; 3],
    kind: &str,
    settings: toml::Table,
    build: fn(&str, &str, toml::Table, Surroundings) -> Result<T, ConfigError>,
    faults: &mut Faults,
) {
    let known = connectors::kinds().chain(connectors::recipient_kinds()).any(|known| known == kind);
    if known
        && !settings.is_empty()
        && let Err(error) = build(path[1], kind, settings, Surroundings::system())
    {
        faults.of_settings(&path, &error);
    }
}

fn fields() -> String {
    let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    format!("fields are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> (Vec<Delivery>, Vec<String>) {
        let raw: super::super::RawSite = toml::from_str(text).unwrap();
        let mut faults = Faults::default();
        let (services, _) = asked(raw.services, &mut faults);
        (told(raw.deliveries, &services, &mut faults), faults.texts())
    }

    #[test]
    fn every_fault_of_a_delivery_is_named() {
        let (_, faults) = site(
            "[services.insurance]\nkind = \"bhyt\"\nrule = \"ask\"\n[deliveries.records]\nkind = \"carrier-pigeon\"\n\
             when = [\"perhaps\"]\nsees = [\"number\", \"religion\", \"insurance.card_code\", \"insurance.x\", \"y.z\"]\n",
        );
        for words in
            ["carrier-pigeon", "perhaps", "names no verdict", "\"religion\"", "\"insurance.x\"", "\"y\""]
        {
            assert!(faults.iter().any(|fault| fault.contains(words)), "{words} in {faults:#?}");
        }
        assert_eq!(faults.len(), 6, "{faults:#?}");
    }

    #[test]
    fn a_delivery_is_switched_off_by_its_kind() {
        assert!(
            matches!(site("[deliveries.records]\nkind = \"none\"\nsees = [\"number\"]\n"), (none, faults)
            if none.is_empty() && faults.is_empty())
        );
    }
}
