//! Whether a public number is prime.

use crypto_bigint::{
    Limb, NonZero, Odd, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};

use crate::crypto::hash::HashAlgorithm;

/// Rounds of Miller and Rabin: a composite passes each with a chance of one quarter at most.
const ROUNDS: u8 = 16;
/// Divisors that are tried one by one, and the bound of what a smooth number is made of.
pub(super) const SMALL: u16 = u16::MAX;

/// Whether `number` is prime, by the test of Miller and Rabin with bases that are hashed from the number itself, so that
/// the same bytes are always judged alike and no base can be foreseen. Not for secrets: the time tells the number.
pub(super) fn is_probable_prime<const L: usize>(number: &Uint<L>) -> bool {
    let Some(odd) = Option::<Odd<Uint<L>>>::from(number.to_odd()) else { return *number == Uint::from_u8(2) };
    if number.bits_vartime() <= 16 {
        return is_small_prime(number);
    }
    if small_primes().take_while(|prime| *prime < 1024).any(|prime| remainder(number, prime) == 0) {
        return false;
    }
    let field = FixedMontyParams::new_vartime(odd);
    let less = number.wrapping_sub(&Uint::ONE);
    let twos = less.trailing_zeros_vartime();
    let rest = less.shr_vartime(twos);
    let one = FixedMontyForm::one(&field);
    let minus_one = -one;
    let bases = (0..ROUNDS).map(|round| if round == 0 { Uint::from_u8(2) } else { hashed(number, round) });
    bases.map(|base| FixedMontyForm::new(&base, &field)).all(|base| {
        let mut power = base.pow_vartime(&rest);
        if power == one || power == minus_one || base == FixedMontyForm::zero(&field) {
            return true;
        }
        for _ in 1..twos {
            power = power.square();
            if power == minus_one {
                return true;
            }
        }
        false
    })
}

/// The largest divisor of `number` that is made of primes up to [`SMALL`] alone.
pub(super) fn smooth_part<const L: usize>(number: &Uint<L>) -> Uint<L> {
    let mut left = *number;
    let mut smooth = Uint::ONE;
    for prime in small_primes() {
        let Some(divisor) = NonZero::new(Limb::from(prime)).into_option() else { continue };
        loop {
            let (quotient, rest) = left.div_rem_limb(divisor);
            if rest != Limb::ZERO || left == Uint::ZERO {
                break;
            }
            left = quotient;
            smooth = smooth.wrapping_mul(&Uint::<L>::from_u16(prime));
        }
    }
    smooth
}

fn remainder<const L: usize>(number: &Uint<L>, prime: u16) -> u64 {
    NonZero::new(Limb::from(prime)).into_option().map_or(0, |divisor| number.rem_limb(divisor).0)
}

fn is_small_prime<const L: usize>(number: &Uint<L>) -> bool {
    let number = number.as_words().first().copied().unwrap_or_default();
    small_primes().any(|prime| u64::from(prime) == number)
}

/// Every prime up to [`SMALL`], in order.
fn small_primes() -> impl Iterator<Item = u16> {
    let size = usize::from(SMALL) + 1;
    let mut composite = vec![false; size];
    for factor in 2..256 {
        if !composite.get(factor).copied().unwrap_or(true) {
            composite.iter_mut().skip(factor * factor).step_by(factor).for_each(|slot| *slot = true);
        }
    }
    composite.into_iter().zip(0..=SMALL).skip(2).filter(|(composite, _)| !composite).map(|(_, prime)| prime)
}

/// As many bytes as the number has, out of the number and the round.
fn hashed<const L: usize>(number: &Uint<L>, round: u8) -> Uint<L> {
    let bytes = number.to_be_bytes();
    let mut out = Vec::with_capacity(L * 8 + 64);
    for block in 0_u8.. {
        if out.len() >= L * 8 {
            break;
        }
        out.extend(HashAlgorithm::Sha512.digest_parts(&[b"base", &[round, block], bytes.as_slice()]));
    }
    out.truncate(L * 8);
    Uint::from_be_slice(&out)
}

#[cfg(test)]
mod tests {
    use test_vectors::num::BigUint;

    use super::*;

    fn number(text: &str) -> Uint<16> {
        let bytes = BigUint::parse_bytes(text.as_bytes(), 10).unwrap().to_bytes_be();
        Uint::from_be_slice(&[vec![0; 128 - bytes.len()], bytes].concat())
    }

    #[test]
    fn tells_primes_from_numbers_that_resemble_them() {
        for prime in ["2", "3", "65521", "65537", "4294967311", "170141183460469231731687303715884105727"] {
            assert!(is_probable_prime(&number(prime)), "{prime}");
        }
        // Products of close primes, a Carmichael number, a strong pseudoprime to the bases 2 to 37, Fermat's fifth.
        for composite in [
            "0",
            "1",
            "4",
            "561",
            "65535",
            "4295098369",
            "3825123056546413051",
            "318665857834031151167461",
            "4294967297",
        ] {
            assert!(!is_probable_prime(&number(composite)), "{composite}");
        }
    }

    #[test]
    fn the_smooth_part_is_made_of_small_primes_alone() {
        assert_eq!(small_primes().count(), 6542);
        assert_eq!(smooth_part(&number("124")), number("124"));
        // 2³ · 65521 · 65537
        assert_eq!(smooth_part(&number("34352398216")), number("524168"));
        assert_eq!(smooth_part(&number("65537")), number("1"));
    }
}
