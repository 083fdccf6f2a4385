//! Files that recipes rest on, looked at while they are shown: rewriting one changes what is shown by itself.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::load::written;

/// Time between two looks.
const EVERY: Duration = Duration::from_millis(500);

/// A thread that looks at files, started with the first one. The owner never waits for it.
pub(super) struct Watch {
    shared: Arc<Shared>,
    wake: Arc<dyn Fn() + Send + Sync>,
    started: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Watched>,
    changed: Condvar,
}

#[derive(Default)]
struct Watched {
    /// `None` until it was looked at.
    files: HashMap<PathBuf, Option<u64>>,
    /// Grows with each change.
    revision: u64,
}

impl Watch {
    pub(super) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { shared: Arc::default(), wake, started: false }
    }

    /// Looks at these files from now on, and at no others.
    pub(super) fn set(&mut self, files: &[PathBuf]) {
        let mut state = locked(&self.shared.state);
        state.files.retain(|path, _| files.contains(path));
        let mut is_new = false;
        for path in files {
            if !state.files.contains_key(path) {
                state.files.insert(path.clone(), None);
                is_new = true;
            }
        }
        drop(state);
        if is_new {
            self.start();
            self.shared.changed.notify_all();
        }
    }

    fn start(&mut self) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let (shared, wake) = (Arc::downgrade(&self.shared), Arc::clone(&self.wake));
        let look = move || {
            while let Some(shared) = shared.upgrade() {
                look_once(&shared, &*wake);
                sleep(&shared);
            }
        };
        // Where the system gives no thread, files are looked at once, by the evaluation itself.
        self.started = std::thread::Builder::new().name("watch".into()).spawn(look).is_ok();
    }

    /// Names what a file holds now; `None` until it was looked at.
    pub(super) fn written(&self, path: &Path) -> Option<u64> {
        if !self.started {
            return Some(0);
        }
        locked(&self.shared.state).files.get(path).copied().flatten()
    }

    /// Grows when a file was looked at for the first time or was found rewritten.
    pub(super) fn revision(&self) -> u64 {
        locked(&self.shared.state).revision
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.changed.notify_all();
    }
}

/// Looks at all files; the disk is touched without the lock.
fn look_once(shared: &Arc<Shared>, wake: &dyn Fn()) {
    let files: Vec<PathBuf> = locked(&shared.state).files.keys().cloned().collect();
    let mut news = false;
    for path in files {
        let now = written(&path);
        let mut state = locked(&shared.state);
        if let Some(known) = state.files.get_mut(&path)
            && known.replace(now) != Some(now)
        {
            state.revision += 1;
            news = true;
        }
    }
    if news {
        wake();
    }
}

/// Until the next look: soon where a file was added, never where the owner is gone.
fn sleep(shared: &Arc<Shared>) {
    let state = locked(&shared.state);
    let asleep = |state: &mut Watched| {
        // Only this thread holds it: the owner is gone.
        Arc::strong_count(shared) > 1 && state.files.values().all(Option::is_some)
    };
    drop(shared.changed.wait_timeout_while(state, EVERY, asleep));
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
