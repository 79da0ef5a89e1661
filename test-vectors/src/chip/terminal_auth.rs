//! Terminal Authentication, version 1. Spec: 9303-11 §7.1, appendix K.

use super::command_in::Command;
use super::cv_certificate::{Certificate, Role, verifies};
use super::{Answer, Chip, Fault, Protocol, status, tlv};
use crate::card::{CvDate, Directory, Hash, TerminalAuthentication, TerminalKey, TrustPoint};
use crate::num::{Element, Group};

/// A certificate of 3072 bits fits several times.
const CHAIN_MAX_BYTES: usize = 8_192;
/// Spec: 9303-11 appendix K.2.
const EF_CVCA: (Directory, u16) = (Directory::Lds, 0x011C);
const EF_CVCA_BYTES: usize = 36;

/// What a chip may do wrong in Terminal Authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalFault {
    /// The certificate of this number, counted from 0 in each session, is refused.
    RefusesCertificate(usize),
    /// The challenge has so many bytes, whatever the terminal asked for.
    ChallengeBytes(usize),
    /// Every step is answered as it should be, but no signature is accepted.
    AcceptsNothing,
    /// One Chip Authentication is not enough: a second has to follow it in the same session.
    DemandsChipAuthenticationTwice,
    /// DG3 and DG4 are given to anybody.
    GrantsFreely,
    /// The signature is checked over another document number, or another key of the chip.
    WrongIdentifier,
}

impl TerminalFault {
    /// Every fault as [`TerminalFault::parse`] takes it; N is a number.
    pub const FORMS: [&str; 6] = [
        "ta-refuse-certificate:N",
        "ta-challenge-bytes:N",
        "ta-accepts-nothing",
        "ta-demands-ca-twice",
        "ta-grants-freely",
        "ta-wrong-identifier",
    ];

    /// Reads one of [`TerminalFault::FORMS`]; `None` for anything else.
    pub fn parse(spec: &str) -> Option<TerminalFault> {
        Some(match spec.split_once(':') {
            Some(("ta-refuse-certificate", n)) => TerminalFault::RefusesCertificate(n.parse().ok()?),
            Some(("ta-challenge-bytes", n)) => {
                TerminalFault::ChallengeBytes(n.parse().ok().filter(|n| *n <= 64)?)
            }
            None if spec == "ta-accepts-nothing" => TerminalFault::AcceptsNothing,
            None if spec == "ta-demands-ca-twice" => TerminalFault::DemandsChipAuthenticationTwice,
            None if spec == "ta-grants-freely" => TerminalFault::GrantsFreely,
            None if spec == "ta-wrong-identifier" => TerminalFault::WrongIdentifier,
            _ => return None,
        })
    }
}

/// A key that a certificate brought, for the next signature.
#[derive(Clone)]
struct Imported {
    reference: Vec<u8>,
    key: TerminalKey,
    role: Role,
    /// Rights, cut to those of all issuers.
    rights: u8,
    /// The issuer is believed in its dates. Spec: 9303-11 §7.1.4.3.3.
    accurate: bool,
    expires: CvDate,
}

/// What Terminal Authentication keeps in a session; all of it dies with the session.
#[derive(Default)]
pub(super) struct Terminal {
    /// ID_IC: the document number with its check digit, or the chip's compressed PACE key.
    identifier: Option<Vec<u8>>,
    /// The terminal's compressed key of the newest agreement that proved the chip.
    ephemeral: Option<Vec<u8>>,
    agreements: usize,
    certificates: usize,
    /// The reference that MSE:Set DST named.
    verifier: Option<Vec<u8>>,
    imported: Option<Imported>,
    /// The terminal's key, named by MSE:Set AT.
    selected: Option<Imported>,
    challenge: Option<Vec<u8>>,
    done: bool,
    rights: u8,
    /// A chain of commands under way: its instruction with both parameters, and what came so far.
    chain: Option<([u8; 3], Vec<u8>)>,
}

