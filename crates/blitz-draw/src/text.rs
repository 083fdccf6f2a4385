//! Lines of text from the embedded fonts.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};

use crate::RgbaImage;

/// Typeface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Face {
    /// Ubuntu Light.
    #[default]
    Sans,
    /// Hack, every character as wide as any other.
    Mono,
}

/// Where the anchor lies on the line of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Align {
    /// At its beginning.
    #[default]
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

impl Align {
    /// Share of the text that lies before the anchor.
    const fn before(self) -> f32 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
        }
    }
}

/// How a line of text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStyle {
    /// Typeface; a character it lacks is taken from the other one.
    pub face: Face,
    /// Font size in pixels per em, as in CSS.
    pub size: f32,
    /// Colour.
    pub color: [u8; 3],
    /// Where the anchor lies.
    pub align: Align,
    /// Turned to read from bottom to top.
    pub upwards: bool,
}

impl TextStyle {
    /// Sans-serif text of that size and colour, anchored at its beginning.
    pub const fn new(size: f32, color: [u8; 3]) -> Self {
        Self { face: Face::Sans, size, color, align: Align::Start, upwards: false }
    }

    /// The same with another anchor.
    #[must_use]
    pub const fn aligned(self, align: Align) -> Self {
        Self { align, ..self }
    }

    /// Length of a line of text in pixels, along its direction.
    pub fn measure(self, text: &str) -> f32 {
        layout(text, self).1
    }
}

static SANS: LazyLock<FontRef<'static>> = LazyLock::new(|| embedded(epaint_default_fonts::UBUNTU_LIGHT));
static MONO: LazyLock<FontRef<'static>> = LazyLock::new(|| embedded(epaint_default_fonts::HACK_REGULAR));

fn embedded(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded fonts are well-formed")
}

/// Scale of `ab_glyph`, which counts ascent to descent, for a size in pixels per em.
fn scale(font: &FontRef<'_>, size: f32) -> PxScale {
    PxScale::from(size * font.height_unscaled() / font.units_per_em().unwrap_or(1000.0))
}

/// Glyphs with positions along the baseline from 0, and the length of the line.
fn layout(text: &str, style: TextStyle) -> (Vec<(&'static FontRef<'static>, Glyph)>, f32) {
    let fonts: [&'static FontRef<'static>; 2] = match style.face {
        Face::Sans => [&SANS, &MONO],
        Face::Mono => [&MONO, &SANS],
    };
    let mut pen = 0.0;
    let mut previous: Option<(usize, GlyphId)> = None;
    let mut glyphs = Vec::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        let which = usize::from(fonts[0].glyph_id(c).0 == 0 && fonts[1].glyph_id(c).0 != 0);
        let font = fonts[which];
        let scaled = font.as_scaled(scale(font, style.size));
        let id = scaled.glyph_id(c);
        if let Some((_, last)) = previous.filter(|&(w, _)| w == which) {
            pen += scaled.kern(last, id);
        }
        glyphs.push((font, id.with_scale_and_position(scaled.scale(), point(pen, 0.0))));
        pen += scaled.h_advance(id);
        previous = Some((which, id));
    }
    (glyphs, pen)
}

/// Draws one line; `(x, y)` is the anchor on the baseline.
pub(crate) fn draw_text(image: &mut RgbaImage, x: f32, y: f32, text: &str, style: TextStyle) {
    let (glyphs, length) = layout(text, style);
    let start = -length * style.align.before();
    // Glyphs keep their place within a pixel along the line, so that spacing stays even.
    let (along, across) = if style.upwards { (-y, x) } else { (x, y) };
    let across = across.round();
    for (font, mut glyph) in glyphs {
        glyph.position = point(glyph.position.x + start + along, across);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        let (left, top) = (corner.x as i64, corner.y as i64);
        outline.draw(|dx, dy, coverage| {
            let (u, v) = (left + i64::from(dx), top + i64::from(dy));
            let (px, py) = if style.upwards { (v, -u - 1) } else { (u, v) };
            image.blend(px, py, style.color, coverage);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(image: &RgbaImage) -> Vec<(usize, usize)> {
        let dark = |(x, y): &(usize, usize)| image.pixel(*x, *y).is_some_and(|p| p[0] < 128);
        (0..image.height).flat_map(|y| (0..image.width).map(move |x| (x, y))).filter(dark).collect()
    }

    #[test]
    fn text_lies_where_it_is_measured() {
        let style = TextStyle::new(20.0, [0; 3]);
        let length = style.measure("Hamburg");
        assert!((50.0..110.0).contains(&length), "{length}");
        for (align, x) in [(Align::Start, 20.0), (Align::Middle, 100.0), (Align::End, 180.0)] {
            let mut image = RgbaImage::filled(200, 60, [255; 3]).expect("small");
            image.text(x, 40.0, "Hamburg", style.aligned(align));
            let ink = ink(&image);
            let left = ink.iter().map(|p| p.0).min().expect("visible") as f32;
            let right = ink.iter().map(|p| p.0).max().expect("visible") as f32;
            let expected = x - length * align.before();
            assert!((left - expected).abs() < 4.0, "{align:?}: {left} {expected}");
            assert!((right - expected - length).abs() < 4.0, "{align:?}: {right}");
        }
    }

    #[test]
    fn turned_text_is_the_same_text_turned() {
        let style = TextStyle::new(18.0, [0; 3]);
        let mut flat = RgbaImage::filled(120, 120, [255; 3]).expect("small");
        flat.text(20.0, 60.0, "Kelvin", style);
        let mut turned = RgbaImage::filled(120, 120, [255; 3]).expect("small");
        turned.text(60.0, 100.0, "Kelvin", TextStyle { upwards: true, ..style });
        let rotated: Vec<_> = ink(&flat).into_iter().map(|(x, y)| (y, 119 - x)).collect();
        let mut found = ink(&turned);
        found.sort_by_key(|p| (usize::MAX - p.1, p.0));
        let mut rotated = rotated;
        rotated.sort_by_key(|p| (usize::MAX - p.1, p.0));
        assert_eq!(found, rotated);
    }

    #[test]
    fn units_have_glyphs() {
        let style = TextStyle::new(12.0, [0; 3]);
        for text in ["µ", "°", "×", "⁰", "⁹", "⁻", "²", "σ", "Δ", "\u{2212}", "–", "…"] {
            let known = layout(text, style).0.iter().all(|(_, glyph)| glyph.id.0 != 0);
            assert!(known, "{text}");
        }
    }

    #[test]
    fn text_outside_is_left_out() {
        let mut image = RgbaImage::filled(4, 4, [255; 3]).expect("small");
        image.text(-1e9, 1e9, "far away", TextStyle::new(12.0, [0; 3]));
        image.text(0.0, 2.0, "\n\t", TextStyle::new(12.0, [0; 3]));
        assert!(ink(&image).is_empty());
    }
}
