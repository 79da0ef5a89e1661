//! How other programs read a chip, as far as the order and size of their commands goes. Facts from their sources; sizes
//! of protected commands from 9303-11 §9.8 with AES: a cryptogram of whole blocks, a status, an eight-byte MAC.

use reader_core::session::{ChipWork, ExchangeSize};
use serde::Serialize;

/// Largest plaintext in a short protected response under AES.
const AES_MAX_PLAIN_BYTES: usize = 223;

/// Sizes of the files of one card, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FileSizes {
    card_access: usize,
    com: usize,
    sod: usize,
    dg1: usize,
    dg2: usize,
    dg13: usize,
    dg14: usize,
    dg15: usize,
}

impl FileSizes {
    /// The files of the model. EF.COM is not read by us; it has about 30 bytes on every document.
    pub const MODEL: Self =
        Self { card_access: 60, com: 30, sod: 2000, dg1: 95, dg2: 18_000, dg13: 1000, dg14: 400, dg15: 100 };

    const fn bytes(&self, what: What) -> usize {
        match what {
            What::Com => self.com,
            What::Sod => self.sod,
            What::Dg1 => self.dg1,
            What::Dg2 => self.dg2,
            What::Dg13 => self.dg13,
            What::Dg14 => self.dg14,
            What::Dg15 => self.dg15,
            What::Ca | What::Aa | What::Directory => 0,
        }
    }
}

/// A thing done with the chip.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Com,
    Sod,
    Dg1,
    Dg2,
    Dg13,
    Dg14,
    Dg15,
    Ca,
    Aa,
    /// One more SELECT.
    Directory,
}

/// How one program reads.
pub struct Peer {
    pub name: &'static str,
    /// SELECT before each file, and of the master file before EF.CardAccess.
    selects: bool,
    /// Bytes of a first short read that only learns the length.
    header: usize,
    /// Bytes of each further read.
    chunk: usize,
    /// Bytes of the header read again.
    reread: usize,
    /// The first chunk is shortened so that the next begins at a multiple.
    aligned: bool,
    /// One more read finds the end of the file.
    finds_end: bool,
    /// In commands of extended length beyond what a short response holds.
    extended: bool,
    order: &'static [What],
}

const PLAIN: Peer = Peer {
    name: "",
    selects: false,
    header: 0,
    chunk: AES_MAX_PLAIN_BYTES,
    reread: 0,
    aligned: false,
    finds_end: false,
    extended: false,
    order: BEST,
};

const BEST: &[What] =
    &[What::Sod, What::Dg1, What::Dg13, What::Dg14, What::Ca, What::Dg15, What::Aa, What::Dg2];
const CHIP_FIRST: &[What] =
    &[What::Sod, What::Dg14, What::Ca, What::Dg1, What::Dg13, What::Dg15, What::Aa, What::Dg2];

/// The programs that ours is measured beside.
pub const ALL: &[Peer] = &[
    Peer {
        name: "jmrtd",
        selects: true,
        header: 8,
        aligned: true,
        order: &[
            What::Com,
            What::Dg1,
            What::Dg2,
            What::Sod,
            What::Dg14,
            What::Ca,
            What::Dg15,
            What::Aa,
            What::Dg13,
        ],
        ..PLAIN
    },
    Peer {
        name: "gmrtd",
        selects: true,
        header: 4,
        order: &[
            What::Directory,
            What::Sod,
            What::Com,
            What::Dg1,
            What::Dg2,
            What::Dg13,
            What::Dg14,
            What::Ca,
            What::Dg15,
            What::Aa,
        ],
        ..PLAIN
    },
    Peer {
        name: "nfcpassportreader",
        selects: true,
        header: 4,
        chunk: 160,
        order: &[
            What::Com,
            What::Dg14,
            What::Ca,
            What::Sod,
            What::Dg1,
            What::Dg2,
            What::Dg13,
            What::Dg15,
            What::Aa,
        ],
        ..PLAIN
    },
    Peer { name: "ausweisapp", finds_end: true, order: CHIP_FIRST, ..PLAIN },
    Peer {
        name: "naive-112",
        selects: true,
        header: 4,
        chunk: 112,
        reread: 4,
        order: &[
            What::Com,
            What::Dg1,
            What::Dg2,
            What::Dg13,
            What::Dg14,
            What::Ca,
            What::Dg15,
            What::Aa,
            What::Sod,
        ],
        ..PLAIN
    },
];

/// What is possible: short commands, and one extended read for each file.
pub const MINIMUM: &[Peer] = &[
    Peer { name: "minimum-short", ..PLAIN },
    Peer { name: "minimum-extended", chunk: 65_000, extended: true, ..PLAIN },
];

