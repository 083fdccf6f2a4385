#![no_main]
//! Fuzzes the reader of partial results, behind their checksum.

use blitz_model::partial::Partial;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(partial) = Partial::from_content("fuzzed", data) {
        let _ = Partial::merge(vec![("a".into(), partial.clone()), ("b".into(), partial.clone())]);
        let _ = (partial.finish(), partial.finish_curves());
    }
});
