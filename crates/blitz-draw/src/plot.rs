//! Curve plots as SVG text or as a picture.

use crate::scene::{Frame, Scene, Shape};
use crate::series::{runs, thinned, thinned_band};
use crate::text::{Align, TextStyle};
use crate::{DrawError, RgbaImage, Series, Theme, Ticks};

/// One axis of a plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// Title with the unit, such as `time / s`, `frame` or `value / K`; empty for none.
    pub title: String,
    /// Range shown, in any order; `None` fits the data.
    pub range: Option<[f64; 2]>,
    /// Ticks at whole numbers only (frames, pixels).
    pub whole: bool,
    /// Values are seconds, labelled as a clock shows them: `1:02:03`.
    pub clock: bool,
}

impl Axis {
    fn ticks(&self, [lo, hi]: [f64; 2], most: usize) -> Ticks {
        if self.clock { Ticks::clock(lo, hi, most) } else { Ticks::new(lo, hi, most, self.whole) }
    }

    /// An axis of that title that fits the data.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
}

/// A vertical axis at the right, with the curves that are measured on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RightAxis {
    /// The axis.
    pub axis: Axis,
    /// Its curves, above those of the axis at the left.
    pub series: Vec<Series>,
}

/// A plot of curves over a common axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Title above the plot; empty for none.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Curves, the last one on top.
    pub series: Vec<Series>,
    /// Further vertical axes, from the plot to the right, in the colours of their first curves.
    pub right: Vec<RightAxis>,
    /// Colours.
    pub theme: Theme,
    /// Width in pixels, at least 160.
    pub width: u32,
    /// Height in pixels, at least 120.
    pub height: u32,
}

impl Default for Plot {
    fn default() -> Self {
        Self {
            title: String::new(),
            x: Axis::default(),
            y: Axis::default(),
            series: Vec::new(),
            right: Vec::new(),
            theme: Theme::Light,
            width: 1200,
            height: 500,
        }
    }
}

const MARGIN: f32 = 18.0;
const TITLE: f32 = 17.0;
const LABEL: f32 = 15.0;
const SMALL: f32 = 13.0;
const LINE: f32 = 1.5;
/// Length of the coloured line in the legend.
const KEY: f32 = 22.0;

impl Plot {
    /// The plot as a standalone SVG document: text stays text, curves have hundredths of a pixel.
    ///
    /// Never fails: no series, single points and series of gaps give an empty plot with axes.
    pub fn to_svg(&self) -> String {
        self.scene().to_svg()
    }

    /// The plot as a picture of `scale` pixels per unit of [`width`](Self::width) and [`height`](Self::height):
    /// 1 for a screen, 2 or 3 for print. A scale that is no positive number counts as 1.
    ///
    /// # Errors
    /// [`DrawError::TooLarge`] if the picture cannot be held.
    pub fn to_image(&self, scale: f32) -> Result<RgbaImage, DrawError> {
        let scale = if scale > 0.0 && scale.is_finite() { scale } else { 1.0 };
        self.scene().to_image(scale)
    }

