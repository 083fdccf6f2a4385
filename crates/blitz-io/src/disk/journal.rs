//! The journal of a cached recording: what it is, and which frames are there. Bytes in, facts out; no files.
//!
//! # Format, version 1 (integers are little-endian)
//!
//! | Bytes | What |
//! |---|---|
//! | 8 | `BLITZDC` and a zero |
//! | 4 | version, 1 |
//! | 4 | length n of the description, at most 1 MiB |
//! | n | description, below |
//! | 4 | CRC-32 of everything before |
//! | … | records |
//!
//! Description: `id` (16 bytes), `fingerprint` (16), `created` (u64, seconds since 1970), byte order of the samples
//! (u8: 1 little, 2 big), element type (u8, see [`code`]), height, width, channels (u32 each), frames (u64), then
//! three texts, each a u32 length and UTF-8: name, path, load options.
//!
//! A record is a u32 length m of its body, a kind (u8), the body (m bytes), and the CRC-32 of the checksum before
//! it, the length, the kind and the body. Checksums are a chain, so records that are missing, doubled, out of
//! order or of another journal do not pass.
//!
//! | Kind | Body |
//! |---|---|
//! | 1, a frame is there | frame (u64), CRC-32 of its bytes in the file of frames (u32), missing samples that became 0 (u64) |
//! | 2, a frame failed | frame (u64), source frame (u64), reason (text), whether a file follows (u8), its path (text, the system's bytes) |
//! | 3, complete | modification time of the file of frames: seconds since 1970 (u64), nanoseconds (u32) |
//!
//! Reading stops at the first record that is cut, unknown or does not match its checksum: it and what follows it
//! were never written. A later record of a frame replaces an earlier one. *Complete* holds only as the last record
//! and only if each frame has one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use blitz_core::{DType, FrameFault, FrameShape, Layout};

const MAGIC: &[u8; 8] = b"BLITZDC\0";
const VERSION: u32 = 1;
/// Most bytes of a description.
const LONGEST: usize = 1 << 20;
const ORDER: u8 = if cfg!(target_endian = "little") { 1 } else { 2 };

/// What a cached recording is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Names the recording and how it is read: the same paths and options have the same id.
    pub id: [u8; 16],
    /// Stands for the state of the files and the program that reads them: another one makes the frames stale.
    pub fingerprint: [u8; 16],
    /// Layout of every frame.
    pub layout: Layout,
    /// Frames.
    pub frames: usize,
    /// Short name of the recording.
    pub name: String,
    /// What the person opened.
    pub path: String,
    /// Load options in words.
    pub options: String,
}

/// What a journal says of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Its bytes were written.
    Ready {
        /// CRC-32 of the bytes.
        checksum: u32,
        /// Missing samples that became 0 because integers were asked for.
        lost: u64,
    },
    /// It cannot be read.
    Failed(FrameFault),
}

/// A journal that was read.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    pub(super) description: Description,
    pub(super) created: SystemTime,
    pub(super) entries: BTreeMap<usize, Entry>,
    /// When the file of frames was last written, if the journal says that all is there.
    pub(super) complete: Option<SystemTime>,
    /// Bytes that count; what follows was never written as a whole.
    pub(super) length: usize,
    /// Checksum that the next record continues.
    pub(super) chain: u32,
}

/// Code of an element type in a description.
fn code(dtype: DType) -> u8 {
    match dtype {
        DType::U8 => 1,
        DType::U16 => 2,
        DType::U32 => 3,
        DType::I16 => 4,
        DType::I32 => 5,
        DType::F32 => 6,
        DType::F64 => 7,
    }
}

fn dtype(code: u8) -> Option<DType> {
    Some(match code {
        1 => DType::U8,
        2 => DType::U16,
        3 => DType::U32,
        4 => DType::I16,
        5 => DType::I32,
        6 => DType::F32,
        7 => DType::F64,
        _ => return None,
    })
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text);
}

/// At most this many bytes of a text are kept, cut between characters.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(64 << 10)]
}

impl Description {
    /// The head of a journal, and the checksum that its first record continues.
    pub(super) fn head(&self, created: SystemTime) -> (Vec<u8>, u32) {
        let mut body = Vec::new();
        body.extend(self.id);
        body.extend(self.fingerprint);
        body.extend(seconds(created).0.to_le_bytes());
        body.extend([ORDER, code(self.layout.dtype)]);
        let FrameShape { height, width, channels } = self.layout.frame;
        for side in [height, width, channels] {
            body.extend((side as u32).to_le_bytes());
        }
        body.extend((self.frames as u64).to_le_bytes());
        for text in [&self.name, &self.path, &self.options] {
            put_text(&mut body, shortened(text).as_bytes());
        }
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend((body.len() as u32).to_le_bytes());
        out.extend(body);
        let checksum = crc32fast::hash(&out);
        out.extend(checksum.to_le_bytes());
        (out, checksum)
    }

