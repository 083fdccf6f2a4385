//! Recordings in temporary folders, running the program, reading what it wrote.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use blitz_core::{DType, FrameShape, Samples};
use blitz_io::{Overwrite, create_writer};
use blitz_testkit::{Noise, noise_frames};

/// A temporary folder with recordings in it.
pub(crate) struct Folder(tempfile::TempDir);

/// What a run gave.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blitz"));
        command.current_dir(self.0.path()).args(line.split_whitespace());
        // Never the caches of whoever runs the tests.
        command.env("XDG_CACHE_HOME", self.path("cache-home"));
        command
    }

    /// Runs `blitz` with the words of `line` in the folder.
    pub(crate) fn run(&self, line: &str) -> Run {
        let output = self.command(line).output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let status = output.status.code().expect("the program ends by itself");
        Run { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Runs and expects an exit status.
    #[track_caller]
    pub(crate) fn expect(&self, status: i32, line: &str) -> Run {
        let run = self.run(line);
        assert_eq!(run.status, status, "blitz {line}\nstdout: {}\nstderr: {}", run.stdout, run.stderr);
        run
    }

    /// Runs, expects failure (status 2) and all of `words` in the message.
    #[track_caller]
    pub(crate) fn refused(&self, line: &str, words: &[&str]) {
        let run = self.expect(2, line);
        for word in words {
            assert!(run.stderr.contains(word), "blitz {line}\nexpected '{word}' in: {}", run.stderr);
        }
        assert_eq!(run.stdout, "", "blitz {line}: nothing on stdout");
    }

    /// Writes numbered PNGs `name/000.png`, … of noise and gives their samples.
    pub(crate) fn pngs(&self, name: &str, dtype: DType, frames: usize, shape: FrameShape) -> Vec<Samples> {
        let samples = noise_frames(7, dtype, frames, shape);
        fs::create_dir_all(self.path(name)).expect("folder");
        self.write(&format!("{name}/%03d.png"), &samples, shape);
        samples
    }

    /// Writes `name.npy` of noise and gives its samples.
    pub(crate) fn npy(&self, name: &str, dtype: DType, frames: usize, shape: FrameShape) -> Vec<Samples> {
        let samples = noise_frames(11, dtype, frames, shape);
        self.write(name, &samples, shape);
        samples
    }

    pub(crate) fn write(&self, name: &str, samples: &[Samples], shape: FrameShape) {
        let dtype = samples[0].dtype();
        let mut writer =
            create_writer(&self.path(name), dtype, shape, Some(samples.len()), Overwrite::Refuse)
                .expect("writer");
        for frame in samples {
            writer.write_frame(frame.as_ref()).expect("written");
        }
        writer.finish().expect("finished");
    }

    /// Writes a text.
    pub(crate) fn text(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Cuts a file to a part of its length.
    pub(crate) fn cut(&self, name: &str) {
        let path = self.path(name);
        let bytes = fs::read(&path).expect("there");
        fs::write(path, &bytes[..bytes.len() / 2]).expect("written");
    }

    /// Names in the folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("folder");
        let mut names: Vec<String> =
            entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// An array as its bytes say, by a reader that shares nothing with the program's.
#[derive(Debug, PartialEq)]
pub(crate) struct Array {
    pub(crate) descr: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<u8>,
}

impl Array {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\0");
        let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!(start % 64, 0, "NumPy wants data aligned to 64");
        assert_eq!(bytes[start - 1], b'\n');
        let header = String::from_utf8_lossy(&bytes[10..start]).into_owned();
        let between = |from: &str, to: &str| {
            let rest = header.split_once(from).expect("key").1;
            rest.split_once(to).expect("end").0.to_owned()
        };
        let axes = between("'shape': (", ")");
        let shape = axes.split(',').filter(|n| !n.trim().is_empty()).map(|n| n.trim().parse().expect("size"));
        Self { descr: between("'descr': '", "'"), shape: shape.collect(), data: bytes[start..].to_vec() }
    }

    pub(crate) fn values(&self) -> Vec<f64> {
        fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
            data.chunks_exact(N).map(|word| word.try_into().expect("whole words"))
        }
        let data = &self.data;
        match self.descr.as_str() {
            "|u1" => data.iter().map(|&v| f64::from(v)).collect(),
            "<u2" => words(data).map(|w| f64::from(u16::from_le_bytes(w))).collect(),
            "<i2" => words(data).map(|w| f64::from(i16::from_le_bytes(w))).collect(),
            "<f4" => words(data).map(|w| f64::from(f32::from_le_bytes(w))).collect(),
            "<f8" => words(data).map(f64::from_le_bytes).collect(),
            "<u8" => words(data).map(|w| u64::from_le_bytes(w) as f64).collect(),
            "<i8" => words(data).map(|w| i64::from_le_bytes(w) as f64).collect(),
            other => panic!("unexpected type {other}"),
        }
    }
}

/// A drawn picture as RGB.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<u8>,
}

impl Picture {
    pub(crate) fn read(path: &Path) -> Self {
        let source =
            blitz_io::open(&[path.to_path_buf()], &blitz_io::OpenOptions::default()).expect("a picture");
        let frame = source.info().frame;
        assert_eq!(frame.channels, 3, "pictures are RGB");
        let mut samples = Samples::zeros(DType::U8, frame.samples());
        source.decode(0, samples.as_mut()).expect("decodes");
        Self { width: frame.width, height: frame.height, rgb: samples.bytes().to_vec() }
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let i = (y * self.width + x) * 3;
        [self.rgb[i], self.rgb[i + 1], self.rgb[i + 2]]
    }
}

/// A table as its text says: the header, and the rows as text.
pub(crate) struct Table {
    pub(crate) headers: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
        Self { headers: lines.next().expect("a header"), rows: lines.collect() }
    }

    pub(crate) fn column(&self, name: &str) -> Vec<f64> {
        let at = self.headers.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| row[at].parse().expect("a number")).collect()
    }
}

/// `frames` float frames in which a tenth of the samples is missing.
pub(crate) fn with_holes(frames: usize, shape: FrameShape) -> Vec<Samples> {
    let mut noise = Noise::new(3);
    let mut value = || if noise.below(10) == 0 { f32::NAN } else { (noise.unit() * 100.0) as f32 };
    (0..frames).map(|_| Samples::F32((0..shape.samples()).map(|_| value()).collect())).collect()
}

/// Expects two lists to be the same, NaN equal to NaN.
#[track_caller]
pub(crate) fn assert_same(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(a == b || (a.is_nan() && b.is_nan()), "at {i}: found {a}, expected {b}");
    }
}
