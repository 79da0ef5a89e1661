//! Keys certified for RSASSA-PSS, with what restricts them: no signature beyond that counts, wherever it stands.
//! Spec: RFC 4055 §1.2, §3.3.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from, issued};
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::crypto::signature::{SignatureCheck, verify as check};
use reader_core::evidence::{Finding, Outcome, Reason};
use reader_core::key;
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, Refusal, TrustBuilder, signature_algorithm};
use reader_core::verify::{Presented, Settings, Tolerances, verify};
use reader_core::wire::spki::Spki;
use reader_core::wire::tlv::{Reader, Rules, encode};
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::Certificate;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Issued, SignerNumber, SignerTimes, VIETNAM_RSA};
use test_vectors::issuer::signer::{RsaPadding, RsaTestKeys, Signer};
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};

const GROUP: &[u8] = b"a file";

/// A SubjectPublicKeyInfo of the signer's key with this AlgorithmIdentifier.
fn certified(signer: &Signer, identifier: &[u8]) -> Vec<u8> {
    let plain = signer.public_key_info();
    let bits = [&[0], Spki::parse(&plain).unwrap().key].concat();
    encode(0x30, &[identifier, &encode(3, &bits)].concat())
}

/// id-RSASSA-PSS with these parameters behind it.
fn pss(parameters: &[u8]) -> Vec<u8> {
    let name = encode(6, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]);
    encode(0x30, &[&name, parameters].concat())
}

/// The published test key under a padding and a hash.
fn signer(padding: RsaPadding, hash: Hash) -> Signer {
    Signer::rsa(RsaTestKeys::get().document_signer(), padding, hash)
}

/// With a hash, its mask and a salt of so many bytes.
fn salted(hash: Hash, mgf: Hash, salt_bytes: usize) -> Signer {
    signer(RsaPadding::PssWith { mgf, salt_bytes }, hash)
}

/// A signer, and whether the key permits its signatures.
type Case = (Signer, bool);

/// Signers whose signatures a key of SHA-256, a mask with SHA-256 and 32 bytes of salt permits, or does not.
fn restricted_to_sha256() -> Vec<Case> {
    let (sha1, sha256, sha512) = (Hash::Sha1, Hash::Sha256, Hash::Sha512);
    vec![
        (salted(sha256, sha256, 32), true),
        (salted(sha256, sha256, 64), true),
        (salted(sha256, sha256, 31), false),
        (salted(sha256, sha256, 0), false),
        (salted(sha256, sha1, 32), false),
        (salted(sha512, sha256, 32), false),
        (salted(sha512, sha512, 64), false),
        (salted(sha1, sha1, 20), false),
        (signer(RsaPadding::Pkcs1, sha256), false),
    ]
}

/// The same of a key without parameters: the scheme alone binds.
fn unrestricted() -> Vec<Case> {
    let pkcs1 = |(signer, _)| (signer, true);
    let mut all: Vec<Case> = restricted_to_sha256().into_iter().map(pkcs1).collect();
    all.last_mut().unwrap().1 = false;
    all
}

/// What stands in the key, and what it permits.
fn keys() -> Vec<(Vec<u8>, Vec<Case>)> {
    let sha256 = salted(Hash::Sha256, Hash::Sha256, 32).signature_algorithm();
    let any: Vec<Case> = unrestricted().into_iter().map(|(signer, _)| (signer, true)).collect();
    let rsa_encryption = signer(RsaPadding::Pkcs1, Hash::Sha256).public_key_info();
    let rsa_encryption = Reader::new("test", Rules::Der, &rsa_encryption)
        .enter("test", 0x30)
        .unwrap()
        .expect(0x30)
        .unwrap()
        .raw
        .to_vec();
    // Parameters that leave everything out are the defaults: SHA-1, a mask with SHA-1, 20 bytes.
    let of_defaults = vec![
        (salted(Hash::Sha1, Hash::Sha1, 20), true),
        (salted(Hash::Sha1, Hash::Sha1, 32), true),
        (salted(Hash::Sha1, Hash::Sha1, 19), false),
        (salted(Hash::Sha256, Hash::Sha256, 32), false),
    ];
    vec![
        (sha256, restricted_to_sha256()),
        (pss(&[]), unrestricted()),
        (pss(&[0x30, 0]), of_defaults),
        (rsa_encryption, any),
    ]
}

