//! What may be drawn over a picture: outlines of zones, a scale bar, the frame's number and time.

use blitz_core::{PixelSize, TimeAxis, clock_text};
use tiny_skia::{Color, LineJoin, Paint, PathBuilder, PixmapMut, Stroke, Transform};

use crate::RgbaImage;
use crate::text::{Face, TextStyle};

/// A closed line over the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// Written at its upper left; empty for nothing.
    pub name: String,
    /// Colour of line and name.
    pub color: [u8; 3],
    /// Corners in pixels of the frame as it is shown, before zooming; the last joins the first.
    pub points: Vec<(f64, f64)>,
}

/// Says which frame a picture shows: `frame 1234`, and its time where there is one. All stamps of a series have the
/// same unit and the same number of digits behind the point.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    time: TimeAxis,
    /// Digits of the largest frame number.
    digits: usize,
    /// Units per second, and the unit.
    unit: (f64, &'static str),
    decimals: usize,
}

/// What is drawn over each picture of a series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// Lines around zones.
    pub outlines: Vec<Outline>,
    /// Width of a shown pixel before zooming; draws a bar of a round length.
    pub scale_bar: Option<PixelSize>,
    /// Frame number and time.
    pub stamp: Option<Stamp>,
}

/// Stands for h:mm:ss.
const CLOCK: (f64, &str) = (1.0, "");
const UNITS: [(f64, &str); 4] = [(1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")];

impl Stamp {
    /// Stamps for the source frames `first` to `last`, `step` frames apart.
    pub fn new(time: TimeAxis, first: usize, last: usize, step: usize) -> Self {
        let seconds = |frame: usize| time.seconds(frame).map_or(0.0, f64::abs);
        let longest = seconds(first).max(seconds(last));
        let unit = UNITS.into_iter().find(|(per_second, _)| longest * per_second >= 1.0).unwrap_or(UNITS[3]);
        let between = match &time {
            TimeAxis::Interval { dt, .. } => dt.to_f64() * step.max(1) as f64,
            // Frames are as close as the mean distance, or a tenth of it.
            _ => longest / ((last - first.min(last)) / step.max(1)).max(1) as f64 / 10.0,
        };
        let in_units = between * unit.0;
        // As many digits as make up the interval, at most one more than tell two frames apart.
        let least = (-in_units.log10()).ceil().clamp(0.0, 9.0) as usize;
        let is_whole = |digits: usize| {
            let scaled = in_units * 10_f64.powi(digits as i32);
            (scaled - scaled.round()).abs() < 1e-6 * scaled
        };
        let decimals = if is_whole(least) { least } else { (least + 1).min(9) };
        // From an hour on times are those of a clock.
        let unit = if longest >= 3600.0 { CLOCK } else { unit };
        Self { time, digits: last.to_string().len(), unit, decimals }
    }

    /// The words for a source frame.
    pub fn text(&self, frame: usize) -> String {
        let number = format!("frame {frame:width$}", width = self.digits);
        let (per_second, unit) = self.unit;
        match self.time.seconds(frame) {
            Some(t) if unit.is_empty() => format!("{number}   {}", clock_text(t, self.decimals)),
            Some(t) => format!("{number}   {:.*} {unit}", self.decimals, t * per_second),
            None => number,
        }
    }
}

impl Marks {
    /// Draws over a picture `zoom` times as wide and high as the frame. `frame` is the source frame that it shows,
    /// if it shows one.
    pub(crate) fn draw(&self, image: &mut RgbaImage, zoom: (f64, f64), frame: Option<usize>) {
        let size = (image.width.min(image.height) as f32 / 34.0).clamp(11.0, 72.0);
        for outline in &self.outlines {
            draw_outline(image, outline, zoom, size);
        }
        if let Some(pixel) = self.scale_bar {
            draw_scale_bar(image, pixel.metres / zoom.0, size);
        }
        if let (Some(stamp), Some(frame)) = (&self.stamp, frame) {
            let style = TextStyle { face: Face::Mono, ..TextStyle::new(size, WHITE) };
            let at = (size * 0.6).round();
            plate(image, (at, at), &stamp.text(frame), style);
        }
    }
}

const WHITE: [u8; 3] = [255, 255, 255];
const BLACK: [u8; 3] = [0, 0, 0];
/// Weight of black behind text, so that it is read on any picture.
const SHADE: f32 = 0.55;

/// Text on a darkened ground whose upper left corner is `at`.
fn plate(image: &mut RgbaImage, at: (f32, f32), text: &str, style: TextStyle) {
    let pad = style.size * 0.35;
    let (width, height) = (style.measure(text) + 2.0 * pad, style.size * 1.3);
    image.shade(at.0 as i64, at.1 as i64, width.ceil() as usize, height.ceil() as usize, SHADE);
    image.text(at.0 + pad, at.1 + height - style.size * 0.36, text, style);
}

fn draw_outline(image: &mut RgbaImage, outline: &Outline, (zoom_x, zoom_y): (f64, f64), size: f32) {
    let points: Vec<(f32, f32)> =
        outline.points.iter().map(|&(x, y)| ((x * zoom_x) as f32, (y * zoom_y) as f32)).collect();
    let mut builder = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    builder.close();
    let Some(path) = builder.finish() else { return };
    let (width, height) = (image.width as u32, image.height as u32);
    // The picture is opaque, so premultiplied and straight alpha are the same bytes.
    let Some(mut canvas) = PixmapMut::from_bytes(&mut image.pixels, width, height) else { return };
    let line = (size / 14.0).max(1.5);
    for (color, opacity, width) in [(BLACK, 0.6, line + 2.0), (outline.color, 1.0, line)] {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        let [r, g, b] = color;
        paint.set_color(Color::from_rgba8(r, g, b, (opacity * 255.0) as u8));
        let stroke = Stroke { width, line_join: LineJoin::Round, ..Stroke::default() };
        canvas.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }
    if outline.name.is_empty() {
        return;
    }
    let style = TextStyle::new(size * 0.85, outline.color);
    let (room_x, room_y) = (
        image.width as f32 - style.measure(&outline.name) - style.size,
        image.height as f32 - 1.3 * style.size,
    );
    let left = points.iter().map(|p| p.0).fold(f32::INFINITY, f32::min);
    let top = points.iter().map(|p| p.1).fold(f32::INFINITY, f32::min);
    // Above the zone, or inside where there is no room.
    let above = top - 1.5 * style.size;
    let y = if above < 0.0 { top + 0.3 * style.size } else { above };
    plate(image, (left.min(room_x).max(0.0), y.min(room_y).max(0.0)), &outline.name, style);
}

/// The largest of 1, 2 and 5 times a power of ten that is not above `most`.
fn round_length(most: f64) -> f64 {
    let power = 10_f64.powf(most.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|n| n * power).find(|&l| l <= most * 1.000_001).unwrap_or(power)
}

/// A bar in the lower right corner, about a fifth of the picture long.
fn draw_scale_bar(image: &mut RgbaImage, metres_per_pixel: f64, size: f32) {
    let length = round_length(image.width as f64 / 4.0 * metres_per_pixel);
    let pixels = (length / metres_per_pixel).round().max(1.0) as usize;
    let text = PixelSize { metres: length }.display();
    let style = TextStyle::new(size, WHITE);
    let thick = (size / 5.0).ceil().max(2.0) as usize;
    let pad = (size * 0.4).ceil() as usize;
    let inside = pixels.max(style.measure(&text).ceil() as usize);
    let (width, height) = (inside + 2 * pad, (size * 1.3) as usize + thick + pad);
    let margin = (size * 0.6).round() as usize;
    let x = image.width as i64 - (width + margin) as i64;
    let y = image.height as i64 - (height + margin) as i64;
    image.shade(x, y, width, height, SHADE);
    let bar_x = x + ((width - pixels) / 2) as i64;
    let bar_y = y + (height - thick - pad / 2) as i64;
    image.fill_rect(bar_x, bar_y, pixels, thick, WHITE);
    let middle = x as f32 + width as f32 / 2.0;
    image.text(middle, bar_y as f32 - size * 0.35, &text, style.aligned(crate::Align::Middle));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_resolve_the_interval() {
        let at = |axis: TimeAxis, last: usize, frame: usize| Stamp::new(axis, 0, last, 1).text(frame);
        let fps = |rate: &str| TimeAxis::from_fps(rate, 0).expect("a rate");
        assert_eq!(at(fps("100000"), 599, 7), "frame   7   0.07 ms");
        assert_eq!(at(fps("25"), 9, 3), "frame 3   120 ms");
        assert_eq!(at(fps("25"), 100, 3), "frame   3   0.12 s");
        assert_eq!(at(fps("30000/1001"), 100, 30), "frame  30   1.001 s");
        assert_eq!(at(fps("1"), 9, 9), "frame 9   9 s");
        assert_eq!(at(TimeAxis::NotSet, 12, 3), "frame  3");
        let hourly = TimeAxis::from_dt("30min", 0).expect("an interval");
        assert_eq!(at(hourly, 9, 3), "frame 3   1:30:00");
        let before = TimeAxis::from_fps("10", 5).expect("a rate");
        assert_eq!(at(before, 20, 0), "frame  0   -0.5 s");
        let own = TimeAxis::Explicit([0.0, 0.5, 2.0].into());
        assert_eq!(at(own, 2, 1), "frame 1   0.5 s");
    }

    #[test]
    fn bars_have_round_lengths() {
        for (most, length) in [(7.0, 5.0), (4.9, 2.0), (1.0, 1.0), (0.03, 0.02), (1999.0, 1000.0)] {
            assert!((round_length(most) / length - 1.0).abs() < 1e-9, "{most}");
        }
    }

    #[test]
    fn marks_stay_inside_of_every_picture() {
        let marks = Marks {
            outlines: vec![
                Outline { name: "zone".into(), color: [255, 0, 0], points: vec![(-5.0, -5.0), (3.0, 2.0)] },
                Outline { name: String::new(), color: [0; 3], points: Vec::new() },
                Outline { name: "far".into(), color: [0; 3], points: vec![(1e9, 1e9), (f64::NAN, 0.0)] },
            ],
            scale_bar: PixelSize::parse("1um").ok(),
            stamp: Some(Stamp::new(TimeAxis::NotSet, 0, 9, 1)),
        };
        for (width, height) in [(1, 1), (3, 200), (200, 3), (640, 480)] {
            let mut image = RgbaImage::filled(width, height, [100; 3]).expect("small");
            marks.draw(&mut image, (1.0, 1.0), Some(3));
            assert_eq!(image.pixels.len(), width * height * 4);
            assert!(image.pixels.chunks(4).all(|p| p[3] == 255), "pictures stay opaque");
        }
    }

    #[test]
    fn the_bar_is_as_long_as_it_says() {
        let mut image = RgbaImage::filled(1000, 400, [0, 0, 200]).expect("small");
        let marks = Marks { scale_bar: PixelSize::parse("10um").ok(), ..Marks::default() };
        marks.draw(&mut image, (2.0, 2.0), None);
        // 5 µm per picture pixel, at most 1250 µm: 1 mm is 200 pixels.
        let longest = (0..400)
            .map(|y| (0..1000).filter(|&x| image.pixel(x, y) == Some([255; 4])).count())
            .max()
            .expect("rows");
        assert_eq!(longest, 200);
    }

    #[test]
    fn outlines_lie_on_their_zone() {
        let mut image = RgbaImage::filled(100, 80, [90; 3]).expect("small");
        let points = vec![(5.0, 5.0), (20.0, 5.0), (20.0, 15.0), (5.0, 15.0)];
        let outline = Outline { name: String::new(), color: [250, 10, 20], points };
        Marks { outlines: vec![outline], ..Marks::default() }.draw(&mut image, (4.0, 4.0), None);
        let is_red = |x: usize, y: usize| image.pixel(x, y).is_some_and(|p| p[0] > 150 && p[1] < 90);
        for y in 25..55 {
            assert!(is_red(20, y) || is_red(19, y), "left edge at 4 × 5, row {y}");
        }
        assert!(!is_red(40, 40) && !is_red(10, 40), "neither inside nor outside");
    }
}
