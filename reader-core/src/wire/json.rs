//! One JSON object, as far as signed statements of services need it: its plain members, by name.
//!
//! A statement that is to be believed must say one thing to every reader. A name that stands twice is therefore refused,
//! and so is everything that RFC 8259 does not have. Nothing recurses, and depth, size and members are bounded.
//! Spec: RFC 8259.

use super::{Malformed, Problem};

/// Longest text that is read.
pub const MAX_BYTES: usize = 64 << 10;
/// Most members, those of inner objects included.
const MAX_MEMBERS: usize = 256;
/// Deepest nesting.
const MAX_DEPTH: usize = 16;
const WHAT: &str = "JSON object";

/// A plain value.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A string, with its escapes resolved.
    Text(String),
    /// A number as it is written.
    Number(String),
    /// `true` or `false`.
    Truth(bool),
    /// `null`.
    Null,
}

/// The plain members of an object. Those of an object inside it have both names, with a dot between; arrays are passed
/// over. No `Debug`: statements name persons.
#[derive(Clone, PartialEq, Eq)]
pub struct Object {
    members: Vec<(String, Value)>,
}

impl Object {
    /// Reads one object and nothing after it.
    ///
    /// # Errors
    /// It is none, is larger or deeper than the limits, or has a name twice.
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        if text.len() > MAX_BYTES {
            return Err(Malformed::value(WHAT, "longer than the limit"));
        }
        let text = std::str::from_utf8(text).map_err(|_| Malformed::value(WHAT, "not in UTF-8"))?;
        let mut reader = Reader { text, at: 0 };
        let object = reader.object()?;
        reader.space();
        if reader.peek().is_some() {
            return Err(Malformed::value(WHAT, "something stands after its end"));
        }
        Ok(object)
    }

    /// The member of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _)| name.as_str())
    }
}

/// What is open: an object with the names above its members, or an array, of which nothing is kept.
struct Open {
    array: bool,
    kept: bool,
    prefix: String,
    names: Vec<String>,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn fault(&self, problem: &'static str) -> Malformed {
        Malformed::new(WHAT, self.at, Problem::Value(problem))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn object(&mut self) -> Result<Object, Malformed> {
        self.space();
        if !self.take(b'{') {
            return Err(self.fault("it does not begin with one"));
        }
        let mut members = Vec::new();
        let mut count = 0;
        let mut open = vec![Open { array: false, kept: true, prefix: String::new(), names: Vec::new() }];
        let mut first = true;
        while let Some(innermost) = open.last_mut() {
            self.space();
            if self.take(if innermost.array { b']' } else { b'}' }) {
                open.pop();
                first = false;
                continue;
            }
            if !first {
                if !self.take(b',') {
                    return Err(self.fault("no comma between two members"));
                }
                self.space();
            }
            count += 1;
            if count > MAX_MEMBERS {
                return Err(self.fault("more members than the limit"));
            }
            let mut path = String::new();
            if !innermost.array {
                let name = self.string()?;
                self.space();
                if !self.take(b':') {
                    return Err(self.fault("no colon after a name"));
                }
                if innermost.names.contains(&name) {
                    return Err(self.fault("a name stands twice"));
                }
                path = format!("{}{name}", innermost.prefix);
                innermost.names.push(name);
            }
            let kept = innermost.kept && !innermost.array;
            self.space();
            let begins = self.peek();
            if matches!(begins, Some(b'{' | b'[')) {
                self.at += 1;
                if open.len() >= MAX_DEPTH {
                    return Err(self.fault("deeper than the limit"));
                }
                let array = begins == Some(b'[');
                open.push(Open { array, kept, prefix: format!("{path}."), names: Vec::new() });
                first = true;
                continue;
            }
            let value = self.plain()?;
            if kept {
                // A name with a dot in it may spell that of a member inside another.
                if members.iter().any(|(name, _)| *name == path) {
                    return Err(self.fault("a name stands twice"));
                }
                members.push((path, value));
            }
            first = false;
        }
        Ok(Object { members })
    }

    fn plain(&mut self) -> Result<Value, Malformed> {
        if self.peek() == Some(b'"') {
            return Ok(Value::Text(self.string()?));
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.find(|c: char| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '+' | '-' | '.'));
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        self.at += word.len();
        match word {
            "true" => Ok(Value::Truth(true)),
            "false" => Ok(Value::Truth(false)),
            "null" => Ok(Value::Null),
            _ if is_number(word) => Ok(Value::Number(word.to_owned())),
            _ => Err(self.fault("a value of no kind")),
        }
    }

    fn string(&mut self) -> Result<String, Malformed> {
        if !self.take(b'"') {
            return Err(self.fault("no string where one belongs"));
        }
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(next) = rest.chars().next() else { return Err(self.fault("a string without an end")) };
            self.at += next.len_utf8();
            match next {
                '"' => return Ok(out),
                '\\' => out.push(self.escape()?),
                control if u32::from(control) < 0x20 => {
                    return Err(self.fault("a control character in a string"));
                }
                plain => out.push(plain),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                // Nothing after it is looked at: the position may be inside a character.
                return Err(self.fault("an escape of no kind"));
            }
        })
    }

    fn unicode(&mut self) -> Result<char, Malformed> {
        let first = self.four()?;
        let code = match first {
            0xD800..=0xDBFF => {
                let low = if self.take(b'\\') && self.take(b'u') { self.four()? } else { 0 };
                if !(0xDC00..=0xDFFF).contains(&low) {
                    return Err(self.fault("half of a pair of surrogates"));
                }
                0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)
            }
            whole => whole,
        };
        char::from_u32(code).ok_or_else(|| self.fault("half of a pair of surrogates"))
    }

    fn four(&mut self) -> Result<u32, Malformed> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.fault("an escape without four digits"));
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| self.fault("an escape without four digits"))
    }
}

