//! Published master lists and anchors into the trust store, with counts of what is taken and why anything is not.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod common;

use std::collections::BTreeSet;

use common::{NOW, bytes, from, refusals, shared};
use reader_core::pki::{Certificate, Fingerprint, Imported, Pins, Refusal, TrustBuilder, VerifiedBy};
use reader_core::wire::cms::SignedData;

/// The signer's certificate inside a list.
fn signer(list: &[u8]) -> Certificate {
    let data = SignedData::parse(list).unwrap();
    data.certificates
        .iter()
        .map(|der| Certificate::from_der(der).unwrap())
        .find(|certificate| certificate.extended_key_usage().is_some())
        .unwrap()
}

fn show(name: &str, imported: &Imported) {
    println!(
        "{name}: {} added, {} known, refused {:?}",
        imported.added.len(),
        imported.known,
        refusals(imported)
    );
    for refused in &imported.refused {
        println!("  {:?} {} ({}): {}", refused.refusal, refused.subject, refused.fingerprint, refused.detail);
    }
}

#[test]
fn lists_are_taken_once_their_signer_is_pinned() {
    let Some(folder) = shared("vectors/csca/masterlists") else { return };
    for (name, count, taken) in [
        ("DE_ML_2024-08-07.ml", 541, 534),
        ("DE_ML_2026-05-28.ml", 588, 574),
        ("EE_ML_2026-06-08.ml", 374, 374),
        ("NL_ML_2026-07-22.ml", 411, 411),
    ] {
        let list = bytes(&folder, name);
        let mut builder = TrustBuilder::new();
        let unpinned = builder.add_master_list(&list, &from(name), &Pins::none());
        assert_eq!(unpinned.refused[0].refusal, Refusal::ListSignerUnknown, "{name}");
        assert!(unpinned.added.is_empty());
        assert!(unpinned.refused[0].detail.contains(&signer(&list).fingerprint().to_string()));

        let pins: Pins = [signer(&list).fingerprint()].into_iter().collect();
        let imported = builder.add_master_list(&list, &from(name), &pins);
        show(name, &imported);
        assert_eq!(imported.added.len() + imported.known + imported.refused.len(), count, "{name}");
        assert_eq!(imported.added.len(), taken, "{name}");
        let trust = builder.build();
        assert_eq!(trust.anchors().len(), imported.added.len());
        let of_list = VerifiedBy::List(Fingerprint::of(&list));
        assert!(trust.anchors().iter().all(|anchor| anchor.verified_by == of_list));
    }
}

