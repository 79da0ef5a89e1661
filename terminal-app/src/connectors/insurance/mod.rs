//! The insurance check (BHYT) of Vietnam Social Security.
//!
//! A token is taken with the facility's account and kept for 50 minutes; a refusal (HTTP 401 or 403, or result 401)
//! renews it once. The service wants token and password in the address on the wire: they are kept out of every log,
//! error and `Debug` output, which a test proves with all logging switched on.

mod codes;
mod settings;
mod wire;

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use md5::{Digest, Md5};
use reader_core::evidence::Outcome;

pub use codes::{CODES, CodeMeaning, Severity, meaning};
pub use settings::{Encoding, InsuranceConfig, StaffConfig};

use super::fault::{Fault, FaultKind};
use super::finding::{Answer, Details, clean};
use super::http::{Body, Client, Reply, Request};
use super::retry::Budget;
use super::secret::{Secret, SecretUrl};
use super::{
    BirthDate, Cancel, ConfigError, Connection, Connector, Field, PasswordSource, Query, Question, Service,
    Surroundings,
};
use settings::Settings;
pub(super) use wire::FACTS;

/// A token is dropped this long before the service would.
const TOKEN_MARGIN_S: u64 = 30;

const NEEDS: &[Field] = &[Field::Number, Field::Name, Field::BirthDate];

/// The insurance connector.
pub struct Insurance {
    id: String,
    settings: Settings,
    surroundings: Surroundings,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    access: Secret,
    id: Secret,
    until_ms: u64,
    simulated: bool,
}

/// What happened on the way to an answer or a fault.
struct Course {
    attempts: u32,
    simulated: bool,
}

/// An answer that counts as one.
struct Answered {
    code: String,
    reply: Reply,
}

/// What the service is asked, ready for the wire.
struct Asked<'a> {
    number: &'a str,
    name: &'a str,
    birth: BirthDate,
    staff: &'a StaffConfig,
}

