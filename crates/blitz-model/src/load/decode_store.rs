//! A store that holds no frames: each pin decodes. Commands that read each frame once stream through it, and
//! mapped files that are cropped, thinned or converted are looked at through it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use blitz_core::{
    Access, Extent, FrameFault, FrameGuard, FrameOwner, FramePoll, FrameState, Layout, ReadError, Rect,
    Samples, SamplesMut, Store, copy_rect,
};
use blitz_io::FrameSource;

use super::Chain;

/// Frames kept after [`Store::request`], so that scrubbing back and forth does not decode again.
const CACHE_BYTES: usize = 64 << 20;

/// See the module's page. Failures are remembered, so a broken frame is read once.
#[derive(Debug)]
pub struct DecodeStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    source: Arc<dyn FrameSource>,
    chain: Chain,
    layout: Layout,
    generation: AtomicU64,
    state: Mutex<State>,
    spare: Arc<Spare>,
}

/// Memory of frames that nobody reads any more, one per worker at most: fresh memory costs as much as copying a
/// decoded picture.
#[derive(Debug, Default)]
struct Spare(Mutex<Vec<Samples>>);

impl Spare {
    fn take(&self) -> Option<Samples> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give(&self, samples: Samples) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < rayon::current_num_threads() {
            spare.push(samples);
        }
    }
}

/// A decoded frame, whose memory is used again when the last guard is gone.
struct Recycled {
    samples: Option<Samples>,
    spare: Weak<Spare>,
}

impl FrameOwner for Recycled {
    fn frame_bytes(&self, _slot: usize) -> &[u8] {
        self.samples.as_ref().map_or(&[], Samples::bytes)
    }
}

impl Drop for Recycled {
    fn drop(&mut self) {
        if let (Some(samples), Some(spare)) = (self.samples.take(), self.spare.upgrade()) {
            spare.give(samples);
        }
    }
}

#[derive(Debug, Default)]
struct State {
    failed: HashMap<usize, Arc<FrameFault>>,
    /// Recently requested frames, oldest first.
    recent: VecDeque<(usize, FrameGuard)>,
    requested: HashSet<usize>,
}

impl DecodeStore {
    /// A store over `source` as `chain` says.
    pub fn new(source: Arc<dyn FrameSource>, chain: Chain) -> Self {
        let layout = Layout { frame: chain.output_shape(), dtype: chain.output_dtype() };
        let (state, spare) = (Mutex::default(), Arc::default());
        let generation = AtomicU64::new(0);
        Self { shared: Arc::new(Shared { source, chain, layout, generation, state, spare }) }
    }
}

/// Decodes a frame and gives back how many missing samples became 0; a panic of the decoder fails this frame and
/// nothing else.
pub(super) fn decode_guarded(
    source: &dyn FrameSource,
    chain: &Chain,
    frame: usize,
    out: SamplesMut<'_>,
) -> Result<u64, FrameFault> {
    let source_frame = chain.frame_map().source(frame);
    catch_unwind(AssertUnwindSafe(|| chain.decode(source, source_frame, out))).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let file = source.meta(source_frame).file;
        Err(FrameFault {
            file,
            frame: source_frame,
            reason: format!("the decoder gave up unexpectedly: {message}"),
        })
    })
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cached(&self, frame: usize) -> Option<FrameGuard> {
        self.state().recent.iter().find(|(f, _)| *f == frame).map(|(_, guard)| guard.clone())
    }

    fn decode(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        self.check(frame)?;
        let Layout { frame: shape, dtype } = self.layout;
        // What an earlier frame left in it is overwritten: every decoder fills its frame or fails.
        let mut samples = self.spare.take().unwrap_or_else(|| Samples::zeros(dtype, shape.samples()));
        match self.decode_by(&self.chain, frame, samples.as_mut()) {
            Ok(()) => {
                let owner = Recycled { samples: Some(samples), spare: Arc::downgrade(&self.spare) };
                Ok(FrameGuard::new(Arc::new(owner), 0, dtype, shape))
            }
            Err(error) => {
                self.spare.give(samples);
                Err(error)
            }
        }
    }

    /// Whether the frame exists and is not known to have failed.
    fn check(&self, frame: usize) -> Result<(), ReadError> {
        if frame >= self.chain.frames() {
            return Err(ReadError::OutOfRange { frame, first: 0, end: self.chain.frames() });
        }
        match self.state().failed.get(&frame) {
            Some(fault) => Err(ReadError::Failed(fault.as_ref().clone())),
            None => Ok(()),
        }
    }

    /// Decodes, and remembers a failure.
    fn decode_by(&self, chain: &Chain, frame: usize, out: SamplesMut<'_>) -> Result<(), ReadError> {
        decode_guarded(self.source.as_ref(), chain, frame, out).map(|_| ()).map_err(|fault| {
            self.state().failed.insert(frame, Arc::new(fault.clone()));
            self.generation.fetch_add(1, Ordering::Release);
            ReadError::Failed(fault)
        })
    }
}

