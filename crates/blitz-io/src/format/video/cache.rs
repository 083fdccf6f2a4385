//! Indexes kept on disk between runs, so that opening a long recording again costs nothing.
//!
//! A file is known by its path, size and time of change, and by the FFmpeg that read it. What is kept is checked and
//! only ever saves time: any doubt, and it is found out anew. Beside the index lies what was found by trying whether
//! decoding can begin at keyframes.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::ffi;
use super::index::{Entry, Found, Packets, Seeking};

const MAGIC: [u8; 8] = *b"BLITZvx3";
const TRIAL_MAGIC: [u8; 8] = *b"BLITZvt2";
const ENTRY_BYTES: usize = 8 + 8 + 8 + 4 + 1;

/// Where the index of one file is kept.
pub(super) struct Place {
    path: PathBuf,
    /// What the file is known by; also inside, against equal hashes.
    key: Vec<u8>,
}

impl Place {
    /// The place in `dir` for the index of `file`; `None` if the file cannot be asked about.
    pub(super) fn of(dir: &Path, file: &Path) -> Option<Self> {
        let meta = std::fs::metadata(file).ok()?;
        let changed = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        let full = std::path::absolute(file).ok()?;
        let mut key = full.as_os_str().as_encoded_bytes().to_vec();
        key.extend(meta.len().to_le_bytes());
        key.extend(changed.as_nanos().to_le_bytes());
        key.extend(ffi::versions().as_bytes());
        let name = format!("video-{:016x}.index", checksum(&key));
        Some(Self { path: dir.join(name), key })
    }

    /// Whether anything is kept there.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// What is kept there, if it is whole and belongs to the file.
    pub(super) fn read(&self) -> Option<Found> {
        /// No index is larger: more packets than are read.
        const LIMIT: u64 = 4 << 30;
        decode(&read(&self.path, LIMIT)?, &self.key)
    }

    fn trial_path(&self) -> PathBuf {
        self.path.with_extension("trial")
    }

    /// What trying keyframes showed, if it is whole and belongs to the file.
    pub(super) fn read_trial(&self) -> Option<Seeking> {
        decode_trial(&read(&self.trial_path(), 1 << 16)?, &self.key)
    }

    /// Keeps what trying keyframes showed.
    pub(super) fn write_trial(&self, found: &Seeking) {
        write(&self.trial_path(), &encode_trial(found, &self.key));
    }

    /// Keeps `found`. That it cannot be kept is no failure: the next run reads the index again.
    pub(super) fn write(&self, found: &Found) {
        // What broke off may have been a disk that was gone for a moment.
        if found.packets.broken.is_some() {
            return;
        }
        write(&self.path, &encode(found, &self.key));
    }
}

fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let meta = std::fs::metadata(path).ok()?;
    if meta.len() > limit { None } else { std::fs::read(path).ok() }
}

/// Writes a file that appears complete; one that cannot be written is not there.
fn write(path: &Path, bytes: &[u8]) {
    let Some(dir) = path.parent() else { return };
    let written = std::fs::create_dir_all(dir)
        .and_then(|()| tempfile::NamedTempFile::new_in(dir))
        .and_then(|mut file| file.write_all(bytes).map(|()| file));
    if let Ok(file) = written {
        drop(file.persist(path));
    }
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

fn encode(found: &Found, key: &[u8]) -> Vec<u8> {
    let packets = &found.packets;
    let mut out = headed(MAGIC, key);
    out.reserve(64 + packets.entries.len() * ENTRY_BYTES);
    out.push(packets.ambiguous.into());
    out.extend((packets.entries.len() as u64).to_le_bytes());
    for entry in &packets.entries {
        for value in [entry.pts, entry.dts, entry.pos] {
            out.extend(value.to_le_bytes());
        }
        out.extend(entry.size.to_le_bytes());
        out.push(entry.flags);
    }
    match &found.decoded {
        None => out.push(0),
        Some(Ok(order)) => {
            out.push(1);
            out.extend((order.len() as u64).to_le_bytes());
            for packet in order {
                out.extend(packet.to_le_bytes());
            }
        }
        Some(Err(frames)) => {
            out.push(2);
            out.extend((*frames as u64).to_le_bytes());
        }
    }
    seal(out)
}

fn encode_trial(found: &Seeking, key: &[u8]) -> Vec<u8> {
    let mut out = headed(TRIAL_MAGIC, key);
    match found {
        Seeking::Exact { cost, may_skip, strict } => {
            out.push(u8::from(*may_skip) | u8::from(*strict) << 1);
            out.extend(cost.to_le_bytes());
        }
        Seeking::InOrder(why) => {
            out.push(4);
            out.extend(why.as_bytes());
        }
    }
    seal(out)
}

fn decode_trial(bytes: &[u8], key: &[u8]) -> Option<Seeking> {
    let mut front = behind_head(bytes, TRIAL_MAGIC, key)?;
    match front.array::<1>()? {
        [bits @ 0..4] => {
            let cost = f64::from_le_bytes(front.array()?);
            let (may_skip, strict) = (bits & 1 != 0, bits & 2 != 0);
            (0.0..=1000.0).contains(&cost).then_some(Seeking::Exact { cost, may_skip, strict })
        }
        [4] => String::from_utf8(front.0.to_vec()).ok().map(Seeking::InOrder),
        _ => None,
    }
}

/// The beginning of what is kept: what it is, and of which file.
fn headed(magic: [u8; 8], key: &[u8]) -> Vec<u8> {
    [&magic[..], &(key.len() as u64).to_le_bytes(), key].concat()
}

/// What lies behind [`headed`] and before the checksum, if all of them are right.
fn behind_head<'a>(bytes: &'a [u8], magic: [u8; 8], key: &[u8]) -> Option<Front<'a>> {
    let body = unseal(bytes)?.strip_prefix(headed(magic, key).as_slice())?;
    Some(Front(body))
}

