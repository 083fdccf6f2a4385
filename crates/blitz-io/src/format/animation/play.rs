//! Plays animations: each frame is drawn onto the one before, so they are played in order.
//!
//! The file is kept in memory, as it is stored. A player goes through it; pictures that it has passed are kept for a
//! while, since workers ask for neighbouring frames in any order. A frame that is damaged takes those behind it with it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use blitz_core::{
    Channel, DType, FrameShape, Rational, Sample, Samples, SamplesMut, TimeAxis, TimeOrigin, typed,
    with_samples_mut,
};

use crate::OpenError;
use crate::facts::Facts as Said;
use crate::format::alpha;
use crate::format::contract::{Format, ImageSpec, Opening, guarded};
use crate::one_file::{Examined, Frames, OneFile};
use crate::read_at::{FileBytes, ReadAt};
use crate::source::{FrameSource, SourceInfo};

/// Bytes of pictures that are kept behind the player.
const KEPT_BYTES: usize = 64 << 20;
/// Most pictures that are kept.
const KEPT: usize = 16;

/// One format of animations.
pub(in crate::format) struct Kind {
    /// Format in words.
    pub(super) name: &'static str,
    /// Finds out what a file holds without decoding its pictures.
    pub(super) facts: fn(&Arc<[u8]>, limit: u64) -> Result<Facts, String>,
    /// Begins at the first frame.
    pub(super) start: Start,
}

pub(super) type Start = fn(&Arc<[u8]>) -> Result<Box<dyn Player>, String>;

/// What a file holds.
pub(super) struct Facts {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) dtype: DType,
    /// Whether red, green and blue are equal by the file's structure.
    pub(super) is_grey: bool,
    /// Bits of a sample.
    pub(super) bits: u32,
    pub(super) color_model: &'static str,
    /// How long each frame stays, in seconds as a fraction.
    pub(super) delays: Vec<(u64, u64)>,
    /// Frames that the file promises and does not hold, and why.
    pub(super) missing: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Facts {
    /// The opaque code of alpha.
    fn full(&self) -> u16 {
        u16::MAX >> (16 - self.bits)
    }
}

/// Goes through the frames of a file.
pub(super) trait Player: Send {
    /// Draws the next frame.
    fn next(&mut self) -> Result<(), String>;

    /// The picture after that: red, green, blue and alpha of each pixel.
    fn canvas(&self) -> &Samples;
}

/// Opens one file.
pub(in crate::format) fn open(
    opening: &Opening<'_>,
    format: &'static Format,
    kind: &'static Kind,
) -> Result<Box<dyn FrameSource>, OpenError> {
    let limit = opening.options.max_frame_bytes;
    OneFile::open(opening, format, |file| {
        let bytes = all_bytes(file, limit)?;
        let (mut info, animated) = Animated::find(kind, bytes, limit)?;
        let faults = std::mem::take(&mut info.faults).into_iter().map(|f| (f.frame, f.reason)).collect();
        Ok(Examined { info, faults, frames: animated })
    })
}

fn all_bytes(file: &FileBytes, limit: u64) -> Result<Arc<[u8]>, String> {
    let size = file.size();
    if size > limit {
        return Err(format!(
            "animations are kept in memory, and its {size} bytes are more than the limit of {limit} bytes; a larger \
             --max-ram allows more"
        ));
    }
    let mut bytes = vec![0; size as usize];
    file.read_exact_at(0, &mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes.into())
}

/// The frames of a file.
pub(crate) struct Animated {
    bytes: Arc<[u8]>,
    start: Start,
    spec: ImageSpec,
    full: u16,
    /// Frames that are there.
    frames: usize,
    missing: Vec<String>,
    playing: Mutex<Playing>,
}

impl fmt::Debug for Animated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Animated")
            .field("spec", &self.spec)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Playing {
    /// The player and the frame that it draws next.
    player: Option<(usize, Box<dyn Player>)>,
    /// Canvases of frames, the newest at the end.
    kept: VecDeque<(usize, Samples)>,
    /// The first frame that cannot be drawn, and why.
    damaged: Option<(usize, String)>,
}

