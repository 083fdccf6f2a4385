//! Choices that a recording leaves open: axes, channels, the scale of 8 bits, how tables and pictures are written.

use std::fs;

use blitz_core::{DType, FrameShape, Samples};

use crate::fixture::{Array, Folder};

const SHAPE: FrameShape = FrameShape::new(6, 8, 1);

/// Writes an array of u8 that counts from 0.
fn counting(folder: &Folder, name: &str, shape: &[usize]) {
    let lengths: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}), }}", lengths.join(", "));
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend(118_u16.to_le_bytes());
    bytes.extend(format!("{text:<117}\n").into_bytes());
    bytes.extend((0..shape.iter().product::<usize>()).map(|i| (i % 251) as u8));
    fs::write(folder.path(name), bytes).expect("written");
}

#[test]
fn channels_and_slices_go_with_the_recipe() {
    let folder = Folder::new();
    counting(&folder, "a.npy", &[3, 5, 6, 20]);
    folder.expect(0, "export a.npy --slice 2 -o slice.npy --save-recipe r.toml");
    folder.expect(0, "export a.npy --recipe r.toml -o again.npy");
    let slice = Array::read(&folder.path("slice.npy"));
    assert_eq!((slice.shape.as_slice(), slice.data[0]), (&[3, 6, 20][..], 240));
    assert_eq!(slice, Array::read(&folder.path("again.npy")));
    folder.refused("info a.npy --slice 5", &["--slice 5: 0 to 4"]);
    counting(&folder, "rgb.npy", &[2, 3, 10, 12]);
    let run = folder.expect(0, "info rgb.npy --slice 1");
    assert!(run.stdout.contains("--slice 1 is not used: the recording has no slices"), "{}", run.stdout);
    folder.expect(0, "export rgb.npy --channel blue -o blue.npy");
    let blue = Array::read(&folder.path("blue.npy"));
    assert_eq!((blue.shape.as_slice(), blue.data[0]), (&[2, 10, 12][..], 240));
    let info = folder.expect(0, "info rgb.npy --json").stdout;
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!((info["channels"].as_u64(), info["source"]["axes"].as_str()), (Some(3), Some("TCHW")));
    assert_eq!(info["source"]["one_of"][0]["names"][1], "green");
}

#[test]
fn a_scale_of_eight_bits_is_typed_and_stated() {
    let folder = Folder::new();
    let frame = Samples::F32((0..48).map(|i| i as f32 * 10.0 - 20.0).collect());
    folder.write("a.npy", &[frame.clone(), frame], SHAPE);
    let run = folder.expect(0, "export a.npy --8bit -o range.npy");
    assert!(run.stderr.contains("-20 becomes 0 and 450 becomes 255 (the range"), "{}", run.stderr);
    let run = folder.expect(0, "export a.npy --8bit 0:255 -o given.npy");
    assert!(run.stderr.contains("0 becomes 0 and 255 becomes 255 (as given)"), "{}", run.stderr);
    assert!(run.stderr.contains("44 values outside of the scale"), "{}", run.stderr);
    let given = Array::read(&folder.path("given.npy"));
    assert_eq!((given.descr.as_str(), &given.data[..5]), ("|u1", &[0, 0, 0, 10, 20][..]));
    folder.refused("export a.npy --8bit 9:1 -o bad.npy", &["9:1 found", "LO below HI"]);
    let text = folder.expect(0, "recipe --8bit -5:40").stdout;
    assert!(text.contains("eight_bit_range = [-5.0, 40.0]"), "{text}");
}

#[test]
fn tables_and_pictures_are_written_for_other_programs() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 3, SHAPE);
    let plain = folder.expect(0, "curve a.npy --rect A=0,0,3,3 --fps 8").stdout;
    let german = folder.expect(0, "curve a.npy --rect A=0,0,3,3 --fps 8 --csv german").stdout;
    assert_eq!(plain.replace(',', ";").replace('.', ","), german);
    folder.expect(0, "curve a.npy --rect A=0,0,3,3 --fps 8 -o t.tsv");
    assert_eq!(fs::read_to_string(folder.path("t.tsv")).expect("written"), plain.replace(',', "\t"));
    for (name, first) in
        [("p.jpg", &b"\xff\xd8\xff"[..]), ("p.bmp", b"BM"), ("p.tif", b"II\x2a\0"), ("p.png", b"\x89PNG")]
    {
        folder.expect(0, &format!("render a.npy --frame 1 --zoom 4 -o {name}"));
        assert!(fs::read(folder.path(name)).expect("written").starts_with(first), "{name}");
    }
    // What is not near is exact.
    for name in ["p.bmp", "p.tif"] {
        folder.expect(0, &format!("export {name} -o {name}.npy"));
        folder.expect(0, "export p.png -o png.npy --force");
        let read = |name: &str| Array::read(&folder.path(name)).data;
        assert_eq!(read(&format!("{name}.npy")), read("png.npy"), "{name}");
    }
    folder.refused("render a.npy --frame 0 -o p.gif", &[".png or .jpg"]);
    folder.refused("export a.npy -o p.xyz", &[".npy, .tif, .png"]);
}

#[test]
fn zones_mask_arrays_and_files_that_are_read_stay() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::F32, 3, SHAPE);
    folder.npy("dark.npy", DType::F32, 1, SHAPE);
    folder.expect(0, "export a.npy --rect A=1,1,2,2 --keep-zone A -o masked.npy");
    let values = Array::read(&folder.path("masked.npy")).values();
    assert_eq!(values.iter().filter(|v| !v.is_nan()).count(), 3 * 4);
    folder.refused("export a.npy --rect A=1,1,2,2 -o other.npy", &["--rect is for videos"]);
    let before = fs::read(folder.path("dark.npy")).expect("there");
    for line in [
        "export a.npy --subtract file:dark.npy -o dark.npy --force",
        "reduce mean a.npy --subtract file:dark.npy -o dark.npy --force",
        "export a.npy --times dark.npy -o dark.npy --force",
    ] {
        folder.refused(line, &["dark.npy", "which is never done"]);
    }
    assert_eq!(fs::read(folder.path("dark.npy")).expect("there"), before);
    folder.expect(0, "cache list --cache-dir cache");
}
