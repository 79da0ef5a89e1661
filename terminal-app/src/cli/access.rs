//! What was presented with the card, from options, files or standard input.

use std::io::Read;
use std::sync::Arc;

use reader_core::lds::mrz::Mrz;
use reader_core::lds::personal::PersonalNumber;
use reader_core::lds::qr::Qr;
use reader_core::session::AccessKey;
use zeroize::Zeroizing;

use super::args::{AccessArgs, PinArgs, TerminalArgs};
use crate::config::Site;
use crate::failure::{ErrorCode, Failure};
use crate::presentation::Presentation;
use crate::terminal_key::{KeyPlace, TerminalSettings};

/// Longest text that is read from a file or standard input.
const MAX_TEXT_BYTES: u64 = 4_096;

/// The value of an option: itself, the content of `@FILE`, or of standard input for `-`.
///
/// # Errors
/// The file cannot be read, is too long, or is not text.
pub fn value_of(option: &str, argument: &str) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let result = if argument == "-" {
        std::io::stdin().take(MAX_TEXT_BYTES).read_to_string(&mut text)
    } else if let Some(path) = argument.strip_prefix('@') {
        std::fs::File::open(path).and_then(|file| file.take(MAX_TEXT_BYTES).read_to_string(&mut text))
    } else {
        text.push_str(argument);
        Ok(text.len())
    };
    result.map_err(|error| Failure::new(ErrorCode::CannotRead, format!("{option} {argument}: {error}")))?;
    let trimmed = Zeroizing::new(text.trim().to_owned());
    if trimmed.is_empty() {
        return Err(Failure::new(ErrorCode::BadAccess, format!("{option} is empty")));
    }
    Ok(trimmed)
}

/// What the options present; `None` where they present nothing.
///
/// # Errors
/// Several ways at once, or a value that cannot be what the option says. Values are not repeated in messages.
pub fn presentation(args: &AccessArgs) -> Result<Option<Presentation>, Failure> {
    let given = [&args.number, &args.can, &args.mrz, &args.qr, &args.document];
    if given.iter().filter(|option| option.is_some()).count() > 1 {
        return Err(Failure::new(
            ErrorCode::BadAccess,
            "give one of --number, --can, --mrz, --qr, --document",
        ));
    }
    let bad = |what: String| Failure::new(ErrorCode::BadAccess, what);
    if let Some(argument) = &args.number {
        let number = PersonalNumber::parse(&value_of("--number", argument)?)
            .ok_or_else(|| bad("--number: not 12 digits".to_owned()))?;
        return Ok(Some(Presentation::Number(number)));
    }
    if let Some(argument) = &args.can {
        return Ok(Some(Presentation::Can(value_of("--can", argument)?)));
    }
    if let Some(argument) = &args.mrz {
        let mrz =
            Mrz::parse(&value_of("--mrz", argument)?).map_err(|error| bad(format!("--mrz: {error}")))?;
        return Ok(Some(Presentation::Mrz(Box::new(mrz))));
    }
    if let Some(argument) = &args.qr {
        return match Qr::parse(&value_of("--qr", argument)?).map_err(|error| bad(format!("--qr: {error}")))? {
            Qr::Card(card) => Ok(Some(Presentation::Qr(Box::new(card)))),
            Qr::Insurance(_) => {
                Err(bad("--qr: this is an insurance card's code, which opens no chip".to_owned()))
            }
        };
    }
    match (&args.document, &args.birth, &args.expiry) {
        (Some(number), Some(birth), Some(expiry)) => Ok(Some(Presentation::Document {
            number: value_of("--document", number)?,
            birth: value_of("--birth", birth)?,
            expiry: value_of("--expiry", expiry)?,
        })),
        (None, None, None) => Ok(None),
        _ => Err(bad("--document, --birth and --expiry belong together".to_owned())),
    }
}

