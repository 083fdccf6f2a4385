//! One TIFF file as a recording: its pages are frames.

use blitz_core::{DType, SamplesMut};

use super::codec::{decode, probe};
use super::describe::Description;
use super::ifd::{Header, Ifd, chain, tag};
use super::page::Page;
use crate::OpenError;
use crate::format::contract::{ImageSpec, Opening};
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::ReadAt;
use crate::source::{FrameSource, OpenOptions, SourceInfo};

/// Where frames lie.
#[derive(Debug)]
enum Pages {
    /// One directory each.
    Directories(Vec<u64>),
    /// One directory for all: `ImageJ` writes stacks above 4 GB so.
    Run { start: u64, big_endian: bool },
}

/// What a file's directories say.
#[derive(Debug)]
pub(crate) struct Opened {
    limit: u64,
    header: Header,
    spec: ImageSpec,
    pages: Pages,
    frames: usize,
    description: Description,
    per_unit: Option<f64>,
    faults: Vec<(usize, String)>,
}

/// Opens a file.
pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    OneFile::open(opening, &super::FORMAT, |file| {
        let mut opened = examine(file, opening.options)?;
        let info = SourceInfo {
            time: opened.description.time.clone(),
            pixel_size: opened.description.pixel_size(opened.per_unit),
            ..SourceInfo::of(&opened.spec, "TIFF pages", opened.frames)
        };
        Ok(Examined { info, faults: std::mem::take(&mut opened.faults), frames: opened })
    })
}

/// Reads the directories and the first page that can be decoded.
pub(crate) fn examine(data: &dyn ReadAt, options: &OpenOptions) -> Result<Opened, String> {
    /// More failed frames than this are no cut recording but a description that lies.
    const MAX_FAULTS: usize = 100_000;
    let limit = options.max_frame_bytes;
    let header = Header::read(data)?;
    let chain = chain(data, header)?;
    let mut faults = Vec::new();
    let mut found = None;
    for (frame, &at) in chain.frames.iter().enumerate() {
        match Page::read(data, header, at, limit).and_then(|page| probe(data, &page).map(|spec| (page, spec)))
        {
            Ok(page) => {
                found = Some(page);
                break;
            }
            Err(reason) => faults.push((frame, reason)),
        }
    }
    let Some((page, mut spec)) = found else {
        return Err(faults
            .into_iter()
            .next()
            .map_or_else(|| "no page can be read".to_owned(), |(_, reason)| reason));
    };
    let first = Ifd::read(data, header, chain.frames[0])?;
    let description = Description::parse(&first.text(data, tag::DESCRIPTION)?.unwrap_or_default());
    let mut frames = chain.frames.len();
    if frames > 1 || description.images.is_some() {
        check_axes(&description, page.frame.channels, options)?;
    }
    if chain.skipped > 0 {
        spec.notes.push(format!("{} pages are reduced images or masks and are not frames.", chain.skipped));
    }
    if let Some(reason) = &chain.broken {
        spec.notes.push(format!(
            "The list of pages is damaged after page {frames}: {reason}. What follows is lost."
        ));
    }
    let mut pages = Pages::Directories(chain.frames);
    match (description.images, page.run()) {
        (Some(images), Some(start)) if frames == 1 && page.frame == spec.frame => {
            let bytes = (spec.frame.samples() * spec.dtype.size()) as u64;
            let there = usize::try_from(data.size().saturating_sub(start) / bytes).unwrap_or(usize::MAX);
            if images.saturating_sub(there) > MAX_FAULTS.min(there.saturating_mul(100)) {
                return Err(format!("its description claims {images} images, its bytes hold {there}"));
            }
            spec.notes.push(format!("The file has one directory for {images} images (an ImageJ stack)."));
            faults.extend(
                (there.min(images)..images)
                    .map(|i| (i, format!("the file is cut short: it holds {there} of {images} images"))),
            );
            pages = Pages::Run { start, big_endian: page.big_endian() };
            frames = images;
        }
        (Some(images), _) if frames != images && options.axes.is_none() => {
            spec.notes.push(format!(
                "The description speaks of {images} images, the file has {frames} pages; the pages are read."
            ));
        }
        _ => {}
    }
    let per_unit = first.fraction(data, tag::X_RESOLUTION)?;
    Ok(Opened { limit, header, spec, pages, frames, description, per_unit, faults })
}

/// Pages are time only where the file says so, or says nothing, or the person says so.
fn check_axes(description: &Description, samples: usize, options: &OpenOptions) -> Result<(), String> {
    let said = match &options.axes {
        None => false,
        Some(axes) => match axes.to_string().as_str() {
            "THW" | "THWC" => true,
            other => return Err(format!("axes {other} do not fit the pages of a TIFF file; THW does")),
        },
    };
    match description.refusal(samples) {
        Some(reason) if !said => Err(reason),
        _ => Ok(()),
    }
}

fn read_run(
    data: &dyn ReadAt,
    start: u64,
    frame: usize,
    big_endian: bool,
    dtype: DType,
    mut out: SamplesMut<'_>,
) -> Result<(), String> {
    let bytes = out.bytes();
    let at = start.saturating_add((frame as u64).saturating_mul(bytes.len() as u64));
    data.read_exact_at(at, bytes).map_err(|e| format!("the file is cut short: {e}"))?;
    if big_endian != cfg!(target_endian = "big") && dtype.size() > 1 {
        bytes.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse);
    }
    Ok(())
}

impl Opened {
    /// Spec and number of frames.
    pub(crate) fn spec(&self) -> (&ImageSpec, usize) {
        (&self.spec, self.frames)
    }
}

impl Frames for Opened {
    fn decode(&self, data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        match &self.pages {
            Pages::Directories(pages) => {
                let page = Page::read(data, self.header, pages[frame], self.limit)?;
                decode(data, &page, &self.spec, out)
            }
            Pages::Run { start, big_endian } => {
                read_run(data, *start, frame, *big_endian, self.spec.dtype, out)
            }
        }
    }
}
