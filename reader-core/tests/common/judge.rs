//! A reading of a simulated chip, judged by the rules of the built-in base site.

#[path = "cam.rs"]
pub mod cam;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use reader_core::capture::{Capture, FileState};
use reader_core::cvc::{CvCertificate, TerminalCertificates};
use reader_core::evidence::{HolderFindings, Outcome};
use reader_core::key::private_key;
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, Provenance, TrustBuilder, TrustSnapshot};
use reader_core::policy::{Policy, RawRule, Verdict, decide};
use reader_core::session::{
    AccessKey, Event, Plan, Reading, Step, TerminalAuthentication, read_chip, resume_chip,
};
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::verify::{Presented, Settings, Tolerances, assemble, verify};
use reader_core::wire::date::Timestamp;
use test_vectors::card::{ActiveAuthenticationKey, Card, Hash};
use test_vectors::chip::{Fault, Swap};
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::groups;
use test_vectors::issuer::portrait;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::RsaTestKeys;
use test_vectors::issuer::sod::{self, LdsVersion, SodForm};
use test_vectors::issuer::terminal_pki::{Chain, Hierarchy};
use test_vectors::num::RsaKey;
use test_vectors::persona;

use crate::simulated::{self, NOW_UNIX_S, SeededEntropy, SimulatedTransport, on_card};

const NOW: Timestamp = Timestamp(NOW_UNIX_S);

/// One exchange of an undisturbed reading.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Step and number within it, such as `EF.SOD.0`.
    pub label: String,
    /// Under secure messaging.
    pub protected: bool,
    /// It reads a file.
    pub file: bool,
    /// The right answer is 9000 without data.
    pub bare: bool,
    /// The command has extended lengths.
    pub extended: bool,
    sampled: bool,
}

/// What a disturbed reading came to.
pub struct Judged {
    pub verdict: Verdict,
    /// The verdict with its reasons; those of access control too, where it failed.
    pub outcome: String,
    /// Every file that was read is the card's own.
    pub own_files: bool,
}

/// A way to open a chip, with its card and its stand-in.
pub struct Variant {
    pub name: &'static str,
    persona: &'static str,
    card: Card,
    stand_in: Card,
    keys: Vec<AccessKey>,
    plan: Plan,
    trust: TrustSnapshot,
    policy: Policy,
    exchanges: Vec<Exchange>,
    /// Many disturbed readings give the same capture.
    judged: RefCell<Vec<(Capture, Verdict, String)>>,
}

impl Variant {
    pub fn of(name: &'static str) -> Self {
        let persona = match name {
            "pace-gm" => "good",
            "pace-im" => "good-pace-im",
            "pace-dh" => "good-pace-dh",
            "pace-dh-im" => "good-pace-dh-im",
            "pace-cam" => "good-pace-cam",
            "ca-dh" => "good-ca-dh",
            "bac" => "good-bac",
            "aa-rsa" => "good-rsa",
            "terminal" => "eac",
            other => panic!("{other}"),
        };
        let mut variant = Self {
            name,
            persona,
            card: small(persona),
            stand_in: small("good-nist"),
            keys: simulated::keys(persona),
            plan: if name == "terminal" { with_certificates() } else { Plan::default() },
            trust: trust(),
            policy: base(name == "terminal"),
            exchanges: Vec::new(),
            judged: RefCell::default(),
        };
        let (exchanges, reading) = variant.noted();
        let judged = variant.judge(&reading.capture);
        assert_eq!((reading.ended, judged.verdict), (None, Verdict::Accept), "{name}: {}", judged.outcome);
        variant.exchanges = exchanges;
        // The way in is walked whole, and so are the proofs. Files that are read alike are sampled; in the ways in that
        // share them with another, less of them.
        let all = matches!(name, "pace-gm" | "bac");
        // Of a further protocol, its own steps, and what it lets the terminal read.
        let steps: Option<&[&str]> = match name {
            "terminal" => Some(&["TerminalAuthentication", "DG3"]),
            "aa-rsa" => Some(&["ActiveAuthentication"]),
            _ => None,
        };
        let count = variant.exchanges.len();
        for at in 0..count {
            let next_is_other = variant.exchanges.get(at + 1).is_none_or(|next| next.label.ends_with(".0"));
            let one = &mut variant.exchanges[at];
            let early = one.label.ends_with(".0") || one.label.ends_with(".1");
            let shared = one.file && one.protected;
            let step = one.label.rsplit_once('.').map_or("", |(step, _)| step);
            one.sampled = match steps {
                Some(steps) => steps.contains(&step) && (!shared || early || next_is_other),
                None if all => !shared || early || next_is_other,
                None => !shared || early && matches!(step, "EF.CardSecurity" | "EF.SOD") || at + 1 == count,
            };
        }
        variant
    }

