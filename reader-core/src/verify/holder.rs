//! The holder, out of proved groups alone.

use std::collections::BTreeMap;

use super::Case;
use super::hashes::Files;
use crate::evidence::Holder;
use crate::lds::DataGroup;
use crate::lds::details::{DetailDate, Details, NationalDetails};
use crate::lds::dg1::Dg1;
use crate::lds::dg11::PersonalDetails;
use crate::lds::elements::parts;
use crate::lds::finger::Fingers;
use crate::lds::mrz::{Agreement, Expiry, Mrz, PartialDate, Sex};
use crate::lds::personal::PersonalText;

pub(super) fn holder(case: &Case<'_>, files: &Files<'_>) -> Option<Holder> {
    let mrz = Dg1::parse(files.group(DataGroup::Dg1).proved()?).ok()?.mrz;
    let details = files.group(DataGroup::Dg13).proved().map(Details::parse);
    let fields = details.as_ref().and_then(Details::fields);
    // What DG13 has in full letters goes before DG11, which repeats it in the standard's poorer form.
    let personal = files.group(DataGroup::Dg11).proved().filter(|_| fields.is_none());
    let personal = personal.and_then(|file| PersonalDetails::parse(file).ok());
    let full_name = match fields {
        Some(fields) => fields.name.clone(),
        None => personal.as_ref().and_then(PersonalDetails::full_name),
    };
    let today = case.now.date()?;
    let expiry_date = match mrz.expiry_on(today) {
        Expiry::Unlimited => None,
        Expiry::On(day) => Some(day.to_string()),
        Expiry::Unknown(partial) => Some(written(partial)),
    };
    let document_number = mrz.document_number().as_str().to_owned();
    let number = mrz.vietnamese_number().map(|number| number.as_str().to_owned());
    Some(Holder::new(
        number.unwrap_or_else(|| document_number.clone()),
        name(&mrz, full_name.as_ref()),
        document_number,
        |holder| {
            holder.issuing_state = Some(mrz.issuer().to_owned());
            holder.birth_date = Some(written(mrz.birth().as_birth(today)));
            holder.sex = match mrz.sex() {
                Sex::Female => Some("F".to_owned()),
                Sex::Male => Some("M".to_owned()),
                Sex::Unspecified => Some("X".to_owned()),
                Sex::Other(_) => None,
            };
            holder.expiry_date = expiry_date;
            holder.nationality = Some(mrz.nationality().to_owned()).filter(|code| !code.is_empty());
            holder.details = match (fields, &personal) {
                (Some(fields), _) => further(fields),
                (None, Some(personal)) => further_of_dg11(personal),
                (None, None) => BTreeMap::new(),
            };
        },
    ))
}

/// The name in its own letters where DG13 or DG11 has it and the MRZ does not contradict it.
fn name(mrz: &Mrz, full: Option<&PersonalText>) -> String {
    match full.map(|name| name.as_str().trim()) {
        Some(full) if !full.is_empty() && mrz.name().agrees_with(full) != Agreement::Different => {
            full.to_owned()
        }
        _ => mrz.name().joined().as_str().to_owned(),
    }
}

/// `YYYY-MM-DD`, open parts as `XX`.
fn written(date: PartialDate) -> String {
    let two = |part: Option<u8>| part.map_or_else(|| "XX".to_owned(), |value| format!("{value:02}"));
    let year = date.year.map_or_else(|| "XXXX".to_owned(), |year| format!("{year:04}"));
    format!("{year}-{}-{}", two(date.month), two(date.day))
}

/// The particulars of DG13 beyond those of DG1, by their keys.
fn further(fields: &NationalDetails) -> BTreeMap<String, String> {
    let date = |date: &Option<DetailDate>| {
        date.as_ref().map(|date| match date {
            DetailDate::Day(day) => day.to_string(),
            DetailDate::Text(text) => text.as_str().to_owned(),
        })
    };
    let text = |text: &Option<PersonalText>| text.as_ref().map(|text| text.as_str().to_owned());
    let all = [
        ("nationality", text(&fields.nationality)),
        ("ethnicity", text(&fields.ethnicity)),
        ("religion", text(&fields.religion)),
        ("origin", text(&fields.origin)),
        ("residence", text(&fields.residence)),
        ("features", text(&fields.features)),
        ("issued", date(&fields.issued)),
        ("father", text(&fields.father)),
        ("mother", text(&fields.mother)),
        ("spouse", text(&fields.spouse)),
        ("old_number", text(&fields.old_number)),
    ];
    present(all)
}

/// The particulars of DG11 that the holder's own words or papers would name, by their keys. Telephone, profession and
/// custody are left in the file: no check and no service asks for them.
fn further_of_dg11(personal: &PersonalDetails) -> BTreeMap<String, String> {
    let listed =
        |text: &Option<PersonalText>| text.as_ref().map(|text| parts(text, ", ").as_str().to_owned());
    let plain = |text: &Option<PersonalText>| text.as_ref().map(|text| text.as_str().to_owned());
    present([
        ("personal_number", plain(&personal.personal_number)),
        ("place_of_birth", listed(&personal.place_of_birth)),
        ("residence", listed(&personal.address)),
    ])
}

fn present(all: impl IntoIterator<Item = (&'static str, Option<String>)>) -> BTreeMap<String, String> {
    let present = all.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    present.filter(|(_, value)| !value.is_empty()).collect()
}

/// Whether the signed DG3 says that no finger was enrolled. One that is missing, kept back or unreadable says nothing.
/// Spec: 9303-10 §4.7.3.2.2.
pub(super) fn no_fingers(files: &Files<'_>) -> bool {
    let fingers = files.group(DataGroup::Dg3).proved().map(Fingers::parse);
    fingers.is_some_and(|read| read.is_ok_and(|fingers| fingers.none_enrolled()))
}
