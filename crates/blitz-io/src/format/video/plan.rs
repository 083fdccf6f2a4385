//! Decode through, or go from keyframe to keyframe: decided by what each costs on this file.

use blitz_core::{Cancel, grouped};

use super::file::File;
use super::index::Seeking;
use super::pool::{Pool, Selection};

/// Jumps that save less than this share of the work are not worth trying whether they are exact.
const WORTH: f64 = 0.8;

/// What reading a selection takes, in decoded frames.
#[derive(Debug, Default)]
pub(super) struct Plan {
    wanted: usize,
    through: u64,
    decoded: u64,
    jumps: u64,
    cost: f64,
    in_order: Option<String>,
}

impl Plan {
    /// Adds the frames `selection` of a file. Tries whether keyframes can be gone to where that could pay.
    pub(super) fn add(&mut self, pool: &Pool, selection: Selection, cancel: &Cancel) {
        let file = &pool.file;
        self.wanted += selection.count;
        let assumed = walk(file, selection, 8.0);
        self.through += assumed.through;
        let pays = assumed.jumps > 0 && (assumed.decoded as f64) < WORTH * assumed.through as f64;
        // Leaving out pictures that no other needs may pay without any jump.
        if !pays && selection.step == 1 {
            self.decoded += assumed.through;
            return;
        }
        match pool.try_seeking(cancel) {
            Some(Seeking::Exact { cost, .. }) => {
                let walk = walk(file, selection, *cost);
                self.decoded += walk.decoded;
                self.jumps += walk.jumps;
                self.cost = self.cost.max(*cost);
            }
            Some(Seeking::InOrder(why)) => {
                self.decoded += assumed.through;
                self.in_order = Some(why.clone());
            }
            None => self.decoded += assumed.through,
        }
    }

    /// In words.
    pub(super) fn describe(&self) -> Option<String> {
        if self.wanted == 0 {
            return None;
        }
        let mut text = if self.jumps > 0 {
            format!(
                "decoding {} of {} frames, going to keyframes {} times (each costs about {:.1} frames here)",
                grouped(self.decoded),
                grouped(self.through),
                grouped(self.jumps),
                self.cost
            )
        } else if self.decoded == self.wanted as u64 {
            format!("decoding through all {} frames", grouped(self.wanted as u64))
        } else {
            format!("decoding through {} frames for {}", grouped(self.decoded), grouped(self.wanted as u64))
        };
        if let Some(why) = &self.in_order {
            text.push_str("; keyframes are not gone to, because ");
            text.push_str(why);
        }
        Some(text)
    }
}

struct Walk {
    through: u64,
    decoded: u64,
    jumps: u64,
}

/// Goes from wanted frame to wanted frame, through or by a jump that costs `cost` frames, whichever is cheaper:
/// what the readers do, without decoding.
fn walk(file: &File, selection: Selection, cost: f64) -> Walk {
    let index = &file.index;
    let (mut next, mut reached, mut decoded, mut jumps) = (0_u32, 0_u32, 0_u64, 0_u64);
    for i in 0..selection.count {
        let frame = selection.first + i * selection.step;
        if index.is_counted() {
            reached = frame as u32;
            continue;
        }
        let Some(packet) = index.packet(frame) else { continue };
        reached = reached.max(packet);
        if packet < next {
            continue; // came along with a frame before
        }
        if let Some((start, _)) = file.jump_pays(packet, next, cost) {
            decoded += u64::from(packet + 1 - start);
            jumps += 1;
        } else {
            decoded += u64::from(packet + 1 - next);
        }
        next = packet + 1;
    }
    let through = u64::from(reached) + 1;
    Walk { through, decoded: if index.is_counted() { through } else { decoded }, jumps }
}
