//! CPU time of each cryptographic operation of a read, as a multiple of a reference computation, so that figures from
//! different machines compare: `cargo run -p reader-core --example crypto_bench`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program for developers")]

use std::time::{Duration, Instant};

use reader_core::crypto::{
    curve::Curve,
    ec::{Generator, Point, PrivateKey},
    hash::HashAlgorithm,
    rsa::RsaPublicKey,
    secret::Secret,
    signature::{EcdsaEncoding, PublicKey, SignatureScheme, verify},
};
use sha2::{Digest, Sha256};
use test_vectors::num::{self, CurveName};

/// The reference: SHA-256 of so many bytes.
const REFERENCE_BYTES: usize = 64 << 20;
/// At least so long is every operation repeated.
const LEAST: Duration = Duration::from_millis(300);

/// CPU time of this thread; wall time where the system does not tell.
fn cpu_time(start: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Mean CPU time of one run.
fn measure(mut operation: impl FnMut()) -> Duration {
    operation();
    let origin = Instant::now();
    let begin = cpu_time(origin);
    let mut runs = 0;
    while origin.elapsed() < LEAST || runs < 3 {
        operation();
        runs += 1;
    }
    (cpu_time(origin) - begin) / runs
}

fn print(name: &str, time: Duration, reference: Duration) {
    let multiple = time.as_secs_f64() / reference.as_secs_f64();
    println!("{name:<44} {:>9.1} us   {multiple:.6} x reference", time.as_secs_f64() * 1e6);
}

fn main() {
    let data = vec![0x5A; REFERENCE_BYTES];
    let reference = measure(|| {
        std::hint::black_box(Sha256::digest(&data));
    });
    println!("reference, SHA-256 of 64 MiB: {:.1} ms", reference.as_secs_f64() * 1e3);

    for (curve, name) in [
        (Curve::P256, CurveName::P256),
        (Curve::P384, CurveName::P384),
        (Curve::P521, CurveName::P521),
        (Curve::BrainpoolP256r1, CurveName::BrainpoolP256r1),
        (Curve::BrainpoolP320r1, CurveName::BrainpoolP320r1),
        (Curve::BrainpoolP384r1, CurveName::BrainpoolP384r1),
        (Curve::BrainpoolP512r1, CurveName::BrainpoolP512r1),
    ] {
        let scalar = num::private_from_seed(name, "bench");
        let public = name.curve().encode(&num::public_key(name, &scalar));
        let point = Point::decode(curve, &public).unwrap();
        let hash = HashAlgorithm::Sha512;
        let signature = num::ecdsa_sign(name, &scalar, &hash.digest(b"bench"), b"seed").plain(name);
        let scheme = SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain };
        let key = PublicKey::Ec(point.clone());
        let time = measure(|| assert!(verify(&key, scheme, b"bench", &signature).unwrap().is_valid()));
        print(&format!("verify ECDSA {curve}"), time, reference);

        let standard = Generator::standard(curve);
        let own = PrivateKey::from_bytes(&standard, &scalar).unwrap();
        let time = measure(|| {
            std::hint::black_box(own.agree(&point).unwrap());
        });
        print(&format!("agree ECDH {curve}"), time, reference);
        let nonce = Secret::new(vec![0xA5; 16]);
        let time = measure(|| {
            std::hint::black_box(Generator::map_generic(&nonce, &point).unwrap());
        });
        print(&format!("map PACE generator {curve}"), time, reference);
    }

    for bits in [2048, 3072, 4096, 6144] {
        // Any odd number serves: the work does not depend on whether a signature holds.
        let mut modulus = num::expand(&[b"modulus"], bits / 8);
        modulus[0] |= 0x80;
        modulus[bits / 8 - 1] |= 1;
        let mut signature = num::expand(&[b"signature"], bits / 8);
        signature[0] &= 0x7F;
        let key = PublicKey::Rsa(RsaPublicKey::new(&modulus, &[1, 0, 1]).unwrap());
        let scheme = SignatureScheme::RsaPkcs1 { hash: HashAlgorithm::Sha256 };
        let time = measure(|| assert!(!verify(&key, scheme, b"bench", &signature).unwrap().is_valid()));
        print(&format!("verify RSA-{bits}"), time, reference);
    }
}
