//! Which instructions the kernels use, chosen at run time.
//!
//! Kernels are plain loops over slices and arrays, written once and marked `#[inline(always)]`. `run`
//! compiles them once per [`Level`]: inside a function whose target features are known, the compiler
//! vectorises for those. There are no intrinsics, no fused multiply-adds and no reordered float additions,
//! so every level gives the same bits.
//!
//! The level is chosen once per call of a kernel's public function, on the calling thread, and handed down.

#![allow(unsafe_code, reason = "functions with target features are called after the CPU was asked")]

use std::cell::Cell;
use std::sync::OnceLock;

/// Environment variable that lowers the level: `portable`, `avx2` or `avx512`.
pub const VARIABLE: &str = "BLITZ_SIMD";

/// A set of instructions, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// What the compiler may use without asking the CPU.
    Portable,
    /// 256-bit vectors on x86-64: AVX2, BMI1, BMI2.
    Avx2,
    /// 512-bit vectors on x86-64: AVX-512 F, BW, CD, DQ, VL.
    Avx512,
}

thread_local! {
    static FORCED: Cell<Option<Level>> = const { Cell::new(None) };
}

impl Level {
    /// All levels, ascending.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The level named as in [`VARIABLE`], in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let named = |level: &Self| format!("{level:?}").eq_ignore_ascii_case(name.trim());
        Self::ALL.into_iter().find(named)
    }

    /// The highest level that this CPU has. Asked once.
    pub fn best() -> Self {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(detect)
    }

    /// The level that kernels called from this thread use: that of [`with_level`], else that of
    /// [`VARIABLE`], else the best. Never above what the CPU has; an unknown name counts as none.
    pub fn current() -> Self {
        static CHOSEN: OnceLock<Level> = OnceLock::new();
        let chosen = || {
            let named = std::env::var(VARIABLE).ok().and_then(|name| Self::parse(&name));
            named.unwrap_or(Self::Avx512).min(Self::best())
        };
        FORCED.get().unwrap_or_else(|| *CHOSEN.get_or_init(chosen))
    }
}

/// Calls `work` while kernels called from this thread use `level`, or the best that the CPU has if that is
/// less. For tests and measurements: results do not depend on it.
pub fn with_level<T>(level: Level, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Level>);
    impl Drop for Restore {
        fn drop(&mut self) {
            FORCED.set(self.0);
        }
    }
    let _restore = Restore(FORCED.replace(Some(level.min(Level::best()))));
    work()
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (avx2, avx512) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        (false, _) => Level::Portable,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Level {
    Level::Portable
}

/// A piece of work that is compiled once per level. `run` and whatever it calls in its loops must be
/// `#[inline(always)]`, otherwise they are compiled for the portable level. Closures cannot be marked: only
/// small ones are inlined for certain, so larger bodies go into `for` loops and functions.
pub(crate) trait Work {
    type Output;
    fn run(self) -> Self::Output;
}

/// Does `work` with the instructions of `level`, or the best that the CPU has if that is less.
pub(crate) fn run<W: Work>(level: Level, work: W) -> W::Output {
    match level.min(Level::best()) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU was found to have all features of this level, see `detect`.
        Level::Avx512 => unsafe { x86::avx512(work) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { x86::avx2(work) },
        _ => work.run(),
    }
}

/// Asks for bytes that are needed soon, into the second-level cache. Only a hint.
#[inline(always)]
pub(crate) fn prefetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every x86-64 CPU has the instruction; it reads nothing that a program could see and never
        // faults, and the address lies inside a slice.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Work;

    #[target_feature(enable = "avx2,bmi1,bmi2")]
    pub(super) fn avx2<W: Work>(work: W) -> W::Output {
        work.run()
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
    pub(super) fn avx512<W: Work>(work: W) -> W::Output {
        work.run()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(Level::parse(" AVX2 "), Some(Level::Avx2));
        assert_eq!(Level::parse("portable"), Some(Level::Portable));
        assert_eq!(Level::parse("neon"), None);
    }

    #[test]
    fn a_forced_level_ends_with_its_scope() {
        let before = Level::current();
        for level in Level::ALL {
            with_level(level, || assert_eq!(Level::current(), level.min(Level::best())));
        }
        let caught = std::panic::catch_unwind(|| with_level(Level::Portable, || panic!("inside")));
        assert!(caught.is_err());
        assert_eq!(Level::current(), before);
    }

    #[test]
    fn work_runs_at_every_level() {
        struct Sum<'a>(&'a [u32]);
        impl Work for Sum<'_> {
            type Output = u32;
            #[inline(always)]
            fn run(self) -> u32 {
                self.0.iter().sum()
            }
        }
        for level in Level::ALL {
            assert_eq!(run(level, Sum(&[1, 2, 3])), 6);
        }
    }
}
