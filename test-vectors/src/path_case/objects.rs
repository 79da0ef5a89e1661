//! The certificates and lists of a case: the sound ones, with what the case changes, signed afterwards.

use super::extensions::{Context, Extension, apply, edited};
use super::keys::{KeyPair, stranger};
use super::{Case, CertificateChange, Kind, ListChange, day, hex};
use crate::card::Hash;
use crate::issuer::calendar::time;
use crate::issuer::der_out::{
    bit_string, explicit, implicit, integer, null, oid, printable, sequence, set_of, tlv, utf8,
};

const AUTHORITY: &[&str] = &["C=UT", "O=Utopia", "CN=CSCA Utopia"];
const SIGNER: &[&str] = &["C=UT", "O=Utopia", "CN=Document Signer 7"];

/// Everything that a case speaks of.
pub(super) struct Set<'a> {
    case: &'a Case,
}

impl<'a> Set<'a> {
    pub(super) const fn new(case: &'a Case) -> Self {
        Self { case }
    }

    fn change(&self, name: &str) -> CertificateChange {
        let change = self.case.certificates.get(name).cloned();
        let known = matches!(name, "csca" | "dsc");
        change.or(known.then(CertificateChange::default)).unwrap_or_else(|| panic!("no certificate {name}"))
    }

    fn kind(name: &str, change: &CertificateChange) -> Kind {
        change.kind.unwrap_or(match name {
            name if name.starts_with("csca") => Kind::Root,
            name if name.starts_with("link") => Kind::Link,
            _ => Kind::Signer,
        })
    }

    /// The key of a certificate: its own label, unless it shares another's.
    pub(super) fn key(&self, name: &str) -> KeyPair {
        let change = self.change(name);
        let label = change.key.clone().unwrap_or_else(|| name.to_owned());
        // Who shares a key shares its algorithm.
        let algorithm = match &change.key {
            Some(owner) if change.algorithm.is_none() && owner != name => {
                self.case.certificates.get(owner).and_then(|owner| owner.algorithm.clone())
            }
            _ => change.algorithm.clone(),
        };
        KeyPair::new(algorithm.as_deref().unwrap_or("p256"), hash(change.hash.as_deref()), &label)
    }

    fn signing_key(&self, name: &str, change: &CertificateChange) -> KeyPair {
        let issuer = match (&change.signed_by, Self::kind(name, change)) {
            (Some(issuer), _) => issuer.as_str(),
            (None, Kind::Root) => name,
            (None, _) => "csca",
        };
        if self.case.certificates.contains_key(issuer) || matches!(issuer, "csca" | "dsc") {
            self.key(issuer)
        } else {
            // Somebody whose certificate is nowhere.
            KeyPair::new("p256", Hash::Sha256, issuer)
        }
    }

    pub(super) fn issuer(&self, name: &str) -> Vec<u8> {
        distinguished(self.change(name).issuer.as_deref(), AUTHORITY)
    }

    /// The content bytes of a serial number.
    pub(super) fn serial(&self, name: &str) -> Vec<u8> {
        match self.change(name).serial {
            Some(digits) => hex(&digits),
            None => [&[0x40], &Hash::Sha256.digest(name.as_bytes())[..15]].concat(),
        }
    }

    pub(super) fn certificate(&self, name: &str) -> Vec<u8> {
        let change = self.change(name);
        let kind = Self::kind(name, &change);
        let (own_key, issuer_key) = (self.key(name), self.signing_key(name, &change));
        let context = Context {
            set: self,
            own_key: &own_key,
            issuer_key: &issuer_key,
            issuer: distinguished(None, AUTHORITY),
        };
        let algorithm = issuer_key.signature_algorithm();
        let inner = change.inner.as_deref().map_or_else(|| algorithm.clone(), identifier);
        let outer = change.outer.as_deref().map_or_else(|| algorithm.clone(), identifier);
        let (from, to) = match kind {
            Kind::Signer => ("2024-01-01", "2034-12-31"),
            Kind::Root | Kind::Link => ("2022-01-01", "2041-12-31"),
        };
        let serial = match change.serial.as_deref() {
            Some("absent") => Vec::new(),
            _ => tlv(&[0x02], &self.serial(name)),
        };
        let validity = match change.validity.as_deref() {
            Some("absent") => Vec::new(),
            _ => sequence(&[
                moment(change.not_before.as_deref().unwrap_or(from)),
                moment(change.not_after.as_deref().unwrap_or(to)),
            ]),
        };
        let subject = if kind == Kind::Signer { SIGNER } else { AUTHORITY };
        let public_key = change
            .public_key
            .as_deref()
            .map_or_else(|| own_key.public_key_info.clone(), |form| own_key.written(form));
        let unique = if change.unique_identifiers {
            [implicit(1, &[0, 1]), implicit(2, &[0, 2])].concat()
        } else {
            Vec::new()
        };
        let mut extensions: Vec<Extension> =
            sound_extensions(kind).iter().map(|(name, words)| edited(name, words, None, &context)).collect();
        apply(&mut extensions, &change.extensions, &context);
        let extensions: Vec<Vec<u8>> = extensions.iter().map(Extension::der).collect();
        let body = sequence(&[
            version(change.version.as_deref()),
            serial,
            inner,
            distinguished(change.issuer.as_deref(), AUTHORITY),
            validity,
            distinguished(change.subject.as_deref(), subject),
            public_key,
            unique,
            if extensions.is_empty() { Vec::new() } else { explicit(3, &sequence(&extensions)) },
        ]);
        sequence(&[body.clone(), outer, signature(&issuer_key, &body, change.signature.as_deref())])
    }

