//! What FFmpeg's safe interface lacks: stream facts that it hides, seeking within one stream, rows of decoded
//! pictures (whose strides may be negative), colour conversion with the right matrix.

#![allow(unsafe_code, reason = "FFmpeg is a C library, and its safe bindings lack these")]

use std::ptr;
use std::sync::Once;

use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi;
use ffmpeg_next::packet::Ref as _;

use crate::format::orientation::Orientation;

/// Silences FFmpeg: what it would print is said by our errors, and its lines belong to no frame.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        ffmpeg::error::register_all(); // texts of errors
        // SAFETY: sets one global integer of the library.
        unsafe { ffi::av_log_set_level(ffi::AV_LOG_QUIET) };
    });
}

/// The libraries that read, decode and convert, with their versions: another one may give other samples.
pub(super) fn versions() -> String {
    // SAFETY: these functions only return constants.
    let versions = unsafe { [ffi::avformat_version(), ffi::avcodec_version(), ffi::swscale_version()] };
    let [format, codec, scale] = versions.map(|v| format!("{}.{}.{}", v >> 16, v >> 8 & 0xff, v & 0xff));
    format!("libavformat {format}, libavcodec {codec}, libswscale {scale}")
}

/// Reads an enum that FFmpeg filled as the integer that it is: files decide its value.
macro_rules! as_int {
    ($place:expr) => {
        (&raw const $place).cast::<i32>().read()
    };
}

/// What a container says of its video stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Facts {
    pub(super) container: String,
    pub(super) codec: String,
    /// The codec's number in FFmpeg; compared with the constants below only.
    pub(super) codec_id: i32,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Seconds per tick of packet times.
    pub(super) time_base: (i64, i64),
    /// Frames per second, (0, _) where unknown.
    pub(super) rate: (i64, i64),
    /// Frames that the container promises; 0 where it does not say.
    pub(super) promised: u64,
    /// Seconds that the container says it lasts; 0 where it does not say.
    pub(super) seconds: f64,
    /// Whether the stream is the only one of any kind.
    pub(super) is_alone: bool,
    pub(super) interlaced: bool,
    /// Whether pictures may leave the decoder in another order than they went in.
    pub(super) reorders: bool,
    /// Whether the stream says that they do.
    pub(super) is_delayed: bool,
    /// How pictures are to be turned for display; `None` for what is no right angle.
    pub(super) orientation: Option<Orientation>,
    /// Width of a pixel over its height where they differ.
    pub(super) aspect: Option<(i32, i32)>,
    /// Significant bits per sample where the codec says so; 0 otherwise.
    pub(super) raw_bits: u32,
    /// Number of the stream in the file.
    pub(super) stream: usize,
    /// Video streams in the file.
    pub(super) streams: usize,
}

impl Facts {
    /// Whether a tick of packet times is a frame, so that times are slots that may be empty.
    pub(super) fn counts_slots(&self) -> bool {
        let ((tick, ticks), (frames, seconds)) = (self.time_base, self.rate);
        self.container.starts_with("avi")
            && frames > 0
            && i128::from(tick) * i128::from(frames) == i128::from(ticks) * i128::from(seconds)
    }
}

pub(super) const VP8: i32 = ffi::AVCodecID::AV_CODEC_ID_VP8 as i32;
pub(super) const MPEG4: i32 = ffi::AVCodecID::AV_CODEC_ID_MPEG4 as i32;

/// The stream to read: the first that is video and no cover picture.
pub(super) fn video_stream(input: &ffmpeg::format::context::Input) -> Option<(usize, usize)> {
    let mut found = input.streams().filter(|stream| {
        // SAFETY: the stream belongs to `input`, which outlives the closure; libavformat always sets codecpar.
        let kind = unsafe { as_int!((*(*stream.as_ptr()).codecpar).codec_type) };
        let cover = ffmpeg::format::stream::Disposition::ATTACHED_PIC;
        kind == ffi::AVMediaType::AVMEDIA_TYPE_VIDEO as i32 && !stream.disposition().contains(cover)
    });
    let first = found.next()?.index();
    Some((first, 1 + found.count()))
}