impl Terminal {
    /// BAC opened the channel.
    pub(super) fn after_bac(mrz_information: &str) -> Terminal {
        // Birth and expiry dates follow, each with its check digit.
        let number = mrz_information.len().checked_sub(14).and_then(|end| mrz_information.get(..end));
        Terminal { identifier: number.map(|number| number.as_bytes().to_vec()), ..Terminal::default() }
    }

    /// PACE opened the channel; with chip authentication mapping the terminal's key counts at once.
    pub(super) fn after_pace(group: Group, chip: &Element, terminal: &Element, mapped: bool) -> Terminal {
        Terminal {
            identifier: Some(compressed(group, chip)),
            ephemeral: mapped.then(|| compressed(group, terminal)),
            agreements: usize::from(mapped),
            ..Terminal::default()
        }
    }

    /// Chip Authentication started new keys: what was achieved under the old ones is over. Only what the agreement and
    /// the access say remains.
    pub(super) fn after_chip_authentication(&mut self, compressed_terminal_key: Vec<u8>) {
        *self = Terminal {
            identifier: self.identifier.take(),
            ephemeral: Some(compressed_terminal_key),
            agreements: self.agreements + 1,
            ..Terminal::default()
        };
    }

    /// EXTERNAL AUTHENTICATE means the terminal, not BAC.
    pub(super) fn is_selected(&self) -> bool {
        self.selected.is_some()
    }
}

/// Comp(PK): the x coordinate of a point, the SHA-1 hash of a number. Spec: 9303-11 §7.1.4.1.3, §7.1.4.2.3.
pub(super) fn compressed(group: Group, public: &Element) -> Vec<u8> {
    let encoded = group.encode(public);
    match group {
        // 04 ‖ x ‖ y.
        Group::Curve(_) => encoded.get(1..=encoded.len() / 2).unwrap_or_default().to_vec(),
        Group::Modp(_) => Hash::Sha1.digest(&encoded),
    }
}

impl Chip {
    /// Puts the parts of a chain of commands together; `None` while more has to come. GENERAL AUTHENTICATE chains its
    /// steps instead and passes. Spec: ISO/IEC 7816-4 §5.3.3.
    pub(super) fn gather(&mut self, command: &Command) -> Result<Option<Command>, u16> {
        let header = [command.ins, command.p1, command.p2];
        let begun = self.state.terminal.chain.take();
        let carries_a_key = match command.ins {
            0x22 => command.p1 == 0x41,
            0x86 => matches!(self.state.protocol, Protocol::ChipAuthentication(_)),
            _ => false,
        };
        let more = command.cla & 0x10 != 0 && (matches!(command.ins, 0x2A | 0x82) || carries_a_key);
        if more && carries_a_key && self.has(&Fault::RefuseChaining) {
            return Err(status::CHAINING_NOT_SUPPORTED);
        }
        let mut data = match begun {
            Some((expected, data)) if expected == header => data,
            Some(_) => return Err(status::CHAIN_BROKEN),
            None if more => Vec::new(),
            None => return Ok(Some(command.clone())),
        };
        data.extend_from_slice(&command.data);
        if data.len() > CHAIN_MAX_BYTES {
            return Err(status::WRONG_LENGTH);
        }
        if more {
            self.state.terminal.chain = Some((header, data));
            return Ok(None);
        }
        Ok(Some(Command { data, ..command.clone() }))
    }

    /// MSE:Set DST: the key that the next certificate is verified with (83). Spec: 9303-11 §7.1.5.1.
    pub(super) fn set_verification_key(&mut self, command: &Command) -> Result<Answer, u16> {
        self.require_channel()?;
        self.state.terminal.verifier = None;
        let reference = reference(command)?;
        self.verification_key(&reference).ok_or(status::REFERENCE_NOT_FOUND)?;
        self.state.terminal.verifier = Some(reference);
        Ok(Answer::ok([]))
    }

