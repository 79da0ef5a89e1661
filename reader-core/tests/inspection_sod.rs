//! The cases of an inspection system about EF.SOD: its algorithms, its structure and its content. Each is a card of the
//! simulated issuer, whole but for what the case tries, judged by the strict and the tolerant site.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/inspection.rs"]
mod inspection;

use common::{NOW, from};
use inspection::Sites;
use reader_core::capture::{Capture, ChipAuthenticationTrace, FileState};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Conformance, Pins, TrustBuilder};
use reader_core::verify::Presented;
use reader_core::wire::tlv::encode;
use test_vectors::card::Hash;
use test_vectors::inspection::{Seen, check};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::certificate::{Certificate, Period, subject_key_identifier};
use test_vectors::issuer::cms_out::{Parts, SignedData, SignerIdentifier, attribute};
use test_vectors::issuer::country::{Issued, SignerNumber, SignerTimes, VIETNAM};
use test_vectors::issuer::der_out::{integer, octet_string, oid, printable, sequence, set_of};
use test_vectors::issuer::groups::ef_com;
use test_vectors::issuer::signer::{CurveForm, EcdsaForm, RsaPadding, RsaTestKeys, Signer, digest_algorithm};
use test_vectors::issuer::sod::LDS_SECURITY_OBJECT;
use test_vectors::num::{CurveName, Modp};
use test_vectors::persona;

const MD5: &str = "1.2.840.113549.2.5";

/// The list of hashes in parts; an empty one is left out.
struct List {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    hashes: Vec<Vec<u8>>,
    information: Vec<u8>,
}

impl List {
    fn entry(number: &[u8], hash: &[u8]) -> Vec<u8> {
        sequence(&[number, &octet_string(hash)])
    }

    fn der(&self) -> Vec<u8> {
        let parts = [&self.version[..], &self.algorithm, &sequence(&self.hashes), &self.information];
        sequence(&parts)
    }
}

/// A card, and what the case does to it.
struct Card {
    signer: Signer,
    hash: Hash,
    identifier: SignerIdentifier,
    /// Signed with SHA-1 in its time.
    of_2015: bool,
    list: fn(&mut List),
    parts: fn(&mut Parts, &Signer),
    file: fn(Vec<u8>) -> Vec<u8>,
    files: fn(&mut Capture),
    /// The signer's certificate is in the terminal's store and not in the file.
    in_store: bool,
}

fn rsa(padding: RsaPadding, hash: Hash) -> Signer {
    Signer::rsa(RsaTestKeys::get().document_signer(), padding, hash)
}

fn ecdsa(hash: Hash) -> Signer {
    Signer::ecdsa(CurveName::BrainpoolP384r1, CurveForm::Explicit, hash, "inspection")
}

impl Card {
    fn signed_by(signer: Signer) -> Self {
        Self {
            hash: signer.hash(),
            of_2015: signer.hash() == Hash::Sha1,
            signer,
            identifier: SignerIdentifier::IssuerAndSerial,
            list: |_| {},
            parts: |_, _| {},
            file: |file| file,
            files: |_| {},
            in_store: false,
        }
    }

    fn usual() -> Self {
        Self::signed_by(ecdsa(Hash::Sha256))
    }

    fn list(list: fn(&mut List)) -> Self {
        Self { list, ..Self::usual() }
    }

    fn parts(parts: fn(&mut Parts, &Signer)) -> Self {
        Self { parts, ..Self::usual() }
    }

    fn file(file: fn(Vec<u8>) -> Vec<u8>) -> Self {
        Self { file, ..Self::usual() }
    }

    fn files(files: fn(&mut Capture)) -> Self {
        Self { files, ..Self::usual() }
    }

