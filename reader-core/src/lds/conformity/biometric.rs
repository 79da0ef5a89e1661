//! DG2, DG3 and DG4: headers and records beside what they should be. Spec: 9303-10 §4.7.2 to §4.7.4.

use super::{Found, trailing, unreadable};
use crate::lds::biometric_template::Header;
use crate::lds::finger::{FingerPosition, FingerRecord, Fingers};
use crate::lds::iris::Irises;
use crate::lds::portrait::{DeclaredFormat, FaceRecord, Portraits};

/// ISO/IEC JTC 1/SC 37.
const OWNER: u16 = 0x0101;

/// What a group's headers must say. Numbers of formats are those of ISO/IEC JTC 1/SC 37.
struct Prescribed {
    /// Tag 81, where it is there.
    biometric_type: u32,
    /// Tag 88 over a record of the first edition of ISO/IEC 19794.
    format_type: u16,
    subtype: fn(u8) -> bool,
    subtype_required: bool,
}

const FACE: Prescribed =
    Prescribed { biometric_type: 0x02, format_type: 0x0008, subtype: |_| true, subtype_required: false };
const FINGER: Prescribed = Prescribed {
    biometric_type: 0x08,
    format_type: 0x0007,
    subtype: |subtype| matches!(FingerPosition::from_subtype(subtype), FingerPosition::Finger(..)),
    subtype_required: true,
};
/// Right and left.
const IRIS: Prescribed = Prescribed {
    biometric_type: 0x10,
    format_type: 0x0009,
    subtype: |subtype| matches!(subtype, 1 | 2),
    subtype_required: true,
};

/// Departures of one header; `first_edition`: its record is of ISO/IEC 19794, whose format type is known.
fn of_header(header: &Header, prescribed: &Prescribed, first_edition: bool, found: &mut Vec<String>) {
    let mut note = |departs: bool, what: &str| {
        if departs {
            found.push(what.to_owned());
        }
    };
    note(header.format_owner.is_none(), "no format owner");
    note(header.format_owner.is_some_and(|owner| owner != OWNER), "a format owner that is not allowed");
    note(header.format_type.is_none(), "no format type");
    let other = |kind| first_edition && kind != prescribed.format_type;
    note(header.format_type.is_some_and(other), "a format type that is not the record's");
    let other = |kind| kind != prescribed.biometric_type;
    note(header.biometric_type.is_some_and(other), "a biometric type that is not the group's");
    match header.subtype {
        None => note(prescribed.subtype_required, "no biometric sub-type"),
        Some(subtype) => note(!(prescribed.subtype)(subtype), "a biometric sub-type that does not exist"),
    }
}

fn of_count(declared: u32, there: usize, found: &mut Vec<String>) {
    if usize::try_from(declared) != Ok(there) {
        found.push(format!("{declared} instances announced, {there} there"));
    }
}

pub(super) fn faces(bytes: &[u8]) -> Found {
    let group = unreadable(Portraits::parse(bytes))?;
    let mut found: Vec<String> = trailing(group.trailing_bytes).into_iter().collect();
    of_count(group.declared_count, group.instances.len(), &mut found);
    if group.instances.is_empty() {
        found.push("no face".to_owned());
    }
    for instance in &group.instances {
        let (images, first_edition) = match &instance.record {
            FaceRecord::Iso19794(images) => (images, true),
            FaceRecord::Iso39794(images) => (images, false),
            FaceRecord::Unknown { .. } => return Err("DG2: a record of another kind than a face".to_owned()),
        };
        of_header(&instance.header, &FACE, first_edition, &mut found);
        for image in images {
            if !image.lengths_agree {
                found.push("lengths in the record that are not those of its bytes".to_owned());
            }
            if image.format().is_none() {
                found.push("an image that is neither JPEG nor JPEG 2000".to_owned());
            } else if image.declared_format != DeclaredFormat::Unstated && !image.format_agrees() {
                found.push("an image of another coding than the record says".to_owned());
            }
        }
    }
    Ok(found)
}

pub(super) fn fingers(bytes: &[u8]) -> Found {
    let group = unreadable(Fingers::parse(bytes))?;
    let mut found: Vec<String> = trailing(group.trailing_bytes).into_iter().collect();
    of_count(group.declared_count, group.instances.len(), &mut found);
    for instance in &group.instances {
        let (images, first_edition) = match &instance.record {
            FingerRecord::Iso19794(images) => (images, true),
            FingerRecord::Iso39794(images) => (images, false),
            FingerRecord::Unknown { .. } => {
                return Err("DG3: a record of another kind than a finger".to_owned());
            }
        };
        of_header(&instance.header, &FINGER, first_edition, &mut found);
        if instance.position_agrees() == Some(false) {
            found.push("a record of another finger than its header says".to_owned());
        }
        if images.iter().any(|image| !image.lengths_agree) {
            found.push("lengths in the record that are not those of its bytes".to_owned());
        }
    }
    Ok(found)
}

pub(super) fn irises(bytes: &[u8]) -> Found {
    let group = unreadable(Irises::parse(bytes))?;
    let mut found: Vec<String> = trailing(group.trailing_bytes).into_iter().collect();
    of_count(group.declared_count, group.instances.len(), &mut found);
    for instance in &group.instances {
        if !instance.is_iso19794() && !instance.is_iso39794() {
            return Err("DG4: a record of another kind than an iris".to_owned());
        }
        of_header(&instance.header, &IRIS, instance.is_iso19794(), &mut found);
        if instance.lengths_agree() == Some(false) {
            found.push("lengths in the record that are not those of its bytes".to_owned());
        }
    }
    Ok(found)
}
