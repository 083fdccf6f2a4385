//! A deflated part of a file, read at any place as if it were not deflated.
//!
//! What is inflated is kept for a while, in blocks. The inflater's state is kept every so often, so that going back costs
//! no more than the blocks from there.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};

use crate::read_at::{FileBytes, ReadAt};

/// Bytes that are inflated at once.
const BLOCK: usize = 1 << 18;
/// Blocks from one kept state (43 kB) to the next.
const STEP: usize = 64;
/// Blocks that are kept: 32 MiB.
const KEPT: usize = 128;
/// Deflate makes no more of a byte.
const MOST: u64 = 1032;

/// Where deflated bytes lie, and what they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deflated {
    pub(super) start: u64,
    /// Bytes in the file.
    pub(super) stored: u64,
    /// Bytes that they stand for.
    pub(super) size: u64,
    /// Checksum of those.
    pub(super) crc: u32,
}

/// See the module's page.
pub(super) struct Inflating {
    file: FileBytes,
    place: Deflated,
    state: Mutex<State>,
}

#[derive(Clone)]
struct Inflater {
    state: Box<InflateState>,
    /// Deflated bytes that it has taken.
    taken: u64,
    /// The block that it makes next.
    next: usize,
}

struct State {
    inflater: Inflater,
    /// States before the blocks 0, [`STEP`], 2 × [`STEP`], ….
    marks: Vec<Inflater>,
    /// Blocks, the one made last at the end.
    kept: VecDeque<(usize, Arc<[u8]>)>,
    /// Of the blocks before `summed`.
    crc: crc32fast::Hasher,
    summed: usize,
    is_wrong: bool,
}

impl Inflating {
    /// # Errors
    /// If so few bytes cannot stand for so many, or the file cannot be opened once more.
    pub(super) fn new(file: &FileBytes, place: Deflated) -> Result<Self, String> {
        if place.size > place.stored.saturating_mul(MOST) {
            let Deflated { size, stored, .. } = place;
            return Err(format!(
                "the archive claims {size} bytes for an array, which {stored} deflated bytes cannot hold"
            ));
        }
        let file = file.file().try_clone().and_then(FileBytes::of).map_err(|e| e.to_string())?;
        let inflater = Inflater { state: InflateState::new_boxed(DataFormat::Raw), taken: 0, next: 0 };
        let state = State {
            inflater,
            marks: Vec::new(),
            kept: VecDeque::new(),
            crc: crc32fast::Hasher::new(),
            summed: 0,
            is_wrong: false,
        };
        Ok(Self { file, place, state: Mutex::new(state) })
    }

    fn block(&self, block: usize) -> Result<Arc<[u8]>, String> {
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_wrong {
            return Err(WRONG.to_owned());
        }
        if let Some((_, bytes)) = state.kept.iter().find(|(kept, _)| *kept == block) {
            return Ok(Arc::clone(bytes));
        }
        let mark = state.marks.iter().rfind(|mark| mark.next <= block);
        if let Some(mark) = mark.filter(|mark| block < state.inflater.next || mark.next > state.inflater.next)
        {
            state.inflater = mark.clone();
        }
        loop {
            let (made, bytes) = self.make(state)?;
            if made == block {
                return Ok(bytes);
            }
        }
    }

    /// Makes the next block.
    fn make(&self, state: &mut State) -> Result<(usize, Arc<[u8]>), String> {
        let block = state.inflater.next;
        if block == state.marks.len() * STEP {
            state.marks.push(state.inflater.clone());
        }
        let at = block as u64 * BLOCK as u64;
        let mut bytes = vec![0; (self.place.size - at).min(BLOCK as u64) as usize];
        self.inflate(&mut state.inflater, &mut bytes).map_err(|(done, why)| {
            // What it would make now is not what stands there.
            state.inflater = state.marks[block / STEP].clone();
            format!("the archive {why} after {} of {} bytes of the array", at + done as u64, self.place.size)
        })?;
        state.inflater.next += 1;
        if block == state.summed {
            state.crc.update(&bytes);
            state.summed += 1;
            if at + bytes.len() as u64 == self.place.size && state.crc.clone().finalize() != self.place.crc {
                state.is_wrong = true;
                return Err(WRONG.to_owned());
            }
        }
        let bytes: Arc<[u8]> = bytes.into();
        if state.kept.len() >= KEPT {
            state.kept.pop_front();
        }
        state.kept.push_back((block, Arc::clone(&bytes)));
        Ok((block, bytes))
    }

    /// Fills `out`; errors come with the bytes that could be made.
    fn inflate(&self, inflater: &mut Inflater, out: &mut [u8]) -> Result<(), (usize, String)> {
        let mut input = [0; 1 << 14];
        let mut done = 0;
        while done < out.len() {
            let left = (self.place.stored - inflater.taken).min(input.len() as u64) as usize;
            let at = self.place.start + inflater.taken;
            let n = self
                .file
                .read_at(at, &mut input[..left])
                .map_err(|e| (done, format!("cannot be read: {e};")))?;
            let found = inflate(&mut inflater.state, &input[..n], &mut out[done..], MZFlush::None);
            inflater.taken += found.bytes_consumed as u64;
            done += found.bytes_written;
            if found.bytes_consumed + found.bytes_written == 0 && done < out.len() {
                let why = if n == 0 || found.status.is_ok() { "breaks off" } else { "is damaged" };
                return Err((done, why.to_owned()));
            }
        }
        Ok(())
    }
}

/// A checksum is of the whole: which sample is wrong nobody knows.
const WRONG: &str = "the array's checksum in the archive does not match: some of its samples are damaged";

impl ReadAt for Inflating {
    fn size(&self) -> u64 {
        self.place.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset >= self.place.size || buf.is_empty() {
            return Ok(0);
        }
        let bytes = self.block((offset / BLOCK as u64) as usize).map_err(io::Error::other)?;
        let from = (offset % BLOCK as u64) as usize;
        let n = buf.len().min(bytes.len() - from);
        buf[..n].copy_from_slice(&bytes[from..from + n]);
        Ok(n)
    }
}

impl fmt::Debug for Inflating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflating").field("place", &self.place).finish_non_exhaustive()
    }
}
