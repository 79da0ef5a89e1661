//! The simulated chip as a program: it puts any invented holder's card, with any fault, into a virtual reader of pcscd.
#![allow(clippy::print_stdout, clippy::print_stderr)] // it is a program of the command line

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

use lexopt::prelude::*;
use test_vectors::chip::{BadKey, Chip, Fault, Shape, TerminalFault};
use test_vectors::foreign::{self, Foreign};
use test_vectors::issuer::terminal_pki::Chain;
use test_vectors::persona::{self, Persona};
use test_vectors::vpcd::{self, Event, Insertable, Left};

const HELP: &str = "\
A SIMULATED chip card in a virtual reader of pcscd (driver vpcd). For tests and integrators; every holder is invented.

usage: simulated-chip --list
       simulated-chip --persona NAME [--fault SPEC]... [--stand-in NAME] [--port N] [--host H] [--trust DIR]
                      [--terminal DIR [--chain NAME]]

  --list           the invented holders and the faults
  --persona NAME   the card to insert; also a wrong card such as bank-card
  --fault SPEC     what the chip does wrong, such as torn:12 or wrong-status:3:6982; may be repeated
  --stand-in NAME  the card of the faults swapped and foreign-key (default good-nist)
  --port N         where the driver listens (default 35963; 35964 is its second reader)
  --host H         the driver's machine (default 127.0.0.1)
  --trust DIR      also write the simulated authorities' certificates and revocation lists there
  --terminal DIR   also write the certificates (.cvcert, in the order of presentation) and the private key (PKCS#8) of a
                   terminal that may read the card's protected groups; personas eac, eac-rsa, all-groups
  --chain NAME     those of another terminal, such as fewer-rights or expired-terminal (default sound); --list names them

The reader is called \"Virtual PCD 00 00\". On Debian: apt-get install pcscd vsmartcard-vpcd, then start pcscd.
End the program to take the card out.

example: simulated-chip --persona good --fault torn:20";

enum Job {
    Help,
    List,
    Serve(Options),
    ServeForeign(&'static Foreign, String, u16),
}

struct Options {
    persona: &'static Persona,
    faults: Vec<Fault>,
    stand_in: &'static Persona,
    host: String,
    port: u16,
    trust: Option<PathBuf>,
    terminal: Option<PathBuf>,
    chain: Chain,
}

fn job() -> Result<Job, lexopt::Error> {
    let (mut persona, mut faults, mut trust) = (None, Vec::new(), None);
    let mut stand_in = "good-nist".to_owned();
    let mut wrong_card = None;
    let (mut host, mut port) = ("127.0.0.1".to_owned(), vpcd::FIRST_PORT);
    let (mut terminal, mut chain) = (None, Chain::Sound);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Job::Help),
            Long("list") => return Ok(Job::List),
            Long("persona") => {
                let name = parser.value()?.string()?;
                wrong_card = foreign::find(&name);
                if wrong_card.is_some() {
                    continue;
                }
                let found = persona::find(&name);
                persona =
                    Some(found.ok_or_else(|| format!("no persona is called \"{name}\"; --list names them"))?);
            }
            Long("fault") => {
                let spec = parser.value()?.string()?;
                faults.push(
                    Fault::parse(&spec)
                        .ok_or_else(|| format!("no fault reads \"{spec}\"; --list shows them"))?,
                );
            }
            Long("stand-in") => stand_in = parser.value()?.string()?,
            Long("host") => host = parser.value()?.string()?,
            Long("port") => port = parser.value()?.parse()?,
            Long("trust") => trust = Some(parser.value()?.into()),
            Long("terminal") => terminal = Some(parser.value()?.into()),
            Long("chain") => {
                let name = parser.value()?.string()?;
                let found = Chain::NAMED.iter().find(|(known, _)| *known == name);
                chain = found.ok_or_else(|| format!("no chain is called \"{name}\"; --list names them"))?.1;
            }
            other => return Err(other.unexpected()),
        }
    }
    if let Some(wrong_card) = wrong_card {
        return if faults.is_empty() && trust.is_none() {
            Ok(Job::ServeForeign(wrong_card, host, port))
        } else {
            Err("a wrong card takes neither --fault nor --trust".into())
        };
    }
    let persona = persona.ok_or("--persona NAME is needed; --list names them")?;
    let stand_in = persona::find(&stand_in)
        .ok_or_else(|| format!("no persona is called \"{stand_in}\"; --list names them"))?;
    Ok(Job::Serve(Options { persona, faults, stand_in, host, port, trust, terminal, chain }))
}

fn list() {
    println!("Simulated cards of invented holders:");
    for persona in persona::all().iter().chain(persona::beyond()).chain(persona::protected()) {
        println!("  {:<26} {:<7} {}", persona.name, persona.expected.verdict.word(), persona.summary_en);
    }
    println!("\nSimulated wrong cards, with the reason that a terminal should give:");
    for foreign in &foreign::ALL {
        println!("  {:<26} {:<7} {}", foreign.name, foreign.reason, foreign.summary_en);
    }
    println!(
        "\nFaults (N: number of the exchange, from 0; SW, FILE: four hexadecimal digits; SIZE: eight; STEP: mapping,\n\
         agreement; HOW: plain, powered, relayed; PROOF: ca, aa; SHAPE and KEY as below):"
    );
    for form in Fault::FORMS.iter().copied().chain(TerminalFault::FORMS) {
        println!("  {form}");
    }
    println!("SHAPE: {}", Shape::ALL.map(Shape::word).join(", "));
    println!("KEY: {}", BadKey::ALL.map(BadKey::word).join(", "));
    println!("\nChains of certificates for a terminal:");
    for (name, _) in Chain::NAMED {
        println!("  {name}");
    }
}

