//! Colour maps: 256 colours for the unit interval.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use blitz_core::ParseError;
use serde::{Deserialize, Serialize};

/// A colour map. The variants stand in the order in which a person is offered them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ColorMap {
    /// Blue over magenta to yellow, perceptually uniform; published table.
    #[default]
    Plasma,
    /// Black in the middle, blue below, red above: for signed values with symmetric levels.
    Bipolar,
    /// Grey whose last percent turns red: shows what is clipped.
    GreyClip,
    /// Black to white.
    Grey,
    /// Purple over green to yellow, perceptually uniform; published table.
    Viridis,
    /// Black over red to pale yellow, perceptually uniform; published table.
    Inferno,
    /// Black over purple to pale pink, perceptually uniform; published table.
    Magma,
    /// Rainbow with smooth lightness; published table.
    Turbo,
    /// Black over red and yellow to white.
    Thermal,
    /// Black over blue, magenta and yellow to white.
    Flame,
    /// Black over violet and yellow to white.
    Yellowy,
    /// Hue from red to magenta.
    Spectrum,
    /// Hue once around: both ends are red, for angles and phases.
    Cyclic,
}

/// The colours of one map, darkest or leftmost first.
type Table = [[u8; 3]; 256];
/// A position in 0..=1 and its colour.
type Stop = (f64, [u8; 3]);

const EXPECTED: &str = "a colour map: plasma, bipolar, greyclip, grey, viridis, inferno, magma, turbo, thermal, \
                        flame, yellowy, spectrum or cyclic";

const BIPOLAR: &[Stop] =
    &[(0.0, [0, 255, 255]), (0.25, [0, 0, 255]), (0.5, [0, 0, 0]), (0.75, [255, 0, 0]), (1.0, [255, 255, 0])];
const GREYCLIP: &[Stop] = &[(0.0, [0, 0, 0]), (0.99, [255, 255, 255]), (1.0, [255, 0, 0])];
const GREY: &[Stop] = &[(0.0, [0, 0, 0]), (1.0, [255, 255, 255])];
const THERMAL: &[Stop] =
    &[(0.0, [0, 0, 0]), (0.3333, [185, 0, 0]), (0.6666, [255, 220, 0]), (1.0, [255, 255, 255])];
const FLAME: &[Stop] = &[
    (0.0, [0, 0, 0]),
    (0.2, [7, 0, 220]),
    (0.5, [236, 0, 134]),
    (0.8, [246, 246, 0]),
    (1.0, [255, 255, 255]),
];
const YELLOWY: &[Stop] = &[
    (0.0, [0, 0, 0]),
    (0.233, [32, 0, 129]),
    (0.526, [115, 15, 255]),
    (0.836, [255, 255, 0]),
    (1.0, [255, 255, 255]),
];

/// The published tables of matplotlib: plasma, viridis, inferno, magma, turbo; 256 colours of 3 bytes each. Written
/// by `colormap/published.py`.
const PUBLISHED: &[u8; 5 * 256 * 3] = include_bytes!("colormap/published.rgb");

static TABLES: LazyLock<[Table; ColorMap::ALL.len()]> = LazyLock::new(|| ColorMap::ALL.map(ColorMap::build));

impl ColorMap {
    /// All maps in the order in which a person is offered them.
    pub const ALL: [Self; 13] = [
        Self::Plasma,
        Self::Bipolar,
        Self::GreyClip,
        Self::Grey,
        Self::Viridis,
        Self::Inferno,
        Self::Magma,
        Self::Turbo,
        Self::Thermal,
        Self::Flame,
        Self::Yellowy,
        Self::Spectrum,
        Self::Cyclic,
    ];

    /// Name as shown, typed and stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plasma => "plasma",
            Self::Bipolar => "bipolar",
            Self::GreyClip => "greyclip",
            Self::Grey => "grey",
            Self::Viridis => "viridis",
            Self::Inferno => "inferno",
            Self::Magma => "magma",
            Self::Turbo => "turbo",
            Self::Thermal => "thermal",
            Self::Flame => "flame",
            Self::Yellowy => "yellowy",
            Self::Spectrum => "spectrum",
            Self::Cyclic => "cyclic",
        }
    }

    /// The map of that name; case and surrounding space do not matter, `gray` is `grey`.
    ///
    /// # Errors
    /// If there is no such map; the message lists the names.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let name = text.trim().to_lowercase().replace("gray", "grey");
        Self::ALL.into_iter().find(|map| map.name() == name).ok_or_else(|| ParseError::new(text, EXPECTED))
    }

    /// The 256 colours, sRGB; entry `i` stands for `i / 255`. Built once per process.
    pub fn table(self) -> &'static [[u8; 3]; 256] {
        &TABLES[self as usize]
    }

    /// The colour at `u`, clipped to 0..=1: entry `floor(u × 255 + 0.5)` of [`table`](Self::table), computed
    /// in f32. NaN gives entry 0; callers colour missing samples before they ask.
    pub fn sample(self, u: f32) -> [u8; 3] {
        self.table()[index(u)]
    }

    fn build(self) -> Table {
        match self {
            Self::Plasma => published(0),
            Self::Viridis => published(1),
            Self::Inferno => published(2),
            Self::Magma => published(3),
            Self::Turbo => published(4),
            Self::Bipolar => linear(BIPOLAR),
            Self::GreyClip => linear(GREYCLIP),
            Self::Grey => linear(GREY),
            Self::Thermal => linear(THERMAL),
            Self::Flame => linear(FLAME),
            Self::Yellowy => linear(YELLOWY),
            Self::Spectrum => hues(300.0),
            Self::Cyclic => hues(360.0),
        }
    }
}

/// Table entry for `u`, see [`ColorMap::sample`].
#[inline]
pub(crate) fn index(u: f32) -> usize {
    // A NaN passes through the clamp and becomes 0 in the cast.
    usize::from((u.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
}

fn byte(value: f64) -> u8 {
    (value + 0.5) as u8
}

/// Table `which` of [`PUBLISHED`].
fn published(which: usize) -> Table {
    std::array::from_fn(|i| std::array::from_fn(|k| PUBLISHED[(which * 256 + i) * 3 + k]))
}

/// Piecewise linear in RGB between the stops.
fn linear(stops: &[Stop]) -> Table {
    std::array::from_fn(|i| {
        let u = i as f64 / 255.0;
        let upper = stops.iter().position(|s| s.0 >= u).unwrap_or(stops.len() - 1).max(1);
        let ((x0, c0), (x1, c1)) = (stops[upper - 1], stops[upper]);
        let f = (u - x0) / (x1 - x0);
        std::array::from_fn(|k| byte(c0[k] as f64 + f * (c1[k] as f64 - c0[k] as f64)))
    })
}

/// Full saturation and value, hue from 0 to `end` degrees.
fn hues(end: f64) -> Table {
    std::array::from_fn(|i| {
        let hue = end * i as f64 / 255.0;
        [5.0, 3.0, 1.0].map(|n: f64| {
            let k = (n + hue / 60.0) % 6.0;
            byte(255.0 * (1.0 - k.min(4.0 - k).clamp(0.0, 1.0)))
        })
    })
}

impl FromStr for ColorMap {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for ColorMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
