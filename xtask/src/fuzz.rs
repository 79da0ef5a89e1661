//! Fuzzing on the stable toolchain: one libFuzzer program per parser, each for a while.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::needs::Scope;
use crate::setup;
use crate::shell::{self, Outcome};

/// What cargo-fuzz sets on nightly, as far as stable has it: edge counters and traced comparisons.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

struct Options {
    seconds: u64,
    targets: Vec<String>,
    list: bool,
}

/// Builds the targets and runs the chosen ones, all when none is named.
pub fn run(args: &[String]) -> Outcome {
    let folder = shell::root().join("reader-core/fuzz");
    let known = targets(&folder);
    let options = match parse(args, &known) {
        Ok(options) => options,
        Err(why) => return Outcome::Failed(why),
    };
    if options.list {
        known.iter().for_each(|name| println!("{name}"));
        return Outcome::passed();
    }
    if cfg!(not(target_os = "linux")) {
        return Outcome::Failed("the fuzzer's flags are known for Linux only".into());
    }
    let ready = setup::run(Scope::Fuzz);
    if ready.is_failure() {
        return ready;
    }
    let Some(programs) = build(&folder) else {
        return Outcome::Failed("the fuzz targets do not build (above)".into());
    };
    let parts: Vec<Outcome> =
        options.targets.iter().map(|name| one(&folder, &programs, name, options.seconds)).collect();
    Outcome::all(parts)
}

fn parse(args: &[String], known: &[String]) -> Result<Options, String> {
    let mut options = Options { seconds: 60, targets: Vec::new(), list: false };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--list" => options.list = true,
            "--seconds" => {
                let value = words.next().ok_or("--seconds wants a number")?;
                options.seconds = value.parse().map_err(|_| format!("`{value}` is no number of seconds"))?;
            }
            name if known.iter().any(|target| target == name) => options.targets.push(name.to_string()),
            other => return Err(format!("no fuzz target `{other}`; there are: {}", known.join(", "))),
        }
    }
    if options.targets.is_empty() {
        options.targets = known.to_vec();
    }
    Ok(options)
}

/// The programs in `src/bin` are the targets.
fn targets(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.join("src/bin"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.path().file_stem().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// Builds all targets and returns the folder with the programs.
fn build(folder: &Path) -> Option<PathBuf> {
    let triple = host_triple()?;
    // Of its own: the flags would make every other build start afresh.
    let target = shell::target_folder().join("fuzz");
    let mut command = shell::cargo();
    command.current_dir(folder).env("RUSTFLAGS", FLAGS).env("CARGO_TARGET_DIR", &target);
    command.args(["build", "--locked", "--quiet", "--release", "--bins", "--target", &triple]);
    (!shell::run(&mut command).is_failure()).then(|| target.join(triple).join("release"))
}

fn host_triple() -> Option<String> {
    let (_, text) = shell::capture(Command::new("rustc").arg("-vV"))?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_string)
}

fn one(folder: &Path, programs: &Path, name: &str, seconds: u64) -> Outcome {
    // What is found goes to `corpus`, which git does not know; the seeds are only read.
    let corpus = folder.join("corpus").join(name);
    let artifacts = folder.join("artifacts").join(name);
    for made in [&corpus, &artifacts] {
        if let Err(error) = std::fs::create_dir_all(made) {
            return Outcome::Failed(format!("{}: {error}", made.display()));
        }
    }
    let log = artifacts.join("log.txt");
    let Ok(output) = std::fs::File::create(&log) else {
        return Outcome::Failed(format!("{} cannot be written", log.display()));
    };
    let mut command = Command::new(programs.join(name));
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536"]);
    command
        .arg(corpus)
        .arg(folder.join("seeds").join(name))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output);
    eprintln!("fuzz: {name}, {seconds} s");
    let status = command.status();
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    match status {
        Ok(status) if status.success() => {
            let end = text.lines().rev().find(|line| line.contains("DONE")).unwrap_or_default();
            eprintln!("      {}", end.trim_start_matches(|c: char| c == '#' || c.is_ascii_digit()).trim());
            Outcome::passed()
        }
        Ok(_) => {
            let tail: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
            tail.iter().rev().take(30).rev().for_each(|line| eprintln!("      {line}"));
            Outcome::Failed(format!(
                "{name} broke; mend it, then keep the input of {} as a seed",
                artifacts.display()
            ))
        }
        Err(error) => Outcome::Failed(format!("{name} could not be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_string).collect()
    }

    #[test]
    fn targets_default_to_all_and_must_be_known() {
        let known = words("a b");
        let options = parse(&[], &known).unwrap();
        assert_eq!((options.seconds, options.targets), (60, known.clone()));
        let options = parse(&words("--seconds 5 b"), &known).unwrap();
        assert_eq!((options.seconds, options.targets), (5, words("b")));
        assert!(parse(&words("c"), &known).is_err());
        assert!(parse(&words("--seconds x"), &known).is_err());
        assert!(parse(&words("--seconds"), &known).is_err());
    }
}
