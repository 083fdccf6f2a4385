//! GIF: the crate `gif` decodes the pictures, they are drawn onto each other here.

use std::io::Cursor;
use std::sync::Arc;

use ::gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, MemoryLimit};
use blitz_core::{DType, FrameShape, Samples};

use super::play::{Area, Facts, Kind, Player};
use crate::format::contract::{Format, Grain, ImageSpec, TIME};
use crate::parts::Parts;

/// See [`Format`].
pub(in crate::format) static FORMAT: Format = Format {
    name: "GIF",
    title: "GIF",
    suffixes: &["gif"],
    depth: "8",
    reads: "palettes as RGB, grey ramps as one channel; several frames as time with their delays",
    refuses: "",
    holds_several: true,
    data_sets: "the frames of a file, one file after the other in time",
    writes: "",
    metadata: &[TIME],
    grain: Grain::Frame,
    signatures: &[b"GIF87a", b"GIF89a"],
    open: |opening| match &opening.files[..] {
        [_] => super::play::open(opening, &FORMAT, &GIF),
        _ => Parts::open(opening, &FORMAT),
    },
};

/// See [`Kind`].
pub(in crate::format) static GIF: Kind = Kind { name: "GIF", facts, start };

fn options() -> DecodeOptions {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    // The size of the canvas is checked before; frames cannot be larger than 65,535².
    options.set_memory_limit(MemoryLimit::Unlimited);
    options
}

fn facts(bytes: &Arc<[u8]>, limit: u64) -> Result<Facts, String> {
    let mut options = options();
    options.skip_frame_decoding(true);
    let mut decoder = options.read_info(Cursor::new(Arc::clone(bytes))).map_err(text)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    ImageSpec::check_size(FrameShape::new(height, width, 4), DType::U8, limit)?;
    let global = decoder.global_palette().map(<[u8]>::to_vec);
    let (mut delays, mut is_grey) = (Vec::new(), true);
    let mut broken = None;
    loop {
        let frame = match decoder.next_frame_info() {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(error) => {
                broken = Some(text(error));
                break;
            }
        };
        // A frame is decoded whole before it is drawn.
        let shape = FrameShape::new(usize::from(frame.height), usize::from(frame.width), 4);
        if frame.width > 0 && frame.height > 0 {
            ImageSpec::check_size(shape, DType::U8, limit)?;
        }
        delays.push((u64::from(frame.delay), 100));
        let palette = frame.palette.as_ref().or(global.as_ref());
        let mut colours = palette.map_or(&[][..], Vec::as_slice).chunks_exact(3).enumerate();
        let transparent = frame.transparent.map(usize::from);
        is_grey &= colours.all(|(i, c)| Some(i) == transparent || (c[0] == c[1] && c[1] == c[2]));
    }
    let mut notes = Vec::new();
    if is_grey {
        notes.push("The palettes are pure grey ramps: their grey values are read as one channel.".to_owned());
    }
    let mut missing = Vec::new();
    if let Some(reason) = broken {
        if delays.is_empty() {
            return Err(reason);
        }
        // Skipping over the last frame that was begun may be what failed.
        let mut player = start(bytes)?;
        let last = delays.len() - 1;
        let whole = (0..=last).take_while(|_| player.next().is_ok()).count();
        if whole == last {
            delays.pop();
            missing.push(format!("the file breaks off inside it ({reason})"));
        } else if bytes.last() == Some(&0) {
            notes.push("The end mark of the file is missing; the frames before it are whole.".to_owned());
        } else {
            missing.push(format!("the file breaks off before it ({reason})"));
        }
    }
    let color_model = "palette";
    Ok(Facts { height, width, dtype: DType::U8, is_grey, bits: 8, color_model, delays, missing, notes })
}

fn start(bytes: &Arc<[u8]>) -> Result<Box<dyn Player>, String> {
    let decoder = options().read_info(Cursor::new(Arc::clone(bytes))).map_err(text)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let canvas = Samples::zeros(DType::U8, width * height * 4);
    Ok(Box::new(Play { decoder, width, height, canvas, undo: Undo::Nothing }))
}

/// What becomes of a frame before the next one is drawn.
enum Undo {
    Nothing,
    Clear(Area),
    Restore(Samples),
}

struct Play {
    decoder: Decoder<Cursor<Arc<[u8]>>>,
    width: usize,
    height: usize,
    canvas: Samples,
    undo: Undo,
}

impl Player for Play {
    fn next(&mut self) -> Result<(), String> {
        match std::mem::replace(&mut self.undo, Undo::Nothing) {
            Undo::Nothing => {}
            Undo::Clear(area) => {
                if let Samples::U8(canvas) = &mut self.canvas {
                    area.rows(self.width).for_each(|row| canvas[row].fill(0));
                }
            }
            Undo::Restore(before) => self.canvas = before,
        }
        let frame = self.decoder.read_next_frame().map_err(text)?.ok_or("the file ends before it")?;
        let whole = Area {
            left: usize::from(frame.left),
            top: usize::from(frame.top),
            width: usize::from(frame.width),
            height: usize::from(frame.height),
        };
        let area = whole.on(self.width, self.height);
        self.undo = match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Undo::Nothing,
            DisposalMethod::Background => Undo::Clear(area),
            DisposalMethod::Previous => Undo::Restore(self.canvas.clone()),
        };
        let Samples::U8(canvas) = &mut self.canvas else { return Err("the canvas has 8 bits".to_owned()) };
        let lines = frame.buffer.chunks_exact((whole.width * 4).max(1));
        for (row, line) in area.rows(self.width).zip(lines) {
            for (to, from) in canvas[row].chunks_exact_mut(4).zip(line.chunks_exact(4)) {
                if from[3] != 0 {
                    to.copy_from_slice(from);
                }
            }
        }
        Ok(())
    }

    fn canvas(&self) -> &Samples {
        &self.canvas
    }
}

fn text(error: ::gif::DecodingError) -> String {
    match error {
        ::gif::DecodingError::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the file is cut short".to_owned()
        }
        other => format!("the image is damaged: {other}"),
    }
}
