//! The GPU side of all image views: pipeline, textures, and what each view last asked for.

use std::collections::HashMap;
use std::sync::Arc;

use blitz_core::DType;
use egui_wgpu::{RenderState, ScreenDescriptor};

use crate::ImageView;
use crate::geometry::Axis;
use crate::program::Program;
use crate::pyramid;
use crate::texture::{Tiled, Tiling};
use crate::uniform::Uniform;

/// Textures not drawn for this many passes are freed.
const KEEP_PASSES: u64 = 4;
/// Textures not drawn for this many passes may be overwritten by another image of the same shape, which
/// spares allocations while a recording plays.
const REUSE_PASSES: u64 = 2;

/// Owns what the views need on the GPU. Lives in the callback resources of an egui renderer.
#[derive(Debug)]
pub struct ImageRenderer {
    /// For images in one tile, and for tiled ones.
    programs: [Program; 2],
    max_side: u32,
    max_layers: u32,
    /// The target stores linear light: colours are converted before they are written.
    linear_target: bool,
    textures: HashMap<(u64, Part), Kept<Tiled>>,
    views: HashMap<egui::Id, Kept<ViewState>>,
    pass: u64,
    preparing: bool,
}

/// Which texture of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Samples,
    Mask,
    Level(usize),
}

impl Part {
    fn level(self) -> Option<usize> {
        if let Self::Level(i) = self { Some(i) } else { None }
    }
}

#[derive(Debug)]
struct Kept<T> {
    content: T,
    last_pass: u64,
}

/// What a view last asked for.
#[derive(Debug)]
struct ViewState {
    uniform: wgpu::Buffer,
    ranges: wgpu::Texture,
    axes: [Axis; 2],
    table: wgpu::Texture,
    colors: Option<Arc<[[u8; 3]; 256]>>,
    /// Index of the program.
    tiled: usize,
    /// `None` if nothing of it is visible.
    bind_group: Option<wgpu::BindGroup>,
}

impl ImageRenderer {
    /// Makes views drawable in this window. Call once, after the window's set-up.
    ///
    /// Expects egui's renderer without multisampling and without depth buffer, as eframe sets it up by
    /// default. Images larger than the device's textures are tiled.
    pub fn install(state: &RenderState) {
        Self::install_with_limit(state, u32::MAX);
    }

    /// As [`ImageRenderer::install`], with textures of at most `max_side` texels (at least 3) along a side.
    pub fn install_with_limit(state: &RenderState, max_side: u32) {
        let limits = state.device.limits();
        let max_side = max_side.clamp(3, limits.max_texture_dimension_2d);
        let renderer = Self::new(state, max_side, limits.max_texture_array_layers);
        state.renderer.write().callback_resources.insert(renderer);
    }

    /// Bytes of all textures that views of this window hold on the GPU; 0 if nothing is installed.
    pub fn installed_bytes(state: &RenderState) -> u64 {
        state.renderer.read().callback_resources.get::<Self>().map_or(0, Self::texture_bytes)
    }

    /// Frees all textures of this window, such as when its last image was closed. What is drawn again is
    /// uploaded again.
    pub fn clear_installed(state: &RenderState) {
        if let Some(renderer) = state.renderer.write().callback_resources.get_mut::<Self>() {
            renderer.textures.clear();
            renderer.views.clear();
        }
    }

    /// Bytes of the image textures held on the GPU: samples, masks and reduced levels.
    pub fn texture_bytes(&self) -> u64 {
        self.textures.values().map(|kept| kept.content.bytes()).sum()
    }

    fn new(state: &RenderState, max_side: u32, max_layers: u32) -> Self {
        Self {
            programs: [false, true].map(|array| Program::new(&state.device, state.target_format, array)),
            max_side,
            max_layers,
            linear_target: state.target_format.is_srgb(),
            textures: HashMap::new(),
            views: HashMap::new(),
            pass: 0,
            preparing: false,
        }
    }

