//! `blitz reduce`: many frames become one picture per method.

use std::path::{Path, PathBuf};

use blitz_core::FrameFault;
use blitz_kernels::Method;
use blitz_model::evaluate::Reduce;
use blitz_model::text;

use super::render::labelled;
use crate::draw::Style;
use crate::failure::{Failure, Status};
use crate::output::{check_suffix, per_method, write_numbers, write_picture};
use crate::recording::Input;
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    /// Its recipe says what to reduce and how.
    pub(crate) input: Input,
    /// Numbers.
    pub(crate) output: Option<PathBuf>,
    /// A picture of them.
    pub(crate) picture: Option<PathBuf>,
    pub(crate) style: Style,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    let Some(reduction) = input.recipe.reduction.clone() else {
        return Err(Failure::new("no method: name at least one, such as mean"));
    };
    let named = |path: Option<&Path>| path.map(|p| per_method(p, &reduction.methods)).unwrap_or_default();
    let (numbers, pictures) = (named(request.output.as_deref()), named(request.picture.as_deref()));
    for path in &numbers {
        check_suffix(path, &["npy", "tif", "tiff"], "numbers (--picture draws a .png)")?;
    }
    for path in &pictures {
        check_suffix(path, &["png"], "a picture")?;
    }
    let outputs: Vec<PathBuf> = numbers.iter().chain(&pictures).cloned().collect();
    input.check_outputs(&outputs.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;

    let recording = input.open(shell)?;
    let answers = recording.ask(&Reduce::from(&reduction), shell)?;
    let selected = recording.describe(&recording.recipe.select(&recording.stack, reduction.range));
    let faults: Vec<FrameFault> =
        answers.iter().take(1).flat_map(|a| &a.coverage.failed).map(|f| f.as_ref().clone()).collect();
    let left_out = if faults.is_empty() {
        String::new()
    } else {
        format!("; {} failed and were left out", text::count(faults.len(), "frame"))
    };
    for (i, (&method, picture)) in reduction.methods.iter().zip(&answers).enumerate() {
        let name = text::method(method);
        let what = format!(
            "{}, {name}{} of {selected}{left_out}",
            recording.stack.name,
            divisor(method, reduction.ddof)
        );
        if let Some(path) = numbers.get(i) {
            write_numbers(path, picture, input.overwrite(), &what, shell)?;
        }
        if let Some(path) = pictures.get(i) {
            let (image, _) = request.style.draw(picture, &recording, &labelled(&name, &recording), None)?;
            write_picture(path, &image, input.overwrite(), &what)?;
        }
    }
    input.save_recipe()?;
    let names: Vec<String> = reduction.methods.iter().map(|&m| text::method(m)).collect();
    let description = format!("{} of {selected}{left_out}", names.join(", "));
    let frames_used = answers.first().map_or(0, |a| a.coverage.used);
    shell.finish(Report { outputs, description, frames_used, failed: vec![] }, &faults)
}

/// What a standard deviation was divided by.
fn divisor(method: Method, ddof: u32) -> &'static str {
    match (method, ddof) {
        (Method::Std, 0) => " (divisor N)",
        (Method::Std, _) => " (divisor N-1)",
        _ => "",
    }
}
