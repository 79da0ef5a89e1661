//! Files of the ICAO public key directory: everything in it, or what has changed.
//!
//! An LDIF file is signed by nobody. So each thing in it has to prove itself: lists and certificates by their signatures, and
//! a country certificate that stands there by itself only by a pin. For the same reason a file of changes takes away
//! nothing but document signers, which are no ground of trust; never a revocation list or a country certificate.
//! Lists and country certificates are taken first, wherever they stand, then revocation lists, then document signers.
//! Spec: 9303-12 §5; RFC 2849.

use super::shelf::Shelved;
use super::{Conformance, Imported, Provenance, Refusal, Removed, SourceRules, TrustBuilder};
use crate::crypto::hash::HashAlgorithm;
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::wire::ldif::{Attribute, Change, LdifError, Operation, Record, records};

/// After so many records that cannot be read, a file is none of a directory.
const MAX_UNREADABLE: usize = 1_000;
/// How often lists are gone through again because another brought the country that signed them.
const MAX_ROUNDS: usize = 8;
/// The branch of what does not conform.
const NON_CONFORMANT: &str = "dc=nc-data";

/// The attributes that hold something, and what.
const CONTENTS: [(&str, Content); 8] = [
    ("pkdMasterListContent", Content::MasterList),
    ("CscaMasterListData", Content::MasterList),
    ("pkdDeviationListContent", Content::DeviationList),
    ("cACertificate", Content::Authority),
    ("certificateRevocationList", Content::Crl),
    ("authorityRevocationList", Content::Crl),
    ("deltaRevocationList", Content::Crl),
    ("userCertificate", Content::Signer),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    MasterList,
    DeviationList,
    Authority,
    Crl,
    Signer,
}

/// One object of the file, not yet decoded.
struct Item<'a> {
    line: usize,
    dn: String,
    what: What<'a>,
}

enum What<'a> {
    Holds {
        content: Content,
        value: Attribute<'a>,
        conformance: Conformance,
        replaces: bool,
    },
    /// The entry, or its certificate, is gone.
    Gone,
    /// Nothing that is used here, and why.
    Unused(&'static str),
}

