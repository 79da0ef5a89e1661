//! The command line: one file per command. Printing happens here and nowhere else.

mod access;
pub mod args;
mod audit;
#[cfg(feature = "simulator")]
mod bench;

mod context;
mod doctor;
mod explain;
#[cfg(feature = "kiosk")]
mod kiosk;
mod mrz;
mod outbox;
mod output;
mod progress;
mod qr;
mod readers;
mod show;
mod site;
mod staff;
mod trust;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use context::Context;
use output::Output;

use crate::failure::Failure;
use crate::text::Language;

/// Parses the command line, runs the command, prints what it has to say.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            return unparsed(&error);
        }
    };
    let common = cli.common.clone();
    let context = match Context::new(cli.common) {
        Ok(context) => context,
        Err(failure) => {
            Output::new(common.json, common.quiet, Language::ENGLISH).failure(&failure);
            return ExitCode::from(failure.exit_status());
        }
    };
    match run(&cli.command, &context) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            context.output.failure(&failure);
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Help, version, or wrong usage. A script that asked for JSON gets its one document for wrong usage too.
fn unparsed(error: &clap::Error) -> ExitCode {
    // Options that follow `--` are none.
    let wants_json = std::env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    if error.use_stderr() && wants_json {
        let rendered = error.render().to_string();
        let said = rendered.split("\n\nUsage:").next().unwrap_or_default();
        let said = said.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
        let failure = Failure::new(crate::failure::ErrorCode::Usage, said);
        Output::new(true, true, Language::ENGLISH).failure(&failure);
    } else {
        // clap prints help and version to stdout and wrong usage to stderr.
        let _ = error.print();
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn run(command: &Command, context: &Context) -> Result<u8, Failure> {
    match command {
        Command::Readers => readers::run(&context.catalogue()?, &context.output),
        Command::Read(args) => verify::read(args, context),
        Command::Verify(args) => verify::verify(args, context),
        Command::Inspect(args) => verify::inspect(args, context),
        Command::Outbox(command) => outbox::run(command, context),
        Command::Explain { code } => explain::run(code, &context.output),
        Command::Staff(command) => staff::run(command, context),
        Command::Override(args) => staff::set_aside(args, context),
        Command::Audit(command) => audit::run(command, context),
        Command::Trust(command) => trust::run(command, context),
        Command::Site(command) => site::run(command, context),
        Command::Mrz { text } => mrz::run(text, context.today()?, &context.output),
        Command::Qr { text } => qr::run(text, &context.output),
        #[cfg(feature = "simulator")]
        Command::Demo(args) => verify::demo(args, context),
        Command::Doctor => doctor::run(context),
        #[cfg(feature = "simulator")]
        Command::Bench { markdown } => bench::run(context, *markdown),
        #[cfg(feature = "kiosk")]
        Command::Kiosk(args) => kiosk::run(args, context),
    }
}
