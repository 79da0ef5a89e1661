//! The card torn away at every single exchange, and every fault of the simulated chip: never a panic, never an accept.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use reader_core::capture::FileState;
use reader_core::lds::FileId;
use reader_core::policy::Verdict;
use reader_core::session::Plan;
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::config::Site;
use terminal_app::devices::simulated::SimulatedReader;
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Job, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::card::Card;
use test_vectors::chip::{Chip, Fault, PaceStep};
use test_vectors::persona;

/// The base site and the simulated authority, without services.
struct Line {
    site: Arc<Site>,
    job: Job,
    plan: Plan,
    persona: &'static str,
    card: Card,
}

impl Line {
    fn of(persona: &'static str) -> Self {
        let now = Timestamp(common::now());
        let mut site = config::load("base").unwrap();
        site.services.clear();
        let site = Arc::new(site);
        let job = Job {
            site: Arc::clone(&site),
            trust: Arc::new(demo::trust(now).unwrap()),
            services: Arc::new(Services::of_site(&site).unwrap()),
            presentation: Some(demo::presentation(persona::find(persona).unwrap(), now).unwrap()),
            now,
            simulated_chip: true,
            language: Language::ENGLISH,
        };
        let catalogue = firmware_profiles::Catalogue::built_in().unwrap();
        let plan = worker::plan_of(&site, &catalogue, 1_000);
        let card = persona::find(persona).unwrap().card(now.0);
        Self { site, job, plan, persona, card }
    }

    fn reader(&self, faults: &[Fault]) -> SimulatedReader {
        let mut chip = Chip::new(self.card.clone(), 7);
        faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
        SimulatedReader::new(chip)
    }

    fn run(&self, faults: &[Fault]) -> Result<Verified, Failure> {
        worker::verify(self.reader(faults), &self.plan, &self.job, &Cancel::new(), &mut |_| {})
    }

    /// An undisturbed reading with its exchanges.
    fn told(&self) -> (Verified, Told) {
        let told = Mutex::new(Vec::new());
        let reader = Noting { reader: self.reader(&[]), told: &told };
        let verified = worker::verify(reader, &self.plan, &self.job, &Cancel::new(), &mut |_| {}).unwrap();
        (verified, told.into_inner().unwrap())
    }

    /// Commands of an undisturbed reading.
    fn commands(&self) -> usize {
        let sound = self.run(&[]).unwrap();
        assert_eq!(sound.report.decision.verdict, Verdict::Accept);
        sound.report.link.unwrap().apdus
    }

    fn whole(&self, verified: &Verified) -> bool {
        let wanted = self.site.groups.iter().copied().map(FileId::group).chain([FileId::SOD]);
        wanted.into_iter().all(|file| matches!(verified.capture.files.get(&file), Some(FileState::Read(_))))
    }
}

fn outcome(verified: &Verified, id: &str) -> &'static str {
    verified.report.decision.checks.iter().find(|check| check.id == id).unwrap().outcome
}

/// One exchange of an undisturbed reading.
struct Exchange {
    protected: bool,
    /// GENERAL AUTHENTICATE or MSE:Set KAT under secure messaging: what sets the keys of chip authentication.
    sets_key: bool,
    response_bytes: usize,
}

type Told = Vec<Exchange>;

/// A reader that notes what goes over it.
struct Noting<'a> {
    reader: SimulatedReader,
    told: &'a Mutex<Told>,
}

impl Transport for Noting<'_> {
    fn exchange(&mut self, command: &[u8], ms: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        let done = self.reader.exchange(command, ms, response);
        let protected = command[0] & 0x0C == 0x0C;
        let sets_key = protected && (command[1] == 0x86 || command[1..4] == [0x22, 0x41, 0xA6]);
        self.told.lock().unwrap().push(Exchange { protected, sets_key, response_bytes: response.len() });
        done
    }

    fn limits(&self) -> Limits {
        self.reader.limits()
    }
}

