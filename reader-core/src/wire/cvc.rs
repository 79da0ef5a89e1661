//! The shape of card-verifiable certificates: which objects are there, in which order, and where the signed part lies.
//!
//! What the fields mean is decided in `cvc`. Spec: TR-03110-3 §C.1, §D.2, §D.3; 9303-12 §7.2.2.

use super::date::Date;
use super::oid::Oid;
use super::tlv::{Reader, Rules};
use super::{Malformed, Problem};

/// Largest certificate that is read: keys of 4096 bits with extensions need a quarter of it.
pub const MAX_CERTIFICATE_BYTES: usize = 8 * 1024;
/// Shortest reference: two letters of the country, one of the mnemonic, five of the sequence number.
const MIN_REFERENCE_BYTES: usize = 8;
/// Longest reference: nine letters of the mnemonic.
const MAX_REFERENCE_BYTES: usize = 16;

/// A certificate's objects, without their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CvcShape<'a> {
    /// Tag, length and value of the body: what is signed, and what a chip is sent.
    pub body: &'a [u8],
    /// Who signed: the certification authority reference.
    pub authority: &'a [u8],
    /// Whose key it is: the certificate holder reference.
    pub holder: &'a [u8],
    /// The key.
    pub key: CvcKeyShape<'a>,
    /// The kind of terminal: object identifier of the authorization template.
    pub role: Oid<'a>,
    /// Role and rights, as their bits stand there.
    pub rights: &'a [u8],
    /// From this day on.
    pub effective: Date,
    /// To this day, which is still included.
    pub expires: Date,
    /// The value of the extensions, where there are any.
    pub extensions: Option<&'a [u8]>,
    /// The value of the signature.
    pub signature: &'a [u8],
    /// Tag, length and value of the signature.
    pub signature_object: &'a [u8],
}

/// The public key of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CvcKeyShape<'a> {
    /// Algorithm that the key is for.
    pub algorithm: Oid<'a>,
    /// Its numbers.
    pub numbers: CvcNumbers<'a>,
}

/// The numbers of a key: unsigned, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CvcNumbers<'a> {
    /// RSA.
    Rsa {
        /// Modulus.
        modulus: &'a [u8],
        /// Public exponent.
        exponent: &'a [u8],
    },
    /// A curve.
    Ec {
        /// All of its domain parameters, or none: then those of the authority's certificate hold.
        domain: Option<CvcDomain<'a>>,
        /// The public point, uncompressed.
        point: &'a [u8],
    },
}

/// Explicit domain parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CvcDomain<'a> {
    /// Prime of the field.
    pub p: &'a [u8],
    /// First coefficient.
    pub a: &'a [u8],
    /// Second coefficient.
    pub b: &'a [u8],
    /// Base point, uncompressed.
    pub g: &'a [u8],
    /// Its order.
    pub n: &'a [u8],
    /// Cofactor.
    pub h: &'a [u8],
}

impl<'a> CvcShape<'a> {
    /// Reads one certificate, tag 7F21, and nothing after it.
    ///
    /// # Errors
    /// Another structure, a field twice, missing or out of order, a date that does not exist, or more than
    /// [`MAX_CERTIFICATE_BYTES`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            let problem = Problem::TooMany { limit: MAX_CERTIFICATE_BYTES, of: "bytes" };
            return Err(Malformed::new("CV certificate", 0, problem));
        }
        let mut outer = Reader::new("CV certificate", Rules::Der, bytes);
        let mut inner = outer.enter("CV certificate", 0x7F21)?;
        outer.finish()?;
        let body = inner.expect(0x7F4E)?;
        let signature = inner.expect(0x5F37)?;
        if signature.value.is_empty() {
            return Err(inner.fault(Problem::Value("an empty signature")));
        }
        let mut fields = inner.inside("certificate body", &body);
        inner.finish()?;

        let profile = fields.expect(0x5F29)?;
        if profile.value != [0] {
            return Err(fields.fault(Problem::Value("a certificate profile other than version 1")));
        }
        let authority = reference(&mut fields, 0x42)?;
        let mut key = fields.enter("public key", 0x7F49)?;
        let key_shape = CvcKeyShape { algorithm: oid(&mut key)?, numbers: numbers(&mut key)? };
        key.finish()?;
        let holder = reference(&mut fields, 0x5F20)?;
        let mut template = fields.enter("authorization template", 0x7F4C)?;
        let role = oid(&mut template)?;
        let rights = template.expect(0x53)?.value;
        template.finish()?;
        let effective = date(&mut fields, 0x5F25)?;
        let expires = date(&mut fields, 0x5F24)?;
        let extensions = fields.optional(0x65)?.map(|object| object.value);
        fields.finish()?;
        Ok(Self {
            body: body.raw,
            authority,
            holder,
            key: key_shape,
            role,
            rights,
            effective,
            expires,
            extensions,
            signature: signature.value,
            signature_object: signature.raw,
        })
    }
}

