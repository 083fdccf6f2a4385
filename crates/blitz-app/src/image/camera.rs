//! Zoom and pan of the picture.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use super::place::Place;

/// Where one looks. Sizes and positions of the image are in its own pixels, as shown (after turning).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Camera {
    /// Follows the panel's size until the person zooms or pans.
    pub(super) fit: bool,
    /// Points per image pixel.
    pub(super) zoom: f64,
    center: (f64, f64),
}

/// What a view looks at, in the terms of the source, for views that follow it: the point in the middle and the points on
/// the screen per source pixel; `None` is the whole image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Look(Option<((f64, f64), f64)>);

impl Default for Camera {
    fn default() -> Self {
        Self { fit: true, zoom: 1.0, center: (0.0, 0.0) }
    }
}

/// Points per image pixel at most: single pixels as large as a thumbnail.
const LARGEST: f64 = 160.0;
/// Points between a fitted image and the edge of its canvas.
const FIT_MARGIN: f32 = 6.0;

impl Camera {
    /// What is looked at, for other views.
    pub(super) fn look(&self, place: &Place) -> Look {
        let center = (!self.fit).then(|| place.source_of_shown(self.center));
        Look(center.map(|center| (center, self.zoom / place.placement.scale_x)))
    }

    /// Looks where another view looks, as far as the image reaches; a whole image is fitted into one's own panel.
    pub(super) fn follow(&mut self, Look(other): Look, place: &Place, size: (f64, f64)) {
        let Some((center, scale)) = other else {
            self.fit = true;
            return;
        };
        self.fit = false;
        self.center = place.shown_of_source(center);
        self.zoom = (scale * place.placement.scale_x).min(LARGEST);
        self.hold(size);
    }

    /// Whether a person has chosen the same: how large a fitted image is, the panel decides.
    pub(super) fn looks_like(self, other: Self) -> bool {
        self.fit && other.fit || self == other
    }

    /// Where the whole image lies on screen; its corner on a physical pixel.
    pub(super) fn place(&mut self, canvas: Rect, size: (f64, f64), pixels_per_point: f32) -> Rect {
        if self.fit {
            let room = canvas.shrink(FIT_MARGIN.min(canvas.width().min(canvas.height()) / 4.0));
            let (w, h) = (f64::from(room.width()), f64::from(room.height()));
            self.zoom = (w / size.0.max(1.0)).min(h / size.1.max(1.0)).clamp(1e-6, LARGEST);
            self.center = (size.0 / 2.0, size.1 / 2.0);
        }
        let middle = canvas.center();
        let corner = pos2(
            (f64::from(middle.x) - self.center.0 * self.zoom) as f32,
            (f64::from(middle.y) - self.center.1 * self.zoom) as f32,
        );
        let snap = |v: f32| (v * pixels_per_point).round() / pixels_per_point;
        let extent = vec2((size.0 * self.zoom) as f32, (size.1 * self.zoom) as f32);
        Rect::from_min_size(pos2(snap(corner.x), snap(corner.y)), extent)
    }

    /// Zooms by `factor` and keeps the image's point under `at` where it is.
    pub(super) fn zoom_at(&mut self, canvas: Rect, size: (f64, f64), at: Pos2, factor: f64) {
        let smallest = (16.0 / size.0.max(size.1).max(1.0)).min(1.0);
        let zoom = (self.zoom * factor).clamp(smallest, LARGEST.max(smallest));
        let offset = at - canvas.center();
        let keep = |center: f64, offset: f32| center + f64::from(offset) * (1.0 / self.zoom - 1.0 / zoom);
        self.center = (keep(self.center.0, offset.x), keep(self.center.1, offset.y));
        self.zoom = zoom;
        self.fit = false;
        self.hold(size);
    }

    /// Moves the image by `delta` points.
    pub(super) fn pan(&mut self, size: (f64, f64), delta: Vec2) {
        self.center.0 -= f64::from(delta.x) / self.zoom;
        self.center.1 -= f64::from(delta.y) / self.zoom;
        self.fit = false;
        self.hold(size);
    }

    /// One image pixel per screen pixel.
    pub(super) fn one_to_one(&mut self, pixels_per_point: f32) {
        self.zoom = 1.0 / f64::from(pixels_per_point);
        self.fit = false;
    }

    /// The middle of the canvas never leaves the image, so that it cannot be lost.
    fn hold(&mut self, size: (f64, f64)) {
        self.center = (self.center.0.clamp(0.0, size.0), self.center.1.clamp(0.0, size.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Rect = Rect { min: pos2(100.0, 50.0), max: pos2(500.0, 250.0) };
    const SIZE: (f64, f64) = (40.0, 80.0);

    #[test]
    fn fits_and_follows_the_canvas() {
        let mut camera = Camera::default();
        let dst = camera.place(CANVAS, SIZE, 1.0);
        assert!(CANVAS.contains_rect(dst), "{dst:?}");
        assert!((dst.height() - 188.0).abs() < 1e-3, "{dst:?}");
        let small = Rect::from_min_size(CANVAS.min, vec2(60.0, 60.0));
        assert!(small.contains_rect(camera.place(small, SIZE, 1.0)));
    }

    #[test]
    fn zooming_keeps_the_point_under_the_cursor() {
        let mut camera = Camera::default();
        let before = camera.place(CANVAS, SIZE, 1.0);
        let at = pos2(310.0, 130.0);
        let image =
            |dst: Rect, zoom: f64| (f64::from(at.x - dst.min.x) / zoom, f64::from(at.y - dst.min.y) / zoom);
        let (x, y) = image(before, camera.zoom);
        camera.zoom_at(CANVAS, SIZE, at, 3.0);
        let after = camera.place(CANVAS, SIZE, 1.0);
        let (u, v) = image(after, camera.zoom);
        assert!((x - u).abs() < 0.3 && (y - v).abs() < 0.3, "({x}, {y}) became ({u}, {v})");
        assert!(!camera.fit);
    }

    #[test]
    fn the_image_cannot_be_lost() {
        let mut camera = Camera::default();
        camera.place(CANVAS, SIZE, 1.0);
        camera.pan(SIZE, vec2(1e6, -1e6));
        let dst = camera.place(CANVAS, SIZE, 2.0);
        assert!(dst.expand(1.0).contains(CANVAS.center()));
        camera.zoom_at(CANVAS, SIZE, CANVAS.center(), 1e9);
        assert!(camera.zoom <= LARGEST);
        camera.zoom_at(CANVAS, SIZE, CANVAS.center(), 1e-12);
        assert!(camera.zoom > 0.0);
    }

    #[test]
    fn one_to_one_lies_on_physical_pixels() {
        let mut camera = Camera::default();
        camera.one_to_one(2.0);
        let dst = camera.place(CANVAS, (33.0, 41.0), 2.0);
        assert_eq!(dst.size(), vec2(16.5, 20.5));
        assert_eq!((dst.min.x * 2.0).fract(), 0.0);
    }
}
