//! Every format of several frames besides video, cut at ten places.

use std::path::Path;

use blitz_core::{DType, FrameShape, Samples};
use blitz_io::{OpenOptions, Overwrite, create_writer, open};
use blitz_testkit::noise_frames;

const SHAPE: FrameShape = FrameShape::new(30, 40, 1);
const FRAMES: usize = 20;

fn files(folder: &Path) -> Vec<(&'static str, Vec<Samples>)> {
    let mut files = Vec::new();
    for (name, dtype) in
        [("a.npy", DType::U16), ("b.npy", DType::F32), ("c.tif", DType::U8), ("d.tif", DType::F32)]
    {
        let frames = noise_frames(3, dtype, FRAMES, SHAPE);
        let mut writer = create_writer(&folder.join(name), dtype, SHAPE, Some(FRAMES), Overwrite::Refuse)
            .expect("a writer");
        for frame in &frames {
            writer.write_frame(frame.as_ref()).expect("written");
        }
        writer.finish().expect("finished");
        files.push((name, frames));
    }
    let frames = noise_frames(3, DType::U8, FRAMES, SHAPE);
    let head = b"P5\n40 30\n255\n";
    let bytes: Vec<u8> = frames.iter().flat_map(|frame| [head, frame.bytes()].concat()).collect();
    std::fs::write(folder.join("e.pgm"), bytes).expect("written");
    files.push(("e.pgm", frames));
    files
}

#[test]
fn every_file_cut_at_ten_places_says_so() {
    let dir = tempfile::tempdir().expect("folder");
    for (name, frames) in files(dir.path()) {
        let path = dir.path().join(name);
        let whole = std::fs::read(&path).expect("there");
        let mut readable = 0;
        for place in 1..=10 {
            let end = whole.len() * place / 11 + place;
            std::fs::write(&path, &whole[..end]).expect("written");
            let what = format!("{name} cut at {end} of {}", whole.len());
            let Ok(source) = open(std::slice::from_ref(&path), &OpenOptions::default()) else { continue };
            let info = source.info();
            let mut failed = 0;
            for (frame, wanted) in frames.iter().enumerate().take(info.frames) {
                let mut out = Samples::zeros(info.dtype, info.frame.samples());
                match source.decode(frame, out.as_mut()) {
                    Ok(()) => {
                        assert!(out == *wanted, "{what}: frame {frame} is another");
                        readable += 1;
                    }
                    Err(_) => failed += 1,
                }
            }
            let words = ["breaks off", "cut short"];
            let said = info.notes.iter().any(|note| words.iter().any(|word| note.contains(word)));
            assert!(said && failed > 0, "{what}: {failed} failed, {:?}", info.notes);
        }
        assert!(readable > 5 * FRAMES / 2, "{name}: {readable} frames");
    }
}
