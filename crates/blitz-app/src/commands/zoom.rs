//! Size of the picture on screen.

use egui::Key;

use super::row::{NOTHING_OPEN, Now, PLAIN, Row};
use crate::view::ZoomRequest;

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![fit(now), one_to_one(now)]
}

pub(crate) fn fit(now: &Now<'_>) -> Row {
    let tooltip = "Show the whole picture (image), also when the panel changes its size";
    Row::window("zoom.fit", "Fit", tooltip, |state, _| state.view.zoom_request = Some(ZoomRequest::Fit))
        .key(PLAIN, Key::F)
        .needs(now.is_open(), NOTHING_OPEN)
}

pub(crate) fn one_to_one(now: &Now<'_>) -> Row {
    Row::window("zoom.one-to-one", "1:1", "One picture pixel per screen pixel", |state, _| {
        state.view.zoom_request = Some(ZoomRequest::OneToOne);
    })
    .key(PLAIN, Key::Num1)
    .needs(now.is_open(), NOTHING_OPEN)
}
