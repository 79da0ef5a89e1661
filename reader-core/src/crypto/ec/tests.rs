//! Group laws on every curve, and agreement with the simulator's independent arithmetic.

use test_vectors::num::{self, BigUint, CurveName};

use super::{field::PublicFe, *};
use crate::crypto::{
    hash::HashAlgorithm,
    signature::{EcdsaEncoding, PublicKey, SignatureCheck, SignatureScheme, verify},
};

/// The same curve on the other side.
fn twin(curve: Curve) -> CurveName {
    let [p, a] = [curve.parameters().p, curve.parameters().a].map(|bytes| BigUint::from_bytes_be(&bytes));
    CurveName::ALL.into_iter().find(|name| name.curve().p == p && name.curve().a == a).unwrap()
}

fn minus(number: &[u8], less: u32) -> Vec<u8> {
    num::fixed_width(&(BigUint::from_bytes_be(number) - less), number.len())
}

struct Fixed(u8);

impl Entropy for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        out.fill(self.0);
        Ok(())
    }
}

#[test]
fn parameters_equal_those_of_the_simulator() {
    for curve in Curve::ALL {
        let own = curve.parameters();
        let other = twin(curve).curve();
        let pairs = [(&own.a, &other.a), (&own.b, &other.b), (&own.n, &other.n), (&own.p, &other.p)];
        for (bytes, number) in pairs {
            assert_eq!(BigUint::from_bytes_be(bytes), *number, "{curve}");
        }
        assert_eq!(Generator::standard(curve).point().encode(), other.encode(&other.generator), "{curve}");
    }
}

#[test]
fn every_curve_has_a_twin_with_a_of_minus_three() {
    fn run<S: Spec<L>, const L: usize>() -> bool {
        let three = Fe::<S, L>::new(&Uint::from_u8(3));
        let u4 = S::TWIST.0.square();
        S::A * u4 == -three && S::TWIN_B == S::B * u4 * S::TWIST.0
    }
    for curve in Curve::ALL {
        assert!(for_curve!(curve, run()), "{curve}");
    }
}

#[test]
fn the_base_point_has_the_order_n() {
    for curve in Curve::ALL {
        let standard = Generator::standard(curve);
        let n = curve.parameters().n;
        assert!(matches!(PrivateKey::from_bytes(&standard, &n), Err(EcError::Scalar(_))));
        assert!(matches!(PrivateKey::from_bytes(&standard, &[0]), Err(EcError::Scalar(_))));
        assert_eq!(PrivateKey::from_bytes(&standard, &[1]).unwrap().public(), standard.point());
        // (n − 1)·G is −G: the same x, another y; one more G is infinity.
        let last = PrivateKey::from_bytes(&standard, &minus(&n, 1)).unwrap();
        assert_eq!(last.public().x_bytes(), standard.point().x_bytes());
        assert_ne!(last.public().y_bytes(), standard.point().y_bytes());
        let nonce = Secret::new(minus(&n, 1));
        assert_eq!(Generator::map_generic(&nonce, standard.point()), Err(EcError::Infinity(curve)));
    }
}

#[test]
fn a_mapping_to_the_standard_generator_is_refused() {
    for curve in Curve::ALL {
        let standard = Generator::standard(curve);
        let n = curve.parameters().n;
        let zero = Secret::new(vec![0; 16]);
        assert_eq!(Generator::map_generic(&zero, standard.point()), Err(EcError::Unmapped(curve)));
        // A nonce longer than the order counts modulo the order.
        assert_eq!(Generator::map_generic(&Secret::new(n), standard.point()), Err(EcError::Unmapped(curve)));
        let twice = PrivateKey::from_bytes(&standard, &[2]).unwrap();
        let mapped = Generator::map_generic(&Secret::new(vec![1]), standard.point()).unwrap();
        assert_eq!(mapped.point(), twice.public());
        // Keys on the mapped generator: 3·(2·G) = 6·G.
        let on_mapped = PrivateKey::from_bytes(&mapped, &[3]).unwrap();
        assert_eq!(on_mapped.public(), PrivateKey::from_bytes(&standard, &[6]).unwrap().public());
    }
}

