//! PNM: bitmaps, grey and colour images of 8 and 16 bit, plain (P1 to P3), raw (P4 to P6) and PAM (P7).
//!
//! Read here and not by a crate: the samples lie in the file as they are, several raw images may follow each other in
//! one file (time), and values are kept where crates scale them to the full range. After the specifications of Netpbm
//! (`pbm`, `pgm`, `ppm`, `pam`).

mod header;

use std::ops::Range;

use blitz_core::{Channel, DType, FrameShape, SamplesMut};

use super::contract::{Codec, Format, Grain, Head, ImageSpec, check_same_size, differs, size_text};
use super::scratch::with_scratch;
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::ReadAt;
use crate::series::Series;
use crate::source::{OpenOptions, SourceInfo};
use header::Header;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "PNM",
    title: "PNM (PBM, PGM, PPM, PAM)",
    suffixes: &["pbm", "pgm", "ppm", "pnm", "pam"],
    depth: "1 to 16",
    reads: "1 to 16 bit grey and RGB, plain and raw; several raw images in a file as time",
    refuses: "alpha",
    holds_several: true,
    data_sets: "the images of a file, or an image in each file of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Rows,
    signatures: &[b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7"],
    open: |opening| match &opening.files[..] {
        [_] => OneFile::open(opening, &FORMAT, |file| {
            let images = Images::find(file, opening.options.max_frame_bytes)?;
            let info = SourceInfo::of(&images.spec, "PNM images", images.starts.len());
            Ok(Examined { info, faults: images.bad.clone(), frames: images })
        }),
        _ => Series::open(opening, &FORMAT, Box::new(PnmCodec)),
    },
};

/// The longest header: comments can have any length, but not any.
const HEADER: usize = 1 << 16;

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Decimal numbers; the digits 0 and 1 without anything between them in bitmaps.
    Plain,
    /// Bytes, or pairs of bytes with the high one first.
    Raw,
    /// Eight pixels per byte, the first in the highest bit, rows padded to whole bytes.
    Bits,
}

/// One image: what its header says, and where its samples begin.
#[derive(Clone, Debug, PartialEq)]
struct Image {
    coding: Coding,
    is_bitmap: bool,
    frame: FrameShape,
    /// Largest value of a sample.
    largest: u32,
    /// First byte of the samples.
    samples_at: u64,
    comments: Vec<String>,
}

impl Image {
    /// Reads the header at byte `at`, and checks that the file can hold what it claims.
    fn read(data: &dyn ReadAt, at: u64, limit: u64) -> Result<Self, String> {
        // Few headers are longer, and a file of small images has many.
        const USUAL: usize = 256;
        for longest in [USUAL, HEADER] {
            let rest = data.size().saturating_sub(at);
            let mut bytes = vec![0; longest.min(usize::try_from(rest).unwrap_or(longest))];
            data.read_exact_at(at, &mut bytes).map_err(|e| unreadable(&e))?;
            let mut header = Header { bytes: &bytes, at: 0, comments: Vec::new() };
            let image = Self::parse(&mut header, data.size(), at, limit);
            // A header that reaches the end of what was read may go on behind it.
            if header.at < bytes.len() || bytes.len() as u64 == rest {
                return image;
            }
        }
        Err(format!(
            "the header at byte {at} does not end within {HEADER} bytes: shorten its blanks and comments"
        ))
    }

