//! Partial results: shards that are written, read and merged give the bits of the whole; what is wrong is refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{DType, FrameShape, Samples, Stack, TimeAxis, Zone, ZoneShape};
use blitz_kernels::Method;
use blitz_model::evaluate::{
    EvalContext, FrameSet, Gathered, Picture, Reduce, ReduceShard, ZoneCurves, ZonePercentiles, evaluate,
};
use blitz_model::output::Overwrite;
use blitz_model::partial::Partial;
use blitz_model::recipe::{Recipe, Reduction};
use blitz_model::table::{CsvStyle, CurveColumn, CurveTable};
use blitz_testkit::{Noise, VecStack, stack_of, strategy};

const METHODS: [Method; 6] =
    [Method::Mean, Method::Std, Method::Sum, Method::Min, Method::Max, Method::Percentile(30.0)];

fn stack(dtype: DType, frames: usize) -> Stack {
    let shape = FrameShape::new(3, 4, 2);
    let mut noise = Noise::new(4);
    let frames: Vec<Samples> =
        (0..frames).map(|_| strategy::samples(dtype, shape.samples(), noise.bits(), true)).collect();
    stack_of(Arc::new(VecStack::new(frames, shape)), "noise")
}

fn recipe() -> Recipe {
    let reduction = Reduction { methods: METHODS.to_vec(), range: None, ddof: 1 };
    Recipe { reduction: Some(reduction), ..Recipe::default() }
}

fn question() -> Reduce {
    Reduce { methods: METHODS.to_vec(), range: None, ddof: 1 }
}

/// The bytes of the shards.
fn shards(stack: &Stack, count: usize) -> Vec<Vec<u8>> {
    let (recipe, cx) = (recipe(), EvalContext::default());
    (1..=count)
        .map(|index| {
            let shard = format!("{index}/{count}").parse().expect("a shard");
            let gathered =
                evaluate(stack, &recipe, &ReduceShard { reduce: question(), shard, histogram: false }, &cx);
            let gathered = gathered.expect("frames can be read");
            Partial::new(stack, &recipe, "all frames", gathered).expect("no file is needed").to_bytes()
        })
        .collect()
}

