//! What a person presented with the card, and what opens the chip because of it.

use reader_core::lds::mrz::Mrz;
use reader_core::lds::personal::PersonalNumber;
use reader_core::lds::qr::CardQr;
use reader_core::session::{AccessKey, AccessKeyError};
use reader_core::verify::Presented;
use zeroize::Zeroizing;

use crate::failure::{ErrorCode, Failure};

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
    /// The card's QR code.
    Qr(Box<CardQr>),
    /// The holder's secret PIN, and what was presented besides.
    Pin {
        /// Digits; they open the chip and are compared with nothing.
        pin: Zeroizing<String>,
        /// For the comparison with the chip, and for the last try of a PIN, which wants the card access number too.
        with: Option<Box<Presentation>>,
    },
}

impl Presentation {
    /// The passwords that follow from it, the better one first: a CAN for PACE, then what BAC takes.
    ///
    /// # Errors
    /// What was presented cannot be a password.
    pub fn access_keys(&self) -> Result<Vec<AccessKey>, Failure> {
        let bad = |error: AccessKeyError| Failure::new(ErrorCode::BadAccess, error.to_string());
        let mut keys = Vec::new();
        match self {
            Self::Number(number) => keys.push(AccessKey::can(&number.can()).map_err(bad)?),
            Self::Can(can) => keys.push(AccessKey::can(can).map_err(bad)?),
            Self::Mrz(mrz) => {
                if let Some(number) = mrz.vietnamese_number() {
                    keys.push(AccessKey::can(&number.can()).map_err(bad)?);
                }
                keys.push(AccessKey::mrz_information(&mrz.access_information()).map_err(bad)?);
            }
            Self::Document { number, birth, expiry } => {
                keys.push(AccessKey::mrz(number, birth, expiry).map_err(bad)?);
            }
            Self::Pin { pin, with } => {
                keys.push(AccessKey::pin(pin).map_err(bad)?);
                keys.extend(with.as_deref().map(Self::access_keys).transpose()?.unwrap_or_default());
            }
            Self::Qr(qr) => {
                let derived = qr.derived_access();
                keys.push(AccessKey::can(&derived.can).map_err(bad)?);
                if let Some(information) = derived.zone_information {
                    keys.push(AccessKey::mrz_information(&information).map_err(bad)?);
                }
            }
        }
        Ok(keys)
    }

    /// What of it has to agree with the chip.
    #[must_use]
    pub fn to_compare(&self) -> Presented {
        let some = |text: &str| Some(text.to_owned());
        match self {
            Self::Number(number) => Presented { number: some(number.as_str()), ..Presented::nothing() },
            Self::Can(can) => Presented { can: some(can), ..Presented::nothing() },
            Self::Mrz(mrz) => Presented { mrz: some(mrz.as_str()), ..Presented::nothing() },
            Self::Document { number, birth, expiry } => Presented {
                document_number: some(number),
                birth: some(birth),
                expiry: some(expiry),
                ..Presented::nothing()
            },
            Self::Pin { with, .. } => with.as_deref().map_or_else(Presented::nothing, Self::to_compare),
            Self::Qr(qr) => Presented {
                number: some(qr.number.as_str()),
                name: some(qr.name.as_str()),
                birth_date: qr.birth.full(),
                ..Presented::nothing()
            },
        }
    }
}
