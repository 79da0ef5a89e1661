//! Every signature algorithm of issuers in every combination: keys, identifiers and signatures are the simulator's, of its
//! own arithmetic; read and checked here as certificates and signed files are.
#![allow(clippy::unwrap_used, reason = "a test")]

use reader_core::crypto::signature::{SignatureCheck, SignatureError, verify};
use reader_core::key;
use reader_core::pki::signature_algorithm;
use reader_core::wire::tlv::{Reader, Rules, encode};
use test_vectors::card::Hash;
use test_vectors::issuer::signer::{CurveForm, EcdsaForm, RsaPadding, RsaTestKeys, Signer};
use test_vectors::num::{CurveName, Modp, RsaKey};

const HASHES: [Hash; 5] = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512];
const MESSAGE: &[u8] = b"what an issuer signs";

/// What a signer's own identifiers and key say of its signature over a message.
fn checked(signer: &Signer, message: &[u8], signature: &[u8]) -> Result<SignatureCheck, SignatureError> {
    let identifier = signer.signature_algorithm();
    let identifier = Reader::new("test", Rules::Der, &identifier).algorithm().unwrap();
    let scheme = signature_algorithm::scheme(&identifier).unwrap();
    let key = key::public_key(&signer.public_key_info()).unwrap();
    verify(&key, scheme, message, signature)
}

/// The signature holds, and nothing next to it does.
fn holds(signer: &Signer, what: &str) {
    let signature = signer.sign(MESSAGE);
    assert_eq!(checked(signer, MESSAGE, &signature), Ok(SignatureCheck::Valid), "{what}");
    assert_eq!(checked(signer, b"another message", &signature), Ok(SignatureCheck::Invalid), "{what}");
    for at in [0, signature.len() / 2, signature.len() - 1] {
        let mut altered = signature.clone();
        altered[at] ^= 1;
        assert_eq!(checked(signer, MESSAGE, &altered), Ok(SignatureCheck::Invalid), "{what}, byte {at}");
    }
    for other in [&signature[1..], &signature[..signature.len() - 1], &[]] {
        assert_eq!(checked(signer, MESSAGE, other), Ok(SignatureCheck::Invalid), "{what}, cut");
    }
}

#[test]
fn ecdsa_on_every_curve_with_every_hash_in_both_forms() {
    let mut count = 0;
    for curve in CurveName::ALL {
        for hash in HASHES {
            for written in [EcdsaForm::Der, EcdsaForm::Plain] {
                let form = if hash == Hash::Sha256 { CurveForm::Named } else { CurveForm::Explicit };
                let signer = Signer::ecdsa(curve, form, hash, "table").written(written);
                holds(&signer, &format!("{curve:?} {hash:?} {form:?} {written:?}"));
                count += 1;
            }
        }
    }
    assert_eq!(count, 19 * 5 * 2);
}

#[test]
fn rsa_pss_with_every_hash_mask_and_salt() {
    let key = RsaTestKeys::get().document_signer();
    for hash in HASHES {
        for mgf in HASHES {
            for salt_bytes in [0, 20, 32, 48, 64] {
                let padding = RsaPadding::PssWith { mgf, salt_bytes };
                let signer = Signer::rsa(key.clone(), padding, hash);
                let signature = signer.sign(MESSAGE);
                let what = format!("{hash:?} {mgf:?} {salt_bytes}");
                assert_eq!(checked(&signer, MESSAGE, &signature), Ok(SignatureCheck::Valid), "{what}");
                assert_eq!(checked(&signer, b"", &signature), Ok(SignatureCheck::Invalid), "{what}");
            }
        }
    }
    // The salt's length and the mask's hash are those that are named, and no others.
    let signed = Signer::rsa(key.clone(), RsaPadding::Pss, Hash::Sha256).sign(MESSAGE);
    for (mgf, salt_bytes) in [(Hash::Sha256, 20), (Hash::Sha256, 31), (Hash::Sha1, 32), (Hash::Sha512, 32)] {
        let other = Signer::rsa(key.clone(), RsaPadding::PssWith { mgf, salt_bytes }, Hash::Sha256);
        assert_eq!(checked(&other, MESSAGE, &signed), Ok(SignatureCheck::Invalid), "{mgf:?} {salt_bytes}");
    }
}

#[test]
fn parameters_of_pss_that_are_absent_are_the_defaults() {
    let key = RsaTestKeys::get().document_signer();
    let padding = RsaPadding::PssWith { mgf: Hash::Sha1, salt_bytes: 20 };
    let signature = Signer::rsa(key.clone(), padding, Hash::Sha1).sign(MESSAGE);
    let name = encode(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]);
    let public = key::public_key(&Signer::rsa(key, padding, Hash::Sha1).public_key_info()).unwrap();
    for identifier in [encode(0x30, &name), encode(0x30, &[&name[..], &[0x30, 0]].concat())] {
        let identifier = Reader::new("test", Rules::Der, &identifier).algorithm().unwrap();
        let scheme = signature_algorithm::scheme(&identifier).unwrap();
        assert_eq!(verify(&public, scheme, MESSAGE, &signature), Ok(SignatureCheck::Valid));
    }
}

#[test]
fn rsa_of_every_size_with_both_paddings() {
    let keys = RsaTestKeys::get();
    let short = RsaKey::from_seed(1024, "algorithms");
    let own = [short, keys.active_authentication(), keys.document_signer(), keys.csca()];
    for key in own.into_iter().chain(keys.longer()) {
        for padding in [RsaPadding::Pkcs1, RsaPadding::Pss] {
            let bits = key.modulus.len() * 8;
            holds(&Signer::rsa(key.clone(), padding, Hash::Sha256), &format!("RSA-{bits} {padding:?}"));
        }
    }
    for hash in HASHES {
        let key = keys.document_signer();
        holds(&Signer::rsa(key.clone(), RsaPadding::Pkcs1, hash), &format!("{hash:?}"));
        // Without NULL it is another encoding, which the usual name does not cover.
        let without = Signer::rsa(key, RsaPadding::Pkcs1WithoutNull, hash);
        let signature = without.sign(MESSAGE);
        assert_eq!(checked(&without, MESSAGE, &signature), Ok(SignatureCheck::Invalid), "{hash:?}");
    }
}

#[test]
fn dsa_of_every_size_with_every_hash() {
    for group in Modp::ALL {
        for hash in HASHES {
            holds(&Signer::dsa(group, hash, "table"), &format!("{group:?} {hash:?}"));
        }
    }
}

#[test]
fn exponents_that_are_even_or_one_are_refused_and_odd_ones_hold() {
    let key = RsaTestKeys::get().document_signer();
    let info = |exponent: &[u8]| test_vectors::issuer::signer::rsa_public_key_info(&key.modulus, exponent);
    for refused in [&[0][..], &[1], &[2], &[4], &[1, 0, 0], &[0xFF; 33]] {
        assert!(key::public_key(&info(refused)).is_err(), "{refused:?}");
    }
    assert!(key::public_key(&info(&[3])).is_ok());
    let keys = RsaTestKeys::get();
    let odd = [keys.document_signer(), keys.terminal(), keys.terminal_authority(), keys.document_verifier()];
    let mut tried = 0;
    for exponent in [3, 17, 38129, 43459, 56611, 122_125] {
        for key in odd.iter().filter_map(|key| key.with_exponent(exponent)).take(1) {
            holds(&Signer::rsa(key, RsaPadding::Pkcs1, Hash::Sha256), &format!("exponent {exponent}"));
            tried += 1;
        }
    }
    assert!(tried >= 4, "{tried} exponents");
}
