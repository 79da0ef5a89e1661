//! Elliptic-curve groups: points, keys, agreement, and the mapped generators of PACE.
//!
//! A [`Point`] is never infinity and always on its curve, so that no later step has to ask. All curves have cofactor one:
//! a point on the curve is in the right group. Spec: 9303-11 §4.4.3; TR-03111 §4.

mod bytes;
mod complete;
mod encode;
mod fast;
mod field;
mod sign;
mod spec;
#[cfg(test)]
mod tests;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the curves are laid out in limbs of 64 bits");

use core::{any::Any, fmt};
use std::sync::OnceLock;

use crypto_bigint::{CtEq, Limb, Uint, modular::ConstMontyParams};
use zeroize::{Zeroize, Zeroizing};

use self::spec::{Fe, Scalar, Spec, for_curve};
use super::{
    curve::{Curve, DomainParameters},
    secret::{Entropy, EntropyError, Secret},
};

/// Draws of a scalar before the source of randomness is called broken: each fails with chance below one half.
const MAX_DRAWS: usize = 128;

/// Why a point, key or agreement was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EcError {
    /// Not `04 ‖ x ‖ y` of the curve's length (compressed forms are not used by documents).
    #[error(
        "a point of {curve} takes {expected_bytes} bytes starting with 04, {actual_bytes} bytes were given"
    )]
    Encoding {
        /// The curve.
        curve: Curve,
        /// Length of an uncompressed point.
        expected_bytes: usize,
        /// Length given.
        actual_bytes: usize,
    },
    /// The coordinates do not satisfy the curve's equation (invalid-curve attack or damage).
    #[error("the point is not on {0}")]
    NotOnCurve(Curve),
    /// A private key outside [1, n − 1].
    #[error("the private key is not in the range of {0}")]
    Scalar(Curve),
    /// The two sides use different curves.
    #[error("the key is of {own}, the point of {other}")]
    OtherCurve {
        /// Curve of the own key.
        own: Curve,
        /// Curve of the point.
        other: Curve,
    },
    /// The result is the point at infinity.
    #[error("the result is the point at infinity on {0}")]
    Infinity(Curve),
    /// The mapping gave the standard generator back.
    #[error("the mapped generator equals the standard one on {0}")]
    Unmapped(Curve),
    /// The integrated mapping is not defined for the curve, or not for this number (a chance below 2⁻¹⁵⁰).
    #[error("the integrated mapping has no point for this number on {0}")]
    NoEncoding(Curve),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// A point on the twin of a curve, see [`spec`].
#[derive(Clone, Copy)]
struct Affine<S: Spec<L>, const L: usize> {
    x: Fe<S, L>,
    y: Fe<S, L>,
}

impl<S: Spec<L>, const L: usize> Affine<S, L> {
    fn base() -> Self {
        Self { x: S::G.0 * S::TWIST.0, y: S::G.1 * S::TWIST.1 }
    }
}

/// A point of a curve, not infinity. May hold a secret intermediate of PACE: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Point {
    curve: Curve,
    /// x ‖ y, each as long as a field element.
    coordinates: Zeroizing<Vec<u8>>,
}

impl Point {
    /// The point in `encoded`, which is `04 ‖ x ‖ y`.
    ///
    /// # Errors
    /// When it has another form or is not on the curve.
    pub fn decode(curve: Curve, encoded: &[u8]) -> Result<Self, EcError> {
        let expected_bytes = 1 + 2 * curve.field_len();
        match encoded.split_first() {
            Some((4, coordinates)) if encoded.len() == expected_bytes => {
                for_curve!(curve, check_on_curve(coordinates))?;
                Ok(Self { curve, coordinates: Zeroizing::new(coordinates.to_vec()) })
            }
            _ => Err(EcError::Encoding { curve, expected_bytes, actual_bytes: encoded.len() }),
        }
    }

