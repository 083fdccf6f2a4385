//! The readers of one video file: those that are idle, and where those in use are going.

/// Readers of one file, by slot. Generic over the reader: what stands here is who may use which one when.
#[derive(Debug)]
pub(super) struct Slots<R> {
    slots: Vec<Slot<R>>,
    clock: u64,
}

impl<R> Default for Slots<R> {
    fn default() -> Self {
        Self { slots: Vec::new(), clock: 0 }
    }
}

/// One reader, idle or in use.
#[derive(Debug)]
pub(super) struct Slot<R> {
    id: u64,
    /// `None` while a thread uses it.
    pub(super) reader: Option<Box<R>>,
    /// First packet that it can still give and packet that it goes to, while it is used.
    pub(super) from: u32,
    pub(super) goal: u32,
    /// Number of the last turn: the smallest is that of the slot that was idle for longest.
    pub(super) turn: u64,
}

impl<R> Slot<R> {
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

/// The right of one thread to use one slot, until it is returned or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    slot: u64,
    number: u64,
}

impl<R> Slots<R> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<R>> {
        self.slots.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A new slot in use, whose reader begins at packet `from` and goes to packet `goal`.
    pub(super) fn open(&mut self, from: u32, goal: u32) -> Turn {
        self.clock += 1;
        self.slots.push(Slot { id: self.clock, reader: None, from, goal, turn: self.clock });
        Turn { slot: self.clock, number: self.clock }
    }

    /// Takes the idle reader of slot `id`, which goes to packet `goal` from the packet that `from` names; `None` if
    /// the slot is in use or gone.
    pub(super) fn claim(
        &mut self,
        id: u64,
        goal: u32,
        from: impl FnOnce(&R) -> u32,
    ) -> Option<(Turn, Box<R>)> {
        let slot = self.slots.iter_mut().find(|slot| slot.id == id)?;
        let reader = slot.reader.take()?;
        self.clock += 1;
        (slot.from, slot.goal, slot.turn) = (from(&reader), goal, self.clock);
        Some((Turn { slot: id, number: self.clock }, reader))
    }

    /// Makes the slot idle again.
    pub(super) fn give_back(&mut self, turn: Turn, reader: Box<R>) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == turn.slot) {
            slot.reader = Some(reader);
        }
    }

    /// Removes the slot if its reader was not given back in this turn. The slot may be in use by the next thread
    /// already: that turn has another number and is left alone.
    pub(super) fn end(&mut self, turn: Turn) {
        self.slots.retain(|slot| slot.turn != turn.number || slot.reader.is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_ends_late_leaves_the_next_one_alone() {
        let mut slots = Slots::default();
        let first = slots.open(0, 5);
        slots.give_back(first, Box::new("reader"));
        let id = slots.iter().next().expect("one").id();
        // The first thread is held up here: it has given the reader back and not yet ended its turn.
        let (second, reader) = slots.claim(id, 9, |_| 6).expect("idle");
        slots.end(first);
        let slot = slots.iter().next().expect("the slot that the second thread uses");
        assert_eq!((slot.from, slot.goal, slot.reader.is_none()), (6, 9, true));
        slots.give_back(second, reader);
        slots.end(second);
        assert_eq!(slots.len(), 1);
    }

    #[test]
    fn a_reader_that_is_not_given_back_takes_its_slot_along() {
        let mut slots: Slots<()> = Slots::default();
        let turn = slots.open(0, 5);
        assert_eq!(slots.claim(turn.slot, 7, |()| 0), None, "in use");
        slots.end(turn);
        assert_eq!(slots.len(), 0);
    }
}
