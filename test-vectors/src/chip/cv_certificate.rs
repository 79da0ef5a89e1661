//! Card-verifiable certificates from the chip's end: taken apart, and their signatures checked.
//! Spec: 9303-12 §7.2.2, §7.2.3; 9303-11 §7.1.4.

use super::tlv;
use crate::card::{CvDate, Hash, TerminalKey};
use crate::num::{BigUint, CurveName, Point, Signature, ecdsa_verify, fixed_width, rsa_raw};

/// id-TA (0.4.0.127.0.7.2.2.2).
const ID_TA: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02];
/// id-IS (0.4.0.127.0.7.3.1.2.1), the template of inspection systems.
const ID_IS: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x01, 0x02, 0x01];
/// A reference is a country, at most nine characters, and five more.
const REFERENCE_MAX_BYTES: usize = 16;

/// Who holds a certificate: the two highest bits of its authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Authority,
    DomesticVerifier,
    ForeignVerifier,
    Terminal,
}

impl Role {
    pub(super) fn of(authorization: u8) -> Role {
        match authorization >> 6 {
            0b11 => Role::Authority,
            0b10 => Role::DomesticVerifier,
            0b01 => Role::ForeignVerifier,
            _ => Role::Terminal,
        }
    }

    pub(super) fn may_certify(self, holder: Role) -> bool {
        match self {
            Role::Authority => holder != Role::Terminal,
            Role::DomesticVerifier | Role::ForeignVerifier => holder == Role::Terminal,
            Role::Terminal => false,
        }
    }
}

/// A certificate, not yet believed.
pub(super) struct Certificate<'a> {
    /// What is signed: the body with its tag and length.
    pub body: &'a [u8],
    pub signature: &'a [u8],
    pub authority: &'a [u8],
    pub holder: &'a [u8],
    pub authorization: u8,
    pub effective: CvDate,
    pub expires: CvDate,
    public_key: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads `7F4E body ‖ 5F37 signature`. The order of the objects is fixed; extensions may follow.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Certificate<'a>> {
        let outer = tlv::split(bytes)?;
        let [body, signature] = outer.as_slice() else { return None };
        if (body.tag, signature.tag) != (0x7F4E, 0x5F37) {
            return None;
        }
        let objects = tlv::split(body.value)?;
        let tags: Vec<u16> = objects.iter().map(|object| object.tag).collect();
        let fixed = [0x5F29, 0x42, 0x7F49, 0x5F20, 0x7F4C, 0x5F25, 0x5F24];
        if !matches!(tags.strip_prefix(&fixed), Some([] | [0x65])) {
            return None;
        }
        let values: Vec<&[u8]> = objects.iter().map(|object| object.value).collect();
        let &[profile, authority, public_key, holder, template, effective, expires, ..] = values.as_slice()
        else {
            return None;
        };
        let template = tlv::split(template)?;
        let ([0], Some(ID_IS), Some(&[authorization])) =
            (profile, tlv::find(&template, 0x06), tlv::find(&template, 0x53))
        else {
            return None;
        };
        let named = |reference: &[u8]| (1..=REFERENCE_MAX_BYTES).contains(&reference.len());
        (named(authority) && named(holder)).then_some(Certificate {
            body: body.encoded,
            signature: signature.value,
            authority,
            holder,
            authorization,
            effective: date(effective)?,
            expires: date(expires)?,
            public_key,
        })
    }

    pub(super) fn role(&self) -> Role {
        Role::of(self.authorization)
    }

    /// The certified key. Only an authority's own certificate brings domain parameters; without them the curve is the
    /// issuer's. Spec: 9303-12 §7.2.2.3.
    pub(super) fn key(&self, issuer: &TerminalKey) -> Option<TerminalKey> {
        let objects = tlv::split(self.public_key)?;
        let find = |tag| tlv::find(&objects, tag);
        let &[family, variant] = find(0x06)?.strip_prefix(&ID_TA)? else { return None };
        if family == 1 {
            let (pss, hash) = match variant {
                1 => (false, Hash::Sha1),
                2 => (false, Hash::Sha256),
                3 => (true, Hash::Sha1),
                4 => (true, Hash::Sha256),
                5 => (false, Hash::Sha512),
                6 => (true, Hash::Sha512),
                _ => return None,
            };
            let (modulus, exponent) = (find(0x81)?.to_vec(), find(0x82)?.to_vec());
            return (modulus.len() >= 128).then_some(TerminalKey::Rsa { modulus, exponent, pss, hash });
        }
        let hash = match (family, variant) {
            (2, 1) => Hash::Sha1,
            (2, 2) => Hash::Sha224,
            (2, 3) => Hash::Sha256,
            (2, 4) => Hash::Sha384,
            (2, 5) => Hash::Sha512,
            _ => return None,
        };
        let parameters: Vec<&[u8]> = (0x81..=0x85).filter_map(find).collect();
        let curve = match (parameters.as_slice(), issuer) {
            ([], TerminalKey::Ecdsa { curve, .. }) => *curve,
            (&[p, a, b, generator, order], _) if self.role() == Role::Authority => {
                CurveName::ALL.into_iter().find(|name| {
                    let curve = name.curve();
                    let is = |bytes: &[u8], number: &BigUint| BigUint::from_bytes_be(bytes) == *number;
                    is(p, &curve.p)
                        && is(a, &curve.a)
                        && is(b, &curve.b)
                        && is(order, &curve.n)
                        && curve.decode(generator).as_ref() == Some(&curve.generator)
                })?
            }
            _ => return None,
        };
        let point = curve.curve().decode(find(0x86)?).filter(|point| *point != Point::Infinity)?;
        Some(TerminalKey::Ecdsa { curve, point, hash })
    }
}

