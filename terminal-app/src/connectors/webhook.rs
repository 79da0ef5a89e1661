//! A recipient over HTTP: each delivery is posted as one signed JSON document.
//!
//! The signature follows the public scheme "Standard Webhooks" 1.0, for which receivers have libraries: HMAC-SHA256 under a
//! shared secret over identifier, time of the attempt and body. `docs/DELIVERIES.md` says what a receiver has to check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Service;
use super::connection::{AddressForm, Connection, Usual, split};
use super::delivery::{Delivered, Recipient, Record, Undelivered};
use super::fault::{Fault, FaultKind};
use super::http::{Body, Request};
use super::secret::{PasswordSource, Secret, SecretUrl};
use super::{Cancel, ConfigError, Surroundings};
use crate::transaction::IdempotencyKey;

/// What is usual. The outbox tries again, so one attempt is one request.
const USUAL: Usual = Usual {
    connect_ms: 3_000,
    total_ms: 10_000,
    most_total_ms: 120_000,
    retries: 0,
    answer_bytes: 64 << 10,
    most_answer_bytes: 1 << 20,
};
/// Bytes that a secret has at least and at most. Spec: Standard Webhooks 1.0, "Signature scheme".
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    url: String,
    secret: PasswordSource,
}

struct Webhook {
    id: String,
    connection: Connection,
    secret: PasswordSource,
    surroundings: Surroundings,
}

/// Builds the recipient of kind `webhook`.
pub(super) fn build(
    id: &str,
    settings: toml::Table,
    surroundings: Surroundings,
) -> Result<Box<dyn Recipient>, ConfigError> {
    let told = |faults| ConfigError { id: id.to_owned(), faults };
    let (common, own): (_, Own) = split(settings).map_err(told)?;
    let mut faults = Vec::new();
    let address = ("url", own.url.as_str(), AddressForm::Path);
    let connection = Connection::check(&common, address, &USUAL, &mut faults);
    match connection {
        Some(connection) if faults.is_empty() => {
            let (id, secret) = (id.to_owned(), own.secret);
            Ok(Box::new(Webhook { id, connection, secret, surroundings }))
        }
        _ => Err(told(faults)),
    }
}

impl Webhook {
    fn post(&self, record: &Record, key: &IdempotencyKey, cancel: &Cancel) -> Result<(), Fault> {
        let address = self.connection.address();
        let setting = |what: String| Fault::new(FaultKind::Settings(what), address);
        let of_kind = |kind: FaultKind| Fault::new(kind, address);
        let secret = self.secret.fetch().and_then(|secret| bytes_of(&secret)).map_err(setting)?;
        let body = Body::of("application/json; charset=utf-8", record.document(key).map_err(setting)?);
        let (id, time_s) = (key.to_string(), self.surroundings.clock.unix_ms().div_euclid(1_000).to_string());
        let signature = signature(&secret, &id, &time_s, body.bytes());
        let url = SecretUrl::new(address.text(), "", &[]);
        let mut request = Request::post(&url, &body).taking(|status| (200..300).contains(&status)).unread();
        for (name, value) in [
            ("idempotency-key", id.clone()),
            ("webhook-id", id),
            ("webhook-timestamp", time_s),
            ("webhook-signature", signature),
        ] {
            request = request.header(name, &Secret::new(value)).map_err(of_kind)?;
        }
        let client = self.connection.client()?;
        let mut budget = self.connection.budget(&self.surroundings, cancel);
        loop {
            match client.send(&request, budget.left_ms()?, cancel) {
                Err(fault) if fault.is_transient() && budget.pause()? => {}
                sent => return sent.map(|_| ()),
            }
        }
    }
}

impl Service for Webhook {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_simulated(&self) -> bool {
        self.connection.is_simulated()
    }

    fn connection(&self) -> Option<&Connection> {
        Some(&self.connection)
    }

    fn secrets(&self) -> Vec<(&str, &PasswordSource)> {
        vec![("secret", &self.secret)]
    }
}

impl Recipient for Webhook {
    fn deliver(
        &self,
        record: &Record,
        key: &IdempotencyKey,
        cancel: &Cancel,
    ) -> Result<Delivered, Undelivered> {
        self.post(record, key, cancel).map(|()| Delivered::default()).map_err(|fault| match fault.kind {
            // It is still at work on an earlier attempt with this key.
            // Spec: draft-ietf-httpapi-idempotency-key-header §2.7.
            FaultKind::Status(409) => Undelivered::Later(fault),
            _ => fault.into(),
        })
    }
}

/// The bytes of a secret as it is written: `whsec_` and base64, else the text itself.
fn bytes_of(secret: &Secret) -> Result<Zeroizing<Vec<u8>>, String> {
    let text = secret.expose();
    let bytes = match text.strip_prefix("whsec_") {
        Some(digits) => STANDARD.decode(digits).map_err(|_| "secret: what follows whsec_ is no base64")?,
        None => text.as_bytes().to_vec(),
    };
    let bytes = Zeroizing::new(bytes);
    if SECRET_BYTES.contains(&bytes.len()) {
        return Ok(bytes);
    }
    let (least, most) = (SECRET_BYTES.start(), SECRET_BYTES.end());
    Err(format!("secret: it has {} bytes, and {least} to {most} are needed", bytes.len()))
}

/// `v1,` and the HMAC in base64. Spec: Standard Webhooks 1.0, "Signature scheme".
fn signature(secret: &[u8], id: &str, time_s: &str, body: &[u8]) -> String {
    // HMAC takes keys of any length; the error is that of fixed-length ones.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    for part in [id.as_bytes(), b".", time_s.as_bytes(), b".", body] {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signed = signature(
            &bytes_of(&secret).unwrap(),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            b"{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_long_enough_or_refused() {
        let read = |text: &str| bytes_of(&Secret::new(text.to_owned())).map(|bytes| bytes.len());
        assert_eq!(read("a secret of 24 characters"), Ok(25));
        for (bad, told) in
            [("hunter2", "7 bytes"), ("whsec_????", "no base64"), (&"x".repeat(65), "65 bytes")]
        {
            let fault = read(bad).unwrap_err();
            assert!(fault.contains(told) && !fault.contains(bad), "{fault}");
        }
    }

    #[test]
    fn every_fault_of_the_settings_is_named() {
        let fault = |text: &str| {
            let settings = text.parse().unwrap();
            build("x", settings, Surroundings::system()).err().unwrap().faults.join("; ")
        };
        assert!(fault("url = \"https://a.example/x\"").contains("secret"));
        let told = fault("url = \"http://a.example/x\"\nsecret = { env = \"X\" }\nretries = 99");
        assert!(told.contains("https") && told.contains("retries"), "{told}");
        assert!(!fault("url = \"https://a.example\"\nsecret = \"hunter2\"").contains("hunter2"));
    }
}
