//! Shapes, element types, frames, zones, axes and the store's contract.
//!
//! A recording is one immutable stack of frames `(T, H, W, C)` in the element type the camera wrote.
//! This crate says what such a stack *is*. It knows no files and starts no threads: stores that read
//! files live in `blitz-io`, arithmetic in `blitz-kernels`.
//!
//! Coordinates everywhere: `x` is the column and grows to the right, `y` is the row and grows
//! downwards; pixel `(x, y)` covers `[x, x+1) × [y, y+1)` and its centre is `(x+½, y+½)`.

mod axis;
mod channel;
mod dtype;
mod error;
mod frame;
mod quantity;
mod range;
mod raster;
mod samples;
mod shape;
mod stack;
mod store;
mod time_unit;
mod work;
pub mod zone;

pub use axis::{PixelSize, Rational, TimeAxis, TimeOrigin};
pub use channel::{Channel, ChannelKind};
pub use dtype::{DType, Sample};
pub use error::{FrameFault, ParseError, ReadError};
pub use frame::{FrameCatalog, FrameGuard, FrameMeta, FrameOwner, FrameState, Mask};
pub use quantity::{bytes_text, clock_text, grouped, parse_decimal, parse_quantity};
pub use range::FrameRange;
pub use samples::{Samples, SamplesMut, SamplesRef, typed};
pub use shape::{FrameShape, Rect, Shape};
pub use stack::{FrameMap, Placement, Stack, StackId, unique_number};
pub use store::{Access, Extent, FramePoll, Intent, Layout, Store, copy_rect};
pub use time_unit::{Abscissa, TimeUnit};
pub use work::{Cancel, Progress, ProgressSnapshot};
pub use zone::{Zone, ZoneMask, ZoneShape};
