//! DG1: what the machine readable zone says beside what it may say. Spec: 9303-3 §4, §5; 9303-4 §4.2; 9303-5 §4.2.

use super::{Found, trailing};
use crate::lds::country::{self, Kind};
use crate::lds::dg1::Dg1;
use crate::lds::mrz::{Format, Mrz, MrzDate, Sex};
use crate::wire::date::Date;

pub(super) fn departures(bytes: &[u8]) -> Found {
    let dg1 = Dg1::parse(bytes).map_err(|error| error.to_string())?;
    let mut found = of_zone(&dg1.mrz);
    found.extend(trailing(dg1.trailing_bytes));
    Ok(found)
}

fn of_zone(mrz: &Mrz) -> Vec<String> {
    let mut found: Vec<String> =
        mrz.faulty_fields().map(|field| format!("a wrong check digit of the {field}")).collect();
    let mut note = |departs: bool, what: &str| {
        if departs {
            found.push(what.to_owned());
        }
    };
    note(!code_fits(mrz), "a document code that this format does not have");
    let issuer = country::kind(mrz.issuer());
    note(matches!(issuer, Kind::Unknown | Kind::Status), "an issuing state that is not on the list of codes");
    note(country::kind(mrz.nationality()) == Kind::Unknown, "a nationality that is not on the list of codes");
    note(mrz.name().primary.as_str().is_empty(), "no name");
    note(matches!(mrz.sex(), Sex::Other(_)), "a sex that is neither M, F nor a filler");
    for (field, date) in [("birth", mrz.birth()), ("expiry", mrz.expiry())] {
        note(is_impossible(date), &format!("a date of {field} that no calendar has"));
    }
    found
}

/// P for passports, V for visas, A, C or I for cards. Spec: 9303-4 §4.2.2.1, 9303-5 §4.2.2.1, 9303-6, 9303-7.
fn code_fits(mrz: &Mrz) -> bool {
    let first = mrz.document_code().chars().next().unwrap_or('<');
    match mrz.format() {
        Format::Td1 | Format::Td2 => matches!(first, 'A' | 'C' | 'I'),
        Format::Td3 => first == 'P',
        Format::MrvA | Format::MrvB => first == 'V',
    }
}

/// All parts are there, and neither century has such a day; or zeros stand where a part is unknown.
fn is_impossible(date: MrzDate) -> bool {
    let [year, month, day] = [date.year(), date.month(), date.day()];
    let zeros = |pair: Option<&[u8]>| pair == Some(b"00");
    let characters = date.characters();
    if zeros(characters.get(2..4)) || zeros(characters.get(4..6)) {
        return true;
    }
    let (Some(month), Some(day)) = (month, day) else { return false };
    // 2000 was a leap year, so that an unknown year forbids no day.
    let years = year.map_or([2000, 2000], |year| [1900, 2000].map(|century| century + u16::from(year)));
    years.into_iter().all(|year| Date::new(year, month, day).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str =
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn points(text: &str) -> usize {
        of_zone(&Mrz::parse(text).unwrap()).len()
    }

    #[test]
    fn a_sound_zone_departs_in_nothing_and_each_fault_is_named() {
        assert_eq!(points(SOUND), 0);
        assert_eq!(points(&SOUND.replacen("P<", "Z<", 1)), 1);
        assert_eq!(points(&SOUND.replacen("UTO", "QQQ", 1)), 1);
        assert_eq!(points(&SOUND.replace("C36UTO", "C36QQQ")), 1);
        assert_eq!(points(&SOUND.replace("ERIKSSON<<ANNA<MARIA", "<<<<<<<<<<<<<<<<<<<<")), 1);
        assert_eq!(points(&SOUND.replace("2F1", "2Z1")), 1);
        assert_eq!(points(&SOUND.replace("C36", "C37")), 2, "its own digit and the composite one");
        for (date, impossible) in [
            ("740231", true),
            ("740230", true),
            ("740229", true),
            ("000229", false),
            ("7402<<", false),
            ("740200", true),
        ] {
            assert_eq!(is_impossible(MrzDate::parse(date.as_bytes()).unwrap()), impossible, "{date}");
        }
    }
}
