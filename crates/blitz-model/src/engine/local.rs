//! The engine on threads of this process.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use blitz_core::{Stack, StackId};

use super::open::Sources;
use super::{Ask, Asker, Engine, Event, ExportOrder, JobKey, OpenOrder, Outcome, Running, export, open};
use crate::broker::Broker;
use crate::evaluate::{EvalContext, EvalError, References, Urgency};
use crate::jobs::{JobContext, JobStatus, Jobs};
use crate::lane::Lanes;
use crate::load::ListFolders;

/// How long a reference that no question wants any more is computed, because the next one may want it.
const LINGER: Duration = Duration::from_millis(300);

/// Works on threads of this process, each job in a pool of its own, within the budget of a [`Broker`].
pub struct Local {
    stacks: HashMap<StackId, Stack>,
    jobs: Jobs<JobKey, Outcome>,
    references: References,
    lanes: Lanes,
    broker: Broker,
    sources: Sources,
    list: ListFolders,
    /// What jobs say before they end.
    said: (Sender<Event>, Receiver<Event>),
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Local {
    /// An engine with nothing to do. `wake` is called from other threads when something is new.
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>, broker: Broker) -> Self {
        let lanes = Lanes::default();
        Self {
            stacks: HashMap::new(),
            jobs: Jobs::new(Arc::clone(&wake), lanes.clone()),
            references: References::of(broker.clone()),
            lanes,
            broker,
            sources: Sources::default(),
            list: ListFolders::default(),
            said: channel(),
            wake,
        }
    }

    /// Lists folders that are opened as `list` says.
    #[must_use]
    pub fn listing(self, list: ListFolders) -> Self {
        Self { list, ..self }
    }

    /// Says something from a job. The session may be gone: then nobody reads it.
    fn speaker(&self) -> impl Fn(Event) + Clone + Send + Sync + 'static {
        let (said, wake) = (self.said.0.clone(), Arc::clone(&self.wake));
        move |event| {
            drop(said.send(event));
            wake();
        }
    }
}

impl Engine for Local {
    fn hold(&mut self, stack: &Stack) {
        self.stacks.insert(stack.id, stack.clone());
    }

    fn forget(&mut self, stack: StackId) {
        self.stacks.remove(&stack);
        self.sources.forget(stack);
        self.references.forget(stack);
    }

    fn answer(&mut self, ask: Ask, asker: Asker) {
        let Asker { job, key, finish } = asker;
        let stack = self.stacks.get(&ask.stack).cloned();
        let waited_for = ask.question.urgency() == Urgency::Waited;
        let (references, lanes, say) = (self.references.clone(), self.lanes.clone(), self.speaker());
        let scratch_bytes = self.broker.scratch();
        self.jobs.submit_as(job, &ask.question.title(), waited_for, move |cx| {
            let eval = EvalContext {
                cancel: cx.cancel.clone(),
                progress: cx.progress.clone(),
                references,
                scratch_bytes,
                gives_way: (!waited_for).then_some(lanes),
                lingers: true,
            };
            let publish = |part| {
                if let Some(given) = finish(part) {
                    say(Event::Part { job, key, given });
                }
            };
            let Ask { recipe, question, earlier, .. } = &ask;
            // A stack that was forgotten meanwhile is like a question that is not wanted any more.
            let result = stack.as_ref().ok_or(EvalError::Cancelled).and_then(|stack| {
                let answer = question.answer(stack, recipe, earlier.as_ref(), &eval, &publish)?;
                finish(answer).ok_or(EvalError::Cancelled)
            });
            Outcome::Answered { key, result }
        });
    }

    fn open(&mut self, job: JobKey, order: OpenOrder) {
        let (title, say, sources) = (order.title(), self.speaker(), self.sources.clone());
        let list = self.list.clone();
        let work = move |cx: &JobContext| Outcome::Opened(open::run(job, order, cx, &sources, &list, say));
        self.jobs.submit(job, &title, work);
    }

    fn stop_watching(&mut self, stack: StackId) {
        self.sources.stop_watching(stack);
    }

    fn export(&mut self, job: JobKey, order: ExportOrder) {
        let (stack, say) = (self.stacks.get(&order.stack).cloned(), self.speaker());
        let (references, scratch_bytes) = (self.references.clone(), self.broker.scratch());
        self.jobs.submit(job, order.what.title(), move |cx| {
            let cx = EvalContext { scratch_bytes, references, ..EvalContext::default() }.of_job(cx);
            let gone = || "the recording was closed".to_owned();
            let ask = |undecided| say(Event::Undecided { job, undecided: Box::new(undecided) });
            Outcome::Written(stack.ok_or_else(gone).and_then(|stack| export::run(&stack, order, &cx, ask)))
        });
    }

    fn cancel(&mut self, job: &JobKey) {
        self.jobs.cancel(job);
        self.sources.drop_waiting(job);
    }

    fn poll(&mut self) -> Vec<Event> {
        self.references.stop_unwanted(LINGER);
        self.references.give_back();
        // Taken first and told last: what a job said before it ended is then among what was said.
        let ended = self.jobs.poll();
        let mut events: Vec<Event> = self.references.take_news().into_iter().map(Event::Note).collect();
        events.extend(self.said.1.try_iter());
        events.extend(ended.into_iter().map(|ended| Event::Ended {
            job: ended.key,
            result: ended.result,
            superseded: ended.superseded,
            seconds: ended.seconds,
        }));
        events
    }

    fn jobs(&self) -> Vec<JobStatus<JobKey>> {
        self.jobs.status()
    }

    fn job(&self, job: &JobKey) -> Option<Running> {
        let (seconds, progress) = self.jobs.age(job).zip(self.jobs.progress(job))?;
        Some(Running { seconds, progress })
    }

    fn is_idle(&self) -> bool {
        !self.jobs.any() && !self.references.are_under_way()
    }

    fn shared_bytes(&self) -> u64 {
        self.references.bytes()
    }

    fn decoder_bytes(&self) -> u64 {
        self.sources.decoder_bytes()
    }
}
