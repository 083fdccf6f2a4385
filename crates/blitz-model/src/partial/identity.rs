//! Which recording a partial result is of, and what the files hold that its recipe names.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use blitz_core::Stack;

use super::checksum::Checksum;

/// Bytes that are read at either end of a file.
const END: u64 = 4096;

/// Files whose bytes are looked at, spread over the recording.
const LOOKED_AT: usize = 64;

/// Bytes of a reference or mask that are held at a time.
const CHUNK: u64 = 1 << 20;

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
    Ok(digits(sum))
}

/// 128 bits, as hexadecimal digits, over all bytes of a reference or mask: a file, or the files of a folder with their
/// names (those that are hidden and folders inside are no part of a recording). Ends are not enough: a mask that was
/// drawn anew may differ by one pixel in its middle, and all of it is read for the result, too.
///
/// # Errors
/// If it cannot be read.
pub(super) fn contents(path: &Path) -> Result<String, (PathBuf, io::Error)> {
    let fault = |path: &Path| {
        let path = path.to_path_buf();
        move |error| (path, error)
    };
    let mut sum = Checksum::NEW;
    if !path.metadata().map_err(fault(path))?.is_dir() {
        whole(path, &mut sum).map_err(fault(path))?;
        return Ok(digits(sum));
    }
    let entries: io::Result<Vec<PathBuf>> =
        path.read_dir().map_err(fault(path))?.map(|entry| Ok(entry?.path())).collect();
    let mut entries = entries.map_err(fault(path))?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && entry.is_file() {
            sum.add(name.as_bytes());
            whole(&entry, &mut sum).map_err(fault(&entry))?;
        }
    }
    Ok(digits(sum))
}

fn digits(sum: Checksum) -> String {
    format!("{:032x}", sum.finish())
}

fn whole(path: &Path, sum: &mut Checksum) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        file.by_ref().take(CHUNK).read_to_end(&mut bytes)?;
        // The empty one at the end, too: it keeps files apart that follow each other.
        sum.add(&bytes);
        if bytes.is_empty() {
            return Ok(());
        }
    }
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
