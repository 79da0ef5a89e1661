//! The issuing authority's gateway and the site's services: what this terminal has for them, and whether they answer.
//!
//! Nothing of a person and no credential is sent: one connection is opened and closed, and one HEAD is sent, to each.

use std::thread;

use reader_core::verify::gateway::GatewayTerms;
use reader_core::wire::date::Timestamp;

use super::{Item, Part};
use crate::cli::context::Context;
use crate::cli::output::Tone;
use crate::config::Site;
use crate::connectors::card_authenticity::CardAuthenticity;
use crate::connectors::{
    self, Connection, Connector, DatedCertificate, Fault, FaultKind, Knocked, PasswordSource, Recipient,
    Surroundings, dated_certificates,
};
use crate::text::Texts;

/// Within this time a certificate of a connection should be renewed.
const SOON_S: i64 = 30 * 86_400;
/// Clocks that differ by more are told, in seconds.
const CLOCKS_APART_S: i64 = 60;

/// Somebody whom the site's file names.
struct Contact {
    what: &'static str,
    name: String,
    /// Where its settings stand in the site's file.
    table: String,
    partner: Partner,
}

/// How far this terminal is set up for it.
enum Partner {
    NotSetUp,
    Faulty(String),
    Gateway(Box<(CardAuthenticity, GatewayTerms)>),
    Service(Box<dyn Connector>),
    Recipient(Box<dyn Recipient>),
}

/// What came of a HEAD, and when.
type Knock = (Result<Knocked, Fault>, Timestamp);

impl Contact {
    fn connection(&self) -> Option<&Connection> {
        match &self.partner {
            Partner::NotSetUp | Partner::Faulty(_) => None,
            Partner::Gateway(gateway) => Some(gateway.0.connection()),
            Partner::Service(service) => service.connection(),
            Partner::Recipient(recipient) => recipient.connection(),
        }
    }

    /// Every secret that it needs, by the setting that names it.
    fn secrets(&self) -> Vec<(String, &PasswordSource)> {
        let own = match &self.partner {
            Partner::Service(service) => service.secrets(),
            Partner::Recipient(recipient) => recipient.secrets(),
            Partner::NotSetUp | Partner::Faulty(_) | Partner::Gateway(_) => Vec::new(),
        };
        let mut all: Vec<_> = own.into_iter().map(|(key, source)| (key.to_owned(), source)).collect();
        if let Some(connection) = self.connection() {
            let headers = connection.headers().map(|(name, source)| (format!("headers.{name}"), source));
            all.extend(headers);
            let key = connection.tls().and_then(|tls| tls.key.as_ref());
            all.extend(key.map(|source| ("tls.key".to_owned(), source)));
        }
        all
    }

    fn item(&self, check: &'static str, item: Item) -> Item {
        Item { part: Some(Part { name: self.name.clone(), check }), ..item }
    }
}

/// All that the site's file names. They are knocked at side by side, so that one that hangs holds up none of the others.
pub(super) fn connections(context: &Context, site: &Site, items: &mut Vec<Item>) {
    let texts = &context.output.texts;
    if site.gateway.is_none() {
        items.push(Item::grey("gateway", texts.get("doctor-gateway-none")));
    }
    let contacts = contacts(site);
    let knocks: Vec<Option<Knock>> = thread::scope(|scope| {
        let knock = |contact| {
            let connection = Contact::connection(contact)?;
            let work = || (connection.knock(), Timestamp(jiff::Timestamp::now().as_second()));
            thread::Builder::new().name("doctor-knock".to_owned()).spawn_scoped(scope, work).ok()
        };
        let running: Vec<_> = contacts.iter().map(knock).collect();
        running.into_iter().map(|thread| thread?.join().ok()).collect()
    });
    for (contact, knock) in contacts.iter().zip(&knocks) {
        settings(contact, texts, items);
        secrets(contact, texts, items);
        certificates(contact, context.now, texts, items);
        signing_key(contact, texts, items);
        reached(contact, knock.as_ref(), texts, items);
    }
}

