//! The program without its window: open, look, decide, undo.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use blitz_core::{DType, FrameShape, Samples, ZoneShape};
use blitz_io::{Overwrite, create_writer};
use blitz_model::document::{Edit, FitScope, LevelRule, StepEdit, ZoneEdit};
use blitz_model::load::{DiskCache, IfTooBig, Strategy};
use blitz_model::recipe::{Load, Rate};
use blitz_model::session::{Command, JobKey, LoadState, Session, StripAction, TooBigChoice};
use blitz_model::{Geometry, Method};
use blitz_testkit::spot_frames;

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
        assert!(start.elapsed() < Duration::from_secs(30), "waited too long for {what}");
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

fn settle(session: &mut Session) {
    until(session, "answers", |s| {
        let picture = s.picture();
        let curves = s.curves();
        let levels = s.levels();
        (picture.current || picture.error.is_some())
            && curves.iter().all(|c| c.current)
            && levels.is_some_and(|l| !l.sampled && l.current)
    });
}

#[test]
fn open_look_decide_undo() {
    let dir = recording(12);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    let picture = session.picture().shown.expect("a picture");
    assert_eq!(picture.frame, Some(0));
    let spots = spot_frames(DType::U16, 12, SHAPE);
    assert_eq!(picture.picture.samples, spots[0]);
    assert_eq!(session.current().expect("open").recipe().zones.len(), 1, "a first zone is there");

    // A whole-image zone gives the mean of each frame; the broken frame is missing.
    let whole = ZoneShape::Rect { x: 0.0, y: 0.0, width: 30.0, height: 20.0, angle: 0.0 };
    edit(&mut session, Edit::Zone(ZoneEdit::Shape(0, whole)));
    settle(&mut session);
    let curve = session.curves().remove(0);
    for (frame, samples) in spots.iter().enumerate() {
        let values = samples.as_ref().to_f64_vec();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let point = curve.data.points[0][frame];
        assert!(if frame == 5 { point.mean.is_nan() && point.n == 0 } else { point.mean == mean });
    }

    // A reduction replaces the picture; the strip says so, and its click leads back.
    edit(&mut session, Edit::Reduce(Some(Method::Max)));
    settle(&mut session);
    let max = session.picture().shown.expect("a picture");
    assert_eq!((max.frame, max.picture.coverage.used, max.picture.coverage.failed.len()), (None, 11, 1));
    let strip = session.strip();
    assert!(strip.iter().any(|i| i.text == "max of 0–11 (12 frames)" && i.action == StripAction::ShowFrames));
    assert!(strip.iter().any(|i| i.text == "1 frame failed"), "{strip:?}");

    session.execute(Command::Undo);
    settle(&mut session);
    assert_eq!(session.picture().shown.expect("a picture").frame, Some(0));
    session.execute(Command::Redo);
    assert!(session.picture().current, "an undone reduction is still there");
}

#[test]
fn seeking_a_failed_frame_says_why_and_keeps_the_old_picture() {
    let dir = recording(8);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    session.execute(Command::Seek(5));
    let reply = session.picture();
    assert!(reply.error.as_deref().is_some_and(|e| e.contains("f005.png")), "{:?}", reply.error);
    assert_eq!(reply.shown.expect("the old one").frame, Some(0));
    session.execute(Command::Step(1));
    settle(&mut session);
    assert_eq!(session.picture().shown.expect("a picture").frame, Some(6));
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
    assert_eq!(recording.stack().source_frame(recording.playhead().frame), 9, "the same source frame");
    assert_eq!(recording.rate_text(), "1,000 frames/s");
    assert!(session.strip().iter().any(|i| i.text == "every 3 frames, 4 of 12"), "{:?}", session.strip());
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
        session.picture().shown.expect("a picture").picture.samples,
        spot_frames(DType::U16, 100, SHAPE)[0]
    );
    assert_eq!(session.curves()[0].data.count, 100);
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
        assert_eq!(recording.opened().plan.strategy, Strategy::Cache);
        let LoadState::Done(fill) = recording.load_state() else { panic!("done") };
        assert_eq!((fill.ready, fill.failed.len(), fill.problem.as_deref()), (99, 1, None));
        assert_eq!(session.curves()[0].data.count, 100);
        let memory = session.memory();
        assert_eq!((memory.stacks, memory.disk), (0, offer.needed), "on disk, not in memory");
        session.execute(Command::Seek(99));
        settle(session);
        assert_eq!(session.picture().shown.expect("a picture").picture.samples, spots[99]);
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
        assert_eq!(recording.opened().plan.strategy, strategy, "{policy:?}");
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
    let levels = session.levels().expect("levels");
    assert_eq!((levels.lo, levels.hi), (0.0, 1e4), "a hot pixel in one frame is in the exact range");
    edit(&mut session, Edit::Levels(LevelRule::Fit(FitScope::Picture)));
    let levels = session.levels().expect("levels");
    assert_eq!((levels.lo, levels.hi), (0.0, 99.0));
}