/// What a torn reading may come to.
fn torn(line: &Line, exchange: usize) -> &'static str {
    let at = format!("{} torn at {exchange}", line.persona);
    match line.run(&[Fault::TornAt { exchange }]) {
        Err(failure) => {
            assert_eq!(failure.code, ErrorCode::CardLost, "{at}: {failure}");
            assert!(failure.text.contains("card left") && !failure.remedy.is_empty(), "{at}: {failure}");
            "failed"
        }
        Ok(verified) => {
            assert_eq!(verified.report.decision.verdict, Verdict::Refer, "{at}");
            assert!(!line.whole(&verified), "{at}: something is missing");
            let aborted = verified.report.decision.checks.iter().any(|check| check.outcome == "aborted");
            assert!(aborted, "{at}: what was broken off says so");
            assert!(!verified.report.decision.reasons.is_empty(), "{at}");
            assert_eq!(verified.report.simulated, ["chip"], "{at}");
            // The portrait's hash cannot hold while it is missing.
            assert_ne!(outcome(&verified, "passive.hashes"), "confirmed", "{at}");
            "referred"
        }
    }
}

fn torn_everywhere(persona: &'static str) {
    let line = Line::of(persona);
    let commands = line.commands();
    assert!((90..=112).contains(&commands), "{persona}: {commands} commands");
    let outcomes: Vec<&str> = (0..commands).map(|exchange| torn(&line, exchange)).collect();
    let first_referred = outcomes.iter().position(|outcome| *outcome == "referred").unwrap();
    // Before the chip opened nothing can be said of it, afterwards a report says what was reached.
    assert!((2..12).contains(&first_referred), "{persona}: {first_referred}");
    assert!(outcomes[first_referred..].iter().all(|outcome| *outcome == "referred"), "{persona}");
    // Torn after the last command, nothing is missing.
    let after = line.run(&[Fault::TornAt { exchange: commands }]).unwrap();
    assert_eq!(after.report.decision.verdict, Verdict::Accept);
}

#[test]
fn torn_at_every_exchange_of_a_card_with_pace() {
    torn_everywhere("good");
}

#[test]
fn torn_at_every_exchange_of_a_card_with_bac() {
    torn_everywhere("good-bac");
}

/// Faults that meet one exchange.
fn at(exchange: usize) -> Vec<(String, Fault)> {
    let faults = [
        ("wrong-mac", Fault::WrongMac { exchange }),
        ("plain-status:6982", Fault::PlainStatus { exchange, sw: 0x6982 }),
        ("plain-status:6A82", Fault::PlainStatus { exchange, sw: 0x6A82 }),
        ("plain-status:9000", Fault::PlainStatus { exchange, sw: 0x9000 }),
        ("truncate", Fault::TruncateResponse { exchange }),
        ("replay", Fault::ReplayPrevious { exchange }),
        ("wrong-status:6A82", Fault::WrongStatus { exchange, sw: 0x6A82 }),
        ("wrong-status:6300", Fault::WrongStatus { exchange, sw: 0x6300 }),
        ("wrong-status:6982", Fault::WrongStatus { exchange, sw: 0x6982 }),
        ("wrong-status:6282", Fault::WrongStatus { exchange, sw: 0x6282 }),
        ("flip-bit", Fault::FlipBit { exchange, bit: 13 }),
        ("flip-bit", Fault::FlipBit { exchange, bit: exchange * 97 + 41 }),
        ("endless-more", Fault::EndlessMore { exchange }),
    ];
    faults.map(|(name, fault)| (name.to_owned(), fault)).into()
}

