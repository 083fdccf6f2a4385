//! The table of questions: what was asked, what is there, what was shown last, what failed, and the job of each.
//!
//! Each question has a slot: of one view, of one type (and [`Question::place`]). Asking is looking: [`Table::want`]
//! returns at once with what is there and starts a job for what is not. In a slot the newest question wins; an answer
//! to an earlier one is shown until there is one to the newest. What nobody wanted since the last
//! [`Table::drop_unwanted`] is cancelled.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use blitz_core::{ProgressSnapshot, Stack, StackId};

use crate::broker::{Account, Broker};
use crate::cache::{Cache, CacheKey};
use crate::engine::{Ask, Asker, Engine, Given, JobKey, Sent, SlotKey, ViewId};
use crate::evaluate::{Answer, Basis, EvalError, Question, Urgency, fingerprint};
use crate::recipe::{Recipe, RecipeKey};

/// An answer, as far as it is there.
#[derive(Clone, Debug)]
pub struct Reply<A> {
    /// The newest answer there is: to this question, or to an earlier one until this one is answered.
    pub value: Option<Arc<A>>,
    /// What it is.
    pub state: ReplyState,
    /// How far its job has come.
    pub progress: Option<ProgressSnapshot>,
    /// Whether the value is about the same stack and recipe: for another frame or zone, or from fewer frames.
    pub same_values: bool,
}

/// What a reply is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyState {
    /// The answer.
    Current,
    /// The answer from the frames that are there, or with references made of them; more are to come.
    Preliminary,
    /// The answer is being computed; a value is part of it, or answers what was asked before.
    Computing,
    /// There is none.
    Failed(Failure),
}

impl<A> Reply<A> {
    pub(super) fn none() -> Self {
        Self { value: None, state: ReplyState::Computing, progress: None, same_values: false }
    }

    /// Whether the value answers the question, from all frames that are there now.
    pub fn is_current(&self) -> bool {
        matches!(self.state, ReplyState::Current | ReplyState::Preliminary)
    }

    /// Why there is no answer.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            ReplyState::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In words.
    pub message: String,
    /// The step that it comes from, if it is one.
    pub step: Option<StepFault>,
}

/// A step that the recording's recipe fails at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepFault {
    /// Index of the step.
    pub step: usize,
    /// What was found and what is expected.
    pub reason: String,
}

impl Failure {
    pub(super) fn new(message: String) -> Self {
        Self { message, step: None }
    }

    fn of(error: &EvalError) -> Self {
        let step = match error {
            EvalError::Entry(entry) => {
                entry.step().map(|step| StepFault { step, reason: entry.reason.clone() })
            }
            // By the person: it is not begun again until something else was asked.
            EvalError::Cancelled => return Self::new("stopped before it was done".into()),
            EvalError::Read(_) | EvalError::Empty(_) => None,
        };
        Self { message: error.to_string(), step }
    }
}

/// What questions of one view are asked about.
pub(super) struct Subject<'a> {
    pub(super) view: ViewId,
    pub(super) stack: &'a Stack,
    pub(super) recipe: &'a Arc<Recipe>,
    /// Of all its steps.
    pub(super) key: RecipeKey,
    /// Of its first steps.
    pub(super) key_of: &'a dyn Fn(usize) -> RecipeKey,
    /// See `Recording::stage_of_loading`.
    pub(super) stage: u64,
}

/// Frames of the window for which an answer is kept that no panel wants: a tab in front of it may be there for a moment.
const KEPT_TURNS: u64 = 120;

#[derive(Default)]
struct Slot {
    have: Option<(CacheKey, Given)>,
    /// Of the job that runs or waits.
    asked: Option<CacheKey>,
    /// The stack's generation when it was asked.
    asked_at: u64,
    failed: Option<Failed>,
    /// The turn in which it was wanted last.
    wanted: u64,
    is_ahead: bool,
    shows_failure: bool,
}

/// A question that failed, or was stopped.
struct Failed {
    key: CacheKey,
    /// The stack's generation when it was asked.
    generation: u64,
    failure: Failure,
    /// By the person.
    stopped: bool,
}

/// See the module's page.
pub(super) struct Table {
    slots: RefCell<HashMap<SlotKey, Slot>>,
    answers: RefCell<Cache<Given>>,
    broker: Broker,
    turn: u64,
}

