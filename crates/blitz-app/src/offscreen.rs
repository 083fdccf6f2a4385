//! The same application drawn without a display.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use blitz_gpu::OffscreenGpu;
use blitz_model::session::Level;

use crate::app::App;
use crate::options::{AppError, WindowOptions};

/// How a screenshot is taken.
#[derive(Clone, Debug)]
pub struct ScreenshotOptions {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Pixels per point: 1 on an ordinary screen, 2 on a fine one.
    pub pixels_per_point: f32,
    /// Source frame to show; the recording's first if `None`.
    pub frame: Option<usize>,
    /// Light instead of dark.
    pub light: bool,
    /// How long to wait for loading and computing.
    pub timeout: Duration,
}

impl Default for ScreenshotOptions {
    fn default() -> Self {
        Self {
            size: [1280, 720],
            pixels_per_point: 1.0,
            frame: None,
            light: false,
            timeout: Duration::from_mins(2),
        }
    }
}

/// A drawn window.
#[derive(Clone, Debug)]
pub struct Screenshot {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// RGBA, 8 bits, rows top down: `4 · width · height` bytes.
    pub rgba: Vec<u8>,
}

/// Frames drawn after everything is there: layouts that depend on what was drawn before come to rest.
const SETTLE: usize = 4;

/// Draws the window off-screen once loading and computing are done.
///
/// # Errors
/// If nothing can draw, the recording cannot be opened, or the time is over.
pub fn screenshot(mut options: WindowOptions, shot: &ScreenshotOptions) -> Result<Screenshot, AppError> {
    let mut gpu = OffscreenGpu::new()?;
    let ctx = egui::Context::default();
    let (wake, woken) = sync_channel(1);
    ctx.set_request_repaint_callback(move |_| {
        // A wake-up that waits already is enough.
        let _ = wake.try_send(());
    });
    options.start_frame = shot.frame.or(options.start_frame);
    let opens = !options.paths.is_empty();
    let app = App::new(&ctx, options).with_theme(!shot.light);

    let mut frames =
        Frames { ctx, app, shot, opens, start: Instant::now(), textures: egui::TexturesDelta::default() };
    let output = frames.until_settled(&woken);
    let mut textures = std::mem::take(&mut frames.textures);
    match output {
        Ok(mut output) => {
            output.textures_delta = textures;
            let rgba = gpu.draw(shot.size, shot.pixels_per_point, &frames.ctx, output)?;
            let [width, height] = shot.size;
            Ok(Screenshot { width, height, rgba })
        }
        Err(error) => {
            textures.clear();
            Err(error)
        }
    }
}

/// The frames before the one that is drawn.
struct Frames<'a> {
    ctx: egui::Context,
    app: App,
    shot: &'a ScreenshotOptions,
    opens: bool,
    start: Instant,
    /// What the frames so far want uploaded.
    textures: egui::TexturesDelta,
}

impl Frames<'_> {
    /// Lets frames pass until everything is there, and gives the last one.
    fn until_settled(&mut self, woken: &Receiver<()>) -> Result<egui::FullOutput, AppError> {
        let mut settled = 0;
        loop {
            let input = input(self.shot, self.start.elapsed().as_secs_f64());
            let mut output = self.ctx.run_ui(input, |ui| self.app.update(ui));
            self.textures.append(std::mem::take(&mut output.textures_delta));
            if let Some(reason) = refused(&self.app, self.opens) {
                return Err(AppError::NotOpened(reason));
            }
            settled = if self.app.is_settled() { settled + 1 } else { 0 };
            if settled > SETTLE {
                return Ok(output);
            }
            let timeout = self.shot.timeout;
            if self.start.elapsed() > timeout {
                let jobs: Vec<String> = self.app.session().jobs().into_iter().map(|job| job.name).collect();
                let waiting_for = if jobs.is_empty() { "the picture".to_owned() } else { jobs.join(", ") };
                return Err(AppError::Timeout { seconds: timeout.as_secs_f64(), waiting_for });
            }
            let pause = Duration::from_millis(if settled > 0 { 0 } else { 20 });
            if woken.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
                std::thread::sleep(pause);
            }
        }
    }
}

fn input(shot: &ScreenshotOptions, time: f64) -> egui::RawInput {
    let [width, height] = shot.size.map(|side| side as f32 / shot.pixels_per_point);
    let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
    let mut input = egui::RawInput { screen_rect: Some(rect), time: Some(time), ..Default::default() };
    if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
        viewport.native_pixels_per_point = Some(shot.pixels_per_point);
    }
    input
}

/// Why the recording will not come, if it will not.
fn refused(app: &App, opens: bool) -> Option<String> {
    let session = app.session();
    if !opens || session.current().is_some() {
        return None;
    }
    if let Some(too_big) = session.too_big() {
        return Some(format!("{}: {}", too_big.name, too_big.plan.too_big_message()));
    }
    let idle = session.opening_path().is_none() && !session.is_busy();
    let error = session.log().lines().iter().rev().find(|line| line.level == Level::Error);
    error.filter(|_| idle).map(|line| line.text.clone())
}
