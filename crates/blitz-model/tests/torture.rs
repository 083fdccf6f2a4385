//! Random recipes over recordings with failed frames and missing samples, against a plain model in f64.
//! `BLITZ_TORTURE_ROUNDS=5000` and `BLITZ_TORTURE_SEED=7` look further.

use std::sync::Arc;

use blitz_core::{DType, FrameShape, Samples, Stack};
use blitz_model::Method;
use blitz_model::evaluate::{EvalContext, EvalError, OneFrame, Reduce, evaluate};
use blitz_model::recipe::{Recipe, Step};
use blitz_testkit::{Awkward, AwkwardStore, Noise, oracle, stack_of};

const SHAPE: FrameShape = FrameShape::new(4, 5, 1);
const FRAMES: usize = 14;

/// Frames of values; `None` has none.
type Plain = Vec<Option<Vec<f64>>>;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// A statistic of at least one value.
type Stat = fn(&[f64]) -> f64;

/// What a step does to frames.
type Apply = dyn Fn(&Plain) -> Option<Plain>;

/// What a step does, as text and to plain frames; `None` where a reference has no frame.
struct Random {
    text: String,
    apply: Box<Apply>,
}

/// The statistic of some frames, pixel by pixel, over what is there.
fn of_frames<'a>(frames: impl Iterator<Item = &'a Option<Vec<f64>>>, stat: Stat) -> Option<Vec<f64>> {
    let there: Vec<&Vec<f64>> = frames.flatten().collect();
    let of = |i: usize| {
        let values: Vec<f64> = there.iter().map(|f| f[i]).filter(|v| !v.is_nan()).collect();
        if values.is_empty() { f64::NAN } else { stat(&values) }
    };
    (!there.is_empty()).then(|| (0..SHAPE.samples()).map(of).collect())
}

fn each(frames: &Plain, f: impl Fn(usize, f64) -> f64) -> Plain {
    let one = |frame: &Vec<f64>| frame.iter().enumerate().map(|(i, &v)| f(i, v)).collect();
    frames.iter().map(|frame| frame.as_ref().map(one)).collect()
}

fn median(values: &[f64]) -> f64 {
    oracle::percentile(values, 50.0)
}

fn random_step(noise: &mut Noise) -> Random {
    let mut pick = |n: u64| noise.below(n as usize);
    let (a, b) = (pick(FRAMES as u64 - 1), pick(5) + 1);
    let end = (a + b).min(FRAMES);
    let stats: [(&str, Stat); 4] =
        [("mean", oracle::mean), ("median", median), ("min", oracle::min), ("max", oracle::max)];
    let (method, stat) = stats[pick(4)];
    match pick(9) {
        0 => {
            let amount = [0.0, 0.25, 1.0][pick(3)];
            Random {
                text: format!("subtract {method}:{a}:{end},amount={amount}"),
                apply: Box::new(move |frames| {
                    if amount == 0.0 {
                        return Some(frames.clone());
                    }
                    let reference = of_frames(frames[a..end].iter(), stat)?;
                    Some(each(frames, |i, v| v - amount * reference[i]))
                }),
            }
        }
        1 => Random {
            text: format!("relative {method}:{a}:{end}"),
            apply: Box::new(move |frames| {
                let reference = of_frames(frames[a..end].iter(), stat)?;
                Some(each(frames, |i, v| {
                    let quotient = (v - reference[i]) / reference[i];
                    if quotient.is_finite() { quotient } else { f64::NAN }
                }))
            }),
        },
        2 | 3 => {
            let (len, lag, side) = (pick(4) + 1, pick(3), pick(2));
            let amount = [0.0, 0.5, 1.0][pick(3)];
            let forward = if side == 1 { ",forward" } else { "" };
            Random {
                text: format!("subtract window:{method},{len},lag={lag}{forward},amount={amount}"),
                apply: Box::new(move |frames| {
                    if amount == 0.0 {
                        return Some(frames.clone());
                    }
                    let made = (0..FRAMES).map(|n| {
                        let window = match side {
                            0 => n.checked_sub(len + lag)?..n - lag,
                            _ => n + lag + 1..n + lag + 1 + len,
                        };
                        let picture = of_frames(frames.get(window)?.iter(), stat)?;
                        let own = frames[n].as_ref()?;
                        Some(own.iter().zip(&picture).map(|(v, r)| v - amount * r).collect())
                    });
                    Some(made.collect())
                }),
            }
        }
        4 | 5 => {
            let radius = pick(3);
            let kind = pick(3);
            let text = match kind {
                0 => format!("smooth-time box,{}", 2 * radius + 1),
                1 => format!("smooth-time median,{}", 2 * radius + 1),
                _ => "smooth-time gaussian,0.6".to_owned(),
            };
            Random {
                text,
                apply: Box::new(move |frames| {
                    let radius = if kind == 2 { 2 } else { radius };
                    let made = (0..FRAMES).map(|n| {
                        let near = n.saturating_sub(radius)..(n + radius + 1).min(FRAMES);
                        match kind {
                            0 => of_frames(frames[near].iter(), oracle::mean),
                            1 => of_frames(frames[near].iter(), median),
                            _ => gaussian(frames, n, near),
                        }
                    });
                    Some(made.collect())
                }),
            }
        }
        6 => {
            let lo = pick(400) as f64 - 200.0;
            Random {
                text: format!("limits {lo}:"),
                apply: Box::new(move |frames| Some(each(frames, |_, v| if v < lo { f64::NAN } else { v }))),
            }
        }
        7 => Random { text: "smooth box,3".into(), apply: Box::new(|frames| Some(in_space(frames))) },
        _ => Random {
            text: "rescale 0:500,to=-1:3".into(),
            apply: Box::new(|frames| Some(each(frames, |_, v| -1.0 + v * 4.0 / 500.0))),
        },
    }
}

