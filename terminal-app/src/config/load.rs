//! From a name or a path to a checked site, with every fault named.

use std::path::{Path, PathBuf};

use super::check::check;
use super::document::Document;
use super::fault::{Faults, SiteError, SiteFault};
use super::{RawSite, Site};

include!(concat!(env!("OUT_DIR"), "/sites.rs"));

/// Longest chain of inheritance.
const MAX_DEPTH: usize = 8;
/// Largest site file.
const MAX_BYTES: u64 = 256 << 10;

/// Names of the built-in sites.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    SITES.iter().map(|(name, _)| *name)
}

/// Loads a built-in site by its name, or a file by its path.
///
/// # Errors
/// Not found, not readable, or faulty: then all faults are listed, of the file and of what it inherits.
pub fn load(name_or_path: &str) -> Result<Site, SiteError> {
    let (name, lineage) = lineage(name_or_path)?;
    let mut faults: Vec<SiteFault> = lineage.iter().flat_map(|document| document.faults.clone()).collect();
    let mut raws = lineage.iter().map(|document| document.raw.clone());
    let first = raws.next().unwrap_or_default();
    let merged = raws.fold(first, RawSite::over);
    let ancestors = lineage.iter().skip(1).map(|document| document.file.clone()).collect();
    match check(name.clone(), ancestors, merged) {
        Ok(site) if faults.is_empty() => Ok(site),
        Ok(_) => Err(SiteError::Faulty { site: name, faults }),
        Err(found) => {
            faults.extend(found.placed(&lineage));
            Err(SiteError::Faulty { site: name, faults })
        }
    }
}

/// The site's name, and its file with those that it inherits, the nearest first.
fn lineage(name_or_path: &str) -> Result<(String, Vec<Document>), SiteError> {
    let first = find(name_or_path, None)?;
    let mut names = vec![first.name.clone()];
    let mut folder = first.folder;
    let mut documents = vec![Document::read(first.file, &first.text)];
    while let Some(parent) = documents.last().and_then(|document| document.raw.inherits.clone()) {
        let fault = |text: String| {
            let mut faults = Faults::default();
            faults.at(&["inherits"], text);
            faults
        };
        // Of the files read so far, the last one is at fault.
        let faulty = |faults: Faults| SiteError::Faulty {
            site: names[0].clone(),
            faults: faults.placed(documents.get(documents.len() - 1..).unwrap_or_default()),
        };
        if documents.len() >= MAX_DEPTH {
            return Err(faulty(fault(format!("{parent:?} is more than {MAX_DEPTH} files deep"))));
        }
        let found = match find(&parent, folder.as_deref()) {
            Ok(found) => found,
            Err(error @ SiteError::Unknown { .. }) => return Err(faulty(fault(error.to_string()))),
            Err(error) => return Err(error),
        };
        if names.contains(&found.name) {
            return Err(faulty(fault(format!("{parent:?} inherits from this file, in a circle"))));
        }
        names.push(found.name);
        folder = found.folder;
        documents.push(Document::read(found.file, &found.text));
    }
    let name = names.swap_remove(0);
    Ok((name, documents))
}

/// A site file that was found.
struct Found {
    /// Its name: the file's without `.toml`.
    name: String,
    /// Its path, or its name where it is built in.
    file: String,
    text: String,
    folder: Option<PathBuf>,
}

