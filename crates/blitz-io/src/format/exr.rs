//! `OpenEXR`: half, float and 32-bit integer channels by name.
//!
//! Values are those of the file, halves as f32. Of several layers (parts) the first with plain pixels is read. Red,
//! green, blue and alpha come first, all other channels in the order of their names. Reading is the crate `exr`'s.

use std::cmp::Ordering;
use std::io::BufReader;

use blitz_core::{Channel, ChannelKind, DType, FrameShape, Samples, SamplesMut, with_samples_mut};
use exr::image::FlatSamples;
use exr::meta::MetaData;
use exr::meta::attribute::SampleType;
use exr::meta::header::Header;
use exr::prelude::{ReadChannels as _, ReadLayers as _, read};

use super::contract::{Codec, Format, Grain, Head, ImageSpec, check_same_size, differs};
use super::orientation::Orientation;
use crate::read_at::{ReadAt, Stream};
use crate::series::Series;
use crate::source::OpenOptions;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "OpenEXR",
    title: "OpenEXR",
    suffixes: &["exr"],
    depth: "16, 32",
    reads: "half and float as f32, 32-bit integers; any number of channels by name; scan lines and tiles",
    refuses: "deep data, subsampled channels, DWA compression",
    holds_several: false,
    data_sets: "the first layer of each file, the files of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[b"\x76\x2f\x31\x01"],
    open: |opening| Series::open(opening, &FORMAT, Box::new(ExrCodec)),
};

#[derive(Debug)]
pub(crate) struct ExrCodec;

/// What the header says of the layer that is read.
struct Layer {
    frame: FrameShape,
    dtype: DType,
    bits: u32,
    channels: Vec<Channel>,
    notes: Vec<String>,
}

impl Layer {
    fn find(data: &dyn ReadAt, limit: u64) -> Result<Self, String> {
        FORMAT.check_start(data)?;
        let meta =
            MetaData::read_from_buffered(BufReader::new(Stream::new(data)), false).map_err(|e| text(&e))?;
        let is_plain = |header: &&Header| !header.deep;
        let header =
            meta.headers.iter().find(is_plain).ok_or("it holds deep data only, which are not read")?;
        let list = &header.channels.list;
        if let Some(channel) = list.iter().find(|c| (c.sampling.x(), c.sampling.y()) != (1, 1)) {
            return Err(format!(
                "channel {} has samples only at every {} × {} pixels, which is not read: save it as RGB",
                channel.name,
                channel.sampling.x(),
                channel.sampling.y()
            ));
        }
        let mut channels: Vec<Channel> = list.iter().map(|c| named(&c.name.to_string())).collect();
        channels.sort_by(order);
        let frame = FrameShape::new(header.layer_size.y(), header.layer_size.x(), channels.len());
        let integers = list.iter().filter(|c| c.sample_type == SampleType::U32).count();
        let dtype = match integers {
            0 => DType::F32,
            n if n == list.len() => DType::U32,
            _ => DType::F64,
        };
        ImageSpec::check_size(frame, dtype, limit)?;
        let is_half = list.iter().all(|c| c.sample_type == SampleType::F16);
        let mut notes = Vec::new();
        if meta.headers.len() > 1 {
            notes.push(format!(
                "The file has {} layers; the first, {}, is read.",
                meta.headers.len(),
                header
                    .own_attributes
                    .layer_name
                    .as_ref()
                    .map_or_else(|| "without a name".to_owned(), |n| format!("'{n}'"))
            ));
        }
        if channels.len() > 4 {
            let names: Vec<&str> = channels.iter().map(|c| c.name.as_str()).collect();
            notes.push(format!(
                "It has {} channels: {} (--channel NAME takes one).",
                channels.len(),
                names.join(", ")
            ));
        }
        Ok(Self { frame, dtype, bits: if is_half { 16 } else { 32 }, channels, notes })
    }
}

