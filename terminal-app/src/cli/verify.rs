//! `idterm verify`, `read`, `inspect` and `demo`: one line, from different chips.

use std::path::Path;
use std::sync::Arc;

use reader_core::capture::FileState;
use reader_core::lds::{DataGroup, FileId};
use reader_core::policy::Verdict;
use reader_core::session::Plan;
use reader_core::wire::date::{Date, Timestamp};
use serde_json::json;

use super::access;
use super::args::{InspectArgs, ReadArgs, ReaderArgs, VerifyArgs};
use super::context::Context;
use super::outbox;
use super::progress::Progress;
use super::show;
use super::trust::no_trust;
use crate::audit::Recorder;
use crate::audit::entry::{Attested, Consent, Decision};
use crate::capture_folder::{self, FolderError, Taken};
use crate::config::Site;
use crate::devices::place::PcscPlace;
#[cfg(feature = "simulator")]
use crate::devices::simulated::ForeignPlace;
use crate::failure::{ErrorCode, Failure};
use crate::learnt::LearntStore;
use crate::presentation::Presentation;
use crate::report::Report;
use crate::worker::{self, Cancel, Job, Place, Services, Verified, plan_of, with_terminal};

/// `idterm verify`.
///
/// # Errors
/// It could not be carried out.
pub fn verify(args: &VerifyArgs, context: &Context) -> Result<u8, Failure> {
    let site = access::with_terminal(context.site()?, &args.terminal)?;
    let presentation = access::presentation(&args.access)?;
    let verified = if let Some(folder) = args.reader.reader.strip_prefix("capture:") {
        // Stored files are open: nothing is left for a PIN to do.
        stored(Path::new(folder), presentation, &site, context.now, Some(args.consent), context)?
    } else {
        let presentation = access::with_pin(presentation, &args.pin)?;
        live(&args.reader, presentation, args.pin.use_last_try, &site, args.consent, context)?
    };
    if let Some(folder) = &args.keep {
        keep(&verified, folder, context)?;
    }
    let status = conclude(&verified.report, context)?;
    if verified.report.deliveries.is_some() {
        outbox::deliver_shortly(&site, context);
    }
    Ok(status)
}

/// `idterm inspect`.
///
/// # Errors
/// The folder cannot be read, or the date is none.
pub fn inspect(args: &InspectArgs, context: &Context) -> Result<u8, Failure> {
    let site = context.site()?;
    let now = match &args.at {
        Some(text) => day(text)?.end(),
        None => context.now,
    };
    let presentation = access::presentation(&args.access)?;
    let verified = stored(&args.dir, presentation, &site, now, None, context)?;
    conclude(&verified.report, context)
}

/// `idterm read`.
///
/// # Errors
/// It could not be carried out, or the folder cannot be written. What was read of a chip that left is kept.
pub fn read(args: &ReadArgs, context: &Context) -> Result<u8, Failure> {
    let mut site = Arc::unwrap_or_clone(access::with_terminal(context.site()?, &args.terminal)?);
    if !args.groups.is_empty() {
        site.groups = args
            .groups
            .iter()
            .map(|name| {
                DataGroup::from_name(name).ok_or_else(|| {
                    Failure::new(ErrorCode::Usage, format!("--groups {name}: they are DG1 to DG16"))
                })
            })
            .collect::<Result<_, _>>()?;
    }
    // Nobody's entitlement is asked about when files are merely read.
    site.services.clear();
    site.gateway = None;
    site.deliveries.clear();
    let presentation = access::with_pin(access::presentation(&args.access)?, &args.pin)?;
    let verified = live(&args.reader, presentation, args.pin.use_last_try, &Arc::new(site), false, context)?;
    keep(&verified, &args.out, context)?;
    let files: Vec<_> = verified
        .capture
        .files
        .iter()
        .map(|(file, state)| match state {
            FileState::Read(bytes) => (file.name(), "read", bytes.len()),
            FileState::Absent => (file.name(), "absent", 0),
            FileState::Protected => (file.name(), "protected", 0),
            FileState::Aborted { read_bytes } => (file.name(), "aborted", *read_bytes),
        })
        .collect();
    let rows: Vec<_> = files
        .iter()
        .map(|(name, state, bytes)| json!({ "file": name, "state": state, "bytes": bytes }))
        .collect();
    let complete = verified.capture.files.contains_key(&FileId::SOD)
        && !files.iter().any(|(_, state, _)| *state == "aborted");
    if complete {
        context.output.document(&json!({
            "out": args.out.display().to_string(), "files": rows, "simulated": verified.report.simulated
        }));
    }
    for (name, state, bytes) in &files {
        context.output.line(format!("{name:<16} {state:<10} {bytes:>7}"));
    }
    if complete {
        return Ok(0);
    }
    let whole = files.iter().filter(|(_, state, _)| *state == "read").count();
    Err(Failure::new(
        ErrorCode::CardLost,
        format!("the reading broke off; {whole} whole file(s) are in {}", args.out.display()),
    )
    .with_remedy("Lay the card back, leave it still, and read into another folder."))
}