/// The same with the holder's PIN before it, where one is given.
///
/// # Errors
/// The PIN cannot be read, or cannot be one. It is not repeated in messages.
pub fn with_pin(presentation: Option<Presentation>, args: &PinArgs) -> Result<Option<Presentation>, Failure> {
    let Some(argument) = &args.pin else { return Ok(presentation) };
    let pin = value_of("--pin", argument)?;
    AccessKey::pin(&pin).map_err(|error| Failure::new(ErrorCode::BadAccess, format!("--pin: {error}")))?;
    let can = presentation.as_ref().map(Presentation::access_keys).transpose()?;
    if args.use_last_try && !can.is_some_and(|keys| keys.iter().any(AccessKey::is_can)) {
        let what = "--use-last-try needs the card access number beside the PIN";
        return Err(Failure::new(ErrorCode::BadAccess, what).with_remedy(
            "Add --can, or what it follows from: --number, --mrz or --qr of a Vietnamese card.",
        ));
    }
    Ok(Some(Presentation::Pin { pin, with: presentation.map(Box::new) }))
}

/// The site, with what the options say of terminal authentication in place of its own setting.
///
/// # Errors
/// A `pkcs11:` address that cannot be used.
pub fn with_terminal(site: Arc<Site>, args: &TerminalArgs) -> Result<Arc<Site>, Failure> {
    let Some(key) = &args.ta_key else { return Ok(site) };
    let key =
        KeyPlace::parse(key).map_err(|error| Failure::new(ErrorCode::Usage, format!("--ta-key: {error}")))?;
    let mut site = Arc::unwrap_or_clone(site);
    site.terminal_authentication = Some(TerminalSettings::new(args.ta_chain.clone(), key));
    Ok(Arc::new(site))
}

/// What was presented, where something has to be.
///
/// # Errors
/// Nothing was given.
pub fn required(presentation: Option<Presentation>) -> Result<Presentation, Failure> {
    presentation.ok_or_else(|| {
        Failure::new(ErrorCode::BadAccess, "nothing says how to open the chip")
            .with_remedy("Add --number, --can, --mrz, --qr, or --document with --birth and --expiry.")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::{AccessArgs, PinArgs, presentation, with_pin};
    use crate::failure::{ErrorCode, Failure};
    use crate::presentation::Presentation;
    use reader_core::session::AccessKey;

    fn given(
        can: Option<&str>,
        pin: Option<&str>,
        use_last_try: bool,
    ) -> Result<Option<Presentation>, Failure> {
        let access = AccessArgs { can: can.map(str::to_owned), ..AccessArgs::default() };
        let pin = PinArgs { pin: pin.map(str::to_owned), use_last_try };
        assert!(!format!("{pin:?}").contains("271"), "a PIN is printed");
        with_pin(presentation(&access).unwrap(), &pin)
    }

    #[test]
    fn a_pin_stands_before_what_else_is_presented() {
        let both = given(Some("001000"), Some("271828"), true).unwrap().unwrap();
        let kinds: Vec<_> =
            both.access_keys().unwrap().iter().map(|key| (key.is_pin(), key.is_can())).collect();
        assert_eq!(kinds, [(true, false), (false, true)]);
        assert_eq!(both.to_compare().can.as_deref(), Some("001000"));
        let alone = given(None, Some("271828"), false).unwrap().unwrap();
        assert!(alone.access_keys().unwrap().iter().all(AccessKey::is_pin));
        assert!(alone.to_compare().can.is_none());
        assert!(given(None, None, false).unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_a_pin_is_refused_and_not_repeated() {
        for (can, pin, last) in [
            (None, "271", false),
            (None, "27182x", false),
            (None, "271828", true),
            (Some("001000"), "", false),
        ] {
            let failure = given(can, Some(pin), last).err().unwrap();
            assert_eq!(failure.code, ErrorCode::BadAccess, "{pin}");
            assert!(!failure.to_string().contains("271"), "{failure}");
        }
    }
}