/// The channel of a name.
fn named(name: &str) -> Channel {
    let kind = match name {
        "R" => ChannelKind::Red,
        "G" => ChannelKind::Green,
        "B" => ChannelKind::Blue,
        "A" => ChannelKind::Alpha,
        "Y" => ChannelKind::Grey,
        _ => ChannelKind::Other,
    };
    let name = if kind == ChannelKind::Other { name.to_owned() } else { kind.to_string() };
    Channel { name, kind }
}

fn order(a: &Channel, b: &Channel) -> Ordering {
    let place = |channel: &Channel| match channel.kind {
        ChannelKind::Red => 0,
        ChannelKind::Green => 1,
        ChannelKind::Blue => 2,
        ChannelKind::Grey => 3,
        ChannelKind::Alpha => 4,
        ChannelKind::Other => 5,
    };
    place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name))
}

impl Codec for ExrCodec {
    fn series_name(&self) -> &'static str {
        "OpenEXR files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        /// Bytes of the largest picture that is decoded to find out that it can be.
        const TRIED: usize = 64 << 20;
        let limit = options.max_frame_bytes;
        let Layer { frame, dtype, bits, channels, notes } = Layer::find(data, limit)?;
        let color_model = match (Channel::is_rgb(&channels), channels.len()) {
            (true, 3) => "RGB",
            (true, 4) => "RGB with alpha",
            (_, 1) => "grey",
            _ => "channels by name",
        };
        let spec = ImageSpec { frame, dtype, channels, container_bits: bits, color_model, notes };
        if frame.samples() * dtype.size() <= TRIED {
            self.decode(data, &spec, limit, Samples::zeros(dtype, frame.samples()).as_mut())?;
        }
        Ok(spec)
    }

    fn head(&self, data: &dyn ReadAt, options: &OpenOptions) -> Option<Result<Head, String>> {
        Some(Layer::find(data, options.max_frame_bytes).map(|layer| Head {
            shape: layer.frame,
            dtype: layer.dtype,
            bits: layer.bits,
            has_alpha: false,
            has_palette: false,
            frames: 1,
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
        let layer = Layer::find(data, limit)?;
        check_same_size(layer.frame, spec.frame)?;
        if layer.channels != spec.channels || layer.dtype != spec.dtype {
            let names = |of: &[Channel]| of.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(differs("the list of channels", names(&layer.channels), names(&spec.channels)));
        }
        let image = read()
            .no_deep_data()
            .largest_resolution_level()
            .all_channels()
            .first_valid_layer()
            .all_attributes()
            .non_parallel()
            .from_buffered(BufReader::new(Stream::new(data)))
            .map_err(|e| text(&e))?;
        let stored = &image.layer_data.channel_data.list;
        let count = spec.frame.channels;
        if stored.len() != count {
            return Err(differs("the number of channels", stored.len(), count));
        }
        with_samples_mut!(out, out => {
            for channel in stored {
                let name = named(&channel.name.to_string());
                let place = spec.channels.iter().position(|c| *c == name).ok_or("a channel is missing")?;
                let slots = out.iter_mut().skip(place).step_by(count);
                if channel.sample_data.len() != spec.frame.pixels() {
                    return Err(format!("channel {} has {} samples", channel.name, channel.sample_data.len()));
                }
                match &channel.sample_data {
                    FlatSamples::F16(v) => slots.zip(v).for_each(|(slot, v)| *slot = narrow(f64::from(v.to_f32()))),
                    FlatSamples::F32(v) => slots.zip(v).for_each(|(slot, v)| *slot = narrow(f64::from(*v))),
                    FlatSamples::U32(v) => slots.zip(v).for_each(|(slot, v)| *slot = narrow(f64::from(*v))),
                }
            }
        });
        Ok(())
    }
}

/// A value in the type that was chosen so that it holds it.
fn narrow<T: blitz_core::Sample>(value: f64) -> T {
    T::from_f64(value)
}

fn text(error: &exr::error::Error) -> String {
    match error {
        exr::error::Error::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        exr::error::Error::NotSupported(what) => format!("it needs what is not read: {what}"),
        other => format!("the image is damaged: {other}"),
    }
}
