//! A folder of TIFF files: one page each.

use std::ops::Range;

use blitz_core::{Channel, FrameShape, Samples, SamplesMut};

use super::facts::of_directory;
use super::ifd::{Header, chain};
use super::page::{Page, Wishes};
use crate::facts::Facts;
use crate::format::alpha;
use crate::format::contract::{Codec, ImageSpec, check_same_size, differs, guarded};
use crate::format::npy::WideRange;
use crate::read_at::{FileBytes, ReadAt};
use crate::scan::FileEntry;
use crate::source::OpenOptions;

/// Decodes one page per file.
#[derive(Debug)]
pub(crate) struct TiffCodec {
    pub(super) wishes: Wishes,
}

impl TiffCodec {
    fn only_page(&self, data: &dyn ReadAt, limit: u64) -> Result<Page, String> {
        let wishes = Wishes { limit, ..self.wishes };
        let header = Header::read(data)?;
        let chain = chain(data, header, wishes.stored)?;
        if let [page] = chain.frames.as_slice() {
            return Page::read(data, header, page.at, wishes);
        }
        let pages = chain.frames.len();
        Err(format!("it holds {pages} pages; in a folder each file is one frame: open it alone"))
    }
}

impl Codec for TiffCodec {
    fn series_name(&self) -> &'static str {
        "TIFF files"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let mut page = self.only_page(data, options.max_frame_bytes)?;
        if page.stored.is_wide() {
            let mut range = WideRange::EMPTY;
            page.add_range(data, &mut range)?;
            page.dtype = range.dtype()?;
        }
        probe(data, &page)
    }

    fn facts(&self, data: &dyn ReadAt) -> Facts {
        let found = Header::read(data).and_then(|header| {
            let chain = chain(data, header, self.wishes.stored)?;
            Ok(of_directory(data, header, chain.frames[0].at))
        });
        found.unwrap_or_default()
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        decode(data, self.only_page(data, limit)?, spec, out)
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        decode_rows(data, self.only_page(data, limit), spec, rows, out)
    }

    fn unify(
        &self,
        mut spec: ImageSpec,
        files: &[FileEntry],
        open: &(dyn Fn(usize) -> Result<FileBytes, String> + Sync),
    ) -> Result<ImageSpec, String> {
        if spec.container_bits != 64 {
            return Ok(spec);
        }
        let mut range = WideRange::EMPTY;
        for i in 0..files.len() {
            // Files that cannot be read, and those that cannot be frames, fail later with their reason.
            let Ok(file) = open(i) else { continue };
            let Ok(page) = guarded(|| self.only_page(&file, self.wishes.limit)) else { continue };
            let size = |frame: FrameShape| (frame.height, frame.width);
            if size(page.frame) != size(spec.frame) {
                continue;
            }
            if !page.stored.is_wide() {
                if page.dtype == spec.dtype {
                    return Ok(spec);
                }
                continue;
            }
            let mut found = WideRange::EMPTY;
            // A value that no type holds fails its own frame.
            if guarded(|| page.add_range(&file, &mut found)).is_ok() && found.dtype().is_ok() {
                range = range.merge(found);
            }
        }
        if range != WideRange::EMPTY {
            let old = spec.dtype;
            spec.dtype = range.dtype()?;
            for note in &mut spec.notes {
                *note = note.replace(&format!("{old} holds every"), &format!("{} holds every", spec.dtype));
            }
        }
        Ok(spec)
    }
}

/// Decodes a page once to say what its recording holds.
pub(super) fn probe(data: &dyn ReadAt, page: &Page) -> Result<ImageSpec, String> {
    let mut samples = Samples::zeros(page.dtype, page.frame.samples());
    page.decode(data, samples.as_mut())?;
    let (mut frame, mut channels) = (page.frame, page.channels.clone());
    let mut notes = page.notes.clone();
    let opaque = page.alpha().is_some_and(|full| alpha::is_opaque(samples.as_ref(), frame.channels, full));
    if opaque {
        frame.channels -= 1;
        channels.pop();
        notes.push(alpha::DROPPED.to_owned());
    }
    if page.inverted {
        notes.push("The file marks its values as inverted (0 is white, MinIsWhite); the values are kept as they are.".to_owned());
    }
    notes.extend(page.stored.note(page.dtype));
    Ok(ImageSpec {
        frame,
        dtype: page.dtype,
        container_bits: page.container_bits(),
        color_model: if frame.channels >= 3 && Channel::is_rgb(&channels) { "RGB" } else { page.model },
        channels,
        notes,
    })
}

/// Says how a page differs from its recording, as far as that shows without decoding.
pub(super) fn mismatch(page: &Page, spec: &ImageSpec) -> Option<String> {
    if let Err(reason) = check_same_size(page.frame, spec.frame) {
        return Some(reason);
    }
    if page.dtype != spec.dtype && !page.stored.is_wide() {
        return Some(differs("the element type", page.dtype, spec.dtype));
    }
    let fits = page.channels == spec.channels
        || (page.alpha().is_some() && page.channels[..page.channels.len() - 1] == spec.channels);
    let names =
        |channels: &[Channel]| channels.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    (!fits).then(|| differs("the colour model", names(&page.channels), names(&spec.channels)))
}

/// Decodes a page that must be what `spec` says.
pub(super) fn decode(
    data: &dyn ReadAt,
    mut page: Page,
    spec: &ImageSpec,
    out: SamplesMut<'_>,
) -> Result<(), String> {
    if let Some(reason) = mismatch(&page, spec) {
        return Err(reason);
    }
    page.dtype = spec.dtype;
    match page.alpha() {
        Some(full) if page.channels != spec.channels => page.decode_opaque(data, full, out),
        _ => page.decode(data, out),
    }
}

/// As [`decode`], for some rows; `None` where the whole page must be decoded.
pub(super) fn decode_rows(
    data: &dyn ReadAt,
    page: Result<Page, String>,
    spec: &ImageSpec,
    rows: Range<usize>,
    out: &mut SamplesMut<'_>,
) -> Option<Result<(), String>> {
    let page = match page {
        Ok(page) => page,
        Err(reason) => return Some(Err(reason)),
    };
    match mismatch(&page, spec) {
        Some(reason) => Some(Err(reason)),
        // Alpha that is dropped must be opaque everywhere.
        None if page.channels != spec.channels || page.dtype != spec.dtype => None,
        None => page.decode_rows(data, rows, out.bytes()),
    }
}
