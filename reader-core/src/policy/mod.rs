//! What a site does about evidence: rules, the decision, the report. Sees nothing but [`crate::evidence`].

mod decide;
mod explained;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod tr03135;

pub use decide::decide;
pub use explained::{ExplainedRule, Subject};
pub use report::{CheckReport, ReportReason, ServiceReport, Verdict, VerificationReport};
pub use rules::{Action, Policy, PolicyFault, RawRule, RawValue};
pub use tr03135::{Branch, Part, PartResult, PartResults};
