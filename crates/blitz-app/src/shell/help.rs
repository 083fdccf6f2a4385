//! What keys and mouse do, and what the program is.

use egui::{Context, Grid, RichText, Ui};

use crate::commands::GROUPS;
use crate::commands::row::{Now, key_text};
use crate::cx::Cx;
use crate::widgets::modal::{heading, modal};

const MOUSE: [(&str, &str); 9] = [
    ("Wheel on the picture (image)", "zoom at the cursor"),
    ("Drag on the picture", "pan; on a zone (ROI): move it"),
    ("Middle drag", "pan, also from a zone"),
    ("Drag a handle", "resize or turn a zone; whole pixels,\nAlt: freely, Shift: in steps of 15°"),
    ("Double click on an edge", "adds a corner to a polygon"),
    ("Right click", "menu of the zone or picture"),
    ("Click or wheel on the timeline", "go to a frame"),
    ("Drag a tab", "move a panel"),
    ("Drop files or a folder", "open them"),
];

/// Keys and mouse; whether the page is to be closed.
pub(super) fn keys(ctx: &Context, cx: &Cx<'_>) -> bool {
    let now = Now::of(cx);
    let rows = GROUPS.iter().flat_map(|(_, rows)| rows(&now)).filter(|row| !row.keys.is_empty());
    let lines: Vec<(String, String)> = rows
        .map(|row| {
            let keys: Vec<String> = row.keys.iter().copied().map(key_text).collect();
            (keys.join(", "), row.text.trim_end_matches('…').to_owned())
        })
        .collect();
    let (left, right) = lines.split_at(lines.len().div_ceil(2));
    let modal = modal("help", cx.theme).show(ctx, |ui| {
        heading(ui, "Keys and mouse", cx.theme);
        ui.horizontal_top(|ui| {
            let lines = |lines: &[(String, String)]| lines.to_vec();
            table(ui, "keys", lines(left), cx);
            ui.add_space(2.0 * cx.theme.space);
            table(ui, "more keys", lines(right), cx);
            ui.add_space(2.0 * cx.theme.space);
            table(ui, "mouse", MOUSE.map(|(what, does)| (what.to_owned(), does.to_owned())).into(), cx);
        });
        ui.add_space(cx.theme.space);
        ui.button("Close help").clicked()
    });
    modal.inner || modal.should_close()
}

/// Version and licence; whether the page is to be closed.
pub(super) fn about(ctx: &Context, cx: &Cx<'_>) -> bool {
    let modal = modal("about", cx.theme).show(ctx, |ui| {
        ui.set_width(380.0);
        heading(ui, "BLITZ", cx.theme);
        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
        ui.label("Looks at recordings of thousands of frames, measures, reduces and exports them.");
        ui.label(cx.theme.caption("MIT or Apache 2.0"));
        ui.add_space(cx.theme.space);
        ui.button("Close").clicked()
    });
    modal.inner || modal.should_close()
}

fn table(ui: &mut Ui, id: &str, rows: Vec<(String, String)>, cx: &Cx<'_>) {
    Grid::new(id).num_columns(2).spacing([14.0, 5.0]).show(ui, |ui| {
        for (key, what) in rows {
            ui.label(RichText::new(key).color(cx.theme.strong));
            ui.label(what);
            ui.end_row();
        }
    });
}
