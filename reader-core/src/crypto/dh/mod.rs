//! Diffie-Hellman groups over prime fields: elements, keys, agreement, and the mapped generators of PACE.
//!
//! An [`Element`] is never 1 and always in the subgroup of prime order, so that no later step has to ask. Operations on
//! secret exponents and bases run in constant time. Spec: 9303-11 §4.4.3, §9.5.1 table 12, §9.6; RFC 5114 §2; RFC 2631 §2.1.5.

mod prime;
mod standard;
mod static_key;

use core::fmt;

use crypto_bigint::{
    CtEq, CtLt, Odd, U256, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};
use zeroize::{Zeroize, Zeroizing};

use self::standard::{MODP_1024_160, MODP_2048_224, MODP_2048_256};
pub use self::static_key::{DomainError, MAX_PRIME_BITS, MIN_PRIME_BITS, StaticKey};
use super::secret::{Entropy, EntropyError, Secret};

/// Draws of an exponent before the source of randomness is called broken: each fails with chance of one half at most.
const MAX_DRAWS: usize = 128;

/// A standardized group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DhGroup {
    /// 1024-bit MODP group with 160-bit prime order subgroup.
    Modp1024Q160,
    /// 2048-bit MODP group with 224-bit prime order subgroup.
    Modp2048Q224,
    /// 2048-bit MODP group with 256-bit prime order subgroup.
    Modp2048Q256,
}

/// Why an element, key or mapping was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DhError {
    /// Longer than the prime, or nothing.
    #[error("a public value of {group} has 1 to {max_bytes} bytes, {actual_bytes} were given")]
    Encoding {
        /// The group.
        group: DhGroup,
        /// Length of the prime.
        max_bytes: usize,
        /// Length given.
        actual_bytes: usize,
    },
    /// 0, 1, the prime or above.
    #[error("the public value is not between 2 and p − 1 of {0}")]
    OutOfRange(DhGroup),
    /// Outside the subgroup of order q (small-subgroup attack or damage).
    #[error("the public value is outside the subgroup of {0}")]
    OutsideSubgroup(DhGroup),
    /// A private key outside [1, q − 1].
    #[error("the private key is not in the range of {0}")]
    Exponent(DhGroup),
    /// The two sides use different groups.
    #[error("the key is of {own}, the public value of {other}")]
    OtherGroup {
        /// Group of the own key.
        own: DhGroup,
        /// Group of the public value.
        other: DhGroup,
    },
    /// The mapping gave 1, 0 or the standard generator.
    #[error("the mapped generator of {0} is 1 or the standard one")]
    Unmapped(DhGroup),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// The prime, the generator and its prime order.
struct Numbers<const L: usize> {
    p: Odd<Uint<L>>,
    g: Uint<L>,
    q: U256,
}

/// Calls a function that is generic over the size, with the numbers of the group.
macro_rules! for_group {
    ($group:expr, $function:ident ( $($argument:expr),* $(,)? )) => {
        match $group {
            DhGroup::Modp1024Q160 => $function::<16>(&MODP_1024_160, $($argument),*),
            DhGroup::Modp2048Q224 => $function::<32>(&MODP_2048_224, $($argument),*),
            DhGroup::Modp2048Q256 => $function::<32>(&MODP_2048_256, $($argument),*),
        }
    };
}

impl DhGroup {
    /// Every supported group.
    pub const ALL: [Self; 3] = [Self::Modp1024Q160, Self::Modp2048Q224, Self::Modp2048Q256];

    /// The group behind a standardized domain parameter number. Spec: 9303-11 §9.5.1 table 12.
    #[must_use]
    pub const fn from_standardized_id(id: u8) -> Option<Self> {
        Some(match id {
            0 => Self::Modp1024Q160,
            1 => Self::Modp2048Q224,
            2 => Self::Modp2048Q256,
            _ => return None,
        })
    }

    /// The standardized group of these numbers, unsigned and big-endian, leading zeros ignored; its order is compared where
    /// it is said.
    #[must_use]
    pub fn match_explicit(p: &[u8], g: &[u8], order: Option<&[u8]>) -> Option<Self> {
        let [p, g] = [p, g].map(static_key::trimmed);
        let order = order.map(static_key::trimmed);
        Self::ALL.into_iter().find(|group| group.is(p, g) && order.is_none_or(|order| group.has_order(order)))
    }

    /// Whether these are the group's prime and generator, without leading zeros.
    fn is(self, p: &[u8], g: &[u8]) -> bool {
        fn run<const L: usize>(numbers: &Numbers<L>, p: &[u8], g: &[u8]) -> bool {
            number(p) == Some(*numbers.p.as_ref()) && number(g) == Some(numbers.g)
        }
        for_group!(self, run(p, g))
    }

    /// Whether this is the order of the subgroup.
    fn has_order(self, order: &[u8]) -> bool {
        fn run<const L: usize>(numbers: &Numbers<L>, order: &[u8]) -> bool {
            number(order) == Some(numbers.q)
        }
        for_group!(self, run(order))
    }

