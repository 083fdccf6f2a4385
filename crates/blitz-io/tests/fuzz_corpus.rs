//! The fuzz targets over the fixtures and bounded, repeatable mutations of them.
//! `BLITZ_FUZZ_ROUNDS=20000` looks longer, `BLITZ_FUZZ_SEED=7` elsewhere.

mod common;

use blitz_io::fuzzing;
use common::{data, files};

type Target = fn(&[u8]);

fn target(folder: &str, name: &str) -> Option<Target> {
    match name.rsplit_once('.')?.1 {
        _ if folder.starts_with("signals") => Some(fuzzing::fuzz_signals),
        "npy" => Some(fuzzing::fuzz_npy),
        "npz" => Some(fuzzing::fuzz_npz),
        "png" => Some(fuzzing::fuzz_png),
        "jpg" => Some(fuzzing::fuzz_jpeg),
        "bmp" => Some(fuzzing::fuzz_bmp),
        "tif" | "stk" => Some(fuzzing::fuzz_tiff),
        "pbm" | "pgm" | "ppm" | "pam" => Some(fuzzing::fuzz_pnm),
        "gif" => Some(fuzzing::fuzz_gif),
        "webp" => Some(fuzzing::fuzz_webp),
        "exr" | "hdr" | "qoi" | "tga" => Some(fuzzing::fuzz_pictures),
        "journal" => Some(fuzzing::fuzz_journal),
        "csv" if folder == "tables" => Some(fuzzing::fuzz_times),
        "asc" | "csv" | "dat" | "tsv" | "txt" => Some(fuzzing::fuzz_grid),
        _ => None,
    }
}

/// xorshift: the same mutations on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    const NASTY: [&[u8]; 6] =
        [&[0xff; 4], &[0; 4], &[0x80, 0, 0, 0], &[0x7f, 0xff, 0xff, 0xff], &[1, 0, 0, 0], &[0xff; 8]];
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(3) {
        if out.is_empty() {
            break;
        }
        // Headers are where it matters.
        let reach = if random.below(3) == 0 { out.len() } else { out.len().min(200) };
        let at = random.below(reach);
        match random.below(4) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out[at] = random.below(256) as u8,
            2 => out.truncate(at),
            _ => {
                let nasty = NASTY[random.below(NASTY.len())];
                let end = (at + nasty.len()).min(out.len());
                out[at..end].copy_from_slice(&nasty[..end - at]);
            }
        }
    }
    out
}

/// Gives every chunk of a PNG its right checksum again: mutations shall reach what lies behind it.
fn mend_checksums(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(body) = bytes.get(at + 4..at.saturating_add(8).saturating_add(length)) else { return };
        let crc = !body.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
        });
        let place = at + 8 + length;
        let Some(stored) = bytes.get_mut(place..place + 4) else { return };
        stored.copy_from_slice(&crc.to_be_bytes());
        at = place + 4;
    }
}

/// The same for the chain of a journal, along its lengths as they stand.
fn mend_chain(bytes: &mut [u8]) {
    let crc = |seed: &[u8], bytes: &[u8]| {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(seed);
        hasher.update(bytes);
        hasher.finalize().to_le_bytes()
    };
    let length = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
    };
    let Some(mut end) = length(bytes, 12).and_then(|n| n.checked_add(16)) else { return };
    let (mut start, mut seed) = (0, Vec::new());
    while let Some(part) = bytes.get(start..end) {
        let sum = crc(&seed, part);
        let Some(stored) = bytes.get_mut(end..end + 4) else { return };
        stored.copy_from_slice(&sum);
        seed = sum.to_vec();
        start = end + 4;
        let Some(next) = length(bytes, start).and_then(|n| n.checked_add(start + 5)) else { return };
        end = next;
    }
}

#[test]
fn nothing_panics() {
    let rounds = std::env::var("BLITZ_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(400_usize);
    let other = std::env::var("BLITZ_FUZZ_SEED").ok().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ other << 20);
    for folder in ["good", "bad", "facts", "tables", "signals/good", "signals/bad"] {
        for path in files(&data(folder)) {
            let name = path.file_name().expect("name").to_string_lossy().into_owned();
            let Some(run) = target(folder, &name) else { continue };
            let bytes = std::fs::read(&path).expect("fixture");
            run(&bytes);
            for _ in 0..rounds {
                let mut mutated = mutate(&bytes, &mut random);
                if path.extension().is_some_and(|s| s == "png") && random.below(4) > 0 {
                    mend_checksums(&mut mutated);
                }
                if path.extension().is_some_and(|s| s == "journal") && random.below(4) > 0 {
                    mend_chain(&mut mutated);
                }
                let result = std::panic::catch_unwind(|| run(&mutated));
                assert!(result.is_ok(), "{name}: panics on {mutated:02x?}");
            }
        }
    }
}
