//! What evaluations share: references of steps, blocks of long windows, surroundings of dragged zones.
//!
//! A reference is computed once, however many evaluations want it at the same time: the first starts it on a thread
//! of its own, all wait for it, and it is stopped only when none wants it any more.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use blitz_core::{Cancel, Progress, StackId};
use blitz_kernels::windows::Blocks;

use super::dragged::Dragged;
use super::told::{Tallies, Tally};
use super::{EvalContext, EvalError};
use crate::broker::{Account, Broker};
use crate::lane::Lanes;

/// The longest until an evaluation that waits for a reference sees that it is cancelled.
const SLICE: Duration = Duration::from_millis(5);

/// Values made once and read by many.
type Values = Arc<dyn Any + Send + Sync>;

/// What evaluations share: references, blocks of long windows, regions around dragged zones; as many bytes of each as
/// the [`Broker`] allows. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct References {
    kept: Arc<Mutex<Kept>>,
    dragged: Dragged,
    lanes: Lanes,
    broker: Broker,
}

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<u64, KeptValues>,
    under_way: HashMap<u64, Arc<UnderWay>>,
    clock: u64,
    notes: Vec<String>,
    tallies: Tallies,
    blocks: HashMap<u64, KeptBlocks>,
    /// Stacks that are closed: what is still made of them is not kept.
    closed: HashSet<StackId>,
}

#[derive(Debug)]
struct KeptValues {
    stack: StackId,
    values: Values,
    bytes: u64,
    used: u64,
}

#[derive(Debug)]
struct KeptBlocks {
    stack: StackId,
    blocks: Blocks,
    used: u64,
}

/// A reference that is being computed.
#[derive(Default)]
struct UnderWay {
    stack: Option<StackId>,
    cancel: Cancel,
    progress: Progress,
    state: Mutex<Waiting>,
    done: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Evaluations that wait for it.
    wanted_by: usize,
    /// Since when none does.
    unwanted_since: Option<Instant>,
    result: Option<Result<Values, EvalError>>,
}

impl fmt::Debug for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnderWay").field("progress", &self.progress).finish_non_exhaustive()
    }
}

impl References {
    /// Nothing yet, within the budget of `broker`.
    pub fn of(broker: Broker) -> Self {
        Self { broker, ..Self::default() }
    }

    /// Gives back what the broker wants.
    pub(crate) fn give_back(&self) {
        if self.broker.wants_back(Account::References) {
            self.lock().trim(self.broker.allowance());
        }
        if self.broker.wants_back(Account::Blocks) {
            self.lock().trim_blocks(self.broker.allowance(), None);
        }
        if self.broker.wants_back(Account::Surroundings) {
            self.dragged.trim(self.broker.allowance());
        }
        self.note_held();
    }

    /// Enters in the broker's book what is held.
    fn note_held(&self) {
        let kept = self.lock();
        self.broker.note(Account::References, kept.entries.values().map(|e| e.bytes).sum());
        self.broker.note(Account::Blocks, kept.block_bytes());
        drop(kept);
        self.broker.note(Account::Surroundings, self.dragged.bytes());
    }

    /// Bytes that surroundings of dragged zones may take.
    pub(in crate::evaluate) fn surroundings_allowance(&self) -> u64 {
        self.broker.allowance()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        locked(&self.kept)
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        let kept = self.lock();
        let references: u64 = kept.entries.values().map(|e| e.bytes).sum();
        references + kept.block_bytes() + self.dragged.bytes()
    }

    /// Forgets and stops what belongs to a stack that is closed.
    pub fn forget(&self, stack: StackId) {
        let mut kept = self.lock();
        kept.closed.insert(stack);
        kept.entries.retain(|_, entry| entry.stack != stack);
        kept.blocks.retain(|_, kept| kept.stack != stack);
        kept.tallies.forget(stack);
        for under_way in kept.under_way.values().filter(|u| u.stack == Some(stack)) {
            under_way.cancel.cancel();
        }
        drop(kept);
        self.dragged.forget(stack);
        self.note_held();
    }

    /// Stops references that no evaluation has wanted for `patience`. For owners of evaluations that linger, see
    /// [`EvalContext::lingers`].
    pub fn stop_unwanted(&self, patience: Duration) {
        for under_way in self.lock().under_way.values() {
            let state = locked(&under_way.state);
            if state.unwanted_since.is_some_and(|since| since.elapsed() > patience) {
                under_way.cancel.cancel();
            }
        }
    }

