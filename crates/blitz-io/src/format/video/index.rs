//! The index of a video: its packets, and with them its frames, before anything is decoded.
//!
//! Frames are numbered in the order in which the decoder gives them, which is that of their times. A packet is
//! named by its place in the file (its *number*); each packet goes into the decoder with its number for a time,
//! so that the picture which comes out says where it came from, whatever the container's times look like.

use blitz_core::{Cancel, Progress};

use super::demux::Demuxer;
use super::ffi::{self, Facts};

/// Time of a packet that has none.
pub(super) const NO_TIME: i64 = i64::MIN;
/// Packet without a frame, frame without a packet.
pub(super) const NONE: u32 = u32::MAX;
/// Frame without a packet: its slot in the file is empty.
const EMPTY: u32 = u32::MAX - 1;

pub(super) const KEY: u8 = 1;
pub(super) const CORRUPT: u8 = 2;
/// Outside of the edit list: decoded because others need it, not shown.
pub(super) const HIDDEN: u8 = 4;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// When it is shown, in ticks.
    pub(super) pts: i64,
    /// When it is decoded, in ticks.
    pub(super) dts: i64,
    /// Byte in the file, −1 where unknown.
    pub(super) pos: i64,
    /// Bytes.
    pub(super) size: u32,
    pub(super) flags: u8,
}

impl Entry {
    pub(super) fn of(packet: &ffmpeg_next::Packet) -> Self {
        let flags = ffi::packet_flags(packet);
        let bit = |from: i32, to: u8| if flags & from != 0 { to } else { 0 };
        Self {
            pts: packet.pts().unwrap_or(NO_TIME),
            dts: packet.dts().unwrap_or(NO_TIME),
            pos: packet.position() as i64,
            size: packet.size() as u32,
            flags: bit(1, KEY) | bit(2, CORRUPT) | bit(4, HIDDEN),
        }
    }

    pub(super) fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether both are the same packet, as far as each says.
    pub(super) fn same(&self, other: &Self) -> bool {
        let agree = |a: i64, b: i64, unknown: i64| a == b || a == unknown || b == unknown;
        self.size == other.size && agree(self.pos, other.pos, -1) && agree(self.pts, other.pts, NO_TIME)
    }
}

/// What the packets of a file are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Packets {
    pub(super) entries: Vec<Entry>,
    /// Why reading ended before the end of the file.
    pub(super) broken: Option<String>,
    /// Whether only decoding can tell which packets give pictures.
    pub(super) ambiguous: bool,
}

