//! Whether a file ends before its own structure says, read off its bytes: demuxers end there without a word.

use super::index::Entry;
use super::whole_streams::{MOST_STEPS, asf, bytes, flash, iso, past_the_end, program, transport};
use crate::read_at::ReadAt;

/// Why the file is known to break off; `None` where it is whole or its container does not tell. `container` is
/// FFmpeg's name of the format, `last` the packet that lies last in the file. Cost: a few bytes per Matroska cluster
/// (per block where clusters do not state their size), ISO box and Flash tag, a constant number of reads elsewhere.
pub(super) fn breaks_off(container: &str, data: &dyn ReadAt, last: Option<&Entry>) -> Option<String> {
    match container.split(',').next().unwrap_or_default() {
        "matroska" => matroska(data),
        "avi" => riff(data),
        "ogg" => ogg(data),
        "yuv4mpegpipe" => yuv4mpeg(data, last?),
        "mov" => iso(data),
        "flv" => flash(data),
        "asf" => asf(data),
        "mpeg" => program(data),
        "mpegts" => transport(data),
        _ => None,
    }
}

/// Looks at bytes as at the end of every container, for the fuzzer.
pub(crate) fn look_at_ends(data: &[u8]) {
    let last = Entry { pts: 0, dts: 0, pos: 0, size: 8, flags: 0 };
    for container in ["matroska", "avi", "ogg", "yuv4mpegpipe", "mov", "flv", "asf", "mpeg", "mpegts"] {
        breaks_off(container, &data, Some(&last));
    }
    damaged_page(&data);
}

/// The variable-length integer at `at` (RFC 8794, section 4) without its length marker, its value with the marker
/// (how identifiers are written), and its length.
fn variable(data: &dyn ReadAt, at: u64) -> Option<(Option<u64>, u64, u64)> {
    let mut bytes = [0; 8];
    let there = data.read_at(at, &mut bytes).ok()?;
    let length = bytes[0].leading_zeros() as usize + 1;
    if length > 8 || there < length {
        return None;
    }
    let marked = bytes[..length].iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    let mask = (1_u64 << (7 * length)) - 1;
    // All ones: the size is not known.
    let value = Some(marked & mask).filter(|&value| value != mask);
    Some((value, marked, length as u64))
}

/// Walks the segment's top level: where a size is stated, the file must have the bytes.
fn matroska(data: &dyn ReadAt) -> Option<String> {
    const SEGMENT: u64 = 0x1853_8067;
    const CLUSTER: u64 = 0x1f43_b675;
    let size = data.size();
    let mut at = 0;
    for _ in 0..MOST_STEPS {
        if at >= size {
            return None;
        }
        let header = variable(data, at).and_then(|(_, id, id_bytes)| {
            let (length, _, length_bytes) = variable(data, at + id_bytes)?;
            Some((id, length, id_bytes + length_bytes))
        });
        let Some((id, length, header)) = header else {
            // What begins with a zero byte is no element; what is too short to be one is the rest of one.
            return (size - at < 12 && bytes::<1>(data, at) != Some([0]))
                .then(|| format!("its last {} bytes are the beginning of an element", size - at));
        };
        let start = at + header;
        match length {
            // The children of elements without a size follow at the same level.
            None => at = start,
            Some(length) => {
                let end = start.saturating_add(length);
                if end > size {
                    let what = match id {
                        SEGMENT => "its segment",
                        CLUSTER => "its last cluster",
                        _ => "its last element",
                    };
                    return Some(past_the_end(what, end, size));
                }
                if id == SEGMENT {
                    return None;
                }
                at = end;
            }
        }
    }
    None
}

/// RIFF chunks follow each other: one, or one for each gigabyte.
fn riff(data: &dyn ReadAt) -> Option<String> {
    let mut at = 0;
    for _ in 0..MOST_STEPS {
        let head = bytes::<8>(data, at)?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        // Recorders that were stopped by force leave 0 or the largest number.
        if &head[..4] != b"RIFF" || length == 0 || length >= u32::MAX - 8 {
            return None;
        }
        let end = at + 8 + u64::from(length);
        if end > data.size() {
            return Some(past_the_end("its RIFF chunk", end, data.size()));
        }
        at = end + end % 2;
    }
    None
}

/// The last page of an Ogg file ends a stream.
fn ogg(data: &dyn ReadAt) -> Option<String> {
    /// The largest page: header, table and 255 segments of 255 bytes.
    const PAGE: u64 = 27 + 255 + 255 * 255;
    const END_OF_STREAM: u8 = 4;
    let from = data.size().saturating_sub(2 * PAGE);
    let mut tail = vec![0; usize::try_from(data.size() - from).ok()?];
    data.read_exact_at(from, &mut tail).ok()?;
    let last = tail.windows(5).rposition(|window| window == b"OggS\0")?;
    let page = &tail[last..];
    let length = page.get(26).and_then(|&segments| {
        let table = page.get(27..27 + usize::from(segments))?;
        Some(27 + table.len() + table.iter().map(|&n| usize::from(n)).sum::<usize>())
    });
    match length {
        Some(length) if length <= page.len() && page[5] & END_OF_STREAM != 0 => None,
        Some(length) if length <= page.len() => Some("its last page does not end the stream".to_owned()),
        _ => Some("its last page is not whole".to_owned()),
    }
}

