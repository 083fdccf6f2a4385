//! What `ImageJ`, OME and tifffile write into the description of the first page.

use std::collections::BTreeMap;

use blitz_core::{Rational, TimeAxis, TimeOrigin, parse_decimal};

/// Axis of pages: its letter (T, Z, C, as OME and tifffile name them; Q where it is not stated) and length.
pub(super) type PageAxis = (char, usize);

/// What the description says of the pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Description {
    /// Axes of pages, slowest first, those of length 1 left out.
    pub(super) axes: Vec<PageAxis>,
    /// Images in the file, which may be more than it has directories.
    pub(super) images: Option<usize>,
    pub(super) time: TimeAxis,
    /// Name of the unit of the resolution.
    pub(super) unit: Option<String>,
    /// Names of the channels.
    pub(super) channels: Vec<String>,
    /// Name of the unit of the values.
    pub(super) value_unit: Option<String>,
    /// Metres per pixel across and down.
    pub(super) pixel: Option<(f64, f64)>,
    /// Who wrote it.
    pub(super) writer: &'static str,
    /// Seconds along the time axis, where OME states them plane by plane.
    pub(super) times: Vec<f64>,
    /// Full sentences for people.
    pub(super) notes: Vec<String>,
}

/// Size of a page, which tells colour and rows from axes of pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageSize {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) samples: usize,
}

impl Description {
    /// The time axis of `frames` frames along an axis: that of planes where they have times, else the interval.
    pub(super) fn time_of(&self, frames: usize, along: char) -> TimeAxis {
        if along != 'T' || self.times.len() != frames || frames == 0 {
            return self.time.clone();
        }
        // Times that the interval gives are those of the interval, which says more.
        let first = self.times[0];
        let even = match &self.time {
            TimeAxis::Interval { dt, .. } => {
                let dt = dt.to_f64();
                let off = |(i, t): (usize, &f64)| (t - first - i as f64 * dt).abs();
                self.times.iter().enumerate().map(off).all(|off| off <= 1e-6 * dt)
            }
            _ => false,
        };
        if even { self.time.clone() } else { TimeAxis::Explicit(self.times.clone().into()) }
    }

    pub(super) fn parse(text: &str, page: PageSize) -> Self {
        let mut found = if text.starts_with("ImageJ=") {
            imagej(text)
        } else if text.contains("<OME") {
            ome(text)
        } else if text.trim_start().starts_with('{') {
            shaped(text, page)
        } else {
            Self::default()
        };
        found.axes.retain(|&(_, length)| length > 1);
        // Colour within a page is no axis of pages.
        if page.samples > 1
            && let Some(i) = found.axes.iter().position(|&(letter, _)| letter == 'C')
            && found.axes[i].1 % page.samples == 0
            && found.images.is_none_or(|images| {
                Some(images) != found.axes.iter().try_fold(1_usize, |all, a| all.checked_mul(a.1))
            })
        {
            found.axes[i].1 /= page.samples;
            found.axes.retain(|&(_, length)| length > 1);
        }
        found
    }
}

/// Metres of a unit of length.
pub(super) fn metres(unit: &str) -> Option<f64> {
    Some(match unit {
        "m" | "meter" | "metre" => 1.0,
        "cm" => 1e-2,
        "mm" => 1e-3,
        "um" | "µm" | "μm" | "micron" | "microns" | "micrometer" | "\\u00B5m" | "\\u00b5m" => 1e-6,
        "nm" => 1e-9,
        "pm" => 1e-12,
        "Å" | "\\u00C5" => 1e-10,
        "inch" | "inches" | "in" => 0.0254,
        _ => return None,
    })
}

