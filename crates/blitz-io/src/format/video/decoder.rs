//! FFmpeg's decoder: packets in with their numbers, pictures out with the number of the packet they came from.

use std::sync::Arc;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::codec::discard::Discard;

use super::complaints::{self, Complaints};
use super::ffi::{self, Picture};

/// An open decoder.
pub(super) struct Decoder {
    /// Closed before what it complains to.
    video: ffmpeg::decoder::Video,
    complaints: Arc<Complaints>,
    skipping: bool,
}

/// What a decoder answers.
pub(super) enum Answer {
    /// A picture, with the number of its packet where the decoder knows it.
    Picture(Option<u32>, Picture),
    /// It wants more packets.
    Hungry,
    /// All pictures are out.
    End,
    /// A packet was no good; which one is certain only with one thread.
    Bad(String),
}

/// Threads of a decoder: FFmpeg's own choice, one more than there are cores, leaves a quarter of them idle where
/// frames wait for rows of those before them; three per core keep all busy. At most 16, FFmpeg's own limit: each
/// holds pictures, and comes out later by one.
pub(super) fn threads() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (3 * cores).min(16)
}

/// How damage is noticed: FFmpeg's `thread_type` and `err_detect` for one codec.
///
/// FFmpeg aborts the process (`av_assert0` in `decode.c`) when a decoder that runs in frame threads returns an error
/// together with a picture. The MPEG-4 decoder does that under `explode`, so it never gets both. Without `explode` it
/// marks pictures that it has painted over; in frame threads the mark gets lost where pictures leave the decoder one
/// call later than they enter it. So streams without delay keep the frame threads, and the others keep `explode`.
fn error_detection(
    codec: i32,
    is_delayed: bool,
    threads: usize,
    strict: bool,
) -> (&'static str, &'static str) {
    let err_detect = if strict { "crccheck+explode" } else { "crccheck" };
    match (codec, threads) {
        (ffi::MPEG4, 0 | 2..) if is_delayed => ("slice", err_detect),
        (ffi::MPEG4, 0 | 2..) => ("frame+slice", "crccheck"),
        _ => ("frame+slice", err_detect),
    }
}

impl Decoder {
    /// Opens a decoder that works on `threads` threads (0: as FFmpeg chooses), refuses damaged data
    /// instead of painting over it, and refuses pictures of more than `max_pixels` before it takes memory. One that
    /// is not `strict` goes on where the stream speaks of pictures that it has not seen, as it does behind keyframes
    /// of open groups; damage is then seen by what the pictures say.
    pub(super) fn open(
        parameters: ffmpeg::codec::Parameters,
        threads: usize,
        strict: bool,
        max_pixels: u64,
    ) -> Result<Self, String> {
        let id = parameters.id();
        let (codec_id, is_delayed) = ffi::codec_and_delay(&parameters);
        let codec = ffmpeg::decoder::find(id)
            .ok_or_else(|| format!("this build of FFmpeg has no decoder for {}", id.name()))?;
        let mut context =
            ffmpeg::codec::Context::from_parameters(parameters).map_err(|e| format!("bad stream: {e}"))?;
        let complaints = Arc::default();
        complaints::listen(&mut context, &complaints);
        let mut options = ffmpeg::Dictionary::new();
        let (thread_type, err_detect) = error_detection(codec_id, is_delayed, threads, strict);
        let threads = if threads == 0 { "auto".to_owned() } else { threads.to_string() };
        options.set("threads", &threads);
        options.set("thread_type", thread_type);
        // Concealing errors stays on: it is what marks pictures that were painted over, which count as damaged.
        options.set("err_detect", err_detect);
        options.set("max_pixels", &max_pixels.min(i32::MAX as u64).to_string());
        let video = context
            .decoder()
            .open_as_with(codec, options)
            .and_then(ffmpeg::decoder::Opened::video)
            .map_err(|e| format!("the {} decoder cannot be opened: {e}", id.name()))?;
        complaints.take(); // of what the container says
        Ok(Self { video, complaints, skipping: false })
    }

    /// What the decoder has complained of since the last call: a packet that was sent, or the picture that came, is
    /// damaged. Which packet is certain only with one thread.
    pub(super) fn complaint(&self) -> Option<String> {
        self.complaints.take()
    }

    /// Whether pictures that no other needs are left out from the next packet on.
    pub(super) fn skip(&mut self, skip: bool) {
        if skip != self.skipping {
            self.skipping = skip;
            self.video.skip_frame(if skip { Discard::NonReference } else { Discard::Default });
        }
    }

    /// Hands a packet over; `Ok(false)` if pictures must be taken out first.
    pub(super) fn send(&mut self, packet: &mut ffmpeg::Packet, number: u32) -> Result<bool, String> {
        packet.set_pts(Some(number.into()));
        packet.set_dts(None);
        match self.video.send_packet(packet) {
            Ok(()) => Ok(true),
            Err(ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Says that no more packets come.
    pub(super) fn end(&mut self) {
        // An answer other than "done" means that it has been said before.
        let _ = self.video.send_eof();
    }

    /// Takes the next picture out.
    pub(super) fn receive(&mut self) -> Answer {
        let mut frame = ffmpeg::frame::Video::empty();
        match self.video.receive_frame(&mut frame) {
            Ok(()) => {
                let number = frame.pts().and_then(|pts| u32::try_from(pts).ok());
                Picture::new(frame).map_or_else(
                    || Answer::Bad("the decoder gave an empty picture".to_owned()),
                    |picture| Answer::Picture(number, picture),
                )
            }
            Err(ffmpeg::Error::Eof) => Answer::End,
            Err(ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => Answer::Hungry,
            Err(error) => Answer::Bad(error.to_string()),
        }
    }

    /// Forgets everything: the next packet is a keyframe.
    pub(super) fn flush(&mut self) {
        self.video.flush();
    }
}
