//! `blitz curve`: zones over time.

use std::path::{Path, PathBuf};

use blitz_core::FrameFault;
use blitz_io::write_atomic;
use blitz_model::evaluate::{
    AuxiliaryAnswer, AuxiliaryCurves, Curves, FrameSet, PercentileCurves, Reduce, ReduceShard, Shard,
    ZoneCurves, ZonePercentiles,
};
use blitz_model::export::{left_out, write_image};
use blitz_model::partial::Partial;
use blitz_model::table::{CsvStyle, CurveColumn, CurveTable};

use crate::failure::{Failure, Status};
use crate::output::{check_suffix, suffix, write_partial};
use crate::recording::{Input, Recording};
use crate::shell::{Beside, Report, Shell, is_stdout, name_failed, print};

mod plot;

pub(crate) struct Request {
    /// Its recipe has the zones.
    pub(crate) input: Input,
    /// Columns per zone.
    pub(crate) stats: Vec<CurveColumn>,
    /// More columns per zone.
    pub(crate) percentiles: Vec<f64>,
    /// Table; `-` is stdout.
    pub(crate) output: Option<PathBuf>,
    pub(crate) plot: Option<PathBuf>,
    /// How the table is written as text.
    pub(crate) csv: CsvStyle,
    /// Which part of it, as a partial result; `None` is all of it, as a table.
    pub(crate) shard: Option<Shard>,
}

/// What was found of the zones.
struct Found {
    curves: Curves,
    percentiles: Option<PercentileCurves>,
    /// Curves recorded beside the recording.
    auxiliary: Vec<AuxiliaryAnswer>,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    if let (Some(shard), Some(output)) = (request.shard, &request.output) {
        return run_shard(request, shard, output, shell);
    }
    let outputs: Vec<&Path> =
        [&request.output, &request.plot].into_iter().flatten().map(PathBuf::as_path).collect();
    if let Some(table) = request.output.as_deref().filter(|p| !is_stdout(p)) {
        check_suffix(table, &["csv", "tsv", "npy"], "a table")?;
    }
    if let Some(plot) = &request.plot {
        check_suffix(plot, &["png", "svg"], "a plot")?;
    }
    if shell.json && outputs.iter().any(|p| is_stdout(p)) {
        return Err(Failure::new("stdout holds the table: give -o OUT.csv beside --json"));
    }
    if request.plot.is_some() && request.stats.is_empty() {
        return Err(Failure::new(
            "--plot draws no percentiles: name mean, median, min, max, sum or std, too",
        ));
    }
    input.check_outputs(&outputs)?;

    let recording = input.open(shell)?;
    let found = measure(request, &recording, FrameSet::All, shell)?;
    let (curves, table) = (&found.curves, found.table(request, &recording));
    // A standard output comes last: whoever reads it may close it.
    if let Some(path) = &request.plot {
        write_plot(path, request, &recording, &found)?;
    }
    if let Some(path) = request.output.as_deref().filter(|p| !is_stdout(p)) {
        table.write(path, input.overwrite(), request.csv)?;
    }
    input.save_recipe()?;
    let faults: Vec<FrameFault> = curves.coverage.failed.iter().map(|f| f.as_ref().clone()).collect();
    let left_out = left_out(faults.len(), curves.coverage.no_window);
    if outputs.iter().any(|p| is_stdout(p)) {
        if !left_out.is_empty() {
            shell.note(left_out.trim_start_matches("; "));
        }
        let status = recording.unchanged(name_failed(&faults));
        print(&csv(&table, request.csv, &recording)?)?;
        return Ok(status);
    }
    let description = described(&table.headers(), &recording.describe(&curves.frames)) + &left_out;
    let (frames_used, no_window) = (curves.coverage.used, curves.coverage.no_window);
    let outputs = outputs.into_iter().map(Path::to_path_buf).collect();
    let auxiliary = found.beside(&recording);
    let report = Report { outputs, description, frames_used, no_window, auxiliary, ..Report::default() };
    shell.finish(report, &faults).map(|status| recording.unchanged(status))
}

