//! The window on a screen.

use blitz_gpu::ImageRenderer;
use eframe::egui;

use crate::app::App;
#[cfg(not(target_arch = "wasm32"))]
use crate::options::AppError;
use crate::options::WindowOptions;
#[cfg(not(target_arch = "wasm32"))]
use crate::shell;

/// Identifies the program to the desktop, and its settings on disk.
#[cfg(not(target_arch = "wasm32"))]
const APP_ID: &str = "blitz";

/// Makes the window's content.
fn creator(options: WindowOptions) -> eframe::AppCreator<'static> {
    Box::new(move |cc| {
        let state = cc.wgpu_render_state.as_ref().ok_or("the window has no GPU device")?;
        ImageRenderer::install(state);
        Ok(Box::new(App::new(&cc.egui_ctx, options).with_storage(cc.storage)))
    })
}

/// Shows the window in a canvas of a browser's page.
///
/// # Errors
/// What the browser says, such as that it draws neither by WebGPU nor by WebGL 2.
#[cfg(target_arch = "wasm32")]
pub async fn run_in(
    canvas: eframe::web_sys::HtmlCanvasElement,
    options: WindowOptions,
) -> Result<(), eframe::wasm_bindgen::JsValue> {
    eframe::WebRunner::new().start(canvas, eframe::WebOptions::default(), creator(options)).await
}

/// Shows the window until it is closed.
///
/// # Errors
/// If there is no display or nothing to draw with.
#[cfg(not(target_arch = "wasm32"))]
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
    eframe::run_native(APP_ID, native, creator(options)).map_err(|error| match error {
        eframe::Error::Winit(e) => AppError::NoDisplay(reason(&e)),
        eframe::Error::WinitEventLoop(e) => AppError::NoDisplay(reason(&e)),
        eframe::Error::Wgpu(e) => AppError::Window(format!(
            "{e}; install a graphics driver, or mesa-vulkan-drivers for drawing in software"
        )),
        other @ eframe::Error::AppCreation(_) => AppError::Window(other.to_string()),
    })
}

/// What the system says, without the place in a library's source that the text starts with.
#[cfg(not(target_arch = "wasm32"))]
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
