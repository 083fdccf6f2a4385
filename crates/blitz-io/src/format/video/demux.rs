//! Packets of the video stream of a file, read through positioned reads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use blitz_core::Cancel;
use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::context::{Input, StreamIo};

use super::ffi::{self, Facts};
use crate::read_at::ReadAt;

/// Containers that are let in. None of them opens other files by itself.
const CONTAINERS: &str =
    "mov,avi,matroska,mpegts,mpeg,mpegvideo,m4v,h264,hevc,asf,flv,ogg,mxf,nut,yuv4mpegpipe,ivf,dv";

/// Bytes that FFmpeg reads at once.
const READ_BYTES: usize = 1 << 18;

/// A file's bytes as the stream that FFmpeg wants. There is no protocol behind it that a file could abuse.
struct Bytes {
    data: Arc<dyn ReadAt>,
    position: u64,
    stop: Arc<Stop>,
}

/// What stops an opening; nothing stops the reading behind it.
struct Stop {
    cancel: Cancel,
    is_open: AtomicBool,
}

impl io::Read for Bytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.stop.cancel.is_cancelled() && !self.stop.is_open.load(Ordering::Relaxed) {
            return Err(io::Error::other("cancelled"));
        }
        let n = self.data.read_at(self.position, buf)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl io::Seek for Bytes {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let position = match to {
            io::SeekFrom::Start(offset) => Some(offset),
            io::SeekFrom::End(offset) => self.data.size().checked_add_signed(offset),
            io::SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position
            .filter(|&p| i64::try_from(p).is_ok())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek out of the file"))?;
        Ok(self.position)
    }
}

/// An open container.
pub(super) struct Demuxer {
    input: Input,
    stream: usize,
    stop: Arc<Stop>,
}

impl Demuxer {
    /// Opens a container. `suffix` helps where the bytes alone do not tell the format.
    pub(super) fn open(
        data: Arc<dyn ReadAt>,
        suffix: &str,
        cancel: &Cancel,
    ) -> Result<(Self, Facts), String> {
        ffi::init();
        if data.size() == 0 {
            return Err("the file is empty".to_owned());
        }
        let stop = Arc::new(Stop { cancel: cancel.clone(), is_open: AtomicBool::new(false) });
        let bytes = Bytes { data, position: 0, stop: Arc::clone(&stop) };
        let io = StreamIo::from_read_seek_with_capacity(bytes, READ_BYTES).map_err(|e| e.to_string())?;
        let mut options = ffmpeg::Dictionary::new();
        options.set("format_whitelist", CONTAINERS);
        let name = format!("video.{suffix}");
        let mut input = ffmpeg::format::input_from_stream(io, Some(&name), Some(options))
            .map_err(|e| format!("no video file that FFmpeg can read: {e}"))?;
        let Some((stream, streams)) = ffi::video_stream(&input) else {
            return Err("the file has no video stream".to_owned());
        };
        let facts = ffi::select(&mut input, stream, streams);
        Ok((Self { input, stream, stop }, facts))
    }

    /// The same, that reads on when the opening is cancelled later.
    pub(super) fn opened(self) -> Self {
        self.stop.is_open.store(true, Ordering::Relaxed);
        self
    }

    /// What the decoder must know.
    pub(super) fn parameters(&self) -> Option<ffmpeg::codec::Parameters> {
        self.input.stream(self.stream).map(|stream| stream.parameters())
    }

    /// The next packet of the video stream; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<ffmpeg::Packet>, ffmpeg::Error> {
        loop {
            let mut packet = ffmpeg::Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.stream => return Ok(Some(packet)),
                Ok(()) => {}
                Err(ffmpeg::Error::Eof) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes to the last keyframe at or before `timestamp`, in ticks.
    pub(super) fn seek(&mut self, timestamp: i64) -> Result<(), ffmpeg::Error> {
        ffi::seek(&mut self.input, self.stream, timestamp)
    }
}
