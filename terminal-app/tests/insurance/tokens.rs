//! Taking, keeping and renewing the token.

use std::sync::atomic::Ordering;

use reader_core::evidence::Outcome;
use terminal_app::connectors::{Cancel, Connector, FaultKind, PasswordSource, Secret};
use test_vectors::gateway::{Fault, FaultRule, Gateway, GatewayOptions, Scope};

use super::{DOWN, Line, NO, NUMBER, config, connector, query};

#[test]
fn a_token_is_kept() {
    let line = Line::new(Vec::new());
    for _ in 0..3 {
        assert_eq!(line.ask().outcome, Outcome::Confirmed);
    }
    assert_eq!(line.ask_for("090000000110").outcome, NO);
    assert_eq!((line.tokens(), line.checks()), (1, 4));
}

#[test]
fn after_fifty_minutes_a_new_one_is_taken() {
    let line = Line::new(Vec::new());
    line.ask();
    line.clock.ahead_ms.store(49 * 60_000, Ordering::SeqCst);
    line.ask();
    assert_eq!(line.tokens(), 1);
    line.clock.ahead_ms.store(50 * 60_000, Ordering::SeqCst);
    line.ask();
    assert_eq!((line.tokens(), line.checks()), (2, 3));
}

#[test]
fn a_shorter_life_is_respected() {
    let options = GatewayOptions { token_life_s: 90, ..GatewayOptions::default() };
    let gateway = Gateway::start(options).unwrap();
    let (insurance, clock) = connector(config(&gateway.url()));
    let tokens = || gateway.requests().iter().filter(|r| r.path.ends_with("take")).count();
    insurance.query(&query(NUMBER), &Cancel::new());
    clock.ahead_ms.store(50_000, Ordering::SeqCst);
    insurance.query(&query(NUMBER), &Cancel::new());
    assert_eq!(tokens(), 1);
    clock.ahead_ms.store(61_000, Ordering::SeqCst);
    insurance.query(&query(NUMBER), &Cancel::new());
    assert_eq!(tokens(), 2);
}

#[test]
fn a_token_that_expired_meanwhile_is_renewed_once() {
    for by_status in [true, false] {
        let line = Line::with(Vec::new(), |c| c.connection.retries = Some(0));
        assert_eq!(line.ask().outcome, Outcome::Confirmed);
        line.gateway.set_faults(vec![FaultRule::next(Scope::Check, 1, Fault::ExpireTokens { by_status })]);
        let answer = line.ask();
        assert_eq!((answer.outcome, answer.attempts), (Outcome::Confirmed, 2), "{by_status}");
        assert_eq!((line.tokens(), line.checks()), (2, 3), "{by_status}");
    }
}

#[test]
fn a_token_refused_again_is_refused() {
    let line = Line::new(vec![FaultRule::always(Scope::Check, Fault::ExpireTokens { by_status: true })]);
    let answer = line.ask();
    assert_eq!(answer.fault.map(|f| f.kind), Some(FaultKind::Unauthorized));
    assert_eq!((answer.outcome, line.tokens(), line.checks()), (DOWN, 2, 2));

    let line = Line::new(vec![FaultRule::always(Scope::Check, Fault::ExpireTokens { by_status: false })]);
    let answer = line.ask();
    assert_eq!((answer.code.as_deref(), answer.outcome), (Some("401"), DOWN));
    assert_eq!((line.tokens(), line.checks()), (2, 2));
}

#[test]
fn a_wrong_password_is_not_tried_twice() {
    let line = Line::with(Vec::new(), |c| c.password = PasswordSource::Held(Secret::new("wrong".into())));
    let answer = line.ask();
    assert_eq!(answer.fault.map(|f| f.kind), Some(FaultKind::Unauthorized));
    assert_eq!((answer.outcome, line.tokens(), line.checks()), (DOWN, 1, 0));
}

#[test]
fn many_ask_at_once() {
    let line = Line::new(vec![FaultRule::next(Scope::Check, 3, Fault::ExpireTokens { by_status: true })]);
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| line.ask().outcome)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    // Three expiries amid eight questions may meet one of them twice; none may hang, panic or be answered wrongly.
    assert!(outcomes.iter().all(|o| matches!(o, Outcome::Confirmed | Outcome::Aborted(_))), "{outcomes:?}");
    assert_eq!(line.ask().outcome, Outcome::Confirmed);
}
