//! Reading the frames of a selection, whatever the store.

use blitz_core::{Access, FrameGuard, FrameState, Intent, ReadError};
use blitz_kernels::BLOCK;
use rayon::prelude::*;

use super::ahead::Ahead;
use super::asked::Asked;
use super::coverage::Coverage;
use super::{EvalContext, EvalError};
use crate::in_turn::in_turn;

/// Bytes of frames that are decoded together before they are used.
const BATCH_BYTES: usize = 32 << 20;

/// Bytes of frames per batch where a frame is read where it lies: every batch starts the pool and walks over
/// the accumulators, and the command to cancel waits for its end.
const HELD_BATCH_BYTES: usize = 256 << 20;

/// Frames per batch: enough that decoding keeps all threads busy and that several frames meet each
/// accumulator update, few enough that the memory stays near two frames per worker where they are decoded. It
/// has no influence on results: accumulators take frames one after the other.
fn batch_len(stack: &Asked) -> usize {
    let threads = rayon::current_num_threads();
    let frame = stack.store.layout().frame_bytes().max(1);
    if stack.store.access() == Access::Decoded {
        (BATCH_BYTES / frame).clamp(2 * threads, 256)
    } else {
        (HELD_BATCH_BYTES / frame).clamp(16, 4096)
    }
}

/// Pins a frame unless it is known to be pending or failed.
fn pin(stack: &Asked, frame: usize) -> Result<FrameGuard, ReadError> {
    match stack.store.state(frame) {
        FrameState::Pending => Err(ReadError::Pending { frame }),
        FrameState::Failed(fault) => Err(ReadError::Failed(fault.as_ref().clone())),
        FrameState::Ready => stack.store.pin(frame),
    }
}

/// Pins the readable frames of `frames`, for whoever reads them later.
///
/// # Errors
/// If cancelled or if the storage was lost. Pending and failed frames are no error.
pub(super) fn pin_all(
    stack: &Asked,
    frames: &[usize],
    cx: &EvalContext,
) -> Result<(Vec<FrameGuard>, Coverage), EvalError> {
    let mut pinned = Vec::with_capacity(frames.len());
    let mut coverage = Coverage::default();
    for &frame in frames {
        if cx.cancel.is_cancelled() {
            return Err(EvalError::Cancelled);
        }
        match pin(stack, frame) {
            Ok(guard) => pinned.push(guard),
            Err(error) => coverage.add(error)?,
        }
    }
    coverage.used = pinned.len();
    Ok((pinned, coverage))
}

/// Hands the readable frames of `frames` to `each`, in order, several at a time, with their numbers. Frames are
/// decoded in parallel where a pin costs something, and read ahead where they lie in a large file.
///
/// # Errors
/// If cancelled, if the storage was lost, or what `each` says. Pending and failed frames are no error.
pub(super) fn for_each_batch(
    stack: &Asked,
    frames: &[usize],
    cx: &EvalContext,
    mut each: impl FnMut(&[usize], &[FrameGuard]) -> Result<(), EvalError>,
) -> Result<Coverage, EvalError> {
    let mut coverage = Coverage::default();
    let mut walk = stack.walk();
    let ahead = Ahead::new(stack.store.as_ref(), frames.len());
    let mut batches = frames.chunks(batch_len(stack)).peekable();
    ahead.tell(batches.peek().copied().unwrap_or_default(), Intent::Soon);
    while let Some(batch) = batches.next() {
        ahead.tell(batches.peek().copied().unwrap_or_default(), Intent::Soon);
        if cx.is_stopped() {
            return Err(EvalError::Cancelled);
        }
        let pins: Vec<Result<FrameGuard, ReadError>> = if let Some(walk) = &mut walk {
            batch
                .iter()
                .map(|&frame| if cx.is_stopped() { Err(ReadError::Pending { frame }) } else { walk(frame) })
                .collect()
        } else if stack.store.access() == Access::Decoded {
            in_turn(batch.len(), |i| {
                let frame = batch[i];
                if cx.is_stopped() { Err(ReadError::Pending { frame }) } else { pin(stack, frame) }
            })
        } else {
            batch.iter().map(|&frame| pin(stack, frame)).collect()
        };
        if cx.cancel.is_cancelled() {
            return Err(EvalError::Cancelled);
        }
        let (mut numbers, mut guards) = (Vec::with_capacity(pins.len()), Vec::with_capacity(pins.len()));
        for (&number, pinned) in batch.iter().zip(pins) {
            match pinned {
                Ok(guard) => {
                    numbers.push(number);
                    guards.push(guard);
                }
                Err(error) => coverage.add(error)?,
            }
        }
        each(&numbers, &guards)?;
        for guard in &guards {
            guard.verify()?;
        }
        coverage.used += guards.len();
        drop(guards);
        ahead.tell(batch, Intent::Done);
        cx.progress.advance(batch.len() as u64);
    }
    coverage.name_failed(stack.faults_behind(frames));
    Ok(coverage)
}

