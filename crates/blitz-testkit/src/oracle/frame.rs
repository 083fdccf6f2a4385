//! Operations on one frame, pixel by pixel.

use blitz_core::{FrameShape, Mask, Placement, SamplesRef, ZoneMask, ZoneShape, zone::Span};

/// The pixels of a zone: every pixel centre of the frame is asked whether it lies inside.
pub fn zone_mask(shape: &ZoneShape, frame: FrameShape, placement: Placement) -> ZoneMask {
    let mut mask = ZoneMask::default();
    for y in 0..frame.height {
        for x in 0..frame.width {
            let (cx, cy) = placement.to_source(x as f64 + 0.5, y as f64 + 0.5);
            if !shape.contains(cx, cy) {
                continue;
            }
            mask.pixels += 1;
            match mask.spans.last_mut() {
                Some(last) if last.y == y && last.end == x => last.end = x + 1,
                _ => mask.spans.push(Span { y, start: x, end: x + 1 }),
            }
        }
    }
    mask
}

/// The values of one channel in a zone, masked pixels as NaN, in row order.
pub fn zone_values(
    frame: SamplesRef<'_>,
    shape: FrameShape,
    mask: Option<&Mask>,
    zone: &ZoneMask,
    channel: usize,
) -> Vec<f64> {
    let mut values = Vec::new();
    for span in &zone.spans {
        for x in span.start..span.end {
            let pixel = span.y * shape.width + x;
            let is_valid = mask.is_none_or(|mask| mask.valid[pixel]);
            let value = frame.get_f64(pixel * shape.channels + channel);
            values.push(if is_valid { value } else { f64::NAN });
        }
    }
    values
}

/// Average over the source area of each target pixel, parts of pixels by their share, NaN ignored.
pub fn area_average(frame: SamplesRef<'_>, shape: FrameShape, target: FrameShape) -> Vec<f64> {
    let share =
        |cell: usize, start: f64, end: f64| (end.min(cell as f64 + 1.0) - start.max(cell as f64)).max(0.0);
    let (fx, fy) = (shape.width as f64 / target.width as f64, shape.height as f64 / target.height as f64);
    let mut out = Vec::new();
    for ty in 0..target.height {
        for tx in 0..target.width {
            for channel in 0..shape.channels {
                let (mut sum, mut area) = (0.0, 0.0);
                for y in 0..shape.height {
                    for x in 0..shape.width {
                        let part = share(x, tx as f64 * fx, (tx + 1) as f64 * fx)
                            * share(y, ty as f64 * fy, (ty + 1) as f64 * fy);
                        let v = frame.get_f64((y * shape.width + x) * shape.channels + channel);
                        // Rounding of the borders must not let a neighbour in.
                        if part > 1e-9 && !v.is_nan() {
                            sum += part * v;
                            area += part;
                        }
                    }
                }
                out.push(sum / area);
            }
        }
    }
    out
}

/// Applies the published steps one after the other: transpose, quarter turns clockwise, mirror left–right,
/// mirror up–down. Values are those of `channels` interleaved samples.
pub fn displayed(
    frame: &[f64],
    shape: FrameShape,
    transpose: bool,
    quarter_turns: usize,
    flip_x: bool,
    flip_y: bool,
) -> (Vec<f64>, FrameShape) {
    type Pixel = Vec<f64>;
    let mut rows: Vec<Vec<Pixel>> = (0..shape.height)
        .map(|y| {
            (0..shape.width)
                .map(|x| {
                    let at = (y * shape.width + x) * shape.channels;
                    frame[at..at + shape.channels].to_vec()
                })
                .collect()
        })
        .collect();
    let swap = |rows: &[Vec<Pixel>]| -> Vec<Vec<Pixel>> {
        let width = rows.first().map_or(0, Vec::len);
        (0..width).map(|x| rows.iter().map(|row| row[x].clone()).collect()).collect()
    };
    if transpose {
        rows = swap(&rows);
    }
    for _ in 0..quarter_turns {
        // Clockwise: the bottom row becomes the left column.
        rows.reverse();
        rows = swap(&rows);
    }
    if flip_x {
        for row in &mut rows {
            row.reverse();
        }
    }
    if flip_y {
        rows.reverse();
    }
    let shown = FrameShape::new(rows.len(), rows.first().map_or(0, Vec::len), shape.channels);
    (rows.into_iter().flatten().flatten().collect(), shown)
}

/// 0.299 R + 0.587 G + 0.114 B of every pixel, unrounded.
pub fn luminance(frame: SamplesRef<'_>, channels: usize) -> Vec<f64> {
    (0..frame.len() / channels)
        .map(|pixel| {
            let v = |c: usize| frame.get_f64(pixel * channels + c);
            (299.0 * v(0) + 587.0 * v(1) + 114.0 * v(2)) / 1000.0
        })
        .collect()
}
