//! Files of the public key directory: complete and of changes, in any order, and what they may not do.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::pki::{Conformance, Fingerprint, Imported, Pins, Refusal, Removed, TrustBuilder};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::country::{
    Country, FORGER, Issued, SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST,
};
use test_vectors::issuer::ldif::{Entry, Kind, file};
use test_vectors::issuer::lists;

fn signer(country: &Country, number: u8) -> Issued {
    let issued = Date::from_unix_s(NOW.0).plus_years(-2);
    country.document_signer(SignerNumber(number), SignerTimes::around(issued))
}

fn entry(country: &Country, number: u8) -> Entry {
    Entry::signer(Kind::DocumentSigner, country, &signer(country, number))
}

/// Vietnam is trusted; its list brings the other authority.
fn master_list() -> Entry {
    let csca = VIETNAM.csca(NOW.0);
    let signer = lists::master_list_signer(&VIETNAM, lists::MASTER_LIST_SIGNING_KEY, NOW.0);
    let members = [csca.der.clone(), VIETNAM_NIST.csca(NOW.0).der];
    Entry::of(Kind::MasterList, &VIETNAM, &lists::master_list(&members, &signer, &csca, NOW.0))
}

fn trusting() -> TrustBuilder {
    let mut builder = TrustBuilder::new();
    builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("vn.der"), &Pins::none());
    builder
}

fn add(builder: &mut TrustBuilder, records: &[String]) -> Imported {
    builder.add_ldif(file(records).as_bytes(), &from("icaopkd-001.ldif"), &Pins::none())
}

fn refusals(imported: &Imported) -> Vec<Refusal> {
    imported.refused.iter().map(|refused| refused.refusal).collect()
}

#[test]
fn a_complete_file_is_taken_whatever_the_order_of_its_entries() {
    // The signer of a country comes before the list that brings that country, and its revocation list in between.
    let crl = VIETNAM_NIST.revocation_list(NOW.0, vec![(vec![5], NOW.0)]);
    let records = [
        entry(&VIETNAM_NIST, 1).content(),
        Entry::signer(Kind::NonConformantSigner, &VIETNAM, &signer(&VIETNAM, 2)).content(),
        Entry::of(Kind::RevocationList, &VIETNAM_NIST, &crl).content(),
        master_list().content(),
        entry(&VIETNAM, 3).content(),
    ];
    let mut builder = trusting();
    let imported = add(&mut builder, &records);
    assert_eq!((imported.added.len(), imported.known), (5, 1), "{:?}", imported.refused);
    assert!(imported.refused.is_empty());
    let again = add(&mut builder, &records);
    assert_eq!((again.added.len(), again.known), (0, 6), "{:?}", again.refused);
    let trust = builder.build();
    assert_eq!((trust.anchors().len(), trust.crls().len(), trust.document_signers().len()), (2, 1, 3));
    assert_eq!(trust.crls()[0].provenance, from("icaopkd-001.ldif"));
    let marked: Vec<_> = trust
        .document_signers()
        .iter()
        .filter(|signer| signer.conformance != Conformance::Conformant)
        .collect();
    assert_eq!(marked.len(), 1);
    let Conformance::NonConformant { findings } = &marked[0].conformance else { panic!() };
    assert_eq!(findings, "ERR:DSC.KEY.02: simulated: the key usage is not critical");
    assert_eq!(marked[0].provenance, from("icaopkd-001.ldif"));
}

#[test]
fn what_does_not_prove_itself_is_refused_with_its_entry() {
    let forged = entry(&FORGER, 1);
    let unknown = entry(&VIETNAM_NIST, 1);
    let authority = Entry { der: VIETNAM.csca(NOW.0).der, ..entry(&VIETNAM, 9) };
    let foreign_list = Entry::of(Kind::RevocationList, &FORGER, &FORGER.revocation_list(NOW.0, Vec::new()));
    let records = [&forged, &unknown, &authority, &foreign_list].map(Entry::content);
    let mut builder = trusting();
    let imported = add(&mut builder, &records);
    assert!(imported.added.is_empty());
    let found: Vec<_> =
        imported.refused.iter().map(|refused| (refused.subject.as_str(), refused.refusal)).collect();
    assert_eq!(
        found,
        [
            (foreign_list.dn.as_str(), Refusal::CrlSignatureWrong),
            (forged.dn.as_str(), Refusal::SignerSignatureWrong),
            (unknown.dn.as_str(), Refusal::SignerIssuerUnknown),
            (authority.dn.as_str(), Refusal::NotADocumentSigner),
        ]
    );
    assert!(imported.refused[1].detail.starts_with("line 9: "), "{}", imported.refused[1].detail);
}

