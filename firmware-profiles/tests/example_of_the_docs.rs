//! The example of `docs/PROFILES.md`, read from a folder as an operator would have it.

use firmware_profiles::{ApduLevel, Catalogue, Slot};

/// The text between the first pair of TOML fences.
fn example() -> &'static str {
    let page = include_str!("../../docs/PROFILES.md");
    page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example")
}

#[test]
fn a_profile_is_added_without_a_new_build() {
    let folder = std::env::temp_dir().join(format!("profiles-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("example-cr7.toml"), example()).expect("the example");
    std::fs::write(folder.join("notes.txt"), "not a profile").expect("another file");
    let loaded = Catalogue::with_folder(&folder);
    std::fs::write(folder.join("broken.toml"), "colour = 'red'").expect("a broken one");
    let broken = Catalogue::with_folder(&folder);
    std::fs::remove_dir_all(&folder).expect("cleaned up");

    let catalogue = loaded.expect("no faults");
    let found = catalogue.for_reader("Example Works CR-7 [CR-7 CL Reader] 00 00").expect("usable");
    assert_eq!(
        (found.profile.id.as_str(), found.because, found.slot),
        ("example-cr7", Some("Example Works CR-7"), Slot::Preferred("CL Reader"))
    );
    assert_eq!((found.limits.apdu_level, found.limits.max_command_bytes), (ApduLevel::Extended, 512));
    let light = &found.profile.commands["light"];
    let green = light.named("colour", "green").expect("green");
    assert_eq!(light.render(&[("colour", green)]), Ok(vec![0xFF, 0x00, 0x40, 0x02, 0x00]));
    assert!(catalogue.for_reader("Example Works CR-7 [CR-7 SAM Reader] 01 00").is_none(), "inherited");
    assert!(catalogue.get("acs-acr122u").is_some(), "the built-in ones are still there");

    let faults = broken.expect_err("one file is faulty");
    assert!(
        faults.len() == 1 && faults[0].profile == "broken" && faults[0].problem.contains("colour"),
        "{faults:?}"
    );
}
