//! A picture to look at while a folder is listed, whose listing stands still until the test lets it go on.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use blitz_core::{FrameShape, Progress};
use blitz_model::broker::Broker;
use blitz_model::engine::{Arrival, Engine, Event, Hold, JobKey, Local, OpenOrder, OpenOutcome, Outcome};
use blitz_model::evaluate::{Levels, Scope};
use blitz_model::load::{Entries, ListFolders};
use blitz_model::session::{Recording, opening_words};

use super::*;

/// Lists the files `first`, waits until something is sent or the sender is gone, and lists the others.
fn gated(first: &'static [&'static str]) -> (ListFolders, Sender<()>) {
    let (open, wait) = channel();
    let wait = Arc::new(Mutex::new(wait));
    let list = ListFolders::by(move |folder: &Path| {
        let wait = Arc::clone(&wait);
        let all = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        let place = |name: &str| first.iter().position(|first| *first == name);
        let (mut early, late): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|entry| place(&entry.file_name().to_string_lossy()).is_some());
        early.sort_by_key(|entry| place(&entry.file_name().to_string_lossy()));
        let at_gate = move || -> Option<std::io::Result<std::fs::DirEntry>> {
            // The sender goes when the test is through.
            let _ = wait.lock().expect("lock").recv();
            None
        };
        let gate = std::iter::once_with(at_gate).flatten();
        let entries =
            early.into_iter().map(Ok::<_, std::io::Error>).chain(gate).chain(late.into_iter().map(Ok));
        Ok(Box::new(entries) as Entries)
    });
    (list, open)
}

fn listing(list: ListFolders) -> Session {
    let broker = Broker::new(1 << 30);
    let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(|| {});
    let engine = Local::new(Arc::clone(&wake), broker.clone()).listing(list);
    Session::with_engine(Box::new(engine), broker, wake, Arc::new(|_, _| Arc::new(())), None)
}

fn begin(session: &mut Session, path: PathBuf) {
    session.execute(Command::Open { paths: vec![path], load: Load::default(), in_addition: false });
}

fn shows_preview(session: &mut Session) {
    until(session, "a preview", |s| s.current().is_some_and(Recording::is_preview));
    until(session, "its picture", |s| s.picture(s.focused()).shown.is_some());
}