/// The authority references in EF.CVCA: one, or the present and the previous one, filled up with zeros.
/// Spec: TR-03110-3 §A.1.1.3 (EF.CVCA, 36 bytes).
///
/// # Errors
/// None at all, more than two, or something else than references.
pub fn authorities(file: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut reader = Reader::new("EF.CVCA", Rules::Der, file);
    let mut found = vec![reference(&mut reader, 0x42)?];
    if reader.rest().first() == Some(&0x42) {
        found.push(reference(&mut reader, 0x42)?);
    }
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(reader.fault(Problem::Value("something else than zeros after the references")));
    }
    Ok(found)
}

/// Whether these bytes can be a reference: 8 to 16 printable characters of ISO 8859-1.
#[must_use]
pub fn is_reference(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, 0x20..=0x7E | 0xA0..=0xFF);
    (MIN_REFERENCE_BYTES..=MAX_REFERENCE_BYTES).contains(&bytes.len()) && bytes.iter().all(printable)
}

fn reference<'a>(reader: &mut Reader<'a>, tag: u32) -> Result<&'a [u8], Malformed> {
    let object = reader.expect(tag)?;
    if is_reference(object.value) {
        Ok(object.value)
    } else {
        Err(reader.fault(Problem::Value("a reference that is not 8 to 16 printable characters")))
    }
}

fn oid<'a>(reader: &mut Reader<'a>) -> Result<Oid<'a>, Malformed> {
    let object = reader.expect(0x06)?;
    let fault = reader.fault(Problem::Value("an object identifier that does not end"));
    Oid::from_content(object.value).ok_or(fault)
}

/// The objects after the algorithm. RSA has 81 and 82; a curve has 86, and 81 to 85 with 87 or none of them.
/// Spec: TR-03110-3 §D.3.
fn numbers<'a>(reader: &mut Reader<'a>) -> Result<CvcNumbers<'a>, Malformed> {
    if reader.peek_tag()? == 0x86 {
        return Ok(CvcNumbers::Ec { domain: None, point: number(reader, 0x86)? });
    }
    let first = number(reader, 0x81)?;
    let second = number(reader, 0x82)?;
    if reader.is_empty() {
        return Ok(CvcNumbers::Rsa { modulus: first, exponent: second });
    }
    let (b, g, n) = (number(reader, 0x83)?, number(reader, 0x84)?, number(reader, 0x85)?);
    let point = number(reader, 0x86)?;
    let h = number(reader, 0x87)?;
    Ok(CvcNumbers::Ec { domain: Some(CvcDomain { p: first, a: second, b, g, n, h }), point })
}

fn number<'a>(reader: &mut Reader<'a>, tag: u32) -> Result<&'a [u8], Malformed> {
    let object = reader.expect(tag)?;
    if object.value.is_empty() {
        return Err(reader.fault(Problem::Value("an empty number")));
    }
    Ok(object.value)
}

