#![no_main]
//! Fuzzes the reader of signals beside a recording; the target itself lives in `blitz_io::fuzzing`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| blitz_io::fuzzing::fuzz_signals(data));
