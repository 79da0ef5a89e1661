//! The simulated surroundings of `demo` and of `sim:PERSONA`: an invented holder's card, the authority that issued it,
//! and a gateway that answers over real HTTP on this machine. All of it is named as simulated in every report.

use std::sync::Arc;

use reader_core::lds::mrz::Mrz;
use reader_core::lds::personal::PersonalNumber;
use reader_core::pki::{Pins, Provenance, TrustBuilder, TrustSnapshot};
use reader_core::transport::Limits;
use reader_core::wire::date::Timestamp;
use test_vectors::card::PaceOffer;
use test_vectors::card_gateway::{self, CardGatewayOptions, Manner, RunningCardGateway};
use test_vectors::chip::Chip;
use test_vectors::gateway::{DEFAULT_FACILITY, DEFAULT_PASSWORD, Gateway, GatewayOptions, RunningGateway};
use test_vectors::issuer::country::FORGER;
use test_vectors::persona::{self, Persona};

use crate::config::Site;
use crate::connectors::card_authenticity::{CardAuthenticityConfig, Shown};
use crate::connectors::{Insurance, InsuranceConfig, PasswordSource, Secret, StaffConfig, Surroundings};
use crate::devices::simulated::SimulatedReader;
use crate::failure::{ErrorCode, Failure};
use crate::presentation::Presentation;
use crate::worker::{Job, Services};

/// The persona of this name.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<&'static Persona, Failure> {
    persona::find(name).ok_or_else(|| {
        Failure::new(ErrorCode::UnknownPersona, format!("there is no simulated persona {name:?}"))
    })
}

/// The personas whose cards are offered one after the other: all that say something at this site, and `first`. Those for whom an
/// issuing authority's gateway answers are among them where the site asks one.
#[must_use]
pub fn offered(site: &Site, first: &'static Persona) -> Vec<&'static Persona> {
    let vouched = if site.gateway.is_some() { persona::vouched() } else { &[] };
    let mut offered: Vec<_> = persona::all().iter().chain(vouched).collect();
    if !offered.iter().any(|one| one.name == first.name) {
        offered.push(first);
    }
    offered
}

/// The persona's card on a simulated reader: one with short commands, except for a card that only extended ones open.
#[must_use]
pub fn reader(persona: &Persona, now: Timestamp) -> SimulatedReader {
    // The seed only decides the simulated chip's nonces.
    let card = persona.card(now.0);
    // Domain parameters 1 and 2: keys of 2048 bits. Spec: 9303-11 §9.5.1.
    let long_keys = |offer: &PaceOffer| matches!(offer.parameter_id, 1 | 2);
    let needs_extended = !card.access.pace.is_empty() && card.access.pace.iter().all(long_keys);
    let limits = if needs_extended { Limits::EXTENDED } else { Limits::SHORT };
    SimulatedReader::new(Chip::new(card, now.0.unsigned_abs())).carrying(limits)
}

/// What the persona presents with the card: its number where it has one, else the printed zone.
///
/// # Errors
/// The persona's own data are faulty.
pub fn presentation(persona: &Persona, now: Timestamp) -> Result<Presentation, Failure> {
    let faulty =
        |what: String| Failure::new(ErrorCode::Internal, format!("persona {}: {what}", persona.name));
    let access = persona.access(now.0);
    // A number opens by PACE alone; a card that has only BAC needs its zone.
    let opens_by_number = !persona.card(now.0).access.pace.is_empty();
    if let Some(number) = access.number.as_deref().filter(|_| opens_by_number) {
        let number =
            PersonalNumber::parse(number).ok_or_else(|| faulty("its number is not 12 digits".to_owned()))?;
        return Ok(Presentation::Number(number));
    }
    let mrz = Mrz::parse(&access.mrz_lines.join("\n")).map_err(|error| faulty(error.to_string()))?;
    Ok(Presentation::Mrz(Box::new(mrz)))
}

/// A trust store with the simulated authority's certificates and revocation lists.
///
/// # Errors
/// One of them was refused.
pub fn trust(now: Timestamp) -> Result<TrustSnapshot, Failure> {
    let provenance = Provenance { source: "simulated authority".to_owned(), imported_at: now };
    let mut builder = TrustBuilder::new();
    let certificates = persona::trust_anchors(now.0);
    let mut imported: Vec<_> =
        certificates.iter().map(|der| builder.add_certificate(der, &provenance, &Pins::none())).collect();
    imported.extend(persona::revocation_lists(now.0).iter().map(|der| builder.add_crl(der, &provenance)));
    match imported.iter().find_map(|one| one.refused.first()) {
        Some(refused) => Err(Failure::new(
            ErrorCode::Internal,
            format!("the simulated authority's {} was refused: {}", refused.subject, refused.detail),
        )),
        None => Ok(builder.build()),
    }
}

/// A running simulated gateway; it stops when this is dropped.
pub struct SimulatedGateway {
    running: RunningGateway,
}

impl SimulatedGateway {
    /// Starts one on a free port of this machine.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> Result<Self, Failure> {
        let running = Gateway::start(GatewayOptions::default()).map_err(|error| {
            Failure::new(ErrorCode::Internal, format!("the simulated gateway did not start: {error}"))
        })?;
        Ok(Self { running })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        self.running.url()
    }

    /// The running server, for tests that make it misbehave.
    #[must_use]
    pub const fn running(&self) -> &RunningGateway {
        &self.running
    }

    /// The site's services, with the insurance asked here.
    ///
    /// # Errors
    /// The connector's settings are faulty.
    pub fn services(&self, site: &Site) -> Result<Services, Failure> {
        let faulty = |error: String| Failure::new(ErrorCode::BadSite, error);
        let password = PasswordSource::Held(Secret::new(DEFAULT_PASSWORD.to_owned()));
        let mut config = InsuranceConfig::new(&self.url(), DEFAULT_FACILITY, password);
        config.connection.simulated = true;
        config.staff = Some(StaffConfig {
            name: "NHÂN VIÊN MÔ PHỎNG".to_owned(),
            number: "090000000999".to_owned(),
        });
        let insurance = Insurance::new("insurance", config, Surroundings::system())
            .map_err(|error| faulty(error.to_string()))?;
        let services = Services::of_site(site).map_err(|error| faulty(error.to_string()))?;
        Ok(services.with(Box::new(insurance)))
    }
}

