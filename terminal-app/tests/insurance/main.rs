//! The insurance connector against the simulated gateway, over real HTTP.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod codes;
mod faults;
#[path = "../common/log.rs"]
mod log;
mod scripted;
mod secrets;
mod settings;
mod tokens;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reader_core::evidence::{Outcome, Reason};
use terminal_app::connectors::{
    Answer, Cancel, Clock, Connector, Field, Insurance, InsuranceConfig, PasswordSource, PermittedFields,
    PersonFields, Query, Question, Secret, StaffConfig, Surroundings, SystemClock,
};
use terminal_app::transaction::Transaction;
use test_vectors::gateway::{
    DEFAULT_PASSWORD as PASSWORD, FaultRule, Gateway, GatewayOptions, RunningGateway,
};

const NUMBER: &str = "090000001000";
const NAME: &str = "NGUYỄN VĂN AN";
const STAFF_NAME: &str = "TRẦN THỊ BÌNH";
const STAFF_NUMBER: &str = "090000000901";

const NO: Outcome = Outcome::Refuted(Reason::ServiceSaysNo);
const DOWN: Outcome = Outcome::Aborted(Reason::ServiceUnavailable);
const UNREADABLE: Outcome = Outcome::Aborted(Reason::ServiceAnswerUnclear);

/// A clock that runs as usual and can be set forward.
struct Forward {
    clock: SystemClock,
    ahead_ms: AtomicU64,
}

impl Clock for Forward {
    fn now_ms(&self) -> u64 {
        self.clock.now_ms() + self.ahead_ms.load(Ordering::SeqCst)
    }
    fn sleep_ms(&self, ms: u64) {
        self.clock.sleep_ms(ms);
    }
}

/// A gateway, and a connector that asks it.
struct Line {
    gateway: RunningGateway,
    insurance: Insurance,
    clock: Arc<Forward>,
}

fn gateway(faults: Vec<FaultRule>) -> RunningGateway {
    Gateway::start(GatewayOptions { faults, ..GatewayOptions::default() }).unwrap()
}

fn config(url: &str) -> InsuranceConfig {
    let mut config = InsuranceConfig::new(url, "79001", PasswordSource::Held(Secret::new(PASSWORD.into())));
    config.staff = Some(StaffConfig { name: STAFF_NAME.into(), number: STAFF_NUMBER.into() });
    config
}

fn connector(config: InsuranceConfig) -> (Insurance, Arc<Forward>) {
    let clock = Arc::new(Forward { clock: SystemClock::new(), ahead_ms: AtomicU64::new(0) });
    let surroundings = Surroundings { clock: clock.clone(), random: Arc::new(|| 0) };
    (Insurance::new("insurance", config, surroundings).unwrap_or_else(|e| panic!("{e}")), clock)
}

impl Line {
    fn with(faults: Vec<FaultRule>, change: impl FnOnce(&mut InsuranceConfig)) -> Self {
        let gateway = gateway(faults);
        let mut config = config(&gateway.url());
        change(&mut config);
        let (insurance, clock) = connector(config);
        Self { gateway, insurance, clock }
    }

    fn new(faults: Vec<FaultRule>) -> Self {
        Self::with(faults, |_| {})
    }

    fn ask(&self) -> Answer {
        self.ask_for(NUMBER)
    }

    fn ask_for(&self, number: &str) -> Answer {
        self.insurance.query(&query(number), &Cancel::new())
    }

    /// Requests by the last part of their path.
    fn count(&self, end: &str) -> usize {
        self.gateway.requests().iter().filter(|r| r.path.ends_with(end)).count()
    }

    fn tokens(&self) -> usize {
        self.count("/take")
    }

    fn checks(&self) -> usize {
        self.count("/KQNhanLichSuKCB2024")
    }
}

fn person(number: &str) -> PersonFields {
    PersonFields::default()
        .with(Field::Number, number)
        .with(Field::Name, NAME)
        .with(Field::BirthDate, "05/06/1990")
        .with(Field::Residence, "Số 7 đường Bí Mật")
}

fn transaction() -> Transaction {
    "10203040-5060-4070-8090-a0b0c0d0e0f0".parse().unwrap()
}

fn query(number: &str) -> Query {
    let fields = PermittedFields::cut(&person(number), &[Field::Number, Field::Name, Field::BirthDate]);
    Query { question: Question::Eligibility, fields, transaction: transaction() }
}
