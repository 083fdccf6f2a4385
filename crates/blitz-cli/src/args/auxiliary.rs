//! Curves recorded beside the recording.

use blitz_model::recipe::Auxiliary;
use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Curves recorded beside the recording")]
pub(crate) struct AuxiliaryArgs {
    /// A table of times and values (.csv, .txt, .json): a photodiode, a pressure, a temperature. Options follow after colons:
    /// column=NAME or number, again for more [default: all]; time=NAME; unit=ms (ps, ns, us, s, min, h, d, frame) of its times
    /// [default: what stands above them]; offset=N, added to them in that unit; scale=N; invert (largest value minus each);
    /// smooth=N, a mean of so many samples; drop-negative times; shared-axis, own-times, hidden in the window.
    #[arg(long, value_name = "FILE[:OPTION...]")]
    aux: Vec<Auxiliary>,
}

impl AuxiliaryArgs {
    /// Curves on the command line replace those of a recipe.
    pub(super) fn apply(&self, curves: &mut Vec<Auxiliary>) {
        if !self.aux.is_empty() {
            curves.clone_from(&self.aux);
        }
    }
}
