//! Containers made of parts that follow each other to the end of the file: whether the last part is whole.

use crate::read_at::ReadAt;

/// Elements, chunks or pages that are looked at; a file of more is taken to be whole.
pub(super) const MOST_STEPS: usize = 10_000_000;

/// Bytes at the end of a stream of packets that are looked at.
const TAIL: u64 = 1 << 18;

pub(super) fn past_the_end(what: &str, end: u64, size: u64) -> String {
    format!("{what} would end at byte {end}, the file has {size} bytes")
}

/// `N` bytes at `at`, if the file has them.
pub(super) fn bytes<const N: usize>(data: &dyn ReadAt, at: u64) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    data.read_exact_at(at, &mut bytes).ok().map(|()| bytes)
}

/// The end of the file, and where it begins.
fn tail(data: &dyn ReadAt, length: u64) -> Option<(u64, Vec<u8>)> {
    let from = data.size().saturating_sub(length);
    let mut tail = vec![0; usize::try_from(data.size() - from).ok()?];
    data.read_exact_at(from, &mut tail).ok()?;
    Some((from, tail))
}

/// ISO base media files are boxes, each with its size (ISO/IEC 14496-12, 4.2).
pub(super) fn iso(data: &dyn ReadAt) -> Option<String> {
    let mut at = 0;
    for _ in 0..MOST_STEPS {
        if at >= data.size() {
            return None;
        }
        let Some(head) = bytes::<8>(data, at) else {
            return Some(format!("its last {} bytes are the beginning of a box", data.size() - at));
        };
        let length = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
            // To the end of the file.
            0 => return None,
            1 => u64::from_be_bytes(bytes::<8>(data, at + 8)?),
            length => u64::from(length),
        };
        if length < 8 || !head[4..].iter().all(u8::is_ascii_graphic) {
            return None; // no box: what lies behind the last one says nothing
        }
        let end = at.saturating_add(length);
        if end > data.size() {
            let name = String::from_utf8_lossy(&head[4..]).into_owned();
            return Some(past_the_end(&format!("its box '{name}'"), end, data.size()));
        }
        at = end;
    }
    None
}

/// Flash video: tags, each followed by its length (Adobe Flash Video File Format Specification, annex E). A file that
/// ends behind a tag is known to be cut where its first tag says how long it was.
pub(super) fn flash(data: &dyn ReadAt) -> Option<String> {
    let head = bytes::<9>(data, 0)?;
    let mut at = u64::from(u32::from_be_bytes([head[5], head[6], head[7], head[8]])) + 4;
    let script = tail_of_start(data, 4096);
    let said = script
        .windows(11)
        .position(|window| window == b"\0\x08filesize\0")
        .and_then(|place| script.get(place + 11..place + 19))
        .and_then(|number| Some(f64::from_be_bytes(number.try_into().ok()?)));
    if let Some(said) = said.filter(|said| (1.0..9e15).contains(said) && *said > data.size() as f64) {
        return Some(format!("it had {said} bytes when it was written, and has {} now", data.size()));
    }
    for _ in 0..MOST_STEPS {
        if at >= data.size() {
            return (at > data.size()).then(|| past_the_end("its last tag", at, data.size()));
        }
        let tag = bytes::<11>(data, at);
        let Some(tag) = tag else { return Some("its last tag is not whole".to_owned()) };
        if tag[0] & 0xc0 != 0 {
            return None; // no tag
        }
        at += 11 + u64::from(u32::from_be_bytes([0, tag[1], tag[2], tag[3]])) + 4;
    }
    None
}

fn tail_of_start(data: &dyn ReadAt, length: usize) -> Vec<u8> {
    let mut start = vec![0; length];
    let there = data.read_at(0, &mut start).unwrap_or(0);
    start.truncate(there);
    start
}

/// Advanced Systems Format: objects with their sizes, and the size of the file (specification 01.20.06, 2.1 and 3.2).
pub(super) fn asf(data: &dyn ReadAt) -> Option<String> {
    const FILE_PROPERTIES: [u8; 16] =
        [0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11, 0x8e, 0xe4, 0, 0xc0, 0x0c, 0x20, 0x53, 0x65];
    /// From the beginning of the object: identifiers and size, the file's identifier.
    const SIZE: usize = 16 + 8 + 16;
    const FLAGS: usize = SIZE + 8 + 8 + 8 + 8 + 8 + 8;
    let start = tail_of_start(data, 8192);
    if let Some(place) = start.windows(16).position(|window| window == FILE_PROPERTIES) {
        let object = &start[place..];
        let size =
            object.get(SIZE..SIZE + 8).and_then(|size| Some(u64::from_le_bytes(size.try_into().ok()?)));
        let is_live = object.get(FLAGS).is_some_and(|flags| flags & 1 != 0);
        if let Some(size) = size.filter(|&size| !is_live && size > data.size() && size < 1 << 53) {
            return Some(format!("it had {size} bytes when it was written, and has {} now", data.size()));
        }
    }
    let mut at = 0;
    for _ in 0..MOST_STEPS {
        if at >= data.size() {
            return None;
        }
        let head = bytes::<24>(data, at)?;
        let length = u64::from_le_bytes(head[16..].try_into().ok()?);
        if length < 24 {
            return None; // a live stream does not know
        }
        let end = at.saturating_add(length);
        if end > data.size() {
            return Some(past_the_end("its last object", end, data.size()));
        }
        at = end;
    }
    None
}

