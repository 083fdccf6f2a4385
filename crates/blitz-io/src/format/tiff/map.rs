//! Pages whose bytes are samples as they are needed: the file is mapped, like an array.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use blitz_core::{Cancel, FrameFault, Layout};

use super::source::{Opened, Pages};
use crate::in_parallel::in_parallel;
use crate::read_at::{FileBytes, ReadAt as _};
use crate::store::region::Region;
use crate::store::{MappedStore, Places};

/// Looking at more directories than this, or at more strips of all of them, takes longer than a person waits.
const MOST_PAGES: usize = 1 << 18;
const MOST_STRIPS: usize = 1 << 24;

impl Opened {
    /// A store over the file, if every page that can be read is one run of samples of the recording's type, in this
    /// machine's order.
    pub(super) fn map(&self, file: &FileBytes, path: &Path, cancel: &Cancel) -> Option<MappedStore> {
        let (spec, frames) = self.spec();
        let layout = Layout { frame: spec.frame, dtype: spec.dtype };
        let mut reasons: HashMap<usize, String> = self.faults().iter().cloned().collect();
        // Most files that are not mapped show that by their first page.
        let first = (0..frames).find(|frame| !reasons.contains_key(frame))?;
        let start = self.page(file, first).ok()?.place(spec, file.size()).ok()??;
        let region = Arc::new(Region::map(file.file(), path)?);
        let places = match self.pages() {
            // The images behind the first one are like it.
            Pages::Run { step, .. } if first == 0 => {
                let step = step.checked_mul(layout.frame_bytes())?;
                let whole = (0..frames).take_while(|frame| !reasons.contains_key(frame)).count();
                Places::Even { first: usize::try_from(start).ok()?, step, whole }
            }
            _ => Places::Listed(self.list(file, cancel, &mut reasons)?.into()),
        };
        // What was read is what is mapped.
        file.unchanged().ok()?;
        let path = path.to_path_buf();
        let fault = move |frame: usize| {
            let reason = reasons.get(&frame).cloned().unwrap_or_else(|| "the page is not there".to_owned());
            FrameFault { file: Some(path.clone()), frame, reason }
        };
        MappedStore::new(region, layout, places, frames, Box::new(fault))
    }

    /// Where the samples of each page begin; pages that cannot be read are added to `reasons`. `None` where one must be
    /// decoded, or looking takes too long.
    fn list(
        &self,
        file: &FileBytes,
        cancel: &Cancel,
        reasons: &mut HashMap<usize, String>,
    ) -> Option<Vec<Option<usize>>> {
        let (spec, frames) = self.spec();
        if frames > MOST_PAGES {
            return None;
        }
        let strips = AtomicUsize::new(0);
        let found = in_parallel(frames, |frame| {
            if reasons.contains_key(&frame) {
                return Ok(None);
            }
            if cancel.is_cancelled() || strips.load(Ordering::Relaxed) > MOST_STRIPS {
                return Err(None);
            }
            let page = self.page(file, frame).map_err(Some)?;
            strips.fetch_add(page.strips(), Ordering::Relaxed);
            page.place(spec, file.size()).map_err(Some)?.map(Some).ok_or(None)
        });
        let mut places = Vec::with_capacity(frames);
        for (frame, found) in found.into_iter().enumerate() {
            places.push(match found {
                Ok(place) => place.map(usize::try_from).transpose().ok()?,
                Err(Some(reason)) => {
                    reasons.insert(frame, reason);
                    None
                }
                Err(None) => return None,
            });
        }
        Some(places)
    }
}