/// `idterm demo`.
///
/// # Errors
/// The persona is unknown or the simulated parts do not start.
#[cfg(feature = "simulator")]
pub fn demo(args: &super::args::DemoArgs, context: &Context) -> Result<u8, Failure> {
    if args.list {
        return list_personas(context);
    }
    let site = access::with_terminal(context.site()?, &args.terminal)?;
    let foreign = test_vectors::foreign::find(&args.persona);
    // What is presented with a wrong card is somebody's number all the same.
    let persona = crate::demo::find(if foreign.is_some() { "good" } else { &args.persona })?;
    let gateway = crate::demo::SimulatedGateway::start()?;
    let job = Job {
        services: Arc::new(gateway.services(&site)?.telling(outbox::of_site(&site, context)?)),
        trust: Arc::new(crate::demo::trust(context.now)?),
        presentation: Some(crate::demo::presentation(persona, context.now)?),
        site,
        now: context.now,
        simulated_chip: true,
        language: context.output.texts.language(),
    };
    let (mut job, _card_gateway) = crate::demo::surrounded(job, persona, Some(&gateway))?;
    let plan = plan_of(&job.site, &context.catalogue()?, SIMULATED_TIMEOUT_MS);
    let plan = with_terminal(plan, &job.site, context.now)?;
    let verified = if let Some(foreign) = foreign {
        context.output.line(format!("{}: {}", foreign.name, show::foreign_summary(foreign, context)));
        run(&mut ForeignPlace::new(foreign.card(0)), &plan, &mut job, args.consent, context)?
    } else {
        context.output.line(format!("{}: {}", persona.name, show::persona_summary(persona, context)));
        run(
            &mut worker::Once(crate::demo::reader(persona, context.now)),
            &plan,
            &mut job,
            args.consent,
            context,
        )?
    };
    let status = conclude(&verified.report, context)?;
    if verified.report.deliveries.is_some() {
        outbox::deliver_shortly(&job.site, context);
    }
    Ok(status)
}

#[cfg(feature = "simulator")]
fn list_personas(context: &Context) -> Result<u8, Failure> {
    let all: Vec<_> = test_vectors::persona::all().iter().chain(test_vectors::persona::vouched()).collect();
    let rows: Vec<_> = all
        .iter()
        .map(|persona| {
            json!({
                "name": persona.name,
                "summary": show::persona_summary(persona, context),
                "verdict": persona.expected.verdict.word(),
                "check": persona.expected.check.map(|(check, _)| check),
                "why": persona.expected.why,
            })
        })
        .collect();
    let wrong: Vec<_> = test_vectors::foreign::ALL
        .iter()
        .map(|foreign| {
            json!({
                "name": foreign.name,
                "summary": show::foreign_summary(foreign, context),
                "reason": foreign.reason,
                "certainty": if foreign.surely { "surely" } else { "probably" },
            })
        })
        .collect();
    context.output.document(&json!({ "personas": rows, "wrong_cards": wrong, "simulated": ["chip"] }));
    for persona in all {
        let verdict = persona.expected.verdict.word();
        context.output.line(format!(
            "{:<26} {verdict:<7} {}",
            persona.name,
            show::persona_summary(persona, context)
        ));
    }
    for foreign in &test_vectors::foreign::ALL {
        let summary = show::foreign_summary(foreign, context);
        context.output.line(format!("{:<26} {:<7} {summary}", foreign.name, foreign.reason));
    }
    Ok(0)
}

