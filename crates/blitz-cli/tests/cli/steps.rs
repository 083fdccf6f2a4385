//! Steps from start to end: flags, their order, recipes, exports.

use blitz_core::{DType, FrameShape, Samples};

use crate::fixture::{Array, Folder};

const SHAPE: FrameShape = FrameShape::new(6, 9, 1);

fn floats(array: &Array) -> Vec<f64> {
    array.data.chunks_exact(4).map(|b| f64::from(f32::from_ne_bytes([b[0], b[1], b[2], b[3]]))).collect()
}

fn values(frames: &[Samples]) -> Vec<Vec<f64>> {
    frames.iter().map(|f| f.as_ref().to_f64_vec()).collect()
}

fn mean(frames: &[Vec<f64>]) -> Vec<f64> {
    (0..frames[0].len()).map(|i| frames.iter().map(|f| f[i]).sum::<f64>() / frames.len() as f64).collect()
}

#[track_caller]
fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        let near = (a - b).abs() <= 1e-5 * b.abs().max(100.0);
        assert!(near || (a.is_nan() && b.is_nan()), "sample {i}: {a} found, {b} expected");
    }
}

#[test]
fn exports_and_reductions_carry_the_steps() {
    let folder = Folder::new();
    let all = values(&folder.pngs("rec", DType::U16, 8, SHAPE));
    let reference = mean(&all[..3]);
    folder.expect(0, "export rec --subtract mean:0:3 -o out.npy");
    let expected: Vec<f64> = all.iter().flat_map(|f| f.iter().zip(&reference).map(|(v, r)| v - r)).collect();
    close(&floats(&Array::read(&folder.path("out.npy"))), &expected);
    folder.expect(0, "reduce mean rec --subtract mean:0:3 -o mean.npy");
    let expected: Vec<f64> = mean(&all).iter().zip(&reference).map(|(v, r)| v - r).collect();
    close(&floats(&Array::read(&folder.path("mean.npy"))), &expected);
    // Real-valued results do not fit a PNG of numbers; the message names formats that hold them.
    folder.refused("export rec --subtract mean:0:3 -o out-%03d.png", &["f32", ".npy"]);
}

