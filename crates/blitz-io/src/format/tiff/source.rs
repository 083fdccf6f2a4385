//! One TIFF file as a recording: its pages are frames.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use blitz_core::{PixelSize, SamplesMut, TimeAxis};

use super::andor;
use super::choose::Choice;
use super::codec::{decode, decode_rows, mismatch, probe};
use super::describe::{Description, PageSize, metres};
use super::facts::of_directory;
use super::ifd::{Chain, Directory, Glance, Header, Ifd, chain, tag};
use super::page::{Page, Wishes};
use super::stk;
use crate::OpenError;
use crate::facts::Facts;
use crate::format::contract::{ImageSpec, Opening, guarded};
use crate::format::npy::WideRange;
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::{FileBytes, ReadAt};
use crate::reading::Reading;
use crate::source::{FrameSource, OpenOptions, SourceInfo};
use crate::store::MappedStore;

/// Where frames lie.
#[derive(Debug)]
pub(super) enum Pages {
    /// One directory each.
    Directories(Vec<u64>),
    /// One directory for all: `ImageJ` writes stacks above 4 GB so. Frames are `step` images apart, from `first` on.
    Run { at: u64, step: usize, first: usize },
}

/// What a file's directories say.
#[derive(Debug)]
pub(crate) struct Opened {
    wishes: Wishes,
    header: Header,
    spec: ImageSpec,
    pages: Pages,
    frames: usize,
    time: TimeAxis,
    pixel_size: Option<PixelSize>,
    unit: Option<String>,
    reading: Reading,
    faults: Vec<(usize, String)>,
    mapped: Option<Arc<MappedStore>>,
}

/// Opens a file.
pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    OneFile::open(opening, &super::FORMAT, |file| {
        let mut opened = examine(file, opening.options)?;
        opened.mapped = opened.map(file, &opening.files[0].path, &opening.options.cancel).map(Arc::new);
        let info = SourceInfo {
            time: opened.time.clone(),
            pixel_size: opened.pixel_size,
            unit: opened.unit.take(),
            reading: std::mem::take(&mut opened.reading),
            ..SourceInfo::of(&opened.spec, "TIFF pages", opened.frames)
        };
        Ok(Examined { info, faults: std::mem::take(&mut opened.faults), frames: opened })
    })
}

/// Reads the directories and the first page that can be decoded of those that are like most.
pub(crate) fn examine(data: &dyn ReadAt, options: &OpenOptions) -> Result<Opened, String> {
    let mut wishes = Wishes::from(options);
    let header = Header::read(data)?;
    let chain = chain(data, header, wishes.stored)?;
    wishes.one_of_many = chain.frames.len() > 1;
    let common = most_common(&chain.frames);
    let first = Ifd::read(data, header, chain.frames[0].at)?;
    let mut notes = chain_notes(&chain);
    let mut description = describe(data, header, &first, &chain, common, wishes, &mut notes);
    if description.time == TimeAxis::NotSet && chain.frames.len() > 1 {
        description.time = andor::time(data, header, &first);
    }
    let layout = lay_out(data, header, &chain, &description, options, &mut notes)?;
    let mut opened = look(data, header, &layout, common, wishes)?;
    let most = layout.frames.saturating_sub(opened.faults.len());
    if most < layout.frames && !layout.is_run() {
        let (frame, why) = &opened.faults[0];
        notes.push(format!(
            "{} of {} pages are not like most or damaged and count as failed frames; the first of them is frame {frame}: {why}.",
            opened.faults.len(),
            layout.frames
        ));
    }
    opened.faults.extend(layout.lost);
    opened.spec.notes.append(&mut notes);
    opened.pixel_size = pixel_size(data, &first, &description, wishes.stored, &mut opened.spec.notes);
    opened.spec.notes.extend(description.notes.iter().cloned());
    opened.unit.clone_from(&description.value_unit);
    let frames = layout.frames + layout.missing;
    // Times of images that are not read are not those of the one that is.
    let is_one = frames == 1 && description.images.is_some_and(|images| images > 1);
    let time = if is_one { TimeAxis::NotSet } else { description.time_of(frames, layout.along) };
    Ok(Opened { time, pages: layout.pages, frames, reading: layout.reading, ..opened })
}

/// The look of most pages; the earliest of those that are equally many.
fn most_common(pages: &[Directory]) -> Option<Glance> {
    let mut counts: HashMap<Glance, (usize, usize)> = HashMap::new();
    for (i, glance) in pages.iter().enumerate().filter_map(|(i, page)| Some((i, page.glance?))) {
        counts.entry(glance).or_insert((0, i)).0 += 1;
    }
    counts
        .into_iter()
        .max_by_key(|&(_, (count, first))| (count, std::cmp::Reverse(first)))
        .map(|(glance, _)| glance)
}