    /// The same of the bytes at `at`, in a file of `size` bytes.
    fn parse(header: &mut Header<'_>, size: u64, at: u64, limit: u64) -> Result<Self, String> {
        let Some(kind) = kind(header.bytes) else {
            let found = String::from_utf8_lossy(&header.bytes[..header.bytes.len().min(8)]);
            return Err(format!(
                "byte {at} begins no image: {found:?} found, P and a digit from 1 to 7 expected"
            ));
        };
        header.at = 2;
        let (width, height, channels, largest) = match kind {
            b'7' => header.pam()?,
            b'1' | b'4' => (header.number("width")?, header.number("height")?, 1, 1),
            _ => {
                let size = (header.number("width")?, header.number("height")?);
                let channels = if matches!(kind, b'3' | b'6') { 3 } else { 1 };
                (size.0, size.1, channels, header.number("largest value")?)
            }
        };
        if !(1..=65_535).contains(&largest) {
            return Err(format!("the largest value is {largest}, it must be from 1 to 65535"));
        }
        if kind != b'7' && !header.bytes.get(header.at).is_some_and(u8::is_ascii_whitespace) {
            return Err("the header does not end with a blank".to_owned());
        }
        let skip = usize::from(kind != b'7');
        let coding = match kind {
            b'1'..=b'3' => Coding::Plain,
            b'4' => Coding::Bits,
            _ => Coding::Raw,
        };
        let image = Self {
            coding,
            is_bitmap: matches!(kind, b'1' | b'4'),
            frame: FrameShape::new(height as usize, width as usize, channels as usize),
            largest,
            samples_at: at + (header.at + skip) as u64,
            comments: std::mem::take(&mut header.comments),
        };
        ImageSpec::check_size(image.frame, image.dtype(), limit)?;
        let there = size.saturating_sub(image.samples_at);
        if image.least_bytes() > there {
            return Err(format!(
                "the file is cut short: {} need {} bytes from byte {} on, it has {there}",
                size_text(image.frame),
                image.least_bytes(),
                image.samples_at
            ));
        }
        // Plain samples are read with all that stands between them.
        if image.coding == Coding::Plain && there > limit.saturating_mul(8) {
            return Err(format!(
                "its {there} bytes are more than the limit of {limit} bytes per frame allows"
            ));
        }
        Ok(image)
    }

    fn dtype(&self) -> DType {
        if self.largest < 256 { DType::U8 } else { DType::U16 }
    }

    /// Bytes of the samples; of plain images, the fewest that they can have.
    fn least_bytes(&self) -> u64 {
        let samples = self.frame.samples() as u64;
        match self.coding {
            Coding::Bits => (self.frame.height * self.frame.width.div_ceil(8)) as u64,
            Coding::Raw => samples * self.dtype().size() as u64,
            Coding::Plain if self.is_bitmap => samples,
            Coding::Plain => 2 * samples - 1,
        }
    }

    /// First byte behind the image and the blanks that follow it; `None` where the file ends there.
    fn end(&self, data: &dyn ReadAt) -> Result<Option<u64>, String> {
        if self.coding != Coding::Plain {
            return past_blanks(data, self.samples_at + self.least_bytes());
        }
        self.with_text(data, |text| {
            for _ in 0..self.frame.samples() {
                // What is no sample is said where samples are read.
                let is_there = if self.is_bitmap { text.bit().is_ok() } else { !text.word().is_empty() };
                if !is_there {
                    return Ok(None);
                }
            }
            text.skip();
            Ok((text.at < text.bytes.len()).then(|| self.samples_at + text.at as u64))
        })
    }

    /// The image behind this one and its first byte; `None` where the file ends. Errors are the byte where there should
    /// be one, and why there is none.
    fn next(&self, data: &dyn ReadAt, limit: u64) -> Result<Option<(u64, Self)>, (u64, String)> {
        let end = self.end(data).map_err(|why| (self.samples_at + self.least_bytes(), why))?;
        let Some(at) = end else { return Ok(None) };
        if self.coding != Coding::Plain {
            return Self::read(data, at, limit).map(|image| Some((at, image))).map_err(|why| (at, why));
        }
        // Anything may stand behind a plain image, but an image that is not read would be missed.
        match begins_image(data, at) {
            Ok(false) => Ok(None),
            Ok(true) => Err((at, behind_plain(at))),
            Err(why) => Err((at, why)),
        }
    }

