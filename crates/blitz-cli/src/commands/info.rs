//! `blitz info`: what a recording is and how it would be loaded.

mod answer;
mod list;

use std::collections::HashSet;

use blitz_core::FrameFault;
use blitz_model::evaluate::{Levels, LevelsAnswer, Scope};

use crate::failure::{Failure, Status};
use crate::recording::{Input, Recording};
use crate::shell::{Shell, name_failed, print, print_json};

pub(crate) struct Request {
    pub(crate) input: Input,
    /// Read every frame.
    pub(crate) scan: bool,
    /// Name the recordings of the folder instead.
    pub(crate) list: bool,
}

/// Frames that are read without `--scan`: enough for a first idea of range and effective bits.
const SAMPLE: usize = 16;

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let input = &request.input;
    if request.list {
        return list::run(&input.paths, shell);
    }
    input.check_outputs(&[])?;
    // Notes belong to the answer here.
    let recording = input.open(&shell.silent())?;
    let scope = if request.scan { Scope::Stack } else { Scope::Sample(SAMPLE) };
    let levels = recording.ask(&Levels { scope }, shell)?;
    input.save_recipe()?;
    let faults = faults(&recording, &levels);
    let info = answer::Info::new(&recording, &levels, &faults);
    if shell.json {
        print_json(&info)?;
    } else {
        print(&info.to_text())?;
    }
    Ok(recording.unchanged(name_failed(&faults)))
}

/// Frames that failed in opening or reading, in the order of time, each once. Those known from opening count
/// only if they are part of the stack.
fn faults(recording: &Recording, levels: &LevelsAnswer) -> Vec<FrameFault> {
    let mut faults: Vec<FrameFault> = levels.coverage.failed.iter().map(|f| f.as_ref().clone()).collect();
    let known: HashSet<usize> = faults.iter().map(|fault| fault.frame).collect();
    for fault in &recording.opened.source.info().faults {
        if !known.contains(&fault.frame) && recording.stack_frame(fault.frame).is_ok() {
            faults.push(fault.clone());
        }
    }
    faults.sort_by_key(|fault| fault.frame);
    faults
}
