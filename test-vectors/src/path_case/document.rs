//! The document of a case: DG1, DG12 where it states a day of issue, and EF.SOD. Spec: 9303-10 §4.6.2.

use super::objects::Set;
use super::{DocumentChange, day};
use crate::card::Hash;
use crate::issuer::calendar::time;
use crate::issuer::cms_out::SignerIdentifier;
use crate::issuer::der_out::{
    explicit, implicit, integer, join, octet_string, oid, sequence, set_of, sorted, tlv,
};
use crate::issuer::groups;
use crate::issuer::mrz::{Fields, names};
use crate::issuer::signer::digest_algorithm;
use crate::issuer::sod::{LDS_SECURITY_OBJECT, LdsVersion, SodForm, security_object};

/// DG1, and DG12 with nothing but the day of issue.
pub(super) fn groups(document: &DocumentChange) -> Vec<(u8, Vec<u8>)> {
    let fields = Fields {
        code: document.code.clone().unwrap_or_else(|| "P".to_owned()),
        state: document.state.clone().unwrap_or_else(|| "UTO".to_owned()),
        number: "L898902C3".to_owned(),
        birth: "740812".to_owned(),
        sex: 'F',
        expiry: "310415".to_owned(),
        nationality: document.state.clone().unwrap_or_else(|| "UTO".to_owned()),
        names: names("ERIKSSON ANNA MARIA"),
        optional: String::new(),
    };
    let mut groups = vec![(1, groups::dg1(&fields.td3()))];
    if let Some(issued) = document.issued.as_deref() {
        let date = issued.replace('-', "");
        let listed = tlv(&[0x5C], &[0x5F, 0x26]);
        groups.push((12, tlv(&[0x6C], &[listed, tlv(&[0x5F, 0x26], date.as_bytes())].concat())));
    }
    groups
}

/// EF.SOD under the case's signer, named by issuer and serial number unless the case says otherwise.
pub(super) fn sod(set: &Set<'_>, document: &DocumentChange, groups: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let signer = document.signer.as_deref().unwrap_or("dsc");
    let key = set.key(signer);
    let form = SodForm {
        version: LdsVersion::V1_7,
        hash: Hash::Sha256,
        identifier: SignerIdentifier::IssuerAndSerial,
        signing_time_s: None,
    };
    let files: Vec<(u8, &[u8])> = groups.iter().map(|(number, file)| (*number, file.as_slice())).collect();
    let content = security_object(&form, &files);
    let attribute = |kind: &str, value: Vec<u8>| sequence(&[oid(kind), set_of(&[value])]);
    let mut attributes = vec![
        attribute("1.2.840.113549.1.9.3", oid(LDS_SECURITY_OBJECT)),
        attribute("1.2.840.113549.1.9.4", octet_string(&key.hash().digest(&content))),
    ];
    match document.signed.as_deref() {
        Some("never") => {}
        date => {
            let at = day(date.unwrap_or("2024-02-15")).to_unix_s() + 36_000;
            attributes.push(attribute("1.2.840.113549.1.9.5", time(at)));
        }
    }
    let by_key = document.identifier.as_deref() == Some("key");
    let (version, identifier) = if by_key {
        (3, implicit(0, &key.identifier))
    } else {
        (1, sequence(&[set.issuer(signer), tlv(&[0x02], &set.serial(signer))]))
    };
    let hash = digest_algorithm(key.hash(), true);
    let info = sequence(&[
        integer(version),
        identifier,
        hash.clone(),
        explicit(0, &join(&sorted(&attributes))),
        key.signature_algorithm(),
        octet_string(&key.sign(&set_of(&attributes))),
    ]);
    let carried = document.carries.clone().unwrap_or_else(|| vec![signer.to_owned()]);
    let certificates: Vec<Vec<u8>> = carried.iter().map(|name| set.certificate(name)).collect();
    let data = sequence(&[
        integer(3),
        set_of(&[hash]),
        sequence(&[oid(LDS_SECURITY_OBJECT), explicit(0, &octet_string(&content))]),
        tlv(&[0xA0], &join(&sorted(&certificates))),
        set_of(&[info]),
    ]);
    tlv(&[0x77], &sequence(&[oid("1.2.840.113549.1.7.2"), explicit(0, &data)]))
}