/// One part, as a partial result.
fn run_shard(request: &Request, shard: Shard, output: &Path, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    check_suffix(output, &["state"], "a partial result (--shard)")?;
    input.check_outputs(&[output])?;
    let recording = input.open(shell)?;
    // By no method: which frames are the shard's.
    let reduce = Reduce { methods: Vec::new(), range: None, ddof: 0 };
    let share = recording.ask(&ReduceShard { reduce, shard, histogram: false }, shell)?;
    let all = recording.recipe.select(&recording.stack, None);
    let frames = all.iter().copied().filter(|frame| share.covered.contains(frame)).collect();
    let found = measure(request, &recording, FrameSet::List(frames), shell)?;
    let table = found.table(request, &recording);
    let selected = recording.describe(&all);
    let partial = Partial::of_curves(&recording.stack, &recording.recipe, &selected, share, &table)?;
    input.save_recipe()?;
    write_partial(&partial, output, input.overwrite(), shell).map(|status| recording.unchanged(status))
}

/// Asks for curves and percentiles, and says which zones have no pixel.
fn measure(
    request: &Request,
    recording: &Recording,
    frames: FrameSet,
    shell: &Shell,
) -> Result<Found, Failure> {
    // First: a name that is wrong is said before hours of work.
    let auxiliary = auxiliary(recording, shell)?;
    let zones = &recording.recipe.zones;
    let median = request.stats.contains(&CurveColumn::Median);
    let question = ZoneCurves { zones: zones.clone().into(), frames: frames.clone(), median };
    let curves = recording.ask(&question, shell)?;
    let percentiles = match request.percentiles.as_slice() {
        [] => None,
        percentiles => {
            let (zones, percentiles) = (zones.clone().into(), percentiles.to_vec());
            Some(recording.ask(&ZonePercentiles { zones, frames, percentiles }, shell)?)
        }
    };
    for (zone, curve) in zones.iter().zip(&curves.zones) {
        if curve.pixels == 0 {
            let crop = recording.stack.placement.crop;
            let image = format!(
                "columns {}-{}, rows {}-{}",
                crop.x,
                crop.x + crop.width - 1,
                crop.y,
                crop.y + crop.height - 1
            );
            shell.note(&format!(
                "zone '{}' covers no pixel centre of the image ({image}): it has no values",
                zone.name
            ));
        } else if curve.points.iter().flatten().all(|point| point.n == 0) {
            shell.note(&format!("zone '{}' has no value in any frame: all are missing", zone.name));
        }
    }
    Ok(Found { curves, percentiles, auxiliary })
}

/// Reads the curves beside the recording, and says what was assumed of them.
fn auxiliary(recording: &Recording, shell: &Shell) -> Result<Vec<AuxiliaryAnswer>, Failure> {
    let questions = AuxiliaryCurves::of(&recording.stack, &recording.recipe, &recording.time);
    let mut found = Vec::new();
    for question in questions {
        let answer = recording.ask(&question, shell)?;
        for note in &answer.notes {
            shell.note(&format!("{}: {note}", question.entry.file.display()));
        }
        found.push(answer);
    }
    Ok(found)
}

impl Found {
    /// What was read beside the recording, for reports.
    fn beside(&self, recording: &Recording) -> Vec<Beside> {
        let entries = recording.recipe.auxiliary.iter().filter(|entry| !entry.hidden);
        entries.zip(&self.auxiliary).flat_map(|(entry, answer)| Beside::of(&entry.file, answer)).collect()
    }

    fn table<'a>(&'a self, request: &'a Request, recording: &'a Recording) -> CurveTable<'a> {
        CurveTable {
            curves: &self.curves,
            percentiles: self.percentiles.as_ref(),
            zones: &recording.recipe.zones,
            stack: &recording.stack,
            time: &recording.time,
            stats: &request.stats,
            auxiliary: &self.auxiliary,
        }
    }
}

/// What a table has, in words.
pub(super) fn described(headers: &[String], frames: &str) -> String {
    format!("columns {}; {frames}", headers.join(","))
}

/// The table as text, for stdout.
fn csv(table: &CurveTable<'_>, style: CsvStyle, recording: &Recording) -> Result<String, Failure> {
    let text =
        table.csv(style).map_err(|error| recording.failure(&format!("cannot make a table: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn write_plot(path: &Path, request: &Request, recording: &Recording, found: &Found) -> Result<(), Failure> {
    let Found { curves, auxiliary, .. } = found;
    let plot = plot::plot(recording, curves, &request.stats, auxiliary);
    let overwrite = request.input.overwrite();
    if suffix(path) == "svg" {
        return Ok(write_atomic(path, overwrite, |out| out.write_all(plot.to_svg().as_bytes()))?);
    }
    Ok(write_image(path, &plot.to_image(1.0)?, overwrite, &recording.describe(&curves.frames))?)
}
