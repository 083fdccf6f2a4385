//! What can be seen of a recording whose frames are still being found: the first frame of a large video whose index is
//! read, or a preview of a folder that is listed.
//!
//! It is a recording of its own, of one frame, until the whole one takes its place with the decisions made meanwhile.
//! On a preview nothing is measured: its file may turn out not to be the first one, or no part of the recording.

use super::Session;
use super::open::LoadState;
use super::recording::Recording;
use crate::engine::{Arrival, OpenEvent, RecordingId};

/// The first frame of an opening under way, shown as a recording of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstShown {
    pub(super) id: RecordingId,
    /// What was shown before, and is again if the opening comes to nothing.
    pub(super) before: Option<RecordingId>,
}

impl Session {
    /// Shows the first frame as a recording, until [`Session::show_whole`].
    pub(super) fn show_first(&mut self, under_way: usize, event: OpenEvent) {
        let OpenEvent { arrival, found, stack, progress, .. } = event;
        let opening = self.loading.opening[under_way].clone();
        if opening.replaces.is_some() {
            return self.engine.get_mut().forget(stack.id);
        }
        let id = opening.first.map_or_else(|| RecordingId(self.next_id()), |first| first.id);
        let load = match arrival {
            Arrival::Preview => LoadState::Preview { progress },
            Arrival::First | Arrival::Whole => LoadState::Opening { progress },
        };
        let mut recording = Recording::new(id, opening.paths, Some(found), stack, load);
        if let Some(old) = self.recording_mut(id) {
            // The same frame with other load options, or the file that is the first one after all.
            recording.history = old.history.clone();
            let (new, gone) = (recording.stack.clone(), std::mem::replace(old, recording));
            let engine = self.engine.get_mut();
            if gone.stack.shape().frame == new.shape().frame {
                self.table.hand_over(engine.as_mut(), gone.stack.id, new.id);
            }
            engine.forget(gone.stack.id);
            engine.hold(&new);
            return;
        }
        let before = self.views.get(opening.view).and_then(|view| view.recording);
        self.loading.opening[under_way].first = Some(FirstShown { id, before });
        self.add(recording);
        self.show(opening.view, id);
    }

