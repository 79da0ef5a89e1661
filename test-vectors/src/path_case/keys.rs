//! Keys that follow from a label, and the forms in which their public half is written.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use crate::card::Hash;
use crate::issuer::der_out::{bit_string, integer, integer_bytes, null, octet_string, oid, sequence};
use crate::issuer::signer::{CurveForm, RsaPadding, RsaTestKeys, Signer, rsa_public_key_info};
use crate::num::{self, BigUint, CurveName, Point, RsaKey};

/// A key pair, its public half written down.
#[derive(Clone)]
pub(super) struct KeyPair {
    signer: Signer,
    recipe: String,
    label: String,
    pub public_key_info: Vec<u8>,
    pub identifier: Vec<u8>,
}

fn memo<T: Clone>(
    table: &'static OnceLock<Mutex<HashMap<Vec<u8>, T>>>,
    key: Vec<u8>,
    make: impl FnOnce() -> T,
) -> T {
    let table = table.get_or_init(Mutex::default);
    if let Some(known) = table.lock().expect("no thread panicked").get(&key) {
        return known.clone();
    }
    let made = make();
    table.lock().expect("no thread panicked").insert(key, made.clone());
    made
}

impl KeyPair {
    /// The key of a label under an algorithm such as `p256`, `p256 named`, `rsa2048` or `rsa2048 pss`.
    pub(super) fn new(algorithm: &str, hash: Hash, label: &str) -> Self {
        static KEYS: OnceLock<Mutex<HashMap<Vec<u8>, KeyPair>>> = OnceLock::new();
        let recipe = format!("{algorithm}/{hash:?}/{label}");
        memo(&KEYS, recipe.clone().into_bytes(), || {
            let signer = signer(algorithm, hash, label);
            let (public_key_info, identifier) = (signer.public_key_info(), signer.key_identifier());
            Self { signer, recipe, label: label.to_owned(), public_key_info, identifier }
        })
    }

    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        self.signer.signature_algorithm()
    }

    pub(super) fn hash(&self) -> Hash {
        self.signer.hash()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        static SIGNATURES: OnceLock<Mutex<HashMap<Vec<u8>, Vec<u8>>>> = OnceLock::new();
        let key = [self.recipe.as_bytes(), &Hash::Sha256.digest(message)].concat();
        memo(&SIGNATURES, key, || self.signer.sign(message))
    }

    /// SubjectPublicKeyInfo in another form than the usual: see the table's README.
    pub(super) fn written(&self, form: &str) -> Vec<u8> {
        let public = num::public_key(CurveName::P256, &num::private_from_seed(CurveName::P256, &self.label));
        let curve = CurveName::P256.curve();
        let point = curve.encode(&public);
        let named = || sequence(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
        let with = |parameters: Vec<u8>, point: &[u8]| {
            sequence(&[sequence(&[oid("1.2.840.10045.2.1"), parameters]), bit_string(point)])
        };
        match form.split_once(' ') {
            Some(("algorithm", dotted)) => sequence(&[sequence(&[oid(dotted), null()]), bit_string(&point)]),
            _ => match form {
                "absent" => Vec::new(),
                "named" => sequence(&[named(), bit_string(&point)]),
                "implicit" => with(null(), &point),
                "without cofactor" => with(explicit_parameters(None, None, false), &point),
                "other coefficient" => with(explicit_parameters(Some(1), None, true), &point),
                "other generator" => with(explicit_parameters(None, Some(&public), true), &point),
                "compressed" => with(explicit_parameters(None, None, true), &compressed(&point)),
                "off the curve" => {
                    let mut point = point;
                    if let Some(last) = point.last_mut() {
                        *last ^= 1;
                    }
                    with(explicit_parameters(None, None, true), &point)
                }
                _ => panic!("no such form of a key: {form}"),
            },
        }
    }
}

/// A public key that nobody holds the private half of, for the crowd.
pub(super) fn stranger(index: u32) -> Vec<u8> {
    let mut modulus = num::expand(&[b"crowd", &index.to_be_bytes()], 256);
    if let [first, .., last] = modulus.as_mut_slice() {
        *first |= 0x80;
        *last |= 1;
    }
    rsa_public_key_info(&modulus, &[1, 0, 1])
}

fn signer(algorithm: &str, hash: Hash, label: &str) -> Signer {
    let (name, form) = algorithm.split_once(' ').unwrap_or((algorithm, ""));
    let curve = |curve| {
        let form = if form == "named" { CurveForm::Named } else { CurveForm::Explicit };
        Signer::ecdsa(curve, form, hash, label)
    };
    let padding = if form == "pss" { RsaPadding::Pss } else { RsaPadding::Pkcs1 };
    match name {
        "p192" => curve(CurveName::P192),
        "p224" => curve(CurveName::P224),
        "p256" => curve(CurveName::P256),
        "p384" => curve(CurveName::P384),
        "brainpoolP160r1" => curve(CurveName::BrainpoolP160r1),
        "brainpoolP256r1" => curve(CurveName::BrainpoolP256r1),
        "rsa1024" => Signer::rsa(RsaKey::from_seed(1024, label), padding, hash),
        "rsa2048" => Signer::rsa(RsaTestKeys::get().document_signer(), padding, hash),
        "rsa3072" => Signer::rsa(RsaTestKeys::get().csca(), padding, hash),
        _ => panic!("no such algorithm: {algorithm}"),
    }
}

/// ECParameters of P-256, perhaps with a number that is not its own. Spec: 9303-12 §4.1.6.3, TR-03111 §5.1.1.
fn explicit_parameters(added_to_b: Option<u8>, generator: Option<&Point>, cofactor: bool) -> Vec<u8> {
    let curve = CurveName::P256.curve();
    let b = &curve.b + BigUint::from(added_to_b.unwrap_or(0));
    let mut parts = vec![
        integer(1),
        sequence(&[oid("1.2.840.10045.1.1"), integer_bytes(&curve.p.to_bytes_be())]),
        sequence(&[octet_string(&num::fixed_width(&curve.a, 32)), octet_string(&num::fixed_width(&b, 32))]),
        octet_string(&curve.encode(generator.unwrap_or(&curve.generator))),
        integer_bytes(&curve.n.to_bytes_be()),
    ];
    if cofactor {
        parts.push(integer(1));
    }
    sequence(&parts)
}

fn compressed(point: &[u8]) -> Vec<u8> {
    let parity = point.last().map_or(0, |last| last & 1);
    let x = point.get(1..33).unwrap_or_default();
    [&[2 + parity], x].concat()
}
