//! A simulated card set up for one case of the inspection system's list, read and judged to the end.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use reader_core::lds::security_infos::SecurityInfos;
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, Provenance, TrustBuilder, TrustSnapshot};
use reader_core::session::{AccessKey, Plan, Reading, read_chip};
use reader_core::transport::{Limits, Recorded, Transport};
use reader_core::verify::Presented;
use reader_core::wire::date::Timestamp;
use reader_core::wire::tlv;
use test_vectors::card::{Card, Hash};
use test_vectors::chip::{Fault, Known};
use test_vectors::inspection::Seen;
use test_vectors::issuer::card_security;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::UTOPIA;
use test_vectors::issuer::groups;
use test_vectors::issuer::portrait;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::sod::{self, LdsVersion, SodForm};
use test_vectors::persona;

use crate::inspection::Sites;
use crate::simulated::{self, NOW_UNIX_S, SeededEntropy, SimulatedTransport, on_card, read};

const YEAR_S: i64 = 365 * 86_400;

/// What a case needs. The card is a persona's with a small portrait, signed anew whenever a group is changed.
#[derive(Clone)]
pub struct Setup {
    pub persona: &'static str,
    pub card: Card,
    pub faults: Vec<Fault>,
    pub keys: Vec<AccessKey>,
    pub plan: Plan,
    pub limits: Limits,
    pub presented: Presented,
    /// Rules of the site that this case has otherwise.
    pub rules: Vec<(&'static str, &'static str)>,
}

impl Setup {
    /// The persona's card, read as the inspection sites say.
    pub fn of(persona: &'static str) -> Self {
        let access = simulated::persona(persona).access(NOW_UNIX_S);
        let card = simulated::card(persona);
        let presented = Presented {
            number: access.number,
            can: access.can,
            document_number: Some(access.document_number),
            birth: Some(access.birth),
            expiry: Some(access.expiry),
            mrz: Some(access.mrz_lines.concat()),
            ..Presented::default()
        };
        let groups = [1, 2, 11, 12, 13].map(|number| DataGroup::from_number(number).unwrap());
        let plan = Plan { groups: groups.to_vec(), read_com: true, ..Plan::default() };
        let limits = if card.extended_length { Limits::EXTENDED } else { Limits::SHORT };
        let keys = simulated::keys(persona);
        let setup =
            Self { persona, card, faults: Vec::new(), keys, plan, limits, presented, rules: Vec::new() };
        let picture = portrait::cut_short((0..300u16).map(|at| (at % 251).to_be_bytes()[1]));
        setup.with_group(2, groups::dg2(&picture))
    }

    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The fault at an exchange and at every later one.
    pub fn failing_from(mut self, first: usize, fault: impl Fn(usize) -> Fault) -> Self {
        self.faults.extend((first..first + 300).map(fault));
        self
    }

    /// Another file, as it is: nothing is signed anew.
    pub fn with_file(mut self, file: FileId, bytes: Vec<u8>) -> Self {
        self.card.files.insert(on_card(file), bytes);
        self
    }

    pub fn file(&self, file: FileId) -> &[u8] {
        &self.card.files[&on_card(file)]
    }

    pub fn group(&self, number: u8) -> &[u8] {
        self.file(FileId::group(DataGroup::from_number(number).unwrap()))
    }

    /// Another data group, and EF.SOD signed over it.
    pub fn with_group(self, number: u8, bytes: Vec<u8>) -> Self {
        self.with_file(FileId::group(DataGroup::from_number(number).unwrap()), bytes).signed()
    }

    pub fn without_group(mut self, number: u8) -> Self {
        self.card.files.remove(&on_card(FileId::group(DataGroup::from_number(number).unwrap())));
        self.signed()
    }

    /// Another entry in place of one, in DG14 and, where it stands there, in EF.CardAccess.
    pub fn with_entry(self, old: &[u8], new: &[u8]) -> Self {
        let replaced = |bytes: &[u8]| -> Vec<Vec<u8>> {
            let infos = SecurityInfos::parse(bytes).unwrap();
            let raw = infos.entries.into_iter().map(|entry| entry.raw);
            raw.map(|entry| if entry == old { new.to_vec() } else { entry }).collect()
        };
        let open = replaced(self.file(FileId::CARD_ACCESS));
        let signed = replaced(tlv::single("DG14", tlv::Rules::Ber, 0x6E, self.group(14)).unwrap().value);
        assert!(signed.iter().any(|entry| entry == new), "DG14 has no such entry");
        self.with_file(FileId::CARD_ACCESS, security_infos::ef_card_access(&open))
            .with_group(14, security_infos::dg14(&signed))
    }

