//! Values as they are typed.

use blitz_core::{ParseError, Rational, Rect, TimeAxis, ZoneShape, parse_decimal};
use blitz_io::RawLayout;

/// Bytes: `4GiB`, `500MB`, `1.5 GB`, `1048576`.
pub(crate) fn bytes(text: &str) -> Result<u64, ParseError> {
    let err = || ParseError::new(text, "a size above 0 such as 4GiB, 500MB or 1048576");
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let number = parse_decimal(&trimmed[..split]).map_err(|_| err())?;
    let unit: u64 = match trimmed[split..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(err()),
    };
    let bytes = u128::from(number.num) * u128::from(unit) / u128::from(number.den);
    u64::try_from(bytes).ok().filter(|&b| b > 0).ok_or_else(err)
}

/// An age: `7d`, `12h`, `30min`, `90s`.
pub(crate) fn age(text: &str) -> Result<std::time::Duration, ParseError> {
    let err = || ParseError::new(text, "an age such as 7d, 12h, 30min or 90s");
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(err)?;
    let number: u64 = trimmed[..split].parse().map_err(|_| err())?;
    let unit: u64 = match trimmed[split..].trim() {
        "s" => 1,
        "min" | "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(err()),
    };
    number.checked_mul(unit).map(std::time::Duration::from_secs).ok_or_else(err)
}

/// A number of threads, 1 to 1024.
pub(crate) fn threads(text: &str) -> Result<usize, ParseError> {
    let count = text.trim().parse().ok().filter(|n| (1..=1024).contains(n));
    count.ok_or_else(|| ParseError::new(text, "a number of threads from 1 to 1024"))
}

/// `X,Y,WIDTH,HEIGHT` in whole pixels.
pub(crate) fn crop(text: &str) -> Result<Rect, ParseError> {
    let err = || ParseError::new(text, "a crop X,Y,WIDTH,HEIGHT in whole pixels such as 10,20,300,200");
    let numbers: Option<Vec<usize>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[x, y, width, height]) if width > 0 && height > 0 => Ok(Rect::new(x, y, width, height)),
        _ => Err(err()),
    }
}

/// Two different finite numbers `LO,HI`.
pub(crate) fn levels(text: &str) -> Result<(f64, f64), ParseError> {
    match numbers(text).as_deref() {
        Some(&[lo, hi]) if lo < hi && (hi - lo).is_finite() => Ok((lo, hi)),
        _ => Err(ParseError::new(text, "two levels LO,HI with LO < HI such as 0,4095")),
    }
}

/// Percent left out on each side, 0 to below 50.
pub(crate) fn trim(text: &str) -> Result<f64, ParseError> {
    let percent: Option<f64> = text.trim().trim_end_matches('%').parse().ok();
    percent
        .filter(|p| (0.0..50.0).contains(p))
        .ok_or_else(|| ParseError::new(text, "percent to leave out on each side, 0 to below 50, such as 0.1"))
}

/// A factor above 0, at most 64.
pub(crate) fn factor(text: &str) -> Result<f64, ParseError> {
    let factor: Option<f64> = text.trim().parse().ok();
    factor
        .filter(|&f| f > 0.0 && f <= 64.0)
        .ok_or_else(|| ParseError::new(text, "a factor above 0, at most 64, such as 2 or 0.5"))
}

/// Points of the window per pixel of a screenshot, as a factor: 0.25 to 16.
pub(crate) fn scale(text: &str) -> Result<f64, ParseError> {
    let factor: Option<f64> = text.trim().parse().ok();
    let factor = factor.filter(|f| (0.25..=16.0).contains(f));
    factor.ok_or_else(|| ParseError::new(text, "a factor from 0.25 to 16, such as 2"))
}

/// Frames per second at which a video plays: `25`, `29.97`, `30000/1001`.
pub(crate) fn rate(text: &str) -> Result<Rational, ParseError> {
    let rate = match TimeAxis::from_fps(text, 0)? {
        TimeAxis::Interval { dt, .. } => dt.recip(),
        _ => None,
    };
    let rate = rate.filter(|rate| (0.001..=1e6).contains(&rate.to_f64()));
    rate.ok_or_else(|| ParseError::new(text, "a frame rate from 0.001 to 1000000 such as 25 or 30000/1001"))
}

