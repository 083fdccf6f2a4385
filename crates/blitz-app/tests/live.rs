//! A store that grows and drops behind a whole window.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use blitz_app::{App, WindowOptions};
use blitz_core::{DType, FrameShape, Samples, Store, ZoneShape};
use blitz_testkit::{Awkward, AwkwardStore, spot_frames, stack_of};
use common::{builder, open, playhead, settle, wait};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

const FRAMES: usize = 60;
const SHAPE: FrameShape = FrameShape::new(40, 48, 1);

fn frames() -> Vec<Samples> {
    spot_frames(DType::U16, FRAMES, SHAPE)
}

/// A window on a store of which `ready` frames are there.
fn live(ready: usize) -> (Arc<AwkwardStore>, Harness<'static, App>) {
    let how = Awkward { failing: BTreeSet::from([3]), ready, resident: 4, ..Awkward::default() };
    let store = Arc::new(AwkwardStore::new(frames(), DType::U16, SHAPE, how));
    let stack = stack_of(Arc::clone(&store) as Arc<dyn Store>, "live");
    let mut harness = builder(1280.0, 720.0)
        .build_eframe(|cc| App::new(&cc.egui_ctx, WindowOptions::default()).with_stack(stack));
    settle(&mut harness);
    (store, harness)
}

fn shown(h: &Harness<'_, App>) -> Option<(usize, Samples)> {
    let shown = h.state().picture().shown.as_ref()?;
    Some((shown.frame?, shown.picture.samples.clone()))
}

fn press(h: &mut Harness<'_, App>, key: Key) {
    h.key_press(key);
    settle(h);
}

#[test]
fn frames_appear_and_go_while_a_person_works() {
    let (store, mut h) = live(5);
    assert!(h.query_all_by_label_contains("5 frames · 48 wide × 40 high").count() > 0, "what is there now");
    // The window looks again by itself while more may come.
    let output = h.output().viewport_output.get(&egui::ViewportId::ROOT).expect("the window");
    assert!(output.repaint_delay <= Duration::from_millis(500), "{:?}", output.repaint_delay);

    press(&mut h, Key::PageDown);
    assert_eq!(shown(&h), Some((4, frames().swap_remove(4))));
    store.advance(15);
    settle(&mut h);
    assert!(h.query_all_by_label_contains("20 frames").count() > 0);
    press(&mut h, Key::PageDown);
    assert_eq!(shown(&h), Some((19, frames().swap_remove(19))));

    // A frame that failed is said, and passed.
    for _ in 0..16 {
        h.key_press(Key::ArrowLeft);
        h.run_steps(2);
    }
    settle(&mut h);
    assert_eq!(playhead(&h).frame, 3);
    assert!(h.state().picture().error.is_some());

    // The first frames are dropped under the playhead: it stands on the oldest that is there.
    store.drop_oldest(8);
    settle(&mut h);
    assert_eq!(playhead(&h).frame, 8);
    wait(&mut h, "frame 8 is shown", |app| app.picture().current);
    assert_eq!(shown(&h), Some((8, frames().swap_remove(8))));
    press(&mut h, Key::Home);
    assert_eq!(playhead(&h).frame, 8);

    // A zone drawn now has a curve of what is there, which continues.
    let canvas = h.get_by_role_and_label(Role::Image, "Picture").rect();
    h.get_by_label("Add pixel").click();
    h.run_steps(2);
    h.hover_at(canvas.center());
    h.step();
    h.drag_at(canvas.center());
    h.drop_at(canvas.center());
    h.step();
    settle(&mut h);
    let zone = open(&h).recipe().zones.last().expect("a zone").shape.clone();
    let ZoneShape::Pixel { x, y } = zone else { panic!("{zone:?}") };
    store.advance(FRAMES);
    store.seal();
    settle(&mut h);
    let curves = h.state().curves();
    let curve = &curves.last().expect("a zone").data;
    assert_eq!(curve.count, FRAMES - 8);
    for frame in 8..FRAMES {
        let expected = frames()[frame].as_ref().get_f64(y * SHAPE.width + x);
        assert_eq!(curve.point(0, frame).map(|point| point.mean), Some(expected), "frame {frame}");
    }
    press(&mut h, Key::PageDown);
    assert_eq!(shown(&h), Some((FRAMES - 1, frames().swap_remove(FRAMES - 1))));

    // At rest nothing is drawn again.
    h.run_steps(4);
    let output = h.output().viewport_output.get(&egui::ViewportId::ROOT).expect("the window");
    assert!(output.repaint_delay > Duration::from_secs(5), "{:?}", output.repaint_delay);
}