    /// Whether frames of one stand for those of the other. Names differ where the same files are opened another way.
    pub(super) fn stands_for(&self, other: &Self) -> bool {
        let key = |d: &Self| (d.id, d.fingerprint, d.layout, d.frames);
        key(self) == key(other)
    }

    /// Bytes of all frames; `None` where that is more than a file can have.
    pub(super) fn bytes(&self) -> Option<u64> {
        let samples = self.layout.frame.checked_samples()?;
        let bytes = samples.checked_mul(self.layout.dtype.size())?.checked_mul(self.frames)?;
        i64::try_from(bytes).ok().map(|bytes| bytes as u64)
    }
}

impl Entry {
    /// The record that says so of `frame`; `chain` is the checksum before it and becomes its own.
    pub(super) fn record(&self, frame: usize, chain: &mut u32) -> Vec<u8> {
        let mut body = (frame as u64).to_le_bytes().to_vec();
        let kind = match self {
            Self::Ready { checksum, lost } => {
                body.extend(checksum.to_le_bytes());
                body.extend(lost.to_le_bytes());
                1
            }
            Self::Failed(fault) => {
                body.extend((fault.frame as u64).to_le_bytes());
                put_text(&mut body, shortened(&fault.reason).as_bytes());
                body.push(u8::from(fault.file.is_some()));
                if let Some(file) = &fault.file {
                    put_text(&mut body, &path_bytes(file));
                }
                2
            }
        };
        record(kind, &body, chain)
    }
}

/// The record that says that all is there, the file of frames last written at `modified`.
pub(super) fn complete_record(modified: SystemTime, chain: &mut u32) -> Vec<u8> {
    let (seconds, nanoseconds) = seconds(modified);
    let mut body = seconds.to_le_bytes().to_vec();
    body.extend(nanoseconds.to_le_bytes());
    record(3, &body, chain)
}

fn record(kind: u8, body: &[u8], chain: &mut u32) -> Vec<u8> {
    let mut out = (body.len() as u32).to_le_bytes().to_vec();
    out.push(kind);
    out.extend(body);
    *chain = linked(*chain, &out);
    out.extend(chain.to_le_bytes());
    out
}

fn linked(chain: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&chain.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

fn seconds(time: SystemTime) -> (u64, u32) {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs(), since.subsec_nanos())
}