/// Seconds of a unit of time, as numerator and denominator.
fn seconds(unit: &str) -> Option<(u64, u64)> {
    Some(match unit {
        "s" | "sec" | "second" | "seconds" => (1, 1),
        "ms" | "msec" | "millisecond" | "milliseconds" => (1, 1_000),
        "us" | "µs" | "μs" | "usec" | "\\u00B5s" | "microsecond" | "microseconds" => (1, 1_000_000),
        "ns" | "nsec" => (1, 1_000_000_000),
        "min" | "minute" | "minutes" => (60, 1),
        "h" | "hr" | "hour" | "hours" => (3600, 1),
        "d" | "day" | "days" => (86_400, 1),
        _ => return None,
    })
}

/// An interval of a number and a unit.
fn interval(number: &str, unit: &str) -> Option<Rational> {
    let (times, parts) = seconds(unit)?;
    let number = parse_decimal(number).ok().filter(|n| n.num > 0)?;
    Rational::new(number.num.checked_mul(times)?, number.den.checked_mul(parts)?)
}

fn axis(dt: Option<Rational>) -> TimeAxis {
    dt.map_or(TimeAxis::NotSet, |dt| TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Container })
}

fn imagej(text: &str) -> Description {
    let value =
        |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim);
    let count = |key: &str| value(key).and_then(|v| v.parse().ok()).filter(|&n: &usize| n > 1);
    let unit = value("tunit").unwrap_or("s");
    let mut notes = Vec::new();
    let stated = value("finterval").and_then(|number| {
        let dt = interval(number, unit);
        if dt.is_none() && parse_decimal(number).is_ok_and(|n| n.num > 0) {
            notes.push(format!("The ImageJ description gives an interval of {number} {}, whose unit is not known; it is not used.", unit.escape_debug()));
        }
        dt
    });
    // A number of full precision is a rounded fraction.
    let stated = stated.map(|dt| if dt.den > 1_000_000_000_000 { simplest(dt).unwrap_or(dt) } else { dt });
    let rate = value("fps").and_then(|v| parse_decimal(v).ok()).and_then(Rational::recip);
    let number = |key: &str| value(key).and_then(|v| v.parse::<f64>().ok());
    let is_plain = number("c0") == Some(0.0) && number("c1") == Some(1.0);
    if let (Some(offset), Some(slope), false) = (value("c0"), value("c1"), is_plain) {
        let unit = value("vunit").unwrap_or_default();
        notes.push(format!(
            "The ImageJ description calibrates values as {} + {} × value {}; they are kept as they are stored.",
            offset.escape_debug(),
            slope.escape_debug(),
            unit.escape_debug()
        ));
    }
    // Written by this program.
    let t0_frame = value("t0_frame").and_then(|frame| frame.parse::<i64>().ok());
    let times: Option<Vec<f64>> =
        value("times").and_then(|list| list.split(',').map(|t| t.trim().parse().ok()).collect());
    let times = times.filter(|times| times.len() == count("frames").unwrap_or(1));
    let length = |key| count(key).unwrap_or(1);
    let mut axes = vec![('T', length("frames")), ('Z', length("slices")), ('C', length("channels"))];
    let images = count("images");
    if let Some(images) = images.filter(|_| axes.iter().all(|a| a.1 == 1)) {
        axes[0].1 = images;
    }
    Description {
        axes,
        images,
        time: match axis(stated.or(rate).filter(|dt| dt.num > 0)) {
            TimeAxis::NotSet => times.map_or(TimeAxis::NotSet, |times| TimeAxis::Explicit(times.into())),
            time => t0_frame.map_or_else(|| time.clone(), |frame| time.zero_at(frame)),
        },
        unit: value("unit").map(str::to_owned),
        value_unit: value("vunit").filter(|unit| is_plain && !unit.is_empty()).map(str::to_owned),
        writer: "ImageJ",
        notes,
        ..Description::default()
    }
}

