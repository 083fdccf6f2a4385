//! What a file of bare samples may be: by its length, by how alike neighbours, rows and frames are, and by its name.
//!
//! A guess for people to look at, never used unasked.

use std::path::Path;

use super::RawLayout;
use crate::format::npy::element::{Element, Kind};
use crate::read_at::{FileBytes, ReadAt};

/// Most suggestions.
const MOST: usize = 4;
/// Bytes that are looked at.
const SAMPLE: usize = 8 << 20;
/// Largest width, and height, that is looked for.
const WIDEST: usize = 8192;
/// Longest head of a file that is believed.
const HEAD: u64 = 1 << 20;

/// Layouts that a file may have, the likeliest first; none where nothing fits, or the file cannot be read. Looks at 8 MiB
/// at most. Cost: a few tenths of a second.
///
/// The element type is the one with which neighbouring samples differ least, the width the shift after which rows are
/// alike, the height that after which frames are; a size in the file's name goes before.
pub fn suggest_raw(path: &Path) -> Vec<RawLayout> {
    let Ok(file) = FileBytes::open(path) else { return Vec::new() };
    let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    suggest(&file, &name)
}

fn suggest(data: &dyn ReadAt, name: &str) -> Vec<RawLayout> {
    let mut bytes = vec![0; (data.size() as usize).min(SAMPLE)];
    if data.read_exact_at(0, &mut bytes).is_err() {
        return Vec::new();
    }
    let mut found: Vec<RawLayout> = Vec::new();
    for element in elements(&bytes) {
        let samples = samples(element, &bytes);
        let named = size_in(name).into_iter().map(|(width, height)| (width, Some(height)));
        let widths =
            named.chain(width(&samples, data.size() / element.size() as u64).map(|width| (width, None)));
        for (width, height) in widths {
            let heights = height.map_or_else(|| heights(&samples, width, element, data.size()), |h| vec![h]);
            for height in heights {
                let layout = RawLayout::plain(width, height, element);
                found.extend(placed(layout, data.size()).filter(|layout| !found.contains(layout)));
            }
        }
        if found.len() >= MOST {
            break;
        }
    }
    found.truncate(MOST);
    found
}

/// The layout with the offset that makes its frames fill the file.
fn placed(mut layout: RawLayout, size: u64) -> Option<RawLayout> {
    let frame = layout.frame_bytes().filter(|&bytes| bytes > 0)? as u64;
    layout.offset = size % frame;
    (size >= frame && layout.offset <= HEAD).then_some(layout)
}

/// Element types in the order in which neighbours fit: the best, and those nearly as good. Several smooth samples in one
/// are smooth, too, so larger ones must fit better.
fn elements(bytes: &[u8]) -> Vec<Element> {
    const NEARLY: f64 = 1.3;
    const LOOKED_AT: usize = 1 << 18;
    let of = |kind, big_endian| Element { kind, big_endian };
    let tried = [
        of(Kind::U8, false),
        of(Kind::U16, false),
        of(Kind::U16, true),
        of(Kind::F32, false),
        of(Kind::F32, true),
        of(Kind::F64, false),
    ];
    let mut rated: Vec<(f64, Element)> = tried
        .into_iter()
        .filter_map(|element| {
            let from = bytes.len() / 2 / 8 * 8;
            let samples = samples(element, &bytes[from..bytes.len().min(from + LOOKED_AT)]);
            Some((roughness(&samples)? * (element.size() as f64).sqrt(), element))
        })
        .collect();
    rated.sort_by(|a, b| a.0.total_cmp(&b.0));
    let best = rated.first().map_or(0.0, |rated| rated.0);
    rated.into_iter().take_while(|rated| rated.0 <= best * NEARLY).map(|rated| rated.1).collect()
}

/// How much neighbours differ, as a share of how much samples differ from their mean. `None` where these are no numbers
/// that a camera would give.
fn roughness(samples: &[f32]) -> Option<f64> {
    const FEWEST: usize = 256;
    let usual = |v: &&f32| **v == 0.0 || (v.is_finite() && (1e-9..1e9).contains(&v.abs()));
    let count = samples.len();
    if count < FEWEST || samples.iter().filter(usual).count() * 100 < count * 99 {
        return None;
    }
    let finite = || samples.iter().filter(usual).map(|&v| f64::from(v));
    let mean = finite().sum::<f64>() / count as f64;
    let spread = finite().map(|v| (v - mean).abs()).sum::<f64>() / count as f64;
    Some(if spread > 0.0 { difference(samples, 1, count) / spread } else { 1.0 })
}

