//! The import of whole master lists, and the same signatures by OpenSSL.

use std::collections::HashMap;
use std::path::Path;

use openssl::x509::{X509, X509Ref};
use reader_core::pki::{Certificate, Pins, Provenance, TrustBuilder};
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Timestamp;

use crate::table::Row;
use crate::timing::once;

const LISTS: [&str; 4] =
    ["DE_ML_2024-08-07.ml", "DE_ML_2026-05-28.ml", "EE_ML_2026-06-08.ml", "NL_ML_2026-07-22.ml"];

/// One row for each list of the folder.
pub fn rows(folder: &Path) -> Result<Vec<Row>, std::io::Error> {
    LISTS
        .iter()
        .map(|name| {
            let list = std::fs::read(folder.join(name))?;
            let (taken, ours) = best(|| import(&list, name));
            let ders = members(&list);
            let (checked, theirs) = best(|| check(&ders));
            let what = format!("{name}: {taken} of {} taken, OpenSSL checks {checked}", ders.len());
            Ok(Row { what, ours, theirs })
        })
        .collect()
}

fn best<R>(mut operation: impl FnMut() -> R) -> (R, std::time::Duration) {
    let mut best = once(&mut operation);
    for _ in 0..2 {
        let next = once(&mut operation);
        if next.1 < best.1 {
            best = next;
        }
    }
    best
}

fn import(list: &[u8], name: &str) -> usize {
    let data = SignedData::parse(list).expect("a list");
    let signers = data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok());
    let pins: Pins = signers
        .filter(|certificate| certificate.extended_key_usage().is_some())
        .map(|certificate| certificate.fingerprint())
        .collect();
    let provenance = Provenance { source: name.to_owned(), imported_at: Timestamp(1_795_255_200) };
    TrustBuilder::new().add_master_list(list, &provenance, &pins).added.len()
}

/// The certificates of a list, found without OpenSSL so that both sides begin with the same bytes.
fn members(list: &[u8]) -> Vec<Vec<u8>> {
    use reader_core::wire::tlv::{Reader, Rules};
    let data = SignedData::parse(list).expect("a list");
    let content = data.content.expect("a list has content");
    let mut outer = Reader::new("list", Rules::Ber, content);
    let mut inner = outer.enter("list", 0x30).expect("a sequence");
    inner.expect(0x02).expect("a version");
    let mut set = inner.enter("certificates", 0x31).expect("a set");
    let mut ders = Vec::new();
    while !set.is_empty() {
        ders.push(set.expect(0x30).expect("a certificate").raw.to_vec());
    }
    ders
}

/// Parses every certificate and checks its signature under its own key or under those of its issuer's name; how many hold.
fn check(ders: &[Vec<u8>]) -> usize {
    let certificates: Vec<X509> = ders.iter().filter_map(|der| X509::from_der(der).ok()).collect();
    let mut by_name: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (index, certificate) in certificates.iter().enumerate() {
        let name = certificate.subject_name().to_der().expect("a name");
        by_name.entry(name).or_default().push(index);
    }
    let holds = |certificate: &X509Ref, issuer: &X509Ref| {
        issuer.public_key().is_ok_and(|key| certificate.verify(&key).unwrap_or(false))
    };
    let key_id = |certificate: &X509Ref| certificate.subject_key_id().map(|id| id.as_slice().to_vec());
    certificates
        .iter()
        .filter(|certificate| {
            let issuer = certificate.issuer_name().to_der().expect("a name");
            let wanted = certificate.authority_key_id().map(|id| id.as_slice().to_vec());
            let mut candidates: Vec<&X509> = by_name
                .get(&issuer)
                .into_iter()
                .flatten()
                .filter_map(|index| certificates.get(*index))
                .collect();
            // The named key first, as any sensible program does.
            candidates.sort_by_key(|candidate| wanted.is_none() || key_id(candidate) != wanted);
            candidates.iter().any(|candidate| holds(certificate, candidate))
        })
        .count()
}
