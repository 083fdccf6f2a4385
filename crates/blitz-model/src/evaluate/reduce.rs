//! Reductions of a range of frames.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use blitz_core::{
    Access, DType, FrameGuard, FrameRange, FrameShape, Intent, Layout, Rect, Samples, SamplesRef,
};
use blitz_kernels::{Counts, Histories, Method, Reduced, Reducer, Wanted, percentiles_unless};
use serde::{Deserialize, Serialize};

use super::ahead::Ahead;
use super::asked::Asked;
use super::coverage::Coverage;
use super::stream::{first_of_block, for_each_batch, pin_all};
use super::{Answer, Basis, EvalContext, EvalError, ExactSums, Input, Picture, Question};
use crate::recipe::{Recipe, Reduction};
use crate::text;

/// Reductions of a range of frames to one picture per method, in one pass (median and percentiles in one more).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reduce {
    /// What to compute.
    pub methods: Vec<Method>,
    /// Source frames within the cropped timeline; `None` is all of it.
    pub range: Option<FrameRange>,
    /// std divides by N − ddof.
    pub ddof: u32,
}

impl Reduce {
    /// By one method, over the whole cropped timeline.
    pub fn all(method: Method) -> Self {
        Self { methods: vec![method], range: None, ddof: 0 }
    }
}

impl From<&Reduction> for Reduce {
    fn from(reduction: &Reduction) -> Self {
        Self { methods: reduction.methods.clone(), range: reduction.range, ddof: reduction.ddof }
    }
}

impl Question for Reduce {
    type Answer = Vec<Picture>;

    fn title(&self) -> String {
        let names: Vec<String> = self.methods.iter().map(|m| text::method(*m)).collect();
        format!("{} over frames", names.join(", "))
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        for method in &self.methods {
            text::method(*method).hash(&mut state);
        }
        (self.range, self.ddof).hash(&mut state);
    }

    fn basis(&self) -> Basis {
        Basis::Frames
    }

    /// One picture per method, in their order.
    fn answer(&self, input: &Input<'_>) -> Result<Vec<Picture>, EvalError> {
        if self.methods.is_empty() {
            return Err(EvalError::Empty("the reduction has no method".into()));
        }
        reduce(input.stack, input.recipe, &self.methods, self.range, self.ddof, input.cx)
    }
}

/// Pictures of one reduction, at least one.
impl Answer for Vec<Picture> {
    fn bytes(&self) -> u64 {
        self.iter().map(Answer::bytes).sum()
    }

    fn coverage(&self) -> Option<&Coverage> {
        self.first().map(|picture| &picture.coverage)
    }
}

pub(super) fn reduce(
    stack: &Asked,
    recipe: &Recipe,
    methods: &[Method],
    range: Option<FrameRange>,
    ddof: u32,
    cx: &EvalContext,
) -> Result<Vec<Picture>, EvalError> {
    let frames = recipe.select(stack, range);
    if frames.is_empty() {
        return Err(EvalError::Empty("the range selects no frame".into()));
    }
    let mut answers: Vec<Option<Picture>> = vec![None; methods.len()];
    let ordered: Vec<(usize, f64)> =
        methods.iter().enumerate().filter_map(|(i, m)| Some((i, m.percentile()?))).collect();
    if ordered.len() < methods.len() {
        for (slot, picture) in moments(stack, &frames, methods, ddof, cx)? {
            answers[slot] = Some(picture);
        }
    }
    if !ordered.is_empty() {
        let quantiles: Vec<f64> = ordered.iter().map(|&(_, q)| q).collect();
        for (&(slot, _), picture) in ordered.iter().zip(order_statistics(stack, &frames, &quantiles, cx)?) {
            answers[slot] = Some(picture);
        }
    }
    let answers: Vec<Picture> = answers.into_iter().flatten().map(|p| p.turned(recipe.geometry)).collect();
    if let Some(first) = answers.first()
        && first.coverage.used == 0
    {
        return Err(unreadable(&first.coverage, frames.len()));
    }
    Ok(answers)
}

