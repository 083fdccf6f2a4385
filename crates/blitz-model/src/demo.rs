//! A synthetic recording to try things on: lightning that grows from the top of a dim, noisy picture.
//!
//! It has what real recordings have: 12-bit values in a 16-bit container, sensor noise, hot pixels, a bright
//! event of a few dozen frames, and one file that is cut short. The same bytes on every machine.

use std::path::{Path, PathBuf};

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_io::{OutputError, Overwrite, WriteSpec};
use rayon::prelude::*;
use thiserror::Error;

/// Columns of the demo recording.
pub const WIDTH: usize = 320;
/// Rows.
pub const HEIGHT: usize = 240;
/// Frames.
pub const FRAMES: usize = 200;
/// Recording rate that the demo pretends, in frames per second.
pub const RATE: u32 = 20_000;
/// Source frame whose file is cut short.
pub const BROKEN_FRAME: usize = 93;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoReport {
    /// Folder.
    pub folder: PathBuf,
    /// Files, the broken one included.
    pub files: usize,
    /// The file that is cut short.
    pub broken: PathBuf,
    /// Whether the recording was there already and nothing was written.
    pub found: bool,
}

/// Why the demo recording could not be written.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The folder holds something else.
    #[error("{0} holds other files: name an empty or new folder for the demo recording, or use --force")]
    Occupied(PathBuf),
    /// The folder could not be made, or a file not be cut.
    #[error("{path}: {reason}")]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A picture could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Where the window keeps the demo recording: a folder of the system's temporary place.
pub fn default_dir() -> PathBuf {
    std::env::temp_dir().join("blitz-demo")
}

fn file_name(frame: usize) -> String {
    format!("lightning_{frame:04}.png")
}

/// Writes the demo recording into `folder`, which is made if needed. A complete demo recording that is
/// there already is left as it is, unless `force`.
///
/// # Errors
/// If the folder holds other files and `force` is off, or the system refuses.
pub fn write(folder: &Path, force: bool) -> Result<DemoReport, DemoError> {
    let io = |path: &Path, e: &std::io::Error| DemoError::Io { path: path.to_owned(), reason: e.to_string() };
    std::fs::create_dir_all(folder).map_err(|e| io(folder, &e))?;
    let report = |found| DemoReport {
        folder: folder.to_owned(),
        files: FRAMES,
        broken: folder.join(file_name(BROKEN_FRAME)),
        found,
    };
    let mut there = 0;
    for entry in std::fs::read_dir(folder).map_err(|e| io(folder, &e))? {
        let name = entry.map_err(|e| io(folder, &e))?.file_name();
        let known = (0..FRAMES).any(|f| name == *file_name(f));
        if !known && !force {
            return Err(DemoError::Occupied(folder.to_owned()));
        }
        there += usize::from(known);
    }
    if there == FRAMES && !force {
        return Ok(report(true));
    }
    let shape = FrameShape::new(HEIGHT, WIDTH, 1);
    let scene = Scene::new();
    (0..FRAMES).into_par_iter().try_for_each(|frame| -> Result<(), DemoError> {
        let mut spec = WriteSpec::new(DType::U16, shape, Some(1), Overwrite::Replace);
        spec.description = Some(format!("synthetic lightning, frame {frame} of {FRAMES}, 12 bit"));
        let mut writer = spec.create(&folder.join(file_name(frame)))?;
        writer.write_frame(SamplesRef::U16(&scene.frame(frame)))?;
        writer.finish()?;
        Ok(())
    })?;
    let broken = folder.join(file_name(BROKEN_FRAME));
    let cut = || {
        let file = std::fs::OpenOptions::new().write(true).open(&broken)?;
        file.set_len(file.metadata()?.len() * 3 / 5)
    };
    cut().map_err(|e| io(&broken, &e))?;
    Ok(report(false))
}

/// Numbers that look random and are the same everywhere (splitmix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly Gaussian, mean 0, standard deviation 1: the sum of twelve uniform numbers.
    fn gaussian(&mut self) -> f64 {
        (0..12).map(|_| self.uniform(0.0, 1.0)).sum::<f64>() - 6.0
    }
}

/// A piece of the discharge: where it is, when it lights up, how bright it is.
struct Segment {
    from: (f64, f64),
    to: (f64, f64),
    birth: f64,
    weight: f64,
}

struct Scene {
    segments: Vec<Segment>,
    hot: Vec<(usize, u16)>,
}

/// Frame in which the discharge starts.
const START: f64 = 40.0;
/// Frames that its growth takes.
const GROWTH: f64 = 45.0;