    /// Whether any are being computed.
    pub(crate) fn are_under_way(&self) -> bool {
        !self.lock().under_way.is_empty()
    }

    pub(super) fn note(&self, text: String) {
        self.lock().notes.push(text);
    }

    /// What is known of pixels of the pictures of a stack's step; `key` is what these depend on.
    pub(super) fn tally(&self, of: (StackId, usize), key: u64, make: impl FnOnce() -> Tally) -> Arc<Tally> {
        self.lock().tallies.of(of, key, make)
    }

    /// What a person should know since the last call: of references, files that were used in part and divisors that
    /// give no value; of evaluations that are over, at how many pixels of how many frames a window's picture gives none.
    pub fn take_notes(&self) -> Vec<String> {
        self.take_notes_of(1)
    }

    /// The same for who calls it all the time: frame after frame of a recording that is played is not a line each, but twice
    /// as many frames are.
    pub(crate) fn take_news(&self) -> Vec<String> {
        self.take_notes_of(2)
    }

    fn take_notes_of(&self, times: usize) -> Vec<String> {
        let mut kept = self.lock();
        let mut notes = std::mem::take(&mut kept.notes);
        notes.extend(kept.tallies.untold(times));
        notes
    }

    /// Regions around zones that are dragged.
    pub(in crate::evaluate) fn dragged(&self) -> &Dragged {
        &self.dragged
    }

    /// What is kept under `key`, or what `make` makes, on this thread: for what takes no long time.
    pub(super) fn made<T: Send + Sync + 'static>(
        &self,
        stack: StackId,
        key: u64,
        make: impl FnOnce() -> Result<Vec<T>, EvalError>,
    ) -> Result<Arc<Vec<T>>, EvalError> {
        if let Some(known) = self.lock().get(key) {
            return Ok(typed(known));
        }
        let values = Arc::new(make()?);
        let bytes = (values.len() * size_of::<T>()) as u64;
        self.keep(key, stack, Arc::clone(&values) as Values, bytes);
        Ok(values)
    }

    /// What is kept under `key`, or what `make` makes, on a thread of its own: once for all who want it meanwhile.
    ///
    /// # Errors
    /// What `make` says, to all of them; [`EvalError::Cancelled`] to who is cancelled.
    pub(super) fn shared<T: Send + Sync + 'static>(
        &self,
        stack: StackId,
        key: u64,
        cx: &EvalContext,
        make: impl FnOnce(&EvalContext) -> Result<Vec<T>, EvalError> + Send + Clone + 'static,
    ) -> Result<Arc<Vec<T>>, EvalError> {
        loop {
            let under_way = {
                let mut kept = self.lock();
                if let Some(known) = kept.get(key) {
                    return Ok(typed(known));
                }
                if let Some(under_way) = kept.under_way.get(&key) {
                    let mut state = locked(&under_way.state);
                    state.wanted_by += 1;
                    state.unwanted_since = None;
                    Arc::clone(under_way)
                } else {
                    let under_way = Arc::new(UnderWay { stack: Some(stack), ..UnderWay::default() });
                    locked(&under_way.state).wanted_by = 1;
                    kept.under_way.insert(key, Arc::clone(&under_way));
                    drop(kept);
                    self.start(stack, key, &under_way, cx, make.clone());
                    under_way
                }
            };
            match wait(&under_way, cx) {
                // Stopped for others, before this one joined.
                Err(EvalError::Cancelled) if !cx.cancel.is_cancelled() => {}
                result => return result.map(typed),
            }
        }
    }

    fn start<T: Send + Sync + 'static>(
        &self,
        stack: StackId,
        key: u64,
        under_way: &Arc<UnderWay>,
        cx: &EvalContext,
        make: impl FnOnce(&EvalContext) -> Result<Vec<T>, EvalError> + Send + 'static,
    ) {
        let (shared, task) = (self.clone(), Arc::clone(under_way));
        let eval = EvalContext {
            cancel: task.cancel.clone(),
            progress: task.progress.clone(),
            // What a person waits for may want it, too: it must not wait for that in turn.
            gives_way: None,
            ..cx.clone()
        };
        let span = tracing::debug_span!("reference", key);
        let work = move || {
            let _span = span.entered();
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                shared.lanes.run(false, || make(&eval))
            }));
            let result = match made {
                Ok(Ok(_)) if task.cancel.is_cancelled() => Err(EvalError::Cancelled),
                Ok(result) => result,
                Err(panic) => Err(EvalError::Empty(format!(
                    "an internal error stopped a reference: {}",
                    crate::jobs::panic_text(panic.as_ref())
                ))),
            };
            let result = result.map(|values| {
                let bytes = (values.len() * size_of::<T>()) as u64;
                (Arc::new(values) as Values, bytes)
            });
            if let Ok((values, bytes)) = &result {
                shared.keep(key, stack, Arc::clone(values), *bytes);
            }
            shared.lock().under_way.remove(&key);
            locked(&task.state).result = Some(result.map(|(values, _)| values));
            task.done.notify_all();
        };
        let spawned = std::thread::Builder::new().name("reference".into()).spawn(work);
        if let Err(error) = spawned {
            self.lock().under_way.remove(&key);
            let error = EvalError::Empty(format!("no thread could be started for a reference: {error}"));
            locked(&under_way.state).result = Some(Err(error));
        }
    }
}

