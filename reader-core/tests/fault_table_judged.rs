//! Every exchange of a reading crossed with every fault of the simulated chip, through the whole line: reading, proof,
//! policy. What each cell comes to stands in `test-vectors/fault-table`, one file for each way to open a chip; no cell is
//! accepted but for a reason in `test-vectors/divergences.toml`.
//!
//! A line of a table is faults, what comes of them, and the exchanges where it does; `*` stands for all others. To write the
//! tables anew, for reading them over: `FAULT_TABLE=write cargo test -p reader-core --test fault_table_judged`.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

#[path = "common/judge.rs"]
mod judge;
#[path = "common/simulated.rs"]
mod simulated;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use judge::{Variant, cam};
use reader_core::policy::Verdict;
use test_vectors::chip::{BadKey, ChipData, Fault, Shape, TerminalFault};

const STATUSES: [&str; 13] =
    ["6300", "63C0", "6700", "6982", "6983", "6985", "6A80", "6A82", "6A88", "6B00", "6D00", "6F00", "9000"];
const VARIANTS: [&str; 9] =
    ["pace-gm", "pace-im", "pace-dh", "pace-dh-im", "pace-cam", "ca-dh", "bac", "aa-rsa", "terminal"];
/// Another EF.CardSecurity on the card, which is no fault of its chip.
const CARD_SECURITY: &str = "card-security:";

/// Faults of one exchange. `N` is its number; those of secure messaging make sense under it alone, those of READ BINARY
/// in files alone.
fn at_one_exchange(protected: bool, file: bool) -> Vec<String> {
    let mut faults: Vec<String> = [
        "torn:N",
        "empty:N",
        "truncate:N",
        "flip-bit:N:13",
        "flip-bit:N:97",
        "replay:N",
        "replay-older:N:2",
        "replay-older:N:4",
        "endless-more:N",
        "endless-length:N",
        "misshapen:N:trailing",
        "swapped:N:plain",
        "swapped:N:powered",
        "swapped:N:relayed",
    ]
    .map(str::to_owned)
    .into();
    faults.extend(STATUSES.map(|sw| format!("plain-status:N:{sw}")));
    faults.extend(STATUSES.iter().filter(|sw| **sw != "9000").map(|sw| format!("wrong-status:N:{sw}")));
    faults.push("wrong-status:N:6282".to_owned());
    if protected {
        faults.push("wrong-mac:N".to_owned());
        faults.extend(["outer-status:N:6A82", "inner-status:N:6A82"].map(str::to_owned));
        faults.extend([-2, -1, 1, 2].map(|ahead| format!("wrong-counter:N:{ahead}")));
        let shapes = Shape::ALL.into_iter().filter(|shape| *shape != Shape::Trailing);
        faults.extend(shapes.map(|shape| format!("misshapen:N:{}", shape.word())));
    }
    if file {
        faults.extend(["beyond-le:N", "other-offset:N:16", "one-byte:N"].map(str::to_owned));
    }
    faults
}

/// Faults of Active Authentication.
const ACTIVE: [&str; 4] = ["aa-wrong-key", "aa-other-challenge", "aa-cuts-signature", "foreign-key:aa"];

/// Faults of Terminal Authentication.
const TERMINAL: [&str; 10] = [
    "ta-refuse-certificate:0",
    "ta-refuse-certificate:1",
    "ta-challenge-bytes:0",
    "ta-challenge-bytes:7",
    "ta-challenge-bytes:9",
    "ta-challenge-bytes:64",
    "ta-accepts-nothing",
    "ta-demands-ca-twice",
    "ta-grants-freely",
    "ta-wrong-identifier",
];

