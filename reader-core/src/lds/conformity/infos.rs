//! DG14: SecurityInfos beside what they may be. Spec: 9303-11 §9.2; TR-03110-3 §A.1.1.

use crate::lds::FileId;
use crate::lds::security_infos::{ActiveSignature, SecurityInfo, SecurityInfos};

/// The two files that the standard gives an identifier for authorities in.
const SHORT_CVCA: u8 = 0x1C;

pub(super) fn departures(infos: &SecurityInfos) -> Vec<String> {
    let mut found: Vec<String> = infos.entries.iter().filter_map(|entry| of_entry(&entry.info)).collect();
    let keys: Vec<Option<u32>> = infos.chip_authentication_keys().map(|key| key.key_id).collect();
    for info in infos.chip_authentication() {
        // A single key needs no number.
        let named = keys.contains(&info.key_id) || info.key_id.is_none() && keys.len() == 1;
        if !named {
            found.push("a ChipAuthenticationInfo without the key that it names".to_owned());
        }
    }
    if infos.trailing_bytes > 0 {
        found.push(format!("{} bytes after the set", infos.trailing_bytes));
    }
    found
}

fn of_entry(info: &SecurityInfo) -> Option<String> {
    let version = |what: &str, version: u32, right: u32| {
        (version != right).then(|| format!("{what} of version {version}"))
    };
    match info {
        SecurityInfo::Pace(info) => version("PACEInfo", info.version, 2),
        SecurityInfo::ChipAuthentication(info) => version("ChipAuthenticationInfo", info.version, 1),
        SecurityInfo::TerminalAuthentication(info) => version("TerminalAuthenticationInfo", info.version, 1)
            .or_else(|| {
                let elsewhere = info.authorities_file.is_some_and(|id| id != FileId::CVCA.id)
                    || info.authorities_short.is_some_and(|short| short != SHORT_CVCA);
                elsewhere.then(|| "authorities in another file than EF.CVCA".to_owned())
            }),
        SecurityInfo::ActiveAuthentication(info) => version("ActiveAuthenticationInfo", info.version, 1)
            .or_else(|| {
                let other = matches!(info.signature, ActiveSignature::Other(_));
                other.then(|| "ActiveAuthenticationInfo with an algorithm that does not exist".to_owned())
            }),
        SecurityInfo::Unreadable(error) => Some(error.to_string()),
        SecurityInfo::Unknown(oid) => SecurityInfos::is_undefined_protocol(oid)
            .then(|| "an object identifier that the protocols do not define".to_owned()),
        SecurityInfo::PaceDomainParameter(_) | SecurityInfo::ChipAuthenticationPublicKey(_) => None,
    }
}
