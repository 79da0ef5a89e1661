//! Writes the fuzz seeds that come from invented holders' cards: `cargo xtask seeds`.
//!
//! The day is fixed, so the same cards come out each time. Seeds written by hand stay as they are.
#![allow(clippy::unwrap_used, reason = "a tool of the developers; it may stop at the first fault")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use test_vectors::card::Directory::{Lds, MasterFile};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::country::{SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST};
use test_vectors::issuer::deviation::{self, Described, DeviationSet, SignerSet};
use test_vectors::issuer::ldif::{self, Entry, Kind};
use test_vectors::persona;

/// 2026-07-01, when the first of these seeds were made.
const NOW_UNIX_S: i64 = 1_782_864_000;

/// One of each kind of chain and chip, and the cards whose files differ in shape.
const PERSONAS: [&str; 7] =
    ["good", "good-bac", "good-rsa", "good-nist", "no-signing-time", "foreign-passport", "sod-corrupt"];

fn main() {
    let mut seeds = Seeds::default();
    let mut write = |target, name: &str, bytes: Option<&[u8]>| seeds.write(target, name, bytes);
    for name in PERSONAS {
        let persona = persona::find(name).unwrap();
        let card = persona.card(NOW_UNIX_S);
        let file = |directory, id: u16| card.files.get(&(directory, id)).map(Vec::as_slice);
        write("com", name, file(Lds, 0x011E));
        write("dg1", name, file(Lds, 0x0101));
        if name == "good" || name == "foreign-passport" {
            write("dg2", name, file(Lds, 0x0102));
            write("picture", name, file(Lds, 0x0102).and_then(jpeg)); // the others differ by nothing that counts
        }
        write("dg13", name, file(Lds, 0x010D));
        write("dg14", name, file(Lds, 0x010E));
        write("dg15", name, file(Lds, 0x010F));
        write("security_infos", &format!("{name}-card-access"), file(MasterFile, 0x011C));
        write("security_infos", &format!("{name}-dg14"), file(Lds, 0x010E).map(content));
        write("spki", name, file(Lds, 0x010F).map(content));
        write("sod", name, file(Lds, 0x011D));
        write("cms", name, file(Lds, 0x011D).map(content));
        write("certificate", &format!("{name}-csca"), Some(&persona.issuing_csca_der(NOW_UNIX_S)));
        write("certificate", &format!("{name}-signer"), Some(&persona.document_signer(NOW_UNIX_S).der));
        write("mrz", name, Some(persona.access(NOW_UNIX_S).mrz_lines.join("\n").as_bytes()));
    }
    let mapped = persona::find("good-pace-cam").unwrap().card(NOW_UNIX_S);
    write("card_security", "good-pace-cam", mapped.files.get(&(MasterFile, 0x011D)).map(Vec::as_slice));
    for (number, list) in persona::revocation_lists(NOW_UNIX_S).iter().enumerate() {
        write("crl", &format!("list-{number}"), Some(list));
    }
    write("master_list", "anchors", Some(&persona::master_list(NOW_UNIX_S)));
    for (name, text) in directories() {
        write("ldif", name, Some(text.as_bytes()));
    }
    let sets = deviations();
    write("deviation_list", "signed", Some(&deviation::deviation_list(&VIETNAM, &sets, NOW_UNIX_S)));
    write("deviation_list", "content", Some(&deviation::content(&sets)));
}

/// A complete file of a directory, and one of changes.
fn directories() -> [(&'static str, String); 2] {
    let times = SignerTimes::around(Date::from_unix_s(NOW_UNIX_S).plus_years(-1));
    let signer = |number| VIETNAM_NIST.document_signer(SignerNumber(number), times);
    let entry = |kind, number| Entry::signer(kind, &VIETNAM_NIST, &signer(number));
    let of = |kind, der: &[u8]| Entry::of(kind, &VIETNAM_NIST, der);
    let list = of(Kind::RevocationList, &VIETNAM_NIST.revocation_list(NOW_UNIX_S, Vec::new()));
    let authority = of(Kind::Authority, &VIETNAM_NIST.csca(NOW_UNIX_S).der);
    let first = entry(Kind::DocumentSigner, 1);
    let complete =
        [authority.content(), first.content(), entry(Kind::NonConformantSigner, 2).content(), list.content()];
    let changes = [
        authority.added(),
        first.added(),
        first.replaced_by(&signer(3).der),
        first.deleted(),
        list.deleted(),
    ];
    [("complete", ldif::file(&complete)), ("changes", ldif::file(&changes))]
}

/// A set of documents by every field, and a deviation with every kind of parameter.
fn deviations() -> Vec<DeviationSet> {
    let described = vec![
        Described::plain("2.3"),
        Described::number("2.2", 2),
        Described::number("3.1", 8),
        Described::number("1.3", 5),
        Described::extension("1.2", "2.5.29.15"),
        Described::plain("9"),
    ];
    let issuer = VIETNAM.csca_name();
    let signers = [
        SignerSet::KeyId(vec![7; 20]),
        SignerSet::IssuerAndSerial(issuer, vec![9; 16]),
        SignerSet::Sha256(vec![1; 32]),
    ];
    let numbers = || ["C0900001", "C0900002", "X1"].map(str::to_owned).to_vec();
    let of = |signer| DeviationSet {
        document_code: Some("ID"),
        signer: Some(signer),
        issued_s: Some((NOW_UNIX_S, NOW_UNIX_S + 86_400)),
        numbers: Some(numbers()),
        described: described.clone(),
    };
    signers.into_iter().map(of).collect()
}

/// What the outermost data object holds: its tag has one byte here, its length the definite long or short form.
fn content(file: &[u8]) -> &[u8] {
    let length_bytes =
        file.get(1).map_or(0, |first| if first & 0x80 == 0 { 1 } else { 1 + usize::from(first & 0x7F) });
    file.get(1 + length_bytes..).unwrap_or_default()
}

/// The JPEG inside DG2: from its start marker to the file's end, where it is the last thing in the record.
fn jpeg(file: &[u8]) -> Option<&[u8]> {
    let start = file.windows(3).position(|bytes| bytes == [0xFF, 0xD8, 0xFF])?;
    file.get(start..)
}

/// What was written, so that cards which share a file give one seed.
#[derive(Default)]
struct Seeds(HashSet<(&'static str, Vec<u8>)>);

impl Seeds {
    /// Writes a seed where there is a target for it.
    fn write(&mut self, target: &'static str, name: &str, bytes: Option<&[u8]>) {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let Some(bytes) = bytes.filter(|_| fuzz.join("src/bin").join(target).with_extension("rs").exists())
        else {
            return;
        };
        if self.0.insert((target, bytes.to_vec())) {
            let folder = fuzz.join("seeds").join(target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("card-{name}")), bytes).unwrap();
        }
    }
}
