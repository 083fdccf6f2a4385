//! Several image views in one window.

mod common;

use blitz_app::App;
use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_model::output::{Overwrite, WriteSpec};
use blitz_model::session::{Shows, ViewId};
use common::{FRAMES, HEIGHT, WIDTH, drop_file, loaded, open, recording, settle, value, wait};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

fn views(h: &Harness<'_, App>) -> Vec<(ViewId, usize)> {
    h.state().session().views().iter().map(|view| (view.id(), view.playhead().frame)).collect()
}

/// Runs a command by its name in the palette.
fn command(h: &mut Harness<'_, App>, name: &str) {
    h.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
    h.run_steps(3);
    h.get_by_role_and_label(Role::TextInput, "Command").type_text(name);
    h.run_steps(3);
    h.key_press(Key::Enter);
    h.run_steps(3);
    settle(h);
}

#[test]
fn two_views_show_two_recordings_at_the_same_time() {
    let (a, b) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let mut h = loaded(a.path());
    let pictures = |h: &Harness<'_, App>| h.query_all_by_role_and_label(Role::Image, "Picture").count();
    assert_eq!(pictures(&h), 1);
    command(&mut h, "New view");
    assert_eq!(pictures(&h), 2, "side by side");
    let [(first, _), (second, _)] = views(&h)[..] else { panic!("two views") };
    assert_eq!(h.state().session().focused(), second, "what is opened next is shown in the new one");
    let other = b.path().join("other.npy");
    std::fs::rename(recording(b.path()), &other).expect("renamed");
    drop_file(&mut h, other);
    wait(&mut h, "both are open", |app| app.session().recordings().len() == 2);
    settle(&mut h);
    assert!(h.query_all_by_label_contains("other").count() > 0, "the tab names it");

    // Linked in time: a step in one is a step in the other; both pictures follow.
    h.key_press(Key::PageDown);
    settle(&mut h);
    assert_eq!(views(&h), [(first, FRAMES - 1), (second, FRAMES - 1)]);
    for view in [first, second] {
        wait(&mut h, "the picture of each view", |app| app.session().picture(view).current);
        let shown = h.state().session().picture(view).shown.expect("a picture");
        assert_eq!(shown.picture.values_at(5, 7), Some(vec![f64::from(value(FRAMES - 1, 5, 7))]));
    }
    command(&mut h, "Link time");
    h.key_press(Key::Home);
    settle(&mut h);
    assert_eq!(views(&h), [(first, FRAMES - 1), (second, 0)], "no longer linked");

    // A view of the source beside the result.
    command(&mut h, "Source in this view");
    assert_eq!(h.state().session().view(second).map(blitz_model::session::View::shows), Some(Shows::Source));

    command(&mut h, "Close this view");
    assert_eq!(pictures(&h), 1);
    assert_eq!(views(&h), [(first, FRAMES - 1)]);
    assert_eq!(h.state().session().recordings().len(), 2, "what it showed stays open");
}

#[test]
fn commands_work_with_the_view_that_was_clicked() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    command(&mut h, "New view");
    let [(first, _), (second, _)] = views(&h)[..] else { panic!("two views") };
    assert_eq!(h.state().session().focused(), second);
    // Clicking a picture makes its view the one that commands work with.
    let picture = h.query_all_by_role_and_label(Role::Image, "Picture").next().expect("the first").rect();
    h.hover_at(picture.center());
    h.step();
    h.drag_at(picture.center());
    h.step();
    h.drop_at(picture.center());
    settle(&mut h);
    assert_eq!(h.state().session().focused(), first);
}

#[test]
fn a_kymograph_opens_and_leads_to_its_frames() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    assert!(h.query_by_label("Kymograph").is_none(), "closed at first");
    command(&mut h, "Kymograph");
    let picture = h.get_by_role_and_label(Role::Image, "Kymograph picture").rect();
    let at = picture.min + egui::vec2(picture.width() / 2.0, picture.height() * 0.5);
    h.hover_at(at);
    h.step();
    h.drag_at(at);
    h.drop_at(at);
    settle(&mut h);
    assert!(common::playhead(&h).frame.abs_diff(FRAMES / 2) <= 1, "{}", common::playhead(&h).frame);
}

