//! One video file: its bytes, its index, and whether going to its keyframes is exact.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use blitz_core::{Cancel, Progress};

use super::avi;
use super::cache::Place;
use super::decoder::{Answer, Decoder, threads};
use super::demux::Demuxer;
use super::ffi::Facts;
use super::index::{CORRUPT, Entry, Found, Index, NO_TIME, Packets, Seeking};
use super::whole;
use crate::read_at::ReadAt;

/// Packets that are rather read and dropped than jumped over.
pub(super) const MAX_SEEK_READ: u32 = 16;

/// See the module's page.
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) name: String,
    suffix: String,
    data: Arc<dyn ReadAt>,
    pub(super) facts: Facts,
    pub(super) index: Index,
    /// Frames that the container promises and that are not there, at the end.
    pub(super) missing: usize,
    /// What went wrong while the index was made, in full sentences.
    pub(super) notes: Vec<String>,
    pub(super) max_pixels: u64,
    located: OnceLock<HashMap<(i64, u32), Option<u32>>>,
    pub(super) seeking: OnceLock<Seeking>,
    pub(super) trying: Mutex<()>,
    /// Where what was found out about the file is kept between runs.
    pub(super) place: Option<Place>,
    /// A demuxer at the beginning of the file, for the first reader.
    fresh: Mutex<Option<Demuxer>>,
    /// Keyframes from which decoding failed although it works from an earlier one.
    distrusted: Mutex<HashSet<u32>>,
    /// Pictures decoded so far.
    pub(super) decoded: AtomicU64,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({}, {} packets)", self.path.display(), self.index.packets.len())
    }
}

impl File {
    /// Opens a file and reads its index, unless it is kept at `place`.
    pub(super) fn open(
        path: PathBuf,
        data: Arc<dyn ReadAt>,
        max_pixels: u64,
        place: Option<Place>,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, String> {
        let suffix = crate::scan::suffix(&path);
        let (mut demuxer, facts) = Demuxer::open(Arc::clone(&data), &suffix, cancel)?;
        let pixels = (facts.width as u64).saturating_mul(facts.height as u64);
        if pixels > max_pixels {
            return Err(format!(
                "the file claims {} × {} pixels, more than the limit of {max_pixels} pixels",
                facts.width, facts.height
            ));
        }
        let known = place.as_ref().and_then(Place::read);
        let is_new = known.is_none();
        let (mut found, fresh) = if let Some(found) = known {
            (found, Some(demuxer.opened()))
        } else {
            let packets = Packets::read(&mut demuxer, &facts, data.size(), cancel, progress)?;
            (Found { packets, decoded: None }, None)
        };
        if found.packets.entries.is_empty() {
            return Err(match found.packets.broken {
                Some(why) => why,
                None => "the video stream has no frames".to_owned(),
            });
        }
        if found.packets.ambiguous && found.decoded.is_none() {
            let (demuxer, _) = Demuxer::open(Arc::clone(&data), &suffix, cancel)?;
            found.decoded = Some(count(demuxer, found.packets.entries.len(), max_pixels, cancel, progress)?);
        }
        if let Some(place) = place.as_ref().filter(|_| is_new) {
            place.write(&found);
        }
        let entries = found.packets.entries.clone();
        let index = match &found.decoded {
            None => Index::by_time(entries),
            Some(Ok(order)) => Index::by_decoding(entries, order),
            Some(Err(frames)) => Index::counted(entries, *frames),
        };
        let index = if facts.counts_slots() {
            let first = avi::first_slot(data.as_ref(), facts.stream).unwrap_or(0);
            index.in_slots(first).unwrap_or(index)
        } else {
            index
        };
        let (missing, notes) = absent(&facts, &found, &index, data.as_ref());
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Ok(Self {
            path,
            name,
            suffix,
            data,
            facts,
            index,
            missing,
            notes,
            max_pixels,
            located: OnceLock::new(),
            seeking: OnceLock::new(),
            trying: Mutex::default(),
            place,
            fresh: Mutex::new(fresh),
            distrusted: Mutex::default(),
            decoded: AtomicU64::new(0),
        })
    }

    /// Frames, those included that are promised and not there.
    pub(super) fn frames(&self) -> usize {
        self.index.frames.len() + self.missing
    }

    /// Why frame `frame` has no picture, where that is known without decoding.
    pub(super) fn why_absent(&self, frame: usize) -> Option<&'static str> {
        if frame >= self.index.frames.len() {
            return Some("the file breaks off before it");
        }
        let is_empty = !self.index.is_counted() && self.index.packet(frame).is_none();
        is_empty.then_some("its slot in the file is empty: the frame was dropped while it was recorded")
    }

