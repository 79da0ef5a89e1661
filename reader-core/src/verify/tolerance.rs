//! Which departures of real documents from the standard a site accepts.
//!
//! Each has a name, by which a site may accept it alone. What was relaxed stands as a note beside the finding; where it is
//! not accepted, the same reason is the finding's.

use crate::evidence::Reason;

macro_rules! tolerances {
    ($($name:ident = $word:literal [$($reason:ident),*], $meaning:literal;)*) => {
        /// One departure from the standard that documents in circulation have and that takes nothing from a proof.
        #[allow(missing_docs, reason = "the sentence beside each variant is its documentation")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Tolerance { $($name),* }

        impl Tolerance {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in site files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// One sentence for staff, in English.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),* }
            }

            /// What stands in findings where it is met.
            #[must_use]
            pub const fn reasons(self) -> &'static [Reason] {
                match self { $(Self::$name => &[$(Reason::$reason),*]),* }
            }
        }
    };
}

tolerances! {
    Ber = "ber" [SodEncoding, CardSecurityEncoding], "Indefinite lengths and strings in pieces, in place of DER.";
    TrailingBytes = "trailing_bytes" [SodTrailingBytes], "Bytes after the end of EF.SOD.";
    SignedDataVersion = "signed_data_version" [SignedDataVersion], "A version of SignedData or of a signer that does not fit.";
    ContentType = "content_type" [SodContentType], "An older identifier of the content, or that of plain data.";
    UnsortedAttributes = "unsorted_attributes" [AttributesUnsorted], "Signed attributes that are not in the order of DER.";
    BareKeyAlgorithm = "bare_key_algorithm" [BareKeyAlgorithm], "The key's algorithm named in place of the signature's.";
    PlainEcdsa = "plain_ecdsa" [PlainEcdsa], "r and s side by side under an algorithm that has a SEQUENCE of them.";
    DigestInfoWithoutNull = "digest_info_without_null" [DigestInfoWithoutNull], "An RSA signature whose hash identifier has no NULL.";
    DigestDiffers = "digest_differs" [DigestDiffers], "Another hash in the signature's algorithm than in the signer's digest algorithm.";
    DigestAlgorithms = "digest_algorithms" [DigestAlgorithms], "Announced hash algorithms that are not those of the signers.";
    RsaExponent = "rsa_exponent" [RsaExponent], "An RSA exponent other than 65537; it is odd and at least 3 in any case.";
    OtherCurve = "other_curve" [OtherCurve], "A curve named other than the one that the key is on.";
    IssuerName = "issuer_name" [SignerNameDiffers, IssuerNameDiffers], "An issuer's name that differs in string type, case or spaces, or is another one of its country, where key identifier and signature agree.";
    SerialNumber = "serial_number" [SerialNumberUnusual], "A serial number that is zero, negative or longer than 20 bytes.";
    KeyIdentifier = "key_identifier" [KeyIdentifierMissing], "A certificate without the key identifier by which it is named.";
    SeveralSigners = "several_signers" [SeveralSigners], "More signers than one.";
    SignerFromStore = "signer_from_store" [SignerFromStore], "EF.SOD without its signer's certificate, where the trust store has it.";
    SignerUsage = "signer_usage" [SignerUsageUnclear], "A document signer without key usage, or with more than it needs.";
    LdsVersionInfo = "lds_version_info" [LdsVersionInfo], "Version information in a list of hashes of another version, or none in the version that has it.";
    SignerCertificate = "signer_certificate" [CertificateBody, CertificateAlgorithmsDiffer, CertificateName, CertificateTimes, CertificateExtensions, CertificateKey], "A document signer's certificate that is otherwise than its profile in form.";
    UnreadableSigner = "unreadable_signer" [SignerCertificateUnreadable], "A document signer's certificate that cannot be read; nothing is said of it in place of refuting it.";
    ExpiredSigner = "expired_signer" [SignerExpired], "A document signer that has expired since; nothing is said of it in place of refuting it.";
    AuthorityUsage = "authority_usage" [AnchorUsageUnclear], "A country certificate in which one of the two marks of an authority is missing.";
    RevocationListForm = "revocation_list_form" [RevocationListDeparts], "A revocation list that is otherwise than its profile in form.";
    LdsObjectVersion = "lds_object_version" [LdsObjectUnknown], "A version of the list of hashes that is not known; nothing is said of it in place of refuting it.";
    UnsignedGroups = "unsigned_groups" [GroupUnsigned], "Files on the chip that have no signed hash; they are not used.";
    Contents = "contents" [ContentsDepart], "A file that can be read and is not in the prescribed form: a check digit, a code, a version, a header.";
    CardAccessPartlySigned = "card_access_partly_signed" [CardAccessPartlySigned], "One signed file that repeats less of EF.CardAccess than another.";
    ActiveAuthenticationDer = "active_authentication_der" [ActiveAuthenticationDer], "A chip's ECDSA signature in DER.";
    ActiveAuthenticationHash = "active_authentication_hash" [ActiveAuthenticationHashGuessed], "No word in DG14 on the hash of active authentication; it is found by trying.";
}

