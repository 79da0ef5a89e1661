//! Field arithmetic for public values, twice as fast as the constant-time one.
//!
//! The representation is that of [`Fe`] (Montgomery form, fully reduced), so that moving between the two is a copy. Timing
//! depends on the values: nothing secret may come here. [`super::fast`] is the only user, and tests compare each operation
//! with the constant-time one.

#![allow(clippy::needless_range_loop, reason = "the limbs of several numbers are walked in step")]

use core::{
    marker::PhantomData,
    ops::{Add, Mul, Neg, Sub},
};

use crypto_bigint::{Uint, modular::ConstMontyParams};

use super::spec::{Fe, Spec};

/// A field element that is public.
pub(super) struct PublicFe<S: Spec<L>, const L: usize> {
    /// Least significant first; below the prime.
    words: [u64; L],
    curve: PhantomData<S>,
}

/// `a + b·c + carry`, which fits in two words whatever they are.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, carry: &mut u64) -> u64 {
    let sum = u128::from(a) + u128::from(b) * u128::from(c) + u128::from(*carry);
    *carry = high(sum);
    low(sum)
}

#[inline(always)]
fn subtract(a: u64, b: u64, borrow: &mut bool) -> u64 {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(u64::from(*borrow));
    *borrow = first | second;
    difference
}

#[inline(always)]
fn add(a: u64, b: u64, carry: &mut bool) -> u64 {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u64::from(*carry));
    *carry = first | second;
    sum
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
const fn low(wide: u128) -> u64 {
    wide as u64
}

const fn high(wide: u128) -> u64 {
    low(wide >> 64)
}

/// −1/m mod 2⁶⁴ for an odd m, by Newton's iteration.
const fn negated_inverse(m: u64) -> u64 {
    let mut inverse = 1_u64;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(m.wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg()
}

impl<S: Spec<L>, const L: usize> Clone for PublicFe<S, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Spec<L>, const L: usize> Copy for PublicFe<S, L> {}

impl<S: Spec<L>, const L: usize> PartialEq for PublicFe<S, L> {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

impl<S: Spec<L>, const L: usize> From<Fe<S, L>> for PublicFe<S, L> {
    fn from(value: Fe<S, L>) -> Self {
        Self::new(*value.as_montgomery().as_words())
    }
}

impl<S: Spec<L>, const L: usize> PublicFe<S, L> {
    pub(super) const ZERO: Self = Self::new([0; L]);
    const PRIME: [u64; L] = *S::P::PARAMS.modulus().as_ref().as_words();
    const FACTOR: u64 = negated_inverse(Self::PRIME[0]);

    const fn new(words: [u64; L]) -> Self {
        Self { words, curve: PhantomData }
    }

    pub(super) fn one() -> Self {
        Fe::<S, L>::ONE.into()
    }

    pub(super) fn is_zero(&self) -> bool {
        self.words == [0; L]
    }

    pub(super) fn square(self) -> Self {
        self * self
    }

    pub(super) fn double(self) -> Self {
        self + self
    }

    /// 1/self; zero for zero.
    pub(super) fn invert(self) -> Self {
        let value = Fe::<S, L>::from_montgomery(Uint::from_words(self.words));
        Option::from(value.invert_vartime()).map_or(Self::ZERO, |inverse: Fe<S, L>| inverse.into())
    }

    /// A number below twice the prime, of which `above` is the word over `words`.
    #[inline(always)]
    fn reduce(words: [u64; L], above: bool) -> Self {
        let mut borrow = false;
        let mut reduced = [0; L];
        for i in 0..L {
            reduced[i] = subtract(words[i], Self::PRIME[i], &mut borrow);
        }
        Self::new(if above || !borrow { reduced } else { words })
    }
}

impl<S: Spec<L>, const L: usize> Mul for PublicFe<S, L> {
    type Output = Self;

    /// Montgomery's product by coarsely integrated operand scanning (Koç, Acar, Kaliski 1996).
    #[inline(never)]
    fn mul(self, other: Self) -> Self {
        let mut sum = [0_u64; L];
        let mut above = 0_u64;
        for word in other.words {
            let mut carry = 0;
            for j in 0..L {
                sum[j] = multiply_add(sum[j], self.words[j], word, &mut carry);
            }
            let top = u128::from(above) + u128::from(carry);
            let factor = sum[0].wrapping_mul(Self::FACTOR);
            let mut carry = 0;
            multiply_add(sum[0], factor, Self::PRIME[0], &mut carry);
            for j in 1..L {
                sum[j - 1] = multiply_add(sum[j], factor, Self::PRIME[j], &mut carry);
            }
            let top = top + u128::from(carry);
            sum[L - 1] = low(top);
            above = high(top);
        }
        Self::reduce(sum, above != 0)
    }
}

impl<S: Spec<L>, const L: usize> Add for PublicFe<S, L> {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        let mut carry = false;
        let mut sum = [0; L];
        for i in 0..L {
            sum[i] = add(self.words[i], other.words[i], &mut carry);
        }
        Self::reduce(sum, carry)
    }
}

impl<S: Spec<L>, const L: usize> Sub for PublicFe<S, L> {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        let mut borrow = false;
        let mut difference = [0; L];
        for i in 0..L {
            difference[i] = subtract(self.words[i], other.words[i], &mut borrow);
        }
        if borrow {
            let mut carry = false;
            for i in 0..L {
                difference[i] = add(difference[i], Self::PRIME[i], &mut carry);
            }
        }
        Self::new(difference)
    }
}

impl<S: Spec<L>, const L: usize> Neg for PublicFe<S, L> {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO - self
    }
}
