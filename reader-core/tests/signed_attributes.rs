//! Security objects that their signer wrote in other ways than the standard's: tolerated and noted, or refuted.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{NOW, from};
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::evidence::{Finding, Outcome, Reason};
use reader_core::lds::FileId;
use reader_core::pki::{Pins, TrustBuilder};
use reader_core::verify::{Presented, Settings, Tolerances, verify};
use reader_core::wire::tlv::{Reader, Rules, encode};
use test_vectors::card::Hash;
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Country, Issued, SignerNumber, SignerTimes, VIETNAM_NIST, VIETNAM_RSA};
use test_vectors::issuer::signer::{RsaPadding, RsaTestKeys, Signer};
use test_vectors::issuer::sod::{LdsVersion, SodForm, security_object};

const LDS_OBJECT: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x01];
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(0x30, &parts.concat())
}

fn oid(content: &[u8]) -> Vec<u8> {
    encode(6, content)
}

/// PKCS #9 attribute 3 (content type), 4 (message digest) or 5 (signing time).
fn attribute(kind: u8, values: &[u8]) -> Vec<u8> {
    let name = oid(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, kind]);
    sequence(&[&name, &encode(0x31, values)])
}

/// A security object as its signer writes it.
struct Form {
    country: Country,
    content_type: Vec<u8>,
    /// As written; `None` for none at all.
    attributes: Option<Vec<Vec<u8>>>,
    /// What is signed; `None` for the attributes as written.
    signed: Option<Vec<u8>>,
    bare_rsa: bool,
    /// Changes the signature that the signer made.
    rewritten: fn(&[u8], &[u8]) -> Vec<u8>,
    signers: usize,
}

fn content() -> Vec<u8> {
    let form = SodForm {
        version: LdsVersion::V1_7,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::IssuerAndSerial,
        signing_time_s: None,
    };
    security_object(&form, &[(1, b"a file")])
}

fn content_type() -> Vec<u8> {
    attribute(3, &oid(LDS_OBJECT))
}

fn message_digest() -> Vec<u8> {
    attribute(4, &encode(4, &Hash::Sha256.digest(&content())))
}

impl Form {
    fn usual() -> Self {
        Self {
            country: VIETNAM_RSA,
            content_type: LDS_OBJECT.to_vec(),
            attributes: Some(vec![content_type(), message_digest()]),
            signed: None,
            bare_rsa: false,
            rewritten: |signature, _| signature.to_vec(),
            signers: 1,
        }
    }

    fn attributes(attributes: Vec<Vec<u8>>) -> Self {
        Self { attributes: Some(attributes), ..Self::usual() }
    }

    fn issued(&self) -> Issued {
        let signed = Date::from_unix_s(NOW.0).plus_years(-2);
        let issued = self.country.document_signer(SignerNumber(1), SignerTimes::around(signed));
        if !self.bare_rsa {
            return issued;
        }
        // PKCS #1 is what rsaEncryption means.
        let key = RsaTestKeys::get().document_signer();
        Issued { signer: Signer::rsa(key, RsaPadding::Pkcs1, Hash::Sha256), ..issued }
    }

    fn file(&self) -> Vec<u8> {
        let issued = self.issued();
        let written = self.attributes.as_ref().map(|attributes| attributes.concat());
        let signed = self.signed.clone().unwrap_or_else(|| match &written {
            Some(written) => encode(0x31, written),
            None => content(),
        });
        let algorithm = if self.bare_rsa {
            sequence(&[&oid(RSA_ENCRYPTION), &[5, 0]])
        } else {
            issued.signer.signature_algorithm()
        };
        let sha256 = sequence(&[&oid(SHA256)]);
        let serial = encode(2, &issued.certificate.serial);
        let info = sequence(&[
            &[2, 1, 1],
            &sequence(&[&issued.certificate.issuer.der(), &serial]),
            &sha256,
            &written.map(|written| encode(0xA0, &written)).unwrap_or_default(),
            &algorithm,
            &encode(4, &(self.rewritten)(&issued.signer.sign(&signed), &signed)),
        ]);
        let data = sequence(&[
            &[2, 1, 3],
            &encode(0x31, &sha256),
            &sequence(&[&oid(&self.content_type), &encode(0xA0, &encode(4, &content()))]),
            &encode(0xA0, &issued.der),
            &encode(0x31, &info.repeat(self.signers)),
        ]);
        encode(0x77, &sequence(&[&oid(SIGNED_DATA), &encode(0xA0, &data)]))
    }

    fn judged(&self, tolerances: Tolerances) -> Finding {
        let mut capture = Capture::new(Origin::Stored);
        capture.files.insert(FileId::SOD, FileState::Read(self.file()));
        let mut builder = TrustBuilder::new();
        builder.add_certificate(&self.country.csca(NOW.0).der, &from("test"), &Pins::none());
        let settings = Settings { tolerances, ..Settings::default() };
        let proof = verify(&capture, &builder.build(), &Presented::nothing(), NOW, &settings, None);
        proof.findings().passive_sod_signature.clone()
    }
}

/// Tolerated with this note; refuted for it when strict.
fn tolerated(form: &Form, note: Reason) {
    let tolerant = form.judged(Tolerances::TOLERANT);
    assert_eq!(tolerant.outcome, Outcome::Confirmed, "{note:?} {:?}", tolerant.detail);
    assert_eq!(tolerant.notes, [note]);
    assert_eq!(form.judged(Tolerances::STRICT).outcome, Outcome::Refuted(note));
}

fn refuted(form: &Form, reason: Reason) {
    for tolerances in [Tolerances::TOLERANT, Tolerances::STRICT] {
        let finding = form.judged(tolerances);
        assert_eq!(finding.outcome, Outcome::Refuted(reason), "{:?}", finding.detail);
    }
}

