//! A chip's key over a prime field that DG14 writes out with its numbers, and agreement with it.
//!
//! Whoever wrote the numbers may have chosen them badly, or be no issuer at all, so nothing is believed: the prime is
//! prime, the order is prime and divides p − 1, and generator and key are of that order. Where no order is given (PKCS#3
//! has no place for it) and the numbers are no standardized group's, generator and key are at least of an order with a
//! factor above 65,535: of no small subgroup. Spec: 9303-11 §6.2, §9.5.1, §9.6; RFC 2631 §2.1.5, §2.2; PKCS#3.

use crypto_bigint::{
    CtEq, CtLt, Odd, U512, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};
use zeroize::Zeroize;

use super::{DhError, DhGroup, Element, Generator, PrivateKey, number, prime, to_bytes};
use crate::crypto::secret::{Entropy, EntropyError, Secret};

/// Shortest prime that is taken, as in the standard's table of groups. Spec: 9303-11 §9.5.1.
pub const MIN_PRIME_BITS: u32 = 1024;
/// Longest prime that is taken: more only costs time.
pub const MAX_PRIME_BITS: u32 = 4096;
/// Shortest order of a subgroup. Spec: RFC 2631 §2.2.
const MIN_ORDER_BITS: u32 = 160;
/// Length of a private exponent where the order is longer or not known: twice the strength of the longest prime, and more.
const EXPONENT_BYTES: usize = 64;
/// Draws of an exponent before the source of randomness is called broken.
const MAX_DRAWS: usize = 128;

/// Why domain parameters or the key over them were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// The prime has an unsupported size.
    #[error("a prime of {bits} bits is not supported ({MIN_PRIME_BITS} to {MAX_PRIME_BITS} are)")]
    PrimeSize {
        /// Its size.
        bits: usize,
    },
    /// It is not prime.
    #[error("the modulus of the key's domain parameters is not prime")]
    NotPrime,
    /// The order is too short, not prime, or does not divide p − 1.
    #[error(
        "the order in the key's domain parameters is no prime of {MIN_ORDER_BITS} bits or more that divides p − 1"
    )]
    Order,
    /// The generator is 0, 1, p − 1 or above, of another order than is said, or of a small one.
    #[error("the generator of the key's domain parameters is none of a large subgroup")]
    Generator,
    /// The key is 0, 1, p − 1 or above.
    #[error("the public value is not between 2 and p − 2")]
    OutOfRange,
    /// The key is outside the generator's subgroup, or in a small one.
    #[error("the public value is outside the subgroup, or in a small one")]
    Subgroup,
}

/// A chip's public key with the group that it is of, both checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticKey(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Standard(Element),
    /// Big-endian numbers; the public value is as long as the prime.
    Explicit {
        p: Vec<u8>,
        g: Vec<u8>,
        order: Option<Vec<u8>>,
        public: Vec<u8>,
    },
}

/// Calls a function that is generic over the size, for a prime of so many bits.
macro_rules! for_size {
    ($bits:expr, $function:ident ( $($argument:expr),* $(,)? )) => {
        match $bits {
            0..=1024 => $function::<16>($($argument),*),
            1025..=2048 => $function::<32>($($argument),*),
            2049..=3072 => $function::<48>($($argument),*),
            _ => $function::<64>($($argument),*),
        }
    };
}

impl StaticKey {
    /// The key `public` of a standardized group.
    ///
    /// # Errors
    /// Not in the subgroup.
    pub fn standard(group: DhGroup, public: &[u8]) -> Result<Self, DhError> {
        Element::decode(group, public).map(Kind::Standard).map(Self)
    }

