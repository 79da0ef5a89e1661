//! Every change that somebody without the terminal's key can make to a log is found.

use std::fs;

use proptest::prelude::*;
use terminal_app::audit::{AuditError, Note, Pinned, Question, Source, Span, earlier, examine, export};

use super::{Kept, at, fault, lines};

#[test]
fn what_was_written_is_intact() {
    let kept = Kept::of("audit-whole", 1_000, 12);
    assert!(kept.files().len() > 2, "{:?}", kept.files());
    let mut kinds = Vec::new();
    let examined = examine(&Source::Log(kept.log.clone()), &Question::default(), &mut |record, _| {
        kinds.push(record.kind.clone());
    })
    .unwrap();
    assert_eq!(fault(&examined).0, "intact");
    assert_eq!((examined.first, examined.last, examined.notes.as_slice()), (1, kinds.len() as u64, &[][..]));
    assert_eq!((kinds[0].as_str(), kinds.iter().filter(|kind| *kind == "said").count()), ("begin", 12));
    // Each file but the first begins with a signature over what went before.
    assert_eq!(kinds.iter().filter(|kind| *kind == "checkpoint").count(), kept.files().len() - 1);
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let kept = Kept::of("audit-mode", 2_000, 6);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(kept.log.path()), 0o700);
    for entry in fs::read_dir(kept.log.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let kept = Kept::of("audit-byte", 700, 4);
    assert!(kept.files().len() > 1);
    let mut seq = 0;
    for path in kept.files() {
        let whole = fs::read(&path).unwrap();
        let mut begin = 0;
        for line in lines(&path) {
            seq += 1;
            for offset in begin..begin + line.len() {
                let mut changed = whole.clone();
                changed[offset] ^= if offset % 2 == 0 { 0x01 } else { 0x20 };
                fs::write(&path, &changed).unwrap();
                let examined = kept.examined();
                assert_eq!(fault(&examined), ("changed", Some(seq)), "{} byte {offset}", path.display());
            }
            begin += line.len();
        }
        fs::write(&path, &whole).unwrap();
    }
    let head = fs::read(kept.path("head.json")).unwrap();
    for offset in 0..head.len() {
        let mut changed = head.clone();
        changed[offset] ^= 0x01;
        fs::write(kept.path("head.json"), &changed).unwrap();
        assert_eq!(fault(&kept.examined()).0, "head", "byte {offset}");
    }
    fs::write(kept.path("head.json"), &head).unwrap();
    assert_eq!(fault(&kept.examined()).0, "intact");
}

#[test]
fn a_changed_byte_stops_the_writer_where_it_stands_beyond_the_head() {
    let kept = Kept::of("audit-stops", 8_000, 3);
    let path = kept.files().pop().unwrap();
    let (whole, head) = (fs::read(&path).unwrap(), fs::read(kept.path("head.json")).unwrap());
    // Cut, lost, another's head: nothing is appended, nothing is said to be in order.
    let unfit =
        || matches!(kept.log.append(&super::Said { text: "x" }, at(9)), Err(AuditError::Unfit { .. }));
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(unfit());
    fs::remove_file(&path).unwrap();
    assert!(unfit());
    fs::write(&path, &whole).unwrap();
    let other = Kept::of("audit-stops-other", 8_000, 3);
    fs::copy(other.path("head.json"), kept.path("head.json")).unwrap();
    assert!(unfit());
    fs::write(kept.path("head.json"), &head).unwrap();
    let key = fs::read(kept.path("key.pem")).unwrap();
    fs::remove_file(kept.path("key.pem")).unwrap();
    assert!(unfit());
    fs::write(kept.path("key.pem"), key).unwrap();
    kept.say("goes on", 9);
    assert_eq!(fault(&kept.examined()).0, "intact");
}

#[test]
fn a_cut_is_found_at_every_length() {
    let kept = Kept::of("audit-cut", 700, 5);
    let files = kept.files();
    for (index, path) in files.iter().enumerate().rev() {
        let whole = fs::read(path).unwrap();
        for length in 0..whole.len() {
            fs::write(path, &whole[..length]).unwrap();
            let examined = kept.examined();
            let (word, _) = fault(&examined);
            let expected: &[&str] = if index + 1 == files.len() {
                &["cut", "changed"]
            } else {
                &["order", "changed", "beginning"]
            };
            assert!(expected.contains(&word), "{} to {length}: {word}", path.display());
        }
        fs::write(path, &whole).unwrap();
    }
    // Whole files from the end.
    let seq_of_last = lines(files.last().unwrap()).len() as u64;
    let whole = fs::read(files.last().unwrap()).unwrap();
    fs::remove_file(files.last().unwrap()).unwrap();
    let examined = kept.examined();
    assert_eq!(fault(&examined), ("cut", Some(examined.last + 1)));
    fs::write(files.last().unwrap(), whole).unwrap();
    assert_eq!(kept.examined().last, examined.last + seq_of_last);
    fs::remove_file(kept.path("head.json")).unwrap();
    assert_eq!(fault(&kept.examined()).0, "head");
}

