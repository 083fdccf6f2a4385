//! The `blitz` program: parses, calls the model, prints.
//!
//! Data goes to stdout, everything else to stderr. Arguments are read in two stages: `args` holds them as
//! typed and turns them into the validated requests that `commands` run.

mod args;
mod commands;
mod draw;
mod failure;
mod output;
mod recording;
mod shell;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, with_default_command, with_joined_values};
use crate::failure::{Failure, Status};
use crate::shell::{Shell, say};

fn main() -> ExitCode {
    let args = with_joined_values(std::env::args_os().collect());
    let cli = Cli::parse_from(with_default_command(args));
    match run(cli) {
        Ok(status) => status.into(),
        Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<Status, Failure> {
    let _trace = trace::start(cli.global.trace.as_deref(), cli.command.overwrite())?;
    let shell = Shell::new(cli.global.quiet, cli.global.json);
    // Started now: where the system gives no threads, a later start would be a panic. 0 is as many as processors.
    let threads = cli.global.threads.unwrap_or(0);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|error| {
        let asked = cli.global.threads.map_or_else(String::new, |n| format!("--threads {n}: "));
        Failure::new(format!(
            "{asked}the threads for computing cannot be started: {error}; --threads 1 needs the fewest"
        ))
    })?;
    if !matches!(cli.command, Command::View(_)) {
        shell.listen_for_interrupt();
    }
    match cli.command {
        Command::View(args) => commands::view::run(args.request()?, &shell),
        Command::Info(args) => commands::info::run(&args.request()?, &shell),
        Command::Reduce(args) => commands::reduce::run(&args.request()?, &shell),
        Command::Merge(args) => commands::merge::run(&args.request(), &shell),
        Command::Curve(args) => commands::curve::run(&args.request()?, &shell),
        Command::Histogram(args) => commands::histogram::run(&args.request()?, &shell),
        Command::Render(args) => commands::render::run(&args.request()?, &shell),
        Command::Export(args) => commands::export::run(&args.request()?, &shell),
        Command::Formats => commands::formats::run(&shell),
        Command::Recipe(args) => commands::recipe::run(&args.request()?, &shell),
        Command::Demo(args) => commands::demo::run(&args.request(), &shell),
        Command::Cache(args) => commands::cache::run(&args.request(), &shell),
        Command::Bench(args) => commands::bench::run(&args.request(), &shell),
    }
}
