//! With all logging on, neither a credential nor anything of the person is printed.

use terminal_app::connectors::{Field, OAuth2Config, PasswordSource, Patients, Secret, Submit};

use super::log::captured;
use super::relay::{Act, Relay, json};
use super::server::server;
use super::{NAME, SEEN, ask, covered, fhir, known, number, person, record, tell};

#[test]
fn nothing_is_logged_or_shown() {
    let Some(server) = server() else { return };
    let captured = captured();
    let relay = Relay::start(&server.url, |asked| match asked.line.as_str() {
        "POST /token" => json(200, r#"{"access_token":"T0KEN-hunter2","expires_in":600}"#),
        "POST /Appointment" => json(422, "{}"),
        _ => Act::Pass,
    });
    let mut shown = String::new();
    let mut numbers = Vec::new();
    for (mode, submit) in [(Patients::Merge, Submit::Create), (Patients::Replace, Submit::Operation)] {
        let fhir = fhir(&relay.url, |config| {
            (config.patients, config.submit) = (mode, submit);
            config.oauth2 = Some(OAuth2Config {
                token_url: format!("{}/token", relay.url),
                client_id: "kiosk".into(),
                client_secret: PasswordSource::Held(Secret::new("client-hunter2".into())),
                scope: None,
            });
        });
        let number = number();
        covered(server, &known(server, &number), "active", "2099-12-31", "x");
        shown.push_str(&format!("{:?}", ask(&fhir, &number)));
        shown.push_str(&format!("{:?}", tell(&fhir, &record(&number, &person(&number), SEEN))));
        let other = person(&number).with(Field::BirthDate, "1970");
        shown.push_str(&format!("{:?}", tell(&fhir, &record(&number, &other, SEEN))));
        numbers.push(number);
    }
    let logged = captured.text();
    assert!(
        logged.contains("FHIR server asked") && logged.contains("/Patient/_search"),
        "it was logged at all"
    );
    let mut hidden =
        vec!["hunter2".to_owned(), NAME.to_owned(), "1990-06-05".to_owned(), "Y2xpZW50".to_owned()];
    hidden.extend(numbers);
    for secret in hidden {
        for text in [&logged, &shown] {
            let line = text.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "{secret} was printed");
        }
    }
}
