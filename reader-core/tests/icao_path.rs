//! Every path case of the table comes out as the standard says, at a tolerant and at a strict site.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::from;
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::evidence::{Finding, Outcome, ProofFindings, Reason};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Fingerprint, Imported, Pins, Provenance, TrustBuilder, TrustSnapshot, VerifiedBy};
use reader_core::verify::{Presented, Settings, Tolerances, verify};
use reader_core::wire::date::Timestamp;
use test_vectors::inspection;
use test_vectors::path_case::{Built, Case, Expected, Stored, all, counts};

fn provenance() -> Provenance {
    from("case")
}

/// Fills a store, and says what it refused.
fn store(built: &Built) -> (TrustSnapshot, BTreeMap<String, String>) {
    let mut builder = TrustBuilder::new();
    let mut refused = BTreeMap::new();
    let mut note = |name: &str, imported: &Imported| {
        for refusal in &imported.refused {
            refused.insert(name.to_owned(), format!("{:?}", refusal.refusal));
        }
    };
    for stored in &built.store {
        match stored {
            Stored::Certificate { name, der, pinned } => {
                let pins: Pins = pinned.then(|| Fingerprint::of(der)).into_iter().collect();
                note(name, &builder.add_certificate(der, &provenance(), &pins));
            }
            Stored::Crowd(der) => builder.restore(der, provenance(), VerifiedBy::Pinned).unwrap(),
            Stored::List { name, der } => note(name, &builder.add_crl(der, &provenance())),
        }
    }
    (builder.build(), refused)
}

fn capture(built: &Built) -> Capture {
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(built.sod.clone()));
    for group in DataGroup::ALL {
        if let Some((_, file)) = built.groups.iter().find(|(number, _)| *number == group.number()) {
            capture.files.insert(FileId::group(group), FileState::Read(file.clone()));
        }
    }
    capture
}

/// As the table writes it: `refuted SignerRevoked`, `confirmed (AnchorExpired)`.
fn worded(finding: &Finding) -> String {
    let mut text = finding.outcome.as_str().to_owned();
    if let Some(reason) = finding.outcome.reason() {
        text.push_str(&format!(" {reason:?}"));
    }
    if finding.outcome == Outcome::Confirmed && !finding.notes.is_empty() {
        let notes: Vec<String> = finding.notes.iter().map(|note| format!("{note:?}")).collect();
        text.push_str(&format!(" ({})", notes.join(", ")));
    }
    text
}

fn checks<'a>(found: &'a ProofFindings, expected: &Expected) -> [(&'static str, String, &'a Finding); 5] {
    let confirmed = || "confirmed".to_owned();
    let given = |text: &Option<String>, otherwise: &str| text.clone().unwrap_or_else(|| otherwise.to_owned());
    let signature = given(&expected.signature, "confirmed");
    let signed = if signature.starts_with("confirmed") {
        confirmed()
    } else {
        format!("undetermined {:?}", Reason::NotProved)
    };
    let chain = given(&expected.chain, &signed);
    let holds = chain.starts_with("confirmed");
    let rests = if holds { confirmed() } else { format!("undetermined {:?}", Reason::NotProved) };
    let revocation = given(&expected.revocation, &rests);
    // Hashes under a revoked signer prove nothing, and so no country either.
    let proved = holds && !revocation.starts_with("refuted");
    let rests_on_hashes = if proved { confirmed() } else { format!("undetermined {:?}", Reason::NotProved) };
    [
        ("signature", signature, &found.passive_sod_signature),
        ("chain", chain, &found.passive_signer_chain),
        ("revocation", revocation, &found.passive_signer_revocation),
        ("validity", given(&expected.validity, &rests), &found.passive_signer_validity),
        ("country", given(&expected.country, &rests_on_hashes), &found.consistency_country),
    ]
}

fn judge(case: &Case, built: &Built, trust: &TrustSnapshot, strict: bool) -> Vec<String> {
    let mut settings = Settings { list_max_age_days: case.list_max_age_days, ..Settings::default() };
    if strict {
        settings.tolerances = Tolerances::STRICT;
    }
    let now = Timestamp(built.now_s);
    let proof = verify(&capture(built), trust, &Presented::nothing(), now, &settings, None);
    let usual = &case.tolerant;
    let expected = if strict { case.strict.as_ref().unwrap_or(usual) } else { usual };
    let site = if strict { "strict" } else { "tolerant" };
    let mut wrong = Vec::new();
    for (check, expected, found) in checks(proof.findings(), expected) {
        let found_text = worded(found);
        if found_text != expected {
            let detail = found.detail.as_deref().unwrap_or_default();
            wrong.push(format!(
                "{} ({site}) {check}: expected {expected}, found {found_text} [{detail}] — {}: {}",
                case.id, case.section, case.rule
            ));
        }
    }
    wrong
}

