//! Draws egui frames to memory, without a display, by the drawing code of the window.

use std::sync::{Arc, Mutex, PoisonError};

use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuError};

use crate::{GpuError, ImageRenderer};

/// A GPU device, or its software stand-in, that draws to memory.
///
/// One device serves one [`egui::Context`]: it holds that context's textures.
pub struct OffscreenGpu {
    state: RenderState,
}

impl OffscreenGpu {
    /// Sets up a device with [`ImageRenderer`] installed. `WGPU_BACKEND` chooses among backends.
    ///
    /// # Errors
    /// If there is no adapter, hardware or software, or it cannot be set up.
    pub fn new() -> Result<Self, GpuError> {
        let config = WgpuConfiguration::default();
        // No dithering: the same frame gives the same bytes on every run.
        let options = RendererOptions::PREDICTABLE;
        let state = pollster::block_on(async {
            let instance = config.wgpu_setup.new_instance().await;
            RenderState::create(&config, &instance, None, options).await
        })
        .map_err(|error| match error {
            WgpuError::RequestAdapterError(error) => GpuError::NoAdapter(error.to_string()),
            error => GpuError::NoDevice(error.to_string()),
        })?;
        ImageRenderer::install(&state);
        Ok(Self { state })
    }

    /// What egui draws with, such as for [`ImageRenderer::installed_bytes`].
    pub fn render_state(&self) -> &RenderState {
        &self.state
    }

    /// Name of the adapter and its backend, such as `llvmpipe (LLVM 15.0.6, 256 bits), Vulkan`.
    pub fn adapter(&self) -> String {
        let info = self.state.adapter.get_info();
        format!("{}, {:?}", info.name, info.backend)
    }

    /// Draws one egui frame on black and returns its pixels: RGBA, 8 bits, rows top down,
    /// `4 · width · height` bytes.
    ///
    /// Every output of a context has to come here, in order: it carries changes of textures, such as the font
    /// atlas.
    ///
    /// # Errors
    /// If the size is 0 or beyond the device's limit, or the pixels cannot be read back.
    pub fn draw(
        &mut self,
        size_px: [u32; 2],
        pixels_per_point: f32,
        ctx: &egui::Context,
        mut output: egui::FullOutput,
    ) -> Result<Vec<u8>, GpuError> {
        let RenderState { device, queue, renderer, target_format, .. } = &self.state;
        let mut renderer = renderer.write();
        for (id, deltas) in output.textures_delta.set.drain() {
            for delta in deltas {
                renderer.update_texture(device, queue, id, &delta);
            }
        }
        let freed: Vec<egui::TextureId> = output.textures_delta.free.drain().collect();
        let limit = device.limits().max_texture_dimension_2d;
        let [width, height] = size_px;
        if !(1..=limit).contains(&width) || !(1..=limit).contains(&height) {
            return Err(GpuError::Size { width, height, limit });
        }

        let target = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("blitz offscreen"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: *target_format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let screen = ScreenDescriptor { size_in_pixels: size_px, pixels_per_point };
        let jobs = ctx.tessellate(output.shapes, pixels_per_point);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut commands = renderer.update_buffers(device, queue, &mut encoder, &jobs, &screen);
        {
            let view = target.create_view(&wgpu::TextureViewDescriptor::default());
            let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("blitz offscreen"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                        store: wgpu::StoreOp::Store,
                    },
                })],
                ..Default::default()
            });
            renderer.render(&mut pass.forget_lifetime(), &jobs, &screen);
        }
        let (buffer, padded) = copy_out(device, &mut encoder, &target);
        commands.push(encoder.finish());
        queue.submit(commands);
        for id in &freed {
            renderer.free_texture(id);
        }
        read(device, &buffer, padded, width as usize * 4)
    }
}

/// Records a copy of the picture to a new buffer with rows padded as wgpu wants them.
fn copy_out(
    device: &wgpu::Device,
    encoder: &mut wgpu::CommandEncoder,
    target: &wgpu::Texture,
) -> (wgpu::Buffer, usize) {
    let padded = (target.width() * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("blitz offscreen"),
        size: u64::from(padded) * u64::from(target.height()),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    encoder.copy_texture_to_buffer(
        target.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(padded),
                rows_per_image: None,
            },
        },
        target.size(),
    );
    (buffer, padded as usize)
}

/// Waits for the copy and drops the padding.
fn read(
    device: &wgpu::Device,
    buffer: &wgpu::Buffer,
    padded: usize,
    row: usize,
) -> Result<Vec<u8>, GpuError> {
    let failed = |error: &dyn std::fmt::Display| GpuError::ReadBack(error.to_string());
    let mapped = Arc::new(Mutex::new(None));
    let answer = Arc::clone(&mapped);
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| {
        *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    });
    device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| failed(&error))?;
    match mapped.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(Ok(())) => {}
        Some(Err(error)) => return Err(failed(&error)),
        None => return Err(failed(&"the device did not answer")),
    }
    let bytes = buffer.slice(..).get_mapped_range().map_err(|error| failed(&error))?;
    let mut pixels = Vec::with_capacity(bytes.len() / padded * row);
    for line in bytes.chunks_exact(padded) {
        pixels.extend_from_slice(&line[..row]);
    }
    Ok(pixels)
}
