//! `idterm trust list`.

use reader_core::crypto::signature::SignatureScheme;
use reader_core::pki::{Anchor, Fingerprint};
use serde_json::{Value, json};

use super::args::ListArgs;
use super::{counted, country_json, no_trust};
use crate::cli::context::Context;
use crate::cli::output::{Output, Tone, bold, coloured};
use crate::failure::{ErrorCode, Failure};
use crate::trust::TrustFolder;
use crate::trust::policy::is_country;

/// The columns of certificates, by key of their documents.
const ANCHOR_COLUMNS: [&str; 7] =
    ["country", "key", "signature", "not_before", "not_after", "verified_by", "source"];
/// The columns of lists.
const LIST_COLUMNS: [&str; 6] = ["country", "number", "entries", "this_update", "next_update", "source"];
/// The columns of deviation lists.
const DEVIATION_COLUMNS: [&str; 5] = ["country", "sets", "signed_at", "verified_by", "source"];

pub(super) fn run(args: &ListArgs, folder: &TrustFolder, context: &Context) -> Result<u8, Failure> {
    let country = args.country.as_deref().map(str::to_uppercase);
    if country.as_deref().is_some_and(|country| !is_country(country)) {
        let what =
            format!("--country {}: two letters as in certificates, such as VN", country.unwrap_or_default());
        return Err(Failure::new(ErrorCode::Usage, what));
    }
    let snapshot = folder.open().map_err(no_trust)?;
    let wanted = |row: &Value| country.as_deref().is_none_or(|country| row["country"] == country);
    let in_scope = |expired: bool| expired || !args.expired;
    let anchors: Vec<Value> = snapshot
        .anchors()
        .iter()
        .filter(|anchor| in_scope(anchor.certificate.not_after() < context.now))
        .map(anchor_row)
        .filter(wanted)
        .collect();
    let lists: Vec<Value> = snapshot
        .crls()
        .iter()
        .filter(|list| in_scope(list.next_update().is_some_and(|next| next < context.now)))
        .map(|list| {
            json!({
                "country": list.issuer().country(),
                "issuer": list.issuer().to_string(),
                "sha256": list.fingerprint().to_string(),
                "number": list.number().map(crate::trust::policy::hex),
                "entries": list.len(),
                "this_update": list.this_update().to_string(),
                "next_update": list.next_update().map(|next| next.to_string()),
                "source": list.provenance.source,
                "imported_at": list.provenance.imported_at.to_string(),
                "signed_by": list.signed_by.to_string(),
            })
        })
        .filter(wanted)
        .collect();
    let deviations: Vec<Value> = snapshot
        .deviation_lists()
        .iter()
        // Such a list says no day on which it ends.
        .filter(|_| in_scope(false))
        .map(|list| {
            json!({
                "country": list.content.issuer().country(),
                "issuer": list.content.issuer().to_string(),
                "signed_at": list.content.signed_at().map(|time| time.to_string()),
                "sets": list.content.deviations().len(),
                "sha256": list.fingerprint.to_string(),
                "source": list.provenance.source,
                "imported_at": list.provenance.imported_at.to_string(),
                "verified_by": list.verified_by.to_string(),
            })
        })
        .filter(wanted)
        .collect();
    let output = &context.output;
    output.document(&json!({
        "anchors": anchors,
        "revocation_lists": lists,
        "deviation_lists": deviations,
        "document_signers": snapshot.document_signers().len(),
    }));
    table(&anchors, &ANCHOR_COLUMNS, output);
    table(&lists, &LIST_COLUMNS, output);
    table(&deviations, &DEVIATION_COLUMNS, output);
    let signers = snapshot.document_signers().len();
    output.line(counted([anchors.len(), lists.len(), deviations.len(), signers], output));
    Ok(0)
}

/// One certificate, as `trust list` gives it.
pub(super) fn anchor_row(anchor: &Anchor) -> Value {
    let certificate = &anchor.certificate;
    json!({
        "country": country_json(anchor),
        "subject": certificate.subject().to_string(),
        "sha256": certificate.fingerprint().to_string(),
        "key": anchor.key().name(),
        "signature": certificate.signature_scheme().map_or_else(|error| error.to_string(), scheme_name),
        "not_before": certificate.not_before().to_string(),
        "not_after": certificate.not_after().to_string(),
        "source": anchor.provenance.source,
        "imported_at": anchor.provenance.imported_at.to_string(),
        "verified_by": anchor.verified_by.to_string(),
    })
}

/// Rows by country under their headings, with the first digits of the fingerprint by which `trust remove` takes them, and an
/// empty line.
fn table(rows: &[Value], columns: &[&str], output: &Output) {
    if output.json || rows.is_empty() {
        return;
    }
    let mut headings = vec!["SHA-256".to_owned()];
    headings.extend(
        columns.iter().map(|key| output.texts.get(&format!("cli-trust-column-{}", key.replace('_', "-")))),
    );
    let mut rows: Vec<&Value> = rows.iter().collect();
    rows.sort_by_key(|row| cell(row, "country"));
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            std::iter::once("sha256").chain(columns.iter().copied()).map(|key| cell(row, key)).collect()
        })
        .collect();
    let width = |column: usize| {
        let all = cells.iter().filter_map(|row| row.get(column)).chain(headings.get(column));
        all.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let written = |row: &[String]| {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    output.line(bold(&written(&headings)));
    for (row, document) in cells.iter().zip(&rows) {
        output.line(written(row));
        if let Some(name) = ["subject", "issuer"].iter().find_map(|key| document.get(key)?.as_str()) {
            output.line(coloured(Tone::Grey, &format!("  {name}")));
        }
    }
    output.line("");
}

fn cell(row: &Value, key: &str) -> String {
    let text = match row.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "–".to_owned(),
    };
    match key {
        "sha256" => text.get(..16).unwrap_or(&text).to_owned(),
        "not_before" | "not_after" | "this_update" | "next_update" | "signed_at" => {
            text.get(..10).unwrap_or(&text).to_owned()
        }
        "verified_by" => match text.split_once(':') {
            Some((how, id)) if Fingerprint::from_hex(id).is_some() => {
                format!("{how}:{}", id.get(..8).unwrap_or(id))
            }
            _ => text,
        },
        _ => text,
    }
}

fn scheme_name(scheme: SignatureScheme) -> String {
    let hash = scheme.hash().name().to_lowercase().replace('-', "");
    match scheme {
        SignatureScheme::Ecdsa { .. } => format!("ecdsa-{hash}"),
        SignatureScheme::RsaPkcs1 { .. } | SignatureScheme::RsaPkcs1WithoutNull { .. } => {
            format!("rsa-{hash}")
        }
        SignatureScheme::RsaPss { salt_len, .. } => format!("pss-{hash}/salt{salt_len}"),
        SignatureScheme::Dsa { .. } => format!("dsa-{hash}"),
    }
}
