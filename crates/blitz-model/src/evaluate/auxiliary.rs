//! Curves recorded beside the recording, at their own times and at those of the frames.

mod shape;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use blitz_core::{Abscissa, Stack, TimeAxis};
use blitz_io::{Signal, SignalOptions, Signals, read_signals};
use serde::{Deserialize, Serialize};

use super::{Answer, Basis, Coverage, EvalError, Input, Question};
use crate::recipe::{Auxiliary, Recipe};
use shape::{Axis, shaped};

/// Curves from a file beside the recording, as a recipe says: inverted, scaled, smoothed at their own times, and taken at
/// the times of the frames.
///
/// # Values
/// Inverted values are the largest one minus each. A moving mean has a value where its whole window lies within the file,
/// of the samples there that are not missing. Between two samples values are interpolated linearly; before the first and
/// behind the last one, and beside a missing one, they are missing (NaN), never held or guessed.
///
/// # Times
/// Where the recording has no times there is no common clock: the file's numbers are then taken for frame numbers as they
/// stand, which the answer says.
///
/// # Cost
/// Reads the file, once while it stays as it is; frames times the logarithm of the samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuxiliaryCurves {
    /// File, columns, and what is made of them.
    pub entry: Auxiliary,
    /// When the file was written: another time is another question.
    pub written: u64,
    /// Its place in the recipe, which tells it from others that a view asks for at the same time.
    pub place: usize,
    /// Times over source frames.
    pub time: TimeAxis,
    /// Source frames.
    pub frames: usize,
}

impl AuxiliaryCurves {
    /// The questions for all curves of a recipe that are not hidden, for whoever asks them once.
    pub fn of(stack: &Stack, recipe: &Recipe, time: &TimeAxis) -> Vec<Self> {
        let frames = stack.known_source_frames();
        let shown = recipe.auxiliary.iter().enumerate().filter(|(_, entry)| !entry.hidden);
        let of = |(place, entry): (usize, &Auxiliary)| Self {
            entry: entry.values_only(),
            written: 0,
            place,
            time: time.clone(),
            frames,
        };
        shown.map(of).collect()
    }
}

/// The answer to [`AuxiliaryCurves`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuxiliaryAnswer {
    /// One for each column asked for.
    pub curves: Vec<AuxiliaryCurve>,
    /// Where their samples lie along the recording, as source frames and parts of them; rising.
    pub at: Arc<[f64]>,
    /// What the times of the file count.
    pub unit: Abscissa,
    /// Whether the file and the recording have a clock in common, or frames.
    pub has_common_clock: bool,
    /// Names of all columns of the file.
    pub columns: Vec<String>,
    /// Full sentences for people: what was assumed, passed over, or lies where the recording is not.
    pub notes: Vec<String>,
    /// What was read, to continue from.
    read: Arc<Read>,
}

/// One column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuxiliaryCurve {
    /// What it is called, with what was made of its values.
    pub name: String,
    /// Unit of its values, with the factor that was applied.
    pub unit: Option<String>,
    /// Its samples, one for each of [`AuxiliaryAnswer::at`]; NaN is missing.
    pub values: Vec<f64>,
    /// Its value at each source frame; NaN is missing.
    pub on_frames: Vec<f64>,
}

impl AuxiliaryCurve {
    /// Name and unit: `U (V)`.
    pub fn title(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} ({unit})", self.name),
            None => self.name.clone(),
        }
    }
}

/// A file that was read, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Read {
    entry: Auxiliary,
    written: u64,
    signals: Signals,
}

impl Read {
    /// Whether it is what another question would read.
    fn is_of(&self, question: &AuxiliaryCurves) -> bool {
        let of = |entry: &Auxiliary| (entry.file.clone(), options(entry));
        self.written == question.written && of(&self.entry) == of(&question.entry)
    }
}

fn options(entry: &Auxiliary) -> SignalOptions {
    SignalOptions { time: entry.time.clone(), unit: entry.unit, drop_negative: entry.drop_negative }
}

impl Answer for AuxiliaryAnswer {
    fn bytes(&self) -> u64 {
        let of = |curve: &AuxiliaryCurve| curve.values.len() + curve.on_frames.len();
        let numbers = self.at.len() + self.curves.iter().map(of).sum::<usize>();
        (numbers * size_of::<f64>()) as u64 + self.read.signals.bytes()
    }

