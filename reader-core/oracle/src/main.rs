//! Signature checks of reader-core beside OpenSSL's: CPU time of one thread, in one run, as Markdown.
//!
//! The only argument is the folder of master lists; without it that part is left out.

mod algorithms;
mod document;
mod lists;
mod table;
mod timing;

use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// The reference computation: SHA-256 of so many bytes.
const REFERENCE_BYTES: usize = 64 << 20;

fn main() -> Result<(), std::io::Error> {
    let data = vec![0x5A; REFERENCE_BYTES];
    let reference = timing::measure(|| {
        std::hint::black_box(Sha256::digest(&data));
    });
    println!(
        "{}; reference, SHA-256 of 64 MiB: {:.1} ms",
        openssl::version::version(),
        reference.as_secs_f64() * 1e3
    );
    table::print("One signature", &algorithms::rows(), reference);
    table::print("One document", &[document::row()], reference);
    if let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) {
        table::print("One master list", &lists::rows(&folder)?, reference);
    }
    Ok(())
}
