//! The list of formats, as people and programs read it.

use serde_json::Value;

use crate::fixture::Folder;

#[test]
fn formats_are_listed_as_the_registry_has_them() {
    let folder = Folder::new();
    let text = folder.expect(0, "formats").stdout;
    let json: Value = serde_json::from_str(&folder.expect(0, "formats --json").stdout).expect("JSON");
    let entries = json.as_array().expect("a list");
    assert_eq!(entries.len(), blitz_io::formats().len());
    for (entry, format) in entries.iter().zip(blitz_io::formats()) {
        assert_eq!(entry["name"].as_str(), Some(format.name));
        let suffixes: Vec<&str> =
            entry["suffixes"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        assert_eq!(suffixes, format.suffixes);
        // Bare samples are told by an option.
        let told_by =
            if suffixes.is_empty() { "--raw LAYOUT".to_owned() } else { format!(".{}", suffixes.join(" .")) };
        let heading = format!("{}  {told_by}", format.name);
        assert!(text.lines().any(|line| line == heading), "{heading}\n{text}");
        assert!(!entry["holds"].as_str().expect("text").is_empty());
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100 && line == line.trim_end()), "{text}");
    assert!(!text.contains('`'), "no Markdown: {text}");
}
