//! What decoders complain of: FFmpeg tells some damage, such as a slice whose checksum is wrong, to its log alone and
//! gives the picture as if nothing were the matter.

#![allow(unsafe_code, reason = "FFmpeg's log is a C callback, which is handed the decoder as a pointer")]

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi;

/// On which no picture hangs: other data in the file (messages to the player, rates and colours after the parameters of
/// the pictures), and orders to forget a picture that is gone already. Cameras write them.
const HARMLESS: [&str; 7] = [
    "unable to decode APP fields",
    "mmco: unref short failure",
    "SEI type",
    "Overread VUI by",
    "Overread VPS by",
    "Overread SPS by",
    "Overread PPS by",
];

/// Errors that one decoder has logged, on whichever of its threads.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    any: AtomicBool,
    first: Mutex<Option<String>>,
}

impl Complaints {
    /// The first error since the last call, in the decoder's words.
    pub(super) fn take(&self) -> Option<String> {
        if !self.any.swap(false, Ordering::AcqRel) {
            return None;
        }
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn hear(&self, words: &str) {
        // What is filled in where the format has a percent sign says little to a person.
        let words = words.split('%').next().unwrap_or_default().trim_end_matches(['\n', ' ', ':', '(', '=']);
        if words.is_empty() || HARMLESS.iter().any(|harmless| words.starts_with(harmless)) {
            return;
        }
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| words.to_owned());
        self.any.store(true, Ordering::Release);
    }
}

/// Has the errors of a decoder told to `complaints`, which must live as long as the decoder. Call before it is opened:
/// the contexts of its threads are copies.
pub(super) fn listen(context: &mut ffmpeg::codec::Context, complaints: &Arc<Complaints>) {
    static ONCE: Once = Once::new();
    // SAFETY: sets one global pointer of the library, to a function that may be called on any thread.
    ONCE.call_once(|| unsafe { av_log_set_callback(Some(heard)) });
    // SAFETY: the context is ours and not open. libavcodec hands the pointer on to the contexts of its threads and
    // does nothing else with it.
    unsafe { (*context.as_mut_ptr()).opaque = Arc::as_ptr(complaints).cast_mut().cast() };
}

// As in the bindings, with the list of arguments as the pointer that it is passed as: its type has another name on
// every machine, and nobody looks at it.
unsafe extern "C" {
    fn av_log_set_callback(
        callback: Option<unsafe extern "C" fn(*mut c_void, i32, *const c_char, *mut c_void)>,
    );
}

/// FFmpeg's log: keeps what open decoders of this program say of errors, and prints nothing.
unsafe extern "C" fn heard(speaker: *mut c_void, level: i32, format: *const c_char, _arguments: *mut c_void) {
    if level & 0xff > ffi::AV_LOG_ERROR || speaker.is_null() || format.is_null() {
        return;
    }
    // SAFETY: who speaks is a structure that begins with a pointer to its class (the contract of `av_log`); a context
    // of a codec has the class that libavcodec names. Its `opaque` is null or was set by `listen`, to a value that
    // lives until the context is closed, which ends all its threads. The format is a C string.
    unsafe {
        if *speaker.cast::<*const ffi::AVClass>() != ffi::avcodec_get_class() {
            return;
        }
        let complaints = (*speaker.cast::<ffi::AVCodecContext>()).opaque.cast::<Complaints>();
        if let Some(complaints) = complaints.as_ref() {
            complaints.hear(&CStr::from_ptr(format).to_string_lossy());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_complaint_is_kept_until_it_is_taken() {
        let complaints = Complaints::default();
        assert_eq!(complaints.take(), None);
        complaints.hear("slice CRC mismatch %X!");
        complaints.hear("another\n");
        assert_eq!(complaints.take().as_deref(), Some("slice CRC mismatch"));
        assert_eq!(complaints.take(), None);
        complaints.hear("unable to decode APP fields: %s\n");
        assert_eq!(complaints.take(), None);
    }
}