/// How long one exchange with a simulated chip may take. It does not wait for anything.
#[cfg(feature = "simulator")]
const SIMULATED_TIMEOUT_MS: u32 = 10_000;

/// Verifies what lies on a reader.
fn live(
    args: &ReaderArgs,
    presentation: Option<Presentation>,
    use_last_try: bool,
    site: &Arc<Site>,
    consent: bool,
    context: &Context,
) -> Result<Verified, Failure> {
    let presentation = access::required(presentation)?;
    let catalogue = context.catalogue()?;
    let trust = context.trust()?.open().map_err(no_trust)?;
    let services =
        Services::of_site(site).map_err(|error| Failure::new(ErrorCode::BadSite, error.to_string()))?;
    let mut job = Job {
        services: Arc::new(services.telling(outbox::of_site(site, context)?)),
        trust: Arc::new(trust),
        presentation: Some(presentation),
        site: Arc::clone(site),
        now: context.now,
        simulated_chip: false,
        language: context.output.texts.language(),
    };
    if let Some(name) = args.reader.strip_prefix("sim:") {
        return simulated(name, use_last_try, job, &catalogue, consent, context);
    }
    let mut place_card = || context.output.progress(context.output.texts.get("step-place-card"));
    let mut place = PcscPlace::open(&args.reader, args.wait_s, &catalogue, &mut place_card)?;
    // The virtual reader carries no card that anyone could hold in a hand.
    job.simulated_chip = place.is_virtual();
    let mut plan = with_terminal(plan_of(site, &catalogue, place.exchange_timeout_ms()), site, context.now)?;
    plan.use_last_try = use_last_try;
    let store = LearntStore::of_platform();
    if let Some(store) = &store {
        plan = store.recall(plan, site, &place);
    }
    let verified = run(&mut place, &plan, &mut job, consent, context)?;
    if let Some(Err(failure)) = store.map(|store| store.remember(&verified, site, &place)) {
        context.output.progress(failure.text);
    }
    Ok(verified)
}

#[cfg(feature = "simulator")]
fn simulated(
    name: &str,
    use_last_try: bool,
    job: Job,
    catalogue: &firmware_profiles::Catalogue,
    consent: bool,
    context: &Context,
) -> Result<Verified, Failure> {
    let mut job = Job { simulated_chip: true, ..job };
    let plan = with_terminal(plan_of(&job.site, catalogue, SIMULATED_TIMEOUT_MS), &job.site, context.now)?;
    let plan = Plan { use_last_try, ..plan };
    if let Some(foreign) = test_vectors::foreign::find(name) {
        return run(&mut ForeignPlace::new(foreign.card(0)), &plan, &mut job, consent, context);
    }
    let persona = crate::demo::find(name)?;
    let (mut job, _card_gateway) = crate::demo::surrounded(job, persona, None)?;
    run(&mut worker::Once(crate::demo::reader(persona, context.now)), &plan, &mut job, consent, context)
}

#[cfg(not(feature = "simulator"))]
fn simulated(
    _: &str,
    _: bool,
    _: Job,
    _: &firmware_profiles::Catalogue,
    _: bool,
    _: &Context,
) -> Result<Verified, Failure> {
    Err(Failure::new(ErrorCode::NotInThisBuild, "sim: needs the feature `simulator`"))
}

/// Verifies what lies at a place, and records it.
fn run(
    place: &mut dyn Place,
    plan: &Plan,
    job: &mut Job,
    consent: bool,
    context: &Context,
) -> Result<Verified, Failure> {
    recorded(&context.recorder(job.simulated_chip), job, consent, &mut |job| {
        let progress = Progress::new(&context.output);
        worker::verify_at(place, plan, job, &Cancel::new(), &mut |event| progress.show(&event))
    })
}