    /// Frames that are known to have no picture.
    pub(super) fn absent(&self) -> impl Iterator<Item = usize> {
        self.index.empty_slots().chain(self.index.frames.len()..self.frames())
    }

    /// A demuxer at the beginning of the file with its decoder.
    pub(super) fn open_decoder(&self, threads: usize, cancel: &Cancel) -> Result<(Demuxer, Decoder), String> {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).take();
        let demuxer = match fresh {
            Some(demuxer) => demuxer,
            None => Demuxer::open(Arc::clone(&self.data), &self.suffix, cancel)?.0,
        };
        let parameters = demuxer.parameters().ok_or("the video stream is gone")?;
        let decoder = Decoder::open(parameters, threads, true, self.max_pixels)?;
        Ok((demuxer, decoder))
    }

    /// The time to ask the container for to get to packet `number`.
    pub(super) fn seek_time(&self, number: u32) -> Option<i64> {
        let entry = &self.index.packets[number as usize];
        // Matroska's index holds times of showing, the others' times of decoding.
        let (first, second) = if self.facts.container.starts_with("matroska") {
            (entry.pts, entry.dts)
        } else {
            (entry.dts, entry.pts)
        };
        [first, second].into_iter().find(|&t| t != NO_TIME)
    }

    /// The number of a packet, found by where it lies in the file, or else by its time.
    pub(super) fn locate(&self, packet: &Entry) -> Option<u32> {
        let key = |e: &Entry| if e.pos >= 0 { (e.pos, e.size) } else { (e.pts, u32::MAX) };
        let located = self.located.get_or_init(|| {
            let mut map = HashMap::with_capacity(self.index.packets.len());
            for (number, entry) in self.index.packets.iter().enumerate() {
                map.entry(key(entry)).and_modify(|n| *n = None).or_insert(Some(number as u32));
            }
            map
        });
        located.get(&key(packet)).copied().flatten()
    }

    /// The packet from which `packet` can be decoded, as far as is known.
    pub(super) fn start(&self, packet: u32) -> u32 {
        self.trusted(self.index.start(packet))
    }

    /// A packet before `start` that decoding can begin with.
    pub(super) fn before(&self, start: u32) -> u32 {
        self.trusted(self.index.before(start))
    }

    fn trusted(&self, mut key: u32) -> u32 {
        let distrusted = self.distrusted.lock().unwrap_or_else(PoisonError::into_inner);
        while key > 0 && distrusted.contains(&key) {
            key = self.index.before(key);
        }
        key
    }

    /// Decoding from `key` failed, and worked from an earlier keyframe.
    pub(super) fn distrust(&self, key: u32) {
        self.distrusted.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }

    /// Whether decoding may begin at keyframes, if that has been tried.
    pub(super) fn seeking_known(&self) -> Option<&Seeking> {
        self.seeking.get()
    }

    pub(super) fn seeks_exactly(&self) -> bool {
        matches!(self.seeking.get(), Some(Seeking::Exact { .. }))
    }

    /// Whether a decoder that begins at a keyframe may be strict.
    pub(super) fn jumps_strictly(&self) -> bool {
        !matches!(self.seeking.get(), Some(Seeking::Exact { strict: false, .. }))
    }

    /// Where to begin for the picture of `packet` instead of decoding on from packet `next`, if that is cheaper,
    /// and what it costs; `cost` is that of going there. In decoded frames.
    pub(super) fn jump_pays(&self, packet: u32, next: u32, cost: f64) -> Option<(u32, f64)> {
        let start = self.start(packet);
        let cost = cost + f64::from(packet - start);
        (start > next && cost < f64::from(packet.saturating_sub(next))).then_some((start, cost))
    }
}