fn time(seconds: u64, nanoseconds: u32) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds.min(999_999_999)))
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::new(String::from_utf8_lossy(bytes).as_ref()))
}

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn size(&mut self) -> Option<usize> {
        self.u64().and_then(|n| usize::try_from(n).ok())
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    fn words(&mut self) -> Option<String> {
        self.text().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

impl Journal {
    /// Reads a journal as far as it was written.
    ///
    /// # Errors
    /// What was found instead of a head, if there is none of this version.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut input = Bytes(bytes);
        if input.take(8) != Some(MAGIC) {
            return Err("it does not begin as a journal of cached frames".to_owned());
        }
        let cut = || format!("its head is cut short ({} bytes)", bytes.len());
        let version = input.u32().ok_or_else(cut)?;
        if version != VERSION {
            return Err(format!("it has version {version}; version {VERSION} is read"));
        }
        let length = input.u32().ok_or_else(cut)? as usize;
        if length > LONGEST {
            return Err(format!("its description claims {length} bytes; at most {LONGEST} are read"));
        }
        let body = input.take(length).ok_or_else(cut)?;
        let chain = input.u32().ok_or_else(cut)?;
        if chain != crc32fast::hash(&bytes[..16 + length]) {
            return Err("the checksum of its head does not match".to_owned());
        }
        let (description, created) =
            describe(Bytes(body)).ok_or("its description is not one of this machine")?;
        let mut journal = Self {
            description,
            created,
            entries: BTreeMap::new(),
            complete: None,
            length: 20 + length,
            chain,
        };
        while journal.record(&mut input).is_some() {}
        if journal.entries.len() != journal.description.frames {
            journal.complete = None;
        }
        Ok(journal)
    }

    /// Takes the next record; `None` where nothing whole follows.
    fn record(&mut self, input: &mut Bytes<'_>) -> Option<()> {
        let start = input.0;
        let length = input.u32()? as usize;
        let kind = input.u8()?;
        let mut body = Bytes(input.take(length)?);
        let checksum = input.u32()?;
        let whole = length.checked_add(5)?;
        if checksum != linked(self.chain, &start[..whole]) {
            return None;
        }
        match kind {
            1 | 2 => {
                let frame = body.size().filter(|&frame| frame < self.description.frames)?;
                let entry = if kind == 1 {
                    Entry::Ready { checksum: body.u32()?, lost: body.u64()? }
                } else {
                    let (source, reason) = (body.size()?, body.words()?);
                    let file = if body.u8()? == 1 { Some(path_of(body.text()?)) } else { None };
                    Entry::Failed(FrameFault { file, frame: source, reason })
                };
                self.entries.insert(frame, entry);
                self.complete = None;
            }
            3 => self.complete = Some(time(body.u64()?, body.u32()?)?),
            _ => return None,
        }
        self.chain = checksum;
        self.length += whole + 4;
        Some(())
    }
}

fn describe(mut body: Bytes<'_>) -> Option<(Description, SystemTime)> {
    let (id, fingerprint) = (body.array()?, body.array()?);
    let created = time(body.u64()?, 0)?;
    if body.u8()? != ORDER {
        return None;
    }
    let dtype = dtype(body.u8()?)?;
    let mut side = || body.u32().map(|n| n as usize);
    let frame = FrameShape::new(side()?, side()?, side()?);
    let frames = body.size()?;
    let description = Description {
        id,
        fingerprint,
        layout: Layout { frame, dtype },
        frames,
        name: body.words()?,
        path: body.words()?,
        options: body.words()?,
    };
    description.bytes()?;
    Some((description, created))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn description(frames: usize) -> Description {
        Description {
            id: [7; 16],
            fingerprint: [9; 16],
            layout: Layout { frame: FrameShape::new(2, 3, 1), dtype: DType::U16 },
            frames,
            name: "jet".to_owned(),
            path: "/data/jet".to_owned(),
            options: "every 2".to_owned(),
        }
    }

    fn entries() -> Vec<Entry> {
        let file = Some(PathBuf::from("/data/jet/2.png"));
        vec![
            Entry::Ready { checksum: 17, lost: 0 },
            Entry::Failed(FrameFault { file, frame: 4, reason: "cut short".to_owned() }),
            Entry::Ready { checksum: 99, lost: 3 },
        ]
    }

    /// A journal, and where its head and each record end.
    fn written() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut chain) = description(3).head(SystemTime::now());
        let mut ends = vec![bytes.len()];
        for (frame, entry) in entries().iter().enumerate() {
            bytes.extend(entry.record(frame, &mut chain));
            ends.push(bytes.len());
        }
        bytes.extend(complete_record(time(1_000, 5).expect("a time"), &mut chain));
        ends.push(bytes.len());
        (bytes, ends)
    }

    #[test]
    fn what_is_written_is_read() {
        let (bytes, _) = written();
        let journal = Journal::parse(&bytes).expect("whole");
        assert_eq!(journal.description, description(3));
        assert_eq!(journal.entries.into_values().collect::<Vec<_>>(), entries());
        assert_eq!(journal.complete, time(1_000, 5));
        assert_eq!(journal.length, bytes.len());
    }

    #[test]
    fn cut_anywhere_it_holds_what_was_whole() {
        let (bytes, ends) = written();
        for cut in 0..bytes.len() {
            let whole = ends.iter().filter(|&&end| end <= cut).count();
            match Journal::parse(&bytes[..cut]) {
                Err(reason) => assert!(whole == 0 && !reason.is_empty(), "{cut}: {reason}"),
                Ok(journal) => {
                    assert_eq!(journal.entries.len(), whole - 1, "{cut}");
                    assert_eq!(journal.length, ends[whole - 1], "{cut}");
                    assert!(journal.complete.is_none(), "{cut}");
                }
            }
        }
    }

    #[test]
    fn a_changed_bit_ends_the_journal_before_it() {
        let (bytes, ends) = written();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let before = ends.iter().filter(|&&end| end <= at).count();
            match Journal::parse(&changed) {
                Err(_) => assert_eq!(before, 0, "{at}"),
                Ok(journal) => assert_eq!(journal.entries.len(), before - 1, "{at}"),
            }
        }
    }

    #[test]
    fn records_that_are_missing_doubled_or_foreign_do_not_pass() {
        let (bytes, ends) = written();
        let part = |i: usize| &bytes[ends[i]..ends[i + 1]];
        let head = &bytes[..ends[0]];
        let read = |parts: &[&[u8]]| Journal::parse(&parts.concat()).expect("a head").entries.len();
        assert_eq!(read(&[head, part(1), part(2)]), 0, "the first is missing");
        assert_eq!(read(&[head, part(0), part(0), part(1)]), 1, "doubled");
        let (other, _) = Description { id: [8; 16], ..description(3) }.head(SystemTime::now());
        assert_eq!(read(&[&other, part(0), part(1)]), 0, "of another recording");
    }

    #[test]
    fn complete_holds_only_at_the_end_and_for_all_frames() {
        let (head, chain) = description(2).head(SystemTime::now());
        let ready = Entry::Ready { checksum: 1, lost: 0 };
        let build = |order: &[Option<usize>]| {
            let (mut bytes, mut chain) = (head.clone(), chain);
            for step in order {
                bytes.extend(match step {
                    Some(frame) => ready.record(*frame, &mut chain),
                    None => complete_record(SystemTime::UNIX_EPOCH, &mut chain),
                });
            }
            Journal::parse(&bytes).expect("a head").complete.is_some()
        };
        assert!(build(&[Some(1), Some(0), None]));
        assert!(!build(&[Some(1), None]), "a frame is missing");
        assert!(!build(&[Some(0), Some(1), None, Some(0)]), "a frame was written again");
        assert!(!build(&[Some(2), Some(0), Some(1), None]), "no such frame: nothing after it counts");
    }
}
