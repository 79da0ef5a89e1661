//! The 686 country certificates of the shared master lists against what is known of them (`csca-table.tsv`,
//! `anomalies.tsv`), and the page that gives the counts.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use common::{bytes, from, shared};
use reader_core::crypto::signature::{PublicKey, SignatureCheck, SignatureScheme};
use reader_core::evidence::Reason;
use reader_core::pki::{Certificate, Fingerprint, Imported, Pins, Refusal, Refused, TrustBuilder};
use reader_core::wire::cms::SignedData;
use reader_core::wire::tlv::{Reader, Rules};

const LISTS: [&str; 5] = [
    "DE_ML_2024-08-07.ml",
    "DE_ML_2026-05-28.ml",
    "EE_ML_2026-06-08.ml",
    "NL_ML_2026-07-22.ml",
    "bare_CscaMasterList_tananaev.ml",
];
const BEGIN: &str = "<!-- counted by csca_table: begin -->\n";
const END: &str = "<!-- counted by csca_table: end -->\n";

/// One row of `csca-table.tsv`.
struct Row {
    sha256: String,
    root: bool,
    serial: String,
    not_before: String,
    not_after: String,
    key: String,
    signature: String,
    subject_key_id: String,
    authority_key_id: String,
    issuer_sha256: String,
    self_signature: String,
}

fn rows(folder: &Path) -> Vec<Row> {
    let table = String::from_utf8(bytes(folder, "csca-table.tsv")).unwrap();
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let cell = |index: usize| cells[index].clone();
        Row {
            sha256: cell(0),
            root: cells[2] == "root",
            serial: cell(5),
            not_before: cell(7),
            not_after: cell(8),
            key: cell(9),
            signature: cell(10),
            subject_key_id: cell(11),
            authority_key_id: cell(12),
            issuer_sha256: cell(13),
            self_signature: cell(14),
        }
    };
    table.lines().skip(1).map(row).collect()
}

/// The certificates of a list as they stand, signed or bare.
fn members(list: &[u8]) -> Vec<Vec<u8>> {
    let content = SignedData::parse(list).map_or(list, |data| data.content.unwrap());
    let mut reader = Reader::new("list", Rules::Ber, content).enter("list", 0x30).unwrap();
    reader.small().unwrap();
    let mut set = reader.enter("list", 0x31).unwrap();
    let mut members = Vec::new();
    while !set.is_empty() {
        members.push(set.any().unwrap().raw.to_vec());
    }
    members
}

/// The list's signer; the list itself where it has none.
fn pinned(list: &[u8]) -> Fingerprint {
    let Ok(data) = SignedData::parse(list) else { return Fingerprint::of(list) };
    let signers = data.certificates.iter().map(|der| Certificate::from_der(der).unwrap());
    let mut signers = signers.filter(|certificate| certificate.extended_key_usage().is_some());
    signers.next().unwrap().fingerprint()
}

