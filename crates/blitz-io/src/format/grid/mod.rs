//! Matrices of numbers in text: a file is a frame, its lines are rows, its cells pixels.
//!
//! Instruments and programs write them in many ways; what parts cells, which decimal mark is used and where the matrix
//! begins follows from the text itself. Read here and not by `csv`: blanks between cells, headers of any kind and numbers
//! without a text for each are what takes the work.

mod axes;
pub(crate) mod cell;
mod header;
pub(crate) mod layout;
mod matrix;
pub(crate) mod text;
pub(crate) mod thousands;
mod values;

use std::sync::OnceLock;

use blitz_core::{Channel, DType, FrameShape, SamplesMut};

use super::contract::{Codec, Format, Grain, ImageSpec, check_same_size, guarded};
use super::scratch::with_scratch;
use crate::in_parallel::in_parallel;
use crate::read_at::{FileBytes, ReadAt};
use crate::scan::FileEntry;
use crate::series::{Series, spread};
use crate::source::OpenOptions;
use matrix::Matrix;
use values::Values;

/// See [`Format`].
pub(crate) static FORMAT: Format = Format {
    name: "text grid",
    title: "Matrices in text (`.asc`, `.txt`, `.csv`, `.tsv`, `.dat`)",
    suffixes: &["asc", "txt", "csv", "tsv", "dat"],
    depth: "8, 16, 32, 64",
    reads: "numbers parted by tabs, semicolons, commas or blanks, with decimal point or comma; UTF-8, UTF-16, Latin-1; \
            headers are passed over, ESRI ASCII grids understood; missing cells as NaN; integers in the smallest type \
            that holds those of all files",
    refuses: "lines of unequal length, words among the numbers, marks of thousands, integers that f64 does not hold",
    holds_several: false,
    data_sets: "a frame in each file of a series in natural order",
    writes: "",
    metadata: &[],
    grain: Grain::Frame,
    signatures: &[],
    open: |opening| {
        let codec = GridCodec::of(opening.options.max_frame_bytes);
        Series::open(opening, &FORMAT, Box::new(codec))
    },
};

/// Whether files of a suffix hold a matrix whatever they look like.
pub(crate) fn is_certain(suffix: &str) -> bool {
    suffix == "asc"
}

/// Whether most of a few of these files look like a matrix by their start; see [`layout::looks_like_matrix`].
pub(crate) fn are_matrices(files: &[FileEntry]) -> bool {
    const LOOKED_AT: usize = 3;
    let looked_at = spread(files.len(), LOOKED_AT);
    let found = looked_at.iter().filter(|&&i| looks_like_matrix(&files[i])).count();
    2 * found > looked_at.len()
}

fn looks_like_matrix(file: &FileEntry) -> bool {
    /// Bytes that are looked at; the more where lines are long.
    const STARTS: [usize; 2] = [1 << 16, 1 << 22];
    let Ok(data) = FileBytes::open(&file.path) else { return false };
    for most in STARTS {
        let mut start = vec![0; most.min(usize::try_from(data.size()).unwrap_or(most))];
        if data.read_exact_at(0, &mut start).is_err() {
            return false;
        }
        let Ok(text) = text::of(&start) else { return false };
        // The last line of a part is no line.
        let is_part = (start.len() as u64) < data.size();
        let end = memchr::memrchr2(b'\n', b'\r', &text).filter(|_| is_part).unwrap_or(text.len());
        if layout::looks_like_matrix(&text[..end]) {
            return true;
        }
        if !is_part || memchr::memchr2_iter(b'\n', b'\r', &text).nth(3).is_some() {
            return false;
        }
    }
    false
}

/// Decodes one matrix per file.
#[derive(Debug)]
pub(crate) struct GridCodec {
    /// Bytes per frame; see [`OpenOptions::max_frame_bytes`].
    limit: u64,
    /// Whether the last line of every file that was looked at has an end.
    all_end: OnceLock<bool>,
}

/// Bytes and number of texts that are all looked at where a sample of them does not tell the type.
const ALL: u64 = 64 << 20;
const MANY: usize = 4096;
const SAMPLE: usize = 16;

