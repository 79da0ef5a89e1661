//! Every reason has one number, is raised in one place and is explained once in `docs/REASONS.md`.
//!
//! The hundreds group them: 10 access, 11 chip, 12 passive authentication, 13 agreement of statements,
//! 14 validity, 15 holder, 16 services, 17 policy, 18 filling the trust store and, from 1860, deliveries.

macro_rules! reasons {
    ($($name:ident = $number:literal, $meaning:literal;)*) => {
        /// Why a check did not confirm, or what was noted beside it.
        #[allow(missing_docs, reason = "the sentence beside each variant is its documentation")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($name),* }

        impl Reason {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The number, as in `R1203`.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number),* }
            }

            /// One sentence for staff, in English. Language files carry the wording shown on screens.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),* }
            }
        }
    };
}

impl Reason {
    /// The code of the report: `R1203`.
    #[must_use]
    pub fn code(self) -> String {
        format!("R{}", self.number())
    }

    /// The reason with this code, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let digits = code.get(..1).filter(|prefix| prefix.eq_ignore_ascii_case("r")).and(code.get(1..))?;
        let number = digits.parse::<u16>().ok()?;
        Self::ALL.iter().copied().find(|reason| reason.number() == number)
    }
}

impl Reason {
    /// Whether this only follows from another finding, which says more. A report leaves such reasons out where the
    /// finding that they follow from leads to the same verdict.
    #[must_use]
    pub const fn is_consequence(self) -> bool {
        matches!(self, Self::NotProved)
    }
}

