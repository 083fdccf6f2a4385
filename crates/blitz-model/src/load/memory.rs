//! How much memory there is, and how much the program uses.

use std::fs;
use std::path::Path;

/// Bytes of memory that could be used now without swapping: what the system says is available, bounded by
/// what the control group of this process still allows. `None` where the system does not tell.
pub fn available_bytes() -> Option<u64> {
    let system = meminfo("MemAvailable:");
    match (system, cgroup_headroom()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Bytes that a stack may take: the person's limit, else 80 % of what is available now.
pub fn budget_bytes(max_ram: Option<u64>) -> u64 {
    max_ram.unwrap_or_else(|| available_bytes().map_or(2 << 30, |bytes| bytes / 5 * 4))
}

/// Anonymous resident memory of this process now, and its peak resident size (which counts mapped files
/// too), in bytes.
pub fn process_memory() -> Option<(u64, u64)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some((kib_line(&status, "RssAnon:")?, kib_line(&status, "VmHWM:")?))
}

fn meminfo(key: &str) -> Option<u64> {
    kib_line(&fs::read_to_string("/proc/meminfo").ok()?, key)
}

fn kib_line(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find(|l| l.starts_with(key))?;
    line[key.len()..].trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Room left under the tightest control-group limit above this process (version 2, then version 1).
fn cgroup_headroom() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            let (root, limit, usage) = if controllers.is_empty() {
                ("/sys/fs/cgroup", "memory.max", "memory.current")
            } else if controllers.split(',').any(|c| c == "memory") {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
            } else {
                return None;
            };
            headroom_upwards(Path::new(root), path.trim_start_matches('/'), limit, usage)
        })
        .min()
}

/// Limits hold for a group and all groups above it.
fn headroom_upwards(root: &Path, path: &str, limit: &str, usage: &str) -> Option<u64> {
    let number = |file: &Path| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    let mut dir = root.join(path);
    let mut tightest: Option<u64> = None;
    loop {
        if let (Some(max), Some(used)) = (number(&dir.join(limit)), number(&dir.join(usage))) {
            // Page cache counts as used but gives way, so it is added back.
            let cache = fs::read_to_string(dir.join("memory.stat"))
                .ok()
                .and_then(|s| s.lines().find_map(|l| l.strip_prefix("inactive_file ")?.parse::<u64>().ok()))
                .unwrap_or(0);
            let room = max.saturating_sub(used.saturating_sub(cache));
            tightest = Some(tightest.map_or(room, |t| t.min(room)));
        }
        if dir == root || !dir.pop() {
            return tightest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_kibibytes() {
        let text = "MemTotal:       100 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(kib_line(text, "MemAvailable:"), Some(2048 * 1024));
        assert_eq!(kib_line(text, "Nothing:"), None);
    }

    #[test]
    fn limits_of_groups_above_count() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).expect("folders");
        let put = |p: &Path, name: &str, text: &str| fs::write(p.join(name), text).expect("written");
        put(&inner, "memory.max", "max\n");
        put(&inner, "memory.current", "10\n");
        put(&dir.path().join("a"), "memory.max", "1000\n");
        put(&dir.path().join("a"), "memory.current", "400\n");
        put(&dir.path().join("a"), "memory.stat", "anon 3\ninactive_file 100\n");
        assert_eq!(headroom_upwards(dir.path(), "a/b", "memory.max", "memory.current"), Some(700));
    }
}