    /// The exchanges that are crossed, with their numbers.
    pub fn sampled(&self) -> impl Iterator<Item = (usize, &Exchange)> {
        self.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.sampled)
    }

    /// The first answer under the keys of chip authentication is this one.
    pub fn is_under_new_keys(&self, label: &str) -> bool {
        let last = self.exchanges.iter().rposition(|one| one.label.starts_with("ChipAuthentication"));
        last.and_then(|at| self.exchanges.get(at + 1)).is_some_and(|one| one.label == label)
    }

    /// The exchange with this label.
    pub fn exchange(&self, label: &str) -> Option<&Exchange> {
        self.exchanges.iter().find(|one| one.label == label)
    }

    /// A fault of what this variant does not run: it cannot show.
    pub fn not_run(&self, form: &str) -> Option<&'static str> {
        let bac = self.name == "bac";
        let other = form.starts_with("pace-") && bac || form.starts_with("bac-") && !bac;
        other.then_some("chip/other-access-protocol")
    }

    fn chip(&self, card: &Card, fault: Option<&Fault>) -> SimulatedTransport {
        let extended = card.extended_length;
        let limits = if extended { Limits::EXTENDED } else { Limits::SHORT };
        let mut transport = SimulatedTransport::new(card.clone()).with_limits(limits);
        transport.chip.stand_in(self.stand_in.clone());
        if let Some(fault) = fault {
            transport.chip.misbehave(fault.clone());
        }
        transport
    }

    /// An undisturbed reading, with a label for each exchange.
    fn noted(&self) -> (Vec<Exchange>, Reading<Noting>) {
        let told = Rc::new(RefCell::new(Told::default()));
        let transport = Noting { inner: self.chip(&self.card, None), told: Rc::clone(&told) };
        let mut observer = |event: Event<'_>| {
            if let Event::Step(step) = event {
                let name = match step {
                    Step::Read(file) => file.to_string(),
                    other => format!("{other:?}"),
                };
                let file = matches!(step, Step::Read(_) | Step::CardAccess);
                let mut told = told.borrow_mut();
                (told.step, told.file, told.number) = (name, file, 0);
            }
            ControlFlow::Continue(())
        };
        let reading = read_chip(transport, &self.keys, &self.plan, &mut SeededEntropy(1), &mut observer);
        let exchanges = std::mem::take(&mut told.borrow_mut().exchanges);
        (exchanges, reading)
    }

    /// Reads and judges with one fault. A card that is gone and comes back is read on.
    pub fn run(&self, fault: &Fault) -> Judged {
        let mut quiet = simulated::quiet;
        let reading = read_chip(
            self.chip(&self.card, Some(fault)),
            &self.keys,
            &self.plan,
            &mut SeededEntropy(1),
            &mut quiet,
        );
        let swapped = matches!(fault, Fault::SwappedAt { how: Swap::Powered, .. });
        if swapped && reading.can_be_resumed() {
            let (earlier, mut transport) = reading.into_earlier();
            transport.chip.reset();
            let plan = &self.plan;
            let again = resume_chip(transport, &self.keys, plan, &mut SeededEntropy(2), &mut quiet, earlier);
            return self.judge(&again.capture);
        }
        self.judge(&reading.capture)
    }

    /// Reads and judges with another EF.CardSecurity ([`cam::ALTERED`]).
    pub fn run_with_card_security(&self, word: &str) -> Judged {
        let chip = self.chip(&cam::altered(&self.card, word), None);
        self.judge(
            &read_chip(chip, &self.keys, &self.plan, &mut SeededEntropy(1), &mut simulated::quiet).capture,
        )
    }

    fn judge(&self, capture: &Capture) -> Judged {
        let own_files = capture.files.iter().all(|(file, state)| match state {
            FileState::Read(bytes) => {
                matches!(*file, FileId::CARD_ACCESS | FileId::CARD_SECURITY | FileId::ATR_INFO | FileId::CVCA)
                    || self.card.files.get(&on_card(*file)) == Some(bytes)
            }
            _ => true,
        });
        let known = self.judged.borrow().iter().find(|(one, ..)| one == capture).cloned();
        let (verdict, outcome) = match known {
            Some((_, verdict, outcome)) => (verdict, outcome),
            None => {
                let (verdict, outcome) = self.judge_anew(capture);
                self.judged.borrow_mut().push((capture.clone(), verdict, outcome.clone()));
                (verdict, outcome)
            }
        };
        Judged { verdict, outcome, own_files }
    }

    fn judge_anew(&self, capture: &Capture) -> (Verdict, String) {
        let settings =
            Settings { tolerances: Tolerances::STRICT, list_max_age_days: Some(90), ..Settings::default() };
        let proof = verify(capture, &self.trust, &presented(self.persona), NOW, &settings, None);
        let evidence = assemble(proof, HolderFindings::not_performed(), Vec::new());
        let report = decide(&evidence, &self.policy);
        let word = match report.verdict {
            Verdict::Accept => "accept",
            Verdict::Refer => "refer",
            Verdict::Reject => "reject",
        };
        let mut codes: Vec<&str> = report.reasons.iter().map(|reason| reason.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        let mut outcome = std::iter::once(word).chain(codes).collect::<Vec<_>>().join(" ");
        // Access is no evidence and decides nothing; why it failed is what the person is told.
        for (check, finding) in evidence.findings() {
            let failed = matches!(finding.outcome, Outcome::Refuted(_) | Outcome::Undetermined(_));
            if let (Some(access), true, Some(reason)) =
                (check.as_str().strip_prefix("access."), failed, finding.outcome.reason())
                && access != "terminal_authentication"
            {
                outcome.push_str(&format!(" ({access} {})", reason.code()));
            }
        }
        (report.verdict, outcome)
    }
}

