//! Steps: what happens to the values, in the order of the list.
//!
//! A step has one text form, used by flags, recipe files and the window alike:
//!
//! ```text
//! subtract mean:0:100,amount=0.5        subtract window:mean,50,lag=2,forward
//! divide file:flat.tif,normalised       divide median:,smallest=0.01,fill=1
//! flat flats/,dark=darks/,gain          relative mean:0:20
//! smooth-time gaussian,2                smooth box,3
//! limits 10:4000                        zone A            mask m.png
//! ```
//!
//! A reference is evaluated on the step's own input, so `subtract` before or after `smooth` is what it says.
//! A comma, backslash or leading blank inside a path is written with a backslash before it.
//!
//! Each step is a file of its own: its description ([`Describe`]: names, help, parameters with bounds, words) and how
//! it is computed (`Compute`). The list below names all steps; everything else is made from the descriptions. A new
//! step is such a file with its `mod` and its line in the list.

mod about;
mod arguments;
pub mod compute;
mod field;
mod filter;
mod guard;
mod reference;
mod within;

mod divide;
mod flat;
mod limits;
mod mask;
mod relative;
mod rescale;
mod smooth;
mod smooth_time;
mod subtract;
mod zone;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use blitz_core::ParseError;
use blitz_kernels::Method;
use blitz_kernels::pipeline::Working;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use about::{About, Describe, Group, Start, Suggested};
use arguments::Arguments;
use compute::{Compute, Inputs, Prepared};
pub use divide::Divide;
pub use field::{Field, Value};
pub use filter::Filter;
pub use flat::FlatField;
pub use guard::Guard;
pub use limits::Limits;
pub use mask::Mask;
pub use reference::{Direction, Reference, Window};
pub use relative::Relative;
pub use rescale::Rescale;
pub use smooth::Smooth;
pub use smooth_time::SmoothTime;
pub use subtract::Subtract;
pub use within::Within;
pub use zone::ZoneMask;

/// Makes the list of steps: the stored type, and what asks a step for its own answer.
macro_rules! steps {
    ($($Step:ident,)*) => {
        /// What a step does to a value. A missing value stays missing.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each step is documented where it is defined")]
        pub enum StepKind { $($Step($Step),)* }

        $(impl From<$Step> for StepKind {
            fn from(step: $Step) -> Self {
                Self::$Step(step)
            }
        })*

        impl StepKind {
            /// Every kind of step with its defaults, in the order of menus and help. Some of them cannot be computed:
            /// they name no file or zone yet.
            pub fn all() -> Vec<Self> {
                vec![$($Step::default().into(),)*]
            }

            /// Names and help.
            pub fn about(&self) -> &'static About {
                match self { $(Self::$Step(_) => &$Step::ABOUT,)* }
            }

            /// The parameters, in the order of the text form.
            pub fn fields(&mut self) -> Vec<Field<'_>> {
                match self { $(Self::$Step(step) => step.fields(),)* }
            }

            /// What the step does, behind its title: `mean of 0–99 (100 frames), 50 %`. `frames` is the number of
            /// frames of the source.
            pub fn describe(&self, frames: usize) -> String {
                match self { $(Self::$Step(step) => step.words(frames),)* }
            }

            /// What such a step starts with when it is added in the window.
            pub fn start(&self, from: &Suggested) -> Start<Self> {
                match self { $(Self::$Step(_) => $Step::start(from).map(Self::$Step),)* }
            }

            /// What follows when a person has chosen another reference.
            pub fn reference_chosen(&mut self) {
                match self { $(Self::$Step(step) => step.reference_chosen(),)* }
            }

            fn gives_signed(&self) -> bool {
                match self { $(Self::$Step(step) => step.gives_signed(),)* }
            }

            /// Evaluates the step's references and says how its frames are computed.
            ///
            /// # Errors
            /// If a reference cannot be evaluated or does not fit the recording.
            pub fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
                match self { $(Self::$Step(step) => step.prepare(inputs),)* }
            }
        }
    };
}

// The list of all steps, in the order of menus and help; those of one group stand together.
steps! {
    Subtract,
    Divide,
    FlatField,
    Relative,
    SmoothTime,
    Smooth,
    Limits,
    Rescale,
    ZoneMask,
    Mask,
}

/// A step of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Whether it takes part.
    pub enabled: bool,
    /// What it does.
    pub kind: StepKind,
}

impl Step {
    /// A step that takes part.
    pub fn new(kind: impl Into<StepKind>) -> Self {
        Self { enabled: true, kind: kind.into() }
    }

    /// Whether the step takes part and makes values on both sides of 0 out of positive ones.
    pub fn gives_signed(&self) -> bool {
        self.enabled && self.kind.gives_signed()
    }
}

/// As text, the one form that steps have.
impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Refuses text that is no step.
impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// As a step that takes part.
impl Serialize for StepKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Step::new(self.clone()).serialize(serializer)
    }
}

/// Refuses text that is no step.
impl<'de> Deserialize<'de> for StepKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Step::deserialize(deserializer).map(|step| step.kind)
    }
}

