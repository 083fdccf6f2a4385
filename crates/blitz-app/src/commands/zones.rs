//! Drawing zones on the picture.

use super::row::{NOTHING_OPEN, Now, Row};
use crate::view::NewZone;

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let all = [NewZone::Rectangle, NewZone::Ellipse, NewZone::Polygon, NewZone::Pixel];
    all.map(|zone| add(now, zone)).into()
}

/// Lets the person draw a zone.
pub(crate) fn add(now: &Now<'_>, zone: NewZone) -> Row {
    let (id, text, tooltip) = match zone {
        NewZone::Rectangle => {
            ("zones.add-rectangle", "Add rectangle", "Draw a zone (ROI): drag it on the picture")
        }
        NewZone::Ellipse => {
            ("zones.add-ellipse", "Add ellipse", "Draw a zone (ROI): drag its box on the picture")
        }
        NewZone::Polygon => (
            "zones.add-polygon",
            "Add polygon",
            "Draw a zone (ROI): click its corners; double click, Enter or a click on the first one closes it",
        ),
        NewZone::Pixel => ("zones.add-pixel", "Add pixel", "A zone (ROI) of one pixel: click it"),
    };
    Row::window(id, text, tooltip, move |state, _| state.view.new_zone = Some(zone))
        .needs(now.is_open(), NOTHING_OPEN)
}
