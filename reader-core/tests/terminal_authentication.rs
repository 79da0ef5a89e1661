//! A terminal proves itself to the simulated chip: every chain, what the chip makes of it, and what is then read.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/simulated.rs"]
mod simulated;

use std::sync::Arc;

use reader_core::capture::{
    Capture, FileState, PaceCamTrace, TerminalAuthenticationOutcome as Outcome,
    TerminalAuthenticationStep as Step,
};
use reader_core::crypto::signing::SigningKey;
use reader_core::cvc::{CvCertificate, TerminalCertificates};
use reader_core::evidence::{self, CheckId, HolderFindings, Reason};
use reader_core::key::private_key;
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::TrustSnapshot;
use reader_core::session::{Cause, ChipAuthentication, Plan, Reading, TerminalAuthentication, resume_chip};
use reader_core::transport::Limits;
use reader_core::verify::{Presented, Settings, Tolerances, assemble, verify};
use reader_core::wire::date::Timestamp;
use simulated::{NOW_UNIX_S, SeededEntropy, SimulatedTransport, card, keys, mrz_key, quiet, read};
use test_vectors::chip::{Fault, TerminalFault};
use test_vectors::issuer::terminal_pki::{Chain, Hierarchy};

const CARDS: [(&str, Hierarchy); 3] =
    [("eac", Hierarchy::BrainpoolP256), ("eac-rsa", Hierarchy::RsaPss), ("eac-pkcs1", Hierarchy::RsaPkcs1)];
const MAPPED: (&str, Hierarchy) = ("eac-cam", Hierarchy::P256);
const NOW: Timestamp = Timestamp(NOW_UNIX_S);

/// What a terminal has that was given this chain.
fn terminal(hierarchy: Hierarchy, chain: Chain) -> TerminalAuthentication {
    let given = hierarchy.chain(chain, NOW_UNIX_S);
    let certificates = given.certificates.iter().map(|bytes| CvCertificate::parse(bytes).unwrap());
    TerminalAuthentication {
        certificates: Arc::new(TerminalCertificates::new(certificates)),
        key: Arc::new(private_key(&given.key.pkcs8()).unwrap()),
        today: NOW.date().unwrap(),
    }
}

/// The same, with the certificate that the authority gave itself: then more can be checked here.
fn with_authority(hierarchy: Hierarchy, chain: Chain) -> TerminalAuthentication {
    let own = terminal(hierarchy, chain);
    let authority = hierarchy.authority(NOW_UNIX_S);
    let authority = CvCertificate::parse(&authority.certificate(&authority)).unwrap();
    let all = own.certificates.all().iter().cloned().chain([authority]);
    TerminalAuthentication { certificates: Arc::new(TerminalCertificates::new(all)), ..own }
}

fn plan(terminal: TerminalAuthentication) -> Plan {
    Plan {
        groups: vec![DataGroup::Dg1, DataGroup::Dg3],
        terminal_authentication: Some(terminal),
        ..Plan::default()
    }
}

fn outcome(capture: &Capture) -> Outcome {
    capture.terminal_authentication.clone().expect("a record of it").outcome
}

fn fingers(capture: &Capture) -> Option<&FileState> {
    capture.files.get(&FileId::group(DataGroup::Dg3))
}

fn reading(name: &str, terminal: TerminalAuthentication) -> Reading<SimulatedTransport> {
    read(SimulatedTransport::new(card(name)), &keys(name), &plan(terminal))
}

fn refused(step: Step, status: u16) -> Outcome {
    Outcome::Refused { step, status }
}

#[test]
fn a_sound_chain_opens_the_fingers_in_every_carriage() {
    for (name, hierarchy) in CARDS {
        for limits in [Limits::SHORT, Limits::EXTENDED] {
            for access in [keys(name), mrz_key(name)] {
                let transport = SimulatedTransport::new(card(name)).with_limits(limits);
                let reading = read(transport, &access, &plan(terminal(hierarchy, Chain::Sound)));
                assert_eq!(reading.ended, None, "{name}");
                let trace = reading.capture.terminal_authentication.clone().unwrap();
                assert_eq!(trace.outcome, Outcome::Authenticated, "{name} {limits:?}");
                assert_eq!(trace.certificates.len(), 2);
                assert_eq!(trace.rights, [DataGroup::Dg3, DataGroup::Dg4]);
                assert!(matches!(fingers(&reading.capture), Some(FileState::Read(_))), "{name}");
                assert!(reading.capture.bytes(FileId::CVCA).is_some_and(|file| file.len() == 36));
            }
        }
    }
}