fn unreadable(coverage: &Coverage, frames: usize) -> EvalError {
    let why = coverage.why_empty();
    let what = if coverage.failed.is_empty() { "has a value" } else { "can be read" };
    EvalError::Empty(format!("none of the {frames} frames of the range {what}: {why}"))
}

/// Sums of integer sources, exactly; `None` for floats, whose sums are rounded anyway.
fn exact_sums(reducer: &Reducer) -> Option<ExactSums> {
    // A sample without a sum (nothing was pushed) is 0 here; its count says that it is missing.
    let sums = (0..reducer.samples()).map(|i| reducer.sum_exact(i).unwrap_or(0));
    match reducer.dtype() {
        DType::U8 | DType::U16 | DType::U32 => Some(ExactSums::U64(sums.map(|s| s as u64).collect())),
        DType::I16 | DType::I32 => Some(ExactSums::I64(sums.map(|s| s as i64).collect())),
        DType::F32 | DType::F64 => None,
    }
}

/// Bands of rows, one below the other.
fn concat(parts: &[&Reduced]) -> Reduced {
    let dtype = parts.first().map_or(DType::F32, |p| p.values.dtype());
    let mut values = Samples::zeros(dtype, parts.iter().map(|p| p.values.len()).sum());
    let mut at = 0;
    for part in parts {
        let bytes = part.values.bytes();
        values.as_mut().bytes()[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    }
    let counts = match parts {
        [Reduced { counts: Counts::Uniform(n), .. }, rest @ ..]
            if rest.iter().all(|p| p.counts == Counts::Uniform(*n)) =>
        {
            Counts::Uniform(*n)
        }
        _ => Counts::PerSample(
            parts.iter().flat_map(|p| (0..p.values.len()).map(|i| p.counts.at(i) as u32)).collect(),
        ),
    };
    Reduced { values, counts }
}

fn picture(
    reduced: Reduced,
    shape: FrameShape,
    coverage: &Coverage,
    exact_sums: Option<ExactSums>,
) -> Picture {
    Picture {
        samples: reduced.values,
        shape,
        counts: Some(reduced.counts),
        coverage: coverage.clone(),
        exact_sums,
    }
}

/// Mean, sum, min, max and std in one pass; where the accumulators of so large frames do not fit the scratch budget, in
/// a pass for each band of rows whose accumulators do.
fn moments(
    stack: &Asked,
    frames: &[usize],
    methods: &[Method],
    ddof: u32,
    cx: &EvalContext,
) -> Result<Vec<(usize, Picture)>, EvalError> {
    let (Layout { frame: shape, dtype }, wanted) = (stack.store.layout(), Wanted::for_methods(methods));
    let row = (shape.row() * wanted.bytes_per_sample(dtype, frames.len())) as u64;
    let rows = ((cx.scratch_bytes / row.max(1)) as usize).clamp(1, shape.height.max(1));
    if rows >= shape.height {
        cx.progress.start("reducing", frames.len() as u64);
        let (reducer, coverage) = gather(stack, frames, wanted, cx)?;
        return Ok(moments_pictures(&reducer, methods, ddof, shape, &coverage));
    }
    cx.progress.start("reducing", (frames.len() * shape.height.div_ceil(rows)) as u64);
    let mut bands: Vec<Vec<(usize, Picture)>> = Vec::new();
    for y in (0..shape.height).step_by(rows) {
        let band = Rect::new(0, y, shape.width, rows.min(shape.height - y));
        let (part, read) = stack.band(band);
        let (reducer, mut coverage) = gather(&part, frames, wanted, cx)?;
        // Steps that need all pixels cannot be asked for a part.
        coverage.name_failed(stack.faults_behind(frames));
        let pictures = moments_pictures(&reducer, methods, ddof, part.store.layout().frame, &coverage);
        let inside = (y - read.y) * shape.row()..(y - read.y + band.height) * shape.row();
        bands
            .push(pictures.into_iter().map(|(slot, picture)| (slot, cut(picture, inside.clone()))).collect());
    }
    let slots: Vec<usize> = bands[0].iter().map(|(slot, _)| *slot).collect();
    let of = |k: usize| bands.iter().map(|band| &band[k].1).collect::<Vec<&Picture>>();
    Ok(slots.into_iter().enumerate().map(|(k, slot)| (slot, below_each_other(&of(k), shape))).collect())
}

/// The samples `inside` of a picture.
fn cut(picture: Picture, inside: Range<usize>) -> Picture {
    let counts = picture.counts.map(|counts| match counts {
        Counts::PerSample(counts) => Counts::PerSample(counts[inside.clone()].to_vec()),
        uniform @ Counts::Uniform(_) => uniform,
    });
    let exact_sums = picture.exact_sums.map(|sums| match sums {
        ExactSums::U64(sums) => ExactSums::U64(sums[inside.clone()].to_vec()),
        ExactSums::I64(sums) => ExactSums::I64(sums[inside.clone()].to_vec()),
    });
    Picture { samples: picture.samples.as_ref().slice(inside).to_owned(), counts, exact_sums, ..picture }
}

/// Bands of one picture of the shape `shape`. All rest on the same frames.
fn below_each_other(bands: &[&Picture], shape: FrameShape) -> Picture {
    let reduced: Vec<Reduced> = bands
        .iter()
        .map(|band| Reduced {
            values: band.samples.clone(),
            counts: band.counts.clone().unwrap_or(Counts::Uniform(0)),
        })
        .collect();
    let mut exact_sums = bands[0].exact_sums.clone();
    for band in &bands[1..] {
        match (&mut exact_sums, &band.exact_sums) {
            (Some(ExactSums::U64(all)), Some(ExactSums::U64(more))) => all.extend(more),
            (Some(ExactSums::I64(all)), Some(ExactSums::I64(more))) => all.extend(more),
            _ => {}
        }
    }
    picture(concat(&reduced.iter().collect::<Vec<_>>()), shape, &bands[0].coverage, exact_sums)
}

/// Accumulators of `frames`, at least one, from their first block on.
pub(super) fn gather(
    stack: &Asked,
    frames: &[usize],
    wanted: Wanted,
    cx: &EvalContext,
) -> Result<(Reducer, Coverage), EvalError> {
    if let Some(fused) = stack.fused_moments(frames, wanted, cx) {
        let (reducer, mut coverage) = fused?;
        coverage.name_failed(stack.faults_behind(frames));
        return Ok((reducer, coverage));
    }
    let layout = stack.store.layout();
    let mut reducer =
        Reducer::new(layout.dtype, layout.frame.samples(), wanted).starting_at(first_of_block(frames));
    let coverage = for_each_batch(stack, frames, cx, |numbers, guards| {
        let samples: Vec<SamplesRef<'_>> = guards.iter().map(FrameGuard::samples).collect();
        reducer.push_at(numbers, &samples, None, layout.frame.channels);
        Ok(())
    })?;
    Ok((reducer, coverage))
}

/// The pictures of those methods that are moments, with their places among the methods.
pub(crate) fn moments_pictures(
    reducer: &Reducer,
    methods: &[Method],
    ddof: u32,
    shape: FrameShape,
    coverage: &Coverage,
) -> Vec<(usize, Picture)> {
    let (slots, moments): (Vec<usize>, Vec<Method>) =
        methods.iter().enumerate().filter(|(_, method)| method.is_moment()).unzip();
    let reduced = reducer.finish_all(&moments, ddof);
    let pictures = moments.iter().zip(reduced).map(|(&method, reduced)| {
        let exact = if method == Method::Sum { exact_sums(reducer) } else { None };
        picture(reduced, shape, coverage, exact)
    });
    slots.into_iter().zip(pictures).collect()
}

/// The pictures of medians and percentiles, with their places among the methods; none without a frame.
pub(crate) fn histories_pictures(
    histories: &Histories,
    methods: &[Method],
    shape: FrameShape,
    coverage: &Coverage,
) -> Vec<(usize, Picture)> {
    let (slots, quantiles): (Vec<usize>, Vec<f64>) =
        methods.iter().enumerate().filter_map(|(i, method)| Some((i, method.percentile()?))).unzip();
    let reduced = histories.percentiles(&quantiles).unwrap_or_default();
    slots.into_iter().zip(reduced.into_iter().map(|r| picture(r, shape, coverage, None))).collect()
}

/// Median and percentiles. Stacks in memory or mapped are read where they lie. A stack that is decoded on
/// demand is read once if its samples fit the scratch budget, otherwise once per band of rows that does; steps are
/// computed once in all, but for the rows around bands that they smooth over.
fn order_statistics(
    stack: &Asked,
    frames: &[usize],
    quantiles: &[f64],
    cx: &EvalContext,
) -> Result<Vec<Picture>, EvalError> {
    let layout = stack.store.layout();
    let shape = layout.frame;
    let held = stack.store.access() != Access::Decoded && !stack.is_derived();
    let ahead = Ahead::new(stack.store.as_ref(), frames.len());
    // A large file is gone through band by band, so bands are as large as the memory lets them be.
    let budget = if held && !ahead.is_large() { RESIDENT_BAND_BYTES } else { cx.scratch_bytes };
    let rows = band_rows(shape, layout.dtype, frames.len(), budget);
    let band_count = shape.height.div_ceil(rows);
    let mut coverage = Coverage::default();
    let mut pinned: Vec<FrameGuard> = Vec::new();
    if held {
        (pinned, coverage) = pin_all(stack, frames, cx)?;
        cx.progress.start("ordering", band_count as u64);
    } else {
        cx.progress.start("ordering", (frames.len() * band_count) as u64);
    }
    let mut bands: Vec<Vec<Reduced>> = Vec::with_capacity(band_count);
    for y in (0..shape.height).step_by(rows) {
        if cx.cancel.is_cancelled() {
            return Err(EvalError::Cancelled);
        }
        let band = Rect::new(0, y, shape.width, rows.min(shape.height - y));
        let part = y * shape.row()..(y + band.height) * shape.row();
        // Steps are computed for the band and what they look at around it, not for the whole frame each time.
        let around = stack.part(band);
        let read = around.as_ref().map_or(band, |(_, rect)| *rect);
        let read = read.y..read.y + read.height;
        ahead.rows(frames, read.clone(), Intent::Soon);
        let mut kept: Vec<Samples> = Vec::new();
        let samples: Vec<SamplesRef<'_>> = if held {
            cx.progress.advance(1);
            pinned.iter().map(|g| g.samples().slice(part.clone())).collect()
        } else {
            kept.reserve_exact(frames.len());
            let (source, first) = around.as_ref().map_or((stack, 0), |(part, _)| (part, read.start));
            let rows = part.start - first * shape.row()..part.end - first * shape.row();
            coverage = for_each_batch(source, frames, cx, |_, guards| {
                kept.extend(guards.iter().map(|g| g.samples().slice(rows.clone()).to_owned()));
                Ok(())
            })?;
            kept.iter().map(Samples::as_ref).collect()
        };
        if samples.is_empty() {
            return Err(unreadable(&coverage, frames.len()));
        }
        bands.push(percentiles_unless(&samples, None, shape.channels, quantiles, &cx.cancel));
        ahead.rows(frames, read, Intent::Done);
    }
    for guard in &pinned {
        guard.verify()?;
    }
    if cx.cancel.is_cancelled() {
        return Err(EvalError::Cancelled);
    }
    Ok((0..quantiles.len())
        .map(|q| {
            let parts: Vec<&Reduced> = bands.iter().map(|band| &band[q]).collect();
            picture(concat(&parts), shape, &coverage, None)
        })
        .collect())
}

/// Band of a stack that needs no copy: only bounds how long a cancel waits.
const RESIDENT_BAND_BYTES: u64 = 256 << 20;

/// Rows whose samples over all frames fit the budget; at least one.
fn band_rows(shape: FrameShape, dtype: DType, frames: usize, budget: u64) -> usize {
    let row = (shape.row() * dtype.size() * frames.max(1)) as u64;
    ((budget / row.max(1)) as usize).clamp(1, shape.height.max(1))
}
