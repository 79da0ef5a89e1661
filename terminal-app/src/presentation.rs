//! What a person presented with the card, and what opens the chip because of it.

use reader_core::lds::PersonalNumber;
use reader_core::lds::mrz::Mrz;
use zeroize::Zeroizing;

/// One way of presenting a document.
#[derive(Clone)]
pub enum Presentation {
    /// The twelve digits of a Vietnamese card.
    Number(PersonalNumber),
    /// A card access number alone.
    Can(Zeroizing<String>),
    /// The printed machine-readable zone.
    Mrz(Box<Mrz>),
    /// Number, birth and expiry as typed from the document.
    Document {
        /// Document number.
        number: Zeroizing<String>,
        /// YYMMDD.
        birth: Zeroizing<String>,
        /// YYMMDD.
        expiry: Zeroizing<String>,
    },
    /// The text of the card's QR code.
    Qr(Zeroizing<String>),
}