/// Without chip authentication after the mapping, the terminal's key of PACE is what it signs. Spec: 9303-11 §7.1.2.
#[test]
fn the_chip_authentication_mapping_is_proof_enough_in_every_carriage() {
    let (name, hierarchy) = MAPPED;
    for limits in [Limits::SHORT, Limits::EXTENDED] {
        for chip_authentication in
            [ChipAuthentication::Never, ChipAuthentication::UnlessMapped, ChipAuthentication::WhenOffered]
        {
            let again = chip_authentication == ChipAuthentication::WhenOffered;
            let plan = Plan { chip_authentication, ..plan(terminal(hierarchy, Chain::Sound)) };
            let transport = SimulatedTransport::new(card(name)).with_limits(limits);
            let reading = read(transport, &keys(name), &plan);
            assert_eq!(reading.ended, None, "{limits:?}");
            let capture = &reading.capture;
            assert!(matches!(capture.pace_cam, Some(PaceCamTrace::Answered { .. })), "{limits:?}");
            assert_eq!(capture.chip_authentication.is_some(), again, "{limits:?}");
            assert_eq!(outcome(capture), Outcome::Authenticated, "{limits:?} {chip_authentication:?}");
            assert!(matches!(fingers(capture), Some(FileState::Read(_))), "{limits:?}");
        }
    }
    // The chip checks the same identifiers as ever.
    let fault = Fault::Terminal(TerminalFault::WrongIdentifier);
    let plan = plan(terminal(hierarchy, Chain::Sound));
    let plan = Plan { chip_authentication: ChipAuthentication::Never, ..plan };
    let reading = read(SimulatedTransport::new(card(name)).with_fault(fault), &keys(name), &plan);
    assert_eq!(outcome(&reading.capture), refused(Step::Signature, 0x6300));
    assert_eq!(fingers(&reading.capture), Some(&FileState::Protected));
}

#[test]
fn a_mapping_by_another_key_than_the_signed_one_is_no_proof() {
    let (_, hierarchy) = MAPPED;
    let mut card = card("wrong-cam-key");
    card.terminal_authentication = simulated::card(MAPPED.0).terminal_authentication;
    let own = plan(terminal(hierarchy, Chain::Sound));
    let plan = Plan { chip_authentication: ChipAuthentication::Never, ..own };
    let reading = read(SimulatedTransport::new(card), &keys("wrong-cam-key"), &plan);
    assert_eq!(reading.ended, None);
    assert_eq!(outcome(&reading.capture), Outcome::ChipNotAuthenticated);
    assert_eq!(fingers(&reading.capture), Some(&FileState::Protected));
}

#[test]
fn each_right_opens_its_own_group_alone() {
    let name = "all-groups";
    let (fingers, irises) = (DataGroup::Dg3, DataGroup::Dg4);
    for (chain, rights) in [
        (Chain::Sound, vec![fingers, irises]),
        (Chain::FewerRights, vec![irises]),
        (Chain::FingersOnly, vec![fingers]),
    ] {
        for limits in [Limits::SHORT, Limits::EXTENDED] {
            let plan = Plan {
                groups: vec![DataGroup::Dg1, fingers, irises],
                ..plan(terminal(Hierarchy::P256, chain))
            };
            let transport = SimulatedTransport::new(card(name)).with_limits(limits);
            let capture = read(transport, &keys(name), &plan).capture;
            let trace = capture.terminal_authentication.clone().unwrap();
            assert_eq!((trace.outcome, trace.rights), (Outcome::Authenticated, rights.clone()), "{chain:?}");
            for group in [fingers, irises] {
                let state = capture.files.get(&FileId::group(group)).unwrap();
                let given = matches!(state, FileState::Read(_));
                assert_eq!(given, rights.contains(&group), "{chain:?} {limits:?} {group:?}: {state:?}");
                assert!(given || *state == FileState::Protected, "{chain:?} {group:?}: {state:?}");
            }
        }
    }
}

#[test]
fn it_signs_the_document_number_after_bac() {
    for (name, hierarchy) in CARDS {
        let mut card = card(name);
        card.access.pace.clear();
        card.files.remove(&simulated::on_card(FileId::CARD_ACCESS));
        let reading =
            read(SimulatedTransport::new(card), &mrz_key(name), &plan(terminal(hierarchy, Chain::Sound)));
        assert_eq!(outcome(&reading.capture), Outcome::Authenticated, "{name}");
        assert!(matches!(fingers(&reading.capture), Some(FileState::Read(_))), "{name}");
    }
}

