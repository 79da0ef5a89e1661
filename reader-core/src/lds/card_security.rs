//! EF.CardSecurity: SecurityInfos that a document signer signed. Spec: 9303-11 §9.2.11; TR-03110-3 §A.1.2.

use super::security_infos::SecurityInfos;
use crate::wire::Malformed;
use crate::wire::cms::{self, SignedData};

/// `id-SecurityObject`: the type of its content, which nothing else may have.
pub const SECURITY_OBJECT: &str = "0.4.0.127.0.7.3.2.1";

/// The entries that the file holds, whoever signed them. `verify` says whether anyone trusted did.
///
/// # Errors
/// No SignedData, another content, or no set of SecurityInfos.
pub fn unproved_infos(file: &[u8]) -> Result<SecurityInfos, Malformed> {
    infos(&SignedData::parse_ber(&cms::definite(file)?.bytes)?)
}

/// The same from the parsed message.
///
/// # Errors
/// Another content, or no set of SecurityInfos.
pub fn infos(data: &SignedData<'_>) -> Result<SecurityInfos, Malformed> {
    const WHAT: &str = "EF.CardSecurity";
    if !data.content_type.is(SECURITY_OBJECT) {
        return Err(Malformed::value(WHAT, "a content that is not id-SecurityObject"));
    }
    let content = data.content.ok_or(Malformed::value(WHAT, "a content that is detached"))?;
    let infos = SecurityInfos::parse(content)?;
    if infos.trailing_bytes > 0 {
        return Err(Malformed::value(WHAT, "bytes after the set of SecurityInfos"));
    }
    Ok(infos)
}
