//! A handful of shapes that can be written as SVG and drawn into a picture.

use std::fmt::Write as _;

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Mask, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use crate::text::{Align, Face, TextStyle};
use crate::{DrawError, RgbaImage};

/// A rectangle `[left, top, right, bottom]` in pixels.
pub(crate) type Frame = [f32; 4];

/// A shape. Coordinates are pixels, y downwards, and may lie between pixels.
pub(crate) enum Shape {
    /// An open line: with round ends inside the clip, with flat ends elsewhere.
    Line { points: Vec<[f32; 2]>, color: [u8; 3], width: f32, clipped: bool },
    /// A filled area.
    Area { points: Vec<[f32; 2]>, color: [u8; 3], opacity: f32 },
    /// A filled circle.
    Dot { center: [f32; 2], radius: f32, color: [u8; 3] },
    /// One line of text, anchored on its baseline.
    Text { at: [f32; 2], text: String, style: TextStyle },
}

/// Shapes in drawing order. Areas, dots and clipped lines show only inside `clip`.
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) background: [u8; 3],
    pub(crate) clip: Frame,
    pub(crate) shapes: Vec<Shape>,
}

impl Scene {
    /// A standalone SVG document.
    pub(crate) fn to_svg(&self) -> String {
        let Self { width, height, clip: [left, top, right, bottom], .. } = *self;
        let mut svg = String::new();
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(
            svg,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n\
             <defs><clipPath id=\"plot-area\"><rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>\
             </clipPath></defs>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>",
            right - left,
            bottom - top,
            hex(self.background)
        );
        for shape in &self.shapes {
            write_shape(&mut svg, shape);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The picture, `scale` pixels per unit.
    pub(crate) fn to_image(&self, scale: f32) -> Result<RgbaImage, DrawError> {
        let width = (self.width as f32 * scale).round().max(1.0);
        let height = (self.height as f32 * scale).round().max(1.0);
        let mut image = RgbaImage::filled(width as usize, height as usize, self.background)?;
        let too_large =
            || DrawError::TooLarge { width: width as usize, height: height as usize, limit: 1 << 28 };
        let mut canvas = Pixmap::new(width as u32, height as u32).ok_or_else(too_large)?;
        canvas.fill(color(self.background, 1.0));
        let transform = Transform::from_scale(scale, scale);
        let mut clip = Mask::new(width as u32, height as u32).ok_or_else(too_large)?;
        let [left, top, right, bottom] = self.clip;
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            clip.fill_path(&PathBuilder::from_rect(rect), FillRule::Winding, true, transform);
        }
        for shape in &self.shapes {
            draw_shape(&mut canvas, shape, transform, &clip);
        }
        // Everything drawn so far is opaque, so premultiplied and straight alpha are the same bytes.
        image.pixels.copy_from_slice(canvas.data());
        for shape in &self.shapes {
            if let Shape::Text { at: [x, y], text, style } = shape {
                let style = TextStyle { size: style.size * scale, ..*style };
                image.text(x * scale, y * scale, text, style);
            }
        }
        Ok(image)
    }
}

fn draw_shape(canvas: &mut Pixmap, shape: &Shape, transform: Transform, clip: &Mask) {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    match shape {
        Shape::Line { points, color: ink, width, clipped } => {
            let Some(path) = path(points, false) else { return };
            paint.set_color(color(*ink, 1.0));
            let stroke = Stroke {
                width: *width,
                line_cap: if *clipped { LineCap::Round } else { LineCap::Butt },
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            canvas.stroke_path(&path, &paint, &stroke, transform, clipped.then_some(clip));
        }
        Shape::Area { points, color: ink, opacity } => {
            let Some(path) = path(points, true) else { return };
            paint.set_color(color(*ink, *opacity));
            canvas.fill_path(&path, &paint, FillRule::Winding, transform, Some(clip));
        }
        Shape::Dot { center: [x, y], radius, color: ink } => {
            let Some(path) = PathBuilder::from_circle(*x, *y, *radius) else { return };
            paint.set_color(color(*ink, 1.0));
            canvas.fill_path(&path, &paint, FillRule::Winding, transform, Some(clip));
        }
        // Text lies above everything and is drawn last.
        Shape::Text { .. } => {}
    }
}

fn path(points: &[[f32; 2]], closed: bool) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for (i, &[x, y]) in points.iter().enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    if closed {
        builder.close();
    }
    builder.finish()
}

fn color([r, g, b]: [u8; 3], opacity: f32) -> Color {
    Color::from_rgba8(r, g, b, (opacity * 255.0).round() as u8)
}

fn write_shape(svg: &mut String, shape: &Shape) {
    const CLIP: &str = " clip-path=\"url(#plot-area)\"";
    let _ = match shape {
        Shape::Line { points, color, width, clipped } => {
            let cap = if *clipped { "round" } else { "butt" };
            writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" \
                 stroke-linejoin=\"round\" stroke-linecap=\"{cap}\"{}/>",
                coordinates(points),
                hex(*color),
                if *clipped { CLIP } else { "" }
            )
        }
        Shape::Area { points, color, opacity } => writeln!(
            svg,
            "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{opacity}\"{CLIP}/>",
            coordinates(points),
            hex(*color)
        ),
        Shape::Dot { center: [x, y], radius, color } => writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"{}\"{CLIP}/>",
            number(*x),
            number(*y),
            hex(*color)
        ),
        Shape::Text { at: [x, y], text, style } => {
            let (x, y) = (number(*x), number(*y));
            let anchor = match style.align {
                Align::Start => "start",
                Align::Middle => "middle",
                Align::End => "end",
            };
            let turn =
                if style.upwards { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
            let family = match style.face {
                Face::Sans => "Ubuntu, 'Helvetica Neue', Helvetica, Arial, sans-serif",
                Face::Mono => "Hack, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
            };
            writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" font-family=\"{family}\" font-size=\"{}\" fill=\"{}\" \
                 text-anchor=\"{anchor}\"{turn}>{}</text>",
                style.size,
                hex(style.color),
                escape(text)
            )
        }
    };
}

fn coordinates(points: &[[f32; 2]]) -> String {
    let mut text = String::with_capacity(points.len() * 14);
    for [x, y] in points {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&number(*x));
        text.push(',');
        text.push_str(&number(*y));
    }
    text
}

/// A hundredth of a pixel is finer than any screen or printer shows.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text for XML; characters that XML does not allow at all become the replacement character.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_escaped() {
        assert_eq!(escape("a<b & \"c\"\u{0}\n"), "a&lt;b &amp; &quot;c&quot;\u{fffd} ");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(1.0), number(-0.5), number(100.126)], ["1", "-0.5", "100.13"]);
    }
}
