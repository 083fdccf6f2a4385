//! Exports from the window: what is asked, and what is written.

mod common;

use std::path::Path;

use blitz_app::App;
use blitz_core::{Cancel, DType, FrameShape, Progress, SamplesRef};
use blitz_model::load::Opened;
use blitz_model::output::{Overwrite, WriteSpec};
use blitz_model::recipe::Load;
use common::{FRAMES, HEIGHT, WIDTH, loaded, settle, type_path, value, window};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

fn click(harness: &mut Harness<'_, App>, label: &str) {
    harness.get_all_by_label(label).last().expect(label).click();
    harness.run_steps(4);
    settle(harness);
}

/// Asks for an export to `path`.
fn export_to(harness: &mut Harness<'_, App>, path: &Path) {
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::E);
    type_path(harness, path);
}

fn said(harness: &Harness<'_, App>) -> String {
    harness.state().session().log().last().expect("a line").text.clone()
}

/// A recording of `frames` PNG files of which number 3 is cut.
fn broken(folder: &Path) -> std::path::PathBuf {
    let series = folder.join("series");
    std::fs::create_dir(&series).expect("folder");
    let shape = FrameShape::new(HEIGHT, WIDTH, 1);
    let spec = WriteSpec::new(DType::U8, shape, Some(6), Overwrite::Refuse);
    let mut writer = spec.create(&series.join("%02d.png")).expect("created");
    for frame in 0..6 {
        let pixels: Vec<u8> = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| value(frame, x, y))).collect();
        writer.write_frame(SamplesRef::U8(&pixels)).expect("written");
    }
    writer.finish().expect("finished");
    let cut = series.join("03.png");
    let bytes = std::fs::read(&cut).expect("there");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("cut");
    series
}

fn frames_and_type(path: &Path) -> (usize, DType) {
    let opened =
        Opened::open(&[path.to_owned()], &Load::default(), None, &Cancel::default(), &Progress::default())
            .expect("opened");
    let stack = opened.stream();
    (stack.shape().frames, stack.dtype())
}

#[test]
fn a_video_is_asked_about_and_written() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("out.mp4");
    let mut h = loaded(folder.path());
    export_to(&mut h, &path);
    assert!(!path.exists() && h.query_by_label("Pictures as shown").is_some());
    click(&mut h, "Colour bar");
    click(&mut h, "Frame and time");
    click(&mut h, "Play at");
    click(&mut h, "Export");
    if said(&h).contains("built without video") {
        assert!(!path.exists());
        return;
    }
    assert!(said(&h).contains("60 frames") && said(&h).contains("25 frames/s"), "{}", said(&h));
    assert_eq!(frames_and_type(&path).0, FRAMES);
    assert!(h.query_by_label("Pictures as shown").is_none());
    // Asked again, and not wanted after all.
    let other = folder.path().join("other.mkv");
    export_to(&mut h, &other);
    click(&mut h, "Cancel");
    assert!(!other.exists() && h.query_by_label("Pictures as shown").is_none());
}

#[test]
fn failed_frames_are_decided_about() {
    let folder = tempfile::tempdir().expect("folder");
    let series = broken(folder.path());
    let mut h = window(vec![series]);
    settle(&mut h);
    for (file, choice, expected) in [
        ("nan.npy", "are NaN, everything is written as f32", (6, DType::F32)),
        ("less.npy", "are left out", (5, DType::U8)),
        ("fill.npy", "are filled with the value", (6, DType::U8)),
    ] {
        let path = folder.path().join(file);
        export_to(&mut h, &path);
        assert!(h.query_by_label_contains("1 frame failed to load.").is_some(), "{file}");
        click(&mut h, choice);
        click(&mut h, "Export");
        assert!(said(&h).contains("1 frame failed"), "{}", said(&h));
        assert_eq!(frames_and_type(&path), expected, "{file}");
    }
}
