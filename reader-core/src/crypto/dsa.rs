//! Verification of DSA, which the standard names beside RSA and ECDSA. There is no private operation here.
//!
//! Spec: 9303-12 §4.1.6.2; FIPS 186-4 §4.

use crypto_bigint::{
    BoxedUint, NonZero, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};

/// Smallest accepted prime: whether 1024 bits are enough is policy.
pub const MIN_PRIME_BITS: u32 = 1024;
/// Largest accepted prime.
pub const MAX_PRIME_BITS: u32 = 3072;
/// Smallest accepted order.
pub const MIN_ORDER_BITS: u32 = 160;
/// Largest accepted order.
pub const MAX_ORDER_BITS: u32 = 256;

/// Why a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DsaKeyError {
    /// Prime or order have an unsupported size.
    #[error("a DSA key of {prime_bits} and {order_bits} bits is not supported")]
    Size {
        /// Size of the prime.
        prime_bits: u32,
        /// Size of the order.
        order_bits: u32,
    },
    /// Prime or order are even.
    #[error("the prime or the order of the DSA key is even: the key is damaged")]
    Even,
    /// Generator or public value are 0, 1, not below the prime, or outside the subgroup of the order.
    #[error("the {0} of the DSA key is not in the subgroup of its order")]
    Element(&'static str),
}

/// A DSA public key whose numbers were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DsaPublicKey {
    p: Odd<BoxedUint>,
    q: Odd<BoxedUint>,
    g: BoxedUint,
    y: BoxedUint,
}

impl DsaPublicKey {
    /// The key with these unsigned big-endian numbers: prime, order, generator and public value. Leading zeros are ignored.
    ///
    /// # Errors
    /// When a number is out of the supported range, or not in the subgroup. That prime and order are primes is for whoever
    /// signed the key.
    pub fn new(p: &[u8], q: &[u8], g: &[u8], y: &[u8]) -> Result<Self, DsaKeyError> {
        let [p, q, g, y] = [p, q, g, y].map(trimmed);
        let longest = (MAX_PRIME_BITS / 8) as usize;
        let bits = |bytes: &[u8]| {
            let short = bytes.get(..bytes.len().min(longest + 1)).unwrap_or_default();
            BoxedUint::from_be_slice_vartime(short).bits_vartime()
        };
        let (prime_bits, order_bits) = (bits(p), bits(q));
        if !(MIN_PRIME_BITS..=MAX_PRIME_BITS).contains(&prime_bits)
            || !(MIN_ORDER_BITS..=MAX_ORDER_BITS).contains(&order_bits)
        {
            return Err(DsaKeyError::Size { prime_bits, order_bits });
        }
        let odd = |bytes: &[u8]| Option::from(Odd::new(BoxedUint::from_be_slice_vartime(bytes)));
        let p: Odd<BoxedUint> = odd(p).ok_or(DsaKeyError::Even)?;
        let q: Odd<BoxedUint> = odd(q).ok_or(DsaKeyError::Even)?;
        let [g, y] = [("generator", g), ("public value", y)].map(|(what, bytes)| {
            let wrong = DsaKeyError::Element(what);
            let value = below(bytes, &p).ok_or(wrong)?;
            let in_subgroup = bytes != [1] && is_one(&power(&value, q.as_ref(), &p));
            if in_subgroup { Ok(value) } else { Err(wrong) }
        });
        Ok(Self { g: g?, y: y?, p, q })
    }

    /// Size of the prime in bits.
    #[must_use]
    pub fn prime_bits(&self) -> u32 {
        self.p.as_ref().bits_vartime()
    }

    /// Whether (r, s), unsigned and big-endian, is a signature of the hash. Spec: FIPS 186-4 §4.7.
    #[must_use]
    pub(super) fn holds(&self, hash: &[u8], r: &[u8], s: &[u8]) -> bool {
        self.check(hash, r, s) == Some(true)
    }

