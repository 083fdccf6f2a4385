//! Taking on the frames that another program adds to a folder while it is open.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use blitz_io::GrowingStore;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::Loader;
use super::decode_store::decode_guarded;

/// Time between two looks at the folder, where looking is quick.
const EVERY: Duration = Duration::from_millis(300);

/// Ends a following; may be asked for from any thread.
#[derive(Clone, Debug, Default)]
pub struct StopFollowing(Arc<(Mutex<bool>, Condvar)>);

impl StopFollowing {
    /// Makes it end soon.
    pub fn stop(&self) {
        let (stopped, changed) = &*self.0;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    fn is_stopped(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for so long, or until it is to end; says whether it is.
    fn wait(&self, time: Duration) -> bool {
        let (stopped, changed) = &*self.0;
        let stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(stopped, time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Looks for new files of a recording that [`Loader`] has filled and decodes them, until it is stopped, the folder is
/// gone, or `most` frames are there. A file that cannot be decoded is tried again while its size changes. The store is
/// sealed in the end. `tell` is given what a person should know.
pub fn follow(loader: &Loader, most: usize, stop: &StopFollowing, tell: &(dyn Fn(String) + Sync)) {
    let (Some(store), Some(growing)) = (loader.growing(), loader.source.growing()) else { return };
    let name = &loader.source.info().name;
    let mut pause = EVERY;
    let mut why = None;
    while why.is_none() && !stop.wait(pause) {
        let began = Instant::now();
        match growing.look() {
            Err(reason) => why = Some(reason),
            Ok(grown) => {
                for late in grown.late {
                    tell(format!(
                        "{name}: the new file {late} belongs before frames that are known; open the folder again to have it"
                    ));
                }
                let frames = loader.chain.frames_of(grown.frames);
                let grew = store.grow(frames.min(most)).map_err(|error| error.to_string());
                why = grew.err().or_else(|| {
                    (frames > most).then(|| format!("{most} frames fill the memory that may be used"))
                });
            }
        }
        decode_pending(loader, store, stop, tell);
        pause = EVERY.max(began.elapsed() * 10);
    }
    loader.end_growth();
    if let Some(why) = why {
        tell(format!("{name} is no longer watched: {why}"));
    }
}

/// Decodes what is whole. What is not, and does not become so, fails.
fn decode_pending(
    loader: &Loader,
    store: &GrowingStore,
    stop: &StopFollowing,
    tell: &(dyn Fn(String) + Sync),
) {
    let Some(growing) = loader.source.growing() else { return };
    store.pending().into_par_iter().for_each(|frame| {
        if stop.is_stopped() {
            return;
        }
        let Some(mut slot) = store.writer(frame) else { return };
        match decode_guarded(loader.source.as_ref(), &loader.chain, frame, slot.samples()) {
            Ok(_) => slot.publish(),
            Err(fault) if growing.is_settled(fault.frame) => {
                tell(fault.to_string());
                slot.fail(fault);
            }
            // It is pending again.
            Err(_) => drop(slot),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_ends_a_wait() {
        let stop = StopFollowing::default();
        assert!(!stop.wait(Duration::from_millis(1)));
        let other = stop.clone();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(move || other.wait(Duration::from_hours(1)));
            stop.stop();
            assert!(waiting.join().expect("ends"));
        });
    }
}
