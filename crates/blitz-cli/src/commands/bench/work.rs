//! What `blitz bench --peer` is asked: a piece of work on a recording, and where its result goes.

use std::path::{Path, PathBuf};

use blitz_core::{FrameShape, Samples};
use blitz_io::{Overwrite, WriteSpec};
use clap::ValueEnum;

use crate::failure::Failure;

/// What is timed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Work {
    /// Mean over time.
    Mean,
    /// Standard deviation over time.
    Std,
    /// Maximum over time.
    Max,
    /// Median over time.
    Median,
    /// Mean of the last 50 frames, for every frame.
    SlidingMean,
    /// Median of the last 15 frames, for every frame.
    SlidingMedian,
    /// Mean over time of (I − D) / F, with D and F the mean and the maximum of the first 100 frames.
    Correct,
    /// Mean of the middle quarter of the image in every frame.
    Curve,
    /// Opening a video whose index is not known.
    VideoIndex,
    /// Opening a video whose index was kept.
    VideoOpen,
    /// A video through FFmpeg's decoder alone: what reading is held against.
    VideoDecode,
    /// The same with as many threads as reading takes.
    VideoDecodeThreads,
    /// All frames of a video as grey.
    VideoGrey,
    /// Every 100th frame of a video as grey.
    VideoEvery100,
    /// Every 300th frame of a video as grey.
    VideoEvery300,
    /// Ten frames of a video as grey, here and there.
    VideoRandom,
}

/// A piece of work, and where its result goes.
pub(super) struct Asked<'a> {
    pub(super) work: Work,
    pub(super) path: &'a Path,
    pub(super) result: Option<&'a PathBuf>,
    pub(super) runs: usize,
}

pub(super) fn write_result(path: &Path, values: &Samples) -> Result<(), Failure> {
    let shape = FrameShape::new(1, values.len(), 1);
    let mut writer = WriteSpec::new(values.dtype(), shape, Some(1), Overwrite::Replace).create(path)?;
    writer.write_frame(values.as_ref())?;
    writer.finish()?;
    Ok(())
}
