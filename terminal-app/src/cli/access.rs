//! What was presented with the card, from options, files or standard input.

use std::io::Read;

use super::args::AccessArgs;
use crate::failure::{ErrorCode, Failure};
use zeroize::Zeroizing;

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