fn hex(bytes: Option<&[u8]>) -> String {
    bytes.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signature_name(scheme: SignatureScheme) -> String {
    let hash = scheme.hash().name().to_lowercase().replace('-', "");
    match scheme {
        SignatureScheme::Ecdsa { .. } => format!("ecdsa-{hash}"),
        SignatureScheme::RsaPss { salt_len, .. } => format!("pss-{hash}/salt{salt_len}"),
        SignatureScheme::Dsa { .. } => format!("dsa-{hash}"),
        SignatureScheme::RsaPkcs1 { .. } | SignatureScheme::RsaPkcs1WithoutNull { .. } => {
            format!("rsa-{hash}")
        }
    }
}

/// The key as the table names it, without how its curve is written.
fn key_name(key: &PublicKey) -> String {
    match key {
        PublicKey::Rsa(rsa) => {
            let exponent = rsa.exponent_bytes().iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
            format!("RSA {} e={exponent}", rsa.modulus_bits())
        }
        PublicKey::Dsa(key) => format!("DSA {}", key.prime_bits()),
        PublicKey::Ec(point) => {
            let curve = point.curve();
            let name = curve.name();
            match name.strip_prefix("P-") {
                Some(bits) => format!("EC NIST{bits}p"),
                None => format!("EC {}", name.replace("brainpool", "BRAINPOOL")),
            }
        }
    }
}

/// The certificate says what the table says that it says.
fn assert_described(row: &Row, certificate: &Certificate) {
    let what = format!("{} {}", row.sha256, certificate.subject());
    assert_eq!(signature_name(certificate.signature_scheme().unwrap()), row.signature, "{what}");
    let key = key_name(&certificate.public_key().unwrap());
    let exact = key == row.key || row.key.starts_with(&format!("{key} "));
    assert!(exact, "{what}: {key} and {}", row.key);
    assert_eq!(hex(certificate.subject_key_id()), row.subject_key_id, "{what}");
    assert_eq!(hex(certificate.authority_key_id()), row.authority_key_id, "{what}");
    assert_eq!(certificate.not_before().to_string()[..10], row.not_before, "{what}");
    assert_eq!(certificate.not_after().to_string()[..10], row.not_after, "{what}");
    let serial = hex(Some(certificate.serial()));
    let negative = certificate.serial().first().is_some_and(|first| first & 0x80 != 0);
    let same = serial.trim_start_matches('0') == row.serial.trim_start_matches('0');
    assert!(same || negative, "{what}: serial {serial} and {}", row.serial);
}

/// What was checked of the signatures with one algorithm.
#[derive(Default)]
struct Checked {
    roots: usize,
    links: usize,
    issuer_absent: usize,
}

#[test]
fn every_signature_whose_issuer_is_there_holds_and_the_page_has_the_counts() {
    let Some(folder) = shared("vectors/csca") else { return };
    let rows = rows(&folder);
    let lists: Vec<(&str, Vec<u8>)> =
        LISTS.iter().map(|name| (*name, bytes(&folder, &format!("masterlists/{name}")))).collect();
    let mut certificates: BTreeMap<String, Certificate> = BTreeMap::new();
    for der in lists.iter().flat_map(|(_, list)| members(list)) {
        let certificate = Certificate::from_der(&der).unwrap();
        certificates.insert(certificate.fingerprint().to_string(), certificate);
    }
    assert_eq!((rows.len(), certificates.len()), (686, 686));

    let mut checked: BTreeMap<String, Checked> = BTreeMap::new();
    for row in &rows {
        let certificate = &certificates[&row.sha256];
        assert_described(row, certificate);
        let counts = checked.entry(row.signature.clone()).or_default();
        if row.root {
            assert_eq!(row.self_signature, "OK", "the table has no root that OpenSSL refuses");
            let holds = certificate.verify_under(&certificate.public_key().unwrap()).unwrap().is_valid();
            assert!(holds, "the self-signature of {}", certificate.subject());
            counts.roots += 1;
        } else if let Some(issuer) = certificates.get(&row.issuer_sha256) {
            let holds = certificate.verify_under(&issuer.public_key().unwrap()).unwrap().is_valid();
            assert!(holds, "the signature of {} on {}", issuer.subject(), row.sha256);
            // A link does not pass for one who signed himself.
            let own = certificate.verify_under(&certificate.public_key().unwrap());
            assert!(!own.is_ok_and(SignatureCheck::is_valid), "{}", certificate.subject());
            counts.links += 1;
        } else {
            counts.issuer_absent += 1;
        }
    }

    let pins: Pins = lists.iter().map(|(_, list)| pinned(list)).collect();
    let alone: Vec<(&str, usize, Imported)> = lists
        .iter()
        .map(|(name, list)| {
            (*name, members(list).len(), TrustBuilder::new().add_master_list(list, &from(name), &pins))
        })
        .collect();
    let (builder, refused) = together(&lists, &pins);
    let trust = builder.build();
    let taken: BTreeSet<String> =
        trust.anchors().iter().map(|anchor| anchor.certificate.fingerprint().to_string()).collect();
    assert_eq!(taken.len() + refused.len(), rows.len());
    // Refused are links whose issuer is in none of the lists, those from one country to another, and no other.
    for one in &refused {
        let row = rows.iter().find(|row| row.sha256 == one.fingerprint.to_string()).unwrap();
        let certificate = &certificates[&row.sha256];
        let abroad = certificate.issuer().country() != certificate.subject().country();
        let expected = if abroad { Refusal::NotAnAuthority } else { Refusal::LinkIssuerUnknown };
        assert_eq!(one.refusal, expected, "{}", one.subject);
        assert!(!row.root && (abroad || !certificates.contains_key(&row.issuer_sha256)), "{}", one.subject);
    }
    let anomalies = anomalies(&folder, &certificates, &taken);
    assert_page(&section(&checked, &alone, &taken, &refused, &anomalies, rows.len()));
}

/// All lists into one store; twice, since a link may find its issuer in a later list. What is then still refused.
fn together(lists: &[(&str, Vec<u8>)], pins: &Pins) -> (TrustBuilder, Vec<Refused>) {
    let mut builder = TrustBuilder::new();
    for (name, list) in lists {
        builder.add_master_list(list, &from(name), pins);
    }
    let mut refused = Vec::new();
    for (name, list) in lists {
        refused.extend(builder.add_master_list(list, &from(name), pins).refused);
    }
    refused.sort_by_key(|one| (one.subject.clone(), one.fingerprint));
    refused.dedup_by_key(|one| one.fingerprint);
    (builder, refused)
}

/// How many certificates have each oddity of `anomalies.tsv`, and how many of those are taken. Those that are in none of
/// the shared lists are left out.
fn anomalies(
    folder: &Path,
    certificates: &BTreeMap<String, Certificate>,
    taken: &BTreeSet<String>,
) -> BTreeMap<&'static str, (usize, usize)> {
    let table = String::from_utf8(bytes(folder, "anomalies.tsv")).unwrap();
    let mut counts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let Some(certificate) = certificates.get(cells[0]) else { continue };
        for what in cells[3].split("; ") {
            let first = certificate.serial().first().copied().unwrap_or_default();
            let (name, found) = if what.starts_with("RSA e=") {
                let key = key_name(&certificate.public_key().unwrap());
                ("RSA exponent other than 3 and 65537", key.ends_with(&what["RSA ".len()..]))
            } else if what == "serial 0" {
                ("serial number zero", certificate.serial().iter().all(|byte| *byte == 0))
            } else if what.contains("serial") {
                ("negative serial number", first & 0x80 != 0)
            } else {
                let raw = certificate.subject().raw();
                let country = certificate.subject().country().unwrap().to_lowercase();
                let lower = raw.windows(country.len()).any(|window| window == country.as_bytes());
                ("country in lower case", what == "lower-case country" && lower)
            };
            assert!(found, "{what}: {}", certificate.subject());
            let count = counts.entry(name).or_default();
            count.0 += 1;
            count.1 += usize::from(taken.contains(cells[0]));
        }
    }
    counts
}

