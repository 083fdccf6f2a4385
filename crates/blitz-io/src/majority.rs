//! What most frames of a recording are.

/// Files that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Majority {
    /// The first of them in order.
    pub(crate) first: usize,
    /// All of them.
    pub(crate) members: Vec<usize>,
    /// Their frames.
    frames: usize,
    /// Whether others have as many.
    is_tied: bool,
}

impl Majority {
    /// One file of which alone is known what it is.
    pub(crate) fn one(i: usize) -> Self {
        Self { first: i, members: vec![i], frames: 1, is_tied: false }
    }

    /// What is to be said where some, `odd` of them, are not like most. `of` is what was looked at, in words.
    pub(crate) fn note(&self, odd: usize, of: &str) -> Option<String> {
        if odd == 0 {
            return None;
        }
        Some(if self.is_tied {
            format!(
                "As many frames are of one kind as of another ({odd} of {of} differ in size, type or channels): that of \
                 the first in order is read, the others fail."
            )
        } else {
            format!("{odd} of {of} differ from most in size, type or channels, and fail.")
        })
    }
}

/// Sorts files with what they are and their numbers of frames into those that are alike: those with the most frames
/// first, then those that come first in order.
pub(crate) fn most<K>(
    files: impl Iterator<Item = (usize, K, usize)>,
    is_like: impl Fn(&K, &K) -> bool,
) -> Vec<Majority> {
    let mut found: Vec<(K, Majority)> = Vec::new();
    for (i, kind, frames) in files {
        match found.iter_mut().find(|(other, _)| is_like(&kind, other)) {
            Some((_, group)) => {
                group.members.push(i);
                group.frames += frames;
            }
            None => found.push((kind, Majority { frames, ..Majority::one(i) })),
        }
    }
    let mut groups: Vec<Majority> = found.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.frames), group.first));
    for k in 1..groups.len() {
        if groups[k].frames == groups[0].frames {
            groups[0].is_tied = true;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frames_decide_then_the_order() {
        let found = most([(0, 'a', 1), (1, 'b', 2), (2, 'a', 2)].into_iter(), |a, b| a == b);
        assert_eq!(
            (found[0].first, found[0].members.as_slice(), found[0].is_tied),
            (0, [0, 2].as_slice(), false)
        );
        let tied = most([(0, 'a', 1), (1, 'b', 1)].into_iter(), |a, b| a == b);
        assert!(tied[0].first == 0 && tied[0].is_tied);
        assert!(tied[0].note(1, "2 files").is_some_and(|note| note.contains("first in order")));
        assert!(tied[0].note(0, "2 files").is_none());
        assert!(most([(0, 'a', 1), (1, 'b', 1), (2, 'b', 1)].into_iter(), |a, b| a == b)[0].first == 1);
    }
}