impl Packets {
    /// Reads all packets without decoding any. Cost: one pass over the file.
    pub(super) fn read(
        demuxer: &mut Demuxer,
        facts: &Facts,
        file_bytes: u64,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, String> {
        let mut found = Self { ambiguous: facts.interlaced, ..Self::default() };
        progress.start("reading the video's index", file_bytes);
        let mut seen = 0;
        loop {
            if cancel.is_cancelled() {
                return Err("cancelled".to_owned());
            }
            match demuxer.next() {
                Ok(Some(packet)) => {
                    let mut entry = Entry::of(&packet);
                    // VP8 hides reference pictures in packets of their own; one bit says so.
                    let shown = packet.data().is_none_or(|d| d.first().is_none_or(|b| b & 0x10 != 0));
                    if facts.codec_id == ffi::VP8 && !shown {
                        entry.flags |= HIDDEN;
                    }
                    // Placeholders for dropped pictures ("not coded").
                    found.ambiguous |= facts.codec_id == ffi::MPEG4 && entry.size <= 16 || entry.size == 0;
                    let position = u64::try_from(entry.pos).unwrap_or(0);
                    progress.advance(position.saturating_sub(seen));
                    seen = seen.max(position);
                    found.entries.push(entry);
                    if found.entries.len() >= NONE as usize / 2 {
                        return Err(format!("more than {} packets are not read", NONE / 2));
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    found.broken = Some(format!(
                        "the file cannot be read beyond packet {}: {error}",
                        found.entries.len()
                    ));
                    break;
                }
            }
        }
        let shown = || found.entries.iter().filter(|e| !e.is(HIDDEN));
        let mut times: Vec<i64> = shown().map(|e| e.pts).collect();
        let timeless = times.contains(&NO_TIME);
        times.sort_unstable();
        let doubled = times.windows(2).any(|pair| pair[0] == pair[1]);
        found.ambiguous |= facts.reorders && (timeless || doubled);
        // Probably times of decoding where those of showing should stand: the decoder alone knows the order.
        found.ambiguous |= facts.is_delayed && found.has_times_of_decoding();
        Ok(found)
    }

    /// Whether the container's times tell no packet that is shown before one in front of it, although some build on
    /// others.
    fn has_times_of_decoding(&self) -> bool {
        let ascend = self.entries.windows(2).all(|pair| pair[0].pts < pair[1].pts);
        ascend && self.entries.iter().all(|e| e.pts != NO_TIME) && self.entries.iter().any(|e| !e.is(KEY))
    }
}

/// What the index of a file rests on; kept on disk between runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) packets: Packets,
    /// Packets in the order in which their pictures came, where that had to be found by decoding; `Err` with
    /// their number where pictures cannot be traced to packets.
    pub(super) decoded: Option<Result<Vec<u32>, usize>>,
}

/// Whether decoding may begin at keyframes, as tried on this file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seeking {
    /// Pictures are the same, bit for bit.
    Exact {
        /// What going to a keyframe costs, in decoded frames.
        cost: f64,
        /// Whether leaving out pictures that no other needs leaves the others as they are.
        may_skip: bool,
        /// Whether the decoder may refuse what it does not understand; not behind keyframes of open groups, where
        /// the stream speaks of pictures before them.
        strict: bool,
    },
    /// Only decoding from the beginning gives the right pictures, for this reason.
    InOrder(String),
}

/// Which pictures a file has, and from where each can be decoded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Index {
    pub(super) packets: Vec<Entry>,
    /// Place of each packet in the order of showing.
    rank: Vec<u32>,
    /// Packet of each frame, [`EMPTY`] for slots without one; all [`NONE`] where frames can only be counted as they
    /// are decoded.
    pub(super) frames: Vec<u32>,
    /// Frame of each packet, or [`NONE`].
    frame_of: Vec<u32>,
    /// Numbers of the packets that decoding can begin with, ascending.
    keys: Vec<u32>,
}

impl Index {
    /// The index of packets of which each shown one gives a picture, in the order of their times.
    pub(super) fn by_time(packets: Vec<Entry>) -> Self {
        let mut order: Vec<u32> = (0..packets.len() as u32).collect();
        if packets.iter().all(|p| p.pts != NO_TIME) {
            order.sort_by_key(|&p| packets[p as usize].pts);
        }
        Self::by_order(packets, &order)
    }

    /// The index of packets whose pictures come in the order `decoded`.
    pub(super) fn by_decoding(packets: Vec<Entry>, decoded: &[u32]) -> Self {
        let mut shown = vec![false; packets.len()];
        for &packet in decoded {
            shown[packet as usize] = true;
        }
        // Packets without a picture are placed behind the one before them.
        let mut place = vec![0; packets.len()];
        for (i, &packet) in decoded.iter().enumerate() {
            place[packet as usize] = i;
        }
        for packet in 1..packets.len() {
            if !shown[packet] {
                place[packet] = place[packet - 1];
            }
        }
        let mut order: Vec<u32> = (0..packets.len() as u32).collect();
        order.sort_by_key(|&p| place[p as usize]);
        let mut packets = packets;
        for (entry, shown) in packets.iter_mut().zip(shown) {
            entry.flags = if shown { entry.flags & !HIDDEN } else { entry.flags | HIDDEN };
        }
        Self::by_order(packets, &order)
    }