/// `WIDTHxHEIGHT` in pixels.
pub(crate) fn size(text: &str) -> Result<[u32; 2], ParseError> {
    const EXPECTED: &str =
        "a size WIDTHxHEIGHT of 64 to 16384 pixels each, at most 67 million together, such as 1600x900";
    let err = || ParseError::new(text, EXPECTED);
    let (width, height) = text.trim().split_once(['x', 'X', '×']).ok_or_else(err)?;
    let side = |n: &str| n.trim().parse().ok().filter(|n| (64..=16_384).contains(n));
    let size = side(width).zip(side(height)).map(|(w, h): (u32, u32)| [w, h]);
    size.filter(|[w, h]| w * h <= 1 << 26).ok_or_else(err)
}

/// A zone: its name, where one was given, and its shape.
pub(crate) type NamedShape = (Option<String>, ZoneShape);

/// `[NAME=]X,Y,WIDTH,HEIGHT[,ANGLE]`.
pub(crate) fn rect(text: &str) -> Result<NamedShape, ParseError> {
    let (name, [x, y, width, height, angle]) = frame(text)?;
    Ok((name, ZoneShape::Rect { x, y, width, height, angle }))
}

/// `[NAME=]X,Y,WIDTH,HEIGHT[,ANGLE]`: the box of an ellipse.
pub(crate) fn ellipse(text: &str) -> Result<NamedShape, ParseError> {
    let (name, [x, y, width, height, angle]) = frame(text)?;
    Ok((name, ZoneShape::Ellipse { x, y, width, height, angle }))
}

/// `[NAME=]X,Y:X,Y:X,Y...`.
pub(crate) fn polygon(text: &str) -> Result<NamedShape, ParseError> {
    let (name, rest) = named(text);
    let corner = |c: &str| match coordinates(c).as_deref() {
        Some(&[x, y]) => Some((x, y)),
        _ => None,
    };
    let points: Option<Vec<(f64, f64)>> = rest.split(':').map(corner).collect();
    let points = points.filter(|p| p.len() >= 3).ok_or_else(|| {
        ParseError::new(
            text,
            "a polygon [NAME=]X,Y:X,Y:X,Y of at least 3 corners from -1e9 to 1e9 such as jet=10,20:40,20:25,60",
        )
    })?;
    Ok((name, ZoneShape::Polygon(points)))
}

/// `[NAME=]X,Y` in whole pixels.
pub(crate) fn pixel(text: &str) -> Result<NamedShape, ParseError> {
    let (name, rest) = named(text);
    let numbers: Option<Vec<usize>> = rest.split(',').map(|n| n.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[x, y]) if x.max(y) <= 1_000_000_000 => Ok((name, ZoneShape::Pixel { x, y })),
        _ => Err(ParseError::new(
            text,
            "a pixel [NAME=]X,Y in whole numbers from 0 to 1000000000 such as hot=53,120",
        )),
    }
}

fn frame(text: &str) -> Result<(Option<String>, [f64; 5]), ParseError> {
    const EXPECTED: &str = "[NAME=]X,Y,WIDTH,HEIGHT[,ANGLE] with a width and height above 0 and numbers from -1e9 to 1e9 such as \
         jet=10,20,30,40";
    let (name, rest) = named(text);
    let numbers = match coordinates(rest).as_deref() {
        Some(&[x, y, width, height]) => [x, y, width, height, 0.0],
        Some(&[x, y, width, height, angle]) => [x, y, width, height, angle],
        _ => return Err(ParseError::new(text, EXPECTED)),
    };
    if numbers[2] > 0.0 && numbers[3] > 0.0 {
        Ok((name, numbers))
    } else {
        Err(ParseError::new(text, EXPECTED))
    }
}

/// What stands before the first `=` is the name.
fn named(text: &str) -> (Option<String>, &str) {
    match text.split_once('=') {
        Some((name, rest)) => (Some(name.trim().to_owned()), rest),
        None => (None, text),
    }
}

/// Numbers of a zone, separated by commas.
fn coordinates(text: &str) -> Option<Vec<f64>> {
    numbers(text).filter(|numbers| numbers.iter().all(|v| v.abs() <= 1e9))
}

/// Finite numbers separated by commas.
fn numbers(text: &str) -> Option<Vec<f64>> {
    text.split(',').map(|n| n.trim().parse().ok().filter(|v: &f64| v.is_finite())).collect()
}

