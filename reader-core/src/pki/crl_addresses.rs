//! Where a certificate says that its issuer's revocation lists are. Nobody here fetches anything.
//!
//! Spec: 9303-12 §7.1.1 (cRLDistributionPoints), RFC 5280 §4.2.1.13.

use super::certificate::Certificate;
use crate::wire::Malformed;
use crate::wire::der::{BOOLEAN, OCTET_STRING, SEQUENCE};
use crate::wire::tlv::{Reader, Rules};

/// Most addresses read out of one certificate. Real ones have one to three.
const MAX_ADDRESSES: usize = 16;
/// Longest address.
const MAX_ADDRESS_BYTES: usize = 2_048;
/// `id-ce-cRLDistributionPoints`.
const DISTRIBUTION_POINTS: &str = "2.5.29.31";
const EXTENSIONS: u32 = 0xA3;
/// `[0]`: distributionPoint in its DistributionPoint, and fullName in its DistributionPointName.
const CONTEXT_0: u32 = 0xA0;
/// `uniformResourceIdentifier` of a GeneralName.
const URI: u32 = 0x86;

/// The http and https addresses of revocation lists in `certificate`, in their order, none twice; none where the extension
/// is absent or cannot be read. Addresses of directories (ldap) are left out.
#[must_use]
pub fn crl_addresses(certificate: &Certificate) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for address in all(certificate.tbs()).unwrap_or_default() {
        let lower = address.to_ascii_lowercase();
        let web = lower.starts_with("http://") || lower.starts_with("https://");
        if web && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

fn all(tbs: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut fields = Reader::new("TBSCertificate", Rules::Ber, tbs).enter("TBSCertificate", SEQUENCE)?;
    while !fields.is_empty() {
        if fields.peek_tag()? != EXTENSIONS {
            fields.any()?;
            continue;
        }
        let wrapper = fields.any()?;
        let mut extensions = fields.inside("Extensions", &wrapper).enter("Extensions", SEQUENCE)?;
        while !extensions.is_empty() {
            let mut extension = extensions.enter("Extension", SEQUENCE)?;
            let oid = extension.oid()?;
            extension.optional(BOOLEAN)?;
            let value = extension.expect(OCTET_STRING)?;
            if oid.is(DISTRIBUTION_POINTS) {
                return points(extension.inside("CRLDistributionPoints", &value));
            }
        }
    }
    Ok(Vec::new())
}

fn points(mut value: Reader<'_>) -> Result<Vec<String>, Malformed> {
    let mut found = Vec::new();
    let mut points = value.enter("CRLDistributionPoints", SEQUENCE)?;
    while !points.is_empty() {
        let mut point = points.enter("DistributionPoint", SEQUENCE)?;
        let Some(name) = point.optional(CONTEXT_0)? else { continue };
        let mut name = point.inside("DistributionPointName", &name);
        let Some(full) = name.optional(CONTEXT_0)? else { continue };
        let mut names = name.inside("GeneralNames", &full);
        while !names.is_empty() && found.len() < MAX_ADDRESSES {
            let general = names.any()?;
            let printable = general.value.iter().all(u8::is_ascii_graphic);
            if general.tag == URI && printable && general.value.len() <= MAX_ADDRESS_BYTES {
                found.push(String::from_utf8_lossy(general.value).into_owned());
            }
        }
    }
    Ok(found)
}
