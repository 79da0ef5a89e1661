//! Invented holders with their cards: some sound, the others with exactly one defect each.
//!
//! A card follows from its persona and from the day that is given as `now`; nothing asks a clock. Dates are counted from
//! that day, so that a persona is as old, and a card as far from its expiry, whenever the program runs. The sound cards
//! were issued two years before.
//!
//! **Numbers.** A number has 12 digits and begins with 090. Its last three digits are the result code that the simulated
//! insurance gateway gives (`000` in order, `110` revoked, `010` expired). Its last six digits are the card access
//! number, as on the real card.

mod beyond;
mod further;
mod protected;
mod recipe;
mod table;
mod vouched;

use crate::card::Card;
use crate::issuer::calendar::Date;
use crate::issuer::country::{Country, Issued, SignerNumber, VIETNAM, VIETNAM_NIST, VIETNAM_RSA};
use crate::issuer::lists;
use crate::issuer::terminal_pki::{Chain, TerminalChain};

use recipe::Recipe;
pub use recipe::{Holder, HolderDates};

/// What a check of a persona's card should find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The check found what it looked for.
    Confirmed,
    /// The check found the contrary.
    Refuted,
    /// The check could not tell.
    Undetermined,
    /// The check began and was broken off.
    Aborted,
}

/// What a site of the basic kind should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let the person pass.
    Accept,
    /// Ask a member of staff.
    Refer,
    /// Turn the card down.
    Reject,
}

impl Verdict {
    /// The word in a report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Accept => "accept",
            Verdict::Refer => "refer",
            Verdict::Reject => "reject",
        }
    }
}

impl Outcome {
    /// The word in a report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Confirmed => "confirmed",
            Outcome::Refuted => "refuted",
            Outcome::Undetermined => "undetermined",
            Outcome::Aborted => "aborted",
        }
    }
}

/// What should happen to a persona, with the anchors of [`trust_anchors`] and the lists of [`revocation_lists`]
/// installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The decision.
    pub verdict: Verdict,
    /// The check that tells, by its identifier in a report, and what it finds; none where every check is in order.
    pub check: Option<(&'static str, Outcome)>,
    /// The code of the reason that this check gives, as `idterm explain` knows it.
    pub reason: Option<&'static str>,
    /// Why, in one line.
    pub why: &'static str,
}

/// An invented holder with a card.
#[derive(Debug)]
pub struct Persona {
    /// The name, such as `good`.
    pub name: &'static str,
    /// One line for people, in English.
    pub summary_en: &'static str,
    /// One line for people, in Vietnamese.
    pub summary_vi: &'static str,
    /// What should happen.
    pub expected: Expected,
    /// Who holds the card.
    pub holder: Holder,
    recipe: Recipe,
}

/// What the operator of a terminal types or scans for a persona.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The number of 12 digits; a passport and a card of another state have none.
    pub number: Option<String>,
    /// The card access number; a passport has none.
    pub can: Option<String>,
    /// The lines of the machine readable zone that is shown.
    pub mrz_lines: Vec<String>,
    /// Document number as in the zone.
    pub document_number: String,
    /// Birth date, `yyMMdd`.
    pub birth: String,
    /// Expiry date, `yyMMdd`.
    pub expiry: String,
}

const REVOKED_SIGNER: SignerNumber = SignerNumber(2);

/// Every persona, the sound cards first.
#[must_use]
pub fn all() -> &'static [Persona] {
    &table::PERSONAS
}

/// Further sound cards, opened by integrated mapping and by DH.
#[must_use]
pub fn beyond() -> &'static [Persona] {
    &beyond::BEYOND
}

/// Further sound cards, whose fingers and irises are for terminals with a certificate.
#[must_use]
pub fn protected() -> &'static [Persona] {
    &protected::PROTECTED
}

/// Cards of an authority whose certificate is in no trust store: what their gateway says decides. Each expects the site
/// `gateway`.
#[must_use]
pub fn vouched() -> &'static [Persona] {
    &vouched::VOUCHED
}