/// `-? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)?`
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
        match object.get(name)? {
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Truth(true) => Some("true"),
            Value::Truth(false) => Some("false"),
            Value::Null => Some("null"),
        }
    }

    #[test]
    fn plain_members_by_their_names() {
        let written = r#" {"a":"x\u1EABu \ud83d\ude00\"\\\/\n", "b" : -1.50e+3,"c":true,"d":null,
            "e":{"f":"in","g":[{"h":1},[2,"]"],{}],"i":{}},"j":[],"":false} "#;
        let Ok(object) = Object::parse(written.as_bytes()) else { panic!("it is one") };
        for (name, value) in [
            ("a", Some("xẫu 😀\"\\/\n")),
            ("b", Some("-1.50e+3")),
            ("c", Some("true")),
            ("d", Some("null")),
            ("e.f", Some("in")),
            ("", Some("false")),
            ("e", None),
            ("e.g", None),
            ("e.g.h", None),
            ("h", None),
            ("j", None),
        ] {
            assert_eq!(text(&object, name), value, "{name}");
        }
        assert_eq!(object.names().count(), 6);
        assert!(Object::parse(b"{}").is_ok_and(|object| object.names().next().is_none()));
    }

    #[test]
    fn whatever_two_readers_may_read_differently_is_refused() {
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1},"a.b":2}"#,
            r#"{"x":[{"a":1,"a":2}]}"#,
            r#"{"a":{},"a":1}"#,
            "",
            "[]",
            "1",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[,1]}"#,
            r#"{"a":[1}"#,
            r#"{"a":1]"#,
            r#"{"a":1} {}"#,
            r#"{a:1}"#,
            r#"{'a':1}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":.5}"#,
            r#"{"a":+1}"#,
            r#"{"a":1e}"#,
            r#"{"a":NaN}"#,
            r#"{"a":True}"#,
            r#"{"a":truefalse}"#,
            r#"{"a":"\x41"}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\ud800\u0041"}"#,
            r#"{"a":"\udc00"}"#,
            r#"{"a":"\u00g0"}"#,
            r#"{"a":"\uđ"}"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\",
            "{\"a\":\"\\đ\"}",
            "\u{feff}{}",
        ] {
            assert!(Object::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(Object::parse(b"{\"a\":\"\xFF\"}").is_err());
    }

    #[test]
    fn size_depth_and_number_are_bounded() {
        let nested = |depth: usize| format!("{}{}{}", r#"{"a":"#.repeat(depth), "1", "}".repeat(depth));
        assert!(Object::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(Object::parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        assert!(Object::parse("{\"a\":[".repeat(10_000).as_bytes()).is_err());
        let many = |count: usize| {
            let members: Vec<String> = (0..count).map(|at| format!("\"{at}\":{at}")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(Object::parse(many(MAX_MEMBERS).as_bytes()).is_ok());
        assert!(Object::parse(many(MAX_MEMBERS + 1).as_bytes()).is_err());
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES));
        assert!(Object::parse(long.as_bytes()).is_err());
    }
}
