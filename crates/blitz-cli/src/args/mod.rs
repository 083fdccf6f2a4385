//! The command line as it is typed: one file per command, each turned into the request that the command runs.

mod bench;
mod cache;
mod common;
mod curve;
mod demo;
mod export;
mod info;
mod marks;
mod picture;
mod recipe;
mod reduce;
mod render;
mod steps;
mod value;
mod view;
mod zone;

use std::ffi::OsString;
use std::path::Path;

use clap::{Args, CommandFactory, Parser, Subcommand};

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
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the window (the same as `blitz PATH`), or draw it into a file.
    View(view::ViewArgs),
    /// Say what a recording is and how it would be loaded.
    Info(info::InfoArgs),
    /// Make one picture out of many frames: mean, std, max, ...
    Reduce(reduce::ReduceArgs),
    /// Measure zones over time.
    Curve(curve::CurveArgs),
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
    /// Measure this machine: memory bandwidth, kernels, decoding.
    Bench(bench::BenchArgs),
}

/// Inserts `view` where the first argument is no command: `blitz PATH`, `blitz --fps 100 PATH`, `blitz`.
///
/// A bare word that is neither a command nor a file is left alone, so that a mistyped command is named as such.
pub(crate) fn with_default_command(mut args: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(arg) = args.get(at).and_then(|a| a.to_str()) {
        match arg {
            "-q" | "--quiet" | "--json" => at += 1,
            "--threads" => at += 2,
            _ if arg.starts_with("--threads=") => at += 1,
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
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
