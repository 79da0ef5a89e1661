//! Whom this terminal trusts, and with what it is trusted itself.

use reader_core::cvc::Role;

use super::Item;
use crate::cli::context::Context;
use crate::failure::{ErrorCode, Failure};
use crate::terminal_key::certificate_files;
use crate::trust::health::{Finding, FindingKind};

/// What `trust check` finds, one line for each kind. A terminal that trusts nobody still works: every card is undetermined.
pub(super) fn trust(context: &Context, items: &mut Vec<Item>) {
    const WHAT: &str = "trust store";
    let texts = &context.output.texts;
    let opened = context.trust().and_then(|folder| {
        crate::cli::trust::examined(&folder, context)
            .map(|(snapshot, findings, _)| (folder, snapshot, findings))
    });
    match opened {
        Err(failure) => items.push(Item::bad(WHAT, failure.text, failure.remedy)),
        Ok((folder, snapshot, findings)) => {
            let late = |finding: &&Finding| finding.kind == FindingKind::StaleList;
            items.push(Item::good(
                WHAT,
                texts.with(
                    "doctor-trust-counts",
                    &[
                        ("anchors", &snapshot.anchors().len().to_string()),
                        ("lists", &snapshot.crls().len().to_string()),
                        ("stale", &findings.iter().filter(late).count().to_string()),
                    ],
                ),
            ));
            if snapshot.anchors().is_empty() {
                let shown = folder.path().display().to_string();
                let text = texts.with("doctor-trust-nobody", &[("folder", &shown)]);
                return items.push(Item::open(WHAT, text, texts.get("doctor-trust-nobody-remedy")));
            }
            items.extend(findings.chunk_by(|one, next| one.kind == next.kind).filter_map(|of_kind| {
                let first = of_kind.first()?;
                let title = texts.get(&format!("cli-trust-{}", first.kind.word().replace('_', "-")));
                let text = format!("{title} ({}): {}", of_kind.len(), first.what);
                let remedy = crate::cli::trust::remedy_of(first.kind, texts);
                Some(if first.kind == FindingKind::Writable || first.kind == FindingKind::Policy {
                    Item::bad(WHAT, text, remedy)
                } else {
                    Item::open(WHAT, text, remedy)
                })
            }));
        }
    }
}

/// The certificates and the key with which this terminal is let at fingers and irises.
pub(super) fn terminal_certificates(context: &Context, items: &mut Vec<Item>) {
    const WHAT: &str = "terminal certificates";
    let texts = &context.output.texts;
    let Some(settings) = context.site().ok().and_then(|site| site.terminal_authentication.clone()) else {
        return;
    };
    let (Ok(files), Ok(today)) = (certificate_files(&settings.certificates), context.today()) else {
        let failure = context.today().and_then(|today| settings.open(today));
        let failure = failure.err().unwrap_or_else(|| Failure::new(ErrorCode::CannotRead, "unreadable"));
        return items.push(Item::bad(WHAT, failure.text, failure.remedy));
    };
    for file in files {
        let name = file.path.display().to_string();
        let certificate = match file.certificate {
            Ok(certificate) => certificate,
            Err(what) => {
                let text = texts.with("doctor-terminal-unreadable", &[("file", &name), ("what", &what)]);
                items.push(Item::bad(WHAT, text, texts.get("doctor-terminal-remedy")));
                continue;
            }
        };
        let holder = certificate.holder().to_string();
        let day = certificate.expires().to_string();
        let late = certificate.expires() < today;
        let soon = certificate.expires().start().0 - context.now.0 < SOON_S;
        let link = certificate.authorization().role == Role::Cvca;
        let values = [("holder", holder.as_str()), ("day", day.as_str()), ("file", name.as_str())];
        if late && !link {
            let text = texts.with("doctor-terminal-expired", &values);
            items.push(Item::bad(WHAT, text, texts.get("doctor-terminal-remedy")));
        } else if soon && !link {
            let text = texts.with("doctor-terminal-soon", &values);
            items.push(Item::open(WHAT, text, texts.get("doctor-terminal-remedy")));
        } else {
            items.push(Item::good(WHAT, texts.with("doctor-terminal-valid", &values)));
        }
    }
    match settings.open_key() {
        Ok(key) => {
            let text = texts.with("doctor-terminal-key", &[("key", &key.public_key().name())]);
            items.push(Item::good(WHAT, text));
        }
        Err(failure) => items.push(Item::bad(WHAT, failure.text, failure.remedy)),
    }
}

/// Within this time a certificate should be renewed: they last a few weeks.
const SOON_S: i64 = 7 * 86_400;
