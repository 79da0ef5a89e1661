//! Names of the zone, and the letters that stand in it for Vietnamese ones. Spec: 9303-3 §4.6, §6; 9303-4 §4.2.3.

use crate::lds::personal::PersonalText;

/// The holder's name as the zone has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The primary identifier, most often the family name; its parts are separated by spaces.
    pub primary: PersonalText,
    /// The secondary identifier, most often given names; may be empty.
    pub secondary: PersonalText,
    /// The field is full to its last place, so that something may have been cut. An exact fit looks the same.
    pub may_be_cut: bool,
}

/// Whether a full name and a name of the zone can be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Letter for letter.
    Same,
    /// As far as the zone had room.
    SameAsFarAsPrinted,
    /// No.
    Different,
    /// The full name has letters for which no spelling is known here.
    NotComparable,
}

impl Name {
    /// Splits a name field, which ends in fillers or is full.
    pub(super) fn parse(field: &str) -> Self {
        let may_be_cut = !field.ends_with('<');
        let (primary, secondary) = field.split_once("<<").unwrap_or((field, ""));
        let words = |part: &str| {
            let words: Vec<&str> = part.split('<').filter(|word| !word.is_empty()).collect();
            PersonalText::new(words.join(" "))
        };
        Self { primary: words(primary), secondary: words(secondary), may_be_cut }
    }

    /// Both identifiers, primary first, as Vietnamese names are written.
    #[must_use]
    pub fn joined(&self) -> PersonalText {
        let parts = [self.primary.as_str(), self.secondary.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        PersonalText::new(parts.join(" "))
    }

    /// Compares with a name in full, written family name first with any Vietnamese letters.
    #[must_use]
    pub fn agrees_with(&self, full_name: &str) -> Agreement {
        let Some(full) = to_zone_letters(full_name) else { return Agreement::NotComparable };
        let printed = self.joined();
        if full.as_str() == printed.as_str() {
            return Agreement::Same;
        }
        if self.may_be_cut && is_shortened(printed.as_str(), full.as_str()) {
            return Agreement::SameAsFarAsPrinted;
        }
        Agreement::Different
    }
}

/// Whether every printed word begins the word of the full name in its place, and nothing follows but left-out words.
fn is_shortened(printed: &str, full: &str) -> bool {
    let mut words = full.split(' ');
    !printed.is_empty()
        && printed.split(' ').all(|short| words.next().is_some_and(|word| word.starts_with(short)))
}

/// A name in the letters of the zone, words separated by one space: capitals without marks, Đ as D.
///
/// Takes precomposed and decomposed text. Apostrophes and full stops are left out, hyphens separate words. `None` if
/// there is a character that has no Vietnamese or English spelling. The standard's table lists only part of the
/// Vietnamese letters; the rest follow by dropping the marks. Spec: 9303-3 §6 table A.
#[must_use]
pub fn to_zone_letters(name: &str) -> Option<PersonalText> {
    let mut out = String::with_capacity(name.len());
    let mut space_due = false;
    for character in name.chars().flat_map(char::to_uppercase) {
        let letter = match character {
            'A'..='Z' | '0'..='9' => character,
            ' ' | '-' | '\u{A0}' => {
                space_due = !out.is_empty();
                continue;
            }
            '\'' | '.' | '’' => continue,
            // Grave, acute, tilde, circumflex, breve, hook above, dot below, horn.
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{302}' | '\u{306}' | '\u{309}' | '\u{323}' | '\u{31B}' => {
                continue;
            }
            other => base_letter(other)?,
        };
        if std::mem::take(&mut space_due) {
            out.push(' ');
        }
        out.push(letter);
    }
    Some(PersonalText::new(out))
}

/// The letter under the marks of a precomposed Vietnamese capital.
fn base_letter(capital: char) -> Option<char> {
    // The block from U+1EA0 has capitals at even places, letter by letter.
    Some(match capital {
        'À' | 'Á' | 'Â' | 'Ã' | 'Ă' | '\u{1EA0}'..='\u{1EB7}' => 'A',
        'Đ' | 'Ð' => 'D',
        'È' | 'É' | 'Ê' | '\u{1EB8}'..='\u{1EC7}' => 'E',
        'Ì' | 'Í' | 'Ĩ' | '\u{1EC8}'..='\u{1ECB}' => 'I',
        'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ơ' | '\u{1ECC}'..='\u{1EE3}' => 'O',
        'Ù' | 'Ú' | 'Ũ' | 'Ư' | '\u{1EE4}'..='\u{1EF1}' => 'U',
        'Ý' | '\u{1EF2}'..='\u{1EF9}' => 'Y',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_letters_lose_their_marks() {
        let letters = |name| to_zone_letters(name).map(|text| text.as_str().to_owned());
        assert_eq!(letters("Nguyễn Văn Ửng").as_deref(), Some("NGUYEN VAN UNG"));
        assert_eq!(letters("Nguye\u{302}\u{303}n  Đức").as_deref(), Some("NGUYEN DUC"));
        assert_eq!(letters("O'Connor-Smith J.").as_deref(), Some("OCONNOR SMITH J"));
        assert_eq!(letters("Иванов"), None);
    }

    #[test]
    fn cut_names_agree_only_where_they_may_be_cut() {
        let full = Name::parse("NGUYEN<<VAN<A<<<<<");
        assert_eq!(full.agrees_with("Nguyễn Văn A"), Agreement::Same);
        assert_eq!(full.agrees_with("Nguyễn Văn An"), Agreement::Different);
        let cut = Name::parse("NGUYEN<<TRAN<PHUONG<TH");
        assert!(cut.may_be_cut);
        assert_eq!(cut.agrees_with("Nguyễn Trần Phương Thảo"), Agreement::SameAsFarAsPrinted);
        assert_eq!(cut.agrees_with("Nguyễn Trần Phương Anh"), Agreement::Different);
        assert_eq!(cut.agrees_with("Nguyễn"), Agreement::Different);
    }
}
