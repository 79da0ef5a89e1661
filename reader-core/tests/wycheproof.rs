//! The vectors of Project Wycheproof for every algorithm that documents use.
//!
//! Rule: what is `valid` must be accepted, what is `invalid` must be refused, what is `acceptable` must be refused unless
//! one of its flags stands in [`TOLERATED_FLAGS`]. What cannot be tried stands in [`Outcome::NotTried`] with its reason,
//! and is counted.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test: it may panic, and prints its counts")]

use std::{collections::BTreeMap, path::PathBuf};

use reader_core::crypto::{
    cipher,
    curve::{Curve, ExplicitParameters},
    ec::{Generator, Point, PrivateKey},
    hash::HashAlgorithm,
    kdf::CipherSuite,
    mac::{self, MacInput},
    rsa::RsaPublicKey,
    secret::Secret,
    signature::{EcdsaEncoding, PublicKey, SignatureScheme, verify},
};
use serde_json::Value;

/// Flags of `acceptable` cases that may be accepted.
const TOLERATED_FLAGS: &[(&str, &str)] = &[
    ("UnnamedCurve", "explicit parameters are what nearly every real document has; all are compared"),
    ("NoCofactor", "the cofactor is optional in explicit parameters and known to be one"),
];

/// Why a missing cofactor is accepted: it is optional in X9.62, some real certificates omit it, and since every other
/// parameter must equal those of a known curve, nothing is left open that it could decide.
const NO_COFACTOR: &str = "explicit parameters without a cofactor";

/// Cases whose published result we do not follow: file, number, reason.
const EXCEPTIONS: &[(&str, u64, &str)] = &[
    ("ecdh_brainpoolP224r1_test.json", 532, NO_COFACTOR),
    ("ecdh_brainpoolP256r1_test.json", 551, NO_COFACTOR),
    ("ecdh_brainpoolP320r1_test.json", 519, NO_COFACTOR),
    ("ecdh_brainpoolP512r1_test.json", 547, NO_COFACTOR),
    ("ecdh_secp224r1_test.json", 467, NO_COFACTOR),
    ("ecdh_secp256r1_test.json", 359, NO_COFACTOR),
    ("ecdh_secp521r1_test.json", 660, NO_COFACTOR),
];

enum Outcome {
    Accepted,
    Refused,
    /// Out of reach, with the reason.
    NotTried(&'static str),
}

impl Outcome {
    fn from_bool(accepted: bool) -> Self {
        if accepted { Self::Accepted } else { Self::Refused }
    }
}

#[derive(Default)]
struct Tally {
    files: usize,
    valid: usize,
    invalid: usize,
    acceptable_accepted: usize,
    acceptable_refused: usize,
    not_tried: BTreeMap<&'static str, usize>,
    excepted: BTreeMap<&'static str, usize>,
}

fn shared_folder() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("IDTERM_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let shared = if shared.is_relative() { root.join(shared) } else { shared };
    let folder = shared.join("vectors/wycheproof");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("REQUIRE_SHARED").is_none_or(|value| value != "1"),
        "no folder {}",
        folder.display()
    );
    None
}