/// Reads the facts of stream `index`, and tells the demuxer to leave the other streams out.
pub(super) fn select(input: &mut ffmpeg::format::context::Input, index: usize, streams: usize) -> Facts {
    // SAFETY: `input` owns a context opened by libavformat: `streams` has `nb_streams` valid entries, each with
    // codec parameters; `index` came from `video_stream`. Names are static strings of the library or null.
    unsafe {
        let context = input.as_mut_ptr();
        for i in 0..(*context).nb_streams as usize {
            if i != index {
                (*(*(*context).streams.add(i))).discard = ffi::AVDiscard::AVDISCARD_ALL;
            }
        }
        let stream = *(*context).streams.add(index);
        let parameters = (*stream).codecpar;
        let codec_id = as_int!((*parameters).codec_id);
        let descriptor = ffi::avcodec_descriptor_get((*parameters).codec_id);
        let (props, codec) = if descriptor.is_null() {
            (ffi::AV_CODEC_PROP_REORDER, format!("codec {codec_id}"))
        } else {
            ((*descriptor).props, text((*descriptor).name))
        };
        let field_order = as_int!((*parameters).field_order);
        let aspect = (*stream).sample_aspect_ratio;
        let rate = match ((*stream).avg_frame_rate, (*stream).r_frame_rate) {
            (average, real) if average.num <= 0 || average.den <= 0 => real,
            (average, _) => average,
        };
        Facts {
            container: text((*(*context).iformat).name),
            codec,
            codec_id,
            width: usize::try_from((*parameters).width).unwrap_or(0),
            height: usize::try_from((*parameters).height).unwrap_or(0),
            time_base: ((*stream).time_base.num.into(), (*stream).time_base.den.into()),
            rate: (rate.num.into(), rate.den.into()),
            promised: u64::try_from((*stream).nb_frames).unwrap_or(0),
            seconds: (*context).duration.max(0) as f64 / f64::from(ffi::AV_TIME_BASE),
            is_alone: (*context).nb_streams == 1,
            interlaced: field_order > ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE as i32,
            reorders: props & ffi::AV_CODEC_PROP_REORDER != 0 || (*parameters).video_delay > 0,
            is_delayed: (*parameters).video_delay > 0,
            orientation: orientation(stream),
            aspect: (aspect.num > 0 && aspect.den > 0 && aspect.num != aspect.den)
                .then_some((aspect.num, aspect.den)),
            raw_bits: u32::try_from((*parameters).bits_per_raw_sample).unwrap_or(0),
            stream: index,
            streams,
        }
    }
}

/// The codec's number and whether its pictures leave the decoder later than they enter it.
pub(super) fn codec_and_delay(parameters: &ffmpeg::codec::Parameters) -> (i32, bool) {
    // SAFETY: parameters own what they point at.
    unsafe { (as_int!((*parameters.as_ptr()).codec_id), (*parameters.as_ptr()).video_delay > 0) }
}

/// # Safety
/// `name` is null or a valid C string.
unsafe fn text(name: *const std::ffi::c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    // SAFETY: as promised by the caller.
    unsafe { std::ffi::CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

/// # Safety
/// `stream` is a valid stream.
unsafe fn orientation(stream: *const ffi::AVStream) -> Option<Orientation> {
    let mut size = 0;
    let kind = ffi::AVPacketSideDataType::AV_PKT_DATA_DISPLAYMATRIX;
    // SAFETY: the stream is valid; the answer is null or points at `size` bytes that live as long as it does.
    let matrix = unsafe { ffi::av_stream_get_side_data(stream, kind, &raw mut size) };
    if matrix.is_null() || size < 9 * 4 {
        return Some(Orientation::default());
    }
    // SAFETY: nine 32-bit integers were just found there.
    Orientation::of_matrix(unsafe { matrix.cast::<[i32; 9]>().read_unaligned() })
}

/// Flags of a packet, also those that the safe interface hides.
pub(super) fn packet_flags(packet: &ffmpeg::Packet) -> i32 {
    // SAFETY: a packet always points at itself.
    unsafe { (*packet.as_ptr()).flags }
}

/// Goes to the last keyframe at or before `timestamp` (in ticks of the stream).
pub(super) fn seek(
    input: &mut ffmpeg::format::context::Input,
    stream: usize,
    timestamp: i64,
) -> Result<(), ffmpeg::Error> {
    // SAFETY: `input` owns an open context; libavformat checks the stream's number.
    let answer = unsafe {
        ffi::av_seek_frame(input.as_mut_ptr(), stream as i32, timestamp, ffi::AVSEEK_FLAG_BACKWARD)
    };
    if answer < 0 { Err(answer.into()) } else { Ok(()) }
}

/// One component of a pixel format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) plane: usize,
    pub(super) step: usize,
    pub(super) offset: usize,
    pub(super) shift: u32,
    pub(super) depth: u32,
}

/// A pixel format, as FFmpeg describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PixelFormat {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) components: Vec<Component>,
    /// log2 of the chroma planes' reduction in width and height.
    pub(super) chroma: (u8, u8),
    flags: u64,
}

