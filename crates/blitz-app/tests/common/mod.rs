//! A small recording with values that are known, and a window on it that needs no screen.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use blitz_app::{App, WindowOptions};
use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_model::output::{Overwrite, WriteSpec};
use blitz_model::session::Recording;
use egui::accesskit::Role::TextInput;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, HarnessBuilder};

pub(crate) const FRAMES: usize = 60;
pub(crate) const HEIGHT: usize = 40;
pub(crate) const WIDTH: usize = 48;

/// The value of a pixel: grows to the right, and with time in the left half only.
pub(crate) fn value(frame: usize, x: usize, _y: usize) -> u8 {
    if x < WIDTH / 2 { (2 * frame + x) as u8 } else { 200 - x as u8 }
}

/// Writes the recording as one `.npy` and returns its path.
pub(crate) fn recording(folder: &Path) -> PathBuf {
    let path = folder.join("steps.npy");
    let shape = FrameShape::new(HEIGHT, WIDTH, 1);
    let spec = WriteSpec::new(DType::U8, shape, Some(FRAMES), Overwrite::Refuse);
    let mut writer = spec.create(&path).expect("created");
    for frame in 0..FRAMES {
        let pixels: Vec<u8> = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| value(frame, x, y))).collect();
        writer.write_frame(SamplesRef::U8(&pixels)).expect("written");
    }
    writer.finish().expect("finished");
    path
}

/// Writes a picture of a numbered series, each pixel of which is its number.
pub(crate) fn png(folder: &Path, number: usize) {
    let shape = FrameShape::new(20, 30, 1);
    let spec = WriteSpec::new(DType::U8, shape, Some(1), Overwrite::Refuse);
    let mut writer = spec.create(&folder.join(format!("f{number:03}.png"))).expect("created");
    writer.write_frame(SamplesRef::U8(&vec![number as u8; shape.samples()])).expect("written");
    writer.finish().expect("finished");
}

/// A window of that size, drawn only when it is asked for a picture.
pub(crate) fn builder(width: f32, height: f32) -> HarnessBuilder<App> {
    Harness::builder().with_size([width, height]).with_step_dt(0.05).with_max_steps(40)
}

/// A window on these paths, of 1280 × 720.
pub(crate) fn window(paths: Vec<PathBuf>) -> Harness<'static, App> {
    builder(1280.0, 720.0)
        .build_eframe(|cc| App::new(&cc.egui_ctx, WindowOptions { paths, ..Default::default() }))
}

/// Draws frames until `done`, for at most a minute.
pub(crate) fn wait(harness: &mut Harness<'_, App>, what: &str, done: impl Fn(&App) -> bool) {
    let start = Instant::now();
    while !done(harness.state()) {
        let app = harness.state();
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "waited in vain until {what}: jobs {:?}, picture current {} {:?}, curves current {:?}",
            app.session().jobs(),
            app.picture().current,
            app.picture().error,
            app.curves().iter().map(|c| (c.current, c.preliminary)).collect::<Vec<_>>(),
        );
        std::thread::sleep(Duration::from_millis(4));
        harness.step();
    }
}

/// Draws frames until everything that was asked for is there.
pub(crate) fn settle(harness: &mut Harness<'_, App>) {
    harness.run_steps(2);
    wait(harness, "all is settled", App::is_settled);
    harness.run_steps(3);
}

/// The frame that the focused view shows, and whether it plays.
pub(crate) fn playhead<'a>(harness: &'a Harness<'_, App>) -> &'a blitz_model::session::Playhead {
    let session = harness.state().session();
    session.view(session.focused()).expect("there is always one").playhead()
}

/// A window on the recording, loaded.
pub(crate) fn loaded(folder: &Path) -> Harness<'static, App> {
    let mut harness = window(vec![recording(folder)]);
    settle(&mut harness);
    harness
}

/// What is open.
pub(crate) fn open<'a>(harness: &'a Harness<'_, App>) -> &'a Recording {
    harness.state().session().current().expect("a recording is open")
}

/// Saves through the dialog in which a path is typed.
pub(crate) fn type_path(h: &mut Harness<'_, App>, path: &Path) {
    let field = |h: &Harness<'_, App>| h.get_by_role_and_label(TextInput, "Path").rect();
    for _ in 0..500 {
        h.step();
        if h.query_by_role_and_label(TextInput, "Path").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(4));
    }
    assert!(field(h).is_positive(), "there is a field for the path");
    h.run_steps(2);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.step();
    h.get_by_role_and_label(TextInput, "Path").type_text(&path.display().to_string());
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(4);
    settle(h);
}

/// A file that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

/// Drops a file on the window.
pub(crate) fn drop_file(h: &mut Harness<'_, App>, path: PathBuf) {
    h.input_mut().dropped_files.push(Arc::new(Dropped(path)));
}