fn write_trust(folder: &Path, now_unix_s: i64) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (number, certificate) in persona::trust_anchors(now_unix_s).iter().enumerate() {
        std::fs::write(folder.join(format!("simulated-csca-{number}.cer")), certificate)?;
    }
    for (number, crl) in persona::revocation_lists(now_unix_s).iter().enumerate() {
        std::fs::write(folder.join(format!("simulated-list-{number}.crl")), crl)?;
    }
    Ok(())
}

fn write_terminal(folder: &Path, options: &Options, now_unix_s: i64) -> Result<(), String> {
    let Options { persona, chain, .. } = options;
    let chain = persona.terminal_chain(*chain, now_unix_s).ok_or_else(|| {
        format!(
            "--terminal: the card of {} lets no terminal prove itself; eac, eac-rsa and all-groups do",
            persona.name
        )
    })?;
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes);
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        for (number, certificate) in chain.certificates.iter().enumerate() {
            write(&format!("simulated-terminal-{number}.cvcert"), certificate)?;
        }
        write("simulated-terminal.pk8", &chain.key.pkcs8())
    });
    written.map_err(|error| format!("--terminal {}: {error}", folder.display()))
}

fn describe(options: &Options, now_unix_s: i64) {
    let Options { persona, faults, host, port, .. } = options;
    let access = persona.access(now_unix_s);
    println!("SIMULATED chip \"{}\": {}", persona.name, persona.summary_en);
    println!("  expected  {} ({})", persona.expected.verdict.word(), persona.expected.why);
    for (label, text) in [("number", &access.number), ("CAN", &access.can)] {
        if let Some(text) = text {
            println!("  {label:<9} {text}");
        }
    }
    println!("  MRZ       {}", access.mrz_lines.join("\n            "));
    println!("  faults    {}", if faults.is_empty() { "none".to_owned() } else { format!("{faults:?}") });
    println!("  driver    {host}:{port}");
}

fn report(address: SocketAddr, unreachable: &mut bool, event: &Event<'_>) {
    match event {
        Event::Inserted => {
            *unreachable = false;
            println!("the simulated card is in the reader");
        }
        Event::Removed(Left::Torn) => println!("torn out by its fault; it comes back"),
        Event::Removed(_) => println!("the driver closed the connection; trying again"),
        // Said once, not twice a second.
        Event::Unreachable(_) if *unreachable => {}
        Event::Unreachable(error) => {
            *unreachable = true;
            eprintln!(
                "simulated-chip: no vpcd driver answers at {address} ({error}). Start pcscd with vsmartcard-vpcd \
                 installed, or give --port. Trying on."
            );
        }
    }
}

fn address_of(host: &str, port: u16) -> Result<SocketAddr, String> {
    let mut found = (host, port).to_socket_addrs().map_err(|error| format!("--host {host}: {error}"))?;
    found.next().ok_or_else(|| format!("--host {host}: no address"))
}

fn serve_foreign(foreign: &'static Foreign, host: &str, port: u16) -> Result<(), String> {
    let address = address_of(host, port)?;
    println!("SIMULATED card \"{}\": {}", foreign.name, foreign.summary_en);
    let sure = if foreign.surely { "surely" } else { "probably" };
    println!("  expected  {} ({sure})\n  driver    {host}:{port}", foreign.reason);
    serve_card(address, &mut foreign.card(u64::from(std::process::id())));
    Ok(())
}

fn serve_card(address: SocketAddr, card: &mut impl Insertable) {
    let mut unreachable = false;
    let stop = AtomicBool::new(false);
    vpcd::serve(address, card, &stop, |event| report(address, &mut unreachable, &event));
}

fn serve(options: &Options) -> Result<(), String> {
    let now_unix_s =
        SystemTime::now().duration_since(UNIX_EPOCH).ok().and_then(|d| i64::try_from(d.as_secs()).ok());
    let now_unix_s = now_unix_s.ok_or("the clock of this machine stands before 1970: set it")?;
    let address = address_of(&options.host, options.port)?;
    if let Some(folder) = &options.trust {
        write_trust(folder, now_unix_s).map_err(|error| format!("--trust {}: {error}", folder.display()))?;
    }
    if let Some(folder) = &options.terminal {
        write_terminal(folder, options, now_unix_s)?;
    }
    describe(options, now_unix_s);
    // Every start has other random numbers, as a real card has.
    let mut chip = Chip::new(options.persona.card(now_unix_s), now_unix_s.unsigned_abs());
    chip.stand_in(options.stand_in.card(now_unix_s));
    options.faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
    serve_card(address, &mut chip);
    Ok(())
}

fn main() -> ExitCode {
    let outcome = match job() {
        Ok(Job::Help) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Job::List) => {
            list();
            return ExitCode::SUCCESS;
        }
        Ok(Job::Serve(options)) => serve(&options),
        Ok(Job::ServeForeign(foreign, host, port)) => serve_foreign(foreign, &host, port),
        Err(error) => {
            eprintln!("simulated-chip: {error}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulated-chip: {error}");
            ExitCode::FAILURE
        }
    }
}
