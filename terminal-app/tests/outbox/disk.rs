//! A disk that is full, or takes no writing.

use std::path::Path;
use std::process::{Command, Output};

use terminal_app::outbox::Store;

use super::support::{Box, NOW_MS, child, child_settings, record};

/// As a process of its own: puts records into the outbox until it takes no more, and says what it then says.
#[test]
fn child_that_fills() {
    let Some(settings) = child_settings() else { return };
    // Away from the line on which the test program names this test.
    println!();
    let mut kept = 0;
    let error = loop {
        let accepted = Store::open(&settings, NOW_MS)
            .and_then(|mut store| store.accept(&[("records", record())], NOW_MS));
        match accepted {
            Ok(accepted) => {
                kept += 1;
                println!("kept {}", accepted[0].key);
            }
            Err(error) => break error,
        }
        assert!(kept < 3_000, "it never fills");
    };
    println!("error {error:?}; {error}; {}", error.remedy());
}

fn run(outbox: &Path, around: &str) -> Output {
    let output = child("disk::child_that_fills", outbox, around).wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

/// The lines of the child that begin so, without the beginning.
fn said(output: &Output, word: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.strip_prefix(word)).map(str::to_owned).collect()
}

/// What was kept is there, whole, and the outbox takes more once there is room.
fn sound(outbox: &Box, output: &Output) {
    let mut store = outbox.open();
    assert!(store.damaged().is_none());
    let there: Vec<String> = store.list().unwrap().iter().map(|entry| entry.key.to_string()).collect();
    assert_eq!(there, said(output, "kept "));
    store.accept(&[("records", record())], NOW_MS).unwrap();
}

#[test]
fn a_limit_of_file_sizes_is_said_and_harms_nothing() {
    let outbox = Box::new("limit");
    outbox.open();
    // Units of 512 bytes in some shells and of 1024 in others; a write beyond it fails, and kills nobody.
    let output = run(&outbox.settings.folder, "trap '' XFSZ; ulimit -f 128;");
    let error = said(&output, "error ").pop().unwrap();
    assert!(
        error.starts_with("Disk") && error.contains("outbox.sqlite") && error.contains("free space"),
        "{error}"
    );
    assert!(said(&output, "kept ").len() > 20, "{output:?}");
    sound(&outbox, &output);
}

/// Whether this machine lets a process mount something for itself alone.
pub fn can_mount(test: &str) -> bool {
    let mounts = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    let can = mounts.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped, this machine lets no process mount for itself: {test}");
    }
    can
}

#[test]
fn a_full_disk_is_said() {
    if !can_mount("a full disk") {
        return;
    }
    let outbox = Box::new("full");
    std::fs::create_dir(&outbox.settings.folder).unwrap();
    let folder = outbox.settings.folder.display();
    let script = format!(
        "mount -t tmpfs -o size=96k none {folder} && \"$0\" \"$@\" && ls {folder} && \
         cp -a {folder}/. {folder}.copy"
    );
    let around = format!("unshare -rm sh -c '{script}' \"$0\" \"$@\"; exit $?;");
    let output = run(&outbox.settings.folder, &around);
    let error = said(&output, "error ").pop().unwrap();
    assert!(error.starts_with("NoSpace") && error.contains("Free space on this disk"), "{error}");
    assert!(said(&output, "kept ").len() > 20, "{output:?}");
    // With room again, what was kept is there.
    std::fs::remove_dir(&outbox.settings.folder).unwrap();
    std::fs::rename(format!("{folder}.copy"), &outbox.settings.folder).unwrap();
    sound(&outbox, &output);
}

#[test]
fn a_disk_that_takes_no_writing_is_said() {
    if !can_mount("a read-only disk") {
        return;
    }
    let outbox = Box::new("read-only");
    outbox.put("records");
    let folder = outbox.settings.folder.display();
    for (there, wanted) in [(true, "outbox.lock"), (false, "new")] {
        let settings = outbox.settings.folder.join(if there { "" } else { "new" });
        let script = format!(
            "mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && exec \"$0\" \"$@\""
        );
        let around = format!("unshare -rm sh -c '{script}' \"$0\" \"$@\"; exit $?;");
        let output = run(&settings, &around);
        let error = said(&output, "error ").pop().unwrap();
        assert!(error.starts_with("NotWritable") && error.contains(wanted), "{error}");
        assert!(error.contains("mount the disk for writing"), "{error}");
    }
    assert_eq!(outbox.open().list().unwrap().len(), 1);
}

#[test]
fn a_place_that_is_no_folder_is_said() {
    let outbox = Box::new("no-folder");
    std::fs::write(&outbox.settings.folder, "a file").unwrap();
    let error = Store::open(&outbox.settings, NOW_MS).err().unwrap();
    assert!(error.to_string().contains("outbox") && error.remedy().contains("--outbox"), "{error}");
}
