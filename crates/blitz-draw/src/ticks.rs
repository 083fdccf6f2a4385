//! Ticks at 1, 2 or 5 times a power of ten, with labels as short as they can be.

use blitz_core::clock_text;

/// Ticks of one axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    /// Values, ascending, all inside the range.
    pub values: Vec<f64>,
    /// One label per value.
    pub labels: Vec<String>,
    /// What the labels are to be multiplied by or added to, such as `×10⁶` or `+1000000`; empty mostly.
    pub note: String,
}

/// Labels of more characters than this are shortened by a power of ten or an offset.
const LONGEST: usize = 7;

impl Ticks {
    /// At most `most` ticks in `lo..=hi`; 5 or more always give two ticks at least. `whole` keeps to whole
    /// numbers (frames, pixels). A range that is empty, not finite, or too narrow for its ticks to differ in
    /// f64 has none.
    pub fn new(lo: f64, hi: f64, most: usize, whole: bool) -> Self {
        let span = hi - lo;
        if !(span > 0.0 && span.is_finite()) {
            return Self::default();
        }
        let Some((step, counts)) = Step::for_range(lo, hi, most.max(1), whole) else {
            return Self::default();
        };
        let values: Vec<f64> = counts.iter().map(|&count| step.times(count).clamp(lo, hi)).collect();
        let (labels, note) = step.labels(&counts);
        Self { values, labels, note }
    }
}

impl Ticks {
    /// At most `most` + 1 ticks in `lo..=hi` seconds at round times of a clock, labelled `1:02:03`. Without ticks where
    /// [`new`](Self::new) has none.
    pub fn clock(lo: f64, hi: f64, most: usize) -> Self {
        const STEPS: [f64; 17] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
            10_800.0, 21_600.0, 43_200.0,
        ];
        const DAY: f64 = 86_400.0;
        let span = hi - lo;
        if !(span > 0.0 && span.is_finite()) {
            return Self::default();
        }
        let rough = span / most.max(1) as f64;
        if rough < 1.0 {
            let plain = Self::new(lo, hi, most, false);
            let decimals = (-rough.log10()).ceil().clamp(0.0, 9.0) as usize;
            let labels = plain.values.iter().map(|&t| clock_text(t, decimals)).collect();
            return Self { labels, note: String::new(), ..plain };
        }
        let step = STEPS.into_iter().find(|step| *step >= rough).unwrap_or_else(|| {
            let days = Step::for_range(lo / DAY, hi / DAY, most.max(1), true);
            days.map_or(span, |(step, _)| step.value() * DAY)
        });
        let first = (lo / step - 1e-9).ceil();
        let values: Vec<f64> =
            (0..=most).map(|i| (first + i as f64) * step).take_while(|&t| t <= hi + step * 1e-9).collect();
        let labels = values.iter().map(|&t| clock_text(t, 0)).collect();
        Self { values, labels, note: String::new() }
    }
}

/// `mantissa × 10^power` with mantissa 1, 2 or 5.
#[derive(Clone, Copy)]
struct Step {
    mantissa: f64,
    power: i32,
}

impl Step {
    /// The smallest step with at most `most` multiples in the range, and which multiples those are.
    fn for_range(lo: f64, hi: f64, most: usize, whole: bool) -> Option<(Self, Vec<f64>)> {
        let rough = (hi - lo) / most as f64;
        let resolution = lo.abs().max(hi.abs()) * 1e-14;
        if !(rough.is_normal() && rough > resolution) {
            return None;
        }
        let power = rough.log10().floor() as i32;
        let steps =
            (power..=power + 2).flat_map(|power| [1.0, 2.0, 5.0].map(|mantissa| Self { mantissa, power }));
        let unit = Self { mantissa: 1.0, power: 0 };
        let steps = steps.map(|s| if whole && s.power < 0 { unit } else { s });
        // Ends that are round themselves count in spite of rounding.
        let slack = (hi - lo) * 1e-9;
        let multiples = |step: Self| -> Vec<f64> {
            let first = ((lo - slack) / step.value()).ceil();
            let counts = (0..=most).map(|i| first + i as f64);
            counts.take_while(|&count| step.times(count) <= hi + slack).collect()
        };
        steps
            .filter(|s| s.value().is_normal())
            .map(|step| (step, multiples(step)))
            .find(|(_, counts)| counts.len() <= most)
    }

