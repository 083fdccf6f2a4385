//! Partial results: shards that are written, read and merged give the bits of the whole; what is wrong is refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{DType, FrameShape, Samples, Stack};
use blitz_kernels::Method;
use blitz_model::evaluate::{EvalContext, Picture, Reduce, ReduceShard, evaluate};
use blitz_model::partial::Partial;
use blitz_model::recipe::{Recipe, Reduction};
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
            let gathered = evaluate(stack, &recipe, &ReduceShard { reduce: question(), shard }, &cx);
            let gathered = gathered.expect("frames can be read");
            Partial::new(stack, &recipe, "all frames", gathered).expect("no file is needed").to_bytes()
        })
        .collect()
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
const BAD: [(&str, &str); 35] = [
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
    assert_eq!((good, bad), (4, BAD.len()));
}

/// As a fuzzer does: what passes the checksum and is wrong all the same is refused or harmless.
#[test]
fn mutated_contents_do_no_harm() {
    let mut noise = Noise::new(9);
    let mut read = 0;
    for dtype in DType::ALL {
        let shards = shards(&stack(dtype, 520), 2);
        for round in 0..300 {
            let mut content = shards[round % 2].clone();
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
                let _ = partial.finish();
                read += 1;
            }
        }
    }
    assert!(read > 50, "some mutations change values only: {read}");
}
