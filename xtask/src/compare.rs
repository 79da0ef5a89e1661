//! Signature checks beside OpenSSL's, and what a large trust store costs, in a workspace of their own that links it.

use crate::needs::Scope;
use crate::setup;
use crate::shell::{self, Outcome};

/// Builds and runs the comparison; the master lists are left out where they are not at hand.
pub fn run() -> Outcome {
    let ready = setup::run(Scope::Compare);
    if ready.is_failure() {
        return ready;
    }
    let target = shell::target_folder().join("oracle");
    let mut command = shell::cargo();
    command.env("CARGO_TARGET_DIR", target).args([
        "run",
        "--locked",
        "--quiet",
        "--release",
        "--manifest-path",
        "reader-core/oracle/Cargo.toml",
        "--",
    ]);
    let shared =
        std::env::var_os("IDTERM_SHARED").map_or_else(|| shell::root().join("../shared"), Into::into);
    let lists = shared.join("vectors/csca/masterlists");
    if lists.is_dir() {
        command.arg(lists);
    }
    shell::run(&mut command)
}