    fn value(self) -> f64 {
        self.times(1.0)
    }

    /// `count` steps. Dividing by a power of ten is exact where multiplying by its inverse is not.
    fn times(self, count: f64) -> f64 {
        let n = count * self.mantissa;
        if self.power < 0 { n / 10_f64.powi(-self.power) } else { n * 10_f64.powi(self.power) }
    }

    fn labels(self, counts: &[f64]) -> (Vec<String>, String) {
        let units: Vec<f64> = counts.iter().map(|count| count * self.mantissa).collect();
        if let Some(labels) = short(&units, self.power) {
            return (labels, String::new());
        }
        // Many equal leading digits: show what differs. `units` are whole and exact below 2^53.
        let low = units.first().copied().unwrap_or(0.0);
        let spread = units.last().copied().unwrap_or(0.0) - low;
        if low.abs() > 1000.0 * spread.max(1.0) && low.abs() < 9e15 {
            let round = 10_f64.powf(spread.max(1.0).log10().ceil());
            let base = (low / round).floor() * round;
            let rest: Vec<f64> = units.iter().map(|n| n - base).collect();
            let (labels, factor) = scaled(&rest, self.power);
            let offset = offset_text(base, self.power);
            let sign = if base < 0.0 { "" } else { "+" };
            let gap = if factor.is_empty() { "" } else { " " };
            return (labels, format!("{factor}{gap}{sign}{offset}"));
        }
        scaled(&units, self.power)
    }
}

/// Labels in plain digits, if none is long.
fn short(units: &[f64], power: i32) -> Option<Vec<String>> {
    if power.unsigned_abs() as usize > LONGEST {
        return None;
    }
    let labels: Vec<String> = units.iter().map(|&n| decimal(n, power)).collect();
    labels.iter().all(|l| l.chars().count() <= LONGEST).then_some(labels)
}

/// Labels of `units × 10^power`, with a common power of ten where they would be long.
fn scaled(units: &[f64], power: i32) -> (Vec<String>, String) {
    if let Some(labels) = short(units, power) {
        return (labels, String::new());
    }
    let largest = units.iter().fold(1.0_f64, |m, n| m.max(n.abs()));
    let common = (largest.log10().floor() as i32 + power).div_euclid(3) * 3;
    let labels = units.iter().map(|&n| decimal(n, power - common)).collect();
    (labels, format!("×10{}", superscript(common)))
}