/// Mean absolute difference of samples `lag` apart, of `count` of them.
fn difference(samples: &[f32], lag: usize, count: usize) -> f64 {
    let count = count.min(samples.len().saturating_sub(lag));
    let sum: f32 = samples[..count]
        .chunks(256)
        .zip(samples[lag..].chunks(256))
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>())
        .filter(|sum| sum.is_finite())
        .sum();
    f64::from(sum) / count.max(1) as f64
}

fn samples(element: Element, bytes: &[u8]) -> Vec<f32> {
    let convert = |b: &[u8]| match element.kind {
        Kind::U8 => f32::from(b[0]),
        Kind::U16 => f32::from(u16::from_le_bytes(element.bytes(b))),
        Kind::F32 => f32::from_le_bytes(element.bytes(b)),
        _ => f64::from_le_bytes(element.bytes(b)) as f32,
    };
    bytes.chunks_exact(element.size()).map(convert).collect()
}

/// The width after which rows are like each other; `count` samples are in the file.
fn width(samples: &[f32], count: u64) -> Option<usize> {
    let most = WIDEST.min(samples.len() / 3);
    let found = period(&(1..=most).map(|lag| unlike(samples, lag, most)).collect::<Vec<_>>())?;
    // Noise hides which of two neighbours it is; without a head, the length tells.
    let near = (found.saturating_sub(found / 100 + 1).max(2)..=found + found / 100 + 1)
        .filter(|&width| count.is_multiple_of(width as u64));
    Some(near.min_by_key(|width| width.abs_diff(found)).unwrap_or(found))
}

/// Heights with which frames fill the file, the likeliest first: that after which frames are like each other, then usual
/// shapes that leave little over, and the whole file as one picture.
fn heights(samples: &[f32], width: usize, element: Element, size: u64) -> Vec<usize> {
    const SHAPES: [(usize, usize); 9] =
        [(1, 1), (3, 4), (9, 16), (4, 5), (5, 8), (2, 3), (1, 2), (1, 4), (1, 8)];
    /// Bytes of a head.
    const LITTLE: u64 = 4096;
    let most = WIDEST.min(samples.len() / width / 3);
    let alike =
        period(&(1..=most).map(|rows| unlike(samples, rows * width, most * width)).collect::<Vec<_>>());
    let row = (width * element.size()) as u64;
    let all = usize::try_from(size / row).unwrap_or(usize::MAX);
    let whole = (all <= 4 * width && all * 8 >= width).then_some(all);
    let usual = SHAPES.iter().map(|(h, w)| width * h / w).filter(|&height| height > 1);
    let rest = |height: usize| size % (row * height as u64);
    if let Some(height) = alike {
        // Pictures that change slowly downwards are like each other some rows further, too; the length tells.
        let reach = height / 32 + 2;
        let near = (height.saturating_sub(reach).max(1)..=height + reach).filter(|&h| rest(h) <= LITTLE);
        return vec![near.min_by_key(|h| h.abs_diff(height)).unwrap_or(height)];
    }
    let mut others: Vec<usize> =
        whole.into_iter().chain(usual).filter(|&height| height > 0 && rest(height) <= LITTLE).collect();
    others.sort_by_key(|&height| rest(height));
    others.truncate(2);
    others
}

/// Mean absolute difference of samples `lag` apart, in windows that are spread over all that have one `most` behind them.
fn unlike(samples: &[f32], lag: usize, most: usize) -> f64 {
    const WINDOWS: usize = 256;
    const LENGTH: usize = 256;
    let length = LENGTH.min(samples.len() - most);
    let room = samples.len() - most - length;
    let windows = (0..WINDOWS).map(|i| i * room / WINDOWS);
    let sum: f64 = windows.map(|start| difference(&samples[start..], lag, length)).sum();
    sum / WINDOWS as f64
}

