//! Single pictures: their numbers, and what is drawn of them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use blitz_core::{FrameShape, SamplesRef, Stack};
use blitz_draw::RgbaImage;
use blitz_io::{OutputError, Overwrite, WriteSpec, write_atomic};
use blitz_kernels::Method;
use image::ImageEncoder as _;

use super::ExportError;
use crate::evaluate::{EvalContext, ExactSums, Picture, Reduce, evaluate};
use crate::recipe::Recipe;
use crate::text;

/// What was written of a reduction.
#[derive(Debug)]
pub struct Reduced {
    /// One per method, in their order.
    pub pictures: Vec<Picture>,
    /// In words: methods, frames, how many failed.
    pub description: String,
    /// In words, of each picture.
    pub descriptions: Vec<String>,
    /// What people must know of the outputs.
    pub notes: Vec<String>,
}

/// Reduces the recording as `reduce` says and writes the numbers of each method to `output`, or to
/// [`per_method`] names of it; `None` writes nothing.
///
/// # Errors
/// See [`ExportError`]; outputs that were written before stay.
pub fn export_reduction(
    stack: &Stack,
    recipe: &Recipe,
    reduce: &Reduce,
    output: Option<&Path>,
    overwrite: Overwrite,
    cx: &EvalContext,
) -> Result<Reduced, ExportError> {
    for path in output.map(|output| per_method(output, &reduce.methods)).unwrap_or_default() {
        super::spare(stack, recipe, &path)?;
    }
    let pictures = evaluate(stack, recipe, reduce, cx)?;
    let selected = text::frames(stack, &recipe.select(stack, reduce.range));
    write_reduction(&stack.name, reduce, &selected, pictures, output, overwrite)
}

/// Writes pictures that `reduce` has given, of the frames `selected` (in words) of a recording.
///
/// # Errors
/// As [`export_reduction`].
pub fn write_reduction(
    recording: &str,
    reduce: &Reduce,
    selected: &str,
    pictures: Vec<Picture>,
    output: Option<&Path>,
    overwrite: Overwrite,
) -> Result<Reduced, ExportError> {
    let left_out = pictures
        .first()
        .map_or_else(String::new, |p| left_out(p.coverage.failed.len(), p.coverage.no_window));
    let names: Vec<String> = reduce.methods.iter().map(|&m| text::method(m)).collect();
    let descriptions: Vec<String> = reduce
        .methods
        .iter()
        .zip(&names)
        .map(|(&method, name)| {
            format!("{recording}, {name}{} of {selected}{left_out}", divisor(method, reduce.ddof))
        })
        .collect();
    let paths = output.map(|path| per_method(path, &reduce.methods)).unwrap_or_default();
    let mut notes: Vec<String> = pictures
        .iter()
        .zip(&names)
        .filter(|(picture, _)| picture.is_empty())
        .map(|(_, name)| format!("{name}: no pixel has a value, all are missing"))
        .collect();
    for ((path, picture), description) in paths.iter().zip(&pictures).zip(&descriptions) {
        notes.extend(write_numbers(path, picture, overwrite, description)?);
    }
    let description = format!("{} of {selected}{left_out}", names.join(", "));
    Ok(Reduced { pictures, description, descriptions, notes })
}

/// `; 2 frames failed and were left out; 10 frames have no whole window`, as far as there are such.
pub fn left_out(failed: usize, no_window: usize) -> String {
    let failed = match failed {
        0 => String::new(),
        1 => "; 1 frame failed and was left out".to_owned(),
        n => format!("; {} failed and were left out", text::count(n, "frame")),
    };
    let no_window = match no_window {
        0 => String::new(),
        1 => "; 1 frame has no whole window".to_owned(),
        n => format!("; {} have no whole window", text::count(n, "frame")),
    };
    failed + &no_window
}

/// What a standard deviation was divided by.
fn divisor(method: Method, ddof: u32) -> &'static str {
    match (method, ddof) {
        (Method::Std, 0) => " (divisor N)",
        (Method::Std, _) => " (divisor N-1)",
        _ => "",
    }
}

/// `out.npy`, or `out.mean.npy` where there is one output per method.
pub fn per_method(path: &Path, methods: &[Method]) -> Vec<PathBuf> {
    if methods.len() == 1 {
        return vec![path.to_path_buf()];
    }
    let suffix = path.extension().unwrap_or_default().to_string_lossy();
    methods.iter().map(|&m| path.with_extension(format!("{}.{suffix}", text::method(m)))).collect()
}

/// Writes the numbers of a picture as `.npy` or `.tif`. Sums of integers are u64 or i64 in `.npy`. Gives a note where
/// the format cannot hold the values exactly.
///
/// # Errors
/// If integers are missing values, or the output cannot be written.
pub fn write_numbers(
    path: &Path,
    picture: &Picture,
    overwrite: Overwrite,
    description: &str,
) -> Result<Option<String>, ExportError> {
    if !picture.dtype().is_float() && picture.missing() > 0 {
        let (count, dtype) = (picture.missing(), picture.dtype());
        return Err(ExportError::Missing { path: path.to_owned(), count, dtype });
    }
    let is_npy = path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("npy"));
    let mut note = None;
    match &picture.exact_sums {
        Some(sums) if is_npy => {
            write_sums(path, sums, picture.shape, overwrite)?;
            return Ok(None);
        }
        Some(sums) if rounded(sums) > 0 => {
            let values = text::count(rounded(sums), "sum");
            let file = path.display();
            note = Some(format!("{file}: {values} above 2^53 rounded to f64; .npy holds them exactly"));
        }
        _ => {}
    }
    write_one(path, picture.samples.as_ref(), picture.shape, overwrite, description)?;
    Ok(note)
}