    /// `04 ‖ x ‖ y`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + self.coordinates.len());
        out.push(4);
        out.extend_from_slice(&self.coordinates);
        out
    }

    /// The x coordinate, as long as a field element. Comp() of chip and terminal authentication.
    #[must_use]
    pub fn x_bytes(&self) -> &[u8] {
        self.coordinates.get(..self.curve.field_len()).unwrap_or_default()
    }

    /// The y coordinate, as long as a field element.
    #[must_use]
    pub fn y_bytes(&self) -> &[u8] {
        self.coordinates.get(self.curve.field_len()..).unwrap_or_default()
    }

    /// The curve it is on.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }
}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        self.curve == other.curve && *self.coordinates == *other.coordinates
    }
}

impl Eq for Point {}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Point({})", self.curve)
    }
}

/// A base point: the curve's own, or the one that PACE mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator(Point);

impl Generator {
    /// The standard base point of a curve.
    #[must_use]
    pub fn standard(curve: Curve) -> Self {
        let parameters = curve.parameters();
        let mut coordinates = parameters.gx;
        coordinates.extend_from_slice(&parameters.gy);
        Self(Point { curve, coordinates: Zeroizing::new(coordinates) })
    }

    /// Generic mapping: s·G + H, for the nonce s and the point H that both sides agreed on. Spec: 9303-11 §4.4.3.3.1.
    ///
    /// # Errors
    /// When the result is infinity or G itself.
    pub fn map_generic(nonce: &Secret, shared: &Point) -> Result<Self, EcError> {
        let standard = Self::standard(shared.curve);
        let mapped = for_curve!(shared.curve, map(nonce.expose(), &standard.0, shared))?;
        if mapped == standard.0 {
            return Err(EcError::Unmapped(shared.curve));
        }
        Ok(Self(mapped))
    }

    /// Integrated mapping: the point that a pseudo-random string encodes, as [`super::mapping::pseudo_random`] made it.
    /// Spec: 9303-11 §4.4.3.3.2, appendix B.
    ///
    /// # Errors
    /// When the curve has no such mapping, or the result is G itself.
    pub fn map_integrated(curve: Curve, random: &Secret) -> Result<Self, EcError> {
        let mapped = for_curve!(curve, encode_point(random.expose()))?;
        if mapped == Self::standard(curve).0 {
            return Err(EcError::Unmapped(curve));
        }
        Ok(Self(mapped))
    }

    /// Whether the integrated mapping is defined for a curve. Spec: 9303-11 §9.5.1, note to table 12.
    #[must_use]
    pub fn maps_integrated(curve: Curve) -> bool {
        use self::encode::is_defined;
        for_curve!(curve, is_defined())
    }

    /// The base point itself.
    #[must_use]
    pub const fn point(&self) -> &Point {
        &self.0
    }

    /// The curve it generates.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.0.curve
    }
}

/// A private key in [1, n − 1] with its base point and public key; wiped when dropped.
pub struct PrivateKey {
    scalar: Secret,
    generator: Generator,
    public: Point,
}

impl PrivateKey {
    /// A fresh key, uniformly drawn.
    ///
    /// # Errors
    /// When the source of randomness fails or yields nothing usable.
    pub fn generate(generator: &Generator, entropy: &mut dyn Entropy) -> Result<Self, EcError> {
        let curve = generator.curve();
        let surplus_bits = curve.field_len() * 8 - curve.field_bits();
        for _ in 0..MAX_DRAWS {
            let mut draw = Zeroizing::new(vec![0; curve.field_len()]);
            entropy.fill(&mut draw)?;
            if let Some(first) = draw.first_mut() {
                *first &= 0xFF >> surplus_bits;
            }
            match Self::from_bytes(generator, &draw) {
                Err(EcError::Scalar(_)) => {}
                done => return done,
            }
        }
        Err(EntropyError.into())
    }

