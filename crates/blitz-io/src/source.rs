//! What an opened source says of itself and how its frames are read.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use blitz_core::{
    Cancel, Channel, DType, FrameCatalog, FrameFault, FrameMap, FrameShape, PixelSize, Progress, Samples,
    SamplesMut, SamplesRef, TimeAxis,
};
use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::format::contract::{Grain, ImageSpec};
use crate::format::npy::axes::Axes;
use crate::format::npy::element::ComplexPart;
use crate::format::raw::layout::RawLayout;
use crate::reading::Reading;
use crate::scan::ListFolders;
use crate::store::MappedStore;
use crate::times::from::TimesFrom;

/// What is known of a source once it is open. Only headers (and the first frame) have been read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceInfo {
    /// Short name: that of the folder or file.
    pub name: String,
    /// Format in words: `PNG files`, `NumPy array`.
    pub format: Cow<'static, str>,
    /// What the person gave.
    pub path: PathBuf,
    /// Frames, failed ones included.
    pub frames: usize,
    /// Shape of every frame.
    pub frame: FrameShape,
    /// Element type that [`FrameSource::decode`] fills.
    pub dtype: DType,
    /// One entry per channel.
    pub channels: Vec<Channel>,
    /// Bits per sample in the container: 4 for a 4-bit PNG whose codes lie in u8.
    pub container_bits: u32,
    /// Colour model of the container in words.
    pub color_model: Cow<'static, str>,
    /// Time axis that the container states.
    pub time: TimeAxis,
    /// Frame at t = 0 by the numbers of the files.
    pub t0_frame: i64,
    /// Where the frames stand in time, in intervals, where that is not at their numbers.
    pub counts: Option<Arc<[f64]>>,
    /// Pixel size that the container states.
    pub pixel_size: Option<PixelSize>,
    /// Unit of the values that the container states.
    pub unit: Option<String>,
    /// How the first frame was taken, as its file says; see [`FrameSource::facts`].
    pub facts: Facts,
    /// How the axes are read.
    pub reading: Reading,
    /// The smallest part that is decoded at once.
    pub grain: Grain,
    /// Bytes of all its files.
    pub bytes_on_disk: u64,
    /// What a person must know, in full sentences: gaps in the numbering, alpha that was dropped, the rule
    /// by which axes were read, other groups in the folder.
    pub notes: Vec<String>,
    /// Groups found in the folder, largest first; empty for single files.
    pub groups: Vec<Group>,
    /// Frames known to be bad already. They keep their place in time.
    pub faults: Vec<FrameFault>,
    /// Whether frames may be added while it is open: see [`FrameSource::growing`].
    pub may_grow: bool,
}

impl SourceInfo {
    /// What is known of a recording of `frames` images like `spec` before name, path, bytes, time and faults are.
    pub(crate) fn of(spec: &ImageSpec, format: &'static str, frames: usize) -> Self {
        Self {
            name: String::new(),
            format: Cow::Borrowed(format),
            path: PathBuf::new(),
            frames,
            frame: spec.frame,
            dtype: spec.dtype,
            channels: spec.channels.clone(),
            container_bits: spec.container_bits,
            color_model: Cow::Borrowed(spec.color_model),
            time: TimeAxis::NotSet,
            t0_frame: 0,
            counts: None,
            pixel_size: None,
            unit: None,
            facts: Facts::new(),
            reading: Reading::default(),
            grain: Grain::Frame,
            bytes_on_disk: 0,
            notes: spec.notes.clone(),
            groups: Vec::new(),
            faults: Vec::new(),
            may_grow: false,
        }
    }
}

/// Files of a folder that make one recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What [`OpenOptions::group`] takes: the suffix, where all files of it are one series, otherwise the name that they
    /// share, `#` in the place of the number that counts.
    pub name: String,
    /// Suffix in lower case, without the dot; empty for files that have none.
    pub suffix: String,
    /// Files.
    pub count: usize,
    /// Whether the suffix is read.
    pub loadable: bool,
    /// Whether this group was opened.
    pub chosen: bool,
    /// Shape and type, where it is no group of files but an array of an archive.
    pub array: Option<String>,
}

impl Group {
    /// In words: `3 .png files`, `6 files img_#.png`, `array x (9, 480, 640) uint16`.
    pub fn text(&self) -> String {
        if let Some(array) = &self.array {
            return format!("array {} {array}", self.name);
        }
        let files = if self.count == 1 { "file" } else { "files" };
        match (self.suffix.as_str(), self.name.as_str()) {
            ("", _) => format!("{} {files} without suffix", self.count),
            (suffix, name) if suffix == name => format!("{} .{suffix} {files}", self.count),
            (_, name) => format!("{} {files} {name}", self.count),
        }
    }
}