impl Animated {
    pub(super) fn find(kind: &Kind, bytes: Arc<[u8]>, limit: u64) -> Result<(SourceInfo, Self), String> {
        let facts = (kind.facts)(&bytes, limit)?;
        // Four channels are held while drawing.
        ImageSpec::check_size(FrameShape::new(facts.height, facts.width, 4), facts.dtype, limit)?;
        let frames = facts.delays.len();
        if frames == 0 {
            return Err("it holds no frame".to_owned());
        }
        let mut player = (kind.start)(&bytes)?;
        player.next()?;
        let full = facts.full();
        let has_alpha = !alpha::is_opaque(player.canvas().as_ref(), 4, f64::from(full));
        let mut notes = facts.notes.clone();
        let channels = if facts.is_grey { 1 } else { 3 } + usize::from(has_alpha);
        let (time, said) = axis(&facts.delays);
        notes.extend(said);
        if !facts.missing.is_empty() {
            notes.push(format!("The file breaks off after {frames} whole frames."));
        }
        let spec = ImageSpec {
            frame: FrameShape::new(facts.height, facts.width, channels),
            dtype: facts.dtype,
            channels: Channel::defaults(channels),
            container_bits: facts.bits,
            color_model: facts.color_model,
            notes,
        };
        let mut info = SourceInfo::of(&spec, kind.name, frames + facts.missing.len());
        info.time = time;
        let faults = facts.missing.iter().enumerate();
        info.faults = faults
            .map(|(i, reason)| blitz_core::FrameFault {
                file: None,
                frame: frames + i,
                reason: reason.clone(),
            })
            .collect();
        let animated = Self {
            bytes,
            start: kind.start,
            spec,
            full,
            frames,
            missing: facts.missing,
            playing: Mutex::new(Playing { player: Some((0, player)), ..Playing::default() }),
        };
        // What was drawn is frame 0.
        animated.lock().keep_first();
        Ok((info, animated))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Playing> {
        self.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a frame into `out`, which has the frames' type and size.
    pub(super) fn draw(&self, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        if let Some(missing) = frame.checked_sub(self.frames) {
            return Err(self.missing.get(missing).cloned().unwrap_or_else(|| "it is not there".to_owned()));
        }
        let mut playing = self.lock();
        if let Some(i) = playing.kept.iter().position(|(kept, _)| *kept == frame) {
            return self.convert(&playing.kept[i].1, out);
        }
        playing.play_to(frame, &self.bytes, self.start)?;
        match playing.kept.back() {
            Some((_, canvas)) => self.convert(canvas, out),
            None => Err("nothing was drawn".to_owned()),
        }
    }

    /// From red, green, blue and alpha to the channels of the recording.
    fn convert(&self, canvas: &Samples, out: SamplesMut<'_>) -> Result<(), String> {
        let channels = self.spec.frame.channels;
        let has_alpha = matches!(channels, 2 | 4);
        if !has_alpha && !alpha::is_opaque(canvas.as_ref(), 4, f64::from(self.full)) {
            return Err(alpha::NOT_OPAQUE.to_owned());
        }
        let colours = channels - usize::from(has_alpha);
        with_samples_mut!(out, out => {
            let pixels = typed(canvas.as_ref());
            for (to, from) in out.chunks_exact_mut(channels).zip(pixels.chunks_exact(4)) {
                to[..colours].copy_from_slice(&from[..colours]);
                if has_alpha {
                    to[colours] = from[3];
                }
            }
        });
        Ok(())
    }
}

impl Playing {
    /// The player has drawn frame 0.
    fn keep_first(&mut self) {
        if let Some((next, player)) = &mut self.player {
            *next = 1;
            self.kept.push_back((0, player.canvas().clone()));
        }
    }

    /// Draws all frames up to `frame`, the last kept at the end.
    fn play_to(&mut self, frame: usize, bytes: &Arc<[u8]>, start: Start) -> Result<(), String> {
        if let Some((first, why)) = self.damaged.as_ref().filter(|(first, _)| *first <= frame) {
            return Err(if *first == frame {
                why.clone()
            } else {
                format!("it is drawn onto frame {first}, which is damaged: {why}")
            });
        }
        let (mut next, mut player) = match self.player.take().filter(|(next, _)| *next <= frame) {
            Some(playing) => playing,
            None => (0, start(bytes)?),
        };
        while next <= frame {
            if let Err(why) = player.next() {
                let reason = if next == frame {
                    why.clone()
                } else {
                    format!("it is drawn onto frame {next}, which is damaged: {why}")
                };
                self.damaged = Some((next, why));
                return Err(reason);
            }
            let canvas = player.canvas();
            let most = (KEPT_BYTES / canvas.as_ref().bytes().len().max(1)).clamp(1, KEPT);
            while self.kept.len() >= most {
                self.kept.pop_front();
            }
            self.kept.retain(|(kept, _)| *kept != next);
            self.kept.push_back((next, canvas.clone()));
            next += 1;
        }
        self.player = Some((next, player));
        Ok(())
    }
}

impl Frames for Animated {
    fn decode(&self, _data: &dyn ReadAt, frame: usize, out: SamplesMut<'_>) -> Result<(), String> {
        self.draw(frame, out)
    }

    /// A PNG says it of the file as a whole.
    fn facts(&self, data: &dyn ReadAt, _frame: usize) -> Said {
        crate::format::png_facts::read(data)
    }
}

/// Plays bytes that may be anything, forwards and from the beginning again.
pub(super) fn try_bytes(kind: &Kind, data: &[u8], limit: u64) {
    let Ok((info, animated)) = guarded(|| Animated::find(kind, data.into(), limit)) else { return };
    for frame in [info.frames - 1, 0, info.frames / 2] {
        let mut out = Samples::zeros(info.dtype, info.frame.samples());
        let _ = guarded(|| animated.draw(frame, out.as_mut()));
    }
}

/// The time axis of frames that stay so long, and what to tell people. The last frame's delay moves no frame.
fn axis(delays: &[(u64, u64)]) -> (TimeAxis, Option<String>) {
    let Some((_, starts)) = delays.split_last().filter(|(_, starts)| !starts.is_empty()) else {
        return (TimeAxis::NotSet, None);
    };
    let Some(steps) = starts
        .iter()
        .map(|&(num, den)| Rational::new(num, den).filter(|dt| dt.num > 0))
        .collect::<Option<Vec<Rational>>>()
    else {
        let note = "Rate not set: the file gives frames no time to stay (--fps or --dt).".to_owned();
        return (TimeAxis::NotSet, Some(note));
    };
    if steps.iter().all(|dt| *dt == steps[0]) {
        let axis = TimeAxis::Interval { dt: steps[0], t0_frame: 0, origin: TimeOrigin::Container };
        return (axis, None);
    }
    let mut times = vec![0.0];
    let mut at = 0.0;
    for dt in &steps {
        at += dt.to_f64();
        times.push(at);
    }
    let note = "The frames are not evenly spaced in time; each has the time that the file says.".to_owned();
    (TimeAxis::Explicit(times.into()), Some(note))
}

/// Draws a pixel (red, green, blue, alpha) over another; `full` is opaque. After the specification of PNG, section 13.16,
/// in f64 and rounded to the nearest code.
pub(super) fn over<T: Sample>(to: &mut [T], from: [T; 4], full: T) {
    let opacity = |pixel: &[T]| pixel[3].to_f64() / full.to_f64();
    let (above, below) = (opacity(&from), opacity(to));
    if above == 0.0 {
        return;
    }
    if above == 1.0 || below == 0.0 {
        to.copy_from_slice(&from);
        return;
    }
    let share = below * (1.0 - above);
    let alpha = above + share;
    for (to, from) in to.iter_mut().zip(from).take(3) {
        *to = T::from_f64(((from.to_f64() * above + to.to_f64() * share) / alpha).round());
    }
    to[3] = T::from_f64((alpha * full.to_f64()).round());
}

/// A rectangle of the canvas.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Area {
    /// The part that lies on a canvas of that size.
    pub(super) fn on(self, width: usize, height: usize) -> Self {
        let (left, top) = (self.left.min(width), self.top.min(height));
        Self { left, top, width: self.width.min(width - left), height: self.height.min(height - top) }
    }

    /// Samples of each of its rows on a canvas of `width` pixels.
    pub(super) fn rows(self, width: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        (self.top..self.top + self.height).map(move |y| {
            let start = (y * width + self.left) * 4;
            start..start + self.width * 4
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_make_a_time_axis() {
        let interval = axis(&[(4, 100), (1, 25), (0, 1)]).0;
        let expected = Rational::new(1, 25).expect("not zero");
        assert!(matches!(interval, TimeAxis::Interval { dt, .. } if dt == expected), "{interval:?}");
        let (uneven, note) = axis(&[(1, 10), (3, 10), (1, 10)]);
        assert!(matches!(&uneven, TimeAxis::Explicit(times) if times[..] == [0.0, 0.1, 0.4]), "{uneven:?}");
        assert!(note.is_some());
        let (none, note) = axis(&[(0, 100), (0, 100)]);
        assert_eq!((none, note.is_some()), (TimeAxis::NotSet, true));
        assert_eq!(axis(&[(1, 10)]), (TimeAxis::NotSet, None));
    }
}