    /// The key with this number, big-endian.
    ///
    /// # Errors
    /// When it is not in [1, n − 1].
    pub fn from_bytes(generator: &Generator, scalar: &[u8]) -> Result<Self, EcError> {
        let curve = generator.curve();
        let public = for_curve!(curve, multiply(scalar, &generator.0))?;
        Ok(Self { scalar: Secret::from_slice(scalar), generator: generator.clone(), public })
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &Point {
        &self.public
    }

    /// The base point it belongs to.
    #[must_use]
    pub const fn generator(&self) -> &Generator {
        &self.generator
    }

    /// Key agreement: the x coordinate of the common point. Spec: TR-03111 §4.3.1.
    ///
    /// # Errors
    /// When the other point is of another curve.
    pub fn agree(&self, other: &Point) -> Result<Secret, EcError> {
        self.agree_point(other).map(|point| Secret::from_slice(point.x_bytes()))
    }

    /// Key agreement: the common point, as the mapping of PACE needs it.
    ///
    /// # Errors
    /// When the other point is of another curve.
    pub fn agree_point(&self, other: &Point) -> Result<Point, EcError> {
        let own = self.generator.curve();
        if other.curve != own {
            return Err(EcError::OtherCurve { own, other: other.curve });
        }
        for_curve!(own, multiply(self.scalar.expose(), other))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.generator.curve())
    }
}

/// The numbers of a curve.
pub(super) fn domain_parameters(curve: Curve) -> DomainParameters {
    fn run<S: Spec<L>, const L: usize>() -> DomainParameters {
        let len = S::CURVE.field_len();
        DomainParameters {
            p: bytes::encode(S::P::PARAMS.modulus().as_ref(), len),
            a: bytes::encode(&S::A.retrieve(), len),
            b: bytes::encode(&S::B.retrieve(), len),
            gx: bytes::encode(&S::G.0.retrieve(), len),
            gy: bytes::encode(&S::G.1.retrieve(), len),
            n: bytes::encode(S::N::PARAMS.modulus().as_ref(), len),
        }
    }
    for_curve!(curve, run())
}

/// Coordinates of a curve onto its twin, if they satisfy the equation.
fn load<S: Spec<L>, const L: usize>(coordinates: &[u8]) -> Result<Affine<S, L>, EcError> {
    let outside = EcError::NotOnCurve(S::CURVE);
    let (x, y) = coordinates.split_at_checked(S::CURVE.field_len()).ok_or(outside)?;
    let x = bytes::field::<S, L>(x).ok_or(outside)?;
    let y = bytes::field::<S, L>(y).ok_or(outside)?;
    let right = (x.square() + S::A) * x + S::B;
    if !bool::from(CtEq::ct_eq(&y.square(), &right)) {
        return Err(outside);
    }
    Ok(Affine { x: x * S::TWIST.0, y: y * S::TWIST.1 })
}

/// Back from the twin.
fn store<S: Spec<L>, const L: usize>(point: &Affine<S, L>) -> Result<Point, EcError> {
    // u is a constant other than zero, so the inverse exists; the factor 1/u² = u⁴/u⁶ needs no secret.
    let inverse = |factor: Fe<S, L>| Option::<Fe<S, L>>::from(factor.invert_vartime());
    let (Some(x_factor), Some(y_factor)) = (inverse(S::TWIST.0), inverse(S::TWIST.1)) else {
        return Err(EcError::Infinity(S::CURVE));
    };
    let len = S::CURVE.field_len();
    let mut coordinates = Zeroizing::new(Vec::with_capacity(2 * len));
    for value in [point.x * x_factor, point.y * y_factor] {
        let mut part = bytes::encode(&value.retrieve(), len);
        coordinates.extend_from_slice(&part);
        part.zeroize();
    }
    Ok(Point { curve: S::CURVE, coordinates })
}

fn check_on_curve<S: Spec<L>, const L: usize>(coordinates: &[u8]) -> Result<(), EcError> {
    load::<S, L>(coordinates).map(drop)
}

fn multiply<S: Spec<L>, const L: usize>(scalar: &[u8], point: &Point) -> Result<Point, EcError> {
    let mut scalar = bytes::scalar::<S, L>(scalar).ok_or(EcError::Scalar(S::CURVE))?;
    let product = complete::multiply(&scalar, &load::<S, L>(&point.coordinates)?);
    scalar.zeroize();
    store(&product.ok_or(EcError::Infinity(S::CURVE))?)
}