fn section(
    checked: &BTreeMap<String, Checked>,
    alone: &[(&str, usize, Imported)],
    taken: &BTreeSet<String>,
    refused: &[Refused],
    anomalies: &BTreeMap<&'static str, (usize, usize)>,
    rows: usize,
) -> String {
    let mut out = String::new();
    out.push_str("| signature | self-signatures that hold | links that hold | links whose issuer is in none of the lists |\n|---|---|---|---|\n");
    let mut sum = Checked::default();
    for (name, counts) in checked {
        let Checked { roots, links, issuer_absent } = counts;
        writeln!(out, "| {name} | {roots} | {links} | {issuer_absent} |").unwrap();
        sum.roots += roots;
        sum.links += links;
        sum.issuer_absent += issuer_absent;
    }
    let Checked { roots, links, issuer_absent } = sum;
    writeln!(out, "| all {rows} | {roots} | {links} | {issuer_absent} |\n").unwrap();

    out.push_str("| list, by itself in an empty store | certificates | taken | refused | signatures checked, at most |\n|---|---|---|---|---|\n");
    for (name, count, imported) in alone {
        let (added, refused) = (imported.added.len(), imported.refused.len());
        assert_eq!(added + refused + imported.known, *count, "{name}");
        writeln!(out, "| {name} | {count} | {added} | {refused} | {} |", imported.signature_checks).unwrap();
    }
    let all =
        format!("| all together, in that order, twice | {rows} | {} | {} | |\n", taken.len(), refused.len());
    out.push_str(&all);

    out.push_str("\n| refused of all together | SHA-256 begins | reason |\n|---|---|---|\n");
    for one in refused {
        let reason = Reason::from(one.refusal);
        let short = &one.fingerprint.to_string()[..16];
        let (code, meaning) = (reason.code(), reason.meaning());
        // What to add says the reason's own sentence; why a certificate is no authority's says the detail.
        let detail = match one.refusal {
            Refusal::NotAnAuthority => format!(" ({})", one.detail),
            _ => String::new(),
        };
        writeln!(out, "| {} | `{short}` | {code}: {meaning}{detail} |", one.subject).unwrap();
    }

    out.push_str("\n| oddity of `anomalies.tsv` | certificates | taken |\n|---|---|---|\n");
    for (name, (count, taken)) in anomalies {
        writeln!(out, "| {name} | {count} | {taken} |").unwrap();
    }
    out
}

/// The part of the page between the marks is what was counted.
fn assert_page(counted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONFORMANCE.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once(BEGIN).unwrap();
    let (written, _) = rest.split_once(END).unwrap();
    assert!(
        written.trim() == counted.trim(),
        "docs/CONFORMANCE.md is to have between its marks:\n\n{counted}"
    );
}