    /// Runs `f` on the text of a plain image, and all that stands behind it.
    fn with_text<R>(
        &self,
        data: &dyn ReadAt,
        f: impl FnOnce(&mut Header<'_>) -> Result<R, String>,
    ) -> Result<R, String> {
        let bytes = usize::try_from(data.size() - self.samples_at).unwrap_or(usize::MAX);
        with_scratch(bytes, |text| {
            data.read_exact_at(self.samples_at, text).map_err(|e| unreadable(&e))?;
            f(&mut Header { bytes: text, at: 0, comments: Vec::new() })
        })
    }

    fn spec(&self) -> ImageSpec {
        let mut notes: Vec<String> =
            self.comments.iter().take(4).map(|text| format!("The file says: {text}")).collect();
        if self.is_bitmap {
            notes.push("In the file 1 is black and 0 is white; the codes are kept.".to_owned());
        }
        ImageSpec {
            frame: self.frame,
            dtype: self.dtype(),
            channels: Channel::defaults(self.frame.channels),
            container_bits: 32 - self.largest.leading_zeros(),
            color_model: match (self.is_bitmap, self.frame.channels) {
                (true, _) => "bitmap",
                (false, 1) => "grey",
                _ => "RGB",
            },
            notes,
        }
    }

    /// Why it is no frame of a recording of such frames, if it is none.
    fn check(&self, spec: &ImageSpec) -> Result<(), String> {
        let found = self.spec();
        check_same_size(found.frame, spec.frame)?;
        if found.color_model != spec.color_model {
            return Err(differs("the colour model", found.color_model, spec.color_model));
        }
        // The same number is another share of the largest value there.
        if found.container_bits != spec.container_bits {
            let bits = |spec: &ImageSpec| format!("{} bit", spec.container_bits);
            return Err(differs("the depth", bits(&found), bits(spec)));
        }
        Ok(())
    }

    /// Reads the samples into `out`, which has the image's type and size.
    fn decode(&self, data: &dyn ReadAt, out: SamplesMut<'_>) -> Result<(), String> {
        match (self.coding, out) {
            (Coding::Raw, mut out) => self.read_raw(data, 0, &mut out),
            (Coding::Bits, SamplesMut::U8(out)) => with_scratch(self.frame.width.div_ceil(8), |line| {
                let rows = out.chunks_exact_mut(self.frame.width);
                for (at, row) in (self.samples_at..).step_by(line.len()).zip(rows) {
                    data.read_exact_at(at, line).map_err(|e| unreadable(&e))?;
                    for (x, sample) in row.iter_mut().enumerate() {
                        *sample = line[x / 8] >> (7 - x % 8) & 1;
                    }
                }
                Ok(())
            }),
            (Coding::Plain, out) => self.with_text(data, |text| match out {
                SamplesMut::U8(out) => self.plain(text, out, |value| value as u8),
                SamplesMut::U16(out) => self.plain(text, out, |value| value as u16),
                _ => Err(WRONG_TYPE.to_owned()),
            }),
            _ => Err(WRONG_TYPE.to_owned()),
        }
    }

    /// Reads rows of raw samples; nothing else can fail in the others, since the file is known to hold them. `None` for
    /// other codings.
    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        (self.coding == Coding::Raw).then(|| self.read_raw(data, rows.start, out))
    }

    /// Fills `out` with raw samples from row `first` on.
    fn read_raw(&self, data: &dyn ReadAt, first: usize, out: &mut SamplesMut<'_>) -> Result<(), String> {
        let at = self.samples_at + (first * self.frame.row() * self.dtype().size()) as u64;
        data.read_exact_at(at, out.bytes()).map_err(|e| unreadable(&e))?;
        if let SamplesMut::U16(samples) = out {
            for sample in samples.iter_mut() {
                *sample = u16::from_be(*sample);
            }
        }
        Ok(())
    }

    fn plain<S>(&self, text: &mut Header<'_>, out: &mut [S], to: impl Fn(u32) -> S) -> Result<(), String> {
        for (i, sample) in out.iter_mut().enumerate() {
            let value = if self.is_bitmap { text.bit() } else { text.number("sample") };
            let value = value.map_err(|why| format!("sample {i}: {why}"))?;
            if value > self.largest {
                return Err(format!("sample {i} is {value}, the largest value is {}", self.largest));
            }
            *sample = to(value);
        }
        Ok(())
    }
}

