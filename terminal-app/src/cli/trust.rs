//! `idterm trust add · list · check`.

use std::path::PathBuf;

use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::signature::{PublicKey, SignatureScheme};
use reader_core::evidence::Reason;
use reader_core::pki::{Anchor, Fingerprint, Pins, Provenance, Refused, TrustBuilder};
use reader_core::wire::date::Timestamp;
use serde_json::{Value, json};

use super::args::TrustCommand;
use super::output::{Output, Tone, bold, coloured};
use crate::failure::{ErrorCode, Failure};
use crate::trust::{self, TrustFolder};

/// An anchor that ends within this many days is reported.
const EXPIRES_SOON_DAYS: i64 = 180;

/// Runs one of the store's commands.
///
/// # Errors
/// The store or a file cannot be read or written, or a pin is no SHA-256.
pub fn run(
    command: &TrustCommand,
    folder: &TrustFolder,
    now: Timestamp,
    output: &Output,
) -> Result<u8, Failure> {
    match command {
        TrustCommand::Add { files, pin } => add(files, pin, folder, now, output),
        TrustCommand::List => list(folder, output),
        TrustCommand::Check => check(folder, now, output),
    }
}

fn add(
    files: &[PathBuf],
    pins: &[String],
    folder: &TrustFolder,
    now: Timestamp,
    output: &Output,
) -> Result<u8, Failure> {
    let pins: Pins = pins
        .iter()
        .map(|pin| {
            Fingerprint::from_hex(pin).ok_or_else(|| {
                Failure::new(ErrorCode::Usage, format!("--pin {pin}: not 64 hexadecimal digits"))
            })
        })
        .collect::<Result<_, _>>()?;
    let snapshot = folder.open().map_err(no_trust)?;
    let mut builder = TrustBuilder::from_snapshot(&snapshot);
    let (mut added, mut known, mut refused) = (0, 0, Vec::new());
    for file in files {
        let bytes = trust::read_bounded(file)
            .map_err(|error| Failure::new(ErrorCode::CannotRead, error.to_string()))?;
        let provenance = Provenance {
            source: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            imported_at: now,
        };
        let (kind, imported) = trust::add(&mut builder, &bytes, &provenance, &pins);
        output.line(format!(
            "{} ({}): {} {}, {} {}, {} {}",
            bold(&file.display().to_string()),
            output.texts.get(match kind {
                trust::Kind::Certificate => "cli-trust-certificate",
                trust::Kind::MasterList => "cli-trust-master-list",
                trust::Kind::RevocationList => "cli-trust-revocation-list",
                trust::Kind::DeviationList => "cli-trust-deviation-list",
            }),
            imported.added.len(),
            output.texts.get("cli-trust-added"),
            imported.known,
            output.texts.get("cli-trust-known"),
            imported.refused.len(),
            output.texts.get("cli-trust-refused"),
        ));
        for one in &imported.refused {
            let reason = Reason::from(one.refusal);
            let text = output.texts.get(&format!("reason-{}", reason.number()));
            output.line(format!(
                "  {} {} {} {}: {text} ({})",
                coloured(Tone::Bad, Tone::Bad.sign()),
                reason.code(),
                one.subject,
                one.fingerprint,
                one.detail
            ));
        }
        added += imported.added.len();
        known += imported.known;
        refused.extend(imported.refused.iter().map(|one| refused_json(one, output)));
    }
    folder.save(&builder.build()).map_err(|error| Failure::new(ErrorCode::CannotWrite, error.to_string()))?;
    output.document(&json!({ "added": added, "known": known, "refused": refused }));
    // Nothing of what was given could be used: that is no success for a script.
    Ok(if added + known == 0 { 1 } else { 0 })
}

fn refused_json(one: &Refused, output: &Output) -> Value {
    let reason = Reason::from(one.refusal);
    json!({
        "subject": one.subject,
        "sha256": one.fingerprint.to_string(),
        "code": reason.code(),
        "text": format!("{} {}", output.texts.get(&format!("reason-{}", reason.number())), one.detail),
    })
}

