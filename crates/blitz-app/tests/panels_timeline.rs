//! The timeline panel: what its controls send.

mod panels_kit;

use blitz_app::panels::timeline::TimelinePanel;
use blitz_core::FrameRange;
use blitz_model::Method;
use blitz_model::document::{AuxiliaryEdit, CurveStat, CurveView, Edit, ZoneEdit};
use blitz_model::recipe::{Load, Rate};
use blitz_model::session::{Command, LoopMode};
use egui::{Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use panels_kit::{Bench, broken_series, drag, harness, npy, snapshot, sparks};

fn timeline() -> Harness<'static, Bench> {
    let mut panel = TimelinePanel::default();
    harness(Bench::with(&sparks(100, 30, 20), move |ui, cx| panel.ui(ui, cx)), 1280.0, 240.0)
}

fn click(harness: &mut Harness<'_, Bench>, label: &str) -> Vec<Command> {
    harness.get_by_label(label).click();
    harness.run_steps(4);
    harness.state_mut().taken()
}

fn choose(harness: &mut Harness<'_, Bench>, combo: &str, entry: &str) -> Vec<Command> {
    harness.get_by_label(combo).click();
    harness.run_steps(4);
    let entry = harness.get_all_by_label(entry).last().expect("in the menu");
    entry.click();
    harness.run_steps(4);
    harness.state_mut().taken()
}

fn frame(harness: &Harness<'_, Bench>) -> usize {
    let session = &harness.state().session;
    session.view(session.focused()).expect("there is always one").playhead().frame
}

fn wheel(harness: &mut Harness<'_, Bench>, at: egui::Pos2, lines: f32, modifiers: Modifiers) {
    harness.hover_at(at);
    harness.run_steps(2);
    let unit = egui::MouseWheelUnit::Line;
    let phase = egui::TouchPhase::Move;
    harness.event_modifiers(
        egui::Event::MouseWheel {
            unit,
            source: egui::MouseWheelSource::Unknown,
            delta: vec2(0.0, lines),
            phase,
            modifiers,
        },
        modifiers,
    );
    harness.run_steps(4);
}

#[test]
fn transport() {
    let mut h = timeline();
    assert_eq!(click(&mut h, "Next frame"), [Command::Step(1)]);
    assert_eq!(click(&mut h, "Last frame"), [Command::Seek(99)]);
    assert_eq!(click(&mut h, "Previous frame"), [Command::Step(-1)]);
    assert_eq!(click(&mut h, "First frame"), [Command::Seek(0)]);
    assert_eq!(click(&mut h, "Play"), [Command::TogglePlay]);
    assert_eq!(click(&mut h, "Pause"), [Command::TogglePlay]);
    assert_eq!(choose(&mut h, "Loop mode", "Ping-pong"), [Command::PlayLoop(LoopMode::PingPong)]);
}

#[test]
fn clicks_and_the_wheel_move_the_cursor() {
    let mut h = timeline();
    let plot = h.get_by_label("Curves of the zones").rect();
    let at = |share: f32| egui::pos2(plot.left() + share * plot.width(), plot.center().y);
    drag(&mut h, at(0.305), at(0.605));
    assert_eq!(frame(&h), 60);
    wheel(&mut h, at(0.5), -1.0, Modifiers::NONE);
    assert_eq!(frame(&h), 61, "down is forward");
    wheel(&mut h, at(0.5), 1.0, Modifiers::NONE);
    assert_eq!(frame(&h), 60);
    h.state_mut().taken();
    for _ in 0..5 {
        wheel(&mut h, at(0.5), 3.0, Modifiers::COMMAND);
    }
    assert_eq!(h.state_mut().taken(), [], "zooming moves no frame");
    assert!(h.query_by_label("All frames").is_some());
    click(&mut h, "All frames");
    assert!(h.query_by_label("All frames").is_none());
}

#[test]
fn reductions_use_the_range_and_a_click_leads_back() {
    let mut h = timeline();
    assert_eq!(choose(&mut h, "Reduction", "Std"), [Command::Edit(Edit::Reduce(Some(Method::Std)))]);
    let end = h.get_by_label("Range end").rect().center();
    drag(&mut h, end, end - vec2(300.0, 0.0));
    let range = h.state().session.current().expect("open").recipe().reduction.clone().expect("shown").range;
    let range = range.expect("a part");
    assert!(range.start == 0 && range.end.is_some_and(|end| end < 90), "{range}");
    assert!(h.query_by_label_contains("frames)").is_some());
    h.state_mut().taken();
    let plot = h.get_by_label("Curves of the zones").rect();
    h.hover_at(plot.center());
    h.run_steps(2);
    h.drag_at(plot.center());
    h.run_steps(1);
    h.drop_at(plot.center());
    h.run_steps(3);
    assert_eq!(h.state_mut().taken()[..2], [Command::Edit(Edit::Reduce(None)), Command::Seek(50)]);
    // The range is remembered for the next reduction.
    let again = choose(&mut h, "Reduction", "Mean");
    let expected =
        [Command::Edit(Edit::Reduce(Some(Method::Mean))), Command::Edit(Edit::ReduceRange(Some(range)))];
    assert_eq!(again, expected);
    assert_eq!(click(&mut h, "Full range"), [Command::Edit(Edit::ReduceRange(None))]);
}

