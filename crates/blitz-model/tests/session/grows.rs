//! Folders that another program writes to while they are open.

use std::fs;
use std::path::Path;
use std::time::Duration;

use blitz_core::{FrameState, Samples};
use blitz_io::{Overwrite, create_writer};
use blitz_model::document::{Edit, ZoneEdit};
use blitz_model::session::{Command, Session, StripAction};
use blitz_testkit::spot_frames;

use crate::{SHAPE, open, session, until};

/// The bytes of a PNG of one frame.
fn png(samples: &Samples) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("f.png");
    let mut writer =
        create_writer(&path, samples.dtype(), SHAPE, Some(1), Overwrite::Refuse).expect("created");
    writer.write_frame(samples.as_ref()).expect("written");
    writer.finish().expect("finished");
    fs::read(path).expect("there")
}

fn add(folder: &Path, number: usize, bytes: &[u8]) {
    fs::write(folder.join(format!("f{number:03}.png")), bytes).expect("written");
}

fn ready(session: &Session) -> usize {
    session.current().expect("open").frame_counts().ready
}

#[test]
fn frames_appear_and_curves_go_on() {
    let frames = spot_frames(blitz_core::DType::U16, 40, SHAPE);
    let folder = tempfile::tempdir().expect("folder");
    for (i, frame) in frames.iter().enumerate().take(10) {
        add(folder.path(), i, &png(frame));
    }
    let mut session = session(None).watching_folders(true);
    open(&mut session, folder.path().to_owned());
    until(&mut session, "the first ten", |s| ready(s) == 10);
    assert!(session.current().expect("open").is_watched() && session.is_growing());
    let strip = session.strip(session.focused());
    assert!(strip.iter().any(|i| i.text == "watching the folder, 10 frames"), "{strip:?}");
    // The view of the newest frame goes on to the next, one that stands elsewhere stays.
    session.execute(Command::Seek(9));
    session.execute(Command::AddView);
    session.execute(Command::Seek(3));
    let (first, second) = (session.views()[0].id(), session.views()[1].id());
    let frame_in = |s: &Session, view| s.view(view).expect("there").playhead().frame;

    // One is half written at first, and one that is damaged stays so.
    let half = png(&frames[11]);
    add(folder.path(), 10, &png(&frames[10]));
    add(folder.path(), 11, &half[..half.len() / 2]);
    add(folder.path(), 12, &png(&frames[12]));
    until(&mut session, "two of three", |s| ready(s) == 12);
    assert_eq!(session.current().expect("open").frame_counts().pending, 1, "waited for");
    assert_eq!((frame_in(&session, first), frame_in(&session, second)), (12, 3));
    add(folder.path(), 11, &half);
    until(&mut session, "the half one", |s| ready(s) == 13);
    add(folder.path(), 13, b"no picture");
    for (i, frame) in frames.iter().enumerate().skip(14) {
        add(folder.path(), i, &png(frame));
    }
    until(&mut session, "all", |s| {
        let counts = s.current().expect("open").frame_counts();
        (counts.ready, counts.failed) == (39, 1)
    });
    let stack = session.current().expect("open").stack().clone();
    assert!(
        matches!(stack.store.state(13), FrameState::Failed(fault) if fault.to_string().contains("f013.png"))
    );
    assert_eq!(stack.meta(39).name, "f039.png");
    for (i, frame) in frames.iter().enumerate().filter(|(i, _)| *i != 13) {
        assert_eq!(stack.store.pin(i).expect("ready").samples().bytes(), frame.bytes());
    }
    // The curve of the whole picture has all of them.
    let whole = blitz_core::ZoneShape::Rect { x: 0.0, y: 0.0, width: 30.0, height: 20.0, angle: 0.0 };
    session.execute(Command::Edit(Edit::Zone(ZoneEdit::Shape(0, whole.clone()))));
    until(&mut session, "the curve", |s| {
        let curves = s.curves(s.focused());
        curves.first().is_some_and(|curve| curve.current && curve.data.points[0].len() == 40)
    });
    let curve = session.curves(session.focused()).remove(0);
    for (i, frame) in frames.iter().enumerate().filter(|(i, _)| *i != 13) {
        let values = frame.as_ref().to_f64_vec();
        assert_eq!(curve.data.points[0][i].mean, values.iter().sum::<f64>() / values.len() as f64);
    }

    // A number before those that are known is named and left out.
    fs::write(folder.path().join("f005a.png"), png(&frames[0])).expect("written");
    add(folder.path(), 40, &png(&frames[5]));
    until(&mut session, "one more", |s| ready(s) == 40);
    // Nothing more is taken on afterwards.
    session.execute(Command::WatchFolder(false));
    until(&mut session, "the end", |s| !s.current().expect("open").is_watched());
    add(folder.path(), 41, &png(&frames[6]));
    std::thread::sleep(Duration::from_millis(700));
    session.poll();
    assert_eq!(session.current().expect("open").stack().shape().frames, 41);
    assert!(!session.strip(session.focused()).iter().any(|i| i.action == StripAction::StopWatching));
    // Switched on again, the folder is read again, and what was decided stays.
    session.execute(Command::WatchFolder(true));
    until(&mut session, "all again", |s| {
        s.current().is_some_and(|r| r.is_watched() && r.frame_counts().ready >= 41)
    });
    assert_eq!(session.current().expect("open").recipe().zones[0].shape, whole);
}

#[test]
fn what_cannot_be_watched_opens_all_the_same() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.npy");
    let frames = spot_frames(blitz_core::DType::U16, 3, SHAPE);
    let mut writer =
        create_writer(&path, blitz_core::DType::U16, SHAPE, Some(3), Overwrite::Refuse).expect("created");
    for frame in &frames {
        writer.write_frame(frame.as_ref()).expect("written");
    }
    writer.finish().expect("finished");
    let mut session = session(None).watching_folders(true);
    open(&mut session, path);
    let recording = session.current().expect("open");
    assert!(!recording.can_be_watched() && !recording.is_watched());
    let said = session.log().lines().iter().any(|line| line.text.contains("can be watched"));
    assert!(said, "{:?}", session.log().last());
}

#[test]
fn a_folder_that_goes_ends_it() {
    let folder = tempfile::tempdir().expect("folder");
    let frames = spot_frames(blitz_core::DType::U16, 3, SHAPE);
    for (i, frame) in frames.iter().enumerate() {
        add(folder.path(), i, &png(frame));
    }
    let mut session = session(None).watching_folders(true);
    open(&mut session, folder.path().to_owned());
    assert!(session.current().expect("open").is_watched());
    fs::remove_dir_all(folder.path()).expect("removed");
    until(&mut session, "the end", |s| !s.current().expect("open").is_watched());
    let said = session.log().lines().iter().any(|line| line.text.contains("is no longer watched"));
    assert!(said, "{:?}", session.log().last());
    assert_eq!(ready(&session), 3, "what is there stays");
}
