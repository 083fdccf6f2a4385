//! Frames one after the other, made ahead of the writer.

use std::sync::mpsc::sync_channel;

use blitz_core::{DType, FrameGuard, Intent, ReadError, Samples, SamplesRef, with_samples};
use blitz_kernels::Geometry;
use rayon::prelude::*;

use super::{ExportError, Target};
use crate::evaluate::ahead::Ahead;
use crate::evaluate::{Asked, EvalContext, EvalError};
use crate::in_turn::in_turn;

/// Bytes of frames that are made together.
const BATCH_BYTES: usize = 16 << 20;

/// A frame on its way to the output.
enum Frame {
    /// As the store has it.
    Pinned(FrameGuard),
    /// Turned or converted.
    Made(Samples),
}

impl Frame {
    /// Makes the source frame `frame` what the output wants.
    fn new(guard: FrameGuard, geometry: Geometry, target: &Target, frame: usize) -> Result<Self, Unmade> {
        let (dtype, _) = target.values;
        let upright = geometry.is_identity();
        if upright && dtype == guard.dtype() && target.pictures.is_none() {
            return Ok(Self::Pinned(guard));
        }
        let turned = (!upright).then(|| geometry.apply(guard.samples(), guard.shape()).0);
        let values = turned.as_ref().map_or(guard.samples(), Samples::as_ref);
        let made = if let Some(pictures) = &target.pictures {
            Target::paint(pictures, frame, Some(values)).map_err(Unmade::Other)
        } else if dtype != guard.dtype() {
            Ok(converted(values, dtype))
        } else {
            Ok(turned.unwrap_or_else(|| guard.samples().to_owned()))
        };
        guard.verify()?;
        made.map(Self::Made)
    }

    fn samples(&self) -> SamplesRef<'_> {
        match self {
            Self::Pinned(guard) => guard.samples(),
            Self::Made(samples) => samples.as_ref(),
        }
    }
}

/// Why there is no frame.
enum Unmade {
    /// It cannot be read.
    Read(ReadError),
    /// Nothing can be written.
    Other(ExportError),
}

impl From<ReadError> for Unmade {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

fn converted(samples: SamplesRef<'_>, dtype: DType) -> Samples {
    match dtype {
        DType::F32 => {
            Samples::F32(with_samples!(samples, s => s.iter().map(|v| v.to_f64() as f32).collect()))
        }
        _ => Samples::F64(samples.to_f64_vec()),
    }
}

/// Hands every frame to `each`, in order, while the next ones are made.
pub(super) fn for_each_frame(
    stack: &Asked,
    geometry: Geometry,
    target: &Target,
    frames: &[usize],
    cx: &EvalContext,
    mut each: impl FnMut(usize, Result<SamplesRef<'_>, ReadError>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let made = target.shape.samples() * target.dtype.size();
    let fitting = BATCH_BYTES / stack.store.layout().frame_bytes().max(made).max(1);
    let batch_len = fitting.clamp(rayon::current_num_threads(), 256);
    // Nothing waits in the channel: one batch is written while another is made.
    let (sender, batches) = sync_channel::<Vec<Result<Frame, Unmade>>>(0);
    let finish = |frame: usize, read: Result<FrameGuard, ReadError>| {
        Frame::new(read?, geometry, target, stack.source_frame(frame))
    };
    std::thread::scope(|scope| {
        let make = move || {
            let mut walk = stack.walk();
            let ahead = Ahead::new(stack.store.as_ref(), frames.len());
            let mut read: Option<&[usize]> = None;
            let mut batches = frames.chunks(batch_len).peekable();
            while let Some(batch) = batches.next() {
                ahead.tell(batches.peek().copied().unwrap_or_default(), Intent::Soon);
                let made: Vec<Result<Frame, Unmade>> = match &mut walk {
                    Some(walk) => {
                        let mut pins = Vec::with_capacity(batch.len());
                        for &frame in batch {
                            if cx.cancel.is_cancelled() {
                                return;
                            }
                            pins.push(walk(frame));
                        }
                        batch.par_iter().zip(pins).map(|(&frame, pin)| finish(frame, pin)).collect()
                    }
                    None => in_turn(batch.len(), |i| {
                        let frame = batch[i];
                        if cx.cancel.is_cancelled() {
                            return Err(ReadError::Pending { frame }.into());
                        }
                        finish(frame, stack.store.pin(frame))
                    }),
                };
                if cx.cancel.is_cancelled() || sender.send(made).is_err() {
                    return;
                }
                // The batch before has been written once this one is taken.
                if let Some(before) = read.replace(batch) {
                    ahead.tell(before, Intent::Done);
                }
            }
        };
        std::thread::Builder::new()
            .name("frames".to_owned())
            .spawn_scoped(scope, make)
            .map_err(ExportError::Thread)?;
        let mut rest = frames.iter();
        for batch in batches {
            for (read, &frame) in batch.into_iter().zip(&mut rest) {
                if cx.cancel.is_cancelled() {
                    return Err(EvalError::Cancelled.into());
                }
                match read {
                    Ok(made) => {
                        each(frame, Ok(made.samples()))?;
                        if let Frame::Pinned(guard) = &made {
                            guard.verify()?;
                        }
                    }
                    Err(Unmade::Read(error)) => each(frame, Err(error))?,
                    Err(Unmade::Other(error)) => return Err(error),
                }
            }
        }
        if cx.cancel.is_cancelled() { Err(EvalError::Cancelled.into()) } else { Ok(()) }
    })
}
