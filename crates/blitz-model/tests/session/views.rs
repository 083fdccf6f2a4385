//! Several views, of one recording and of several; files that a recipe rests on.

use blitz_core::{DType, FrameShape, Samples};
use blitz_io::{Overwrite, create_writer};
use blitz_model::Method;
use blitz_model::document::{Edit, LevelRule, StepEdit};
use blitz_model::recipe::{Load, Rate, Reference};
use blitz_model::session::{Command, Link, Session, Shows, ViewId};
use blitz_testkit::spot_frames;

use crate::{SHAPE, edit, open, recording, session, settle, until};

fn frame(session: &Session, view: ViewId) -> usize {
    session.view(view).expect("there").playhead().frame
}

fn values(session: &mut Session, view: ViewId) -> Vec<f64> {
    until(session, "the picture", |s| s.picture(view).current);
    session.picture(view).shown.expect("a picture").picture.samples.as_ref().to_f64_vec()
}

#[test]
fn two_views_of_one_recording_share_its_document_and_not_their_place() {
    let dir = recording(5);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    let first = session.focused();
    session.execute(Command::AddView);
    let second = session.focused();
    assert_ne!(first, second);
    session.execute_in(second, Command::Seek(3));
    assert_eq!((frame(&session, first), frame(&session, second)), (0, 3));
    let step: blitz_model::recipe::Step = "subtract mean:0:2".parse().expect("a step");
    edit(&mut session, Edit::Step(StepEdit::Add(step.kind)));
    session.execute_in(second, Command::Values(Shows::Source));
    let spots = spot_frames(DType::U16, 5, SHAPE);
    assert_eq!(values(&mut session, second), spots[3].as_ref().to_f64_vec(), "the source, without the step");
    let result = values(&mut session, first);
    let (a, b) = (spots[0].as_ref().to_f64_vec(), spots[1].as_ref().to_f64_vec());
    assert!(result.iter().zip(a.iter().zip(&b)).all(|(v, (a, b))| (v - (a - (a + b) / 2.0)).abs() < 1e-4));
    session.execute_in(second, Command::CloseView);
    assert_eq!((session.views().len(), session.focused()), (1, first));
    session.execute_in(first, Command::CloseView);
    assert_eq!(session.views().len(), 1, "the last view stays");
}

#[test]
fn linked_views_of_two_recordings_show_the_same_time() {
    let (a, b) = (recording(40), recording(40));
    let mut session = session(None);
    open(&mut session, a.path().to_owned());
    edit(&mut session, Edit::Rate(Some(Rate::Fps("100".into()))));
    let first = session.focused();
    let slow = session.current().expect("open").id();
    session.execute(Command::AddView);
    let second = session.focused();
    session.execute(Command::Open {
        paths: vec![b.path().to_owned()],
        load: Load::default(),
        in_addition: true,
    });
    until(&mut session, "the second", |s| !s.is_busy() && s.recordings().len() == 2);
    assert_eq!(session.shown(first).expect("shown").id(), slow, "the first view still shows the first one");
    assert_ne!(session.shown(second).expect("shown").id(), slow);

    session.execute(Command::Link(Link { time: true, ..Link::default() }));
    session.execute_in(first, Command::Seek(12));
    assert_eq!(frame(&session, second), 12, "without a rate: the same source frame");
    session.execute_in(second, Command::Edit(Edit::Rate(Some(Rate::Fps("25".into())))));
    session.execute_in(first, Command::Seek(16));
    assert_eq!(frame(&session, second), 4, "0.16 s at 25 frames per second");
    session.execute_in(second, Command::Seek(9));
    assert_eq!(frame(&session, first), 36);
    session.execute_in(first, Command::TogglePlay);
    session.advance_playback(0.041);
    assert_eq!((frame(&session, first), frame(&session, second)), (37, 9), "both play");

    // Linked levels are those of the first view.
    let fixed = |lo, hi| Command::Edit(Edit::Levels(LevelRule::Fixed { lo, hi }));
    session.execute_in(first, fixed(3.0, 50.0));
    session.execute_in(second, fixed(4.0, 60.0));
    let levels = |s: &Session, view| s.levels(view).map(|levels| (levels.lo, levels.hi));
    assert_eq!((levels(&session, first), levels(&session, second)), (Some((3.0, 50.0)), Some((4.0, 60.0))));
    session.execute(Command::Link(Link { levels: true, ..session.link() }));
    assert_eq!((levels(&session, first), levels(&session, second)), (Some((3.0, 50.0)), Some((3.0, 50.0))));

    // Closing one gives its memory back at once; the view shows the other.
    let kept = session.memory().stacks;
    session.execute_in(second, Command::Close);
    assert_eq!(session.shown(second).expect("shown").id(), slow);
    assert_eq!(session.recordings().len(), 1);
    std::thread::sleep(std::time::Duration::from_millis(510));
    assert!(session.memory().stacks < kept);
    settle(&mut session);
}

/// Fault: the window kept the numbers of a reference file that was written again.
#[test]
fn a_rewritten_reference_file_changes_the_picture_by_itself() {
    rewritten_reference(session(None));
}