/// Faults of a protocol, a file or a habit.
fn of_the_whole(variant: &str) -> Vec<String> {
    match variant {
        "aa-rsa" => return ACTIVE.into_iter().chain(["aa-unknown-trailer"]).map(str::to_owned).collect(),
        "terminal" => return TERMINAL.map(str::to_owned).into(),
        _ => {}
    }
    let mut faults: Vec<String> = [
        "ca-keeps-old-keys",
        "ca-wrong-key",
        "foreign-key:ca",
        "ca-refused:6A88",
        "refuse-application:6A82",
        "sfi-selects-nothing",
        "refuse-extended",
        "refuse-chaining",
        "refuse-set-kat",
        "refuse-select-mf",
        "no-eof-warning",
        "exact-length",
        "beyond-end:6B00",
        "beyond-end:6700",
    ]
    .map(str::to_owned)
    .into();
    faults.extend(ACTIVE.map(str::to_owned));
    if variant == "pace-cam" {
        faults.extend(ChipData::ALL.map(|data| format!("cam-data:{}", data.word())));
        faults.extend(cam::ALTERED.map(|word| format!("{CARD_SECURITY}{word}")));
    }
    for key in BadKey::ALL.into_iter().filter(|key| *key != BadKey::Echo) {
        faults.push(format!("ca-key:{}", key.word()));
    }
    // EF.SOD, DG1, DG2, DG13, DG14, DG15, and EF.CardAccess under the identifiers of the application.
    for file in ["011D", "0101", "0102", "010D", "010E", "010F"] {
        faults.push(format!("absent-unprotected:{file}"));
        faults.push(format!("changing:{file}"));
        if variant != "bac" {
            faults.push(format!("other-file:{file}:011C"));
        }
        faults.extend(["FFFFFFFF", "00010000"].map(|size| format!("announces:{file}:{size}")));
    }
    faults.extend(["other-file:0101:010D", "other-file:0102:0101"].map(str::to_owned));
    if variant == "bac" {
        faults.extend(["6300", "6982", "6983", "6985", "6A80"].map(|sw| format!("bac-refused:{sw}")));
        faults.extend(["bac-wrong-nonce", "bac-wrong-mac", "bac-echo"].map(str::to_owned));
        return faults;
    }
    faults.extend(["changing:011C", "announces:011C:FFFFFFFF"].map(str::to_owned));
    faults.extend(["6A82", "6982"].map(|sw| format!("no-card-access:{sw}")));
    faults.extend(["6300", "63C0", "6983", "6A80", "6A88"].map(|sw| format!("pace-refused:{sw}")));
    for step in 0..4 {
        faults.extend(["6300", "6A80"].map(|sw| format!("pace-step:{step}:{sw}")));
        faults.push(format!("pace-tag:{step}"));
    }
    faults.push("pace-other-nonce".to_owned());
    if variant != "pace-cam" {
        faults.push("pace-stray-data".to_owned());
    }
    faults.extend(["pace-short-nonce", "pace-wrong-token", "pace-token-echo"].map(str::to_owned));
    faults.extend([0, 15, 24, 33, 48].map(|bytes| format!("pace-nonce:{bytes}")));
    faults.extend([0, 4, 7, 9, 16].map(|bytes| format!("pace-token:{bytes}")));
    for step in ["mapping", "agreement"] {
        faults.extend(["pace-infinity", "pace-off-curve", "pace-echo"].map(|name| format!("{name}:{step}")));
        faults.extend(BadKey::ALL.map(|key| format!("pace-key:{step}:{}", key.word())));
    }
    faults
}

/// One cell: the fault with `N`, the label of its exchange (empty for faults of the whole), the fault itself.
struct Cell {
    form: String,
    label: String,
    /// `None`: of the card, and named by the form.
    fault: Option<Fault>,
}

fn cells(variant: &Variant) -> Vec<Cell> {
    let whole = of_the_whole(variant.name).into_iter().map(|form| {
        let fault = Fault::parse(&form);
        assert!(fault.is_some() || form.starts_with(CARD_SECURITY), "{form}");
        Cell { form, label: String::new(), fault }
    });
    let mut cells: Vec<Cell> = whole.collect();
    for (number, exchange) in variant.sampled() {
        for form in at_one_exchange(exchange.protected, exchange.file) {
            // There is no answer so far back.
            let back = match form.split(':').collect::<Vec<_>>()[..] {
                ["replay", _] => 1,
                ["replay-older", _, back] => back.parse().unwrap(),
                _ => 0,
            };
            if number < back {
                continue;
            }
            let spec = form.replace(":N", &format!(":{number}"));
            let fault = Some(Fault::parse(&spec).unwrap_or_else(|| panic!("{spec}")));
            cells.push(Cell { form, label: exchange.label.clone(), fault });
        }
    }
    cells
}

