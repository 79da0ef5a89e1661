//! `idterm site check FILE` and `site explain FILE`.

use clap::Subcommand;
use reader_core::policy::{ExplainedRule, Subject, Verdict};
use serde_json::{Value, json};

use super::context::{Context, not_loaded};
use super::output::{Output, Tone, bold, coloured};
use crate::config::{self, Ask, FallBack, SignChallenge, Site, SiteError, SiteFault};
use crate::connectors::Seen;
use crate::failure::Failure;

/// Site files.
#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// All faults of a site file, each with its line
    #[command(after_help = "Example:\n  idterm site check my-site.toml")]
    Check {
        /// A site file, or the name of a built-in site
        file: String,
    },
    /// What a site reads, demands, asks and tells, in plain words
    #[command(after_help = "Example:\n  idterm site explain hospital --lang vi")]
    Explain {
        /// A site file, or the name of a built-in site
        file: String,
    },
}

/// Runs one of them.
///
/// # Errors
/// The file cannot be read, or, for `explain`, is faulty.
pub fn run(command: &SiteCommand, context: &Context) -> Result<u8, Failure> {
    match command {
        SiteCommand::Check { file } => check(file, context),
        SiteCommand::Explain { file } => {
            let site = config::load(file).map_err(|error| not_loaded(&error))?;
            explain(&site, &context.output);
            Ok(0)
        }
    }
}

fn check(file: &str, context: &Context) -> Result<u8, Failure> {
    let output = &context.output;
    let texts = &output.texts;
    let (hash, faults, hints) = match config::load(file) {
        Ok(site) => (Some(site.hash.clone()), Vec::new(), hints(&site, output)),
        Err(SiteError::Faulty { faults, .. }) => (None, faults, Vec::new()),
        Err(error) => return Err(not_loaded(&error)),
    };
    output.document(&json!({ "file": file, "hash": hash, "faults": faults, "hints": hints }));
    for fault in &faults {
        let SiteFault { file, line, key, text } = fault;
        let place = line.map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        output.line(format!(
            "{} {}",
            bold(&format!("{place}:")),
            [key.as_str(), text].join(if key.is_empty() { "" } else { ": " })
        ));
    }
    for hint in &hints {
        output.line(format!("{} {hint}", coloured(Tone::Open, Tone::Open.sign())));
    }
    if faults.is_empty() {
        let hash = hash.unwrap_or_default();
        output.line(format!(
            "{} {}",
            coloured(Tone::Good, Tone::Good.sign()),
            texts.with("site-sound", &[("hash", &hash)])
        ));
        return Ok(0);
    }
    let count = faults.len().to_string();
    output.line(coloured(Tone::Bad, &texts.with("site-faults", &[("count", &count)])));
    Ok(1)
}

/// What is no fault, and may surprise all the same.
fn hints(site: &Site, output: &Output) -> Vec<String> {
    let texts = &output.texts;
    let mut hints = Vec::new();
    for check in site.policy.without_rule() {
        hints.push(texts.with("site-hint-no-rule", &[("check", check.as_str())]));
    }
    let services = site.services.iter().map(|service| (&service.name, service.settings.is_empty()));
    let deliveries = site.deliveries.iter().map(|delivery| (&delivery.name, delivery.settings.is_empty()));
    for (name, _) in services.chain(deliveries).filter(|(_, unset)| *unset) {
        hints.push(texts.with("site-hint-not-set-up", &[("name", name)]));
    }
    hints
}