/// Frames that the container promises and that are not there, and what to tell people.
fn absent(facts: &Facts, found: &Found, index: &Index, data: &dyn ReadAt) -> (usize, Vec<String>) {
    let mut notes = Vec::new();
    let entries = &found.packets.entries;
    let there = index.frames.len();
    let empty: Vec<usize> = index.empty_slots().collect();
    if let [first, ..] = empty[..] {
        notes.push(format!(
            "{} of {there} frames are empty slots of the file, the first is frame {first}: they were dropped while \
             recording, keep their place in time and count as failed frames.",
            empty.len()
        ));
    }
    let last_is_cut = entries.last().is_some_and(|e| e.is(CORRUPT));
    // It fails by itself, unless it is none that is shown or cannot be told from others.
    let last_fails = last_is_cut && index.frame_of(entries.len() as u32 - 1).is_some();
    let last = entries.iter().max_by_key(|e| e.pos);
    // Tables of contents are exact.
    let (promised, why) = if facts.container.starts_with("mov") && found.decoded.is_none() {
        let promised = usize::try_from(facts.promised).unwrap_or(usize::MAX);
        let packets = entries.len();
        let why = format!("its table names {promised} frames");
        (Some(promised).filter(|&n| n > packets).map(|n| there + (n - packets)), Some(why))
    } else if let Some(why) = whole::breaks_off(&facts.container, data, last) {
        (expected(facts, index), Some(why))
    } else {
        (None, None)
    };
    // A table may have no more frames than there are; boxes that end too early say it as well.
    let is_table = facts.container.starts_with("mov");
    let boxes = || whole::breaks_off(&facts.container, data, last);
    let why = if is_table && promised.is_none() { boxes() } else { why };
    let Some(why) = why
        .or_else(|| found.packets.broken.clone())
        .or_else(|| last_is_cut.then(|| "its last packet is not whole".to_owned()))
    else {
        let page = facts.container.starts_with("ogg").then(|| whole::damaged_page(data)).flatten();
        if let Some(what) = page {
            notes.push(format!(
                "The file is damaged: {what}. The frames in it are missing, one failed frame at the end stands for them."
            ));
            return (1, notes);
        }
        return (0, notes);
    };
    // A count much longer than the file is none. Where there is none, one frame stands for all that are missing,
    // unless the last one that is there fails.
    let counted = promised.map(|n| n.saturating_sub(there)).filter(|&n| n <= 10 * there + 1000);
    let missing = counted.unwrap_or(usize::from(!last_fails));
    // Empty slots are frames as well: the count says where on the time axis the file ends.
    let whole = there - usize::from(last_fails);
    let rest = match (counted, missing) {
        (_, 0) => String::new(),
        (Some(_), 1) => "; the one behind counts as a failed frame".to_owned(),
        (Some(_), n) => format!("; the {n} behind count as failed frames"),
        (None, _) => "; how many are missing is not known, one failed frame stands for them".to_owned(),
    };
    notes.push(format!("The file breaks off after {whole} frames: {why}{rest}."));
    (missing, notes)
}

/// Frames that a file would have that breaks off, where its headers say so.
fn expected(facts: &Facts, index: &Index) -> Option<usize> {
    if facts.container.starts_with("avi") {
        return usize::try_from(facts.promised).ok().filter(|&n| n > 0);
    }
    let (num, den) = facts.rate;
    if !facts.container.starts_with("matroska") || !facts.is_alone || num <= 0 || den <= 0 {
        return None;
    }
    // The duration counts frames only where those that are there are evenly spaced.
    let rate = num as f64 / den as f64;
    let tick = facts.time_base.0 as f64 / facts.time_base.1.max(1) as f64;
    let time = |frame: usize| {
        let pts = index.packets[index.packet(frame)? as usize].pts;
        (pts != NO_TIME).then_some(pts as f64 * tick)
    };
    let last = index.frames.len().checked_sub(1)?;
    // Of those at the end, some that are shown earlier may be missing: not more than any codec reorders.
    let gaps = (time(last)? - time(0)?) * rate - last as f64;
    let is_even = (-0.5..16.5).contains(&gaps);
    // The duration reaches from 0 to the end, and so holds the time before the first frame. Some programs leave that
    // out: then the rest would be shorter than what is there.
    let whole = (facts.seconds * rate).round();
    let frames = ((facts.seconds - time(0)?) * rate).round();
    let frames = if frames < last as f64 + 1.0 { whole } else { frames };
    (is_even && frames >= 1.0 && frames < f64::from(u32::MAX)).then_some(frames as usize)
}

