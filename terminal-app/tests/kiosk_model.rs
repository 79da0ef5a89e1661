//! The model of the window, driven by scripted events: every verdict and failure, languages, and that nothing of a
//! visitor outlives the visit.
#![cfg(feature = "kiosk")]

mod kiosk_fixture;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kiosk_fixture::*;
use reader_core::evidence::Reason;
use reader_core::policy::Verdict;
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::presentation::Presentation;
use terminal_app::text::Language;
use terminal_app::ui::model::{Action, Event, Model, Screen, Trouble};
use terminal_app::ui::session::{Desk, Session};
use terminal_app::ui::visit::{Entry, Hint, Progress, masked};
use terminal_app::worker::{self, Absence, Cancel, Intent, Step};

fn name_of(screen: &Screen) -> &'static str {
    match screen {
        Screen::Attract => "attract",
        Screen::Number(_) => "number",
        Screen::Place => "place",
        Screen::Reading { .. } => "reading",
        Screen::Result { .. } => "result",
        Screen::Fault { .. } => "fault",
    }
}

fn at_result(verdict: Verdict, raised: &[Reason]) -> Model {
    let mut model = Model::new(setup());
    type_number(&mut model);
    read(&mut model, pixels());
    drive(&mut model, [decided(verdict, raised, None)]);
    assert_eq!(name_of(model.screen()), "result");
    model
}

#[test]
fn a_visit_goes_from_touch_to_decision() {
    let mut model = Model::new(setup());
    let down = type_number(&mut model);
    assert!(matches!(down.as_slice(), [Intent::Begin(presented)]
        if matches!(presented.as_ref(), Presentation::Number(number) if number.as_str() == NUMBER)));
    assert_eq!(name_of(model.screen()), "place");
    assert!(read(&mut model, pixels()).is_empty());
    let Screen::Reading { step, progress, known, .. } = model.screen() else { panic!("reading") };
    assert_eq!(*step, Step::ReadPortrait);
    assert_eq!((progress.done_bytes, progress.elapsed_ms), (12_000, 800));
    assert!(known.person.is_some() && known.portrait.is_some());
    for verdict in [Verdict::Accept, Verdict::Refer, Verdict::Reject] {
        let model = at_result(verdict, &[]);
        let Screen::Result { decision, known, staff } = model.screen() else { panic!("result") };
        assert_eq!(decision.verdict, verdict);
        assert_eq!(decision.checks.len(), reader_core::evidence::CheckId::ALL.len());
        assert!(known.person.is_some() && !staff);
    }
}

#[test]
fn a_report_without_a_proved_person_takes_the_portrait_along() {
    let mut model = Model::new(setup());
    type_number(&mut model);
    read(&mut model, pixels());
    let (decision, nobody) =
        terminal_app::ui::visit::Decision::of_report(report(Verdict::Reject, &[Reason::HashMismatch], None));
    drive(&mut model, [Event::Decided(Box::new((decision, nobody)))]);
    let Screen::Result { known, .. } = model.screen() else { panic!("result") };
    assert!(known.person.is_none() && known.portrait.is_none());
    assert!(model.portrait().is_none());
}

#[test]
fn an_incomplete_number_does_not_go_on() {
    let mut model = Model::new(setup());
    let mut events = vec![Event::Did(Action::Start)];
    events.extend((0..11).map(|_| Event::Did(Action::Digit(1))));
    events.push(Event::Did(Action::Confirm));
    assert!(drive(&mut model, events).is_empty());
    assert_eq!(name_of(model.screen()), "number");
    // A thirteenth digit and one that is none are not taken.
    drive(&mut model, (0..5).map(|_| Event::Did(Action::Digit(2))));
    drive(&mut model, [Event::Did(Action::Digit(10))]);
    let Screen::Number(Entry::Typing { digits, .. }) = model.screen() else { panic!("typing") };
    assert_eq!(digits.as_str(), "111111111112");
    drive(&mut model, [Event::Did(Action::Erase)]);
    let Screen::Number(Entry::Typing { digits, .. }) = model.screen() else { panic!("typing") };
    assert_eq!(digits.as_str(), "11111111111");
}

