//! LDIF: the text form in which directories are exchanged, complete or as changes.
//!
//! Records are read one after the other out of the text at hand; values are unfolded and decoded when they are asked for,
//! so that a file of a hundred megabytes costs little more than itself. A record that cannot be read is an error with
//! its line, and reading goes on after the next empty line. Spec: RFC 2849.

use std::borrow::Cow;

use super::base64;

/// Most attributes of one record. Real ones have a dozen.
const MAX_ATTRIBUTES: usize = 1_000;
/// Longest distinguished name.
const MAX_NAME_BYTES: usize = 16_384;
/// Longest value, decoded. The largest revocation list that is read has less.
const MAX_VALUE_BYTES: usize = 64 << 20;

/// What is wrong with LDIF text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LdifError {
    /// Line of the text, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

/// One attribute with one value, as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its line, from 1.
    pub line: usize,
    /// Its name with options, such as `userCertificate;binary`.
    pub description: &'a str,
    base64: bool,
    folded: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// Whether it has this name, whatever its options and letter case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        base_name(self.description).eq_ignore_ascii_case(name)
    }

    /// Its value: unfolded, and decoded where it stands in base64.
    ///
    /// # Errors
    /// It is no base64, or longer than any value.
    pub fn value(&self) -> Result<Cow<'a, [u8]>, LdifError> {
        let fault = |problem| LdifError { line: self.line, problem };
        if self.folded.len() / 2 > MAX_VALUE_BYTES {
            return Err(fault("a value that is too long"));
        }
        if self.base64 {
            return base64::decode_unbroken(unfolded(self.folded))
                .map(Cow::Owned)
                .map_err(|_| fault("a value that is no base64"));
        }
        if self.folded.contains(&b'\n') {
            return Ok(Cow::Owned(unfolded(self.folded).collect()));
        }
        Ok(Cow::Borrowed(self.folded))
    }

    /// Its value as text.
    ///
    /// # Errors
    /// As [`Self::value`], or it is no UTF-8.
    pub fn text(&self) -> Result<String, LdifError> {
        let fault = LdifError { line: self.line, problem: "a value that is no text" };
        String::from_utf8(self.value()?.into_owned()).map_err(|_| fault)
    }
}

/// What a modification does with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Values are added.
    Add,
    /// Values, or all of them, are deleted.
    Delete,
    /// The values take the place of those that were there.
    Replace,
}

/// One modification of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modification<'a> {
    /// What is done.
    pub operation: Operation,
    /// To which attribute, with options.
    pub description: String,
    /// With these values.
    pub values: Vec<Attribute<'a>>,
}

impl Modification<'_> {
    /// Whether it is about the attribute of this name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        base_name(&self.description).eq_ignore_ascii_case(name)
    }
}

/// What a record says of its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The entry is there, or is added.
    Add(Vec<Attribute<'a>>),
    /// The entry is deleted.
    Delete,
    /// The entry is modified.
    Modify(Vec<Modification<'a>>),
    /// The entry gets another name.
    Rename,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Line on which it begins, from 1.
    pub line: usize,
    /// The entry's distinguished name as it stands.
    pub dn: String,
    /// What is said of it.
    pub change: Change<'a>,
}

/// Reads records.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    line: usize,
    begun: bool,
}

/// The records of LDIF text.
#[must_use]
pub fn records(text: &[u8]) -> Records<'_> {
    // Some editors put a mark of byte order before text that needs none.
    Records { rest: text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text), line: 1, begun: false }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, LdifError>;

    fn next(&mut self) -> Option<Self::Item> {
        let lines = loop {
            let lines = match self.lines_of_record()? {
                Ok(lines) => lines,
                Err(error) => return Some(Err(error)),
            };
            if !lines.is_empty() {
                break lines;
            }
        };
        Some(record(&lines))
    }
}

