//! Outputs: names, checks, and the numbers and pictures that single files hold.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_draw::RgbaImage;
use blitz_io::{OutputError, Overwrite, WriteSpec, write_atomic};
use blitz_kernels::Method;
use blitz_model::evaluate::{ExactSums, Picture};
use blitz_model::text;

use crate::failure::Failure;
use crate::shell::Shell;

/// Suffix in lower case, without the dot.
pub(crate) fn suffix(path: &Path) -> String {
    path.extension().map_or_else(String::new, |s| s.to_string_lossy().to_lowercase())
}

/// Refuses a suffix that the output cannot have.
pub(crate) fn check_suffix(path: &Path, allowed: &[&str], what: &str) -> Result<(), Failure> {
    let found = suffix(path);
    if allowed.contains(&found.as_str()) {
        return Ok(());
    }
    let found = if found.is_empty() { "no suffix".to_owned() } else { format!("the suffix .{found}") };
    let allowed: Vec<String> = allowed.iter().map(|s| format!(".{s}")).collect();
    Err(Failure::new(format!(
        "{}: {found} found, {} expected for {what}",
        path.display(),
        allowed.join(" or ")
    )))
}

/// Refuses a target that exists and must not be replaced.
pub(crate) fn check_free(path: &Path, overwrite: Overwrite) -> Result<(), OutputError> {
    match overwrite {
        Overwrite::Refuse if path.symlink_metadata().is_ok() => {
            Err(OutputError::Exists { path: path.to_path_buf() })
        }
        _ => Ok(()),
    }
}

/// `out.npy`, or `out.mean.npy` where there is one output per method.
pub(crate) fn per_method(path: &Path, methods: &[Method]) -> Vec<PathBuf> {
    if methods.len() == 1 {
        return vec![path.to_path_buf()];
    }
    let suffix = path.extension().unwrap_or_default().to_string_lossy();
    methods.iter().map(|&m| path.with_extension(format!("{}.{suffix}", text::method(m)))).collect()
}

/// Writes the numbers of a picture as `.npy` or `.tif`. Sums of integers are u64 or i64 in `.npy`.
pub(crate) fn write_numbers(
    path: &Path,
    picture: &Picture,
    overwrite: Overwrite,
    description: &str,
    shell: &Shell,
) -> Result<(), Failure> {
    if !picture.dtype().is_float() && picture.missing() > 0 {
        let (missing, dtype) = (text::count(picture.missing(), "value"), picture.dtype());
        return Err(Failure::new(format!(
            "{}: {missing} missing, which {dtype} cannot hold",
            path.display()
        )));
    }
    match &picture.exact_sums {
        Some(sums) if suffix(path) == "npy" => return Ok(write_sums(path, sums, picture.shape, overwrite)?),
        Some(sums) => {
            let rounded = rounded(sums);
            if rounded > 0 {
                let values = text::count(rounded, "sum");
                shell.note(&format!(
                    "{}: {values} above 2^53 rounded to f64; .npy holds them exactly",
                    path.display()
                ));
            }
        }
        None => {}
    }
    write_image(path, picture.samples.as_ref(), picture.shape, overwrite, description)
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
pub(crate) fn write_image(
    path: &Path,
    samples: SamplesRef<'_>,
    shape: FrameShape,
    overwrite: Overwrite,
    description: &str,
) -> Result<(), Failure> {
    let mut spec = WriteSpec::new(samples.dtype(), shape, Some(1), overwrite);
    spec.description = Some(description.to_owned());
    let mut writer = spec.create(path)?;
    writer.write_frame(samples)?;
    Ok(writer.finish()?)
}

/// Writes a drawn picture as `.png`, which is opaque.
pub(crate) fn write_picture(
    path: &Path,
    image: &RgbaImage,
    overwrite: Overwrite,
    description: &str,
) -> Result<(), Failure> {
    let rgb: Vec<u8> = image.pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let shape = FrameShape::new(image.height, image.width, 3);
    debug_assert_eq!(DType::U8.size() * shape.samples(), rgb.len());
    write_image(path, SamplesRef::U8(&rgb), shape, overwrite, description)
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
