//! What a program left behind in a folder, for a search.

use std::path::Path;

use test_vectors::chip::Memory;

/// Fails the test where a file in `folder` holds one of the secrets.
pub fn assert_clean_folder(memory: &Memory, folder: &Path, what: &str) {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = memory.found_in(&std::fs::read(&path).unwrap());
        assert_eq!(found, Vec::<String>::new(), "{what}: {}", path.display());
        files += 1;
    }
    assert!(files > 5, "{what}: {files} files in {}", folder.display());
}
