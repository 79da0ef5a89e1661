//! Whether statements agree: what was presented, the MRZ, DG1, DG13, EF.COM, EF.CardAccess, and the signer's country.

use std::collections::BTreeSet;

use super::card_security::SignedCardSecurity;
use super::hashes::{File, Files};
use super::passive::SodProof;
use super::{Case, Presented};
use crate::capture::{AccessTrace, Deviation, FileState, Origin};
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::com::Com;
use crate::lds::details::{DetailDate, Details};
use crate::lds::dg1::Dg1;
use crate::lds::mrz::{Agreement, Expiry, Mrz, Sex};
use crate::lds::security_infos::{SecurityInfo, SecurityInfos};
use crate::lds::{DataGroup, FileId, country, dg14};
use crate::pki::Certificate;
use crate::wire::date::Date;

fn refuted(reason: Reason, detail: impl Into<String>) -> Finding {
    Finding::new(Outcome::Refuted(reason)).with_detail(detail)
}

const fn not_performed(reason: Reason) -> Finding {
    Finding::new(Outcome::NotPerformed(reason))
}

fn mrz(files: &Files<'_>) -> Result<Mrz, Finding> {
    let file = files.group(DataGroup::Dg1).required()?;
    Dg1::parse(file).map(|dg1| dg1.mrz).map_err(|error| {
        Finding::new(Outcome::Undetermined(Reason::MrzUnreadable)).with_detail(error.to_string())
    })
}

/// Comparisons of named fields. Details name fields and never their content.
#[derive(Default)]
struct Comparison {
    agreeing: Vec<&'static str>,
    differing: Vec<&'static str>,
}

impl Comparison {
    fn note(&mut self, field: &'static str, agrees: Option<bool>) {
        match agrees {
            Some(true) => self.agreeing.push(field),
            Some(false) => self.differing.push(field),
            None => {}
        }
    }
}

/// `consistency.presented_dg1`: what was presented is this card's. A number that others know opens a card.
pub(super) fn presented_dg1(case: &Case<'_>, files: &Files<'_>) -> Finding {
    let presented = case.presented;
    if *presented == Presented::default() {
        return not_performed(Reason::NothingPresented);
    }
    let mrz = match mrz(files) {
        Ok(mrz) => mrz,
        Err(finding) => return finding,
    };
    let compared = compare_presented(presented, &mrz, case.now.date());
    if !compared.differing.is_empty() {
        return refuted(Reason::PresentedDiffers, compared.differing.join(", "));
    }
    if compared.agreeing.is_empty() {
        return not_performed(Reason::PresentedNotComparable);
    }
    Finding::confirmed(Witness::ThisTerminal).with_detail(compared.agreeing.join(", "))
}

fn compare_presented(presented: &Presented, mrz: &Mrz, today: Option<Date>) -> Comparison {
    let mut compared = Comparison::default();
    let national = mrz.vietnamese_number();
    let document_number = mrz.document_number();
    let same = |stated: &str, found: &str| {
        let folded = |text: &str| text.trim().trim_end_matches('<').to_ascii_uppercase();
        folded(stated) == folded(found)
    };
    let number = presented.number.as_deref().map(|stated| match &national {
        Some(national) => same(stated, national.as_str()),
        None => same(stated, document_number.as_str()),
    });
    compared.note("number", number);
    // Only where the access number derives from the number does it say whose card it is.
    let can = presented.can.as_deref().zip(national.as_ref());
    compared.note("access number", can.map(|(stated, national)| same(stated, national.can().as_str())));
    let document = presented.document_number.as_deref();
    compared.note("document number", document.map(|stated| same(stated, document_number.as_str())));
    let (birth, expiry) = (mrz.birth(), mrz.expiry());
    let date = |stated: &str, found: &[u8; 6]| stated.trim().as_bytes() == found;
    compared.note("birth", presented.birth.as_deref().map(|stated| date(stated, birth.characters())));
    compared.note("expiry", presented.expiry.as_deref().map(|stated| date(stated, expiry.characters())));
    let full_birth = today.and_then(|today| birth.as_birth(today).full());
    compared.note("birth date", presented.birth_date.zip(full_birth).map(|(stated, found)| stated == found));
    let name = presented.name.as_deref().map(|stated| mrz.name().agrees_with(stated));
    compared.note("name", name.and_then(agreement));
    let zone = presented.mrz.as_deref().map(Mrz::parse);
    compared.note("machine readable zone", zone.map(|zone| zone.is_ok_and(|zone| zone == *mrz)));
    compared
}

