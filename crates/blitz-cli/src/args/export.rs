//! `blitz export`.

use std::path::PathBuf;

use blitz_core::{DType, Rational};
use blitz_io::is_video;
use blitz_model::export::{ExportRequest, Gaps, VideoRequest};
use clap::Args;

use super::common::SourceArgs;
use super::picture::PictureArgs;
use super::value;
use crate::commands::export::Request;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// .npy, .tif, numbered images such as 'DIR/%05d.png' (numbers are source frames), or a video: .mp4, .mkv, .avi.
    ///
    /// Videos show pictures, as `render` draws them with levels fitted to all frames: H.264 in .mp4 and .mkv, Motion
    /// JPEG in .avi. With --lossless they hold the values.
    #[arg(long, short, value_name = "OUT", help_heading = "Result")]
    output: PathBuf,
    /// Write failed frames as this value.
    #[arg(
        long,
        value_name = "V",
        allow_negative_numbers = true,
        conflicts_with = "skip_failed",
        help_heading = "Result"
    )]
    fill: Option<f64>,
    /// Leave failed frames out; the output's description and the report say which.
    #[arg(long, help_heading = "Result")]
    skip_failed: bool,
    /// Write floating-point numbers, in which failed frames are NaN.
    #[arg(long, value_name = "TYPE", value_parser = ["f32", "f64"], help_heading = "Result")]
    dtype: Option<String>,
    /// Video keeps the values, without loss (FFV1): u8 and u16, grey or RGB, in .mkv or .avi. --raw without a layout means
    /// the same.
    #[arg(long, help_heading = "Result")]
    lossless: bool,
    /// Frames per second that the video plays, such as 25 or 30000/1001 [default: the recording's own times, or 25].
    #[arg(long, value_name = "RATE", value_parser = value::rate, help_heading = "Result")]
    play_fps: Option<Rational>,
    /// Replace existing files.
    #[arg(long, help_heading = "Result")]
    pub(super) force: bool,
    #[command(flatten)]
    style: PictureArgs,
}

impl ExportArgs {
    pub(crate) fn request(mut self) -> Result<Request, Failure> {
        let lossless = self.source.take_bare_raw() || self.lossless;
        let gaps = match (self.fill, self.skip_failed) {
            (Some(value), _) => Gaps::Fill(value),
            (None, true) => Gaps::Skip,
            (None, false) => Gaps::Missing,
        };
        let dtype = self.dtype.map(|name| if name == "f32" { DType::F32 } else { DType::F64 });
        let video = is_video(&self.output);
        let mut input = self.source.input(self.force)?;
        // Zones that mask are no decoration.
        let masks = input.recipe.steps.iter().any(|step| step.enabled && !step.kind.zones().is_empty());
        let draws = video && !lossless;
        let given = if masks && !draws { self.style.given_besides_zones() } else { self.style.given() };
        if !video
            && let Some(flag) =
                given.or(lossless.then_some("--lossless")).or(self.play_fps.map(|_| "--play-fps"))
        {
            return Err(Failure::new(format!(
                "{flag} is for videos: name a .mp4, .mkv or .avi; .npy, .tif and .png get the values as they are"
            )));
        }
        if lossless && let Some(flag) = given {
            return Err(Failure::new(format!(
                "{flag} draws pictures, --lossless keeps the values: give one of them"
            )));
        }
        if video && !lossless && dtype.is_some() {
            return Err(Failure::new("--dtype: a video shows pictures; .npy and .tif hold f32 and f64"));
        }
        let style = self.style.style(&mut input);
        let style = draws.then_some(style);
        input.recipe.validate().map_err(|error| Failure::entry(None, &error))?;
        let overwrite = input.overwrite();
        let video = VideoRequest { rate: self.play_fps, pictures: None };
        Ok(Request {
            input,
            export: ExportRequest { output: self.output, gaps, dtype, overwrite, video },
            style,
        })
    }
}