/// Runs `check` over every case of the files whose name starts so, and judges each by its published result.
fn run(prefixes: &[&str], check: impl Fn(&str, &Value, &Value) -> Outcome) {
    let Some(folder) = shared_folder() else {
        println!("skipped, data not present: wycheproof vectors for {prefixes:?}");
        return;
    };
    let mut tally = Tally::default();
    let mut faults = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        tally.files += 1;
        let content: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for group in content["testGroups"].as_array().unwrap() {
            for case in group["tests"].as_array().unwrap() {
                judge(&name, case, check(&name, group, case), &mut tally, &mut faults);
            }
        }
    }
    println!(
        "{prefixes:?}: {} files; {} valid accepted, {} invalid refused, {} acceptable accepted, {} acceptable refused, \
         not tried {:?}, exceptions {:?}",
        tally.files,
        tally.valid,
        tally.invalid,
        tally.acceptable_accepted,
        tally.acceptable_refused,
        tally.not_tried,
        tally.excepted
    );
    assert!(tally.files > 0, "no file of {prefixes:?}");
    assert!(tally.valid > 0, "nothing was tried");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn judge(name: &str, case: &Value, outcome: Outcome, tally: &mut Tally, faults: &mut Vec<String>) {
    let number = case["tcId"].as_u64().unwrap();
    let result = text(case, "result");
    let excepted = EXCEPTIONS.iter().find(|(file, id, _)| *file == name && *id == number);
    let flags = || case["flags"].as_array().unwrap().iter().filter_map(Value::as_str);
    let tolerated = flags().any(|flag| TOLERATED_FLAGS.iter().any(|(known, _)| *known == flag));
    if let Some((_, _, reason)) = excepted {
        // An exception that no longer differs must leave the list.
        let differs =
            matches!((&outcome, result), (Outcome::Accepted, "invalid") | (Outcome::Refused, "valid"));
        assert!(differs, "{name} {number} needs no exception");
        *tally.excepted.entry(reason).or_default() += 1;
        return;
    }
    match (outcome, result) {
        (Outcome::NotTried(reason), _) => *tally.not_tried.entry(reason).or_default() += 1,
        (Outcome::Accepted, "valid") => tally.valid += 1,
        (Outcome::Refused, "invalid") => tally.invalid += 1,
        (Outcome::Accepted, "acceptable") if tolerated => tally.acceptable_accepted += 1,
        (Outcome::Refused, "acceptable") => tally.acceptable_refused += 1,
        (outcome, result) => {
            let done = if matches!(outcome, Outcome::Accepted) { "accepted" } else { "refused" };
            let flags: Vec<_> = flags().collect();
            faults
                .push(format!("{name} {number}: {result} was {done} ({}; {flags:?})", text(case, "comment")));
        }
    }
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field}"))
}

fn hex(value: &Value, field: &str) -> Vec<u8> {
    test_vectors::vector::from_hex(text(value, field)).unwrap_or_else(|| panic!("{field} is not hexadecimal"))
}

fn hash(name: &str) -> Option<HashAlgorithm> {
    HashAlgorithm::ALL.into_iter().find(|hash| hash.name() == name)
}

fn curve(name: &str) -> Option<Curve> {
    let wanted = |curve: &Curve| match name.strip_prefix("secp").and_then(|rest| rest.strip_suffix("r1")) {
        Some(bits) => curve.name() == format!("P-{bits}"),
        None => curve.name() == name,
    };
    Curve::ALL.into_iter().find(wanted)
}

fn signature_holds(key: &PublicKey, scheme: SignatureScheme, case: &Value) -> Outcome {
    match verify(key, scheme, &hex(case, "msg"), &hex(case, "sig")) {
        Ok(check) => Outcome::from_bool(check.is_valid()),
        Err(error) => panic!("could not check: {error}"),
    }
}

fn ecdsa(encoding: EcdsaEncoding, group: &Value, case: &Value) -> Outcome {
    let key = &group["publicKey"];
    let curve = curve(text(key, "curve")).expect("every curve of these files is supported");
    let hash = hash(text(group, "sha")).expect("every hash of these files is supported");
    let Ok(point) = Point::decode(curve, &hex(key, "uncompressed")) else { return Outcome::Refused };
    signature_holds(&PublicKey::Ec(point), SignatureScheme::Ecdsa { hash, encoding }, case)
}

fn is_plain(file: &str) -> bool {
    file.contains("_p1363_")
}

#[test]
fn ecdsa_on_nist_curves() {
    run(&["ecdsa_secp"], |file, group, case| {
        ecdsa(if is_plain(file) { EcdsaEncoding::Plain } else { EcdsaEncoding::Der }, group, case)
    });
}

#[test]
fn ecdsa_on_brainpool_curves() {
    run(&["ecdsa_brainpool"], |file, group, case| {
        ecdsa(if is_plain(file) { EcdsaEncoding::Plain } else { EcdsaEncoding::Der }, group, case)
    });
}