/// Why bytes that should be there cannot be read: a file that ends is another matter than a disk that fails.
fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => format!("the file is cut short: {error}"),
        _ => format!("the file cannot be read: {error}"),
    }
}

/// The digit of an image's first two bytes.
fn kind(start: &[u8]) -> Option<u8> {
    match start {
        [b'P', kind @ b'1'..=b'7', ..] => Some(*kind),
        _ => None,
    }
}

/// The first byte from `at` on that is no blank; `None` where the file ends before.
fn past_blanks(data: &dyn ReadAt, mut at: u64) -> Result<Option<u64>, String> {
    let mut bytes = [0; 1024];
    loop {
        let rest = usize::try_from(data.size().saturating_sub(at)).unwrap_or(usize::MAX);
        let bytes = &mut bytes[..rest.min(1024)];
        if bytes.is_empty() {
            return Ok(None);
        }
        data.read_exact_at(at, bytes).map_err(|e| unreadable(&e))?;
        if let Some(blanks) = bytes.iter().position(|b| !b.is_ascii_whitespace()) {
            return Ok(Some(at + blanks as u64));
        }
        at += bytes.len() as u64;
    }
}

/// Whether an image begins at byte `at`.
fn begins_image(data: &dyn ReadAt, at: u64) -> Result<bool, String> {
    let mut start = [0; 2];
    if at.saturating_add(2) > data.size() {
        return Ok(false);
    }
    data.read_exact_at(at, &mut start).map_err(|e| unreadable(&e))?;
    Ok(kind(&start).is_some())
}

fn behind_plain(at: u64) -> String {
    format!(
        "another image begins at byte {at}, and a plain one must be alone in its file: write the images raw (P4 to P6)"
    )
}

const WRONG_TYPE: &str = "PNM samples have 8 or 16 bits";

/// Where the images of a file begin.
#[derive(Debug)]
struct Images {
    limit: u64,
    starts: Vec<u64>,
    spec: ImageSpec,
    /// Those that are no frames, and why.
    bad: Vec<(usize, String)>,
}

impl Images {
    /// Reads all headers. Cost: one read for each raw image, and all of a plain one.
    fn find(data: &dyn ReadAt, limit: u64) -> Result<Self, String> {
        let mut image = Image::read(data, 0, limit)?;
        let mut found = Self { limit, starts: vec![0], spec: image.spec(), bad: Vec::new() };
        let breaks_off = loop {
            match image.next(data, limit) {
                Ok(None) => break None,
                Err(broken) => break Some(broken),
                Ok(Some((at, next))) => {
                    let frame = found.starts.len();
                    found.bad.extend(next.check(&found.spec).err().map(|why| (frame, why)));
                    found.starts.push(at);
                    image = next;
                }
            }
        };
        let whole = found.starts.len();
        found.starts.extend(breaks_off.iter().map(|(at, _)| *at));
        let notes = &mut found.spec.notes;
        let (count, bad) = (found.starts.len(), found.bad.len());
        if count > 1 {
            notes.push(format!("The file holds {count} images, read along time."));
        }
        if let Some((frame, why)) = found.bad.first() {
            let what = "are not like the first and count as failed frames";
            notes.push(format!("{bad} of {count} images {what}; the first of them is frame {frame}: {why}."));
        }
        if let Some((_, why)) = breaks_off {
            notes.push(format!("The file breaks off after {whole} frames: {why}; what follows is not read."));
            found.bad.push((whole, why));
        }
        Ok(found)
    }
}

impl Frames for Images {
    fn decode(&self, data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        self.image(data, frame)?.decode(data, out)
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        match self.image(data, frame) {
            Ok(image) => image.decode_rows(data, rows, out),
            Err(reason) => Some(Err(reason)),
        }
    }
}

