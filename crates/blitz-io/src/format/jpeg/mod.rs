//! JPEG: 8-bit grey and colour, baseline and progressive, by the system's libjpeg-turbo or, in programs built without
//! it, in Rust.
//!
//! Grey stays one channel. The file is walked to its end first ([`segments`]). JPEG carries no checksums: damage that
//! still decodes cannot be seen; whatever a decoder complains of fails the frame.

mod facts;
mod huffman;
mod idct;
mod inside;
mod luma;
mod segments;

#[cfg(any(test, not(feature = "turbojpeg")))]
mod pure;
#[cfg(feature = "turbojpeg")]
mod turbo;

use blitz_core::{Channel, DType, FrameShape, SamplesMut, SamplesRef};

use super::contract::{Codec, Format, Grain, Head, ImageSpec, TAKEN, check_same_size, differs};
use super::orientation::Orientation;
use super::scratch::with_scratch;
use crate::facts::Facts;
use crate::read_at::{ReadAt, with_all_bytes};
use crate::series::Series;
use crate::source::OpenOptions;
pub(crate) use inside::{Components, Expected, decode_inside};
use segments::{CUT, Colours, Image, headers, walk};

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "JPEG",
    title: "JPEG",
    suffixes: &["jpg", "jpeg"],
    depth: "8",
    reads: "grey, YCbCr and CMYK as RGB, RGB; luma as it is (`--grey`); baseline, progressive, several scans, arithmetic \
            coding; turned as EXIF asks (`--orientation stored` leaves it)",
    refuses: "12 bit, lossless, hierarchical; built without libjpeg-turbo also CMYK, arithmetic coding, sequential in \
              several scans, a few pixels wide with subsampled colours",
    holds_several: false,
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[TAKEN],
    grain: Grain::Frame,
    signatures: &[b"\xff\xd8\xff"],
    open: |opening| {
        Series::open(opening, &FORMAT, Box::new(JpegCodec { stored: opening.options.stored_orientation }))
    },
};

#[derive(Debug, Default)]
pub(crate) struct JpegCodec {
    /// Whether pictures stay as they are stored.
    stored: bool,
}

/// What is taken of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    /// All channels.
    All,
    /// Brightness, one sample per pixel.
    Luma,
    /// All components; four of them as they are stored.
    Components,
}

impl JpegCodec {
    /// How pictures are turned.
    fn turn(&self, image: &Image) -> Orientation {
        if self.stored { Orientation::default() } else { image.turn }
    }

    fn read(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        take: Take,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        with_all_bytes(data, limit, |bytes| {
            let image = walk(bytes, limit)?;
            let turn = self.turn(&image);
            let frame = turn.shape(image.frame);
            check_same_size(frame, spec.frame)?;
            if frame.channels != spec.frame.channels {
                let name = |n| if n == 1 { "grey" } else { "colour" };
                return Err(differs("the colour model", name(frame.channels), name(spec.frame.channels)));
            }
            let stored = match take {
                Take::All | Take::Components => image.frame,
                Take::Luma => FrameShape { channels: 1, ..image.frame },
            };
            match out {
                SamplesMut::U8(out) if turn.is_identity() => decode(bytes, &image, take, out),
                SamplesMut::U8(out) => with_scratch(out.len(), |lying| {
                    decode(bytes, &image, take, lying)?;
                    turn.apply(SamplesRef::U8(lying), stored, SamplesMut::U8(out));
                    Ok(())
                }),
                _ => Err("JPEG samples have 8 bits".to_owned()),
            }
        })
    }
}

