//! Tidy checks: crate directions, forbidden dependencies, words and sizes of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, ExitCode};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::report;

/// Which of our crates each crate may use. Development dependencies may add `blitz-testkit`.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("blitz-core", &[]),
    ("blitz-kernels", &["blitz-core"]),
    ("blitz-io", &["blitz-core"]),
    ("blitz-draw", &["blitz-core"]),
    ("blitz-gpu", &["blitz-core"]),
    ("blitz-recipe", &["blitz-core", "blitz-kernels"]),
    ("blitz-model", &["blitz-core", "blitz-kernels", "blitz-recipe", "blitz-io", "blitz-draw"]),
    ("blitz-app", &["blitz-core", "blitz-model", "blitz-draw", "blitz-gpu"]),
    ("blitz-cli", &["blitz-core", "blitz-kernels", "blitz-io", "blitz-model", "blitz-draw", "blitz-app"]),
    ("blitz-testkit", &["blitz-core"]),
    ("xtask", &[]),
];

/// Crates of the window that nothing below it may reach, directly or not.
const WINDOW_CRATES: &[&str] = &["egui", "eframe", "egui-wgpu", "egui_tiles", "wgpu", "winit", "rfd"];

/// Crates that must not reach them.
const WINDOWLESS: &[&str] = &[
    "blitz-core",
    "blitz-kernels",
    "blitz-io",
    "blitz-draw",
    "blitz-recipe",
    "blitz-model",
    "blitz-testkit",
];

/// Files that may have unsafe code; `unsafe_code` is denied elsewhere.
const UNSAFE: &[&str] = &[
    "crates/blitz-io/src/format/jpeg/idct.rs",
    "crates/blitz-io/src/format/jpeg/turbo.rs",
    "crates/blitz-io/src/format/video/complaints.rs",
    "crates/blitz-io/src/format/video/ffi.rs",
    "crates/blitz-io/src/store/ram.rs",
    "crates/blitz-io/src/store/region.rs",
    "crates/blitz-io/src/store/sigbus.rs",
    "crates/blitz-io/src/write/space.rs",
    "crates/blitz-io/tests/disk_full.rs",
    "crates/blitz-io/tests/lost_file.rs",
    "crates/blitz-kernels/src/simd.rs",
];

/// Crates of decisions and kernels that a browser can have: they read no files and know no network.
const FILELESS: &[&str] =
    &["crates/blitz-core/src/", "crates/blitz-kernels/src/", "crates/blitz-recipe/src/"];

/// Largest file kept in the repository, in bytes.
const LARGEST: u64 = 1 << 20;

/// Runs all checks.
pub(crate) fn run() -> ExitCode {
    let mut problems = Vec::new();
    match MetadataCommand::new().exec() {
        Ok(metadata) => {
            directions(&metadata, &mut problems);
            windowless(&metadata, &mut problems);
        }
        Err(error) => problems.push(format!("cargo metadata: {error}")),
    }
    files(&mut problems);
    for problem in &problems {
        report(&format!("tidy: {problem}"));
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every crate has a row in the table and keeps to it.
fn directions(metadata: &Metadata, problems: &mut Vec<String>) {
    let allowed: BTreeMap<&str, &[&str]> = DIRECTIONS.iter().copied().collect();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|p| p.name.as_str()).collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some(allowed) = allowed.get(name) else {
            problems.push(format!("{name} has no row in the table of directions (xtask/src/tidy.rs)"));
            continue;
        };
        for dependency in &package.dependencies {
            let used = dependency.name.as_str();
            let for_tests = dependency.kind == DependencyKind::Development && used == "blitz-testkit";
            if ours.contains(used) && !allowed.contains(&used) && !for_tests {
                problems.push(format!("{name} must not depend on {used}; allowed: {allowed:?}"));
            }
        }
    }
}

/// The window's crates are out of reach for everything below the window, through any number of steps.
fn windowless(metadata: &Metadata, problems: &mut Vec<String>) {
    let Some(resolve) = &metadata.resolve else {
        problems.push("cargo metadata gave no resolved dependencies".into());
        return;
    };
    let name = |id: &PackageId| metadata[id].name.as_str().to_owned();
    for package in metadata.workspace_packages() {
        if !WINDOWLESS.contains(&package.name.as_str()) {
            continue;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![package.id.clone()];
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            if WINDOW_CRATES.contains(&name(&id).as_str()) {
                problems.push(format!("{} reaches {}, which belongs to the window", package.name, name(&id)));
            }
            let node = resolve.nodes.iter().find(|n| n.id == id);
            let deps = node.into_iter().flat_map(|n| &n.deps);
            open.extend(
                deps.filter(|d| d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal))
                    .map(|d| d.pkg.clone()),
            );
        }
    }
}

/// No large files, no leftovers, and every Rust file says what it is for.
fn files(problems: &mut Vec<String>) {
    let listed =
        Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).output();
    let Ok(output) = listed else {
        problems.push("git ls-files did not run".into());
        return;
    };
    for name in String::from_utf8_lossy(&output.stdout).split('\0').filter(|n| !n.is_empty()) {
        let path = Path::new(name);
        let Ok(meta) = path.metadata() else { continue };
        if meta.len() > LARGEST {
            problems.push(format!(
                "{name} has {} bytes; at most {LARGEST} are kept in the repository",
                meta.len()
            ));
        }
        if path.extension().is_some_and(|e| e == "rs") {
            rust_file(name, path, problems);
        }
    }
}

fn rust_file(name: &str, path: &Path, problems: &mut Vec<String>) {
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let first = text.lines().find(|l| !l.trim().is_empty() && !l.starts_with("#!["));
    if !first.is_some_and(|l| l.starts_with("//!")) {
        problems.push(format!("{name} does not say what it is for (`//!` in the first line)"));
    }
    // Written in two parts, as below.
    let allows = text.contains(concat!("allow(unsafe", "_code"));
    if allows != UNSAFE.contains(&name) {
        let what = if allows { "allows unsafe code and is not" } else { "has no unsafe code and is" };
        problems.push(format!("{name} {what} in the list of files with unsafe code (xtask/src/tidy.rs)"));
    }
    if FILELESS.iter().any(|folder| name.starts_with(folder)) {
        for word in ["std::fs", "std::net", "std::process", "File::open"] {
            if let Some(line) = text.lines().position(|l| l.contains(word)) {
                problems
                    .push(format!("{name}:{} has {word}: this crate knows no files and no system", line + 1));
            }
        }
    }
    // Written in two parts so that this line is not found by itself.
    for word in [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("#[ign", "ore")] {
        if let Some(line) = text.lines().position(|l| l.contains(word)) {
            problems.push(format!("{name}:{} has {word}: finish it or write an issue", line + 1));
        }
    }
}
