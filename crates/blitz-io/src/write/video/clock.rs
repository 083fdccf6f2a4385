//! From frame numbers to ticks: exact fractions at a fixed rate, microseconds for frames with times of their own.

use std::sync::Arc;

use blitz_core::Rational;

use super::Timing;

/// Ticks per second of frames that have times.
const TICKS: i32 = 1_000_000;

/// When frame i is shown, in ticks that strictly grow with i.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clock {
    /// Seconds per tick.
    pub(super) tick: (i32, i32),
    /// Frames per second; the mean where frames have times.
    pub(super) rate: (i32, i32),
    /// Ticks of each frame; frame i is at i where it is `None`.
    times: Option<Arc<[i64]>>,
    /// What the ticks cannot say.
    pub(super) note: Option<String>,
}

impl Clock {
    /// A clock for `timing`; `even` where the container knows only a rate.
    pub(super) fn new(timing: &Timing, even: bool) -> Result<Self, String> {
        match timing {
            Timing::Rate(rate) => Self::at_rate(*rate),
            Timing::At(times) => Self::at_times(times, even),
        }
    }

    fn at_rate(rate: Rational) -> Result<Self, String> {
        let (num, den) = nearest(rate);
        if num == 0 {
            return Err(format!("{rate} frames per second cannot be written"));
        }
        let exact = (num as u64, den as u64) == (rate.num, rate.den);
        let note = (!exact).then(|| format!("the rate is {num}/{den}, nearest to {rate} frames per second"));
        Ok(Self { tick: (den, num), rate: (num, den), times: None, note })
    }

    fn at_times(times: &[f64], even: bool) -> Result<Self, String> {
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
            return Err("the frames have no times".to_owned());
        };
        let span = last - first;
        if !times.iter().all(|t| t.is_finite()) || span * f64::from(TICKS) > 1e15 {
            return Err("the frames' times are no times; choose a rate".to_owned());
        }
        let steps = times.len() - 1;
        let mean = if span > 0.0 && steps > 0 { steps as f64 / span } else { 25.0 };
        let rate = nearest(decimal(mean));
        if even {
            let clock = Self::at_rate(Rational::new(rate.0 as u64, rate.1 as u64).ok_or("no rate")?)?;
            let note = "the frames' times are not even, which .avi cannot say: frames follow each other at their \
                        mean rate; .mp4 and .mkv keep the times";
            return Ok(Self { note: Some(note.to_owned()), ..clock });
        }
        let mut moved = 0;
        let mut ticks: Vec<i64> = Vec::with_capacity(times.len());
        for &time in times {
            let exact = (time - first) * f64::from(TICKS);
            let tick = ticks.last().map_or(0, |before| before + 1).max(exact.round() as i64);
            // Half a tick is what rounding may move; what f64 leaves of decimal numbers is less than a hundredth.
            moved += usize::from((tick as f64 - exact).abs() > 0.01);
            ticks.push(tick);
        }
        let note = (moved > 0).then(|| format!("the times of {moved} frames are rounded to microseconds"));
        Ok(Self { tick: (1, TICKS), rate, times: Some(ticks.into()), note })
    }

    /// When frame `index` is shown.
    pub(super) fn at(&self, index: usize) -> i64 {
        match &self.times {
            None => index as i64,
            Some(times) => times.get(index).copied().unwrap_or_else(|| {
                // Frames that nobody announced follow behind.
                times.last().copied().unwrap_or(0) + 1 + (index - times.len()) as i64
            }),
        }
    }

    /// Ticks from a frame to the next, where that is fixed.
    pub(super) fn step(&self) -> Option<i64> {
        self.times.is_none().then_some(1)
    }

    /// Whether frames follow each other faster than `per_second`.
    pub(super) fn is_faster_than(&self, per_second: f64) -> bool {
        let (num, den) = self.tick;
        let least = match &self.times {
            None => 1,
            Some(times) => times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(i64::MAX),
        };
        (least as f64 * f64::from(num) / f64::from(den)) < 1.0 / per_second
    }
}

