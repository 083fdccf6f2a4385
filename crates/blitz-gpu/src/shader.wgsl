// Draws the visible part of one image. The arithmetic is described in lib.rs.
// For images in one tile, `texture_2d_array` and the argument `layer` are replaced, see program.rs.

struct View {
    // First visible screen pixel.
    origin: vec2<u32>,
    // Size of a tile in pixels of the image.
    tile: vec2<u32>,
    tiles_x: u32,
    channels: u32,
    kind: u32,
    flags: u32,
    // 32-bit integers: bits of the whole part of the lower level; `lo` is then the rest.
    base: u32,
    lo: f32,
    range: f32,
    // Reduced levels: 1 / (source pixels of a square).
    weight: f32,
    // Colours 0xBBGGRR.
    missing: u32,
    above: u32,
    below: u32,
    unused: u32,
}

@group(0) @binding(0) var<uniform> view: View;
// Row 0: source columns [x, y) of each visible screen column; row 1: source rows of each screen row.
@group(0) @binding(1) var ranges: texture_2d<u32>;
@group(0) @binding(2) var table: texture_2d<f32>;
@group(0) @binding(3) var image: texture_2d_array<u32>;
@group(0) @binding(4) var masked: texture_2d_array<u32>;

const UNSIGNED: u32 = 0u;
const SIGNED_16: u32 = 1u;
const UNSIGNED_32: u32 = 2u;
const SIGNED_32: u32 = 3u;
const FLOAT: u32 = 4u;
const REDUCED: u32 = 5u;

const MAXIMUM: u32 = 1u;
const MASKED: u32 = 2u;
const LINEAR_TARGET: u32 = 4u;

// Bits of a reduced square's `infinite`.
const ABOVE: u32 = 1u;
const BELOW: u32 = 2u;

const LARGEST: f32 = 3.4028234e38;

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    // One triangle over the whole viewport.
    let x = f32(index & 1u) * 4.0 - 1.0;
    let y = f32(index >> 1u) * 4.0 - 1.0;
    return vec4<f32>(x, y, 0.0, 1.0);
}

// What a box of source pixels holds; values are relative to the lower level.
struct Box {
    sum: f32,
    peak: f32,
    weight: f32,
    infinite: u32,
}

// Value minus lower level. Not for infinite or missing values.
fn offset(word: u32) -> f32 {
    switch view.kind {
        case SIGNED_16: {
            return f32(bitcast<i32>(word << 16u) >> 16u) - view.lo;
        }
        case UNSIGNED_32: {
            if word >= view.base {
                return f32(word - view.base) - view.lo;
            }
            return -f32(view.base - word) - view.lo;
        }
        case SIGNED_32: {
            if bitcast<i32>(word) >= bitcast<i32>(view.base) {
                return f32(word - view.base) - view.lo;
            }
            return -f32(view.base - word) - view.lo;
        }
        case FLOAT, REDUCED: {
            return bitcast<f32>(word) - view.lo;
        }
        default: {
            return f32(word) - view.lo;
        }
    }
}

fn gather(columns: vec2<u32>, rows: vec2<u32>, channel: u32) -> Box {
    var box = Box(0.0, -LARGEST, 0.0, 0u);
    // Keeps the sum of extreme values finite; no effect on a single value.
    let bound = LARGEST / f32((columns.y - columns.x) * (rows.y - rows.x));
    for (var y = rows.x; y < rows.y; y++) {
        let tile_y = y / view.tile.y;
        let local_y = y - tile_y * view.tile.y;
        for (var x = columns.x; x < columns.y; x++) {
            let tile_x = x / view.tile.x;
            let local_x = x - tile_x * view.tile.x;
            let layer = tile_y * view.tiles_x + tile_x;
            if (view.flags & MASKED) != 0u && textureLoad(masked, vec2(local_x, local_y), layer, 0).x != 0u {
                continue;
            }
            let texel = textureLoad(image, vec2(local_x * view.channels + channel, local_y), layer, 0);
            if view.kind == REDUCED {
                box.infinite |= texel.w;
                if texel.z > 0u {
                    let weight = f32(texel.z) * view.weight;
                    box.sum += clamp(offset(texel.x), -bound, bound) * weight;
                    box.peak = max(box.peak, offset(texel.y));
                    box.weight += weight;
                }
                continue;
            }
            // Infinite and missing values are told by their bits: drivers may assume that there are none.
            if view.kind == FLOAT {
                let magnitude = texel.x & 0x7fffffffu;
                if magnitude > 0x7f800000u {
                    continue;
                }
                if magnitude == 0x7f800000u {
                    box.infinite |= select(BELOW, ABOVE, texel.x == magnitude);
                    continue;
                }
            }
            let value = offset(texel.x);
            box.sum += clamp(value, -bound, bound);
            box.peak = max(box.peak, value);
            box.weight += 1.0;
        }
    }
    return box;
}

// Share of the way from the lower to the upper level as an index 0 to 255; 256 for missing, 257 for +Inf,
// 258 for -Inf.
fn grade(box: Box) -> u32 {
    let maximum = (view.flags & MAXIMUM) != 0u;
    if !maximum && box.infinite == (ABOVE | BELOW) {
        return 256u;
    }
    if (box.infinite & ABOVE) != 0u {
        return 257u;
    }
    if (box.infinite & BELOW) != 0u && !(maximum && box.weight > 0.0) {
        return 258u;
    }
    if box.weight == 0.0 {
        return 256u;
    }
    var value = box.peak;
    if !maximum {
        value = box.sum / box.weight;
    }
    if view.range == 0.0 {
        return select(0u, 255u, value > 0.0);
    }
    return u32(floor(clamp(value / view.range, 0.0, 1.0) * 255.0 + 0.5));
}

fn unpack(color: u32) -> vec3<f32> {
    return vec3<f32>(vec3<u32>(color, color >> 8u, color >> 16u) & vec3<u32>(255u)) / 255.0;
}

fn linear_from_gamma(gamma: vec3<f32>) -> vec3<f32> {
    let low = gamma / 12.92;
    let high = pow((gamma + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, gamma < vec3<f32>(0.04045));
}

@fragment
fn fs_main(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let pixel = vec2<u32>(position.xy) - view.origin;
    let columns = textureLoad(ranges, vec2(pixel.x, 0u), 0).xy;
    let rows = textureLoad(ranges, vec2(pixel.y, 1u), 0).xy;
    var grades = vec3<u32>(grade(gather(columns, rows, 0u)));
    if view.channels == 3u {
        grades.y = grade(gather(columns, rows, 1u));
        grades.z = grade(gather(columns, rows, 2u));
    }
    var color: vec3<f32>;
    if any(grades == vec3<u32>(256u)) {
        color = unpack(view.missing);
    } else if any(grades == vec3<u32>(257u)) {
        color = unpack(view.above);
    } else if any(grades == vec3<u32>(258u)) {
        color = unpack(view.below);
    } else if view.channels == 3u {
        color = vec3<f32>(grades) / 255.0;
    } else {
        color = textureLoad(table, vec2(grades.x, 0u), 0).xyz;
    }
    if (view.flags & LINEAR_TARGET) != 0u {
        color = linear_from_gamma(color);
    }
    return vec4<f32>(color, 1.0);
}