impl PixelFormat {
    fn has(&self, flag: i32) -> bool {
        self.flags & flag as u64 != 0
    }

    pub(super) fn is_rgb(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_RGB)
    }

    pub(super) fn is_palette(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_PAL)
    }

    pub(super) fn is_bitstream(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_BITSTREAM)
    }

    pub(super) fn is_hardware(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_HWACCEL)
    }

    pub(super) fn is_bayer(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_BAYER)
    }

    pub(super) fn is_float(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_FLOAT)
    }

    pub(super) fn is_big_endian(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_BE)
    }

    pub(super) fn has_alpha(&self) -> bool {
        self.has(ffi::AV_PIX_FMT_FLAG_ALPHA)
    }

    /// The full-range formats of JPEG have their range in their name.
    pub(super) fn is_full_by_name(&self) -> bool {
        self.name.starts_with("yuvj")
    }

    fn of(id: i32) -> Option<Self> {
        // SAFETY: formats are handed on as the library gave them; it answers null for those it does not know.
        let descriptor = unsafe { av_pix_fmt_desc_get(id).as_ref()? };
        let components = descriptor
            .comp
            .iter()
            .take(descriptor.nb_components.into())
            .map(|c| Component {
                plane: c.plane as usize,
                step: c.step as usize,
                offset: c.offset as usize,
                shift: c.shift as u32,
                depth: c.depth as u32,
            })
            .collect();
        Some(Self {
            id,
            // SAFETY: names of formats are static strings.
            name: unsafe { text(descriptor.name) },
            components,
            chroma: (descriptor.log2_chroma_w, descriptor.log2_chroma_h),
            flags: descriptor.flags,
        })
    }
}

// The same functions as in the bindings, with formats as the integers that they are in C: a format that these
// headers do not know must not become an enum that does not exist.
unsafe extern "C" {
    fn av_pix_fmt_desc_get(id: i32) -> *const ffi::AVPixFmtDescriptor;
    fn av_image_get_linesize(id: i32, width: i32, plane: i32) -> i32;
    fn sws_getContext(
        width: i32,
        height: i32,
        id: i32,
        to_width: i32,
        to_height: i32,
        to_id: i32,
        flags: i32,
        source_filter: *mut ffi::SwsFilter,
        target_filter: *mut ffi::SwsFilter,
        parameters: *const f64,
    ) -> *mut ffi::SwsContext;
}

/// A decoded picture. Its planes are shared with the decoder and never written.
pub(super) struct Picture {
    frame: ffmpeg::frame::Video,
    pub(super) format: PixelFormat,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} {} × {})", self.format.name, self.width(), self.height())
    }
}

impl Picture {
    /// The picture of a frame that a decoder has filled; `None` if it is empty or of an unknown format.
    pub(super) fn new(frame: ffmpeg::frame::Video) -> Option<Self> {
        // SAFETY: the frame is owned and initialised.
        let (id, there) = unsafe { ((*frame.as_ptr()).format, !frame.is_empty()) };
        Some(Self { format: PixelFormat::of(id).filter(|_| there)?, frame })
    }

    pub(super) fn width(&self) -> usize {
        self.frame.width() as usize
    }

    pub(super) fn height(&self) -> usize {
        self.frame.height() as usize
    }

    /// Whether the decoder says that the picture is not what was encoded.
    pub(super) fn is_damaged(&self) -> bool {
        // SAFETY: the frame is owned and initialised.
        let (flags, errors) =
            unsafe { ((*self.frame.as_ptr()).flags, (*self.frame.as_ptr()).decode_error_flags) };
        flags & ffi::AV_FRAME_FLAG_CORRUPT != 0 || errors != 0
    }

