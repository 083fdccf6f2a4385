//! The levels panel: what its controls send.

mod panels_kit;

use blitz_app::panels::levels::LevelsPanel;
use blitz_model::document::{Edit, FitScope, LevelRule};
use blitz_model::session::Command;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use panels_kit::{Bench, drag, harness, npy, snapshot, sparks};

fn levels() -> Harness<'static, Bench> {
    let mut panel = LevelsPanel::default();
    harness(Bench::with(&sparks(12, 30, 20), move |ui, cx| panel.ui(ui, cx)), 330.0, 260.0)
}

fn click(harness: &mut Harness<'_, Bench>, label: &str) -> Vec<Command> {
    harness.get_by_label(label).click();
    harness.run_steps(4);
    harness.state_mut().taken()
}

fn rule(harness: &Harness<'_, Bench>) -> LevelRule {
    harness.state().session.current().expect("open").state().display.levels
}

#[test]
fn buttons_choose_what_levels_are_fitted_to() {
    let mut h = levels();
    assert!(h.query_by_label_contains("fitted to all frames, 0.1 % left out").is_some());
    let fit = |scope| vec![Command::Edit(Edit::Levels(LevelRule::Fit(scope)))];
    assert_eq!(click(&mut h, "Fit to picture"), fit(FitScope::Picture));
    assert!(h.query_by_label_contains("fitted to each picture").is_some());
    assert_eq!(click(&mut h, "Fit to stack"), fit(FitScope::Stack));
    assert_eq!(click(&mut h, "Fit to stack"), [], "it already is");
    let kept = click(&mut h, "Keep levels");
    assert!(matches!(kept[..], [Command::Edit(Edit::Levels(LevelRule::Fixed { lo, hi }))] if lo < hi));
    assert!(h.query_by_label("fixed by hand").is_some());
}

#[test]
fn a_trim_fits_at_once() {
    let mut h = levels();
    click(&mut h, "Keep levels");
    let fit = Command::Edit(Edit::Levels(LevelRule::Fit(FitScope::Stack)));
    assert_eq!(click(&mut h, "Trim 0 %"), [Command::Edit(Edit::Trim(0.0)), fit]);
    assert!(h.query_by_label_contains("exact minimum to maximum").is_some());
    assert_eq!(click(&mut h, "Logarithmic counts"), [Command::Edit(Edit::LogCounts(true))]);
}

#[test]
fn handles_drag_whole_numbers_as_one_step() {
    let mut h = levels();
    let from = h.get_by_label("Upper level handle").rect().center();
    drag(&mut h, from, from - egui::vec2(60.0, 0.0));
    let sent = h.state_mut().taken();
    assert!(!sent.is_empty());
    let LevelRule::Fixed { lo, hi } = rule(&h) else { panic!("levels are fixed by dragging") };
    assert!(lo < hi && hi.fract() == 0.0, "{lo} {hi}");
    let history = h.state().session.current().expect("open").history();
    assert_eq!(history.undo_label(), Some("levels"));
    h.state_mut().send(Command::Undo);
    assert_eq!(rule(&h), LevelRule::Fit(FitScope::Stack), "the whole drag is one step");
}

#[test]
fn a_typed_level_is_sent_once_it_is_complete() {
    let mut h = levels();
    h.get_by_label("Lower level").click();
    h.run_steps(4);
    h.key_press_modifiers(Modifiers::COMMAND, egui::Key::A);
    h.get_by_label("Lower level").type_text("300");
    h.run_steps(2);
    assert_eq!(h.state_mut().taken(), [], "half a number is no level");
    h.key_press(egui::Key::Enter);
    h.run_steps(4);
    assert!(matches!(rule(&h), LevelRule::Fixed { lo: 300.0, .. }), "{:?}", rule(&h));
}

#[test]
fn maps_are_chosen_by_name() {
    let mut h = levels();
    h.get_by_label("Colour map").click();
    h.run_steps(4);
    assert_eq!(click(&mut h, "viridis"), [Command::Edit(Edit::ColorMap("viridis".into()))]);
}

#[test]
fn colour_pictures_have_no_map_and_counts_are_shown() {
    let rgb: Vec<u8> = (0..2 * 6 * 5 * 3).map(|i| (i * 7 % 256) as u8).collect();
    let mut panel = LevelsPanel::default();
    let bench = Bench::with(&npy("|u1", &[2, 6, 5, 3], &rgb), move |ui, cx| panel.ui(ui, cx));
    let mut h = harness(bench, 330.0, 260.0);
    assert_eq!(click(&mut h, "Colour map"), []);
    assert!(h.query_by_label("viridis").is_none());

    let floats: Vec<u8> =
        [1.0_f32, f32::NAN, 2.0, f32::INFINITY, 3.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut panel = LevelsPanel::default();
    let h =
        harness(Bench::with(&npy("<f4", &[1, 2, 3], &floats), move |ui, cx| panel.ui(ui, cx)), 330.0, 260.0);
    assert!(h.query_by_label("1 missing · 1 infinite").is_some());
}

#[test]
fn nothing_open_says_so() {
    let mut panel = LevelsPanel::default();
    let h = harness(Bench::empty(move |ui, cx| panel.ui(ui, cx)), 330.0, 120.0);
    assert!(h.query_by_label("Nothing is open.").is_some());
}

#[test]
fn looks() {
    let mut h = levels();
    snapshot(&mut h, "panel_levels");
}