    /// Name as the standard writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modp1024Q160 => "MODP 1024/160",
            Self::Modp2048Q224 => "MODP 2048/224",
            Self::Modp2048Q256 => "MODP 2048/256",
        }
    }

    /// Size of the prime in bits.
    #[must_use]
    pub const fn modulus_bits(self) -> usize {
        match self {
            Self::Modp1024Q160 => 1024,
            Self::Modp2048Q224 | Self::Modp2048Q256 => 2048,
        }
    }

    /// Size of the subgroup's order in bits; a multiple of eight.
    #[must_use]
    pub const fn order_bits(self) -> usize {
        match self {
            Self::Modp1024Q160 => 160,
            Self::Modp2048Q224 => 224,
            Self::Modp2048Q256 => 256,
        }
    }

    /// Length of the prime and of a shared secret in bytes.
    #[must_use]
    pub const fn modulus_len(self) -> usize {
        self.modulus_bits() / 8
    }
}

impl fmt::Display for DhGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An element of the subgroup, not 1. May hold a secret intermediate of PACE: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Element {
    group: DhGroup,
    /// As long as the prime.
    value: Zeroizing<Vec<u8>>,
}

impl Element {
    /// The element that an unsigned integer stands for; leading zeros are tolerated up to the prime's length.
    /// Spec: 9303-11 §9.4.1; RFC 2631 §2.1.5.
    ///
    /// # Errors
    /// When it is not in [2, p − 1], or not in the subgroup.
    pub fn decode(group: DhGroup, encoded: &[u8]) -> Result<Self, DhError> {
        let max_bytes = group.modulus_len();
        if encoded.is_empty() || encoded.len() > max_bytes {
            return Err(DhError::Encoding { group, max_bytes, actual_bytes: encoded.len() });
        }
        for_group!(group, check(group, encoded))?;
        let mut value = Zeroizing::new(vec![0; max_bytes - encoded.len()]);
        value.extend_from_slice(encoded);
        Ok(Self { group, value })
    }

    /// Big-endian in the least number of bytes. Spec: 9303-11 §9.4.1.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.value.iter().copied().skip_while(|byte| *byte == 0).collect()
    }

    /// The group it is of.
    #[must_use]
    pub const fn group(&self) -> DhGroup {
        self.group
    }
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.group == other.group && subtle::ConstantTimeEq::ct_eq(&self.value[..], &other.value[..]).into()
    }
}

impl Eq for Element {}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({})", self.group)
    }
}

/// A generator of the subgroup: the standard one, or the one that PACE mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator(Element);

impl Generator {
    /// The standard generator of a group.
    #[must_use]
    pub fn standard(group: DhGroup) -> Self {
        fn run<const L: usize>(numbers: &Numbers<L>) -> Zeroizing<Vec<u8>> {
            to_bytes(&numbers.g)
        }
        Self(Element { group, value: for_group!(group, run()) })
    }

    /// Generic mapping: g^s·h, for the nonce s and the element h that both sides agreed on. Spec: 9303-11 §4.4.3.3.1.
    ///
    /// # Errors
    /// When the result is 1 or g itself.
    pub fn map_generic(nonce: &Secret, shared: &Element) -> Result<Self, DhError> {
        let value = for_group!(shared.group, map(nonce.expose(), &shared.value));
        Self::mapped(shared.group, value.ok_or(DhError::Unmapped(shared.group))?)
    }

    /// Integrated mapping: R(s, t) to the power of the cofactor. Spec: 9303-11 §4.4.3.3.2.
    ///
    /// # Errors
    /// When the result is 0, 1 or g itself.
    pub fn map_integrated(group: DhGroup, random: &Secret) -> Result<Self, DhError> {
        Self::mapped(group, for_group!(group, raise_to_cofactor(random.expose())))
    }

    fn mapped(group: DhGroup, value: Zeroizing<Vec<u8>>) -> Result<Self, DhError> {
        let mapped = Self(Element { group, value });
        let rest =
            mapped.0.value.split_last().map(|(last, above)| (*last, above.iter().all(|byte| *byte == 0)));
        if matches!(rest, None | Some((0 | 1, true))) || mapped == Self::standard(group) {
            return Err(DhError::Unmapped(group));
        }
        Ok(mapped)
    }

    /// The generator as an element.
    #[must_use]
    pub const fn element(&self) -> &Element {
        &self.0
    }
}

/// A private key in [1, q − 1] with its generator and public key; wiped when dropped.
pub struct PrivateKey {
    exponent: Secret,
    public: Element,
}

impl PrivateKey {
    /// A fresh key, uniformly drawn.
    ///
    /// # Errors
    /// When the source of randomness fails or yields nothing usable.
    pub fn generate(generator: &Generator, entropy: &mut dyn Entropy) -> Result<Self, DhError> {
        for _ in 0..MAX_DRAWS {
            let draw = Secret::random(generator.0.group.order_bits() / 8, entropy)?;
            match Self::from_bytes(generator, draw.expose()) {
                Err(DhError::Exponent(_)) => {}
                done => return done,
            }
        }
        Err(EntropyError.into())
    }

