//! Saving what is seen. The work is a job; the log says what was written.

use std::path::PathBuf;

use blitz_draw::{ColorMap, Levels, RenderOptions};
use blitz_model::document::CurveStat;
use blitz_model::evaluate::{EvalContext, FrameSet, ZoneCurves, evaluate};
use blitz_model::export::{ImageStyle, MarkChoice, write_image};
use blitz_model::output::Overwrite;
use blitz_model::session::{LevelsReply, Recording};
use blitz_model::table::{CurveColumn, CurveTable};

use crate::app::App;

/// `path` with `suffix` where it has none.
pub(super) fn with_suffix(path: PathBuf, suffix: &str) -> PathBuf {
    if path.extension().is_some() { path } else { path.with_extension(suffix) }
}

/// Saves the picture in the recording's own pixels, as it is coloured.
pub(super) fn picture(app: &mut App, path: PathBuf, bar: bool) {
    let view = app.session.focused();
    let (reply, levels) = (app.session.picture(view), app.session.levels(view));
    let (Some(recording), Some(shown), Some(levels)) = (app.session.current(), reply.shown, levels) else {
        app.session.log_mut().error("there is no picture to save");
        return;
    };
    if !reply.current {
        app.session.log_mut().error("the picture is still being computed: save it when it is there");
        return;
    }
    let path = with_suffix(path, "png");
    let style = style(app, recording, levels, bar, MarkChoice::default());
    let film = match style.film(recording.stack(), recording.recipe()) {
        Ok(film) => film,
        Err(error) => return app.session.log_mut().error(&error.to_string()),
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
    app.session.spawn_task("saving the picture", move |_| {
        let picture = &shown.picture;
        let image = film
            .draw(Some(picture.samples.as_ref()), picture.valid().as_ref(), None)
            .map_err(|e| e.to_string())?;
        write_image(&path, &image, Overwrite::Replace, &what).map_err(|e| e.to_string())?;
        Ok(format!("picture of {} × {} pixels written to {}", image.width, image.height, path.display()))
    });
}

/// The colours and levels that are shown now.
pub(super) fn style(
    app: &App,
    recording: &Recording,
    levels: LevelsReply,
    bar: bool,
    marks: MarkChoice,
) -> ImageStyle {
    let theme = if app.theme.dark { blitz_draw::Theme::Dark } else { blitz_draw::Theme::Light };
    // Colours of RGB are no values of a map.
    let bar = bar && !recording.stack().is_rgb();
    ImageStyle {
        levels: Levels::new(levels.lo, levels.hi),
        map: ColorMap::parse(recording.state().colormap()).unwrap_or_default(),
        options: RenderOptions::default(),
        bar: bar.then(|| (recording.unit().unwrap_or_default(), theme)),
        marks,
    }
}

/// Saves the curves of all zones over the timeline, as a table.
pub(super) fn curves(app: &mut App, path: PathBuf) {
    let Some(recording) = app.session.current() else { return };
    let path = with_suffix(path, "csv");
    let (stack, recipe, time) = (recording.stack().clone(), recording.recipe().clone(), recording.time());
    let median = recording.state().curves.stat == CurveStat::Median;
    if recipe.zones.is_empty() {
        app.session.log_mut().error("there is no zone: add one on the picture, its curve is then saved");
        return;
    }
    let references = app.session.references().clone();
    app.session.spawn_task("saving the curves", move |cx| {
        let eval = EvalContext {
            cancel: cx.cancel.clone(),
            progress: cx.progress.clone(),
            references,
            ..EvalContext::default()
        };
        let question = ZoneCurves { zones: recipe.zones.clone().into(), frames: FrameSet::All, median };
        let curves = evaluate(&stack, &recipe, &question, &eval).map_err(|e| e.to_string())?;
        let line = if median { CurveColumn::Median } else { CurveColumn::Mean };
        let columns = [line, CurveColumn::Min, CurveColumn::Max, CurveColumn::Std];
        let (zones, stats) = (&recipe.zones[..], &columns[..]);
        let (curves, stack, time) = (&curves, &stack, &time);
        let table = CurveTable { curves, percentiles: None, zones, stack, time, stats };
        table.write(&path, Overwrite::Replace).map_err(|e| e.to_string())?;
        let rows = blitz_model::text::count(curves.frames.len(), "frame");
        Ok(format!("curves of {rows} written to {}", path.display()))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_core::{DType, FrameShape, SamplesRef};
    use blitz_model::output::WriteSpec;

    /// Lets frames pass until nothing is going on.
    fn settle(app: &mut App, ctx: &egui::Context) {
        for _ in 0..5_000 {
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| app.update(ui));
            output.textures_delta.clear();
            if app.is_settled() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        panic!("still busy: {:?}", app.session.jobs());
    }

    #[test]
    fn picture_and_curves_are_written_with_the_recording_s_numbers() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ramp.npy");
        let shape = FrameShape::new(3, 5, 1);
        let mut writer =
            WriteSpec::new(DType::U16, shape, Some(4), Overwrite::Refuse).create(&path).expect("created");
        for frame in 0..4_u16 {
            let pixels: Vec<u16> = (0..15).map(|i| 1000 * frame + i).collect();
            writer.write_frame(SamplesRef::U16(&pixels)).expect("written");
        }
        writer.finish().expect("finished");

        let ctx = egui::Context::default();
        let mut app = App::new(&ctx, crate::WindowOptions { paths: vec![path], ..Default::default() });
        settle(&mut app, &ctx);
        picture(&mut app, folder.path().join("plain"), false);
        picture(&mut app, folder.path().join("bar.png"), true);
        curves(&mut app, folder.path().join("curves"));
        settle(&mut app, &ctx);

        let size = |name: &str| {
            let bytes = std::fs::read(folder.path().join(name)).expect("written");
            let side =
                |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
            (side(16), side(20))
        };
        assert_eq!(size("plain.png"), (5, 3), "the recording's own pixels");
        assert!(size("bar.png").0 > 40);
        let table = std::fs::read_to_string(folder.path().join("curves.csv")).expect("written");
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "frame,time_s,A_mean,A_min,A_max,A_std,A_n,A_missing");
        // The first zone is the one pixel in the middle.
        assert_eq!(lines[3], "2,,2007,2007,2007,0,1,0");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn a_name_without_suffix_gets_one() {
        assert_eq!(with_suffix("a/b".into(), "png"), PathBuf::from("a/b.png"));
        assert_eq!(with_suffix("a/b.PNG".into(), "png"), PathBuf::from("a/b.PNG"));
    }
}
