//! Images as textures: a plain one, or an array whose layers are tiles no larger than the device allows.
//!
//! The shader finds a pixel's layer by division, so boxes may cross tiles and no seam can appear.

/// How an image is cut into the layers of a texture array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tiling {
    /// Image columns.
    pub(crate) width: usize,
    /// Image rows.
    pub(crate) height: usize,
    /// Texels per pixel, side by side.
    pub(crate) channels: usize,
    /// Columns of a tile, in pixels.
    pub(crate) tile_width: usize,
    /// Rows of a tile.
    pub(crate) tile_height: usize,
    /// Tiles along x.
    pub(crate) tiles_x: usize,
    /// Tiles along y.
    pub(crate) tiles_y: usize,
}

impl Tiling {
    /// Tiles of equal size, so that little is wasted, with at most `limit` texels along a side.
    /// Sizes are at least 1.
    pub(crate) fn new(width: usize, height: usize, channels: usize, limit: u32) -> Self {
        let limit = limit.max(1) as usize;
        let tiles_x = width.div_ceil((limit / channels).max(1)).max(1);
        let tiles_y = height.div_ceil(limit).max(1);
        let (tile_width, tile_height) = (width.div_ceil(tiles_x).max(1), height.div_ceil(tiles_y).max(1));
        Self { width, height, channels, tile_width, tile_height, tiles_x, tiles_y }
    }

    /// Tiles, at least 1.
    pub(crate) fn tiles(self) -> usize {
        self.tiles_x * self.tiles_y
    }

    /// Whether the image is an array of tiles rather than a plain texture.
    pub(crate) fn is_array(self) -> bool {
        self.tiles() > 1
    }

    /// Layers of the texture: the tiles, and one more where wgpu's OpenGL backend would take an array of
    /// that many squares for a cube map.
    pub(crate) fn layers(self) -> usize {
        let cube = self.tiles().is_multiple_of(6) && self.tile_width * self.channels == self.tile_height;
        self.tiles() + usize::from(cube)
    }
}

/// How the shader sees a plain texture or an array. OpenGL insists on the difference.
pub(crate) fn view_dimension(array: bool) -> wgpu::TextureViewDimension {
    if array { wgpu::TextureViewDimension::D2Array } else { wgpu::TextureViewDimension::D2 }
}

/// A texture with an image in it.
#[derive(Debug)]
pub(crate) struct Tiled {
    texture: wgpu::Texture,
    pub(crate) view: wgpu::TextureView,
    pub(crate) tiling: Tiling,
    pub(crate) format: wgpu::TextureFormat,
}

/// Rows are uploaded in pieces of about this many bytes: the staging memory stays small.
const PIECE_BYTES: usize = 64 << 20;

impl Tiled {
    /// A texture for `tiling`, without content.
    pub(crate) fn new(device: &wgpu::Device, tiling: Tiling, format: wgpu::TextureFormat) -> Self {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("blitz image"),
            size: wgpu::Extent3d {
                width: (tiling.tile_width * tiling.channels) as u32,
                height: tiling.tile_height as u32,
                depth_or_array_layers: tiling.layers() as u32,
            },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor {
            dimension: Some(view_dimension(tiling.is_array())),
            ..Default::default()
        });
        Self { texture, view, tiling, format }
    }

    /// Uploads the image: rows top down, channels interleaved.
    pub(crate) fn write(&self, queue: &wgpu::Queue, bytes: &[u8]) {
        let Tiling { width, height, channels, tile_width, tile_height, tiles_x, .. } = self.tiling;
        let pixel = channels * self.texel_bytes();
        let stride = width * pixel;
        debug_assert_eq!(bytes.len(), stride * height, "the bytes fill the image");
        let piece = (PIECE_BYTES / stride.max(1)).max(1);
        for layer in 0..self.tiling.tiles() {
            let (x, y) = (layer % tiles_x * tile_width, layer / tiles_x * tile_height);
            let columns = tile_width.min(width.saturating_sub(x));
            let bottom = (y + tile_height).min(height);
            if columns == 0 {
                continue;
            }
            for top in (y..bottom).step_by(piece) {
                let rows = piece.min(bottom - top);
                let from = top * stride + x * pixel;
                queue.write_texture(
                    wgpu::TexelCopyTextureInfo {
                        texture: &self.texture,
                        mip_level: 0,
                        origin: wgpu::Origin3d { x: 0, y: (top - y) as u32, z: layer as u32 },
                        aspect: wgpu::TextureAspect::All,
                    },
                    &bytes[from..from + (rows - 1) * stride + columns * pixel],
                    wgpu::TexelCopyBufferLayout {
                        offset: 0,
                        bytes_per_row: Some(stride as u32),
                        rows_per_image: Some(rows as u32),
                    },
                    wgpu::Extent3d {
                        width: (columns * channels) as u32,
                        height: rows as u32,
                        depth_or_array_layers: 1,
                    },
                );
            }
        }
    }

    /// Bytes on the GPU.
    pub(crate) fn bytes(&self) -> u64 {
        let t = self.tiling;
        (t.tile_width * t.channels * t.tile_height * t.layers() * self.texel_bytes()) as u64
    }

    fn texel_bytes(&self) -> usize {
        self.format.block_copy_size(None).unwrap_or(1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tiles_cover_the_image_within_the_limit(
            (width, height) in (0..20_000_usize, 0..20_000_usize),
            channels in prop_oneof![Just(1_usize), Just(3)],
            limit in 16..9000_u32,
        ) {
            let t = Tiling::new(width, height, channels, limit);
            prop_assert!(t.tile_width * t.channels <= limit as usize && t.tile_height <= limit as usize);
            prop_assert!(t.tile_width * t.tiles_x >= width && t.tile_height * t.tiles_y >= height);
            prop_assert!(t.tiles() >= 1 && t.layers() >= t.tiles() && t.tile_width * t.tile_height >= 1);
            // Waste: less than one column and one row per tile.
            prop_assert!(t.tile_width * t.tiles_x < width.max(1) + t.tiles_x);
        }
    }
}