/// An offset in plain digits, or with its power of ten where that would be mostly zeros.
fn offset_text(units: f64, power: i32) -> String {
    if power.abs() > 12 {
        return minus(&format!("{units:.0}e{power}"));
    }
    let text = decimal(units, power);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `units × 10^power` to the last place of the step, no further.
fn decimal(units: f64, power: i32) -> String {
    if units == 0.0 {
        return "0".to_owned();
    }
    if power >= 0 {
        return minus(&format!("{units:.0}{}", "0".repeat(power as usize)));
    }
    let places = power.unsigned_abs() as usize;
    minus(&format!("{:.places$}", units / 10_f64.powi(-power)))
}

/// The typographic minus sign, as wide as a digit.
fn minus(text: &str) -> String {
    text.replace('-', "\u{2212}")
}

fn superscript(number: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let sign = if number < 0 { "⁻" } else { "" };
    let digits = number.unsigned_abs().to_string();
    sign.chars().chain(digits.bytes().map(|d| DIGITS[usize::from(d - b'0')])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(lo: f64, hi: f64, most: usize) -> (Vec<String>, String) {
        let ticks = Ticks::new(lo, hi, most, false);
        (ticks.labels, ticks.note)
    }

    fn strings(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|&l| l.to_owned()).collect()
    }

    #[test]
    fn ordinary_ranges_have_ordinary_labels() {
        assert_eq!(labels(0.0, 1.0, 6), (strings(&["0", "0.2", "0.4", "0.6", "0.8", "1.0"]), String::new()));
        assert_eq!(labels(291.3, 318.0, 6).0, ["295", "300", "305", "310", "315"]);
        assert_eq!(labels(-30.0, 30.0, 4).0, ["\u{2212}20", "0", "20"]);
        assert_eq!(labels(0.0, 0.003, 4).0, ["0", "0.001", "0.002", "0.003"]);
    }

    #[test]
    fn huge_and_tiny_values_share_a_power_of_ten() {
        assert_eq!(labels(0.0, 4e9, 5), (strings(&["0", "1", "2", "3", "4"]), "×10⁹".to_owned()));
        assert_eq!(labels(0.0, 3e-12, 4), (strings(&["0", "1", "2", "3"]), "×10⁻¹²".to_owned()));
        assert_eq!(labels(0.0, 2e300, 4).1, "×10³⁰⁰");
        assert_eq!(labels(-2.9e-5, 3.2e-5, 3).0, ["\u{2212}20", "0", "20"]);
    }

    #[test]
    fn a_narrow_range_far_from_zero_has_an_offset() {
        assert_eq!(
            labels(1e9, 1e9 + 4.0, 5),
            (strings(&["0", "1", "2", "3", "4"]), "+1000000000".to_owned())
        );
        let (low, note) = labels(-1e6 - 0.3, -1e6, 4);
        assert_eq!(note, "\u{2212}1000001");
        assert_eq!(low, ["0.7", "0.8", "0.9", "1.0"]);
    }

    #[test]
    fn clocks_have_round_times() {
        let labels = |lo, hi, most| Ticks::clock(lo, hi, most).labels;
        assert_eq!(labels(0.0, 7200.0, 4), ["0:00:00", "0:30:00", "1:00:00", "1:30:00", "2:00:00"]);
        assert_eq!(
            labels(3600.2, 3600.8, 4),
            ["3600.2", "3600.4", "3600.6", "3600.8"].map(|t: &str| { format!("1:00:00.{}", &t[5..]) })
        );
        assert_eq!(labels(-40.0, 40.0, 6), ["-0:00:30", "-0:00:15", "0:00:00", "0:00:15", "0:00:30"]);
        assert_eq!(labels(0.0, 864_000.0, 5).last().map(String::as_str), Some("240:00:00"));
        assert_eq!(Ticks::clock(5.0, 5.0, 4), Ticks::default());
    }

    #[test]
    fn whole_ticks_stay_whole() {
        assert_eq!(Ticks::new(0.0, 3.0, 10, true).labels, ["0", "1", "2", "3"]);
        assert_eq!(Ticks::new(-0.5, 0.5, 10, true).labels, ["0"]);
    }

    #[test]
    fn ranges_without_extent_have_no_ticks() {
        for (lo, hi) in
            [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (f64::MIN, f64::MAX), (0.0, 5e-324), (1e9, 1e9 + 1e-6)]
        {
            assert_eq!(Ticks::new(lo, hi, 5, false), Ticks::default());
        }
    }

    proptest! {
        #[test]
        fn ticks_lie_inside_ascend_and_differ(lo in -1e9_f64..1e9, power in -3_i32..12, most in 1_usize..15) {
            let hi = lo + 10_f64.powi(power);
            let ticks = Ticks::new(lo, hi, most, false);
            prop_assert!(ticks.values.len() <= most);
            prop_assert!(most < 5 || ticks.values.len() >= 2, "{:?}", ticks);
            prop_assert!(ticks.values.iter().all(|v| (lo..=hi).contains(v)));
            prop_assert!(ticks.values.is_sorted_by(|a, b| a < b));
            let mut labels = ticks.labels.clone();
            labels.dedup();
            prop_assert_eq!(labels.len(), ticks.values.len());
            prop_assert!(ticks.labels.iter().all(|l| l.chars().count() <= 12), "{:?}", ticks);
        }
    }
}
