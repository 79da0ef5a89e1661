//! A gateway that is down, slow, garbled or worse: every outcome named, every wait and every answer bounded.

use std::time::{Duration, Instant};

use reader_core::evidence::Outcome;
use terminal_app::connectors::{Answer, Audience, Cancel, Connector, FaultKind};
use test_vectors::gateway::{Fault, FaultRule, Scope};

use super::scripted::{self, Scripted};
use super::{DOWN, Line, NUMBER, UNREADABLE, config, connector, gateway, query};

pub const STEMS: &[&str] = &[
    "service-settings",
    "service-missing-fields",
    "service-unknown-host",
    "service-unreachable",
    "service-proxy",
    "service-tls",
    "service-timeout",
    "service-closed",
    "service-truncated",
    "service-too-large",
    "service-protocol",
    "service-status",
    "service-refused",
    "service-redirected",
    "service-content-type",
    "service-malformed",
    "service-unauthorized",
    "service-contradiction",
    "service-cancelled",
];

/// The fault's kind, after checking that it says what, where and what to do, and has its text.
fn kind(answer: &Answer) -> FaultKind {
    let fault = answer.fault.clone().unwrap_or_else(|| panic!("no fault: {answer:?}"));
    let text = fault.to_string();
    assert!(text.contains(&fault.place) && text.ends_with(fault.remedy()), "{text}");
    assert!(!text.contains('?'), "{text}");
    assert!(STEMS.contains(&fault.text_stem()));
    assert_eq!(answer.text_key(Audience::Staff), format!("{}-staff", fault.text_stem()));
    assert_eq!((&answer.code, &answer.note), (&None, &None));
    fault.kind
}

/// Asks with this fault at every check, then at every token request.
fn both(fault: &Fault, outcome: Outcome, expected: impl Fn(&FaultKind) -> bool) {
    for scope in [Scope::Check, Scope::Token] {
        let line =
            Line::with(vec![FaultRule::always(scope, fault.clone())], |c| c.connection.retries = Some(1));
        let answer = line.ask();
        let kind = kind(&answer);
        assert!(expected(&kind), "{scope:?} {fault:?}: {kind:?}");
        assert_eq!(answer.outcome, outcome, "{scope:?} {fault:?}");
        let place = answer.place().unwrap();
        assert!(place.starts_with(&line.gateway.url()), "{place}");
        assert_eq!(place.ends_with("/api/token/take"), scope == Scope::Token, "{place}");
        assert_eq!(answer.simulated, scope == Scope::Check, "the token's answer said so");
    }
}

#[test]
fn answers_that_are_none() {
    both(&Fault::Close, DOWN, |k| *k == FaultKind::Closed);
    both(&Fault::Truncate, DOWN, |k| *k == FaultKind::Truncated);
    both(&Fault::Status(500), DOWN, |k| *k == FaultKind::Status(500));
    both(&Fault::Status(404), DOWN, |k| *k == FaultKind::Status(404));
    both(&Fault::Status(403), DOWN, |k| *k == FaultKind::Unauthorized);
    both(&Fault::WrongContentType, UNREADABLE, |k| *k == FaultKind::ContentType("text/html".into()));
    both(&Fault::GarbageJson, UNREADABLE, |k| matches!(k, FaultKind::Malformed(_)));
    both(&Fault::WrongShape, UNREADABLE, |k| matches!(k, FaultKind::Malformed(_)));
}

#[test]
fn what_may_pass_is_tried_again_and_the_rest_is_not() {
    for (fault, checks) in [
        (Fault::Close, 3),
        (Fault::Truncate, 3),
        (Fault::Status(503), 3),
        (Fault::Status(429), 3),
        (Fault::Status(404), 1),
        (Fault::WrongContentType, 1),
        (Fault::GarbageJson, 1),
        (Fault::Code("101".into()), 3),
        (Fault::Code("110".into()), 1),
    ] {
        let line = Line::new(vec![FaultRule::always(Scope::Check, fault.clone())]);
        let answer = line.ask();
        assert_eq!((line.checks(), answer.attempts), (checks, u32::try_from(checks).unwrap()), "{fault:?}");
        assert_eq!(line.tokens(), 1, "{fault:?}");
    }
}

