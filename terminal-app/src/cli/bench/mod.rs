//! `idterm bench`: APDUs, bytes and modelled link time of a full read, beside other programs' strategies.
//!
//! Ours is measured: the session reads a simulated card with files of the model's sizes, and its exchanges go through the
//! link model. The others are computed from what their sources do with files of the same sizes, under the same access
//! protocol and with the same proofs of the chip, so that like stands beside like. No time here was measured on a radio
//! link.

mod markdown;
mod peers;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use reader_core::lds::{DataGroup, FileId};
use reader_core::session::link_model::LinkModel;
use reader_core::session::{self, AccessKey, ActiveAuthentication, ExchangeSize, Plan, Reading};
use reader_core::transport::Limits;
use serde::Serialize;
use test_vectors::card::Card;
use test_vectors::chip::Chip;
use test_vectors::model;

use super::context::Context;
use super::output::{Output, bold};
use crate::devices::simulated::SimulatedReader;
use crate::entropy::SystemEntropy;
use crate::failure::{ErrorCode, Failure};
use crate::report::{link_bytes, modelled_ms};

/// Files whose reading proves the texts.
const TEXT: [FileId; 3] = [FileId::SOD, FileId::group(DataGroup::Dg1), FileId::group(DataGroup::Dg13)];

/// One line of the table, as `docs/CLI.md` has it.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    /// `measured` on the simulated chip, or `computed` from a description.
    how: &'static str,
    apdus: usize,
    bytes: usize,
    /// With block overhead and acknowledgements.
    air_bytes: usize,
    modelled_ms: BTreeMap<&'static str, u64>,
    proved_text_ms: BTreeMap<&'static str, u64>,
}

/// Prints the table; with `markdown`, as `docs/PERFORMANCE.md`.
///
/// # Errors
/// The simulated card could not be read to its end.
pub fn run(context: &Context, markdown: bool) -> Result<u8, Failure> {
    let now = context.now.0;
    let always = ActiveAuthentication::Always;
    let short = read(model::card(now), Limits::SHORT, always, now)?;
    let unsigned = read(model::card(now), Limits::SHORT, ActiveAuthentication::UnlessChipAuthenticated, now)?;
    let extended = read(model::declaring_card(now), Limits::EXTENDED, always, now)?;
    let sizes = peers::FileSizes::MODEL;
    let mut rows = vec![
        measured("ours-short", &short),
        measured("ours-short-ca-only", &unsigned),
        measured("ours-extended", &extended),
    ];
    let computed = |peer: &peers::Peer| {
        let (exchanges, text_at) = peer.exchanges(&sizes);
        row(peer.name, "computed", &exchanges, text_at)
    };
    rows.extend(peers::ALL.iter().map(computed));
    let minimum: Vec<Row> = peers::MINIMUM.iter().map(computed).collect();
    context.output.document(&serde_json::json!({
        "strategies": rows, "minimum": minimum, "simulated": ["chip"], "files": sizes,
    }));
    if markdown {
        context.output.line(markdown::page(&rows, &minimum).trim_end());
    } else {
        print(&context.output, &rows, &minimum);
    }
    Ok(0)
}

fn print(output: &Output, rows: &[Row], minimum: &[Row]) {
    output.line(output.texts.get("cli-bench-heading"));
    output.line(bold(&format!(
        "{:<20} {:<9} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}   {}",
        "",
        "",
        "APDUs",
        "bytes",
        "106",
        "212",
        "424",
        "848",
        output.texts.get("cli-bench-text")
    )));
    for row in rows.iter().chain(minimum) {
        let ms = |rate: &str| row.modelled_ms.get(rate).copied().unwrap_or_default();
        output.line(format!(
            "{:<20} {:<9} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}   {:>6}",
            row.name,
            row.how,
            row.apdus,
            row.bytes,
            ms("106"),
            ms("212"),
            ms("424"),
            ms("848"),
            row.proved_text_ms.get("424").copied().unwrap_or_default()
        ));
    }
}

/// Reads a card of the model on a reader that carries `limits`.
fn read(
    card: Card,
    limits: Limits,
    active_authentication: ActiveAuthentication,
    now_unix_s: i64,
) -> Result<Reading<SimulatedReader>, Failure> {
    let failed = |what: String| Failure::new(ErrorCode::Internal, format!("the simulated card: {what}"));
    let access = crate::demo::find(model::PERSONA)?.access(now_unix_s);
    let key = AccessKey::mrz(&access.document_number, &access.birth, &access.expiry)
        .map_err(|error| failed(error.to_string()))?;
    let plan = Plan { active_authentication, ..Plan::default() };
    let reader = SimulatedReader::new(Chip::new(card, 7)).carrying(limits);
    let reading =
        session::read_chip(reader, &[key], &plan, &mut SystemEntropy, &mut |_: session::Event<'_>| {
            ControlFlow::Continue(())
        });
    match &reading.ended {
        Some(cause) => Err(failed(cause.to_string())),
        None => Ok(reading),
    }
}

fn measured(name: &'static str, reading: &Reading<SimulatedReader>) -> Row {
    let text_at =
        reading.finished.iter().filter(|(file, _)| TEXT.contains(file)).map(|(_, count)| *count).max();
    row(name, "measured", &reading.exchanges, text_at.unwrap_or_default())
}

fn row(name: &'static str, how: &'static str, exchanges: &[ExchangeSize], text_at: usize) -> Row {
    let until_text = exchanges.get(..text_at).unwrap_or(exchanges);
    Row {
        name,
        how,
        apdus: exchanges.len(),
        bytes: link_bytes(exchanges),
        air_bytes: LinkModel::default().total(exchanges, 106e3).air_bytes,
        modelled_ms: modelled_ms(exchanges),
        proved_text_ms: modelled_ms(until_text),
    }
}
