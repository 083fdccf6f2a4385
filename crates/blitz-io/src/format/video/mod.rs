//! Video through FFmpeg's libraries.
//!
//! ```text
//! bytes ── demux ──▶ packets ──▶ index: which packet is which frame, where decoding can begin
//!                       │
//!                       ▼
//! decode(frame) ──▶ pool ──▶ reader: demuxer + decoder at one place ──▶ pictures ──▶ pixels ──▶ samples
//! ```
//!
//! * **Index first.** All packets are read once without decoding; the index is kept between runs.
//! * **Frame i is frame i.** Each packet carries its number through the decoder, so a picture says which frame it
//!   is. Where only decoding can tell which packets give pictures, they are counted by decoding once. Decoding
//!   begins at a keyframe in the middle only after a trial on this file gave the same samples, bit for bit.
//! * **No painted-over damage.** A packet that the decoder refuses fails its frame and those that build on it.

mod avi;
mod cache;
mod complaints;
mod decoder;
mod demux;
mod ffi;
mod file;
mod first;
mod index;
mod lent_file;
mod pixels;
mod plan;
mod pool;
mod rate;
mod reader;
mod slots;
mod source;
mod times;
mod trial;
mod whole;
mod whole_streams;

pub(crate) use ffi::init as init_ffmpeg;
pub(crate) use first::show_first;
pub(crate) use rate::decode_only;
pub(crate) use source::VideoSource;
pub(crate) use whole::look_at_ends;
