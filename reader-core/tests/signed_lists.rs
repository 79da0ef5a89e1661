//! How lists are written and signed: what of it is taken with a note, and what is not.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::evidence::Reason;
use reader_core::pki::signed_data::SignerNote;
use reader_core::pki::{ImportNote, Imported, Pins, Refusal, TrustBuilder};
use test_vectors::card::Hash;
use test_vectors::issuer::certificate::{
    self, Certificate, KeyUsage, authority_key_identifier, extended_key_usage, key_usage,
    subject_key_identifier,
};
use test_vectors::issuer::cms_out::{SignedData, SignerIdentifier};
use test_vectors::issuer::country::{Issued, UTOPIA, VIETNAM};
use test_vectors::issuer::der_out::{integer, sequence, set_of};
use test_vectors::issuer::lists::{self, MASTER_LIST, MASTER_LIST_SIGNING_KEY};
use test_vectors::issuer::signer::{RsaPadding, RsaTestKeys, Signer};

fn trusting() -> TrustBuilder {
    let mut builder = TrustBuilder::new();
    let added = builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("csca"), &Pins::none());
    assert_eq!(added.added.len(), 1);
    builder
}

fn add(list: &[u8]) -> Imported {
    trusting().add_master_list(list, &from("list"), &Pins::none())
}

fn content() -> Vec<u8> {
    sequence(&[integer(0), set_of(&[UTOPIA.csca(NOW.0).der])])
}

/// A list signer of the Vietnamese authority with this key and these extensions beside its identifiers.
fn signer(own: Signer, extensions: Vec<Vec<u8>>) -> Issued {
    let like = lists::master_list_signer(&VIETNAM, MASTER_LIST_SIGNING_KEY, NOW.0);
    let authority = VIETNAM.csca_signer();
    let mut all = vec![
        authority_key_identifier(&authority.key_identifier()),
        subject_key_identifier(&own.key_identifier()),
    ];
    all.extend(extensions);
    let public_key_info = own.public_key_info();
    let certificate = Certificate { extensions: all, public_key_info, ..like.certificate };
    Issued { der: certificate.signed_by(&authority), certificate, signer: own }
}

fn for_lists() -> Vec<Vec<u8>> {
    vec![extended_key_usage(MASTER_LIST_SIGNING_KEY), key_usage(KeyUsage::DigitalSignature)]
}

fn rsa(padding: RsaPadding) -> Signer {
    Signer::rsa(RsaTestKeys::get().document_signer(), padding, Hash::Sha256)
}

fn data<'a>(content: &'a [u8], certificates: &'a [Vec<u8>], signer: &'a Issued) -> SignedData<'a> {
    SignedData {
        content_type: MASTER_LIST,
        content,
        certificates,
        certificate: &signer.certificate,
        identifier: SignerIdentifier::SubjectKeyIdentifier,
        signing_time_s: Some(NOW.0 - 86_400),
        null_parameters: false,
    }
}

fn list(signer: &Issued) -> Vec<u8> {
    data(&content(), std::slice::from_ref(&signer.der), signer).signed_by(&signer.signer)
}

#[test]
fn digest_info_without_null_is_taken_in_a_list_and_noted() {
    let sound = add(&list(&signer(rsa(RsaPadding::Pkcs1), for_lists())));
    assert_eq!((sound.added.len(), sound.notes.len()), (1, 0), "{sound:?}");
    let without = add(&list(&signer(rsa(RsaPadding::Pkcs1WithoutNull), for_lists())));
    assert_eq!(without.added.len(), 1, "{without:?}");
    assert_eq!(without.notes, [ImportNote::Signature(SignerNote::DigestInfoWithoutNull)]);
    assert_eq!(Reason::from(without.notes[0]), Reason::DigestInfoWithoutNull);
    // An altered list of that form is refused like any other.
    let mut altered = list(&signer(rsa(RsaPadding::Pkcs1WithoutNull), for_lists()));
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(add(&altered).refused[0].refusal, Refusal::ListSignatureWrong);
}

#[test]
fn a_certificate_is_not_given_what_a_list_is() {
    let own = rsa(RsaPadding::Pkcs1WithoutNull);
    let mut certificate = VIETNAM.csca(NOW.0).certificate;
    let identifier = own.key_identifier();
    certificate.public_key_info = own.public_key_info();
    certificate.extensions[1] = authority_key_identifier(&identifier);
    certificate.extensions[2] = subject_key_identifier(&identifier);
    let refused =
        TrustBuilder::new().add_certificate(&certificate.signed_by(&own), &from("root"), &Pins::none());
    assert_eq!(refused.refused[0].refusal, Refusal::SelfSignatureWrong);
    let sound = certificate.signed_by(&rsa(RsaPadding::Pkcs1));
    assert_eq!(TrustBuilder::new().add_certificate(&sound, &from("root"), &Pins::none()).added.len(), 1);
}

#[test]
fn ber_is_taken_in_a_list_and_noted() {
    let signer = signer(rsa(RsaPadding::Pss), for_lists());
    let content = content();
    let certificates = [signer.der.clone()];
    let list = data(&content, &certificates, &signer).parts(&signer.signer).content_info_indefinite();
    let imported = add(&list);
    assert_eq!(
        (imported.added.len(), imported.notes.as_slice()),
        (1, &[ImportNote::Ber][..]),
        "{imported:?}"
    );
    assert_eq!(Reason::from(imported.notes[0]), Reason::ListEncoding);
    // The content too may be so written; its certificates keep their bytes.
    let member = UTOPIA.csca(NOW.0).der;
    let indefinite = [&[0x30, 0x80, 2, 1, 0, 0x31, 0x80][..], &member, &[0; 4]].concat();
    let imported = add(&data(&indefinite, &certificates, &signer).signed_by(&signer.signer));
    assert_eq!(
        (imported.added.len(), imported.notes.as_slice()),
        (1, &[ImportNote::Ber][..]),
        "{imported:?}"
    );
}

#[test]
fn the_signers_certificate_must_say_what_it_is_for() {
    let with = |extensions: Vec<Vec<u8>>| add(&list(&signer(rsa(RsaPadding::Pss), extensions)));
    assert_eq!(with(for_lists()).added.len(), 1);
    let purpose = || extended_key_usage(MASTER_LIST_SIGNING_KEY);
    for (what, extensions) in [
        ("no purpose", vec![key_usage(KeyUsage::DigitalSignature)]),
        ("no key usage", vec![purpose()]),
        ("the key usage of an authority", vec![purpose(), key_usage(KeyUsage::CertificatesAndLists)]),
        (
            "an authority",
            vec![
                purpose(),
                key_usage(KeyUsage::DigitalSignature),
                certificate::basic_constraints_authority(),
            ],
        ),
    ] {
        let imported = with(extensions);
        assert_eq!(imported.refused[0].refusal, Refusal::ListSignerNotForLists, "{what}");
        assert_eq!((imported.added.len(), imported.signature_checks), (0, 0), "{what}");
    }
}

#[test]
fn a_revoked_authority_is_believed_in_nothing() {
    let csca = VIETNAM.csca(NOW.0);
    let mut builder = trusting();
    let revoked = VIETNAM.revocation_list(NOW.0, vec![(csca.certificate.serial.clone(), NOW.0)]);
    assert_eq!(builder.add_crl(&revoked, &from("crl")).added.len(), 1);
    let list = list(&signer(rsa(RsaPadding::Pss), for_lists()));
    let imported = builder.add_master_list(&list, &from("list"), &Pins::none());
    assert_eq!(imported.refused[0].refusal, Refusal::CertificateRevoked);
}
