//! How the window looks: few pictures of it, compared with those kept in `snapshots`.

mod common;

use std::path::PathBuf;

use blitz_app::{App, ScreenshotOptions, WindowOptions, screenshot};
use blitz_gpu::{ImageRenderer, OffscreenGpu};
use common::{builder, recording, settle};
use egui::accesskit::Role;
use egui::{Rect, pos2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};

const SIZE: [f32; 2] = [900.0, 560.0];

/// Whether pictures can be drawn here; says so if not.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn can_draw() -> bool {
    let gpu = OffscreenGpu::new();
    if let Err(error) = &gpu {
        eprintln!("skipped: {error}");
    }
    gpu.is_ok()
}

fn drawn(paths: Vec<PathBuf>, dark: bool) -> Harness<'static, App> {
    let mut harness = builder(SIZE[0], SIZE[1]).wgpu().build_eframe(move |cc| {
        if let Some(state) = &cc.wgpu_render_state {
            ImageRenderer::install(state);
        }
        App::new(&cc.egui_ctx, WindowOptions { paths, ..Default::default() }).with_theme(dark)
    });
    settle(&mut harness);
    harness
}

fn compare(harness: &mut Harness<'_, App>, name: &str) {
    // The status line says how long opening took.
    harness.mask(Rect::from_min_max(pos2(0.0, SIZE[1] - 26.0), pos2(SIZE[0], SIZE[1])));
    // Drivers differ in the last bit of an antialiased edge.
    harness.snapshot_options(name, &SnapshotOptions::new().max_failed_pixels(60));
}

#[test]
fn the_empty_window() {
    if can_draw() {
        compare(&mut drawn(Vec::new(), true), "empty_dark");
    }
}

#[test]
fn a_recording_in_the_dark() {
    let folder = tempfile::tempdir().expect("folder");
    if can_draw() {
        compare(&mut drawn(vec![recording(folder.path())], true), "loaded_dark");
    }
}

#[test]
fn two_views_in_the_dark() {
    let folder = tempfile::tempdir().expect("folder");
    if can_draw() {
        let mut h = drawn(vec![recording(folder.path())], true);
        h.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::V);
        h.run_steps(2);
        settle(&mut h);
        compare(&mut h, "views_dark");
    }
}

#[test]
fn a_kymograph_in_the_dark() {
    let folder = tempfile::tempdir().expect("folder");
    if can_draw() {
        let mut h = drawn(vec![recording(folder.path())], true);
        h.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::K);
        h.run_steps(3);
        h.get_by_role_and_label(Role::TextInput, "Command").type_text("kymograph");
        h.run_steps(3);
        h.key_press(egui::Key::Enter);
        h.run_steps(3);
        settle(&mut h);
        compare(&mut h, "kymograph_dark");
    }
}

#[test]
fn a_recording_in_the_light() {
    let folder = tempfile::tempdir().expect("folder");
    if can_draw() {
        compare(&mut drawn(vec![recording(folder.path())], false), "loaded_light");
    }
}

#[test]
fn a_screenshot_is_the_window_without_a_screen() {
    if !can_draw() {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let options = || WindowOptions { paths: vec![recording(folder.path())], ..Default::default() };
    let shot = ScreenshotOptions { size: [800, 500], frame: Some(7), ..Default::default() };
    let picture = screenshot(options(), &shot).expect("drawn");
    assert_eq!((picture.width, picture.height, picture.rgba.len()), (800, 500, 800 * 500 * 4));
    let colors: std::collections::HashSet<&[u8]> = picture.rgba.chunks_exact(4).collect();
    assert!(colors.len() > 100, "{} colours", colors.len());
    assert!(picture.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255));
}

#[test]
fn a_screenshot_of_nothing_says_why() {
    if !can_draw() {
        return;
    }
    let options = WindowOptions { paths: vec!["/no/such/recording".into()], ..Default::default() };
    let error = screenshot(options, &ScreenshotOptions::default()).expect_err("refused");
    assert!(error.to_string().contains("/no/such/recording"), "{error}");
}