/// The first distance at which what differs is alike again; `differences` are those at 1, 2, ….
fn period(differences: &[f64]) -> Option<usize> {
    /// What is alike differs by less than this share of what is not.
    const ALIKE: f64 = 0.8;
    let at = |distance: usize| differences[distance - 1];
    let mut sorted = differences.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = *sorted.get(sorted.len() / 2)?;
    // Neighbours are always alike.
    let rise = differences.iter().position(|d| *d >= middle / 2.0)?;
    let least = differences[rise..].iter().copied().fold(f64::INFINITY, f64::min);
    if least > ALIKE * middle {
        return None;
    }
    let near = least + 0.25 * (middle - least);
    let is_lowest = |d: &usize| at(*d) < at(d - 1) && at(*d) <= at(d + 1) && at(*d) <= near;
    let first = (rise.max(1) + 1..differences.len()).find(is_lowest)?;
    // Multiples of it tell it more exactly.
    let rating = |distance: usize| {
        let multiples: Vec<f64> =
            (1..=8).map(|k| k * distance).take_while(|d| *d <= differences.len()).map(at).collect();
        multiples.iter().sum::<f64>() / multiples.len().max(1) as f64
    };
    let reach = first / 64 + 3;
    let around = first.saturating_sub(reach).max(2)..=(first + reach).min(differences.len());
    around.min_by(|a, b| rating(*a).total_cmp(&rating(*b)))
}

/// A size such as 640x480 in a name.
fn size_in(name: &str) -> Option<(usize, usize)> {
    let numbers: Vec<&str> = name.split(|c: char| !c.is_ascii_digit() && !matches!(c, 'x' | 'X')).collect();
    numbers.iter().find_map(|part| {
        let (width, height) = part.to_lowercase().split_once('x').map(|(w, h)| (w.parse(), h.parse()))?;
        match (width, height) {
            (Ok(width), Ok(height)) if width > 1 && height > 1 => Some((width, height)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moving spots on a gradient with noise.
    fn recording(width: usize, height: usize, frames: usize, mut put: impl FnMut(f64)) {
        let mut state = 1_u32;
        for t in 0..frames {
            for y in 0..height {
                for x in 0..width {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let noise = f64::from(state >> 16) / 65_536.0;
                    let (dx, dy) = (x as f64 / width as f64 - 0.3, y as f64 / height as f64 - 0.6);
                    let spot = (-(dx * dx + dy * dy) * 30.0).exp() * (1.0 + 0.1 * (t % 3) as f64);
                    put(40.0 + 30.0 * y as f64 / height as f64 + 100.0 * spot + 4.0 * noise);
                }
            }
        }
    }

    fn first(bytes: &[u8], name: &str) -> String {
        suggest(&bytes, name).first().map_or_else(String::new, ToString::to_string)
    }

    #[test]
    fn layouts_are_found() {
        for (width, height, frames) in [(320, 240, 9), (200, 331, 5), (96, 64, 40), (511, 77, 12)] {
            let check = |bytes: &[u8], expected: &str| {
                assert_eq!(first(bytes, "a"), format!("{width}x{height}:{expected}"));
            };
            let mut bytes = Vec::new();
            recording(width, height, frames, |v| bytes.push(v as u8));
            check(&bytes, "u8");
            let mut bytes = vec![0; 512];
            recording(width, height, frames, |v| bytes.extend((v as u16 * 16).to_le_bytes()));
            check(&bytes, "u16le:offset=512");
            let mut bytes = Vec::new();
            recording(width, height, frames, |v| bytes.extend((v as u16 * 16).to_be_bytes()));
            check(&bytes, "u16be");
            let mut bytes = Vec::new();
            recording(width, height, frames, |v| bytes.extend((v as f32).to_le_bytes()));
            check(&bytes, "f32le");
        }
    }

    #[test]
    fn one_picture_and_a_size_in_the_name_are_found() {
        let mut bytes = Vec::new();
        recording(300, 200, 1, |v| bytes.extend((v as u16).to_le_bytes()));
        assert_eq!(first(&bytes, "a"), "300x200:u16le");
        assert_eq!(first(&bytes, "cam2_100x150_run3"), "100x150:u16le");
    }

    #[test]
    fn what_is_no_recording_gives_no_panic() {
        for bytes in [
            vec![],
            vec![7; 3],
            vec![0; 100_000],
            (0..100_000_u32).map(|i| i.wrapping_mul(i) as u8).collect(),
        ] {
            let found = suggest(&bytes.as_slice(), "");
            assert!(found.len() <= MOST);
        }
    }
}