/// Faults of a protocol or of a habit.
fn of_protocols() -> Vec<(String, Fault)> {
    let mut faults = vec![
        ("ca-keeps-old-keys", Fault::CaKeepsOldKeys),
        ("ca-wrong-key", Fault::CaWrongKey),
        ("aa-wrong-key", Fault::AaWrongKey),
        ("pace-short-nonce", Fault::PaceShortNonce),
        ("pace-wrong-token", Fault::PaceWrongToken),
        ("pace-refused:6300", Fault::PaceRefused(0x6300)),
        ("pace-refused:6A80", Fault::PaceRefused(0x6A80)),
        ("bac-refused:6300", Fault::BacRefused(0x6300)),
        ("bac-refused:6982", Fault::BacRefused(0x6982)),
        ("bac-wrong-nonce", Fault::BacWrongNonce),
        ("refuse-extended", Fault::RefuseExtended),
        ("no-card-access:6A82", Fault::NoCardAccess(0x6A82)),
        ("no-card-access:6982", Fault::NoCardAccess(0x6982)),
        ("refuse-select-mf", Fault::RefuseSelectMasterFile),
        ("no-eof-warning", Fault::NoEndOfFileWarning),
        ("exact-length", Fault::AskForExactLength),
    ];
    for step in [PaceStep::Mapping, PaceStep::Agreement] {
        faults.push(("pace-infinity", Fault::PacePointAtInfinity(step)));
        faults.push(("pace-off-curve", Fault::PaceOffCurve(step)));
        faults.push(("pace-echo", Fault::PaceEchoesTerminalKey(step)));
    }
    // EF.SOD, DG1, DG2, DG13, DG14, DG15.
    for file in [0x011D, 0x0101, 0x0102, 0x010D, 0x010E, 0x010F] {
        faults.push(("absent-unprotected", Fault::AbsentUnprotected { file }));
    }
    faults.into_iter().map(|(name, fault)| (name.to_owned(), fault)).collect()
}

/// A fault that may end in an accept, by the entry of `divergences.toml` that says why; `None`: it may not.
fn harmless(line: &Line, told: &Told, fault: &Fault) -> Option<&'static str> {
    let pace_card = line.persona == "good";
    let plain = |exchange: usize| told.get(exchange).is_some_and(|one| !one.protected);
    let card_access = |exchange: usize| plain(exchange) && exchange < 2;
    // The first command under the keys of chip authentication follows GENERAL AUTHENTICATE or MSE:Set KAT.
    let new_keys = told.iter().rposition(|one| one.sets_key).map_or(usize::MAX, |at| at + 1);
    match fault {
        Fault::RefuseExtended => Some("extended-length-refused"),
        Fault::RefuseSelectMasterFile => Some("select-master-file-refused"),
        Fault::NoEndOfFileWarning => Some("no-end-of-file-warning"),
        Fault::AskForExactLength => Some("exact-length-wanted"),
        Fault::PacePointAtInfinity(_)
        | Fault::PaceOffCurve(_)
        | Fault::PaceEchoesTerminalKey(_)
        | Fault::PaceShortNonce
        | Fault::PaceWrongToken
        | Fault::PaceRefused(_)
        | Fault::NoCardAccess(_)
            if !pace_card =>
        {
            Some("other-access-protocol")
        }
        Fault::BacRefused(_) | Fault::BacWrongNonce if pace_card => Some("other-access-protocol"),
        Fault::WrongMac { exchange } if plain(*exchange) => Some("no-mac-to-spoil"),
        Fault::WrongMac { exchange }
        | Fault::PlainStatus { exchange, .. }
        | Fault::TruncateResponse { exchange }
        | Fault::ReplayPrevious { exchange }
        | Fault::FlipBit { exchange, .. }
        | Fault::WrongStatus { exchange, .. }
            if card_access(*exchange) =>
        {
            Some("card-access-disturbed")
        }
        Fault::WrongMac { exchange }
        | Fault::PlainStatus { exchange, .. }
        | Fault::TruncateResponse { exchange }
        | Fault::ReplayPrevious { exchange }
            if *exchange == new_keys =>
        {
            Some("new-keys-disturbed-once")
        }
        Fault::FlipBit { exchange, bit } => {
            let bits = told.get(*exchange)?.response_bytes * 8;
            let outside = bit % bits >= bits - 16;
            match outside {
                true => Some("status-outside-mac"),
                false if *exchange == new_keys => Some("new-keys-disturbed-once"),
                false => None,
            }
        }
        Fault::WrongStatus { exchange, sw: 0x6300 } if !plain(*exchange) => Some("read-again-by-identifier"),
        Fault::WrongStatus { exchange, sw: 0x6282 } if !plain(*exchange) => Some("warning-with-all-data"),
        _ => None,
    }
}

