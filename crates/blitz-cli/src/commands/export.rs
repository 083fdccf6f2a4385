//! `blitz export`: frames as they are, streamed from the source to the output.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use blitz_core::{
    DType, FrameFault, FrameGuard, FrameShape, ReadError, Samples, SamplesRef, with_dtype, with_samples,
};
use blitz_io::{FrameWriter, Numbering, WriteSpec};
use blitz_model::text;
use rayon::prelude::*;

use crate::failure::{Failure, Status};
use crate::recording::{Input, Recording};
use crate::shell::{Report, Shell};

/// What stands in the place of failed frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Gaps {
    /// NaN; refused where the type has none.
    Missing,
    /// This value.
    Fill(f64),
    /// Nothing: later frames move up.
    Skip,
}

pub(crate) struct Request {
    pub(crate) input: Input,
    pub(crate) output: PathBuf,
    pub(crate) gaps: Gaps,
    /// Floating-point type to convert to; `None` keeps the stack's.
    pub(crate) dtype: Option<DType>,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    input.check_outputs(&[&request.output])?;
    let recording = input.open(shell)?.with_steps(shell)?;
    let stack = &recording.stack;
    let frames = recording.recipe.select(stack, None);
    let target = Target::new(request, &recording)?;
    let mut output = Output::new(request, &recording, &target, &frames)?;

    let watch = shell.watch();
    shell.progress.start("exporting", frames.len() as u64);
    let mut faults: Vec<FrameFault> = Vec::new();
    for_each_frame(&recording, &target, &frames, shell, |frame, read| {
        match read {
            Ok(data) => output.write(frame, data.samples())?,
            Err(ReadError::Failed(fault)) => {
                match target.gap(request.gaps) {
                    Some(gap) => output.write(frame, gap.as_ref())?,
                    None if request.gaps == Gaps::Skip => output.skip(),
                    None => return Err(refused(&recording, &fault, target.dtype)),
                }
                faults.push(fault);
            }
            Err(other) => return Err(recording.failure(&other.to_string())),
        }
        shell.progress.advance(1);
        Ok(())
    })?;
    output.finish()?;
    drop(watch);
    recording.note_lost_values(shell);
    input.save_recipe()?;
    let gaps = if faults.is_empty() { String::new() } else { describe_gaps(request.gaps, faults.len()) };
    let description = format!("{} as {}{gaps}", recording.describe(&frames), target.dtype);
    let frames_used = frames.len() - faults.len();
    shell.finish(
        Report { outputs: vec![request.output.clone()], description, frames_used, failed: vec![] },
        &faults,
    )
}

fn refused(recording: &Recording, fault: &FrameFault, dtype: DType) -> Failure {
    recording.failure(&format!(
        "{fault}. {dtype} cannot hold a missing frame: use --dtype f32 or f64 (NaN), --fill V, or --skip-failed"
    ))
}

fn describe_gaps(gaps: Gaps, failed: usize) -> String {
    let frames = text::count(failed, "frame");
    match gaps {
        Gaps::Missing => format!("; {frames} failed, written as NaN"),
        Gaps::Fill(value) => format!("; {frames} failed, written as {value}"),
        Gaps::Skip => format!("; {frames} failed and left out"),
    }
}

/// What every frame becomes.
struct Target {
    dtype: DType,
    shape: FrameShape,
}

impl Target {
    /// Refuses types that would change values.
    fn new(request: &Request, recording: &Recording) -> Result<Self, Failure> {
        let layout = recording.stack.store.layout();
        let dtype = request.dtype.unwrap_or(layout.dtype);
        if dtype == DType::F32 && layout.dtype.result() == DType::F64 {
            let message = format!("f32 cannot hold every {} value; use --dtype f64", layout.dtype);
            return Err(recording.failure(&message));
        }
        if let Gaps::Fill(value) = request.gaps
            && !fits(dtype, value)
        {
            return Err(Failure::new(format!(
                "--fill {value}: {dtype} cannot hold it; choose another value or --dtype"
            )));
        }
        Ok(Self { dtype, shape: recording.recipe.geometry.shape(layout.frame) })
    }

    /// A frame for the place of a failed one, if there is one.
    fn gap(&self, gaps: Gaps) -> Option<Samples> {
        let value = match gaps {
            Gaps::Missing if self.dtype.is_float() => f64::NAN,
            Gaps::Fill(value) => value,
            Gaps::Missing | Gaps::Skip => return None,
        };
        let len = self.shape.samples();
        Some(
            with_dtype!(self.dtype, S => Samples::from(vec![<S as blitz_core::Sample>::from_f64(value); len])),
        )
    }

    fn converted(&self, samples: SamplesRef<'_>) -> Samples {
        match self.dtype {
            DType::F32 => {
                Samples::F32(with_samples!(samples, s => s.iter().map(|v| v.to_f64() as f32).collect()))
            }
            _ => Samples::F64(samples.to_f64_vec()),
        }
    }
}

fn fits(dtype: DType, value: f64) -> bool {
    dtype.is_float()
        || with_dtype!(dtype, S => blitz_core::Sample::to_f64(<S as blitz_core::Sample>::from_f64(value)) == value)
}

/// A frame on its way to the output.
enum Frame {
    /// As the store has it.
    Pinned(FrameGuard),
    /// Turned or converted.
    Made(Samples),
}

impl Frame {
    fn samples(&self) -> SamplesRef<'_> {
        match self {
            Self::Pinned(guard) => guard.samples(),
            Self::Made(samples) => samples.as_ref(),
        }
    }
}