#[test]
fn moved_doubled_and_missing_records_are_found() {
    let kept = Kept::of("audit-moved", 1 << 20, 8);
    let path = kept.files().pop().unwrap();
    let all = lines(&path);
    let examined = |lines: Vec<Vec<u8>>| {
        fs::write(&path, lines.concat()).unwrap();
        fault(&kept.examined())
    };
    let last = all.len();
    for index in 0..last {
        let mut missing = all.clone();
        missing.remove(index);
        let expected = match index {
            0 => ("beginning", Some(2)),
            _ if index + 1 == last => ("cut", Some(last as u64)),
            _ => ("order", Some(index as u64 + 1)),
        };
        assert_eq!(examined(missing), expected, "without {index}");
        let mut double = all.clone();
        double.insert(index, all[index].clone());
        assert_eq!(examined(double), ("order", Some(index as u64 + 2)), "{index} twice");
        if index + 1 < last {
            let mut swapped = all.clone();
            swapped.swap(index, index + 1);
            let first = if index == 0 { 3 } else { index as u64 + 1 };
            assert_eq!(examined(swapped), ("order", Some(first)), "{index} after the next");
        }
        let mut inserted = all.clone();
        inserted.insert(index, b"{}\n".to_vec());
        assert_eq!(examined(inserted), ("changed", Some(index as u64 + 1)), "before {index}");
    }
    fs::write(&path, all.concat()).unwrap();
    let (kept, other) = (Kept::of("audit-files", 700, 8), Kept::of("audit-files-other", 700, 8));
    let files = kept.files();
    let contents: Vec<_> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    fs::write(&files[1], &contents[2]).unwrap();
    fs::write(&files[2], &contents[1]).unwrap();
    assert_eq!(fault(&kept.examined()).0, "order");
    fs::write(&files[1], &contents[1]).unwrap();
    fs::copy(&other.files()[2], &files[2]).unwrap();
    assert_eq!(fault(&kept.examined()).0, "order");
}

#[test]
fn another_key_and_an_older_state_are_found_by_who_knows_better() {
    let (kept, other) = (Kept::of("audit-key", 1_500, 5), Kept::of("audit-key-other", 1_500, 9));
    let key = kept.examined().key.unwrap();
    let pinned = Question { key: Some(Pinned(key)), earlier: None };
    assert_eq!(fault(&kept.asked(&pinned)).0, "intact");
    assert_eq!(fault(&other.asked(&pinned)).0, "key");

    // The whole folder as it was earlier: in itself it is intact, and only who has a later head knows.
    let copy = |from: &Kept, to: &std::path::Path| {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from.log.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    };
    let old = kept.folder.path().join("old");
    copy(&kept, &old);
    kept.say("after", 20);
    let head = kept.folder.join("head-then.json");
    fs::copy(kept.path("head.json"), &head).unwrap();
    let then = Question { key: None, earlier: earlier(std::path::Path::new(&head)).unwrap() };
    assert!(then.earlier.is_some());
    kept.say("and after that", 21);
    assert_eq!(fault(&kept.asked(&then)).0, "intact");
    fs::remove_dir_all(kept.log.path()).unwrap();
    fs::rename(&old, kept.log.path()).unwrap();
    assert_eq!(fault(&kept.examined()).0, "intact");
    let (seq, _) = then.earlier.unwrap();
    assert_eq!(fault(&kept.asked(&then)), ("older", Some(seq)));
    // Written on from the older state: the number is there again, with another hash.
    kept.say("another past", 22);
    assert_eq!(kept.examined().last, seq);
    assert_eq!(fault(&kept.asked(&then)), ("older", Some(seq)));
}

#[test]
fn a_chain_that_was_made_again_does_not_carry_the_terminals_signature() {
    // Whoever has no key can compute hashes, and neither head nor checkpoints.
    let (kept, forged) = (Kept::of("audit-forge", 700, 6), Kept::of("audit-forged", 700, 6));
    for path in kept.files() {
        fs::remove_file(path).unwrap();
    }
    for path in forged.files() {
        fs::copy(&path, kept.log.path().join(path.file_name().unwrap())).unwrap();
    }
    let (word, seq) = fault(&kept.examined());
    assert!(["checkpoint", "changed"].contains(&word), "{word} {seq:?}");
}

