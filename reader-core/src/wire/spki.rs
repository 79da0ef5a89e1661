//! SubjectPublicKeyInfo: the public keys of certificates, DG14 and DG15, as shapes.
//!
//! Which curve explicit parameters are, and whether a key is good for anything, is said by [`crate::key`].
//! Spec: RFC 5280 §4.1.2.7, RFC 3279 §2.3.5, TR-03111 §5.1; 9303-12 §4.1.6.3 wants explicit parameters.

use super::Malformed;
use super::der::{AlgorithmIdentifier, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use super::oid::Oid;
use super::tlv::{Reader, Rules, Tlv};
use super::{Problem, der};

/// `SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spki<'a> {
    /// The whole structure as it stands.
    pub raw: &'a [u8],
    /// Kind of key, with its parameters.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// The bits of the key: a point, or [`RsaKey`].
    pub key: &'a [u8],
}

/// Domain parameters of an elliptic-curve key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcParameters<'a> {
    /// Named by an object identifier.
    Named(Oid<'a>),
    /// Written out, as the standard wants them.
    Explicit(ExplicitEc<'a>),
    /// Inherited from somewhere else (NULL, or nothing at all).
    Implicit,
}

/// Explicit domain parameters over a prime field. Integers are unsigned, big-endian, without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplicitEc<'a> {
    /// Prime of the field.
    pub p: &'a [u8],
    /// Coefficient a, a field element.
    pub a: &'a [u8],
    /// Coefficient b, a field element.
    pub b: &'a [u8],
    /// The optional seed is there.
    pub seeded: bool,
    /// Base point, encoded.
    pub g: &'a [u8],
    /// Order of the base point.
    pub n: &'a [u8],
    /// Cofactor, where it is given.
    pub h: Option<&'a [u8]>,
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`, without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RsaKey<'a> {
    /// Modulus.
    pub modulus: &'a [u8],
    /// Public exponent.
    pub exponent: &'a [u8],
}

/// The domain parameters of a prime field. Integers are unsigned, big-endian, without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DhParameters<'a> {
    /// Prime of the field.
    pub p: &'a [u8],
    /// Generator.
    pub g: &'a [u8],
    /// Order of the generator, where it is said: never in PKCS#3.
    pub q: Option<&'a [u8]>,
}

/// A key over a prime field, with its domain parameters. Integers are unsigned, big-endian, without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DhKey<'a> {
    /// Prime of the field.
    pub p: &'a [u8],
    /// Generator.
    pub g: &'a [u8],
    /// Order of the generator, where it is said: never in PKCS#3.
    pub q: Option<&'a [u8]>,
    /// The public value.
    pub y: &'a [u8],
}

impl<'a> Spki<'a> {
    /// Reads one SubjectPublicKeyInfo and nothing after it. Lengths need not be in their shortest form: nothing is
    /// signed over a key that is read from here but the bytes as they stand.
    ///
    /// # Errors
    /// Not the shape of one.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new("SubjectPublicKeyInfo", Rules::Ber, bytes);
        let mut inner = outer.enter("SubjectPublicKeyInfo", SEQUENCE)?;
        outer.finish()?;
        let algorithm = inner.algorithm()?;
        let key = inner.bit_string()?;
        inner.finish()?;
        Ok(Self { raw: bytes, algorithm, key })
    }

    /// The domain parameters, where this is an elliptic-curve key.
    ///
    /// # Errors
    /// The parameters are none of the three forms.
    pub fn ec_parameters(&self) -> Result<EcParameters<'a>, Malformed> {
        EcParameters::parse(self.algorithm.parameters.as_ref())
    }

    /// Modulus and exponent, where this is an RSA key.
    ///
    /// # Errors
    /// The key bits are no RSAPublicKey.
    pub fn rsa_key(&self) -> Result<RsaKey<'a>, Malformed> {
        let mut outer = Reader::new("RSAPublicKey", Rules::Ber, self.key);
        let mut inner = outer.enter("RSAPublicKey", SEQUENCE)?;
        outer.finish()?;
        let modulus = inner.unsigned()?;
        let exponent = inner.unsigned()?;
        inner.finish()?;
        Ok(RsaKey { modulus, exponent })
    }
}

impl<'a> Spki<'a> {
    /// The public value and `DHParameter ::= SEQUENCE { prime, base, privateValueLength OPTIONAL }`, where this is a key
    /// of PKCS#3.
    ///
    /// # Errors
    /// Not these shapes.
    pub fn pkcs3_key(&self) -> Result<DhKey<'a>, Malformed> {
        let DhParameters { p, g, q } = DhParameters::pkcs3(&self.algorithm)?;
        Ok(DhKey { p, g, q, y: self.integer_key()? })
    }

    /// The public value and `DomainParameters ::= SEQUENCE { p, g, q, j OPTIONAL, validationParms OPTIONAL }`, where this is
    /// a key of X9.42. Spec: RFC 3279 §2.3.3.
    ///
    /// # Errors
    /// Not these shapes.
    pub fn x942_key(&self) -> Result<DhKey<'a>, Malformed> {
        let DhParameters { p, g, q } = DhParameters::x942(&self.algorithm)?;
        Ok(DhKey { p, g, q, y: self.integer_key()? })
    }

    /// The key bits as one INTEGER, as keys over prime fields have them.
    ///
    /// # Errors
    /// They are something else.
    pub fn integer_key(&self) -> Result<&'a [u8], Malformed> {
        let mut reader = Reader::new("DHPublicKey", Rules::Ber, self.key);
        let y = reader.unsigned()?;
        reader.finish()?;
        Ok(y)
    }
}

impl<'a> DhParameters<'a> {
    /// `DHParameter ::= SEQUENCE { prime, base, privateValueLength OPTIONAL }` of an AlgorithmIdentifier.
    ///
    /// # Errors
    /// Not this shape.
    pub fn pkcs3(algorithm: &AlgorithmIdentifier<'a>) -> Result<Self, Malformed> {
        let mut parameters = sequence_of("DHParameter", algorithm)?;
        let (p, g) = (parameters.unsigned()?, parameters.unsigned()?);
        if !parameters.is_empty() {
            parameters.unsigned()?;
        }
        parameters.finish()?;
        Ok(Self { p, g, q: None })
    }

    /// `DomainParameters ::= SEQUENCE { p, g, q, j OPTIONAL, validationParms OPTIONAL }` of an AlgorithmIdentifier.
    /// Spec: RFC 3279 §2.3.3.
    ///
    /// # Errors
    /// Not this shape.
    pub fn x942(algorithm: &AlgorithmIdentifier<'a>) -> Result<Self, Malformed> {
        let mut parameters = sequence_of("X9.42 DomainParameters", algorithm)?;
        let (p, g, q) = (parameters.unsigned()?, parameters.unsigned()?, parameters.unsigned()?);
        // How the group was made says nothing that is not checked anyway.
        if !parameters.is_empty() && parameters.peek_tag()? == INTEGER {
            parameters.unsigned()?;
        }
        parameters.optional(SEQUENCE)?;
        parameters.finish()?;
        Ok(Self { p, g, q: Some(q) })
    }
}

fn sequence_of<'a>(what: &'static str, algorithm: &AlgorithmIdentifier<'a>) -> Result<Reader<'a>, Malformed> {
    let raw = algorithm.parameters.as_ref().ok_or(Malformed::value(what, "nothing at all"))?.raw;
    let mut outer = Reader::new(what, Rules::Ber, raw);
    let inner = outer.enter(what, SEQUENCE)?;
    outer.finish()?;
    Ok(inner)
}

impl<'a> EcParameters<'a> {
    /// Reads `ECParameters ::= CHOICE { namedCurve, implicitCurve NULL, specifiedCurve }`; `None` is implicit too.
    ///
    /// # Errors
    /// None of the three, a field that is not prime, or an unknown version.
    pub fn parse(parameters: Option<&Tlv<'a>>) -> Result<Self, Malformed> {
        let Some(parameters) = parameters else { return Ok(Self::Implicit) };
        match parameters.tag {
            OBJECT_IDENTIFIER => Oid::from_content(parameters.value)
                .map(Self::Named)
                .ok_or(Malformed::value("ECParameters", "an object identifier that does not end")),
            der::NULL => Ok(Self::Implicit),
            SEQUENCE => explicit(parameters.raw).map(Self::Explicit),
            _ => Err(Malformed::value("ECParameters", "neither a name, nor explicit, nor implicit")),
        }
    }
}

/// `SpecifiedECDomain ::= SEQUENCE { version, fieldID, curve, base, order, cofactor OPTIONAL, hash OPTIONAL }`.
fn explicit(raw: &[u8]) -> Result<ExplicitEc<'_>, Malformed> {
    let mut outer = Reader::new("ECParameters", Rules::Ber, raw);
    let mut domain = outer.enter("ECParameters", SEQUENCE)?;
    outer.finish()?;
    if !(1..=3).contains(&domain.small()?) {
        return Err(domain.fault(Problem::Value("a version other than 1, 2 or 3")));
    }
    let mut field = domain.enter("ECParameters fieldID", SEQUENCE)?;
    if !field.oid()?.is("1.2.840.10045.1.1") {
        return Err(field.fault(Problem::Value("a field that is not a prime field")));
    }
    let p = field.unsigned()?;
    field.finish()?;
    let mut curve = domain.enter("ECParameters curve", SEQUENCE)?;
    let a = curve.octet_string()?;
    let b = curve.octet_string()?;
    let seeded = curve.optional(der::BIT_STRING)?.is_some();
    curve.finish()?;
    let g = domain.expect(OCTET_STRING)?.value;
    let n = domain.unsigned()?;
    let has_cofactor = !domain.is_empty() && domain.peek_tag()? == INTEGER;
    let h = if has_cofactor { Some(domain.unsigned()?) } else { None };
    // A hash algorithm may follow since version 2; it says nothing about the group.
    domain.optional(SEQUENCE)?;
    domain.finish()?;
    Ok(ExplicitEc { p, a, b, seeded, g, n, h })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::encode;

    const EC_KEY: &[u8] = &[0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

    fn spki(parameters: &[u8], key: &[u8]) -> Vec<u8> {
        let algorithm = encode(SEQUENCE, &[EC_KEY, parameters].concat());
        let bits = encode(der::BIT_STRING, &[&[0][..], key].concat());
        encode(SEQUENCE, &[algorithm, bits].concat())
    }

    fn specified(field: &[u8], cofactor: &[u8]) -> Vec<u8> {
        let field_id = encode(SEQUENCE, &[&[6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 1, 1][..], field].concat());
        let curve = encode(SEQUENCE, &[4, 1, 1, 4, 1, 6]);
        let tail = [&[4, 3, 4, 3, 6, 2, 1, 13][..], cofactor].concat();
        encode(SEQUENCE, &[&[2, 1, 1][..], &field_id, &curve, &tail].concat())
    }

    #[test]
    fn reads_the_three_forms() {
        let named = spki(&[6, 5, 0x2B, 0x81, 4, 0, 0x22], &[4, 1, 2]);
        let read = Spki::parse(&named).unwrap();
        assert_eq!(read.key, [4, 1, 2]);
        assert!(matches!(read.ec_parameters(), Ok(EcParameters::Named(oid)) if oid.is("1.3.132.0.34")));

        let bytes = spki(&specified(&[2, 1, 11], &[2, 1, 1]), &[4, 1, 2]);
        let Ok(EcParameters::Explicit(explicit)) = Spki::parse(&bytes).unwrap().ec_parameters() else {
            panic!("explicit parameters")
        };
        assert_eq!((explicit.p, explicit.n, explicit.h), (&[11][..], &[13][..], Some(&[1][..])));
        let bytes = spki(&specified(&[2, 1, 11], &[]), &[4]);
        assert!(
            matches!(Spki::parse(&bytes).unwrap().ec_parameters(), Ok(EcParameters::Explicit(e)) if e.h.is_none())
        );

        for implicit in [&[5, 0][..], &[]] {
            let bytes = spki(implicit, &[4]);
            assert_eq!(Spki::parse(&bytes).unwrap().ec_parameters(), Ok(EcParameters::Implicit));
        }
    }

    #[test]
    fn reads_keys_over_prime_fields() {
        let key = |parameters: &[u8]| spki(&encode(SEQUENCE, parameters), &[2, 2, 0, 0x99]);
        let bytes = key(&[2, 1, 11, 2, 1, 4]);
        let read = Spki::parse(&bytes).unwrap();
        assert_eq!(read.pkcs3_key(), Ok(DhKey { p: &[11], g: &[4], q: None, y: &[0x99] }));
        assert!(read.x942_key().is_err());
        assert_eq!(Spki::parse(&key(&[2, 1, 11, 2, 1, 4, 2, 1, 9])).unwrap().pkcs3_key().unwrap().q, None);
        for rest in [&[][..], &[2, 1, 2], &[0x30, 0], &[2, 1, 2, 0x30, 0]] {
            let bytes = key(&[&[2, 1, 11, 2, 1, 4, 2, 1, 5], rest].concat());
            let read = Spki::parse(&bytes).unwrap().x942_key();
            assert_eq!(read, Ok(DhKey { p: &[11], g: &[4], q: Some(&[5]), y: &[0x99] }));
        }
        let no_key = spki(&encode(SEQUENCE, &[2, 1, 11, 2, 1, 4]), &[4, 1, 2]);
        assert!(Spki::parse(&no_key).unwrap().pkcs3_key().is_err());
        assert!(Spki::parse(&spki(&[5, 0], &[2, 1, 3])).unwrap().pkcs3_key().is_err());
        assert!(Spki::parse(&spki(&[], &[2, 1, 3])).unwrap().x942_key().is_err());
    }

    #[test]
    fn refuses_other_shapes() {
        assert!(Spki::parse(&[]).is_err());
        let mut trailing = spki(&[5, 0], &[4]);
        trailing.push(0);
        assert!(Spki::parse(&trailing).is_err());
        let negative_prime = spki(&specified(&[2, 1, 0x8B], &[]), &[4]);
        assert!(Spki::parse(&negative_prime).unwrap().ec_parameters().is_err());
        let boolean = spki(&[1, 1, 0], &[4]);
        assert!(Spki::parse(&boolean).unwrap().ec_parameters().is_err());
        assert!(Spki::parse(&boolean).unwrap().rsa_key().is_err());
    }
}