fn read(recording: &Recording, target: &Target, frame: usize) -> Result<Frame, ReadError> {
    let guard = recording.stack.store.pin(frame)?;
    let geometry = recording.recipe.geometry;
    if geometry.is_identity() && target.dtype == guard.dtype() {
        return Ok(Frame::Pinned(guard));
    }
    let (turned, _) = geometry.apply(guard.samples(), guard.shape());
    guard.verify()?;
    Ok(Frame::Made(if target.dtype == guard.dtype() { turned } else { target.converted(turned.as_ref()) }))
}

/// Bytes of frames that are decoded together.
const BATCH_BYTES: usize = 16 << 20;

/// Hands every frame to `each`, in order, while the next ones are decoded: at most three batches are held.
fn for_each_frame(
    recording: &Recording,
    target: &Target,
    frames: &[usize],
    shell: &Shell,
    mut each: impl FnMut(usize, Result<&Frame, ReadError>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let made = target.shape.samples() * target.dtype.size();
    let fitting = BATCH_BYTES / recording.stack.store.layout().frame_bytes().max(made).max(1);
    let batch_len = fitting.clamp(rayon::current_num_threads(), 256);
    let (sender, batches) = sync_channel::<Vec<Result<Frame, ReadError>>>(1);
    std::thread::scope(|scope| {
        let decode = move || {
            for batch in frames.chunks(batch_len) {
                let read = batch.par_iter().map(|&frame| read(recording, target, frame)).collect();
                if shell.cancel.is_cancelled() || sender.send(read).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("decode".to_owned())
            .spawn_scoped(scope, decode)
            .map_err(|error| Failure::new(format!("cannot start a thread: {error}")))?;
        let mut rest = frames.iter();
        for batch in batches {
            for (read, &frame) in batch.into_iter().zip(&mut rest) {
                if shell.cancel.is_cancelled() {
                    return Err(Failure::Cancelled);
                }
                match read {
                    Ok(data) => {
                        each(frame, Ok(&data))?;
                        if let Frame::Pinned(guard) = &data {
                            guard.verify().map_err(|error| recording.failure(&error.to_string()))?;
                        }
                    }
                    Err(error) => each(frame, Err(error))?,
                }
            }
        }
        if shell.cancel.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    })
}

/// The output, or, for a numbered series with frames left out, one per run of consecutive frames, so that
/// each file keeps the number of its source frame.
struct Output {
    path: PathBuf,
    spec: WriteSpec,
    /// Source frame of stack frame f is `first + step × f`.
    source: Numbering,
    split: bool,
    done: Vec<Box<dyn FrameWriter>>,
    open: Option<Box<dyn FrameWriter>>,
}

impl Output {
    fn new(
        request: &Request,
        recording: &Recording,
        target: &Target,
        frames: &[usize],
    ) -> Result<Self, Failure> {
        let map = recording.stack.frames;
        let source = |frame: Option<&usize>| frame.map_or(0, |&f| map.source(f));
        let step = frames.get(1).map_or(1, |_| source(frames.get(1)) - source(frames.first()));
        let mut spec =
            WriteSpec::new(target.dtype, target.shape, Some(frames.len()), request.input.overwrite());
        spec.numbering = Numbering { first: source(frames.first()), step };
        let mut description = format!("{}, {}", recording.stack.name, recording.describe(frames));
        if request.gaps == Gaps::Skip {
            description.push_str(", failed frames left out");
        }
        spec.description = Some(description);
        // Created with all that is known, so that taken names and a full disk are found before any work.
        let all = spec.create(&request.output)?;
        let split = request.gaps == Gaps::Skip && is_numbered(&request.output);
        let mut output = Self {
            path: request.output.clone(),
            spec,
            source: Numbering { first: map.first, step: map.step },
            split,
            done: Vec::new(),
            open: None,
        };
        if request.gaps == Gaps::Skip {
            output.spec.frames = None;
        }
        if request.gaps != Gaps::Skip {
            output.open = Some(all);
        } else if !split {
            drop(all);
            output.open = Some(output.spec.create(&request.output)?);
        }
        Ok(output)
    }

    fn write(&mut self, frame: usize, samples: SamplesRef<'_>) -> Result<(), Failure> {
        let writer = if let Some(writer) = &mut self.open {
            writer
        } else {
            self.spec.numbering.first = self.source.first + self.source.step * frame;
            self.open.insert(self.spec.create(&self.path)?)
        };
        Ok(writer.write_frame(samples)?)
    }

    fn skip(&mut self) {
        if self.split {
            self.done.extend(self.open.take());
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.done.extend(self.open.take());
        if self.done.is_empty() {
            return Err(Failure::new(format!(
                "{}: no frame could be read, nothing was written",
                self.path.display()
            )));
        }
        for writer in self.done {
            writer.finish()?;
        }
        Ok(())
    }
}

/// Whether a name has a place for a number: `%d`, `%05d`.
fn is_numbered(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = name.split_once('%').and_then(|(_, rest)| rest.split_once('d'));
    place.is_some_and(|(digits, _)| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_for_numbers() {
        for (name, numbered) in
            [("a/%05d.png", true), ("x_%d.tif", true), ("100%.tif", false), ("%x d.tif", false)]
        {
            assert_eq!(is_numbered(Path::new(name)), numbered, "{name}");
        }
    }

    #[test]
    fn fill_values_must_be_held_exactly() {
        assert!(fits(DType::U8, 255.0) && fits(DType::I16, -7.0) && fits(DType::F32, 0.1));
        assert!(!fits(DType::U8, 256.0) && !fits(DType::U16, 0.5) && !fits(DType::U32, -1.0));
    }
}