/// A site: a file at that path, a file of that name beside `beside`, or a built-in one.
fn find(name: &str, beside: Option<&Path>) -> Result<Found, SiteError> {
    let candidates = [Some(PathBuf::from(name)), beside.map(|folder| folder.join(format!("{name}.toml")))];
    if let Some(path) = candidates.into_iter().flatten().find(|path| path.is_file()) {
        let unreadable = |problem: String| SiteError::Unreadable { path: path.clone(), problem };
        let size = std::fs::metadata(&path).map_err(|error| unreadable(error.to_string()))?.len();
        if size > MAX_BYTES {
            return Err(unreadable(format!("it has {size} bytes, and the limit is {MAX_BYTES}")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(name).to_owned();
        let folder = path.parent().map(Path::to_owned);
        return Ok(Found { name: stem, file: path.display().to_string(), text, folder });
    }
    match SITES.iter().find(|(built_in, _)| *built_in == name) {
        Some((built_in, text)) => Ok(Found {
            name: (*built_in).to_owned(),
            file: (*built_in).to_owned(),
            text: (*text).to_owned(),
            folder: None,
        }),
        None => Err(SiteError::Unknown { name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of a site file of this text, and of a parent beside it if there is one.
    fn faults(text: &str, parent: Option<&str>) -> Vec<String> {
        let folder =
            std::env::temp_dir().join(format!("idterm-site-{}-{:p}", std::process::id(), &raw const *text));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("desk.toml");
        std::fs::write(&path, text).unwrap();
        if let Some(parent) = parent {
            std::fs::write(folder.join("branch.toml"), parent).unwrap();
        }
        let loaded = load(path.to_str().unwrap());
        std::fs::remove_dir_all(&folder).unwrap();
        match loaded {
            Ok(_) => Vec::new(),
            Err(SiteError::Faulty { faults, .. }) => {
                let folder = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
                faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn every_built_in_site_is_sound_and_rules_every_check() {
        let names: Vec<&str> = built_in_names().collect();
        assert!(names.len() >= 4, "{names:?}");
        for name in names {
            let site = load(name).unwrap();
            assert_eq!(site.policy.without_rule(), [], "{name}");
            assert_eq!(site.hash.len(), 64);
        }
    }

    #[test]
    fn faults_are_listed_together_each_with_its_line() {
        let text = "inherits = \"base\"\n[read]\ngroups = [\"DG2\", \"DG99\"]\ngruops = []\n[screen]\nlanguages = [\"xx\"]\n\
                    [rules]\n\"passive.hashes\" = \"maybe\"\n\"passive.hushes\" = \"require\"\n\
                    [services.insurance]\nkind = \"carrier-pigeon\"\nrule = \"perhaps\"\nsees = [\"religion\"]\n";
        let found = faults(text, None);
        let expected = [
            ("desk.toml:3: read.groups: ", "\"DG99\""),
            ("desk.toml:3: read.groups: ", "DG1 is needed"),
            ("desk.toml:4: read.gruops: ", "unknown field"),
            ("desk.toml:6: screen.languages: ", "\"xx\""),
            ("desk.toml:8: rules.\"passive.hashes\": ", "maybe"),
            ("desk.toml:9: rules.\"passive.hushes\": ", "no such check"),
            ("desk.toml:11: services.insurance.kind: ", "carrier-pigeon"),
            ("desk.toml:12: services.insurance.rule: ", "perhaps"),
            ("desk.toml:13: services.insurance.sees: ", "religion"),
        ];
        for (place, words) in expected {
            assert!(
                found.iter().any(|fault| fault.starts_with(place) && fault.contains(words)),
                "{place}{words} in {found:#?}"
            );
        }
        assert!(found.iter().all(|fault| fault.starts_with("desk.toml:")), "{found:#?}");
    }

    #[test]
    fn a_fault_is_named_in_the_file_where_it_stands() {
        let branch = "inherits = \"base\"\n\n[read]\ngroups = [\"DG1\", \"DG77\"]\n";
        let found = faults("inherits = \"branch\"\n[screen]\nidle_wipe_s = 9\n", Some(branch));
        assert_eq!(found, ["branch.toml:4: read.groups: \"DG77\" is no data group; they are DG1 to DG16"]);
        let settings = "inherits = \"base\"\n[services.insurance.settings]\nbase_url = \"http://x.example\"\n\
                        facility = \"1\"\npassword = { env = \"X\" }\nretries = 99\n";
        let found = faults(settings, None);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("desk.toml:3: services.insurance.settings.base_url: "), "{found:#?}");
        assert!(found[1].starts_with("desk.toml:6: services.insurance.settings.retries: "), "{found:#?}");
    }

    #[test]
    fn a_fault_of_the_gateway_stands_at_its_key() {
        let head = "inherits = \"base\"\n[gateway]\nkind = \"rar\"\nsees = []\n[gateway.settings]\n";
        let own = "url = \"https://g.example\"\nkey = \"nowhere.pem\"\ntext = { verdict = \"v\", signer = \"s\" }\n";
        for (more, places) in [
            (
                "",
                &["4: gateway.sees: ", "7: gateway.settings.key: ", "8: gateway.settings.text.number: "][..],
            ),
            (
                "retries = \"three\"\npin = 1\n",
                &["9: gateway.settings.retries: ", "10: gateway.settings.pin: "],
            ),
            ("headers = { x-key = \"hunter2\" }\n", &["9: gateway.settings.headers.x-key: "]),
        ] {
            let found = faults(&format!("{head}{own}{more}"), None);
            for place in places {
                let place = format!("desk.toml:{place}");
                assert!(found.iter().any(|fault| fault.starts_with(&place)), "{place} in {found:#?}");
            }
            assert!(!found.join("").contains("hunter2"), "{found:#?}");
        }
    }

    #[test]
    fn circles_and_missing_parents_are_named() {
        assert_eq!(faults("inherits = \"desk\"\n", None).len(), 1);
        let found = faults("\ninherits = \"branch\"\n", Some("inherits = \"desk\"\n"));
        assert!(
            found.len() == 1 && found[0].contains("branch.toml:1: inherits: ") && found[0].contains("circle"),
            "{found:#?}"
        );
        let found = faults("\ninherits = \"nowhere\"\n", None);
        assert!(found.len() == 1 && found[0].starts_with("desk.toml:2: inherits: "), "{found:#?}");
        // What stands alone has to say everything itself.
        let found = faults("[read]\ngroups = [\"DG1\"]\n", None);
        assert!(
            found
                .iter()
                .any(|fault| fault == "desk.toml: title: is set neither here nor in what it inherits"),
            "{found:#?}"
        );
        assert!(
            found.iter().any(|fault| fault.starts_with("desk.toml:1: read.com: is set neither")),
            "{found:#?}"
        );
    }
}