#[test]
fn the_order_of_flags_is_the_order_of_steps_and_recipes_keep_it() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 6, SHAPE);
    folder.expect(0, "export rec --limits 30000: --smooth box,3 -o a.npy --save-recipe r.toml");
    folder.expect(0, "export rec --smooth box,3 --limits 30000: -o b.npy");
    folder.expect(0, "export rec --recipe r.toml -o c.npy");
    let [a, b, c] = ["a.npy", "b.npy", "c.npy"].map(|name| Array::read(&folder.path(name)).data);
    assert_ne!(a, b, "smoothing before or after masking differs");
    assert_eq!(a, c, "a recipe gives identical bits");
    let text = std::fs::read_to_string(folder.path("r.toml")).expect("saved");
    assert!(text.contains(r#"steps = ["limits 30000:", "smooth box,3"]"#), "{text}");
}

#[test]
fn flats_and_darks_are_one_step() {
    let folder = Folder::new();
    let all = values(&folder.pngs("rec", DType::U16, 3, SHAPE));
    let flat = values(&folder.npy("flat.npy", DType::F32, 1, SHAPE));
    folder.write("dark.npy", &[Samples::from(vec![2.0_f32; 54])], SHAPE);
    folder.expect(0, "export rec --flat flat.npy --dark dark.npy -o out.npy");
    let expected: Vec<f64> =
        all.iter().flat_map(|f| f.iter().zip(&flat[0]).map(|(v, f)| (v - 2.0) / (f - 2.0))).collect();
    close(&floats(&Array::read(&folder.path("out.npy"))), &expected);
    folder.refused("export rec --dark dark.npy -o x.npy", &["--dark", "--flat"]);
}

#[test]
fn values_are_clipped_and_rescaled() {
    let folder = Folder::new();
    let all = values(&folder.pngs("rec", DType::U16, 3, SHAPE));
    folder.expect(0, "export rec --rescale 1000:60000,to=-1:3,clip -o out.npy --save-recipe r.toml");
    let oracle = |v: f64| (-1.0 + (v - 1000.0) * 4.0 / 59_000.0).clamp(-1.0, 3.0);
    let expected: Vec<f64> = all.iter().flatten().map(|&v| oracle(v)).collect();
    close(&floats(&Array::read(&folder.path("out.npy"))), &expected);
    let text = std::fs::read_to_string(folder.path("r.toml")).expect("saved");
    assert!(text.contains(r#"steps = ["rescale 1000:60000,to=-1:3,clip"]"#), "{text}");
    folder.refused("export rec --rescale 5:5 -o x.npy", &["--rescale 5:5", "LO < HI"]);
    folder.refused("export rec --rescale 0:5,to=1:0 -o x.npy", &["--rescale", "A < B"]);
}

#[test]
fn frames_without_a_window_are_named_and_missing() {
    let folder = Folder::new();
    let all = values(&folder.pngs("rec", DType::U8, 6, SHAPE));
    let run = folder.expect(0, "export rec --subtract window:mean,2,lag=1 -o out.npy");
    assert!(run.stderr.contains("3 frames have no whole window, written as NaN"), "{}", run.stderr);
    assert!(!run.stderr.contains("failed"), "{}", run.stderr);
    let run = folder.expect(0, "reduce mean rec --subtract window:mean,2,lag=1 -o m.npy --json");
    assert!(run.stdout.contains("\"no_window\": 3"), "{}", run.stdout);
    let run = folder.expect(0, "curve rec --rect 0,0,2,2 --subtract window:mean,2,lag=1");
    assert!(run.stderr.contains("3 frames have no whole window"), "{}", run.stderr);
    let found = floats(&Array::read(&folder.path("out.npy")));
    assert!(found[..3 * 54].iter().all(|v| v.is_nan()));
    let reference = mean(&all[2..4]);
    let expected: Vec<f64> = all[5].iter().zip(&reference).map(|(v, r)| v - r).collect();
    close(&found[5 * 54..], &expected);
}

#[test]
fn broken_files_are_named_whatever_steps_make_of_them() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 9, SHAPE);
    folder.cut("rec/004.png");
    for step in ["gaussian,1", "box,3", "median,5"] {
        for line in [
            "reduce mean rec -o m.npy --force",
            "reduce median rec -o m.npy --force",
            "curve rec --rect 0,0,2,2 -o c.csv --force",
            "curve rec --rect 0,0,2,2",
            "render rec --frame 3 -o p.png --force",
            "render rec --frame 4 -o p.png --force",
            "export rec -o e.npy --force",
            "info rec --scan",
        ] {
            let run = folder.expect(1, &format!("{line} --smooth-time {step}"));
            assert!(run.stderr.contains("004.png"), "{line} {step}: {}", run.stderr);
        }
    }
    // Smoothing has made a value for it.
    folder.expect(1, "export rec --smooth-time box,3 -o whole.npy");
    assert!(floats(&Array::read(&folder.path("whole.npy"))).iter().all(|v| !v.is_nan()));
}

#[test]
fn results_without_any_value_are_said() {
    let folder = Folder::new();
    folder.npy("a.npy", DType::U8, 5, SHAPE);
    for line in [
        "reduce mean a.npy -o m.npy",
        "render a.npy --frame 2 -o p.png --levels 0,1",
        "curve a.npy --rect 0,0,2,2 -o c.csv",
        "export a.npy -o e.npy",
    ] {
        let run = folder.expect(0, &format!("{line} --limits 300:"));
        assert!(
            run.stderr.contains("has a value") || run.stderr.contains("no value in any"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn steps_that_make_no_sense_are_refused_by_name() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 4, SHAPE);
    folder.npy("small.npy", DType::U8, 1, FrameShape::new(2, 2, 1));
    for (flags, words) in [
        ("--subtract mode:0:2", ["--subtract mode:0:2", "a reference"]),
        ("--smooth box,4", ["--smooth box,4", "odd"]),
        ("--limits 5:1", ["--limits 5:1", "LO < HI"]),
        ("--divide file:nothing.npy", ["step 1", "nothing.npy"]),
        ("--limits 0: --divide file:small.npy", ["step 2", "2 × 2"]),
        ("--keep-zone A", ["step 1", "no zone of that name"]),
        ("--subtract mean:50:60", ["step 1", "selects no frame"]),
        ("--smooth box,3 --subtract window:mean,3,lag=1", ["step 2", "timeline has 4"]),
    ] {
        folder.refused(&format!("export rec {flags} -o out.npy"), &words);
        assert!(!folder.path("out.npy").exists());
    }
}

#[test]
fn a_saved_recipe_gives_the_same_bytes_as_its_flags() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 6, SHAPE);
    let flags = "--crop 1,1,4,5 --subtract median:0:3 --divide window:mean,3,centred --smooth gaussian,0.7";
    folder.expect(0, &format!("export rec {flags} --rotate cw --save-recipe r.toml -o flags.npy"));
    folder.expect(0, "export rec --recipe r.toml -o recipe.npy");
    let read = |name: &str| std::fs::read(folder.path(name)).expect("written");
    assert_eq!(read("flags.npy"), read("recipe.npy"));
    folder.expect(0, "export rec --subtract median:0:3 --divide window:mean,3,centred -o other.npy");
    assert_ne!(read("flags.npy"), read("other.npy"));
}

#[test]
fn pixels_that_a_division_loses_are_counted_and_named() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U16, 4, SHAPE);
    let mut flat = vec![100_u16; SHAPE.samples()];
    flat[2 * 9 + 5] = 0;
    flat[3 * 9 + 1] = 40;
    folder.write("flat.npy", &[Samples::from(flat)], SHAPE);
    folder.write("dark.npy", &[Samples::from(vec![50_u16; SHAPE.samples()])], SHAPE);
    let zero = "1 of 54 pixels have no value: the divisor is 0 there (column, row: 5, 2)";
    for step in ["--divide file:flat.npy", "--relative file:flat.npy"] {
        let run = folder.expect(0, &format!("reduce mean rec {step} -o out.npy --force"));
        assert!(run.stderr.contains(zero) && run.stderr.matches("pixels").count() == 1, "{}", run.stderr);
        let array = Array::read(&folder.path("out.npy"));
        assert_eq!(floats(&array).iter().filter(|v| v.is_nan()).count(), 1, "{step}");
    }
    let run =
        folder.expect(0, "reduce mean rec --divide file:flat.npy,smallest=50 -o out.npy --force --json");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let note = report["notes"][0].as_str().expect("a note").to_owned();
    assert!(note.contains("2 of 54 pixels") && note.contains("nearer to 0 than 50"), "{note}");
    assert!(note.contains("5, 2; 1, 3"), "{note}");
    let run = folder.expect(0, "reduce mean rec --divide file:flat.npy,fill=7 -o out.npy --force");
    assert!(run.stderr.contains("1 of 54 pixels are filled with 7"), "{}", run.stderr);
    let run = folder.expect(0, "export rec --flat flat.npy --dark dark.npy -o out.npy --force");
    assert!(run.stderr.contains("2 of 54 pixels have the wrong sign"), "{}", run.stderr);
    // By a part of it nothing is lost.
    let run = folder.expect(0, "reduce mean rec --divide file:flat.npy,amount=0.5 -o out.npy --force");
    assert!(!run.stderr.contains("pixels"), "{}", run.stderr);
}