#[test]
fn digits_are_masked_after_two_seconds_and_a_number_but_for_its_end() {
    assert!(Entry::is_readable(0, 4, 5) && !Entry::is_readable(0, 3, 5));
    assert!(Entry::is_readable(1_999, 4, 5) && !Entry::is_readable(2_000, 4, 5));
    assert_eq!(masked(NUMBER).as_str(), "••• ••• •••987");
    assert_eq!(masked("C1X").as_str(), "C1X");
    assert_eq!(person().masked_number().as_str(), "••• ••• •••987");
}

#[test]
fn the_scanner_is_asked_and_what_it_reads_is_shown_before_it_goes_on() {
    let mut model = Model::new(demonstration());
    assert!(matches!(drive(&mut model, [Event::Did(Action::Start)]).as_slice(), [Intent::Scan]));
    drive(&mut model, [Event::Presented(presentation())]);
    assert!(matches!(model.screen(), Screen::Number(Entry::Scanned { .. })));
    assert!(drive(&mut model, [Event::Tick(900)]).is_empty());
    assert!(matches!(drive(&mut model, [Event::Tick(900)]).as_slice(), [Intent::Begin(_)]));
    assert_eq!(name_of(model.screen()), "place");
}

#[test]
fn a_card_that_is_taken_ends_the_visit_and_leaves_nothing() {
    let portrait = pixels();
    let remembered = Arc::downgrade(&portrait);
    let mut model = Model::new(setup());
    type_number(&mut model);
    read(&mut model, portrait);
    drive(&mut model, [decided(Verdict::Accept, &[], None)]);
    assert!(remembered.upgrade().is_some());
    drive(&mut model, [Event::CardTaken]);
    assert_eq!(name_of(model.screen()), "attract");
    assert!(remembered.upgrade().is_none(), "the portrait is still held");
    // What opens the card is gone as well: trying again asks for nothing and begins nothing.
    assert!(drive(&mut model, [Event::Did(Action::Retry)]).is_empty());
}

#[test]
fn idle_time_clears_and_a_touch_extends_it() {
    let mut model = at_result(Verdict::Accept, &[]);
    drive(&mut model, (0..19).map(|_| Event::Tick(1_000)));
    assert_eq!(name_of(model.screen()), "result");
    drive(&mut model, [Event::Touched]);
    drive(&mut model, (0..19).map(|_| Event::Tick(1_000)));
    assert_eq!(name_of(model.screen()), "result");
    assert!(drive(&mut model, [Event::Tick(1_000)]).is_empty());
    assert_eq!(name_of(model.screen()), "attract");
}

#[test]
fn a_machine_that_slept_does_not_take_the_visitors_time() {
    let mut model = at_result(Verdict::Accept, &[]);
    drive(&mut model, [Event::Tick(8 * 3_600_000)]);
    assert_eq!(name_of(model.screen()), "result");
}

#[test]
fn who_walks_away_while_the_card_is_awaited_stops_the_worker() {
    let mut model = Model::new(setup());
    type_number(&mut model);
    let down = drive(&mut model, (0..60).map(|_| Event::Tick(1_000)));
    assert!(matches!(down.as_slice(), [Intent::Cancel]));
    assert_eq!(name_of(model.screen()), "attract");
}

#[test]
fn a_worker_that_says_nothing_is_given_up() {
    let mut model = Model::new(setup());
    type_number(&mut model);
    drive(&mut model, [Event::Step(Step::OpenChip)]);
    let down = drive(&mut model, (0..90).map(|_| Event::Tick(1_000)));
    assert!(matches!(down.as_slice(), [Intent::Cancel]));
    assert!(matches!(model.screen(), Screen::Fault { trouble: Trouble::OutOfOrder, .. }));
}

