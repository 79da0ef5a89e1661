//! Credentials that a service takes in headers: named in the site's file, their values elsewhere.

use std::collections::BTreeMap;

use ureq::http::{HeaderName, HeaderValue};

use crate::connectors::secret::PasswordSource;

/// Most headers of a service.
const MAX_HEADERS: usize = 16;

/// Headers that belong to the exchange itself. Spec: RFC 9110 §7, §8, §12; RFC 9112 §6, §9.
const RESERVED: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Names that can be sent, and where their values come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(Vec<(HeaderName, PasswordSource)>);

impl Headers {
    pub(super) fn check(given: &BTreeMap<String, PasswordSource>, faults: &mut Vec<String>) -> Self {
        let mut headers: Vec<(HeaderName, PasswordSource)> = Vec::new();
        if given.len() > MAX_HEADERS {
            faults.push(format!("headers: {} are more than {MAX_HEADERS}", given.len()));
        }
        for (written, source) in given.iter().take(MAX_HEADERS) {
            match HeaderName::from_bytes(written.as_bytes()) {
                Err(_) => faults.push(format!("headers: {written:?} is no name of a header")),
                Ok(name) if RESERVED.contains(&name.as_str()) => {
                    faults.push(format!("headers: {written:?} is set by the exchange itself; leave it out"));
                }
                Ok(name) if headers.iter().any(|(known, _)| *known == name) => {
                    faults.push(format!("headers: {written:?} stands there twice, written differently"));
                }
                Ok(name) => headers.push((name, source.clone())),
            }
        }
        Self(headers)
    }

    /// Names and sources.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &PasswordSource)> {
        self.0.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// The values, marked so that nothing prints them. The fault never repeats one.
    pub(super) fn fetch(&self) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let one = |(name, source): &(HeaderName, PasswordSource)| {
            let secret = source.fetch().map_err(|fault| format!("headers.{name}: {fault}"))?;
            let mut value = HeaderValue::from_str(secret.expose())
                .map_err(|_| format!("headers.{name}: {source}: its content cannot stand in a header"))?;
            value.set_sensitive(true);
            Ok((name.clone(), value))
        };
        self.0.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::Secret;

    fn held(text: &str) -> PasswordSource {
        PasswordSource::Held(Secret::new(text.to_owned()))
    }

    fn faults(names: &[&str]) -> Vec<String> {
        let mut faults = Vec::new();
        let given = names.iter().map(|name| ((*name).to_owned(), held("x"))).collect();
        Headers::check(&given, &mut faults);
        faults
    }

    #[test]
    fn names() {
        assert_eq!(faults(&["x-api-key", "Authorization", "X-Facility"]), [""; 0]);
        for (name, told) in [
            ("Host", "itself"),
            ("Content-Length", "itself"),
            ("transfer-encoding", "itself"),
            ("x api key", "no name"),
            ("x\r\nhost", "no name"),
            ("", "no name"),
        ] {
            let found = faults(&[name]);
            assert!(found.len() == 1 && found[0].contains(told), "{name}: {found:?}");
        }
        assert!(faults(&["X-Key", "x-key"])[0].contains("twice"));
        let many: Vec<String> = (0..17).map(|n| format!("x-{n}")).collect();
        assert!(faults(&many.iter().map(String::as_str).collect::<Vec<_>>())[0].contains("more than 16"));
    }

    #[test]
    fn values_are_shown_by_nobody() {
        let given: BTreeMap<String, PasswordSource> =
            [("x-good".to_owned(), held("hunter2")), ("x-split".to_owned(), held("hunter2\r\nx-evil: 1"))]
                .into();
        let headers = Headers::check(&given, &mut Vec::new());
        let fault = headers.fetch().unwrap_err();
        assert!(fault.starts_with("headers.x-split") && !fault.contains("hunter2"), "{fault}");
        let good = Headers::check(&[("x-good".to_owned(), held("hunter2"))].into(), &mut Vec::new());
        let fetched = good.fetch().unwrap();
        assert_eq!(fetched[0].1.as_bytes(), b"hunter2");
        assert!(!format!("{fetched:?} {good:?}").contains("hunter2"));
    }
}