#[test]
fn link_certificates_and_foreign_verifiers_are_taken() {
    for (name, hierarchy) in CARDS {
        let through = reading(name, terminal(hierarchy, Chain::ThroughLink)).capture;
        assert_eq!(outcome(&through), Outcome::Authenticated, "{name}");
        assert_eq!(through.terminal_authentication.unwrap().certificates.len(), 3);
        let foreign = reading(name, with_authority(hierarchy, Chain::Foreign)).capture;
        assert_eq!(outcome(&foreign), Outcome::Authenticated, "{name}");
        // Once a link was taken, the chip names the newer authority, and the link is not sent again.
        let mut transport = SimulatedTransport::new(card(name));
        for certificates in [3, 2] {
            let plan = plan(terminal(hierarchy, Chain::ThroughLink));
            let again = read(&mut transport, &keys(name), &plan);
            assert_eq!(outcome(&again.capture), Outcome::Authenticated, "{name}");
            assert_eq!(again.capture.terminal_authentication.unwrap().certificates.len(), certificates);
            transport.chip.reset();
        }
    }
}

#[test]
fn rights_are_those_that_all_of_the_chain_grant() {
    for (name, hierarchy) in CARDS {
        let capture = reading(name, terminal(hierarchy, Chain::FewerRights)).capture;
        let trace = capture.terminal_authentication.clone().unwrap();
        assert_eq!((trace.outcome, trace.rights), (Outcome::Authenticated, vec![DataGroup::Dg4]), "{name}");
        assert_eq!(fingers(&capture), Some(&FileState::Protected), "{name}");
    }
}

#[test]
fn without_a_chain_nothing_is_sent_and_the_rest_is_read() {
    for (name, hierarchy) in CARDS {
        for chain in [Chain::UnknownAuthority, Chain::NoVerifier] {
            let capture = reading(name, terminal(hierarchy, chain)).capture;
            assert!(matches!(outcome(&capture), Outcome::NoChain(_)), "{name} {chain:?}");
            assert!(capture.terminal_authentication.as_ref().unwrap().certificates.is_empty());
            assert_eq!(fingers(&capture), Some(&FileState::Protected));
            assert!(capture.group(DataGroup::Dg1).is_some());
        }
        for chain in [
            Chain::ExpiredTerminal,
            Chain::WrongVerifierSignature,
            Chain::WrongTerminalSignature,
            Chain::Impostor,
        ] {
            let capture = reading(name, with_authority(hierarchy, chain)).capture;
            assert!(
                matches!(outcome(&capture), Outcome::ChainInvalid(_)),
                "{name} {chain:?}: {:?}",
                outcome(&capture)
            );
            assert_eq!(fingers(&capture), Some(&FileState::Protected));
        }
        let other = Hierarchy::P256.chain(Chain::Sound, NOW_UNIX_S).key.pkcs8();
        let wrong_key = TerminalAuthentication {
            key: Arc::new(private_key(&other).unwrap()),
            ..terminal(hierarchy, Chain::Sound)
        };
        assert!(matches!(outcome(&reading(name, wrong_key).capture), Outcome::KeyFailed(_)), "{name}");
    }
}

#[test]
fn what_only_the_chip_can_see_the_chip_refuses_and_the_rest_is_read() {
    for (name, hierarchy) in CARDS {
        // Without the authority's own certificate nobody here can tell.
        for chain in [Chain::Impostor, Chain::WrongVerifierSignature] {
            let reading = reading(name, terminal(hierarchy, chain));
            assert_eq!(reading.ended, None);
            let found = outcome(&reading.capture);
            assert!(
                matches!(found, Outcome::Refused { step: Step::VerifyCertificate, .. }),
                "{name} {chain:?} {found:?}"
            );
            assert_eq!(fingers(&reading.capture), Some(&FileState::Protected));
            assert!(reading.capture.group(DataGroup::Dg1).is_some());
        }
    }
}

#[test]
fn a_chip_that_errs_is_told_by_the_step() {
    let (name, hierarchy) = CARDS[0];
    for (fault, expected) in [
        (TerminalFault::RefusesCertificate(0), refused(Step::VerifyCertificate, 0x6300)),
        (TerminalFault::RefusesCertificate(1), refused(Step::VerifyCertificate, 0x6300)),
        (TerminalFault::ChallengeBytes(7), Outcome::Protocol("the challenge has not 8 bytes")),
        (TerminalFault::ChallengeBytes(9), Outcome::Protocol("the challenge has not 8 bytes")),
        (TerminalFault::AcceptsNothing, refused(Step::Signature, 0x6300)),
        (TerminalFault::WrongIdentifier, refused(Step::Signature, 0x6300)),
    ] {
        let transport = SimulatedTransport::new(card(name)).with_fault(Fault::Terminal(fault));
        let reading = read(transport, &keys(name), &plan(terminal(hierarchy, Chain::Sound)));
        assert_eq!(reading.ended, None, "{fault:?}");
        assert_eq!(outcome(&reading.capture), expected, "{fault:?}");
        assert_eq!(fingers(&reading.capture), Some(&FileState::Protected), "{fault:?}");
    }
}

