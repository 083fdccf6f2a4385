//! The window on a screen.

use blitz_gpu::ImageRenderer;
use eframe::egui;

use crate::app::App;
use crate::options::{AppError, WindowOptions};
use crate::shell;

/// Identifies the program to the desktop, and its settings on disk.
const APP_ID: &str = "blitz";

/// Shows the window until it is closed.
///
/// # Errors
/// If there is no display or nothing to draw with.
pub fn run(options: WindowOptions) -> Result<(), AppError> {
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id(APP_ID)
            .with_title(shell::title(None))
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([1000.0, 600.0])
            .with_drag_and_drop(true),
        renderer: eframe::Renderer::Wgpu,
        ..Default::default()
    };
    let creator = Box::new(move |cc: &eframe::CreationContext<'_>| {
        let state = cc.wgpu_render_state.as_ref().ok_or("the window has no GPU device")?;
        ImageRenderer::install(state);
        let app = App::new(&cc.egui_ctx, options).with_storage(cc.storage);
        Ok(Box::new(app) as Box<dyn eframe::App>)
    });
    eframe::run_native(APP_ID, native, creator).map_err(|error| match error {
        eframe::Error::Winit(e) => AppError::NoDisplay(reason(&e)),
        eframe::Error::WinitEventLoop(e) => AppError::NoDisplay(reason(&e)),
        eframe::Error::Wgpu(e) => AppError::Window(format!(
            "{e}; install a graphics driver, or mesa-vulkan-drivers for drawing in software"
        )),
        other @ eframe::Error::AppCreation(_) => AppError::Window(other.to_string()),
    })
}

/// What the system says, without the place in a library's source that the text starts with.
fn reason(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let words = text.rsplit_once(": ").map_or(text.as_str(), |(_, words)| words);
    words.trim_end_matches('.').to_owned()
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.set_texture_bytes(frame.wgpu_render_state().map(ImageRenderer::installed_bytes));
        self.update(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.store(storage);
    }

    /// What egui itself remembers (open menus, scroll positions) is not worth keeping.
    fn persist_egui_memory(&self) -> bool {
        false
    }
}
