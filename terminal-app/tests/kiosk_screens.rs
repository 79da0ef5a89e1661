//! Every screen in every language and size, looked at through its accessibility tree.
#![cfg(feature = "kiosk")]

mod kiosk_fixture;

use std::collections::BTreeSet;

use eframe::egui;
use egui::{Rect, Role, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use kiosk_fixture::*;
use reader_core::evidence::Reason;
use reader_core::policy::Verdict;
use reader_core::session::wrong_card::WrongCard;
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::report::Report;
use terminal_app::text::Language;
use terminal_app::ui::model::{Action, Event, Model, Screen};
use terminal_app::ui::screens;
use terminal_app::ui::theme::{self, Mark, Theme};
use terminal_app::ui::visit::Decision;
use terminal_app::ui::words::Words;
use terminal_app::worker::{Absence, Step};

const SIZES: [Vec2; 3] = [vec2(1_080.0, 1_920.0), vec2(1_920.0, 1_080.0), vec2(1_024.0, 768.0)];

/// A model with the words it is drawn with, and what was done at it.
struct Shown {
    model: Model,
    words: Words,
    sent: usize,
}

fn harness(model: Model, size: Vec2) -> Harness<'static, Shown> {
    let words = Words::new(&model.setup().languages);
    let mut harness = Harness::builder().with_size(size).with_context_setup(theme::install).build_ui_state(
        |ui, shown: &mut Shown| {
            for action in screens::draw(ui, &shown.model, &shown.words) {
                shown.sent += usize::from(shown.model.apply(Event::Did(action)).is_some());
            }
        },
        Shown { model, words, sent: 0 },
    );
    harness.run_steps(3);
    harness
}

