//! Points on a short Weierstrass curve, y² = x³ + ax + b.

use num_bigint::BigUint;

use super::{CurveName, fixed_width, params};

/// A curve's domain parameters; the cofactor is 1.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The field's prime.
    pub p: BigUint,
    /// Coefficient a.
    pub a: BigUint,
    /// Coefficient b.
    pub b: BigUint,
    /// The generator.
    pub generator: Point,
    /// The generator's order.
    pub n: BigUint,
}

/// A point in affine coordinates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Point {
    /// The neutral element.
    Infinity,
    /// Any other point.
    Affine {
        /// The x coordinate.
        x: BigUint,
        /// The y coordinate.
        y: BigUint,
    },
}

/// x = X / Z², y = Y / Z³; Z = 0 is the point at infinity.
struct Jacobian {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

fn zero() -> BigUint {
    BigUint::ZERO
}

impl Curve {
    pub(super) fn from_parameters(name: CurveName) -> Curve {
        let [p, a, b, x, y, n] = params::hexadecimal(name).map(|text| {
            BigUint::parse_bytes(text.as_bytes(), 16).expect("the table holds hexadecimal numbers")
        });
        Curve { p, a, b, generator: Point::Affine { x, y }, n }
    }

    /// Width of a coordinate.
    pub fn field_bytes(&self) -> usize {
        self.p.to_bytes_be().len()
    }

    /// Width of a scalar.
    pub fn order_bytes(&self) -> usize {
        self.n.to_bytes_be().len()
    }

    /// Whether a point satisfies the equation; infinity does not count.
    pub fn contains(&self, point: &Point) -> bool {
        match point {
            Point::Infinity => false,
            Point::Affine { x, y } => {
                *x < self.p
                    && *y < self.p
                    && y * y % &self.p == (x * x % &self.p * x + &self.a * x + &self.b) % &self.p
            }
        }
    }

    /// The uncompressed encoding 04 ‖ x ‖ y; infinity is the single byte 00. Spec: SEC 1 §2.3.3.
    pub fn encode(&self, point: &Point) -> Vec<u8> {
        match point {
            Point::Infinity => vec![0],
            Point::Affine { x, y } => {
                let width = self.field_bytes();
                [vec![4], fixed_width(x, width), fixed_width(y, width)].concat()
            }
        }
    }

    /// Reads an uncompressed encoding. It does not look whether the point is on the curve: see [`Curve::contains`].
    pub fn decode(&self, bytes: &[u8]) -> Option<Point> {
        let width = self.field_bytes();
        let (4, coordinates) = bytes.split_first()? else { return None };
        if coordinates.len() != 2 * width {
            return None;
        }
        let (x, y) = coordinates.split_at(width);
        Some(Point::Affine { x: BigUint::from_bytes_be(x), y: BigUint::from_bytes_be(y) })
    }

    /// The sum of two points of the curve.
    pub fn add(&self, left: &Point, right: &Point) -> Point {
        self.to_affine(&self.sum(&to_jacobian(left), &to_jacobian(right)))
    }

    /// A multiple of a point of the curve.
    pub fn multiply(&self, scalar: &BigUint, point: &Point) -> Point {
        let base = to_jacobian(point);
        let mut out = to_jacobian(&Point::Infinity);
        for bit in (0..scalar.bits()).rev() {
            out = self.double(&out);
            if scalar.bit(bit) {
                out = self.sum(&out, &base);
            }
        }
        self.to_affine(&out)
    }

    fn minus(&self, left: &BigUint, right: &BigUint) -> BigUint {
        // Both are below p, so one p suffices to stay positive.
        (left + &self.p - right) % &self.p
    }

    fn double(&self, point: &Jacobian) -> Jacobian {
        let p = &self.p;
        let Jacobian { x, y, z } = point;
        if *z == zero() || *y == zero() {
            return to_jacobian(&Point::Infinity);
        }
        let y2 = y * y % p;
        let s = x * &y2 * 4u8 % p;
        let z2 = z * z % p;
        let m = (x * x * 3u8 + &z2 * &z2 % p * &self.a) % p;
        let x3 = self.minus(&(&m * &m % p), &(&s * 2u8 % p));
        let y3 = self.minus(&(&m * self.minus(&s, &x3) % p), &(&y2 * &y2 * 8u8 % p));
        let z3 = y * z * 2u8 % p;
        Jacobian { x: x3, y: y3, z: z3 }
    }

    fn sum(&self, left: &Jacobian, right: &Jacobian) -> Jacobian {
        let p = &self.p;
        if left.z == zero() {
            return Jacobian { x: right.x.clone(), y: right.y.clone(), z: right.z.clone() };
        }
        if right.z == zero() {
            return Jacobian { x: left.x.clone(), y: left.y.clone(), z: left.z.clone() };
        }
        let (lz2, rz2) = (&left.z * &left.z % p, &right.z * &right.z % p);
        let (u1, u2) = (&left.x * &rz2 % p, &right.x * &lz2 % p);
        let (s1, s2) = (&left.y * &rz2 % p * &right.z % p, &right.y * &lz2 % p * &left.z % p);
        if u1 == u2 {
            return if s1 == s2 { self.double(left) } else { to_jacobian(&Point::Infinity) };
        }
        let (h, r) = (self.minus(&u2, &u1), self.minus(&s2, &s1));
        let h2 = &h * &h % p;
        let h3 = &h2 * &h % p;
        let v = &u1 * &h2 % p;
        let x3 = self.minus(&self.minus(&(&r * &r % p), &h3), &(&v * 2u8 % p));
        let y3 = self.minus(&(&r * self.minus(&v, &x3) % p), &(&s1 * &h3 % p));
        let z3 = &left.z * &right.z % p * &h % p;
        Jacobian { x: x3, y: y3, z: z3 }
    }

    fn to_affine(&self, point: &Jacobian) -> Point {
        let p = &self.p;
        // Only zero has no inverse modulo a prime: then the point is at infinity.
        let Some(inverse) = point.z.modinv(p) else { return Point::Infinity };
        let inverse2 = &inverse * &inverse % p;
        Point::Affine { x: &point.x * &inverse2 % p, y: &point.y * &inverse2 % p * &inverse % p }
    }
}

fn to_jacobian(point: &Point) -> Jacobian {
    match point {
        Point::Infinity => Jacobian { x: 1u8.into(), y: 1u8.into(), z: zero() },
        Point::Affine { x, y } => Jacobian { x: x.clone(), y: y.clone(), z: 1u8.into() },
    }
}