/// Every column that there is, percentiles too, of two zones.
fn with_table<T>(
    stack: &Stack,
    recipe: &Recipe,
    frames: &FrameSet,
    time: &TimeAxis,
    take: impl FnOnce(&CurveTable<'_>) -> T,
) -> T {
    use CurveColumn::{Max, Mean, Median, Min, Std, Sum};
    let (zones, cx) = (&recipe.zones, EvalContext::default());
    let (of, frames) = (|| zones.clone().into(), || frames.clone());
    let curves = ZoneCurves { zones: of(), frames: frames(), median: true };
    let percentiles = ZonePercentiles { zones: of(), frames: frames(), percentiles: vec![5.0, 99.5] };
    let curves = evaluate(stack, recipe, &curves, &cx).expect("frames can be read");
    let percentiles = evaluate(stack, recipe, &percentiles, &cx).expect("frames can be read");
    take(&CurveTable {
        curves: &curves,
        percentiles: Some(&percentiles),
        zones,
        stack,
        time,
        stats: &[Std, Mean, Sum, Min, Max, Median],
        auxiliary: &[],
    })
}

fn curve_recipe() -> Recipe {
    let zone = |name: &str, shape| Zone { name: name.to_owned(), color: [1, 2, 3], shape };
    let all = ZoneShape::Rect { x: 0.0, y: 0.0, width: 4.0, height: 3.0, angle: 0.0 };
    let zones = vec![zone("all, \"of\" it", all), zone("outside", ZoneShape::Pixel { x: 99, y: 0 })];
    Recipe { zones, ..Recipe::default() }
}

/// The bytes of the shards of curves.
fn curve_shards(stack: &Stack, recipe: &Recipe, time: &TimeAxis, count: usize) -> Vec<Vec<u8>> {
    let reduce = || Reduce { methods: Vec::new(), range: None, ddof: 0 };
    let part = |index: usize| {
        let question = ReduceShard {
            reduce: reduce(),
            shard: format!("{index}/{count}").parse().expect("a shard"),
            histogram: false,
        };
        let share: Gathered =
            evaluate(stack, recipe, &question, &EvalContext::default()).expect("there are frames");
        let frames: Vec<usize> = recipe.select(stack, None);
        let frames: Vec<usize> = frames.into_iter().filter(|frame| share.covered.contains(frame)).collect();
        with_table(stack, recipe, &FrameSet::List(frames.into()), time, |table| {
            Partial::of_curves(stack, recipe, "all frames", share, table)
                .expect("no file is needed")
                .to_bytes()
        })
    };
    (1..=count).map(part).collect()
}

/// Merges in groups of random size and order, through bytes each time, until one is left.
fn joined(shards: &[Vec<u8>], noise: &mut Noise) -> Partial {
    let mut parts = shards.to_vec();
    while parts.len() > 1 {
        let group = 2 + noise.below(parts.len() - 1);
        let taken: Vec<_> = (0..group)
            .map(|_| parts.swap_remove(noise.below(parts.len())))
            .map(|b| read("part", &b))
            .collect();
        parts.push(Partial::merge(taken).expect("parts of one whole").to_bytes());
    }
    read("part", &parts[0]).1
}

fn read(name: &str, bytes: &[u8]) -> (String, Partial) {
    (name.to_owned(), Partial::from_bytes(name, bytes).expect("reads back"))
}

fn bits(pictures: &[Picture]) -> Vec<(Vec<u8>, String)> {
    let rest = |p: &Picture| format!("{:?} {:?} {:?}", p.counts, p.exact_sums, p.coverage);
    pictures.iter().map(|p| (p.samples.bytes().to_vec(), rest(p))).collect()
}

#[test]
fn shards_in_any_order_give_the_bits_of_the_whole() {
    for dtype in DType::ALL {
        for frames in [1, 256, 900] {
            let stack = stack(dtype, frames);
            let whole = evaluate(&stack, &recipe(), &question(), &EvalContext::default()).expect("frames");
            for count in [1, 3, 6] {
                let mut parts: Vec<_> = shards(&stack, count).iter().map(|b| read("part", b)).collect();
                parts.rotate_left(count / 2);
                let merged = Partial::merge(parts).and_then(|all| all.finish()).expect("all is there");
                assert!(bits(&merged) == bits(&whole), "{dtype}, {frames} frames in {count} shards");
            }
        }
    }
}

#[test]
fn any_grouping_gives_the_bits_of_the_whole() {
    let mut noise = Noise::new(31);
    for dtype in [DType::U16, DType::F32] {
        let stack = stack(dtype, 2200);
        let whole = evaluate(&stack, &recipe(), &question(), &EvalContext::default()).expect("frames");
        for count in 1..=8 {
            let merged = joined(&shards(&stack, count), &mut noise).finish().expect("all is there");
            assert!(bits(&merged) == bits(&whole), "{dtype} in {count} shards");
        }
    }
}

#[test]
fn curves_in_any_grouping_have_the_bytes_of_the_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut noise = Noise::new(32);
    for (dtype, time) in [
        (DType::U8, TimeAxis::NotSet),
        (DType::U32, TimeAxis::from_fps("30000/1001", 3).expect("a rate")),
        // Shorter than the recording.
        (DType::F32, TimeAxis::Explicit((0..2000).map(|i| f64::from(i).sqrt()).collect())),
        (DType::F64, TimeAxis::NotSet),
    ] {
        let stack = stack(dtype, 2200);
        let recipe = Recipe { frames: Some("100:2200:3".parse().expect("a range")), ..curve_recipe() };
        let (whole, merged) = (folder.path().join("whole"), folder.path().join("merged"));
        with_table(&stack, &recipe, &FrameSet::All, &time, |table| {
            for suffix in ["csv", "npy"] {
                table
                    .write(&whole.with_extension(suffix), Overwrite::Replace, CsvStyle::default())
                    .expect("written");
            }
        });
        for count in 1..=8 {
            let shards = curve_shards(&stack, &recipe, &time, count);
            let curves = joined(&shards, &mut noise).finish_curves().expect("all is there");
            for suffix in ["csv", "npy"] {
                let merged = merged.with_extension(suffix);
                curves.write(&merged, Overwrite::Replace, CsvStyle::default()).expect("written");
                let whole = fs::read(whole.with_extension(suffix)).expect("written");
                assert!(whole == fs::read(merged).expect("written"), "{dtype} in {count} shards, {suffix}");
            }
        }
    }
}

