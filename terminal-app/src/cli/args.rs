//! The command line as clap sees it. Every option here is a promise to scripts; see `docs/CLI.md`.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::audit::args::AuditCommand;
use super::outbox::OutboxCommand;
use super::site::SiteCommand;
use super::staff::args::{OverrideArgs, StaffCommand};
use super::trust::args::TrustCommand;

/// Reads, proves and decides on chip identity cards.
#[derive(Debug, Parser)]
#[command(
    name = "idterm",
    version,
    about = "Reads chip identity cards, proves them, asks services, decides",
    after_help = "Examples:\n  idterm demo\n  idterm readers\n  idterm verify --reader ACR1252 --number @number.txt \
                  --site hospital\n  idterm inspect capture/ --at 2026-01-31\n  idterm explain R1203\n\n\
                  Exit status: 0 accept, 3 reject, 4 refer to a person, 2 usage, 1 could not do."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// One JSON document on stdout, nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// Site file, or the name of a built-in one: base, hospital, bank, airport, gateway, inspection,
    /// inspection-tolerant
    #[arg(long, global = true, value_name = "FILE|NAME")]
    pub site: Option<String>,
    /// Folder of the trust store [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "IDTERM_TRUST")]
    pub trust: Option<PathBuf>,
    /// Folder of the audit log [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "IDTERM_AUDIT")]
    pub audit: Option<PathBuf>,
    /// Folder of the outbox [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", env = "IDTERM_OUTBOX")]
    pub outbox: Option<PathBuf>,
    /// File with the staff's accounts [default: the platform's data folder]
    #[arg(long, global = true, value_name = "FILE", env = "IDTERM_STAFF")]
    pub staff: Option<PathBuf>,
    /// Folder of reader profiles, read over the built-in ones
    #[arg(long, global = true, value_name = "DIR", env = "IDTERM_PROFILES")]
    pub profiles: Option<PathBuf>,
    /// Language of what people read [default: from the environment, else English]
    #[arg(long, global = true, value_name = "vi|en")]
    pub lang: Option<String>,
    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Readers and cards present, with the profile that matched and its limits
    #[command(after_help = "Examples:\n  idterm readers\n  idterm readers --json --profiles my-profiles/")]
    Readers,
    /// Read a chip into a capture folder
    #[command(
        after_help = "Example:\n  idterm read --reader ACR1252 --can @can.txt --out capture/ --groups DG1,DG2,DG13"
    )]
    Read(ReadArgs),
    /// The whole line: read, prove, match, ask, decide
    #[command(
        after_help = "Examples:\n  idterm verify --reader ACR1252 --number @number.txt --site hospital\n  \
                            idterm verify --reader sim:good --number 090000000000 --json\n  \
                            idterm verify --reader capture:folder/ --mrz @mrz.txt"
    )]
    Verify(VerifyArgs),
    /// Prove a stored capture again, at any date
    #[command(after_help = "Example:\n  idterm inspect capture/ --at 2026-01-31 --json")]
    Inspect(InspectArgs),
    /// What a reason code or an error code means, its cause and remedy
    #[command(after_help = "Examples:\n  idterm explain R1203\n  idterm explain E1002 --json")]
    Explain {
        /// A code such as R1203 or E2001
        code: String,
    },
    /// The store of country certificates, lists and revocations
    #[command(subcommand)]
    Trust(TrustCommand),
    /// What waits to be told to the site's recipients
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Site files: check one, or have it explained
    #[command(subcommand)]
    Site(SiteCommand),
    /// Who works here: accounts with roles and PINs
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Set a verdict aside: two of the staff, with a reason that stays in the audit log
    #[command(
        after_help = "Example:\n  idterm override f81d4fae-7dec-41d0-a765-00a0c91e6bf6 --verdict accept --reason \"lamination worn, \
                      compared by hand\" --by An --second Bình"
    )]
    Override(OverrideArgs),
    /// What this terminal did: whether its log is intact, what stands in it
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Decode and check a machine-readable zone, and derive access keys
    #[command(after_help = "Examples:\n  idterm mrz @mrz.txt\n  scanner | idterm mrz - --json")]
    Mrz {
        /// The lines, with or without line breaks; @FILE or - for standard input
        text: String,
    },
    /// Decode the text of a QR code on a card, and derive access keys
    #[command(after_help = "Examples:\n  idterm qr @code.txt\n  scanner | idterm qr - --json")]
    Qr {
        /// The text; @FILE or - for standard input
        text: String,
    },
    /// Verify the built-in simulated card against the simulated gateway
    #[cfg(feature = "simulator")]
    #[command(
        after_help = "Examples:\n  idterm demo\n  idterm demo --list\n  idterm demo --persona cloned-without-key --json"
    )]
    Demo(DemoArgs),
    /// The kiosk's window
    #[cfg(feature = "kiosk")]
    #[command(
        after_help = "Examples:\n  idterm kiosk --demo --window\n  idterm kiosk --reader ACR1252 --site my-site.toml"
    )]
    Kiosk(KioskArgs),
    /// Check readers, drivers, trust store, site, gateway, clock and disk, each with its remedy
    #[command(after_help = "Examples:\n  idterm doctor\n  idterm doctor --site my-site.toml --json")]
    Doctor,
    /// APDUs, bytes and modelled link time of a full read, beside other strategies
    #[cfg(feature = "simulator")]
    #[command(after_help = "Examples:\n  idterm bench\n  idterm bench --markdown > docs/PERFORMANCE.md")]
    Bench {
        /// As docs/PERFORMANCE.md
        #[arg(long)]
        markdown: bool,
    },
}

