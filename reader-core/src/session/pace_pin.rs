//! The last try of a PIN: PACE with it inside the channel that the card access number opened.
//!
//! After two wrong PINs the chip suspends the PIN, so that nobody can block it from afar: the third try needs the number
//! that is printed on the card, in the same session. Spec: TR-03110-2 §2.4.1, §3.3; TR-03110-3 §B.11.1.

use crate::channel::Idle;
use crate::crypto::secret::Entropy;
use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm, Response};

use super::link::{ChipWork, Link};
use super::pace::{self, Carrier, Established, LastTry};
use super::terminal_auth::Basis;
use super::{AccessKey, Cause, ChipSession, Ended, PaceOffer, Secured};

/// Command data whose protected form certainly fits a short command.
const SHORT_PROTECTED_BYTES: usize = 200;

/// The channel that PACE runs in; gone once it broke.
struct Inside<'l, T> {
    link: &'l mut Link<T>,
    channel: Option<Idle>,
}

impl<T: Transport> Carrier for Inside<'_, T> {
    fn send(&mut self, command: &Command, work: ChipWork) -> Result<Response, Cause> {
        let channel = self.channel.take().ok_or(Cause::Protocol("a command after the end of its channel"))?;
        let short = command.data.len() <= SHORT_PROTECTED_BYTES;
        let form = if short { LengthForm::Short } else { LengthForm::Extended };
        let (bytes, awaiting) = channel.protect(command, form)?;
        let received = self.link.raw(&bytes, work)?;
        let (response, channel) = awaiting.open(&received)?;
        self.link.note_plain(response.data.len());
        self.channel = Some(channel);
        Ok(response)
    }

    fn basis(&mut self) -> &mut Basis {
        &mut self.link.terminal
    }
}

impl<T: Transport> ChipSession<T, Secured> {
    /// PACE with a PIN inside this session, which the card access number opened; the session goes on under its keys. The
    /// PIN is sent though it be the last try: who calls this has asked the holder. A wrong one then blocks the PIN.
    ///
    /// # Errors
    /// Any failure ends the session; [`AccessFailure::WrongPin`](crate::capture::AccessFailure::WrongPin) says how many
    /// tries are left.
    pub fn pace_with_last_try(
        self,
        offer: &PaceOffer,
        pin: &AccessKey,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, Ended<T>> {
        let Self { mut link, state: Secured { channel, .. } } = self;
        let mut inside = Inside { link: &mut link, channel: Some(channel) };
        match pace::run(&mut inside, offer, pin, LastTry::Use, entropy) {
            Ok(Established { channel, mapping }) => {
                link.mapping = mapping;
                Ok(Self { link, state: Secured { channel, unconfirmed: None } })
            }
            Err(cause) => Err(Ended::new(link, cause)),
        }
    }
}
