//! What is published without locks, tried in every order of steps and with every value that weakly ordered processors
//! may see. A program of its own: `loom` handles signals that the guard of mapped files handles as well.

#[macro_use]
#[path = "../src/store/publish.rs"]
mod publish;

use std::sync::atomic::Ordering;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize};
use loom::thread;

use publish::stage::{FAILED, PENDING, READY};
use publish::{Atomic, SlotState, Span};

atomic!(AtomicU8: u8, AtomicUsize: usize, AtomicU64: u64);

/// A frame of one sample, which is written and read without any order of its own.
struct Frame {
    state: SlotState<AtomicU8>,
    sample: AtomicUsize,
    count: AtomicUsize,
    generation: AtomicU64,
}

impl Frame {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: SlotState(AtomicU8::new(PENDING)),
            sample: AtomicUsize::new(0),
            count: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
        })
    }

    fn fill(&self, sample: usize) {
        self.sample.store(sample, Ordering::Relaxed);
        self.state.leave(READY, &self.count, &self.generation);
    }
}

#[test]
fn a_ready_frame_is_whole_and_has_one_writer() {
    loom::model(|| {
        let frame = Frame::new();
        let writers: Vec<_> = [5, 6]
            .map(|sample| {
                let frame = Arc::clone(&frame);
                thread::spawn(move || {
                    if frame.state.claim() {
                        frame.fill(sample);
                        return sample;
                    }
                    0
                })
            })
            .into();
        let seen = (frame.state.get() == READY).then(|| frame.sample.load(Ordering::Relaxed));
        let wrote: usize = writers.into_iter().map(|writer| writer.join().expect("no panic")).sum();
        assert!(wrote == 5 || wrote == 6, "one of them fills it");
        assert!(seen.is_none_or(|sample| sample == wrote), "{seen:?} of {wrote}");
        assert_eq!(frame.count.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn what_an_abandoned_writer_wrote_is_overwritten() {
    loom::model(|| {
        let frame = Frame::new();
        let other = Arc::clone(&frame);
        let first = thread::spawn(move || {
            if other.state.claim() {
                other.sample.store(5, Ordering::Relaxed);
                other.state.release();
            }
        });
        if frame.state.claim() {
            frame.fill(6);
        }
        first.join().expect("no panic");
        if frame.state.get() == READY {
            assert_eq!(frame.sample.load(Ordering::Relaxed), 6);
        }
    });
}

#[test]
fn who_sees_the_generation_sees_the_states_that_it_counts() {
    loom::model(|| {
        let frame = Frame::new();
        let other = Arc::clone(&frame);
        let writer = thread::spawn(move || {
            assert!(other.state.claim());
            other.state.leave(FAILED, &other.count, &other.generation);
        });
        if frame.generation.load(Ordering::Acquire) == 1 {
            assert_eq!(frame.state.0.load(Ordering::Relaxed), FAILED);
            assert_eq!(frame.count.load(Ordering::Relaxed), 1);
        }
        writer.join().expect("no panic");
    });
}

#[test]
fn a_span_is_never_paired_with_the_length_of_another() {
    loom::model(|| {
        let span = Arc::new(Span { start: AtomicUsize::new(0), len: AtomicUsize::new(0) });
        span.publish(100, 10);
        let other = Arc::clone(&span);
        let owner = thread::spawn(move || {
            other.withdraw();
            other.publish(500, 80);
        });
        // Behind the first span, within the length of the second.
        assert_eq!(span.around(150), None);
        owner.join().expect("no panic");
        assert_eq!(span.around(550), Some((500, 80)));
    });
}