/// All 686 distinct certificates of the shared lists: `csca-table.tsv` says what each is.
#[test]
fn every_certificate_of_the_lists_together_is_taken_or_refused_for_a_reason() {
    let Some(folder) = shared("vectors/csca") else { return };
    let mut builder = TrustBuilder::new();
    let lists = ["DE_ML_2024-08-07.ml", "DE_ML_2026-05-28.ml", "EE_ML_2026-06-08.ml", "NL_ML_2026-07-22.ml"];
    let mut pins: Vec<Fingerprint> = lists
        .iter()
        .map(|name| signer(&bytes(&folder, &format!("masterlists/{name}"))).fingerprint())
        .collect();
    pins.push(Fingerprint::of(&bytes(&folder, "masterlists/bare_CscaMasterList_tananaev.ml")));
    let pins: Pins = pins.into_iter().collect();
    // A link may find its issuer in a later list, so all are taken in twice.
    let mut refused = Vec::new();
    for round in 0..2 {
        for name in lists.iter().chain(&["bare_CscaMasterList_tananaev.ml"]) {
            let list = bytes(&folder, &format!("masterlists/{name}"));
            let imported = builder.add_master_list(&list, &from(name), &pins);
            if round == 1 {
                show(name, &imported);
                refused.extend(imported.refused);
            }
        }
    }
    refused.sort_by_key(|one| one.fingerprint);
    refused.dedup_by_key(|one| one.fingerprint);
    let trust = builder.build();
    // What is refused is exactly the links whose issuer is in none of these lists.
    let table = String::from_utf8(bytes(&folder, "csca-table.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), trust.anchors().len() + refused.len());
    let listed = |id: &str| rows.iter().any(|row| row[0] == id);
    // One link's issuer is not here, but another certificate with the same key is.
    let same_key = "9b2cb7e5011f033975f679f061de2d93a6b5a83987b69d0e04087b4843c54f3c";
    let hopeless: BTreeSet<String> = rows
        .iter()
        .filter(|row| row[2] != "root" && !listed(row[13]) && row[0] != same_key)
        .map(|row| row[0].to_owned())
        .collect();
    // Between Bermuda and the United Kingdom two links cross a border: no state introduces another's key.
    let (abroad, refused): (Vec<_>, Vec<_>) =
        refused.into_iter().partition(|one| one.refusal == Refusal::NotAnAuthority);
    assert_eq!(abroad.len(), 2);
    let given: BTreeSet<String> = refused.iter().map(|one| one.fingerprint.to_string()).collect();
    assert_eq!(given, hopeless);
    assert!(refused.iter().all(|one| one.refusal == Refusal::LinkIssuerUnknown));
    assert_eq!((trust.anchors().len(), refused.len()), (677, 7));
}

#[test]
fn a_list_chains_to_its_trusted_authority() {
    let Some(folder) = shared("vectors/csca") else { return };
    for (anchor, list) in [
        ("anchors/DE_CSCA07.cer", "masterlists/DE_ML_2024-08-07.ml"),
        ("anchors/NL_ROOT_CA.cer", "masterlists/NL_ML_2026-07-22.ml"),
    ] {
        let mut builder = TrustBuilder::new();
        let added = builder.add_certificate(&bytes(&folder, anchor), &from(anchor), &Pins::none());
        show(anchor, &added);
        let imported = builder.add_master_list(&bytes(&folder, list), &from(list), &Pins::none());
        println!("{list} under {anchor}: {} added, refused {:?}", imported.added.len(), refusals(&imported));
        // The German list of 2024 stands under a later certificate than this one.
        assert_eq!(imported.added.len() > 400, anchor.contains("NL"), "{list}");
    }
}

#[test]
fn a_bare_list_proves_nothing_unless_it_is_pinned() {
    let Some(folder) = shared("vectors/csca/masterlists") else { return };
    let list = bytes(&folder, "bare_CscaMasterList_tananaev.ml");
    let mut builder = TrustBuilder::new();
    let refused = builder.add_master_list(&list, &from("bare"), &Pins::none());
    assert_eq!((refused.added.len(), refused.refused[0].refusal), (0, Refusal::ListNotPinned));
    let pins: Pins = [Fingerprint::of(&list)].into_iter().collect();
    let imported = builder.add_master_list(&list, &from("bare"), &pins);
    show("bare", &imported);
    assert_eq!(imported.added.len() + imported.known + imported.refused.len(), 581);
}

#[test]
fn altered_lists_are_refused_as_a_whole() {
    let Some(folder) = shared("vectors/csca/masterlists") else { return };
    let list = bytes(&folder, "NL_ML_2026-07-22.ml");
    let pins: Pins = [signer(&list).fingerprint()].into_iter().collect();
    let mut altered = list.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let refused = TrustBuilder::new().add_master_list(&altered, &from("altered"), &pins);
    assert_eq!((refused.added.len(), refused.refused[0].refusal), (0, Refusal::ListSignatureWrong));
    let cut = TrustBuilder::new().add_master_list(&list[..list.len() - 1], &from("cut"), &pins);
    assert_eq!(cut.refused[0].refusal, Refusal::ListUnreadable);
}

#[test]
fn certificates_are_added_one_by_one_and_links_after_their_roots() {
    let Some(folder) = shared("vectors/csca") else { return };
    let vietnam = bytes(&folder, "vietnam/VN_CSCA_2022.cer");
    let mut builder = TrustBuilder::new();
    let added = builder.add_certificate(&vietnam, &from("VN"), &Pins::none());
    assert_eq!((added.added.len(), added.refused.len()), (1, 0), "{added:?}");
    assert_eq!(builder.add_certificate(&vietnam, &from("again"), &Pins::none()).known, 1);
    let link = bytes(&folder, "anchors/ID_2016-01_CSCA_LINK.cer");
    let early = builder.add_certificate(&link, &from("link"), &Pins::none());
    assert_eq!(early.refused[0].refusal, Refusal::LinkIssuerUnknown);
    let old = bytes(&folder, "anchors/ID_2010-12_CSCA.cer");
    assert_eq!(builder.add_certificate(&old, &from("ID"), &Pins::none()).added.len(), 1);
    let linked = builder.add_certificate(&link, &from("link"), &Pins::none());
    assert_eq!((linked.added.len(), linked.refused.len()), (1, 0), "{linked:?}");
    let trust = builder.build();
    assert!(matches!(trust.anchors()[2].verified_by, VerifiedBy::Link(id) if id == Fingerprint::of(&old)));
    assert_eq!(trust.anchors()[0].provenance.source, "VN");
    assert_eq!(trust.anchors()[0].certificate.subject().country().as_deref(), Some("VN"));
    assert_eq!(trust.anchors()[0].key().name(), "brainpoolP512r1");

    let mut altered = vietnam.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    let refused = TrustBuilder::new().add_certificate(&altered, &from("altered"), &Pins::none());
    assert_eq!(refused.refused[0].refusal, Refusal::SelfSignatureWrong);
    let cut = TrustBuilder::new().add_certificate(&vietnam[..700], &from("cut"), &Pins::none());
    assert_eq!(cut.refused[0].refusal, Refusal::CertificateUnreadable);
    assert!(!cut.refused[0].detail.is_empty());
}

#[test]
fn published_revocation_lists_are_taken_under_their_issuers() {
    let (Some(crls), Some(lists)) = (shared("vectors/crl"), shared("vectors/csca/masterlists")) else {
        return;
    };
    let list = bytes(&lists, "DE_ML_2026-05-28.ml");
    let mut builder = TrustBuilder::new();
    let pins: Pins = [signer(&list).fingerprint()].into_iter().collect();
    builder.add_master_list(&list, &from("DE"), &pins);
    let mut taken = Vec::new();
    for entry in std::fs::read_dir(crls).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !name.ends_with(".crl") {
            continue;
        }
        let imported = builder.add_crl(&std::fs::read(entry.path()).unwrap(), &from("list"));
        if imported.added.len() == 1 {
            taken.push(name);
        } else {
            println!("{name}: {:?}", imported.refused);
        }
    }
    println!("taken: {taken:?}");
    let trust = builder.build();
    let entries: usize = trust.crls().iter().map(|crl| crl.len()).sum();
    println!("{} lists, {entries} entries", trust.crls().len());
    assert!(trust.crls().iter().all(|crl| crl.this_update() < NOW));
}
