//! `blitz histogram`: how often each value occurs.

use std::path::PathBuf;

use blitz_core::FrameFault;
use blitz_model::evaluate::{Levels, Reduce, ReduceShard, Scope, Shard};
use blitz_model::export::{describe_histogram, histogram_csv, left_out, write_histogram};

use super::reduce::run_shard;
use crate::failure::{Failure, Status};
use crate::output::check_suffix;
use crate::recording::Input;
use crate::shell::{Report, Shell, is_stdout, name_failed, print};

pub(crate) struct Request {
    pub(crate) input: Input,
    /// Table; `-` is stdout.
    pub(crate) output: PathBuf,
    /// Which part of it, as a partial result; `None` is all of it.
    pub(crate) shard: Option<Shard>,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let Request { input, output, shard } = request;
    if let Some(shard) = *shard {
        // By no method: the histogram alone.
        let reduce = Reduce { methods: Vec::new(), range: None, ddof: 0 };
        return run_shard(input, &ReduceShard { reduce, shard, histogram: true }, output, shell);
    }
    let to_stdout = is_stdout(output);
    if to_stdout && shell.json {
        return Err(Failure::new("stdout holds the table: give -o OUT.csv beside --json"));
    }
    if !to_stdout {
        check_suffix(output, &["csv"], "a table")?;
    }
    input.check_outputs(&[output])?;
    let recording = input.open(shell)?;
    let answer = recording.ask(&Levels { scope: Scope::Stack }, shell)?;
    let faults: Vec<FrameFault> = answer.coverage.failed.iter().map(|f| f.as_ref().clone()).collect();
    input.save_recipe()?;
    if to_stdout {
        let status = name_failed(&faults);
        print(&histogram_csv(&answer.histogram))?;
        return Ok(status);
    }
    write_histogram(output, &answer.histogram, input.overwrite())?;
    let frames = recording.describe(&recording.recipe.select(&recording.stack, None));
    let (outputs, frames_used) = (vec![output.clone()], answer.coverage.used);
    let no_window = answer.coverage.no_window;
    let without = left_out(faults.len(), no_window);
    let description = format!("{}; {frames}{without}", describe_histogram(&answer.histogram));
    shell.finish(Report { outputs, description, frames_used, no_window, ..Report::default() }, &faults)
}
