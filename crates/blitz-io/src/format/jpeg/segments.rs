//! What the segments of a JPEG file say, before any decoder sees it.
//!
//! The file is walked to its end, because a decoder alone may fill with grey what is missing. What belongs to no segment
//! is left out and what says nothing of the pixels is mended ([`Image::stream`]), so that any warning of the
//! decoder is one about pixels.

use std::borrow::Cow;
use std::ops::Range;

use blitz_core::{DType, FrameShape};

use super::super::contract::{ImageSpec, size_text};
use super::super::exif;
use super::super::orientation::Orientation;
use super::FORMAT;

/// The file ends before its image does.
pub(super) const CUT: &str = "the file is cut short: its end-of-image marker is missing";

/// Marker that ends an image.
const END: [u8; 2] = [0xff, 0xd9];

/// What the samples of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    Grey,
    /// Luma and chroma.
    YCbCr,
    Rgb,
    Cmyk,
    /// CMYK, of which the first three are stored as luma and chroma.
    Ycck,
}

/// One component of the frame header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors.
    pub(super) across: u8,
    pub(super) down: u8,
}

/// What the segments of a file say.
#[derive(Debug)]
pub(super) struct Image {
    /// As it is stored, with the channels that are read.
    pub(super) frame: FrameShape,
    pub(super) colours: Colours,
    pub(super) components: Vec<Component>,
    pub(super) is_progressive: bool,
    pub(super) is_arithmetic: bool,
    /// How the picture is to be turned.
    pub(super) turn: Orientation,
    pub(super) scans: usize,
    /// Whether the end-of-image marker is there.
    pub(super) has_end: bool,
    /// Body of the first scan's header.
    scan: Range<usize>,
    /// Where the end-of-image marker stands, or what there is ends.
    end: usize,
    /// Bytes that belong to no segment.
    stray: Vec<Range<usize>>,
    /// Bytes that say nothing of the pixels, and what decoders expect there.
    mends: Vec<(usize, u8)>,
}

impl Image {
    pub(super) fn stray_note(&self) -> Option<String> {
        let first = self.stray.first()?;
        let count: usize = self.stray.iter().map(Range::len).sum();
        let bytes = if count == 1 { "byte stands" } else { "bytes stand" };
        Some(format!("{count} {bytes} between the segments, from byte {} on, and were skipped.", first.start))
    }

    /// The file from its first marker to its last, and nothing else.
    pub(super) fn stream<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.stray.is_empty() && self.mends.is_empty() && self.has_end {
            return Cow::Borrowed(&bytes[..self.end + END.len()]);
        }
        let mut clean = bytes[..self.end].to_vec();
        for &(at, byte) in &self.mends {
            clean[at] = byte;
        }
        for stray in self.stray.iter().rev() {
            clean.drain(stray.clone());
        }
        if !self.has_end {
            trim_zeros(&mut clean);
        }
        clean.extend(END);
        Cow::Owned(clean)
    }

    /// The same without zeros that some devices write between the last scan's data and the end; `None` if there are none.
    #[cfg(feature = "turbojpeg")]
    pub(super) fn stream_without_padding(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut clean = self.stream(bytes).into_owned();
        clean.truncate(clean.len() - END.len());
        let whole = clean.len();
        trim_zeros(&mut clean);
        let is_padded = clean.len() < whole;
        clean.extend(END);
        is_padded.then_some(clean)
    }

    /// How many pixels of a row and of a column share their colours, as it is usually written: `4:2:0`.
    pub(super) fn model(&self) -> &'static str {
        match self.colours {
            Colours::Grey => "grey",
            Colours::Rgb => "RGB",
            Colours::Cmyk => "CMYK",
            Colours::Ycck => "YCCK",
            Colours::YCbCr => match self.components.as_slice() {
                [y, b, r] if (b.across, b.down) == (r.across, r.down) => {
                    match (y.across, y.down, b.across, b.down) {
                        (2, 2, 1, 1) => "YCbCr 4:2:0",
                        (2, 1, 1, 1) | (2, 2, 1, 2) => "YCbCr 4:2:2",
                        (4, 1, 1, 1) => "YCbCr 4:1:1",
                        (1, 2, 1, 1) | (2, 2, 2, 1) => "YCbCr 4:4:0",
                        (a, b, c, d) if (a, b) == (c, d) => "YCbCr 4:4:4",
                        _ => "YCbCr",
                    }
                }
                _ => "YCbCr",
            },
        }
    }
}

fn trim_zeros(bytes: &mut Vec<u8>) {
    let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    // A stuffed zero belongs to the byte before it.
    let kept = usize::from(zeros > 0 && bytes.iter().rev().nth(zeros) == Some(&0xff));
    bytes.truncate(bytes.len() - zeros + kept);
}

