//! What every command takes: how the recording is read, its scales, its geometry, a recipe.

use std::cell::RefCell;
use std::path::PathBuf;

use blitz_core::{FrameRange, ParseError, PixelSize, Rect};
use blitz_kernels::Rotation;
use blitz_model::load::read_recipe;
use blitz_model::recipe::{Calibration, Load, Rate, Recipe};
use blitz_model::{Geometry, text};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

use super::cache::CacheArgs;
use super::steps::StepArgs;
use super::value::{self, EightBit};
use crate::failure::Failure;
use crate::recording::Input;

/// The recording and how it is read.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// A file, a folder, or several files of one format.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    flags: RecipeArgs,
}

impl SourceArgs {
    /// Whether `--raw` stands alone, which means lossless video where one is written. It is then no layout.
    pub(super) fn take_bare_raw(&mut self) -> bool {
        self.flags.load.raw.take_if(|layout| layout.is_empty()).is_some()
    }

    /// The paths with the recipe that recipe file and flags make.
    pub(crate) fn input(self, force: bool) -> Result<Input, Failure> {
        let recipe = self.flags.recipe()?;
        Ok(self.flags.input(self.paths, recipe, force))
    }
}

/// Flags that make a recipe.
#[derive(Debug, Args)]
pub(crate) struct RecipeArgs {
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    scale: ScaleArgs,
    #[command(flatten)]
    steps: StepArgs,
    #[command(flatten)]
    geometry: GeometryArgs,
    #[command(flatten)]
    file: RecipeFileArgs,
}

impl RecipeArgs {
    /// The recipe of the file, if one is named, with what the flags say instead.
    pub(crate) fn recipe(&self) -> Result<Recipe, Failure> {
        if self.load.raw.as_deref() == Some("") {
            return Err(Failure::new("--raw: say how samples lie, such as --raw 640x480:u16le"));
        }
        let mut recipe = match &self.file.recipe {
            Some(path) => read_recipe(path)?,
            None => Recipe::default(),
        };
        self.load.apply(&mut recipe.load);
        if self.load.times.as_deref().is_some_and(|from| from != "names") {
            if self.scale.fps.is_some() || self.scale.dt.is_some() {
                return Err(Failure::new(
                    "--times gives each frame its time: leave --fps and --dt away (only --times names takes them)",
                ));
            }
            // The times asked for now go before the rate of a recipe.
            recipe.calibration.rate = None;
        }
        self.scale.apply(&mut recipe.calibration);
        self.steps.apply(&mut recipe.steps);
        self.geometry.apply(&mut recipe.geometry);
        recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        Ok(recipe)
    }

    pub(crate) fn input(self, paths: Vec<PathBuf>, recipe: Recipe, force: bool) -> Input {
        Input {
            paths,
            recipe,
            max_ram: self.load.max_ram,
            if_too_big: self.cache.if_too_big(),
            cache: self.cache.disk_cache(),
            save_recipe: self.file.save_recipe,
            force,
            outputs: RefCell::default(),
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How the recording is read")]
struct LoadArgs {
    /// Colour becomes one luminance channel (0.299 R + 0.587 G + 0.114 B).
    #[arg(long, visible_alias = "grey", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_name = "yes|no", value_parser = BoolishValueParser::new(), action = ArgAction::Set,
          hide_possible_values = true)]
    gray: Option<bool>,
    /// With --grey, for video: codes keeps luma as it is; full spreads limited range (black 16, white 235) over
    /// all codes.
    #[arg(long, value_name = "RANGE", value_parser = ["codes", "full"])]
    luma: Option<String>,
    /// For files that ask for their pictures to be turned: displayed turns them as viewers and players do; stored leaves
    /// them [default: displayed].
    #[arg(long, value_name = "ORIENTATION", value_parser = ["displayed", "stored"])]
    orientation: Option<String>,
    /// Values become 0-255 by one scale for all frames, which is stated: from LO to HI, otherwise by the effective bits of
    /// the recording, or, of signed and wide integers and floats, by its range.
    #[arg(long = "8bit", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_name = "yes|no|LO:HI", value_parser = value::eight_bit, allow_hyphen_values = true)]
    eight_bit: Option<EightBit>,
    /// Each frame's own minimum and maximum become the ends of the range.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_name = "yes|no", value_parser = BoolishValueParser::new(), action = ArgAction::Set,
          hide_possible_values = true)]
    stretch_each_frame: Option<bool>,
    /// Size ratio above 0 up to 1; pixels are averaged over their area.
    #[arg(long, value_name = "RATIO")]
    shrink: Option<f64>,
    /// Take every N-th frame; frame numbers stay those of the source.
    #[arg(long, value_name = "N")]
    every: Option<usize>,
    /// Take the frames A to B, B left out.
    #[arg(long, value_name = "A:B[:STEP]")]
    frames: Option<FrameRange>,
    /// Keep a part of the image, in pixels of the source.
    #[arg(long, value_name = "X,Y,W,H", value_parser = value::crop)]
    crop: Option<Rect>,
    /// Read raw binary files: `WIDTHxHEIGHT[xCHANNELS]:TYPE`, as 640x480:u16le, with :offset=BYTES before the first frame,
    /// :gap=BYTES between frames, :frames=N, :rows=up, :bits=12packed (12p, 12gige, 12mipi). TYPE is u8 i8 u16le u16be … f64be.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "LAYOUT",
          value_parser = value::raw)]
    raw: Option<String>,
    /// Meaning of an array's axes, or of a TIFF file's pages, such as THW, HWC or TZCHW (Z slices, P positions).
    #[arg(long, value_name = "AXES")]
    axes: Option<String>,
    /// Take one channel of several, counted from 0 or by name.
    #[arg(long, value_name = "N|NAME")]
    channel: Option<String>,
    /// Which slice of several, counted from 0 [default: the first].
    #[arg(long, value_name = "N")]
    slice: Option<usize>,
    /// Which position of several, counted from 0 [default: the first].
    #[arg(long, value_name = "N")]
    position: Option<usize>,
    /// Which real number to take of complex samples.
    #[arg(long, value_name = "PART", value_parser = ["magnitude", "real", "imaginary", "phase"])]
    complex: Option<String>,
    /// Which recording of a folder: a suffix, a series such as dark_#.tif, a part of its name, or one of its files (`info
    /// --list` lists them) [default: the largest].
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Where the times of frames come from: a table (FILE.csv, with a column named time where it has several), exif (when each
    /// picture was taken) or names (their numbers, in the unit behind them or in steps of --dt) [default: the container].
    #[arg(long, value_name = "FILE.csv|exif|names")]
    times: Option<String>,
    /// Memory that may be used, such as 4GiB [default: 80 % of what is available].
    #[arg(long, value_name = "SIZE", value_parser = value::bytes)]
    max_ram: Option<u64>,
}

