//! Errors of the program: "could not do", each with a number, what went wrong, and the remedy.

use std::fmt;

use reader_core::evidence::Reason;
use reader_core::session::wrong_card::{Judgement, StorageCard, WrongCard};

macro_rules! errors {
    ($($name:ident = $number:literal, $usage:literal, $meaning:literal, $remedy:literal;)*) => {
        /// Every way in which a command can fail. Codes are stable.
        #[allow(missing_docs, reason = "the sentence beside each variant is its documentation")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode { $($name),* }

        impl ErrorCode {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The number, as in `E2001`.
            #[must_use]
            pub const fn number(self) -> u16 { match self { $(Self::$name => $number),* } }

            /// Whether the command was used wrongly (exit status 2) or could not be carried out (1).
            #[must_use]
            pub const fn is_usage(self) -> bool { match self { $(Self::$name => $usage),* } }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str { match self { $(Self::$name => $meaning),* } }

            /// What to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str { match self { $(Self::$name => $remedy),* } }
        }
    };
}

errors! {
    Usage = 2001, true, "The command was given something that it cannot use.", "See the command's --help.";
    BadAccess = 2002, true, "What should open the chip is not usable.",
        "Give a 12-digit number, a six-digit CAN, a whole MRZ, a QR text, or document number with birth and expiry.";
    BadSite = 2003, true, "The site file has faults.", "Correct the lines named.";
    BadProfiles = 2004, true, "The reader profiles have faults.", "Correct the lines named.";
    UnknownCode = 2005, true, "There is no reason or error with this code.", "See docs/REASONS.md for the list.";
    UnknownPersona = 2006, true, "There is no simulated persona of this name.", "`idterm demo --list` shows all.";
    NotInThisBuild = 2007, true, "This build leaves that part out.", "Use a build with the feature named.";
    BadTrustPolicy = 2008, true, "The trust store's policy.toml has faults or lacks what is needed.", "Correct the lines named; docs/TRUST.md describes the file.";
    UnknownDelivery = 2009, true, "The outbox has no such delivery, or it has ended.", "`idterm outbox list` shows what there is.";
    NoReaderService = 1001, false, "The PC/SC service does not run.",
        "Start it: `sudo systemctl enable --now pcscd.socket`, or `sudo pcscd` where there is no systemd (Debian: package \
         pcscd); on Windows start the service \"Smart Card\".";
    NoReader = 1002, false, "No reader of this name is connected.", "Check the cable; `idterm readers` lists what is there.";
    NoCard = 1003, false, "No card came in time.", "Lay the card on the reader, chip side down, out of its cover.";
    CardLost = 1004, false, "The card left the reader or stopped answering.", "Lay it back and leave it still.";
    AccessDenied = 1005, false, "The chip did not open.", "Check the number; on a Vietnamese card only its last six digits matter.";
    CannotRead = 1006, false, "A file or folder cannot be read.", "Check the path and its permissions.";
    CannotWrite = 1007, false, "A file or folder cannot be written.", "Check the path, its permissions and the free space.";
    NoTrust = 1008, false, "The trust store cannot be opened.", "Check the folder, or add certificates with `idterm trust add`.";
    Internal = 1009, false, "A part of this program ended unexpectedly.", "Run it again; if it returns, report it with the output of `idterm doctor`.";
    Cancelled = 1010, false, "It was cancelled.", "Start again.";
    NoRandomness = 1011, false, "The operating system gives no random numbers.", "Restart the machine; if it returns, replace it.";
    ReaderHung = 1012, false, "The reader does not return from a command.",
        "Unplug the reader and plug it in again; if that does not help, restart the PC/SC service: `sudo systemctl restart pcscd`.";
    CardBusy = 1013, false, "Another program is using the card.", "Close the other card programs on this machine.";
    CardMute = 1014, false, "A card lies on the reader and does not answer.",
        "Turn it over, take it out of its cover, and leave only one card on the reader.";
    ReaderRefused = 1015, false, "The system does not let this program use the reader.",
        "Allow its user the polkit actions org.debian.pcsc-lite.access_pcsc and access_card; see docs/READERS.md.";
    ReaderServiceStopped = 1016, false, "The PC/SC service stopped while it was in use.",
        "Read again; if the service stays away: `sudo systemctl restart pcscd`.";
    ReaderUnplugged = 1017, false, "The reader was unplugged.", "Plug it in again.";
    CardDisturbed = 1018, false, "The exchange with the card failed although the card is there.",
        "Lay the card flat on the reader, away from metal, and leave it still; close other card programs.";
    ReaderFault = 1019, false, "The PC/SC service answered with something unforeseen.",
        "Unplug the reader and plug it in again; if it returns, report it with the output of `idterm doctor`.";
    WrongCard = 1020, false, "What lies on the reader is no document that can be opened.",
        "Lay the identity document on the reader, alone and out of its cover.";
    SnapshotUnusable = 1030, false, "The snapshot of a trust store is cut, altered or none at all; the store stands as it was.",
        "Copy it again from the exporting terminal (`idterm trust export`) and compare the sizes.";
    SnapshotSigner = 1031, false, "The snapshot of a trust store is not signed by a key that is pinned here; the store stands as it was.",
        "Compare the signer's SHA-256 with the exporting terminal's (`idterm trust key show`), then give it with --signer.";
    SnapshotOld = 1032, false, "The snapshot of a trust store is older than one that was taken before, or has expired; the store stands as it was.",
        "Export a new one; --allow-older takes it all the same.";
    OutboxUnusable = 1040, false, "The outbox cannot be used: nothing can be kept for sending.",
        "Check the disk, its free space and the permissions of the folder; `idterm outbox list` says more.";
    OutboxFull = 1041, false, "The outbox holds as much as it may.",
        "See with `idterm outbox list` which recipient takes nothing; mend that, or drop what nobody needs.";
    AuditUnusable = 1050, false, "The audit log cannot be read or written.",
        "Check the folder of --audit, its permissions and the free space.";
    AuditUnfit = 1051, false, "The audit log does not fit its signed head; nothing is appended to it.",
        "Run `idterm audit verify`, keep the folder for whoever looks into it, and let a new log begin in another folder.";
    SignInWrong = 1052, false, "The name or the PIN is wrong.",
        "Try again; after five wrong PINs in a row the account is locked for a time that doubles.";
    SignInLocked = 1053, false, "The account is locked after wrong PINs.",
        "Wait, or end it with `idterm staff unlock NAME`.";
    StaffUnusable = 1054, false, "The file with the staff's accounts cannot be read or written.",
        "Check the path of --staff, its permissions and the free space.";
    BadStaff = 2013, true, "The staff's account or override is not possible so.",
        "See what is said; `idterm staff list` shows accounts and roles.";
}