/// Waits for a reference, telling of its progress.
fn wait(under_way: &UnderWay, cx: &EvalContext) -> Result<Values, EvalError> {
    let mut state = locked(&under_way.state);
    loop {
        if let Some(result) = &state.result {
            return result.clone();
        }
        if cx.cancel.is_cancelled() {
            state.wanted_by -= 1;
            if state.wanted_by == 0 {
                state.unwanted_since = Some(Instant::now());
                if !cx.lingers {
                    under_way.cancel.cancel();
                }
            }
            return Err(EvalError::Cancelled);
        }
        cx.progress.follow(&under_way.progress);
        state = under_way.done.wait_timeout(state, SLICE).unwrap_or_else(PoisonError::into_inner).0;
    }
}

impl References {
    /// The blocks kept under `key`, or new ones.
    pub(super) fn blocks(&self, stack: StackId, key: u64, new: impl FnOnce() -> Blocks) -> Blocks {
        let mut kept = self.lock();
        if kept.closed.contains(&stack) {
            return new();
        }
        kept.clock += 1;
        let used = kept.clock;
        let entry = kept.blocks.entry(key).or_insert_with(|| KeptBlocks { stack, blocks: new(), used });
        entry.used = used;
        entry.blocks.clone()
    }

    fn keep(&self, key: u64, stack: StackId, values: Values, bytes: u64) {
        let allowance = self.broker.allowance();
        self.lock().put(key, stack, values, bytes, allowance);
        self.note_held();
    }

    /// How many blocks like these are kept at most.
    pub(super) fn blocks_that_fit(&self, blocks: &Blocks) -> usize {
        self.broker.allowance() as usize / blocks.block_bytes().max(1)
    }

    /// Keeps blocks for later windows, those near block `near` first.
    pub(super) fn keep_blocks(&self, stack: StackId, key: u64, blocks: &Blocks, near: usize) {
        let fitting = self.blocks_that_fit(blocks);
        let allowance = self.broker.allowance();
        let mut kept = self.lock();
        if kept.closed.contains(&stack) {
            return;
        }
        kept.clock += 1;
        let used = kept.clock;
        let mine =
            kept.blocks.entry(key).or_insert_with(|| KeptBlocks { stack, blocks: blocks.clone(), used });
        mine.blocks.adopt(blocks);
        mine.blocks.keep_near(near, fitting);
        mine.used = used;
        kept.trim_blocks(allowance, Some(key));
        drop(kept);
        self.note_held();
    }
}

impl Kept {
    fn get(&mut self, key: u64) -> Option<Values> {
        self.clock += 1;
        let entry = self.entries.get_mut(&key)?;
        entry.used = self.clock;
        Some(Arc::clone(&entry.values))
    }

    fn block_bytes(&self) -> u64 {
        self.blocks.values().map(|k| (k.blocks.gathered() * k.blocks.block_bytes()) as u64).sum()
    }

    /// Drops blocks that were not used for longest, but for those under `kept`.
    fn trim_blocks(&mut self, allowance: u64, kept: Option<u64>) {
        while self.block_bytes() > allowance {
            let others = self.blocks.iter().filter(|(key, _)| Some(**key) != kept);
            let Some(oldest) = others.min_by_key(|(_, kept)| kept.used).map(|(k, _)| *k) else { break };
            self.blocks.remove(&oldest);
        }
    }