    fn scene(&self) -> Scene {
        let theme = self.theme;
        let (width, height) = (self.width.max(160), self.height.max(120));
        let [w, h] = [width as f32, height as f32];
        let mut shapes = Vec::new();

        let mut top = MARGIN;
        if !self.title.is_empty() {
            let style = TextStyle::new(TITLE, theme.ink());
            let text = fitted(&self.title, style, w - 2.0 * MARGIN);
            shapes.push(Shape::Text { at: [MARGIN, top + TITLE * 0.8], text, style });
            top += TITLE + 9.0;
        }
        top = self.legend(&mut shapes, top, w);

        let y_range = range(&self.y, self.series.iter().flat_map(Series::reach).map(|p| p[1]), 0.05);
        let x_range = range(&self.x, self.all().flat_map(|(_, s)| s.reach()).map(|p| p[0]), 0.0);
        let small = TextStyle::new(SMALL, theme.muted());
        let title_room = LABEL + 10.0;
        let bottom_room = SMALL + 13.0 + if self.x.title.is_empty() { 0.0 } else { title_room };
        // Room for half of the highest tick's label, or for the note above the axis.
        let above = SMALL;
        let plot_h = (h - top - above - bottom_room - MARGIN).max(20.0);
        // Five ticks at least where their labels find room, since five always give two.
        let y_most = (plot_h / 42.0).max((plot_h / 20.0).min(5.0)).clamp(1.0, 9.0) as usize;
        let y_ticks = self.y.ticks(y_range, y_most);
        if !y_ticks.note.is_empty() {
            top += SMALL + 2.0;
        }
        let labels = y_ticks.labels.iter().map(|l| small.measure(l)).fold(0.0, f32::max);
        let left = MARGIN + labels.ceil() + 9.0 + if self.y.title.is_empty() { 0.0 } else { title_room };

        // The last x label is centred under its tick and may stand over the right edge by half its width.
        let rough = self.x.ticks(x_range, 8);
        let widest = rough.labels.iter().map(|l| small.measure(l)).fold(0.0, f32::max);
        let axes: Vec<RightScale> = self.right_scales(y_most, small);
        let beside: f32 = axes.iter().map(|axis| axis.width).sum();
        let right = (w - MARGIN - beside.max((widest / 2.0 - 4.0).max(0.0))).max(left + 40.0);
        let room = ((right - left) / (widest + 40.0).max(80.0)).clamp(1.0, 12.0) as usize;
        let x_ticks = self.x.ticks(x_range, room);
        let area = [left.round(), (top + above).round(), right.round(), (h - MARGIN - bottom_room).round()];

        let view = View { area, x: x_range, y: y_range };
        view.axes(&mut shapes, theme, (&self.x.title, &x_ticks), (&self.y.title, &y_ticks));
        for (number, series) in self.series.iter().enumerate() {
            view.band(&mut shapes, series, series.color.unwrap_or(theme.curve(number)));
        }
        for (number, series) in self.series.iter().enumerate() {
            view.curve(&mut shapes, series, series.color.unwrap_or(theme.curve(number)));
        }
        let mut at = area[2];
        for axis in &axes {
            let view = View { area, x: x_range, y: axis.range };
            for (number, series) in axis.of.series.iter().enumerate() {
                view.curve(&mut shapes, series, series.color.unwrap_or(theme.curve(axis.first + number)));
            }
            view.right_axis(&mut shapes, theme, at, axis);
            at += axis.width;
        }
        // Half a stroke more than the axes enclose, so that a curve along the edge is not cut in two.
        let clip = [area[0] - 1.0, area[1] - 1.0, area[2] + 1.0, area[3] + 1.0];
        Scene { width, height, background: theme.background(), clip, shapes }
    }

    /// All curves with their numbers, by which those without a colour get one.
    fn all(&self) -> impl Iterator<Item = (usize, &Series)> {
        self.series.iter().chain(self.right.iter().flat_map(|right| &right.series)).enumerate()
    }

    fn right_scales(&self, most: usize, style: TextStyle) -> Vec<RightScale<'_>> {
        let mut first = self.series.len();
        let scale = |of| {
            let RightAxis { axis, series }: &RightAxis = of;
            let range = range(axis, series.iter().flat_map(Series::reach).map(|p| p[1]), 0.05);
            let ticks = axis.ticks(range, most);
            let labels = ticks.labels.iter().map(|label| style.measure(label)).fold(0.0, f32::max);
            let color = series.first().and_then(|s| s.color).unwrap_or(self.theme.curve(first));
            let scale = RightScale { of, first, range, ticks, color, width: labels.ceil() + LABEL + 26.0 };
            first += series.len();
            scale
        };
        self.right.iter().map(scale).collect()
    }

    /// Names of the series in rows above the plot, where they cover no data. Returns where the rows end.
    fn legend(&self, shapes: &mut Vec<Shape>, mut top: f32, width: f32) -> f32 {
        let style = TextStyle::new(SMALL, self.theme.ink());
        let mut x = MARGIN;
        let mut used = false;
        for (number, series) in self.all().filter(|(_, s)| !s.name.is_empty()) {
            let text = fitted(&series.name, style, width - 2.0 * MARGIN - KEY - 8.0);
            let entry = KEY + 8.0 + style.measure(&text);
            if x > MARGIN && x + entry > width - MARGIN {
                x = MARGIN;
                top += SMALL + 8.0;
            }
            let color = series.color.unwrap_or(self.theme.curve(number));
            let y = (top + SMALL * 0.45).round();
            if !series.band.is_empty() {
                // A thick line, since areas are clipped to the plot.
                let tint = mixed(color, self.theme.background(), BAND);
                shapes.push(line(vec![[x, y], [x + KEY, y]], tint, 10.0));
            }
            shapes.push(line(vec![[x, y], [x + KEY, y]], color, 2.0));
            shapes.push(Shape::Text { at: [x + KEY + 8.0, top + SMALL * 0.8], text, style });
            x += entry + 24.0;
            used = true;
        }
        if used { top + SMALL + 8.0 } else { top }
    }
}

