//! The chip authentication mapping of PACE: whether the chip that opened holds the key that EF.CardSecurity signs.
//!
//! Spec: 9303-11 §4.4.3.3.3, §4.4.3.5.2.

use super::Case;
use super::card_security::SignedCardSecurity;
use super::chip::not_performed;
use super::hashes::Files;
use super::signed_file::refuted;
use crate::capture::{Origin, PaceCamTrace};
use crate::crypto::curve::Curve;
use crate::crypto::ec::Point;
use crate::crypto::mapping;
use crate::crypto::signature::PublicKey;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::key;
use crate::lds::security_infos::{Mapping, SecurityInfos};
use crate::lds::{DataGroup, FileId, card_security, dg14};

/// `chip.pace_cam`.
pub(super) fn judge(
    case: &Case<'_>,
    files: &Files<'_>,
    card_security: &Result<SignedCardSecurity, Finding>,
) -> Finding {
    let trace = &case.capture.pace_cam;
    if trace.is_none() && !is_offered(case, files) {
        return Finding::new(Outcome::NotSupported);
    }
    if case.capture.origin == Origin::Stored {
        // Whoever knows the public key can make up values that agree; the mapping key was seen at work by the terminal
        // of that time alone.
        return not_performed(case);
    }
    match trace {
        None => not_performed(case),
        Some(PaceCamTrace::Malformed(what)) => refuted(Reason::PaceCamFailed, what),
        Some(PaceCamTrace::Answered { parameter_id, mapping_key, chip_data }) => match card_security {
            Err(finding) => finding.clone(),
            Ok(signed) => match static_key(signed.infos(), *parameter_id) {
                Err(finding) => finding,
                Ok(key) if mapping::chip_data_belongs(chip_data, &key, mapping_key) => {
                    let confirmed = Finding::confirmed(Witness::ThisTerminal);
                    signed.bears_out(confirmed.with_detail(key.curve().name()))
                }
                Ok(_) => refuted(Reason::PaceCamFailed, &"its data do not belong to the signed key"),
            },
        },
    }
}

/// Whether the chip says anywhere that it has the mapping; no more than a reason to name the check.
fn is_offered(case: &Case<'_>, files: &Files<'_>) -> bool {
    let open = case.capture.bytes(FileId::CARD_ACCESS).and_then(|file| SecurityInfos::parse(file).ok());
    let signed = files.group(DataGroup::Dg14).proved().and_then(|file| dg14::parse(file).ok());
    let own = case.capture.bytes(FileId::CARD_SECURITY);
    let own = own.and_then(|file| card_security::unproved_infos(file).ok());
    [open, signed, own]
        .into_iter()
        .flatten()
        .any(|infos| infos.pace().any(|pace| pace.protocol.family.mapping == Mapping::ChipAuthentication))
}

/// The signed key whose number is that of the domain parameters, on those very parameters. Spec: 9303-11 §9.2.6.
fn static_key(infos: &SecurityInfos, parameter_id: Option<u32>) -> Result<Point, Finding> {
    let mut named = infos.chip_authentication_keys().filter(|key| key.key_id == parameter_id);
    let Some(info) = named.next() else {
        return Err(refuted(Reason::PaceCamKeyMissing, &"no key has the number of the domain parameters"));
    };
    if named.next().is_some() {
        return Err(refuted(Reason::PaceCamKeyMissing, &"two keys have the number of the domain parameters"));
    }
    let unusable =
        |detail: String| Finding::new(Outcome::Undetermined(Reason::PaceCamKeyMissing)).with_detail(detail);
    let key = match key::public_key(&info.spki) {
        Ok(PublicKey::Ec(key)) => key,
        Ok(other) => return Err(unusable(format!("a key of the kind {}", other.name()))),
        Err(error) => return Err(unusable(error.to_string())),
    };
    let standardized = parameter_id.and_then(|id| Curve::from_standardized_id(u8::try_from(id).ok()?));
    if standardized.is_some_and(|curve| curve != key.curve()) {
        return Err(refuted(Reason::PaceCamKeyMissing, &"the key is of other domain parameters"));
    }
    Ok(key)
}