#[test]
fn failures_tell_the_person_what_to_do_and_recover() {
    let cases = [
        (ErrorCode::CardLost, Trouble::CardLost),
        (ErrorCode::CardDisturbed, Trouble::CardLost),
        (ErrorCode::ReaderHung, Trouble::OutOfOrder),
        (ErrorCode::AccessDenied, Trouble::WrongNumber),
        (ErrorCode::NoCard, Trouble::NoCard),
        (ErrorCode::NoReader, Trouble::OutOfOrder),
        (ErrorCode::NoReaderService, Trouble::OutOfOrder),
        (ErrorCode::Internal, Trouble::OutOfOrder),
    ];
    for (code, expected) in cases {
        let mut model = Model::new(setup());
        type_number(&mut model);
        drive(&mut model, [Event::Step(Step::OpenChip), failed(code)]);
        let Screen::Fault { trouble, failure, .. } = model.screen() else { panic!("{code:?}") };
        assert_eq!((*trouble, failure.code), (expected, code));
        drive(&mut model, (0..20).map(|_| Event::Tick(1_000)));
        assert_eq!(name_of(model.screen()), "attract", "{code:?} does not recover by itself");
    }
}

#[test]
fn a_card_that_slipped_is_read_again_with_the_same_number() {
    let mut model = Model::new(setup());
    type_number(&mut model);
    drive(&mut model, [Event::Step(Step::OpenChip), failed(ErrorCode::CardLost)]);
    let down = drive(&mut model, [Event::Did(Action::Retry)]);
    assert!(matches!(down.as_slice(), [Intent::Begin(_)]));
    assert_eq!(name_of(model.screen()), "place");
    // A number that opened nothing is asked for anew.
    drive(&mut model, [Event::Step(Step::OpenChip), failed(ErrorCode::AccessDenied)]);
    assert!(drive(&mut model, [Event::Did(Action::Retry)]).is_empty());
    let Screen::Number(Entry::Typing { digits, .. }) = model.screen() else { panic!("typing") };
    assert!(digits.is_empty());
}

#[test]
fn hints_name_only_what_the_person_can_act_on() {
    let hint = |verdict, raised: &[Reason], service| {
        let (decision, _) = terminal_app::ui::visit::Decision::of_report(report(verdict, raised, service));
        decision.hint
    };
    assert_eq!(hint(Verdict::Refer, &[Reason::DocumentExpired], None), Some(Hint::Expired));
    assert_eq!(hint(Verdict::Refer, &[Reason::CardGone, Reason::NotRead], None), Some(Hint::CardGone));
    assert_eq!(hint(Verdict::Refer, &[Reason::OtherCard, Reason::NotRead], None), Some(Hint::OtherCard));
    assert_eq!(hint(Verdict::Refer, &[Reason::WrongPassword], None), Some(Hint::WrongNumber));
    assert_eq!(hint(Verdict::Reject, &[Reason::ChipAuthenticationFailed], None), None);
    assert_eq!(hint(Verdict::Reject, &[Reason::ChipAuthenticationFailed], Some(("confirmed", "000"))), None);
    let of_service = |code: &str| Some(Hint::Service(format!("insurance-{code}-person")));
    let accepted = Some(("confirmed", "000"));
    assert_eq!(hint(Verdict::Accept, &[], accepted), of_service("000"));
    let revoked = Some(("refuted", "110"));
    assert_eq!(hint(Verdict::Refer, &[Reason::ServiceSaysNo], revoked), of_service("110"));
    assert_eq!(hint(Verdict::Refer, &[Reason::SignerUnknown], accepted), None);
}