/// The common point's x, for a public key as a raw point or inside a SubjectPublicKeyInfo.
fn agreement(group: &Value, case: &Value) -> Outcome {
    let curve = curve(text(group, "curve")).expect("every curve of these files is supported");
    let encoded = hex(case, "public");
    let point = if text(group, "encoding") == "ecpoint" {
        Point::decode(curve, &encoded).ok()
    } else {
        key_info::point(&encoded)
    };
    let Some(point) = point else { return Outcome::Refused };
    let own = PrivateKey::from_bytes(&Generator::standard(curve), &hex(case, "private"))
        .expect("a good private key");
    Outcome::from_bool(own.agree(&point).is_ok_and(|shared| shared.expose() == hex(case, "shared")))
}

#[test]
fn agreement_on_nist_curves() {
    run(&["ecdh_secp"], |_, group, case| agreement(group, case));
}

#[test]
fn agreement_on_brainpool_curves() {
    run(&["ecdh_brainpool"], |_, group, case| agreement(group, case));
}

fn rsa_key(group: &Value) -> Option<PublicKey> {
    let key = &group["publicKey"];
    RsaPublicKey::new(&hex(key, "modulus"), &hex(key, "publicExponent")).ok().map(PublicKey::Rsa)
}

#[test]
fn rsa_pkcs1() {
    run(&["rsa_signature"], |_, group, case| {
        let key = rsa_key(group).expect("every key of these files is in range");
        let Some(hash) = hash(text(group, "sha")) else { return Outcome::NotTried("hash not supported") };
        signature_holds(&key, SignatureScheme::RsaPkcs1 { hash }, case)
    });
}

#[test]
fn rsa_pss() {
    run(&["rsa_pss"], |_, group, case| {
        let (Some(hash), Some(mgf_hash)) = (hash(text(group, "sha")), hash(text(group, "mgfSha"))) else {
            return Outcome::NotTried("hash not supported (SHA-512/224, SHA-512/256, SHA-3, SHAKE)");
        };
        // As certified: some restrict the key to these very parameters.
        let key = reader_core::key::public_key(&hex(group, "publicKeyDer"))
            .expect("every key of these files is in range");
        let salt_len = usize::try_from(group["sLen"].as_u64().unwrap()).unwrap();
        signature_holds(&key, SignatureScheme::RsaPss { hash, mgf_hash, salt_len }, case)
    });
}

fn aes(key: &[u8]) -> Option<CipherSuite> {
    [CipherSuite::Aes128, CipherSuite::Aes192, CipherSuite::Aes256]
        .into_iter()
        .find(|suite| suite.key_len() == key.len())
}

#[test]
fn aes_cmac() {
    run(&["aes_cmac"], |_, _, case| {
        let key = hex(case, "key");
        let Some(suite) = aes(&key) else {
            // No suite takes such a key; that it is refused is the point.
            let refused = mac::mac(CipherSuite::Aes128, &Secret::new(key), MacInput::Message(b"")).is_err();
            return Outcome::from_bool(!refused);
        };
        let message = hex(case, "msg");
        let tag = hex(case, "tag");
        let holds = mac::verify(suite, &Secret::new(key), MacInput::Message(&message), &tag[..8]).unwrap();
        if holds && text(case, "result") == "invalid" {
            return Outcome::NotTried("altered only beyond the eight bytes that secure messaging sends");
        }
        Outcome::from_bool(holds)
    });
}

#[test]
fn aes_cbc() {
    run(&["aes_cbc"], |_, _, case| {
        let key = hex(case, "key");
        let suite = aes(&key).expect("every key of this file is an AES key");
        let key = Secret::new(key);
        let (iv, cryptogram) = (hex(case, "iv"), hex(case, "ct"));
        let Ok(plain) = cipher::cbc_decrypt(suite, &key, &iv, &cryptogram) else { return Outcome::Refused };
        assert_eq!(cipher::cbc_encrypt(suite, &key, &iv, &plain).unwrap(), cryptogram);
        // The file pads by PKCS#5, secure messaging by ISO 9797-1: the padding is compared here.
        let mut expected = hex(case, "msg");
        let filler = 16 - expected.len() % 16;
        expected.resize(expected.len() + filler, u8::try_from(filler).unwrap());
        Outcome::from_bool(plain == expected)
    });
}

