//! The frame shown, and playing.

/// What happens at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopMode {
    /// Stop.
    Once,
    /// Start again.
    Loop,
    /// Turn round.
    PingPong,
}

/// Which stack frame is shown. Navigation, not a decision: it is not undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Playhead {
    /// Stack frame shown.
    pub frame: usize,
    /// Whether it moves by itself.
    pub playing: bool,
    /// Frames per second.
    pub rate: f64,
    /// What happens at the end.
    pub mode: LoopMode,
    /// Moves towards the start (ping-pong).
    backwards: bool,
    /// Part of a frame that has passed.
    fraction: f64,
}

impl Default for Playhead {
    fn default() -> Self {
        Self { frame: 0, playing: false, rate: 25.0, mode: LoopMode::Loop, backwards: false, fraction: 0.0 }
    }
}

/// Index of `frame` in the ascending list `frames`, or of its nearest neighbour.
fn position(frame: usize, frames: &[usize]) -> usize {
    match frames.binary_search(&frame) {
        Ok(i) => i,
        Err(i) => i.min(frames.len().saturating_sub(1)),
    }
}

impl Playhead {
    /// Shows `frame`, or its nearest neighbour in the timeline; stops playing.
    pub fn seek(&mut self, frame: usize, frames: &[usize]) {
        self.playing = false;
        if let Some(&nearest) = frames.get(position(frame, frames)) {
            self.frame = nearest;
        }
    }

    /// Moves by `by` frames of the timeline; stops playing.
    pub fn step(&mut self, by: i64, frames: &[usize]) {
        let last = frames.len().saturating_sub(1) as i64;
        let at = (position(self.frame, frames) as i64).saturating_add(by).clamp(0, last);
        if let Some(&frame) = frames.get(at as usize) {
            self.seek(frame, frames);
        }
    }

    /// Keeps the frame inside the timeline.
    pub fn clip(&mut self, frames: &[usize]) {
        if let Some(&frame) = frames.get(position(self.frame, frames)) {
            self.frame = frame;
        }
    }

    /// Starts (from the beginning if it stands at the end) or stops.
    pub fn toggle(&mut self, frames: &[usize]) {
        self.playing = !self.playing && frames.len() > 1;
        self.fraction = 0.0;
        if self.playing && self.mode == LoopMode::Once && frames.last() == Some(&self.frame) {
            self.frame = frames[0];
        }
    }

    /// Lets `elapsed` seconds pass; late frames are skipped to keep the rate. Returns the seconds until the
    /// next frame is due, `None` once it has stopped.
    pub fn advance(&mut self, elapsed: f64, frames: &[usize]) -> Option<f64> {
        let n = frames.len();
        if n < 2 {
            self.playing = false;
            return None;
        }
        let passed = self.fraction + elapsed.max(0.0) * self.rate;
        let whole = passed.floor();
        self.fraction = passed - whole;
        let steps = whole.min(1e15) as usize;
        let at = position(self.frame, frames);
        let next = match self.mode {
            LoopMode::Once => {
                let next = (at + steps).min(n - 1);
                self.playing = next < n - 1;
                next
            }
            LoopMode::Loop => (at + steps) % n,
            LoopMode::PingPong => {
                // The way there and back has 2(n − 1) places; the second half runs backwards.
                let period = 2 * (n - 1);
                let phase = (if self.backwards { period - at } else { at } + steps) % period;
                self.backwards = phase >= n - 1;
                if phase < n { phase } else { period - phase }
            }
        };
        self.frame = frames[next];
        self.playing.then(|| (1.0 - self.fraction) / self.rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: [usize; 5] = [10, 11, 12, 13, 14];

    fn play(mode: LoopMode, steps: usize) -> Vec<usize> {
        let mut head = Playhead { frame: 10, rate: 1.0, mode, ..Playhead::default() };
        head.toggle(&FRAMES);
        (0..steps)
            .map(|_| {
                head.advance(1.0, &FRAMES);
                head.frame
            })
            .collect()
    }

    #[test]
    fn the_three_ends() {
        assert_eq!(play(LoopMode::Once, 6), [11, 12, 13, 14, 14, 14]);
        assert_eq!(play(LoopMode::Loop, 6), [11, 12, 13, 14, 10, 11]);
        assert_eq!(play(LoopMode::PingPong, 9), [11, 12, 13, 14, 13, 12, 11, 10, 11]);
    }

    #[test]
    fn late_frames_are_skipped_and_parts_are_kept() {
        let mut head = Playhead { frame: 10, playing: true, rate: 10.0, ..Playhead::default() };
        head.advance(0.25, &FRAMES);
        assert_eq!(head.frame, 12);
        head.advance(0.05, &FRAMES);
        assert_eq!(head.frame, 13, "0.25 s and 0.05 s make three frames");
    }

    #[test]
    fn seeking_stays_inside() {
        let mut head = Playhead::default();
        head.seek(99, &FRAMES);
        assert_eq!(head.frame, 14);
        head.step(-100, &FRAMES);
        assert_eq!(head.frame, 10);
        head.seek(3, &[]);
        assert_eq!(head.frame, 10, "an empty timeline moves nothing");
    }
}
