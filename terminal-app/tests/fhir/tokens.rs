//! Who the terminal is: a token that stays, or one that is taken, kept and renewed once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use terminal_app::connectors::{
    self, Cancel, Fhir, FhirConfig, Field, OAuth2Config, PasswordSource, Secret, Surroundings, Undelivered,
};

use super::relay::{Act, Relay, json};
use super::{SEEN, ask, fhir, number, person, record, transaction};

const NOBODY: &str = r#"{"resourceType":"Bundle","type":"searchset","total":0}"#;

fn held(text: &str) -> PasswordSource {
    PasswordSource::Held(Secret::new(text.to_owned()))
}

/// A server that takes the tokens from `oldest` on, hands out the next one at `/token`, and counts.
struct Line {
    relay: Relay,
    taken: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
}

fn line(oldest: usize, expires_in: &'static str) -> Line {
    let (taken, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (hand_out, refuse) = (taken.clone(), refused.clone());
    let relay = Relay::start("", move |asked| {
        if asked.line == "POST /token" {
            // kiosk%3A1:s%26cret, escaped before it is encoded. Spec: RFC 6749 §2.3.1.
            if !asked.head.contains(&"authorization: Basic a2lvc2slM0ExOnMlMjZjcmV0".to_ascii_lowercase()) {
                return json(401, r#"{"error":"invalid_client"}"#);
            }
            let nth = hand_out.fetch_add(1, Ordering::SeqCst) + 1;
            let body =
                format!(r#"{{"access_token":"T{nth}","token_type":"bearer","expires_in":{expires_in}}}"#);
            return json(200, &body);
        }
        let good =
            (oldest..oldest + 9).any(|nth| asked.head.contains(&format!("authorization: bearer t{nth}\r\n")));
        if good {
            return json(200, NOBODY);
        }
        refuse.fetch_add(1, Ordering::SeqCst);
        json(401, "{}")
    });
    Line { relay, taken, refused }
}

impl Line {
    fn fhir(&self, secret: &str) -> Fhir {
        let oauth2 = OAuth2Config {
            token_url: format!("{}/token", self.relay.url),
            client_id: "kiosk:1".into(),
            client_secret: held(secret),
            scope: Some("system/Patient.rs".into()),
        };
        fhir(&self.relay.url, |config: &mut FhirConfig| config.oauth2 = Some(oauth2))
    }

    fn counts(&self) -> (usize, usize) {
        (self.taken.load(Ordering::SeqCst), self.refused.load(Ordering::SeqCst))
    }
}

#[test]
fn a_token_is_kept() {
    let line = line(1, "3600");
    let fhir = line.fhir("s&cret");
    for _ in 0..3 {
        assert_eq!(ask(&fhir, &number()).code.as_deref(), Some("no-patient"));
    }
    assert_eq!(line.counts(), (1, 0));
}

#[test]
fn a_token_about_to_expire_is_not() {
    let line = line(1, "20");
    let fhir = line.fhir("s&cret");
    for _ in 0..2 {
        assert_eq!(ask(&fhir, &number()).code.as_deref(), Some("no-patient"));
    }
    assert_eq!(line.counts(), (2, 0));
}

#[test]
fn a_refused_token_is_renewed_once() {
    let line = line(2, "3600");
    assert_eq!(ask(&line.fhir("s&cret"), &number()).code.as_deref(), Some("no-patient"));
    assert_eq!(line.counts(), (2, 1));
    let line = self::line(9, "3600");
    let answer = ask(&line.fhir("s&cret"), &number());
    assert_eq!(answer.text_stem, "service-unauthorized", "{answer:?}");
    assert_eq!(line.counts(), (2, 2));
}

#[test]
fn a_wrong_secret_is_told_and_shown_nowhere() {
    let line = line(1, "3600");
    let answer = ask(&line.fhir("hunter2"), &number());
    assert_eq!(answer.text_stem, "service-unauthorized");
    assert!(answer.place().is_some_and(|place| place.ends_with("/token")), "{answer:?}");
    assert!(!format!("{answer:?}").contains("hunter2"));
    assert_eq!(line.counts(), (0, 0));
}

#[test]
fn a_token_that_stays() {
    let relay = Relay::start("", |asked| {
        if asked.head.contains("authorization: bearer st4tic") { json(200, NOBODY) } else { Act::Stall }
    });
    let fhir = fhir(&relay.url, |config| config.bearer = Some(held("ST4TIC")));
    assert_eq!(ask(&fhir, &number()).code.as_deref(), Some("no-patient"));
}

#[test]
fn a_site_asks_and_tells_it_by_the_one_name() {
    let table = || {
        let text = "base_url = 'https://fhir.example/r4'\nbearer = { env = 'IDTERM_TEST_UNSET' }";
        text.parse::<toml::Table>().unwrap()
    };
    let asked = connectors::build("records", "fhir", table(), Surroundings::system());
    let asked = asked.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((asked.id(), asked.needs()), ("records", [Field::Number].as_slice()));
    let told = connectors::build_recipient("desk", "fhir", table(), Surroundings::system());
    let told = told.unwrap_or_else(|error| panic!("{error}"));
    let number = number();
    match told.deliver(
        &record(&number, &person(&number), SEEN),
        &transaction(&number).key_for("desk"),
        &Cancel::new(),
    ) {
        Err(Undelivered::Later(fault)) => assert!(fault.to_string().contains("IDTERM_TEST_UNSET"), "{fault}"),
        other => panic!("{other:?}"),
    }
    let wrong = connectors::build_recipient("desk", "fhir", toml::Table::new(), Surroundings::system());
    assert!(wrong.err().unwrap().to_string().contains("base_url"));
}
