//! The command line as it is typed: one file per command, each turned into the request that the command runs.

mod auxiliary;
mod bench;
mod cache;
mod common;
mod curve;
mod demo;
mod export;
mod histogram;
mod info;
mod marks;
mod merge;
mod picture;
mod recipe;
mod reduce;
mod render;
mod steps;
mod value;
mod view;
mod zone;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use blitz_io::Overwrite;
use clap::{Arg, Args, CommandFactory, Parser, Subcommand};

/// Opens, measures, reduces and exports image-series recordings.
///
/// `blitz PATH` opens the window. Frame numbers are those of the source, from 0; ranges A:B leave B out;
/// coordinates are pixels of the source.
#[derive(Debug, Parser)]
#[command(name = "blitz", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

const AFTER_HELP: &str = "\
Exit status: 0 done; 1 done, but some frames failed (they are named on stderr); 2 not done.

Examples:
  blitz info recording/
  blitz reduce mean,std recording/ -o out.npy
  blitz curve recording/ --rect jet=40,100,20,30 --fps 10000 -o jet.csv
  blitz curve recording/ --rect jet=40,100,20,30 --fps 25 --aux diode.csv:unit=ms
  blitz render recording/ --frame 42 --colormap viridis --colorbar -o frame.png
  blitz export recording/ --colormap viridis --stamp --play-fps 25 -o film.mp4";

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GlobalArgs {
    /// No progress, no notes; failed frames and errors only.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Say what was done as JSON on stdout.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Threads to compute with; results do not depend on it [default: all processors].
    #[arg(long, global = true, value_name = "N", value_parser = value::threads)]
    pub(crate) threads: Option<usize>,
    /// Record what is done when, as a file for a trace viewer such as Perfetto; `BLITZ_LOG=debug` prints it. An
    /// existing file is replaced where the command has --force.
    #[arg(long, global = true, value_name = "OUT.json")]
    pub(crate) trace: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the window (the same as `blitz PATH`), or draw it into a file.
    View(view::ViewArgs),
    /// Say what a recording is and how it would be loaded.
    Info(info::InfoArgs),
    /// Make one picture out of many frames: mean, std, max, ...
    Reduce(reduce::ReduceArgs),
    /// Join the partial results that `reduce`, `curve` or `histogram` wrote with `--shard`.
    Merge(merge::MergeArgs),
    /// Measure zones over time.
    Curve(curve::CurveArgs),
    /// Count how often each value occurs.
    Histogram(histogram::HistogramArgs),
    /// Draw a frame, or a recipe's reduction, with levels and colour map.
    Render(render::RenderArgs),
    /// Write frames as they are (.npy, .tif, numbered images, lossless video), or a video of pictures.
    Export(export::ExportArgs),
    /// Print the recipe that the flags make.
    Recipe(recipe::RecipeCommandArgs),
    /// Write a synthetic recording to try things on.
    Demo(demo::DemoArgs),
    /// Recordings that were decoded to the disk: list them, remove them.
    Cache(cache::CacheCommandArgs),
    /// List the formats that this build reads and writes, with depth and limits.
    Formats,
    /// Measure this machine: memory bandwidth, kernels, decoding.
    Bench(bench::BenchArgs),
}

impl Command {
    /// Whether it was told to replace existing files.
    pub(crate) fn overwrite(&self) -> Overwrite {
        let force = match self {
            Self::View(args) => args.force,
            Self::Info(args) => args.force,
            Self::Reduce(args) => args.force,
            Self::Merge(args) => args.force,
            Self::Curve(args) => args.force,
            Self::Histogram(args) => args.force,
            Self::Render(args) => args.force,
            Self::Export(args) => args.force,
            Self::Recipe(args) => args.force,
            Self::Demo(args) => args.force,
            // Their own outputs need no such flag.
            Self::Cache(_) | Self::Formats | Self::Bench(_) => false,
        };
        if force { Overwrite::Replace } else { Overwrite::Refuse }
    }
}