/// Why a cell may be accepted: an entry of `divergences.toml`. `None`: it may not.
fn harmless(variant: &Variant, form: &str, label: &str) -> Option<&'static str> {
    let name = form.split(':').next()?;
    let status = form.rsplit(':').next()?;
    let exchange = variant.exchange(label);
    let bare = exchange.is_some_and(|one| one.bare);
    let read = exchange.is_some_and(|one| one.file && one.protected);
    let extended = exchange.is_some_and(|one| one.extended && one.protected);
    Some(match name {
        "swapped" | "torn" | "other-file" | "foreign-key" => return None,
        "refuse-extended" => "chip/extended-length-refused",
        "ca-keeps-old-keys" | "ca-wrong-key" | "ca-refused" if variant.name == "pace-cam" => {
            "cell/chip-authentication-left-out"
        }
        "ta-grants-freely" => "cell/fingers-for-everybody",
        "pace-stray-data" => "cell/stray-chip-data",
        "aa-cuts-signature" => "cell/signature-that-fits",
        "refuse-chaining" => "cell/chaining-refused",
        "refuse-set-kat" => "cell/set-kat-refused",
        "refuse-select-mf" => "chip/select-master-file-refused",
        "no-eof-warning" => "chip/no-end-of-file-warning",
        "exact-length" => "chip/exact-length-wanted",
        "beyond-end" => "cell/less-asked-for",
        _ if label.starts_with("CardAccess") => "chip/card-access-disturbed",
        _ if label.starts_with("EF.ATR") => "cell/sizes-disturbed",
        "empty" if bare => "cell/nothing-to-take-away",
        "misshapen" if bare && form.ends_with("trailing") => "cell/data-not-asked-for",
        "empty" if label == "ChipAuthentication.1" => "cell/answer-that-proves-nothing",
        "misshapen" | "plain-status" | "truncate" if extended => "cell/extended-answer-disturbed",
        "outer-status" | "flip-bit" => "chip/status-outside-mac",
        "empty" | "wrong-status" | "inner-status" if label == "TerminalAuthentication.0" => {
            "cell/authorities-asked-again"
        }
        "wrong-status" if form.ends_with("6282") => "chip/warning-with-all-data",
        "wrong-status" if extended && matches!(status, "6700" | "6D00" | "6F00") => {
            "chip/extended-length-refused"
        }
        "empty" if read => "cell/less-asked-for",
        "wrong-status" if read && matches!(status, "6700" | "6B00") => "cell/less-asked-for",
        "wrong-status" if read => "chip/read-again-by-identifier",
        "beyond-le" if read => "cell/more-than-asked",
        "wrong-mac" | "wrong-counter" | "misshapen" | "plain-status" | "truncate" | "replay"
        | "replay-older"
            if variant.is_under_new_keys(label) =>
        {
            "chip/new-keys-disturbed-once"
        }
        "wrong-mac" | "empty" | "misshapen" | "wrong-status" if variant.name == "aa-rsa" => {
            "cell/answer-in-pieces"
        }
        _ => return None,
    })
}

fn place(variant: &str) -> PathBuf {
    let tables = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/fault-table");
    PathBuf::from(tables).join(format!("{variant}.toml"))
}

/// What came of every fault at every label.
type Table = BTreeMap<String, BTreeMap<String, String>>;

/// Faults with the same outcomes everywhere share their lines.
fn written(variant: &Variant, table: &Table) -> String {
    let labels: Vec<&str> = variant.sampled().map(|(_, exchange)| exchange.label.as_str()).collect();
    let mut lines: BTreeMap<Vec<(String, String)>, Vec<&str>> = BTreeMap::new();
    for (form, cells) in table {
        let mut by_outcome: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for label in labels.iter().copied().chain([""]) {
            if let Some(outcome) = cells.get(label) {
                by_outcome.entry(outcome).or_default().push(label);
            }
        }
        let usual = by_outcome.iter().max_by_key(|(_, labels)| labels.len()).map(|(outcome, _)| *outcome);
        let others = by_outcome.iter().filter(|(outcome, _)| Some(**outcome) != usual);
        let mut pattern: Vec<(String, String)> =
            others.map(|(outcome, labels)| ((*outcome).to_owned(), labels.join(" "))).collect();
        pattern.extend(usual.map(|usual| (usual.to_owned(), "*".to_owned())));
        lines.entry(pattern).or_default().push(form);
    }
    let mut groups: Vec<_> = lines.into_iter().map(|(pattern, forms)| (forms, pattern)).collect();
    groups.sort();
    let mut out = format!("exchanges = \"{}\"\nrows = [\n", labels.join(" "));
    for (forms, pattern) in groups {
        for (outcome, labels) in pattern {
            writeln!(out, "  [\"{}\", \"{outcome}\", \"{labels}\"],", forms.join(" ")).unwrap();
        }
    }
    out.push_str("]\n");
    out
}