#[test]
fn a_country_certificate_by_itself_must_be_pinned_and_brings_its_signers_then() {
    let other = VIETNAM_NIST.csca(NOW.0).der;
    let records =
        [entry(&VIETNAM_NIST, 1).content(), Entry::of(Kind::Authority, &VIETNAM_NIST, &other).content()];
    let text = file(&records);
    let mut builder = trusting();
    let imported = add(&mut builder, &records);
    assert_eq!(refusals(&imported), [Refusal::AnchorNotPinned, Refusal::SignerIssuerUnknown]);
    for pinned in [Fingerprint::of(&other), Fingerprint::of(text.as_bytes())] {
        let pins: Pins = [pinned].into_iter().collect();
        let imported = trusting().add_ldif(text.as_bytes(), &from("pinned"), &pins);
        assert_eq!((imported.added.len(), imported.refused.len()), (2, 0), "{:?}", imported.refused);
    }
    // What is trusted already is no news.
    let known = Entry::of(Kind::Authority, &VIETNAM, &VIETNAM.csca(NOW.0).der).content();
    assert_eq!(add(&mut trusting(), &[known]).known, 1);
}

#[test]
fn changes_add_replace_and_take_away_document_signers_and_nothing_else() {
    let (first, second) = (entry(&VIETNAM, 1), entry(&VIETNAM, 2));
    let crl = VIETNAM.revocation_list(NOW.0, vec![(vec![5], NOW.0)]);
    let list = Entry::of(Kind::RevocationList, &VIETNAM, &crl);
    let mut builder = trusting();
    let complete = [first.content(), second.content(), list.content(), master_list().content()];
    assert_eq!(add(&mut builder, &complete).added.len(), 4);
    // Kept and opened again in between.
    let mut builder = TrustBuilder::from_snapshot(&builder.build());
    let third = signer(&VIETNAM, 3).der;
    let changes = [
        first.deleted(),
        second.replaced_by(&third),
        entry(&VIETNAM, 4).added(),
        list.deleted(),
        master_list().deleted(),
        entry(&VIETNAM, 77).deleted(),
    ];
    let imported = add(&mut builder, &changes);
    assert_eq!(imported.added, [Fingerprint::of(&third), Fingerprint::of(&signer(&VIETNAM, 4).der)]);
    let removed = [&first, &second]
        .map(|gone| Removed { fingerprint: Fingerprint::of(&gone.der), entry: gone.dn.clone() });
    assert_eq!(imported.removed, removed);
    assert_eq!((refusals(&imported), imported.absent), (vec![Refusal::DirectoryChangeUnused; 2], 1));
    let trust = builder.build();
    let left: Vec<Fingerprint> = trust.document_signers().fingerprints().collect();
    assert_eq!(left, imported.added);
    assert_eq!(
        (trust.anchors().len(), trust.crls().len()),
        (2, 1),
        "a file that nobody signed revokes no revocation"
    );
    // A newer revocation list in the same entry replaces the older one, never the other way round.
    let newer = VIETNAM.revocation_list(NOW.0 + 86_400, Vec::new());
    let mut builder = TrustBuilder::from_snapshot(&trust);
    assert_eq!(add(&mut builder, &[list.replaced_by(&newer)]).added.len(), 1);
    assert_eq!(refusals(&add(&mut builder, &[list.replaced_by(&crl)])), [Refusal::CrlOlder]);
}

/// The signers of the store: source, and whether the directory has something against each.
fn known(builder: &TrustBuilder) -> Vec<(String, bool)> {
    let trust = builder.clone().build();
    let signers = trust.document_signers().iter();
    let seen = signers.map(|one| (one.provenance.source, one.conformance != Conformance::Conformant));
    seen.collect()
}

