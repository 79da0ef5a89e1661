//! Active authentication end to end with the simulated chip: signatures longer than a short response, every way in which
//! a chip refuses or cuts them, every hash, and a challenge that is bound to a transaction.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::{ActiveAuthenticationTrace, Deviation};
use reader_core::crypto::challenge;
use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::iso9796::{self, Iso9796Check};
use reader_core::crypto::rsa::RsaPublicKey;
use reader_core::lds::{DataGroup, FileId};
use reader_core::session::{Plan, ReadLimits, Reading};
use reader_core::transport::Limits;
use simulated::{SimulatedTransport, card, keys, on_card, read};
use test_vectors::card::{ActiveAuthenticationKey, Card, Hash};
use test_vectors::chip::Fault;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::RsaTestKeys;
use test_vectors::num::RsaKey;

fn with_rsa(key: &RsaKey, hash: Hash) -> Card {
    let mut card = card("good-rsa");
    let (modulus, private) = (key.modulus.clone(), key.private.clone());
    let key = ActiveAuthenticationKey::Rsa { modulus, private, hash };
    card.files.insert(on_card(FileId::group(DataGroup::Dg15)), security_infos::dg15(&key));
    card.active_authentication = Some(key);
    card
}

fn plan(declared: Option<Limits>) -> Plan {
    let limits = ReadLimits { declared, ..ReadLimits::default() };
    Plan { groups: vec![DataGroup::Dg1], limits, ..Plan::default() }
}

fn run(card: Card, reader: Limits, plan: &Plan, faults: &[Fault]) -> Reading<SimulatedTransport> {
    let mut transport = SimulatedTransport::new(card).with_limits(reader);
    for fault in faults {
        transport.chip.misbehave(fault.clone());
    }
    let reading = read(transport, &keys("good-rsa"), plan);
    assert_eq!(reading.ended, None, "{faults:?}");
    reading
}

fn holds(key: &RsaKey, trace: Option<&ActiveAuthenticationTrace>) -> Option<HashAlgorithm> {
    let Some(ActiveAuthenticationTrace::Signed { challenge, signature }) = trace else { panic!("{trace:?}") };
    match iso9796::open(&RsaPublicKey::new(&key.modulus, &key.public).unwrap(), signature, challenge) {
        Iso9796Check::Valid { hash } => Some(hash),
        Iso9796Check::Invalid(_) => None,
    }
}

/// The exchange in which the chip signs: the one with that work.
fn signing(reading: &Reading<SimulatedTransport>) -> usize {
    let work = reader_core::session::ChipWork::ActiveAuthentication;
    reading.exchanges.iter().position(|exchange| exchange.work == work).unwrap()
}

#[test]
fn signatures_of_every_length_come_whole_in_every_way() {
    let test_keys = RsaTestKeys::get();
    for key in [test_keys.active_authentication(), test_keys.document_signer(), test_keys.csca()] {
        let bits = key.modulus.len() * 8;
        let card = with_rsa(&key, Hash::Sha256);
        let sha256 = Some(HashAlgorithm::Sha256);
        // In pieces, where card or reader carry no extended lengths.
        let pieces = run(card.clone(), Limits::SHORT, &plan(None), &[]);
        assert_eq!(holds(&key, pieces.capture.active_authentication.as_ref()), sha256, "{bits}");
        // At once, where both do.
        let declared = plan(Some(Limits::EXTENDED));
        let card = Card { extended_length: true, ..card };
        let at_once = run(card.clone(), Limits::EXTENDED, &declared, &[]);
        assert_eq!(holds(&key, at_once.capture.active_authentication.as_ref()), sha256, "{bits}");
        assert_eq!(at_once.capture.deviations, []);
        assert!(at_once.exchanges.len() < pieces.exchanges.len(), "{bits}");
        // Declared and refused, with a MAC: the same session asks with short lengths.
        let exchange = signing(&at_once);
        let refused =
            run(card.clone(), Limits::EXTENDED, &declared, &[Fault::WrongStatus { exchange, sw: 0x6700 }]);
        if bits > 1536 {
            assert_eq!(holds(&key, refused.capture.active_authentication.as_ref()), sha256, "{bits}");
        } else {
            // It went short at once, so there is nothing to fall back to.
            let trace = refused.capture.active_authentication;
            assert_eq!(trace, Some(ActiveAuthenticationTrace::Refused(0x6700)));
        }
        // Refused by a bare status word, which ends the channel: another session asks with short lengths.
        if bits > 1536 {
            let bare = run(card, Limits::EXTENDED, &declared, &[Fault::PlainStatus { exchange, sw: 0x6700 }]);
            assert_eq!(holds(&key, bare.capture.active_authentication.as_ref()), sha256, "{bits}");
            assert_eq!(bare.capture.deviations, [Deviation::ExtendedRefused]);
        }
    }
}

