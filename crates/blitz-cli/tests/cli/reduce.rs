//! `blitz reduce` from start to end.
use blitz_core::{DType, FrameShape, Samples};
use blitz_testkit::oracle::{max, mean, min, percentile, reduce, std, sum, within_ulps};

use crate::fixture::{Array, Folder, assert_same, with_holes};

const SHAPE: FrameShape = FrameShape::new(7, 11, 1);

type Oracle = Box<dyn Fn(&[f64]) -> f64>;

/// Every method against its definition over `frames`.
fn check(folder: &Folder, source: &str, frames: &[Samples], flags: &str) {
    let single = frames[0].dtype().result() == DType::F32;
    folder.expect(0, &format!("reduce mean,std,max,min,sum,median,p90 {source} -o out.npy --force {flags}"));
    let ddof = u32::from(flags.contains("--ddof 1"));
    let oracles: [(&str, Oracle); 7] = [
        ("mean", Box::new(mean)),
        ("std", Box::new(move |v| std(v, ddof))),
        ("max", Box::new(max)),
        ("min", Box::new(min)),
        ("sum", Box::new(sum)),
        ("median", Box::new(|v| percentile(v, 50.0))),
        ("p90", Box::new(|v| percentile(v, 90.0))),
    ];
    for (name, oracle) in oracles {
        let found = Array::read(&folder.path(&format!("out.{name}.npy")));
        let expected = reduce(frames, None, 1, oracle);
        assert_eq!(found.shape, [SHAPE.height, SHAPE.width], "{name}");
        for (i, (&a, b)) in found.values().iter().zip(expected).enumerate() {
            let rounded = if single && name != "sum" { f64::from(b as f32) } else { b };
            assert!(within_ulps(a, rounded, 1, single && name != "sum"), "{name} at {i}: {a}, expected {b}");
        }
    }
}

#[test]
fn every_method_agrees_with_its_definition() {
    let folder = Folder::new();
    let frames = folder.npy("a.npy", DType::U16, 9, SHAPE);
    check(&folder, "a.npy", &frames, "");
    check(&folder, "a.npy", &frames, "--ddof 1");
    check(&folder, "a.npy", &frames[2..7], "--range 2:7");
    let frames = folder.pngs("rec", DType::U8, 10, SHAPE);
    check(&folder, "rec", &frames, "--threads 1");
    let holes = with_holes(8, SHAPE);
    folder.write("holes.npy", &holes, SHAPE);
    check(&folder, "holes.npy", &holes, "");
}

#[test]
fn types_follow_the_source_and_sums_are_exact() {
    let folder = Folder::new();
    for (dtype, sum_type, range_type, mean_type) in [
        (DType::U8, "<u8", "|u1", "<f4"),
        (DType::I16, "<i8", "<i2", "<f4"),
        (DType::U32, "<u8", "<u4", "<f8"),
        (DType::F64, "<f8", "<f8", "<f8"),
    ] {
        let name = format!("{dtype}.npy");
        let frames = folder.npy(&name, dtype, 5, SHAPE);
        folder.expect(0, &format!("reduce sum,max,mean {name} -o {dtype}-out.npy"));
        let read = |what: &str| Array::read(&folder.path(&format!("{dtype}-out.{what}.npy")));
        assert_eq!((read("sum").descr.as_str(), read("max").descr.as_str()), (sum_type, range_type));
        assert_eq!(read("mean").descr, mean_type);
        if dtype != DType::F64 {
            assert_same(&read("sum").values(), &reduce(&frames, None, 1, sum));
        }
    }
}

#[test]
fn thinning_counts_in_source_frames() {
    let folder = Folder::new();
    let frames = folder.pngs("rec", DType::U16, 12, SHAPE);
    let run = folder.expect(0, "reduce max rec -o a.npy --every 3 --frames 1:");
    assert!(run.stderr.contains("frames 1–10 (4 frames, every 3rd)"), "{}", run.stderr);
    let picked = [1, 4, 7, 10].map(|f: usize| frames[f].clone());
    assert_same(&Array::read(&folder.path("a.npy")).values(), &reduce(&picked, None, 1, max));
    // The range names source frames, also where most of them are left out.
    folder.expect(0, "reduce max rec -o b.npy --every 3 --frames 1: --range 4:9");
    assert_same(&Array::read(&folder.path("b.npy")).values(), &reduce(&picked[1..3], None, 1, max));
    folder.refused("reduce max rec -o c.npy --range 40:50", &["rec", "--range", "40:50", "0–11"]);
}

#[test]
fn tiffs_and_pictures_are_written_beside_arrays() {
    let folder = Folder::new();
    let frames = folder.npy("a.npy", DType::U8, 4, SHAPE);
    folder.expect(0, "reduce mean,max a.npy -o out.tif --picture out.png --rotate cw");
    assert_eq!(folder.names("."), ["a.npy", "out.max.png", "out.max.tif", "out.mean.png", "out.mean.tif"]);
    folder.expect(0, "export out.max.tif -o back.npy");
    let back = Array::read(&folder.path("back.npy"));
    assert_eq!((back.descr.as_str(), &back.shape[..]), ("|u1", &[11, 7][..]), "turned clockwise");
    let upright = reduce(&frames, None, 1, max);
    assert_eq!(back.values()[0], upright[6 * 11], "the lower left corner came to the upper left");
    folder.refused("reduce mean a.npy -o out.jpg", &["out.jpg", ".npy", ".tif"]);
    folder.refused("reduce mean,mean a.npy -o x.npy", &["mean", "twice"]);
    folder.refused("reduce mode a.npy -o x.npy", &["mode", "median", "p95"]);
    folder.refused("reduce mean a.npy", &["--output"]);
}

#[test]
fn failed_frames_are_left_out_named_and_counted() {
    let folder = Folder::new();
    let frames = folder.pngs("rec", DType::U8, 6, SHAPE);
    folder.cut("rec/002.png");
    let run = folder.expect(1, "reduce mean,median rec -o out.npy --quiet");
    assert!(run.stderr.contains("frame 2") && run.stderr.contains("002.png"), "{}", run.stderr);
    let left: Vec<Samples> = [0, 1, 3, 4, 5].map(|f: usize| frames[f].clone()).to_vec();
    let expected: Vec<f64> = reduce(&left, None, 1, mean).iter().map(|&v| f64::from(v as f32)).collect();
    assert_same(&Array::read(&folder.path("out.mean.npy")).values(), &expected);
    // A range without readable frames is not done.
    folder.refused("reduce mean rec -o none.npy --range 2:3", &["rec", "none of the 1 frames", "002.png"]);
}

#[test]
fn colour_stays_colour_unless_grey_is_asked_for() {
    let folder = Folder::new();
    let shape = FrameShape::new(5, 6, 3);
    folder.pngs("rgb", DType::U8, 3, shape);
    folder.expect(0, "reduce max rgb -o c.npy");
    assert_eq!(Array::read(&folder.path("c.npy")).shape, [5, 6, 3]);
    folder.expect(0, "reduce max rgb -o g.npy --grey");
    assert_eq!(Array::read(&folder.path("g.npy")).shape, [5, 6]);
}
