//! `blitz demo`: a synthetic recording.

use std::path::PathBuf;

use blitz_model::demo;

use crate::failure::{Failure, Status};
use crate::shell::{Report, Shell};

pub(crate) struct Request {
    pub(crate) folder: PathBuf,
    pub(crate) force: bool,
}

pub(crate) fn run(request: &Request, shell: &Shell) -> Result<Status, Failure> {
    let written = demo::write(&request.folder, request.force)?;
    let files = written.files;
    let found = if written.found { ", there already" } else { "" };
    let description = format!(
        "{files} frames of synthetic lightning{found}, pretending {} frames per second; {} is cut short on purpose",
        demo::RATE,
        written.broken.display(),
    );
    shell.finish(
        Report { outputs: vec![written.folder], description, frames_used: files, ..Report::default() },
        [],
    )
}
