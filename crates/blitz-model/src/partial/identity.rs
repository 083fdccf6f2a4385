//! Which recording a partial result is of.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use blitz_core::Stack;

use super::checksum::Checksum;

/// Bytes that are read at either end of a file.
const END: u64 = 4096;

/// Files whose bytes are looked at, spread over the recording.
const LOOKED_AT: usize = 64;

/// 128 bits, as hexadecimal digits, over names and sizes of all files of a recording and over both ends of up to
/// 64 of them: the same for a copy in another place, another one where a file was exchanged, added or taken away.
/// Times do not count, since copies may have others.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn identity(stack: &Stack) -> Result<String, (PathBuf, io::Error)> {
    let mut sum = Checksum::NEW;
    let mut files: Vec<PathBuf> = Vec::new();
    for frame in 0..stack.source_frames {
        let meta = stack.catalog.meta(frame);
        sum.add(meta.name.as_bytes());
        if let Some(file) = meta.file.filter(|file| files.last() != Some(file)) {
            sum.add(&meta.file_bytes.to_le_bytes());
            files.push(file);
        }
    }
    let step = files.len().div_ceil(LOOKED_AT).max(1);
    for file in files.iter().step_by(step) {
        ends(file, &mut sum).map_err(|error| (file.clone(), error))?;
    }
    Ok(format!("{:032x}", sum.finish()))
}

fn ends(path: &Path, sum: &mut Checksum) -> io::Result<()> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    for start in [0, size.saturating_sub(END)] {
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.by_ref().take(END).read_to_end(&mut bytes)?;
        sum.add(&bytes);
    }
    Ok(())
}