impl Tolerance {
    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tolerance| tolerance.name() == name)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of departures that are accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tolerances(u32);

impl Tolerances {
    /// None is accepted: each refutes.
    pub const STRICT: Self = Self(0);
    /// Every one is accepted and noted.
    pub const TOLERANT: Self = {
        let mut bits = 0;
        let mut left = Tolerance::ALL;
        while let [first, rest @ ..] = left {
            bits |= first.bit();
            left = rest;
        }
        Self(bits)
    };

    /// These and one more.
    #[must_use]
    pub const fn and(self, tolerance: Tolerance) -> Self {
        Self(self.0 | tolerance.bit())
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, tolerance: Tolerance) -> bool {
        self.0 & tolerance.bit() != 0
    }

    /// Those that are among them.
    pub fn iter(self) -> impl Iterator<Item = Tolerance> {
        Tolerance::ALL.iter().copied().filter(move |tolerance| self.has(*tolerance))
    }

    /// Whether what this reason says is accepted. What no tolerance is for, is not.
    #[must_use]
    pub fn admit(self, reason: Reason) -> bool {
        self.iter().any(|tolerance| tolerance.reasons().contains(&reason))
    }
}

impl Default for Tolerances {
    fn default() -> Self {
        Self::TOLERANT
    }
}

impl FromIterator<Tolerance> for Tolerances {
    fn from_iter<I: IntoIterator<Item = Tolerance>>(tolerances: I) -> Self {
        tolerances.into_iter().fold(Self::STRICT, Self::and)
    }
}

impl std::fmt::Debug for Tolerances {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(Tolerance::name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_and_a_reason_of_its_own() {
        for (at, one) in Tolerance::ALL.iter().enumerate() {
            assert_eq!(Tolerance::from_name(one.name()), Some(*one));
            assert!(!one.reasons().is_empty(), "{}", one.name());
            for other in &Tolerance::ALL[at + 1..] {
                assert_ne!(one.name(), other.name());
                assert!(one.reasons().iter().all(|reason| !other.reasons().contains(reason)));
            }
        }
        assert_eq!(Tolerance::from_name("BER"), None);
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let set = Tolerances::STRICT.and(Tolerance::Ber).and(Tolerance::PlainEcdsa);
        assert_eq!(set.iter().collect::<Tolerances>(), set);
        assert!(set.admit(Reason::SodEncoding) && set.admit(Reason::CardSecurityEncoding));
        assert!(set.admit(Reason::PlainEcdsa) && !set.admit(Reason::BareKeyAlgorithm));
        assert!(!Tolerances::TOLERANT.admit(Reason::SodSignatureWrong), "no tolerance is for it");
        assert!(Tolerance::ALL.iter().all(|one| Tolerances::TOLERANT.has(*one)));
        assert!(Tolerance::ALL.iter().all(|one| !Tolerances::STRICT.has(*one)));
        assert_eq!(format!("{set:?}"), r#"{"ber", "plain_ecdsa"}"#);
    }
}