#[test]
fn the_language_changes_at_any_time_and_returns_for_the_next_visitor() {
    let mut model = Model::new(setup());
    assert_eq!(model.language(), vietnamese());
    drive(&mut model, [Event::Did(Action::Speak(Language::ENGLISH))]);
    type_number(&mut model);
    read(&mut model, pixels());
    drive(
        &mut model,
        [Event::Did(Action::Speak(vietnamese())), Event::Did(Action::Speak(Language::ENGLISH))],
    );
    assert_eq!((name_of(model.screen()), model.language()), ("reading", Language::ENGLISH));
    drive(&mut model, [decided(Verdict::Accept, &[], None), Event::CardTaken]);
    assert_eq!((name_of(model.screen()), model.language()), ("attract", vietnamese()));
}

#[test]
fn a_language_that_was_chosen_and_left_does_not_stay() {
    let mut model = Model::new(setup());
    drive(&mut model, [Event::Did(Action::Speak(Language::ENGLISH))]);
    drive(&mut model, (0..19).map(|_| Event::Tick(1_000)));
    assert_eq!(model.language(), Language::ENGLISH);
    assert!(drive(&mut model, [Event::Tick(1_000)]).is_empty());
    assert_eq!((name_of(model.screen()), model.language()), ("attract", vietnamese()));
}

#[test]
fn the_arc_follows_the_bytes_and_never_goes_back() {
    let mut progress = Progress::NONE;
    let mut last = 0.0;
    for (done, expected) in [(0, 0), (500, 20_000), (10_000, 20_000), (10_000, 40_000), (39_000, 40_000)] {
        (progress.done_bytes, progress.expected_bytes) = (done, expected);
        for _ in 0..60 {
            progress.pass(33);
            assert!(progress.arc >= last && progress.arc <= 1.0);
            last = progress.arc;
        }
        assert!(progress.arc + 0.01 >= progress.fraction(), "{} of {}", progress.arc, progress.fraction());
    }
    assert!(progress.arc > 0.97);
}

#[test]
fn a_card_that_leaves_keeps_the_arc_and_its_time_and_goes_on() {
    let mut model = Model::new(setup());
    type_number(&mut model);
    read(&mut model, pixels());
    let before = *progress_of(&model);
    drive(&mut model, [Event::Absent(Absence::Card, 20_000)]);
    assert!(drive(&mut model, (0..7).map(|_| Event::Tick(1_000))).is_empty());
    let Screen::Reading { away: Some(away), known, .. } = model.screen() else { panic!("away") };
    assert_eq!((away.what, away.left_ms), (Absence::Card, 13_000));
    assert!(known.person.is_some(), "what was proved stays");
    assert_eq!(*progress_of(&model), before, "the arc stands still");
    drive(&mut model, [Event::Absent(Absence::OtherCard, 12_000)]);
    assert!(
        matches!(model.screen(), Screen::Reading { away: Some(away), .. } if away.what == Absence::OtherCard)
    );
    drive(
        &mut model,
        [Event::Back, Event::Step(Step::OpenChip), Event::Bytes { done: 15_000, expected: 20_000 }],
    );
    drive(&mut model, [Event::Tick(500)]);
    assert!(matches!(model.screen(), Screen::Reading { away: None, .. }));
    assert!(progress_of(&model).arc > before.arc);
    drive(&mut model, [decided(Verdict::Accept, &[], None)]);
    assert_eq!(name_of(model.screen()), "result");
}

#[test]
fn whoever_leaves_while_the_card_is_away_leaves_nothing() {
    let portrait = pixels();
    let mut model = Model::new(setup());
    type_number(&mut model);
    read(&mut model, portrait.clone());
    drive(&mut model, [Event::Absent(Absence::Card, 20_000)]);
    let down = drive(&mut model, [Event::Did(Action::Leave)]);
    assert!(matches!(down.as_slice(), [Intent::Cancel]));
    assert_eq!((name_of(model.screen()), Arc::strong_count(&portrait)), ("attract", 1));
    // Taken off before the chip said anything: the screen already says to put it back.
    type_number(&mut model);
    drive(&mut model, [Event::Step(Step::PlaceCard), Event::Absent(Absence::Card, 20_000)]);
    assert!(matches!(model.screen(), Screen::Reading { away: Some(_), .. }));
}