/// Which coefficients the scans so far hold.
struct Coverage {
    /// Bits of each coefficient of each component that are still missing below those that are there; `None` where nothing
    /// is there.
    missing: Vec<[Option<u8>; 64]>,
}

impl Coverage {
    /// Takes in a scan's header.
    fn add(&mut self, image: &Image, header: &[u8]) {
        let Some((&count, rest)) = header.split_first() else { return };
        let (selectors, rest) = rest.split_at(rest.len().min(2 * usize::from(count)));
        let (first, last, low) = match *rest {
            [first, last, bits, ..] if image.is_progressive => (first, last.min(63), bits & 15),
            _ => (0, 63, 0),
        };
        for selector in selectors.chunks_exact(2) {
            for (component, missing) in image.components.iter().zip(&mut self.missing) {
                if component.id == selector[0] && first <= last {
                    missing[usize::from(first)..=usize::from(last)].fill(Some(low));
                }
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.missing.iter().flatten().all(|&bits| bits == Some(0))
    }
}

/// Walks all segments to the end of the image.
pub(super) fn walk(bytes: &[u8], limit: u64) -> Result<Image, String> {
    /// What libjpeg takes for an attack; encoders write some ten.
    const SCANS: usize = 500;
    let mut image = headers(bytes, bytes.len() as u64, limit)?;
    let mut coverage = Coverage { missing: vec![[None; 64]; image.components.len()] };
    coverage.add(&image, &bytes[image.scan.clone()]);
    let mut at = image.scan.end;
    let mut in_scan = true;
    image.end = loop {
        let Some((marker, after)) = next_marker(bytes, at) else { break bytes.len() };
        let begin = start_of(bytes, at, after);
        if !in_scan && begin > at {
            image.stray.push(at..begin);
        }
        match marker {
            0xd9 => {
                image.has_end = true;
                break after - END.len();
            }
            0x01 | 0xd0..=0xd8 => {
                at = after;
                continue;
            }
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err("the file holds more than one image".to_owned());
            }
            _ => {}
        }
        let Ok(body) = segment(bytes, after) else { break begin };
        in_scan = marker == 0xda;
        if in_scan {
            image.scans += 1;
            if image.scans > SCANS {
                return Err(format!(
                    "the image has more than {SCANS} scans, far more than any encoder writes"
                ));
            }
            coverage.add(&image, body);
            image.mend_scan(after + 2, body);
        }
        at = after + 2 + body.len();
    };
    match (coverage.is_complete(), image.has_end) {
        // Arithmetic coding leaves out zeros at its end: nothing tells a cut.
        (true, true) => Ok(image),
        (true, false) if !image.is_arithmetic => Ok(image),
        (_, false) => Err(CUT.to_owned()),
        (false, true) => {
            Err("scans are missing: those that are there hold only a part of the image".to_owned())
        }
    }
}

impl Image {
    /// Sequential scans hold all coefficients, whatever their header says of it.
    fn mend_scan(&mut self, start: usize, header: &[u8]) {
        const ALL: [u8; 3] = [0, 63, 0];
        let at = 1 + 2 * header.first().map_or(0, |&count| usize::from(count));
        if let (false, Some(found)) = (self.is_progressive, header.get(at..at + ALL.len())) {
            let wrong = found.iter().zip(ALL).enumerate().filter(|(_, (found, all))| **found != *all);
            self.mends.extend(wrong.map(|(i, (_, all))| (start + at + i, all)));
        }
    }
}

/// The body of the segment whose length stands at `at`.
pub(super) fn segment(bytes: &[u8], at: usize) -> Result<&[u8], String> {
    let length = bytes.get(at..at + 2).ok_or(CUT)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
    Ok(bytes.get(at + 2..at + length).ok_or(CUT)?)
}

/// Where a marker begins that ends at `after`: with the fill bytes before it.
pub(super) fn start_of(bytes: &[u8], from: usize, after: usize) -> usize {
    let fill = bytes[from..after - 1].iter().rev().take_while(|&&b| b == 0xff).count();
    after - 1 - fill
}

/// Walks the segments up to the first scan, in a file of `size` bytes that begins with `bytes`.
pub(super) fn headers(bytes: &[u8], size: u64, limit: u64) -> Result<Image, String> {
    const EXIF: &[u8] = b"Exif\0\0";
    FORMAT.check_start(&bytes)?;
    let mut at = 2;
    let mut frame: Option<(u8, FrameShape, Vec<Component>)> = None;
    let (mut turn, mut stray, mut mends) = (None, Vec::new(), Vec::new());
    let (mut has_jfif, mut adobe) = (false, None);
    loop {
        let (marker, after) = next_marker(bytes, at).ok_or(CUT)?;
        // Fill bytes may precede a marker; what else does belongs to nothing.
        let begin = start_of(bytes, at, after);
        if begin > at {
            stray.push(at..begin);
        }
        at = after;
        match marker {
            0xd9 => return Err("the file has headers, but no image".to_owned()),
            0x01 | 0xd0..=0xd8 => continue,
            _ => {}
        }
        let body = segment(bytes, at)?;
        match marker {
            0xc0..=0xc2 | 0xc9 | 0xca => {
                if frame.is_some() {
                    return Err("the file holds more than one image".to_owned());
                }
                let (found, components) = frame_header(body, size, limit)?;
                frame = Some((marker, found, components));
            }
            0xc3 | 0xcb => return Err("lossless JPEG is not read".to_owned()),
            0xc5..=0xc7 | 0xcd..=0xcf => return Err("hierarchical JPEG is not read".to_owned()),
            0xf7 => return Err("JPEG-LS is not read".to_owned()),
            0xe0 if body.len() >= 14 && body.starts_with(b"JFIF\0") => {
                has_jfif = true;
                // Libraries complain of versions that they do not know.
                if body[5] != 1 {
                    mends.push((at + 7, 1));
                }
            }
            0xe1 if turn.is_none() => turn = body.strip_prefix(EXIF).map(exif::orientation),
            0xee if body.len() >= 12 && body.starts_with(b"Adobe") => adobe = Some(body[11]),
            _ => {}
        }
        let start = at + 2;
        at = start + body.len();
        if marker == 0xda {
            let (marker, frame, components) = frame.ok_or("the file has no frame header")?;
            let mut image = Image {
                frame,
                colours: colours(&components, has_jfif, adobe)?,
                components,
                is_progressive: matches!(marker, 0xc2 | 0xca),
                is_arithmetic: marker >= 0xc9,
                turn: turn.flatten().unwrap_or_default(),
                scans: 1,
                has_end: false,
                scan: start..at,
                end: at,
                stray,
                mends,
            };
            image.mend_scan(start, body);
            super::check(&image)?;
            return Ok(image);
        }
    }
}

/// What the components are, as libjpeg decides. It only warns of codes that Adobe does not define, and guesses.
fn colours(components: &[Component], has_jfif: bool, adobe: Option<u8>) -> Result<Colours, String> {
    let ids: Vec<u8> = components.iter().map(|component| component.id).collect();
    match (components.len(), adobe) {
        (3, Some(code @ 2..)) if !has_jfif => return Err(unknown_transform(code, 1)),
        (4, Some(code)) if code != 0 && code != 2 => return Err(unknown_transform(code, 2)),
        _ => {}
    }
    Ok(match (components.len(), adobe) {
        (1, _) => Colours::Grey,
        (4, None | Some(0)) => Colours::Cmyk,
        (4, Some(_)) => Colours::Ycck,
        (_, Some(0)) if !has_jfif => Colours::Rgb,
        (_, None) if !has_jfif && ids == *b"RGB" => Colours::Rgb,
        _ => Colours::YCbCr,
    })
}

fn unknown_transform(code: u8, other: u8) -> String {
    format!("the Adobe transform code of its colours is {code}, 0 or {other} expected: they cannot be told")
}

/// The next marker at or after `at` and the offset behind it; stuffed zeros are data.
pub(super) fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)?;
        match *bytes.get(at + 1)? {
            0x00 => at += 2,
            0xff => at += 1,
            marker => return Some((marker, at + 2)),
        }
    }
}

