//! A number of the field as a point of the curve, in constant time: f_G of the integrated mapping.
//!
//! The simplified method of Brier and others ("Efficient indifferentiable hashing into ordinary elliptic curves", 2010)
//! for primes that are 3 modulo 4, on the curve itself and not on its twin: the result depends on a and b.
//! Spec: 9303-11 appendix B.2.

use crypto_bigint::{CtAssign, CtEq, Uint, modular::ConstMontyParams};
use zeroize::Zeroize;

use super::spec::{Fe, Spec};

/// Whether the method is defined for the curve: P-224 alone has a prime that is 1 modulo 4.
pub(super) fn is_defined<S: Spec<L>, const L: usize>() -> bool {
    let prime: &Uint<L> = S::P::PARAMS.modulus().as_ref();
    prime.as_words().first().is_some_and(|low| low & 3 == 3)
}

/// The point's x and y; nothing for 0, 1 and −1, where the method divides by zero (the one branch, with a chance below
/// 2⁻¹⁵⁰, and it ends the protocol).
pub(super) fn encode<S: Spec<L>, const L: usize>(t: &Fe<S, L>) -> Option<(Fe<S, L>, Fe<S, L>)> {
    let prime: &Uint<L> = S::P::PARAMS.modulus().as_ref();
    // p − 1 − (p + 1)/4
    let exponent = prime.wrapping_sub(&prime.shr_vartime(2)).wrapping_sub(&Uint::from_u8(2));
    let minus_b_by_a = -(S::B * Option::<Fe<S, L>>::from(S::A.invert_vartime())?);

    let mut alpha = -t.square();
    let mut inverse = Option::<Fe<S, L>>::from((alpha + alpha.square()).invert())?;
    let mut x2 = minus_b_by_a * (inverse + Fe::<S, L>::ONE);
    let mut x3 = alpha * x2;
    let mut h2 = (x2.square() + S::A) * x2 + S::B;
    let mut root = h2.pow(&exponent);
    let first = CtEq::ct_eq(&(root.square() * h2), &Fe::<S, L>::ONE);

    let mut y2 = root * h2;
    let mut x = x3;
    let mut y = y2 * t.square() * *t;
    x.ct_assign(&x2, first);
    y.ct_assign(&y2, first);
    for secret in [&mut alpha, &mut inverse, &mut x2, &mut x3, &mut h2, &mut root, &mut y2] {
        secret.zeroize();
    }
    Some((x, y))
}
