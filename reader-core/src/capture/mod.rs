//! What a chip gave: the files as read and the traces of its protocols. Never a key. Beside them, what the gateway of the
//! issuing authority said of the signer while the chip was read.
//!
//! Only a session makes a live capture. One loaded from a folder can prove files and an active-authentication
//! signature again, but no longer chip authentication: that was seen by the terminal alone.

use std::collections::BTreeMap;

use zeroize::Zeroize;

use crate::lds::{DataGroup, FileId};

mod gateway;
mod terminal;
pub use gateway::{GatewayAnswer, GatewayQuestion, GatewayTrace};
pub use terminal::{TerminalAuthenticationOutcome, TerminalAuthenticationStep, TerminalAuthenticationTrace};

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Read to its end: the bytes as they came.
    Read(Vec<u8>),
    /// The chip said, under a valid response MAC (or before any channel), that there is no such file.
    Absent,
    /// The chip refuses it at the present access rights (6982).
    Protected,
    /// Reading began and was broken off.
    Aborted {
        /// Bytes that came before.
        read_bytes: usize,
    },
}

/// What broke a protocol off before it came to a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The card left, or gave nothing any more.
    CardGone,
    /// The chip's answer, after which the session could not go on: a status or bytes outside the channel, a wrong MAC, or
    /// nonsense, in these words.
    Chip(String),
    /// This terminal: it was cancelled, or its reader or service failed.
    Terminal,
}

/// How access control went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTrace {
    /// It opened a channel.
    Opened,
    /// It was refused or broke, as said.
    Failed(AccessFailure),
}

/// Why access control failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessFailure {
    /// The number, MRZ or CAN is not this card's.
    WrongPassword,
    /// The PIN is not this card's, and so many tries are left.
    WrongPin {
        /// 1: the chip suspends the PIN; 0: it blocks it.
        tries_left: u8,
    },
    /// One try of the PIN is left and the chip keeps it back until the card access number opened it. The PIN was not
    /// sent: a wrong one would block the card for good.
    PinSuspended,
    /// No try of the PIN is left. The PIN was not sent.
    PinBlocked,
    /// The chip refused with this status word.
    Refused(u16),
    /// The chip's answer breaks the protocol, in these words.
    Protocol(&'static str),
    /// It was broken off.
    BrokenOff(Interruption),
    /// The chip offers no variant that is known here.
    NotOffered,
    /// The chip offers domain parameters that are not those of a known group, in these words.
    ParametersRefused(String),
    /// The chip offers only keys that need extended lengths, and the reader carries none.
    BeyondReader,
}

/// What a chip gave by which the chip authentication mapping of PACE is judged. None of it is secret, and none of it
/// convinces a third party: who knows the signed public key can make up such values. Only the terminal that saw the
/// mapping key at work knows that the chip has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaceCamTrace {
    /// The chip sent data with its token.
    Answered {
        /// Number of the domain parameters; the signed key has the same.
        parameter_id: Option<u32>,
        /// PK_Map,IC: the chip's public key of the mapping phase, encoded as it came.
        mapping_key: Vec<u8>,
        /// CA_IC: SK_Map,IC divided by the chip's private key, decrypted.
        chip_data: Vec<u8>,
    },
    /// The channel opened, but the data are missing or cannot be read, in these words.
    Malformed(&'static str),
}

/// How chip authentication went in this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChipAuthenticationTrace {
    /// A response came under the new keys with a valid MAC.
    NewKeysAnswered {
        /// The chip's public key used, as SubjectPublicKeyInfo bytes out of DG14.
        public_key: Vec<u8>,
        /// Which key, where DG14 names several.
        key_id: Option<u32>,
    },
    /// The chip took the commands, but the next response does not verify under the new keys.
    NewKeysRefused,
    /// The chip refused with this status word.
    Refused(u16),
    /// It was broken off.
    Aborted(Interruption),
    /// DG14 offers no variant that is known here.
    NotUnderstood(&'static str),
}