#[test]
fn the_usual_form_is_confirmed_without_notes() {
    for country in [VIETNAM_RSA, VIETNAM_NIST] {
        let form = Form { country, ..Form::usual() };
        let finding = form.judged(Tolerances::STRICT);
        assert_eq!((finding.outcome, finding.notes), (Outcome::Confirmed, vec![]), "{:?}", finding.detail);
    }
}

#[test]
fn content_type_and_message_digest_stand_once_and_are_right() {
    let wrong = Reason::SodSignatureWrong;
    refuted(&Form::attributes(vec![content_type()]), wrong);
    refuted(&Form::attributes(vec![message_digest()]), wrong);
    refuted(&Form::attributes(vec![content_type(), content_type(), message_digest()]), wrong);
    refuted(&Form::attributes(vec![content_type(), message_digest(), message_digest()]), wrong);
    let twice = attribute(3, &[oid(LDS_OBJECT), oid(LDS_OBJECT)].concat());
    refuted(&Form::attributes(vec![twice, message_digest()]), wrong);
    let other_type = attribute(3, &oid(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]));
    refuted(&Form::attributes(vec![other_type, message_digest()]), wrong);
    let other_digest = attribute(4, &encode(4, &[7; 32]));
    refuted(&Form::attributes(vec![content_type(), other_digest]), wrong);
    // Two signing times would leave the choice to whoever reads.
    let time = attribute(5, &encode(0x17, b"250101000000Z"));
    refuted(&Form::attributes(vec![content_type(), time.clone(), time, message_digest()]), wrong);
    refuted(&Form { attributes: None, ..Form::usual() }, wrong);
}

#[test]
fn attributes_signed_in_another_order_are_noted() {
    let (first, second) = (content_type(), message_digest());
    let sorted = encode(0x31, &[first.clone(), second.clone()].concat());
    let form = Form { signed: Some(sorted), ..Form::attributes(vec![second.clone(), first.clone()]) };
    tolerated(&form, Reason::AttributesUnsorted);
    // Signed as written, which is not the order that DER has for what is signed. Spec: RFC 5652 §5.3.
    tolerated(&Form::attributes(vec![second, first]), Reason::AttributesUnsorted);
}

#[test]
fn a_bare_key_algorithm_is_noted() {
    tolerated(&Form { bare_rsa: true, ..Form::usual() }, Reason::BareKeyAlgorithm);
}

#[test]
fn outdated_content_types_are_noted_and_those_of_other_files_refuted() {
    for outdated in [
        &[0x2B, 0x1B, 0x01, 0x01, 0x01][..],
        &[0x2A, 0x84, 0x10, 0x01, 0x87, 0x6E, 0x01, 0x14, 0x01],
        &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01],
    ] {
        let attributes = Some(vec![attribute(3, &oid(outdated)), message_digest()]);
        let form = Form { content_type: outdated.to_vec(), attributes, ..Form::usual() };
        tolerated(&form, Reason::SodContentType);
    }
    let card_security = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x02, 0x01];
    let master_list = [0x67, 0x81, 0x08, 0x01, 0x01, 0x02];
    for other in [&card_security[..], &master_list] {
        let attributes = Some(vec![attribute(3, &oid(other)), message_digest()]);
        refuted(&Form { content_type: other.to_vec(), attributes, ..Form::usual() }, Reason::SodMalformed);
    }
}

#[test]
fn several_signers_are_noted_and_none_is_no_object() {
    tolerated(&Form { signers: 2, ..Form::usual() }, Reason::SeveralSigners);
    refuted(&Form { signers: 0, ..Form::usual() }, Reason::SodMalformed);
}

/// r ‖ s out of a SEQUENCE of both, for a curve of 256 bits.
fn plain(signature: &[u8], _: &[u8]) -> Vec<u8> {
    let mut numbers = Reader::new("test", Rules::Der, signature).enter("test", 0x30).unwrap();
    let mut out = Vec::new();
    for _ in 0..2 {
        let number = numbers.expect(2).unwrap().value;
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        out.extend(std::iter::repeat_n(0, 32 - number.len()));
        out.extend_from_slice(number);
    }
    out
}

/// PKCS #1 v1.5 over SHA-256 without the NULL.
fn without_null(_: &[u8], signed: &[u8]) -> Vec<u8> {
    let key = RsaTestKeys::get().document_signer();
    let info = sequence(&[&sequence(&[&oid(SHA256)]), &encode(4, &Hash::Sha256.digest(signed))]);
    let mut block = vec![0, 1];
    block.resize(key.modulus.len() - info.len() - 1, 0xFF);
    block.push(0);
    block.extend(info);
    test_vectors::num::rsa_raw(&key.modulus, &key.private, &block)
}

#[test]
fn other_ways_to_write_a_signature_are_noted() {
    let form = Form { country: VIETNAM_NIST, rewritten: plain, ..Form::usual() };
    tolerated(&form, Reason::PlainEcdsa);
    // With the key's algorithm named, two notes.
    let form = Form { bare_rsa: true, rewritten: without_null, ..Form::usual() };
    let finding = form.judged(Tolerances::TOLERANT);
    assert_eq!(finding.outcome, Outcome::Confirmed, "{:?}", finding.detail);
    assert_eq!(finding.notes, [Reason::BareKeyAlgorithm, Reason::DigestInfoWithoutNull]);
    let cut = Form { country: VIETNAM_NIST, rewritten: |s, m| plain(s, m)[1..].to_vec(), ..Form::usual() };
    refuted(&cut, Reason::SodSignatureWrong);
}