    fn issued(&self) -> Issued {
        let times = if self.of_2015 {
            let period = Period { from_s: 1_430_000_000, to_s: NOW.0 + 400 * 86_400 };
            SignerTimes { validity: period, usage: period }
        } else {
            SignerTimes::around(Date::from_unix_s(NOW.0).plus_years(-2))
        };
        let like = VIETNAM.document_signer(SignerNumber(1), times).certificate;
        let mut extensions = like.extensions.clone();
        extensions[1] = subject_key_identifier(&self.signer.key_identifier());
        let certificate = Certificate { public_key_info: self.signer.public_key_info(), extensions, ..like };
        let der = certificate.signed_by(&VIETNAM.csca_signer());
        Issued { der, certificate, signer: self.signer.clone() }
    }

    fn seen(&self, id: &str) -> Seen {
        let mut capture = good();
        let groups: Vec<(u8, Vec<u8>)> = DataGroup::ALL
            .into_iter()
            .filter_map(|group| Some((group.number(), capture.group(group)?.to_vec())))
            .collect();
        let hashes = groups
            .iter()
            .map(|(number, file)| List::entry(&integer(u64::from(*number)), &self.hash.digest(file)))
            .collect();
        let mut list = List {
            version: integer(0),
            algorithm: digest_algorithm(self.hash, true),
            hashes,
            information: Vec::new(),
        };
        (self.list)(&mut list);
        let issued = self.issued();
        let certificates = if self.in_store { Vec::new() } else { vec![issued.der.clone()] };
        let content = list.der();
        let data = SignedData {
            content_type: LDS_SECURITY_OBJECT,
            content: &content,
            certificates: &certificates,
            certificate: &issued.certificate,
            identifier: self.identifier,
            signing_time_s: None,
            null_parameters: true,
        };
        let mut parts = data.parts(&issued.signer);
        (self.parts)(&mut parts, &issued.signer);
        let file = (self.file)(encode(0x77, &parts.content_info()));
        capture.files.insert(FileId::SOD, FileState::Read(file));
        (self.files)(&mut capture);
        let mut builder = TrustBuilder::new();
        builder.add_certificate(&VIETNAM.csca(NOW.0).der, &from("test"), &Pins::none());
        if self.in_store {
            let added = builder.add_document_signer(&issued.der, &from("test"), Conformance::Conformant);
            assert_eq!(added.refused.len(), 0, "{:?}", added.refused);
        }
        let access = persona::find("good").unwrap().access(NOW.0);
        let presented = Presented { number: access.number, ..Presented::default() };
        Sites::new().judge(id, &capture, &builder.build(), &presented, NOW)
    }
}

/// The files of the good card, whose chip proved itself.
fn good() -> Capture {
    let mut capture = common::good();
    let infos = reader_core::lds::dg14::parse(capture.group(DataGroup::Dg14).unwrap()).unwrap();
    let key = infos.chip_authentication_keys().next().unwrap();
    let answered =
        ChipAuthenticationTrace::NewKeysAnswered { public_key: key.spki.clone(), key_id: key.key_id };
    capture.chip_authentication = Some(answered);
    capture
}

fn run(test: &str, cards: Vec<(&str, Card)>) {
    let seen: Vec<Seen> =
        cards.into_iter().map(|(number, card)| card.seen(&format!("LDS_H_{number}"))).collect();
    check("sod", &format!("inspection_sod::{test}"), &seen);
}

