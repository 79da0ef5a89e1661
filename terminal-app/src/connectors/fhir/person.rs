//! A proved person as a Patient: its name in parts, its dates as far as they are known, its sex.

use serde_json::{Value, json};

use super::resources::{Address, HumanName, Identifier, Patient, elements, text};
use crate::connectors::{BirthDate, Field, PermittedFields};

/// What this recipient may see of the person, under its identifier.
pub(super) fn patient(person: &PermittedFields, identifier: Identifier) -> Patient {
    let address = person.get(Field::Residence).and_then(filled);
    Patient {
        identifier: vec![identifier],
        name: person.name().and_then(name).into_iter().collect(),
        gender: person.get(Field::Sex).and_then(gender),
        birth_date: person.birth_date().map(birth_date),
        address: address.map(|text| Address { usage: "home", text }).into_iter().collect(),
    }
}

fn filled(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// The family's name stands first in Vietnamese, the person's own last; one word alone is neither for certain.
fn name(whole: &str) -> Option<HumanName> {
    let text = filled(whole)?;
    let mut words = text.split(' ').map(str::to_owned);
    let first = words.next();
    let given: Vec<String> = words.collect();
    let family = first.filter(|_| !given.is_empty());
    Some(HumanName { usage: "official", text, family, given })
}

/// Spec: FHIR R4, Data Types, "date": a year, a month or a day.
pub(super) fn birth_date(date: BirthDate) -> String {
    match date {
        BirthDate::Full { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        BirthDate::Month { year, month } => format!("{year:04}-{month:02}"),
        BirthDate::Year(year) => format!("{year:04}"),
    }
}

/// Spec: FHIR R4, AdministrativeGender; the chip has M, F or X (9303-4 §4.2.2.2).
fn gender(sex: &str) -> Option<&'static str> {
    match sex {
        "M" => Some("male"),
        "F" => Some("female"),
        "X" => Some("other"),
        _ => None,
    }
}

/// The record is of somebody born at another time: neither date is the other one, known less exactly.
pub(super) fn contradicts(record: &Value, birth: Option<BirthDate>) -> bool {
    let (Some(ours), Some(theirs)) = (birth.map(birth_date), text(record, "birthDate")) else { return false };
    !(ours.starts_with(&theirs) || theirs.starts_with(&ours))
}

/// Writes what is proved into a record and leaves everything else in it. False: it stood there already.
pub(super) fn merge(record: &mut Value, patient: &Patient) -> bool {
    let before = record.clone();
    if let Some(name) = patient.name.first() {
        let ours = json!(name);
        put(record, "name", ours, |known| {
            text(known, "use").as_deref() == Some("official")
                || text(known, "text").as_deref() == Some(name.text.as_str())
        });
    }
    if let Some(gender) = patient.gender {
        set(record, "gender", gender);
    }
    if let Some(birth) = &patient.birth_date {
        // A day that the record knows is not given up for the year on the card.
        if !text(record, "birthDate").is_some_and(|known| known.starts_with(birth.as_str())) {
            set(record, "birthDate", birth);
        }
    }
    if let Some(address) = patient.address.first() {
        let ours = json!(address);
        // Only one that has nothing but a text: an address in parts is somebody's work.
        put(record, "address", ours, |known| {
            text(known, "use").as_deref() == Some("home")
                && known.as_object().is_some_and(|members| members.len() == 2 && members.contains_key("text"))
        });
    }
    *record != before
}

fn set(record: &mut Value, name: &str, value: &str) {
    if let Some(members) = record.as_object_mut() {
        members.insert(name.to_owned(), Value::from(value));
    }
}

/// In the place of the first element that is ours to replace, or beside those that are there.
fn put(record: &mut Value, name: &str, ours: Value, replaces: impl Fn(&Value) -> bool) {
    let mut all = elements(record, name).to_vec();
    match all.iter_mut().find(|known| replaces(known)) {
        Some(known) => *known = ours,
        None => all.push(ours),
    }
    if let Some(members) = record.as_object_mut() {
        members.insert(name.to_owned(), Value::from(all));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::PersonFields;

    fn person(name: &str, birth: &str, sex: &str) -> Patient {
        let fields = [Field::Name, Field::BirthDate, Field::Sex, Field::Residence];
        let known = PersonFields::default()
            .with(Field::Name, name)
            .with(Field::BirthDate, birth)
            .with(Field::Sex, sex)
            .with(Field::Residence, "Số 7, phố Mới");
        let identifier = Identifier { system: "s".into(), value: "090000000123".into() };
        patient(&PermittedFields::cut(&known, &fields), identifier)
    }

    #[test]
    fn names_in_parts() {
        for (whole, family, given) in [
            ("NGUYỄN VĂN AN", Some("NGUYỄN"), vec!["VĂN", "AN"]),
            ("  Lê \u{a0} Bình ", Some("Lê"), vec!["Bình"]),
            ("Y", None, vec![]),
        ] {
            let name = name(whole).unwrap();
            assert_eq!(
                (name.family.as_deref(), name.given),
                (family, given.into_iter().map(str::to_owned).collect())
            );
            assert_eq!(name.text.split(' ').count(), whole.split_whitespace().count());
        }
        assert!(name(" ").is_none());
    }

    #[test]
    fn a_patient_as_it_is_sent() {
        assert_eq!(
            json!(person("NGUYỄN VĂN AN", "1990-06-XX", "X")),
            json!({
                "resourceType": "Patient",
                "identifier": [{"system": "s", "value": "090000000123"}],
                "name": [{"use": "official", "text": "NGUYỄN VĂN AN", "family": "NGUYỄN", "given": ["VĂN", "AN"]}],
                "gender": "other",
                "birthDate": "1990-06",
                "address": [{"use": "home", "text": "Số 7, phố Mới"}],
            })
        );
        let identifier = Identifier { system: "s".into(), value: "1".into() };
        let bare = json!(patient(&PermittedFields::default(), identifier));
        assert_eq!(bare, json!({"resourceType": "Patient", "identifier": [{"system": "s", "value": "1"}]}));
    }

    #[test]
    fn what_others_wrote_stays() {
        let mut record = json!({
            "resourceType": "Patient", "id": "1", "birthDate": "1990-06-05", "gender": "male",
            "identifier": [{"system": "hospital", "value": "77"}, {"system": "s", "value": "090000000123"}],
            "name": [{"use": "nickname", "text": "An"}, {"use": "official", "text": "Nguyen Van An"}],
            "telecom": [{"system": "phone", "value": "x"}],
            "address": [{"use": "home", "city": "Huế", "text": "Huế"}],
        });
        let before = record.clone();
        let patient = person("NGUYỄN VĂN AN", "1990-XX-XX", "M");
        assert!(merge(&mut record, &patient));
        for kept in ["id", "birthDate", "gender", "identifier", "telecom"] {
            assert_eq!(record[kept], before[kept], "{kept}");
        }
        assert_eq!(record["name"][0], before["name"][0]);
        assert_eq!(record["name"][1]["text"], "NGUYỄN VĂN AN");
        assert_eq!(
            (&record["address"][0], record["address"].as_array().unwrap().len()),
            (&before["address"][0], 2)
        );
        assert!(!merge(&mut record, &patient), "a second time there is nothing to write");
    }

    #[test]
    fn only_dates_that_cannot_be_one_contradict() {
        let record = json!({"birthDate": "1990-06-05"});
        for (ours, contradictory) in [
            ("1990-06-05", false),
            ("1990-06-XX", false),
            ("1990", false),
            ("1990-06-06", true),
            ("1991", true),
            ("unknown", false),
        ] {
            assert_eq!(contradicts(&record, BirthDate::parse(ours)), contradictory, "{ours}");
        }
        assert!(!contradicts(&json!({"birthDate": "1990"}), BirthDate::parse("05/06/1990")));
        assert!(!contradicts(&json!({}), BirthDate::parse("1990")));
    }
}