    /// Takes the first frame of an opening that came to nothing away.
    pub(super) fn withdraw(&mut self, first: FirstShown) {
        let shows: Vec<_> =
            self.views.list().iter().filter(|view| view.recording == Some(first.id)).collect();
        let views: Vec<_> = shows.into_iter().map(|view| view.id).collect();
        self.forget(first.id);
        if let Some(before) = first.before {
            for view in views {
                self.show(view, before);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use blitz_core::{Cancel, Channel, FrameShape, Progress, ZoneShape};
    use blitz_io::{Overwrite, create_writer};
    use blitz_testkit::spot_frames;

    use super::*;
    use crate::document::{Edit, ZoneEdit};
    use crate::engine::{Arrival, JobKey, OpenOutcome};
    use crate::load::Opened;
    use crate::recipe::Load;
    use crate::session::Command;
    use crate::session::open::Opening;

    const SHAPE: FrameShape = FrameShape::new(8, 9, 1);

    fn array(dir: &Path, name: &str, frames: usize) -> PathBuf {
        let path = dir.join(name);
        let dtype = blitz_core::DType::U8;
        let mut writer =
            create_writer(&path, dtype, SHAPE, Some(frames), Overwrite::Refuse).expect("created");
        for frame in spot_frames(dtype, frames, SHAPE) {
            writer.write_frame(frame.as_ref()).expect("written");
        }
        writer.finish().expect("finished");
        path
    }

    /// A session with a recording, and one whose opening is under way.
    struct Stage {
        session: Session,
        old: RecordingId,
        opening: Opening,
        first: PathBuf,
        whole: PathBuf,
        _dir: tempfile::TempDir,
    }

    fn event(arrival: Arrival, opening: &Opening, path: &Path) -> OpenEvent {
        let (cancel, progress) = (Cancel::default(), Progress::default());
        let opened =
            Opened::open(&[path.to_owned()], &opening.load, None, &cancel, &progress).expect("opened");
        let (job, attempt) = (JobKey::Open(opening.id), opening.attempt);
        let (stack, evicted) = (opened.stream(), Vec::new());
        OpenEvent { job, attempt, arrival, found: (&opened).into(), stack, progress, evicted }
    }

    fn stage(in_addition: bool) -> Stage {
        let dir = tempfile::tempdir().expect("folder");
        let mut session = Session::new(Arc::new(|| {}), Arc::new(|_, _| Arc::new(())), None);
        let (first, whole) = (array(dir.path(), "first.npy", 1), array(dir.path(), "whole.npy", 12));
        session.ids = 2;
        let view = session.focused();
        let opening = |number: u64, in_addition| Opening {
            id: RecordingId(number),
            view,
            paths: vec![whole.clone()],
            load: Load::default(),
            in_addition,
            replaces: None,
            attempt: 0,
            first: None,
            watch: false,
        };
        let old = opening(1, false);
        session.loading.opening.push(old.clone());
        session.on_open_event(event(Arrival::Whole, &old, &whole));
        session.loading.opening.clear();
        let opening = opening(2, in_addition);
        session.loading.opening.push(opening.clone());
        Stage { session, old: old.id, opening, first, whole, _dir: dir }
    }

    impl Stage {
        fn arrive(&mut self, arrival: Arrival) {
            let path = if arrival == Arrival::First { &self.first } else { &self.whole };
            let event = event(arrival, &self.opening, path);
            self.session.on_open_event(event);
        }

        fn shown(&self) -> (RecordingId, usize) {
            let recording = self.session.current().expect("one is shown");
            (recording.id, recording.stack.shape().frames)
        }
    }

    #[test]
    fn decisions_made_on_the_first_frame_stay() {
        for in_addition in [false, true] {
            let mut stage = stage(in_addition);
            stage.arrive(Arrival::First);
            let (first, frames) = stage.shown();
            assert_eq!(frames, 1);
            let recording = stage.session.current().expect("the first frame");
            assert!(matches!(recording.load_state(), LoadState::Opening { .. }));
            assert!(recording.summary().contains("first frame"), "{}", recording.summary());
            assert!(
                stage
                    .session
                    .strip(stage.session.focused())
                    .iter()
                    .any(|item| item.text.contains("first frame only"))
            );
            assert!(stage.session.opening_path().is_some(), "still opening");
            let shape = ZoneShape::Rect { x: 1.0, y: 2.0, width: 3.0, height: 4.0, angle: 0.0 };
            stage.session.execute(Command::Edit(Edit::Zone(ZoneEdit::Add(shape.clone()))));
            while !stage.session.picture(stage.session.focused()).current {
                stage.session.poll();
                std::thread::yield_now();
            }

            stage.arrive(Arrival::Whole);
            assert_eq!(stage.shown(), (stage.opening.id, 12));
            let shown = stage.session.picture(stage.session.focused()).shown.expect("no gap between the two");
            assert_eq!((shown.frame, shown.picture.shape), (Some(0), SHAPE));
            let recording = stage.session.current().expect("the whole one");
            assert!(recording.recipe().zones.iter().any(|zone| zone.shape == shape), "the zone is kept");
            assert_eq!(recording.stack.channels[..], [Channel::defaults(1)[0].clone()]);
            assert_eq!(recording.continues(), Some(first), "so that a window keeps its view");
            let there: Vec<_> = stage.session.recordings().iter().map(Recording::id).collect();
            let kept = [stage.old, stage.opening.id];
            assert_eq!(there, if in_addition { &kept[..] } else { &kept[1..] }, "without {first:?}");
        }
    }

    #[test]
    fn an_opening_that_fails_gives_back_what_was_shown() {
        let mut stage = stage(false);
        stage.arrive(Arrival::First);
        stage.session.on_open_outcome(stage.opening.id, OpenOutcome::Refused("gone".into()), 0.0);
        assert_eq!(stage.shown(), (stage.old, 12));
        assert_eq!(stage.session.recordings().len(), 1);
    }

    #[test]
    fn closing_the_first_frame_stops_its_opening() {
        let mut stage = stage(false);
        stage.arrive(Arrival::First);
        stage.session.execute(Command::Close);
        assert_eq!(stage.shown(), (stage.old, 12));
        stage.arrive(Arrival::Whole);
        assert_eq!(stage.shown(), (stage.old, 12), "nobody waits for it");
    }

    #[test]
    fn other_load_options_go_on_from_the_first_frame() {
        let mut stage = stage(false);
        stage.arrive(Arrival::First);
        let (first, _) = stage.shown();
        let load = Load { every: 3, ..Load::default() };
        stage.session.execute(Command::Edit(Edit::Load(load)));
        assert_eq!(stage.session.loading.opening.len(), 1, "the earlier one is superseded");
        assert!(stage.session.loading.opening[0].succeeds(first));
        stage.opening = stage.session.loading.opening[0].clone();
        stage.arrive(Arrival::Whole);
        assert_eq!(stage.shown(), (stage.opening.id, 4));
        assert_eq!(stage.session.recordings().len(), 1, "neither the first frame nor the old recording");
    }
}
