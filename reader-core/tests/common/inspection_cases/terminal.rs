//! Unit ISO7816_E.

use std::sync::Arc;

use reader_core::cvc::{CvCertificate, TerminalCertificates};
use reader_core::key::private_key;
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::TerminalAuthentication;
use reader_core::transport::Limits;
use reader_core::wire::date::Timestamp;
use reader_core::wire::tlv::encode;
use test_vectors::card::{ChipAuthenticationKey, Hash, Suite};
use test_vectors::chip::{Fault, TerminalFault};
use test_vectors::inspection::Seen;
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cvc::{CvKey, FINGERS, Holder, IRISES, Role, digits};
use test_vectors::issuer::groups;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::{CurveForm, RsaPadding, RsaTestKeys};
use test_vectors::num::{CurveName, Group, Modp};

use super::case;
use crate::inspected::Setup;
use crate::simulated::{NOW_UNIX_S, mrz_key, on_card};

const PERSONA: &str = "all-groups";

fn day(from_now: i64) -> Date {
    Date::from_unix_s(NOW_UNIX_S).plus_days(from_now)
}

/// Authorities, one after the other, a verifier and a terminal, each with a key of its own.
struct Chain {
    authorities: Vec<Holder>,
    verifier: Holder,
    terminal: Holder,
}

impl Chain {
    fn new(key: impl Fn(&str) -> CvKey) -> Self {
        let holder = |role, reference: &str, days: [i64; 2]| Holder {
            reference: reference.to_owned(),
            key: key(reference),
            role,
            rights: FINGERS | IRISES,
            days: days.map(day),
        };
        Self {
            authorities: (1..=3)
                .map(|number| {
                    let days = [-900 + 30 * number, 60 + 300 * number];
                    holder(Role::Authority, &format!("UTCVCAINSPUT{number:03}"), days)
                })
                .collect(),
            verifier: holder(Role::DomesticVerifier, "UTDVINSPUT001", [-30, 60]),
            terminal: holder(Role::Terminal, "UTISINSPUT001", [-7, 21]),
        }
    }

    fn ecdsa(curve: CurveName, hash: Hash) -> Self {
        Self::new(|label| CvKey::ecdsa(curve, hash, label))
    }

    fn rsa(padding: RsaPadding, hash: Hash) -> Self {
        Self::new(|label| {
            let keys = RsaTestKeys::get();
            let key = match label {
                "UTCVCAINSPUT001" => keys.terminal_authority(),
                "UTDVINSPUT001" => keys.document_verifier(),
                "UTISINSPUT001" => keys.terminal(),
                _ => keys.terminal_authority_next(),
            };
            CvKey::Rsa { key, padding, hash }
        })
    }

    /// Certificates under the authority of this number; link certificates come with it up from `known`.
    fn certificates(&self, known: usize, under: usize) -> Vec<Vec<u8>> {
        let links = (known..under).map(|at| self.authorities[at].certificate(&self.authorities[at - 1]));
        let own = [
            self.verifier.certificate(&self.authorities[under - 1]),
            self.terminal.certificate(&self.verifier),
        ];
        links.chain(own).collect()
    }
}

/// A card whose chip trusts the authority of this number, and a terminal with these certificates.
fn setup(chain: &Chain, trusted: usize, certificates: &[Vec<u8>]) -> Setup {
    let mut setup = Setup::of(PERSONA);
    let trust = setup.card.terminal_authentication.as_mut().unwrap();
    trust.trust_points = vec![chain.authorities[trusted - 1].trust_point()];
    let references = [chain.authorities[trusted - 1].reference.as_bytes().to_vec()];
    setup.card.files.insert(on_card(FileId::CVCA), groups::ef_cvca(&references));
    let parsed = certificates.iter().map(|bytes| CvCertificate::parse(bytes).unwrap());
    setup.plan.terminal_authentication = Some(TerminalAuthentication {
        certificates: Arc::new(TerminalCertificates::new(parsed)),
        key: Arc::new(private_key(&chain.terminal.key.pkcs8()).unwrap()),
        today: Timestamp(NOW_UNIX_S).date().unwrap(),
    });
    setup.plan.groups.extend([DataGroup::Dg3, DataGroup::Dg4]);
    // This desk reads fingers and irises and wants to be let at them.
    setup.rules = vec![("access.terminal_authentication", "require")];
    // So that EF.CVCA is asked and not PACE.
    setup.keys = mrz_key(PERSONA);
    setup.limits = Limits::EXTENDED;
    setup
}