    /// Uploads what a view lacks and remembers how to draw it.
    pub(crate) fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        view: &ImageView,
        clip: egui::Rect,
    ) {
        if !self.preparing {
            self.preparing = true;
            self.pass += 1;
        }
        let state = self
            .views
            .entry(view.id)
            .or_insert_with(|| Kept { content: ViewState::new(device), last_pass: self.pass });
        state.last_pass = self.pass;
        state.content.bind_group = None;

        let image = &*view.image;
        let Some((part, tiling)) = self.source(screen, view) else { return };
        let axes = axes(screen, view, clip, part);
        if axes.iter().any(|axis| axis.ranges.is_empty()) {
            return;
        }
        let source_key = (image.id(), part);
        match part {
            Part::Level(i) => {
                let format = wgpu::TextureFormat::Rgba32Uint;
                self.upload(device, queue, source_key, tiling, format, image.levels()[i].bytes());
            }
            Part::Samples | Part::Mask => {
                self.upload(
                    device,
                    queue,
                    source_key,
                    tiling,
                    format(image.dtype()),
                    image.samples().bytes(),
                );
            }
        }
        // The levels know the mask already.
        let mask_key = image.masked().filter(|_| part == Part::Samples).map(|bytes| {
            let key = (image.id(), Part::Mask);
            let tiling = Tiling { channels: 1, ..tiling };
            self.upload(device, queue, key, tiling, wgpu::TextureFormat::R8Uint, bytes);
            key
        });

        let uniform = Uniform::new(view, part.level(), tiling, [axes[0].first, axes[1].first])
            .with_flags(mask_key.is_some(), self.linear_target);
        let samples = &self.textures[&source_key].content;
        let tiled = usize::from(tiling.is_array());
        let program = &self.programs[tiled];
        let mask = mask_key.map_or(&program.no_mask, |key| &self.textures[&key].content);
        if let Some(state) = self.views.get_mut(&view.id) {
            state.content.update(device, queue, view, axes, uniform);
            state.content.bind(device, &program.layout, samples, mask);
            state.content.tiled = tiled;
        }
    }

    /// Frees what was not drawn for some passes. Called once per view; the first call of a pass does it.
    pub(crate) fn finish_prepare(&mut self) {
        if std::mem::take(&mut self.preparing) {
            let pass = self.pass;
            self.textures.retain(|_, kept| kept.last_pass + KEEP_PASSES > pass);
            self.views.retain(|_, kept| kept.last_pass + KEEP_PASSES > pass);
        }
    }

    /// Draws a view as prepared.
    pub(crate) fn draw(&self, pass: &mut wgpu::RenderPass<'static>, id: egui::Id) {
        let Some(Kept { content: state, .. }) = self.views.get(&id) else { return };
        let Some(bind_group) = &state.bind_group else { return };
        let [x, y] = &state.axes;
        let (width, height) = (x.ranges.len() as f32, y.ranges.len() as f32);
        pass.set_viewport(x.first as f32, y.first as f32, width, height, 0.0, 1.0);
        pass.set_pipeline(&self.programs[state.tiled].pipeline);
        pass.set_bind_group(0, bind_group, &[]);
        pass.draw(0..3, 0..1);
    }

    /// What to draw from: the samples or a reduced level; none if the image is empty or has more tiles than
    /// the device has layers.
    fn source(&self, screen: &ScreenDescriptor, view: &ImageView) -> Option<(Part, Tiling)> {
        let image = &*view.image;
        let [x, y] = spans(screen, view).map(|[min, max]| max - min);
        let step = [image.width() as f64 / x, image.height() as f64 / y];
        let levels = image.levels();
        let wanted = pyramid::choose(levels, step);
        let samples = std::iter::once((Part::Samples, image.width(), image.height()));
        let reduced = levels.iter().enumerate().map(|(i, l)| (Part::Level(i), l.width, l.height));
        samples
            .chain(reduced)
            .skip(wanted.map_or(0, |level| level + 1))
            .map(|(part, w, h)| (part, Tiling::new(w, h, image.channels(), self.max_side)))
            .find(|(_, tiling)| tiling.layers() <= self.max_layers as usize)
    }

    /// Makes sure that `key` is on the GPU and marks it as used.
    fn upload(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        key: (u64, Part),
        tiling: Tiling,
        format: wgpu::TextureFormat,
        bytes: &[u8],
    ) {
        let pass = self.pass;
        if let Some(kept) = self.textures.get_mut(&key) {
            kept.last_pass = pass;
            return;
        }
        let idle = self.textures.iter().find_map(|(key, kept)| {
            let fits = kept.content.tiling == tiling && kept.content.format == format;
            (fits && kept.last_pass + REUSE_PASSES <= pass).then_some(*key)
        });
        let content = match idle.and_then(|key| self.textures.remove(&key)) {
            Some(kept) => kept.content,
            None => Tiled::new(device, tiling, format),
        };
        content.write(queue, bytes);
        self.textures.insert(key, Kept { content, last_pass: pass });
    }
}

