//! Every reason has one number, is raised in one place and is explained once in `docs/REASONS.md`.
//!
//! The hundreds group them: 10 access, 11 chip, 12 passive authentication, 13 agreement of statements,
//! 14 validity, 15 holder, 16 services, 17 policy.

macro_rules! reasons {
    ($($name:ident = $number:literal, $meaning:literal;)*) => {
        /// Why a check did not confirm, or what was noted beside it.
        #[allow(missing_docs, reason = "the sentence beside each variant is its documentation")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($name),* }

        impl Reason {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The number, as in `R1203`.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$name => $number),* }
            }

            /// One sentence for staff, in English. Language files carry the wording shown on screens.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),* }
            }
        }
    };
}

impl Reason {
    /// The code of the report: `R1203`.
    #[must_use]
    pub fn code(self) -> String {
        format!("R{}", self.number())
    }

    /// The reason with this code, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let digits = code.get(..1).filter(|prefix| prefix.eq_ignore_ascii_case("r")).and(code.get(1..))?;
        let number = digits.parse::<u16>().ok()?;
        Self::ALL.iter().copied().find(|reason| reason.number() == number)
    }
}

reasons! {
    WrongPassword = 1001, "The number, MRZ or CAN that was presented does not open this chip.";
    AccessRefused = 1002, "The chip refused access control.";
    AccessProtocolBroken = 1003, "The chip's answers during access control break the protocol.";
    AccessNotOffered = 1004, "The chip offers no access protocol that is known here.";
    CardGone = 1005, "The card left the reader.";
    AccessNotNeeded = 1006, "The channel was opened by the other access protocol.";
    NoChipSession = 1007, "The files come from a folder and not from a chip.";
}