fn gaussian(frames: &Plain, n: usize, near: std::ops::Range<usize>) -> Option<Vec<f64>> {
    let there: Vec<(&Vec<f64>, f64)> = near
        .filter_map(|f| Some((frames[f].as_ref()?, (-0.5 * (f.abs_diff(n) as f64 / 0.6).powi(2)).exp())))
        .collect();
    let of = |i: usize| {
        let values = || there.iter().filter(|(frame, _)| !frame[i].is_nan());
        values().map(|(frame, w)| w * frame[i]).sum::<f64>() / values().map(|(_, w)| w).sum::<f64>()
    };
    (!there.is_empty()).then(|| (0..SHAPE.samples()).map(of).collect())
}

fn in_space(frames: &Plain) -> Plain {
    let mirrored = |at: isize, len: usize| at.clamp(0, len as isize - 1) as usize;
    let one = |frame: &Vec<f64>| {
        (0..SHAPE.samples())
            .map(|i| {
                let (y, x) = ((i / SHAPE.width) as isize, (i % SHAPE.width) as isize);
                let values: Vec<f64> = (-1..=1)
                    .flat_map(|dy| (-1..=1).map(move |dx| (y + dy, x + dx)))
                    .map(|(y, x)| frame[mirrored(y, SHAPE.height) * SHAPE.width + mirrored(x, SHAPE.width)])
                    .filter(|v| !v.is_nan())
                    .collect();
                if values.is_empty() { f64::NAN } else { oracle::mean(&values) }
            })
            .collect()
    };
    frames.iter().map(|frame| frame.as_ref().map(one)).collect()
}

fn recording(noise: &mut Noise) -> (Stack, Plain, Vec<usize>) {
    let failing: Vec<usize> = (0..FRAMES).filter(|_| noise.below(7) == 0).collect();
    let frames: Vec<Vec<f64>> = (0..FRAMES)
        .map(|_| {
            let value =
                |noise: &mut Noise| if noise.below(20) == 0 { f64::NAN } else { noise.below(500) as f64 };
            (0..SHAPE.samples()).map(|_| value(noise)).collect()
        })
        .collect();
    let how = Awkward {
        failing: failing.iter().copied().collect(),
        existing: FRAMES,
        ready: FRAMES,
        ..Awkward::default()
    };
    let store =
        AwkwardStore::new(frames.iter().cloned().map(Samples::from).collect(), DType::F64, SHAPE, how);
    store.seal();
    let plain = frames.into_iter().enumerate().map(|(n, f)| (!failing.contains(&n)).then_some(f)).collect();
    (stack_of(Arc::new(store), "random"), plain, failing)
}

fn same(found: &[f64], expected: &[f64], what: &str) {
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        let near = (a - b).abs() <= 1e-9 * b.abs().max(1.0) || (a.is_nan() && b.is_nan());
        assert!(near, "{what}, sample {i}: {a} found, {b} expected");
    }
}

#[test]
fn random_recipes_give_what_a_plain_model_gives() {
    let rounds = number("BLITZ_TORTURE_ROUNDS").unwrap_or(150);
    let first = number("BLITZ_TORTURE_SEED").unwrap_or(1);
    for round in 0..rounds {
        let mut noise = Noise::new(first.wrapping_mul(1_000_003).wrapping_add(round));
        let (stack, mut plain, failing) = recording(&mut noise);
        let mut expected = Some(());
        let mut steps: Vec<Step> = Vec::new();
        for _ in 0..=noise.below(4) {
            let step = random_step(&mut noise);
            steps.push(step.text.parse().unwrap_or_else(|e| panic!("{}: {e}", step.text)));
            let Some(made) = (step.apply)(&plain) else {
                expected = None;
                break;
            };
            plain = made;
        }
        let recipe = Recipe { steps, ..Recipe::default() };
        let texts: Vec<String> = recipe.steps.iter().map(ToString::to_string).collect();
        let what = format!("round {round}: {} (failing {failing:?})", texts.join("; "));
        let cx = EvalContext::default();
        let reduced = evaluate(&stack, &recipe, &Reduce::all(Method::Max), &cx);
        if expected.is_none() {
            assert!(reduced.is_err(), "{what}: a reference has no frame");
            continue;
        }
        for (frame, expected) in plain.iter().enumerate() {
            let found = evaluate(&stack, &recipe, &OneFrame { frame }, &cx);
            match (found, expected) {
                (Ok(picture), Some(expected)) => {
                    same(&picture.samples.as_ref().to_f64_vec(), expected, &format!("{what}, frame {frame}"));
                }
                (Err(EvalError::Read(_)), None) => {}
                (found, expected) => panic!("{what}, frame {frame}: {found:?}, {expected:?} expected"),
            }
        }
        // Walked along, with what became of every frame.
        match (reduced, of_frames(plain.iter(), oracle::max)) {
            (Ok(pictures), Some(expected)) => {
                let picture = &pictures[0];
                same(&picture.samples.as_ref().to_f64_vec(), &expected, &what);
                let used = plain.iter().flatten().count();
                assert_eq!(picture.coverage.used, used, "{what}");
                let named: Vec<usize> = picture.coverage.failed.iter().map(|f| f.frame).collect();
                assert_eq!(named, failing, "{what}");
                let without = FRAMES - used;
                let no_window = picture.coverage.no_window;
                assert!((without.saturating_sub(failing.len())..=without).contains(&no_window), "{what}");
            }
            (Err(_), None) => {}
            (found, expected) => panic!("{what}: {found:?}, {expected:?} expected"),
        }
    }
}
