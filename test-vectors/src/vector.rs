//! Published worked examples and facts, transcribed into `vectors/` and compiled in.
//!
//! Every file has a `title` and a `source`; fields beside them, and `[[case]]` tables where there are several examples.
//! Bytes are hexadecimal texts. A missing field or file is a mistake in a test and panics with its name.

use toml::{Table, Value};

macro_rules! embedded {
    ($($name:literal)*) => {
        /// Name and content of every file, in the order of the folder.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../vectors/", $name, ".toml")))),*];
    };
}

embedded! {
    "aa/rsa_recovered_block"
    "aa/rsa_session"
    "aa/rsa_trailers"
    "bac/worked_example"
    "ca/session_at"
    "ca/session_my"
    "kdf/keys"
    "mac/padding"
    "mac/retail"
    "mac/unpadding"
    "mrz/check_digits"
    "mrz/documents"
    "mrz/long_numbers"
    "mrz/names"
    "mrz/vietnam"
    "pace/dh_gm"
    "pace/dh_im"
    "pace/eac2_example"
    "pace/ecdh_cam"
    "pace/ecdh_gm"
    "pace/ecdh_im"
    "sm/aes256"
    "sm/counter"
    "sm/triple_des"
}

/// One example, or one case of a file with several.
#[derive(Clone, Debug)]
pub struct Vector {
    name: String,
    table: Table,
}

/// The names that [`load`] takes.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Loads an example by its path below `vectors/`, without the ending: `load("pace/ecdh_gm")`.
///
/// # Panics
///
/// If there is no such file, or it is not TOML.
pub fn load(name: &str) -> Vector {
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        panic!("no vector named {name}; known are {:?}", names().collect::<Vec<_>>());
    };
    match text.parse::<Table>() {
        Ok(table) => Vector { name: name.to_owned(), table },
        Err(error) => panic!("vector {name}: {error}"),
    }
}

impl Vector {
    /// Where the example comes from.
    pub fn source(&self) -> &str {
        self.text("source")
    }

    /// The `[[case]]` tables; none if the file has none.
    pub fn cases(&self) -> Vec<Vector> {
        let cases = self.table.get("case").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let tables = cases.iter().filter_map(Value::as_table).enumerate();
        tables
            .map(|(i, table)| Vector { name: format!("{} case {i}", self.name), table: table.clone() })
            .collect()
    }

    /// Whether there is a field of this name. A dot leads into a table: `before.ks_enc`.
    pub fn has(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// A field of hexadecimal text, as bytes. Panics if it is missing or not hexadecimal.
    pub fn hex(&self, field: &str) -> Vec<u8> {
        from_hex(self.text(field))
            .unwrap_or_else(|| panic!("vector {}: {field} is not hexadecimal", self.name))
    }

    /// A field of text. Panics if it is missing.
    pub fn text(&self, field: &str) -> &str {
        self.value(field).as_str().unwrap_or_else(|| panic!("vector {}: {field} is not text", self.name))
    }

    /// A field with a number. Panics if it is missing.
    pub fn number(&self, field: &str) -> i64 {
        self.value(field)
            .as_integer()
            .unwrap_or_else(|| panic!("vector {}: {field} is not a number", self.name))
    }

    /// A field that is true or false. Panics if it is missing.
    pub fn flag(&self, field: &str) -> bool {
        self.value(field)
            .as_bool()
            .unwrap_or_else(|| panic!("vector {}: {field} is not true or false", self.name))
    }

    /// A field with a list of texts. Panics if it is missing.
    pub fn list(&self, field: &str) -> Vec<&str> {
        let list = self.value(field).as_array();
        let list = list.unwrap_or_else(|| panic!("vector {}: {field} is not a list", self.name));
        list.iter().filter_map(Value::as_str).collect()
    }

    fn value(&self, field: &str) -> &Value {
        self.find(field).unwrap_or_else(|| panic!("vector {}: no field {field}", self.name))
    }

    fn find(&self, field: &str) -> Option<&Value> {
        match field.split_once('.') {
            Some((table, rest)) => self.table.get(table)?.get(rest),
            None => self.table.get(field),
        }
    }
}

/// Reads hexadecimal text; white space between digits is ignored. `None` for anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().filter(|c| !c.is_whitespace()).map(digit).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Hexadecimal text in capitals.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn digit(c: char) -> Option<u8> {
    c.to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_embedded_and_names_its_source() {
        let mut on_disk = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
        for folder in std::fs::read_dir(&root).unwrap() {
            let folder = folder.unwrap().path();
            for file in std::fs::read_dir(&folder).unwrap() {
                let file = file.unwrap().path().with_extension("");
                on_disk.push(file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
        on_disk.sort();
        assert_eq!(on_disk, names().collect::<Vec<_>>());
        for name in names() {
            let vector = load(name);
            assert!(!vector.text("title").is_empty());
            assert!(!vector.source().is_empty());
        }
    }

    #[test]
    fn fields_are_read_by_kind() {
        let vector = load("ca/session_at");
        assert_eq!(vector.hex("before.ssc").len(), 16);
        assert_eq!(vector.cases().len(), 3);
        assert_eq!(vector.cases()[2].text("phase"), "new");
        assert!(!vector.has("chip_private"));
        assert_eq!(load("pace/ecdh_gm").number("parameter_id"), 13);
        assert_eq!(load("mrz/documents").cases()[0].list("lines").len(), 2);
        assert!(load("mrz/names").cases()[8].flag("may_be_cut"));
    }

    #[test]
    fn hexadecimal_text_goes_both_ways() {
        assert_eq!(from_hex("00 aF\n1B"), Some(vec![0, 0xAF, 0x1B]));
        assert_eq!(to_hex(&[0, 0xAF, 0x1B]), "00AF1B");
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("zz"), None);
    }
}
