//! What the program does when: lines on stderr (`BLITZ_LOG`), or a file for a trace viewer (`--trace`).

use std::path::Path;

use tracing_chrome::{ChromeLayerBuilder, FlushGuard};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;

use crate::failure::Failure;

/// Ends the recording when it is dropped.
pub(crate) struct Trace(
    #[allow(dead_code, reason = "writes the end of the file when it is dropped")] Option<FlushGuard>,
);

/// Starts recording what was asked for by flag and environment.
pub(crate) fn start(file: Option<&Path>) -> Result<Trace, Failure> {
    let wanted = std::env::var("BLITZ_LOG").ok().filter(|text| !text.is_empty());
    let lines = match &wanted {
        Some(text) => {
            let filter = EnvFilter::try_new(text).map_err(|error| {
                Failure::new(format!(
                    "BLITZ_LOG={text}: {error}; a level such as debug, or blitz_model=debug"
                ))
            })?;
            let spans = FmtSpan::NEW | FmtSpan::CLOSE;
            let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_span_events(spans);
            Some(lines.with_filter(filter))
        }
        None => None,
    };
    let (spans, guard) = match file {
        Some(path) => {
            let out = std::fs::File::create(path)
                .map_err(|error| Failure::new(format!("--trace {}: {error}", path.display())))?;
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
