//! Certificates and key of a connection.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::Deserialize;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::connectors::secret::PasswordSource;

/// Largest file of certificates or with a key.
const MAX_PEM_BYTES: u64 = 256 << 10;
/// Most certificates that are taken out of one file.
const MAX_CERTIFICATES: usize = 64;

/// Certificates of the connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// Certificates, in PEM, under which the service's own has to stand; without it the public ones.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// This terminal's certificate with its chain, in PEM.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// Its private key, in PEM: `{ file = "…" }` or `{ env = "…" }`.
    #[serde(default)]
    pub key: Option<PasswordSource>,
}

impl TlsFiles {
    /// Everything that is wrong but what only the moment of asking shows.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        if self.certificate.is_some() != self.key.is_some() {
            faults.push("tls: `certificate` and `key` belong together".into());
            return;
        }
        for (name, path) in [("ca", &self.ca), ("certificate", &self.certificate)] {
            if let Some(Err(fault)) = path.as_deref().map(certificates) {
                faults.push(format!("tls.{name}: {fault}"));
            }
        }
    }

    /// For the client; the files are read anew for each query, since they are exchanged while a terminal runs.
    pub(super) fn open(&self) -> Result<TlsConfig, String> {
        let mut builder = TlsConfig::builder();
        if let Some(ca) = &self.ca {
            builder = builder.root_certs(RootCerts::new_with_certs(&certificates(ca)?));
        }
        if let (Some(certificate), Some(_)) = (&self.certificate, &self.key) {
            let chain = certificates(certificate)?;
            let key = self.private_key()?;
            fit(&chain, &key)?;
            builder = builder.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
        }
        Ok(builder.build())
    }

    /// The key of this terminal's certificate.
    fn private_key(&self) -> Result<PrivateKey<'static>, String> {
        let source = self.key.as_ref().ok_or("tls.key: none is set")?;
        let pem = source.fetch().map_err(|fault| format!("tls.key: {fault}"))?;
        PrivateKey::from_pem(pem.expose().as_bytes())
            .map_err(|_| "tls.key: no private key in PEM without a password".to_owned())
    }
}

/// The HTTP client panics at a key that is not its certificate's, or of a kind that it cannot use: the same check, before it.
fn fit(chain: &[Certificate<'_>], key: &PrivateKey<'_>) -> Result<(), String> {
    let chain = chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
    let key =
        PrivateKeyDer::try_from(key.der().to_vec()).map_err(|_| "tls.key: no private key".to_owned())?;
    CertifiedKey::from_der(chain, key, &default_provider()).map(drop).map_err(|error| {
        format!("tls.key: it is not the key of tls.certificate, or of a kind that cannot be used ({error})")
    })
}

/// A file, up to the size of one with certificates.
pub(in crate::connectors) fn read_pem(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_PEM_BYTES).read_to_end(&mut bytes))
        .map_err(|error| format!("{} cannot be read ({})", path.display(), error.kind()))?;
    Ok(bytes)
}

/// Every certificate of a PEM file; at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let bytes = read_pem(path)?;
    let mut found = Vec::new();
    for item in parse_pem(&bytes).take(MAX_CERTIFICATES) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(format!("{} is no PEM", path.display())),
        }
    }
    if found.is_empty() { Err(format!("{} holds no certificate in PEM", path.display())) } else { Ok(found) }
}
