//! Curves recorded beside the recording, in the window.

mod common;

use std::path::{Path, PathBuf};

use blitz_app::{App, WindowOptions};
use blitz_core::Abscissa;
use blitz_model::recipe::{Auxiliary, Calibration, Rate, Recipe};
use common::{builder, drop_file, loaded, open, recording, settle, type_path, wait};
use egui::accesskit::Role::{ListItem, SpinButton};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

/// Values that lie at frames 0 to 59 where there are 20 of them per second, two of them missing.
fn diode(folder: &Path) -> PathBuf {
    let path = folder.join("diode.csv");
    let row =
        |i: i32| format!("{},{},{}\n", 100 * i, 2 * i, if i == 9 { "nan".into() } else { i.to_string() });
    let rows = (1..30).map(row).collect::<Vec<_>>().concat();
    std::fs::write(&path, format!("t (ms),U (V),I (A)\n0,0,0\n{rows}")).expect("written");
    path
}

fn entries(h: &Harness<'_, App>) -> Vec<Auxiliary> {
    open(h).recipe().auxiliary.clone()
}

fn click(h: &mut Harness<'_, App>, label: &str) {
    h.get_by_label(label).click();
    h.run_steps(4);
    settle(h);
}

fn add(h: &mut Harness<'_, App>, path: &Path) {
    h.get_by_label("File").click();
    h.run_steps(3);
    h.get_by_label("Curve from a file…").click();
    type_path(h, path);
    wait(h, "the curves", |app| app.session().current().is_some_and(|r| !r.recipe().auxiliary.is_empty()));
    settle(h);
}

#[test]
fn a_file_s_curves_are_added_set_hidden_removed_and_undone() {
    let folder = tempfile::tempdir().expect("folder");
    let path = diode(folder.path());
    let mut h = loaded(folder.path());
    add(&mut h, &path);
    let titles: Vec<String> = entries(&h).iter().map(Auxiliary::title).collect();
    assert_eq!(titles, ["U", "I"]);
    assert!(h.query_by_role_and_label(ListItem, "Curve U").is_some());
    assert!(h.query_all_by_label("no common clock").count() == 2, "the recording has no rate");

    h.get_by_label("Settings of U").click();
    h.run_steps(4);
    click(&mut h, "Invert: U");
    assert!(entries(&h)[0].invert);
    click(&mut h, "Own axis: U");
    assert!(entries(&h)[0].shared_axis);
    click(&mut h, "At frames: U");
    assert!(entries(&h)[0].own_times);
    let field = h.get_by_role_and_label(SpinButton, "Offset of U");
    field.click();
    h.run_steps(4);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.get_by_label("Offset of U").type_text("12.5");
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(4);
    settle(&mut h);
    assert_eq!(entries(&h)[0].offset, 12.5);
    h.key_press(Key::Escape);
    h.run_steps(4);

    click(&mut h, "Show I");
    assert!(entries(&h)[1].hidden && !entries(&h)[0].hidden);
    click(&mut h, "Remove U");
    assert_eq!(entries(&h).len(), 1);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut h);
    assert_eq!(entries(&h)[0].offset, 12.5, "undone");
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut h);
    assert!(!entries(&h)[1].hidden);
}

#[test]
fn values_are_those_at_the_frame_and_go_along_with_saved_curves() {
    let folder = tempfile::tempdir().expect("folder");
    let (path, paths) = (diode(folder.path()), vec![recording(folder.path())]);
    let rate = Some(Rate::Fps("20".into()));
    let calibration = Calibration { rate, ..Calibration::default() };
    let auxiliary = vec![Auxiliary::new(&path), Auxiliary { hidden: true, ..Auxiliary::new("gone.csv") }];
    let recipe = Some(Recipe { calibration, auxiliary, ..Recipe::default() });
    let mut h = builder(1280.0, 720.0).build_eframe(|cc| {
        App::new(&cc.egui_ctx, WindowOptions { paths, recipe, start_frame: Some(7), ..Default::default() })
    });
    settle(&mut h);
    assert!(h.query_by_label("no common clock").is_none());
    // Frame 7 lies at 350 ms, between the samples of 6 and 8 V.
    assert!(h.query_by_label("7.000 V").is_some());
    h.key_press_modifiers(Modifiers::COMMAND, Key::E);
    type_path(&mut h, &folder.path().join("curves"));
    let table = std::fs::read_to_string(folder.path().join("curves.csv")).expect("written");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].ends_with(",A_missing,U (V),I (A)"), "{}", lines[0]);
    let numbers =
        |line: &str| line.split(',').map(|cell| cell.parse::<f64>().expect("a number")).collect::<Vec<_>>();
    let row = numbers(lines[8]);
    assert!(row[..2] == [7.0, 0.35] && (row[8] - 7.0).abs() + (row[9] - 3.5).abs() < 1e-12, "{}", lines[8]);
    assert!(lines[18].ends_with(",17,nan"), "beside a missing sample: {}", lines[18]);
    assert!(lines[60].ends_with(",nan,nan"), "behind the last sample: {}", lines[60]);
}

#[test]
fn a_file_that_cannot_be_read_is_said_beside_the_others() {
    let folder = tempfile::tempdir().expect("folder");
    let paths = vec![recording(folder.path())];
    let unit = Some(Abscissa::Frames);
    let auxiliary = vec![
        Auxiliary::new(folder.path().join("gone.csv")),
        Auxiliary { unit, ..Auxiliary::new(diode(folder.path())) },
    ];
    let recipe = Some(Recipe { auxiliary, ..Recipe::default() });
    let mut h = builder(1280.0, 720.0)
        .build_eframe(|cc| App::new(&cc.egui_ctx, WindowOptions { paths, recipe, ..Default::default() }));
    settle(&mut h);
    assert!(h.query_by_label("not read").is_some());
    assert!(h.query_by_label("0 V").is_some(), "the other one is");
}

fn dropped(h: &mut Harness<'_, App>, path: &Path) {
    drop_file(h, path.to_owned());
    h.run_steps(4);
    settle(h);
}

#[test]
fn a_table_that_is_dropped_is_asked_about_and_json_is_a_curve() {
    let folder = tempfile::tempdir().expect("folder");
    let path = diode(folder.path());
    let json = folder.path().join("tof.json");
    std::fs::write(&json, r#"[{"offset": 0, "tof_data": 1}, {"offset": 3000, "tof_data": 2}]"#)
        .expect("written");
    let mut h = loaded(folder.path());
    dropped(&mut h, &json);
    wait(&mut h, "the curve", |app| app.session().current().is_some_and(|r| r.recipe().auxiliary.len() == 1));
    dropped(&mut h, &path);
    assert_eq!(entries(&h).len(), 1, "asked first");
    assert!(h.query_by_label("What is diode.csv?").is_some());
    click(&mut h, "Add as curve");
    wait(&mut h, "the curves", |app| {
        app.session().current().is_some_and(|r| r.recipe().auxiliary.len() == 3)
    });
    dropped(&mut h, &path);
    click(&mut h, "Open as recording");
    wait(&mut h, "the picture", |app| {
        app.session().current().is_some_and(|r| r.stack().name.contains("diode"))
    });
    settle(&mut h);
    assert_eq!(open(&h).stack().shape().frames, 1, "a matrix of numbers");
    // One frame has no timeline: what is dropped now is opened.
    dropped(&mut h, &folder.path().join("steps.npy"));
    assert_eq!(open(&h).stack().shape().frames, 60);
}
