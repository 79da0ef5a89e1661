//! Writes files of a public key directory as ICAO's: complete ones, and changes. Spec: RFC 2849; 9303-12 §5.

use std::fmt::Write as _;

use super::country::{Country, Issued};

/// Under which all entries stand.
const ROOT: &str = "dc=download,dc=pkd,dc=icao,dc=int";
/// Columns of a line before it goes on in the next.
const COLUMNS: usize = 76;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A document signer.
    DocumentSigner,
    /// A document signer that does not conform, in the branch for such.
    NonConformantSigner,
    /// A revocation list.
    RevocationList,
    /// A master list.
    MasterList,
    /// A deviation list.
    DeviationList,
    /// A country certificate by itself, as some directories of single countries have it.
    Authority,
}

impl Kind {
    const fn branch(self) -> (&'static str, &'static str) {
        match self {
            Self::DocumentSigner => ("o=dsc", "dc=data"),
            Self::NonConformantSigner => ("o=dsc", "dc=nc-data"),
            Self::RevocationList => ("o=crl", "dc=data"),
            Self::MasterList => ("o=ml", "dc=data"),
            Self::DeviationList => ("o=dl", "dc=data"),
            Self::Authority => ("o=csca", "dc=data"),
        }
    }

    /// The attribute that carries the object.
    #[must_use]
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::DocumentSigner | Self::NonConformantSigner => "userCertificate;binary",
            Self::RevocationList => "certificateRevocationList;binary",
            Self::MasterList => "pkdMasterListContent",
            Self::DeviationList => "pkdDeviationListContent",
            Self::Authority => "cACertificate;binary",
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it holds.
    pub kind: Kind,
    /// Its name.
    pub dn: String,
    /// The object.
    pub der: Vec<u8>,
}

impl Entry {
    /// The entry of a document signer.
    #[must_use]
    pub fn signer(kind: Kind, country: &Country, signer: &Issued) -> Self {
        let serial = hex(&signer.certificate.serial);
        Self::named(kind, country, &format!("+sn={serial}"), &signer.der)
    }

    /// The entry of a list or certificate of a country.
    #[must_use]
    pub fn of(kind: Kind, country: &Country, der: &[u8]) -> Self {
        Self::named(kind, country, "", der)
    }

    fn named(kind: Kind, country: &Country, serial: &str, der: &[u8]) -> Self {
        let issuer = country.csca_name();
        let (organisation, branch) = kind.branch();
        let dn = format!(
            "cn=CN\\={}\\,O\\={}\\,C\\={country}{serial},{organisation},c={country},{branch},{ROOT}",
            issuer.common,
            issuer.organisation,
            country = country.alpha2,
        );
        Self { kind, dn, der: der.to_vec() }
    }

    /// The entry as a complete file has it.
    #[must_use]
    pub fn content(&self) -> String {
        self.record("")
    }

    /// The entry as a file of changes adds it.
    #[must_use]
    pub fn added(&self) -> String {
        self.record("changetype: add\n")
    }

    /// The entry as a file of changes takes it away.
    #[must_use]
    pub fn deleted(&self) -> String {
        format!("{}changetype: delete\n\n", folded(&format!("dn: {}", self.dn)))
    }

    /// The entry as a file of changes puts another object into it.
    #[must_use]
    pub fn replaced_by(&self, der: &[u8]) -> String {
        let attribute = self.kind.attribute();
        let value = folded(&format!("{attribute}:: {}", base64(der)));
        let dn = folded(&format!("dn: {}", self.dn));
        format!("{dn}changetype: modify\nreplace: {attribute}\n{value}-\n\n")
    }

    fn record(&self, change: &str) -> String {
        let mut text = folded(&format!("dn: {}", self.dn));
        text.push_str(change);
        text.push_str("pkdVersion: 1150\n");
        if self.kind == Kind::NonConformantSigner {
            text.push_str("pkdConformanceCode: ERR:DSC.KEY.02\npkdConformanceText: simulated: the key usage is not critical\n");
        }
        text.push_str(&folded(&format!("{}:: {}", self.kind.attribute(), base64(&self.der))));
        text.push_str("objectClass: top\nobjectClass: pkdDownload\n\n");
        text
    }
}

/// A file of these records, with the branches of the tree before them.
#[must_use]
pub fn file(records: &[String]) -> String {
    let mut text = format!(
        "version: 1\n\n# simulated\ndn: {ROOT}\nobjectClass: top\nobjectClass: domain\ndc: download\n\n"
    );
    records.iter().for_each(|record| text.push_str(record));
    text
}

fn folded(line: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for character in line.chars() {
        if column == COLUMNS {
            text.push_str("\n ");
            column = 1;
        }
        text.push(character);
        column += 1;
    }
    text.push('\n');
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_usize, |group, byte| group << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[group >> (18 - 6 * place) & 0x3F];
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_folding_are_as_published() {
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes), text);
        }
        assert_eq!(folded(&"a".repeat(80)), format!("{}\n {}\n", "a".repeat(76), "a".repeat(4)));
    }
}