impl ViewState {
    fn new(device: &wgpu::Device) -> Self {
        let uniform = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("blitz view"),
            size: size_of::<Uniform>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self {
            uniform,
            ranges: ranges_texture(device, 1),
            axes: [Axis::default(), Axis::default()],
            table: plain_texture(device, wgpu::TextureFormat::Rgba8Unorm, [256, 1]),
            colors: None,
            tiled: 0,
            bind_group: None,
        }
    }

    /// Uploads what has changed since the last pass.
    fn update(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        view: &ImageView,
        axes: [Axis; 2],
        uniform: Uniform,
    ) {
        queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        if self.axes != axes {
            let longest = axes.iter().map(|axis| axis.ranges.len()).max().unwrap_or(1) as u32;
            if longest > self.ranges.width() {
                self.ranges = ranges_texture(device, longest);
            }
            for (row, axis) in axes.iter().enumerate() {
                write_row(queue, &self.ranges, row as u32, &axis.ranges);
            }
            self.axes = axes;
        }
        if self.colors.as_ref().is_none_or(|colors| *colors != view.table) {
            let texels = view.table.map(|[r, g, b]| [r, g, b, 255]);
            write_row(queue, &self.table, 0, &texels);
            self.colors = Some(Arc::clone(&view.table));
        }
    }

    fn bind(&mut self, device: &wgpu::Device, layout: &wgpu::BindGroupLayout, samples: &Tiled, mask: &Tiled) {
        let ranges = self.ranges.create_view(&wgpu::TextureViewDescriptor::default());
        let table = self.table.create_view(&wgpu::TextureViewDescriptor::default());
        let texture = |binding, view| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::BindingResource::TextureView(view),
        };
        self.bind_group = Some(device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("blitz view"),
            layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: self.uniform.as_entire_binding() },
                texture(1, &ranges),
                texture(2, &table),
                texture(3, &samples.view),
                texture(4, &mask.view),
            ],
        }));
    }
}

/// Where the whole image lies along x and y, in physical pixels.
fn spans(screen: &ScreenDescriptor, view: &ImageView) -> [[f64; 2]; 2] {
    let scale = f64::from(screen.pixels_per_point);
    let (min, max) = (view.dst.min, view.dst.max);
    [[min.x, max.x], [min.y, max.y]].map(|span| span.map(|v| f64::from(v) * scale))
}

/// The source pixels, or squares of a level, of each visible screen pixel.
fn axes(screen: &ScreenDescriptor, view: &ImageView, clip: egui::Rect, part: Part) -> [Axis; 2] {
    let scale = f64::from(screen.pixels_per_point);
    let image = &*view.image;
    let level = part.level().map(|i| &image.levels()[i]);
    let counts = level.map_or([image.width(), image.height()], |level| [level.width, level.height]);
    let factor = level.map_or(1, |level| level.factor) as f64;
    let extents = [image.width() as f64 / factor, image.height() as f64 / factor];
    let clips = [[clip.min.x, clip.max.x], [clip.min.y, clip.max.y]];
    let spans = spans(screen, view);
    std::array::from_fn(|i| {
        let low = (f64::from(clips[i][0]) * scale).floor();
        let high = (f64::from(clips[i][1]) * scale).ceil();
        let visible = [low.max(0.0), high.min(f64::from(screen.size_in_pixels[i]))];
        Axis::new(spans[i], visible, extents[i], counts[i], level.is_some())
    })
}

/// The bit patterns of the samples, uninterpreted.
fn format(dtype: DType) -> wgpu::TextureFormat {
    match dtype.size() {
        1 => wgpu::TextureFormat::R8Uint,
        2 => wgpu::TextureFormat::R16Uint,
        _ => wgpu::TextureFormat::R32Uint,
    }
}

/// Row 0 for x, row 1 for y.
fn ranges_texture(device: &wgpu::Device, width: u32) -> wgpu::Texture {
    plain_texture(device, wgpu::TextureFormat::Rg32Uint, [width, 2])
}

fn plain_texture(
    device: &wgpu::Device,
    format: wgpu::TextureFormat,
    [width, height]: [u32; 2],
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("blitz view"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn write_row<T: bytemuck::NoUninit>(queue: &wgpu::Queue, texture: &wgpu::Texture, y: u32, texels: &[T]) {
    queue.write_texture(
        wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x: 0, y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        },
        bytemuck::cast_slice(texels),
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: None, rows_per_image: None },
        wgpu::Extent3d { width: texels.len() as u32, height: 1, depth_or_array_layers: 1 },
    );
}