#[test]
fn a_gateway_that_recovers_is_asked_to_the_end() {
    for fault in [Fault::Status(500), Fault::Close, Fault::Truncate, Fault::Code("500".into())] {
        for scope in [Scope::Check, Scope::Token] {
            if matches!((&fault, scope), (Fault::Code(_), Scope::Token)) {
                continue;
            }
            let line = Line::new(vec![FaultRule::next(scope, 2, fault.clone())]);
            let answer = line.ask();
            assert_eq!(answer.outcome, Outcome::Confirmed, "{scope:?} {fault:?} {answer:?}");
            assert!(answer.elapsed_ms >= 300, "the pauses were kept: {} ms", answer.elapsed_ms);
        }
    }
    let line = Line::new(vec![FaultRule::next(Scope::Check, 3, Fault::Status(500))]);
    assert_eq!(line.ask().outcome, DOWN);
    assert_eq!(line.ask().outcome, Outcome::Confirmed);
}

#[test]
fn nobody_listens() {
    let gateway = gateway(Vec::new());
    let url = gateway.url();
    drop(gateway);
    let (insurance, _) = connector(config(&url));
    let answer = insurance.query(&query(NUMBER), &Cancel::new());
    assert!(matches!(kind(&answer), FaultKind::Unreachable(_)), "{answer:?}");
    assert_eq!((answer.outcome, answer.attempts), (DOWN, 0));
    assert!(answer.fault.unwrap().to_string().contains("connection refused"));
}

#[test]
fn a_stall_ends_at_the_deadline() {
    for scope in [Scope::Check, Scope::Token] {
        let line = Line::with(vec![FaultRule::always(scope, Fault::Stall { ms: 60_000 })], |c| {
            c.connection.total_timeout_ms = Some(400);
        });
        let started = Instant::now();
        let answer = line.ask();
        assert!(matches!(kind(&answer), FaultKind::Timeout { waited_ms: 350.. }), "{answer:?}");
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert_eq!(answer.outcome, DOWN);
    }
}

#[test]
fn a_slow_answer_within_the_deadline_counts() {
    let line = Line::new(vec![FaultRule::always(Scope::Any, Fault::Slow { ms: 300 })]);
    let answer = line.ask();
    assert_eq!(answer.outcome, Outcome::Confirmed);
    assert!(answer.elapsed_ms >= 600);
}

#[test]
fn a_hundred_megabytes_are_not_taken_in() {
    let line = Line::new(vec![FaultRule::always(Scope::Check, Fault::Huge { bytes: 100 * 1024 * 1024 })]);
    let started = Instant::now();
    let answer = line.ask();
    assert_eq!(kind(&answer), FaultKind::TooLarge { limit_bytes: 1024 * 1024 });
    let taken = line.gateway.huge_bytes_taken();
    assert!(taken < 32 * 1024 * 1024, "{taken} bytes left the gateway");
    assert_eq!(answer.outcome, UNREADABLE);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn a_redirect_is_never_followed() {
    let elsewhere = gateway(Vec::new());
    both(&Fault::Redirect(format!("{}/api/token/take", elsewhere.url())), DOWN, |k| {
        *k == FaultKind::Redirected(302)
    });
    assert_eq!(elsewhere.requests(), []);
}

#[test]
fn cancelling_ends_a_wait() {
    for fault in [Fault::Stall { ms: 60_000 }, Fault::Status(503)] {
        let line =
            Line::with(vec![FaultRule::always(Scope::Check, fault)], |c| c.connection.retries = Some(10));
        let cancel = Cancel::new();
        let started = Instant::now();
        let answer = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(500));
                cancel.cancel();
            });
            line.insurance.query(&query(NUMBER), &cancel)
        });
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert!(matches!(kind(&answer), FaultKind::Cancelled), "{answer:?}");
        assert_eq!(answer.outcome, DOWN);
    }
    let line = Line::new(Vec::new());
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(kind(&line.insurance.query(&query(NUMBER), &cancel)), FaultKind::Cancelled);
    assert_eq!(line.gateway.requests(), []);
}

#[test]
fn a_plain_server_is_no_secure_one() {
    let gateway = gateway(Vec::new());
    let (insurance, _) = connector(config(&gateway.url().replace("http://", "https://")));
    let answer = insurance.query(&query(NUMBER), &Cancel::new());
    assert!(matches!(kind(&answer), FaultKind::Tls(_)), "{answer:?}");
}

