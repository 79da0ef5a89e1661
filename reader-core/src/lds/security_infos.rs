//! SecurityInfos: the protocols and keys that a chip offers, in EF.CardAccess, DG14 and EF.CardSecurity.
//!
//! The bytes of every entry are kept, because an entry of EF.CardAccess must stand byte for byte in DG14 or
//! EF.CardSecurity. Spec: 9303-11 §9.2; TR-03110-3 §A.1.

use crate::wire::der::{OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::wire::oid::Oid;
use crate::wire::tlv::{Reader, Rules, Tlv};
use crate::wire::{Malformed, Problem};

/// Most entries read; the fullest real card known has fewer than forty.
pub const MAX_ENTRIES: usize = 128;

/// The arc of all protocols of TR-03110, `bsi-de protocols smartcard`.
const PROTOCOLS: &str = "0.4.0.127.0.7.2.2";
const PROTOCOLS_CONTENT: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];
/// `id-icao-mrtd-security-aaProtocolObject`.
const ACTIVE_AUTHENTICATION: &str = "2.23.136.1.1.5";
/// `ecdsa-plain-signatures`.
const PLAIN_ECDSA: &str = "0.4.0.127.0.7.1.1.4.1";

/// Cipher, MAC and key length of secure messaging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite {
    /// 3DES-CBC with the retail MAC.
    TripleDes,
    /// AES-CBC-CMAC with 128-bit keys.
    Aes128,
    /// AES-CBC-CMAC with 192-bit keys.
    Aes192,
    /// AES-CBC-CMAC with 256-bit keys.
    Aes256,
}

impl Suite {
    const fn from_arc(arc: u64) -> Option<Self> {
        match arc {
            1 => Some(Self::TripleDes),
            2 => Some(Self::Aes128),
            3 => Some(Self::Aes192),
            4 => Some(Self::Aes256),
            _ => None,
        }
    }

    const fn arc(self) -> u8 {
        match self {
            Self::TripleDes => 1,
            Self::Aes128 => 2,
            Self::Aes192 => 3,
            Self::Aes256 => 4,
        }
    }
}

/// The group in which keys are agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAgreement {
    /// Over a prime field.
    Dh,
    /// Over an elliptic curve.
    Ecdh,
}

/// How PACE turns the nonce into a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// Generic mapping.
    Generic,
    /// Integrated mapping.
    Integrated,
    /// Chip authentication mapping.
    ChipAuthentication,
}

/// Mapping and key agreement of PACE, as the arc after `id-PACE` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaceFamily {
    /// How the nonce is mapped.
    pub mapping: Mapping,
    /// In which kind of group.
    pub agreement: KeyAgreement,
}

impl PaceFamily {
    const fn from_arc(arc: u64) -> Option<Self> {
        let (mapping, agreement) = match arc {
            1 => (Mapping::Generic, KeyAgreement::Dh),
            2 => (Mapping::Generic, KeyAgreement::Ecdh),
            3 => (Mapping::Integrated, KeyAgreement::Dh),
            4 => (Mapping::Integrated, KeyAgreement::Ecdh),
            6 => (Mapping::ChipAuthentication, KeyAgreement::Ecdh),
            _ => return None,
        };
        Some(Self { mapping, agreement })
    }

    /// The arc; `None` for the combination that the standard does not define (chip authentication mapping with DH).
    const fn arc(self) -> Option<u8> {
        match (self.mapping, self.agreement) {
            (Mapping::Generic, KeyAgreement::Dh) => Some(1),
            (Mapping::Generic, KeyAgreement::Ecdh) => Some(2),
            (Mapping::Integrated, KeyAgreement::Dh) => Some(3),
            (Mapping::Integrated, KeyAgreement::Ecdh) => Some(4),
            (Mapping::ChipAuthentication, KeyAgreement::Ecdh) => Some(6),
            (Mapping::ChipAuthentication, KeyAgreement::Dh) => None,
        }
    }
}

/// A PACE protocol. Spec: 9303-11 §9.2.3, with §9.2.1 for PACEInfo and §9.2.2 for its domain parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PaceProtocol {
    /// Mapping and key agreement.
    pub family: PaceFamily,
    /// Secure messaging afterwards.
    pub suite: Suite,
}

impl PaceProtocol {
    /// The content bytes of its object identifier, as MSE:Set AT sends them in tag 80.
    #[must_use]
    pub fn oid_content(&self) -> Option<Vec<u8>> {
        Some([&PROTOCOLS_CONTENT[..], &[4, self.family.arc()?, self.suite.arc()]].concat())
    }
}