#[test]
fn it_needs_chip_authentication_and_something_to_read() {
    let (name, hierarchy) = CARDS[0];
    let own = || terminal(hierarchy, Chain::Sound);
    let without = Plan { chip_authentication: ChipAuthentication::Never, ..plan(own()) };
    let capture = read(SimulatedTransport::new(card(name)), &keys(name), &without).capture;
    assert_eq!(outcome(&capture), Outcome::ChipNotAuthenticated);
    assert_eq!(fingers(&capture), Some(&FileState::Protected));
    let idle = Plan { groups: vec![DataGroup::Dg1], ..plan(own()) };
    let capture = read(SimulatedTransport::new(card(name)), &keys(name), &idle).capture;
    assert_eq!(outcome(&capture), Outcome::NotNeeded);
    let unequipped = Plan { terminal_authentication: None, ..plan(own()) };
    let capture = read(SimulatedTransport::new(card(name)), &keys(name), &unequipped).capture;
    assert_eq!(capture.terminal_authentication, None);
    assert_eq!(fingers(&capture), Some(&FileState::Protected));
}

#[test]
fn rights_die_with_the_session_and_are_asked_for_again() {
    let (name, hierarchy) = CARDS[0];
    let plan = plan(terminal(hierarchy, Chain::Sound));
    let whole = read(SimulatedTransport::new(card(name)), &keys(name), &plan);
    // The card leaves in the middle of the fingers: the last file of the plan.
    let exchange = whole.exchanges.len() - 2;
    let transport = SimulatedTransport::new(card(name)).with_fault(Fault::TornAt { exchange });
    let torn = read(transport, &keys(name), &plan);
    assert!(matches!(torn.ended, Some(Cause::Transport(_))));
    assert_eq!(outcome(&torn.capture), Outcome::Authenticated);
    let (earlier, _) = torn.into_earlier();
    let transport = SimulatedTransport::new(card(name));
    let resumed = resume_chip(transport, &keys(name), &plan, &mut SeededEntropy(9), &mut quiet, earlier);
    assert_eq!(resumed.ended, None);
    assert_eq!(outcome(&resumed.capture), Outcome::Authenticated);
    assert_eq!(fingers(&resumed.capture), fingers(&whole.capture));
}

#[test]
fn the_finding_says_what_came_of_it() {
    let settings = Settings { tolerances: Tolerances::TOLERANT, ..Settings::default() };
    let finding = |terminal: Option<TerminalAuthentication>| {
        let (name, _) = CARDS[0];
        let plan = Plan {
            terminal_authentication: terminal,
            groups: vec![DataGroup::Dg1, DataGroup::Dg3],
            ..Plan::default()
        };
        let capture = read(SimulatedTransport::new(card(name)), &keys(name), &plan).capture;
        let proof = verify(&capture, &TrustSnapshot::empty(), &Presented::nothing(), NOW, &settings, None);
        let evidence = assemble(proof, HolderFindings::not_performed(), Vec::new());
        evidence.finding(CheckId::AccessTerminalAuthentication).unwrap().outcome
    };
    let own = |chain| Some(with_authority(CARDS[0].1, chain));
    assert_eq!(finding(own(Chain::Sound)), evidence::Outcome::Confirmed);
    let no_chain = evidence::Outcome::NotPerformed(Reason::TerminalNoChain);
    assert_eq!(finding(own(Chain::UnknownAuthority)), no_chain);
    let invalid = evidence::Outcome::NotPerformed(Reason::TerminalChainInvalid);
    assert_eq!(finding(own(Chain::ExpiredTerminal)), invalid);
    let refused = evidence::Outcome::Undetermined(Reason::TerminalRefused);
    assert_eq!(finding(Some(terminal(CARDS[0].1, Chain::Impostor))), refused);
}

#[test]
fn nothing_of_the_key_is_printed() {
    let own = terminal(Hierarchy::P256, Chain::Sound);
    let shown = format!("{:?}", plan(own));
    assert!(shown.contains("TerminalAuthentication(2 certificates"), "{shown}");
    let key: SigningKey = private_key(&Hierarchy::P256.chain(Chain::Sound, NOW_UNIX_S).key.pkcs8()).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(P-256)");
}
