//! Channels: what the samples of a pixel mean.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChannelKind {
    /// Intensity.
    Grey,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Opacity that is not fully opaque everywhere.
    Alpha,
    /// Anything else.
    Other,
}

/// A named channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// Name as shown and as used in column headers.
    pub name: String,
    /// Meaning.
    pub kind: ChannelKind,
}

impl Channel {
    /// The channels that a pixel of `count` samples has when the source says nothing more:
    /// 1 grey, 2 grey and alpha, 3 red, green, blue, 4 with alpha, otherwise `c0`, `c1`, ….
    pub fn defaults(count: usize) -> Vec<Self> {
        use ChannelKind::{Alpha, Blue, Green, Grey, Red};
        let kinds: &[ChannelKind] = match count {
            1 => &[Grey],
            2 => &[Grey, Alpha],
            3 => &[Red, Green, Blue],
            4 => &[Red, Green, Blue, Alpha],
            _ => &[],
        };
        if kinds.is_empty() {
            return (0..count).map(|i| Self { name: format!("c{i}"), kind: ChannelKind::Other }).collect();
        }
        kinds.iter().map(|&kind| Self { name: kind.to_string(), kind }).collect()
    }

    /// Whether the first three channels are red, green and blue.
    pub fn is_rgb(channels: &[Self]) -> bool {
        let mut kinds = channels.iter().map(|c| c.kind);
        kinds.next() == Some(ChannelKind::Red)
            && kinds.next() == Some(ChannelKind::Green)
            && kinds.next() == Some(ChannelKind::Blue)
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grey => "grey",
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Alpha => "alpha",
            Self::Other => "other",
        })
    }
}
