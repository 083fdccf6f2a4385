//! Steps, zones and jobs: what is wanted now comes first, and what is shown in the end is right.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use blitz_core::{DType, FrameShape, Samples, ZoneShape};
use blitz_io::{Overwrite, create_writer};
use blitz_model::Method;
use blitz_model::document::{Edit, StepEdit, ZoneEdit};
use blitz_model::recipe::Load;
use blitz_model::session::{Command, LoadState, Session};
use blitz_testkit::spot_frames;

use crate::{SHAPE, edit, open, recording, session, settle, until};

/// A mapped file of spots.
fn array(frames: usize, shape: FrameShape) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("f.npy");
    let mut writer =
        create_writer(&path, DType::U16, shape, Some(frames), Overwrite::Refuse).expect("created");
    for frame in spot_frames(DType::U16, frames, shape) {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    (dir, path)
}

fn add(session: &mut Session, step: &str) {
    let step: blitz_model::recipe::Step = step.parse().expect("a step");
    edit(session, Edit::Step(StepEdit::Add(step.kind)));
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
        s.curves(s.focused());
        s.levels(s.focused());
        s.picture(s.focused()).error.is_some() && !s.is_busy()
    });
    for _ in 0..20 {
        session.poll();
        session.curves(session.focused());
        session.levels(session.focused());
        assert!(!session.is_busy(), "nothing is tried over and over");
    }
    let picture = session.picture(session.focused());
    let fault = picture.fault.expect("a step");
    assert_eq!(fault.step, 1);
    assert!(fault.reason.contains("/no/such/flat.tif") && !fault.reason.contains("step"), "{fault:?}");
    assert!(picture.shown.is_some(), "the former picture stays");
    edit(&mut session, Edit::Step(StepEdit::Enable(1, false)));
    settle(&mut session);
    assert!(session.picture(session.focused()).current && session.picture(session.focused()).fault.is_none());
}

#[test]
fn while_an_amount_is_dragged_pictures_come_and_the_last_one_is_right() {
    let dir = recording(6);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    let raw =
        session.picture(session.focused()).shown.expect("a picture").picture.samples.as_ref().to_f64_vec();
    add(&mut session, "subtract max:");
    for percent in 1..=60 {
        let step = format!("subtract max:,amount={}", f64::from(percent) / 100.0);
        let step: blitz_model::recipe::Step = step.parse().expect("a step");
        session.execute(Command::Edit(Edit::Step(StepEdit::Change(0, step.kind))));
        session.poll();
        session.picture(session.focused());
        session.levels(session.focused());
        session.curves(session.focused());
        std::thread::sleep(Duration::from_millis(1));
    }
    session.execute(Command::EndGesture);
    settle(&mut session);
    let shown =
        session.picture(session.focused()).shown.expect("a picture").picture.samples.as_ref().to_f64_vec();
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
    let shape = FrameShape::new(300, 400, 1);
    let (_dir, path) = array(4, shape);
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
        session.picture(session.focused());
        session.curves(session.focused());
    }
    settle(&mut session);
    let picture = session.picture(session.focused()).shown.expect("a picture");
    until(&mut session, "rest", |s| {
        s.picture(s.focused());
        s.curves(s.focused());
        !s.is_busy()
    });
    assert_eq!(
        session.picture(session.focused()).shown.expect("a picture").serial,
        picture.serial,
        "computed once"
    );
}

/// Fault: a question that was asked, left and asked again while its first job was being stopped was never answered.
#[test]
fn a_picture_that_was_left_and_is_wanted_again_comes() {
    let (_dir, path) = array(4, FrameShape::new(300, 400, 1));
    let mut session = session(None);
    open(&mut session, path);
    add(&mut session, "smooth median,9");
    settle(&mut session);
    for round in 0..5 {
        let amount = 3 + 2 * round;
        for frame in [2, 3, 2] {
            session.execute(Command::Seek(frame));
            session.picture(session.focused());
            // So that the job of each is under way when the next comes.
            std::thread::sleep(Duration::from_millis(3));
        }
        until(&mut session, "the picture of frame 2", |s| s.picture(s.focused()).current);
        assert_eq!(session.picture(session.focused()).shown.expect("a picture").frame, Some(2));
        let step: blitz_model::recipe::Step = format!("smooth median,{amount}").parse().expect("a step");
        edit(&mut session, Edit::Step(StepEdit::Change(0, step.kind)));
    }
}