#[test]
fn the_frames_of_the_extremes_of_a_zone_are_found() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    command(&mut h, "maximum of the zone");
    // The middle zone grows with time in its left half.
    assert_eq!(common::playhead(&h).frame, FRAMES - 1);
    command(&mut h, "minimum of the zone");
    assert_eq!(common::playhead(&h).frame, 0);
    for _ in 0..open(&h).recipe().zones.len() {
        command(&mut h, "Delete zone");
    }
    h.key_press(Key::ArrowRight);
    settle(&mut h);
    command(&mut h, "maximum of the zone");
    assert_eq!(common::playhead(&h).frame, 1, "without a zone it does nothing");
}

fn pictures(h: &Harness<'_, App>) -> Vec<egui::Rect> {
    h.query_all_by_role_and_label(Role::Image, "Picture").map(|node| node.rect()).collect()
}

/// Fault: Ctrl+Shift+Z with nothing to redo undid, and Ctrl+Shift+W in a window with one view closed the recording.
#[test]
fn a_key_of_a_command_that_is_not_available_is_not_taken_for_a_shorter_one() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    let zones = |h: &Harness<'_, App>| open(h).recipe().zones.len();
    let before = zones(&h);
    command(&mut h, "Delete zone");
    assert_eq!(zones(&h), before - 1);
    let redo = egui::Modifiers::COMMAND | egui::Modifiers::SHIFT;
    h.key_press_modifiers(redo, Key::Z);
    settle(&mut h);
    assert_eq!(zones(&h), before - 1, "nothing to redo");
    h.key_press_modifiers(redo, Key::W);
    settle(&mut h);
    assert_eq!(h.state().session().recordings().len(), 1, "the last view stays, and so does its recording");
}

/// Fault: views and panes differed after the layout was reset, and a pane closed by its tab left its view behind.
#[test]
fn panes_are_those_of_the_views_whatever_is_done_to_the_layout() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    let alone = pictures(&h)[0];
    command(&mut h, "Kymograph");
    command(&mut h, "New view");
    assert_eq!(pictures(&h).len(), 2);
    command(&mut h, "Reset layout");
    assert_eq!((pictures(&h).len(), views(&h).len()), (2, 2), "the second view is still there");
    command(&mut h, "New view");
    assert_eq!((pictures(&h).len(), views(&h).len()), (3, 3));
    let widths: Vec<f32> = pictures(&h).iter().map(egui::Rect::width).collect();
    assert!(widths.iter().all(|width| (width - widths[0]).abs() < 2.0), "{widths:?}");
    command(&mut h, "Close this view");
    command(&mut h, "Close this view");
    assert_eq!((pictures(&h).len(), views(&h).len()), (1, 1));
    let now = pictures(&h)[0];
    assert!((now.width() - alone.width()).abs() < 2.0, "{now:?} has the room of {alone:?} again");
}

/// Fault: linked views of recordings of different size showed different places of the scene.
#[test]
fn linked_views_are_zoomed_alike() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    command(&mut h, "New view");
    let other = folder.path().join("other.npy");
    let shape = FrameShape::new(HEIGHT * 2, WIDTH * 3, 1);
    let spec = WriteSpec::new(DType::U8, shape, Some(2), Overwrite::Refuse);
    let mut writer = spec.create(&other).expect("created");
    for _ in 0..2 {
        writer.write_frame(SamplesRef::U8(&vec![7; shape.samples()])).expect("written");
    }
    writer.finish().expect("finished");
    drop_file(&mut h, other);
    wait(&mut h, "both are open", |app| app.session().recordings().len() == 2);
    settle(&mut h);
    let zooms = |h: &Harness<'_, App>| -> Vec<String> {
        let texts = h.query_all_by_role(Role::Label).filter_map(|node| node.accesskit_node().value());
        texts.filter(|text| text.ends_with(" %")).collect()
    };
    let apart = zooms(&h);
    assert!(apart.len() == 2 && apart[0] != apart[1], "each fits its own pane: {apart:?}");
    h.hover_at(pictures(&h)[0].center());
    h.step();
    for _ in 0..4 {
        h.input_mut().events.push(egui::Event::Zoom(1.3));
        h.run_steps(2);
    }
    settle(&mut h);
    let nearer = zooms(&h);
    assert!(nearer.len() == 2 && nearer[0] == nearer[1] && nearer != apart, "{nearer:?} {apart:?}");
}
