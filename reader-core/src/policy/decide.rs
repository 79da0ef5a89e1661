//! From evidence and rules to a verdict: the worst rule wins, a missing rule refers.

use super::report::{CheckReport, ReportReason, ServiceReport, VerificationReport};
use super::rules::{Action, AnyOf, Policy, Rule};
use super::tr03135::PartResults;
use crate::evidence::{Evidence, Finding, Outcome, Reason, ServiceFinding};

/// One rule's contribution to the verdict.
struct Vote {
    action: Action,
    check: String,
    reason: Reason,
    /// It only follows from another finding.
    follows: bool,
}

/// Applies the rules of a site to evidence.
#[must_use]
pub fn decide(evidence: &Evidence, policy: &Policy) -> VerificationReport {
    let mut votes = Vec::new();
    let mut checks = Vec::new();
    let state = evidence.holder().and_then(|holder| holder.issuing_state.as_deref());
    for (check, finding) in evidence.findings() {
        weigh(&mut votes, policy, check.as_str(), policy.check(check, state), finding);
        checks.push(CheckReport::new(check.as_str(), check.spec(), finding));
    }
    for rule in policy.any_of() {
        votes.extend(weigh_any(evidence, rule));
    }
    let mut services = evidence.services().to_vec();
    services.extend(unasked(evidence, policy));
    for service in &services {
        let check = format!("service.{}", service.name);
        weigh(&mut votes, policy, &check, policy.service(&service.name), &service.finding);
        checks.push(CheckReport::new(check, "none: site policy", &service.finding));
    }
    let worst = votes.iter().map(|vote| vote.action).max().unwrap_or(Action::Refer);
    VerificationReport {
        schema: "idterm.report/1",
        verdict: worst.into(),
        reasons: leading(votes, worst),
        checks,
        holder: evidence.holder().cloned(),
        services: services.iter().map(ServiceReport::from).collect(),
        tr03135: PartResults::of(|check| {
            evidence.finding(check).map_or(Outcome::NotSupported, |finding| finding.outcome)
        }),
    }
}

/// The reasons that led to the verdict. What only follows from another of them is left out.
fn leading(votes: Vec<Vote>, worst: Action) -> Vec<ReportReason> {
    if worst == Action::Accept {
        return Vec::new();
    }
    let (follow, lead): (Vec<_>, Vec<_>) =
        votes.into_iter().filter(|vote| vote.action == worst).partition(|vote| vote.follows);
    let chosen = if lead.is_empty() { follow } else { lead };
    chosen.into_iter().map(|vote| ReportReason::new(vote.reason, vote.check)).collect()
}

fn weigh(votes: &mut Vec<Vote>, policy: &Policy, check: &str, rule: Option<&Rule>, finding: &Finding) {
    let mut vote = |action, reason: Reason| {
        votes.push(Vote { action, check: check.to_owned(), reason, follows: reason.is_consequence() });
    };
    match rule {
        None => vote(Action::Refer, Reason::NoRule),
        Some(rule) => {
            let reason = match finding.outcome {
                Outcome::Confirmed => Reason::SiteRule,
                Outcome::NotSupported => Reason::DocumentLacksIt,
                Outcome::Refuted(reason)
                | Outcome::Undetermined(reason)
                | Outcome::NotPerformed(reason)
                | Outcome::Aborted(reason) => reason,
            };
            vote(rule.action(finding.outcome), reason);
        }
    }
    for note in &finding.notes {
        if let Some(action) = policy.note(*note) {
            vote(action, *note);
        }
    }
}

fn weigh_any(evidence: &Evidence, rule: &AnyOf) -> Option<Vote> {
    let outcomes: Vec<Outcome> = rule
        .checks
        .iter()
        .filter_map(|check| evidence.finding(*check))
        .map(|finding| finding.outcome)
        .collect();
    if outcomes.iter().any(|outcome| outcome.is_confirmed()) {
        return None;
    }
    let reason = if rule.is_about_the_chip() { Reason::CloneNotExcluded } else { Reason::NoneHolds };
    let follows = outcomes.iter().filter_map(|outcome| outcome.reason()).any(Reason::is_consequence);
    Some(Vote { action: rule.otherwise, check: rule.name.clone(), reason, follows })
}

/// Services that the site has a rule for and that were not asked.
fn unasked(evidence: &Evidence, policy: &Policy) -> Vec<ServiceFinding> {
    let asked = |name: &str| evidence.services().iter().any(|service| service.name == name);
    policy
        .services()
        .filter(|(name, _)| !asked(name))
        .map(|(name, _)| ServiceFinding {
            name: name.clone(),
            finding: Finding::new(Outcome::NotPerformed(Reason::ServiceNotAsked)),
            answer: None,
        })
        .collect()
}