#[test]
fn numbers_are_those_of_the_source() {
    let mut panel = TimelinePanel::default();
    let mut bench = Bench::empty(move |ui, cx| panel.ui(ui, cx));
    let path = bench.folder().join("thin.npy");
    std::fs::write(&path, sparks(100, 8, 8)).expect("written");
    bench.open(path, Load { every: 3, frames: FrameRange::new(10, 70), ..Load::default() });
    let mut h = harness(bench, 1280.0, 240.0);
    assert!(h.query_by_label("/ 10–67").is_some());
    assert!(h.query_by_label("(20 frames)").is_some());
    h.get_by_label("Frame number").click();
    h.run_steps(4);
    h.key_press_modifiers(Modifiers::COMMAND, egui::Key::A);
    h.get_by_label("Frame number").type_text("41");
    h.run_steps(2);
    h.key_press(egui::Key::Enter);
    h.run_steps(4);
    assert_eq!(frame(&h), 10, "41 is nearest to source frame 40");
}

#[test]
fn zones_are_listed_added_renamed_and_deleted() {
    let mut h = timeline();
    h.get_by_label("Add zone").click();
    h.run_steps(4);
    let sent = click(&mut h, "Ellipse");
    assert!(matches!(sent[..], [Command::Edit(Edit::Zone(ZoneEdit::Add(_)))]));
    h.state_mut().settle();
    h.run_steps(3);
    assert!(h.query_by_label("2 zones").is_some());
    assert_eq!(click(&mut h, "Zone A"), [Command::Edit(Edit::Zone(ZoneEdit::Select(Some(0))))]);
    h.run_steps(30); // so that this is no triple click
    h.get_by_label("Zone A").click();
    h.get_by_label("Zone A").click();
    h.run_steps(10);
    h.state_mut().taken();
    h.key_press_modifiers(Modifiers::COMMAND, egui::Key::A);
    h.get_by_label("Name of zone A").type_text("edge");
    h.run_steps(2);
    h.key_press(egui::Key::Enter);
    h.run_steps(4);
    assert_eq!(h.state_mut().taken(), [Command::Edit(Edit::Zone(ZoneEdit::Rename(0, "edge".into())))]);
    assert_eq!(click(&mut h, "Delete edge"), [Command::Edit(Edit::Zone(ZoneEdit::Delete(0)))]);
    let band = CurveView { stat: CurveStat::Mean, band: false };
    assert_eq!(click(&mut h, "Band from minimum to maximum"), [Command::Edit(Edit::Curves(band))]);
    let median = CurveView { stat: CurveStat::Median, band: false };
    assert_eq!(click(&mut h, "Curve median"), [Command::Edit(Edit::Curves(median))]);
}

/// Points and vertices that a shape is drawn from.
fn points(shape: &egui::Shape) -> usize {
    match shape {
        egui::Shape::Vec(shapes) => shapes.iter().map(points).sum(),
        egui::Shape::Path(path) => path.points.len(),
        egui::Shape::Mesh(mesh) => mesh.vertices.len(),
        _ => 1,
    }
}

#[test]
fn a_hundred_thousand_frames_are_drawn_from_a_few_points_per_column() {
    let frames = 100_000_usize;
    let samples: Vec<u8> = (0..frames * 2).map(|i| (i * 31 % 251) as u8).collect();
    let mut panel = TimelinePanel::default();
    let bench = Bench::with(&npy("|u1", &[frames, 1, 2], &samples), move |ui, cx| panel.ui(ui, cx));
    let mut h = harness(bench, 1280.0, 240.0);
    h.run_steps(10);
    let drawn: usize = h.output().shapes.iter().map(|clipped| points(&clipped.shape)).sum();
    // The plot is narrower than the window; four points of the line and two of the band stand for a column.
    assert!((1280..=6 * 1280).contains(&drawn), "{drawn} points for {frames} frames");
}

#[test]
fn one_frame_has_no_timeline() {
    let mut panel = TimelinePanel::default();
    let h = harness(Bench::with(&sparks(1, 8, 8), move |ui, cx| panel.ui(ui, cx)), 600.0, 160.0);
    assert!(h.query_by_label_contains("One frame").is_some());
    assert!(h.query_by_label("Play").is_none());
    assert!(h.query_by_label("Zone A").is_some());
}

#[test]
fn looks_with_curves_recorded_beside() {
    let mut panel = TimelinePanel::default();
    let mut bench = Bench::with(&sparks(100, 30, 20), move |ui, cx| panel.ui(ui, cx));
    let path = bench.folder().join("log.csv");
    let row = |i: i32| {
        let t = f64::from(i) / 400.0 * 1200.0 - 100.0;
        format!("{t},{},{}\n", (t / 90.0).sin().powi(2) * 4.0, 1013.0 + (t / 300.0).cos())
    };
    let rows = (0..400).map(row).collect::<Vec<_>>().concat();
    std::fs::write(&path, format!("t (ms),diode (V),p (mbar)\n{rows}")).expect("written");
    bench.send(Command::Edit(Edit::Rate(Some(Rate::Fps("100".into())))));
    let curve = |text: &str| format!("{}{text}", path.display()).parse().expect("valid");
    let curves =
        vec![curve(":column=diode:own-times"), curve(":column=p:smooth=25"), curve(":column=p:hidden")];
    bench.send(Command::Edit(Edit::Auxiliary(AuxiliaryEdit::Add(curves))));
    bench.send(Command::Seek(40));
    let mut h = harness(bench, 1100.0, 260.0);
    h.run_steps(6);
    assert_eq!(h.query_all_by_label("Curve p").count(), 2);
    snapshot(&mut h, "panel_timeline_beside");
}

#[test]
fn looks() {
    let mut panel = TimelinePanel::default();
    let mut bench = Bench::empty(move |ui, cx| panel.ui(ui, cx));
    let folder = broken_series(bench.folder());
    bench.open(folder, Load::default());
    let mut h = harness(bench, 900.0, 220.0);
    snapshot(&mut h, "panel_timeline");
}
