use super::*;
use crate::transport::{Limits, Transport, TransportError};

/// Answers by the beginning of the command; anything else gives `otherwise`.
struct Answers {
    known: Vec<(&'static [u8], Vec<u8>)>,
    otherwise: [u8; 2],
    asked: usize,
    leaves_at: usize,
}

impl Answers {
    fn new(otherwise: [u8; 2], known: Vec<(&'static [u8], Vec<u8>)>) -> Self {
        Self { known, otherwise, asked: 0, leaves_at: usize::MAX }
    }
}

impl Transport for Answers {
    fn exchange(&mut self, command: &[u8], _ms: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        if self.asked >= self.leaves_at {
            return Err(TransportError::TagLost);
        }
        self.asked += 1;
        let known = self.known.iter().find(|(start, _)| command.starts_with(start));
        *response = known.map_or(self.otherwise.to_vec(), |(_, answer)| answer.clone());
        Ok(())
    }

    fn limits(&self) -> Limits {
        Limits::SHORT
    }
}

const APPLICATION: &[u8] = &[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0];
const PAYMENT: &[u8] = &[0x00, 0xA4, 0x04, 0x00, 0x0E, 0x32];
const VERSION: &[u8] = &[0x90, 0x60];
const UID: &[u8] = &[0xFF, 0xCA, 0x00, 0x00];
const MASTER_FILE: &[u8] = &[0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00];

fn judged(card: &mut Answers) -> Option<Judgement> {
    judge(&observe(card, Some(&ISO), false, 100).meaning())
}

fn directory() -> Vec<u8> {
    let name = [&[0x84, 0x0E], &b"2PAY.SYS.DDF01"[..]].concat();
    let template = [&[0x6F, u8::try_from(name.len() + 2).unwrap()], &name[..], &[0xA5, 0x00]].concat();
    [&template[..], &[0x90, 0x00]].concat()
}

/// Ends with the exclusive sum, as an answer to reset does.
fn atr(historical: &[u8]) -> Vec<u8> {
    let count = 0x80 | u8::try_from(historical.len()).unwrap();
    let summed = [&[count, 0x80, 0x01], historical].concat();
    let sum = summed.iter().fold(0, |sum, byte| sum ^ byte);
    [&[0x3B], &summed[..], &[sum]].concat()
}

const ISO: [u8; 5] = [0x3B, 0x80, 0x80, 0x01, 0x01];

/// The worked examples of the supplemental document: MIFARE Standard 1K ends with 6A, 4K with 69.
#[test]
fn storage_cards_are_named_by_their_answer_to_reset() {
    let named = |standard: u8, name: u16| {
        let [high, low] = name.to_be_bytes();
        let historical = [&[0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, standard, high, low][..], &[0; 4]].concat();
        let atr = atr(&historical);
        (AtrMeaning::parse(&atr), atr.last().copied())
    };
    let storage = |kind| Some(AtrMeaning::Storage(kind));
    assert_eq!(named(0x03, 0x0001), (storage(StorageCard::Classic), Some(0x6A)));
    assert_eq!(named(0x03, 0x0002), (storage(StorageCard::Classic), Some(0x69)));
    assert_eq!(named(0x03, 0x0003).0, storage(StorageCard::Ultralight));
    assert_eq!(named(0x11, 0x003B), (storage(StorageCard::Felica), Some(0x42)));
    assert_eq!(named(0x03, 0xF011).0, storage(StorageCard::Felica));
    assert_eq!(named(0x0B, 0x0014).0, storage(StorageCard::Other(0x14)));
    assert_eq!(AtrMeaning::parse(&ISO), Some(AtrMeaning::Iso));
    assert_eq!(
        AtrMeaning::parse(&atr(&[0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 7, 3, 0, 1])),
        Some(AtrMeaning::Iso)
    );
    // A wrong sum, a contact card, and every cut of a good one.
    assert_eq!(AtrMeaning::parse(&[0x3B, 0x80, 0x80, 0x01, 0x02]), None);
    assert_eq!(AtrMeaning::parse(&[0x3B, 0x00]), None);
    let whole = atr(&[0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, 3, 0, 1, 0, 0, 0, 0]);
    assert!((0..whole.len()).all(|end| AtrMeaning::parse(&whole[..end]).is_none()));
}

#[test]
fn a_storage_card_is_asked_nothing() {
    let mut card = Answers::new([0x6D, 0x00], Vec::new());
    let classic = atr(&[0x80, 0x4F, 0x0C, 0xA0, 0, 0, 3, 6, 3, 0, 1, 0, 0, 0, 0]);
    let seen = observe(&mut card, Some(&classic), false, 100);
    assert_eq!(judge(&seen.meaning()), Some(Judgement::Surely(WrongCard::Storage(StorageCard::Classic))));
    assert_eq!(card.asked, 0);
}

/// Name, status word for all else, answers, and what it is.
type Case = (&'static str, [u8; 2], Vec<(&'static [u8], Vec<u8>)>, Option<Judgement>);

#[test]
fn each_kind_is_told_by_what_it_answers() {
    use Judgement::{Probably, Surely};
    let version = vec![0x04, 0x01, 0x01, 0x01, 0x00, 0x18, 0x05, 0x91, 0xAF];
    let random = vec![0x08, 1, 2, 3, 0x90, 0x00];
    let fixed = vec![0x04, 1, 2, 3, 4, 5, 6, 0x90, 0x00];
    let none = [0x6A, 0x82];
    let cases: Vec<Case> = vec![
        ("payment card", none, vec![(PAYMENT, directory())], Some(Surely(WrongCard::Payment))),
        // A phone that pays looks like a bank card, and is said to be one that pays.
        (
            "paying phone",
            none,
            vec![(PAYMENT, directory()), (UID, random.clone())],
            Some(Surely(WrongCard::Payment)),
        ),
        ("desfire", none, vec![(VERSION, version)], Some(Surely(WrongCard::Storage(StorageCard::Desfire)))),
        (
            "desfire that refuses",
            [0x6D, 0x00],
            vec![(VERSION, vec![0x91, 0xAE])],
            Some(Probably(WrongCard::Storage(StorageCard::Desfire))),
        ),
        ("phone", none, vec![(UID, random.clone())], Some(Probably(WrongCard::Phone))),
        ("phone, 6999", [0x69, 0x99], vec![(UID, random.clone())], Some(Probably(WrongCard::Phone))),
        (
            "other identity card",
            none,
            vec![(UID, random), (MASTER_FILE, vec![0x90, 0x00])],
            Some(Surely(WrongCard::NoApplication)),
        ),
        ("some card", none, vec![(UID, fixed)], Some(Surely(WrongCard::NoApplication))),
        (
            "no word of its identifier",
            none,
            vec![(UID, vec![0x6A, 0x81])],
            Some(Surely(WrongCard::NoApplication)),
        ),
        ("deactivated", none, vec![(APPLICATION, vec![0x62, 0x83])], Some(Surely(WrongCard::Blocked))),
        ("terminated", none, vec![(APPLICATION, vec![0x62, 0x85])], Some(Surely(WrongCard::Blocked))),
        ("applet refuses", none, vec![(APPLICATION, vec![0x69, 0x99])], Some(Probably(WrongCard::Blocked))),
        ("conditions", none, vec![(APPLICATION, vec![0x69, 0x85])], Some(Probably(WrongCard::Blocked))),
        ("a document", none, vec![(APPLICATION, vec![0x90, 0x00])], None),
        ("a document that wants PACE", none, vec![(APPLICATION, vec![0x69, 0x82])], None),
        ("something else", [0x6F, 0x00], vec![], None),
    ];
    for (name, otherwise, known, expected) in cases {
        let mut card = Answers::new(otherwise, known);
        assert_eq!(judged(&mut card), expected, "{name}");
        assert!(card.asked <= 5, "{name}: {}", card.asked);
    }
    let mut document = Answers::new([0x6A, 0x82], vec![(APPLICATION, vec![0x90, 0x00])]);
    assert_eq!(judged(&mut document), None);
    assert_eq!(document.asked, 1, "a document is asked nothing more");
}

#[test]
fn a_card_that_offers_pace_and_hides_its_application_is_left_undecided() {
    let mut card = Answers::new([0x6A, 0x82], vec![(MASTER_FILE, vec![0x90, 0x00])]);
    assert_eq!(judge(&observe(&mut card, None, true, 100).meaning()), None);
}

#[test]
fn a_card_that_leaves_while_it_is_asked_is_judged_by_what_it_said() {
    for leaves_at in 0..5 {
        let mut card =
            Answers { leaves_at, ..Answers::new([0x6A, 0x82], vec![(UID, vec![8, 1, 2, 3, 0x90, 0])]) };
        let expected = (leaves_at > 0).then_some(Judgement::Surely(WrongCard::NoApplication));
        assert_eq!(judged(&mut card), expected, "{leaves_at}");
    }
}

#[test]
fn a_directory_under_another_name_and_any_cut_of_it_are_none() {
    let whole = directory();
    for end in 0..whole.len() {
        let seen = Observed { payment: Some(whole[..end].to_vec()), ..Observed::default() };
        assert!(!seen.meaning().payment, "{end}");
    }
    let mut other = whole;
    other[5] ^= 1;
    assert!(!Observed { payment: Some(other), ..Observed::default() }.meaning().payment);
}

#[test]
fn silence_counts_from_the_third_time() {
    assert_eq!((judge_silence(1), judge_silence(2)), (None, None));
    assert_eq!(judge_silence(3), Some(Judgement::Probably(WrongCard::Several)));
}

#[test]
fn a_status_under_a_mac_says_more() {
    assert_eq!(judge_protected(StatusWord(0x6283)), Some(Judgement::Surely(WrongCard::Blocked)));
    assert_eq!(judge_protected(StatusWord(0x6A82)), Some(Judgement::Surely(WrongCard::NoApplication)));
    assert_eq!(judge_protected(StatusWord(0x6985)), Some(Judgement::Probably(WrongCard::Blocked)));
    assert_eq!(judge_protected(StatusWord(0x6982)), None);
}