/// A positive number with six digits behind the point.
fn decimal(value: f64) -> Rational {
    const UNIT: u64 = 1_000_000;
    let num = (value * UNIT as f64).round().clamp(1.0, 1e18) as u64;
    Rational::new(num, UNIT).unwrap_or(Rational { num: 25, den: 1 })
}

/// The fraction of two 31-bit integers nearest to `rate` (the last convergent that fits); itself where it fits.
fn nearest(rate: Rational) -> (i32, i32) {
    const LIMIT: u128 = i32::MAX as u128;
    let (mut a, mut b) = (u128::from(rate.num), u128::from(rate.den));
    let (mut before, mut now) = ((0_u128, 1_u128), (1_u128, 0_u128));
    while b != 0 {
        let whole = a / b;
        let next = (whole * now.0 + before.0, whole * now.1 + before.1);
        if next.0 > LIMIT || next.1 > LIMIT {
            break;
        }
        (before, now) = (now, next);
        (a, b) = (b, a % b);
    }
    // Above the limit there is no convergent at all.
    if now.1 == 0 { (i32::MAX, 1) } else { (now.0 as i32, now.1 as i32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rational(num: u64, den: u64) -> Rational {
        Rational::new(num, den).expect("not zero")
    }

    #[test]
    fn rates_are_kept_or_said() {
        for (num, den) in [(25, 1), (30_000, 1001), (100_000, 1), (1, 3600), (2997, 100)] {
            let clock = Clock::new(&Timing::Rate(rational(num, den)), false).expect("a rate");
            assert_eq!((clock.rate, clock.note), ((num as i32, den as i32), None));
            assert_eq!((clock.tick, clock.times), ((den as i32, num as i32), None));
        }
        let odd = rational(10_000_000_019, 333_333_333);
        let clock = Clock::new(&Timing::Rate(odd), false).expect("a rate");
        let found = f64::from(clock.rate.0) / f64::from(clock.rate.1);
        assert!((found / odd.to_f64() - 1.0).abs() < 1e-12 && clock.note.is_some(), "{clock:?}");
        assert!(Clock::new(&Timing::Rate(rational(1, u64::MAX)), false).is_err());
    }

    #[test]
    fn times_are_kept_to_the_microsecond() {
        let clock = Clock::new(&Timing::At([5.0, 5.1, 5.3].into()), false).expect("times");
        assert_eq!([0, 1, 2, 3].map(|i| clock.at(i)), [0, 100_000, 300_000, 300_001]);
        assert_eq!((clock.note.as_deref(), clock.step()), (None, None));
        assert_eq!(f64::from(clock.rate.0) / f64::from(clock.rate.1), 6.666_667);
        // Closer than a tick, and backwards: moved as little as the order allows, and said.
        let clock = Clock::new(&Timing::At([0.0, 1e-7, 1.0, 0.5].into()), false).expect("times");
        assert_eq!([0, 1, 2, 3].map(|i| clock.at(i)), [0, 1, 1_000_000, 1_000_001]);
        assert!(clock.note.is_some_and(|note| note.contains("2 frames")));
        assert!(Clock::new(&Timing::At([0.0, f64::NAN].into()), false).is_err());
        assert!(Clock::new(&Timing::At([].into()), false).is_err());
    }

    #[test]
    fn a_container_without_times_gets_the_mean_rate() {
        let clock = Clock::new(&Timing::At([0.0, 0.1, 0.4].into()), true).expect("times");
        assert_eq!((clock.rate, clock.at(7)), ((5, 1), 7));
        assert!(clock.note.is_some_and(|note| note.contains(".mkv")));
    }

    #[test]
    fn speed_is_that_of_the_closest_frames() {
        let fast = Clock::new(&Timing::At([0.0, 0.001, 1.0].into()), false).expect("times");
        assert!(fast.is_faster_than(999.0) && !fast.is_faster_than(1001.0));
        let one = Clock::new(&Timing::At([3.0].into()), false).expect("times");
        assert!(!one.is_faster_than(1.0));
    }
}
