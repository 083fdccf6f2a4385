//! An entry is right whatever was cut, changed, or is done at the same time.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use blitz_core::{FrameFault, FrameState, ReadError, SamplesMut, SamplesRef, Store};

use super::journal::tests::description;
use super::journal::{Entry, Journal};
use super::{CacheError, CacheFolder, Description, DiskStore};

const FRAMES: usize = 6;
/// The frame that cannot be decoded.
const BROKEN: usize = 4;

fn folder() -> (tempfile::TempDir, CacheFolder) {
    let dir = tempfile::tempdir().expect("folder");
    let cache = CacheFolder::new(dir.path().join("cache"), None);
    (dir, cache)
}

fn wanted() -> Description {
    description(FRAMES)
}

fn value(frame: usize) -> u16 {
    frame as u16 * 100 + 7
}

fn fault() -> FrameFault {
    FrameFault { file: Some(PathBuf::from("b.png")), frame: BROKEN, reason: "cut short".to_owned() }
}

/// Fills what is pending as a loader does; gives back how many frames were decoded.
fn fill(store: &DiskStore) -> usize {
    let mut decoded = 0;
    for frame in 0..FRAMES {
        let Some(writer) = store.writer(frame) else { continue };
        let Err(mut writer) = writer.keep_found() else { continue };
        decoded += 1;
        if frame == BROKEN {
            writer.fail(fault()).expect("room");
            continue;
        }
        let SamplesMut::U16(samples) = writer.samples() else { panic!("the type is fixed") };
        samples.fill(value(frame));
        writer.publish(u64::from(frame == 2)).expect("room");
    }
    store.seal();
    store.complete().expect("room");
    decoded
}

#[track_caller]
fn check(store: &DiskStore) {
    for frame in 0..FRAMES {
        if frame == BROKEN {
            assert_eq!(store.pin(frame).expect_err("broken"), ReadError::Failed(fault()));
            continue;
        }
        let guard = store.pin(frame).expect("there");
        let SamplesRef::U16(samples) = guard.samples() else { panic!("the type is fixed") };
        assert!(samples.iter().all(|&v| v == value(frame)), "frame {frame}: {samples:?}");
        guard.verify().expect("unchanged");
    }
    assert_eq!(store.lost_missing(), 1);
    assert!(store.extent().sealed);
}

fn open(cache: &CacheFolder) -> Arc<DiskStore> {
    cache.open(&wanted()).expect("opened").0
}

fn files(cache: &CacheFolder) -> (PathBuf, PathBuf) {
    let journal = cache.entries()[0].path.clone();
    (journal.clone(), journal.with_extension("frames"))
}

#[test]
fn frames_are_there_while_they_arrive_and_later() {
    let (_dir, cache) = folder();
    assert!(cache.find(&wanted()).is_none());
    assert!(!cache.path().exists(), "looking makes nothing");
    let store = open(&cache);
    assert!(matches!(store.state(3), FrameState::Pending));
    let mut writer = store.writer(3).expect("pending");
    assert!(store.writer(3).is_none(), "one writer at a time");
    writer.samples().bytes().fill(1);
    writer.publish(0).expect("room");
    assert_eq!(store.pin(3).expect("there").samples().get_f64(0), 257.0);
    assert!(matches!(store.pin(2), Err(ReadError::Pending { .. })));
    drop(store);

    assert!(cache.find(&wanted()).is_none(), "not complete");
    assert_eq!(open(&cache).found(), 1);
    cache.clear(Duration::ZERO).expect("emptied");
    let store = open(&cache);
    assert_eq!(fill(&store), FRAMES);
    check(&store);
    let found = cache.find(&wanted()).expect("complete, and shared with who filled it");
    check(&found);
    drop((store, found));
    check(&cache.find(&wanted()).expect("complete"));
    check(&open(&cache));
}

#[test]
fn a_journal_cut_anywhere_is_completed() {
    let (_dir, cache) = folder();
    fill(&open(&cache));
    let (journal, frames) = files(&cache);
    let (whole, data) = (fs::read(&journal).expect("there"), fs::read(&frames).expect("there"));
    for cut in 0..whole.len() {
        fs::write(&journal, &whole[..cut]).expect("cut");
        fs::write(&frames, &data).expect("as it was");
        assert!(cache.find(&wanted()).is_none(), "{cut}: not complete");
        let store = open(&cache);
        let found = store.found();
        let decoded = fill(&store);
        // A failed frame that the journal has is neither found nor decoded.
        assert!(found + decoded == FRAMES || found + decoded == FRAMES - 1, "{cut}: {found} + {decoded}");
        check(&store);
        drop(store);
        check(&cache.find(&wanted()).expect("complete again"));
        assert_eq!(fs::read(&frames).expect("there"), data, "{cut}");
    }
}

