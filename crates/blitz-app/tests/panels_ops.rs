//! The panel of the steps: what its controls send, and how it looks.

mod panels_kit;

use blitz_app::panels::ops::OpsPanel;
use blitz_app::theme::Theme;
use blitz_model::document::{Edit, StepEdit};
use blitz_model::session::Command;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use panels_kit::{Bench, harness, snapshot, sparks};

fn bench() -> Bench {
    let mut panel = OpsPanel::default();
    Bench::with(&sparks(60, 40, 60), move |ui, cx| panel.ui(ui, cx))
}

fn ops(width: f32, height: f32) -> Harness<'static, Bench> {
    harness(bench(), width, height)
}

fn steps(h: &Harness<'_, Bench>) -> Vec<String> {
    h.state().session.current().expect("open").recipe().steps.iter().map(ToString::to_string).collect()
}

fn click(h: &mut Harness<'_, Bench>, label: &str) {
    // A field comes behind its caption.
    h.get_all_by_label(label).last().expect(label).click();
    h.run_steps(4);
}

/// A line of the menu, which comes before what lies below it.
fn menu(h: &mut Harness<'_, Bench>, label: &str) {
    click(h, "+ Add step");
    h.get_all_by_label(label).next().expect(label).click();
    h.run_steps(4);
}

fn add(h: &mut Harness<'_, Bench>, label: &str) {
    menu(h, label);
    h.state_mut().settle();
    h.run_steps(3);
}

/// Several steps, the first one open, everything computed.
fn filled(width: f32, height: f32, light: bool) -> Harness<'static, Bench> {
    let mut bench = bench();
    if light {
        bench.theme = Theme::light();
    }
    for text in [
        "subtract mean:0:20,amount=0.8",
        "divide file:/no/such/flat.tif,normalised",
        "off smooth gaussian,1.5",
        "subtract window:median,11,centred",
    ] {
        let step: blitz_model::recipe::Step = text.parse().expect("a step");
        let count = bench.session.current().expect("open").recipe().steps.len();
        bench.send(Command::Edit(Edit::Step(StepEdit::Add(step.kind))));
        if !step.enabled {
            bench.send(Command::Edit(Edit::Step(StepEdit::Enable(count, false))));
        }
    }
    let mut h = harness(bench, width, height);
    click(&mut h, "Edit step 1");
    h.state_mut().settle();
    h.run_steps(4);
    h
}

#[test]
fn an_empty_list_says_what_steps_do_and_offers_the_common_ones() {
    let mut h = ops(330.0, 420.0);
    assert!(h.query_by_label_contains("No steps yet").is_some());
    snapshot(&mut h, "panel_ops_empty");
    click(&mut h, "Relative change");
    assert_eq!(steps(&h), ["relative mean:"]);
    assert!(h.query_by_label_contains("to mean of all frames").is_some());
}

#[test]
fn how_it_looks_in_the_dark() {
    snapshot(&mut filled(330.0, 620.0, false), "panel_ops_dark");
}

#[test]
fn how_it_looks_narrow_and_light() {
    snapshot(&mut filled(250.0, 620.0, true), "panel_ops_narrow_light");
}

#[test]
fn every_step_of_the_menu_is_added_with_a_default_that_does_something() {
    let mut h = ops(330.0, 700.0);
    for (label, text) in [
        ("Subtract", "subtract mean:"),
        ("Divide", "divide mean:"),
        ("Flat field", "flat mean:,gain"),
        ("Relative change", "relative mean:"),
        ("Smooth over time", "smooth-time gaussian,2"),
        ("Smooth in space", "smooth gaussian,1.5"),
        ("Zone mask", "zone A"),
    ] {
        menu(&mut h, label);
        assert_eq!(steps(&h), [text], "{label}");
        h.state_mut().send(Command::Undo);
        h.run_steps(2);
        assert!(steps(&h).is_empty(), "{label}: undone at once");
    }
    // Exact levels come a while after those of a sample, and the step's own once it is there.
    h.state_mut().settle();
    let session = &h.state().session;
    let levels = session.levels(session.focused()).expect("levels");
    menu(&mut h, "Limits");
    assert_eq!(steps(&h), [format!("limits {}:{}", levels.lo, levels.hi)]);
    h.state_mut().send(Command::Undo);
    h.run_steps(2);
    menu(&mut h, "Clip and rescale");
    let text = format!("rescale {}:{}", levels.lo, levels.hi);
    assert_eq!(steps(&h), [text.as_str()]);
    click(&mut h, "Outside to the nearest end");
    assert_eq!(steps(&h), [text + ",clip"]);
}