/// A double as text: a number of 25 characters is the longest that programs usually write.
const BYTES_OF_TEXT: u64 = 32;

/// Reads a text whose values take at most `limit` bytes as doubles.
fn read(data: &dyn ReadAt, limit: u64) -> Result<Matrix, String> {
    let size = data.size();
    if size > (limit / size_of::<f64>() as u64).saturating_mul(BYTES_OF_TEXT) {
        return Err(format!(
            "it has {size} bytes of text, more than fit the limit of {limit} bytes per frame; a larger --max-ram allows more"
        ));
    }
    let size = usize::try_from(size).map_err(|_| format!("no memory for {size} bytes"))?;
    with_scratch(size, |bytes| {
        data.read_exact_at(0, bytes).map_err(|e| format!("the file cannot be read: {e}"))?;
        Matrix::read(bytes, limit)
    })
}

fn shape(matrix: &Matrix) -> FrameShape {
    FrameShape::new(matrix.rows, matrix.columns, 1)
}

/// `which`: of one text nothing, of several which of them.
fn open_note(which: &str) -> String {
    format!("The last line{which} has no end: if the file is cut there, its last number may be, too.")
}

fn missing_note(missing: usize, files: usize) -> Option<String> {
    let cells = if missing == 1 { "1 cell is".to_owned() } else { format!("{missing} cells are") };
    let of = if files == 1 { String::new() } else { format!(" in the {files} texts looked at") };
    (missing > 0).then(|| format!("{cells} missing (NaN){of}."))
}

impl Codec for GridCodec {
    fn series_name(&self) -> &'static str {
        "text grids"
    }

    fn probe(&self, data: &dyn ReadAt, options: &OpenOptions) -> Result<ImageSpec, String> {
        let matrix = read(data, options.max_frame_bytes)?;
        let dtype = matrix.kinds.dtype();
        ImageSpec::check_size(shape(&matrix), dtype, options.max_frame_bytes)?;
        let mut notes = matrix.notes.clone();
        notes.extend(missing_note(matrix.kinds.missing, 1));
        if !matrix.is_ended {
            notes.push(open_note(""));
        }
        // Files of one series may need different types; `unify` says which one is read.
        let container_bits = 64;
        let channels = Channel::defaults(1);
        Ok(ImageSpec { frame: shape(&matrix), dtype, channels, container_bits, color_model: "matrix", notes })
    }

    fn decode(
        &self,
        data: &dyn ReadAt,
        spec: &ImageSpec,
        limit: u64,
        out: SamplesMut<'_>,
    ) -> Result<(), String> {
        let matrix = read(data, limit)?;
        check_same_size(shape(&matrix), spec.frame)?;
        if !matrix.is_ended && self.all_end.get() == Some(&true) {
            return Err("it breaks off: its last line has no end, those of the other files have; is the file cut? (If \
                        it is whole, end the line.)"
                .to_owned());
        }
        values::fill(matrix.rows(), out)
    }

    fn unify(
        &self,
        mut spec: ImageSpec,
        files: &[FileEntry],
        open: &(dyn Fn(usize) -> Result<FileBytes, String> + Sync),
    ) -> Result<ImageSpec, String> {
        if files.len() > 1 {
            self.look(&mut spec, files, open);
        }
        spec.container_bits = spec.dtype.bits();
        Ok(spec)
    }
}

/// What a text was found to hold.
struct Look {
    kinds: Values,
    is_ended: bool,
    notes: Vec<String>,
}

impl GridCodec {
    fn of(limit: u64) -> Self {
        Self { limit, all_end: OnceLock::new() }
    }

