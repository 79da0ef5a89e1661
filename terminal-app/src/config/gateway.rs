//! `[gateway]`: the issuing authority's card-authenticity gateway, as a site uses it.

use reader_core::verify::gateway::GatewayTerms;
use serde::{Deserialize, Serialize};

use super::fault::Faults;
use crate::connectors::card_authenticity::{CardAuthenticity, CardAuthenticityConfig, Shown};
use crate::connectors::{ConfigError, Surroundings};

/// The one kind of gateway that is known.
const KIND: &str = "rar";

/// `[gateway]` as written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawGateway {
    /// `rar`; `none` switches an inherited one off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What of a card it may see: `number`, or of its files `sod`, `dg1`, `dg2`, `dg13`, `dg14`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sees: Option<Vec<Shown>>,
    /// Its signed "yes" stands for the chain of a signer that no certificate in the trust store has issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_for_chain: Option<bool>,
    /// Age in seconds beyond which an answer says nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u32>,
    /// Seconds by which its clock and this terminal's may differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_s: Option<u32>,
    /// Address, key and certificates; empty where this terminal has none.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub settings: toml::Table,
}

impl RawGateway {
    pub(super) fn is_empty(&self) -> bool {
        self.kind.is_none()
            && self.sees.is_none()
            && self.stands_for_chain.is_none()
            && self.max_age_s.is_none()
            && self.clock_skew_s.is_none()
            && self.settings.is_empty()
    }

    /// This file's keys over those of `parent`.
    pub(super) fn over(self, parent: Self) -> Self {
        let mut settings = parent.settings;
        settings.extend(self.settings);
        Self {
            kind: self.kind.or(parent.kind),
            sees: self.sees.or(parent.sees),
            stands_for_chain: self.stands_for_chain.or(parent.stands_for_chain),
            max_age_s: self.max_age_s.or(parent.max_age_s),
            clock_skew_s: self.clock_skew_s.or(parent.clock_skew_s),
            settings,
        }
    }
}

/// The gateway of a site.
#[derive(Clone, Debug)]
pub struct SiteGateway {
    /// What of a card it may see.
    pub sees: Vec<Shown>,
    /// Its "yes" stands for an unknown chain.
    pub stands_for_chain: bool,
    /// Age in seconds beyond which an answer says nothing any more.
    pub max_age_s: u32,
    /// Seconds by which the clocks may differ.
    pub clock_skew_s: u32,
    /// How it is asked; `None` where this terminal cannot.
    pub config: Option<CardAuthenticityConfig>,
}

impl SiteGateway {
    /// The connector and the terms on which its answers count; `None` where this terminal has no settings for it.
    ///
    /// # Errors
    /// The settings are faulty; all faults are listed.
    pub fn open(
        &self,
        surroundings: Surroundings,
    ) -> Result<Option<(CardAuthenticity, GatewayTerms)>, ConfigError> {
        let Some(config) = &self.config else { return Ok(None) };
        let connector = CardAuthenticity::new(config.clone(), &self.sees, surroundings)?;
        let (key, form) =
            connector.pinned().map_err(|faults| ConfigError { id: "gateway".to_owned(), faults })?;
        let terms = GatewayTerms {
            key,
            form,
            max_age_s: self.max_age_s,
            clock_skew_s: self.clock_skew_s,
            stands_for_chain: self.stands_for_chain,
        };
        Ok(Some((connector, terms)))
    }
}

/// The gateway of the merged file, and the terms for the proof. Every fault is named, also those of its files on disk.
pub(super) fn check(raw: RawGateway, faults: &mut Faults) -> (Option<SiteGateway>, Option<GatewayTerms>) {
    let kind = raw.kind.as_deref().unwrap_or("none");
    if kind == "none" {
        if raw.kind.is_none() && !raw.is_empty() {
            faults.at(&["gateway", "kind"], format!("it is missing; known are none, {KIND}"));
        }
        return (None, None);
    }
    if kind != KIND {
        faults.at(&["gateway", "kind"], format!("{kind:?} is not known; known are none, {KIND}"));
        return (None, None);
    }
    let (max_age_s, clock_skew_s) = (raw.max_age_s.unwrap_or(120), raw.clock_skew_s.unwrap_or(60));
    for (name, value, most) in [("max_age_s", max_age_s, 3600), ("clock_skew_s", clock_skew_s, 600)] {
        if value > most {
            faults.at(&["gateway", name], format!("{value} is more than {most}"));
        }
    }
    let config = if raw.settings.is_empty() {
        None
    } else {
        match CardAuthenticityConfig::from_table(raw.settings) {
            Ok(config) => Some(config),
            Err(found) => {
                of_gateway(found, faults);
                None
            }
        }
    };
    let site = SiteGateway {
        sees: raw.sees.unwrap_or_default(),
        stands_for_chain: raw.stands_for_chain.unwrap_or(false),
        max_age_s,
        clock_skew_s,
        config,
    };
    match site.open(Surroundings::system()) {
        Ok(opened) => (Some(site), opened.map(|(_, terms)| terms)),
        Err(error) => {
            of_gateway(error.faults, faults);
            (None, None)
        }
    }
}