fn add(session: &mut Session, step: &str) {
    let step: blitz_model::recipe::Step = step.parse().expect("a step");
    edit(session, Edit::Step(StepEdit::Add(step.kind)));
}

#[test]
fn levels_of_the_former_recipe_stay_until_there_are_new_ones() {
    let dir = recording(4);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    let before = session.levels().expect("levels");
    add(&mut session, "subtract mean:");
    let kept = session.levels().expect("levels");
    assert!(!kept.current, "marked as those of the former recipe");
    assert_eq!(kept.hi, before.hi.abs().max(before.lo.abs()), "symmetric at once, as the map is");
    settle(&mut session);
    let after = session.levels().expect("levels");
    assert_eq!(after.lo, -after.hi);
    assert!(after.hi < before.hi, "{after:?} {before:?}");
    session.execute(Command::Undo);
    settle(&mut session);
    assert_eq!(session.levels(), Some(before));
}

#[test]
fn a_step_that_fails_is_named_once_and_switching_it_off_helps() {
    let dir = recording(4);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    add(&mut session, "smooth box,3");
    add(&mut session, "divide file:/no/such/flat.tif");
    until(&mut session, "the error", |s| {
        s.curves();
        s.levels();
        s.picture().error.is_some() && !s.is_busy()
    });
    for _ in 0..20 {
        session.poll();
        session.curves();
        session.levels();
        assert!(!session.is_busy(), "nothing is tried over and over");
    }
    let picture = session.picture();
    let fault = picture.fault.expect("a step");
    assert_eq!(fault.step, 1);
    assert!(fault.reason.contains("/no/such/flat.tif") && !fault.reason.contains("step"), "{fault:?}");
    assert!(picture.shown.is_some(), "the former picture stays");
    edit(&mut session, Edit::Step(StepEdit::Enable(1, false)));
    settle(&mut session);
    assert!(session.picture().current && session.picture().fault.is_none());
}

#[test]
fn while_an_amount_is_dragged_pictures_come_and_the_last_one_is_right() {
    let dir = recording(6);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    let raw = session.picture().shown.expect("a picture").picture.samples.as_ref().to_f64_vec();
    add(&mut session, "subtract max:");
    for percent in 1..=60 {
        let step = format!("subtract max:,amount={}", f64::from(percent) / 100.0);
        let step: blitz_model::recipe::Step = step.parse().expect("a step");
        session.execute(Command::Edit(Edit::Step(StepEdit::Change(0, step.kind))));
        session.poll();
        session.picture();
        session.levels();
        session.curves();
        std::thread::sleep(Duration::from_millis(1));
    }
    session.execute(Command::EndGesture);
    settle(&mut session);
    let shown = session.picture().shown.expect("a picture").picture.samples.as_ref().to_f64_vec();
    let spots = spot_frames(DType::U16, 6, SHAPE);
    // Frame 5 is broken.
    let spots: Vec<Vec<f64>> = spots.iter().map(|s| s.as_ref().to_f64_vec()).collect();
    for (i, (found, raw)) in shown.iter().zip(&raw).enumerate() {
        let most = spots[..5].iter().map(|s| s[i]).fold(f64::NEG_INFINITY, f64::max);
        let expected = raw - f64::from(0.6_f32) * most;
        assert!((found - expected).abs() <= 1e-2, "{i}: {found} {expected}");
    }
    session.execute(Command::Undo);
    assert_eq!(session.current().expect("open").recipe().steps[0].to_string(), "subtract max:");
}