/// `PACEInfo`: a protocol offered on standardised or explicit domain parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceInfo {
    /// The protocol.
    pub protocol: PaceProtocol,
    /// 2; 1 is deprecated.
    pub version: u32,
    /// Standardised domain parameters (0 to 31) or the key of a PaceDomainParameterInfo; optional only where there is
    /// one set of explicit parameters.
    pub parameter_id: Option<u32>,
}

/// `PACEDomainParameterInfo`: explicit domain parameters, kept as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceDomainParameterInfo {
    /// For which protocols.
    pub family: PaceFamily,
    /// The AlgorithmIdentifier with the parameters, raw.
    pub domain_parameter: Vec<u8>,
    /// By what number a PaceInfo names it.
    pub parameter_id: Option<u32>,
}

/// `ChipAuthenticationInfo`. Spec: 9303-11 §9.2.5, §9.2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationInfo {
    /// In which kind of group.
    pub agreement: KeyAgreement,
    /// Secure messaging afterwards.
    pub suite: Suite,
    /// 1 on ICAO documents; 2 and 3 on German identity cards.
    pub version: u32,
    /// Which key, where there are several.
    pub key_id: Option<u32>,
}

impl ChipAuthenticationInfo {
    /// The content bytes of its object identifier, as MSE:Set AT sends them in tag 80.
    #[must_use]
    pub fn oid_content(&self) -> Vec<u8> {
        let agreement = match self.agreement {
            KeyAgreement::Dh => 1,
            KeyAgreement::Ecdh => 2,
        };
        [&PROTOCOLS_CONTENT[..], &[3, agreement, self.suite.arc()]].concat()
    }
}

/// `ChipAuthenticationPublicKeyInfo`. Spec: 9303-11 §9.2.6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationPublicKey {
    /// In which kind of group.
    pub agreement: KeyAgreement,
    /// The SubjectPublicKeyInfo, tag and length included, as it stands.
    pub spki: Vec<u8>,
    /// Which key, where there are several.
    pub key_id: Option<u32>,
}

/// `TerminalAuthenticationInfo`. Spec: 9303-11 §9.2.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalAuthenticationInfo {
    /// 1 on ICAO documents.
    pub version: u32,
    /// Where the authorities stand, if not in EF.CVCA: a file of the application.
    pub authorities_file: Option<u16>,
    /// The short identifier of that file, if said.
    pub authorities_short: Option<u8>,
}

/// How a chip signs the challenge of active authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveSignature {
    /// ECDSA as r ‖ s over this hash.
    PlainEcdsa(EcdsaHash),
    /// Another object identifier, by its content bytes.
    Other(Vec<u8>),
}

/// The hash of a plain ECDSA signature.
#[allow(missing_docs, reason = "the variants are the hashes' names")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EcdsaHash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// `ActiveAuthenticationInfo`; must be there where active authentication is by ECDSA. Spec: 9303-11 §9.2.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveAuthenticationInfo {
    /// 1.
    pub version: u32,
    /// The signature algorithm.
    pub signature: ActiveSignature,
}

/// What one entry means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityInfo {
    /// PACE is offered.
    Pace(PaceInfo),
    /// Domain parameters for PACE.
    PaceDomainParameter(PaceDomainParameterInfo),
    /// Chip authentication is offered.
    ChipAuthentication(ChipAuthenticationInfo),
    /// A key for chip authentication.
    ChipAuthenticationPublicKey(ChipAuthenticationPublicKey),
    /// Terminal authentication is offered or demanded.
    TerminalAuthentication(TerminalAuthenticationInfo),
    /// How active authentication signs.
    ActiveAuthentication(ActiveAuthenticationInfo),
    /// A protocol that is not known here, by the content bytes of its object identifier.
    Unknown(Vec<u8>),
    /// A known protocol whose data is not as the standard says; the rest of the list still counts.
    Unreadable(Malformed),
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its bytes, tag and length included, as received.
    pub raw: Vec<u8>,
    /// What they mean.
    pub info: SecurityInfo,
}

/// A set of entries in the order of the file, repeats included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityInfos {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Bytes in the file after the set; chips pad EF.CardAccess.
    pub trailing_bytes: usize,
}