    /// EF.SOD and EF.COM over the groups as they are.
    pub fn signed(mut self) -> Self {
        let signer = simulated::persona(self.persona).document_signer(NOW_UNIX_S);
        let groups: Vec<(u8, &[u8])> = DataGroup::ALL
            .into_iter()
            .filter_map(|group| {
                let file = self.card.files.get(&on_card(FileId::group(group)))?;
                Some((group.number(), file.as_slice()))
            })
            .collect();
        let form = SodForm {
            version: LdsVersion::V1_7,
            hash: Hash::Sha256,
            identifier: SignerIdentifier::IssuerAndSerial,
            signing_time_s: Some(NOW_UNIX_S - 2 * YEAR_S),
        };
        let file = sod::ef_sod(&form, &groups, &signer);
        let numbers: Vec<u8> = groups.iter().map(|(number, _)| *number).collect();
        self.card.files.insert(on_card(FileId::SOD), file);
        self.card.files.insert(on_card(FileId::COM), groups::ef_com(&numbers));
        self
    }

    fn transport(&self) -> SimulatedTransport {
        let mut transport = SimulatedTransport::new(self.card.clone()).with_limits(self.limits);
        for fault in &self.faults {
            transport.chip.misbehave(fault.clone());
        }
        transport
    }

    /// Every command and answer of the reading.
    pub fn exchanges(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let reading = read(Recorded::new(self.transport()), &self.keys, &self.plan);
        reading.transport.transcript().exchanges.clone()
    }

    /// The number of the first exchange whose command has this instruction.
    pub fn first(&self, instruction: u8) -> usize {
        let exchanges = self.exchanges();
        exchanges.iter().position(|(command, _)| command.get(1) == Some(&instruction)).unwrap()
    }

    /// The number of the first READ BINARY under secure messaging.
    pub fn first_protected_read(&self) -> usize {
        let exchanges = self.exchanges();
        exchanges.iter().position(|(command, _)| command.starts_with(&[0x0C, 0xB0])).unwrap()
    }

    pub fn reading(&self) -> Reading<impl Transport> {
        read(self.transport(), &self.keys, &self.plan)
    }

    /// What the chip knew after a reading by a terminal with this randomness.
    pub fn secrets(&self, seed: u64) -> Vec<Known> {
        let transport = self.transport();
        let memory = transport.chip.memory();
        read_chip(transport, &self.keys, &self.plan, &mut SeededEntropy(seed), &mut simulated::quiet);
        memory.known()
    }

    /// Reads, and lets both sites judge.
    pub fn run(&self, id: &str) -> Seen {
        let capture = self.reading().capture;
        Sites::with(&self.rules).judge(id, &capture, &trust(), &self.presented, Timestamp(NOW_UNIX_S))
    }
}

/// EF.CardSecurity with these entries, by the persona's own signer.
pub fn card_security(persona: &str, infos: &[Vec<u8>]) -> Vec<u8> {
    let signer = simulated::persona(persona).document_signer(NOW_UNIX_S);
    let time = Some(NOW_UNIX_S - 2 * YEAR_S);
    card_security::ef_card_security(infos, SignerIdentifier::IssuerAndSerial, time, &signer)
}

/// The personas' authorities and Utopia's, each with its list.
pub fn trust() -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    let from = Provenance { source: "inspection".to_owned(), imported_at: Timestamp(NOW_UNIX_S) };
    let mut anchors = persona::trust_anchors(NOW_UNIX_S);
    anchors.push(UTOPIA.csca(NOW_UNIX_S).der);
    for anchor in anchors {
        let _ = builder.add_certificate(&anchor, &from, &Pins::none());
    }
    let mut lists = persona::revocation_lists(NOW_UNIX_S);
    lists.push(UTOPIA.revocation_list(NOW_UNIX_S, Vec::new()));
    for list in lists {
        let _ = builder.add_crl(&list, &from);
    }
    builder.build()
}
