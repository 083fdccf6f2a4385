//! TIFF: kinds of files that other programs read, damage, and what descriptions say.

mod axes;
mod build;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod kinds;
mod rough;
mod samples;
mod stacks;

use std::sync::Arc;

use blitz_core::{Samples, Store as _};
use blitz_io::{FrameSource, OpenError, OpenOptions, open};
use build::{Page, build};

/// Opens a file of pages.
fn opened_with(pages: &[Page], options: &OpenOptions) -> Result<Arc<dyn FrameSource>, OpenError> {
    opened_bytes(&build(pages, false).bytes, options)
}

fn opened(pages: &[Page]) -> Arc<dyn FrameSource> {
    opened_with(pages, &OpenOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// Why a file is refused.
fn refused(pages: &[Page]) -> String {
    opened_with(pages, &OpenOptions::default()).expect_err("refused").to_string()
}

fn opened_bytes(bytes: &[u8], options: &OpenOptions) -> Result<Arc<dyn FrameSource>, OpenError> {
    let file = tempfile::Builder::new().suffix(".tif").tempfile().expect("temporary file");
    std::fs::write(file.path(), bytes).expect("written");
    // The file stays open behind its name.
    open(&[file.path().to_path_buf()], options)
}

/// Every frame: its samples as f64, or why it failed.
fn frames(source: &dyn FrameSource) -> Vec<Result<Vec<f64>, String>> {
    let mapped = source.mapped();
    (0..source.info().frames)
        .map(|i| {
            let decoded = common::decode(source, i).map(|s: Samples| s.as_ref().to_f64_vec());
            // What is mapped has the same frames, and fails where decoding does.
            if let Some(store) = &mapped {
                let pinned = store.pin(i).map(|guard| guard.samples().to_f64_vec());
                assert_eq!(pinned.is_ok(), decoded.is_ok(), "{i}: {:?}", decoded.as_ref().err());
                let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                if let (Ok(pinned), Ok(decoded)) = (pinned, &decoded) {
                    assert_eq!(bits(&pinned), bits(decoded), "{i}");
                }
            }
            decoded.map_err(|e| e.to_string())
        })
        .collect()
}

/// The only frame.
fn only(source: &dyn FrameSource) -> Vec<f64> {
    assert_eq!(source.info().frames, 1);
    frames(source).remove(0).expect("whole")
}

/// Shape of a frame: height, width, channels.
fn shape(source: &dyn FrameSource) -> (usize, usize, usize) {
    let frame = source.info().frame;
    (frame.height, frame.width, frame.channels)
}

/// Whether a note has these words.
fn says(source: &dyn FrameSource, words: &str) -> bool {
    source.info().notes.iter().any(|note| note.contains(words))
}