#[test]
fn pixels_that_a_windows_division_loses_are_counted_with_their_frames() {
    let folder = Folder::new();
    // Pixel 7 is 0 in frames 1 and 2, pixel 20 in frame 2: backward windows of one frame lose them a frame later.
    let frames: Vec<Samples> = (0..5_u16)
        .map(|frame| {
            let mut frame_of = vec![100 + frame; SHAPE.samples()];
            if frame == 1 || frame == 2 {
                frame_of[7] = 0;
            }
            if frame == 2 {
                frame_of[20] = 0;
            }
            Samples::from(frame_of)
        })
        .collect();
    folder.write("rec.npy", &frames, SHAPE);
    let told = "2 of 54 pixels in 2 frames have no value: the divisor is 0 there (column, row: 7, 0; 2, 2)";
    for step in ["--divide window:mean,1", "--relative window:mean,1"] {
        for command in ["export rec.npy", "reduce mean rec.npy", "reduce max rec.npy"] {
            let run = folder.expect(0, &format!("{command} {step} -o out.npy --force"));
            assert!(run.stderr.contains(told) && run.stderr.matches("pixels").count() == 1, "{}", run.stderr);
        }
    }
    // Also behind other steps, and in parts: rows of the image, the pixels around a zone.
    let run =
        folder.expect(0, "export rec.npy --subtract window:min,1 --divide window:mean,1 -o out.npy --force");
    assert!(run.stderr.contains(" pixels in ") && run.stderr.contains("step 2"), "{}", run.stderr);
    // Several questions about one step are one line.
    let steps = "--subtract window:min,1 --divide window:mean,1";
    let run = folder
        .expect(0, &format!("curve rec.npy {steps} --rect a=0,0,9,6 --stat mean,p95 -o out.csv --force"));
    assert_eq!(run.stderr.matches(" pixels in ").count(), 1, "{}", run.stderr);
    let run = folder.expect(0, "curve rec.npy --divide window:mean,1 --rect a=0,0,9,1 -o out.csv --force");
    assert!(run.stderr.contains("1 of 54 pixels in 2 frames have no value"), "{}", run.stderr);
    let run =
        folder.expect(0, "reduce median rec.npy --divide window:mean,1,smallest=101 -o out.npy --force");
    assert!(run.stderr.contains("54 of 54 pixels in 3 frames have no value"), "{}", run.stderr);
    for step in ["--divide window:mean,1,amount=0.5", "--divide window:mean,2"] {
        let run = folder.expect(0, &format!("reduce mean rec.npy {step} -o out.npy --force"));
        let lost = if step.contains("mean,2") { "1 of 54 pixels in 1 frame have" } else { "" };
        assert_eq!(run.stderr.contains("pixels in"), !lost.is_empty(), "{}", run.stderr);
    }
}
