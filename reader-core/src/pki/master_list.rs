//! Master lists: many countries' certificates under the signature of one.
//!
//! Spec: 9303-12 §9 (CscaMasterList), §7.1.1.3 (its signer).

use std::fmt;

use super::certificate::{Certificate, Fingerprint};
use super::signed_data::{self, SignerCheck, signer_certificate};
use super::trust::{Anchor, Imported, Pins, Provenance, Refusal, TrustBuilder, VerifiedBy};
use crate::crypto::signature::SignatureCheck;
use crate::wire::cms::SignedData;
use crate::wire::date::Timestamp;
use crate::wire::der::{SEQUENCE, SET};
use crate::wire::tlv::{Reader, Rules};
use crate::wire::{Malformed, Problem};

/// `id-icao-cscaMasterList`.
const CONTENT_TYPE: &str = "2.23.136.1.1.2";
/// `id-icao-cscaMasterListSigningKey`.
const SIGNER_PURPOSE: &str = "2.23.136.1.1.3";
/// Most certificates in one list. The largest known has 700.
const MAX_CERTIFICATES: usize = 5_000;

/// Why a list as a whole was refused.
struct Whole(Refusal, String);

impl Whole {
    fn new(refusal: Refusal, detail: impl fmt::Display) -> Self {
        Self(refusal, detail.to_string())
    }
}

impl TrustBuilder {
    /// Takes in a master list. Its signer must be one for master lists and chain to a certificate that is trusted already,
    /// or it or its issuer must be pinned; a list without a signature must be pinned itself. Then every certificate in
    /// it is checked like any other.
    pub fn add_master_list(&mut self, bytes: &[u8], provenance: &Provenance, pins: &Pins) -> Imported {
        let mut imported = Imported::default();
        let content = match self.trusted_content(bytes, provenance.imported_at, pins) {
            Ok(content) => content,
            Err(Whole(refusal, detail)) => {
                imported.refuse("master list", bytes, refusal, detail);
                return imported;
            }
        };
        let members = match members(content) {
            Ok(members) => members,
            Err(error) => {
                imported.refuse("master list", bytes, Refusal::ListUnreadable, error);
                return imported;
            }
        };
        self.take_members(&members, VerifiedBy::List(Fingerprint::of(bytes)), provenance, &mut imported);
        imported
    }