impl SecurityInfos {
    /// Reads `SET OF SecurityInfo`: the content of EF.CardAccess, or what DG14 wraps.
    ///
    /// # Errors
    /// Not a SET of SEQUENCEs that begin with an object identifier, or more than [`MAX_ENTRIES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("SecurityInfos", Rules::Ber, bytes);
        let mut set = outer.enter("SecurityInfos", SET)?;
        let mut entries = Vec::new();
        while !set.is_empty() {
            if entries.len() == MAX_ENTRIES {
                return Err(set.fault(Problem::TooMany { limit: MAX_ENTRIES, of: "SecurityInfo entries" }));
            }
            let object = set.expect(SEQUENCE)?;
            let mut reader = set.inside("SecurityInfo", &object);
            let oid = reader.oid()?;
            let info = interpret(oid, reader.clone()).unwrap_or_else(SecurityInfo::Unreadable);
            entries.push(Entry { raw: object.raw.to_vec(), info });
        }
        Ok(Self { entries, trailing_bytes: outer.rest().len() })
    }

    /// Whether an entry with exactly these bytes is in the set.
    #[must_use]
    pub fn contains(&self, raw: &[u8]) -> bool {
        self.entries.iter().any(|entry| entry.raw == raw)
    }

    /// An object identifier of the arcs for keys, terminal and chip authentication that names none of their protocols. Of
    /// PACE, further variants may be offered beside the known ones.
    #[must_use]
    pub fn is_undefined_protocol(content: &[u8]) -> bool {
        content.strip_prefix(&PROTOCOLS_CONTENT).is_some_and(|rest| matches!(rest.first(), Some(1..=3)))
    }

    /// The entries that offer PACE.
    pub fn pace(&self) -> impl Iterator<Item = PaceInfo> {
        self.infos().filter_map(|info| match info {
            SecurityInfo::Pace(pace) => Some(*pace),
            _ => None,
        })
    }

    /// The explicit domain parameters for PACE.
    pub fn pace_domain_parameters(&self) -> impl Iterator<Item = &PaceDomainParameterInfo> {
        self.infos().filter_map(|info| match info {
            SecurityInfo::PaceDomainParameter(parameters) => Some(parameters),
            _ => None,
        })
    }

    /// The entries that offer chip authentication.
    pub fn chip_authentication(&self) -> impl Iterator<Item = ChipAuthenticationInfo> {
        self.infos().filter_map(|info| match info {
            SecurityInfo::ChipAuthentication(info) => Some(*info),
            _ => None,
        })
    }

    /// The keys for chip authentication.
    pub fn chip_authentication_keys(&self) -> impl Iterator<Item = &ChipAuthenticationPublicKey> {
        self.infos().filter_map(|info| match info {
            SecurityInfo::ChipAuthenticationPublicKey(key) => Some(key),
            _ => None,
        })
    }

    /// How active authentication signs, if said.
    #[must_use]
    pub fn active_authentication(&self) -> Option<&ActiveAuthenticationInfo> {
        self.infos().find_map(|info| match info {
            SecurityInfo::ActiveAuthentication(info) => Some(info),
            _ => None,
        })
    }

    /// The first offer of terminal authentication.
    #[must_use]
    pub fn terminal_authentication(&self) -> Option<TerminalAuthenticationInfo> {
        self.infos().find_map(|info| match info {
            SecurityInfo::TerminalAuthentication(info) => Some(*info),
            _ => None,
        })
    }

    fn infos(&self) -> impl Iterator<Item = &SecurityInfo> {
        self.entries.iter().map(|entry| &entry.info)
    }
}

fn interpret(oid: Oid<'_>, reader: Reader<'_>) -> Result<SecurityInfo, Malformed> {
    if oid.is(ACTIVE_AUTHENTICATION) {
        return active_authentication(reader);
    }
    let unknown = Ok(SecurityInfo::Unknown(oid.content().to_vec()));
    let Some(arcs) = oid.under(PROTOCOLS) else { return unknown };
    match *arcs.as_slice() {
        [1, agreement @ (1 | 2)] => public_key(key_agreement(agreement), reader),
        [2] => terminal_authentication(reader),
        [3, agreement @ (1 | 2), suite] => match Suite::from_arc(suite) {
            Some(suite) => chip_authentication(key_agreement(agreement), suite, reader),
            None => unknown,
        },
        [4, family] => match PaceFamily::from_arc(family) {
            Some(family) => pace_domain_parameter(family, reader),
            None => unknown,
        },
        [4, family, suite] => match (PaceFamily::from_arc(family), Suite::from_arc(suite)) {
            // The chip authentication mapping is defined for AES alone.
            (Some(PaceFamily { mapping: Mapping::ChipAuthentication, .. }), Some(Suite::TripleDes)) => {
                unknown
            }
            (Some(family), Some(suite)) => pace(PaceProtocol { family, suite }, reader),
            _ => unknown,
        },
        _ => unknown,
    }
}

