//! The panels: a row for each of the list.

use super::row::{NOTHING_OPEN, Now, Row};
use crate::view::{LayoutRequest, PanelKind};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let show = |kind: PanelKind| {
        let tooltip = "Bring this panel to the front; panels are moved by dragging their tabs";
        let id = format!("panels.show-{}", kind.title().to_lowercase());
        Row::window(id, kind.title(), tooltip, move |state, _| {
            state.view.layout_request = Some(LayoutRequest::Show(kind));
        })
        .needs(now.is_open(), NOTHING_OPEN)
    };
    let mut rows: Vec<Row> = PanelKind::ALL.into_iter().map(show).collect();
    let tooltip = "The panels where they were at first";
    rows.push(Row::window("panels.reset", "Reset layout", tooltip, |state, _| {
        state.view.layout_request = Some(LayoutRequest::Reset);
    }));
    rows
}