    /// PSO:Verify Certificate. Spec: 9303-11 §7.1.5.2, §7.1.4.3.4.
    pub(super) fn verify_certificate(&mut self, command: &Command) -> Result<Answer, u16> {
        self.require_channel()?;
        let number = self.state.terminal.certificates;
        self.state.terminal.certificates += 1;
        let verifier = self.state.terminal.verifier.take().ok_or(status::CONDITIONS_NOT_SATISFIED)?;
        let issuer = self.verification_key(&verifier).ok_or(status::REFERENCE_NOT_FOUND)?;
        let certificate = Certificate::parse(&command.data).ok_or(status::WRONG_DATA)?;
        if certificate.authority != verifier || !issuer.role.may_certify(certificate.role()) {
            return Err(status::WRONG_DATA);
        }
        let key = certificate.key(&issuer.key).ok_or(status::WRONG_DATA)?;
        let refused = self.has(&Fault::Terminal(TerminalFault::RefusesCertificate(number)));
        if refused || !verifies(&issuer.key, certificate.body, certificate.signature) {
            return Err(status::AUTHENTICATION_FAILED);
        }
        let trust = self.card.terminal_authentication.as_mut().ok_or(status::INSTRUCTION_UNKNOWN)?;
        let role = certificate.role();
        // An authority that has expired may still hand over to the next one.
        let late = certificate.expires < trust.current_date || issuer.expires < trust.current_date;
        if role != Role::Authority && late {
            return Err(status::REFERENCE_NOT_USABLE);
        }
        if trust.trust_points.iter().any(|known| known.reference == certificate.holder) {
            return Err(status::WRONG_DATA);
        }
        if issuer.accurate {
            trust.current_date = trust.current_date.max(certificate.effective);
        }
        if role == Role::Authority {
            let point = TrustPoint {
                reference: certificate.holder.to_vec(),
                key,
                authorization: certificate.authorization,
                effective: certificate.effective,
                expires: certificate.expires,
            };
            trust.enable(point);
            let file = ef_cvca(trust);
            self.card.files.insert(EF_CVCA, file);
        } else {
            self.state.terminal.imported = Some(Imported {
                reference: certificate.holder.to_vec(),
                key,
                role,
                rights: issuer.rights & certificate.authorization,
                accurate: role == Role::DomesticVerifier,
                expires: certificate.expires,
            });
        }
        Ok(Answer::ok([]))
    }

    /// MSE:Set AT for Terminal Authentication: the terminal's key (83). Spec: 9303-11 §7.1.5.3.
    pub(super) fn set_terminal(&mut self, command: &Command) -> Result<Answer, u16> {
        self.require_channel()?;
        let reference = reference(command)?;
        let terminal = &mut self.state.terminal;
        terminal.selected = None;
        let imported = terminal.imported.as_ref().filter(|imported| imported.reference == reference);
        let imported = imported.ok_or(status::REFERENCE_NOT_FOUND)?;
        if imported.role != Role::Terminal {
            return Err(status::WRONG_DATA);
        }
        terminal.selected = Some(imported.clone());
        Ok(Answer::ok([]))
    }

    /// GET CHALLENGE once a terminal's key is selected: r_IC, good for one signature. Spec: 9303-11 §7.1.5.4.
    pub(super) fn terminal_challenge(&mut self) -> Answer {
        let bytes = self.fault(|fault| match fault {
            Fault::Terminal(TerminalFault::ChallengeBytes(bytes)) => Some(*bytes),
            _ => None,
        });
        let mut challenge = vec![0; bytes.unwrap_or(8)];
        self.fill_random(&mut challenge);
        self.state.terminal.challenge = Some(challenge.clone());
        Answer::ok(challenge)
    }