#[test]
fn what_is_seen_comes_before_what_is_there() {
    let dir = recording(12);
    let (list, open) = gated(&["f007.png", "f003.png"]);
    let mut engine = Local::new(Arc::new(|| {}), Broker::new(1 << 30)).listing(list);
    let job = JobKey::Task(1);
    let order = OpenOrder {
        attempt: 0,
        paths: vec![dir.path().to_owned()],
        load: Load::default(),
        again: false,
        hold: Hold::Planned,
        max_ram: None,
        cache: DiskCache::default(),
        watch: false,
    };
    engine.open(job, order);
    let (mut arrivals, mut open, mut ended) = (Vec::new(), Some(open), None);
    let start = Instant::now();
    while ended.is_none() && start.elapsed() < Duration::from_secs(30) {
        for event in engine.poll() {
            match event {
                Event::Opened(event) => {
                    assert!(open.is_none() || arrivals.is_empty(), "the listing stands still");
                    arrivals.push((event.arrival, event.stack.meta(0).name, event.stack.shape().frames));
                    if let Some(open) = open.take() {
                        let words = opening_words(engine.job(&job).expect("it runs").progress);
                        assert_eq!(words, "listing, 2 files so far");
                        drop(open);
                    }
                }
                Event::Ended { result, .. } => ended = Some(result),
                _ => {}
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let Some(Ok(Outcome::Opened(OpenOutcome::Filled { fill, .. }))) = ended else { panic!("it opens") };
    assert_eq!((fill.ready, fill.failed.len()), (11, 1));
    assert_eq!(arrivals[0], (Arrival::Preview, "f003.png".to_owned(), 1), "the first of the two");
    assert_eq!(arrivals.last(), Some(&(Arrival::Whole, "f000.png".to_owned(), 12)));
    let between = &arrivals[1..arrivals.len() - 1];
    assert!(between.len() < 2 && between.iter().all(|a| *a == (Arrival::Preview, "f000.png".to_owned(), 1)));
}

#[test]
fn a_preview_is_looked_at_and_not_measured() {
    let dir = recording(12);
    let (list, open) = gated(&["notes.txt", "f007.png", "f003.png"]);
    let mut s = listing(list);
    begin(&mut s, dir.path().to_owned());
    shows_preview(&mut s);
    let view = s.focused();
    let seen = s.current().expect("shown");
    let (preview, stack) = (seen.id(), seen.stack().id);
    assert!(!seen.is_whole() && seen.summary().contains("preview"), "{}", seen.summary());
    let strip = s.strip(view);
    assert_eq!(strip[0].text, "preview of f003.png: listing, 2 files so far");
    let reply = s.picture(view);
    let spots = spot_frames(DType::U16, 12, SHAPE);
    assert_eq!(reply.shown.expect("a picture").picture.samples, spots[3]);
    assert!(!reply.current, "it is not the recording's");
    assert!(s.levels(view).is_some(), "it can be drawn");
    assert!(s.want(view, &Levels { scope: Scope::Stack }).value.is_none());
    assert!(s.distribution(view).value.is_none() && s.raw_value(view, 0, 0).is_none());
    assert!(s.curves(view).iter().all(|curve| !curve.current && curve.data.points.iter().all(Vec::is_empty)));
    let out = dir.path().join("out.npy");
    s.export(ExportRequest::new(out.clone()), |_| {});
    s.export_curves(dir.path().join("out.csv"), Vec::new());
    let refusal =
        |text: &str| text.contains("a preview is not measured") || text.contains("only its first frame");
    let refused = s.log().lines().iter().filter(|line| refusal(&line.text)).count();
    assert!(refused == 2 && !out.exists(), "{:?}", s.log().lines());

    // What is decided meanwhile stays.
    edit(&mut s, Edit::Geometry(Geometry { flip_x: true, ..Geometry::default() }));
    drop(open);
    until(&mut s, "the recording", |s| {
        let whole = s.current().is_some_and(Recording::is_whole);
        assert!(s.picture(s.focused()).shown.is_some(), "no gap between the two");
        whole
    });
    let recording = s.current().expect("open");
    assert_eq!((recording.continues(), recording.stack().shape().frames), (Some(preview), 12));
    assert!(recording.recipe().geometry.flip_x);
    assert!(recording.stack().id != stack && s.recordings().len() == 1);
    settle(&mut s);
    assert!(s.strip(s.focused()).iter().all(|item| !item.text.contains("preview")));
}

#[test]
fn an_odd_file_that_is_seen_first_decides_nothing() {
    let dir = recording(12);
    let odd = FrameShape::new(50, 8, 1);
    let mut writer =
        create_writer(&dir.path().join("f%03d.png"), DType::U16, odd, Some(1), Overwrite::Replace)
            .expect("created");
    writer.write_frame(spot_frames(DType::U16, 1, odd)[0].as_ref()).expect("written");
    writer.finish().expect("finished");
    let (list, open) = gated(&["f000.png"]);
    let mut s = listing(list);
    begin(&mut s, dir.path().to_owned());
    shows_preview(&mut s);
    assert_eq!(s.current().expect("shown").stack().shape().frame, odd);
    drop(open);
    until(&mut s, "the recording", |s| s.current().is_some_and(Recording::is_whole));
    let recording = s.current().expect("open");
    assert_eq!(recording.stack().shape().frame, SHAPE, "what most are");
    assert_eq!(recording.continues(), None, "another size is fitted anew");
    let middle = |shape: &ZoneShape| matches!(shape, ZoneShape::Rect { x, y, .. } if (*x, *y) == (13.0, 9.0));
    assert!(
        middle(&recording.recipe().zones[0].shape),
        "the first zone is the recording's: {:?}",
        recording.recipe()
    );
}

#[test]
fn a_preview_goes_at_once_when_it_is_stopped() {
    let dir = recording(6);
    let (list, open) = gated(&["f001.png"]);
    let mut s = listing(list);
    begin(&mut s, dir.path().to_owned());
    shows_preview(&mut s);
    s.execute(Command::CancelLoad);
    assert!(s.current().is_none() && s.opening_path().is_none(), "though the system still lists");
    assert!(s.log().last().is_some_and(|line| line.text.contains("cancelled")));
    drop(open);
    until(&mut s, "the end of the job", |s| !s.is_busy());
    assert!(s.recordings().is_empty());
}

#[test]
fn words_say_how_far_an_opening_is() {
    let progress = Progress::default();
    assert_eq!(opening_words(progress.snapshot()), "");
    progress.start("listing", 0);
    progress.advance(41_000);
    assert_eq!(opening_words(progress.snapshot()), "listing, 41,000 files so far");
    progress.start("reading headers", 4096);
    progress.advance(1700);
    assert_eq!(opening_words(progress.snapshot()), "reading headers 41 %");
}
