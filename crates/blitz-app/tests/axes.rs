//! Choosing axes, slices and channels: one click in the info panel or the bar reads the recording again.

mod common;
mod panels_kit;

use blitz_app::panels::info::InfoPanel;
use blitz_model::document::Edit;
use blitz_model::recipe::Load;
use blitz_model::session::Command;
use common::{settle, window};
use egui_kittest::kittest::Queryable;
use panels_kit::{Bench, harness, npy};

#[test]
fn a_slice_and_other_axes_are_chosen_in_one_click() {
    let bytes: Vec<u8> = (0..4 * 5 * 6 * 20).map(|i| (i % 251) as u8).collect();
    let mut panel = InfoPanel::default();
    let mut h = harness(
        Bench::with(&npy("|u1", &[4, 5, 6, 20], &bytes), move |ui, cx| panel.ui(ui, cx)),
        360.0,
        900.0,
    );
    assert!(h.query_by_label_contains("frames of 5 slices (T, Z, H, W)").is_some());
    let mut choose = |field: &str, line: &str| {
        h.get_by_label(field).click();
        h.run_steps(4);
        h.get_by_label(line).click();
        h.run_steps(4);
        let sent = h.state_mut().taken();
        h.state_mut().settle();
        h.run_steps(4);
        sent
    };
    let load = Load { slice: Some(3), ..Load::default() };
    assert_eq!(choose("Choose slice", "3"), [Command::Edit(Edit::Load(load))]);
    let load = Load { axes: Some("ZTHW".into()), ..Load::default() };
    assert_eq!(choose("Choose axes", "ZTHW"), [Command::Edit(Edit::Load(load))]);
    assert!(h.query_all_by_label_contains("5 frames").next().is_some());
}

#[test]
fn the_bar_says_how_axes_are_read_and_changes_it() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("slices.npy");
    let bytes: Vec<u8> = (0..4 * 5 * 6 * 20).map(|i| (i % 251) as u8).collect();
    std::fs::write(&path, npy("|u1", &[4, 5, 6, 20], &bytes)).expect("written");
    let mut h = window(vec![path]);
    settle(&mut h);
    // The info panel has the same fields.
    let mut choose = |field: &str, line: &str| {
        let bar = h.get_all_by_label(field).min_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
        bar.expect("a field").click();
        h.run_steps(4);
        h.get_by_label(line).click();
        settle(&mut h);
    };
    choose("Choose slice", "3");
    choose("Choose axes", "ZTHW");
    choose("Choose slice", "2");
    let recording = h.state().session().current().expect("open");
    let load = Load { axes: Some("ZTHW".into()), slice: Some(2), ..Load::default() };
    assert_eq!(recording.recipe().load, load);
    assert_eq!(recording.stack().shape().frames, 5);
}