/// Shows every screen, one after the other in one window.
fn on_every_screen(
    size: Vec2,
    language: Language,
    simulated: bool,
    mut look: impl FnMut(&str, &mut Harness<'static, Shown>),
) {
    let mut window: Option<Harness<'static, Shown>> = None;
    for (name, model) in screens_of(language, simulated) {
        let mut shown = match window.take() {
            Some(mut shown) => {
                shown.state_mut().model = model;
                shown.run_steps(2);
                shown
            }
            None => harness(model, size),
        };
        look(name, &mut shown);
        window = Some(shown);
    }
}

/// Whether the staff view is open beside a result.
fn staff_view(shown: &Harness<'_, Shown>) -> bool {
    matches!(shown.state().model.screen(), Screen::Result { staff: true, .. })
}

/// What is in the accessibility tree: role, words, place.
fn nodes(harness: &Harness<'_, Shown>) -> Vec<(Role, String, Rect)> {
    let drawn = harness.root().children_recursive();
    drawn
        .filter_map(|node| {
            let label = node.accesskit_node().label().or_else(|| node.accesskit_node().value())?;
            Some((node.accesskit_node().role(), label, node.rect()))
        })
        .collect()
}

fn labels(harness: &Harness<'_, Shown>) -> Vec<String> {
    nodes(harness).into_iter().map(|(_, label, _)| label).collect()
}

/// Every screen, by name: without the staff view, and where there is one, with it.
fn screens_of(language: Language, simulated: bool) -> Vec<(&'static str, Model)> {
    let fresh = || {
        let mut model = Model::new(if simulated { demonstration() } else { setup() });
        drive(&mut model, [Event::Did(Action::Speak(language))]);
        model
    };
    let typed = || {
        let mut model = fresh();
        if simulated {
            let begin = [
                Event::Did(Action::Start),
                Event::Presented(presentation()),
                Event::Tick(999),
                Event::Tick(999),
            ];
            drive(&mut model, begin);
        } else {
            type_number(&mut model);
        }
        model
    };
    let reading = || {
        let mut model = typed();
        read(&mut model, pixels());
        model
    };
    let mut all = vec![("attract", fresh()), ("place", typed()), ("reading", reading())];
    let mut number = fresh();
    drive(
        &mut number,
        [Event::Did(Action::Start), Event::Did(Action::Digit(9)), Event::Did(Action::Digit(0))],
    );
    all.push(("number", number));
    if simulated {
        let mut scanned = fresh();
        drive(&mut scanned, [Event::Did(Action::Start), Event::Presented(presentation())]);
        all.push(("scanned", scanned));
    }
    for (name, what) in
        [("away", Absence::Card), ("other-card", Absence::OtherCard), ("machine-away", Absence::Machine)]
    {
        let mut away = reading();
        drive(&mut away, [Event::Absent(what, 12_000)]);
        all.push((name, away));
    }
    let mut asking = reading();
    drive(&mut asking, [Event::Step(Step::AskServices)]);
    all.push(("asking", asking));
    let results = [
        ("accept", decided(Verdict::Accept, &[], Some(("confirmed", "000")))),
        ("refer", decided(Verdict::Refer, &[Reason::ServiceSaysNo], Some(("refuted", "110")))),
        ("refer-retry", decided(Verdict::Refer, &[Reason::WrongPassword], None)),
        ("reject", decided(Verdict::Reject, &[Reason::ChipAuthenticationFailed], None)),
    ];
    for (name, event) in results {
        let mut model = reading();
        drive(&mut model, [event.clone()]);
        all.push((name, model));
        let mut staff = reading();
        drive(&mut staff, [event, Event::Did(Action::Staff)]);
        all.push((name, staff));
    }
    for (name, code) in [
        ("moved", ErrorCode::CardLost),
        ("wrong-number", ErrorCode::AccessDenied),
        ("no-card", ErrorCode::NoCard),
        ("fault", ErrorCode::NoReaderService),
    ] {
        let mut model = typed();
        drive(&mut model, [Event::Step(Step::OpenChip), failed(code)]);
        all.push((name, model));
    }
    for judgement in WRONG_CARDS.map(|(judgement, ..)| judgement) {
        let mut model = typed();
        drive(&mut model, [Event::Step(Step::OpenChip), Event::Failed(Failure::wrong_card(judgement))]);
        all.push((judgement.card().word(), model));
    }
    all
}

#[test]
fn a_wrong_card_is_named_to_the_person_and_to_staff() {
    for (judgement, in_vietnamese, in_english, code) in WRONG_CARDS {
        for (language, words) in [(vietnamese(), in_vietnamese), (Language::ENGLISH, in_english)] {
            let mut model = Model::new(setup());
            drive(&mut model, [Event::Did(Action::Speak(language))]);
            type_number(&mut model);
            drive(&mut model, [Event::Step(Step::OpenChip), Event::Failed(Failure::wrong_card(judgement))]);
            let mut shown = harness(model, SIZES[1]);
            let said = labels(&shown).join(" ").replace('\n', " ");
            assert!(said.contains(words), "{judgement:?}: {said}");
            assert!(!said.contains(code) && !said.contains("DESFire"), "codes are for staff: {said}");
            let retry = labels(&shown).iter().any(|label| label == "Thử lại" || label == "Try again");
            assert_eq!(retry, judgement.card() != WrongCard::Blocked, "{judgement:?}: {said}");
            shown.state_mut().model.apply(Event::Did(Action::Staff));
            shown.run_steps(2);
            let said = labels(&shown).join(" ").replace('\n', " ");
            assert!(said.contains(code) && said.contains(judgement.certainty()), "{judgement:?}: {said}");
        }
    }
}

/// `step-open-chip` where words should stand.
fn looks_like_a_key(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let known =
        ["ui", "step", "check", "field", "reason", "outcome", "verdict", "insurance", "service", "language"];
    parts.len() > 1 && known.contains(&parts[0]) && !text.contains(' ') || text.contains("{ $")
}

#[test]
fn a_card_that_left_is_asked_back_in_plain_words() {
    for (language, moved, other, left) in [
        (vietnamese(), "Thẻ bị dịch chuyển. Đặt lại, chúng tôi đọc tiếp.", "Đây là thẻ khác.", "còn 12 giây"),
        (
            Language::ENGLISH,
            "The card moved. Put it back, we go on where we stopped.",
            "This is another card.",
            "12 seconds left",
        ),
    ] {
        on_every_screen(SIZES[0], language, false, |name, shown| {
            let said = labels(shown).join(" ").replace('\n', " ");
            assert_eq!(said.contains(moved), name == "away", "{name}: {said}");
            assert_eq!(said.contains(other), name == "other-card", "{name}: {said}");
            assert_eq!(said.contains(left), name.contains("away") || name == "other-card", "{name}: {said}");
        });
    }
}

#[test]
fn every_screen_speaks_its_language_and_shows_no_key() {
    let mut seen: Vec<BTreeSet<(String, String)>> = Vec::new();
    for language in [vietnamese(), Language::ENGLISH] {
        let mut words = BTreeSet::new();
        for simulated in [false, true] {
            on_every_screen(SIZES[1], language, simulated, |name, shown| {
                let labels = labels(shown);
                assert!(labels.len() >= 3, "{name}: {labels:?}");
                for label in labels {
                    assert!(!looks_like_a_key(&label), "{name}: {label}");
                    words.insert((name.to_owned(), label));
                }
            });
        }
        seen.push(words);
    }
    // What both languages say alike: names, digits, dates, protocols and errors for staff. Nothing else.
    let same = seen[0].intersection(&seen[1]).map(|(_, label)| label.as_str());
    let alike = |label: &str| {
        label == NAME
            || ["Tiếng Việt", "English", "Terminal Authentication", "1948", "PACE"].contains(&label)
            || !label.chars().any(char::is_alphabetic)
            || label.starts_with('E') && (label.contains("on purpose") || label.starts_with("E1020: "))
            || ErrorCode::ALL.iter().any(|code| code.remedy() == label)
    };
    let untranslated: BTreeSet<&str> = same.filter(|label| !alike(label)).collect();
    assert_eq!(untranslated, BTreeSet::new());
}

#[test]
fn the_words_of_the_design_are_on_the_screens() {
    let expected = [
        ("attract", "Chạm để bắt đầu", "Touch to start"),
        ("place", "Đặt thẻ lên đầu đọc, mặt có chip úp xuống", "Put the card on the reader, chip side down"),
        ("reading", "Đang đọc thẻ. Xin giữ yên.", "Reading. Please leave the card still."),
        ("refer", "Xin gặp nhân viên ở quầy hỗ trợ.", "Please see the staff at the help desk."),
        (
            "reject",
            "Chúng tôi không xác nhận được thẻ này. Xin gặp nhân viên.",
            "We could not confirm this card. Please see the staff.",
        ),
        (
            "fault",
            "Máy tạm nghỉ. Xin dùng máy bên cạnh hoặc gặp nhân viên.",
            "This machine is resting. Please use the next one or ask the staff.",
        ),
    ];
    for (language, pick) in [(vietnamese(), 0), (Language::ENGLISH, 1)] {
        on_every_screen(SIZES[0], language, false, |name, shown| {
            let Some((_, vi, en)) = expected.iter().find(|(screen, ..)| *screen == name) else { return };
            let sentence = [vi, en][pick];
            assert!(shown.query_by_label(sentence).is_some(), "{name}: {:?}", labels(shown));
        });
    }
}

#[test]
fn a_demonstration_says_so_on_every_screen_and_nothing_else_does() {
    for simulated in [false, true] {
        for size in SIZES {
            on_every_screen(size, Language::ENGLISH, simulated, |name, shown| {
                let said = labels(shown).iter().any(|label| label.contains("SIMULATED"));
                assert_eq!(said, simulated, "{name} at {size}");
            });
        }
    }
}

fn screens_of_one(language: Language, simulated: bool, wanted: &str) -> Model {
    let mut all = screens_of(language, simulated);
    let at = all.iter().position(|(name, _)| *name == wanted).expect("a screen of this name");
    all.swap_remove(at).1
}

#[test]
fn everything_lies_on_the_screen_and_buttons_do_not_touch() {
    for size in SIZES {
        let screen = Rect::from_min_size(egui::Pos2::ZERO, size).expand(1.0);
        for language in [vietnamese(), Language::ENGLISH] {
            on_every_screen(size, language, false, |name, shown| {
                // The list for staff scrolls: what lies below its edge is not drawn.
                let staff = staff_view(shown);
                let drawn = nodes(shown);
                let unit = theme::unit(size);
                let buttons: Vec<_> = drawn.iter().filter(|(role, ..)| *role == Role::Button).collect();
                assert!(!buttons.is_empty(), "{name}: no way out");
                for (_, label, place) in &buttons {
                    assert!(screen.contains_rect(*place), "{name} at {size}: {label} at {place}");
                    assert!(
                        place.height() >= 70.0 * unit,
                        "{name} at {size}: {label} is {} high",
                        place.height()
                    );
                }
                for (at, (_, one, place)) in buttons.iter().enumerate() {
                    for (_, other, beside) in &buttons[at + 1..] {
                        assert!(
                            !place.shrink(1.0).intersects(*beside),
                            "{name} at {size}: {one} and {other}"
                        );
                    }
                }
                for (_, label, place) in drawn.iter().filter(|(role, ..)| *role == Role::Label && !staff) {
                    assert!(screen.contains_rect(*place), "{name} at {size}: {label} at {place}");
                }
            });
        }
    }
}

#[test]
fn a_number_is_never_shown_but_for_its_last_three_digits() {
    for simulated in [false, true] {
        on_every_screen(SIZES[0], Language::ENGLISH, simulated, |name, shown| {
            for label in labels(shown) {
                let digits: String = label.chars().filter(char::is_ascii_digit).collect();
                assert!(!digits.contains("090000"), "{name}: {label}");
                assert!(!digits.contains("1987"), "{name}: {label}");
            }
        });
    }
}

#[test]
fn nothing_of_the_visitor_is_on_the_screen_after_clearing() {
    let personal = [NAME, "MẪU", "987", "1948", "2031"];
    for language in [vietnamese(), Language::ENGLISH] {
        let mut shown = harness(screens_of_one(language, false, "accept"), SIZES[0]);
        let before = labels(&shown).join("\n");
        assert!(personal.iter().all(|word| before.contains(word)), "{before}");
        shown.state_mut().model.apply(Event::CardTaken);
        shown.run_steps(2);
        let after = labels(&shown).join("\n");
        assert!(personal.iter().all(|word| !after.contains(word)), "{after}");
        let painted = format!("{:?}", shown.output().shapes);
        assert!(!painted.contains("MẪU"));
    }
}

#[test]
fn who_is_refused_sees_no_red_and_nobodys_data() {
    let red = format!("{:?}", Theme::mark(Mark::Refuted));
    on_every_screen(SIZES[0], Language::ENGLISH, false, |name, shown| {
        let staff = staff_view(shown);
        let painted = format!("{:?}", shown.output().shapes);
        assert!(staff || !painted.contains(&red), "{name}");
        if name == "reject" {
            assert_eq!(painted.contains(&red), staff);
            assert_eq!(labels(shown).iter().any(|label| label == NAME), staff);
        }
    });
}

#[test]
fn staff_see_every_check_with_its_reason() {
    let mut model = screens_of_one(Language::ENGLISH, false, "reject");
    drive(&mut model, [Event::Did(Action::Staff)]);
    let harness = harness(model, SIZES[1]);
    let labels = labels(&harness).join("\n");
    let words = Words::new(&[Language::ENGLISH]);
    for check in reader_core::evidence::CheckId::ALL {
        let name = words.of(Language::ENGLISH).check(check.as_str());
        assert!(labels.contains(&name), "{name} is not in {labels}");
    }
    assert!(labels.contains("R1101: The chip does not hold the private key"), "{labels}");
    assert!(labels.contains("REJECT"));
}

#[test]
fn text_stands_out_from_its_ground() {
    for (text, ground) in Theme::PAPER.text_pairs() {
        let contrast = theme::contrast(text, ground);
        assert!(contrast >= 12.0, "{text:?} on {ground:?}: {contrast:.2}");
    }
    // Marks are pictures: at least 3 to 1 against the sheet, or outlined by their shape in ink.
    for mark in [Mark::Confirmed, Mark::Refuted, Mark::Absent] {
        assert!(theme::contrast(Theme::mark(mark), Theme::PAPER.surface) >= 3.0, "{mark:?}");
    }
    assert!((theme::contrast(egui::Color32::BLACK, egui::Color32::WHITE) - 21.0).abs() < 0.01);
}

#[test]
fn the_fonts_have_every_letter_of_every_language() {
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut missing: BTreeSet<char> = BTreeSet::new();
    ctx.run_ui(egui::RawInput::default(), |_| {}).textures_delta.clear();
    let mut drawn = ctx.run_ui(egui::RawInput::default(), |ui| {
        for language in Language::all() {
            let letters: BTreeSet<char> = language.source().chars().filter(|c| !c.is_control()).collect();
            for bold in [false, true] {
                let font = theme::font(20.0, bold);
                // Comments of the files may draw lines; they are on no screen.
                let wanted = letters.iter().filter(|letter| **letter != '─');
                missing
                    .extend(wanted.filter(|letter| !ui.fonts_mut(|fonts| fonts.has_glyph(&font, **letter))));
            }
        }
    });
    drawn.textures_delta.clear();
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn a_number_is_typed_on_the_keypad_and_from_the_keyboard() {
    let mut model = Model::new(setup());
    drive(&mut model, [Event::Did(Action::Speak(Language::ENGLISH)), Event::Did(Action::Start)]);
    let mut shown = harness(model, SIZES[2]);
    for digit in NUMBER.chars().take(6) {
        shown.get_by_label(&digit.to_string()).click();
        shown.run_steps(2);
    }
    // A scanner that pretends to be a keyboard types all of it within a frame.
    for digit in NUMBER.chars().skip(6) {
        shown.event(egui::Event::Text(digit.to_string()));
    }
    shown.run_steps(2);
    assert!(shown.query_by_label("12 of 12 digits entered").is_some(), "{:?}", labels(&shown));
    shown.get_by_label("Next").click();
    shown.run_steps(2);
    assert_eq!(shown.state().sent, 1);
    assert!(shown.query_by_label("Put the card on the reader, chip side down").is_some());
}

#[test]
fn the_language_is_changed_by_touch() {
    let mut shown = harness(screens_of_one(vietnamese(), false, "accept"), SIZES[2]);
    assert!(shown.query_by_label("Xong. Mời bạn lấy lại thẻ.").is_some());
    shown.get_by_label("English").click();
    shown.run_steps(2);
    assert!(shown.query_by_label("Done. Please take your card.").is_some(), "{:?}", labels(&shown));
}

#[test]
fn the_keyboard_reaches_every_button() {
    on_every_screen(SIZES[2], Language::ENGLISH, false, |name, shown| {
        let buttons: BTreeSet<String> = nodes(shown)
            .into_iter()
            .filter(|(role, label, _)| *role == Role::Button && label != "Next" && label != "Erase")
            .map(|(_, label, _)| label)
            .collect();
        let mut reached = BTreeSet::new();
        for _ in 0..buttons.len() + 6 {
            shown.key_press(egui::Key::Tab);
            shown.run_steps(2);
            let focused = shown.root().children_recursive().find(|node| node.accesskit_node().is_focused());
            reached.extend(focused.and_then(|node| node.accesskit_node().label()));
        }
        assert!(buttons.is_subset(&reached), "{name}: {buttons:?}, reached {reached:?}");
    });
}

#[test]
fn a_real_reader_with_a_simulated_card_on_it_says_so() {
    let mut model = Model::new(setup());
    drive(&mut model, [Event::Did(Action::Speak(Language::ENGLISH))]);
    type_number(&mut model);
    read(&mut model, pixels());
    let report = Report { simulated: vec!["chip", "gateway"], ..report(Verdict::Accept, &[], None) };
    drive(&mut model, [Event::Decided(Box::new(Decision::of_report(report)))]);
    let shown = harness(model, SIZES[2]);
    let said = "SIMULATED: the card is not real, the gateway is not real";
    assert!(shown.query_by_label(said).is_some(), "{:?}", labels(&shown));
}
