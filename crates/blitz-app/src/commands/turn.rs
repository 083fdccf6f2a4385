//! Turning and mirroring the picture.

use blitz_model::document::Edit;
use blitz_model::session::Command;
use blitz_model::{Geometry, Rotation};

use super::row::{NOTHING_OPEN, Now, Row};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    let shape = now.recording().map(|r| r.recipe().geometry).unwrap_or_default();
    let turns = [
        ("turn.clockwise", "Rotate clockwise", rotated(shape, Rotation::Cw)),
        ("turn.counter-clockwise", "Rotate counter-clockwise", rotated(shape, Rotation::Ccw)),
        ("turn.mirror-x", "Mirror left and right", Geometry { flip_x: !shape.flip_x, ..shape }),
        ("turn.mirror-y", "Mirror up and down", Geometry { flip_y: !shape.flip_y, ..shape }),
        ("turn.transpose", "Transpose", Geometry { transpose: !shape.transpose, ..shape }),
    ];
    let row = |(id, text, geometry)| {
        let tooltip = "Turns what is shown and saved; coordinates stay those of the source";
        Row::send(id, text, tooltip, now, Command::Edit(Edit::Geometry(geometry)))
            .needs(now.is_open(), NOTHING_OPEN)
    };
    turns.map(row).into()
}

/// The way back.
pub(super) fn back(now: &Now<'_>) -> Vec<Row> {
    let turned = now.recording().is_some_and(|r| !r.recipe().geometry.is_identity());
    let command = Command::Edit(Edit::Geometry(Geometry::default()));
    let row = Row::send("turn.back", "As recorded", "Undo turning and mirroring", now, command);
    vec![row.needs(now.is_open(), NOTHING_OPEN).needs(turned, "The picture stands as it was recorded")]
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