impl TrustBuilder {
    /// Takes in a file of the ICAO public key directory: complete or changes; master lists, document signers, revocation
    /// and deviation lists, conformant or not. A country certificate by itself must be a link, or it or the file pinned.
    /// What is refused is listed with the name of its entry.
    pub fn add_ldif(&mut self, bytes: &[u8], provenance: &Provenance, rules: &dyn SourceRules) -> Imported {
        let mut imported = Imported::default();
        let items = items(bytes, &mut imported);
        let of = |wanted: &'static [Content]| {
            items.iter().filter(
                move |item| matches!(&item.what, What::Holds { content, .. } if wanted.contains(content)),
            )
        };
        let file_is_pinned = rules.is_pinned(Fingerprint::of(bytes));
        let mut waiting: Vec<&Item<'_>> = of(&[Content::MasterList, Content::Authority]).collect();
        for round in 1..=MAX_ROUNDS {
            let mut again = Vec::new();
            let mut gained = false;
            for item in waiting {
                let one = self.take(item, provenance, rules, file_is_pinned);
                gained |= !one.added.is_empty();
                let may_follow =
                    one.added.is_empty() && one.refused.iter().any(|refused| awaits_another(refused.refusal));
                if may_follow && round < MAX_ROUNDS {
                    again.push((item, one));
                } else {
                    imported.absorb(one);
                }
            }
            if !gained {
                again.drain(..).for_each(|(_, one)| imported.absorb(one));
            }
            waiting = again.into_iter().map(|(item, _)| item).collect();
        }
        for item in of(&[Content::Crl, Content::DeviationList]) {
            imported.absorb(self.take(item, provenance, rules, file_is_pinned));
        }
        for item in &items {
            match &item.what {
                What::Holds { content: Content::Signer, .. } => {
                    imported.absorb(self.take(item, provenance, rules, file_is_pinned));
                }
                What::Gone => match self.signers.remove_entry(&entry_key(&item.dn)) {
                    Some(fingerprint) => {
                        imported.removed.push(Removed { fingerprint, entry: item.dn.clone() });
                    }
                    None => imported.absent += 1,
                },
                What::Unused(why) => imported.refuse(
                    &item.dn,
                    item.dn.as_bytes(),
                    Refusal::DirectoryChangeUnused,
                    format!("line {}: {why}", item.line),
                ),
                What::Holds { .. } => {}
            }
        }
        imported
    }

    fn take(
        &mut self,
        item: &Item<'_>,
        provenance: &Provenance,
        rules: &dyn SourceRules,
        file_is_pinned: bool,
    ) -> Imported {
        let mut imported = Imported::default();
        let What::Holds { content, value, conformance, replaces } = &item.what else { return imported };
        let der = match value.value() {
            Ok(der) => der,
            Err(error) => {
                imported.refuse(&item.dn, item.dn.as_bytes(), Refusal::DirectoryUnreadable, error);
                return imported;
            }
        };
        let mut imported = match content {
            Content::MasterList => self.add_master_list(&der, provenance, rules),
            Content::DeviationList => self.add_deviation_list(&der, provenance, rules),
            Content::Crl => self.add_crl(&der, provenance),
            Content::Authority => self.take_authority(&der, provenance, rules, file_is_pinned),
            Content::Signer => {
                let entry = Some(entry_key(&item.dn));
                let mut imported = Imported::default();
                let shelved = self.take_document_signer(&der, provenance, conformance.clone(), entry);
                let before = match shelved {
                    Ok(Shelved::New { fingerprint, before }) => {
                        imported.added.push(fingerprint);
                        before
                    }
                    Ok(Shelved::Known { before }) => {
                        imported.known += 1;
                        before
                    }
                    Err(refused) => {
                        imported.refused.push(refused);
                        None
                    }
                };
                if *replaces && let Some(fingerprint) = before {
                    self.signers.remove(fingerprint);
                    imported.removed.push(Removed { fingerprint, entry: item.dn.clone() });
                }
                imported
            }
        };
        // The entry's name is how its publisher finds it; a member of a list keeps its own.
        let whole = Fingerprint::of(&der);
        for refused in imported.refused.iter_mut().filter(|refused| refused.fingerprint == whole) {
            refused.subject.clone_from(&item.dn);
            refused.detail = format!("line {}: {}", item.line, refused.detail);
        }
        imported
    }

    /// A country certificate that stands in the file by itself.
    fn take_authority(
        &mut self,
        der: &[u8],
        provenance: &Provenance,
        rules: &dyn SourceRules,
        file_is_pinned: bool,
    ) -> Imported {
        let pinned = file_is_pinned || rules.is_pinned(Fingerprint::of(der));
        let is_root = Certificate::from_der(der).is_ok_and(|certificate| certificate.is_self_issued());
        if is_root && !pinned && !self.holds(Fingerprint::of(der)) {
            let mut imported = Imported::default();
            let detail = format!("nobody vouches for it; to trust it, pin {}", Fingerprint::of(der));
            imported.refuse("", der, Refusal::AnchorNotPinned, detail);
            return imported;
        }
        self.take_certificates(der, provenance, rules, pinned)
    }
}

const fn awaits_another(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::ListSignerUnknown | Refusal::LinkIssuerUnknown | Refusal::LinkSignatureWrong)
}

/// The objects of the file; what cannot be read is refused here.
fn items<'a>(bytes: &'a [u8], imported: &mut Imported) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    let mut unreadable = 0;
    for record in records(bytes) {
        match record.and_then(|record| items_of(record, &mut items)) {
            Ok(()) => {}
            Err(error) => {
                let name = format!("line {}", error.line);
                imported.refuse(&name, name.as_bytes(), Refusal::DirectoryUnreadable, error.problem);
                unreadable += 1;
                if unreadable == MAX_UNREADABLE {
                    imported.refuse("", b"", Refusal::DirectoryUnreadable, "the rest was not looked at");
                    break;
                }
            }
        }
    }
    items
}

