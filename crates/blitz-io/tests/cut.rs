//! Every format of several frames besides video, cut at ten places.

mod common;

use std::path::Path;

use blitz_core::{DType, FrameShape, Samples, SamplesRef};
use blitz_io::{OpenOptions, Overwrite, create_writer, open};
use blitz_testkit::noise_frames;
use common::{decode, open_one};

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

#[test]
fn a_cut_array_keeps_its_whole_frames() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("cut.npy");
    let shape = FrameShape::new(8, 8, 1);
    let mut writer = create_writer(&path, DType::U16, shape, Some(10), Overwrite::Refuse).expect("writer");
    for i in 0..10_u16 {
        writer.write_frame(SamplesRef::from(vec![i; 64].as_slice())).expect("frame");
    }
    writer.finish().expect("finished");
    let length = std::fs::metadata(&path).expect("there").len();
    std::fs::OpenOptions::new().write(true).open(&path).expect("open").set_len(length - 200).expect("cut");
    let source = open_one(&path).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.faults.len()), (10, 2));
    assert!(info.notes.iter().any(|n| n.contains("8 of 10 frames")), "{:?}", info.notes);
    assert_eq!(decode(&*source, 7).expect("whole").as_ref().get_f64(0), 7.0);
    assert!(decode(&*source, 8).expect_err("cut").to_string().contains("cut.npy"));
    if let Some(store) = source.mapped() {
        use blitz_core::{FrameState, Store as _};
        assert!(matches!(store.state(9), FrameState::Failed(f) if f.reason.contains("cut short")));
        assert!(store.pin(7).is_ok() && store.pin(8).is_err());
    }
    let mut more = std::fs::read(&path).expect("there");
    more.extend([0; 207]);
    std::fs::write(&path, more).expect("written");
    let source = open_one(&path).expect("opened");
    assert!(source.info().faults.is_empty() && source.info().notes[0].contains("7 more bytes"));
}
