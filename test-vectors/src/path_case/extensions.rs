//! Extensions, from lines such as `key_usage 80 plain` or `aki absent`.

use super::keys::KeyPair;
use super::objects::Set;
use super::{day, hex};
use crate::issuer::calendar::generalized_text;
use crate::issuer::der_out::{
    boolean, explicit, implicit, integer, named_bits, null, octet_string, oid, printable, sequence, set_of,
    tlv,
};

/// One extension.
#[derive(Clone)]
pub(super) struct Extension {
    pub name: String,
    pub critical: bool,
    pub value: Vec<u8>,
    twice: bool,
}

/// For whom the extensions are.
pub(super) struct Context<'a> {
    pub set: &'a Set<'a>,
    pub own_key: &'a KeyPair,
    pub issuer_key: &'a KeyPair,
    /// The issuer of the authority's certificate, and its serial number.
    pub issuer: Vec<u8>,
}

impl Extension {
    pub(super) fn der(&self) -> Vec<u8> {
        let mark = if self.critical { boolean(true) } else { Vec::new() };
        let one = sequence(&[oid(identifier(&self.name)), mark, octet_string(&self.value)]);
        if self.twice { [one.clone(), one].concat() } else { one }
    }
}

fn identifier(name: &str) -> &str {
    match name {
        "aki" => "2.5.29.35",
        "ski" => "2.5.29.14",
        "key_usage" => "2.5.29.15",
        "basic_constraints" => "2.5.29.19",
        "usage_period" => "2.5.29.16",
        "policies" => "2.5.29.32",
        "subject_alt" => "2.5.29.17",
        "issuer_alt" => "2.5.29.18",
        "crl_points" => "2.5.29.31",
        "ext_key_usage" => "2.5.29.37",
        "document_types" => "2.23.136.1.1.6.2",
        "name_change" => "2.23.136.1.1.6.1",
        "policy_mappings" => "2.5.29.33",
        "name_constraints" => "2.5.29.30",
        "freshest_crl" => "2.5.29.46",
        "netscape" => "2.16.840.1.113730.1.1",
        "delta" => "2.5.29.27",
        "distribution_point" => "2.5.29.28",
        "reason" => "2.5.29.21",
        "invalidity_date" => "2.5.29.24",
        "certificate_issuer" => "2.5.29.29",
        "crl_number" => "2.5.29.20",
        dotted => dotted,
    }
}

/// Applies the lines to the sound extensions, in order.
pub(super) fn apply(extensions: &mut Vec<Extension>, lines: &[String], context: &Context<'_>) {
    for line in lines {
        if line == "none" {
            extensions.clear();
            continue;
        }
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        if rest == "absent" {
            extensions.retain(|extension| extension.name != name);
            continue;
        }
        let at = extensions.iter().position(|extension| extension.name == name);
        let kept = at.and_then(|at| extensions.get(at).cloned());
        let changed = edited(name, rest, kept, context);
        match at {
            Some(at) => extensions[at] = changed,
            None => extensions.push(changed),
        }
    }
}

/// A sound extension, or one changed by the words behind its name.
pub(super) fn edited(name: &str, words: &str, kept: Option<Extension>, context: &Context<'_>) -> Extension {
    let mut words: Vec<&str> = words.split_whitespace().collect();
    let mut take = |word: &str| {
        let before = words.len();
        words.retain(|other| *other != word);
        words.len() < before
    };
    let (critical, plain, twice) = (take("critical"), take("plain"), take("twice"));
    let usually_critical = matches!(name, "key_usage" | "basic_constraints" | "ext_key_usage");
    let was_critical = kept.as_ref().map_or(usually_critical, |kept| kept.critical);
    let value = match kept {
        Some(kept) if words.is_empty() => kept.value,
        _ => value(name, &words, context),
    };
    Extension { name: name.to_owned(), critical: critical || (was_critical && !plain), value, twice }
}

