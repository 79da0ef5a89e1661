//! `idterm kiosk`: the window, driven by the same worker as the other commands.

use std::sync::Arc;

use super::args::KioskArgs;
use super::context::Context;
use super::outbox;
use super::trust::no_trust;
use crate::config::Site;
use crate::failure::{ErrorCode, Failure};
use crate::text::Language;
use crate::ui::app::{self, Extent};
use crate::ui::desk::{Common, ReaderDesk};
use crate::ui::model::Setup;
use crate::ui::session::Desk;
use crate::worker::{Deliveries, Services};

/// Opens the window and stays until it is closed (Ctrl+Q).
///
/// # Errors
/// Site, trust store or persona cannot be used, or there is no display.
pub fn run(args: &KioskArgs, context: &Context) -> Result<u8, Failure> {
    let site = context.site()?;
    let setup = Setup {
        title: site.title.clone(),
        languages: languages(&site, context),
        idle_wipe_ms: site.idle_wipe_s.saturating_mul(1_000),
        ..Setup::default()
    };
    let extent = if args.window { Extent::Window } else { Extent::FullScreen };
    // It delivers as long as the window is open.
    let mut _courier = None;
    let (setup, desk) = if args.demo {
        simulated(args, setup, site, context)?
    } else {
        let deliveries = outbox::of_site(&site, context)?;
        _courier = deliveries.as_ref().map(outbox::courier).transpose()?;
        real(args, setup, site, deliveries, context)?
    };
    // The title bar and the list of windows say nothing of a person.
    app::run(setup, desk, extent, "idterm")?;
    Ok(0)
}

/// The site's languages, the one of `--lang` first.
fn languages(site: &Site, context: &Context) -> Vec<Language> {
    let mut languages = site.languages.clone();
    if let Some(asked) = context.asked_language() {
        languages.retain(|language| *language != asked);
        languages.insert(0, asked);
    }
    languages
}

fn real(
    args: &KioskArgs,
    setup: Setup,
    site: Arc<Site>,
    deliveries: Option<Deliveries>,
    context: &Context,
) -> Result<(Setup, Box<dyn Desk>), Failure> {
    let reader = args.reader.clone().unwrap_or_default();
    if reader.contains(':') {
        return Err(Failure::new(
            ErrorCode::Usage,
            format!("--reader {reader}: the kiosk reads from PC/SC readers"),
        )
        .with_remedy("For a simulated card use `idterm kiosk --demo --persona NAME`."));
    }
    let services =
        Services::of_site(&site).map_err(|error| Failure::new(ErrorCode::BadSite, error.to_string()))?;
    let common = Common {
        trust: Arc::new(context.trust()?.open().map_err(no_trust)?),
        services: Arc::new(services.telling(deliveries)),
        recorder: context.recorder(false),
        catalogue: context.catalogue()?,
        language: context.output.texts.language(),
        site,
    };
    Ok((setup, Box::new(ReaderDesk { common, reader })))
}

#[cfg(feature = "simulator")]
fn simulated(
    args: &KioskArgs,
    setup: Setup,
    site: Arc<Site>,
    context: &Context,
) -> Result<(Setup, Box<dyn Desk>), Failure> {
    use crate::demo;
    use crate::ui::desk::SimulatedDesk;
    use crate::ui::model::PersonaChoice;

    let persona = demo::find(&args.persona)?;
    let gateway = demo::SimulatedGateway::start()?;
    let offered = demo::offered(&site, persona);
    let common = Common {
        services: Arc::new(gateway.services(&site)?),
        trust: Arc::new(demo::trust(context.now)?),
        recorder: context.recorder(true),
        catalogue: context.catalogue()?,
        language: context.output.texts.language(),
        site,
    };
    let choice = |one: &&test_vectors::persona::Persona| PersonaChoice { name: one.name.to_owned() };
    let setup = Setup {
        scanner: true,
        personas: offered.iter().map(choice).collect(),
        persona: offered.iter().position(|one| one.name == persona.name).unwrap_or_default(),
        staff_open: true,
        ..setup
    };
    Ok((setup, Box::new(SimulatedDesk::new(common, persona, gateway))))
}

#[cfg(not(feature = "simulator"))]
fn simulated(_: &KioskArgs, _: Setup, _: Arc<Site>, _: &Context) -> Result<(Setup, Box<dyn Desk>), Failure> {
    Err(Failure::new(ErrorCode::NotInThisBuild, "kiosk --demo needs the feature `simulator`"))
}
