//! A folder of TIFF files: one page each.

use blitz_core::{FrameShape, Samples, SamplesMut};

use super::ifd::{Header, chain};
use super::page::Page;
use crate::format::alpha;
use crate::format::contract::{Codec, ImageSpec, differs, size_text};
use crate::read_at::ReadAt;
use crate::source::OpenOptions;

/// Decodes one page per file.
#[derive(Debug)]
pub(crate) struct TiffCodec;

impl Codec for TiffCodec {
    fn series_name(&self) -> &'static str {
        "TIFF files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        probe(data, &only_page(data, options.max_frame_bytes)?)
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        decode(data, &only_page(data, limit)?, spec, out)
    }
}

fn only_page(data: &dyn ReadAt, limit: u64) -> Result<Page, String> {
    let header = Header::read(data)?;
    let chain = chain(data, header)?;
    if let [at] = chain.frames.as_slice() {
        return Page::read(data, header, *at, limit);
    }
    let pages = chain.frames.len();
    Err(format!("it holds {pages} pages; in a folder each file is one frame: open it alone"))
}

/// Decodes a page once to say what its recording holds.
pub(super) fn probe(data: &dyn ReadAt, page: &Page) -> Result<ImageSpec, String> {
    let mut samples = Samples::zeros(page.dtype, page.frame.samples());
    page.decode(data, samples.as_mut())?;
    let (mut frame, mut channels) = (page.frame, page.channels.clone());
    let mut notes = Vec::new();
    let opaque = page.alpha().is_some_and(|full| alpha::is_opaque(samples.as_ref(), frame.channels, full));
    if opaque {
        frame.channels -= 1;
        channels.pop();
        notes.push(alpha::DROPPED.to_owned());
    }
    if page.inverted {
        notes.push("The file marks its values as inverted (0 is white, MinIsWhite); the values are kept as they are.".to_owned());
    }
    Ok(ImageSpec {
        frame,
        dtype: page.dtype,
        container_bits: page.dtype.bits(),
        color_model: if frame.channels >= 3 && blitz_core::Channel::is_rgb(&channels) {
            "RGB"
        } else {
            "grey"
        },
        channels,
        notes,
    })
}

/// Decodes a page that must be what `spec` says.
pub(super) fn decode(
    data: &dyn ReadAt,
    page: &Page,
    spec: &ImageSpec,
    out: SamplesMut<'_>,
) -> Result<(), String> {
    let FrameShape { height, width, channels } = page.frame;
    if (height, width) != (spec.frame.height, spec.frame.width) {
        return Err(differs("the size", size_text(page.frame), size_text(spec.frame)));
    }
    if page.dtype != spec.dtype {
        return Err(differs("the element type", page.dtype, spec.dtype));
    }
    if page.channels == spec.channels {
        return page.decode(data, out);
    }
    match page.alpha() {
        Some(full) if page.channels[..channels - 1] == spec.channels => page.decode_opaque(data, full, out),
        _ => {
            let names = |channels: &[blitz_core::Channel]| {
                channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
            };
            Err(differs("the colour model", names(&page.channels), names(&spec.channels)))
        }
    }
}
