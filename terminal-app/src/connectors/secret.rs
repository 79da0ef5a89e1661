//! Passwords, tokens and addresses that carry them: wiped, and never printed.

use std::fmt::{self, Write as _};
use std::io::Read as _;
use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

/// A password longer than this is a mistaken file. The longest are private keys in PEM.
const MAX_PASSWORD_BYTES: u64 = 16 << 10;

/// A text that is wiped when dropped and that no output shows.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret itself, for the wire or a token only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a password comes from. Never from a command-line argument, and never from the site's file itself.
#[derive(Clone, Debug)]
pub enum PasswordSource {
    /// An environment variable of this name.
    Env(String),
    /// A file that holds nothing but the password; one trailing line break is dropped.
    File(PathBuf),
    /// Held in memory by the program; a site's file cannot give it.
    Held(Secret),
}

impl<'de> Deserialize<'de> for PasswordSource {
    /// `{ env = "NAME" }` or `{ file = "PATH" }`. What stands there in place of it may be the secret: it is not repeated.
    fn deserialize<D: serde::Deserializer<'de>>(given: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Written {
            Env(String),
            File(PathBuf),
        }
        match toml::Value::deserialize(given)?.try_into() {
            Ok(Written::Env(name)) => Ok(Self::Env(name)),
            Ok(Written::File(path)) => Ok(Self::File(path)),
            Err(_) => Err(serde::de::Error::custom(
                "write { env = \"NAME\" } or { file = \"PATH\" }, never the secret itself",
            )),
        }
    }
}

impl PasswordSource {
    /// Fetches the password. The error says what is missing and how to provide it.
    pub(crate) fn fetch(&self) -> Result<Secret, String> {
        let text = match self {
            Self::Held(secret) => return Ok(secret.clone()),
            Self::Env(name) => Zeroizing::new(std::env::var(name).map_err(|_| {
                format!("environment variable {name} is not set (or not UTF-8); set it to the secret")
            })?),
            Self::File(path) => {
                let mut text = Zeroizing::new(String::new());
                std::fs::File::open(path)
                    .and_then(|file| file.take(MAX_PASSWORD_BYTES + 1).read_to_string(&mut text))
                    .map_err(|e| {
                        format!(
                            "password file {} cannot be read ({}); create it, readable by this program only",
                            path.display(),
                            e.kind()
                        )
                    })?;
                if text.len() as u64 > MAX_PASSWORD_BYTES {
                    return Err(format!("{self}: more than {MAX_PASSWORD_BYTES} bytes are no password"));
                }
                text
            }
        };
        let trimmed = text.trim_end_matches(['\r', '\n']);
        if trimmed.is_empty() {
            return Err(format!("{self}: the password is empty"));
        }
        Ok(Secret::new(trimmed.to_owned()))
    }
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "password file {}", path.display()),
            Self::Held(_) => f.write_str("password held in memory"),
        }
    }
}

/// An address of which only scheme, host, port and path are ever shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubbedUrl(String);

impl fmt::Display for ScrubbedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address whose query carries secrets.
#[derive(Clone)]
pub struct SecretUrl {
    scrubbed: ScrubbedUrl,
    full: Zeroizing<String>,
}

impl SecretUrl {
    /// `base` has no query and no trailing slash; `path` begins with one.
    #[must_use]
    pub fn new(base: &str, path: &str, query: &[(&str, &str)]) -> Self {
        let shown = format!("{base}{path}");
        // Room for every byte escaped: growing would leave copies of the secrets behind.
        let room = shown.len() + query.iter().map(|(k, v)| k.len() + 3 * v.len() + 2).sum::<usize>();
        let mut full = Zeroizing::new(String::with_capacity(room));
        full.push_str(&shown);
        for (i, (name, value)) in query.iter().enumerate() {
            full.push(if i == 0 { '?' } else { '&' });
            full.push_str(name);
            full.push('=');
            push_escaped(&mut full, value);
        }
        Self { scrubbed: ScrubbedUrl(shown), full }
    }

    /// What may be shown of it.
    #[must_use]
    pub fn shown(&self) -> &ScrubbedUrl {
        &self.scrubbed
    }

    pub(super) fn expose(&self) -> &str {
        &self.full
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({})", self.scrubbed)
    }
}

/// Appends `text` with everything escaped but unreserved characters. Spec: RFC 3986 §2.3.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_shows_no_query() {
        let url =
            SecretUrl::new("https://gw.example", "/api/x", &[("token", "t0p&=+ secret"), ("password", "pw")]);
        assert_eq!(url.expose(), "https://gw.example/api/x?token=t0p%26%3D%2B%20secret&password=pw");
        assert_eq!(url.shown().to_string(), "https://gw.example/api/x");
        assert_eq!(format!("{url:?}"), "SecretUrl(https://gw.example/api/x)");
    }

    #[test]
    fn secrets_have_no_debug() {
        assert!(!format!("{:?}", PasswordSource::Held(Secret::new("hunter2".into()))).contains("hunter2"));
    }

    #[test]
    fn password_files() {
        let dir = std::env::temp_dir().join(format!("idterm-secret-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("password");
        std::fs::write(&path, "mật khẩu\r\n").unwrap();
        assert_eq!(PasswordSource::File(path.clone()).fetch().unwrap().expose(), "mật khẩu");
        std::fs::write(&path, "\n").unwrap();
        assert!(PasswordSource::File(path).fetch().unwrap_err().contains("empty"));
        let missing = PasswordSource::File(dir.join("none")).fetch().unwrap_err();
        assert!(missing.contains("cannot be read"), "{missing}");
        let unset = PasswordSource::Env("IDTERM_NO_SUCH_VARIABLE".into()).fetch().unwrap_err();
        assert!(unset.contains("IDTERM_NO_SUCH_VARIABLE"), "{unset}");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