    /// A certificate with the name and the key identifier of `csca`, and the key of a stranger. Nobody checked its signature.
    pub(super) fn crowd(&self, index: u32) -> Vec<u8> {
        let key = self.key("csca");
        let context =
            Context { set: self, own_key: &key, issuer_key: &key, issuer: distinguished(None, AUTHORITY) };
        let extensions: Vec<Vec<u8>> = sound_extensions(Kind::Root)
            .iter()
            .map(|(name, words)| edited(name, words, None, &context).der())
            .collect();
        let body = sequence(&[
            version(None),
            integer(u64::from(index) + 1),
            key.signature_algorithm(),
            distinguished(None, AUTHORITY),
            sequence(&[moment("2022-01-01"), moment("2041-12-31")]),
            distinguished(None, AUTHORITY),
            stranger(index),
            explicit(3, &sequence(&extensions)),
        ]);
        sequence(&[body, key.signature_algorithm(), bit_string(&[0x30, 6, 2, 1, 1, 2, 1, 1])])
    }

    pub(super) fn list(&self, name: &str) -> Vec<u8> {
        let change = self.case.lists.get(name).cloned().unwrap_or_default();
        let key = self.key(change.signed_by.as_deref().unwrap_or("csca"));
        let context =
            Context { set: self, own_key: &key, issuer_key: &key, issuer: distinguished(None, AUTHORITY) };
        let algorithm = key.signature_algorithm();
        let entries: Option<Vec<Vec<u8>>> = change
            .entries
            .as_ref()
            .map(|lines| lines.iter().map(|line| self.entry(line, &context)).collect());
        let body = sequence(&[
            match change.version.as_deref() {
                Some("absent") => Vec::new(),
                Some(number) => integer(number.parse().expect("a number")),
                None => integer(1),
            },
            change.inner.as_deref().map_or_else(|| algorithm.clone(), identifier),
            distinguished(change.issuer.as_deref(), AUTHORITY),
            moment(change.this_update.as_deref().unwrap_or("2026-11-01")),
            match change.next_update.as_deref() {
                Some("absent") => Vec::new(),
                date => moment(date.unwrap_or("2027-01-30")),
            },
            entries.map_or_else(Vec::new, |entries| sequence(&entries)),
            list_extensions(&change, &context),
        ]);
        sequence(&[body.clone(), algorithm, signature(&key, &body, change.signature.as_deref())])
    }

    /// An entry: `dsc`, `dsc reason 08`, `hex 05`, `dsc certificate_issuer critical`.
    fn entry(&self, line: &str, context: &Context<'_>) -> Vec<u8> {
        let mut words = line.split_whitespace();
        let serial = match words.next() {
            Some("hex") => hex(words.next().expect("a serial number")),
            Some(name) => self.serial(name),
            None => panic!("an entry without a serial number"),
        };
        let rest: Vec<&str> = words.collect();
        let extension = rest.split_first().map_or_else(Vec::new, |(name, words)| {
            sequence(&[edited(name, &words.join(" "), None, context).der()])
        });
        sequence(&[tlv(&[0x02], &serial), moment("2026-10-01"), extension])
    }
}

