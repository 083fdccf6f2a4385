//! What the tests of this crate share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use blitz_core::{DType, FrameFault, FrameShape, Samples, SamplesRef};
use blitz_io::{FrameSource, OpenError, OpenOptions, Overwrite, create_writer, open};

/// A folder of fixtures.
pub fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder)
}

/// Files of a folder, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("folder");
    let mut files: Vec<_> = entries.map(|e| e.expect("entry").path()).collect();
    files.sort();
    files
}

/// Opens one path with the defaults.
pub fn open_one(path: &Path) -> Result<Arc<dyn FrameSource>, OpenError> {
    open(&[path.to_path_buf()], &OpenOptions::default())
}

/// Decodes one frame.
pub fn decode(source: &dyn FrameSource, frame: usize) -> Result<Samples, FrameFault> {
    let info = source.info();
    let mut out = Samples::zeros(info.dtype, info.frame.samples());
    source.decode(frame, out.as_mut()).map(|()| out)
}

/// All frames of a source, one behind the other.
pub fn bytes_of_all(source: &dyn FrameSource) -> Vec<u8> {
    (0..source.info().frames).flat_map(|i| decode(source, i).expect("frame").bytes().to_vec()).collect()
}

/// A little-endian, C-ordered array as NumPy saves it: shape, type, bytes. Independent of the reader under test.
pub fn plain_npy(path: &Path) -> (Vec<usize>, DType, Vec<u8>) {
    let bytes = std::fs::read(path).expect("array");
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..start]).expect("text");
    assert!(header.contains("'fortran_order': False"), "{header}");
    let between = |a: &str, b: &str| header.split_once(a).expect(a).1.split_once(b).expect(b).0;
    let dtype = match between("'descr': '", "'") {
        "|u1" => DType::U8,
        "<u2" => DType::U16,
        "<i2" => DType::I16,
        "<u4" => DType::U32,
        "<i4" => DType::I32,
        "<f4" => DType::F32,
        "<f8" => DType::F64,
        other => panic!("unexpected type {other}"),
    };
    let shape = between("'shape': (", ")").split(',').filter_map(|n| n.trim().parse().ok()).collect();
    (shape, dtype, bytes[start..].to_vec())
}

/// A PNG of one grey value.
pub fn png(path: &Path, shape: FrameShape, value: u8) {
    let samples = vec![value; shape.samples()];
    let mut writer = create_writer(path, DType::U8, shape, Some(1), Overwrite::Replace).expect("writer");
    writer.write_frame(SamplesRef::from(samples.as_slice())).expect("frame");
    writer.finish().expect("finished");
}

/// A folder of PNGs whose numbers are their values.
pub fn series(numbers: &[usize]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for &n in numbers {
        png(&folder.path().join(format!("img{n}.png")), FrameShape::new(4, 5, 1), n as u8);
    }
    folder
}

/// Why a recording is refused.
pub fn error(result: Result<Arc<dyn FrameSource>, OpenError>) -> String {
    match result {
        Ok(source) => panic!("must be refused: {source:?}"),
        Err(e) => e.to_string(),
    }
}