    /// Whether the decoder says that the picture was made without another.
    pub(super) fn needs_no_other(&self) -> bool {
        // SAFETY: the frame is owned and initialised.
        let (is_key, kind) =
            unsafe { ((*self.frame.as_ptr()).key_frame, as_int!((*self.frame.as_ptr()).pict_type)) };
        is_key != 0 || kind == ffi::AVPictureType::AV_PICTURE_TYPE_I as i32
    }

    pub(super) fn is_interlaced(&self) -> bool {
        self.frame.is_interlaced()
    }

    /// Whether luma uses the whole range of codes; `None` where the file does not say.
    pub(super) fn is_full_range(&self) -> Option<bool> {
        // SAFETY: the frame is owned and initialised.
        match unsafe { as_int!((*self.frame.as_ptr()).color_range) } {
            1 => Some(false),
            2 => Some(true),
            _ => self.format.is_full_by_name().then_some(true),
        }
    }

    /// Number of the colour matrix (ITU-T H.273).
    pub(super) fn matrix(&self) -> i32 {
        // SAFETY: the frame is owned and initialised.
        unsafe { as_int!((*self.frame.as_ptr()).colorspace) }
    }

    /// Bytes that the planes hold, about.
    pub(super) fn bytes(&self) -> usize {
        let per_plane = |plane: usize| {
            let rows =
                if plane == 1 || plane == 2 { self.height() >> self.format.chroma.1 } else { self.height() };
            self.line_bytes(plane) * rows
        };
        (0..4).map(per_plane).sum()
    }

    /// Bytes of samples in a row of a plane; 0 for planes that do not exist.
    fn line_bytes(&self, plane: usize) -> usize {
        // SAFETY: reads the library's table of formats only.
        let bytes = unsafe { av_image_get_linesize(self.format.id, self.frame.width() as i32, plane as i32) };
        usize::try_from(bytes).unwrap_or(0)
    }

    /// The samples of row `y` of a plane, without padding; empty where the picture has no such plane or row.
    pub(super) fn row(&self, plane: usize, y: usize) -> &[u8] {
        let rows = match plane {
            1 | 2 => self.height().div_ceil(1 << self.format.chroma.1),
            _ => self.height(),
        };
        let length = self.line_bytes(plane);
        if plane >= 4 || y >= rows || length == 0 {
            return &[];
        }
        // SAFETY: a decoder fills the planes of the frame's format, and each has `rows` lines of at least
        // `length` bytes, `linesize` (which may be negative) apart. The frame holds them until it is dropped.
        unsafe {
            let frame = self.frame.as_ptr();
            let (data, stride) = ((*frame).data[plane], (*frame).linesize[plane] as isize);
            if data.is_null() || stride.unsigned_abs() < length {
                return &[];
            }
            std::slice::from_raw_parts(data.offset(y as isize * stride), length)
        }
    }

    /// The 256 colours of a picture of codes, each as alpha, red, green and blue from the highest byte down; `None` for
    /// other pictures.
    pub(super) fn palette(&self) -> Option<[u32; 256]> {
        if !self.format.is_palette() {
            return None;
        }
        // SAFETY: decoders give frames of formats with a palette 256 native numbers of 32 bit as second plane (the
        // contract of `AV_PIX_FMT_PAL8`). The frame holds them until it is dropped.
        unsafe {
            let colours = (*self.frame.as_ptr()).data[1];
            (!colours.is_null()).then(|| colours.cast::<[u32; 256]>().read_unaligned())
        }
    }

    /// Whether two pictures have the same format, size and samples.
    pub(super) fn same_samples(&self, other: &Self) -> bool {
        self.format == other.format
            && (self.width(), self.height()) == (other.width(), other.height())
            && (0..4).all(|plane| (0..self.height()).all(|y| self.row(plane, y) == other.row(plane, y)))
    }
}

/// Format of converted pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    Rgb8,
    Rgba8,
    Rgb16,
    Rgba16,
}

impl Packed {
    fn id(self) -> i32 {
        // 16-bit formats in the machine's byte order.
        let big = cfg!(target_endian = "big");
        match self {
            Self::Rgb8 => ffi::AVPixelFormat::AV_PIX_FMT_RGB24 as i32,
            Self::Rgba8 => ffi::AVPixelFormat::AV_PIX_FMT_RGBA as i32,
            Self::Rgb16 if big => ffi::AVPixelFormat::AV_PIX_FMT_RGB48BE as i32,
            Self::Rgb16 => ffi::AVPixelFormat::AV_PIX_FMT_RGB48LE as i32,
            Self::Rgba16 if big => ffi::AVPixelFormat::AV_PIX_FMT_RGBA64BE as i32,
            Self::Rgba16 => ffi::AVPixelFormat::AV_PIX_FMT_RGBA64LE as i32,
        }
    }
}