    /// Looks for the type that holds the values of all files: at some of them, and where these do not take the widest,
    /// at the others, unless they are too many or too large. Then it is a step wider.
    fn look(
        &self,
        spec: &mut ImageSpec,
        files: &[FileEntry],
        open: &(dyn Fn(usize) -> Result<FileBytes, String> + Sync),
    ) {
        /// So many ends of lines are no chance.
        const SURE: usize = 3;
        let frame = spec.frame;
        let look = |i: usize| {
            // Files that cannot be read, or are of another size, fail later, as frames, with their reason.
            let matrix = guarded(|| open(i).and_then(|file| read(&file, self.limit))).ok()?;
            let Matrix { kinds, is_ended, .. } = matrix;
            (shape(&matrix) == frame).then_some(Look { kinds, is_ended, notes: matrix.notes })
        };
        let looks = |chosen: &[usize]| in_parallel(chosen.len(), |k| look(chosen[k])).into_iter().flatten();
        let all_of = |found: &[Look]| found.iter().fold(Values::default(), |all, look| all.merge(look.kinds));
        let sample = spread(files.len(), SAMPLE);
        let mut found: Vec<Look> = looks(&sample).collect();
        let is_widest = !found.is_empty() && all_of(&found).dtype() == DType::F64;
        let may_be_wider = sample.len() < files.len() && !is_widest;
        let is_little = files.len() <= MANY && files.iter().map(|file| file.bytes).sum::<u64>() <= ALL;
        if may_be_wider && is_little {
            let others: Vec<usize> = (0..files.len()).filter(|i| sample.binary_search(i).is_err()).collect();
            found.extend(looks(&others));
        }
        let Some(first) = found.first() else { return };
        spec.notes.clone_from(&first.notes);
        let (all, looked_at) = (all_of(&found), found.len());
        spec.notes.extend(missing_note(all.missing, looked_at));
        spec.dtype = all.dtype();
        if may_be_wider && !is_little {
            spec.dtype = all.wider();
            spec.notes.push(format!(
                "{} follows from {looked_at} of {} texts and is a step wider than their values need; a text with other \
                 values fails.",
                spec.dtype,
                files.len()
            ));
        }
        let ended = found.iter().filter(|look| look.is_ended).count();
        // All but a few, and those are cut.
        let few = (looked_at / 8).max(1);
        let open = looked_at - ended;
        let all_end = ended >= SURE && open <= few;
        if open > 0 && !all_end {
            spec.notes.push(open_note(&format!(" of {open} of {looked_at} texts looked at")));
        }
        let _ = self.all_end.set(all_end);
    }
}

/// Reads any bytes as a matrix and as the start of one.
pub(crate) fn try_bytes(bytes: &[u8], limit: u64) {
    if let Ok(text) = text::of(bytes) {
        let _ = layout::looks_like_matrix(&text);
    }
    let codec = GridCodec::of(limit);
    let options = OpenOptions { max_frame_bytes: limit, ..OpenOptions::default() };
    if let Ok(spec) = codec.probe(&bytes, &options) {
        let mut out = blitz_core::Samples::zeros(spec.dtype, spec.frame.samples());
        let _ = codec.decode(&bytes, &spec, limit, out.as_mut());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_texts_are_opened_than_tell_the_type() {
        let dir = tempfile::tempdir().expect("folder");
        let codec = |text: &str, count: usize, bytes: u64| {
            let path = dir.path().join("f.txt");
            std::fs::write(&path, text).expect("written");
            let codec = GridCodec::of(1 << 20);
            let spec = codec.probe(&text.as_bytes(), &OpenOptions::default()).expect("a matrix");
            let opened = AtomicUsize::new(0);
            let open = |_: usize| {
                opened.fetch_add(1, Ordering::Relaxed);
                FileBytes::open(&path).map_err(|error| error.to_string())
            };
            let files = vec![FileEntry { bytes, ..FileEntry::new(path.clone()) }; count];
            let spec = codec.unify(spec, &files, &open).expect("unified");
            (opened.into_inner(), spec.dtype, spec.notes.len())
        };
        let (whole, fractions) = ("1 2\n3 4\n", "1 2.5\n3 4\n");
        assert_eq!(codec(whole, 1, 8), (0, DType::U8, 1));
        assert_eq!(codec(whole, 40, 8), (40, DType::U8, 1));
        assert_eq!(codec(fractions, 40, 10), (16, DType::F64, 1));
        assert_eq!(codec(whole, MANY + 1, 8), (16, DType::U16, 2));
        assert_eq!(codec(whole, 40, ALL / 39), (16, DType::U16, 2));
    }
}
