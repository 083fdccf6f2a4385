//! A video under construction: frames into the encoder, packets into the container, bytes into a temporary file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use blitz_core::{FrameShape, SamplesRef};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::encoder::video::Encoder;
use ffmpeg_next::format::context::{Output, StreamIo};
use ffmpeg_next::frame;

use super::VideoSpec;
use super::clock::Clock;
use super::codec::{Candidate, Pixels, candidates};
use super::yuv;
use crate::OutputError;
use crate::format::video::init_ffmpeg;
use crate::write::body::check_frame;
use crate::write::target::Target;
use crate::write::{FrameWriter, WriteSpec};

/// Bytes that the container hands on at once.
const WRITE_BYTES: usize = 1 << 18;

/// Rates from which Matroska's clock of milliseconds may show two pictures at once.
const MATROSKA_CLOCK: f64 = 500.0;
/// The fastest rate that FFmpeg reads from Matroska, in frames per second.
const MATROSKA_RATE: f64 = 30_000.0;

/// What the system said when it first refused.
type Trouble = Arc<Mutex<Option<io::Error>>>;

/// The temporary file as the stream that FFmpeg wants; keeps the system's own words.
struct Sink {
    file: File,
    trouble: Trouble,
}

impl Sink {
    fn keep<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            let short =
                error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
            self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            short
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.file.write(bytes);
        self.keep(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.file.flush();
        self.keep(done)
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let done = self.file.seek(to);
        self.keep(done)
    }
}

/// Writes one video; see [`super`] for what it holds.
pub(super) struct VideoWriter {
    // Dropped before the file that it writes to.
    output: Output,
    encoder: Encoder,
    candidate: &'static Candidate,
    clock: Clock,
    /// Whether the container counts frames instead of having times (`.avi`).
    counts: bool,
    notes: Vec<String>,
    target: Target<File>,
    trouble: Trouble,
    spec: WriteSpec,
    /// Frames that came, left out ones included.
    seen: usize,
    written: usize,
    /// Tick of the first frame written.
    start: i64,
}

impl VideoWriter {
    pub(super) fn new(path: &Path, spec: &WriteSpec, video: &VideoSpec) -> Result<Self, OutputError> {
        init_ffmpeg();
        let unsupported = |reason: String| OutputError::Unsupported { path: path.to_path_buf(), reason };
        let suffix = crate::scan::suffix(path);
        let usable = candidates(&suffix, video.kind, spec.dtype, spec.frame).map_err(unsupported)?;
        let counts = suffix == "avi";
        let clock = Clock::new(&video.timing, counts).map_err(unsupported)?;
        let mut target = Target::create(path, spec.overwrite)?;
        let trouble = Trouble::default();
        let failed = |error: ffmpeg::Error| failure(path, &trouble, error);
        let file = target.file().try_clone().map_err(|e| OutputError::from_io(path, e))?;
        let sink = Sink { file, trouble: Arc::clone(&trouble) };
        let io = StreamIo::from_write_seek_with_capacity(sink, WRITE_BYTES).map_err(failed)?;
        let container = match suffix.as_str() {
            "mkv" => "matroska",
            other => other,
        };
        let mut output = ffmpeg::format::output_to_stream(io, None, Some(container)).map_err(failed)?;
        let global = output.format().flags().contains(ffmpeg::format::Flags::GLOBAL_HEADER);
        let ordered = suffix == "mkv" && clock.is_faster_than(MATROSKA_CLOCK);
        let (candidate, encoder, refused) =
            open(usable, spec.frame, &clock, global, ordered).map_err(unsupported)?;
        let mut stream = output.add_stream(encoder.codec()).map_err(failed)?;
        stream.set_parameters(&encoder);
        stream.set_time_base(ffmpeg::Rational(clock.tick.0, clock.tick.1));
        stream.set_avg_frame_rate(ffmpeg::Rational(clock.rate.0, clock.rate.1));
        if let Some(text) = &spec.description {
            let mut metadata = ffmpeg::Dictionary::new();
            metadata.set("comment", &text.replace('\0', " "));
            output.set_metadata(metadata);
        }
        output.write_header().map_err(failed)?;
        let (width, height) = candidate.size(spec.frame);
        let mut notes = refused;
        notes.extend(clock.note.clone());
        if suffix == "mkv" && clock.is_faster_than(MATROSKA_RATE) {
            notes.push(format!(
                ".mkv counts milliseconds: most programs read no rate above {MATROSKA_RATE} frames per second from \
                 it; .avi and .mp4 keep it"
            ));
        }
        if (width, height) != (spec.frame.width, spec.frame.height) {
            notes.push(format!(
                "the picture's edge stands twice: {width} × {height} pixels, because {} wants even sizes",
                candidate.name()
            ));
        }
        Ok(Self {
            output,
            encoder,
            candidate,
            clock,
            counts,
            notes,
            target,
            trouble,
            spec: spec.clone(),
            seen: 0,
            written: 0,
            start: 0,
        })
    }

