//! Addresses of keys in tokens: `pkcs11:token=Desk;object=terminal?module-path=/usr/lib/…/libsofthsm2.so`.
//! Spec: RFC 7512 §2.3, §2.4.

use std::path::PathBuf;

/// Where PKCS#11 modules say which token and key are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenUri {
    /// Label of the token.
    pub token: Option<String>,
    /// Serial number of the token.
    pub serial: Option<String>,
    /// Label of the key.
    pub object: Option<String>,
    /// Identifier of the key.
    pub id: Option<Vec<u8>>,
    /// The library to load.
    pub module_path: Option<PathBuf>,
}

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// A secret stands in it.
    #[error("a PIN does not belong into an address; set {} or `pin` in the site's file", super::PIN_VARIABLE)]
    Pin,
    /// An attribute that is not known.
    #[error(
        "the attribute {0:?} of a pkcs11: address is not known here; known are token, serial, object, id, type, module-path"
    )]
    Unknown(String),
    /// An attribute twice, without a value, or wrongly escaped.
    #[error("the attribute {0:?} of a pkcs11: address stands twice, is empty or wrongly escaped")]
    Malformed(String),
    /// Nothing that tells the key, or no module.
    #[error("a pkcs11: address needs {0}")]
    Missing(&'static str),
}

impl TokenUri {
    /// Reads an address.
    ///
    /// # Errors
    /// As [`UriError`] says. An address with a PIN is refused without repeating it.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let body = text.strip_prefix("pkcs11:").ok_or(UriError::Missing("the scheme pkcs11:"))?;
        let (path, query) = body.split_once('?').unwrap_or((body, ""));
        let mut uri = Self::default();
        let attributes = path.split(';').chain(query.split('&')).filter(|part| !part.is_empty());
        for attribute in attributes {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            if name == "pin-value" || name == "pin-source" {
                return Err(UriError::Pin);
            }
            let malformed = || UriError::Malformed(name.to_owned());
            let bytes = unescape(value).filter(|bytes| !bytes.is_empty()).ok_or_else(malformed)?;
            let words = || String::from_utf8(bytes.clone()).map_err(|_| malformed());
            let taken = match name {
                "token" => uri.token.replace(words()?).is_some(),
                "serial" => uri.serial.replace(words()?).is_some(),
                "object" => uri.object.replace(words()?).is_some(),
                "id" => uri.id.replace(bytes.clone()).is_some(),
                "module-path" => uri.module_path.replace(PathBuf::from(words()?)).is_some(),
                "type" if bytes == b"private" => false,
                _ => return Err(UriError::Unknown(name.to_owned())),
            };
            if taken {
                return Err(malformed());
            }
        }
        if uri.module_path.is_none() {
            return Err(UriError::Missing("module-path: the library of the token"));
        }
        if uri.object.is_none() && uri.id.is_none() {
            return Err(UriError::Missing("object or id: which key"));
        }
        Ok(uri)
    }
}

/// Percent signs and two digits into bytes.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
        out.push(u8::try_from(value).ok()?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_address() {
        let uri = TokenUri::parse(
            "pkcs11:token=Desk%20one;object=terminal;id=%01%fF;type=private?module-path=/usr/lib/p11.so",
        )
        .unwrap();
        assert_eq!(uri.token.as_deref(), Some("Desk one"));
        assert_eq!(uri.object.as_deref(), Some("terminal"));
        assert_eq!(uri.id, Some(vec![1, 0xFF]));
        assert_eq!(uri.module_path, Some(PathBuf::from("/usr/lib/p11.so")));
    }

    #[test]
    fn refuses_secrets_and_faults_and_repeats_no_secret() {
        let error = TokenUri::parse("pkcs11:object=k?module-path=/m&pin-value=4711").unwrap_err();
        assert_eq!(error, UriError::Pin);
        assert!(!error.to_string().contains("4711"));
        for text in [
            "pkcs11:",
            "pkcs11:object=k",
            "pkcs11:token=t?module-path=/m",
            "pkcs11:object=k;object=l?module-path=/m",
            "pkcs11:object=%4?module-path=/m",
            "pkcs11:object=?module-path=/m",
            "pkcs11:object=k;type=public?module-path=/m",
            "pkcs11:object=k;colour=red?module-path=/m",
        ] {
            assert!(TokenUri::parse(text).is_err(), "{text}");
        }
    }
}