/// How the chip is opened. Plain values are for tests: `@FILE` and `-` keep them out of process lists.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Access (each also takes @FILE or - for standard input)")]
pub struct AccessArgs {
    /// The 12-digit number of a Vietnamese card; its CAN is the last six digits
    #[arg(long, value_name = "N12")]
    pub number: Option<String>,
    /// The card access number
    #[arg(long, value_name = "N6")]
    pub can: Option<String>,
    /// The machine-readable zone
    #[arg(long, value_name = "TEXT")]
    pub mrz: Option<String>,
    /// Text of the card's QR code
    #[arg(long, value_name = "TEXT")]
    pub qr: Option<String>,
    /// Document number, together with --birth and --expiry
    #[arg(long, value_name = "D", requires = "birth", requires = "expiry")]
    pub document: Option<String>,
    /// Date of birth
    #[arg(long, value_name = "YYMMDD")]
    pub birth: Option<String>,
    /// Date of expiry
    #[arg(long, value_name = "YYMMDD")]
    pub expiry: Option<String>,
}

/// The holder's PIN.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "PIN of an identity card")]
pub struct PinArgs {
    /// The holder's PIN: @FILE, - for standard input, or in IDTERM_PIN; it may stand beside one of the others
    #[arg(long, value_name = "PIN", env = "IDTERM_PIN", hide_env_values = true)]
    pub pin: Option<String>,
    /// Use the last try of the PIN, with the card access number: the holder was asked, and knows that a wrong one blocks it
    #[arg(long, requires = "pin")]
    pub use_last_try: bool,
}

impl fmt::Debug for PinArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinArgs").field("use_last_try", &self.use_last_try).finish_non_exhaustive()
    }
}

/// With what this terminal is let at fingers and irises; in place of the site's setting.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Terminal authentication (in place of the site's setting)")]
pub struct TerminalArgs {
    /// Card-verifiable certificates: files or folders
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "ta_key")]
    pub ta_chain: Vec<PathBuf>,
    /// The key: a PKCS#8 file, or pkcs11:…; the PIN of a token comes from IDTERM_TOKEN_PIN
    #[arg(long, value_name = "REF", requires = "ta_chain")]
    pub ta_key: Option<String>,
}

/// Which reader.
#[derive(Clone, Debug, Args)]
pub struct ReaderArgs {
    /// Part of a PC/SC reader's name, sim:PERSONA, or capture:DIR
    #[arg(long, short, value_name = "R")]
    pub reader: String,
    /// How long to wait for a card
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub wait_s: u32,
}

/// Options of `read`.
#[derive(Clone, Debug, Args)]
pub struct ReadArgs {
    /// Which reader.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// How the chip is opened.
    #[command(flatten)]
    pub access: AccessArgs,
    /// The holder's PIN.
    #[command(flatten)]
    pub pin: PinArgs,
    /// With what this terminal is let at fingers and irises.
    #[command(flatten)]
    pub terminal: TerminalArgs,
    /// Capture folder to write; it must not exist or be empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Data groups to read, such as DG1,DG2,DG13 [default: the site's]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub groups: Vec<String>,
}

/// Options of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Which reader.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// How the chip is opened.
    #[command(flatten)]
    pub access: AccessArgs,
    /// The holder's PIN.
    #[command(flatten)]
    pub pin: PinArgs,
    /// With what this terminal is let at fingers and irises.
    #[command(flatten)]
    pub terminal: TerminalArgs,
    /// The person was asked and agrees to what the site shows and does
    #[arg(long)]
    pub consent: bool,
    /// Also keep the capture in this folder
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Options of `inspect`.
#[derive(Clone, Debug, Args)]
pub struct InspectArgs {
    /// Capture folder; it may hold nothing but EF.SOD.bin and DGn.bin
    pub dir: PathBuf,
    /// The day at whose end it is judged [default: now]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub at: Option<String>,
    /// What was presented with the card.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Options of `demo`.
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArgs {
    /// Which invented holder's card to use; `--list` shows all
    #[arg(long, value_name = "NAME", default_value = "good")]
    pub persona: String,
    /// List the personas and what each is expected to do
    #[arg(long)]
    pub list: bool,
    /// The person agrees to what the site shows and does
    #[arg(long)]
    pub consent: bool,
    /// With what this terminal is let at fingers and irises.
    #[command(flatten)]
    pub terminal: TerminalArgs,
}

/// Options of `kiosk`.
#[derive(Clone, Debug, Default, Args)]
pub struct KioskArgs {
    /// Simulated reader, card and gateway
    #[arg(long)]
    pub demo: bool,
    /// In a window instead of the full screen
    #[arg(long)]
    pub window: bool,
    /// Persona that the simulated reader offers first
    #[arg(long, value_name = "NAME", default_value = "good", requires = "demo")]
    pub persona: String,
    /// Part of a PC/SC reader's name [default: the first usable reader]
    #[arg(long, value_name = "R", conflicts_with = "demo")]
    pub reader: Option<String>,
}
