//! The shader and what has to be bound to it.

use crate::texture::{Tiled, Tiling, view_dimension};
use crate::uniform::Uniform;

/// How images in plain textures, or in arrays of tiles, are drawn.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) pipeline: wgpu::RenderPipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
    /// Stands in for the mask of an image without one.
    pub(crate) no_mask: Tiled,
}

impl Program {
    /// For images in one tile, or in an `array` of them.
    pub(crate) fn new(device: &wgpu::Device, target: wgpu::TextureFormat, array: bool) -> Self {
        let layout = bind_group_layout(device, array);
        let tiling = Tiling::new(1 + usize::from(array), 1, 1, 1);
        Self {
            pipeline: pipeline(device, &layout, target, array),
            layout,
            no_mask: Tiled::new(device, tiling, wgpu::TextureFormat::R8Uint),
        }
    }
}

fn bind_group_layout(device: &wgpu::Device, array: bool) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    let texture = |sample_type, view_dimension| wgpu::BindingType::Texture {
        sample_type,
        view_dimension,
        multisampled: false,
    };
    let uint = wgpu::TextureSampleType::Uint;
    let float = wgpu::TextureSampleType::Float { filterable: false };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("blitz view"),
        entries: &[
            entry(
                0,
                wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: std::num::NonZeroU64::new(size_of::<Uniform>() as u64),
                },
            ),
            entry(1, texture(uint, wgpu::TextureViewDimension::D2)),
            entry(2, texture(float, wgpu::TextureViewDimension::D2)),
            entry(3, texture(uint, view_dimension(array))),
            entry(4, texture(uint, view_dimension(array))),
        ],
    })
}

fn pipeline(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    target: wgpu::TextureFormat,
    array: bool,
) -> wgpu::RenderPipeline {
    let source = include_str!("shader.wgsl");
    let source = if array {
        source.to_owned()
    } else {
        source.replace("texture_2d_array<", "texture_2d<").replace(", layer, 0)", ", 0)")
    };
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("blitz image"),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("blitz image"),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("blitz image"),
        layout: Some(&pipeline_layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("fs_main"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}