impl Table {
    pub(super) fn new(broker: Broker) -> Self {
        Self { slots: RefCell::default(), answers: RefCell::default(), broker, turn: 0 }
    }

    /// What a view wants to know now, as far as it is there; starts computing what is not. The reply has what `make`
    /// makes of the answer, not on the window's thread.
    pub(super) fn want<Q: Sent, A: Answer>(
        &self,
        engine: &mut dyn Engine,
        subject: &Subject<'_>,
        question: &Q,
        make: impl Fn(Arc<Q::Answer>) -> Arc<A> + Send + Sync + 'static,
    ) -> Reply<A> {
        let slot_key = SlotKey { view: subject.view, kind: Q::KIND, place: question.place() };
        let whole = subject.recipe.steps.len();
        let steps = question.steps(whole);
        let generation = subject.stack.store.generation();
        let key = CacheKey {
            stack: subject.stack.id,
            recipe: if steps == whole { subject.key } else { (subject.key_of)(steps) },
            question: fingerprint(question),
            generation: match question.basis() {
                Basis::Frames => generation,
                Basis::Frame(_) => 0,
            },
            stage: if steps == 0 { 0 } else { subject.stage },
        };
        let mut slots = self.slots.borrow_mut();
        let slot = slots.entry(slot_key).or_default();
        slot.wanted = self.turn;
        slot.is_ahead = question.urgency() == Urgency::Ahead;
        slot.shows_failure = question.shows_failure();
        // The view shows another recording now.
        slot.have.take_if(|(have, _)| have.stack != key.stack);
        if slot.have.as_ref().is_none_or(|(have, _)| *have != key)
            && let Some(given) = self.answers.borrow_mut().get(&key)
        {
            slot.have = Some((key, given.as_ref().clone()));
            slot.failed = None;
        }
        let reply = slot.reply(key, engine, slot_key);
        if slot.asked == Some(key) {
            return reply;
        }
        if reply.state != ReplyState::Computing && !slot.may_come_right(key, generation) {
            // What runs is about something that is not wanted any more.
            if slot.asked.take_if(|asked| !asked.differs_by_time(&key)).is_some() {
                engine.cancel(&JobKey::Question(slot_key));
            }
            return reply;
        }
        let job = JobKey::Question(slot_key);
        if !slot.may_ask(engine, &job, question, &key) {
            return reply;
        }
        (slot.asked, slot.asked_at) = (Some(key), generation);
        // While frames come that steps rest on, values of earlier frames change with them.
        let same = |have: &CacheKey| key.stage == 0 || have.generation == key.generation;
        let earlier = slot.have.as_ref().filter(|(have, _)| have.continues(&key) && same(have));
        let earlier = earlier.and_then(|(_, given)| Arc::clone(&given.value).downcast().ok());
        let ask = Ask {
            stack: subject.stack.id,
            recipe: Arc::clone(subject.recipe),
            question: question.sent(),
            earlier: earlier.map(Q::answer_sent),
        };
        let finish = move |answer| Q::answer_received(answer).map(|answer| Given::new(make(answer)));
        engine.answer(ask, Asker { job, key, finish: Arc::new(finish) });
        slot.reply(key, engine, slot_key)
    }

    /// Stops a job because the person says so; a question stays stopped until another was asked.
    pub(super) fn cancel(&mut self, engine: &mut dyn Engine, job: &JobKey) {
        engine.cancel(job);
        if let JobKey::Question(slot_key) = job
            && let Some(slot) = self.slots.get_mut().get_mut(slot_key)
            && let Some(key) = slot.asked.take()
        {
            let failure = Failure::of(&EvalError::Cancelled);
            slot.failed = Some(Failed { key, generation: slot.asked_at, failure, stopped: true });
        }
    }

    /// Takes a part of an answer.
    pub(super) fn take_part(&mut self, slot: &SlotKey, key: CacheKey, given: Given) {
        if let Some(slot) = self.slots.get_mut().get_mut(slot)
            && slot.asked == Some(key)
        {
            // Named as no whole answer is, so that it is not taken for one.
            slot.have = Some((CacheKey { question: !key.question, ..key }, given));
        }
    }

