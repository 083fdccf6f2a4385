//! Readers of one video and the pictures that were decoded last.
//!
//! Whoever asks for a frame takes the reader that gets there with the fewest decoded pictures. A reader that goes
//! through the file leaves its pictures where others find them, so several threads that ask for successive
//! frames share one reader and convert in parallel; consumers at different places have readers of their own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use blitz_core::Cancel;

use super::decoder::threads;
use super::ffi::Picture;
use super::file::File;
use super::index::Seeking;
use super::reader::{Reader, Target};
use super::slots::{Slot, Slots, Turn};

/// Readers of one file at most: each holds a decoder with its reference pictures.
const READERS: usize = 3;
/// Pictures kept while frames are asked for one after the other.
const NARROW: usize = 24 << 20;
/// Pictures kept while someone goes back and forth.
const WIDE: usize = 256 << 20;
/// Pictures that a decoder holds beside one per thread: usually, and at most (16 references and one to come).
const USUAL_PICTURES: usize = 6;
const MOST_PICTURES: usize = 17;
/// Opening a reader, in decoded frames, about.
const OPEN_COST: f64 = 30.0;

/// Which frames a stack takes; the others need not come out of the decoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Selection {
    pub(super) first: usize,
    pub(super) step: usize,
    pub(super) count: usize,
}

impl Selection {
    pub(super) fn has(self, frame: usize) -> bool {
        frame >= self.first
            && (frame - self.first).is_multiple_of(self.step)
            && (frame - self.first) / self.step < self.count
    }
}

/// See the module's page.
pub(super) struct Pool {
    pub(super) file: Arc<File>,
    state: Mutex<State>,
    changed: Condvar,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pool").field(&self.file).finish()
    }
}

#[derive(Default)]
struct State {
    slots: Slots<Reader>,
    pictures: HashMap<usize, Arc<Picture>>,
    order: VecDeque<usize>,
    /// Kept pictures that were asked for: they go first.
    handed: HashSet<usize>,
    bytes: usize,
    wide: bool,
    faults: HashMap<usize, String>,
    selection: Option<Selection>,
}

/// A slot that was taken, with its reader if it has one, and the keyframe to go to.
struct Claim {
    turn: Turn,
    reader: Option<Box<Reader>>,
    from: Option<u32>,
}

impl State {
    /// Takes the slot that a plan names, on the way to packet `goal`; `None` if another thread has it.
    fn claim(&mut self, plan: &Plan, goal: u32) -> Option<Claim> {
        match *plan {
            Plan::Wait => None,
            Plan::Use(id, from) => {
                let first = |reader: &Reader| from.unwrap_or_else(|| reader.first_to_come());
                let (turn, reader) = self.slots.claim(id, goal, first)?;
                Some(Claim { turn, reader: Some(reader), from })
            }
            Plan::Open(from) => {
                Some(Claim { turn: self.slots.open(from.unwrap_or(0), goal), reader: None, from })
            }
        }
    }
}

fn is_ahead(slot: &Slot<Reader>, packet: u32, frame: usize) -> bool {
    slot.reader.as_ref().is_some_and(|reader| reader.is_ahead(packet, frame))
}

/// How a frame is got.
enum Plan {
    /// Someone is on the way there.
    Wait,
    /// With an idle reader, from a keyframe if one is named.
    Use(u64, Option<u32>),
    /// With a new reader.
    Open(Option<u32>),
}

