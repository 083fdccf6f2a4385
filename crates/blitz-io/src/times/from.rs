//! Where times come from, as a person says it.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// Where times come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimesFrom {
    /// A table with a time for each frame: one column, or columns with names such as `frame,time_s`.
    File(PathBuf),
    /// When each picture was taken, as its EXIF data says.
    Exif,
    /// The number that counts in each file's name: in the unit of time behind it, or in intervals.
    Names,
}

impl FromStr for TimesFrom {
    type Err = Infallible;

    /// `exif`, `names`, or the path of a table.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "exif" => Self::Exif,
            "names" => Self::Names,
            path => Self::File(PathBuf::from(path)),
        })
    }
}
