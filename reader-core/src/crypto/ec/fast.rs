//! Variable-time u·G + v·Q for public values: verification of signatures and nothing else.
//!
//! Jacobian coordinates, both scalars in one pass over signed windows (interleaved wNAF): the doublings, most of the
//! work, are shared.

use crypto_bigint::{Uint, Word};

use super::{field::PublicFe, spec::Spec};

/// Window of the base point, whose table is made once per curve.
const BASE_WINDOW: u32 = 8;
/// Window of the other point, whose table is made for each verification.
const POINT_WINDOW: u32 = 5;

/// A public point x, y on the twin.
#[derive(Clone, Copy)]
pub(super) struct Affine<S: Spec<L>, const L: usize> {
    x: PublicFe<S, L>,
    y: PublicFe<S, L>,
}

impl<S: Spec<L>, const L: usize> From<super::Affine<S, L>> for Affine<S, L> {
    fn from(point: super::Affine<S, L>) -> Self {
        Self { x: point.x.into(), y: point.y.into() }
    }
}

impl<S: Spec<L>, const L: usize> Affine<S, L> {
    fn negated(&self) -> Self {
        Self { x: self.x, y: -self.y }
    }
}

/// A point X/Z², Y/Z³ on the twin; infinity has Z = 0.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<S: Spec<L>, const L: usize> {
    x: PublicFe<S, L>,
    y: PublicFe<S, L>,
    z: PublicFe<S, L>,
}

impl<S: Spec<L>, const L: usize> Jacobian<S, L> {
    const INFINITY: Self = Self { x: PublicFe::ZERO, y: PublicFe::ZERO, z: PublicFe::ZERO };

    /// Doubling for a = −3 in 4 multiplications and 4 squarings, which cost the same here (after Bernstein 2001). No
    /// point here has order two.
    fn double(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x * gamma;
        let product = (self.x - delta) * (self.x + delta);
        let alpha = product.double() + product;
        let beta4 = beta.double().double();
        let x = alpha.square() - beta4.double();
        Self {
            x,
            y: alpha * (beta4 - x) - gamma.square().double().double().double(),
            z: (self.y * self.z).double(),
        }
    }

    /// Addition of an affine point, all special cases handled.
    fn add_affine(&self, other: &Affine<S, L>) -> Self {
        if self.z.is_zero() {
            return Self { x: other.x, y: other.y, z: PublicFe::one() };
        }
        let zz = self.z.square();
        let h = other.x * zz - self.x;
        let r = other.y * zz * self.z - self.y;
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Self::INFINITY };
        }
        let hh = h.square();
        let hhh = h * hh;
        let v = self.x * hh;
        let x = r.square() - hhh - v.double();
        Self { x, y: r * (v - x) - self.y * hhh, z: self.z * h }
    }

    /// Addition of a point that is not infinity, all other special cases handled.
    fn add(&self, other: &Self) -> Self {
        if self.z.is_zero() {
            return *other;
        }
        let zz = self.z.square();
        let other_zz = other.z.square();
        let x = self.x * other_zz;
        let y = self.y * other_zz * other.z;
        let h = other.x * zz - x;
        let r = other.y * zz * self.z - y;
        if h.is_zero() {
            return if r.is_zero() { self.double() } else { Self::INFINITY };
        }
        let hh = h.square();
        let hhh = h * hh;
        let v = x * hh;
        let x = r.square() - hhh - v.double();
        Self { x, y: r * (v - x) - y * hhh, z: self.z * other.z * h }
    }

    #[cfg(test)]
    pub(super) fn is_infinity(&self) -> bool {
        self.z.is_zero()
    }

    /// Whether the affine x is `x`, without an inversion; infinity has none.
    pub(super) fn has_x(&self, x: PublicFe<S, L>) -> bool {
        !self.z.is_zero() && self.x == x * self.z.square()
    }
}

