//! The log's commands as clap sees them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Commands of the audit log.
#[derive(Clone, Debug, Subcommand)]
pub enum AuditCommand {
    /// Whether a log or an export is what the terminal wrote: unchanged, whole, in its order
    #[command(
        after_help = "Examples:\n  idterm audit verify\n  idterm audit verify export.jsonl --key 3f9c…\n  \
                      idterm audit verify --earlier head-of-january.json\n\nExit status: 0 intact, 3 not, 1 could not be said."
    )]
    Verify(VerifyArgs),
    /// Records with a signature over where they begin and end, in one file that can be verified elsewhere
    #[command(
        after_help = "Example:\n  idterm audit export --from 2026-01-01 --to 2026-01-31 --out january.jsonl"
    )]
    Export(ExportArgs),
    /// The records
    #[command(
        after_help = "Examples:\n  idterm audit list --kind verification --json\n  idterm audit list --transaction f81d4fae-7dec-41d0-a765-00a0c91e6bf6"
    )]
    List(ListArgs),
    /// The last records
    #[command(after_help = "Example:\n  idterm audit tail -n 5")]
    Tail {
        /// How many
        #[arg(short, long, value_name = "N", default_value_t = 20)]
        number: usize,
    },
}

/// Options of `audit verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// A log's folder, or a file of `audit export` [default: this terminal's log]
    pub path: Option<PathBuf>,
    /// The terminal's key, known from elsewhere: its SHA-256, or a file with the public key (PEM or DER)
    #[arg(long, value_name = "SHA256|FILE")]
    pub key: Option<String>,
    /// A copy of head.json or an export from an earlier time: the log must go on from there
    #[arg(long, value_name = "FILE")]
    pub earlier: Option<PathBuf>,
}

/// Options of `audit export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// First day, UTC [default: the first record]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<String>,
    /// Last day, UTC [default: the last record]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<String>,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Options of `audit list`.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Only records of this kind, such as verification or override
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only records of this verification
    #[arg(long, value_name = "ID")]
    pub transaction: Option<String>,
}
