//! What every command starts from: output, site, profiles, trust store, the present moment.

use std::sync::Arc;

use firmware_profiles::Catalogue;
use reader_core::wire::date::{Date, Timestamp};

use super::args::Common;
use super::output::Output;
use crate::audit::{AuditLog, Recorder};
use crate::config::{self, Site, SiteError};
use crate::failure::{ErrorCode, Failure};
use crate::outbox::OutboxSettings;
use crate::staff::StaffFile;
use crate::text::Language;
use crate::trust::TrustFolder;

/// The options of every command, resolved as far as a command asks for them.
pub struct Context {
    common: Common,
    /// Where and how to print.
    pub output: Output,
    /// The present moment.
    pub now: Timestamp,
}

impl Context {
    /// Resolves language and clock.
    ///
    /// # Errors
    /// `--lang` names no language.
    pub fn new(common: Common) -> Result<Self, Failure> {
        let language = match &common.lang {
            Some(code) => Language::from_code(code).ok_or_else(|| {
                let known: Vec<&str> = Language::all().map(Language::code).collect();
                Failure::new(ErrorCode::Usage, format!("--lang {code}: there are {}", known.join(", ")))
            })?,
            None => language_of_environment(),
        };
        let output = Output::new(common.json, common.quiet, language);
        Ok(Self { common, output, now: Timestamp(jiff::Timestamp::now().as_second()) })
    }

    /// The language of `--lang`, if it was given.
    #[cfg(feature = "kiosk")]
    #[must_use]
    pub fn asked_language(&self) -> Option<Language> {
        self.common.lang.as_deref().and_then(Language::from_code)
    }

    /// The present day.
    ///
    /// # Errors
    /// The clock is outside the calendar.
    pub fn today(&self) -> Result<Date, Failure> {
        self.now.date().ok_or_else(|| Failure::new(ErrorCode::Internal, "the clock is outside the calendar"))
    }

    /// The site of `--site`, or the basic one.
    ///
    /// # Errors
    /// It is unknown or faulty.
    pub fn site(&self) -> Result<Arc<Site>, Failure> {
        let name = self.common.site.as_deref().unwrap_or("base");
        config::load(name).map(Arc::new).map_err(|error| not_loaded(&error))
    }

    /// The built-in profiles, with those of `--profiles` over them.
    ///
    /// # Errors
    /// Faulty profiles; all faults are listed.
    pub fn catalogue(&self) -> Result<Catalogue, Failure> {
        let loaded = match &self.common.profiles {
            Some(folder) => Catalogue::with_folder(folder),
            None => Catalogue::built_in(),
        };
        loaded.map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failure::new(ErrorCode::BadProfiles, lines.join("\n"))
        })
    }

    /// The audit log of `--audit`; `None` where none was named.
    #[must_use]
    pub fn named_audit(&self) -> Option<AuditLog> {
        self.common.audit.as_deref().map(AuditLog::at)
    }

    /// What records a verification: the log of `--audit`, or the platform's. Simulated chips leave no trace in the latter.
    #[must_use]
    pub fn recorder(&self, simulated: bool) -> Recorder {
        let of_platform = || AuditLog::of_platform().filter(|_| !simulated);
        Recorder::new(self.named_audit().or_else(of_platform))
    }

    /// The audit log of `--audit`, or the platform's.
    ///
    /// # Errors
    /// The platform has no folder for data and none was given.
    pub fn audit(&self) -> Result<AuditLog, Failure> {
        self.named_audit().or_else(AuditLog::of_platform).ok_or_else(|| {
            Failure::new(ErrorCode::AuditUnusable, "this platform names no folder for the audit log")
                .with_remedy("Name one with --audit DIR.")
        })
    }

    /// The outbox of `--outbox`, or the platform's, by the site's settings.
    ///
    /// # Errors
    /// The platform has no folder for data and none was given.
    pub fn outbox(&self, site: &Site) -> Result<OutboxSettings, Failure> {
        let folder = self.common.outbox.clone().or_else(OutboxSettings::folder_of_platform);
        let folder = folder.ok_or_else(|| {
            Failure::new(ErrorCode::OutboxUnusable, "this platform names no folder for the outbox")
                .with_remedy("Name one with --outbox DIR.")
        })?;
        Ok(OutboxSettings { folder, key: site.outbox.key.clone(), bounds: site.outbox.bounds })
    }

    /// The staff's accounts of `--staff`, or the platform's.
    ///
    /// # Errors
    /// The platform has no folder for data and none was given.
    pub fn staff(&self) -> Result<StaffFile, Failure> {
        self.common.staff.as_deref().map(StaffFile::at).or_else(StaffFile::of_platform).ok_or_else(|| {
            Failure::new(ErrorCode::StaffUnusable, "this platform names no folder for the staff's accounts")
                .with_remedy("Name a file with --staff FILE.")
        })
    }

    /// The trust store of `--trust`, or the platform's.
    ///
    /// # Errors
    /// The platform has no folder for data and none was given.
    pub fn trust(&self) -> Result<TrustFolder, Failure> {
        match &self.common.trust {
            Some(folder) => Ok(TrustFolder::at(folder)),
            None => TrustFolder::of_platform().ok_or_else(|| {
                Failure::new(ErrorCode::NoTrust, "this platform names no folder for the trust store")
                    .with_remedy("Name one with --trust DIR.")
            }),
        }
    }
}

/// Why there is no site, with what to do.
pub(super) fn not_loaded(error: &SiteError) -> Failure {
    let failure = Failure::new(ErrorCode::BadSite, error.to_string());
    match error {
        SiteError::Unknown { .. } => {
            failure.with_remedy("Name one of these, or give the path of a site file with --site.")
        }
        SiteError::Unreadable { .. } => failure.with_remedy("Check the path and its permissions."),
        SiteError::Faulty { .. } => failure,
    }
}

/// `LC_ALL`, `LC_MESSAGES` or `LANG`, else English.
fn language_of_environment() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .and_then(|value| Language::from_code(&value))
        .unwrap_or(Language::ENGLISH)
}
