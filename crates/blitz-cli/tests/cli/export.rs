//! `blitz export` from start to end.
use blitz_core::{DType, FrameShape, Samples};

use crate::fixture::{Array, Folder, assert_same};

const SHAPE: FrameShape = FrameShape::new(6, 9, 1);

fn bytes(frames: &[Samples]) -> Vec<u8> {
    frames.iter().flat_map(|f| f.bytes().iter().copied()).collect()
}

#[test]
fn every_way_and_back_is_exact() {
    let folder = Folder::new();
    for dtype in DType::ALL {
        let name = format!("{dtype}.npy");
        let frames = folder.npy(&name, dtype, 5, SHAPE);
        folder.expect(0, &format!("export {name} -o {dtype}-a.npy"));
        folder.expect(0, &format!("export {name} -o {dtype}.tif"));
        folder.expect(0, &format!("export {dtype}.tif -o {dtype}-b.npy"));
        for copy in ["a", "b"] {
            let array = Array::read(&folder.path(&format!("{dtype}-{copy}.npy")));
            assert_eq!(array.shape, [5, 6, 9]);
            assert_eq!(array.data, bytes(&frames), "{dtype} {copy}");
        }
    }
    for (dtype, channels) in [(DType::U8, 1), (DType::U16, 3), (DType::U16, 1), (DType::U8, 3)] {
        let shape = FrameShape { channels, ..SHAPE };
        let name = format!("{dtype}x{channels}");
        let frames = folder.pngs(&name, dtype, 4, shape);
        std::fs::create_dir(folder.path(&format!("{name}-copy"))).expect("folder");
        folder.expect(0, &format!("export {name} -o {name}-copy/%05d.png"));
        folder.expect(0, &format!("export {name}-copy -o {name}.npy"));
        assert_eq!(Array::read(&folder.path(&format!("{name}.npy"))).data, bytes(&frames), "{name}");
    }
}

#[test]
fn files_of_a_series_have_source_numbers() {
    let folder = Folder::new();
    let frames = folder.pngs("rec", DType::U8, 10, SHAPE);
    std::fs::create_dir(folder.path("out")).expect("folder");
    folder.expect(0, "export rec --every 3 --frames 2: -o out/f%04d.tif");
    assert_eq!(folder.names("out"), ["f0002.tif", "f0005.tif", "f0008.tif"]);
    folder.expect(0, "export out -o out.npy");
    let picked = [2, 5, 8].map(|f: usize| frames[f].clone());
    assert_eq!(Array::read(&folder.path("out.npy")).data, bytes(&picked));
    // A folder of one's own numbers is not overwritten by accident.
    folder.refused("export rec --frames 4:6 -o out/f%04d.tif", &["f0005.tif", "--force"]);
    assert_eq!(folder.names("out").len(), 3);
}

#[test]
fn failed_frames_need_a_decision() {
    let folder = Folder::new();
    let frames = folder.pngs("rec", DType::U8, 6, SHAPE);
    folder.cut("rec/002.png");
    folder.refused("export rec -o a.npy", &["frame 2", "002.png", "--fill", "--skip-failed", "--dtype f32"]);
    assert!(!folder.path("a.npy").exists());

    let run = folder.expect(1, "export rec -o fill.npy --fill 9");
    assert!(run.stderr.contains("written as 9"), "{}", run.stderr);
    let mut filled = frames.clone();
    filled[2] = Samples::U8(vec![9; SHAPE.samples()]);
    assert_eq!(Array::read(&folder.path("fill.npy")).data, bytes(&filled));

    let run = folder.expect(1, "export rec -o skip.npy --skip-failed --json");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["frames_used"], 5);
    assert_eq!(report["failed"][0]["frame"], 2);
    assert!(report["description"].as_str().expect("text").contains("left out"));
    assert_eq!(Array::read(&folder.path("skip.npy")).shape, [5, 6, 9]);

    folder.expect(1, "export rec -o nan.npy --dtype f32");
    let expected: Vec<f64> = frames
        .iter()
        .enumerate()
        .flat_map(|(i, f)| {
            f.as_ref().to_f64_vec().into_iter().map(move |v| if i == 2 { f64::NAN } else { v })
        })
        .collect();
    assert_same(&Array::read(&folder.path("nan.npy")).values(), &expected);
}

#[test]
fn a_series_with_frames_left_out_keeps_its_numbers() {
    let folder = Folder::new();
    let frames = folder.pngs("rec", DType::U8, 7, SHAPE);
    folder.cut("rec/000.png");
    folder.cut("rec/003.png");
    std::fs::create_dir(folder.path("out")).expect("folder");
    folder.expect(1, "export rec -o out/%02d.png --skip-failed");
    assert_eq!(folder.names("out"), ["01.png", "02.png", "04.png", "05.png", "06.png"]);
    folder.expect(0, "export out -o out.npy");
    let kept = [1, 2, 4, 5, 6].map(|f: usize| frames[f].clone());
    assert_eq!(Array::read(&folder.path("out.npy")).data, bytes(&kept));
}

#[test]
fn geometry_and_types() {
    let folder = Folder::new();
    let frames = folder.npy("a.npy", DType::I16, 2, SHAPE);
    folder.expect(0, "export a.npy -o t.npy --transpose --dtype f64");
    let array = Array::read(&folder.path("t.npy"));
    assert_eq!((array.descr.as_str(), &array.shape[..]), ("<f8", &[2, 9, 6][..]));
    let (found, source) = (array.values(), frames[1].as_ref().to_f64_vec());
    for (x, y) in [(0, 0), (8, 5), (3, 4)] {
        assert_eq!(found[54 + x * 6 + y], source[y * 9 + x]);
    }
    folder.npy("i.npy", DType::I32, 2, SHAPE);
    folder.refused("export i.npy -o x.npy --dtype f32", &["f32", "i32", "--dtype f64"]);
    folder.refused("export a.npy -o x.npy --fill 40000", &["40000", "i16"]);
    folder.refused("export a.npy -o x.npy --fill 1 --skip-failed", &["--skip-failed"]);
    folder.refused("export a.npy -o x.png", &["x.png"]);
    folder.refused("export a.npy --raw -o x.mkv", &["x.mkv", ".npy", ".tif"]);
}

#[test]
fn missing_values_that_become_zero_are_counted() {
    let folder = Folder::new();
    let mut frames = folder.npy("a.npy", DType::F32, 1, SHAPE);
    let Samples::F32(values) = &mut frames[0] else { panic!("f32 was asked for") };
    values[3] = f32::NAN;
    folder.write("b.npy", &frames, SHAPE);
    let run = folder.expect(0, "reduce max b.npy -o out.npy --8bit");
    assert!(run.stderr.contains("1 missing value (NaN) became 0"), "{}", run.stderr);
    let run = folder.expect(0, "export b.npy -o copy.npy --8bit");
    assert!(run.stderr.contains("1 missing value (NaN) became 0"), "{}", run.stderr);
}
