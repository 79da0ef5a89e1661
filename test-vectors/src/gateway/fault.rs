//! What a gateway does wrong, on demand.

/// A misbehaviour of the simulated gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed without an answer.
    Close,
    /// Nothing is sent for this long; then the connection is closed.
    Stall {
        /// Milliseconds of silence.
        ms: u64,
    },
    /// The right answer, this much later.
    Slow {
        /// Milliseconds before the answer.
        ms: u64,
    },
    /// The right answer cut in half, under the length of the whole.
    Truncate,
    /// This HTTP status with an HTML page.
    Status(u16),
    /// Status 200 with an HTML page, as a captive portal or a maintenance page sends it.
    WrongContentType,
    /// Status 200, JSON by its header, then this many bytes of one endless string.
    Huge {
        /// Bytes of the body.
        bytes: u64,
    },
    /// Status 200, JSON by its header, but not JSON.
    GarbageJson,
    /// Status 200 and JSON, but not the object that the service describes.
    WrongShape,
    /// Every token issued so far stops being valid; then the request is answered as usual, that is, refused.
    ExpireTokens {
        /// Refuse with HTTP status 401; otherwise with status 200 and `maKetQua` 401.
        by_status: bool,
    },
    /// This `maKetQua` whatever was asked, for instance one that nobody has described.
    Code(String),
    /// Status 302 to this address.
    Redirect(String),
}

/// Which requests a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Token requests.
    Token,
    /// Insurance checks.
    Check,
    /// Both.
    Any,
}

impl Scope {
    pub(super) fn covers(self, other: Scope) -> bool {
        self == Scope::Any || self == other
    }
}

/// One fault, where it applies, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    /// The requests concerned.
    pub scope: Scope,
    /// What happens to them.
    pub fault: Fault,
    /// How many requests it happens to; `None`: every one until the rules change.
    pub times: Option<u32>,
}

impl FaultRule {
    /// A fault of every request.
    #[must_use]
    pub fn always(scope: Scope, fault: Fault) -> Self {
        Self { scope, fault, times: None }
    }

    /// A fault of the next `times` requests.
    #[must_use]
    pub fn next(scope: Scope, times: u32, fault: Fault) -> Self {
        Self { scope, fault, times: Some(times) }
    }
}

/// The fault that meets this request, if any; counts it down.
pub(super) fn take(rules: &mut Vec<FaultRule>, scope: Scope) -> Option<Fault> {
    let at = rules.iter().position(|r| r.scope.covers(scope))?;
    let rule = rules.get_mut(at)?;
    let fault = rule.fault.clone();
    if let Some(times) = rule.times.as_mut() {
        *times = times.saturating_sub(1);
        if *times == 0 {
            rules.remove(at);
        }
    }
    Some(fault)
}
