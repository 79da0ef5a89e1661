//! Which certificates to show a chip: from an authority that it names down to the certificate of this terminal's key.

use crate::crypto::curve::Curve;
use crate::crypto::signature::{PublicKey, SignatureCheck, SignatureScheme};
use crate::wire::date::Date;

use super::{CvCertificate, Reference, Rights, Role, TerminalType};

/// Most certificates that a terminal keeps.
const MAX_CERTIFICATES: usize = 512;
/// Longest chain: a document verifier, a terminal, and as many link certificates as a document's ten years can need.
const MAX_CHAIN: usize = 10;
/// Most certificates looked at in one search.
const SEARCH_BUDGET: usize = 4096;

/// What is wrong with a certificate's dates on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidityFault {
    /// Its last day is over.
    Expired,
    /// Its first day is to come. A chip would take it, and take its date for the present.
    NotYetValid,
}

/// Why no chain can be shown. The texts are for staff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// There is no inspection system's certificate at all.
    #[error(
        "there is no inspection system's certificate in the terminal's certificates; add it with its document verifier's"
    )]
    NoCertificate,
    /// There are some, and none is for the key.
    #[error(
        "no inspection system's certificate belongs to the terminal's key; add the one that was issued for this key, or \
         configure the key that belongs to the certificate"
    )]
    NoKey,
    /// The terminal's certificate does not lead up to an authority that the chip names.
    #[error(
        "no chain leads from {} to this terminal; ask the document verifier for certificates under it, or for the \
             link certificates in between",
        list(authorities)
    )]
    NoChain {
        /// Those that the chip names, the newest first.
        authorities: Vec<Reference>,
    },
    /// There is a chain, and one of its certificates is not valid today.
    #[error("the certificate {holder} {}; ask the document verifier for a new one", validity(*fault, *day))]
    Validity {
        /// Whose certificate.
        holder: Reference,
        /// What is wrong.
        fault: ValidityFault,
        /// Its last day, or its first one.
        day: Date,
    },
    /// There is a chain, and a signature in it does not hold.
    #[error("the signature of the certificate {holder} does not hold; fetch it from {authority} again")]
    Signature {
        /// Whose certificate.
        holder: Reference,
        /// Who should have signed it.
        authority: Reference,
    },
}

fn list(references: &[Reference]) -> String {
    references.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

fn validity(fault: ValidityFault, day: Date) -> String {
    match fault {
        ValidityFault::Expired => format!("expired on {day}"),
        ValidityFault::NotYetValid => format!("is valid from {day} on only"),
    }
}

impl ChainError {
    /// Of two, the one that comes nearer to what has to be mended.
    const fn rank(&self) -> u8 {
        match self {
            Self::NoCertificate => 0,
            Self::NoKey => 1,
            Self::NoChain { .. } => 2,
            Self::Signature { .. } => 3,
            Self::Validity { .. } => 4,
        }
    }
}

/// A chain that a chip should accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    certificates: Vec<CvCertificate>,
    rights: Rights,
}

impl Chain {
    /// In the order in which the chip takes them; never empty.
    #[must_use]
    pub fn certificates(&self) -> &[CvCertificate] {
        &self.certificates
    }

    /// The certificate of this terminal.
    #[must_use]
    pub fn terminal(&self) -> Option<&CvCertificate> {
        self.certificates.last()
    }

    /// What all of them grant. Spec: 9303-11 §7.1.4.3.6.
    #[must_use]
    pub const fn rights(&self) -> Rights {
        self.rights
    }
}

/// The certificates of one terminal: its own, its document verifiers', link certificates, and CVCAs' own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminalCertificates(Vec<CvCertificate>);

