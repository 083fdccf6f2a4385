//! One TIFF file as a recording: its pages are frames.

use std::path::{Path, PathBuf};

use blitz_core::{DType, FrameCatalog, FrameFault, FrameMeta, SamplesMut};

use super::codec::{decode, probe};
use super::describe::Description;
use super::ifd::{Header, Ifd, chain, tag};
use super::page::Page;
use crate::OpenError;
use crate::format::contract::{ImageSpec, Opening, guarded};
use crate::read_at::{FileBytes, ReadAt};
use crate::source::{FrameSource, OpenOptions, SourceInfo, assert_fits};

/// Where frames lie.
#[derive(Debug)]
enum Pages {
    /// One directory each.
    Directories(Vec<u64>),
    /// One directory for all: `ImageJ` writes stacks above 4 GB so.
    Run { start: u64, big_endian: bool },
}

/// The pages of one file.
#[derive(Debug)]
pub(crate) struct TiffSource {
    info: SourceInfo,
    path: PathBuf,
    spec: ImageSpec,
    file: FileBytes,
    header: Header,
    pages: Pages,
    limit: u64,
}

/// What a file's directories say.
pub(crate) struct Opened {
    header: Header,
    spec: ImageSpec,
    pages: Pages,
    frames: usize,
    description: Description,
    per_unit: Option<f64>,
    faults: Vec<(usize, String)>,
}

impl TiffSource {
    pub(crate) fn open(path: &Path, opening: &Opening<'_>) -> Result<Self, OpenError> {
        let options = opening.options;
        let bad = |reason| OpenError::Bad { path: path.to_path_buf(), reason };
        let file = FileBytes::open(path)
            .map_err(|source| OpenError::Unreadable { path: path.to_path_buf(), source })?;
        super::FORMAT.check_named(&file, opening.what_is).map_err(bad)?;
        let opened = guarded(|| examine(&file, options)).map_err(bad)?;
        let fault = |(frame, reason)| FrameFault { file: Some(path.to_path_buf()), frame, reason };
        let info = SourceInfo {
            name: path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
            format: "TIFF pages",
            path: path.to_path_buf(),
            frames: opened.frames,
            frame: opened.spec.frame,
            dtype: opened.spec.dtype,
            channels: opened.spec.channels.clone(),
            container_bits: opened.spec.container_bits,
            color_model: opened.spec.color_model,
            time: opened.description.time.clone(),
            pixel_size: opened.description.pixel_size(opened.per_unit),
            unit: None,
            bytes_on_disk: file.size(),
            notes: opened.spec.notes.clone(),
            groups: Vec::new(),
            faults: opened.faults.into_iter().map(fault).collect(),
        };
        let limit = options.max_frame_bytes;
        Ok(Self {
            info,
            path: path.to_path_buf(),
            spec: opened.spec,
            file,
            header: opened.header,
            pages: opened.pages,
            limit,
        })
    }

    fn read(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        if frame >= self.info.frames {
            return Err(format!("the recording has {} frames", self.info.frames));
        }
        match &self.pages {
            Pages::Directories(pages) => {
                let page = Page::read(&self.file, self.header, pages[frame], self.limit)?;
                decode(&self.file, &page, &self.spec, out)?;
            }
            Pages::Run { start, big_endian } => {
                read_run(&self.file, *start, frame, *big_endian, self.spec.dtype, out)?;
            }
        }
        self.file.unchanged()
    }
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
    Ok(Opened { header, spec, pages, frames, description, per_unit, faults })
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
    /// Decodes one frame, for callers without a file.
    pub(crate) fn decode_one(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        match &self.pages {
            Pages::Directories(pages) => {
                let page = Page::read(data, self.header, pages[frame], limit)?;
                decode(data, &page, &self.spec, out)
            }
            Pages::Run { start, big_endian } => {
                read_run(data, *start, frame, *big_endian, self.spec.dtype, out)
            }
        }
    }

    /// Spec and number of frames.
    pub(crate) fn spec(&self) -> (&ImageSpec, usize) {
        (&self.spec, self.frames)
    }
}

impl FrameCatalog for TiffSource {
    fn meta(&self, frame: usize) -> FrameMeta {
        let info = &self.info;
        FrameMeta {
            name: if info.frames > 1 { format!("{}-{frame}", info.name) } else { info.name.clone() },
            file: Some(self.path.clone()),
            file_bytes: info.bytes_on_disk,
            container_bits: info.container_bits,
            color_model: info.color_model,
        }
    }
}

impl FrameSource for TiffSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        guarded(|| self.read(frame, out)).map_err(|reason| FrameFault {
            file: Some(self.path.clone()),
            frame,
            reason,
        })
    }
}
