//! Files of bare samples, which only a person can tell.

use std::fs;

use crate::fixture::{Array, Folder};

/// Values x + 10y + 100t of 12 frames of 40 × 30 pixels, behind a head.
fn recording(folder: &Folder, name: &str) {
    let mut bytes = vec![0xff; 64];
    for t in 0..12_u16 {
        for y in 0..30_u16 {
            bytes.extend((0..40_u16).flat_map(|x| (x + 10 * y + 100 * t).to_le_bytes()));
        }
    }
    fs::write(folder.path(name), &bytes).expect("written");
}

#[test]
fn a_layout_opens_what_nothing_tells() {
    let folder = Folder::new();
    recording(&folder, "cam.bin");
    let text = |name: &str| fs::read_to_string(folder.path(name)).expect("written");
    folder.refused("info cam.bin", &["cam.bin", "--raw"]);
    folder.refused("info cam.bin --raw", &["--raw 640x480:u16le"]);
    folder.refused("info cam.bin --raw 40x30:u12", &["40x30:u12", "u16le"]);
    let layout = "--raw 40x30:u16le:offset=64";
    let info = folder.expect(0, &format!("info {layout} cam.bin")).stdout;
    assert!(info.contains("raw binary") && info.contains("12 frames"), "{info}");
    folder.expect(0, &format!("curve cam.bin {layout} --rect A=2,1,1,1 -o a.csv --save-recipe r.toml"));
    let table = text("a.csv");
    let last = table.lines().last().expect("a line").to_owned();
    assert!(last.contains("1112"), "2 + 10 + 1100: {last}");
    assert!(text("r.toml").contains("raw = \"40x30:u16le:offset=64\""), "{}", text("r.toml"));
    folder.expect(0, "curve cam.bin --recipe r.toml --rect A=2,1,1,1 -o b.csv");
    assert_eq!(text("b.csv"), table);
}

#[test]
fn references_are_raw_too_or_what_they_are() {
    let folder = Folder::new();
    recording(&folder, "cam.bin");
    recording(&folder, "dark.bin");
    let layout = "--raw 40x30:u16le:offset=64:frames=3";
    folder.expect(0, &format!("export cam.bin {layout} -o dark.npy"));
    folder.expect(0, &format!("export {layout} cam.bin --subtract file:dark.npy -o a.npy"));
    folder.expect(0, &format!("export {layout} cam.bin --subtract file:dark.bin -o b.npy"));
    // The means of 3 and of 12 frames: 100 and 550.
    let mean = |name: &str| {
        let array = Array::read(&folder.path(name));
        let values =
            array.data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        values.sum::<f64>() / 3600.0
    };
    assert_eq!((mean("a.npy"), mean("b.npy")), (0.0, -450.0));
}

#[test]
fn raw_alone_is_lossless_video() {
    let folder = Folder::new();
    recording(&folder, "cam.bin");
    let layout = "--raw 40x30:u16le:offset=64";
    folder.expect(0, &format!("export cam.bin {layout} -o a.npy"));
    folder.expect(0, "export --raw a.npy -o a.mkv");
    folder.expect(0, &format!("export cam.bin {layout} --lossless -o b.mkv"));
    for name in ["a", "b"] {
        folder.expect(0, &format!("export {name}.mkv -o {name}.back.npy"));
        let bytes = |name: &str| fs::read(folder.path(name)).expect("written");
        assert_eq!(bytes(&format!("{name}.back.npy")), bytes("a.npy"));
    }
}
