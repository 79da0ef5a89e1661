//! How a persona's card is made.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::{
    AccessControl, ActiveAuthenticationKey, Card, ChipAuthenticationKey, Hash, Mapping, PaceOffer, Suite,
};
use crate::defect::{Defect, Place};
use crate::issuer::calendar::Date;
use crate::issuer::certificate::Period;
use crate::issuer::cms_out::SignerIdentifier;
use crate::issuer::country::{Country, Issued, SignerNumber, SignerTimes};
use crate::issuer::details::{Details, ParentsForm};
use crate::issuer::groups::{
    self, EF_ATR_INFO, EF_CARD_ACCESS, EF_CARD_SECURITY, EF_COM, EF_CVCA, EF_SOD, data_group,
};
use crate::issuer::mrz::{self, Fields};
use crate::issuer::patterns;
use crate::issuer::portrait::{self, Look, Portrait};
use crate::issuer::signer::{CurveForm, RsaTestKeys};
use crate::issuer::sod::{self, LdsVersion, SodForm};
use crate::issuer::terminal_pki::Hierarchy;
use crate::issuer::{card_security, security_infos};
use crate::num::{self, CurveName, Group};

use super::further;

/// Size of DG2, as on a real card.
const DG2_BYTES: usize = 18_000;
/// Cards are signed at nine in the morning.
const SIGNING_HOUR_S: i64 = 9 * 3_600;

/// Who holds a card. Every name is invented.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The number of 12 digits, or a passport's.
    pub number: &'static str,
    /// Full name, in capitals with its marks.
    pub full_name: &'static str,
    /// Sex.
    pub female: bool,
    /// Drawn with grey hair, and 55 instead of 30.
    pub elderly: bool,
    /// Drawn with glasses.
    pub glasses: bool,
    /// Month and day of birth.
    pub birth_month_day: [u8; 2],
    /// Ethnicity.
    pub ethnicity: &'static str,
    /// Religion.
    pub religion: &'static str,
    /// Place of origin.
    pub origin: &'static str,
    /// Residence.
    pub residence: &'static str,
    /// Identifying features.
    pub features: &'static str,
    /// Father and mother.
    pub parents: [&'static str; 2],
    /// How DG13 writes the parents.
    pub parents_form: ParentsForm,
    /// Spouse, where there is one.
    pub spouse: Option<&'static str>,
    /// The old number of nine digits, where there was one.
    pub old_number: Option<&'static str>,
}

