use super::*;
use crate::lds::DataGroup;

const DG2: FileId = FileId::group(DataGroup::Dg2);

/// How chips and readers answer when they are asked for more than they can.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beyond {
    Status(u16),
    Nothing,
    /// 6Cxx with what it can.
    Names,
    Less,
    /// 6282 with part of what was asked for.
    LessAndSaysEnd,
}

/// A file that answers as chips do, with the quirks that are set.
struct Card {
    content: Vec<u8>,
    short_identifiers: bool,
    selected: bool,
    most: usize,
    refuse: Option<StatusWord>,
    /// What it says of a length beyond `most`.
    beyond: Beyond,
    commands: Vec<Command>,
}

impl Card {
    fn new(content_bytes: usize) -> Self {
        Self {
            content: tlv::encode(0x75, &vec![0xA5; content_bytes]),
            short_identifiers: true,
            selected: false,
            most: usize::MAX,
            refuse: None,
            beyond: Beyond::Status(0x6700),
            commands: Vec::new(),
        }
    }

    fn answer(&mut self, command: &Command) -> Response {
        self.commands.push(command.clone());
        let bare = |status| Response { data: Vec::new(), status };
        if let Some(status) = self.refuse {
            return bare(status);
        }
        if command.ins == 0xA4 {
            self.selected = true;
            return bare(StatusWord::OK);
        }
        let ne = command.ne.unwrap();
        let (offset, odd) = match (command.ins, command.p1) {
            (0xB0, p1) if p1 & 0x80 != 0 => {
                if !self.short_identifiers {
                    return bare(StatusWord(0x6A86));
                }
                self.selected = true;
                (0, false)
            }
            (0xB0, p1) => (usize::from(p1) << 8 | usize::from(command.p2), false),
            _ => {
                let offset = tlv::single("offset", Rules::Der, 0x54, &command.data).unwrap();
                (offset.value.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)), true)
            }
        };
        assert!(self.selected, "no current file");
        let ne = match self.beyond {
            _ if ne <= self.most => ne,
            Beyond::Status(status) => return bare(StatusWord(status)),
            Beyond::Nothing => return bare(StatusWord::OK),
            Beyond::Names => return bare(StatusWord(0x6C00 | u16::try_from(self.most).unwrap())),
            Beyond::Less | Beyond::LessAndSaysEnd => self.most,
        };
        if offset >= self.content.len() {
            return bare(StatusWord::WRONG_PARAMETERS);
        }
        let room = if odd { ne - DO_53_BYTES } else { ne };
        let end = (offset + room).min(self.content.len());
        let data = self.content[offset..end].to_vec();
        let says_end = self.beyond == Beyond::LessAndSaysEnd && ne == self.most;
        let status = if end - offset < room || says_end { StatusWord::END_OF_FILE } else { StatusWord::OK };
        Response { data: if odd { tlv::encode(0x53, &data) } else { data }, status }
    }

    fn read(&mut self, file: FileId, limits: ReadLimits) -> FileRead {
        let mut reader = FileReader::new(file, &limits, 223, None);
        for _ in 0..2000 {
            let (command, _) = reader.next_command();
            let response = self.answer(&command);
            if let Some(read) = reader.take(&response) {
                return read;
            }
        }
        panic!("does not end");
    }
}

#[test]
fn a_file_takes_as_few_commands_as_its_length_allows() {
    for (bytes, commands) in [(0, 1), (100, 1), (220, 1), (221, 2), (1000, 5), (17_996, 81)] {
        let mut card = Card::new(bytes);
        let read = card.read(DG2, ReadLimits::default());
        assert_eq!(read.state, FileState::Read(card.content.clone()), "{bytes}");
        assert_eq!(card.commands.len(), commands, "{bytes}");
    }
}

#[test]
fn beyond_32767_bytes_the_instruction_is_odd_and_never_straddles() {
    let mut card = Card::new(70_000);
    let read = card.read(DG2, ReadLimits::default());
    assert_eq!(read.state, FileState::Read(card.content.clone()));
    let even_end = card.commands.iter().rfind(|command| command.ins == 0xB0).unwrap();
    let offset = usize::from(even_end.p1) << 8 | usize::from(even_end.p2);
    assert_eq!(offset + even_end.ne.unwrap(), EVEN_END);
    let odd = card.commands.iter().find(|command| command.ins == 0xB1).unwrap();
    assert_eq!((odd.data.as_slice(), odd.ne), (&[0x54, 2, 0x80, 0x00][..], Some(223)));
}