fn list_extensions(change: &ListChange, context: &Context<'_>) -> Vec<u8> {
    let mut extensions = vec![edited("aki", "", None, context)];
    let mut number = edited("crl_number", "42", None, context);
    match change.number.as_deref() {
        Some("absent") => {}
        Some(digits) => {
            number.value = tlv(&[0x02], &hex(digits));
            extensions.push(number);
        }
        None => extensions.push(number),
    }
    let mut lines: Vec<String> = change.aki.iter().map(|words| format!("aki {words}")).collect();
    lines.extend(change.extensions.iter().cloned());
    apply(&mut extensions, &lines, context);
    let extensions: Vec<Vec<u8>> = extensions.iter().map(Extension::der).collect();
    if extensions.is_empty() { Vec::new() } else { explicit(0, &sequence(&extensions)) }
}

/// The extensions that table 6 of 9303-12 §7.1.1 makes mandatory, for each kind.
const fn sound_extensions(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Root | Kind::Link => &[
            ("aki", ""),
            ("ski", ""),
            ("key_usage", "06"),
            ("usage_period", "2022-01-01 2026-12-31"),
            ("subject_alt", "UTO"),
            ("issuer_alt", "UTO"),
            ("basic_constraints", "ca 0"),
            ("crl_points", ""),
        ],
        Kind::Signer => &[
            ("aki", ""),
            ("ski", ""),
            ("key_usage", "80"),
            ("usage_period", "2024-01-01 2024-03-31"),
            ("subject_alt", "UTO"),
            ("issuer_alt", "UTO"),
            ("crl_points", ""),
            ("document_types", "P"),
        ],
    }
}

fn hash(name: Option<&str>) -> Hash {
    match name {
        None | Some("sha256") => Hash::Sha256,
        Some("sha1") => Hash::Sha1,
        Some("sha384") => Hash::Sha384,
        Some(other) => panic!("no such hash: {other}"),
    }
}

fn version(word: Option<&str>) -> Vec<u8> {
    match word {
        Some("absent") => Vec::new(),
        Some(number) => explicit(0, &integer(number.parse().expect("a number"))),
        None => explicit(0, &integer(2)),
    }
}

/// `absent`, or an object identifier, perhaps followed by `null`.
fn identifier(words: &str) -> Vec<u8> {
    match words.split_once(' ') {
        Some((dotted, _)) => sequence(&[oid(dotted), null()]),
        None if words == "absent" => Vec::new(),
        None => sequence(&[oid(words)]),
    }
}

fn signature(key: &KeyPair, body: &[u8], defect: Option<&str>) -> Vec<u8> {
    let mut signature = key.sign(body);
    match defect {
        None => {}
        Some("absent") => return Vec::new(),
        Some("empty") => signature.clear(),
        Some("altered") => {
            if let Some(last) = signature.last_mut() {
                *last ^= 1;
            }
        }
        Some(other) => panic!("no such signature: {other}"),
    }
    bit_string(&signature)
}

/// A day in the form that the standard asks for, or `utc:` and `gen:` with the characters that are to stand there.
fn moment(text: &str) -> Vec<u8> {
    match text.split_once(':') {
        Some(("utc", raw)) => tlv(&[0x17], raw.as_bytes()),
        Some(("gen", raw)) => tlv(&[0x18], raw.as_bytes()),
        _ => time(day(text).to_unix_s()),
    }
}

/// A name of attributes such as `C=UT` or `CN:bmp=CSCA`; the country is a PrintableString, the others are UTF8Strings.
fn distinguished(attributes: Option<&[String]>, usual: &[&str]) -> Vec<u8> {
    let lines: Vec<&str> =
        attributes.map_or_else(|| usual.to_vec(), |lines| lines.iter().map(String::as_str).collect());
    if lines == ["absent"] {
        return Vec::new();
    }
    let attribute = |line: &&str| {
        let (kind, text) = line.split_once('=').expect("an attribute");
        let (kind, form) = kind
            .split_once(':')
            .unwrap_or((kind, if matches!(kind, "C" | "SN") { "printable" } else { "utf8" }));
        let kind = match kind {
            "C" => "2.5.4.6",
            "SN" => "2.5.4.5",
            "L" => "2.5.4.7",
            "O" => "2.5.4.10",
            "OU" => "2.5.4.11",
            "CN" => "2.5.4.3",
            other => other,
        };
        let value = match form {
            "printable" => printable(text),
            "utf8" => utf8(text),
            "t61" => tlv(&[0x14], text.as_bytes()),
            "ia5" => tlv(&[0x16], text.as_bytes()),
            "bmp" => tlv(&[0x1E], &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()),
            other => panic!("no such string type: {other}"),
        };
        set_of(&[sequence(&[oid(kind), value])])
    };
    sequence(&lines.iter().map(attribute).collect::<Vec<_>>())
}
