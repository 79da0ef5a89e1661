//! Whether arithmetic on secrets takes a time that tells them: scalars on curves, exponents over prime fields, the nonces of
//! PACE's mappings. Without libtest, since the program runs itself under valgrind.
//!
//! Where valgrind is installed, callgrind counts the instructions of each routine under several secrets, and the counts
//! must be equal to the last one. Where it is not, times are compared, which on a busy machine finds coarse leaks only. Either
//! way a routine that leaks on purpose has to be caught, else the method is no good here and the test fails.
//! See docs/decisions for what neither can see.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that prints its table")]

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Instant;

use reader_core::crypto::curve::Curve;
use reader_core::crypto::dh::{self, DhGroup};
use reader_core::crypto::ec;
use reader_core::crypto::secret::Secret;

/// Secrets of each kind: small, dense, sparse, and of no pattern.
const CLASSES: usize = 4;
/// How far the least times of a sound routine may lie apart.
const TIMES_SPREAD_PERMILLE: u64 = 50;
/// Twenty rounds each.
const MOST_TRIES: usize = 25;
/// The argument that makes this program run routines under one class of secrets, to be counted.
const COUNT: &str = "--count-instructions";

/// One routine, ready to run with the secret of a class.
struct Routine {
    name: String,
    leaks: bool,
    run: Box<dyn Fn(usize)>,
}

/// A secret of `bytes` bytes below every order of so many: its first byte is kept small, and it is above 2.
fn secret(class: usize, bytes: usize) -> Vec<u8> {
    // Every class is made by the same steps, lest the making be what differs.
    let [dense, sparse, mixed] = [1, 2, 3].map(|wanted| u8::from(black_box(class) == wanted));
    let byte = |at: usize| {
        let pattern = u8::try_from((at * 167 + 89) % 251).unwrap();
        dense * 0xFF + sparse * (u8::from(at % 8 == 7) << 7) + mixed * pattern
    };
    let mut out: Vec<u8> = (0..bytes).map(byte).collect();
    out[0] &= 0x3F;
    *out.last_mut().unwrap() |= 3;
    out
}

fn routine(name: impl Into<String>, run: impl Fn(usize) + 'static) -> Routine {
    Routine { name: name.into(), leaks: false, run: Box::new(run) }
}

/// The code is the same for every curve; these differ in the number of limbs, and in whether a is −3 by itself.
const CURVES: [Curve; 3] = [Curve::P192, Curve::BrainpoolP256r1, Curve::P521];

fn routines() -> Vec<Routine> {
    let mut all = Vec::new();
    for curve in CURVES {
        let bytes = curve.field_len();
        // P-521 alone has an order of nine bits in its first two bytes.
        let scalar = move |class| {
            let mut scalar = secret(class, bytes);
            if curve.field_bits() % 8 != 0 {
                scalar[0] = 0;
            }
            scalar
        };
        let other =
            ec::PrivateKey::from_bytes(&ec::Generator::standard(curve), &[7]).unwrap().public().clone();
        let base = ec::Generator::standard(curve);
        let peer = other.clone();
        all.push(routine(format!("{curve}: public key and agreement"), move |class| {
            let key = ec::PrivateKey::from_bytes(&base, &scalar(class)).unwrap();
            black_box(key.agree(black_box(&peer)).unwrap());
        }));
        all.push(routine(format!("{curve}: generic mapping"), move |class| {
            let nonce = Secret::new(secret(class, 16));
            black_box(ec::Generator::map_generic(black_box(&nonce), black_box(&other)).unwrap());
        }));
        all.push(routine(format!("{curve}: integrated mapping, f_G"), move |class| {
            let random = Secret::new(secret(class, bytes + 16));
            black_box(ec::Generator::map_integrated(curve, black_box(&random)).unwrap());
        }));
    }
    for group in DhGroup::ALL {
        let base = dh::Generator::standard(group);
        let other = dh::PrivateKey::from_bytes(&base, &[7]).unwrap().public().clone();
        let peer = other.clone();
        all.push(routine(format!("{group}: public key and agreement"), move |class| {
            let key = dh::PrivateKey::from_bytes(&base, &secret(class, group.order_bits() / 8)).unwrap();
            black_box(key.agree(black_box(&peer)).unwrap());
        }));
        all.push(routine(format!("{group}: generic mapping"), move |class| {
            let nonce = Secret::new(secret(class, 16));
            black_box(dh::Generator::map_generic(black_box(&nonce), black_box(&other)).unwrap());
        }));
        all.push(routine(format!("{group}: integrated mapping"), move |class| {
            let random = Secret::new(secret(class, group.modulus_len() + 16));
            black_box(dh::Generator::map_integrated(group, black_box(&random)).unwrap());
        }));
    }
    all.push(Routine {
        name: "a routine that leaks (square and multiply)".to_owned(),
        leaks: true,
        run: Box::new(|class| square_and_multiply(&secret(class, 32))),
    });
    all
}

