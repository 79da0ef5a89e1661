//! `idterm trust remove`: a certificate or list, and what only it vouched for.

use reader_core::pki::{Fingerprint, HeldCrl, KnownSigner, Pins, TrustBuilder, TrustSnapshot, VerifiedBy};
use serde_json::{Value, json};

use super::{no_trust, not_changed};
use crate::cli::context::Context;
use crate::cli::output::bold;
use crate::failure::{ErrorCode, Failure};
use crate::trust::refresh::RefreshState;
use crate::trust::{TrustFolder, intake};

/// Fewer digits are a slip of the finger.
const MIN_DIGITS: usize = 8;

/// Something that goes.
struct Gone {
    kind: &'static str,
    id: Fingerprint,
    what: String,
    /// What vouched for it; `None`: it was named.
    because: Option<Fingerprint>,
}

pub(super) fn run(id: &str, dry_run: bool, folder: &TrustFolder, context: &Context) -> Result<u8, Failure> {
    let snapshot = folder.open().map_err(no_trust)?;
    let id = the_one(id, &snapshot)?;
    let output = &context.output;
    let gone = if dry_run {
        without(&snapshot, id).1
    } else {
        intake::change(folder, |snapshot| without(&snapshot, id)).map_err(not_changed)?
    };
    if !dry_run {
        // What a source still has must be able to come back when the operator wants it.
        let mut state = RefreshState::of_store(folder.path());
        if !state.is_empty() {
            state.forget_validators();
            state.save(folder.path()).map_err(not_changed)?;
        }
    }
    let rows: Vec<Value> = gone
        .iter()
        .map(|one| {
            json!({
                "kind": one.kind,
                "sha256": one.id.to_string(),
                "what": one.what,
                "because": one.because.map(|because| because.to_string()),
            })
        })
        .collect();
    output.document(&json!({ "removed": rows, "dry_run": dry_run }));
    let texts = &output.texts;
    let verb = texts.get(if dry_run { "cli-trust-would-go" } else { "cli-trust-removed" });
    for one in &gone {
        let because = one.because.map(|because| {
            let digits: String = because.to_string().chars().take(16).collect();
            format!(" ({})", texts.with("cli-trust-because", &[("id", &digits)]))
        });
        let kind = texts.get(&format!("cli-trust-kind-{}", one.kind.replace('_', "-")));
        output.line(format!(
            "{verb}: {kind} {} {}{}",
            bold(&one.id.to_string()),
            one.what,
            because.unwrap_or_default()
        ));
    }
    output.line(texts.get("cli-trust-remove-hint"));
    Ok(0)
}

/// The one object of the store whose SHA-256 begins so.
fn the_one(text: &str, snapshot: &TrustSnapshot) -> Result<Fingerprint, Failure> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect::<String>().to_lowercase();
    let usage = |what: String| {
        Failure::new(ErrorCode::Usage, what)
            .with_remedy("`idterm trust list` shows the SHA-256 of everything in the store.")
    };
    if !(MIN_DIGITS..=64).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(usage(format!("{text}: {MIN_DIGITS} to 64 hexadecimal digits of a SHA-256 are needed")));
    }
    let anchors = snapshot.anchors().iter().map(|anchor| anchor.certificate.fingerprint());
    let crls = snapshot.crls().iter().map(HeldCrl::fingerprint);
    let lists = snapshot.deviation_lists().iter().map(|list| list.fingerprint);
    let all = anchors.chain(crls).chain(lists).chain(snapshot.document_signers().fingerprints());
    let found: Vec<Fingerprint> = all.filter(|id| id.to_string().starts_with(&digits)).take(2).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(usage(format!("nothing in the store has a SHA-256 that begins with {digits}"))),
        _ => Err(usage(format!("several SHA-256 in the store begin with {digits}: give more digits"))),
    }
}

/// The store without `id`, and without what cannot prove itself to the rest any more.
fn without(snapshot: &TrustSnapshot, id: Fingerprint) -> (TrustSnapshot, Vec<Gone>) {
    let mut builder = TrustBuilder::from_snapshot(snapshot);
    let mut gone = Vec::new();
    let mut left = vec![(id, None)];
    while let Some((id, because)) = left.pop() {
        // What hangs on it is judged anew by those that stay.
        let hanging = snapshot.anchors().iter().filter(|anchor| anchor.verified_by == VerifiedBy::Link(id));
        let kind = builder.remove(id);
        gone.extend(kind.map(|_| described(snapshot, id, because)));
        let mut lost = Vec::new();
        for anchor in hanging {
            let link = anchor.certificate.fingerprint();
            builder.remove(link);
            let again = builder.add_certificate(anchor.certificate.der(), &anchor.provenance, &Pins::none());
            if again.added.is_empty() {
                lost.push((link, Some(id)));
                gone.push(described(snapshot, link, Some(id)));
            }
        }
        for list in snapshot.crls().iter().filter(|list| list.signed_by == id) {
            builder.remove(list.fingerprint());
            if builder.add_crl(list.der(), &list.provenance).added.is_empty() {
                gone.push(described(snapshot, list.fingerprint(), Some(id)));
            }
        }
        for list in snapshot.deviation_lists().iter().filter(|list| list.verified_by == VerifiedBy::Link(id))
        {
            builder.remove(list.fingerprint);
            if builder.add_deviation_list(&list.der, &list.provenance, &Pins::none()).added.is_empty() {
                gone.push(described(snapshot, list.fingerprint, Some(id)));
            }
        }
        let signers: Vec<KnownSigner> =
            snapshot.document_signers().iter().filter(|signer| signer.signed_by == id).collect();
        for signer in signers {
            let fingerprint = signer.certificate.fingerprint();
            builder.remove(fingerprint);
            if builder.add_known_signer(&signer).added.is_empty() {
                gone.push(described(snapshot, fingerprint, Some(id)));
            }
        }
        left.extend(lost);
    }
    (builder.build(), gone)
}

fn described(snapshot: &TrustSnapshot, id: Fingerprint, because: Option<Fingerprint>) -> Gone {
    let anchor = snapshot.anchors().iter().find(|anchor| anchor.certificate.fingerprint() == id);
    let list = snapshot.crls().iter().find(|list| list.fingerprint() == id);
    let deviations = snapshot.deviation_lists().iter().find(|list| list.fingerprint == id);
    let (kind, what) = match (anchor, list, deviations) {
        (Some(anchor), ..) => ("certificate", anchor.certificate.subject().to_string()),
        (_, Some(list), _) => ("crl", list.issuer().to_string()),
        (.., Some(list)) => ("deviation_list", list.content.issuer().to_string()),
        _ => ("document_signer", String::new()),
    };
    Gone { kind, id, what, because }
}