    fn check(&self, hash: &[u8], r: &[u8], s: &[u8]) -> Option<bool> {
        let (r, s) = (trimmed(r), trimmed(s));
        if r.is_empty() || s.is_empty() {
            return Some(false);
        }
        below(r, &self.q)?;
        let s = below(s, &self.q)?;
        let order = NonZero::new(self.q.as_ref().clone()).into_option()?;
        let two = BoxedUint::from_be_slice(&[2], self.q.as_ref().bits_precision()).ok()?;
        let inverse = power(&s, &self.q.as_ref().wrapping_sub(&two), &self.q);
        // The leftmost bits of the hash, as many as the order has.
        let hash_bits = u32::try_from(hash.len()).ok()?.checked_mul(8)?;
        let surplus = hash_bits.saturating_sub(self.q.as_ref().bits_vartime());
        let hash = BoxedUint::from_be_slice_vartime(hash).shr_vartime(surplus)?;
        let parameters = BoxedMontyParams::new_vartime(self.q.clone());
        let inverse = BoxedMontyForm::new(inverse, &parameters);
        let times = |number: BoxedUint| (BoxedMontyForm::new(number, &parameters) * &inverse).retrieve();
        let u1 = times(hash.rem_vartime(&order));
        let u2 = times(below(r, &self.q)?);
        let field = BoxedMontyParams::new_vartime(self.p.clone());
        let form = |number| BoxedMontyForm::new(number, &field);
        let product = form(power(&self.g, &u1, &self.p)) * &form(power(&self.y, &u2, &self.p));
        let v = product.retrieve().rem_vartime(&order);
        Some(trimmed(&v.to_be_bytes()) == r)
    }
}

/// The number in these bytes with the precision of a modulus that it is below.
fn below(bytes: &[u8], modulus: &Odd<BoxedUint>) -> Option<BoxedUint> {
    let modulus: &BoxedUint = modulus.as_ref();
    let number = BoxedUint::from_be_slice(bytes, modulus.bits_precision()).ok()?;
    (!bytes.is_empty() && number < *modulus).then_some(number)
}

fn is_one(number: &BoxedUint) -> bool {
    trimmed(&number.to_be_bytes()) == [1]
}

/// base ^ exponent. Variable time: everything here is public.
fn power(base: &BoxedUint, exponent: &BoxedUint, modulus: &Odd<BoxedUint>) -> BoxedUint {
    let parameters = BoxedMontyParams::new_vartime(modulus.clone());
    let base = BoxedMontyForm::new(base.clone(), &parameters);
    let mut power = BoxedMontyForm::one(&parameters);
    for bit in (0..exponent.bits_vartime()).rev() {
        power = power.square();
        if exponent.bit_vartime(bit) {
            power *= &base;
        }
    }
    power.retrieve()
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use test_vectors::num::{BigUint, Modp};

    use super::*;

    fn numbers(of: Modp) -> [Vec<u8>; 3] {
        let numbers = of.numbers();
        [&numbers.p, &numbers.q, &numbers.g].map(BigUint::to_bytes_be)
    }

    #[test]
    fn keys_outside_the_subgroup_or_of_odd_sizes_are_refused() {
        let [p, q, g] = numbers(Modp::Of1024And160);
        assert!(DsaPublicKey::new(&p, &q, &g, &g).is_ok());
        let less = (Modp::Of1024And160.numbers().p.clone() - 1u8).to_bytes_be();
        for y in [&[][..], &[0], &[1], &[2], &less, &p] {
            assert_eq!(DsaPublicKey::new(&p, &q, &g, y), Err(DsaKeyError::Element("public value")));
        }
        assert_eq!(DsaPublicKey::new(&p, &q, &[1], &g), Err(DsaKeyError::Element("generator")));
        assert!(matches!(DsaPublicKey::new(&p[1..], &q, &g, &g), Err(DsaKeyError::Size { .. })));
        assert!(matches!(DsaPublicKey::new(&p, &q[1..], &g, &g), Err(DsaKeyError::Size { .. })));
        assert!(matches!(DsaPublicKey::new(&[0xFF; 5000], &q, &g, &g), Err(DsaKeyError::Size { .. })));
        let even = [&p[..p.len() - 1], &[0]].concat();
        assert_eq!(DsaPublicKey::new(&even, &q, &g, &g), Err(DsaKeyError::Even));
    }

    #[test]
    fn zero_and_numbers_above_the_order_are_no_signature() {
        let [p, q, g] = numbers(Modp::Of2048And256);
        let key = DsaPublicKey::new(&p, &q, &g, &g).unwrap();
        for (r, s) in [(&[][..], &[1][..]), (&[1], &[]), (&[0], &[1]), (&q, &[1]), (&[1], &q), (&[1], &p)] {
            assert!(!key.holds(&[7; 32], r, s));
        }
    }
}
