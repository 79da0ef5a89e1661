//! The PC/SC reader as the application uses it: found by name, limits by profile, faults with their remedies.

use std::time::{Duration, Instant};

use firmware_profiles::{ApduLevel, Catalogue, Choice, Match, Slot};
use reader_core::transport::pcsc::{CardEvent, ConnectedCard, PcscService, ReaderInfo};
use reader_core::transport::{Limits, TransportError};

use crate::failure::{ErrorCode, Failure};

/// What a fault of the link means for a command.
#[must_use]
pub fn failure_of(error: &TransportError) -> Failure {
    let code = match error {
        TransportError::NoService => ErrorCode::NoReaderService,
        TransportError::ServiceStopped => ErrorCode::ReaderServiceStopped,
        TransportError::NoSuchReader { .. } => ErrorCode::NoReader,
        TransportError::ReaderGone { .. } => ErrorCode::ReaderUnplugged,
        TransportError::ReaderHung { .. } => ErrorCode::ReaderHung,
        TransportError::NotAllowed => ErrorCode::ReaderRefused,
        TransportError::Busy { .. } => ErrorCode::CardBusy,
        TransportError::NoCard { .. } => ErrorCode::NoCard,
        TransportError::Unresponsive { .. } => ErrorCode::CardMute,
        TransportError::Reset | TransportError::Communication { .. } | TransportError::Unpowered { .. } => {
            ErrorCode::CardDisturbed
        }
        TransportError::TagLost | TransportError::TimedOut { .. } => ErrorCode::CardLost,
        TransportError::Cancelled => ErrorCode::Cancelled,
        TransportError::TooLong { .. } => ErrorCode::BadProfiles,
        TransportError::Service { .. } => ErrorCode::ReaderFault,
        TransportError::NotRecorded { .. } => ErrorCode::CannotRead,
    };
    match error {
        // Its own sentence repeats the remedy.
        TransportError::NoService => Failure::new(code, "the PC/SC service is not running"),
        TransportError::NoSuchReader { .. } => Failure::new(code, error.to_string()).with_remedy(
            "Check the cable; `idterm readers` lists what is there. Any part of a reader's name will do.",
        ),
        _ => Failure::new(code, error.to_string()),
    }
}

/// What a reader's profile lets pass. Extended commands are sent only where the chip declares buffers for them too; a
/// level that nobody has measured counts as short.
#[must_use]
pub const fn limits_of(profile: &firmware_profiles::Limits) -> Limits {
    Limits {
        command_bytes: profile.max_command_bytes,
        response_bytes: profile.max_response_bytes,
        extended: matches!(profile.apdu_level, ApduLevel::Extended),
    }
}

/// The reader whose name contains `part`, in any case, and its profile. Where several do, a slot that is probably not for
/// cards of persons comes last, and one with a card on it first.
///
/// # Errors
/// None is there by this name, or only slots that must not be used.
pub fn choose<'a, 'c>(
    readers: &'a [ReaderInfo],
    part: &str,
    catalogue: &'c Catalogue,
) -> Result<(&'a ReaderInfo, Match<'c>), Failure> {
    let wanted = part.to_lowercase();
    let matching: Vec<&ReaderInfo> =
        readers.iter().filter(|reader| reader.name.to_lowercase().contains(&wanted)).collect();
    let usable = matching.iter().filter_map(|reader| Some((*reader, catalogue.for_reader(&reader.name)?)));
    let order = |reader: &ReaderInfo, found: &Match<'_>| {
        (found.slot == Slot::Other, reader.atr.is_none(), found.slot.rank())
    };
    if let Some(best) = usable.min_by_key(|(reader, found)| order(reader, found)) {
        return Ok(best);
    }
    let Some(refused) = matching.first() else {
        let present = readers.iter().map(|reader| reader.name.clone()).collect();
        return Err(failure_of(&TransportError::NoSuchReader { wanted: part.to_owned(), present }));
    };
    let why = match catalogue.choose(&refused.name) {
        Some(Choice::Refuse { profile, because }) => {
            format!(": its name has `{because}` (profile {})", profile.id)
        }
        _ => String::new(),
    };
    Err(Failure::new(ErrorCode::NoReader, format!("{} is no slot for cards of persons{why}", refused.name))
        .with_remedy("Name the reader's contactless slot; `idterm readers` lists both."))
}

/// A card on a PC/SC reader, and how long one exchange with it may take.
pub struct OpenedReader {
    /// The powered card.
    pub card: ConnectedCard,
    /// From the profile.
    pub exchange_timeout_ms: u32,
}