#[test]
fn what_was_removed_in_its_time_is_no_cut() {
    let kept = Kept::new("audit-prune", 1 << 20);
    for day in 0..6 {
        kept.say("a day", day * 86_400);
    }
    assert_eq!(kept.files().len(), 6);
    let first = kept.files()[0].clone();
    let bytes = fs::read(&first).unwrap();
    fs::remove_file(&first).unwrap();
    assert_eq!(fault(&kept.examined()).0, "beginning");
    fs::write(&first, bytes).unwrap();
    let now = at(5 * 86_400 + 60);
    assert_eq!(kept.log.prune(2, now).unwrap(), 4);
    assert_eq!(kept.log.prune(2, now).unwrap(), 0);
    let examined = kept.examined();
    assert_eq!(fault(&examined).0, "intact");
    assert_eq!(examined.notes, [Note::Removed { through: examined.first - 1 }]);
    kept.say("goes on", 5 * 86_400 + 90);
    fs::remove_file(&kept.files()[0]).unwrap();
    assert_eq!(fault(&kept.examined()).0, "beginning");
}

#[test]
fn an_export_is_verified_without_the_log() {
    let kept = Kept::new("audit-export", 1 << 20);
    for day in 0..4 {
        kept.say("một ngày", day * 86_400);
        kept.say("một ngày nữa", day * 86_400 + 5);
    }
    let out = kept.folder.path().join("export.jsonl");
    let span = Span { from: Some(at(86_400 - 3_600)), until: Some(at(2 * 86_400 + 3_600)) };
    let (_, extent) = export(&kept.log, span, &out, at(4 * 86_400)).unwrap();
    let extent = extent.unwrap();
    let key = kept.examined().key.unwrap();
    let question = Question { key: Some(Pinned(key)), earlier: None };
    let seen = |question: &Question| examine(&Source::Export(out.clone()), question, &mut |_, _| {}).unwrap();
    let examined = seen(&question);
    assert_eq!(fault(&examined).0, "intact");
    assert_eq!((examined.first, examined.last), (extent.first, extent.last));
    assert!(extent.first > 1 && extent.last < extent.log_count);
    let whole = fs::read(&out).unwrap();
    for offset in 0..whole.len() {
        let mut changed = whole.clone();
        changed[offset] ^= 0x02;
        fs::write(&out, &changed).unwrap();
        assert_ne!(fault(&seen(&question)).0, "intact", "byte {offset}");
        fs::write(&out, &whole[..offset]).unwrap();
        assert_ne!(fault(&seen(&question)).0, "intact", "cut to {offset}");
    }
    let all = lines(&out);
    for index in 0..all.len() - 1 {
        let mut missing = all.clone();
        missing.remove(index);
        fs::write(&out, missing.concat()).unwrap();
        assert_ne!(fault(&seen(&question)).0, "intact", "without {index}");
    }
    fs::write(&out, &whole).unwrap();
    let other = Kept::of("audit-export-other", 1 << 20, 1).examined().key.unwrap();
    assert_eq!(fault(&seen(&Question { key: Some(Pinned(other)), earlier: None })).0, "key");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was said at whatever time, the log is intact; whatever was then done to its bytes, it is not.
    #[test]
    fn any_log_is_intact_until_it_is_touched(
        said in prop::collection::vec(("\\PC{0,80}", 0_i64..400_000), 1..10),
        file_bytes in 400_u64..4_000,
        place in any::<prop::sample::Index>(),
        bits in 1_u8..,
        how in 0..4,
    ) {
        let kept = Kept::new("audit-any", file_bytes);
        for (text, second) in &said {
            kept.say(text, *second);
        }
        let examined = kept.examined();
        prop_assert_eq!(fault(&examined).0, "intact");
        let only_clock = examined.notes.iter().all(|note| note.word() == "clock_back");
        prop_assert!(only_clock);
        let files = kept.files();
        let path = &files[place.index(files.len())];
        let mut bytes = fs::read(path).unwrap();
        let at = place.index(bytes.len());
        match how {
            0 => bytes[at] ^= bits,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bits),
            _ => bytes.truncate(at),
        }
        fs::write(path, &bytes).unwrap();
        prop_assert_ne!(fault(&kept.examined()).0, "intact");
    }
}
