//! The whole window, used as a person uses it.

mod common;

use blitz_core::ZoneShape;
use common::{FRAMES, HEIGHT, WIDTH, loaded, open, settle, value, wait, window};
use egui::{Key, Modifiers, Pos2, Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use blitz_app::App;

/// Where a source pixel's corner lies on the fitted picture.
fn on_screen(canvas: Rect, x: f64, y: f64) -> Pos2 {
    let room = canvas.shrink(6.0);
    let zoom = (room.width() / WIDTH as f32).min(room.height() / HEIGHT as f32);
    let corner = canvas.center() - vec2(WIDTH as f32, HEIGHT as f32) * zoom / 2.0;
    corner + vec2(x as f32, y as f32) * zoom
}

fn canvas(harness: &Harness<'_, App>) -> Rect {
    harness.get_by_role_and_label(egui::accesskit::Role::Image, "Picture").rect()
}

fn drag(harness: &mut Harness<'_, App>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.step();
    harness.drag_at(from);
    harness.step();
    for part in [0.3, 0.7, 1.0] {
        harness.hover_at(from + (to - from) * part);
        harness.step();
    }
    harness.drop_at(to);
    harness.step();
    settle(harness);
}

fn click(harness: &mut Harness<'_, App>, at: Pos2) {
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.drop_at(at);
    harness.step();
    settle(harness);
}

fn press(harness: &mut Harness<'_, App>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

fn frame(harness: &Harness<'_, App>) -> usize {
    common::playhead(harness).frame
}

/// The means of a zone's curve.
fn curve(harness: &Harness<'_, App>, zone: usize) -> Vec<f64> {
    let curves = harness.state().curves();
    curves[zone].data.points[0].iter().map(|p| p.mean).collect()
}

/// Mean over whole pixels `x0..x1`, `y0..y1` of one frame.
fn mean(frame: usize, [x0, y0, x1, y1]: [usize; 4]) -> f64 {
    let values = (y0..y1).flat_map(|y| (x0..x1).map(move |x| f64::from(value(frame, x, y))));
    values.sum::<f64>() / ((x1 - x0) * (y1 - y0)) as f64
}

#[test]
fn the_empty_window_offers_three_ways_in() {
    let mut harness = window(Vec::new());
    harness.run_steps(3);
    for name in ["Open files…", "Open folder…", "Try the demo", "Drop a recording here"] {
        assert!(harness.query_by_label(name).is_some(), "{name}");
    }
    assert!(harness.state().is_settled());
}

#[test]
fn a_recording_opens_and_keys_move_through_it() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    assert!(harness.query_by_label_contains("60 frames · 48 wide × 40 high · 8 bit grey").is_some());
    assert!(harness.query_by_label_contains("rate not set").is_some());
    assert_eq!(open(&harness).recipe().zones.len(), 1, "a first zone is there");

    for (key, expected) in [
        (Key::ArrowRight, 1),
        (Key::ArrowDown, 11),
        (Key::ArrowLeft, 10),
        (Key::ArrowUp, 0),
        (Key::PageDown, FRAMES - 1),
        (Key::Home, 0),
        (Key::End, FRAMES - 1),
        (Key::PageUp, 0),
    ] {
        press(&mut harness, key);
        assert_eq!(frame(&harness), expected, "{key:?}");
    }
    let shown = harness.state().picture().shown.as_ref().expect("a picture");
    assert_eq!(shown.picture.values_at(5, 7), Some(vec![f64::from(value(0, 5, 7))]));
    assert_eq!(shown.frame, Some(0));
}

/// Fault: once the pointer had left the picture, the probe showed the value of the frame and the steps that were
/// there when it was over it.
#[test]
fn the_probe_shows_the_value_of_what_is_shown() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    let canvas = canvas(&harness);
    harness.hover_at(on_screen(canvas, 5.5, 7.5));
    settle(&mut harness);
    assert!(harness.query_by_label("8 bit grey · 5").is_some(), "frame 0");
    harness.hover_at(egui::pos2(2.0, 2.0));
    harness.step();
    press(&mut harness, Key::PageDown);
    let now = value(FRAMES - 1, 5, 7);
    assert!(harness.query_by_label(&format!("8 bit grey · {now}")).is_some(), "the last frame has {now}");
    press(&mut harness, Key::Home);
    harness.get_by_label("Reduction").click();
    harness.run_steps(4);
    harness.get_all_by_label("Max").last().expect("in the menu").click();
    harness.run_steps(4);
    settle(&mut harness);
    assert!(
        harness.query_by_label(&format!("{now}")).is_some(),
        "the maximum of all frames is the last one's"
    );
}

#[test]
fn space_plays_and_pauses() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    harness.key_press(Key::Space);
    harness.run_steps(10);
    assert!(common::playhead(&harness).playing);
    let there = frame(&harness);
    assert!(there > 3, "half a second at 25 frames/s: {there}");
    press(&mut harness, Key::Space);
    assert!(!common::playhead(&harness).playing);
}