fn value(name: &str, words: &[&str], context: &Context<'_>) -> Vec<u8> {
    if let ["garbled"] = words {
        return vec![0x30, 0x7F, 0x01];
    }
    match name {
        "aki" => authority_key(words, context),
        "ski" => match words {
            [] => octet_string(&context.own_key.identifier),
            ["of", other] => octet_string(&context.set.key(other).identifier),
            ["hex", digits] => octet_string(&hex(digits)),
            _ => panic!("ski {words:?}"),
        },
        "key_usage" => bits(words),
        "basic_constraints" => match words {
            ["ca"] => sequence(&[boolean(true)]),
            ["ca", path] => sequence(&[boolean(true), integer(path.parse().expect("a number"))]),
            ["empty"] => sequence::<Vec<u8>>(&[]),
            ["false"] => sequence(&[boolean(false)]),
            _ => panic!("basic_constraints {words:?}"),
        },
        "usage_period" => usage_period(words),
        "policies" => sequence(&[sequence(&[oid("2.999.1")])]),
        "subject_alt" | "issuer_alt" => alternative_name(words),
        "crl_points" => {
            let full_name = explicit(0, &implicit(6, b"https://crl.example.invalid/UTO.crl"));
            sequence(&[sequence(&[explicit(0, &full_name)])])
        }
        "ext_key_usage" => sequence(&words.iter().map(|purpose| oid(purpose)).collect::<Vec<_>>()),
        "document_types" => {
            let words = if words == ["empty"] { &[] } else { words };
            sequence(&[integer(0), set_of(&words.iter().map(|code| printable(code)).collect::<Vec<_>>())])
        }
        "reason" => tlv(&[0x0A], &hex(words.first().unwrap_or(&"01"))),
        "certificate_issuer" => sequence(&[explicit(4, &context.issuer)]),
        "invalidity_date" => tlv(&[0x18], b"20240601000000Z"),
        "delta" | "crl_number" => {
            integer(words.first().map_or(1, |number| number.parse().expect("a number")))
        }
        "distribution_point" => sequence(&[implicit(1, &[0xFF])]),
        _ => null(),
    }
}

fn authority_key(words: &[&str], context: &Context<'_>) -> Vec<u8> {
    let names = || {
        let issuer = explicit(1, &explicit(4, &context.issuer));
        [issuer, implicit(2, &context.set.serial("csca"))].concat()
    };
    match words {
        [] => sequence(&[implicit(0, &context.issuer_key.identifier)]),
        ["of", other] => sequence(&[implicit(0, &context.set.key(other).identifier)]),
        ["hex", digits] => sequence(&[implicit(0, &hex(digits))]),
        ["names"] => sequence(&[names()]),
        ["all"] => sequence(&[implicit(0, &context.issuer_key.identifier), names()]),
        ["empty"] => sequence::<Vec<u8>>(&[]),
        _ => panic!("aki {words:?}"),
    }
}

/// Named bits, given as the bytes that hold them.
fn bits(words: &[&str]) -> Vec<u8> {
    let [digits] = words else { panic!("key_usage {words:?}") };
    let bytes = hex(digits);
    let unused = bytes.last().map_or(0, |last| last.trailing_zeros().min(7).to_le_bytes()[0]);
    named_bits(unused, &bytes)
}

fn usage_period(words: &[&str]) -> Vec<u8> {
    let [from, to] = words else { panic!("usage_period {words:?}") };
    let end = |number: u8, text: &str, last_s: i64| match text {
        "-" => Vec::new(),
        date => implicit(number, generalized_text(day(date).to_unix_s() + last_s).as_bytes()),
    };
    sequence(&[end(0, from, 0), end(1, to, 86_399)])
}

/// The code of the country as a locality, perhaps with the issuer's own code as a state; `mail` stands for no code at all.
fn alternative_name(words: &[&str]) -> Vec<u8> {
    let mail = implicit(1, b"csca@example.invalid");
    let attribute = |kind: &str, text: &str| set_of(&[sequence(&[oid(kind), printable(text)])]);
    let directory = match words {
        ["mail"] => return sequence(&[mail]),
        [] => sequence(&[attribute("2.5.4.7", "UTO")]),
        [country] => sequence(&[attribute("2.5.4.7", country)]),
        [country, state] => sequence(&[attribute("2.5.4.7", country), attribute("2.5.4.8", state)]),
        _ => panic!("an alternative name of {words:?}"),
    };
    sequence(&[mail, explicit(4, &directory)])
}