#[test]
fn agreement_equals_that_of_the_simulator() {
    for curve in Curve::ALL {
        let standard = Generator::standard(curve);
        let other = twin(curve);
        for label in ["one", "two", "three"] {
            let private = num::private_from_seed(other, label);
            let peer = num::private_from_seed(other, "peer");
            let own = PrivateKey::from_bytes(&standard, &private).unwrap();
            assert_eq!(own.public().encode(), other.curve().encode(&num::public_key(other, &private)));
            let peer_public = num::public_key(other, &peer);
            let shared =
                own.agree(&Point::decode(curve, &other.curve().encode(&peer_public)).unwrap()).unwrap();
            assert_eq!(shared.expose(), num::ecdh(other, &private, &peer_public).unwrap(), "{curve}");
            let back = PrivateKey::from_bytes(&standard, &peer).unwrap();
            assert_eq!(back.agree(own.public()).unwrap(), shared);
        }
    }
}

#[test]
fn keys_and_points_of_different_curves_do_not_meet() {
    let own = PrivateKey::from_bytes(&Generator::standard(Curve::P256), &[5]).unwrap();
    let point = Generator::standard(Curve::BrainpoolP256r1);
    let expected = EcError::OtherCurve { own: Curve::P256, other: Curve::BrainpoolP256r1 };
    assert_eq!(own.agree(point.point()), Err(expected));
}

#[test]
fn points_off_the_curve_and_other_forms_are_refused() {
    for curve in Curve::ALL {
        let base = Generator::standard(curve).point().encode();
        assert!(Point::decode(curve, &base).is_ok());
        let mut off = base.clone();
        *off.last_mut().unwrap() ^= 1;
        assert_eq!(Point::decode(curve, &off), Err(EcError::NotOnCurve(curve)));
        let zero = [&[4][..], &vec![0; 2 * curve.field_len()]].concat();
        assert_eq!(Point::decode(curve, &zero), Err(EcError::NotOnCurve(curve)));
        let high = [&[4][..], &vec![0xFF; 2 * curve.field_len()]].concat();
        assert_eq!(Point::decode(curve, &high), Err(EcError::NotOnCurve(curve)));
        let compressed = &[&[2][..], &base[1..=curve.field_len()]].concat();
        for wrong in [&[][..], &[0], &base[1..], &base[..base.len() - 1], compressed] {
            assert!(matches!(Point::decode(curve, wrong), Err(EcError::Encoding { .. })), "{curve}");
        }
    }
}

#[test]
fn a_coordinate_is_not_reduced() {
    // x + p denotes the same residue but is no encoding of a point; P-521 leaves room for it in its bytes.
    let base = Generator::standard(Curve::P521).point().clone();
    let p = BigUint::from_bytes_be(&Curve::P521.parameters().p);
    let x = num::fixed_width(&(BigUint::from_bytes_be(base.x_bytes()) + p), 66);
    let encoded = [&[4][..], &x, base.y_bytes()].concat();
    assert_eq!(Point::decode(Curve::P521, &encoded), Err(EcError::NotOnCurve(Curve::P521)));
}

