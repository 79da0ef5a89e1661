//! Status words that the chip answers with. Spec: ISO/IEC 7816-4 §5.6.

pub(super) const OK: u16 = 0x9000;
pub(super) const END_OF_FILE: u16 = 0x6282;
pub(super) const AUTHENTICATION_FAILED: u16 = 0x6300;
/// The low digit is the number of tries that are left.
pub(super) const TRIES: u16 = 0x63C0;
pub(super) const WRONG_LENGTH: u16 = 0x6700;
pub(super) const CHAIN_BROKEN: u16 = 0x6883;
pub(super) const CHAINING_NOT_SUPPORTED: u16 = 0x6884;
pub(super) const SECURITY_NOT_SATISFIED: u16 = 0x6982;
pub(super) const REFERENCE_NOT_USABLE: u16 = 0x6984;
pub(super) const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;
pub(super) const NO_CURRENT_FILE: u16 = 0x6986;
pub(super) const SM_OBJECTS_MISSING: u16 = 0x6987;
pub(super) const SM_OBJECTS_INCORRECT: u16 = 0x6988;
pub(super) const WRONG_DATA: u16 = 0x6A80;
pub(super) const FILE_NOT_FOUND: u16 = 0x6A82;
pub(super) const WRONG_PARAMETERS: u16 = 0x6A86;
pub(super) const REFERENCE_NOT_FOUND: u16 = 0x6A88;
pub(super) const OFFSET_BEYOND_END: u16 = 0x6B00;
/// The low byte is the length that would fit.
pub(super) const EXACT_LENGTH: u16 = 0x6C00;
pub(super) const INSTRUCTION_UNKNOWN: u16 = 0x6D00;
pub(super) const CLASS_UNKNOWN: u16 = 0x6E00;