    fn failed(&self, error: ffmpeg::Error) -> OutputError {
        failure(self.target.path(), &self.trouble, error)
    }

    fn frames_error(&self, reason: String) -> OutputError {
        OutputError::Frames { path: self.target.path().to_path_buf(), reason }
    }

    /// Takes out of the encoder what it has ready.
    fn drain(&mut self) -> Result<(), ffmpeg::Error> {
        let from = ffmpeg::Rational(self.clock.tick.0, self.clock.tick.1);
        let to = self.output.stream(0).map_or(from, |stream| stream.time_base());
        let mut packet = ffmpeg::Packet::empty();
        loop {
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {}
                Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
            packet.set_stream(0);
            if let Some(step) = self.clock.step() {
                packet.set_duration(step);
            }
            if !self.counts {
                packet.rescale_ts(from, to);
            }
            packet.write_interleaved(&mut self.output)?;
        }
    }
}

/// The first encoder that opens, with what those before it said.
fn open(
    usable: &'static [Candidate],
    shape: FrameShape,
    clock: &Clock,
    global_header: bool,
    ordered: bool,
) -> Result<(&'static Candidate, Encoder, Vec<String>), String> {
    let mut refused = Vec::new();
    for candidate in usable {
        match candidate.open(shape, clock, global_header, ordered) {
            Ok(encoder) => {
                let instead = format!("written with {} instead", candidate.name());
                let note = (!refused.is_empty()).then(|| format!("{}; {instead}", refused.join(", ")));
                return Ok((candidate, encoder, note.into_iter().collect()));
            }
            Err(reason) => refused.push(format!("{}: {reason}", candidate.name())),
        }
    }
    let FrameShape { height, width, .. } = shape;
    let rate = f64::from(clock.rate.0) / f64::from(clock.rate.1);
    Err(format!(
        "FFmpeg has no encoder for {width} × {height} pixels at {rate} frames per second ({}); install libx264, \
         choose a lower rate, or write .npy, .tif or numbered .png",
        refused.join(", ")
    ))
}

/// What the system said, or else FFmpeg.
fn failure(path: &Path, trouble: &Trouble, error: ffmpeg::Error) -> OutputError {
    let said = trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
    OutputError::from_io(path, said.unwrap_or_else(|| io::Error::other(format!("FFmpeg: {error}"))))
}

impl FrameWriter for VideoWriter {
    fn write_frame(&mut self, samples: SamplesRef<'_>) -> Result<(), OutputError> {
        check_frame(&self.spec, samples).map_err(|reason| self.frames_error(reason))?;
        if self.spec.frames == Some(self.written) {
            return Err(self.frames_error(format!("more frames than the {} announced", self.written)));
        }
        // The encoder keeps pictures: each frame has one of its own.
        let (width, height) = self.candidate.size(self.spec.frame);
        let mut picture = frame::Video::new(self.candidate.format(), width as u32, height as u32);
        if picture.width() as usize != width || picture.planes() == 0 {
            return Err(self.frames_error("there is no memory for a picture".to_owned()));
        }
        fill(&mut picture, samples, self.spec.frame, self.candidate.pixels);
        let place = if self.counts { self.written } else { self.seen };
        let tick = self.clock.at(place);
        if self.written == 0 {
            self.start = tick;
        }
        picture.set_pts(Some(tick - self.start));
        self.encoder.send_frame(&picture).and_then(|()| self.drain()).map_err(|e| self.failed(e))?;
        self.seen += 1;
        self.written += 1;
        Ok(())
    }