impl Scene {
    fn new() -> Self {
        let mut random = Random(7);
        let mut segments = Vec::new();
        // (position, angle from straight down, weight, time)
        let mut tips = vec![((WIDTH as f64 * 0.46, 0.0), 0.0_f64, 1.0_f64, 0.0_f64)];
        while let Some(((mut x, mut y), mut angle, weight, mut time)) = tips.pop() {
            while y < HEIGHT as f64 && (0.0..WIDTH as f64).contains(&x) && segments.len() < 900 {
                let length = random.uniform(3.0, 8.0);
                angle = (angle + random.uniform(-0.5, 0.5)) * 0.8;
                let (sin, cos) = angle.sin_cos();
                let to = (x + length * sin, y + length * cos);
                let birth = START + time * GROWTH;
                segments.push(Segment { from: (x, y), to, birth, weight });
                (x, y) = to;
                time += length / HEIGHT as f64 * random.uniform(0.7, 1.3);
                if weight > 0.2 && random.uniform(0.0, 1.0) < 0.16 {
                    let side = if random.next() & 1 == 0 { 1.0 } else { -1.0 };
                    tips.push((to, angle + side * random.uniform(0.4, 0.9), weight * 0.55, time));
                }
                if weight < 0.9 && random.uniform(0.0, 1.0) < 0.05 {
                    break;
                }
            }
        }
        let pixels = (WIDTH * HEIGHT) as f64;
        let hot = (0..12)
            .map(|_| (random.uniform(0.0, pixels) as usize, random.uniform(2500.0, 4095.0) as u16))
            .collect();
        Self { segments, hot }
    }

    /// How bright the discharge is in a frame: it flickers while it grows, flashes when it arrives, fades.
    fn brightness(frame: usize) -> f64 {
        let t = frame as f64 - START;
        if t < 0.0 {
            0.0
        } else if t < GROWTH {
            0.45 + 0.1 * (t * 1.7).sin()
        } else {
            let after = t - GROWTH;
            1.4 * (-after / 12.0).exp() + 0.25 * (-after / 45.0).exp()
        }
    }

    fn frame(&self, frame: usize) -> Vec<u16> {
        let mut light = vec![0.0_f64; WIDTH * HEIGHT];
        let brightness = Self::brightness(frame);
        for segment in self.segments.iter().filter(|s| s.birth <= frame as f64 && brightness > 0.0) {
            // A leader tip is brighter than the channel behind it.
            let age = frame as f64 - segment.birth;
            let tip = 1.0 + 1.5 * (-age / 2.0).exp();
            segment.light(&mut light, 900.0 * brightness * tip);
        }
        let mut random = Random(1000 + frame as u64);
        let mut out: Vec<u16> = (0..WIDTH * HEIGHT)
            .map(|i| {
                let (x, y) = ((i % WIDTH) as f64, (i / WIDTH) as f64);
                let (u, v) = (x / WIDTH as f64 - 0.5, y / HEIGHT as f64 - 0.5);
                let background = 160.0 + 60.0 * (1.0 - 2.0 * (u * u + v * v));
                let signal = background + light[i] + 0.12 * brightness * background;
                // Shot noise grows with the root of the signal; read noise is always there.
                (signal + random.gaussian() * (36.0 + 0.6 * signal).sqrt()).clamp(0.0, 4095.0).round() as u16
            })
            .collect();
        for &(pixel, value) in &self.hot {
            out[pixel] = value;
        }
        out
    }
}

impl Segment {
    /// Adds the light of the segment: a narrow core in a wide glow.
    fn light(&self, light: &mut [f64], amount: f64) {
        const REACH: f64 = 14.0;
        let ((x0, y0), (x1, y1)) = (self.from, self.to);
        let range = |a: f64, b: f64, size: usize| {
            let lo = (a.min(b) - REACH).floor().clamp(0.0, size as f64) as usize;
            let hi = (a.max(b) + REACH).ceil().clamp(0.0, size as f64) as usize;
            lo..hi
        };
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length2 = (dx * dx + dy * dy).max(1e-9);
        for y in range(y0, y1, HEIGHT) {
            for x in range(x0, x1, WIDTH) {
                let (px, py) = (x as f64 + 0.5 - x0, y as f64 + 0.5 - y0);
                let along = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                let (ex, ey) = (px - along * dx, py - along * dy);
                let r2 = ex * ex + ey * ey;
                let glow = 0.9 * (-r2 / (2.0 * 1.1 * 1.1)).exp() + 0.08 * (-r2 / (2.0 * 5.0 * 5.0)).exp();
                light[y * WIDTH + x] += amount * self.weight * glow;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_twelve_bit_and_the_discharge_is_bright() {
        let scene = Scene::new();
        let mean =
            |f: usize| scene.frame(f).iter().map(|&v| f64::from(v)).sum::<f64>() / (WIDTH * HEIGHT) as f64;
        assert!(scene.frame(90).iter().all(|&v| v < 4096));
        assert!(mean(87) > 1.3 * mean(10), "{} against {}", mean(87), mean(10));
        assert!(mean(199) < mean(87));
        assert_eq!(scene.frame(12), Scene::new().frame(12), "the same every time");
    }

    #[test]
    fn a_folder_of_other_files_is_not_touched() {
        let dir = tempfile::tempdir().expect("temporary folder");
        std::fs::write(dir.path().join("thesis.txt"), "years of work").expect("written");
        assert!(matches!(write(dir.path(), false), Err(DemoError::Occupied(_))));
        assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1);
    }
}