fn explain(site: &Site, output: &Output) {
    let texts = &output.texts;
    let language = texts.language().code();
    let title = site.title.get(language).or_else(|| site.title.values().next()).cloned().unwrap_or_default();
    output.document(&document(site, &title));
    output.line(bold(&format!("{title} ({})", site.name)));
    let row =
        |key: &str, value: &str| output.line(format!("  {:<30} {value}", texts.get(&format!("site-{key}"))));
    let section = |key: &str| output.line(format!("\n{}", bold(&texts.get(&format!("site-section-{key}")))));
    if !site.ancestors.is_empty() {
        row("inherits", &site.ancestors.join(" → "));
    }
    row("hash", &site.hash);
    row("languages", &site.languages.iter().map(|language| language.code()).collect::<Vec<_>>().join(", "));
    row("idle-wipe", &texts.with("site-seconds", &[("count", &site.idle_wipe_s.to_string())]));

    section("reading");
    let groups: Vec<String> = site.groups.iter().map(ToString::to_string).collect();
    row("groups", &groups.join(", "));
    row(
        "bac",
        &texts.get(match site.fall_back_to_bac {
            FallBack::Allowed => "site-bac-allowed",
            FallBack::Forbidden => "site-bac-forbidden",
        }),
    );
    row(
        "active-authentication",
        &texts.get(match site.active_authentication {
            SignChallenge::Always => "site-active-always",
            SignChallenge::UnlessChipAuthenticated => "site-active-unless",
            SignChallenge::Never => "site-active-never",
        }),
    );
    row("wait", &texts.with("site-seconds", &[("count", &site.wait_for_card_s.to_string())]));
    row("list-age", &texts.with("site-days", &[("count", &site.list_max_age_days.to_string())]));
    if !site.trust_countries.is_empty() {
        row("countries", &site.trust_countries.join(", "));
    }

    section("rules");
    for (words, names) in grouped(site, output) {
        output.line(format!("  {words}"));
        for name in names {
            output.line(format!("    · {name}"));
        }
    }

    if let Some(gateway) = &site.gateway {
        section("gateway");
        let sees: Vec<String> = gateway.sees.iter().map(|seen| format!("{seen:?}").to_lowercase()).collect();
        row("sees", &sees.join(", "));
        row("stands-for-chain", &texts.get(if gateway.stands_for_chain { "site-yes" } else { "site-no" }));
        row("set-up", &texts.get(if gateway.config.is_some() { "site-yes" } else { "site-no" }));
    }
    for service in &site.services {
        output.line(format!(
            "\n{} {} ({})",
            bold(&texts.get("site-section-service")),
            service.name,
            service.kind
        ));
        let sees: Vec<String> = service.sees.iter().map(|field| field_name(field.name(), output)).collect();
        row("sees", &sees.join(", "));
        let when = match service.ask {
            Ask::AfterHolder => "site-ask-after-holder",
            Ask::AfterText => "site-ask-after-text",
        };
        row("ask", &texts.get(when));
        row("set-up", &texts.get(if service.settings.is_empty() { "site-no" } else { "site-yes" }));
    }
    for delivery in &site.deliveries {
        output.line(format!(
            "\n{} {} ({})",
            bold(&texts.get("site-section-delivery")),
            delivery.name,
            delivery.kind
        ));
        let sees: Vec<String> = delivery.sees.iter().map(|seen| seen_name(seen, output)).collect();
        row("sees", &sees.join(", "));
        let when: Vec<String> = delivery.when.iter().map(|verdict| verdict_name(*verdict, output)).collect();
        row("when", &when.join(", "));
        row("set-up", &texts.get(if delivery.settings.is_empty() { "site-no" } else { "site-yes" }));
    }
}

/// What rules lead to, in words, and the subjects of those that lead there, in the order of the line.
fn grouped(site: &Site, output: &Output) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for rule in site.policy.explained() {
        let leads_to = rule
            .leads_to
            .iter()
            .rev()
            .map(|(verdict, outcomes)| consequence(*verdict, outcomes, &rule, output));
        let leads_to = leads_to.collect::<Vec<_>>().join("   ");
        let words = if leads_to.is_empty() { output.texts.get("site-noted") } else { leads_to };
        let name = subject(&rule.subject, output);
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) => names.push(name),
            None => groups.push((words, vec![name])),
        }
    }
    groups
}

/// `refused: refuted, undetermined`; without outcomes, what a rule over several checks or a noted reason comes to.
fn consequence(verdict: Verdict, outcomes: &[&str], rule: &ExplainedRule, output: &Output) -> String {
    let texts = &output.texts;
    let verdict = coloured(tone(verdict), &verdict_name(verdict, output));
    let when = match rule.subject {
        Subject::AnyOf { .. } => texts.get("site-none-confirmed"),
        Subject::Noted(_) => texts.get("site-when-noted"),
        _ => {
            let words =
                outcomes.iter().map(|outcome| texts.get(&format!("outcome-{}", outcome.replace('_', "-"))));
            words.collect::<Vec<_>>().join(", ")
        }
    };
    format!("{verdict}: {when}")
}