fn contacts(site: &Site) -> Vec<Contact> {
    let gateway = site.gateway.iter().map(|gateway| Contact {
        what: "gateway",
        name: "gateway".to_owned(),
        table: "gateway".to_owned(),
        partner: match gateway.open(Surroundings::system()) {
            Ok(None) => Partner::NotSetUp,
            Ok(Some(opened)) => Partner::Gateway(Box::new(opened)),
            Err(error) => Partner::Faulty(error.to_string()),
        },
    });
    let services = site.services.iter().map(|service| {
        let (name, settings) = (service.name.clone(), service.settings.clone());
        let partner = if settings.is_empty() {
            Partner::NotSetUp
        } else {
            connectors::build(&name, &service.kind, settings, Surroundings::system())
                .map_or_else(|error| Partner::Faulty(error.to_string()), Partner::Service)
        };
        Contact { what: "service", table: format!("services.{name}"), name, partner }
    });
    let deliveries = site.deliveries.iter().map(|delivery| {
        let (name, settings) = (delivery.name.clone(), delivery.settings.clone());
        let partner = if settings.is_empty() {
            Partner::NotSetUp
        } else {
            connectors::build_recipient(&name, &delivery.kind, settings, Surroundings::system())
                .map_or_else(|error| Partner::Faulty(error.to_string()), Partner::Recipient)
        };
        Contact { what: "delivery", table: format!("deliveries.{name}"), name, partner }
    });
    gateway.chain(services).chain(deliveries).collect()
}

/// Whether it is set up, and where it is.
fn settings(contact: &Contact, texts: &Texts, items: &mut Vec<Item>) {
    let item = match (&contact.partner, contact.connection()) {
        (Partner::NotSetUp, _) => Item::open(
            contact.what,
            texts.get("doctor-contact-not-set-up"),
            texts.with("doctor-contact-not-set-up-remedy", &[("table", &contact.table)]),
        ),
        (Partner::Faulty(fault), _) => Item::bad(contact.what, fault, texts.get("error-2003-remedy")),
        (_, Some(connection)) => {
            let key =
                if connection.is_simulated() { "doctor-contact-simulated" } else { "doctor-contact-set-up" };
            Item::good(contact.what, texts.with(key, &[("address", &connection.address().origin())]))
        }
        (_, None) => Item::good(contact.what, texts.get("doctor-contact-without-connection")),
    };
    items.push(contact.item("settings", item));
}

/// Whether its secrets are there; never what they are.
fn secrets(contact: &Contact, texts: &Texts, items: &mut Vec<Item>) {
    for (key, source) in contact.secrets() {
        let source_text = source.to_string();
        let item = match source.fetch() {
            Ok(_) => Item::good(
                contact.what,
                texts.with("doctor-secret-there", &[("key", &key), ("source", &source_text)]),
            ),
            Err(why) => Item::bad(
                contact.what,
                texts.with("doctor-secret-missing", &[("key", &key), ("why", &why)]),
                texts.with("doctor-secret-missing-remedy", &[("source", &source_text)]),
            ),
        };
        items.push(contact.item("secret", item));
    }
}

/// The dates of the certificates of the connection, and whether their files can be read.
fn certificates(contact: &Contact, now: Timestamp, texts: &Texts, items: &mut Vec<Item>) {
    let Some(tls) = contact.connection().and_then(Connection::tls) else { return };
    for (check, key, path) in
        [("ca", "tls.ca", &tls.ca), ("certificate", "tls.certificate", &tls.certificate)]
    {
        let Some(path) = path else { continue };
        let file = path.display().to_string();
        let remedy = texts.get(&format!("doctor-{check}-remedy"));
        let all = match dated_certificates(path) {
            Ok(all) => all,
            Err(why) => {
                items.push(contact.item(check, Item::bad(contact.what, format!("{key}: {why}"), remedy)));
                continue;
            }
        };
        let usable = |one: &DatedCertificate| one.from <= now && now <= one.until;
        // Of authorities one that is in date may do; of this terminal's chain the first is its own.
        let hopeless = match check {
            "ca" => !all.iter().any(usable),
            _ => !all.first().is_some_and(usable),
        };
        let mut told = false;
        for one in &all {
            let (state, moment) = if now > one.until {
                ("expired", one.until)
            } else if now < one.from {
                ("early", one.from)
            } else if one.until.0.saturating_sub(now.0) < SOON_S {
                ("soon", one.until)
            } else {
                continue;
            };
            told = true;
            let day = moment.date().map(|day| day.to_string()).unwrap_or_default();
            let values = [("key", key), ("subject", one.subject.as_str()), ("day", &day), ("file", &file)];
            let text = texts.with(&format!("doctor-certificate-{state}"), &values);
            let item = if hopeless && state != "soon" {
                Item::bad(contact.what, text, &remedy)
            } else {
                Item::open(contact.what, text, &remedy)
            };
            items.push(contact.item(check, item));
        }
        if !told {
            let first = all.iter().map(|one| one.until).min().and_then(Timestamp::date);
            let day = first.map(|day| day.to_string()).unwrap_or_default();
            let values = [("key", key), ("day", day.as_str()), ("file", file.as_str())];
            let text = texts.with("doctor-certificate-valid", &values);
            items.push(contact.item(check, Item::good(contact.what, text)));
        }
    }
}