    /// EXTERNAL AUTHENTICATE: the terminal's signature. Spec: 9303-11 §7.1.2, §7.1.5.5.
    pub(super) fn authenticate_terminal(&mut self, command: &Command) -> Result<Answer, u16> {
        self.require_channel()?;
        let wrong_identifier = self.has(&Fault::Terminal(TerminalFault::WrongIdentifier));
        let accepts_nothing = self.has(&Fault::Terminal(TerminalFault::AcceptsNothing));
        let twice = self.has(&Fault::Terminal(TerminalFault::DemandsChipAuthenticationTwice));
        let terminal = &mut self.state.terminal;
        // A failed step has to be begun anew.
        let (selected, challenge) = (terminal.selected.take(), terminal.challenge.take());
        let (Some(identifier), Some(ephemeral)) = (&terminal.identifier, &terminal.ephemeral) else {
            return Err(status::SECURITY_NOT_SATISFIED);
        };
        if terminal.done || (twice && terminal.agreements < 2) {
            return Err(status::SECURITY_NOT_SATISFIED);
        }
        let (Some(selected), Some(challenge)) = (selected, challenge) else {
            return Err(status::CONDITIONS_NOT_SATISFIED);
        };
        let mut identifier = identifier.clone();
        if let (true, Some(first)) = (wrong_identifier, identifier.first_mut()) {
            *first ^= 1;
        }
        let message = [&identifier[..], &challenge, ephemeral].concat();
        if accepts_nothing || !verifies(&selected.key, &message, &command.data) {
            return Err(status::AUTHENTICATION_FAILED);
        }
        terminal.done = true;
        terminal.rights = selected.rights;
        terminal.imported = None;
        Ok(Answer::ok([]))
    }

    /// Whether the terminal that proved itself in this session may read a protected file.
    /// Spec: 9303-11 appendix K.1.
    pub(super) fn terminal_may_read(&self, file: (Directory, u16)) -> bool {
        let right = match file {
            (Directory::Lds, 0x0103) => 0x01,
            (Directory::Lds, 0x0104) => 0x02,
            _ => 0x00,
        };
        self.state.terminal.rights & right != 0 || self.has(&Fault::Terminal(TerminalFault::GrantsFreely))
    }

    /// The references of the trust points, the most recent first, as PACE gives them to a terminal that asks (7F4C).
    /// Spec: 9303-11 §4.4.4.2.
    pub(super) fn authority_references(&self) -> Vec<u8> {
        let points = self.card.terminal_authentication.iter().flat_map(|trust| &trust.trust_points);
        [0x87, 0x88]
            .into_iter()
            .zip(points)
            .flat_map(|(tag, point)| tlv::write(tag, &point.reference))
            .collect()
    }

    fn require_channel(&self) -> Result<(), u16> {
        if self.card.terminal_authentication.is_none() {
            return Err(status::WRONG_PARAMETERS);
        }
        if self.state.channel.is_none() || !self.state.authenticated {
            return Err(status::SECURITY_NOT_SATISFIED);
        }
        Ok(())
    }

    /// The key of a reference: the one imported last, or a trust point.
    fn verification_key(&self, reference: &[u8]) -> Option<Imported> {
        let imported = self.state.terminal.imported.as_ref();
        if let Some(imported) = imported.filter(|imported| imported.reference == reference) {
            return Some(imported.clone());
        }
        let points = &self.card.terminal_authentication.as_ref()?.trust_points;
        points.iter().find(|point| point.reference == reference).map(|point| Imported {
            reference: point.reference.clone(),
            key: point.key.clone(),
            role: Role::of(point.authorization),
            rights: point.authorization,
            accurate: true,
            expires: point.expires,
        })
    }
}

impl TerminalAuthentication {
    /// Adds a trust point; of more than two the one of the least recent effective date goes. Spec: 9303-11 §7.1.4.3.4.
    fn enable(&mut self, point: TrustPoint) {
        self.trust_points.insert(0, point);
        self.trust_points.sort_by_key(|point| std::cmp::Reverse(point.effective));
        self.trust_points.truncate(2);
    }
}

/// EF.CVCA: the references, padded with zeros. Spec: 9303-11 appendix K.2.
fn ef_cvca(trust: &TerminalAuthentication) -> Vec<u8> {
    let references = trust.trust_points.iter().take(2);
    let mut file: Vec<u8> = references.flat_map(|point| tlv::write(0x42, &point.reference)).collect();
    file.resize(EF_CVCA_BYTES.max(file.len()), 0);
    file
}

/// The reference of a public key: object 83, and nothing else.
fn reference(command: &Command) -> Result<Vec<u8>, u16> {
    let objects = tlv::split(&command.data).ok_or(status::WRONG_DATA)?;
    match objects.as_slice() {
        [object] if object.tag == 0x83 => Ok(object.value.to_vec()),
        _ => Err(status::WRONG_DATA),
    }
}
