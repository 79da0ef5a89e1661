//! Unit ISO7816_G.

use reader_core::lds::FileId;
use reader_core::transport::Limits;
use reader_core::wire::tlv::encode;
use test_vectors::card::{ChipAuthenticationKey, Mapping, PaceOffer, Suite};
use test_vectors::chip::{BadKey, ChipData, Fault, PaceStep};
use test_vectors::inspection::Seen;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::{CurveForm, ec_public_key_info};
use test_vectors::num::{CurveName, Group};

use super::case;
use crate::cam;
use crate::inspected::Setup;

const SUITES: [Suite; 4] = [Suite::TripleDes, Suite::Aes128, Suite::Aes192, Suite::Aes256];
const WORDS: [u16; 4] = [0x6300, 0x6982, 0x6A80, 0x6F00];

/// The usual card with these variants, in EF.CardAccess and in DG14; `further` entries stand in both.
fn offering(offers: &[PaceOffer], further: &[Vec<u8>]) -> Setup {
    let mut setup = Setup::of("good");
    setup.limits = Limits::EXTENDED;
    setup.card.extended_length = true;
    setup.card.access.pace = offers.to_vec();
    stating(
        setup,
        &offers
            .iter()
            .map(|offer| security_infos::pace(*offer))
            .chain(further.iter().cloned())
            .collect::<Vec<_>>(),
    )
}

/// EF.CardAccess with these entries, which DG14 repeats.
fn stating(setup: Setup, open: &[Vec<u8>]) -> Setup {
    let key = setup.card.chip_authentication[0].clone();
    let own = [
        security_infos::chip_authentication(&key),
        security_infos::chip_public_key(&key, CurveForm::Explicit),
    ];
    let active = security_infos::active_authentication(setup.card.active_authentication.as_ref().unwrap());
    let all: Vec<Vec<u8>> = open.iter().cloned().chain(own).chain(active).collect();
    let setup = setup.with_file(FileId::CARD_ACCESS, security_infos::ef_card_access(open));
    setup.with_group(14, security_infos::dg14(&all))
}

fn offer(suite: Suite, parameter_id: u8, mapping: Mapping) -> PaceOffer {
    PaceOffer { suite, parameter_id, mapping }
}

fn each_parameter(mapping: Mapping) -> Vec<Setup> {
    let ids = (0..=2).chain(8..=18);
    // The standard has no integrated mapping over P-224, and the chip authentication mapping on curves alone.
    let ids = ids.filter(|id| match mapping {
        Mapping::Generic => true,
        Mapping::Integrated => *id != 10,
        Mapping::ChipAuthentication => *id >= 8,
    });
    ids.map(|id| offering(&[offer(Suite::Aes128, id, mapping)], &[])).collect()
}

/// With one password alone.
fn by(persona: &'static str, can: bool) -> Setup {
    let mut setup = Setup::of(persona);
    setup.keys.retain(|key| key.is_can() == can);
    setup
}

/// An entry of somebody's own.
fn foreign_entry() -> Vec<u8> {
    encode(
        0x30,
        &[encode(0x06, &[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x01]), encode(0x02, &[7])].concat(),
    )
}

/// PACEInfo with other last arcs and another number of parameters than any offer has.
fn pace_info(arcs: [u8; 2], parameter_id: u8) -> Vec<u8> {
    let oid = [&[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04][..], &arcs].concat();
    encode(0x30, &[encode(0x06, &oid), encode(0x02, &[2]), encode(0x02, &[parameter_id])].concat())
}

/// PACEDomainParameterInfo: brainpoolP256r1 written out, under a number of the chip's own.
fn proprietary(parameter_id: u8) -> Vec<u8> {
    let point = test_vectors::num::public_key(CurveName::BrainpoolP256r1, &[1]);
    let info = ec_public_key_info(CurveName::BrainpoolP256r1, CurveForm::Explicit, &point);
    // The AlgorithmIdentifier inside the SubjectPublicKeyInfo.
    let mut reader = reader_core::wire::tlv::Reader::new("info", reader_core::wire::tlv::Rules::Der, &info);
    let algorithm = reader.enter("info", 0x30).unwrap().any().unwrap().raw.to_vec();
    let oid = encode(0x06, &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02]);
    encode(0x30, &[oid, algorithm, encode(0x02, &[parameter_id])].concat())
}

