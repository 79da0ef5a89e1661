//! With all logging on, no secret and nothing of the person is printed anywhere.

use terminal_app::connectors::{Cancel, Connector, PasswordSource, Secret};
use test_vectors::gateway::{Fault, FaultRule, Scope};

use super::log::captured;
use super::{Line, NAME, NUMBER, PASSWORD, STAFF_NAME, STAFF_NUMBER, config, connector, query};

/// A credential that goes along in headers.
const HEADER: &str = "header-hunter2";

fn secrets() -> Vec<String> {
    let md5 = test_vectors::gateway::GatewayOptions::default().password_md5;
    let mut all = vec![
        md5,
        PASSWORD.into(),
        NUMBER.into(),
        NAME.into(),
        STAFF_NAME.into(),
        STAFF_NUMBER.into(),
        HEADER.into(),
    ];
    all.extend(
        ["SIMULATED-ACCESS-", "SIMULATED-ID-", "NGUY%E1", "id_token=", "090000001110", "05/06/1990"]
            .map(str::to_owned),
    );
    all
}

fn assert_clean(text: &str) {
    for secret in secrets() {
        if let Some(at) = text.find(&secret) {
            let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
            panic!("\"{secret}\" was printed: {}", text[line..].lines().next().unwrap_or_default());
        }
    }
}

#[test]
fn nothing_is_logged_or_shown() {
    let captured = captured();
    let mut shown = String::new();
    for fault in [
        None,
        Some(Fault::Status(500)),
        Some(Fault::Close),
        Some(Fault::Truncate),
        Some(Fault::ExpireTokens { by_status: true }),
        Some(Fault::WrongContentType),
        Some(Fault::Redirect("http://127.0.0.1:1/".into())),
        Some(Fault::Stall { ms: 5_000 }),
    ] {
        let rules = fault.into_iter().map(|fault| FaultRule::always(Scope::Check, fault)).collect();
        let line = Line::with(rules, |c| {
            c.connection.total_timeout_ms = Some(1_000);
            c.connection.retries = Some(1);
            for name in ["x-api-key", "authorization"] {
                let secret = PasswordSource::Held(Secret::new(HEADER.into()));
                c.connection.headers.insert(name.into(), secret);
            }
        });
        for number in [NUMBER, "090000001110"] {
            let answer = line.ask_for(number);
            shown.push_str(&format!("{answer:?} {} {:?}\n", answer.summary, answer.finding()));
            if let Some(fault) = &answer.fault {
                shown.push_str(&format!("{fault} {fault:?}\n"));
            }
        }
    }
    let bad = config("https://127.0.0.1:1");
    shown.push_str(&format!("{bad:?} {:?}\n", query(NUMBER)));
    let (insurance, _) = connector(bad);
    shown.push_str(&format!("{:?}\n", insurance.query(&query(NUMBER), &Cancel::new())));
    assert!(shown.contains("/api/egw/KQNhanLichSuKCB2024"), "the place is told");
    assert_clean(&shown);

    let printed = captured.text();
    assert!(
        printed.contains("insurance asked")
            && printed.contains("transaction=10203040-5060-4070-8090-a0b0c0d0e0f0"),
        "our own log is captured"
    );
    assert!(printed.contains("ureq"), "the HTTP client's log is captured");
    // At its level `trace` the HTTP client prints whole addresses, so that level is compiled out.
    assert_eq!(log::STATIC_MAX_LEVEL, log::LevelFilter::Debug);
    assert!(!printed.contains("TRACE ureq"));
    assert_clean(&printed);
}
