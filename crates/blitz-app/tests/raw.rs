//! Raw binary files: what a person says of them is shown at once.

mod common;

use std::path::{Path, PathBuf};

use blitz_app::App;
use common::{open, settle, window};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

/// 8 frames of 80 × 60 samples of 16 bit behind a head of 32 bytes, with a slope and some noise.
fn bare(folder: &Path) -> PathBuf {
    let path = folder.join("cam.raw");
    let mut bytes = vec![0; 32];
    for t in 0..8_u32 {
        for y in 0..60_u32 {
            for x in 0..80_u32 {
                let noise = x.wrapping_mul(y + 7 * t + 1).wrapping_mul(2_654_435_761) >> 28;
                bytes.extend(&(1000 + 20 * y + 10 * x + 4 * noise).to_le_bytes()[..2]);
            }
        }
    }
    std::fs::write(&path, bytes).expect("written");
    path
}

fn shape(harness: &Harness<'_, App>) -> (usize, usize, usize) {
    let shape = open(harness).stack().shape();
    (shape.frames, shape.frame.height, shape.frame.width)
}

#[test]
fn the_likeliest_layout_opens_and_the_form_corrects_it() {
    let folder = tempfile::tempdir().expect("folder");
    let mut harness = window(vec![bare(folder.path())]);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Nothing tells what cam.raw is").is_some());
    assert_eq!(shape(&harness), (8, 60, 80));
    assert!(harness.query_by_label_contains("8 frames of 9.6 kB, nothing left over").is_some());
    let load = open(&harness).recipe().load.clone();
    assert_eq!(load.raw.as_deref(), Some("80x60:u16le:offset=32"));
    // Another height is opened at once.
    harness.get_by_label("Height").focus();
    settle(&mut harness);
    harness.get_by_label("Height").click();
    settle(&mut harness);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.get_by_label("Height").type_text("30");
    harness.key_press(egui::Key::Enter);
    settle(&mut harness);
    assert_eq!(shape(&harness), (16, 30, 80));
    harness.get_by_label("Done").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Nothing tells").is_none());
    assert_eq!(shape(&harness), (16, 30, 80));
}

#[test]
fn what_cannot_be_is_said_and_nothing_is_opened_unasked() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("notes.xyz");
    std::fs::write(&path, "words").expect("written");
    let mut harness = window(vec![path]);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("the file has 5 B").is_some());
    harness.get_by_label("Cancel").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Nothing tells").is_none());

    // Noise has no rows: nothing is suggested, and nothing shown before a person says so.
    let path = folder.path().join("noise.xyz");
    let noise = (0..700_000_u32).scan(1_u32, |state, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 24) as u8)
    });
    std::fs::write(&path, noise.collect::<Vec<_>>()).expect("written");
    let mut harness = window(vec![path]);
    settle(&mut harness);
    assert!(harness.query_by_label_contains("1 frame of 614 kB").is_some());
    assert!(harness.state().session().current().is_none());
    harness.get_by_label("Show").click();
    settle(&mut harness);
    assert_eq!(shape(&harness), (1, 480, 640));
}