/// Fault: a reduction that nobody waited for any more was computed to its end, beside what was wanted.
#[test]
fn a_reduction_that_is_left_is_stopped_when_the_frame_is_known() {
    let (_dir, path) = array(400, FrameShape::new(300, 400, 1));
    let mut session = session(None);
    open(&mut session, path);
    add(&mut session, "smooth median,15");
    until(&mut session, "the picture", |s| s.picture(s.focused()).current);
    edit(&mut session, Edit::Reduce(Some(Method::Mean)));
    session.picture(session.focused());
    let runs = |s: &Session| s.jobs().iter().any(|job| job.name == "mean over frames");
    assert!(runs(&session));
    edit(&mut session, Edit::Reduce(None));
    let back = session.picture(session.focused());
    assert!(back.current && back.shown.is_some_and(|shown| shown.frame == Some(0)));
    until(&mut session, "the end of the reduction", |s| !runs(s));
}

/// What a person stops stays so until something else was shown.
#[test]
fn a_picture_that_the_person_stopped_is_not_begun_again() {
    let shape = FrameShape::new(300, 400, 1);
    let (_dir, path) = array(30, shape);
    let mut session = session(None);
    open(&mut session, path);
    settle(&mut session);
    add(&mut session, "smooth median,15");
    edit(&mut session, Edit::Reduce(Some(Method::Mean)));
    session.picture(session.focused());
    let job = session.jobs().into_iter().find(|job| job.name == "mean over frames");
    session.execute(Command::CancelJob(job.expect("the reduction").key));
    until(&mut session, "the end", |s| !s.is_busy());
    for _ in 0..20 {
        session.poll();
        let error = session.picture(session.focused()).error.expect("a reason");
        assert!(error.contains("stopped"), "{error}");
        assert!(!session.is_busy(), "not begun again");
    }
    edit(&mut session, Edit::Reduce(None));
    until(&mut session, "the frame", |s| s.picture(s.focused()).current);
    session.execute(Command::Undo);
    until(&mut session, "the reduction", |s| s.picture(s.focused()).current);
}

