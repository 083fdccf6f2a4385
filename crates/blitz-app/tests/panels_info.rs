//! The info and log panels: what they say and send.

mod panels_kit;

use std::time::Duration;

use blitz_app::panels::info::InfoPanel;
use blitz_app::panels::log::LogPanel;
use blitz_core::Rect;
use blitz_model::document::Edit;
use blitz_model::recipe::{Load, Rate};
use blitz_model::session::{Command, JobKey};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use panels_kit::{Bench, broken_series, harness, npy, snapshot, sparks};

fn click(harness: &mut Harness<'_, Bench>, label: &str) -> Vec<Command> {
    harness.get_by_label(label).click();
    harness.run_steps(6);
    harness.state_mut().taken()
}

fn type_into(harness: &mut Harness<'_, Bench>, label: &str, text: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(3);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.get_by_label(label).type_text(text);
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
}

fn info(bytes: &[u8]) -> Harness<'static, Bench> {
    let mut panel = InfoPanel::default();
    harness(Bench::with(bytes, move |ui, cx| panel.ui(ui, cx)), 360.0, 900.0)
}

#[test]
fn facts_of_the_recording() {
    let h = info(&sparks(12, 30, 20));
    for fact in ["sparks.npy", "NumPy array", "12 frames", "20 wide × 30 high", "u16"] {
        assert!(h.query_all_by_label(fact).next().is_some(), "{fact}");
    }
    assert!(h.query_by_label_contains("16 bit, in use: ").is_some());
}

#[test]
fn what_a_file_says_of_its_camera() {
    let mut panel = InfoPanel::default();
    let mut bench = Bench::empty(move |ui, cx| panel.ui(ui, cx));
    let path = bench.folder().join("camera.png");
    std::fs::write(&path, include_bytes!("../../blitz-io/tests/data/facts/camera.png")).expect("written");
    bench.open(path, Load::default());
    let h = harness(bench, 360.0, 900.0);
    for (name, text) in [("Camera", "NIKON D90"), ("Exposure", "1/125 s")] {
        assert!(h.query_by_label(name).is_some() && h.query_by_label(text).is_some(), "{name}: {text}");
    }
}

#[test]
fn failed_frames_are_listed_and_lead_there() {
    let mut panel = InfoPanel::default();
    let mut bench = Bench::empty(move |ui, cx| panel.ui(ui, cx));
    let folder = broken_series(bench.folder());
    bench.open(folder, Load::default());
    let mut h = harness(bench, 360.0, 900.0);
    assert!(h.query_by_label("2 frames failed").is_some());
    assert_eq!(click(&mut h, "Failed frame 16"), [Command::Seek(16)]);
}

#[test]
fn load_options_are_applied_at_once() {
    let mut h = info(&sparks(12, 30, 20));
    click(&mut h, "Load options");
    type_into(&mut h, "Crop width", "10");
    type_into(&mut h, "Load to frame", "5");
    assert_eq!(h.state_mut().taken(), [], "nothing happens before Apply");
    assert!(h.query_by_label_contains("6 frames, 10 × 30 u16: 3.6 kB").is_some());
    let load = Load {
        crop: Some(Rect::new(0, 0, 10, 30)),
        frames: blitz_core::FrameRange { start: 0, end: Some(6), step: 1 },
        ..Load::default()
    };
    assert_eq!(click(&mut h, "Apply load options"), [Command::Edit(Edit::Load(load))]);
    h.state_mut().settle();
    h.run_steps(3);
    assert!(h.query_by_label_contains("6 of 12 frames").is_some());
}

#[test]
fn colour_is_loaded_as_grey_in_one_click() {
    let rgb = vec![9_u8; 3 * 4 * 4 * 3];
    let mut h = info(&npy("|u1", &[3, 4, 4, 3], &rgb));
    let grey = Load { grey: true, ..Load::default() };
    assert_eq!(click(&mut h, "Load as grey"), [Command::Edit(Edit::Load(grey))]);
}

#[test]
fn a_rate_is_typed_as_people_write_it() {
    let mut h = info(&sparks(4, 8, 8));
    click(&mut h, "Calibration");
    type_into(&mut h, "Recording rate", "100,000");
    assert_eq!(h.state_mut().taken(), [Command::Edit(Edit::Rate(Some(Rate::Fps("100000".into()))))]);
    type_into(&mut h, "Recording rate", "soon");
    assert_eq!(h.state_mut().taken(), []);
    assert!(h.query_by_label_contains("cannot read 'soon'").is_some());
}

#[test]
fn messages_are_filtered_and_jobs_are_cancelled() {
    let mut panel = LogPanel::default();
    let mut bench = Bench::with(&sparks(4, 8, 8), move |ui, cx| panel.ui(ui, cx));
    bench.session.log_mut().warning("a gap in the numbering");
    bench.session.log_mut().error("a file is damaged");
    bench.session.spawn_task("saving", |cx| {
        while !cx.cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("cancelled".into())
    });
    std::thread::sleep(Duration::from_millis(200));
    let mut h = harness(bench, 360.0, 260.0);
    assert!(h.query_by_label_contains("a gap").is_some());
    click(&mut h, "Errors only");
    assert!(h.query_by_label_contains("a gap").is_none());
    assert!(h.query_by_label_contains("damaged").is_some());
    let sent = click(&mut h, "Cancel saving");
    assert!(matches!(sent[..], [Command::CancelJob(JobKey::Task(_))]));
    h.state_mut().settle();
}

#[test]
fn looks() {
    let mut h = info(&sparks(12, 30, 20));
    h.set_size(egui::vec2(420.0, 340.0));
    h.run_steps(3);
    // The temporary folder's name differs from run to run.
    let path = h.get_by_label_contains("/sparks.npy").rect();
    h.mask(egui::Rect::from_x_y_ranges(path.left()..=400.0, path.y_range()));
    snapshot(&mut h, "panel_info");
}