/// Challenge and answer of active authentication, judged later against DG15.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveAuthenticationTrace {
    /// The chip signed.
    Signed {
        /// RND.IFD, 8 bytes.
        challenge: [u8; 8],
        /// The chip's signature as it came.
        signature: Vec<u8>,
    },
    /// The answer ends where a short response does, and the signature is longer: it did not come whole.
    Cut {
        /// What came.
        received_bytes: usize,
    },
    /// The chip refused with this status word.
    Refused(u16),
    /// It was broken off.
    Aborted(Interruption),
}

/// Something that the session did otherwise than the standard's plain course, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// PACE was refused or broke and BAC was used instead.
    FellBackToBac {
        /// Why PACE did not succeed.
        because: AccessFailure,
    },
    /// EF.CardAccess could not be read; the profile's constant was used.
    AssumedCardAccess,
    /// SELECT by file identifier was needed where short identifiers should work.
    SelectedByIdentifier(FileId),
    /// An extended command was refused and short ones were used.
    ExtendedRefused,
    /// Lengths learnt from earlier cards were used in place of what this one declares.
    LearntLimits,
    /// A file announces more than is read of a file of its kind, and was left alone.
    TooLarge {
        /// Which.
        file: FileId,
        /// What it announces.
        announced_bytes: usize,
    },
    /// The card left and came back, and reading went on.
    Resumed {
        /// The chip that came back proved to be the one that left; else the same EF.SOD is all that shows it.
        proved: bool,
    },
    /// Another card was laid where the one that left was waited for. Nothing of it was taken.
    OtherCard,
}

/// Where a capture comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A session of this program, in one run.
    Live,
    /// Loaded from a folder: what only the terminal saw does not count again.
    Stored,
}

/// What a chip gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Live or stored.
    pub origin: Origin,
    /// Every file that was asked for.
    pub files: BTreeMap<FileId, FileState>,
    /// PACE, if it was tried.
    pub pace: Option<AccessTrace>,
    /// BAC, if it was tried.
    pub bac: Option<AccessTrace>,
    /// Chip authentication mapping, if PACE ran with it.
    pub pace_cam: Option<PaceCamTrace>,
    /// Chip authentication, if it was tried.
    pub chip_authentication: Option<ChipAuthenticationTrace>,
    /// Active authentication, if it was tried.
    pub active_authentication: Option<ActiveAuthenticationTrace>,
    /// Terminal authentication, if this terminal could try it.
    pub terminal_authentication: Option<TerminalAuthenticationTrace>,
    /// What became of asking the issuing authority's gateway; `None` where this terminal has none to ask.
    pub gateway: Option<GatewayTrace>,
    /// Departures from the plain course.
    pub deviations: Vec<Deviation>,
}

impl Capture {
    /// An empty capture.
    #[must_use]
    pub const fn new(origin: Origin) -> Self {
        Self {
            origin,
            files: BTreeMap::new(),
            pace: None,
            bac: None,
            pace_cam: None,
            chip_authentication: None,
            active_authentication: None,
            terminal_authentication: None,
            gateway: None,
            deviations: Vec::new(),
        }
    }

    /// The bytes of a file that was read to its end.
    #[must_use]
    pub fn bytes(&self, file: FileId) -> Option<&[u8]> {
        match self.files.get(&file) {
            Some(FileState::Read(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Overwrites the files with zeros and forgets them: they are personal data. The traces stay.
    pub fn wipe(&mut self) {
        for state in self.files.values_mut() {
            if let FileState::Read(bytes) = state {
                bytes.zeroize();
            }
        }
        self.files.clear();
    }

    /// Whether the last that was seen of the card's place is another card: the one that was being read did not come back.
    #[must_use]
    pub fn gave_way_to_another(&self) -> bool {
        let meeting =
            |deviation: &&Deviation| matches!(deviation, Deviation::Resumed { .. } | Deviation::OtherCard);
        self.deviations.iter().rev().find(meeting) == Some(&Deviation::OtherCard)
    }

    /// The bytes of a data group that was read to its end.
    #[must_use]
    pub fn group(&self, group: DataGroup) -> Option<&[u8]> {
        self.bytes(FileId::group(group))
    }
}
