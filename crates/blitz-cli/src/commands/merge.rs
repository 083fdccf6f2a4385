//! `blitz merge`: partial results become the result.

use std::path::PathBuf;

use blitz_io::{OutputError, Overwrite};
use blitz_model::evaluate::Reduce;
use blitz_model::export::{
    describe_histogram, left_out, per_method, replaced_reference, write_histogram, write_reduction,
};
use blitz_model::partial::{Partial, PartialError, Whole};
use blitz_model::table::CsvStyle;

use super::curve::described;
use crate::failure::{Failure, Status};
use crate::output::{check_free, check_suffix, suffix, write_partial};
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    pub(crate) parts: Vec<PathBuf>,
    /// Numbers, a table, or a partial result.
    pub(crate) output: PathBuf,
    pub(crate) csv: CsvStyle,
    pub(crate) overwrite: Overwrite,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let Request { parts, output, csv, overwrite } = request;
    let is_partial = suffix(output) == "state";
    // The first part says what all of them are of.
    let whole = match parts.first() {
        Some(first) if !is_partial => Some(Partial::read_whole(first)?),
        _ => None,
    };
    let outputs = match &whole {
        Some(Whole::Reduction(reduction)) => {
            check_suffix(output, &["npy", "tif", "tiff", "state"], "numbers or a partial result")?;
            per_method(output, &reduction.methods)
        }
        Some(Whole::Histogram) => {
            check_suffix(output, &["csv", "state"], "a table or a partial result")?;
            vec![output.clone()]
        }
        Some(Whole::Curves) => {
            check_suffix(output, &["csv", "tsv", "npy", "state"], "a table or a partial result")?;
            vec![output.clone()]
        }
        None => vec![output.clone()],
    };
    for path in &outputs {
        check_free(path, *overwrite)?;
    }
    let read = |path: &PathBuf| Ok((path.display().to_string(), Partial::read(path)?));
    let partial = Partial::merge(parts.iter().map(read).collect::<Result<_, PartialError>>()?)?;
    let selected = partial.selected();
    let recipe = partial.recipe()?;
    for path in &outputs {
        if let Some(file) = replaced_reference(path, &recipe) {
            return Err(OutputError::IsRead { path: path.clone(), file }.into());
        }
    }
    let description = match partial.whole()? {
        _ if is_partial => return write_partial(&partial, output, *overwrite, shell),
        Whole::Reduction(reduction) => {
            let (name, pictures) = (partial.recording(), partial.finish()?);
            let reduce = Reduce::from(&reduction);
            let written = write_reduction(name, &reduce, selected, pictures, Some(output), *overwrite)
                .map_err(|error| Failure::new(error.to_string()))?;
            for note in &written.notes {
                shell.note(note);
            }
            written.description
        }
        Whole::Histogram => {
            let histogram = partial.finish_histogram()?;
            write_histogram(output, histogram, *overwrite)?;
            let without = left_out(partial.failed().len(), partial.no_window());
            format!("{}; {selected}{without}", describe_histogram(histogram))
        }
        Whole::Curves => {
            let table = partial.finish_curves()?;
            table.write(output, *overwrite, *csv)?;
            described(table.headers(), selected) + &left_out(partial.failed().len(), partial.no_window())
        }
    };
    shell.finish(
        Report {
            outputs,
            description,
            frames_used: partial.used(),
            no_window: partial.no_window(),
            ..Report::default()
        },
        partial.failed(),
    )
}
