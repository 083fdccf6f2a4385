//! `blitz view` from start to end.
use blitz_core::{DType, FrameShape};

use crate::fixture::{Folder, Picture};

#[test]
fn what_cannot_be_shown_is_refused_before_a_window_opens() {
    let folder = Folder::new();
    folder.refused("no/such/file.npy", &["no/such/file.npy", "no such file or folder"]);
    folder.refused("view nowhere", &["nowhere"]);
    folder.refused("reduec mean rec", &["reduec", "reduce"]);
    folder.pngs("rec", DType::U8, 9, FrameShape::new(8, 8, 1));
    folder.refused("rec --screenshot out.jpg", &["out.jpg", ".png"]);
    folder.refused("rec --screenshot out.png --size 9", &["--size", "1600x900"]);
    folder.refused("rec --size 800x600", &["--screenshot"]);
    folder.refused("rec --screenshot out.png --max-ram 700", &["rec", "--every", "--max-ram"]);
    folder.refused("rec --if-too-big fail --max-ram 700", &["rec", "--every"]);
    assert_eq!(folder.names("."), ["rec"]);
}

#[test]
fn a_screenshot_has_the_size_asked_for() {
    let folder = Folder::new();
    folder.pngs("rec", DType::U8, 5, FrameShape::new(40, 60, 1));
    let run = folder.run("rec --frame 2 --screenshot out.png --size 800x600 --light --fps 1000 --quiet");
    if run.status == 2 && run.stderr.contains("GPU") {
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: {}", run.stderr);
        }
        return;
    }
    assert_eq!(run.status, 0, "{}", run.stderr);
    let picture = Picture::read(&folder.path("out.png"));
    assert_eq!((picture.width, picture.height), (800, 600));
}
