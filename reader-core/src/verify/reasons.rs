//! What the trust store's refusals and notes are called in reports.

use crate::evidence::Reason;
use crate::pki::signed_data::SignerNote;
use crate::pki::{ImportNote, Refusal};

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::CertificateUnreadable => Self::CertificateUnreadable,
            Refusal::SelfSignatureWrong => Self::SelfSignatureWrong,
            Refusal::LinkIssuerUnknown => Self::LinkIssuerUnknown,
            Refusal::LinkSignatureWrong => Self::LinkSignatureWrong,
            Refusal::NotAnAuthority => Self::NotAnAuthority,
            Refusal::KeyUnusable => Self::KeyUnusable,
            Refusal::ListUnreadable => Self::ListUnreadable,
            Refusal::ListSignatureWrong => Self::ListSignatureWrong,
            Refusal::ListSignerUnknown => Self::ListSignerUnknown,
            Refusal::ListSignerNotForLists => Self::ListSignerNotForLists,
            Refusal::ListNotPinned => Self::ListNotPinned,
            Refusal::CrlUnreadable => Self::CrlUnreadable,
            Refusal::CrlIssuerUnknown => Self::CrlIssuerUnknown,
            Refusal::CrlSignatureWrong => Self::CrlSignatureWrong,
            Refusal::CrlOlder => Self::CrlOlder,
            Refusal::CertificateRevoked => Self::CertificateRevoked,
            Refusal::ListSignerExpired => Self::ListSignerExpired,
            Refusal::SearchBudgetSpent => Self::SearchBudgetSpent,
            Refusal::NotADocumentSigner => Self::NotADocumentSigner,
            Refusal::SignerIssuerUnknown => Self::SignerIssuerUnknown,
            Refusal::SignerSignatureWrong => Self::SignerSignatureWrong,
            Refusal::DirectoryUnreadable => Self::DirectoryUnreadable,
            Refusal::DirectoryChangeUnused => Self::DirectoryChangeUnused,
            Refusal::AnchorNotPinned => Self::AnchorNotPinned,
            Refusal::ListOlder => Self::ListOlder,
            Refusal::PolicyWantsPin => Self::PolicyWantsPin,
            Refusal::PolicyListSigner => Self::PolicyListSigner,
            Refusal::PolicyRefusesSource => Self::PolicyRefusesSource,
            Refusal::PolicyOtherCountry => Self::PolicyOtherCountry,
            Refusal::PolicyNeverTakes => Self::PolicyNeverTakes,
        }
    }
}

impl From<SignerNote> for Reason {
    fn from(note: SignerNote) -> Self {
        match note {
            SignerNote::Unsorted => Self::AttributesUnsorted,
            SignerNote::BareKeyAlgorithm => Self::BareKeyAlgorithm,
            SignerNote::PlainEcdsa => Self::PlainEcdsa,
            SignerNote::DigestInfoWithoutNull => Self::DigestInfoWithoutNull,
            SignerNote::NameDiffers => Self::SignerNameDiffers,
            SignerNote::NoKeyIdentifier => Self::KeyIdentifierMissing,
            SignerNote::SerialNumber => Self::SerialNumberUnusual,
            SignerNote::DigestDiffers => Self::DigestDiffers,
            SignerNote::RsaExponent => Self::RsaExponent,
            SignerNote::OtherCurve => Self::OtherCurve,
        }
    }
}

impl From<ImportNote> for Reason {
    fn from(note: ImportNote) -> Self {
        match note {
            ImportNote::Ber => Self::ListEncoding,
            ImportNote::Signature(note) => note.into(),
        }
    }
}
