//! Between source pixels, in which everything is said, and points on the screen.

use blitz_core::{FrameShape, Placement};
use blitz_model::Geometry;
use egui::{Pos2, Rect, pos2};

/// Where the picture lies: source → stack (crop, shrink) → shown (turned) → screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The whole picture on screen.
    pub(super) dst: Rect,
    /// Points per shown pixel.
    pub(super) zoom: f64,
    /// Shape of the stack's frames.
    pub(super) frame: FrameShape,
    pub(super) geometry: Geometry,
    pub(super) placement: Placement,
}

impl Place {
    /// The position on screen of a point in shown pixels.
    fn screen_of_shown(&self, (x, y): (f64, f64)) -> Pos2 {
        pos2(self.dst.min.x + (x * self.zoom) as f32, self.dst.min.y + (y * self.zoom) as f32)
    }

    /// The point in shown pixels at a position on screen.
    fn shown(&self, at: Pos2) -> (f64, f64) {
        (f64::from(at.x - self.dst.min.x) / self.zoom, f64::from(at.y - self.dst.min.y) / self.zoom)
    }

    /// The point in shown pixels of a point in source coordinates.
    pub(super) fn shown_of_source(&self, (x, y): (f64, f64)) -> (f64, f64) {
        self.geometry.map_point(self.frame, self.placement.to_stack(x, y))
    }

    /// The point in source coordinates of a point in shown pixels.
    pub(super) fn source_of_shown(&self, shown: (f64, f64)) -> (f64, f64) {
        let (x, y) = self.geometry.unmap_point(self.frame, shown);
        self.placement.to_source(x, y)
    }

    /// The position on screen of a point in source coordinates.
    pub(super) fn screen(&self, source: (f64, f64)) -> Pos2 {
        self.screen_of_shown(self.shown_of_source(source))
    }

    /// The point in source coordinates at a position on screen.
    pub(super) fn source(&self, at: Pos2) -> (f64, f64) {
        self.source_of_shown(self.shown(at))
    }

    /// The shown pixel at a position on screen, if there is one.
    pub(super) fn pixel(&self, at: Pos2) -> Option<(usize, usize)> {
        let shape = self.geometry.shape(self.frame);
        let (x, y) = self.shown(at);
        let inside = x >= 0.0 && y >= 0.0 && x < shape.width as f64 && y < shape.height as f64;
        inside.then_some((x as usize, y as usize))
    }

    /// The stack pixel and the source pixel of a shown pixel.
    pub(super) fn pixels_below(&self, shown: (usize, usize)) -> ((usize, usize), (usize, usize)) {
        let stack = self.geometry.source_pixel(self.frame, shown);
        let (x, y) = self.placement.to_source(stack.0 as f64 + 0.5, stack.1 as f64 + 0.5);
        (stack, (x.floor().max(0.0) as usize, y.floor().max(0.0) as usize))
    }

    /// The shown pixel of a stack pixel.
    pub(super) fn shown_pixel(&self, (x, y): (usize, usize)) -> (usize, usize) {
        let (x, y) = self.geometry.map_point(self.frame, (x as f64 + 0.5, y as f64 + 0.5));
        (x.max(0.0) as usize, y.max(0.0) as usize)
    }

    /// The rectangle on screen of a shown pixel.
    pub(super) fn pixel_rect(&self, (x, y): (usize, usize)) -> Rect {
        let (x, y) = (x as f64, y as f64);
        Rect::from_min_max(self.screen_of_shown((x, y)), self.screen_of_shown((x + 1.0, y + 1.0)))
    }

    /// Whether the source's x axis runs along the screen's vertical.
    pub(super) fn is_transposed(&self) -> bool {
        let (a, b) = (self.screen((0.0, 0.0)), self.screen((1000.0, 0.0)));
        (b.x - a.x).abs() < (b.y - a.y).abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_core::Rect as PixelRect;
    use blitz_model::Rotation;
    use egui::vec2;

    fn place(geometry: Geometry) -> Place {
        let frame = FrameShape::new(20, 30, 1);
        let shown = geometry.shape(frame);
        Place {
            dst: Rect::from_min_size(pos2(100.0, 40.0), vec2(shown.width as f32, shown.height as f32) * 4.0),
            zoom: 4.0,
            frame,
            geometry,
            placement: Placement { crop: PixelRect::new(10, 6, 60, 40), scale_x: 2.0, scale_y: 2.0 },
        }
    }

    #[test]
    fn source_points_survive_the_way_there_and_back() {
        for rotate in [Rotation::None, Rotation::Cw, Rotation::Ccw, Rotation::Half] {
            for transpose in [false, true] {
                let place = place(Geometry { rotate, transpose, flip_x: true, flip_y: false });
                let point = (23.25, 17.5);
                let (x, y) = place.source(place.screen(point));
                assert!((x - point.0).abs() < 1e-3 && (y - point.1).abs() < 1e-3, "{rotate:?}: {x}, {y}");
            }
        }
    }

    #[test]
    fn the_pixel_under_the_cursor_is_the_one_drawn_there() {
        let place = place(Geometry { rotate: Rotation::Cw, ..Geometry::default() });
        let at = place.pixel_rect((3, 5)).center();
        assert_eq!(place.pixel(at), Some((3, 5)));
        let (stack, source) = place.pixels_below((3, 5));
        assert_eq!(stack, (5, 16), "clockwise: shown x counts rows from below");
        assert_eq!(source, (10 + 11, 6 + 33));
        let (x, y) = place.source(at);
        assert_eq!((x.floor() as usize / 2, y.floor() as usize / 2), (source.0 / 2, source.1 / 2));
        assert!(place.is_transposed());
        assert_eq!(place.pixel(pos2(99.0, 60.0)), None);
    }
}