impl LoadArgs {
    fn apply(&self, load: &mut Load) {
        set(&mut load.grey, self.gray);
        set(&mut load.luma_full, self.luma.as_deref().map(|range| range == "full"));
        set(&mut load.stored_orientation, self.orientation.as_deref().map(|o| o == "stored"));
        if let Some(EightBit { on, range }) = self.eight_bit {
            (load.eight_bit, load.eight_bit_range) = (on, range);
        }
        set(&mut load.stretch_each_frame, self.stretch_each_frame);
        set(&mut load.shrink, self.shrink);
        set(&mut load.every, self.every);
        set(&mut load.frames, self.frames);
        set(&mut load.crop, self.crop.map(Some));
        set(&mut load.raw, self.raw.clone().map(Some));
        set(&mut load.axes, self.axes.clone().map(Some));
        set(&mut load.channel, self.channel.clone().map(Some));
        set(&mut load.slice, self.slice.map(Some));
        set(&mut load.position, self.position.map(Some));
        set(&mut load.complex, self.complex.clone().map(Some));
        set(&mut load.group, self.group.clone().map(Some));
        set(&mut load.times, self.times.clone().map(Some));
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Scales")]
struct ScaleArgs {
    /// Frames per second, such as 100000, 29.97 or 30000/1001.
    #[arg(long, value_name = "RATE", conflicts_with = "dt")]
    fps: Option<String>,
    /// Time between frames, such as 10us, 5min, 1h or 1d.
    #[arg(long, value_name = "TIME")]
    dt: Option<String>,
    /// Source frame at t = 0 [default: the file's, else the first].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    t0_frame: Option<i64>,
    /// Edge length of a source pixel, such as 12.5um.
    #[arg(long, value_name = "LENGTH", value_parser = PixelSize::parse)]
    pixel_size: Option<PixelSize>,
    /// Unit of the values, such as K.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

impl ScaleArgs {
    fn apply(&self, calibration: &mut Calibration) {
        let rate = self.fps.clone().map(Rate::Fps).or_else(|| self.dt.clone().map(Rate::Dt));
        set(&mut calibration.rate, rate.map(Some));
        set(&mut calibration.t0_frame, self.t0_frame.map(Some));
        set(&mut calibration.pixel_size, self.pixel_size.map(Some));
        set(&mut calibration.unit, self.unit.clone().map(Some));
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Geometry (zones and coordinates do not turn)")]
struct GeometryArgs {
    /// Turn pictures: cw (90 degrees clockwise), ccw or half.
    #[arg(long, value_name = "TURN", value_parser = rotation)]
    rotate: Option<Rotation>,
    /// Left becomes right.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_name = "yes|no", value_parser = BoolishValueParser::new(), action = ArgAction::Set,
          hide_possible_values = true)]
    flip_x: Option<bool>,
    /// Up becomes down.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_name = "yes|no", value_parser = BoolishValueParser::new(), action = ArgAction::Set,
          hide_possible_values = true)]
    flip_y: Option<bool>,
    /// Rows become columns; before turning and flipping.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_name = "yes|no", value_parser = BoolishValueParser::new(), action = ArgAction::Set,
          hide_possible_values = true)]
    transpose: Option<bool>,
}

impl GeometryArgs {
    fn apply(&self, geometry: &mut Geometry) {
        set(&mut geometry.rotate, self.rotate);
        set(&mut geometry.flip_x, self.flip_x);
        set(&mut geometry.flip_y, self.flip_y);
        set(&mut geometry.transpose, self.transpose);
    }
}

/// Also `none`, so that a flag can undo a recipe's turn.
fn rotation(text: &str) -> Result<Rotation, ParseError> {
    if text == "none" { Ok(Rotation::None) } else { text::parse_rotation(text) }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Recipe")]
struct RecipeFileArgs {
    /// Start from this recipe; flags replace its entries. `-` reads it from standard input.
    #[arg(long, value_name = "FILE.toml")]
    recipe: Option<PathBuf>,
    /// Write the recipe that file and flags make.
    #[arg(long, value_name = "FILE.toml")]
    save_recipe: Option<PathBuf>,
}

/// The flag's value instead of the recipe's, where the flag was given.
fn set<T>(entry: &mut T, flag: Option<T>) {
    if let Some(value) = flag {
        *entry = value;
    }
}