impl ErrorCode {
    /// The code as written: `E2001`.
    #[must_use]
    pub fn code(self) -> String {
        format!("E{}", self.number())
    }

    /// The error with this code, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let digits = code.get(..1).filter(|prefix| prefix.eq_ignore_ascii_case("e")).and(code.get(1..))?;
        let number: u16 = digits.parse().ok()?;
        Self::ALL.iter().copied().find(|error| error.number() == number)
    }
}

/// A command that could not be carried out.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which error.
    pub code: ErrorCode,
    /// What happened and where.
    pub text: String,
    /// What to do; the code's own remedy unless something better is known.
    pub remedy: String,
    /// What lies on the reader in place of a document, where that is what went wrong.
    pub wrong_card: Option<Judgement>,
}

impl Failure {
    /// A failure with its code's own remedy.
    #[must_use]
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), remedy: code.remedy().to_owned(), wrong_card: None }
    }

    /// Something else than a document lies on the reader.
    #[must_use]
    pub fn wrong_card(judgement: Judgement) -> Self {
        let what = match judgement.card() {
            WrongCard::Payment => {
                "a bank card, or a phone that pays: the directory of payment applications answers"
            }
            WrongCard::Storage(StorageCard::Classic) => "a MIFARE Classic card",
            WrongCard::Storage(StorageCard::Ultralight) => "a MIFARE Ultralight ticket",
            WrongCard::Storage(StorageCard::Desfire) => "a MIFARE DESFire card: it answers in its native way",
            WrongCard::Storage(StorageCard::Felica) => "a FeliCa card",
            WrongCard::Storage(StorageCard::Other(_)) => "a storage card",
            WrongCard::Several => {
                "two cards, one above the other, or one that lies badly: it is found, and nothing answers"
            }
            WrongCard::Phone => "a phone: no application, no files, and another identifier each time",
            WrongCard::NoApplication => {
                "a chip card without the application of travel and identity documents"
            }
            WrongCard::Blocked => "a document whose chip or application is blocked",
        };
        let text = format!("on the reader lies {} {what}", judgement.certainty());
        Self { wrong_card: Some(judgement), ..Self::new(ErrorCode::WrongCard, text) }
    }

    /// The reason that stands behind it, where there is one with a code of its own.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        Some(match self.wrong_card?.card() {
            WrongCard::Payment => Reason::PaymentCard,
            WrongCard::Storage(_) => Reason::StorageCard,
            WrongCard::Several => Reason::SeveralCards,
            WrongCard::Phone => Reason::PhoneOnReader,
            WrongCard::NoApplication => Reason::NoDocument,
            WrongCard::Blocked => Reason::ChipBlocked,
        })
    }

    /// The same with a remedy of its own.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The exit status.
    #[must_use]
    pub const fn exit_status(&self) -> u8 {
        if self.code.is_usage() { 2 } else { 1 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.text)
    }
}

impl std::error::Error for Failure {}
