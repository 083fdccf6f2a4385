//! How threads publish to each other without locks: the state of a frame, and the span of a guarded mapping.
//!
//! Both are generic over the atomic integers, so that the tests run the very same lines through `loom`, which tries
//! every order of steps and every value that weakly ordered processors may see.

use std::sync::atomic::Ordering;

/// What the protocols need of an atomic integer.
pub(crate) trait Atomic<T> {
    /// As that of `std`.
    fn load(&self, order: Ordering) -> T;
    /// As that of `std`.
    fn store(&self, value: T, order: Ordering);
    /// Replaces `from` by `to` (acquire where that succeeds); false if it holds something else.
    fn swap_if(&self, from: T, to: T) -> bool;
    /// Adds one.
    fn increment(&self, order: Ordering);
}

macro_rules! atomic {
    ($($atomic:ty: $integer:ty),*) => {$(
        impl Atomic<$integer> for $atomic {
            fn load(&self, order: Ordering) -> $integer {
                self.load(order)
            }
            fn store(&self, value: $integer, order: Ordering) {
                self.store(value, order);
            }
            fn swap_if(&self, from: $integer, to: $integer) -> bool {
                self.compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed).is_ok()
            }
            fn increment(&self, order: Ordering) {
                self.fetch_add(1, order);
            }
        }
    )*};
}

atomic!(
    std::sync::atomic::AtomicU8: u8,
    std::sync::atomic::AtomicUsize: usize,
    std::sync::atomic::AtomicU64: u64
);

/// Where a frame stands.
pub(crate) mod stage {
    pub(crate) const PENDING: u8 = 0;
    pub(crate) const FILLING: u8 = 1;
    pub(crate) const READY: u8 = 2;
    pub(crate) const FAILED: u8 = 3;
}

/// The state of one frame: see the argument in `ram.rs`.
#[derive(Debug)]
pub(crate) struct SlotState<A>(pub(crate) A);

impl<A: Atomic<u8>> SlotState<A> {
    /// Takes the right to fill the frame; false if it is taken, or the frame has left *pending*.
    pub(crate) fn claim(&self) -> bool {
        self.0.swap_if(stage::PENDING, stage::FILLING)
    }

    /// Gives the right back: the frame is pending again.
    pub(crate) fn release(&self) {
        self.0.store(stage::PENDING, Ordering::Release);
    }

    /// Ends the filling of a claimed frame for good: it is ready or failed. `count` counts such frames, `generation`
    /// all changes; who sees the generation sees the state.
    pub(crate) fn leave(&self, to: u8, count: &impl Atomic<usize>, generation: &impl Atomic<u64>) {
        count.increment(Ordering::Release);
        self.0.store(to, Ordering::Release);
        generation.increment(Ordering::Release);
    }

    /// The state now; what was written before it was set can be read.
    pub(crate) fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }
}

/// Address and length of a mapping, in a table entry that is used again for others.
#[cfg(any(target_os = "linux", test))]
#[derive(Debug)]
pub(crate) struct Span<A> {
    /// 0 while the entry is not in use. Stored last and cleared first.
    pub(crate) start: A,
    pub(crate) len: A,
}

#[cfg(any(target_os = "linux", test))]
impl<A: Atomic<usize>> Span<A> {
    /// Publishes a span; the entry belongs to the caller and holds none.
    pub(crate) fn publish(&self, start: usize, len: usize) {
        // With release: who sees this length sees that the span before it was withdrawn, and does not pair the two.
        self.len.store(len, Ordering::Release);
        self.start.store(start, Ordering::Release);
    }

    /// Withdraws the span.
    pub(crate) fn withdraw(&self) {
        self.start.store(0, Ordering::Release);
    }

    /// Start and length of the span that holds `address`, if the entry holds one that does.
    pub(crate) fn around(&self, address: usize) -> Option<(usize, usize)> {
        let start = self.start.load(Ordering::Acquire);
        let len = self.len.load(Ordering::Acquire);
        let within = start != 0 && address >= start && address - start < len;
        // Read again: an entry that was used again in between must not pair its old start with its new length.
        (within && self.start.load(Ordering::Acquire) == start).then_some((start, len))
    }
}
