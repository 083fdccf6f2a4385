//! A folder whose listing stands still: the window shows a picture of it all the same.

mod common;

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use blitz_app::{App, WindowOptions};
use blitz_model::load::{Entries, ListFolders};
use blitz_model::session::Recording;
use common::{builder, open, png, settle, wait};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;

#[test]
fn a_picture_is_there_before_the_listing() {
    let folder = tempfile::tempdir().expect("folder");
    (0..6).for_each(|number| png(folder.path(), number));
    let (go_on, wait_for) = channel::<()>();
    let wait_for = Arc::new(Mutex::new(wait_for));
    // Nothing but one file is listed until the test is through with it.
    let list = ListFolders::by(move |folder| {
        let wait_for = Arc::clone(&wait_for);
        let mut all: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
        all.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
        let entries = all.into_iter().enumerate().map(move |(i, entry)| {
            if i == 1 {
                // The sender goes when the test is through.
                let _ = wait_for.lock().expect("lock").recv();
            }
            Ok(entry)
        });
        Ok(Box::new(entries) as Entries)
    });
    let paths = vec![folder.path().to_owned()];
    let mut h = builder(1280.0, 720.0).build_eframe(move |cc| {
        App::new(&cc.egui_ctx, WindowOptions { paths, list, ..WindowOptions::default() })
    });
    wait(&mut h, "a preview", |app| {
        app.session().current().is_some_and(Recording::is_preview) && app.picture().shown.is_some()
    });
    h.run_steps(3);
    h.get_by_label_contains("preview of f005.png: listing, 1 file so far");
    h.get_by_label_contains("Nothing is measured on it");
    assert!(h.query_by_label_contains("Waiting for the first picture").is_none());
    assert!(!h.state().picture().current && h.state().curves().iter().all(|curve| !curve.current));
    // The pointer on the picture finds no value.
    let middle = h.get_by_role_and_label(Role::Image, "Picture").rect().center();
    h.hover_at(middle);
    h.run_steps(2);
    let preview = open(&h).id();

    drop(go_on);
    wait(&mut h, "the recording", |app| {
        assert!(app.picture().shown.is_some(), "the picture stays until there is another");
        app.session().current().is_some_and(Recording::is_whole) && app.picture().current
    });
    settle(&mut h);
    assert_eq!((open(&h).continues(), open(&h).stack().shape().frames), (Some(preview), 6));
    assert!(h.query_by_label_contains("preview").is_none());
}
