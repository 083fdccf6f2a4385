//! WebP, Radiance HDR, QOI and TGA: pictures whose decoders are those of the crate `image`.
//!
//! Values are those of the file. Alpha that is opaque everywhere is dropped and noted, other alpha is kept; which of the
//! two holds is decided on the first frame.

use std::io::BufReader;

use blitz_core::{Channel, DType, FrameShape, Samples, SamplesMut};
use image::codecs::{hdr::HdrDecoder, qoi::QoiDecoder, tga::TgaDecoder, webp::WebPDecoder};
use image::{ColorType, ImageDecoder, ImageResult};

use super::contract::{Codec, Format, Grain, Head, ImageSpec, TIME, check_same_size, differs};
use super::orientation::Orientation;
use super::{alpha, animation};
use crate::read_at::{ReadAt, Stream};
use crate::series::Series;
use crate::source::OpenOptions;

/// See [`Format`].
pub(super) static WEBP: Format = Format {
    name: "WebP",
    title: "WebP",
    suffixes: &["webp"],
    depth: "8",
    reads: "RGB and alpha, with and without loss; animations as time with their delays",
    refuses: "",
    holds_several: true,
    data_sets: "the frames of an animation, or a frame in each file of a series in natural order",
    writes: "",
    metadata: &[TIME],
    grain: Grain::Frame,
    signatures: &[b"RIFF????WEBP"],
    open: |opening| match &opening.files[..] {
        [file] if animation::webp::is_animated_file(&file.path) => {
            animation::open(opening, &WEBP, &animation::WEBP)
        }
        _ => Series::open(opening, &WEBP, Box::new(StillCodec::WEBP)),
    },
};

/// See [`Format`].
pub(super) static HDR: Format = Format {
    name: "Radiance HDR",
    title: "Radiance HDR",
    suffixes: &["hdr", "rgbe"],
    depth: "8 with a common exponent, as f32",
    reads: "RGB, exactly as f32, run lengths of both kinds",
    refuses: "XYZ, other orders of rows",
    holds_several: false,
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"#?RADIANCE", b"#?RGBE"],
    open: |opening| Series::open(opening, &HDR, Box::new(StillCodec::HDR)),
};

/// See [`Format`].
pub(super) static QOI: Format = Format {
    name: "QOI",
    title: "QOI",
    suffixes: &["qoi"],
    depth: "8",
    reads: "RGB and alpha",
    refuses: "",
    holds_several: false,
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"qoif"],
    open: |opening| Series::open(opening, &QOI, Box::new(StillCodec::QOI)),
};

/// See [`Format`].
pub(super) static TGA: Format = Format {
    name: "TGA",
    title: "TGA",
    suffixes: &["tga"],
    depth: "8",
    reads: "grey, palette, RGB, alpha; plain and with run lengths",
    refuses: "5 bits per colour",
    holds_several: false,
    data_sets: "a frame in each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[],
    open: |opening| Series::open(opening, &TGA, Box::new(StillCodec::TGA)),
};

type Input<'a> = BufReader<Stream<'a>>;
type Open = for<'a> fn(Input<'a>) -> ImageResult<Box<dyn ImageDecoder + 'a>>;

/// The pictures of one format.
#[derive(Debug)]
pub(crate) struct StillCodec {
    format: &'static Format,
    name: &'static str,
    open: Open,
}

impl StillCodec {
    pub(crate) const WEBP: Self =
        Self { format: &WEBP, name: "WebP files", open: |input| Ok(Box::new(WebPDecoder::new(input)?)) };
    pub(crate) const HDR: Self =
        Self { format: &HDR, name: "HDR files", open: |input| Ok(Box::new(HdrDecoder::new(input)?)) };
    pub(crate) const QOI: Self =
        Self { format: &QOI, name: "QOI files", open: |input| Ok(Box::new(QoiDecoder::new(input)?)) };
    pub(crate) const TGA: Self =
        Self { format: &TGA, name: "TGA files", open: |input| Ok(Box::new(TgaDecoder::new(input)?)) };

