//! `idterm staff …` and `idterm override`: who works here, and what two of them may do together.

pub mod args;

use std::io::IsTerminal as _;
use std::path::Path;

use serde_json::json;
use zeroize::Zeroizing;

use super::context::Context;
use super::output::{Tone, bold, coloured};
use crate::audit::entry::StaffChange;
use crate::failure::{ErrorCode, Failure};
use crate::private_file;
use crate::staff::{Overrule, Pin, Role, SignedIn, StaffError, StaffFile, overrule};
use args::{OverrideArgs, StaffCommand};

/// Where the PIN of an account is taken from, unless a file is named.
const PIN: &str = "IDTERM_STAFF_PIN";
/// Where the PIN of the second person is taken from.
const SECOND_PIN: &str = "IDTERM_SECOND_PIN";
const MAX_PIN_BYTES: u64 = 256;

/// Runs one of the accounts' commands.
///
/// # Errors
/// The file, the name or the PIN cannot be used, or the audit log cannot be written.
pub fn run(command: &StaffCommand, context: &Context) -> Result<u8, Failure> {
    let staff = context.staff()?;
    let (action, name, role) = match command {
        StaffCommand::List => return list(&staff, context),
        StaffCommand::Add { name, role, pin } => {
            let pin = chosen(pin.pin_file.as_deref(), context)?;
            staff.add(name, *role, &pin)?;
            ("add", name.trim(), *role)
        }
        StaffCommand::Remove { name } => ("remove", name.trim(), staff.remove(name)?),
        StaffCommand::Unlock { name } => ("unlock", name.trim(), staff.unlock(name)?),
        StaffCommand::SetPin { name, pin } => {
            let pin = chosen(pin.pin_file.as_deref(), context)?;
            ("set_pin", name.trim(), staff.set_pin(name, &pin)?)
        }
    };
    // The account stands by now: where that cannot be recorded, whoever changed it is told so.
    let change = StaffChange { action, name: name.to_owned(), role: Some(role.word()) };
    let stamp = context.audit()?.append(&change, jiff::Timestamp::now())?;
    let output = &context.output;
    output.document(&json!({ "action": action, "name": name, "role": role, "audit": stamp }));
    let key = format!("cli-staff-{}", action.replace('_', "-"));
    output.line(output.texts.with(&key, &[("name", name), ("role", &role_text(role, context))]));
    Ok(0)
}

fn role_text(role: Role, context: &Context) -> String {
    context.output.texts.get(&format!("cli-staff-role-{}", role.word()))
}

fn list(staff: &StaffFile, context: &Context) -> Result<u8, Failure> {
    let people = staff.list(context.now)?;
    let output = &context.output;
    output.document(&json!({ "staff": people }));
    for person in &people {
        let mut line = format!("{:<30} {}", bold(&person.name), role_text(person.role, context));
        if let Some(until) = &person.locked_until {
            let text = output.texts.with("cli-staff-locked", &[("until", until)]);
            line.push_str(&format!("  {}", coloured(Tone::Bad, &text)));
        }
        output.line(line);
    }
    Ok(0)
}

/// `idterm override`.
///
/// # Errors
/// One of the two does not sign in or may not, or there is nothing to set aside.
pub fn set_aside(args: &OverrideArgs, context: &Context) -> Result<u8, Failure> {
    let staff = context.staff()?;
    let transaction = args.transaction.parse().map_err(|error: crate::transaction::NoTransaction| {
        Failure::new(ErrorCode::Usage, error.to_string())
    })?;
    let by = sign_in(&staff, &args.by, args.pin_file.as_deref(), PIN, context)?;
    let second = sign_in(&staff, &args.second, args.second_pin_file.as_deref(), SECOND_PIN, context)?;
    let asked = Overrule { transaction, verdict: args.verdict.into(), reason: &args.reason };
    let (done, stamp) = overrule(&context.audit()?, &asked, &by, &second, jiff::Timestamp::now())?;
    let output = &context.output;
    output.document(&json!({ "override": done, "audit": stamp }));
    let verdict = output.texts.get(&format!("verdict-{}", done.verdict.word()));
    let seq = stamp.seq.to_string();
    output.line(output.texts.with("cli-override-done", &[("verdict", &verdict), ("seq", &seq)]));
    Ok(0)
}

/// A lock-out stands in the log; a single wrong PIN does not.
fn sign_in(
    staff: &StaffFile,
    name: &str,
    file: Option<&Path>,
    variable: &str,
    context: &Context,
) -> Result<SignedIn, Failure> {
    let pin = Pin::presented(typed(name, file, variable, context)?);
    staff.sign_in(name, &pin, context.now).map_err(|error| {
        if let StaffError::Locked { name, .. } = &error {
            let change = StaffChange { action: "locked", name: name.clone(), role: None };
            let recorded = context.audit().and_then(|log| Ok(log.append(&change, jiff::Timestamp::now())?));
            if let Err(failure) = recorded {
                tracing::error!("{failure}");
            }
        }
        error.into()
    })
}

/// A PIN for an account: twice where it is typed.
fn chosen(file: Option<&Path>, context: &Context) -> Result<Pin, Failure> {
    let texts = &context.output.texts;
    let first = typed(&texts.get("cli-staff-new-pin"), file, PIN, context)?;
    if file.is_none() && std::env::var_os(PIN).is_none() {
        let again = typed(&texts.get("cli-staff-pin-again"), file, PIN, context)?;
        if *first != *again {
            return Err(Failure::new(ErrorCode::BadStaff, "the two PINs differ"));
        }
    }
    Pin::chosen(first).map_err(|weak| Failure::new(ErrorCode::BadStaff, weak.to_string()))
}

/// A PIN out of a file, the environment, or typed without being shown; never an argument, which others could read.
fn typed(
    what: &str,
    file: Option<&Path>,
    variable: &str,
    context: &Context,
) -> Result<Zeroizing<String>, Failure> {
    let text = if let Some(path) = file {
        let unreadable =
            |problem: String| Failure::new(ErrorCode::CannotRead, format!("{}: {problem}", path.display()));
        let bytes = private_file::read(path, MAX_PIN_BYTES).map_err(|error| unreadable(error.to_string()))?;
        let bytes = Zeroizing::new(bytes.ok_or_else(|| unreadable("there is no such file".to_owned()))?);
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("it is no text".to_owned()))?;
        Zeroizing::new(text.to_owned())
    } else if let Ok(text) = std::env::var(variable) {
        Zeroizing::new(text)
    } else if std::io::stdin().is_terminal() {
        let prompt = context.output.texts.with("cli-staff-pin", &[("name", what)]);
        let read = rpassword::prompt_password(format!("{prompt} "));
        Zeroizing::new(read.map_err(|error| Failure::new(ErrorCode::CannotRead, error.to_string()))?)
    } else {
        return Err(Failure::new(ErrorCode::Usage, "there is no terminal at which a PIN could be typed")
            .with_remedy(format!("Name a file with the PIN, or set {variable}.")));
    };
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
