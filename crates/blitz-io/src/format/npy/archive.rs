//! `NumPy`'s `.npz`: named arrays in a ZIP archive, of which one is a recording.

use std::io::BufReader;
use std::sync::Arc;

use zip::{CompressionMethod, ZipArchive};

use super::array::Array;
use super::axes::shape_text;
use super::header::Header;
use super::inflating::{Deflated, Inflating};
use super::source::{InMemory, InflatedFrames, described, frames_of};
use crate::OpenError;
use crate::format::contract::{Format, Grain, Opening};
use crate::names;
use crate::one_file::{Examined, Frames, OneFile};
use crate::parts::Parts;
use crate::read_at::{FileBytes, Part, ReadAt, Stream};
use crate::source::{FrameSource, Group};

/// See [`Format`].
pub(crate) static FORMAT: Format = Format {
    name: "NumPy archive",
    title: "`.npz`",
    suffixes: &["npz"],
    depth: "8, 16, 32, 64",
    reads: "arrays as `.npy`, by name (`--group NAME`; `info --list` lists them), the largest where none is named; stored ones \
            are mapped, deflated ones inflated as they are read",
    refuses: "encryption, other compressions",
    holds_several: true,
    data_sets: "several arrays in a file, of which one opens; files follow each other in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[],
    open: |opening| match &opening.files[..] {
        [_] => open(opening),
        _ => Parts::open(opening, &FORMAT),
    },
};

/// Larger stored arrays are not read for their checksum when they are opened.
const SUMMED: u64 = 256 << 20;

/// An array in the archive.
struct Member {
    /// Without `.npy`.
    name: String,
    place: Deflated,
    is_deflated: bool,
    /// Its header, or why it cannot be read.
    header: Result<Header, String>,
}

impl Member {
    /// Shape and type, or what it is.
    fn what(&self) -> String {
        match &self.header {
            Ok(header) => format!("{} {}", shape_text(&header.shape), header.element.name()),
            Err(_) => "no array of numbers".to_owned(),
        }
    }

    /// Whether it can be frames.
    fn is_picture(&self) -> bool {
        self.header.as_ref().is_ok_and(|header| header.shape.len() >= 2)
    }

    fn group(&self, chosen: bool) -> Group {
        Group {
            name: self.name.clone(),
            suffix: String::new(),
            count: 1,
            loadable: self.is_picture(),
            chosen,
            array: Some(self.what()),
        }
    }
}

fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    OneFile::open(opening, &FORMAT, |file| examine(file, opening))
}

/// The arrays of an archive, as `info --list` lists them.
pub(crate) fn groups(file: &FileBytes) -> Result<Vec<Group>, String> {
    let (members, _) = members(file)?;
    let first = largest(&members);
    Ok(members.iter().enumerate().map(|(i, member)| member.group(Some(i) == first)).collect())
}

fn largest(members: &[Member]) -> Option<usize> {
    let pictures = (0..members.len()).filter(|&i| members[i].is_picture());
    pictures.max_by_key(|&i| (members[i].place.size, std::cmp::Reverse(i)))
}

fn examine(file: &FileBytes, opening: &Opening<'_>) -> Result<Examined<Box<dyn Frames>>, String> {
    let (members, is_cut) = members(file)?;
    let options = opening.options;
    let chosen = chosen(&members, opening)?;
    let member = &members[chosen];
    let mut notes = Vec::new();
    if is_cut {
        notes.push(
            "The archive breaks off before its list of arrays; those before were found one by one."
                .to_owned(),
        );
    }
    let place = member.place;
    let (array, frames): (Array, Box<dyn Frames>);
    let dtype;
    if member.is_deflated {
        let data = Inflating::new(file, place)?;
        array = Array::open(&data, options)?;
        dtype = array.sample_type(&data)?;
        frames = if array.frames_follow() {
            Box::new(InflatedFrames { array: array.clone(), data })
        } else {
            Box::new(InMemory { data: in_memory(&data, options.max_frame_bytes)?, array: array.clone() })
        };
    } else {
        let part = Part::new(file, place.start, place.size);
        if place.size <= SUMMED {
            check(&part, place)?;
        } else {
            notes.push("The array is large and is mapped: its checksum is not compared.".to_owned());
        }
        let mut inside = Array::open(&part, options)?;
        dtype = inside.sample_type(&part)?;
        inside.shift(place.start);
        array = inside;
        frames = Box::new(frames_of(&array, dtype, file, &opening.files[0].path));
    }
    let (mut info, faults) = described(&array, dtype);
    let others: Vec<String> = (0..members.len())
        .filter(|&i| i != chosen)
        .map(|i| format!("{} {}", members[i].name, members[i].what()))
        .collect();
    if !others.is_empty() {
        let are = if others.len() == 1 { "is" } else { "are" };
        notes.push(format!(
            "The array {} of the archive is read; {} {are} not part of this recording (--group NAME opens one).",
            member.name,
            names::join(&others)
        ));
    }
    info.notes.splice(0..0, notes);
    info.groups = members.iter().enumerate().map(|(i, member)| member.group(i == chosen)).collect();
    Ok(Examined { info, faults, frames })
}

