//! Colours of everything around the data.

use serde::{Deserialize, Serialize};

/// Colours of plots and colour bars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Theme {
    /// Dark ink on white, for paper.
    #[default]
    Light,
    /// Light ink on near-black, as in the window.
    Dark,
}

impl Theme {
    /// Behind everything.
    pub const fn background(self) -> [u8; 3] {
        match self {
            Self::Light => [255, 255, 255],
            Self::Dark => [27, 29, 33],
        }
    }

    /// Titles and axis titles.
    pub const fn ink(self) -> [u8; 3] {
        match self {
            Self::Light => [28, 30, 34],
            Self::Dark => [232, 234, 238],
        }
    }

    /// Tick labels.
    pub const fn muted(self) -> [u8; 3] {
        match self {
            Self::Light => [70, 74, 82],
            Self::Dark => [176, 181, 190],
        }
    }

    /// Axis lines and ticks.
    pub const fn frame(self) -> [u8; 3] {
        match self {
            Self::Light => [138, 143, 152],
            Self::Dark => [112, 118, 128],
        }
    }

    /// Grid lines.
    pub const fn grid(self) -> [u8; 3] {
        match self {
            Self::Light => [231, 233, 237],
            Self::Dark => [47, 50, 56],
        }
    }

    /// Colour of curve `number` where the series names none: eight colours that stay apart for colour-blind
    /// readers (after Okabe and Ito), then the same again.
    pub const fn curve(self, number: usize) -> [u8; 3] {
        const LIGHT: [[u8; 3]; 8] = [
            [0, 104, 173],
            [205, 84, 0],
            [0, 143, 105],
            [186, 92, 150],
            [214, 143, 0],
            [47, 156, 214],
            [40, 42, 46],
            [140, 120, 20],
        ];
        const DARK: [[u8; 3]; 8] = [
            [88, 170, 240],
            [245, 133, 60],
            [52, 196, 150],
            [222, 140, 190],
            [240, 184, 64],
            [130, 208, 245],
            [225, 228, 232],
            [214, 200, 96],
        ];
        match self {
            Self::Light => LIGHT[number % 8],
            Self::Dark => DARK[number % 8],
        }
    }
}
