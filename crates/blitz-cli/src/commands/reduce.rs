//! `blitz reduce`: many frames become one picture per method.

use std::path::{Path, PathBuf};

use blitz_core::FrameFault;
use blitz_model::evaluate::{Reduce, ReduceShard, Shard};
use blitz_model::export::{PICTURES, per_method, write_image};
use blitz_model::partial::Partial;
use blitz_model::text;

use super::render::labelled;
use crate::draw::{Of, Style};
use crate::failure::{Failure, Status};
use crate::output::{check_suffix, write_partial};
use crate::recording::Input;
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    /// Its recipe says what to reduce and how.
    pub(crate) input: Input,
    /// Numbers.
    pub(crate) output: Option<PathBuf>,
    /// A picture of them.
    pub(crate) picture: Option<PathBuf>,
    /// Which part of it, as a partial result; `None` is all of it, as numbers.
    pub(crate) shard: Option<Shard>,
    pub(crate) style: Style,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    let Some(reduction) = input.recipe.reduction.clone() else {
        return Err(Failure::new("no method: name at least one, such as mean"));
    };
    if let (Some(shard), Some(output)) = (request.shard, &request.output) {
        let question = ReduceShard { reduce: Reduce::from(&reduction), shard, histogram: false };
        return run_shard(input, &question, output, shell);
    }
    let named = |path: Option<&Path>| path.map(|p| per_method(p, &reduction.methods)).unwrap_or_default();
    let (numbers, pictures) = (named(request.output.as_deref()), named(request.picture.as_deref()));
    for path in &numbers {
        check_suffix(path, &["npy", "tif", "tiff"], "numbers (--picture draws a .png)")?;
    }
    for path in &pictures {
        check_suffix(path, &PICTURES, "a picture")?;
    }
    let outputs: Vec<PathBuf> = numbers.iter().chain(&pictures).cloned().collect();
    input.check_outputs(&outputs.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;

    let recording = input.open(shell)?;
    let reduce = Reduce::from(&reduction);
    let written = recording.reduce(&reduce, request.output.as_deref(), input.overwrite(), shell)?;
    for (i, (&method, picture)) in reduction.methods.iter().zip(&written.pictures).enumerate() {
        if let Some(path) = pictures.get(i) {
            let label = labelled(&text::method(method), &recording);
            let (image, _) = request.style.draw(picture, &recording, &label, Of::Method(method))?;
            write_image(path, &image, input.overwrite(), &written.descriptions[i])?;
        }
    }
    input.save_recipe()?;
    let coverage = written.pictures.first().map(|picture| &picture.coverage);
    let faults: Vec<FrameFault> =
        coverage.into_iter().flat_map(|c| &c.failed).map(|f| f.as_ref().clone()).collect();
    let (frames_used, no_window) = coverage.map_or((0, 0), |c| (c.used, c.no_window));
    let description = written.description;
    let report = Report { outputs, description, frames_used, no_window, ..Report::default() };
    shell.finish(report, &faults).map(|status| recording.unchanged(status))
}

/// One part, as a partial result.
pub(super) fn run_shard(
    input: &Input,
    question: &ReduceShard,
    output: &Path,
    shell: &Shell,
) -> Result<Status, Failure> {
    check_suffix(output, &["state"], "a partial result (--shard)")?;
    input.check_outputs(&[output])?;
    let recording = input.open(shell)?;
    let gathered = recording.ask(question, shell)?;
    let recipe = &recording.recipe;
    let selected = recording.describe(&recipe.select(&recording.stack, question.reduce.range));
    let partial = Partial::new(&recording.stack, recipe, &selected, gathered)?;
    input.save_recipe()?;
    write_partial(&partial, output, input.overwrite(), shell).map(|status| recording.unchanged(status))
}
