//! The worked examples, and the point encoding against appendix B.3 in the simulator's arithmetic.

use test_vectors::{num::BigUint, vector};

use super::*;
use crate::crypto::{
    curve::Curve,
    ec::{EcError, Generator, Point, PrivateKey},
};

#[test]
fn the_pseudo_random_function_as_published() {
    for (name, modulus_bits) in [("pace/ecdh_im", 256), ("pace/dh_im", 1024)] {
        let example = vector::load(name);
        let nonce = Secret::new(example.hex("s"));
        let random = pseudo_random(CipherSuite::Aes128, &nonce, &example.hex("t"), modulus_bits);
        assert_eq!(random, Ok(Secret::new(example.hex("pseudo_random"))), "{name}");
    }
}

#[test]
fn outputs_cover_the_prime_and_64_bits_more() {
    let sizes = [
        (CipherSuite::TripleDes, 16, 192, 32),
        (CipherSuite::TripleDes, 16, 256, 48),
        (CipherSuite::Aes128, 16, 521, 80),
        (CipherSuite::Aes192, 32, 192, 32),
        (CipherSuite::Aes192, 32, 256, 64),
        (CipherSuite::Aes256, 32, 2048, 288),
    ];
    for (suite, nonce_bytes, modulus_bits, expected_bytes) in sizes {
        let terminal = vec![3; terminal_nonce_len(suite)];
        let run = |nonce: Vec<u8>, terminal: &[u8]| {
            pseudo_random(suite, &Secret::new(nonce), terminal, modulus_bits)
                .map(|random| random.expose().to_vec())
        };
        let random = run(vec![7; nonce_bytes], &terminal).unwrap();
        assert_eq!(random.len(), expected_bytes, "{suite:?} {modulus_bits}");
        assert_ne!(run(vec![8; nonce_bytes], &terminal).unwrap(), random);
        assert!(run(vec![7; nonce_bytes + 16], &terminal).is_err());
        assert!(run(vec![7; nonce_bytes], &terminal[1..]).is_err());
    }
}

#[test]
fn integrated_mapping_as_published() {
    let example = vector::load("pace/ecdh_im");
    let curve = Curve::BrainpoolP256r1;
    let random = Secret::new(example.hex("pseudo_random"));
    let mapped = Generator::map_integrated(curve, &random).unwrap();
    assert_eq!(mapped.point().encode(), example.hex("mapped_generator"));
    // The number is reduced before it is encoded.
    let reduced = Secret::new(example.hex("pseudo_random_mod_p"));
    assert_eq!(Generator::map_integrated(curve, &reduced).unwrap(), mapped);
    for (own, other) in [("terminal", "chip"), ("chip", "terminal")] {
        let private = example.hex(&format!("{own}_ephemeral_private"));
        let private = PrivateKey::from_bytes(&mapped, &private).unwrap();
        assert_eq!(private.public().encode(), example.hex(&format!("{own}_ephemeral_public")));
        let other = Point::decode(curve, &example.hex(&format!("{other}_ephemeral_public"))).unwrap();
        assert_eq!(private.agree(&other).unwrap(), Secret::new(example.hex("shared_secret_k")));
    }
}

/// Appendix B.3, in Jacobian coordinates where the library follows B.2. For Z that is no square, B.3 gives the negative
/// of B.2's point, although the appendix calls them identical: the root of h2·Z⁶ that it takes is a square. The sign is
/// turned back here. No chip can tell: the shared secret is an x coordinate.
fn by_the_other_method(curve: Curve, t: &BigUint) -> (BigUint, BigUint) {
    let own = curve.parameters();
    let [p, a, b] = [&own.p, &own.a, &own.b].map(|bytes| BigUint::from_bytes_be(bytes));
    let one = BigUint::from(1_u8);
    let minus = |number: BigUint| &p - number % &p;
    let power = |number: &BigUint, exponent: u32| number.modpow(&BigUint::from(exponent), &p);
    let alpha = minus(t * t);
    let sum = &alpha + &alpha * &alpha;
    let z = &a * &sum % &p;
    let x2 = minus(&b * &z % &p * (&one + &sum));
    let x3 = &alpha * &x2 % &p;
    let h2 = (power(&x2, 3) + &a * &x2 * power(&z, 4) + &b * power(&z, 6)) % &p;
    let u = minus(&alpha * t % &p * &h2);
    let exponent = &p - &one - (&p + &one) / 4_u8;
    let root = h2.modpow(&exponent, &p);
    let square = &root * &root % &p * &h2 % &p == one;
    let (x, y) = if square { (x2, &root * &h2) } else { (x3, &root * &u) };
    let inverse = z.modpow(&(&p - 2_u8), &p);
    let character = z.modpow(&((&p - &one) / 2_u8), &p);
    (x * power(&inverse, 2) % &p, y * power(&inverse, 3) * character % &p)
}

#[test]
fn every_curve_but_p224_encodes_numbers_as_appendix_b3_does_but_for_the_sign() {
    for curve in Curve::ALL {
        assert_eq!(Generator::maps_integrated(curve), curve != Curve::P224);
        // Some of these take the first branch and some the second.
        for byte in 1..=6 {
            let random = vec![byte; curve.field_len() + 8];
            let mapped = Generator::map_integrated(curve, &Secret::new(random.clone()));
            if curve == Curve::P224 {
                assert_eq!(mapped.err(), Some(EcError::NoEncoding(curve)));
                continue;
            }
            let mapped = mapped.unwrap();
            let p = BigUint::from_bytes_be(&curve.parameters().p);
            let (x, y) = by_the_other_method(curve, &(BigUint::from_bytes_be(&random) % p));
            let point = mapped.point();
            let got = (BigUint::from_bytes_be(point.x_bytes()), BigUint::from_bytes_be(point.y_bytes()));
            assert_eq!(got, (x, y), "{curve} {byte}");
        }
        // 0, 1 and −1 divide by zero.
        let mut minus_one = curve.parameters().p;
        *minus_one.last_mut().unwrap() -= 1;
        for random in [vec![0; 40], vec![1], minus_one] {
            let mapped = Generator::map_integrated(curve, &Secret::new(random));
            assert_eq!(mapped.err(), Some(EcError::NoEncoding(curve)));
        }
    }
}