/// The step that is on, and what went over the link.
#[derive(Default)]
struct Told {
    step: String,
    file: bool,
    number: usize,
    exchanges: Vec<Exchange>,
}

/// A link that notes to which step each exchange belongs.
struct Noting {
    inner: SimulatedTransport,
    told: Rc<RefCell<Told>>,
}

impl Transport for Noting {
    fn exchange(&mut self, command: &[u8], ms: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        let mut told = self.told.borrow_mut();
        let (label, file) = (format!("{}.{}", told.step, told.number), told.file);
        told.number += 1;
        let protected = command[0] & 0x0C == 0x0C;
        let done = self.inner.exchange(command, ms, response);
        // Without data object 87, or without any.
        let bare = response.first() == Some(&if protected { 0x99 } else { 0x90 });
        let extended = command.len() > 6 && command[4] == 0;
        told.exchanges.push(Exchange { label, protected, file, bare, extended, sampled: false });
        done
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

/// The persona's card with a portrait cut short, signed anew.
fn small(name: &str) -> Card {
    let persona = simulated::persona(name);
    let mut card = simulated::card(name);
    let address = |group| on_card(FileId::group(group));
    if name == "good-rsa" {
        // Its signature fits no short protected response.
        let RsaKey { modulus, private, .. } = RsaTestKeys::get().document_signer();
        let key = ActiveAuthenticationKey::Rsa { modulus, private, hash: Hash::Sha256 };
        card.files.insert(address(DataGroup::Dg15), security_infos::dg15(&key));
        card.active_authentication = Some(key);
    }
    let salt = name.bytes().fold(0, u8::wrapping_add);
    let content = (0..499u16).map(|at| (at % 251).to_be_bytes()[1] ^ salt);
    card.files.insert(address(DataGroup::Dg2), groups::dg2(&portrait::cut_short(content)));
    let groups: Vec<(u8, &[u8])> = DataGroup::ALL
        .into_iter()
        .filter_map(|group| Some((group.number(), card.files.get(&address(group))?.as_slice())))
        .collect();
    let form = SodForm {
        version: LdsVersion::V1_8,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::IssuerAndSerial,
        signing_time_s: None,
    };
    let sod = sod::ef_sod(&form, &groups, &persona.document_signer(NOW_UNIX_S));
    card.files.insert(on_card(FileId::SOD), sod);
    card
}

fn trust() -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    let from = Provenance { source: "personas".to_owned(), imported_at: NOW };
    for anchor in persona::trust_anchors(NOW.0) {
        let _ = builder.add_certificate(&anchor, &from, &Pins::none());
    }
    for list in persona::revocation_lists(NOW.0) {
        let _ = builder.add_crl(&list, &from);
    }
    builder.build()
}

fn presented(name: &str) -> Presented {
    let access = simulated::persona(name).access(NOW.0);
    Presented {
        number: access.number,
        can: access.can,
        document_number: Some(access.document_number),
        birth: Some(access.birth),
        expiry: Some(access.expiry),
        ..Presented::default()
    }
}

/// A terminal that may read fingers, and reads them.
fn with_certificates() -> Plan {
    let given = Hierarchy::BrainpoolP256.chain(Chain::Sound, NOW_UNIX_S);
    let certificates = given.certificates.iter().map(|bytes| CvCertificate::parse(bytes).unwrap());
    let terminal = TerminalAuthentication {
        certificates: Arc::new(TerminalCertificates::new(certificates)),
        key: Arc::new(private_key(&given.key.pkcs8()).unwrap()),
        today: NOW.date().unwrap(),
    };
    let groups = vec![DataGroup::Dg1, DataGroup::Dg13, DataGroup::Dg3];
    Plan { groups, terminal_authentication: Some(terminal), ..Plan::default() }
}

/// The rules of the built-in base site, without its services. A desk that reads fingers wants to have been let at them.
fn base(fingers: bool) -> Policy {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../terminal-app/sites/base.toml");
    let site: toml::Table = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut rules: BTreeMap<String, RawRule> = site["rules"].clone().try_into().unwrap();
    if fingers {
        let demand = toml::Value::String("demand".to_owned());
        rules.insert("access.terminal_authentication".to_owned(), demand.try_into().unwrap());
    }
    Policy::from_rules(&rules).unwrap()
}