/// The array that a person asked for, otherwise the largest.
fn chosen(members: &[Member], opening: &Opening<'_>) -> Result<usize, String> {
    let file = &opening.files[0];
    let listed = || {
        let texts: Vec<String> =
            members.iter().map(|member| format!("{} {}", member.name, member.what())).collect();
        if texts.is_empty() { "nothing".to_owned() } else { names::join(&texts) }
    };
    let own = |wanted: &str| {
        [file.suffix(), file.name.to_lowercase(), file.stem().to_lowercase()].iter().any(|n| n == wanted)
    };
    if let Some(asked) = &opening.options.group {
        let wanted = asked.trim().trim_start_matches('.').to_lowercase();
        let wanted = wanted.strip_suffix(".npy").unwrap_or(&wanted);
        match members.iter().position(|member| member.name.to_lowercase() == wanted) {
            Some(found) => {
                return match &members[found].header {
                    Ok(_) => Ok(found),
                    Err(why) => Err(format!("the array {}: {why}", members[found].name)),
                };
            }
            // The group of a folder that this file is.
            None if own(wanted) => {}
            None => {
                return Err(format!(
                    "--group {asked}: the name of an array is expected; the archive holds {}",
                    listed()
                ));
            }
        }
    }
    largest(members)
        .ok_or_else(|| format!("no array of two axes or more is in the archive; it holds {}", listed()))
}

/// Arrays in the order in which they were written, and whether the list of them was lost.
fn members(file: &FileBytes) -> Result<(Vec<Member>, bool), String> {
    let found = match ZipArchive::new(BufReader::new(Stream::new(file))) {
        Ok(mut archive) => listed(&mut archive)?,
        // A cut file has lost its list, which stands at the end.
        Err(error) => {
            let found = found_one_by_one(file);
            if found.is_empty() {
                return Err(format!("not a readable ZIP archive: {error}"));
            }
            return Ok((arrays(file, found), true));
        }
    };
    Ok((arrays(file, found), false))
}

/// An entry of the archive.
struct Entry {
    name: String,
    place: Deflated,
    /// Whether it is deflated, or why it cannot be read.
    coding: Result<bool, String>,
}

fn arrays(file: &FileBytes, entries: Vec<Entry>) -> Vec<Member> {
    let arrays = entries.into_iter().filter_map(|entry| {
        let Entry { name, place, coding } = entry;
        let name = name.strip_suffix(".npy")?.to_owned();
        let header = coding.clone().and_then(|is_deflated| {
            if is_deflated {
                Header::read(&Inflating::new(file, place)?)
            } else {
                Header::read(&Part::new(file, place.start, place.size))
            }
        });
        Some(Member { name, place, is_deflated: coding.unwrap_or(false), header })
    });
    arrays.collect()
}