    /// The CscaMasterList inside, once its signature and signer are found good.
    fn trusted_content<'a>(&self, bytes: &'a [u8], now: Timestamp, pins: &Pins) -> Result<&'a [u8], Whole> {
        let data = match SignedData::parse(bytes) {
            Ok(data) => data,
            Err(_) if members(bytes).is_ok() => {
                if pins.contains(Fingerprint::of(bytes)) {
                    return Ok(bytes);
                }
                let detail = format!("nobody signed it; to trust it, pin {}", Fingerprint::of(bytes));
                return Err(Whole::new(Refusal::ListNotPinned, detail));
            }
            Err(error) => return Err(Whole::new(Refusal::ListUnreadable, error)),
        };
        if !data.content_type.is(CONTENT_TYPE) {
            let detail = format!("its content is {}, not a master list", data.content_type);
            return Err(Whole::new(Refusal::ListUnreadable, detail));
        }
        let at_hand: Vec<Certificate> =
            data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        let mut problem = Whole::new(Refusal::ListUnreadable, "it has no signer");
        for info in &data.signers {
            let Some(signer) = signer_certificate(info, &at_hand) else {
                problem = Whole::new(Refusal::ListSignerUnknown, "its signer's certificate is not in it");
                continue;
            };
            match signed_data::check(&data, info, signer) {
                Ok(SignerCheck::Valid(_)) => match self.trusts_signer(signer, &at_hand, now, pins) {
                    Ok(()) => {
                        return data
                            .content
                            .ok_or_else(|| Whole::new(Refusal::ListUnreadable, "it has no content"));
                    }
                    Err(whole) => problem = whole,
                },
                Ok(SignerCheck::Invalid(fault)) => problem = Whole::new(Refusal::ListSignatureWrong, fault),
                Err(error) => problem = Whole::new(Refusal::KeyUnusable, error),
            }
        }
        Err(problem)
    }

    fn trusts_signer(
        &self,
        signer: &Certificate,
        at_hand: &[Certificate],
        now: Timestamp,
        pins: &Pins,
    ) -> Result<(), Whole> {
        let for_lists = signer
            .extended_key_usage()
            .is_some_and(|purposes| purposes.iter().any(|purpose| purpose == SIGNER_PURPOSE));
        if !for_lists || signer.is_authority() {
            let detail = format!("{} is not a signer of master lists", signer.subject());
            return Err(Whole::new(Refusal::ListSignerNotForLists, detail));
        }
        if self
            .crls
            .iter()
            .any(|crl| crl.issuer().country() == signer.issuer().country() && crl.lists(signer))
        {
            return Err(Whole::new(Refusal::CertificateRevoked, signer.subject()));
        }
        // Who pins a signer knows its date; a list that stands by its chain alone must be of today.
        if pins.contains(signer.fingerprint()) {
            return Ok(());
        }
        if signer.not_after() < now || signer.not_before() > now {
            let detail = format!(
                "valid from {} to {}; fetch a newer list, or pin its signer {}",
                signer.not_before(),
                signer.not_after(),
                signer.fingerprint()
            );
            return Err(Whole::new(Refusal::ListSignerExpired, detail));
        }
        let indices = self.issuers(signer);
        let trusted =
            indices.iter().filter_map(|index| self.anchors.get(*index)).map(|anchor| &anchor.certificate);
        let pinned = at_hand.iter().filter(|certificate| pins.contains(certificate.fingerprint()));
        let mut keys = trusted.chain(pinned).filter_map(|certificate| certificate.public_key().ok());
        if keys.any(|key| signer.verify_under(&key).is_ok_and(SignatureCheck::is_valid)) {
            return Ok(());
        }
        let detail = format!(
            "add the certificate of {} first, or pin its signer {} ({})",
            signer.issuer(),
            signer.fingerprint(),
            signer.subject()
        );
        Err(Whole::new(Refusal::ListSignerUnknown, detail))
    }

    /// Roots first; then links, as often as one more finds its issuer.
    fn take_members(
        &mut self,
        members: &[&[u8]],
        verified_by: VerifiedBy,
        provenance: &Provenance,
        imported: &mut Imported,
    ) {
        let mut waiting = Vec::new();
        for der in members {
            match Certificate::from_der(der) {
                Ok(certificate) if self.knows(&certificate) => imported.known += 1,
                Ok(certificate) => waiting.push(certificate),
                Err(error) => imported.refuse("", der, Refusal::CertificateUnreadable, error),
            }
        }
        waiting.sort_by_key(|certificate| !certificate.is_root());
        loop {
            let mut left = Vec::new();
            let before = waiting.len();
            for certificate in waiting {
                match self.vouch(&certificate) {
                    Ok((key, _)) => {
                        imported.added.push(certificate.fingerprint());
                        self.push(Anchor { certificate, provenance: provenance.clone(), verified_by, key });
                    }
                    Err(problem) => left.push((certificate, problem)),
                }
            }
            let progress = left.len() < before;
            let (again, hopeless): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, (refusal, _))| {
                progress && matches!(refusal, Refusal::LinkIssuerUnknown | Refusal::LinkSignatureWrong)
            });
            for (certificate, (refusal, detail)) in hopeless {
                imported.refuse(certificate.subject(), certificate.der(), refusal, detail);
            }
            if again.is_empty() {
                return;
            }
            waiting = again.into_iter().map(|(certificate, _)| certificate).collect();
        }
    }
}

/// `CscaMasterList ::= SEQUENCE { version INTEGER, certList SET OF Certificate }`: the certificates as they stand.
fn members(content: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut outer = Reader::new("CscaMasterList", Rules::Ber, content);
    let mut list = outer.enter("CscaMasterList", SEQUENCE)?;
    outer.finish()?;
    if list.small()? != 0 {
        return Err(list.fault(Problem::Value("a version other than 0")));
    }
    let mut set = list.enter("CscaMasterList certList", SET)?;
    list.finish()?;
    let mut members = Vec::new();
    while !set.is_empty() {
        if members.len() == MAX_CERTIFICATES {
            return Err(set.fault(Problem::TooMany { limit: MAX_CERTIFICATES, of: "certificates" }));
        }
        members.push(set.expect(SEQUENCE)?.raw);
    }
    Ok(members)
}
