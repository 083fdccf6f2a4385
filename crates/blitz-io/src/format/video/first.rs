//! The first picture of a video whose index is still to be read.

use std::path::Path;
use std::sync::Arc;

use blitz_core::{FrameCatalog, FrameFault, FrameMap, FrameMeta, SamplesMut, TimeAxis};

use super::cache::Place;
use super::decoder::{Answer, Decoder};
use super::demux::Demuxer;
use super::ffi::Picture;
use super::index::{Entry, HIDDEN};
use super::pixels::Look;
use super::source::source_info;
use crate::read_at::FileBytes;
use crate::scan::FileEntry;
use crate::source::{
    Early, FrameSource, LumaInfo, LumaRange, OpenOptions, SourceInfo, VideoFrames, assert_fits,
};

/// Files below this size have their index read before anybody could look at their first picture.
const QUICK_BYTES: u64 = 64 << 20;
/// Packets after which a video without a picture is left to the index.
const TRIED: u32 = 300;

/// A recording of one frame: what the decoder gives first. It stays what it is when the index is there, unless the
/// index finds that the file begins with a frame that cannot be decoded.
#[derive(Debug)]
struct FirstPicture {
    info: SourceInfo,
    look: Look,
    picture: Picture,
}

/// Shows the first picture where that is asked for and the rest takes long.
pub(crate) fn show_first(path: &Path, name: &str, files: &[FileEntry], options: &OpenOptions) {
    if let Some(show) = &options.first_picture
        && let Some(first) = FirstPicture::of(path, name, files, options)
    {
        show.call(Arc::new(first), Early::First);
    }
}

impl FirstPicture {
    /// Decodes it; `None` where the index is kept or read in no time, and where there is anything wrong, which the
    /// index tells better.
    fn of(path: &Path, name: &str, files: &[FileEntry], options: &OpenOptions) -> Option<Self> {
        let file = files.first()?;
        let kept = options.cache_dir.as_deref().and_then(|dir| Place::of(dir, &file.path));
        if file.bytes < QUICK_BYTES || kept.is_some_and(|place| place.exists()) {
            return None;
        }
        let data = FileBytes::open(&file.path).ok()?;
        let (mut demuxer, facts) = Demuxer::open(Arc::new(data), &file.suffix(), &options.cancel).ok()?;
        // Each further thread would want a packet more before anything comes out.
        let mut decoder = Decoder::open(demuxer.parameters()?, 1, true, options.max_frame_bytes).ok()?;
        let mut hidden = Vec::new();
        let mut number = 0;
        let mut ended = false;
        let picture = loop {
            match decoder.receive() {
                Answer::Picture(Some(from), picture) if hidden.get(from as usize) == Some(&false) => {
                    break picture;
                }
                Answer::Picture(Some(_), _) => {}
                Answer::Picture(None, _) | Answer::Bad(_) | Answer::End => return None,
                Answer::Hungry if ended => return None,
                Answer::Hungry => match demuxer.next() {
                    Ok(Some(mut packet)) if number < TRIED && !options.cancel.is_cancelled() => {
                        hidden.push(Entry::of(&packet).is(HIDDEN));
                        if !decoder.send(&mut packet, number).ok()? {
                            return None;
                        }
                        number += 1;
                    }
                    Ok(None) => {
                        decoder.end();
                        ended = true;
                    }
                    Ok(Some(_)) | Err(_) => return None,
                },
            }
        };
        if picture.is_damaged() {
            return None;
        }
        let turn = facts.orientation.filter(|_| !options.stored_orientation).unwrap_or_default();
        let look = Look::of(&picture, &facts, options.max_frame_bytes).ok()?.turned(turn);
        let info = source_info(path, name.to_owned(), files, 1, &look, TimeAxis::NotSet, Vec::new());
        Some(Self { info, look, picture })
    }

    fn checked(
        &self,
        frame: usize,
        fill: impl FnOnce(&Picture) -> Result<(), String>,
    ) -> Result<(), FrameFault> {
        let filled =
            if frame == 0 { fill(&self.picture) } else { Err("only the first picture is there".into()) };
        filled.map_err(|reason| FrameFault { file: Some(self.info.path.clone()), frame, reason })
    }
}

impl FrameCatalog for FirstPicture {
    fn meta(&self, _frame: usize) -> FrameMeta {
        FrameMeta {
            name: String::new(),
            number: None,
            file: Some(self.info.path.clone()),
            file_bytes: 0,
            file_written: None,
            container_bits: self.info.container_bits,
            color_model: self.info.color_model.clone(),
        }
    }
}

impl FrameSource for FirstPicture {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn info_mut(&mut self) -> &mut SourceInfo {
        &mut self.info
    }

    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        assert_fits(&self.info, &out);
        self.checked(frame, |picture| self.look.decode(picture, out))
    }

    fn luma(&self) -> Option<LumaInfo> {
        self.look.luma
    }

    fn decode_luma(&self, frame: usize, range: LumaRange, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        self.checked(frame, |picture| self.look.decode_luma(picture, range, out))
    }

    fn decoder(&self) -> String {
        super::ffi::versions()
    }

    fn video(&self) -> Option<&dyn VideoFrames> {
        Some(self)
    }
}

impl VideoFrames for FirstPicture {
    fn prepare(&self, _frames: FrameMap, _count: usize) -> Option<String> {
        None
    }

    fn decoded(&self) -> u64 {
        1
    }

    fn decoder_bytes(&self) -> u64 {
        self.look.picture_bytes
    }

    fn most_decoder_bytes(&self) -> u64 {
        self.look.picture_bytes
    }
}
