//! `[services.NAME]` and `[deliveries.NAME]`: who is asked, who is told, and what each may see.

use std::collections::{BTreeMap, BTreeSet};

use reader_core::policy::Verdict;

use super::site::{RawDelivery, RawService};
use super::{Delivery, Service};
use crate::connectors::{self, Field, Seen};

/// The services that are on, and the rules of all of them.
pub(super) fn asked(
    raw: BTreeMap<String, RawService>,
    faults: &mut Vec<String>,
) -> (Vec<Service>, BTreeMap<String, toml::Value>) {
    let mut services = Vec::new();
    let mut rules = BTreeMap::new();
    for (name, service) in raw {
        let kind = service.kind.unwrap_or_default();
        if kind == "none" {
            continue;
        }
        check_kind(&format!("services.{name}"), &kind, connectors::kinds(), faults);
        let mut sees = Vec::new();
        for word in service.sees.unwrap_or_default() {
            match Field::from_name(&word) {
                Some(field) => sees.push(field),
                None => faults.push(format!("services.{name}.sees: {word:?} is no field; {}", fields())),
            }
        }
        match service.rule {
            Some(rule) => {
                rules.insert(format!("service.{name}"), rule);
            }
            None => faults.push(format!("services.{name}: `rule` is missing: what its answers lead to")),
        }
        services.push(Service { name, kind, sees, settings: service.settings });
    }
    (services, rules)
}

/// The deliveries that are on.
pub(super) fn told(
    raw: BTreeMap<String, RawDelivery>,
    services: &[Service],
    faults: &mut Vec<String>,
) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for (name, delivery) in raw {
        let kind = delivery.kind.unwrap_or_default();
        if kind == "none" {
            continue;
        }
        check_kind(&format!("deliveries.{name}"), &kind, connectors::recipient_kinds(), faults);
        let mut sees = Vec::new();
        for word in delivery.sees.unwrap_or_default() {
            match seen(&word, services) {
                Ok(seen) => sees.push(seen),
                Err(fault) => faults.push(format!("deliveries.{name}.sees: {fault}")),
            }
        }
        let mut when = BTreeSet::new();
        for word in delivery.when.unwrap_or_else(|| vec!["accept".to_owned()]) {
            match toml::Value::String(word.clone()).try_into::<Verdict>() {
                Ok(verdict) => {
                    when.insert(verdict);
                }
                Err(_) => faults.push(format!(
                    "deliveries.{name}.when: {word:?} is no verdict; they are accept, refer, reject"
                )),
            }
        }
        if when.is_empty() {
            faults.push(format!(
                "deliveries.{name}.when: it names no verdict; to switch it off, set kind = \"none\""
            ));
        }
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

fn check_kind(place: &str, kind: &str, known: impl Iterator<Item = &'static str>, faults: &mut Vec<String>) {
    let known: Vec<&str> = known.collect();
    if !known.contains(&kind) {
        faults.push(format!("{place}: kind {kind:?} is not known; known are none, {}", known.join(", ")));
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
        let mut faults = Vec::new();
        let (services, _) = asked(raw.services, &mut faults);
        (told(raw.deliveries, &services, &mut faults), faults)
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
