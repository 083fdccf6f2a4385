//! BMP: palettes, run lengths, 16 to 32 bit colours with any masks, alpha, headers of Windows and OS/2.
//!
//! Read here and not by the crate `image`, which has other values than Pillow for 5 and 6 bits, and no masks of more than
//! 8 bits. Values are those of the file; only colours of fewer than 8 bits, and of unequal ones above, are spread, with a
//! note. Alpha that is opaque everywhere, or 0 everywhere, is dropped and noted; other alpha is kept. Which of the two
//! holds is decided on the first frame.

mod fields;
mod header;
mod runs;

use blitz_core::{Channel, Samples, SamplesMut};

use self::header::{Coding, Header};
use super::alpha;
use super::contract::{Codec, Format, Grain, Head, ImageSpec, check_same_size, differs};
use crate::read_at::{ReadAt, with_all_bytes};
use crate::series::Series;
use crate::source::OpenOptions;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "BMP",
    title: "BMP",
    suffixes: &["bmp"],
    depth: "1, 2, 4, 8; with masks up to 16",
    reads: "1 to 8 bit grey and palette, run lengths; 16, 24 and 32 bit RGB with any masks, alpha; headers of Windows and \
            OS/2",
    refuses: "JPEG or PNG inside, CMYK, 64 bit; Huffman coding and RLE24 of OS/2",
    holds_several: false,
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"BM"],
    open: |opening| Series::open(opening, &FORMAT, Box::new(BmpCodec)),
};

#[derive(Debug)]
pub(crate) struct BmpCodec;

impl Codec for BmpCodec {
    fn series_name(&self) -> &'static str {
        "BMP files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let limit = options.max_frame_bytes;
        with_all_bytes(data, limit.saturating_mul(2), |bytes| {
            let Image { header, stored } = Image::parse(bytes, limit)?;
            let mut notes = header.notes.clone();
            let keeps_alpha = match stored.alpha(&header) {
                Alpha::None => false,
                Alpha::Opaque => {
                    notes.push(alpha::DROPPED.to_owned());
                    false
                }
                Alpha::Unused => {
                    notes.push(
                        "The alpha channel is 0 everywhere in the first frame, as programs leave it that do not use it, \
                         and was dropped."
                            .to_owned(),
                    );
                    false
                }
                Alpha::Used => true,
            };
            let frame = header.shape(keeps_alpha);
            let mut pixels = Samples::zeros(header.dtype(), frame.samples());
            stored.spread(&header, frame.channels, pixels.as_mut())?;
            notes.extend(stored.notes(&header));
            let color_model = match (header.has_palette(), keeps_alpha) {
                (true, _) => "palette",
                (false, false) => "RGB",
                (false, true) => "RGB with alpha",
            };
            Ok(ImageSpec {
                frame,
                dtype: header.dtype(),
                channels: Channel::defaults(frame.channels),
                container_bits: header.bits_of_values(),
                color_model,
                notes,
            })
        })
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        let mut start = vec![0; data.size().min(header::LONGEST) as usize];
        let read = data.read_exact_at(0, &mut start).map_err(|e| e.to_string());
        Some(read.and_then(|()| {
            let header = Header::read(&start, data.size(), options.max_frame_bytes)?;
            Ok(Head {
                shape: header.shape(false),
                dtype: header.dtype(),
                bits: header.bits_of_values(),
                has_alpha: header.has_alpha(),
                has_palette: header.has_palette(),
                frames: 1,
                turn: super::orientation::Orientation::default(),
            })
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        with_all_bytes(data, limit.saturating_mul(2), |bytes| {
            let Image { header, stored } = Image::parse(bytes, limit)?;
            check(&header, &stored, spec)?;
            stored.spread(&header, spec.frame.channels, out)
        })
    }
}

/// Refuses a frame that is not what its recording is.
fn check(header: &Header, stored: &Stored<'_>, spec: &ImageSpec) -> Result<(), String> {
    check_same_size(header.shape(false), spec.frame)?;
    if header.bits_of_values() != spec.container_bits {
        let bits = |bits: u32| format!("{bits} bit");
        return Err(differs("the depth", bits(header.bits_of_values()), bits(spec.container_bits)));
    }
    let wants_alpha = spec.frame.channels == 4;
    let (found, expected) = (header.colours(), spec.frame.channels - usize::from(wants_alpha));
    // A grey palette among colour images still has its colours.
    if found > expected || (found < expected && !header.has_palette()) {
        let name = |n| if n == 1 { "grey" } else { "colour" };
        return Err(differs("the colour model", name(found), name(expected)));
    }
    match (wants_alpha, stored.alpha(header)) {
        (true, Alpha::None) => Err("the image has no alpha channel, the recording has one".to_owned()),
        (false, Alpha::Used) => Err(alpha::NOT_OPAQUE.to_owned()),
        _ => Ok(()),
    }
}

/// What alpha says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alpha {
    None,
    Opaque,
    /// 0 everywhere.
    Unused,
    Used,
}

/// A file whose claims are those of its bytes.
struct Image<'a> {
    header: Header,
    stored: Stored<'a>,
}

impl<'a> Image<'a> {
    fn parse(bytes: &'a [u8], limit: u64) -> Result<Self, String> {
        let header = Header::read(bytes, bytes.len() as u64, limit)?;
        let stored = Stored::find(bytes, &header)?;
        Ok(Self { header, stored })
    }
}

