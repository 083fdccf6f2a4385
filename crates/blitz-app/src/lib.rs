//! The window of BLITZ.
//!
//! [`App`] draws one frame at a time from a [`Session`](blitz_model::session::Session): it polls, reads the
//! replies, hands every panel a [`Cx`](cx::Cx), and carries out what the panels asked for. The window's thread
//! never decodes, reduces or waits. [`run`] shows it in a window, [`screenshot`] draws the same off-screen.

mod app;
mod commands;
pub mod cx;
mod export;
mod image;
mod layout;
mod offscreen;
mod options;
pub mod panels;
mod path;
mod recipe_file;
mod replies;
mod shell;
mod state;
mod step_file;
pub mod theme;
pub mod view;
mod widgets;
mod window;

pub use app::App;
pub use offscreen::{Screenshot, ScreenshotOptions, screenshot};
pub use options::{AppError, WindowOptions};
#[cfg(not(target_arch = "wasm32"))]
pub use window::run;
#[cfg(target_arch = "wasm32")]
pub use window::run_in;
