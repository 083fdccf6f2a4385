//! Buffers that threads keep, so that decoding a series costs no allocation per frame.

/// Runs `f` on `size` bytes of whatever content, from a buffer that this thread keeps.
///
/// # Errors
/// If there is no memory, and those of `f`.
pub(super) fn with_scratch<R>(
    size: usize,
    f: impl FnOnce(&mut [u8]) -> Result<R, String>,
) -> Result<R, String> {
    thread_local! {
        static SCRATCH: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    const KEPT: usize = 64 << 20;
    let mut buffer = SCRATCH.take();
    if buffer.len() < size {
        let more = size - buffer.len();
        buffer.try_reserve_exact(more).map_err(|e| format!("no memory for {size} bytes: {e}"))?;
        buffer.resize(size, 0);
    }
    let result = f(&mut buffer[..size]);
    if buffer.capacity() <= KEPT {
        SCRATCH.set(buffer);
    }
    result
}
