//! The menus.

use blitz_model::document::Edit;
use blitz_model::session::Command;
use blitz_model::{Geometry, Rotation};
use egui::{Button, Role, Ui, WidgetInfo};

use super::Shell;
use crate::cx::{Cx, PanelKind, UiAction};

/// A line of a menu; closes the menu when it is clicked.
fn item(ui: &mut Ui, label: &str, keys: &str, enabled: bool, hint: &str) -> bool {
    let button = Button::new(label).wrap_mode(egui::TextWrapMode::Extend);
    let button = if keys.is_empty() { button } else { button.shortcut_text(keys) };
    let response = ui.add_enabled(enabled, button).on_hover_text(hint).on_disabled_hover_text(hint);
    // The name is the same with and without keys beside it.
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let clicked = response.clicked();
    if clicked {
        ui.close();
    }
    clicked
}

/// A line that asks the window for something.
fn asks(ui: &mut Ui, cx: &mut Cx<'_>, label: &str, keys: &str, enabled: bool, hint: &str, action: UiAction) {
    if item(ui, label, keys, enabled, hint) {
        cx.ask(action);
    }
}

impl Shell {
    pub(super) fn menus(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.menu_button("File", |ui| file(ui, cx));
        ui.menu_button("Edit", |ui| edit(ui, cx));
        ui.menu_button("View", |ui| view(ui, cx));
        ui.menu_button("Picture", |ui| picture(ui, cx));
        ui.menu_button("Help", |ui| {
            asks(ui, cx, "Keys and mouse", "F1", true, "What keys and mouse do", UiAction::ShowHelp);
            if item(ui, "About BLITZ", "", true, "Version and licence") {
                self.about = true;
            }
        });
    }
}

fn file(ui: &mut Ui, cx: &mut Cx<'_>) {
    let open = cx.recording().is_some();
    asks(
        ui,
        cx,
        "Open files…",
        "Ctrl+O",
        true,
        "One file, or several that make one recording",
        UiAction::OpenFiles,
    );
    asks(
        ui,
        cx,
        "Open folder…",
        "Ctrl+Shift+O",
        true,
        "A folder with one file per frame",
        UiAction::OpenFolder,
    );
    asks(
        ui,
        cx,
        "Open path…",
        "Ctrl+L",
        true,
        "Type or paste the path of a file or folder",
        UiAction::OpenPath,
    );
    asks(
        ui,
        cx,
        "Open in addition…",
        "",
        open,
        "Keep what is open and switch between them",
        UiAction::OpenInAddition,
    );
    asks(
        ui,
        cx,
        "Open the demo",
        "",
        true,
        "Write a small synthetic recording and open it",
        UiAction::OpenDemo,
    );
    ui.separator();
    let ready = cx.picture().current && cx.picture().shown.is_some();
    asks(
        ui,
        cx,
        "Save picture…",
        "Ctrl+S",
        ready,
        "PNG in the recording's own pixels, with levels and colour map",
        UiAction::SavePicture,
    );
    asks(
        ui,
        cx,
        "Save picture with colour bar…",
        "",
        ready,
        "PNG with the values of the colours beside it",
        UiAction::SavePictureWithBar,
    );
    asks(
        ui,
        cx,
        "Save curves…",
        "Ctrl+E",
        open,
        "CSV with one row per frame and the zones' statistics",
        UiAction::SaveCurves,
    );
    asks(
        ui,
        cx,
        "Export result…",
        "Ctrl+Shift+E",
        open,
        "Numbers as the steps make them, exactly: .npy, .tif or numbered images; or a video: .mp4, .mkv, .avi",
        UiAction::ExportResult,
    );
    ui.separator();
    asks(ui, cx, "Open recipe…", "", open, "Steps, zones and scales from a file", UiAction::OpenRecipe);
    asks(ui, cx, "Save recipe…", "", open, "For the command line and other recordings", UiAction::SaveRecipe);
    ui.separator();
    let others: Vec<_> = cx.session.recordings().iter().map(|r| (r.id(), r.stack().name.clone())).collect();
    if others.len() > 1 {
        let now = cx.recording().map(blitz_model::session::Recording::id);
        for (id, name) in others {
            if ui.radio(now == Some(id), name).on_hover_text("Show this recording").clicked() {
                cx.send(Command::Show(id));
                ui.close();
            }
        }
        ui.separator();
    }
    if item(ui, "Close", "Ctrl+W", open, "Close the recording shown") {
        cx.send(Command::Close);
    }
    if item(ui, "Quit", "Ctrl+Q", true, "Close the window") {
        ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
    }
}

