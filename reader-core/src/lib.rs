//! Opens, reads and proves chip identity documents after ICAO Doc 9303.
//!
//! Three nouns carry the crate. A [`capture::Capture`] is what a chip gave. [`evidence::Evidence`] is what those
//! bytes prove. A report (in `policy`) is what a site does about it. Each is made once, by one function, and never
//! edited after. `docs/ARCHITECTURE.md` is the map.

pub mod capture;
pub mod channel;
pub mod crypto;
pub mod cvc;
pub mod evidence;
pub mod key;
pub mod lds;
pub mod pki;
pub mod policy;
pub mod session;
pub mod transport;
pub mod verify;
pub mod wire;
