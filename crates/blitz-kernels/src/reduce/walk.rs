//! Walks over groups of frames of floats that may be NaN. Selects instead of branches, so that the lanes stay
//! together.

use crate::element::Element;
use crate::group::{Group, cut};

/// The smaller of a number and a sample that may be NaN; the first of equals, as a walk in order keeps it.
#[inline(always)]
pub(super) fn least<S: Element>(a: S, b: S) -> S {
    if b < a { b } else { a }
}

/// The larger of a number and a sample that may be NaN.
#[inline(always)]
pub(super) fn greatest<S: Element>(a: S, b: S) -> S {
    if b > a { b } else { a }
}

/// Mean and sum of squared distances after a group with sums `d` and `d2`, which makes `n` values.
#[inline(always)]
pub(super) fn moved(mean: f64, m2: f64, d: f64, d2: f64, n: f64) -> (f64, f64) {
    let step = d / if n == 0.0 { 1.0 } else { n };
    (mean + step, m2 + (d2 - step * d))
}

/// Adds a whole group to sums and to what a standard deviation needs, and if `EDGES` to minima and maxima
/// (which are empty otherwise). `n` says how many values there were before; if `FIRST`, that may be none.
/// Returns whether any sample was missing.
#[allow(clippy::too_many_arguments, reason = "as parameters they are known not to overlap")]
#[inline(always)]
pub(super) fn spread<S: Element, const G: usize, const FIRST: bool, const EDGES: bool>(
    sums: &mut [f64],
    mean: &mut [f64],
    m2: &mut [f64],
    min: &mut [S],
    max: &mut [S],
    group: &Group<'_, S, G>,
    n: impl Fn(usize) -> f64,
) -> bool {
    let len = sums.len();
    let (mean, m2) = (&mut mean[..len], &mut m2[..len]);
    let edges = if EDGES { len } else { 0 };
    let (min, max) = (&mut min[..edges], &mut max[..edges]);
    let lines = cut(group, len);
    let mut holes = 0;
    for i in 0..len {
        let before = n(i);
        let (mut n, mut sum, mut from) = (before, sums[i], mean[i]);
        let (mut d, mut d2) = (0.0, 0.0);
        let (mut low, mut high) = if EDGES { (min[i], max[i]) } else { (S::HIGHEST, S::LOWEST) };
        for line in &lines {
            let v = line[i];
            if EDGES {
                (low, high) = (least(low, v), greatest(high, v));
            }
            let valid = !v.is_nan();
            let v = if valid { v.to_f64() } else { 0.0 };
            if FIRST {
                from = if valid && n == 0.0 { v } else { from };
            }
            let distance = if valid { v - from } else { 0.0 };
            n += if valid { 1.0 } else { 0.0 };
            sum += v;
            d += distance;
            d2 += distance * distance;
        }
        if EDGES {
            (min[i], max[i]) = (low, high);
        }
        sums[i] = sum;
        (mean[i], m2[i]) = moved(from, m2[i], d, d2, n);
        holes |= u32::from(n != before + G as f64);
    }
    holes != 0
}

/// Samples whose sums are looked at together.
const LANES: usize = 32;

/// Adds samples that are probably all there to sums: as [`add`], at half its cost where that is so. A sum
/// that is a number tells that its samples were.
#[inline(always)]
pub(super) fn add_plain<S: Element, const G: usize>(sums: &mut [f64], group: &Group<'_, S, G>) -> bool {
    let mut holes = false;
    let whole = sums.len() / LANES * LANES;
    let (blocks, rest) = sums.split_at_mut(whole);
    let lines = cut(group, whole);
    for (block, sums) in blocks.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let lines: [&[S; LANES]; G] = block_of(&lines, block);
        let mut now = [0.0; LANES];
        let mut odd = false;
        for i in 0..LANES {
            let mut sum = sums[i];
            for line in &lines {
                sum += line[i].to_f64();
            }
            now[i] = sum;
            odd |= sum.is_nan();
        }
        if odd {
            holes |= add(sums, &lines.map(<[S; LANES]>::as_slice));
        } else {
            *sums = now;
        }
    }
    holes | add(rest, &group.map(|line| &line[whole..]))
}

/// Samples of block `block` of each line.
#[inline(always)]
fn block_of<'a, S, const G: usize>(group: &Group<'a, S, G>, block: usize) -> [&'a [S; LANES]; G] {
    group.map(|line| &line.as_chunks::<LANES>().0[block])
}

/// Adds samples to sums. Returns whether any was missing.
#[inline(always)]
pub(super) fn add<S: Element, const G: usize>(sums: &mut [f64], group: &Group<'_, S, G>) -> bool {
    let len = sums.len();
    let lines = cut(group, len);
    let mut holes = 0;
    for i in 0..len {
        let mut sum = sums[i];
        for line in &lines {
            let v = line[i];
            holes |= u32::from(v.is_nan());
            sum += if v.is_nan() { 0.0 } else { v.to_f64() };
        }
        sums[i] = sum;
    }
    holes != 0
}