fn subject(subject: &Subject, output: &Output) -> String {
    let texts = &output.texts;
    let check = |id: &str| {
        let key = format!("check-{}", id.replace(['.', '_'], "-"));
        texts.find(&key).unwrap_or_else(|| id.to_owned())
    };
    match subject {
        Subject::Check(id) => check(id.as_str()),
        Subject::OfState { state, check: id } => format!("{} ({state})", check(id.as_str())),
        Subject::Service(name) => check(&format!("service.{name}")),
        Subject::AnyOf { checks, .. } => {
            let names: Vec<String> = checks.iter().map(|id| check(id.as_str())).collect();
            format!("{} {}", texts.get("site-any-of"), names.join("; "))
        }
        Subject::Noted(reason) => {
            format!("{}: {}", reason.code(), texts.get(&format!("reason-{}", reason.number())))
        }
    }
}

fn field_name(name: &str, output: &Output) -> String {
    output.texts.find(&format!("field-{}", name.replace('_', "-"))).unwrap_or_else(|| name.to_owned())
}

fn seen_name(seen: &Seen, output: &Output) -> String {
    match seen {
        Seen::Person(field) => field_name(field.name(), output),
        Seen::Fact(fact) => fact.clone(),
    }
}

fn verdict_name(verdict: Verdict, output: &Output) -> String {
    output.texts.get(&format!("verdict-{}", verdict.word()))
}

const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Accept => Tone::Good,
        Verdict::Refer => Tone::Open,
        Verdict::Reject => Tone::Bad,
    }
}

/// The same for programs.
fn document(site: &Site, title: &str) -> Value {
    let rules: Vec<Value> = site
        .policy
        .explained()
        .iter()
        .map(|rule| {
            let leads_to: serde_json::Map<String, Value> = rule
                .leads_to
                .iter()
                .map(|(verdict, outcomes)| (verdict.word().to_owned(), json!(outcomes)))
                .collect();
            let (about, checks) = match &rule.subject {
                Subject::Check(check) => (check.as_str().to_owned(), None),
                Subject::OfState { state, check } => (format!("{state}:{}", check.as_str()), None),
                Subject::Service(name) => (format!("service.{name}"), None),
                Subject::AnyOf { name, checks } => {
                    (name.clone(), Some(checks.iter().map(|check| check.as_str()).collect::<Vec<_>>()))
                }
                Subject::Noted(reason) => (reason.code(), None),
            };
            json!({ "about": about, "any_of": checks, "leads_to": leads_to })
        })
        .collect();
    let seen = |seen: &Seen| match seen {
        Seen::Person(field) => field.name().to_owned(),
        Seen::Fact(fact) => fact.clone(),
    };
    json!({
        "name": site.name, "title": title, "inherits": site.ancestors, "hash": site.hash,
        "languages": site.languages.iter().map(|language| language.code()).collect::<Vec<_>>(),
        "idle_wipe_s": site.idle_wipe_s,
        "read": {
            "groups": site.groups.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "com": site.read_com,
            "fall_back_to_bac": site.fall_back_to_bac,
            "active_authentication": site.active_authentication,
            "wait_for_card_s": site.wait_for_card_s,
        },
        "list_max_age_days": site.list_max_age_days,
        "trust_countries": site.trust_countries,
        "rules": rules,
        "gateway": site.gateway.as_ref().map(|gateway| json!({
            "sees": gateway.sees, "stands_for_chain": gateway.stands_for_chain, "set_up": gateway.config.is_some(),
        })),
        "services": site.services.iter().map(|service| json!({
            "id": service.name, "kind": service.kind, "sees": service.sees, "ask": service.ask, "set_up": !service.settings.is_empty(),
        })).collect::<Vec<_>>(),
        "deliveries": site.deliveries.iter().map(|delivery| json!({
            "id": delivery.name, "kind": delivery.kind, "when": delivery.when,
            "sees": delivery.sees.iter().map(seen).collect::<Vec<_>>(), "set_up": !delivery.settings.is_empty(),
        })).collect::<Vec<_>>(),
    })
}
