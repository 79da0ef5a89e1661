//! From a verification to its recipients, through the real program.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::common::{Done, Folder, GOOD_NUMBER, idterm, trust_store};
use super::disk::can_mount;

/// A terminal with a site that tells one folder of everything and a service of what it accepts.
struct Terminal {
    folder: Folder,
    trust: String,
    /// Where the webhook is; nobody answers there.
    _nobody: TcpListener,
}

impl Terminal {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        std::fs::create_dir(folder.join("drop")).unwrap();
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = nobody.local_addr().unwrap();
        let drop = folder.join("drop");
        folder.write(
            "desk.toml",
            format!(
                "inherits = \"base\"\n[deliveries.records]\nkind = \"file_drop\"\nwhen = [\"accept\", \"refer\"]\n\
                 sees = [\"number\"]\n[deliveries.records.settings]\nfolder = {drop:?}\n\
                 [deliveries.service]\nkind = \"webhook\"\nwhen = [\"accept\"]\nsees = []\n\
                 [deliveries.service.settings]\nurl = \"http://{address}/x\"\nsecret = {{ env = \"HOOK\" }}\n\
                 total_timeout_ms = 300\n[deliveries.later]\nkind = \"file_drop\"\nwhen = [\"accept\", \"refer\", \"reject\"]\n"
            ),
        );
        let trust = trust_store(&folder);
        Self { folder, trust, _nobody: nobody }
    }

    fn run(&self, words: &[&str]) -> Done {
        let (site, outbox) = (self.folder.join("desk.toml"), self.folder.join("outbox"));
        let fixed = ["--json", "--site", &site, "--trust", &self.trust, "--outbox", &outbox];
        let words: Vec<&str> = words.iter().chain(&fixed).copied().collect();
        idterm(&words).env("HOOK", "a secret of twenty-four characters").done()
    }

    fn verify(&self) -> Done {
        self.run(&["verify", "--reader", "sim:good", "--number", GOOD_NUMBER])
    }

    fn dropped(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.folder.join("drop")).unwrap().map(|file| file.unwrap().path());
        files.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
    }

    fn entries(&self) -> Vec<Value> {
        self.run(&["outbox", "list"]).exits(0).json()["entries"].as_array().unwrap().clone()
    }
}

#[test]
fn a_verification_tells_its_recipients_and_staff_sees_what_became_of_it() {
    let terminal = Terminal::new("line");
    let done = terminal.verify().exits(0);
    let report = done.json();
    let deliveries = report["deliveries"].as_array().unwrap();
    let states: Vec<(&str, &str)> =
        deliveries.iter().map(|one| (one["id"].as_str().unwrap(), one["state"].as_str().unwrap())).collect();
    assert_eq!(states, [("records", "accepted"), ("service", "accepted"), ("later", "not_configured")]);
    // The folder has it already, cut to what it may see; the service does not answer.
    let dropped = terminal.dropped();
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0]["person"], json!({ "number": GOOD_NUMBER }));
    assert_eq!(dropped[0]["transaction"], report["transaction"]);
    assert_eq!((&dropped[0]["key"], &dropped[0]["verdict"]), (&deliveries[0]["key"], &json!("accept")));
    assert_eq!(dropped[0]["simulated"][0], "chip");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = Path::new(&terminal.folder.join("drop"))
            .join(format!("{}.json", dropped[0]["key"].as_str().unwrap()));
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let entries = terminal.entries();
    assert_eq!(entries.len(), 2);
    assert_eq!((&entries[0]["state"], &entries[1]["state"]), (&json!("delivered"), &json!("waiting")));
    let fault = entries[1]["fault"].as_str().unwrap();
    assert!(fault.contains("no answer within"), "{fault}");
    let said = terminal.run(&["outbox", "list"]).all();
    assert!(!said.contains(GOOD_NUMBER) && !said.contains("twenty-four"), "{said}");
    // Staff has it tried again, then gives it up.
    let key = entries[1]["key"].as_str().unwrap();
    assert_eq!(terminal.run(&["outbox", "resend", key]).exits(0).json()["state"], "waiting");
    let ran = terminal.run(&["outbox", "run"]).exits(0).json();
    assert_eq!((&ran["delivered"], &ran["waiting"]), (&json!(0), &json!(1)), "{ran}");
    assert!(ran["entries"][0]["attempts"].as_u64().unwrap() >= 2, "{ran}");
    let dropped = terminal.run(&["outbox", "drop", key, "--reason", "told by telephone"]).exits(0).json();
    assert_eq!((&dropped["state"], &dropped["why"]), (&json!("dropped"), &json!("told by telephone")));
    terminal.run(&["outbox", "drop", key, "--reason", "again"]).error("E2009");
    terminal.run(&["outbox", "resend", key]).error("E2009");
    terminal.run(&["outbox", "resend", "not-a-key"]).error("E2001");
    terminal.run(&["outbox", "drop", key, "--reason", " "]).error("E2001");
}

