//! From a site file to what the session does with a chip.

use firmware_profiles::Catalogue;
use reader_core::session::{ActiveAuthentication, BacFallback, Plan};

use crate::config::{FallBack, SignChallenge, Site};

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