impl<'a> Records<'a> {
    /// The attributes up to the next empty line; none where there is none but a version or comments. `None` at the end.
    fn lines_of_record(&mut self) -> Option<Result<Vec<Attribute<'a>>, LdifError>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut lines = Vec::new();
        let mut fault = None;
        while !self.rest.is_empty() {
            let number = self.line;
            let line = self.logical_line();
            if line.is_empty() {
                if lines.is_empty() && fault.is_none() {
                    continue;
                }
                break;
            }
            if line.starts_with(b"#") || fault.is_some() {
                continue;
            }
            match attribute(number, line) {
                Ok(version) if !self.begun && version.description.eq_ignore_ascii_case("version") => {
                    self.begun = true;
                    if version.value().ok().as_deref() != Some(b"1") {
                        fault = Some(LdifError { line: number, problem: "a version other than 1" });
                    }
                }
                Ok(_) if lines.len() == MAX_ATTRIBUTES => {
                    fault = Some(LdifError { line: number, problem: "an entry with too many attributes" });
                }
                Ok(attribute) => {
                    self.begun = true;
                    lines.push(attribute);
                }
                Err(error) => fault = Some(error),
            }
        }
        Some(fault.map_or(Ok(lines), Err))
    }

    /// One line with those that continue it, without its end.
    fn logical_line(&mut self) -> &'a [u8] {
        let text = self.rest;
        let mut end = 0;
        loop {
            let from = text.get(end..).unwrap_or_default();
            let Some(length) = from.iter().position(|byte| *byte == b'\n') else {
                end = text.len();
                self.line += 1;
                break;
            };
            end += length + 1;
            self.line += 1;
            if text.get(end) != Some(&b' ') {
                break;
            }
        }
        let (line, rest) = text.split_at(end.min(text.len()));
        self.rest = rest;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// `name: value`, `name:: base64`, or the `-` between modifications.
fn attribute(line: usize, text: &[u8]) -> Result<Attribute<'_>, LdifError> {
    let fault = |problem| LdifError { line, problem };
    if text == b"-" {
        return Ok(Attribute { line, description: "-", base64: false, folded: b"" });
    }
    let colon = text.iter().position(|byte| *byte == b':').ok_or_else(|| fault("a line without a colon"))?;
    let (name, value) = text.split_at(colon);
    let description = std::str::from_utf8(name).ok().filter(|name| is_description(name));
    let description = description.ok_or_else(|| fault("an attribute's name that is none"))?;
    let value = value.get(1..).unwrap_or_default();
    let (base64, value) = match value.split_first() {
        Some((b':', value)) => (true, value),
        Some((b'<', _)) => return Err(fault("a value that stands elsewhere")),
        _ => (false, value),
    };
    let blank = value.iter().take_while(|byte| **byte == b' ').count();
    Ok(Attribute { line, description, base64, folded: value.get(blank..).unwrap_or_default() })
}

fn is_description(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b';' | b'.' | b'_');
    !name.is_empty() && name.bytes().all(allowed)
}

fn base_name(description: &str) -> &str {
    description.split(';').next().unwrap_or_default()
}

fn record<'a>(lines: &[Attribute<'a>]) -> Result<Record<'a>, LdifError> {
    let line = lines.first().map_or(1, |first| first.line);
    let fault = |line, problem| LdifError { line, problem };
    let (first, rest) = lines.split_first().ok_or_else(|| fault(line, "an empty record"))?;
    if !first.description.eq_ignore_ascii_case("dn") {
        return Err(fault(line, "a record that does not begin with dn"));
    }
    let dn = first.text()?;
    if dn.len() > MAX_NAME_BYTES {
        return Err(fault(line, "a distinguished name that is too long"));
    }
    // Controls say how a server should apply a change; there is no server here.
    let rest: Vec<Attribute<'a>> = rest.iter().filter(|line| !line.is("control")).copied().collect();
    let change = match rest.split_first() {
        Some((kind, content)) if kind.description.eq_ignore_ascii_case("changetype") => {
            match kind.text()?.trim().to_ascii_lowercase().as_str() {
                "add" => Change::Add(without_dashes(content)?),
                "delete" => Change::Delete,
                "modify" => Change::Modify(modifications(content)?),
                "modrdn" | "moddn" => Change::Rename,
                _ => return Err(fault(kind.line, "a kind of change that is not known")),
            }
        }
        _ => Change::Add(without_dashes(&rest)?),
    };
    Ok(Record { line, dn, change })
}

fn without_dashes<'a>(lines: &[Attribute<'a>]) -> Result<Vec<Attribute<'a>>, LdifError> {
    match lines.iter().find(|line| line.description == "-") {
        Some(dash) => Err(LdifError { line: dash.line, problem: "a dash outside of modifications" }),
        None => Ok(lines.to_vec()),
    }
}

fn modifications<'a>(lines: &[Attribute<'a>]) -> Result<Vec<Modification<'a>>, LdifError> {
    let groups = lines.split(|line| line.description == "-").filter(|group| !group.is_empty());
    groups
        .map(|group| {
            let (head, values) =
                group.split_first().ok_or(LdifError { line: 0, problem: "an empty modification" })?;
            let operation = match head.description.to_ascii_lowercase().as_str() {
                "add" => Operation::Add,
                "delete" => Operation::Delete,
                "replace" => Operation::Replace,
                _ => return Err(LdifError { line: head.line, problem: "a modification that is not known" }),
            };
            let description = head.text()?;
            if let Some(other) = values.iter().find(|value| !value.is(base_name(&description))) {
                let problem = "another attribute than the modification is about";
                return Err(LdifError { line: other.line, problem });
            }
            Ok(Modification { operation, description, values: values.to_vec() })
        })
        .collect()
}