/// As [`spread`] for samples that are probably all there, `n` of them before (none if `FIRST`), at half its cost
/// where that is so.
#[allow(clippy::too_many_arguments, reason = "as for `spread`")]
#[inline(always)]
pub(super) fn spread_plain<S: Element, const G: usize, const FIRST: bool, const EDGES: bool>(
    sums: &mut [f64],
    mean: &mut [f64],
    m2: &mut [f64],
    min: &mut [S],
    max: &mut [S],
    group: &Group<'_, S, G>,
    n: f64,
) -> bool {
    let whole = sums.len() / LANES * LANES;
    let edges = if EDGES { whole } else { 0 };
    let lines = cut(group, whole);
    let mut holes = false;
    let after = n + G as f64;
    for block in 0..whole / LANES {
        let at = block * LANES..(block + 1) * LANES;
        let at_edges = if EDGES { at.clone() } else { 0..0 };
        let lines: [&[S; LANES]; G] = block_of(&lines, block);
        let (sums, mean, m2) = (&mut sums[at.clone()], &mut mean[at.clone()], &mut m2[at.clone()]);
        let mut totals = [0.0; LANES];
        let (mut means, mut squares) = ([0.0; LANES], [0.0; LANES]);
        let mut odd = false;
        for i in 0..LANES {
            let (mut sum, from) = (sums[i], if FIRST { lines[0][i].to_f64() } else { mean[i] });
            let (mut d, mut d2) = (0.0, 0.0);
            for line in &lines {
                let v = line[i].to_f64();
                let distance = v - from;
                sum += v;
                d += distance;
                d2 += distance * distance;
            }
            totals[i] = sum;
            (means[i], squares[i]) = moved(from, m2[i], d, d2, after);
            odd |= d.is_nan();
        }
        let (min, max) = (&mut min[at_edges.clone()], &mut max[at_edges]);
        let slices = lines.map(<[S; LANES]>::as_slice);
        if odd {
            holes |= spread::<S, G, FIRST, EDGES>(sums, mean, m2, min, max, &slices, |_| n);
            continue;
        }
        sums.copy_from_slice(&totals);
        mean.copy_from_slice(&means);
        m2.copy_from_slice(&squares);
        if EDGES {
            extremes(min, max, &slices);
        }
    }
    let rest = group.map(|line| &line[whole..]);
    let (min, max) = (&mut min[edges..], &mut max[edges..]);
    holes
        | spread::<S, G, FIRST, EDGES>(
            &mut sums[whole..],
            &mut mean[whole..],
            &mut m2[whole..],
            min,
            max,
            &rest,
            |_| n,
        )
}

/// Adds samples to the sums of distances of the current group; `n` counts the values before them.
#[inline(always)]
pub(super) fn add_distances<S: Element, const G: usize>(
    n: &[u32],
    mean: &mut [f64],
    d: &mut [f64],
    d2: &mut [f64],
    group: &Group<'_, S, G>,
) {
    let len = mean.len();
    let (n, d, d2) = (&n[..len], &mut d[..len], &mut d2[..len]);
    let lines = cut(group, len);
    for i in 0..len {
        let (mut n, mut from) = (f64::from(n[i]), mean[i]);
        let (mut sum, mut squares) = (d[i], d2[i]);
        for line in &lines {
            let valid = !line[i].is_nan();
            let v = if valid { line[i].to_f64() } else { 0.0 };
            from = if valid && n == 0.0 { v } else { from };
            let distance = if valid { v - from } else { 0.0 };
            n += if valid { 1.0 } else { 0.0 };
            sum += distance;
            squares += distance * distance;
        }
        (mean[i], d[i], d2[i]) = (from, sum, squares);
    }
}

/// Updates minima or maxima. Returns whether any sample was missing.
#[inline(always)]
pub(super) fn extreme<S: Element, const G: usize>(
    values: &mut [S],
    group: &Group<'_, S, G>,
    choose: impl Fn(S, S) -> S,
) -> bool {
    let len = values.len();
    let lines = cut(group, len);
    let mut holes = 0;
    for i in 0..len {
        let mut value = values[i];
        for line in &lines {
            holes |= u32::from(line[i].is_nan());
            value = choose(value, line[i]);
        }
        values[i] = value;
    }
    holes != 0
}

/// Updates minima and maxima. Returns whether any sample was missing.
#[inline(always)]
pub(super) fn extremes<S: Element, const G: usize>(
    min: &mut [S],
    max: &mut [S],
    group: &Group<'_, S, G>,
) -> bool {
    let len = min.len();
    let max = &mut max[..len];
    let lines = cut(group, len);
    let mut holes = 0;
    for i in 0..len {
        let (mut low, mut high) = (min[i], max[i]);
        for line in &lines {
            holes |= u32::from(line[i].is_nan());
            (low, high) = (least(low, line[i]), greatest(high, line[i]));
        }
        (min[i], max[i]) = (low, high);
    }
    holes != 0
}