#[test]
fn algorithms() {
    use Hash::{Sha1, Sha224, Sha256, Sha384, Sha512};
    let pkcs1 = |hash| Card::signed_by(rsa(RsaPadding::Pkcs1, hash));
    let pss = |hash| Card::signed_by(rsa(RsaPadding::Pss, hash));
    let der = |hash| Card::signed_by(ecdsa(hash));
    let plain = |hash| Card::signed_by(ecdsa(hash).written(EcdsaForm::Plain));
    let dsa = |group, hash| Card::signed_by(Signer::dsa(group, hash, "inspection"));
    let bare = |hash| Card {
        parts: |parts, _| {
            parts.signers[0].signature_algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), vec![5, 0]]);
        },
        ..Card::signed_by(rsa(RsaPadding::Pkcs1, hash))
    };
    let p256 = |hash| Card::signed_by(Signer::ecdsa(CurveName::P256, CurveForm::Explicit, hash, "other"));
    run(
        "algorithms",
        vec![
            ("01", pkcs1(Sha1)),
            ("02", pss(Sha1)),
            ("03", pss(Sha256)),
            ("04", pkcs1(Sha224)),
            ("05", pkcs1(Sha256)),
            ("06", pkcs1(Sha384)),
            ("07", pkcs1(Sha512)),
            ("08", dsa(Modp::Of1024And160, Sha1)),
            ("09", der(Sha1)),
            ("10", plain(Sha1)),
            ("11", plain(Sha224)),
            ("12", plain(Sha256)),
            ("13", plain(Sha384)),
            ("14", plain(Sha512)),
            ("70", der(Sha224)),
            ("71", der(Sha256)),
            ("72", der(Sha384)),
            ("73", der(Sha512)),
            ("74", Card { hash: Sha512, ..der(Sha256) }),
            // The country signs with ECDSA and SHA-512.
            ("75", pss(Sha256)),
            ("76", pkcs1(Sha256)),
            ("77", p256(Sha256)),
            ("78", plain(Sha384)),
            ("79", bare(Sha1)),
            ("80", bare(Sha224)),
            ("81", bare(Sha256)),
            ("82", bare(Sha384)),
            ("83", bare(Sha512)),
            ("94", pss(Sha224)),
            ("95", pss(Sha384)),
            ("96", pss(Sha512)),
            ("97", dsa(Modp::Of2048And224, Sha224)),
            ("98", dsa(Modp::Of2048And256, Sha256)),
        ],
    );
}

#[test]
fn structure() {
    let by_key = |parts| Card { identifier: SignerIdentifier::SubjectKeyIdentifier, parts, ..Card::usual() };
    run(
        "structure",
        vec![
            ("15", Card { in_store: true, ..Card::usual() }),
            ("17", Card::file(|file| [&[0x78], &file[1..]].concat())),
            (
                "18",
                Card::file(|mut file| {
                    file[3] = file[3].wrapping_sub(1);
                    file
                }),
            ),
            (
                "19",
                Card::file(|mut file| {
                    file[3] = file[3].wrapping_add(1);
                    file
                }),
            ),
            ("20", Card::parts(|parts, _| parts.version = integer(1))),
            ("21", Card::parts(|parts, _| parts.version = Vec::new())),
            (
                "22",
                Card::parts(|parts, _| {
                    let md5 = sequence(&[oid(MD5), vec![5, 0]]);
                    parts.digest_algorithms = set_of(&[digest_algorithm(Hash::Sha256, true), md5]);
                }),
            ),
            ("23", Card::parts(|parts, _| parts.digest_algorithms = Vec::new())),
            ("24", Card::parts(|parts, _| parts.content_type = oid("2.23.136.1.1.2"))),
            ("25", Card::parts(|parts, _| parts.content_type = Vec::new())),
            ("26", Card::parts(|parts, _| parts.signers[0].version = integer(2))),
            ("27", Card::parts(|parts, _| parts.signers[0].version = Vec::new())),
            (
                "28",
                Card::parts(|parts, _| {
                    let name = VIETNAM.csca_name().der();
                    parts.signers[0].identifier = sequence(&[name, integer(4711)]);
                }),
            ),
            ("29", by_key(|parts, _| parts.signers[0].identifier = encode(0x80, &[7; 20]))),
            (
                "30",
                Card::parts(|parts, _| {
                    parts.signers[0].digest_algorithm = sequence(&[oid(MD5), vec![5, 0]]);
                }),
            ),
            ("31", Card::parts(|parts, _| parts.signers[0].digest_algorithm = Vec::new())),
            (
                "32",
                Card::parts(|parts, signer| {
                    let digest = attribute("1.2.840.113549.1.9.4", &octet_string(&[7; 32]));
                    parts.signers[0].attributes[1] = digest;
                    parts.signers[0].sign(signer);
                }),
            ),
            (
                "33",
                Card::parts(|parts, signer| {
                    parts.signers[0].attributes.truncate(1);
                    parts.signers[0].sign(signer);
                }),
            ),
            (
                "36",
                Card {
                    parts: |parts, _| {
                        let md5_with_rsa = sequence(&[oid("1.2.840.113549.1.1.4"), vec![5, 0]]);
                        parts.signers[0].signature_algorithm = md5_with_rsa;
                    },
                    ..Card::signed_by(rsa(RsaPadding::Pkcs1, Hash::Sha256))
                },
            ),
            ("37", Card::parts(|parts, _| *parts.signers[0].signature.last_mut().unwrap() ^= 1)),
            ("38", Card::parts(|parts, _| parts.signers[0].signature = Vec::new())),
            ("84", Card::parts(|parts, _| parts.signers[0].version = integer(3))),
            ("85", by_key(|parts, _| parts.signers[0].version = integer(1))),
        ],
    );
}