#[test]
fn a_zone_is_drawn_moved_undone_and_its_curve_follows() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    let canvas = canvas(&harness);
    let at = |x, y| on_screen(canvas, x, y);

    harness.get_by_label("Add rectangle").click();
    harness.run_steps(2);
    drag(&mut harness, at(4.3, 6.4), at(9.6, 11.5));
    let drawn = ZoneShape::Rect { x: 4.0, y: 6.0, width: 6.0, height: 6.0, angle: 0.0 };
    assert_eq!(open(&harness).recipe().zones.len(), 2);
    assert_eq!(open(&harness).recipe().zones[1].shape, drawn);
    let expected: Vec<f64> = (0..FRAMES).map(|f| mean(f, [4, 6, 10, 12])).collect();
    assert_eq!(curve(&harness, 1), expected);

    drag(&mut harness, at(7.0, 9.0), at(34.0, 12.0));
    let moved = ZoneShape::Rect { x: 31.0, y: 9.0, width: 6.0, height: 6.0, angle: 0.0 };
    assert_eq!(open(&harness).recipe().zones[1].shape, moved);
    let expected: Vec<f64> = (0..FRAMES).map(|f| mean(f, [31, 9, 37, 15])).collect();
    assert_eq!(curve(&harness, 1), expected, "the right half does not change with time");

    // The whole drag is one step.
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    assert_eq!(open(&harness).recipe().zones[1].shape, drawn);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    settle(&mut harness);
    assert_eq!(open(&harness).recipe().zones[1].shape, moved);

    // The lower right handle: the upper left corner stays.
    drag(&mut harness, at(37.0, 15.0), at(41.0, 19.0));
    let resized = ZoneShape::Rect { x: 31.0, y: 9.0, width: 10.0, height: 10.0, angle: 0.0 };
    assert_eq!(open(&harness).recipe().zones[1].shape, resized);

    press(&mut harness, Key::Delete);
    assert_eq!(open(&harness).recipe().zones.len(), 1);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut harness);
    assert_eq!(open(&harness).recipe().zones.len(), 2);
}

#[test]
fn polygons_and_pixels_are_clicked() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    let canvas = canvas(&harness);
    harness.get_by_label("Add polygon").click();
    harness.run_steps(2);
    for (x, y) in [(2.0, 2.0), (12.0, 2.0), (12.0, 14.0)] {
        click(&mut harness, on_screen(canvas, x, y));
    }
    press(&mut harness, Key::Enter);
    let triangle = ZoneShape::Polygon(vec![(2.0, 2.0), (12.0, 2.0), (12.0, 14.0)]);
    assert_eq!(open(&harness).recipe().zones[1].shape, triangle);

    harness.get_by_label("Add pixel").click();
    harness.run_steps(2);
    click(&mut harness, on_screen(canvas, 40.5, 30.5));
    assert_eq!(open(&harness).recipe().zones[2].shape, ZoneShape::Pixel { x: 40, y: 30 });
    assert_eq!(curve(&harness, 2), vec![f64::from(value(0, 40, 30)); FRAMES]);

    // Esc leaves a tool without adding anything.
    harness.get_by_label("Add ellipse").click();
    harness.run_steps(2);
    press(&mut harness, Key::Escape);
    drag(&mut harness, on_screen(canvas, 3.0, 30.0), on_screen(canvas, 9.0, 36.0));
    assert_eq!(open(&harness).recipe().zones.len(), 3);
}

#[test]
fn the_probe_reads_source_pixels_of_a_turned_picture() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    let at = on_screen(canvas(&harness), 5.5, 7.5);
    harness.hover_at(at);
    harness.run_steps(3);
    assert!(harness.query_all_by_label("x 5  y 7").count() > 0);
    let text = format!("8 bit grey · {}", value(0, 5, 7));
    assert!(harness.query_by_label(&text).is_some());

    harness.get_by_role_and_label(egui::accesskit::Role::Button, "Picture").click();
    harness.run_steps(3);
    harness.get_by_label("Rotate clockwise").click();
    harness.run_steps(2);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("turned or mirrored").is_some());
    // Shown (x, y) of a clockwise turn is source (y, height − 1 − x).
    let canvas = canvas(&harness);
    let zoom = (canvas.shrink(6.0).width() / HEIGHT as f32).min(canvas.shrink(6.0).height() / WIDTH as f32);
    let corner = canvas.center() - vec2(HEIGHT as f32, WIDTH as f32) * zoom / 2.0;
    harness.hover_at(corner + vec2(3.5, 5.5) * zoom);
    harness.run_steps(3);
    assert!(harness.query_all_by_label("x 5  y 36").count() > 0);
}

