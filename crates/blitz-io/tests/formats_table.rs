//! The table of formats in `README.md` is the list of formats.

use std::path::Path;

use blitz_io::{OpenError, OpenOptions, formats, open, readable_suffixes};

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    std::fs::read_to_string(path).expect("the project's README.md")
}

#[test]
fn the_readme_lists_what_is_read() {
    let readme = readme();
    let rows = readme.lines().skip_while(|line| !line.starts_with("| Read |")).skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let listed: Vec<String> =
        formats().iter().map(|f| format!("| {} | {} | {} |", f.title, f.reads, f.refuses)).collect();
    assert_eq!(rows, listed);
}

#[test]
fn the_readme_lists_what_is_written() {
    let readme = readme();
    for format in formats().iter().filter(|format| !format.writes.is_empty()) {
        assert!(readme.contains(&format!(" | {} |", format.writes)), "{}: {}", format.name, format.writes);
    }
}

#[test]
fn what_is_opened_by_its_suffix_is_listed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let open = |suffix: &str| {
        let path = dir.path().join(format!("empty.{suffix}"));
        std::fs::write(&path, b"").expect("written");
        open(&[path], &OpenOptions::default()).expect_err("an empty file")
    };
    let mut listed = 0;
    for suffix in readable_suffixes() {
        let error = open(suffix);
        assert!(!matches!(error, OpenError::UnknownSuffix { .. }), "{error}");
        listed += 1;
    }
    assert_eq!(listed, formats().iter().map(|format| format.suffixes.len()).sum::<usize>());
    let error = open("xyz");
    assert!(matches!(error, OpenError::UnknownSuffix { .. }), "{error}");
    let text = error.to_string();
    assert!(readable_suffixes().all(|suffix| text.contains(&format!(".{suffix}"))), "{text}");
}