/// A picture that was stopped by the next one must not make the session ask for that one again, which would stop
/// it in turn, and so on for ever.
#[test]
fn a_picture_stopped_by_the_next_one_does_not_stop_that_one() {
    let dir = tempfile::tempdir().expect("folder");
    let (path, shape) = (dir.path().join("f.npy"), FrameShape::new(300, 400, 1));
    let mut writer = create_writer(&path, DType::U16, shape, Some(4), Overwrite::Refuse).expect("created");
    for frame in spot_frames(DType::U16, 4, shape) {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    let mut session = session(None);
    open(&mut session, path);
    edit(
        &mut session,
        Edit::Zone(ZoneEdit::Add(ZoneShape::Rect { x: 3.0, y: 3.0, width: 9.0, height: 9.0, angle: 0.0 })),
    );
    settle(&mut session);
    // Slow enough to be under way when the next one is asked for.
    add(&mut session, "smooth median,9");
    add(&mut session, "subtract max:0:2");
    settle(&mut session);
    for percent in [10, 20, 30, 40] {
        let step = format!("subtract max:0:2,amount={}", f64::from(percent) / 100.0);
        let step: blitz_model::recipe::Step = step.parse().expect("a step");
        session.execute(Command::Edit(Edit::Step(StepEdit::Change(1, step.kind))));
        session.poll();
        session.picture();
        session.curves();
    }
    settle(&mut session);
    let picture = session.picture().shown.expect("a picture");
    until(&mut session, "rest", |s| {
        s.picture();
        s.curves();
        !s.is_busy()
    });
    assert_eq!(session.picture().shown.expect("a picture").serial, picture.serial, "computed once");
}

/// What a person stops stays so until something else was shown.
#[test]
fn a_picture_that_the_person_stopped_is_not_begun_again() {
    let dir = tempfile::tempdir().expect("folder");
    let (path, shape) = (dir.path().join("f.npy"), FrameShape::new(300, 400, 1));
    let mut writer = create_writer(&path, DType::U16, shape, Some(30), Overwrite::Refuse).expect("created");
    for frame in spot_frames(DType::U16, 30, shape) {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    let mut session = session(None);
    open(&mut session, path);
    settle(&mut session);
    add(&mut session, "smooth median,15");
    edit(&mut session, Edit::Reduce(Some(Method::Mean)));
    session.picture();
    let job = session.jobs().into_iter().find(|job| matches!(job.key, JobKey::Picture(_)));
    session.execute(Command::CancelJob(job.expect("the reduction").key));
    until(&mut session, "the end", |s| !s.is_busy());
    for _ in 0..20 {
        session.poll();
        let error = session.picture().error.expect("a reason");
        assert!(error.contains("stopped"), "{error}");
        assert!(!session.is_busy(), "not begun again");
    }
    edit(&mut session, Edit::Reduce(None));
    until(&mut session, "the frame", |s| s.picture().current);
    session.execute(Command::Undo);
    until(&mut session, "the reduction", |s| s.picture().current);
}

/// While nothing else is to be done, blocks of long windows are gathered; what is wanted now comes first.
#[test]
fn long_windows_are_made_quick_ahead() {
    let dir = tempfile::tempdir().expect("folder");
    let (path, shape) = (dir.path().join("f.npy"), FrameShape::new(30, 40, 1));
    let mut writer = create_writer(&path, DType::U16, shape, Some(2000), Overwrite::Refuse).expect("created");
    for frame in spot_frames(DType::U16, 2000, shape) {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    let mut session = session(None);
    open(&mut session, path);
    session.execute(Command::Seek(300));
    add(&mut session, "subtract window:mean,200");
    settle(&mut session);
    let rest = |session: &mut Session| {
        until(session, "rest", |s| {
            s.picture();
            !s.is_busy()
        });
    };
    rest(&mut session);
    // 2000 frames in blocks of 16, 8 bytes per sample.
    let blocks = 2000 / 16 * 8 * shape.samples() as u64;
    until(&mut session, "the blocks in the memory's account", |s| s.memory().references >= blocks);
    // Shown, moved, shown: it goes on where it was and comes to rest.
    for frame in [1999, 200, 1000] {
        session.execute(Command::Seek(frame));
        settle(&mut session);
    }
    rest(&mut session);
}

/// What is asked for while frames are still to come rests on those that are there; in the end on all.
#[test]
fn steps_that_rest_on_all_frames_are_right_once_all_are_loaded() {
    const FRAMES: usize = 300;
    let shape = FrameShape::new(96, 128, 1);
    let dir = tempfile::tempdir().expect("folder");
    let name = dir.path().join("f%03d.png");
    let mut writer =
        create_writer(&name, DType::U16, shape, Some(FRAMES), Overwrite::Refuse).expect("created");
    for frame in 0..FRAMES {
        let pixels: Vec<u16> = (0..shape.samples()).map(|i| (20 * frame + i % 13) as u16).collect();
        writer.write_frame(Samples::from(pixels).as_ref()).expect("written");
    }
    writer.finish().expect("finished");

    let mut session = session(None);
    let paths = vec![dir.path().to_owned()];
    session.execute(Command::Open { paths, load: Load::default(), in_addition: false });
    until(&mut session, "the first frame", |s| s.current().is_some());
    add(&mut session, "subtract mean:");
    let shape = ZoneShape::Rect { x: 3.0, y: 4.0, width: 20.0, height: 10.0, angle: 0.0 };
    edit(&mut session, Edit::Zone(ZoneEdit::Add(shape.clone())));
    until(&mut session, "loading", |s| {
        drop((s.picture(), s.curves()));
        s.current().is_some_and(|r| matches!(r.load_state(), LoadState::Done(_)))
    });
    settle(&mut session);

    // Frame f is 20·f above frame 0: without the mean of all, 20·(f − 149.5) is left everywhere.
    let curves = session.curves();
    let curve = curves.last().expect("a zone");
    for frame in [0, 1, FRAMES / 2, FRAMES - 1] {
        let expected = 20.0 * (frame as f64 - (FRAMES - 1) as f64 / 2.0);
        let found = curve.data.points[0][frame].mean;
        assert!((found - expected).abs() < 1e-3, "frame {frame}: {found}, {expected} expected");
    }
    let picture = session.picture().shown.expect("a picture");
    let found = picture.picture.values_at(5, 5).expect("inside")[0];
    let at = session.current().expect("open").playhead().frame as f64;
    assert!((found - 20.0 * (at - (FRAMES - 1) as f64 / 2.0)).abs() < 1e-3, "{found} at frame {at}");
}