/// While nothing else is to be done, blocks of long windows are gathered; what is wanted now comes first.
#[test]
fn long_windows_are_made_quick_ahead() {
    let shape = FrameShape::new(30, 40, 1);
    let (_dir, path) = array(2000, shape);
    let mut session = session(None);
    open(&mut session, path);
    session.execute(Command::Seek(300));
    add(&mut session, "subtract window:mean,200");
    settle(&mut session);
    let rest = |session: &mut Session| {
        until(session, "rest", |s| {
            s.picture(s.focused());
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
        drop((s.picture(s.focused()), s.curves(s.focused())));
        s.current().is_some_and(|r| matches!(r.load_state(), LoadState::Done(_)))
    });
    settle(&mut session);

    // Frame f is 20·f above frame 0: without the mean of all, 20·(f − 149.5) is left everywhere.
    let curves = session.curves(session.focused());
    let curve = curves.last().expect("a zone");
    for frame in [0, 1, FRAMES / 2, FRAMES - 1] {
        let expected = 20.0 * (frame as f64 - (FRAMES - 1) as f64 / 2.0);
        let found = curve.data.points[0][frame].mean;
        assert!((found - expected).abs() < 1e-3, "frame {frame}: {found}, {expected} expected");
    }
    let picture = session.picture(session.focused()).shown.expect("a picture");
    let found = picture.picture.values_at(5, 5).expect("inside")[0];
    let at = crate::frame_of(&session) as f64;
    assert!((found - 20.0 * (at - (FRAMES - 1) as f64 / 2.0)).abs() < 1e-3, "{found} at frame {at}");
}

#[test]
fn levels_of_the_former_recipe_stay_until_there_are_new_ones() {
    let dir = recording(4);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    settle(&mut session);
    let before = session.levels(session.focused()).expect("levels");
    add(&mut session, "subtract mean:");
    let kept = session.levels(session.focused()).expect("levels");
    assert!(!kept.current, "marked as those of the former recipe");
    assert_eq!((kept.lo, kept.hi), (before.lo, before.hi), "with the map of then: no value is below 0");
    settle(&mut session);
    let after = session.levels(session.focused()).expect("levels");
    assert_eq!(after.lo, -after.hi);
    assert!(after.hi < before.hi, "{after:?} {before:?}");
    session.execute(Command::Undo);
    settle(&mut session);
    assert_eq!(session.levels(session.focused()), Some(before));
}

/// Each place of a dragged zone is served while it is the newest; the last one's curve is that of its pixels, with
/// the broken frame missing.
#[test]
fn a_zone_that_is_dragged_has_the_curve_of_its_last_place() {
    let dir = recording(12);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    let rect = |x: f64, y: f64| ZoneShape::Rect { x, y, width: 6.0, height: 5.0, angle: 0.0 };
    edit(&mut session, Edit::Zone(ZoneEdit::Shape(0, rect(2.0, 3.0))));
    settle(&mut session);
    let spots: Vec<Vec<f64>> =
        spot_frames(DType::U16, 12, SHAPE).iter().map(|s| s.as_ref().to_f64_vec()).collect();
    for round in 0..4 {
        for i in 0..15_u32 {
            let place = rect(2.0 + f64::from(i), 3.0 + f64::from(i % 4));
            session.execute(Command::Edit(Edit::Zone(ZoneEdit::Shape(0, place))));
            session.poll();
            assert!(
                session.curves(session.focused()).iter().all(|c| c.zone == 0),
                "the former curve until there is a new one"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        session.execute(Command::EndGesture);
        settle(&mut session);
        let curve = session.curves(session.focused()).remove(0);
        for (frame, spot) in spots.iter().enumerate() {
            let point = curve.data.points[0][frame];
            if frame == 5 {
                assert_eq!(point.n, 0, "the broken frame");
                continue;
            }
            let pixels: Vec<f64> =
                (0..30).map(|i| spot[(3 + 14 % 4 + i / 6) * SHAPE.width + 16 + i % 6]).collect();
            let mean = pixels.iter().sum::<f64>() / 30.0;
            assert!(
                (point.mean - mean).abs() < 1e-9,
                "round {round}, frame {frame}: {} is not {mean}",
                point.mean
            );
            assert_eq!(point.max, pixels.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }
}

/// A reference of several files, one of which is broken, is made of the others, and the log says so.
#[test]
fn a_reference_with_a_broken_file_uses_the_others_and_says_so() {
    let (dir, darks) = (recording(3), recording(8));
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    add(&mut session, &format!("subtract file:{}", darks.path().display()));
    settle(&mut session);
    let shown =
        session.picture(session.focused()).shown.expect("a picture").picture.samples.as_ref().to_f64_vec();
    let spots: Vec<Vec<f64>> =
        spot_frames(DType::U16, 8, SHAPE).iter().map(|s| s.as_ref().to_f64_vec()).collect();
    for (i, found) in shown.into_iter().enumerate() {
        let mean = (0..8).filter(|f| *f != 5).map(|f| spots[f][i]).sum::<f64>() / 7.0;
        let first = spot_frames(DType::U16, 3, SHAPE)[0].as_ref().get_f64(i);
        assert!((found - (first - mean)).abs() <= 1e-2, "{i}: {found} is not {first} - {mean}");
    }
    until(&mut session, "the warning", |s| {
        let says =
            |text: &str| ["7 frames of", "1 failed", "f005.png"].iter().all(|part| text.contains(part));
        s.log().lines().iter().any(|line| says(&line.text))
    });
}

/// Workers that are busy until it is dropped.
#[derive(Default)]
struct Freed(Arc<AtomicBool>);

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Curves of a long video keep every thread of the pool for minutes; pictures do not wait for them.
#[test]
fn pictures_come_while_all_workers_are_busy() {
    let (_dir, path) = array(5, FrameShape::new(600, 700, 1));
    let mut session = session(None);
    open(&mut session, path);
    settle(&mut session);
    let (busy, freed) = (Arc::new(AtomicUsize::new(0)), Freed::default());
    for _ in 0..rayon::current_num_threads() {
        let (busy, done) = (Arc::clone(&busy), Arc::clone(&freed.0));
        rayon::spawn(move || {
            busy.fetch_add(1, Ordering::SeqCst);
            while !done.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        });
    }
    until(&mut session, "busy workers", |_| busy.load(Ordering::SeqCst) == rayon::current_num_threads());
    for step in ["subtract mean:0:3", "smooth gaussian,1", "subtract window:mean,2"] {
        add(&mut session, step);
        session.execute(Command::Seek(4));
        until(&mut session, step, |s| s.picture(s.focused()).current);
    }
}