/// What a machine that stopped may leave: records whose bytes never reached the disk.
#[test]
fn frames_that_are_not_what_was_written_are_decoded_again() {
    let (_dir, cache) = folder();
    fill(&open(&cache));
    let (_, frames) = files(&cache);
    let data = fs::read(&frames).expect("there");
    for at in 0..data.len() {
        let mut spoilt = data.clone();
        spoilt[at] ^= 0x10;
        fs::write(&frames, &spoilt).expect("spoilt");
        // Clocks of file systems are coarse.
        let file = fs::File::options().write(true).open(&frames).expect("there");
        file.set_modified(SystemTime::UNIX_EPOCH).expect("timed");
        assert!(cache.find(&wanted()).is_none(), "another time: not trusted");
        let store = open(&cache);
        let frame = at / wanted().layout.frame_bytes();
        assert_eq!(fill(&store), usize::from(frame != BROKEN), "{at}");
        check(&store);
    }
    fs::write(&frames, &data[..data.len() / 2]).expect("cut");
    let store = open(&cache);
    assert_eq!(fill(&store), FRAMES / 2 - 1, "frames behind the end, but for the one that failed");
    check(&store);
}

#[test]
fn other_files_or_another_program_make_frames_stale() {
    let (_dir, cache) = folder();
    fill(&open(&cache));
    let changed = Description { fingerprint: [1; 16], ..wanted() };
    assert!(cache.find(&changed).is_none());
    let (store, _) = cache.open(&changed).expect("begun anew");
    assert_eq!((store.found(), store.counts().pending), (0, FRAMES));
    assert_eq!(cache.entries().len(), 1, "what is stale does not stay");
    fill(&store);
    drop(store);
    // Room for one: the stale one goes first.
    let one = CacheFolder::new(cache.path().to_path_buf(), Some(cache.entries()[0].bytes + 2000));
    let (store, evicted) = one.open(&wanted()).expect("begun anew");
    assert!(evicted.is_empty());
    drop(store);
    let (journal, _) = files(&cache);
    fs::write(&journal, b"something else").expect("written");
    assert_eq!(cache.entries()[0].description, None);
    assert_eq!(fill(&open(&cache)), FRAMES);
}

#[test]
fn one_program_fills_and_nobody_empties_under_it() {
    let (_dir, cache) = folder();
    let store = open(&cache);
    assert!(matches!(cache.open(&wanted()), Err(CacheError::Busy { .. })));
    assert!(cache.find(&wanted()).is_none());
    assert!(cache.entries()[0].in_use);
    assert_eq!(cache.clear(Duration::ZERO).expect("done").in_use, 1);
    fill(&store);
    let (second, _) = cache.open(&wanted()).expect("complete: others read beside it");
    check(&second);
    assert_eq!(cache.clear(Duration::ZERO).expect("done").in_use, 1);
    drop((store, second));
    let cleared = cache.clear(Duration::from_hours(1)).expect("done");
    assert_eq!((cleared.entries, cleared.in_use), (0, 0), "too young");
    assert_eq!(cache.clear(Duration::ZERO).expect("done").entries, 1);
    assert!(cache.entries().is_empty());
    let left = fs::read_dir(cache.path()).expect("folder").count();
    assert_eq!(left, 1, "the lock alone");
}

#[test]
fn the_longest_unused_entry_makes_room() {
    let (_dir, cache) = folder();
    let entry = |id: u8| Description { id: [id; 16], ..wanted() };
    let put =
        |cache: &CacheFolder, id: u8| cache.open(&entry(id)).map(|(store, evicted)| (fill(&store), evicted));
    for id in 1..=3 {
        put(&cache, id).expect("room");
    }
    // The first is used again, long after the others.
    for (id, age) in [(1_u8, 0), (2, 200), (3, 100)] {
        let path =
            cache.entries().iter().find(|e| e.description == Some(entry(id))).expect("there").path.clone();
        let time = SystemTime::now() - Duration::from_secs(age);
        fs::File::options().write(true).open(path).and_then(|f| f.set_modified(time)).expect("timed");
    }
    let one = cache.entries()[0].bytes;
    let tight = CacheFolder::new(cache.path().to_path_buf(), Some(3 * one));
    let (_, evicted) = put(&tight, 4).expect("room was made");
    assert_eq!(evicted.iter().map(|e| e.description.clone()).collect::<Vec<_>>(), [Some(entry(2))]);

    let none = CacheFolder::new(cache.path().to_path_buf(), Some(10));
    let error = put(&none, 5).expect_err("more than the limit").to_string();
    assert!(error.contains("10 B") && error.contains("--cache-size"), "{error}");
    assert_eq!(cache.entries().len(), 3, "nothing is removed in vain");
}

