//! What an egui pass says about an image: which one, where, and how its values become colours.

use std::sync::Arc;

use egui_wgpu::{CallbackResources, CallbackTrait, ScreenDescriptor};

use crate::{FrameImage, ImageRenderer};

/// What a screen pixel shows when it covers several source pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reduce {
    /// Their mean.
    #[default]
    Mean,
    /// The largest, per channel, so that a hot pixel is not lost.
    Max,
}

/// Colours of values that the colour map says nothing about, sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpecialColors {
    /// NaN, masked, failed.
    pub missing: [u8; 3],
    /// +Inf.
    pub above: [u8; 3],
    /// −Inf.
    pub below: [u8; 3],
}

impl Default for SpecialColors {
    fn default() -> Self {
        Self { missing: [96, 96, 112], above: [255, 64, 192], below: [64, 255, 176] }
    }
}

/// One image on screen. Made anew every pass; cheap to clone.
#[derive(Clone, Debug)]
pub struct ImageView {
    /// Names this view among all images drawn in one pass, such as the id of its widget. Of two views with
    /// one id both would show the second.
    pub id: egui::Id,
    /// What is shown; uploaded when it is first drawn and kept while it is drawn.
    pub image: Arc<FrameImage>,
    /// Where the whole image lies, in points; it may reach far beyond the clip rectangle. For one screen
    /// pixel per source pixel its corner should lie on a physical pixel.
    pub dst: egui::Rect,
    /// Lower and upper level, in units of the samples, in any order. Equal ones are taken as `lo, lo + 1`; a
    /// level that is not finite as 0 and `lo + 1`.
    pub levels: (f64, f64),
    /// Colour map, for one channel.
    pub table: Arc<[[u8; 3]; 256]>,
    /// What a screen pixel shows when it covers several source pixels.
    pub reduce: Reduce,
    /// Colours of missing and infinite values.
    pub colors: SpecialColors,
}

/// Adds the image to what `painter` paints, clipped to its clip rectangle.
///
/// Draws nothing if [`ImageRenderer::install`] was not called for the window's render state.
///
/// # Cost
/// No pass over the samples except when the image is drawn for the first time (upload).
pub fn paint(painter: &egui::Painter, view: ImageView) {
    let clip = painter.clip_rect();
    let visible = view.dst.intersect(clip);
    if visible.is_finite() && visible.is_positive() {
        // A point of margin: a speck between two pixel centres is not skipped before it gets its pixel.
        let rect = visible.expand(1.0);
        painter.add(egui_wgpu::Callback::new_paint_callback(rect, ImageCallback { view, clip }));
    }
}

/// Carries a view to the renderer.
struct ImageCallback {
    view: ImageView,
    clip: egui::Rect,
}

impl CallbackTrait for ImageCallback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<ImageRenderer>() {
            renderer.prepare(device, queue, screen, &self.view, self.clip);
        }
        Vec::new()
    }

    fn finish_prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(renderer) = resources.get_mut::<ImageRenderer>() {
            renderer.finish_prepare();
        }
        Vec::new()
    }

    fn paint(
        &self,
        _info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        if let Some(renderer) = resources.get::<ImageRenderer>() {
            renderer.draw(pass, self.view.id);
        }
    }
}