/// The dates of a holder and a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderDates {
    /// Date of birth.
    pub birth: Date,
    /// Day of issue, on which the card was signed.
    pub issued: Date,
    /// Last day of validity.
    pub expires: Date,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// TD1 with the number as optional data, and DG13.
    VietnameseCard,
    /// TD3, no DG13.
    Passport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    PaceAndBac(&'static [PaceOffer]),
    Bac,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChipAuthentication {
    pub group: Group,
    pub form: CurveForm,
    pub suite: Suite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActiveAuthentication {
    Ecdsa(CurveName),
    Rsa,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dates {
    Valid,
    Expired,
}

/// Which groups a card has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// DG1, DG2, DG3, DG14, DG15, and DG13 on a Vietnamese card.
    Usual,
    /// DG4, DG5, DG7, DG11, DG12 and DG16 besides.
    EveryGroup,
}

/// The one thing that is wrong with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Dg2Bit,
    PresentedBy(&'static str),
    Dg14Stripped,
    SignerUsedTooLate,
    SignerExpiredSince,
    NoDates,
    Cloned,
    WrongChipKey,
    Dg13OtherBirth,
    SodCut,
    Downgraded,
    OtherMappingKey,
}

#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub country: Country,
    pub signer: SignerNumber,
    pub layout: Layout,
    /// Issuing state in the machine readable zone.
    pub state: &'static str,
    pub access: Access,
    pub chip_authentication: Option<ChipAuthentication>,
    pub active_authentication: ActiveAuthentication,
    pub contents: Contents,
    /// Whose terminals may read DG3 and DG4; none without.
    pub terminals: Option<Hierarchy>,
    pub version: LdsVersion,
    pub identifier: SignerIdentifier,
    pub extended_length: bool,
    pub dates: Dates,
    pub fault: Fault,
}

impl Recipe {
    pub fn presented_by(&self) -> Option<&'static str> {
        match self.fault {
            Fault::PresentedBy(name) => Some(name),
            _ => None,
        }
    }

    pub fn holder_dates(&self, holder: &Holder, today: Date) -> HolderDates {
        let [month, day] = holder.birth_month_day.map(i64::from);
        // A card issued between 23 and 38 expires on the 40th birthday, one issued later on the 60th, one issued earlier
        // on the 25th.
        let (age, last_age) = if holder.elderly { (55, 60) } else { (30, 40) };
        let birth = Date::new(today.year - age, month, day);
        match (self.dates, self.layout) {
            (Dates::Valid, Layout::VietnameseCard) => {
                HolderDates { birth, issued: today.plus_years(-2), expires: birth.plus_years(last_age) }
            }
            (Dates::Valid, Layout::Passport) => {
                HolderDates { birth, issued: today.plus_years(-2), expires: today.plus_years(8) }
            }
            (Dates::Expired, _) => {
                let expires = today.plus_days(-90);
                // A birthday on 29 February would shift by a day on the way back.
                let expires =
                    if (expires.month, expires.day) == (2, 29) { expires.plus_days(-1) } else { expires };
                HolderDates { birth: expires.plus_years(-25), issued: today.plus_years(-3), expires }
            }
        }
    }

    fn fields(&self, holder: &Holder, dates: &HolderDates) -> Fields {
        let (code, nationality) = match self.layout {
            Layout::VietnameseCard => ("ID", "VNM"),
            Layout::Passport => ("P", self.state),
        };
        let number = match self.layout {
            Layout::VietnameseCard => holder.number.get(3..).unwrap_or_default(),
            Layout::Passport => holder.number,
        };
        Fields {
            code: code.to_owned(),
            state: self.state.to_owned(),
            number: number.to_owned(),
            birth: dates.birth.mrz(),
            sex: if holder.female { 'F' } else { 'M' },
            expiry: dates.expires.mrz(),
            nationality: nationality.to_owned(),
            names: mrz::names(holder.full_name),
            optional: String::new(),
        }
    }

    fn lines(&self, holder: &Holder, fields: &Fields) -> Vec<String> {
        match self.layout {
            Layout::VietnameseCard => fields.vietnamese(holder.number),
            Layout::Passport => fields.td3(),
        }
    }

    fn access_number(&self, holder: &Holder) -> Option<String> {
        match self.layout {
            Layout::VietnameseCard => holder.number.get(6..).map(str::to_owned),
            Layout::Passport => None,
        }
    }

    pub fn access(&self, holder: &Holder, today: Date) -> super::Access {
        let fields = self.fields(holder, &self.holder_dates(holder, today));
        let vietnamese = self.layout == Layout::VietnameseCard && self.state == "VNM";
        super::Access {
            number: vietnamese.then(|| holder.number.to_owned()),
            can: self.access_number(holder),
            mrz_lines: self.lines(holder, &fields),
            document_number: fields.number,
            birth: fields.birth,
            expiry: fields.expiry,
        }
    }

    fn access_control(&self, holder: &Holder, fields: &Fields) -> AccessControl {
        let (pace, can) = match self.access {
            Access::PaceAndBac(offers) => (offers.to_vec(), self.access_number(holder)),
            Access::Bac => (Vec::new(), None),
        };
        AccessControl { bac: true, pace, can, mrz_information: fields.information() }
    }

    pub fn document_signer(&self, holder: &Holder, today: Date) -> Issued {
        let issued = self.holder_dates(holder, today).issued;
        let times = match self.fault {
            Fault::SignerUsedTooLate => SignerTimes::around(issued.plus_days(-370)),
            Fault::SignerExpiredSince => {
                let usual = SignerTimes::around(issued);
                let to_s = today.plus_days(-30).to_unix_s() - 1;
                SignerTimes { validity: Period { to_s, ..usual.validity }, ..usual }
            }
            _ => SignerTimes::around(issued),
        };
        self.country.document_signer(self.signer, times)
    }

    /// The parameters that chip authentication mapping runs on: the identifier of the key too. Spec: 9303-11 §9.2.6.
    fn chip_mapping_id(&self) -> Option<u8> {
        let Access::PaceAndBac(offers) = self.access else { return None };
        let cam = offers.iter().find(|offer| offer.mapping == Mapping::ChipAuthentication);
        cam.map(|offer| offer.parameter_id)
    }

    fn chip_key(&self, persona: &str) -> Option<ChipAuthenticationKey> {
        self.chip_authentication.map(|choice| ChipAuthenticationKey {
            group: choice.group,
            private: choice.group.private_from_seed(&format!("chip authentication {persona}")),
            key_id: self.chip_mapping_id(),
            suite: choice.suite,
        })
    }

    fn active_key(&self, persona: &str) -> ActiveAuthenticationKey {
        match self.active_authentication {
            ActiveAuthentication::Ecdsa(curve) => ActiveAuthenticationKey::Ecdsa {
                curve,
                private: num::private_from_seed(curve, &format!("active authentication {persona}")),
                hash: Hash::Sha256,
            },
            ActiveAuthentication::Rsa => {
                let key = RsaTestKeys::get().active_authentication();
                ActiveAuthenticationKey::Rsa {
                    modulus: key.modulus,
                    private: key.private,
                    hash: Hash::Sha256,
                }
            }
        }
    }

    fn details(&self, holder: &Holder, dates: &HolderDates) -> Details {
        let birth = match self.fault {
            Fault::Dg13OtherBirth => dates.birth.plus_years(-3),
            _ => dates.birth,
        };
        Details {
            number: holder.number.to_owned(),
            full_name: holder.full_name.to_owned(),
            birth: birth.vietnamese(),
            sex: if holder.female { "Nữ" } else { "Nam" }.to_owned(),
            nationality: "Việt Nam".to_owned(),
            ethnicity: holder.ethnicity.to_owned(),
            religion: holder.religion.to_owned(),
            origin: holder.origin.to_owned(),
            residence: holder.residence.to_owned(),
            features: holder.features.to_owned(),
            issued: (self.fault != Fault::NoDates).then(|| dates.issued.vietnamese()),
            expires: dates.expires.vietnamese(),
            parents: holder.parents.map(str::to_owned),
            parents_form: holder.parents_form,
            spouse: holder.spouse.map(str::to_owned),
            old_number: holder.old_number.map(str::to_owned),
            mark: num::expand(&[b"mark", holder.number.as_bytes()], 8)
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect(),
        }
    }

    /// The infos of EF.CardAccess, and those that DG14 adds to them.
    fn security_infos(
        &self,
        pace: &[PaceOffer],
        chip: Option<&ChipAuthenticationKey>,
        active: &ActiveAuthenticationKey,
    ) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let mut open: Vec<Vec<u8>> = pace.iter().map(|offer| security_infos::pace(*offer)).collect();
        let mut further = Vec::new();
        if let (Some(key), Some(choice)) = (chip, self.chip_authentication) {
            open.push(security_infos::terminal_authentication());
            open.push(security_infos::chip_authentication(key));
            further.push(security_infos::chip_public_key(key, choice.form));
        }
        further.extend(security_infos::active_authentication(active));
        let all = open.iter().cloned().chain(further).collect();
        (open, all)
    }

    pub fn card(&self, persona: &str, holder: &Holder, today: Date) -> Card {
        let dates = self.holder_dates(holder, today);
        let fields = self.fields(holder, &dates);
        let access = self.access_control(holder, &fields);
        let chip = self.chip_key(persona);
        let active = self.active_key(persona);
        let (open_infos, all_infos) = self.security_infos(&access.pace, chip.as_ref(), &active);

        let mut groups: BTreeMap<u8, Vec<u8>> = BTreeMap::from([
            (1, groups::dg1(&self.lines(holder, &fields))),
            (2, dg2(holder)),
            (3, patterns::dg3(persona)),
            (14, security_infos::dg14(&all_infos)),
            (15, security_infos::dg15(&active)),
        ]);
        if self.layout == Layout::VietnameseCard {
            groups.insert(13, self.details(holder, &dates).dg13());
        }
        if self.contents == Contents::EveryGroup {
            groups.extend(further::groups(persona, holder, &dates));
        }
        let signing_time_s =
            (self.fault != Fault::NoDates).then(|| dates.issued.to_unix_s() + SIGNING_HOUR_S);
        let form = SodForm {
            version: self.version,
            hash: Hash::Sha256,
            identifier: self.identifier,
            signing_time_s,
        };
        let signed: Vec<(u8, &[u8])> = groups.iter().map(|(group, file)| (*group, file.as_slice())).collect();
        let signer = self.document_signer(holder, today);
        let sod = sod::ef_sod(&form, &signed, &signer);

        // The order that Vietnamese cards are seen to list them in.
        let listed: Vec<u8> = [1, 2, 3, 4, 5, 7, 11, 12, 13, 15, 14, 16]
            .into_iter()
            .filter(|group| groups.contains_key(group))
            .collect();
        let mut files = BTreeMap::from([(EF_COM, groups::ef_com(&listed)), (EF_SOD, sod)]);
        if !access.pace.is_empty() {
            files.insert(EF_CARD_ACCESS, security_infos::ef_card_access(&open_infos));
        }
        if let (Some(_), Some(key)) = (self.chip_mapping_id(), &chip) {
            let mut infos = open_infos;
            let mut signed = key.clone();
            if self.fault == Fault::OtherMappingKey {
                signed.private = key.group.private_from_seed(&format!("another mapping key {persona}"));
            }
            infos.push(security_infos::chip_public_key(&signed, CurveForm::Standardized));
            let file = card_security::ef_card_security(&infos, self.identifier, signing_time_s, &signer);
            files.insert(EF_CARD_SECURITY, file);
        }
        let terminals = self.terminals.map(|all| all.on_card(today.to_unix_s(), dates.issued));
        if let Some(trust) = &terminals {
            let references: Vec<Vec<u8>> =
                trust.trust_points.iter().map(|point| point.reference.clone()).collect();
            files.insert(EF_CVCA, groups::ef_cvca(&references));
        }
        if self.extended_length {
            files.insert(EF_ATR_INFO, groups::ef_atr_info(2_048));
        }
        files.extend(groups.into_iter().map(|(group, file)| (data_group(group), file)));
        let mut card = Card {
            persona: persona.to_owned(),
            files,
            terminal_only: BTreeSet::from([data_group(3), data_group(4)]),
            access,
            chip_authentication: chip.into_iter().collect(),
            active_authentication: Some(active),
            terminal_authentication: terminals,
            extended_length: self.extended_length,
        };
        for defect in self.defects() {
            let applied = defect.apply(&mut card);
            debug_assert!(applied, "{persona}: nothing to apply {defect:?} to");
        }
        card
    }

    /// What happens to the card after it was signed.
    fn defects(&self) -> Vec<Defect> {
        match self.fault {
            Fault::Dg2Bit => vec![Defect::FlipBit(data_group(2), Place::Middle)],
            Fault::Dg14Stripped => vec![Defect::RemoveFile(data_group(14)), Defect::NoChipAuthenticationKeys],
            Fault::Cloned => vec![Defect::OtherChipAuthenticationKeys, Defect::OtherActiveAuthenticationKey],
            Fault::WrongChipKey => vec![Defect::OtherChipAuthenticationKeys],
            Fault::SodCut => vec![Defect::CutContent(EF_SOD, 600)],
            Fault::Downgraded => vec![Defect::HidePace],
            Fault::None
            | Fault::PresentedBy(_)
            | Fault::SignerUsedTooLate
            | Fault::SignerExpiredSince
            | Fault::NoDates
            | Fault::OtherMappingKey
            | Fault::Dg13OtherBirth => Vec::new(),
        }
    }
}

pub(super) fn portrait(holder: &Holder) -> Portrait {
    let look = Look { female: holder.female, elderly: holder.elderly, glasses: holder.glasses };
    portrait::draw(holder.number, look)
}

fn dg2(holder: &Holder) -> Vec<u8> {
    let portrait = portrait(holder);
    groups::dg2_of_size(&portrait, DG2_BYTES).unwrap_or_else(|| groups::dg2(&portrait))
}
