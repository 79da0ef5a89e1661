//! The published table: strategies over the model's files with PACE under AES, chip and active authentication.

use super::*;

const FILES: [usize; 6] = [2000, 95, 1000, 400, 100, 18_000];
const AES_CHUNK: usize = 223;

const fn padded(bytes: usize) -> usize {
    (bytes / 16 + 1) * 16
}

const fn object(value: usize) -> usize {
    value
        + if value < 128 {
            2
        } else if value < 256 {
            3
        } else {
            4
        }
}

const fn response(plain: usize) -> usize {
    (if plain == 0 { 0 } else { object(1 + padded(plain)) }) + 16
}

const fn command(data: usize, expects: bool) -> usize {
    let data = if data == 0 { 0 } else { object(1 + padded(data)) };
    4 + 1 + data + (if expects { 3 } else { 0 }) + 10 + 1
}

const fn exchange(command_bytes: usize, plain: usize, work: ChipWork) -> ExchangeSize {
    ExchangeSize { command_bytes, response_bytes: response(plain), plain_bytes: plain, work }
}

const fn bare(command_bytes: usize, plain: usize, work: ChipWork) -> ExchangeSize {
    ExchangeSize { command_bytes, response_bytes: plain + 2, plain_bytes: plain, work }
}

fn read(sizes: &mut Vec<ExchangeSize>, mut bytes: usize) {
    while bytes > 0 {
        let part = bytes.min(AES_CHUNK);
        sizes.push(exchange(command(0, true), part, ChipWork::None));
        bytes -= part;
    }
}

/// EF.CardAccess, PACE and SELECT.
fn access() -> Vec<ExchangeSize> {
    vec![
        bare(5, 60, ChipWork::None),
        bare(20, 0, ChipWork::None),
        bare(8, 20, ChipWork::PaceNonce),
        bare(75, 69, ChipWork::PaceMapping),
        bare(75, 69, ChipWork::PaceAgreement),
        bare(18, 12, ChipWork::PaceTokens),
        exchange(command(7, false), 0, ChipWork::None),
    ]
}

fn chip_authentication() -> [ExchangeSize; 2] {
    [
        exchange(command(15, false), 0, ChipWork::None),
        exchange(command(69, true), 2, ChipWork::ChipAuthentication),
    ]
}

fn minimum() -> Vec<ExchangeSize> {
    let mut sizes = access();
    for file in FILES {
        read(&mut sizes, file);
    }
    sizes.extend(chip_authentication());
    sizes.push(exchange(command(8, true), 64, ChipWork::ActiveAuthentication));
    sizes
}

fn rounded(seconds: f64) -> String {
    format!("{seconds:.2}")
}

#[test]
fn the_minimum_of_short_commands_is_as_published() {
    let sizes = minimum();
    let model = LinkModel::default();
    assert_eq!(sizes.len(), 109);
    assert_eq!(model.total(&sizes, 106e3).air_bytes, 27_163);
    assert_eq!(rounded(model.total(&sizes, 106e3).seconds), "4.74");
    assert_eq!(rounded(model.total(&sizes, 424e3).seconds), "3.01");
}

#[test]
fn text_is_proved_at_the_published_times() {
    let model = LinkModel::default();
    let mut ours = access();
    for file in [2000, 95, 1000] {
        read(&mut ours, file);
    }
    assert_eq!(rounded(model.total(&ours, 424e3).seconds), "1.04");
    let mut chip_first = access();
    read(&mut chip_first, 2000);
    read(&mut chip_first, 400);
    chip_first.extend(chip_authentication());
    read(&mut chip_first, 95);
    read(&mut chip_first, 1000);
    assert_eq!(rounded(model.total(&chip_first, 424e3).seconds), "1.30");
}

#[test]
fn long_messages_are_cut_into_blocks() {
    let model = LinkModel::default();
    assert_eq!(model.blocks(0), [0]);
    assert_eq!(model.blocks(253), [253]);
    assert_eq!(model.blocks(254), [253, 1]);
    let large =
        ExchangeSize { command_bytes: 25, response_bytes: 18_000, plain_bytes: 17_900, work: ChipWork::None };
    // 72 blocks from the chip, 71 acknowledgements, one command, and five times more waiting asked for and granted.
    assert_eq!(model.total(&[large], 424e3).air_bytes, 18_000 + 72 * 3 + 71 * 3 + 25 + 3 + 5 * 8);
}
