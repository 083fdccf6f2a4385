//! What the samples of a pixel mean: photometric interpretation, inks, and samples behind the colours.

use blitz_core::{Channel, ChannelKind};

use super::ifd::{Ifd, tag};
use crate::read_at::ReadAt;

/// How samples are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Photometric {
    /// Grey, of which 0 is white.
    WhiteIsZero,
    /// Grey.
    BlackIsZero,
    Rgb,
    Palette,
    /// Luma and chroma, which become RGB.
    YCbCr,
    /// Samples with names of their own, read as they are stored.
    Named,
}

/// What the samples of a page mean.
#[derive(Debug)]
pub(super) struct Meaning {
    pub(super) photometric: Photometric,
    /// Channels without further samples.
    pub(super) channels: Vec<Channel>,
    /// Name of the colour model, for those with names of their own.
    pub(super) model: &'static str,
}

impl Meaning {
    /// Reads what `samples` samples per pixel mean, and says what a person should know of it.
    pub(super) fn read(
        ifd: &Ifd,
        data: &dyn ReadAt,
        samples: usize,
        notes: &mut Vec<String>,
    ) -> Result<Self, String> {
        use Photometric::{BlackIsZero, Named, Palette, Rgb, WhiteIsZero, YCbCr};
        let plain = |photometric| Self {
            photometric,
            channels: Channel::defaults(if matches!(photometric, Rgb | YCbCr) { 3 } else { 1 }),
            model: "grey",
        };
        let named = |names: &[&str], model| Self {
            photometric: Named,
            channels: names.iter().map(|name| other((*name).to_owned())).collect(),
            model,
        };
        let extra = || Ok::<_, String>(ifd.numbers(data, tag::EXTRA_SAMPLES)?.map_or(0, |extra| extra.len()));
        if !ifd.has(tag::PHOTOMETRIC) {
            // As libtiff guesses.
            let (found, name) =
                if samples.saturating_sub(extra()?) == 3 { (Rgb, "RGB") } else { (BlackIsZero, "grey") };
            notes.push(format!("The file does not say what its samples are (photometric interpretation); they are read as {name}."));
            return Ok(plain(found));
        }
        let meaning = match ifd.number(data, tag::PHOTOMETRIC, 1)? {
            0 => plain(WhiteIsZero),
            1 | 4 => plain(BlackIsZero),
            2 => plain(Rgb),
            3 => plain(Palette),
            5 => return inks(ifd, data, samples, extra()?, notes),
            6 if samples != 3 => {
                return Err(format!(
                    "YCbCr with {samples} samples per pixel is not read, only with 3: convert it to RGB"
                ));
            }
            6 => plain(YCbCr),
            code @ (8 | 9) => {
                let zero = if code == 8 { "as two's complement" } else { "with half of the range added" };
                notes.push(format!(
                    "The file holds CIE L*a*b*; no exact RGB exists, values are the stored codes (a* and b* {zero})."
                ));
                let alone = samples.saturating_sub(extra()?) == 1;
                named(if alone { &["L*"] } else { &["L*", "a*", "b*"] }, "L*a*b*")
            }
            10 => return Err(refused("ITU L*a*b* (photometric interpretation 10)", "8-bit RGB")),
            32_803 if samples == 1 => {
                notes.push(
                    "The file holds a sensor's colour mosaic; its samples are read as they are, as grey."
                        .to_owned(),
                );
                plain(BlackIsZero)
            }
            32_844 => return Err(refused("LogL (photometric interpretation 32844)", "32-bit grey")),
            32_845 => return Err(refused("LogLuv (photometric interpretation 32845)", "32-bit RGB")),
            34_892 => plain(if samples == 3 { Rgb } else { BlackIsZero }),
            other => {
                return Err(format!(
                    "TIFF with photometric interpretation {other} is not read; save it as grey or RGB"
                ));
            }
        };
        Ok(meaning)
    }

    /// The channels of `samples` samples per pixel. The last one is alpha where the file says so.
    pub(super) fn with_extra(
        &self,
        ifd: &Ifd,
        data: &dyn ReadAt,
        samples: usize,
    ) -> Result<Vec<Channel>, String> {
        let colours = self.channels.len();
        let extra = ifd.numbers(data, tag::EXTRA_SAMPLES)?.unwrap_or_default();
        let mut channels = self.channels.clone();
        for i in 0..samples - colours {
            let is_alpha = matches!(extra.get(i), Some(1 | 2)) && i + 1 == samples - colours;
            channels.push(if is_alpha {
                Channel { name: ChannelKind::Alpha.to_string(), kind: ChannelKind::Alpha }
            } else {
                other(format!("c{}", colours + i))
            });
        }
        Ok(channels)
    }
}

fn other(name: String) -> Channel {
    Channel { name, kind: ChannelKind::Other }
}

fn refused(what: &str, instead: &str) -> String {
    format!("{what} is not read; save it as {instead}")
}

/// Inks: CMYK, or others with their names.
fn inks(
    ifd: &Ifd,
    data: &dyn ReadAt,
    samples: usize,
    extra: usize,
    notes: &mut Vec<String>,
) -> Result<Meaning, String> {
    /// A longer name than any ink has is damage.
    const LONGEST: usize = 80;
    let found = |names: Vec<String>, model| Meaning {
        photometric: Photometric::Named,
        channels: names.into_iter().map(other).collect(),
        model,
    };
    if ifd.number(data, tag::INK_SET, 1)? == 1 {
        notes.push(
            "The file holds CMYK; no exact RGB exists, values are those of the inks as they are stored."
                .to_owned(),
        );
        return Ok(found(["cyan", "magenta", "yellow", "black"].map(str::to_owned).to_vec(), "CMYK"));
    }
    let most = samples.saturating_sub(extra).max(1);
    let count = ifd.number(data, tag::NUMBER_OF_INKS, most as u64)?;
    let count = usize::try_from(count).ok().filter(|count| (1..=samples).contains(count));
    let count =
        count.ok_or_else(|| format!("the number of inks does not fit {samples} samples per pixel"))?;
    let listed = ifd.texts(data, tag::INK_NAMES)?.unwrap_or_default();
    let name = |i: usize| {
        let stated = listed.get(i).map(|name| name.trim()).filter(|name| !name.is_empty());
        stated.map_or_else(|| format!("ink {i}"), |name| name.chars().take(LONGEST).collect())
    };
    notes.push(
        "The file holds inks other than CMYK; no exact RGB exists, values are those of the inks as they are stored."
            .to_owned(),
    );
    Ok(found((0..count).map(name).collect(), "inks"))
}
