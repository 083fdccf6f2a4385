//! The bytes of files decide what they are, whatever their names say.

mod common;

use blitz_io::OpenError;
use common::{bytes_of_all, data, open_one};

#[test]
fn bytes_decide_what_a_file_is() {
    let dir = tempfile::tempdir().expect("folder");
    let good = |name: &str| data("good").join(name);
    let expected = bytes_of_all(open_one(&good("grey16.png")).expect("good").as_ref());
    for name in ["picture", "picture.dat", "picture.tif", "PICTURE.JPEG"] {
        let folder = dir.path().join(format!("folder of {name}"));
        std::fs::create_dir(&folder).expect("made");
        std::fs::copy(good("grey16.png"), folder.join(name)).expect("copied");
        for path in [folder.join(name), folder] {
            let source = open_one(&path).unwrap_or_else(|e| panic!("{e}"));
            assert!(bytes_of_all(source.as_ref()) == expected, "{name}");
            let notes = &source.info().notes;
            assert!(notes.iter().any(|note| note.contains("first bytes it is PNG")), "{notes:?}");
        }
    }
    // Words are no picture, whatever their name.
    let path = dir.path().join("words.xyz");
    std::fs::write(&path, "some words").expect("written");
    assert!(matches!(open_one(&path), Err(OpenError::UnknownSuffix { .. })));
    // Nor are the notes beside pictures, although two letters begin a format.
    let folder = dir.path().join("notes");
    std::fs::create_dir(&folder).expect("made");
    for i in 0..3 {
        std::fs::write(folder.join(format!("note{i}.txt")), "BMW P5").expect("written");
    }
    std::fs::copy(good("grey16.png"), folder.join("a.png")).expect("copied");
    let source = open_one(&folder).expect("opened");
    assert_eq!((source.info().frames, source.info().format.as_ref()), (1, "PNG files"));
}

#[test]
fn most_files_decide_and_not_the_first() {
    let dir = tempfile::tempdir().expect("folder");
    for i in 0..12 {
        let from = if i < 4 { "colour.jpg" } else { "grey16.png" };
        std::fs::copy(data("good").join(from), dir.path().join(format!("f{i:02}.png"))).expect("copied");
    }
    let source = open_one(dir.path()).expect("opened");
    let info = source.info();
    assert_eq!((info.format.as_ref(), info.frames, info.faults.len()), ("PNG files", 12, 4));
    assert!(info.faults[0].reason.contains("really a JPEG"), "{}", info.faults[0]);
}
