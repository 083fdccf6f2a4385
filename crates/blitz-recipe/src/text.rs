//! Names of methods, turns and colours as they are typed and written.

use blitz_core::{FrameRange, ParseError, PixelSize, Stack, ZoneShape, clock_text};
pub use blitz_core::{bytes_text as bytes, grouped};
use blitz_kernels::geometry::Rotation;
use blitz_kernels::reduce::Method;

/// `mean`, `sum`, `min`, `max`, `std`, `median`, `p95`, `p99.9`.
pub fn method(method: Method) -> String {
    match method {
        Method::Mean => "mean".into(),
        Method::Sum => "sum".into(),
        Method::Min => "min".into(),
        Method::Max => "max".into(),
        Method::Std => "std".into(),
        Method::Median => "median".into(),
        Method::Percentile(p) => format!("p{p}"),
    }
}

/// Reads a method's name.
///
/// # Errors
/// If it is none of those that [`method()`] writes.
pub fn parse_method(text: &str) -> Result<Method, ParseError> {
    let err =
        || ParseError::new(text, "a method: mean, sum, min, max, std, median, or a percentile such as p95");
    Ok(match text.trim() {
        "mean" => Method::Mean,
        "sum" => Method::Sum,
        "min" => Method::Min,
        "max" => Method::Max,
        "std" => Method::Std,
        "median" => Method::Median,
        other => {
            let p: f64 = other.strip_prefix('p').and_then(|p| p.parse().ok()).ok_or_else(err)?;
            if !(0.0..=100.0).contains(&p) {
                return Err(err());
            }
            Method::Percentile(p)
        }
    })
}

/// `cw`, `ccw` or `half`; `None` for no turn.
pub fn rotation(rotation: Rotation) -> Option<&'static str> {
    match rotation {
        Rotation::None => None,
        Rotation::Cw => Some("cw"),
        Rotation::Ccw => Some("ccw"),
        Rotation::Half => Some("half"),
    }
}

/// Reads a turn.
///
/// # Errors
/// If it is none of `cw`, `ccw` and `half`.
pub fn parse_rotation(text: &str) -> Result<Rotation, ParseError> {
    match text {
        "cw" => Ok(Rotation::Cw),
        "ccw" => Ok(Rotation::Ccw),
        "half" => Ok(Rotation::Half),
        _ => Err(ParseError::new(text, "a turn: cw (90° clockwise), ccw or half (180°)")),
    }
}

/// Reads `#rrggbb`.
///
/// # Errors
/// If it is anything else.
pub fn parse_color(text: &str) -> Result<[u8; 3], ParseError> {
    let err = || ParseError::new(text, "a colour such as #56b4e9");
    let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.is_ascii()).ok_or_else(err)?;
    let mut rgb = [0; 3];
    for (i, value) in rgb.iter_mut().enumerate() {
        *value = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).map_err(|_| err())?;
    }
    Ok(rgb)
}

/// A pixel size as text that reads back to the same number where the decimal digits allow.
pub fn pixel_size(size: PixelSize) -> String {
    let micrometres = format!("{}um", (size.metres * 1e12).round() / 1e6);
    match PixelSize::parse(&micrometres) {
        Ok(same) if same == size => micrometres,
        _ => format!("{:e}m", size.metres),
    }
}

/// The numbers of a zone's shape in one short line for tables and tool tips.
pub fn zone_shape(shape: &ZoneShape) -> String {
    let short = |v: f64| format!("{v:.1}").trim_end_matches(".0").to_owned();
    let turned =
        |angle: f64| if angle == 0.0 { String::new() } else { format!(" turned {}°", short(angle)) };
    match shape {
        ZoneShape::Rect { x, y, width, height, angle } => {
            format!(
                "{} × {} at {}, {}{}",
                short(*width),
                short(*height),
                short(*x),
                short(*y),
                turned(*angle)
            )
        }
        ZoneShape::Ellipse { x, y, width, height, angle } => {
            format!(
                "ellipse {} × {} at {}, {}{}",
                short(*width),
                short(*height),
                short(*x),
                short(*y),
                turned(*angle)
            )
        }
        ZoneShape::Polygon(points) => format!("polygon of {} corners", points.len()),
        ZoneShape::Pixel { x, y } => format!("pixel {x}, {y}"),
    }
}

/// Stack frames as source frames: `frames 0–99 (100 frames)`. The frames are evenly spaced, as selections
/// are.
pub fn frames(stack: &Stack, frames: &[usize]) -> String {
    let source: Vec<usize> = frames.iter().map(|&f| stack.source_frame(f)).collect();
    match source[..] {
        [] => "no frames".to_owned(),
        [only] => format!("frame {only}"),
        [start, second, ..] => {
            let end = source.last().map(|last| last + 1);
            let range = FrameRange { start, end, step: second - start };
            format!("frames {}", range.describe(stack.source_frames))
        }
    }
}

/// A count with its noun: `1 frame`, `12 frames`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", grouped(n as u64)) }
}

/// Seconds for people, in the unit that reads best: `1.79 ms`; from an hour on as a clock: `1:02:03.5`.
pub fn seconds(t: f64) -> String {
    if t.abs() >= 3600.0 {
        let text = clock_text(t, 6);
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let (scale, unit) = match t.abs() {
        0.0 => (1.0, "s"),
        a if a < 1e-6 => (1e9, "ns"),
        a if a < 1e-3 => (1e6, "µs"),
        a if a < 1.0 => (1e3, "ms"),
        _ => (1.0, "s"),
    };
    let text = format!("{:.6}", t * scale);
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}
