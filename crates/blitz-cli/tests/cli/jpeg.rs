//! Folders of JPEG in the commands.
#![cfg(feature = "turbojpeg")]

use std::path::Path;

use crate::fixture::{Array, Folder, assert_same};

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../blitz-io/tests/data").join(name)
}

#[test]
fn grey_is_the_luma_of_the_files() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("rec")).expect("made");
    for frame in 0..3 {
        std::fs::copy(fixture("good/s420.jpg"), folder.path(&format!("rec/f{frame}.jpg"))).expect("copied");
    }
    let info = folder.expect(0, "info rec");
    assert!(info.stdout.contains("YCbCr 4:2:0") && info.stdout.contains("--grey"), "{}", info.stdout);
    let luma = Array::read(&fixture("luma/s420.jpg.npy"));
    let (height, width) = (luma.shape[1], luma.shape[2]);
    folder.expect(0, "export rec --grey -o all.npy");
    let all = Array::read(&folder.path("all.npy"));
    assert_eq!(all.shape, [3, height, width]);
    assert_same(&all.values(), &luma.values().repeat(3));
    folder.expect(0, "export rec --grey --crop 3,2,8,6 --frames 1:2 -o part.npy");
    let values = luma.values();
    let part: Vec<f64> = (2..8).flat_map(|y| values[y * width + 3..][..8].to_vec()).collect();
    assert_same(&Array::read(&folder.path("part.npy")).values(), &part);
    // A damaged one fails by name, in grey as in colour.
    std::fs::copy(fixture("bad/cut_and_ended.jpg"), folder.path("rec/f1.jpg")).expect("copied");
    for grey in ["", "--grey "] {
        let run = folder.expect(1, &format!("export rec {grey}--skip-failed --force -o all.npy"));
        assert!(run.stderr.contains("f1.jpg") && run.stderr.contains("premature end"), "{}", run.stderr);
    }
}
