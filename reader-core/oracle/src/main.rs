//! Signature checks of reader-core beside OpenSSL's: CPU time of one thread, in one run, as Markdown.
//!
//! And what it costs to open a store of the world's size. The only argument is the folder of master lists; without it
//! that part is left out.

mod algorithms;
mod document;
mod lists;
mod table;
mod timing;
mod world;

use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// The reference computation: SHA-256 of so many bytes.
const REFERENCE_BYTES: usize = 64 << 20;

fn main() -> Result<(), std::io::Error> {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    if let [mark, folder, percent] = arguments.as_slice()
        && mark == world::OPEN
    {
        let percent = percent.to_string_lossy().parse().map_err(std::io::Error::other)?;
        return world::open(&PathBuf::from(folder), percent);
    }
    let data = vec![0x5A; REFERENCE_BYTES];
    let reference = timing::measure(|| {
        std::hint::black_box(Sha256::digest(&data));
    });
    println!(
        "{}; reference, SHA-256 of 64 MiB: {:.1} ms",
        openssl::version::version(),
        reference.as_secs_f64() * 1e3
    );
    world::print(reference)?;
    table::print("One signature", &algorithms::rows(), reference);
    table::print("One document", &[document::row()], reference);
    if let Some(folder) = arguments.first().map(PathBuf::from) {
        table::print("One master list", &lists::rows(&folder)?, reference);
    }
    Ok(())
}
