//! Zones, whose order among different flags is that of their columns.

use blitz_core::zone::ZONE_COLORS;
use blitz_core::{ParseError, Zone, ZoneShape};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::value::{self, NamedShape};

/// Zones in the order in which they were typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ZoneArgs {
    shapes: Vec<NamedShape>,
}

type Reader = fn(&str) -> Result<NamedShape, ParseError>;

struct Flag {
    name: &'static str,
    value: &'static str,
    help: &'static str,
    reader: Reader,
}

const FLAGS: [Flag; 4] = [
    Flag {
        name: "rect",
        value: "[NAME=]X,Y,W,H[,ANGLE]",
        help: "A rectangle, turned clockwise by ANGLE degrees about its centre; may be repeated",
        reader: value::rect,
    },
    Flag {
        name: "ellipse",
        value: "[NAME=]X,Y,W,H[,ANGLE]",
        help: "The ellipse in a box; may be repeated",
        reader: value::ellipse,
    },
    Flag {
        name: "polygon",
        value: "[NAME=]X,Y:X,Y:X,Y",
        help: "A polygon by its corners; may be repeated",
        reader: value::polygon,
    },
    Flag { name: "pixel", value: "[NAME=]X,Y", help: "One pixel; may be repeated", reader: value::pixel },
];

impl ZoneArgs {
    /// The flag that was given, if one was.
    pub(crate) fn given(&self) -> Option<&'static str> {
        self.shapes.first().map(|(_, shape)| match shape {
            ZoneShape::Rect { .. } => "--rect",
            ZoneShape::Ellipse { .. } => "--ellipse",
            ZoneShape::Polygon(_) => "--polygon",
            ZoneShape::Pixel { .. } => "--pixel",
        })
    }

    /// The zones, or `None` where no zone was typed. Zones without a name are called zone1, zone2, ….
    pub(crate) fn zones(self) -> Option<Vec<Zone>> {
        let taken: Vec<String> = self.shapes.iter().filter_map(|(name, _)| name.clone()).collect();
        let mut free = (1..).map(|n| format!("zone{n}")).filter(|name| !taken.contains(name));
        let zone = |(i, (name, shape)): (usize, NamedShape)| {
            let name = name.or_else(|| free.next()).unwrap_or_default();
            Zone { name, color: ZONE_COLORS[i % ZONE_COLORS.len()], shape }
        };
        let zones: Vec<Zone> = self.shapes.into_iter().enumerate().map(zone).collect();
        (!zones.is_empty()).then_some(zones)
    }
}

impl Args for ZoneArgs {
    fn augment_args(command: Command) -> Command {
        FLAGS.iter().fold(command.next_help_heading("Zones, in pixels of the source"), |command, flag| {
            command.arg(
                Arg::new(flag.name)
                    .long(flag.name)
                    .value_name(flag.value)
                    .help(flag.help)
                    .allow_hyphen_values(true)
                    .action(ArgAction::Append)
                    .value_parser(flag.reader),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ZoneArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut typed: Vec<(usize, NamedShape)> = Vec::new();
        for flag in &FLAGS {
            let places = matches.indices_of(flag.name).into_iter().flatten();
            let values = matches.get_many::<NamedShape>(flag.name).into_iter().flatten();
            typed.extend(places.zip(values.cloned()));
        }
        typed.sort_by_key(|(place, _)| *place);
        Ok(Self { shapes: typed.into_iter().map(|(_, shape)| shape).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
