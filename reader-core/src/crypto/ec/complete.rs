//! Constant-time multiplication for secret scalars.
//!
//! Projective coordinates and the complete formulas for a = −3 of Renes, Costello and Batina ("Complete addition
//! formulas for prime order elliptic curves", 2015, algorithms 4 and 6): no input is an exception, so nothing branches on
//! secrets.

use core::ops::Add;

use crypto_bigint::{CtAssign, CtEq, Uint, Word};
use zeroize::Zeroize;

use super::{
    Affine,
    spec::{Fe, Spec},
};

/// A point X/Z, Y/Z on the twin; infinity is (0 : 1 : 0).
pub(super) struct Projective<S: Spec<L>, const L: usize> {
    x: Fe<S, L>,
    y: Fe<S, L>,
    z: Fe<S, L>,
}

impl<S: Spec<L>, const L: usize> Clone for Projective<S, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Spec<L>, const L: usize> Copy for Projective<S, L> {}

impl<S: Spec<L>, const L: usize> Zeroize for Projective<S, L> {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
        self.z.zeroize();
    }
}

impl<S: Spec<L>, const L: usize> Add for &Projective<S, L> {
    type Output = Projective<S, L>;

    /// Algorithm 4: 12 multiplications and two by b.
    fn add(self, other: Self) -> Projective<S, L> {
        let b = S::TWIN_B;
        let xx = self.x * other.x;
        let yy = self.y * other.y;
        let zz = self.z * other.z;
        let xy = (self.x + self.y) * (other.x + other.y) - (xx + yy);
        let yz = (self.y + self.z) * (other.y + other.z) - (yy + zz);
        let xz = (self.x + self.z) * (other.x + other.z) - (xx + zz);
        let part = xz - b * zz;
        let part3 = part + part + part;
        let low = yy - part3;
        let high = yy + part3;
        let zz3 = zz + zz + zz;
        let cross = b * xz - zz3 - xx;
        let cross3 = cross + cross + cross;
        let xx3 = xx + xx + xx - zz3;
        Projective { x: xy * high - yz * cross3, y: high * low + xx3 * cross3, z: yz * low + xy * xx3 }
    }
}

impl<S: Spec<L>, const L: usize> Projective<S, L> {
    const INFINITY: Self = Self { x: Fe::<S, L>::ZERO, y: Fe::<S, L>::ONE, z: Fe::<S, L>::ZERO };

    fn from_affine(point: &Affine<S, L>) -> Self {
        Self { x: point.x, y: point.y, z: Fe::<S, L>::ONE }
    }

    /// The affine point, or nothing for infinity (the one branch, on a result that ends the protocol).
    fn to_affine(self) -> Option<Affine<S, L>> {
        let inverse = Option::<Fe<S, L>>::from(self.z.invert())?;
        Some(Affine { x: self.x * inverse, y: self.y * inverse })
    }

    /// Algorithm 6: 8 multiplications, 3 squarings and two by b.
    fn double(&self) -> Self {
        let b = S::TWIN_B;
        let xx = self.x.square();
        let yy = self.y.square();
        let zz = self.z.square();
        let xy2 = (self.x * self.y).double();
        let xz2 = (self.x * self.z).double();
        let part = b * zz - xz2;
        let part3 = part + part + part;
        let low = yy - part3;
        let high = yy + part3;
        let zz3 = zz + zz + zz;
        let cross = b * xz2 - zz3 - xx;
        let cross3 = cross + cross + cross;
        let xx3 = xx + xx + xx - zz3;
        let yz2 = (self.y * self.z).double();
        Self { x: low * xy2 - yz2 * cross3, y: low * high + xx3 * cross3, z: (yz2 * yy).double().double() }
    }

    /// `scalar`·self: windows of four bits, each table entry touched for each window.
    fn times(&self, scalar: &Uint<L>, bits: usize) -> Self {
        let mut table = [Self::INFINITY; 16];
        for index in 1..table.len() {
            if let Some(previous) = table.get(index - 1).copied()
                && let Some(slot) = table.get_mut(index)
            {
                *slot = &previous + self;
            }
        }
        let mut result = Self::INFINITY;
        for window in (0..bits.div_ceil(4)).rev() {
            if window + 1 != bits.div_ceil(4) {
                result = result.double().double().double().double();
            }
            let limb = scalar.as_words().get(window / 16).copied().unwrap_or(0);
            let digit = (limb >> (4 * (window % 16))) & 15;
            let mut chosen = Self::INFINITY;
            for (entry, index) in table.iter().zip(0 as Word..) {
                let here = CtEq::ct_eq(&index, &digit);
                chosen.x.ct_assign(&entry.x, here);
                chosen.y.ct_assign(&entry.y, here);
                chosen.z.ct_assign(&entry.z, here);
            }
            result = &result + &chosen;
            chosen.zeroize();
        }
        table.iter_mut().for_each(Zeroize::zeroize);
        result
    }
}

/// `scalar`·`point`, in constant time; nothing when that is infinity.
pub(super) fn multiply<S: Spec<L>, const L: usize>(
    scalar: &Uint<L>,
    point: &Affine<S, L>,
) -> Option<Affine<S, L>> {
    let mut product = Projective::from_affine(point).times(scalar, S::CURVE.field_bits());
    let result = product.to_affine();
    product.zeroize();
    result
}

/// `scalar`·`point` + `addend`, in constant time; nothing when that is infinity.
pub(super) fn multiply_add<S: Spec<L>, const L: usize>(
    scalar: &Uint<L>,
    point: &Affine<S, L>,
    addend: &Affine<S, L>,
) -> Option<Affine<S, L>> {
    let mut product = Projective::from_affine(point).times(scalar, S::CURVE.field_bits());
    let mut sum = &product + &Projective::from_affine(addend);
    let result = sum.to_affine();
    product.zeroize();
    sum.zeroize();
    result
}
