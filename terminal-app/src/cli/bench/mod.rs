//! `idterm bench`: APDUs, bytes and modelled link time of a full read, beside other programs' strategies.
//!
//! Ours is measured: the session reads the simulated `good` card, and its exchanges go through the link model. The
//! others are computed from what their sources do with files of the same sizes, under the same access protocol and with
//! the same proofs of the chip, so that like stands beside like. No time here was measured on a radio link.

mod peers;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{self, ExchangeSize, ReadLimits, Reading};
use reader_core::transport::Limits;
use serde::Serialize;

use super::context::Context;
use super::output::{Output, bold};
use crate::devices::simulated::SimulatedReader;
use crate::entropy::SystemEntropy;
use crate::failure::{ErrorCode, Failure};
use crate::report::{link_bytes, modelled_ms};
use crate::worker::plan_of;

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
    modelled_ms: BTreeMap<&'static str, u64>,
    proved_text_ms: BTreeMap<&'static str, u64>,
}

/// Prints the table.
///
/// # Errors
/// The simulated card could not be read to its end.
pub fn run(context: &Context) -> Result<u8, Failure> {
    let short = read(context, None)?;
    let extended = read(context, Some(Limits::EXTENDED))?;
    let sizes = peers::FileSizes::of(|file| short.capture.bytes(file).map_or(0, <[u8]>::len));
    let mut rows = vec![measured("ours-short", &short), measured("ours-extended", &extended)];
    rows.extend(peers::ALL.iter().map(|peer| {
        let (exchanges, text_at) = peer.exchanges(&sizes);
        row(peer.name, "computed", &exchanges, text_at)
    }));
    let minimum = peers::MINIMUM.iter().map(|peer| {
        let (exchanges, text_at) = peer.exchanges(&sizes);
        row(peer.name, "computed", &exchanges, text_at)
    });
    let minimum: Vec<Row> = minimum.collect();
    context.output.document(&serde_json::json!({
        "strategies": rows, "minimum": minimum, "simulated": ["chip"], "files": sizes,
    }));
    print(&context.output, &rows, &minimum);
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

/// Reads the simulated card; with `declared`, in commands as long as card and reader declare.
fn read(context: &Context, declared: Option<Limits>) -> Result<Reading<SimulatedReader>, Failure> {
    let persona = crate::demo::find("good")?;
    let keys = crate::demo::presentation(persona, context.now)?.access_keys()?;
    let site = context.site()?;
    let mut plan = plan_of(&site, &context.catalogue()?, 10_000);
    plan.limits = ReadLimits { declared, ..ReadLimits::default() };
    let reader = crate::demo::reader(persona, context.now).carrying(declared.unwrap_or(Limits::SHORT));
    let reading =
        session::read_chip(reader, &keys, &plan, &mut SystemEntropy, &mut |_: session::Event<'_>| {
            ControlFlow::Continue(())
        });
    match &reading.ended {
        Some(cause) => Err(Failure::new(ErrorCode::Internal, format!("the simulated card: {cause}"))),
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
        modelled_ms: modelled_ms(exchanges),
        proved_text_ms: modelled_ms(until_text),
    }
}
