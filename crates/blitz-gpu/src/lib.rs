//! Draws one frame of a recording in an egui window, from its source type, on the GPU.
//!
//! A worker makes a [`FrameImage`] (an owned copy of the samples in upload form). The window's thread makes
//! an [`ImageView`] of it every pass and hands it to [`paint`]; [`ImageRenderer`], installed once per
//! [`RenderState`](egui_wgpu::RenderState), keeps the textures. Levels, colour map and reduction are shader
//! inputs: changing them uploads some hundred bytes and never the samples.
//!
//! [`OffscreenGpu`] draws whole egui frames, these views included, without a display.
//!
//! # Texture formats
//! Samples are uploaded as the bit patterns they are, interleaved as in memory, so an RGB image is a texture
//! of three times its width. The formats are `R8Uint`, `R16Uint` and `R32Uint`, and the shader reads the bits
//! as unsigned, two's complement or IEEE 754: formats that interpret the bits may quieten NaN or flush
//! denormals on some drivers. f64 is rounded to f32; finite values beyond f32 become its largest finite ones.
//!
//! # Arithmetic
//! `u = clamp((v − lo) / (hi − lo), 0, 1)` in f32, colour `table[floor(u · 255 + 0.5)]`, for RGB each channel
//! `floor(u · 255 + 0.5)`. Where `lo` and `hi` round to the same f32, u is 1 above it and 0 otherwise. For
//! 32-bit integers the whole part of `lo` is subtracted in integer arithmetic first, so that levels that lie
//! close together far from 0 stay exact. A division may be off by some ulp on hardware (WGSL allows 2.5): a
//! value that lies exactly between two entries of the table may then take either.
//!
//! # Size on screen
//! Enlarged or 1 : 1, a screen pixel shows the source pixel its centre lies in. Made smaller, it takes the
//! source pixels between its edges, each edge rounded down, so that every source pixel belongs to exactly
//! one screen pixel. Both hold along each axis by itself. The valid values are averaged, or the
//! largest is taken ([`Reduce`]), before the colours are applied. Beyond 32 : 1 images that are large enough
//! are drawn from reduced levels; box edges then fall on multiples of the level's factor, at most 1/16 of a
//! screen pixel from their place.
//!
//! # Missing and infinite
//! NaN and masked pixels are missing and left out of an average; where nothing is left the missing colour is
//! shown. A mean over +Inf or −Inf is infinite, over both it is missing; a maximum is −Inf only if nothing
//! else is there. An RGB pixel is missing if one of its channels is, and infinite likewise.

mod error;
mod frame;
mod geometry;
mod offscreen;
mod program;
mod pyramid;
mod renderer;
mod texture;
mod uniform;
mod view;

pub use error::GpuError;
pub use frame::{FrameImage, Shown};
pub use offscreen::OffscreenGpu;
pub use renderer::ImageRenderer;
pub use view::{ImageView, Reduce, SpecialColors, paint};
