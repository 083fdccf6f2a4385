//! Answers by content, least recently used first out.

use std::collections::HashMap;
use std::sync::Arc;

use blitz_core::StackId;

use crate::recipe::RecipeKey;

/// What an answer depends on: nothing is ever invalidated by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// The stack.
    pub stack: StackId,
    /// What of the recipe changes numbers.
    pub recipe: RecipeKey,
    /// The question's fingerprint.
    pub question: u64,
    /// The stack's generation where the answer depends on which frames are there, else 0.
    pub generation: u64,
    /// 1 while frames are still to come that steps of the recipe rest on, else 0.
    pub stage: u64,
}

impl CacheKey {
    /// Whether the two are the same question at different generations.
    pub fn differs_by_time(&self, other: &Self) -> bool {
        Self { generation: other.generation, ..*self } == *other
    }

    /// Whether it is the same question about fewer frames.
    pub fn is_before(&self, other: &Self) -> bool {
        self.generation < other.generation && self.differs_by_time(other)
    }

    /// Whether an answer under this key is about the same values as one under `other`, so that it may be continued.
    pub fn continues(&self, other: &Self) -> bool {
        (self.stack, self.recipe, self.stage) == (other.stack, other.recipe, other.stage)
    }
}

/// Answers within a byte budget.
#[derive(Debug)]
pub struct Cache<V> {
    entries: HashMap<CacheKey, Entry<V>>,
    clock: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Entry<V> {
    value: Arc<V>,
    bytes: u64,
    used: u64,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), clock: 0, bytes: 0 }
    }
}

impl<V> Cache<V> {
    /// The answer, if it is there.
    pub fn get(&mut self, key: &CacheKey) -> Option<Arc<V>> {
        self.clock += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.clock;
        Some(Arc::clone(&entry.value))
    }

    /// Keeps an answer that takes `bytes`, within `budget` bytes for all (and always the newest answer).
    pub fn put(&mut self, key: CacheKey, value: Arc<V>, bytes: u64, budget: u64) {
        self.clock += 1;
        self.bytes += bytes;
        if let Some(old) = self.entries.insert(key, Entry { value, bytes, used: self.clock }) {
            self.bytes -= old.bytes;
        }
        self.trim(budget);
    }

    /// Drops an answer.
    pub fn remove(&mut self, key: &CacheKey) {
        if let Some(gone) = self.entries.remove(key) {
            self.bytes -= gone.bytes;
        }
    }

    /// Drops the answers that were not used for longest until `budget` bytes are left, or one answer.
    pub fn trim(&mut self, budget: u64) {
        while self.bytes > budget && self.entries.len() > 1 {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, e)| e.used).map(|(k, _)| *k) else {
                break;
            };
            self.remove(&oldest);
        }
    }

    /// Forgets what belongs to a stack.
    pub fn forget(&mut self, stack: StackId) {
        self.entries.retain(|key, _| key.stack != stack);
        self.bytes = self.entries.values().map(|entry| entry.bytes).sum();
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Recipe;

    #[test]
    fn the_least_recently_used_goes_first() {
        let stack = StackId::fresh();
        let key = |question| CacheKey {
            stack,
            recipe: Recipe::default().key(&|_| 0),
            question,
            generation: 0,
            stage: 0,
        };
        let mut cache = Cache::default();
        cache.put(key(1), Arc::new(1), 40, 100);
        cache.put(key(2), Arc::new(2), 40, 100);
        assert!(cache.get(&key(1)).is_some());
        cache.put(key(3), Arc::new(3), 40, 100);
        assert!(cache.get(&key(2)).is_none());
        assert!(cache.get(&key(1)).is_some() && cache.get(&key(3)).is_some());
        assert_eq!(cache.bytes(), 80);
        cache.put(key(4), Arc::new(4), 1000, 100);
        assert!(cache.get(&key(4)).is_some(), "the newest is kept whatever its size");
    }
}