    fn put(&mut self, key: u64, stack: StackId, values: Values, bytes: u64, allowance: u64) {
        if self.closed.contains(&stack) {
            return;
        }
        self.clock += 1;
        self.entries.insert(key, KeptValues { stack, values, bytes, used: self.clock });
        self.trim(allowance);
    }

    /// Drops references that were not used for longest, but for the newest.
    fn trim(&mut self, allowance: u64) {
        while self.entries.len() > 1 && self.entries.values().map(|e| e.bytes).sum::<u64>() > allowance {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, e)| e.used).map(|(k, _)| *k) else {
                break;
            };
            self.entries.remove(&oldest);
        }
    }
}

/// Values under their own key have their own type: the key holds it.
fn typed<T: Send + Sync + 'static>(values: Values) -> Arc<Vec<T>> {
    values.downcast().unwrap_or_else(|_| unreachable!("a key names values of one type"))
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;

    #[test]
    fn a_reference_wanted_by_many_is_computed_once() {
        let references = References::default();
        let (stack, made) = (StackId::fresh(), Arc::new(AtomicUsize::new(0)));
        let (go, may_go) = channel::<()>();
        let may_go = Arc::new(Mutex::new(may_go));
        std::thread::scope(|scope| {
            for _ in 0..5 {
                let (references, made, may_go) = (references.clone(), Arc::clone(&made), Arc::clone(&may_go));
                scope.spawn(move || {
                    let make = move |_: &EvalContext| {
                        made.fetch_add(1, Ordering::SeqCst);
                        locked(&may_go).recv().expect("sent");
                        Ok(vec![7_u8])
                    };
                    let values = references.shared(stack, 1, &EvalContext::default(), make).expect("made");
                    assert_eq!(*values, [7]);
                });
            }
            let all_wait =
                || references.lock().under_way.get(&1).is_some_and(|u| locked(&u.state).wanted_by == 5);
            while !all_wait() {
                std::thread::yield_now();
            }
            go.send(()).expect("received");
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert_eq!(references.bytes(), 1);
        references.forget(stack);
        assert_eq!(references.bytes(), 0);
    }

    /// Computes until it is cancelled.
    fn endless(cx: &EvalContext) -> Result<Vec<u8>, EvalError> {
        while !cx.cancel.is_cancelled() {
            std::thread::yield_now();
        }
        Err(EvalError::Cancelled)
    }

    #[test]
    fn a_reference_is_stopped_when_none_wants_it() {
        let references = References::default();
        let stack = StackId::fresh();
        for lingers in [false, true] {
            let (first, second) = (
                EvalContext { lingers, ..EvalContext::default() },
                EvalContext { lingers, ..EvalContext::default() },
            );
            std::thread::scope(|scope| {
                let spawn = |cx: &EvalContext| {
                    let (references, cx) = (references.clone(), cx.clone());
                    scope.spawn(move || references.shared(stack, 2, &cx, endless).err())
                };
                let (a, b) = (spawn(&first), spawn(&second));
                let under_way = || references.lock().under_way.get(&2).cloned();
                let task = loop {
                    match under_way() {
                        Some(task) if locked(&task.state).wanted_by == 2 => break task,
                        _ => std::thread::yield_now(),
                    }
                };
                first.cancel.cancel();
                assert!(matches!(a.join(), Ok(Some(EvalError::Cancelled))));
                assert!(!task.cancel.is_cancelled(), "the other still wants it");
                second.cancel.cancel();
                assert!(matches!(b.join(), Ok(Some(EvalError::Cancelled))));
                assert_eq!(task.cancel.is_cancelled(), !lingers);
                references.stop_unwanted(Duration::ZERO);
                while under_way().is_some() {
                    references.stop_unwanted(Duration::ZERO);
                    std::thread::yield_now();
                }
            });
        }
    }

    #[test]
    fn a_panic_is_an_error_for_all() {
        let make = |_: &EvalContext| -> Result<Vec<u8>, EvalError> { panic!("out of cheese") };
        let error = References::default().shared(StackId::fresh(), 3, &EvalContext::default(), make);
        assert!(error.expect_err("an error").to_string().contains("out of cheese"));
    }
}
