//! What the headers of an AVI file say that FFmpeg reads and keeps to itself.

use crate::read_at::ReadAt;

/// Chunks of a list that are looked at.
const MOST_CHUNKS: usize = 1000;

/// A chunk: its name, the first byte of what it holds and the byte behind that.
type Chunk = ([u8; 4], u64, u64);

/// The slot at which stream `stream` begins (`dwStart`): those before it are no frames that were dropped. `None` where
/// the headers do not say.
pub(super) fn first_slot(data: &dyn ReadAt, stream: usize) -> Option<u32> {
    /// Place of `dwStart` in a stream's header.
    const START: u64 = 28;
    let (_, riff, end) = chunks(data, (0, data.size())).next()?;
    let headers = chunks(data, (riff + 4, end)).find(|chunk| is_list(data, chunk, *b"hdrl"))?;
    // FFmpeg makes no stream of `pads`.
    let header = chunks(data, (headers.1 + 4, headers.2))
        .filter(|chunk| is_list(data, chunk, *b"strl"))
        .filter_map(|(_, start, end)| chunks(data, (start + 4, end)).find(|(name, ..)| name == b"strh"))
        .filter(|&(_, start, _)| bytes(data, start).is_some_and(|kind| kind != *b"pads"))
        .nth(stream)?;
    let is_whole = header.2 - header.1 >= START + 4;
    bytes(data, header.1 + START).filter(|_| is_whole).map(u32::from_le_bytes)
}

fn is_list(data: &dyn ReadAt, &(name, start, _): &Chunk, kind: [u8; 4]) -> bool {
    name == *b"LIST" && bytes(data, start) == Some(kind)
}

/// The chunks that follow each other from one byte to another.
fn chunks(data: &dyn ReadAt, (mut at, end): (u64, u64)) -> impl Iterator<Item = Chunk> {
    let next = move || {
        let name = bytes(data, at)?;
        let start = at.checked_add(8)?;
        let size = u64::from(u32::from_le_bytes(bytes(data, at + 4)?));
        at = start.checked_add(size + size % 2)?;
        (start <= end).then_some((name, start, (start + size).min(end)))
    };
    std::iter::from_fn(next).take(MOST_CHUNKS)
}

/// Four bytes at `at`, if the file has them.
fn bytes(data: &dyn ReadAt, at: u64) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    data.read_exact_at(at, &mut bytes).ok().map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &str, body: &[u8]) -> Vec<u8> {
        let size = (body.len() as u32).to_le_bytes();
        let odd = vec![0; body.len() % 2];
        [name.as_bytes(), size.as_slice(), body, odd.as_slice()].concat()
    }

    fn stream(kind: &str, start: u32) -> Vec<u8> {
        let mut header = [0; 56];
        header[..4].copy_from_slice(kind.as_bytes());
        header[28..32].copy_from_slice(&start.to_le_bytes());
        let inside = [b"strl".to_vec(), chunk("strn", b"odd"), chunk("strh", &header)].concat();
        chunk("LIST", &inside)
    }

    #[test]
    fn the_start_is_that_of_the_stream() {
        let streams = [stream("auds", 7), stream("pads", 8), stream("vids", 9)].concat();
        let headers = [b"hdrl".to_vec(), chunk("avih", &[0; 56]), streams].concat();
        let lists = [b"AVI ".to_vec(), chunk("JUNK", &[1; 5]), chunk("LIST", &headers)].concat();
        let file = chunk("RIFF", &lists);
        assert_eq!(first_slot(&file.as_slice(), 0), Some(7));
        assert_eq!(first_slot(&file.as_slice(), 1), Some(9));
        assert_eq!(first_slot(&file.as_slice(), 2), None);
        for end in 0..file.len() {
            assert!(matches!(first_slot(&&file[..end], 1), None | Some(9)), "cut at {end}");
        }
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] = 0xff;
            let _ = first_slot(&damaged.as_slice(), 1);
        }
    }
}
