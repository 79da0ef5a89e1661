//! The certificates and the key with which this terminal is let at fingers and irises.
//!
//! Both are set up by the operator: certificates as files, the key as a file or in a token that never gives it out. The
//! PIN of a token comes from the environment or a file of its own, never from the site's file.

mod certificates;
mod file;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod uri;

use std::path::PathBuf;
use std::sync::Arc;

use reader_core::cvc::TerminalKey;
use reader_core::session::TerminalAuthentication;
use reader_core::wire::date::Date;

use crate::connectors::PasswordSource;
use crate::failure::{ErrorCode, Failure};

pub use certificates::{CertificateFile, certificate_files};
pub use uri::{TokenUri, UriError};

/// The environment variable with the PIN of a token, where nothing else is said.
pub const PIN_VARIABLE: &str = "IDTERM_TOKEN_PIN";

/// Where the key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file: PKCS#8, DER or PEM, not encrypted.
    File(PathBuf),
    /// A token behind PKCS#11.
    Token(TokenUri),
}

impl KeyPlace {
    /// `pkcs11:…` (RFC 7512), or the path of a file.
    ///
    /// # Errors
    /// A `pkcs11:` address that cannot be used.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        match text.strip_prefix("pkcs11:") {
            Some(_) => TokenUri::parse(text).map(Self::Token),
            None => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

/// What a site says of terminal authentication.
#[derive(Clone, Debug)]
pub struct TerminalSettings {
    /// Files and folders with certificates.
    pub certificates: Vec<PathBuf>,
    /// The key.
    pub key: KeyPlace,
    /// Where the PIN of a token comes from.
    pub pin: PasswordSource,
}

impl TerminalSettings {
    /// These places, with the PIN out of [`PIN_VARIABLE`].
    #[must_use]
    pub fn new(certificates: Vec<PathBuf>, key: KeyPlace) -> Self {
        Self { certificates, key, pin: PasswordSource::Env(PIN_VARIABLE.to_owned()) }
    }

    /// Opens both, for a session of `today`.
    ///
    /// # Errors
    /// A file or token cannot be read, or there is no certificate at all.
    pub fn open(&self, today: Date) -> Result<TerminalAuthentication, Failure> {
        let certificates = certificates::load(&self.certificates)?;
        Ok(TerminalAuthentication { certificates: Arc::new(certificates), key: self.open_key()?, today })
    }

    /// Opens the key alone.
    ///
    /// # Errors
    /// The file or the token cannot be read, or holds no such key.
    pub fn open_key(&self) -> Result<Arc<dyn TerminalKey>, Failure> {
        match &self.key {
            KeyPlace::File(path) => Ok(Arc::new(file::open(path)?)),
            KeyPlace::Token(uri) => self.open_token(uri),
        }
    }

    #[cfg(feature = "pkcs11")]
    fn open_token(&self, uri: &TokenUri) -> Result<Arc<dyn TerminalKey>, Failure> {
        let pin = self.pin.fetch().map_err(|what| Failure::new(ErrorCode::CannotRead, what))?;
        let key = pkcs11::TokenKey::open(uri, pin)
            .map_err(|failure| Failure::new(ErrorCode::CannotRead, failure.0).with_remedy(pkcs11::REMEDY))?;
        Ok(Arc::new(key))
    }

    #[cfg(not(feature = "pkcs11"))]
    fn open_token(&self, uri: &TokenUri) -> Result<Arc<dyn TerminalKey>, Failure> {
        let what = format!("a key in the token {:?} needs the feature `pkcs11`", uri.token);
        Err(Failure::new(ErrorCode::NotInThisBuild, what))
    }
}