fn sound_chain(chain: &Chain) -> Setup {
    setup(chain, 1, &chain.certificates(1, 1))
}

fn usual() -> Chain {
    Chain::ecdsa(CurveName::BrainpoolP256r1, Hash::Sha256)
}

pub fn sound() -> Setup {
    sound_chain(&usual())
}

fn algorithms() -> Vec<Seen> {
    let pkcs1 = |hash| [sound_chain(&Chain::rsa(RsaPadding::Pkcs1, hash))];
    let pss = |hash| [sound_chain(&Chain::rsa(RsaPadding::Pss, hash))];
    let ecdsa = |curve, hash| [sound_chain(&Chain::ecdsa(curve, hash))];
    vec![
        case("ISO7816_E_01", pkcs1(Hash::Sha1)),
        case("ISO7816_E_02", pkcs1(Hash::Sha256)),
        case("ISO7816_E_03", pss(Hash::Sha1)),
        case("ISO7816_E_04", pss(Hash::Sha256)),
        case("ISO7816_E_05", ecdsa(CurveName::P256, Hash::Sha1)),
        case("ISO7816_E_06", ecdsa(CurveName::BrainpoolP224r1, Hash::Sha224)),
        case("ISO7816_E_07", ecdsa(CurveName::BrainpoolP256r1, Hash::Sha256)),
        case("ISO7816_E_35", pkcs1(Hash::Sha512)),
        case("ISO7816_E_36", pss(Hash::Sha512)),
        case("ISO7816_E_37", ecdsa(CurveName::BrainpoolP384r1, Hash::Sha384)),
        case("ISO7816_E_38", ecdsa(CurveName::BrainpoolP512r1, Hash::Sha512)),
    ]
}

/// EF.CVCA as given, over the chip of the sound chain.
fn with_cvca(file: Vec<u8>) -> Setup {
    sound().with_file(FileId::CVCA, file)
}

fn authorities() -> Vec<Seen> {
    let reference = |number: u8| format!("UTCVCAINSPUT{number:03}").into_bytes();
    let foreign = {
        let chain = usual();
        let mut other = chain.authorities[0].clone();
        other.reference = "XUCVCAOTHERXU001".to_owned();
        let mut setup = sound();
        setup.card.terminal_authentication.as_mut().unwrap().trust_points = vec![other.trust_point()];
        setup.with_file(FileId::CVCA, groups::ef_cvca(&[other.reference.into_bytes()]))
    };
    vec![
        case("ISO7816_E_08", [foreign]),
        case("ISO7816_E_09", [with_cvca(vec![0; 36])]),
        case("ISO7816_E_10", [with_cvca(groups::ef_cvca(&[reference(1), reference(2), reference(3)]))]),
        case("ISO7816_E_11", [sound().with_fault(Fault::Terminal(TerminalFault::WrongIdentifier))]),
        case("ISO7816_E_12", [sound().with_fault(Fault::Terminal(TerminalFault::ChallengeBytes(7)))]),
        case("ISO7816_E_13", [sound().with_fault(Fault::Terminal(TerminalFault::ChallengeBytes(9)))]),
    ]
}

fn rights() -> Vec<Seen> {
    let with = |rights| {
        let mut chain = usual();
        chain.verifier.rights = rights;
        sound_chain(&chain)
    };
    // What is withheld is not in the capture, so that nothing can show it.
    for (rights, fingers, irises) in [(IRISES, false, true), (FINGERS, true, false), (0, false, false)] {
        let capture = with(rights).reading().capture;
        let shown = [DataGroup::Dg3, DataGroup::Dg4].map(|group| capture.group(group).is_some());
        assert_eq!(shown, [fingers, irises], "{rights}");
    }
    vec![
        case("ISO7816_E_14", [with(IRISES)]),
        case("ISO7816_E_15", [with(FINGERS)]),
        case("ISO7816_E_16", [with(0)]),
        case("ISO7816_E_29", [with(FINGERS).without_group(4)]),
        case("ISO7816_E_30", [with(IRISES).without_group(3)]),
    ]
}

