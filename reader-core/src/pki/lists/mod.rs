//! Lists of ICAO that travel as CMS SignedData: their form, their signer, and whether he may be believed.
//!
//! Master lists and deviation lists differ in their content alone. What is asked of the signer is the same: his
//! certificate is in the list and is one for such lists, it is valid now and not revoked, and a trusted country
//! certificate issued it; or the operator pinned it. Spec: 9303-12 §7.1.1.3, §9.1, §10.1.

mod deviation_list;
mod deviations;
mod master_list;
mod signed;

pub use deviation_list::{
    CertificateField, Description, Deviation, DeviationKind, Documents, FileNumber, MrzField, Numbers,
    SignerSet, parse_deviations,
};
pub use deviations::{DeviationList, is_deviation_list};