fn expected(variant: &Variant) -> Vec<[String; 3]> {
    let path = place(variant.name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let table: toml::Table = text.parse().unwrap();
    let rows = table["rows"].as_array().unwrap();
    rows.iter().map(|row| [0, 1, 2].map(|at| row[at].as_str().unwrap().to_owned())).collect()
}

fn expected_at<'a>(rows: &'a [[String; 3]], form: &str, label: &str) -> Option<&'a str> {
    let of_fault = || rows.iter().filter(|[faults, ..]| faults.split(' ').any(|one| one == form));
    let named = of_fault().find(|[.., labels]| labels.split(' ').any(|one| one == label));
    named.or_else(|| of_fault().find(|[.., labels]| labels == "*")).map(|[_, outcome, _]| outcome.as_str())
}

fn cross(name: &'static str) {
    let variant = Variant::of(name);
    let write = std::env::var("FAULT_TABLE").as_deref() == Ok("write");
    let rows = if write { Vec::new() } else { expected(&variant) };
    let (mut table, mut wrong) = (Table::new(), Vec::new());
    for Cell { form, label, fault } in cells(&variant) {
        let cell = match (&fault, form.strip_prefix(CARD_SECURITY)) {
            (Some(fault), _) => variant.run(fault),
            (None, word) => variant.run_with_card_security(word.unwrap()),
        };
        let mut outcome = cell.outcome;
        if cell.verdict == Verdict::Accept {
            match harmless(&variant, &form, &label).or_else(|| variant.not_run(&form)) {
                Some(entry) => outcome = format!("{outcome}: {entry}"),
                None => wrong.push(format!("{form} at {label}: accepted without a reason")),
            }
            assert!(
                write || cell.own_files,
                "{name}: {form} at {label}: accepted with bytes that are not the card's"
            );
        }
        if !write && expected_at(&rows, &form, &label) != Some(&outcome) {
            let expected = expected_at(&rows, &form, &label).unwrap_or("no row");
            wrong.push(format!("{form} at {label}: {outcome}; the table says {expected}"));
        }
        table.entry(form).or_default().insert(label, outcome);
    }
    if write {
        std::fs::write(place(name), written(&variant, &table)).unwrap();
    }
    assert!(wrong.is_empty(), "{name}, {} cells wrong:\n{}", wrong.len(), wrong.join("\n"));
    // The table holds nothing that is not run.
    for form in rows.iter().flat_map(|[forms, ..]| forms.split(' ')) {
        assert!(table.contains_key(form), "{name}: a row for {form}, which is not run");
    }
}

#[test]
fn pace_with_generic_mapping() {
    cross("pace-gm");
}

#[test]
fn pace_with_integrated_mapping() {
    cross("pace-im");
}

#[test]
fn pace_with_numbers_and_generic_mapping() {
    cross("pace-dh");
}

#[test]
fn pace_with_numbers_and_integrated_mapping() {
    cross("pace-dh-im");
}

#[test]
fn pace_with_chip_authentication_mapping() {
    cross("pace-cam");
}

#[test]
fn chip_authentication_with_numbers() {
    cross("ca-dh");
}

#[test]
fn bac() {
    cross("bac");
}

#[test]
fn active_authentication_with_rsa() {
    cross("aa-rsa");
}

#[test]
fn terminal_authentication() {
    cross("terminal");
}

#[test]
fn every_fault_of_the_chip_has_a_row() {
    let mut forms = BTreeSet::new();
    for variant in VARIANTS {
        forms.extend(of_the_whole(variant));
        forms.extend(at_one_exchange(true, true));
    }
    let crossed: BTreeSet<&str> = forms.iter().filter_map(|form| form.split(':').next()).collect();
    for form in Fault::FORMS.iter().copied().chain(TerminalFault::FORMS) {
        let name = form.split(':').next().unwrap();
        assert!(crossed.contains(name), "{form} is crossed with nothing");
    }
}

#[test]
fn what_is_accepted_has_its_reason() {
    let text = include_str!("../../test-vectors/divergences.toml");
    let divergences: toml::Table = text.parse().unwrap();
    let listed: BTreeSet<&str> = divergences["divergence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["id"].as_str().unwrap())
        .collect();
    let mut used = BTreeSet::new();
    for variant in VARIANTS {
        let text = std::fs::read_to_string(place(variant)).unwrap();
        for line in text.lines() {
            if let Some((_, entry)) = line.split_once("accept: ") {
                let entry = entry.split(['"', ' ']).next().unwrap().to_owned();
                assert!(listed.contains(entry.as_str()), "{variant}: {line}");
                used.insert(entry);
            } else {
                assert!(!line.contains("\"accept"), "{variant}: {line}");
            }
        }
    }
    for entry in listed.iter().filter(|entry| entry.starts_with("cell/")) {
        assert!(used.contains(*entry), "{entry} is used by no cell");
    }
}