#[test]
fn curves_and_reductions_are_told_apart() {
    let stack = stack(DType::U8, 600);
    let reduction = read("reduction", &shards(&stack, 2)[0]);
    let curves = read("curves", &curve_shards(&stack, &curve_recipe(), &TimeAxis::NotSet, 2)[1]);
    let error = reduction.1.finish_curves().expect_err("no curves");
    assert!(error.reason.contains("a reduction found, curves expected"), "{error}");
    let error = curves.1.finish().expect_err("no reduction");
    assert!(error.reason.contains("curves found, a reduction expected"), "{error}");
    let error = curves.1.finish_curves().expect_err("half is missing");
    assert!(error.reason.contains("frames 0–255 (of 600) are missing"), "{error}");
    let error = Partial::merge(vec![reduction, curves]).expect_err("of two kinds");
    assert!(error.reason.contains("a part of curves found, a part of a reduction expected"), "{error}");
}

#[test]
fn gaps_are_named_and_can_be_filled_later() {
    let stack = stack(DType::F32, 900);
    let shards = shards(&stack, 4);
    let part = |i: usize| read(&format!("part{i}"), &shards[i]);
    let ends = Partial::merge(vec![part(3), part(0)]).expect("apart from each other");
    let reason = ends.finish().expect_err("two are missing").reason;
    assert!(reason.contains("frames 256–767"), "{reason}");
    let middle = Partial::merge(vec![part(2), part(1)]).expect("neighbours");
    let (ends, middle) = (read("ends", &ends.to_bytes()), read("middle", &middle.to_bytes()));
    let whole = evaluate(&stack, &recipe(), &question(), &EvalContext::default()).expect("frames");
    let merged = Partial::merge(vec![middle, ends]).and_then(|all| all.finish()).expect("all is there");
    assert!(bits(&merged) == bits(&whole));
}

/// Files that another program, a bad disk or a person with an editor could have made, each with words of the reason for
/// which it is refused. `bad_states/make.py` makes them.
const BAD: [(&str, &str); 48] = [
    ("empty", "not a partial result"),
    ("text", "not a partial result"),
    ("transferred_as_text", "not a partial result"),
    ("only_a_start", "within its first bytes"),
    ("older", "version 1 of partial results found, 2 expected"),
    ("newer", "version 3 of partial results found, 2 expected"),
    ("wrong_checksum", "cut or changed"),
    ("head_beyond_the_end", "it is cut"),
    ("no_body", "it is cut"),
    ("bytes_too_many", "4 bytes too many"),
    ("huge_shape", "larger than any memory"),
    ("huge_samples", "samples: 1152921504606846976 found"),
    ("type_unknown", "element type 'c64'"),
    ("selected_beyond_the_end", "frames up to 768 selected, up to 512 expected"),
    ("runs_overlap", "frames 256 to 768 do not follow"),
    ("runs_between_blocks", "frames 0 to 300 are no blocks"),
    ("more_used_than_covered", "257 frames used of 256 covered"),
    ("no_method", "twist"),
    ("another_method", "moments are not those of its methods"),
    ("sums_of_no_frame", "sums of sample 0 that 0 values cannot have"),
    ("blocks_of_another_length", "in blocks of 255 found"),
    ("moments_missing", "moments of 0 frames found, of 9 expected"),
    ("moments_of_a_median", "moments are not those of its methods"),
    ("moments_of_fewer_frames", "moments of 9 frames found, of 10 expected"),
    ("moments_of_more_frames", "moments of 9 frames found, of 8 expected"),
    ("moments_of_another_size", "5 samples per frame found, 4 expected"),
    ("moments_of_another_type", "values of u8 found, u16 expected"),
    ("histories_missing", "medians and percentiles: none found, those of 2 frames expected"),
    ("histories_of_a_mean", "medians and percentiles: those of 9 frames found, none expected"),
    (
        "histories_of_fewer_frames",
        "medians and percentiles: those of 2 frames found, those of 3 frames expected",
    ),
    (
        "histories_of_more_frames",
        "medians and percentiles: those of 2 frames found, those of 1 frames expected",
    ),
    ("histories_of_another_size", "5 samples per frame found, 4 expected"),
    ("histories_of_another_type", "values of u8 found, f32 expected"),
    ("histories_of_curves", "medians and percentiles: those of 3 frames found, none expected"),
    ("moments_of_curves", "96 bytes of rows found, a multiple of 40 expected"),
    ("columns_of_no_curve", "columns a,b,c,d,e found, frame,time_s first expected"),
    ("columns_too_few", "columns frame found, frame,time_s first expected"),
    ("rows_missing", "0 rows found, 3 expected"),
    ("rows_of_fewer_frames", "3 rows found, 4 expected"),
    ("rows_of_more_frames", "3 rows found, 2 expected"),
    ("rows_of_more_than_the_run", "257 rows found, 256 at most expected"),
    ("rows_out_of_order", "a row of frame 1 found, of 3 to 599 expected"),
    ("rows_of_one_frame", "a row of frame 1 found, of 2 to 599 expected"),
    ("rows_between_frames", "a row of frame 0.5 found, of 1 to 599 expected"),
    ("rows_beyond_the_end", "a row of frame 600 found, of 2 to 599 expected"),
    ("rows_of_no_frame", "a row of frame NaN found, of 1 to 599 expected"),
    ("contents_missing", "contents of [] found, of [\"dark.npy\"] expected"),
    ("contents_of_another_file", "contents of [\"bright.npy\"] found, of [\"dark.npy\"] expected"),
];

