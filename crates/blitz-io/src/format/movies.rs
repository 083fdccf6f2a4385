//! Video, as a format among the others. What reads it stands in `video/`, if the program is built with it.

use super::contract::{Format, Grain, Opening, TIME};
use crate::OpenError;
use crate::source::FrameSource;

/// See [`Format`].
pub(super) static FORMAT: Format = Format {
    name: "video",
    title: "MP4, MOV, AVI, MKV, WebM and others",
    suffixes: &[
        "mp4", "m4v", "mov", "avi", "mkv", "webm", "mpg", "mpeg", "m2ts", "mts", "wmv", "flv", "ogv", "y4m",
    ],
    depth: "8 to 16",
    reads: "what the system's FFmpeg decodes: grey with its codes, luma planes as they are (`--grey`, `--luma full` \
            spreads limited range), colour as RGB, turned as the file asks (`--orientation stored` leaves it); several \
            files of a folder follow each other",
    refuses: "pictures that change size or pixel format",
    holds_several: true,
    data_sets: "the first video stream of each file, one file after the other in time",
    writes: "films: H.264 (`.avi`: Motion JPEG); with `--lossless` values as FFV1 in `.mkv` and `.avi`, u8 and u16, grey or RGB",
    metadata: &[TIME],
    grain: Grain::Group,
    signatures: &[],
    open,
};

#[cfg(feature = "video")]
fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    let Opening { path, name, files, options, .. } = opening;
    super::video::show_first(path, name, files, options);
    Ok(Box::new(super::video::VideoSource::open(path, (*name).to_owned(), files, options)?))
}

/// Says what is missing.
#[cfg(not(feature = "video"))]
fn open(opening: &Opening<'_>) -> Result<Box<dyn FrameSource>, OpenError> {
    Err(OpenError::Bad { path: opening.files[0].path.clone(), reason: NO_VIDEO.to_owned() })
}

/// Decodes a video from its beginning to its end and drops the pictures: what reading can be measured by. FFmpeg
/// chooses the number of its threads, unless `our_threads` says that it takes as many as reading does. Gives the
/// number of pictures.
///
/// # Errors
/// If the file cannot be read as a video, or the decoder refuses a packet.
#[cfg(feature = "video")]
pub fn decode_only(
    path: &std::path::Path,
    our_threads: bool,
    options: &crate::OpenOptions,
) -> Result<u64, OpenError> {
    super::video::decode_only(path, our_threads, options)
}

/// Says what is missing.
///
/// # Errors
/// Always.
#[cfg(not(feature = "video"))]
pub fn decode_only(
    path: &std::path::Path,
    _our_threads: bool,
    _options: &crate::OpenOptions,
) -> Result<u64, OpenError> {
    Err(OpenError::Bad { path: path.to_path_buf(), reason: NO_VIDEO.to_owned() })
}

#[cfg(not(feature = "video"))]
const NO_VIDEO: &str = "it is a video, and this program was built without video; build it with FFmpeg's libraries \
                        installed and the cargo feature \"video\", which is on by default";