/// The fraction with the smallest denominator that is the same f64.
fn simplest(exact: Rational) -> Option<Rational> {
    let value = exact.to_f64();
    let (mut before, mut now) = ((0_u64, 1_u64), (1_u64, 0_u64));
    let (mut a, mut b) = (exact.num, exact.den);
    while b != 0 {
        let whole = a / b;
        let next = |now: u64, before: u64| whole.checked_mul(now)?.checked_add(before);
        let found = (next(now.0, before.0)?, next(now.1, before.1)?);
        (before, now) = (now, found);
        if now.1 != 0 && now.0 as f64 / now.1 as f64 == value {
            break;
        }
        (a, b) = (b, a % b);
    }
    Rational::new(now.0, now.1)
}

fn ome(text: &str) -> Description {
    let pixels = text.split_once("<Pixels").map_or("", |(_, rest)| rest.split('>').next().unwrap_or(""));
    let value = |key: &str| attribute(pixels, key);
    let count = |key: &str| value(key).and_then(|v| v.parse().ok()).filter(|&n: &usize| n > 0).unwrap_or(1);
    let order = value("DimensionOrder").and_then(|v| v.strip_prefix("XY")).unwrap_or("CZT");
    let axes = order.chars().rev().filter(|c| "TZC".contains(*c)).map(|c| (c, count(&format!("Size{c}"))));
    let length = |key: &str| {
        let unit = value(&format!("{key}Unit")).unwrap_or("µm");
        let size: f64 = value(key)?.parse().ok()?;
        Some(size * metres(unit)?).filter(|m| m.is_finite() && *m > 0.0)
    };
    let across = length("PhysicalSizeX");
    let dt =
        value("TimeIncrement").and_then(|number| interval(number, value("TimeIncrementUnit").unwrap_or("s")));
    let mut notes = Vec::new();
    let times = plane_times(text, count("SizeT")).unwrap_or_default();
    let rising = times.windows(2).all(|pair| pair[0] < pair[1]);
    if !rising {
        notes.push(
            "The OME description gives times of planes that do not rise; they are not used.".to_owned(),
        );
    }
    let channels = text.split("<Channel").skip(1).map(|rest| {
        let channel = rest.split('>').next().unwrap_or("");
        attribute(channel, "Name").unwrap_or_default().chars().take(80).collect::<String>()
    });
    let channels: Vec<String> = channels.take(count("SizeC").min(4096)).collect();
    Description {
        channels,
        axes: axes.collect(),
        times: if rising { times } else { Vec::new() },
        notes,
        pixel: across.map(|x| (x, length("PhysicalSizeY").unwrap_or(x))),
        time: axis(dt),
        writer: "OME",
        ..Description::default()
    }
}

/// The value of an attribute in the text of an element.
fn attribute<'a>(element: &'a str, key: &str) -> Option<&'a str> {
    // Attributes begin behind white space of any kind.
    element.match_indices(key).find_map(|(i, _)| {
        let before = element[..i].chars().next_back()?;
        let rest = element[i + key.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|&c| before.is_whitespace() && (c == '"' || c == '\''))?;
        rest[1..].split(quote).next()
    })
}

/// Seconds of the planes of the first channel and slice, if all of `frames` planes have them.
fn plane_times(text: &str, frames: usize) -> Option<Vec<f64>> {
    let mut times = BTreeMap::new();
    for plane in text.split("<Plane ").skip(1) {
        let plane = format!(" {}", plane.split('>').next()?);
        let place = |key: &str| attribute(&plane, key).and_then(|v| v.parse::<usize>().ok());
        let (Some(t), Some(0), Some(0)) = (place("TheT"), place("TheC"), place("TheZ")) else { continue };
        let (times_by, parts) = seconds(attribute(&plane, "DeltaTUnit").unwrap_or("s"))?;
        let time: f64 = attribute(&plane, "DeltaT")?.parse().ok()?;
        times.insert(t, time * times_by as f64 / parts as f64);
    }
    let whole = frames > 1 && times.len() == frames && times.keys().copied().eq(0..frames);
    let times: Vec<f64> = times.into_values().collect();
    (whole && times.iter().all(|t| t.is_finite())).then_some(times)
}