impl TerminalCertificates {
    /// Keeps these; repeats are dropped, and what goes beyond 512.
    #[must_use]
    pub fn new(certificates: impl IntoIterator<Item = CvCertificate>) -> Self {
        let mut kept: Vec<CvCertificate> = Vec::new();
        for certificate in certificates {
            if kept.len() < MAX_CERTIFICATES && !kept.contains(&certificate) {
                kept.push(certificate);
            }
        }
        Self(kept)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[CvCertificate] {
        &self.0
    }

    /// The chain from one of `authorities` to the certificate for `key`, valid on `today`: the one with most rights, of
    /// these the shortest. Link certificates may have expired: chips take them all the same.
    ///
    /// What can be checked of its signatures is checked; the key of an authority that only the chip knows is not.
    ///
    /// # Errors
    /// There is none, and why.
    pub fn chain(
        &self,
        authorities: &[Reference],
        key: &PublicKey,
        today: Date,
    ) -> Result<Chain, ChainError> {
        let terminals =
            || self.inspection().filter(|certificate| certificate.authorization().role == Role::Terminal);
        let mut why =
            if terminals().next().is_none() { ChainError::NoCertificate } else { ChainError::NoKey };
        let mut best: Option<Chain> = None;
        let mut budget = SEARCH_BUDGET;
        for own in terminals().filter(|certificate| certificate.holds(key)) {
            let mut found = Vec::new();
            self.climb(&mut vec![own], authorities, &mut budget, &mut found);
            if found.is_empty() {
                why = worse(why, ChainError::NoChain { authorities: authorities.to_vec() });
            }
            for path in found {
                match self.judge(&path, today) {
                    Ok(chain) if best.as_ref().is_none_or(|best| better(&chain, best)) => best = Some(chain),
                    Ok(_) => {}
                    Err(error) => why = worse(why, error),
                }
            }
        }
        best.ok_or(why)
    }

    fn inspection(&self) -> impl Iterator<Item = &CvCertificate> {
        self.0.iter().filter(|one| one.authorization().terminal == TerminalType::InspectionSystem)
    }

    /// Goes from the last certificate of `path` (the highest so far) to those that could have signed it.
    fn climb<'c>(
        &'c self,
        path: &mut Vec<&'c CvCertificate>,
        authorities: &[Reference],
        budget: &mut usize,
        found: &mut Vec<Vec<&'c CvCertificate>>,
    ) {
        let Some(highest) = path.last().copied() else { return };
        let by_authority = matches!(highest.authorization().role, Role::Terminal);
        if !by_authority && authorities.contains(highest.authority()) {
            found.push(path.iter().rev().copied().collect());
            return;
        }
        if path.len() == MAX_CHAIN {
            return;
        }
        for issuer in self.inspection() {
            *budget = budget.saturating_sub(1);
            if *budget == 0 {
                return;
            }
            let fits = issuer.holder() == highest.authority()
                && !issuer.is_self_signed()
                && highest.authorization().role.may_follow(issuer.authorization().role)
                && !path.contains(&issuer);
            if fits {
                path.push(issuer);
                self.climb(path, authorities, budget, found);
                path.pop();
            }
        }
    }

    /// Dates, signatures and rights of a path in the chip's order.
    fn judge(&self, path: &[&CvCertificate], today: Date) -> Result<Chain, ChainError> {
        for certificate in path {
            let link = certificate.authorization().role == Role::Cvca;
            let faults = [
                (certificate.expires() < today, ValidityFault::Expired, certificate.expires()),
                (certificate.effective() > today, ValidityFault::NotYetValid, certificate.effective()),
            ];
            let fault = faults
                .into_iter()
                .find(|(wrong, fault, _)| *wrong && !(link && *fault == ValidityFault::Expired));
            if let Some((_, fault, day)) = fault {
                return Err(ChainError::Validity { holder: certificate.holder().clone(), fault, day });
            }
        }
        let Some(first) = path.first() else { return Err(ChainError::NoCertificate) };
        // The chip's own authority, as far as its certificate is here: by its own key, or by a link to it.
        let mut starts: Vec<Option<&CvCertificate>> = self
            .inspection()
            .filter(|one| one.holder() == first.authority() && one.authorization().role == Role::Cvca)
            .map(Some)
            .collect();
        if starts.is_empty() {
            starts.push(None);
        }
        let mut outcome = Err(ChainError::NoCertificate);
        for start in starts {
            outcome = check_signatures(start, path);
            if outcome.is_ok() {
                break;
            }
        }
        outcome?;
        let authority = starts_rights(self, first);
        let mut rights = authority;
        for certificate in path {
            let own = certificate.authorization();
            // Of several authorities, the one that let the document verifier in counts.
            rights = if own.role == Role::Cvca { own.rights } else { rights.and(own.rights) };
        }
        Ok(Chain { certificates: path.iter().map(|one| (*one).clone()).collect(), rights })
    }
}

/// What the chip's authority grants, as far as it is known here.
fn starts_rights(all: &TerminalCertificates, first: &CvCertificate) -> Rights {
    let own = all
        .inspection()
        .find(|one| one.holder() == first.authority() && one.authorization().role == Role::Cvca);
    own.map_or(Rights::ALL, |one| one.authorization().rights)
}

/// Whoever is known must have signed the next.
fn check_signatures(start: Option<&CvCertificate>, path: &[&CvCertificate]) -> Result<(), ChainError> {
    let mut curve: Option<Curve> = start.and_then(CvCertificate::curve);
    let mut issuer: Option<(PublicKey, SignatureScheme)> =
        start.and_then(|one| Some((one.public_key(None).ok()?, one.scheme())));
    for certificate in path {
        if let Some((key, scheme)) = &issuer {
            let check = certificate.verify_under(key, *scheme);
            if !check.is_ok_and(SignatureCheck::is_valid) {
                let (holder, authority) = (certificate.holder().clone(), certificate.authority().clone());
                return Err(ChainError::Signature { holder, authority });
            }
        }
        curve = certificate.curve().or(curve);
        issuer = certificate.public_key(curve).ok().map(|key| (key, certificate.scheme()));
    }
    Ok(())
}

fn worse(one: ChainError, other: ChainError) -> ChainError {
    if other.rank() > one.rank() { other } else { one }
}

fn better(one: &Chain, other: &Chain) -> bool {
    let rank = |chain: &Chain| {
        let granted = usize::from(chain.rights.fingers()) + usize::from(chain.rights.irises());
        (granted, MAX_CHAIN - chain.certificates.len().min(MAX_CHAIN))
    };
    rank(one) > rank(other)
}
