//! Between big-endian bytes and numbers of a curve.

use crypto_bigint::{CtLt, Uint, modular::ConstMontyParams};
use zeroize::Zeroize;

use super::spec::{Fe, Scalar, Spec};

/// The number in `bytes`, if it fits; leading zeros are ignored. Constant time in the value.
pub(super) fn number<const L: usize>(bytes: &[u8]) -> Option<Uint<L>> {
    let width = L * 8;
    let cut = bytes.len().saturating_sub(width);
    let (head, tail) = bytes.split_at_checked(cut)?;
    if head.iter().fold(0, |seen, byte| seen | byte) != 0 {
        return None;
    }
    let mut padded = vec![0; width];
    padded.get_mut(width - tail.len()..)?.copy_from_slice(tail);
    let number = Uint::from_be_slice(&padded);
    padded.zeroize();
    Some(number)
}

/// `len` big-endian bytes of `number`; the caller knows that it fits.
pub(super) fn encode<const L: usize>(number: &Uint<L>, len: usize) -> Vec<u8> {
    let full = number.to_be_bytes();
    let full = full.as_slice();
    full.get(full.len().saturating_sub(len)..).unwrap_or_default().to_vec()
}

/// A field element, if `bytes` are below the prime.
pub(super) fn field<S: Spec<L>, const L: usize>(bytes: &[u8]) -> Option<Fe<S, L>> {
    let value = number::<L>(bytes)?;
    let below: bool = value.ct_lt(S::P::PARAMS.modulus().as_ref()).into();
    below.then(|| Fe::<S, L>::new(&value))
}

/// A number in [1, n − 1], if `bytes` are one.
pub(super) fn scalar<S: Spec<L>, const L: usize>(bytes: &[u8]) -> Option<Uint<L>> {
    let value = number::<L>(bytes)?;
    let fits = value.ct_lt(S::N::PARAMS.modulus().as_ref()) & value.is_nonzero();
    bool::from(fits).then_some(value)
}

/// Any string of bytes as a number modulo the order; constant time in the content.
pub(super) fn reduce<S: Spec<L>, const L: usize>(bytes: &[u8]) -> Scalar<S, L> {
    let base = Scalar::<S, L>::new(&Uint::from_u16(256));
    let mut sum = Scalar::<S, L>::ZERO;
    for byte in bytes {
        sum = sum * base + Scalar::<S, L>::new(&Uint::from_u8(*byte));
    }
    sum
}

/// Any string of bytes as a number modulo the prime; constant time in the content.
pub(super) fn reduce_field<S: Spec<L>, const L: usize>(bytes: &[u8]) -> Fe<S, L> {
    let base = Fe::<S, L>::new(&Uint::from_u16(256));
    let mut sum = Fe::<S, L>::ZERO;
    for byte in bytes {
        sum = sum * base + Fe::<S, L>::new(&Uint::from_u8(*byte));
    }
    sum
}
