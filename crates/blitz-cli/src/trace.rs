//! What the program does when: lines on stderr (`BLITZ_LOG`), or a file for a trace viewer (`--trace`).

use std::fs::File;
use std::io;
use std::path::Path;

use blitz_io::{OutputError, Overwrite};
use tracing_chrome::{ChromeLayerBuilder, FlushGuard};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use crate::failure::Failure;
use crate::output::suffix;

/// Ends the recording when it is dropped.
pub(crate) struct Trace(
    #[allow(dead_code, reason = "writes the end of the file when it is dropped")] Option<FlushGuard>,
);

/// Starts recording what was asked for by flag and environment. The file grows while the program runs: a person who
/// looks for what holds it up sees how far it got.
pub(crate) fn start(file: Option<&Path>, overwrite: Overwrite) -> Result<Trace, Failure> {
    let wanted = std::env::var("BLITZ_LOG").ok().filter(|text| !text.is_empty());
    let lines = match &wanted {
        Some(text) => {
            let filter = EnvFilter::try_new(text).map_err(|error| {
                Failure::new(format!(
                    "BLITZ_LOG={text}: {error}; a level such as debug, or blitz_model=debug"
                ))
            })?;
            let spans = FmtSpan::NEW | FmtSpan::CLOSE;
            let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_span_events(spans);
            Some(lines.with_filter(filter))
        }
        None => None,
    };
    let (spans, guard) = match file {
        Some(path) => {
            let out = create(path, overwrite)?;
            let (layer, guard) = ChromeLayerBuilder::new().writer(out).include_args(true).build();
            let own = EnvFilter::new("blitz_model=debug,blitz_io=debug,blitz_app=debug");
            (Some(layer.with_filter(own)), Some(guard))
        }
        None => (None, None),
    };
    if lines.is_some() || spans.is_some() {
        tracing_subscriber::registry().with(lines).with(spans).init();
    }
    Ok(Trace(guard))
}

/// What it replaces is a trace by its name: it begins before anything is known of the recording.
fn create(path: &Path, overwrite: Overwrite) -> Result<File, Failure> {
    let found = suffix(path);
    if overwrite == Overwrite::Replace && found != "json" && path.symlink_metadata().is_ok() {
        return Err(Failure::new(format!(
            "--trace {}: it exists, and a trace replaces only .json files; choose another name",
            path.display()
        )));
    }
    let created = match overwrite {
        Overwrite::Refuse => File::create_new(path),
        Overwrite::Replace => File::create(path),
    };
    created.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => OutputError::Exists { path: path.to_path_buf() }.into(),
        _ => Failure::new(format!("--trace {}: {error}", path.display())),
    })
}