impl Pool {
    pub(super) fn new(file: Arc<File>) -> Self {
        Self { file, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Bytes that readers and kept pictures hold now, about.
    pub(super) fn bytes(&self, picture: u64) -> u64 {
        let state = self.state();
        state.bytes as u64 + (state.slots.len() * (threads() + USUAL_PICTURES)) as u64 * picture
    }

    /// Most that they hold while the selection is read in order.
    pub(super) fn most_bytes(&self, picture: u64) -> u64 {
        // Sparse frames are gone to by several readers at once.
        let readers =
            if self.state().selection.is_some_and(|selection| selection.step > 1) { READERS } else { 1 };
        let frames = self.file.index.frames.len();
        let decoders = readers * (threads() + MOST_PICTURES).min(frames);
        let kept = (2 * NARROW as u64).max(least_kept() as u64 * picture);
        decoders as u64 * picture + kept.min(frames as u64 * picture)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which frames will be asked for.
    pub(super) fn select(&self, selection: Selection) {
        self.state().selection = Some(selection);
    }

    /// The picture of a frame of this file.
    pub(super) fn picture(&self, frame: usize) -> Result<Arc<Picture>, String> {
        self.get(frame, false)
    }

    /// The picture of a frame that is looked at before anybody said which frames will be asked for: nothing behind
    /// it is decoded.
    pub(super) fn look(&self, frame: usize) -> Result<Arc<Picture>, String> {
        self.get(frame, true)
    }

    fn get(&self, frame: usize, look: bool) -> Result<Arc<Picture>, String> {
        if let Some(reason) = self.file.why_absent(frame) {
            return Err(reason.to_owned());
        }
        // Counted frames have no packet: their number stands for one.
        let packet = self.file.index.packet(frame).unwrap_or(frame as u32);
        let mut state = self.state();
        let (claim, selection) = loop {
            if let Some(picture) = state.pictures.get(&frame).map(Arc::clone) {
                state.handed.insert(frame);
                return Ok(picture);
            }
            if let Some(reason) = state.faults.get(&frame) {
                return Err(reason.clone());
            }
            if self.file.seeking_known().is_none() && self.would_jump(&state, packet, frame) {
                drop(state);
                self.try_seeking(&Cancel::default());
                state = self.state();
                continue;
            }
            let plan = self.plan(&mut state, packet, frame);
            if matches!(plan, Plan::Wait) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            } else if let Some(claim) = state.claim(&plan, packet) {
                break (claim, state.selection);
            }
        };
        drop(state);
        let last = look || self.is_last(selection, packet, frame);
        self.decode(Target { packet, frame, last }, claim, selection)
    }

    /// Whether decoding may begin at keyframes; tries it where that is not known, and keeps the pictures that are
    /// asked for later. `None` if it was cancelled.
    pub(super) fn try_seeking(&self, cancel: &Cancel) -> Option<&Seeking> {
        self.file.seeking(cancel, &|frame, picture| {
            if self.state().selection.is_some_and(|selection| selection.has(frame)) {
                self.keep(frame, Ok(Arc::clone(picture)));
            }
        })
    }

    /// Whether the next frame of the selection behind `frame` is decoded from its keyframe, or there is none.
    fn is_last(&self, selection: Option<Selection>, packet: u32, frame: usize) -> bool {
        let Some(selection) = selection.filter(|selection| selection.has(frame)) else { return false };
        let Some(Seeking::Exact { cost, .. }) = self.file.seeking_known() else { return false };
        let behind = (1..).map(|i| frame + i * selection.step).take_while(|&next| selection.has(next));
        let next = behind
            .take_while(|&next| next < self.file.index.frames.len())
            .find_map(|next| self.file.index.packet(next));
        next.is_none_or(|next| self.file.jump_pays(next, packet + 1, *cost).is_some())
    }

    /// Runs a reader to a frame and gives it back.
    fn decode(
        &self,
        target: Target,
        claim: Claim,
        selection: Option<Selection>,
    ) -> Result<Arc<Picture>, String> {
        let lease = Lease { pool: self, turn: claim.turn };
        let mut reader = match claim.reader {
            Some(reader) => reader,
            None => Box::new(Reader::open(&self.file, threads(), &Cancel::default())?),
        };
        let index = &self.file.index;
        let may_skip = matches!(self.file.seeking_known(), Some(Seeking::Exact { may_skip: true, .. }));
        let step = selection.map_or(1, |s| s.step);
        // Frames shortly before the one asked for may be asked for by others at this moment, or next by
        // someone who goes backwards.
        let near = (4 * cores()).max(24) * step;
        let wanted = |packet: u32| {
            !may_skip
                || index.frame_of(packet).is_none_or(|frame| {
                    frame + near >= target.frame && selection.is_none_or(|selection| selection.has(frame))
                })
        };
        let mut answer = Err("the decoder gave no picture for it".to_owned());
        reader.reach(target, claim.from, &wanted, &mut |frame, outcome| {
            let outcome = outcome.map(Arc::new);
            if frame == target.frame {
                answer.clone_from(&outcome);
            }
            self.keep(frame, outcome);
        })?;
        let mut state = self.state();
        if state.pictures.contains_key(&target.frame) {
            state.handed.insert(target.frame);
        }
        state.slots.give_back(lease.turn, reader);
        drop(state);
        answer
    }

    /// Keeps a picture for whoever asks next.
    fn keep(&self, frame: usize, outcome: Result<Arc<Picture>, String>) {
        let mut state = self.state();
        match outcome {
            Err(reason) => {
                if !state.pictures.contains_key(&frame) {
                    state.faults.insert(frame, reason);
                }
            }
            // Pictures that only others need are not asked for.
            Ok(_) if state.selection.is_some_and(|selection| !selection.has(frame)) => {}
            Ok(picture) => {
                let bytes = picture.bytes();
                state.faults.remove(&frame);
                if state.pictures.insert(frame, picture).is_none() {
                    state.order.push_back(frame);
                    state.bytes += bytes;
                }
                let limit = if state.wide { WIDE } else { NARROW };
                let least = least_kept();
                while state.bytes > limit && state.order.len() > least {
                    // A thread that was held up finds its picture, if that is not too long ago.
                    let asked_for = state.order.iter().position(|frame| state.handed.contains(frame));
                    if asked_for.is_none() && state.bytes <= 2 * limit {
                        break;
                    }
                    let Some(oldest) = state.order.remove(asked_for.unwrap_or(0)) else { break };
                    state.handed.remove(&oldest);
                    if let Some(old) = state.pictures.remove(&oldest) {
                        state.bytes = state.bytes.saturating_sub(old.bytes());
                    }
                }
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Whether going to a keyframe would pay, had it been tried.
    fn would_jump(&self, state: &State, packet: u32, frame: usize) -> bool {
        if self.file.index.is_counted() {
            return false;
        }
        let start = self.file.start(packet);
        let through = state
            .slots
            .iter()
            .filter_map(|slot| match &slot.reader {
                Some(reader) if reader.is_ahead(packet, frame) => Some(packet.saturating_sub(reader.next())),
                None if packet >= slot.from => Some(packet.saturating_sub(slot.goal)),
                _ => None,
            })
            .min()
            .unwrap_or(packet);
        through > packet - start + 32
    }

    fn plan(&self, state: &mut State, packet: u32, frame: usize) -> Plan {
        let seek_cost = match self.file.seeking_known() {
            Some(Seeking::Exact { cost, .. }) => Some(*cost),
            _ => None,
        };
        let jump = seek_cost.map(|cost| {
            let start = self.file.start(packet);
            (start, cost + f64::from(packet - start))
        });
        let back = jump.map_or((0, OPEN_COST + f64::from(packet)), |jump| jump);
        // The cheapest idle reader that is before the frame.
        let ahead = state
            .slots
            .iter()
            .filter_map(|slot| {
                let reader = slot.reader.as_ref()?;
                if reader.is_empty() {
                    return jump.map(|(start, cost)| (slot.id(), Some(start), cost));
                }
                if !reader.is_ahead(packet, frame) {
                    return None;
                }
                let through = f64::from(packet.saturating_sub(reader.next()));
                let pays = seek_cost.and_then(|cost| self.file.jump_pays(packet, reader.next(), cost));
                Some(match pays {
                    Some((start, cost)) => (slot.id(), Some(start), cost),
                    None => (slot.id(), None, through),
                })
            })
            .min_by(|a, b| a.2.total_cmp(&b.2));
        let best = ahead.as_ref().map_or(back.1, |&(.., cost)| cost);
        let busy_near = state.slots.iter().any(|slot| {
            slot.reader.is_none()
                && packet >= slot.from
                && (packet <= slot.goal || f64::from(packet - slot.goal) <= best)
        });
        if busy_near {
            return Plan::Wait;
        }
        state.wide |= state.slots.iter().any(|slot| slot.goal > packet && !is_ahead(slot, packet, frame));
        if let Some((id, from, cost)) = ahead
            && cost <= back.1
        {
            return Plan::Use(id, from);
        }
        if state.slots.len() < READERS {
            return Plan::Open(Some(back.0));
        }
        let idle = state.slots.iter().filter(|slot| slot.reader.is_some()).min_by_key(|slot| slot.turn);
        idle.map_or(Plan::Wait, |slot| Plan::Use(slot.id(), Some(back.0)))
    }
}

/// Pictures that are kept however many bytes they have.
fn least_kept() -> usize {
    2 * cores() + 4
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// A slot in use. When this is dropped, the slot is idle again, or gone where its reader was not given back.
struct Lease<'a> {
    pool: &'a Pool,
    turn: Turn,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.pool.state().slots.end(self.turn);
        self.pool.changed.notify_all();
    }
}
