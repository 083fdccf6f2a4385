#![no_main]
//! Fuzzes reading video; the target itself lives in `blitz_io::fuzzing`. Seeds are made by the tests:
//! `BLITZ_FUZZ_SEEDS=$PWD/fuzz/corpus/video cargo test -p blitz-io --test video mutated_files`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| blitz_io::fuzzing::fuzz_video(data));
