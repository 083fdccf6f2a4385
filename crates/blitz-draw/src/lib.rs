//! Pictures and plots on the CPU: colour maps, levels, colour bars, curve plots.
//!
//! Everything here turns numbers into pixels or SVG text and nothing else: no files, no threads, no window.
//! The window draws the same pictures on the GPU by the rules stated at [`render`]; this crate draws them for
//! the command line and for export, and is what the GPU's output is tested against.

mod colorbar;
mod colormap;
mod error;
mod film;
mod image;
mod marks;
mod picture;
mod plot;
mod sampling;
mod scene;
mod series;
mod text;
mod theme;
mod ticks;

pub use colorbar::{ColorBar, with_color_bar};
pub use colormap::ColorMap;
pub use error::DrawError;
pub use film::{Film, FilmStyle};
pub use image::RgbaImage;
pub use marks::{Marks, Outline, Stamp};
pub use picture::{
    ChannelView, Levels, MISSING_COLOR, NEG_INF_COLOR, POS_INF_COLOR, RenderOptions, render, render_missing,
};
pub use plot::{Axis, Plot, RightAxis};
pub use sampling::Shrink;
pub use series::Series;
pub use text::{Align, Face, TextStyle};
pub use theme::Theme;
pub use ticks::Ticks;
