//! The palette: commands are found, chosen, done, and say why they are not available.

mod common;

use blitz_app::{App, WindowOptions};
use blitz_gpu::OffscreenGpu;
use blitz_model::Geometry;
use common::{builder, loaded, open, settle, window};
use egui::accesskit::Role::{ListItem, TextInput};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

fn open_palette(h: &mut Harness<'_, App>) {
    h.key_press_modifiers(Modifiers::COMMAND, Key::K);
    h.run_steps(3);
}

fn is_open(h: &Harness<'_, App>) -> bool {
    h.query_by_role_and_label(TextInput, "Command").is_some()
}

fn search(h: &mut Harness<'_, App>, text: &str) {
    h.get_by_role_and_label(TextInput, "Command").type_text(text);
    h.run_steps(3);
}

/// The lines, best first.
fn lines(h: &Harness<'_, App>) -> Vec<String> {
    let items = h.query_all_by_role(ListItem).filter_map(|node| node.accesskit_node().label());
    // The list of zones lies behind the palette.
    items.filter(|label| label != "Zone A").collect()
}

#[test]
fn a_command_is_found_chosen_and_done() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    open_palette(&mut h);
    assert!(lines(&h).len() > 30, "all commands");
    search(&mut h, "mirror");
    assert_eq!(lines(&h)[..2], ["Mirror left and right", "Mirror up and down"]);
    h.key_press(Key::ArrowDown);
    h.run_steps(2);
    h.key_press(Key::Enter);
    h.run_steps(3);
    assert!(!is_open(&h));
    settle(&mut h);
    assert_eq!(open(&h).recipe().geometry, Geometry { flip_y: true, ..Geometry::default() });

    open_palette(&mut h);
    search(&mut h, "recorded as");
    assert_eq!(lines(&h)[0], "As recorded", "words in any order");
    h.key_press(Key::Enter);
    settle(&mut h);
    assert_eq!(open(&h).recipe().geometry, Geometry::default());
}

#[test]
fn what_is_not_available_says_why_and_does_nothing() {
    let mut h = window(Vec::new());
    h.run_steps(3);
    open_palette(&mut h);
    search(&mut h, "save curves");
    assert_eq!(lines(&h)[0], "Save curves…");
    assert!(h.query_all_by_label("No recording is open").count() > 0);
    h.key_press(Key::Enter);
    h.run_steps(3);
    assert!(is_open(&h), "it stays, so that the reason is read");
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert!(!is_open(&h));
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    h.run_steps(3);
    assert!(is_open(&h), "the other key");
    search(&mut h, "xyzzy");
    assert_eq!(lines(&h), Vec::<String>::new());
}

#[test]
fn a_tool_is_taken_from_the_palette() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    open_palette(&mut h);
    search(&mut h, "roi ellipse");
    h.key_press(Key::Enter);
    h.run_steps(4);
    assert!(h.query_by_label_contains("drag an ellipse").is_some());
}

#[test]
fn the_page_of_keys_is_made_from_the_commands() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    h.key_press(Key::F1);
    h.run_steps(3);
    for text in ["Ctrl+Shift+Z, Ctrl+Y", "Page up", "Find a command"] {
        assert!(h.query_by_label(text).is_some(), "{text}");
    }
    h.get_by_label("Close help").click();
    h.run_steps(3);
    assert!(h.query_by_label("Close help").is_none());
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn looks() {
    if let Err(error) = OffscreenGpu::new() {
        eprintln!("skipped: {error}");
        return;
    }
    let mut h =
        builder(900.0, 560.0).wgpu().build_eframe(|cc| App::new(&cc.egui_ctx, WindowOptions::default()));
    h.run_steps(3);
    open_palette(&mut h);
    search(&mut h, "open");
    h.run_steps(5);
    h.snapshot("palette_dark");
}