impl Images {
    fn image(&self, data: &dyn ReadAt, frame: usize) -> Result<Image, String> {
        if let Ok(i) = self.bad.binary_search_by_key(&frame, |&(frame, _)| frame) {
            return Err(self.bad[i].1.clone());
        }
        let image = Image::read(data, self.starts[frame], self.limit)?;
        image.check(&self.spec)?;
        Ok(image)
    }
}

/// A folder of files with one image each.
#[derive(Debug)]
struct PnmCodec;

impl PnmCodec {
    /// The image of a file, and the first byte of what stands behind it.
    fn only_image(data: &dyn ReadAt, limit: u64) -> Result<(Image, Option<u64>), String> {
        let image = Image::read(data, 0, limit)?;
        let end = image.end(data)?;
        if let Some(at) = end
            && begins_image(data, at)?
        {
            let why = "it holds several images; in a folder each file is one frame: open it alone";
            return Err(why.to_owned());
        }
        Ok((image, end))
    }

    /// The image of a file, which must be what `spec` says.
    fn image_of(data: &dyn ReadAt, spec: &ImageSpec, limit: u64) -> Result<Image, String> {
        let (image, _) = Self::only_image(data, limit)?;
        image.check(spec)?;
        Ok(image)
    }
}

impl Codec for PnmCodec {
    fn series_name(&self) -> &'static str {
        "PNM files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let (image, behind) = Self::only_image(data, options.max_frame_bytes)?;
        let mut samples = blitz_core::Samples::zeros(image.dtype(), image.frame.samples());
        image.decode(data, samples.as_mut())?;
        let mut spec = image.spec();
        if let Some(at) = behind.filter(|_| image.coding != Coding::Plain) {
            let what = "Something that is no image stands behind the image of the first file";
            spec.notes.push(format!("{what}, from byte {at} on; it is not read."));
        }
        Ok(spec)
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        Some(Self::only_image(data, options.max_frame_bytes).map(|(image, _)| Head::of(&image.spec())))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        Self::image_of(data, spec, limit)?.decode(data, out)
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        match Self::image_of(data, spec, limit) {
            Ok(image) => image.decode_rows(data, rows, out),
            Err(reason) => Some(Err(reason)),
        }
    }
}

/// Reads the first and the last image of arbitrary bytes.
pub(crate) fn try_bytes(data: &dyn ReadAt, limit: u64) {
    let Ok(images) = Images::find(data, limit) else { return };
    for frame in [0, images.starts.len() - 1] {
        let mut out = blitz_core::Samples::zeros(images.spec.dtype, images.spec.frame.samples());
        let _ = images.decode(data, frame, out.as_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file on a disk that fails from a byte on.
    struct Failing<'a>(&'a [u8], usize);

    impl ReadAt for Failing<'_> {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
            if offset as usize + buf.len() > self.1 {
                return Err(std::io::Error::other("the disk fails"));
            }
            self.0.read_at(offset, buf)
        }
    }

    #[test]
    fn a_disk_that_fails_is_no_end_of_a_file() {
        let images = b"P5 2 2 255\nabcdP5 2 2 255\nefgh".repeat(20);
        let why = Images::find(&Failing(&images, 10), 1 << 20).expect_err("nothing can be read");
        assert!(why.contains("cannot be read: the disk fails"), "{why}");
        let found = Images::find(&Failing(&images, 300), 1 << 20).expect("its first images can be read");
        let [(frame, why)] = &found.bad[..] else { panic!("{:?}", found.bad) };
        assert!(*frame == found.starts.len() - 1 && why.contains("the disk fails"), "{:?}", found.bad);
        assert!(
            found.spec.notes.iter().any(|note| note.contains("the disk fails")),
            "{:?}",
            found.spec.notes
        );

        let codec = PnmCodec;
        let one = [&images[..15], &[b' '; 2000]].concat();
        let why = codec.probe(&Failing(&one, 300), &OpenOptions::default()).expect_err("what follows?");
        assert!(why.contains("the disk fails"), "{why}");
        let whole = Failing(&one, one.len());
        assert_eq!(codec.probe(&whole, &OpenOptions::default()).map(|spec| spec.notes), Ok(vec![]));
    }
}
