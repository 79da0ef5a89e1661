//! From document signers to country certificates: key identifiers, names, several candidates, and hostile numbers of them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::pki::path::{NameMatch, Path, find};
use reader_core::pki::{Certificate as Read, Pins, Refusal, TrustBuilder, TrustSnapshot, VerifiedBy};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::certificate::{
    Certificate, KeyUsage, Name, Period, authority_key_identifier, basic_constraints_authority, key_usage,
    subject_key_identifier,
};
use test_vectors::issuer::country::{
    Country, FORGER, Issued, SignerNumber, SignerTimes, VIETNAM, VIETNAM_NIST,
};
use test_vectors::issuer::signer::{CurveForm, Signer};
use test_vectors::num::CurveName;

fn csca(country: &Country) -> Issued {
    country.csca(NOW.0)
}

fn document_signer(country: &Country) -> Issued {
    country.document_signer(SignerNumber(1), SignerTimes::around(Date::from_unix_s(NOW.0).plus_years(-1)))
}

fn trust(ders: &[Vec<u8>]) -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    for der in ders {
        let imported = builder.add_certificate(der, &from("test"), &Pins::none());
        assert_eq!(imported.added.len(), 1, "{:?}", imported.refused);
    }
    builder.build()
}

/// A document signer of `country`, changed before it is signed.
fn signer(country: &Country, change: impl FnOnce(&mut Certificate)) -> Read {
    let mut certificate = document_signer(country).certificate;
    change(&mut certificate);
    Read::from_der(&certificate.signed_by(&csca(country).signer)).unwrap()
}

fn without_authority_key(certificate: &mut Certificate) {
    let aki = [0x06, 0x03, 0x55, 0x1D, 0x23];
    certificate.extensions.retain(|extension| !extension.windows(5).any(|window| window == aki));
}

#[test]
fn the_key_identifier_picks_the_anchor() {
    let trust = trust(&[csca(&VIETNAM).der, csca(&VIETNAM_NIST).der]);
    let found = find(&signer(&VIETNAM, |_| {}), &trust);
    let Path::Confirmed { anchor, name, .. } = found else { panic!("{found:?}") };
    assert_eq!((anchor.certificate.der(), name), (csca(&VIETNAM).der.as_slice(), NameMatch::Exact));
    assert!(matches!(find(&signer(&FORGER, |_| {}), &trust), Path::Unknown));
}

#[test]
fn a_name_alone_confirms_and_never_refutes() {
    let trust = trust(&[csca(&VIETNAM).der]);
    let found = find(&signer(&VIETNAM, without_authority_key), &trust);
    assert!(matches!(found, Path::Confirmed { name: NameMatch::Exact, .. }), "{found:?}");
    // The forger's authority has the same name and another key: no anchor is named, so nothing is refuted.
    let forged = signer(&FORGER, without_authority_key);
    assert_eq!(forged.issuer().raw(), csca(&VIETNAM).certificate.subject.der());
    assert!(matches!(find(&forged, &trust), Path::Unknown));
    // With the genuine key named, the signature is false.
    let mut certificate = document_signer(&FORGER).certificate;
    without_authority_key(&mut certificate);
    certificate.extensions.push(authority_key_identifier(&csca(&VIETNAM).signer.key_identifier()));
    let forged = Read::from_der(&certificate.signed_by(&csca(&FORGER).signer)).unwrap();
    assert!(matches!(find(&forged, &trust), Path::Refuted(_)));
}

#[test]
fn names_in_other_letters_are_the_same_name() {
    let trust = trust(&[csca(&VIETNAM).der]);
    let shouting = |certificate: &mut Certificate| {
        certificate.issuer.common = format!(" {} ", certificate.issuer.common.to_uppercase());
    };
    let found = find(&signer(&VIETNAM, shouting), &trust);
    assert!(matches!(found, Path::Confirmed { name: NameMatch::Equivalent, .. }), "{found:?}");
    let both = |certificate: &mut Certificate| {
        shouting(certificate);
        without_authority_key(certificate);
    };
    assert!(matches!(find(&signer(&VIETNAM, both), &trust), Path::Confirmed { .. }), "by the name alone");
    let renamed = |certificate: &mut Certificate| certificate.issuer.common = "Another".to_owned();
    let found = find(&signer(&VIETNAM, renamed), &trust);
    assert!(matches!(found, Path::Confirmed { name: NameMatch::Differs, .. }), "by the key alone");
    let abroad = |certificate: &mut Certificate| certificate.issuer.country = "LA".to_owned();
    assert!(matches!(find(&signer(&VIETNAM, abroad), &trust), Path::Unknown), "another country's key");
}