/// The key with which the gateway signs: it was read, or its settings would not have held together.
fn signing_key(contact: &Contact, texts: &Texts, items: &mut Vec<Item>) {
    if let Partner::Gateway(gateway) = &contact.partner {
        let text = texts.with("doctor-signing-key", &[("key", &gateway.1.key.name())]);
        items.push(contact.item("signing_key", Item::good(contact.what, text)));
    }
}

/// How far a connection came, and what the clock of whoever answered says.
fn reached(contact: &Contact, knock: Option<&Knock>, texts: &Texts, items: &mut Vec<Item>) {
    let (Some(connection), Some((result, at))) = (contact.connection(), knock) else { return };
    let item = match result {
        Ok(knocked) => answered(contact.what, knocked.status, texts),
        Err(fault) => {
            let address = connection.address();
            let (host, port) = (address.host(), address.port().to_string());
            let (stem, why) = match &fault.kind {
                FaultKind::Settings(why) => ("settings", why.as_str()),
                FaultKind::UnknownHost => ("name", ""),
                FaultKind::Unreachable(why) => ("connection", why.as_str()),
                FaultKind::Proxy => ("proxy", ""),
                FaultKind::Tls(why) => ("tls", why.as_str()),
                FaultKind::Timeout { .. } => ("silent", ""),
                FaultKind::Closed => ("closed", ""),
                _ => ("other", ""),
            };
            let key = format!("doctor-reach-{stem}");
            let text = texts.with(&key, &[("host", host), ("port", &port), ("why", why)]);
            let remedy = texts.get(&format!("{key}-remedy"));
            match fault.kind {
                // A service need not know what a HEAD is.
                FaultKind::Timeout { .. } | FaultKind::Closed => Item::open(contact.what, text, remedy),
                _ => Item::bad(contact.what, text, remedy),
            }
        }
    };
    items.push(contact.item("connection", item));
    if let Ok(knocked) = result {
        let item = clocks(contact, knocked.date, *at, texts);
        items.push(contact.item("clock", item));
    }
}

/// Any status is an answer; some say that it is not the service's own.
fn answered(what: &'static str, status: u16, texts: &Texts) -> Item {
    let number = status.to_string();
    let variables = [("status", number.as_str())];
    let stem = match status {
        300..=399 => "redirected",
        // Not implemented: a service need not know what a HEAD is.
        501 => "answers",
        500.. => "status",
        _ => "answers",
    };
    let text = texts.with(&format!("doctor-reach-{stem}"), &variables);
    match stem {
        "answers" => Item::good(what, text),
        _ => Item::open(what, text, texts.get(&format!("doctor-reach-{stem}-remedy"))),
    }
}

/// This terminal's clock beside the other one. Whether a gateway's answer counts hangs on both.
fn clocks(contact: &Contact, theirs: Option<Timestamp>, ours: Timestamp, texts: &Texts) -> Item {
    let Some(theirs) = theirs else {
        return Item::grey(contact.what, texts.get("doctor-clocks-unknown"));
    };
    let ahead_s = ours.0.saturating_sub(theirs.0);
    let (told_s, ahead_most_s) = match &contact.partner {
        Partner::Gateway(gateway) => {
            let (skew_s, age_s) = (i64::from(gateway.1.clock_skew_s), i64::from(gateway.1.max_age_s));
            (skew_s, Some(skew_s.max(age_s)))
        }
        _ => (CLOCKS_APART_S, None),
    };
    let seconds = ahead_s.unsigned_abs().to_string();
    let variables = [("seconds", seconds.as_str())];
    if ahead_s.abs() <= told_s {
        return Item::good(contact.what, texts.with("doctor-clocks-agree", &variables));
    }
    let key = if ahead_s > 0 { "doctor-clocks-ahead" } else { "doctor-clocks-behind" };
    let useless = ahead_most_s.is_some_and(|most_s| ahead_s > most_s || ahead_s < -told_s);
    let tone = if useless { Tone::Bad } else { Tone::Open };
    Item { tone, ..Item::open(contact.what, texts.with(key, &variables), texts.get("doctor-clocks-remedy")) }
}