impl Peer {
    /// The exchanges of a full read, and how many of them it takes until the texts are proved.
    pub fn exchanges(&self, sizes: &FileSizes) -> (Vec<ExchangeSize>, usize) {
        let mut all = Vec::new();
        if self.selects {
            all.push(bare(7, 0, ChipWork::None));
        }
        self.file(&mut all, sizes.card_access, &|bytes| bare(5, bytes, ChipWork::None), 256);
        all.extend([
            bare(20, 0, ChipWork::None),
            bare(8, 20, ChipWork::PaceNonce),
            bare(75, 69, ChipWork::PaceMapping),
            bare(75, 69, ChipWork::PaceAgreement),
            bare(18, 12, ChipWork::PaceTokens),
            protected(7, false, 0, ChipWork::None),
        ]);
        let mut left = vec![What::Sod, What::Dg1, What::Dg13];
        let mut text_at = 0;
        for what in self.order {
            match what {
                What::Ca => all.extend([
                    protected(15, false, 0, ChipWork::None),
                    protected(69, true, 2, ChipWork::ChipAuthentication),
                ]),
                What::Aa => all.push(protected(8, true, 64, ChipWork::ActiveAuthentication)),
                What::Directory => all.push(protected(2, false, 0, ChipWork::None)),
                file => {
                    let extended = self.extended;
                    let read = move |bytes| protected_read(bytes, extended);
                    self.file(&mut all, sizes.bytes(*file), &read, usize::MAX);
                }
            }
            left.retain(|waited| waited != what);
            if left.is_empty() && text_at == 0 {
                text_at = all.len();
            }
        }
        (all, text_at)
    }

    fn file(
        &self,
        all: &mut Vec<ExchangeSize>,
        size: usize,
        read: &dyn Fn(usize) -> ExchangeSize,
        most: usize,
    ) {
        // EF.CardAccess is selected in the clear, everything else under protection.
        if self.selects {
            all.push(if most == 256 {
                bare(7, 0, ChipWork::None)
            } else {
                protected(2, false, 0, ChipWork::None)
            });
        }
        let chunk = self.chunk.min(most);
        let mut done = self.header.min(size);
        if done > 0 {
            all.push(read(done));
            done -= self.reread.min(done);
        }
        let mut first = true;
        while done < size {
            let mut bytes = chunk.min(size - done);
            if first && self.aligned {
                bytes = bytes.min(chunk.saturating_sub(done).max(1));
            }
            first = false;
            all.push(read(bytes));
            done += bytes;
        }
        if self.finds_end {
            all.push(read(0));
        }
    }
}

/// An exchange without protection.
const fn bare(command_bytes: usize, plain_bytes: usize, work: ChipWork) -> ExchangeSize {
    ExchangeSize { command_bytes, response_bytes: plain_bytes + 2, plain_bytes, work }
}

/// A protected exchange with short lengths.
const fn protected(data: usize, expects: bool, plain_bytes: usize, work: ChipWork) -> ExchangeSize {
    let data = if data == 0 { 0 } else { object(1 + padded(data)) };
    let command_bytes = 4 + 1 + data + (if expects { 3 } else { 0 }) + 10 + 1;
    ExchangeSize { command_bytes, response_bytes: protected_response(plain_bytes), plain_bytes, work }
}

/// READ BINARY of `bytes`; extended where it does not fit a short response and may be.
const fn protected_read(bytes: usize, extended: bool) -> ExchangeSize {
    let command_bytes =
        if extended && bytes > AES_MAX_PLAIN_BYTES { 4 + 3 + 4 + 10 + 2 } else { 4 + 1 + 3 + 10 + 1 };
    ExchangeSize {
        command_bytes,
        response_bytes: protected_response(bytes),
        plain_bytes: bytes,
        work: ChipWork::None,
    }
}

const fn protected_response(plain_bytes: usize) -> usize {
    (if plain_bytes == 0 { 0 } else { object(1 + padded(plain_bytes)) }) + 4 + 10 + 2
}

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

#[cfg(test)]
mod tests {
    use reader_core::session::link_model::LinkModel;

    use super::*;

    #[test]
    fn the_published_table_comes_out() {
        let model = LinkModel::default();
        for (name, apdus, at_106, at_424) in [
            ("naive-112", 222, 6.29, 4.04),
            ("nfcpassportreader", 166, 5.57, 3.54),
            ("gmrtd", 128, 4.96, 3.17),
            ("jmrtd", 127, 4.95, 3.16),
            ("ausweisapp", 116, 4.81, 3.06),
            ("minimum-short", 109, 4.74, 3.01),
            ("minimum-extended", 16, 3.77, 2.27),
        ] {
            let peer = ALL.iter().chain(MINIMUM).find(|peer| peer.name == name).expect("a peer");
            let (exchanges, _) = peer.exchanges(&FileSizes::MODEL);
            let seconds = |rate| model.total(&exchanges, rate).seconds;
            assert_eq!(exchanges.len(), apdus, "{name}");
            assert!((seconds(106e3) - at_106).abs() < 0.006, "{name}: {}", seconds(106e3));
            assert!((seconds(424e3) - at_424).abs() < 0.006, "{name}: {}", seconds(424e3));
        }
    }

    #[test]
    fn texts_are_proved_when_the_table_says() {
        let model = LinkModel::default();
        for (name, at_424) in
            [("jmrtd", 3.16), ("gmrtd", 2.65), ("nfcpassportreader", 3.30), ("ausweisapp", 1.34)]
        {
            let peer = ALL.iter().find(|peer| peer.name == name).expect("a peer");
            let (exchanges, text_at) = peer.exchanges(&FileSizes::MODEL);
            let seconds = model.total(&exchanges[..text_at], 424e3).seconds;
            assert!((seconds - at_424).abs() < 0.006, "{name}: {seconds}");
        }
    }
}