pub(super) fn build(
    id: &str,
    table: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Connector>, ConfigError> {
    let config =
        InsuranceConfig::from_table(table).map_err(|faults| ConfigError { id: id.to_owned(), faults })?;
    Ok(Box::new(Insurance::new(id, config, surroundings)?))
}

impl Insurance {
    /// A connector of this name.
    ///
    /// # Errors
    /// The settings are faulty; all faults are listed.
    pub fn new(id: &str, config: InsuranceConfig, surroundings: Surroundings) -> Result<Self, ConfigError> {
        let settings = Settings::check(id, config)?;
        Ok(Self { id: id.to_owned(), settings, surroundings, token: Mutex::new(None) })
    }

    /// Token and question, with retries and one renewal of the token.
    fn ask(&self, query: &Query, budget: &mut Budget<'_>, course: &mut Course) -> Result<Answered, Fault> {
        let asked = self.asked(query)?;
        let config = &self.settings.config;
        let password =
            config.password.fetch().map_err(|what| Fault::new(FaultKind::Settings(what), &self.id))?;
        let password = md5_hex(&password);
        let client = self.settings.connection.client()?;
        let mut renewed = false;
        loop {
            let token = self.token(&client, &password, budget)?;
            course.simulated |= token.simulated;
            course.attempts += 1;
            let result = self.check(&client, &asked, &token, &password, budget);
            let refused = match &result {
                Ok(answered) => answered.code == "401",
                Err(fault) => fault.kind == FaultKind::Unauthorized,
            };
            if refused && !renewed {
                tracing::info!(connector = %self.id, "token refused: renewing it once");
                self.forget(&token);
                renewed = true;
                continue;
            }
            let again = match &result {
                Ok(answered) => matches!(answered.code.as_str(), "101" | "500"),
                Err(fault) => fault.is_transient(),
            };
            if again && budget.pause()? {
                continue;
            }
            return result;
        }
    }

    /// What is to be asked, or what is missing for it.
    fn asked<'a>(&'a self, query: &'a Query) -> Result<Asked<'a>, Fault> {
        let fields = &query.fields;
        match (fields.number(), fields.name(), fields.birth_date()) {
            (Some(number), Some(name), Some(birth)) => {
                let staff = self.settings.config.staff.as_ref().ok_or_else(|| {
                    let what =
                        "no staff member is set, and the service demands one (staff = { name, number })";
                    Fault::new(FaultKind::Settings(what.into()), &self.id)
                })?;
                Ok(Asked { number, name, birth, staff })
            }
            (number, name, birth) => {
                let missing = [
                    (Field::Number, number.is_none()),
                    (Field::Name, name.is_none()),
                    (Field::BirthDate, birth.is_none()),
                ];
                let missing = missing.into_iter().filter(|(_, is)| *is).map(|(field, _)| field).collect();
                Err(Fault::new(FaultKind::MissingFields(missing), &self.id))
            }
        }
    }

    /// The kept token, or a new one.
    fn token(&self, client: &Client, password: &Secret, budget: &mut Budget<'_>) -> Result<Token, Fault> {
        let now_ms = self.surroundings.clock.now_ms();
        if let Some(token) = self.kept().as_ref().filter(|token| now_ms < token.until_ms) {
            return Ok(token.clone());
        }
        // Not under the lock: a second query must be free to meet its own deadline.
        let url = SecretUrl::new(self.settings.connection.address().base(), wire::TOKEN_PATH, &[]);
        let body = Body::members(&[("username", &self.settings.user), ("password", password.expose())]);
        let reply = loop {
            match self.post(client, &url, &body, budget) {
                Err(fault) if fault.is_transient() && budget.pause()? => {}
                result => break result?,
            }
        };
        let Some(answer) = wire::token(&reply) else {
            let kind = match wire::code(&reply).as_deref() {
                None | Some("200" | "000") => FaultKind::Malformed("the answer holds no token"),
                Some(_) => FaultKind::Unauthorized,
            };
            return Err(Fault::new(kind, url.shown()));
        };
        let ours_s = self.settings.config.token_life_s;
        let life_s = match answer.expires_in_s {
            Some(theirs_s) => ours_s.min(theirs_s.saturating_sub(TOKEN_MARGIN_S)),
            None => ours_s,
        };
        let until_ms = now_ms.saturating_add(life_s.saturating_mul(1000));
        let token = Token { access: answer.access, id: answer.id, until_ms, simulated: reply.simulated };
        *self.kept() = Some(token.clone());
        Ok(token)
    }

    fn kept(&self) -> MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the kept token, unless another query has renewed it already.
    fn forget(&self, token: &Token) {
        let mut kept = self.kept();
        if kept.as_ref().is_some_and(|k| k.access.expose() == token.access.expose()) {
            *kept = None;
        }
    }

    fn check(
        &self,
        client: &Client,
        asked: &Asked<'_>,
        token: &Token,
        password: &Secret,
        budget: &Budget<'_>,
    ) -> Result<Answered, Fault> {
        let query = [
            ("token", token.access.expose()),
            ("id_token", token.id.expose()),
            ("username", self.settings.user.as_str()),
            ("password", password.expose()),
        ];
        let url = SecretUrl::new(self.settings.connection.address().base(), wire::CHECK_PATH, &query);
        let birth = wire::birth_date(asked.birth);
        let fields = [
            ("maThe", asked.number),
            ("hoTen", asked.name),
            ("ngaySinh", birth.as_str()),
            ("hoTenCb", asked.staff.name.as_str()),
            ("cccdCb", asked.staff.number.as_str()),
        ];
        let body = match self.settings.config.encoding {
            Encoding::Json => Body::members(&fields),
            Encoding::Form => Body::form(&fields),
        };
        let reply = self.post(client, &url, &body, budget)?;
        let code = wire::code(&reply).ok_or_else(|| {
            Fault::new(FaultKind::Malformed("the answer holds no result code"), url.shown())
        })?;
        Ok(Answered { code, reply })
    }

    fn post(
        &self,
        client: &Client,
        url: &SecretUrl,
        body: &Body,
        budget: &Budget<'_>,
    ) -> Result<Reply, Fault> {
        let left_ms = budget.left_ms()?;
        let started_ms = budget.elapsed_ms();
        let result = client.send(&Request::post(url, body), left_ms, budget.cancel());
        let ms = budget.elapsed_ms().saturating_sub(started_ms);
        match result {
            Ok(reply) => {
                tracing::debug!(connector = %self.id, url = %url.shown(), ms, "answered");
                Ok(reply)
            }
            Err(mut fault) => {
                if let FaultKind::Timeout { waited_ms } = &mut fault.kind {
                    *waited_ms = budget.elapsed_ms();
                }
                tracing::warn!(connector = %self.id, ms, %fault, "request failed");
                Err(fault)
            }
        }
    }

    /// What an answer amounts to.
    fn judge(&self, answered: Answered, asked_birth: Option<BirthDate>) -> Judged {
        let details = wire::details(&answered.reply);
        let note = answered.reply.text("ghiChu").and_then(|note| clean(&note));
        let simulated = answered.reply.simulated;
        let known = meaning(&answered.code);
        let mut outcome = known.map_or(codes::UNKNOWN, |m| m.outcome);
        let mut text_stem = known.map_or("insurance-unknown", |m| m.text_stem);
        let mut fault = None;
        if outcome.is_confirmed() && contradicts(asked_birth, details.get("birth_date")) {
            let what = Fault::new(
                FaultKind::Contradiction("the answer confirms a person of another date of birth"),
                format_args!("{}{}", self.settings.connection.address().base(), wire::CHECK_PATH),
            );
            outcome = codes::UNKNOWN;
            text_stem = what.text_stem();
            fault = Some(what);
        }
        Judged { code: answered.code, outcome, note, fault, details, simulated, text_stem }
    }
}

struct Judged {
    code: String,
    outcome: Outcome,
    note: Option<String>,
    fault: Option<Fault>,
    details: Details,
    simulated: bool,
    text_stem: &'static str,
}

/// Both dates are whole and differ: the answer is about someone else.
fn contradicts(asked: Option<BirthDate>, answered: Option<&str>) -> bool {
    match (asked, answered.and_then(BirthDate::parse)) {
        (Some(asked @ BirthDate::Full { .. }), Some(answered @ BirthDate::Full { .. })) => asked != answered,
        _ => false,
    }
}

impl Service for Insurance {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_simulated(&self) -> bool {
        self.settings.connection.is_simulated()
    }

    fn connection(&self) -> Option<&Connection> {
        Some(&self.settings.connection)
    }

    fn secrets(&self) -> Vec<(&str, &PasswordSource)> {
        vec![("password", &self.settings.config.password)]
    }
}

impl Connector for Insurance {
    fn needs(&self) -> &[Field] {
        NEEDS
    }

    fn query(&self, query: &Query, cancel: &Cancel) -> Answer {
        let Question::Eligibility = query.question;
        let mut budget = self.settings.connection.budget(&self.surroundings, cancel);
        let mut course = Course { attempts: 0, simulated: self.is_simulated() };
        let judged = match self.ask(query, &mut budget, &mut course) {
            Ok(answered) => self.judge(answered, query.fields.birth_date()),
            Err(fault) => Judged {
                code: String::new(),
                outcome: fault.outcome(),
                note: None,
                text_stem: fault.text_stem(),
                fault: Some(fault),
                details: Details::default(),
                simulated: false,
            },
        };
        let Course { attempts, .. } = course;
        let simulated = course.simulated || judged.simulated;
        let elapsed_ms = budget.elapsed_ms();
        tracing::info!(
            connector = %self.id, transaction = %query.transaction, outcome = judged.outcome.as_str(), code = %judged.code,
            attempts, elapsed_ms, simulated, "insurance asked"
        );
        let summary = match (&judged.fault, meaning(&judged.code)) {
            (Some(fault), _) => fault.to_string(),
            (None, Some(known)) => format!("{}: {}", known.code, known.english),
            (None, None) => format!("{}: a result code that nobody has described", judged.code),
        };
        Answer {
            service: self.id.clone(),
            outcome: judged.outcome,
            code: Some(judged.code).filter(|code| !code.is_empty()),
            note: judged.note,
            fault: judged.fault,
            details: judged.details,
            age_s: 0,
            attempts,
            elapsed_ms,
            simulated,
            summary,
            text_stem: judged.text_stem.to_owned(),
        }
    }
}

/// The service wants the password as MD5 in hex: no protection, only its format.
fn md5_hex(password: &Secret) -> Secret {
    let mut digest = Md5::digest(password.expose().as_bytes());
    let mut hex = String::with_capacity(32);
    for byte in &digest {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    zeroize::Zeroize::zeroize(digest.as_mut_slice());
    Secret::new(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spec: RFC 1321 §A.5.
    #[test]
    fn md5_as_published() {
        assert_eq!(md5_hex(&Secret::new("abc".into())).expose(), "900150983cd24fb0d6963f7d28e17f72");
    }

    #[test]
    fn only_whole_dates_contradict() {
        let full = BirthDate::parse("05/06/1990");
        assert!(contradicts(full, Some("06/06/1990")));
        for agreeing in [Some("05/06/1990"), Some("1990"), Some("1991"), Some("unknown"), None] {
            assert!(!contradicts(full, agreeing), "{agreeing:?}");
        }
        assert!(!contradicts(BirthDate::parse("1990"), Some("05/06/1991")));
    }
}
