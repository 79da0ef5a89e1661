//! Requests to a FHIR server: who asks, what may be repeated, and what a refusal says.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::resources::{self, Found, Identifier};
use super::settings::{Account, OAuth2Config, Settings};
use crate::connectors::connection::Connection;
use crate::connectors::fault::{Fault, FaultKind};
use crate::connectors::finding::clean;
use crate::connectors::http::{self, Body, Client, Reply, Request};
use crate::connectors::retry::Budget;
use crate::connectors::secret::{Secret, SecretUrl, push_escaped};
use crate::connectors::{Field, PermittedFields, Surroundings};

const FHIR_JSON: &str = "application/fhir+json";
/// A token whose life nobody tells is used so long.
const TOKEN_LIFE_S: u64 = 300;
/// A token is dropped this long before the server would.
const TOKEN_MARGIN_S: u64 = 30;
/// Runs of so many digits do not stand in a fault: they may be a person's number.
const HIDDEN_DIGITS: usize = 6;

/// The token that is kept between questions.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Option<Token>>);

struct Token {
    value: Secret,
    until_ms: u64,
}

impl Tokens {
    fn kept(&self) -> MutexGuard<'_, Option<Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request, but for who sends it.
pub(super) struct Call<'c> {
    put: bool,
    path: &'c str,
    query: &'c [(&'c str, &'c str)],
    body: &'c Body,
    headers: &'c [(&'c str, Secret)],
    /// Statuses beyond 200 and 201 that are no refusal.
    takes: &'c [u16],
    /// Sent twice, it does what it does once.
    repeatable: bool,
}

/// The requests of one question or delivery, under one deadline.
pub(super) struct Exchange<'a> {
    settings: &'a Settings,
    tokens: &'a Tokens,
    surroundings: &'a Surroundings,
    client: Client,
    budget: Budget<'a>,
    person: &'a PermittedFields,
    renewed: bool,
    /// Requests sent, without those for a token.
    pub attempts: u32,
    /// The server said of itself that it is simulated.
    pub simulated: bool,
}

impl<'a> Exchange<'a> {
    pub fn open(
        settings: &'a Settings,
        tokens: &'a Tokens,
        surroundings: &'a Surroundings,
        budget: Budget<'a>,
        person: &'a PermittedFields,
    ) -> Result<Self, Fault> {
        let client = settings.connection.client()?;
        Ok(Self {
            settings,
            tokens,
            surroundings,
            client,
            budget,
            person,
            renewed: false,
            attempts: 0,
            simulated: false,
        })
    }