#[test]
fn an_announcement_beyond_the_limit_is_not_followed() {
    let mut card = Card::new(10);
    card.content = vec![0x75, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3];
    let read = card.read(DG2, ReadLimits::default());
    assert_eq!(read.too_large_bytes, Some(0xFFFF_FFFF + 6));
    assert_eq!(read.state, FileState::Aborted { read_bytes: 9 });
    assert_eq!(card.commands.len(), 1);
    let read = Card::new(40_000).read(FileId::group(DataGroup::Dg1), ReadLimits::default());
    assert!(read.too_large_bytes.is_some());
}

#[test]
fn a_file_that_ends_early_or_late_is_taken_as_far_as_it_goes() {
    let mut card = Card::new(1000);
    card.content.truncate(500);
    assert_eq!(card.read(DG2, ReadLimits::default()).state, FileState::Read(card.content.clone()));
    card.content.truncate(446);
    assert_eq!(card.read(DG2, ReadLimits::default()).state, FileState::Read(card.content.clone()));
    let mut card = Card::new(50);
    card.content.extend([0; 100]);
    assert_eq!(card.read(DG2, ReadLimits::default()).state, FileState::Read(card.content[..52].to_vec()));
}

#[test]
fn a_chip_without_short_identifiers_is_read_by_selecting() {
    let mut card = Card::new(300);
    card.short_identifiers = false;
    let read = card.read(DG2, ReadLimits::default());
    assert!(read.selected_by_identifier);
    assert_eq!(read.state, FileState::Read(card.content.clone()));
    assert_eq!(card.commands[1].data, [0x01, 0x02]);
}

#[test]
fn the_chunk_is_made_smaller_until_it_works_and_stays_so() {
    // Answer, most bytes that the card manages, the chunk that is learnt, and commands for 1,004 bytes.
    let cases = [
        (Beyond::Status(0x6700), 200, 192, 1 + 6),
        (Beyond::Status(0x6700), 100, 96, 4 + 11),
        // By short identifier, then selected, then the file's head alone: its length, and the first refusal inside the file.
        (Beyond::Status(0x6B00), 200, 192, 11),
        (Beyond::Nothing, 130, 128, 3 + 8),
        (Beyond::Names, 150, 150, 1 + 7),
        (Beyond::Less, 150, 150, 7),
        (Beyond::LessAndSaysEnd, 150, 150, 0),
    ];
    for (beyond, most, learnt, commands) in cases {
        let mut card = Card::new(1000);
        (card.most, card.beyond) = (most, beyond);
        let read = card.read(DG2, ReadLimits::default());
        let what = format!("{beyond:?} beyond {most}: {} commands", card.commands.len());
        assert_eq!(read.state, FileState::Read(card.content.clone()), "{what}");
        if beyond != Beyond::LessAndSaysEnd {
            assert_eq!((read.chunk_bytes, card.commands.len()), (Some(learnt), commands), "{what}");
        }
    }
    let mut card = Card::new(1000);
    card.most = 10;
    let read = card.read(DG2, ReadLimits::default());
    assert_eq!((read.state, read.chunk_bytes), (FileState::Aborted { read_bytes: 8 }, None));
    assert_eq!(Card::new(1000).read(DG2, ReadLimits::default()).chunk_bytes, None);
}

/// 6B00 behind the first part: the end of a file that is shorter than it says, or a length called an offset.
#[test]
fn a_length_called_an_offset_is_made_smaller() {
    struct Odd(Card);
    let mut card = Odd(Card::new(1000));
    let mut reader = FileReader::new(DG2, &ReadLimits::default(), 223, None);
    let read = loop {
        let (command, _) = reader.next_command();
        let later = !reader.bytes.is_empty();
        (card.0.most, card.0.beyond) =
            if later { (128, Beyond::Status(0x6B00)) } else { (usize::MAX, Beyond::Less) };
        let response = card.0.answer(&command);
        if let Some(read) = reader.take(&response) {
            break read;
        }
    };
    assert_eq!(read.state, FileState::Read(card.0.content));
    assert_eq!(read.chunk_bytes, Some(128));
}

