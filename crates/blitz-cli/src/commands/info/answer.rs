//! The answer as JSON and as text.

use std::borrow::Cow;
use std::path::PathBuf;

use blitz_core::{FrameFault, Stack, TimeAxis, TimeOrigin};
use blitz_kernels::EffectiveBits;
use blitz_model::evaluate::LevelsAnswer;
use blitz_model::load::Strategy;
use blitz_model::text;
use serde::{Serialize, Serializer};

use crate::recording::Recording;
use crate::shell::FailedFrame;

/// Everything that is known. Sizes are those of the stack, after crop, shrink and conversion; `source` has
/// those of the files.
#[derive(Debug, Serialize)]
pub(super) struct Info {
    frames: usize,
    height: usize,
    width: usize,
    channels: usize,
    channel_names: Vec<String>,
    dtype: &'static str,
    /// Bits that the values use; null for floats, and where no frame could be read.
    effective_bits: Option<u32>,
    effective_bits_text: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    /// NaN samples.
    missing: u64,
    infinite: u64,
    /// Frames that the five entries above rest on.
    frames_read: usize,
    /// Whether those are all readable frames.
    scanned: bool,
    /// Bytes of all samples of the stack.
    bytes: u64,
    /// Frames per second; null where not set.
    rate: Option<f64>,
    /// `given`, `container` or null.
    rate_origin: Option<&'static str>,
    /// Numbers in the names of the first and the last file taken, where names have one that counts.
    file_numbers: Option<[String; 2]>,
    pixel_size_m: Option<f64>,
    unit: Option<String>,
    /// How the first frame was taken, as its file says.
    #[serde(serialize_with = "as_map")]
    facts: blitz_io::Facts,
    /// Source frame of the stack's first frame, and source frames from one to the next.
    first_frame: usize,
    frame_step: usize,
    source: Source,
    plan: Plan,
    groups: Vec<Group>,
    notes: Vec<String>,
    failed: Vec<FailedFrame>,
}

#[derive(Debug, Serialize)]
struct Source {
    path: PathBuf,
    name: String,
    format: Cow<'static, str>,
    color_model: Cow<'static, str>,
    container_bits: u32,
    frames: usize,
    height: usize,
    width: usize,
    channels: usize,
    dtype: &'static str,
    bytes_on_disk: u64,
    /// Meaning of the axes, as `--axes` takes it; empty where there is nothing to choose.
    axes: String,
    other_axes: Vec<String>,
    one_of: Vec<OneOf>,
}

