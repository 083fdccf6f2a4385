//! The panels: a row for each of the list.

use super::row::{NOTHING_OPEN, Now, Row};
use crate::panels::LIST;
use crate::view::LayoutRequest;

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let rows = LIST.iter().map(|panel| {
        let id = panel.id;
        let tooltip =
            format!("{}; panels are moved by dragging their tabs, and closed by their menu", panel.hint);
        Row::window(format!("panels.show-{id}"), panel.title, tooltip, move |state, _| {
            state.view.layout_request = Some(LayoutRequest::Show(id));
        })
        .needs(now.is_open(), NOTHING_OPEN)
    });
    let mut rows: Vec<Row> = rows.collect();
    let tooltip = "The panels where they were at first";
    rows.push(Row::window("panels.reset", "Reset layout", tooltip, |state, _| {
        state.view.layout_request = Some(LayoutRequest::Reset);
    }));
    rows
}
