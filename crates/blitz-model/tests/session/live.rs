//! A store that grows and drops behind a whole session.

use std::collections::BTreeSet;
use std::sync::Arc;

use blitz_core::{DType, Store, ZoneShape};
use blitz_model::Method;
use blitz_model::document::{Edit, ZoneEdit};
use blitz_model::session::{Command, Session};
use blitz_testkit::{Awkward, AwkwardStore, spot_frames, stack_of};

use crate::{SHAPE, edit, frame_of, session, settle, until};

const FRAMES: usize = 60;

fn live(session: &mut Session) -> Arc<AwkwardStore> {
    let how = Awkward { failing: BTreeSet::from([3]), ready: 5, resident: 4, ..Awkward::default() };
    let store = Arc::new(AwkwardStore::new(spot_frames(DType::U16, FRAMES, SHAPE), DType::U16, SHAPE, how));
    session.show_stack(stack_of(Arc::clone(&store) as Arc<dyn Store>, "live"));
    store
}

fn sum(frame: usize) -> f64 {
    spot_frames(DType::U16, FRAMES, SHAPE)[frame].as_ref().to_f64_vec().iter().sum()
}

#[test]
fn curves_and_histograms_continue_while_frames_come_and_go() {
    continued(session(None));
}

pub(crate) fn continued(mut session: Session) {
    let store = live(&mut session);
    let whole = ZoneShape::Rect { x: 0.0, y: 0.0, width: 30.0, height: 20.0, angle: 0.0 };
    edit(&mut session, Edit::Zone(ZoneEdit::Shape(0, whole)));
    settle(&mut session);
    let view = session.focused();
    let decoded = store.decoded();
    store.advance(10);
    settle(&mut session);
    // The picture, a sample of 16 frames, and the new frames: once for the curve, once for the histogram.
    let more = store.decoded() - decoded;
    assert!(more <= 16 + 2 * 10 + 2, "{more} frames decoded for 10 new ones");
    let curve = session.curves(view).remove(0);
    for frame in 0..15 {
        let point = curve.data.point(0, frame).expect("there");
        assert!(if frame == 3 { point.n == 0 } else { point.sum == sum(frame) }, "frame {frame}: {point:?}");
    }
    let seen = session.distribution(view).value.expect("levels");
    assert_eq!(seen.histogram.n(), 14 * SHAPE.samples() as u64);

    // The oldest are dropped: the playhead moves on, the curve keeps what it knows, a reduction is of what is there.
    assert_eq!(frame_of(&session), 0);
    store.drop_oldest(8);
    session.poll();
    assert_eq!(frame_of(&session), 8);
    assert_eq!(session.current().expect("shown").timeline().to_vec(), (8..15).collect::<Vec<_>>());
    store.advance(5);
    settle(&mut session);
    let curve = session.curves(view).remove(0);
    assert_eq!(curve.data.point(0, 1).expect("kept").sum, sum(1), "known although the frame is gone");
    assert_eq!(curve.data.point(0, 19).expect("new").sum, sum(19));
    edit(&mut session, Edit::Reduce(Some(Method::Max)));
    until(&mut session, "the reduction", |s| s.picture(view).current);
    let shown = session.picture(view).shown.expect("a picture");
    assert_eq!((shown.picture.coverage.used, shown.picture.coverage.failed.len()), (12, 0), "frames 8 to 19");
    edit(&mut session, Edit::Reduce(None));

    // A zone drawn now has a curve from the first frame that is there.
    edit(&mut session, Edit::Zone(ZoneEdit::Add(ZoneShape::Pixel { x: 4, y: 5 })));
    settle(&mut session);
    let pixel = session.curves(view).remove(1);
    assert!(pixel.data.point(0, 7).is_none());
    let value = spot_frames(DType::U16, FRAMES, SHAPE)[9].as_ref().get_f64(5 * SHAPE.width + 4);
    assert_eq!(pixel.data.point(0, 9).expect("there").mean, value);
    store.advance(FRAMES);
    store.seal();
    settle(&mut session);
    session.execute(Command::Seek(FRAMES - 1));
    settle(&mut session);
    assert_eq!(session.curves(view)[1].data.count, FRAMES - 8);
}

