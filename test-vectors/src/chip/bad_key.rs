//! Public keys that no honest side sends.

use crate::num::{BigUint, Element, Group, Modp, Point};

/// An impossible public key, by what it is among points and among numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKey {
    /// The point at infinity; one.
    Infinity,
    /// A point off the curve; the neighbour of a member.
    OffCurve,
    /// A point of the curve's twist; the negative of a member.
    Twist,
    /// A point of order two on another curve with the same coefficient a; p - 1.
    OrderTwo,
    /// A point of order three on such a curve; a number of the smallest odd order beside the subgroup's.
    SmallOrder,
    /// Coordinates that are zero; zero.
    Zero,
    /// A point whose x coordinate is p where zero is meant; p.
    Prime,
    /// The generator of the domain parameters, whose private key everybody knows.
    Generator,
    /// The other side's own key.
    Echo,
    /// One byte too few.
    Truncated,
    /// One byte too many.
    Longer,
}

impl BadKey {
    /// All of them.
    pub const ALL: [BadKey; 11] = [
        BadKey::Infinity,
        BadKey::OffCurve,
        BadKey::Twist,
        BadKey::OrderTwo,
        BadKey::SmallOrder,
        BadKey::Zero,
        BadKey::Prime,
        BadKey::Generator,
        BadKey::Echo,
        BadKey::Truncated,
        BadKey::Longer,
    ];

    /// The word in a fault's text.
    pub const fn word(self) -> &'static str {
        match self {
            BadKey::Infinity => "infinity",
            BadKey::OffCurve => "off-curve",
            BadKey::Twist => "twist",
            BadKey::OrderTwo => "order-two",
            BadKey::SmallOrder => "small-order",
            BadKey::Zero => "zero",
            BadKey::Prime => "prime",
            BadKey::Generator => "generator",
            BadKey::Echo => "echo",
            BadKey::Truncated => "truncated",
            BadKey::Longer => "longer",
        }
    }

    /// The key with this word.
    pub fn parse(word: &str) -> Option<BadKey> {
        BadKey::ALL.into_iter().find(|key| key.word() == word)
    }

    /// What is sent in place of the honest key. `other` is what the other side sent.
    pub(super) fn encode(self, group: Group, honest: &[u8], other: &[u8]) -> Vec<u8> {
        match self {
            BadKey::Echo => other.to_vec(),
            BadKey::Truncated => honest[..honest.len().saturating_sub(1)].to_vec(),
            BadKey::Longer => [honest, &[0]].concat(),
            BadKey::Generator => group.encode(&group.generator()),
            BadKey::Infinity => group.encode(&group.neutral()),
            BadKey::OffCurve => {
                // The same x with another y: no curve has three. A neighbouring number is no member of the subgroup.
                let mut out = honest.to_vec();
                if let Some(last) = out.last_mut() {
                    *last ^= 1;
                }
                out
            }
            _ => group.encode(&match group {
                Group::Curve(_) => Element::Point(self.point(group)),
                Group::Modp(modp) => Element::Number(self.number(modp, &BigUint::from_bytes_be(honest))),
            }),
        }
    }

    fn point(self, group: Group) -> Point {
        let (zero, one) = (BigUint::ZERO, BigUint::from(1u8));
        let order_two = Point::Affine { x: one, y: zero.clone() };
        let Group::Curve(name) = group else { return order_two };
        let curve = name.curve();
        let p = &curve.p;
        let rhs = |x: &BigUint, b: &BigUint| (x * x * x + &curve.a * x + b) % p;
        let small = || (1u32..1_000).map(BigUint::from);
        match self {
            BadKey::Zero => Point::Affine { x: zero.clone(), y: zero },
            BadKey::Prime => {
                let y = root(&curve.b, p).unwrap_or_default();
                Point::Affine { x: p.clone(), y }
            }
            BadKey::Twist => small()
                .find_map(|x| {
                    let square = rhs(&x, &curve.b);
                    let none = root(&square, p).is_none();
                    none.then(|| root(&(p - square), p)).flatten().map(|y| Point::Affine { x, y })
                })
                .unwrap_or(order_two),
            // A point of order three is an inflection: 3x⁴ + 6ax² + 12bx = a², solved for b.
            BadKey::SmallOrder => small()
                .find_map(|x| {
                    let x2 = &x * &x % p;
                    let above = &curve.a * &curve.a % p;
                    let below = (&x2 * &x2 * 3u8 + &curve.a * &x2 * 6u8) % p;
                    let b = (above + p - below) % p * (&x * 12u8).modinv(p)? % p;
                    let y = root(&rhs(&x, &b), p).filter(|y| *y != BigUint::ZERO)?;
                    Some(Point::Affine { x, y })
                })
                .unwrap_or(order_two),
            _ => order_two,
        }
    }

    fn number(self, modp: Modp, honest: &BigUint) -> BigUint {
        let numbers = modp.numbers();
        let p = &numbers.p;
        let most = p - 1u8;
        match self {
            BadKey::Zero => BigUint::ZERO,
            BadKey::Prime => p.clone(),
            BadKey::Twist => p - honest % p,
            BadKey::SmallOrder => {
                let cofactor = &most / &numbers.q;
                let factor =
                    (3u32..100_000).step_by(2).map(BigUint::from).find(|r| &cofactor % r == BigUint::ZERO);
                let of_order = |r: &BigUint| {
                    let exponent = &most / r;
                    let powers = (2u8..50).map(|base| BigUint::from(base).modpow(&exponent, p));
                    powers.into_iter().find(|power| *power != BigUint::from(1u8))
                };
                factor.as_ref().and_then(of_order).unwrap_or(most)
            }
            _ => most,
        }
    }
}

/// A square root modulo a prime that is 3 modulo 4; `None` for a number that has none, and for other primes.
fn root(square: &BigUint, p: &BigUint) -> Option<BigUint> {
    if p % 4u8 != BigUint::from(3u8) {
        return None;
    }
    let root = square.modpow(&((p + 1u8) / 4u8), p);
    (&root * &root % p == square % p).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_but_the_generator_and_echoes_is_a_member() {
        for id in (0..=2).chain([12, 13, 15, 16, 17, 18]) {
            let group = Group::from_parameter_id(id).unwrap();
            let honest = group.encode(&group.multiple(&BigUint::from(77u8), &group.generator()));
            for key in BadKey::ALL {
                let sent = key.encode(group, &honest, &honest);
                let member = group.decode(&sent).is_some_and(|element| group.contains(&element));
                let may = matches!(key, BadKey::Generator | BadKey::Echo);
                // A number that is cut or lengthened is another number below or above p.
                assert_eq!(member, may, "{id} {key:?}");
            }
        }
    }

    #[test]
    fn small_orders_are_what_they_say() {
        for modp in Modp::ALL {
            let p = &modp.numbers().p;
            let number = BadKey::SmallOrder.number(modp, &BigUint::from(2u8));
            let order =
                (2u32..100_000).find(|order| number.modpow(&BigUint::from(*order), p) == BigUint::from(1u8));
            assert!(order.is_some(), "{modp:?}");
        }
        let group = Group::from_parameter_id(12).unwrap();
        let Group::Curve(name) = group else { panic!() };
        // Addition does not use b, so it works on the other curve too: 2P = -P.
        let point = BadKey::SmallOrder.point(group);
        let Point::Affine { x, y } = &point else { panic!() };
        let double = name.curve().add(&point, &point);
        assert_eq!(double, Point::Affine { x: x.clone(), y: &name.curve().p - y });
    }
}