/// A writer fails in the middle of a record: what follows stands on the whole records before it.
#[test]
fn a_refused_write_leaves_the_entry_as_it_was() {
    let (_dir, cache) = folder();
    let store = open(&cache);
    let (journal, _) = files(&cache);
    let mut writer = store.writer(0).expect("pending");
    writer.samples().bytes().fill(1);
    writer.publish(0).expect("room");
    drop(store.writer(1).expect("pending"));
    drop(store);
    // Half of a record, as a full disk leaves it.
    let mut bytes = fs::read(&journal).expect("there");
    let whole = bytes.len();
    bytes.extend([20, 0, 0, 0, 1, 9, 9]);
    fs::write(&journal, &bytes).expect("written");
    let store = open(&cache);
    assert_eq!(store.found(), 1);
    assert_eq!(fs::metadata(&journal).expect("there").len(), whole as u64);
}

/// Journals that another program (`tests/make_journals.py`) wrote from the description of the format.
#[test]
#[cfg(target_endian = "little")]
fn the_format_is_what_its_description_says() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let read = |name: &str| Journal::parse(&fs::read(data.join(name)).expect("fixture"));
    let journal = read("good/complete.journal").expect("whole");
    let description = &journal.description;
    assert_eq!((description.id[1], description.fingerprint[1], description.frames), (1, 17, 3));
    assert_eq!((description.name.as_str(), description.path.as_str()), ("jet", "/data/jet °"));
    let broken =
        FrameFault { file: Some("/data/jet/3.png".into()), frame: 3, reason: "cut short".to_owned() };
    assert_eq!(journal.entries[&2], Entry::Ready { checksum: 7, lost: 1 });
    assert_eq!(journal.entries[&1], Entry::Failed(broken));
    assert_eq!(
        journal.entries[&0],
        Entry::Failed(FrameFault { file: None, frame: 1, reason: "gone".to_owned() })
    );
    assert_eq!(journal.complete, Some(SystemTime::UNIX_EPOCH + Duration::new(1_700_000_100, 5)));
    for (name, entries) in [("growing", 2), ("torn", 3)] {
        let journal = read(&format!("good/{name}.journal")).expect("a head");
        assert_eq!((journal.entries.len(), journal.complete), (entries, None), "{name}");
    }
    for (name, word) in [
        ("empty", "does not begin"),
        ("magic", "does not begin"),
        ("version", "version 2"),
        ("cut_head", "cut short (60 bytes)"),
        ("checksum", "checksum"),
        ("long", "claims 4294967295 bytes"),
        ("order", "not one of this machine"),
        ("type", "not one of this machine"),
        ("huge", "not one of this machine"),
    ] {
        let reason = read(&format!("bad/{name}.journal")).expect_err(name);
        assert!(reason.contains(word), "{name}: {reason}");
    }
}

/// Bytes that changed while size and time stayed, as a disk that fails does it.
#[test]
fn a_complete_entry_whose_bytes_changed_is_found() {
    let (_dir, cache) = folder();
    drop({
        let store = open(&cache);
        fill(&store);
        store
    });
    let (_, frames) = files(&cache);
    let modified = fs::metadata(&frames).and_then(|meta| meta.modified()).expect("there");
    let mut bytes = fs::read(&frames).expect("there");
    let size = bytes.len() / FRAMES;
    bytes[2 * size + 1] ^= 4;
    fs::write(&frames, bytes).expect("written");
    fs::File::options().write(true).open(&frames).and_then(|f| f.set_modified(modified)).expect("as before");
    let store = cache.find(&wanted()).expect("complete as far as can be seen");
    assert!(matches!(store.poll(2), blitz_core::FramePoll::Pending), "nothing unread is shown");
    for _ in 0..2 {
        let error = store.pin(2).expect_err("changed").to_string();
        assert!(error.contains("frame 2") && error.contains("blitz cache clear"), "{error}");
    }
    for frame in [0, 1, 3, 5] {
        assert!(store.pin(frame).is_ok_and(|guard| guard.samples().get_f64(0) == f64::from(value(frame))));
    }
    assert!(matches!(store.poll(1), blitz_core::FramePoll::Ready(_)), "once read");
}