impl Codec for JpegCodec {
    fn series_name(&self) -> &'static str {
        "JPEG files"
    }

    fn decoder(&self) -> &'static str {
        if cfg!(feature = "turbojpeg") { "libjpeg-turbo" } else { "zune-jpeg" }
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let limit = options.max_frame_bytes;
        with_all_bytes(data, limit, |bytes| {
            let image = walk(bytes, limit)?;
            let mut pixels = vec![0; image.frame.samples()];
            decode(bytes, &image, Take::All, &mut pixels)?;
            let frame = self.turn(&image).shape(image.frame);
            Ok(ImageSpec {
                frame,
                dtype: DType::U8,
                channels: Channel::defaults(frame.channels),
                container_bits: 8,
                color_model: image.model(),
                notes: notes(&image),
            })
        })
    }

    fn facts(&self, data: &dyn ReadAt) -> Facts {
        facts::read(data)
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        /// Enough for most headers; EXIF data with a thumbnail and colour profiles are longer.
        const USUAL: [u64; 3] = [1 << 12, 1 << 16, 1 << 20];
        let limit = options.max_frame_bytes;
        let begins = |bytes: u64| {
            let mut start = vec![0; data.size().min(bytes) as usize];
            data.read_exact_at(0, &mut start).map_err(|e| e.to_string())?;
            headers(&start, data.size(), limit)
        };
        let is_short = |found: &Result<Image, String>| found.as_ref().is_err_and(|reason| reason == CUT);
        let mut image = Err(CUT.to_owned());
        for bytes in USUAL.into_iter().filter(|&bytes| bytes == USUAL[0] || bytes / 16 < data.size()) {
            if is_short(&image) {
                image = begins(bytes);
            }
        }
        if is_short(&image) {
            image = with_all_bytes(data, limit, |bytes| headers(bytes, data.size(), limit));
        }
        Some(image.map(|image| Head {
            shape: self.turn(&image).shape(image.frame),
            dtype: DType::U8,
            bits: 8,
            has_alpha: false,
            has_palette: false,
            frames: 1,
            turn: image.turn,
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        self.read(data, spec, limit, Take::All, out)
    }

    fn has_luma(&self, spec: &ImageSpec) -> bool {
        spec.color_model.starts_with("YCbCr")
    }

    fn decode_luma(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        self.read(data, spec, limit, Take::Luma, out)
    }
}

fn notes(image: &Image) -> Vec<String> {
    let mut notes = vec!["JPEG is lossy: values differ from those the camera measured.".to_owned()];
    match image.colours {
        Colours::Grey | Colours::Rgb => {}
        Colours::YCbCr => notes.push(
            "The files hold luma and chroma; RGB is computed. Loaded as grey (--grey), frames are the luma itself."
                .to_owned(),
        ),
        Colours::Cmyk | Colours::Ycck => notes.push(
            "The files hold CMYK, inverted as Adobe stores it; RGB is computed without a colour profile: red is C·K/255 of \
             the stored values, green M·K/255, blue Y·K/255."
                .to_owned(),
        ),
    }
    notes.extend(image.stray_note());
    if !image.has_end {
        notes.push("The end-of-image marker is missing; all pixels are there.".to_owned());
    }
    #[cfg(not(feature = "turbojpeg"))]
    notes.extend(pure::note(image));
    notes
}

/// Refuses what the decoder cannot read, by the headers.
#[cfg_attr(feature = "turbojpeg", expect(clippy::unnecessary_wraps, reason = "the library reads all of it"))]
fn check(image: &Image) -> Result<(), String> {
    #[cfg(not(feature = "turbojpeg"))]
    return pure::check(image);
    #[cfg(feature = "turbojpeg")]
    {
        let _ = image;
        Ok(())
    }
}

/// Decodes a file that was walked, as it is stored.
fn decode(bytes: &[u8], image: &Image, take: Take, out: &mut [u8]) -> Result<(), String> {
    let is_luma = image.colours == Colours::Grey || (image.colours, take) == (Colours::YCbCr, Take::Luma);
    let stream = image.stream(bytes);
    let read = if is_luma { luma::decode(&stream, image, out) } else { luma::check(&stream, image) };
    match read {
        Ok(()) if is_luma => Ok(()),
        Err(huffman::Left::Damaged(reason)) if image.has_end => Err(reason),
        Err(huffman::Left::Damaged(reason)) => Err(format!("{CUT} ({reason})")),
        Ok(()) | Err(huffman::Left::ToLibrary) => decode_all(bytes, image, take, out),
    }
}

/// Decodes what is left by [`luma`].
#[cfg(not(feature = "turbojpeg"))]
fn decode_all(bytes: &[u8], image: &Image, take: Take, out: &mut [u8]) -> Result<(), String> {
    match take {
        Take::All | Take::Components => pure::decode(bytes, image, out),
        Take::Luma => with_scratch(image.frame.samples(), |all| {
            pure::decode(bytes, image, all)?;
            brightness(all, image.frame.channels, out);
            Ok(())
        }),
    }
}

/// Decodes what is left by [`luma`].
#[cfg(feature = "turbojpeg")]
fn decode_all(bytes: &[u8], image: &Image, take: Take, out: &mut [u8]) -> Result<(), String> {
    use turbo::Pixels;

    match (image.colours, take) {
        (Colours::Grey, _) | (Colours::YCbCr, Take::Luma) => decode_as(bytes, image, Pixels::Grey, out),
        (Colours::YCbCr | Colours::Rgb, Take::All | Take::Components) => {
            decode_as(bytes, image, Pixels::Rgb, out)
        }
        (Colours::Cmyk | Colours::Ycck, Take::Components) => decode_as(bytes, image, Pixels::Cmyk, out),
        (Colours::Cmyk | Colours::Ycck, Take::All) => with_scratch(4 * image.frame.pixels(), |inks| {
            decode_as(bytes, image, Pixels::Cmyk, inks)?;
            let (inks, _) = inks.as_chunks::<4>();
            for (out, &[c, m, y, k]) in out.as_chunks_mut::<3>().0.iter_mut().zip(inks) {
                *out = [c, m, y].map(|ink| product(ink, k));
            }
            Ok(())
        }),
        // A picture of another kind among some of luma and chroma.
        (Colours::Rgb | Colours::Cmyk | Colours::Ycck, Take::Luma) => {
            let mut all = vec![0; image.frame.samples()];
            decode_all(bytes, image, Take::All, &mut all)?;
            brightness(&all, image.frame.channels, out);
            Ok(())
        }
    }
}

/// a·b/255, rounded.
#[cfg(feature = "turbojpeg")]
fn product(a: u8, b: u8) -> u8 {
    let t = u32::from(a) * u32::from(b) + 128;
    ((t + (t >> 8)) >> 8) as u8
}

/// Luminance of RGB.
fn brightness(all: &[u8], channels: usize, out: &mut [u8]) {
    for (out, pixel) in out.iter_mut().zip(all.chunks_exact(channels)) {
        *out = match *pixel {
            [r, g, b] => ((299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) + 500) / 1000) as u8,
            [grey, ..] => grey,
            [] => 0,
        };
    }
}

#[cfg(feature = "turbojpeg")]
fn decode_as(bytes: &[u8], image: &Image, pixels: turbo::Pixels, out: &mut [u8]) -> Result<(), String> {
    /// The library's words for bytes that it did not need, where they stand before the end-of-image marker.
    const LEFT_OVER: &str = "extraneous bytes before marker 0xd9";
    let size = (image.frame.width, image.frame.height);
    let done = turbo::decode(&image.stream(bytes), size, pixels, out);
    let done = match done {
        Err(reason) if reason.contains(LEFT_OVER) => match image.stream_without_padding(bytes) {
            Some(bare) => turbo::decode(&bare, size, pixels, out),
            None => Err(reason),
        },
        done => done,
    };
    done.map_err(|reason| if image.has_end { reason } else { format!("{CUT} ({reason})") })
}

#[cfg(all(test, feature = "turbojpeg"))]
mod tests {
    use super::*;

    fn fixtures() -> Vec<(String, Vec<u8>)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/good");
        let entries = std::fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("entry").path());
        let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|s| s == "jpg")).collect();
        paths.sort();
        let name = |path: &std::path::Path| path.file_name().expect("name").to_string_lossy().into_owned();
        paths.iter().map(|path| (name(path), std::fs::read(path).expect("fixture"))).collect()
    }

    #[test]
    fn what_is_read_here_is_what_the_library_reads() {
        use huffman::Left;
        use turbo::Pixels;

        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = move |n: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % n as u64) as usize
        };
        let (mut whole, mut read, mut overlooked) = (0, 0, 0);
        for (name, bytes) in fixtures() {
            for round in 0..200 {
                let mut bytes = bytes.clone();
                for _ in 0..round.min(3) {
                    let reach = if below(3) == 0 { bytes.len() } else { bytes.len() / 2 };
                    let at = bytes.len() - 1 - below(reach);
                    match below(4) {
                        0 => bytes[at] ^= 1 << below(8),
                        1 => bytes[at] = below(256) as u8,
                        2 => bytes[at] = 0xff,
                        _ => drop(bytes.drain(at..(at + 1 + below(4)).min(bytes.len() - 1))),
                    }
                }
                let Ok(image) = walk(&bytes, 1 << 24) else { continue };
                let mut own = vec![0; image.frame.pixels()];
                let mut library = own.clone();
                let (width, height) = (image.frame.width, image.frame.height);
                let stream = image.stream(&bytes);
                let done = luma::decode(&stream, &image, &mut own);
                let said = turbo::decode(&stream, (width, height), Pixels::Grey, &mut library);
                // The library makes no brightness of CMYK.
                if image.components.len() == 4 {
                    continue;
                }
                match done {
                    Ok(()) => {
                        let is_padded = image.stream_without_padding(&bytes).is_some();
                        assert!(said.is_ok() || is_padded, "{name}, round {round}: {said:?}");
                        // The library computes brightness of RGB and CMYK.
                        let has_luma = matches!(image.colours, Colours::Grey | Colours::YCbCr);
                        assert!(own == library || said.is_err() || !has_luma, "{name}, round {round}");
                        read += 1;
                        whole += usize::from(round == 0);
                    }
                    Err(Left::Damaged(_)) => overlooked += usize::from(said.is_ok()),
                    Err(Left::ToLibrary) => {}
                }
            }
        }
        assert!(
            whole > 25 && read > 100 && overlooked > 50,
            "{whole} whole, {read} read, {overlooked} overlooked"
        );
    }

    #[test]
    fn the_decoder_in_rust_reads_what_it_does_not_refuse() {
        let mut read = 0;
        for (name, bytes) in fixtures() {
            let image = walk(&bytes, 1 << 24).unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut own = vec![0; image.frame.samples()];
            let done = pure::check(&image).and_then(|()| pure::decode(&bytes, &image, &mut own));
            if let Err(reason) = done {
                assert!(reason.contains("turbojpeg"), "{name}: {reason}");
                continue;
            }
            let mut expected = own.clone();
            decode(&bytes, &image, Take::All, &mut expected).unwrap_or_else(|e| panic!("{name}: {e}"));
            let worst = own.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
            let may_differ = if pure::note(&image).is_some() { 50 } else { 5 };
            assert!(worst <= Some(may_differ), "{name}: {worst:?}");
            read += 1;
        }
        assert!(read > 15, "{read}");
    }
}