/// Converts pictures of one kind to packed RGB.
pub(super) struct Scaler {
    context: *mut ffi::SwsContext,
    key: ScalerKey,
    /// libswscale writes whole vectors: its rows need room that the caller's do not have.
    out: ffmpeg::frame::Video,
}

#[derive(Clone, Copy, PartialEq)]
struct ScalerKey {
    from: i32,
    width: i32,
    height: i32,
    to: Packed,
    matrix: i32,
    full: bool,
}

impl ScalerKey {
    fn of(picture: &Picture, to: Packed) -> Self {
        Self {
            from: picture.format.id,
            width: picture.frame.width() as i32,
            height: picture.frame.height() as i32,
            to,
            matrix: picture.matrix(),
            full: picture.is_full_range().unwrap_or(picture.format.is_rgb()),
        }
    }
}

impl Scaler {
    /// A converter for pictures like this one.
    pub(super) fn new(picture: &Picture, to: Packed) -> Result<Self, String> {
        let key = ScalerKey::of(picture, to);
        let flags = ffi::SWS_BICUBIC | ffi::SWS_ACCURATE_RND | ffi::SWS_FULL_CHR_H_INT;
        // SAFETY: a plain constructor; null filters and parameters mean the default.
        let context = unsafe {
            sws_getContext(
                key.width,
                key.height,
                key.from,
                key.width,
                key.height,
                to.id(),
                flags,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null(),
            )
        };
        if context.is_null() {
            return Err(format!("pixel format {} cannot be converted to RGB", picture.format.name));
        }
        // From here on dropping `scaler` frees the context.
        let mut scaler = Self { context, key, out: ffmpeg::frame::Video::empty() };
        // SAFETY: the context is valid; the tables are static, and unknown matrices give the default one. The
        // frame is empty and ours; its size has been decoded into a picture already.
        let made = unsafe {
            let table = ffi::sws_getCoefficients(key.matrix);
            ffi::sws_setColorspaceDetails(context, table, key.full.into(), table, 1, 0, 1 << 16, 1 << 16);
            let out = scaler.out.as_mut_ptr();
            (*out).format = to.id();
            (*out).width = key.width;
            (*out).height = key.height;
            ffi::av_frame_get_buffer(out, 0)
        };
        if made < 0 { Err("no memory for the converted picture".to_owned()) } else { Ok(scaler) }
    }

    pub(super) fn fits(&self, picture: &Picture, to: Packed) -> bool {
        self.key == ScalerKey::of(picture, to)
    }

    /// Converts, and hands the bytes of each row on.
    pub(super) fn run(
        &mut self,
        picture: &Picture,
        mut each: impl FnMut(usize, &[u8]),
    ) -> Result<(), String> {
        assert!(self.fits(picture, self.key.to), "the converter was made for such pictures");
        let (width, height) = (self.key.width as usize, picture.height());
        let length = width
            * match self.key.to {
                Packed::Rgb8 => 3,
                Packed::Rgba8 => 4,
                Packed::Rgb16 => 6,
                Packed::Rgba16 => 8,
            };
        // SAFETY: format and size of both frames are those that the context was made for; the output's planes
        // have rows of at least `length` bytes, `linesize` apart.
        unsafe {
            let (from, to) = (picture.frame.as_ptr(), self.out.as_mut_ptr());
            let done = ffi::sws_scale(
                self.context,
                (*from).data.as_ptr().cast(),
                (*from).linesize.as_ptr(),
                0,
                self.key.height,
                (*to).data.as_ptr(),
                (*to).linesize.as_ptr(),
            );
            if done != self.key.height {
                return Err("the conversion to RGB failed".to_owned());
            }
            for y in 0..height {
                let start = (*to).data[0].offset(y as isize * (*to).linesize[0] as isize);
                each(y, std::slice::from_raw_parts(start, length));
            }
        }
        Ok(())
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: the context is ours and freed once.
        unsafe { ffi::sws_freeContext(self.context) };
    }
}