    /// Takes what a job ended with, `superseded` where another one with its key has begun meanwhile; returns the error to
    /// be said to the person, if there is one.
    pub(super) fn take(
        &mut self,
        engine: &mut dyn Engine,
        slot_key: &SlotKey,
        key: CacheKey,
        result: Result<Given, EvalError>,
        superseded: bool,
    ) -> Option<String> {
        // Of a view that is closed, or of one that shows another recording.
        let slot = self.slots.get_mut().get_mut(slot_key)?;
        let stack = slot.asked.as_ref().or(slot.have.as_ref().map(|(have, _)| have));
        if stack.is_some_and(|of| of.stack != key.stack) {
            return None;
        }
        // Asked again after it was stopped: then another job is at it.
        let goes_on = superseded && matches!(result, Err(EvalError::Cancelled));
        if !goes_on && slot.asked.take_if(|asked| *asked == key).is_some() && superseded {
            engine.cancel(&JobKey::Question(*slot_key));
        }
        match result {
            Ok(given) => {
                let answers = self.answers.get_mut();
                if let Some((have, _)) = slot.have.as_ref().filter(|(have, _)| have.is_before(&key)) {
                    // It will not be asked for again.
                    answers.remove(have);
                }
                let budget = self.broker.allowance();
                answers.put(key, Arc::new(given.clone()), given.bytes, budget);
                self.broker.note(Account::Answers, answers.bytes());
                // Until the newest question is answered the newest answer is shown.
                slot.have = Some((key, given));
                slot.failed = None;
                None
            }
            // Stopped by a newer job, by the person, or because no panel wants it.
            Err(EvalError::Cancelled) => None,
            Err(error) => {
                let failure = Failure::of(&error);
                // The picture shows what is wrong with a step.
                let said = (!slot.shows_failure && failure.step.is_none()).then(|| failure.message.clone());
                // The same failure again, in a question that is asked anew as frames come.
                let known =
                    slot.failed.as_ref().is_some_and(|f| f.key.differs_by_time(&key) && f.failure == failure);
                slot.failed = Some(Failed { key, generation: slot.asked_at, failure, stopped: false });
                said.filter(|_| !known)
            }
        }
    }

    /// A job ended without a result.
    pub(super) fn lost(&mut self, slot_key: &SlotKey, message: &str) {
        if let Some(slot) = self.slots.get_mut().get_mut(slot_key)
            && let Some(key) = slot.asked.take()
        {
            let failure = Failure::new(message.to_owned());
            slot.failed = Some(Failed { key, generation: slot.asked_at, failure, stopped: false });
        }
    }

    /// Cancels what nobody has wanted since the last call, and what is done ahead while something else runs.
    pub(super) fn drop_unwanted(&mut self, engine: &mut dyn Engine) {
        let turn = self.turn;
        self.turn += 1;
        for (key, slot) in self.slots.get_mut() {
            if slot.asked.is_some() && slot.wanted < turn {
                slot.asked = None;
                engine.cancel(&JobKey::Question(*key));
            }
        }
    }

    /// Cancels what is done ahead if anything else runs: it goes on when there is time again.
    pub(super) fn postpone_ahead(&mut self, engine: &mut dyn Engine) {
        let slots = self.slots.get_mut();
        let ahead: Vec<SlotKey> =
            slots.iter().filter(|(_, slot)| slot.is_ahead).map(|(key, _)| *key).collect();
        let is_ahead = |key: &JobKey| matches!(key, JobKey::Question(slot) if ahead.contains(slot));
        if engine.jobs().iter().all(|job| is_ahead(&job.key)) {
            return;
        }
        for key in &ahead {
            engine.cancel(&JobKey::Question(*key));
            if let Some(slot) = slots.get_mut(key) {
                slot.asked = None;
            }
        }
    }

