//! Curves as a plot.

use blitz_core::TimeAxis;
use blitz_draw::{Axis, Plot, RightAxis, Series};
use blitz_model::evaluate::{AuxiliaryAnswer, CurvePoint, Curves};
use blitz_model::table::CurveColumn;

use crate::recording::Recording;

/// One curve per zone, channel and statistic; minimum and maximum are a band where there is a mean or median.
/// Curves recorded beside the recording have an axis at the right, each its own, unless they share that of the zones.
pub(super) fn plot(
    recording: &Recording,
    curves: &Curves,
    stats: &[CurveColumn],
    auxiliary: &[AuxiliaryAnswer],
) -> Plot {
    let (x, title) = time_axis(recording, curves);
    let has = |stat| stats.contains(&stat);
    let middle = [CurveColumn::Mean, CurveColumn::Median].into_iter().find(|&stat| has(stat));
    let band = middle.filter(|_| has(CurveColumn::Min) && has(CurveColumn::Max));
    let lines: Vec<CurveColumn> = stats
        .iter()
        .copied()
        .filter(|stat| band.is_none() || !matches!(stat, CurveColumn::Min | CurveColumn::Max))
        .collect();
    let mut series = Vec::new();
    for (zone, curve) in recording.recipe.zones.iter().zip(&curves.zones) {
        for (channel, points) in curves.channels.iter().zip(&curve.points) {
            for &stat in &lines {
                let mut name = zone.name.clone();
                if curves.channels.len() > 1 {
                    name = format!("{name} {channel}");
                }
                if lines.len() > 1 {
                    name = format!("{name} {}", stat.name());
                }
                let line = x.iter().zip(points).map(|(&x, p)| [x, value(stat, p)]).collect();
                let mut one = Series::new(name, line);
                // One curve per zone has the zone's colour, as in the window; more would look alike.
                one.color = (curves.channels.len() * lines.len() == 1).then_some(zone.color);
                if band == Some(stat) {
                    one.band = x.iter().zip(points).map(|(&x, p)| [x, p.min, p.max]).collect();
                }
                series.push(one);
            }
        }
    }
    let mut right = Vec::new();
    let entries = recording.recipe.auxiliary.iter().filter(|entry| !entry.hidden);
    for (entry, answer) in entries.zip(auxiliary) {
        for curve in &answer.curves {
            let value = |frame: usize| curve.on_frames.get(recording.stack.source_frame(frame)).copied();
            let points = x.iter().zip(curves.frames.iter()).map(|(&x, &f)| [x, value(f).unwrap_or(f64::NAN)]);
            let one = Series::new(curve.title(), points.collect());
            if entry.shared_axis {
                series.push(one);
            } else {
                right.push(RightAxis { axis: Axis::new(curve.title()), series: vec![one] });
            }
        }
    }
    let what = if lines.len() == 1 { lines[0].name() } else { "value" };
    let y = recording.unit().map_or_else(|| what.to_owned(), |unit| format!("{what} / {unit}"));
    let whole = recording.time == TimeAxis::NotSet;
    Plot {
        title: recording.stack.name.clone(),
        x: Axis { whole, clock: title.ends_with("h:mm:ss"), ..Axis::new(title) },
        y: Axis::new(y),
        series,
        right,
        ..Plot::default()
    }
}

/// Seconds in the unit that reads best, or source frame numbers where no rate is set.
fn time_axis(recording: &Recording, curves: &Curves) -> (Vec<f64>, String) {
    let source: Vec<usize> = curves.frames.iter().map(|&f| recording.stack.source_frame(f)).collect();
    if recording.time == TimeAxis::NotSet {
        return (source.iter().map(|&f| f as f64).collect(), "frame".to_owned());
    }
    let seconds: Vec<f64> = source.iter().map(|&f| recording.time.seconds(f).unwrap_or(f64::NAN)).collect();
    let (scale, unit) = match seconds.iter().fold(0.0, |most: f64, t| most.max(t.abs())) {
        most if most >= 3600.0 => (1.0, "h:mm:ss"),
        most if most >= 1.0 || most == 0.0 => (1.0, "s"),
        most if most >= 1e-3 => (1e3, "ms"),
        most if most >= 1e-6 => (1e6, "µs"),
        _ => (1e9, "ns"),
    };
    (seconds.into_iter().map(|t| t * scale).collect(), format!("time / {unit}"))
}

fn value(stat: CurveColumn, point: &CurvePoint) -> f64 {
    match stat {
        CurveColumn::Mean => point.mean,
        CurveColumn::Median => point.median,
        CurveColumn::Min => point.min,
        CurveColumn::Max => point.max,
        CurveColumn::Sum => point.sum,
        CurveColumn::Std => point.std,
    }
}
