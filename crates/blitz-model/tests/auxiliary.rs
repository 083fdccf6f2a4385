//! Curves recorded beside a recording, against a plain f64 version.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use blitz_core::{DType, FrameShape, Stack, TimeAxis};
use blitz_model::evaluate::{
    AuxiliaryAnswer, AuxiliaryCurve, AuxiliaryCurves, EvalContext, EvalError, evaluate,
};
use blitz_model::recipe::{Auxiliary, Recipe};
use blitz_testkit::{VecStack, noise_frames};
use proptest::prelude::*;

fn stack(frames: usize) -> Stack {
    let shape = FrameShape::new(1, 2, 1);
    VecStack::new(noise_frames(1, DType::U8, frames, shape), shape).into_stack("beside")
}

fn asked(entry: Auxiliary, time: &TimeAxis, frames: usize) -> Result<AuxiliaryAnswer, EvalError> {
    let (stack, recipe) = (stack(frames), Recipe { auxiliary: vec![entry], ..Recipe::default() });
    let questions = AuxiliaryCurves::of(&stack, &recipe, time);
    assert_eq!(questions.len(), 1);
    evaluate(&stack, &recipe, &questions[0], &EvalContext::default())
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

/// Values as a recipe says, one by one.
fn plain_shape(values: &[f64], entry: &Auxiliary) -> Vec<f64> {
    let largest = values.iter().copied().filter(|v| v.is_finite()).fold(f64::NEG_INFINITY, f64::max);
    let values: Vec<f64> =
        values.iter().map(|v| entry.scale * if entry.invert { largest - v } else { *v }).collect();
    let half = entry.smooth / 2;
    (0..values.len())
        .map(|i| {
            if i < half || i + half >= values.len() {
                return f64::NAN;
            }
            let there: Vec<f64> =
                values[i - half..=i + half].iter().copied().filter(|v| !v.is_nan()).collect();
            there.iter().sum::<f64>() / there.len() as f64
        })
        .collect()
}

/// The value at a time, looked for from the left.
fn plain_value(times: &[f64], values: &[f64], at: f64) -> f64 {
    for i in 0..times.len() {
        if times[i] == at {
            return values[i];
        }
        if i > 0 && times[i - 1] < at && at < times[i] {
            let share = (at - times[i - 1]) / (times[i] - times[i - 1]);
            return values[i - 1] * (1.0 - share) + values[i] * share;
        }
    }
    f64::NAN
}

fn near(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn axes() -> impl Strategy<Value = TimeAxis> {
    prop_oneof![
        Just(TimeAxis::NotSet),
        (1..400_u32, -9..9_i64)
            .prop_map(|(fps, t0)| TimeAxis::from_fps(&fps.to_string(), t0).expect("valid")),
        prop::collection::vec(prop_oneof![9 => 0.001..0.3_f64, 1 => Just(f64::NAN)], 12).prop_map(|steps| {
            let mut t = -0.5;
            let times = steps.into_iter().map(|step| {
                t += if step.is_nan() { 0.1 } else { step };
                if step.is_nan() { f64::NAN } else { t }
            });
            TimeAxis::Explicit(times.collect())
        }),
    ]
}

proptest! {
    #[test]
    fn curves_lie_at_their_times(
        rows in prop::collection::vec((1..300_u32, prop_oneof![8 => -1e3..1e3_f64, 1 => Just(f64::NAN)]), 3..40),
        first in -3000..500_i32,
        offset in -200..200_i32,
        scale in prop_oneof![Just(1.0), Just(-2.5), 0.001..1e3_f64],
        invert in any::<bool>(),
        smooth in (0..3_usize).prop_map(|n| 2 * n + 1),
        time in axes(),
    ) {
        prop_assume!(rows.iter().any(|(_, v)| !v.is_nan()) && smooth <= rows.len());
        let mut at = first;
        let (mut text, mut milliseconds) = ("time_ms,x\n".to_owned(), Vec::new());
        for (step, value) in &rows {
            at += *step as i32;
            milliseconds.push(f64::from(at));
            let _ = writeln!(text, "{at},{value}");
        }
        let values: Vec<f64> = rows.iter().map(|(_, v)| *v).collect();
        let folder = tempfile::tempdir().expect("folder");
        let path = file(folder.path(), "x.csv", &text);
        let entry = Auxiliary { offset: f64::from(offset), scale, invert, smooth, ..Auxiliary::new(path) };
        let answer = asked(entry.clone(), &time, 12).expect("answered");

        let shaped = plain_shape(&values, &entry);
        let curve = &answer.curves[0];
        prop_assert!(curve.values.iter().zip(&shaped).all(|(a, b)| near(*a, *b)), "{:?} {shaped:?}", curve.values);
        let is_timed = time != TimeAxis::NotSet;
        prop_assert_eq!(answer.has_common_clock, is_timed);
        let places: Vec<f64> = milliseconds
            .iter()
            .map(|t| if is_timed { (t + f64::from(offset)) / 1e3 } else { t + f64::from(offset) })
            .collect();
        prop_assert_eq!(curve.on_frames.len(), 12);
        for (frame, found) in curve.on_frames.iter().enumerate() {
            let at = if is_timed { time.seconds(frame).unwrap_or(f64::NAN) } else { frame as f64 };
            let expected = plain_value(&places, &shaped, at);
            prop_assert!(near(*found, expected), "frame {frame} at {at}: {found}, {expected} expected");
        }
        // Places along the frames lead back to the times.
        for (place, along) in places.iter().zip(answer.at.iter()) {
            let back = match &time {
                TimeAxis::NotSet => *along,
                TimeAxis::Interval { dt, t0_frame, .. } => (along - *t0_frame as f64) * dt.to_f64(),
                TimeAxis::Explicit(_) => continue,
            };
            prop_assert!(near(back, *place), "{along} is {back}, {place} expected");
        }
        prop_assert!(answer.at.windows(2).all(|pair| pair[0] <= pair[1]), "they rise");
    }
}

#[test]
fn samples_at_frames_are_themselves_and_nothing_is_held_beyond_the_ends() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(
        folder.path(),
        "x.json",
        r#"[{"offset":-40,"tof_data":9},{"offset":40,"tof_data":0.1},{"offset":120,"tof_data":0.3}]"#,
    );
    let time = TimeAxis::from_fps("25", 0).expect("valid");
    let answer = asked(Auxiliary::new(&path), &time, 5).expect("answered");
    let found = &answer.curves[0].on_frames;
    assert_eq!((found[0], found[1], found[3]), (4.55, 0.1, 0.3), "times before 0 count, too");
    assert!(found[4].is_nan());
    assert_eq!(*answer.at, [-1.0, 1.0, 3.0]);
    let notes = answer.notes.join(" ");
    assert!(notes.contains("1 of 5 frames lies outside"), "{notes}");
    // As the reference program has it.
    let dropped =
        asked(Auxiliary { drop_negative: true, ..Auxiliary::new(path) }, &time, 5).expect("answered");
    assert!(dropped.curves[0].on_frames[0].is_nan());
}

#[test]
fn times_of_frames_may_be_their_own() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(folder.path(), "x.csv", "t_s,x\n0,0\n10,100\n");
    let time = TimeAxis::Explicit([1.0, f64::NAN, 4.0, 4.5].into());
    let answer = asked(Auxiliary::new(path), &time, 4).expect("answered");
    let found = &answer.curves[0].on_frames;
    assert_eq!((found[0], found[2], found[3]), (10.0, 40.0, 45.0));
    assert!(found[1].is_nan(), "a frame without a time");
    // Beyond the ends as between the last two known frames: 0 s is a part of a frame before frame 0.
    assert_eq!(*answer.at, [-2.0 / 3.0, 14.0]);
}

