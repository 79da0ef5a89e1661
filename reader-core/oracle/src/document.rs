//! The passive authentication of one Vietnamese document: groups hashed, EF.SOD's signature (brainpoolP384r1), and its signer's
//! under the country certificate (brainpoolP512r1).

use openssl::hash::{MessageDigest, hash};
use openssl::sign::Verifier;
use openssl::x509::X509;
use reader_core::capture::{Capture, FileState, Origin};
use reader_core::lds::sod::SodFile;
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, Provenance, TrustBuilder};
use reader_core::verify::{Presented, Settings, verify};
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Timestamp;
use test_vectors::card::Directory;
use test_vectors::persona;

use crate::table::Row;
use crate::timing::beside;

/// 21 November 2026, 10:00 UTC.
const NOW: Timestamp = Timestamp(1_795_255_200);

/// One row.
pub fn row() -> Row {
    let persona = persona::find("good").expect("the persona exists");
    let card = persona.card(NOW.0);
    let mut capture = Capture::new(Origin::Stored);
    let mut groups: Vec<Vec<u8>> = Vec::new();
    for ((directory, id), bytes) in &card.files {
        let file = match id {
            0x011D if *directory == Directory::Lds => FileId::SOD,
            0x0101..=0x0110 => {
                let number = u8::try_from(id & 0xFF).expect("a byte");
                groups.push(bytes.clone());
                FileId::group(DataGroup::from_number(number).expect("a group"))
            }
            _ => continue,
        };
        capture.files.insert(file, FileState::Read(bytes.clone()));
    }
    let provenance = Provenance { source: "invented".to_owned(), imported_at: NOW };
    let mut builder = TrustBuilder::new();
    for anchor in persona::trust_anchors(NOW.0) {
        builder.add_certificate(&anchor, &provenance, &Pins::none());
    }
    let trust = builder.build();

    let sod = capture.bytes(FileId::SOD).expect("EF.SOD is there").to_vec();
    let data = SignedData::parse(SodFile::parse(&sod).expect("a file").content_info).expect("signed data");
    let signer_der = data.certificates.first().expect("a signer's certificate");
    let info = data.signers.first().expect("a signer");
    let attributes = info.signed_attributes.as_ref().expect("signed attributes").signed_bytes();
    let csca_der = persona.issuing_csca_der(NOW.0);
    let signer_name = reader_core::pki::Certificate::from_der(signer_der).expect("a certificate");
    let key_name = signer_name.public_key().expect("a key").name();

    let presented = Presented::nothing();
    let settings = Settings::default();
    let ours = || {
        let proof = verify(&capture, &trust, &presented, NOW, &settings, None);
        assert!(proof.holder().is_some(), "the document is proved");
    };
    // What a program on OpenSSL has to do: the trusted certificate is parsed once, the document's each time.
    let csca = X509::from_der(&csca_der).expect("a certificate").public_key().expect("a key");
    let theirs = || {
        for group in &groups {
            hash(MessageDigest::sha256(), group).expect("a hash");
        }
        hash(MessageDigest::sha256(), data.content.expect("content")).expect("a hash");
        let signer = X509::from_der(signer_der).expect("a certificate");
        assert!(signer.verify(&csca).expect("checked"), "the certificate holds");
        let key = signer.public_key().expect("a key");
        let digest = MessageDigest::sha384();
        let digest = if info.digest_algorithm.algorithm.is("2.16.840.1.101.3.4.2.1") {
            MessageDigest::sha256()
        } else {
            digest
        };
        let mut verifier = Verifier::new(digest, &key).expect("a verifier");
        assert!(verifier.verify_oneshot(info.signature, &attributes).expect("checked"), "EF.SOD holds");
    };
    let (ours, theirs) = beside(ours, theirs);
    Row { what: format!("one document, signer {key_name}, every finding of `verify` here"), ours, theirs }
}
