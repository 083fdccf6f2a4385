//! What keys and mouse do, and what the program is.

use egui::{Context, Grid, RichText, Ui};

use super::{Shell, dialogs};
use crate::cx::Cx;

const KEYS: [(&str, &str); 18] = [
    ("Space", "play or pause"),
    ("← →", "one frame back or on; held, it repeats"),
    ("↑ ↓", "ten frames back or on"),
    ("Page up, Page down", "a hundred frames back or on"),
    ("Home, End", "first or last frame"),
    ("Ctrl+O", "open files"),
    ("Ctrl+Shift+O", "open a folder"),
    ("Ctrl+L", "type a path to open"),
    ("Ctrl+S, Ctrl+E", "save the picture, the curves"),
    ("Ctrl+Shift+E", "export what the steps make"),
    ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
    ("Ctrl+C", "copy the probe's lines"),
    ("Ctrl+T", "dark or light"),
    ("F", "fit the picture"),
    ("1", "one picture pixel per screen pixel"),
    ("Del", "delete the selected zone"),
    ("Esc", "leave the reduction; cancel what is being drawn"),
    ("F1", "this page"),
];

const MOUSE: [(&str, &str); 8] = [
    ("Wheel on the picture", "zoom at the cursor"),
    ("Drag on the picture", "pan; on a zone: move it"),
    ("Middle drag", "pan, also from a zone"),
    ("Drag a handle", "resize or turn a zone; whole pixels, Alt: freely, Shift: in steps of 15°"),
    ("Double click on an edge", "adds a corner to a polygon"),
    ("Right click", "menu of the zone or picture"),
    ("Click or wheel on the timeline", "go to a frame"),
    ("Drop files or a folder", "open them"),
];

impl Shell {
    pub(super) fn help_windows(&mut self, ctx: &Context, cx: &Cx<'_>) {
        if self.help {
            let modal = dialogs::modal("help", cx).show(ctx, |ui| {
                dialogs::heading(ui, "Keys and mouse", cx);
                ui.horizontal_top(|ui| {
                    table(ui, "keys", &KEYS, cx);
                    ui.add_space(2.0 * cx.theme.space);
                    table(ui, "mouse", &MOUSE, cx);
                });
                ui.add_space(cx.theme.space);
                ui.button("Close help").clicked()
            });
            self.help = !(modal.inner || modal.should_close());
        }
        if self.about {
            let modal = dialogs::modal("about", cx).show(ctx, |ui| {
                ui.set_width(380.0);
                dialogs::heading(ui, "BLITZ", cx);
                ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
                ui.label("Looks at recordings of thousands of frames, measures, reduces and exports them.");
                ui.label(cx.theme.caption("MIT or Apache 2.0"));
                ui.add_space(cx.theme.space);
                ui.button("Close").clicked()
            });
            self.about = !(modal.inner || modal.should_close());
        }
    }
}

fn table(ui: &mut Ui, id: &str, rows: &[(&str, &str)], cx: &Cx<'_>) {
    Grid::new(id).num_columns(2).spacing([14.0, 5.0]).show(ui, |ui| {
        for (key, what) in rows {
            ui.label(RichText::new(*key).color(cx.theme.strong));
            ui.label(*what);
            ui.end_row();
        }
    });
}
