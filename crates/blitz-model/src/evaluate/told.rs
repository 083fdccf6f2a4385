//! Pixels of pictures that are made anew for each frame and that a person is told of: at how many of them the divisor
//! of a window gives no value, and in how many frames.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use blitz_core::{FrameShape, Placement, Rect, StackId};
use blitz_kernels::pipeline::Working;

use super::shared::locked;
use crate::recipe::step::compute::Told;
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

    /// Enters the samples of the picture of `frame` that `told` is true of. The picture fills `held` of the image; pixels
    /// outside of `wanted` do not count. An answer that is made twice counts once.
    pub(super) fn note<W: Working>(
        &self,
        frame: usize,
        picture: &[W],
        held: Rect,
        wanted: Rect,
        told: &Told<W>,
    ) {
        /// Samples that are looked at together: mostly there is nothing to tell.
        const RUN: usize = 1 << 10;
        let row = (held.width * self.shape.channels).max(1);
        let is_wanted = |x: usize, y: usize| {
            (wanted.x..wanted.x + wanted.width).contains(&x)
                && (wanted.y..wanted.y + wanted.height).contains(&y)
        };
        let mut found = Vec::new();
        for (run, values) in picture.chunks(RUN).enumerate() {
            if !values.iter().fold(false, |any, value| any | told.is(*value)) {
                continue;
            }
            for (i, _) in values.iter().enumerate().filter(|(_, value)| told.is(**value)) {
                let at = run * RUN + i;
                let (x, y) = (held.x + at % row / self.shape.channels, held.y + at / row);
                if is_wanted(x, y) {
                    found.push(y * self.shape.width + x);
                }
            }
        }
        if !found.is_empty() {
            let mut seen = locked(&self.seen);
            seen.pixels.resize(self.shape.pixels(), false);
            for pixel in found {
                seen.pixels[pixel] = true;
            }
            seen.frames.insert(frame);
        }
    }

    /// What a person has not been told, if it is of so many times as many frames as was told.
    fn untold(&self, times: usize) -> Option<String> {
        let mut seen = locked(&self.seen);
        if seen.frames.len() < (seen.told * times).max(seen.told + 1) {
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

/// The tallies of steps, one for each: by the stack and the step's number, with what its pictures depend on. Other
/// settings of a step begin anew.
#[derive(Debug, Default)]
pub(super) struct Tallies(HashMap<(StackId, usize), (u64, Arc<Tally>)>);

impl Tallies {
    /// The one of a step under `key`, or what `make` makes.
    pub(super) fn of(&mut self, of: (StackId, usize), key: u64, make: impl FnOnce() -> Tally) -> Arc<Tally> {
        if let Some((_, tally)) = self.0.get(&of).filter(|(known, _)| *known == key) {
            return Arc::clone(tally);
        }
        let tally = Arc::new(make());
        self.0.insert(of, (key, Arc::clone(&tally)));
        tally
    }

    /// Drops those of a stack that is closed.
    pub(super) fn forget(&mut self, stack: StackId) {
        self.0.retain(|(of, _), _| *of != stack);
    }

    /// What a person has not been told of evaluations that are over, see [`Tally::untold`].
    pub(super) fn untold(&self, times: usize) -> Vec<String> {
        let is_over = |(_, tally): &&(u64, Arc<Tally>)| Arc::strong_count(tally) == 1;
        self.0.values().filter(is_over).filter_map(|(_, tally)| tally.untold(times)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zero() -> Told<f32> {
        Told { what: "are 0".into(), below: 0.0 }
    }

    #[test]
    fn frames_one_after_the_other_are_few_lines() {
        let (shape, all) = (FrameShape::new(2, 3, 2), Rect::new(0, 0, 3, 2));
        let mut tallies = Tallies::default();
        let make = || Tally::new("step 1".to_owned(), "are odd".into(), shape, Placement::whole(3, 2));
        let stack = StackId::fresh();
        let mut picture = [1.0_f32; 12];
        picture[5] = 0.0;
        let mut lines = Vec::new();
        for frame in 0..100 {
            let tally = tallies.of((stack, 0), 7, make);
            // The same answer twice is one.
            (0..2).for_each(|_| tally.note(frame, &picture, all, all, &zero()));
            assert_eq!(tallies.untold(2), [""; 0], "the evaluation goes on");
            drop(tally);
            lines.extend(tallies.untold(2));
        }
        assert_eq!(lines.len(), 7, "{lines:?}");
        assert_eq!(lines[0], "step 1: 1 of 6 pixels in 1 frame are odd (column, row: 2, 0)");
        assert!(lines[6].contains(" in 64 frames "), "{lines:?}");
        assert!(tallies.untold(1)[0].contains(" in 100 frames "), "at the end");
        tallies.forget(stack);
        assert_eq!(tallies.untold(2), [""; 0]);
    }

    #[test]
    fn parts_of_the_picture_lie_where_they_are() {
        let shape = FrameShape::new(4, 5, 1);
        let tally = Tally::new("s".to_owned(), "x".into(), shape, Placement::whole(5, 4));
        // Columns 1 to 3 of rows 1 to 3 are held, the pixel in their middle is wanted.
        let (held, wanted) = (Rect::new(1, 1, 3, 3), Rect::new(2, 2, 1, 1));
        tally.note(0, &[0.0_f32; 9], held, wanted, &zero());
        assert_eq!(tally.untold(1).as_deref(), Some("s: 1 of 20 pixels in 1 frame x (column, row: 2, 2)"));
    }
}