#[test]
fn any_events_in_any_order_leave_a_way_out_and_an_empty_first_screen() {
    // A small generator with a fixed seed: the same walk on every machine.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let portrait = pixels();
    for setup in [setup(), demonstration()] {
        let mut model = Model::new(setup);
        let mut visited = std::collections::BTreeSet::new();
        for _ in 0..50_000 {
            let verdict =
                [Verdict::Accept, Verdict::Refer, Verdict::Reject][usize::try_from(random(3)).unwrap()];
            let event = match random(26) {
                0 => Event::Did(Action::Start),
                1 => Event::Did(Action::Erase),
                2 | 3 => Event::Did(Action::Confirm),
                4 if random(8) == 0 => Event::Did(Action::Leave),
                5 if random(8) == 0 => Event::Did(Action::Finish),
                6 => Event::Did(Action::Retry),
                7 => Event::Did(Action::Staff),
                8 => Event::Did(Action::Speak(Language::ENGLISH)),
                9 => Event::Did(Action::NextPersona),
                10 => Event::Presented(presentation()),
                11 => Event::Step(Step::ALL[usize::try_from(random(7)).unwrap()]),
                12 => Event::Bytes { done: usize::try_from(random(30_000)).unwrap(), expected: 20_000 },
                13 => Event::Person(person()),
                14 => Event::Portrait(portrait.clone()),
                15 if random(4) == 0 => decided(verdict, &[Reason::WrongPassword], None),
                16 if random(4) == 0 => failed(ErrorCode::ALL[usize::try_from(random(17)).unwrap()]),
                17 => Event::CardTaken,
                18 => Event::Touched,
                24 => Event::Absent(Absence::Card, 3_000),
                25 => Event::Back,
                19 => Event::Tick(u32::try_from(random(2_000)).unwrap()),
                _ => Event::Did(Action::Digit(u8::try_from(random(10)).unwrap())),
            };
            model.apply(event);
            visited.insert(name_of(model.screen()));
            if matches!(model.screen(), Screen::Attract) {
                assert!(model.portrait().is_none());
                assert_eq!(Arc::strong_count(&portrait), 1);
            }
        }
        assert_eq!(visited.len(), 6, "{visited:?}");
        // From wherever the walk ended: whoever does nothing finds the first screen again.
        drive(&mut model, (0..200).map(|_| Event::Tick(1_000)));
        assert_eq!(name_of(model.screen()), "attract");
    }
}

/// A desk that tells what the test hands it, and keeps what it was asked to do.
struct ScriptedDesk {
    script: Receiver<worker::Event>,
    begun: Sender<()>,
    stops: Arc<Mutex<Vec<Cancel>>>,
}

impl Desk for ScriptedDesk {
    fn scan(&mut self, _stop: &Cancel) -> Result<Option<Presentation>, Failure> {
        Ok(Some(*presentation()))
    }

    fn verify(
        &mut self,
        _presented: Presentation,
        stop: &Cancel,
        tell: &mut dyn FnMut(worker::Event),
    ) -> Result<(), Failure> {
        self.stops.lock().expect("nobody panicked").push(stop.clone());
        self.begun.send(()).expect("the test waits");
        while let Ok(event) = self.script.recv_timeout(Duration::from_millis(300)) {
            let last = matches!(event, worker::Event::CardTaken);
            tell(event);
            if last {
                break;
            }
        }
        Ok(())
    }

    fn offer(&mut self, _persona: &str) {}
}

