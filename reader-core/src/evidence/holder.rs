//! The holder, as proved files describe him. Nothing from a file without a proved hash ever comes in here.

use std::collections::BTreeMap;

use serde::Serialize;
use zeroize::Zeroize;

/// Particulars of the holder, each out of a file whose hash is signed under a confirmed chain.
///
/// Only `verify` makes one, out of proved files. It has no `Debug`: these are personal data, and they are wiped.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Holder {
    /// The personal number where the document has one (12 digits in Vietnam), else the document number.
    pub number: String,
    /// The name: with its own letters where DG13 or DG11 has it, else as the MRZ transliterates it.
    pub name: String,
    /// Date of birth, `YYYY-MM-DD`; parts that the document leaves open are written `XX`.
    pub birth_date: Option<String>,
    /// `M`, `F` or `X` after the MRZ.
    pub sex: Option<String>,
    /// Date of expiry, `YYYY-MM-DD`; `None` where the document does not expire.
    pub expiry_date: Option<String>,
    /// Nationality, three letters.
    pub nationality: Option<String>,
    /// The document number of the MRZ.
    pub document_number: String,
    /// The state or organisation that issued the document, one to three letters as in the MRZ. Rules may depend on it; it is
    /// no particular of the holder and stays out of reports.
    #[serde(skip)]
    pub issuing_state: Option<String>,
    /// Further particulars by their key, such as `residence`.
    pub details: BTreeMap<String, String>,
}

impl Drop for Holder {
    fn drop(&mut self) {
        for text in [&mut self.number, &mut self.name, &mut self.document_number] {
            text.zeroize();
        }
        for text in [&mut self.birth_date, &mut self.sex, &mut self.expiry_date, &mut self.nationality] {
            text.zeroize();
        }
        self.details.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Holder {
    /// Only `verify` makes one, out of proved groups.
    pub(crate) fn new(
        number: String,
        name: String,
        document_number: String,
        rest: impl FnOnce(&mut Self),
    ) -> Self {
        let mut holder = Self {
            number,
            name,
            birth_date: None,
            sex: None,
            expiry_date: None,
            nationality: None,
            document_number,
            issuing_state: None,
            details: BTreeMap::new(),
        };
        rest(&mut holder);
        holder
    }
}