impl StepKind {
    /// Reads a step from its name and arguments, as flags give them.
    ///
    /// # Errors
    /// With what was found and what is expected.
    pub fn parse(name: &str, arguments: &str) -> Result<Self, ParseError> {
        let found = Self::all().into_iter().find(|kind| kind.name() == name);
        let mut kind = found.ok_or_else(|| ParseError::new(name, STEP))?;
        let mut args = Arguments::new(arguments);
        let mut fields = kind.fields();
        // What has a key may stand anywhere; what is left belongs to the parameter in front.
        fields.sort_by_key(|field| field.key.is_empty());
        fields.iter_mut().try_for_each(|field| field.take(&mut args))?;
        drop(fields);
        args.end()?;
        Ok(kind)
    }

    /// The step's name in recipes.
    pub fn name(&self) -> &'static str {
        self.about().name
    }

    /// The step's name for people: `Subtract`, `Smooth over time`.
    pub fn title(&self) -> &'static str {
        self.about().title
    }

    /// What stands behind the step's name.
    pub fn arguments(&self) -> String {
        let mut out = String::new();
        self.clone().fields().iter().for_each(|field| field.write(&mut out));
        out
    }

    /// Name and arguments with whole amounts: what stays while only an amount is moved.
    pub fn outline(&self) -> String {
        let mut kind = self.clone();
        for field in kind.fields() {
            if let Value::Amount(amount) = field.value {
                *amount = 1.0;
            }
        }
        format!("{} {}", kind.name(), kind.arguments())
    }

    /// What is wrong with the step's parameters for a recording, in words: the value found, the values allowed.
    pub fn fault(&self, within: Within) -> Option<String> {
        self.clone().fields().iter().find_map(|field| field.fault(within))
    }

    /// What the step compares with.
    pub fn references(&self) -> Vec<Reference> {
        self.inspect(|value| match value {
            Value::Reference(value) | Value::Picture(value) => Some(value.clone()),
            Value::OptionalPicture(value) => value.clone(),
            _ => None,
        })
    }

    /// Files and folders that the step reads.
    pub fn files(&self) -> Vec<PathBuf> {
        self.inspect(|value| match value {
            Value::Reference(value) | Value::Picture(value) => value.file().map(PathBuf::from),
            Value::OptionalPicture(value) => value.as_ref().and_then(|v| v.file()).map(PathBuf::from),
            Value::File(path, _) => Some(path.clone()),
            _ => None,
        })
    }

    /// Zones that the step names.
    pub fn zones(&self) -> Vec<String> {
        self.inspect(|value| if let Value::Zone(name) = value { Some(name.clone()) } else { None })
    }

    /// Names zone `old` by its new name.
    pub fn rename_zone(&mut self, old: &str, new: &str) {
        for field in self.fields() {
            if let Value::Zone(name) = field.value
                && name == old
            {
                new.clone_into(name);
            }
        }
    }

    /// Puts another file into the parameter with this index; references keep their method.
    pub fn set_file(&mut self, index: usize, path: PathBuf) {
        let Some(field) = self.fields().into_iter().nth(index) else { return };
        match field.value {
            Value::Reference(value) => *value = Reference::File { path, method: value.method() },
            Value::Picture(value) => *value = Reference::File { path, method: Method::Mean },
            Value::OptionalPicture(value) => *value = Some(Reference::File { path, method: Method::Mean }),
            Value::File(value, _) => *value = path,
            _ => {}
        }
    }

    /// Whether what it makes of a frame rests on other frames of the recording.
    pub fn rests_on_other_frames(&self) -> bool {
        let over_time =
            self.inspect(|value| matches!(value, Value::Filter { over_time: true, .. }).then_some(()));
        !over_time.is_empty() || self.references().iter().any(|reference| reference.file().is_none())
    }

    /// Frames of the window that the step moves along with; 0 if there is none.
    pub fn frames_around(&self) -> usize {
        let windows = self.references().into_iter().filter_map(|r| r.window()).map(|window| window.len);
        let filters = self.inspect(|value| match value {
            Value::Filter { value: Filter::Box(len) | Filter::Median(len), over_time: true } => Some(*len),
            _ => None,
        });
        windows.chain(filters).max().unwrap_or(0)
    }

    fn inspect<T>(&self, f: impl Fn(Value<'_>) -> Option<T>) -> Vec<T> {
        self.clone().fields().into_iter().filter_map(|field| f(field.value)).collect()
    }
}

const STEP: &str =
    "a step such as 'subtract mean:0:100', 'divide file:flat.tif,normalised', 'smooth gaussian,2'";

impl FromStr for Step {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let trimmed = text.trim_start();
        let (enabled, rest) = match trimmed.strip_prefix("off ") {
            Some(rest) => (false, rest),
            None => (true, trimmed),
        };
        let (name, arguments) = rest.split_once(' ').ok_or_else(|| ParseError::new(text, STEP))?;
        Ok(Self { enabled, kind: StepKind::parse(name, arguments)? })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let off = if self.enabled { "" } else { "off " };
        write!(f, "{off}{} {}", self.kind.name(), self.kind.arguments())
    }
}

#[cfg(test)]
mod tests;
