//! Pictures and curves are saved with the recording's numbers.

mod common;

use blitz_core::{DType, FrameShape, SamplesRef};
use blitz_model::output::{Overwrite, WriteSpec};
use common::{settle, type_path, window};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

#[test]
fn picture_and_curves_are_written_with_the_recording_s_numbers() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("ramp.npy");
    let shape = FrameShape::new(3, 5, 1);
    let mut writer =
        WriteSpec::new(DType::U16, shape, Some(4), Overwrite::Refuse).create(&path).expect("created");
    for frame in 0..4_u16 {
        let pixels: Vec<u16> = (0..15).map(|i| 1000 * frame + i).collect();
        writer.write_frame(SamplesRef::U16(&pixels)).expect("written");
    }
    writer.finish().expect("finished");

    let mut h = window(vec![path]);
    settle(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    type_path(&mut h, &folder.path().join("plain"));
    h.get_by_label("File").click();
    h.run_steps(3);
    h.get_by_label("Save picture with colour bar…").click();
    type_path(&mut h, &folder.path().join("bar.png"));
    h.key_press_modifiers(Modifiers::COMMAND, Key::E);
    type_path(&mut h, &folder.path().join("curves"));

    let size = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name)).expect("written");
        let side = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        (side(16), side(20))
    };
    assert_eq!(size("plain.png"), (5, 3), "the recording's own pixels");
    assert!(size("bar.png").0 > 40);
    let table = std::fs::read_to_string(folder.path().join("curves.csv")).expect("written");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "frame,time_s,A_mean,A_min,A_max,A_std,A_n,A_missing");
    // The first zone is the one pixel in the middle.
    assert_eq!(lines[3], "2,,2007,2007,2007,0,1,0");
    assert_eq!(lines.len(), 5);
}