fn edit(ui: &mut Ui, cx: &mut Cx<'_>) {
    let recording = cx.recording();
    let label =
        |verb: &str, what: Option<&str>| what.map_or_else(|| verb.to_owned(), |w| format!("{verb} {w}"));
    let undo = recording.and_then(|r| r.history().undo_label());
    let redo = recording.and_then(|r| r.history().redo_label());
    let (undo_text, redo_text) = (label("Undo", undo), label("Redo", redo));
    let (can_undo, can_redo) = (undo.is_some(), redo.is_some());
    let zone = recording.and_then(|r| Some(r.recipe().zones.get(r.state().selected_zone?)?.name.clone()));
    if item(ui, &undo_text, "Ctrl+Z", can_undo, "Take the last change back") {
        cx.send(Command::Undo);
    }
    if item(ui, &redo_text, "Ctrl+Shift+Z", can_redo, "Do it again") {
        cx.send(Command::Redo);
    }
    ui.separator();
    let open = cx.recording().is_some();
    asks(ui, cx, "Copy probe", "Ctrl+C", open, "Copy the lines of the probe", UiAction::CopyProbe);
    asks(
        ui,
        cx,
        "Copy as command line",
        "",
        open,
        "The line that does in a shell what is shown",
        UiAction::CopyCommand,
    );
    let delete = label("Delete zone", zone.as_deref());
    asks(ui, cx, &delete, "Del", zone.is_some(), "Delete the selected zone", UiAction::DeleteZone);
}

fn view(ui: &mut Ui, cx: &mut Cx<'_>) {
    let open = cx.recording().is_some();
    asks(ui, cx, "Fit", "F", open, "Show the whole picture", UiAction::FitView);
    asks(ui, cx, "1:1", "1", open, "One picture pixel per screen pixel", UiAction::OneToOne);
    ui.separator();
    for kind in PanelKind::ALL {
        let hint = "Bring this panel to the front; panels are moved by dragging their tabs";
        asks(ui, cx, kind.title(), "", open, hint, UiAction::Focus(kind));
    }
    asks(ui, cx, "Reset layout", "", true, "The panels where they were at first", UiAction::ResetLayout);
    ui.separator();
    let other = if cx.theme.dark { "Light theme" } else { "Dark theme" };
    asks(ui, cx, other, "Ctrl+T", true, "Dark for a dim room, light for daylight", UiAction::ToggleTheme);
}

fn picture(ui: &mut Ui, cx: &mut Cx<'_>) {
    let now = cx.recording().map(|r| r.recipe().geometry);
    let shape = now.unwrap_or_default();
    let hint = "Turns what is shown and saved; coordinates stay those of the source";
    let turns = [
        ("Rotate clockwise", rotated(shape, Rotation::Cw)),
        ("Rotate counter-clockwise", rotated(shape, Rotation::Ccw)),
        ("Mirror left and right", Geometry { flip_x: !shape.flip_x, ..shape }),
        ("Mirror up and down", Geometry { flip_y: !shape.flip_y, ..shape }),
        ("Transpose", Geometry { transpose: !shape.transpose, ..shape }),
    ];
    for (label, geometry) in turns {
        if item(ui, label, "", now.is_some(), hint) {
            cx.send(Command::Edit(Edit::Geometry(geometry)));
        }
    }
    ui.separator();
    let turned = !shape.is_identity();
    if item(ui, "As recorded", "", turned, "Undo turning and mirroring") {
        cx.send(Command::Edit(Edit::Geometry(Geometry::default())));
    }
}

/// A further turn of what is on screen. The turn is applied before the mirrorings, so where exactly one of
/// them is on it is taken the other way round.
fn rotated(now: Geometry, by: Rotation) -> Geometry {
    let quarter = |r| match r {
        Rotation::None => 0_u8,
        Rotation::Cw => 1,
        Rotation::Half => 2,
        Rotation::Ccw => 3,
    };
    let step = if now.flip_x == now.flip_y { quarter(by) } else { 4 - quarter(by) };
    let rotate = [Rotation::None, Rotation::Cw, Rotation::Half, Rotation::Ccw]
        [usize::from((quarter(now.rotate) + step) % 4)];
    Geometry { rotate, ..now }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_core::FrameShape;

    #[test]
    fn a_turn_is_a_turn_of_what_is_seen() {
        let shape = FrameShape::new(20, 30, 1);
        for bits in 0..8_u8 {
            for rotate in [Rotation::None, Rotation::Cw, Rotation::Half, Rotation::Ccw] {
                let now =
                    Geometry { transpose: bits & 1 > 0, flip_x: bits & 2 > 0, flip_y: bits & 4 > 0, rotate };
                for by in [Rotation::Cw, Rotation::Ccw] {
                    let seen = now.map_point(shape, (3.0, 7.0));
                    let turn = Geometry { rotate: by, ..Geometry::default() };
                    let expected = turn.map_point(now.shape(shape), seen);
                    assert_eq!(rotated(now, by).map_point(shape, (3.0, 7.0)), expected, "{now:?} {by:?}");
                }
            }
        }
    }
}