#[test]
fn a_name_that_nobody_has() {
    let proxied = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];
    if proxied.iter().any(|name| std::env::var_os(name).is_some()) {
        println!("skipped: a proxy resolves names here");
        return;
    }
    let mut config = config("https://gateway.invalid");
    config.connection.retries = Some(0);
    let (insurance, _) = connector(config);
    let answer = insurance.query(&query(NUMBER), &Cancel::new());
    assert_eq!(kind(&answer), FaultKind::UnknownHost);
    assert!(answer.fault.unwrap().to_string().contains("https://gateway.invalid"));
}

#[test]
fn an_answer_about_somebody_else_confirms_nothing() {
    let server = Scripted::start(vec![
        scripted::token("3000"),
        scripted::json(r#"{"maKetQua":"000","ghiChu":"ok","hoTen":"LÊ THỊ C","ngaySinh":"06/06/1990"}"#),
    ]);
    let (insurance, _) = connector(config(&server.url));
    let answer = insurance.query(&query(NUMBER), &Cancel::new());
    assert_eq!(answer.outcome.as_str(), "undetermined");
    assert!(matches!(answer.fault.map(|f| f.kind), Some(FaultKind::Contradiction(_))));
    assert!(!answer.simulated, "this server does not say that it is simulated");
}

#[test]
fn odd_but_readable_answers() {
    for (body, code, outcome) in [
        (r#"{"maKetQua":0}"#, Some("000"), "confirmed"),
        (r#"{"maKetQua":" 010\n"}"#, Some("010"), "refuted"),
        (r#"{"maKetQua":"<b>x</b>\u0000","ghiChu":null}"#, Some("<b>x</b>"), "undetermined"),
        (r#"{"maKetQua":""}"#, None, "aborted"),
        (r#"{"maKetQua":{"a":1}}"#, None, "aborted"),
        ("{}", None, "aborted"),
        ("null", None, "aborted"),
        ("", None, "aborted"),
    ] {
        let server = Scripted::start(vec![scripted::token("2030-01-01"), scripted::json(body)]);
        let (insurance, _) = connector(config(&server.url));
        let answer = insurance.query(&query(NUMBER), &Cancel::new());
        assert_eq!((answer.code.as_deref(), answer.outcome.as_str()), (code, outcome), "{body}");
    }
}

#[test]
fn not_http_at_all() {
    for bytes in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200", "HTTP/9.9 abc\r\n\r\n", "\0\0\0\0"] {
        let server = Scripted::start(vec![bytes.as_bytes().to_vec(); 3]);
        let (insurance, _) = connector(config(&server.url));
        let answer = insurance.query(&query(NUMBER), &Cancel::new());
        assert!(matches!(kind(&answer), FaultKind::Protocol | FaultKind::Closed), "{bytes:?}: {answer:?}");
    }
}

#[test]
fn a_small_compressed_answer_cannot_become_a_large_one() {
    let server = Scripted::start(vec![scripted::token("3000"), scripted::compressed_zeros()]);
    let mut config = config(&server.url);
    config.connection.max_answer_bytes = Some(1024);
    let (insurance, _) = connector(config);
    let answer = insurance.query(&query(NUMBER), &Cancel::new());
    assert_eq!(kind(&answer), FaultKind::TooLarge { limit_bytes: 1024 });
}

#[test]
fn an_answer_cut_anywhere_confirms_nothing() {
    let whole = scripted::json(r#"{"maKetQua":"000","ghiChu":"ok"}"#);
    let cuts: Vec<Vec<u8>> = (0..=whole.len()).map(|end| whole[..end].to_vec()).collect();
    let server = Scripted::start([scripted::token("3000")].into_iter().chain(cuts.clone()).collect());
    let mut config = config(&server.url);
    config.connection.retries = Some(0);
    let (insurance, _) = connector(config);
    for cut in &cuts {
        let answer = insurance.query(&query(NUMBER), &Cancel::new());
        let expected = if cut.len() == whole.len() { "confirmed" } else { "aborted" };
        assert_eq!(answer.outcome.as_str(), expected, "cut at {}: {answer:?}", cut.len());
    }
}