    /// What was made of the answer to a question of type `Q` about a stack that is there for the view, whatever was
    /// asked.
    pub(super) fn last<Q: Sent, A: Answer>(
        &self,
        view: ViewId,
        stack: StackId,
        place: u64,
    ) -> Option<Arc<A>> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.get_mut(&SlotKey { view, kind: Q::KIND, place })?;
        slot.wanted = self.turn;
        let (_, given) = slot.have.as_ref().filter(|(have, _)| have.stack == stack)?;
        Arc::clone(&given.value).downcast().ok()
    }

    /// Goes on showing answers about `from` until there are ones about `to`, which takes its place.
    pub(super) fn hand_over(&mut self, engine: &mut dyn Engine, from: StackId, to: StackId) {
        for (slot_key, slot) in self.slots.get_mut() {
            if slot.asked.take_if(|asked| asked.stack == from).is_some() {
                engine.cancel(&JobKey::Question(*slot_key));
            }
            if let Some((key, _)) = slot.have.as_mut().filter(|(key, _)| key.stack == from) {
                // No question has this name: it is shown, and neither taken for an answer nor continued.
                *key = CacheKey { stack: to, question: !key.question, stage: u64::MAX, ..*key };
            }
        }
    }

    /// Forgets and stops what a view that is closed wanted.
    pub(super) fn forget_view(&mut self, engine: &mut dyn Engine, view: ViewId) {
        self.forget_slots(engine, |key, _| key.view == view);
    }

    /// Forgets and stops everything about a stack that is closed, and gives its memory back.
    pub(super) fn forget_stack(&mut self, engine: &mut dyn Engine, stack: StackId) {
        self.forget_slots(engine, |_, slot| {
            let of_stack = |key: &CacheKey| key.stack == stack;
            slot.have.as_ref().is_some_and(|(key, _)| of_stack(key))
                || slot.asked.as_ref().is_some_and(of_stack)
        });
        self.answers.get_mut().forget(stack);
        self.broker.note(Account::Answers, self.answers.get_mut().bytes());
        engine.forget(stack);
    }

    fn forget_slots(&mut self, engine: &mut dyn Engine, which: impl Fn(&SlotKey, &Slot) -> bool) {
        self.slots.get_mut().retain(|key, slot| {
            let gone = which(key, slot);
            if gone {
                engine.cancel(&JobKey::Question(*key));
            }
            !gone
        });
    }

    /// Gives back what the broker wants, and answers to what no panel asks any more.
    pub(super) fn give_back(&mut self) {
        let turn = self.turn;
        for slot in self.slots.get_mut().values_mut() {
            slot.have.take_if(|_| slot.asked.is_none() && slot.wanted + KEPT_TURNS < turn);
        }
        if self.broker.wants_back(Account::Answers) {
            let answers = self.answers.get_mut();
            answers.trim(self.broker.allowance());
            self.broker.note(Account::Answers, answers.bytes());
        }
    }
}

impl Slot {
    /// Whether a job for the question may begin now.
    fn may_ask<Q: Question>(&self, engine: &dyn Engine, job: &JobKey, question: &Q, key: &CacheKey) -> bool {
        if question.urgency() == Urgency::Ahead && !engine.jobs().is_empty() {
            return false;
        }
        let Some(running) = engine.job(job) else { return true };
        // What runs for a growing stack is asked again when it is done: there would never be an answer otherwise.
        let is_older = self.asked.is_some_and(|asked| asked.differs_by_time(key));
        !is_older && running.seconds >= question.patience()
    }

    /// Whether it failed while frames were missing that have come since.
    fn may_come_right(&self, key: CacheKey, generation: u64) -> bool {
        let failed = self.failed.as_ref().filter(|failed| failed.key == key && !failed.stopped);
        key.stage > 0 && failed.is_some_and(|failed| failed.generation != generation)
    }

    fn reply<A: Any + Send + Sync>(&self, key: CacheKey, engine: &dyn Engine, slot: SlotKey) -> Reply<A> {
        let value = self.have.as_ref().and_then(|(_, given)| Arc::clone(&given.value).downcast().ok());
        let state = match (&self.have, &self.failed) {
            (Some((have, given)), _) if *have == key => {
                if given.is_final && key.stage == 0 {
                    ReplyState::Current
                } else {
                    ReplyState::Preliminary
                }
            }
            // What a person stopped stays stopped while only frames arrive.
            (_, Some(failed)) if failed.key == key || failed.stopped && failed.key.differs_by_time(&key) => {
                ReplyState::Failed(failed.failure.clone())
            }
            _ => ReplyState::Computing,
        };
        let is_computed = state == ReplyState::Computing;
        let job = if is_computed { engine.job(&JobKey::Question(slot)) } else { None };
        let progress = job.map(|job| job.progress);
        let same_values = self.have.as_ref().is_some_and(|(have, _)| have.continues(&key));
        Reply { value, state, progress, same_values }
    }
}
