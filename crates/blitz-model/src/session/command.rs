//! What a person can ask of a session.

use std::path::PathBuf;

use super::{Link, LoopMode, Shows, TooBigChoice};
use crate::document::Edit;
use crate::engine::{JobKey, RecordingId};
use crate::recipe::Load;

/// What a person can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Opens files or a folder. The recording shown is replaced once the new one is there, or kept beside it.
    Open {
        /// Files or one folder.
        paths: Vec<PathBuf>,
        /// How to read them.
        load: Load,
        /// Keep what is open.
        in_addition: bool,
    },
    /// Answers the question of a recording that does not fit in memory.
    TooBig(TooBigChoice),
    /// Keeps decoded frames in another folder, or as many bytes of them (`None`: as [`DiskCache::new`](crate::load::DiskCache::new) says), from
    /// now on; what waits for an answer because it does not fit in memory is looked for there.
    CacheFolder {
        /// The folder.
        path: PathBuf,
        /// Bytes that they may take.
        limit: Option<u64>,
    },
    /// Takes on the frames that are written to the folder of the recording from now on, which is read again for it; or
    /// takes no more on.
    WatchFolder(bool),
    /// Stops loading; what is loaded stays.
    CancelLoad,
    /// Stops a job by its key.
    CancelJob(JobKey),
    /// Closes the recording that the view shows.
    Close,
    /// Shows another open recording in the view.
    Show(RecordingId),
    /// Which values the view shows.
    Values(Shows),
    /// Looks at what the view shows in another view, too.
    AddView,
    /// Takes the view away; the last one stays.
    CloseView,
    /// Makes this view the one that tools and panels without a view of their own work with.
    Focus,
    /// What all views have in common.
    Link(Link),
    /// Changes the document of the recording that the view shows.
    Edit(Edit),
    /// Ends a drag or a typed entry: the next edit is an undo step of its own.
    EndGesture,
    /// Takes the last edit back.
    Undo,
    /// Does it again.
    Redo,
    /// Shows stack frame `n` (clipped); stops playing.
    Seek(usize),
    /// Moves by frames (clipped); stops playing.
    Step(i64),
    /// Starts or stops playing.
    TogglePlay,
    /// Frames per second while playing.
    PlayRate(f64),
    /// What happens at the end.
    PlayLoop(LoopMode),
}
