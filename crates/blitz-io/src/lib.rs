//! Sources, decoders, stores over files and memory, and writers.
//!
//! Everything that comes from outside enters here, and nothing of it is believed: sizes are checked against
//! the file and against limits before memory is reserved, checksums are verified, and a frame that cannot be
//! read keeps its place in time as a failed frame with its reason. Values are never changed: what cannot be
//! read exactly is refused with the reason.
//!
//! * [`open`] gives a [`FrameSource`] for a file, a folder or several files.
//! * [`RamStore`] and [`MappedStore`] hold frames; [`disk`] keeps decoded frames in files, for this run and later ones.
//! * [`create_writer`] and [`write_atomic`] write outputs that appear complete or not at all.

mod by_bytes;
pub mod disk;
mod error;
mod facts;
mod folder;
mod followed;
mod format;
#[doc(hidden)]
pub mod fuzzing;
mod in_parallel;
mod majority;
mod names;
mod one_channel;
mod one_file;
mod open;
mod parts;
mod preview;
mod read_at;
mod reading;
mod scan;
mod series;
mod signals;
mod source;
pub mod store;
mod times;
pub mod write;

pub use error::{AllocError, OpenError, OutputError};
pub use facts::Facts;
pub use format::contract::{Format, Grain, MetadataKey};
pub use format::npy::{Axes, ComplexPart};
pub use format::raw::{RawLayout, suggest_raw};
pub use format::{decode_only, formats};
pub use open::{Listing, certain_suffixes, list, open, readable_suffixes};
pub use read_at::{FileBytes, ReadAt};
pub use reading::{OneOf, Reading};
pub use scan::{Entries, ListFolders};
pub use signals::{Signal, SignalOptions, Signals, read_signals};
pub use source::{
    Early, FrameSource, Group, Growing, Grown, LumaInfo, LumaRange, OpenOptions, ShowFirst, SourceInfo,
    VideoFrames,
};
pub use store::{GrowingStore, MappedStore, RamStore, SlotWriter};
pub use times::from::TimesFrom;
pub use write::{
    FrameWriter, Kept, Overwrite, Scales, Timing, VideoKind, VideoSpec, WriteSpec, create_writer, is_video,
    replaced_at, replaced_file, write_atomic,
};
