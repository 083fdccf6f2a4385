//! `blitz curve` from start to end.
use blitz_core::{DType, FrameShape, Placement, Rect, Samples, ZoneShape};
use blitz_testkit::oracle::{area_average, zone_values};
use blitz_testkit::oracle::{mean, percentile, within_ulps};

use crate::fixture::{Array, Folder, Picture, Table, assert_same, with_holes};

const SHAPE: FrameShape = FrameShape::new(20, 30, 1);

fn expected(frames: &[Samples], shape: &ZoneShape, statistic: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mask = shape.rasterize(SHAPE, Placement::whole(SHAPE.width, SHAPE.height));
    frames.iter().map(|f| statistic(&zone_values(f.as_ref(), SHAPE, None, &mask, 0))).collect()
}

#[test]
fn every_kind_of_zone_in_the_order_typed() {
    let folder = Folder::new();
    let frames = folder.npy("a.npy", DType::U16, 6, SHAPE);
    let run = folder.expect(
        0,
        "curve a.npy --pixel p=3,4 --rect 2,3,5,6 --ellipse e=10,4,9,7 --polygon tri=1,1:20,2:8,18 --rect z=0,0,2,2,30 \
         --fps 1000 --t0-frame 2",
    );
    let table = Table::parse(&run.stdout);
    let names: Vec<&str> = table.headers.iter().filter_map(|h| h.strip_suffix("_mean")).collect();
    assert_eq!(names, ["p", "zone1", "e", "tri", "z"]);
    assert_eq!(table.headers[..5], ["frame", "time_s", "p_mean", "p_n", "p_missing"]);
    assert_same(&table.column("frame"), &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_same(&table.column("time_s"), &[-0.002, -0.001, 0.0, 0.001, 0.002, 0.003]);
    let ellipse = ZoneShape::Ellipse { x: 10.0, y: 4.0, width: 9.0, height: 7.0, angle: 0.0 };
    let triangle = ZoneShape::Polygon(vec![(1.0, 1.0), (20.0, 2.0), (8.0, 18.0)]);
    for (name, shape) in [("p", ZoneShape::Pixel { x: 3, y: 4 }), ("e", ellipse), ("tri", triangle)] {
        assert_same(&table.column(&format!("{name}_mean")), &expected(&frames, &shape, mean));
    }
}

#[test]
fn percentiles_of_zones() {
    let folder = Folder::new();
    let frames = with_holes(5, SHAPE);
    folder.write("a.npy", &frames, SHAPE);
    let run = folder.expect(0, "curve a.npy --rect a=0,0,9,9 --stat p5,mean,p99.5,p5");
    let table = Table::parse(&run.stdout);
    assert_eq!(table.headers, ["frame", "time_s", "a_mean", "a_p5", "a_p99.5", "a_n", "a_missing"]);
    let zone = ZoneShape::Rect { x: 0.0, y: 0.0, width: 9.0, height: 9.0, angle: 0.0 };
    for p in [5.0, 99.5] {
        let expected = expected(&frames, &zone, |v| percentile(v, p));
        for (found, expected) in table.column(&format!("a_p{p}")).iter().zip(expected) {
            assert!(within_ulps(*found, expected, 4, false) || found.is_nan() && expected.is_nan());
        }
    }
    folder.refused("curve a.npy --pixel 1,2 --stat p101", &["p101", "percentile"]);
    folder.refused("curve a.npy --pixel 1,2 --stat p50 --plot a.png", &["--plot", "percentiles"]);
}

#[test]
fn statistics_and_missing_values() {
    let folder = Folder::new();
    let frames = with_holes(5, SHAPE);
    folder.write("a.npy", &frames, SHAPE);
    folder.expect(0, "curve a.npy --rect a=0,0,9,9 --pixel off=99,0 --stat mean,median,max -o out.csv");
    let text = std::fs::read_to_string(folder.path("out.csv")).expect("written");
    let table = Table::parse(&text);
    let zone = ZoneShape::Rect { x: 0.0, y: 0.0, width: 9.0, height: 9.0, angle: 0.0 };
    for (found, expected) in table.column("a_mean").iter().zip(expected(&frames, &zone, mean)) {
        assert!(within_ulps(*found, expected, 4, false), "{found}, expected {expected}");
    }
    assert_same(&table.column("a_median"), &expected(&frames, &zone, |v| percentile(v, 50.0)));
    let used = expected(&frames, &zone, |v| v.iter().filter(|v| !v.is_nan()).count() as f64);
    assert_same(&table.column("a_n"), &used);
    assert_same(&table.column("a_missing"), &used.iter().map(|n| 81.0 - n).collect::<Vec<_>>());
    // No rate: no time. A zone outside the image has no values, and the program says so.
    assert!(table.rows.iter().all(|row| row[1].is_empty()));
    assert!(table.rows.iter().all(|row| row.contains(&"nan".to_owned())));
    let run = folder.expect(0, "curve a.npy --pixel off=99,0");
    assert!(run.stderr.contains("'off' covers no pixel centre"), "{}", run.stderr);
}

#[test]
fn zones_are_source_pixels_after_crop_and_shrink() {
    let folder = Folder::new();
    let frames = folder.npy("a.npy", DType::F32, 3, SHAPE);
    let run = folder.expect(0, "curve a.npy --crop 6,4,16,12 --shrink 0.5 --rect a=10,6,4,4 --every 2");
    let table = Table::parse(&run.stdout);
    assert_same(&table.column("frame"), &[0.0, 2.0]);
    assert_same(&table.column("a_n"), &[4.0, 4.0]);
    let placement = Placement { crop: Rect::new(6, 4, 16, 12), scale_x: 2.0, scale_y: 2.0 };
    let small = FrameShape::new(6, 8, 1);
    let mask =
        ZoneShape::Rect { x: 10.0, y: 6.0, width: 4.0, height: 4.0, angle: 0.0 }.rasterize(small, placement);
    for (row, frame) in [0, 2].into_iter().enumerate() {
        let values = frames[frame].as_ref().to_f64_vec();
        let cropped: Vec<f32> =
            (4..16).flat_map(|y| values[y * 30 + 6..y * 30 + 22].iter().map(|&v| v as f32)).collect();
        let cropped = Samples::F32(cropped);
        let shrunk = area_average(cropped.as_ref(), FrameShape::new(12, 16, 1), small);
        let shrunk = Samples::F32(shrunk.into_iter().map(|v| v as f32).collect());
        let expected = mean(&zone_values(shrunk.as_ref(), small, None, &mask, 0));
        let found = table.column("a_mean")[row];
        assert!(within_ulps(found, expected, 4, true), "frame {frame}: {found}, expected {expected}");
    }
}

#[test]
fn arrays_and_plots_hold_the_same_numbers() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, FrameShape::new(8, 9, 3));
    folder.expect(
        0,
        "curve rec --rect a=0,0,3,3 --stat mean,min,max,std,sum -o out.npy --plot out.svg --unit K",
    );
    let csv = Table::parse(
        &folder.expect(0, "curve rec --rect a=0,0,3,3 --stat mean,min,max,std,sum -q -o -").stdout,
    );
    let array = Array::read(&folder.path("out.npy"));
    assert_eq!(array.shape, [4, 2 + 3 * 7], "frame, time, then per channel five statistics, n and missing");
    assert_eq!(csv.headers[2], "a_red_mean");
    let values = array.values();
    for (row, line) in csv.rows.iter().enumerate() {
        for (column, text) in line.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            assert_eq!(values[row * array.shape[1] + column], text.parse::<f64>().expect("a number"));
        }
        assert!(values[row * array.shape[1] + 1].is_nan(), "no rate, no time");
    }
    let svg = std::fs::read_to_string(folder.path("out.svg")).expect("written");
    assert!(svg.contains("<svg") && svg.contains("a red"), "the curves are named");
    folder.expect(0, "curve rec --pixel 1,1 --plot out.png --gray");
    assert!(Picture::read(&folder.path("out.png")).width >= 640);
}

#[test]
fn failed_frames_keep_their_row() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, SHAPE);
    folder.cut("rec/001.png");
    let run = folder.expect(1, "curve rec --rect a=0,0,2,2 -q");
    let table = Table::parse(&run.stdout);
    assert_same(&table.column("a_n"), &[4.0, 0.0, 4.0, 4.0]);
    assert_same(&table.column("a_missing"), &[0.0, 4.0, 0.0, 0.0]);
    assert!(table.column("a_mean")[1].is_nan());
    assert!(run.stderr.contains("001.png"));
}

#[test]
fn zones_that_make_no_sense_are_refused() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 2, SHAPE);
    folder.refused("curve a.npy", &["no zone", "--rect"]);
    folder.refused("curve a.npy --rect a=1,2,3", &["a=1,2,3", "X,Y,WIDTH,HEIGHT"]);
    folder.refused("curve a.npy --pixel a=1,2 --rect a=1,2,3,4", &["'a'", "taken"]);
    folder.refused("curve a.npy --pixel 1,2 --stat mode", &["mode", "median"]);
    folder.refused("curve a.npy --pixel 1,2 -o out.txt", &["out.txt", ".csv"]);
    folder.refused("curve a.npy --pixel 1,2 --json", &["stdout", "--json"]);
}
