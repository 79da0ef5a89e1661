//! Keys that DG14 writes out: agreement as the simulator's arithmetic has it, and every unsound one.

use test_vectors::num::{BigUint, Modp, expand};

use super::*;

struct Seeded(u8);

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0 += 1;
        out.copy_from_slice(&expand(&[b"static", &[self.0]], out.len()));
        Ok(())
    }
}

fn one() -> BigUint {
    BigUint::from(1_u8)
}

/// p, g and q of a group that is none of the standardized ones, as small as is allowed: that of 1024 bits with another
/// generator.
fn group() -> [BigUint; 3] {
    let numbers = Modp::Of1024And160.numbers();
    [numbers.p.clone(), numbers.g.modpow(&BigUint::from(7_u8), &numbers.p), numbers.q.clone()]
}

fn key(p: &BigUint, g: &BigUint, q: Option<&BigUint>, y: &BigUint) -> Result<StaticKey, DomainError> {
    let order = q.map(BigUint::to_bytes_be);
    StaticKey::new(&p.to_bytes_be(), &g.to_bytes_be(), order.as_deref(), &y.to_bytes_be())
}

fn refused(p: &BigUint, g: &BigUint, q: Option<&BigUint>, y: &BigUint) -> DomainError {
    key(p, g, q, y).unwrap_err()
}

#[test]
fn agreement_equals_that_of_the_other_arithmetic() {
    let standard = Modp::ALL.map(|name| {
        let numbers = name.numbers();
        [numbers.p.clone(), numbers.g.clone(), numbers.q.clone()]
    });
    for [p, g, q] in standard.into_iter().chain([group()]) {
        let private = BigUint::from_bytes_be(&[0x6B; 19]);
        let public = g.modpow(&private, &p);
        for order in [Some(&q), None] {
            let key = key(&p, &g, order, &public).unwrap();
            assert_eq!(key.prime_bits() as u64, p.bits());
            let (own, shared) = key.agree(&mut Seeded(0)).unwrap().unwrap();
            assert_eq!(shared.len() as u64 * 8, p.bits(), "as long as the prime");
            let expected = BigUint::from_bytes_be(&own).modpow(&private, &p);
            assert_eq!(BigUint::from_bytes_be(shared.expose()), expected);
            assert_ne!(own.first(), Some(&0), "in the least number of bytes");
            let (other, _) = key.agree(&mut Seeded(1)).unwrap().unwrap();
            assert_ne!(own, other, "another key each time");
        }
    }
}

#[test]
fn standardized_numbers_are_taken_for_their_group_whose_order_is_known() {
    let numbers = Modp::Of2048And256.numbers();
    let [p, g] = [&numbers.p, &numbers.g];
    let named = StaticKey::standard(DhGroup::Modp2048Q256, &g.to_bytes_be()).unwrap();
    // As PKCS#3 has it, without the order: what is outside the subgroup is found out all the same.
    assert_eq!(key(p, g, None, g).unwrap(), named);
    assert_eq!(refused(p, g, None, &(p - g)), DomainError::Subgroup);
    assert_eq!(refused(p, g, None, &(p - 1_u8)), DomainError::OutOfRange);
    let other = &Modp::Of2048And224.numbers().q;
    assert_eq!(refused(p, g, Some(other), g), DomainError::Order);
}

#[test]
fn keys_of_small_subgroups_are_refused() {
    let [p, g, q] = group();
    let less = &p - 1_u8;
    for order in [Some(&q), None] {
        for y in [BigUint::ZERO, one(), less.clone(), p.clone(), &p + 1_u8, &p << 64] {
            assert_eq!(refused(&p, &g, order, &y), DomainError::OutOfRange, "{y:x}");
        }
    }
    assert_eq!(refused(&p, &g, Some(&q), &(&p - &g)), DomainError::Subgroup, "of order 2q");
    // The small orders that this prime has.
    let mut found = 0;
    for small in 3_u32..2000 {
        if &less % small == BigUint::ZERO {
            let y = BigUint::from(5_u8).modpow(&(&less / small), &p);
            if y != one() && y != less {
                assert_eq!(refused(&p, &g, None, &y), DomainError::Subgroup, "{small}");
                assert_eq!(refused(&p, &g, Some(&q), &y), DomainError::Subgroup, "{small}");
                assert_eq!(refused(&p, &y, None, &g), DomainError::Generator, "{small}");
                found += 1;
            }
        }
    }
    assert!(found > 0, "the prime was chosen to have small orders beside the large one");
}

#[test]
fn unsound_parameters_are_refused() {
    let [p, g, q] = group();
    let less = &p - 1_u8;
    for bad in [BigUint::ZERO, one(), less.clone(), p.clone()] {
        assert_eq!(refused(&p, &bad, Some(&q), &g), DomainError::Generator, "{bad:x}");
    }
    assert_eq!(refused(&p, &(&p - &g), Some(&q), &g), DomainError::Generator, "of order 2q");
    let cofactor = &less / &q;
    for bad in [BigUint::ZERO, one(), &q + 2_u8, &q * 2_u8, less.clone(), cofactor, p.clone(), &p << 1] {
        assert_eq!(refused(&p, &g, Some(&bad), &g), DomainError::Order, "{bad:x}");
    }
    // Not prime: its neighbour, and a product of two primes with an order that divides p − 1.
    assert_eq!(refused(&(&p + 2_u8), &g, None, &g), DomainError::NotPrime);
    assert_eq!(refused(&(&p + 1_u8), &g, None, &g), DomainError::NotPrime, "even");
    for (shift, bits) in [(1, 1023), (300, 724)] {
        let short = &p >> shift;
        assert_eq!(refused(&short, &g, None, &one()), DomainError::PrimeSize { bits });
    }
    let long = (one() << 4096_u32) + one();
    assert_eq!(refused(&long, &g, None, &g), DomainError::PrimeSize { bits: 4097 });
    assert!(matches!(StaticKey::new(&[], &[], None, &[]), Err(DomainError::PrimeSize { bits: 0 })));
}

#[test]
fn exponents_are_below_the_order_and_never_zero() {
    struct Counted(Vec<u8>);
    impl Entropy for Counted {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
            out.fill(self.0.pop().ok_or(EntropyError)?);
            Ok(())
        }
    }
    let [.., q] = group();
    let order = q.to_bytes_be();
    // 00 is zero and FF is above the order: 11 is the first that fits.
    let drawn = exponent(Some(&order), &mut Counted(vec![0x11, 0xFF, 0x00])).unwrap();
    assert_eq!(drawn.expose(), vec![0x11; 20]);
    assert_eq!(exponent(None, &mut Counted(vec![0x11])).unwrap().len(), 64);
    assert_eq!(exponent(Some(&[0x11; 65]), &mut Counted(vec![0x11])).unwrap().len(), 64);
    assert!(exponent(Some(&order), &mut Counted(vec![])).is_err());
}
