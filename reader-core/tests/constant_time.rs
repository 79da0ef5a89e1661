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

/// Secrets of each kind: small, large, sparse, dense, and of no pattern.
const CLASSES: usize = 5;
/// The argument that makes this program run each routine under each secret, to be counted.
const COUNT: &str = "--count-instructions";

/// One routine, ready to run with the secret of a class.
struct Routine {
    name: String,
    leaks: bool,
    run: Box<dyn Fn(usize)>,
}

/// A secret of `bytes` bytes below every order of so many: its first byte is kept small, and it is never 0.
fn secret(class: usize, bytes: usize) -> Vec<u8> {
    let mut out: Vec<u8> = match class {
        0 => vec![0; bytes],
        1 => vec![0xFF; bytes],
        2 => (0..bytes).map(|at| if at % 8 == 7 { 0x80 } else { 0 }).collect(),
        3 => (0..bytes).map(|at| if at < bytes / 2 { 0 } else { 0xFF }).collect(),
        _ => (0..bytes).map(|at| u8::try_from((at * 167 + 89) % 251).unwrap()).collect(),
    };
    out[0] &= 0x3F;
    *out.last_mut().unwrap() |= 1;
    out
}

fn routine(name: impl Into<String>, run: impl Fn(usize) + 'static) -> Routine {
    Routine { name: name.into(), leaks: false, run: Box::new(run) }
}

const CURVES: [Curve; 5] =
    [Curve::P192, Curve::P256, Curve::BrainpoolP256r1, Curve::BrainpoolP320r1, Curve::P521];

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

/// The frame that callgrind counts, and that alone.
#[inline(never)]
fn counted_region(routine: &Routine, class: usize) {
    (routine.run)(class);
}

/// Runs in the counted process: one warming run of each routine, then one for each class.
fn run_all() {
    for routine in routines() {
        for class in (0..CLASSES).chain(0..CLASSES) {
            counted_region(black_box(&routine), black_box(class));
        }
    }
}

/// Instructions of each routine under each class; `None` where valgrind is absent.
fn instruction_counts() -> Option<Vec<Vec<u64>>> {
    let folder = std::env::temp_dir().join(format!("constant-time-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted_region*"])
        .arg("--dump-after=*counted_region*")
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(std::env::current_exe().unwrap())
        .arg(COUNT)
        .output();
    let Ok(output) = output else {
        let _ = std::fs::remove_dir_all(&folder);
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let total = |part: usize| {
        let text = std::fs::read_to_string(folder.join(format!("out.{part}"))).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("summary: ")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    let counts = (0..routines().len())
        // The first half of a routine's runs warms it.
        .map(|at| (0..CLASSES).map(|class| total(at * 2 * CLASSES + CLASSES + class + 1)).collect())
        .collect();
    let _ = std::fs::remove_dir_all(&folder);
    Some(counts)
}

/// The least time of each class in nanoseconds: what disturbs a run only ever makes it longer.
fn least_times(routine: &Routine) -> Vec<u64> {
    let rounds = 40;
    let mut least = vec![u64::MAX; CLASSES];
    for round in 0..rounds {
        for step in 0..CLASSES {
            let class = (step + round) % CLASSES;
            let begun = Instant::now();
            counted_region(routine, class);
            let taken = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            least[class] = least[class].min(taken);
        }
    }
    least
}

fn spread_permille(counts: &[u64]) -> u64 {
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    (most - least) * 1000 / (*least).max(1)
}

fn report(unit: &str, name: &str, counts: &[u64]) {
    println!("{name}: {} {unit}, spread {}/1000", counts.iter().max().unwrap(), spread_permille(counts));
}

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == COUNT) {
        run_all();
        return ExitCode::SUCCESS;
    }
    let mut failed = Vec::new();
    if let Some(all) = instruction_counts() {
        for (routine, counts) in routines().iter().zip(&all) {
            report("instructions", &routine.name, counts);
            if (spread_permille(counts) > 0 || counts.iter().any(|count| *count != counts[0]))
                != routine.leaks
            {
                failed.push(format!("{}: {counts:?}", routine.name));
            }
        }
    } else {
        println!("skipped, valgrind not present: instruction counts; times are compared instead");
        for routine in &routines() {
            // A busy machine may spoil one try, not three; a leak shows in each.
            let tries: Vec<Vec<u64>> = (0..3).map(|_| least_times(routine)).collect();
            let best = tries.iter().min_by_key(|counts| spread_permille(counts)).unwrap();
            report("ns", &routine.name, best);
            if (spread_permille(best) > 50) != routine.leaks {
                failed.push(format!("{}: {best:?}", routine.name));
            }
        }
    }
    for failure in &failed {
        println!("FAILED {failure}");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