const fn key_agreement(arc: u64) -> KeyAgreement {
    if arc == 1 { KeyAgreement::Dh } else { KeyAgreement::Ecdh }
}

fn optional_small(reader: &mut Reader<'_>) -> Result<Option<u32>, Malformed> {
    if reader.is_empty() { Ok(None) } else { reader.small().map(Some) }
}

fn pace(protocol: PaceProtocol, mut reader: Reader<'_>) -> Result<SecurityInfo, Malformed> {
    let info = PaceInfo { protocol, version: reader.small()?, parameter_id: optional_small(&mut reader)? };
    reader.finish()?;
    Ok(SecurityInfo::Pace(info))
}

fn pace_domain_parameter(family: PaceFamily, mut reader: Reader<'_>) -> Result<SecurityInfo, Malformed> {
    let domain_parameter = reader.expect(SEQUENCE)?.raw.to_vec();
    let parameter_id = optional_small(&mut reader)?;
    reader.finish()?;
    let info = PaceDomainParameterInfo { family, domain_parameter, parameter_id };
    Ok(SecurityInfo::PaceDomainParameter(info))
}

fn chip_authentication(
    agreement: KeyAgreement,
    suite: Suite,
    mut reader: Reader<'_>,
) -> Result<SecurityInfo, Malformed> {
    let (version, key_id) = (reader.small()?, optional_small(&mut reader)?);
    reader.finish()?;
    Ok(SecurityInfo::ChipAuthentication(ChipAuthenticationInfo { agreement, suite, version, key_id }))
}

fn public_key(agreement: KeyAgreement, mut reader: Reader<'_>) -> Result<SecurityInfo, Malformed> {
    let spki = reader.expect(SEQUENCE)?.raw.to_vec();
    let key_id = optional_small(&mut reader)?;
    reader.finish()?;
    Ok(SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKey { agreement, spki, key_id }))
}

/// Version 1 may go on with the file identifier of EF.CVCA, a short one after it. Spec: TR-03110-3 §A.1.1.3.
fn terminal_authentication(mut reader: Reader<'_>) -> Result<SecurityInfo, Malformed> {
    let version = reader.small()?;
    let (mut authorities_file, mut authorities_short) = (None, None);
    if let Some(object) = reader.optional(SEQUENCE)? {
        let mut file = reader.inside("TerminalAuthenticationInfo efCVCA", &object);
        let id: Result<[u8; 2], _> = file.octet_string()?.try_into();
        let fault = file.fault(Problem::Value("a file identifier that is not two bytes"));
        authorities_file = Some(u16::from_be_bytes(id.map_err(|_| fault)?));
        if !file.is_empty() {
            let fault = file.fault(Problem::Value("a short file identifier that is not one byte"));
            let short: Result<[u8; 1], _> = file.octet_string()?.try_into();
            authorities_short = short.ok().map(|[short]| short);
            authorities_short.ok_or(fault)?;
        }
    }
    reader.finish()?;
    let info = TerminalAuthenticationInfo { version, authorities_file, authorities_short };
    Ok(SecurityInfo::TerminalAuthentication(info))
}

fn active_authentication(mut reader: Reader<'_>) -> Result<SecurityInfo, Malformed> {
    let version = reader.small()?;
    let object: Tlv<'_> = reader.expect(OBJECT_IDENTIFIER)?;
    let fault = reader.fault(Problem::Value("an object identifier that does not end"));
    reader.finish()?;
    let oid = Oid::from_content(object.value).ok_or(fault)?;
    let hash = match oid.under(PLAIN_ECDSA).as_deref() {
        Some([1]) => Some(EcdsaHash::Sha1),
        Some([2]) => Some(EcdsaHash::Sha224),
        Some([3]) => Some(EcdsaHash::Sha256),
        Some([4]) => Some(EcdsaHash::Sha384),
        Some([5]) => Some(EcdsaHash::Sha512),
        _ => None,
    };
    let signature =
        hash.map_or_else(|| ActiveSignature::Other(oid.content().to_vec()), ActiveSignature::PlainEcdsa);
    Ok(SecurityInfo::ActiveAuthentication(ActiveAuthenticationInfo { version, signature }))
}

#[cfg(test)]
mod tests;
