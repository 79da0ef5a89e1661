//! A server that stalls, breaks off, floods, answers as something else, or is down for a while: every outcome is bounded.

use std::time::{Duration, Instant};

use reader_core::evidence::Outcome;
use terminal_app::connectors::{FaultKind, Submit, Undelivered};

use super::relay::{Act, Asked, Relay, answer, json};
use super::server::server;
use super::{SEEN, ask, covered, fhir, known, number, person, record, tell};

const LIMIT_BYTES: u64 = 1 << 20;

fn act(fault: &str) -> Act {
    let patients = |entries: &str| {
        let text = format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{entries}]}}"#);
        json(200, &text)
    };
    match fault {
        "stall" => Act::Stall,
        "closed" => Act::Answer(Vec::new()),
        "truncated" => Act::Answer(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: 900\r\n\r\n{\"resourceType\":".to_vec(),
        ),
        "huge" => Act::Huge,
        "page" => answer(200, "text/html", "<html>"),
        "no json" => json(200, "{\"resourceType\""),
        "no bundle" => json(200, r#"{"resourceType":"Patient","id":"1"}"#),
        "nothing" => json(200, ""),
        "elsewhere" => answer(302, "text/html", ""),
        "other person" => patients(r#"{"resource":{"resourceType":"Patient","id":"1"}}"#),
        "500" => json(500, "{}"),
        "429" => json(429, "{}"),
        "404" => json(404, "{}"),
        "403" => json(403, "{}"),
        other => panic!("{other}"),
    }
}

#[test]
fn every_fault_has_its_outcome() {
    let expected = |fault: &str, kind: &FaultKind| match fault {
        "stall" => matches!(kind, FaultKind::Timeout { waited_ms: 500..=3_000 }),
        "closed" => *kind == FaultKind::Closed,
        "truncated" => *kind == FaultKind::Truncated,
        "huge" => *kind == FaultKind::TooLarge { limit_bytes: LIMIT_BYTES },
        "page" => *kind == FaultKind::ContentType("text/html".into()),
        "no json" | "no bundle" | "nothing" => matches!(kind, FaultKind::Malformed(_)),
        "elsewhere" => *kind == FaultKind::Redirected(302),
        "other person" => matches!(kind, FaultKind::Contradiction(_)),
        "500" => *kind == FaultKind::Status(500),
        "429" => *kind == FaultKind::Status(429),
        "404" => *kind == FaultKind::Status(404),
        "403" => *kind == FaultKind::Unauthorized,
        _ => false,
    };
    for (fault, outcome) in [
        ("stall", "aborted"),
        ("closed", "aborted"),
        ("truncated", "aborted"),
        ("huge", "aborted"),
        ("page", "aborted"),
        ("no json", "aborted"),
        ("no bundle", "aborted"),
        ("nothing", "aborted"),
        ("elsewhere", "aborted"),
        ("other person", "undetermined"),
        ("500", "aborted"),
        ("429", "aborted"),
        ("404", "aborted"),
        ("403", "aborted"),
    ] {
        let relay = Relay::start("", move |_| act(fault));
        let fhir = fhir(&relay.url, |config| {
            config.connection.total_timeout_ms = Some(1_500);
            config.connection.max_answer_bytes = Some(LIMIT_BYTES);
            config.connection.retries = Some(1);
        });
        let started = Instant::now();
        let number = number();
        let answer = ask(&fhir, &number);
        assert_eq!(answer.outcome.as_str(), outcome, "{fault}: {answer:?}");
        let kind = &answer.fault.as_ref().unwrap().kind;
        assert!(expected(fault, kind), "{fault}: {kind:?}");
        match tell(&fhir, &record(&number, &person(&number), SEEN)) {
            Err(Undelivered::Later(told)) => assert!(expected(fault, &told.kind), "{fault}: {told:?}"),
            other => panic!("{fault}: {other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{fault}: {:?}", started.elapsed());
        assert!(relay.huge_bytes_sent() < 64 << 20, "{} bytes were taken", relay.huge_bytes_sent());
    }
}

#[test]
fn a_server_that_recovers_is_asked_and_told_to_the_end() {
    let Some(server) = server() else { return };
    for fault in ["500", "closed", "truncated", "429"] {
        let number = number();
        covered(server, &known(server, &number), "active", "2099-12-31", "x");
        let relay =
            Relay::start(&server.url, move |asked| if asked.nth < 2 { act(fault) } else { Act::Pass });
        let answer = ask(&fhir(&relay.url, |_| {}), &number);
        assert_eq!(answer.outcome, Outcome::Confirmed, "{fault}: {answer:?}");
        assert!(answer.attempts >= 5, "{}", answer.attempts);
        let relay =
            Relay::start(&server.url, move |asked| if asked.nth < 2 { act(fault) } else { Act::Pass });
        tell(&fhir(&relay.url, |_| {}), &record(&number, &person(&number), SEEN)).unwrap();
    }
}

#[test]
fn an_answer_that_is_cut_anywhere_confirms_nothing() {
    let Some(server) = server() else { return };
    let number = number();
    covered(server, &known(server, &number), "active", "2099-12-31", "x");
    let paths =
        ["POST /Patient/_search", "POST /Coverage/_search", "POST /CoverageEligibilityRequest/$submit"];
    // Beyond lie the last bytes of the framing: the answer itself is whole without them.
    for part in (0..1000).step_by(53).chain([990]) {
        for cut in paths {
            let decide = move |asked: &Asked| if asked.line == cut { Act::Cut(part) } else { Act::Pass };
            let relay = Relay::start(&server.url, decide);
            let answer = ask(
                &fhir(&relay.url, |config| {
                    config.submit = Submit::Operation;
                    config.connection.retries = Some(0);
                }),
                &number,
            );
            assert_eq!(answer.outcome.as_str(), "aborted", "{cut} at {part}: {answer:?}");
        }
    }
}