reasons! {
    WrongPassword = 1001, "The number, MRZ or CAN that was presented does not open this chip.";
    AccessRefused = 1002, "The chip refused access control.";
    AccessProtocolBroken = 1003, "The chip's answers during access control break the protocol.";
    AccessNotOffered = 1004, "The chip offers no access protocol that is known here.";
    CardGone = 1005, "The card left the reader.";
    AccessNotNeeded = 1006, "The channel was opened by the other access protocol.";
    NoChipSession = 1007, "The files come from a folder and not from a chip.";
    FellBackToBac = 1008, "PACE did not succeed, and the older BAC opened the chip.";
    AssumedCardAccess = 1009, "EF.CardAccess could not be read, and what the reader's profile assumes was used.";
    NoTerminalCertificates = 1010, "This terminal has no certificates for Terminal Authentication.";
    AccessNotTried = 1011, "The chip offers this protocol, and it was not tried.";
    BacOutdated = 1012, "The chip was opened by BAC, which the standard no longer foresees for it.";
    TerminalNotNeeded = 1021, "Nothing was to be read that needs Terminal Authentication.";
    TerminalChipNotAuthenticated = 1022, "Terminal Authentication needs chip authentication first, which did not come about.";
    TerminalNoAuthority = 1023, "The chip names no authority that could have let this terminal in.";
    TerminalNoChain = 1024, "No certificates of this terminal lead to an authority that the chip trusts.";
    TerminalChainInvalid = 1025, "The terminal's certificates are not valid now, or one is not signed as it says.";
    TerminalKeyUnusable = 1026, "The terminal's own key for Terminal Authentication could not be used.";
    TerminalRefused = 1027, "The chip refused the terminal's certificates or its signature.";
    WrongPin = 1031, "The PIN that was presented is not this card's.";
    PinSuspended = 1032, "One try of the PIN is left, and it was not used.";
    PinBlocked = 1033, "The PIN of this card is blocked, and it was not sent.";
    ReadingResumed = 1041, "The card left and came back during the reading, proved that it is the same, and reading went on.";
    ResumedUnproved = 1042, "The card left and came back during the reading; that it is the same rests on its list of hashes alone.";
    OtherCard = 1043, "The card left during the reading, and another card was laid in its place.";
    PaymentCard = 1051, "On the reader lies a payment card, or a phone that pays as one.";
    StorageCard = 1052, "On the reader lies a card for rides, doors or lockers.";
    SeveralCards = 1053, "What lies on the reader does not answer: perhaps two cards, one above the other.";
    PhoneOnReader = 1054, "On the reader lies, in all likelihood, a phone.";
    NoDocument = 1055, "The card has no application of travel and identity documents.";
    ChipBlocked = 1056, "The chip of this document, or its application, is blocked.";

    ChipAuthenticationFailed = 1101, "The chip does not hold the private key that belongs to its signed key: it is a copy.";
    ChipAuthenticationRefused = 1102, "The chip refused chip authentication.";
    ChipAuthenticationNotUnderstood = 1103, "The chip offers chip authentication only in a form that is not known here.";
    ChipKeyDiffers = 1104, "Chip authentication used another key than the signed DG14 holds.";
    ChipProofNotTried = 1105, "The chip offers this proof, and it was not carried out.";
    ActiveAuthenticationFailed = 1106, "The chip's signature does not belong to the signed key in DG15: it is a copy.";
    ActiveAuthenticationRefused = 1107, "The chip refused active authentication.";
    ActiveAuthenticationKeyUnusable = 1108, "The key in DG15 cannot be used here.";
    ActiveAuthenticationDer = 1109, "The chip wrote its ECDSA signature in DER instead of plain.";
    ActiveAuthenticationHashGuessed = 1110, "DG14 does not say which hash active authentication uses; it was found by trying.";
    CloneNotExcluded = 1111, "Nothing proves that this is the original chip and not a copy.";
    PaceCamFailed = 1112, "The chip did not show during PACE that it holds the signed key in EF.CardSecurity.";
    PaceCamKeyMissing = 1113, "EF.CardSecurity holds no usable key for the parameters with which the chip proved itself.";
    CardSecurityMissing = 1114, "EF.CardSecurity was not read, which signs the key by which the chip proved itself.";
    CardSecurityMalformed = 1115, "EF.CardSecurity is not a signed object as the standard has it.";
    CardSecuritySignatureWrong = 1116, "The signature of EF.CardSecurity does not hold: its content was altered.";
    CardSecurityEncoding = 1117, "EF.CardSecurity is written with the freedoms of BER where DER is required.";
    ActiveAuthenticationKeyCompromised = 1118, "The issuing state says that others may know the chip's key: its signature proves nothing.";
    ChipBrokeOff = 1119, "The chip's answer broke this step off: no session could go on from it.";
    TerminalBrokeOff = 1120, "The terminal broke this step off: it was cancelled, or its reader failed.";

    SodMissing = 1201, "EF.SOD was not read: nothing can be proved.";
    SodMalformed = 1202, "EF.SOD is not a signed object as the standard has it.";
    SignerUnknown = 1203, "No country certificate in the trust store has issued this document signer.";
    SignerChainBroken = 1204, "The document signer claims a country certificate that did not sign it.";
    SodSignatureWrong = 1205, "The signature of EF.SOD does not hold: its content was altered.";
    HashMismatch = 1206, "A file on the chip is not the one that was signed.";
    SignerCertificateMissing = 1207, "The document signer's certificate is missing or cannot be read.";
    AlgorithmUnsupported = 1208, "A signature or hash algorithm or a key is not supported here.";
    NotProved = 1209, "It rests on data that are not proved.";
    GroupMissing = 1210, "A signed file is missing on the chip.";
    GroupUnsigned = 1211, "A file on the chip has no signed hash; it proves nothing and is not used.";
    SignerNotProved = 1212, "The hashes agree, but who signed them is not proved.";
    SignedDataVersion = 1213, "A signed file is signed data of another version than the standard's.";
    SodTrailingBytes = 1214, "Bytes follow the end of EF.SOD.";
    SodContentType = 1215, "EF.SOD names its content by another identifier than the standard's.";
    AttributesUnsorted = 1216, "The signed attributes are not in the order that DER wants.";
    BareKeyAlgorithm = 1217, "A signed file names the key's algorithm in place of the signature's.";
    WeakHash = 1218, "SHA-1 was used in a signature.";
    SignerRevoked = 1219, "The document signer or its issuer is revoked.";
    NoRevocationList = 1220, "No revocation list of this issuer is in the trust store.";
    RevocationListStale = 1221, "The issuer's revocation list is past its next update.";
    SignedOutsideUsage = 1222, "The document was signed outside the period in which its signer may sign.";
    SigningTimeUnknown = 1223, "The document does not say when it was signed or issued.";
    SignerExpired = 1224, "The document signer's certificate has expired since.";
    AnchorExpired = 1225, "The country certificate has expired since.";
    SignerNotForDocuments = 1226, "The signer's certificate is not one for documents.";
    SignerUsageUnclear = 1227, "The signer's certificate does not say clearly what it is for.";
    LdsObjectUnknown = 1228, "The list of hashes has a version that is not known here.";
    IssuerNameDiffers = 1229, "The issuer's name is written otherwise in the signer's and in the country's certificate.";
    PathBudgetSpent = 1230, "Too many country certificates had to be tried.";
    GatewayNotAsked = 1231, "The gateway of the issuing authority was not asked.";
    SeveralSigners = 1232, "A signed file has several signers; one of them holds.";
    GroupProtected = 1233, "A signed file can be read only after Terminal Authentication.";
    SignerNotYetValid = 1234, "The document signer's certificate is not valid yet.";
    FileUnread = 1235, "Reading of a signed file was broken off.";
    SodEncoding = 1236, "EF.SOD is written with the freedoms of BER where DER is required.";
    PlainEcdsa = 1237, "The two numbers of the signature stand side by side instead of in a SEQUENCE.";
    DigestInfoWithoutNull = 1238, "The hash's identifier inside the signature has no NULL.";
    SignerNameDiffers = 1239, "The issuer is written otherwise in a signed file than in its signer's certificate.";
    SerialNumberUnusual = 1240, "The serial number of the signer's certificate is zero, negative or too long.";
    KeyIdentifierMissing = 1241, "A certificate lacks the key identifier by which it is named.";
    DigestDiffers = 1242, "The signature's algorithm names another hash than the signer does.";
    DigestAlgorithms = 1243, "A signed file announces other hash algorithms than its signers use.";
    LdsVersionInfo = 1244, "Version and version information of the list of hashes do not belong together.";
    RsaExponent = 1245, "An RSA key has another exponent than 65537.";
    OtherCurve = 1246, "Another curve is named than the one that the signer's key is on.";
    SignerCertificateUnreadable = 1250, "The signer's certificate cannot be read: a part is missing, doubled or garbled.";
    CertificateBody = 1251, "The version, serial number or unique identifiers of the signer's certificate are not as the standard has them.";
    CertificateAlgorithmsDiffer = 1252, "The signer's certificate names one signature algorithm inside and another outside.";
    CertificateName = 1253, "A name in the signer's certificate is not as the standard has it.";
    CertificateTimes = 1254, "A time in the signer's certificate is written in the form for other years.";
    CertificateExtensions = 1255, "An extension of the signer's certificate is missing, forbidden or otherwise marked than the standard has it.";
    CertificateKey = 1256, "The signer's key or its certificate's signature is of an algorithm or in a form that the standard does not permit.";
    AnchorUsageUnclear = 1257, "The country certificate does not say clearly that it may sign certificates.";
    RevocationListDeparts = 1258, "The revocation list is not as the standard has it.";
    RevocationListEarly = 1259, "The revocation list is dated later than this terminal's clock.";
    Sha1Outdated = 1260, "SHA-1 was used in a signature when it was no longer permitted.";
    WeakSignerKey = 1269, "The document signer's key is short for today.";
    KnownDeviation = 1270, "The check does not hold, and the issuing state has made known that its documents look so.";
    SignerFromStore = 1280, "EF.SOD lacks its signer's certificate; the trust store knew it.";
    SignerNonConformant = 1281, "The public key directory lists the document signer as not conforming to the standard.";
    GatewaySaysNo = 1290, "The issuing authority's gateway answered that this card or its signer is not valid.";
    GatewayUnavailable = 1291, "The issuing authority's gateway could not be reached or did not answer in time.";
    GatewaySignatureWrong = 1292, "The gateway's answer is not signed by the key that this site pins.";
    GatewayAnswerUnreadable = 1293, "The gateway's signed text is not worded as this site's settings say.";
    GatewayNamesNothing = 1294, "The gateway's signed text does not say about what, or when, it was given.";
    GatewayAnswersAnother = 1295, "The gateway's signed text is about another signer, another card or another question.";
    GatewayAnswerStale = 1296, "The gateway's answer was not given while this card was read.";
    GatewayStandsForChain = 1297, "No country certificate is known for this signer; the gateway's signed answer stands in its place.";
    GatewayJudgedAtCapture = 1298, "The gateway's answer is a stored one; its age was judged at the moment when it came.";
    GatewayNotPinned = 1299, "An answer of the gateway is at hand, and this site pins no key to check it by.";

    CardAccessAltered = 1301, "EF.CardAccess says something that the signed files do not.";
    PaceDowngrade = 1302, "The signed files offer PACE, and the chip hid it or was opened by BAC.";
    NotRead = 1303, "A file that this rests on was not read.";
    PresentedDiffers = 1304, "What was presented belongs to another card.";
    NothingPresented = 1305, "Nothing was presented that could be compared with the chip.";
    ComDiffers = 1306, "EF.COM lists other files than the signed EF.SOD.";
    MrzDiffers = 1307, "The printed MRZ differs from the one in the chip.";
    NoOpticalMrz = 1308, "The printed MRZ was not read.";
    DetailsDiffer = 1309, "DG13 contradicts DG1.";
    DetailsUnreadable = 1310, "DG13 is not in the known layout; it is kept and not used.";
    CountryDiffers = 1311, "The document's country is not its signer's.";
    CountryUnknown = 1312, "A country is missing or not known here.";
    DocumentTypeNotAllowed = 1313, "The signer may not sign documents of this type.";
    MrzUnreadable = 1314, "DG1 is signed, but it cannot be read as an MRZ.";
    CheckDigitWrong = 1315, "A check digit of the MRZ in DG1 is wrong.";
    PresentedNotComparable = 1316, "Nothing in the chip can be compared with what was presented.";
    ContentsDepart = 1317, "A file departs from the form that the standard gives it, and can be read.";
    ContentsUnreadable = 1318, "A file cannot be read in the form that the standard gives it.";
    CardAccessPartlySigned = 1319, "What EF.CardAccess says stands in one signed file and is missing in another.";

    DocumentExpired = 1401, "The document has expired.";
    ExpiryUnknown = 1402, "The document's date of expiry is not known.";

    BiometricNotPerformed = 1501, "No biometric comparison was made.";
    NoFingersEnrolled = 1502, "The document holds no fingers to compare with: none were enrolled when it was issued.";

    ServiceNotAsked = 1601, "The service was not asked.";
    ServiceSaysNo = 1602, "The service answered that the entitlement does not exist or does not hold.";
    ServiceUnavailable = 1603, "The service could not be reached or did not answer in time.";
    ServiceAnswerUnclear = 1604, "The service gave an answer that a person has to read.";

    NoRule = 1701, "The site has no rule for this check.";
    DocumentLacksIt = 1702, "The site demands a check that this document does not offer.";
    SiteRule = 1703, "The site's rule asks for this although the check holds.";
    NoneHolds = 1704, "None of several checks holds, of which the site wants one.";

    CertificateUnreadable = 1801, "This is not a certificate that can be read.";
    SelfSignatureWrong = 1802, "The certificate's signature by its own key does not hold.";
    LinkIssuerUnknown = 1803, "The certificate that should have signed this link certificate is not in the store.";
    LinkSignatureWrong = 1804, "The link certificate's signature does not hold under the key that it names.";
    NotAnAuthority = 1805, "The certificate is not one of a country signing authority.";
    KeyUnusable = 1806, "The certificate's key or signature algorithm is not supported here.";
    ListUnreadable = 1807, "This is not a list that can be read.";
    ListSignatureWrong = 1808, "The list's signature does not hold.";
    ListSignerUnknown = 1809, "The list's signer was issued by no trusted or pinned certificate.";
    ListSignerNotForLists = 1810, "The list's signer is not a signer of such lists.";
    ListNotPinned = 1811, "The list carries no signature and its fingerprint is not pinned.";
    CrlUnreadable = 1812, "This is not a revocation list that can be read.";
    CrlIssuerUnknown = 1813, "No trusted certificate is the issuer of this revocation list.";
    CrlSignatureWrong = 1814, "The revocation list's signature does not hold.";
    CrlOlder = 1815, "A newer revocation list of this issuer is in the store already.";
    CertificateRevoked = 1816, "The certificate is revoked by its issuer.";
    ListSignerExpired = 1817, "The list's signer was not valid when the list was taken in.";
    SearchBudgetSpent = 1818, "Too many signatures would have had to be checked for this import.";
    ListEncoding = 1819, "The list is written with the freedoms of BER where DER is required.";
    ListOlder = 1820, "A newer list of this issuer is in the store already.";
    NotADocumentSigner = 1830, "This is not the certificate of a document signer.";
    SignerIssuerUnknown = 1831, "No trusted certificate is the issuer of this document signer.";
    SignerSignatureWrong = 1832, "The document signer's certificate was not signed by its issuer's key.";
    DirectoryUnreadable = 1833, "An entry of the directory file cannot be read.";
    DirectoryChangeUnused = 1834, "This entry of the directory file changes nothing here.";
    AnchorNotPinned = 1835, "A country certificate stands in the directory file, and nobody vouches for it.";
    LinkHashOutdated = 1836, "Trust in the country's key hangs on a link certificate signed with SHA-1 when that was no longer permitted.";
    RevocationListHashOutdated = 1837, "The revocation list is signed with SHA-1 when that was no longer permitted.";
    PolicyWantsPin = 1840, "The store's policy takes this only with its fingerprint pinned.";
    PolicyListSigner = 1841, "The store's policy does not let lists of this country introduce certificates.";
    PolicyRefusesSource = 1842, "The store's policy does not take certificates from this kind of source.";
    PolicyOtherCountry = 1843, "The store's policy does not want certificates of this country.";
    PolicyNeverTakes = 1844, "The store's policy names this certificate as never to be taken.";
    ListOlderThanTaken = 1845, "The list is older than the one that was taken from this source before.";
    DeliveryNotKept = 1860, "What should be told could not be kept for sending.";
    DeliveryRefused = 1861, "The recipient refuses the content of the delivery.";
    DeliveryTooOld = 1862, "The delivery could not be made in the time that the site allows.";
    DeliveryUnreadable = 1863, "What was kept of the delivery cannot be opened.";
    NoConsent = 1865, "No consent is recorded, so nobody was asked.";
    ServiceAnswerNotTaken = 1866, "The service was asked early, and its answer was not looked at.";
}
