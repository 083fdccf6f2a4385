//! What is drawn over pictures.

use clap::Args;

use super::zone::ZoneArgs;
use crate::recording::Input;
use blitz_model::export::MarkChoice;

#[derive(Debug, Args)]
#[command(next_help_heading = "Picture")]
pub(crate) struct MarkArgs {
    /// Draw a bar of a round length; the pixel size is the container's or --pixel-size.
    #[arg(long)]
    scale_bar: bool,
    /// Write the frame's number and, where there is a rate, its time.
    #[arg(long)]
    stamp: bool,
    /// Draw the outlines of the recipe's zones; zones that are typed are drawn anyway.
    #[arg(long)]
    zones: bool,
    #[command(flatten)]
    typed: ZoneArgs,
}

impl MarkArgs {
    /// The first flag that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        self.given_besides_zones().or_else(|| self.typed.given())
    }

    /// The first flag that was given, those that name zones left out.
    pub(crate) fn given_besides_zones(&self) -> Option<&'static str> {
        [(self.scale_bar, "--scale-bar"), (self.stamp, "--stamp"), (self.zones, "--zones")]
            .into_iter()
            .find_map(|(given, name)| given.then_some(name))
    }

    /// What is drawn; zones that were typed go into the recipe.
    pub(crate) fn choice(self, input: &mut Input) -> MarkChoice {
        let typed = self.typed.zones();
        let zones = self.zones || typed.is_some();
        if let Some(typed) = typed {
            input.recipe.zones = typed;
        }
        MarkChoice { scale_bar: self.scale_bar, stamp: self.stamp, zones }
    }
}