/// Decodes everything to learn which packets give pictures, and in which order.
fn count(
    mut demuxer: Demuxer,
    packets: usize,
    max_pixels: u64,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Result<Vec<u32>, usize>, String> {
    progress.start("counting the video's frames", packets as u64);
    let parameters = demuxer.parameters().ok_or("the video stream is gone")?;
    let mut decoder = Decoder::open(parameters, threads(), true, max_pixels)?;
    let (mut order, mut nameless) = (Vec::new(), false);
    let mut take = |decoder: &mut Decoder| {
        let mut bad = 0;
        loop {
            match decoder.receive() {
                Answer::Picture(number, _) => {
                    let number = number.filter(|&n| (n as usize) < packets);
                    nameless |= number.is_none();
                    order.push(number.unwrap_or(0));
                }
                Answer::Hungry | Answer::End => return,
                Answer::Bad(_) if bad > 64 => return,
                Answer::Bad(_) => bad += 1,
            }
        }
    };
    for number in 0..packets as u32 {
        if cancel.is_cancelled() {
            return Err("cancelled".to_owned());
        }
        let Ok(Some(mut packet)) = demuxer.next() else { break };
        for _ in 0..8 {
            match decoder.send(&mut packet, number) {
                Ok(false) => take(&mut decoder),
                Ok(true) | Err(_) => break,
            }
        }
        take(&mut decoder);
        progress.advance(1);
    }
    decoder.end();
    take(&mut decoder);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    let doubled = sorted.windows(2).any(|pair| pair[0] == pair[1]);
    if order.is_empty() {
        return Err("the decoder gives no picture for any of its packets".to_owned());
    }
    Ok(if nameless || doubled { Err(order.len()) } else { Ok(order) })
}

#[cfg(test)]
mod tests {
    use super::super::index::{HIDDEN, KEY};
    use super::*;

    fn facts() -> Facts {
        Facts {
            container: "ivf".to_owned(),
            codec: "vp8".to_owned(),
            codec_id: 0,
            width: 64,
            height: 48,
            time_base: (1, 25),
            rate: (25, 1),
            promised: 0,
            seconds: 0.0,
            is_alone: true,
            interlaced: false,
            reorders: false,
            is_delayed: false,
            orientation: None,
            aspect: None,
            raw_bits: 0,
            stream: 0,
            streams: 1,
        }
    }

    /// What is told of packets with these flags, one tick apart.
    fn told(flags: &[u8], index: impl Fn(Vec<Entry>) -> Index) -> (usize, String) {
        let packet = |(i, &flags)| Entry { pts: i as i64, dts: i as i64, pos: -1, size: 100, flags };
        let entries: Vec<Entry> = flags.iter().enumerate().map(packet).collect();
        let index = index(entries.clone());
        let found = Found { packets: Packets { entries, ..Packets::default() }, decoded: None };
        let (missing, notes) = absent(&facts(), &found, &index, &[0_u8; 8].as_slice());
        (missing, notes.concat())
    }

    #[test]
    fn a_file_that_is_cut_breaks_off_behind_its_last_whole_frame() {
        let cut = |flags: &[u8], index: fn(Vec<Entry>) -> Index, frames: usize, missing: usize| {
            let (found, notes) = told(flags, index);
            assert!(notes.contains(&format!("breaks off after {frames} frames: its last packet")), "{notes}");
            assert_eq!(found, missing, "{notes}");
        };
        assert_eq!(told(&[KEY, 0], Index::by_time), (0, String::new()));
        cut(&[KEY, 0, 0, CORRUPT], Index::by_time, 3, 0);
        // What is cut is no frame, so one stands for what is missing.
        cut(&[KEY, 0, 0, CORRUPT | HIDDEN], Index::by_time, 3, 1);
        cut(&[KEY, 0, 0, CORRUPT], |entries| Index::by_decoding(entries, &[0, 1, 2]), 3, 1);
        cut(&[KEY, 0, 0, CORRUPT], |entries| Index::counted(entries, 3), 3, 1);
        cut(&[KEY | HIDDEN, CORRUPT | HIDDEN], Index::by_time, 0, 1);
        // Frames 2 and 4 are empty.
        let slots = |mut entries: Vec<Entry>| {
            for (entry, slot) in entries.iter_mut().zip([0, 1, 3, 5]) {
                entry.dts = slot;
            }
            Index::by_time(entries).in_slots(0).expect("empty slots")
        };
        cut(&[KEY, KEY, KEY, KEY | CORRUPT], slots, 5, 0);
    }
}
