//! From a number to a point of a curve, for integrated mapping. Spec: 9303-11 appendix B.2.

use num_bigint::BigUint;

use super::{Curve, Point};

impl Curve {
    /// The point that belongs to a number below p. `None` where p is not 3 modulo 4, and for the few numbers that have
    /// no image (0, and where 1 / (α + α²) does not exist).
    pub fn point_from_field(&self, t: &BigUint) -> Option<Point> {
        let p = &self.p;
        if p % 4u8 != BigUint::from(3u8) || *t == BigUint::ZERO || t >= p {
            return None;
        }
        let cube = |x: &BigUint| x * x % p * x % p;
        let equation = |x: &BigUint| (cube(x) + &self.a * x + &self.b) % p;
        let alpha = p - t * t % p;
        let inverse = ((&alpha + &alpha * &alpha) % p).modinv(p)?;
        // -b / a · (1 + 1 / (α + α²)), whose right side of the equation is a square or becomes one by α³.
        let x2 = (p - &self.b) * self.a.modinv(p)? % p * (inverse + 1u8) % p;
        let x3 = &alpha * &x2 % p;
        let h2 = equation(&x2);
        let root = h2.modpow(&(p - 1u8 - (p + 1u8) / 4u8), p);
        let point = if &root * &root % p * &h2 % p == BigUint::from(1u8) {
            Point::Affine { x: x2, y: root * h2 % p }
        } else {
            Point::Affine { x: x3, y: root * (cube(t) * h2 % p) % p }
        };
        self.contains(&point).then_some(point)
    }
}