    /// The key `public` over the prime `p` with the generator `g` and, where it is said, its order. Unsigned, big-endian;
    /// leading zeros are ignored. Numbers of a standardized group are taken for that group, whose order is known.
    ///
    /// # Errors
    /// The parameters are unsound, or the key is none over them.
    pub fn new(p: &[u8], g: &[u8], order: Option<&[u8]>, public: &[u8]) -> Result<Self, DomainError> {
        let [p, g, public] = [p, g, public].map(trimmed);
        let order = order.map(trimmed);
        if let Some(group) = DhGroup::ALL.into_iter().find(|group| group.is(p, g)) {
            if order.is_some_and(|order| !group.has_order(order)) {
                return Err(DomainError::Order);
            }
            return Self::standard(group, public).map_err(|error| match error {
                DhError::OutsideSubgroup(_) if is_minus_one(p, public) => DomainError::OutOfRange,
                DhError::OutsideSubgroup(_) => DomainError::Subgroup,
                _ => DomainError::OutOfRange,
            });
        }
        let bits = bits(p);
        if !(MIN_PRIME_BITS as usize..=MAX_PRIME_BITS as usize).contains(&bits) {
            return Err(DomainError::PrimeSize { bits });
        }
        for_size!(bits, check(p, g, order, public))?;
        let padded = [vec![0; p.len() - public.len()], public.to_vec()].concat();
        let order = order.map(<[u8]>::to_vec);
        Ok(Self(Kind::Explicit { p: p.to_vec(), g: g.to_vec(), order, public: padded }))
    }

    /// Length of the prime in bits.
    #[must_use]
    pub fn prime_bits(&self) -> usize {
        match &self.0 {
            Kind::Standard(element) => element.group.modulus_bits(),
            Kind::Explicit { p, .. } => bits(p),
        }
    }

    /// Agreement with a fresh key: the fresh public value in the least number of bytes, and the shared number as long as
    /// the prime. `None` where the shared number is 1 or p − 1. Spec: 9303-11 §9.4.1; PKCS#3 §8.3.
    ///
    /// # Errors
    /// No randomness.
    pub fn agree(&self, entropy: &mut dyn Entropy) -> Result<Option<(Vec<u8>, Secret)>, EntropyError> {
        match &self.0 {
            Kind::Standard(element) => {
                let own = PrivateKey::generate(&Generator::standard(element.group), entropy);
                let agreed = own.and_then(|own| Ok((own.public.encode(), own.agree(element)?)));
                match agreed {
                    Ok(agreed) => Ok(Some(agreed)),
                    Err(DhError::Entropy(error)) => Err(error),
                    Err(_) => Ok(None),
                }
            }
            Kind::Explicit { p, g, order, public } => {
                let exponent = exponent(order.as_deref(), entropy)?;
                Ok(for_size!(bits(p), powers(p, g, public, &exponent)))
            }
        }
    }
}

/// An exponent of at least 1: below the order where that is known and short enough, else of 512 bits.
fn exponent(order: Option<&[u8]>, entropy: &mut dyn Entropy) -> Result<Secret, EntropyError> {
    let Some(order) = order.filter(|order| order.len() <= EXPONENT_BYTES) else {
        return Secret::random(EXPONENT_BYTES, entropy);
    };
    let excess = (order.len() * 8).saturating_sub(bits(order));
    for _ in 0..MAX_DRAWS {
        let mut draw = zeroize::Zeroizing::new(vec![0; order.len()]);
        entropy.fill(&mut draw)?;
        if let Some(first) = draw.first_mut() {
            *first = first.checked_shr(u32::try_from(excess).unwrap_or(0)).unwrap_or(0);
        }
        let [mut value, order]: [U512; 2] =
            [number(&draw).unwrap_or(U512::ZERO), number(order).unwrap_or(U512::ZERO)];
        let fits = CtLt::ct_lt(&value, &order) & !CtEq::ct_eq(&value, &U512::ZERO);
        value.zeroize();
        if bool::from(fits) {
            return Ok(Secret::from_slice(&draw));
        }
    }
    Err(EntropyError)
}