#[test]
fn fresh_keys_are_in_range_and_a_stuck_source_is_noticed() {
    for curve in Curve::ALL {
        let standard = Generator::standard(curve);
        assert!(PrivateKey::generate(&standard, &mut Fixed(0x5A)).is_ok());
        let stuck = PrivateKey::generate(&standard, &mut Fixed(0)).map(|_| ());
        assert_eq!(stuck, Err(EcError::Entropy(EntropyError)));
        let stuck = PrivateKey::generate(&standard, &mut Fixed(0xFF)).map(|_| ());
        assert_eq!(stuck, Err(EcError::Entropy(EntropyError)), "{curve}: all ones are above every order");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let key = PrivateKey::from_bytes(&Generator::standard(Curve::P256), &[7; 32]).unwrap();
    assert_eq!(format!("{key:?} {:?}", key.public()), "PrivateKey(P-256) Point(P-256)");
}

/// The fast and the constant-time way to u·G + v·Q agree, special cases included.
#[test]
fn both_ways_to_multiply_agree() {
    fn run<S: Spec<L>, const L: usize>(u: &[u8], v: &[u8], q: &Point) -> bool {
        let u = bytes::number::<L>(u).unwrap();
        let v = bytes::number::<L>(v).unwrap();
        let q = load::<S, L>(&q.coordinates).unwrap();
        let fast = fast::double_multiply(base_table::<S, L>().unwrap(), &u, &q.into(), &v);
        let product = complete::multiply(&u, &Affine::<S, L>::base());
        let exact = match product {
            Some(product) => complete::multiply_add(&v, &q, &product),
            None => complete::multiply(&v, &q),
        };
        match exact {
            Some(point) => fast.has_x(point.x.into()),
            None => fast.is_infinity(),
        }
    }
    for curve in Curve::ALL {
        let standard = Generator::standard(curve);
        let n = curve.parameters().n;
        let other = twin(curve);
        let small = |value: u8| vec![value];
        let scalars = [
            small(0),
            small(1),
            small(2),
            small(255),
            minus(&n, 1),
            minus(&n, 2),
            num::private_from_seed(other, "u"),
            num::private_from_seed(other, "v"),
        ];
        let points = [small(1), small(2), minus(&n, 1), num::private_from_seed(other, "q")];
        for point in &points {
            let q = PrivateKey::from_bytes(&standard, point).unwrap();
            for u in &scalars {
                for v in &scalars {
                    assert!(
                        for_curve!(curve, run(u, v, q.public())),
                        "{curve} {u:02X?} {v:02X?} {point:02X?}"
                    );
                }
            }
        }
    }
}

#[test]
fn signatures_of_the_simulator_hold_and_altered_ones_do_not() {
    let message = b"signed by the other side";
    for curve in Curve::ALL {
        let other = twin(curve);
        let private = num::private_from_seed(other, "signer");
        let public = other.curve().encode(&num::public_key(other, &private));
        let key = PublicKey::Ec(Point::decode(curve, &public).unwrap());
        for hash in HashAlgorithm::ALL {
            let signature = num::ecdsa_sign(other, &private, &hash.digest(message), b"seed").plain(other);
            let scheme = SignatureScheme::Ecdsa { hash, encoding: EcdsaEncoding::Plain };
            assert_eq!(
                verify(&key, scheme, message, &signature),
                Ok(SignatureCheck::Valid),
                "{curve} {hash}"
            );
            assert_eq!(verify(&key, scheme, b"another", &signature), Ok(SignatureCheck::Invalid));
            let mut wrong = signature.clone();
            *wrong.last_mut().unwrap() ^= 1;
            assert_eq!(verify(&key, scheme, message, &wrong), Ok(SignatureCheck::Invalid));
            // The generic verification and the crate for P-256 agree.
            if let PublicKey::Ec(point) = &key {
                let (r, s) = signature.split_at(curve.field_len());
                assert!(ecdsa_holds(point, &hash.digest(message), r, s));
                assert!(!ecdsa_holds(point, &hash.digest(b"another"), r, s));
            }
        }
    }
}

/// The public field against the constant-time one, at the ends of the range and between.
#[test]
fn both_fields_agree() {
    fn run<S: Spec<L>, const L: usize>(labels: &[Vec<u8>]) -> bool {
        let fe = |number: &Uint<L>| Fe::<S, L>::new(number);
        let mut values = vec![Fe::<S, L>::ZERO, Fe::<S, L>::ONE, -Fe::<S, L>::ONE, fe(&Uint::from_u8(2))];
        // Montgomery forms of one and of p − 1, and arbitrary numbers.
        values.push(Fe::<S, L>::from_montgomery(Uint::ONE));
        values.push(Fe::<S, L>::from_montgomery(S::P::PARAMS.modulus().as_ref().wrapping_sub(&Uint::ONE)));
        values.extend(labels.iter().map(|bytes| fe(&bytes::number::<L>(bytes).unwrap())));
        values.iter().all(|a| {
            let public: PublicFe<S, L> = (*a).into();
            let inverse = Option::from(a.invert()).unwrap_or(Fe::<S, L>::ZERO);
            public.square() == a.square().into()
                && public.double() == a.double().into()
                && -public == (-a).into()
                && public.invert() == inverse.into()
                && public.is_zero() == (*a == Fe::<S, L>::ZERO)
                && values.iter().all(|b| {
                    let other: PublicFe<S, L> = (*b).into();
                    public * other == (*a * b).into()
                        && public + other == (*a + b).into()
                        && public - other == (*a - b).into()
                })
        })
    }
    for curve in Curve::ALL {
        let labels: Vec<_> =
            (0..20).map(|i| num::private_from_seed(twin(curve), &format!("field {i}"))).collect();
        assert!(for_curve!(curve, run(&labels)), "{curve}");
    }
}