/// What the test has to catch: the work depends on the bits that are set.
fn square_and_multiply(exponent: &[u8]) {
    let mut product = 1_u64;
    for bit in exponent.iter().flat_map(|byte| (0..8).map(move |at| byte >> at & 1)) {
        product = black_box(product).wrapping_mul(product | 3);
        if bit == 1 {
            for _ in 0..16 {
                product = black_box(product).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ product >> 7;
            }
        }
    }
    black_box(product);
}

/// Not inlined, so that every class runs the very same code.
#[inline(never)]
fn run(routine: &Routine, class: usize) {
    (routine.run)(black_box(class));
}

/// What is run in one counted process.
#[derive(Clone, Copy)]
enum Selection {
    /// Every routine that must not leak.
    Sound,
    /// One, by its place.
    One(usize),
    /// None: what the process costs by itself.
    Nothing,
}

/// Runs in the counted process. The arguments of all classes are equally long, so that nothing else differs.
fn run_counted(selection: &str, class: &str) {
    let class = class.parse().unwrap();
    for (at, routine) in routines().iter().enumerate() {
        let chosen = match selection {
            "sound" => !routine.leaks,
            "nothing" => false,
            one => one.parse() == Ok(at),
        };
        if chosen {
            run(routine, class);
        }
    }
}

/// Instructions of a whole process for each class; `None` where valgrind is absent.
fn instruction_counts(selection: Selection) -> Option<Vec<u64>> {
    let selection = match selection {
        Selection::Sound => "sound".to_owned(),
        Selection::One(at) => at.to_string(),
        Selection::Nothing => "nothing".to_owned(),
    };
    let count = |class: usize| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().unwrap())
            .args([COUNT, &selection, &class.to_string()])
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let total = said.lines().find_map(|line| line.split_once("Collected : ")).unwrap().1;
        Some(total.trim().parse::<u64>().unwrap())
    };
    (0..CLASSES).map(count).collect()
}

/// Lowers the least time of each class in nanoseconds: what disturbs a run only ever makes it longer.
fn lower(routine: &Routine, least: &mut [u64]) {
    for round in 0..20 {
        for step in 0..CLASSES {
            let class = (step + round) % CLASSES;
            let begun = Instant::now();
            run(routine, class);
            let taken = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            least[class] = least[class].min(taken);
        }
    }
}

fn spread_permille(counts: &[u64]) -> u64 {
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    (most - least) * 1000 / (*least).max(1)
}

fn report(unit: &str, name: &str, counts: &[u64]) {
    println!("{name}: {} {unit}, spread {}/1000", counts.iter().max().unwrap(), spread_permille(counts));
}

fn all_equal(counts: &[u64]) -> bool {
    counts.windows(2).all(|pair| pair[0] == pair[1])
}

/// By instruction counts: what is wrong, or nothing; `None` where valgrind is absent.
fn by_instructions(table: bool) -> Option<Vec<String>> {
    let sound = instruction_counts(Selection::Sound)?;
    report("instructions", "all routines in one process", &sound);
    let alone = instruction_counts(Selection::Nothing)?;
    let mut failed = Vec::new();
    for (at, routine) in routines().iter().enumerate() {
        // One by one only to print a table, or to find which one it is.
        if !(table || routine.leaks || !all_equal(&sound)) {
            continue;
        }
        let counts = instruction_counts(Selection::One(at))?;
        let own: Vec<u64> =
            counts.iter().zip(&alone).map(|(all, alone)| all.saturating_sub(*alone)).collect();
        report("instructions", &routine.name, &own);
        if all_equal(&counts) == routine.leaks {
            failed.push(format!("{}: {counts:?}", routine.name));
        }
    }
    if !all_equal(&sound) {
        failed.push(format!("all routines: {sound:?}"));
    }
    Some(failed)
}

/// By the least of many times: what is wrong, or nothing.
fn by_times() -> Vec<String> {
    let mut failed = Vec::new();
    for routine in &routines() {
        // More rounds bring the least times of a sound routine together, and those of a leaking one never.
        let mut least = vec![u64::MAX; CLASSES];
        for _ in 0..MOST_TRIES {
            lower(routine, &mut least);
            if spread_permille(&least) <= TIMES_SPREAD_PERMILLE {
                break;
            }
        }
        report("ns", &routine.name, &least);
        if (spread_permille(&least) > TIMES_SPREAD_PERMILLE) != routine.leaks {
            failed.push(format!("{}: {least:?}", routine.name));
        }
    }
    failed
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mark, selection, class] = arguments.as_slice()
        && mark == COUNT
    {
        run_counted(selection, class);
        return ExitCode::SUCCESS;
    }
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    let counted = if given("--times") { None } else { by_instructions(given("--table")) };
    let failed = counted.unwrap_or_else(|| {
        println!("skipped, not present: valgrind; times are compared instead of instructions");
        by_times()
    });
    for failure in &failed {
        println!("FAILED {failure}");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