/// The bytes of the pixels.
enum Stored<'a> {
    /// Rows, each but the last with what fills it up to four bytes.
    Rows(&'a [u8]),
    Runs(&'a [u8], runs::Walked),
}

impl<'a> Stored<'a> {
    fn find(bytes: &'a [u8], header: &Header) -> Result<Self, String> {
        let Header { height, width, bits, pixels_at: at, .. } = *header;
        let rest = bytes.get(at..).unwrap_or_default();
        if matches!(header.coding, Coding::Runs) {
            // Once without writing, so that memory is taken only for pictures that are whole.
            let walked = runs::walk(rest, bits, [height, width], |_, _, _, _| Ok(()))?;
            return Ok(Self::Runs(rest, walked));
        }
        // No pixel is missing where only what fills the last row up is.
        let needed = header.stride().checked_mul(height - 1).map(|n| n + (width * bits).div_ceil(8));
        let needed = needed.ok_or("the image is too large")?;
        rest.get(..needed).map(Self::Rows).ok_or_else(|| {
            format!(
                "the file is cut short: its pixels need {needed} bytes from byte {at} on, it has {}",
                bytes.len()
            )
        })
    }

    /// Stored rows with their places from the top.
    fn rows(&self, header: &Header) -> impl Iterator<Item = (usize, &'a [u8])> {
        let rows = if let Self::Rows(rows) = self { *rows } else { &[] };
        let (bottom_up, height) = (header.bottom_up, header.height);
        let lines = rows.chunks(header.stride()).enumerate();
        lines.map(move |(y, line)| (if bottom_up { height - 1 - y } else { y }, line))
    }

    fn alpha(&self, header: &Header) -> Alpha {
        let Some(fields) = header.fields().filter(|fields| fields.has_alpha()) else { return Alpha::None };
        let line = header.width * fields.bytes;
        let ranges = self.rows(header).map(|(_, row)| fields.alpha_range(&row[..line]));
        match ranges.fold((u64::MAX, 0), |(a, b), (low, high)| (a.min(low), b.max(high))) {
            (low, _) if low == fields.full() => Alpha::Opaque,
            (_, 0) => Alpha::Unused,
            _ => Alpha::Used,
        }
    }

    /// Writes the pixels, top row first: `channels` values each, 1 only for a grey palette, 4 with alpha.
    fn spread(&self, header: &Header, channels: usize, out: SamplesMut<'_>) -> Result<(), String> {
        let row = header.width * channels;
        let place = |y: usize| y * row..(y + 1) * row;
        match (&header.coding, out) {
            (Coding::Colours(fields), SamplesMut::U8(out)) => {
                self.rows(header).for_each(|(y, line)| fields.spread_u8(line, channels, &mut out[place(y)]));
                Ok(())
            }
            (Coding::Colours(fields), SamplesMut::U16(out)) => {
                self.rows(header).for_each(|(y, line)| fields.spread_u16(line, channels, &mut out[place(y)]));
                Ok(())
            }
            (Coding::Indices, SamplesMut::U8(out)) => self.rows(header).try_for_each(|(y, line)| {
                let bits = header.bits;
                let pixels = out[place(y)].chunks_exact_mut(channels).enumerate();
                pixels.into_iter().try_for_each(|(x, pixel)| {
                    let bit = x * bits;
                    let index = usize::from(line[bit / 8] >> (8 - bits - bit % 8)) & ((1 << bits) - 1);
                    colour(header, index, channels).map(|entry| pixel.copy_from_slice(entry))
                })
            }),
            (Coding::Runs, SamplesMut::U8(out)) => self.spread_runs(header, channels, out),
            _ => Err("the samples of the file are of another type than the recording's".to_owned()),
        }
    }

    fn spread_runs(&self, header: &Header, channels: usize, out: &mut [u8]) -> Result<(), String> {
        let Self::Runs(data, _) = self else { return Ok(()) };
        let Header { height, width, bits, bottom_up, .. } = *header;
        let skipped = colour(header, 0, channels)?;
        out.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(skipped));
        let draw = |y: usize, x: usize, count: usize, run: runs::Run<'_>| {
            let y = if bottom_up { height - 1 - y } else { y };
            let pixels = &mut out[(y * width + x) * channels..][..count * channels];
            pixels.chunks_exact_mut(channels).enumerate().try_for_each(|(i, pixel)| {
                colour(header, run.index(i, bits), channels).map(|entry| pixel.copy_from_slice(entry))
            })
        };
        runs::walk(data, bits, [height, width], draw).map(|_| ())
    }

    /// What is to be said of the values.
    fn notes(&self, header: &Header) -> Vec<String> {
        let mut notes = Vec::new();
        match (header.fields(), self) {
            (Some(fields), _) => {
                notes.extend(fields.note());
                if fields.bytes == 4 && fields.bits == 8 && !fields.has_alpha() {
                    notes.push("The unused fourth byte of each pixel was dropped.".to_owned());
                }
            }
            (None, Self::Runs(_, walked)) => {
                let skipped = header.height * header.width - walked.drawn;
                if skipped > 0 {
                    notes.push(format!(
                        "{skipped} pixels of the first frame are stepped over by its run lengths; they have the first \
                         colour of the palette, as most programs show them."
                    ));
                }
                if !walked.has_end {
                    notes.push(
                        "The end marker of the run lengths is missing; the pixels are whole.".to_owned(),
                    );
                }
            }
            (None, Self::Rows(_)) => {}
        }
        if header.colours() == 1 {
            notes
                .push("The palette is a pure grey ramp: its grey values are read as one channel.".to_owned());
        }
        notes
    }
}

/// The first `channels` values of a palette entry.
fn colour(header: &Header, index: usize, channels: usize) -> Result<&[u8], String> {
    header.palette.get(index).map(|entry| &entry[..channels]).ok_or_else(|| {
        format!("a pixel has palette index {index}, the palette has {} colours", header.palette.len())
    })
}
