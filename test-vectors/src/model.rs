//! The card of the link model: files of the sizes that the model is computed for, and the model's own figures.

use crate::card::{Card, Directory};
use crate::chip::tlv;
use crate::issuer::groups::{self, EF_ATR_INFO, EF_CARD_ACCESS, EF_SOD, data_group};
use crate::persona;

/// The invented holder whose keys the card has.
pub const PERSONA: &str = "good-nist";
/// Bit rates of the figures, in bits per second.
pub const BIT_RATES: [u32; 4] = [106_000, 212_000, 424_000, 848_000];

/// What `shared/perf/link_model.py` gives for one strategy over these files: PACE with AES, chip and active authentication.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The strategy's name in the model.
    pub name: &'static str,
    /// Commands.
    pub apdus: usize,
    /// Bytes on the air, with block overhead and acknowledgements.
    pub air_bytes: usize,
    /// Microseconds at each of [`BIT_RATES`].
    pub total_us: [u32; 4],
    /// Microseconds until EF.SOD, DG1 and DG13 are there, at each of [`BIT_RATES`].
    pub text_us: [u32; 4],
}

/// The model's figures, as it prints them with six decimals.
pub const FIGURES: [Figures; 8] = [
    figures(
        "naive-112",
        222,
        35_305,
        [6_292_407, 4_795_237, 4_044_189, 3_668_666],
        [6_292_407, 4_795_237, 4_044_189, 3_668_666],
    ),
    figures(
        "jmrtd",
        127,
        28_085,
        [4_952_193, 3_760_869, 3_163_748, 2_865_188],
        [4_952_193, 3_760_869, 3_163_748, 2_865_188],
    ),
    figures(
        "nfcpassportreader",
        166,
        31_837,
        [5_568_999, 4_218_664, 3_541_626, 3_203_107],
        [5_296_776, 3_964_738, 3_296_913, 2_963_000],
    ),
    figures(
        "gmrtd",
        128,
        28_126,
        [4_963_321, 3_770_263, 3_172_266, 2_873_267],
        [4_365_070, 3_225_193, 2_653_934, 2_368_304],
    ),
    figures(
        "ausweisapp",
        116,
        27_422,
        [4_811_112, 3_647_857, 3_064_888, 2_773_403],
        [1_674_720, 1_450_679, 1_338_235, 1_282_014],
    ),
    MINIMUM_SHORT,
    figures(
        "hybrid",
        20,
        23_614,
        [3_808_672, 2_807_001, 2_304_940, 2_053_909],
        [1_519_277, 1_318_804, 1_218_198, 1_167_895],
    ),
    MINIMUM_EXTENDED,
];
/// The least time with short commands.
pub const MINIMUM_SHORT: Figures = figures(
    "min-short",
    109,
    27_163,
    [4_735_591, 3_583_283, 3_005_861, 2_717_149],
    [1_621_456, 1_404_894, 1_296_243, 1_241_917],
);
/// The least time of all: one extended command for each file, without asking how long commands may be.
pub const MINIMUM_EXTENDED: Figures = figures(
    "min-ext64k",
    16,
    23_463,
    [3_767_852, 2_772_591, 2_273_735, 2_024_306],
    [1_488_767, 1_293_050, 1_194_821, 1_145_706],
);

const fn figures(
    name: &'static str,
    apdus: usize,
    air_bytes: usize,
    total_us: [u32; 4],
    text_us: [u32; 4],
) -> Figures {
    Figures { name, apdus, air_bytes, total_us, text_us }
}

/// The files of the model: EF.CardAccess 60 bytes, EF.SOD 2,000, DG1 95, DG2 18,000, DG13 1,000, DG14 400. DG15 has as many as
/// its key needs, 93 instead of the model's 100. EF.SOD, DG2 and DG13 are filler: the card can be read, not proved.
///
/// # Panics
/// The persona's card is not as it was when the model was made.
#[must_use]
pub fn card(now_unix_s: i64) -> Card {
    let mut card = persona::find(PERSONA).expect("the model's persona").card(now_unix_s);
    let set = card.files[&EF_CARD_ACCESS].clone();
    let infos = inside(&set);
    let pace = tlv::split(&infos).expect("a row of SecurityInfos");
    // id-PACE, whatever the mapping.
    let of_pace = |info: &&tlv::Object<'_>| info.value.starts_with(&[0x06, 0x0A, 4, 0, 0x7F, 0, 7, 2, 2, 4]);
    let access = pace.iter().find(of_pace).expect("a PACEInfo").encoded;
    card.files.insert(EF_CARD_ACCESS, filled(access, 60));
    let dg14 = inside(&inside(&card.files[&data_group(14)]));
    card.files.insert(data_group(14), tlv::write(0x6E, &filled(&dg14, 396)));
    for (address, tag, value_bytes) in
        [(EF_SOD, 0x77, 1996), (data_group(2), 0x75, 17_996), (data_group(13), 0x6D, 996)]
    {
        card.files.insert(address, tlv::write(tag, &vec![0xA5; value_bytes]));
    }
    card
}

/// The same with buffers of 65,535 bytes, declared in EF.ATR/INFO: every file in one command after its first part.
#[must_use]
pub fn declaring_card(now_unix_s: i64) -> Card {
    let mut card = card(now_unix_s);
    card.extended_length = true;
    card.files.insert(EF_ATR_INFO, groups::ef_atr_info(u16::MAX));
    card
}

/// Sizes of the card's files, in bytes, by directory and identifier.
#[must_use]
pub fn sizes() -> [((Directory, u16), usize); 7] {
    [
        (EF_CARD_ACCESS, 60),
        (EF_SOD, 2_000),
        (data_group(1), 95),
        (data_group(2), 18_000),
        (data_group(13), 1_000),
        (data_group(14), 400),
        (data_group(15), 93),
    ]
}

fn inside(object: &[u8]) -> Vec<u8> {
    tlv::split(object)
        .and_then(|objects| objects.first().map(|first| first.value.to_vec()))
        .unwrap_or_default()
}

/// A set with an entry of an unknown protocol that fills it up to `bytes`.
fn filled(content: &[u8], bytes: usize) -> Vec<u8> {
    (1..bytes)
        .map(|fill| {
            let oid = [&[6, 1, 0x2A][..], &tlv::write(4, &vec![0; fill])].concat();
            tlv::write(0x31, &[content, &tlv::write(0x30, &oid)].concat())
        })
        .find(|set| set.len() == bytes)
        .expect("some filler gives the size")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_have_the_models_sizes() {
        let card = card(1_795_262_400);
        for (address, bytes) in sizes() {
            assert_eq!(card.files[&address].len(), bytes, "{address:?}");
        }
    }
}
