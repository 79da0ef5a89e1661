//! ECDSA signing, in constant time in key and nonce.

use crypto_bigint::modular::ConstMontyParams;
use zeroize::Zeroize;

use super::spec::{self, Scalar, Spec, for_curve};
use super::{Curve, EcError, Generator, PrivateKey, bytes, leftmost_bits};
use crate::crypto::secret::{Entropy, EntropyError};

/// A draw fails with negligible probability; a source that is stuck must not hang the program.
const MAX_DRAWS: usize = 8;

impl PrivateKey {
    /// r ‖ s, each as long as the order, for the hash of a message. The nonce is drawn afresh. Spec: TR-03111 §4.2.1.1.
    ///
    /// # Errors
    /// When the key's base point is not the curve's own, or the source of randomness fails.
    pub fn sign(&self, hash: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, EcError> {
        let curve = self.generator.curve();
        let standard = Generator::standard(curve);
        if self.generator != standard {
            return Err(EcError::Unmapped(curve));
        }
        for _ in 0..MAX_DRAWS {
            let nonce = Self::generate(&standard, entropy)?;
            if let Some(signature) = for_curve!(curve, signature(self, &nonce, hash)) {
                return Ok(signature);
            }
        }
        Err(EntropyError.into())
    }
}

fn signature<S: Spec<L>, const L: usize>(
    key: &PrivateKey,
    nonce: &PrivateKey,
    hash: &[u8],
) -> Option<Vec<u8>> {
    let hash = leftmost_bits::<L>(hash, S::CURVE.field_bits())?;
    let r = bytes::reduce::<S, L>(nonce.public.x_bytes());
    let mut own = bytes::scalar::<S, L>(key.scalar.expose())?;
    let mut once = bytes::scalar::<S, L>(nonce.scalar.expose())?;
    let mut inverse = Option::<Scalar<S, L>>::from(Scalar::<S, L>::new(&once).invert())?;
    let mut product = Scalar::<S, L>::new(&own) * r;
    let s = (Scalar::<S, L>::new(&hash) + product) * inverse;
    own.zeroize();
    once.zeroize();
    inverse.zeroize();
    product.zeroize();
    let (r, s) = (r.retrieve(), s.retrieve());
    if bool::from(r.is_zero() | s.is_zero()) {
        return None;
    }
    let len = S::N::PARAMS.modulus().as_ref().bits_vartime().div_ceil(8) as usize;
    Some([bytes::encode(&r, len), bytes::encode(&s, len)].concat())
}