#[test]
fn what_is_only_read_or_inspected_is_told_to_nobody() {
    let terminal = Terminal::new("nobody");
    let out = terminal.folder.join("capture");
    terminal.run(&["read", "--reader", "sim:good", "--number", GOOD_NUMBER, "--out", &out]).exits(0);
    let inspected = terminal.run(&["inspect", &out]).json();
    assert!(inspected["verdict"].is_string() && inspected.get("deliveries").is_none(), "{inspected}");
    let reader = format!("capture:{out}");
    let stored = terminal.run(&["verify", "--reader", &reader, "--number", GOOD_NUMBER]).json();
    assert!(stored.get("deliveries").is_none(), "{stored}");
    assert_eq!((terminal.entries(), terminal.dropped()), (vec![], vec![]));
    assert!(!Path::new(&terminal.folder.join("outbox")).exists(), "looking makes none");
}

#[test]
fn a_verdict_is_told_though_its_delivery_cannot_be_kept() {
    let terminal = Terminal::new("unkept");
    terminal.folder.write("outbox", "a file where the folder should be");
    let done = terminal.verify();
    let report = done.json();
    assert_eq!((&report["verdict"], done.status), (&json!("accept"), Some(0)), "{done}");
    let failed = &report["deliveries"][0];
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("R1860")));
    let text = failed["text"].as_str().unwrap();
    assert!(text.contains("outbox") && text.contains("--outbox"), "{text}");
    terminal.run(&["outbox", "run"]).error("E1040");
    let (site, outbox) = (terminal.folder.join("desk.toml"), terminal.folder.join("outbox"));
    let words = [
        "verify",
        "--reader",
        "sim:good",
        "--number",
        GOOD_NUMBER,
        "--site",
        &site,
        "--trust",
        &terminal.trust,
    ];
    let people = idterm(&[&words[..], &["--outbox", &outbox, "--lang", "vi"]].concat()).done().exits(0);
    assert!(people.stdout.contains("không lưu được, nơi nhận chưa được báo"), "{people}");
}

/// `idterm verify` where `mount` has changed what lies under the outbox's folder, for this process alone.
fn verified_on(terminal: &Terminal, mount: &str) -> Value {
    let (site, outbox) = (terminal.folder.join("desk.toml"), terminal.folder.join("outbox"));
    let words = ["verify", "--reader", "sim:good", "--number", GOOD_NUMBER, "--json", "--lang", "en"];
    let run = Command::new("unshare")
        .args(["-rm", "sh", "-c", &format!("F=\"$1\"; shift; {mount} && exec \"$@\""), "sh", &outbox])
        .arg(env!("CARGO_BIN_EXE_idterm"))
        .args(words)
        .args(["--site", &site, "--trust", &terminal.trust, "--outbox", &outbox])
        .env("HOOK", "a secret of twenty-four characters")
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["verdict"], "accept", "{report}");
    report["deliveries"][0].clone()
}

#[test]
fn a_verdict_is_told_on_a_full_disk_and_on_one_that_takes_no_writing() {
    if !can_mount("a verdict on a full disk") {
        return;
    }
    let terminal = Terminal::new("full");
    terminal.verify().exits(0);
    let kept = terminal.entries().len();
    let full = "cp -a \"$F\" \"$F.copy\" && mount -t tmpfs -o size=64k none \"$F\" && cp \"$F.copy\"/outbox.* \"$F\" \
                && rm -r \"$F.copy\" && { head -c 100000 /dev/zero > \"$F/fill\" 2>/dev/null; true; }";
    let read_only = "mount --bind \"$F\" \"$F\" && mount -o remount,ro,bind \"$F\"";
    for (mount, cause, remedy) in [
        (full, "the disk is full", "Free space on this disk"),
        (read_only, "cannot be opened for writing", "mount the disk for writing"),
    ] {
        let failed = verified_on(&terminal, mount);
        assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("R1860")), "{failed}");
        let text = failed["text"].as_str().unwrap();
        assert!(text.contains(cause) && text.contains(remedy), "{text}");
    }
    assert_eq!(terminal.entries().len(), kept);
}