/// An axis at the right as it is drawn.
struct RightScale<'a> {
    of: &'a RightAxis,
    /// Number of its first curve.
    first: usize,
    range: [f64; 2],
    ticks: Ticks,
    color: [u8; 3],
    /// From its line to the end of its title.
    width: f32,
}

/// Opacity of bands.
const BAND: f32 = 0.2;

/// Maps data to the plotting area.
struct View {
    area: Frame,
    x: [f64; 2],
    y: [f64; 2],
}

impl View {
    fn at_x(&self, x: f64) -> f32 {
        let u = (x - self.x[0]) / (self.x[1] - self.x[0]);
        // Far outside is as good as infinitely far, and keeps the strokes' arithmetic in f32 sound.
        self.area[0] + (u.clamp(-100.0, 100.0) as f32) * (self.area[2] - self.area[0])
    }

    fn at_y(&self, y: f64) -> f32 {
        let u = (y - self.y[0]) / (self.y[1] - self.y[0]);
        self.area[3] - (u.clamp(-100.0, 100.0) as f32) * (self.area[3] - self.area[1])
    }

    fn axes(&self, shapes: &mut Vec<Shape>, theme: Theme, x: (&str, &Ticks), y: (&str, &Ticks)) {
        let [left, top, right, bottom] = self.area;
        let small = TextStyle::new(SMALL, theme.muted());
        let middle = TextStyle::new(LABEL, theme.ink()).aligned(Align::Middle);
        // One-pixel lines lie on pixel centres, so that they stay one pixel.
        let crisp = |v: f32| v.floor() + 0.5;
        let (base, side) = (crisp(bottom), crisp(left));
        for &value in &x.1.values {
            let at = crisp(self.at_x(value));
            shapes.push(line(vec![[at, top], [at, base]], theme.grid(), 1.0));
        }
        for &value in &y.1.values {
            let at = crisp(self.at_y(value));
            shapes.push(line(vec![[side, at], [right, at]], theme.grid(), 1.0));
        }
        shapes.push(line(vec![[side, top], [side, base], [right, base]], theme.frame(), 1.0));
        for (&value, label) in x.1.values.iter().zip(&x.1.labels) {
            let at = crisp(self.at_x(value));
            shapes.push(line(vec![[at, base], [at, base + 4.0]], theme.frame(), 1.0));
            let style = small.aligned(Align::Middle);
            shapes.push(Shape::Text { at: [at, bottom + 8.0 + SMALL], text: label.clone(), style });
        }
        for (&value, label) in y.1.values.iter().zip(&y.1.labels) {
            let at = crisp(self.at_y(value));
            shapes.push(line(vec![[side - 4.0, at], [side, at]], theme.frame(), 1.0));
            let style = small.aligned(Align::End);
            // Digits are about 0.7 em high: half of that below the tick centres them on it.
            shapes.push(Shape::Text { at: [left - 8.0, at + SMALL * 0.35], text: label.clone(), style });
        }
        let below = bottom + 8.0 + SMALL + 10.0 + LABEL * 0.8;
        if !x.1.note.is_empty() {
            let style = small.aligned(Align::End);
            shapes.push(Shape::Text { at: [right, below], text: x.1.note.clone(), style });
        }
        if !y.1.note.is_empty() {
            shapes.push(Shape::Text { at: [left, top - 8.0], text: y.1.note.clone(), style: small });
        }
        let text = fitted(x.0, middle, right - left);
        shapes.push(Shape::Text { at: [f32::midpoint(left, right), below], text, style: middle });
        let style = TextStyle { upwards: true, ..middle };
        let text = fitted(y.0, middle, bottom - top);
        let at = [MARGIN + LABEL * 0.8, f32::midpoint(top, bottom)];
        shapes.push(Shape::Text { at, text, style });
    }