/// Signed digits of `scalar`, least significant first; each is zero or odd and below 2^(window−1) in size.
fn signed_digits<const L: usize>(scalar: &Uint<L>, window: u32) -> Vec<i16> {
    let mut words = scalar.as_words().to_vec();
    words.push(0);
    let total = words.len() * 64 - 64 + 1;
    let mut digits = vec![0i16; total];
    let mut carry = 0;
    let mut position = 0;
    let bit_field = |from: usize, count: usize| -> Word {
        let low = words.get(from / 64).copied().unwrap_or(0) >> (from % 64);
        let high = if from % 64 + count > 64 {
            words.get(from / 64 + 1).copied().unwrap_or(0) << (64 - from % 64)
        } else {
            0
        };
        (low | high) & ((1 << count) - 1)
    };
    while position < total {
        if bit_field(position, 1) == carry {
            position += 1;
            continue;
        }
        let count = (window as usize).min(total - position);
        let value = bit_field(position, count) + carry;
        carry = (value >> (window - 1)) & 1;
        let digit = i16::try_from(value).unwrap_or(0) - (i16::from(carry == 1) << window);
        if let Some(slot) = digits.get_mut(position) {
            *slot = digit;
        }
        position += count;
    }
    digits
}

/// Odd multiples 1, 3, 5 … of a point, as many as `window` needs.
fn odd_multiples<S: Spec<L>, const L: usize>(point: &Affine<S, L>, window: u32) -> Vec<Jacobian<S, L>> {
    let first = Jacobian::INFINITY.add_affine(point);
    let twice = first.double();
    let mut table = vec![first];
    let mut last = first;
    for _ in 1..1usize << (window - 2) {
        last = last.add(&twice);
        table.push(last);
    }
    table
}

/// All of `points` with Z = 1, for one inversion. None of them is infinity.
fn to_affine<S: Spec<L>, const L: usize>(points: &[Jacobian<S, L>]) -> Vec<Affine<S, L>> {
    let mut products = Vec::with_capacity(points.len());
    let mut product = PublicFe::one();
    for point in points {
        products.push(product);
        product = product * point.z;
    }
    let mut inverse = product.invert();
    let mut affine: Vec<_> = points
        .iter()
        .zip(&products)
        .rev()
        .map(|(point, before)| {
            let own = inverse * *before;
            inverse = inverse * point.z;
            let square = own.square();
            Affine { x: point.x * square, y: point.y * square * own }
        })
        .collect();
    affine.reverse();
    affine
}

/// The table of the base point; made once per curve and kept by the caller.
pub(super) fn base_table<S: Spec<L>, const L: usize>() -> Vec<Affine<S, L>> {
    to_affine(&odd_multiples(&super::Affine::base().into(), BASE_WINDOW))
}

/// u·G + v·Q. Not for secrets.
pub(super) fn double_multiply<S: Spec<L>, const L: usize>(
    base: &[Affine<S, L>],
    u: &Uint<L>,
    point: &Affine<S, L>,
    v: &Uint<L>,
) -> Jacobian<S, L> {
    let base_digits = signed_digits(u, BASE_WINDOW);
    let point_digits = signed_digits(v, POINT_WINDOW);
    let table = to_affine(&odd_multiples(point, POINT_WINDOW));
    let mut sum = Jacobian::INFINITY;
    for (base_digit, point_digit) in base_digits.iter().zip(&point_digits).rev() {
        if !sum.z.is_zero() {
            sum = sum.double();
        }
        if *point_digit != 0
            && let Some(entry) = table.get(usize::from(point_digit.unsigned_abs()) / 2)
        {
            sum = if *point_digit < 0 { sum.add_affine(&entry.negated()) } else { sum.add_affine(entry) };
        }
        if *base_digit != 0
            && let Some(entry) = base.get(usize::from(base_digit.unsigned_abs()) / 2)
        {
            sum = if *base_digit < 0 { sum.add_affine(&entry.negated()) } else { sum.add_affine(entry) };
        }
    }
    sum
}
