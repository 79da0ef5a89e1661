//! Settings, permitted fields and kinds by name.

use reader_core::evidence::{Outcome, Reason};
use terminal_app::connectors::{
    self, Cancel, Connector, FaultKind, Field, PasswordSource, PermittedFields, Surroundings,
};

use super::{Line, NUMBER, person, query};

const NOT_ASKED: Outcome = Outcome::NotPerformed(Reason::ServiceNotAsked);

#[test]
fn what_the_site_does_not_permit_is_never_sent() {
    let line = Line::new(Vec::new());
    let mut query = query(NUMBER);
    query.fields = PermittedFields::cut(&person(NUMBER), &[Field::Number]);
    let answer = line.insurance.query(&query, &Cancel::new());
    assert_eq!(
        answer.fault.map(|f| f.kind),
        Some(FaultKind::MissingFields(vec![Field::Name, Field::BirthDate]))
    );
    assert_eq!(answer.outcome, NOT_ASKED);
    assert_eq!(line.gateway.requests(), [], "not even a token");
}

#[test]
fn without_staff_or_password_nothing_is_asked() {
    let line = Line::with(Vec::new(), |c| c.staff = None);
    let answer = line.ask();
    assert!(matches!(answer.fault.unwrap().kind, FaultKind::Settings(what) if what.contains("staff")));
    let line = Line::with(Vec::new(), |c| c.password = PasswordSource::Env("IDTERM_TEST_UNSET".into()));
    let answer = line.ask();
    assert!(answer.summary.contains("IDTERM_TEST_UNSET"), "{}", answer.summary);
    assert_eq!((answer.outcome, line.tokens()), (NOT_ASKED, 0));
}

#[test]
fn kinds_are_found_by_name() {
    assert_eq!(connectors::kinds().collect::<Vec<_>>(), ["bhyt", "fhir"]);
    let good = "base_url = 'https://a.example'\nfacility = '1'\npassword = { env = 'X' }";
    let built = connectors::build("insurance", "bhyt", good.parse().unwrap(), Surroundings::system());
    let built = built.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        (built.id(), built.needs()),
        ("insurance", [Field::Number, Field::Name, Field::BirthDate].as_slice())
    );
    for (kind, table, told) in [
        ("fax", good, "known kinds: bhyt, fhir"),
        ("bhyt", "facility = '1'", "base_url"),
        ("bhyt", "base_url = 'http://a.example'\nfacility = ''\npassword = { env = 'X' }", "facility"),
    ] {
        let error = connectors::build("insurance", kind, table.parse().unwrap(), Surroundings::system());
        let text = error.err().unwrap().to_string();
        assert!(text.starts_with("connector \"insurance\"") && text.contains(told), "{text}");
    }
}