/// Samples of a frame below which its pixels are not worth several threads.
pub(super) const SMALL_FRAME: usize = 64 * 1024;

/// Computes `each` for every readable frame of `frames`, in parallel over frames; results come in the
/// order of `frames`, `None` for frames that could not be read.
///
/// # Errors
/// If cancelled or if the storage was lost.
pub(super) fn map_frames<T: Send>(
    stack: &Asked,
    frames: &[usize],
    cx: &EvalContext,
    each: impl Fn(usize, &FrameGuard) -> T + Sync,
) -> Result<(Vec<Option<T>>, Coverage), EvalError> {
    let one = |frame: usize, read: &mut dyn FnMut(usize) -> Result<FrameGuard, ReadError>| {
        if cx.is_stopped() {
            return Err(ReadError::Pending { frame });
        }
        let guard = read(frame)?;
        let value = each(frame, &guard);
        guard.verify()?;
        cx.progress.advance(1);
        Ok(value)
    };
    let walked = |frames: &[usize]| -> Option<Vec<Result<T, ReadError>>> {
        let mut walk = stack.walk()?;
        Some(frames.iter().map(|&frame| one(frame, &mut *walk)).collect())
    };
    let results: Vec<Result<T, ReadError>> = if stack.looks_around() {
        // Windows move along with the frames: one after the other, each in parallel over its pixels. Frames of
        // few pixels are walked through in stretches that are long beside what a walk computes before its first
        // frame.
        let stretch = match stack.store.layout().frame.samples() {
            0..SMALL_FRAME => frames.len().div_ceil(rayon::current_num_threads()).max(4 * stack.run_up()),
            _ => frames.len(),
        };
        frames.par_chunks(stretch.max(1)).flat_map_iter(|part| walked(part).unwrap_or_default()).collect()
    } else if stack.store.access() == Access::Decoded {
        in_turn(frames.len(), |i| one(frames[i], &mut |f| pin(stack, f)))
    } else {
        // What was read makes room: a little of each frame is read here, so nothing is read ahead.
        let ahead = Ahead::new(stack.store.as_ref(), frames.len());
        let len = if ahead.is_large() { 8 * batch_len(stack) } else { frames.len().max(1) };
        let mut results = Vec::with_capacity(frames.len());
        for part in frames.chunks(len) {
            results.par_extend(part.par_iter().map(|&frame| one(frame, &mut |f| pin(stack, f))));
            ahead.tell(part, Intent::Done);
        }
        results
    };
    if cx.cancel.is_cancelled() {
        return Err(EvalError::Cancelled);
    }
    let mut coverage = Coverage::default();
    let mut values = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Ok(value) => {
                coverage.used += 1;
                values.push(Some(value));
            }
            Err(error) => {
                coverage.add(error)?;
                values.push(None);
            }
        }
    }
    coverage.name_failed(stack.faults_behind(frames));
    Ok((values, coverage))
}

/// The first frame of the block in which `frames` begin.
pub(super) fn first_of_block(frames: &[usize]) -> usize {
    frames.first().map_or(0, |first| first / BLOCK * BLOCK)
}
