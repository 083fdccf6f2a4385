//! Saving what is seen. The work is a job; the log says what was written.

use std::path::PathBuf;

use blitz_draw::{ColorMap, Levels, RenderOptions};
use blitz_model::document::CurveStat;
use blitz_model::export::{ImageStyle, MarkChoice, write_image};
use blitz_model::output::Overwrite;
use blitz_model::session::{LevelsReply, Recording};
use blitz_model::table::CurveColumn;

use crate::path::with_suffix;
use crate::state::State;

/// Saves the picture in the recording's own pixels, as it is coloured.
pub(crate) fn picture(state: &mut State, path: PathBuf, bar: bool) {
    let view = state.session.focused();
    let (reply, levels) = (state.session.picture(view), state.session.levels(view));
    let (Some(recording), Some(shown), Some(levels)) = (state.session.current(), reply.shown, levels) else {
        state.session.log_mut().error("there is no picture to save");
        return;
    };
    if !reply.current {
        state.session.log_mut().error("the picture is still being computed: save it when it is there");
        return;
    }
    if reply.preliminary {
        let why = "frames that the picture rests on are still being loaded: save it when all are there";
        state.session.log_mut().error(why);
        return;
    }
    let path = with_suffix(path, "png");
    let style = style(state, recording, levels, bar, MarkChoice::default());
    let film = match style.film(recording.stack(), recording.recipe()) {
        Ok(film) => film,
        Err(error) => return state.session.log_mut().error(&error.to_string()),
    };
    let name = &recording.stack().name;
    let what = match (shown.frame, recording.state().shown_method()) {
        (Some(frame), _) => format!("{name}, frame {}", recording.stack().source_frame(frame)),
        (None, method) => {
            let range = recording.recipe().reduction.as_ref().and_then(|r| r.range);
            let frames = recording.recipe().select(recording.stack(), range);
            let frames = blitz_model::text::frames(recording.stack(), &frames);
            format!("{name}, {} of {frames}", method.map(blitz_model::text::method).unwrap_or_default())
        }
    };
    let what = format!("{what}; levels {} to {}, {}", style.levels.lo, style.levels.hi, style.map);
    state.session.spawn_task("saving the picture", move |_| {
        let picture = &shown.picture;
        let image = film
            .draw(Some(picture.samples.as_ref()), picture.valid().as_ref(), None)
            .map_err(|e| e.to_string())?;
        write_image(&path, &image, Overwrite::Replace, &what).map_err(|e| e.to_string())?;
        Ok(format!("picture of {} × {} pixels written to {}", image.width, image.height, path.display()))
    });
}

/// The colours and levels that are shown now.
pub(crate) fn style(
    state: &State,
    recording: &Recording,
    levels: LevelsReply,
    bar: bool,
    marks: MarkChoice,
) -> ImageStyle {
    let theme = if state.theme.dark { blitz_draw::Theme::Dark } else { blitz_draw::Theme::Light };
    // Colours of RGB are no values of a map.
    let bar = bar && !recording.stack().is_rgb();
    ImageStyle {
        levels: Levels::new(levels.lo, levels.hi),
        map: ColorMap::parse(recording.state().colormap(Some(levels.fitted))).unwrap_or_default(),
        options: RenderOptions::default(),
        bar: bar.then(|| (recording.unit().unwrap_or_default(), theme)),
        marks,
    }
}

/// Saves the curves of all zones over the timeline, as a table.
pub(crate) fn curves(state: &mut State, path: PathBuf) {
    let Some(recording) = state.session.current() else { return };
    let median = recording.state().curves.stat == CurveStat::Median;
    let line = if median { CurveColumn::Median } else { CurveColumn::Mean };
    let columns = vec![line, CurveColumn::Min, CurveColumn::Max, CurveColumn::Std];
    state.session.export_curves(with_suffix(path, "csv"), columns);
}