/// Faults of the settings, each at its key. What it may see stands beside them.
fn of_gateway(found: Vec<String>, faults: &mut Faults) {
    let (beside, own): (Vec<_>, Vec<_>) = found.into_iter().partition(|fault| fault.starts_with("sees: "));
    for (path, found) in [(&["gateway"][..], beside), (&["gateway", "settings"][..], own)] {
        faults.of_settings(path, &ConfigError { id: "gateway".to_owned(), faults: found });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n\
                       6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        check(toml::from_str(text).unwrap(), &mut faults);
        faults.texts()
    }

    fn sound() -> String {
        format!(
            "kind = \"rar\"\nsees = [\"number\"]\n[settings]\nurl = \"https://gateway.example/verify\"\nkey = \"\"\"\n{KEY}\"\"\"\n\
             text = {{ verdict = \"ok\", signer = \"s\", number = \"n\", time = \"t\" }}\n"
        )
    }

    #[test]
    fn a_small_section_suffices_and_one_without_settings_asks_nobody() {
        assert_eq!(faults(&sound()), [""; 0]);
        assert_eq!(faults("kind = \"rar\"\nstands_for_chain = true"), [""; 0]);
        assert_eq!(faults("kind = \"none\"\nmax_age_s = 5"), [""; 0]);
        assert_eq!(faults(""), [""; 0]);
        let mut none = Faults::default();
        let (site, terms) = check(toml::from_str(&sound()).unwrap(), &mut none);
        let terms = terms.unwrap();
        assert!(!terms.stands_for_chain && !site.unwrap().stands_for_chain, "off unless a site says so");
        assert_eq!((terms.max_age_s, terms.clock_skew_s, terms.key.name().as_str()), (120, 60, "P-256"));
    }

    #[test]
    fn each_fault_is_named() {
        let with = |from: &str, to: &str| faults(&sound().replace(from, to)).join("; ");
        for (from, to, part) in [
            ("kind = \"rar\"", "kind = \"raar\"", "known are none, rar"),
            ("kind = \"rar\"\n", "", "kind: it is missing"),
            ("sees = [\"number\"]", "sees = []", "without \"number\""),
            ("sees = [\"number\"]", "max_age_s = 99999", "more than 3600"),
            ("https://", "http://", "in clear"),
            ("https://", "https://user:word@", "user or password"),
            ("/verify", "/verify?x=1", "path only"),
            ("https://gateway.example/verify", "gateway", "url:"),
            ("signer = \"s\", ", "", "text.signer"),
            ("number = \"n\", ", "", "text.number"),
            (", time = \"t\"", "", "text.time"),
            ("time = \"t\"", "question = \"q\"", "names.question"),
            ("PUBLIC KEY", "CERTIFICATE", "a public key in PEM"),
            ("MFkw", "MFkx", "key:"),
            ("text =", "retries = 11\ntext =", "retries: 11"),
            ("text =", "tls = { certificate = \"x.pem\" }\ntext =", "belong together"),
            ("text =", "tls = { ca = \"nowhere/ca.pem\" }\ntext =", "nowhere/ca.pem cannot be read"),
            ("text =", "pin = \"1\"\ntext =", "unknown field `pin`"),
            ("text =", "sends = \"files\"\ntext =", "without \"sod\""),
        ] {
            let found = with(from, to);
            assert!(found.contains(part), "{from} -> {to}: {found}");
        }
    }

    #[test]
    fn a_key_cannot_stand_in_the_file() {
        let text = sound().replace("text =", "tls = { certificate = \"x\", key = \"hunter2\" }\ntext =");
        let found = faults(&text).join("; ");
        assert!(found.contains("never the secret itself") && !found.contains("hunter2"), "{found}");
    }
}
