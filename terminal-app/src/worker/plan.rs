//! From a site file to what the session does with a chip.

use firmware_profiles::Catalogue;
use reader_core::lds::DataGroup;
use reader_core::session::{ActiveAuthentication, BacFallback, Plan};
use reader_core::wire::date::Timestamp;

use crate::config::{FallBack, SignChallenge, Site};
use crate::failure::{ErrorCode, Failure};

/// What a site wants of a chip, as the session takes it.
#[must_use]
pub fn plan_of(site: &Site, catalogue: &Catalogue, timeout_ms: u32) -> Plan {
    Plan {
        groups: site.groups.clone(),
        read_com: site.read_com,
        bac_fallback: match site.fall_back_to_bac {
            FallBack::Allowed => BacFallback::Allowed,
            FallBack::Forbidden => BacFallback::Forbidden,
        },
        active_authentication: match site.active_authentication {
            SignChallenge::Always => ActiveAuthentication::Always,
            SignChallenge::UnlessChipAuthenticated => ActiveAuthentication::UnlessChipAuthenticated,
            SignChallenge::Never => ActiveAuthentication::Never,
        },
        assumed_card_access: catalogue.get("vn-cccd").and_then(|card| card.card_access.clone()),
        timeout_ms,
        ..Plan::default()
    }
}

/// The plan with the site's certificates and key, where it has them and reads something that needs them.
///
/// # Errors
/// They cannot be opened: what a site was set up with should not be missed in silence.
pub fn with_terminal(plan: Plan, site: &Site, now: Timestamp) -> Result<Plan, Failure> {
    let Some(settings) = &site.terminal_authentication else { return Ok(plan) };
    if !plan.groups.iter().copied().any(DataGroup::is_sensitive) {
        return Ok(plan);
    }
    let today =
        now.date().ok_or_else(|| Failure::new(ErrorCode::Internal, "the clock is outside the calendar"))?;
    Ok(Plan { terminal_authentication: Some(settings.open(today)?), ..plan })
}