/// What rests on frames that are still to come says so, and is made anew when all are there.
#[test]
fn references_of_a_growing_store_are_preliminary() {
    let mut session = session(None);
    let store = live(&mut session);
    let step: blitz_model::recipe::Step = "subtract max:".parse().expect("a step");
    edit(&mut session, Edit::Step(blitz_model::document::StepEdit::Add(step.kind)));
    let view = session.focused();
    settle(&mut session);
    let at = SHAPE.width * 10 + 20;
    let value = |s: &Session| s.picture(view).shown.expect("a picture").picture.samples.as_ref().get_f64(at);
    let spots = spot_frames(DType::U16, FRAMES, SHAPE);
    let most = |frames: &[usize]| {
        frames.iter().map(|f| spots[*f].as_ref().get_f64(at)).fold(f64::NEG_INFINITY, f64::max)
    };
    let now = spots[0].as_ref().get_f64(at);
    assert_eq!(value(&session), now - most(&[0, 1, 2, 4]));
    store.advance(FRAMES);
    store.seal();
    settle(&mut session);
    let all: Vec<usize> = (0..FRAMES).filter(|f| *f != 3).collect();
    assert_eq!(value(&session), now - most(&all));
    assert_ne!(most(&all), most(&[0, 1, 2, 4]), "the test can fail");
}

/// Fault: a curve began at the first frame that was there, and the program ended when an earlier one came.
#[test]
fn frames_that_come_late_have_their_place_in_the_curve() {
    let mut session = session(None);
    let how = Awkward { late: (0..12).collect(), ready: 20, resident: 4, ..Awkward::default() };
    let store = Arc::new(AwkwardStore::new(spot_frames(DType::U16, FRAMES, SHAPE), DType::U16, SHAPE, how));
    session.show_stack(stack_of(Arc::clone(&store) as Arc<dyn Store>, "live"));
    let whole = ZoneShape::Rect { x: 0.0, y: 0.0, width: 30.0, height: 20.0, angle: 0.0 };
    edit(&mut session, Edit::Zone(ZoneEdit::Add(whole)));
    let view = session.focused();
    let of_last = |s: &Session| s.curves(view).last().map(|curve| (curve.current, Arc::clone(&curve.data)));
    until(&mut session, "the curve of frames 12 to 19", |s| of_last(s).is_some_and(|(_, c)| c.count == 8));
    store.advance(FRAMES);
    store.seal();
    settle(&mut session);
    let (_, curve) = of_last(&session).expect("a zone");
    for frame in 0..FRAMES {
        assert_eq!(curve.point(0, frame).map(|point| point.sum), Some(sum(frame)), "frame {frame}");
    }
}

/// Fault: what failed because frames were missing stayed failed when they came.
#[test]
fn a_reference_of_frames_that_are_to_come_comes_right() {
    let mut session = session(None);
    let store = live(&mut session);
    let step: blitz_model::recipe::Step = "subtract mean:8:10".parse().expect("a step");
    edit(&mut session, Edit::Step(blitz_model::document::StepEdit::Add(step.kind)));
    let view = session.focused();
    until(&mut session, "the failure", |s| s.picture(view).fault.is_some() && !s.is_busy());
    store.advance(20);
    until(&mut session, "the picture", |s| s.picture(view).current);
    let spots = spot_frames(DType::U16, FRAMES, SHAPE);
    let at = |frame: usize, i: usize| spots[frame].as_ref().get_f64(i);
    let shown = session.picture(view).shown.expect("a picture").picture.samples.as_ref().to_f64_vec();
    for (i, found) in shown.into_iter().enumerate() {
        let expected = at(0, i) - f64::midpoint(at(8, i), at(9, i));
        assert!((found - expected).abs() < 1e-3, "{i}: {found} is not {expected}");
    }
}
