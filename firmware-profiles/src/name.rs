//! Parts of a reader's name: whole words in any case.

/// Whether `part` occurs in `name` as whole words, in any case; a `*` at the end lets its last word go on. So `ICC` does
/// not occur in `PICC`, and `SAM*` occurs in `SAM1 Reader`.
pub fn occurs(part: &str, name: &str) -> bool {
    let (part, open_end) = part.strip_suffix('*').map_or((part, false), |stem| (stem, true));
    let (part, name) = (part.to_lowercase(), name.to_lowercase());
    if part.is_empty() {
        return false;
    }
    name.match_indices(&part).any(|(start, found)| {
        let before = name.get(..start).and_then(|text| text.chars().next_back());
        let after = name.get(start + found.len()..).and_then(|text| text.chars().next());
        let ends = |neighbour: Option<char>| !neighbour.is_some_and(char::is_alphanumeric);
        ends(before) && (open_end || ends(after))
    })
}

#[cfg(test)]
mod tests {
    use super::occurs;

    #[test]
    fn parts_are_whole_words() {
        for (part, name, expected) in [
            ("ICC", "ACS ACR1281 1S Dual Reader ICC 00 00", true),
            ("ICC", "ACS ACR1281 1S Dual Reader PICC 00 00", false),
            ("acr122u", "ACS ACR122U PICC Interface", true),
            ("ACR122", "ACS ACR1222 3S", false),
            ("ACR1252*", "ACS ACR1252U", true),
            ("SAM*", "Feitian R502 [R502 SAM1 Reader]", true),
            ("contact reader", "R502 Contactless Reader", false),
            ("", "anything", false),
            ("*", "anything", false),
        ] {
            assert_eq!(occurs(part, name), expected, "{part} in {name}");
        }
    }
}