fn map<S: Spec<L>, const L: usize>(nonce: &[u8], base: &Point, shared: &Point) -> Result<Point, EcError> {
    let mut scalar = bytes::reduce::<S, L>(nonce).retrieve();
    let sum = complete::multiply_add(
        &scalar,
        &load::<S, L>(&base.coordinates)?,
        &load::<S, L>(&shared.coordinates)?,
    );
    scalar.zeroize();
    store(&sum.ok_or(EcError::Infinity(S::CURVE))?)
}

fn encode_point<S: Spec<L>, const L: usize>(random: &[u8]) -> Result<Point, EcError> {
    let refused = EcError::NoEncoding(S::CURVE);
    if !encode::is_defined::<S, L>() {
        return Err(refused);
    }
    let mut number = bytes::reduce_field::<S, L>(random);
    let point = encode::encode::<S, L>(&number);
    number.zeroize();
    let (x, y) = point.ok_or(refused)?;
    let len = S::CURVE.field_len();
    let mut coordinates = Zeroizing::new(Vec::with_capacity(2 * len));
    for value in [x, y] {
        let mut part = bytes::encode(&value.retrieve(), len);
        coordinates.extend_from_slice(&part);
        part.zeroize();
    }
    check_on_curve::<S, L>(&coordinates)?;
    Ok(Point { curve: S::CURVE, coordinates })
}

/// The base point's table of each curve, made at first use; a few kilobytes each.
fn base_table<S: Spec<L>, const L: usize>() -> Option<&'static [fast::Affine<S, L>]> {
    static TABLES: [OnceLock<Box<dyn Any + Send + Sync>>; Curve::ALL.len()] =
        [const { OnceLock::new() }; Curve::ALL.len()];
    let slot = TABLES.get(S::CURVE as usize)?;
    let table = slot.get_or_init(|| Box::new(fast::base_table::<S, L>()));
    table.downcast_ref::<Vec<fast::Affine<S, L>>>().map(Vec::as_slice)
}

/// Whether (r, s) is an ECDSA signature of the hash under `public`. Variable time. Spec: TR-03111 §4.2.1.2.
pub(super) fn ecdsa_holds(public: &Point, hash: &[u8], r: &[u8], s: &[u8]) -> bool {
    fn run<S: Spec<L>, const L: usize>(public: &Point, hash: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        let r = bytes::scalar::<S, L>(r)?;
        let s = bytes::scalar::<S, L>(s)?;
        let hash = leftmost_bits::<L>(hash, S::CURVE.field_bits())?;
        let inverse = Option::<Scalar<S, L>>::from(Scalar::<S, L>::new(&s).invert_vartime())?;
        let u = (Scalar::<S, L>::new(&hash) * inverse).retrieve();
        let v = (Scalar::<S, L>::new(&r) * inverse).retrieve();
        let point = load::<S, L>(&public.coordinates).ok()?.into();
        let sum = fast::double_multiply(base_table::<S, L>()?, &u, &point, &v);
        // x mod n = r: x is r or, where that is still below p, r + n.
        let on_twin = |x: &Uint<L>| (Fe::<S, L>::new(x) * S::TWIST.0).into();
        if sum.has_x(on_twin(&r)) {
            return Some(true);
        }
        let (next, overflow) = r.carrying_add(S::N::PARAMS.modulus().as_ref(), Limb::ZERO);
        let in_field = overflow.0 == 0 && next < *S::P::PARAMS.modulus().as_ref();
        Some(in_field && sum.has_x(on_twin(&next)))
    }
    for_curve!(public.curve, run(public, hash, r, s)).unwrap_or(false)
}

/// The leftmost `bits` of a hash as a number (a shorter hash is taken whole).
fn leftmost_bits<const L: usize>(hash: &[u8], bits: usize) -> Option<Uint<L>> {
    let kept = hash.get(..bits.div_ceil(8).min(hash.len()))?;
    let surplus = (kept.len() * 8).saturating_sub(bits);
    bytes::number::<L>(kept).map(|number| number.shr_vartime(u32::try_from(surplus).unwrap_or(0)))
}
