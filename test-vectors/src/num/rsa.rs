//! Raw RSA, without padding, and keys that follow from a label.

use num_bigint::BigUint;

use super::{expand, fixed_width};

/// The raw RSA operation `input ^ exponent mod modulus`, as wide as the modulus. Padding is the caller's business.
pub fn rsa_raw(modulus: &[u8], exponent: &[u8], input: &[u8]) -> Vec<u8> {
    let modulus = BigUint::from_bytes_be(modulus);
    let out = BigUint::from_bytes_be(input).modpow(&BigUint::from_bytes_be(exponent), &modulus);
    fixed_width(&out, modulus.to_bytes_be().len())
}

/// An RSA key; all numbers big-endian. The public exponent is 65537.
#[derive(Clone, Debug)]
pub struct RsaKey {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The private exponent.
    pub private: Vec<u8>,
    /// The public exponent.
    pub public: Vec<u8>,
}

impl RsaKey {
    /// A key of exactly `bits` bits that follows from a label alone. Slow: keep the result.
    pub fn from_seed(bits: u32, label: &str) -> RsaKey {
        let public = BigUint::from(65537u32);
        let mut attempt = 0u64;
        loop {
            let seed = [label.as_bytes(), &attempt.to_be_bytes()].concat();
            attempt += 1;
            let p = prime(bits.div_ceil(2), &[b"p", &seed]);
            let q = prime(bits / 2, &[b"q", &seed]);
            let modulus = &p * &q;
            let phi = (&p - 1u8) * (&q - 1u8);
            let Some(private) = public.modinv(&phi) else { continue };
            if p != q && modulus.bits() == u64::from(bits) {
                return RsaKey {
                    modulus: modulus.to_bytes_be(),
                    private: private.to_bytes_be(),
                    public: public.to_bytes_be(),
                };
            }
        }
    }
}

impl RsaKey {
    /// The same modulus with another public exponent; `None` where the exponent shares a factor with p − 1 or q − 1.
    pub fn with_exponent(&self, exponent: u32) -> Option<RsaKey> {
        let [p, q, ..] = self.factors().map(|bytes| BigUint::from_bytes_be(&bytes));
        let public = BigUint::from(exponent);
        let private = public.modinv(&((p - 1u8) * (q - 1u8)))?;
        Some(RsaKey {
            modulus: self.modulus.clone(),
            private: private.to_bytes_be(),
            public: public.to_bytes_be(),
        })
    }

    /// p and q, the private exponent modulo each less one, and the inverse of q modulo p: what RFC 8017 §A.1.2 stores
    /// beside the three numbers. All five are empty where the three are no key.
    pub fn factors(&self) -> [Vec<u8>; 5] {
        let [n, e, d] =
            [&self.modulus, &self.public, &self.private].map(|bytes| BigUint::from_bytes_be(bytes));
        let one = BigUint::from(1u8);
        // A square root of one that is neither one nor minus one shares a factor with the modulus.
        let multiple = &e * &d - 1u8;
        let twos = multiple.trailing_zeros().unwrap_or(0);
        let shared = (2u32..100).find_map(|base| {
            let mut x = BigUint::from(base).modpow(&(&multiple >> twos), &n);
            for _ in 0..twos {
                let square = &x * &x % &n;
                if square == one && x != one && x != &n - 1u8 {
                    return Some(gcd(&x - 1u8, n.clone()));
                }
                x = square;
            }
            None
        });
        let Some(a) = shared else { return [const { Vec::new() }; 5] };
        let b = &n / &a;
        let (p, q) = if a > b { (a, b) } else { (b, a) };
        let inverse = q.modinv(&p).unwrap_or_default();
        let numbers = [&d % (&p - 1u8), &d % (&q - 1u8), inverse];
        let [dp, dq, inverse] = numbers.map(|number| number.to_bytes_be());
        [p.to_bytes_be(), q.to_bytes_be(), dp, dq, inverse]
    }
}

fn gcd(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

/// A prime with its two highest bits set, so that the product of two has twice the bits.
fn prime(bits: u32, parts: &[&[u8]]) -> BigUint {
    let bytes = bits.div_ceil(8);
    let mut candidate = BigUint::from_bytes_be(&expand(parts, bytes as usize)) >> (bytes * 8 - bits);
    candidate.set_bit(u64::from(bits) - 1, true);
    candidate.set_bit(u64::from(bits) - 2, true);
    candidate.set_bit(0, true);
    while !is_prime(&candidate) {
        candidate += 2u8;
    }
    candidate
}

/// Trial division, then Miller-Rabin with small bases: enough for numbers that nobody chose to deceive it.
fn is_prime(candidate: &BigUint) -> bool {
    const BASES: [u32; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    for divisor in (3u32..2000).step_by(2) {
        if candidate % divisor == BigUint::ZERO {
            return *candidate == BigUint::from(divisor);
        }
    }
    let minus_one = candidate - 1u8;
    let twos = minus_one.trailing_zeros().unwrap_or(0);
    let odd = &minus_one >> twos;
    BASES.iter().all(|base| {
        let mut x = BigUint::from(*base).modpow(&odd, candidate);
        if x == BigUint::from(1u8) || x == minus_one {
            return true;
        }
        (1..twos).any(|_| {
            x = &x * &x % candidate;
            x == minus_one
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_operation_undoes_the_private_one() {
        for bits in [1024, 1536] {
            let key = RsaKey::from_seed(bits, "test");
            assert_eq!(key.modulus.len() * 8, bits as usize);
            let mut input = vec![0x42; key.modulus.len()];
            input[0] = 0;
            let output = rsa_raw(&key.modulus, &key.private, &input);
            assert_ne!(output, input);
            assert_eq!(rsa_raw(&key.modulus, &key.public, &output), input);
        }
    }

    #[test]
    fn primes_are_told_from_composites() {
        let number = |text: &str| BigUint::parse_bytes(text.as_bytes(), 10).unwrap();
        assert!(is_prime(&number("170141183460469231731687303715884105727")));
        assert!(!is_prime(&number("170141183460469231731687303715884105725")));
        assert!(!is_prime(&(number("1000000007") * number("1000000009"))));
    }
}
