//! How many signatures one import may check.

/// Checks that any import may make, whatever its size: for the signers of a list and for their issuers.
const BASE: usize = 256;
/// Further checks for each certificate. Real lists need 1.1 of them on average.
const PER_CERTIFICATE: usize = 3;

/// What is left of the signature checks that one import may make, so that hostile input cannot hold a terminal up: the
/// work is linear in the number of certificates, whatever their names and key identifiers say.
#[derive(Debug)]
pub(in crate::pki) struct SearchBudget {
    left: usize,
    spent: usize,
}

impl SearchBudget {
    /// For an import of so many certificates.
    pub(in crate::pki) const fn of(certificates: usize) -> Self {
        Self { left: BASE + PER_CERTIFICATE * certificates, spent: 0 }
    }

    /// For so many checks and no more.
    pub(in crate::pki) const fn exactly(checks: usize) -> Self {
        Self { left: checks, spent: 0 }
    }

    /// More, once it is known how many certificates there are.
    pub(in crate::pki) const fn extend(&mut self, certificates: usize) {
        self.left += PER_CERTIFICATE * certificates;
    }

    /// Takes `checks` out; whether so many were left.
    pub(in crate::pki) const fn spend(&mut self, checks: usize) -> bool {
        if self.left < checks {
            return false;
        }
        self.left -= checks;
        self.spent += checks;
        true
    }

    /// How many were made.
    pub(in crate::pki) const fn spent(&self) -> usize {
        self.spent
    }
}
