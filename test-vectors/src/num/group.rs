//! The two kinds of group that PACE runs in, behind one interface: curves and numbers modulo a prime.

use num_bigint::BigUint;

use super::{CurveName, Modp, Point, expand, fixed_width, private_from_seed};

/// A group with standardized domain parameters. Spec: 9303-11 §9.5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Points of a curve: ECDH.
    Curve(CurveName),
    /// Numbers modulo a prime: DH.
    Modp(Modp),
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A point of a curve.
    Point(Point),
    /// A number modulo a prime.
    Number(BigUint),
}

impl Group {
    /// The group of a standardized domain parameter identifier.
    pub fn from_parameter_id(id: u8) -> Option<Group> {
        let modp = Modp::from_parameter_id(id).map(Group::Modp);
        modp.or_else(|| CurveName::from_parameter_id(id).map(Group::Curve))
    }

    /// A private key between 1 and the order less one that follows from a label alone, as wide as the order.
    pub fn private_from_seed(self, label: &str) -> Vec<u8> {
        if let Group::Curve(name) = self {
            return private_from_seed(name, label);
        }
        let order = self.order();
        let width_bytes = order.to_bytes_be().len();
        let wide = BigUint::from_bytes_be(&expand(&[b"private key", label.as_bytes()], width_bytes + 8));
        fixed_width(&(wide % (order - 1u8) + 1u8), width_bytes)
    }

    /// The public key of a private one.
    pub fn public_key(self, private: &[u8]) -> Element {
        self.multiple(&BigUint::from_bytes_be(private), &self.generator())
    }