/// An axis of which one is taken.
#[derive(Debug, Serialize)]
struct OneOf {
    /// `channel`, `slice` or `position`.
    what: Cow<'static, str>,
    /// Which one; null takes all.
    shown: Option<usize>,
    count: usize,
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Plan {
    /// `map`, `lazy`, `memory`, `disk` or `too big`.
    strategy: &'static str,
    reason: String,
    bytes: u64,
    peak_bytes: u64,
    budget_bytes: u64,
    every_that_fits: usize,
    shrink_that_fits: Option<f64>,
    description: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Group {
    /// What `--group` takes.
    name: String,
    suffix: String,
    files: usize,
    readable: bool,
    chosen: bool,
    /// Shape and type of an array of an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    array: Option<String>,
}

impl From<&blitz_io::OneOf> for OneOf {
    fn from(one: &blitz_io::OneOf) -> Self {
        Self { what: one.name.clone(), shown: one.shown, count: one.count, names: one.names.clone() }
    }
}

impl From<&blitz_io::Group> for Group {
    fn from(group: &blitz_io::Group) -> Self {
        Self {
            name: group.name.clone(),
            suffix: group.suffix.clone(),
            files: group.count,
            readable: group.loadable,
            chosen: group.chosen,
            array: group.array.clone(),
        }
    }
}

/// A group in words, with what those are that are open and that could be.
pub(super) fn group_line(group: &Group, chosen: &str, other: &str) -> String {
    let name = match group.name.as_str() {
        "" => "no suffix".to_owned(),
        name if name == group.suffix => format!(".{name}"),
        name => name.to_owned(),
    };
    let what = match (group.chosen, group.readable) {
        (true, _) => chosen,
        (false, true) => other,
        (false, false) => "not read",
    };
    match &group.array {
        Some(array) => format!("{} {array}: {what}", group.name),
        None => format!("{name}, {}: {what}", text::count(group.files, "file")),
    }
}

impl Info {
    pub(super) fn new(recording: &Recording, levels: &LevelsAnswer, faults: &[FrameFault]) -> Self {
        let (stack, source, plan) =
            (&recording.stack, recording.opened.source.info(), &recording.opened.plan);
        let shape = stack.shape();
        let histogram = &levels.histogram;
        let pixel_size = recording.recipe.calibration.pixel_size.or(stack.pixel_size);
        let bits = levels.effective_bits.filter(|_| levels.coverage.used > 0);
        Self {
            frames: shape.frames,
            height: shape.frame.height,
            width: shape.frame.width,
            channels: shape.frame.channels,
            channel_names: stack.channels.iter().map(|c| c.name.clone()).collect(),
            dtype: stack.dtype().name(),
            effective_bits: bits.map(|b| b.bits),
            effective_bits_text: bits.map(EffectiveBits::describe),
            min: histogram.min(),
            max: histogram.max(),
            missing: histogram.missing(),
            infinite: histogram.infinite(),
            frames_read: levels.coverage.used,
            scanned: !levels.sampled && levels.coverage.is_final(),
            bytes: stack.bytes(),
            rate: recording.time.rate(),
            rate_origin: origin(recording),
            file_numbers: file_numbers(stack),
            pixel_size_m: pixel_size.map(|size| size.metres),
            unit: recording.unit().map(str::to_owned),
            facts: source.facts.clone(),
            first_frame: stack.frames.first,
            frame_step: stack.frames.step,
            source: Source {
                path: source.path.clone(),
                name: source.name.clone(),
                format: source.format.clone(),
                color_model: source.color_model.clone(),
                container_bits: source.container_bits,
                frames: source.frames,
                height: source.frame.height,
                width: source.frame.width,
                channels: source.frame.channels,
                dtype: source.dtype.name(),
                bytes_on_disk: source.bytes_on_disk,
                axes: source.reading.axes.clone(),
                other_axes: source.reading.others.clone(),
                one_of: source.reading.one_of.iter().map(OneOf::from).collect(),
            },
            plan: Plan {
                strategy: match plan.strategy {
                    Strategy::Map => "map",
                    Strategy::Lazy => "lazy",
                    Strategy::Memory => "memory",
                    Strategy::Cache => "disk",
                    Strategy::TooBig => "too big",
                },
                reason: plan.reason.clone(),
                bytes: plan.bytes,
                peak_bytes: plan.peak_bytes,
                budget_bytes: plan.budget,
                every_that_fits: plan.every_that_fits,
                shrink_that_fits: plan.shrink_that_fits,
                description: plan.describe(),
            },
            groups: source.groups.iter().map(Group::from).collect(),
            notes: source.notes.iter().cloned().chain(recording.opened.chain.scale_text()).collect(),
            failed: faults.iter().map(FailedFrame::from).collect(),
        }
    }

    /// One line per fact.
    pub(super) fn to_text(&self) -> String {
        let source = &self.source;
        let mut lines = vec![
            ("path", source.path.display().to_string()),
            ("format", format!("{}, {}", source.format, source.color_model)),
            ("frames", self.frames_text()),
            ("image", self.image_text()),
            ("values", self.values_text()),
            (
                "size",
                format!(
                    "{} on disk, {} of samples",
                    text::bytes(source.bytes_on_disk),
                    text::bytes(self.bytes)
                ),
            ),
            ("rate", self.rate_text()),
        ];
        if let Some([first, last]) = &self.file_numbers {
            lines.push(("numbers", format!("{first} to {last} in the names of the files")));
        }
        if let Some(metres) = self.pixel_size_m {
            lines.push(("pixel size", blitz_core::PixelSize { metres }.display()));
        }
        lines.extend(self.unit.clone().map(|unit| ("unit", unit)));
        lines.extend(self.facts.iter().map(|(name, fact)| (name.as_ref(), fact.clone())));
        lines.push(("plan", self.plan.description.clone()));
        lines.push(("memory", self.memory_text()));
        let groups = self.groups.iter();
        lines.extend(
            groups.map(|g| ("group", group_line(g, "this recording", "another recording (--group)"))),
        );
        lines.extend(self.notes.iter().map(|note| ("note", note.clone())));
        if !self.failed.is_empty() {
            lines.push(("failed", text::count(self.failed.len(), "frame")));
        }
        // As wide as the usual names, or as the longest of what the file says.
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max(11);
        let lines: Vec<String> = lines
            .iter()
            .map(|(name, value)| format!("{name:<width$} {value}"))
            .chain([String::new()])
            .collect();
        lines.join("\n")
    }

    /// Where the bytes are once it is loaded.
    fn memory_text(&self) -> String {
        let plan = &self.plan;
        match plan.strategy {
            "map" => "none of the program's: the file itself is read through the system's cache".to_owned(),
            "lazy" => format!("none held; up to {} while frames are converted", text::bytes(plan.peak_bytes)),
            "disk" => format!("none of the program's: {} on disk", text::bytes(plan.bytes)),
            _ => format!(
                "stack {}, up to {} more while frames are decoded, of {}",
                text::bytes(plan.bytes),
                text::bytes(plan.peak_bytes.saturating_sub(plan.bytes)),
                text::bytes(plan.budget_bytes)
            ),
        }
    }

    fn frames_text(&self) -> String {
        if self.frames == self.source.frames {
            return text::grouped(self.frames as u64);
        }
        let step =
            if self.frame_step > 1 { format!(" in steps of {}", self.frame_step) } else { String::new() };
        format!(
            "{} of {}, from frame {}{step}",
            text::grouped(self.frames as u64),
            text::grouped(self.source.frames as u64),
            self.first_frame
        )
    }

    fn image_text(&self) -> String {
        let source = &self.source;
        let size = format!("{} wide × {} high, {}", self.width, self.height, self.channel_names.join(", "));
        if (self.width, self.height, self.channels) == (source.width, source.height, source.channels) {
            return size;
        }
        format!(
            "{size} (source: {} × {}, {})",
            source.width,
            source.height,
            text::count(source.channels, "channel")
        )
    }

    fn values_text(&self) -> String {
        let mut parts = vec![self.dtype.to_owned()];
        parts.extend(self.effective_bits_text.as_ref().map(|bits| format!("{bits} used")));
        parts.extend(self.min.zip(self.max).map(|(min, max)| format!("{min} to {max}")));
        if self.missing > 0 {
            parts.push(text::count(self.missing as usize, "missing value"));
        }
        if self.infinite > 0 {
            parts.push(text::count(self.infinite as usize, "infinite value"));
        }
        let from = if self.scanned { "all".to_owned() } else { format!("{} of", self.frames_read) };
        format!(
            "{} ({from} {}{})",
            parts.join(", "),
            text::count(self.frames, "frame"),
            if self.scanned { "" } else { "; --scan reads all" }
        )
    }

    fn rate_text(&self) -> String {
        match (self.rate, self.rate_origin) {
            (Some(rate), Some("container")) => {
                format!("{rate} frames per second (as the file says; the recording's may differ)")
            }
            (Some(rate), _) => format!("{rate} frames per second"),
            (None, Some(_)) => "every frame has its own time".to_owned(),
            (None, None) => "not set (--fps or --dt)".to_owned(),
        }
    }
}

/// Facts as an object, in their order.
fn as_map<S: Serializer>(facts: &blitz_io::Facts, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, fact)| (name, fact)))
}

fn file_numbers(stack: &Stack) -> Option<[String; 2]> {
    let last = stack.shape().frames.checked_sub(1)?;
    Some([stack.meta(0).number?, stack.meta(last).number?])
}

fn origin(recording: &Recording) -> Option<&'static str> {
    match &recording.time {
        TimeAxis::NotSet => None,
        TimeAxis::Explicit(_) if recording.recipe.load.times.is_some() => Some("given"),
        TimeAxis::Interval { origin: TimeOrigin::Given, .. } => Some("given"),
        TimeAxis::Interval { origin: TimeOrigin::Container, .. } | TimeAxis::Explicit(_) => Some("container"),
    }
}
