//! A picture to look at while a folder is listed and looked through.
//!
//! It is that of a file that is likely to be the first one. Which files make the recording, and what most of them are,
//! is not known yet, so it is nothing to measure on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::format::contract::{Format, Grain, Opening};
use crate::format::{grid, of_suffix, what_is};
use crate::scan::{FileEntry, compare};
use crate::source::{Early, FrameSource, OpenOptions, ShowFirst};

/// How long an opening takes before anything but the recording itself is shown.
const PATIENCE: Duration = Duration::from_millis(100);

/// The first look at an opening under way, which a thread of its own takes. Ends with it: nothing is shown after it was
/// dropped.
#[derive(Default)]
pub(crate) struct Preview {
    shared: Option<Arc<Shared>>,
    likely: Likely,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether a file was taken to be shown.
    is_shown: AtomicBool,
}

#[derive(Default)]
struct State {
    /// What to show.
    file: Option<(FileEntry, &'static Format)>,
    /// Whether that is the first file of the recording.
    is_sure: bool,
    /// Whether the opening is over.
    is_over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the file to show; `None` once the opening is over.
    fn next(&self, shown: Option<&Path>) -> Option<(FileEntry, &'static Format, bool)> {
        let mut state = self.state();
        loop {
            match &state.file {
                _ if state.is_over => return None,
                Some((file, format)) if shown.is_none() || state.is_sure => {
                    return Some((file.clone(), format, state.is_sure));
                }
                _ => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Preview {
    /// Of the folder `path`, where a first picture is asked for.
    pub(crate) fn of(path: &Path, options: &OpenOptions) -> Self {
        let Some(show) = options.first_picture.clone() else { return Self::default() };
        let shared = Arc::new(Shared::default());
        let (path, options) = (path.to_path_buf(), options.clone());
        let work = {
            let shared = Arc::clone(&shared);
            move || show_likely(&shared, &path, &options, &show)
        };
        // Without a thread the recording itself is the first that is seen.
        let spawned = std::thread::Builder::new().name("preview".into()).spawn(work);
        Self { shared: spawned.is_ok().then_some(shared), likely: Likely::default() }
    }

    /// Is told of a file as it is listed.
    pub(crate) fn listed(&mut self, file: &FileEntry) {
        let Some(shared) = &self.shared else { return };
        // What is shown stays until the first file is known.
        if !shared.is_shown.load(Ordering::Relaxed)
            && let Some(likeliest) = self.likely.take(file)
        {
            shared.state().file = Some(likeliest);
            shared.changed.notify_all();
        }
    }

    /// Is told of the recording's first file.
    pub(crate) fn found(&self, file: &FileEntry, format: &'static Format) {
        let Some(shared) = &self.shared else { return };
        let mut state = shared.state();
        state.file = is_quick(format).then(|| (file.clone(), format));
        state.is_sure = true;
        shared.changed.notify_all();
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.state().is_over = true;
            shared.changed.notify_all();
        }
    }
}

/// Whether the first picture of one file is there at once. Videos have a way of their own to it.
fn is_quick(format: &Format) -> bool {
    format.grain != Grain::Group
}

/// The file among those listed so far that the recording is likeliest to begin with: of the suffix that most have, the
/// first one with a number.
#[derive(Default)]
struct Likely {
    /// How many files of each suffix have a number, and the first of them.
    of: HashMap<String, (usize, FileEntry)>,
    /// The suffix that most have.
    most: String,
}

impl Likely {
    /// The likeliest file and its format, where it is another one now that `file` was listed.
    fn take(&mut self, file: &FileEntry) -> Option<(FileEntry, &'static Format)> {
        let suffix = file.suffix();
        let is_numbered = file.stem().bytes().any(|b| b.is_ascii_digit());
        let format = of_suffix(&suffix).filter(|format| is_numbered && is_quick(format))?;
        if format.name == grid::FORMAT.name && !grid::is_certain(&suffix) {
            return None;
        }
        let most = self.of.get(&self.most).map_or(0, |(count, _)| *count);
        let (count, first) = self.of.entry(suffix.clone()).or_insert_with(|| (0, file.clone()));
        *count += 1;
        let is_first = *count == 1 || compare(&file.name, &first.name).is_lt();
        if is_first {
            *first = file.clone();
        }
        let is_other = self.most != suffix;
        let is_likeliest = if is_other { *count > most } else { is_first };
        is_likeliest.then(|| {
            self.most = suffix;
            (first.clone(), format)
        })
    }
}

/// Shows the likeliest file once the opening has taken a while, and the recording's first file instead when that is
/// known.
fn show_likely(shared: &Shared, folder: &Path, options: &OpenOptions, show: &ShowFirst) {
    let state = shared.state();
    let waited = shared.changed.wait_timeout_while(state, PATIENCE, |state| !state.is_over);
    drop(waited);
    let mut shown: Option<PathBuf> = None;
    while let Some((file, format, is_sure)) = shared.next(shown.as_deref()) {
        shared.is_shown.store(true, Ordering::Relaxed);
        if shown.as_ref() != Some(&file.path) {
            let source = open(&file, format, folder, options);
            let state = shared.state();
            // Whoever opens waits here until it was shown, or it is shown no more.
            if let Some(source) = source.filter(|_| !state.is_over) {
                show.call(source, Early::Preview);
            }
        }
        if is_sure {
            return;
        }
        shown = Some(file.path);
    }
}

/// The file as a recording of its own; `None` where anything is wrong, which the whole opening tells better.
fn open(
    file: &FileEntry,
    format: &Format,
    folder: &Path,
    options: &OpenOptions,
) -> Option<Arc<dyn FrameSource>> {
    let options =
        OpenOptions { first_picture: None, times: None, progress: <_>::default(), ..options.clone() };
    let look_again = |_: &Path, _: &Path| Ok(Vec::new());
    let files = Arc::from([file.clone()]);
    let opening =
        Opening { path: &file.path, name: &file.name, files: &files, options: &options, what_is, look_again };
    let mut source = (format.open)(&opening).ok()?;
    source.info_mut().path = folder.to_path_buf();
    Some(Arc::from(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_file_has_a_number_and_the_suffix_of_most() {
        let mut likely = Likely::default();
        let mut taken = Vec::new();
        for name in
            ["mean.png", "a7.txt", "b2.tif", "img_4.png", "b1.tif", "img_30.png", "img_9.png", "img_1.png"]
        {
            taken.extend(likely.take(&FileEntry::new(name.into())).map(|(file, _)| file.name));
        }
        // Three of `.png` are more than two of `.tif`.
        assert_eq!(taken, ["b2.tif", "b1.tif", "img_4.png", "img_1.png"]);
    }
}