#[test]
fn frames_are_counted_where_the_file_does() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(folder.path(), "x.csv", "frame,x\n0,1\n2,5\n");
    for time in [TimeAxis::NotSet, TimeAxis::from_fps("25", 3).expect("valid")] {
        let answer = asked(Auxiliary::new(&path), &time, 4).expect("answered");
        assert!(answer.has_common_clock);
        assert_eq!(answer.curves[0].on_frames[..3], [1.0, 3.0, 5.0]);
    }
}

#[test]
fn without_a_common_clock_numbers_are_frames_and_it_is_said() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(folder.path(), "x.csv", "offset,x\n0,1\n2,5\n9,7\n");
    let answer = asked(Auxiliary::new(path), &TimeAxis::NotSet, 4).expect("answered");
    assert!(!answer.has_common_clock && answer.notes[0].contains("No common clock"), "{:?}", answer.notes);
    assert_eq!(*answer.at, [0.0, 2.0, 9.0], "unchanged");
}

#[test]
fn names_and_units_say_what_was_made_of_the_values() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(folder.path(), "x.csv", "t (s);U [V];n\n0;1;2\n1;3;4\n");
    let titles = |text: &str| {
        let entry: Auxiliary = format!("{}{text}", path.display()).parse().expect("valid");
        let answer = asked(entry, &TimeAxis::NotSet, 2).expect("answered");
        answer.curves.iter().map(AuxiliaryCurve::title).collect::<Vec<_>>()
    };
    assert_eq!(titles(""), ["U (V)", "n"]);
    assert_eq!(titles(":column=u:scale=1000:invert"), ["inverted U (V × 1000)"]);
    assert_eq!(titles(":column=3:column=2:scale=2"), ["n (× 2)", "U (V × 2)"]);
}

#[test]
fn what_cannot_be_done_says_why() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(folder.path(), "x.csv", "t,x\n0,1\n1,2\n");
    let why = |text: &str| {
        let entry: Auxiliary = format!("{}{text}", path.display()).parse().expect("valid");
        asked(entry, &TimeAxis::NotSet, 2).expect_err("refused").to_string()
    };
    for (text, word) in [
        (":column=U", "no column 'U' with numbers: it has 'x'"),
        (":time=y", "no column 'y' for the times"),
        (":smooth=3", "smooth=3 found, at most 2 expected"),
    ] {
        let why = why(text);
        assert!(why.contains("x.csv") && why.contains(word), "{why}");
    }
    let gone =
        asked(Auxiliary::new(folder.path().join("gone.csv")), &TimeAxis::NotSet, 2).expect_err("not there");
    assert!(gone.to_string().contains("gone.csv"), "{gone}");
}

#[test]
fn frames_elsewhere_are_said() {
    let folder = tempfile::tempdir().expect("folder");
    let path = file(folder.path(), "x.csv", "t_s,x\n100,1\n101,2\n");
    let time = TimeAxis::from_fps("25", 0).expect("valid");
    let answer = asked(Auxiliary::new(path), &time, 3).expect("answered");
    let notes = answer.notes.join(" ");
    assert!(notes.contains("'t_s' covers 100 s to 101 s, where none of the 3 frames lies"), "{notes}");
}
