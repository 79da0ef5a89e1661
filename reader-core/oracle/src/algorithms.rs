//! One verification of each algorithm: the same key, message and signature on both sides.

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::signature::{EcdsaEncoding, SignatureScheme, verify};

use crate::table::Row;
use crate::timing::beside;

const MESSAGE: &[u8] = b"the message is short: the signature is what is measured";

struct Case {
    name: String,
    key: PKey<Private>,
    scheme: SignatureScheme,
    pss: bool,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (nid, name) in [
        (Nid::X9_62_PRIME256V1, "P-256"),
        (Nid::SECP384R1, "P-384"),
        (Nid::SECP521R1, "P-521"),
        (Nid::BRAINPOOL_P256R1, "brainpoolP256r1"),
        (Nid::BRAINPOOL_P320R1, "brainpoolP320r1"),
        (Nid::BRAINPOOL_P384R1, "brainpoolP384r1"),
        (Nid::BRAINPOOL_P512R1, "brainpoolP512r1"),
    ] {
        let group = EcGroup::from_curve_name(nid).expect("OpenSSL knows the curve");
        let key = EcKey::generate(&group).and_then(PKey::from_ec_key).expect("a key is generated");
        let scheme = SignatureScheme::Ecdsa { hash: HashAlgorithm::Sha256, encoding: EcdsaEncoding::Der };
        cases.push(Case { name: format!("ECDSA {name}"), key, scheme, pss: false });
    }
    for bits in [2048, 3072, 4096, 6144] {
        let key = Rsa::generate(bits).and_then(PKey::from_rsa).expect("a key is generated");
        let hash = HashAlgorithm::Sha256;
        let name = format!("RSA-{bits} PKCS#1 v1.5");
        cases.push(Case { name, key: key.clone(), scheme: SignatureScheme::RsaPkcs1 { hash }, pss: false });
        if bits == 4096 {
            let scheme = SignatureScheme::RsaPss { hash, mgf_hash: hash, salt_len: 32 };
            cases.push(Case { name: format!("RSA-{bits} PSS"), key, scheme, pss: true });
        }
    }
    cases
}

impl Case {
    fn sign(&self) -> Vec<u8> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("a signer");
        if self.pss {
            signer.set_rsa_padding(Padding::PKCS1_PSS).expect("PSS");
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).expect("a salt length");
        }
        signer.sign_oneshot_to_vec(MESSAGE).expect("a signature")
    }

    fn public(&self) -> (Vec<u8>, PKey<Public>) {
        let spki = self.key.public_key_to_der().expect("a public key");
        let public = PKey::public_key_from_der(&spki).expect("a public key");
        (spki, public)
    }

    fn theirs(&self, key: &PKey<Public>, signature: &[u8]) -> bool {
        let mut verifier = Verifier::new(MessageDigest::sha256(), key).expect("a verifier");
        if self.pss {
            verifier.set_rsa_padding(Padding::PKCS1_PSS).expect("PSS");
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).expect("a salt length");
        }
        verifier.verify_oneshot(signature, MESSAGE).unwrap_or(false)
    }
}

/// One row for each algorithm.
pub fn rows() -> Vec<Row> {
    cases()
        .iter()
        .map(|case| {
            let signature = case.sign();
            let (spki, public) = case.public();
            let key = reader_core::key::public_key(&spki).expect("the key is read");
            let (ours, theirs) = beside(
                || assert!(verify(&key, case.scheme, MESSAGE, &signature).expect("fits").is_valid()),
                || assert!(case.theirs(&public, &signature)),
            );
            let mut damaged = signature.clone();
            if let Some(byte) = damaged.last_mut() {
                *byte ^= 1;
            }
            assert!(!verify(&key, case.scheme, MESSAGE, &damaged).expect("fits").is_valid());
            Row { what: case.name.clone(), ours, theirs }
        })
        .collect()
}