/// Puts the checksum behind the bytes.
fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// The bytes before the checksum, if it is theirs.
fn unseal(bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(8)?)?;
    (u64::from_le_bytes(sum.try_into().ok()?) == checksum(body)).then_some(body)
}

/// Reads from the front of a slice.
struct Front<'a>(&'a [u8]);

impl<'a> Front<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).ok()
    }
}

fn decode(bytes: &[u8], key: &[u8]) -> Option<Found> {
    let mut front = behind_head(bytes, MAGIC, key)?;
    let ambiguous = front.array::<1>()? != [0];
    let count = front.length()?;
    let mut entries = Front(front.take(count.checked_mul(ENTRY_BYTES)?)?);
    let entries: Option<Vec<Entry>> = (0..count)
        .map(|_| {
            Some(Entry {
                pts: i64::from_le_bytes(entries.array()?),
                dts: i64::from_le_bytes(entries.array()?),
                pos: i64::from_le_bytes(entries.array()?),
                size: u32::from_le_bytes(entries.array()?),
                flags: entries.array::<1>()?[0],
            })
        })
        .collect();
    let decoded = match front.array::<1>()? {
        [0] => None,
        [1] => {
            let count_decoded = front.length()?;
            let mut order = Front(front.take(count_decoded.checked_mul(4)?)?);
            let order: Option<Vec<u32>> =
                (0..count_decoded).map(|_| order.array().map(u32::from_le_bytes)).collect();
            Some(Ok(order.filter(|o| o.iter().all(|&p| (p as usize) < count))?))
        }
        [2] => Some(Err(front.length()?)),
        _ => return None,
    };
    Some(Found { packets: Packets { entries: entries?, broken: None, ambiguous }, decoded })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        let entry = |i: i64| Entry { pts: i, dts: i - 2, pos: 100 * i, size: 7, flags: 1 };
        let packets = Packets { entries: (0..5).map(entry).collect(), broken: None, ambiguous: true };
        Found { packets, decoded: Some(Ok(vec![0, 2, 1, 4])) }
    }

    #[test]
    fn what_is_kept_comes_back() {
        for decoded in [None, Some(Ok(vec![3, 0])), Some(Err(9))] {
            let found = Found { decoded, ..found() };
            assert_eq!(decode(&encode(&found, b"key"), b"key"), Some(found));
        }
    }

    #[test]
    fn damage_and_other_files_are_noticed() {
        let bytes = encode(&found(), b"key");
        assert_eq!(decode(&bytes, b"kez"), None);
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0x40;
            assert_eq!(decode(&bad, b"key"), None, "byte {at}");
            assert_eq!(decode(&bytes[..at], b"key"), None, "cut at {at}");
        }
    }

    #[test]
    fn trials_come_back_unless_they_are_damaged() {
        let different = "frame 7 comes out different".to_owned();
        for found in
            [Seeking::Exact { cost: 3.5, may_skip: true, strict: false }, Seeking::InOrder(different)]
        {
            let bytes = encode_trial(&found, b"key");
            assert_eq!(decode_trial(&bytes, b"kez"), None);
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 0x11;
                assert_eq!(decode_trial(&bad, b"key"), None, "byte {at}");
                assert_eq!(decode_trial(&bytes[..at], b"key"), None, "cut at {at}");
            }
            assert_eq!(decode_trial(&bytes, b"key"), Some(found));
        }
        let endless = Seeking::Exact { cost: f64::NAN, may_skip: false, strict: true };
        assert_eq!(decode_trial(&encode_trial(&endless, b"key"), b"key"), None);
    }

    #[test]
    fn a_changed_file_has_another_place() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("a.mkv");
        std::fs::write(&path, b"one").expect("written");
        let first = Place::of(dir.path(), &path).expect("exists");
        first.write(&found());
        assert_eq!(first.read(), Some(found()));
        std::fs::write(&path, b"other").expect("written");
        assert_eq!(Place::of(dir.path(), &path).expect("exists").read(), None);
    }
}
