//! Every result code, in both encodings, with its texts.

use reader_core::evidence::{Outcome, Reason};
use terminal_app::connectors::{Audience, CODES, Cancel, Connector, Encoding, Field, PermittedFields};
use terminal_app::text::{Language, Texts};
use test_vectors::gateway::{Fault, FaultRule, Gateway, GatewayOptions, Insured, Scope, Staff, result_codes};

use super::{Line, NAME, NUMBER, config, connector, person, query};

/// Written from the description of the service, apart from the connector's table.
fn expected(code: &str) -> &'static str {
    match code {
        "000" | "001" | "002" | "003" | "004" => "confirmed",
        "054" | "055" | "205" => "not_performed",
        "100" | "130" => "undetermined",
        "101" | "401" | "500" => "aborted",
        _ => "refuted",
    }
}

#[test]
fn every_code_in_both_encodings() {
    let mut seen = 0;
    for encoding in [Encoding::Json, Encoding::Form] {
        let line = Line::with(Vec::new(), |config| {
            config.encoding = encoding;
            config.connection.retries = Some(0);
        });
        for code in result_codes() {
            let answer = line.ask_for(&format!("090000009{code}"));
            assert_eq!(answer.code.as_deref(), Some(code), "{answer:?}");
            assert_eq!(answer.outcome.as_str(), expected(code), "{code}");
            assert_eq!(answer.text_key(Audience::Person), format!("insurance-{code}-person"));
            assert!(answer.note.as_deref().is_some_and(|n| n.starts_with("[MÔ PHỎNG] ")), "{answer:?}");
            assert!(answer.simulated);
            assert_eq!((answer.age_s, &answer.fault), (0, &None));
            let finding = answer.finding();
            assert_eq!((finding.name.as_str(), finding.finding.outcome), ("insurance", answer.outcome));
            assert_eq!(finding.answer.map(|a| a.code).as_deref(), Some(code));
            seen += 1;
        }
        let kinds: Vec<_> = line.gateway.requests().iter().skip(1).map(|r| r.content_type.clone()).collect();
        let form = encoding == Encoding::Form;
        assert!(
            kinds.iter().filter(|k| k.contains("form")).count() >= if form { 29 } else { 0 },
            "{kinds:?}"
        );
        assert!(line.gateway.requests().iter().filter(|r| r.path.contains("egw")).all(|r| {
            r.fields == ["cccdCb", "hoTen", "hoTenCb", "maThe", "ngaySinh"]
                && r.content_type.contains("form") == form
        }));
    }
    assert_eq!(seen, 58);
    assert_eq!(CODES.len(), result_codes().count());
}

#[test]
fn every_code_and_fault_has_its_texts() {
    let stems: Vec<String> = CODES
        .iter()
        .map(|c| c.text_stem.to_owned())
        .chain(["insurance-unknown".to_owned()])
        .chain(super::faults::STEMS.iter().map(|s| (*s).to_owned()))
        .collect();
    for language in Language::all() {
        for stem in &stems {
            for audience in ["person", "staff"] {
                let key = format!("{stem}-{audience}");
                // Its own text, not the fallback of another language.
                assert!(
                    language.source().contains(&format!("\n{key} = ")),
                    "{} lacks {key}",
                    language.code()
                );
            }
        }
    }
    let texts = Texts::new(Language::from_code("vi").unwrap());
    let variables = [("code", "999x"), ("note", "Ghi chú lạ")];
    assert!(texts.with("insurance-unknown-staff", &variables).contains("999x"));
    assert!(texts.with("insurance-unknown-person", &variables).contains("Ghi chú lạ"));
}

#[test]
fn an_unknown_code_is_shown_with_its_remark() {
    let line = Line::new(vec![FaultRule::always(Scope::Check, Fault::Code("999x".into()))]);
    let answer = line.ask();
    assert_eq!(answer.outcome, Outcome::Undetermined(Reason::ServiceAnswerUnclear));
    assert_eq!(answer.code.as_deref(), Some("999x"));
    assert_eq!(answer.note.as_deref(), Some("[MÔ PHỎNG] Mã kết quả chưa được mô tả"));
    assert_eq!(answer.text_key(Audience::Staff), "insurance-unknown-staff");
    assert_eq!(line.checks(), 1);
}

#[test]
fn details_come_along() {
    let answer = Line::new(Vec::new()).ask();
    assert_eq!(answer.outcome, Outcome::Confirmed);
    assert_eq!(answer.attempts, 1);
    for name in ["card_code", "valid_from", "valid_to", "registered_facility", "region_code", "five_years_on"]
    {
        assert!(answer.details.get(name).is_some(), "{name}: {:?}", answer.details);
    }
    assert_eq!(answer.details.get("name"), Some(NAME));
    assert_eq!(answer.details.get("new_card_code"), None);
    let renewed = Line::new(Vec::new()).ask_for("090000000003");
    assert_eq!(renewed.details.get("new_valid_to"), Some("31/12/2026"));
}

#[test]
fn people_on_file_and_staff_are_compared() {
    let insured = vec![Insured {
        number: NUMBER.into(),
        name: "Nguyễn Văn Ân".into(),
        birth: "05/06/1990".into(),
        code: None,
    }];
    let staff = Some(Staff { name: "Ai Khác".into(), number: super::STAFF_NUMBER.into() });
    for (insured, staff, code) in [(insured, None, "060"), (Vec::new(), staff, "055")] {
        let gateway = Gateway::start(GatewayOptions { insured, staff, ..GatewayOptions::default() }).unwrap();
        let (insurance, _) = connector(config(&gateway.url()));
        let answer = insurance.query(&query(NUMBER), &Cancel::new());
        assert_eq!(answer.code.as_deref(), Some(code));
        assert_eq!(answer.outcome.as_str(), expected(code));
    }
}

#[test]
fn dates_of_birth_as_far_as_known() {
    let line = Line::new(Vec::new());
    for known in ["1990", "06/1990", "05/06/1990", "1990-XX-XX"] {
        let person = person(NUMBER).with(Field::BirthDate, known);
        let mut query = query(NUMBER);
        query.fields = PermittedFields::cut(&person, &[Field::Number, Field::Name, Field::BirthDate]);
        let answer = line.insurance.query(&query, &Cancel::new());
        assert_eq!(answer.code.as_deref(), Some("000"), "{known}");
    }
}
