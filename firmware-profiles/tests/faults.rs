//! What a faulty profile is told: everything at once, each fault with its file.

use firmware_profiles::{ApduLevel, Catalogue, RenderError};

const GENERIC: &str =
    "kind = 'pcsc-contactless'\ntitle = 'x'\n[limits]\napdu_level = 'short'\nexchange_timeout_ms = 1\n";

fn texts(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn all_faults_are_listed_at_once() {
    let command = |body: &str| format!("inherits = 'generic-pcsc'\n[command.c]\nbasis = 'read'\n{body}");
    let cases: Vec<(&str, String, &str)> = vec![
        ("loop", "inherits = 'pool'".to_owned(), "inherits itself"),
        ("pool", "inherits = 'loop'".to_owned(), "inherits itself"),
        ("orphan", "inherits = 'nobody'".to_owned(), "does not exist"),
        ("typo", "titel = 'x'".to_owned(), "titel"),
        ("bare", "advice = []".to_owned(), "`kind` is set neither"),
        ("kindless", "kind = 'toaster'".to_owned(), "toaster"),
        ("quirky", "inherits = 'generic-pcsc'\nquirks = ['sings']".to_owned(), "sings"),
        ("tiny", "inherits = 'generic-pcsc'\n[limits]\nccid_message_bytes = 64".to_owned(), "too few"),
        ("greedy", "inherits = 'generic-pcsc'\n[limits]\nmax_command_bytes = 522".to_owned(), "exceeds 261"),
        ("chunky", "inherits = 'generic-pcsc'\n[limits]\nread_chunk_bytes = 250".to_owned(), "does not fit"),
        ("usb", "inherits = 'generic-pcsc'\nusb = ['72f:2200']".to_owned(), "write vendor and product"),
        ("starry", "inherits = 'generic-pcsc'\nname_contains = ['*']".to_owned(), "would match nothing"),
        ("first", "inherits = 'generic-pcsc'\nname_contains = ['Twin']".to_owned(), ""),
        ("second", "inherits = 'generic-pcsc'\nname_contains = ['twin']".to_owned(), "`first` claims too"),
        ("unexplained", command("via = ['escape']\nhex = 'E0 {t}'"), "{t}, which `values` does not explain"),
        (
            "unused",
            command("via = ['escape']\nhex = 'E0'\nvalues = { t = { min = 0, max = 1 } }"),
            "which `hex` does not have",
        ),
        ("digit", command("via = ['escape']\nhex = 'E0 G1'"), "`G1`"),
        ("empty", command("via = ['escape']\nhex = ''"), "`hex` is empty"),
        ("nowhere", command("via = []\nhex = 'E0'"), "`via` names no way"),
        (
            "backwards",
            command("via = ['escape']\nhex = 'E0 {t}'\nvalues = { t = { min = 2, max = 1 } }"),
            "min 2 is above max 1",
        ),
        ("apdu", command("via = ['transmit']\nhex = 'FF 00 40 00 04 01'"), "no short APDU"),
        (
            "kept",
            command("via = ['escape']\nhex = 'E0'\npersistent = true\n[moment]\nreading = [{ command = 'c' }]"),
            "never sent by itself: the device keeps it",
        ),
        (
            "staff",
            command("via = ['escape']\nhex = 'E0'\nstaff_only = true\n[moment]\nreading = [{ command = 'c' }]"),
            "never sent by itself: it is for staff",
        ),
        (
            "remembered",
            "inherits = 'generic-pcsc'\n[command.c]\nbasis = 'memory'\nvia = ['escape']\nhex = 'E0'\n[moment]\n\
             accepted = [{ command = 'c' }]"
                .to_owned(),
            "known from memory alone",
        ),
        ("dark", "inherits = 'generic-pcsc'\n[moment]\nreading = [{ command = 'lamp' }]".to_owned(), "no sound `command.lamp`"),
        ("unfilled", command("via = ['escape']\nhex = 'E0 {t}'\nvalues = { t = { min = 0, max = 1 } }\n[moment]\nreading = [{ command = 'c', values = { t = 2 } }]"), "does not admit 02"),
        ("noon", command("via = ['escape']\nhex = 'E0'\n[moment]\nnoon = []"), "noon"),
        (
            "racing",
            command("via = ['escape']\nhex = 'E0'\n[moment]\nraise-rate = [{ command = 'c' }]"),
            "needs `moment.restore-rate`",
        ),
        ("wire", command("via = ['serial']\nhex = 'E0'"), "cannot go by Serial"),
        ("unlined", "kind = 'relay'\ntitle = 'x'".to_owned(), "`serial` is missing"),
        (
            "framed",
            "kind = 'relay'\ntitle = 'x'\nserial = { bauds = [9600], framing = '9X1' }".to_owned(),
            "as in 8N1",
        ),
        (
            "fast",
            "kind = 'relay'\ntitle = 'x'\nserial = { default_baud = 1, bauds = [9600], framing = '8N1' }".to_owned(),
            "lies outside",
        ),
        (
            "misplaced",
            "inherits = 'generic-pcsc'\nrelay = { channels_max = 8 }".to_owned(),
            "`relay` does not belong",
        ),
        (
            "picture",
            "kind = 'fingerprint-serial'\ntitle = 'x'\nserial = { bauds = [9600], framing = '8N1' }\nfingerprint = { \
             image_width = 2, image_height = 2, image_bits = 4, image_bytes = 3 }"
                .to_owned(),
            "is not 2 × 2 × 4 bit",
        ),
    ];
    let mut files = texts(&[("generic-pcsc", GENERIC)]);
    files.extend(cases.iter().map(|(id, text, _)| ((*id).to_owned(), text.clone())));
    let faults = Catalogue::from_texts(files).expect_err("nearly every one is faulty");
    for (id, _, words) in cases.iter().filter(|(_, _, words)| !words.is_empty()) {
        assert!(
            faults.iter().any(|fault| fault.profile == *id && fault.problem.contains(words)),
            "{id}: {words} in {faults:#?}"
        );
    }
    for sound in ["generic-pcsc", "first"] {
        assert!(!faults.iter().any(|fault| fault.profile == sound), "{sound} is sound: {faults:#?}");
    }
}

#[test]
fn a_child_overrides_single_keys() {
    let big = "inherits = 'generic-pcsc'\nname_contains = ['Big']\n[limits]\napdu_level = 'extended'\n\
               ccid_message_bytes = 522\n[command.uid]\nvia = ['transmit']\nhex = 'FF CA 00 00 00'\nbasis = 'read'\n";
    let bigger = "inherits = 'big'\nname_contains = ['Big Two']\n[limits]\nccid_message_bytes = 1034\n";
    let catalogue =
        Catalogue::from_texts(texts(&[("generic-pcsc", GENERIC), ("big", big), ("bigger", bigger)]))
            .expect("no faults");
    let found = catalogue.for_reader("big reader").expect("a profile");
    assert_eq!((found.limits.apdu_level, found.because), (ApduLevel::Extended, Some("Big")));
    assert_eq!(found.limits.max_command_bytes, 512);
    let found = catalogue.for_reader("big two").expect("a profile");
    assert_eq!((found.profile.id.as_str(), found.because), ("bigger", Some("Big Two")));
    assert_eq!((found.limits.max_command_bytes, found.limits.apdu_level), (1024, ApduLevel::Extended));
    assert_eq!(found.profile.inherits, ["big", "generic-pcsc"]);
    assert!(found.profile.commands.contains_key("uid"));
}

#[test]
fn placeholders_take_only_what_they_admit() {
    let text = "inherits = 'generic-pcsc'\n[command.light]\nvia = ['escape']\nhex = '01 {colour} {t}'\nbasis = 'made'\n\
                [command.light.values]\ncolour = { one_of = { red = '07' } }\nt = { min = 1, max = 9 }\n";
    let catalogue =
        Catalogue::from_texts(texts(&[("generic-pcsc", GENERIC), ("lamp", text)])).expect("no faults");
    let light = &catalogue.get("lamp").expect("a profile").commands["light"];
    assert_eq!(light.named("colour", "red"), Some(7));
    assert_eq!(light.render(&[("colour", 7), ("t", 9)]), Ok(vec![1, 7, 9]));
    assert_eq!(light.render(&[("colour", 7)]), Err(RenderError::Missing("t".to_owned())));
    assert_eq!(light.render(&[("hue", 7)]), Err(RenderError::Unknown("hue".to_owned())));
    let refused = |name: &str, value| Err(RenderError::NotAdmitted { name: name.to_owned(), value });
    assert_eq!(light.render(&[("colour", 8), ("t", 9)]), refused("colour", 8));
    assert_eq!(light.render(&[("colour", 7), ("t", 10)]), refused("t", 10));
}
