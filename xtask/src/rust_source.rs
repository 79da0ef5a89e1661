//! Just enough of Rust's lexical grammar to tell words from strings and comments.
//!
//! The layering test of `reader-core` includes this file too, so that both read sources alike.
#![allow(dead_code)] // each of the two users needs only a part

/// One token of interest and the line it stands on (from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its line.
    pub line: usize,
}

/// Comments, numbers, characters and lifetimes leave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword, without `r#`.
    Word(String),
    /// The inside of a string literal of any kind, escapes as written.
    Text(String),
    /// `::`
    Path,
    /// Any other punctuation mark.
    Mark(char),
}

/// The tokens of a source text. Never panics; an unterminated literal ends with the text.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut lexer = Lexer { chars: &chars, at: 0, line: 1, out: Vec::new() };
    lexer.run();
    lexer.out
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn push(&mut self, kind: Kind, line: usize) {
        self.out.push(Token { kind, line });
    }

    fn run(&mut self) {
        while let Some(next) = self.peek(0) {
            match next {
                '/' if self.peek(1) == Some('/') => self.skip_while(|c| c != '\n'),
                '/' if self.peek(1) == Some('*') => self.block_comment(),
                '"' => self.string(0, true),
                '\'' => self.character_or_lifetime(),
                c if c.is_alphabetic() || c == '_' => self.word(),
                // A number's suffix or hexadecimal digits must not look like a word.
                c if c.is_ascii_digit() => self.skip_while(|c| c.is_alphanumeric() || c == '_'),
                ':' if self.peek(1) == Some(':') => {
                    let line = self.line;
                    self.at += 2;
                    self.push(Kind::Path, line);
                }
                c => {
                    let line = self.line;
                    self.bump();
                    if !c.is_whitespace() {
                        self.push(Kind::Mark(c), line);
                    }
                }
            }
        }
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&keep) {
            self.bump();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                (Some(_), _) => {
                    self.bump();
                }
                (None, _) => return,
            }
        }
    }

    /// At the opening quote; `hashes` closes a raw string.
    fn string(&mut self, hashes: usize, escapes: bool) {
        let line = self.line;
        self.bump();
        let mut text = String::new();
        while let Some(next) = self.bump() {
            if escapes && next == '\\' {
                text.push(next);
                text.extend(self.bump());
            } else if next == '"' && (0..hashes).all(|n| self.peek(n) == Some('#')) {
                self.at += hashes;
                break;
            } else {
                text.push(next);
            }
        }
        self.push(Kind::Text(text), line);
    }

    fn character_or_lifetime(&mut self) {
        self.bump();
        if self.peek(0) == Some('\\') {
            self.bump();
            self.bump();
            self.skip_while(|c| c != '\'' && c != '\n');
            self.bump();
        } else if self.peek(1) == Some('\'') {
            self.bump();
            self.bump();
        } else {
            self.skip_while(|c| c.is_alphanumeric() || c == '_');
        }
    }

    fn word(&mut self) {
        let line = self.line;
        let start = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let word: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        let hashes = (0..).take_while(|n| self.peek(*n) == Some('#')).count();
        let quote = self.peek(hashes) == Some('"');
        match word.as_str() {
            "b" if hashes == 0 && self.peek(0) == Some('\'') => self.character_or_lifetime(),
            "b" | "c" if hashes == 0 && quote => self.string(0, true),
            "r" | "br" | "cr" if quote => {
                self.at += hashes;
                self.string(hashes, false);
            }
            "r" if hashes == 1 => self.at += 1, // the word after `r#` comes next
            _ => self.push(Kind::Word(word), line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, tokens};

    fn words(source: &str) -> Vec<String> {
        tokens(source)
            .into_iter()
            .filter_map(|token| if let Kind::Word(word) = token.kind { Some(word) } else { None })
            .collect()
    }

    fn texts(source: &str) -> Vec<String> {
        tokens(source)
            .into_iter()
            .filter_map(|token| if let Kind::Text(text) = token.kind { Some(text) } else { None })
            .collect()
    }

    #[test]
    fn comments_leave_nothing() {
        assert_eq!(words("a // b\n/* c /* d */ e */ f /// g"), ["a", "f"]);
    }

    #[test]
    fn every_kind_of_string_is_text() {
        let source = r####"x("a\"b", b"c", r"d\", r#"e"f"#, br##"g"#h"##, c"i")"####;
        assert_eq!(texts(source), ["a\\\"b", "c", "d\\", "e\"f", "g\"#h", "i"]);
        assert_eq!(words(source), ["x"]);
    }

    #[test]
    fn characters_and_lifetimes_do_not_open_strings() {
        assert_eq!(words(r#"'"' a '\'' b &'x c b'"' d '\u{1F}' e"#), ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn raw_words_and_numbers() {
        assert_eq!(words("r#type 0xBA_u8 1.5e3 x1"), ["type", "x1"]);
    }

    #[test]
    fn lines_are_counted_across_literals() {
        let found = tokens("a\n\"b\nc\"\nd");
        assert_eq!(found.iter().map(|token| token.line).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn unterminated_input_ends() {
        for source in ["\"abc", "/* abc", "'", "r#\"abc", "b'", "'\\"] {
            tokens(source);
        }
    }
}