    fn picture<'a>(&self, data: &'a dyn ReadAt, limit: u64) -> Result<Picture<'a>, String> {
        self.format.check_start(data)?;
        let decoder = (self.open)(BufReader::new(Stream::new(data))).map_err(|e| text(&e))?;
        let (width, height) = decoder.dimensions();
        let (dtype, colours, has_alpha) = match decoder.color_type() {
            ColorType::L8 => (DType::U8, 1, false),
            ColorType::La8 => (DType::U8, 1, true),
            ColorType::Rgb8 => (DType::U8, 3, false),
            ColorType::Rgba8 => (DType::U8, 3, true),
            ColorType::Rgb32F => (DType::F32, 3, false),
            other => return Err(format!("samples of kind {other:?} are not read")),
        };
        let stored = FrameShape::new(height as usize, width as usize, colours + usize::from(has_alpha));
        ImageSpec::check_size(stored, dtype, limit)?;
        Ok(Picture { decoder, stored, dtype, has_alpha })
    }
}

/// A picture whose header has been read.
struct Picture<'a> {
    decoder: Box<dyn ImageDecoder + 'a>,
    /// With alpha.
    stored: FrameShape,
    dtype: DType,
    has_alpha: bool,
}

impl Picture<'_> {
    fn decode(self, mut out: SamplesMut<'_>) -> Result<(), String> {
        self.decoder.read_image_boxed(out.bytes()).map_err(|e| text(&e))
    }

    /// Decodes all that is stored.
    fn samples(self) -> Result<Samples, String> {
        let mut samples = Samples::zeros(self.dtype, self.stored.samples());
        self.decode(samples.as_mut()).map(|()| samples)
    }

    /// Without alpha, unless it is wanted.
    fn shape(&self, with_alpha: bool) -> FrameShape {
        let dropped = usize::from(self.has_alpha && !with_alpha);
        FrameShape { channels: self.stored.channels - dropped, ..self.stored }
    }
}

const FULL: f64 = 255.0;

impl Codec for StillCodec {
    fn series_name(&self) -> &'static str {
        self.name
    }

    /// Only WebP with loss leaves a decoder room for rounding.
    fn decoder(&self) -> &'static str {
        if self.format.name == WEBP.name { "image-webp" } else { "" }
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let picture = self.picture(data, options.max_frame_bytes)?;
        let (has_alpha, dtype) = (picture.has_alpha, picture.dtype);
        let (with, without) = (picture.shape(true), picture.shape(false));
        let samples = picture.samples()?;
        let mut notes = Vec::new();
        let keeps = has_alpha && !alpha::is_opaque(samples.as_ref(), with.channels, FULL);
        if has_alpha && !keeps {
            notes.push(alpha::DROPPED.to_owned());
        }
        let frame = if keeps { with } else { without };
        let color_model = match frame.channels {
            1 => "grey",
            2 => "grey with alpha",
            3 => "RGB",
            _ => "RGB with alpha",
        };
        let channels = Channel::defaults(frame.channels);
        Ok(ImageSpec { frame, dtype, channels, container_bits: 8 * dtype.size() as u32, color_model, notes })
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        Some(self.picture(data, options.max_frame_bytes).map(|picture| Head {
            shape: picture.shape(false),
            dtype: picture.dtype,
            bits: 8 * picture.dtype.size() as u32,
            has_alpha: picture.has_alpha,
            has_palette: false,
            // How many there are is found when it is opened.
            frames: if animation::webp::is_animated(data) { 2 } else { 1 },
            turn: Orientation::default(),
        }))
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        let picture = self.picture(data, limit)?;
        let wants_alpha = matches!(spec.frame.channels, 2 | 4);
        let found = picture.shape(wants_alpha);
        check_same_size(found, spec.frame)?;
        if found.channels != spec.frame.channels || picture.dtype != spec.dtype {
            let channels = |n: usize| format!("{n} channels");
            return Err(differs("the colour model", channels(found.channels), channels(spec.frame.channels)));
        }
        if wants_alpha || !picture.has_alpha {
            return picture.decode(out);
        }
        let channels = picture.stored.channels;
        let samples = picture.samples()?;
        if !alpha::is_opaque(samples.as_ref(), channels, FULL) {
            return Err(alpha::NOT_OPAQUE.to_owned());
        }
        alpha::drop_last(samples.as_ref(), channels, out);
        Ok(())
    }
}

fn text(error: &image::ImageError) -> String {
    match error {
        image::ImageError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        other => format!("the image is damaged or of an unusual kind: {other}"),
    }
}
