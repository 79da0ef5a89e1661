//! The store's commands as clap sees them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Commands of the trust store.
#[derive(Clone, Debug, Subcommand)]
pub enum TrustCommand {
    /// Add certificates (DER, PEM), CSCA master lists, CRLs and deviation lists
    #[command(
        after_help = "Example:\n  idterm trust add DE_ML.ml --pin 3f9c…  (SHA-256 of the list, of its signer or of its CSCA)"
    )]
    Add {
        /// Files to add
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// SHA-256 of a certificate or list that you have verified by other means
        #[arg(long, value_name = "SHA256")]
        pin: Vec<String>,
    },
    /// Anchors and lists with country, algorithm, validity and source
    #[command(
        after_help = "Examples:\n  idterm trust list --country VN\n  idterm trust list --expired --json"
    )]
    List(ListArgs),
    /// Expiring anchors, stale lists, weak keys, missing countries, overdue sources, each with its remedy
    #[command(after_help = "Example:\n  idterm trust check --site my-site.toml")]
    Check,
    /// Remove a certificate or list, and what only it vouched for
    #[command(
        after_help = "Examples:\n  idterm trust remove 6b5fa6fe --dry-run\n  idterm trust remove 6b5fa6fe"
    )]
    Remove {
        /// SHA-256 of the certificate or list; its first 8 digits are enough where nothing else has them
        id: String,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Fetch certificates and lists from the sources of the store's policy.toml
    #[command(
        after_help = "Examples:\n  idterm trust refresh\n  idterm trust refresh --if-due --quiet  (from a timer)\n  idterm trust refresh bsi"
    )]
    Refresh {
        /// Names of sources [default: all]
        sources: Vec<String>,
        /// Only the sources whose time has come
        #[arg(long)]
        if_due: bool,
    },
    /// The whole store in one signed file, for terminals without a network
    #[command(
        after_help = "Example:\n  idterm trust export store.snapshot --key snapshot-key.pem --valid-days 90"
    )]
    Export(ExportArgs),
    /// Replace the store by a signed file of `trust export`
    #[command(after_help = "Example:\n  idterm trust import store.snapshot --signer 3f9c…")]
    Import(ImportArgs),
    /// Keys that sign exports
    #[command(subcommand)]
    Key(KeyCommand),
}

/// Options of `trust list`.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Only this country
    #[arg(long, value_name = "VN")]
    pub country: Option<String>,
    /// Only what has expired
    #[arg(long)]
    pub expired: bool,
}

/// Options of `trust export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// File to write
    pub file: PathBuf,
    /// Key that signs: a PKCS#8 file of P-256 (PEM or DER), or pkcs11:…
    #[arg(long, value_name = "REF")]
    pub key: String,
    /// Days after which it is not taken any more [default: no end]
    #[arg(long, value_name = "DAYS")]
    pub valid_days: Option<u32>,
}

/// Options of `trust import`.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// File of `trust export`
    pub file: PathBuf,
    /// SHA-256 of the key that must have signed it [default: those of the store's policy.toml]
    #[arg(long, value_name = "SHA256")]
    pub signer: Vec<String>,
    /// Add to the store instead of replacing it
    #[arg(long)]
    pub merge: bool,
    /// Take it although a newer one was taken before, or although it has expired
    #[arg(long)]
    pub allow_older: bool,
}

/// Keys that sign exports.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key (PKCS#8, PEM) that only its owner can read
    #[command(after_help = "Example:\n  idterm trust key new snapshot-key.pem")]
    New {
        /// File to write; it must not exist
        file: PathBuf,
    },
    /// The SHA-256 by which other terminals pin a key
    #[command(after_help = "Example:\n  idterm trust key show snapshot-key.pem")]
    Show {
        /// A PKCS#8 file of P-256 (PEM or DER), or pkcs11:…
        key: String,
    },
}
