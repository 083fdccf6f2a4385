//! Flags that are steps, made from the steps' descriptions. Their order on the command line is the order of the steps,
//! so they are taken from the matches by their place.

use blitz_model::recipe::{Step, StepKind};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// A flag for one parameter, which belongs to the step's flag before it.
struct PartFlag {
    /// The parameter's key, and the flag.
    key: &'static str,
    help: &'static str,
    /// Name and flag of the step.
    step: (&'static str, &'static str),
}

fn part_flags() -> Vec<PartFlag> {
    let of = |kind: &mut StepKind| {
        let step = (kind.name(), kind.about().flag);
        let fields = kind.fields().into_iter();
        fields.filter_map(|f| f.flag.map(|help| PartFlag { key: f.key, help, step })).collect::<Vec<_>>()
    };
    StepKind::all().iter_mut().flat_map(of).collect()
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
        let mut found: Vec<(usize, &str, &str, String)> = StepKind::all()
            .iter()
            .map(StepKind::about)
            .flat_map(|about| {
                placed(matches, about.flag).map(|(at, v)| (at, about.flag, about.name, v.to_owned()))
            })
            .collect();
        found.sort();
        for PartFlag { key, step: (name, flag), .. } in part_flags() {
            for (_, value) in placed(matches, key) {
                let Some((.., arguments)) = found.iter_mut().find(|(_, _, found, _)| *found == name) else {
                    return Err(refuse(format!("--{key} belongs to --{flag}: give --{flag} too")));
                };
                *arguments = format!("{arguments},{key}={value}");
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
        let steps = StepKind::all();
        let steps = steps.iter().map(StepKind::about).map(|about| arg(about.flag, about.value, about.help));
        command.args(steps).args(part_flags().into_iter().map(|part| arg(part.key, "PATH", part.help)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