/// YYMMDD as six unpacked BCD digits, in this century. Spec: TR-03110-3 §D.2.1.3.
fn date(reader: &mut Reader<'_>, tag: u32) -> Result<Date, Malformed> {
    let object = reader.expect(tag)?;
    let fault = reader.fault(Problem::Value("a date that is not six digits of a day that exists"));
    let two = |tens: u8, ones: u8| (tens <= 9 && ones <= 9).then(|| tens * 10 + ones);
    let read = || {
        let digits: [u8; 6] = object.value.try_into().ok()?;
        let [y1, y2, m1, m2, d1, d2] = digits;
        Date::new(2000 + u16::from(two(y1, y2)?), two(m1, m2)?, two(d1, d2)?)
    };
    read().ok_or(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tlv::encode;

    fn body(swap: Option<(usize, Vec<u8>)>) -> Vec<u8> {
        let mut fields = [
            encode(0x5F29, &[0]),
            encode(0x42, b"UTCVCA00001"),
            encode(0x7F49, &[encode(0x06, &[4, 0, 0x7F]), encode(0x86, &[4, 1, 1])].concat()),
            encode(0x5F20, b"UTDV00001"),
            encode(0x7F4C, &[encode(0x06, &[4, 0, 0x7F]), encode(0x53, &[0x83])].concat()),
            encode(0x5F25, &[2, 6, 0, 1, 0, 1]),
            encode(0x5F24, &[2, 6, 1, 2, 3, 1]),
        ];
        if let Some((index, bytes)) = swap {
            fields[index] = bytes;
        }
        encode(0x7F21, &[encode(0x7F4E, &fields.concat()), encode(0x5F37, &[1; 8])].concat())
    }

    #[test]
    fn reads_the_fields_in_their_order() {
        let bytes = body(None);
        let shape = CvcShape::parse(&bytes).unwrap();
        assert_eq!((shape.authority, shape.holder), (&b"UTCVCA00001"[..], &b"UTDV00001"[..]));
        assert_eq!(shape.effective, Date::new(2026, 1, 1).unwrap());
        assert_eq!(shape.expires, Date::new(2026, 12, 31).unwrap());
        assert_eq!(shape.body.first_chunk(), Some(&[0x7F, 0x4E]));
    }

    #[test]
    fn refuses_every_missing_doubled_or_wrong_field() {
        for index in 0..7 {
            assert!(CvcShape::parse(&body(Some((index, Vec::new())))).is_err(), "field {index} missing");
        }
        let twice = |field: Vec<u8>| [field.clone(), field].concat();
        for (index, field) in [
            (0, encode(0x5F29, &[1])),
            (1, encode(0x42, b"UT00001")),
            (1, encode(0x42, b"UTCVCAABCDEF00001")),
            (1, encode(0x42, b"UTCV\n00001")),
            (1, twice(encode(0x42, b"UTCVCA00001"))),
            (5, encode(0x5F25, &[2, 6, 1, 3, 0, 1])),
            (5, encode(0x5F25, &[2, 6, 0, 1, 0, 10])),
            (5, encode(0x5F25, b"260101")),
            (6, encode(0x5F24, &[2, 6, 1, 2, 3])),
            (6, [encode(0x5F24, &[2, 6, 1, 2, 3, 1]), vec![0x04, 0]].concat()),
        ] {
            assert!(CvcShape::parse(&body(Some((index, field)))).is_err(), "field {index}");
        }
        assert!(CvcShape::parse(&[body(None), vec![0]].concat()).is_err());
    }

    #[test]
    fn domain_parameters_are_all_there_or_none() {
        let key = |tags: &[u32]| {
            let numbers = tags.iter().flat_map(|tag| encode(*tag, &[4])).collect();
            let value = [encode(0x06, &[4, 0, 0x7F]), numbers].concat();
            body(Some((2, encode(0x7F49, &value))))
        };
        let good: [&[u32]; 3] = [&[0x86], &[0x81, 0x82], &[0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87]];
        for tags in good {
            assert!(CvcShape::parse(&key(tags)).is_ok(), "{tags:X?}");
        }
        let bad: [&[u32]; 5] =
            [&[], &[0x81], &[0x82, 0x81], &[0x81, 0x82, 0x86], &[0x81, 0x82, 0x83, 0x84, 0x85, 0x86]];
        for tags in bad {
            assert!(CvcShape::parse(&key(tags)).is_err(), "{tags:X?}");
        }
    }

    #[test]
    fn authorities_are_one_or_two_and_then_zeros() {
        let one = encode(0x42, b"UTCVCA00001");
        let two = encode(0x42, b"UTCVCA00002");
        assert_eq!(authorities(&one).unwrap(), [b"UTCVCA00001"]);
        let padded = [two.clone(), one.clone(), vec![0; 10]].concat();
        assert_eq!(authorities(&padded).unwrap(), [b"UTCVCA00002", b"UTCVCA00001"]);
        assert!(authorities(&[0; 36]).is_err());
        assert!(authorities(&[]).is_err());
        assert!(authorities(&[one.clone(), one.clone(), one.clone()].concat()).is_err());
        assert!(authorities(&[one, vec![0, 1]].concat()).is_err());
    }
}
