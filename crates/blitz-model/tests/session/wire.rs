//! A session whose engine gets questions as bytes and answers in bytes, as over a socket.

use std::sync::Arc;

use blitz_core::{Stack, StackId};
use blitz_model::broker::Broker;
use blitz_model::engine::{
    AnyAnswer, Ask, Asker, Engine, Event, ExportOrder, JobKey, Local, OpenEvent, OpenOrder, OpenOutcome,
    Outcome, Running,
};
use blitz_model::jobs::JobStatus;
use blitz_model::session::Session;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn carried<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let bytes = rmp_serde::to_vec_named(value).expect("as bytes");
    rmp_serde::from_slice(&bytes).expect("from bytes")
}

/// Stack and progress of a recording have stand-ins on this side, and answers were carried when they were finished.
fn carried_event(event: Event) -> Event {
    match event {
        Event::Opened(event) => {
            let OpenEvent { job, attempt, arrival, found, stack, progress, evicted } = *event;
            let (job, attempt, arrival, found, evicted) = carried(&(job, attempt, arrival, found, evicted));
            Event::Opened(Box::new(OpenEvent { job, attempt, arrival, found, stack, progress, evicted }))
        }
        Event::Undecided { job, undecided } => {
            Event::Undecided { job: carried(&job), undecided: Box::new(carried(undecided.as_ref())) }
        }
        Event::Ended { job, result, superseded, seconds } => {
            let result = result.map(|outcome| match outcome {
                Outcome::Opened(outcome) => Outcome::Opened(carried::<OpenOutcome>(&outcome)),
                Outcome::Written(written) => Outcome::Written(carried(&written)),
                answered @ Outcome::Answered { .. } => answered,
            });
            Event::Ended { job: carried(&job), result, superseded, seconds }
        }
        other => other,
    }
}

/// Nothing of orders, questions, answers and what opening finds passes but their bytes.
struct Wire(Local);

impl Engine for Wire {
    fn hold(&mut self, stack: &Stack) {
        self.0.hold(stack);
    }

    fn forget(&mut self, stack: StackId) {
        self.0.forget(stack);
    }

    fn answer(&mut self, ask: Ask, asker: Asker) {
        let finish = Arc::clone(&asker.finish);
        let finish = Arc::new(move |answer: AnyAnswer| finish(carried(&answer)));
        self.0.answer(carried(&ask), Asker { finish, job: carried(&asker.job), ..asker });
    }

    fn open(&mut self, job: JobKey, order: OpenOrder) {
        self.0.open(carried(&job), carried(&order));
    }

    fn stop_watching(&mut self, stack: StackId) {
        self.0.stop_watching(stack);
    }

    fn export(&mut self, job: JobKey, order: ExportOrder) {
        self.0.export(carried(&job), carried(&order));
    }

    fn cancel(&mut self, job: &JobKey) {
        self.0.cancel(&carried(job));
    }

    fn poll(&mut self) -> Vec<Event> {
        self.0.poll().into_iter().map(carried_event).collect()
    }

    fn jobs(&self) -> Vec<JobStatus<JobKey>> {
        self.0.jobs()
    }

    fn job(&self, job: &JobKey) -> Option<Running> {
        self.0.job(job)
    }

    fn is_idle(&self) -> bool {
        self.0.is_idle()
    }

    fn shared_bytes(&self) -> u64 {
        self.0.shared_bytes()
    }

    fn decoder_bytes(&self) -> u64 {
        self.0.decoder_bytes()
    }
}

fn session() -> Session {
    let (wake, broker) = (Arc::new(|| {}), Broker::new(1 << 30));
    let engine = Box::new(Wire(Local::new(Arc::clone(&wake) as _, broker.clone())));
    Session::with_engine(engine, broker, wake, Arc::new(|_, _| Arc::new(())), None)
}

#[test]
fn open_look_decide_undo() {
    crate::opened_looked_at_decided_undone(session());
}

#[test]
fn curves_and_histograms_continue_while_frames_come_and_go() {
    crate::live::continued(session());
}

#[test]
fn a_rewritten_reference_file_changes_the_picture_by_itself() {
    crate::views::rewritten_reference(session());
}

#[test]
fn an_export_asks_what_stands_for_a_failed_frame() {
    crate::export_asks(session());
}

#[test]
fn curves_recorded_beside_follow_their_file() {
    crate::auxiliary::beside(session());
}