#[test]
fn bad_files_are_refused_with_their_reason() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad_states"));
    let read = |name: &str| {
        let bytes = fs::read(folder.join(format!("{name}.state"))).expect("a file");
        Partial::from_bytes("a.state", &bytes)
    };
    let wrong = |&(name, words): &(&str, &str)| match read(name) {
        Ok(_) => Some(format!("{name} was accepted")),
        Err(error) if error.name == "a.state" && error.reason.contains(words) => None,
        Err(error) => Some(format!("{name}: {error}; expected '{words}'")),
    };
    let wrong: Vec<String> = BAD.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let names = fs::read_dir(folder).expect("the folder is checked in");
    let names = names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let (mut good, mut bad) = (0, 0);
    for name in names.filter_map(|name| Some(name.strip_suffix(".state")?.to_owned())) {
        if name.starts_with("good") {
            read(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            good += 1;
        } else {
            assert!(BAD.iter().any(|(listed, _)| *listed == name), "{name} has no reason in the list");
            bad += 1;
        }
    }
    assert_eq!((good, bad), (5, BAD.len()));
}

/// As a fuzzer does: what passes the checksum and is wrong all the same is refused or harmless.
#[test]
fn mutated_contents_do_no_harm() {
    let mut noise = Noise::new(9);
    let mut read = [0; 2];
    for dtype in DType::ALL {
        let stack = stack(dtype, 520);
        let mut shards = shards(&stack, 2);
        shards.extend(curve_shards(&stack, &curve_recipe(), &TimeAxis::NotSet, 2));
        for round in 0..600 {
            let mut content = shards[round % 4].clone();
            content.truncate(content.len() - 16);
            for _ in 0..=noise.below(3) {
                let reach = if noise.below(2) == 0 { content.len() } else { 1200.min(content.len()) };
                let at = noise.below(reach);
                content[at] = match noise.below(3) {
                    0 => content[at] ^ (1 << noise.below(8)),
                    1 => 0xff,
                    _ => noise.below(256) as u8,
                };
            }
            if noise.below(8) == 0 {
                content.truncate(noise.below(content.len()));
            }
            if let Ok(partial) = Partial::from_content("mutated", &content) {
                let twice = vec![("a".to_owned(), partial.clone()), ("b".to_owned(), partial.clone())];
                assert!(Partial::merge(twice).is_err() || partial.covered().is_empty());
                let _ = (partial.finish(), partial.finish_curves());
                read[round % 4 / 2] += 1;
            }
        }
    }
    assert!(read.iter().all(|&read| read > 50), "some mutations change values only: {read:?}");
}
