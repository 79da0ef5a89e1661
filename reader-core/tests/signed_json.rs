//! The reader of signed statements against an independent one: what it takes, the other takes with the same meaning.
#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use reader_core::wire::json::{Object, Value};

/// The plain members as the other reader finds them, under both names where an object stands inside another.
fn flattened(value: &serde_json::Value, above: &str, into: &mut Vec<(String, Option<String>)>) {
    let serde_json::Value::Object(members) = value else { return };
    for (name, value) in members {
        let path = format!("{above}{name}");
        match value {
            serde_json::Value::Object(_) => flattened(value, &format!("{path}."), into),
            serde_json::Value::Array(_) => {}
            serde_json::Value::Null => into.push((path, None)),
            serde_json::Value::String(text) => into.push((path, Some(text.clone()))),
            plain => into.push((path, Some(plain.to_string()))),
        }
    }
}

fn ours(object: &Object) -> Vec<(String, Option<String>)> {
    let read = |name: &str| match object.get(name).unwrap() {
        Value::Text(text) => Some(text.clone()),
        // Written as it came: the other reader rounds and shortens.
        Value::Number(number) => Some(
            number
                .parse::<serde_json::Number>()
                .map_or_else(|_| number.clone(), |number| serde_json::Value::Number(number).to_string()),
        ),
        Value::Truth(truth) => Some(truth.to_string()),
        Value::Null => None,
    };
    object.names().map(|name| (name.to_owned(), read(name))).collect()
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let plain = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    plain.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("[^.]{0,4}", inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_another_wrote_is_read_as_it_meant(
        members in prop::collection::btree_map("[^.]{0,6}", value(), 0..6),
        pretty: bool,
    ) {
        let object = serde_json::Value::Object(members.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();
        let mut expected = Vec::new();
        flattened(&object, "", &mut expected);
        let read = Object::parse(text.as_bytes()).unwrap();
        let mut found = ours(&read);
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn whatever_is_taken_the_other_takes_too(
        text in r#"[{}\[\]":,0-9eE.+\-truefalsn\\ \tub]{0,24}"#,
        wrapped: bool,
    ) {
        let text = if wrapped { format!("{{\"a\":{text}}}") } else { text };
        if let Ok(read) = Object::parse(text.as_bytes()) {
            // A number beyond what a float holds is a number all the same.
            let other: Result<serde_json::Value, _> = serde_json::from_str(&text);
            let beyond = other.as_ref().is_err_and(|error| error.to_string().contains("number out of range"));
            prop_assert!(beyond || other.is_ok(), "{text}: {:?}", other.err().map(|error| error.to_string()));
            if let Ok(other) = other {
                let mut expected = Vec::new();
                flattened(&other, "", &mut expected);
                prop_assert_eq!(ours(&read).len(), expected.len(), "{}", text);
            }
        }
    }
}
