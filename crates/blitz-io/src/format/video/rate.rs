//! What FFmpeg's decoder does by itself on a file: the rate that reading is held against.

use std::path::Path;
use std::sync::Arc;

use super::decoder::{Answer, Decoder, threads};
use super::demux::Demuxer;
use crate::OpenError;
use crate::read_at::FileBytes;
use crate::source::OpenOptions;

/// Decodes a file through and drops the pictures, with FFmpeg's own number of threads, or with that of reading.
pub(crate) fn decode_only(path: &Path, our_threads: bool, options: &OpenOptions) -> Result<u64, OpenError> {
    let bad = |reason: String| {
        if options.cancel.is_cancelled() {
            return OpenError::Cancelled;
        }
        OpenError::Bad { path: path.to_path_buf(), reason }
    };
    let data = FileBytes::open(path).map_err(|e| bad(format!("cannot be read: {e}")))?;
    let opened = Demuxer::open(Arc::new(data), &crate::scan::suffix(path), &options.cancel);
    let (mut demuxer, facts) = opened.map_err(bad)?;
    let parameters = demuxer.parameters().ok_or_else(|| bad("the video stream is gone".to_owned()))?;
    let threads = if our_threads { threads() } else { 0 };
    let mut decoder = Decoder::open(parameters, threads, true, options.max_frame_bytes).map_err(bad)?;
    options.progress.start("decoding", facts.promised);
    let mut pictures = 0;
    let mut take = |decoder: &mut Decoder| loop {
        match decoder.receive() {
            Answer::Picture(..) => {
                pictures += 1;
                options.progress.advance(1);
            }
            Answer::Hungry | Answer::End => return Ok(()),
            Answer::Bad(reason) => return Err(bad(reason)),
        }
    };
    for number in 0.. {
        if options.cancel.is_cancelled() {
            return Err(OpenError::Cancelled);
        }
        let Some(mut packet) = demuxer.next().map_err(|e| bad(e.to_string()))? else { break };
        while !decoder.send(&mut packet, number).map_err(bad)? {
            take(&mut decoder)?;
        }
        take(&mut decoder)?;
    }
    decoder.end();
    take(&mut decoder)?;
    Ok(pictures)
}