fn next_within(session: &mut Session, limit: Duration) -> Option<Event> {
    let until = Instant::now() + limit;
    while Instant::now() < until {
        if let Some(event) = session.next_event() {
            return Some(event);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}

#[test]
fn news_of_a_visit_that_was_left_never_reaches_the_model() {
    let (say, script) = channel();
    let (begun, heard) = channel();
    let stops = Arc::new(Mutex::new(Vec::new()));
    let desk = ScriptedDesk { script, begun, stops: Arc::clone(&stops) };
    let (mut session, _thread) = Session::start(Box::new(desk), || {}).unwrap();
    assert!(session.send(Intent::Scan).is_ok());
    assert!(matches!(next_within(&mut session, Duration::from_secs(5)), Some(Event::Presented(_))));
    assert!(session.send(Intent::Begin(presentation())).is_ok());
    heard.recv_timeout(Duration::from_secs(5)).unwrap();
    say.send(worker::Event::Step(Step::OpenChip)).unwrap();
    assert!(matches!(next_within(&mut session, Duration::from_secs(5)), Some(Event::Step(Step::OpenChip))));
    // The person leaves; what the first card still gives must not be shown to the next one.
    assert!(session.send(Intent::Cancel).is_ok());
    assert!(stops.lock().unwrap()[0].is_cancelled());
    say.send(worker::Event::Step(Step::ReadPortrait)).unwrap();
    say.send(worker::Event::CardTaken).unwrap();
    assert!(session.send(Intent::Scan).is_ok());
    assert!(matches!(next_within(&mut session, Duration::from_secs(5)), Some(Event::Presented(_))));
    assert!(session.send(Intent::Begin(presentation())).is_ok());
    heard.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(!stops.lock().unwrap()[1].is_cancelled());
    say.send(worker::Event::Step(Step::ReadText)).unwrap();
    assert!(matches!(next_within(&mut session, Duration::from_secs(5)), Some(Event::Step(Step::ReadText))));
}

/// A desk that never comes back.
struct StuckDesk;

impl Desk for StuckDesk {
    fn scan(&mut self, _stop: &Cancel) -> Result<Option<Presentation>, Failure> {
        std::thread::sleep(Duration::from_secs(3_600));
        Ok(None)
    }

    fn verify(
        &mut self,
        _: Presentation,
        _: &Cancel,
        _: &mut dyn FnMut(worker::Event),
    ) -> Result<(), Failure> {
        Ok(())
    }

    fn offer(&mut self, _persona: &str) {}
}

#[test]
fn a_stuck_worker_never_holds_the_window_up() {
    let (mut session, _thread) = Session::start(Box::new(StuckDesk), || {}).unwrap();
    let started = Instant::now();
    let refused = (0..50).filter_map(|_| session.send(Intent::Scan).err()).count();
    assert!(refused > 0, "a full channel has to be told");
    assert!(session.next_event().is_none());
    assert!(started.elapsed() < Duration::from_secs(1));
}

/// A desk with a fault in its program.
struct PanickingDesk;

impl Desk for PanickingDesk {
    fn scan(&mut self, _stop: &Cancel) -> Result<Option<Presentation>, Failure> {
        panic!("on purpose")
    }

    fn verify(
        &mut self,
        _: Presentation,
        _: &Cancel,
        tell: &mut dyn FnMut(worker::Event),
    ) -> Result<(), Failure> {
        tell(worker::Event::Step(Step::PlaceCard));
        Ok(())
    }

    fn offer(&mut self, _persona: &str) {}
}

#[test]
fn a_fault_of_the_program_ends_a_visit_and_not_the_kiosk() {
    let (mut session, _thread) = Session::start(Box::new(PanickingDesk), || {}).unwrap();
    assert!(session.send(Intent::Scan).is_ok());
    let event = next_within(&mut session, Duration::from_secs(5));
    assert!(matches!(event, Some(Event::Failed(failure)) if failure.code == ErrorCode::Internal));
    assert!(session.send(Intent::Begin(presentation())).is_ok());
    let event = next_within(&mut session, Duration::from_secs(5));
    assert!(matches!(event, Some(Event::Step(Step::PlaceCard))));
}