pub(crate) fn rewritten_reference(mut session: Session) {
    let (dir, other) = (recording(3), tempfile::tempdir().expect("folder"));
    let dark = other.path().join("dark.npy");
    let write = |value: u16| {
        let frame = Samples::from(vec![value; SHAPE.samples()]);
        let shape = FrameShape::new(SHAPE.height, SHAPE.width, 1);
        let mut writer =
            create_writer(&dark, DType::U16, shape, Some(1), Overwrite::Replace).expect("created");
        writer.write_frame(frame.as_ref()).expect("written");
        writer.finish().expect("finished");
    };
    write(7);
    open(&mut session, dir.path().to_owned());
    let step: blitz_model::recipe::Step =
        format!("subtract file:{}", dark.display()).parse().expect("a step");
    edit(&mut session, Edit::Step(StepEdit::Add(step.kind)));
    settle(&mut session);
    let spot = spot_frames(DType::U16, 3, SHAPE)[0].as_ref().get_f64(0);
    let view = session.focused();
    assert_eq!(values(&mut session, view)[0], spot - 7.0);
    let curve = |s: &Session| s.curves(view)[0].data.points[0][0].mean;
    let before = curve(&session);
    write(9);
    until(&mut session, "the new numbers", |s| {
        let shown = s.picture(view).shown.expect("a picture");
        shown.picture.samples.as_ref().get_f64(0) == spot - 9.0
    });
    settle(&mut session);
    assert!((curve(&session) - (before - 2.0)).abs() < 1e-9);

    // The reference itself, as it is shown in the list of steps, follows too.
    let of_step = Reference::File { path: dark.clone(), method: Method::Mean };
    let reference = |s: &Session| s.reference(view, 0, &of_step).picture.map(|shown| shown.values[0]);
    until(&mut session, "the reference", |s| reference(s) == Some(9.0));
    write(11);
    until(&mut session, "the new reference", |s| reference(s) == Some(11.0));
    // In a view of the source it is the same.
    session.execute(Command::Values(Shows::Source));
    until(&mut session, "the reference", |s| reference(s) == Some(11.0));
}

/// Opens a second recording in a second view; returns the first view and the second.
fn beside(session: &mut Session, path: &std::path::Path) -> (ViewId, ViewId) {
    let first = session.focused();
    session.execute(Command::AddView);
    let second = session.focused();
    let paths = vec![path.to_owned()];
    session.execute(Command::Open { paths, load: Load::default(), in_addition: true });
    until(session, "the second", |s| !s.is_busy() && s.recordings().len() == 2);
    (first, second)
}

/// Fault: a view that changed to another recording went on showing pictures and curves of the former one where the
/// new one had none.
#[test]
fn a_view_never_shows_another_recordings_numbers() {
    let (a, b) = (recording(8), recording(9));
    let mut session = session(None);
    open(&mut session, a.path().to_owned());
    settle(&mut session);
    let (_, second) = beside(&mut session, b.path());
    let other = session.shown(second).expect("shown").id();
    // Frame 5 of the other one is broken: there is no picture to take the former one's place.
    session.execute_in(second, Command::Seek(5));
    until(&mut session, "the failure", |s| s.picture(second).error.is_some());
    let first = session.recordings()[0].id();
    session.execute_in(second, Command::Show(first));
    settle(&mut session);
    session.execute_in(second, Command::Show(other));
    assert_eq!(frame(&session, second), 5);
    until(&mut session, "the failure", |s| s.picture(second).error.is_some());
    let shown = session.picture(second).shown;
    assert!(shown.is_none(), "{:?}", shown.map(|shown| shown.frame));
    for _ in 0..50 {
        session.poll();
        for curve in session.curves(second) {
            assert!([0, 9].contains(&curve.data.count), "{} frames of another recording", curve.data.count);
        }
    }
}

/// Fault: two views of a recording that was read with other options, one after the other, gave two recordings, one
/// of them without its decisions.
#[test]
fn reading_again_from_two_views_keeps_one_document() {
    let dir = recording(12);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    let first = session.focused();
    session.execute(Command::AddView);
    let second = session.focused();
    edit(&mut session, Edit::Rate(Some(Rate::Fps("1000".into()))));
    let every = |every| Command::Edit(Edit::Load(Load { every, ..Load::default() }));
    session.execute_in(first, every(2));
    session.execute_in(second, every(3));
    until(&mut session, "reading again", |s| !s.is_busy());
    settle(&mut session);
    assert_eq!(session.recordings().len(), 1);
    for view in [first, second] {
        let recording = session.shown(view).expect("shown");
        assert_eq!((recording.stack().shape().frames, recording.rate_text().as_str()), (4, "1,000 frames/s"));
    }
}

#[test]
fn views_that_show_nothing_show_what_is_opened_next() {
    let dir = recording(4);
    let mut session = session(None);
    open(&mut session, dir.path().to_owned());
    session.execute(Command::AddView);
    session.execute(Command::Close);
    assert!(session.recordings().is_empty());
    open(&mut session, dir.path().to_owned());
    for view in session.views().iter().map(blitz_model::session::View::id).collect::<Vec<_>>() {
        assert!(session.shown(view).is_some(), "{view:?}");
    }
}

/// Linked levels are changed wherever they are worked with.
#[test]
fn an_edit_of_linked_levels_is_seen_in_both_views() {
    let (a, b) = (recording(3), recording(4));
    let mut session = session(None);
    open(&mut session, a.path().to_owned());
    let (first, second) = beside(&mut session, b.path());
    session.execute(Command::Link(Link { levels: true, ..Link::default() }));
    session.execute_in(second, Command::Edit(Edit::Levels(LevelRule::Fixed { lo: 3.0, hi: 50.0 })));
    for view in [first, second] {
        assert_eq!(session.levels(view).map(|levels| (levels.lo, levels.hi)), Some((3.0, 50.0)));
    }
    // The rule that a panel shows for the second view is that of the first, where the edit went.
    let rule = |s: &Session, view| s.shown(view).expect("shown").state().display.levels;
    assert_eq!((session.levels_from(second), session.levels_from(first)), (first, first));
    assert!(matches!(rule(&session, first), LevelRule::Fixed { .. }));
    assert!(matches!(rule(&session, second), LevelRule::Fit(_)), "its own stays for when the link ends");
    session.execute(Command::Link(Link::default()));
    assert_eq!(session.levels_from(second), second);
}
