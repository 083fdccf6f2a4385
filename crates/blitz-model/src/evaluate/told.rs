//! Pixels of pictures that are made anew for each frame and that a person is told of: at how many of them the divisor
//! of a window gives no value, and in how many frames.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use blitz_core::{FrameShape, Placement, Rect, StackId};

use super::shared::locked;
use crate::text;

/// What was found of one step, by all evaluations of it.
#[derive(Debug)]
pub(super) struct Tally {
    /// Names the step.
    step: String,
    /// What is true of the pixels.
    what: Arc<str>,
    shape: FrameShape,
    placement: Placement,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// One flag per pixel, once there is one.
    pixels: Vec<bool>,
    frames: BTreeSet<usize>,
    /// Frames when a person was told last.
    told: usize,
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new(step: String, what: Arc<str>, shape: FrameShape, placement: Placement) -> Self {
        Self { step, what, shape, placement, seen: Mutex::default() }
    }

    /// Enters the samples of the picture of `frame` that `is` holds for. The picture fills `held` of the image; pixels
    /// outside of `wanted` do not count. An answer that is made twice counts once.
    pub(super) fn note<W: Copy>(
        &self,
        frame: usize,
        picture: &[W],
        held: Rect,
        wanted: Rect,
        is: impl Fn(W) -> bool,
    ) {
        let row = (held.width * self.shape.channels).max(1);
        let pixel = |(at, _): (usize, &W)| (held.x + at % row / self.shape.channels, held.y + at / row);
        let found = picture.iter().enumerate().filter(|(_, value)| is(**value)).map(pixel);
        let is_wanted = |&(x, y): &(usize, usize)| {
            (wanted.x..wanted.x + wanted.width).contains(&x)
                && (wanted.y..wanted.y + wanted.height).contains(&y)
        };
        let mut found = found.filter(is_wanted).peekable();
        if found.peek().is_some() {
            let mut seen = locked(&self.seen);
            seen.pixels.resize(self.shape.pixels(), false);
            for (x, y) in found {
                seen.pixels[y * self.shape.width + x] = true;
            }
            seen.frames.insert(frame);
        }
    }

    /// What a person has not been told, if anything.
    fn untold(&self) -> Option<String> {
        let mut seen = locked(&self.seen);
        if seen.frames.len() == seen.told {
            return None;
        }
        seen.told = seen.frames.len();
        let pixels: Vec<usize> = (0..seen.pixels.len()).filter(|pixel| seen.pixels[*pixel]).collect();
        let of = format!(" in {}", text::count(seen.told, "frame"));
        Some(told_of(&self.step, &pixels, &of, &self.what, self.shape, self.placement))
    }
}

/// `step 1 (divide mean:0:2): 12 of 600 pixels have no value (column, row: 5, 2; 6, 2; 7, 2 …)`, in source pixels.
pub(super) fn told_of(
    step: &str,
    pixels: &[usize],
    of: &str,
    what: &str,
    shape: FrameShape,
    placement: Placement,
) -> String {
    let place = |pixel: &usize| {
        let (x, y) = ((pixel % shape.width) as f64 + 0.5, (pixel / shape.width) as f64 + 0.5);
        let (x, y) = placement.to_source(x, y);
        format!("{}, {}", x.floor(), y.floor())
    };
    let named: Vec<String> = pixels.iter().take(3).map(place).collect();
    let more = if pixels.len() > named.len() { " …" } else { "" };
    let (count, all) = (text::grouped(pixels.len() as u64), text::count(shape.pixels(), "pixel"));
    format!("{step}: {count} of {all}{of} {what} (column, row: {}{more})", named.join("; "))
}

/// The tallies of all steps, by what their windows' pictures depend on.
#[derive(Debug, Default)]
pub(super) struct Tallies(HashMap<u64, (StackId, Arc<Tally>)>);

impl Tallies {
    /// The one under `key`, or what `make` makes.
    pub(super) fn of(&mut self, stack: StackId, key: u64, make: impl FnOnce() -> Tally) -> Arc<Tally> {
        Arc::clone(&self.0.entry(key).or_insert_with(|| (stack, Arc::new(make()))).1)
    }

    /// Drops those of a stack that is closed.
    pub(super) fn forget(&mut self, stack: StackId) {
        self.0.retain(|_, (of, _)| *of != stack);
    }

    /// What a person has not been told of evaluations that are over.
    pub(super) fn untold(&self) -> Vec<String> {
        let is_over = |(_, tally): &&(StackId, Arc<Tally>)| Arc::strong_count(tally) == 1;
        self.0.values().filter(is_over).filter_map(|(_, tally)| tally.untold()).collect()
    }
}
