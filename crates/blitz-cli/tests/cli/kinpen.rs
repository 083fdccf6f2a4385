//! A real recording, where `BLITZ_TEST_DATA` names the folder that holds it, and a synthetic twin that is
//! always there: 180 palette PNGs of 106 × 387 pixels in which the palette is a grey ramp.

use std::path::PathBuf;

use blitz_core::{DType, FrameShape, Samples};
use blitz_testkit::oracle::{mean, reduce};
use blitz_testkit::spot_frames;

use crate::fixture::{Array, Folder, Table, assert_same};

const SHAPE: FrameShape = FrameShape::new(387, 106, 1);

/// Export, then compare reductions and curves with their definitions on what was exported.
fn check(folder: &Folder, recording: &str) {
    let info = folder.expect(0, &format!("info {recording} --scan --json")).stdout;
    let info: serde_json::Value = serde_json::from_str(&info).expect("JSON");
    assert_eq!((&info["frames"], &info["height"], &info["width"]), (&180.into(), &387.into(), &106.into()));
    assert_eq!((&info["channels"], info["dtype"].as_str()), (&1.into(), Some("u8")));

    folder.expect(0, &format!("export {recording} -o raw.npy -q"));
    let raw = Array::read(&folder.path("raw.npy"));
    assert_eq!((raw.descr.as_str(), &raw.shape[..]), ("|u1", &[180, 387, 106][..]));
    let frames: Vec<Samples> =
        raw.data.chunks_exact(SHAPE.samples()).map(|f| Samples::U8(f.to_vec())).collect();

    folder.expect(0, &format!("reduce mean {recording} -o mean.npy -q"));
    let expected: Vec<f64> = reduce(&frames, None, 1, mean).iter().map(|&v| f64::from(v as f32)).collect();
    assert_same(&Array::read(&folder.path("mean.npy")).values(), &expected);

    let run = folder.expect(0, &format!("curve {recording} --rect a=40,100,20,30 -q"));
    let zone = |frame: &Samples| {
        let values = (100..130).flat_map(|y| (40..60).map(move |x| y * 106 + x));
        mean(&values.map(|i| frame.as_ref().get_f64(i)).collect::<Vec<_>>())
    };
    assert_same(&Table::parse(&run.stdout).column("a_mean"), &frames.iter().map(zone).collect::<Vec<_>>());
}

#[test]
fn the_real_recording() {
    let data = std::env::var_os("BLITZ_TEST_DATA").map(|dir| PathBuf::from(dir).join("kinpen"));
    match data.filter(|path| path.is_dir()) {
        Some(path) => check(&Folder::new(), path.to_str().expect("a path of plain letters")),
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        None => eprintln!("skipped: BLITZ_TEST_DATA names no folder that holds kinpen"),
    }
}

#[test]
fn its_synthetic_twin() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("twin")).expect("folder");
    folder.write("twin/image%03d.png", &spot_frames(DType::U8, 180, SHAPE), SHAPE);
    check(&folder, "twin");
}