fn listed(archive: &mut ZipArchive<BufReader<Stream<'_>>>) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for i in 0..archive.len() {
        let entry = archive.by_index_raw(i).map_err(|error| format!("entry {i} of the archive: {error}"))?;
        let name = entry.name().map_err(|error| format!("entry {i} of the archive: {error}"))?.into_owned();
        let start =
            entry.data_start().ok_or_else(|| format!("the entry {name} of the archive has no place"))?;
        let coding = if entry.encrypted() {
            Err("it is encrypted".to_owned())
        } else {
            match entry.compression() {
                CompressionMethod::Stored => Ok(false),
                CompressionMethod::DEFLATE => Ok(true),
                other => {
                    Err(format!("its compression ({other:?}) is not read; stored and deflated arrays are"))
                }
            }
        };
        let place =
            Deflated { start, stored: entry.compressed_size(), size: entry.size(), crc: entry.crc32() };
        entries.push(Entry { name, place, coding });
    }
    Ok(entries)
}

/// Goes from one entry to the next by what stands before each (APPNOTE.TXT 4.3.7), as far as that says its size.
fn found_one_by_one(file: &FileBytes) -> Vec<Entry> {
    const HEAD: usize = 30;
    let mut entries = Vec::new();
    let mut at = 0;
    loop {
        let mut head = [0; HEAD];
        if file.read_exact_at(at, &mut head).is_err() || !head.starts_with(b"PK\x03\x04") {
            return entries;
        }
        let short = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]);
        let long = |i: usize| u32::from_le_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let mut rest = vec![0; usize::from(short(26)) + usize::from(short(28))];
        // Sizes that stand behind the entry are not known here.
        if short(6) & 8 != 0 || file.read_exact_at(at + HEAD as u64, &mut rest).is_err() {
            return entries;
        }
        let (name, extra) = rest.split_at(usize::from(short(26)));
        let (mut stored, mut size) = (u64::from(long(18)), u64::from(long(22)));
        if let Some(wide) = wide_sizes(extra).filter(|_| size == u64::from(u32::MAX)) {
            (size, stored) = wide;
        }
        let coding = match (short(6) & 1, short(8)) {
            (1, _) => Err("it is encrypted".to_owned()),
            (_, 0) => Ok(false),
            (_, 8) => Ok(true),
            (_, other) => {
                Err(format!("its compression ({other}) is not read; stored and deflated arrays are"))
            }
        };
        let start = at + (HEAD + rest.len()) as u64;
        let place = Deflated { start, stored, size, crc: long(14) };
        entries.push(Entry { name: String::from_utf8_lossy(name).into_owned(), place, coding });
        let Some(next) = start.checked_add(stored) else { return entries };
        at = next;
    }
}

/// Size and stored size of an entry above 4 GB, which stand in an extra field of kind 1.
fn wide_sizes(mut extra: &[u8]) -> Option<(u64, u64)> {
    loop {
        let (&[kind_low, kind_high, low, high], rest) = extra.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_le_bytes([low, high]));
        let field = rest.get(..length)?;
        if (kind_low, kind_high) == (1, 0) {
            let (size, field) = field.split_first_chunk::<8>()?;
            let (stored, _) = field.split_first_chunk::<8>()?;
            return Some((u64::from_le_bytes(*size), u64::from_le_bytes(*stored)));
        }
        extra = &rest[length..];
    }
}

/// Compares a stored array with its checksum, where it is whole.
fn check(part: &Part<'_>, place: Deflated) -> Result<(), String> {
    if part.size() < place.size {
        return Ok(());
    }
    let mut sum = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut at = 0;
    while at < part.size() {
        let n = part.read_at(at, &mut buffer).map_err(|e| e.to_string())?;
        if n == 0 {
            return Ok(());
        }
        sum.update(&buffer[..n]);
        at += n as u64;
    }
    if sum.finalize() == place.crc {
        return Ok(());
    }
    Err("the array's checksum in the archive does not match: some of its samples are damaged".to_owned())
}

/// Frames that are interleaved are inflated all together.
fn in_memory(data: &Inflating, limit: u64) -> Result<Arc<[u8]>, String> {
    let size = data.size();
    if size > limit {
        return Err(format!(
            "its frames are interleaved (Fortran order or unusual axes) and deflated, so that all {size} bytes must be held, \
             more than the limit of {limit}; numpy.savez, which does not compress, or a larger --max-ram help"
        ));
    }
    let mut bytes = vec![0; size as usize];
    data.read_exact_at(0, &mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes.into())
}