#[test]
fn a_signer_that_is_known_is_bound_to_its_entry() {
    let first = entry(&VIETNAM, 1);
    let taken = |builder: &mut TrustBuilder, name: &str, records: &[String]| {
        builder.add_ldif(file(records).as_bytes(), &from(name), &Pins::none())
    };
    // Known by itself, without an entry: kept in a pack, and fresh.
    for opened_again in [true, false] {
        let mut builder = trusting();
        builder.add_document_signer(&first.der, &from("hand"), Conformance::Conformant);
        if opened_again {
            builder = TrustBuilder::from_snapshot(&builder.build());
        }
        assert_eq!(taken(&mut builder, "early", &[first.deleted()]).absent, 1);
        assert_eq!(known(&builder), [("hand".to_owned(), false)]);
        assert_eq!(taken(&mut builder, "complete", &[first.content()]).known, 1);
        assert_eq!(known(&builder), [("complete".to_owned(), false)]);
        // The same once more is no news.
        let id = builder.clone().build().packs();
        assert_eq!(taken(&mut builder, "complete again", &[first.content()]).known, 1);
        assert_eq!(builder.clone().build().packs(), id);
        let mut builder = TrustBuilder::from_snapshot(&builder.build());
        assert_eq!(taken(&mut builder, "delta", &[first.deleted()]).removed.len(), 1);
        assert!(known(&builder).is_empty());
    }
    // It moves into the branch of what does not conform: added there first, taken from here then, or the other way round.
    let moved = Entry::signer(Kind::NonConformantSigner, &VIETNAM, &signer(&VIETNAM, 1));
    for records in [[moved.added(), first.deleted()], [first.deleted(), moved.added()]] {
        let mut builder = trusting();
        taken(&mut builder, "complete", &[first.content()]);
        taken(&mut builder, "delta", &records);
        assert_eq!(known(&builder), [("delta".to_owned(), true)]);
        assert_eq!(taken(&mut builder, "later", &[moved.deleted()]).removed.len(), 1);
    }
    // An entry that gets a signer which is known already loses the one that it had.
    let mut builder = trusting();
    builder.add_document_signer(&signer(&VIETNAM, 2).der, &from("hand"), Conformance::Conformant);
    taken(&mut builder, "complete", &[first.content()]);
    let imported = taken(&mut builder, "delta", &[first.replaced_by(&signer(&VIETNAM, 2).der)]);
    assert_eq!((imported.known, imported.removed.len()), (1, 1), "{imported:?}");
    assert_eq!(known(&builder), [("delta".to_owned(), false)]);
}

#[test]
fn what_one_store_knew_of_a_signer_another_takes_over() {
    let first = entry(&VIETNAM, 1);
    let mut builder = trusting();
    add(&mut builder, &[first.content()]);
    let other = builder.build();
    let mut builder = trusting();
    for signer in other.document_signers().iter() {
        assert_eq!(builder.add_known_signer(&signer).added.len(), 1);
        assert_eq!(builder.add_known_signer(&signer).known, 1);
    }
    assert_eq!(add(&mut builder, &[first.deleted()]).removed.len(), 1);
}

#[test]
fn a_signer_cannot_be_replaced_by_one_that_does_not_prove_itself() {
    let first = entry(&VIETNAM, 1);
    let mut builder = trusting();
    add(&mut builder, &[first.content()]);
    let imported = add(&mut builder, &[first.replaced_by(&signer(&FORGER, 1).der)]);
    assert_eq!(refusals(&imported), [Refusal::SignerSignatureWrong]);
    assert_eq!(
        builder.build().document_signers().fingerprints().collect::<Vec<_>>(),
        [Fingerprint::of(&first.der)]
    );
}

#[test]
fn damaged_files_lose_no_more_than_the_entry_that_is_damaged() {
    let whole = file(&[entry(&VIETNAM, 1).content(), entry(&VIETNAM, 2).content()]);
    let damaged = whole.replacen("userCertificate;binary:: MII", "userCertificate;binary:: M!I", 1);
    let imported = trusting().add_ldif(damaged.as_bytes(), &from("damaged"), &Pins::none());
    assert_eq!((imported.added.len(), refusals(&imported)), (1, vec![Refusal::DirectoryUnreadable]));
    for length in (0..whole.len()).step_by(61) {
        let imported = trusting().add_ldif(&whole.as_bytes()[..length], &from("cut"), &Pins::none());
        assert!(imported.added.len() <= 2);
    }
    // A file that is none of a directory is given up.
    let noise = "noise\n\n".repeat(100_000);
    let imported = trusting().add_ldif(noise.as_bytes(), &from("noise"), &Pins::none());
    assert_eq!(imported.refused.len(), 1_001);
}