const fn agreement(agreement: Agreement) -> Option<bool> {
    match agreement {
        Agreement::Same | Agreement::SameAsFarAsPrinted => Some(true),
        Agreement::Different => Some(false),
        Agreement::NotComparable => None,
    }
}

/// `consistency.mrz_dg1`: the printed zone is the one in the chip. Spec: 9303-11 §5.1.
pub(super) fn mrz_dg1(case: &Case<'_>, files: &Files<'_>) -> Finding {
    let Some(printed) = case.presented.mrz.as_deref() else {
        return not_performed(Reason::NoOpticalMrz);
    };
    let mrz = match mrz(files) {
        Ok(mrz) => mrz,
        Err(finding) => return finding,
    };
    let mut finding = match Mrz::parse(printed) {
        Ok(printed) if printed == mrz => Finding::confirmed(Witness::ThisTerminal),
        Ok(_) => Finding::new(Outcome::Refuted(Reason::MrzDiffers)),
        Err(error) => refuted(Reason::MrzDiffers, error.to_string()),
    };
    if mrz.faulty_fields().next().is_some() {
        finding.notes.push(Reason::CheckDigitWrong);
    }
    finding
}

/// `consistency.com_sod`: EF.COM lists the signed groups. Nothing rests on it: EF.COM is not signed.
pub(super) fn com_sod(case: &Case<'_>, sod: &SodProof) -> Finding {
    let Some(file) = case.capture.bytes(FileId::COM) else { return not_performed(Reason::NotRead) };
    let Some((object, _)) = &sod.object else {
        return Finding::new(Outcome::Undetermined(Reason::NotProved));
    };
    let com = match Com::parse(file) {
        Ok(com) => com,
        Err(error) => return refuted(Reason::ComDiffers, error.to_string()),
    };
    let listed: BTreeSet<DataGroup> = com.groups.into_iter().collect();
    let signed: BTreeSet<DataGroup> = object.hashes().map(|(group, _)| group).collect();
    if listed == signed && com.unknown_tags.is_empty() {
        return Finding { witness: Some(Witness::ThisTerminal), ..Finding::new(Outcome::Confirmed) };
    }
    let names: Vec<String> = listed.symmetric_difference(&signed).map(ToString::to_string).collect();
    refuted(Reason::ComDiffers, names.join(", "))
}

/// `consistency.card_access_dg14`: what the chip said before access control is what was signed. A signed offer of PACE
/// that was hidden, or that is found after BAC, is a downgrade. Signed is what DG14 and a proved EF.CardSecurity say. Spec: 9303-11 §4.2, §9.2.11.
pub(super) fn card_access_dg14(
    case: &Case<'_>,
    files: &Files<'_>,
    card_security: Option<&SignedCardSecurity>,
) -> Finding {
    let group = match files.group(DataGroup::Dg14) {
        // A chip signs what EF.CardAccess says in either file, or in neither.
        File::NotListed if card_security.is_some() => None,
        File::NotListed if case.capture.bytes(FileId::CARD_ACCESS).is_some() => {
            return Finding::new(Outcome::Undetermined(Reason::CardAccessAltered))
                .with_detail("no signed file repeats EF.CardAccess");
        }
        group => match group.required() {
            Ok(file) => Some(file),
            Err(finding) => return finding,
        },
    };
    let mut signed = Vec::new();
    let mut files = Vec::new();
    match group.map(dg14::parse) {
        Some(Ok(infos)) => {
            signed.extend(infos.entries.iter().cloned());
            files.push(infos);
        }
        Some(Err(error)) => {
            return Finding::new(Outcome::Undetermined(Reason::NotRead)).with_detail(error.to_string());
        }
        None => {}
    }
    if let Some(file) = card_security {
        signed.extend(file.infos().entries.iter().cloned());
        files.push(file.infos().clone());
    }
    let mut finding = compare_card_access(case, &SecurityInfos { entries: signed, trailing_bytes: 0 });
    if finding.outcome.is_confirmed() && !stands_in_each(case, &files) {
        let reason = Reason::CardAccessPartlySigned;
        finding = if case.settings.tolerances.admit(reason) {
            finding.noting(reason)
        } else {
            refuted(reason, "one signed file repeats less than another")
        };
    }
    if case.capture.deviations.contains(&Deviation::AssumedCardAccess) {
        finding.notes.push(Reason::AssumedCardAccess);
    }
    finding
}