/// The first page of an Ogg file whose checksum is wrong: FFmpeg leaves it out without a word. Reads the whole file.
pub(super) fn damaged_page(data: &dyn ReadAt) -> Option<String> {
    let table = checksums();
    let mut at = 0;
    let mut page = Vec::new();
    for _ in 0..MOST_STEPS {
        let head = bytes::<27>(data, at)?;
        if &head[..4] != b"OggS" {
            return Some(format!("at byte {at} no page begins"));
        }
        let segments = usize::from(head[26]);
        page.resize(27 + segments, 0);
        data.read_exact_at(at, &mut page).ok()?;
        let length = page.len() + page[27..].iter().map(|&n| usize::from(n)).sum::<usize>();
        page.resize(length, 0);
        data.read_exact_at(at, &mut page).ok()?;
        page[22..26].fill(0);
        let crc =
            page.iter().fold(0_u32, |crc, byte| crc << 8 ^ table[usize::from((crc >> 24) as u8 ^ byte)]);
        if crc.to_le_bytes() != head[22..26] {
            return Some(format!("the page at byte {at} has a wrong checksum"));
        }
        at += length as u64;
    }
    None
}

/// Of the polynomial 0x04c11db7, highest bit first (RFC 3533, section 6).
fn checksums() -> [u32; 256] {
    let mut table = [0; 256];
    for (byte, entry) in table.iter_mut().enumerate() {
        let shifted = |crc: u32, _| if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 };
        *entry = (0..8).fold((byte as u32) << 24, shifted);
    }
    table
}

/// Frames of one size follow each other to the end of the file.
fn yuv4mpeg(data: &dyn ReadAt, last: &Entry) -> Option<String> {
    let end = u64::try_from(last.pos).ok()?.checked_add(last.size.into())?;
    let rest = data.size().checked_sub(end).filter(|&rest| rest > 0)?;
    Some(format!("its last {rest} bytes are no whole frame"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment of `clusters` clusters of 300 bytes, with or without stated sizes.
    fn segment(clusters: usize, sized: bool) -> Vec<u8> {
        let mut out = vec![0x1a, 0x45, 0xdf, 0xa3, 0x82, 1, 2];
        let cluster = |out: &mut Vec<u8>| {
            out.extend([0x1f, 0x43, 0xb6, 0x75]);
            if sized {
                out.extend([0x41, 0x2c]);
            } else {
                out.push(0xff);
            }
            out.extend([0xa3, 0x41, 0x29]); // one block of 297 bytes
            out.extend([7; 297]);
        };
        let mut body = Vec::new();
        (0..clusters).for_each(|_| cluster(&mut body));
        out.extend([0x18, 0x53, 0x80, 0x67]);
        if sized {
            out.extend([0x01, 0, 0, 0, 0, 0, (body.len() >> 8) as u8, body.len() as u8]);
        } else {
            out.extend([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        }
        out.extend(body);
        out
    }

    #[test]
    fn every_cut_of_a_matroska_file_is_seen() {
        for sized in [true, false] {
            let whole = segment(3, sized);
            assert_eq!(matroska(&whole.as_slice()), None, "sized: {sized}");
            for end in 40..whole.len() {
                let cut = matroska(&&whole[..end]);
                // Without sizes, what ends with a block or behind a cluster's head may be all there is.
                let between = !sized
                    && [3, 2, 1, 0].iter().any(|n| {
                        let behind = whole.len() - n * 305;
                        end == behind || end == behind + 5
                    });
                assert_eq!(cut.is_none(), between, "sized: {sized}, cut at {end}: {cut:?}");
            }
        }
    }

    #[test]
    fn riff_and_ogg_say_where_they_end() {
        let mut avi = b"RIFF\x20\0\0\0AVI ".to_vec();
        avi.resize(40, 0);
        assert_eq!(riff(&avi.as_slice()), None);
        assert!(riff(&&avi[..39]).is_some_and(|why| why.contains("byte 40") && why.contains("39 bytes")));
        avi[4..8].fill(0);
        assert_eq!(riff(&&avi[..39]), None, "no size is stated");

        let page = |kind: u8, body: usize| {
            let mut page = b"OggS\0".to_vec();
            page.push(kind);
            page.extend([0; 20]);
            page.extend([1, body as u8]);
            page.extend(vec![1; body]);
            page
        };
        let whole = [page(2, 30), page(0, 200), page(4, 50)].concat();
        assert_eq!(ogg(&whole.as_slice()), None);
        for end in 60..whole.len() {
            assert!(ogg(&&whole[..end]).is_some(), "cut at {end}");
        }
    }

    #[test]
    fn hostile_sizes_are_no_loop() {
        let endless = [[0x1f, 0x43, 0xb6, 0x75, 0xff], [0x1f, 0x43, 0xb6, 0x75, 0x80]].concat().repeat(100);
        assert_eq!(matroska(&endless.as_slice()), None);
        assert_eq!(matroska(&[0_u8; 64].as_slice()), None);
        let huge = [0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe];
        assert!(matroska(&huge.as_slice()).is_some());
    }
}
