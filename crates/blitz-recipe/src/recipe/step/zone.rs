//! Masking by a zone (ROI).

use blitz_kernels::pipeline::Working;

use super::about::{About, Describe, Group, Start, Suggested};
use super::compute::{Compute, Inputs, Op, Prepared};
use super::field::{Field, Value};

/// Pixels outside the named zone become missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZoneMask {
    /// Name of a zone of the recipe.
    pub zone: String,
}

impl Describe for ZoneMask {
    const ABOUT: About = About {
        name: "zone",
        flag: "keep-zone",
        value: "NAME",
        help: "Pixels outside the named zone become missing",
        title: "Zone mask",
        hint: "Pixels outside a zone become missing",
        group: Group::Values,
        common: false,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let hint = "Pixels outside this zone become missing; the mask follows the zone when it is moved";
        vec![Field::new("", ["Zone", "Zone"], hint, Value::Zone(&mut self.zone))]
    }

    fn words(&self, _frames: usize) -> String {
        format!("only zone {}", self.zone)
    }

    fn start(from: &Suggested) -> Start<Self> {
        match &from.zone {
            Some(zone) => Start::Ready(Self { zone: zone.clone() }),
            None => Start::Not("There is no zone: draw one on the picture first"),
        }
    }
}

impl Compute for ZoneMask {
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
        Ok(Op::mask(inputs.made("zone", || inputs.zone(&self.zone))?).into())
    }
}