fn list(folder: &TrustFolder, output: &Output) -> Result<u8, Failure> {
    let snapshot = folder.open().map_err(no_trust)?;
    let rows: Vec<Value> = snapshot.anchors().iter().map(row).collect();
    output.document(&json!({ "anchors": rows }));
    for row in &rows {
        let cell = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("–").to_owned();
        output.line(format!(
            "{:<3} {:<18} {:<22} {} … {}  {}  {}",
            cell("country"),
            cell("key"),
            cell("signature"),
            cell("not_before").get(..10).unwrap_or_default(),
            cell("not_after").get(..10).unwrap_or_default(),
            cell("sha256").get(..16).unwrap_or_default(),
            cell("subject"),
        ));
    }
    output.line(format!("{} {}", rows.len(), output.texts.get("cli-trust-anchors")));
    Ok(0)
}

/// One line of the table, as `trust list` gives it.
fn row(anchor: &Anchor) -> Value {
    let certificate = &anchor.certificate;
    json!({
        "country": certificate.subject().country().map(|country| country.to_uppercase()),
        "subject": certificate.subject().to_string(),
        "sha256": certificate.fingerprint().to_string(),
        "key": anchor.key().name(),
        "signature": certificate.signature_scheme().map_or_else(|error| error.to_string(), scheme_name),
        "not_before": certificate.not_before().to_string(),
        "not_after": certificate.not_after().to_string(),
        "source": anchor.provenance.source,
        "verified_by": anchor.verified_by.to_string(),
    })
}

fn check(folder: &TrustFolder, now: Timestamp, output: &Output) -> Result<u8, Failure> {
    let snapshot = folder.open().map_err(no_trust)?;
    let mut findings: Vec<(&str, String)> = Vec::new();
    for anchor in snapshot.anchors() {
        let certificate = &anchor.certificate;
        let ends = certificate.not_after();
        let subject = certificate.subject();
        if ends < now {
            findings.push(("expired", format!("{subject}: {ends}")));
        } else if ends < now.plus_s(EXPIRES_SOON_DAYS * 86_400) {
            findings.push(("expires_soon", format!("{subject}: {ends}")));
        }
        if is_weak(anchor) {
            findings.push(("weak", format!("{subject}: {}", anchor.key().name())));
        }
    }
    for list in snapshot.crls() {
        if list.next_update().is_some_and(|next| next < now) {
            findings.push(("stale_list", list.issuer().to_string()));
        }
    }
    if snapshot.anchors().is_empty() {
        findings.push(("empty", folder.path().display().to_string()));
    }
    let rows: Vec<Value> =
        findings.iter().map(|(kind, what)| json!({ "finding": kind, "what": what })).collect();
    output.document(&json!({
        "anchors": snapshot.anchors().len(), "revocation_lists": snapshot.crls().len(), "findings": rows
    }));
    output.line(format!(
        "{} {}, {} {}",
        snapshot.anchors().len(),
        output.texts.get("cli-trust-anchors"),
        snapshot.crls().len(),
        output.texts.get("cli-trust-lists"),
    ));
    for (kind, what) in &findings {
        let key = format!("cli-trust-{}", kind.replace('_', "-"));
        output.line(format!(
            "{} {}: {what}",
            coloured(Tone::Open, Tone::Open.sign()),
            output.texts.get(&key)
        ));
    }
    Ok(0)
}

/// SHA-1 in its signature, or a key below what 9303-12 §4.1.6 asks for.
fn is_weak(anchor: &Anchor) -> bool {
    let small = match anchor.key() {
        PublicKey::Ec(point) => point.curve().field_len() < 28,
        PublicKey::Rsa(key) => key.modulus_bits() < 2048,
    };
    let sha1 = anchor.certificate.signature_scheme().is_ok_and(|scheme| scheme.hash() == HashAlgorithm::Sha1);
    small || sha1
}

fn scheme_name(scheme: SignatureScheme) -> String {
    let hash = scheme.hash().name().to_lowercase().replace('-', "");
    match scheme {
        SignatureScheme::Ecdsa { .. } => format!("ecdsa-{hash}"),
        SignatureScheme::RsaPkcs1 { .. } | SignatureScheme::RsaPkcs1WithoutNull { .. } => {
            format!("rsa-{hash}")
        }
        SignatureScheme::RsaPss { salt_len, .. } => format!("pss-{hash}/salt{salt_len}"),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn no_trust(error: trust::TrustError) -> Failure {
    Failure::new(ErrorCode::NoTrust, error.to_string())
}