fn date(digits: &[u8]) -> Option<CvDate> {
    let digits: CvDate = digits.try_into().ok()?;
    digits.iter().all(|digit| *digit < 10).then_some(digits)
}

/// Whether a signature holds: of a certificate under its issuer's key, or of a challenge under the terminal's.
pub(super) fn verifies(key: &TerminalKey, message: &[u8], signature: &[u8]) -> bool {
    match key {
        TerminalKey::Ecdsa { curve, point, hash } => {
            let width = curve.curve().order_bytes();
            let Some((r, s)) = signature.split_at_checked(width).filter(|(_, s)| s.len() == width) else {
                return false;
            };
            let [r, s] = [r, s].map(BigUint::from_bytes_be);
            ecdsa_verify(*curve, point, &hash.digest(message), &Signature { r, s })
        }
        TerminalKey::Rsa { modulus, exponent, pss, hash } => {
            if signature.len() != modulus.len() {
                return false;
            }
            let block = rsa_raw(modulus, exponent, signature);
            let digest = hash.digest(message);
            if *pss { pss_holds(*hash, &digest, modulus, &block) } else { v15_holds(*hash, &digest, &block) }
        }
    }
}

/// 00 01 FF … FF 00, the hash's name, the hash. Spec: RFC 8017 §8.2.2.
fn v15_holds(hash: Hash, digest: &[u8], block: &[u8]) -> bool {
    let name: &[u8] = match hash {
        Hash::Sha1 => &[0x2B, 0x0E, 0x03, 0x02, 0x1A],
        Hash::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
        Hash::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        Hash::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        Hash::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    };
    let algorithm = tlv::write(0x30, &[tlv::write(0x06, name), vec![0x05, 0x00]].concat());
    let info = tlv::write(0x30, &[algorithm, tlv::write(0x04, digest)].concat());
    let Some(filler) = block.len().checked_sub(info.len() + 3) else { return false };
    block == [vec![0x00, 0x01], vec![0xFF; filler], vec![0x00], info].concat()
}

/// The salt is as long as the hash. Spec: RFC 8017 §9.1.2; 9303-11 §7.1.4.1.1.
fn pss_holds(hash: Hash, digest: &[u8], modulus: &[u8], block: &[u8]) -> bool {
    let bits = BigUint::from_bytes_be(modulus).bits() - 1;
    let em = fixed_width(&BigUint::from_bytes_be(block), usize::try_from(bits.div_ceil(8)).unwrap_or(0));
    if BigUint::from_bytes_be(block).bits() > bits {
        return false;
    }
    let Some(mask_bytes) = em.len().checked_sub(digest.len() + 1) else { return false };
    let (masked, rest) = em.split_at(mask_bytes);
    let Some((h, [0xBC])) = rest.split_at_checked(digest.len()) else { return false };
    let mut mask = Vec::new();
    for counter in 0u32.. {
        if mask.len() >= mask_bytes {
            break;
        }
        mask.extend(hash.digest(&[h, &counter.to_be_bytes()].concat()));
    }
    let mut data: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    if let Some(first) = data.first_mut() {
        *first &= 0xFF >> (em.len() as u64 * 8 - bits);
    }
    let Some((filler, salt)) = data.len().checked_sub(digest.len()).and_then(|at| data.split_at_checked(at))
    else {
        return false;
    };
    let framed = matches!(filler, [zeros @ .., 0x01] if zeros.iter().all(|byte| *byte == 0));
    framed && hash.digest(&[&[0; 8], digest, salt].concat()) == h
}