pub fn sound() -> Vec<Seen> {
    let generic = |suite, id| offer(suite, id, Mapping::Generic);
    let personas = ["good", "good-pace-im", "good-pace-dh", "good-pace-dh-im", "good-pace-cam"];
    let usual = generic(Suite::Aes128, 13);
    vec![
        case(
            "ISO7816_G_01",
            personas.into_iter().flat_map(|persona| [by(persona, true), by(persona, false)]),
        ),
        case("ISO7816_G_02", each_parameter(Mapping::Generic)),
        case("ISO7816_G_03", each_parameter(Mapping::Integrated)),
        case("ISO7816_G_04", SUITES.map(|suite| offering(&[generic(suite, 12)], &[]))),
        case("ISO7816_G_05", [offering(&[usual], &[foreign_entry()])]),
        case(
            "ISO7816_G_06",
            [offering(&[generic(Suite::TripleDes, 12), usual, generic(Suite::Aes256, 13)], &[])],
        ),
        case("ISO7816_G_07", [offering(&[usual, generic(Suite::Aes256, 13)], &[proprietary(40)])]),
    ]
}

/// A fault on a card of each mapping.
fn on(personas: &[&'static str], fault: &Fault) -> Vec<Setup> {
    personas.iter().map(|persona| Setup::of(persona).with_fault(fault.clone())).collect()
}

const GENERIC: [&str; 2] = ["good", "good-pace-dh"];
const INTEGRATED: [&str; 2] = ["good-pace-im", "good-pace-dh-im"];
/// One of each mapping; what differs between curves and numbers has cases of its own.
const ALL: [&str; 2] = ["good", "good-pace-im"];

/// Keys that no honest chip sends, but for the terminal's own, which is a case of its own.
fn bad_keys(persona: &'static str, step: PaceStep) -> Vec<Setup> {
    let keys = BadKey::ALL.into_iter().filter(|key| *key != BadKey::Echo);
    // The generator itself is a possible key: whoever chooses it throws his own secret away.
    let keys = keys.filter(|key| *key != BadKey::Generator);
    keys.map(|key| Setup::of(persona).with_fault(Fault::PaceKey(step, key))).collect()
}

pub fn disturbed() -> Vec<Seen> {
    let words = |step| {
        let all = on(&ALL, &Fault::PaceStepRefused { step, sw: WORDS[0] });
        let good = WORDS[1..].iter().flat_map(|sw| on(&ALL[..1], &Fault::PaceStepRefused { step, sw: *sw }));
        all.into_iter().chain(good.collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let tag = |step| on(&ALL, &Fault::PaceOtherTag { step });
    let unusable = |personas: &[&'static str], step| {
        let keys = [BadKey::Truncated, BadKey::Longer, BadKey::Zero];
        keys.into_iter().flat_map(|key| on(personas, &Fault::PaceKey(step, key))).collect::<Vec<_>>()
    };
    let echoes = on(&GENERIC, &Fault::PaceEchoesTerminalKey(PaceStep::Mapping)).into_iter();
    let echoes = echoes.chain(on(&ALL, &Fault::PaceEchoesTerminalKey(PaceStep::Agreement)));
    let broken = {
        let setup = Setup::of("good");
        let file = setup.file(FileId::CARD_ACCESS).to_vec();
        // A set that is shorter than its entries, and an entry that is longer than the set.
        [(1, -4i8), (3, 40)].map(|(at, change)| {
            let mut cut = file.clone();
            cut[at] = cut[at].wrapping_add_signed(change);
            setup.clone().with_file(FileId::CARD_ACCESS, cut)
        })
    };
    // Parameters that are reserved, and such as do not belong to the agreement that the protocol names.
    let unfit = [([2, 2], 3), ([2, 2], 31), ([2, 2], 2), ([1, 2], 13)]
        .map(|(arcs, id)| stating(Setup::of("good"), &[pace_info(arcs, id)]));
    vec![
        case("ISO7816_G_08", WORDS.into_iter().flat_map(|sw| on(&ALL[..1], &Fault::PaceRefused(sw)))),
        case("ISO7816_G_09", on(&ALL, &Fault::PaceOtherNonce)),
        case("ISO7816_G_10", words(0)),
        case("ISO7816_G_11", tag(0)),
        case("ISO7816_G_12", words(1)),
        case("ISO7816_G_13", on(&GENERIC, &Fault::PaceOtherTag { step: 1 })),
        case("ISO7816_G_14", unusable(&GENERIC, PaceStep::Mapping)),
        case("ISO7816_G_15", unusable(&INTEGRATED, PaceStep::Mapping)),
        case("ISO7816_G_16", bad_keys("good", PaceStep::Mapping)),
        case("ISO7816_G_17", bad_keys("good-pace-dh", PaceStep::Mapping)),
        case("ISO7816_G_18", words(2)),
        case("ISO7816_G_19", tag(2)),
        case("ISO7816_G_20", unusable(&ALL, PaceStep::Agreement)),
        case("ISO7816_G_21", bad_keys("good", PaceStep::Agreement)),
        case("ISO7816_G_22", bad_keys("good-pace-dh", PaceStep::Agreement)),
        case("ISO7816_G_23", echoes),
        case("ISO7816_G_24", words(3)),
        case("ISO7816_G_25", tag(3)),
        case("ISO7816_G_26", on(&ALL, &Fault::PaceWrongToken)),
        case("ISO7816_G_27", broken),
        case("ISO7816_G_28", unfit),
        case("ISO7816_G_35", on(&ALL, &Fault::PaceStrayChipData)),
    ]
}

/// The card of the mapping on each curve, with its key in EF.CardSecurity.
fn mapped(parameter_id: u8) -> Setup {
    let mut setup = Setup::of("good-pace-cam");
    let group = Group::from_parameter_id(parameter_id).unwrap();
    let private = group.private_from_seed("mapped");
    let key = ChipAuthenticationKey { group, private, key_id: Some(parameter_id), suite: Suite::Aes128 };
    let offers = [
        offer(Suite::Aes128, parameter_id, Mapping::ChipAuthentication),
        offer(Suite::Aes128, parameter_id, Mapping::Generic),
    ];
    setup.card.access.pace = offers.to_vec();
    setup.card.chip_authentication = vec![key.clone()];
    let setup = stating(setup, &offers.iter().map(|offer| security_infos::pace(*offer)).collect::<Vec<_>>());
    with_card_security(setup, |key, offers| {
        [offers, vec![security_infos::chip_public_key(key, CurveForm::Standardized)]].concat()
    })
}

/// EF.CardSecurity with what is made of the chip's key and the entries of EF.CardAccess.
pub fn with_card_security(
    setup: Setup,
    infos: impl Fn(&ChipAuthenticationKey, Vec<Vec<u8>>) -> Vec<Vec<u8>>,
) -> Setup {
    let key = setup.card.chip_authentication[0].clone();
    let open =
        reader_core::lds::security_infos::SecurityInfos::parse(setup.file(FileId::CARD_ACCESS)).unwrap();
    let open = open.entries.into_iter().map(|entry| entry.raw).collect();
    let file = crate::inspected::card_security(setup.persona, &infos(&key, open));
    setup.with_file(FileId::CARD_SECURITY, file)
}

pub fn chip_mapping() -> Vec<Seen> {
    let cam = || Setup::of("good-pace-cam");
    let data = |data| [cam().with_fault(Fault::ChipData(data))];
    let altered = |word| {
        let mut setup = cam();
        setup.card = cam::altered(&setup.card, word);
        [setup]
    };
    let bad_beside_good = {
        // The mapping exists with AES alone.
        let info = pace_info([6, 1], 13);
        let setup = Setup::of("good");
        let usual = security_infos::pace(setup.card.access.pace[0]);
        stating(setup, &[info, usual])
    };
    // DG14 repeats the generic offer only.
    let lacking = {
        let setup = cam();
        let open = setup.file(FileId::CARD_ACCESS).to_vec();
        let generic =
            setup.card.access.pace.iter().find(|offer| offer.mapping == Mapping::Generic).copied().unwrap();
        let setup = stating(setup, &[security_infos::pace(generic)]);
        setup.with_file(FileId::CARD_ACCESS, open)
    };
    vec![
        case("ISO7816_G_29", data(ChipData::Missing)),
        case(
            "ISO7816_G_30",
            [data(ChipData::NoPadding), data(ChipData::TooLong), data(ChipData::Zero)].concat(),
        ),
        case(
            "ISO7816_G_31",
            [data(ChipData::Wrong), data(ChipData::Plain), data(ChipData::PartBlock)].concat(),
        ),
        case("ISO7816_G_32", data(ChipData::OtherTag)),
        case("ISO7816_G_33", data(ChipData::Empty)),
        case("ISO7816_G_34", [cam()]),
        case("ISO7816_G_36", [bad_beside_good]),
        case("ISO7816_G_38", [lacking]),
        case("ISO7816_G_39", [altered("other-key"), altered("one-bit-of-the-key")].concat()),
        case("ISO7816_G_40", altered("no-key")),
        case("ISO7816_G_41", each_parameter_mapped()),
    ]
}

fn each_parameter_mapped() -> Vec<Setup> {
    (8..=18).map(mapped).collect()
}
