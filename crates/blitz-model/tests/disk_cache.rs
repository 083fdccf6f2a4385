//! Recordings decoded to the disk: the same samples, found again, never stale, right after a kill.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use blitz_core::{Access, Cancel, DType, FrameRange, FrameShape, FrameState, Progress, Rect, Samples, Stack};
use blitz_io::{Overwrite, create_writer};
use blitz_model::load::{CacheFolder, DiskCache, Fill, LoadError, Opened, Strategy};
use blitz_model::recipe::Load;
use blitz_testkit::noise_frames;

const SHAPE: FrameShape = FrameShape::new(24, 20, 1);

fn pngs(dir: &Path, frames: &[Samples]) -> PathBuf {
    let folder = dir.join("recording");
    fs::create_dir_all(&folder).expect("folder");
    let path = folder.join("f%03d.png");
    let mut writer = create_writer(&path, frames[0].dtype(), SHAPE, Some(frames.len()), Overwrite::Replace)
        .expect("created");
    for frame in frames {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    folder
}

fn open(path: &Path, load: &Load) -> Opened {
    Opened::open(&[path.to_owned()], load, Some(1), &Cancel::default(), &Progress::default()).expect("opened")
}

fn cache(dir: &Path) -> DiskCache {
    DiskCache::new(Some(dir.join("cache")), None)
}

/// Opens and decodes to the disk what is not there yet.
fn load(path: &Path, how: &Load, cache: &DiskCache) -> (Stack, Option<Fill>) {
    let (stack, loader, _) = open(path, how).load_to_disk(cache).expect("room");
    let fill = loader.map(|loader| loader.fill(&Cancel::default(), &Progress::default()));
    (stack, fill)
}

#[track_caller]
fn same(stack: &Stack, expected: &Stack) {
    assert_eq!((stack.shape(), stack.dtype()), (expected.shape(), expected.dtype()));
    for frame in 0..expected.shape().frames {
        let read = |stack: &Stack| stack.store.pin(frame).map(|guard| guard.samples().to_owned());
        assert_eq!(read(stack), read(expected), "frame {frame}");
    }
}

#[test]
fn decoded_once_and_found_again() {
    let dir = tempfile::tempdir().expect("folder");
    let path = pngs(dir.path(), &noise_frames(1, DType::U16, 12, SHAPE));
    fs::write(path.join("f007.png"), b"not a picture").expect("spoilt");
    let cache = cache(dir.path());
    let options = [
        Load::default(),
        Load { every: 2, frames: FrameRange::new(1, 11), ..Load::default() },
        Load { crop: Some(Rect::new(2, 3, 11, 9)), shrink: 0.5, eight_bit: true, ..Load::default() },
    ];
    for how in &options {
        let mut opened = open(&path, how);
        assert!(opened.cached(&cache).is_none());
        let expected = opened.stream();
        let (stack, fill) = load(&path, how, &cache);
        let fill = fill.expect("decoded");
        assert_eq!(fill.problem, None);
        assert_eq!(fill.ready + fill.failed.len(), expected.shape().frames);
        same(&stack, &expected);
        assert_eq!(stack.store.memory_bytes(), 0);
        drop(stack);

        let mut opened = open(&path, how);
        let found = opened.cached(&cache).expect("found again");
        assert_eq!((opened.plan.strategy, found.store.access()), (Strategy::Cache, Access::Mapped));
        assert!(opened.plan.describe().contains("decoded earlier"), "{}", opened.plan.describe());
        same(&found, &expected);
        let (again, fill) = load(&path, how, &cache);
        assert!(fill.is_none(), "nothing to decode");
        same(&again, &expected);
    }
    let folder = cache.folder.as_ref().expect("named");
    assert_eq!(folder.entries().len(), options.len());
    let (stack, _) = load(&path, &options[0], &cache);
    let FrameState::Failed(fault) = stack.store.state(7) else { panic!("frame 7 is broken") };
    assert_eq!(
        fault.file.as_deref(),
        Some(path.join("f007.png").as_path()),
        "failed frames keep their reasons"
    );
    let original = open(&path, &options[0]).stream().store.pin(7).expect_err("broken");
    assert_eq!(stack.store.pin(7).expect_err("broken"), original);
}

#[test]
fn as_f32_the_values_are_the_same() {
    let dir = tempfile::tempdir().expect("folder");
    let frames = noise_frames(2, DType::U16, 3, SHAPE);
    let path = pngs(dir.path(), &frames);
    let cache = DiskCache { as_f32: true, ..cache(dir.path()) };
    let (stack, _) = load(&path, &Load::default(), &cache);
    assert_eq!(stack.dtype(), DType::F32);
    for (i, frame) in frames.iter().enumerate() {
        let read = stack.store.pin(i).expect("there").samples().to_f64_vec();
        assert_eq!(read, frame.as_ref().to_f64_vec());
    }
    assert!(open(&path, &Load::default()).cached(&DiskCache { as_f32: false, ..cache }).is_none());
    let wide = dir.path().join("wide.npy");
    let mut writer = create_writer(&wide, DType::F64, SHAPE, Some(1), Overwrite::Refuse).expect("created");
    writer.write_frame(Samples::zeros(DType::F64, SHAPE.samples()).as_ref()).expect("written");
    writer.finish().expect("finished");
    let cache = DiskCache { as_f32: true, ..DiskCache::new(Some(dir.path().join("cache")), None) };
    let error = open(&wide, &Load::default()).load_to_disk(&cache).expect_err("f64").to_string();
    assert!(error.contains("f32 cannot hold every f64 value"), "{error}");
}

#[test]
fn a_recording_that_changed_is_decoded_again() {
    let dir = tempfile::tempdir().expect("folder");
    let path = pngs(dir.path(), &noise_frames(3, DType::U8, 6, SHAPE));
    let cache = cache(dir.path());
    load(&path, &Load::default(), &cache);
    assert!(open(&path, &Load::default()).cached(&cache).is_some());
    // Another file with the old size and time.
    let file = path.join("f002.png");
    let (bytes, time) = (fs::read(&file).expect("there"), fs::metadata(&file).and_then(|m| m.modified()));
    std::thread::sleep(Duration::from_millis(20));
    fs::write(&file, &bytes).expect("written");
    let handle = fs::File::options().write(true).open(&file).expect("there");
    handle.set_modified(time.expect("a time")).expect("set back");
    if cfg!(unix) {
        assert!(open(&path, &Load::default()).cached(&cache).is_none(), "set back, but not unchanged");
    }
    let frames = noise_frames(4, DType::U8, 6, SHAPE);
    pngs(dir.path(), &frames);
    assert!(open(&path, &Load::default()).cached(&cache).is_none());
    let (stack, fill) = load(&path, &Load::default(), &cache);
    assert!(fill.is_some());
    assert_eq!(stack.store.pin(2).expect("there").samples(), frames[2].as_ref());
    assert_eq!(cache.folder.expect("named").entries().len(), 1, "the stale entry is gone");
}

#[test]
fn files_that_change_meanwhile_are_not_kept() {
    let dir = tempfile::tempdir().expect("folder");
    let path = pngs(dir.path(), &noise_frames(5, DType::U8, 6, SHAPE));
    let cache = cache(dir.path());
    let (stack, loader, _) = open(&path, &Load::default()).load_to_disk(&cache).expect("room");
    let loader = loader.expect("new");
    loader.fill_one(0);
    std::thread::sleep(Duration::from_millis(20));
    pngs(dir.path(), &noise_frames(6, DType::U8, 6, SHAPE));
    let fill = loader.fill(&Cancel::default(), &Progress::default());
    assert!(fill.problem.is_some_and(|p| p.contains("changed while")), "said");
    drop(stack);
    assert!(cache.folder.expect("named").entries().is_empty(), "not kept");
}

#[test]
fn a_cancelled_decoding_is_gone_on_with() {
    let dir = tempfile::tempdir().expect("folder");
    let frames = noise_frames(7, DType::U8, 9, SHAPE);
    let path = pngs(dir.path(), &frames);
    let cache = cache(dir.path());
    let (stack, loader, _) = open(&path, &Load::default()).load_to_disk(&cache).expect("room");
    let loader = loader.expect("new");
    (0..4).for_each(|frame| loader.fill_one(frame));
    let cancel = Cancel::default();
    cancel.cancel();
    let fill = loader.fill(&cancel, &Progress::default());
    assert_eq!((fill.ready, fill.failed.len(), fill.cancelled), (4, 5, true));
    assert!(fill.failed[0].reason.contains("cancelled"));
    drop((stack, loader));
    assert!(open(&path, &Load::default()).cached(&cache).is_none());
    let mut opened = open(&path, &Load::default());
    let (stack, loader, _) = opened.load_to_disk(&cache).expect("room");
    assert!(opened.plan.reason.contains("4 frames earlier"), "{}", opened.plan.reason);
    assert_eq!(loader.expect("the rest").fill(&Cancel::default(), &Progress::default()).ready, 9);
    same(&stack, &open(&path, &Load::default()).stream());
}

#[test]
fn what_has_no_room_is_refused_with_the_numbers() {
    let dir = tempfile::tempdir().expect("folder");
    let path = pngs(dir.path(), &noise_frames(8, DType::U8, 4, SHAPE));
    let cache = DiskCache::new(Some(dir.path().join("cache")), Some(1000));
    let offer = open(&path, &Load::default()).cache_offer(&cache).expect("a folder");
    assert_eq!(offer.needed, 4 * 480);
    assert!(offer.refused.is_some());
    let error = open(&path, &Load::default()).load_to_disk(&cache).expect_err("no room");
    assert!(matches!(error, LoadError::Cache(_)));
    let text = error.to_string();
    assert!(text.contains("1.9 kB") && text.contains("1.0 kB"), "{text}");
    let nowhere = DiskCache::default();
    assert!(open(&path, &Load::default()).cache_offer(&nowhere).is_none());
    assert!(open(&path, &Load::default()).load_to_disk(&nowhere).is_err());
}

/// A program that decodes to the disk is killed again and again, at any moment; the next one goes on from what is
/// there and all is right in the end.
#[test]
#[cfg(unix)]
fn killed_at_any_moment_it_is_right_the_next_time() {
    const NAME: &str = "killed_at_any_moment_it_is_right_the_next_time";
    const CHILD: &str = "BLITZ_TEST_CACHE_CHILD";
    if let Some(dir) = std::env::var_os(CHILD).map(PathBuf::from) {
        let (stack, _) = load(&dir.join("recording"), &Load::default(), &cache(&dir));
        assert_eq!(stack.shape().frames, 150);
        return;
    }
    let dir = tempfile::tempdir().expect("folder");
    let path = pngs(dir.path(), &noise_frames(9, DType::U16, 150, SHAPE));
    fs::write(path.join("f100.png"), b"not a picture").expect("spoilt");
    let expected = open(&path, &Load::default()).stream();
    let cache = cache(dir.path());
    let exe = std::env::current_exe().expect("path");
    let folder = cache.folder.clone().expect("named");
    let (mut cut, mut whole) = (0, 0);
    for round in 0..60_u64 {
        let mut child = std::process::Command::new(&exe)
            .args(["--exact", NAME, "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("started");
        // Not before the entry is there, then a little later in each round.
        let start = SystemTime::now();
        while folder.entries().is_empty() && start.elapsed().is_ok_and(|t| t < Duration::from_secs(20)) {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(round * 97 % 4000));
        child.kill().expect("killed");
        child.wait().expect("ended");
        match open(&path, &Load::default()).cached(&cache) {
            Some(found) => {
                whole += 1;
                same(&found, &expected);
            }
            None => cut += 1,
        }
        if round % 3 == 2 {
            // Whatever is there is completed here, and begun anew by the next child.
            let (stack, _) = load(&path, &Load::default(), &cache);
            same(&stack, &expected);
            drop(stack);
            assert!(open(&path, &Load::default()).cached(&cache).is_some());
            folder.clear(Duration::ZERO).expect("emptied");
        }
    }
    assert!(cut > 0, "some were killed before the end ({cut} cut, {whole} whole)");
}

#[test]
fn the_folder_is_the_one_that_the_system_names() {
    let named = CacheFolder::default_path();
    if let Some(path) = named {
        assert!(path.is_absolute() && path.ends_with("blitz/frames"), "{}", path.display());
    }
    assert!(DiskCache::default().folder.is_none(), "nothing is kept unasked");
}