/// Frames behind a decoder, by source frame number.
pub trait FrameSource: FrameCatalog + Send + Sync + fmt::Debug {
    /// What is known of the source.
    fn info(&self) -> &SourceInfo;

    /// The same, for what only the caller of an opening knows (the other files of a folder).
    fn info_mut(&mut self) -> &mut SourceInfo;

    /// Decodes frame `frame` into `out`, dense and native-endian, overwriting all of it. May be called from many
    /// threads at once.
    ///
    /// # Errors
    /// Why the frame cannot be read: a damaged file, or one whose size, type or colour model differs from
    /// that of the source. `out` may then hold part of it.
    ///
    /// # Panics
    /// If `out` has another type or length than [`info`](Self::info) says.
    fn decode(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), FrameFault>;

    /// Decodes rows `rows` of frame `frame` into `out`, with the values and the failures of
    /// [`decode`](Self::decode). Costs less than a frame where the grain is [`Grain::Rows`].
    ///
    /// # Errors
    /// As [`decode`](Self::decode), also where only other rows of the frame cannot be read.
    ///
    /// # Panics
    /// If the rows leave the frame, or `out` has another type or length than they have.
    fn decode_rows(&self, frame: usize, rows: Range<usize>, out: SamplesMut<'_>) -> Result<(), FrameFault> {
        let info = self.info();
        assert_rows_fit(info, &rows, &out);
        let mut whole = Samples::zeros(info.dtype, info.frame.samples());
        self.decode(frame, whole.as_mut())?;
        copy_rows(whole.as_ref(), info.frame, rows, out);
        Ok(())
    }

    /// Brightness as the files hold it; `None` for sources that are not stored as luma and chroma.
    fn luma(&self) -> Option<LumaInfo> {
        None
    }

    /// Decodes the luma of frame `frame`, one sample per pixel, of the type that [`luma`](Self::luma) says.
    ///
    /// # Errors
    /// As [`decode`](Self::decode); always for sources without luma.
    ///
    /// # Panics
    /// If `out` has another length than one sample per pixel.
    fn decode_luma(&self, frame: usize, _range: LumaRange, _out: SamplesMut<'_>) -> Result<(), FrameFault> {
        let reason = "the recording is not stored as luma and chroma".to_owned();
        Err(FrameFault { file: None, frame, reason })
    }

    /// Name of the library that decodes, and its version where values depend on it; empty where any decoder gives the
    /// same values.
    fn decoder(&self) -> String {
        String::new()
    }

    /// What the file of frame `frame` says of how it was taken: time, exposure, aperture, ISO, focal length, camera, lens,
    /// software, description, with units and in words. Reads the head of that file; damaged data say nothing.
    fn facts(&self, _frame: usize) -> Facts {
        Facts::new()
    }

    /// What only video has: frames that rest on others. `None` for all other sources.
    fn video(&self) -> Option<&dyn VideoFrames> {
        None
    }

    /// What only a recording has to which frames may be added while it is open. `None` for all others.
    fn growing(&self) -> Option<&dyn Growing> {
        None
    }

    /// A store over the file itself, if the source needs no decoding at all.
    fn mapped(&self) -> Option<Arc<MappedStore>> {
        None
    }
}

/// What only a folder of pictures has: another program may add to it.
pub trait Growing: Sync {
    /// Looks for files that belong behind the last one, and takes them on as frames: [`FrameSource::decode`] then reads
    /// them, though they may not be whole yet. Reads the folder's listing where it has changed.
    ///
    /// # Errors
    /// Why the folder cannot be read.
    fn look(&self) -> Result<Grown, String>;

    /// Whether the file of a frame has kept its size for two seconds, and so is as whole as it will become. To be asked
    /// again and again.
    fn is_settled(&self, frame: usize) -> bool;
}

/// What was found in a folder that grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grown {
    /// Frames of the recording now.
    pub frames: usize,
    /// New files that belong before frames that are known already, and so are left out until the folder is opened again.
    pub late: Vec<String>,
}

/// What only the frames of a video have.
pub trait VideoFrames {
    /// Is told which frames will be asked for (those of `frames`, `count` of them) and says how they are decoded:
    /// through, or from keyframe to keyframe. Other frames can be asked for all the same. May decode some frames to
    /// find out.
    fn prepare(&self, frames: FrameMap, count: usize) -> Option<String>;

    /// Pictures decoded so far, which can be more than the frames that were asked for.
    fn decoded(&self) -> u64;

    /// Bytes that decoders and pictures kept for the next frames hold now, about.
    fn decoder_bytes(&self) -> u64;

    /// Most of them while the frames that [`prepare`](Self::prepare) was told of are read in order.
    fn most_decoder_bytes(&self) -> u64;
}

/// The luma plane of a source that stores brightness and colour apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LumaInfo {
    /// Element type of the samples.
    pub dtype: DType,
    /// Bits of a code.
    pub bits: u32,
    /// Whether codes use their whole range; otherwise black is 16 and white 235, times 2 for each bit above 8.
    pub full_range: bool,
}

