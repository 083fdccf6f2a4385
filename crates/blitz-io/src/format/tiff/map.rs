//! Pages whose bytes are samples as they are needed: the file is mapped, like an array.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{FrameFault, Layout};

use super::source::Opened;
use crate::in_parallel::in_parallel;
use crate::read_at::{FileBytes, ReadAt as _};
use crate::store::region::Region;
use crate::store::{MappedStore, Places};

/// Looking for the samples of more pages than this takes longer than a person waits.
const MOST: usize = 1 << 18;

impl Opened {
    /// A store over the file, if every page that can be read is one run of samples of the recording's type, in this
    /// machine's order.
    pub(super) fn map(&self, file: &FileBytes, path: &Path) -> Option<MappedStore> {
        let (spec, frames) = self.spec();
        let layout = Layout { frame: spec.frame, dtype: spec.dtype };
        if frames > MOST {
            return None;
        }
        let mut reasons: HashMap<usize, String> = self.faults().iter().cloned().collect();
        // Most files that are not mapped show that by their first page.
        let first = (0..frames).find(|frame| !reasons.contains_key(frame))?;
        self.page(file, first).ok()?.place(spec, file.size())?;
        let found = in_parallel(frames, |frame| match self.page(file, frame) {
            _ if reasons.contains_key(&frame) => Ok(None),
            Ok(page) => page.place(spec, file.size()).map(Some).ok_or(None),
            Err(reason) => Err(Some(reason)),
        });
        let mut places = Vec::with_capacity(frames);
        for (frame, found) in found.into_iter().enumerate() {
            places.push(match found {
                Ok(place) => place.map(usize::try_from).transpose().ok()?,
                Err(Some(reason)) => {
                    reasons.insert(frame, reason);
                    None
                }
                // It can be read, but not so.
                Err(None) => return None,
            });
        }
        let region = Arc::new(Region::map(file.file(), path)?);
        let path = path.to_path_buf();
        let fault = move |frame: usize| {
            let reason = reasons.get(&frame).cloned().unwrap_or_else(|| "the page is not there".to_owned());
            FrameFault { file: Some(path.clone()), frame, reason }
        };
        MappedStore::new(region, layout, Places::Listed(places.into()), frames, Box::new(fault))
    }
}
