//! PNG palettes, colour keys and packed codes.

use png::{BitDepth, ColorType, Info};

pub(super) fn read_palette(info: &Info<'_>) -> Result<Vec<[u8; 4]>, String> {
    let colours = info.palette.as_deref().ok_or("the palette is missing")?;
    let opacity = info.trns.as_deref().unwrap_or(&[]);
    if colours.len() < 3 || opacity.len() > colours.len() / 3 {
        return Err(format!("the palette has {} bytes and {} opacities", colours.len(), opacity.len()));
    }
    let entries = colours.chunks_exact(3).enumerate();
    Ok(entries.map(|(i, c)| [c[0], c[1], c[2], opacity.get(i).copied().unwrap_or(255)]).collect())
}

/// The transparent colour; the reader keeps one byte per sample below 16 bits and two otherwise.
pub(super) fn read_key(trns: &[u8], color: ColorType, depth: BitDepth) -> Option<[u16; 3]> {
    let count = match color {
        ColorType::Grayscale => 1,
        ColorType::Rgb => 3,
        _ => return None,
    };
    let mut key = [0; 3];
    for (c, k) in key.iter_mut().enumerate().take(count) {
        *k = if depth == BitDepth::Sixteen {
            u16::from_be_bytes([*trns.get(2 * c)?, *trns.get(2 * c + 1)?])
        } else {
            u16::from(*trns.get(c)?)
        };
    }
    Some(key)
}

/// Sample `index` of a packed row, as its code.
pub(super) fn packed(line: &[u8], index: usize, depth: BitDepth) -> u8 {
    let bits = depth as usize;
    if bits >= 8 {
        return line[index];
    }
    let bit = index * bits;
    (line[bit / 8] >> (8 - bits - bit % 8)) & ((1 << bits) - 1)
}

pub(super) fn spread_palette(
    line: &[u8],
    depth: BitDepth,
    palette: &[[u8; 4]],
    row: &mut [u8],
    channels: usize,
    alpha: bool,
) -> Result<(), String> {
    let colours = channels - usize::from(alpha);
    let outside =
        |index: u8| format!("a pixel has palette index {index}, the palette has {} colours", palette.len());
    if depth == BitDepth::Eight && channels == 1 {
        // The common camera case: one table, no branches in the loop.
        let mut table = [0; 256];
        for (value, entry) in table.iter_mut().zip(palette) {
            *value = entry[0];
        }
        let highest = line.iter().copied().max().unwrap_or(0);
        if usize::from(highest) >= palette.len() {
            return Err(outside(highest));
        }
        for (value, &index) in row.iter_mut().zip(line) {
            *value = table[usize::from(index)];
        }
        return Ok(());
    }
    for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
        let index = packed(line, x, depth);
        let entry = palette.get(usize::from(index)).ok_or_else(|| outside(index))?;
        pixel[..colours].copy_from_slice(&entry[..colours]);
        if alpha {
            pixel[channels - 1] = entry[3];
        }
    }
    Ok(())
}
