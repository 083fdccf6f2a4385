//! A folder that another program writes to, watched from the window.

mod common;

use common::{open, playhead, png, settle, wait, window};
use egui_kittest::kittest::Queryable;

#[test]
fn the_switch_takes_pictures_on_and_the_strip_ends_it() {
    let folder = tempfile::tempdir().expect("folder");
    (0..4).for_each(|number| png(folder.path(), number));
    let mut h = window(vec![folder.path().to_owned()]);
    settle(&mut h);
    assert!(h.query_by_label_contains("watching the folder").is_none());
    h.get_by_label("watch").click();
    wait(&mut h, "the folder to be watched", |app| {
        app.session().current().is_some_and(blitz_model::session::Recording::is_watched)
    });
    settle(&mut h);
    h.key_press(egui::Key::End);
    settle(&mut h);
    (4..7).for_each(|number| png(folder.path(), number));
    wait(&mut h, "new frames", |app| {
        app.session().current().is_some_and(|recording| recording.frame_counts().ready == 7)
    });
    settle(&mut h);
    assert_eq!(playhead(&h).frame, 6, "the newest is followed");
    h.get_by_label_contains("watching the folder, 7 frames").click();
    wait(&mut h, "the end", |app| app.session().current().is_some_and(|recording| !recording.is_watched()));
    png(folder.path(), 7);
    settle(&mut h);
    assert_eq!(open(&h).stack().shape().frames, 7);
}
