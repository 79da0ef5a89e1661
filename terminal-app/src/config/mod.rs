//! Site files: what is written, what it inherits, and the checked site that comes of it.

mod audit;
mod check;
mod document;
mod fault;
mod gateway;
mod load;
mod outbox;
mod services;
mod site;

pub use audit::{AuditSettings, ConsentSettings, Level, RawAudit, RawConsent, Retention};
pub use fault::{SiteError, SiteFault};
pub use gateway::{RawGateway, SiteGateway};
pub use load::{built_in_names, load};
pub use outbox::{RawOutbox, SiteOutbox};
pub use site::{
    Ask, FallBack, RawDelivery, RawRead, RawService, RawSite, RawTerminal, RawTrust, SignChallenge,
};

use std::collections::{BTreeMap, BTreeSet};

use reader_core::lds::DataGroup;
use reader_core::policy::{Policy, Verdict};
use reader_core::verify::Settings;

use crate::connectors::{Field, Seen};
use crate::terminal_key::TerminalSettings;
use crate::text::Language;

/// A checked site: everything inherited is filled in, and every word is understood.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name: the file's name without `.toml`.
    pub name: String,
    /// The files that it inherits, the nearest first.
    pub ancestors: Vec<String>,
    /// SHA-256 of the merged file, in hexadecimal: it stands on every report.
    pub hash: String,
    /// What the place calls itself, by language code.
    pub title: BTreeMap<String, String>,
    /// Languages, the first one shown first.
    pub languages: Vec<Language>,
    /// Seconds without a touch after which the screen is cleared.
    pub idle_wipe_s: u32,
    /// Data groups to read beside those that the proof itself needs.
    pub groups: Vec<DataGroup>,
    /// EF.COM is read too.
    pub read_com: bool,
    /// Whether BAC may follow a refused PACE.
    pub fall_back_to_bac: FallBack,
    /// When the chip is asked to sign a challenge.
    pub active_authentication: SignChallenge,
    /// Seconds for which a card that left during the reading is waited for.
    pub wait_for_card_s: u32,
    /// What cards of a kind take at once on a reader is kept and used with the next one.
    pub learn_limits: bool,
    /// With what this terminal is let at DG3 and DG4; `None` where it has nothing.
    pub terminal_authentication: Option<TerminalSettings>,
    /// What is set about proving.
    pub proof: Settings,
    /// Age in days beyond which a revocation list says nothing any more.
    pub list_max_age_days: u32,
    /// Countries whose documents are to be proved here, in capitals.
    pub trust_countries: Vec<String>,
    /// The rules.
    pub policy: Policy,
    /// The issuing authority's gateway, where the site has one.
    pub gateway: Option<SiteGateway>,
    /// Services that are asked once the person is proved.
    pub services: Vec<Service>,
    /// Who is told of a verification once it is decided.
    pub deliveries: Vec<Delivery>,
    /// The key of the outbox, and how much it holds.
    pub outbox: SiteOutbox,
    /// What of a verification is recorded.
    pub audit: AuditSettings,
    /// What a person is asked to agree to.
    pub consent: ConsentSettings,
    /// Days for which what was taken is kept, by purpose.
    pub retention: Retention,
}

/// One service of a site.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name in the site file.
    pub name: String,
    /// The kind of connector.
    pub kind: String,
    /// What it may see of the person.
    pub sees: Vec<Field>,
    /// When it is asked.
    pub ask: Ask,
    /// Settings of the connector's kind; empty where this terminal has none.
    pub settings: toml::Table,
}

/// One delivery of a site.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its name in the site file.
    pub name: String,
    /// The kind of recipient.
    pub kind: String,
    /// The verdicts that it is told of.
    pub when: BTreeSet<Verdict>,
    /// What it may see.
    pub sees: Vec<Seen>,
    /// Settings of the recipient's kind; empty where this terminal has none.
    pub settings: toml::Table,
}