/// Joins flags with values that begin with a minus (`--limits -5:3` becomes `--limits=-5:3`), which would be taken for
/// unknown flags otherwise.
pub(crate) fn with_joined_values(args: Vec<OsString>) -> Vec<OsString> {
    let flags = value_flags(&Cli::command());
    let takes_value = |flag: &str| flag.strip_prefix("--").is_some_and(|name| flags.contains(name));
    let mut out: Vec<OsString> = Vec::with_capacity(args.len());
    let mut open = true;
    for arg in args {
        let flag = out.last().and_then(|last| last.to_str()).filter(|flag| open && takes_value(flag));
        // Flags that may stand alone: a scale is no path, a layout neither.
        let alone = || out.last().and_then(|last| last.to_str()).filter(|_| open);
        let is_value: fn(&str) -> bool = match alone() {
            Some("--8bit") => value::is_scale,
            Some("--raw") => value::is_layout,
            _ => is_negative,
        };
        let flag = flag.or_else(|| alone().filter(|flag| ["--8bit", "--raw"].contains(flag)));
        let joins = |value: &&str| is_value(value);
        if let (Some(flag), Some(value)) = (flag, arg.to_str().filter(joins)) {
            let joined = format!("{flag}={value}");
            out.pop();
            out.push(joined.into());
            continue;
        }
        // Behind a bare -- there are no flags.
        open &= arg != "--";
        out.push(arg);
    }
    out
}

/// Long names of the flags of all commands that take a value as the next word.
fn value_flags(command: &clap::Command) -> BTreeSet<String> {
    let takes_next =
        |arg: &&Arg| arg.get_action().takes_values() && !arg.is_require_equals_set() && !arg.is_positional();
    let own = command.get_arguments().filter(takes_next);
    let names = own.flat_map(|arg| arg.get_long_and_visible_aliases().unwrap_or_default()).map(str::to_owned);
    names.chain(command.get_subcommands().flat_map(value_flags)).collect()
}

/// Whether a word is a value that begins with a negative number: `-5`, `-5:3`, `-1,1`, `-.5`, `-inf`, `-nan`.
fn is_negative(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-') else { return false };
    let word = rest.to_ascii_lowercase();
    rest.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit())
        || ["inf", "nan"].iter().any(|name| word.starts_with(name))
}

/// Inserts `view` where the first argument is no command: `blitz PATH`, `blitz --fps 100 PATH`, `blitz`.
///
/// A bare word that is neither a command nor a file is left alone, so that a mistyped command is named as such.
pub(crate) fn with_default_command(mut args: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(arg) = args.get(at).and_then(|a| a.to_str()) {
        match arg {
            "-q" | "--quiet" | "--json" => at += 1,
            "--threads" | "--trace" => at += 2,
            _ if arg.starts_with("--threads=") || arg.starts_with("--trace=") => at += 1,
            _ => break,
        }
    }
    let is_command = args.get(at).is_some_and(|arg| {
        let word = arg.to_string_lossy();
        let known = Cli::command().get_subcommands().any(|c| *c.get_name() == *word);
        let bare = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic());
        known
            || matches!(&*word, "help" | "-h" | "--help" | "-V" | "--version")
            || (bare && !Path::new(arg).exists())
    });
    if !is_command {
        args.insert(at.min(args.len()), "view".into());
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(line: &str) -> String {
        let args = line.split_whitespace().map(OsString::from).collect();
        let words: Vec<String> =
            with_default_command(args).iter().map(|a| a.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    #[test]
    fn paths_and_flags_open_the_window() {
        assert_eq!(completed("blitz"), "blitz view");
        assert_eq!(completed("blitz a/b.npy"), "blitz view a/b.npy");
        assert_eq!(completed("blitz --fps 10 a/b"), "blitz view --fps 10 a/b");
        assert_eq!(completed("blitz --quiet --threads 2 a/b"), "blitz --quiet --threads 2 view a/b");
        assert_eq!(completed("blitz src"), "blitz view src", "a folder named like a word");
    }

    #[test]
    fn commands_and_typos_stay() {
        for line in ["blitz info x", "blitz --help", "blitz -q --json reduce mean x", "blitz reduec mean x"] {
            assert_eq!(completed(line), line);
        }
    }

    #[test]
    fn negative_values_belong_to_the_flag_before_them() {
        let joined = |line: &str| {
            let words = with_joined_values(line.split_whitespace().map(OsString::from).collect());
            words.iter().map(|a| a.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        for (line, expected) in [
            ("export a --limits -5:3 -o b", "export a --limits=-5:3 -o b"),
            ("render a --levels -1,1 --t0-frame -5", "render a --levels=-1,1 --t0-frame=-5"),
            ("--threads -1 info a --every -.5", "--threads=-1 info a --every=-.5"),
            ("info a --shrink -inf --fps -nan", "info a --shrink=-inf --fps=-nan"),
            // Already joined, no value, another flag, behind a bare --.
            ("info a --limits=-5:3", "info a --limits=-5:3"),
            ("info a --8bit -5", "info a --8bit -5"),
            ("info a --fps --dt 1", "info a --fps --dt 1"),
            ("info -- --fps -5", "info -- --fps -5"),
        ] {
            assert_eq!(joined(line), expected);
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
