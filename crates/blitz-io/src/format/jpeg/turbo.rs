//! The part of `TurboJPEG`'s interface that is used, of the system's libjpeg-turbo (2.1 or newer; 3.x has the same functions).
//!
//! The library keeps its own way back from errors (`setjmp`) inside of each call, so that nothing jumps over frames of
//! this program.

#![allow(unsafe_code, reason = "calls of a C library")]

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_uchar, c_ulong, c_void};
use std::ptr::NonNull;

unsafe extern "C" {
    fn tjInitDecompress() -> *mut c_void;
    fn tjDecompress2(
        handle: *mut c_void,
        jpeg: *const c_uchar,
        size: c_ulong,
        out: *mut c_uchar,
        width: c_int,
        pitch: c_int,
        height: c_int,
        format: c_int,
        flags: c_int,
    ) -> c_int;
    fn tjGetErrorStr2(handle: *mut c_void) -> *mut c_char;
    fn tjDestroy(handle: *mut c_void) -> c_int;
}

/// What is decoded. The numbers are the library's (`TJPF`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pixels {
    Rgb = 0,
    /// Luma alone where there is luma.
    Grey = 6,
    Cmyk = 11,
}

impl Pixels {
    fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// `TJFLAG_STOPONWARNING`: what the library only warns of is an error.
const STOP_ON_WARNING: c_int = 8192;
/// `TJFLAG_LIMITSCANS`: more scans than any encoder writes are an error.
const LIMIT_SCANS: c_int = 32768;

/// A decompressor of the library.
struct Decompressor(NonNull<c_void>);

impl Decompressor {
    fn new() -> Result<Self, String> {
        // SAFETY: the function takes nothing and gives a handle of its own, or null.
        let handle = unsafe { tjInitDecompress() };
        NonNull::new(handle).map(Self).ok_or_else(|| "no memory for a JPEG decoder".to_owned())
    }

    /// Decodes with the accurate integer transform and interpolated chroma, the library's defaults.
    fn decode(
        &mut self,
        jpeg: &[u8],
        (width, height): (usize, usize),
        pixels: Pixels,
        out: &mut [u8],
    ) -> Result<(), String> {
        let pitch = width.checked_mul(pixels.channels());
        assert_eq!(pitch.and_then(|pitch| pitch.checked_mul(height)), Some(out.len()), "dense pixels");
        let number = |n: usize| c_int::try_from(n).map_err(|_| "the image is too large".to_owned());
        let (across, pitch, down) = (number(width)?, number(pitch.unwrap_or_default())?, number(height)?);
        let size = c_ulong::try_from(jpeg.len()).map_err(|_| "the file is too large".to_owned())?;
        if across == 0 || down == 0 {
            return Err("the image has no pixels".to_owned());
        }
        // SAFETY: the handle is a decompressor's and used by nobody else (`&mut self`). The library reads `size` bytes at
        // `jpeg` and writes at most `down` rows of `across` pixels, `pitch` bytes apart, which is the length of `out`: an
        // image of another size than asked for is shrunk to fit, or refused.
        let status = unsafe {
            tjDecompress2(
                self.0.as_ptr(),
                jpeg.as_ptr(),
                size,
                out.as_mut_ptr(),
                across,
                pitch,
                down,
                pixels as c_int,
                STOP_ON_WARNING | LIMIT_SCANS,
            )
        };
        if status == 0 { Ok(()) } else { Err(self.reason()) }
    }

    fn reason(&mut self) -> String {
        // SAFETY: the handle is a decompressor's. The text ends with a zero, belongs to the handle and stays until its next
        // use; it is copied before.
        let text = unsafe {
            let text = tjGetErrorStr2(self.0.as_ptr());
            if text.is_null() { None } else { Some(CStr::from_ptr(text).to_string_lossy().into_owned()) }
        };
        let text = text.unwrap_or_default();
        text.split_once("(): ").map_or(text.as_str(), |(_, reason)| reason).to_owned()
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: the handle is a decompressor's and used here for the last time.
        unsafe { tjDestroy(self.0.as_ptr()) };
    }
}

/// Decodes a whole file, with a decompressor that each thread keeps. Anything that the library warns of is an error.
///
/// # Errors
/// The library's reason.
pub(super) fn decode(
    jpeg: &[u8],
    size: (usize, usize),
    pixels: Pixels,
    out: &mut [u8],
) -> Result<(), String> {
    thread_local! {
        static KEPT: RefCell<Option<Decompressor>> = const { RefCell::new(None) };
    }
    let mut decompressor = match KEPT.take() {
        Some(decompressor) => decompressor,
        None => Decompressor::new()?,
    };
    let result = decompressor.decode(jpeg, size, pixels, out);
    KEPT.set(Some(decompressor));
    result
}