#[test]
fn what_does_not_open_is_said_and_the_data_stay() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    harness.run_steps(3);
    let missing = folder.path().join("no such file.npy");
    harness
        .get_by_role_and_label(egui::accesskit::Role::TextInput, "Path")
        .type_text(&missing.display().to_string());
    harness.run_steps(2);
    harness.get_by_label("Open").click();
    harness.run_steps(2);
    settle(&mut harness);
    assert!(harness.query_all_by_label_contains("there is no such file or folder").count() > 0);
    assert_eq!(open(&harness).stack().name, "steps.npy", "the data are kept");
    harness.get_by_label("Dismiss").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Dismiss").is_none());
}

#[test]
fn an_empty_window_says_why_a_path_does_not_open() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = window(vec![folder.path().join("gone")]);
    wait(&mut harness, "the error is there", |app| app.session().log().total() > 0);
    harness.run_steps(3);
    assert!(harness.query_all_by_label_contains("there is no such file or folder").count() > 0);
    assert!(harness.query_by_label("Open files…").is_some());
}

#[test]
fn the_theme_changes_at_once_and_back() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    let dark = |harness: &Harness<'_, App>| harness.ctx.global_style().visuals.dark_mode;
    assert!(dark(&harness));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::T);
    harness.run_steps(3);
    assert!(!dark(&harness));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::T);
    harness.run_steps(3);
    assert!(dark(&harness));
}

#[test]
fn time_and_scale_are_typed_and_used() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    harness.get_by_label("set").click();
    harness.run_steps(3);
    for (text, expected) in [("fast", None), ("1000", Some(1000.0))] {
        harness.get_by_label("Recording rate").click();
        harness.run_steps(2);
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.step();
        harness.get_by_label("Recording rate").type_text(text);
        harness.run_steps(2);
        harness.key_press(Key::Enter);
        harness.run_steps(3);
        assert_eq!(open(&harness).time().rate(), expected, "{text}");
        assert_eq!(harness.query_by_label_contains("cannot read 'fast'").is_some(), expected.is_none());
    }
    harness.get_by_label("Done").click();
    settle(&mut harness);
    press(&mut harness, Key::ArrowDown);
    assert!(harness.query_by_label_contains("1,000 frames/s").is_some());
    assert!(harness.query_all_by_label_contains("10 ms").count() > 0);
}

#[test]
fn a_reduction_replaces_the_picture_and_a_frame_brings_it_back() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    harness.get_by_label("Reduction").click();
    harness.run_steps(4);
    harness.get_all_by_label("Mean").last().expect("in the menu").click();
    harness.run_steps(4);
    settle(&mut harness);
    let at = |harness: &Harness<'_, App>, x, y| {
        let shown = harness.state().picture().shown.clone().expect("a picture");
        shown.picture.values_at(x, y).expect("inside")[0]
    };
    let expected = (0..FRAMES).map(|f| f64::from(value(f, 9, 4))).sum::<f64>() / FRAMES as f64;
    assert!((at(&harness, 9, 4) - expected).abs() < 1e-4);
    assert!(harness.query_all_by_label_contains("mean of 0–59 (60 frames)").count() > 0);
    let whole = curve(&harness, 0);
    assert_eq!(whole.len(), FRAMES, "the curves still span all frames");

    // The probe has the raw value beside the reduced one.
    let canvas = canvas(&harness);
    harness.hover_at(on_screen(canvas, 9.5, 4.5));
    harness.run_steps(2);
    settle(&mut harness);
    assert!(harness.query_by_label_contains(&format!("{} in frame 0", value(0, 9, 4))).is_some());

    press(&mut harness, Key::Escape);
    assert!(open(&harness).recipe().reduction.is_none());
    assert_eq!(at(&harness, 9, 4), f64::from(value(0, 9, 4)));

    // A click on the timeline goes to a frame.
    let plot = harness.get_by_label("Curves of the zones").rect();
    click(&mut harness, plot.center());
    let now = frame(&harness);
    assert!((28..=32).contains(&now), "{now}");
    assert_eq!(at(&harness, 9, 4), f64::from(value(now, 9, 4)));
}

#[test]
fn wheel_zooms_and_fit_returns() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = loaded(folder.path());
    let percent = |harness: &Harness<'_, App>| {
        let canvas = canvas(harness).shrink(6.0);
        let zoom = (canvas.width() / WIDTH as f32).min(canvas.height() / HEIGHT as f32);
        format!("{:.0} %", zoom * 100.0)
    };
    let fitted = percent(&harness);
    assert!(harness.query_by_label(&fitted).is_some(), "{fitted}");
    harness.hover_at(canvas(&harness).center());
    harness.step();
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: Vec2::new(0.0, 120.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(10);
    assert!(harness.query_by_label(&fitted).is_none());
    press(&mut harness, Key::Num1);
    assert!(harness.query_by_label("100 %").is_some());
    press(&mut harness, Key::F);
    assert!(harness.query_by_label(&fitted).is_some());
}