/// The job in the simulated surroundings of this persona: its site and services ask the gateway that is returned, where the site
/// leaves that place open. `insurance`: the services that are asked at a simulated gateway too; none: only those of the site.
///
/// # Errors
/// A gateway does not start, or settings are faulty.
pub fn surrounded(
    job: Job,
    persona: &Persona,
    insurance: Option<&SimulatedGateway>,
) -> Result<(Job, SimulatedCardGateway), Failure> {
    let gateway = SimulatedCardGateway::start(persona, job.now)?;
    let site = Arc::new(gateway.within(&job.site)?);
    let services = match insurance {
        Some(insurance) => insurance.services(&site)?,
        None => {
            Services::of_site(&site).map_err(|error| Failure::new(ErrorCode::BadSite, error.to_string()))?
        }
    };
    let services = services.telling(job.services.deliveries().cloned());
    Ok((Job { site, services: Arc::new(services), ..job }, gateway))
}

/// A running simulated card-authenticity gateway of the issuing authority; it stops when this is dropped.
pub struct SimulatedCardGateway {
    running: RunningCardGateway,
}

impl SimulatedCardGateway {
    /// Starts one that knows the persona's signer, unless a forger is its country, and answers as the persona has it.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(persona: &Persona, now: Timestamp) -> Result<Self, Failure> {
        let genuine = persona.country() != FORGER;
        let options = CardGatewayOptions {
            signers: genuine.then(|| persona.document_signer(now.0).der).into_iter().collect(),
            withdrawn: (persona.name == "gateway-no")
                .then(|| persona.holder.number.to_owned())
                .into_iter()
                .collect(),
            manner: match persona.name {
                "gateway-down" => Manner::Down,
                "gateway-forged" => Manner::Forged,
                _ => Manner::Honest,
            },
        };
        let running = RunningCardGateway::start(options).map_err(|error| {
            Failure::new(ErrorCode::Internal, format!("the simulated card gateway did not start: {error}"))
        })?;
        Ok(Self { running })
    }

    /// The site with this gateway in the place that it leaves open; a site that has none, or one of its own, stays as it is. It is
    /// asked by files where the site lets it see EF.SOD and not the number alone.
    ///
    /// # Errors
    /// The settings are faulty.
    pub fn within(&self, site: &Site) -> Result<Site, Failure> {
        let faulty = |error: String| Failure::new(ErrorCode::BadSite, error);
        let mut site = site.clone();
        let Some(gateway) = site.gateway.as_mut().filter(|gateway| gateway.config.is_none()) else {
            return Ok(site);
        };
        let by_files = gateway.sees.contains(&Shown::Sod) && !gateway.sees.contains(&Shown::Number);
        let sends = if by_files { "files" } else { "certificate" };
        let settings = format!(
            "url = {:?}\nsends = {sends:?}\nkey = \"\"\"\n{}\"\"\"\nsimulated = true\nretries = 1\n\
             text = {{ verdict = \"is_valid_id_card\", signer = \"ds_cert_sha256\", number = \"id_card_number\", time = \"time\" }}",
            self.running.url(),
            card_gateway::public_key_pem(),
        );
        let table: toml::Table =
            settings.parse().map_err(|error: toml::de::Error| faulty(error.to_string()))?;
        gateway.config =
            Some(CardAuthenticityConfig::from_table(table).map_err(|faults| faulty(faults.join("; ")))?);
        let opened = gateway.open(Surroundings::system()).map_err(|error| faulty(error.to_string()))?;
        site.proof.gateway = opened.map(|(_, terms)| terms);
        Ok(site)
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.running.asked()
    }
}
