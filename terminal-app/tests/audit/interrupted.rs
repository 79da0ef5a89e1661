//! A program that is killed, a disk that is full, two programs at once: nothing that was said to stand is lost, and the log
//! goes on.

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use terminal_app::audit::{AuditLog, Note, RecordHash};

use super::{Kept, Said, at, fault};

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn a_torn_line_is_recorded_and_the_chain_goes_on() {
    for step in 0.. {
        let kept = Kept::of("audit-torn", 1 << 20, 2);
        let path = kept.files().pop().unwrap();
        let (before, offset) = (kept.examined().last, fs::read(&path).unwrap().len());
        let head = fs::read(kept.path("head.json")).unwrap();
        // The next record, torn after some of its bytes: the head does not count it yet.
        kept.say("the power fails now", 3);
        let whole = fs::read(&path).unwrap();
        let length = (1 + step * 7).min(whole.len() - offset - 1);
        fs::write(&path, &whole[..offset + length]).unwrap();
        fs::write(kept.path("head.json"), &head).unwrap();
        let torn = Note::Torn { seq: before + 1, bytes: length as u64 };
        let examined = kept.examined();
        assert_eq!((fault(&examined).0, examined.notes), ("intact", vec![torn.clone()]), "torn to {length}");
        kept.say("after", 9);
        let examined = kept.examined();
        // Where nothing but its line feed was missing, the record is there.
        let all_there = offset + length + 1 == whole.len();
        let note = if all_there { Note::Uncounted { seq: before + 1 } } else { torn };
        assert_eq!((fault(&examined).0, examined.notes), ("intact", vec![note]), "gone on after {length}");
        assert_eq!(examined.last, before + 2 + u64::from(all_there));
        // What was torn can be changed no more than anything else.
        let mut changed = fs::read(&path).unwrap();
        changed[offset + length / 2] ^= 0x04;
        fs::write(&path, changed).unwrap();
        assert_eq!(fault(&kept.examined()), ("changed", Some(before + 1)), "{length}");
        if all_there {
            return;
        }
    }
}

#[test]
fn zeros_that_a_file_system_left_are_a_torn_line() {
    let kept = Kept::of("audit-zeros", 1 << 20, 2);
    append(&kept.files()[0], &[0; 4_096]);
    kept.say("after", 9);
    assert_eq!(fault(&kept.examined()).0, "intact");
}

#[test]
fn a_record_without_its_head_is_kept_and_said_to_be_uncounted() {
    let kept = Kept::of("audit-uncounted", 1 << 20, 2);
    let head = fs::read(kept.path("head.json")).unwrap();
    let stamp = kept.say("the power fails now", 3);
    fs::write(kept.path("head.json"), &head).unwrap();
    assert_eq!(kept.examined().notes, [Note::Uncounted { seq: stamp.seq }]);
    kept.say("after", 9);
    let examined = kept.examined();
    assert_eq!((fault(&examined).0, examined.notes), ("intact", vec![Note::Uncounted { seq: stamp.seq }]));
    assert_eq!(examined.last, stamp.seq + 2);
    // Two are one more than an interruption leaves.
    let head = fs::read(kept.path("head.json")).unwrap();
    kept.say("one", 10);
    let second = kept.say("two", 11);
    fs::write(kept.path("head.json"), &head).unwrap();
    assert_eq!(fault(&kept.examined()), ("uncounted", Some(second.seq)));
    assert!(kept.log.append(&Said { text: "x" }, at(12)).is_err());
}

#[test]
fn heads_that_cannot_be_written_again_and_again_end_no_log() {
    let kept = Kept::of("audit-no-head", 1 << 20, 2);
    // A folder in the place of the file beside: the record is written, its head is not.
    let obstacle = kept.path(".head.json.new");
    for second in 3..9 {
        fs::create_dir_all(obstacle.join("x")).unwrap();
        assert!(kept.log.append(&Said { text: "no head" }, at(second)).is_err());
        assert_eq!(fault(&kept.examined()).0, "intact");
    }
    fs::remove_dir_all(&obstacle).unwrap();
    kept.say("after", 9);
    assert_eq!(fault(&kept.examined()).0, "intact");
}

#[test]
fn programs_take_turns() {
    let kept = Kept::new("audit-turns", 4_000);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let kept = &kept;
            scope.spawn(move || {
                for n in 0..10 {
                    kept.say(&format!("{thread} {n}"), n);
                }
            });
        }
    });
    let examined = kept.examined();
    assert_eq!((fault(&examined).0, examined.notes.is_empty() || examined.last > 40), ("intact", true));
}

/// What the child of the next test does: append for ever, and say what was said to stand.
#[test]
fn child_that_appends() {
    let Ok(folder) = std::env::var("IDTERM_TEST_AUDIT_CHILD") else { return };
    let log = AuditLog::at(Path::new(&folder)).with_files_of(20_000);
    for n in 0.. {
        let stamp = log.append(&Said { text: &"x".repeat(n * 37 % 900) }, jiff::Timestamp::now()).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "stands {} {}", stamp.seq, stamp.hash).unwrap();
        out.flush().unwrap();
    }
}

#[test]
#[cfg(unix)]
fn a_program_killed_while_it_appends_loses_nothing_that_stood() {
    let kept = Kept::new("audit-killed", 20_000);
    let mut stood: Vec<(u64, String)> = Vec::new();
    for round in 0..60_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "interrupted::child_that_appends", "--nocapture"])
            .env("IDTERM_TEST_AUDIT_CHILD", kept.log.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut take = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let stands = matches!(words.as_slice(), ["stands", _, _]);
            if let ["stands", seq, hash] = words.as_slice() {
                stood.push((seq.parse().unwrap(), (*hash).to_owned()));
            }
            stands
        };
        // Somewhere after its first record: where exactly, the machine decides.
        while !take(&out.next().unwrap()) {}
        std::thread::sleep(std::time::Duration::from_micros(round * 1_337 % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        out.for_each(|line| {
            take(&line);
        });
    }
    let mut hashes = std::collections::BTreeMap::new();
    let examined = terminal_app::audit::examine(
        &terminal_app::audit::Source::Log(kept.log.clone()),
        &terminal_app::audit::Question::default(),
        &mut |record, _| {
            hashes.insert(record.seq, record.hash);
        },
    )
    .unwrap();
    assert_eq!(fault(&examined).0, "intact", "{examined:?}");
    assert!(stood.len() >= 60, "{}", stood.len());
    for (seq, hash) in stood {
        let found: Option<&RecordHash> = hashes.get(&seq);
        assert_eq!(found.map(ToString::to_string).as_ref(), Some(&hash), "{seq}");
    }
    kept.log.append(&Said { text: "goes on" }, jiff::Timestamp::now()).unwrap();
    assert_eq!(fault(&kept.examined()).0, "intact");
}