    /// The index of a file whose pictures cannot be traced to packets: they are counted.
    pub(super) fn counted(packets: Vec<Entry>, frames: usize) -> Self {
        let (rank, frame_of) = ((0..packets.len() as u32).collect(), vec![NONE; packets.len()]);
        Self { packets, rank, frames: vec![NONE; frames], frame_of, keys: Vec::new() }
    }

    fn by_order(packets: Vec<Entry>, order: &[u32]) -> Self {
        let mut rank = vec![0; packets.len()];
        let mut frame_of = vec![NONE; packets.len()];
        let mut frames = Vec::with_capacity(packets.len());
        for (place, &packet) in order.iter().enumerate() {
            rank[packet as usize] = place as u32;
            if !packets[packet as usize].is(HIDDEN) {
                frame_of[packet as usize] = frames.len() as u32;
                frames.push(packet);
            }
        }
        let keys = (0..packets.len() as u32).filter(|&p| packets[p as usize].is(KEY)).collect();
        Self { packets, rank, frames, frame_of, keys }
    }

    /// The same where the container counts time in slots of one frame each (AVI), some of which are empty: frame i
    /// is slot `first` + i. `None` where no slot is empty, or the slots cannot be told.
    pub(super) fn in_slots(&self, first: u32) -> Option<Self> {
        let mut slots: Vec<i64> = self
            .frames
            .iter()
            .map(|&p| self.packets.get(p as usize).map(|e| e.dts))
            .collect::<Option<_>>()?;
        slots.sort_unstable();
        // FFmpeg does not believe that a stream begins after more than an hour, and begins with 0 then.
        let first = i64::from(first);
        let first = if first <= *slots.first()? { first } else { 0 };
        for slot in &mut slots {
            *slot = slot.saturating_sub(first);
        }
        let last = usize::try_from(*slots.last()?).ok()?;
        let there = self.frames.len();
        let are_slots = slots[0] >= 0 && slots.windows(2).all(|pair| pair[0] < pair[1]);
        if !are_slots || last + 1 == there || last > 10 * there + 1000 {
            return None;
        }
        let mut index = self.clone();
        index.frames = vec![EMPTY; last + 1];
        for (&packet, &slot) in self.frames.iter().zip(&slots) {
            index.frames[slot as usize] = packet;
            index.frame_of[packet as usize] = slot as u32;
        }
        Some(index)
    }

    /// The packet of a frame; `None` where the frame has none, or is numbered by counting.
    pub(super) fn packet(&self, frame: usize) -> Option<u32> {
        self.frames.get(frame).copied().filter(|&packet| packet < EMPTY)
    }

    /// Frames whose slot in the file is empty.
    pub(super) fn empty_slots(&self) -> impl Iterator<Item = usize> {
        self.frames.iter().enumerate().filter(|&(_, &packet)| packet == EMPTY).map(|(frame, _)| frame)
    }

    /// Whether frames are numbered by counting what the decoder gives.
    pub(super) fn is_counted(&self) -> bool {
        self.frames.first() == Some(&NONE)
    }

    /// The frame that a packet's picture is.
    pub(super) fn frame_of(&self, packet: u32) -> Option<usize> {
        self.frame_of.get(packet as usize).filter(|&&f| f != NONE).map(|&f| f as usize)
    }

    /// Packets that decoding can begin with.
    pub(super) fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// Whether a packet is shown before the keyframe `start` although it follows it in the file: it may need
    /// what came before.
    pub(super) fn leads(&self, packet: u32, start: u32) -> bool {
        self.rank[packet as usize] < self.rank[start as usize]
    }

    /// The packet from which `packet` can be decoded: the last keyframe that is neither behind it in the file
    /// nor shown after it. 0 where there is none: decoding begins with the file.
    pub(super) fn start(&self, packet: u32) -> u32 {
        let end = self.keys.partition_point(|&key| key <= packet);
        self.keys[..end].iter().rev().copied().find(|&key| !self.leads(packet, key)).unwrap_or(0)
    }

