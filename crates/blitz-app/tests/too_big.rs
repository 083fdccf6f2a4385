//! The question about a recording that does not fit in memory.

mod common;

use std::path::{Path, PathBuf};

use blitz_app::{App, WindowOptions};
use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_model::load::{DiskCache, Strategy};
use blitz_model::output::{Overwrite, WriteSpec};
use common::{FRAMES, HEIGHT, WIDTH, builder, open, settle, value, wait};
use egui::accesskit::Role::SpinButton;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

/// The recording as one PNG per frame.
fn pngs(folder: &Path) -> PathBuf {
    let path = folder.join("recording");
    std::fs::create_dir(&path).expect("folder");
    let spec = WriteSpec::new(DType::U8, FrameShape::new(HEIGHT, WIDTH, 1), Some(FRAMES), Overwrite::Refuse);
    let mut writer = spec.create(&path.join("%03d.png")).expect("created");
    for frame in 0..FRAMES {
        let pixels: Vec<u8> = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| value(frame, x, y))).collect();
        writer.write_frame(SamplesRef::U8(&pixels)).expect("written");
    }
    writer.finish().expect("finished");
    path
}

/// A window that may use about half of what the recording takes.
fn window(recording: &Path, cache: &Path) -> Harness<'static, App> {
    limited(recording, cache, None)
}

fn limited(recording: &Path, cache: &Path, limit: Option<u64>) -> Harness<'static, App> {
    let paths = vec![recording.to_owned()];
    let disk_cache = DiskCache::new(Some(cache.to_owned()), limit);
    let max_ram = Some(FRAMES as u64 * (HEIGHT * WIDTH) as u64 / 2);
    builder(1280.0, 720.0).build_eframe(move |cc| {
        App::new(&cc.egui_ctx, WindowOptions { paths, max_ram, disk_cache, ..WindowOptions::default() })
    })
}

fn asked(harness: &mut Harness<'static, App>) {
    wait(harness, "the question is there", |app| app.session().too_big().is_some());
    harness.run_steps(3);
}

#[test]
fn it_is_decoded_to_the_disk_once_and_not_asked_again() {
    let dir = tempfile::tempdir().expect("folder");
    let (recording, cache) = (pngs(dir.path()), dir.path().join("cache"));
    let mut harness = window(&recording, &cache);
    asked(&mut harness);
    for name in ["Decode to disk", "Stream", "Load one frame in", "Cancel"] {
        assert!(harness.query_by_label(name).is_some(), "{name}");
    }
    let place = cache.display().to_string();
    assert!(harness.query_all_by_label_contains(&place).next().is_some(), "the folder is named");
    assert!(harness.query_all_by_label_contains("Shrink to ").next().is_some());
    harness.get_by_label("Decode to disk").click();
    harness.run_steps(2);
    wait(&mut harness, "it is open", |app| app.session().current().is_some());
    settle(&mut harness);
    assert_eq!(open(&harness).found().expect("a source").plan.strategy, Strategy::Cache);
    assert_eq!(harness.state().curves()[0].data.count, FRAMES);
    drop(harness);

    let mut harness = window(&recording, &cache);
    wait(&mut harness, "it is open", |app| app.session().current().is_some());
    settle(&mut harness);
    assert_eq!(open(&harness).frame_counts().ready, FRAMES);
}

#[test]
fn it_is_made_smaller_or_left() {
    let dir = tempfile::tempdir().expect("folder");
    let recording = pngs(dir.path());
    let mut harness = window(&recording, &dir.path().join("cache"));
    asked(&mut harness);
    let shrink = harness.query_all_by_label_contains("Shrink to ").next().expect("offered");
    shrink.click();
    harness.run_steps(2);
    wait(&mut harness, "it is open", |app| app.session().current().is_some());
    settle(&mut harness);
    let shape = open(&harness).stack().shape();
    assert_eq!(shape.frames, FRAMES);
    assert!(shape.frame.width < WIDTH && shape.frame.width > WIDTH / 3, "{shape}");

    let mut harness = window(&recording, &dir.path().join("cache"));
    asked(&mut harness);
    harness.get_by_label("Cancel").click();
    harness.run_steps(3);
    assert!(harness.state().session().too_big().is_none() && harness.state().session().current().is_none());
}

#[test]
fn more_room_can_be_allowed_on_the_disk() {
    let dir = tempfile::tempdir().expect("folder");
    let (recording, cache) = (pngs(dir.path()), dir.path().join("cache"));
    let mut harness = limited(&recording, &cache, Some(1000));
    asked(&mut harness);
    assert!(harness.get_by_label("Decode to disk").accesskit_node().is_disabled());
    assert!(harness.query_all_by_label_contains("may take 1.0 kB and holds 0 B").next().is_some());
    assert!(harness.query_by_label("Other folder…").is_some());
    harness.get_by_role_and_label(SpinButton, "may take").click();
    harness.run_steps(4);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.get_by_role_and_label(SpinButton, "may take").type_text("2");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    wait(&mut harness, "there is room", |app| {
        let waiting = app.session().too_big();
        waiting.and_then(|w| w.cache.as_ref()).is_some_and(|c| c.room.limit == 2_000_000_000)
    });
    harness.run_steps(3);
    harness.get_by_label("Decode to disk").click();
    harness.run_steps(2);
    wait(&mut harness, "it is open", |app| app.session().current().is_some());
    settle(&mut harness);
    assert_eq!(open(&harness).found().expect("a source").plan.strategy, Strategy::Cache);
}

#[test]
fn another_folder_can_be_chosen() {
    let dir = tempfile::tempdir().expect("folder");
    let (recording, other) = (pngs(dir.path()), dir.path().join("other"));
    let mut harness = limited(&recording, &dir.path().join("cache"), Some(1000));
    asked(&mut harness);
    harness.get_by_label("Other folder…").click();
    // The field for the path has the focus as soon as it is there.
    for _ in 0..500 {
        harness.step();
        if harness.query_by_label("Choose a folder for decoded frames").is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(4));
    }
    harness.run_steps(2);
    harness.event(egui::Event::Text(other.display().to_string()));
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    let place = other.display().to_string();
    wait(&mut harness, "the folder is looked at", |app| {
        let waiting = app.session().too_big();
        waiting.and_then(|w| w.cache.as_ref()).is_some_and(|c| c.folder == other && c.refused.is_none())
    });
    harness.run_steps(2);
    assert!(harness.query_all_by_label_contains(&place).next().is_some(), "the folder is named");
    harness.get_by_label("Decode to disk").click();
    harness.run_steps(2);
    wait(&mut harness, "it is open", |app| app.session().current().is_some());
    settle(&mut harness);
    assert_eq!(open(&harness).found().expect("a source").plan.strategy, Strategy::Cache);
    assert!(std::fs::read_dir(&other).expect("made").next().is_some(), "the frames lie there");
}
