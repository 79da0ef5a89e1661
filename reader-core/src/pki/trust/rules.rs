//! What the operator of a store wants of whoever brings something: asked before anything is taken in, so that nothing
//! that is not wanted vouches for others meanwhile.

use super::{Pins, Refusal, VerifiedBy};
use crate::pki::certificate::{Certificate, Fingerprint};

/// A master list that is about to introduce certificates.
#[derive(Clone, Copy, Debug)]
pub struct ListWord<'l> {
    /// SHA-256 of the list.
    pub list: Fingerprint,
    /// Who signed it and why he is believed; `None`: nobody signed it.
    pub signer: Option<(&'l Certificate, VerifiedBy)>,
}

/// Who may introduce what. [`Pins`] alone refuse nothing that proves itself.
pub trait SourceRules {
    /// Whether the operator has compared this certificate, list signer or file by other means.
    fn is_pinned(&self, fingerprint: Fingerprint) -> bool;

    /// Whether a list may introduce anything. Its signer is believed by now; that of a list without one has not been asked
    /// for a pin yet.
    ///
    /// # Errors
    /// Why not, and what to change.
    fn may_speak(&self, _list: &ListWord<'_>) -> Result<(), (Refusal, String)> {
        Ok(())
    }

    /// Whether this certificate may become a trusted one on this ground.
    ///
    /// # Errors
    /// Why not, and what to change.
    fn may_enter(
        &self,
        _certificate: &Certificate,
        _verified_by: VerifiedBy,
    ) -> Result<(), (Refusal, String)> {
        Ok(())
    }
}

impl SourceRules for Pins {
    fn is_pinned(&self, fingerprint: Fingerprint) -> bool {
        self.contains(fingerprint)
    }
}