#[test]
fn a_key_permits_what_its_parameters_say_and_nothing_else() {
    for (identifier, signers) in keys() {
        for (signer, permitted) in signers {
            let key = key::public_key(&certified(&signer, &identifier)).unwrap();
            let named = signer.signature_algorithm();
            let named = Reader::new("test", Rules::Der, &named).algorithm().unwrap();
            let scheme = signature_algorithm::scheme(&named).unwrap();
            let signature = signer.sign(b"message");
            let expected = if permitted { SignatureCheck::Valid } else { SignatureCheck::NotPermitted };
            assert_eq!(check(&key, scheme, b"message", &signature), Ok(expected), "{signer:?}");
            assert!(!check(&key, scheme, b"massage", &signature).unwrap().is_valid());
        }
    }
    // What cannot be understood permits nothing: NULL, a trailer other than 1, another mask generation.
    let signer = signer(RsaPadding::Pss, Hash::Sha256);
    for parameters in [&[5, 0][..], &[0x30, 5, 0xA3, 3, 2, 1, 2], &[0x30, 8, 0xA1, 6, 0x30, 4, 6, 2, 0x2A, 3]]
    {
        assert!(key::public_key(&certified(&signer, &pss(parameters))).is_err(), "{parameters:X?}");
    }
}

/// EF.SOD of a signer whose certificate has the key so.
fn sod_signature(signer: Signer, identifier: &[u8], tolerances: Tolerances) -> Finding {
    let like = VIETNAM_RSA.document_signer(SignerNumber(1), SignerTimes::around(issued())).certificate;
    let certificate = Certificate { public_key_info: certified(&signer, identifier), ..like };
    let der = certificate.signed_by(&VIETNAM_RSA.csca_signer());
    let (version, hash) = (LdsVersion::V1_8, Hash::Sha256);
    let identifier = SignerIdentifier::IssuerAndSerial;
    let form = SodForm { version, hash, identifier, signing_time_s: None };
    let sod = ef_sod(&form, &[(1, GROUP)], &Issued { certificate, der, signer });
    let mut capture = Capture::new(Origin::Stored);
    capture.files.insert(FileId::SOD, FileState::Read(sod));
    capture.files.insert(FileId::group(DataGroup::Dg1), FileState::Read(GROUP.to_vec()));
    let mut builder = TrustBuilder::new();
    builder.add_certificate(&VIETNAM_RSA.csca(NOW.0).der, &from("test"), &Pins::none());
    let settings = Settings { tolerances, ..Settings::default() };
    let proof = verify(&capture, &builder.build(), &Presented::nothing(), NOW, &settings, None);
    proof.findings().passive_sod_signature.clone()
}

#[test]
fn a_document_signer_beyond_its_key_is_refuted_at_every_site() {
    for (identifier, signers) in keys() {
        for (signer, permitted) in signers.into_iter().filter(|(signer, _)| signer.hash() != Hash::Sha1) {
            for tolerances in [Tolerances::TOLERANT, Tolerances::STRICT] {
                let finding = sod_signature(signer.clone(), &identifier, tolerances);
                if permitted {
                    assert_eq!(finding.outcome, Outcome::Confirmed, "{signer:?}: {:?}", finding.detail);
                } else {
                    assert_eq!(finding.outcome, Outcome::Refuted(Reason::SodSignatureWrong), "{signer:?}");
                    assert!(finding.detail.unwrap().contains("does not permit"), "{signer:?}");
                }
            }
        }
    }
}

#[test]
fn an_authority_beyond_its_own_key_is_not_taken_in() {
    let sha256 = salted(Hash::Sha256, Hash::Sha256, 32).signature_algorithm();
    for (signer, permitted) in restricted_to_sha256() {
        let like = VIETNAM_RSA.csca(NOW.0).certificate;
        let certificate = Certificate { public_key_info: certified(&signer, &sha256), ..like };
        let mut builder = TrustBuilder::new();
        let imported = builder.add_certificate(&certificate.signed_by(&signer), &from("test"), &Pins::none());
        let refusals: Vec<Refusal> = imported.refused.iter().map(|refused| refused.refusal).collect();
        let expected: &[Refusal] = if permitted { &[] } else { &[Refusal::SelfSignatureWrong] };
        assert_eq!(refusals, expected, "{signer:?}");
    }
}