    pub const fn settings(&self) -> &'a Settings {
        self.settings
    }

    pub const fn budget(&self) -> &Budget<'a> {
        &self.budget
    }

    /// A fault of what the server has at this path.
    pub fn fault(&self, kind: FaultKind, path: &str) -> Fault {
        Fault::new(kind, self.url(path, &[]).shown())
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> SecretUrl {
        SecretUrl::new(self.settings.connection.address().base(), path, query)
    }

    /// Searches by a form, so that what is searched for stands in no address. Spec: FHIR R4, Search, `_search`.
    pub fn search(&mut self, kind: &str, name: &str, value: &str, most: u32) -> Result<Found, Fault> {
        let path = format!("/{kind}/_search");
        let count = most.to_string();
        let body = Body::form(&[(name, value), ("_count", &count)]);
        let call = Call {
            put: false,
            path: &path,
            query: &[],
            body: &body,
            headers: &[],
            takes: &[],
            repeatable: true,
        };
        let reply = self.send(&call)?;
        let found = reply.json.and_then(|json| resources::found(json, kind));
        found.ok_or_else(|| {
            self.fault(FaultKind::Malformed("the answer to a search is no Bundle of FHIR"), &path)
        })
    }

    /// The resources that carry this identifier. One that came without it was not searched for: the server does not know the
    /// parameter, and its answer says nothing.
    pub fn identified(&mut self, kind: &str, identifier: &Identifier) -> Result<Found, Fault> {
        let found = self.search(kind, "identifier", &identifier.token(), 3)?;
        if found.resources.iter().all(|resource| identifier.stands_in(resource)) {
            Ok(found)
        } else {
            let what = FaultKind::Contradiction("the search found what it was not asked for");
            Err(self.fault(what, &format!("/{kind}/_search")))
        }
    }

    /// Makes a resource unless one with this identifier is there, however often it is asked. A server may not know the condition
    /// of the creation, and an answer may be lost: so it is searched for before each attempt.
    pub fn create_once<T: Serialize>(
        &mut self,
        kind: &'static str,
        identifier: &Identifier,
        resource: &T,
    ) -> Result<Value, Fault> {
        let path = format!("/{kind}");
        let several = FaultKind::Contradiction("several resources carry the one identifier");
        let body = self.body(resource, &path)?;
        let mut condition = String::from("identifier=");
        push_escaped(&mut condition, &identifier.token());
        let headers = [
            ("If-None-Exist", Secret::new(condition)),
            ("Prefer", Secret::new("return=representation".into())),
        ];
        loop {
            let mut found = self.identified(kind, identifier)?;
            match (found.resources.pop(), found.resources.is_empty(), found.more) {
                (Some(one), true, false) => return Ok(one),
                (None, _, false) => {}
                _ => return Err(self.fault(several, &path)),
            }
            let call = Call {
                put: false,
                path: &path,
                query: &[],
                body: &body,
                headers: &headers,
                takes: &[412],
                repeatable: false,
            };
            match self.send(&call) {
                Ok(reply) if reply.status == 412 => return Err(self.fault(several, &path)),
                Ok(reply) => return self.made(reply, kind),
                Err(fault) if fault.is_transient() && self.budget.pause()? => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Asks an operation; what it answers is its own matter.
    pub fn operation<T: Serialize>(&mut self, path: &str, resource: &T) -> Result<Option<Value>, Fault> {
        let body = self.body(resource, path)?;
        let call =
            Call { put: false, path, query: &[], body: &body, headers: &[], takes: &[], repeatable: true };
        Ok(self.send(&call)?.json)
    }

    /// Updates what is at `path`, or, with `query`, what that search finds. `Ok(Err(status))`: one of `takes`.
    pub fn update(
        &mut self,
        (kind, id): (&'static str, Option<&str>),
        query: &[(&str, &str)],
        resource: &Value,
        version: Option<&str>,
        takes: &[u16],
    ) -> Result<Result<Value, u16>, Fault> {
        let path = id.map_or_else(|| format!("/{kind}"), |id| format!("/{kind}/{id}"));
        let body = Body::json(resource).of_type(FHIR_JSON);
        let mut headers = vec![("Prefer", Secret::new("return=representation".into()))];
        headers.extend(version.map(|version| ("If-Match", Secret::new(format!("W/\"{version}\"")))));
        let repeatable = true;
        let call = Call { put: true, path: &path, query, body: &body, headers: &headers, takes, repeatable };
        let reply = self.send(&call)?;
        if takes.contains(&reply.status) { Ok(Err(reply.status)) } else { self.made(reply, kind).map(Ok) }
    }

    /// The resource that a creation or update answers with; where it answers with none, its id at least.
    fn made(&self, reply: Reply, kind: &'static str) -> Result<Value, Fault> {
        let located = reply.header("location").and_then(|location| resources::id_in(location, kind));
        match (reply.json, located) {
            (Some(resource), _) if resources::is(&resource, kind) && resources::id(&resource).is_some() => {
                Ok(resource)
            }
            // Another type may be what the creation led to: the response to a request.
            (Some(other), None)
                if !resources::is(&other, kind) && !resources::is(&other, "OperationOutcome") =>
            {
                Ok(other)
            }
            (_, Some(id)) => Ok(serde_json::json!({ "resourceType": kind, "id": id })),
            _ => {
                let what = FaultKind::Malformed("the answer does not say what was made");
                Err(self.fault(what, &format!("/{kind}")))
            }
        }
    }

    fn body<T: Serialize>(&self, resource: &T, path: &str) -> Result<Body, Fault> {
        let value = serde_json::to_value(resource)
            .map_err(|_| self.fault(FaultKind::Settings("the resource cannot be written".into()), path))?;
        Ok(Body::json(&value).of_type(FHIR_JSON))
    }

    /// Sends it, with one renewal of the token and, where it may be repeated, with retries.
    fn send(&mut self, call: &Call<'_>) -> Result<Reply, Fault> {
        let url = self.url(call.path, call.query);
        loop {
            let token = self.token()?;
            let mut request =
                if call.put { Request::put(&url, call.body) } else { Request::post(&url, call.body) };
            request = request.accepting(FHIR_JSON).taking(|status| {
                matches!(status, 200 | 201 | 204 | 400..=499 | 501)
                    && !matches!(status, 401 | 403 | 408 | 425 | 429)
            });
            let bearer = token.as_ref().map(|token| Secret::new(format!("Bearer {}", token.expose())));
            let named = bearer.iter().map(|bearer| ("Authorization", bearer));
            for (name, value) in named.chain(call.headers.iter().map(|(name, value)| (*name, value))) {
                request = request.header(name, value).map_err(|kind| Fault::new(kind, url.shown()))?;
            }
            self.attempts += 1;
            let started_ms = self.budget.elapsed_ms();
            let left_ms = self.budget.left_ms()?;
            let result = self.client.send(&request, left_ms, self.budget.cancel());
            let ms = self.budget.elapsed_ms().saturating_sub(started_ms);
            let fault = match result {
                Ok(reply) => {
                    tracing::debug!(url = %url.shown(), status = reply.status, ms, "answered");
                    self.simulated |= reply.simulated;
                    if matches!(reply.status, 200 | 201 | 204) || call.takes.contains(&reply.status) {
                        return Ok(reply);
                    }
                    Fault::new(self.refusal(&reply), url.shown())
                }
                Err(fault) => self.waited(fault),
            };
            tracing::warn!(ms, %fault, "request failed");
            if let (FaultKind::Unauthorized, Some(token)) = (&fault.kind, &token)
                && !self.renewed
                && self.forget(token)
            {
                tracing::info!(url = %url.shown(), "token refused: renewing it once");
                self.renewed = true;
                continue;
            }
            if !(call.repeatable && fault.is_transient() && self.budget.pause()?) {
                return Err(fault);
            }
        }
    }

    fn waited(&self, mut fault: Fault) -> Fault {
        if let FaultKind::Timeout { waited_ms } = &mut fault.kind {
            *waited_ms = self.budget.elapsed_ms();
        }
        fault
    }

    /// A refusal, in the server's words as far as they name no person.
    fn refusal(&self, reply: &Reply) -> FaultKind {
        let words = reply.json.as_ref().and_then(resources::issues).and_then(|words| clean(&words));
        match words {
            Some(words) => FaultKind::Refused { status: reply.status, words: hide(&words, self.person) },
            None => FaultKind::Status(reply.status),
        }
    }

    /// The token to send, if any.
    fn token(&mut self) -> Result<Option<Secret>, Fault> {
        let settings = self.settings;
        match &settings.account {
            Account::None => Ok(None),
            Account::Bearer(source) => {
                let fetched = source.fetch();
                fetched
                    .map(Some)
                    .map_err(|what| self.fault(FaultKind::Settings(format!("bearer: {what}")), ""))
            }
            Account::OAuth2 { config, connection } => {
                let now_ms = self.surroundings.clock.now_ms();
                if let Some(token) = self.tokens.kept().as_ref().filter(|token| now_ms < token.until_ms) {
                    return Ok(Some(token.value.clone()));
                }
                // Not under the lock: another question must be free to meet its own deadline.
                let (value, life_s) = self.take_token(config, connection)?;
                let life_s = life_s.unwrap_or(TOKEN_LIFE_S).saturating_sub(TOKEN_MARGIN_S);
                let until_ms = now_ms.saturating_add(life_s.saturating_mul(1000));
                *self.tokens.kept() = Some(Token { value: value.clone(), until_ms });
                Ok(Some(value))
            }
        }
    }

    /// Takes a token with the client's credentials, and how long it lives. Spec: RFC 6749 §2.3.1, §4.4, §5.1.
    fn take_token(
        &mut self,
        config: &OAuth2Config,
        connection: &Connection,
    ) -> Result<(Secret, Option<u64>), Fault> {
        let url = SecretUrl::new(connection.address().base(), "", &[]);
        let fault = |kind| Fault::new(kind, url.shown());
        let secret = config.client_secret.fetch();
        let secret =
            secret.map_err(|what| fault(FaultKind::Settings(format!("oauth2.client_secret: {what}"))))?;
        let mut pair = Zeroizing::new(String::new());
        push_escaped(&mut pair, &config.client_id);
        pair.push(':');
        push_escaped(&mut pair, secret.expose());
        let basic = Secret::new(format!("Basic {}", *Zeroizing::new(STANDARD.encode(pair.as_bytes()))));
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(config.scope.as_deref().map(|scope| ("scope", scope)));
        let body = Body::form(&form);
        let client = connection.client()?;
        let request = Request::post(&url, &body).taking(|status| matches!(status, 200 | 400));
        let request = request.header("Authorization", &basic).map_err(fault)?;
        let reply = loop {
            match client.send(&request, self.budget.left_ms()?, self.budget.cancel()) {
                Err(fault) if fault.is_transient() && self.budget.pause()? => {}
                result => break result.map_err(|fault| self.waited(fault))?,
            }
        };
        self.simulated |= reply.simulated;
        if reply.status == 400 {
            return Err(fault(FaultKind::Unauthorized));
        }
        if reply.text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(fault(FaultKind::Malformed("the token is of another type than Bearer")));
        }
        let value = reply.text("access_token").map(Secret::new);
        let value = value.ok_or_else(|| fault(FaultKind::Malformed("the answer holds no token")))?;
        let life_s = reply.member("expires_in").and_then(http::text).and_then(|text| text.parse().ok());
        Ok((value, life_s))
    }

    /// Drops the kept token, unless another question has renewed it already. False: there is none that could be renewed.
    fn forget(&self, refused: &Secret) -> bool {
        if !matches!(self.settings.account, Account::OAuth2 { .. }) {
            return false;
        }
        let mut kept = self.tokens.kept();
        if kept.as_ref().is_some_and(|token| token.value.expose() == refused.expose()) {
            *kept = None;
        }
        true
    }
}

/// Words without what they may repeat of the person.
fn hide(words: &str, person: &PermittedFields) -> String {
    let mut told = words.to_owned();
    for value in Field::ALL.into_iter().filter_map(|field| person.get(field)) {
        if value.chars().count() > 2 {
            told = told.replace(value, "…");
        }
    }
    let (mut shown, mut run) = (String::new(), String::new());
    for letter in told.chars().chain(['\0']) {
        // Dates and grouped numbers are runs of digits too.
        let joins = matches!(letter, '-' | '/' | ' ') && run.ends_with(|last: char| last.is_ascii_digit());
        if letter.is_ascii_digit() || joins {
            run.push(letter);
            continue;
        }
        let digits = run.trim_end_matches(['-', '/', ' ']);
        if digits.bytes().filter(u8::is_ascii_digit).count() >= HIDDEN_DIGITS {
            shown.push('…');
            shown.push_str(run.get(digits.len()..).unwrap_or_default());
        } else {
            shown.push_str(&run);
        }
        run.clear();
        if letter != '\0' {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::PersonFields;

    #[test]
    fn a_fault_does_not_repeat_the_person() {
        let person = PersonFields::default().with(Field::Name, "NGUYỄN VĂN AN").with(Field::Sex, "M");
        let person = PermittedFields::cut(&person, &[Field::Name, Field::Sex]);
        for (words, told) in [
            ("Patient.name: NGUYỄN VĂN AN is known", "Patient.name: … is known"),
            ("no 090000000123 here", "no … here"),
            ("born 1990-06-05, M", "born …, M"),
            ("0900 0000 0123", "…"),
            ("rule app-3, line 12 of 345", "rule app-3, line 12 of 345"),
            ("", ""),
        ] {
            assert_eq!(hide(words, &person), told);
        }
    }
}