fn chain_notes(chain: &Chain) -> Vec<String> {
    let mut notes = Vec::new();
    if chain.only_reduced {
        notes.push(
            "All pages of the file are marked as reduced images; they are read as the images.".to_owned(),
        );
    }
    if chain.skipped > 0 {
        notes.push(format!("{} pages are reduced images or masks and are not frames.", chain.skipped));
    }
    notes
}

/// Reads the description of the first page. One that cannot be read says nothing.
fn describe(
    data: &dyn ReadAt,
    header: Header,
    first: &Ifd,
    chain: &Chain,
    common: Option<Glance>,
    wishes: Wishes,
    notes: &mut Vec<String>,
) -> Description {
    match (chain.frames.len() == 1).then(|| stk::read(data, header, first)).transpose() {
        Ok(Some(Some(stack))) => return stack,
        Ok(_) => {}
        Err(reason) => notes.push(format!("What MetaMorph says of the planes cannot be read: {reason}.")),
    }
    let text = match first.text(data, tag::DESCRIPTION) {
        Ok(Some(text)) => text,
        Ok(None) => return Description::default(),
        Err(reason) => {
            notes.push(format!("The description of the first page cannot be read: {reason}."));
            return Description::default();
        }
    };
    let like_most = chain.frames.iter().filter(|page| page.glance == common);
    // Few pages are tried: one that can be read is enough, and damaged files may have many that cannot.
    let page = like_most.take(8).find_map(|page| Page::read(data, header, page.at, wishes).ok());
    page.map_or_else(Description::default, |page| {
        let raw = page.raw();
        let size = PageSize { height: raw.height, width: raw.width, samples: raw.channels };
        Description::parse(&text, size)
    })
}

/// Which images of a file are frames.
struct Layout {
    pages: Pages,
    /// Directories of the frames; one for all of a run.
    directories: Vec<Directory>,
    frames: usize,
    /// Frames behind `frames` that the file should have and has not.
    missing: usize,
    lost: Vec<(usize, String)>,
    /// The axis that frames follow.
    along: char,
    reading: Reading,
}

impl Layout {
    fn is_run(&self) -> bool {
        matches!(self.pages, Pages::Run { .. })
    }
}

fn lay_out(
    data: &dyn ReadAt,
    header: Header,
    chain: &Chain,
    description: &Description,
    options: &OpenOptions,
    notes: &mut Vec<String>,
) -> Result<Layout, String> {
    let pages = chain.frames.len();
    let images = description.images.filter(|&images| images > 1);
    let run = images.filter(|_| pages == 1).map(|images| {
        let at = chain.frames[0].at;
        let there = Page::read(data, header, at, Wishes::from(options))
            .map_or((1, false), |page| page.images_behind(data.size()));
        (at, images, there)
    });
    let (total, there) = match run {
        Some((_, images, (there, _))) if there >= images => (images, images),
        // Where the run reaches to the file's end, the file may have been cut.
        Some((_, images, (there, true))) if there > 1 && images <= 10 * there + 1000 => (images, there),
        Some((_, images, _)) => {
            notes.push(format!(
                "The {} description speaks of {images} images, the file holds one.",
                description.writer
            ));
            (1, 1)
        }
        None => (pages, pages),
    };
    // A file whose list of pages is damaged may be shorter than its description.
    let promised = images.filter(|&n| chain.broken.is_some() && n > total && n <= 10 * total + 1000);
    let all = promised.unwrap_or(total);
    let (choice, note) =
        if total == 1 { (Choice::all(all, 'T'), None) } else { description.choose(all, options)? };
    notes.extend(note);
    let Choice { frames, step, first, along, reading } = choice;
    let whole = there.saturating_sub(first).div_ceil(step).min(frames);
    if let Some((at, images, _)) = run.filter(|_| total > 1) {
        notes.push(format!("The file has one directory for {images} images."));
        let why = format!("the file is cut short: it holds {there} of {images} images");
        if whole < frames {
            notes.push(format!(
                "The file breaks off after {whole} frames; the {} behind count as failed frames.",
                frames - whole
            ));
        }
        let lost = (whole..frames).map(|frame| (frame, why.clone())).collect();
        let directories = chain.frames.clone();
        return Ok(Layout {
            pages: Pages::Run { at, step, first },
            directories,
            frames: whole,
            missing: frames - whole,
            lost,
            along,
            reading,
        });
    }
    let directories: Vec<Directory> =
        chain.frames.iter().skip(first).step_by(step).take(frames).copied().collect();
    let mut missing = frames - directories.len();
    if let Some(reason) = &chain.broken {
        // One frame stands for those that are missing where their number is not known; a lone image may have
        // anything behind it.
        if missing == 0 && images != Some(pages) && (pages > 1 || chain.is_cut) {
            missing = 1;
        }
        let rest = match missing {
            0 => "what follows is lost".to_owned(),
            1 => "one failed frame stands for what is lost".to_owned(),
            missing => format!("{missing} failed frames stand for what is lost"),
        };
        notes.push(format!("The list of pages breaks off after page {pages}: {reason}; {rest}."));
    }
    let whole = directories.len();
    let why = chain.broken.clone().unwrap_or_default();
    let lost = (whole..whole + missing)
        .map(|frame| (frame, format!("the list of pages breaks off before it: {why}")))
        .collect();
    let pages = Pages::Directories(directories.iter().map(|page| page.at).collect());
    Ok(Layout { pages, directories, frames: whole, missing, lost, along, reading })
}