fn frame_header(segment: &[u8], file: u64, limit: u64) -> Result<(FrameShape, Vec<Component>), String> {
    /// Even a progressive image of one flat colour needs a bit per block of 64 pixels.
    const PIXELS_PER_BYTE: u64 = 1024;
    let &[precision, h1, h0, w1, w0, count, ref components @ ..] = segment else {
        return Err("the frame header is too short".to_owned());
    };
    if precision != 8 {
        return Err(format!("{precision}-bit JPEG is not read, only 8-bit"));
    }
    // CMYK becomes RGB.
    let channels = match count {
        1 => 1,
        3 | 4 => 3,
        n => return Err(format!("JPEG with {n} components is not read")),
    };
    let frame = FrameShape::new(
        usize::from(u16::from_be_bytes([h1, h0])),
        usize::from(u16::from_be_bytes([w1, w0])),
        channels,
    );
    ImageSpec::check_size(frame, DType::U8, limit)?;
    if frame.pixels() as u64 / PIXELS_PER_BYTE > file {
        return Err(format!("the file claims {}, but its {file} bytes cannot hold them", size_text(frame)));
    }
    let components: Vec<Component> = components
        .chunks_exact(3)
        .map(|c| Component { id: c[0], across: c[1] >> 4, down: c[1] & 15 })
        .collect();
    if components.len() != usize::from(count) {
        return Err(format!("the frame header says {count} components and lists {}", components.len()));
    }
    Ok((frame, components))
}
