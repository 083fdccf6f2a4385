//! The program without its window: open, look, decide, undo.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blitz_core::{
    Access, DType, Extent, FrameGuard, FramePoll, FrameShape, FrameState, Layout, ReadError, Samples, Store,
    ZoneShape,
};
use blitz_io::{Overwrite, create_writer};
use blitz_model::document::{Edit, FitScope, LevelRule, ZoneEdit};
use blitz_model::export::{ExportRequest, Gaps};
use blitz_model::load::{DiskCache, IfTooBig, Strategy};
use blitz_model::recipe::{Load, Rate};
use blitz_model::session::{Command, LoadState, Session, StripAction, TooBigChoice};
use blitz_model::{Geometry, Method};
use blitz_testkit::{spot_frames, stack_of};

mod auxiliary;
mod grows;
mod live;
mod preview;
mod steering;
mod views;
mod wire;

const SHAPE: FrameShape = FrameShape::new(20, 30, 1);

fn session(max_ram: Option<u64>) -> Session {
    Session::new(Arc::new(|| {}), Arc::new(|_, _| Arc::new(())), max_ram)
}

/// A folder of PNGs with one broken file.
fn recording(frames: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("folder");
    let samples = spot_frames(DType::U16, frames, SHAPE);
    let mut writer =
        create_writer(&dir.path().join("f%03d.png"), DType::U16, SHAPE, Some(frames), Overwrite::Refuse)
            .expect("created");
    for frame in &samples {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    if frames > 5 {
        std::fs::write(dir.path().join("f005.png"), b"broken").expect("spoilt");
    }
    dir
}

fn until(session: &mut Session, what: &str, mut done: impl FnMut(&mut Session) -> bool) {
    let start = Instant::now();
    loop {
        session.poll();
        if done(session) {
            return;
        }
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "waited too long for {what}: {:?}, {:?}",
            session.jobs(),
            session.log().last()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn open(session: &mut Session, path: PathBuf) {
    session.execute(Command::Open { paths: vec![path], load: Load::default(), in_addition: false });
    until(session, "loading", |s| {
        !s.is_busy() && s.current().is_some_and(|r| matches!(r.load_state(), LoadState::Done(_)))
    });
}

fn edit(session: &mut Session, edit: Edit) {
    session.execute(Command::Edit(edit));
    session.execute(Command::EndGesture);
}

/// The stack frame that the focused view shows.
fn frame_of(session: &Session) -> usize {
    session.view(session.focused()).expect("there is always one").playhead().frame
}

fn settle(session: &mut Session) {
    until(session, "answers", |s| {
        let picture = s.picture(s.focused());
        let curves = s.curves(s.focused());
        let levels = s.levels(s.focused());
        (picture.current || picture.error.is_some())
            && curves.iter().all(|c| c.current)
            && levels.is_some_and(|l| !l.sampled && l.current)
    });
}

#[test]
fn open_look_decide_undo() {
    opened_looked_at_decided_undone(session(None));
}

fn opened_looked_at_decided_undone(mut session: Session) {
    let dir = recording(12);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    let picture = session.picture(session.focused()).shown.expect("a picture");
    assert_eq!(picture.frame, Some(0));
    let spots = spot_frames(DType::U16, 12, SHAPE);
    assert_eq!(picture.picture.samples, spots[0]);
    assert_eq!(session.current().expect("open").recipe().zones.len(), 1, "a first zone is there");

    // A whole-image zone gives the mean of each frame; the broken frame is missing.
    let whole = ZoneShape::Rect { x: 0.0, y: 0.0, width: 30.0, height: 20.0, angle: 0.0 };
    edit(&mut session, Edit::Zone(ZoneEdit::Shape(0, whole)));
    settle(&mut session);
    let curve = session.curves(session.focused()).remove(0);
    for (frame, samples) in spots.iter().enumerate() {
        let values = samples.as_ref().to_f64_vec();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let point = curve.data.points[0][frame];
        assert!(if frame == 5 { point.mean.is_nan() && point.n == 0 } else { point.mean == mean });
    }

    // A reduction replaces the picture; the strip says so, and its click leads back.
    edit(&mut session, Edit::Reduce(Some(Method::Max)));
    settle(&mut session);
    let max = session.picture(session.focused()).shown.expect("a picture");
    assert_eq!((max.frame, max.picture.coverage.used, max.picture.coverage.failed.len()), (None, 11, 1));
    let strip = session.strip(session.focused());
    assert!(strip.iter().any(|i| i.text == "max of 0–11 (12 frames)" && i.action == StripAction::ShowFrames));
    assert!(strip.iter().any(|i| i.text == "1 frame failed"), "{strip:?}");

    session.execute(Command::Undo);
    settle(&mut session);
    assert_eq!(session.picture(session.focused()).shown.expect("a picture").frame, Some(0));
    session.execute(Command::Redo);
    assert!(session.picture(session.focused()).current, "an undone reduction is still there");
}

#[test]
fn seeking_a_failed_frame_says_why_and_keeps_the_old_picture() {
    let dir = recording(8);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    session.execute(Command::Seek(5));
    let reply = session.picture(session.focused());
    assert!(reply.error.as_deref().is_some_and(|e| e.contains("f005.png")), "{:?}", reply.error);
    assert_eq!(reply.shown.expect("the old one").frame, Some(0));
    session.execute(Command::Step(1));
    settle(&mut session);
    assert_eq!(session.picture(session.focused()).shown.expect("a picture").frame, Some(6));
}

#[test]
fn an_export_asks_what_stands_for_a_failed_frame() {
    export_asks(session(None));
}

fn export_asks(mut session: Session) {
    let dir = recording(8);
    let out = tempfile::tempdir().expect("folder");
    let path = out.path().join("out.npy");
    open(&mut session, dir.path().to_owned());
    let (sender, asked) = std::sync::mpsc::channel();
    let answer = sender.clone();
    session.export(ExportRequest::new(path.clone()), move |undecided| drop(answer.send(undecided)));
    until(&mut session, "the export", |s| !s.is_busy());
    let undecided = asked.try_recv().expect("asked");
    assert!(undecided.fault.to_string().contains("f005.png"), "{}", undecided.fault);
    assert_eq!(undecided.dtype, DType::U16);
    let said = |s: &Session| s.log().last().expect("a line").text.clone();
    assert!(said(&session).contains("f005.png") && !path.exists(), "{}", said(&session));

    let decided = ExportRequest { gaps: Gaps::Skip, ..undecided.request };
    session.export(decided, move |undecided| drop(sender.send(undecided)));
    until(&mut session, "the export", |s| !s.is_busy());
    assert!(asked.try_recv().is_err(), "nothing is left to decide");
    assert!(said(&session).contains("1 frame failed and left out"), "{}", said(&session));
    assert!(path.exists());
}

/// As many frames of one pixel as it takes, all alike.
#[derive(Debug)]
struct Constant {
    frame: FrameGuard,
    frames: usize,
}

impl Store for Constant {
    fn layout(&self) -> Layout {
        Layout { frame: self.frame.shape(), dtype: self.frame.dtype() }
    }

    fn extent(&self) -> Extent {
        Extent { first: 0, end: self.frames, sealed: true }
    }

    fn generation(&self) -> u64 {
        0
    }

    fn state(&self, _frame: usize) -> FrameState {
        FrameState::Ready
    }

    fn access(&self) -> Access {
        Access::Resident
    }

    fn poll(&self, _frame: usize) -> FramePoll {
        FramePoll::Ready(self.frame.clone())
    }

    fn pin(&self, _frame: usize) -> Result<FrameGuard, ReadError> {
        Ok(self.frame.clone())
    }

    fn memory_bytes(&self) -> u64 {
        0
    }
}

/// Fault: the window refused sums above 2^53, which the command line wrote exactly.
#[test]
fn sums_that_f64_cannot_hold_are_exported_exactly() {
    let frames = (1 << 21) + 3;
    let frame = FrameGuard::from_samples(Samples::from(vec![u32::MAX]), FrameShape::new(1, 1, 1));
    let mut session = session(None);
    session.show_stack(stack_of(Arc::new(Constant { frame, frames }), "constant"));
    edit(&mut session, Edit::Reduce(Some(Method::Sum)));
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("sum.npy");
    session.export(ExportRequest::new(path.clone()), |_| {});
    until(&mut session, "the export", |s| !s.is_busy());
    let bytes = std::fs::read(&path).expect("written");
    let expected = frames as u64 * u64::from(u32::MAX);
    assert_ne!(expected as f64 as u64, expected, "more than f64 holds");
    assert_eq!(bytes[bytes.len() - 8..], expected.to_le_bytes());
    assert!(String::from_utf8_lossy(&bytes).contains("'<u8'"));
}

#[test]
fn a_failed_open_keeps_what_is_open() {
    let dir = recording(3);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    session.execute(Command::Open {
        paths: vec![dir.path().join("nothing.png")],
        load: Load::default(),
        in_addition: false,
    });
    until(&mut session, "the refusal", |s| !s.is_busy());
    assert!(session.current().is_some());
    let last = session.log().last().expect("a message");
    assert!(last.text.contains("nothing.png"), "{}", last.text);
}

#[test]
fn reading_again_keeps_decisions_and_undo_reads_back() {
    let dir = recording(12);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    edit(&mut session, Edit::Rate(Some(Rate::Fps("1000".into()))));
    session.execute(Command::Seek(9));
    let every = Load { every: 3, ..Load::default() };
    edit(&mut session, Edit::Load(every));
    until(&mut session, "reading again", |s| {
        !s.is_busy() && s.current().is_some_and(|r| r.stack().shape().frames == 4)
    });
    let recording = session.current().expect("open");
    assert_eq!(recording.stack().source_frame(frame_of(&session)), 9, "the same source frame");
    assert_eq!(recording.rate_text(), "1,000 frames/s");
    assert!(
        session.strip(session.focused()).iter().any(|i| i.text == "every 3 frames, 4 of 12"),
        "{:?}",
        session.strip(session.focused())
    );
    session.execute(Command::Undo);
    until(&mut session, "reading back", |s| {
        !s.is_busy() && s.current().is_some_and(|r| r.stack().shape().frames == 12)
    });
    assert_eq!(session.recordings().len(), 1);
}

#[test]
fn what_does_not_fit_waits_for_a_decision() {
    let dir = recording(100);
    let mut session = session(Some(60_000));
    session.execute(Command::Open {
        paths: vec![dir.path().to_owned()],
        load: Load::default(),
        in_addition: false,
    });
    until(&mut session, "the question", |s| s.too_big().is_some());
    assert!(session.current().is_none());
    session.execute(Command::TooBig(TooBigChoice::Stream));
    until(&mut session, "the stream", |s| !s.is_busy() && s.current().is_some());
    settle(&mut session);
    assert_eq!(
        session.picture(session.focused()).shown.expect("a picture").picture.samples,
        spot_frames(DType::U16, 100, SHAPE)[0]
    );
    assert_eq!(session.curves(session.focused())[0].data.count, 100);
}

fn ask_to_open(session: &mut Session, path: &std::path::Path) {
    session.execute(Command::Open {
        paths: vec![path.to_owned()],
        load: Load::default(),
        in_addition: false,
    });
}

#[test]
fn what_does_not_fit_is_decoded_to_the_disk_and_found_again() {
    let (dir, place) = (recording(100), tempfile::tempdir().expect("folder"));
    let cache = DiskCache::new(Some(place.path().join("cache")), None);
    let mut first = session(Some(60_000)).with_disk_cache(IfTooBig::Ask, cache.clone());
    ask_to_open(&mut first, dir.path());
    until(&mut first, "the question", |s| s.too_big().is_some());
    let offer = first.too_big().and_then(|t| t.cache.clone()).expect("a folder");
    assert_eq!((offer.needed, offer.refused), (100 * 20 * 30 * 2, None));
    first.execute(Command::TooBig(TooBigChoice::Cache));
    until(&mut first, "the frames", |s| !s.is_busy() && s.current().is_some());
    settle(&mut first);
    let spots = spot_frames(DType::U16, 100, SHAPE);
    let check = |session: &mut Session| {
        settle(session);
        let recording = session.current().expect("open");
        assert_eq!(recording.found().expect("a source").plan.strategy, Strategy::Cache);
        let LoadState::Done(fill) = recording.load_state() else { panic!("done") };
        assert_eq!((fill.ready, fill.failed.len(), fill.problem.as_deref()), (99, 1, None));
        assert_eq!(session.curves(session.focused())[0].data.count, 100);
        let memory = session.memory();
        assert_eq!((memory.stacks, memory.disk), (0, offer.needed), "on disk, not in memory");
        session.execute(Command::Seek(99));
        settle(session);
        assert_eq!(session.picture(session.focused()).shown.expect("a picture").picture.samples, spots[99]);
    };
    check(&mut first);
    drop(first);
    let mut second = session(Some(60_000)).with_disk_cache(IfTooBig::Ask, cache);
    open(&mut second, dir.path().to_owned());
    assert!(second.too_big().is_none(), "nothing to ask");
    check(&mut second);
}

#[test]
fn what_was_decided_before_is_not_asked() {
    let (dir, place) = (recording(100), tempfile::tempdir().expect("folder"));
    let cache = || DiskCache::new(Some(place.path().join("cache")), None);
    let with = |policy| session(Some(60_000)).with_disk_cache(policy, cache());
    for (policy, frames, width, strategy) in [
        (IfTooBig::Every, 1..100, 30, Strategy::Memory),
        (IfTooBig::Shrink, 100..101, 1, Strategy::Memory),
        (IfTooBig::Stream, 100..101, 30, Strategy::TooBig),
        (IfTooBig::Cache, 100..101, 30, Strategy::Cache),
    ] {
        let mut session = with(policy);
        open(&mut session, dir.path().to_owned());
        let recording = session.current().expect("open");
        let shape = recording.stack().shape();
        assert!(frames.contains(&shape.frames), "{policy:?}: {shape}");
        assert!((width..=30).contains(&shape.frame.width), "{policy:?}: {shape}");
        assert_eq!(recording.found().expect("a source").plan.strategy, strategy, "{policy:?}");
    }
    let mut session = with(IfTooBig::Fail);
    cache().folder.expect("named").clear(Duration::ZERO).expect("emptied");
    ask_to_open(&mut session, dir.path());
    until(&mut session, "the refusal", |s| !s.is_busy());
    assert!(session.current().is_none() && session.too_big().is_none());
    let last = session.log().last().expect("a message");
    assert!(last.text.contains("--if-too-big cache") && last.text.contains("--every"), "{}", last.text);
}

#[test]
fn several_recordings_each_with_their_document() {
    let (a, b) = (recording(3), recording(4));
    let mut session = session(None);
    open(&mut session, a.path().to_owned());
    let first = session.current().expect("open").id();
    session.execute(Command::Open {
        paths: vec![b.path().to_owned()],
        load: Load::default(),
        in_addition: true,
    });
    until(&mut session, "the second", |s| !s.is_busy() && s.recordings().len() == 2);
    edit(&mut session, Edit::Geometry(Geometry { flip_x: true, ..Geometry::default() }));
    session.execute(Command::Show(first));
    assert!(session.current().expect("open").recipe().geometry.is_identity());
    session.execute(Command::Close);
    assert_eq!(session.recordings().len(), 1);
    assert_eq!(session.current().expect("open").stack().shape().frames, 4);
}

#[test]
fn levels_are_fitted_exactly_in_the_end() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("a.npy");
    let shape = FrameShape::new(10, 10, 1);
    let mut writer = create_writer(&path, DType::F32, shape, Some(40), Overwrite::Refuse).expect("created");
    for t in 0..40 {
        let frame: Vec<f32> =
            (0..100).map(|i| if t == 33 && i == 7 { 1e4 } else { (i + t) as f32 }).collect();
        writer.write_frame(Samples::from(frame).as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    let mut session = session(None);
    open(&mut session, path);
    edit(&mut session, Edit::Trim(0.0));
    settle(&mut session);
    let levels = session.levels(session.focused()).expect("levels");
    assert_eq!((levels.lo, levels.hi), (0.0, 1e4), "a hot pixel in one frame is in the exact range");
    edit(&mut session, Edit::Levels(LevelRule::Fit(FitScope::Picture)));
    let levels = session.levels(session.focused()).expect("levels");
    assert_eq!((levels.lo, levels.hi), (0.0, 99.0));
}
