//! What the project needs of a machine beside Rust, and why.

use std::path::Path;
use std::process::Command;

use crate::shell;

/// What the machine is set up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Building and running the demonstration.
    Demo,
    /// Every gate and test.
    Test,
    /// Fuzzing, which builds nothing but `reader-core`.
    Fuzz,
    /// Measuring beside OpenSSL.
    Compare,
}

/// How presence is told without asking a package manager.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    /// A program on the path.
    Program(&'static str),
    /// A library that `pkg-config` knows.
    PkgConfig(&'static str),
    /// A file that only this package brings.
    File(&'static str),
    /// A shared library that the loader finds.
    Library(&'static str),
}

/// One thing the machine must have.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// What it is for, in a few words.
    pub why: &'static str,
    /// Which scopes need it.
    pub scopes: &'static [Scope],
    /// All must hold.
    pub probes: &'static [Probe],
    /// Debian and Ubuntu packages.
    pub apt: &'static [&'static str],
    /// Fedora packages.
    pub dnf: &'static [&'static str],
    /// Arch packages.
    pub pacman: &'static [&'static str],
}

use Probe::{File, Library, PkgConfig, Program};

/// What Linux lacks out of the box.
pub const LINUX: &[Need] = &[
    Need {
        why: "links every Rust program",
        scopes: &[Scope::Demo, Scope::Test, Scope::Fuzz, Scope::Compare],
        probes: &[Program("cc"), File("/usr/include/stdlib.h")],
        apt: &["gcc", "libc6-dev"],
        dnf: &["gcc", "glibc-devel"],
        pacman: &["gcc"],
    },
    Need {
        why: "PC/SC, the card readers' interface",
        scopes: &[Scope::Demo, Scope::Test, Scope::Compare],
        probes: &[Program("pkg-config"), PkgConfig("libpcsclite")],
        apt: &["pkg-config", "libpcsclite-dev"],
        dnf: &["pkgconf-pkg-config", "pcsc-lite-devel"],
        pacman: &["pkgconf", "pcsclite"],
    },
    Need {
        why: "the PC/SC service and its virtual reader, for tests through the real stack",
        scopes: &[Scope::Test],
        probes: &[Program("pcscd"), File("/etc/reader.conf.d/vpcd")],
        apt: &["pcscd", "vsmartcard-vpcd"],
        dnf: &["pcsc-lite", "virtualsmartcard"],
        pacman: &["pcsclite", "virtualsmartcard"],
    },
    Need {
        why: "an independent judge of certificates and signatures",
        scopes: &[Scope::Test],
        probes: &[Program("openssl")],
        apt: &["openssl"],
        dnf: &["openssl"],
        pacman: &["openssl"],
    },
    Need {
        why: "a token in software, for keys that never leave one",
        scopes: &[Scope::Test],
        probes: &[Program("softhsm2-util")],
        apt: &["softhsm2"],
        dnf: &["softhsm"],
        pacman: &["softhsm"],
    },
    Need {
        why: "the same judge as a library, to be measured beside",
        scopes: &[Scope::Compare],
        probes: &[Program("pkg-config"), PkgConfig("openssl")],
        apt: &["pkg-config", "libssl-dev"],
        dnf: &["pkgconf-pkg-config", "openssl-devel"],
        pacman: &["pkgconf", "openssl"],
    },
    Need {
        why: "counts instructions, which shows that secrets are handled in constant time",
        scopes: &[Scope::Test],
        probes: &[Program("valgrind")],
        apt: &["valgrind"],
        dnf: &["valgrind"],
        pacman: &["valgrind"],
    },
    Need {
        why: "builds libFuzzer",
        scopes: &[Scope::Fuzz],
        probes: &[Program("c++")],
        apt: &["g++"],
        dnf: &["gcc-c++"],
        pacman: &["gcc"],
    },
    Need {
        why: "a screen without a screen, for the kiosk's window",
        scopes: &[Scope::Test],
        probes: &[
            Program("Xvfb"),
            Program("openbox"),
            Library("libEGL.so.1"),
            Library("libxkbcommon-x11.so.0"),
            Library("libXcursor.so.1"),
            Library("libXi.so.6"),
            Library("libXrandr.so.2"),
            Library("libX11-xcb.so.1"),
        ],
        apt: &[
            "xvfb",
            "openbox",
            "libgl1-mesa-dri",
            "libegl1",
            "libxkbcommon-x11-0",
            "libxcursor1",
            "libxi6",
            "libxrandr2",
            "libx11-xcb1",
        ],
        dnf: &[
            "xorg-x11-server-Xvfb",
            "openbox",
            "mesa-dri-drivers",
            "libglvnd-egl",
            "libxkbcommon-x11",
            "libXcursor",
            "libXi",
            "libXrandr",
            "libX11-xcb",
        ],
        pacman: &[
            "xorg-server-xvfb",
            "openbox",
            "mesa",
            "libxkbcommon-x11",
            "libxcursor",
            "libxi",
            "libxrandr",
        ],
    },
];

impl Need {
    /// The probes that fail, for the message.
    pub fn missing(&self) -> Vec<String> {
        self.probes.iter().filter(|probe| !probe.holds()).map(Probe::name).collect()
    }
}

impl Probe {
    fn holds(&self) -> bool {
        match self {
            Program(name) => shell::on_path(name),
            PkgConfig(name) => shell::succeeds(Command::new("pkg-config").args(["--exists", name])),
            File(path) => Path::new(path).exists(),
            Library(name) => loader_finds(name),
        }
    }

    fn name(&self) -> String {
        match self {
            Program(name) | File(name) | Library(name) => (*name).to_string(),
            PkgConfig(name) => format!("{name} (headers)"),
        }
    }
}

fn loader_finds(library: &str) -> bool {
    ["ldconfig", "/sbin/ldconfig"]
        .iter()
        .find_map(|program| shell::capture(Command::new(program).arg("-p")))
        .is_some_and(|(_, known)| known.split_whitespace().any(|word| word == library))
}