/// tifffile: `{"shape": [5, 2, 6, 8], "axes": "TCYX"}`; the axes are not always there.
fn shaped(text: &str, page: PageSize) -> Description {
    let behind = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\""))?;
        rest.trim_start().strip_prefix(':').map(str::trim_start)
    };
    let list = |rest: &str| -> Option<Vec<usize>> {
        let (list, _) = rest.strip_prefix('[')?.split_once(']')?;
        list.split(',').map(|n| n.trim().parse().ok()).collect()
    };
    let Some(mut shape) = behind("shape").and_then(list) else { return Description::default() };
    let named = behind("axes").and_then(|rest| Some(rest.strip_prefix('"')?.split_once('"')?.0));
    let mut letters: Vec<char> = named.map(|axes| axes.chars().collect()).unwrap_or_default();
    if letters.len() != shape.len() {
        letters = vec!['Q'; shape.len()];
    }
    // The last axes are those of a page: rows, columns, and colour before or behind them.
    let PageSize { height, width, samples } = page;
    let tails: [&[usize]; 3] = [&[height, width, samples], &[samples, height, width], &[height, width]];
    let order: &[usize] = if samples > 1 { &[0, 1, 2] } else { &[2, 0] };
    let Some(tail) = order.iter().map(|&i| tails[i]).find(|tail| shape.ends_with(tail)) else {
        return Description::default();
    };
    shape.truncate(shape.len() - tail.len());
    let images = shape.iter().try_fold(1_usize, |n, &length| n.checked_mul(length));
    Description {
        axes: letters.into_iter().zip(shape).map(|(l, n)| (l.to_ascii_uppercase(), n)).collect(),
        images: images.filter(|&n| n > 1),
        writer: "tifffile",
        ..Description::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::OpenOptions;

    const GREY: PageSize = PageSize { height: 6, width: 8, samples: 1 };

    fn all(frames: usize) -> (usize, usize) {
        (frames, 1)
    }

    fn choose(found: &Description, pages: usize) -> ((usize, usize), Option<String>) {
        let (choice, note) = found.choose(pages, &OpenOptions::default()).expect("nothing asked");
        ((choice.frames, choice.step), note)
    }

    fn parse(text: &str) -> Description {
        Description::parse(text, GREY)
    }

    #[test]
    fn imagej_time_is_read() {
        let found = parse("ImageJ=1.54f\nimages=5\nframes=5\nfinterval=0.25\nunit=micron\n");
        assert_eq!((found.axes.as_slice(), found.images), (&[('T', 5)][..], Some(5)));
        assert_eq!(found.time.rate(), Some(4.0));
        assert_eq!(choose(&found, 5), (all(5), None));
        let of = |text: &str| parse(&format!("ImageJ=1.54f\nimages=5\n{text}\n")).time.rate();
        assert_eq!(of("fps=30.0"), Some(30.0));
        assert_eq!(of("finterval=250.0\ntunit=ms"), Some(4.0));
        assert_eq!(of("finterval=2\ntunit=min"), Some(1.0 / 120.0));
        assert_eq!(of("finterval=1.0E-4"), Some(10_000.0));
        assert_eq!(of("finterval=0"), None);
        let found = parse("ImageJ=1.54f\nimages=5\nfinterval=2\ntunit=fortnight\n");
        assert_eq!(found.time, TimeAxis::NotSet);
        assert!(found.notes[0].contains("fortnight"), "{:?}", found.notes);
    }

    #[test]
    fn other_axes_are_never_time_without_a_word() {
        for (text, word) in [("slices=5", "Slices read as time"), ("channels=5", "Channels read as time")] {
            let (choice, note) =
                choose(&parse(&format!("ImageJ=1.54f\nimages=5\n{text}\nhyperstack=true\n")), 5);
            assert_eq!(choice, all(5));
            assert!(note.as_deref().is_some_and(|n| n.contains(word)), "{note:?}");
        }
        // Channels lie closest, then slices, then time.
        let hyper = parse("ImageJ=1.54f\nimages=24\nchannels=2\nslices=3\nframes=4\nhyperstack=true\n");
        let (choice, note) = choose(&hyper, 24);
        assert_eq!(choice, (4, 6));
        let note = note.expect("a word");
        for word in
            ["4 frames (T) × 3 slices (Z) × 2 channels (C)", "the first of 2 channels (C)", "--axes THW"]
        {
            assert!(note.contains(word), "{note}");
        }
        let (choice, note) = choose(&hyper, 23);
        assert_eq!(choice, all(23));
        assert!(note.as_deref().is_some_and(|n| n.contains("23 pages") && n.contains("slices")), "{note:?}");
        assert_eq!(choose(&hyper, 1), (all(1), None));
    }

    #[test]
    fn channels_and_axes_are_chosen() {
        let hyper = parse("ImageJ=1.54f\nimages=24\nchannels=2\nslices=3\nframes=4\nhyperstack=true\n");
        let with = |axes: Option<&str>, channel: Option<&str>, slice: Option<usize>| {
            let options = OpenOptions {
                axes: axes.map(|text| text.parse().expect("axes")),
                channel: channel.map(str::to_owned),
                slice,
                ..OpenOptions::default()
            };
            hyper
                .choose(24, &options)
                .map(|(choice, _)| (choice.frames, choice.step, choice.first, choice.reading))
        };
        let (frames, step, first, reading) = with(None, Some("1"), Some(2)).expect("there");
        assert_eq!((frames, step, first), (4, 6, 5));
        assert_eq!(reading.words(), "slice 2 of 3, channel 1 of 2");
        assert_eq!(
            (reading.axes.as_str(), &reading.others[..]),
            ("TZCHW", &["ZTCHW", "PZTHW", "THW"].map(String::from)[..])
        );
        let (frames, step, first, reading) = with(Some("PTCHW"), None, None).expect("slices as time");
        assert_eq!((frames, step, first), (3, 2, 0));
        assert!(reading.others.contains(&"TZCHW".to_owned()), "{reading:?}");
        assert_eq!(with(Some("THW"), None, None).expect("all").0, 24);
        assert!(with(None, None, Some(3)).expect_err("three").contains("--slice 3: 0 to 2"));
        assert!(with(Some("TCHW"), None, None).expect_err("three axes").contains("axes TCHW do not fit"));
        assert!(with(Some("WHT"), None, None).is_err());
        let named = parse(
            r#"<OME><Pixels SizeC="2" SizeT="4"><Channel Name="GFP"/><Channel ID="1" Name="RFP"/></Pixels></OME>"#,
        );
        let options = OpenOptions { channel: Some("rfp".to_owned()), ..OpenOptions::default() };
        assert_eq!(named.choose(8, &options).expect("there").0.reading.words(), "channel RFP of 2");
    }

    #[test]
    fn ome_axes_sizes_and_times_are_read() {
        let text = r#"<?xml version="1.0"?><OME><Image><Pixels ID="P:0" DimensionOrder="XYZCT" SizeC="2" SizeT="4" SizeX="8" SizeZ="3"
            PhysicalSizeX="0.5" PhysicalSizeY="0.25" TimeIncrement="40" TimeIncrementUnit="ms" Type="uint8"></Pixels></Image></OME>"#;
        let found = parse(text);
        assert_eq!(found.axes, [('T', 4), ('C', 2), ('Z', 3)]);
        assert_eq!(choose(&found, 24).0, (4, 6));
        assert_eq!(found.pixel.map(|(x, y)| (x * 1e6, y * 1e6)), Some((0.5, 0.25)));
        assert_eq!(found.time.rate(), Some(25.0));
        let colour = r#"<OME><Pixels SizeC="3" SizeT="4" SizeZ="1" /></OME>"#;
        let found = Description::parse(colour, PageSize { samples: 3, ..GREY });
        assert_eq!(found.axes, [('T', 4)], "colour within a page");
        assert_eq!(parse("<OME").axes, []);
        assert_eq!(parse(r#"<OME><Pixels SizeC=" SizeT='7"#).axes, [('T', 7)]);
    }

    #[test]
    fn times_of_planes_are_those_of_frames() {
        let planes = |last: &str| {
            let plane = |t: usize, at: &str| {
                format!(r#"<Plane TheC="0" TheZ="0" TheT="{t}" DeltaT="{at}" DeltaTUnit="ms"/>"#)
            };
            let other = r#"<Plane TheC="1" TheZ="0" TheT="0" DeltaT="7"/>"#;
            let planes = [plane(0, "100"), plane(1, "350.0"), other.to_owned(), plane(2, last)].concat();
            parse(&format!(r#"<OME><Pixels SizeT="3" TimeIncrement="0.25">{planes}</Pixels></OME>"#))
        };
        let uneven = planes("900");
        assert_eq!(uneven.time_of(3, 'T'), TimeAxis::Explicit([0.1, 0.35, 0.9].as_slice().into()));
        assert_eq!(uneven.time_of(2, 'T').rate(), Some(4.0), "another number of frames");
        assert_eq!(uneven.time_of(3, 'Z').rate(), Some(4.0));
        assert_eq!(planes("600").time_of(3, 'T').rate(), Some(4.0), "the interval says the same");
        let falling = planes("300");
        assert_eq!(falling.time_of(3, 'T').rate(), Some(4.0));
        assert!(falling.notes[0].contains("do not rise"), "{:?}", falling.notes);
        assert_eq!(planes("nan").time_of(3, 'T').rate(), Some(4.0));
    }

    #[test]
    fn tifffile_shapes_are_read() {
        let found = parse(r#"{"shape": [5, 2, 6, 8], "axes": "TCYX"}"#);
        assert_eq!((found.axes.as_slice(), found.images), (&[('T', 5), ('C', 2)][..], Some(10)));
        assert_eq!(choose(&found, 10).0, (5, 2));
        // Slices are a likelier time than channels, wherever they stand.
        let found = parse(r#"{"shape": [2, 5, 6, 8], "axes": "CZYX"}"#);
        assert_eq!(choose(&found, 10).0, (5, 1));
        let (choice, note) = choose(&parse(r#"{"shape": [5, 2, 6, 8]}"#), 10);
        assert_eq!(choice, all(10));
        assert!(note.as_deref().is_some_and(|n| n.contains("5 × 2 without naming")), "{note:?}");
        assert_eq!(choose(&parse(r#"{"shape": [10, 6, 8]}"#), 10), (all(10), None));
        for (shape, samples) in [("[4, 6, 8, 3]", 3), ("[4, 3, 6, 8]", 3), ("[4, 6, 8, 1]", 1)] {
            let page = PageSize { samples, ..GREY };
            let found = Description::parse(&format!(r#"{{"shape": {shape}}}"#), page);
            assert_eq!(found.axes, [('Q', 4)], "{shape}");
        }
        let broken = [
            r#"{"shape": [5, 6"#,
            r#"{"shape": [-1, 6, 8]}"#,
            r#"{"shape": 3, "axes": "#,
            "{",
            r#"{"shape": [99999999999999999999, 6, 8]}"#,
            "made by a camera",
        ];
        for text in broken {
            assert_eq!(parse(text), Description::default(), "{text}");
        }
        let huge = parse(r#"{"shape": [9999999999, 9999999999, 9999999999, 6, 8]}"#);
        assert_eq!(choose(&huge, 3).0, all(3));
    }
}
