//! What loading takes, said before anything large happens.

use blitz_core::{DType, FrameShape, Shape};
use blitz_io::{FrameSource, VideoFrames};
use serde::{Deserialize, Serialize};

use super::Chain;
use super::memory::{available_bytes, budget_bytes};
use crate::text;

/// How the frames will be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// The file is mapped: nothing is read until it is looked at.
    Map,
    /// The file is mapped and converted frame by frame when it is looked at; nothing is held.
    Lazy,
    /// Frames are decoded into memory, once.
    Memory,
    /// Frames are decoded to the disk, once, and read from there like a mapped file.
    Cache,
    /// The stack does not fit the budget.
    TooBig,
}

/// The plan of a load. All sizes are those after crop, shrink and conversion, by arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadPlan {
    /// Shape of the stack.
    pub shape: Shape,
    /// Element type of the stack.
    pub dtype: DType,
    /// Frames in the source.
    pub source_frames: usize,
    /// Every how many source frames one is taken.
    pub step: usize,
    /// Bytes of all frames.
    pub bytes: u64,
    /// Most anonymous memory that loading and holding the stack takes.
    pub peak_bytes: u64,
    /// Bytes that may be taken.
    pub budget: u64,
    /// How the frames will be held.
    pub strategy: Strategy,
    /// Why.
    pub reason: String,
    /// The smallest `--every` that fits the budget.
    pub every_that_fits: usize,
    /// The largest `--shrink` that fits the budget with all frames, if one does.
    pub shrink_that_fits: Option<f64>,
}

impl LoadPlan {
    /// Plans a load under `max_ram` bytes (`None`: 80 % of what is available now).
    pub fn new(source: &dyn FrameSource, chain: &Chain, max_ram: Option<u64>) -> Self {
        let budget = budget_bytes(max_ram);
        let frame: FrameShape = chain.output_shape();
        let frame_bytes = (frame.samples() * chain.output_dtype().size()) as u64;
        let frames = chain.frames();
        let bytes = frame_bytes * frames as u64;
        let workers = rayon::current_num_threads() as u64;
        let per_worker =
            if chain.keeps_samples() { chain.source_frame_bytes() } else { 2 * chain.source_frame_bytes() };
        let how = source.video().and_then(|video| video.prepare(chain.frame_map(), frames));
        let decoders = source.video().map_or(0, VideoFrames::most_decoder_bytes);
        let overhead = per_worker * workers + decoders;
        let mapped = source.mapped().is_some();
        let admissible = budget.saturating_sub(overhead) / frame_bytes.max(1);
        let every_that_fits = frames.div_ceil(admissible.max(1) as usize).max(1) * chain.frame_map().step;
        let shrink_that_fits = chain
            .shrink_that_fits(budget.saturating_sub(2 * chain.source_frame_bytes() * workers + decoders));
        let (strategy, reason, peak_bytes) = if mapped && chain.is_identity() {
            let why = "the file holds the frames as they are needed, in the machine's byte order".to_owned();
            (Strategy::Map, why, 0)
        } else if mapped {
            let why = "the mapped file is cropped, thinned or converted as it is read".to_owned();
            (Strategy::Lazy, why, overhead)
        } else if bytes + overhead <= budget {
            let limit = if max_ram.is_some() { "--max-ram" } else { "80 % of the memory available now" };
            let why = format!("{} fit in {} ({limit})", text::bytes(bytes), text::bytes(budget));
            (Strategy::Memory, why, bytes + overhead)
        } else {
            let available =
                available_bytes().map_or_else(String::new, |a| format!(", {} are available", text::bytes(a)));
            let why = format!(
                "{} do not fit in the budget of {}{available}",
                text::bytes(bytes),
                text::bytes(budget)
            );
            (Strategy::TooBig, why, bytes + overhead)
        };
        let reason = match how {
            Some(how) => format!("{reason}; {how}"),
            None => reason,
        };
        Self {
            shape: Shape { frames, frame },
            dtype: chain.output_dtype(),
            source_frames: source.info().frames,
            step: chain.frame_map().step,
            bytes,
            peak_bytes,
            budget,
            strategy,
            reason,
            every_that_fits,
            shrink_that_fits,
        }
    }

    /// The same load from decoded frames on disk.
    pub(super) fn cached(&self, reason: String) -> Self {
        Self { strategy: Strategy::Cache, reason, peak_bytes: self.peak_bytes - self.bytes, ..self.clone() }
    }

    /// What to tell a person whose recording does not fit, with the choices.
    pub fn too_big_message(&self) -> String {
        let shrink = self.shrink_that_fits.map_or("--shrink".to_owned(), |s| format!("--shrink {s}"));
        format!(
            "the recording needs {} in memory: {}. Use --if-too-big cache (decodes it to the disk, once), --every {} \
             or {shrink} (which fit), --crop, --frames or --max-ram; reduce, curve, render and export need no memory \
             for the stack",
            text::bytes(self.peak_bytes),
            self.reason,
            self.every_that_fits,
        )
    }

    /// The plan in one line.
    pub fn describe(&self) -> String {
        let how = match self.strategy {
            Strategy::Map => "mapped, not read",
            Strategy::Lazy => "mapped, converted as it is read",
            Strategy::Memory => "decoded into memory",
            Strategy::Cache => "decoded to the disk",
            Strategy::TooBig => "too big for the memory budget",
        };
        let thinned = if self.step > 1 {
            format!(" (every {} of {})", self.step, text::count(self.source_frames, "frame"))
        } else {
            String::new()
        };
        format!(
            "{}{thinned}, {} × {} × {} {}, {}: {how}; {}",
            text::count(self.shape.frames, "frame"),
            self.shape.frame.width,
            self.shape.frame.height,
            self.shape.frame.channels,
            self.dtype,
            text::bytes(self.bytes),
            self.reason
        )
    }
}