    /// The prime of the field.
    pub fn prime(self) -> &'static BigUint {
        match self {
            Group::Curve(name) => &name.curve().p,
            Group::Modp(name) => &name.numbers().p,
        }
    }

    /// How many members the subgroup has; a prime.
    pub fn order(self) -> &'static BigUint {
        match self {
            Group::Curve(name) => &name.curve().n,
            Group::Modp(name) => &name.numbers().q,
        }
    }

    /// The generator of the domain parameters.
    pub fn generator(self) -> Element {
        match self {
            Group::Curve(name) => Element::Point(name.curve().generator.clone()),
            Group::Modp(name) => Element::Number(name.numbers().g.clone()),
        }
    }

    /// The point at infinity, or one.
    pub fn neutral(self) -> Element {
        match self {
            Group::Curve(_) => Element::Point(Point::Infinity),
            Group::Modp(_) => Element::Number(BigUint::from(1u8)),
        }
    }

    /// A multiple of a point, a power of a number. Of a member of the other kind: the neutral element.
    pub fn multiple(self, scalar: &BigUint, base: &Element) -> Element {
        match (self, base) {
            (Group::Curve(name), Element::Point(point)) => {
                Element::Point(name.curve().multiply(scalar, point))
            }
            (Group::Modp(name), Element::Number(number)) => {
                Element::Number(number.modpow(scalar, &name.numbers().p))
            }
            _ => self.neutral(),
        }
    }

    /// The sum of two points, the product of two numbers. Of members of the other kind: the neutral element.
    pub fn sum(self, left: &Element, right: &Element) -> Element {
        match (self, left, right) {
            (Group::Curve(name), Element::Point(left), Element::Point(right)) => {
                Element::Point(name.curve().add(left, right))
            }
            (Group::Modp(name), Element::Number(left), Element::Number(right)) => {
                Element::Number(left * right % &name.numbers().p)
            }
            _ => self.neutral(),
        }
    }

    /// Whether this is a member of the subgroup other than the neutral one. Spec: RFC 2631 §2.1.5, 9303-11 §9.6.
    pub fn contains(self, element: &Element) -> bool {
        match (self, element) {
            (Group::Curve(name), Element::Point(point)) => name.curve().contains(point),
            (Group::Modp(_), Element::Number(number)) => {
                *number < *self.prime()
                    && *number > BigUint::from(1u8)
                    && self.multiple(self.order(), element) == self.neutral()
            }
            _ => false,
        }
    }

    /// An ephemeral public key's value: the uncompressed point, or the number in as few bytes as it needs.
    /// Spec: 9303-11 §9.4.3 to §9.4.5.
    pub fn encode(self, element: &Element) -> Vec<u8> {
        match (self, element) {
            (Group::Curve(name), Element::Point(point)) => name.curve().encode(point),
            (_, Element::Number(number)) => number.to_bytes_be(),
            (Group::Modp(_), Element::Point(_)) => Vec::new(),
        }
    }

    /// Reads what [`Group::encode`] writes. It does not look whether the value is a member: see [`Group::contains`].
    pub fn decode(self, bytes: &[u8]) -> Option<Element> {
        match self {
            Group::Curve(name) => name.curve().decode(bytes).map(Element::Point),
            Group::Modp(_) => Some(Element::Number(BigUint::from_bytes_be(bytes))),
        }
    }

    /// The shared secret: the x coordinate, or the number, as wide as the field. `None` if the other member is none, or
    /// the product is neutral. Spec: 9303-11 §9.6.
    pub fn secret(self, private: &BigUint, other: &Element) -> Option<Vec<u8>> {
        if !self.contains(other) {
            return None;
        }
        let width_bytes = self.prime().to_bytes_be().len();
        match self.multiple(private, other) {
            Element::Point(Point::Affine { x, .. }) => Some(fixed_width(&x, width_bytes)),
            Element::Number(number) if number > BigUint::from(1u8) => Some(fixed_width(&number, width_bytes)),
            _ => None,
        }
    }

    /// The member that integrated mapping makes of a number below the prime. `None` where there is none: a curve whose
    /// prime is not 3 modulo 4 (P-224), a number without an image, a neutral image. Spec: 9303-11 §4.4.3.3.2.
    pub fn from_field(self, number: &BigUint) -> Option<Element> {
        match self {
            Group::Curve(name) => name.curve().point_from_field(number).map(Element::Point),
            Group::Modp(name) => {
                let numbers = name.numbers();
                let cofactor = (&numbers.p - 1u8) / &numbers.q;
                let image = number.modpow(&cofactor, &numbers.p);
                (image > BigUint::from(1u8)).then_some(Element::Number(image))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_names_a_group_whose_generator_is_a_member() {
        for id in (0..=2).chain(8..=18) {
            let group = Group::from_parameter_id(id).unwrap();
            assert!(group.contains(&group.generator()), "{id}");
            assert!(!group.contains(&group.neutral()), "{id}");
            assert_eq!(group.multiple(group.order(), &group.generator()), group.neutral(), "{id}");
            let two = group.multiple(&BigUint::from(2u8), &group.generator());
            assert_eq!(group.sum(&group.generator(), &group.generator()), two, "{id}");
            assert_eq!(group.decode(&group.encode(&two)), Some(two), "{id}");
        }
        for id in [3, 7, 19] {
            assert_eq!(Group::from_parameter_id(id), None);
        }
    }

    #[test]
    fn every_modulus_has_the_cofactor_that_integrated_mapping_needs() {
        for name in Modp::ALL {
            let numbers = name.numbers();
            assert_eq!((&numbers.p - 1u8) % &numbers.q, BigUint::ZERO, "{name:?}");
            assert_eq!(Group::from_parameter_id(name.parameter_id()), Some(Group::Modp(name)));
        }
    }

    #[test]
    fn what_is_mapped_is_a_member() {
        for id in (0..=2).chain(8..=18) {
            let group = Group::from_parameter_id(id).unwrap();
            for number in [2u32, 3, 0xDEAD_BEEF] {
                match group.from_field(&BigUint::from(number)) {
                    Some(element) => assert!(group.contains(&element), "{id}: {number}"),
                    None => assert_eq!(id, 10, "only P-224 has no integrated mapping"),
                }
            }
            assert_eq!(group.from_field(&BigUint::ZERO), None, "{id}");
        }
    }

    #[test]
    fn small_subgroups_are_no_members() {
        for name in Modp::ALL {
            let group = Group::Modp(name);
            let p = group.prime();
            for number in [BigUint::ZERO, p - 1u8, p.clone(), p + &name.numbers().g] {
                assert!(!group.contains(&Element::Number(number.clone())), "{name:?}");
                assert_eq!(group.secret(&BigUint::from(5u8), &Element::Number(number)), None);
            }
        }
    }
}