/// The bytes of a value without the ends of lines and the spaces that continue it.
fn unfolded(folded: &[u8]) -> impl Iterator<Item = u8> {
    let lines = folded.split(|byte| *byte == b'\n').enumerate();
    lines.flat_map(|(index, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if index == 0 { line } else { line.strip_prefix(b" ").unwrap_or(line) };
        line.iter().copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Result<Record<'_>, LdifError>> {
        records(text.as_bytes()).collect()
    }

    fn one(text: &str) -> Record<'_> {
        let mut found = all(text);
        assert_eq!(found.len(), 1, "{found:?}");
        found.pop().unwrap().unwrap()
    }

    fn attributes<'a>(record: &'a Record<'_>) -> &'a [Attribute<'a>] {
        match &record.change {
            Change::Add(attributes) => attributes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn folded_lines_comments_and_both_ends_of_lines_are_read() {
        for end in ["\n", "\r\n"] {
            let text = "version: 1\n\n# a comment\n  that goes on\ndn: cn=a\n b,c=VN\ncn: a\n b\nempty:\njpeg;binary:: AQID\n BA==\n\n\ndn:: Y249eA==\n"
                .replace('\n', end);
            let found = all(&text);
            let [Ok(first), Ok(second)] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!((first.dn.as_str(), first.line), ("cn=ab,c=VN", 5));
            let [cn, empty, jpeg] = attributes(first) else { panic!("{first:?}") };
            assert_eq!((cn.text().unwrap().as_str(), cn.line), ("ab", 7));
            assert!(empty.is("EMPTY") && empty.value().unwrap().is_empty());
            assert!(jpeg.is("JPEG"));
            assert_eq!(jpeg.value().unwrap().as_ref(), [1, 2, 3, 4]);
            assert_eq!(second.dn, "cn=x");
        }
    }

    #[test]
    fn changes_are_told_apart() {
        assert_eq!(one("dn: c=VN\nchangetype: delete\n").change, Change::Delete);
        assert_eq!(one("dn: c=VN\nchangetype: modrdn\nnewrdn: c=UT\n").change, Change::Rename);
        assert_eq!(attributes(&one("dn: c=VN\nchangetype: add\nc: VN")).len(), 1);
        let text = "dn: c=VN\nchangetype: modify\nreplace: a;binary\na;binary:: AQ==\n-\ndelete: b\n-\nadd: c\nc: 1\nc: 2\n-\n";
        let Change::Modify(changes) = one(text).change else { panic!() };
        let [replaced, deleted, added] = changes.as_slice() else { panic!("{changes:?}") };
        assert!(replaced.operation == Operation::Replace && replaced.is("A") && replaced.values.len() == 1);
        assert!(deleted.operation == Operation::Delete && deleted.values.is_empty());
        assert_eq!((added.operation, added.values.len()), (Operation::Add, 2));
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line_and_the_next_record_is_read() {
        for (text, line) in [
            ("dn: a\nno colon\n", 2),
            ("cn: a\n", 1),
            ("dn: a\nb:< file:///etc/passwd\n", 2),
            ("dn: a\nchangetype: invent\n", 2),
            ("dn: a\nchangetype: modify\nadd: b\nc: 1\n-\n", 4),
            ("dn: a\nchangetype: modify\nsprinkle: b\n-\n", 3),
            ("dn: a\nb: 1\n-\nc: 2\n", 3),
            ("dn:: =A==\n", 1),
            ("dn: a\nwith space: b\n", 2),
            ("version: 2\ndn: a\n", 1),
            ("dn: a\n\u{1}: b\n", 2),
        ] {
            let text = format!("{text}\ndn: next\n");
            let found = all(&text);
            assert_eq!(found.len(), 2, "{text}");
            assert_eq!(found[0].as_ref().unwrap_err().line, line, "{text}");
            assert_eq!(found[1].as_ref().unwrap().dn, "next");
        }
        let many = format!("dn: a\n{}", "b: 1\n".repeat(MAX_ATTRIBUTES + 1));
        assert!(all(&many)[0].is_err());
        assert!(all(&format!("dn: {}\n", "a".repeat(MAX_NAME_BYTES + 1)))[0].is_err());
        assert!(all("").is_empty() && all("\n\n# nothing\n").is_empty());
    }
}