fn chains() -> Vec<Seen> {
    let chain = usual();
    let spoilt = |at: usize| {
        let mut certificates = chain.certificates(1, 1);
        *certificates[at].last_mut().unwrap() ^= 1;
        setup(&chain, 1, &certificates)
    };
    let mut late = sound();
    late.card.terminal_authentication.as_mut().unwrap().current_date = digits(day(400));
    let mut none = sound();
    none.plan.terminal_authentication = None;
    let unneeded = {
        let link = chain.authorities[1].certificate(&chain.authorities[0]);
        let all = [vec![link], chain.certificates(2, 2)].concat();
        setup(&chain, 2, &all)
    };
    vec![
        case("ISO7816_E_17", [spoilt(0)]),
        case("ISO7816_E_18", [spoilt(1)]),
        case("ISO7816_E_19", [late]),
        case("ISO7816_E_24", [none]),
        case("ISO7816_E_32", [setup(&chain, 1, &chain.certificates(1, 2))]),
        case("ISO7816_E_33", [setup(&chain, 1, &chain.certificates(1, 3))]),
        case("ISO7816_E_34", [unneeded]),
    ]
}

/// DG14 whose TerminalAuthenticationInfo names a file for the authorities.
fn named_file(id: [u8; 2], short: Option<u8>) -> Setup {
    let setup = sound();
    let own = security_infos::terminal_authentication();
    let file = [encode(0x04, &id), short.map(|short| encode(0x04, &[short])).unwrap_or_default()].concat();
    let entry = encode(0x30, &[&own[2..], &encode(0x30, &file)].concat());
    setup.with_entry(&own, &entry)
}

/// The chip's key of chip authentication beside the terminal's keys.
fn with_chip_key(chain: &Chain, group: Group) -> Setup {
    let mut setup = sound_chain(chain);
    let private = group.private_from_seed("inspection");
    let key = ChipAuthenticationKey { group, private, key_id: None, suite: Suite::Aes128 };
    let mut infos: Vec<Vec<u8>> =
        setup.card.access.pace.iter().map(|offer| security_infos::pace(*offer)).collect();
    infos.push(security_infos::terminal_authentication());
    infos.push(security_infos::chip_authentication(&key));
    let open = infos.clone();
    infos.push(security_infos::chip_public_key(&key, CurveForm::Explicit));
    infos.extend(security_infos::active_authentication(setup.card.active_authentication.as_ref().unwrap()));
    setup.card.chip_authentication = vec![key];
    let setup = setup.with_file(FileId::CARD_ACCESS, security_infos::ef_card_access(&open));
    setup.with_group(14, security_infos::dg14(&infos))
}

fn documents() -> Vec<Seen> {
    let mut by_pace = sound();
    by_pace.keys = crate::simulated::keys(PERSONA);
    let small = Chain::new(|label| {
        let mut key = RsaTestKeys::get().active_authentication();
        // Published keys of other lengths stand for the authorities; what counts is the terminal's.
        if label.contains("CVCA") {
            key = RsaTestKeys::get().terminal_authority();
        } else if label.contains("DV") {
            key = RsaTestKeys::get().document_verifier();
        }
        CvKey::Rsa { key, padding: RsaPadding::Pkcs1, hash: Hash::Sha256 }
    });
    let mixed = Chain::ecdsa(CurveName::BrainpoolP256r1, Hash::Sha256);
    vec![
        case("ISO7816_E_22", [named_file([0x01, 0x1B], None)]),
        case("ISO7816_E_23", [named_file([0x01, 0x1C], Some(0x1B))]),
        case("ISO7816_E_26", [sound()]),
        case("ISO7816_E_27", [with_chip_key(&small, Group::Modp(Modp::Of2048And256))]),
        case("ISO7816_E_28", [with_chip_key(&mixed, Group::Curve(CurveName::BrainpoolP224r1))]),
        case("ISO7816_E_31", [by_pace]),
    ]
}

pub fn cases() -> Vec<Seen> {
    [algorithms(), authorities(), rights(), chains(), documents()].concat()
}