/// Decodes the first page that is like most and finds those that cannot be like it.
fn look(
    data: &dyn ReadAt,
    header: Header,
    layout: &Layout,
    common: Option<Glance>,
    wishes: Wishes,
) -> Result<Opened, String> {
    /// Pages whose faults are named at once; those of more are found when they are decoded.
    const NAMED: usize = 4096;
    let pages = &layout.directories;
    let mut first_reason = None;
    let mut faults = Vec::new();
    let mut found = None;
    let mut range = None;
    let like_most = pages.iter().enumerate().filter(|(_, page)| page.glance == common);
    let others = pages.iter().enumerate().filter(|(_, page)| page.glance != common);
    for (frame, page) in like_most.chain(others) {
        let mut read = || -> Result<_, String> {
            let mut read = Page::read(data, header, page.at, wishes)?;
            if read.stored.is_wide() {
                let all = range.filter(|(of, _)| *of == page.glance).map_or_else(
                    || wide_range(data, header, layout, page.glance, wishes),
                    |(_, range): (Option<Glance>, WideRange)| range,
                );
                range = Some((page.glance, all));
                read.dtype = all.dtype()?;
            }
            let spec = probe(data, &read)?;
            Ok((read, spec))
        };
        match read() {
            Ok(page) => {
                found = Some(page);
                break;
            }
            Err(reason) => {
                first_reason.get_or_insert_with(|| reason.clone());
                faults.push((frame, reason));
            }
        }
    }
    let Some((_, spec)) = found else {
        return Err(first_reason.unwrap_or_else(|| "no page can be read".to_owned()));
    };
    let odd = pages
        .iter()
        .enumerate()
        .filter(|(_, page)| page.glance != common || page.glance.is_none() || page.damaged);
    let known: HashSet<usize> = faults.iter().map(|&(frame, _)| frame).collect();
    for (frame, page) in odd.take(NAMED) {
        if !known.contains(&frame) {
            let reason = match Page::read(data, header, page.at, wishes) {
                Ok(page) => mismatch(&page, &spec),
                Err(reason) => Some(reason),
            };
            faults.extend(reason.map(|reason| (frame, reason)));
        }
    }
    faults.sort_by_key(|&(frame, _)| frame);
    Ok(Opened {
        wishes,
        header,
        spec,
        pages: Pages::Directories(Vec::new()),
        frames: 0,
        time: TimeAxis::NotSet,
        pixel_size: None,
        unit: None,
        reading: Reading::default(),
        faults,
        mapped: None,
    })
}

/// The values of all 64-bit integers of the pages of that look that can be read: others fail as frames, and so do those
/// with a value that no type holds. Reads the whole file.
fn wide_range(
    data: &dyn ReadAt,
    header: Header,
    layout: &Layout,
    look: Option<Glance>,
    wishes: Wishes,
) -> WideRange {
    let mut range = WideRange::EMPTY;
    for frame in 0..layout.frames {
        let page = match &layout.pages {
            Pages::Directories(_) if layout.directories[frame].glance != look => continue,
            Pages::Directories(pages) => Page::read(data, header, pages[frame], wishes),
            Pages::Run { at, step, first } => {
                Page::read(data, header, *at, wishes).map(|page| page.behind(first + frame * step))
            }
        };
        let mut found = WideRange::EMPTY;
        let is_read =
            page.is_ok_and(|page| page.stored.is_wide() && page.add_range(data, &mut found).is_ok());
        if is_read && found.dtype().is_ok() {
            range = range.merge(found);
        }
    }
    range
}