    fn coverage(&self) -> Option<&Coverage> {
        None
    }
}

impl Question for AuxiliaryCurves {
    type Answer = AuxiliaryAnswer;

    fn title(&self) -> String {
        format!("curves of {}", self.entry.file_name())
    }

    fn hash(&self, mut state: &mut dyn Hasher) {
        (self.written, self.frames).hash(&mut state);
        // Numbers in their shortest exact form.
        format!("{:?}", self.entry.values_only()).hash(&mut state);
        match &self.time {
            TimeAxis::NotSet => {}
            TimeAxis::Interval { dt, t0_frame, .. } => (dt, t0_frame).hash(&mut state),
            TimeAxis::Explicit(times) => times.iter().for_each(|t| t.to_bits().hash(&mut state)),
        }
    }

    fn basis(&self) -> Basis {
        // No frame's samples matter: what does is in the question.
        Basis::Frame(0)
    }

    fn steps(&self, _: usize) -> usize {
        0
    }

    fn place(&self) -> u64 {
        self.place as u64
    }

    fn shows_failure(&self) -> bool {
        true
    }

    fn answer(&self, input: &Input<'_>) -> Result<AuxiliaryAnswer, EvalError> {
        let entry = &self.entry;
        let earlier = input.earlier::<AuxiliaryAnswer>().map(|answer| Arc::clone(&answer.read));
        let read = if let Some(read) = earlier.filter(|read| read.is_of(self)) {
            read
        } else {
            let signals =
                read_signals(&entry.file, &options(entry)).map_err(|e| EvalError::Empty(e.to_string()))?;
            Arc::new(Read { entry: entry.clone(), written: self.written, signals })
        };
        let signals = &read.signals;
        let refuse = |why: String| EvalError::Empty(format!("{}: {why}", entry.file.display()));
        let samples = signals.times.len();
        if entry.smooth > samples {
            let smooth = entry.smooth;
            return Err(refuse(format!(
                "smooth={smooth} found, at most {samples} expected, as many samples as it has"
            )));
        }
        let axis = Axis::new(signals, entry.offset, &self.time);
        let frames = axis.frames(self.frames);
        let mut notes = signals.notes.clone();
        notes.extend(axis.note(signals));
        let mut curves = Vec::new();
        for signal in chosen(signals, entry).map_err(refuse)? {
            let values = shaped(&signal.values, entry, &|| input.cx.is_stopped());
            if input.cx.is_stopped() {
                return Err(EvalError::Cancelled);
            }
            let on_frames = axis.sampled(&values, &frames);
            curves.push(AuxiliaryCurve {
                name: name(signal, entry),
                unit: unit(signal, entry),
                values,
                on_frames,
            });
        }
        notes.extend(axis.outside(&frames, signals));
        Ok(AuxiliaryAnswer {
            curves,
            at: axis.along_frames().into(),
            unit: signals.unit,
            has_common_clock: axis.is_common(),
            columns: signals.columns.iter().map(|column| column.name.clone()).collect(),
            notes,
            read,
        })
    }
}

/// The columns that are asked for; says which are there where one is not.
fn chosen<'a>(signals: &'a Signals, entry: &Auxiliary) -> Result<Vec<&'a Signal>, String> {
    if entry.columns.is_empty() {
        return Ok(signals.columns.iter().collect());
    }
    let find = |name: &String| {
        signals.find(name).ok_or_else(|| {
            let there: Vec<String> =
                signals.columns.iter().take(20).map(|c| format!("'{}'", c.name)).collect();
            format!("there is no column '{name}' with numbers: it has {}", there.join(", "))
        })
    };
    entry.columns.iter().map(find).collect()
}

fn name(signal: &Signal, entry: &Auxiliary) -> String {
    if entry.invert { format!("inverted {}", signal.name) } else { signal.name.clone() }
}

/// A value of 3000 that was 3 V is no 3000 V.
fn unit(signal: &Signal, entry: &Auxiliary) -> Option<String> {
    match (&signal.unit, entry.scale) {
        (unit, 1.0) => unit.clone(),
        (Some(unit), scale) => Some(format!("{unit} × {scale}")),
        (None, scale) => Some(format!("× {scale}")),
    }
}
