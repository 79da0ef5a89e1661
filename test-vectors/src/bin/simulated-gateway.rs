//! A simulated insurance gateway as a program, for integrators: `simulated-gateway --port 8085`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use lexopt::prelude::*;
use test_vectors::gateway::{Fault, FaultRule, Gateway, GatewayOptions, Scope};

const HELP: &str = "\
A SIMULATED gateway of Vietnam Social Security on 127.0.0.1. For tests and integrators; it knows no real person.

usage: simulated-gateway [--port N] [--fault NAME[=VALUE]] [--on token|check|any] [--times N]

  --port N       TCP port (default 8085; 0: any free one)
  --fault F      close, stall=MS, slow=MS, truncate, status=N, html, huge=BYTES, garbage, shape,
                 expire (HTTP 401), expire-code (maKetQua 401), code=NNN
  --on SCOPE     the requests that the fault meets (default any)
  --times N      how many requests it meets (default: all)

Account: facility 79001 (user 79001_BV), password simulated-password.
The last three digits of the 12-digit number choose the result where they spell a result code:
090000000110 is revoked, 090000000010 expired, 090000000019 in order.

example: simulated-gateway --port 8085 --fault slow=3000 --on check";

fn fault(text: &str) -> Result<Fault, String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let number =
        || value.parse::<u64>().map_err(|_| format!("--fault {name}=N needs a number, not \"{value}\""));
    Ok(match name {
        "close" => Fault::Close,
        "stall" => Fault::Stall { ms: number()? },
        "slow" => Fault::Slow { ms: number()? },
        "truncate" => Fault::Truncate,
        "status" => {
            Fault::Status(u16::try_from(number()?).map_err(|_| "a status has three digits".to_owned())?)
        }
        "html" => Fault::WrongContentType,
        "huge" => Fault::Huge { bytes: number()? },
        "garbage" => Fault::GarbageJson,
        "shape" => Fault::WrongShape,
        "expire" => Fault::ExpireTokens { by_status: true },
        "expire-code" => Fault::ExpireTokens { by_status: false },
        "code" => Fault::Code(value.to_owned()),
        _ => return Err(format!("unknown fault \"{name}\"; --help lists them")),
    })
}

fn options() -> Result<Option<GatewayOptions>, lexopt::Error> {
    let mut options = GatewayOptions { port: 8085, ..GatewayOptions::default() };
    let mut chosen = None;
    let mut scope = Scope::Any;
    let mut times = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => options.port = parser.value()?.parse()?,
            Long("fault") => chosen = Some(fault(&parser.value()?.string()?)?),
            Long("on") => {
                scope = match parser.value()?.string()?.as_str() {
                    "token" => Scope::Token,
                    "check" => Scope::Check,
                    "any" => Scope::Any,
                    other => return Err(format!("--on takes token, check or any, not \"{other}\"").into()),
                }
            }
            Long("times") => times = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => return Ok(None),
            _ => return Err(argument.unexpected()),
        }
    }
    options.faults = chosen.into_iter().map(|fault| FaultRule { scope, fault, times }).collect();
    Ok(Some(options))
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("simulated-gateway: {error}");
            return ExitCode::from(2);
        }
    };
    let port = options.port;
    match Gateway::start(options) {
        Ok(gateway) => {
            println!("SIMULATED insurance gateway at {}", gateway.url());
            loop {
                thread::sleep(Duration::from_secs(3600));
            }
        }
        Err(error) => {
            eprintln!(
                "simulated-gateway: cannot listen on 127.0.0.1:{port}: {error}. Choose another --port."
            );
            ExitCode::FAILURE
        }
    }
}