/// Size of a pixel that the first file of a series states.
pub(super) fn size_of_first(opening: &Opening<'_>) -> Option<PixelSize> {
    let data = FileBytes::open(&opening.files[0].path).ok()?;
    guarded(|| stated_size(&data, opening.options)).ok()?
}

fn stated_size(data: &dyn ReadAt, options: &OpenOptions) -> Result<Option<PixelSize>, String> {
    let wishes = Wishes::from(options);
    let header = Header::read(data)?;
    let chain = chain(data, header, wishes.stored)?;
    let first = Ifd::read(data, header, chain.frames[0].at)?;
    let common = chain.frames[0].glance;
    let mut notes = Vec::new();
    let description = describe(data, header, &first, &chain, common, wishes, &mut notes);
    Ok(pixel_size(data, &first, &description, wishes.stored, &mut notes))
}

/// Size of a pixel: from the description, or from the resolution where its unit is known.
fn pixel_size(
    data: &dyn ReadAt,
    first: &Ifd,
    description: &Description,
    stored: bool,
    notes: &mut Vec<String>,
) -> Option<PixelSize> {
    let (across, down) = description.pixel.or_else(|| {
        let fraction = |tag| first.fraction(data, tag).ok().flatten().filter(|n| n.is_finite() && *n > 0.0);
        let x = fraction(tag::X_RESOLUTION)?;
        let y = fraction(tag::Y_RESOLUTION).unwrap_or(x);
        let unit = first.number(data, tag::RESOLUTION_UNIT, 2).unwrap_or(1);
        let metres = match description.unit.as_deref().and_then(metres) {
            Some(metres) => metres,
            None if description.unit.is_some() || !first.has(tag::RESOLUTION_UNIT) => return None,
            None => match unit {
                // What programs write who know nothing of a size: dots on a screen.
                2 if matches!(x, 1.0 | 72.0 | 96.0) => return None,
                2 => 0.0254,
                3 => 0.01,
                _ => return None,
            },
        };
        Some((metres / x, metres / y))
    })?;
    let turned = !stored && matches!(first.number(data, tag::ORIENTATION, 1), Ok(5..=8));
    let (across, down) = if turned { (down, across) } else { (across, down) };
    if (across / down - 1.0).abs() > 1e-3 {
        notes.push(format!(
            "The file says that pixels are {} wide and {} high; the width is used.",
            PixelSize { metres: across }.display(),
            PixelSize { metres: down }.display()
        ));
    }
    Some(PixelSize { metres: across }).filter(|size| size.metres.is_finite() && size.metres > 0.0)
}

impl Opened {
    /// Spec and number of frames.
    pub(crate) fn spec(&self) -> (&ImageSpec, usize) {
        (&self.spec, self.frames)
    }

    pub(super) fn pages(&self) -> &Pages {
        &self.pages
    }

    /// Frames that are known to be bad, and why.
    pub(super) fn faults(&self) -> &[(usize, String)] {
        &self.faults
    }
}

impl Frames for Opened {
    fn decode(&self, data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        decode(data, self.page(data, frame)?, &self.spec, out)
    }

    fn decode_rows(
        &self,
        data: &dyn ReadAt,
        frame: usize,
        rows: Range<usize>,
        out: &mut SamplesMut<'_>,
    ) -> Option<Result<(), String>> {
        decode_rows(data, self.page(data, frame), &self.spec, rows, out)
    }

    fn mapped(&self) -> Option<Arc<MappedStore>> {
        self.mapped.clone()
    }

    fn facts(&self, data: &dyn ReadAt, frame: usize) -> Facts {
        let at = match &self.pages {
            Pages::Directories(pages) => pages.get(frame),
            Pages::Run { at, .. } => Some(at),
        };
        at.map_or_else(Facts::new, |&at| of_directory(data, self.header, at))
    }
}

impl Opened {
    /// The page of a frame.
    pub(super) fn page(&self, data: &dyn ReadAt, frame: usize) -> Result<Page, String> {
        match &self.pages {
            Pages::Directories(pages) => {
                let at = pages.get(frame).ok_or("the list of pages breaks off before it")?;
                Page::read(data, self.header, *at, self.wishes)
            }
            Pages::Run { at, step, first } => {
                Ok(Page::read(data, self.header, *at, self.wishes)?.behind(first + frame * step))
            }
        }
    }
}