/// Program streams: packs and packets with their lengths (ISO/IEC 13818-1, 2.5.3), looked at from the last pack on.
/// A cut between packets cannot be told.
pub(super) fn program(data: &dyn ReadAt) -> Option<String> {
    let (from, tail) = tail(data, TAIL)?;
    let mut at = tail.windows(4).rposition(|window| window == [0, 0, 1, 0xba])?;
    while let Some(head) = tail.get(at..at + 4) {
        if head[..3] != [0, 0, 1] {
            return None; // padding, or something else behind the last packet
        }
        let length = match head[3] {
            0xb9 => 4,
            0xba => match tail.get(at + 4).map(|byte| byte >> 4) {
                Some(2) => 12,
                Some(_) => 14 + usize::from(tail.get(at + 13).copied().unwrap_or(0) & 7),
                None => 14,
            },
            0xbb.. => match tail.get(at + 4..at + 6) {
                Some(length) => 6 + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => 6,
            },
            _ => return None,
        };
        at += length;
    }
    (at > tail.len() || at < tail.len())
        .then(|| past_the_end("its last packet", from + at.max(tail.len() + 1) as u64, data.size()))
}

/// Transport streams are packets of 188 bytes, or of 192 with a time or 204 with a checksum (ISO/IEC 13818-1, 2.4.3).
/// A cut between packets cannot be told: such streams are made to be received from any place to any other.
pub(super) fn transport(data: &dyn ReadAt) -> Option<String> {
    let start = tail_of_start(data, 4096);
    let sync = |at: usize| start.get(at) == Some(&0x47);
    let (first, length) = (0..start.len()).find_map(|at| {
        let of = |length: &usize| (0..5).all(|n| sync(at + n * length));
        [188, 192, 204].into_iter().find(of).map(|length| (at, length))
    })?;
    let begin = if length == 192 { first.saturating_sub(4) } else { first };
    let rest = (data.size() - begin as u64) % length as u64;
    (rest > 0).then(|| format!("its last packet has {rest} of {length} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_cut(
        name: &str,
        whole: &[u8],
        head: usize,
        look: fn(&dyn ReadAt) -> Option<String>,
        silent: &[usize],
    ) {
        assert_eq!(look(&whole), None, "{name} is whole");
        for end in head..whole.len() {
            assert_eq!(look(&&whole[..end]).is_none(), silent.contains(&end), "{name} cut at {end}");
        }
    }

    #[test]
    fn every_cut_within_a_part_is_seen() {
        let boxes: Vec<u8> =
            [&b"\0\0\0\x10ftypisom0000"[..], b"\0\0\0\x0cmdat1234", b"\0\0\0\x08free"].concat();
        every_cut("iso", &boxes, 1, iso, &[16, 28]);

        let tag = |kind: u8, body: &[u8]| {
            let mut tag = vec![kind, 0, 0, body.len() as u8, 0, 0, 0, 0, 0, 0, 0];
            tag.extend(body);
            tag.extend((11 + body.len() as u32).to_be_bytes());
            tag
        };
        let flv = |filesize: f64| {
            let said = [&b"\x02\0\x0aonMetaData\x08\0\0\0\x01\0\x08filesize\0"[..], &filesize.to_be_bytes()]
                .concat();
            [b"FLV\x01\x01\0\0\0\x09\0\0\0\0".to_vec(), tag(18, &said), tag(9, &[7; 30]), tag(9, &[8; 20])]
                .concat()
        };
        let length = flv(0.0).len();
        every_cut("flash", &flv(0.0), 14, flash, &[length - 35 - 45, length - 35]);
        every_cut("flash with a size", &flv(length as f64), 13 + 40, flash, &[]);

        let packet = |body: usize| [&[0, 0, 1, 0xe0, 0, body as u8][..], &vec![9; body]].concat();
        let pack: Vec<u8> = [&[0, 0, 1, 0xba, 0x44][..], &[0; 8], &[0xf8]].concat();
        let ps = [pack.clone(), packet(40), pack, packet(30), packet(10)].concat();
        let (second, last) = (14 + 46 + 14, 14 + 46 + 14 + 36);
        every_cut("program", &ps, 14 + 46 + 5, program, &[second, last]);

        let ts: Vec<u8> = (0..6).flat_map(|_| [vec![0x47], vec![3; 187]].concat()).collect();
        every_cut("transport", &ts, 5 * 188, transport, &[5 * 188]);
    }

    #[test]
    fn sizes_of_asf_files_are_read() {
        let mut header = vec![1; 16];
        let properties =
            [
                &[
                    0xa1, 0xdc, 0xab, 0x8c, 0x47, 0xa9, 0xcf, 0x11, 0x8e, 0xe4, 0, 0xc0, 0x0c, 0x20, 0x53,
                    0x65,
                ][..],
                &104_u64.to_le_bytes(),
                &[0; 16],
                &264_u64.to_le_bytes(),
                &[0; 56],
            ]
            .concat();
        header.extend((24 + 6 + properties.len() as u64).to_le_bytes());
        header.extend([0; 6]);
        header.extend(&properties);
        let mut data = vec![2; 16];
        data.extend(130_u64.to_le_bytes());
        data.resize(130, 0);
        let whole = [header.clone(), data].concat();
        assert_eq!(whole.len(), 264);
        every_cut("asf", &whole, header.len(), asf, &[]);
    }
}
