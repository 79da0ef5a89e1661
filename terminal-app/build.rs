//! Lists the files of `sites/` and `text/`, so that one more site or language is one more file and no code.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    let out = env::var("OUT_DIR").expect("set by cargo");
    for (folder, extension, constant) in [("sites", "toml", "SITES"), ("text", "ftl", "TEXTS")] {
        let folder = Path::new(&root).join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<_> = fs::read_dir(&folder)
            .expect("the folder is part of the package")
            .map(|entry| entry.expect("a readable entry").path())
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect();
        files.sort();
        let mut list =
            format!("/// Name and content of each file.\nconst {constant}: &[(&str, &str)] = &[\n");
        for path in files {
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in UTF-8");
            writeln!(list, "    ({name:?}, include_str!({path:?})),").expect("writing to a string");
        }
        list.push_str("];\n");
        fs::write(Path::new(&out).join(format!("{}.rs", constant.to_lowercase())), list)
            .expect("OUT_DIR is writable");
    }
}