fn items_of<'a>(record: Record<'a>, items: &mut Vec<Item<'a>>) -> Result<(), LdifError> {
    let Record { line, dn, change } = record;
    let mut push = |what: What<'a>| items.push(Item { line, dn: dn.clone(), what });
    match change {
        Change::Add(attributes) => {
            let conformance = conformance(&dn, &attributes)?;
            for value in &attributes {
                if let Some(content) = content_of(value.description) {
                    push(What::Holds {
                        content,
                        value: *value,
                        conformance: conformance.clone(),
                        replaces: false,
                    });
                }
            }
        }
        Change::Delete if has_part(&dn, "o=dsc") => push(What::Gone),
        Change::Delete if is_leaf(&dn) => {
            push(What::Unused("only document signers are taken away by a file that nobody signed"));
        }
        Change::Delete => {}
        Change::Modify(changes) => {
            for change in changes {
                let Some(content) = content_of(&change.description) else { continue };
                if change.operation == Operation::Delete {
                    push(if content == Content::Signer {
                        What::Gone
                    } else {
                        What::Unused("only document signers are taken away by a file that nobody signed")
                    });
                    continue;
                }
                let conformance = conformance(&dn, &[])?;
                let replaces = change.operation == Operation::Replace;
                for value in change.values {
                    push(What::Holds { content, value, conformance: conformance.clone(), replaces });
                }
            }
        }
        Change::Rename => push(What::Unused("an entry that gets another name")),
    }
    Ok(())
}

fn content_of(description: &str) -> Option<Content> {
    let name = description.split(';').next().unwrap_or_default();
    CONTENTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, content)| *content)
}

/// What the directory says of an entry: its branch, and the codes and text beside it.
fn conformance(dn: &str, attributes: &[Attribute<'_>]) -> Result<Conformance, LdifError> {
    if !has_part(dn, NON_CONFORMANT) {
        return Ok(Conformance::Conformant);
    }
    let mut said = Vec::new();
    for attribute in attributes {
        if attribute.is("pkdConformanceCode") || attribute.is("pkdConformanceText") {
            said.push(attribute.text()?);
        }
    }
    Ok(Conformance::NonConformant { findings: said.join(": ") })
}

/// The parts of a distinguished name, without escapes, in lower case.
fn parts(dn: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for character in dn.chars() {
        match character {
            '\\' if !escaped => escaped = true,
            ',' if !escaped => parts.push(String::new()),
            _ => {
                escaped = false;
                if let Some(last) = parts.last_mut() {
                    last.extend(character.to_lowercase());
                }
            }
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

fn has_part(dn: &str, part: &str) -> bool {
    parts(dn).iter().any(|other| other == part)
}

/// An entry that holds something, and no branch of the tree.
fn is_leaf(dn: &str) -> bool {
    parts(dn).first().is_some_and(|first| first.starts_with("cn=") || first.starts_with("sn="))
}

/// Under what an entry is found again by a later file of changes.
fn entry_key(dn: &str) -> [u8; 16] {
    let digest = HashAlgorithm::Sha256.digest(parts(dn).join(",").as_bytes());
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_are_the_same_however_they_are_written() {
        let written = r"cn=CN\=Test\,C\=UT+sn=1A, o=dsc,c=UT,dc=data,dc=download,dc=pkd,dc=icao,dc=int";
        let otherwise = r"CN=CN=test\,C=ut+SN=1a,O=DSC,C=UT,DC=data,DC=download,DC=pkd,DC=icao,DC=int";
        assert_eq!(entry_key(written), entry_key(otherwise));
        assert!(has_part(written, "o=dsc") && !has_part(written, NON_CONFORMANT) && is_leaf(written));
        // A part of the issuer's name inside the first part is no part of the entry's.
        assert!(!has_part(r"cn=O\=dsc\,o=dsc\,x,o=crl,c=UT", "o=dsc"));
        assert!(!is_leaf("o=dsc,c=UT,dc=data"));
    }
}
