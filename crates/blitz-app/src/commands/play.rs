//! Moving through the frames.

use blitz_model::document::{CurveStat, Edit};
use blitz_model::evaluate::CurvePoint;
use blitz_model::session::{Command, Recording};
use egui::Key;

use super::row::{NOTHING_OPEN, Now, PLAIN, Row};

pub(super) fn rows(now: &Now<'_>) -> Vec<Row> {
    vec![
        toggle(now),
        first(now),
        previous(now),
        next(now),
        last(now),
        step(now, "play.back-10", "Ten frames back", -10, Key::ArrowUp),
        step(now, "play.on-10", "Ten frames on", 10, Key::ArrowDown),
        step(now, "play.back-100", "A hundred frames back", -100, Key::PageUp),
        step(now, "play.on-100", "A hundred frames on", 100, Key::PageDown),
        extreme(now, "play.zone-maximum", "Go to the maximum of the zone", "largest", |value| value),
        extreme(now, "play.zone-minimum", "Go to the minimum of the zone", "smallest", |value| -value),
        leave_reduction(now),
    ]
}

pub(crate) fn toggle(now: &Now<'_>) -> Row {
    let playing = now.session.view(now.at).is_some_and(|view| view.playhead().playing);
    Row::send(
        "play.toggle",
        if playing { "Pause" } else { "Play" },
        "Play or pause",
        now,
        Command::TogglePlay,
    )
    .key(PLAIN, Key::Space)
    .needs(now.is_open(), NOTHING_OPEN)
}

pub(crate) fn first(now: &Now<'_>) -> Row {
    let frame = now.recording().and_then(|r| r.timeline().first().copied()).unwrap_or(0);
    Row::send("play.first", "First frame", "First frame", now, Command::Seek(frame))
        .key(PLAIN, Key::Home)
        .needs(now.is_open(), NOTHING_OPEN)
}

pub(crate) fn last(now: &Now<'_>) -> Row {
    let frame = now.recording().and_then(|r| r.timeline().last().copied()).unwrap_or(0);
    Row::send("play.last", "Last frame", "Last frame", now, Command::Seek(frame))
        .key(PLAIN, Key::End)
        .needs(now.is_open(), NOTHING_OPEN)
}

pub(crate) fn previous(now: &Now<'_>) -> Row {
    Row { tooltip: "One frame back".into(), ..step(now, "play.back", "Previous frame", -1, Key::ArrowLeft) }
}

pub(crate) fn next(now: &Now<'_>) -> Row {
    Row { tooltip: "One frame forward".into(), ..step(now, "play.on", "Next frame", 1, Key::ArrowRight) }
}

fn step(now: &Now<'_>, id: &'static str, text: &'static str, by: i64, key: Key) -> Row {
    Row::send(id, text, "Held, the key repeats it", now, Command::Step(by))
        .key(PLAIN, key)
        .repeating()
        .needs(now.is_open(), NOTHING_OPEN)
}

/// To the first frame in which the curve of the selected zone (the value that its line draws, of any channel) is an
/// extreme: `rank` is the largest there.
fn extreme(now: &Now<'_>, id: &'static str, text: &'static str, which: &str, rank: fn(f64) -> f64) -> Row {
    let selected = |recording: &Recording| recording.state().selected_zone;
    let tooltip = format!("The frame in which the curve of the selected zone is {which}");
    Row::window(id, text, tooltip, move |state, _| {
        let session = &mut state.session;
        let Some(recording) = session.current() else { return };
        let median = recording.state().curves.stat == CurveStat::Median;
        let curves = session.curves(session.focused());
        let Some(curve) = selected(recording).and_then(|zone| curves.get(zone)) else { return };
        if !curve.current {
            session
                .log_mut()
                .error("The curve of the zone is still being computed: try again when it is there");
            return;
        }
        let value = |point: &CurvePoint| rank(if median { point.median } else { point.mean });
        let mut best: Option<(f64, usize)> = None;
        for &frame in recording.timeline().iter() {
            let points = (0..curve.data.points.len()).filter_map(|c| curve.data.point(c, frame));
            // Points without samples (failed frames, all NaN) are no extremes.
            let here = points.filter(|point| point.n > 0).map(value).fold(f64::NEG_INFINITY, f64::max);
            if best.map_or(here > f64::NEG_INFINITY, |(most, _)| here > most) {
                best = Some((here, frame));
            }
        }
        match best {
            Some((_, frame)) => session.execute(Command::Seek(frame)),
            None => session.log_mut().error("The zone has no values in any frame"),
        }
    })
    .needs(now.is_open(), NOTHING_OPEN)
    .needs(now.recording().and_then(selected).is_some(), "No zone is selected")
}

fn leave_reduction(now: &Now<'_>) -> Row {
    let reduced = now.recording().is_some_and(|r| r.recipe().reduction.is_some());
    let command = Command::Edit(Edit::Reduce(None));
    Row::send("play.leave-reduction", "Leave the reduction", "Show frames again", now, command)
        .key(PLAIN, Key::Escape)
        .needs(now.is_open(), NOTHING_OPEN)
        .needs(reduced, "No reduction is shown")
        .needs(!now.view.holds_escape, "A zone is being drawn or dragged")
}