impl Store for DecodeStore {
    fn layout(&self) -> Layout {
        self.shared.layout
    }

    fn extent(&self) -> Extent {
        Extent { first: 0, end: self.shared.chain.frames(), sealed: true }
    }

    fn generation(&self) -> u64 {
        self.shared.generation.load(Ordering::Acquire)
    }

    /// Ready until reading it has shown that it is not.
    fn state(&self, frame: usize) -> FrameState {
        match self.shared.state().failed.get(&frame) {
            Some(fault) => FrameState::Failed(Arc::clone(fault)),
            None => FrameState::Ready,
        }
    }

    fn access(&self) -> Access {
        Access::Decoded
    }

    fn request(&self, frame: usize) {
        let mut state = self.shared.state();
        let known = state.recent.iter().any(|(f, _)| *f == frame) || state.failed.contains_key(&frame);
        if known || frame >= self.shared.chain.frames() || !state.requested.insert(frame) {
            return;
        }
        drop(state);
        let shared = Arc::clone(&self.shared);
        rayon::spawn(move || {
            let decoded = shared.decode(frame);
            let mut state = shared.state();
            state.requested.remove(&frame);
            if let Ok(guard) = decoded {
                state.recent.push_back((frame, guard));
                let keep = (CACHE_BYTES / shared.layout.frame_bytes().max(1)).max(2);
                while state.recent.len() > keep {
                    state.recent.pop_front();
                }
            }
        });
    }

    fn poll(&self, frame: usize) -> FramePoll {
        if let Some(fault) = self.shared.state().failed.get(&frame) {
            return FramePoll::Failed(Arc::clone(fault));
        }
        self.shared.cached(frame).map_or(FramePoll::Pending, FramePoll::Ready)
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        match self.shared.cached(frame) {
            Some(guard) => Ok(guard),
            None => self.shared.decode(frame),
        }
    }

    /// Reads and converts the rows of the rectangle alone, where the source can.
    fn read_into(&self, frame: usize, rect: Rect, out: SamplesMut<'_>) -> Result<(), ReadError> {
        let Shared { source, chain, layout, .. } = self.shared.as_ref();
        assert!(rect.fits(layout.frame), "rectangle {rect} lies inside the frame");
        let cached = self.shared.cached(frame);
        match chain.part(source.as_ref(), rect).filter(|_| cached.is_none()) {
            Some(part) => {
                self.shared.check(frame)?;
                self.shared.decode_by(&part, frame, out)
            }
            None => copy_rect(&cached.map_or_else(|| self.shared.decode(frame), Ok)?, rect, out),
        }
    }

    fn reads_rows(&self) -> bool {
        let Shared { source, chain, layout, .. } = self.shared.as_ref();
        chain.part(source.as_ref(), layout.frame.rect()).is_some()
    }

    fn memory_bytes(&self) -> u64 {
        let spare = self.shared.spare.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        ((self.shared.state().recent.len() + spare) * self.shared.layout.frame_bytes()) as u64
    }
}