#[test]
fn explicit_parameters_of_known_and_other_curves() {
    run(&["ec_prime_order_curves"], |_, _, case| {
        let number = |field| hex(case, field);
        let (p, a, b, n) = (number("p"), number("a"), number("b"), number("n"));
        let (gx, gy) = (number("gx"), number("gy"));
        // The file writes integers with a sign byte: field elements are cut to the length of the prime.
        let len = p.len() - usize::from(p[0] == 0);
        let cut = |bytes: &[u8]| bytes[bytes.len().saturating_sub(len)..].to_vec();
        let g =
            [&[4][..], &vec![0; len - cut(&gx).len()], &cut(&gx), &vec![0; len - cut(&gy).len()], &cut(&gy)]
                .concat();
        let h = u8::try_from(case["h"].as_u64().unwrap()).unwrap();
        let found =
            Curve::match_explicit(&ExplicitParameters { p: &p, a: &a, b: &b, g: &g, n: &n, h: Some(&[h]) });
        let name = text(case, "name");
        assert_eq!(found.ok(), curve(name), "{name}");
        if curve(name).is_some() {
            Outcome::Accepted
        } else {
            Outcome::NotTried("a curve that no document uses: refused")
        }
    });
}

/// The least of a SubjectPublicKeyInfo: enough to try the agreement files, strict about form.
mod key_info {
    use super::{Curve, ExplicitParameters, Point};

    const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
    const PRIME_FIELD: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x01, 0x01];

    struct Reader<'a>(&'a [u8]);

    impl<'a> Reader<'a> {
        fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
            let (found, rest) = self.0.split_first()?;
            let (first, rest) = rest.split_first()?;
            let (len, rest) = match first {
                0..=0x7F => (usize::from(*first), rest),
                0x81 | 0x82 => {
                    let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                    let len = bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
                    let least = if *first == 0x81 { 0x80 } else { 0x100 };
                    (len >= least).then_some((len, rest))?
                }
                _ => return None,
            };
            let (value, rest) = rest.split_at_checked(len)?;
            (*found == tag).then(|| {
                self.0 = rest;
                value
            })
        }

        fn positive(&mut self) -> Option<&'a [u8]> {
            match self.value(0x02)? {
                [0, rest @ ..] if rest.first().is_some_and(|next| *next >= 0x80) => Some(rest),
                value @ [first, ..] if *first < 0x80 => Some(value),
                _ => None,
            }
        }

        fn bits(&mut self) -> Option<&'a [u8]> {
            self.value(0x03)?.strip_prefix(&[0])
        }

        fn sequence(&mut self) -> Option<Self> {
            self.value(0x30).map(Reader)
        }

        fn end(&self) -> Option<()> {
            self.0.is_empty().then_some(())
        }
    }

    /// The point of the key, on the curve that its own parameters name or spell out.
    pub fn point(encoded: &[u8]) -> Option<Point> {
        let mut outer = Reader(encoded);
        let mut info = outer.sequence()?;
        outer.end()?;
        let mut algorithm = info.sequence()?;
        (algorithm.value(0x06)? == EC_PUBLIC_KEY).then_some(())?;
        let curve = if algorithm.0.first() == Some(&0x06) {
            Curve::from_oid_bytes(algorithm.value(0x06)?)?
        } else {
            explicit(algorithm.sequence()?)?
        };
        algorithm.end()?;
        let point = info.bits()?;
        info.end()?;
        Point::decode(curve, point).ok()
    }

    fn explicit(mut parameters: Reader<'_>) -> Option<Curve> {
        (parameters.positive()? == [1]).then_some(())?;
        let mut field = parameters.sequence()?;
        (field.value(0x06)? == PRIME_FIELD).then_some(())?;
        let p = field.positive()?;
        field.end()?;
        let mut coefficients = parameters.sequence()?;
        let (a, b) = (coefficients.value(0x04)?, coefficients.value(0x04)?);
        if coefficients.0.first() == Some(&0x03) {
            coefficients.bits()?;
        }
        coefficients.end()?;
        let (g, n) = (parameters.value(0x04)?, parameters.positive()?);
        let h = if parameters.0.is_empty() { None } else { Some(parameters.positive()?) };
        parameters.end()?;
        Curve::match_explicit(&ExplicitParameters { p, a, b, g, n, h }).ok()
    }
}
