//! No damage ends the program: whatever a decoder does with damaged packets, the process lives.

use std::path::{Path, PathBuf};
use std::process::Command;

use blitz_io::{OpenOptions, open};
use ffmpeg_next::format::Pixel;

use crate::make::{Clip, make};
use crate::read::luma;

/// Names the folder with the whole video to the child process that damages and reads it.
const FOLDER: &str = "BLITZ_TEST_DAMAGED_VIDEO";
/// This test, as the child process is asked to run it.
const TEST: &str = "survive::no_damage_ends_the_program";

/// Every codec that the tests can make, in the settings that lead through different parts of FFmpeg.
pub(crate) fn clips() -> Vec<Clip> {
    let clip = |file, encoder, options, format| Clip {
        file,
        encoder,
        options,
        format,
        frames: 14,
        ..Clip::default()
    };
    let (yuv, jpeg) = (Pixel::YUV420P, Pixel::YUVJ420P);
    let quick: &[_] = &[("preset", "veryfast"), ("bf", "0")];
    vec![
        clip("mpeg4.mp4", "mpeg4", &[], yuv),
        clip("mpeg4-b.avi", "mpeg4", &[("bf", "2")], yuv),
        clip("mpeg4-4mv.avi", "mpeg4", &[("flags", "+mv4+aic"), ("data_partitioning", "1")], yuv),
        clip("h264.mp4", "libx264", quick, yuv),
        clip("h264-b.mkv", "libx264", &[("preset", "veryfast"), ("bf", "2")], yuv),
        clip("h264-slices.mkv", "libx264", &[("preset", "veryfast"), ("x264-params", "slices=3")], yuv),
        clip("hevc.mp4", "libx265", &[("preset", "ultrafast"), ("x265-params", "log-level=none")], yuv),
        clip("mjpeg.avi", "mjpeg", &[], jpeg),
        clip("mpeg1.mpg", "mpeg1video", &[("bf", "2")], yuv),
        clip("mpeg2.mpg", "mpeg2video", &[("bf", "2")], yuv),
        clip("msmpeg4v2.avi", "msmpeg4v2", &[], yuv),
        clip("msmpeg4v3.avi", "msmpeg4", &[], yuv),
        clip("wmv1.avi", "wmv1", &[], yuv),
        clip("wmv2.avi", "wmv2", &[], yuv),
        clip("flv1.flv", "flv", &[], yuv),
        Clip { size: (128, 96), ..clip("h263.avi", "h263", &[], yuv) },
        clip("h263p.avi", "h263p", &[], yuv),
        clip("theora.ogv", "libtheora", &[], yuv),
        clip("vp8.webm", "libvpx", &[("deadline", "realtime"), ("cpu-used", "8")], yuv),
        clip("vp9.webm", "libvpx-vp9", &[("deadline", "realtime"), ("cpu-used", "8")], yuv),
        clip("ffv1.mkv", "ffv1", &[("slicecrc", "1"), ("level", "3")], Pixel::GRAY16LE),
        clip("ffv1-plain.avi", "ffv1", &[("level", "1")], yuv),
        clip("huffyuv.avi", "huffyuv", &[], Pixel::YUV422P),
        clip("utvideo.avi", "utvideo", &[], yuv),
        clip("prores.mov", "prores_ks", &[], Pixel::YUV422P10LE),
        clip("png.mov", "png", &[], Pixel::RGB24),
        clip("raw.avi", "rawvideo", &[], Pixel::BGR24),
    ]
}

/// The `round`-th damage of a file: one to three flipped bits, the same on every run.
fn damaged(whole: &[u8], round: u64) -> (Vec<u8>, String) {
    // `BLITZ_FUZZ_SEED` gives others.
    let first = std::env::var("BLITZ_FUZZ_SEED").ok().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let mut seed = (round + 1 + first.wrapping_mul(1_000_003)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut below = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % n.max(1) as u64) as usize
    };
    let mut bytes = whole.to_vec();
    let mut what = Vec::new();
    for _ in 0..=below(3) {
        let (at, bit) = (below(bytes.len()), below(8));
        bytes[at] ^= 1 << bit;
        what.push(format!("bit {bit} of byte {at}"));
    }
    (bytes, what.join("; "))
}

/// Reads every frame of a file; frames may fail, each with a reason.
fn read_all(path: &Path) {
    let Ok(source) = open(&[path.to_path_buf()], &OpenOptions::default()) else { return };
    for frame in 0..source.info().frames {
        if let Err(reason) = luma(source.as_ref(), frame) {
            assert!(!reason.is_empty(), "frame {frame}");
        }
    }
}

/// What the child process does: damages each file in the folder again and again and reads what is left.
fn damage_and_read(folder: &Path) {
    let rounds = std::env::var("BLITZ_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(30_u64);
    let read = |whole: &Path| {
        let name = whole.file_name().expect("a file").to_string_lossy().into_owned();
        let bytes = std::fs::read(whole).expect("the whole video");
        let part = folder.join("damaged").join(&name);
        for round in 0..rounds {
            let (bytes, what) = damaged(&bytes, round);
            std::fs::write(folder.join("now"), format!("{name}, round {round}: {what}")).expect("written");
            std::fs::write(&part, bytes).expect("written");
            read_all(&part);
        }
        std::fs::remove_file(whole).expect("done with");
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_some());
    files.sort();
    for file in &files {
        read(file);
    }
}

/// Runs `TEST` in a process of its own, which works on `folder`; `Err` with what it did last if it did not end well.
fn in_a_child(folder: &Path) -> Result<(), String> {
    let this = std::env::current_exe().expect("this test");
    let child = Command::new(this).args(["--exact", TEST, "--nocapture"]).env(FOLDER, folder).output();
    let child = child.expect("the child runs");
    if child.status.success() {
        return Ok(());
    }
    let now = std::fs::read_to_string(folder.join("now")).unwrap_or_default();
    Err(format!("{} at {now}\n{}", child.status, String::from_utf8_lossy(&child.stderr)))
}

#[test]
fn no_damage_ends_the_program() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return damage_and_read(Path::new(&folder));
    }
    let dir = tempfile::tempdir().expect("temporary folder");
    std::fs::create_dir(dir.path().join("damaged")).expect("created");
    let made = clips().iter().filter_map(|clip| make(dir.path(), clip)).count();
    assert!(made > 8, "FFmpeg has its own encoders: {made}");
    in_a_child(dir.path()).unwrap_or_else(|what| panic!("{what}"));
    let left = std::fs::read_dir(dir.path()).expect("a folder").count();
    assert_eq!(left, 2, "the child has gone through all files");
}