#[test]
fn a_refusal_is_no_signature_and_a_cut_one_is_told() {
    let key = RsaTestKeys::get().document_signer();
    let card = with_rsa(&key, Hash::Sha256);
    let exchange = signing(&run(card.clone(), Limits::SHORT, &plan(None), &[]));
    for sw in [0x6700, 0x6982, 0x6985, 0x6A80, 0x6D00, 0x6F00] {
        let reading = run(card.clone(), Limits::SHORT, &plan(None), &[Fault::WrongStatus { exchange, sw }]);
        let trace = reading.capture.active_authentication;
        assert_eq!(trace, Some(ActiveAuthenticationTrace::Refused(sw)), "{sw:04X}");
    }
    let reading = run(card, Limits::SHORT, &plan(None), &[Fault::AaCutsSignature]);
    let trace = reading.capture.active_authentication;
    assert_eq!(trace, Some(ActiveAuthenticationTrace::Cut { received_bytes: 223 }));
}

#[test]
fn every_hash_is_found_by_its_trailer() {
    let key = RsaTestKeys::get().active_authentication();
    for (hash, found) in [
        (Hash::Sha1, HashAlgorithm::Sha1),
        (Hash::Sha224, HashAlgorithm::Sha224),
        (Hash::Sha256, HashAlgorithm::Sha256),
        (Hash::Sha384, HashAlgorithm::Sha384),
        (Hash::Sha512, HashAlgorithm::Sha512),
    ] {
        let reading = run(with_rsa(&key, hash), Limits::SHORT, &plan(None), &[]);
        assert_eq!(holds(&key, reading.capture.active_authentication.as_ref()), Some(found));
    }
}

#[test]
fn a_challenge_bound_to_a_transaction_is_the_one_that_is_signed() {
    let key = RsaTestKeys::get().active_authentication();
    let (transaction, nonce) = (b"open account 7 in the name of the holder", [0x5A; challenge::NONCE_BYTES]);
    let bound = challenge::for_transaction(transaction, &nonce);
    let plan = Plan { challenge: Some(bound), ..plan(None) };
    let reading = run(with_rsa(&key, Hash::Sha256), Limits::SHORT, &plan, &[]);
    let Some(ActiveAuthenticationTrace::Signed { challenge: sent, signature }) =
        reading.capture.active_authentication
    else {
        panic!("no signature")
    };
    assert_eq!(sent, bound);
    // The other party makes the challenge anew from what it knows, and opens the signature over that.
    let public = RsaPublicKey::new(&key.modulus, &key.public).unwrap();
    let over = |transaction: &[u8], nonce| {
        let challenge = challenge::for_transaction(transaction, nonce);
        matches!(iso9796::open(&public, &signature, &challenge), Iso9796Check::Valid { .. })
    };
    assert!(over(transaction, &nonce));
    assert!(!over(b"open account 8 in the name of the holder", &nonce));
    assert!(!over(transaction, &[0x5B; challenge::NONCE_BYTES]));
}
