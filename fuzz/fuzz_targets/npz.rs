#![no_main]
//! Fuzzes archives of arrays; the target itself lives in `blitz_io::fuzzing`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| blitz_io::fuzzing::fuzz_npz(data));
