//! Known peculiarities of devices. The list is closed, so that each one is handled in code or explained to people.

use serde::{Deserialize, Serialize};

macro_rules! quirks {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:literal,)*) => {
        /// A known peculiarity. Each is handled where its comment says, or explained by the application's texts
        /// (`quirk-KEY` in every language).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
        pub enum Quirk {
            $($(#[doc = $doc])+ #[serde(rename = $key)] $name,)*
        }

        impl Quirk {
            /// Every quirk.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word for it in profiles and in the application's texts.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
        }
    };
}

quirks! {
    /// A second slot takes SAM cards. Handled: `name_rejects` refuses it.
    HasSamSlot = "has-sam-slot",
    /// A second interface takes contact cards. Handled: `slot_prefers` and `name_rejects` choose.
    HasContactSlot = "has-contact-slot",
    /// Escape commands fail until the driver is configured to pass them. Handled: `doctor` looks at the driver.
    EscapeNeedsDriverOption = "escape-needs-driver-option",
    /// The current Debian release's driver does not know this reader. Handled: `needs_driver`, which `doctor` compares.
    NeedsNewerCcidDriver = "needs-newer-ccid-driver",
    /// libccid lists the reader as unsupported. Explained.
    UnsupportedByLibccid = "unsupported-by-libccid",
    /// The kernel's NFC modules take the reader from pcscd. Handled: `doctor` looks whether they are loaded.
    KernelDriverTakesIt = "kernel-driver-takes-it",
    /// Time-outs after a start of the machine, until the reader is plugged in anew. Explained.
    TimesOutUntilReplugged = "times-out-until-replugged",
    /// An answer about an empty slot takes hundreds of milliseconds. Explained; `slot_status_ms` says how many.
    SlowSlotStatus = "slow-slot-status",
    /// Detection of a card can be delayed by a sleep mode. Explained.
    SleepDelaysDetection = "sleep-delays-detection",
    /// Cards are spoken to at 106 kbit/s until the rate is raised. Handled where the profile has `moment.raise-rate`; explained.
    StartsAt106 = "starts-at-106",
    /// Commands longer than a message are chained by the driver. Handled: limits stay within one message.
    DriverChainsLongCommands = "driver-chains-long-commands",
    /// The device may present itself as a keyboard or network device. Explained.
    MayBeKeyboard = "may-be-keyboard",
    /// The USB identifier is that of a common bridge chip. Explained: the port is configured by hand.
    UsbIdIsShared = "usb-id-is-shared",
    /// The outputs stay as they are when the computer fails. Explained.
    NoWatchdog = "no-watchdog",
    /// Whatever it delivers lacks a proof that the chip is not a clone. Explained.
    NoCloneDetection = "no-clone-detection",
    /// SELECT of the master file answers 6D00. Handled: EF.CardAccess is read by its short identifier.
    SelectMasterFileRefused = "select-master-file-refused",
}