    /// The keyframe that begins the group of `packet` in the file, and the next one.
    pub(super) fn group(&self, packet: u32) -> (u32, Option<u32>) {
        let end = self.keys.partition_point(|&key| key <= packet);
        (self.keys[..end].last().copied().unwrap_or(0), self.keys.get(end).copied())
    }

    /// The last keyframe before the packet `start`, or the file's beginning.
    pub(super) fn before(&self, start: u32) -> u32 {
        let end = self.keys.partition_point(|&key| key < start);
        self.keys[..end].last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(pts: i64, flags: u8) -> Entry {
        Entry { pts, dts: NO_TIME, pos: -1, size: 100, flags }
    }

    /// I P B B | I B B P with the second I shown after the two B that follow it (an open group).
    fn open_group() -> Index {
        let times = [0, 3, 1, 2, 6, 4, 5, 7];
        Index::by_time(times.iter().enumerate().map(|(i, &t)| packet(t, u8::from(i % 4 == 0))).collect())
    }

    #[test]
    fn frames_are_in_the_order_of_their_times() {
        let index = open_group();
        assert_eq!(index.frames, [0, 2, 3, 1, 5, 6, 4, 7]);
        assert_eq!(index.frame_of(4), Some(6));
    }

    #[test]
    fn leading_pictures_begin_a_group_earlier() {
        let index = open_group();
        assert_eq!(index.start(4), 4);
        assert_eq!(index.start(7), 4);
        assert_eq!(index.start(5), 0, "shown before the keyframe that it follows");
        assert_eq!(index.before(4), 0);
    }

    #[test]
    fn hidden_packets_are_no_frames_but_can_be_begun_with() {
        let index =
            Index::by_time(vec![packet(-2, KEY | HIDDEN), packet(-1, HIDDEN), packet(0, 0), packet(1, 0)]);
        assert_eq!(index.frames, [2, 3]);
        assert_eq!(index.start(2), 0);
    }

    #[test]
    fn empty_slots_keep_their_place() {
        let from = |first: u32, slots: &[i64]| {
            let packets = slots.iter().map(|&dts| Entry { dts, ..packet(NO_TIME, KEY) }).collect();
            Index::by_time(packets).in_slots(first)
        };
        let at = |slots: &[i64]| from(0, slots);
        let index = at(&[1, 2, 4, 7]).expect("slots 0, 3, 5 and 6 are empty");
        assert_eq!(
            (0..9).map(|frame| index.packet(frame)).collect::<Vec<_>>(),
            [None, Some(0), Some(1), None, Some(2), None, None, Some(3), None]
        );
        assert_eq!(index.empty_slots().collect::<Vec<_>>(), [0, 3, 5, 6]);
        assert_eq!(index.frame_of(2), Some(4));
        assert_eq!(at(&[0, 1, 2]), None, "all are full");
        assert_eq!(at(&[0, 2, 2]), None, "not one frame each");
        assert_eq!(at(&[-1, 0, 3]), None);
        assert_eq!(at(&[0, 1, NO_TIME]), None);
        assert_eq!(at(&[0, 1, i64::MAX]), None, "more than a file of its size can mean");
        assert_eq!(from(7, &[7, 8, 9]), None, "all are full from where the stream begins");
        assert_eq!(from(7, &[8, 9]).map(|index| index.frames.len()), Some(3));
        assert_eq!(from(10_000, &[0, 2]), at(&[0, 2]), "a beginning behind what is there");
        assert_eq!(from(u32::MAX, &[NO_TIME, 1]), None);
    }

    #[test]
    fn what_was_decoded_decides() {
        let packets =
            vec![packet(NO_TIME, KEY), packet(NO_TIME, 0), packet(NO_TIME, 0), packet(NO_TIME, KEY)];
        let index = Index::by_decoding(packets, &[0, 2, 3]);
        assert_eq!(index.frames, [0, 2, 3]);
        assert_eq!(index.frame_of(1), None);
        assert_eq!(index.start(3), 3);
    }
}
