//! Three-letter codes of documents beside two-letter codes of certificates.
//!
//! The issuer in DG1 and the country of its signer must name the same state. Spec: 9303-3 §5; ISO 3166-1; 9303-12
//! §7.1 for the two-letter codes of organisations in certificates.

/// Every code of ISO 3166-1, three letters and two, by the three letters.
#[rustfmt::skip]
const STATES: &[(&str, &str)] = &[
    ("ABW", "AW"), ("AFG", "AF"), ("AGO", "AO"), ("AIA", "AI"), ("ALA", "AX"), ("ALB", "AL"), ("AND", "AD"),
    ("ARE", "AE"), ("ARG", "AR"), ("ARM", "AM"), ("ASM", "AS"), ("ATA", "AQ"), ("ATF", "TF"), ("ATG", "AG"),
    ("AUS", "AU"), ("AUT", "AT"), ("AZE", "AZ"), ("BDI", "BI"), ("BEL", "BE"), ("BEN", "BJ"), ("BES", "BQ"),
    ("BFA", "BF"), ("BGD", "BD"), ("BGR", "BG"), ("BHR", "BH"), ("BHS", "BS"), ("BIH", "BA"), ("BLM", "BL"),
    ("BLR", "BY"), ("BLZ", "BZ"), ("BMU", "BM"), ("BOL", "BO"), ("BRA", "BR"), ("BRB", "BB"), ("BRN", "BN"),
    ("BTN", "BT"), ("BVT", "BV"), ("BWA", "BW"), ("CAF", "CF"), ("CAN", "CA"), ("CCK", "CC"), ("CHE", "CH"),
    ("CHL", "CL"), ("CHN", "CN"), ("CIV", "CI"), ("CMR", "CM"), ("COD", "CD"), ("COG", "CG"), ("COK", "CK"),
    ("COL", "CO"), ("COM", "KM"), ("CPV", "CV"), ("CRI", "CR"), ("CUB", "CU"), ("CUW", "CW"), ("CXR", "CX"),
    ("CYM", "KY"), ("CYP", "CY"), ("CZE", "CZ"), ("DEU", "DE"), ("DJI", "DJ"), ("DMA", "DM"), ("DNK", "DK"),
    ("DOM", "DO"), ("DZA", "DZ"), ("ECU", "EC"), ("EGY", "EG"), ("ERI", "ER"), ("ESH", "EH"), ("ESP", "ES"),
    ("EST", "EE"), ("ETH", "ET"), ("FIN", "FI"), ("FJI", "FJ"), ("FLK", "FK"), ("FRA", "FR"), ("FRO", "FO"),
    ("FSM", "FM"), ("GAB", "GA"), ("GBR", "GB"), ("GEO", "GE"), ("GGY", "GG"), ("GHA", "GH"), ("GIB", "GI"),
    ("GIN", "GN"), ("GLP", "GP"), ("GMB", "GM"), ("GNB", "GW"), ("GNQ", "GQ"), ("GRC", "GR"), ("GRD", "GD"),
    ("GRL", "GL"), ("GTM", "GT"), ("GUF", "GF"), ("GUM", "GU"), ("GUY", "GY"), ("HKG", "HK"), ("HMD", "HM"),
    ("HND", "HN"), ("HRV", "HR"), ("HTI", "HT"), ("HUN", "HU"), ("IDN", "ID"), ("IMN", "IM"), ("IND", "IN"),
    ("IOT", "IO"), ("IRL", "IE"), ("IRN", "IR"), ("IRQ", "IQ"), ("ISL", "IS"), ("ISR", "IL"), ("ITA", "IT"),
    ("JAM", "JM"), ("JEY", "JE"), ("JOR", "JO"), ("JPN", "JP"), ("KAZ", "KZ"), ("KEN", "KE"), ("KGZ", "KG"),
    ("KHM", "KH"), ("KIR", "KI"), ("KNA", "KN"), ("KOR", "KR"), ("KWT", "KW"), ("LAO", "LA"), ("LBN", "LB"),
    ("LBR", "LR"), ("LBY", "LY"), ("LCA", "LC"), ("LIE", "LI"), ("LKA", "LK"), ("LSO", "LS"), ("LTU", "LT"),
    ("LUX", "LU"), ("LVA", "LV"), ("MAC", "MO"), ("MAF", "MF"), ("MAR", "MA"), ("MCO", "MC"), ("MDA", "MD"),
    ("MDG", "MG"), ("MDV", "MV"), ("MEX", "MX"), ("MHL", "MH"), ("MKD", "MK"), ("MLI", "ML"), ("MLT", "MT"),
    ("MMR", "MM"), ("MNE", "ME"), ("MNG", "MN"), ("MNP", "MP"), ("MOZ", "MZ"), ("MRT", "MR"), ("MSR", "MS"),
    ("MTQ", "MQ"), ("MUS", "MU"), ("MWI", "MW"), ("MYS", "MY"), ("MYT", "YT"), ("NAM", "NA"), ("NCL", "NC"),
    ("NER", "NE"), ("NFK", "NF"), ("NGA", "NG"), ("NIC", "NI"), ("NIU", "NU"), ("NLD", "NL"), ("NOR", "NO"),
    ("NPL", "NP"), ("NRU", "NR"), ("NZL", "NZ"), ("OMN", "OM"), ("PAK", "PK"), ("PAN", "PA"), ("PCN", "PN"),
    ("PER", "PE"), ("PHL", "PH"), ("PLW", "PW"), ("PNG", "PG"), ("POL", "PL"), ("PRI", "PR"), ("PRK", "KP"),
    ("PRT", "PT"), ("PRY", "PY"), ("PSE", "PS"), ("PYF", "PF"), ("QAT", "QA"), ("REU", "RE"), ("ROU", "RO"),
    ("RUS", "RU"), ("RWA", "RW"), ("SAU", "SA"), ("SDN", "SD"), ("SEN", "SN"), ("SGP", "SG"), ("SGS", "GS"),
    ("SHN", "SH"), ("SJM", "SJ"), ("SLB", "SB"), ("SLE", "SL"), ("SLV", "SV"), ("SMR", "SM"), ("SOM", "SO"),
    ("SPM", "PM"), ("SRB", "RS"), ("SSD", "SS"), ("STP", "ST"), ("SUR", "SR"), ("SVK", "SK"), ("SVN", "SI"),
    ("SWE", "SE"), ("SWZ", "SZ"), ("SXM", "SX"), ("SYC", "SC"), ("SYR", "SY"), ("TCA", "TC"), ("TCD", "TD"),
    ("TGO", "TG"), ("THA", "TH"), ("TJK", "TJ"), ("TKL", "TK"), ("TKM", "TM"), ("TLS", "TL"), ("TON", "TO"),
    ("TTO", "TT"), ("TUN", "TN"), ("TUR", "TR"), ("TUV", "TV"), ("TWN", "TW"), ("TZA", "TZ"), ("UGA", "UG"),
    ("UKR", "UA"), ("UMI", "UM"), ("URY", "UY"), ("USA", "US"), ("UZB", "UZ"), ("VAT", "VA"), ("VCT", "VC"),
    ("VEN", "VE"), ("VGB", "VG"), ("VIR", "VI"), ("VNM", "VN"), ("VUT", "VU"), ("WLF", "WF"), ("WSM", "WS"),
    ("YEM", "YE"), ("ZAF", "ZA"), ("ZMB", "ZM"), ("ZWE", "ZW"),
];

