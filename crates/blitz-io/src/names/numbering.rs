//! Gaps in the numbering.

use std::collections::BTreeMap;

use super::number::Number;

/// Says which numbers are missing; frames are never moved to close a gap silently. `rows` are the numbers of each
/// name, in order; `counter` is the one that counts. Names that are not numbered regularly give a note that says so.
pub(super) fn notes(rows: &[&[Number]], counter: usize) -> Vec<String> {
    let digits = rows.iter().map(|row| row[counter].fraction_digits()).max().unwrap_or(0);
    let steps: Vec<Step> =
        rows.windows(2).filter_map(|pair| step(pair[0], pair[1], counter, digits)).collect();
    let mut counts: BTreeMap<i128, usize> = BTreeMap::new();
    for step in &steps {
        *counts.entry(step.to - step.from).or_default() += 1;
    }
    let Some((&usual, &often)) =
        counts.iter().max_by_key(|&(&size, &count)| (count, std::cmp::Reverse(size)))
    else {
        return Vec::new();
    };
    let gaps: Vec<_> = steps.iter().filter(|s| s.to - s.from != usual).collect();
    if gaps.is_empty() {
        return Vec::new();
    }
    let regular = often * 2 > steps.len() && gaps.iter().all(|s| (s.to - s.from) % usual == 0);
    if !regular {
        return vec![
            "The numbers in the file names are not evenly spaced; the frames are taken one after the other."
                .to_owned(),
        ];
    }
    let text = |value: i128| decimal_text(value, digits);
    let missing = gaps.iter().map(|s| (s.to - s.from) / usual - 1).fold(0_i128, i128::saturating_add);
    let ranges: Vec<String> = gaps
        .iter()
        .map(|s| {
            let (first, last) = (s.from + usual, s.to - usual);
            match (last - first) / usual {
                0 => text(first),
                1 => format!("{}, {}", text(first), text(last)),
                _ => format!("{}–{}", text(first), text(last)),
            }
        })
        .collect();
    let (plural, verb) = if missing == 1 { ("number", "is") } else { ("numbers", "are") };
    let every = if usual == 1 && digits == 0 {
        String::new()
    } else {
        format!(" (the names count in steps of {})", text(usual))
    };
    vec![format!(
        "File {plural} {} {verb} not there{every}: {missing} missing; the frames after a gap follow directly.",
        join(&ranges)
    )]
}

/// Two neighbouring names that differ in the number that counts only.
struct Step {
    from: i128,
    to: i128,
}

fn step(a: &[Number], b: &[Number], counter: usize, digits: usize) -> Option<Step> {
    let same = a.iter().zip(b).enumerate().all(|(i, (x, y))| i == counter || x == y);
    if !same || a[counter] == b[counter] {
        return None;
    }
    // Differences stay far from the ends of the type.
    let value = |n: &Number| n.scaled(digits).filter(|v| v.abs() < i128::MAX / 4);
    Some(Step { from: value(&a[counter])?, to: value(&b[counter])? })
}

fn decimal_text(value: i128, digits: usize) -> String {
    if digits == 0 {
        return value.to_string();
    }
    let sign = if value < 0 { "-" } else { "" };
    let text = format!("{:0width$}", value.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// `a, b and c`; at most eight are named.
pub(crate) fn join(parts: &[String]) -> String {
    const SHOWN: usize = 8;
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] if parts.len() <= SHOWN => format!("{} and {last}", head.join(", ")),
        _ => format!("{} and {} more", parts[..SHOWN].join(", "), parts.len() - SHOWN),
    }
}
