//! Whether decoding may begin at keyframes, tried on the file itself.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use blitz_core::Cancel;

use super::cache::Place;
use super::decoder::threads;
use super::ffi::Picture;
use super::file::File;
use super::index::Seeking;
use super::reader::{Reader, Target};

/// Pictures that are compared.
const FRAMES: u32 = 8;

/// Takes pictures that were decoded on the way.
pub(super) type Keep<'a> = &'a dyn Fn(usize, &Arc<Picture>);

impl File {
    /// Whether decoding may begin at keyframes; `None` if finding out was cancelled. The first call tries, unless
    /// an earlier run did: see [`run`]. Pictures on the way go to `keep`.
    pub(super) fn seeking(self: &Arc<Self>, cancel: &Cancel, keep: Keep<'_>) -> Option<&Seeking> {
        let _one_tries = self.trying.lock().unwrap_or_else(PoisonError::into_inner);
        if self.seeking.get().is_none() {
            let known = self.place.as_ref().and_then(Place::read_trial);
            let found = match known {
                Some(known) => known,
                None => match run(self, cancel, keep) {
                    Ok(found) => {
                        if let Some(place) = &self.place {
                            place.write_trial(&found);
                        }
                        found
                    }
                    Err(_) if cancel.is_cancelled() => return None,
                    Err(why) => Seeking::InOrder(format!("trying it failed: {why}")),
                },
            };
            drop(self.seeking.set(found));
        }
        self.seeking.get()
    }
}

/// Decodes the first group and the beginning of the second, then begins with the second, and compares every
/// sample; measures what going there costs.
fn run(file: &Arc<File>, cancel: &Cancel, keep: Keep<'_>) -> Result<Seeking, String> {
    let index = &file.index;
    if index.is_counted() {
        return Ok(Seeking::InOrder("its pictures can only be counted".to_owned()));
    }
    let Some(key) = index.keys().iter().copied().find(|&key| key > 0 && index.frame_of(key).is_some()) else {
        // Nowhere to go but to the beginning.
        return Ok(Seeking::Exact { cost: 0.0, may_skip: false, strict: true });
    };
    let end = index.group(key).1.unwrap_or(u32::MAX).min(index.packets.len() as u32).min(key + FRAMES);
    // The last of them to be shown: when it is out, all up to it are.
    let Some(last) = (key..end).filter(|&p| index.frame_of(p).is_some()).max_by_key(|&p| index.frame_of(p))
    else {
        return Ok(Seeking::InOrder("a keyframe has no picture".to_owned()));
    };
    let shown = index.frame_of(last).unwrap_or(0);
    let end = last + 1;
    let compared: Vec<usize> =
        (key..end).filter(|&p| !index.leads(p, key)).filter_map(|p| index.frame_of(p)).collect();
    let collect = |reader: &mut Reader, from: Option<u32>, wanted: &dyn Fn(u32) -> bool| {
        let mut pictures = HashMap::new();
        let started = Instant::now();
        // What ends behind the picture is compared with what goes on.
        let target = Target { packet: last, frame: shown, last: from.is_some() };
        reader.reach(target, from, wanted, &mut |frame, outcome| {
            if let Ok(picture) = outcome {
                let picture = Arc::new(picture);
                keep(frame, &picture);
                if compared.contains(&frame) {
                    pictures.insert(frame, picture);
                }
            }
        })?;
        Ok::<_, String>((pictures, started.elapsed().as_secs_f64()))
    };
    let all = |_| true;
    let (through, seconds) = collect(&mut Reader::open(file, threads(), cancel)?, None, &all)?;
    let frame_seconds = seconds / f64::from(end);
    // The first reason is the one to be told: the other way is tried only behind it.
    let mut refused = None;
    for strict in [true, false] {
        let mut reader = Reader::open(file, threads(), cancel)?;
        reader.try_jumps(strict);
        let (jumped, seconds) = match collect(&mut reader, Some(key), &all) {
            Ok(jumped) => jumped,
            Err(why) if cancel.is_cancelled() => return Err(why),
            Err(why) => {
                refused.get_or_insert(why);
                continue;
            }
        };
        let differs = |frame: &&usize| match (through.get(frame), jumped.get(frame)) {
            (Some(a), Some(b)) => !a.same_samples(b),
            (None, None) => false, // damaged either way
            _ => true,
        };
        if let Some(frame) = compared.iter().find(differs) {
            refused.get_or_insert_with(|| {
                format!("frame {frame} comes out different after going to its keyframe")
            });
            continue;
        }
        let skipped = collect(&mut reader, Some(key), &|packet| packet == last);
        let may_skip = match (through.get(&shown), skipped.ok().and_then(|(s, _)| s.get(&shown).cloned())) {
            (Some(a), Some(b)) => a.same_samples(&b),
            _ => false,
        };
        let cost = (seconds / frame_seconds.max(1e-9) - f64::from(end - key)).clamp(1.0, 1000.0);
        return Ok(Seeking::Exact { cost, may_skip, strict });
    }
    Ok(Seeking::InOrder(refused.unwrap_or_else(|| "its keyframes cannot be tried".to_owned())))
}