/// g and the public value to the power of the secret; constant time in it.
fn powers<const L: usize>(p: &[u8], g: &[u8], public: &[u8], exponent: &Secret) -> Option<(Vec<u8>, Secret)> {
    let modulus = Option::<Odd<Uint<L>>>::from(number::<L>(p)?.to_odd())?;
    let minus_one = modulus.as_ref().wrapping_sub(&Uint::ONE);
    let field = FixedMontyParams::new_vartime(modulus);
    let mut exponent: U512 = number::<8>(exponent.expose())?;
    let own = FixedMontyForm::new(&number::<L>(g)?, &field).pow(&exponent).retrieve();
    let mut raised = FixedMontyForm::new(&number::<L>(public)?, &field).pow(&exponent);
    exponent.zeroize();
    let mut shared = raised.retrieve();
    raised.zeroize();
    let padded = to_bytes(&shared);
    let neutral = shared == Uint::ONE || shared == minus_one || shared == Uint::ZERO;
    shared.zeroize();
    let secret = Secret::from_slice(padded.get(padded.len().checked_sub(p.len())?..)?);
    (!neutral).then(|| (trimmed(&to_bytes(&own)).to_vec(), secret))
}

/// Public numbers only.
fn check<const L: usize>(p: &[u8], g: &[u8], order: Option<&[u8]>, public: &[u8]) -> Result<(), DomainError> {
    let p = number::<L>(p).ok_or(DomainError::NotPrime)?;
    let g = number::<L>(g).ok_or(DomainError::Generator)?;
    let public = number::<L>(public).ok_or(DomainError::OutOfRange)?;
    let minus_one = p.wrapping_sub(&Uint::ONE);
    let in_range = |value: &Uint<L>| *value > Uint::ONE && *value < minus_one;
    if !in_range(&g) {
        return Err(DomainError::Generator);
    }
    if !in_range(&public) {
        return Err(DomainError::OutOfRange);
    }
    let order = match order {
        Some(order) => {
            let order = number::<L>(order).ok_or(DomainError::Order)?;
            let divisor = Option::from(order.to_nz()).ok_or(DomainError::Order)?;
            let divides = minus_one.rem_vartime(&divisor) == Uint::ZERO;
            let long = order.bits_vartime() >= MIN_ORDER_BITS && order < minus_one;
            if !(divides && long && prime::is_probable_prime(&order)) {
                return Err(DomainError::Order);
            }
            Some(order)
        }
        None => None,
    };
    if !prime::is_probable_prime(&p) {
        return Err(DomainError::NotPrime);
    }
    let modulus = Option::<Odd<Uint<L>>>::from(p.to_odd()).ok_or(DomainError::NotPrime)?;
    let field = FixedMontyParams::new_vartime(modulus);
    let is_one_raised = |value: &Uint<L>, exponent: &Uint<L>| {
        FixedMontyForm::new(value, &field).pow_vartime(exponent) == FixedMontyForm::one(&field)
    };
    let (generates, belongs) = match order {
        Some(order) => (is_one_raised(&g, &order), is_one_raised(&public, &order)),
        None => {
            let smooth = prime::smooth_part(&minus_one);
            (!is_one_raised(&g, &smooth), !is_one_raised(&public, &smooth))
        }
    };
    match (generates, belongs) {
        (false, _) => Err(DomainError::Generator),
        (true, false) => Err(DomainError::Subgroup),
        (true, true) => Ok(()),
    }
}

fn is_minus_one(p: &[u8], value: &[u8]) -> bool {
    // The prime is odd, so that its predecessor differs in the last bit alone.
    match (p.split_last(), value.split_last()) {
        (Some((p_last, p_above)), Some((last, above))) => {
            p_above == above && *p_last == last | 1 && last & 1 == 0
        }
        _ => false,
    }
}

pub(super) fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Bits of a number without leading zero bytes.
fn bits(trimmed: &[u8]) -> usize {
    trimmed.first().map_or(0, |first| trimmed.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
#[path = "static_key_tests.rs"]
mod tests;