/// Codes of 9303-3 §5 that are not in ISO 3166-1, or stand for a state that is. The standard gives no two
/// letters for the British ones, whose certificates are Great Britain's; XK for Kosovo is a tolerance.
const SPECIAL: &[(&str, &str)] = &[
    ("D", "DE"),
    ("GBD", "GB"),
    ("GBN", "GB"),
    ("GBO", "GB"),
    ("GBP", "GB"),
    ("GBS", "GB"),
    ("RKS", "KS"),
    ("RKS", "XK"),
    ("EUE", "EU"),
    ("UNO", "UN"),
    ("UNA", "UN"),
    ("UNK", "UN"),
    ("UTO", "UT"),
    ("ANT", "AN"),
    ("NTZ", "NT"),
    ("IAO", "IA"),
];

/// Organisations for whose certificates no two-letter code is known here.
const ORGANISATIONS: &[&str] = &["XBA", "XCC", "XCE", "XCO", "XDC", "XEC", "XES", "XIM", "XMP", "XOM", "XPO"];

/// Codes that say something else than a state or organisation: statelessness, refugees, no nationality.
const STATUS: &[&str] = &["XXA", "XXB", "XXC", "XXX"];

/// What is known of a three-letter code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A state or territory of ISO 3166-1.
    State,
    /// A special code of the standard for a state or an organisation.
    Special,
    /// A holder's status; stands in the place of a nationality, never of an issuer.
    Status,
    /// Not known here.
    Unknown,
}

/// What is known of the code in a document, fillers left out: `VNM`, `D`, `XXA`.
#[must_use]
pub fn kind(code: &str) -> Kind {
    let listed = |table: &[(&str, &str)]| table.iter().any(|(three, _)| *three == code);
    if listed(STATES) {
        Kind::State
    } else if listed(SPECIAL) || ORGANISATIONS.contains(&code) {
        Kind::Special
    } else if STATUS.contains(&code) {
        Kind::Status
    } else {
        Kind::Unknown
    }
}

/// The two-letter codes that certificates use for the three-letter code of a document; none if it is not known.
pub fn two_letter_codes(code: &str) -> impl Iterator<Item = &'static str> {
    let code = code.to_owned();
    STATES.iter().chain(SPECIAL).filter(move |(three, _)| *three == code).map(|(_, two)| *two)
}

/// Whether a document's code and a certificate's country name the same issuer; `None` where the document's code is not
/// known here, so that nothing can be said. Certificates write the two letters in either case, and a few write three.
#[must_use]
pub fn agrees(document_code: &str, certificate_country: &str) -> Option<bool> {
    let wanted = certificate_country.trim().to_ascii_uppercase();
    let mut codes = two_letter_codes(document_code).peekable();
    codes.peek()?;
    Some(wanted == document_code || codes.any(|two| two == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(STATES.is_sorted());
        assert_eq!(STATES.len(), 249);
        assert!(STATES.iter().chain(SPECIAL).all(|(three, two)| three.len() <= 3 && two.len() == 2));
    }

    #[test]
    fn issuers_agree_with_their_signers() {
        for (document, certificate) in [
            ("VNM", "VN"),
            ("VNM", "vn"),
            ("D", "DE"),
            ("DEU", "DE"),
            ("GBD", "GB"),
            ("RKS", "KS"),
            ("UNO", "UN"),
        ] {
            assert_eq!(agrees(document, certificate), Some(true), "{document} {certificate}");
        }
        assert_eq!(agrees("VNM", "VE"), Some(false));
        assert_eq!(agrees("ESP", "DE"), Some(false));
        assert_eq!(agrees("QQQ", "QQ"), None);
        assert_eq!(agrees("XXA", "XX"), None);
        assert_eq!(
            (kind("XXB"), kind("EUE"), kind("VNM"), kind("")),
            (Kind::Status, Kind::Special, Kind::State, Kind::Unknown)
        );
    }
}