/// What is done before and after a verification where this terminal keeps a log. Without a consent that is required and
/// recorded, the job has nobody whom it could ask.
fn recorded(
    recorder: &Recorder,
    job: &mut Job,
    consent: bool,
    verify: &mut dyn FnMut(&Job) -> Result<Verified, Failure>,
) -> Result<Verified, Failure> {
    let site = Arc::clone(&job.site);
    let given = consent.then(|| Consent::to(&site, job.language, Decision::Given, Attested::Staff));
    let begun = recorder.begin(&site, given.as_ref())?;
    if !begun.may_share() {
        job.services = Arc::new(Services::withheld(&site));
    }
    let mut result = verify(job);
    recorder.end(&site, &begun, &mut result);
    result
}

/// Verifies a stored capture. `consent`: as in `verify`; `None`: nothing is recorded, as for a look at an old one.
fn stored(
    folder: &Path,
    presentation: Option<Presentation>,
    site: &Arc<Site>,
    now: Timestamp,
    consent: Option<bool>,
    context: &Context,
) -> Result<Verified, Failure> {
    let loaded = capture_folder::load(folder).map_err(|error| folder_failure(&error))?;
    let trust = context.trust()?.open().map_err(no_trust)?;
    let services =
        Services::of_site(site).map_err(|error| Failure::new(ErrorCode::BadSite, error.to_string()))?;
    let mut job = Job {
        services: Arc::new(services),
        trust: Arc::new(trust),
        presentation,
        site: Arc::clone(site),
        now,
        simulated_chip: loaded.simulated_chip,
        language: context.output.texts.language(),
    };
    let mut capture = Some(loaded.capture);
    let mut judge = |job: &Job| {
        let capture = capture.take().ok_or_else(|| Failure::new(ErrorCode::Internal, "judged twice"))?;
        let mut verified = worker::judge_stored(capture, job)?;
        let said = &mut verified.report.simulated;
        if loaded.simulated_gateway && !said.contains(&worker::SIMULATED_GATEWAY) {
            said.push(worker::SIMULATED_GATEWAY);
        }
        Ok(verified)
    };
    let Some(consent) = consent else {
        if site.consent.required {
            job.services = Arc::new(Services::withheld(site));
        }
        return judge(&job);
    };
    // The platform's log is for what was read here; a stored capture is recorded where a log is named.
    recorded(&Recorder::new(context.named_audit()), &mut job, consent, &mut judge)
}

fn keep(verified: &Verified, folder: &Path, context: &Context) -> Result<(), Failure> {
    let taken = Taken {
        at: context.now.to_string(),
        simulated_chip: verified.report.simulated.contains(&worker::SIMULATED_CHIP),
        simulated_gateway: verified.report.simulated.contains(&worker::SIMULATED_GATEWAY),
    };
    capture_folder::save(&verified.capture, folder, &taken).map_err(|error| folder_failure(&error))
}

fn folder_failure(error: &FolderError) -> Failure {
    let code = match error {
        FolderError::Write { .. } | FolderError::NotEmpty { .. } => ErrorCode::CannotWrite,
        _ => ErrorCode::CannotRead,
    };
    let failure = Failure::new(code, error.to_string());
    match error {
        FolderError::NotEmpty { .. } => failure.with_remedy("Name a folder that is empty or does not exist."),
        FolderError::Nothing { .. } => failure.with_remedy(
            "Name a folder with EF.SOD.bin and DG1.bin and so on, as `idterm read --out` writes them.",
        ),
        FolderError::Traces { .. } => failure
            .with_remedy("Restore capture.json, or remove it: the files are then judged without its traces."),
        FolderError::TooLarge { .. } => failure.with_remedy("It is no file of a chip: remove it."),
        FolderError::Twice { .. } => failure.with_remedy("Keep the one that was read from this chip."),
        FolderError::Read { .. } | FolderError::Write { .. } => failure,
    }
}

/// Prints the report and gives the exit status of its verdict.
fn conclude(report: &Report, context: &Context) -> Result<u8, Failure> {
    context.output.document(report);
    show::report(report, &context.output);
    Ok(match report.decision.verdict {
        Verdict::Accept => 0,
        Verdict::Reject => 3,
        Verdict::Refer => 4,
    })
}

fn day(text: &str) -> Result<Date, Failure> {
    let bad = || Failure::new(ErrorCode::Usage, format!("--at {text}: not a day written YYYY-MM-DD"));
    Date::from_iso(text).ok_or_else(bad)
}
