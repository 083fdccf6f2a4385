//! Flags that are steps. Their order on the command line is the order of the steps, so they are taken from
//! the matches by their place.

use blitz_model::recipe::{Step, StepKind};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// Flag, name of the step, value, help.
const FLAGS: [(&str, &str, &str, &str); 9] = [
    (
        "subtract",
        "subtract",
        "REF",
        "Subtract a reference, such as mean:0:100, window:mean,50,lag=2,forward,amount=0.5 or file:dark.tif",
    ),
    ("divide", "divide", "REF", "Divide by a reference, such as file:flat.tif,normalised,smallest=0.01"),
    ("flat", "flat", "PATH", "Flat field (v - D) / (F - D): F, then ,gain to keep the scale"),
    ("relative", "relative", "REF", "Relative change (v - R) / R to a reference, such as mean:0:20"),
    ("smooth-time", "smooth-time", "FILTER", "Smooth over frames: gaussian,2 or box,5 or median,5"),
    ("smooth", "smooth", "FILTER", "Smooth over the image: gaussian,1.5 or box,3 or median,3"),
    ("limits", "limits", "LO:HI", "Values outside become missing"),
    ("keep-zone", "zone", "NAME", "Pixels outside the named zone become missing"),
    ("mask", "mask", "FILE", "Pixels where the picture is 0 become missing"),
];

/// Flags that belong to the flat field before them: flag, key, help.
const FLAT_PARTS: [(&str, &str, &str); 2] = [
    ("dark", "dark", "Dark frames D of --flat: a file or folder"),
    ("flat-dark", "flat-dark", "Dark frames of the flat field, where they are others than --dark"),
];

/// The flag of a step, by the step's name.
pub(crate) fn flag_of_step(name: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(_, step, ..)| *step == name).map(|(flag, ..)| *flag)
}

/// Steps, in the order of their flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepArgs {
    steps: Vec<Step>,
}

impl StepArgs {
    /// Steps on the command line replace those of a recipe.
    pub(super) fn apply(&self, steps: &mut Vec<Step>) {
        if !self.steps.is_empty() {
            steps.clone_from(&self.steps);
        }
    }
}

/// Values of a flag with their places on the command line.
fn placed<'a>(matches: &'a ArgMatches, flag: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let places = matches.indices_of(flag).into_iter().flatten();
    let values = matches.get_many::<String>(flag).into_iter().flatten();
    places.zip(values.map(String::as_str))
}

impl FromArgMatches for StepArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let refuse = |message: String| Error::raw(ErrorKind::ValueValidation, format!("{message}\n"));
        let mut found: Vec<(usize, &str, &str, String)> = FLAGS
            .iter()
            .flat_map(|(flag, name, ..)| {
                placed(matches, flag).map(|(at, v)| (at, *flag, *name, v.to_owned()))
            })
            .collect();
        found.sort();
        for (flag, key, _) in FLAT_PARTS {
            for (_, value) in placed(matches, flag) {
                let Some((.., flat)) = found.iter_mut().find(|(.., name, _)| *name == "flat") else {
                    return Err(refuse(format!("--{flag} belongs to a flat field: give --flat too")));
                };
                *flat = format!("{flat},{key}={value}");
            }
        }
        let steps = found
            .into_iter()
            .map(|(_, flag, name, value)| {
                StepKind::parse(name, &value)
                    .map(Step::new)
                    .map_err(|e| refuse(format!("--{flag} {value}: {e}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for StepArgs {
    fn augment_args(command: Command) -> Command {
        let arg = |flag: &'static str, value: &'static str, help: &'static str| {
            Arg::new(flag)
                .long(flag)
                .value_name(value)
                .help(help)
                .action(ArgAction::Append)
                .help_heading("Steps, in the order of their flags")
        };
        let steps = FLAGS.map(|(flag, _, value, help)| arg(flag, value, help));
        command.args(steps).args(FLAT_PARTS.map(|(flag, _, help)| arg(flag, "PATH", help)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