impl OpenedReader {
    /// The reader is the virtual one of pcscd's vpcd driver: no card that a hand could hold lies on it.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.card.reader().contains("Virtual PCD")
    }
}

/// Finds the reader whose name contains `part`, waits for a card on it, and powers the card. `waiting` is called once
/// where there is something to wait for.
///
/// # Errors
/// No service, no such reader, a slot that is not for cards, no card in time, or a card that does not answer.
pub fn open(
    part: &str,
    wait_s: u32,
    catalogue: &Catalogue,
    waiting: &mut dyn FnMut(),
) -> Result<OpenedReader, Failure> {
    let failed = |error: TransportError| failure_of(&error);
    let service = PcscService::connect().map_err(failed)?;
    let readers = service.readers().map_err(failed)?;
    let (reader, matched) = choose(&readers, part, catalogue)?;
    if reader.atr.is_none() {
        waiting();
        wait_for_card(&service, &reader.name, wait_s)?;
    }
    let card = service.open(&reader.name, limits_of(&matched.limits)).map_err(failed)?;
    Ok(OpenedReader { card, exchange_timeout_ms: matched.limits.exchange_timeout_ms })
}

/// Waits until a card lies on the reader of this name.
fn wait_for_card(service: &PcscService, reader: &str, wait_s: u32) -> Result<(), Failure> {
    let no_card = || Failure::new(ErrorCode::NoCard, format!("no card came onto {reader} within {wait_s} s"));
    let until = Instant::now() + Duration::from_secs(u64::from(wait_s));
    let mut events = service.events();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left_ms = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
        match events.next(Some(left_ms)).map_err(|error| failure_of(&error))? {
            Some(CardEvent::CardPlaced { reader: place, .. }) if place == reader => return Ok(()),
            Some(CardEvent::CardMute { reader: place }) if place == reader => {
                return Err(failure_of(&TransportError::Unresponsive { reader: place }));
            }
            Some(_) => {}
            None => return Err(no_card()),
        }
        if left.is_zero() {
            return Err(no_card());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{choose, limits_of};
    use firmware_profiles::Catalogue;
    use reader_core::transport::pcsc::ReaderInfo;

    fn reader(name: &str, card: bool) -> ReaderInfo {
        ReaderInfo { name: name.to_owned(), atr: card.then(|| vec![0x3B, 0x80]), in_use: false }
    }

    #[test]
    fn the_slot_for_cards_is_chosen_whatever_the_order_and_wherever_a_card_lies() {
        let catalogue = Catalogue::built_in().unwrap();
        let contact = "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422 Smartcard Reader] 01 00";
        let contactless = "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] 00 00";
        let readers = [reader(contact, true), reader(contactless, false)];
        let (found, matched) = choose(&readers, "omnikey 5422", &catalogue).unwrap();
        assert_eq!((found.name.as_str(), matched.profile.id.as_str()), (contactless, "hid-omnikey-5422"));
        assert!(limits_of(&matched.limits).extended);
        let (only, _) = choose(&readers, contact, &catalogue).unwrap();
        assert_eq!(only.name, contact, "an exact name is taken at its word");
    }

    #[test]
    fn of_several_devices_the_one_with_the_card_is_chosen() {
        let catalogue = Catalogue::built_in().unwrap();
        let (dual, single) = ("ACS ACR1252U PICC 00 00", "HID Global OMNIKEY 5022 Smart Card Reader 01 00");
        let chosen = |readers: &[ReaderInfo]| choose(readers, "", &catalogue).unwrap().0.name.clone();
        assert_eq!(chosen(&[reader(dual, false), reader(single, true)]), single);
        assert_eq!(chosen(&[reader(single, false), reader(dual, true)]), dual);
        let unknown = [reader("Laptop Smartcard Reader 00 00", false), reader("Unheard Of NFC 01 00", false)];
        assert_eq!(chosen(&unknown), "Unheard Of NFC 01 00", "a name that says contactless comes first");
    }

    #[test]
    fn security_module_slots_are_refused_with_the_reason() {
        let catalogue = Catalogue::built_in().unwrap();
        let readers = [
            reader("ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 01 00", true),
            reader("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00", false),
        ];
        assert!(choose(&readers, "ACR1252", &catalogue).unwrap().0.name.contains("PICC"));
        let refused = choose(&readers, "SAM]", &catalogue).err().unwrap();
        assert!(refused.text.contains("SAM*") && refused.text.contains("acs-acr1252u"), "{}", refused.text);
        let absent = choose(&readers, "OMNIKEY", &catalogue).err().unwrap();
        assert!(absent.text.contains("ACR1252"), "the others are named: {}", absent.text);
    }
}