/// A root with this name, a key of its own, and no key identifiers.
fn root(name: &Name, number: usize) -> Issued {
    let signer = Signer::ecdsa(
        CurveName::P256,
        CurveForm::Named,
        test_vectors::card::Hash::Sha256,
        &format!("crowd {number}"),
    );
    let certificate = Certificate {
        serial: vec![1, u8::try_from(number).unwrap()],
        issuer: name.clone(),
        subject: name.clone(),
        validity: Period { from_s: NOW.0 - 86_400, to_s: NOW.0 + 86_400 },
        public_key_info: signer.public_key_info(),
        extensions: vec![basic_constraints_authority(), key_usage(KeyUsage::CertificatesAndLists)],
    };
    Issued { der: certificate.signed_by(&signer), certificate, signer }
}

#[test]
fn one_of_several_authorities_of_a_name_is_found_and_a_crowd_is_not_searched() {
    let name = csca(&VIETNAM).certificate.subject;
    let crowd: Vec<Issued> = (0..70).map(|number| root(&name, number)).collect();
    let by = |issuer: &Issued| {
        let mut certificate = document_signer(&VIETNAM).certificate;
        without_authority_key(&mut certificate);
        Read::from_der(&certificate.signed_by(&issuer.signer)).unwrap()
    };
    let ders: Vec<Vec<u8>> = crowd.iter().map(|issued| issued.der.clone()).collect();
    let few = trust(&ders[..5]);
    let found = find(&by(&crowd[3]), &few);
    assert!(matches!(found, Path::Confirmed { anchor, .. } if anchor.certificate.der() == ders[3]));
    assert!(matches!(find(&by(&crowd[7]), &few), Path::Unknown));
    assert!(matches!(find(&by(&crowd[69]), &trust(&ders)), Path::BudgetSpent));
}

#[test]
fn certificates_come_in_der_and_pem_and_only_of_authorities() {
    let mut builder = TrustBuilder::new();
    let mut add = |bytes: &[u8], pins: &Pins| builder.add_certificate(bytes, &from("test"), pins);
    let base64 = |bytes: &[u8]| -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for (index, chunk) in bytes.chunks(3).enumerate() {
            if index % 16 == 0 && index > 0 {
                out.push('\n');
            }
            let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            for place in 0..4 {
                let index = (word >> (18 - 6 * place)) & 0x3F;
                let filled = place <= chunk.len();
                out.push(if filled { char::from(letters[index as usize]) } else { '=' });
            }
        }
        out
    };
    let pem =
        |der: &[u8]| format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(der));
    let bundle = [pem(&csca(&VIETNAM).der), pem(&csca(&VIETNAM_NIST).der)].concat();
    let imported = add(bundle.as_bytes(), &Pins::none());
    assert_eq!((imported.added.len(), imported.refused.len()), (2, 0), "{imported:?}");
    assert_eq!(add(&csca(&VIETNAM).der, &Pins::none()).known, 1);

    let end_entity = add(&document_signer(&VIETNAM).der, &Pins::none());
    assert_eq!(end_entity.refused[0].refusal, Refusal::NotAnAuthority);
    for nonsense in [&b""[..], b"hello", &[0x30, 0x03, 1, 1, 0]] {
        assert_eq!(add(nonsense, &Pins::none()).refused[0].refusal, Refusal::CertificateUnreadable);
    }
}

#[test]
fn a_pinned_link_needs_no_issuer() {
    let link = Certificate {
        issuer: csca(&FORGER).certificate.subject,
        extensions: vec![
            basic_constraints_authority(),
            authority_key_identifier(&csca(&FORGER).signer.key_identifier()),
            subject_key_identifier(&csca(&VIETNAM_NIST).signer.key_identifier()),
            key_usage(KeyUsage::CertificatesAndLists),
        ],
        ..csca(&VIETNAM_NIST).certificate
    };
    let der = link.signed_by(&csca(&FORGER).signer);
    let mut builder = TrustBuilder::new();
    let refused = builder.add_certificate(&der, &from("test"), &Pins::none());
    assert_eq!(refused.refused[0].refusal, Refusal::LinkIssuerUnknown);
    let pins: Pins = [Read::from_der(&der).unwrap().fingerprint()].into_iter().collect();
    assert_eq!(builder.add_certificate(&der, &from("test"), &pins).added.len(), 1);
    let trust = builder.build();
    assert_eq!(trust.anchors()[0].verified_by, VerifiedBy::Pinned);
    // What was stored once is put back as it was, and gives the same snapshot.
    let mut restored = TrustBuilder::new();
    restored.restore(&der, from("test"), VerifiedBy::Pinned).unwrap();
    assert_eq!(restored.build().id(), trust.id());
}