    /// An axis whose line stands at `at`.
    fn right_axis(&self, shapes: &mut Vec<Shape>, theme: Theme, at: f32, axis: &RightScale<'_>) {
        let [_, top, _, bottom] = self.area;
        let side = at.floor() + 0.5;
        let small = TextStyle::new(SMALL, axis.color);
        shapes.push(line(vec![[side, top], [side, bottom.floor() + 0.5]], theme.frame(), 1.0));
        for (&value, label) in axis.ticks.values.iter().zip(&axis.ticks.labels) {
            let y = self.at_y(value).floor() + 0.5;
            shapes.push(line(vec![[side, y], [side + 4.0, y]], axis.color, 1.0));
            shapes.push(Shape::Text {
                at: [side + 8.0, y + SMALL * 0.35],
                text: label.clone(),
                style: small,
            });
        }
        let title = [axis.of.axis.title.as_str(), axis.ticks.note.as_str()].join(" ");
        let style = TextStyle { upwards: true, ..TextStyle::new(LABEL, axis.color).aligned(Align::Middle) };
        let text = fitted(title.trim(), style, bottom - top);
        let at = [at + axis.width - 5.0, f32::midpoint(top, bottom)];
        shapes.push(Shape::Text { at, text, style });
    }

    fn band(&self, shapes: &mut Vec<Shape>, series: &Series, color: [u8; 3]) {
        for run in runs(&series.band) {
            let run = run.iter().map(|&[x, low, high]| [self.at_x(x), self.at_y(low), self.at_y(high)]);
            let mut run = thinned_band(run.collect(), self.area[2] - self.area[0]);
            // A lone point still has a height to show.
            if let [[x, low, high]] = run[..] {
                run = vec![[x - 1.5, low, high], [x + 1.5, low, high]];
            }
            let lower = run.iter().map(|p| [p[0], p[1]]);
            let upper = run.iter().rev().map(|p| [p[0], p[2]]);
            shapes.push(Shape::Area { points: lower.chain(upper).collect(), color, opacity: BAND });
        }
    }

    fn curve(&self, shapes: &mut Vec<Shape>, series: &Series, color: [u8; 3]) {
        for run in runs(&series.points) {
            let points: Vec<[f32; 2]> = run.iter().map(|&[x, y]| [self.at_x(x), self.at_y(y)]).collect();
            if let [center] = points[..] {
                shapes.push(Shape::Dot { center, radius: 2.5, color });
                continue;
            }
            let points = thinned(points, self.area[2] - self.area[0]);
            shapes.push(Shape::Line { points, color, width: LINE, clipped: true });
        }
    }
}

fn line(points: Vec<[f32; 2]>, color: [u8; 3], width: f32) -> Shape {
    Shape::Line { points, color, width, clipped: false }
}

fn mixed(color: [u8; 3], behind: [u8; 3], opacity: f32) -> [u8; 3] {
    std::array::from_fn(|i| (color[i] as f32 * opacity + behind[i] as f32 * (1.0 - opacity)).round() as u8)
}

/// The text, or as much of it as fits followed by an ellipsis.
fn fitted(text: &str, style: TextStyle, room: f32) -> String {
    if style.measure(text) <= room {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let short: String = kept.iter().chain(&['…']).collect();
        if style.measure(&short) <= room {
            return short;
        }
    }
    String::new()
}

/// What an axis shows: its own range, or that of the data with a margin (a share of the span) on both sides.
/// Never empty and never too large or too narrow to be drawn.
fn range(axis: &Axis, data: impl Iterator<Item = f64>, margin: f64) -> [f64; 2] {
    const LARGEST: f64 = 1e300;
    let given = axis.range.filter(|r| r.iter().all(|v| v.is_finite()));
    let [lo, hi] = match given {
        Some([a, b]) => [a.min(b), a.max(b)],
        None => data.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], v| [lo.min(v), hi.max(v)]),
    };
    if lo > hi {
        return [0.0, 1.0];
    }
    let (lo, hi) = (lo.clamp(-LARGEST, LARGEST), hi.clamp(-LARGEST, LARGEST));
    // Below 12 digits of the values the ticks' labels would no longer differ.
    let least = (lo.abs().max(hi.abs()) * 1e-12).max(1e-290);
    if hi - lo < least {
        let pad = if axis.whole || lo == 0.0 { 0.5 } else { (lo.abs() * 0.05).max(least) };
        return [lo - pad, hi + pad];
    }
    let pad = if given.is_some() { 0.0 } else { (hi - lo) * margin };
    [lo - pad, hi + pad]
}