/// The identifiers in `divergences.toml`, each with a reason.
fn divergences() -> Vec<String> {
    let text = include_str!("../../test-vectors/divergences.toml");
    let table: toml::Table = text.parse().unwrap();
    let entries = table["divergence"].as_array().unwrap();
    let texts = |entry: &toml::Value| {
        ["id", "what", "reason", "spec"].map(|key| entry[key].as_str().unwrap().to_owned())
    };
    let all: Vec<[String; 4]> = entries.iter().map(texts).collect();
    assert!(all.iter().flatten().all(|text| !text.trim().is_empty()));
    all.into_iter().map(|[id, ..]| id).filter_map(|id| id.strip_prefix("chip/").map(str::to_owned)).collect()
}

/// Runs every fault; the entries that were needed.
fn every_fault(persona: &'static str) -> BTreeSet<&'static str> {
    let line = Line::of(persona);
    let (sound, told) = line.told();
    let commands = sound.report.link.unwrap().apdus;
    assert_eq!(told.len(), commands);
    let mut faults = of_protocols();
    // Access, chip proofs and short files lie at the front; the portrait repeats one command.
    let sample = (0..28).chain((28..commands).step_by(17)).chain([commands - 1]);
    faults.extend(sample.flat_map(at));
    let mut used = BTreeSet::new();
    for (name, fault) in faults {
        let label = format!("{persona} {name} {fault:?}");
        match line.run(std::slice::from_ref(&fault)) {
            Err(failure) => {
                assert!(
                    matches!(
                        failure.code,
                        ErrorCode::AccessDenied | ErrorCode::CardLost | ErrorCode::WrongCard
                    ),
                    "{label}: {failure}"
                );
                assert!(!failure.remedy.is_empty(), "{label}");
            }
            Ok(verified) if verified.report.decision.verdict == Verdict::Accept => {
                let entry = harmless(&line, &told, &fault).unwrap_or_else(|| panic!("{label} was accepted"));
                used.insert(entry);
                assert!(line.whole(&verified), "{label}");
                for check in ["passive.sod_signature", "passive.signer_chain", "passive.hashes"] {
                    assert_eq!(outcome(&verified, check), "confirmed", "{label}: {check}");
                }
                assert_eq!(outcome(&verified, "chip.chip_authentication"), "confirmed", "{label}");
            }
            Ok(verified) => assert!(!verified.report.decision.reasons.is_empty(), "{label}"),
        }
    }
    used
}

#[test]
fn no_fault_is_accepted_but_those_with_a_reason() {
    let other = std::thread::spawn(|| every_fault("good-bac"));
    let mut used = every_fault("good");
    used.extend(other.join().unwrap());
    let listed = divergences();
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    assert_eq!(used, listed, "left: what was accepted; right: test-vectors/divergences.toml");
}

#[test]
fn a_fault_of_a_chip_proof_is_told_by_its_check() {
    for (fault, check) in [
        (Fault::CaKeepsOldKeys, "chip.chip_authentication"),
        (Fault::CaWrongKey, "chip.chip_authentication"),
        (Fault::AaWrongKey, "chip.active_authentication"),
    ] {
        let verified = Line::of("good").run(std::slice::from_ref(&fault)).unwrap();
        assert_eq!(verified.report.decision.verdict, Verdict::Reject, "{fault:?}");
        assert_eq!(outcome(&verified, check), "refuted", "{fault:?}");
    }
}
