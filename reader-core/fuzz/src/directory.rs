//! Files of a directory.

use reader_core::pki::{Fingerprint, Pins, Provenance, TrustBuilder, TrustSnapshot};
use reader_core::wire::date::Timestamp;
use reader_core::wire::ldif;

/// A file of a directory: its records, and what a store that trusts the first country certificate in it takes.
pub fn ldif_file(bytes: &[u8]) -> bool {
    let mut any = false;
    let mut authorities = Vec::new();
    for record in ldif::records(bytes) {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        match record {
            Ok(record) => {
                any = true;
                assert!(record.line >= 1 && record.line <= lines);
                if let ldif::Change::Add(attributes) = &record.change {
                    for value in attributes {
                        let Ok(decoded) = value.value() else { continue };
                        assert!(decoded.len() <= bytes.len(), "nothing grows by being decoded");
                        if value.is("cACertificate") {
                            authorities.push(Fingerprint::of(&decoded));
                        }
                    }
                }
            }
            Err(error) => assert!(error.line >= 1 && error.line <= lines, "{error}"),
        }
    }
    let provenance = Provenance { source: String::new(), imported_at: Timestamp(0) };
    let mut store = TrustBuilder::new();
    let pins: Pins = authorities.into_iter().take(1).collect();
    let imported = store.add_ldif(bytes, &provenance, &pins);
    assert!(imported.removed.len() <= imported.added.len(), "what was never there was taken away");
    let trust = store.build();
    assert_eq!(TrustSnapshot::from_packs(trust.packs()).map(|again| again.id()), Ok(trust.id()));
    any
}
