//! Keeps a file that shrinks while it is mapped from ending the program.
//!
//! Touching a mapped page that the file no longer reaches raises SIGBUS, which by default kills the process.
//! The handler here looks the address up in a fixed table of registered mappings. Where it belongs to one, the
//! rest of that mapping is replaced by zero pages, the first lost offset is recorded, and the read goes on; the
//! reader asks [`Registration::lost_from`] afterwards and throws away what it read. Any other fault goes to
//! whoever handled SIGBUS before.
//!
//! The handler touches atomics and calls `mmap` (a bare system call on Linux), nothing else: no allocation, no
//! lock, no formatting.
#![allow(unsafe_code, reason = "signal handlers and the mapping over a lost page exist only in libc")]

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::publish::Span;

/// Mappings that can be guarded at once; more are read without mapping.
const ENTRIES: usize = 256;
const WHOLE: usize = usize::MAX;

struct GuardedMapping {
    taken: AtomicBool,
    span: Span<AtomicUsize>,
    /// Offset of the first page that was lost, `WHOLE` while none was.
    lost_from: AtomicUsize,
}

static TABLE: [GuardedMapping; ENTRIES] = [const {
    GuardedMapping {
        taken: AtomicBool::new(false),
        span: Span { start: AtomicUsize::new(0), len: AtomicUsize::new(0) },
        lost_from: AtomicUsize::new(WHOLE),
    }
}; ENTRIES];

static PAGE: AtomicUsize = AtomicUsize::new(4096);

/// Who handled SIGBUS before: written once, before the handler is installed.
struct Previous(UnsafeCell<libc::sigaction>);
// SAFETY: written only before the handler that reads it is installed, read only afterwards.
unsafe impl Sync for Previous {}
// SAFETY: all-zero bytes are a valid `sigaction` (SIG_DFL, no flags).
static PREVIOUS: Previous = Previous(UnsafeCell::new(unsafe { std::mem::zeroed() }));

/// A guarded mapping. Dropped before the mapping is unmapped.
#[derive(Debug)]
pub(crate) struct Registration(&'static GuardedMapping);

impl std::fmt::Debug for GuardedMapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GuardedMapping").field("span", &self.span).finish_non_exhaustive()
    }
}

impl Registration {
    /// Guards the mapping at `start`; `None` if the table is full or no handler can be installed.
    pub(crate) fn new(start: *const u8, len: usize) -> Option<Self> {
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        if !INSTALLED.get_or_init(install) {
            return None;
        }
        let entry = TABLE.iter().find(|entry| {
            entry.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        })?;
        entry.lost_from.store(WHOLE, Ordering::Relaxed);
        entry.span.publish(start as usize, len);
        Some(Self(entry))
    }

    /// Offset from which on the mapping holds zeros instead of the file; `None` while nothing was lost.
    pub(crate) fn lost_from(&self) -> Option<usize> {
        let lost = self.0.lost_from.load(Ordering::Acquire);
        (lost != WHOLE).then_some(lost)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.0.span.withdraw();
        self.0.taken.store(false, Ordering::Release);
    }
}

fn install() -> bool {
    // SAFETY: plain libc calls with valid pointers; PREVIOUS is written before the handler can run.
    unsafe {
        let page = libc::sysconf(libc::_SC_PAGESIZE);
        if page <= 0 {
            return false;
        }
        PAGE.store(page as usize, Ordering::Relaxed);
        if libc::sigaction(libc::SIGBUS, ptr::null(), PREVIOUS.0.get()) != 0 {
            return false;
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        // The alternate stack, where the thread has one: the fault may come deep in a worker's stack.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) == 0
    }
}

extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo to an SA_SIGINFO handler; errno is this thread's own.
    unsafe {
        let errno = *libc::__errno_location();
        let address = (*info).si_addr() as usize;
        let saved = replace_lost_pages(address);
        *libc::__errno_location() = errno;
        if !saved {
            chain(signal, info, context);
        }
    }
}

/// Maps zero pages from the faulting page to the end of its mapping. False if the address is in none.
fn replace_lost_pages(address: usize) -> bool {
    let page = PAGE.load(Ordering::Relaxed);
    for entry in &TABLE {
        let Some((start, len)) = entry.span.around(address) else { continue };
        let first = address - address % page;
        let bytes = (start + len).div_ceil(page) * page - first;
        // SAFETY: [first, first + bytes) lies inside the registered mapping (rounded up to its last page),
        // which stays mapped while it is registered; replacing its pages affects nobody else.
        let mapped = unsafe {
            libc::mmap(
                first as *mut libc::c_void,
                bytes,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return false;
        }
        entry.lost_from.fetch_min(first - start, Ordering::AcqRel);
        return true;
    }
    false
}

/// Hands a fault that is not ours to the previous handler.
///
/// # Safety
/// Called with the arguments of a signal handler, from it.
unsafe fn chain(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: PREVIOUS was written before the handler was installed; its function pointer has the signature
    // that its flags state.
    unsafe {
        let previous = &*PREVIOUS.0.get();
        match previous.sa_sigaction {
            // Returning runs the faulting instruction again, now with the default action.
            libc::SIG_DFL | libc::SIG_IGN => {
                let mut default: libc::sigaction = std::mem::zeroed();
                default.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &raw const default, ptr::null_mut());
            }
            function if previous.sa_flags & libc::SA_SIGINFO != 0 => {
                let call: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                    std::mem::transmute(function);
                call(signal, info, context);
            }
            function => {
                let call: extern "C" fn(libc::c_int) = std::mem::transmute(function);
                call(signal);
            }
        }
    }
}
