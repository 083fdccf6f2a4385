//! The memory broker: one budget, and a book of who holds what of it.
//!
//! What cannot be given back (stacks in memory, decoders, textures) is noted. What can be computed again (answers,
//! references, blocks of long windows, surroundings of dragged zones) asks how much it may hold, each time it keeps
//! something, and gives back what is above that when it is told. Clones share the book.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// Frames of recordings.
    Stacks,
    /// Decoders of video, and the pictures they keep.
    Decoders,
    /// Pictures on the graphics card.
    Textures,
    /// Answers kept for coming back to.
    Answers,
    /// References of steps.
    References,
    /// Blocks of long windows.
    Blocks,
    /// Surroundings of dragged zones.
    Surroundings,
}

impl Account {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Stacks,
        Self::Decoders,
        Self::Textures,
        Self::Answers,
        Self::References,
        Self::Blocks,
        Self::Surroundings,
    ];

    /// Whether it can be given back and computed again.
    const fn gives_back(self) -> bool {
        !matches!(self, Self::Stacks | Self::Decoders | Self::Textures)
    }
}

/// Accounts that share what the others leave.
const SHARERS: u64 = 4;
/// The most that one of them may hold: more is hardly come back to.
const MOST: u64 = 512 << 20;
/// What each may hold however little there is: less would compute the picture shown again and again.
const LEAST: u64 = 32 << 20;

/// See the module's page.
#[derive(Clone, Debug, Default)]
pub struct Broker(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    /// Bytes of all accounts together; `None` knows no limit.
    total: Option<u64>,
    held: [u64; Account::ALL.len()],
}

impl Broker {
    /// A budget of `total` bytes.
    pub fn new(total: u64) -> Self {
        Self(Arc::new(Mutex::new(Book { total: Some(total), ..Book::default() })))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what an account holds now.
    pub fn note(&self, account: Account, bytes: u64) {
        self.book().held[account as usize] = bytes;
    }

    /// Bytes that an account holds.
    pub fn held(&self, account: Account) -> u64 {
        self.book().held[account as usize]
    }

    /// Bytes that each account which can give back may hold now.
    pub fn allowance(&self) -> u64 {
        self.book().allowance()
    }

    /// Whether an account holds more than it may.
    pub fn wants_back(&self, account: Account) -> bool {
        let book = self.book();
        book.held[account as usize] > book.allowance()
    }

    /// Bytes that one evaluation may take for itself.
    pub fn scratch(&self) -> u64 {
        let book = self.book();
        book.total.map_or(1 << 30, |total| (book.left(total) / 4).max(LEAST))
    }
}

impl Book {
    /// What the accounts that cannot give back leave of the budget.
    fn left(&self, total: u64) -> u64 {
        let kept = Account::ALL.into_iter().filter(|account| !account.gives_back());
        total.saturating_sub(kept.map(|account| self.held[account as usize]).sum())
    }

    fn allowance(&self) -> u64 {
        self.total.map_or(MOST, |total| (self.left(total) / SHARERS).clamp(LEAST, MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_leave_less_for_what_can_be_given_back() {
        let broker = Broker::new(4 << 30);
        assert_eq!(broker.allowance(), MOST);
        broker.note(Account::Answers, 400 << 20);
        broker.note(Account::Stacks, 3 << 30);
        assert_eq!(broker.clone().allowance(), 256 << 20);
        assert!(broker.wants_back(Account::Answers), "400 MiB are held, 256 MiB allowed");
        broker.note(Account::Answers, broker.allowance());
        assert!(!broker.wants_back(Account::Answers));
        broker.note(Account::Stacks, 5 << 30);
        assert_eq!(broker.allowance(), LEAST);
        broker.note(Account::Stacks, 0);
        assert_eq!(broker.allowance(), MOST);
        assert_eq!(Broker::default().allowance(), MOST, "without a limit");
    }
}
