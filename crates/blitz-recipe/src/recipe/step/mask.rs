//! Masking by a picture.

use std::path::PathBuf;

use blitz_kernels::pipeline::Working;

use super::about::{About, Describe, Group, Start, Suggested};
use super::arguments::file_name;
use super::compute::{Compute, Inputs, Op, Prepared};
use super::field::{Field, Value};

/// Pixels where the picture is 0 become missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mask {
    /// A one-frame picture of the source's size.
    pub path: PathBuf,
}

impl Describe for Mask {
    const ABOUT: About = About {
        name: "mask",
        flag: "mask",
        value: "FILE",
        help: "Pixels where the picture is 0 become missing",
        title: "Mask file",
        hint: "Pixels where a picture is 0 become missing",
        group: Group::Values,
        common: false,
    };

    fn fields(&mut self) -> Vec<Field<'_>> {
        let words = "One picture of the recording's size; pixels where it is 0 become missing.";
        vec![Field::new("", ["Path", "Mask"], words, Value::File(&mut self.path, words))]
    }

    fn words(&self, _frames: usize) -> String {
        file_name(&self.path)
    }

    fn start(_from: &Suggested) -> Start<Self> {
        Start::File("Choose a mask picture")
    }
}

impl Compute for Mask {
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error> {
        Ok(Op::mask(inputs.made("mask", || inputs.mask(&self.path))?).into())
    }
}
