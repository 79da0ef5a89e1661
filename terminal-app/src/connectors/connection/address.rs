//! Addresses of services: usable, without secrets, and never in clear beyond this machine.

use std::fmt;

use ureq::http::Uri;

/// What an address may say beside scheme, host and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connectors) enum AddressForm {
    /// Nothing: the paths are the service's own.
    Host,
    /// A path.
    Path,
}

/// An address that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    host: String,
    port: u16,
    secure: bool,
    local: bool,
}

impl Address {
    /// Reads the setting `key`. The fault says what is wrong with it.
    pub(in crate::connectors) fn parse(key: &str, text: &str, form: AddressForm) -> Result<Self, String> {
        let example = match form {
            AddressForm::Host => "https://host",
            AddressForm::Path => "https://host/path",
        };
        let uri: Uri =
            text.parse().map_err(|_| format!("{key}: not an address; write it as \"{example}\""))?;
        let authority =
            uri.authority().ok_or_else(|| format!("{key}: no host; write it as \"{example}\""))?;
        if authority.as_str().contains('@') {
            return Err(format!(
                "{key}: an address with user or password is refused; they have settings of their own"
            ));
        }
        let path_is_wrong = form == AddressForm::Host && !matches!(uri.path(), "" | "/");
        if path_is_wrong || uri.query().is_some() || text.contains('#') {
            let path = if form == AddressForm::Path { ", port and path only" } else { " and port only" };
            return Err(format!("{key}: give scheme, host{path}, without query"));
        }
        let host = uri.host().unwrap_or_default().to_owned();
        let local = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if local => false,
            Some("http") => {
                return Err(format!(
                    "{key}: plain http would send secrets and personal data in clear; use https"
                ));
            }
            _ => return Err(format!("{key}: begin it with \"https://\"")),
        };
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { text: text.to_owned(), host, port, secure, local })
    }

    /// As it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As it was given, without a slash at its end: what paths are appended to.
    #[must_use]
    pub fn base(&self) -> &str {
        self.text.trim_end_matches('/')
    }

    /// The host: a name or an IP address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// TLS is spoken there.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host is this machine.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.local
    }

    /// Scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, host, path) in [
            ("https://a.example", true, true),
            ("https://a.example:8443/", true, true),
            ("http://127.0.0.1:80", true, true),
            ("http://[::1]:80", true, true),
            ("https://a.example/path", false, true),
            ("http://127.0.0.1.evil.example", false, false),
            ("https://user:pw@a.example", false, false),
            ("https://a.example?x=1", false, false),
            ("https://a.example/path?x=1", false, false),
            ("https://a.example/path#x", false, false),
            ("ftp://a.example", false, false),
            ("a.example", false, false),
            ("", false, false),
            ("https://", false, false),
        ] {
            let good = |form| Address::parse("url", url, form).is_ok();
            assert_eq!((good(AddressForm::Host), good(AddressForm::Path)), (host, path), "{url}");
        }
    }

    #[test]
    fn its_parts() {
        let address = Address::parse("url", "https://a.example/fhir/", AddressForm::Path).unwrap();
        assert_eq!(address.base(), "https://a.example/fhir");
        assert_eq!((address.host(), address.port()), ("a.example", 443));
        assert_eq!(address.origin(), "https://a.example:443");
        assert!(address.is_secure() && !address.is_local());
        let local = Address::parse("url", "http://[::1]:8080", AddressForm::Host).unwrap();
        assert_eq!((local.host(), local.port(), local.is_local()), ("[::1]", 8080, true));
    }
}
