//! Asking an unknown card what it is: at most five commands, and no more once one of them has said it.

use crate::lds::file_id::EMRTD_AID;
use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm};

use super::judge;

/// Name of the directory of contactless payment applications. Spec: EMV Book B §3.3.
pub(super) const PAYMENT_DIRECTORY: &[u8] = b"2PAY.SYS.DDF01";

/// The bytes that came, each `None` where it was not asked or nothing came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The answer to reset, as the reader gives it.
    pub atr: Option<Vec<u8>>,
    /// EF.CardAccess was read before.
    pub card_access: bool,
    /// To the selection of the eMRTD application.
    pub application: Option<Vec<u8>>,
    /// To the selection of the payment directory.
    pub payment: Option<Vec<u8>>,
    /// To GetVersion of MIFARE DESFire in its ISO wrapping (90 60).
    pub version: Option<Vec<u8>>,
    /// To the reader's own command for the card's identifier (FF CA). Spec: PC/SC part 3 §3.2.2.1.3.
    pub uid: Option<Vec<u8>>,
    /// To the selection of the master file.
    pub master_file: Option<Vec<u8>>,
}

/// Where an answer belongs.
type Field = fn(&mut Observed) -> &mut Option<Vec<u8>>;

/// Asks a card that could not be opened. `atr` is what the reader said of it, `card_access` whether EF.CardAccess was read.
/// The card is in an unknown state afterwards. A card that leaves meanwhile ends it: what was seen counts.
pub fn observe<T: Transport>(
    transport: &mut T,
    atr: Option<&[u8]>,
    card_access: bool,
    timeout_ms: u32,
) -> Observed {
    let select = |name: &[u8]| Command::new(0x00, 0xA4, 0x04, 0x00).with_data(name).expecting(256);
    let steps: [(Command, Field); 5] = [
        (Command::new(0x00, 0xA4, 0x04, 0x0C).with_data(EMRTD_AID), |seen| &mut seen.application),
        (select(PAYMENT_DIRECTORY), |seen| &mut seen.payment),
        (Command::new(0x90, 0x60, 0x00, 0x00).expecting(256), |seen| &mut seen.version),
        (Command::new(0xFF, 0xCA, 0x00, 0x00).expecting(256), |seen| &mut seen.uid),
        (Command::new(0x00, 0xA4, 0x00, 0x0C).with_data([0x3F, 0x00]), |seen| &mut seen.master_file),
    ];
    let mut seen = Observed { atr: atr.map(<[u8]>::to_vec), card_access, ..Observed::default() };
    for (command, field) in steps {
        if is_settled(&seen) {
            break;
        }
        let Ok(bytes) = command.encode(LengthForm::Short) else { break };
        let mut response = Vec::new();
        if transport.exchange(&bytes, timeout_ms, &mut response).is_err() {
            break;
        }
        *field(&mut seen) = Some(response);
    }
    seen
}

/// Whether nothing more has to be asked: it is said, or it is a document after all.
fn is_settled(seen: &Observed) -> bool {
    use super::{Judgement, SelectAnswer, WrongCard};
    let meaning = seen.meaning();
    match meaning.application {
        Some(SelectAnswer::Selected | SelectAnswer::Protected) => true,
        // That there is no such application holds for all others too.
        _ => matches!(judge(&meaning), Some(Judgement::Surely(card)) if card != WrongCard::NoApplication),
    }
}