/// Each signed file that the chip has repeats all of EF.CardAccess. Spec: 9303-11 §9.2.11.
fn stands_in_each(case: &Case<'_>, signed: &[SecurityInfos]) -> bool {
    let open = case.capture.bytes(FileId::CARD_ACCESS).and_then(|file| SecurityInfos::parse(file).ok());
    open.is_none_or(|open| {
        open.entries.iter().all(|entry| signed.iter().all(|infos| infos.contains(&entry.raw)))
    })
}

fn compare_card_access(case: &Case<'_>, signed: &SecurityInfos) -> Finding {
    let capture = case.capture;
    let open = match capture.files.get(&FileId::CARD_ACCESS) {
        Some(FileState::Read(file)) => match SecurityInfos::parse(file) {
            Ok(infos) => Some(infos),
            Err(error) => return refuted(Reason::CardAccessAltered, error.to_string()),
        },
        Some(FileState::Absent | FileState::Protected) => None,
        Some(FileState::Aborted { .. }) => return Finding::new(Outcome::Aborted(Reason::FileUnread)),
        // A folder without the file does not say that the chip had none.
        None if capture.origin == Origin::Stored => return not_performed(Reason::NotRead),
        None => None,
    };
    if let Some(open) = &open
        && open.entries.iter().any(|entry| !signed.contains(&entry.raw))
    {
        return refuted(Reason::CardAccessAltered, "an entry of EF.CardAccess is in no signed file");
    }
    let mut offers =
        signed.entries.iter().filter(|entry| matches!(entry.info, SecurityInfo::Pace(_))).peekable();
    if offers.peek().is_none() {
        let nothing_said = open.is_none();
        return if nothing_said {
            Finding::new(Outcome::NotSupported)
        } else {
            Finding::confirmed(Witness::Anyone)
        };
    }
    let hidden = offers.any(|offer| !open.as_ref().is_some_and(|open| open.contains(&offer.raw)));
    if hidden {
        return refuted(Reason::PaceDowngrade, "a signed PACEInfo is not in EF.CardAccess");
    }
    if capture.bac == Some(AccessTrace::Opened) {
        return refuted(Reason::PaceDowngrade, "the chip offers PACE and was opened by BAC");
    }
    Finding::confirmed(Witness::Anyone)
}