/// Whether values become 0-255, and by which scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct EightBit {
    pub(crate) on: bool,
    pub(crate) range: Option<(f64, f64)>,
}

/// `yes`, `no` or `LO:HI`.
pub(crate) fn eight_bit(text: &str) -> Result<EightBit, ParseError> {
    let err = || ParseError::new(text, "yes, no, or the values that become 0 and 255, such as 0:4000");
    match text {
        "yes" | "true" | "on" | "1" => Ok(EightBit { on: true, range: None }),
        "no" | "false" | "off" | "0" => Ok(EightBit { on: false, range: None }),
        _ => {
            let (lo, hi) = text.split_once(':').ok_or_else(err)?;
            let number = |text: &str| text.trim().parse::<f64>().map_err(|_| err());
            Ok(EightBit { on: true, range: Some((number(lo)?, number(hi)?)) })
        }
    }
}

/// Whether a word is a scale as `--8bit LO:HI` has it.
pub(crate) fn is_scale(word: &str) -> bool {
    eight_bit(word).is_ok_and(|found| found.range.is_some())
}

/// A layout of bare samples, in its usual form; empty where `--raw` stands alone.
pub(crate) fn raw(text: &str) -> Result<String, ParseError> {
    if text.is_empty() {
        Ok(String::new())
    } else {
        text.parse::<RawLayout>().map(|layout| layout.to_string())
    }
}

/// Whether a word is meant as a layout: `640x480:` and something.
pub(crate) fn is_layout(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    word.split_once(':')
        .is_some_and(|(size, _)| size.contains(['x', 'X', '×']) && size.split(['x', 'X', '×']).all(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_both_kinds_of_units() {
        assert_eq!(bytes("4GiB"), Ok(4 << 30));
        assert_eq!(bytes("1.5 MB"), Ok(1_500_000));
        assert_eq!(bytes("100"), Ok(100));
        for bad in ["", "GiB", "-1", "4 Gig", "0", "99999999TiB"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn zones_take_names_and_angles() {
        let (name, shape) = rect("jet=1,2,3,4.5").expect("valid");
        assert_eq!(name.as_deref(), Some("jet"));
        assert_eq!(shape, ZoneShape::Rect { x: 1.0, y: 2.0, width: 3.0, height: 4.5, angle: 0.0 });
        assert!(matches!(ellipse("0,0,2,2,45"), Ok((None, ZoneShape::Ellipse { angle: 45.0, .. }))));
        assert!(matches!(pixel("3,4"), Ok((None, ZoneShape::Pixel { x: 3, y: 4 }))));
        assert_eq!(
            polygon("a=0,0:1,0:0,1").map(|(_, s)| s),
            Ok(ZoneShape::Polygon(vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]))
        );
        for bad in ["1,2,3", "1,2,0,4", "1,2,3,nan", "a=", "1,2,3,4,5,6"] {
            assert!(rect(bad).is_err(), "{bad}");
        }
        assert!(polygon("0,0:1,1").is_err());
        assert!(pixel("1.5,2").is_err() && pixel("-1,2").is_err());
    }

    #[test]
    fn the_rest_is_checked() {
        assert_eq!(crop("1,2,3,4"), Ok(Rect::new(1, 2, 3, 4)));
        assert!(crop("1,2,0,4").is_err() && crop("1,2,3").is_err());
        assert_eq!(levels("-5,1e3"), Ok((-5.0, 1000.0)));
        assert!(levels("5,5").is_err());
        assert_eq!(trim("0.1%"), Ok(0.1));
        assert!(trim("50").is_err() && trim("-1").is_err());
        assert_eq!(size("1600x900"), Ok([1600, 900]));
        assert_eq!(rate("29.97").map(|r| (r.num, r.den)), Ok((2997, 100)));
        assert_eq!(rate("30000/1001").map(|r| (r.num, r.den)), Ok((30_000, 1001)));
        assert!(rate("0").is_err() && rate("fast").is_err() && rate("1000001").is_err());
        assert!(size("10x900").is_err() && size("16384x16384").is_err());
        assert!(factor("0").is_err() && scale("0.1").is_err() && threads("0").is_err());
        assert!(rect("1e10,0,1,1").is_err() && pixel("0,1000000001").is_err());
        assert!(levels("-1e308,1e308").is_err());
    }
}