    /// The key with this number, big-endian.
    ///
    /// # Errors
    /// When it is not in [1, q − 1].
    pub fn from_bytes(generator: &Generator, exponent: &[u8]) -> Result<Self, DhError> {
        let group = generator.0.group;
        let value = for_group!(group, power(group, exponent, &generator.0.value))?;
        Ok(Self { exponent: Secret::from_slice(exponent), public: Element { group, value } })
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &Element {
        &self.public
    }

    /// Key agreement: the shared number, as long as the prime, leading zeros kept. Spec: PKCS#3 §8.3.
    ///
    /// # Errors
    /// When the public value is of another group.
    pub fn agree(&self, other: &Element) -> Result<Secret, DhError> {
        self.agree_element(other).map(|element| Secret::from_slice(&element.value))
    }

    /// Key agreement: the shared element, as the mapping of PACE needs it.
    ///
    /// # Errors
    /// When the public value is of another group.
    pub fn agree_element(&self, other: &Element) -> Result<Element, DhError> {
        let group = self.public.group;
        if other.group != group {
            return Err(DhError::OtherGroup { own: group, other: other.group });
        }
        let value = for_group!(group, power(group, self.exponent.expose(), &other.value))?;
        Ok(Element { group, value })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public.group)
    }
}

/// The number in at most `8·L` bytes; longer strings give nothing.
fn number<const L: usize>(bytes: &[u8]) -> Option<Uint<L>> {
    let mut padded = Zeroizing::new(vec![0; L * 8]);
    let start = padded.len().checked_sub(bytes.len())?;
    padded.get_mut(start..)?.copy_from_slice(bytes);
    Some(Uint::from_be_slice(&padded))
}

fn to_bytes<const L: usize>(number: &Uint<L>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(number.to_be_bytes().as_slice().to_vec())
}

fn field<const L: usize>(numbers: &Numbers<L>) -> FixedMontyParams<L> {
    FixedMontyParams::new_vartime(numbers.p)
}

/// Public values only: the result of the checks may show in the time.
fn check<const L: usize>(numbers: &Numbers<L>, group: DhGroup, bytes: &[u8]) -> Result<(), DhError> {
    let outside = DhError::OutOfRange(group);
    let value = number::<L>(bytes).ok_or(outside)?;
    if value <= Uint::ONE || value >= *numbers.p.as_ref() {
        return Err(outside);
    }
    let field = field(numbers);
    let raised = FixedMontyForm::new(&value, &field).pow(&numbers.q);
    if raised != FixedMontyForm::one(&field) {
        return Err(DhError::OutsideSubgroup(group));
    }
    Ok(())
}

/// `base` to a secret power in [1, q − 1]; constant time in both.
fn power<const L: usize>(
    numbers: &Numbers<L>,
    group: DhGroup,
    exponent: &[u8],
    base: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DhError> {
    let refused = DhError::Exponent(group);
    let mut exponent = number::<4>(exponent).ok_or(refused)?;
    let fits = CtLt::ct_lt(&exponent, &numbers.q) & !CtEq::ct_eq(&exponent, &U256::ZERO);
    let base = number::<L>(base).ok_or(refused)?;
    let mut raised = FixedMontyForm::new(&base, &field(numbers)).pow(&exponent);
    exponent.zeroize();
    let out = to_bytes(&raised.retrieve());
    raised.zeroize();
    bool::from(fits).then_some(out).ok_or(refused)
}

/// g^s·h in constant time; nothing when a number is too long.
fn map<const L: usize>(numbers: &Numbers<L>, nonce: &[u8], shared: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let field = field(numbers);
    let mut nonce = number::<4>(nonce)?;
    let mut product = FixedMontyForm::new(&numbers.g, &field).pow(&nonce)
        * FixedMontyForm::new(&number::<L>(shared)?, &field);
    nonce.zeroize();
    let out = to_bytes(&product.retrieve());
    product.zeroize();
    Some(out)
}

/// Any string of bytes modulo p, to the power of (p − 1)/q; constant time in the content.
fn raise_to_cofactor<const L: usize>(numbers: &Numbers<L>, random: &[u8]) -> Zeroizing<Vec<u8>> {
    let field = field(numbers);
    let base = FixedMontyForm::new(&Uint::from_u16(256), &field);
    let mut sum = FixedMontyForm::zero(&field);
    for byte in random {
        sum = sum * base + FixedMontyForm::new(&Uint::from_u8(*byte), &field);
    }
    let less = numbers.p.as_ref().wrapping_sub(&Uint::ONE);
    // The order is a constant other than zero, so the division is defined.
    let order = numbers.q.resize::<L>().to_nz();
    let cofactor = Option::from(order).map_or(Uint::ZERO, |order| less.div_rem_vartime::<L>(&order).0);
    let mut raised = sum.pow(&cofactor);
    let out = to_bytes(&raised.retrieve());
    sum.zeroize();
    raised.zeroize();
    out
}

#[cfg(test)]
mod tests;
