//! Moving through the frames.

use blitz_model::document::{CurveStat, Edit};
use blitz_model::session::{Command, ViewId};
use egui::{Context, Key};

use super::row::{NOTHING_OPEN, Now, PLAIN, Row};
use crate::panels::timeline::value;
use crate::state::State;

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

/// To the first frame in which the curve of the selected zone is an extreme: `rank` is the largest there.
fn extreme(now: &Now<'_>, id: &'static str, text: &'static str, which: &str, rank: fn(f64) -> f64) -> Row {
    let tooltip = format!("The frame in which the curve of the selected zone is {which}");
    let zone = now.recording().and_then(|recording| recording.state().selected_zone);
    Row::window(id, text, tooltip, move |state, _| {
        if let Some(zone) = zone {
            go_to_extreme(state, state.session.focused(), zone, rank);
        }
    })
    .needs(now.is_open(), NOTHING_OPEN)
    .needs(zone.is_some(), "No zone is selected")
}

/// Goes there, as soon as the curve is known: the value that its line draws, of any channel.
fn go_to_extreme(state: &mut State, view: ViewId, zone: usize, rank: fn(f64) -> f64) {
    let session = &mut state.session;
    let Some(recording) = session.shown(view) else { return };
    let Some(curve) = session.curves(view).into_iter().find(|curve| curve.zone == zone) else { return };
    if !curve.current {
        if session.is_busy() {
            let again = move |state: &mut State, _: &Context| go_to_extreme(state, view, zone, rank);
            drop(state.mailbox.sender().send(Box::new(again)));
        } else {
            session.log_mut().error("The curve of the zone cannot be computed");
        }
        return;
    }
    let median = recording.state().curves.stat == CurveStat::Median;
    let reduced = recording.recipe().reduction.is_some();
    let mut best: Option<(f64, usize)> = None;
    for &frame in recording.timeline().iter() {
        let points = (0..curve.data.points.len()).filter_map(|c| curve.data.point(c, frame));
        // Frames without a value (failed ones, all NaN) are no extremes.
        let here = points.map(|point| rank(value(point, median))).fold(f64::NAN, f64::max);
        if here > best.map_or(f64::NEG_INFINITY, |(most, _)| most) {
            best = Some((here, frame));
        }
    }
    let Some((_, frame)) = best else {
        return session.log_mut().error("The zone has no values in any frame");
    };
    if reduced {
        session.execute_in(view, Command::Edit(Edit::Reduce(None)));
    }
    session.execute_in(view, Command::Seek(frame));
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
