//! The groups that few cards have: DG4, DG5, DG7, DG11, DG12 and DG16.

use std::collections::BTreeMap;

use super::recipe::{Holder, HolderDates, portrait};
use crate::issuer::patterns;
use crate::issuer::personal::{self, Contact, Issue, Personal};

/// Nobody answers these.
const TELEPHONES: [&str; 3] = ["+84000000001", "+84000000002", "+84000000003"];

/// The groups by number. What they say agrees with DG13.
pub(super) fn groups(persona: &str, holder: &Holder, dates: &HolderDates) -> BTreeMap<u8, Vec<u8>> {
    let [own, telephones @ ..] = TELEPHONES;
    let personal = Personal {
        name: holder.full_name.to_owned(),
        other_name: "BÉ TÍ".to_owned(),
        number: holder.number.to_owned(),
        birth: dates.birth,
        place: holder.origin.to_owned(),
        address: holder.residence.to_owned(),
        telephone: own.to_owned(),
        profession: "Thợ gốm".to_owned(),
    };
    let issue = Issue {
        authority: "Cơ quan cấp thẻ MÔ PHỎNG".to_owned(),
        issued: dates.issued,
        observation: "Thẻ mô phỏng, không có giá trị".to_owned(),
        machine: "SIM-0001".to_owned(),
    };
    let contacts = holder.parents.iter().zip(telephones).map(|(name, telephone)| Contact {
        name: (*name).to_owned(),
        telephone: telephone.to_owned(),
        address: holder.residence.to_owned(),
    });
    BTreeMap::from([
        (4, patterns::dg4(persona)),
        (5, personal::dg5(&portrait(holder))),
        (7, personal::dg7(persona)),
        (11, personal::dg11(&personal)),
        (12, personal::dg12(&issue)),
        (16, personal::dg16(&contacts.collect::<Vec<_>>(), dates.issued)),
    ])
}