#[test]
fn every_case_comes_out_as_the_standard_says() {
    let cases = all();
    let mut wrong = Vec::new();
    let mut run = 0;
    for case in &cases {
        let built = case.build();
        let (trust, refused) = store(&built);
        if refused != case.refused {
            wrong.push(format!("{}: the store refused {refused:?}, expected {:?}", case.id, case.refused));
        }
        for strict in [false, true] {
            wrong.extend(judge(case, &built, &trust, strict));
        }
        run += 1;
    }
    assert_eq!(run, cases.len());
    assert!(wrong.is_empty(), "{} of {run} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_says_everything_of_each_case_once() {
    let cases = all();
    let page = include_str!("../../docs/CONFORMANCE.md");
    for (file, count) in counts() {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{file}` | ")));
        let row = row.unwrap_or_else(|| panic!("docs/CONFORMANCE.md has no row of {file}"));
        assert!(row.ends_with(&format!(" | {count} |")), "{file} has {count} cases: {row}");
    }
    assert!(page.contains(&format!("| all | | {} |", cases.len())), "{} cases in all", cases.len());
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len(), "an id stands twice");
    for case in &cases {
        for text in [&case.id, &case.title, &case.section, &case.rule] {
            assert!(!text.trim().is_empty(), "{} leaves something open", case.id);
        }
        let part = case.section.split(' ').next().unwrap();
        assert!(["10", "11", "12", "9303-3"].contains(&part), "{}: no section", case.id);
        assert_ne!(case.strict.as_ref(), Some(&case.tolerant), "{} says the same twice", case.id);
    }
}

/// The cases of TR-03105-5.1 about the signer's certificate, and the path cases that are the same.
const OF_THE_GUIDELINE: [(&str, &str); 21] = [
    ("LDS_H_48", "version-1"),
    ("LDS_H_49", "version-absent"),
    ("LDS_H_50", "serial-absent"),
    ("LDS_H_51", "algorithms-differ"),
    ("LDS_H_52", "algorithm-inner-absent"),
    ("LDS_H_53", "issuer-name-breaks-rule"),
    ("LDS_H_54", "name-other-same-country"),
    ("LDS_H_55", "issuer-absent"),
    ("LDS_H_56", "time-generalized-before-2050"),
    ("LDS_H_57", "validity-absent"),
    ("LDS_H_58", "public-key-md5"),
    ("LDS_H_59", "public-key-absent"),
    ("LDS_H_60", "aki-names-only"),
    ("LDS_H_61", "aki-absent"),
    ("LDS_H_62", "key-usage-not-critical"),
    ("LDS_H_63", "key-usage-without-digital-signature"),
    ("LDS_H_64", "key-usage-absent"),
    ("LDS_H_65", "algorithm-md5"),
    ("LDS_H_66", "algorithm-outer-absent"),
    ("LDS_H_67", "signature-altered"),
    ("LDS_H_68", "signature-absent"),
];

/// What a site with the rule `require` for both checks decides, and what led to it.
fn decided(expected: &Expected) -> (&'static str, Option<String>) {
    let checks = [("passive.sod_signature", &expected.signature), ("passive.signer_chain", &expected.chain)];
    let told = |word: &str| {
        checks.iter().find_map(|(check, text)| {
            let reason = text.as_deref()?.strip_prefix(word)?.trim();
            let reason = Reason::ALL.iter().find(|known| format!("{known:?}") == reason)?;
            Some(format!("{check} {}", reason.code()))
        })
    };
    match (told("refuted "), told("undetermined ")) {
        (Some(by), _) => ("reject", Some(by)),
        (None, Some(by)) => ("refer", Some(by)),
        (None, None) => ("accept", None),
    }
}

#[test]
fn the_guidelines_cases_of_signers_are_among_them() {
    let (cases, entries) = (all(), inspection::cases("signer"));
    for (id, name) in OF_THE_GUIDELINE {
        let case = cases.iter().find(|case| case.id == name).unwrap_or_else(|| panic!("no case {name}"));
        let entry = entries.iter().find(|entry| entry.id == id).unwrap_or_else(|| panic!("no entry {id}"));
        let (strict, by) = decided(case.strict.as_ref().unwrap_or(&case.tolerant));
        assert_eq!((entry.strict.map(inspection::Decided::word), &entry.by), (Some(strict), &by), "{id}");
        let (tolerant, _) = decided(&case.tolerant);
        assert_eq!(entry.tolerant.map(inspection::Decided::word), Some(tolerant), "{id}");
    }
}