#[test]
fn the_timeline_s_range_is_the_reference() {
    let mut bench = bench();
    let stack = bench.session.current().expect("open").stack().id;
    bench.view.range = Some((stack, blitz_core::FrameRange::new(5, 15)));
    let mut h = harness(bench, 330.0, 600.0);
    add(&mut h, "Subtract");
    assert_eq!(steps(&h), ["subtract mean:5:15"]);
    assert!(h.query_by_label_contains("mean of 5–14 (10 frames)").is_some(), "inclusive for people");
    click(&mut h, "All");
    assert_eq!(steps(&h), ["subtract mean:"]);
    click(&mut h, "From timeline");
    assert_eq!(steps(&h), ["subtract mean:5:15"]);
}

#[test]
fn a_drag_of_the_amount_is_one_step_of_undo() {
    let mut h = ops(330.0, 600.0);
    add(&mut h, "Subtract");
    let slider = h.get_by_role_and_label(egui::accesskit::Role::Slider, "Amount").rect();
    let (from, to) = (slider.right_center() - egui::vec2(8.0, 0.0), slider.center());
    panels_kit::drag(&mut h, from, to);
    let text = steps(&h).remove(0);
    let amount: f64 = text.rsplit_once("amount=").expect("an amount").1.parse().expect("a number");
    assert!((0.3..0.7).contains(&amount), "{amount}");
    h.state_mut().settle();
    h.state_mut().send(Command::Undo);
    assert_eq!(steps(&h), ["subtract mean:"], "the whole drag at once");
    h.state_mut().send(Command::Undo);
    assert!(steps(&h).is_empty());
}

#[test]
fn steps_are_moved_switched_copied_and_removed() {
    let mut h = ops(330.0, 600.0);
    add(&mut h, "Subtract");
    click(&mut h, "Close step 1");
    add(&mut h, "Smooth in space");
    click(&mut h, "Close step 2");
    let (a, b) = ("subtract mean:", "smooth gaussian,1.5");
    assert_eq!(steps(&h), [a, b]);
    click(&mut h, "Move up step 2");
    assert_eq!(steps(&h), [b, a]);
    click(&mut h, "Step 1 on");
    assert_eq!(steps(&h), [&format!("off {b}"), a]);
    click(&mut h, "Duplicate step 2");
    assert_eq!(steps(&h), [&format!("off {b}"), a, a]);
    click(&mut h, "Remove step 1");
    assert_eq!(steps(&h), [a, a]);
    // By the title, past the other one.
    h.state_mut().send(Command::Edit(Edit::Step(StepEdit::Enable(1, false))));
    h.run_steps(2);
    let title =
        |h: &Harness<'_, Bench>, n: usize| h.get_all_by_label("Subtract").nth(n).expect("a title").rect();
    let (from, to) = (title(&h, 0).center(), title(&h, 1).center() + egui::vec2(0.0, 40.0));
    panels_kit::drag(&mut h, from, to);
    assert_eq!(steps(&h), [&format!("off {a}"), a]);
}

#[test]
fn a_file_is_typed_and_an_error_names_its_step() {
    let mut h = ops(330.0, 700.0);
    let folder = h.state().folder().to_owned();
    std::fs::write(folder.join("dark.npy"), panels_kit::npy("<u2", &[40, 60], &[7; 4800])).expect("written");
    add(&mut h, "Subtract");
    click(&mut h, "Source");
    click(&mut h, "File or folder");
    assert_eq!(steps(&h), ["subtract mean:"], "nothing changes before there is a path");
    let type_path = |h: &mut Harness<'_, Bench>, path: &std::path::Path| {
        h.get_by_label("Reference path").click();
        h.run_steps(2);
        h.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        h.run_steps(1);
        h.get_by_label("Reference path").type_text(&path.display().to_string());
        h.run_steps(2);
        h.key_press(egui::Key::Enter);
        h.run_steps(4);
        h.state_mut().settle();
        h.run_steps(4);
    };
    type_path(&mut h, &folder.join("gone.npy"));
    assert!(steps(&h)[0].ends_with("gone.npy"));
    assert!(h.query_all_by_label_contains("there is no such file").count() > 0);
    let lines = h.state().session.log().lines().iter().filter(|l| l.text.contains("gone.npy")).count();
    assert_eq!(lines, 0, "said in the row, not over and over in the log");
    type_path(&mut h, &folder.join("dark.npy"));
    assert_eq!(steps(&h), [format!("subtract file:{}", folder.join("dark.npy").display())]);
    assert!(h.query_by_label_contains("there is no such file").is_none());
    h.state_mut().settle();
    h.run_steps(4);
    assert!(h.query_by_label("60 × 40 u16, 1 frame").is_some(), "what the reference is");
}