/// `consistency.dg1_dg13`: two signed files of one issuer say the same.
pub(super) fn dg1_dg13(case: &Case<'_>, files: &Files<'_>) -> Finding {
    let details = match files.group(DataGroup::Dg13).required() {
        Ok(file) => Details::parse(file),
        Err(finding) => return finding,
    };
    let fields = match &details {
        Details::Parsed(fields) => fields,
        // Never refuse a card for it: the layout is not public for every card.
        Details::Raw { why, .. } => {
            return not_performed(Reason::DetailsUnreadable).with_detail(why.to_string());
        }
    };
    let mrz = match mrz(files) {
        Ok(mrz) => mrz,
        Err(finding) => return finding,
    };
    let Some(today) = case.now.date() else { return not_performed(Reason::NotRead) };
    let mut compared = Comparison::default();
    let numbers = fields.personal_number().zip(mrz.vietnamese_number());
    compared.note("number", numbers.map(|(stated, found)| stated == found));
    let birth = fields.birth.as_ref().and_then(DetailDate::day).zip(mrz.birth().as_birth(today).full());
    compared.note("birth", birth.map(|(stated, found)| stated == found));
    compared.note(
        "expiry",
        fields.expiry.as_ref().and_then(|stated| match mrz.expiry_on(today) {
            Expiry::On(found) => match stated.day() {
                Some(day) => Some(day == found),
                None => stated.says_unlimited().then_some(false),
            },
            Expiry::Unlimited => stated.day().map(|_| false).or(stated.says_unlimited().then_some(true)),
            Expiry::Unknown(_) => None,
        }),
    );
    let sex = fields.sex.as_ref().and_then(|sex| match sex.as_str().trim().to_lowercase().as_str() {
        "nam" => Some(Sex::Male),
        "nữ" => Some(Sex::Female),
        _ => None,
    });
    compared.note("sex", sex.map(|stated| stated == mrz.sex()));
    let name = fields.name.as_ref().filter(|name| !name.is_empty());
    compared.note("name", name.and_then(|name| agreement(mrz.name().agrees_with(name.as_str()))));
    if !compared.differing.is_empty() {
        return refuted(Reason::DetailsDiffer, compared.differing.join(", "));
    }
    if compared.agreeing.is_empty() {
        return not_performed(Reason::DetailsUnreadable);
    }
    Finding::confirmed(Witness::Anyone).with_detail(compared.agreeing.join(", "))
}

/// `consistency.country`: DG1's issuer is the country of the signer and of its anchor, and the signer may sign documents
/// of this type. Spec: 9303-12 §7.1.1; 9303-11 §5.1.1.
pub(super) fn country(sod: &SodProof, files: &Files<'_>) -> Finding {
    let mrz = match mrz(files) {
        Ok(mrz) => mrz,
        Err(finding) => return finding,
    };
    let Some(signer) = &sod.signer else {
        return Finding::new(Outcome::Undetermined(Reason::NotProved));
    };
    let anchor = signer.anchor.as_ref();
    let stated = [
        ("the signer", signer.certificate.subject().country()),
        ("the signer's issuer", signer.certificate.issuer().country()),
        ("the country certificate", anchor.and_then(|anchor| anchor.country.clone())),
    ];
    let mut agrees = false;
    for (whose, code) in stated {
        match code.map(|code| (country::agrees(mrz.issuer(), &code), code)) {
            Some((Some(false), code)) => {
                let detail = format!("DG1 says {}, {whose} {code}", mrz.issuer());
                return refuted(Reason::CountryDiffers, detail);
            }
            Some((Some(true), _)) => agrees = true,
            Some((None, _)) | None => {}
        }
    }
    let alternatives = [
        signer.certificate.alternative_country().map(str::to_owned),
        anchor.and_then(|anchor| anchor.alternative_country.clone()),
    ];
    for code in alternatives.into_iter().flatten() {
        if code.trim_end_matches('<') == mrz.issuer() {
            agrees = true;
        } else if !is_same_state(&code, mrz.issuer()) {
            return refuted(
                Reason::CountryDiffers,
                format!("DG1 says {}, a certificate {code}", mrz.issuer()),
            );
        }
    }
    if !may_sign(&signer.certificate, mrz.document_code()) {
        let detail = format!("document type {}", mrz.document_code());
        return refuted(Reason::DocumentTypeNotAllowed, detail);
    }
    if agrees {
        Finding::confirmed(Witness::Anyone).with_detail(mrz.issuer())
    } else {
        Finding::new(Outcome::Undetermined(Reason::CountryUnknown)).with_detail(mrz.issuer())
    }
}

/// Special codes of one state, such as `D` beside `DEU`, name the same one.
fn is_same_state(one: &str, other: &str) -> bool {
    country::two_letter_codes(one).any(|code| country::agrees(other, code) == Some(true))
}

/// One letter in the list stands for every code that begins with it. Without a list the signer may sign any type: one
/// third of real signers have none.
fn may_sign(signer: &Certificate, document_code: &str) -> bool {
    let Some(types) = signer.document_types() else { return true };
    types.iter().any(|allowed| {
        let allowed = allowed.trim_end_matches('<');
        allowed == document_code || (allowed.len() == 1 && document_code.starts_with(allowed))
    })
}