#[test]
fn refusals_are_answers() {
    for (status, state) in [
        (0x6A82, FileState::Absent),
        (0x6982, FileState::Protected),
        (0x6F00, FileState::Aborted { read_bytes: 0 }),
    ] {
        let mut card = Card::new(10);
        card.refuse = Some(StatusWord(status));
        let read = card.read(DG2, ReadLimits::default());
        assert_eq!((read.state, read.refused), (state, Some(StatusWord(status))));
    }
}

#[test]
fn a_chip_that_drips_is_given_up() {
    let mut reader = FileReader::new(DG2, &ReadLimits::default(), 223, None);
    let mut sent = 0;
    let drop = |data: Vec<u8>| Response { data, status: StatusWord::OK };
    let mut outcome = reader.take(&drop(vec![0x75, 0x82, 0x40, 0x00]));
    while outcome.is_none() {
        sent += 1;
        outcome = reader.take(&drop(vec![0]));
    }
    assert!(sent < 20);
    assert!(matches!(outcome.unwrap().state, FileState::Aborted { .. }));
}

#[test]
fn a_wanted_length_is_given_once() {
    let mut reader = FileReader::new(DG2, &ReadLimits::default(), 223, None);
    let wants = Response { data: Vec::new(), status: StatusWord(0x6C10) };
    assert_eq!(reader.take(&wants), None);
    assert_eq!(reader.next_command().0.ne, Some(0x10));
    assert_eq!(reader.take(&wants), None, "then by identifier");
    assert_eq!(reader.next_command().0.ins, 0xA4);
}

#[test]
fn a_chip_known_to_refuse_short_identifiers_is_not_asked_again() {
    let reader = FileReader::new(DG2, &ReadLimits::default(), 223, None).selecting(true);
    let (command, _) = reader.next_command();
    assert_eq!((command.ins, command.data.as_slice()), (0xA4, &[0x01, 0x02][..]));
}

#[test]
fn a_file_is_never_whole_before_its_length_is() {
    let given = |data: &[u8], status| Response { data: data.to_vec(), status };
    let content = tlv::encode(0x75, &[0xA5; 300]);
    // The header comes in pieces: the rest is read all the same.
    for first in 1..4 {
        let mut reader = FileReader::new(DG2, &ReadLimits::default(), 223, None);
        let mut outcome = reader.take(&given(&content[..first], StatusWord::OK));
        while outcome.is_none() {
            let (command, _) = reader.next_command();
            let offset = usize::from(command.p1) << 8 | usize::from(command.p2);
            let end = (offset + command.ne.unwrap()).min(content.len());
            outcome = reader.take(&given(&content[offset..end], StatusWord::OK));
        }
        assert_eq!(outcome.unwrap().state, FileState::Read(content.clone()), "{first}");
    }
    // And where nothing follows, the file could not be read.
    let ends = [
        given(&[], StatusWord::OK),
        given(&[], StatusWord::END_OF_FILE),
        given(&[], StatusWord::WRONG_PARAMETERS),
    ];
    for end in ends {
        for head in [&[0x75][..], &[0x75, 0x82, 0x01]] {
            let mut reader = FileReader::new(DG2, &ReadLimits::default(), 223, None);
            let mut outcome = reader.take(&given(head, StatusWord::OK));
            for _ in 0..20 {
                outcome = outcome.or_else(|| reader.take(&end));
            }
            let state = outcome.map(|read| read.state);
            assert_eq!(state, Some(FileState::Aborted { read_bytes: head.len() }), "{}", end.status.0);
        }
    }
    let mut reader = FileReader::new(DG2, &ReadLimits::default(), 223, None);
    let read = reader.take(&given(&[0x75], StatusWord::END_OF_FILE)).unwrap();
    assert_eq!(read.state, FileState::Aborted { read_bytes: 1 });
    // EF.ATR/INFO is a row of objects: what comes is judged by its parser.
    let mut reader = FileReader::new(FileId::ATR_INFO, &ReadLimits::default(), 223, None);
    assert_eq!(
        reader.take(&given(&[0x47], StatusWord::OK)).map(|read| read.state),
        Some(FileState::Read(vec![0x47]))
    );
}