/// Sums that f64 cannot hold.
fn rounded(sums: &ExactSums) -> usize {
    match sums {
        ExactSums::U64(sums) => sums.iter().filter(|&&v| (v as f64) as u128 != u128::from(v)).count(),
        ExactSums::I64(sums) => sums.iter().filter(|&&v| (v as f64) as i128 != i128::from(v)).count(),
    }
}

/// Writes 64-bit integers, which no stack holds, as `.npy` of the shape that a single image has.
fn write_sums(
    path: &Path,
    sums: &ExactSums,
    shape: FrameShape,
    overwrite: Overwrite,
) -> Result<(), OutputError> {
    let FrameShape { height, width, channels } = shape;
    let axes = match channels {
        1 => format!("{height}, {width}"),
        3 | 4 => format!("{height}, {width}, {channels}"),
        _ => format!("1, {height}, {width}, {channels}"),
    };
    let kind = match sums {
        ExactSums::U64(_) => 'u',
        ExactSums::I64(_) => 'i',
    };
    let text = format!("{{'descr': '<{kind}8', 'fortran_order': False, 'shape': ({axes}), }}");
    // Magic, version, length and text end with a line feed at a multiple of 64.
    let padded = (10 + text.len() + 1).next_multiple_of(64) - 10;
    write_atomic(path, overwrite, |out| {
        out.write_all(b"\x93NUMPY\x01\0")?;
        out.write_all(&(padded as u16).to_le_bytes())?;
        writeln!(out, "{text:<width$}", width = padded - 1)?;
        match sums {
            ExactSums::U64(sums) => write_words(out, sums.iter().copied()),
            ExactSums::I64(sums) => write_words(out, sums.iter().map(|v| v.cast_unsigned())),
        }
    })
}

fn write_words(out: &mut dyn Write, words: impl Iterator<Item = u64>) -> io::Result<()> {
    for word in words {
        out.write_all(&word.to_le_bytes())?;
    }
    Ok(())
}

/// Writes one frame of numbers.
///
/// # Errors
/// If the output cannot be written, or its format cannot hold the type.
pub fn write_one(
    path: &Path,
    samples: SamplesRef<'_>,
    shape: FrameShape,
    overwrite: Overwrite,
    description: &str,
) -> Result<(), OutputError> {
    let mut spec = WriteSpec::new(samples.dtype(), shape, Some(1), overwrite);
    spec.description = Some(description.to_owned());
    let mut writer = spec.create(path)?;
    writer.write_frame(samples)?;
    writer.finish()
}

/// Suffixes of pictures that [`write_image`] writes.
pub const PICTURES: [&str; 6] = ["png", "jpg", "jpeg", "bmp", "tif", "tiff"];

/// Writes a drawn image, opaque, in the format of the suffix: `.png` and `.tif` with its description, `.bmp`, or `.jpg` in
/// high quality, whose colours are near.
///
/// # Errors
/// If the output cannot be written.
pub fn write_image(
    path: &Path,
    image: &RgbaImage,
    overwrite: Overwrite,
    description: &str,
) -> Result<(), OutputError> {
    const QUALITY: u8 = 95;
    let rgb: Vec<u8> = image.pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let suffix = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut bytes = Vec::new();
    let encoded = match suffix.as_str() {
        "jpg" | "jpeg" => image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .write_image(&rgb, image.width as u32, image.height as u32, image::ExtendedColorType::Rgb8),
        "bmp" => image::codecs::bmp::BmpEncoder::new(&mut bytes).write_image(
            &rgb,
            image.width as u32,
            image.height as u32,
            image::ExtendedColorType::Rgb8,
        ),
        _ => {
            let shape = FrameShape::new(image.height, image.width, 3);
            return write_one(path, SamplesRef::U8(&rgb), shape, overwrite, description);
        }
    };
    encoded.map_err(|error| OutputError::Unsupported { path: path.to_owned(), reason: error.to_string() })?;
    write_atomic(path, overwrite, |out| out.write_all(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_methods_have_names_of_their_own() {
        let names = |path: &str, methods: &[Method]| -> Vec<String> {
            per_method(Path::new(path), methods).iter().map(|p| p.display().to_string()).collect()
        };
        assert_eq!(names("a/out.npy", &[Method::Mean]), ["a/out.npy"]);
        assert_eq!(
            names("a/o.x.npy", &[Method::Mean, Method::Percentile(99.5)]),
            ["a/o.x.mean.npy", "a/o.x.p99.5.npy"]
        );
    }

    #[test]
    fn sums_that_a_float_cannot_hold_are_counted() {
        assert_eq!(rounded(&ExactSums::U64(vec![1 << 53, (1 << 53) + 1, u64::MAX])), 2);
        assert_eq!(rounded(&ExactSums::I64(vec![-(1 << 60), -(1 << 60) + 1])), 1);
    }
}