/// What becomes of luma in limited range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LumaRange {
    /// Codes stay what they are.
    #[default]
    Codes,
    /// Black becomes 0 and white the largest code; codes outside are clipped.
    Full,
}

/// What the person said beside the path.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Axes of a `.npy` array, where the rule does not fit. The letters before H name the axes of pages of a TIFF file;
    /// `THW` reads every page as a frame.
    pub axes: Option<Axes>,
    /// Which channel is shown, by number or name; `None` shows all that a frame has, or the first of pages.
    pub channel: Option<String>,
    /// Which slice is shown; `None` shows the first.
    pub slice: Option<usize>,
    /// Which position is shown; `None` shows the first.
    pub position: Option<usize>,
    /// Which real number to take of complex samples.
    pub complex: Option<ComplexPart>,
    /// Which recording of a folder to open: a suffix (with or without dot), the name of a series or of one of its files,
    /// or a part of it that no other has; in any letter case.
    pub group: Option<String>,
    /// What the samples of files of bare samples are: files are read so, whatever they are called.
    pub raw: Option<RawLayout>,
    /// Whether `raw` is for files only that are nothing else (references beside a raw recording).
    pub raw_where_unknown: bool,
    /// Frames that claim more bytes than this are refused.
    pub max_frame_bytes: u64,
    /// Where the times of frames come from, where not from the recording's own container.
    pub times: Option<TimesFrom>,
    /// Whether pictures stay as they are stored, although their file (a video, a TIFF) asks for them to be turned.
    pub stored_orientation: bool,
    /// Where indexes of videos are kept between runs; `None` keeps none.
    pub cache_dir: Option<PathBuf>,
    /// Stops an opening that takes long.
    pub cancel: Cancel,
    /// Follows an opening that takes long: the listing of a folder, headers, a video's index.
    pub progress: Progress,
    /// Is given the first picture of an opening that takes long, before the rest is read.
    pub first_picture: Option<ShowFirst>,
    /// How a folder that is opened is listed.
    pub list: ListFolders,
}

/// What can be seen of a recording before it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Early {
    /// Its first frame, for certain, while the others are still to be found (a video's index). Comes once.
    First,
    /// A file that is likely to be its first one, while a folder is still listed and looked through: what is seen is
    /// not what is measured. Its first frame is meant. Comes once more where another file turns out to be the first.
    Preview,
}

/// Shows what can be seen early.
#[derive(Clone)]
pub struct ShowFirst(Arc<dyn Fn(Arc<dyn FrameSource>, Early) + Send + Sync>);

impl ShowFirst {
    /// `show` is called on the thread that opens or on another one, not after the opening has ended.
    pub fn new(show: impl Fn(Arc<dyn FrameSource>, Early) + Send + Sync + 'static) -> Self {
        Self(Arc::new(show))
    }

    pub(crate) fn call(&self, first: Arc<dyn FrameSource>, early: Early) {
        (self.0)(first, early);
    }
}

impl fmt::Debug for ShowFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShowFirst")
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            axes: None,
            channel: None,
            slice: None,
            position: None,
            complex: None,
            group: None,
            times: None,
            raw: None,
            raw_where_unknown: false,
            max_frame_bytes: 4 << 30,
            stored_orientation: false,
            cache_dir: None,
            cancel: Cancel::default(),
            progress: Progress::default(),
            first_picture: None,
            list: ListFolders::default(),
        }
    }
}

/// Panics unless the rows lie in the frame and `out` holds just them; see [`FrameSource::decode_rows`].
pub(crate) fn assert_rows_fit(info: &SourceInfo, rows: &Range<usize>, out: &SamplesMut<'_>) {
    assert!(rows.start <= rows.end && rows.end <= info.frame.height, "rows {rows:?} lie inside the frame");
    assert_eq!(out.dtype(), info.dtype, "the buffer has the source's element type");
    assert_eq!(out.len(), rows.len() * info.frame.row(), "the buffer has the size of the rows");
}

/// Copies rows out of a whole frame.
pub(crate) fn copy_rows(
    whole: SamplesRef<'_>,
    frame: FrameShape,
    rows: Range<usize>,
    mut out: SamplesMut<'_>,
) {
    let part = whole.slice(rows.start * frame.row()..rows.end * frame.row());
    out.bytes().copy_from_slice(part.bytes());
}

/// Panics unless `out` is what the source promised; see [`FrameSource::decode`].
pub(crate) fn assert_fits(info: &SourceInfo, out: &SamplesMut<'_>) {
    assert_eq!(out.dtype(), info.dtype, "the buffer has the source's element type");
    assert_eq!(out.len(), info.frame.samples(), "the buffer has the source's frame size");
}
