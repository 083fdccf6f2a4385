//! Rates of every size through every container: they come back equal, are refused, or what is lost is said.

use blitz_core::{DType, FrameShape, Rational, Samples, TimeAxis, TimeOrigin};
use blitz_io::{Overwrite, Scales, Timing, VideoKind, VideoSpec, WriteSpec};

use crate::read::opened;

const SHAPE: FrameShape = FrameShape::new(16, 16, 1);

/// What became of a rate.
#[derive(Debug, PartialEq)]
enum Fate {
    Equal,
    Said(String),
    Refused(String),
    /// Silently another.
    Lost(TimeAxis),
}

fn fate(suffix: &str, rate: Rational, frames: usize) -> Fate {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join(format!("out.{suffix}"));
    let dt = rate.recip().expect("not zero");
    let mut spec = WriteSpec::new(DType::U8, SHAPE, Some(frames), Overwrite::Refuse);
    let time = TimeAxis::Interval { dt, t0_frame: 0, origin: TimeOrigin::Given };
    spec.scales = Scales { time, ..Scales::default() };
    spec.video = Some(VideoSpec { kind: VideoKind::Values, timing: Timing::Rate(rate) });
    let mut writer = match spec.create(&path) {
        Ok(writer) => writer,
        Err(error) => return Fate::Refused(error.to_string()),
    };
    for i in 0..frames {
        let samples = Samples::U8(vec![(i % 251) as u8; SHAPE.samples()]);
        writer.write_frame(samples.as_ref()).expect("written");
    }
    let mut notes = writer.notes();
    writer.finish().expect("finished");
    let source = opened(&path);
    let info = source.info();
    assert_eq!(info.frames, frames, "{suffix} {rate} {frames}");
    match &info.time {
        TimeAxis::Interval { dt: found, t0_frame: 0, .. } if *found == dt => Fate::Equal,
        TimeAxis::NotSet => {
            notes.extend(info.notes.iter().filter(|note| note.contains("too coarse")).cloned());
            if notes.is_empty() { Fate::Lost(TimeAxis::NotSet) } else { Fate::Said(notes.join(" ")) }
        }
        other => Fate::Lost(other.clone()),
    }
}

#[test]
fn rates_come_back_equal_or_their_loss_is_said() {
    let rates = [(1, 1000), (25, 1), (2997, 100), (5000, 1), (20_000, 1), (100_000, 1)];
    let mut wrong = Vec::new();
    for suffix in ["tif", "mkv", "mp4", "avi"] {
        for (num, den) in rates {
            for frames in [2, 40, 3000] {
                let found = fate(suffix, Rational::new(num, den).expect("not zero"), frames);
                let is_exact = match suffix {
                    "tif" | "avi" => found == Fate::Equal,
                    _ => !matches!(found, Fate::Lost(_)),
                };
                if !is_exact {
                    wrong.push(format!("{suffix} {num}/{den} x {frames}: {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