#[test]
fn content() {
    fn information(lds: &str) -> Vec<u8> {
        sequence(&[printable(lds), printable("040000")])
    }
    let wrong_hash = |list: &mut List| list.hashes[1] = List::entry(&integer(2), &[7; 32]);
    run(
        "content",
        vec![
            ("39", Card::list(|list| list.version = integer(7))),
            ("40", Card::list(|list| list.version = Vec::new())),
            ("41", Card::list(|list| list.algorithm = sequence(&[oid(MD5), vec![5, 0]]))),
            ("42", Card::list(|list| list.algorithm = Vec::new())),
            ("43", Card { list: wrong_hash, ..Card::usual() }),
            ("44", Card::list(|list| drop(list.hashes.remove(0)))),
            (
                "45",
                Card {
                    files: |capture| {
                        capture.files.insert(FileId::group(DataGroup::Dg10), FileState::Absent);
                    },
                    ..Card::list(|list| list.hashes.push(List::entry(&integer(10), &[7; 32])))
                },
            ),
            (
                "46",
                Card {
                    files: |capture| {
                        capture.files.insert(FileId::group(DataGroup::Dg5), FileState::Absent);
                    },
                    ..Card::list(|list| {
                        let hash = list.hashes[0][5..].to_vec();
                        list.hashes[0] = sequence(&[integer(5), hash]);
                    })
                },
            ),
            (
                "47",
                Card::list(|list| {
                    let hash = list.hashes[1][5..].to_vec();
                    list.hashes[1] = sequence(&[hash]);
                }),
            ),
            (
                "86",
                Card::list(|list| {
                    list.version = integer(1);
                    list.information = information("0108");
                }),
            ),
            ("87", Card::list(|list| list.information = information("0108"))),
            ("88", Card::list(|list| list.version = integer(1))),
            (
                "89",
                Card::list(|list| {
                    list.version = integer(1);
                    list.information = information("0109");
                }),
            ),
            ("90", Card::files(|capture| listed(capture, |groups| groups.truncate(groups.len() - 1)))),
            ("91", Card::files(|capture| listed(capture, |groups| groups.push(16)))),
            (
                "92",
                Card::files(|capture| {
                    listed(capture, |groups| {
                        groups.pop();
                        groups.push(16);
                    });
                }),
            ),
        ],
    );
}

/// EF.COM with another list of groups.
fn listed(capture: &mut Capture, change: fn(&mut Vec<u8>)) {
    let mut groups: Vec<u8> = DataGroup::ALL
        .into_iter()
        .filter(|group| capture.group(*group).is_some())
        .map(DataGroup::number)
        .collect();
    change(&mut groups);
    capture.files.insert(FileId::COM, FileState::Read(ef_com(&groups)));
}