    fn skip_frame(&mut self) {
        self.seen += 1;
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn finish(mut self: Box<Self>) -> Result<(), OutputError> {
        match self.spec.frames {
            Some(announced) if announced != self.written => {
                let reason = format!("{} frames were written, {announced} were announced", self.written);
                return Err(self.frames_error(reason));
            }
            None if self.written == 0 => return Err(self.frames_error("no frame was written".to_owned())),
            _ => {}
        }
        self.encoder
            .send_eof()
            .and_then(|()| self.drain())
            .and_then(|()| self.output.write_trailer())
            .map_err(|e| self.failed(e))?;
        let Self { output, encoder, mut target, trouble, clock, counts, .. } = *self;
        // What still lies in buffers is written here.
        drop((output, encoder));
        let said = trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(error) = said {
            return Err(OutputError::from_io(target.path(), error));
        }
        if counts {
            state_rate(target.file(), clock.tick).map_err(|e| OutputError::from_io(target.path(), e))?;
        }
        target.map(BufWriter::new).close(true)?.commit()
    }
}

/// States the interval of frames in an AVI's stream header: FFmpeg replaces rates above 1000 per second by 600.
fn state_rate(file: &mut File, (scale, rate): (i32, i32)) -> io::Result<()> {
    const HEADERS: u64 = 1 << 12;
    // The name, the length, twenty bytes, then scale and rate.
    const TO_SCALE: usize = 8 + 20;
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    Read::take(&mut *file, HEADERS).read_to_end(&mut head)?;
    let header = head.windows(4).position(|name| name == b"strh");
    let at = header.ok_or_else(|| io::Error::other("the AVI has no stream header"))? + TO_SCALE;
    file.seek(SeekFrom::Start(at as u64))?;
    file.write_all(&[scale.to_le_bytes(), rate.to_le_bytes()].concat())
}

/// Writes samples into an encoder's picture.
fn fill(picture: &mut frame::Video, samples: SamplesRef<'_>, shape: FrameShape, pixels: Pixels) {
    let FrameShape { height, width, channels } = shape;
    let bytes = samples.bytes();
    let row = bytes.len() / height;
    match pixels {
        Pixels::Yuv { matrix, .. } => {
            let stride = picture.stride(0);
            yuv::luma(bytes, width, height, matrix, picture.data_mut(0), stride);
            for (plane, chroma) in (1..).zip(yuv::chroma(bytes, width, height, matrix)) {
                let stride = picture.stride(plane);
                let columns = width.div_ceil(2);
                for (out, line) in
                    picture.data_mut(plane).chunks_mut(stride).zip(chroma.chunks_exact(columns))
                {
                    out[..columns].copy_from_slice(line);
                }
            }
        }
        Pixels::Grey => {
            let stride = picture.stride(0);
            for (out, line) in picture.data_mut(0).chunks_mut(stride).zip(bytes.chunks_exact(row)) {
                out[..row].copy_from_slice(line);
            }
        }
        Pixels::Bgr0 => {
            let stride = picture.stride(0);
            for (out, line) in picture.data_mut(0).chunks_mut(stride).zip(bytes.chunks_exact(row)) {
                for (out, pixel) in out.chunks_exact_mut(4).zip(line.chunks_exact(channels)) {
                    out.copy_from_slice(&[pixel[2], pixel[1], pixel[0], 0]);
                }
            }
        }
        Pixels::Gbr16 => {
            for (plane, channel) in [1, 2, 0].into_iter().enumerate() {
                let stride = picture.stride(plane);
                for (out, line) in picture.data_mut(plane).chunks_mut(stride).zip(bytes.chunks_exact(row)) {
                    for (out, pixel) in out.chunks_exact_mut(2).zip(line.chunks_exact(2 * channels)) {
                        out.copy_from_slice(&pixel[2 * channel..2 * channel + 2]);
                    }
                }
            }
        }
    }
}
