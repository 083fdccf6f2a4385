//! When a file was written: what a recipe that names it depends on.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Names the present contents of a file or folder by size and time of last change (of each file in a folder): equal
/// while nothing was written. A path that cannot be looked at has a name, too. Reads no contents, but touches the
/// disk: not for the window's thread.
pub fn written(path: &Path) -> u64 {
    let mut h = DefaultHasher::new();
    let Ok(meta) = path.metadata() else { return h.finish() };
    hash_one(&meta, &mut h);
    if meta.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.file_name(), entry.metadata().ok()?))
            })
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, meta) in entries {
            name.hash(&mut h);
            hash_one(&meta, &mut h);
        }
    }
    h.finish()
}

fn hash_one(meta: &std::fs::Metadata, h: &mut DefaultHasher) {
    (meta.len(), meta.modified().ok()).hash(h);
}
