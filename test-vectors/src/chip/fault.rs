//! What a chip may do wrong, or differently, on demand.

use super::TerminalFault;
pub use super::bad_key::BadKey;
pub use super::chip_data::ChipData;
pub use super::misshapen::Shape;

/// The two commands of PACE that exchange public keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceStep {
    /// The mapping keys (data objects 81 and 82).
    Mapping,
    /// The ephemeral keys of the agreement (data objects 83 and 84).
    Agreement,
}

/// How another chip takes the place of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// It is there from one exchange to the next and knows nothing of the session.
    Plain,
    /// The card is gone first; the other one answers after the next power-up.
    Powered,
    /// Somebody who knows the access number opened both: the channel goes on, files and keys are the other chip's.
    Relayed,
}

/// A proof of the chip by a key in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProof {
    /// Chip Authentication, whose key is in DG14.
    ChipAuthentication,
    /// Active Authentication, whose key is in DG15.
    ActiveAuthentication,
}

/// A misbehaviour, or a peculiarity that the standards allow. Exchanges are counted from 0 at each power-up; a fault stays
/// until [`Chip::behave`](super::Chip::behave).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The card leaves the field: no answer to this exchange and all later ones, until the next power-up.
    TornAt {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The response MAC is wrong in one bit; a plain answer stays as it is.
    WrongMac {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The command is not executed; a bare status word comes back.
    PlainStatus {
        /// Number of the exchange.
        exchange: usize,
        /// The status word.
        sw: u16,
    },
    /// Only the first half of the answer comes back.
    TruncateResponse {
        /// Number of the exchange.
        exchange: usize,
    },
    /// The answer of the exchange before comes back once more.
    ReplayPrevious {
        /// Number of the exchange.
        exchange: usize,
    },
    /// An older answer comes back once more.
    ReplayOlder {
        /// Number of the exchange.
        exchange: usize,
        /// How many exchanges before it was given; 1 is the one before.
        back: usize,
    },
    /// The answer is protected with another counter, and its MAC is right for that.
    WrongCounter {
        /// Number of the exchange.
        exchange: usize,
        /// By how much it is ahead: -1 is the command's own, -2 that of the answer before.
        ahead: i8,
    },
    /// The protected answer has another shape, with the MAC that is right for it; where a plain answer has such a shape
    /// too, it has it.
    Misshapen {
        /// Number of the exchange.
        exchange: usize,
        /// The shape.
        shape: Shape,
    },
    /// The bare status word is another than the protected one; a plain answer stays as it is.
    OuterStatus {
        /// Number of the exchange.
        exchange: usize,
        /// The bare status word.
        sw: u16,
    },
    /// The protected status word is another than the bare one; a plain answer stays as it is.
    InnerStatus {
        /// Number of the exchange.
        exchange: usize,
        /// The protected status word.
        sw: u16,
    },
    /// The answer is 9000 without data, with a right MAC under secure messaging.
    Empty {
        /// Number of the exchange.
        exchange: usize,
    },
    /// A read gives sixteen bytes more than were asked for, as far as the file goes.
    BeyondLe {
        /// Number of the exchange.
        exchange: usize,
    },
    /// A read gives the content at another offset of the file.
    OtherOffset {
        /// Number of the exchange.
        exchange: usize,
        /// So many bytes further.
        ahead: usize,
    },
    /// From this exchange on, every read gives one byte.
    OneByte {
        /// Number of the first such exchange.
        exchange: usize,
    },
    /// From this exchange on, every answer names another length (6Cxx), for ever.
    EndlessLength {
        /// Number of the first such exchange.
        exchange: usize,
    },
    /// From this exchange on, the stand-in card answers.
    SwappedAt {
        /// Number of the first such exchange.
        exchange: usize,
        /// How the one takes the place of the other.
        how: Swap,
    },
    /// The length in the file's header is this, whatever there is.
    Announces {
        /// The file's identifier.
        file: u16,
        /// Content bytes.
        bytes: u32,
    },
    /// Every read of the file gives other bytes beyond its header.
    Changing {
        /// The file's identifier.
        file: u16,
    },
    /// A file's reads give another file, of the same directory or else of the master file.
    OtherFile {
        /// Identifier of the file that is asked for.
        asked: u16,
        /// Identifier of the file that is given.
        given: u16,
    },
    /// Reading by a short identifier leaves the current file as it was.
    ShortIdentifierSelectsNothing,
    /// The file with the key of a proof, and the key, are the stand-in card's.
    ForeignKey(KeyProof),
    /// The public key in DG14 is an impossible one.
    CaKey(BadKey),
    /// Active Authentication signs another challenge.
    AaOtherChallenge,
    /// PACE sends an impossible public key; integrated mapping, which sends none, sends one.
    PaceKey(PaceStep, BadKey),
    /// The encrypted nonce has this many bytes.
    PaceNonceBytes(usize),
    /// The chip's authentication token has this many bytes.
    PaceTokenBytes(usize),
    /// The chip sends the terminal's authentication token back.
    PaceTokenEcho,
    /// The data that end PACE with chip authentication mapping.
    ChipData(ChipData),
    /// BAC answers with a wrong MAC.
    BacWrongMac,
    /// BAC sends the terminal's cryptogram back.
    BacEcho,
    /// The answer carries this status word; under secure messaging with a right MAC.
    WrongStatus {
        /// Number of the exchange.
        exchange: usize,
        /// The status word.
        sw: u16,
    },
    /// One bit of the answer is flipped on its way.
    FlipBit {
        /// Number of the exchange.
        exchange: usize,
        /// The bit, counted from the first byte's highest; taken modulo the answer's length.
        bit: usize,
    },
    /// From this exchange on, every answer promises more (61xx), for ever.
    EndlessMore {
        /// Number of the first such exchange.
        exchange: usize,
    },
    /// SELECT of this file in the application, or reading it by its short identifier, is answered with a bare 6A82.
    AbsentUnprotected {
        /// The file's identifier.
        file: u16,
    },
    /// Chip Authentication answers 9000 and goes on under the old keys.
    CaKeepsOldKeys,
    /// Chip Authentication is done with another private key.
    CaWrongKey,
    /// MSE of Chip Authentication is refused with this status word.
    CaRefused(u16),
    /// Active Authentication is done with another private key.
    AaWrongKey,
    /// The block of an RSA signature ends in a trailer that names no hash.
    AaUnknownTrailer,
    /// A signature that fits no short protected response is cut off where that ends, with 9000.
    AaCutsSignature,
    /// PACE sends the point at infinity.
    PacePointAtInfinity(PaceStep),
    /// PACE sends a point that is not on the curve.
    PaceOffCurve(PaceStep),
    /// PACE sends the terminal's own public key back.
    PaceEchoesTerminalKey(PaceStep),
    /// The encrypted nonce has eight bytes.
    PaceShortNonce,
    /// The chip's authentication token is wrong.
    PaceWrongToken,
    /// MSE:Set AT for PACE is refused with this status word.
    PaceRefused(u16),
    /// A GENERAL AUTHENTICATE of PACE is refused with this status word.
    PaceStepRefused {
        /// Its number: 0 nonce, 1 mapping, 2 agreement, 3 tokens.
        step: u8,
        /// The status word.
        sw: u16,
    },
    /// The data object of an answer of PACE has a tag that is sixteen higher: 90 in place of 80.
    PaceOtherTag {
        /// Number of the GENERAL AUTHENTICATE, as above.
        step: u8,
    },
    /// PACE goes on with another nonce than the one that was sent.
    PaceOtherNonce,
    /// The last answer of PACE has a data object 8A, which belongs to the chip authentication mapping alone.
    PaceStrayChipData,
    /// EXTERNAL AUTHENTICATE is refused with this status word.
    BacRefused(u16),
    /// BAC returns another terminal nonce than it received.
    BacWrongNonce,
    /// Commands of extended length are refused with 6700, whatever the card declares.
    RefuseExtended,
    /// Keys of Chip Authentication that come in a chain of commands are refused with 6884.
    RefuseChaining,
    /// MSE:Set KAT is refused with 6A86, while MSE:Set AT works.
    RefuseKeyAgreementTemplate,
    /// EF.CardAccess is refused with this status word, while PACE works.
    NoCardAccess(u16),
    /// SELECT of the application is refused with this status word.
    RefuseApplication(u16),
    /// SELECT of the master file answers 6D00, as Vietnamese cards have been seen to do.
    RefuseSelectMasterFile,
    /// A read beyond the end gives what there is with 9000 instead of 6282.
    NoEndOfFileWarning,
    /// A read beyond the end gives nothing, but 6Cxx with the right length.
    AskForExactLength,
    /// A read beyond the end gives nothing, but this status word.
    BeyondEndRefused(u16),
    /// A fault of Terminal Authentication; its forms are [`TerminalFault::FORMS`].
    Terminal(TerminalFault),
}
