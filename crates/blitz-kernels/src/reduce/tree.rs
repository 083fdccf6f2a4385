//! Partial results of blocks of frames, joined in a binary tree that is fixed by the blocks' numbers.
//!
//! Sums of floats depend on the order of additions, so the order is fixed once: the frames `256·k … 256·k + 255`
//! are block `k`, whoever reduces them; blocks `2k` and `2k + 1` are joined, then pairs of those, and so on
//! (`Place`). What a range of blocks holds is therefore a few subtrees that any other range can be joined to.
//! It works as a binary counter does: of a range of `n` blocks that begins at 0 there are as many subtrees as `n`
//! has binary ones.
//!
//! A block without a frame has no node. Once it is certain that a subtree's sibling has none, the subtree stands
//! for both.

use std::ops::Range;

/// Which blocks a subtree spans: `index · 2^level … (index + 1) · 2^level − 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) level: u32,
    pub(super) index: u64,
}

impl Place {
    /// The blocks that it spans.
    pub(super) fn blocks(self) -> Range<u64> {
        let at = |index: u64| index.checked_shl(self.level).unwrap_or(u64::MAX);
        at(self.index)..at(self.index.saturating_add(1))
    }

    fn sibling(self) -> Self {
        Self { level: self.level, index: self.index ^ 1 }
    }

    fn parent(self) -> Self {
        Self { level: self.level + 1, index: self.index / 2 }
    }
}

/// What can be joined with what comes after it.
pub(super) trait Join {
    /// Adds what `later` holds of later frames.
    fn join(&mut self, later: &Self);
}

/// Subtrees over the blocks from a first one on, in their order, none of which could be joined.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree<N> {
    nodes: Vec<(Place, N)>,
}

impl<N> Default for Tree<N> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

impl<N: Join> Tree<N> {
    pub(super) fn nodes(&self) -> &[(Place, N)] {
        &self.nodes
    }

    /// Adds a subtree behind those that are there. All blocks from `first` on that lie before it are complete.
    /// Returns a node that is not needed any more, to be used again.
    pub(super) fn push(&mut self, first: u64, place: Place, node: N) -> Option<N> {
        let spare = self.settle(first, place.blocks().start);
        self.nodes.push((place, node));
        self.settle(first, place.blocks().end).or(spare)
    }

    /// Adds the subtrees of `later`, all behind those that are there.
    pub(super) fn append(&mut self, first: u64, later: Self) {
        for (place, node) in later.nodes {
            self.push(first, place, node);
        }
    }

    /// Everything joined, where no other block has a frame.
    pub(super) fn total(self) -> Option<N> {
        let mut all = Self::default();
        all.append(0, self);
        all.settle(0, u64::MAX);
        all.nodes.pop().map(|(_, node)| node)
    }

    /// Joins the last subtree with the one before it as long as they are siblings, or takes it for its parent
    /// where its sibling has no frame: all blocks in `first..end` are complete.
    fn settle(&mut self, first: u64, end: u64) -> Option<N> {
        let mut spare = None;
        while let [rest @ .., (place, last)] = self.nodes.as_mut_slice() {
            let sibling = place.sibling();
            match rest.last_mut() {
                Some((earlier, node)) if *earlier == sibling => {
                    node.join(last);
                    *earlier = place.parent();
                    spare = self.nodes.pop().map(|(_, node)| node);
                }
                // The last that is left is the total, however far up it is taken.
                None if end == u64::MAX => break,
                _ if sibling.blocks().start >= first && sibling.blocks().end <= end => {
                    *place = place.parent();
                }
                _ => break,
            }
        }
        spare
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes how it was joined.
    #[derive(Clone, Debug, PartialEq)]
    struct Note(String);

    impl Join for Note {
        fn join(&mut self, later: &Self) {
            self.0 = format!("({} {})", self.0, later.0);
        }
    }

    fn tree(first: u64, blocks: impl IntoIterator<Item = u64>) -> Tree<Note> {
        let mut tree = Tree::default();
        for index in blocks {
            tree.push(first, Place { level: 0, index }, Note(index.to_string()));
        }
        tree
    }

    fn total(tree: Tree<Note>) -> String {
        tree.total().expect("blocks were pushed").0
    }

    #[test]
    fn the_order_of_joins_follows_from_the_numbers() {
        assert_eq!(total(tree(0, 0..5)), "(((0 1) (2 3)) 4)");
        assert_eq!(total(tree(0, 1..7)), "((1 (2 3)) ((4 5) 6))");
        assert_eq!(total(tree(0, [2, 5, 6, 40])), "((2 (5 6)) 40)");
    }

    #[test]
    fn a_range_from_the_start_needs_few_subtrees() {
        for n in 1..200_u64 {
            assert_eq!(tree(0, 0..n).nodes().len(), n.count_ones() as usize);
            assert!(tree(0, (0..n).map(|k| 2 * k)).nodes().len() <= 2 * (64 - n.leading_zeros() as usize));
        }
    }

    #[test]
    fn ranges_are_joined_in_any_grouping() {
        let present: Vec<u64> = (0..41).filter(|k| k % 7 != 3 && !(8..12).contains(k)).collect();
        let whole = total(tree(0, present.iter().copied()));
        for (a, b) in (0..=41_u64).flat_map(|a| (a..=41).map(move |b| (a, b))) {
            let part =
                |range: Range<u64>| tree(range.start, present.iter().copied().filter(|k| range.contains(k)));
            let mut left = part(0..a);
            left.append(0, part(a..b));
            left.append(0, part(b..41));
            assert_eq!(total(left), whole);
            let mut right = part(a..b);
            right.append(a, part(b..41));
            let mut all = part(0..a);
            all.append(0, right);
            assert_eq!(total(all), whole);
        }
    }
}
