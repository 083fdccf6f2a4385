//! Numbers in the names of files, beside the numbers of frames.

use blitz_core::Stack;

/// The file numbers of the stack frames `frames`, as they are written; `None` where names have no number that counts, or
/// where all of the recording's are those of its frames.
pub(crate) fn file_numbers(stack: &Stack, frames: &[usize]) -> Option<Vec<String>> {
    let number = |source: usize| {
        let number = stack.catalog.meta(source).number?;
        number.parse::<f64>().is_ok_and(|n| n.is_finite() && n.abs() < 9e15).then_some(number)
    };
    // Of the whole recording: parts of it are to have the same columns.
    let differs = (0..stack.known_source_frames())
        .map(|source| Some(number(source)? != source.to_string()))
        .try_fold(false, |any, differs| Some(any | differs?))?;
    if !differs {
        return None;
    }
    frames.iter().map(|&frame| number(stack.source_frame(frame))).collect()
}