/// The persona of this name, those of [`beyond`], [`protected`] and [`vouched`] included.
#[must_use]
pub fn find(name: &str) -> Option<&'static Persona> {
    all().iter().chain(beyond()).chain(protected()).chain(vouched()).find(|persona| persona.name == name)
}

/// The certificates that a terminal for Vietnamese cards installs: the simulated authority's three, DER. They serve
/// every persona; no Utopian one is among them.
#[must_use]
pub fn trust_anchors(now_unix_s: i64) -> Vec<Vec<u8>> {
    [VIETNAM, VIETNAM_NIST, VIETNAM_RSA].iter().map(|country| country.csca(now_unix_s).der).collect()
}

/// The revocation lists of the same authorities, DER. The first names the signer of `revoked-signer`.
#[must_use]
pub fn revocation_lists(now_unix_s: i64) -> Vec<Vec<u8>> {
    let revoked_s = Date::from_unix_s(now_unix_s).plus_days(-14).to_unix_s();
    [VIETNAM, VIETNAM_NIST, VIETNAM_RSA]
        .iter()
        .map(|country| {
            let revoked = if *country == VIETNAM {
                vec![(country.document_signer_serial(REVOKED_SIGNER), revoked_s)]
            } else {
                Vec::new()
            };
            country.revocation_list(now_unix_s, revoked)
        })
        .collect()
}

/// A master list of the anchors, DER, whose signer stands under the first of them.
#[must_use]
pub fn master_list(now_unix_s: i64) -> Vec<u8> {
    let signer = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, now_unix_s);
    lists::master_list(&trust_anchors(now_unix_s), &signer, &VIETNAM.csca(now_unix_s), now_unix_s)
}

impl Persona {
    /// The finished card as of the day of `now`.
    #[must_use]
    pub fn card(&self, now_unix_s: i64) -> Card {
        self.recipe.card(self.name, &self.holder, Date::from_unix_s(now_unix_s))
    }

    /// What is presented with the card. For `another-persons-card` it is another persona's.
    #[must_use]
    pub fn access(&self, now_unix_s: i64) -> Access {
        let presenter = self.recipe.presented_by().and_then(find).unwrap_or(self);
        presenter.recipe.access(&presenter.holder, Date::from_unix_s(now_unix_s))
    }

    /// The dates of the holder and the card.
    #[must_use]
    pub fn dates(&self, now_unix_s: i64) -> HolderDates {
        self.recipe.holder_dates(&self.holder, Date::from_unix_s(now_unix_s))
    }

    /// The anchor, DER, that a terminal trusts when it meets this card: the simulated Vietnamese authority's, in the
    /// algorithms of the card. A forged or foreign card does not stand under it.
    #[must_use]
    pub fn csca_der(&self, now_unix_s: i64) -> Vec<u8> {
        let genuine = [VIETNAM_NIST, VIETNAM_RSA].into_iter().find(|country| *country == self.recipe.country);
        genuine.unwrap_or(VIETNAM).csca(now_unix_s).der
    }

    /// The certificate, DER, of the authority that truly signed this card's signer: the forger's or Utopia's for those.
    #[must_use]
    pub fn issuing_csca_der(&self, now_unix_s: i64) -> Vec<u8> {
        self.recipe.country.csca(now_unix_s).der
    }

    /// Certificates and key of a terminal that meets this card; `None` where the card trusts no terminals' authority.
    #[must_use]
    pub fn terminal_chain(&self, chain: Chain, now_unix_s: i64) -> Option<TerminalChain> {
        self.recipe.terminals.map(|hierarchy| hierarchy.chain(chain, now_unix_s))
    }

    /// The country that signed.
    #[must_use]
    pub fn country(&self) -> Country {
        self.recipe.country
    }

    /// The document signer of the card as of the day of `now`.
    #[must_use]
    pub fn document_signer(&self, now_unix_s: i64) -> Issued {
        self.recipe.document_signer(&self.holder, Date::from_unix_s(now_unix_s))
    }
}
